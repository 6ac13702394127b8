/* test_frt_engine.c: the engine on the memory store, a scripted provider and a clock that stands still until told.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../sim/fixture.h"
#include "fbc_image.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "frt_memory.h"
#include "fsl_natives.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

enum { SENDS_MAX = 64 };
struct pending {
    frt_sent_fn done;
    void *ctx;
    char payload[256];
    uint16_t host;
    uint32_t attempt;
    bool query;
};
struct world {
    struct frt_memory *memory;
    struct frt_store store;
    struct frt_engine *engine;
    struct frt_fake_clock clock; /* the store's */
    int64_t skew;                /* of the machine's wall clock */
    struct frt_seeded seed;
    struct pending pending[SENDS_MAX];
    size_t n_pending;
    char said[SENDS_MAX][128]; /* payloads of sends begun */
    size_t n_said;
    bool hold; /* sends stay pending */
    enum frt_outcome outcome;
    unsigned accepted, duplicates;
    enum fn_code last_code;
    int64_t conv;
    unsigned ids;
};

static void begin(struct world *w, const struct frt_send *s, frt_sent_fn done, void *ctx, bool query)
{
    struct pending *p = &w->pending[w->n_pending++];
    *p = (struct pending){.done = done, .ctx = ctx, .host = s->host, .attempt = s->attempt, .query = query};
    snprintf(p->payload, sizeof p->payload, "%.*s", FN_STR_ARG(s->payload));
    if (!query) {
        snprintf(w->said[w->n_said++], sizeof w->said[0], "%.*s", FN_STR_ARG(s->payload));
    }
}
static void on_send(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    begin(self, s, done, ctx, false);
}
static void on_query(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    begin(self, s, done, ctx, true);
}

static void answer(struct world *w, enum frt_outcome outcome)
{
    struct pending p = w->pending[0];
    memmove(&w->pending[0], &w->pending[1], --w->n_pending * sizeof p);
    char id[32];
    snprintf(id, sizeof id, "ext-%u", w->ids++);
    struct frt_sent sent = {.outcome = outcome, .ext_id = fn_str_c(id), .reason = FN_STR("scripted")};
    sent.present = p.host == FBC_HOST_http;
    sent.result = sent.present ? FN_STR("corpo") : FN_STR_NULL;
    p.done(p.ctx, &sent);
}

/* Until nothing moves without the clock. */
static void settle(struct world *w)
{
    for (int idle = 0; idle < 3; idle++) {
        idle = frt_engine_step(w->engine) <= w->clock.now + w->skew ? -1 : idle;
        idle = w->store.ops->drain(w->store.self) != 0 ? -1 : idle;
        while (!w->hold && w->n_pending != 0) {
            answer(w, w->outcome);
            idle = -1;
        }
    }
}

static void wait_ms(struct world *w, int64_t ms)
{
    w->clock.now += ms;
    settle(w);
}

static void ignore(struct frt_op *op)
{
    (void)op;
}

static void publish_image(struct world *w, struct fn_str image, char version, enum frt_inflight inflight)
{
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    char hash[FRT_HASH];
    memset(hash, version, sizeof hash);
    struct frt_op_image_put put = {
        .op = {.kind = FRT_OP_IMAGE_PUT, .arena = &arena}, .tenant = 1, .hash = {hash, sizeof hash}};
    put.bytes = image;
    struct frt_op_publish pub = {.op = {.kind = FRT_OP_PUBLISH, .arena = &arena},
                                 .tenant = 1,
                                 .pub = {.funnel = FN_STR("eco"), .hash = put.hash, .inflight = inflight}};
    put.op.done = pub.op.done = ignore;
    frt_store_submit(w->store, &put.op);
    frt_store_submit(w->store, &pub.op);
    while (w->store.ops->drain(w->store.self) != 0) {
    }
    CU_ASSERT_EQUAL(pub.op.code, FN_OK);
    if (w->engine != NULL) {
        frt_engine_reload(w->engine, 1);
    }
    fn_arena_fini(&arena);
}

