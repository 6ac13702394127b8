/* choose.c: the question with options: ids, labels, where the answer is kept, and the ways its options lead.
 * SPDX-License-Identifier: Apache-2.0 */
#include "question.h"

#include "fn_utf8.h"

enum { ROW_BYTES = 2 * (8 + 16) + 8 + 4 * LIMIT_ROW_TITLE };

/* The label among those of the question, told at `at` when it is there already. */
static void label_once(struct ctx *c, struct names *labels, struct fn_str folded, const struct fgr_node *label,
                       const struct fgr_node *at)
{
    struct name *l = folded.n != 0 ? sema_name(c, labels, folded, true) : NULL;
    if (l != NULL && l->node != NULL) {
        struct fn_diag *d = sema_diag(c, FGR_D_LABELS_SAME, at);
        if (at == label) {
            fn_diag_label(d, l->node->span, FGR_L_FIRST_HERE);
        }
        d->why = FGR_W_WHICH_ONE;
    } else if (l != NULL) {
        l->node = label;
    }
}

/* `choose cor: Cor "…"` without options: the members of the enum, with what they are called there. Told where they are offered, for only here
 * a label has a limit. */
static void member_labels(struct ctx *c, const struct fgr_node *type, const struct fcc_type *e)
{
    const struct fgr_node *members = e->decl->decl->kid[FGR_ENUM_members];
    struct names labels = {0};
    for (uint32_t i = 0; i < members->n_items; i++) {
        const struct fgr_node *m = members->items[i], *label = m->kid[FGR_MEMBER_label];
        label = label != NULL ? label : m;
        uint64_t size = fn_utf8_count(label->text);
        if (size > LIMIT_ROW_TITLE) {
            struct fn_diag *d = sema_diag(c, FGR_D_LABEL_TOO_LONG, type);
            sema_arg_num(c, d, "size", (int64_t)size);
            sema_arg_num(c, d, "max", LIMIT_ROW_TITLE);
            d->why = FGR_W_NOT_DELIVERED;
            if (e->decl->file == c->file) {
                fn_diag_label(d, label->span, FGR_L_DECLARED_HERE);
            }
        }
        label_once(c, &labels, sema_folded(c, label->text), label, type);
    }
    sema_names_end(c, &labels);
}

static void option_labels(struct ctx *c, struct fgr_node *n, const struct fcc_type *e)
{
    const struct fgr_node *options = n->kid[FGR_CHOOSE_options];
    struct names ids = {0}, labels = {0};
    struct fn_str *texts = fn_arena_array(c->arena, options->n_items, sizeof *texts); /* labels, folded */
    if (texts == NULL) {
        c->full = true;
        return;
    }
    if (e != NULL && options->n_items == 0) {
        member_labels(c, n->kid[FGR_CHOOSE_type], e);
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
        label_once(c, &labels, texts[i], label, label);
    }
    sema_names_end(c, &ids);
    sema_names_end(c, &labels);
    sema_lint_options(c, n, texts);
}

/* While it waits: the list, and the id and the label of each row. */
static uint64_t rows_bytes(const struct fcc_type *list)
{
    uint64_t most = list->bound != 0 ? list->bound : SEMA_LIST;
    return list->cls == FCC_C_LIST ? sema_bytes_max(list) + most * ROW_BYTES : 0;
}

/* `choose cor: Cor`: the answer is kept; `choose r from lista`: the row is. */
static struct place *choose_local(struct ctx *c, struct fgr_node *n, const struct fcc_type **e)
{
    struct fgr_node *type = n->kid[FGR_CHOOSE_type], *source = n->kid[FGR_CHOOSE_source];
    if (source != NULL) {
        c->taint = 0;
        const struct fcc_type *t = sema_expr_open(c, source, NULL);
        if (!sema_is_error(t) && t->cls != FCC_C_LIST) {
            sema_arg_type(c, sema_diag(c, FGR_D_NOT_ITERABLE, source), "type", t);
        }
        c->unit_bytes += rows_bytes(t);
        struct fcc_sym *row = sema_local(c, FCC_S_LOCAL, n, n->text, t->cls == FCC_C_LIST ? t->elem : &fcc_t_error);
        if (row != NULL) {
            sema_sym(row)->taint |= (uint8_t)c->taint;
        }
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
        question_transcribes(c, a);
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
        question_transcribes(c, a);
        sema_fact(c, place, true);
        sema_action(c, action);
        question_way_ends(c, a);
    }
    for (uint32_t i = 0; i < a->branches->n_items; i++) {
        struct fgr_node *b = a->branches->items[i];
        if (b->kind == FGR_BRANCH && b->aux == FGR_BR_OTHER) {
            sema_path_message(&c->path);
            question_transcribes(c, a);
            sema_action(c, b->kid[FGR_BRANCH_action]);
            question_way_ends(c, a);
        }
    }
}

