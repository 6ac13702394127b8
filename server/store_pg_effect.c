/* store_pg_effect.c: the outbox and the finding of work: CLAIM, DONE, DUE, LEASE, RECEIPT, EFFECTS, REPLAY.
 *
 * CLAIM and DONE look a second time at what they did not change, in a snapshot of its own, as COMMIT does.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store_pg_core.h"

enum { SETTLED = 1, DUE_WIDER = 16 };

/* -- CLAIM -------------------------------------------------------------------------------------------------------------------------- */
static void put_effect_key(struct pg_args *a, size_t k, int64_t tenant, int64_t conv, int64_t effect)
{
    pg_row(a, 0);
    pg_put(a, (int64_t)k);
    pg_put(a, tenant);
    pg_put(a, conv);
    pg_put(a, effect);
}

void pg_build_claim(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_claim *op = (struct frt_op_claim *)j->op;
    struct pg_args *a = pg_seg_add(seg, j->phase == 0 ? PG_SQL_claim : PG_SQL_effect_check);
    for (size_t i = 0; i < op->n; i++) {
        struct frt_claim *x = &op->items[i];
        x->code = j->phase == 0 ? FN_NOT_FOUND : x->code;
        if (x->code != FN_OK) {
            put_effect_key(a, i, x->tenant, x->conv, x->effect);
        }
        if (j->phase == 0) {
            pg_put(a, x->epoch);
            pg_put(a, x->attempts);
        }
    }
}

void pg_take_claim(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_claim *op = (struct frt_op_claim *)j->op;
    (void)statement;
    for (int r = 0; r < rows->n; r++) {
        size_t k = (size_t)pg_int(rows, r, 0);
        if (k >= op->n) {
            continue;
        }
        struct frt_claim *x = &op->items[k];
        int64_t state = pg_int(rows, r, 1), attempts = pg_int(rows, r, 3);
        bool again = (state == FRT_E_STARTED || state == FRT_E_UNKNOWN) && pg_int(rows, r, 2) == x->epoch &&
                     attempts > (int64_t)x->attempts; /* this very claim, repeated */
        x->code = j->phase == 0 || again ? FN_OK : FN_CONFLICT;
        x->ready = state == FRT_E_STARTED;
        x->attempt = (uint32_t)attempts;
        x->resent = (uint32_t)pg_int(rows, r, 4);
    }
    j->again = false;
    for (size_t i = 0; i < op->n && j->phase == 0; i++) {
        j->again = j->again || op->items[i].code != FN_OK;
    }
}

/* -- DONE ----------------------------------------------------------------------------------------------------------------------------- */
static void put_done(struct pg_args *a, size_t k, const struct frt_done *x)
{
    put_effect_key(a, k, x->tenant, x->conv, x->effect);
    const int64_t numbers[] = {x->epoch, x->verdict, x->drop, x->attempts, x->resent, x->at, x->next_at};
    for (size_t i = 0; i < FN_COUNT(numbers); i++) {
        pg_put(a, numbers[i]);
    }
    pg_put_str(a, x->ext_id);
    pg_put_str(a, x->reason);
    const int64_t row[] = {x->row.id, frt_shard(x->tenant, x->conv), x->row.kind, x->row.due_at, x->row.received_at};
    for (size_t i = 0; i < FN_COUNT(row); i++) {
        pg_put(a, row[i]);
    }
    pg_put_str(a, x->row.ref);
    pg_put_str(a, x->row.payload);
    pg_put(a, x->closed_by);
}

static void build_verdicts(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_done *op = (struct frt_op_done *)j->op;
    struct pg_waves w;
    if (!pg_waves_init(&w, op->n, 1)) {
        seg->failed = true;
        pg_waves_fini(&w);
        return;
    }
    for (size_t i = 0; i < op->n; i++) { /* two verdicts on one effect: one after the other */
        const struct frt_done *x = &op->items[i];
        uint64_t key = pg_mix((uint64_t)x->tenant, pg_mix((uint64_t)x->conv, (uint64_t)x->effect));
        pg_waves_put(&w, i, &key, 1, j->alone);
        op->items[i].code = FN_NOT_FOUND;
    }
    for (uint32_t wave = 0; wave < w.n; wave++) {
        struct pg_args *a = pg_seg_add(seg, PG_SQL_done);
        for (size_t i = 0; i < op->n; i++) {
            if (w.wave[i] == wave) {
                put_done(a, i, &op->items[i]);
            }
        }
    }
    pg_waves_fini(&w);
}

void pg_build_done(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_done *op = (struct frt_op_done *)j->op;
    if (j->phase == 0) {
        build_verdicts(j, seg);
        return;
    }
    struct pg_args *a = pg_seg_add(seg, PG_SQL_effect_check);
    for (size_t i = 0; i < op->n; i++) {
        if (op->items[i].code != FN_OK) {
            put_effect_key(a, i, op->items[i].tenant, op->items[i].conv, op->items[i].effect);
        }
    }
}

