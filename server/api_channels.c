/* api_channels.c: binding channels. The same instance or name twice gives the same channel: a deploy script may run again.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "fn_json.h"

enum { NAME_MAX_BYTES = 100, DOC_MAX = 8192 };

static void answer_channel(struct fsv_request *r, int status, const struct fsv_channel *c)
{
    struct fn_buf b;
    fn_buf_init(&b, DOC_MAX);
    fsv_channel_json(r->app, c, &b);
    fsv_answer_json(r, status, fn_buf_view(&b));
    fn_buf_fini(&b);
}

static void on_put(struct fsv_request *r, void *op)
{
    struct fsv_channel *c = r->state;
    if (fsv_op_good(r, op)) {
        c->stored = true;
        answer_channel(r, 201, c);
    }
}

static void store(struct fsv_request *r, struct fsv_channel *c)
{
    struct frt_op_doc_put *put = fsv_op_new(r, sizeof *put, FRT_OP_DOC_PUT, on_put);
    struct frt_doc *doc = fn_arena_alloc(&r->arena, sizeof *doc);
    struct fn_buf b;
    if (put == NULL || doc == NULL) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR_NULL);
        return;
    }
    fn_buf_init(&b, DOC_MAX);
    fsv_channel_write(r->app, c, &b);
    *doc = (struct frt_doc){FN_STR("channel"), fsv_channel_doc_key(&r->arena, c),
                            fn_arena_dup(&r->arena, fn_buf_view(&b)), -1};
    fn_buf_fini(&b);
    put->tenant = r->tenant;
    put->at = fsv_wall_ms();
    put->docs = doc;
    put->n = 1;
    r->state = c;
    fsv_op_submit(put);
}

/* Nothing but letters, digits and a few signs: the name stands in Evolution's paths. */
static bool is_name(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f || s.p[i] == '/' || s.p[i] == '?' || s.p[i] == '#' ||
            s.p[i] == '\\') {
            return false;
        }
    }
    return s.n > 0 && s.n <= NAME_MAX_BYTES;
}

static const char *check_fields(const struct fn_json *root)
{
    static const char *const known[] = {"kind", "instance", "name", "choose", "api_key"};
    for (const struct fn_json *f = root->kind == FN_JSON_OBJECT ? root->first : NULL; f != NULL; f = f->next) {
        bool found = false;
        for (size_t i = 0; i < FN_COUNT(known); i++) {
            found = found || fn_str_eq(f->key, fn_str_c(known[i]));
        }
        if (!found || f->kind != FN_JSON_STRING) {
            return "kind, instance, name, choose, api_key";
        }
    }
    struct fn_str choose = fn_json_str(fn_json_get(root, "choose"));
    return choose.n == 0 || fn_str_eq(choose, FN_STR("text")) || fn_str_eq(choose, FN_STR("buttons"))
               ? NULL
               : "choose: text, buttons";
}

void fsv_post_channel(struct fsv_app *app, struct fsv_request *r)
{
    const struct fn_json *root;
    struct fn_err err;
    if (fn_json_parse(&r->arena, fn_buf_view(&r->body), 0, &root, &err) != FN_OK) {
        fsv_problem(r, FSV_P_JSON, fn_str_c(err.text));
        return;
    }
    const char *wrong = check_fields(root);
    struct fn_str kind = fn_json_str(fn_json_get(root, "kind")), name = fn_json_str(fn_json_get(root, "instance"));
    bool web = fn_str_eq(kind, FN_STR("web"));
    if (web && name.n == 0) {
        name = fn_json_str(fn_json_get(root, "name"));
        name = name.n > 0 ? name : FN_STR("web");
    }
    if (wrong != NULL || (!web && !fn_str_eq(kind, FN_STR("evolution"))) || !is_name(name)) {
        fsv_problem(r, FSV_P_FIELD, fn_str_c(wrong != NULL ? wrong : "kind: evolution, web; instance"));
        return;
    }
    enum fsv_channel_kind k = web ? FSV_CHANNEL_WEB : FSV_CHANNEL_EVOLUTION;
    struct fsv_channel *c = fsv_channel_by_name(app, r->tenant, k, name);
    bool settings = fn_json_get(root, "choose") != NULL || fn_json_get(root, "api_key") != NULL;
    if (c != NULL && c->stored && !settings) {
        answer_channel(r, 200, c);
        return;
    }
    c = c != NULL ? c : fsv_channel_make(app, r->tenant, k, name);
    if (c == NULL) {
        fsv_problem(r, FSV_P_MANY, FN_STR_NULL);
        return;
    }
    c->buttons = fn_json_get(root, "choose") == NULL
                     ? c->buttons
                     : fn_str_eq(fn_json_str(fn_json_get(root, "choose")), FN_STR("buttons"));
    if (fn_json_get(root, "api_key") != NULL) {
        c->api_key = fn_arena_dup(&app->arena, fn_json_str(fn_json_get(root, "api_key")));
    }
    store(r, c);
}

void fsv_get_channels(struct fsv_app *app, struct fsv_request *r)
{
    struct fn_buf b;
    fn_buf_init(&b, 4 << 20);
    fn_buf_z(&b, "{\"channels\":[");
    for (const struct fsv_channel *c = app->channels; c != NULL; c = c->next) {
        if (c->tenant == r->tenant) {
            fn_json_comma(&b);
            fsv_channel_json(app, c, &b);
        }
    }
    fn_buf_z(&b, "]}");
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}