static void publish_as(struct world *w, const char *greeting, uint32_t settle_ms, enum frt_inflight inflight)
{
    struct fn_buf image;
    fn_buf_init(&image, 1 << 20);
    CU_ASSERT_EQUAL_FATAL(fx_image(&image, greeting, settle_ms, 3 * settle_ms), FN_OK);
    publish_image(w, fn_buf_view(&image), greeting[0], inflight);
    fn_buf_fini(&image);
}

static void publish(struct world *w, const char *greeting, uint32_t settle_ms)
{
    publish_as(w, greeting, settle_ms, FRT_AT_STAGE);
}

/* In place of the fixture: what only the language says. */
static void publish_source(struct world *w, const char *source)
{
    struct fn_buf image;
    struct fn_arena arena;
    struct fn_diag_list diags = {0};
    struct fcc_program *program;
    struct fn_err err = {0};
    fn_arena_init(&arena, 1 << 26);
    fn_buf_init(&image, 1 << 20);
    fn_diag_list_init(&diags, &arena, 100);
    struct fcc_options options = {0};
    CU_ASSERT_EQUAL_FATAL(
        fcc_compile(&arena, FN_STR("eco.funnel"), fn_str_c(source), &options, &diags, &program, &image, &err), FN_OK);
    publish_image(w, fn_buf_view(&image), 's', FRT_AT_STAGE);
    fn_buf_fini(&image);
    fn_arena_fini(&arena);
}

static int64_t skewed_wall(void *self)
{
    const struct world *w = self;
    return w->clock.now + w->skew;
}

static int64_t true_monotonic(void *self)
{
    const struct world *w = self;
    return w->clock.now;
}

static void boot(struct world *w)
{
    static const struct frt_clock_ops clock = {"skewed", skewed_wall, true_monotonic};
    static const struct frt_provider_ops provider = {"scripted", on_send, on_query};
    struct frt_engine_config c = {.store = w->store,
                                  .clock = {&clock, w},
                                  .entropy = frt_entropy_seeded(&w->seed),
                                  .provider = {&provider, w},
                                  .natives = fsl_natives,
                                  .node = FN_STR("test")};
    struct fn_err err = {0};
    w->engine = frt_engine_new(&c, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w->engine);
    frt_engine_start(w->engine);
    settle(w);
    CU_ASSERT_TRUE(frt_engine_ready(w->engine));
}

static void crash(struct world *w)
{
    frt_memory_forget(w->memory);
    frt_engine_free(w->engine);
    w->engine = NULL;
    w->n_pending = 0;
}

static void setup(struct world *w, uint32_t settle_ms)
{
    *w = (struct world){.clock = {1700000000000}, .seed = {1}, .outcome = FRT_SENT};
    w->memory = frt_memory_new(frt_clock_fake(&w->clock));
    w->store = frt_memory_store(w->memory);
    publish(w, "oi", settle_ms);
    boot(w);
}

static void teardown(struct world *w)
{
    if (w->engine != NULL) {
        w->store.ops->close(w->store.self);
        frt_engine_free(w->engine);
    }
    frt_memory_free(w->memory);
}

static void on_accepted(void *ctx, const struct frt_accepted *a)
{
    struct world *w = ctx;
    w->accepted += a->code == FN_OK && !a->duplicate;
    w->duplicates += a->duplicate;
    w->last_code = a->code;
    w->conv = a->conv;
}