/* Of one that DONE did not change. The same verdict, carried out before its answer was lost, is no conflict. */
static enum fn_code not_done(const struct frt_done *x, const struct pg_rows *rows, int r)
{
    enum frt_effect_state state = (enum frt_effect_state)pg_int(rows, r, 1);
    bool done = x->verdict == FRT_V_RETRY && state == FRT_E_READY && pg_int(rows, r, 2) == x->epoch &&
                pg_int(rows, r, 3) == (int64_t)x->attempts;
    return state == FRT_E_DEAD ? FN_NOT_FOUND : done ? FN_OK : FN_CONFLICT;
}

void pg_take_done(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_done *op = (struct frt_op_done *)j->op;
    (void)statement;
    for (int r = 0; r < rows->n; r++) {
        size_t k = (size_t)pg_int(rows, r, 0);
        if (k < op->n && j->phase == 0) {
            op->items[k].code = FN_OK;
        } else if (k < op->n) {
            op->items[k].code = not_done(&op->items[k], rows, r);
        }
    }
    j->again = false;
    for (size_t i = 0; i < op->n && j->phase == 0; i++) {
        j->again = j->again || op->items[i].code != FN_OK;
    }
}

/* -- DUE -------------------------------------------------------------------------------------------------------------------------------- */
static void put_epochs(struct pg_args *a, unsigned group, const int64_t *epochs)
{
    for (size_t i = 0; i < FRT_SHARDS; i++) {
        pg_row(a, group);
        pg_put(a, epochs != NULL ? epochs[i] : 1);
    }
}

static void build_orphans(const struct frt_op_due *op, struct pg_seg *seg)
{
    struct pg_args *a = pg_seg_add(seg, PG_SQL_due_effects);
    put_epochs(a, 0, op->epochs);
    pg_row(a, 1);
    pg_put(a, op->after.tenant);
    pg_put(a, op->after.conv);
    pg_put(a, (int64_t)op->limit);
}

/* Looks at some rows first; when they were of too few conversations, at all. */
void pg_build_due(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_due *op = (struct frt_op_due *)j->op;
    op->n_keys = op->n_effects = 0;
    op->more = false;
    op->next_due = FRT_NEVER;
    if (op->orphans) {
        build_orphans(op, seg);
        return;
    }
    struct pg_args *a = pg_seg_add(seg, PG_SQL_due_keys);
    pg_row(a, 0);
    pg_put(a, op->now);
    put_epochs(a, 1, op->epochs);
    pg_row(a, 2);
    pg_put(a, (int64_t)op->limit);
    pg_put(a, j->phase == 0 ? (int64_t)op->limit * DUE_WIDER : INT64_MAX);
    a = pg_seg_add(seg, PG_SQL_due_next);
    pg_row(a, 0);
    pg_put(a, op->now);
    put_epochs(a, 1, op->epochs);
}

static void take_keys(struct pg_job *j, struct frt_op_due *op, const struct pg_rows *rows)
{
    op->keys = pg_room(j, rows->n, sizeof *op->keys);
    for (int r = 0; r < rows->n && op->keys != NULL; r++) {
        op->keys[op->n_keys++] = (struct frt_key){pg_int(rows, r, 0), pg_int(rows, r, 1)};
    }
    bool cut = rows->n > 0 && pg_int(rows, 0, 3) >= (int64_t)op->limit * DUE_WIDER;
    j->again = j->phase == 0 && cut && op->n_keys < op->limit;
}

void pg_read_effects(struct pg_job *j, const struct pg_rows *rows, struct frt_effect **out, size_t *n)
{
    *out = pg_room(j, rows->n, sizeof **out);
    for (int r = 0; r < rows->n && *out != NULL; r++) {
        struct frt_effect *e = &(*out)[(*n)++];
        e->tenant = pg_int(rows, r, 0);
        e->conv = pg_int(rows, r, 1);
        e->id = pg_int(rows, r, 2);
        e->channel = pg_int(rows, r, 3);
        e->contact = pg_int(rows, r, 4);
        e->host = (uint16_t)pg_int(rows, r, 5);
        e->policy = (uint8_t)pg_int(rows, r, 6);
        e->lane = (enum frt_lane)pg_int(rows, r, 7);
        e->state = (enum frt_effect_state)pg_int(rows, r, 8);
        e->attempts = (uint32_t)pg_int(rows, r, 9);
        e->resent = (uint32_t)pg_int(rows, r, 10);
        e->call = (uint32_t)pg_int(rows, r, 11);
        e->epoch = pg_int(rows, r, 12);
        e->next_at = pg_int(rows, r, 13);
        e->created_at = pg_int(rows, r, 14);
        e->payload = pg_keep(j, rows, r, 15);
        e->funnel = pg_keep(j, rows, r, 16);
        e->ext_id = pg_keep(j, rows, r, 17);
        e->reason = pg_keep(j, rows, r, 18);
    }
}

