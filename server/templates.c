/* templates.c: the tenant's catalogue of message templates: name and language -> text with {{1}} ... {{9}}. Durable as documents ("template",
 * key "NAME/LANGUAGE"), held in memory like secrets. Evolution knows no templates, so one goes out as its text.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "fn_json.h"

#include <stdio.h>

enum { NAME_MAX_BYTES = 100, LANGUAGE_MAX = 12, TEXT_MAX = 4096, DOC_MAX = 32768, TEMPLATES_MAX = 1000 };

struct putting {
    struct fn_str key, text;
};

static struct fsv_template *find(const struct fsv_app *app, int64_t tenant, struct fn_str key)
{
    struct fsv_template *t = app->templates;
    while (t != NULL && !(t->tenant == tenant && fn_str_eq(t->key, key))) {
        t = t->next;
    }
    return t;
}

bool fsv_template_set(struct fsv_app *app, int64_t tenant, struct fn_str key, struct fn_str text)
{
    struct fsv_template *t = find(app, tenant, key);
    if (t == NULL) {
        t = app->n_templates < TEMPLATES_MAX ? fn_arena_alloc(&app->arena, sizeof *t) : NULL;
        if (t == NULL) {
            return false;
        }
        *t = (struct fsv_template){tenant, fn_arena_dup(&app->arena, key), FN_STR_NULL, app->templates};
        app->templates = t;
        app->n_templates++;
    }
    t->text = fn_arena_dup(&app->arena, text);
    return t->text.p != NULL;
}

bool fsv_template_text(const struct fsv_app *app, int64_t tenant, const struct fn_json *args, struct fn_buf *out)
{
    char key[NAME_MAX_BYTES + LANGUAGE_MAX + 2];
    struct fn_str name = fn_json_str(fn_json_get(args, "name")), language = fn_json_str(fn_json_get(args, "language"));
    if (name.n > NAME_MAX_BYTES || language.n > LANGUAGE_MAX) {
        return false;
    }
    snprintf(key, sizeof key, "%.*s/%.*s", FN_STR_ARG(name), FN_STR_ARG(language));
    const struct fsv_template *t = find(app, tenant, fn_str_c(key));
    if (t == NULL) {
        return false;
    }
    for (size_t i = 0; i < t->text.n; i++) {
        const char *p = t->text.p + i;
        bool place = t->text.n - i >= 5 && p[0] == '{' && p[1] == '{' && p[2] >= '1' && p[2] <= '9' && p[3] == '}' &&
                     p[4] == '}';
        if (place) {
            fn_buf_str(out, fn_json_str(fn_json_at(fn_json_get(args, "args"), (size_t)(p[2] - '1'))));
            i += 4;
        } else {
            fn_buf_char(out, *p);
        }
    }
    return !out->failed;
}

static void on_put(struct fsv_request *r, void *op)
{
    const struct putting *p = r->state;
    if (!fsv_op_good(r, op)) {
        return;
    }
    if (!fsv_template_set(r->app, r->tenant, p->key, p->text)) {
        fsv_problem(r, FSV_P_MANY, FN_STR_NULL);
        return;
    }
    fsv_answer_json(r, 200, FN_STR("{\"ok\":true}"));
}

static struct fn_str document(struct fsv_request *r, struct fn_str text)
{
    struct fn_buf b;
    fn_buf_init(&b, DOC_MAX);
    fn_buf_char(&b, '{');
    fn_json_put_key(&b, "text");
    fn_json_put_str(&b, text);
    fn_buf_char(&b, '}');
    struct fn_str body = fn_arena_dup(&r->arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return body;
}

void fsv_put_template(struct fsv_app *app, struct fsv_request *r)
{
    const struct fn_json *root;
    struct fn_err err;
    (void)app;
    struct putting *p = fn_arena_alloc(&r->arena, sizeof *p);
    struct frt_op_doc_put *put = fsv_op_new(r, sizeof *put, FRT_OP_DOC_PUT, on_put);
    struct frt_doc *doc = fn_arena_alloc(&r->arena, sizeof *doc);
    struct fn_str name = r->param[0], language = fsv_query(r, "language");
    if (p == NULL || put == NULL || doc == NULL) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR_NULL);
        return;
    }
    if (fn_json_parse(&r->arena, fn_buf_view(&r->body), 0, &root, &err) != FN_OK) {
        fsv_problem(r, FSV_P_JSON, fn_str_c(err.text));
        return;
    }
    p->text = fn_json_str(fn_json_get(root, "text"));
    p->key = fn_arena_printf(&r->arena, "%.*s/%.*s", FN_STR_ARG(name), FN_STR_ARG(language));
    if (name.n > NAME_MAX_BYTES || language.n == 0 || language.n > LANGUAGE_MAX || p->text.n == 0 ||
        p->text.n > TEXT_MAX) {
        fsv_problem(r, FSV_P_FIELD, FN_STR("name, language, text"));
        return;
    }
    *doc = (struct frt_doc){FN_STR("template"), p->key, document(r, p->text), -1};
    put->tenant = r->tenant;
    put->at = fsv_wall_ms();
    put->docs = doc;
    put->n = 1;
    r->state = p;
    fsv_op_submit(put);
}
