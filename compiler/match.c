/* match.c: match and classify: every value has an arm, or there is one for the rest (guarantee 3).
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

struct cover {
    const struct fcc_type *type; /* opened */
    bool *members;               /* of an enum, or {false, true} */
    uint32_t n;
    bool none, rest;
    struct names literals; /* other patterns seen */
};

static bool cover_begin(struct ctx *c, struct cover *v, const struct fcc_type *t)
{
    *v = (struct cover){.type = sema_open(t)};
    if (v->type->cls == FCC_C_ENUM) {
        v->n = v->type->decl->decl->kid[FGR_ENUM_members]->n_items;
    } else if (sema_is_basic(v->type, FGR_T_BOOL)) {
        v->n = 2;
    }
    v->members = fn_arena_array(c->arena, (size_t)v->n + 1, sizeof *v->members);
    c->full |= v->members == NULL;
    return v->members != NULL;
}

/* "a", 1, R$ 1,00: a second one like it is never reached. */
static void literal_once(struct ctx *c, struct cover *v, struct fgr_node *p)
{
    bool whole = p->kind == FGR_TEXT && (p->kid[FGR_TEXT_parts] == NULL || p->kid[FGR_TEXT_parts]->n_items == 0);
    if (!whole && p->kind != FGR_INT && p->kind != FGR_MONEY) {
        return;
    }
    struct fn_str value = whole ? p->text : fn_arena_printf(c->arena, "%lld", (long long)p->num);
    struct name *n = sema_name(c, &v->literals, fn_arena_printf(c->arena, "=%.*s", FN_STR_ARG(value)), true);
    if (n != NULL && n->node != NULL) {
        sema_diag(c, FGR_D_ARM_TWICE, p);
    } else if (n != NULL) {
        n->node = p;
    }
}

static void cover_one(struct ctx *c, struct cover *v, struct fgr_node *p)
{
    uint32_t at = SEMA_NO_INDEX;
    if (p->kind == FGR_NONE) {
        if (v->none) {
            sema_diag(c, FGR_D_ARM_TWICE, p);
        }
        v->none = true;
        return;
    }
    if (v->type->cls == FCC_C_ENUM && p->sym != NULL && p->sym->kind == FCC_S_MEMBER) {
        at = p->sym->index;
    } else if (p->kind == FGR_BOOL && v->n == 2) {
        at = p->num != 0;
    } else {
        literal_once(c, v, p);
    }
    if (at < v->n) {
        if (v->members[at]) {
            sema_diag(c, FGR_D_ARM_TWICE, p);
        }
        v->members[at] = true;
    }
}

static void pattern(struct ctx *c, struct cover *v, struct fgr_node *p, const struct fcc_type *subject)
{
    if (p->kind == FGR_RANGE) {
        sema_expr_to(c, p->kid[FGR_RANGE_low], v->type);
        sema_expr_to(c, p->kid[FGR_RANGE_high], v->type);
        p->type = v->type;
        if (!sema_is_error(v->type) &&
            (v->type->cls != FCC_C_BASIC || sema_is_basic(v->type, FGR_T_BOOL) || sema_is_textual(v->type))) {
            sema_arg_type(c, sema_diag(c, FGR_D_RANGE_TYPE, p), "type", v->type);
        }
        return;
    }
    if (p->kind == FGR_NAME && v->type->cls == FCC_C_ENUM) {
        sema_enum_member(c, p, v->type);
    } else {
        const struct fcc_type *t = sema_expr(c, p, v->type);
        if (t->cls == FCC_C_NONE && !sema_is_option(subject) && !sema_is_error(subject)) {
            sema_diag(c, FGR_D_NEVER_NONE, p);
        } else if (t->cls != FCC_C_NONE) {
            sema_want(c, p, sema_is_basic(v->type, FGR_T_TEXT) ? &fcc_t_text : v->type, t);
        }
    }
    cover_one(c, v, p);
}

