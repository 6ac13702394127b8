/* fuzz_check.c: any bytes through the scanner, the parser, the checker and, when no error was told, emission.
 * Properties: nothing crashes or leaks; fcc_check gives a program whose file has a tree; a program without errors becomes an image,
 * and the verifier takes it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_image.h"
#include "fcc_compile.h"
#include "fcc_sema.h"
#include "fgr_diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA = 256 << 20, IMAGE = 16 << 20 };

static void check_image(const struct fcc_program *p)
{
    struct fn_buf bytes;
    struct fn_err err = {FN_OK, ""};
    struct fbc_fault fault = {.rule = ""};
    const struct fbc_image *image = NULL;
    fn_buf_init(&bytes, IMAGE);
    enum fn_code code = fcc_emit(p, &bytes, &err);
    if (code != FN_OK && code != FN_LIMIT && code != FN_NO_MEMORY) {
        FN_BUG("a program without errors is not emitted");
    }
    if (code == FN_OK && fbc_verify(fn_buf_view(&bytes), FBC_ALLOW_ALL, &image, &fault) != FN_OK) {
        FN_BUG("the verifier refuses what the compiler emits");
    }
    fbc_image_free(image);
    fn_buf_fini(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fcc_program *p = NULL;
    fn_arena_init(&arena, ARENA);
    fn_diag_list_init(&diags, &arena, 200);
    struct fn_str text = {(const char *)data, size};
    if (fcc_check(&arena, FN_STR("f.funnel"), text, NULL, &diags, &p) != FN_OK || p->trees[0].file == NULL) {
        FN_BUG("no program");
    }
    if (diags.errors == 0) {
        check_image(p);
    }
    fn_arena_fini(&arena);
    return 0;
}
