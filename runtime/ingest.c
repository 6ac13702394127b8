/* ingest.c: what comes from outside, into the mailbox: copied, batched, and answered only after the commit.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>

enum { INBOUND_MAX = 1 << 20, INGEST_BATCH = 256, DAY_MS = 86400000, IDS_MAX = 8 };

struct ingest_batch {
    struct frt_op_ingest op;
    struct fn_arena arena;
    struct frt_engine *engine;
    struct inbound **from;
    unsigned tries;
};

void ingest_enter(struct frt_engine *e, struct inbound *in)
{
    in->modest = share_modest(e, in->t);
    in->t->arriving++;
    e->arriving++;
    share_count(e, in->t, in->modest);
}

void ingest_leave(struct frt_engine *e, struct inbound *in)
{
    in->t->arriving--;
    e->arriving--;
    share_count(e, in->t, -(int)in->modest);
}

void ingest_tell(struct frt_engine *e, struct inbound *in, enum fn_code code)
{
    struct frt_accepted accepted = {code, in->item.duplicate, in->item.conv, in->item.contact};
    if (in->told) {
        return;
    }
    in->told = true;
    e->stats.ingested += code == FN_OK && !in->item.duplicate;
    e->stats.duplicates += code == FN_OK && in->item.duplicate;
    e->stats.refused += code != FN_OK;
    if (in->done != NULL) {
        in->done(in->ctx, &accepted);
    }
}

void ingest_free(struct inbound *in)
{
    fn_buf_fini(&in->block);
    free(in);
}

static void answer(struct frt_engine *e, struct inbound *in, enum fn_code code)
{
    ingest_leave(e, in);
    if (code == FN_OK && in->by_alias && !in->known) {
        known_put(e, &in->item);
    }
    if (code == FN_OK && !in->item.duplicate) {
        if (e->c.elsewhere != NULL && !engine_runs(e, in->item.tenant, in->item.conv)) {
            e->c.elsewhere(e->c.ctx);
        }
        struct mail *m = mail_of(e, in->item.tenant, in->item.conv, in->item.channel);
        bool idle = m->state == MAIL_IDLE;
        mail_wake(e, m);
        m->fresh = idle ? recent_use(e, &in->item) : NULL;
    }
    ingest_tell(e, in, code);
    ingest_free(in);
}

/* -- copying ---------------------------------------------------------------------------------------------------------------------- */
/* Offsets while the block may move; pointers after settle_texts. */
static struct fn_str keep(struct fn_buf *b, struct fn_str s)
{
    size_t at = b->n;
    fn_buf_str(b, s);
    return (struct fn_str){(const char *)(uintptr_t)at, s.n};
}

static void settle_texts(struct inbound *in)
{
    struct frt_ingest *x = &in->item;
    struct fn_str *texts[] = {&x->address,     &x->name,       &x->dedupe,     &x->row.ref,
                              &x->row.payload, &x->log.kind,   &x->log.body,   &x->log.ext_id,
                              &x->aliases[0],  &x->aliases[1], &x->aliases[2], &x->aliases[3]};
    for (size_t i = 0; i < FN_COUNT(texts); i++) {
        texts[i]->p = texts[i]->n != 0 ? in->block.p + (uintptr_t)texts[i]->p : "";
    }
}

static void put_part(struct fn_buf *b, const char *key, struct fn_str value)
{
    if (value.n != 0) {
        fn_json_put_key(b, key);
        fn_json_put_str(b, value);
    }
}

static struct fn_str log_body(struct fn_buf *b, const struct frt_payload *p)
{
    size_t at = b->n;
    fn_buf_char(b, '{');
    put_part(b, "text", p->text);
    put_part(b, "option", p->option);
    put_part(b, "event", p->event_name);
    if (p->media.n != 0) {
        fn_json_put_key(b, "media");
        fn_buf_str(b, p->media);
    }
    if (p->event.n != 0) {
        fn_json_put_key(b, "fields");
        fn_buf_str(b, p->event);
    }
    fn_buf_char(b, '}');
    return (struct fn_str){(const char *)(uintptr_t)at, b->n - at};
}

