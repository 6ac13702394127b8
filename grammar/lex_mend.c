/* lex_mend.c: where a text ends that nothing closes, so that one forgotten quote or brace costs no more than itself.
 *
 * A text that is still open at the end of its line most likely ends before what only code has there: the brace that opens a block, `-> name`,
 * the bracket that was opened before the text. When the quote is found on a line below, the text was broken in two. An interpolation
 * that is still open is read again with its brace as text. Each of these is told once, as what it is. What must never happen: a
 * source read more than a few times over (`retreats` bounds it a line).
 * SPDX-License-Identifier: Apache-2.0 */
#include "lexer.h"

enum { JOINED_LINES_MAX = 4 };

struct fn_diag *lex_unclosed(struct lexer *lx, struct fn_span span, bool is_long, bool curly)
{
    struct fn_diag *d = fgr_diag_add(lx->diags, is_long ? FGR_D_LONG_TEXT_NOT_CLOSED : FGR_D_TEXT_NOT_CLOSED, span);
    return fn_diag_arg(d, "quote", curly ? FN_STR("”") : FN_STR("\""));
}

static struct fn_span open_quote(const struct lex_text *t)
{
    return (struct fn_span){t->open, t->open + (t->is_long || t->curly ? 3U : 1U)};
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name_byte(unsigned char c)
{
    return c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static uint32_t without_blanks(const struct lexer *lx, uint32_t from, uint32_t to)
{
    while (to > from && is_blank(lx->start[to - 1])) {
        to--;
    }
    return to;
}

/* -- the end of a text -------------------------------------------------------------------------------------------------------- */

/* The other kind of quote, where it closes: `"Oi” -> x`. Its end, or 0. */
static uint32_t other_quote(const struct lexer *lx, const struct lex_text *t, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at < to; at++) {
        const unsigned char *p = lx->start + at;
        if (t->curly && *p == '"') {
            return at + 1;
        }
        if (!t->curly && to - at >= 3 && p[0] == 0xE2 && p[1] == 0x80 && p[2] == 0x9D) {
            return at + 3;
        }
    }
    return 0;
}

uint32_t lex_other_quote(const struct lexer *lx, struct fn_span text)
{
    const struct lex_text straight = {.curly = false};
    uint32_t end = lx->start[text.a] == '"' ? other_quote(lx, &straight, text.a + 1, text.b) : 0;
    for (uint32_t at = text.a; at + 3 <= end; at++) {
        if (memcmp(lx->start + at, "\xE2\x80\x9C", 3) == 0) {
            return 0; /* a pair of its own */
        }
    }
    return end;
}

/* Where `-> name` begins, when nothing but a block stands behind it; else `to`. */
static uint32_t before_jump(const struct lexer *lx, uint32_t from, uint32_t to)
{
    uint32_t at = to;
    while (at > from && (lx->start[at - 1] == '}' || lx->start[at - 1] == ' ')) {
        at--;
    }
    uint32_t name = at;
    while (name > from && is_name_byte(lx->start[name - 1])) {
        name--;
    }
    uint32_t arrow = without_blanks(lx, from, name);
    bool found = name < at && arrow >= from + 2 && lx->start[arrow - 1] == '>' && lx->start[arrow - 2] == '-';
    return found ? arrow - 2 : to;
}

/* Brackets at the end that close what was opened on the text's own line, and the comma behind them. */
static uint32_t before_brackets(const struct lexer *lx, const struct lex_text *t, uint32_t from, uint32_t to)
{
    uint32_t nest = lx->n_nest;
    uint32_t line = t->open;
    while (line > 0 && lx->start[line - 1] != '\n') {
        line--;
    }
    uint32_t at = to > from && lx->start[to - 1] == ',' ? to - 1 : to;
    bool comma = at < to;
    for (; at > from && nest > 0 && lx->nest_at[nest - 1] >= line; nest--) {
        unsigned char open = (unsigned char)lx->nest[nest - 1];
        unsigned char close = open == '(' ? ')' : open == '[' ? ']' : '}';
        at = without_blanks(lx, from, at);
        if (at > from && lx->start[at - 1] == close) {
            at--;
        } else if (open == '{') {
            break; /* a round one may be missing as well */
        }
    }
    bool in_list = lx->n_nest > 0 && lx->nest[lx->n_nest - 1] != '{';
    return at < to - (comma ? 1U : 0U) || (comma && in_list) ? at : to;
}

/* Where a text that is open at the end of its line, at `to`, most likely ends. */
static uint32_t likely_end(const struct lexer *lx, const struct lex_text *t, uint32_t to)
{
    uint32_t from = open_quote(t).b;
    from = lx->part > from ? lx->part : from;
    uint32_t other = other_quote(lx, t, from, to), end = without_blanks(lx, from, to);
    if (other != 0) {
        return other;
    }
    if (end > from && lx->start[end - 1] == '{') {
        end--;
    }
    uint32_t jump = before_jump(lx, from, end);
    end = jump < end ? jump : before_brackets(lx, t, from, end);
    return without_blanks(lx, from, end);
}

/* Straight quotes of the line at `at`, -1 where it has what a text broken in two has not. */
static int quotes_of(const struct lexer *lx, const unsigned char **at)
{
    const unsigned char *p = *at;
    int n = 0;
    bool code = false;
    for (; p < lx->limit && *p != '\n'; p++) {
        n += *p == '"' ? 1 : 0;
        code = code || (lx->limit - p >= 3 && memcmp(p, "\"\"\"", 3) == 0);
        code = code || (n == 0 && (*p == '{' || *p == '}' || *p == '#' || (*p == '>' && p[-1] == '-')));
        p += *p == '\\' && p + 1 < lx->limit && p[1] != '\n' ? 1 : 0;
    }
    *at = p < lx->limit ? p + 1 : p;
    return code ? -1 : n;
}

/* The quote that is missing here closes nothing on a line below: the text goes on there. */
static bool goes_on_below(const struct lexer *lx)
{
    const unsigned char *p = lx->token + 1;
    for (int i = 0; i < JOINED_LINES_MAX && p < lx->limit; i++) {
        const unsigned char *line = p;
        int n = quotes_of(lx, &p);
        bool blank = p - line <= 1;
        if (n != 0 || blank) {
            return n > 0 && n % 2 == 1;
        }
    }
    return false;
}

/* Ends the text that is being read at `end`, where code goes on, and tells that its quote is missing. */
static void close_at(struct lexer *lx, const struct lex_text *t, uint32_t end)
{
    if (!t->literal) { /* its brace was told */
        fn_diag_fix(lex_unclosed(lx, open_quote(t), false, t->curly), FN_FIX_REVIEW, (struct fn_span){end, end},
                    t->curly ? FN_STR("”") : FN_STR("\""));
    }
    lx->cursor = lx->start + end;
    lex_text_finish(lx, end);
    lx->tokens[lx->n_tokens - 1].flags |= FGR_TOKEN_DOUBTFUL;
}

/* Nothing stands in the text up to `end`: its quote is the closing one of another that nothing opens. */
static bool was_closing(const struct lexer *lx, const struct lex_text *t, uint32_t end)
{
    return lx->n_texts == 1 && lx->part == t->open && !t->curly && !t->literal && !t->joined && end <= t->open + 1;
}

void lex_text_break(struct lexer *lx)
{
    struct lex_text *t = &lx->texts[lx->n_texts - 1];
    uint32_t end = t->joined ? 0 : likely_end(lx, t, lex_at(lx, lx->token));
    if (was_closing(lx, t, end) && lex_reopen(lx, t->open)) {
        return;
    }
    if (!t->joined && !t->curly && !t->literal && lx->n_texts == 1 && goes_on_below(lx)) {
        lex_unclosed(lx, open_quote(t), false, false);
        t->joined = true;
    }
    if (!t->joined) {
        close_at(lx, t, end);
    }
}

void lex_text_end(struct lexer *lx)
{
    const struct lex_text *t = &lx->texts[lx->n_texts - 1];
    lex_unclosed(lx, open_quote(t), t->is_long, t->curly);
    lex_text_finish(lx, lex_at(lx, lx->cursor));
}

/* A brace with nothing but the end of the line behind it opens a block: the text was to end before it. */
bool lex_mend_block(struct lexer *lx)
{
    const unsigned char *p = lx->cursor;
    while (p < lx->limit && is_blank(*p)) {
        p++;
    }
    if (p < lx->limit && *p != '\n') {
        return false;
    }
    const struct lex_text *t = &lx->texts[lx->n_texts - 1];
    uint32_t from = open_quote(t).b, end = without_blanks(lx, lx->part > from ? lx->part : from, lex_at(lx, lx->token));
    if (!was_closing(lx, t, end) || !lex_reopen(lx, t->open)) {
        close_at(lx, t, end);
    }
    return true;
}

/* -- interpolations ----------------------------------------------------------------------------------------------------------- */

static void report_brace(struct lexer *lx, uint32_t brace)
{
    struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_INTERPOLATION_NOT_CLOSED, (struct fn_span){brace, brace + 1});
    fn_diag_arg(d, "open", FN_STR("{"));
}

