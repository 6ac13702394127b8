/* fmt_print.c: lays out tokens: indentation, blanks between two tokens, blank lines, comments.
 *
 * The author's line breaks stay (lines are never wrapped); a block that spans lines gets its braces at the ends of lines. What is
 * inside a bracket is indented once from the line that opened it, however many brackets that line opened.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fmt.h"
#include "fn_utf8.h"

struct layout {
    struct fmt *f;
    uint32_t from, to;
    uint32_t indents[FGR_NEST_MAX + 2]; /* indentation of the line that opened each bracket */
    char brackets[FGR_NEST_MAX + 2];
    uint32_t depth;
    uint32_t indent;     /* of the line being written */
    uint32_t line_first; /* first token of the line */
    size_t counted;      /* up to where in the output the code points of the line are counted: */
    uint32_t column;     /* so many */
    bool line_open;
};

static const struct fgr_token *at(const struct layout *y, uint32_t i)
{
    return &y->f->tree->tokens[i];
}

static uint16_t kind_at(const struct layout *y, uint32_t i)
{
    const struct fgr_token *t = at(y, i);
    return fmt_is_name(t) || fmt_is_root(t) || (t->flags & FGR_TOKEN_AS_TYPE) ? (uint16_t)FGR_TOK_NAME : t->kind;
}

static bool opens(uint16_t k)
{
    return k == FGR_TOK_LBRACE || k == FGR_TOK_LPAREN || k == FGR_TOK_LBRACKET;
}

static bool closes(uint16_t k)
{
    return k == FGR_TOK_RBRACE || k == FGR_TOK_RPAREN || k == FGR_TOK_RBRACKET;
}

static bool sticks_left(uint16_t k)
{
    return k == FGR_TOK_RPAREN || k == FGR_TOK_RBRACKET || k == FGR_TOK_COMMA || k == FGR_TOK_COLON ||
           k == FGR_TOK_QUESTION || k == FGR_TOK_DOT || k == FGR_TOK_DOTDOT || k == FGR_TOK_LANGLE ||
           k == FGR_TOK_RANGLE || k == FGR_TOK_TEXT_MID || k == FGR_TOK_TEXT_TAIL;
}

static bool sticks_right(uint16_t k)
{
    return k == FGR_TOK_LPAREN || k == FGR_TOK_LBRACKET || k == FGR_TOK_DOT || k == FGR_TOK_DOTDOT ||
           k == FGR_TOK_LANGLE || k == FGR_TOK_TEXT_HEAD || k == FGR_TOK_TEXT_MID;
}

static bool ends_value(uint16_t k)
{
    return k == FGR_TOK_NAME || k == FGR_TOK_TNAME || k == FGR_TOK_RPAREN || k == FGR_TOK_RBRACKET ||
           k == FGR_TOK_RANGLE;
}

/* Behind this token a minus is a sign. */
static bool before_sign(uint16_t k)
{
    enum fgr_class class = fgr_token_class(k);
    return class == FGR_CLASS_OPERATOR || opens(k) || k == FGR_TOK_TEXT_HEAD || k == FGR_TOK_TEXT_MID ||
           (class == FGR_CLASS_RESERVED && k != FGR_TOK_TRUE && k != FGR_TOK_FALSE && k != FGR_TOK_NONE) ||
           class == FGR_CLASS_CONTEXT;
}

/* A `>`, `<` or `+` that begins the line of a test. */
static bool step_line(const struct layout *y, uint16_t k)
{
    return kind_at(y, y->line_first) == k;
}

static bool is_share(const struct layout *y, uint32_t i)
{
    return i > y->from && kind_at(y, i) == FGR_TOK_PERCENT && kind_at(y, i - 1) == FGR_TOK_INT &&
           (i - 1 == y->line_first || kind_at(y, i - 2) == FGR_TOK_LBRACE);
}

static bool is_sign(const struct layout *y, uint32_t i)
{
    uint16_t k = kind_at(y, i);
    bool first = i == y->line_first;
    return (k == FGR_TOK_MINUS && (first || before_sign(kind_at(y, i - 1)))) || (k == FGR_TOK_PLUS && first);
}

/* Is there a blank between token i-1 and token i of one line? */
static bool spaced(const struct layout *y, uint32_t i)
{
    uint16_t a = kind_at(y, i - 1), b = kind_at(y, i);
    if (sticks_left(b) || sticks_right(a) || is_sign(y, i - 1) || is_share(y, i)) {
        return false;
    }
    if (a == FGR_TOK_LBRACE && b == FGR_TOK_RBRACE) {
        return false;
    }
    if (b == FGR_TOK_LPAREN) {
        return !ends_value(a);
    }
    if (b == FGR_TOK_LBRACKET) {
        return !ends_value(a) || step_line(y, FGR_TOK_LT);
    }
    bool clocks = (a == FGR_TOK_CLOCK && b == FGR_TOK_MINUS) || (a == FGR_TOK_MINUS && b == FGR_TOK_CLOCK);
    return !clocks;
}

static void put_pad(struct layout *y, uint32_t i)
{
    struct fmt *f = y->f;
    for (uint32_t n = 0; n < f->pads[i]; n++) {
        fn_buf_char(f->out, ' ');
    }
    struct fn_str more = {f->out->p + y->counted, f->out->n - y->counted};
    y->column += f->out->failed ? 0 : (uint32_t)fn_utf8_count(more);
    y->counted = f->out->n;
    f->columns[i] = f->out->failed ? 0 : y->column;
}

