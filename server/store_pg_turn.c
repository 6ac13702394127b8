/* store_pg_turn.c: LOAD and COMMIT.
 *
 * COMMIT asks a second time, in a snapshot of its own, about turns that lost their compare-and-set: when a lost connection made us repeat
 * the batch, the loser may be our own earlier self, and the token tells.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store_pg_core.h"

#include <stdlib.h>

enum { G_TURN, G_CONSUME, G_PARK, G_ROWS, G_EFFECTS, G_LOG, G_METRICS, G_DOCS, G_PAIRS };

/* -- LOAD ------------------------------------------------------------------------------------------------------------------------ */
static void put_keys(struct pg_args *a, const struct frt_op_load *op, bool epochs)
{
    for (size_t i = 0; i < op->n; i++) {
        pg_row(a, 0);
        pg_put(a, (int64_t)i);
        pg_put(a, op->items[i].key.tenant);
        pg_put(a, op->items[i].key.conv);
        if (epochs) {
            pg_put(a, op->items[i].epoch);
        }
    }
}

void pg_build_load(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_load *op = (struct frt_op_load *)j->op;
    for (size_t i = 0; i < op->n; i++) {
        struct frt_loaded *in = &op->items[i];
        *in = (struct frt_loaded){.key = in->key, .epoch = in->epoch, .code = FN_NOT_FOUND, .orphan = -1};
    }
    put_keys(pg_seg_add(seg, PG_SQL_load_conv), op, true);
    struct pg_args *rows = pg_seg_add(seg, PG_SQL_load_rows);
    put_keys(rows, op, false);
    pg_row(rows, 1);
    pg_put(rows, FRT_BACKLOG_MAX + FRT_ROWS_MAX);
}

void pg_read_conv(struct pg_job *j, const struct pg_rows *rows, int r, int c, struct frt_conv *out)
{
    int64_t *const numbers[] = {&out->channel,  &out->contact,    &out->seq,        &out->epoch,
                                &out->token,    &out->run_seq,    &out->clock,      &out->timer,
                                &out->deadline, &out->last_in_at, &out->created_at, &out->updated_at};
    for (size_t i = 0; i < FN_COUNT(numbers); i++) {
        *numbers[i] = pg_int(rows, r, c++);
    }
    out->status = (enum frt_status)pg_int(rows, r, c++);
    out->owner = (enum frt_owner)pg_int(rows, r, c++);
    struct fn_str *const texts[] = {&out->address, &out->funnel, &out->stage, &out->prog,
                                    &out->snap,    &out->team,   &out->reason};
    for (size_t i = 0; i < FN_COUNT(texts); i++) {
        *texts[i] = pg_keep(j, rows, r, c++);
    }
}

/* A length of four bytes, most significant first, and so many bytes; the rest stays in *from. False: there is no more. */
static bool take_text(struct fn_str *from, struct fn_str *out)
{
    if (from->n < 4) {
        return false;
    }
    const unsigned char *p = (const unsigned char *)from->p;
    size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (n > from->n - 4) {
        return false;
    }
    *out = (struct fn_str){from->p + 4, n};
    *from = (struct fn_str){from->p + 4 + n, from->n - 4 - n};
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct frt_pair *x = a, *y = b;
    return fn_str_cmp(x->name, y->name);
}

void pg_read_pairs(struct pg_job *j, struct fn_str all, struct frt_pair **out, size_t *n)
{
    struct fn_str rest = all, text;
    int texts = 0;
    while (take_text(&rest, &text)) {
        texts++;
    }
    *n = 0;
    *out = pg_room(j, texts / 2, sizeof **out);
    while (*out != NULL && (int)*n < texts / 2) {
        struct frt_pair *pair = &(*out)[(*n)++];
        (void)(take_text(&all, &pair->name) && take_text(&all, &pair->value));
    }
    if (*n > 1) {
        qsort(*out, *n, sizeof **out, by_name); /* to sort each contact's few costs the server more */
    }
}

static void take_convs(struct pg_job *j, const struct pg_rows *rows)
{
    struct frt_op_load *op = (struct frt_op_load *)j->op;
    for (int r = 0; r < rows->n; r++) {
        size_t k = (size_t)pg_int(rows, r, 0);
        if (k < op->n) {
            struct frt_loaded *out = &op->items[k];
            out->code = FN_OK;
            out->conv = (struct frt_conv){.tenant = out->key.tenant, .conv = out->key.conv};
            pg_read_conv(j, rows, r, 1, &out->conv);
            pg_read_pairs(j, pg_keep(j, rows, r, 22), &out->pairs, &out->n_pairs);
            out->phone = pg_keep(j, rows, r, 23);
            out->orphan = pg_int(rows, r, 24);
        }
    }
}

/* How many rows from r on have the same number in column 0. */
static int run_of(const struct pg_rows *rows, int r)
{
    int n = 1;
    while (r + n < rows->n && pg_int(rows, r + n, 0) == pg_int(rows, r, 0)) {
        n++;
    }
    return n;
}

