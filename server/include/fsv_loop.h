/* fsv_loop.h: one thread's event loop: file descriptors by epoll, timers in a heap. Everything of the server but SQLite's writer runs on it.
 * Callbacks may add, change and remove any watch or timer, also their own.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_LOOP_H
#define FSV_LOOP_H
#include "fn_base.h"

struct fsv_loop;

enum { FSV_READ = 1, FSV_WRITE = 2, FSV_BROKEN = 4 };
/* Caller's storage; must stay until removed. */
struct fsv_watch {
    int fd;
    void (*on)(void *self, unsigned events);
    void *self;
    bool added;
};
struct fsv_timer {
    void (*on)(void *self);
    void *self;
    int64_t due;    /* the loop's; monotonic ms: where it stands in the heap */
    int64_t wanted; /* the loop's: when it is to fire, at `due` or later */
    size_t place;   /* the loop's; 0: not set */
};

FN_MUST_USE enum fn_code fsv_loop_new(struct fsv_loop **out);
void fsv_loop_free(struct fsv_loop *loop);
/* events: what to wait for; 0 keeps the watch, deaf. */
FN_MUST_USE enum fn_code fsv_loop_watch(struct fsv_loop *loop, struct fsv_watch *watch, unsigned events);
void fsv_loop_unwatch(struct fsv_loop *loop, struct fsv_watch *watch);
/* Fires once, `ms` from now (below 0 counts as 0); set again to move it. Never runs inside this call. */
void fsv_loop_after(struct fsv_loop *loop, struct fsv_timer *timer, int64_t ms);
void fsv_loop_cancel(struct fsv_loop *loop, struct fsv_timer *timer);
/* Called after every round of callbacks; returns the longest time to sleep in ms, -1 none. May be called again at once. */
void fsv_loop_after_round(struct fsv_loop *loop, int64_t (*on)(void *self), void *self);
/* Rounds until fsv_loop_stop. */
FN_MUST_USE enum fn_code fsv_loop_run(struct fsv_loop *loop);
void fsv_loop_stop(struct fsv_loop *loop);
int64_t fsv_monotonic_ms(void);
int64_t fsv_wall_ms(void);

#endif
