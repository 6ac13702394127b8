/* test_fgr_diag.c: the tables of diagnostics (codes, placeholders, both languages) and every format that shows them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fgr_diag.h"
#include "fn_json.h"
#include "unit.h"

static const struct {
    const char *code, *name, *pt, *en, *help_pt, *help_en;
} rows[] = {
#define FGR_DIAG(code, name, level, pt, en, help_pt, help_en) {code, #name, pt, en, help_pt, help_en},
#include "diags.def"
#undef FGR_DIAG
};
static const char *const pairs[][2] = {
#define FGR_LABEL(name, pt, en) {pt, en},
#include "labels.def"
#undef FGR_LABEL
#define FGR_WHY(name, pt, en) {pt, en},
#include "whys.def"
#undef FGR_WHY
};

static void test_codes(void)
{
    for (size_t i = 0; i < FN_COUNT(rows); i++) {
        CU_ASSERT_EQUAL(strlen(rows[i].code), 5);
        CU_ASSERT_EQUAL(rows[i].code[0], 'F');
        CU_ASSERT_STRING_EQUAL(rows[i].code, fgr_diag_code((enum fgr_diag)i));
        for (size_t j = 0; j < i; j++) {
            CU_ASSERT_STRING_NOT_EQUAL(rows[i].code, rows[j].code);
        }
    }
}

/* The placeholder at p, its name only; {NULL,0} when there is none. */
static struct fn_str placeholder(const char *p)
{
    if (p[0] != '{' || p[1] < 'a' || p[1] > 'z') {
        return FN_STR_NULL;
    }
    size_t n = strcspn(p + 1, "|}");
    return (struct fn_str){p + 1, n};
}

static bool mentions(const char *text, struct fn_str name)
{
    for (const char *p = text; *p != '\0'; p++) {
        struct fn_str found = placeholder(p);
        if (found.p != NULL && fn_str_eq(found, name)) {
            return true;
        }
    }
    return false;
}

static bool covers(const char *all, const char *some)
{
    bool good = true;
    for (const char *p = some; *p != '\0'; p++) {
        struct fn_str name = placeholder(p);
        good = good && (name.p == NULL || mentions(all, name));
    }
    return good;
}

static void check_pair(const char *what, const char *pt, const char *en)
{
    if (!covers(pt, en) || !covers(en, pt) || (pt[0] == '\0') != (en[0] == '\0')) {
        unit_differ(__FILE__, __LINE__, pt, strlen(pt), en);
        CU_FAIL("placeholders of the two languages differ");
        (void)what;
    }
}

static void test_placeholders(void)
{
    for (size_t i = 0; i < FN_COUNT(rows); i++) {
        CU_ASSERT(rows[i].pt[0] != '\0' && rows[i].help_pt[0] != '\0');
        check_pair(rows[i].code, rows[i].pt, rows[i].en);
        check_pair(rows[i].code, rows[i].help_pt, rows[i].help_en);
    }
    for (size_t i = 0; i < FN_COUNT(pairs); i++) {
        check_pair("label or why", pairs[i][0], pairs[i][1]);
    }
}

static void render(struct fn_buf *out, const char *source, enum fn_lang lang, enum fgr_format format)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fgr_tree tree;
    fn_arena_init(&arena, 8 << 20);
    fn_diag_list_init(&diags, &arena, 100);
    CU_ASSERT_EQUAL_FATAL(fgr_parse(&arena, FN_STR("vendas/loja.funnel"), fn_str_c(source), &diags, &tree), FN_OK);
    const struct fgr_source *sources[] = {&tree.source};
    fn_buf_init(out, 1 << 20);
    fgr_diag_render(out, &diags, sources, 1, (struct fgr_render){lang, format, false});
    fn_arena_fini(&arena);
}

static const char wide[] = "funil a\netapa b {\n  diga \"👋🏽 olá\" 5\n  fim\n}\n";

static void test_text(void)
{
    struct fn_buf out;
    render(&out, wide, FN_PT, FGR_FORMAT_TEXT);
    UNIT_ASSERT_STR(fn_buf_view(&out), "erro[F0105]: `5` está sobrando\n"
                                       " ┌─ vendas/loja.funnel:3:17\n"
                                       "3│   diga \"👋🏽 olá\" 5\n"
                                       " │                 ^\n"
                                       " └ ajuda: apague `5`\n\n"
                                       "1 erro e 0 avisos\n");
    fn_buf_fini(&out);
    render(&out, wide, FN_EN, FGR_FORMAT_TEXT);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "error[F0105]: `5` does not belong here\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "\n1 error and 0 warnings\n"));
    fn_buf_fini(&out);
}