static void take_rows(struct pg_job *j, struct frt_loaded *out, const struct pg_rows *rows, int at, int n)
{
    out->rows = pg_room(j, n, sizeof *out->rows);
    for (int r = at; r < at + n && out->rows != NULL; r++) {
        struct frt_row *row = &out->rows[out->n_rows++];
        row->id = pg_int(rows, r, 1);
        row->kind = (enum frt_in_kind)pg_int(rows, r, 2);
        row->due_at = pg_int(rows, r, 3);
        row->received_at = pg_int(rows, r, 4);
        row->ref = pg_keep(j, rows, r, 5);
        row->payload = pg_keep(j, rows, r, 6);
        row->known = pg_int(rows, r, 7) != 0;
    }
}

void pg_take_load(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_load *op = (struct frt_op_load *)j->op;
    if (statement == 0) {
        take_convs(j, rows);
        return;
    }
    for (int r = 0, n = 0; r < rows->n; r += n) {
        size_t k = (size_t)pg_int(rows, r, 0);
        n = run_of(rows, r);
        if (k < op->n && op->items[k].code == FN_OK) {
            take_rows(j, &op->items[k], rows, r, n);
        }
    }
}

/* -- COMMIT ----------------------------------------------------------------------------------------------------------------------- */
static void put_key(struct pg_args *a, unsigned group, int64_t k, const struct frt_conv *c)
{
    pg_row(a, group);
    pg_put(a, k);
    pg_put(a, c->tenant);
    pg_put(a, c->conv);
}

static void put_length(struct fn_buf *b, size_t n)
{
    fn_buf_char(b, (char)(n >> 24 & 0xff));
    fn_buf_char(b, (char)(n >> 16 & 0xff));
    fn_buf_char(b, (char)(n >> 8 & 0xff));
    fn_buf_char(b, (char)(n & 0xff));
}

/* As pg_read_pairs reads them. */
static void put_pairs(struct pg_args *a, const struct frt_ingest *in)
{
    struct fn_buf b;
    fn_buf_init(&b, 2 * FRT_TOLD_MAX);
    for (size_t i = 0; i < in->n_pairs; i++) {
        put_length(&b, in->pairs[i].name.n);
        fn_buf_str(&b, in->pairs[i].name);
        put_length(&b, in->pairs[i].value.n);
        fn_buf_str(&b, in->pairs[i].value);
    }
    pg_put_str(a, fn_buf_view(&b));
    fn_buf_fini(&b);
}

static void put_turn(struct pg_args *a, int64_t k, const struct frt_turn *t)
{
    static const struct frt_ingest none = {.dedupe = {"", 0}};
    const struct frt_conv *c = &t->conv;
    const struct frt_ingest *in = t->direct != NULL ? t->direct : &none;
    int64_t derived = t->direct != NULL ? (int64_t)in->n_derived : -1;
    put_key(a, G_TURN, k, c);
    const int64_t numbers[] = {c->seq,        c->epoch,      t->token,  c->run_seq, c->clock, c->timer, c->deadline,
                               c->last_in_at, c->updated_at, c->status, c->owner,   derived,  in->day};
    for (size_t i = 0; i < FN_COUNT(numbers); i++) {
        pg_put(a, numbers[i]);
    }
    const struct fn_str texts[] = {c->funnel, c->stage, c->prog, c->snap, c->team, c->reason, t->record, in->dedupe};
    for (size_t i = 0; i < FN_COUNT(texts); i++) {
        pg_put_str(a, texts[i]);
    }
    put_pairs(a, in);
}

static void put_rows(struct pg_args *a, int64_t k, const struct frt_turn *t)
{
    for (size_t i = 0; i < t->n_consume; i++) {
        put_key(a, G_CONSUME, k, &t->conv);
        pg_put(a, t->consume[i]);
    }
    for (size_t i = 0; i < t->n_park + t->n_unpark; i++) {
        bool park = i < t->n_park;
        put_key(a, G_PARK, k, &t->conv);
        pg_put(a, park ? t->park[i] : t->unpark[i - t->n_park]);
        pg_put(a, park);
    }
    for (size_t i = 0; i < t->n_rows; i++) {
        const struct frt_row *r = &t->rows[i];
        put_key(a, G_ROWS, k, &t->conv);
        pg_put(a, r->id);
        pg_put(a, frt_shard(t->conv.tenant, t->conv.conv));
        pg_put(a, r->kind);
        pg_put(a, r->due_at);
        pg_put(a, r->received_at);
        pg_put_str(a, r->ref);
        pg_put_str(a, r->payload);
    }
}

static void put_effects(struct pg_args *a, int64_t k, const struct frt_turn *t)
{
    for (size_t i = 0; i < t->n_effects; i++) {
        const struct frt_effect *e = &t->effects[i];
        put_key(a, G_EFFECTS, k, &t->conv);
        const int64_t numbers[] = {e->id,       frt_shard(t->conv.tenant, t->conv.conv),
                                   e->channel,  e->contact,
                                   e->host,     e->policy,
                                   e->lane,     e->state,
                                   e->attempts, e->resent,
                                   e->call,     e->epoch,
                                   e->next_at,  e->created_at};
        for (size_t n = 0; n < FN_COUNT(numbers); n++) {
            pg_put(a, numbers[n]);
        }
        pg_put_str(a, e->payload);
        pg_put_str(a, e->funnel);
        pg_put_str(a, e->ext_id);
        pg_put_str(a, e->reason);
    }
}

