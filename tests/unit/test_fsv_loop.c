/* test_fsv_loop.c: timers fire in order and at most once, may be moved and cancelled from callbacks, and a watch removed by an earlier callback
 * of the same round is not called.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_loop.h"
#include "unit.h"

#include <unistd.h>

enum { TIMERS = 200 };

struct world {
    struct fsv_loop *loop;
    struct fsv_timer timers[TIMERS];
    int fired[TIMERS];
    int order, n;
    struct fsv_watch watches[2];
    int calls;
};
struct one {
    struct world *w;
    int index;
};
static struct one ones[TIMERS];

static void on_timer(void *self)
{
    const struct one *o = self;
    o->w->fired[o->index] = ++o->w->order;
    o->w->n++;
}

static void on_stop(void *self)
{
    fsv_loop_stop(((struct world *)self)->loop);
}

static void test_timers(void)
{
    static struct world w;
    w = (struct world){.n = 0};
    CU_ASSERT_EQUAL_FATAL(fsv_loop_new(&w.loop), FN_OK);
    for (int i = 0; i < TIMERS; i++) {
        ones[i] = (struct one){&w, i};
        w.timers[i] = (struct fsv_timer){on_timer, &ones[i], 0, 0, 0};
        fsv_loop_after(w.loop, &w.timers[i], (i * 37 % TIMERS) * 3 / 10);
    }
    for (int i = 0; i < TIMERS; i += 4) {
        fsv_loop_cancel(w.loop, &w.timers[i]);
        fsv_loop_cancel(w.loop, &w.timers[i]); /* twice is nothing */
    }
    fsv_loop_after(w.loop, &w.timers[1], 1); /* moved, not doubled */
    struct fsv_timer end = {on_stop, &w, 0, 0, 0};
    fsv_loop_after(w.loop, &end, 100);
    CU_ASSERT_EQUAL(w.n, 0); /* never inside fsv_loop_after */
    CU_ASSERT_EQUAL(fsv_loop_run(w.loop), FN_OK);
    CU_ASSERT_EQUAL(w.n, TIMERS - TIMERS / 4);
    for (int i = 0; i < TIMERS; i++) {
        CU_ASSERT_EQUAL(w.fired[i] != 0, i % 4 != 0);
        for (int j = 2; j < TIMERS; j++) { /* well apart in time means in order; 0 and 1 were moved */
            bool earlier = i > 1 && i % 4 != 0 && j % 4 != 0 && i * 37 % TIMERS + 20 < j * 37 % TIMERS;
            CU_ASSERT(!earlier || w.fired[i] < w.fired[j]);
        }
    }
    fsv_loop_free(w.loop);
}

/* Moved later it does not fire before, moved earlier again not after, and once. */
static void test_moved_timers(void)
{
    static const int64_t moves[][3] = {{1, 40, 40}, {40, 1, 1}, {1, 60, 20}, {20, 20, 0}};
    static struct world w;
    int64_t due[FN_COUNT(moves)];
    w = (struct world){.n = 0};
    CU_ASSERT_EQUAL_FATAL(fsv_loop_new(&w.loop), FN_OK);
    int64_t begin = fsv_monotonic_ms();
    for (size_t i = 0; i < FN_COUNT(moves); i++) {
        ones[i] = (struct one){&w, (int)i};
        w.timers[i] = (struct fsv_timer){on_timer, &ones[i], 0, 0, 0};
        for (size_t j = 0; j < FN_COUNT(moves[i]); j++) {
            fsv_loop_after(w.loop, &w.timers[i], moves[i][j]);
        }
        due[i] = begin + moves[i][2];
    }
    struct fsv_timer end = {on_stop, &w, 0, 0, 0};
    for (int64_t at = 5; at <= 80; at += 5) {
        fsv_loop_after(w.loop, &end, at);
        CU_ASSERT_EQUAL(fsv_loop_run(w.loop), FN_OK);
        fsv_loop_cancel(w.loop, &end);
        int64_t now = fsv_monotonic_ms();
        for (size_t i = 0; i < FN_COUNT(moves); i++) {
            CU_ASSERT(w.fired[i] == 0 || now >= due[i]);
        }
    }
    CU_ASSERT_EQUAL(w.n, (int)FN_COUNT(moves));
    fsv_loop_free(w.loop);
}

static void on_readable(void *self, unsigned events)
{
    struct world *w = self;
    CU_ASSERT((events & FSV_READ) != 0);
    w->calls++;
    fsv_loop_unwatch(w->loop, &w->watches[0]);
    fsv_loop_unwatch(w->loop, &w->watches[1]);
    fsv_loop_stop(w->loop);
}

static void test_unwatch_in_the_same_round(void)
{
    struct world w = {.calls = 0};
    int a[2], b[2];
    CU_ASSERT_EQUAL_FATAL(fsv_loop_new(&w.loop), FN_OK);
    CU_ASSERT_EQUAL_FATAL(pipe(a), 0);
    CU_ASSERT_EQUAL_FATAL(pipe(b), 0);
    CU_ASSERT_EQUAL(write(a[1], "x", 1) + write(b[1], "x", 1), 2);
    w.watches[0] = (struct fsv_watch){a[0], on_readable, &w, false};
    w.watches[1] = (struct fsv_watch){b[0], on_readable, &w, false};
    CU_ASSERT_EQUAL(fsv_loop_watch(w.loop, &w.watches[0], FSV_READ), FN_OK);
    CU_ASSERT_EQUAL(fsv_loop_watch(w.loop, &w.watches[1], FSV_READ), FN_OK);
    CU_ASSERT_EQUAL(fsv_loop_run(w.loop), FN_OK);
    CU_ASSERT_EQUAL(w.calls, 1);
    CU_ASSERT_FALSE(w.watches[0].added || w.watches[1].added);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
    fsv_loop_free(w.loop);
}

UNIT_SUITE("fsv_loop", {"timers", test_timers}, {"moved timers", test_moved_timers},
           {"unwatch in the same round", test_unwatch_in_the_same_round})
