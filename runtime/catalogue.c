/* catalogue.c: publications of a tenant and images by hash, fetched when first needed; an image is verified once. Conversations that need
 * what is not there wait in a list and are started again. What another node published is seen by reading anew every few seconds while the
 * tenant has turns; meanwhile the old list serves. A list is served only when all its images are here. cache.c bounds what is kept.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum { PUBS_ARENA = 1 << 20, IMAGE_ARENA = 8 << 20, REREAD_MS = 5000 };

static void wait_in(struct mail **list, struct mail *m)
{
    m->state = MAIL_CATALOGUE;
    m->next = *list;
    *list = m;
}

static void start_all(struct mail *m)
{
    while (m != NULL) {
        struct mail *next = m->next;
        turn_start(m->turn);
        m = next;
    }
}

/* -- images ------------------------------------------------------------------------------------------------------------------------- */
struct fetch {
    struct frt_op_image_get op;
    struct fn_arena arena;
    struct frt_engine *engine;
    struct cached_image *image;
};

static void serve_coming(struct frt_engine *e, struct tenant *t);

static int64_t hash_key(struct fn_str hash)
{
    int64_t key = 0;
    memcpy(&key, hash.p, hash.n < sizeof key ? hash.n : sizeof key);
    return key;
}

struct cached_image *catalogue_find(const struct frt_engine *e, int64_t tenant, struct fn_str hash)
{
    struct cached_image *c = map_get(&e->images, tenant, hash_key(hash));
    while (c != NULL && memcmp(c->hash, hash.p, FRT_HASH) != 0) {
        c = c->next;
    }
    return c;
}

static void image_done(struct frt_op *op)
{
    struct fetch *f = op->owner;
    struct frt_engine *e = f->engine;
    struct cached_image *c = f->image;
    if (engine_again(e, op)) {
        return;
    }
    struct fbc_fault fault = {0};
    c->loading = false;
    c->settled = true;
    if (op->code != FN_OK || fbc_verify(f->op.bytes, FBC_ALLOW_ALL, &c->image, &fault) != FN_OK) {
        c->image = NULL;
        engine_log(e, FRT_LOG_ERROR, "image.refused", c->tenant, 0,
                   fn_str_c(op->code != FN_OK ? "not in the store" : fault.text));
    }
    e->stats.images++;
    e->stats.image_bytes += c->image != NULL ? c->image->size : 0;
    c->used_at = engine_now(e);
    struct mail *waiting = c->waiting;
    c->waiting = NULL;
    struct tenant *t = map_get(&e->tenants, c->tenant, 0);
    fn_arena_fini(&f->arena);
    free(f);
    start_all(waiting);
    serve_coming(e, t);
}

static struct cached_image *image_fetch(struct frt_engine *e, int64_t tenant, struct fn_str hash)
{
    struct cached_image *c = engine_alloc(1, sizeof *c);
    c->tenant = tenant;
    memcpy(c->hash, hash.p, FRT_HASH);
    c->next = map_get(&e->images, tenant, hash_key(hash));
    if (!map_put(&e->images, tenant, hash_key(hash), c)) {
        FN_BUG("no memory: what is in memory can be lost, the store has it");
    }
    struct fetch *f = engine_alloc(1, sizeof *f);
    f->engine = e;
    f->image = c;
    c->loading = true;
    fn_arena_init(&f->arena, IMAGE_ARENA);
    f->op.tenant = tenant;
    f->op.hash = (struct fn_str){(const char *)c->hash, FRT_HASH};
    f->op.op = (struct frt_op){.kind = FRT_OP_IMAGE_GET, .done = image_done, .owner = f, .arena = &f->arena};
    engine_submit(e, &f->op.op);
    return c;
}

enum fn_code catalogue_image(struct frt_engine *e, struct mail *m, struct fn_str hash, const struct fbc_image **out)
{
    if (hash.n != FRT_HASH) {
        return FN_INVALID;
    }
    struct cached_image *c = catalogue_find(e, m->tenant, hash);
    c = c != NULL ? c : image_fetch(e, m->tenant, hash);
    if (!c->settled) {
        wait_in(&c->waiting, m);
        return FN_UNAVAILABLE;
    }
    c->used_at = engine_now(e);
    *out = c->image;
    return c->image != NULL ? FN_OK : FN_INVALID;
}

const struct fbc_image *catalogue_peek(const struct frt_engine *e, int64_t tenant, struct fn_str hash)
{
    const struct cached_image *c = hash.n == FRT_HASH ? catalogue_find(e, tenant, hash) : NULL;
    return c != NULL ? c->image : NULL;
}

void catalogue_drop(struct frt_engine *e, struct cached_image *c)
{
    struct fn_str hash = {(const char *)c->hash, FRT_HASH};
    struct cached_image *first = map_get(&e->images, c->tenant, hash_key(hash)), **at = &first;
    while (*at != c) {
        at = &(*at)->next;
    }
    *at = c->next;
    if (first == NULL) {
        map_del(&e->images, c->tenant, hash_key(hash));
    } else if (!map_put(&e->images, c->tenant, hash_key(hash), first)) {
        FN_BUG("a slot that is there takes no memory");
    }
    e->stats.images--;
    e->stats.image_bytes -= c->image != NULL ? c->image->size : 0;
    fbc_image_free(c->image);
    free(c);
}

