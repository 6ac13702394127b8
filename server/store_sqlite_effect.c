/* store_sqlite_effect.c: CLAIM, DONE, DUE, LEASE, RECEIPT, EFFECTS, REPLAY on SQLite.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sqlite_ops.h"

#include <time.h>

#define I(x) ((int64_t)(x))

/* The answer of EFFECT_STATE or EFFECT_CLAIM; state NONE: there is none. */
static struct frt_effect take_stand(struct sq *q, enum sq_stmt s)
{
    struct frt_effect e = {.state = FRT_E_NONE};
    if (sq_next(q, s)) {
        e.state = (enum frt_effect_state)sq_int(q, s, 0);
        e.epoch = sq_int(q, s, 1);
        e.attempts = (uint32_t)sq_int(q, s, 2);
        e.resent = (uint32_t)sq_int(q, s, 3);
    }
    sq_end(q, s);
    return e;
}

static struct frt_effect stand_of(struct sq *q, int64_t tenant, int64_t conv, int64_t effect)
{
    sq_ask(q, SQ_EFFECT_STATE, "iii", tenant, conv, effect);
    return take_stand(q, SQ_EFFECT_STATE);
}

static bool is_open(const struct frt_effect *e)
{
    return e->state == FRT_E_STARTED || e->state == FRT_E_UNKNOWN;
}

void sq_do_claim(struct sq *q, struct frt_op_claim *op)
{
    for (size_t i = 0; i < op->n && q->code == FN_OK; i++) {
        struct frt_claim *x = &op->items[i];
        sq_ask(q, SQ_EFFECT_CLAIM, "iiiii", x->tenant, x->conv, x->effect, x->epoch, I(x->attempts));
        struct frt_effect e = take_stand(q, SQ_EFFECT_CLAIM);
        x->code = FN_OK;
        if (e.state == FRT_E_NONE) {
            e = stand_of(q, x->tenant, x->conv, x->effect);
            bool again = is_open(&e) && e.epoch == x->epoch && e.attempts > x->attempts; /* this very claim, repeated */
            x->code = again ? FN_OK : e.state == FRT_E_NONE ? FN_NOT_FOUND : FN_CONFLICT;
        }
        x->ready = e.state == FRT_E_STARTED;
        x->attempt = e.attempts;
        x->resent = e.resent;
    }
}

static void done_one(struct sq *q, struct frt_done *x)
{
    int64_t line = frt_result_row(x->effect);
    struct frt_effect e = stand_of(q, x->tenant, x->conv, x->effect);
    bool mine = e.epoch == x->epoch && e.attempts == x->attempts;
    enum frt_effect_state next = x->verdict == FRT_V_FAILED    ? FRT_E_DEAD
                                 : x->verdict == FRT_V_UNKNOWN ? FRT_E_UNKNOWN
                                                               : FRT_E_READY;
    if (e.state == FRT_E_NONE || (e.state == FRT_E_DEAD && x->verdict != FRT_V_SENT)) {
        x->code = FN_NOT_FOUND;
        return;
    }
    if (x->verdict != FRT_V_SENT && !(mine && is_open(&e))) {
        x->code = mine && e.state == next ? FN_OK : FN_CONFLICT; /* OK: this very verdict, repeated */
        return;
    }
    bool gone = x->verdict == FRT_V_SENT || (x->verdict == FRT_V_FAILED && x->drop);
    if (gone) {
        (void)sq_run(q, SQ_EFFECT_DROP, "iii", x->tenant, x->conv, x->effect);
    } else {
        (void)sq_run(q, SQ_EFFECT_LATER, "iiiiiiiss", x->tenant, x->conv, x->effect, I(next), I(x->closed_by),
                     I(x->resent), x->next_at, x->reason, x->ext_id);
    }
    if (x->verdict == FRT_V_SENT) {
        (void)sq_run(q, SQ_MESSAGE_SENT, "iiisi", x->tenant, x->conv, line, x->ext_id,
                     I(e.state == FRT_E_DEAD ? FRT_BY_LATE : x->closed_by));
    } else if (x->verdict == FRT_V_FAILED) {
        (void)sq_run(q, SQ_MESSAGE_FAILED, "iii", x->tenant, x->conv, line);
    }
    if (x->row.id != 0) {
        sq_row_add(q, x->tenant, x->conv, &x->row);
    }
    x->code = FN_OK;
}

void sq_do_done(struct sq *q, struct frt_op_done *op)
{
    for (size_t i = 0; i < op->n && q->code == FN_OK; i++) {
        done_one(q, &op->items[i]);
    }
}

