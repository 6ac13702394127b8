/* test_fbc_flip.c: every image that differs from a legal one in a single bit, checksum put right, is refused with a reason or is a legal
 * image too, which can be listed. Under the sanitizers this shows that nothing is read before it is checked.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_asm.h"
#include "fbc_format.h"
#include "fbc_image.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SOURCE_MAX = 1 << 20, SECONDS_MAX = 20 };

static void assemble_file(const char *path, struct fn_buf *bytes)
{
    struct fn_err err = {FN_OK, ""};
    char *source = malloc(SOURCE_MAX);
    FILE *f = fopen(path, "rb");
    CU_ASSERT_FATAL(source != NULL && f != NULL);
    size_t n = fread(source, 1, SOURCE_MAX, f);
    fclose(f);
    fn_buf_init(bytes, FBC_LIMIT_IMAGE);
    CU_ASSERT_EQUAL_FATAL(fbc_assemble((struct fn_str){source, n}, bytes, &err), FN_OK);
    free(source);
}

static void fix_checksum(char *bytes, size_t n)
{
    uint32_t crc = fn_crc32c(bytes + FBC_HEADER, n - FBC_HEADER);
    for (unsigned i = 0; i < 4; i++) {
        bytes[FBC_CRC_AT + i] = (char)(crc >> 8 * i);
    }
}

/* Lists it and writes its schemas, for the sanitizers to watch. */
static bool use(const struct fbc_image *im)
{
    struct fn_buf out;
    fn_buf_init(&out, FBC_LIMIT_IMAGE);
    fbc_disasm(&out, im);
    for (uint32_t i = 0; i < im->n_types; i++) {
        fbc_json_schema(&out, im, (uint16_t)i);
    }
    bool good = !out.failed && out.n != 0;
    fn_buf_fini(&out);
    return good;
}

/* One flip; tells whether the image is still legal. */
static bool flip(char *bytes, size_t n, size_t bit)
{
    struct fbc_fault fault;
    const struct fbc_image *im = NULL;
    bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
    if (bit / 8 < FBC_CRC_AT || bit / 8 >= FBC_HEADER) {
        fix_checksum(bytes, n);
    }
    enum fn_code code = fbc_verify((struct fn_str){bytes, n}, FBC_ALLOW_ALL, &im, &fault);
    bool told = code == FN_OK ? im != NULL && use(im) : code == FN_INVALID && im == NULL && fault.rule[0] != '\0';
    if (!told) {
        printf("\nbit %zu: %s %s: %s", bit, fn_code_name(code), fault.rule, fault.text);
    }
    CU_ASSERT_FATAL(told);
    fbc_image_free(im);
    bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
    fix_checksum(bytes, n);
    return code == FN_OK;
}

static void flip_all(const char *path)
{
    struct fn_buf image;
    size_t legal = 0;
    time_t begin = time(NULL);
    assemble_file(path, &image);
    char *bytes = malloc(image.n); /* exactly as large, so that a read behind it is seen */
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    memcpy(bytes, image.p, image.n);
    for (size_t bit = 0; bit < image.n * 8; bit++) {
        legal += flip(bytes, image.n, bit);
    }
    CU_ASSERT_EQUAL(memcmp(bytes, image.p, image.n), 0);
    CU_ASSERT(time(NULL) - begin <= SECONDS_MAX);
    printf(" %zu flips, %zu legal", image.n * 8, legal);
    CU_ASSERT(legal < image.n * 8);
    free(bytes);
    fn_buf_fini(&image);
}

static void test_smallest(void)
{
    flip_all(UNIT_ROOT "/tests/verify/good/smallest.fbcasm");
}

static void test_sections(void)
{
    flip_all(UNIT_ROOT "/tests/verify/good/every_section.fbcasm");
}

static void test_instructions(void)
{
    flip_all(UNIT_ROOT "/tests/verify/good/every_instruction.fbcasm");
}

UNIT_SUITE("fbc_flip", {"smallest", test_smallest}, {"every section", test_sections},
           {"every instruction", test_instructions})
