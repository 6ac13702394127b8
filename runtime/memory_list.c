/* memory_list.c: the memory store's catalogue, documents, metrics and lists for people.
 * SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdlib.h>

void mem_do_image_put(struct frt_memory *m, struct frt_op_image_put *op)
{
    for (size_t i = 0; i < m->images.n; i++) {
        if (m->images.at[i].tenant == op->tenant && fn_str_eq(m->images.at[i].hash, op->hash)) {
            return;
        }
    }
    *MEM_PUSH(&m->images) = (struct mem_image){op->tenant, mem_keep(op->hash), mem_keep(op->bytes)};
}

static const struct mem_image *image_find(const struct frt_memory *m, int64_t tenant, struct fn_str hash)
{
    for (size_t i = 0; i < m->images.n; i++) {
        if (m->images.at[i].tenant == tenant && fn_str_eq(m->images.at[i].hash, hash)) {
            return &m->images.at[i];
        }
    }
    return NULL;
}

void mem_do_image_get(struct frt_memory *m, struct frt_op_image_get *op)
{
    const struct mem_image *image = image_find(m, op->tenant, op->hash);
    if (image == NULL) {
        op->op.code = FN_NOT_FOUND;
        return;
    }
    op->bytes = mem_give(&op->op, image->bytes);
}

static struct frt_pub *pub_place(struct frt_memory *m, int64_t tenant, struct fn_str funnel)
{
    size_t i = 0;
    while (i < m->pubs.n && (m->pubs.at[i].tenant < tenant ||
                             (m->pubs.at[i].tenant == tenant && fn_str_cmp(m->pubs.at[i].pub.funnel, funnel) < 0))) {
        i++;
    }
    if (i == m->pubs.n || m->pubs.at[i].tenant != tenant || !fn_str_eq(m->pubs.at[i].pub.funnel, funnel)) {
        (void)MEM_PUSH(&m->pubs);
        memmove(&m->pubs.at[i + 1], &m->pubs.at[i], (m->pubs.n - 1 - i) * sizeof m->pubs.at[0]);
        m->pubs.at[i] = (struct mem_pub){tenant, {.funnel = mem_keep(funnel), .hash = mem_keep(FN_STR(""))}};
    }
    return &m->pubs.at[i].pub;
}

void mem_do_publish(struct frt_memory *m, struct frt_op_publish *op)
{
    if ((op->pub.hash.n != 0 && image_find(m, op->tenant, op->pub.hash) == NULL) ||
        (op->pub.canary.n != 0 && image_find(m, op->tenant, op->pub.canary) == NULL)) {
        op->op.code = FN_NOT_FOUND;
        return;
    }
    struct frt_pub *p = pub_place(m, op->tenant, op->pub.funnel);
    bool again = fn_str_eq(p->hash, op->pub.hash);
    if (!again) {
        mem_set(&p->previous, p->hash);
        p->version++;
    }
    mem_set(&p->hash, op->pub.hash);
    mem_set(&p->canary, op->pub.canary);
    p->channel = op->pub.channel;
    p->at = op->pub.at;
    p->inflight = op->pub.inflight;
    p->percent = op->pub.percent;
    op->pub.version = p->version;
    op->pub.previous = mem_give(&op->op, p->previous);
}

void mem_do_pubs(struct frt_memory *m, struct frt_op_pubs *op)
{
    op->n = 0;
    op->pubs = mem_answer(&op->op, m->pubs.n, sizeof *op->pubs);
    for (size_t i = 0; i < m->pubs.n && op->pubs != NULL; i++) {
        if (m->pubs.at[i].tenant == op->tenant && m->pubs.at[i].pub.hash.n != 0) {
            struct frt_pub *p = &op->pubs[op->n++];
            *p = m->pubs.at[i].pub;
            p->funnel = mem_give(&op->op, p->funnel);
            p->hash = mem_give(&op->op, p->hash);
            p->previous = mem_give(&op->op, p->previous);
            p->canary = mem_give(&op->op, p->canary);
        }
    }
}

/* -- documents -------------------------------------------------------------------------------------------------------------------- */
static int doc_cmp(const struct mem_doc *d, int64_t tenant, struct fn_str collection, struct fn_str key)
{
    if (d->tenant != tenant) {
        return d->tenant < tenant ? -1 : 1;
    }
    int order = fn_str_cmp(d->doc.collection, collection);
    return order != 0 ? order : fn_str_cmp(d->doc.key, key);
}

