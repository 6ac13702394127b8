/* memory_effect.c: the memory store's outbox side and the finding of work: CLAIM, DONE, DUE, LEASE, RECEIPT, EFFECTS, REPLAY.
 * SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdlib.h>

static struct frt_effect *effect_find(struct mem_conv *c, int64_t id)
{
    for (size_t i = 0; c != NULL && i < c->effects.n; i++) {
        if (c->effects.at[i].id == id) {
            return &c->effects.at[i];
        }
    }
    return NULL;
}

static void effect_drop(struct mem_conv *c, struct frt_effect *e)
{
    mem_forget(&e->payload);
    mem_forget(&e->funnel);
    mem_forget(&e->ext_id);
    mem_forget(&e->reason);
    MEM_DROP(&c->effects, (size_t)(e - c->effects.at));
}

static struct frt_message *line_of(struct mem_conv *c, int64_t effect)
{
    for (size_t i = 0; i < c->log.n; i++) {
        if (c->log.at[i].id == frt_result_row(effect)) {
            return &c->log.at[i];
        }
    }
    return NULL;
}

static bool is_open(const struct frt_effect *e)
{
    return e->state == FRT_E_STARTED || e->state == FRT_E_UNKNOWN;
}

static bool may_claim(const struct frt_effect *e, const struct frt_claim *x)
{
    bool again = e->epoch == x->epoch && e->state == FRT_E_READY && e->attempts == x->attempts;
    return e->state != FRT_E_DEAD && (e->epoch < x->epoch || again);
}

static enum fn_code claim_one(struct frt_memory *m, struct frt_claim *x)
{
    struct frt_effect *e = effect_find(mem_conv_find(m, x->tenant, x->conv), x->effect);
    if (e == NULL) {
        return FN_NOT_FOUND;
    }
    if (may_claim(e, x)) {
        e->state = e->state == FRT_E_READY ? FRT_E_STARTED : FRT_E_UNKNOWN;
        e->epoch = x->epoch;
        e->attempts++;
    } else if (!is_open(e) || e->epoch != x->epoch || e->attempts <= x->attempts) { /* nor this very claim, repeated */
        return FN_CONFLICT;
    }
    x->ready = e->state == FRT_E_STARTED;
    x->attempt = e->attempts;
    x->resent = e->resent;
    return FN_OK;
}

void mem_do_claim(struct frt_memory *m, struct frt_op_claim *op)
{
    for (size_t i = 0; i < op->n; i++) {
        op->items[i].code = claim_one(m, &op->items[i]);
    }
}

static void done_sent(struct mem_conv *c, struct frt_effect *e, const struct frt_done *x)
{
    struct frt_message *line = line_of(c, e->id);
    if (line != NULL) {
        line->delivery = line->delivery < FRT_D_SENT || line->delivery == FRT_D_FAILED ? FRT_D_SENT : line->delivery;
        line->closed_by = e->state == FRT_E_DEAD ? FRT_BY_LATE : x->closed_by;
        if (x->ext_id.n != 0) {
            mem_set(&line->ext_id, x->ext_id);
        }
    }
    effect_drop(c, e);
}

static void done_failed(struct mem_conv *c, struct frt_effect *e, const struct frt_done *x)
{
    struct frt_message *line = line_of(c, e->id);
    if (line != NULL) {
        line->delivery = FRT_D_FAILED;
    }
    if (x->drop) {
        effect_drop(c, e);
        return;
    }
    e->state = FRT_E_DEAD;
    e->closed_by = x->closed_by;
    mem_set(&e->reason, x->reason);
}

static enum frt_effect_state state_after(const struct frt_done *x)
{
    return x->verdict == FRT_V_UNKNOWN ? FRT_E_UNKNOWN : x->verdict == FRT_V_FAILED ? FRT_E_DEAD : FRT_E_READY;
}

static void done_later(struct frt_effect *e, const struct frt_done *x)
{
    e->state = state_after(x);
    e->next_at = x->next_at;
    mem_set(&e->reason, x->reason);
    if (x->ext_id.n != 0) {
        mem_set(&e->ext_id, x->ext_id);
    }
}

static enum fn_code done_one(struct frt_memory *m, const struct frt_done *x)
{
    struct mem_conv *c = mem_conv_find(m, x->tenant, x->conv);
    struct frt_effect *e = effect_find(c, x->effect);
    if (e == NULL || (e->state == FRT_E_DEAD && x->verdict != FRT_V_SENT)) {
        return FN_NOT_FOUND;
    }
    bool mine = e->epoch == x->epoch && e->attempts == x->attempts;
    if (x->verdict != FRT_V_SENT && !(mine && is_open(e))) {
        return mine && e->state == state_after(x) ? FN_OK : FN_CONFLICT; /* OK: this very verdict, repeated */
    }
    e->resent = x->resent;
    if (x->verdict == FRT_V_SENT) {
        done_sent(c, e, x);
    } else if (x->verdict == FRT_V_FAILED) {
        done_failed(c, e, x);
    } else {
        done_later(e, x);
    }
    if (x->row.id != 0) {
        (void)mem_row_add(c, &x->row);
    }
    return FN_OK;
}

