/* commit.c: turns become durable in batches: at most two in flight, whatever becomes ready meanwhile is the next. Only the acknowledgement
 * opens the gate: before it nothing of the turn leaves the process.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum { BATCH_BYTES = 1 << 20 };

void commit_queue(struct turn *t)
{
    struct frt_engine *e = t->engine;
    t->mail->state = MAIL_COMMIT;
    t->next_turn = NULL;
    if (e->commit_first == NULL) {
        e->commit_first = t;
    } else {
        e->commit_last->next_turn = t;
    }
    e->commit_last = t;
    e->stats.committing++;
}

static void fill(struct turn *t, struct frt_turn *x)
{
    *x =
        (struct frt_turn){.conv = t->next, .token = (int64_t)t->engine->c.entropy.ops->next(t->engine->c.entropy.self)};
    x->conv.seq = t->in->conv.seq;
    x->conv.clock = t->now;
    x->conv.updated_at = t->now;
    x->consume = t->consume.at;
    x->n_consume = t->direct != NULL && t->consume.n == 1 ? 0 : t->consume.n; /* the direct one has no row */
    x->park = t->park.at;
    x->n_park = t->park.n;
    x->unpark = t->unpark.at;
    x->n_unpark = t->unpark.n;
    x->rows = t->rows.at;
    x->n_rows = t->rows.n;
    x->effects = t->effects.at;
    x->n_effects = t->effects.n;
    x->log = t->log.at;
    x->n_log = t->log.n;
    x->metrics = t->metrics.at;
    x->n_metrics = t->metrics.n;
    x->docs = t->docs.at;
    x->n_docs = t->docs.n;
    x->pairs = t->pairs.at;
    x->n_pairs = t->pairs.n;
    x->record = fn_buf_view(&t->record);
    x->direct = t->direct != NULL ? &t->direct->item : NULL;
}

/* -- acknowledged -------------------------------------------------------------------------------------------------------------------- */
static void open_gate(struct frt_engine *e, struct turn *t)
{
    struct mail *m = t->mail;
    const struct frt_effect *effects = t->effects.at;
    const struct frt_row *rows = t->rows.at;
    m->channel = t->next.channel;
    m->last_in_at = t->next.last_in_at;
    for (size_t i = 0; i < t->effects.n; i++) {
        outbox_push(e, m, &effects[i], false);
    }
    for (size_t i = 0; i < t->rows.n; i++) {
        e->next_poll = rows[i].due_at < e->next_poll ? rows[i].due_at : e->next_poll;
    }
    recent_keep(e, t);
    e->stats.turns++;
    e->stats.turn_bytes += t->next.snap.n;
    if (e->c.changed != NULL) {
        e->c.changed(e->c.ctx, m->tenant, m->channel, m->conv);
    }
}

static void acknowledge(struct frt_engine *e, struct turn *t, enum fn_code code)
{
    struct mail *m = t->mail;
    e->stats.committing--;
    if (code == FN_OK) {
        direct_stored(t); /* first: its sender is answered before what it caused is heard */
        open_gate(e, t);
    } else {
        e->stats.conflicts++;
        m->again = true; /* somebody else was first: look again; LOAD tells whether it is still ours */
    }
    turn_free(t);
    mail_rest(e, m);
}

/* -- a turn the store refuses -------------------------------------------------------------------------------------------------------------- */
static void submit(struct frt_engine *e, struct turn **turns, size_t n, unsigned lost);

static void quarantine(struct frt_engine *e, struct turn *t)
{
    if (t->direct != NULL) { /* refused, and perhaps taken before: only another epoch would find what it sends */
        recover_doubt(e, t->mail->tenant, t->mail->conv);
        e->stats.committing--;
        direct_drop(t);
        return;
    }
    if (t->quarantined) { /* not even its parking is taken: leave it to the next poll, and tell */
        engine_log(e, FRT_LOG_ERROR, "turn.refused", t->next.tenant, t->next.conv, FN_STR_NULL);
        struct mail *m = t->mail;
        e->stats.committing--;
        m->again = false;
        turn_free(t);
        mail_rest(e, m);
        return;
    }
    t->quarantined = true;
    t->taken = false;
    fn_buf_clear(&t->record);
    turn_fault(t, "store", FN_STR_NULL);
    submit(e, &t, 1, 0);
}

static void batch_free(struct commit_batch *b)
{
    free(b->op.items);
    free(b->turns);
    free(b);
}

