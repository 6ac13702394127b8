/* store_pg_list.c: catalogue, documents, lists for people, retention.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store_pg_core.h"

enum { PURGE_PIECE = 5000, HOUR_MS = 3600000 };

static struct pg_args *one(struct pg_seg *seg, enum pg_sql sql)
{
    struct pg_args *a = pg_seg_add(seg, sql);
    pg_row(a, 0);
    return a;
}

static int64_t limit_of(size_t limit)
{
    return limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
}

/* -- catalogue --------------------------------------------------------------------------------------------------------------------- */
void pg_build_image_put(struct pg_job *j, struct pg_seg *seg)
{
    const struct frt_op_image_put *op = (const struct frt_op_image_put *)j->op;
    struct pg_args *a = one(seg, PG_SQL_image_put);
    pg_put(a, op->tenant);
    pg_put_str(a, op->hash);
    pg_put(a, op->at);
    pg_put_str(a, op->bytes);
}

void pg_take_image_put(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    (void)j;
    (void)statement;
    (void)rows;
}

void pg_build_image_get(struct pg_job *j, struct pg_seg *seg)
{
    const struct frt_op_image_get *op = (const struct frt_op_image_get *)j->op;
    struct pg_args *a = one(seg, PG_SQL_image_get);
    pg_put(a, op->tenant);
    pg_put_str(a, op->hash);
}

void pg_take_image_get(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_image_get *op = (struct frt_op_image_get *)j->op;
    (void)statement;
    if (rows->n == 0) {
        j->code = FN_NOT_FOUND;
    } else {
        op->bytes = pg_keep(j, rows, 0, 0);
    }
}

void pg_build_publish(struct pg_job *j, struct pg_seg *seg)
{
    const struct frt_op_publish *op = (const struct frt_op_publish *)j->op;
    struct pg_args *a = one(seg, PG_SQL_publish);
    pg_put(a, op->tenant);
    pg_put_str(a, op->pub.funnel);
    pg_put_str(a, op->pub.hash);
    pg_put(a, op->pub.channel);
    pg_put(a, op->pub.at);
    pg_put(a, op->pub.inflight);
    pg_put_str(a, op->pub.canary);
    pg_put(a, op->pub.percent);
}

void pg_take_publish(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_publish *op = (struct frt_op_publish *)j->op;
    (void)statement;
    if (rows->n == 0) {
        j->code = FN_NOT_FOUND;
        return;
    }
    op->pub.version = pg_int(rows, 0, 0);
    op->pub.previous = pg_keep(j, rows, 0, 1);
}

void pg_build_pubs(struct pg_job *j, struct pg_seg *seg)
{
    const struct frt_op_pubs *op = (const struct frt_op_pubs *)j->op;
    pg_put(one(seg, PG_SQL_pubs), op->tenant);
}

void pg_take_pubs(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_pubs *op = (struct frt_op_pubs *)j->op;
    (void)statement;
    op->n = 0;
    op->pubs = pg_room(j, rows->n, sizeof *op->pubs);
    for (int r = 0; r < rows->n && op->pubs != NULL; r++) {
        struct frt_pub *p = &op->pubs[op->n++];
        p->funnel = pg_keep(j, rows, r, 0);
        p->hash = pg_keep(j, rows, r, 1);
        p->previous = pg_keep(j, rows, r, 2);
        p->channel = pg_int(rows, r, 3);
        p->version = pg_int(rows, r, 4);
        p->at = pg_int(rows, r, 5);
        p->inflight = (enum frt_inflight)pg_int(rows, r, 6);
        p->canary = pg_keep(j, rows, r, 7);
        p->percent = (uint32_t)pg_int(rows, r, 8);
    }
}

/* -- documents ----------------------------------------------------------------------------------------------------------------------- */
void pg_build_doc_put(struct pg_job *j, struct pg_seg *seg)
{
    const struct frt_op_doc_put *op = (const struct frt_op_doc_put *)j->op;
    struct pg_args *a = one(seg, PG_SQL_doc_put);
    pg_put(a, op->tenant);
    for (size_t i = 0; i < op->n; i++) {
        pg_row(a, 1);
        pg_put(a, (int64_t)i);
        pg_put_str(a, op->docs[i].collection);
        pg_put_str(a, op->docs[i].key);
        pg_put_str(a, op->docs[i].body);
        pg_put(a, op->docs[i].rev);
    }
}

