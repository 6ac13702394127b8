/* outbox.c: effects on their way out. A lane of a conversation has one effect in flight, in order; the next begins when the outcome of the last
 * is durable. The policy says what an unknown outcome means.
 *
 *     QUEUED -> [CLAIMING] -> SENDING -> CLOSING -> gone
 *                                |-> QUEUED, state READY (certainly not sent, or to be repeated): claimed again, later
 *                                |-> UNKNOWN (reconcile: echo or status) -> QUERYING -> QUEUED once more, or given up
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"
#include "fn_utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXTS_MAX = 1 << 20, OUT_BATCH = 256, BACKOFF_SHIFT_MAX = 16 };

/* -- queues of jobs ------------------------------------------------------------------------------------------------------------------ */
static void queue(struct sending **first, struct sending **last, struct sending *s)
{
    s->next_job = NULL;
    if (*first == NULL) {
        *first = s;
    } else {
        (*last)->next_job = s;
    }
    *last = s;
}

static void sending_free(struct sending *s)
{
    fn_buf_fini(&s->texts);
    free(s->block);
    free(s);
}

static struct lane *lane_of(struct sending *s)
{
    return &s->mail->lanes[s->e.lane];
}

/* -- verdicts -------------------------------------------------------------------------------------------------------------------------- */
static struct fn_str keep(struct sending *s, struct fn_str text)
{
    size_t at = s->texts.n;
    fn_buf_str(&s->texts, text);
    return (struct fn_str){(const char *)(uintptr_t)at, text.n};
}

static void settle_text(struct sending *s, struct fn_str *text)
{
    text->p = text->n != 0 && !s->texts.failed ? s->texts.p + (uintptr_t)text->p : "";
    text->n = s->texts.failed ? 0 : text->n;
}

static struct fn_str result_payload(struct sending *s, const struct frt_sent *sent, enum frt_verdict verdict)
{
    struct frt_payload p = {.effect = s->e.id, .call = s->e.call};
    p.present = verdict == FRT_V_SENT && sent->present && agent_id_fits(s->engine, &s->e, sent->result);
    p.text = p.present ? sent->result : verdict == FRT_V_FAILED && s->e.call == 0 ? sent->reason : FN_STR_NULL;
    size_t at = s->texts.n;
    frt_payload_write(&s->texts, &p);
    return (struct fn_str){(const char *)(uintptr_t)at, s->texts.n - at};
}

/* Puts the verdict on its way to the store. A call gets its RESULT row in either case; a send that was given up tells the program. */
static void close_with(struct sending *s, enum frt_verdict verdict, enum frt_closer by, const struct frt_sent *sent,
                       int64_t next_at)
{
    struct frt_engine *e = s->engine;
    int64_t now = engine_now(e);
    struct frt_done *d = &s->done;
    bool final = verdict == FRT_V_SENT || verdict == FRT_V_FAILED;
    bool told = s->e.call != 0 || (verdict == FRT_V_FAILED && s->e.policy == FBC_POLICY_RECONCILE);
    fn_buf_clear(&s->texts);
    *d = (struct frt_done){
        .tenant = s->e.tenant, .conv = s->e.conv, .effect = s->e.id, .epoch = s->e.epoch, .verdict = verdict};
    d->attempts = s->e.attempts;
    d->resent = s->e.resent;
    d->closed_by = by;
    d->at = now;
    d->next_at = next_at;
    d->ext_id = keep(s, sent->ext_id);
    d->reason = keep(s, sent->reason);
    if (final && told) {
        d->row = (struct frt_row){.id = frt_result_row(s->e.id), .received_at = now, .due_at = now};
        d->row.kind = s->e.call != 0 ? FRT_IN_RESULT : FRT_IN_FAILED;
        d->row.payload = result_payload(s, sent, verdict);
        d->fail_row = s->e.call == 0;
    }
    d->drop = verdict == FRT_V_FAILED && s->e.call != 0;
    settle_text(s, &d->ext_id);
    settle_text(s, &d->reason);
    settle_text(s, &d->row.payload);
    s->e.next_at = next_at;
    s->state = SEND_CLOSING;
    queue(&e->done_first, &e->done_last, s);
}

