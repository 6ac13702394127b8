/* api_operate.c: what people do when a conversation needs them: see why it stands still, let it go on, take it over and give it back, and try
 * again what could not be delivered. Each act is a row of the mailbox or an operation of the store, so it is as durable as a message.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "deploy.h"
#include "fn_json.h"

enum { ANSWER_MAX = 16 << 20, PAGE = 50, PAGE_MAX = 500, OF_ONE_MAX = 10000 };

struct act {
    enum frt_in_kind kind;
    struct fn_str stage;
    struct frt_conv conv;
    int64_t effect;
    bool drop, dry;
};

static void put(struct fn_buf *b, const char *key, struct fn_str s)
{
    fn_json_put_key(b, key);
    fn_json_put_str(b, s);
}

/* -1: it is none. The first effect of a conversation is number 0. */
static int64_t id_of(struct fn_str text)
{
    struct fn_json number = {.kind = FN_JSON_NUMBER, .text = text};
    int64_t id = -1;
    return fn_json_int(&number, &id) && id >= 0 ? id : -1;
}

/* The conversation of the path, to `done`; else the request is answered. */
static void find(struct fsv_request *r, const struct act *act, void (*done)(struct fsv_request *r, void *op))
{
    int64_t id = id_of(r->param[0]);
    if (id <= 0) {
        fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
        return;
    }
    struct frt_op_convs *list = fsv_op_new(r, sizeof *list, FRT_OP_CONVS, done);
    struct act *kept = fn_arena_alloc(&r->arena, sizeof *kept);
    if (list == NULL || kept == NULL) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR_NULL);
        return;
    }
    *kept = *act;
    r->state = kept;
    list->tenant = r->tenant;
    list->conv = id;
    list->status = list->owner = -1;
    list->limit = 1;
    fsv_op_submit(list);
}

/* False, with the request answered, when there is none. */
static bool found(struct fsv_request *r, const struct frt_op_convs *list)
{
    struct act *a = r->state;
    if (!fsv_op_good(r, list)) {
        return false;
    }
    if (list->n == 0) {
        fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
        return false;
    }
    a->conv = list->convs[0];
    return true;
}

/* -- rows -------------------------------------------------------------------------------------------------------------------------------- */

static void on_accepted(void *ctx, const struct frt_accepted *accepted)
{
    struct fsv_request *r = ctx;
    if (accepted->code == FN_OK) {
        fsv_answer_json(r, 202, FN_STR("{\"accepted\":true}"));
    } else {
        fsv_problem(r, FSV_P_BUSY, FN_STR_NULL);
    }
    fsv_release(r);
}

static void on_act(struct fsv_request *r, void *op)
{
    const struct act *a = r->state;
    if (!found(r, op)) {
        return;
    }
    if (a->kind == FRT_IN_RESUME && a->conv.status != FRT_FAULTED) {
        fsv_problem(r, FSV_P_NOT_FAULTED, FN_STR_NULL);
        return;
    }
    struct frt_inbound in = {.tenant = r->tenant, .kind = a->kind, .conv = a->conv.conv, .channel = a->conv.channel};
    in.payload.option = a->stage;
    in.dedupe = fsv_header(r, "Idempotency-Key");
    fsv_hold(r);
    frt_engine_ingest(r->app->engine, &in, on_accepted, r);
}

/* {} or nothing, or {"stage"}. */
static bool body_of(struct fsv_request *r, const struct fn_json **out)
{
    struct fn_err err;
    struct fn_str body = fn_buf_view(&r->body);
    *out = NULL;
    if (body.n == 0) {
        return true;
    }
    if (fn_json_parse(&r->arena, body, 0, out, &err) != FN_OK || (*out)->kind != FN_JSON_OBJECT) {
        fsv_problem(r, FSV_P_JSON, FN_STR_NULL);
        return false;
    }
    return true;
}

void fsv_post_resume(struct fsv_app *app, struct fsv_request *r)
{
    const struct fn_json *root;
    (void)app;
    if (body_of(r, &root)) {
        struct fn_str stage = root != NULL ? fn_json_str(fn_json_get(root, "stage")) : FN_STR_NULL;
        find(r, &(struct act){.kind = FRT_IN_RESUME, .stage = stage}, on_act);
    }
}

