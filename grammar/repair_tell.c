/* repair_tell.c: the diagnostic of each repair: what was wrong, in the words of who wrote it, and the edit that mends it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "settle.h"

static struct fn_str slice(const struct settle *s, const struct fgr_token *t)
{
    return (struct fn_str){s->tree->source.text.p + t->span.a, t->span.b - t->span.a};
}

/* How a message quotes a token. "\n" and "" stand for the ends of line and file; the renderer puts the words. */
static struct fn_str found(const struct settle *s, const struct fgr_token *t)
{
    if (t->kind == FGR_TOK_NL) {
        return FN_STR("\n");
    }
    struct fn_str text = slice(s, t);
    const char *cut = text.n > 0 ? memchr(text.p, '\n', text.n) : NULL;
    size_t most = cut != NULL ? (size_t)(cut - text.p) : text.n;
    while (most > 40 && ((unsigned char)text.p[most] & 0xC0) == 0x80) {
        most--;
    }
    if (most > 40) {
        most = 40;
        while (((unsigned char)text.p[most] & 0xC0) == 0x80) {
            most--;
        }
    }
    text.n = most;
    return text;
}

static struct fn_span place(const struct settle *s, const struct fgr_token *t)
{
    bool at_end = t->kind == FGR_TOK_NL || t->kind == FGR_TOK_EOF;
    if (at_end && s->n_out > 0) {
        uint32_t end = s->out[s->n_out - 1].span.b;
        return (struct fn_span){end, end};
    }
    return t->span;
}

static bool fits(const struct lr_stack *stack, uint16_t kind)
{
    struct lr_step step;
    return lr_try(stack, kind, &step) != LR_REJECTED;
}

static enum fgr_diag missing_code(const struct settle *s, const struct settle_repair *r, const struct lr_stack *stack)
{
    (void)s;
    switch (r->token) {
    case FGR_TOK_NL: return FGR_D_TWO_ON_A_LINE;
    case FGR_TOK_NAME:
    case FGR_TOK_TNAME:
        return fits(stack, FGR_TOK_INT) && fits(stack, FGR_TOK_TRUE) ? FGR_D_VALUE_EXPECTED : FGR_D_NAME_EXPECTED;
    case FGR_TOK_TEXT: return fits(stack, FGR_TOK_TRUE) ? FGR_D_VALUE_EXPECTED : FGR_D_TEXT_EXPECTED;
    case FGR_TOK_INT: return fits(stack, FGR_TOK_TRUE) ? FGR_D_VALUE_EXPECTED : FGR_D_NUMBER_EXPECTED;
    default: return FGR_D_MISSING;
    }
}

static void tell_brace(struct settle *s, const struct fgr_token *t);

static void tell_insert(struct settle *s, const struct settle_repair *r, const struct fgr_token *t,
                        const struct lr_stack *stack)
{
    enum fgr_diag code = t->kind == FGR_TOK_EOF ? FGR_D_UNFINISHED : missing_code(s, r, stack);
    if (code == FGR_D_MISSING && r->token == FGR_TOK_RBRACE &&
        (t->kind == FGR_TOK_NL || (t->flags & FGR_TOKEN_FIRST))) {
        tell_brace(s, t);
        return;
    }
    struct fn_span at = place(s, t);
    struct fn_diag *d = fgr_diag_add(s->diags, code, at);
    struct fn_str token = fn_str_c(fgr_token_spelling(r->token, s->portuguese));
    fn_diag_arg(d, "token", token);
    fn_diag_arg(d, "found", found(s, t));
    struct fn_span here = {at.a, at.a};
    if (code == FGR_D_TWO_ON_A_LINE) {
        fn_diag_fix(d, FN_FIX_REVIEW, here, FN_STR("\n"));
    } else if (code == FGR_D_MISSING) {
        bool spaced = fgr_word_of(r->token) != NULL || r->token == FGR_TOK_ARROW;
        enum fn_fix_kind kind = r->gain == SETTLE_LOOK ? FN_FIX_SAFE : FN_FIX_REVIEW;
        fn_diag_fix(d, kind, here, spaced ? fn_arena_printf(s->arena, "%s ", token.p) : token);
    }
}

static void tell_word(struct settle *s, enum fgr_diag code, const struct fgr_token *t, struct fn_str near,
                      enum fn_fix_kind kind)
{
    struct fn_diag *d = fgr_diag_add(s->diags, code, t->span);
    fn_diag_arg(d, "word", slice(s, t));
    fn_diag_arg(d, "near", near);
    fn_diag_arg(d, "quoted", fn_arena_printf(s->arena, "`%.*s`", FN_STR_ARG(slice(s, t))));
    fn_diag_fix(d, kind, t->span, near);
}

