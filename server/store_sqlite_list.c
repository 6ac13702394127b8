/* store_sqlite_list.c: catalogue, documents and the lists for people, on SQLite.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sqlite_ops.h"

#define I(x) ((int64_t)(x))

/* -- catalogue -------------------------------------------------------------------------------------------------------------------------- */
void sq_do_image_put(struct sq *q, struct frt_op_image_put *op)
{
    (void)sq_run(q, SQ_IMAGE_ADD, "ibib", op->tenant, op->hash, op->at, op->bytes);
}

void sq_do_image_get(struct sq *q, struct frt_op_image_get *op)
{
    sq_ask(q, SQ_IMAGE_GET, "ib", op->tenant, op->hash);
    if (sq_next(q, SQ_IMAGE_GET)) {
        op->bytes = sq_give(&op->op, sq_str(q, SQ_IMAGE_GET, 0));
    } else {
        op->op.code = FN_NOT_FOUND;
    }
    sq_end(q, SQ_IMAGE_GET);
}

static bool has_image(struct sq *q, int64_t tenant, struct fn_str hash)
{
    sq_ask(q, SQ_IMAGE_HAS, "ib", tenant, hash);
    bool there = hash.n == 0 || sq_next(q, SQ_IMAGE_HAS);
    sq_end(q, SQ_IMAGE_HAS);
    return there;
}

void sq_do_publish(struct sq *q, struct frt_op_publish *op)
{
    struct frt_pub *p = &op->pub;
    if (!has_image(q, op->tenant, p->hash) || !has_image(q, op->tenant, p->canary)) {
        op->op.code = FN_NOT_FOUND;
        return;
    }
    sq_ask(q, SQ_PUB_SET, "isbiiibi", op->tenant, p->funnel, p->hash, p->channel, p->at, I(p->inflight), p->canary,
           I(p->percent));
    if (sq_next(q, SQ_PUB_SET)) {
        p->previous = sq_give(&op->op, sq_str(q, SQ_PUB_SET, 0));
        p->version = sq_int(q, SQ_PUB_SET, 1);
        (void)sq_next(q, SQ_PUB_SET);
    }
    sq_end(q, SQ_PUB_SET);
}

void sq_do_pubs(struct sq *q, struct frt_op_pubs *op)
{
    size_t cap = 0;
    op->n = 0;
    op->pubs = NULL;
    sq_ask(q, SQ_PUB_LIST, "i", op->tenant);
    while (sq_next(q, SQ_PUB_LIST)) {
        op->pubs = sq_more(&op->op, op->pubs, op->n, &cap, sizeof *op->pubs);
        if (op->pubs == NULL) {
            op->n = 0;
            break;
        }
        struct frt_pub *p = &op->pubs[op->n++];
        p->funnel = sq_give(&op->op, sq_str(q, SQ_PUB_LIST, 0));
        p->hash = sq_give(&op->op, sq_str(q, SQ_PUB_LIST, 1));
        p->previous = sq_give(&op->op, sq_str(q, SQ_PUB_LIST, 2));
        p->channel = sq_int(q, SQ_PUB_LIST, 3);
        p->version = sq_int(q, SQ_PUB_LIST, 4);
        p->at = sq_int(q, SQ_PUB_LIST, 5);
        p->inflight = (enum frt_inflight)sq_int(q, SQ_PUB_LIST, 6);
        p->canary = sq_give(&op->op, sq_str(q, SQ_PUB_LIST, 7));
        p->percent = (uint32_t)sq_int(q, SQ_PUB_LIST, 8);
    }
    sq_end(q, SQ_PUB_LIST);
}

/* -- documents --------------------------------------------------------------------------------------------------------------------------- */
int64_t sq_doc_set(struct sq *q, int64_t tenant, int64_t at, const struct frt_doc *d)
{
    int64_t rev = 0;
    if (d->body.n == 0) {
        (void)sq_run(q, SQ_DOC_DROP, "iss", tenant, d->collection, d->key);
        return 0;
    }
    sq_ask(q, SQ_DOC_SET, "issis", tenant, d->collection, d->key, at, d->body);
    if (sq_next(q, SQ_DOC_SET)) {
        rev = sq_int(q, SQ_DOC_SET, 0);
        (void)sq_next(q, SQ_DOC_SET);
    }
    sq_end(q, SQ_DOC_SET);
    return rev;
}