static void give_up(struct sending *s, enum frt_closer by, struct fn_str reason)
{
    struct frt_engine *e = s->engine;
    struct frt_sent sent = {.outcome = FRT_REJECTED, .reason = reason};
    e->stats.dead += s->e.call == 0;
    engine_log(e, FRT_LOG_WARN, "effect.dead", s->e.tenant, s->e.conv, reason);
    close_with(s, FRT_V_FAILED, by, &sent, 0);
}

/* What told it may have come at any moment, also when it was about to be sent once more. */
static void close_confirmed(struct sending *s)
{
    struct frt_sent yes = {.outcome = FRT_SENT, .ext_id = fn_str_c(s->ext_id)};
    s->engine->stats.reconciled++;
    close_with(s, FRT_V_SENT, s->confirmed, &yes, 0);
}

static int64_t backoff(struct frt_engine *e, uint32_t attempts, int64_t retry_after)
{
    if (retry_after > 0) {
        return retry_after < (int64_t)e->c.retry_cap_ms ? retry_after : (int64_t)e->c.retry_cap_ms;
    }
    uint32_t shift = attempts < BACKOFF_SHIFT_MAX ? attempts : BACKOFF_SHIFT_MAX;
    uint64_t most = (uint64_t)e->c.retry_base_ms << shift;
    most = most < e->c.retry_cap_ms ? most : e->c.retry_cap_ms;
    return (int64_t)(e->c.entropy.ops->next(e->c.entropy.self) % (most + 1));
}

/* A message waits for as long as its reader does, a session that broke in the evening is mended in the morning; a call has a customer who waits. */
static bool is_enough(const struct sending *s, uint32_t tries)
{
    const struct frt_engine_config *c = &s->engine->c;
    return s->e.call != 0 ? tries >= c->call_tries
                          : tries >= c->tries && engine_now(s->engine) - s->e.created_at >= (int64_t)c->patience_ms;
}

static void try_at(struct sending *s, const struct frt_sent *sent, int64_t at)
{
    struct frt_engine *e = s->engine;
    if (is_enough(s, s->e.attempts)) {
        give_up(s, FRT_BY_TRIES, sent->reason.n != 0 ? sent->reason : FN_STR("too many tries"));
        return;
    }
    e->stats.retried++;
    close_with(s, FRT_V_RETRY, FRT_BY_NOBODY, sent, at);
}

static void try_later(struct sending *s, const struct frt_sent *sent)
{
    try_at(s, sent, engine_now(s->engine) + backoff(s->engine, s->e.attempts, sent->retry_after));
}

static void outcome_unknown(struct sending *s, const struct frt_sent *sent)
{
    struct frt_engine *e = s->engine;
    e->stats.unknown++;
    switch ((enum fbc_policy)s->e.policy) {
    case FBC_POLICY_IDEMPOTENT:
    case FBC_POLICY_AT_LEAST_ONCE: try_later(s, sent); break;
    case FBC_POLICY_RECONCILE:
        if (s->confirmed != FRT_BY_NOBODY) {
            close_confirmed(s);
        } else {
            close_with(s, FRT_V_UNKNOWN, FRT_BY_NOBODY, sent, engine_now(e) + (int64_t)e->c.reconcile_ms);
        }
        break;
    case FBC_POLICY_AT_MOST_ONCE:
    case FBC_POLICY_LOCAL: give_up(s, FRT_BY_DOUBT, FN_STR("unknown")); break;
    }
}

