/* catalogue.c: the rounds that keep memory equal to the store, and who waits for them: see catalogue.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "catalogue.h"

#include "app.h"

#include <stdlib.h>

enum { ROUND_ARENA = 64 << 20, READ_MAX = FSV_CATALOGUE_MAX + 100 /* two nodes may both put the last one */ };
static const struct fn_str marks = {"change", 6};

struct collection {
    struct fn_str name;
    enum fn_code (*load)(struct fsv_app *app, const struct frt_doc *doc, struct fn_err *err);
};
static const struct collection collections[FSV_COLLECTIONS] = {
    [FSV_COL_KEY] = {{"key", 3}, fsv_key_load},
    [FSV_COL_CHANNEL] = {{"channel", 7}, fsv_channel_load},
    [FSV_COL_SECRET] = {{"secret", 6}, fsv_secret_load},
    [FSV_COL_TEMPLATE] = {{"template", 8}, fsv_template_load},
};

bool fsv_own(struct fn_str *at, struct fn_str text)
{
    char *copy = malloc(text.n + 1);
    if (copy == NULL) {
        return false;
    }
    if (text.n > 0) {
        memcpy(copy, text.p, text.n);
    }
    copy[text.n] = '\0';
    fsv_disown(at);
    *at = (struct fn_str){copy, text.n};
    return true;
}

void fsv_disown(struct fn_str *at)
{
    union {
        const char *in;
        char *out;
    } old = {at->p};
    if (old.out != NULL) {
        fsv_wipe(old.out, at->n);
    }
    free(old.out);
    *at = FN_STR_NULL;
}

void fsv_catalogue_free(struct fsv_app *app)
{
    fsv_channels_free(app);
    fsv_secrets_free(app);
    fsv_templates_free(app);
    fn_arena_fini(&app->catalogue.arena);
}

void fsv_catalogue_init(struct fsv_app *app)
{
    fn_arena_init(&app->catalogue.arena, ROUND_ARENA);
    for (size_t k = 0; k < FSV_COLLECTIONS; k++) {
        app->catalogue.known[k] = -1;
    }
}

/* -- a round --------------------------------------------------------------------------------------------------------------------------- */

static void take_marks(struct fsv_catalogue *c)
{
    for (size_t k = 0; k < FSV_COLLECTIONS; k++) {
        c->seen[k] = 0; /* never written by a node that marks */
        for (size_t i = 0; i < c->get.n; i++) {
            if (fn_str_eq(c->get.docs[i].key, collections[k].name)) {
                c->seen[k] = c->get.docs[i].rev;
            }
        }
    }
}

/* A document that cannot be read is told and left out: the others must work. *worst keeps the first, for who starts. */
static void take_documents(struct fsv_app *app, enum fsv_collection k, struct fn_err *worst)
{
    struct fsv_catalogue *c = &app->catalogue;
    for (size_t i = 0; i < c->get.n; i++) {
        struct fn_err err = {FN_OK, ""};
        if (collections[k].load(app, &c->get.docs[i], &err) != FN_OK) {
            *worst = worst->code == FN_OK ? err : *worst;
            FSV_LOG(ERROR, "catalogue.unreadable", "a document of the store cannot be read",
                    FSV_TEXT("collection", collections[k].name), FSV_TEXT("key", c->get.docs[i].key),
                    FSV_Z("err", err.text));
        }
    }
    c->known[k] = c->seen[k];
}

/* The next collection that changed, at or behind k. */
static enum fsv_collection next_changed(const struct fsv_catalogue *c, unsigned k)
{
    while (k < FSV_COLLECTIONS && c->seen[k] == c->known[k]) {
        k++;
    }
    return (enum fsv_collection)k;
}

static void prepare(struct fsv_catalogue *c, enum fsv_collection k)
{
    fn_arena_reset(&c->arena);
    c->at = k;
    c->get = (struct frt_op_doc_get){.tenant = FSV_TENANT, .limit = READ_MAX};
    c->get.collection = k < FSV_COLLECTIONS ? collections[k].name : marks;
}