void sq_do_doc_put(struct sq *q, struct frt_op_doc_put *op)
{
    for (size_t i = 0; i < op->n && q->code == FN_OK; i++) {
        const struct frt_doc *d = &op->docs[i];
        sq_ask(q, SQ_DOC_REV, "iss", op->tenant, d->collection, d->key);
        int64_t rev = sq_next(q, SQ_DOC_REV) ? sq_int(q, SQ_DOC_REV, 0) : 0;
        sq_end(q, SQ_DOC_REV);
        if (d->rev >= 0 && d->rev != rev) {
            op->op.code = FN_CONFLICT;
            return;
        }
    }
    for (size_t i = 0; i < op->n && q->code == FN_OK; i++) {
        op->docs[i].rev = sq_doc_set(q, op->tenant, op->at, &op->docs[i]);
    }
}

void sq_do_doc_get(struct sq *q, struct frt_op_doc_get *op)
{
    size_t cap = 0;
    enum sq_stmt s = op->key.n != 0 ? SQ_DOC_GET : SQ_DOC_LIST;
    op->n = 0;
    op->docs = NULL;
    if (s == SQ_DOC_GET) {
        sq_ask(q, s, "iss", op->tenant, op->collection, op->key);
    } else {
        sq_ask(q, s, "issi", op->tenant, op->collection, op->after, I(op->limit));
    }
    while (sq_next(q, s)) {
        op->docs = sq_more(&op->op, op->docs, op->n, &cap, sizeof *op->docs);
        if (op->docs == NULL) {
            op->n = 0;
            break;
        }
        op->docs[op->n++] = (struct frt_doc){sq_give(&op->op, sq_str(q, s, 0)), sq_give(&op->op, sq_str(q, s, 1)),
                                             sq_give(&op->op, sq_str(q, s, 2)), sq_int(q, s, 3)};
    }
    sq_end(q, s);
}

/* -- lists --------------------------------------------------------------------------------------------------------------------------------- */
void sq_do_convs(struct sq *q, struct frt_op_convs *op)
{
    size_t cap = 0;
    enum sq_stmt s = op->conv != 0 ? SQ_CONV_GET : SQ_CONV_LIST;
    op->n = 0;
    op->convs = NULL;
    if (s == SQ_CONV_GET) {
        sq_ask(q, s, "ii", op->tenant, op->conv);
    } else {
        sq_ask(q, s, "iiiiii", op->tenant, op->after, op->channel, I(op->status), I(op->owner), I(op->limit));
    }
    while (sq_next(q, s)) {
        op->convs = sq_more(&op->op, op->convs, op->n, &cap, sizeof *op->convs);
        if (op->convs == NULL) {
            op->n = 0;
            break;
        }
        sq_conv_read(q, &op->op, s, op->tenant, &op->convs[op->n++]);
    }
    sq_end(q, s);
}

void sq_do_messages(struct sq *q, struct frt_op_messages *op)
{
    size_t cap = 0;
    enum sq_stmt s = SQ_MESSAGE_LIST;
    int64_t at = op->before_at != 0 ? op->before_at : FRT_NEVER, id = op->before_at != 0 ? op->before_id : FRT_NEVER;
    op->n = 0;
    op->messages = NULL;
    sq_ask(q, s, "iiiiii", op->tenant, op->conv, at, id, I(op->limit), I(op->told));
    while (sq_next(q, s)) {
        op->messages = sq_more(&op->op, op->messages, op->n, &cap, sizeof *op->messages);
        if (op->messages == NULL) {
            op->n = 0;
            break;
        }
        struct frt_message *m = &op->messages[op->n++];
        *m = (struct frt_message){.id = sq_int(q, s, 0), .conv = sq_int(q, s, 1), .at = sq_int(q, s, 2)};
        m->dir = (enum frt_dir)sq_int(q, s, 3);
        m->delivery = (enum frt_delivery)sq_int(q, s, 4);
        m->kind = sq_give(&op->op, sq_str(q, s, 5));
        m->body = sq_give(&op->op, sq_str(q, s, 6));
        m->ext_id = sq_give(&op->op, sq_str(q, s, 7));
        m->closed_by = (enum frt_closer)sq_int(q, s, 8);
    }
    sq_end(q, s);
}

