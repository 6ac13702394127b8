/* loop.c: epoll and a binary heap of timers. A round is: sleep, timers that are due, descriptors that are ready, the after-round hook.
 * A watch removed by an earlier callback of the same round must not be called: unwatch clears it from the batch at hand.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 256, TIMERS_MAX = 1 << 20, SLEEP_MAX_MS = 60000 };

struct fsv_loop {
    int epoll;
    bool stopping;
    struct epoll_event batch[BATCH];
    int batch_n;
    struct fsv_timer **heap; /* [1..n], earliest first */
    size_t n, cap;
    int64_t (*after)(void *self);
    void *after_self;
};

static int64_t clock_ms(clockid_t id)
{
    struct timespec t = {0, 0};
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t fsv_monotonic_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t fsv_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

enum fn_code fsv_loop_new(struct fsv_loop **out)
{
    struct fsv_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        return FN_NO_MEMORY;
    }
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0) {
        free(loop);
        return FN_IO;
    }
    *out = loop;
    return FN_OK;
}

void fsv_loop_free(struct fsv_loop *loop)
{
    if (loop != NULL) {
        close(loop->epoll);
        free(loop->heap);
        free(loop);
    }
}

/* -- descriptors ----------------------------------------------------------------------------------------------------------------- */

enum fn_code fsv_loop_watch(struct fsv_loop *loop, struct fsv_watch *watch, unsigned events)
{
    struct epoll_event e = {.data.ptr = watch};
    e.events =
        ((events & FSV_READ) != 0 ? (uint32_t)EPOLLIN : 0) | ((events & FSV_WRITE) != 0 ? (uint32_t)EPOLLOUT : 0);
    if (epoll_ctl(loop->epoll, watch->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->fd, &e) != 0) {
        return FN_IO;
    }
    watch->added = true;
    return FN_OK;
}

void fsv_loop_unwatch(struct fsv_loop *loop, struct fsv_watch *watch)
{
    if (!watch->added) {
        return;
    }
    /* Fails when the descriptor is closed already; then the kernel has forgotten it by itself. */
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->added = false;
    for (int i = 0; i < loop->batch_n; i++) {
        if (loop->batch[i].data.ptr == watch) {
            loop->batch[i].data.ptr = NULL;
        }
    }
}

static void dispatch(struct fsv_loop *loop)
{
    for (int i = 0; i < loop->batch_n; i++) {
        struct fsv_watch *watch = loop->batch[i].data.ptr;
        uint32_t e = loop->batch[i].events;
        if (watch != NULL) {
            watch->on(watch->self, ((e & EPOLLIN) != 0 ? FSV_READ : 0u) | ((e & EPOLLOUT) != 0 ? FSV_WRITE : 0u) |
                                       ((e & (EPOLLERR | EPOLLHUP)) != 0 ? FSV_BROKEN : 0u));
        }
    }
    loop->batch_n = 0;
}

/* -- timers ---------------------------------------------------------------------------------------------------------------------- */

static void put(struct fsv_loop *loop, struct fsv_timer *timer, size_t place)
{
    loop->heap[place] = timer;
    timer->place = place;
}

static void sift_up(struct fsv_loop *loop, struct fsv_timer *timer, size_t place)
{
    while (place > 1 && loop->heap[place / 2]->due > timer->due) {
        put(loop, loop->heap[place / 2], place);
        place /= 2;
    }
    put(loop, timer, place);
}

static void sift_down(struct fsv_loop *loop, struct fsv_timer *timer, size_t place)
{
    while (place * 2 <= loop->n) {
        size_t child = place * 2;
        child += child < loop->n && loop->heap[child + 1]->due < loop->heap[child]->due;
        if (loop->heap[child]->due >= timer->due) {
            break;
        }
        put(loop, loop->heap[child], place);
        place = child;
    }
    put(loop, timer, place);
}

void fsv_loop_cancel(struct fsv_loop *loop, struct fsv_timer *timer)
{
    size_t place = timer->place;
    if (place == 0) {
        return;
    }
    timer->place = 0;
    struct fsv_timer *last = loop->heap[loop->n--];
    if (last != timer) {
        sift_up(loop, last, place);
        sift_down(loop, last, last->place);
    }
}

void fsv_loop_after(struct fsv_loop *loop, struct fsv_timer *timer, int64_t ms)
{
    timer->wanted = fsv_monotonic_ms() + (ms > 0 ? ms : 0);
    if (timer->place != 0 && timer->due <= timer->wanted) {
        return; /* it moves when it comes up: most deadlines are moved on again before that */
    }
    fsv_loop_cancel(loop, timer);
    if (loop->n + 2 > loop->cap) {
        size_t cap = loop->cap == 0 ? 64 : loop->cap * 2;
        struct fsv_timer **heap = cap <= TIMERS_MAX ? realloc(loop->heap, cap * sizeof(struct fsv_timer *)) : NULL;
        if (heap == NULL) {
            FN_BUG("no memory for a timer: the loop would lose a deadline");
        }
        loop->heap = heap;
        loop->cap = cap;
    }
    timer->due = timer->wanted;
    sift_up(loop, timer, ++loop->n);
}

static void fire(struct fsv_loop *loop)
{
    int64_t now = fsv_monotonic_ms();
    size_t budget = loop->n; /* a timer that sets itself to now waits for the next round */
    while (budget-- > 0 && loop->n > 0 && loop->heap[1]->due <= now) {
        struct fsv_timer *timer = loop->heap[1];
        if (timer->wanted > timer->due) {
            timer->due = timer->wanted;
            sift_down(loop, timer, 1);
            continue;
        }
        fsv_loop_cancel(loop, timer);
        timer->on(timer->self);
    }
}

/* -- rounds ---------------------------------------------------------------------------------------------------------------------- */

void fsv_loop_after_round(struct fsv_loop *loop, int64_t (*on)(void *self), void *self)
{
    loop->after = on;
    loop->after_self = self;
}

void fsv_loop_stop(struct fsv_loop *loop)
{
    loop->stopping = true;
}

static int sleep_ms(const struct fsv_loop *loop, int64_t wanted)
{
    int64_t ms = wanted >= 0 && wanted < SLEEP_MAX_MS ? wanted : SLEEP_MAX_MS;
    if (loop->n > 0) {
        int64_t left = loop->heap[1]->due - fsv_monotonic_ms();
        ms = left < ms ? left : ms;
    }
    return ms > 0 ? (int)ms : 0;
}

enum fn_code fsv_loop_run(struct fsv_loop *loop)
{
    int64_t wanted = 0;
    while (!loop->stopping) {
        int n = epoll_wait(loop->epoll, loop->batch, BATCH, sleep_ms(loop, wanted));
        if (n < 0 && errno != EINTR) {
            return FN_IO;
        }
        loop->batch_n = n > 0 ? n : 0;
        fire(loop);
        dispatch(loop);
        wanted = loop->after != NULL ? loop->after(loop->after_self) : -1;
    }
    loop->stopping = false; /* it may be run again */
    return FN_OK;
}