/* Echoes get their log line in the turn, which knows whether they are ours. Attendants' own messages get theirs with the effect. */
static void copy_log(struct inbound *in, const struct frt_inbound *from)
{
    struct frt_ingest *x = &in->item;
    if (from->kind != FRT_IN_MESSAGE && from->kind != FRT_IN_EVENT) {
        return;
    }
    struct fn_str kind = from->kind == FRT_IN_EVENT   ? FN_STR("event")
                         : from->payload.media.n != 0 ? FN_STR("media")
                                                      : FN_STR("text");
    x->log = (struct frt_message){.at = x->row.received_at, .dir = FRT_DIR_IN};
    x->log.kind = keep(&in->block, from->log_kind.n != 0 ? from->log_kind : kind);
    x->log.body = from->log_body.n != 0 ? keep(&in->block, from->log_body) : log_body(&in->block, &from->payload);
    x->log.ext_id = keep(&in->block, from->ref);
}

static void copy_row(struct frt_engine *e, struct inbound *in, const struct frt_inbound *from)
{
    struct frt_row *row = &in->item.row;
    row->id = engine_id(e);
    row->kind = from->kind;
    row->received_at = row->due_at = engine_now(e);
    row->ref = keep(&in->block, from->ref);
    size_t at = in->block.n;
    frt_payload_write(&in->block, &from->payload);
    row->payload = (struct fn_str){(const char *)(uintptr_t)at, in->block.n - at};
}

static void look_up(struct frt_engine *e, struct inbound *in)
{
    struct frt_ingest *x = &in->item;
    in->by_alias = x->conv == 0;
    x->conv = in->by_alias ? known_find(e, x) : x->conv;
    in->known = in->by_alias && x->conv != 0;
}

static enum fn_code check(const struct frt_inbound *in)
{
    if (in->kind < FRT_IN_MESSAGE || in->kind > FRT_IN_SAY || in->n_aliases > FRT_ALIASES ||
        (in->n_aliases == 0 && in->conv == 0)) {
        return FN_INVALID;
    }
    for (unsigned i = 0; i < in->n_aliases; i++) {
        if (in->aliases[i].n == 0 || in->aliases[i].n > FRT_DEDUPE_MAX) {
            return FN_INVALID;
        }
    }
    return in->dedupe.n > FRT_DEDUPE_MAX || in->address.n > 127 || in->ref.n > 127 || in->name.n > 512 ? FN_LIMIT
                                                                                                       : FN_OK;
}

static enum fn_code copy(struct frt_engine *e, struct inbound *in, const struct frt_inbound *from)
{
    enum fn_code code = check(from);
    if (code != FN_OK) {
        return code;
    }
    struct frt_ingest *x = &in->item;
    fn_buf_init(&in->block, INBOUND_MAX);
    x->tenant = from->tenant;
    x->channel = from->channel;
    x->conv = from->conv;
    x->n_aliases = from->n_aliases;
    x->new_id = engine_id(e);
    for (unsigned i = 0; i < from->n_aliases; i++) {
        x->aliases[i] = keep(&in->block, from->aliases[i]);
    }
    x->address = keep(&in->block, from->address);
    x->name = keep(&in->block, from->name);
    copy_row(e, in, from);
    if (from->dedupe.n != 0) {
        x->dedupe = keep(&in->block, from->dedupe);
    } else { /* so that a repetition after a lost answer finds itself */
        char own[48];
        int n = snprintf(
            own, sizeof own, "@%llx-%llx", (unsigned long long)x->row.id,
            (unsigned long long)e->c.entropy.ops->next(e->c.entropy.self)); /* no other node's, whatever its number */
        x->dedupe = keep(&in->block, (struct fn_str){own, (size_t)n});
    }
    x->day = (from->sent_at != 0 ? from->sent_at : x->row.received_at) / DAY_MS;
    copy_log(in, from);
    settle_texts(in);
    look_up(e, in);
    return in->block.failed ? FN_LIMIT : FN_OK;
}