void lex_forget_told(struct fn_diag_list *l, uint32_t n)
{
    while (l->n > n) {
        enum fn_level level = l->items[--l->n]->level;
        l->errors -= level == FN_ERROR_LEVEL ? 1 : 0;
        l->warnings -= level == FN_WARNING_LEVEL ? 1 : 0;
    }
}

/* The line ends inside an interpolation: back to its brace, which is text from now on. False where that was done often enough. */
bool lex_mend_retreat(struct lexer *lx)
{
    struct lex_text *t = &lx->texts[0];
    if (t->is_long || lx->retreats == LEX_RETREATS_MAX || lx->arena->failed) {
        return false;
    }
    lx->retreats++;
    lx->n_texts = 1;
    lex_forget_told(lx->diags, t->n_told);
    report_brace(lx, t->brace);
    lx->part = lx->tokens[t->brace_token].span.a;
    lx->n_tokens = t->brace_token;
    lx->n_comments = t->n_comments;
    lx->n_nest = t->nest;
    lx->n_too_deep = 0;
    lx->angles = 0;
    lx->breaks = 0;
    lx->held_break = false;
    t->literal = true;
    lx->cursor = lx->start + t->brace + 1;
    lexer_enter_text(lx, false);
    return true;
}

/* Quotes of what was an interpolation: `{contact.nome or "cliente"!` has a pair of its own. True for one that does not close. */
bool lex_mend_inner(struct lexer *lx, struct lex_text *t)
{
    uint32_t at = lex_at(lx, lx->token);
    bool opens = at > t->brace + 1 && (lx->start[at - 1] == ' ' || lx->start[at - 1] == '(') &&
                 lx->cursor < lx->limit && is_name_byte(*lx->cursor);
    bool was = t->inner;
    t->inner = !was && opens;
    return was || opens;
}

/* Behind a forgotten brace the text's own closing quote was read as the beginning of another text: that it is not closed is the same mistake. */
static void forget_inner_quote(struct lexer *lx, uint32_t brace)
{
    struct fn_diag_list *l = lx->diags;
    if (l->n > 0 && l->dropped == 0 && l->items[l->n - 1]->code == FGR_D_TEXT_NOT_CLOSED &&
        l->items[l->n - 1]->span.a > brace) {
        l->n--;
        l->errors--;
    }
}

/* Gives up the interpolation and the text that a line break, closing quotes or the end of the source cut off. */
void lex_abandon_text(struct lexer *lx, uint32_t at)
{
    const struct lex_text *t = &lx->texts[--lx->n_texts];
    forget_inner_quote(lx, t->brace);
    report_brace(lx, t->brace);
    lx->n_nest = t->nest;
    lx->n_too_deep = 0;
    struct fgr_token *tail = lex_push(lx, FGR_TOK_TEXT_TAIL, (struct fn_span){at, at});
    tail->flags |= FGR_TOKEN_DOUBTFUL | FGR_TOKEN_MADE;
}
