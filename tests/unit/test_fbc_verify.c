/* test_fbc_verify.c: the illegal and legal images of tests/verify. See the README there.
 *
 * A bad image names in its first line the rule it breaks and a part of the fault's text. A good one is verified, listed, and its listing
 * assembled again to the same bytes; the listing is the accepted one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_asm.h"
#include "fbc_format.h"
#include "fbc_image.h"
#include "fn_buf.h"
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_MAX = 4 * 1024 * 1024, PATH_MAX_BYTES = 512 };

static bool read_file(const char *path, struct fn_buf *out)
{
    char part[4096];
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return false;
    }
    size_t n;
    while ((n = fread(part, 1, sizeof part, f)) != 0) {
        fn_buf_put(out, part, n);
    }
    fclose(f);
    return !out->failed;
}

/* Reads and assembles a file; false tells why on stdout. */
static bool load(const char *path, struct fn_buf *source, struct fn_buf *bytes)
{
    struct fn_err err = {FN_OK, ""};
    fn_buf_init(source, FILE_MAX);
    fn_buf_init(bytes, 2 * FBC_LIMIT_IMAGE);
    bool good = read_file(path, source) && fbc_assemble(fn_buf_view(source), bytes, &err) == FN_OK;
    if (!good) {
        printf("\n%s: %s\n", path, err.text);
    }
    return good;
}

/* "; F5: text" */
static bool expectation(struct fn_str source, char rule[3], char *text, size_t max)
{
    const char *end = memchr(source.p, '\n', source.n);
    size_t n = end != NULL ? (size_t)(end - source.p) : 0;
    if (n < 7 || n - 6 >= max || memcmp(source.p, "; ", 2) != 0 || memcmp(source.p + 4, ": ", 2) != 0) {
        return false;
    }
    memcpy(rule, source.p + 2, 2);
    rule[2] = '\0';
    memcpy(text, source.p + 6, n - 6);
    text[n - 6] = '\0';
    return true;
}

static bool check_bad(const char *path)
{
    struct fn_buf source, bytes;
    struct fbc_fault fault;
    const struct fbc_image *im = NULL;
    char rule[3], text[200];
    bool good = load(path, &source, &bytes) && expectation(fn_buf_view(&source), rule, text, sizeof text);
    if (good) {
        good = fbc_verify(fn_buf_view(&bytes), FBC_ALLOW_ALL, &im, &fault) == FN_INVALID &&
               strcmp(fault.rule, rule) == 0 && strstr(fault.text, text) != NULL && im == NULL;
        if (!good) {
            printf("\n%s:\n  got  %s: %s\n  want %s: %s\n", path, fault.rule, fault.text, rule, text);
        }
    }
    fbc_image_free(im);
    fn_buf_fini(&source);
    fn_buf_fini(&bytes);
    return good;
}

/* The listing is the one that was accepted: NAME.listing beside NAME.fbcasm. FBC_ACCEPT=1 writes it. */
static bool check_accepted(const char *path, const struct fn_buf *listing)
{
    char name[PATH_MAX_BYTES];
    struct fn_buf accepted;
    snprintf(name, sizeof name, "%.*slisting", (int)(strlen(path) - strlen("fbcasm")), path);
    if (getenv("FBC_ACCEPT") != NULL) {
        FILE *f = fopen(name, "wb");
        bool written = f != NULL && fwrite(listing->p, 1, listing->n, f) == listing->n;
        return f != NULL && fclose(f) == 0 && written;
    }
    fn_buf_init(&accepted, FILE_MAX);
    bool same = read_file(name, &accepted) && fn_str_eq(fn_buf_view(&accepted), fn_buf_view(listing));
    if (!same) {
        printf("\n%s differs (FBC_ACCEPT=1 accepts); now:\n%.*s", name, FN_STR_ARG(fn_buf_view(listing)));
    }
    fn_buf_fini(&accepted);
    return same;
}

static bool check_listing(const char *path, const struct fbc_image *im)
{
    struct fn_buf listing, again;
    struct fn_err err = {FN_OK, ""};
    fn_buf_init(&listing, FILE_MAX);
    fn_buf_init(&again, FBC_LIMIT_IMAGE);
    fbc_disasm(&listing, im);
    bool good = fbc_assemble(fn_buf_view(&listing), &again, &err) == FN_OK && fn_str_eq(fn_buf_view(&again), im->bytes);
    if (!good) {
        printf("\n%s: its listing gives another image: %s\n%.*s", path, err.text, FN_STR_ARG(fn_buf_view(&listing)));
    }
    good = check_accepted(path, &listing) && good;
    fn_buf_fini(&listing);
    fn_buf_fini(&again);
    return good;
}

static bool check_good(const char *path)
{
    struct fn_buf source, bytes;
    struct fbc_fault fault;
    const struct fbc_image *im = NULL;
    bool good = load(path, &source, &bytes);
    if (good && fbc_verify(fn_buf_view(&bytes), FBC_ALLOW_ALL, &im, &fault) != FN_OK) {
        printf("\n%s: %s: %s\n", path, fault.rule, fault.text);
        good = false;
    }
    good = good && check_listing(path, im);
    fbc_image_free(im);
    fn_buf_fini(&source);
    fn_buf_fini(&bytes);
    return good;
}

