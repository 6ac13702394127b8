/* test_frt_fair.c: one tenant floods, others send a little: what waits for the store, for the machine and for the provider is shared by tenants.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../../runtime/fair.h"
#include "frt_engine.h"
#include "frt_memory.h"
#include "fsl_natives.h"
#include "publish.h"

#include <stdio.h>
#include <stdlib.h>

enum { NOISY = 1, QUIET = 2, FLOOD = 3000, SENDS = 40 };

/* -- the queue ----------------------------------------------------------------------------------------------------------------------- */
struct thing {
    struct fair_item link;
    int part;
};

static void test_queue_takes_turns(void)
{
    struct fair f = {0};
    struct fair_part parts[3] = {{0}};
    struct thing things[60] = {{{0}, 0}};
    for (int i = 0; i < 60; i++) { /* 50 of the first, 5 of each other, behind them */
        things[i].part = i < 50 ? 0 : i % 2 + 1;
        fair_put(&f, &parts[things[i].part], &things[i].link);
    }
    CU_ASSERT_EQUAL(f.n, 60);
    int seen[3] = {0};
    for (int i = 0; i < 15; i++) {
        seen[((struct thing *)fair_take(&f))->part]++;
    }
    CU_ASSERT_TRUE(seen[0] == 5 && seen[1] == 5 && seen[2] == 5);
    for (int i = 15; i < 60; i++) {
        CU_ASSERT_EQUAL(((struct thing *)fair_take(&f))->part, 0);
    }
    CU_ASSERT_TRUE(f.n == 0 && f.last == NULL && fair_turn(&f) == NULL);
    fair_put(&f, &parts[2], &things[0].link); /* it can be used again */
    CU_ASSERT_PTR_EQUAL(fair_take(&f), &things[0].link);
}

/* -- the engine ------------------------------------------------------------------------------------------------------------------------ */
struct answer {
    frt_sent_fn done;
    void *ctx;
};
struct world {
    struct frt_memory *memory;
    struct frt_store store;
    struct frt_engine *engine;
    struct frt_fake_clock clock;
    struct frt_seeded seed;
    struct answer held[SENDS + 1];
    size_t n_held, sent[3];
    unsigned accepted[3], refused[3], order[FLOOD + 8];
    size_t n_order; /* whose message was accepted, in order */
};

static void on_send(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    struct world *w = self;
    w->sent[s->tenant]++;
    CU_ASSERT_TRUE_FATAL(w->n_held < SENDS);
    w->held[w->n_held++] = (struct answer){done, ctx};
}

static void on_accepted(void *ctx, const struct frt_accepted *a)
{
    struct world *w = ((void **)ctx)[0];
    unsigned tenant = *(unsigned *)((void **)ctx)[1];
    w->accepted[tenant] += a->code == FN_OK;
    w->refused[tenant] += a->code != FN_OK;
    if (a->code == FN_OK) {
        w->order[w->n_order++] = tenant;
    }
    free(ctx);
}

