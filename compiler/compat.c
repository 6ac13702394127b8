/* compat.c: the table of fcc_compat.h. What each version has, by kind and name, is listed and sorted; old names go through the `migrate`
 * rules of the new version first; then the two lists are merged.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_compat.h"

#include <stdlib.h>

enum { DEEPEST = 32 };

struct item {
    enum fcc_compat_kind kind;
    struct fn_str name; /* as the new version would call it */
    struct fn_str own;
    const struct fcc_type *type;
    bool has_value;            /* VAR: begins with a value */
    const struct fcc_sym *sym; /* STAGE, VAR, CONTACT */
};
struct items {
    struct item *rows;
    size_t n, cap;
};

/* -- equal types of two programs: by structure and names ----------------------------------------------------------------------- */
static bool same_shape(const struct fcc_type *a, const struct fcc_type *b, unsigned depth);

static bool same_parts(const struct fgr_node *a, const struct fgr_node *b, bool typed, unsigned depth)
{
    if (a == NULL || b == NULL || a->n_items != b->n_items) {
        return false;
    }
    for (uint32_t i = 0; i < a->n_items; i++) {
        const struct fgr_node *x = a->items[i], *y = b->items[i];
        if (!fn_str_eq(x->text, y->text) ||
            (typed && (x->type == NULL || y->type == NULL || !same_shape(x->type, y->type, depth + 1)))) {
            return false;
        }
    }
    return true;
}

static const struct fgr_node *parts(const struct fcc_type *t)
{
    const struct fgr_node *d = t->decl->decl;
    return d->kind == FGR_ENUM ? d->kid[FGR_ENUM_members]
                               : d->kid[d->kind == FGR_TABLE ? FGR_TABLE_fields : FGR_RECORD_fields];
}

/* What a bound that is not written means: no bound of a text, 200 items of a list. */
static uint64_t most(const struct fcc_type *t)
{
    return t->bound != 0 ? t->bound : t->cls == FCC_C_LIST ? FCC_LIST_ITEMS : UINT64_MAX;
}

static bool same_shape(const struct fcc_type *a, const struct fcc_type *b, unsigned depth)
{
    if (a->cls != b->cls || a->basic != b->basic || most(a) > most(b) || depth > DEEPEST) {
        return false;
    }
    if (a->elem != NULL || b->elem != NULL) {
        return a->elem != NULL && b->elem != NULL && same_shape(a->elem, b->elem, depth + 1);
    }
    return a->decl == NULL || same_parts(parts(a), parts(b), a->cls == FCC_C_RECORD, depth);
}

/* -- what a version has -------------------------------------------------------------------------------------------------------------- */
static void add(struct fn_arena *arena, struct items *v, struct item item)
{
    if (v->n == v->cap) {
        size_t cap = v->cap == 0 ? 64 : v->cap * 2;
        struct item *rows = fn_arena_array(arena, cap, sizeof *rows);
        if (rows == NULL) {
            return;
        }
        if (v->n != 0) {
            memcpy(rows, v->rows, v->n * sizeof *rows);
        }
        v->rows = rows;
        v->cap = cap;
    }
    v->rows[v->n++] = item;
}

static bool begins_with_value(const struct fcc_sym *s)
{
    enum fcc_type_class c = s->type->cls;
    unsigned init = s->kind == FCC_S_VAR ? FGR_VAR_init : FGR_FIELD_init;
    return s->decl->kid[init] != NULL || c == FCC_C_OPTION || c == FCC_C_LIST || c == FCC_C_MAP;
}

static void add_options(struct fn_arena *arena, struct items *v, const struct fcc_question *q, struct fn_str name)
{
    const struct fgr_node *options = q->node->kind == FGR_CHOOSE ? q->node->kid[FGR_CHOOSE_options] : NULL;
    for (uint32_t i = 0; options != NULL && i < options->n_items; i++) {
        struct fn_str id = options->items[i]->text;
        add(arena, v,
            (struct item){.kind = FCC_COMPAT_OPTION,
                          .name = fn_arena_printf(arena, "%.*s#%.*s", FN_STR_ARG(name), FN_STR_ARG(id)),
                          .own = fn_arena_printf(arena, "%.*s#%.*s", FN_STR_ARG(q->name), FN_STR_ARG(id))});
    }
}

