/* test_frt_patience.c: what waits for a provider that does not work: a long queue, a day, a question that nobody answers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_world.h"
#include "fbc_image.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "unit.h"

/* What waits far behind others was not claimed: after the node's death it is sent, not asked for. What left at once, or could have, is asked for. */
static void test_a_long_queue_is_not_in_doubt(void)
{
    enum { MESSAGES = 20 };
    struct world w;
    setup(&w, 0);
    w.hold = true;
    for (int i = 0; i < MESSAGES; i++) {
        say(&w, "a");
    }
    unsigned asked = 0, sent = 0;
    crash(&w);
    boot(&w);
    while (w.n_pending == 1 && sent < 3 * MESSAGES) {
        bool query = w.pending[0].query;
        asked += query;
        sent += !query;
        answer(&w, query ? FRT_ABSENT : FRT_SENT);
        settle(&w);
    }
    CU_ASSERT_EQUAL(asked, 8);
    CU_ASSERT_EQUAL(sent, MESSAGES);
    teardown(&w);
}

static uint64_t dead_letters(const struct world *w)
{
    struct frt_engine_stats stats;
    frt_engine_stats(w->engine, &stats);
    return stats.dead;
}

static void wait_minutes(struct world *w, int64_t minutes)
{
    for (int64_t i = 0; i < minutes; i++) {
        wait_ms(w, 60000);
    }
}

/* A session that broke in the evening is mended in the morning: then what waited is told. Behind a day it is given up. */
static void test_a_message_waits_for_a_day(void)
{
    static const int64_t hours[] = {23, 25};
    for (size_t i = 0; i < FN_COUNT(hours); i++) {
        struct world w;
        setup(&w, 0);
        w.outcome = FRT_NOT_SENT;
        say(&w, "a");
        wait_minutes(&w, hours[i] * 60);
        CU_ASSERT_TRUE(w.n_said > 100);
        size_t tried = w.n_said;
        w.outcome = FRT_SENT;
        wait_minutes(&w, 6);
        CU_ASSERT_EQUAL(dead_letters(&w), hours[i] < 24 ? 0 : 2); /* the question, and what is said to silence */
        CU_ASSERT_EQUAL(w.n_said - tried, hours[i] < 24 ? 2 : 0);
        teardown(&w);
    }
}

/* Of one in doubt nothing is sent while nobody can be asked, however long. */
static void test_a_question_waits_as_long(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    for (int i = 0; i < 60; i++) {
        wait_minutes(&w, 6);
        CU_ASSERT_TRUE_FATAL(w.n_pending == 1 && w.pending[0].query);
        answer(&w, FRT_NOT_SENT);
        settle(&w);
    }
    wait_minutes(&w, 6);
    answer(&w, FRT_ABSENT);
    settle(&w);
    CU_ASSERT_TRUE_FATAL(w.n_pending == 1 && !w.pending[0].query);
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_EQUAL(dead_letters(&w), 0);
    teardown(&w);
}

UNIT_SUITE("frt_patience", {"a long queue is not in doubt", test_a_long_queue_is_not_in_doubt},
           {"a message waits for a day", test_a_message_waits_for_a_day},
           {"a question waits as long", test_a_question_waits_as_long})
