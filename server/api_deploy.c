/* api_deploy.c: a version goes live, and back. A deploy is: compile (or take an image), compare with what is live, store image and source,
 * publish. Nothing is stored before the comparison allows it: what conversations stand on must have a place in the new version, unless they stay
 * in the old one (inflight=pin), begin anew (restart), or only new ones are offered it (canary). The same bytes twice change nothing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "deploy.h"
#include "fbc_image.h"
#include "fn_json.h"

enum { IMAGE_MAX = 1 << 20, DIAGS_MAX_BYTES = 1 << 20, ANSWER_MAX = 8 << 20, SOURCE_DOC_MAX = 8 << 20 };

struct deploy {
    struct fn_str name, hash;    /* hash: FRT_HASH bytes */
    struct fn_str image, source; /* source: {NULL,0} when an image was sent */
    struct fn_str warnings;      /* JSON array */
    struct fn_str changes;       /* JSON members of the comparison */
    const struct frt_pub *live;  /* NULL none */
    const struct frt_standing *standing;
    size_t n_standing;
    enum frt_inflight inflight;
    uint32_t percent; /* of a canary, 0 everybody */
    bool dry;
};

/* -- sources kept beside images -------------------------------------------------------------------------------------------------------- */

static struct fn_str hex(struct fn_arena *arena, struct fn_str hash)
{
    struct fn_buf b;
    fn_buf_init(&b, 1024);
    fn_buf_hex(&b, hash.p, hash.n);
    struct fn_str s = fn_arena_dup(arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return s;
}

struct frt_op_doc_get *fsv_source_get(struct fsv_request *r, struct fn_str hash,
                                      void (*done)(struct fsv_request *r, void *op))
{
    struct frt_op_doc_get *get = hash.n == FRT_HASH ? fsv_op_new(r, sizeof *get, FRT_OP_DOC_GET, done) : NULL;
    if (get != NULL) {
        get->tenant = r->tenant;
        get->collection = FN_STR("source");
        get->key = hex(&r->arena, hash);
        get->limit = 1;
    }
    return get;
}

struct fn_str fsv_source_of(struct fn_arena *arena, struct fn_str body)
{
    const struct fn_json *root;
    bool good = fn_json_parse(arena, body, 0, &root, NULL) == FN_OK;
    return good ? fn_json_str(fn_json_get(root, "source")) : FN_STR_NULL;
}

/* -- the answer -------------------------------------------------------------------------------------------------------------------------- */

static void put_hash(struct fn_buf *b, const char *key, struct fn_str hash)
{
    fn_json_put_key(b, key);
    fn_buf_char(b, '"');
    fn_buf_hex(b, hash.p, hash.n);
    fn_buf_char(b, '"');
}

static void finish(struct fsv_request *r, int64_t version, bool changed)
{
    const struct deploy *d = r->state;
    struct fn_buf b;
    fn_buf_init(&b, ANSWER_MAX);
    fn_buf_z(&b, "{\"funnel\":");
    fn_json_put_str(&b, d->name);
    put_hash(&b, "hash", d->hash);
    fn_buf_printf(&b, ",\"version\":%lld,\"changed\":%s,\"dry_run\":%s,\"canary\":%u,\"bytes\":%zu,\"inflight\":",
                  (long long)version, changed ? "true" : "false", d->dry ? "true" : "false", (unsigned)d->percent,
                  d->image.n);
    fn_json_put_str(&b, fsv_inflight_name(d->inflight));
    fn_buf_z(&b, ",\"diagnostics\":");
    fn_buf_str(&b, d->warnings.n > 0 ? d->warnings : FN_STR("[]"));
    fn_buf_char(&b, ',');
    fn_buf_str(&b, d->changes.n > 0 ? d->changes : FN_STR("\"changes\":[],\"unsettled\":0,\"blocked\":0"));
    fn_buf_char(&b, '}');
    fsv_answer_json(r, changed && !d->dry ? 201 : 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

/* -- storing and publishing ---------------------------------------------------------------------------------------------------------------- */

static void on_published(struct fsv_request *r, void *op)
{
    const struct frt_op_publish *p = op;
    if (!fsv_op_good(r, op)) {
        return;
    }
    FSV_LOG(INFO, "funnel.published", "a version is live", FSV_INT("tenant", r->tenant),
            FSV_TEXT("funnel", p->pub.funnel), FSV_INT("version", p->pub.version), FSV_INT("canary", p->pub.percent),
            FSV_Z("request_id", r->id));
    frt_engine_reload(r->app->engine, r->tenant);
    finish(r, p->pub.version, true);
}

static void publish(struct fsv_request *r)
{
    const struct deploy *d = r->state;
    struct frt_op_publish *p = fsv_op_new(r, sizeof *p, FRT_OP_PUBLISH, on_published);
    if (p == NULL) {
        return;
    }
    p->tenant = r->tenant;
    p->pub = (struct frt_pub){.funnel = d->name, .hash = d->hash, .inflight = d->inflight};
    if (d->percent != 0) {
        p->pub = *d->live;
        p->pub.canary = d->hash;
        p->pub.percent = d->percent;
    }
    p->pub.channel = d->live != NULL ? d->live->channel : 0;
    p->pub.at = fsv_wall_ms();
    fsv_op_submit(p);
}

static void on_source_stored(struct fsv_request *r, void *op)
{
    if (fsv_op_good(r, op)) {
        publish(r);
    }
}

static void on_stored(struct fsv_request *r, void *op)
{
    const struct deploy *d = r->state;
    struct fn_buf body;
    if (!fsv_op_good(r, op)) {
        return;
    }
    if (d->source.p == NULL) {
        publish(r);
        return;
    }
    struct frt_op_doc_put *put = fsv_op_new(r, sizeof *put, FRT_OP_DOC_PUT, on_source_stored);
    struct frt_doc *doc = fn_arena_alloc(&r->arena, sizeof *doc);
    if (put == NULL || doc == NULL) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR_NULL);
        return;
    }
    fn_buf_init(&body, SOURCE_DOC_MAX);
    fn_buf_z(&body, "{\"source\":");
    fn_json_put_str(&body, d->source);
    fn_buf_char(&body, '}');
    *doc = (struct frt_doc){FN_STR("source"), hex(&r->arena, d->hash), fn_arena_dup(&r->arena, fn_buf_view(&body)), -1};
    fn_buf_fini(&body);
    put->tenant = r->tenant;
    put->at = fsv_wall_ms();
    put->docs = doc;
    put->n = 1;
    fsv_op_submit(put);
}

static void store(struct fsv_request *r)
{
    const struct deploy *d = r->state;
    if (d->dry) {
        finish(r, d->live != NULL ? d->live->version : 0, true);
        return;
    }
    struct frt_op_image_put *p = fsv_op_new(r, sizeof *p, FRT_OP_IMAGE_PUT, on_stored);
    if (p != NULL) {
        p->tenant = r->tenant;
        p->at = fsv_wall_ms();
        p->hash = d->hash;
        p->bytes = d->image;
        fsv_op_submit(p);
    }
}

/* -- comparing ------------------------------------------------------------------------------------------------------------------------------- */

static void judge(struct fsv_request *r, enum fn_code code, const struct fcc_compat *table)
{
    struct deploy *d = r->state;
    struct fn_buf b;
    if (code != FN_OK) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR("comparison"));
        return;
    }
    fn_buf_init(&b, ANSWER_MAX);
    int64_t blocked = fsv_compare_put(&b, table, d->standing, d->n_standing);
    d->changes = fn_arena_dup(&r->arena, fn_buf_view(&b));
    bool may = blocked == 0 || d->inflight != FRT_AT_STAGE || d->percent != 0;
    fn_buf_fini(&b);
    if (may) {
        store(r);
    } else {
        fsv_problem_with(r, FSV_P_UNSETTLED, FN_STR_NULL, d->changes);
    }
}