size_t mem_doc_at(const struct frt_memory *m, int64_t tenant, struct fn_str collection, struct fn_str key, bool *found)
{
    size_t lo = 0, hi = m->docs.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (doc_cmp(&m->docs.at[mid], tenant, collection, key) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    *found = lo < m->docs.n && doc_cmp(&m->docs.at[lo], tenant, collection, key) == 0;
    return lo;
}

void mem_doc_set(struct frt_memory *m, int64_t tenant, const struct frt_doc *doc, int64_t rev)
{
    bool found;
    size_t i = mem_doc_at(m, tenant, doc->collection, doc->key, &found);
    if (doc->body.n == 0) {
        if (found) {
            mem_forget(&m->docs.at[i].doc.collection);
            mem_forget(&m->docs.at[i].doc.key);
            mem_forget(&m->docs.at[i].doc.body);
            MEM_DROP(&m->docs, i);
        }
        return;
    }
    if (!found) {
        (void)MEM_PUSH(&m->docs);
        memmove(&m->docs.at[i + 1], &m->docs.at[i], (m->docs.n - 1 - i) * sizeof m->docs.at[0]);
        m->docs.at[i] = (struct mem_doc){tenant, {mem_keep(doc->collection), mem_keep(doc->key), FN_STR_NULL, 0}};
    }
    mem_set(&m->docs.at[i].doc.body, doc->body);
    m->docs.at[i].doc.rev = rev >= 0 ? rev : m->docs.at[i].doc.rev + 1;
}

void mem_do_doc_put(struct frt_memory *m, struct frt_op_doc_put *op)
{
    bool found;
    for (size_t i = 0; i < op->n; i++) {
        size_t at = mem_doc_at(m, op->tenant, op->docs[i].collection, op->docs[i].key, &found);
        if (op->docs[i].rev >= 0 && op->docs[i].rev != (found ? m->docs.at[at].doc.rev : 0)) {
            op->op.code = FN_CONFLICT;
            return;
        }
    }
    for (size_t i = 0; i < op->n; i++) {
        struct frt_doc *d = &op->docs[i];
        size_t at = mem_doc_at(m, op->tenant, d->collection, d->key, &found);
        int64_t rev = (found ? m->docs.at[at].doc.rev : 0) + 1;
        mem_doc_set(m, op->tenant, d, rev);
        d->rev = d->body.n != 0 ? rev : 0;
    }
}

void mem_do_doc_get(struct frt_memory *m, struct frt_op_doc_get *op)
{
    bool found;
    struct fn_str from = op->key.n != 0 ? op->key : op->after;
    size_t i = mem_doc_at(m, op->tenant, op->collection, from, &found);
    size_t limit = op->key.n != 0 ? found : op->limit;
    i += op->key.n == 0 && found;
    op->n = 0;
    op->docs = mem_answer(&op->op, limit, sizeof *op->docs);
    for (; op->docs != NULL && op->n < limit && i < m->docs.n; i++) {
        const struct mem_doc *d = &m->docs.at[i];
        if (d->tenant != op->tenant || !fn_str_eq(d->doc.collection, op->collection)) {
            break;
        }
        op->docs[op->n++] = (struct frt_doc){mem_give(&op->op, d->doc.collection), mem_give(&op->op, d->doc.key),
                                             mem_give(&op->op, d->doc.body), d->doc.rev};
    }
}

/* -- metrics ------------------------------------------------------------------------------------------------------------------------ */
void mem_metric_add(struct frt_memory *m, int64_t tenant, const struct frt_metric *x)
{
    size_t i = 0;
    for (; i < m->metrics.n; i++) {
        const struct mem_metric *o = &m->metrics.at[i];
        int order = o->tenant != tenant ? (o->tenant < tenant ? -1 : 1) : fn_str_cmp(o->m.key, x->key);
        order = order != 0 ? order : (o->m.bucket > x->bucket) - (o->m.bucket < x->bucket);
        if (order == 0) {
            m->metrics.at[i].m.n += x->n;
            return;
        }
        if (order > 0) {
            break;
        }
    }
    (void)MEM_PUSH(&m->metrics);
    memmove(&m->metrics.at[i + 1], &m->metrics.at[i], (m->metrics.n - 1 - i) * sizeof m->metrics.at[0]);
    m->metrics.at[i] = (struct mem_metric){tenant, {mem_keep(x->key), x->bucket, x->n}};
}

void mem_do_metrics(struct frt_memory *m, struct frt_op_metrics *op)
{
    op->n = 0;
    op->metrics = mem_answer(&op->op, op->limit, sizeof *op->metrics);
    for (size_t i = 0; i < m->metrics.n && op->metrics != NULL; i++) {
        const struct mem_metric *x = &m->metrics.at[i];
        if (x->tenant != op->tenant || x->m.bucket < op->from || x->m.bucket >= op->to ||
            !fn_str_starts(x->m.key, op->prefix)) {
            continue;
        }
        struct frt_metric *last = op->n != 0 ? &op->metrics[op->n - 1] : NULL;
        if (!op->by_bucket && last != NULL && fn_str_eq(last->key, x->m.key)) {
            last->n += x->m.n;
        } else if (op->n < op->limit) {
            op->metrics[op->n++] =
                (struct frt_metric){mem_give(&op->op, x->m.key), op->by_bucket ? x->m.bucket : 0, x->m.n};
        } else {
            return;
        }
    }
}

/* -- lists ----------------------------------------------------------------------------------------------------------------------------- */
static bool conv_fits(const struct frt_conv *c, const struct frt_op_convs *op)
{
    return c->tenant == op->tenant && (op->conv != 0 ? c->conv == op->conv : c->conv > op->after) &&
           (op->channel == 0 || c->channel == op->channel) && (op->status < 0 || (int)c->status == op->status) &&
           (op->owner < 0 || (int)c->owner == op->owner);
}

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const struct frt_conv *)a)->conv, y = ((const struct frt_conv *)b)->conv;
    return (x > y) - (x < y);
}