/* -- the provider ------------------------------------------------------------------------------------------------------------------------ */
static void on_sent(void *ctx, const struct frt_sent *sent)
{
    struct sending *s = ctx;
    struct frt_engine *e = s->engine;
    e->stats.sending--;
    s->mail->t->sending--;
    switch (sent->outcome) {
    case FRT_SENT:
        e->stats.sent++;
        close_with(s, FRT_V_SENT, FRT_BY_ANSWER, sent, 0);
        break;
    case FRT_REJECTED: give_up(s, FRT_BY_REFUSAL, sent->reason); break;
    case FRT_NOT_SENT:
    case FRT_ABSENT:
        s->left = s->e.resent != 0; /* the one before, of which nothing is known */
        try_later(s, sent);
        break;
    case FRT_UNKNOWN: outcome_unknown(s, sent); break;
    }
}

static void resend_or_give_up(struct sending *s, struct fn_str reason)
{
    if (s->e.resent >= s->engine->c.resends) {
        give_up(s, FRT_BY_DOUBT, reason);
        return;
    }
    struct frt_sent again = {.outcome = FRT_UNKNOWN, .reason = reason};
    s->e.resent++;
    s->engine->stats.resent++;
    close_with(s, FRT_V_RETRY, FRT_BY_NOBODY, &again, engine_now(s->engine));
}

static void on_queried(void *ctx, const struct frt_sent *sent)
{
    struct sending *s = ctx;
    struct frt_engine *e = s->engine;
    e->stats.sending--;
    s->mail->t->sending--;
    if (s->confirmed != FRT_BY_NOBODY) {
        close_confirmed(s);
    } else if (sent->outcome == FRT_SENT) {
        e->stats.reconciled++;
        close_with(s, FRT_V_SENT, FRT_BY_QUESTION, sent, 0);
    } else if (sent->outcome == FRT_ABSENT) {
        s->left = false;
        try_at(s, sent,
               engine_now(e)); /* certainly not there: sending it is no repetition, and the provider is there */
    } else if (sent->outcome == FRT_NOT_SENT && !is_enough(s, s->asked)) { /* not reached: that is no answer */
        s->asked++;
        close_with(s, FRT_V_UNKNOWN, FRT_BY_NOBODY, sent, engine_now(e) + backoff(e, s->asked, sent->retry_after));
    } else {
        resend_or_give_up(s, FN_STR("unknown"));
    }
}

static struct frt_send request(struct sending *s)
{
    struct mail *m = s->mail;
    snprintf(s->address, sizeof s->address, "%s", m->address);
    snprintf(s->key, sizeof s->key, "f-%llx-%llx-%llx", (unsigned long long)s->e.tenant, (unsigned long long)s->e.conv,
             (unsigned long long)s->e.id);
    return (struct frt_send){.tenant = s->e.tenant,
                             .channel = s->e.channel,
                             .contact = s->e.contact,
                             .conv = s->e.conv,
                             .effect = s->e.id,
                             .host = s->e.host,
                             .attempt = s->e.attempts,
                             .asked = s->asked,
                             .address = fn_str_c(s->address),
                             .payload = s->e.payload,
                             .funnel = s->e.funnel,
                             .key = fn_str_c(s->key),
                             .last_in_at = m->last_in_at,
                             .created_at = s->e.created_at,
                             .send_by = nodes_send_by(s->engine)};
}

/* Its shard is no longer this node's, or was not for a while: the store has it, and whoever owns it adopts it. */
static bool is_lost(const struct sending *s)
{
    int64_t epoch = engine_epoch(s->engine, s->e.tenant, s->e.conv);
    return epoch == 0 || (s->orphan ? s->found : s->e.epoch) != epoch;
}

static void leave_lane(struct sending *s);

/* The shard was lost and won again while this was out, and the search for orphans found it: it may not leave the lane, or what comes behind it
 * overtakes. It is claimed under the new epoch and goes on by policy. `state`: what this node knows of it, READY: nothing of the present attempt is
 * out. That counts if nobody else had it meanwhile, which the claim tells. False: it was not so. */
static bool begin_anew(struct sending *s, enum frt_effect_state state)
{
    if (s->found == 0 || s->found != engine_epoch(s->engine, s->e.tenant, s->e.conv)) {
        return false;
    }
    s->own = s->own || !s->orphan;
    s->orphan = true;
    s->state = SEND_QUEUED;
    s->e.state = state;
    outbox_pump(s->engine, s->mail);
    return true;
}

