/* engine_world.h: an engine on the store in memory, a clock that stands, a provider that answers when told, and a customer who types: for the unit
 * tests of the engine. Whoever includes it names the layers it needs as well (CMakeLists.txt reads only his own includes).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_ENGINE_WORLD_H
#define TESTS_UNIT_ENGINE_WORLD_H
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
    int64_t jumped;              /* it, since this process began */
    int64_t skew;                /* of the machine's wall clock */
    struct frt_seeded seed;
    struct pending pending[SENDS_MAX];
    size_t n_pending;
    char said[SENDS_MAX][128]; /* payloads of sends begun; of more than fit, the last */
    size_t n_said;             /* all that were begun */
    bool hold;                 /* sends stay pending */
    int64_t window;            /* of the channel */
    enum frt_outcome outcome;
    unsigned accepted, duplicates, accepted_when_said; /* the last one */
    enum fn_code last_code;
    int64_t conv;
    unsigned ids;
};

static inline void begin(struct world *w, const struct frt_send *s, frt_sent_fn done, void *ctx, bool query)
{
    struct pending *p = &w->pending[w->n_pending++];
    *p = (struct pending){.done = done, .ctx = ctx, .host = s->host, .attempt = s->attempt, .query = query};
    snprintf(p->payload, sizeof p->payload, "%.*s", FN_STR_ARG(s->payload));
    w->accepted_when_said = w->accepted;
    if (!query) {
        char *said = w->said[w->n_said < SENDS_MAX ? w->n_said : SENDS_MAX - 1];
        snprintf(said, sizeof w->said[0], "%.*s", FN_STR_ARG(s->payload));
        w->n_said++;
    }
}
static inline void on_send(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    begin(self, s, done, ctx, false);
}
static inline void on_query(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    begin(self, s, done, ctx, true);
}

static inline int64_t on_window(void *self, int64_t tenant, int64_t channel)
{
    (void)tenant;
    (void)channel;
    const struct world *w = self;
    return w->window;
}

static inline void answer(struct world *w, enum frt_outcome outcome)
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
static inline void settle(struct world *w)
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

static inline void wait_ms(struct world *w, int64_t ms)
{
    w->clock.now += ms;
    settle(w);
}

static inline void ignore(struct frt_op *op)
{
    (void)op;
}

static inline void publish_image(struct world *w, struct fn_str image, char version, enum frt_inflight inflight)
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

static inline void publish_as(struct world *w, const char *greeting, uint32_t settle_ms, enum frt_inflight inflight)
{
    struct fn_buf image;
    fn_buf_init(&image, 1 << 20);
    CU_ASSERT_EQUAL_FATAL(fx_image(&image, greeting, settle_ms, 3 * settle_ms), FN_OK);
    publish_image(w, fn_buf_view(&image), greeting[0], inflight);
    fn_buf_fini(&image);
}

static inline void publish(struct world *w, const char *greeting, uint32_t settle_ms)
{
    publish_as(w, greeting, settle_ms, FRT_AT_STAGE);
}

/* In place of the fixture: what only the language says. */
static inline void compile_source(struct fn_buf *image, const char *source)
{
    struct fn_arena arena;
    struct fn_diag_list diags = {0};
    struct fcc_program *program;
    struct fn_err err = {0};
    fn_arena_init(&arena, 1 << 26);
    fn_diag_list_init(&diags, &arena, 100);
    struct fcc_options options = {0};
    CU_ASSERT_EQUAL_FATAL(
        fcc_compile(&arena, FN_STR("eco.funnel"), fn_str_c(source), &options, &diags, &program, image, &err), FN_OK);
    fn_arena_fini(&arena);
}

static inline void publish_source_as(struct world *w, const char *source, char version)
{
    struct fn_buf image;
    fn_buf_init(&image, 1 << 20);
    compile_source(&image, source);
    publish_image(w, fn_buf_view(&image), version, FRT_AT_STAGE);
    fn_buf_fini(&image);
}

static inline void publish_source(struct world *w, const char *source)
{
    publish_source_as(w, source, 's');
}

