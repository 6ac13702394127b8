/* api_funnels.c: deploying and listing funnels. A deploy is: compile (or take an image), verify, store under its SHA-256, publish. The same
 * bytes twice change nothing. What does not compile answers 422 with every diagnostic in the client's language.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "fbc_image.h"
#include "fn_json.h"

enum { IMAGE_MAX = 1 << 20, DIAGS_MAX_BYTES = 1 << 20 };

struct deploy {
    struct fn_str name, hash; /* hash: FRT_HASH bytes */
    struct fn_buf image;
    struct fn_str warnings; /* JSON array */
};

static void put(struct fn_buf *b, const char *key, struct fn_str s)
{
    fn_json_put_key(b, key);
    fn_json_put_str(b, s);
}

static void put_hash(struct fn_buf *b, const char *key, struct fn_str hash)
{
    fn_json_put_key(b, key);
    fn_buf_char(b, '"');
    fsv_hex(b, hash.p, hash.n);
    fn_buf_char(b, '"');
}

static void finish(struct fsv_request *r, const struct frt_pub *pub, bool changed)
{
    struct deploy *d = r->state;
    struct fn_buf b;
    fn_buf_init(&b, DIAGS_MAX_BYTES + 4096);
    fn_buf_char(&b, '{');
    put(&b, "funnel", d->name);
    put_hash(&b, "hash", d->hash);
    fn_buf_printf(&b, ",\"version\":%lld,\"changed\":%s,\"bytes\":%zu,\"diagnostics\":", (long long)pub->version,
                  changed ? "true" : "false", d->image.n);
    fn_buf_str(&b, d->warnings.n > 0 ? d->warnings : FN_STR("[]"));
    fn_buf_char(&b, '}');
    fsv_answer_json(r, changed ? 201 : 200, fn_buf_view(&b));
    fn_buf_fini(&b);
    fn_buf_fini(&d->image);
}

static void on_published(struct fsv_request *r, void *op)
{
    const struct frt_op_publish *p = op;
    if (!fsv_op_good(r, op)) {
        fn_buf_fini(&((struct deploy *)r->state)->image);
        return;
    }
    FSV_LOG(INFO, "funnel.published", "a version is live", FSV_INT("tenant", r->tenant),
            FSV_TEXT("funnel", p->pub.funnel), FSV_INT("version", p->pub.version), FSV_Z("request_id", r->id));
    frt_engine_reload(r->app->engine, r->tenant);
    finish(r, &p->pub, true);
}

static void on_stored(struct fsv_request *r, void *op)
{
    struct deploy *d = r->state;
    struct frt_op_publish *p = fsv_op_good(r, op) ? fsv_op_new(r, sizeof *p, FRT_OP_PUBLISH, on_published) : NULL;
    if (p == NULL) {
        fn_buf_fini(&d->image);
        return;
    }
    p->tenant = r->tenant;
    p->pub = (struct frt_pub){.funnel = d->name, .hash = d->hash, .at = fsv_wall_ms(), .inflight = FRT_AT_STAGE};
    fsv_op_submit(p);
}

/* Publishing what is live already would only count up the version. */
static void on_listed(struct fsv_request *r, void *op)
{
    struct deploy *d = r->state;
    const struct frt_op_pubs *list = op;
    if (!fsv_op_good(r, op)) {
        fn_buf_fini(&d->image);
        return;
    }
    for (size_t i = 0; i < list->n; i++) {
        if (fn_str_eq(list->pubs[i].funnel, d->name) && fn_str_eq(list->pubs[i].hash, d->hash)) {
            finish(r, &list->pubs[i], false);
            return;
        }
    }
    struct frt_op_image_put *p = fsv_op_new(r, sizeof *p, FRT_OP_IMAGE_PUT, on_stored);
    if (p == NULL) {
        fn_buf_fini(&d->image);
        return;
    }
    p->tenant = r->tenant;
    p->at = fsv_wall_ms();
    p->hash = d->hash;
    p->bytes = fn_buf_view(&d->image);
    fsv_op_submit(p);
}

