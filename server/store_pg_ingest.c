/* store_pg_ingest.c: INGEST. Items that share a contact, a conversation or a dedupe key go into statements of their own, one behind the other
 * in the same transaction, so that each sees what the one before it did. An item that lost a race against another node is asked again.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store_pg_core.h"

enum { ASK_MAX = 8, SETTLED = 1, KEYS_EACH = FRT_ALIASES + 3 };
enum ingest_state { AGAIN, DONE, DUPLICATE, CROWDED, MISSING };

static size_t keys_of(const struct frt_ingest *in, uint64_t *out)
{
    size_t n = 0;
    uint64_t tenant = (uint64_t)in->tenant;
    for (unsigned i = 0; i < in->n_aliases; i++) {
        out[n++] = pg_mix(tenant, fn_hash(in->aliases[i].p, in->aliases[i].n) ^ 1);
    }
    if (in->dedupe.n != 0) {
        out[n++] = pg_mix(tenant, fn_hash(in->dedupe.p, in->dedupe.n) ^ 2);
    }
    if (in->conv != 0) {
        out[n++] = pg_mix(tenant, (uint64_t)in->conv ^ 3);
    }
    return n;
}

/* From the dedupe key's text to the end: the same in both statements. */
static void put_rest(struct pg_args *a, const struct frt_ingest *in)
{
    pg_put_str(a, in->dedupe);
    pg_put_str(a, in->address);
    pg_put_str(a, in->name);
    pg_put(a, in->row.id);
    pg_put(a, in->row.kind);
    pg_put(a, in->row.due_at);
    pg_put(a, in->row.received_at);
    pg_put_str(a, in->row.ref);
    pg_put_str(a, in->row.payload);
    pg_put(a, in->log.at);
    pg_put(a, in->log.dir);
    pg_put(a, in->log.delivery);
    pg_put_str(a, in->log.kind);
    pg_put_str(a, in->log.body);
    pg_put_str(a, in->log.ext_id);
}

static void put_item(struct pg_args *a, size_t k, const struct frt_ingest *in)
{
    pg_row(a, 0);
    const int64_t head[] = {(int64_t)k, in->tenant, in->channel, in->new_id, frt_shard(in->tenant, in->new_id),
                            in->day};
    for (size_t i = 0; i < FN_COUNT(head); i++) {
        pg_put(a, head[i]);
    }
    put_rest(a, in);
}

static void put_known(struct pg_args *a, size_t k, const struct frt_ingest *in)
{
    pg_row(a, 0);
    const int64_t head[] = {(int64_t)k, in->tenant, in->conv, in->day};
    for (size_t i = 0; i < FN_COUNT(head); i++) {
        pg_put(a, head[i]);
    }
    put_rest(a, in);
}

static void put_aliases(struct pg_args *a, unsigned group, size_t k, const struct frt_ingest *in)
{
    for (unsigned i = 0; i < in->n_aliases; i++) {
        pg_row(a, group);
        pg_put(a, (int64_t)k);
        pg_put(a, i);
        pg_put(a, in->tenant);
        pg_put_str(a, in->aliases[i]);
        pg_put(a, in->new_id);
    }
}

static void build_known(const struct pg_job *j, struct pg_seg *seg, const struct pg_waves *w, uint32_t wave)
{
    const struct frt_op_ingest *op = (const struct frt_op_ingest *)j->op;
    struct pg_args *a = NULL;
    for (size_t i = 0; i < op->n; i++) {
        if (j->mark[i] != SETTLED && w->wave[i] == wave && op->items[i].conv != 0) {
            a = a != NULL ? a : pg_seg_add(seg, PG_SQL_ingest_known);
            put_known(a, i, &op->items[i]);
        }
    }
    if (a != NULL) {
        pg_row(a, 1);
        pg_put(a, FRT_BACKLOG_MAX);
        pg_put(a, op->op.arena != NULL);
    }
}