void sq_do_turns(struct sq *q, struct frt_op_turns *op)
{
    size_t cap = 0;
    op->n = 0;
    op->turns = NULL;
    sq_ask(q, SQ_TURN_LIST, "iiii", op->tenant, op->conv, op->after, I(op->limit));
    while (sq_next(q, SQ_TURN_LIST)) {
        op->turns = sq_more(&op->op, op->turns, op->n, &cap, sizeof *op->turns);
        if (op->turns == NULL) {
            op->n = 0;
            break;
        }
        op->turns[op->n++] = (struct frt_turn_row){sq_int(q, SQ_TURN_LIST, 0), sq_int(q, SQ_TURN_LIST, 1),
                                                   sq_give(&op->op, sq_str(q, SQ_TURN_LIST, 2))};
    }
    sq_end(q, SQ_TURN_LIST);
}

void sq_do_metrics(struct sq *q, struct frt_op_metrics *op)
{
    size_t cap = 0;
    enum sq_stmt s = op->by_bucket ? SQ_METRIC_LIST : SQ_METRIC_SUM;
    op->n = 0;
    op->metrics = NULL;
    sq_ask(q, s, "iiisi", op->tenant, op->from, op->to, op->prefix, I(op->limit));
    while (sq_next(q, s)) {
        op->metrics = sq_more(&op->op, op->metrics, op->n, &cap, sizeof *op->metrics);
        if (op->metrics == NULL) {
            op->n = 0;
            break;
        }
        op->metrics[op->n++] = (struct frt_metric){sq_give(&op->op, sq_str(q, s, 0)), sq_int(q, s, 1), sq_int(q, s, 2)};
    }
    sq_end(q, s);
}

void sq_do_standing(struct sq *q, struct frt_op_standing *op)
{
    size_t cap = 0;
    op->n = 0;
    op->rows = NULL;
    sq_ask(q, SQ_STANDING, "is", op->tenant, op->funnel);
    while (sq_next(q, SQ_STANDING)) {
        op->rows = sq_more(&op->op, op->rows, op->n, &cap, sizeof *op->rows);
        if (op->rows == NULL) {
            op->n = 0;
            break;
        }
        struct frt_standing *r = &op->rows[op->n++];
        r->funnel = sq_give(&op->op, sq_str(q, SQ_STANDING, 0));
        r->prog = sq_give(&op->op, sq_str(q, SQ_STANDING, 1));
        r->stage = sq_give(&op->op, sq_str(q, SQ_STANDING, 2));
        r->status = (enum frt_status)sq_int(q, SQ_STANDING, 3);
        r->n = sq_int(q, SQ_STANDING, 4);
    }
    sq_end(q, SQ_STANDING);
}

void sq_do_purge(struct sq *q, struct frt_op_purge *op)
{
    const struct {
        enum sq_stmt s;
        int64_t before;
    } parts[] = {{SQ_PURGE_SEEN, op->seen_before_day},
                 {SQ_PURGE_LOG, op->log_before},
                 {SQ_PURGE_TURNS, op->turns_before},
                 {SQ_PURGE_METRICS, op->metrics_before}};
    op->removed = 0;
    for (size_t i = 0; i < FN_COUNT(parts); i++) {
        if (parts[i].before != 0 && sq_run(q, parts[i].s, "ii", parts[i].before, op->tenant)) {
            op->removed += (size_t)q->changes;
        }
    }
}
