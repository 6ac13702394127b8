/* api_webhook.c: POST /webhooks/evolution/{key}: parse, hand every item to the engine, answer 200 only when all of them are durable.
 * Evolution never retries 400, 401, 403, 404 and 422: those are for what is wrong in the request itself; whatever is our fault is 503.
 * Session events are handled in memory: a reconnect storm brings thousands a minute and must not reach the store.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "fsv_evolution.h"

enum { LOG_EVERY_MS = 1000 };

struct delivery {
    struct fsv_channel *channel;
    size_t waiting;
    enum fn_code worst; /* of what was not stored */
};

static void answer(struct fsv_request *r, const struct delivery *d)
{
    if (d->worst == FN_OK) {
        fsv_answer_taken(r);
    } else {
        fsv_problem(r, FSV_P_BUSY, FN_STR_NULL);
    }
}

static void on_accepted(void *ctx, const struct frt_accepted *accepted)
{
    struct fsv_request *r = ctx;
    struct delivery *d = r->state;
    if (accepted->code == FN_INVALID ||
        accepted->code == FN_LIMIT) { /* retrying cannot help: told in the log, and dropped */
        FSV_LOG(WARN, "webhook.dropped", "an item was refused for its content", FSV_INT("tenant", d->channel->tenant),
                FSV_INT("channel", d->channel->id), FSV_Z("request_id", r->id),
                FSV_Z("code", fn_code_name(accepted->code)));
    } else if (accepted->code != FN_OK) {
        d->worst = accepted->code;
    } else {
        fsv_metric_add(accepted->duplicate ? FSV_M_DUPLICATES : FSV_M_RECEIVED, "evolution", 1);
    }
    if (--d->waiting == 0) {
        answer(r, d);
    }
    fsv_release(r);
}

/* Both names of the contact, so that it stays one person when only one of them comes. */
static void take_aliases(struct fsv_request *r, const struct fsv_evo_item *item, struct frt_inbound *in)
{
    if (item->phone.n > 0) {
        in->aliases[in->n_aliases++] = FN_JOIN(&r->arena, FN_STR("phone:"), item->contact);
    }
    if (item->lid.n > 0) {
        in->aliases[in->n_aliases++] = FN_JOIN(&r->arena, FN_STR("lid:"), item->lid);
    }
}

static void ingest(struct fsv_request *r, const struct fsv_evo_item *item, enum frt_in_kind kind)
{
    struct delivery *d = r->state;
    struct frt_inbound in = {.tenant = d->channel->tenant, .channel = d->channel->id, .kind = kind};
    take_aliases(r, item, &in);
    in.address = item->address;
    in.name = kind == FRT_IN_MESSAGE ? item->name : FN_STR_NULL; /* an echo carries our own name */
    in.dedupe = item->dedupe;
    in.ref = item->id;
    in.sent_at = item->at_ms;
    in.payload.text = item->text;
    in.payload.option = item->option;
    in.payload.media = item->media;
    d->waiting++;
    fsv_hold(r);
    frt_engine_ingest(r->app->engine, &in, on_accepted, r);
}

static void receipt(struct fsv_request *r, const struct fsv_evo_item *item)
{
    static const enum frt_delivery of[] = {
        [FSV_EVO_NO_STATUS] = FRT_D_NONE,  [FSV_EVO_ERROR] = FRT_D_FAILED,        [FSV_EVO_PENDING] = FRT_D_QUEUED,
        [FSV_EVO_SERVER_ACK] = FRT_D_SENT, [FSV_EVO_DELIVERED] = FRT_D_DELIVERED, [FSV_EVO_READ] = FRT_D_READ};
    const struct delivery *d = r->state;
    frt_engine_receipt(r->app->engine, d->channel->tenant, d->channel->id, item->id, FN_STR_NULL, of[item->status]);
}

static void session(struct fsv_channel *c, const struct fsv_evo_item *item)
{
    bool same = fn_str_eq(fn_str_c(c->state), item->state);
    int64_t now = fsv_monotonic_ms();
    if (item->state.n == 0 || item->state.n >= sizeof c->state || (same && now - c->state_logged < LOG_EVERY_MS)) {
        return;
    }
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): not empty, so it is somewhere */
    memcpy(c->state, item->state.p, item->state.n);
    c->state[item->state.n] = '\0';
    if (fn_str_eq(item->state, FN_STR("open"))) {
        fsv_channel_up(c);
    }
    if (now - c->state_logged >= LOG_EVERY_MS) {
        FSV_LOG(INFO, "channel.session", "the WhatsApp session changed", FSV_INT("tenant", c->tenant),
                FSV_INT("channel", c->id), FSV_TEXT("instance", c->name), FSV_TEXT("state", item->state),
                FSV_INT("reason", item->reason));
        c->state_logged = now;
    }
}

static void take(struct fsv_request *r, struct fsv_evo_item *item)
{
    struct delivery *d = r->state;
    fsv_metric_add(FSV_M_WEBHOOK_ITEMS, fsv_evo_kind_name(item->kind), 1);
    switch (item->kind) {
    case FSV_EVO_MESSAGE: ingest(r, item, FRT_IN_MESSAGE); break;
    case FSV_EVO_OWN: ingest(r, item, FRT_IN_ECHO); break;
    case FSV_EVO_ECHO:
        item->option = FN_STR("api"); /* settles a send in doubt, but is nobody's typing */
        ingest(r, item, FRT_IN_ECHO);
        break;
    case FSV_EVO_STATUS: receipt(r, item); break;
    case FSV_EVO_CONNECTION: session(d->channel, item); break;
    case FSV_EVO_EDIT:
    case FSV_EVO_REVOKE:
    case FSV_EVO_REACTION:
    case FSV_EVO_CALL:
    case FSV_EVO_IGNORED:
    case FSV_EVO_KINDS: break;
    }
}

void fsv_post_webhook(struct fsv_app *app, struct fsv_request *r)
{
    (void)app;
    struct delivery *d = fn_arena_alloc(&r->arena, sizeof *d);
    struct fsv_evo_batch batch;
    struct fn_err err = {FN_OK, ""};
    if (d == NULL) {
        fsv_problem(r, FSV_P_BUSY, FN_STR_NULL);
        return;
    }
    d->channel = fsv_channel_of(r, FSV_CHANNEL_EVOLUTION);
    r->state = d;
    if (d->channel == NULL) {
        return;
    }
    enum fn_code code = fsv_evo_parse(&r->arena, fn_buf_view(&r->body), &batch, &err);
    if (code == FN_INVALID) {
        fsv_problem(r, FSV_P_JSON, fn_str_c(err.text));
    } else if (code != FN_OK) {
        fsv_problem(r, code == FN_LIMIT ? FSV_P_TOO_LARGE : FSV_P_BUSY, FN_STR_NULL);
    } else if (!fn_str_eq(batch.instance, d->channel->name)) {
        fsv_problem(r, FSV_P_INSTANCE, FN_STR_NULL);
    } else {
        d->waiting = 1; /* this loop, so that no item answers before the last is given */
        for (size_t i = 0; i < batch.n; i++) {
            take(r, &batch.items[i]);
        }
        if (--d->waiting == 0) {
            answer(r, d);
        }
    }
}