static void post(struct world *w, enum frt_in_kind kind, const char *text, const char *id)
{
    struct frt_inbound in = {
        .tenant = 1, .channel = 7, .kind = kind, .aliases = {FN_STR("phone:5511987654321")}, .n_aliases = 1};
    in.address = FN_STR("5511987654321@s.whatsapp.net");
    in.dedupe = fn_str_c(id);
    in.ref = fn_str_c(id);
    in.payload.text = fn_str_c(text);
    in.payload.event_name = kind == FRT_IN_EVENT ? fn_str_c(text) : FN_STR_NULL;
    in.payload.event = kind == FRT_IN_EVENT ? FN_STR("{\"numero\":\"7\"}") : FN_STR_NULL;
    in.payload.funnel = kind == FRT_IN_CAMPAIGN ? FN_STR("eco") : FN_STR_NULL;
    frt_engine_ingest(w->engine, &in, on_accepted, w);
    settle(w);
}

static void say(struct world *w, const char *text)
{
    char id[32];
    snprintf(id, sizeof id, "in-%u", w->ids++);
    post(w, FRT_IN_MESSAGE, text, id);
}

static bool said(const struct world *w, size_t i, const char *payload)
{
    if (i >= w->n_said || strcmp(w->said[i], payload) != 0) {
        printf("\n  said[%zu] is %s, not %s\n", i, i < w->n_said ? w->said[i] : "nothing", payload);
        return false;
    }
    return true;
}

static struct frt_conv conv_now(struct world *w, struct fn_arena *arena)
{
    struct frt_op_convs op = {
        .op = {.kind = FRT_OP_CONVS, .done = ignore, .arena = arena}, .tenant = 1, .conv = w->conv, .limit = 1};
    op.status = op.owner = -1;
    frt_store_submit(w->store, &op.op);
    w->store.ops->drain(w->store.self);
    CU_ASSERT_EQUAL_FATAL(op.n, 1);
    return op.convs[0];
}

static enum frt_status status_now(struct world *w)
{
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    enum frt_status status = conv_now(w, &arena).status;
    fn_arena_fini(&arena);
    return status;
}

static int64_t metric(struct world *w, const char *key)
{
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    struct frt_op_metrics op = {
        .op = {.kind = FRT_OP_METRICS, .done = ignore, .arena = &arena}, .tenant = 1, .to = FRT_NEVER, .limit = 100};
    op.prefix = fn_str_c(key);
    frt_store_submit(w->store, &op.op);
    w->store.ops->drain(w->store.self);
    int64_t n = op.n == 1 ? op.metrics[0].n : -(int64_t)op.n;
    fn_arena_fini(&arena);
    return n;
}

/* -- tests ---------------------------------------------------------------------------------------------------------------------------- */
static void test_talk(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "bom dia");
    CU_ASSERT_TRUE(said(&w, 0, "{\"text\":\"oi\"}"));
    say(&w, "dois");
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"dois\"}"));
    CU_ASSERT_EQUAL(w.n_said, 2);
    CU_ASSERT_EQUAL(w.accepted, 2);
    CU_ASSERT_EQUAL(metric(&w, "eco/enter/inicio"), 1);
    CU_ASSERT_EQUAL(metric(&w, "eco/enter/conta"), 2);
    CU_ASSERT_EQUAL(metric(&w, "eco/leave/inicio"), 1);
    say(&w, "fim");
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"tchau\"}"));
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    say(&w, "promo"); /* by keyword: no greeting */
    say(&w, "x");
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"x\"}"));
    teardown(&w);
}

static void test_dedupe(void)
{
    struct world w;
    setup(&w, 0);
    post(&w, FRT_IN_MESSAGE, "a", "same");
    post(&w, FRT_IN_MESSAGE, "a", "same");
    CU_ASSERT_EQUAL(w.accepted, 1);
    CU_ASSERT_EQUAL(w.duplicates, 1);
    CU_ASSERT_EQUAL(w.n_said, 1);
    teardown(&w);
}

static void test_silence(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    wait_ms(&w, 59000);
    CU_ASSERT_EQUAL(w.n_said, 1);
    wait_ms(&w, 1000);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"tchau\"}"));
    say(&w, "a");
    wait_ms(&w, 30000);
    say(&w, "b"); /* sets the clock anew */
    wait_ms(&w, 59000);
    CU_ASSERT_EQUAL(w.n_said, 4);
    wait_ms(&w, 1000);
    CU_ASSERT_EQUAL(w.n_said, 5);
    teardown(&w);
}

