/* test_frt_nodes.c: two engines on one memory store: shares, hand-over, an owner that stops, both owning everything.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../sim/fixture.h"
#include "frt_engine.h"
#include "frt_memory.h"
#include "fsl_natives.h"
#include "unit.h"

#include <stdio.h>

enum { NODES = 2, CONTACTS = 40, SENDS_MAX = 400, NONE = -1 };
struct pending {
    frt_sent_fn done;
    void *ctx;
    unsigned node;
    bool query;
    int64_t effect;
};
struct world {
    struct frt_memory *memory;
    struct frt_fake_clock clock;
    struct frt_seeded seed;
    struct node {
        struct world *world;
        unsigned index;
        struct frt_store store;
        struct frt_engine *engine;
        bool stopped; /* as by SIGSTOP */
        unsigned sent, queried;
        int64_t first; /* effect that was sent or asked about since this was NONE */
    } nodes[NODES];
    struct pending pending[SENDS_MAX];
    size_t n_pending;
    bool hold, forced, twins; /* twins: both drew the same number */
    unsigned accepted;
};

static void begin(struct node *n, const struct frt_send *s, frt_sent_fn done, void *ctx, bool query)
{
    struct world *w = n->world;
    n->first = n->first == NONE ? s->effect : n->first;
    w->pending[w->n_pending++] = (struct pending){done, ctx, n->index, query, s->effect};
    n->sent += !query;
    n->queried += query;
}
static void on_send(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    begin(self, s, done, ctx, false);
}
static void on_query(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    begin(self, s, done, ctx, true);
}

static bool answer_one(struct world *w)
{
    for (size_t i = 0; i < w->n_pending; i++) {
        struct pending p = w->pending[i];
        if (!w->nodes[p.node].stopped) {
            struct frt_sent sent = {.outcome = FRT_SENT, .ext_id = FN_STR("ext")};
            memmove(&w->pending[i], &w->pending[i + 1], (--w->n_pending - i) * sizeof p);
            p.done(p.ctx, &sent);
            return true;
        }
    }
    return false;
}

static void settle(struct world *w)
{
    for (int idle = 0; idle < 3; idle++) {
        for (size_t i = 0; i < NODES; i++) {
            struct node *n = &w->nodes[i];
            if (n->engine != NULL && !n->stopped) {
                idle = frt_engine_step(n->engine) <= w->clock.now ? -1 : idle;
                idle = n->store.ops->drain(n->store.self) != 0 ? -1 : idle;
            }
        }
        while (!w->hold && answer_one(w)) {
            idle = -1;
        }
    }
}

static void wait_ms(struct world *w, int64_t ms)
{
    for (int64_t end = w->clock.now + ms; w->clock.now < end;) {
        w->clock.now += end - w->clock.now < 50 ? end - w->clock.now : 50;
        settle(w);
    }
}

static void ignore(struct frt_op *op)
{
    (void)op;
}

static void publish(struct world *w)
{
    struct fn_buf image;
    struct fn_arena arena;
    struct frt_store store = frt_memory_store(w->memory);
    fn_buf_init(&image, 1 << 20);
    fn_arena_init(&arena, 1 << 20);
    CU_ASSERT_EQUAL_FATAL(fx_image(&image, "oi", 0, 0), FN_OK);
    struct frt_op_image_put put = {.op = {.kind = FRT_OP_IMAGE_PUT, .arena = &arena, .done = ignore},
                                   .tenant = 1,
                                   .hash = FN_STR("0123456789abcdef0123456789abcdef"),
                                   .bytes = fn_buf_view(&image)};
    struct frt_op_publish pub = {.op = {.kind = FRT_OP_PUBLISH, .arena = &arena, .done = ignore},
                                 .tenant = 1,
                                 .pub = {.funnel = FN_STR("eco"), .hash = put.hash}};
    frt_store_submit(store, &put.op);
    frt_store_submit(store, &pub.op);
    while (store.ops->drain(store.self) != 0) {
    }
    CU_ASSERT_EQUAL(pub.op.code, FN_OK);
    fn_buf_fini(&image);
    fn_arena_fini(&arena);
}