static void on_old_image(struct fsv_request *r, void *op)
{
    const struct deploy *d = r->state;
    const struct frt_op_image_get *get = op;
    struct fcc_compat table = {0};
    if (fsv_op_good(r, op)) {
        judge(r, fsv_compare_images(&r->arena, get->bytes, d->image, &table), &table);
    }
}

static void compare_images(struct fsv_request *r)
{
    const struct deploy *d = r->state;
    struct frt_op_image_get *get = fsv_op_new(r, sizeof *get, FRT_OP_IMAGE_GET, on_old_image);
    if (get != NULL) {
        get->tenant = r->tenant;
        get->hash = d->live->hash;
        fsv_op_submit(get);
    }
}

static void on_old_source(struct fsv_request *r, void *op)
{
    const struct deploy *d = r->state;
    const struct frt_op_doc_get *get = op;
    struct fcc_compat table = {0};
    if (!fsv_op_good(r, op)) {
        return;
    }
    struct fn_str old = get->n == 1 ? fsv_source_of(&r->arena, get->docs[0].body) : FN_STR_NULL;
    enum fn_code code = old.p != NULL ? fsv_compare_sources(&r->arena, old, d->source, &table) : FN_INVALID;
    if (code == FN_INVALID) { /* not kept, or from a time when the language was another */
        compare_images(r);
    } else {
        judge(r, code, &table);
    }
}