/* Who floods is refused first; what little another tenant sends finds room even then. */
static bool is_full(const struct frt_engine *e, const struct tenant *t)
{
    size_t most = e->c.ingest_max;
    return t->inbound.n >= (most + 1) / 2 || (e->inbound.n >= most && t->inbound.n >= most / 100);
}

void frt_engine_ingest(struct frt_engine *e, const struct frt_inbound *from, frt_accepted_fn done, void *ctx)
{
    struct inbound *in = engine_alloc(1, sizeof *in);
    in->done = done;
    in->ctx = ctx;
    in->refused = copy(e, in, from);
    struct tenant *t = in->t = tenant_of(e, from->tenant);
    if (in->refused == FN_OK && is_full(e, t)) {
        in->refused = FN_UNAVAILABLE;
    }
    ingest_enter(e, in);
    e->modest_waiting += in->modest;
    fair_put(&e->inbound, &t->inbound, &in->link);
}

void ingest_put_first(struct frt_engine *e, struct inbound *in)
{
    e->modest_waiting += in->modest;
    fair_put_first(&e->inbound, &in->t->inbound, &in->link);
}

/* -- batches --------------------------------------------------------------------------------------------------------------------------- */
static void batch_free(struct ingest_batch *b)
{
    fn_arena_fini(&b->arena);
    free(b->op.items);
    free(b->from);
    free(b);
}

/* A message is never refused for its neighbours: a batch that is refused for its content goes in one by one. */
static void submit(struct frt_engine *e, struct inbound **from, size_t n);

static void batch_done(struct frt_op *op)
{
    struct ingest_batch *b = op->owner;
    struct frt_engine *e = b->engine;
    if (op->code == FN_TIMEOUT && !e->dying && b->tries++ < LOST_TRIES) {
        for (size_t i = 0; i < b->op.n; i++) {
            b->op.items[i] = b->from[i]->item; /* as it was asked: what was answered may have been undone */
        }
        (void)engine_again(e, op);
        return;
    }
    e->ops--;
    e->ingests--;
    e->stats.store_ok = op->code != FN_UNAVAILABLE && op->code != FN_TIMEOUT;
    bool content = op->code != FN_OK && e->stats.store_ok;
    for (size_t i = 0; i < b->op.n; i++) {
        if (content && b->op.n > 1) {
            submit(e, &b->from[i], 1);
            continue;
        }
        struct inbound *in = b->from[i];
        if (content &&
            in->ids++ == 0) { /* by itself, too: its content, or its id is another's of that millisecond and number */
            engine_renumber(e);
            in->item.row.id = engine_id(e);
            submit(e, &b->from[i], 1);
            continue;
        }
        if (op->code == FN_OK && in->known && b->op.items[i].code == FN_NOT_FOUND) {
            known_drop(e, &in->item); /* it is gone: find or make another */
            in->item.conv = 0;
            in->known = false;
            submit(e, &b->from[i], 1);
            continue;
        }
        if (op->code == FN_OK && b->op.items[i].code == FN_UNAVAILABLE && in->ids++ < IDS_MAX) {
            engine_renumber(e); /* the id for whom it would have made was taken: another node drew the same number */
            in->item.new_id = engine_id(e);
            submit(e, &b->from[i], 1);
            continue;
        }
        in->item = b->op.items[i];
        answer(e, in, op->code == FN_OK ? in->item.code : op->code == FN_TIMEOUT ? FN_UNAVAILABLE : op->code);
    }
    batch_free(b);
}