void mem_do_convs(struct frt_memory *m, struct frt_op_convs *op)
{
    op->n = 0;
    op->convs = mem_answer(&op->op, m->convs.n, sizeof *op->convs);
    for (size_t i = 0; i < m->convs.n && op->convs != NULL; i++) {
        if (conv_fits(&m->convs.at[i]->c, op)) {
            mem_conv_give(&op->op, &op->convs[op->n], &m->convs.at[i]->c);
            op->convs[op->n].snap = op->conv != 0 ? op->convs[op->n].snap : FN_STR_NULL;
            op->n++;
        }
    }
    if (op->convs != NULL) {
        qsort(op->convs, op->n, sizeof *op->convs, by_id);
    }
    op->n = op->n < op->limit ? op->n : op->limit;
}

static int newest_first(const void *a, const void *b)
{
    const struct frt_message *x = a, *y = b;
    if (x->at != y->at) {
        return x->at > y->at ? -1 : 1;
    }
    return (x->id < y->id) - (x->id > y->id);
}

static void give_messages(const struct mem_conv *c, struct frt_op_messages *op)
{
    for (size_t k = 0; k < c->log.n; k++) {
        const struct frt_message *x = &c->log.at[k];
        bool older = op->before_at == 0 || x->at < op->before_at || (x->at == op->before_at && x->id < op->before_id);
        bool asked = !op->told || (x->dir != FRT_DIR_IN && x->ext_id.n > 0);
        if (older && asked) {
            struct frt_message *out = &op->messages[op->n++];
            *out = *x;
            out->kind = mem_give(&op->op, x->kind);
            out->body = op->told ? FN_STR_NULL : mem_give(&op->op, x->body);
            out->ext_id = mem_give(&op->op, x->ext_id);
        }
    }
}

void mem_do_messages(struct frt_memory *m, struct frt_op_messages *op)
{
    const struct mem_conv *c = mem_conv_find(m, op->tenant, op->conv);
    op->n = 0;
    op->messages = mem_answer(&op->op, c != NULL ? c->log.n : 0, sizeof *op->messages);
    if (c != NULL && op->messages != NULL) {
        give_messages(c, op);
        qsort(op->messages, op->n, sizeof *op->messages, newest_first);
    }
    op->n = op->n < op->limit ? op->n : op->limit;
}