void mem_do_done(struct frt_memory *m, struct frt_op_done *op)
{
    for (size_t i = 0; i < op->n; i++) {
        op->items[i].code = done_one(m, &op->items[i]);
    }
}

/* -- DUE --------------------------------------------------------------------------------------------------------------------------- */
struct due {
    int64_t at;
    struct frt_key key;
};

static int by_due(const void *a, const void *b)
{
    const struct due *x = a, *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (x->key.conv > y->key.conv) - (x->key.conv < y->key.conv);
}

static int by_conv(const void *a, const void *b)
{
    const struct frt_conv *x = &(*(struct mem_conv *const *)a)->c, *y = &(*(struct mem_conv *const *)b)->c;
    if (x->tenant != y->tenant) {
        return x->tenant < y->tenant ? -1 : 1;
    }
    return (x->conv > y->conv) - (x->conv < y->conv);
}

static int64_t epoch_of(const int64_t *epochs, const struct frt_conv *c)
{
    return epochs == NULL ? 1 : epochs[frt_shard(c->tenant, c->conv)];
}

static int64_t earliest(const struct mem_conv *c, int64_t now, int64_t *next)
{
    int64_t first = FRT_NEVER;
    for (size_t i = 0; i < c->rows.n; i++) {
        int64_t at = c->rows.at[i].due_at;
        if (at <= now) {
            first = at < first ? at : first;
        } else {
            *next = at < *next ? at : *next;
        }
    }
    return first;
}

static void due_keys(struct frt_memory *m, struct frt_op_due *op)
{
    struct due *all = mem_answer(&op->op, m->convs.n, sizeof *all);
    size_t n = 0;
    for (size_t i = 0; i < m->convs.n && all != NULL; i++) {
        const struct mem_conv *c = m->convs.at[i];
        if (epoch_of(op->epochs, &c->c) == 0) {
            continue;
        }
        int64_t at = earliest(c, op->now, &op->next_due);
        if (at != FRT_NEVER) {
            all[n++] = (struct due){at, {c->c.tenant, c->c.conv}};
        }
    }
    if (all != NULL) {
        qsort(all, n, sizeof *all, by_due);
    }
    op->n_keys = n < op->limit ? n : op->limit;
    op->keys = mem_answer(&op->op, op->n_keys, sizeof *op->keys);
    for (size_t i = 0; i < op->n_keys && op->keys != NULL && all != NULL; i++) {
        op->keys[i] = all[i].key;
    }
}

void mem_effect_give(struct frt_op *op, struct frt_effect *out, const struct frt_effect *in)
{
    *out = *in;
    out->payload = mem_give(op, in->payload);
    out->funnel = mem_give(op, in->funnel);
    out->ext_id = mem_give(op, in->ext_id);
    out->reason = mem_give(op, in->reason);
}

static bool behind(const struct frt_conv *c, struct frt_key after)
{
    return c->tenant != after.tenant ? c->tenant > after.tenant : c->conv > after.conv;
}

static size_t orphans(const struct mem_conv *c, const int64_t *epochs)
{
    size_t n = 0;
    int64_t epoch = epoch_of(epochs, &c->c);
    for (size_t i = 0; i < c->effects.n; i++) {
        n += c->effects.at[i].state != FRT_E_DEAD && c->effects.at[i].epoch < epoch;
    }
    return n;
}

static void due_effects(struct frt_memory *m, struct frt_op_due *op)
{
    struct mem_conv **sorted = mem_answer(&op->op, m->convs.n, sizeof(struct mem_conv *));
    size_t total = 0, n_convs = 0;
    for (size_t i = 0; i < m->convs.n && sorted != NULL; i++) {
        if (behind(&m->convs.at[i]->c, op->after)) {
            sorted[n_convs++] = m->convs.at[i];
            total += orphans(m->convs.at[i], op->epochs);
        }
    }
    op->effects = mem_answer(&op->op, total, sizeof *op->effects);
    if (sorted == NULL || op->effects == NULL) {
        return;
    }
    qsort(sorted, n_convs, sizeof(struct mem_conv *), by_conv);
    for (size_t i = 0; i < n_convs && !op->more; i++) {
        const struct mem_conv *c = sorted[i];
        op->more = op->n_effects >= op->limit && orphans(c, op->epochs) != 0;
        for (size_t k = 0; k < c->effects.n && !op->more; k++) {
            if (c->effects.at[k].state != FRT_E_DEAD && c->effects.at[k].epoch < epoch_of(op->epochs, &c->c)) {
                mem_effect_give(&op->op, &op->effects[op->n_effects++], &c->effects.at[k]);
            }
        }
    }
}

