/* query_shape.c: outline, colours, folds: how a source looks. See fcc_query.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "query.h"

#include <stdlib.h>

/* -- outline ------------------------------------------------------------------------------------------------------------------- */

static void add_row(struct query_list *l, enum fcc_outline_kind kind, unsigned depth, const struct fgr_node *n,
                    struct fn_str name)
{
    struct fn_span at = n->text_span.b > n->text_span.a ? n->text_span : (struct fn_span){n->span.a, n->span.a};
    struct fcc_outline *row = name.n != 0 ? query_push(l, sizeof *row) : NULL;
    if (row != NULL) {
        *row = (struct fcc_outline){kind, (uint16_t)depth, name, n->span, at};
    }
}

struct questions {
    struct query_list *list;
    const struct fcc_program *p;
};

static void add_questions(void *with, struct fgr_node *n)
{
    struct questions *q = with;
    const struct fcc_question *known = n->kind == FGR_ASK || n->kind == FGR_CHOOSE ? fcc_question_of(q->p, n) : NULL;
    if (known != NULL) {
        add_row(q->list, FCC_OUT_QUESTION, 1, n, known->name);
    } else if (n->kind == FGR_OPTION) {
        add_row(q->list, FCC_OUT_OPTION, 2, n, n->text);
    }
}

static void add_parts(struct query_list *l, const struct fgr_node *list)
{
    for (uint32_t i = 0; list != NULL && i < list->n_items; i++) {
        add_row(l, FCC_OUT_FIELD, 1, list->items[i], list->items[i]->text);
    }
}

static void add_decl(struct query_list *l, const struct fcc_program *p, struct fgr_node *n)
{
    static const struct {
        uint8_t kind, parts; /* parts: kid with fields or members, or UINT8_MAX */
        enum fcc_outline_kind row;
    } rows[] = {
        {FGR_STAGE, UINT8_MAX, FCC_OUT_STAGE},         {FGR_VAR, UINT8_MAX, FCC_OUT_VAR},
        {FGR_FN, UINT8_MAX, FCC_OUT_FUNCTION},         {FGR_FLOW, UINT8_MAX, FCC_OUT_FUNCTION},
        {FGR_TOOL, UINT8_MAX, FCC_OUT_FUNCTION},       {FGR_ENUM, FGR_ENUM_members, FCC_OUT_TYPE},
        {FGR_RECORD, FGR_RECORD_fields, FCC_OUT_TYPE}, {FGR_TABLE, FGR_TABLE_fields, FCC_OUT_TYPE},
        {FGR_EVENT, UINT8_MAX, FCC_OUT_EVENT},         {FGR_AGENT, UINT8_MAX, FCC_OUT_AGENT},
        {FGR_HOURS, UINT8_MAX, FCC_OUT_HOURS},         {FGR_SECRET, UINT8_MAX, FCC_OUT_SECRET},
        {FGR_TEST, UINT8_MAX, FCC_OUT_TEST},
    };
    bool pt = p->trees[0].spelling == FN_PT;
    if (n->kind == FGR_CONTACT || n->kind == FGR_ALWAYS) {
        bool contact = n->kind == FGR_CONTACT;
        uint16_t word = contact ? FGR_TOK_CONTACT : FGR_TOK_ALWAYS;
        add_row(l, contact ? FCC_OUT_TYPE : FCC_OUT_ALWAYS, 0, n, fn_str_c(fgr_token_spelling(word, pt)));
        add_parts(l, contact ? n->kid[FGR_CONTACT_fields] : NULL);
        return;
    }
    for (size_t i = 0; i < FN_COUNT(rows); i++) {
        if (rows[i].kind == n->kind) {
            add_row(l, rows[i].row, 0, n, n->text);
            add_parts(l, rows[i].parts != UINT8_MAX ? n->kid[rows[i].parts] : NULL);
        }
    }
    if (n->kind == FGR_STAGE || n->kind == FGR_FLOW) {
        struct questions q = {l, p};
        query_walk(n, add_questions, &q);
    }
}

