/* lex_reopen.c: a text whose opening quote was forgotten: `say Oi!"`.
 *
 * Its words were read as code by then, and its closing quote as one that opens, with nothing behind it; or an address as the beginning of a
 * comment. So the line is looked through for the
 * first place where a text must stand and none does, what was read from there is undone, and the source is read again with a text open. What
 * must never happen: reading the same line again and again (`retreats` bounds it), or undoing what an earlier line said.
 * SPDX-License-Identifier: Apache-2.0 */
#include "lexer.h"

struct line {
    const struct lexer *lx;
    uint32_t from, at, to; /* tokens */
};

static uint16_t kind_at(const struct line *l, uint32_t i)
{
    return i < l->to ? l->lx->tokens[i].kind : (uint16_t)FGR_TOK_NL;
}

static bool is_text(uint16_t kind)
{
    return kind == FGR_TOK_TEXT || kind == FGR_TOK_TEXT_HEAD;
}

/* Begins something that cannot be the middle of code: what a sentence is made of. */
static bool is_wordy(uint16_t kind)
{
    return kind == FGR_TOK_NAME || kind == FGR_TOK_TNAME || kind == FGR_TOK_INT || kind == FGR_TOK_NUMBER ||
           kind == FGR_TOK_MONEY || kind == FGR_TOK_DURATION ||
           (kind > FGR_TOK_KEYWORDS && kind != FGR_TOK_TEMPLATE && kind != FGR_TOK_NOTE && kind != FGR_TOK_FROM &&
            kind != FGR_TOK_ELSE && kind != FGR_TOK_AS);
}

/* A hole with more behind it: `{nome}, tudo bem?`. A brace that opens a block ends its line. */
static bool is_hole(const struct line *l, uint32_t i)
{
    bool hole = kind_at(l, i) == FGR_TOK_LBRACE;
    while (hole && i < l->to && kind_at(l, i) != FGR_TOK_RBRACE) {
        i++;
    }
    return hole && i + 1 < l->to;
}

/* `http` begins an effect, or an address. */
static bool begins_text(const struct line *l, uint32_t i)
{
    uint16_t kind = kind_at(l, i);
    return (is_wordy(kind) && (kind != FGR_TOK_HTTP || kind_at(l, i + 1) == FGR_TOK_COLON)) || is_hole(l, i);
}

/* Words behind which a text stands, or a value that is one. */
static bool takes_text(uint16_t kind)
{
    switch (kind) {
    case FGR_TOK_SAY:
    case FGR_TOK_MODEL:
    case FGR_TOK_INSTRUCTIONS:
    case FGR_TOK_TIMEZONE:
    case FGR_TOK_LOCALE:
    case FGR_TOK_REACT:
    case FGR_TOK_NOTE:
    case FGR_TOK_ELSE:
    case FGR_TOK_NOTIFY:
    case FGR_TOK_HANDOFF:
    case FGR_TOK_TEST:
    case FGR_TOK_INVALID:
    case FGR_TOK_ASSIGN:
    case FGR_TOK_RETURN:
    case FGR_TOK_M_GET:
    case FGR_TOK_M_POST:
    case FGR_TOK_M_PUT:
    case FGR_TOK_M_PATCH:
    case FGR_TOK_M_DELETE: return true;
    default: return false;
    }
}

/* Behind the type that follows a colon: `text(60)?`, `Cor`. */
static uint32_t behind_type(const struct line *l, uint32_t i)
{
    i++;
    if (kind_at(l, i) == FGR_TOK_LPAREN && kind_at(l, i + 2) == FGR_TOK_RPAREN) {
        i += 3;
    }
    return i + (kind_at(l, i) == FGR_TOK_QUESTION ? 1U : 0U);
}

/* `ask x: T`, `choose x: T`, `choose x`, `funnel x`, `sim` (an option, a member): where the text of what has this name begins. */
static uint32_t behind_name(const struct line *l, uint32_t i)
{
    uint32_t next = i + 1;
    return kind_at(l, next) == FGR_TOK_COLON ? behind_type(l, next + 1) : next;
}

static uint32_t behind_text(const struct line *l, uint32_t i)
{
    uint32_t depth = 0;
    do {
        depth += kind_at(l, i) == FGR_TOK_TEXT_HEAD ? 1 : 0;
        depth -= kind_at(l, i) == FGR_TOK_TEXT_TAIL && depth > 0 ? 1 : 0;
        i++;
    } while (depth > 0 && i < l->to);
    return i;
}

/* The token where a text must stand behind what is at `l->at`, or l->to; moves on to what to look at next. */
static uint32_t place_behind(struct line *l)
{
    uint32_t i = l->at++, next = i + 1;
    uint16_t kind = kind_at(l, i), before = i > l->from ? kind_at(l, i - 1) : (uint16_t)FGR_TOK_LBRACE;
    bool begins = before == FGR_TOK_LBRACE || before == FGR_TOK_COMMA;
    if (is_text(kind)) {
        l->at = behind_text(l, i);
        bool more = i > l->from && (before == FGR_TOK_NOTIFY || before == FGR_TOK_HANDOFF);
        return more ? l->at : l->to;
    }
    if (takes_text(kind) || (i == l->from && (kind == FGR_TOK_GT || kind == FGR_TOK_LT))) {
        return next;
    }
    if (kind == FGR_TOK_ASK || kind == FGR_TOK_CHOOSE || kind == FGR_TOK_FUNNEL) {
        return kind_at(l, next) == FGR_TOK_NAME ? behind_name(l, next) : next;
    }
    return begins && kind == FGR_TOK_NAME ? next : l->to;
}