enum { NUMBERED = 7 /* what stands before a label in numbered text: a line break, the number, a point, a blank */ };

static uint64_t members_size(const struct fcc_type *e)
{
    const struct fgr_node *members = e->decl->decl->kid[FGR_ENUM_members];
    uint64_t size = 0;
    for (uint32_t i = 0; i < members->n_items; i++) {
        const struct fgr_node *label = members->items[i]->kid[FGR_MEMBER_label];
        size += NUMBERED + fn_utf8_count(label != NULL ? label->text : members->items[i]->text);
    }
    return size;
}

/* Rows are split over messages where one does not hold them: runtime/choose.c. */
static uint64_t rows_size(const struct fgr_node *n)
{
    const struct fcc_type *list = n->kid[FGR_CHOOSE_source]->type;
    const struct fgr_node *label = n->kid[FGR_CHOOSE_label];
    uint64_t size = label != NULL && label->type != NULL ? sema_text_max(label->type) : LIMIT_ROW_TITLE;
    size = size < LIMIT_ROW_TITLE ? size : LIMIT_ROW_TITLE;
    return list == NULL || list->cls != FCC_C_LIST ? 0
                                                   : (list->bound != 0 ? list->bound : SEMA_LIST) * (NUMBERED + size);
}

/* Any choose may be sent as numbered text, which holds its prompt and every label: Evolution does so, and so does what has more than ten
 * options. */
static void choose_size(struct ctx *c, const struct fgr_node *n, const struct fcc_type *e)
{
    const struct fgr_node *prompt = n->kid[FGR_CHOOSE_prompt], *options = n->kid[FGR_CHOOSE_options];
    uint64_t size = prompt != NULL && prompt->type != NULL ? sema_text_max(prompt->type) : 0;
    bool told = size > LIMIT_TEXT; /* the prompt alone */
    for (uint32_t i = 0; i < options->n_items; i++) {
        const struct fgr_node *label = options->items[i]->kid[FGR_OPTION_label];
        size += NUMBERED + (label != NULL && label->type != NULL ? sema_text_max(label->type) : LIMIT_ROW_TITLE);
    }
    size += e != NULL && options->n_items == 0 ? members_size(e) : 0;
    if (n->kid[FGR_CHOOSE_source] != NULL) {
        sema_path_more(c, (int64_t)((size + rows_size(n)) / (LIMIT_TEXT - NUMBERED - LIMIT_ROW_TITLE)));
    }
    if (!told && size > LIMIT_TEXT) {
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
    bool members = e != NULL && (e->decl->decl->kid[FGR_ENUM_members]->n_items > 0 || sema_misread(c, e->decl->decl));
    bool empty = n->kid[FGR_CHOOSE_options]->n_items == 0 && n->kid[FGR_CHOOSE_source] == NULL &&
                 (n->kid[FGR_CHOOSE_type] == NULL || (e != NULL && !members));
    a->before = c->path; /* nothing to choose from: nothing is sent */
    a->fails_at_once = n->kid[FGR_CHOOSE_source] != NULL;
    option_labels(c, n, e);
    question_say_prompt(c, n, n->kid[FGR_CHOOSE_prompt]);
    choose_size(c, n, e);
    if (empty) {
        sema_diag(c, FGR_D_NO_OPTIONS, n);
    }
    question_check_failed(c, a, !question_has_branch(a, FGR_BR_OTHER));
    question_begin_wait(c, a);
    choose_options(c, a, place);
    question_common_ways(c, a);
    sema_fork_join(c, &a->fork);
}