static void test_timer_over_restart(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    crash(&w);
    w.clock.now += 61000;
    boot(&w);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"tchau\"}"));
    teardown(&w);
}

static void test_settle(void)
{
    struct world w;
    setup(&w, 4000);
    say(&w, "a");
    say(&w, "um");
    wait_ms(&w, 3000);
    say(&w, "dois");
    wait_ms(&w, 3999);
    CU_ASSERT_EQUAL(w.n_said, 1);
    crash(&w); /* the window is computed from the rows */
    boot(&w);
    CU_ASSERT_EQUAL(w.n_said, 1);
    wait_ms(&w, 1);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"um\\ndois\"}"));
    CU_ASSERT_EQUAL(w.n_said, 2);
    teardown(&w);
}

static void test_trap_goes_to_error_stage(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "divide");
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"falha\"}"));
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    say(&w, "a");
    say(&w, "voltas"); /* out of fuel, over many slices */
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"falha\"}"));
    struct frt_engine_stats stats;
    frt_engine_stats(w.engine, &stats);
    CU_ASSERT_EQUAL(stats.traps, 2);
    CU_ASSERT_TRUE(stats.fuel_slices > 5);
    teardown(&w);
}

static void test_call(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "http");
    CU_ASSERT_TRUE(strstr(w.said[1], "\"method\":\"POST\"") != NULL);
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"corpo\"}"));
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"http\"}"));
    w.outcome = FRT_REJECTED;
    w.hold = true;
    say(&w, "http");
    answer(&w, FRT_REJECTED);
    w.hold = false;
    w.outcome = FRT_SENT;
    settle(&w);
    CU_ASSERT_TRUE(said(&w, 5, "{\"text\":\"nada\"}"));
    teardown(&w);
}

static void test_tables(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "tabela"); /* finds what the same turn saved */
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"{\\\"total\\\":80}\"}"));
    teardown(&w);
}

static void test_handoff(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "Humano!"); /* a phrase of `always` */
    size_t before = w.n_said;
    say(&w, "tem alguem?");
    CU_ASSERT_EQUAL(w.n_said, before);
    post(&w, FRT_IN_SAY, "oi, sou a Bia", "say-1");
    CU_ASSERT_TRUE(said(&w, before, "{\"text\":\"oi, sou a Bia\"}"));
    post(&w, FRT_IN_HANDBACK, "", "back-1");
    CU_ASSERT_TRUE(said(&w, before + 1, "{\"text\":\"voltei\"}"));
    say(&w, "x");
    CU_ASSERT_TRUE(said(&w, before + 2, "{\"text\":\"x\"}"));
    teardown(&w);
}

/* docs/decisions/0008: what a wait kept for over an hour answers no question; it is in the log. */
static void test_kept(void)
{
    struct world w;
    setup(&w, 0);
    publish_source(&w, "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> b\n}\nstage b {\n  end\n}\n"
                       "var x: text(60) = \"\"\n"
                       "stage a {\n  say \"um\"\n  wait 3h\n  ask x \"dois\"\n  say \"{x}\"\n  handoff \"vendas\" {\n"
                       "    silence 2h -> c\n  }\n  end\n}\nstage c {\n  send template \"ola\" () language \"pt_BR\"\n"
                       "  ask x\n  say \"ouvi {x}\"\n  end\n}\n");
    say(&w, "oi");
    CU_ASSERT_TRUE(said(&w, 0, "{\"text\":\"um\"}"));
    say(&w, "velha");
    wait_ms(&w, 2 * 3600000 + 1800000);
    say(&w, "nova");
    CU_ASSERT_EQUAL(w.n_said, 1);
    wait_ms(&w, 1800000);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"dois\"}"));
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"nova\"}"));
    say(&w, "tem alguem?"); /* people read it */
    CU_ASSERT_EQUAL(w.n_said, 3);
    wait_ms(&w, 2 * 3600000); /* nobody did: the funnel takes the conversation back */
    CU_ASSERT_EQUAL(w.n_said, 4);
    say(&w, "cheguei");
    CU_ASSERT_TRUE(said(&w, 4, "{\"text\":\"ouvi cheguei\"}"));
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    teardown(&w);
}