/* Ícone -> ícone and back, for the first letter in ASCII; other letters stay and the fix asks for a look. */
static struct fn_str other_case(struct settle *s, const struct fgr_token *t)
{
    struct fn_str copy = fn_arena_dup(s->arena, slice(s, t));
    if (copy.n == 0 || copy.p == NULL) {
        return slice(s, t);
    }
    char first = copy.p[0];
    char flipped = first >= 'a' && first <= 'z'   ? (char)(first - 'a' + 'A')
                   : first >= 'A' && first <= 'Z' ? (char)(first - 'A' + 'a')
                                                  : first;
    return fn_arena_printf(s->arena, "%c%.*s", flipped, (int)(copy.n - 1), copy.p + 1);
}

static void tell_unexpected(struct settle *s, const struct fgr_token *t)
{
    struct fn_diag *d = fgr_diag_add(s->diags, FGR_D_UNEXPECTED, place(s, t));
    fn_diag_arg(d, "found", found(s, t));
}

static bool other_spelling(const struct settle *s, const struct fgr_token *t, const struct fgr_word *w)
{
    const struct fgr_word *o = fgr_word_find(slice(s, t), !s->portuguese, w->after);
    return o == w;
}

static void tell_replace(struct settle *s, const struct settle_repair *r, const struct fgr_token *t)
{
    const struct fgr_word *w = fgr_word_of(r->token);
    int bonus = r->score - r->gain * 4 + (r->before ? 1 : 0);
    struct fn_str near = fn_str_c(fgr_token_spelling(r->token, s->portuguese));
    bool was_name = t->kind == FGR_TOK_NAME || t->kind == FGR_TOK_TNAME;
    if (w != NULL && bonus > 0 && other_spelling(s, t, w)) {
        tell_word(s, FGR_D_OTHER_SPELLING, t, near, FN_FIX_SAFE);
    } else if (r->token == FGR_TOK_NAME && fgr_word_of(t->kind) != NULL) {
        tell_word(s, FGR_D_RESERVED, t, fn_arena_printf(s->arena, "`%.*s`", FN_STR_ARG(slice(s, t))), FN_FIX_SAFE);
    } else if (r->token == FGR_TOK_TNAME && was_name) {
        tell_word(s, FGR_D_LOWER_CASE_TYPE, t, other_case(s, t), FN_FIX_REVIEW);
    } else if (r->token == FGR_TOK_NAME && was_name) {
        tell_word(s, FGR_D_UPPER_CASE_NAME, t, other_case(s, t), FN_FIX_REVIEW);
    } else if (r->token == FGR_TOK_EQ && t->kind == FGR_TOK_ASSIGN) {
        fn_diag_fix(fgr_diag_add(s->diags, FGR_D_ASSIGN_FOR_EQUAL, t->span), FN_FIX_SAFE, t->span, FN_STR("=="));
    } else if (bonus > 0 && fgr_token_class(t->kind) == FGR_CLASS_OPERATOR) {
        tell_word(s, FGR_D_OTHER_SIGN, t, near, FN_FIX_REVIEW);
    } else if (bonus > 0) {
        tell_word(s, FGR_D_MISSPELT, t, near, bonus >= 9 && r->gain >= 4 ? FN_FIX_SAFE : FN_FIX_REVIEW);
    } else {
        tell_unexpected(s, t);
    }
}

static void tell_delete(struct settle *s, const struct fgr_token *t)
{
    if (t->kind == FGR_TOK_NL) {
        tell_unexpected(s, t);
        return;
    }
    struct fn_diag *d = fgr_diag_add(s->diags, FGR_D_SURPLUS, t->span);
    fn_diag_arg(d, "found", found(s, t));
    fn_diag_fix(d, FN_FIX_REVIEW, t->span, FN_STR_NULL);
}

static void tell_open_above(struct settle *s)
{
    const struct fgr_token *end = &s->out[s->line_out - 1];
    struct fn_diag *d = fgr_diag_add(s->diags, FGR_D_MISSING, (struct fn_span){end->span.a, end->span.a});
    fn_diag_arg(d, "token", FN_STR("{"));
    fn_diag_arg(d, "found", FN_STR("\n"));
    fn_diag_fix(d, FN_FIX_SAFE, (struct fn_span){end->span.a, end->span.a}, FN_STR(" {"));
}

static void tell_close_line(struct settle *s, const struct settle_repair *r)
{
    uint32_t end = s->out[s->n_out - 1].span.b;
    struct fn_str close = fn_str_c(fgr_token_spelling(r->token, s->portuguese));
    struct fn_diag *d = fgr_diag_add(s->diags, FGR_D_MISSING, (struct fn_span){end, end});
    fn_diag_arg(d, "token", close);
    fn_diag_arg(d, "found", FN_STR("\n"));
    fn_diag_fix(d, FN_FIX_SAFE, (struct fn_span){end, end}, close);
}