void mem_do_due(struct frt_memory *m, struct frt_op_due *op)
{
    op->n_keys = op->n_effects = 0;
    op->more = false;
    op->next_due = FRT_NEVER;
    if (op->orphans) {
        due_effects(m, op);
    } else {
        due_keys(m, op);
    }
}

/* -- LEASE ------------------------------------------------------------------------------------------------------------------------- */
static void beat(struct frt_memory *m, struct frt_op_lease *op)
{
    size_t i = 0;
    while (i < m->nodes.n && !fn_str_eq(m->nodes.at[i].name, op->node)) {
        i++;
    }
    if (i == m->nodes.n) {
        MEM_PUSH(&m->nodes)->name = mem_keep(op->node);
    }
    m->nodes.at[i].expires_at = op->release ? 0 : op->now + op->ttl_ms;
    op->nodes = op->release ? 0 : 1;
    op->n_others = 0;
    op->others = mem_answer(&op->op, m->nodes.n, sizeof *op->others);
    for (size_t k = 0; k < m->nodes.n && op->others != NULL; k++) {
        if (k != i && m->nodes.at[k].expires_at > op->now) {
            op->others[op->n_others++] = mem_give(&op->op, m->nodes.at[k].name);
            op->nodes++;
        }
    }
}

static bool bit(const uint64_t *bits, size_t i, bool absent)
{
    return bits == NULL ? absent : (bits[i / 64] >> (i % 64) & 1) != 0;
}

void mem_do_lease(struct frt_memory *m, struct frt_op_lease *op)
{
    op->now = m->clock.ops->wall(m->clock.self);
    beat(m, op);
    for (size_t i = 0; i < FRT_SHARDS; i++) {
        struct mem_shard *s = &m->shards[i];
        bool have = fn_str_eq(s->node, op->node);
        bool give = op->release || bit(op->give, i, false);
        bool take = !give && (have || (bit(op->want, i, true) && (op->all || s->expires_at <= op->now)));
        op->epochs[i] = 0;
        if (take) {
            if (!have) {
                s->epoch++;
                mem_set(&s->node, op->node);
            }
            s->expires_at = op->now + op->ttl_ms;
            op->epochs[i] = s->epoch;
        } else if (give && have) {
            s->expires_at = op->now;
            mem_set(&s->node, FN_STR(""));
        }
    }
}

void mem_do_receipt(struct frt_memory *m, struct frt_op_receipt *op)
{
    for (size_t i = 0; i < op->n; i++) {
        struct frt_receipt *r = &op->items[i];
        r->code = FN_NOT_FOUND;
        for (size_t k = 0; k < m->convs.n && r->code != FN_OK; k++) {
            struct mem_conv *c = m->convs.at[k];
            for (size_t j = 0; c->c.tenant == r->tenant && j < c->log.n && r->code != FN_OK; j++) {
                struct frt_message *line = &c->log.at[j];
                if (r->ext_id.n != 0 && line->dir != FRT_DIR_IN && fn_str_eq(line->ext_id, r->ext_id)) {
                    line->delivery = r->delivery > line->delivery ? r->delivery : line->delivery;
                    r->conv = c->c.conv;
                    r->code = FN_OK;
                }
            }
        }
    }
}

void mem_do_effects(struct frt_memory *m, struct frt_op_effects *op)
{
    op->n = 0;
    op->effects = mem_answer(&op->op, op->limit, sizeof *op->effects);
    struct mem_conv **sorted = mem_answer(&op->op, m->convs.n, sizeof(struct mem_conv *));
    if (op->effects == NULL || sorted == NULL) {
        return;
    }
    for (size_t i = 0; i < m->convs.n; i++) {
        sorted[i] = m->convs.at[i];
    }
    qsort(sorted, m->convs.n, sizeof(struct mem_conv *), by_conv);
    for (size_t i = 0; i < m->convs.n; i++) {
        const struct mem_conv *c = sorted[i];
        if (c->c.tenant != op->tenant || (op->conv != 0 && c->c.conv != op->conv) || c->c.conv < op->after.conv) {
            continue;
        }
        for (size_t k = 0; k < c->effects.n && op->n < op->limit; k++) {
            const struct frt_effect *e = &c->effects.at[k];
            bool later = c->c.conv > op->after.conv || e->id > op->after.tenant;
            if (later && (e->state == FRT_E_DEAD) == op->dead) {
                mem_effect_give(&op->op, &op->effects[op->n++], e);
            }
        }
    }
}

void mem_do_replay(struct frt_memory *m, struct frt_op_replay *op)
{
    struct mem_conv *c = mem_conv_find(m, op->tenant, op->conv);
    struct frt_effect *e = effect_find(c, op->effect);
    if (e == NULL || e->state != FRT_E_DEAD) {
        op->op.code = FN_NOT_FOUND;
    } else if (op->drop) {
        effect_drop(c, e);
    } else {
        e->state = FRT_E_READY;
        e->epoch = 0;
        e->attempts = e->resent = 0;
        e->next_at = 0;
        e->closed_by = FRT_BY_NOBODY;
    }
}