static void test_typed_on_the_phone(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    post(&w, FRT_IN_ECHO, "oi", "ext-1"); /* the echo of our own send: the script numbered it so */
    say(&w, "b");
    CU_ASSERT_EQUAL(w.n_said, 2);
    post(&w, FRT_IN_ECHO, "deixa comigo", "fone-1");
    say(&w, "c");
    CU_ASSERT_EQUAL(w.n_said, 2);
    teardown(&w);
}

static void test_optout(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "SAIR.");
    CU_ASSERT_TRUE(strstr(w.said[1], "Pronto") != NULL);
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    post(&w, FRT_IN_CAMPAIGN, "", "camp-1");
    wait_ms(&w, 120000);
    CU_ASSERT_EQUAL(w.n_said, 2);
    say(&w, "voltar");
    CU_ASSERT_EQUAL(w.n_said, 3);
    post(&w, FRT_IN_CAMPAIGN, "", "camp-2"); /* coming back is consent */
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"oi\"}"));
    teardown(&w);
}

static void test_event(void)
{
    struct world w;
    setup(&w, 0);
    post(&w, FRT_IN_EVENT, "outro", "ev-0");
    CU_ASSERT_EQUAL(w.n_said, 0);
    post(&w, FRT_IN_EVENT, "pago", "ev-1");
    CU_ASSERT_TRUE(said(&w, 0, "{\"text\":\"oi\"}"));
    post(&w, FRT_IN_EVENT, "pago", "ev-2"); /* early: kept, and starts the next one when this one ended */
    CU_ASSERT_EQUAL(w.n_said, 1);
    say(&w, "fim");
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"tchau\"}"));
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"oi\"}"));
    teardown(&w);
}

/* `start on event E(a)` and `always { on event E(a) }`: the fields are in the variables before the stage runs. */
static void test_event_fields(void)
{
    struct world w;
    setup(&w, 0);
    publish_source(
        &w, "funnel eco \"Eco\"\nevent pago(numero: text(20))\nevent some(numero: text(20))\n"
            "event quebrado(outro: text(20))\nvar n: text(20)?\n"
            "start on event pago(n) -> a\nstart on event quebrado(n) -> a\n"
            "always {\n  on event some(n) -> b\n  on error -> c\n}\n"
            "stage a {\n  send template \"pago\" (n or \"?\") language \"pt_BR\"\n  wait message\n  end\n}\n"
            "stage b {\n  send template \"some\" (n or \"?\") language \"pt_BR\"\n  end\n}\nstage c {\n  end\n}\n");
    post(&w, FRT_IN_EVENT, "quebrado", "ev-0"); /* its fields are not those it was declared with: nothing begins */
    CU_ASSERT_EQUAL(w.n_said, 0);
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    post(&w, FRT_IN_EVENT, "pago", "ev-1");
    CU_ASSERT_TRUE(w.n_said == 1 && strstr(w.said[0], "\"pago\"") != NULL && strstr(w.said[0], "[\"7\"]") != NULL);
    post(&w, FRT_IN_EVENT, "some", "ev-2");
    CU_ASSERT_TRUE(w.n_said == 2 && strstr(w.said[1], "\"some\"") != NULL && strstr(w.said[1], "[\"7\"]") != NULL);
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    teardown(&w);
}

