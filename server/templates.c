/* templates.c: the tenant's catalogue of message templates: name and language -> text with {{1}} ... {{9}}. Durable as documents ("template",
 * key "NAME/LANGUAGE"), held in memory like secrets. Evolution knows no templates, so one goes out as its text.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "fcc_sema.h"
#include "fn_json.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_MAX_BYTES = 100, LANGUAGE_MAX = 12, TEXT_MAX = 4096, DOC_MAX = 32768, LIST_MAX = 8 << 20 };

static struct fsv_template *find(const struct fsv_app *app, int64_t tenant, struct fn_str key)
{
    struct fsv_template *t = app->templates;
    while (t != NULL && !(t->tenant == tenant && fn_str_eq(t->key, key))) {
        t = t->next;
    }
    return t;
}

static void template_free(struct fsv_template *t)
{
    fsv_disown(&t->key);
    fsv_disown(&t->text);
    free(t);
}

void fsv_templates_free(struct fsv_app *app)
{
    for (struct fsv_template *t = app->templates, *next; t != NULL; t = next) {
        next = t->next;
        template_free(t);
    }
    app->templates = NULL;
}

/* FN_NO_MEMORY leaves everything as it was. */
static enum fn_code keep(struct fsv_app *app, const struct frt_doc *doc, struct fn_str text)
{
    struct fsv_template *t = find(app, FSV_TENANT, doc->key);
    bool old = t != NULL;
    t = old ? t : calloc(1, sizeof *t);
    if (t == NULL || (!old && !fsv_own(&t->key, doc->key)) || !fsv_own(&t->text, text)) {
        if (!old && t != NULL) {
            template_free(t);
        }
        return FN_NO_MEMORY;
    }
    t->rev = doc->rev;
    if (!old) {
        t->tenant = FSV_TENANT;
        t->next = app->templates;
        app->templates = t;
        app->n_templates++;
    }
    return FN_OK;
}

enum fn_code fsv_template_load(struct fsv_app *app, const struct frt_doc *doc, struct fn_err *err)
{
    const struct fsv_template *old = find(app, FSV_TENANT, doc->key);
    const struct fn_json *root;
    struct fn_arena arena;
    if (old != NULL && old->rev == doc->rev) {
        return FN_OK;
    }
    fn_arena_init(&arena, 1 << 18);
    enum fn_code code = fn_json_parse(&arena, doc->body, 0, &root, err);
    code = code == FN_OK ? keep(app, doc, fn_json_str(fn_json_get(root, "text"))) : code;
    fn_arena_fini(&arena);
    return code;
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

static struct fn_str name_of(struct fn_str key)
{
    size_t n = key.n;
    while (n > 0 && key.p[n - 1] != '/') {
        n--;
    }
    return (struct fn_str){key.p, n > 0 ? n - 1 : 0};
}

static struct fn_str language_of(struct fn_str key)
{
    size_t n = name_of(key).n + 1;
    return (struct fn_str){key.p + n, key.n - n};
}

void fsv_template_catalogue(const struct fsv_app *app, int64_t tenant, struct fn_arena *arena, struct fcc_options *out)
{
    struct fcc_template *all = app->n_templates != 0 ? fn_arena_array(arena, app->n_templates, sizeof *all) : NULL;
    size_t n = 0;
    for (const struct fsv_template *t = app->templates; all != NULL && t != NULL && n < app->n_templates; t = t->next) {
        if (t->tenant == tenant) {
            all[n++] = (struct fcc_template){name_of(t->key), language_of(t->key), fcc_template_variables(t->text)};
        }
    }
    out->templates = n > 0 ? all : NULL;
    out->n_templates = n;
}

void fsv_get_templates(struct fsv_app *app, struct fsv_request *r)
{
    struct fn_buf b;
    fn_buf_init(&b, LIST_MAX);
    fn_buf_z(&b, "{\"templates\":[");
    for (const struct fsv_template *t = app->templates; t != NULL; t = t->next) {
        if (t->tenant != r->tenant) {
            continue;
        }
        fn_json_comma(&b);
        fn_buf_char(&b, '{');
        fn_json_put_key(&b, "name");
        fn_json_put_str(&b, name_of(t->key));
        fn_json_put_key(&b, "language");
        fn_json_put_str(&b, language_of(t->key));
        fn_json_put_key(&b, "text");
        fn_json_put_str(&b, t->text);
        fn_buf_char(&b, '}');
    }
    fn_buf_z(&b, "]}");
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

static void on_put(struct fsv_request *r, bool fits)
{
    (void)fits; /* any revision does */
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
    struct fn_str name = r->param[0], language = fsv_query(r, "language");
    if (fn_json_parse(&r->arena, fn_buf_view(&r->body), 0, &root, &err) != FN_OK) {
        fsv_problem(r, FSV_P_JSON, fn_str_c(err.text));
        return;
    }
    struct fn_str text = fn_json_str(fn_json_get(root, "text"));
    struct fn_str key = fn_arena_printf(&r->arena, "%.*s/%.*s", FN_STR_ARG(name), FN_STR_ARG(language));
    if (name.n > NAME_MAX_BYTES || language.n == 0 || language.n > LANGUAGE_MAX || text.n == 0 || text.n > TEXT_MAX) {
        fsv_problem(r, FSV_P_FIELD, FN_STR("name, language, text"));
        return;
    }
    if (find(app, r->tenant, key) == NULL && app->n_templates >= FSV_CATALOGUE_MAX) {
        fsv_problem(r, FSV_P_MANY, FN_STR_NULL);
        return;
    }
    fsv_catalogue_put(r, FSV_COL_TEMPLATE, (struct frt_doc){.key = key, .body = document(r, text), .rev = -1}, on_put);
}