static void post(struct world *w, unsigned tenant, unsigned contact)
{
    static unsigned whose[3] = {0, 1, 2};
    char alias[32];
    void **ctx = malloc(2 * sizeof *ctx);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    ctx[0] = w;
    ctx[1] = &whose[tenant];
    snprintf(alias, sizeof alias, "phone:55%09u", contact);
    struct frt_inbound in = {.tenant = tenant, .channel = 7, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
    in.aliases[0] = fn_str_c(alias);
    in.address = fn_str_c(alias + 6);
    in.payload.text = FN_STR("a");
    frt_engine_ingest(w->engine, &in, on_accepted, ctx);
}

static void settle(struct world *w)
{
    for (int idle = 0; idle < 3; idle++) {
        idle = frt_engine_step(w->engine) <= w->clock.now ? -1 : idle;
        idle = w->store.ops->drain(w->store.self) != 0 ? -1 : idle;
    }
}

static struct world *setup(uint32_t ingest_max)
{
    static const struct frt_provider_ops provider = {"slow", on_send, NULL, NULL};
    struct world *w = calloc(1, sizeof *w);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    w->clock.now = 1700000000000;
    w->seed.state = 1;
    w->memory = frt_memory_new(frt_clock_fake(&w->clock));
    w->store = frt_memory_store(w->memory);
    publish_fixture(w->store, NOISY, NULL);
    publish_fixture(w->store, QUIET, NULL);
    struct frt_engine_config c = {.store = w->store,
                                  .clock = frt_clock_fake(&w->clock),
                                  .entropy = frt_entropy_seeded(&w->seed),
                                  .provider = {&provider, w},
                                  .natives = fsl_natives,
                                  .node = FN_STR("test"),
                                  .ingest_max = ingest_max,
                                  .sends_max = SENDS};
    struct fn_err err = {0};
    w->engine = frt_engine_new(&c, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w->engine);
    frt_engine_start(w->engine);
    settle(w);
    return w;
}

static void teardown(struct world *w)
{
    w->store.ops->close(w->store.self);
    frt_engine_free(w->engine);
    frt_memory_free(w->memory);
    free(w);
}

/* One round with 300 of the noisy one's waiting: how many of them are stored in it. */
static unsigned stored_in_one_round(struct world *w, unsigned from)
{
    unsigned before = w->accepted[NOISY];
    for (unsigned i = 0; i < 300; i++) {
        post(w, NOISY, from + i);
    }
    (void)frt_engine_step(w->engine);
    (void)w->store.ops->drain(w->store.self);
    unsigned n = w->accepted[NOISY] - before;
    settle(w);
    return n;
}

/* A batch that one tenant fills is time the others wait; with none of them about, nobody waits and it may. */
static void test_batches_are_shared_with_others_only(void)
{
    struct world *w = setup(0);
    post(w, NOISY, 0);
    post(w, QUIET, 0);
    settle(w);
    CU_ASSERT_TRUE(stored_in_one_round(w, 1000) <= 64);
    w->clock.now += 2000;
    post(w, NOISY, 1);
    settle(w);
    CU_ASSERT_TRUE(stored_in_one_round(w, 2000) >= 256);
    teardown(w);
}

/* Behind a thousand of another tenant, a message is stored with the first batches. */
static void test_ingest_is_shared(void)
{
    struct world *w = setup(0);
    for (unsigned i = 0; i < FLOOD; i++) {
        post(w, NOISY, i);
    }
    post(w, QUIET, 1);
    settle(w);
    size_t at = 0;
    while (at < w->n_order && w->order[at] != QUIET) {
        at++;
    }
    CU_ASSERT_TRUE(at < 512);
    CU_ASSERT_TRUE(w->accepted[NOISY] == FLOOD && w->accepted[QUIET] == 1);
    teardown(w);
}

static void test_only_who_floods_is_refused(void)
{
    struct world *w = setup(1000);
    for (unsigned i = 0; i < FLOOD; i++) {
        post(w, NOISY, i);
    }
    for (unsigned i = 0; i < 5; i++) {
        post(w, QUIET, i);
    }
    settle(w);
    CU_ASSERT_TRUE(w->refused[NOISY] >= FLOOD - 600 && w->accepted[NOISY] >= 400);
    CU_ASSERT_TRUE(w->refused[QUIET] == 0 && w->accepted[QUIET] == 5);
    teardown(w);
}

/* A provider that never answers one tenant leaves places for the others. */
static void test_sends_are_shared(void)
{
    struct world *w = setup(0);
    for (unsigned i = 0; i < 200; i++) {
        post(w, NOISY, i);
    }
    settle(w);
    CU_ASSERT_EQUAL(w->sent[NOISY], SENDS / 4);
    post(w, QUIET, 1);
    settle(w);
    CU_ASSERT_EQUAL(w->sent[QUIET], 1);
    struct answer a = w->held[0];
    w->held[0] = w->held[--w->n_held];
    a.done(a.ctx, &(struct frt_sent){.outcome = FRT_SENT, .ext_id = FN_STR("x")});
    settle(w);
    CU_ASSERT_EQUAL(w->sent[NOISY], SENDS / 4 + 1); /* a place that is free is taken */
    teardown(w);
}

UNIT_SUITE("frt_fair", {"queue takes turns", test_queue_takes_turns}, {"ingest is shared", test_ingest_is_shared},
           {"batches are shared with others only", test_batches_are_shared_with_others_only},
           {"only who floods is refused", test_only_who_floods_is_refused}, {"sends are shared", test_sends_are_shared})