static void on_standing(struct fsv_request *r, void *op)
{
    struct deploy *d = r->state;
    const struct frt_op_standing *s = op;
    if (!fsv_op_good(r, op)) {
        return;
    }
    d->standing = s->rows;
    d->n_standing = s->n;
    if (d->source.p == NULL) {
        compare_images(r);
        return;
    }
    struct frt_op_doc_get *get = fsv_source_get(r, d->live->hash, on_old_source);
    if (get != NULL) {
        fsv_op_submit(get);
    }
}

static bool is_live(const struct deploy *d)
{
    const struct frt_pub *p = d->live;
    return p != NULL && (d->percent == 0 ? fn_str_eq(p->hash, d->hash) && p->canary.n == 0 && p->inflight == d->inflight
                                         : fn_str_eq(p->canary, d->hash) && p->percent == d->percent);
}

static void on_listed(struct fsv_request *r, void *op)
{
    struct deploy *d = r->state;
    const struct frt_op_pubs *list = op;
    if (!fsv_op_good(r, op)) {
        return;
    }
    for (size_t i = 0; i < list->n; i++) {
        if (fn_str_eq(list->pubs[i].funnel, d->name) && list->pubs[i].hash.n > 0) {
            d->live = &list->pubs[i];
        }
    }
    if (is_live(d)) { /* publishing it again would only count up the version */
        finish(r, d->live->version, false);
    } else if (d->live == NULL && d->percent != 0) {
        fsv_problem(r, FSV_P_FIELD, FN_STR("canary"));
    } else if (d->live == NULL) {
        store(r);
    } else {
        struct frt_op_standing *s = fsv_op_new(r, sizeof *s, FRT_OP_STANDING, on_standing);
        if (s != NULL) {
            s->tenant = r->tenant;
            s->funnel = d->name;
            fsv_op_submit(s);
        }
    }
}

/* -- taking the body ----------------------------------------------------------------------------------------------------------------- */