void mem_do_turns(struct frt_memory *m, struct frt_op_turns *op)
{
    const struct mem_conv *c = mem_conv_find(m, op->tenant, op->conv);
    op->n = 0;
    op->turns = mem_answer(&op->op, op->limit, sizeof *op->turns);
    for (size_t i = 0; c != NULL && op->turns != NULL && i < c->turns.n && op->n < op->limit; i++) {
        if (c->turns.at[i].seq > op->after) {
            op->turns[op->n++] =
                (struct frt_turn_row){c->turns.at[i].seq, c->turns.at[i].at,
                                      mem_give(&op->op, (struct fn_str){c->turns.at[i].record, c->turns.at[i].n})};
        }
    }
}

static int by_place(const void *a, const void *b)
{
    const struct frt_standing *x = a, *y = b;
    int order = fn_str_cmp(x->funnel, y->funnel);
    order = order != 0 ? order : fn_str_cmp(x->prog, y->prog);
    order = order != 0 ? order : fn_str_cmp(x->stage, y->stage);
    return order != 0 ? order : (int)x->status - (int)y->status;
}

static void standing_add(struct frt_op_standing *op, const struct frt_conv *c)
{
    for (size_t i = 0; i < op->n; i++) {
        struct frt_standing *s = &op->rows[i];
        if (fn_str_eq(s->funnel, c->funnel) && fn_str_eq(s->prog, c->prog) && fn_str_eq(s->stage, c->stage) &&
            s->status == c->status) {
            s->n++;
            return;
        }
    }
    op->rows[op->n++] = (struct frt_standing){mem_give(&op->op, c->funnel), mem_give(&op->op, c->prog),
                                              mem_give(&op->op, c->stage), c->status, 1};
}

void mem_do_standing(struct frt_memory *m, struct frt_op_standing *op)
{
    op->n = 0;
    op->rows = mem_answer(&op->op, m->convs.n, sizeof *op->rows);
    for (size_t i = 0; i < m->convs.n && op->rows != NULL; i++) {
        const struct frt_conv *c = &m->convs.at[i]->c;
        bool stands = c->status == FRT_RUNNING || c->status == FRT_FAULTED;
        if (c->tenant == op->tenant && stands && (op->funnel.n == 0 || fn_str_eq(op->funnel, c->funnel))) {
            standing_add(op, c);
        }
    }
    if (op->rows != NULL) {
        qsort(op->rows, op->n, sizeof *op->rows, by_place);
    }
}

/* -- retention ---------------------------------------------------------------------------------------------------------------------------- */
static size_t purge_conv(struct mem_conv *c, const struct frt_op_purge *op)
{
    size_t removed = 0;
    for (size_t i = c->log.n; i-- > 0;) {
        if (c->log.at[i].at < op->log_before) {
            mem_forget(&c->log.at[i].kind);
            mem_forget(&c->log.at[i].body);
            mem_forget(&c->log.at[i].ext_id);
            MEM_DROP(&c->log, i);
            removed++;
        }
    }
    for (size_t i = c->turns.n; i-- > 0;) {
        if (c->turns.at[i].at < op->turns_before) {
            free(c->turns.at[i].record);
            MEM_DROP(&c->turns, i);
            removed++;
        }
    }
    return removed;
}

void mem_do_purge(struct frt_memory *m, struct frt_op_purge *op)
{
    op->removed = 0;
    for (size_t i = m->seen.n; i-- > 0;) {
        if (m->seen.at[i].day < op->seen_before_day && (op->tenant == 0 || m->seen.at[i].tenant == op->tenant)) {
            mem_forget(&m->seen.at[i].key);
            MEM_DROP(&m->seen, i);
            op->removed++;
        }
    }
    for (size_t i = m->metrics.n; i-- > 0;) {
        if (m->metrics.at[i].m.bucket < op->metrics_before &&
            (op->tenant == 0 || m->metrics.at[i].tenant == op->tenant)) {
            mem_forget(&m->metrics.at[i].m.key);
            MEM_DROP(&m->metrics, i);
            op->removed++;
        }
    }
    for (size_t i = 0; i < m->convs.n; i++) {
        if (op->tenant == 0 || m->convs.at[i]->c.tenant == op->tenant) {
            op->removed += purge_conv(m->convs.at[i], op);
        }
    }
}
