/* test_frt_bounds.c: what is saved of a conversation keeps within the bound that the compiler printed (guarantee 9), whatever the customer writes; and
 * what another funnel of the tenant keeps of the contact comes in within what this one declares (guarantee 5).
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_world.h"
#include "fbc_image.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "unit.h"

enum { LONG = 60000 };

#define TOP "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> f\n}\nstage f {\n  end\n}\n"

static char *long_text(void)
{
    char *text = malloc(LONG + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, 'x', LONG);
    text[LONG] = '\0';
    return text;
}

static uint64_t bound_of(const char *source)
{
    struct fn_arena arena;
    struct fn_diag_list diags = {0};
    struct fcc_program *program = NULL;
    fn_arena_init(&arena, 1 << 26);
    fn_diag_list_init(&diags, &arena, 100);
    CU_ASSERT_EQUAL_FATAL(fcc_check(&arena, FN_STR("eco.funnel"), fn_str_c(source), NULL, &diags, &program), FN_OK);
    uint64_t bytes = program->suspended_bytes;
    fn_arena_fini(&arena);
    return bytes;
}

/* The customer writes this, again and again: each snapshot is within the bound. */
static void keeps_within(const char *source, const char *typed)
{
    struct world w;
    struct frt_engine_stats before, after;
    uint64_t bound = bound_of(source);
    setup(&w, 0);
    publish_source(&w, source);
    w.hold = true; /* an agent does not answer: the turn waits */
    say(&w, typed);
    for (int i = 0; i < 2; i++) {
        frt_engine_stats(w.engine, &before);
        say(&w, typed);
        frt_engine_stats(w.engine, &after);
        CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
        uint64_t kept = after.turn_bytes - before.turn_bytes;
        if (kept > bound) {
            printf("\n  %llu bytes, not %llu\n", (unsigned long long)kept, (unsigned long long)bound);
        }
        CU_ASSERT_TRUE(kept <= bound);
    }
    teardown(&w);
}

static void test_wrong_answers(void)
{
    char *typed = long_text();
    keeps_within(TOP "stage a {\n  ask x: int \"?\" {\n    invalid 9x \"?\"\n  }\n  say \"{x}\"\n  end\n}\n", typed);
    keeps_within(TOP "stage a {\n  choose \"?\" {\n    x \"X\" -> f\n    y \"Y\" -> f\n    invalid 9x \"?\"\n  }\n}\n",
                 typed);
    keeps_within(
        TOP
        "var t: text(10) = \"\"\nstage a {\n  ask x: text \"?\" {\n    invalid 9x \"?\"\n    check x.count < 10 else "
        "\"?\"\n  }\n  t = cut(x, 10)\n  say t\n  end\n}\n",
        typed);
    free(typed);
}

/* What a round of a loop leaves in temporaries, the next one does not save. */
static void test_rounds(void)
{
    char *typed = long_text();
    keeps_within(TOP "var t: text(10) = \"\"\nstage a {\n  while true {\n    ask x: text \"?\"\n    t = "
                     "cut(\"{x}{x}\", 10)\n    say "
                     "t\n    x = \"\"\n  }\n}\n",
                 typed);
    free(typed);
}

static void test_what_an_agent_answers(void)
{
    char *typed = long_text();
    keeps_within(TOP "agent ana {\n  model \"m\"\n  instructions \"x\"\n}\n"
                     "stage a {\n  talk to ana {\n    failed -> f\n    done -> f\n  }\n}\n",
                 typed);
    free(typed);
}

static size_t saved_bytes(struct world *w)
{
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    size_t n = conv_now(w, &arena).snap.n;
    fn_arena_fini(&arena);
    return n;
}

/* The pending call is answered with this; what is said meanwhile waits to be sent. */
static void answer_call(struct world *w, enum fbc_host host, const char *result)
{
    size_t at = 0;
    while (at < w->n_pending && w->pending[at].host != host) {
        at++;
    }
    CU_ASSERT_TRUE_FATAL(at < w->n_pending);
    struct pending p = w->pending[at];
    w->pending[at] = w->pending[--w->n_pending];
    struct frt_sent sent = {.outcome = FRT_SENT, .present = result != NULL, .ext_id = FN_STR("x")};
    sent.result = result != NULL ? fn_str_c(result) : FN_STR_NULL;
    p.done(p.ctx, &sent);
    settle(w);
}

/* The agent answers; what waits next is saved within the bound. */
static void answer_talk(struct world *w, const char *json, uint64_t bound)
{
    answer_call(w, FBC_HOST_talk, json);
    CU_ASSERT_EQUAL(status_now(w), FRT_RUNNING);
    size_t kept = saved_bytes(w);
    if (kept > bound) {
        printf("\n  %zu bytes, not %llu\n", kept, (unsigned long long)bound);
    }
    CU_ASSERT_TRUE(kept <= bound);
}

