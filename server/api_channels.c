/* api_channels.c: binding channels. The same instance or name twice gives the same channel: a deploy script may run again, on any node. The
 * document's revision decides who was first; who was not starts over with what the other one stored.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "fn_json.h"

enum { NAME_MAX_BYTES = 100, DOC_MAX = 8192, LIST_MAX = 4 << 20, TRIES = 3 };

static void answer_channel(struct fsv_request *r, int status, const struct fsv_channel *c)
{
    struct fn_buf b;
    fn_buf_init(&b, DOC_MAX);
    fsv_channel_json(r->app, c, &b);
    fsv_answer_json(r, status, fn_buf_view(&b));
    fn_buf_fini(&b);
}

struct binding {
    enum fsv_channel_kind kind;
    struct fn_str name;
    const struct fn_json *root;
    unsigned tries;
};

static void bind(struct fsv_request *r);

static void on_put(struct fsv_request *r, bool fits)
{
    struct binding *b = r->state;
    const struct fsv_channel *c = fsv_channel_by_name(r->app, r->tenant, b->kind, b->name);
    if (fits && c != NULL) {
        answer_channel(r, 201, c);
    } else if (!fits && b->tries++ < TRIES) {
        bind(r);
    } else {
        fsv_problem(r, fits ? FSV_P_INTERNAL : FSV_P_CONFLICT, FN_STR_NULL);
    }
}

static bool same_settings(const struct fsv_channel *c, const struct fn_json *choose, const struct fn_json *api_key)
{
    return (choose == NULL || fn_str_eq(fn_json_str(choose), FN_STR("buttons")) == c->buttons) &&
           (api_key == NULL || fn_str_eq(fn_json_str(api_key), c->api_key));
}

static void bind(struct fsv_request *r)
{
    const struct binding *b = r->state;
    const struct fsv_channel *old = fsv_channel_by_name(r->app, r->tenant, b->kind, b->name);
    const struct fn_json *choose = fn_json_get(b->root, "choose"), *api_key = fn_json_get(b->root, "api_key");
    if (old != NULL && same_settings(old, choose, api_key)) {
        answer_channel(r, 200, old);
        return;
    }
    struct fsv_channel *c = old == NULL && r->app->n_channels >= FSV_CATALOGUE_MAX
                                ? NULL
                                : fsv_channel_draft(&r->arena, r->tenant, b->kind, b->name);
    if (c == NULL) {
        fsv_problem(r, FSV_P_MANY, FN_STR_NULL);
        return;
    }
    if (old != NULL) {
        *c = *old;
    }
    c->buttons = choose != NULL ? fn_str_eq(fn_json_str(choose), FN_STR("buttons")) : c->buttons;
    c->api_key = api_key != NULL ? fn_json_str(api_key) : c->api_key;
    fsv_catalogue_put(r, FSV_COL_CHANNEL, fsv_channel_doc(r->app, &r->arena, c), on_put);
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
    (void)app;
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
    struct binding *b = fn_arena_alloc(&r->arena, sizeof *b);
    if (b == NULL) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR_NULL);
        return;
    }
    *b = (struct binding){web ? FSV_CHANNEL_WEB : FSV_CHANNEL_EVOLUTION, name, root, 0};
    r->state = b;
    bind(r);
}

static void list(struct fsv_request *r)
{
    struct fn_buf b;
    fn_buf_init(&b, LIST_MAX);
    fn_buf_z(&b, "{\"channels\":[");
    for (const struct fsv_channel *c = r->app->channels; c != NULL; c = c->next) {
        if (c->tenant == r->tenant) {
            fn_json_comma(&b);
            fsv_channel_json(r->app, c, &b);
        }
    }
    fn_buf_z(&b, "]}");
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

void fsv_get_channels(struct fsv_app *app, struct fsv_request *r)
{
    (void)app;
    fsv_catalogue_then(r, list); /* what another node was told a moment ago is in it */
}