/* Senders wait for these: when the store has certainly not taken them, their messages go by INGEST, which tells them what is wrong. */
static bool drop_direct(struct commit_batch *b)
{
    size_t n = 0, all = b->op.n;
    for (size_t i = 0; i < all; i++) {
        if (b->turns[i]->direct == NULL) {
            b->op.items[n] = b->op.items[i];
            b->turns[n++] = b->turns[i];
        } else {
            b->engine->stats.committing--;
            direct_drop(b->turns[i]);
        }
    }
    b->op.n = n;
    return n != all;
}

static void answer_lost(struct commit_batch *b)
{
    if (++b->lost == LOST_TRIES) {
        for (size_t i = 0; i < b->op.n; i++) {
            direct_doubt(b->turns[i]);
        }
    }
}

static void batch_done(struct frt_op *op)
{
    struct commit_batch *b = op->owner;
    struct frt_engine *e = b->engine;
    bool dropped = op->code != FN_OK && op->code != FN_TIMEOUT && b->lost == 0 && drop_direct(b);
    if (dropped && b->op.n == 0) {
        e->ops--;
        e->commits--;
        batch_free(b);
        return;
    }
    if (op->code == FN_TIMEOUT) {
        answer_lost(b);
    }
    if (engine_again(e, op)) {
        return;
    }
    e->commits--;
    e->stats.commits++;
    size_t n = b->op.n;
    if (dropped) {
        submit(e, b->turns, n, 0);
    } else if (op->code == FN_OK) {
        for (size_t i = 0; i < n; i++) {
            acknowledge(e, b->turns[i], b->op.items[i].code);
        }
    } else if (n > 1) { /* one of them is poison: halve until it stands alone */
        submit(e, b->turns, n / 2, b->lost);
        submit(e, b->turns + n / 2, n - n / 2, b->lost);
    } else {
        quarantine(e, b->turns[0]);
    }
    batch_free(b);
}

static void submit(struct frt_engine *e, struct turn **turns, size_t n, unsigned lost)
{
    struct commit_batch *b = engine_alloc(1, sizeof *b);
    b->engine = e;
    b->turns = engine_alloc(n, sizeof(struct turn *));
    b->op.items = engine_alloc(n, sizeof *b->op.items);
    for (size_t i = 0; i < n; i++) {
        b->turns[i] = turns[i];
        fill(turns[i], &b->op.items[i]);
    }
    b->op.n = n;
    b->lost = lost;
    b->op.op = (struct frt_op){.kind = FRT_OP_COMMIT, .done = batch_done, .owner = b};
    e->commits++;
    engine_submit(e, &b->op.op);
}

/* The shard went while the turn ran: whoever has it now runs it again. */
static bool is_late(struct frt_engine *e, struct turn *t)
{
    struct mail *m = t->mail;
    if (t->next.epoch != 0 && t->next.epoch == engine_epoch(e, m->tenant, m->conv)) {
        return false;
    }
    e->stats.committing--;
    turn_free(t);
    mail_rest(e, m);
    return true;
}

/* The store does not answer, or the lease has run out: senders do not wait for that to end behind a batch that waits for it. */
static void drop_waiting(struct frt_engine *e)
{
    struct turn *t = e->commit_first;
    e->commit_first = e->commit_last = NULL;
    while (t != NULL) {
        struct turn *next = t->next_turn;
        e->stats.committing--;
        if (t->direct != NULL) {
            direct_drop(t);
        } else {
            commit_queue(t);
        }
        t = next;
    }
}

void commit_flush(struct frt_engine *e)
{
    if (e->store_failures != 0 || !nodes_hold(e)) {
        drop_waiting(e);
    }
    while (e->commit_first != NULL && e->commits < BATCHES_MAX && nodes_hold(e)) {
        struct turn **turns = engine_alloc(e->c.batch_turns, sizeof(struct turn *));
        size_t n = 0, bytes = 0;
        while (e->commit_first != NULL && n < e->c.batch_turns && bytes < BATCH_BYTES) {
            struct turn *t = e->commit_first;
            e->commit_first = t->next_turn;
            if (is_late(e, t)) {
                continue;
            }
            bytes += t->next.snap.n + t->record.n;
            turns[n++] = t;
        }
        if (n != 0) {
            submit(e, turns, n, 0);
        }
        free(turns);
    }
}
