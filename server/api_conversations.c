/* api_conversations.c: reading conversations and their messages; handing an outside event to one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "fn_json.h"

enum { PAGE = 50, PAGE_MAX = 500, LIST_MAX = 16 << 20 };

static void put(struct fn_buf *b, const char *key, struct fn_str s)
{
    fn_json_put_key(b, key);
    fn_json_put_str(b, s);
}

static const char *const status[] = {
    [FRT_IDLE] = "idle", [FRT_RUNNING] = "running", [FRT_FAULTED] = "faulted", [FRT_ENDED] = "ended"};

/* -1: every */
static int status_of(struct fn_str name)
{
    for (size_t i = 0; i < FN_COUNT(status); i++) {
        if (fn_str_eq(name, fn_str_c(status[i]))) {
            return (int)i;
        }
    }
    return -1;
}

static void put_conv(struct fn_buf *b, const struct frt_conv *c)
{
    fn_buf_printf(b, "{\"id\":\"%lld\",\"channel\":%lld,\"status\":\"%s\",\"owner\":\"%s\",\"updated_at\":%lld",
                  (long long)c->conv, (long long)c->channel, status[c->status],
                  c->owner == FRT_OWNER_HUMAN ? "human" : "bot", (long long)c->updated_at);
    put(b, "address", c->address);
    put(b, "funnel", c->funnel);
    put(b, "stage", c->stage);
    put(b, "team", c->team);
    put(b, "reason", c->reason);
    fn_buf_char(b, '}');
}

/* The conversation id in the path; 0, with the request answered, when it is none. */
static int64_t conv_id(struct fsv_request *r)
{
    struct fn_json number = {.kind = FN_JSON_NUMBER, .text = r->param[0]};
    int64_t id = 0;
    if (!fn_json_int(&number, &id) || id <= 0) {
        fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
        return 0;
    }
    return id;
}

