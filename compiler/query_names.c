/* query_names.c: definition, references, rename: what a name means and where it is written. See fcc_query.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "query.h"

#include <stdlib.h>

#include "fn_utf8.h"

void *query_push(struct query_list *l, size_t size)
{
    if (l->n == l->cap && !l->full) {
        uint32_t cap = l->cap == 0 ? 16 : l->cap * 2;
        void *bigger = cap > l->cap ? fn_arena_array(l->arena, cap, size) : NULL;
        l->full = bigger == NULL;
        if (bigger != NULL && l->n > 0) {
            memcpy(bigger, l->items, l->n * size);
        }
        l->items = bigger != NULL ? bigger : l->items;
        l->cap = bigger != NULL ? cap : l->cap;
    }
    return l->full ? NULL : memset((char *)l->items + (size_t)l->n++ * size, 0, size);
}

void query_walk(struct fgr_node *n, void (*visit)(void *, struct fgr_node *), void *with)
{
    if (n->kind != FGR_LIST) { /* a list ends before its text: fgr_ast.h */
        visit(with, n);
    }
    for (unsigned i = 0; i < n->n_kids; i++) {
        if (n->kid[i] != NULL) {
            query_walk(n->kid[i], visit, with);
        }
    }
    for (uint32_t i = 0; n->kind == FGR_LIST && i < n->n_items; i++) {
        if (n->items[i] != NULL) {
            query_walk(n->items[i], visit, with);
        }
    }
}

struct fn_span query_name_span(const struct fgr_node *n)
{
    if (n->text.n == 0 || n->kind == FGR_CALL || n->kind == FGR_TEXT || n->kind == FGR_TEXT_PART) {
        return (struct fn_span){0, 0};
    }
    return n->text_span.b > n->text_span.a ? n->text_span : n->kind == FGR_NAME ? n->span : (struct fn_span){0, 0};
}

int64_t query_token_before(const struct fgr_tree *t, uint32_t offset)
{
    int64_t low = -1, high = (int64_t)t->n_scanned - 1; /* the answer is in (low, high] or low */
    while (low < high) {
        int64_t mid = (low + high + 1) / 2;
        if (t->scanned[mid].span.a < offset) {
            low = mid;
        } else {
            high = mid - 1;
        }
    }
    return low;
}

/* -- what stands at an offset -------------------------------------------------------------------------------------------------- */

struct looking {
    uint32_t offset;
    struct query_target *out;
};

/* Calls for each id of an option in brackets: `< choose [sim] [não]`. */
static void expected_options(struct fgr_node *n, void (*each)(void *, struct fgr_node *), void *with)
{
    struct fgr_node *options = n->kind == FGR_STEP_EXPECTS ? n->kid[FGR_STEP_EXPECTS_options] : NULL;
    for (uint32_t i = 0; options != NULL && i < options->n_items; i++) {
        each(with, options->items[i]);
    }
}

static void look_at_option(void *with, struct fgr_node *n)
{
    struct looking *l = with;
    struct fn_span at = query_name_span(n);
    if (at.b != 0 && l->offset >= at.a && l->offset <= at.b && l->out->sym == NULL) {
        *l->out = (struct query_target){.option = n->text, .span = at, .node = n};
    }
}

static void look(void *with, struct fgr_node *n)
{
    struct looking *l = with;
    struct fn_span at = query_name_span(n);
    expected_options(n, look_at_option, with);
    if (at.b == 0 || l->offset < at.a || l->offset > at.b) {
        return;
    }
    if (n->sym != NULL) {
        *l->out = (struct query_target){.sym = n->sym, .span = at, .node = n};
    } else if (query_is_option(n)) {
        look_at_option(with, n);
    }
}

/* An id in brackets may be that of a member of an enum: then that is what stands there. */
static void find_member(void *with, struct fgr_node *n)
{
    struct query_target *t = with;
    if (n->kind == FGR_OPTION && n->sym != NULL && t->sym == NULL && fn_str_eq(n->text, t->option)) {
        t->sym = n->sym;
    }
}

bool query_target(const struct fcc_program *p, uint32_t offset, struct query_target *out)
{
    *out = (struct query_target){.sym = NULL};
    struct looking l = {offset, out};
    query_walk(p->trees[0].file, look, &l);
    if (out->node != NULL && out->sym == NULL) {
        query_walk(p->trees[0].file, find_member, out);
    }
    return out->node != NULL;
}

static bool is_own(const struct fcc_sym *s)
{
    return s->decl != NULL && s->kind != FCC_S_BUILTIN;
}

bool fcc_query_definition(const struct fcc_program *p, uint32_t offset, struct fcc_place *out)
{
    struct query_target t;
    if (!query_target(p, offset, &t) || t.sym == NULL || !is_own(t.sym)) {
        return false;
    }
    struct fn_span at = query_name_span(t.sym->decl);
    *out = (struct fcc_place){t.sym->file, at.b != 0 ? at : t.sym->decl->span, true};
    return true;
}

/* -- references ----------------------------------------------------------------------------------------------------------------- */

struct collecting {
    const struct query_target *target;
    struct query_list places;
    uint16_t file;
};

static void collect_place(struct collecting *c, struct fgr_node *n, bool declares)
{
    struct fn_span at = query_name_span(n);
    struct fcc_place *place = at.b != 0 ? query_push(&c->places, sizeof *place) : NULL;
    if (place != NULL) {
        *place = (struct fcc_place){c->file, at, declares};
    }
}