static inline int64_t skewed_wall(void *self)
{
    const struct world *w = self;
    return w->clock.now + w->skew;
}

static inline int64_t true_monotonic(void *self)
{
    const struct world *w = self;
    return w->clock.now - w->jumped;
}

static inline void boot(struct world *w)
{
    static const struct frt_clock_ops clock = {"skewed", skewed_wall, true_monotonic};
    static const struct frt_provider_ops provider = {"scripted", on_send, on_query, on_window};
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

static inline void crash(struct world *w)
{
    frt_memory_forget(w->memory);
    frt_engine_free(w->engine);
    w->engine = NULL;
    w->n_pending = 0;
}

static inline void setup(struct world *w, uint32_t settle_ms)
{
    *w = (struct world){.clock = {1700000000000}, .seed = {1}, .outcome = FRT_SENT};
    w->memory = frt_memory_new(frt_clock_fake(&w->clock));
    w->store = frt_memory_store(w->memory);
    publish(w, "oi", settle_ms);
    boot(w);
}

static inline void teardown(struct world *w)
{
    if (w->engine != NULL) {
        w->store.ops->close(w->store.self);
        frt_engine_free(w->engine);
    }
    frt_memory_free(w->memory);
}

static inline void on_accepted(void *ctx, const struct frt_accepted *a)
{
    struct world *w = ctx;
    w->accepted += a->code == FN_OK && !a->duplicate;
    w->duplicates += a->duplicate;
    w->last_code = a->code;
    w->conv = a->conv;
}

static inline void post_as(struct world *w, const char *phone, enum frt_in_kind kind, const char *text, const char *id)
{
    char alias[64], address[64];
    snprintf(alias, sizeof alias, "phone:%s", phone);
    snprintf(address, sizeof address, "%s@s.whatsapp.net", phone);
    struct frt_inbound in = {.tenant = 1, .channel = 7, .kind = kind, .aliases = {fn_str_c(alias)}, .n_aliases = 1};
    in.address = fn_str_c(address);
    in.dedupe = fn_str_c(id);
    in.ref = fn_str_c(id);
    in.payload.text = fn_str_c(text);
    in.payload.event_name = kind == FRT_IN_EVENT ? fn_str_c(text) : FN_STR_NULL;
    in.payload.event = kind == FRT_IN_EVENT ? FN_STR("{\"numero\":\"7\"}") : FN_STR_NULL;
    in.payload.funnel = kind == FRT_IN_CAMPAIGN ? FN_STR("eco") : FN_STR_NULL;
    frt_engine_ingest(w->engine, &in, on_accepted, w);
    settle(w);
}

static inline void post(struct world *w, enum frt_in_kind kind, const char *text, const char *id)
{
    post_as(w, "5511987654321", kind, text, id);
}

static inline void say_as(struct world *w, const char *phone, const char *text)
{
    char id[32];
    snprintf(id, sizeof id, "in-%u", w->ids++);
    post_as(w, phone, FRT_IN_MESSAGE, text, id);
}

static inline void say(struct world *w, const char *text)
{
    say_as(w, "5511987654321", text);
}

static inline bool said(const struct world *w, size_t i, const char *payload)
{
    if (i >= w->n_said || strcmp(w->said[i], payload) != 0) {
        printf("\n  said[%zu] is %s, not %s\n", i, i < w->n_said ? w->said[i] : "nothing", payload);
        return false;
    }
    return true;
}

static inline struct frt_conv conv_now(struct world *w, struct fn_arena *arena)
{
    struct frt_op_convs op = {
        .op = {.kind = FRT_OP_CONVS, .done = ignore, .arena = arena}, .tenant = 1, .conv = w->conv, .limit = 1};
    op.status = op.owner = -1;
    frt_store_submit(w->store, &op.op);
    w->store.ops->drain(w->store.self);
    CU_ASSERT_EQUAL_FATAL(op.n, 1);
    return op.convs[0];
}

static inline enum frt_status status_now(struct world *w)
{
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    enum frt_status status = conv_now(w, &arena).status;
    fn_arena_fini(&arena);
    return status;
}

static inline int64_t metric(struct world *w, const char *key)
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
#endif