static void on_convs(struct fsv_request *r, void *op)
{
    const struct frt_op_convs *list = op;
    struct fn_buf b;
    if (!fsv_op_good(r, op)) {
        return;
    }
    fn_buf_init(&b, LIST_MAX);
    fn_buf_z(&b, "{\"conversations\":[");
    for (size_t i = 0; i < list->n; i++) {
        fn_json_comma(&b);
        put_conv(&b, &list->convs[i]);
    }
    fn_buf_z(&b, "]}");
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

static struct frt_op_convs *convs_op(struct fsv_request *r, void (*done)(struct fsv_request *r, void *op))
{
    struct frt_op_convs *list = fsv_op_new(r, sizeof *list, FRT_OP_CONVS, done);
    if (list != NULL) {
        list->tenant = r->tenant;
        list->status = list->owner = -1;
        list->limit = 1;
    }
    return list;
}

void fsv_get_conversations(struct fsv_app *app, struct fsv_request *r)
{
    struct frt_op_convs *list = convs_op(r, on_convs);
    (void)app;
    if (list != NULL) {
        list->status = status_of(fsv_query(r, "status"));
        list->after = fsv_query_int(r, "after", 0, INT64_MAX, 0);
        list->limit = (size_t)fsv_query_int(r, "limit", 1, PAGE_MAX, PAGE);
        fsv_op_submit(list);
    }
}

static void on_conv(struct fsv_request *r, void *op)
{
    const struct frt_op_convs *list = op;
    struct fn_buf b;
    if (!fsv_op_good(r, op)) {
        return;
    }
    if (list->n == 0) {
        fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
        return;
    }
    fn_buf_init(&b, LIST_MAX);
    put_conv(&b, &list->convs[0]);
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

void fsv_get_conversation(struct fsv_app *app, struct fsv_request *r)
{
    int64_t id = conv_id(r);
    struct frt_op_convs *list = id != 0 ? convs_op(r, on_conv) : NULL;
    (void)app;
    if (list != NULL) {
        list->conv = id;
        fsv_op_submit(list);
    }
}

/* -- messages ------------------------------------------------------------------------------------------------------------------------ */

static void put_message(struct fn_buf *b, const struct frt_message *m)
{
    static const char *const dirs[] = {
        "", [FRT_DIR_IN] = "in", [FRT_DIR_OUT] = "out", [FRT_DIR_HUMAN] = "human", [FRT_DIR_NOTE] = "note"};
    static const char *const delivery[] = {"none", "queued", "sent", "delivered", "read", "failed"};
    fn_buf_printf(b, "{\"id\":\"%lld\",\"at\":%lld,\"dir\":\"%s\",\"delivery\":\"%s\"", (long long)m->id,
                  (long long)m->at, dirs[m->dir], delivery[m->delivery]);
    put(b, "kind", m->kind);
    put(b, "ext_id", m->ext_id);
    put(b, "closed_by", fn_str_c(frt_closer_word(m->closed_by)));
    fn_json_put_key(b, "body");
    fn_buf_str(b, m->body.n > 0 ? m->body : FN_STR("null"));
    fn_buf_char(b, '}');
}

static void on_messages(struct fsv_request *r, void *op)
{
    const struct frt_op_messages *list = op;
    struct fn_buf b;
    if (!fsv_op_good(r, op)) {
        return;
    }
    fn_buf_init(&b, LIST_MAX);
    fn_buf_z(&b, "{\"messages\":[");
    for (size_t i = 0; i < list->n; i++) {
        fn_json_comma(&b);
        put_message(&b, &list->messages[i]);
    }
    fn_buf_z(&b, "]}");
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

void fsv_get_messages(struct fsv_app *app, struct fsv_request *r)
{
    int64_t id = conv_id(r);
    struct frt_op_messages *list = id != 0 ? fsv_op_new(r, sizeof *list, FRT_OP_MESSAGES, on_messages) : NULL;
    (void)app;
    if (list != NULL) {
        list->tenant = r->tenant;
        list->conv = id;
        list->before_at = fsv_query_int(r, "before_at", 0, INT64_MAX, 0);
        list->before_id = fsv_query_int(r, "before_id", 0, INT64_MAX, 0);
        list->limit = (size_t)fsv_query_int(r, "limit", 1, PAGE_MAX, PAGE);
        fsv_op_submit(list);
    }
}

/* -- events -------------------------------------------------------------------------------------------------------------------------- */

static void on_event(void *ctx, const struct frt_accepted *accepted)
{
    struct fsv_request *r = ctx;
    bool refused = accepted->code == FN_INVALID || accepted->code == FN_LIMIT;
    if (accepted->code == FN_OK) {
        fsv_answer_json(r, 202,
                        accepted->duplicate ? FN_STR("{\"accepted\":true,\"duplicate\":true}")
                                            : FN_STR("{\"accepted\":true}"));
    } else {
        fsv_problem(r, refused ? FSV_P_FIELD : FSV_P_BUSY, FN_STR_NULL);
    }
    fsv_release(r);
}

static void on_event_conv(struct fsv_request *r, void *op)
{
    const struct frt_op_convs *list = op;
    const struct fn_json *root = r->state;
    if (!fsv_op_good(r, op)) {
        return;
    }
    if (list->n == 0) {
        fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
        return;
    }
    struct fn_buf fields;
    fn_buf_init(&fields, 65536);
    fn_json_put_value(&fields, fn_json_get(root, "data"));
    struct frt_inbound in = {
        .tenant = r->tenant, .kind = FRT_IN_EVENT, .conv = list->convs[0].conv, .channel = list->convs[0].channel};
    in.payload.event_name = fn_json_str(fn_json_get(root, "event"));
    in.payload.event = fn_buf_view(&fields);
    in.dedupe = fsv_header(r, "Idempotency-Key");
    fsv_hold(r);
    frt_engine_ingest(r->app->engine, &in, on_event, r);
    fn_buf_fini(&fields);
}

void fsv_post_event(struct fsv_app *app, struct fsv_request *r)
{
    const struct fn_json *root;
    struct fn_err err;
    int64_t id = conv_id(r);
    (void)app;
    if (id == 0) {
        return;
    }
    if (fn_json_parse(&r->arena, fn_buf_view(&r->body), 0, &root, &err) != FN_OK) {
        fsv_problem(r, FSV_P_JSON, fn_str_c(err.text));
        return;
    }
    const struct fn_json *data = fn_json_get(root, "data");
    if (fn_json_str(fn_json_get(root, "event")).n == 0 || data == NULL || data->kind != FN_JSON_OBJECT) {
        fsv_problem(r, FSV_P_FIELD, FN_STR("event, data"));
        return;
    }
    struct frt_op_convs *list = convs_op(r, on_event_conv);
    if (list != NULL) {
        list->conv = id;
        r->state = (void *)(uintptr_t)root;
        fsv_op_submit(list);
    }
}
