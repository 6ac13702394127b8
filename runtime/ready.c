/* ready.c: which conversation is next. Deficit round robin between tenants: each round a tenant may start QUANTUM turns, long turns are
 * charged afterwards, and no tenant has more between LOAD and COMMIT than share.c gives it: a batch that one tenant fills is time in which
 * another's message waits, and without others larger batches are cheaper.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum { QUANTUM = 8, LOAD_BATCH = 256, SELF_WINDOW_MS = 60000, ORPHAN_WAIT_MS = 20 };

struct tenant *tenant_of(struct frt_engine *e, int64_t id)
{
    struct tenant *t = map_get(&e->tenants, id, 0);
    if (t == NULL) {
        t = engine_alloc(1, sizeof *t);
        t->id = id;
        t->modest_at = t->began_at = engine_now(e);
        t->paid = e->others_turns;
        if (!map_put(&e->tenants, id, 0, t)) {
            FN_BUG("no memory: what is in memory can be lost, the store has it");
        }
    }
    return t;
}

struct mail *mail_of(struct frt_engine *e, int64_t tenant, int64_t conv, int64_t channel)
{
    struct mail *m = map_get(&e->mails, tenant, conv);
    if (m == NULL) {
        m = engine_alloc(1, sizeof *m);
        m->tenant = tenant;
        m->conv = conv;
        m->t = tenant_of(e, tenant);
        if (!map_put(&e->mails, tenant, conv, m)) {
            FN_BUG("no memory: what is in memory can be lost, the store has it");
        }
    }
    m->channel = channel != 0 ? channel : m->channel;
    return m;
}

static void list_tenant(struct frt_engine *e, struct tenant *t)
{
    if (t->listed) {
        return;
    }
    t->listed = true;
    e->listed++;
    t->deficit = t->deficit > 0 ? 0 : t->deficit;
    if (e->ring == NULL) {
        t->next = t;
    } else {
        t->next = e->ring->next;
        e->ring->next = t;
    }
    e->ring = t;
}

/* Something more arrived, or it is not ours: its turn begins with LOAD. */
static void forget_fresh(struct mail *m)
{
    recent_drop(m->fresh);
    m->fresh = NULL;
}

void mail_wake(struct frt_engine *e, struct mail *m)
{
    if (m->state != MAIL_IDLE && m->state != MAIL_SETTLING) {
        m->again = m->again || m->state != MAIL_READY;
        forget_fresh(m);
        return;
    }
    m->state = MAIL_READY;
    m->ready_at = engine_now(e);
    m->modest = share_modest(e, m->t);
    share_count(e, m->t, m->modest);
    m->t->ready++;
    m->next = NULL;
    if (m->t->first == NULL) {
        m->t->first = m;
    } else {
        m->t->last->next = m;
    }
    m->t->last = m;
    e->stats.ready++;
    list_tenant(e, m->t);
}

void mail_forget(struct frt_engine *e, struct mail *m)
{
    bool counting = m->self_turns != 0 && engine_now(e) - m->self_since < SELF_WINDOW_MS;
    if (m->state == MAIL_IDLE && m->lanes[0].first == NULL && m->lanes[1].first == NULL && !counting) {
        map_del(&e->mails, m->tenant, m->conv);
        free(m);
    }
}

void mail_rest(struct frt_engine *e, struct mail *m)
{
    m->state = MAIL_IDLE;
    forget_fresh(m);
    if (m->again) {
        m->again = false;
        mail_wake(e, m);
        return;
    }
    if (m->self_turns != 0) {
        engine_timer(e, m->self_since + SELF_WINDOW_MS, m->tenant, m->conv);
    }
    mail_forget(e, m);
}

/* -- LOAD --------------------------------------------------------------------------------------------------------------------------- */
void turn_free(struct turn *t)
{
    struct frt_engine *e = t->engine;
    turn_return(t);
    t->mail->turn = NULL;
    if (t->direct != NULL) {
        direct_leave(t);
    }
    t->mail->t->inflight--;
    share_note(e, t->mail->t);
    share_count(e, t->mail->t, -(int)t->modest);
    e->turns--;
    if (t->batch != NULL && --t->batch->refs == 0) {
        fn_arena_fini(&t->batch->arena);
        free(t->batch->op.items);
        free(t->batch->turns);
        free(t->batch);
    }
    fn_buf_fini(&t->snap);
    fn_buf_fini(&t->record);
    fn_buf_fini(&t->scratch);
    fn_arena_fini(&t->read_arena);
    fn_arena_fini(&t->arena);
    free(t);
}

static struct turn *turn_new(struct frt_engine *e, struct mail *m)
{
    struct turn *t = engine_alloc(1, sizeof *t);
    t->engine = e;
    t->mail = m;
    fn_arena_init(&t->arena, TURN_ARENA);
    fn_arena_init(&t->read_arena, TURN_ARENA);
    fn_buf_init(&t->snap, e->c.limits.save);
    fn_buf_init(&t->record, 1 << 20);
    fn_buf_init(&t->scratch, 1 << 20);
    m->turn = t;
    m->state = MAIL_LOADING;
    t->modest = m->modest;
    share_count(e, m->t, t->modest);
    share_began(e, m->t);
    m->t->inflight++;
    e->turns++;
    e->stats.loading++;
    return t;
}

static void load_submit(struct frt_engine *e, struct turn **turns, size_t n);

