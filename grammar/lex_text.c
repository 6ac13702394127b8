/* lex_text.c: what a match of the scanner does inside texts.
 *
 * A text without interpolation is one TEXT token; `"a {x} b {y}"` is TEXT_HEAD, the tokens of x, TEXT_MID, those of y, TEXT_TAIL.
 * The tokens hold places only; build.c decodes them. A text ends with its own kind of quote: straight with straight, curly with a
 * closing curly one. Nothing escapes its line but a text in three quotes; where one ends that was not closed is for lex_mend.c.
 * SPDX-License-Identifier: Apache-2.0 */
#include "lexer.h"

static bool is_curly(const struct lexer *lx)
{
    return *lx->token != '"';
}

/* The body of a test's `http … => 201 "…"` is JSON of others: taken as it is, braces and backslashes too. */
static bool body_follows(const struct lexer *lx)
{
    return lx->n_tokens >= 2 && lx->tokens[lx->n_tokens - 1].kind == FGR_TOK_INT &&
           lx->tokens[lx->n_tokens - 2].kind == FGR_TOK_FAT_ARROW;
}

static void set_margin(struct lexer *lx, uint32_t first, uint16_t margin);

/* Columns of white space before the closing quotes, when they stand on a line of their own; of one that is no longer than a line may be. */
static uint16_t margin_before(const struct lexer *lx, uint32_t at)
{
    uint16_t n = 0;
    while (at > n && n < UINT16_MAX && (lx->start[at - n - 1] == ' ' || lx->start[at - n - 1] == '\t')) {
        n++;
    }
    return at > n && lx->start[at - n - 1] == '\n' ? n : 0;
}

static void raw_text(struct lexer *lx, bool is_long)
{
    uint32_t open = lex_at(lx, lx->token);
    const unsigned char *p = lx->cursor;
    size_t width = is_long ? 3 : 1;
    while (p < lx->limit && !(*p == '"' && (!is_long || (lx->limit - p >= 3 && p[1] == '"' && p[2] == '"'))) &&
           (is_long || *p != '\n')) {
        p++;
    }
    bool closed = p < lx->limit && *p == '"';
    uint16_t margin = is_long && closed ? margin_before(lx, lex_at(lx, p)) : 0;
    lx->cursor = closed ? p + width : p;
    struct fgr_token *t = lex_push(lx, FGR_TOK_TEXT, (struct fn_span){open, lex_at(lx, lx->cursor)});
    t->flags |= FGR_TOKEN_RAW;
    t->value = margin;
    if (!closed) {
        lex_unclosed(lx, (struct fn_span){open, open + (uint32_t)width}, is_long, false);
    }
}

void lex_quote(struct lexer *lx, bool is_long)
{
    if (body_follows(lx) && !is_curly(lx)) {
        raw_text(lx, is_long);
        return;
    }
    if (is_long && lx->n_texts > 0 && lx->texts[lx->n_texts - 1].is_long) {
        /* its own closing quotes, met inside an unclosed brace */
        lex_abandon_text(lx, lex_at(lx, lx->token));
        return;
    }
    if (lx->n_texts == LEX_TEXTS_MAX) {
        fgr_diag_add(lx->diags, FGR_D_TEXT_TOO_NESTED, lex_span(lx));
        return;
    }
    uint32_t open = lex_at(lx, lx->token);
    lx->texts[lx->n_texts++] = (struct lex_text){
        .open = open, .first = lx->n_tokens, .nest = lx->n_nest, .is_long = is_long, .curly = is_curly(lx)};
    lx->part = open;
    lexer_enter_text(lx, is_long);
}

void lex_single_quotes(struct lexer *lx)
{
    struct fn_span span = lex_span(lx);
    struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_SINGLE_QUOTES, span);
    uint32_t wide = lx->start[span.a] == '\'' ? 1 : 3;
    uint32_t last = lx->start[span.b - 1] == '\'' ? 1 : 3;
    struct fn_str inner = lex_slice(lx, (struct fn_span){span.a + wide, span.b - last});
    fn_diag_fix(d, FN_FIX_SAFE, span, fn_arena_printf(lx->arena, "\"%.*s\"", FN_STR_ARG(inner)));
    lex_push(lx, FGR_TOK_TEXT, span);
}