static bool may_send(const struct frt_engine *e)
{
    return nodes_may_send(e) && e->stats.sending < e->c.sends_max && !e->draining && !e->dying;
}

static void begin(struct sending *s, bool query)
{
    struct frt_engine *e = s->engine;
    if (s->confirmed != FRT_BY_NOBODY) {
        close_confirmed(s);
        return;
    }
    if (is_lost(s)) { /* `query` is of one that may have arrived; the others were not sent since they were claimed */
        if (!begin_anew(s, query ? FRT_E_UNKNOWN : FRT_E_READY)) {
            leave_lane(s);
        }
        return;
    }
    struct tenant *t = s->mail->t;
    if (!may_send(e) || t->sending >= e->c.tenant_sends) {
        s->state = SEND_BLOCKED;
        s->query = query;
        fair_put(&e->blocked, &t->blocked, &s->link);
        return;
    }
    const struct frt_provider *p = &e->c.provider;
    if (!query && window_forbids(e, &s->e, s->mail->last_in_at)) {
        give_up(s, FRT_BY_WINDOW, FN_STR(FRT_WINDOW_CLOSED));
        return;
    }
    if (query && p->ops->query == NULL) {
        resend_or_give_up(s, FN_STR("unknown"));
        return;
    }
    e->stats.sending++;
    t->sending++;
    s->state = query ? SEND_QUERYING : SEND_SENDING;
    s->left = true;
    struct frt_send send = request(s);
    if (query) {
        p->ops->query(p->self, &send, on_queried, s);
    } else {
        p->ops->send(p->self, &send, on_sent, s);
    }
}

/* -- a lane -------------------------------------------------------------------------------------------------------------------------------- */
static void claim(struct sending *s)
{
    s->state = SEND_CLAIMING;
    s->claim = (struct frt_claim){.tenant = s->e.tenant, .conv = s->e.conv, .effect = s->e.id};
    s->claim.epoch = engine_epoch(s->engine, s->e.tenant, s->e.conv);
    s->claim.attempts = s->e.attempts;
    queue(&s->engine->claim_first, &s->engine->claim_last, s);
}

/* Claimed. What the row itself said counts, not what was known of it before: a former owner may have sent it, and again, since it was found. */
static void begin_claimed(struct sending *s, const struct frt_claim *x)
{
    bool untouched = s->own && s->e.state == FRT_E_READY && x->attempt == s->e.attempts + 1;
    s->own = s->orphan = false;
    s->e.epoch = x->epoch;
    s->e.state = x->ready ? FRT_E_STARTED : FRT_E_UNKNOWN;
    s->e.attempts = x->attempt;
    s->e.resent = x->resent;
    s->state = SEND_QUEUED;
    if (x->ready || untouched) {
        begin(s, false);
    } else if (s->e.policy == FBC_POLICY_RECONCILE) {
        s->left = true;
        begin(s, true);
    } else if (s->e.policy == FBC_POLICY_AT_MOST_ONCE) {
        give_up(s, FRT_BY_DOUBT, FN_STR("unknown"));
    } else {
        begin(s, false);
    }
}

static void drop_lost(struct frt_engine *e, struct lane *lane)
{
    struct sending *s = lane->first;
    while (s != NULL && (s->state == SEND_QUEUED || s->state == SEND_UNKNOWN) && is_lost(s)) {
        lane->first = s->next;
        lane->n--;
        e->stats.lanes--;
        sending_free(s);
        s = lane->first;
    }
    lane->last = s == NULL ? NULL : lane->last;
}

