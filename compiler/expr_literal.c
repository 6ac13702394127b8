/* expr_literal.c: texts with what they interpolate, lists, maps and records written out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

#include "fn_utf8.h"

static bool showable(const struct fcc_type *t)
{
    return t->cls == FCC_C_ENUM || (t->cls == FCC_C_BASIC && !sema_is_media(t) && t->basic != FGR_T_JSON);
}

/* Greatest length of one part; false when it has none. */
static bool part_max(struct ctx *c, struct fgr_node *part, uint64_t *sum)
{
    if (part->kind == FGR_TEXT_PART) {
        part->type = &fcc_t_text;
        *sum += fn_utf8_count(part->text);
        return true;
    }
    c->in_text = true;
    const struct fcc_type *t = sema_expr_open(c, part, NULL);
    c->in_text = false;
    if (sema_is_error(t)) {
        *sum += 1;
        return true;
    }
    if (!showable(t)) {
        sema_arg_type(c, sema_diag(c, FGR_D_NOT_SHOWABLE, part), "type", t);
        *sum += 1;
        return true;
    }
    uint64_t n = sema_text_max(t);
    *sum += n;
    return n != 0;
}

const struct fcc_type *sema_text(struct ctx *c, struct fgr_node *n)
{
    const struct fgr_node *parts = n->kid[FGR_TEXT_parts];
    uint64_t sum = 0;
    bool bounded = true;
    if (parts == NULL || parts->n_items == 0) {
        sum = fn_utf8_count(n->text);
    }
    for (uint32_t i = 0; parts != NULL && i < parts->n_items; i++) {
        bounded &= part_max(c, parts->items[i], &sum);
    }
    return sema_type_text(c, !bounded ? 0 : sum == 0 ? 1 : sum);
}

const struct fcc_type *sema_list_lit(struct ctx *c, struct fgr_node *n, const struct fcc_type *want)
{
    const struct fgr_node *values = n->kid[FGR_LIST_LIT_values];
    const struct fcc_type *list = want != NULL ? sema_open(want) : NULL;
    if (list != NULL && list->cls == FCC_C_MAP && values->n_items == 0) {
        return list;
    }
    const struct fcc_type *elem = list != NULL && list->cls == FCC_C_LIST ? list->elem : NULL;
    if (elem == NULL && values->n_items == 0) {
        sema_diag(c, FGR_D_TYPE_NEEDED_HERE, n);
        return sema_error(n);
    }
    for (uint32_t i = 0; i < values->n_items; i++) {
        if (elem != NULL) {
            sema_expr_to(c, values->items[i], elem);
            continue;
        }
        elem = sema_expr(c, values->items[i], NULL);
        elem = sema_is_basic(elem, FGR_T_TEXT) ? &fcc_t_text : elem;
    }
    if (elem->cls == FCC_C_NONE || elem->cls == FCC_C_VOID) {
        sema_diag(c, FGR_D_TYPE_NEEDED_HERE, n);
        return sema_error(n);
    }
    uint32_t max = list != NULL && list->bound != 0 ? list->bound : SEMA_LIST;
    if (values->n_items > max) {
        struct fn_diag *d = sema_diag(c, FGR_D_LIST_TOO_LONG, n);
        sema_arg_num(c, d, "size", values->n_items);
        sema_arg_num(c, d, "max", max);
    }
    return list != NULL && list->cls == FCC_C_LIST ? list : sema_type_list(c, elem, 0);
}

static const struct fcc_type *map_lit(struct ctx *c, struct fgr_node *n, const struct fcc_type *map)
{
    const struct fgr_node *fields = n->kid[FGR_RECORD_LIT_fields];
    for (uint32_t i = 0; i < fields->n_items; i++) {
        struct fgr_node *f = fields->items[i];
        f->type = sema_expr_to(c, f->kid[FGR_NAMED_ARG_value], map->elem);
    }
    return map;
}

static bool has_default(const struct fgr_node *field)
{
    const struct fcc_type *t = field->type;
    return field->kid[FGR_FIELD_init] != NULL || t == NULL || t->cls == FCC_C_OPTION || t->cls == FCC_C_LIST ||
           t->cls == FCC_C_MAP || t->cls == FCC_C_ERROR;
}