static const struct fgr_node *rule(const struct fcc_program *to, enum fgr_kind kind, struct fn_str name)
{
    const struct fgr_node *decls = to != NULL ? to->trees[0].file->kid[FGR_FILE_decls] : NULL;
    for (uint32_t i = 0; decls != NULL && i < decls->n_items; i++) {
        if (decls->items[i]->kind == kind && fn_str_eq(decls->items[i]->text, name)) {
            return decls->items[i];
        }
    }
    return NULL;
}

/* "inicio/email" when `migrate stage inicio -> entrada` is "entrada/email". `to` NULL: as it is. */
static struct fn_str renamed(struct fn_arena *arena, const struct fcc_program *to, struct fn_str name)
{
    const char *slash = memchr(name.p, '/', name.n);
    struct fn_str stage = {name.p, slash != NULL ? (size_t)(slash - name.p) : name.n};
    const struct fgr_node *r = rule(to, FGR_MIGRATE_STAGE, stage);
    if (r == NULL) {
        return name;
    }
    return fn_arena_printf(arena, "%.*s%.*s", FN_STR_ARG(*r->text2), (int)(name.n - stage.n), name.p + stage.n);
}

static void collect(struct fn_arena *arena, const struct fcc_program *p, const struct fcc_program *to, struct items *v)
{
    for (uint32_t i = 0; i < p->n_syms; i++) {
        const struct fcc_sym *s = p->syms[i];
        if (s->file != 0 || s->decl == NULL) {
            continue;
        }
        if (s->kind == FCC_S_STAGE) {
            add(arena, v,
                (struct item){.kind = FCC_COMPAT_STAGE, .name = renamed(arena, to, s->name), .own = s->name, .sym = s});
        } else if (s->kind == FCC_S_VAR || s->kind == FCC_S_CONTACT_FIELD) {
            add(arena, v,
                (struct item){.kind = s->kind == FCC_S_VAR ? FCC_COMPAT_VAR : FCC_COMPAT_CONTACT,
                              .name = s->name,
                              .own = s->name,
                              .type = s->type,
                              .sym = s,
                              .has_value = begins_with_value(s)});
        }
    }
    for (uint32_t i = 0; i < p->n_questions; i++) {
        const struct fcc_question *q = &p->questions[i];
        struct fn_str name = renamed(arena, to, q->name);
        add(arena, v, (struct item){.kind = FCC_COMPAT_QUESTION, .name = name, .own = q->name});
        add_options(arena, v, q, name);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : fn_str_cmp(x->name, y->name);
}

/* -- the table -------------------------------------------------------------------------------------------------------------------------- */
static void push(struct fcc_compat *out, struct fcc_compat_row row)
{
    out->unsettled += !row.settled;
    out->rows[out->n++] = row;
}

static void gone(struct fcc_compat *out, const struct item *x)
{
    push(out, (struct fcc_compat_row){x->kind, FCC_COMPAT_REMOVED, x->own, FN_STR_NULL, x->kind != FCC_COMPAT_STAGE});
}

/* A contact of before has not been asked for it either, and no rule gives it a value. */
static void came(struct fcc_compat *out, const struct fcc_program *to, const struct item *y)
{
    bool holds = y->kind == FCC_COMPAT_VAR || y->kind == FCC_COMPAT_CONTACT;
    bool settled = !holds || y->has_value || (y->kind == FCC_COMPAT_VAR && rule(to, FGR_MIGRATE_VAR, y->own) != NULL);
    push(out, (struct fcc_compat_row){y->kind, FCC_COMPAT_ADDED, FN_STR_NULL, y->own, settled});
}

static bool has_money(const struct fcc_type *t, unsigned depth)
{
    while (t->elem != NULL) {
        t = t->elem;
    }
    const struct fgr_node *list = t->cls == FCC_C_RECORD && t->decl != NULL && depth < DEEPEST ? parts(t) : NULL;
    bool found = t->cls == FCC_C_BASIC && t->basic == FGR_T_MONEY;
    for (uint32_t i = 0; list != NULL && i < list->n_items && !found; i++) {
        found = list->items[i]->type != NULL && has_money(list->items[i]->type, depth + 1);
    }
    return found;
}

static void stayed(struct fcc_compat *out, const struct fcc_program *from, const struct fcc_program *to,
                   const struct item *x, const struct item *y)
{
    bool other_money = x->type != NULL && has_money(x->type, 0) && !fn_str_eq(fcc_currency(from), fcc_currency(to));
    bool same = x->type == NULL || y->type == NULL || (same_shape(x->type, y->type, 0) && !other_money);
    enum fcc_compat_state state = !same                       ? FCC_COMPAT_CHANGED
                                  : fn_str_eq(x->own, y->own) ? FCC_COMPAT_SAME
                                                              : FCC_COMPAT_RENAMED;
    bool settled = same || (x->kind == FCC_COMPAT_VAR && rule(to, FGR_MIGRATE_VAR, y->own) != NULL);
    push(out, (struct fcc_compat_row){x->kind, state, x->own, y->own, settled});
}

/* -- values that only one of the versions counts on --------------------------------------------------------------------------------------- */
static const struct item *find(const struct items *v, const struct item *x)
{
    return v->n == 0 ? NULL : bsearch(x, v->rows, v->n, sizeof *v->rows, by_name);
}

/* The first stage that a conversation of the old version may enter the new one at without this value, which the new one reads from there on. */
static const struct item *lacking(const struct fcc_program *from, const struct fcc_program *to, const struct items *a,
                                  const struct items *b, const struct item *x, const struct item *y)
{
    for (size_t i = 0; i < a->n && a->rows[i].kind == FCC_COMPAT_STAGE; i++) {
        const struct item *s = &a->rows[i], *now = find(b, s);
        if (now != NULL && fcc_is_needed_at(to, now->sym, y->sym) && !fcc_is_set_at(from, s->sym, x->sym)) {
            return now;
        }
    }
    return NULL;
}

static void tell_lacking(struct fcc_compat *out, const struct fcc_program *from, const struct fcc_program *to,
                         const struct items *a, const struct items *b)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct item *x = &a->rows[i];
        bool value = x->kind == FCC_COMPAT_VAR || x->kind == FCC_COMPAT_CONTACT;
        const struct item *y = value && !x->has_value ? find(b, x) : NULL;
        bool carried = y != NULL && !y->has_value && same_shape(x->type, y->type, 0);
        const struct item *stage = carried ? lacking(from, to, a, b, x, y) : NULL;
        if (stage != NULL) {
            push(out, (struct fcc_compat_row){x->kind, FCC_COMPAT_UNSET, x->own, stage->own, false});
        }
    }
}