void pg_take_due(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_due *op = (struct frt_op_due *)j->op;
    if (op->orphans) {
        pg_read_effects(j, rows, &op->effects, &op->n_effects);
        op->more = rows->n > 0 && pg_int(rows, 0, 19) != 0;
    } else if (statement == 0) {
        take_keys(j, op, rows);
    } else {
        op->next_due = rows->n > 0 ? pg_int(rows, 0, 0) : FRT_NEVER;
    }
}

/* -- LEASE ----------------------------------------------------------------------------------------------------------------------------------- */
void pg_build_lease(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_lease *op = (struct frt_op_lease *)j->op;
    struct pg_args *a = pg_seg_add(seg, PG_SQL_lease);
    memset(op->epochs, 0, sizeof op->epochs);
    pg_row(a, 0);
    pg_put_str(a, op->node);
    pg_put(a, op->ttl_ms);
    pg_put(a, op->all);
    pg_put(a, op->release);
    for (size_t i = 0; i < FRT_SHARDS; i++) {
        pg_row(a, 1);
        bool give = op->give != NULL && (op->give[i / 64] >> (i % 64) & 1) != 0;
        pg_put(a, give ? 2 : op->want == NULL || (op->want[i / 64] >> (i % 64) & 1) != 0);
    }
}

void pg_take_lease(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_lease *op = (struct frt_op_lease *)j->op;
    (void)statement;
    op->n_others = 0;
    op->others = fn_arena_array(op->op.arena, rows->n > 0 ? (size_t)rows->n : 1, sizeof *op->others);
    for (int r = 0; r < rows->n; r++) {
        int64_t shard = pg_int(rows, r, 0);
        if (shard == -1) {
            op->now = pg_int(rows, r, 1);
            op->nodes = (uint32_t)pg_int(rows, r, 2);
        } else if (shard == -2 && op->others != NULL) {
            op->others[op->n_others++] = pg_keep(j, rows, r, 3);
        } else if (shard < FRT_SHARDS) {
            op->epochs[shard] = pg_int(rows, r, 1);
        }
    }
}

/* -- RECEIPT, EFFECTS, REPLAY --------------------------------------------------------------------------------------------------------------------- */
void pg_build_receipt(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_receipt *op = (struct frt_op_receipt *)j->op;
    struct pg_args *a = pg_seg_add(seg, PG_SQL_receipt);
    for (size_t i = 0; i < op->n; i++) {
        op->items[i].code = FN_NOT_FOUND;
        pg_row(a, 0);
        pg_put(a, (int64_t)i);
        pg_put(a, op->items[i].tenant);
        pg_put_str(a, op->items[i].ext_id);
        pg_put(a, op->items[i].delivery);
    }
}

void pg_take_receipt(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_receipt *op = (struct frt_op_receipt *)j->op;
    (void)statement;
    for (int r = 0; r < rows->n; r++) {
        size_t k = (size_t)pg_int(rows, r, 0);
        if (k < op->n) {
            op->items[k].code = FN_OK;
            op->items[k].conv = pg_int(rows, r, 1);
        }
    }
}

void pg_build_effects(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_effects *op = (struct frt_op_effects *)j->op;
    struct pg_args *a = pg_seg_add(seg, PG_SQL_effects);
    op->n = 0;
    pg_row(a, 0);
    pg_put(a, op->tenant);
    pg_put(a, op->conv);
    pg_put(a, op->dead);
    pg_put(a, op->after.conv);
    pg_put(a, op->after.tenant); /* the effect, as frt_store.h says */
    pg_put(a, (int64_t)op->limit);
}

void pg_take_effects(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_effects *op = (struct frt_op_effects *)j->op;
    (void)statement;
    pg_read_effects(j, rows, &op->effects, &op->n);
    for (size_t i = 0; i < op->n; i++) {
        op->effects[i].closed_by = (enum frt_closer)pg_int(rows, (int)i, 19);
    }
}

void pg_build_replay(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_replay *op = (struct frt_op_replay *)j->op;
    struct pg_args *a = pg_seg_add(seg, PG_SQL_replay);
    pg_row(a, 0);
    pg_put(a, op->tenant);
    pg_put(a, op->conv);
    pg_put(a, op->effect);
    pg_put(a, op->drop);
}

void pg_take_replay(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    (void)statement;
    j->code = rows->n > 0 && pg_int(rows, 0, 0) != 0 ? FN_OK : FN_NOT_FOUND;
}
