/* test_fcc_compat.c: two versions compared: what is settled, what is not, and what settles it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_compat.h"

#include "fcc_report.h"
#include "unit.h"

#include <stdio.h>

static struct fn_arena arena;

static const struct fcc_program *checked(const char *source)
{
    struct fn_diag_list diags;
    struct fcc_program *p = NULL;
    fn_diag_list_init(&diags, &arena, 50);
    CU_ASSERT_EQUAL_FATAL(fcc_check(&arena, FN_STR("t.funnel"), fn_str_c(source), NULL, &diags, &p), FN_OK);
    CU_ASSERT_EQUAL_FATAL(diags.errors, 0);
    return p;
}

/* The table of differences in English, one string. */
static struct fn_str table(const char *from, const char *to, size_t *unsettled)
{
    fn_arena_fini(&arena);
    fn_arena_init(&arena, (size_t)32 << 20);
    struct fcc_compat t;
    CU_ASSERT_EQUAL_FATAL(fcc_compat(&arena, checked(from), checked(to), &t), FN_OK);
    struct fn_buf b;
    fn_buf_init(&b, 65536);
    fcc_compat_print(&b, &t, FCC_COMPAT_DIFFERENCES, FN_EN);
    struct fn_str out = fn_arena_dup(&arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    *unsettled = t.unsettled;
    return out;
}

#define TOP "funnel t \"T\"\nstart on message -> a\nalways {\n  on error -> fim\n}\nstage fim {\n  end\n}\n"
#define OLD                                                                                                            \
    TOP "var n: int = 0\nstage a {\n  choose \"Q {n}\" {\n    x \"X\" -> fim\n    y \"Y\" -> b\n  }\n  end\n}\nstage " \
        "b {\n  end\n}\n"

static void test_same(void)
{
    size_t unsettled;
    UNIT_ASSERT_STR(table(OLD, OLD, &unsettled), "ready to deploy: every running conversation can go on\n");
    CU_ASSERT_EQUAL(unsettled, 0);
}

static void test_removed_stage(void)
{
    const char *cut =
        TOP "var n: int = 0\nstage a {\n  choose \"Q {n}\" {\n    x \"X\" -> fim\n    z \"Z\" -> fim\n  }\n  end\n}\n";
    size_t unsettled;
    UNIT_ASSERT_STR(table(OLD, cut, &unsettled),
                    "! stage            removed    b  <- say where it goes: migrate stage b -> …\n"
                    "  option           removed    a#y\n  option           added      a#z\n"
                    "points to settle before a deploy: 1\n");
    CU_ASSERT_EQUAL(unsettled, 1);
}

static void test_renamed_stage(void)
{
    const char *renamed = TOP "migrate stage a -> entrada\nmigrate stage b -> fim\nvar n: int = 0\nstage entrada {\n  "
                              "choose \"Q {n}\" {\n    x \"X\" -> fim\n"
                              "    y \"Y\" -> fim\n  }\n  end\n}\n";
    char source[1000];
    size_t unsettled;
    CU_ASSERT_FATAL((size_t)snprintf(source, sizeof source, "%s", renamed) < sizeof source);
    char *start = strstr(source, "-> a\n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(start);
    memmove(start + 10, start + 4, strlen(start + 4) + 1);
    memcpy(start, "-> entrada", 10);
    struct fn_str got = table(OLD, source, &unsettled);
    CU_ASSERT_EQUAL(unsettled, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(got.p, "renamed    a -> entrada"));
    CU_ASSERT_PTR_NOT_NULL(strstr(got.p, "renamed    a#x -> entrada#x"));
}

static void test_variables(void)
{
#define BODY \
    "stage a {\n  choose \"Q {n}\" {\n    x \"X\" -> fim\n    y \"Y\" -> b\n  }\n  end\n}\nstage b {\n  end\n}\n"
    size_t unsettled;
    table(OLD, TOP "var n: money = R$ 0,00\n" BODY, &unsettled);
    CU_ASSERT_EQUAL(unsettled, 1);
    table(OLD, TOP "migrate var n = R$ 0,00\nvar n: money = R$ 0,00\n" BODY, &unsettled);
    CU_ASSERT_EQUAL(unsettled, 0);
    table(OLD, TOP "var n: int = 0\nvar novo: int\n" BODY, &unsettled);
    CU_ASSERT_EQUAL(unsettled, 1);
    table(OLD, TOP "var n: int = 0\nvar novo: int = 1\n" BODY, &unsettled);
    CU_ASSERT_EQUAL(unsettled, 0);
}

static void test_report(void)
{
    fn_arena_fini(&arena);
    fn_arena_init(&arena, (size_t)32 << 20);
    struct fn_buf b;
    fn_buf_init(&b, 4096);
    fcc_report_json(&b, checked(OLD));
    UNIT_ASSERT_STR(((struct fn_str){b.p, b.n < 71 ? b.n : 71}),
                    "{\"ai_calls_turn\":0,\"ai_calls_conversation\":0,\"messages_turn\":1,\"suspend");
    fn_buf_clear(&b);
    fcc_report_print(&b, checked(OLD), FN_PT);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.p, "mensagens por turno: até 1\n"));
    fn_buf_fini(&b);
}