static void boot(struct world *w, unsigned i)
{
    static const struct frt_provider_ops provider = {"scripted", on_send, on_query, NULL};
    static const char *const names[NODES] = {"um", "dois"};
    struct node *n = &w->nodes[i];
    struct fn_err err = {0};
    *n = (struct node){.world = w, .index = i, .store = frt_memory_node(w->memory, i)};
    struct frt_engine_config c = {.store = n->store,
                                  .clock = frt_clock_fake(&w->clock),
                                  .entropy = frt_entropy_seeded(&w->seed),
                                  .provider = {&provider, n},
                                  .natives = fsl_natives,
                                  .node = fn_str_c(names[i]),
                                  .node_id = w->twins ? 5 : i,
                                  .shared = true,
                                  .forced = w->forced};
    n->engine = frt_engine_new(&c, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(n->engine);
    frt_engine_start(n->engine);
    settle(w);
    CU_ASSERT_TRUE(frt_engine_ready(n->engine));
}

static void end(struct world *w, unsigned i)
{
    struct node *n = &w->nodes[i];
    if (n->engine != NULL) {
        n->store.ops->close(n->store.self);
        frt_engine_free(n->engine);
        n->engine = NULL;
    }
    size_t kept = 0;
    for (size_t k = 0; k < w->n_pending; k++) { /* the dead are not answered */
        w->pending[kept] = w->pending[k];
        kept += w->pending[k].node != i;
    }
    w->n_pending = kept;
}

static void setup(struct world *w, bool forced)
{
    *w = (struct world){.clock = {1700000000000}, .seed = {1}, .forced = forced};
    w->memory = frt_memory_new(frt_clock_fake(&w->clock));
    publish(w);
    boot(w, 0);
}

static void teardown(struct world *w)
{
    end(w, 0);
    end(w, 1);
    frt_memory_free(w->memory);
}

static void on_accepted(void *ctx, const struct frt_accepted *a)
{
    struct world *w = ctx;
    w->accepted += a->code == FN_OK && !a->duplicate;
}

/* Every contact says something, to the nodes in turn. */
static void all_say(struct world *w, const char *text)
{
    for (unsigned i = 0; i < CONTACTS; i++) {
        char alias[32], id[32];
        snprintf(alias, sizeof alias, "phone:55119%u", i);
        snprintf(id, sizeof id, "%s-%u", text, i);
        struct frt_inbound in = {.tenant = 1, .channel = 7, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
        in.aliases[0] = in.address = fn_str_c(alias);
        in.dedupe = in.ref = fn_str_c(id);
        in.payload.text = fn_str_c(text);
        struct node *n = &w->nodes[i % NODES];
        n = n->engine == NULL || n->stopped ? &w->nodes[1 - i % NODES] : n;
        frt_engine_ingest(n->engine, &in, on_accepted, w);
    }
    settle(w);
}

static void one_says(struct world *w, const char *text)
{
    struct frt_inbound in = {.tenant = 1, .channel = 7, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
    in.aliases[0] = FN_STR("phone:551190");
    in.address = FN_STR("another"); /* than the last one: LOAD is asked */
    in.dedupe = in.ref = in.payload.text = fn_str_c(text);
    frt_engine_ingest(w->nodes[0].engine, &in, on_accepted, w);
    settle(w);
}

static uint32_t shards(const struct world *w, unsigned i)
{
    struct frt_engine_stats stats;
    frt_engine_stats(w->nodes[i].engine, &stats);
    return stats.shards;
}

static unsigned sent(const struct world *w)
{
    return w->nodes[0].sent + w->nodes[1].sent;
}

static void say_at(struct world *w, unsigned node, const char *alias)
{
    struct frt_inbound in = {.tenant = 1, .channel = 7, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
    in.aliases[0] = in.address = fn_str_c(alias);
    in.ref = in.payload.text = FN_STR("oi");
    frt_engine_ingest(w->nodes[node].engine, &in, on_accepted, w);
}

/* -- tests --------------------------------------------------------------------------------------------------------------------------- */
/* Two nodes with one number make somebody in the same millisecond: two contacts, and both messages, though no provider gave them an id. */
static void test_twins(void)
{
    struct world w;
    setup(&w, false);
    end(&w, 0);
    w.twins = true;
    boot(&w, 0);
    boot(&w, 1);
    wait_ms(&w, 10000);
    for (unsigned i = 0; i < 3; i++) {
        say_at(&w, 0, "phone:551191");
        say_at(&w, 1, "phone:551192");
        settle(&w);
        w.clock.now++;
    }
    wait_ms(&w, 5000);
    CU_ASSERT_EQUAL(w.accepted, 6);
    CU_ASSERT_EQUAL(sent(&w), 6);
    teardown(&w);
}

static void test_shares(void)
{
    struct world w;
    setup(&w, false);
    CU_ASSERT_EQUAL(shards(&w, 0), FRT_SHARDS);
    boot(&w, 1);
    wait_ms(&w, 10000);
    CU_ASSERT_EQUAL(shards(&w, 0) + shards(&w, 1), FRT_SHARDS);
    CU_ASSERT_TRUE(shards(&w, 0) > 400 && shards(&w, 1) > 400);
    all_say(&w, "a");
    wait_ms(&w, 2000);
    all_say(&w, "b");
    wait_ms(&w, 2000);
    CU_ASSERT_EQUAL(w.accepted, 2 * CONTACTS);
    CU_ASSERT_EQUAL(sent(&w), 2 * CONTACTS);
    CU_ASSERT_TRUE(w.nodes[0].sent > 20 && w.nodes[1].sent > 20);
    CU_ASSERT_EQUAL(w.nodes[0].queried + w.nodes[1].queried, 0);
    teardown(&w);
}

/* What is idle is only in the store: no cache of conversations that could grow. */
static void test_idle_is_not_in_memory(void)
{
    struct world w;
    struct frt_engine_stats stats;
    setup(&w, false);
    for (int round = 0; round < 3; round++) {
        char text[16];
        snprintf(text, sizeof text, "m%d", round);
        all_say(&w, text);
    }
    wait_ms(&w, 1000);
    frt_engine_stats(w.nodes[0].engine, &stats);
    CU_ASSERT_EQUAL(stats.turns, 3 * CONTACTS);
    CU_ASSERT_EQUAL(stats.mails, 0);
    teardown(&w);
}

static void test_arrival_leaves_nothing_in_doubt(void)
{
    struct world w;
    setup(&w, false);
    w.hold = true;
    all_say(&w, "a"); /* forty sends are out when the other node comes */
    boot(&w, 1);
    wait_ms(&w, 4000);
    CU_ASSERT_TRUE(shards(&w, 1) > 400); /* quiet shards went; busy ones wait */
    w.hold = false;
    wait_ms(&w, 12000);
    CU_ASSERT_EQUAL(shards(&w, 0) + shards(&w, 1), FRT_SHARDS);
    CU_ASSERT_EQUAL(sent(&w), CONTACTS);
    CU_ASSERT_EQUAL(w.nodes[1].queried, 0);
    teardown(&w);
}

static void test_drain_gives_back(void)
{
    struct world w;
    setup(&w, false);
    boot(&w, 1);
    wait_ms(&w, 10000);
    frt_engine_drain(w.nodes[0].engine);
    settle(&w);
    CU_ASSERT_TRUE(frt_engine_drained(w.nodes[0].engine));
    end(&w, 0);
    wait_ms(&w, 5000); /* well within the lease */
    CU_ASSERT_EQUAL(shards(&w, 1), FRT_SHARDS);
    teardown(&w);
}

static void test_death_is_noticed(void)
{
    struct world w;
    setup(&w, false);
    boot(&w, 1);
    wait_ms(&w, 10000);
    w.hold = true;
    all_say(&w, "a");
    wait_ms(&w, 1000);
    unsigned before = w.nodes[1].sent;
    CU_ASSERT_EQUAL(sent(&w), CONTACTS);
    end(&w, 0);
    w.hold = false;
    wait_ms(&w, 15000);
    CU_ASSERT_EQUAL(shards(&w, 1), FRT_SHARDS);
    CU_ASSERT_EQUAL(w.nodes[1].queried, CONTACTS - before); /* asked about what the dead one had sent */
    all_say(&w, "b");
    wait_ms(&w, 1000);
    CU_ASSERT_EQUAL(w.nodes[1].sent, before + CONTACTS);
    teardown(&w);
}

static void test_stopped_owner(void)
{
    struct world w;
    setup(&w, false);
    boot(&w, 1);
    wait_ms(&w, 10000);
    all_say(&w, "a");
    wait_ms(&w, 1000);
    CU_ASSERT_EQUAL(sent(&w), CONTACTS);
    for (unsigned i = 0; i < CONTACTS; i++) { /* taken in, not yet run */
        char alias[32];
        snprintf(alias, sizeof alias, "phone:55119%u", i);
        struct frt_inbound in = {.tenant = 1, .channel = 7, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
        in.aliases[0] = in.address = in.dedupe = fn_str_c(alias);
        in.payload.text = FN_STR("b");
        frt_engine_ingest(w.nodes[0].engine, &in, on_accepted, &w);
    }
    struct node *n = &w.nodes[0];
    for (int i = 0; i < 3; i++) { /* into the middle of its turns */
        (void)frt_engine_step(n->engine);
        n->store.ops->drain(n->store.self);
    }
    n->stopped = true;
    unsigned before = n->sent;
    wait_ms(&w, 30000);
    CU_ASSERT_EQUAL(shards(&w, 1), FRT_SHARDS);
    n->stopped = false;
    (void)frt_engine_step(n->engine);
    CU_ASSERT_EQUAL(n->sent, before); /* it finds its lease run out before it sends */
    wait_ms(&w, 20000);
    CU_ASSERT_EQUAL(sent(&w), 2 * CONTACTS);
    CU_ASSERT_EQUAL(shards(&w, 0) + shards(&w, 1), FRT_SHARDS);
    teardown(&w);
}

struct epochs {
    bool refuse; /* the catalogue is not given */
    int64_t loaded;
    unsigned loads, commits, mixed;
};

static enum frt_fault watch_epochs(void *ctx, const struct frt_op *op)
{
    struct epochs *x = ctx;
    if (op->kind == FRT_OP_LOAD) {
        x->loaded = ((const struct frt_op_load *)op)->items[0].epoch;
        x->loads++;
    } else if (op->kind == FRT_OP_COMMIT) {
        x->commits++;
        x->mixed += ((const struct frt_op_commit *)op)->items[0].conv.epoch != x->loaded;
    }
    return op->kind == FRT_OP_PUBS && x->refuse ? FRT_FAULT_REFUSE : FRT_FAULT_NONE;
}

/* A turn that waits for the catalogue while its shard is lost and won again is of the epoch it was loaded in: what LOAD said of the orphans is
 * no answer for another. */
static void test_a_turn_keeps_its_epoch(void)
{
    struct world w;
    struct epochs x = {.refuse = true};
    struct node *n;
    setup(&w, false);
    all_say(&w, "a");
    frt_memory_faults(w.memory, watch_epochs, &x);
    frt_engine_reload(w.nodes[0].engine, 1);
    one_says(&w, "b");
    CU_ASSERT_EQUAL(x.loads, 1);
    n = &w.nodes[0];
    n->stopped = true;
    wait_ms(&w, 11000);
    boot(&w, 1);
    CU_ASSERT_EQUAL(shards(&w, 1), FRT_SHARDS);
    end(&w, 1);
    wait_ms(&w, 11000);
    n->stopped = false;
    wait_ms(&w, 500); /* a lease of a new epoch, and still no catalogue */
    CU_ASSERT_EQUAL(shards(&w, 0), FRT_SHARDS);
    CU_ASSERT_EQUAL(x.commits, 0);
    x.refuse = false;
    wait_ms(&w, 5000);
    CU_ASSERT_EQUAL(x.commits, 1);
    CU_ASSERT_EQUAL(x.mixed, 0);
    CU_ASSERT_EQUAL(sent(&w), CONTACTS + 1);
    teardown(&w);
}

static void unseen(void *ctx, const struct frt_op *op)
{
    (void)ctx;
    (void)op;
}

/* Two effects of one lane, and their owner dies with the first of them out; started anew, the node asks about it, and gets no answer yet. */
static struct pending ask_about_first(struct world *w)
{
    setup(w, false);
    w->hold = true;
    one_says(w, "a");
    one_says(w, "b");
    end(w, 0);
    wait_ms(w, 11000);
    boot(w, 0);
    CU_ASSERT_TRUE_FATAL(w->n_pending == 1 && w->pending[0].query);
    return w->pending[--w->n_pending];
}

/* An owner stops while his verdict on an orphan is on its way, and it comes when the orphan has another owner: what is behind it in the lane must
 * not go ahead of it when he wakes up. */
static void test_behind_what_another_has(void)
{
    struct world w;
    struct pending p = ask_about_first(&w);
    struct node *n = &w.nodes[0];
    p.done(p.ctx, &(struct frt_sent){.outcome = FRT_ABSENT});
    (void)frt_engine_step(n->engine);
    n->stopped = true;
    wait_ms(&w, 11000);
    boot(&w, 1);
    CU_ASSERT_EQUAL(w.nodes[1].queried, 1);
    CU_ASSERT_EQUAL(frt_memory_carry(w.memory, 0, 1, unseen, NULL), 1);
    end(&w, 1);
    wait_ms(&w, 11000);
    n->stopped = w.hold = false;
    n->first = NONE;
    wait_ms(&w, 20000);
    CU_ASSERT_EQUAL(n->first, frt_effect_id(0, 0));
    CU_ASSERT_EQUAL(n->queried, 3);
    teardown(&w);
}

/* The one effect that is out, or asked about, ends like this. */
static void answer_with(struct world *w, enum frt_outcome outcome, bool query)
{
    CU_ASSERT_EQUAL_FATAL(w->n_pending, 1);
    struct pending p = w->pending[--w->n_pending];
    CU_ASSERT_EQUAL(p.query, query);
    p.done(p.ctx, &(struct frt_sent){.outcome = outcome, .reason = FN_STR("scripted")});
    settle(w);
}

/* A node is stopped while it asks about an effect; the next one waits behind it in the lane. Another node takes both over, repeats the second because it is
 * not told, and dies. What the first one remembers of it, no repetition yet, is not what the store says. */
static void test_a_repetition_is_the_stores(void)
{
    struct world w;
    struct pending first = ask_about_first(&w);
    struct node *n = &w.nodes[0];
    n->stopped = true;
    wait_ms(&w, 11000);
    boot(&w, 1);
    answer_with(&w, FRT_SENT, true);
    answer_with(&w, FRT_UNKNOWN, true); /* the second: not told, so once more */
    answer_with(&w, FRT_UNKNOWN, false);
    CU_ASSERT_EQUAL(w.nodes[1].sent, 1);
    end(&w, 1);
    wait_ms(&w, 11000);
    n->stopped = false;
    wait_ms(&w, 5000);
    first.done(first.ctx, &(struct frt_sent){.outcome = FRT_SENT});
    settle(&w);
    answer_with(&w, FRT_UNKNOWN, true);
    CU_ASSERT_EQUAL_FATAL(w.n_pending, 1); /* given up: what is sent is what `on error` says */
    CU_ASSERT_TRUE(!w.pending[0].query && w.pending[0].effect > frt_effect_id(1, 255));
    teardown(&w);
}

static void test_both_own_everything(void)
{
    struct world w;
    setup(&w, true);
    boot(&w, 1);
    for (int round = 0; round < 5; round++) {
        char text[16];
        snprintf(text, sizeof text, "r%d", round);
        all_say(&w, text);
        wait_ms(&w, 3000);
    }
    CU_ASSERT_EQUAL(w.accepted, 5 * CONTACTS);
    CU_ASSERT_EQUAL(sent(&w), 5 * CONTACTS);
    teardown(&w);
}

UNIT_SUITE("frt_nodes", {"shares", test_shares}, {"twins", test_twins},
           {"idle is not in memory", test_idle_is_not_in_memory}, {"arrival", test_arrival_leaves_nothing_in_doubt},
           {"drain gives back", test_drain_gives_back}, {"death is noticed", test_death_is_noticed},
           {"stopped owner", test_stopped_owner}, {"a turn keeps its epoch", test_a_turn_keeps_its_epoch},
           {"behind what another has", test_behind_what_another_has},
           {"a repetition is the store's", test_a_repetition_is_the_stores},
           {"both own everything", test_both_own_everything})