/* The first token that should be in a text, or l->to. */
static uint32_t first_of_text(struct line *l)
{
    while (l->at < l->to) {
        uint32_t i = place_behind(l);
        if (i < l->to && i >= l->at && begins_text(l, i)) {
            return i;
        }
    }
    return l->to;
}

static uint32_t line_start(const struct lexer *lx, uint32_t at)
{
    while (at > 0 && lx->start[at - 1] != '\n') {
        at--;
    }
    return at;
}

/* The first quote behind `at` that stands in no hole; there is one at `quote`. */
static uint32_t first_quote(const struct lexer *lx, uint32_t at, uint32_t quote)
{
    int holes = 0;
    for (; at < quote && (lx->start[at] != '"' || holes > 0); at++) {
        holes += lx->start[at] == '{' ? 1 : lx->start[at] == '}' ? -1 : 0;
    }
    return at;
}

static void undo(struct lexer *lx, uint32_t n_tokens, uint32_t at)
{
    lx->n_tokens = n_tokens;
    while (lx->n_comments > 0 && lx->comments[lx->n_comments - 1].span.a >= at) {
        lx->n_comments--;
    }
    while (lx->n_nest > 0 && lx->nest_at[lx->n_nest - 1] >= at) {
        lx->n_nest--;
    }
    uint32_t told = (uint32_t)lx->diags->n;
    while (told > 0 && lx->diags->items[told - 1]->span.a >= at) {
        told--;
    }
    lex_forget_told(lx->diags, told);
    lx->n_too_deep = 0;
    lx->angles = 0;
    lx->breaks = 0;
    lx->held_break = false;
}

/* `"a”, b "c"`: a text of this line that the other kind of quote closed, and the next quote once more. It is read again as far as that. */
static bool end_other(struct lexer *lx, const struct line *l)
{
    for (uint32_t i = l->from; i < l->to; i++) {
        struct fn_span span = lx->tokens[i].span;
        uint32_t other = lx->tokens[i].kind == FGR_TOK_TEXT ? lex_other_quote(lx, span) : 0;
        if (other != 0) {
            undo(lx, i, span.a);
            lx->n_texts = 0;
            fn_diag_fix(lex_unclosed(lx, (struct fn_span){span.a, span.a + 1}, false, false), FN_FIX_REVIEW,
                        (struct fn_span){other - 3, other}, FN_STR("\""));
            lex_push(lx, FGR_TOK_TEXT, (struct fn_span){span.a, other})->flags |= FGR_TOKEN_DOUBTFUL;
            lx->cursor = lx->start + other;
            lexer_enter_code(lx);
            return true;
        }
    }
    return false;
}

bool lex_reopen(struct lexer *lx, uint32_t quote)
{
    uint32_t start = line_start(lx, quote);
    struct line l = {lx, lx->n_tokens, 0, lx->n_tokens};
    while (l.from > 0 && lx->tokens[l.from - 1].span.a >= start && lx->tokens[l.from - 1].kind != FGR_TOK_NL) {
        l.from--;
    }
    if (lx->retreats >= LEX_RETREATS_MAX) {
        return false;
    }
    if (end_other(lx, &l)) {
        lx->retreats++;
        return true;
    }
    l.at = l.from;
    uint32_t token = first_of_text(&l);
    uint32_t at = token < l.to ? lx->tokens[token].span.a : 0;
    if (at == 0 || lx->start[at - 1] != ' ') {
        return false;
    }
    lx->retreats++;
    undo(lx, token, at);
    struct fn_diag *d =
        fgr_diag_add(lx->diags, FGR_D_TEXT_NOT_OPENED, (struct fn_span){at, first_quote(lx, at, quote) + 1});
    fn_diag_fix(d, FN_FIX_REVIEW, (struct fn_span){at, at}, FN_STR("\""));
    /* The blank before it stands for the quote. */
    lx->texts[0] = (struct lex_text){.open = at - 1, .first = lx->n_tokens, .nest = lx->n_nest};
    lx->n_texts = 1;
    lx->part = at - 1;
    lx->cursor = lx->start + at;
    lexer_enter_text(lx, false);
    return true;
}

bool lex_reopen_address(struct lexer *lx)
{
    uint32_t n = lx->n_tokens, at = lex_at(lx, lx->token);
    const struct fgr_token *colon = n >= 2 ? &lx->tokens[n - 1] : NULL;
    if (colon == NULL || lx->n_texts > 0 || colon->kind != FGR_TOK_COLON || colon->span.b != at ||
        colon[-1].span.b != colon->span.a) {
        return false;
    }
    struct fn_str scheme = lex_slice(lx, colon[-1].span);
    const unsigned char *end = memchr(lx->token, '\n', (size_t)(lx->limit - lx->token));
    const unsigned char *quote = memchr(lx->token, '"', (size_t)((end != NULL ? end : lx->limit) - lx->token));
    bool address = fn_str_eq(scheme, FN_STR("http")) || fn_str_eq(scheme, FN_STR("https"));
    return address && quote != NULL && lex_reopen(lx, lex_at(lx, quote));
}
