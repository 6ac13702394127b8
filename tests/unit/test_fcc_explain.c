/* test_fcc_explain.c: every code has a page; its bad example gives exactly that code, its good one nothing. The codes of `funnelc test`
 * (F08xx below F0850) are found while a conversation runs: tests/broken runs those pages.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_explain.h"
#include "fcc_sema.h"
#include "fsl_natives.h"
#include "unit.h"

enum { PAGE_MAX = 16 << 20, DIAGS_MAX = 1000, MODULES_MAX = 32 };
#define MEMORY ((size_t)1 << 30)

static bool runs(const char *code) /* told by the test runner, not the checker */
{
    return strncmp(code, "F080", 4) == 0 || strncmp(code, "F081", 4) == 0;
}

static bool about_templates(const char *code)
{
    return strcmp(code, "F0507") >= 0 && strcmp(code, "F0509") <= 0;
}

static void check(struct fn_arena *arena, struct fn_str example, bool with_templates, struct fn_diag_list *diags)
{
    static const struct fcc_template catalogue[] = {{{"pagamento_ok", 12}, {"pt_BR", 5}, 1}};
    struct fcc_module modules[MODULES_MAX];
    size_t n = fsl_module_count();
    for (size_t i = 0; i < n && i < MODULES_MAX; i++) {
        struct fsl_module m = fsl_module_at(i);
        modules[i] = (struct fcc_module){m.name, m.text};
    }
    const struct fcc_options options = {.modules = modules,
                                        .n_modules = n,
                                        .templates = with_templates ? catalogue : NULL,
                                        .n_templates = with_templates ? 1 : 0};
    struct fcc_program *program = NULL;
    struct fn_buf text;
    fn_buf_init(&text, PAGE_MAX);
    fcc_page_source(&text, example);
    fn_diag_list_init(diags, arena, DIAGS_MAX);
    CU_ASSERT_EQUAL(fcc_check(arena, FN_STR("page.funnel"), fn_buf_view(&text), &options, diags, &program), FN_OK);
    fn_buf_fini(&text);
}

/* The many mistakes of F0116 are told before it. */
static bool expected(const struct fn_diag_list *diags, enum fgr_diag want)
{
    bool found = want == FGR_DIAGS, only = true;
    for (size_t i = 0; i < diags->n; i++) {
        found = found || diags->items[i]->code == want;
        only = only && (diags->items[i]->code == want || want == FGR_D_TOO_MANY_ERRORS);
    }
    return found && only;
}

static void example(enum fgr_diag d, struct fn_str text, enum fgr_diag want, const char *which)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    fn_arena_init(&arena, MEMORY);
    check(&arena, text, about_templates(fgr_diag_code(d)), &diags);
    bool good = expected(&diags, want);
    CU_ASSERT_TRUE(good);
    if (!good) {
        printf("%s %s:", fgr_diag_code(d), which);
        for (size_t i = 0; i < diags.n && i < 6; i++) {
            printf(" %s", fgr_diag_code((enum fgr_diag)diags.items[i]->code));
        }
        printf("\n");
    }
    fn_arena_fini(&arena);
}

static void test_pages(void)
{
    for (unsigned i = 0; i < FGR_DIAGS; i++) {
        struct fcc_page page;
        const char *code = fgr_diag_code((enum fgr_diag)i);
        bool found = fcc_page_find(fn_str_c(code), &page);
        bool whole =
            found && page.pt.n > 0 && page.en.n > 0 && page.good.n > 0 && (page.bad.n > 0 || i == FGR_D_TEST_RESUMED);
        CU_ASSERT_TRUE(whole);
        if (!whole) {
            printf("%s: page missing or not whole\n", code);
        }
    }
}

static void test_examples(void)
{
    for (unsigned i = 0; i < FGR_DIAGS; i++) {
        struct fcc_page page;
        const char *code = fgr_diag_code((enum fgr_diag)i);
        if (fcc_page_find(fn_str_c(code), &page)) {
            if (!runs(code)) {
                example((enum fgr_diag)i, page.bad, (enum fgr_diag)i, "bad");
            }
            example((enum fgr_diag)i, page.good, FGR_DIAGS, "good");
        }
    }
}

static void test_names(void)
{
    CU_ASSERT_EQUAL(fcc_diag_named(FN_STR("F0204")), FGR_D_STAGE_UNKNOWN);
    CU_ASSERT_EQUAL(fcc_diag_named(FN_STR("f0204")), FGR_D_STAGE_UNKNOWN);
    CU_ASSERT_EQUAL(fcc_diag_named(FN_STR("stage_unknown")), FGR_D_STAGE_UNKNOWN);
    CU_ASSERT_EQUAL(fcc_diag_named(FN_STR("F9999")), FGR_DIAGS);
    CU_ASSERT_EQUAL(fcc_diag_named(FN_STR("")), FGR_DIAGS);
}

/* Both languages, whole, and nothing left to fill in. */
static void test_text(void)
{
    for (unsigned i = 0; i < FGR_DIAGS; i++) {
        for (unsigned lang = FN_PT; lang <= FN_EN; lang++) {
            struct fn_buf out;
            fn_buf_init(&out, 65536);
            fcc_diag_title(&out, (enum fgr_diag)i, (enum fn_lang)lang);
            CU_ASSERT_PTR_NULL(strstr(out.p, "{n"));
            fn_buf_clear(&out);
            fcc_explain(&out, (enum fgr_diag)i, (enum fn_lang)lang);
            CU_ASSERT_FALSE(out.failed);
            CU_ASSERT_PTR_NOT_NULL(strstr(out.p, fgr_diag_code((enum fgr_diag)i)));
            fn_buf_fini(&out);
        }
    }
}

static void test_macros(void)
{
    struct fn_buf out;
    fn_buf_init(&out, 4096);
    fcc_page_source(&out, FN_STR("    #! «3×ab»«41»\n    «2×x⏎»y"));
    CU_ASSERT_STRING_EQUAL(out.p, "#! abababA\nx\nx\ny");
    fn_buf_fini(&out);
}

UNIT_SUITE("fcc_explain", {"pages", test_pages}, {"examples", test_examples}, {"names", test_names},
           {"text", test_text}, {"macros", test_macros})
