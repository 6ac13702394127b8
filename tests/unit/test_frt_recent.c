/* test_frt_recent.c: what a turn need not ask: whose conversation it is, what it looks like; and when it must be asked all the same.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../../runtime/engine.h"
#include "engine_world.h"
#include "fbc_image.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "unit.h"

static struct frt_engine_stats stats_of(const struct world *w)
{
    struct frt_engine_stats s;
    frt_engine_stats(w->engine, &s);
    return s;
}

/* From the second message on the conversation is known by number, from the third on nothing is asked. */
static void test_no_load(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "b");
    uint64_t fresh = stats_of(&w).fresh;
    say(&w, "c");
    say(&w, "d");
    CU_ASSERT_EQUAL(stats_of(&w).fresh, fresh + 2);
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"d\"}"));
    CU_ASSERT_EQUAL(w.n_said, 4);
    teardown(&w);
}

/* A new process knows nothing: it asks, and goes on where the last one was. */
static void test_crash_asks(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "b");
    say(&w, "c");
    crash(&w);
    boot(&w);
    say(&w, "d");
    CU_ASSERT_EQUAL(stats_of(&w).fresh, 0);
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"d\"}"));
    teardown(&w);
}

/* A conversation that is gone (erased on somebody's demand): the message finds or makes another. */
static void test_gone(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    struct frt_ingest line = {.tenant = 1, .channel = 7, .n_aliases = 1, .conv = 424242};
    line.aliases[0] = FN_STR("phone:5511987654321");
    CU_ASSERT_NOT_EQUAL(known_find(w.engine, &line), 0); /* this is how `say` names the contact */
    known_put(w.engine, &line);
    say(&w, "b");
    CU_ASSERT_EQUAL(w.last_code, FN_OK);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"b\"}"));
    CU_ASSERT_EQUAL(known_find(w.engine, &line), w.conv);
    teardown(&w);
}

/* The row of the first wait stays; when it comes it is written anew, and the customer is asked at the deadline of the last. */
static void test_deadline_moves(void)
{
    struct world w;
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    setup(&w, 0);
    say(&w, "a");
    struct frt_conv first = conv_now(&w, &arena);
    wait_ms(&w, 30000);
    say(&w, "b");
    struct frt_conv second = conv_now(&w, &arena);
    CU_ASSERT_EQUAL(second.timer, first.timer);
    CU_ASSERT_EQUAL(second.deadline, first.deadline + 30000);
    wait_ms(&w, 31000);
    struct frt_conv third = conv_now(&w, &arena);
    CU_ASSERT_NOT_EQUAL(third.timer, first.timer);
    CU_ASSERT_EQUAL(third.deadline, second.deadline);
    CU_ASSERT_EQUAL(w.n_said, 2);
    wait_ms(&w, 29000);
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"tchau\"}"));
    teardown(&w);
    fn_arena_fini(&arena);
}

UNIT_SUITE("frt_recent", {"no LOAD", test_no_load}, {"a new process asks", test_crash_asks}, {"gone", test_gone},
           {"a deadline moves", test_deadline_moves})
