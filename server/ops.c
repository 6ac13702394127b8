/* ops.c: store operations for handlers. The operation lives in the request's arena and holds the request, so neither a deadline nor a client
 * that left can take the memory away while the store works on it. The handler must not touch the arena in between.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include <poll.h>

struct request_op {
    struct fsv_request *r;
    void (*done)(struct fsv_request *r, void *op);
};

static void on_done(struct frt_op *op)
{
    const struct request_op *link = op->owner;
    struct fsv_request *r = link->r;
    link->done(r, op);
    fsv_release(r);
}

void *fsv_op_new(struct fsv_request *r, size_t size, enum frt_op_kind kind,
                 void (*done)(struct fsv_request *r, void *op))
{
    struct request_op *link = fn_arena_alloc(&r->arena, sizeof *link);
    struct frt_op *op = fn_arena_alloc(&r->arena, size);
    if (op == NULL || link == NULL) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR("out of memory"));
        return NULL;
    }
    *link = (struct request_op){r, done};
    op->kind = kind;
    op->done = on_done;
    op->owner = link;
    op->arena = &r->arena;
    return op;
}

void fsv_op_submit(void *op)
{
    struct frt_op *o = op;
    const struct request_op *link = o->owner;
    fsv_hold(link->r);
    frt_store_submit(link->r->app->store, o);
}

bool fsv_op_good(struct fsv_request *r, const void *op)
{
    const struct frt_op *o = op;
    switch (o->code) {
    case FN_OK: return true;
    case FN_NOT_FOUND: fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL); return false;
    case FN_CONFLICT:
    case FN_EXISTS: fsv_problem(r, FSV_P_CONFLICT, FN_STR_NULL); return false;
    case FN_INVALID:
    case FN_LIMIT: fsv_problem(r, FSV_P_FIELD, FN_STR_NULL); break;
    case FN_UNAVAILABLE:
    case FN_TIMEOUT: fsv_problem(r, FSV_P_BUSY, FN_STR_NULL); break;
    case FN_NO_MEMORY:
    case FN_IO:
    case FN_DENIED:
    case FN_UNSUPPORTED: fsv_problem(r, FSV_P_INTERNAL, FN_STR_NULL); break;
    }
    FSV_LOG(WARN, "store.refused", "a store operation failed", FSV_Z("request_id", r->id),
            FSV_Z("code", fn_code_name(o->code)), FSV_Z("err", o->err.text));
    return false;
}

static void on_waited(struct frt_op *op)
{
    *(bool *)op->owner = true;
}

void fsv_store_wait(struct fsv_app *app, struct frt_op *op, enum frt_op_kind kind, struct fn_arena *arena)
{
    bool done = false;
    op->kind = kind;
    op->arena = arena;
    op->done = on_waited;
    op->owner = &done;
    frt_store_submit(app->store, op);
    while (!done) {
        struct pollfd p = {app->store.ops->poll_fd(app->store.self), POLLIN, 0};
        if (p.fd >= 0) {
            (void)poll(&p, 1, 1000);
        }
        app->store.ops->drain(app->store.self);
    }
}