static bool compile(struct fsv_request *r, struct deploy *d, struct fn_str source)
{
    struct fn_buf diags, extra, image;
    struct fn_err err = {FN_OK, ""};
    fn_buf_init(&diags, DIAGS_MAX_BYTES);
    fn_buf_init(&extra, DIAGS_MAX_BYTES + 64);
    fn_buf_init(&image, IMAGE_MAX);
    struct fn_str path = fn_arena_printf(&r->arena, "%.*s.funnel", FN_STR_ARG(r->param[0]));
    struct fn_str name = FN_STR_NULL;
    enum fn_code code = fsv_compile(r->app, r->tenant, &r->arena, path, source, r->lang, &image, &name, &diags, &err);
    if (code == FN_OK) {
        d->name = name;
        d->source = source;
        d->image = fn_arena_dup(&r->arena, fn_buf_view(&image));
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
    fn_buf_fini(&image);
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
    d->image = bytes;
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

static bool take_options(struct fsv_request *r, struct deploy *d)
{
    struct fn_str inflight = fsv_query(r, "inflight"), canary = fsv_query(r, "canary");
    bool known = inflight.n == 0;
    for (enum frt_inflight i = FRT_AT_STAGE; i <= FRT_RESTART && !known; i++) {
        known = fn_str_eq(inflight, fsv_inflight_name(i));
        d->inflight = i;
    }
    d->percent = (uint32_t)fsv_query_int(r, "canary", 1, 99, 0);
    d->dry = fsv_query_int(r, "dry_run", 0, 1, 0) == 1;
    if (!known || (canary.n != 0 && d->percent == 0)) {
        fsv_problem(r, FSV_P_FIELD, known ? FN_STR("canary: 1..99") : FN_STR("inflight: at_stage, pin, restart"));
        return false;
    }
    return true;
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
    if (!take_options(r, d) || !take_body(r, d)) {
        return;
    }
    if (!fn_str_eq(d->name, r->param[0])) {
        fsv_problem(r, FSV_P_NAME, d->name);
        return;
    }
    struct frt_op_pubs *list = fsv_op_new(r, sizeof *list, FRT_OP_PUBS, on_listed);
    if (list != NULL) {
        fsv_sha256(d->image, (uint8_t *)hash);
        d->hash = (struct fn_str){hash, FRT_HASH};
        list->tenant = r->tenant;
        fsv_op_submit(list);
    }
}

/* -- back ------------------------------------------------------------------------------------------------------------------------------------ */

static void on_back(struct fsv_request *r, void *op)
{
    const struct frt_op_publish *p = op;
    struct fn_buf b;
    if (!fsv_op_good(r, op)) {
        return;
    }
    FSV_LOG(WARN, "funnel.rolled_back", "a version was taken back", FSV_INT("tenant", r->tenant),
            FSV_TEXT("funnel", p->pub.funnel), FSV_INT("version", p->pub.version), FSV_Z("request_id", r->id));
    frt_engine_reload(r->app->engine, r->tenant);
    fn_buf_init(&b, 4096);
    fn_buf_z(&b, "{\"funnel\":");
    fn_json_put_str(&b, p->pub.funnel);
    put_hash(&b, "hash", p->pub.hash);
    fn_buf_printf(&b, ",\"version\":%lld}", (long long)p->pub.version);
    fsv_answer_json(r, 200, fn_buf_view(&b));
    fn_buf_fini(&b);
}

static void on_back_listed(struct fsv_request *r, void *op)
{
    const struct frt_op_pubs *list = op;
    const struct frt_pub *live = NULL;
    if (!fsv_op_good(r, op)) {
        return;
    }
    for (size_t i = 0; i < list->n; i++) {
        live = fn_str_eq(list->pubs[i].funnel, r->param[0]) && list->pubs[i].hash.n > 0 ? &list->pubs[i] : live;
    }
    if (live == NULL || (live->canary.n == 0 && live->previous.n == 0)) {
        fsv_problem(r, live == NULL ? FSV_P_NOT_FOUND : FSV_P_NO_PREVIOUS, FN_STR_NULL);
        return;
    }
    struct frt_op_publish *p = fsv_op_new(r, sizeof *p, FRT_OP_PUBLISH, on_back);
    if (p == NULL) {
        return;
    }
    p->tenant = r->tenant;
    p->pub = *live;
    if (live->canary.n == 0) {
        p->pub.hash = live->previous;
        p->pub.inflight = FRT_AT_STAGE;
    }
    p->pub.canary = FN_STR_NULL;
    p->pub.percent = 0;
    p->pub.at = fsv_wall_ms();
    fsv_op_submit(p);
}

void fsv_post_rollback(struct fsv_app *app, struct fsv_request *r)
{
    struct frt_op_pubs *list = fsv_op_new(r, sizeof *list, FRT_OP_PUBS, on_back_listed);
    (void)app;
    if (list != NULL) {
        list->tenant = r->tenant;
        fsv_op_submit(list);
    }
}