/* Ends the innermost text: its last token reaches to `end`. */
void lex_text_finish(struct lexer *lx, uint32_t end)
{
    struct lex_text *t = &lx->texts[--lx->n_texts];
    bool whole = lx->part == t->open;
    uint16_t margin = t->is_long && end >= 3 ? margin_before(lx, end - 3) : 0;
    lex_push(lx, whole ? FGR_TOK_TEXT : FGR_TOK_TEXT_TAIL, (struct fn_span){lx->part, end});
    if (margin > 0) {
        set_margin(lx, t->first, margin);
    }
    lexer_enter_code(lx);
}

/* Tells each part of one text how much indentation to drop; texts inside its interpolations keep their own. */
static void set_margin(struct lexer *lx, uint32_t first, uint16_t margin)
{
    uint32_t depth = 0;
    for (uint32_t i = first; i < lx->n_tokens; i++) {
        struct fgr_token *t = &lx->tokens[i];
        depth += t->kind == FGR_TOK_TEXT_HEAD ? 1 : 0;
        bool part = t->kind == FGR_TOK_TEXT_HEAD || t->kind == FGR_TOK_TEXT_MID || t->kind == FGR_TOK_TEXT_TAIL;
        if ((part && depth == 1) || (t->kind == FGR_TOK_TEXT && depth == 0)) {
            t->value = margin;
        }
        depth -= t->kind == FGR_TOK_TEXT_TAIL && depth > 0 ? 1 : 0;
    }
}

/* Most bytes of a funnel are in its texts: runs of them are skipped by a table. The NUL behind the source stops too, and so does the
 * first byte of curly quotes, which the patterns look at. */
const unsigned char *lex_text_plain(const unsigned char *at, uint8_t stop)
{
    static const uint8_t stops[256] = {
        [0] = LEX_STOPS_TEXT | LEX_STOPS_LONG,   ['\n'] = LEX_STOPS_TEXT,
        ['"'] = LEX_STOPS_TEXT | LEX_STOPS_LONG, ['\\'] = LEX_STOPS_TEXT | LEX_STOPS_LONG,
        ['{'] = LEX_STOPS_TEXT | LEX_STOPS_LONG, [0xE2] = LEX_STOPS_TEXT,
    };
    while (!(stops[*at] & stop)) {
        at++;
    }
    return at;
}

void lex_text_quote(struct lexer *lx, bool is_long)
{
    struct lex_text *t = &lx->texts[lx->n_texts - 1];
    if (t->literal && lex_mend_inner(lx, t)) {
        return;
    }
    bool opening =
        lx->cursor - lx->token == 3 && (lx->token[2] == 0x9C || lx->token[2] == 0x9E || lx->token[2] == 0x9F);
    bool closes = is_long || (t->curly ? is_curly(lx) && !opening : !is_curly(lx));
    if (closes) {
        lex_text_finish(lx, lex_at(lx, lx->cursor));
    }
}

void lex_text_brace(struct lexer *lx)
{
    uint32_t at = lex_at(lx, lx->token);
    struct lex_text *t = &lx->texts[lx->n_texts - 1];
    if (t->literal || (!t->is_long && lex_mend_block(lx))) {
        return;
    }
    if (!lex_nest_push(lx, '"', at)) {
        struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_TOO_NESTED, lex_span(lx));
        fn_diag_arg(d, "max", fn_arena_printf(lx->arena, "%d", FGR_NEST_MAX));
        return; /* the brace is text then */
    }
    t->brace = at;
    t->brace_token = lx->n_tokens;
    t->n_told = (uint32_t)lx->diags->n;
    t->n_comments = lx->n_comments;
    lex_push(lx, lx->part == t->open ? FGR_TOK_TEXT_HEAD : FGR_TOK_TEXT_MID, (struct fn_span){lx->part, at + 1});
    lexer_enter_code(lx);
}

void lex_bad_escape(struct lexer *lx)
{
    const unsigned char *p = lx->cursor;
    if (p < lx->limit && *p != '\n') {
        do {
            p++;
        } while (p < lx->limit && (*p & 0xC0) == 0x80);
    }
    struct fn_span span = {lex_at(lx, lx->token), lex_at(lx, p)};
    struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_BAD_ESCAPE, span);
    fn_diag_arg(d, "escape", lex_slice(lx, span));
    fn_diag_fix(d, FN_FIX_REVIEW, (struct fn_span){span.a, span.a}, FN_STR("\\"));
    lx->cursor = p;
}