void fsv_post_handback(struct fsv_app *app, struct fsv_request *r)
{
    (void)app;
    find(r, &(struct act){.kind = FRT_IN_HANDBACK}, on_act);
}

void fsv_post_takeover(struct fsv_app *app, struct fsv_request *r)
{
    (void)app;
    find(r, &(struct act){.kind = FRT_IN_TAKEOVER}, on_act);
}

/* -- faults -------------------------------------------------------------------------------------------------------------------------------- */

/* The engine ends the reason of a trap with "@" and the place in the source. */
static bool place_of(struct fn_str reason, size_t *out)
{
    size_t at = reason.n;
    while (at > 0 && reason.p[at - 1] != '@') {
        at--;
    }
    struct fn_json number = {.kind = FN_JSON_NUMBER, .text = {reason.p + at, reason.n - at}};
    int64_t offset;
    if (at == 0 || !fn_json_int(&number, &offset) || offset < 0) {
        return false;
    }
    *out = (size_t)offset;
    return true;
}

static void put_line(struct fn_buf *b, struct fn_str source, size_t offset)
{
    size_t line = 1, start = 0, end = offset;
    for (size_t i = 0; i < offset; i++) {
        if (source.p[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    while (end < source.n && source.p[end] != '\n') {
        end++;
    }
    fn_buf_printf(b, ",\"line\":%zu,\"column\":%zu", line, offset - start + 1);
    put(b, "text", (struct fn_str){source.p + start, end - start});
}

static void on_fault_source(struct fsv_request *r, void *op)
{
    const struct act *a = r->state;
    const struct frt_op_doc_get *get = op;
    struct fn_buf b;
    size_t offset = 0;
    if (!fsv_op_good(r, op)) {
        return;
    }
    struct fn_str source = get->n == 1 ? fsv_source_of(&r->arena, get->docs[0].body) : FN_STR_NULL;
    fn_buf_init(&b, ANSWER_MAX);
    fn_buf_printf(&b, "{\"id\":\"%lld\"", (long long)a->conv.conv);
    put(&b, "funnel", a->conv.funnel);
    put(&b, "stage", a->conv.stage);
    put(&b, "reason", a->conv.reason);
    if (source.p != NULL && place_of(a->conv.reason, &offset) && offset <= source.n) {
        put_line(&b, source, offset);
    }
    fn_buf_char(&b, '}');
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

static void on_fault(struct fsv_request *r, void *op)
{
    const struct act *a = r->state;
    if (!found(r, op)) {
        return;
    }
    struct frt_op_doc_get *get =
        a->conv.status == FRT_FAULTED ? fsv_source_get(r, a->conv.prog, on_fault_source) : NULL;
    if (get == NULL) {
        fsv_problem(r, FSV_P_NOT_FAULTED, FN_STR_NULL);
        return;
    }
    fsv_op_submit(get);
}

void fsv_get_fault(struct fsv_app *app, struct fsv_request *r)
{
    (void)app;
    find(r, &(struct act){0}, on_fault);
}

/* -- dead letters ---------------------------------------------------------------------------------------------------------------------------- */

static void put_effect(struct fn_buf *b, const struct frt_effect *e)
{
    fn_buf_printf(b, "{\"conversation\":\"%lld\",\"effect\":\"%lld\",\"attempts\":%u,\"created_at\":%lld",
                  (long long)e->conv, (long long)e->id, (unsigned)e->attempts, (long long)e->created_at);
    put(b, "host", fn_str_c(fbc_hosts[e->host].name));
    put(b, "funnel", e->funnel);
    put(b, "reason", e->reason);
    put(b, "closed_by", fn_str_c(frt_closer_word(e->closed_by)));
    fn_json_put_key(b, "payload");
    fn_buf_str(b, e->payload.n > 0 ? e->payload : FN_STR("null"));
    fn_buf_char(b, '}');
}

static void on_dead(struct fsv_request *r, void *op)
{
    const struct frt_op_effects *list = op;
    struct fn_buf b;
    if (!fsv_op_good(r, op)) {
        return;
    }
    fn_buf_init(&b, ANSWER_MAX);
    fn_buf_z(&b, "{\"dead_letters\":[");
    for (size_t i = 0; i < list->n; i++) {
        fn_json_comma(&b);
        put_effect(&b, &list->effects[i]);
    }
    fn_buf_z(&b, "]}");
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

static struct frt_op_effects *dead(struct fsv_request *r, void (*done)(struct fsv_request *r, void *op))
{
    struct frt_op_effects *list = fsv_op_new(r, sizeof *list, FRT_OP_EFFECTS, done);
    if (list != NULL) {
        list->tenant = r->tenant;
        list->dead = true;
    }
    return list;
}

void fsv_get_dead_letters(struct fsv_app *app, struct fsv_request *r)
{
    struct frt_op_effects *list = dead(r, on_dead);
    (void)app;
    if (list != NULL) {
        list->after.conv = fsv_query_int(r, "conversation", 0, INT64_MAX, 0);
        list->after.tenant = fsv_query_int(r, "effect", 0, INT64_MAX, 0);
        list->limit = (size_t)fsv_query_int(r, "limit", 1, PAGE_MAX, PAGE);
        fsv_op_submit(list);
    }
}

static void on_replayed(struct fsv_request *r, void *op)
{
    if (fsv_op_good(r, op)) {
        frt_engine_adopt(r->app->engine);
        fsv_answer_json(r, 200, FN_STR("{\"done\":true}"));
    }
}

static void on_letter(struct fsv_request *r, void *op)
{
    const struct act *a = r->state;
    const struct frt_op_effects *list = op;
    const struct frt_effect *e = NULL;
    struct fn_buf b;
    if (!fsv_op_good(r, op)) {
        return;
    }
    for (size_t i = 0; i < list->n; i++) {
        e = list->effects[i].id == a->effect ? &list->effects[i] : e;
    }
    if (e == NULL) {
        fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
        return;
    }
    if (a->dry) {
        fn_buf_init(&b, ANSWER_MAX);
        fn_buf_printf(&b, "{\"dry_run\":true,\"action\":\"%s\",\"dead_letter\":", a->drop ? "drop" : "replay");
        put_effect(&b, e);
        fn_buf_char(&b, '}');
        fsv_answer_json(r, 200, fn_buf_view(&b));
        fn_buf_fini(&b);
        return;
    }
    struct frt_op_replay *replay = fsv_op_new(r, sizeof *replay, FRT_OP_REPLAY, on_replayed);
    if (replay != NULL) {
        replay->tenant = r->tenant;
        replay->conv = e->conv;
        replay->effect = e->id;
        replay->drop = a->drop;
        fsv_op_submit(replay);
    }
}

void fsv_post_dead_letter(struct fsv_app *app, struct fsv_request *r)
{
    const struct fn_json *root;
    struct act *a = fn_arena_alloc(&r->arena, sizeof *a);
    int64_t conv = id_of(r->param[0]), effect = id_of(r->param[1]);
    (void)app;
    if (a == NULL || !body_of(r, &root)) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR_NULL); /* the first answer counts */
        return;
    }
    struct fn_str action = root != NULL ? fn_json_str(fn_json_get(root, "action")) : FN_STR_NULL;
    const struct fn_json *dry = root != NULL ? fn_json_get(root, "dry_run") : NULL;
    *a = (struct act){.effect = effect, .drop = fn_str_eq(action, FN_STR("drop"))};
    a->dry = dry != NULL && dry->kind == FN_JSON_TRUE;
    if (conv <= 0 || effect < 0 || (!a->drop && !fn_str_eq(action, FN_STR("replay")))) {
        fsv_problem(r, conv <= 0 || effect < 0 ? FSV_P_NOT_FOUND : FSV_P_FIELD, FN_STR("action: replay, drop"));
        return;
    }
    struct frt_op_effects *list = dead(r, on_letter);
    if (list != NULL) {
        r->state = a;
        list->conv = conv;
        list->limit = OF_ONE_MAX;
        fsv_op_submit(list);
    }
}