/* A block that begins and should end on one line. */
static void tell_close_above(struct settle *s, const struct settle_repair *r)
{
    uint32_t end = s->out[r->at - 1].span.b;
    struct fn_diag *d = fgr_diag_add(s->diags, FGR_D_MISSING, (struct fn_span){end, end});
    fn_diag_arg(d, "token", FN_STR("}"));
    fn_diag_arg(d, "found", r->at < s->n_out ? found(s, &s->out[r->at]) : FN_STR("\n"));
    fn_diag_fix(d, FN_FIX_REVIEW, (struct fn_span){end, end}, FN_STR(" }"));
}

void repair_tell(struct settle *s, const struct settle_repair *r)
{
    uint16_t deleted = r->before && s->n_out > 0 ? s->out[s->n_out - 1].kind : s->in[s->at].kind;
    s->open_bracket |= r->edit == SETTLE_CLOSE_LINE ||
                       (r->edit == SETTLE_INSERT && (r->token == FGR_TOK_RPAREN || r->token == FGR_TOK_RBRACKET)) ||
                       (r->edit == SETTLE_DELETE && (deleted == FGR_TOK_LPAREN || deleted == FGR_TOK_LBRACKET));
    if (r->edit == SETTLE_OPEN_ABOVE) {
        tell_open_above(s);
        return;
    }
    if (r->edit == SETTLE_CLOSE_LINE) {
        tell_close_line(s, r);
        return;
    }
    if (r->edit == SETTLE_CLOSE_ABOVE) {
        tell_close_above(s, r);
        return;
    }
    if (r->edit == SETTLE_UNCLOSE) {
        tell_delete(s, &s->out[r->at]);
        return;
    }
    const struct fgr_token *t = r->before ? &s->out[s->n_out - 1] : &s->in[s->at];
    const struct lr_stack *stack = &s->stack;
    if (r->before && settle_before(s, &s->scratch)) {
        stack = &s->scratch;
    }
    if (r->edit == SETTLE_INSERT) {
        tell_insert(s, r, t, stack);
    } else if (r->edit == SETTLE_REPLACE) {
        tell_replace(s, r, t);
    } else {
        tell_delete(s, t);
    }
}

/* The `{` to blame: the first whose block has a line that goes no further in than its own, or ends in a brace that stands
 * further out; else the innermost that is still open. */
static const struct fgr_token *open_brace(const struct settle *s)
{
    uint32_t stack[FGR_NEST_MAX], depth = 0;
    for (uint32_t i = s->top_out; i < s->n_out; i++) {
        const struct fgr_token *t = &s->out[i];
        if (depth > 0 && (t->flags & FGR_TOKEN_FIRST) && t->kind != FGR_TOK_NL) {
            uint32_t indent = settle_indent(s, t), opener = settle_indent(s, &s->out[stack[depth - 1]]);
            if (t->kind == FGR_TOK_RBRACE ? indent < opener : indent <= opener) {
                return &s->out[stack[depth - 1]];
            }
        }
        if (t->kind == FGR_TOK_LBRACE && depth < FGR_NEST_MAX) {
            stack[depth++] = i;
        } else if (t->kind == FGR_TOK_RBRACE && depth > 0) {
            depth--;
        }
    }
    return depth > 0 ? &s->out[stack[depth - 1]] : NULL;
}

static void tell_brace(struct settle *s, const struct fgr_token *t)
{
    const struct fgr_token *open = open_brace(s);
    struct fn_diag *d = fgr_diag_add(s->diags, FGR_D_BRACE_NOT_CLOSED, open != NULL ? open->span : t->span);
    fn_diag_arg(d, "found", found(s, t));
    uint32_t end = s->n_out > 0 ? s->out[s->n_out - 1].span.b : 0;
    if (t->kind != FGR_TOK_EOF) {
        fn_diag_label(d, t->span, FGR_L_CLOSE_BEFORE);
    }
    fn_diag_fix(d, FN_FIX_REVIEW, (struct fn_span){end, end}, FN_STR("\n}"));
}

void repair_tell_brace(struct settle *s)
{
    tell_brace(s, &s->in[s->at]);
}

void repair_tell_skipped(struct settle *s)
{
    const struct fgr_token *t = &s->in[s->at];
    fn_diag_arg(fgr_diag_add(s->diags, FGR_D_SKIPPED, place(s, t)), "found", found(s, t));
}

/* Statements between declarations: the head of their stage is missing. */
void repair_tell_head(struct settle *s)
{
    const struct fgr_token *t = &s->in[s->at];
    struct fn_diag *d = fgr_diag_add(s->diags, FGR_D_MISSING, place(s, t));
    fn_diag_arg(d, "token", fn_arena_printf(s->arena, "%s … {", fgr_token_spelling(FGR_TOK_STAGE, s->portuguese)));
    fn_diag_arg(d, "found", found(s, t));
}

void repair_tell_too_many(struct settle *s)
{
    struct fn_diag *d = fgr_diag_add(s->diags, FGR_D_TOO_MANY_ERRORS, s->in[s->at].span);
    fn_diag_arg(d, "max", fn_arena_printf(s->arena, "%d", FGR_ERRORS_MAX));
    d->why = FGR_W_STILL_OLD;
}
