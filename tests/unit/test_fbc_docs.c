/* test_fbc_docs.c: the tables of docs/bytecode.md are those of the .def files in vm/image. FBC_ACCEPT=1 rewrites them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_format.h"
#include "fbc_op.h"
#include "fn_buf.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGE_MAX = 1 << 20 };
static const char page_path[] = UNIT_ROOT "/docs/bytecode.md";

static void put_sections(struct fn_buf *out)
{
    fn_buf_z(out, "| id | section | at most | a row |\n|---|---|---|---|\n");
    for (unsigned i = 1; i < FBC_SECTIONS; i++) {
        fn_buf_printf(out, "| %u | %s | %u | %s |\n", i, fbc_sections[i].name, (unsigned)fbc_sections[i].limit,
                      fbc_sections[i].row);
    }
}

static void put_limits(struct fn_buf *out)
{
    fn_buf_z(out, "| limit | at most | unit | because |\n|---|---|---|---|\n");
#define FBC_LIMIT(NAME, value, unit, why) fn_buf_printf(out, "| %s | %d | %s | %s |\n", #NAME, value, unit, why);
#include "image_limits.def"
#undef FBC_LIMIT
}

static void put_instructions(struct fn_buf *out)
{
    fn_buf_z(out, "| number | name | a | b | c | rule | meaning |\n|---|---|---|---|---|---|---|\n");
#define SHOWN(kind) (strcmp(kind, "NO") == 0 || strcmp(kind, "WIDE") == 0 ? "" : kind)
#define FBC_OP(number, NAME, a, b, c, rule, doc)                                                                   \
    fn_buf_printf(out, "| %d | `%s` | %s | %s | %s | %s | %s |\n", number, #NAME, SHOWN(#a), SHOWN(#b), SHOWN(#c), \
                  strcmp(#rule, "NONE") == 0 ? "" : #rule, doc);
#include "ops.def"
#undef FBC_OP
}

static void put_traps(struct fn_buf *out)
{
    fn_buf_z(out, "| trap | pt | en |\n|---|---|---|\n");
    for (unsigned i = 1; i < FBC_TRAPS; i++) {
        enum fbc_trap t = (enum fbc_trap)i;
        fn_buf_printf(out, "| %s | %s | %s |\n", fbc_trap_name(t), fbc_trap_text(t, false), fbc_trap_text(t, true));
    }
}

struct table {
    const char *marker;
    void (*put)(struct fn_buf *out);
};
static const struct table tables[] = {
    {"<!-- table sections -->\n", put_sections},
    {"<!-- table limits -->\n", put_limits},
    {"<!-- table instructions -->\n", put_instructions},
    {"<!-- table traps -->\n", put_traps},
};

static bool read_page(struct fn_buf *page)
{
    char part[4096];
    size_t n;
    FILE *f = fopen(page_path, "rb");
    if (f == NULL) {
        return false;
    }
    while ((n = fread(part, 1, sizeof part, f)) != 0) {
        fn_buf_put(page, part, n);
    }
    fclose(f);
    return !page->failed && page->n != 0;
}

/* The page with every table as it should be. */
static void renew(const struct fn_buf *page, struct fn_buf *out)
{
    const char *at = page->p;
    for (size_t i = 0; i < FN_COUNT(tables); i++) {
        const char *begin = strstr(at, tables[i].marker);
        const char *end = begin != NULL ? strstr(begin, "<!-- end -->") : NULL;
        CU_ASSERT_FATAL(end != NULL);
        fn_buf_put(out, at, (size_t)(begin - at));
        fn_buf_z(out, tables[i].marker);
        tables[i].put(out);
        at = end;
    }
    fn_buf_z(out, at);
}

static void show_difference(const struct fn_buf *page, const struct fn_buf *want)
{
    size_t at = 0, line = 0;
    for (; at < page->n && at < want->n && page->p[at] == want->p[at]; at++) {
        line = page->p[at] == '\n' ? at + 1 : line;
    }
    printf("\nfirst difference:\n  page  %.*s\n  table %.*s\n", (int)strcspn(page->p + line, "\n"), page->p + line,
           (int)strcspn(want->p + line, "\n"), want->p + line);
}

static void accept(const struct fn_buf *want)
{
    FILE *f = fopen(page_path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fwrite(want->p, 1, want->n, f), want->n);
    CU_ASSERT_EQUAL(fclose(f), 0);
}

static void test_page(void)
{
    struct fn_buf page, want;
    fn_buf_init(&page, PAGE_MAX);
    fn_buf_init(&want, PAGE_MAX);
    CU_ASSERT_FATAL(read_page(&page));
    renew(&page, &want);
    bool same = fn_str_eq(fn_buf_view(&page), fn_buf_view(&want));
    if (!same && getenv("FBC_ACCEPT") != NULL) {
        accept(&want);
    } else {
        if (!same) {
            show_difference(&page, &want);
        }
        CU_ASSERT(same);
    }
    fn_buf_fini(&page);
    fn_buf_fini(&want);
}

/* What the tables must be for their readers: signatures well formed, one argument name for each letter, names unlike. */
static void check_import(const struct fbc_import *row)
{
    const char *arrow = strchr(row->sig, '>');
    CU_ASSERT_PTR_NOT_NULL_FATAL(arrow);
    size_t n = (size_t)(arrow - row->sig);
    CU_ASSERT_EQUAL(strspn(row->sig, "inbtT"), n);
    CU_ASSERT(strlen(arrow) == 2 && strchr("inbtToINv", arrow[1]) != NULL);
    if (row->args != NULL) {
        size_t names = 1;
        for (const char *p = row->args; *p != '\0'; p++) {
            names += *p == ',';
        }
        CU_ASSERT_EQUAL(names, n);
        CU_ASSERT(row->kind != FBC_HOST_EFFECT || arrow[1] == 'v');
        CU_ASSERT(row->kind != FBC_HOST_CALL || arrow[1] != 'v');
    }
}

static void test_imports(void)
{
    unsigned hosts = 0, natives = 0;
    for (size_t i = 0; i < FN_COUNT(fbc_hosts); i++) {
        if (fbc_hosts[i].name != NULL) {
            check_import(&fbc_hosts[i]);
            hosts++;
        }
    }
    for (size_t i = 0; i < FN_COUNT(fbc_natives); i++) {
        if (fbc_natives[i].name != NULL) {
            check_import(&fbc_natives[i]);
            CU_ASSERT(fbc_natives[i].fuel > 0);
            natives++;
        }
    }
    CU_ASSERT(hosts > 15 && natives > 60);
    CU_ASSERT_NOT_EQUAL(fbc_sig_hash(&fbc_hosts[FBC_HOST_say]), fbc_sig_hash(&fbc_hosts[FBC_HOST_react]));
}

static void test_traps(void)
{
    CU_ASSERT_STRING_EQUAL(fbc_trap_name(FBC_TRAP_NONE), "NONE");
    CU_ASSERT_STRING_EQUAL(fbc_trap_text(FBC_TRAP_DIVIDE, true), "division by zero");
    CU_ASSERT_STRING_EQUAL(fbc_trap_text(FBC_TRAP_DIVIDE, false), "divisão por zero");
    CU_ASSERT_STRING_EQUAL(fbc_trap_name(FBC_TRAPS), "UNKNOWN");
    CU_ASSERT_STRING_EQUAL(fbc_trap_text(FBC_TRAPS, true), "");
}

UNIT_SUITE("fbc_docs", {"page", test_page}, {"imports", test_imports}, {"traps", test_traps})
