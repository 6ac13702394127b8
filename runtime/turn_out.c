/* turn_out.c: what a turn leaves behind, collected in its arena until the commit: rows, effects, log lines, metrics, documents, contact data.
 *
 * A list that cannot grow fails the whole turn (the arena's failure is sticky and looked at before the commit): nothing is left out silently.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <math.h>
#include <stdio.h>

static void put_id(struct turn *t, struct engine_vec *v, int64_t id)
{
    int64_t *slot = engine_push(&t->arena, v, sizeof *slot);
    if (slot != NULL) {
        *slot = id;
    }
}

void turn_consume(struct turn *t, int64_t row)
{
    put_id(t, &t->consume, row);
}

void turn_park(struct turn *t, const struct frt_row *row)
{
    if (row->due_at != FRT_NEVER) {
        put_id(t, &t->park, row->id);
    }
}

bool turn_consumes(const struct turn *t, int64_t row)
{
    const int64_t *ids = t->consume.at;
    for (size_t i = 0; i < t->consume.n; i++) {
        if (ids[i] == row) {
            return true;
        }
    }
    return false;
}

/* The wait is another one now: what was kept may be wanted. */
void turn_unpark(struct turn *t)
{
    t->park.n = 0;
    for (size_t i = 0; i < t->in->n_rows; i++) {
        const struct frt_row *r = &t->in->rows[i];
        if (r->due_at == FRT_NEVER && !turn_consumes(t, r->id)) {
            put_id(t, &t->unpark, r->id);
            t->mail->again = true;
        }
        bool due = turn_is_due(t, r) || r->due_at <= engine_now(t->engine);
        t->mail->again = t->mail->again || (due && !turn_consumes(t, r->id));
    }
}