static bool is_of_option(const struct collecting *c, const struct fgr_node *n)
{
    const struct fcc_sym *s = c->target->sym;
    bool member = s != NULL && s->kind == FCC_S_MEMBER;
    return n->sym == NULL && (s == NULL || member) && fn_str_eq(n->text, member ? s->name : c->target->option);
}

static void collect_option(void *with, struct fgr_node *n)
{
    struct collecting *c = with;
    if (is_of_option(c, n)) {
        collect_place(c, n, n->kind == FGR_OPTION && c->target->sym == NULL);
    }
}

static void collect(void *with, struct fgr_node *n)
{
    struct collecting *c = with;
    expected_options(n, collect_option, with);
    if (c->target->sym != NULL && n->sym == c->target->sym) {
        collect_place(c, n, n == c->target->sym->decl);
    } else if (query_is_option(n)) {
        collect_option(with, n);
    }
}

static int by_place(const void *a, const void *b)
{
    const struct fcc_place *x = a, *y = b;
    if (x->file != y->file) {
        return x->file < y->file ? -1 : 1;
    }
    return x->span.a != y->span.a ? (x->span.a < y->span.a ? -1 : 1) : (int)y->declares - (int)x->declares;
}

/* Two nodes may share a name's place; it is one. */
static uint32_t without_doubles(struct fcc_place *items, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (kept == 0 || items[kept - 1].file != items[i].file || items[kept - 1].span.a != items[i].span.a) {
            items[kept++] = items[i];
        }
    }
    return kept;
}

static enum fn_code places_of(struct fn_arena *arena, const struct fcc_program *p, const struct query_target *target,
                              struct fcc_places *out)
{
    struct collecting c = {target, {.arena = arena}, 0};
    for (uint32_t i = 0; i < p->n_trees; i++) {
        c.file = (uint16_t)i;
        if (target->sym != NULL || i == 0) {
            query_walk(p->trees[i].file, collect, &c);
        }
    }
    if (c.places.n > 1) {
        qsort(c.places.items, c.places.n, sizeof(struct fcc_place), by_place);
    }
    *out = (struct fcc_places){c.places.items, without_doubles(c.places.items, c.places.n)};
    return c.places.full ? FN_NO_MEMORY : FN_OK;
}

enum fn_code fcc_query_references(struct fn_arena *arena, const struct fcc_program *p, uint32_t offset,
                                  struct fcc_places *out)
{
    struct query_target t;
    *out = (struct fcc_places){NULL, 0};
    return query_target(p, offset, &t) ? places_of(arena, p, &t, out) : FN_OK;
}

/* -- rename --------------------------------------------------------------------------------------------------------------------- */

static bool is_upper(struct fn_str s)
{
    size_t at = 0;
    int32_t c = s.n > 0 ? fn_utf8_next(s, &at) : 0;
    return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7);
}

static bool is_name(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool letter = c >= 0x80 || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9' && i > 0)) {
            return false;
        }
    }
    return s.n > 0 && s.n <= FGR_NAME_MAX && fn_utf8_valid(s);
}

/* Stages and events have names of their own; everything else shares one space, parts only that of their owner. */
static int space_of(const struct fcc_sym *s)
{
    return s->kind == FCC_S_STAGE ? 1 : s->kind == FCC_S_EVENT ? 2 : 0;
}

static bool is_part(const struct fcc_sym *s)
{
    return s->kind == FCC_S_FIELD || s->kind == FCC_S_MEMBER || s->kind == FCC_S_CONTACT_FIELD;
}

static bool is_taken(const struct fcc_program *p, const struct fcc_sym *s, struct fn_str to)
{
    for (uint32_t i = 0; i < p->n_syms; i++) {
        const struct fcc_sym *o = p->syms[i];
        bool same_space = is_part(s) ? is_part(o) && o->owner == s->owner : !is_part(o) && space_of(o) == space_of(s);
        if (o != s && o->file == s->file && same_space && fn_str_eq(o->name, to)) {
            return true;
        }
    }
    return false;
}

enum fn_code fcc_query_rename(struct fn_arena *arena, const struct fcc_program *p, uint32_t offset, struct fn_str to,
                              struct fcc_places *out, struct fn_str *text, enum fcc_rename *result)
{
    struct query_target t;
    *out = (struct fcc_places){NULL, 0};
    *text = to;
    *result = FCC_RENAME_NOTHING;
    if (!query_target(p, offset, &t) || (t.sym != NULL && (!is_own(t.sym) || t.sym->file != 0))) {
        return FN_OK;
    }
    struct fn_str now = t.sym != NULL ? t.sym->name : t.option;
    if (!is_name(to) || is_upper(to) != is_upper(now)) {
        *result = FCC_RENAME_NO_NAME;
        return FN_OK;
    }
    if (t.sym != NULL && !fn_str_eq(to, now) && is_taken(p, t.sym, to)) {
        *result = FCC_RENAME_TAKEN;
        return FN_OK;
    }
    if (fgr_word_find(to, p->trees[0].spelling == FN_PT, 0) != NULL) {
        *text = fn_arena_printf(arena, "`%.*s`", FN_STR_ARG(to));
    }
    *result = FCC_RENAME_GOOD;
    return places_of(arena, p, &t, out);
}