static void pump_lane(struct frt_engine *e, struct lane *lane, int64_t now)
{
    drop_lost(e, lane);
    struct sending *s = lane->first;
    if (s == NULL) {
        return;
    }
    if (s->orphan && !s->mail->known) {
        return; /* the contact's address comes with the conversation, which is being loaded */
    }
    if ((s->state == SEND_QUEUED || s->state == SEND_UNKNOWN) && s->e.next_at > now) {
        engine_timer(e, s->e.next_at, s->e.tenant, s->e.conv);
        return;
    }
    switch (s->state) {
    case SEND_QUEUED:
        if (s->orphan || s->e.state == FRT_E_READY) {
            claim(s);
        } else {
            begin(s, false);
        }
        break;
    case SEND_UNKNOWN: begin(s, true); break;
    case SEND_CLAIMING:
    case SEND_BLOCKED:
    case SEND_SENDING:
    case SEND_QUERYING:
    case SEND_CLOSING: break;
    }
}

void outbox_pump(struct frt_engine *e, struct mail *m)
{
    int64_t now = engine_now(e);
    pump_lane(e, &m->lanes[FRT_LANE_SEND], now);
    pump_lane(e, &m->lanes[FRT_LANE_CALL], now);
}

static char *copy_texts(struct frt_effect *e)
{
    struct fn_str *texts[] = {&e->payload, &e->funnel, &e->ext_id, &e->reason};
    size_t n = 1;
    for (size_t i = 0; i < FN_COUNT(texts); i++) {
        n += texts[i]->n;
    }
    char *block = engine_alloc(n, 1);
    char *p = block;
    for (size_t i = 0; i < FN_COUNT(texts); i++) {
        if (texts[i]->n != 0) {
            memcpy(p, texts[i]->p, texts[i]->n);
        }
        texts[i]->p = p;
        p += texts[i]->n;
    }
    return block;
}

static struct sending *find(const struct lane *lane, int64_t effect)
{
    struct sending *s = lane->first;
    while (s != NULL && s->e.id != effect) {
        s = s->next;
    }
    return s;
}

bool outbox_holds(const struct mail *m, int64_t effect)
{
    return find(&m->lanes[FRT_LANE_SEND], effect) != NULL || find(&m->lanes[FRT_LANE_CALL], effect) != NULL;
}

void outbox_push(struct frt_engine *e, struct mail *m, const struct frt_effect *effect, bool orphan)
{
    struct lane *lane = &m->lanes[effect->lane];
    struct sending *s = find(lane, effect->id);
    if (s != NULL) { /* lost and won again meanwhile: it begins anew, as any orphan; what is out, when it comes back */
        if (orphan && is_lost(s)) {
            s->found = engine_epoch(e, effect->tenant, effect->conv);
            if (s->state == SEND_QUEUED || s->state == SEND_UNKNOWN) {
                (void)begin_anew(s, s->orphan ? s->e.state : s->state == SEND_QUEUED ? FRT_E_READY : FRT_E_UNKNOWN);
            }
        }
        return;
    }
    s = engine_alloc(1, sizeof *s);
    s->engine = e;
    s->mail = m;
    s->e = *effect;
    s->block = copy_texts(&s->e);
    s->orphan = orphan;
    s->left = orphan && (effect->state != FRT_E_READY || effect->resent != 0);
    s->found = orphan ? engine_epoch(e, effect->tenant, effect->conv) : 0;
    fn_buf_init(&s->texts, TEXTS_MAX);
    struct sending **at = &lane->first; /* orphans may be older than what is there */
    while (*at != NULL && ((*at)->e.id < s->e.id || (*at)->state != SEND_QUEUED)) {
        at = &(*at)->next;
    }
    s->next = *at;
    *at = s;
    lane->last = s->next == NULL ? s : lane->last;
    lane->n++;
    e->stats.lanes++;
    if (lane->first == s) {
        pump_lane(e, lane, engine_now(e));
    }
}

static void leave_lane(struct sending *s)
{
    struct lane *lane = lane_of(s);
    struct mail *m = s->mail;
    struct frt_engine *e = s->engine;
    lane->first = s->next;
    lane->last = lane->first == NULL ? NULL : lane->last;
    lane->n--;
    e->stats.lanes--;
    sending_free(s);
    outbox_pump(e, m);
    mail_forget(e, m);
}

