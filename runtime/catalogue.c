/* catalogue.c: publications of a tenant and images by hash, fetched when first needed; an image is verified once. Conversations that need
 * what is not there wait in a list and are started again.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum { PUBS_ARENA = 1 << 20, IMAGE_ARENA = 8 << 20 };

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

static int64_t hash_key(struct fn_str hash)
{
    int64_t key = 0;
    memcpy(&key, hash.p, hash.n < sizeof key ? hash.n : sizeof key);
    return key;
}

static struct cached_image *image_find(const struct frt_engine *e, int64_t tenant, struct fn_str hash)
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
    struct mail *waiting = c->waiting;
    c->waiting = NULL;
    fn_arena_fini(&f->arena);
    free(f);
    start_all(waiting);
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
    struct cached_image *c = image_find(e, m->tenant, hash);
    c = c != NULL ? c : image_fetch(e, m->tenant, hash);
    if (!c->settled) {
        wait_in(&c->waiting, m);
        return FN_UNAVAILABLE;
    }
    *out = c->image;
    return c->image != NULL ? FN_OK : FN_INVALID;
}

const struct fbc_image *catalogue_peek(const struct frt_engine *e, int64_t tenant, struct fn_str hash)
{
    const struct cached_image *c = hash.n == FRT_HASH ? image_find(e, tenant, hash) : NULL;
    return c != NULL ? c->image : NULL;
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

static void pubs_done(struct frt_op *op)
{
    struct listing *l = op->owner;
    struct frt_engine *e = l->engine;
    struct catalogue *c = l->tenant->catalogue;
    if (engine_again(e, op)) {
        return;
    }
    c->loading = false;
    c->loaded = true;
    fn_arena_fini(&c->arena);
    c->arena = l->arena; /* the new answer's memory */
    c->pubs = l->op.pubs;
    c->n = op->code == FN_OK ? l->op.n : 0;
    struct mail *waiting = c->waiting;
    c->waiting = NULL;
    free(l);
    start_all(waiting);
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
    t->catalogue->stale = false;
    engine_submit(e, &l->op.op);
}

const struct catalogue *catalogue_get(struct frt_engine *e, struct mail *m)
{
    if (m->t->catalogue == NULL) {
        m->t->catalogue = engine_alloc(1, sizeof *m->t->catalogue);
    }
    struct catalogue *c = m->t->catalogue;
    if (!c->loading && (!c->loaded || c->stale)) {
        pubs_fetch(e, m->t);
    }
    if (c->loading) {
        wait_in(&c->waiting, m);
        return NULL;
    }
    for (size_t i = 0; i < c->n; i++) {
        const struct fbc_image *image;
        if (catalogue_image(e, m, c->pubs[i].hash, &image) == FN_UNAVAILABLE ||
            (c->pubs[i].canary.n != 0 && catalogue_image(e, m, c->pubs[i].canary, &image) == FN_UNAVAILABLE)) {
            return NULL;
        }
    }
    return c;
}

void catalogue_free(struct catalogue *c)
{
    if (c != NULL) {
        fn_arena_fini(&c->arena);
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
