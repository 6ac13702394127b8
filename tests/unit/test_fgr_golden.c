/* test_fgr_golden.c: tests/golden/{tokens,ast}: each CASE.funnel gives exactly CASE.expect, without any other layer linked in.
 * Diagnostics are compared by tests/golden/run, where the checker speaks too.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fgr_diag.h"
#include "unit.h"

#include <dirent.h>
#include <stdio.h>

enum stage { TOKENS, TREE };
enum { MAX = 1 << 20 };

static bool read_file(struct fn_buf *out, const char *path)
{
    fn_buf_init(out, MAX);
    FILE *f = fopen(path, "rb");
    char block[4096];
    for (size_t n = 1; f != NULL && n > 0;) {
        n = fread(block, 1, sizeof block, f);
        fn_buf_put(out, block, n);
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return f != NULL;
}

static void produce(struct fn_buf *out, enum stage stage, const char *name, struct fn_str source)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fgr_tree tree;
    fn_arena_init(&arena, 64 << 20);
    fn_diag_list_init(&diags, &arena, 200);
    fn_buf_init(out, MAX);
    CU_ASSERT_EQUAL_FATAL(fgr_parse(&arena, fn_str_c(name), source, &diags, &tree), FN_OK);
    if (stage == TOKENS) {
        fgr_dump_tokens(out, &tree);
    } else {
        CU_ASSERT_EQUAL(diags.n, 0);
        fgr_dump(out, tree.file);
    }
    fn_arena_fini(&arena);
}

static void check_case(enum stage stage, const char *folder, const char *name)
{
    char path[1024];
    struct fn_buf source, want, got;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    CU_ASSERT_FATAL(read_file(&source, path));
    (void)snprintf(path, sizeof path, "%s/%.*s.expect", folder, (int)(strlen(name) - strlen(".funnel")), name);
    CU_ASSERT_FATAL(read_file(&want, path));
    produce(&got, stage, name, fn_buf_view(&source));
    UNIT_ASSERT_STR(fn_buf_view(&got), want.p != NULL ? want.p : "");
    fn_buf_fini(&source);
    fn_buf_fini(&want);
    fn_buf_fini(&got);
}

static void check_folder(enum stage stage, const char *folder)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/tests/golden/%s", UNIT_ROOT, folder);
    DIR *dir = opendir(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    unsigned cases = 0;
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        size_t n = strlen(e->d_name);
        if (n > 7 && strcmp(e->d_name + n - 7, ".funnel") == 0) {
            check_case(stage, path, e->d_name);
            cases++;
        }
    }
    (void)closedir(dir);
    CU_ASSERT(cases >= 2);
}

static void test_tokens(void)
{
    check_folder(TOKENS, "tokens");
}

static void test_trees(void)
{
    check_folder(TREE, "ast");
}

/* The reference pages list every word in both spellings. */
static void check_page(const char *name)
{
    char path[1024], row[128];
    struct fn_buf page;
    size_t n = 0;
    const struct fgr_word *words = fgr_words(&n);
    (void)snprintf(path, sizeof path, "%s/docs/language/%s", UNIT_ROOT, name);
    CU_ASSERT_FATAL(read_file(&page, path));
    for (size_t i = 0; i < n && words[i].after == 0; i++) {
        (void)snprintf(row, sizeof row, "| `%s` | `%s` |", words[i].en.p, words[i].pt.p);
        if (strstr(page.p, row) == NULL) {
            unit_differ(__FILE__, __LINE__, name, strlen(name), row);
            CU_FAIL("a word is missing in the page");
        }
    }
    fn_buf_fini(&page);
}

static void test_pages(void)
{
    check_page("syntax.en.md");
    check_page("syntax.pt.md");
}

UNIT_SUITE("fgr_golden", {"tokens", test_tokens}, {"trees", test_trees}, {"pages", test_pages})
