/* api_secrets.c: values of the names a funnel declares `secret`. They go in, sealed; no answer ever holds one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "fn_json.h"

enum { NAME_MAX_BYTES = 100, VALUE_MAX_BYTES = 4096, DOC_MAX = 32768 };

static void on_put(struct fsv_request *r, bool fits)
{
    const struct fn_str *name = r->state;
    (void)fits; /* any revision does */
    FSV_LOG(INFO, "secret.set", "a secret has a new value", FSV_INT("tenant", r->tenant), FSV_TEXT("name", *name),
            FSV_SECRET("value"), FSV_Z("request_id", r->id));
    fsv_answer_json(r, 200, FN_STR("{\"ok\":true}"));
}

/* No control characters: a value stands in header lines. */
static bool is_value(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f) {
            return false;
        }
    }
    return s.n > 0 && s.n <= VALUE_MAX_BYTES;
}

void fsv_post_secret(struct fsv_app *app, struct fsv_request *r)
{
    const struct fn_json *root;
    struct fn_err err;
    struct fn_str *name = fn_arena_alloc(&r->arena, sizeof *name);
    struct fn_buf b;
    if (name == NULL) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR_NULL);
        return;
    }
    if (fn_json_parse(&r->arena, fn_buf_view(&r->body), 0, &root, &err) != FN_OK) {
        fsv_problem(r, FSV_P_JSON, fn_str_c(err.text));
        return;
    }
    struct fn_str value = fn_json_str(fn_json_get(root, "value"));
    *name = fn_json_str(fn_json_get(root, "name"));
    r->state = name;
    if (name->n > NAME_MAX_BYTES || !is_value(*name) || !is_value(value) || root->n != 2) {
        fsv_problem(r, FSV_P_FIELD, FN_STR("name, value"));
        return;
    }
    if (!fsv_secret_known(app, r->tenant, *name) && app->n_secrets >= FSV_CATALOGUE_MAX) {
        fsv_problem(r, FSV_P_MANY, FN_STR_NULL);
        return;
    }
    fn_buf_init(&b, DOC_MAX);
    fn_buf_char(&b, '{');
    fsv_sealed_put(app, &b, "value", fn_arena_printf(&r->arena, "secret:%.*s", FN_STR_ARG(*name)), value);
    fn_buf_char(&b, '}');
    struct frt_doc doc = {.key = *name, .body = fn_arena_dup(&r->arena, fn_buf_view(&b)), .rev = -1};
    fn_buf_fini(&b);
    fsv_catalogue_put(r, FSV_COL_SECRET, doc, on_put);
}

static void list(struct fsv_request *r)
{
    struct fn_buf b;
    fn_buf_init(&b, 1 << 20);
    fn_buf_z(&b, "{\"secrets\":[");
    for (const struct fsv_secret *s = r->app->secrets; s != NULL; s = s->next) {
        if (s->tenant == r->tenant) {
            fn_json_comma(&b);
            fn_json_put_str(&b, s->name);
        }
    }
    fn_buf_z(&b, "]}");
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

void fsv_get_secrets(struct fsv_app *app, struct fsv_request *r)
{
    (void)app;
    fsv_catalogue_then(r, list);
}