void pg_take_doc_put(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_doc_put *op = (struct frt_op_doc_put *)j->op;
    (void)statement;
    for (int r = 0; r < rows->n; r++) {
        size_t k = (size_t)pg_int(rows, r, 0);
        if (pg_int(rows, r, 1) == 0) {
            j->code = FN_CONFLICT;
        } else if (k < op->n) {
            op->docs[k].rev = pg_int(rows, r, 2);
        }
    }
}

void pg_build_doc_get(struct pg_job *j, struct pg_seg *seg)
{
    const struct frt_op_doc_get *op = (const struct frt_op_doc_get *)j->op;
    struct pg_args *a = one(seg, PG_SQL_doc_get);
    pg_put(a, op->tenant);
    pg_put_str(a, op->collection);
    pg_put_str(a, op->key);
    pg_put_str(a, op->after);
    pg_put(a, op->key.n != 0 ? 1 : limit_of(op->limit));
}

void pg_take_doc_get(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_doc_get *op = (struct frt_op_doc_get *)j->op;
    (void)statement;
    op->n = 0;
    op->docs = pg_room(j, rows->n, sizeof *op->docs);
    for (int r = 0; r < rows->n && op->docs != NULL; r++) {
        op->docs[op->n++] = (struct frt_doc){pg_keep(j, rows, r, 0), pg_keep(j, rows, r, 1), pg_keep(j, rows, r, 2),
                                             pg_int(rows, r, 3)};
    }
}

/* -- lists ------------------------------------------------------------------------------------------------------------------------------ */
void pg_build_convs(struct pg_job *j, struct pg_seg *seg)
{
    const struct frt_op_convs *op = (const struct frt_op_convs *)j->op;
    struct pg_args *a = one(seg, PG_SQL_convs);
    const int64_t values[] = {op->tenant, op->conv, op->after, op->channel, op->status, op->owner, limit_of(op->limit)};
    for (size_t i = 0; i < FN_COUNT(values); i++) {
        pg_put(a, values[i]);
    }
}

void pg_take_convs(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_convs *op = (struct frt_op_convs *)j->op;
    (void)statement;
    op->n = 0;
    op->convs = pg_room(j, rows->n, sizeof *op->convs);
    for (int r = 0; r < rows->n && op->convs != NULL; r++) {
        struct frt_conv *c = &op->convs[op->n++];
        c->tenant = op->tenant;
        c->conv = pg_int(rows, r, 0);
        pg_read_conv(j, rows, r, 1, c);
    }
}

void pg_build_messages(struct pg_job *j, struct pg_seg *seg)
{
    const struct frt_op_messages *op = (const struct frt_op_messages *)j->op;
    struct pg_args *a = one(seg, PG_SQL_messages);
    pg_put(a, op->tenant);
    pg_put(a, op->conv);
    pg_put(a, op->before_at);
    pg_put(a, op->before_id);
    pg_put(a, limit_of(op->limit));
    pg_put(a, op->told);
}

void pg_take_messages(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_messages *op = (struct frt_op_messages *)j->op;
    (void)statement;
    op->n = 0;
    op->messages = pg_room(j, rows->n, sizeof *op->messages);
    for (int r = 0; r < rows->n && op->messages != NULL; r++) {
        struct frt_message *m = &op->messages[op->n++];
        m->id = pg_int(rows, r, 0);
        m->conv = pg_int(rows, r, 1);
        m->at = pg_int(rows, r, 2);
        m->dir = (enum frt_dir)pg_int(rows, r, 3);
        m->delivery = (enum frt_delivery)pg_int(rows, r, 4);
        m->kind = pg_keep(j, rows, r, 5);
        m->body = pg_keep(j, rows, r, 6);
        m->ext_id = pg_keep(j, rows, r, 7);
        m->closed_by = (enum frt_closer)pg_int(rows, r, 8);
    }
}