/* -- taking the body ----------------------------------------------------------------------------------------------------------------- */

static bool compile(struct fsv_request *r, struct deploy *d, struct fn_str source)
{
    struct fn_buf diags, extra;
    struct fn_err err = {FN_OK, ""};
    fn_buf_init(&diags, DIAGS_MAX_BYTES);
    fn_buf_init(&extra, DIAGS_MAX_BYTES + 64);
    struct fn_str path = fn_arena_printf(&r->arena, "%.*s.funnel", FN_STR_ARG(r->param[0]));
    struct fn_str name = FN_STR_NULL;
    enum fn_code code = fsv_compile(&r->arena, path, source, r->lang, &d->image, &name, &diags, &err);
    if (code == FN_OK) {
        d->name = name;
        d->warnings = fn_arena_dup(&r->arena, fn_buf_view(&diags));
    } else if (code == FN_INVALID) {
        fn_buf_z(&extra, "\"diagnostics\":");
        fn_buf_str(&extra, fn_buf_view(&diags));
        fsv_problem_with(r, FSV_P_DIAGNOSTICS, FN_STR_NULL, fn_buf_view(&extra));
    } else {
        fsv_problem(r, code == FN_LIMIT ? FSV_P_TOO_LARGE : FSV_P_INTERNAL, fn_str_c(err.text));
    }
    fn_buf_fini(&diags);
    fn_buf_fini(&extra);
    return code == FN_OK;
}

static bool verify(struct fsv_request *r, struct deploy *d, struct fn_str bytes)
{
    const struct fbc_image *image = NULL;
    struct fbc_fault fault = {.rule = ""};
    if (fbc_verify(bytes, FBC_ALLOW_ALL, &image, &fault) != FN_OK) {
        struct fn_str why =
            fn_arena_printf(&r->arena, "%.4s at %lu: %s", fault.rule, (unsigned long)fault.word, fault.text);
        fsv_problem(r, FSV_P_IMAGE, why);
        return false;
    }
    d->name = fn_arena_dup(&r->arena, image->name);
    fbc_image_free(image);
    fn_buf_str(&d->image, bytes);
    return true;
}

static bool take_json(struct fsv_request *r, struct deploy *d)
{
    const struct fn_json *root;
    struct fn_err err;
    if (fn_json_parse(&r->arena, fn_buf_view(&r->body), 0, &root, &err) != FN_OK) {
        fsv_problem(r, FSV_P_JSON, fn_str_c(err.text));
        return false;
    }
    struct fn_str source = fn_json_str(fn_json_get(root, "source"));
    if (source.p == NULL || root->n != 1) {
        fsv_problem(r, FSV_P_FIELD, FN_STR("source"));
        return false;
    }
    return compile(r, d, source);
}

static bool take_body(struct fsv_request *r, struct deploy *d)
{
    struct fn_str type = fsv_header(r, "Content-Type");
    struct fn_str body = fn_buf_view(&r->body);
    if (fn_str_starts(type, FN_STR("application/octet-stream"))) {
        return verify(r, d, body);
    }
    if (fn_str_starts(type, FN_STR("application/json"))) {
        return take_json(r, d);
    }
    if (fn_str_starts(type, FN_STR("text/x-funnel")) || fn_str_starts(type, FN_STR("text/plain"))) {
        return compile(r, d, body);
    }
    fsv_problem(r, FSV_P_MEDIA_TYPE, FN_STR("text/x-funnel, application/json, application/octet-stream"));
    return false;
}