static void put_line(struct pg_args *a, int64_t k, const struct frt_turn *t, int64_t id, const struct frt_message *m)
{
    put_key(a, G_LOG, k, &t->conv);
    pg_put(a, id);
    pg_put(a, m->at);
    pg_put(a, m->dir);
    pg_put(a, m->delivery);
    pg_put_str(a, m->kind);
    pg_put_str(a, m->body);
    pg_put_str(a, m->ext_id);
}

static void put_log(struct pg_args *a, int64_t k, const struct frt_turn *t)
{
    if (t->direct != NULL && t->direct->log.kind.n != 0) {
        put_line(a, k, t, t->direct->row.id, &t->direct->log);
    }
    for (size_t i = 0; i < t->n_log; i++) {
        put_line(a, k, t, t->log[i].id, &t->log[i]);
    }
    for (size_t i = 0; i < t->n_metrics; i++) {
        pg_row(a, G_METRICS);
        pg_put(a, k);
        pg_put(a, t->conv.tenant);
        pg_put_str(a, t->metrics[i].key);
        pg_put(a, t->metrics[i].bucket);
        pg_put(a, t->metrics[i].n);
        pg_put(a, t->token | 1); /* its part of the sum; 0 is the rolled-up one */
    }
}

static void put_data(struct pg_args *a, int64_t k, const struct frt_turn *t, int64_t *ord)
{
    for (size_t i = 0; i < t->n_docs; i++) {
        pg_row(a, G_DOCS);
        pg_put(a, k);
        pg_put(a, ++*ord);
        pg_put(a, t->conv.tenant);
        pg_put_str(a, t->docs[i].collection);
        pg_put_str(a, t->docs[i].key);
        pg_put_str(a, t->docs[i].body);
    }
    for (size_t i = 0; i < t->n_pairs; i++) {
        pg_row(a, G_PAIRS);
        pg_put(a, k);
        pg_put(a, ++*ord);
        pg_put_str(a, t->pairs[i].name);
        pg_put_str(a, t->pairs[i].value);
    }
}

/* In the order of the keys: two batches that meet take their row locks in the same order. */
struct place {
    int64_t tenant, conv;
    size_t at;
};

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->tenant != y->tenant) {
        return x->tenant < y->tenant ? -1 : 1;
    }
    if (x->conv != y->conv) {
        return x->conv < y->conv ? -1 : 1;
    }
    return (x->at > y->at) - (x->at < y->at);
}

static void build_turns(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_commit *op = (struct frt_op_commit *)j->op;
    struct place *places = calloc(op->n + 1, sizeof *places);
    if (places == NULL) {
        seg->failed = true;
        return;
    }
    for (size_t i = 0; i < op->n; i++) {
        places[i] = (struct place){op->items[i].conv.tenant, op->items[i].conv.conv, i};
        op->items[i].code = FN_CONFLICT;
    }
    qsort(places, op->n, sizeof *places, by_place);
    struct pg_args *a = NULL;
    int64_t ord = 0;
    for (size_t i = 0; i < op->n; i++) {
        bool same = i != 0 && places[i].tenant == places[i - 1].tenant && places[i].conv == places[i - 1].conv;
        a = a == NULL || same || j->alone ? pg_seg_add(seg, PG_SQL_commit)
                                          : a; /* two turns of one conversation: one after the other */
        int64_t k = (int64_t)places[i].at;
        const struct frt_turn *t = &op->items[k];
        put_turn(a, k, t);
        put_rows(a, k, t);
        put_effects(a, k, t);
        put_log(a, k, t);
        put_data(a, k, t, &ord);
    }
    free(places);
}

static void build_check(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_commit *op = (struct frt_op_commit *)j->op;
    struct pg_args *a = pg_seg_add(seg, PG_SQL_commit_check);
    for (size_t i = 0; i < op->n; i++) {
        if (op->items[i].code != FN_OK) {
            op->items[i].code = FN_NOT_FOUND;
            put_key(a, 0, (int64_t)i, &op->items[i].conv);
        }
    }
}

void pg_build_commit(struct pg_job *j, struct pg_seg *seg)
{
    if (j->phase == 0) {
        build_turns(j, seg);
    } else {
        build_check(j, seg);
    }
}

void pg_take_commit(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_commit *op = (struct frt_op_commit *)j->op;
    (void)statement;
    for (int r = 0; r < rows->n; r++) {
        size_t k = (size_t)pg_int(rows, r, 0);
        if (k >= op->n) {
            continue;
        }
        struct frt_turn *t = &op->items[k];
        bool mine = j->phase == 0 || (pg_int(rows, r, 1) == t->conv.seq + 1 && pg_int(rows, r, 2) == t->token);
        t->code = mine ? FN_OK : FN_CONFLICT;
    }
    j->again = false;
    for (size_t i = 0; i < op->n && j->phase == 0; i++) {
        j->again = j->again || op->items[i].code != FN_OK;
    }
}