static struct fn_str missing(struct ctx *c, const struct cover *v)
{
    struct fn_buf b;
    fn_buf_init(&b, 300);
    for (uint32_t i = 0; i < v->n; i++) {
        if (!v->members[i]) {
            fn_buf_z(&b, b.n != 0 ? ", " : "");
            if (v->type->cls == FCC_C_ENUM) {
                fn_buf_str(&b, v->type->decl->decl->kid[FGR_ENUM_members]->items[i]->text);
            } else {
                fn_buf_z(&b, i != 0 ? "true" : "false");
            }
        }
    }
    struct fn_str out = fn_arena_dup(c->arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return out;
}

static void check_cover(struct ctx *c, struct fgr_node *n, const struct cover *v, const struct fcc_type *subject)
{
    if (v->rest || sema_is_error(v->type) || (n->flags & FGR_BROKEN) != 0) {
        return;
    }
    struct fn_diag *d = NULL;
    struct fn_str names = missing(c, v);
    if (v->n == 0) {
        d = sema_diag(c, FGR_D_MATCH_NEEDS_OTHER, n);
    } else if (names.n != 0) {
        d = sema_diag(c, FGR_D_MATCH_INCOMPLETE, n);
        sema_arg(d, "missing", names);
    } else if (sema_is_option(subject) && !v->none) {
        d = sema_diag(c, FGR_D_MATCH_INCOMPLETE, n);
        sema_arg(d, "missing", FN_STR("none"));
    }
    if (d != NULL) {
        sema_why(c, d, FGR_W_NO_ARM);
    }
}

static void arms(struct ctx *c, struct fgr_node *n, struct fgr_node *list, struct cover *v,
                 const struct fcc_type *subject, bool *failed)
{
    struct fork f;
    struct place *place = n->kind == FGR_MATCH ? sema_place(c, n->kid[FGR_MATCH_subject]) : NULL;
    sema_fork(c, &f);
    for (uint32_t i = 0; i < list->n_items; i++) {
        struct fgr_node *arm = list->items[i];
        struct fgr_node *patterns = arm->kid[FGR_ARM_patterns];
        bool none = (arm->flags & FGR_ELSE) != 0;
        for (uint32_t k = 0; k < patterns->n_items; k++) {
            pattern(c, v, patterns->items[k], subject);
            none |= patterns->items[k]->kind == FGR_NONE;
        }
        v->rest |= (arm->flags & FGR_ELSE) != 0;
        *failed |= (arm->flags & FGR_FAILED) != 0;
        if (!none && sema_is_option(subject) && place != NULL) {
            sema_fact(c, place, true);
        }
        sema_action(c, arm->kid[FGR_ARM_action]);
        sema_fork_next(c, &f);
    }
    sema_fork_join(c, &f);
}

void sema_match(struct ctx *c, struct fgr_node *n)
{
    struct cover v;
    c->taint = 0;
    const struct fcc_type *t = sema_expr(c, n->kid[FGR_MATCH_subject], NULL);
    bool odd = t->cls == FCC_C_VOID || t->cls == FCC_C_LIST || t->cls == FCC_C_MAP || t->cls == FCC_C_RECORD ||
               t->cls == FCC_C_NONE;
    if (odd) {
        sema_arg_type(c, sema_diag(c, FGR_D_MATCH_TYPE, n->kid[FGR_MATCH_subject]), "type", t);
        t = &fcc_t_error;
    }
    c->unit_bytes += sema_bytes_max(t); /* kept while an arm waits */
    bool failed = false;
    if (cover_begin(c, &v, t)) {
        arms(c, n, n->kid[FGR_MATCH_arms], &v, t, &failed);
        check_cover(c, n, &v, t);
    }
}

void sema_classify(struct ctx *c, struct fgr_node *n)
{
    struct cover v;
    c->effect_at = n;
    const struct fcc_type *t = sema_open(sema_effect(c, n));
    bool failed = false;
    n->type = t;
    if (cover_begin(c, &v, t)) {
        arms(c, n, n->kid[FGR_CLASSIFY_arms], &v, t, &failed);
        check_cover(c, n, &v, t);
    }
    if (!failed && !v.rest && (n->flags & FGR_BROKEN) == 0 && n->kid[FGR_CLASSIFY_else_action] == NULL) {
        struct fn_diag *d = sema_diag(c, FGR_D_CLASSIFY_NEEDS_FAILED, n->kid[FGR_CLASSIFY_type]);
        d->why = FGR_W_NO_ELSE;
    }
    if (n->kid[FGR_CLASSIFY_else_action] != NULL) {
        struct fork f;
        sema_fork(c, &f);
        c->path.dead = false;
        sema_action(c, n->kid[FGR_CLASSIFY_else_action]);
        sema_fork_next(c, &f);
        sema_fork_next(c, &f);
        sema_fork_join(c, &f);
    }
}
