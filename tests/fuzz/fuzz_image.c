/* fuzz_image.c: what must hold for any bytes offered as an image.
 *
 * The verifier says yes or no and gives a reason for a no. An image that it takes can be listed, its types have schemas that are JSON, each
 * word of its code is an instruction or the data of one, its stages are found by name, and its own bytes verify again.
 *
 * Input that begins with ';' is assembler text (the seeds: tests/verify/good). Other input is taken as it is, and once more with length and
 * checksum put right, so that mutations get past them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_image.h"
#include "fn_json.h"
#include "fn_utf8.h"
#include "image_input.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LISTING_MAX = 64 << 20, SCHEMA_MAX = 8 << 20 };

static void require(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "fuzz_image: %s\n", what);
        abort();
    }
}

static void check_schemas(const struct fbc_image *im)
{
    struct fn_buf out;
    fn_buf_init(&out, SCHEMA_MAX);
    for (uint32_t i = 0; i < im->n_types; i++) {
        struct fn_arena arena;
        const struct fn_json *tree = NULL;
        fn_arena_init(&arena, 8 * SCHEMA_MAX);
        fn_buf_clear(&out);
        fbc_json_schema(&out, im, (uint16_t)i);
        require(!out.failed && fn_json_parse(&arena, fn_buf_view(&out), 0, &tree, NULL) == FN_OK,
                "a schema is no JSON");
        fn_arena_fini(&arena);
    }
    fn_buf_fini(&out);
}

static void check_code(const struct fbc_image *im)
{
    for (uint32_t i = 0; i < im->n_code; i++) {
        const struct fbc_op_info *op = &fbc_ops[im->code[i] & 255u];
        require(op->name != NULL && (im->site[i] & ~3u) == 0, "a word that is nothing, or a mark left over");
        require((im->site[i] & 1u) != 0 || op->rule == FBC_R_EXT, "a word that is neither instruction nor data");
        require((im->site[i] & 1u) != 0 || (im->site[i] & 2u) == 0, "a return into data");
        require(im->func_of_word[i] < im->n_funcs, "a word of no function");
    }
    for (uint32_t i = 0; i < im->n_funcs; i++) {
        require((im->site[im->funcs[i].code] & 3u) == 1,
                "a function that does not begin with an instruction, or is returned to");
    }
}

static void check_accepted(const struct fbc_image *im)
{
    struct fn_buf listing;
    const struct fbc_image *again = NULL;
    fn_buf_init(&listing, LISTING_MAX);
    fbc_disasm(&listing, im);
    require(!listing.failed && fn_utf8_valid(fn_buf_view(&listing)), "a listing that is no text");
    fn_buf_fini(&listing);
    check_schemas(im);
    check_code(im);
    for (uint32_t i = 0; i < im->n_stages; i++) {
        require(fbc_find_stage(im, im->stages[i].name) == i, "a stage that is not found");
    }
    require(fbc_verify(im->bytes, FBC_ALLOW_ALL, &again, NULL) == FN_OK, "its own bytes are refused");
    require(again->n_code == im->n_code && memcmp(again->site, im->site, im->n_code) == 0,
            "the second look sees something else");
    fbc_image_free(again);
}

static void check(const uint8_t *data, size_t size)
{
    struct fbc_fault fault;
    const struct fbc_image *im = NULL;
    enum fn_code code = fbc_verify((struct fn_str){(const char *)data, size}, FBC_ALLOW_ALL, &im, &fault);
    require(code == FN_OK || code == FN_INVALID, "neither yes nor no");
    require((code == FN_OK) == (fault.rule[0] == '\0') && (code == FN_OK) == (fault.text[0] == '\0'),
            "a no without reason");
    if (code == FN_OK) {
        check_accepted(im);
    }
    fbc_image_free(im);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!image_assembled(data, size, check)) {
        check(data, size);
        image_repaired(data, size, check);
    }
    return 0;
}