/* What a call sends, what it answered, what an agent said and asked, and what its tool found: all of any size, none of it kept. */
static void test_calls(void)
{
    static const char *const source =
        TOP "record Achado {\n  nome: text(10)\n}\nagent ana {\n  model \"m\"\n  instructions \"x\"\n  can busca\n}\n"
            "tool busca(id: text(9)) -> Achado? \"Busca\" {\n  let a = http get \"https://a.example/{id}\" as Achado "
            "else none\n"
            "  return http post \"https://a.example/b\" {\n    body a or Achado { nome: \"-\" }\n  } as Achado else "
            "none\n}\n"
            "stage a {\n  talk to ana {\n    failed -> f\n    done -> f\n  }\n}\n";
    char *typed = long_text(), *called = malloc(2 * LONG), *found = malloc(2 * LONG);
    CU_ASSERT_TRUE_FATAL(called != NULL && found != NULL);
    snprintf(called, 2 * LONG, "{\"call\":{\"id\":\"1\",\"tool\":\"busca\",\"args\":{\"id\":\"7\",\"mais\":\"%s\"}}}",
             typed);
    snprintf(found, 2 * LONG, "{\"nome\":\"a\",\"mais\":\"%s\"}", typed);
    uint64_t bound = bound_of(source);
    struct world w;
    setup(&w, 0);
    publish_source(&w, source);
    w.hold = true;
    say(&w, "oi");
    CU_ASSERT_TRUE(saved_bytes(&w) <= bound);
    answer_call(&w, FBC_HOST_talk, called);
    CU_ASSERT_TRUE(saved_bytes(&w) <= bound);
    answer_call(&w, FBC_HOST_http, found);
    CU_ASSERT_TRUE(saved_bytes(&w) <= bound);
    answer_call(&w, FBC_HOST_http, found);
    CU_ASSERT_TRUE(saved_bytes(&w) <= bound);
    teardown(&w);
    free(typed);
    free(called);
    free(found);
}

/* Behind a tool, and behind a call that is none, the agent is asked again; then the customer. What the rounds before had is kept by neither. */
static void test_rounds_of_an_agent(void)
{
    static const char *const source = TOP "agent ana {\n  model \"m\"\n  instructions \"x\"\n  can busca\n}\n"
                                          "tool busca(id: text(9)) -> text \"Busca\" {\n  return id.repeat(5000)\n}\n"
                                          "stage a {\n  talk to ana {\n    failed -> f\n    done -> f\n  }\n}\n";
    char *typed = long_text(), *json = malloc(3 * LONG);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    uint64_t bound = bound_of(source);
    static const char *const tools[] = {"busca", "nenhuma", "busca"};
    struct world w;
    setup(&w, 0);
    publish_source(&w, source);
    w.hold = true;
    say(&w, "oi");
    for (size_t i = 0; i < FN_COUNT(tools); i++) {
        snprintf(json, 3 * LONG,
                 "{\"say\":\"%.*s\",\"call\":{\"id\":\"%.*s\",\"tool\":\"%s\",\"args\":{\"id\":\"1234567\"}}}", 4000,
                 typed, FBC_CALL_ID_MAX, typed, tools[i]);
        answer_talk(&w, json, bound);
    }
    snprintf(json, 3 * LONG, "{\"say\":\"%s\"}", typed);
    answer_talk(&w, json, bound);
    teardown(&w);
    free(typed);
    free(json);
}

/* An id that is longer than what is counted for it is no answer. */
static void test_long_ids(void)
{
    static const char *const source = TOP "agent ana {\n  model \"m\"\n  instructions \"x\"\n  can busca\n}\n"
                                          "tool busca(id: text(9)) -> text \"Busca\" {\n  return id\n}\n"
                                          "stage a {\n  talk to ana {\n    failed -> f\n    done -> f\n  }\n}\n";
    char *typed = long_text(), *json = malloc(2 * LONG);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    for (int more = 0; more <= 1; more++) {
        struct world w;
        setup(&w, 0);
        publish_source(&w, source);
        w.hold = true;
        say(&w, "oi");
        snprintf(json, 2 * LONG, "{\"call\":{\"id\":\"%.*s\",\"tool\":\"busca\",\"args\":{\"id\":\"1\"}}}",
                 FBC_CALL_ID_MAX + more, typed);
        answer_call(&w, FBC_HOST_talk, json);
        CU_ASSERT_EQUAL(status_now(&w), more ? FRT_ENDED : FRT_RUNNING);
        teardown(&w);
    }
    free(typed);
    free(json);
}