enum fn_code fsv_catalogue_load(struct fsv_app *app, struct fn_err *err)
{
    struct fsv_catalogue *c = &app->catalogue;
    struct fn_err worst = {FN_OK, ""};
    int64_t began = fsv_monotonic_ms();
    for (enum fsv_collection k = FSV_COLLECTIONS;;) {
        prepare(c, k);
        fsv_store_wait(app, &c->get.op, FRT_OP_DOC_GET, &c->arena);
        if (c->get.op.code != FN_OK && c->get.op.code != FN_NOT_FOUND) {
            return fn_fail(err, c->get.op.code, "store: %s", c->get.op.err.text);
        }
        if (k == FSV_COLLECTIONS) {
            take_marks(c);
        } else {
            take_documents(app, k, &worst);
        }
        k = next_changed(c, k == FSV_COLLECTIONS ? 0 : k + 1);
        if (k == FSV_COLLECTIONS) {
            break;
        }
    }
    c->fresh = c->began = began;
    return worst.code == FN_OK ? FN_OK : fn_fail(err, worst.code, "%s", worst.text);
}

/* -- rounds on the loop ------------------------------------------------------------------------------------------------------------------ */

static void answer(struct fsv_asking *a, bool fresh)
{
    while (a != NULL) {
        struct fsv_asking *next = a->next;
        a->done(a->ctx, fresh);
        a = next;
    }
}

static void wait_next(struct fsv_app *app, int64_t ms)
{
    struct fsv_catalogue *c = &app->catalogue;
    int64_t gap = c->began + FSV_CATALOGUE_GAP_MS - fsv_monotonic_ms();
    fsv_loop_after(app->loop, &c->timer, ms > gap ? ms : gap);
}

static void end_round(struct fsv_app *app, bool good)
{
    struct fsv_catalogue *c = &app->catalogue;
    struct fsv_asking *served = c->served;
    c->running = false;
    c->served = NULL;
    c->fresh = good ? c->began : c->fresh;
    wait_next(app, c->waiting != NULL ? 0 : FSV_CATALOGUE_POLL_MS);
    answer(served, good); /* last: they may ask again */
}

static void read_on(struct fsv_app *app, enum fsv_collection k);

static void on_read(struct frt_op *op)
{
    struct fsv_app *app = op->owner;
    struct fsv_catalogue *c = &app->catalogue;
    enum fsv_collection k = c->at;
    struct fn_err worst = {FN_OK, ""};
    if (c->closed) {
        return;
    }
    if (op->code != FN_OK && op->code != FN_NOT_FOUND) {
        end_round(app, false);
        return;
    }
    if (k == FSV_COLLECTIONS) {
        take_marks(c);
    } else {
        take_documents(app, k, &worst);
        FSV_LOG(INFO, "catalogue.read", "another version was read from the store",
                FSV_TEXT("collection", collections[k].name), FSV_INT("revision", c->known[k]));
    }
    k = next_changed(c, k == FSV_COLLECTIONS ? 0 : k + 1);
    if (k == FSV_COLLECTIONS) {
        end_round(app, true);
    } else {
        read_on(app, k);
    }
}

static void read_on(struct fsv_app *app, enum fsv_collection k)
{
    struct fsv_catalogue *c = &app->catalogue;
    prepare(c, k);
    c->get.op = (struct frt_op){.kind = FRT_OP_DOC_GET, .done = on_read, .owner = app, .arena = &c->arena};
    frt_store_submit(app->store, &c->get.op);
}

static void on_time(void *self)
{
    struct fsv_app *app = self;
    struct fsv_catalogue *c = &app->catalogue;
    if (c->running) {
        return; /* its end sets the timer again */
    }
    c->running = true;
    c->began = fsv_monotonic_ms();
    c->served = c->waiting;
    c->waiting = NULL;
    read_on(app, FSV_COLLECTIONS);
}

void fsv_catalogue_start(struct fsv_app *app)
{
    app->catalogue.timer = (struct fsv_timer){.on = on_time, .self = app};
    wait_next(app, FSV_CATALOGUE_POLL_MS);
}

void fsv_catalogue_nudge(struct fsv_app *app)
{
    if (!app->catalogue.closed && !app->catalogue.running && app->catalogue.timer.on != NULL) {
        wait_next(app, 0);
    }
}

void fsv_catalogue_ask(struct fsv_app *app, struct fsv_asking *asking)
{
    struct fsv_catalogue *c = &app->catalogue;
    asking->next = c->waiting;
    c->waiting = asking;
    fsv_catalogue_nudge(app);
}