/* A COMMIT of the former owner became visible behind our search: what it sends goes before what this turn would. */
static void wait_for_orphans(struct frt_engine *e, struct turn *t)
{
    struct mail *m = t->mail;
    e->adopt = true;
    e->stats.late_commits++;
    turn_free(t);
    m->again = false;
    m->state = MAIL_SETTLING;
    m->wake_at = engine_now(e) + ORPHAN_WAIT_MS;
    engine_timer(e, m->wake_at, m->tenant, m->conv);
}

static void load_done(struct frt_op *op)
{
    struct load_batch *b = op->owner;
    struct frt_engine *e = b->engine;
    if (engine_again(e, op)) {
        return;
    }
    size_t n = b->op.n;
    b->refs++; /* the last turn may end inside the loop */
    for (size_t i = 0; i < n; i++) {
        struct turn *t = b->turns[i];
        struct mail *m = t->mail;
        if (op->code == FN_NO_MEMORY && n > 1) { /* together they were too much */
            b->refs--;
            load_submit(e, &b->turns[i], 1);
            continue;
        }
        t->in = &b->op.items[i];
        e->stats.loading--;
        bool mine = op->code == FN_OK && t->in->code == FN_OK && engine_runs(e, m->tenant, m->conv) &&
                    t->in->epoch == engine_epoch(e, m->tenant, m->conv) && t->in->conv.epoch <= t->in->epoch;
        if (!mine || e->draining) {
            turn_free(t);
            m->again = false;
            mail_rest(e, m);
            continue;
        }
        if (t->in->orphan >= 0 && !outbox_holds(m, t->in->orphan)) {
            wait_for_orphans(e, t);
            continue;
        }
        turn_start(t);
    }
    if (--b->refs == 0) {
        fn_arena_fini(&b->arena);
        free(b->op.items);
        free(b->turns);
        free(b);
    }
}

static void load_submit(struct frt_engine *e, struct turn **turns, size_t n)
{
    struct load_batch *b = engine_alloc(1, sizeof *b);
    b->engine = e;
    b->turns = engine_alloc(n, sizeof(struct turn *));
    b->op.items = engine_alloc(n, sizeof *b->op.items);
    for (size_t i = 0; i < n; i++) {
        b->turns[i] = turns[i];
        turns[i]->batch = b;
        struct mail *m = turns[i]->mail;
        b->op.items[i].key = (struct frt_key){m->tenant, m->conv};
        b->op.items[i].epoch = engine_epoch(e, m->tenant, m->conv);
    }
    b->refs = b->op.n = n;
    fn_arena_init(&b->arena, (size_t)64 << 20);
    b->op.op = (struct frt_op){.kind = FRT_OP_LOAD, .done = load_done, .owner = b, .arena = &b->arena};
    engine_submit(e, &b->op.op);
}

/* The tenant behind e->ring leaves the ring. */
static void unlist_next(struct frt_engine *e)
{
    struct tenant *t = e->ring->next;
    e->ring->next = t->next;
    e->ring = t == e->ring ? (t->next == t ? NULL : t->next) : e->ring;
    t->listed = false;
    e->listed--;
}

void ready_unlist(struct frt_engine *e)
{
    for (size_t n = e->tenants.n; n != 0 && e->ring != NULL; n--) { /* once round */
        if (e->ring->next->first == NULL) {
            unlist_next(e);
        } else {
            e->ring = e->ring->next;
        }
    }
}

/* The next conversation by deficit round robin; NULL when none may start. */
static struct mail *next_ready(struct frt_engine *e)
{
    size_t passed = 0; /* tenants looked at without a start; each may need a round to pay its debt */
    while (e->ring != NULL && passed < 2 * e->listed + 2) {
        struct tenant *t = e->ring->next;
        if (t->first == NULL) {
            unlist_next(e);
            continue;
        }
        if (t->deficit <= 0 || t->inflight >= share_places(e, t)) {
            t->deficit += t->deficit <= 0 ? QUANTUM : 0;
            e->ring = t;
            passed++;
            continue;
        }
        struct mail *m = t->first;
        t->first = m->next;
        t->deficit--;
        t->ready--;
        e->stats.ready--;
        share_count(e, m->t, -(int)m->modest);
        return m;
    }
    return NULL;
}

/* What INGEST told stands for LOAD's answer, while the shard is still held under the same epoch. */
static bool is_fresh(const struct frt_engine *e, const struct mail *m)
{
    return m->fresh != NULL && m->fresh->op.items->epoch == engine_epoch(e, m->tenant, m->conv);
}

struct turn *ready_begin(struct frt_engine *e, struct mail *m)
{
    struct turn *t = turn_new(e, m);
    t->batch = m->fresh;
    t->batch->turns[0] = t;
    t->in = t->batch->op.items;
    m->fresh = NULL;
    e->stats.loading--;
    turn_start(t);
    return t;
}

void ready_load(struct frt_engine *e)
{
    struct turn *turns[LOAD_BATCH];
    size_t n = 0;
    if (!nodes_hold(e)) {
        return;
    }
    while (n < LOAD_BATCH && e->turns < 2 * (size_t)e->c.batch_turns && e->stats.ready != 0) {
        struct mail *m = next_ready(e);
        if (m == NULL) {
            break;
        }
        if (!engine_runs(e, m->tenant, m->conv)) { /* another node's, or not yet ours: its rows are found when it is */
            mail_rest(e, m);
            continue;
        }
        if (is_fresh(e, m)) {
            e->stats.fresh++;
            (void)ready_begin(e, m);
            continue;
        }
        forget_fresh(m);
        turns[n++] = turn_new(e, m);
    }
    if (n != 0) {
        load_submit(e, turns, n);
    }
}