/* What is held while a flow inside asks: LARGE has 16,000 bytes, and nothing else has it. */
#define LARGE "cut(a.repeat(5), 4000)"
#define ASKING                                               \
    TOP "flow pede() -> text(9) {\n  ask x: text(9) \"?\"\n" \
        "  return x\n}\n"                                    \
        "stage a {\n  ask a: text(800) \"?\"\n"

static void test_around_a_flow(void)
{
    static const char *const bodies[] = {
        "match " LARGE " {\n    \"x\" -> f\n    other {\n      let y = pede()\n      say y\n    }\n  }",
        "for x in [" LARGE "] {\n    let y = pede()\n    say \"{y}{x.count}\"\n  }",
    };
    char text[3201] = "", source[2048];
    for (int i = 0; i < 800; i++) {
        memcpy(text + (size_t)4 * (size_t)i, "😀", 4);
    }
    for (size_t i = 0; i < FN_COUNT(bodies); i++) {
        struct world w;
        snprintf(source, sizeof source, "%s  %s\n  -> f\n}\n", ASKING, bodies[i]);
        uint64_t bound = bound_of(source);
        setup(&w, 0);
        publish_source(&w, source);
        say(&w, "oi");
        say(&w, text);
        CU_ASSERT_EQUAL_FATAL(status_now(&w), FRT_RUNNING);
        size_t kept = saved_bytes(&w);
        if (kept > bound || kept < 16000) {
            printf("\n  %s: %zu bytes, not %llu\n", bodies[i], kept, (unsigned long long)bound);
        }
        CU_ASSERT_TRUE(kept <= bound);
        CU_ASSERT_TRUE(kept > 16000);
        teardown(&w);
    }
}

/* A number of 64 bits has up to ten bytes. */
static void test_numbers(void)
{
    struct fn_buf b;
    struct world w;
    fn_buf_init(&b, 1 << 20);
    fn_buf_z(&b, TOP);
    for (int i = 0; i < 300; i++) {
        fn_buf_printf(&b, "var n%d: int = -9223372036854775807\n", i);
    }
    fn_buf_z(&b, "stage a {\n  ask x: int \"?\"\n  say \"{x}{n0}\"\n  end\n}\n");
    fn_buf_char(&b, '\0');
    setup(&w, 0);
    publish_source(&w, (const char *)b.p);
    say(&w, "oi");
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    CU_ASSERT_TRUE(saved_bytes(&w) > 3000);
    CU_ASSERT_TRUE(saved_bytes(&w) <= bound_of((const char *)b.p));
    teardown(&w);
    fn_buf_fini(&b);
}

/* Rows that a round waits with. */
static void test_rows(void)
{
    static const char *const source = TOP
        "table t key k {\n  k: text(30)\n  v: text(900)\n}\nstage a {\n  ask x: text(900) \"?\"\n  let i = 0\n  while "
        "i "
        "< 20 {\n    i = i + 1\n"
        "    save t { k: \"{i}\", v: x }\n  }\n  x = \"\"\n  for r in t {\n    ask y: text(9) \"{cut(r.v, 9)}\"\n  }\n "
        " end\n}\n";
    char text[801];
    memset(text, 'x', 800);
    text[800] = '\0';
    struct world w;
    setup(&w, 0);
    publish_source(&w, source);
    say(&w, "oi");
    say(&w, text);
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    CU_ASSERT_TRUE(saved_bytes(&w) > 20 * 800);
    CU_ASSERT_TRUE(saved_bytes(&w) <= bound_of(source));
    teardown(&w);
}

/* What another funnel, or another version, declared wider: what does not fit is as good as none, what fits is there. */
#define FIELDS(n, email, items)                                                                                  \
    TOP "record Item {\n  nome: text(" n ")\n}\ncontact {\n  nome: text(" n ")?\n  email: " email                \
        "?\n  nomes: list<text(" n ")>\n  numeros: list<int>(" items ")\n  caixa: Item?\n  caixas: list<Item>\n" \
        "  chaves: map<text, text(" n ")>\n}\n"

static void contact_of_another(const char *typed, const char *shown)
{
    struct world w;
    setup(&w, 0);
    publish_source(&w, FIELDS("300", "text(300)",
                              "3") "stage a {\n  ask x: text(300) \"?\"\n  contact.nome = x\n  contact.email = x\n"
                                   "  contact.nomes = [x]\n  contact.numeros = [1, 2, 3]\n"
                                   "  contact.caixa = Item { nome: x }\n  contact.caixas = [Item { nome: x }]\n"
                                   "  contact.chaves[\"k\"] = x\n  end\n}\n");
    say(&w, "oi");
    say(&w, typed);
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    publish_source_as(
        &w,
        FIELDS("9", "email",
               "2") "stage a {\n  let caixa = \"-\"\n  if contact.caixa {\n    caixa = contact.caixa.nome\n  }\n"
                    "  say \"{contact.nome or \"-\"} {contact.email or \"-\"} {contact.nomes.count} "
                    "{contact.numeros.count} "
                    "{cut(caixa, 9)} {contact.caixas.count} {contact.chaves.count}\"\n  end\n}\n",
        'n');
    say(&w, "oi");
    CU_ASSERT_TRUE(said(&w, 1, shown));
    teardown(&w);
}