static void test_ends(void)
{
    struct fn_buf out;
    render(&out, "funil a\netapa b {\n  diga\n  fim\n}\n", FN_PT, FGR_FORMAT_TEXT);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "falta um valor antes do fim da linha\n"));
    fn_buf_fini(&out);
}

static const struct fn_json *parse_json(struct fn_arena *arena, struct fn_str text)
{
    const struct fn_json *v = NULL;
    struct fn_err err = {FN_OK, ""};
    CU_ASSERT_EQUAL_FATAL(fn_json_parse(arena, text, 0, &v, &err), FN_OK);
    return v;
}

static void test_json(void)
{
    struct fn_buf out;
    struct fn_arena arena;
    int64_t n = 0;
    fn_arena_init(&arena, 1 << 20);
    render(&out, wide, FN_EN, FGR_FORMAT_JSON);
    const struct fn_json *v = parse_json(&arena, fn_buf_view(&out));
    CU_ASSERT(fn_json_int(fn_json_get(v, "errors"), &n) && n == 1);
    const struct fn_json *d = fn_json_at(fn_json_get(v, "diagnostics"), 0);
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(d, "code")), "F0105");
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(d, "name")), "surplus");
    UNIT_ASSERT_STR(fn_json_str(fn_json_path(d, "args.found")), "5");
    CU_ASSERT(fn_json_int(fn_json_path(d, "range.start.line"), &n) && n == 3);
    CU_ASSERT(fn_json_int(fn_json_path(d, "range.start.col"), &n) && n == 17);
    fn_buf_fini(&out);
    render(&out, wide, FN_EN, FGR_FORMAT_SARIF);
    v = parse_json(&arena, fn_buf_view(&out));
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(v, "version")), "2.1.0");
    const struct fn_json *run = fn_json_at(fn_json_get(v, "runs"), 0);
    CU_ASSERT_EQUAL(fn_json_path(run, "tool.driver.rules")->n, 1);
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(fn_json_at(fn_json_get(run, "results"), 0), "ruleId")), "F0105");
    fn_buf_fini(&out);
    fn_arena_fini(&arena);
}

static void test_lines(void)
{
    struct fn_buf out;
    render(&out, wide, FN_EN, FGR_FORMAT_GITHUB);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(out.p, "::error file=vendas/loja.funnel,line=3,endLine=3,col=17,endColumn=18,title=F0105::"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "%0A"));
    fn_buf_fini(&out);
    render(&out, "funil a\netapa b { diga \"<\" \"&\" }", FN_EN, FGR_FORMAT_JUNIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "failures=\"1\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "`&quot;&amp;&quot;`"));
    fn_buf_fini(&out);
    render(&out, wide, FN_PT, FGR_FORMAT_CHECKSTYLE);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(out.p, "<file name=\"vendas/loja.funnel\">\n  <error line=\"3\" column=\"17\" severity=\"error\""));
    fn_buf_fini(&out);
    render(&out, wide, FN_PT, FGR_FORMAT_JSONL);
    CU_ASSERT_EQUAL(out.p[out.n - 1], '\n');
    CU_ASSERT_PTR_NULL(memchr(out.p, '\n', out.n - 1));
    fn_buf_fini(&out);
}

static void test_lang(void)
{
    CU_ASSERT_EQUAL(fgr_lang_from("en_US.UTF-8", FN_PT), FN_EN);
    CU_ASSERT_EQUAL(fgr_lang_from("pt-BR", FN_EN), FN_PT);
    CU_ASSERT_EQUAL(fgr_lang_from("PT", FN_EN), FN_PT);
    CU_ASSERT_EQUAL(fgr_lang_from("C.UTF-8", FN_PT), FN_PT);
    CU_ASSERT_EQUAL(fgr_lang_from("entropy", FN_PT), FN_PT);
    CU_ASSERT_EQUAL(fgr_lang_from(NULL, FN_EN), FN_EN);
    CU_ASSERT_EQUAL(fgr_lang_from("", FN_EN), FN_EN);
}

UNIT_SUITE("fgr_diag", {"codes", test_codes}, {"placeholders", test_placeholders}, {"text", test_text},
           {"ends of line", test_ends}, {"json and sarif", test_json}, {"lines and xml", test_lines},
           {"lang", test_lang})
