/* test_frt_cache.c: many tenants with a funnel each pass through one engine; what it keeps of them stays bounded, and nobody notices.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_image.h"
#include "frt_engine.h"
#include "frt_memory.h"
#include "fsl_natives.h"
#include "publish.h"

#include <stdio.h>

enum { TENANTS = 40, FIT = 4, QUEUE = 256 };

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
    struct answer queue[QUEUE];
    size_t n_queue, image_size;
    unsigned said[TENANTS + 1], ids;
};

static void on_send(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    struct world *w = self;
    w->said[s->tenant]++;
    w->queue[w->n_queue++] = (struct answer){done, ctx};
}

static void settle(struct world *w)
{
    for (int idle = 0; idle < 3; idle++) {
        idle = frt_engine_step(w->engine) <= w->clock.now ? -1 : idle;
        idle = w->store.ops->drain(w->store.self) != 0 ? -1 : idle;
        for (; w->n_queue != 0; idle = -1) {
            struct answer a = w->queue[--w->n_queue];
            a.done(a.ctx, &(struct frt_sent){.outcome = FRT_SENT, .ext_id = FN_STR("x")});
        }
    }
}

static void say(struct world *w, int64_t tenant)
{
    char id[32];
    snprintf(id, sizeof id, "in-%u", w->ids++);
    struct frt_inbound in = {.tenant = tenant, .channel = 7, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
    in.aliases[0] = FN_STR("phone:5511987654321");
    in.address = FN_STR("5511987654321");
    in.dedupe = fn_str_c(id);
    in.payload.text = FN_STR("a");
    frt_engine_ingest(w->engine, &in, NULL, NULL);
    settle(w);
}

static void setup(struct world *w)
{
    static const struct frt_provider_ops provider = {"sink", on_send, NULL, NULL};
    *w = (struct world){.clock = {1700000000000}, .seed = {1}};
    w->memory = frt_memory_new(frt_clock_fake(&w->clock));
    w->store = frt_memory_store(w->memory);
    for (int64_t t = 1; t <= TENANTS; t++) {
        publish_fixture(w->store, t, &w->image_size);
    }
    struct frt_engine_config c = {.store = w->store,
                                  .clock = frt_clock_fake(&w->clock),
                                  .entropy = frt_entropy_seeded(&w->seed),
                                  .provider = {&provider, w},
                                  .natives = fsl_natives,
                                  .node = FN_STR("test"),
                                  .image_bytes = FIT * w->image_size};
    struct fn_err err = {0};
    w->engine = frt_engine_new(&c, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w->engine);
    frt_engine_start(w->engine);
    settle(w);
}

static void teardown(struct world *w)
{
    w->store.ops->close(w->store.self);
    frt_engine_free(w->engine);
    frt_memory_free(w->memory);
}

static struct frt_engine_stats stats(const struct world *w)
{
    struct frt_engine_stats s;
    frt_engine_stats(w->engine, &s);
    return s;
}

static void test_images_are_bounded(void)
{
    struct world w;
    setup(&w);
    for (int round = 0; round < 3; round++) { /* every conversation goes on behind an image that was given up */
        for (int64_t t = 1; t <= TENANTS; t++) {
            w.clock.now += 1100; /* a round takes less than the funnel's minute of patience */
            say(&w, t);
            struct frt_engine_stats s = stats(&w);
            CU_ASSERT_TRUE(s.image_bytes <= (FIT + 1) * w.image_size && s.images <= FIT + 1);
        }
    }
    for (int64_t t = 1; t <= TENANTS; t++) {
        CU_ASSERT_EQUAL(w.said[t], 3);
    }
    teardown(&w);
}

static void test_images_that_fit_stay(void)
{
    struct world w;
    setup(&w);
    for (int round = 0; round < 20; round++) {
        for (int64_t t = 1; t <= FIT; t++) {
            w.clock.now += 2000;
            say(&w, t);
        }
    }
    CU_ASSERT_EQUAL(stats(&w).images, FIT);
    CU_ASSERT_EQUAL(stats(&w).tenants, FIT);
    teardown(&w);
}

static void test_quiet_tenants_go(void)
{
    struct world w;
    setup(&w);
    for (int64_t t = 1; t <= TENANTS; t++) {
        say(&w, t);
    }
    CU_ASSERT_EQUAL(stats(&w).tenants, TENANTS);
    for (int minute = 0; minute < 30; minute++) {
        w.clock.now += 60000;
        say(&w, 1);
    }
    CU_ASSERT_EQUAL(stats(&w).tenants, 1);
    CU_ASSERT_TRUE(stats(&w).mails <= 1);
    say(&w, 2);
    CU_ASSERT_TRUE(w.said[2] >= 2);
    teardown(&w);
}

UNIT_SUITE("frt_cache", {"images are bounded", test_images_are_bounded},
           {"images that fit stay", test_images_that_fit_stay}, {"quiet tenants go", test_quiet_tenants_go})