/* -- finding work ---------------------------------------------------------------------------------------------------------------------- */
static void due_keys(struct sq *q, struct frt_op_due *op)
{
    size_t cap = 0;
    sq_ask(q, SQ_INBOX_DUE, "i", op->now);
    while (op->n_keys < op->limit && sq_next(q, SQ_INBOX_DUE)) {
        int64_t shard = sq_int(q, SQ_INBOX_DUE, 2);
        if (op->epochs != NULL && op->epochs[shard % FRT_SHARDS] == 0) {
            continue;
        }
        op->keys = sq_more(&op->op, op->keys, op->n_keys, &cap, sizeof *op->keys);
        if (op->keys == NULL) {
            op->n_keys = 0;
            break;
        }
        op->keys[op->n_keys++] = (struct frt_key){sq_int(q, SQ_INBOX_DUE, 0), sq_int(q, SQ_INBOX_DUE, 1)};
    }
    sq_end(q, SQ_INBOX_DUE);
    sq_ask(q, SQ_INBOX_NEXT, "i", op->now);
    if (sq_next(q, SQ_INBOX_NEXT)) {
        int64_t at = sq_int(q, SQ_INBOX_NEXT, 0); /* NULL reads as 0: none */
        op->next_due = at > op->now ? at : FRT_NEVER;
    }
    sq_end(q, SQ_INBOX_NEXT);
}

void sq_effect_read(struct sq *q, struct frt_op *op, enum sq_stmt s, struct frt_effect *out)
{
    *out = (struct frt_effect){
        .tenant = sq_int(q, s, 0), .conv = sq_int(q, s, 1), .id = sq_int(q, s, 2), .channel = sq_int(q, s, 3)};
    out->contact = sq_int(q, s, 4);
    out->host = (uint16_t)sq_int(q, s, 5);
    out->policy = (uint8_t)sq_int(q, s, 6);
    out->lane = sq_int(q, s, 7) == FRT_LANE_CALL ? FRT_LANE_CALL : FRT_LANE_SEND;
    out->state = (enum frt_effect_state)sq_int(q, s, 8);
    out->attempts = (uint32_t)sq_int(q, s, 9);
    out->resent = (uint32_t)sq_int(q, s, 10);
    out->call = (uint32_t)sq_int(q, s, 11);
    out->epoch = sq_int(q, s, 12);
    out->next_at = sq_int(q, s, 13);
    out->created_at = sq_int(q, s, 14);
    out->payload = sq_give(op, sq_str(q, s, 15));
    out->funnel = sq_give(op, sq_str(q, s, 16));
    out->ext_id = sq_give(op, sq_str(q, s, 17));
    out->reason = sq_give(op, sq_str(q, s, 18));
}

static void due_effects(struct sq *q, struct frt_op_due *op)
{
    size_t cap = 0;
    sq_ask(q, SQ_EFFECT_ORPHANS, "ii", op->after.tenant, op->after.conv);
    while (sq_next(q, SQ_EFFECT_ORPHANS)) {
        int64_t owner = op->epochs != NULL ? op->epochs[sq_int(q, SQ_EFFECT_ORPHANS, 19) % FRT_SHARDS] : 1;
        if (sq_int(q, SQ_EFFECT_ORPHANS, 12) >= owner) {
            continue;
        }
        const struct frt_effect *last = op->n_effects != 0 ? &op->effects[op->n_effects - 1] : NULL;
        bool same = last != NULL && last->tenant == sq_int(q, SQ_EFFECT_ORPHANS, 0) &&
                    last->conv == sq_int(q, SQ_EFFECT_ORPHANS, 1);
        if (op->n_effects >= op->limit && !same) {
            op->more = true;
            break;
        }
        op->effects = sq_more(&op->op, op->effects, op->n_effects, &cap, sizeof *op->effects);
        if (op->effects == NULL) {
            op->n_effects = 0;
            break;
        }
        sq_effect_read(q, &op->op, SQ_EFFECT_ORPHANS, &op->effects[op->n_effects++]);
    }
    sq_end(q, SQ_EFFECT_ORPHANS);
}

void sq_do_due(struct sq *q, struct frt_op_due *op)
{
    op->keys = NULL;
    op->effects = NULL;
    op->n_keys = op->n_effects = 0;
    op->more = false;
    op->next_due = FRT_NEVER;
    if (op->orphans) {
        due_effects(q, op);
    } else {
        due_keys(q, op);
    }
}

/* The file has one process, so its clock is the store's. */
static int64_t wall_ms(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_REALTIME, &t) == 0 ? (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 : 0;
}