enum fn_code fcc_query_outline(struct fn_arena *arena, const struct fcc_program *p, struct fcc_outlines *out)
{
    struct query_list l = {.arena = arena};
    const struct fgr_node *decls = p->trees[0].file->kid[FGR_FILE_decls];
    for (uint32_t i = 0; i < decls->n_items; i++) {
        add_decl(&l, p, decls->items[i]);
    }
    *out = (struct fcc_outlines){l.items, l.n};
    return l.full ? FN_NO_MEMORY : FN_OK;
}

/* -- colours -------------------------------------------------------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
    const struct fcc_painted *x = a, *y = b;
    return (x->span.a > y->span.a) - (x->span.a < y->span.a);
}

enum fcc_paint query_paint(const struct fcc_sym *s)
{
    switch (s->kind) {
    case FCC_S_STAGE: return FCC_PAINT_STAGE;
    case FCC_S_FN:
    case FCC_S_FLOW:
    case FCC_S_TOOL: return FCC_PAINT_FUNCTION;
    case FCC_S_ENUM:
    case FCC_S_RECORD: return FCC_PAINT_TYPE;
    case FCC_S_FIELD:
    case FCC_S_CONTACT_FIELD: return FCC_PAINT_FIELD;
    case FCC_S_MEMBER: return FCC_PAINT_MEMBER;
    case FCC_S_BUILTIN: return s->builtin != NULL && !s->builtin->property ? FCC_PAINT_FUNCTION : FCC_PAINT_FIELD;
    case FCC_S_VAR:
    case FCC_S_LOCAL:
    case FCC_S_PARAM:
    case FCC_S_AGENT:
    case FCC_S_TABLE:
    case FCC_S_HOURS:
    case FCC_S_SECRET:
    case FCC_S_EVENT:
    case FCC_S_MODULE:
    case FCC_S_CONTACT:
    default: return FCC_PAINT_NAME;
    }
}

static void add_bound(void *with, struct fgr_node *n)
{
    struct fn_span at = query_name_span(n);
    struct fcc_painted *row = at.b != 0 && n->sym != NULL ? query_push(with, sizeof *row) : NULL;
    if (row != NULL) {
        *row = (struct fcc_painted){at, query_paint(n->sym)};
    }
}

static enum fcc_paint plain_paint(const struct fgr_token *t)
{
    switch (fgr_token_class(t->kind)) {
    case FGR_CLASS_LITERAL:
        return t->kind == FGR_TOK_NAME                                   ? FCC_PAINT_NAME
               : t->kind == FGR_TOK_TNAME                                ? FCC_PAINT_TYPE
               : t->kind >= FGR_TOK_TEXT && t->kind <= FGR_TOK_TEXT_TAIL ? FCC_PAINT_TEXT
                                                                         : FCC_PAINT_NUMBER;
    case FGR_CLASS_TYPE: return (t->flags & FGR_TOKEN_AS_TYPE) != 0 ? FCC_PAINT_TYPE : FCC_PAINT_NAME;
    case FGR_CLASS_RESERVED:
    case FGR_CLASS_DECL:
    case FGR_CLASS_CONTEXT:
    case FGR_CLASS_FOLLOWER: return (t->flags & FGR_TOKEN_AS_NAME) != 0 ? FCC_PAINT_NAME : FCC_PAINT_WORD;
    case FGR_CLASS_PUNCT:
    case FGR_CLASS_OPERATOR:
    case FGR_CLASS_CLOSE:
    default: return FCC_PAINT_SIGN;
    }
}

static void add_paint(struct query_list *l, struct fn_span span, enum fcc_paint paint)
{
    struct fcc_painted *row = span.b > span.a ? query_push(l, sizeof *row) : NULL;
    if (row != NULL) {
        *row = (struct fcc_painted){span, paint};
    }
}

enum fn_code fcc_query_paint(struct fn_arena *arena, const struct fcc_program *p, struct fcc_paints *out)
{
    const struct fgr_tree *t = &p->trees[0];
    struct query_list bound = {.arena = arena}, all = {.arena = arena};
    query_walk(t->file, add_bound, &bound);
    if (bound.n > 1) {
        qsort(bound.items, bound.n, sizeof(struct fcc_painted), by_start);
    }
    const struct fcc_painted *known = bound.items;
    uint32_t next = 0, comment = 0;
    for (uint32_t i = 0; i < t->n_scanned; i++) {
        const struct fgr_token *token = &t->scanned[i];
        for (; comment < t->n_comments && t->comments[comment].span.a < token->span.a; comment++) {
            add_paint(&all, t->comments[comment].span, FCC_PAINT_COMMENT);
        }
        while (next < bound.n && known[next].span.a < token->span.a) {
            next++;
        }
        bool named = next < bound.n && known[next].span.a == token->span.a && known[next].span.b == token->span.b;
        if (token->kind != FGR_TOK_NL && token->kind != FGR_TOK_EOF) {
            add_paint(&all, token->span, named ? known[next].paint : plain_paint(token));
        }
    }
    for (; comment < t->n_comments; comment++) {
        add_paint(&all, t->comments[comment].span, FCC_PAINT_COMMENT);
    }
    *out = (struct fcc_paints){all.items, all.n};
    return bound.full || all.full ? FN_NO_MEMORY : FN_OK;
}

/* -- folds ---------------------------------------------------------------------------------------------------------------------- */

