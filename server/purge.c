/* purge.c: retention. Soon after the start and once an hour the store forgets what has served: dedupe keys after
 * FRT_DEDUPE_DAYS, the turn log and the message log after theirs. Sums of metrics stay. One operation at a time; when it fails, the next hour tries.
 * SPDX-License-Identifier: Apache-2.0 */
#include "purge.h"

enum { FIRST_MS = 5000, EVERY_MS = 3600000, TURNS_DAYS = 30, LOG_DAYS = 365, PURGE_ARENA = 1 << 20 };
static const int64_t day_ms = 86400000;

struct fsv_purge {
    struct frt_op_purge op;
    struct fn_arena arena;
    struct fsv_app *app;
    struct fsv_timer timer;
    bool busy;
};

static void on_purged(struct frt_op *op)
{
    struct fsv_purge *p = op->owner;
    p->busy = false;
    if (op->code == FN_OK) {
        FSV_LOG(INFO, "store.purged", "what is older than its retention was forgotten",
                FSV_INT("rows", (int64_t)p->op.removed));
    } else {
        FSV_LOG(WARN, "store.purge", "old rows could not be forgotten; again in an hour", FSV_Z("err", op->err.text));
    }
    fn_arena_fini(&p->arena);
}

static void on_hour(void *self)
{
    struct fsv_purge *p = self;
    int64_t now = fsv_wall_ms();
    fsv_loop_after(p->app->loop, &p->timer, EVERY_MS);
    if (p->busy || p->app->drain_deadline != 0) {
        return;
    }
    p->busy = true;
    fn_arena_init(&p->arena, PURGE_ARENA);
    p->op = (struct frt_op_purge){.op = {.kind = FRT_OP_PURGE, .done = on_purged, .owner = p, .arena = &p->arena},
                                  .seen_before_day = now / day_ms - FRT_DEDUPE_DAYS,
                                  .turns_before = now - TURNS_DAYS * day_ms,
                                  .log_before = now - LOG_DAYS * day_ms};
    frt_store_submit(p->app->store, &p->op.op);
}

enum fn_code fsv_purge_start(struct fsv_app *app)
{
    struct fsv_purge *p = fn_arena_alloc(&app->arena, sizeof *p);
    if (p == NULL) {
        return FN_NO_MEMORY;
    }
    *p = (struct fsv_purge){.app = app, .timer = {.on = on_hour, .self = p}};
    fsv_loop_after(app->loop, &p->timer, FIRST_MS);
    return FN_OK;
}