void fsv_post_version(struct fsv_app *app, struct fsv_request *r)
{
    struct deploy *d = fn_arena_alloc(&r->arena, sizeof *d);
    char *hash = fn_arena_alloc(&r->arena, FRT_HASH);
    (void)app;
    if (d == NULL || hash == NULL) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR_NULL);
        return;
    }
    r->state = d;
    fn_buf_init(&d->image, IMAGE_MAX);
    bool good = take_body(r, d);
    if (good && !fn_str_eq(d->name, r->param[0])) {
        fsv_problem(r, FSV_P_NAME, d->name);
        good = false;
    }
    struct frt_op_pubs *list = good ? fsv_op_new(r, sizeof *list, FRT_OP_PUBS, on_listed) : NULL;
    if (list == NULL) {
        fn_buf_fini(&d->image);
        return;
    }
    fsv_sha256(fn_buf_view(&d->image), (uint8_t *)hash);
    d->hash = (struct fn_str){hash, FRT_HASH};
    list->tenant = r->tenant;
    fsv_op_submit(list);
}

/* -- reading --------------------------------------------------------------------------------------------------------------------------- */

static void put_pub(struct fn_buf *b, const struct frt_pub *p)
{
    fn_buf_char(b, '{');
    put(b, "funnel", p->funnel);
    put_hash(b, "hash", p->hash);
    put_hash(b, "previous", p->previous);
    fn_buf_printf(b, ",\"version\":%lld,\"published_at\":%lld,\"channel\":%lld", (long long)p->version,
                  (long long)p->at, (long long)p->channel);
}

static void on_funnels(struct fsv_request *r, void *op)
{
    const struct frt_op_pubs *list = op;
    struct fn_buf b;
    if (!fsv_op_good(r, op)) {
        return;
    }
    fn_buf_init(&b, 4 << 20);
    fn_buf_z(&b, "{\"funnels\":[");
    for (size_t i = 0; i < list->n; i++) {
        if (list->pubs[i].hash.n > 0) {
            fn_json_comma(&b);
            put_pub(&b, &list->pubs[i]);
            fn_buf_char(&b, '}');
        }
    }
    fn_buf_z(&b, "]}");
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

void fsv_get_funnels(struct fsv_app *app, struct fsv_request *r)
{
    struct frt_op_pubs *list = fsv_op_new(r, sizeof *list, FRT_OP_PUBS, on_funnels);
    (void)app;
    if (list != NULL) {
        list->tenant = r->tenant;
        fsv_op_submit(list);
    }
}

static void on_standing(struct fsv_request *r, void *op)
{
    const struct frt_op_standing *s = op;
    struct fn_buf b;
    if (!fsv_op_good(r, op)) {
        return;
    }
    fn_buf_init(&b, 4 << 20);
    put_pub(&b, r->state);
    fn_buf_z(&b, ",\"standing\":[");
    for (size_t i = 0; i < s->n; i++) {
        fn_json_comma(&b);
        fn_buf_char(&b, '{');
        put(&b, "stage", s->rows[i].stage);
        put_hash(&b, "hash", s->rows[i].prog);
        fn_buf_printf(&b, ",\"status\":\"%s\",\"conversations\":%lld}",
                      s->rows[i].status == FRT_FAULTED ? "faulted" : "running", (long long)s->rows[i].n);
    }
    fn_buf_z(&b, "]}");
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

static void on_found(struct fsv_request *r, void *op)
{
    const struct frt_op_pubs *list = op;
    if (!fsv_op_good(r, op)) {
        return;
    }
    r->state = NULL;
    for (size_t i = 0; i < list->n; i++) {
        if (fn_str_eq(list->pubs[i].funnel, r->param[0]) && list->pubs[i].hash.n > 0) {
            r->state = &list->pubs[i];
        }
    }
    struct frt_op_standing *s = r->state != NULL ? fsv_op_new(r, sizeof *s, FRT_OP_STANDING, on_standing) : NULL;
    if (s == NULL) {
        fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
        return;
    }
    s->tenant = r->tenant;
    s->funnel = r->param[0];
    fsv_op_submit(s);
}

void fsv_get_funnel(struct fsv_app *app, struct fsv_request *r)
{
    struct frt_op_pubs *list = fsv_op_new(r, sizeof *list, FRT_OP_PUBS, on_found);
    (void)app;
    if (list != NULL) {
        list->tenant = r->tenant;
        fsv_op_submit(list);
    }
}