static void submit(struct frt_engine *e, struct inbound **from, size_t n)
{
    struct ingest_batch *b = engine_alloc(1, sizeof *b);
    b->engine = e;
    b->from = engine_alloc(n, sizeof(struct inbound *));
    b->op.items = engine_alloc(n, sizeof *b->op.items);
    for (size_t i = 0; i < n; i++) {
        b->from[i] = from[i];
        b->op.items[i] = from[i]->item;
    }
    b->op.n = n;
    fn_arena_init(&b->arena, (size_t)64 << 20);
    b->op.op.kind = FRT_OP_INGEST;
    b->op.op.arena = &b->arena;
    b->op.op.owner = b;
    b->op.op.done = batch_done;
    e->ingests++;
    engine_submit(e, &b->op.op);
}

/* Whose turn it is; NULL: nothing waits. */
static struct tenant *next_tenant(const struct frt_engine *e)
{
    const struct fair_part *p = fair_turn(&e->inbound);
    return p != NULL ? ((const struct inbound *)p->first)->t : NULL;
}

static struct inbound *take(struct frt_engine *e)
{
    struct inbound *in = (struct inbound *)fair_take(&e->inbound);
    e->modest_waiting -= in->modest;
    return in;
}

/* The next of the queue for this batch: one of each tenant in turn, of none more than its share; NULL: all have theirs. */
static struct inbound *next_inbound(struct frt_engine *e)
{
    struct tenant *t;
    for (size_t passed = 0; passed <= e->inbound.parts && (t = next_tenant(e)) != NULL; passed++) {
        if (t->batch != e->batch) {
            t->batch = e->batch;
            t->batched = 0;
        }
        if (t->batched < share_messages(e, t) && share_places(e, t) != 0) {
            t->batched++;
            return take(e);
        }
        fair_pass(&e->inbound);
    }
    return NULL;
}

/* One batch at a time: a store takes them one behind the other, and what comes meanwhile would be tied to the second before the first has begun.
 * Before the first LEASE nobody knows what time it is: what arrives waits for it, and is told to come again when the store does not answer. */
void ingest_flush(struct frt_engine *e)
{
    if (e->started && !e->clocked && !e->c.forced) {
        if (e->store_failures != 0) {
            ingest_refuse(e);
        }
        return;
    }
    const struct tenant *t;
    size_t left = e->inbound.n + 1;
    while (e->ingests == 0 && e->inbound.n < left && (t = next_tenant(e)) != NULL && !share_waits(e, t)) {
        struct inbound *batch[INGEST_BATCH], *in;
        size_t n = 0;
        left = e->inbound.n;
        e->batch++;
        e->batch_modest = e->modest_waiting;
        while (n < INGEST_BATCH && (in = next_inbound(e)) != NULL) {
            if (in->refused != FN_OK) {
                answer(e, in, in->refused);
            } else if (!direct_take(e, in)) {
                batch[n++] = in;
            }
        }
        e->ingest_at = engine_now(e);
        if (n != 0) {
            submit(e, batch, n);
        }
    }
}

static void shift(struct inbound *in, int64_t by)
{
    in->item.row.received_at += by;
    in->item.row.due_at += by;
    in->item.log.at += by;
}

void ingest_shift(struct frt_engine *e, int64_t by)
{
    for (size_t i = 0; i < e->mails.cap; i++) {
        const struct mail *m = e->mails.slots[i].value;
        for (struct inbound *in = m != NULL ? m->held : NULL; in != NULL; in = in->held) {
            shift(in, by);
        }
    }
    struct fair_part *last = e->inbound.last, *p = last;
    while (p != NULL) {
        p = p->next;
        for (struct fair_item *at = p->first; at != NULL; at = at->next) {
            shift((struct inbound *)at, by);
        }
        p = p != last ? p : NULL;
    }
}

void ingest_refuse(struct frt_engine *e)
{
    while (e->inbound.n != 0) {
        answer(e, take(e), FN_UNAVAILABLE);
    }
}