static void test_contact_of_another(void)
{
    char text[300];
    memset(text, 'x', sizeof text);
    text[299] = '\0';
    contact_of_another("bia", "{\"text\":\"bia bia 1 0 bia 1 1\"}");
    contact_of_another("bia@a.example", "{\"text\":\"- bia@a.example 0 0 - 0 0\"}");
    contact_of_another(text, "{\"text\":\"- - 0 0 - 0 0\"}");
}

/* Rows of a version that declared them wider, or with fewer fields: each that does not fit is none, the others are there, in order and by
 * condition. */
#define PEDIDOS(fields, body) TOP "table pedidos key n {\n  n: int\n" fields "}\nstage a {\n" body "  end\n}\n"

static void test_rows_of_another(void)
{
    struct world w;
    setup(&w, 0);
    publish_source(&w, PEDIDOS("  dono: text(30)\n  pago: bool\n",
                               "  save pedidos { n: 1, dono: \"ana\", pago: true }\n"
                               "  save pedidos { n: 2, dono: \"maria aparecida\", pago: true }\n"
                               "  save pedidos { n: 3, dono: \"bia\", pago: false }\n"
                               "  save pedidos { n: 10, dono: \"eva\", pago: true }\n"));
    say(&w, "oi");
    publish_source_as(
        &w,
        PEDIDOS("  dono: text(8)\n  pago: bool\n",
                "  let s = \"\"\n  for p in pedidos order by p.n {\n    s = \"{s} {p.dono}\"\n  }\n"
                "  s = \"{s} /\"\n  for p in pedidos where p.pago and p.n > 1 {\n    s = \"{s} {p.dono}\"\n"
                "  }\n  s = \"{s} /\"\n  for p in pedidos where p.n != 3 order by p.n desc limit 2 {\n"
                "    s = \"{s} {p.dono}\"\n  }\n  say cut(s, 200)\n"),
        'n');
    say(&w, "oi");
    CU_ASSERT_TRUE(said(&w, 0, "{\"text\":\" ana bia eva / eva / eva ana\"}"));
    teardown(&w);
}

/* More than one text of the run holds (20 rows of 4,000 bytes): as many as it holds, not none. */
static void test_more_rows_than_a_text(void)
{
    char text[4001];
    memset(text, 'x', 4000);
    text[4000] = '\0';
    struct world w;
    setup(&w, 0);
    publish_source(&w, TOP "table t key k {\n  k: text(30)\n  v: text(4000)\n}\nstage a {\n  ask x: text(4000) \"?\"\n"
                           "  let i = 0\n  while i < 20 {\n    i = i + 1\n    save t { k: \"{i}\", v: x }\n  }\n"
                           "  let n = 0\n  for r in t {\n    n = n + 1\n  }\n  say \"{n}\"\n  end\n}\n");
    say(&w, "oi");
    say(&w, text);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"16\"}"));
    teardown(&w);
}

/* A row of a full second, asked for within it: the text of a moment has a fraction only where it is not zero. */
static void test_moments_of_one_second(void)
{
    struct world w;
    setup(&w, 0);
    publish_source(&w, TOP
                   "table t key n {\n  n: int\n  quando: datetime\n}\nstage a {\n  save t { n: 1, quando: now() }\n"
                   "  ask x: text(9) \"?\"\n  say x\n  for r in t where r.quando < now() {\n    say \"{r.n}\"\n  }\n"
                   "  end\n}\n");
    say(&w, "oi");
    wait_ms(&w, 300);
    say(&w, "x");
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"1\"}"));
    teardown(&w);
}

UNIT_SUITE("frt_bounds", {"wrong answers", test_wrong_answers}, {"rounds", test_rounds},
           {"what an agent answers", test_what_an_agent_answers}, {"calls", test_calls},
           {"rounds of an agent", test_rounds_of_an_agent}, {"long ids", test_long_ids},
           {"around a flow", test_around_a_flow}, {"numbers", test_numbers}, {"rows", test_rows},
           {"rows of another version", test_rows_of_another}, {"more rows than a text", test_more_rows_than_a_text},
           {"moments of one second", test_moments_of_one_second},
           {"a contact of another funnel", test_contact_of_another})
