/* test_fgr_parse.c: literals, names in both spellings, texts, line ends, and hostile input.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fgr_diag.h"
#include "unit.h"

#include <stdlib.h>

static struct fn_arena arena;
static struct fn_diag_list diags;
static struct fgr_tree tree;

static const struct fgr_node *parse_n(struct fn_str source)
{
    fn_arena_fini(&arena);
    fn_arena_init(&arena, 512 << 20);
    fn_diag_list_init(&diags, &arena, 100);
    CU_ASSERT_EQUAL_FATAL(fgr_parse(&arena, FN_STR("t"), source, &diags, &tree), FN_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tree.file);
    return tree.file;
}

/* The value of `let x = …` inside a stage. */
static const struct fgr_node *value_of(const char *expression)
{
    struct fn_buf source;
    fn_buf_init(&source, 1 << 20);
    fn_buf_printf(&source, "funnel f\nstage s {\n  let x = %s\n}\n", expression);
    const struct fgr_node *file = parse_n(fn_buf_view(&source));
    fn_buf_fini(&source);
    const struct fgr_node *stage = file->kid[FGR_FILE_decls]->items[0];
    return stage->kid[FGR_STAGE_body]->kid[FGR_BLOCK_stmts]->items[0]->kid[FGR_LET_value];
}

static void test_numbers(void)
{
    CU_ASSERT_EQUAL(value_of("9223372036854775807")->num, INT64_MAX);
    CU_ASSERT_EQUAL(diags.errors, 0);
    value_of("9223372036854775808");
    CU_ASSERT_EQUAL(diags.items[0]->code, FGR_D_NUMBER_TOO_BIG);
    CU_ASSERT_EQUAL(value_of("1.5")->real, 1.5);
    CU_ASSERT_EQUAL(value_of("R$ 1.234,56")->num, 123456);
    CU_ASSERT_EQUAL(value_of("R$0,05")->num, 5);
    CU_ASSERT_EQUAL(diags.errors, 0);
    static const char *const bad[] = {"R$ 10", "R$ 1,5", "R$ 12.34,00", "R$ 1.2345,00", "R$ 10.50", "R$"};
    for (size_t i = 0; i < FN_COUNT(bad); i++) {
        value_of(bad[i]);
        CU_ASSERT_EQUAL_FATAL(diags.errors, 1);
        CU_ASSERT_EQUAL(diags.items[0]->code, FGR_D_BAD_MONEY);
    }
}

static void test_durations(void)
{
    CU_ASSERT_EQUAL(value_of("2h 30min")->num, 9000000);
    CU_ASSERT_EQUAL(value_of("1d2h3min4s")->num, 93784000);
    CU_ASSERT_EQUAL(value_of("90s")->num, 90000);
    CU_ASSERT_EQUAL(diags.errors, 0);
    value_of("2days");
    CU_ASSERT_EQUAL(diags.items[0]->code, FGR_D_BAD_NUMBER);
    value_of("99999999999999999999d");
    CU_ASSERT_EQUAL(diags.items[0]->code, FGR_D_DURATION_TOO_BIG);
}

static void test_texts(void)
{
    UNIT_ASSERT_STR(value_of("\"a\\n\\t\\\"\\\\\\{b}\"")->text, "a\n\t\"\\{b}");
    UNIT_ASSERT_STR(value_of("\"\"")->text, "");
    UNIT_ASSERT_STR(value_of("“diz \"oi\" e “sai”")->text, "diz \"oi\" e “sai");
    UNIT_ASSERT_STR(value_of("\"\"\"\n      um\n        dois\n    \"\"\"")->text, "  um\n    dois");
    UNIT_ASSERT_STR(value_of("\"\"\"{\"\"}\"\"\"")->kid[FGR_TEXT_parts]->items[0]->text, "");
    CU_ASSERT_EQUAL(diags.errors, 0);
    const struct fgr_node *t = value_of("\"a {b or \"c {d}\"} e\"");
    const struct fgr_node *parts = t->kid[FGR_TEXT_parts];
    CU_ASSERT_EQUAL_FATAL(parts->n_items, 3);
    UNIT_ASSERT_STR(parts->items[0]->text, "a ");
    CU_ASSERT_EQUAL(parts->items[1]->kind, FGR_BINARY);
    UNIT_ASSERT_STR(parts->items[2]->text, " e");
    CU_ASSERT_EQUAL(diags.errors, 0);
}

