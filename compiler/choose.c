/* choose.c: the question with options: ids, labels, where the answer is kept, and the ways its options lead.
 * SPDX-License-Identifier: Apache-2.0 */
#include "question.h"

#include "fn_utf8.h"

static void option_labels(struct ctx *c, struct fgr_node *n, const struct fcc_type *e)
{
    const struct fgr_node *options = n->kid[FGR_CHOOSE_options];
    struct names ids = {0}, labels = {0};
    struct fn_str *texts = fn_arena_array(c->arena, options->n_items, sizeof *texts); /* labels, folded */
    if (texts == NULL) {
        c->full = true;
        return;
    }
    for (uint32_t i = 0; i < options->n_items; i++) {
        struct fgr_node *o = options->items[i], *label = o->kid[FGR_OPTION_label];
        struct name *id = o->text.n != 0 ? sema_name(c, &ids, o->text, true) : NULL;
        if (id != NULL && id->node != NULL) {
            fn_diag_label(sema_name_diag(c, FGR_D_OPTION_TAKEN, o), id->node->text_span, FGR_L_FIRST_HERE);
        } else if (id != NULL) {
            id->node = o;
        }
        if (e != NULL && o->text.n != 0) {
            sema_enum_member(c, o, e);
        }
        if (label == NULL) {
            continue;
        }
        c->taint = 0;
        sema_channel_label(c, label, sema_expr_open(c, label, NULL));
        sema_taint_message(c, label);
        texts[i] = sema_folded(c, label->text);
        struct name *l = texts[i].n != 0 ? sema_name(c, &labels, texts[i], true) : NULL;
        if (l != NULL && l->node != NULL) {
            struct fn_diag *d = sema_diag(c, FGR_D_LABELS_SAME, label);
            fn_diag_label(d, l->node->span, FGR_L_FIRST_HERE);
            d->why = FGR_W_WHICH_ONE;
        } else if (l != NULL) {
            l->node = label;
        }
    }
    sema_lint_options(c, n, texts);
}

/* `choose cor: Cor`: the answer is kept; `choose r from lista`: the row is. */
static struct place *choose_local(struct ctx *c, struct fgr_node *n, const struct fcc_type **e)
{
    struct fgr_node *type = n->kid[FGR_CHOOSE_type], *source = n->kid[FGR_CHOOSE_source];
    if (source != NULL) {
        const struct fcc_type *t = sema_expr_open(c, source, NULL);
        if (!sema_is_error(t) && t->cls != FCC_C_LIST) {
            sema_arg_type(c, sema_diag(c, FGR_D_NOT_ITERABLE, source), "type", t);
        }
        sema_local(c, FCC_S_LOCAL, n, n->text, t->cls == FCC_C_LIST ? t->elem : &fcc_t_error);
        if (n->kid[FGR_CHOOSE_label] != NULL) {
            c->taint = 0;
            sema_channel_label(c, n->kid[FGR_CHOOSE_label], sema_expr_open(c, n->kid[FGR_CHOOSE_label], NULL));
            sema_taint_message(c, n->kid[FGR_CHOOSE_label]);
        }
    } else if (type != NULL) {
        const struct fcc_type *t = sema_type_node(c, type);
        if (!sema_is_error(t) && t->cls != FCC_C_ENUM) {
            sema_arg_type(c, sema_diag(c, FGR_D_CHOOSE_ENUM, type), "type", t);
            t = &fcc_t_error;
        }
        *e = t->cls == FCC_C_ENUM ? t : NULL;
        struct fcc_sym *old = sema_lookup(c, NS_VALUE, n->text);
        if (old != NULL && old->kind == FCC_S_VAR && (fcc_same(old->type, t) || sema_is_error(old->type))) {
            n->sym = old;
            n->type = t;
        } else {
            sema_local(c, FCC_S_LOCAL, n, n->text, t);
        }
    }
    struct fcc_sym *s = n->sym;
    if (s == NULL || (source == NULL && type == NULL)) {
        return NULL;
    }
    sema_sym(s)->needs_set |= s->kind == FCC_S_LOCAL; /* a var has the value of its declaration */
    return sema_place_of(c, s);
}

static void choose_options(struct ctx *c, struct asked *a, struct place *place)
{
    const struct fgr_node *options = a->node->kid[FGR_CHOOSE_options];
    struct fn_str outer = c->choice;
    for (uint32_t i = 0; i < options->n_items; i++) {
        struct fgr_node *o = options->items[i];
        sema_path_message(&c->path);
        sema_fact(c, place, true);
        c->choice = o->kid[FGR_OPTION_label] != NULL ? o->kid[FGR_OPTION_label]->text : o->text;
        sema_action(c, o->kid[FGR_OPTION_action]);
        question_way_ends(c, a);
    }
    c->choice = outer;
    if (options->n_items == 0) { /* the members of the enum, or the rows */
        struct fgr_node *action = NULL;
        for (uint32_t i = 0; i < a->branches->n_items; i++) {
            struct fgr_node *b = a->branches->items[i];
            action = b->kind == FGR_BRANCH && b->aux == FGR_BR_FROM_ACTION ? b->kid[FGR_BRANCH_action]
                     : b->kind == FGR_OPTION                               ? b->kid[FGR_OPTION_action]
                                                                           : action;
        }
        sema_path_message(&c->path);
        sema_fact(c, place, true);
        sema_action(c, action);
        question_way_ends(c, a);
    }
    for (uint32_t i = 0; i < a->branches->n_items; i++) {
        struct fgr_node *b = a->branches->items[i];
        if (b->kind == FGR_BRANCH && b->aux == FGR_BR_OTHER) {
            sema_path_message(&c->path);
            sema_action(c, b->kid[FGR_BRANCH_action]);
            question_way_ends(c, a);
        }
    }
}

/* A choose that is sent as numbered text holds its prompt and every label. */
static void choose_size(struct ctx *c, const struct fgr_node *n)
{
    const struct fgr_node *prompt = n->kid[FGR_CHOOSE_prompt], *options = n->kid[FGR_CHOOSE_options];
    uint64_t size = prompt != NULL && prompt->type != NULL ? sema_text_max(prompt->type) : 0;
    for (uint32_t i = 0; i < options->n_items; i++) {
        const struct fgr_node *label = options->items[i]->kid[FGR_OPTION_label];
        size += 6 + (label != NULL && label->type != NULL ? sema_text_max(label->type) : 24);
    }
    if (options->n_items > LIMIT_ROWS && size > LIMIT_TEXT) {
        struct fn_diag *d = sema_diag(c, FGR_D_TEXT_OVER_LIMIT, prompt != NULL ? prompt : n);
        sema_arg_num(c, d, "size", (int64_t)size);
        sema_arg_num(c, d, "max", LIMIT_TEXT);
    }
}

void question_choose(struct ctx *c, struct asked *a)
{
    struct fgr_node *n = a->node;
    const struct fcc_type *e = NULL;
    struct place *place = choose_local(c, n, &e);
    bool empty = n->kid[FGR_CHOOSE_options]->n_items == 0 && n->kid[FGR_CHOOSE_source] == NULL &&
                 n->kid[FGR_CHOOSE_type] == NULL;
    option_labels(c, n, e);
    question_say_prompt(c, n, n->kid[FGR_CHOOSE_prompt]);
    choose_size(c, n);
    if (empty) {
        sema_diag(c, FGR_D_NO_OPTIONS, n);
    }
    question_check_failed(c, a, !question_has_branch(a, FGR_BR_OTHER));
    question_begin_wait(c, a);
    choose_options(c, a, place);
    question_common_ways(c, a);
    sema_fork_join(c, &a->fork);
}