static void build_unknown(const struct pg_job *j, struct pg_seg *seg, const struct pg_waves *w, uint32_t wave)
{
    const struct frt_op_ingest *op = (const struct frt_op_ingest *)j->op;
    struct pg_args *a = NULL;
    bool more = false;
    for (size_t i = 0; i < op->n; i++) {
        if (j->mark[i] != SETTLED && w->wave[i] == wave && op->items[i].conv == 0) {
            a = a != NULL ? a : pg_seg_add(seg, PG_SQL_ingest);
            put_item(a, i, &op->items[i]);
            put_aliases(a, 1, i, &op->items[i]);
            more = more || op->items[i].n_aliases > 1;
        }
    }
    if (a == NULL) {
        return;
    }
    pg_row(a, 2);
    pg_put(a, FRT_BACKLOG_MAX);
    if (!more) {
        return;
    }
    a = pg_seg_add(seg, PG_SQL_ingest_alias);
    for (size_t i = 0; i < op->n; i++) {
        if (j->mark[i] != SETTLED && w->wave[i] == wave && op->items[i].conv == 0 && op->items[i].n_aliases > 1) {
            put_aliases(a, 0, i, &op->items[i]);
        }
    }
}

void pg_build_ingest(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_ingest *op = (struct frt_op_ingest *)j->op;
    struct pg_waves w;
    if (!pg_waves_init(&w, op->n, KEYS_EACH) || !pg_marks(j, op->n)) {
        seg->failed = true;
        pg_waves_fini(&w);
        return;
    }
    for (size_t i = 0; i < op->n; i++) {
        uint64_t keys[KEYS_EACH];
        if (j->phase == 0) { /* a repetition of the whole begins anew */
            j->mark[i] = 0;
        }
        if (j->mark[i] != SETTLED) {
            pg_waves_put(&w, i, keys, keys_of(&op->items[i], keys), j->alone);
        }
    }
    for (uint32_t i = 0; i < w.n; i++) {
        build_known(j, seg, &w, i);
        build_unknown(j, seg, &w, i);
    }
    pg_waves_fini(&w);
}

static void settle(struct frt_ingest *in, enum ingest_state state, const struct pg_rows *rows, int r)
{
    static const enum fn_code codes[] = {FN_UNAVAILABLE, FN_OK, FN_OK, FN_LIMIT, FN_NOT_FOUND};
    in->code = codes[state];
    in->duplicate = state == DUPLICATE;
    int64_t conv = pg_int(rows, r, 2);
    in->contact = pg_int(rows, r, 3);
    in->row.id = state == DONE ? pg_int(rows, r, 4) : in->row.id;
    in->created = state == DONE && pg_int(rows, r, 5) != 0;
    in->conv = conv != 0 ? conv : in->conv;
}

/* The name is written by the statement itself, whose snapshot does not show it yet: when it is a new one, nothing is told. */
static void tell(struct pg_job *j, struct frt_ingest *in, const struct pg_rows *rows, int r)
{
    in->told = pg_int(rows, r, 6) != 0 && pg_str(rows, r, 9).n <= FRT_TOLD_MAX;
    if (!in->told) {
        return;
    }
    in->seq = pg_int(rows, r, 7);
    in->n_derived = pg_int(rows, r, 8) < FRT_DERIVED_MOST ? (size_t)pg_int(rows, r, 8) : FRT_DERIVED_MOST;
    pg_read_pairs(j, pg_keep(j, rows, r, 9), &in->pairs, &in->n_pairs);
    bool named = in->name.n == 0;
    for (size_t i = 0; i < in->n_pairs; i++) {
        named = named || (fn_str_eq(in->pairs[i].name, FN_STR("s:name")) && fn_str_eq(in->pairs[i].value, in->name));
    }
    in->told = named;
}

/* The aliases' statement has no rows. */
void pg_take_ingest(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_ingest *op = (struct frt_op_ingest *)j->op;
    (void)statement;
    for (int r = 0; r < rows->n; r++) {
        size_t k = (size_t)pg_int(rows, r, 0);
        int64_t state = pg_int(rows, r, 1);
        if (k >= op->n || state < AGAIN || state > MISSING) {
            continue;
        }
        if (state == AGAIN && j->phase < ASK_MAX) {
            j->again = true;
            continue;
        }
        op->items[k].told = false;
        if (state == DONE && op->items[k].conv != 0) { /* given by number: ingest_known's row */
            tell(j, &op->items[k], rows, r);
        }
        settle(&op->items[k], (enum ingest_state)state, rows, r);
        j->mark[k] = SETTLED;
    }
}
