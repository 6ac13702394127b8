/* api_funnels.c: reading funnels: what is published, where its conversations stand, and the source of a version.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "handlers.h"

#include "deploy.h"
#include "fn_json.h"

enum { LIST_MAX = 4 << 20 };

static void put(struct fn_buf *b, const char *key, struct fn_str s)
{
    fn_json_put_key(b, key);
    fn_json_put_str(b, s);
}

static void put_hash(struct fn_buf *b, const char *key, struct fn_str hash)
{
    fn_json_put_key(b, key);
    fn_buf_char(b, '"');
    fn_buf_hex(b, hash.p, hash.n);
    fn_buf_char(b, '"');
}

static void put_pub(struct fn_buf *b, const struct frt_pub *p)
{
    fn_buf_char(b, '{');
    put(b, "funnel", p->funnel);
    put_hash(b, "hash", p->hash);
    put_hash(b, "previous", p->previous);
    fn_buf_printf(b, ",\"version\":%lld,\"published_at\":%lld,\"channel\":%lld", (long long)p->version,
                  (long long)p->at, (long long)p->channel);
    put(b, "inflight", fsv_inflight_name(p->inflight));
    if (p->canary.n > 0) {
        put_hash(b, "canary", p->canary);
        fn_buf_printf(b, ",\"percent\":%u", (unsigned)p->percent);
    }
}

static void on_funnels(struct fsv_request *r, void *op)
{
    const struct frt_op_pubs *list = op;
    struct fn_buf b;
    if (!fsv_op_good(r, op)) {
        return;
    }
    fn_buf_init(&b, LIST_MAX);
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
    fn_buf_init(&b, LIST_MAX);
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

/* -- sources ---------------------------------------------------------------------------------------------------------------------------- */

static void on_source(struct fsv_request *r, void *op)
{
    const struct frt_op_doc_get *get = op;
    if (!fsv_op_good(r, op)) {
        return;
    }
    struct fn_str source = get->n == 1 ? fsv_source_of(&r->arena, get->docs[0].body) : FN_STR_NULL;
    if (source.p == NULL) {
        fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
        return;
    }
    fsv_answer(r, 200, "text/x-funnel; charset=utf-8", source);
}

static void on_source_listed(struct fsv_request *r, void *op)
{
    const struct frt_op_pubs *list = op;
    struct frt_op_doc_get *get = NULL;
    if (!fsv_op_good(r, op)) {
        return;
    }
    for (size_t i = 0; i < list->n && get == NULL; i++) {
        if (fn_str_eq(list->pubs[i].funnel, r->param[0])) {
            bool canary = fsv_query_int(r, "canary", 0, 1, 0) == 1;
            get = fsv_source_get(r, canary ? list->pubs[i].canary : list->pubs[i].hash, on_source);
        }
    }
    if (get == NULL) {
        fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
        return;
    }
    fsv_op_submit(get);
}

void fsv_get_source(struct fsv_app *app, struct fsv_request *r)
{
    struct frt_op_pubs *list = fsv_op_new(r, sizeof *list, FRT_OP_PUBS, on_source_listed);
    (void)app;
    if (list != NULL) {
        list->tenant = r->tenant;
        fsv_op_submit(list);
    }
}