/* What fits into the old one and not into the new one, though both names and kinds are the same. */
static void test_narrower(void)
{
    static const char *const pairs[][2] = {
        {"var n: text = \"a\"\n", "var n: text(10) = \"a\"\n"},
        {"var n: list<int>\n", "var n: list<int>(50)\n"},
        {"var n: list<int>(300)\n", "var n: list<int>\n"},
        {"record R {\n  v: money\n}\nvar n: list<R>\n",
         "locale \"en-US\"\nrecord R {\n  v: money\n}\nvar n: list<R>\n"},
        {"var n: money = R$ 1,00\n", "locale \"pt-PT\"\nvar n: money = R$ 1,00\n"},
    };
    for (size_t i = 0; i < FN_COUNT(pairs); i++) {
        char from[1000], to[1000];
        size_t unsettled;
        (void)snprintf(from, sizeof from, TOP "%sstage a {\n  -> fim\n}\n", pairs[i][0]);
        (void)snprintf(to, sizeof to, TOP "%sstage a {\n  -> fim\n}\n", pairs[i][1]);
        UNIT_ASSERT_STR(table(from, to, &unsettled),
                        "! variable         other type n  <- say the value: migrate var n = …\n"
                        "points to settle before a deploy: 1\n");
        if (i != 4) { /* wider is no trouble; another currency is, either way */
            continue;
        }
        (void)table(to, from, &unsettled);
        CU_ASSERT_EQUAL(unsettled, 1);
    }
    size_t unsettled;
    (void)table(TOP "var n: text(10) = \"a\"\nstage a {\n  -> fim\n}\n",
                TOP "var n: text = \"a\"\nstage a {\n  -> fim\n}\n", &unsettled);
    CU_ASSERT_EQUAL(unsettled, 0);
}

/* Who is talking already was not asked for a field the new version relies on. */
static void test_new_contact_field(void)
{
    size_t unsettled;
    const char *old = TOP "stage a {\n  -> fim\n}\n";
    UNIT_ASSERT_STR(table(old,
                          TOP "contact {\n  cidade: text(20)\n}\nstage a {\n  ask contact.cidade \"?\" {\n    failed "
                              "-> fim\n  }\n  -> fim\n}\n",
                          &unsettled),
                    "! contact field    added      cidade  <- who is talking already was not asked: cidade: type? or "
                    "cidade: type = value\n"
                    "  question         added      a/cidade\n"
                    "points to settle before a deploy: 1\n");
    (void)table(old, TOP "contact {\n  cidade: text(20)?\n}\nstage a {\n  -> fim\n}\n", &unsettled);
    CU_ASSERT_EQUAL(unsettled, 0);
}

/* In both versions a variable has no first value; only the new one sets it before stage `b`, where conversations of the old one arrive. */
static void test_value_that_only_the_new_one_sets(void)
{
#define REST "stage b {\n  ask y: text(20) \"?\"\n  say \"{x} {y}\"\n  end\n}\n"
    size_t unsettled;
    const char *old = TOP "var x: int\nvar z: text(20)?\nstage a {\n  -> b\n}\n"
                          "stage b {\n  ask y: text(20) \"?\"\n  say \"{y}\"\n  ask x \"?\"\n  say \"{x}\"\n  end\n}\n";
    const char *new = TOP "var x: int\nvar z: text(20)?\nstage a {\n  ask x \"?\"\n  -> b\n}\n" REST;
    UNIT_ASSERT_STR(table(old, new, &unsettled),
                    "  question         added      a/x\n  question         removed    b/x\n"
                    "! variable         unset      x  <- who comes from the version before may enter `b` without this "
                    "value: ask for "
                    "it there too (`once`), or make it x: type? or x: type = value\n"
                    "points to settle before a deploy: 1\n");
    (void)table(new, new, &unsettled);
    CU_ASSERT_EQUAL(unsettled, 0);
    (void)table(new, old, &unsettled); /* more is set than is counted on */
    CU_ASSERT_EQUAL(unsettled, 0);
    (void)table(old, TOP "var x: int = 0\nvar z: text(20)?\nstage a {\n  -> b\n}\n" REST, &unsettled);
    CU_ASSERT_EQUAL(unsettled, 0);
    (void)table(old,
                TOP "migrate stage b -> c\nvar x: int\nvar z: text(20)?\nstage a {\n  -> c\n}\n"
                    "stage c {\n  ask x \"?\"\n  ask y: text(20) \"?\"\n  say \"{x} {y}\"\n  end\n}\n",
                &unsettled);
    CU_ASSERT_EQUAL(unsettled, 0);
    (void)table(old,
                TOP "var x: int\nvar z: text(20)?\nstage a {\n  ask x \"?\"\n  -> b\n}\n" /* asked there too */
                    "stage b {\n  ask x \"?\" once\n  ask y: text(20) \"?\"\n  say \"{x} {y}\"\n  end\n}\n",
                &unsettled);
    CU_ASSERT_EQUAL(unsettled, 0);
    (void)table(old,
                TOP
                "var x: int\nvar z: text(20)?\nstage a {\n  ask x \"?\"\n  -> b\n}\n" /* read one stage later */
                "stage b {\n  ask y: text(20) \"?\"\n  say \"{y}\"\n  -> c\n}\nstage c {\n  say \"{x}\"\n  end\n}\n",
                &unsettled);
    CU_ASSERT_EQUAL(unsettled, 1);
    (void)table(TOP "contact {\n  nome: text(20)\n}\nstage a {\n  -> b\n}\nstage b {\n  ask contact.nome \"?\"\n  say "
                    "contact.nome\n  end\n}\n",
                TOP "contact {\n  nome: text(20)\n}\nstage a {\n  ask contact.nome \"?\"\n  -> b\n}\nstage b {\n  say "
                    "contact.nome\n  end\n}\n",
                &unsettled);
    CU_ASSERT_EQUAL(unsettled, 1);
#undef REST
}

UNIT_SUITE("fcc_compat", {"a value that only the new one sets", test_value_that_only_the_new_one_sets},
           {"same", test_same}, {"narrower", test_narrower}, {"a contact field that is new", test_new_contact_field},
           {"removed stage", test_removed_stage}, {"renamed stage", test_renamed_stage}, {"variables", test_variables},
           {"report", test_report})