static void test_upgrade_at_stage(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    publish(&w, "ei", 0);
    say(&w, "b"); /* -> conta: moves here */
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    CU_ASSERT_EQUAL(conv_now(&w, &arena).prog.p[0], 'e');
    fn_arena_fini(&arena);
    CU_ASSERT_EQUAL(metric(&w, "eco/upgrade/conta"), 1);
    say(&w, "c");
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    teardown(&w);
}

/* What runs in a version that was replaced with inflight=restart begins its stage anew in the new one, whatever wakes it. */
static void restarted_by(const char *first, void (*wake)(struct world *w), size_t more, const char *then)
{
    struct world w;
    struct fn_arena arena;
    setup(&w, 0);
    say(&w, "a"); /* waits in conta */
    w.hold = strcmp(first, "http") == 0;
    if (first[0] != '\0') {
        say(&w, first);
    }
    size_t n = w.n_said;
    publish_as(&w, "ei", 0, FRT_RESTART);
    wake(&w);
    w.hold = false;
    settle(&w);
    fn_arena_init(&arena, 1 << 20);
    CU_ASSERT_EQUAL(conv_now(&w, &arena).prog.p[0], 'e');
    fn_arena_fini(&arena);
    CU_ASSERT_EQUAL(metric(&w, "eco/upgrade/conta"), 1);
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    CU_ASSERT_EQUAL(w.n_said, n + more);
    say(&w, then);
    CU_ASSERT_TRUE(w.n_said > n + more);
    teardown(&w);
}

static void by_message(struct world *w)
{
    say(w, "resposta a pergunta velha");
}

static void by_silence(struct world *w)
{
    wait_ms(w, 60001); /* no "tchau": the silence was the old version's */
}

static void by_result(struct world *w)
{
    answer(w, FRT_SENT);
    settle(w);
}

static void by_event(struct world *w)
{
    post(w, FRT_IN_EVENT, "pago", "e1");
}

static void test_restart(void)
{
    restarted_by("", by_message, 0, "b");
    restarted_by("", by_silence, 0, "b");
    restarted_by("http", by_result, 0, "b");
    restarted_by("espera", by_event, 0, "espera"); /* the event was kept: the new wait has it at once */
}

/* -- policies ---------------------------------------------------------------------------------------------------------------------------- */
static void test_not_sent_is_retried(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    answer(&w, FRT_NOT_SENT);
    settle(&w);
    wait_ms(&w, 2000);
    CU_ASSERT_EQUAL(w.n_pending, 1);
    CU_ASSERT_EQUAL(w.pending[0].attempt, 2);
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_EQUAL(w.n_said, 2);
    teardown(&w);
}

static void test_lane_is_ordered(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    say(&w, "b");
    say(&w, "c");
    CU_ASSERT_EQUAL(w.n_pending, 1);
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_EQUAL(w.n_pending, 1);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"b\"}"));
    answer(&w, FRT_REJECTED); /* given up: the program goes to `on error` */
    settle(&w);
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"falha\"}"));
    teardown(&w);
}

static void test_reconcile(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    wait_ms(&w, 29000);
    CU_ASSERT_EQUAL(w.n_pending, 0);
    wait_ms(&w, 1000);
    CU_ASSERT_TRUE(w.n_pending == 1 && w.pending[0].query);
    answer(&w, FRT_UNKNOWN); /* cannot tell: once more */
    settle(&w);
    CU_ASSERT_TRUE(w.n_pending == 1 && !w.pending[0].query);
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    wait_ms(&w, 30000);
    answer(&w, FRT_UNKNOWN); /* and given up */
    settle(&w);
    struct frt_engine_stats stats;
    frt_engine_stats(w.engine, &stats);
    CU_ASSERT_EQUAL(stats.dead, 1);
    CU_ASSERT_EQUAL(stats.resent, 1);
    teardown(&w);
}