bool fsv_catalogue_is_fresh(const struct fsv_app *app)
{
    return fsv_monotonic_ms() - app->catalogue.fresh <= FSV_CATALOGUE_STALE_MS;
}

void fsv_catalogue_close(struct fsv_app *app)
{
    struct fsv_catalogue *c = &app->catalogue;
    struct fsv_asking *served = c->served, *waiting = c->waiting;
    c->closed = true;
    c->served = c->waiting = NULL;
    fsv_loop_cancel(app->loop, &c->timer);
    answer(served, false);
    answer(waiting, false);
}

/* -- writing ------------------------------------------------------------------------------------------------------------------------------- */

static void with_mark(struct frt_op_doc_put *put, struct frt_doc docs[2], enum fsv_collection k)
{
    docs[0].collection = collections[k].name;
    docs[1] = (struct frt_doc){marks, collections[k].name, FN_STR("{}"), -1};
    put->tenant = FSV_TENANT;
    put->at = fsv_wall_ms();
    put->docs = docs;
    put->n = 2;
}

enum fn_code fsv_catalogue_store(struct fsv_app *app, enum fsv_collection collection, struct frt_doc *doc,
                                 struct fn_err *err)
{
    struct fn_arena arena;
    struct frt_doc docs[2] = {*doc};
    struct frt_op_doc_put put = {.n = 0};
    with_mark(&put, docs, collection);
    fn_arena_init(&arena, 1 << 20);
    fsv_store_wait(app, &put.op, FRT_OP_DOC_PUT, &arena);
    fn_arena_fini(&arena);
    doc->rev = docs[0].rev;
    return put.op.code == FN_OK ? FN_OK : fn_fail(err, put.op.code, "store: %s", put.op.err.text);
}

struct then {
    struct fsv_asking asking;
    struct fsv_request *r;
    void (*then)(struct fsv_request *r);
};

static void on_then(void *ctx, bool fresh)
{
    const struct then *t = ctx;
    struct fsv_request *r = t->r;
    if (!fresh) {
        fsv_problem(r, FSV_P_BUSY, FN_STR_NULL);
    } else if (!r->answered) {
        t->then(r);
    }
    fsv_release(r);
}

void fsv_catalogue_then(struct fsv_request *r, void (*then)(struct fsv_request *r))
{
    struct then *t = fn_arena_alloc(&r->arena, sizeof *t);
    if (t == NULL || r->app->catalogue.closed) {
        fsv_problem(r, t == NULL ? FSV_P_INTERNAL : FSV_P_DRAINING, FN_STR_NULL);
        return;
    }
    *t = (struct then){{on_then, t, NULL}, r, then};
    fsv_hold(r);
    fsv_catalogue_ask(r->app, &t->asking);
}

struct writing {
    struct frt_op_doc_put put; /* first: what fsv_op_new makes */
    struct frt_doc docs[2];
    struct fsv_asking asking;
    struct fsv_request *r;
    void (*done)(struct fsv_request *r, bool fits);
};

static void on_known(void *ctx, bool fresh)
{
    const struct writing *w = ctx;
    struct fsv_request *r = w->r;
    if (!fresh) {
        fsv_problem(r, FSV_P_BUSY, FN_STR_NULL);
    } else if (!r->answered) {
        w->done(r, w->put.op.code == FN_OK);
    }
    fsv_release(r);
}

static void on_put(struct fsv_request *r, void *op)
{
    struct writing *w = op;
    if (w->put.op.code != FN_CONFLICT && !fsv_op_good(r, op)) {
        return;
    }
    if (r->app->catalogue.closed) {
        fsv_problem(r, FSV_P_DRAINING, FN_STR_NULL);
        return;
    }
    if (w->put.op.code == FN_OK) {
        fsv_start_tell(r->app);
    }
    w->asking = (struct fsv_asking){on_known, w, NULL};
    fsv_hold(r);
    fsv_catalogue_ask(r->app, &w->asking);
}

void fsv_catalogue_put(struct fsv_request *r, enum fsv_collection collection, struct frt_doc doc,
                       void (*done)(struct fsv_request *r, bool fits))
{
    struct writing *w = fsv_op_new(r, sizeof *w, FRT_OP_DOC_PUT, on_put);
    if (w != NULL) {
        w->r = r;
        w->done = done;
        w->docs[0] = doc;
        with_mark(&w->put, w->docs, collection);
        fsv_op_submit(w);
    }
}