bool outbox_busy(const struct mail *m)
{
    for (size_t i = 0; i < FN_COUNT(m->lanes); i++) {
        for (const struct sending *s = m->lanes[i].first; s != NULL; s = s->next) {
            if (s->state != SEND_UNKNOWN && (s->state != SEND_QUEUED || s->e.state != FRT_E_READY)) {
                return true;
            }
        }
    }
    return false;
}

void outbox_free(struct mail *m)
{
    for (size_t i = 0; i < FN_COUNT(m->lanes); i++) {
        while (m->lanes[i].first != NULL) {
            struct sending *s = m->lanes[i].first;
            m->lanes[i].first = s->next;
            sending_free(s);
        }
    }
}

/* A conflict under the epoch that this node believes in: the shard has another owner since, and what is behind this in the lane is his as well. */
static void leave_to_other(struct sending *s, enum fn_code code, int64_t epoch)
{
    if (code == FN_CONFLICT && epoch == engine_epoch(s->engine, s->e.tenant, s->e.conv)) {
        recover_doubt(s->engine, s->e.tenant, s->e.conv);
    }
    leave_lane(s);
}

/* -- batches -------------------------------------------------------------------------------------------------------------------------------- */
struct out_batch {
    struct frt_op_claim claim;
    struct frt_op_done done;
    struct frt_engine *engine;
    struct sending **from;
};

static void batch_free(struct out_batch *b)
{
    free(b->claim.items);
    free(b->done.items);
    free(b->from);
    free(b);
}

static void claims_done(struct frt_op *op)
{
    struct out_batch *b = op->owner;
    struct frt_engine *e = b->engine;
    if (engine_again(e, op)) {
        return;
    }
    e->claims--;
    for (size_t i = 0; i < b->claim.n; i++) {
        struct sending *s = b->from[i];
        enum fn_code code = op->code == FN_OK ? b->claim.items[i].code : op->code;
        if (code != FN_OK) { /* closed, or somebody else's */
            bool stale = code == FN_CONFLICT && s->claim.epoch != engine_epoch(e, s->e.tenant, s->e.conv);
            if (!stale || !begin_anew(s, FRT_E_STARTED)) {
                leave_to_other(s, code, s->claim.epoch);
            }
            continue;
        }
        begin_claimed(s, &b->claim.items[i]);
    }
    batch_free(b);
}

static void after_done(struct sending *s, enum fn_code code)
{
    struct frt_engine *e = s->engine;
    struct mail *m = s->mail;
    enum frt_verdict verdict = s->done.verdict;
    bool row = s->done.row.id != 0;
    bool closed = code == FN_NOT_FOUND || (code == FN_OK && verdict != FRT_V_RETRY && verdict != FRT_V_UNKNOWN);
    if (!closed && is_lost(s) && begin_anew(s, code == FN_OK && verdict == FRT_V_RETRY ? FRT_E_READY : FRT_E_STARTED)) {
        return;
    }
    if (code == FN_OK && verdict == FRT_V_RETRY) {
        s->state = SEND_QUEUED;
        s->e.state = FRT_E_READY;
        outbox_pump(e, m);
        return;
    }
    if (code == FN_OK && verdict == FRT_V_UNKNOWN) {
        s->state = SEND_UNKNOWN;
        s->e.next_at = s->confirmed != FRT_BY_NOBODY ? engine_now(e) : s->e.next_at;
        outbox_pump(e, m);
        return;
    }
    if (code == FN_OK && row) {
        mail_wake(e, m);
    }
    if (verdict == FRT_V_SENT && s->done.ext_id.n != 0) {
        m->last_ref = fn_hash(s->done.ext_id.p, s->done.ext_id.n);
    }
    if (e->c.changed != NULL) {
        e->c.changed(e->c.ctx, m->tenant, m->channel, m->conv);
    }
    leave_to_other(s, code, s->done.epoch);
}