static void lease_one(struct sq *q, struct frt_op_lease *op, int64_t shard, bool have, bool dead, int64_t epoch)
{
    bool want = op->want == NULL || (op->want[shard / 64] >> (shard % 64) & 1) != 0;
    bool give = op->release || (op->give != NULL && (op->give[shard / 64] >> (shard % 64) & 1) != 0);
    bool take = !give && (have || (want && (op->all || dead)));
    op->epochs[shard] = 0;
    if (take) {
        op->epochs[shard] = epoch + (have ? 0 : 1);
        (void)sq_run(q, SQ_SHARD_SET, "isii", shard, op->node, op->epochs[shard], op->now + op->ttl_ms);
    } else if (give && have) {
        (void)sq_run(q, SQ_SHARD_SET, "isii", shard, FN_STR(""), epoch, op->now);
    }
}

/* The rows are read first: a statement must not change the table another one walks. Renewing writes nothing: nobody else can open the file. */
void sq_do_lease(struct sq *q, struct frt_op_lease *op)
{
    struct {
        int64_t epoch;
        bool have, dead;
    } *shards = sq_answer(&op->op, FRT_SHARDS, sizeof *shards);
    op->now = wall_ms();
    op->nodes = 1; /* the file has one process: no others */
    op->n_others = 0;
    for (size_t i = 0; i < FRT_SHARDS && shards != NULL; i++) {
        shards[i].dead = true;
    }
    sq_ask(q, SQ_SHARD_ALL, "");
    while (shards != NULL && sq_next(q, SQ_SHARD_ALL)) {
        size_t i = (size_t)sq_int(q, SQ_SHARD_ALL, 0) % FRT_SHARDS;
        shards[i].have = fn_str_eq(sq_str(q, SQ_SHARD_ALL, 1), op->node);
        shards[i].epoch = sq_int(q, SQ_SHARD_ALL, 2);
        shards[i].dead = sq_int(q, SQ_SHARD_ALL, 3) <= op->now;
    }
    for (size_t i = 0; i < FRT_SHARDS && shards != NULL; i++) {
        if (shards[i].have && !op->release && op->give == NULL) {
            op->epochs[i] = shards[i].epoch;
        } else {
            lease_one(q, op, I(i), shards[i].have, shards[i].dead, shards[i].epoch);
        }
    }
}

/* -- people ------------------------------------------------------------------------------------------------------------------------------ */
void sq_do_receipt(struct sq *q, struct frt_op_receipt *op)
{
    for (size_t i = 0; i < op->n && q->code == FN_OK; i++) {
        struct frt_receipt *r = &op->items[i];
        int64_t id = 0;
        r->code = FN_NOT_FOUND;
        sq_ask(q, SQ_MESSAGE_FIND, "is", r->tenant, r->ext_id);
        if (sq_next(q, SQ_MESSAGE_FIND)) {
            r->conv = sq_int(q, SQ_MESSAGE_FIND, 0);
            id = sq_int(q, SQ_MESSAGE_FIND, 1);
            r->code = FN_OK;
        }
        sq_end(q, SQ_MESSAGE_FIND);
        if (r->code == FN_OK) {
            (void)sq_run(q, SQ_MESSAGE_RECEIPT, "iiii", r->tenant, r->conv, id, I(r->delivery));
        }
    }
}

void sq_do_effects(struct sq *q, struct frt_op_effects *op)
{
    size_t cap = 0;
    op->n = 0;
    op->effects = NULL;
    sq_ask(q, SQ_EFFECT_LIST, "iiiiii", op->tenant, op->conv, I(op->dead), op->after.conv, op->after.tenant,
           I(op->limit));
    while (sq_next(q, SQ_EFFECT_LIST)) {
        op->effects = sq_more(&op->op, op->effects, op->n, &cap, sizeof *op->effects);
        if (op->effects == NULL) {
            op->n = 0;
            break;
        }
        sq_effect_read(q, &op->op, SQ_EFFECT_LIST, &op->effects[op->n]);
        op->effects[op->n++].closed_by = (enum frt_closer)sq_int(q, SQ_EFFECT_LIST, 19);
    }
    sq_end(q, SQ_EFFECT_LIST);
}

void sq_do_replay(struct sq *q, struct frt_op_replay *op)
{
    (void)sq_run(q, op->drop ? SQ_EFFECT_FORGET : SQ_EFFECT_REPLAY, "iii", op->tenant, op->conv, op->effect);
    if (q->code == FN_OK && q->changes == 0) {
        op->op.code = FN_NOT_FOUND;
    }
}