static void test_reconcile_asks_again_when_not_reached(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    wait_ms(&w, 30000);
    for (int i = 0; i < 3; i++) { /* not to be reached is no answer: nothing is sent for it */
        CU_ASSERT_TRUE_FATAL(w.n_pending == 1 && w.pending[0].query);
        answer(&w, FRT_NOT_SENT);
        settle(&w);
        wait_ms(&w, 5000);
    }
    CU_ASSERT_TRUE_FATAL(w.n_pending == 1 && w.pending[0].query);
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_EQUAL(w.n_said, 1);
    CU_ASSERT_EQUAL(w.n_pending, 0);
    teardown(&w);
}

static void test_reconcile_by_echo(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    post(&w, FRT_IN_ECHO, "oi", "fone-9");
    wait_ms(&w, 31000);
    CU_ASSERT_EQUAL(w.n_pending, 0);
    say(&w, "b"); /* still the bot's */
    CU_ASSERT_EQUAL(w.n_pending, 1);
    struct frt_engine_stats stats;
    frt_engine_stats(w.engine, &stats);
    CU_ASSERT_EQUAL(stats.reconciled, 1);
    teardown(&w);
}

static void test_crash_while_sending(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    CU_ASSERT_EQUAL(w.n_pending, 1);
    crash(&w);
    boot(&w);
    CU_ASSERT_TRUE(w.n_pending == 1 && w.pending[0].query); /* asked before it is sent again */
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_EQUAL(w.n_pending, 0);
    say(&w, "reage"); /* at most once: claimed, sent, in doubt, never again */
    CU_ASSERT_EQUAL(w.n_pending, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.pending[0].payload, ",\"message\":\"in-")); /* it knows what it is for */
    CU_ASSERT_EQUAL(w.pending[0].host, FBC_HOST_react);
    crash(&w);
    boot(&w);
    CU_ASSERT_TRUE(w.n_pending == 1 && w.pending[0].host == FBC_HOST_say && w.pending[0].query);
    answer(&w, FRT_ABSENT);
    settle(&w);
    wait_ms(&w, 2000);
    CU_ASSERT_TRUE(w.n_pending == 1 && w.pending[0].host == FBC_HOST_say && !w.pending[0].query);
    teardown(&w);
}

/* -- the store ------------------------------------------------------------------------------------------------------------------------------- */
struct plan {
    enum frt_op_kind kind;
    enum frt_fault fault;
    unsigned times;
};
static enum frt_fault by_plan(void *ctx, const struct frt_op *op)
{
    struct plan *p = ctx;
    if (p->times != 0 && op->kind == p->kind) {
        p->times--;
        return p->fault;
    }
    return FRT_FAULT_NONE;
}

static void test_lost_commit_answer(void)
{
    static const enum frt_fault faults[] = {FRT_FAULT_LOSE, FRT_FAULT_VANISH, FRT_FAULT_REFUSE};
    static const enum frt_op_kind kinds[] = {FRT_OP_INGEST, FRT_OP_LOAD,      FRT_OP_COMMIT, FRT_OP_DONE,
                                             FRT_OP_PUBS,   FRT_OP_IMAGE_GET, FRT_OP_CLAIM};
    for (size_t i = 0; i < FN_COUNT(faults) * FN_COUNT(kinds); i++) {
        struct world w;
        setup(&w, 0);
        struct plan plan = {kinds[i / FN_COUNT(faults)], faults[i % FN_COUNT(faults)], 1};
        frt_memory_faults(w.memory, by_plan, &plan);
        say(&w, "a");
        if (w.last_code == FN_UNAVAILABLE) { /* not stored: the provider sends it again */
            say(&w, "a");
        }
        for (int k = 0; k < 5; k++) {
            wait_ms(&w, 100);
        }
        say(&w, "reage");
        for (int k = 0; k < 5; k++) {
            wait_ms(&w, 100);
        }
        CU_ASSERT_EQUAL(plan.times, 0);
        CU_ASSERT_EQUAL(w.n_said, 3);
        CU_ASSERT_TRUE(said(&w, 0, "{\"text\":\"oi\"}"));
        teardown(&w);
    }
}