static void dones_done(struct frt_op *op)
{
    struct out_batch *b = op->owner;
    struct frt_engine *e = b->engine;
    if (engine_again(e, op)) {
        return;
    }
    e->dones--;
    for (size_t i = 0; i < b->done.n; i++) {
        if (op->code != FN_OK) { /* refused for its content: without the texts it must go */
            struct sending *s = b->from[i];
            engine_log(e, FRT_LOG_ERROR, "done.refused", s->e.tenant, s->e.conv, fn_str_c(op->err.text));
            struct frt_sent empty = {.outcome = FRT_SENT};
            if (s->bare) {
                leave_lane(s); /* stays open in the store: the next owner resolves it */
            } else {
                s->bare = true;
                close_with(s, s->done.verdict, s->done.closed_by, &empty, s->done.next_at);
            }
            continue;
        }
        after_done(b->from[i], b->done.items[i].code);
    }
    batch_free(b);
}

static struct out_batch *take(struct frt_engine *e, struct sending **first, size_t *n)
{
    struct out_batch *b = engine_alloc(1, sizeof *b);
    b->engine = e;
    b->from = engine_alloc(OUT_BATCH, sizeof(struct sending *));
    for (*n = 0; *first != NULL && *n < OUT_BATCH; ++*n) {
        b->from[*n] = *first;
        *first = (*first)->next_job;
    }
    return b;
}

static void flush_claims(struct frt_engine *e)
{
    while (e->claim_first != NULL && e->claims < BATCHES_MAX) {
        size_t n;
        struct out_batch *b = take(e, &e->claim_first, &n);
        b->claim.items = engine_alloc(n, sizeof *b->claim.items);
        for (size_t i = 0; i < n; i++) {
            b->claim.items[i] = b->from[i]->claim;
        }
        b->claim.n = n;
        b->claim.op = (struct frt_op){.kind = FRT_OP_CLAIM, .done = claims_done, .owner = b};
        e->claims++;
        engine_submit(e, &b->claim.op);
    }
}

/* One batch at a time: nobody waits for a verdict but the lane behind it, and each statement costs the COMMITs that run beside it. */
static void flush_dones(struct frt_engine *e)
{
    while (e->done_first != NULL && e->dones == 0) {
        size_t n;
        struct out_batch *b = take(e, &e->done_first, &n);
        b->done.items = engine_alloc(n, sizeof *b->done.items);
        for (size_t i = 0; i < n; i++) {
            b->done.items[i] = b->from[i]->done;
        }
        b->done.n = n;
        b->done.op = (struct frt_op){.kind = FRT_OP_DONE, .done = dones_done, .owner = b};
        e->dones++;
        engine_submit(e, &b->done.op);
    }
}

/* One of each tenant that may have more under way. */
static void unblock(struct frt_engine *e)
{
    size_t passed = 0;
    const struct fair_part *p;
    while ((p = fair_turn(&e->blocked)) != NULL && passed <= e->blocked.parts && may_send(e)) {
        struct sending *s = (struct sending *)p->first;
        if (s->mail->t->sending >= e->c.tenant_sends) {
            fair_pass(&e->blocked);
            passed++;
            continue;
        }
        passed = 0;
        (void)fair_take(&e->blocked);
        begin(s, s->query);
    }
}

void outbox_flush(struct frt_engine *e)
{
    unblock(e);
    flush_claims(e);
    flush_dones(e);
}

/* -- news from outside ---------------------------------------------------------------------------------------------------------------------- */
static void confirm(struct sending *s, enum frt_closer by, struct fn_str ext_id)
{
    s->confirmed = by;
    snprintf(s->ext_id, sizeof s->ext_id, "%.*s", FN_STR_ARG(ext_id));
    if (s->state == SEND_UNKNOWN || s->state == SEND_QUEUED) {
        close_confirmed(s);
    }
}

/* Whether a message from the business's own number is the one in flight or in doubt: then the program sent it, and it is settled. Never what
 * came before it, with the same text: that one's echo may be late. */