static void check_code(const char *expression, enum fgr_diag code)
{
    value_of(expression);
    if (diags.n != 1 || diags.items[0]->code != code) {
        unit_differ(__FILE__, __LINE__, expression, strlen(expression),
                    diags.n > 0 ? fgr_diag_code(diags.items[0]->code) : "");
    }
    CU_ASSERT_EQUAL_FATAL(diags.n, 1);
    CU_ASSERT_EQUAL(diags.errors, 1);
    CU_ASSERT_EQUAL(diags.items[0]->code, code);
}

static void test_bad_texts(void)
{
    check_code("\"sem fim", FGR_D_TEXT_NOT_CLOSED);
    check_code("\"\"\"sem fim", FGR_D_LONG_TEXT_NOT_CLOSED);
    check_code("\"a {b", FGR_D_INTERPOLATION_NOT_CLOSED);
    check_code("\"a {} b\"", FGR_D_INTERPOLATION_EMPTY);
    check_code("\"a \\q b\"", FGR_D_BAD_ESCAPE);
    check_code("'aspas simples'", FGR_D_SINGLE_QUOTES);
    check_code("a && b", FGR_D_FOREIGN_OPERATOR);
    check_code("1;", FGR_D_SEMICOLON);
    check_code("1 // nota", FGR_D_FOREIGN_COMMENT);
    check_code("a\xE2\x80\x8B", FGR_D_HIDDEN_CHARACTER);
    check_code("a ~", FGR_D_UNKNOWN_CHARACTER);
    check_code("``", FGR_D_BAD_BACKTICK);
    check_code("\"\xFF\"", FGR_D_BAD_UTF8);
    check_code("1\x01", FGR_D_CONTROL_BYTE);
}

static void test_names(void)
{
    UNIT_ASSERT_STR(value_of("orc\xCC\xA7"
                             "amento")
                        ->text,
                    "or\xC3\xA7"
                    "amento");
    UNIT_ASSERT_STR(value_of("`end`")->text, "end");
    UNIT_ASSERT_STR(value_of("limit")->text, "limit");
    CU_ASSERT_EQUAL(diags.errors, 0);
    const struct fgr_node *file =
        parse_n(FN_STR("funil f\netapa s {\n  diga contato.valor\n  diga data(\"2026-01-01\")\n}\n"));
    CU_ASSERT_EQUAL(diags.errors, 0);
    const struct fgr_node *stmts = file->kid[FGR_FILE_decls]->items[0]->kid[FGR_STAGE_body]->kid[FGR_BLOCK_stmts];
    const struct fgr_node *member = stmts->items[0]->kid[FGR_SAY_value];
    UNIT_ASSERT_STR(member->text, "valor");
    UNIT_ASSERT_STR(member->kid[FGR_MEMBER_OF_object]->text, "contact");
    UNIT_ASSERT_STR(stmts->items[1]->kid[FGR_SAY_value]->kid[FGR_CALL_callee]->text, "date");
}

static void test_accents_are_optional(void)
{
    parse_n(FN_STR(
        "funil f\nregiao \"pt-BR\"\nopcoes Cor { a }\nfuncao g(x: numero) -> logico { retorne nao verdadeiro }\n"));
    CU_ASSERT_EQUAL(diags.errors, 0);
    CU_ASSERT_EQUAL(tree.spelling, FN_PT);
    UNIT_ASSERT_STR(value_of("válor")->text, "válor");
}