enum fn_code fcc_compat(struct fn_arena *arena, const struct fcc_program *from, const struct fcc_program *to,
                        struct fcc_compat *out)
{
    struct items a = {0}, b = {0};
    collect(arena, from, to, &a);
    collect(arena, to, NULL, &b);
    *out = (struct fcc_compat){.rows = fn_arena_array(arena, 2 * a.n + b.n + 1, sizeof *out->rows)};
    if (out->rows == NULL || arena->failed) {
        return FN_NO_MEMORY;
    }
    if (a.n != 0) {
        qsort(a.rows, a.n, sizeof *a.rows, by_name);
    }
    if (b.n != 0) {
        qsort(b.rows, b.n, sizeof *b.rows, by_name);
    }
    for (size_t i = 0, k = 0; i < a.n || k < b.n;) {
        int order = i == a.n ? 1 : k == b.n ? -1 : by_name(&a.rows[i], &b.rows[k]);
        bool joins = order < 0 && k > 0 && by_name(&a.rows[i], &b.rows[k - 1]) == 0; /* two old stages became one */
        if (joins) {
            stayed(out, from, to, &a.rows[i++], &b.rows[k - 1]);
        } else if (order < 0) {
            gone(out, &a.rows[i++]);
        } else if (order > 0) {
            came(out, to, &b.rows[k++]);
        } else {
            stayed(out, from, to, &a.rows[i++], &b.rows[k++]);
        }
    }
    tell_lacking(out, from, to, &a, &b);
    return FN_OK;
}