bool outbox_echo(struct mail *m, struct fn_str text, struct fn_str ref)
{
    struct sending *s = m->lanes[FRT_LANE_SEND].first;
    if (ref.n != 0 && fn_hash(ref.p, ref.n) == m->last_ref) {
        return true;
    }
    if (s == NULL || !s->left) {
        return false;
    }
    struct fn_arena arena;
    const struct fn_json *payload;
    fn_arena_init(&arena, TEXTS_MAX);
    bool ours = false;
    if (fn_json_parse(&arena, s->e.payload, FN_JSON_ALLOW_DUPLICATES, &payload, NULL) == FN_OK) {
        struct fn_str sent = fn_json_str(fn_json_get(payload, "text"));
        ours = sent.n == 0                    ? s->e.host == FBC_HOST_media || s->e.host == FBC_HOST_template
               : s->e.host == FBC_HOST_choose ? fn_str_starts(text, sent) /* its options follow */
                                              : fn_str_eq(text, sent);
    }
    fn_arena_fini(&arena);
    if (ours) {
        confirm(s, FRT_BY_ECHO, ref);
    }
    return ours;
}

/* One "-hex" of a key; false when it is none. */
static bool read_hex(struct fn_str *key, int64_t *out)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t value = 0;
    size_t n = 1;
    for (; n < key->n && n <= 16 && key->p[n] != '-'; n++) {
        const char *digit = memchr(digits, key->p[n], sizeof digits - 1);
        if (digit == NULL) {
            return false;
        }
        value = value << 4 | (uint64_t)(digit - digits);
    }
    if (n < 2 || key->p[0] != '-') {
        return false;
    }
    *key = (struct fn_str){key->p + n, key->n - n};
    *out = (int64_t)value;
    return true;
}

static bool read_key(struct fn_str key, int64_t *tenant, int64_t *conv, int64_t *effect)
{
    if (key.n < 2 || key.p[0] != 'f') {
        return false;
    }
    struct fn_str rest = {key.p + 1, key.n - 1};
    return read_hex(&rest, tenant) && read_hex(&rest, conv) && read_hex(&rest, effect) && rest.n == 0;
}

struct receipt {
    struct frt_op_receipt op;
    struct frt_receipt item;
    struct frt_engine *engine;
    char ext_id[128];
};

static void receipt_done(struct frt_op *op)
{
    struct receipt *r = op->owner;
    struct frt_engine *e = r->engine;
    if (engine_again(e, op)) {
        return;
    }
    if (op->code == FN_OK && r->item.code == FN_OK && e->c.changed != NULL) {
        e->c.changed(e->c.ctx, r->item.tenant, r->item.channel, r->item.conv);
    }
    free(r);
}

void frt_engine_receipt(struct frt_engine *e, int64_t tenant, int64_t channel, struct fn_str ext_id, struct fn_str key,
                        enum frt_delivery delivery)
{
    int64_t key_tenant, conv, effect;
    if (read_key(key, &key_tenant, &conv, &effect) && key_tenant == tenant && delivery != FRT_D_FAILED) {
        struct mail *m = map_get(&e->mails, tenant, conv);
        struct sending *s = m != NULL ? m->lanes[FRT_LANE_SEND].first : NULL;
        if (s != NULL && s->e.id == effect && s->left) {
            confirm(s, FRT_BY_RECEIPT, ext_id);
        }
    }
    if (ext_id.n == 0 || ext_id.n >= sizeof((struct receipt *)0)->ext_id) {
        return;
    }
    struct receipt *r = engine_alloc(1, sizeof *r);
    r->engine = e;
    memcpy(r->ext_id, ext_id.p, ext_id.n);
    r->item = (struct frt_receipt){
        .tenant = tenant, .channel = channel, .ext_id = {r->ext_id, ext_id.n}, .delivery = delivery};
    r->op.items = &r->item;
    r->op.n = 1;
    r->op.op = (struct frt_op){.kind = FRT_OP_RECEIPT, .done = receipt_done, .owner = r};
    engine_submit(e, &r->op.op);
}
