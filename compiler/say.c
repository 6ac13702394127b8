/* say.c: how the checker speaks: diagnostics with their arguments, and the one rule against cascades: a node that recovery made up is silent.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

#include "fn_utf8.h"

static bool add_block(struct ctx *c, struct vec *v, size_t size)
{
    if (v->n_blocks == v->cap) {
        uint32_t cap = v->cap == 0 ? 4 : v->cap * 2;
        void **blocks = fn_arena_array(c->arena, cap, sizeof(void *));
        if (blocks == NULL) {
            return false;
        }
        if (v->n_blocks != 0) {
            memcpy(blocks, v->blocks, v->n_blocks * sizeof(void *));
        }
        v->blocks = blocks;
        v->cap = cap;
    }
    void *block = fn_arena_array(c->arena, VEC_BLOCK, size);
    if (block == NULL) {
        return false;
    }
    v->blocks[v->n_blocks++] = block;
    return true;
}

void *sema_push(struct ctx *c, struct vec *v, size_t size)
{
    if (v->n == v->n_blocks * VEC_BLOCK && !add_block(c, v, size)) {
        c->full = true;
        return NULL;
    }
    void *at = (char *)v->blocks[v->n / VEC_BLOCK] + v->n % VEC_BLOCK * size;
    if (v->n++ < v->used) {
        return memset(at, 0, size);
    }
    v->used = v->n;
    return at;
}

void *sema_flat(struct ctx *c, const struct vec *v, size_t size)
{
    char *items = v->n != 0 ? fn_arena_array(c->arena, v->n, size) : NULL;
    c->full |= v->n != 0 && items == NULL;
    for (uint32_t i = 0; items != NULL && i < v->n; i += VEC_BLOCK) {
        uint32_t n = v->n - i < VEC_BLOCK ? v->n - i : VEC_BLOCK;
        memcpy(items + i * size, v->blocks[i / VEC_BLOCK], n * size);
    }
    return items;
}

/* A record nobody reads. Memory is out when there is none; the list then has its own. */
static struct fn_diag *nobody(struct ctx *c)
{
    struct fn_diag *d = fn_arena_alloc(c->arena, sizeof *d);
    return d != NULL ? d : fgr_diag_add(c->diags, FGR_D_UNKNOWN_CHARACTER, (struct fn_span){0, 0});
}

bool sema_full(const struct ctx *c)
{
    return c->diags->n >= c->diags->max || c->weighed >= SEMA_WEIGHED;
}

struct fn_diag *sema_diag_at(struct ctx *c, enum fgr_diag d, struct fn_span span)
{
    struct fn_diag *out = fgr_diag_add(c->diags, d, span);
    out->file = c->file;
    out->portuguese = c->p->trees[c->file].spelling == FN_PT;
    return out;
}

struct fn_diag *sema_diag(struct ctx *c, enum fgr_diag d, const struct fgr_node *n)
{
    return (n->flags & FGR_BROKEN) != 0 ? nobody(c) : sema_diag_at(c, d, n->span);
}

bool sema_was_told(const struct ctx *c, struct fn_span span, enum fgr_diag first, enum fgr_diag last)
{
    for (size_t i = 0; i < c->diags->n; i++) {
        const struct fn_diag *d = c->diags->items[i];
        if (d->file == c->file && d->code >= first && d->code <= last && d->span.a >= span.a && d->span.a < span.b) {
            return true;
        }
    }
    return false;
}

bool sema_misread(const struct ctx *c, const struct fgr_node *n)
{
    return (n->flags & FGR_BROKEN) != 0 ||
           sema_was_told(c, n->span, (enum fgr_diag)0, (enum fgr_diag)(FGR_D_NAME_UNKNOWN - 1));
}

struct fn_diag *sema_name_diag(struct ctx *c, enum fgr_diag d, const struct fgr_node *n)
{
    struct fn_diag *out = (n->flags & FGR_BROKEN) != 0 && n->text.n == 0 ? nobody(c) : NULL;
    if (out == NULL) {
        out = sema_diag_at(c, d, n->text_span.b > n->text_span.a ? n->text_span : n->span);
    }
    sema_arg(out, "name", n->text);
    return out;
}

void sema_arg(struct fn_diag *d, const char *name, struct fn_str value)
{
    fn_diag_arg(d, name, value);
}

void sema_arg_num(struct ctx *c, struct fn_diag *d, const char *name, int64_t value)
{
    fn_diag_arg(d, name, fn_arena_printf(c->arena, "%lld", (long long)value));
}

void sema_arg_type(struct ctx *c, struct fn_diag *d, const char *name, const struct fcc_type *t)
{
    struct fn_buf b;
    fn_buf_init(&b, 400);
    fcc_type_name(&b, t, c->p->trees[c->file].spelling);
    fn_diag_arg(d, name, fn_arena_dup(c->arena, fn_buf_view(&b)));
    fn_buf_fini(&b);
}

void sema_why(struct ctx *c, struct fn_diag *d, enum fgr_why otherwise)
{
    if (c->choice.n != 0) {
        d->why = FGR_W_TAPS;
        d->why_arg = c->choice;
        return;
    }
    d->why = (uint16_t)otherwise;
}