static void test_lines(void)
{
    CU_ASSERT_EQUAL(value_of("1 +\n    2")->kind, FGR_BINARY);
    CU_ASSERT_EQUAL(value_of("f(1\n  , 2\n)")->kind, FGR_CALL);
    CU_ASSERT_EQUAL(value_of("a or\n  b")->kind, FGR_BINARY);
    CU_ASSERT_EQUAL(diags.errors, 0);
    parse_n(FN_STR("\xEF\xBB\xBF"
                   "funnel f\r\nstage s {\r\n  end\r\n}\r\n"));
    CU_ASSERT_EQUAL(diags.errors, 0);
}

static void repeat(const char *head, const char *what, size_t n, const char *tail)
{
    struct fn_buf b;
    fn_buf_init(&b, 16 << 20);
    fn_buf_z(&b, head);
    for (size_t i = 0; i < n; i++) {
        fn_buf_z(&b, what);
    }
    fn_buf_z(&b, tail);
    parse_n(fn_buf_view(&b));
    fn_buf_fini(&b);
    CU_ASSERT(diags.errors > 0);
    CU_ASSERT(diags.errors <= 60);
    CU_ASSERT(tree.file->depth <= FGR_DEPTH_MAX + 1);
}

static void test_hostile(void)
{
    repeat("funnel a\nstage b ", "{", 1 << 18, "");
    repeat("funnel a\nstage b {\n say \"", "{", 1 << 18, "");
    repeat("funnel a\nstage b {\n say \"", "x", 1 << 18, "\"\n}\n");
    repeat("funnel a\nstage b {\n let x = ", "not ", 1 << 16, "1\n}\n");
    repeat("funnel a\nstage b {\n let x = 1", " + 1", 1 << 16, "\n}\n");
    repeat("funnel a\nstage b {\n a", ".a", 1 << 16, "\n}\n");
    repeat("funnel a\nstage b {\n", "say )\n", 20000, "}\n");
    repeat("funnel a\n", "stage b {\n say\n)\n", 10000, "");
    repeat("", "} ) ] { ( [ ", 20000, "");
    repeat("funnel a\n", "# comment\n", 1 << 20, "");
}

static void test_every_prefix(void)
{
    static const char source[] =
        "funnel f\nstage s {\n  ask nome: text(60) \"Oi {x or \"y\"}?\" {\n    invalid 2x \"n\"\n  }\n"
        "  choose \"?\" {\n    a \"A\" -> s\n  }\n  if x { end } else { -> s }\n}\n";
    for (size_t n = 0; n < sizeof source; n++) {
        char *copy = malloc(n + 1); /* of exactly this size, for the sanitizer */
        CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
        memcpy(copy, source, n);
        parse_n((struct fn_str){copy, n});
        free(copy);
    }
    fn_arena_fini(&arena);
}

static void test_out_of_memory(void)
{
    static const char source[] = "funnel f\nstage s {\n  say \"{a + b}\"\n  )\n}\n";
    for (size_t max = 0; max < 400000; max += 4001) {
        struct fn_arena small;
        struct fgr_tree t;
        struct fn_diag_list l;
        fn_arena_init(&small, max);
        fn_diag_list_init(&l, &small, 10);
        enum fn_code code = fgr_parse(&small, FN_STR("t"), fn_str_c(source), &l, &t);
        CU_ASSERT(code == FN_NO_MEMORY || (code == FN_OK && t.file != NULL));
        fn_arena_fini(&small);
    }
}

UNIT_SUITE("fgr_parse", {"numbers", test_numbers}, {"durations", test_durations}, {"texts", test_texts},
           {"bad texts", test_bad_texts}, {"names", test_names}, {"accents", test_accents_are_optional},
           {"lines", test_lines}, {"hostile input", test_hostile}, {"every prefix", test_every_prefix},
           {"out of memory", test_out_of_memory})
