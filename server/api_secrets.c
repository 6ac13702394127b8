/* api_secrets.c: values of the names a funnel declares `secret`. They go in, sealed; no answer ever holds one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "fn_json.h"

enum { NAME_MAX_BYTES = 100, VALUE_MAX_BYTES = 4096, DOC_MAX = 32768 };

struct putting {
    struct fn_str name, value;
};

static void on_put(struct fsv_request *r, void *op)
{
    const struct putting *p = r->state;
    if (!fsv_op_good(r, op)) {
        return;
    }
    if (!fsv_secret_set(r->app, r->tenant, p->name, p->value)) {
        fsv_problem(r, FSV_P_MANY, FN_STR_NULL);
        return;
    }
    FSV_LOG(INFO, "secret.set", "a secret has a new value", FSV_INT("tenant", r->tenant), FSV_TEXT("name", p->name),
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
    struct putting *p = fn_arena_alloc(&r->arena, sizeof *p);
    struct frt_op_doc_put *put = fsv_op_new(r, sizeof *put, FRT_OP_DOC_PUT, on_put);
    struct frt_doc *doc = fn_arena_alloc(&r->arena, sizeof *doc);
    struct fn_buf b;
    if (p == NULL || put == NULL || doc == NULL) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR_NULL);
        return;
    }
    if (fn_json_parse(&r->arena, fn_buf_view(&r->body), 0, &root, &err) != FN_OK) {
        fsv_problem(r, FSV_P_JSON, fn_str_c(err.text));
        return;
    }
    *p = (struct putting){fn_json_str(fn_json_get(root, "name")), fn_json_str(fn_json_get(root, "value"))};
    if (p->name.n == 0 || p->name.n > NAME_MAX_BYTES || !is_value(p->name) || !is_value(p->value) || root->n != 2) {
        fsv_problem(r, FSV_P_FIELD, FN_STR("name, value"));
        return;
    }
    fn_buf_init(&b, DOC_MAX);
    fn_buf_char(&b, '{');
    fsv_sealed_put(app, &b, "value", fn_arena_printf(&r->arena, "secret:%.*s", FN_STR_ARG(p->name)), p->value);
    fn_buf_char(&b, '}');
    *doc = (struct frt_doc){FN_STR("secret"), p->name, fn_arena_dup(&r->arena, fn_buf_view(&b)), -1};
    fn_buf_fini(&b);
    put->tenant = r->tenant;
    put->at = fsv_wall_ms();
    put->docs = doc;
    put->n = 1;
    r->state = p;
    fsv_op_submit(put);
}

void fsv_get_secrets(struct fsv_app *app, struct fsv_request *r)
{
    struct fn_buf b;
    fn_buf_init(&b, 1 << 20);
    fn_buf_z(&b, "{\"secrets\":[");
    for (const struct fsv_secret *s = app->secrets; s != NULL; s = s->next) {
        if (s->tenant == r->tenant) {
            fn_json_comma(&b);
            fn_json_put_str(&b, s->name);
        }
    }
    fn_buf_z(&b, "]}");
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}
