/* recover.c: what this node owns and what is due in it: the lease, the effects of dead owners, the poll.
 *
 * No turn runs before the open effects of earlier owners are in their lanes: what a new turn sends must not overtake them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum { DUE_LIMIT = 512, ARENA = 64 << 20, BUSY_POLL_MS = 20 };

struct recovery {
    struct frt_engine *engine;
    struct frt_op_lease lease;
    struct frt_op_due due, orphans;
    struct fn_arena lease_arena, due_arena, orphan_arena;
    bool leasing, adopting;
    int64_t next_lease;
};

/* -- effects whose owner died ------------------------------------------------------------------------------------------------------ */
static void adopt_submit(struct frt_engine *e)
{
    struct recovery *r = e->recovery;
    r->adopting = true;
    fn_arena_reset(&r->orphan_arena);
    r->orphans.epochs = e->epochs;
    r->orphans.orphans = true;
    r->orphans.limit = DUE_LIMIT;
    engine_submit(e, &r->orphans.op);
}

static void orphans_done(struct frt_op *op)
{
    struct recovery *r = op->owner;
    struct frt_engine *e = r->engine;
    if (engine_again(e, op)) {
        return;
    }
    for (size_t i = 0; op->code == FN_OK && i < r->orphans.n_effects; i++) {
        const struct frt_effect *x = &r->orphans.effects[i];
        struct mail *m = mail_of(e, x->tenant, x->conv, x->channel);
        outbox_push(e, m, x, true);
        if (!m->known) {
            mail_wake(e, m);
        }
        r->orphans.after = (struct frt_key){x->tenant, x->conv};
    }
    if (op->code == FN_OK && r->orphans.more && !e->draining) {
        adopt_submit(e);
        return;
    }
    r->adopting = false;
    e->ready = true;
    e->next_poll = engine_now(e);
}

/* -- lease --------------------------------------------------------------------------------------------------------------------------- */
static void lease_submit(struct frt_engine *e)
{
    struct recovery *r = e->recovery;
    r->leasing = true;
    r->lease.node = e->c.node;
    r->lease.ttl_ms = LEASE_TTL_MS;
    r->lease.all = !e->ready;
    engine_submit(e, &r->lease.op);
}

static void lease_done(struct frt_op *op)
{
    struct recovery *r = op->owner;
    struct frt_engine *e = r->engine;
    if (engine_again(e, op)) {
        return;
    }
    r->leasing = false;
    r->next_lease = engine_now(e) + LEASE_TTL_MS / 3;
    if (op->code != FN_OK) {
        engine_log(e, FRT_LOG_ERROR, "lease.refused", 0, 0, fn_str_c(op->err.text));
        return;
    }
    for (size_t i = 0; i < FRT_SHARDS; i++) {
        e->adopt = e->adopt || r->lease.epochs[i] > e->epochs[i];
        e->epochs[i] = r->lease.epochs[i];
    }
}

/* -- poll ------------------------------------------------------------------------------------------------------------------------------- */
/* Conversations that are busy find their rows by themselves. */
static void due_done(struct frt_op *op)
{
    struct recovery *r = op->owner;
    struct frt_engine *e = r->engine;
    if (engine_again(e, op)) {
        return;
    }
    e->polling = false;
    int64_t now = engine_now(e), next = now + (int64_t)e->c.poll_ms;
    if (op->code == FN_OK) {
        for (size_t i = 0; i < r->due.n_keys; i++) {
            struct mail *m = mail_of(e, r->due.keys[i].tenant, r->due.keys[i].conv, 0);
            if (m->state == MAIL_IDLE) {
                mail_wake(e, m);
            }
        }
        next = r->due.next_due < next ? r->due.next_due : next;
        next = r->due.n_keys == r->due.limit ? now + BUSY_POLL_MS : next;
    }
    e->next_poll = next < e->next_poll || e->next_poll <= now ? next : e->next_poll;
}

static void due_submit(struct frt_engine *e, int64_t now)
{
    struct recovery *r = e->recovery;
    e->polling = true;
    e->next_poll = now + (int64_t)e->c.poll_ms;
    fn_arena_reset(&r->due_arena);
    r->due.epochs = e->epochs;
    r->due.now = now;
    r->due.limit = DUE_LIMIT;
    engine_submit(e, &r->due.op);
}

void recover_start(struct frt_engine *e)
{
    struct recovery *r = engine_alloc(1, sizeof *r);
    e->recovery = r;
    r->engine = e;
    fn_arena_init(&r->lease_arena, ARENA);
    fn_arena_init(&r->due_arena, ARENA);
    fn_arena_init(&r->orphan_arena, ARENA);
    r->lease.op = (struct frt_op){.kind = FRT_OP_LEASE, .done = lease_done, .owner = r, .arena = &r->lease_arena};
    r->due.op = (struct frt_op){.kind = FRT_OP_DUE, .done = due_done, .owner = r, .arena = &r->due_arena};
    r->orphans.op = (struct frt_op){.kind = FRT_OP_DUE, .done = orphans_done, .owner = r, .arena = &r->orphan_arena};
    lease_submit(e);
}

void recover_step(struct frt_engine *e, int64_t now)
{
    struct recovery *r = e->recovery;
    if (!r->leasing && now >= r->next_lease) {
        lease_submit(e);
    }
    if (e->adopt && !r->adopting && !r->leasing) {
        e->adopt = false;
        r->orphans.after = (struct frt_key){0, 0};
        adopt_submit(e);
    }
    if (e->ready && !e->polling && (e->nudged || now >= e->next_poll)) {
        e->nudged = false;
        due_submit(e, now);
    }
}

void recover_free(struct frt_engine *e)
{
    struct recovery *r = e->recovery;
    if (r != NULL) {
        fn_arena_fini(&r->lease_arena);
        fn_arena_fini(&r->due_arena);
        fn_arena_fini(&r->orphan_arena);
        free(r);
    }
}