/* Runs all files of a folder; how many there were. */
static unsigned run_folder(const char *folder, bool (*check)(const char *path))
{
    struct dirent **names;
    char path[PATH_MAX_BYTES];
    unsigned ran = 0;
    int n = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (strstr(names[i]->d_name, ".fbcasm") != NULL) {
            snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
            CU_ASSERT(check(path));
            ran++;
        }
        free(names[i]);
    }
    if (n >= 0) {
        free(names);
    }
    return ran;
}

static void test_bad(void)
{
    unsigned n = run_folder(UNIT_ROOT "/tests/verify/bad", check_bad);
    printf(" %u files", n);
    CU_ASSERT(n >= 200);
}

static void test_good(void)
{
    CU_ASSERT(run_folder(UNIT_ROOT "/tests/verify/good", check_good) >= 3);
}

/* The good images use each opcode and each section, so they say something about all of them. */
static void test_coverage(void)
{
    struct fn_buf source, bytes;
    struct fbc_fault fault;
    const struct fbc_image *im = NULL;
    bool seen[FN_COUNT(fbc_ops)] = {false};
    CU_ASSERT_FATAL(load(UNIT_ROOT "/tests/verify/good/every_instruction.fbcasm", &source, &bytes));
    CU_ASSERT_EQUAL_FATAL(fbc_verify(fn_buf_view(&bytes), FBC_ALLOW_ALL, &im, &fault), FN_OK);
    for (uint32_t i = 0; i < im->n_code; i++) {
        seen[im->code[i] & 255u] = true;
    }
    for (size_t i = 0; i < FN_COUNT(seen); i++) {
        CU_ASSERT_EQUAL(seen[i], fbc_ops[i].name != NULL);
    }
    fbc_image_free(im);
    fn_buf_fini(&source);
    fn_buf_fini(&bytes);
    CU_ASSERT_FATAL(load(UNIT_ROOT "/tests/verify/good/every_section.fbcasm", &source, &bytes));
    struct fn_reader r;
    fn_reader_init(&r, bytes.p, bytes.n);
    fn_read_bytes(&r, FBC_HEADER);
    for (unsigned i = 1; i < FBC_SECTIONS; i++) {
        CU_ASSERT_EQUAL(fn_read_u32(&r), i);
        uint32_t length = fn_read_u32(&r);
        CU_ASSERT(fn_read_u32(&r) > 0);
        fn_read_bytes(&r, length - 4);
    }
    fn_buf_fini(&source);
    fn_buf_fini(&bytes);
}

/* Bytes that stop anywhere, and nothing at all. */
static void test_prefixes(void)
{
    struct fn_buf source, bytes;
    struct fbc_fault fault;
    const struct fbc_image *im = NULL;
    CU_ASSERT_FATAL(load(UNIT_ROOT "/tests/verify/good/every_section.fbcasm", &source, &bytes));
    for (size_t n = 0; n < bytes.n; n++) {
        char *copy = malloc(n + 1);
        memcpy(copy, bytes.p, n);
        CU_ASSERT_EQUAL(fbc_verify((struct fn_str){copy, n}, FBC_ALLOW_ALL, &im, &fault), FN_INVALID);
        CU_ASSERT_STRING_EQUAL(fault.rule, "M1");
        free(copy);
    }
    CU_ASSERT_PTR_NULL(im);
    fn_buf_fini(&source);
    fn_buf_fini(&bytes);
}

static void test_assembler_errors(void)
{
    static const struct {
        const char *source, *error;
    } rows[] = {
        {"\nfoo", "line 2: no such directive"},
        {"NOP", "line 1: no such directive, or an instruction outside"},
        {"func \"init\" 0 - 0\nFOO", "line 2: no such directive or instruction"},
        {"func \"init\" 0 - 0\nRETV 1", "line 2: words too many"},
        {"func \"init\" 0 - 0\nADDI r1 r1", "line 2: a word is wanted"},
        {"func \"init\" 0 - 0\nLOADI r1 99999", "line 2: a number is wanted, and in range"},
        {"func \"init\" 0 - 0\nRETV\nJMP @0", "line 3: the jump goes the other way"},
        {"func \"init\" 1 - 0", "line 1: more parameters"},
        {"func \"init\" 0 - 0\nfunc \"init", "line 2: a string without end"},
        {"global \"a\\q\" 0 0", "line 1: an escape"},
        {"type what", "line 1: no such kind"},
        {"patch NOWHERE 0 00", "line 1: no such section"},
        {"patch INFO 999999 00", "line 1: outside the image"},
        {"append 0g", "line 1: hex digits"},
    };
    for (size_t i = 0; i < FN_COUNT(rows); i++) {
        struct fn_buf out;
        struct fn_err err = {FN_OK, ""};
        fn_buf_init(&out, FBC_LIMIT_IMAGE);
        CU_ASSERT_EQUAL(fbc_assemble(fn_str_c(rows[i].source), &out, &err), FN_INVALID);
        CU_ASSERT_EQUAL(out.n, 0);
        bool told = strncmp(err.text, rows[i].error, strlen(rows[i].error)) == 0;
        if (!told) {
            printf("\n%s\n  got %s\n", rows[i].source, err.text);
        }
        CU_ASSERT(told);
        fn_buf_fini(&out);
    }
}

UNIT_SUITE("fbc_verify", {"bad", test_bad}, {"good", test_good}, {"coverage", test_coverage},
           {"prefixes", test_prefixes}, {"assembler errors", test_assembler_errors})