struct fn_str turn_json(struct turn *t, const char *key, struct fn_str value)
{
    struct fn_buf b;
    fn_buf_init(&b, 1 << 20);
    fn_buf_char(&b, '{');
    fn_json_put_key(&b, key);
    fn_json_put_str(&b, value);
    fn_buf_char(&b, '}');
    struct fn_str s = fn_arena_dup(&t->arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return s;
}

struct frt_message *turn_note(struct turn *t, enum frt_dir dir, const char *kind, struct fn_str body)
{
    struct frt_message *line =
        t->notes < NOTES_MAX ? engine_push(&t->arena, &t->log, sizeof *line) : NULL; /* more would take effects' ids */
    if (line != NULL) {
        /* notes are numbered from the top of the turn's range: 254, 253, ... */
        unsigned index = 254u - t->notes++;
        *line =
            (struct frt_message){.id = FRT_DERIVED | frt_effect_id(t->in->conv.seq, index), .at = t->now, .dir = dir};
        line->kind = fn_str_c(kind);
        line->body = body;
    }
    return line;
}

/* A line of its own, {"row":"ID"}: what was logged with the message cannot be written again, and only who asks a model for an agent reads it. */
void turn_personal(struct turn *t, int64_t line)
{
    struct fn_str body = turn_json(t, "row", fn_arena_printf(&t->arena, "%lld", (long long)line));
    if (turn_note(t, FRT_DIR_NOTE, "personal", body) == NULL) {
        t->arena.failed = true; /* unmarked it would be remembered as it is */
    }
}

void turn_metric(struct turn *t, const char *what, struct fn_str name, int64_t n)
{
    struct fn_str key = FN_JOIN(&t->arena, t->next.funnel, FN_STR("/"), fn_str_c(what), FN_STR("/"), name);
    struct frt_metric *all = t->metrics.at;
    int64_t bucket = t->now - t->now % HOUR_MS;
    for (size_t i = 0; i < t->metrics.n; i++) {
        if (fn_str_eq(all[i].key, key)) {
            all[i].n += n;
            return;
        }
    }
    struct frt_metric *m = engine_push(&t->arena, &t->metrics, sizeof *m);
    if (m != NULL) {
        *m = (struct frt_metric){key, bucket, n};
    }
}

void turn_pair(struct turn *t, const char *prefix, struct fn_str name, struct fn_str value)
{
    struct fn_str full = FN_JOIN(&t->arena, fn_str_c(prefix), name);
    struct frt_pair *pairs = t->pairs.at, *pair = NULL;
    for (size_t i = 0; i < t->pairs.n; i++) {
        pair = fn_str_eq(pairs[i].name, full) ? &pairs[i] : pair;
    }
    pair = pair != NULL ? pair : engine_push(&t->arena, &t->pairs, sizeof *pair);
    if (pair != NULL) {
        *pair = (struct frt_pair){full, fn_arena_dup(&t->arena, value)};
    }
}

/* -- the message a reaction is for ----------------------------------------------------------------------------------------------------
 * It is the one the program took last, which may have been some turns ago, on a node that is gone. So it travels in the effect, and is kept
 * among the contact's data ("r:" and the conversation) where a program reacts at all. */
static struct fn_str ref_name(struct turn *t)
{
    return fn_arena_printf(&t->arena, "%llx", (unsigned long long)t->next.conv);
}

void turn_join_ref(struct turn *t, struct fn_buf *payload)
{
    struct fn_str full = fn_arena_printf(&t->arena, "r:%.*s", FN_STR_ARG(ref_name(t))), ref = t->ref;
    for (size_t i = 0; i < t->in->n_pairs && t->ref.n == 0; i++) {
        ref = fn_str_eq(t->in->pairs[i].name, full) ? t->in->pairs[i].value : ref;
    }
    payload->n--;
    fn_json_put_key(payload, "message");
    fn_json_put_str(payload, ref);
    fn_buf_char(payload, '}');
}

void turn_keep_ref(struct turn *t)
{
    bool reacts = false;
    for (uint32_t i = 0; i < t->image->n_hosts; i++) {
        reacts = reacts || t->image->hosts[i] == FBC_HOST_react;
    }
    if (reacts && t->ref.n != 0) {
        turn_pair(t, "r:", ref_name(t), t->ref);
    }
}

/* -- effects ----------------------------------------------------------------------------------------------------------------------- */
/* The table's, but a request that does no harm when it is repeated is IDEMPOTENT. */
static enum fbc_policy policy_of(struct turn *t, uint16_t host, struct fn_str payload)
{
    const struct fn_json *args = NULL;
    bool repeatable =
        host == FBC_HOST_http &&
        fn_json_parse(&t->arena, fn_arena_dup(&t->arena, payload), FN_JSON_REPAIR, &args, NULL) == FN_OK &&
        frt_http_is_idempotent(args);
    return repeatable ? FBC_POLICY_IDEMPOTENT : (enum fbc_policy)fbc_hosts[host].policy;
}

/* What leaves at once needs no CLAIM: the commit says STARTED, and if its owner dies it is in doubt. What has to wait behind others is claimed when
 * its time comes, or the death of a node with a long queue would put all of it in doubt. */
static bool claimed_later(const struct turn *t, enum fbc_policy policy, enum frt_lane lane)
{
    enum { AHEAD = 8 };
    return policy == FBC_POLICY_AT_MOST_ONCE || t->mail->lanes[lane].n + t->index >= AHEAD;
}

struct frt_effect *turn_effect(struct turn *t, uint16_t host, struct fn_str payload, uint32_t call, enum frt_dir dir)
{
    const struct fbc_import *info = &fbc_hosts[host];
    if (t->index >= FRT_EFFECTS_MAX) {
        t->arena.failed = true;
        return NULL;
    }
    struct frt_effect *x = engine_push(&t->arena, &t->effects, sizeof *x);
    if (x == NULL) {
        return NULL;
    }
    enum fbc_policy policy = policy_of(t, host, payload);
    enum frt_lane lane = call != 0 ? FRT_LANE_CALL : FRT_LANE_SEND;
    bool claim = claimed_later(t, policy, lane);
    *x = (struct frt_effect){
        .tenant = t->next.tenant, .conv = t->next.conv, .id = frt_effect_id(t->in->conv.seq, t->index++)};
    x->channel = t->next.channel;
    x->contact = t->next.contact;
    x->host = host;
    x->policy = (uint8_t)policy;
    x->lane = lane;
    x->state = claim ? FRT_E_READY : FRT_E_STARTED;
    x->attempts = claim ? 0 : 1;
    x->call = call;
    x->epoch = t->next.epoch;
    x->created_at = t->now; /* next_at 0: at once, also when this clock is ahead of the store's, which was set back */
    x->payload = fn_arena_dup(&t->arena, payload);
    x->funnel = t->next.funnel;
    if (call == 0 && host != FBC_HOST_typing && host != FBC_HOST_react) {
        struct frt_message *line = engine_push(&t->arena, &t->log, sizeof *line);
        if (line != NULL) {
            *line =
                (struct frt_message){.id = frt_result_row(x->id), .at = t->now, .dir = dir, .delivery = FRT_D_QUEUED};
            line->kind = fn_str_c(info->name);
            line->body = x->payload;
        }
        if (t->personal) {
            turn_personal(t, frt_result_row(x->id));
        }
    }
    return x;
}

/* -- local effects: done in the turn's own commit ------------------------------------------------------------------------------------- */
static void local_goal(struct turn *t, const struct fvm_request *q)
{
    struct fn_str name = fvm_text(t->run, q->args[0].ref), currency = fvm_text(t->run, q->args[1].ref);
    turn_metric(t, "goal", name, 1);
    double value = q->args[2].f * 10000.0;
    if (value != 0.0 && fabs(value) < 9e15) {
        struct fn_str key = fn_arena_printf(&t->arena, "%.*s/%.*s", FN_STR_ARG(name), FN_STR_ARG(currency));
        turn_metric(t, "value", key, (int64_t)llround(value));
    }
}

static void local_table(struct turn *t, const struct fvm_request *q)
{
    struct frt_doc *d = engine_push(&t->arena, &t->docs, sizeof *d);
    if (d == NULL) {
        return;
    }
    d->collection = fn_arena_printf(&t->arena, "t:%.*s", FN_STR_ARG(fvm_text(t->run, q->args[0].ref)));
    d->key = fn_arena_dup(&t->arena, fvm_text(t->run, q->args[1].ref));
    d->body = q->host == FBC_HOST_save ? fn_arena_dup(&t->arena, fvm_text(t->run, q->args[2].ref)) : FN_STR_NULL;
    d->rev = -1;
}

static void local_handoff(struct turn *t, const struct fvm_request *q)
{
    t->next.owner = FRT_OWNER_HUMAN;
    t->next.team = fn_arena_dup(&t->arena, fvm_text(t->run, q->args[0].ref));
    turn_metric(t, "handoff", t->next.team, 1);
    canary_count(t, "handoff");
}

void turn_local(struct turn *t, const struct fvm_request *q)
{
    if (q->host == FBC_HOST_save || q->host == FBC_HOST_delete) {
        local_table(t, q);
        return;
    }
    if (q->host == FBC_HOST_tag) {
        turn_pair(t, "t:", fvm_text(t->run, q->args[0].ref), q->args[1].i != 0 ? FN_STR("true") : FN_STR_NULL);
        return;
    }
    if (q->host == FBC_HOST_goal) {
        local_goal(t, q);
    } else if (q->host == FBC_HOST_handoff) {
        local_handoff(t, q);
    } else if (q->host != FBC_HOST_notify) {
        FN_BUG("an effect with the policy LOCAL that the engine does not know");
    }
    fn_buf_clear(&t->scratch);
    fvm_request_json(t->run, &t->scratch);
    turn_note(t, FRT_DIR_NOTE, fbc_hosts[q->host].name, fn_arena_dup(&t->arena, fn_buf_view(&t->scratch)));
}

void turn_contact_out(struct turn *t)
{
    for (uint16_t i = 0; i < t->image->n_globals; i++) {
        if ((t->image->globals[i].flags & FBC_G_CONTACT) != 0 && fvm_global_changed(t->run, i)) {
            fn_buf_clear(&t->scratch);
            fvm_global_json(t->run, i, &t->scratch);
            struct fn_str value = fn_buf_view(&t->scratch);
            turn_pair(t, "f:", t->image->globals[i].name, fn_str_eq(value, FN_STR("null")) ? FN_STR_NULL : value);
        }
    }
}