/* given: by the field's number, what the literal has for it. */
static void check_missing(struct ctx *c, struct fgr_node *n, const struct fcc_type *t, struct fgr_node *const *given)
{
    struct fgr_node **fields;
    uint32_t count = sema_n_fields(t, &fields);
    for (uint32_t i = 0; i < count; i++) {
        bool twice = sema_field(t, fields[i]->text) != fields[i]->sym; /* told as a field too many */
        if (given[i] == NULL && !twice && !has_default(fields[i])) {
            struct fn_diag *d = sema_diag(c, FGR_D_FIELD_MISSING, n);
            sema_arg(d, "name", fields[i]->text);
            if (fields[i]->sym != NULL && fields[i]->sym->file == c->file) {
                fn_diag_label(d, fields[i]->text_span, FGR_L_DECLARED_HERE);
            }
        }
    }
}

static void record_fields(struct ctx *c, struct fgr_node *n, const struct fcc_type *t, struct fgr_node **given)
{
    const struct fgr_node *list = n->kid[FGR_RECORD_LIT_fields];
    for (uint32_t i = 0; i < list->n_items; i++) {
        struct fgr_node *f = list->items[i];
        f->sym = sema_field(t, f->text);
        if (f->sym != NULL && given[f->sym->index] != NULL) {
            fn_diag_label(sema_name_diag(c, FGR_D_FIELD_TWICE, f), given[f->sym->index]->text_span, FGR_L_FIRST_HERE);
        } else if (f->sym != NULL) {
            given[f->sym->index] = f;
        }
        if (f->sym == NULL) {
            struct fn_diag *d = sema_name_diag(c, FGR_D_FIELD_UNKNOWN, f);
            sema_arg(d, "owner", t->decl->name);
            struct suggest best;
            struct fgr_node **fields;
            uint32_t count = sema_n_fields(t, &fields);
            sema_suggest_begin(&best, c, f->text);
            for (uint32_t k = 0; k < count; k++) {
                sema_suggest_try(&best, fields[k]->text, fields[k]->sym);
            }
            sema_suggest_end(&best, d, f->text_span);
            sema_expr(c, f->kid[FGR_NAMED_ARG_value], NULL);
            f->type = &fcc_t_error;
            continue;
        }
        unsigned outer = c->taint;
        c->taint = 0;
        f->type = f->sym->type;
        sema_expr_to(c, f->kid[FGR_NAMED_ARG_value], f->sym->type);
        sema_taint_into(c, f->kid[FGR_NAMED_ARG_value], f->sym);
        c->taint |= outer;
    }
}

const struct fcc_type *sema_record_lit(struct ctx *c, struct fgr_node *n, const struct fcc_type *want)
{
    const struct fcc_type *t = want != NULL ? sema_open(want) : NULL;
    if (n->text.n != 0) {
        struct fgr_node type = {.kind = FGR_TYPE,
                                .aux = FGR_T_NAMED,
                                .text = n->text,
                                .span = n->span,
                                .text_span = n->text_span,
                                .flags = n->flags};
        t = sema_type_node(c, &type);
        n->sym = type.sym;
    }
    if (t != NULL && t->cls == FCC_C_MAP && n->text.n == 0) {
        return map_lit(c, n, t);
    }
    if (t == NULL || t->cls != FCC_C_RECORD) {
        const struct fgr_node *given = n->kid[FGR_RECORD_LIT_fields];
        for (uint32_t i = 0; i < given->n_items; i++) {
            sema_expr(c, given->items[i]->kid[FGR_NAMED_ARG_value], NULL);
        }
        if (t == NULL || !sema_is_error(t)) {
            sema_diag(c, FGR_D_TYPE_NEEDED_HERE, n);
        }
        return sema_error(n);
    }
    struct fgr_node **fields;
    struct fgr_node **given = fn_arena_array(c->arena, sema_n_fields(t, &fields) + (size_t)1, sizeof *given);
    if (given == NULL) {
        c->full = true;
        return sema_error(n);
    }
    record_fields(c, n, t, given);
    if ((n->flags & FGR_BROKEN) == 0) {
        check_missing(c, n, t, given);
    }
    return t;
}