void catalogue_drop_images(struct frt_engine *e)
{
    for (size_t i = 0; i < e->images.cap; i++) {
        struct cached_image *c = e->images.slots[i].value;
        while (c != NULL) {
            struct cached_image *next = c->next;
            fbc_image_free(c->image);
            free(c);
            c = next;
        }
    }
}

/* -- publications ---------------------------------------------------------------------------------------------------------------------- */
struct listing {
    struct frt_op_pubs op;
    struct fn_arena arena;
    struct frt_engine *engine;
    struct tenant *tenant;
};

static bool is_here(struct frt_engine *e, int64_t tenant, struct fn_str hash)
{
    if (hash.n != FRT_HASH) {
        return true;
    }
    const struct cached_image *c = catalogue_find(e, tenant, hash);
    c = c != NULL ? c : image_fetch(e, tenant, hash);
    return c->settled;
}

/* A publication without its image would look like none, and a message would start nothing. */
static void serve_coming(struct frt_engine *e, struct tenant *t)
{
    struct catalogue *c = t != NULL ? t->catalogue : NULL;
    if (c == NULL || !c->has_coming || e->dying) {
        return;
    }
    bool all = true;
    for (size_t i = 0; i < c->n_coming; i++) {
        bool live = is_here(e, t->id, c->coming[i].hash), canary = is_here(e, t->id, c->coming[i].canary);
        all = all && live && canary;
    }
    if (!all) {
        return;
    }
    fn_arena_fini(&c->arena);
    c->arena = c->coming_arena; /* the new answer's memory */
    c->pubs = c->coming;
    c->n = c->n_coming;
    c->has_coming = c->waits = false;
    c->loaded = true;
    struct mail *waiting = c->waiting;
    c->waiting = NULL;
    start_all(waiting);
}

static void pubs_done(struct frt_op *op)
{
    struct listing *l = op->owner;
    struct frt_engine *e = l->engine;
    struct tenant *t = l->tenant;
    struct catalogue *c = t->catalogue;
    if (engine_again(e, op)) {
        return;
    }
    c->loading = false;
    c->loaded_at = engine_now(e);
    c->has_coming = true;
    c->coming_arena = l->arena;
    c->coming = l->op.pubs;
    c->n_coming = op->code == FN_OK ? l->op.n : 0;
    free(l);
    serve_coming(e, t);
}

static void pubs_fetch(struct frt_engine *e, struct tenant *t)
{
    struct listing *l = engine_alloc(1, sizeof *l);
    l->engine = e;
    l->tenant = t;
    fn_arena_init(&l->arena, PUBS_ARENA);
    l->op.tenant = t->id;
    l->op.op = (struct frt_op){.kind = FRT_OP_PUBS, .done = pubs_done, .owner = l, .arena = &l->arena};
    t->catalogue->loading = true;
    t->catalogue->waits = t->catalogue->stale;
    t->catalogue->stale = false;
    engine_submit(e, &l->op.op);
}

static bool must_wait(const struct catalogue *c)
{
    return !c->loaded || c->stale || c->waits;
}

bool catalogue_serves(const struct tenant *t)
{
    return t->catalogue != NULL && !must_wait(t->catalogue);
}

const struct catalogue *catalogue_get(struct frt_engine *e, struct mail *m)
{
    if (m->t->catalogue == NULL) {
        m->t->catalogue = engine_alloc(1, sizeof *m->t->catalogue);
    }
    struct catalogue *c = m->t->catalogue;
    m->t->used_at = engine_now(e);
    bool old = !c->loaded || c->stale || engine_now(e) - c->loaded_at >= REREAD_MS;
    if (old && !c->loading && !c->has_coming) {
        pubs_fetch(e, m->t);
    }
    if (must_wait(c)) {
        wait_in(&c->waiting, m);
        return NULL;
    }
    canary_watch(e, m->t);
    return c;
}

/* -- two versions ------------------------------------------------------------------------------------------------------------------------ */
static bool migrates(const struct fbc_image *to, struct fn_str var)
{
    struct fn_str head = FN_STR(FVM_MIGRATE);
    for (uint32_t i = 0; i < to->n_funcs; i++) {
        struct fn_str name = to->funcs[i].name;
        if (name.n == head.n + var.n && fn_str_starts(name, head) && memcmp(name.p + head.n, var.p, var.n) == 0) {
            return true;
        }
    }
    return false;
}

bool catalogue_fits(const struct fbc_image *from, const struct fbc_image *to)
{
    for (uint16_t i = 0; i < from->n_globals; i++) {
        const struct fbc_global *g = &from->globals[i];
        bool contact = (g->flags & FBC_G_CONTACT) != 0;
        uint16_t k = fbc_find_global(to, g->name, contact);
        if (k != FBC_NO_INDEX && !fbc_same_global(from, g, to, &to->globals[k]) &&
            (contact || !migrates(to, g->name))) {
            return false;
        }
    }
    return true;
}

void catalogue_shift(struct catalogue *c, int64_t by)
{
    if (c != NULL) {
        c->loaded_at += by;
    }
}

void catalogue_free(struct catalogue *c)
{
    if (c != NULL) {
        fn_arena_fini(&c->arena);
        if (c->has_coming) {
            fn_arena_fini(&c->coming_arena);
        }
        free(c);
    }
}

void frt_engine_reload(struct frt_engine *e, int64_t tenant)
{
    struct tenant *t = map_get(&e->tenants, tenant, 0);
    if (t != NULL && t->catalogue != NULL) {
        t->catalogue->stale = true;
    }
}