static bool has_break(const struct fgr_tree *t, struct fn_span span)
{
    return span.b > span.a && memchr(t->source.text.p + span.a, '\n', span.b - span.a) != NULL;
}

static void add_fold(struct query_list *l, const struct fgr_tree *t, struct fn_span span)
{
    struct fn_span *fold = has_break(t, span) ? query_push(l, sizeof *fold) : NULL;
    if (fold != NULL) {
        *fold = span;
    }
}

/* Comments that stand on lines of their own, one under the other. */
static void fold_comments(struct query_list *l, const struct fgr_tree *t)
{
    for (uint32_t i = 0; i < t->n_comments;) {
        uint32_t last = i;
        while (last + 1 < t->n_comments && t->comments[last + 1].own_line && t->comments[i].own_line &&
               !t->comments[last + 1].blank && t->comments[last + 1].before == t->comments[i].before) {
            last++;
        }
        add_fold(l, t, (struct fn_span){t->comments[i].span.a, t->comments[last].span.b});
        i = last + 1;
    }
}

static int by_span(const void *a, const void *b)
{
    const struct fn_span *x = a, *y = b;
    return (x->a > y->a) - (x->a < y->a);
}

enum fn_code fcc_query_folds(struct fn_arena *arena, const struct fcc_program *p, struct fcc_folds *out)
{
    const struct fgr_tree *t = &p->trees[0];
    struct query_list l = {.arena = arena};
    uint32_t open[FGR_NEST_MAX], depth = 0;
    for (uint32_t i = 0; i < t->n_scanned; i++) {
        const struct fgr_token *token = &t->scanned[i];
        if (token->kind == FGR_TOK_LBRACE && depth < FGR_NEST_MAX) {
            open[depth++] = token->span.a;
        } else if (token->kind == FGR_TOK_RBRACE && depth > 0) {
            add_fold(&l, t, (struct fn_span){open[--depth], token->span.b});
        } else if (token->kind == FGR_TOK_TEXT) {
            add_fold(&l, t, token->span);
        }
    }
    fold_comments(&l, t);
    if (l.n > 1) {
        qsort(l.items, l.n, sizeof(struct fn_span), by_span);
    }
    *out = (struct fcc_folds){l.items, l.n};
    return l.full ? FN_NO_MEMORY : FN_OK;
}
