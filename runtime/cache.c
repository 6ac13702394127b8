/* cache.c: images and publications are in memory because they were used lately; the store has them all. A sweep bounds them: it marks what is in
 * use (tenants with a conversation in memory, the images of their turns and publications) and gives up the rest, least recently used
 * first, until the images fit again; tenants that were quiet for a while go as well. Marks instead of counted references: nothing can be
 * forgotten to be given back.
 *
 * Never: give up an image of a turn under way, or one that somebody waits for.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum { QUIET_MS = 600000, SWEEP_MS = 1000 };

/* -- what is in use --------------------------------------------------------------------------------------------------------------- */
static void mark_hash(const struct frt_engine *e, int64_t tenant, struct fn_str hash)
{
    struct cached_image *c = hash.n == FRT_HASH ? catalogue_find(e, tenant, hash) : NULL;
    if (c != NULL) {
        c->in_use = true;
    }
}

static void mark_list(const struct frt_engine *e, const struct tenant *t, const struct frt_pub *pubs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        mark_hash(e, t->id, pubs[i].hash);
        mark_hash(e, t->id, pubs[i].canary);
    }
}

static bool is_fetching(const struct catalogue *c)
{
    return c != NULL && (c->loading || c->has_coming || c->waiting != NULL);
}

static void mark(struct frt_engine *e)
{
    for (size_t i = 0; i < e->tenants.cap; i++) {
        struct tenant *t = e->tenants.slots[i].value;
        if (t != NULL) {
            t->in_use = t->first != NULL || t->arriving != 0 || t->inflight != 0 || t->watching != 0 ||
                        is_fetching(t->catalogue);
        }
    }
    for (size_t i = 0; i < e->images.cap; i++) {
        for (struct cached_image *c = e->images.slots[i].value; c != NULL; c = c->next) {
            c->in_use = c->loading || c->waiting != NULL;
        }
    }
    for (size_t i = 0; i < e->mails.cap; i++) {
        const struct mail *m = e->mails.slots[i].value;
        if (m != NULL) {
            m->t->in_use = true;
        }
        if (m != NULL && m->turn != NULL) { /* what it runs now, and what it was loaded with */
            mark_hash(e, m->tenant, m->turn->next.prog);
            mark_hash(e, m->tenant, m->turn->in != NULL ? m->turn->in->conv.prog : FN_STR_NULL);
        }
    }
    for (size_t i = 0; i < e->tenants.cap; i++) {
        const struct tenant *t = e->tenants.slots[i].value;
        if (t != NULL && t->in_use && t->catalogue != NULL) {
            mark_list(e, t, t->catalogue->pubs, t->catalogue->n);
            mark_list(e, t, t->catalogue->coming, t->catalogue->has_coming ? t->catalogue->n_coming : 0);
        }
    }
}

/* -- giving up ---------------------------------------------------------------------------------------------------------------------- */
static int by_use(const void *x, const void *y)
{
    const struct cached_image *const *a = x, *const *b = y;
    return ((*a)->used_at > (*b)->used_at) - ((*a)->used_at < (*b)->used_at);
}

/* A list without its images would start nothing: it goes first, and is read again when the tenant comes back. */
static void drop_image(struct frt_engine *e, struct cached_image *c)
{
    struct tenant *t = map_get(&e->tenants, c->tenant, 0);
    if (t != NULL) {
        catalogue_free(t->catalogue);
        t->catalogue = NULL;
    }
    catalogue_drop(e, c);
}

static void drop_images(struct frt_engine *e)
{
    struct cached_image **unused = engine_alloc(e->stats.images + 1, sizeof(struct cached_image *));
    size_t n = 0, enough = e->c.image_bytes - e->c.image_bytes / 8;
    for (size_t i = 0; i < e->images.cap; i++) {
        for (struct cached_image *c = e->images.slots[i].value; c != NULL; c = c->next) {
            if (!c->in_use) {
                unused[n++] = c;
            }
        }
    }
    qsort(unused, n, sizeof(struct cached_image *), by_use);
    for (size_t i = 0; i < n && e->stats.image_bytes > enough; i++) {
        drop_image(e, unused[i]);
    }
    free(unused);
}

static void drop_tenants(struct frt_engine *e, int64_t now)
{
    ready_unlist(e);
    struct tenant **quiet = engine_alloc(e->tenants.n + 1, sizeof(struct tenant *));
    size_t n = 0;
    for (size_t i = 0; i < e->tenants.cap; i++) { /* first collected: deleting moves slots */
        struct tenant *t = e->tenants.slots[i].value;
        if (t != NULL && !t->in_use && now - t->used_at >= QUIET_MS) {
            quiet[n++] = t;
        }
    }
    for (size_t i = 0; i < n; i++) {
        map_del(&e->tenants, quiet[i]->id, 0);
        catalogue_free(quiet[i]->catalogue);
        free(quiet[i]);
    }
    free(quiet);
}

void cache_step(struct frt_engine *e, int64_t now)
{
    bool over = e->stats.image_bytes > e->c.image_bytes;
    if (now < e->next_sweep || (!over && now - e->quiet_sweep < QUIET_MS / 4)) {
        return;
    }
    e->next_sweep = now + SWEEP_MS;
    e->quiet_sweep = now;
    mark(e);
    if (over) {
        drop_images(e);
    }
    drop_tenants(e, now);
}