void pg_build_turns(struct pg_job *j, struct pg_seg *seg)
{
    const struct frt_op_turns *op = (const struct frt_op_turns *)j->op;
    struct pg_args *a = one(seg, PG_SQL_turns);
    pg_put(a, op->tenant);
    pg_put(a, op->conv);
    pg_put(a, op->after);
    pg_put(a, limit_of(op->limit));
}

void pg_take_turns(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_turns *op = (struct frt_op_turns *)j->op;
    (void)statement;
    op->n = 0;
    op->turns = pg_room(j, rows->n, sizeof *op->turns);
    for (int r = 0; r < rows->n && op->turns != NULL; r++) {
        op->turns[op->n++] = (struct frt_turn_row){pg_int(rows, r, 0), pg_int(rows, r, 1), pg_keep(j, rows, r, 2)};
    }
}

void pg_build_metrics(struct pg_job *j, struct pg_seg *seg)
{
    const struct frt_op_metrics *op = (const struct frt_op_metrics *)j->op;
    struct pg_args *a = one(seg, PG_SQL_metrics);
    pg_put(a, op->tenant);
    pg_put(a, op->from);
    pg_put(a, op->to);
    pg_put_str(a, op->prefix);
    pg_put(a, op->by_bucket);
    pg_put(a, limit_of(op->limit));
}

void pg_take_metrics(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_metrics *op = (struct frt_op_metrics *)j->op;
    (void)statement;
    op->n = 0;
    op->metrics = pg_room(j, rows->n, sizeof *op->metrics);
    for (int r = 0; r < rows->n && op->metrics != NULL; r++) {
        op->metrics[op->n++] = (struct frt_metric){pg_keep(j, rows, r, 0), pg_int(rows, r, 1), pg_int(rows, r, 2)};
    }
}

void pg_build_standing(struct pg_job *j, struct pg_seg *seg)
{
    const struct frt_op_standing *op = (const struct frt_op_standing *)j->op;
    struct pg_args *a = one(seg, PG_SQL_standing);
    pg_put(a, op->tenant);
    pg_put_str(a, op->funnel);
}

void pg_take_standing(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_standing *op = (struct frt_op_standing *)j->op;
    (void)statement;
    op->n = 0;
    op->rows = pg_room(j, rows->n, sizeof *op->rows);
    for (int r = 0; r < rows->n && op->rows != NULL; r++) {
        op->rows[op->n++] =
            (struct frt_standing){pg_keep(j, rows, r, 0), pg_keep(j, rows, r, 1), pg_keep(j, rows, r, 2),
                                  (enum frt_status)pg_int(rows, r, 3), pg_int(rows, r, 4)};
    }
}

/* -- retention ---------------------------------------------------------------------------------------------------------------------------- */
static void piece(struct pg_seg *seg, enum pg_sql sql, int64_t before, int64_t tenant)
{
    struct pg_args *a = one(seg, sql);
    pg_put(a, before);
    pg_put(a, tenant);
    pg_put(a, PURGE_PIECE);
}

/* A piece of each table, again and again until all were small. The ids of sent messages go with their messages. */
void pg_build_purge(struct pg_job *j, struct pg_seg *seg)
{
    struct frt_op_purge *op = (struct frt_op_purge *)j->op;
    op->removed = j->phase == 0 ? 0 : op->removed;
    piece(seg, PG_SQL_purge_seen, op->seen_before_day, op->tenant);
    piece(seg, PG_SQL_purge_messages, op->log_before, op->tenant);
    piece(seg, PG_SQL_purge_turns, op->turns_before, op->tenant);
    piece(seg, PG_SQL_purge_metrics, op->metrics_before, op->tenant);
    piece(seg, PG_SQL_purge_sent, op->log_before, op->tenant);
    if (j->phase == 0 && op->metrics_before > HOUR_MS) {
        struct pg_args *a = one(seg, PG_SQL_purge_roll);
        pg_put(a, op->metrics_before + HOUR_MS);
    }
}

void pg_take_purge(struct pg_job *j, unsigned statement, const struct pg_rows *rows)
{
    struct frt_op_purge *op = (struct frt_op_purge *)j->op;
    int64_t n = rows->n > 0 ? pg_int(rows, 0, 0) : 0;
    op->removed += statement < 4 ? (size_t)n : 0;
    j->again = j->again || n == PURGE_PIECE;
}