static void test_poison_is_bisected(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    struct plan plan = {FRT_OP_COMMIT, FRT_FAULT_POISON, 1};
    frt_memory_faults(w.memory, by_plan, &plan);
    say(&w, "b");
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    CU_ASSERT_EQUAL(w.n_said, 1);
    say(&w, "c"); /* kept */
    post(&w, FRT_IN_RESUME, "", "resume-1");
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"b\"}"));
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    teardown(&w);
}

/* A resume and a message that faults in the same turn: the resume is spent, and does not bring the fault back by itself. */
static void test_resume_is_spent(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    struct plan plan = {FRT_OP_COMMIT, FRT_FAULT_POISON, 1};
    frt_memory_faults(w.memory, by_plan, &plan);
    say(&w, "b");
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    plan.times = 1;
    struct frt_inbound in = {.tenant = 1, .kind = FRT_IN_RESUME, .conv = w.conv};
    frt_engine_ingest(w.engine, &in, NULL, NULL);
    say(&w, "c");
    CU_ASSERT_EQUAL(plan.times, 0);
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    wait_ms(&w, 120000);
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    post(&w, FRT_IN_RESUME, "", "resume-2");
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"b\"}"));
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    teardown(&w);
}

/* The machine's clock is a day ahead, behind, or jumps: messages are taken and timers fire by the store's. */
static void test_clock_is_the_stores(void)
{
    static const int64_t off[] = {86400000, -86400000};
    for (size_t i = 0; i < FN_COUNT(off); i++) {
        struct world w;
        setup(&w, 0);
        say(&w, "a"); /* silence after 60 s */
        w.skew = off[i];
        say(&w, "b");
        CU_ASSERT_EQUAL(w.n_said, 2);
        for (int k = 0; k < 59; k++) {
            wait_ms(&w, 1000);
        }
        CU_ASSERT_EQUAL(w.n_said, 2);
        crash(&w);
        boot(&w); /* with the wrong clock from its first moment */
        wait_ms(&w, 2000);
        CU_ASSERT_EQUAL(w.n_said, 3);
        CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"tchau\"}"));
        say(&w, "c");
        CU_ASSERT_EQUAL(w.n_said, 4);
        CU_ASSERT_EQUAL(w.last_code, FN_OK);
        teardown(&w);
    }
}

static void test_drain(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    frt_engine_drain(w.engine);
    settle(&w);
    CU_ASSERT_FALSE(frt_engine_drained(w.engine));
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_TRUE(frt_engine_drained(w.engine));
    teardown(&w);
}

UNIT_SUITE("frt_engine", {"talk", test_talk}, {"dedupe", test_dedupe}, {"silence", test_silence},
           {"timer over restart", test_timer_over_restart}, {"settle", test_settle},
           {"trap to on error", test_trap_goes_to_error_stage}, {"call", test_call}, {"tables", test_tables},
           {"handoff", test_handoff}, {"kept", test_kept}, {"typed on the phone", test_typed_on_the_phone},
           {"opt-out", test_optout}, {"event", test_event}, {"event fields", test_event_fields},
           {"upgrade at stage", test_upgrade_at_stage}, {"restart", test_restart},
           {"a resume is spent", test_resume_is_spent}, {"clock", test_clock_is_the_stores}, {"not sent is retried", test_not_sent_is_retried},
           {"lane is ordered", test_lane_is_ordered}, {"reconcile", test_reconcile},
           {"reconcile by echo", test_reconcile_by_echo},
           {"not reached is no answer", test_reconcile_asks_again_when_not_reached},
           {"crash while sending", test_crash_while_sending}, {"faults of the store", test_lost_commit_answer},
           {"poison", test_poison_is_bisected}, {"drain", test_drain})