static void end_line(struct layout *y)
{
    if (y->line_open) {
        fn_buf_char(y->f->out, '\n');
        y->line_open = false;
    }
}

static void put_indent(struct layout *y, uint32_t indent)
{
    for (uint32_t i = 0; i < indent; i++) {
        fn_buf_z(y->f->out, "  ");
    }
}

/* What the next line begins with decides how far it goes in. */
static uint32_t indent_for(const struct layout *y, uint32_t i)
{
    if (y->depth > 0 && i < y->to && closes(kind_at(y, i))) {
        return y->indents[y->depth - 1];
    }
    uint32_t indent = y->depth > 0 ? y->indents[y->depth - 1] + 1 : 0;
    uint16_t before = i > y->from ? kind_at(y, i - 1) : (uint16_t)FGR_TOK_NL;
    bool list = before == FGR_TOK_COMMA && y->depth > 0;
    bool goes_on = before != FGR_TOK_NL && !opens(before) && !list && !closes(before) &&
                   (fgr_token_class(before) == FGR_CLASS_OPERATOR || before == FGR_TOK_AND || before == FGR_TOK_OR ||
                    before == FGR_TOK_NOT);
    return indent + (goes_on ? 1 : 0);
}

static void put_comment(struct layout *y, const struct fgr_comment *c, uint32_t i, bool may_blank)
{
    if (!c->own_line && y->line_open) {
        fn_buf_z(y->f->out, "  ");
    } else {
        end_line(y);
        if (c->blank && may_blank) {
            fn_buf_char(y->f->out, '\n');
        }
        bool closing = i < y->to && closes(kind_at(y, i));
        uint32_t inner = y->depth > 0 ? y->indents[y->depth - 1] + 1 : 0;
        put_indent(y, closing ? inner : indent_for(y, i));
    }
    fn_buf_str(y->f->out, fmt_slice(y->f->tree, c->span));
    y->line_open = true;
}

/* Comments before token i; true when the last of them stands right above it. */
static bool put_comments(struct layout *y, uint32_t i)
{
    struct fmt *f = y->f;
    bool any = false;
    for (; f->comment < f->tree->n_comments && f->tree->comments[f->comment].before <= i; f->comment++) {
        const struct fgr_comment *c = &f->tree->comments[f->comment];
        bool after_open = i > y->from && opens(kind_at(y, i - 1)) && !any;
        put_comment(y, c, i, !after_open && i > y->from);
        any = true;
    }
    return any;
}

static bool forced_break(const struct layout *y, uint32_t i)
{
    uint16_t k = kind_at(y, i);
    bool after_brace = i > y->from && kind_at(y, i - 1) == FGR_TOK_LBRACE && y->f->match[i - 1] != 0;
    bool at_brace = k == FGR_TOK_RBRACE && y->f->match[i] != 0;
    return after_brace || at_brace;
}

static void begin_line(struct layout *y, uint32_t i, bool commented)
{
    const struct fgr_token *t = at(y, i);
    bool after_open = i > y->from && opens(kind_at(y, i - 1));
    end_line(y);
    if ((t->flags & FGR_TOKEN_BLANK) && !closes(kind_at(y, i)) && i > y->from && (!after_open || commented)) {
        fn_buf_char(y->f->out, '\n');
    }
    y->indent = indent_for(y, i);
    put_indent(y, y->indent);
    y->line_first = i;
    y->counted = y->f->out->n;
    y->column = 0;
    y->line_open = true;
}

static void track(struct layout *y, uint32_t i)
{
    uint16_t k = kind_at(y, i);
    if (opens(k) && y->depth < FN_COUNT(y->indents)) {
        y->brackets[y->depth] = k == FGR_TOK_LBRACE ? '{' : '(';
        y->indents[y->depth++] = y->indent;
    } else if (closes(k) && y->depth > 0) {
        y->depth--;
    }
}

void fmt_print(struct fmt *f, uint32_t from, uint32_t to)
{
    struct layout y = {.f = f, .from = from, .to = to, .line_first = from};
    for (uint32_t i = from; i < to; i++) {
        const struct fgr_token *t = at(&y, i);
        bool commented = put_comments(&y, i);
        if (t->kind == FGR_TOK_NL) {
            continue;
        }
        bool joined = t->kind == FGR_TOK_ELSE && i > from && kind_at(&y, i - 1) == FGR_TOK_RBRACE && !commented;
        if (i == from || commented || forced_break(&y, i) || ((t->flags & FGR_TOKEN_FIRST) && !joined)) {
            begin_line(&y, i, commented);
        } else if (spaced(&y, i)) {
            fn_buf_char(f->out, ' ');
            put_pad(&y, i);
        }
        fmt_token(f, i);
        track(&y, i);
    }
    put_comments(&y, to);
    end_line(&y);
}

void fmt_comments_before(struct fmt *f, uint32_t i, bool blank_first)
{
    for (bool first = true; f->comment < f->tree->n_comments && f->tree->comments[f->comment].before <= i;
         f->comment++) {
        const struct fgr_comment *c = &f->tree->comments[f->comment];
        if ((first && blank_first) || (c->blank && f->out->n > 0 && !(first && !blank_first && f->out->n == 0))) {
            fn_buf_char(f->out, '\n');
        }
        fn_buf_str(f->out, fmt_slice(f->tree, c->span));
        fn_buf_char(f->out, '\n');
        first = false;
    }
}
