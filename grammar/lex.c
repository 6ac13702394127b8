/* lex.c: what a match of the scanner does, outside texts: tokens, line breaks, brackets, comments, words.
 *
 * A line break becomes one NL token, unless a line goes on: inside ( and [, behind an operator, a comma or an opening brace.
 * A bracket that is never closed would swallow every line break to the end of the file, so a line that begins with the head of
 * a statement closes it (the parser then tells that the bracket is missing).
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "lexer.h"

struct fn_str lex_slice(const struct lexer *lx, struct fn_span span)
{
    return (struct fn_str){(const char *)lx->start + span.a, span.b - span.a};
}

static bool grow(struct lexer *lx)
{
    uint32_t cap = lx->cap_tokens * 2;
    struct fgr_token *bigger = fn_arena_array(lx->arena, cap, sizeof *bigger);
    if (bigger == NULL) {
        return false;
    }
    memcpy(bigger, lx->tokens, lx->n_tokens * sizeof *bigger);
    lx->tokens = bigger;
    lx->cap_tokens = cap;
    return true;
}

/* When memory is spent the last token is overwritten: the arena remembers the failure and scan_source reports it. */
struct fgr_token *lex_push(struct lexer *lx, uint16_t kind, struct fn_span span)
{
    if (lx->n_tokens == lx->cap_tokens && !grow(lx)) {
        lx->n_tokens--;
    }
    struct fgr_token *t = &lx->tokens[lx->n_tokens++];
    unsigned flags =
        (lx->breaks > 0 || lx->n_tokens == 1 ? FGR_TOKEN_FIRST : 0U) | (lx->breaks > 1 ? FGR_TOKEN_BLANK : 0U);
    *t = (struct fgr_token){.kind = (uint8_t)kind, .flags = (uint8_t)flags, .span = span};
    lx->breaks = 0;
    lx->held_break = false;
    return t;
}

static uint16_t last_kind(const struct lexer *lx)
{
    return lx->n_tokens > 0 ? lx->tokens[lx->n_tokens - 1].kind : (uint16_t)FGR_TOK_NL;
}

static bool goes_on_behind(uint16_t kind)
{
    return kind == FGR_TOK_NL || kind == FGR_TOK_LBRACE || kind == FGR_TOK_AND || kind == FGR_TOK_OR ||
           kind == FGR_TOK_NOT || fgr_token_class(kind) == FGR_CLASS_OPERATOR;
}

void lex_push_nl(struct lexer *lx, uint32_t at)
{
    uint32_t breaks = lx->breaks;
    lx->breaks = 0;
    lex_push(lx, FGR_TOK_NL, (struct fn_span){at, at});
    lx->breaks = breaks;
}

void lex_newline(struct lexer *lx)
{
    if (lx->n_texts > 0 && lex_mend_retreat(lx)) {
        return;
    }
    lx->retreats = 0;
    while (lx->n_texts > 0 && !lx->texts[lx->n_texts - 1].is_long) {
        lex_abandon_text(lx, lex_at(lx, lx->token));
    }
    char inside = lx->n_nest > 0 ? lx->nest[lx->n_nest - 1] : '{';
    lx->breaks++;
    lx->angles = 0;
    if (goes_on_behind(last_kind(lx))) {
        return;
    }
    if (inside == '{') {
        lex_push_nl(lx, lex_at(lx, lx->token));
    } else {
        lx->held_break = true;
    }
}

/* Words that can only begin a statement or a declaration. */
static bool heads_a_line(uint16_t kind)
{
    enum fgr_class class = fgr_token_class(kind);
    return (class == FGR_CLASS_RESERVED && kind != FGR_TOK_AND && kind != FGR_TOK_OR && kind != FGR_TOK_NOT &&
            kind != FGR_TOK_AS && kind != FGR_TOK_TRUE && kind != FGR_TOK_FALSE && kind != FGR_TOK_NONE &&
            kind != FGR_TOK_IN) ||
           kind == FGR_TOK_STAGE || kind == FGR_TOK_TEST || kind == FGR_TOK_RECORD || kind == FGR_TOK_ARROW;
}

static bool at_margin(const struct lexer *lx)
{
    return lx->token == lx->start || lx->token[-1] == '\n';
}

/* Begins a line that cannot be inside ( or [: a statement, a declaration at the margin, a step of a test inside [. */
static bool ends_brackets(const struct lexer *lx, uint16_t kind)
{
    bool step = kind == FGR_TOK_LT || kind == FGR_TOK_GT || kind == FGR_TOK_PLUS || kind == FGR_TOK_AT_SIGN;
    return heads_a_line(kind) || kind == FGR_TOK_RBRACE || (fgr_token_class(kind) == FGR_CLASS_DECL && at_margin(lx)) ||
           (step && lx->n_nest > 0 && lx->nest[lx->n_nest - 1] == '[');
}

/* A statement begins inside an open ( or [: forget the bracket, and let the line break be one. */
static void abandon_brackets(struct lexer *lx, uint16_t kind)
{
    if (!lx->held_break || !ends_brackets(lx, kind)) {
        return;
    }
    uint32_t n = lx->n_nest;
    while (n > 0 && (lx->nest[n - 1] == '(' || lx->nest[n - 1] == '[')) {
        n--;
    }
    if (n > 0 && lx->nest[n - 1] == '"') {
        return;
    }
    lx->n_nest = n;
    if (!goes_on_behind(last_kind(lx))) {
        lex_push_nl(lx, lx->tokens[lx->n_tokens - 1].span.b);
    }
}

static bool is_effect(uint16_t kind)
{
    return kind == FGR_TOK_HTTP || kind == FGR_TOK_EXTRACT || kind == FGR_TOK_CLASSIFY || kind == FGR_TOK_WRITE ||
           kind == FGR_TOK_FIND;
}

static uint32_t indent_at(const struct lexer *lx, uint32_t at)
{
    uint32_t n = 0;
    while (at > 0 && lx->start[at - 1] != '\n') {
        at--;
    }
    while (lx->start[at + n] == ' ' || lx->start[at + n] == '\t') {
        n++;
    }
    return n;
}

/* `let x =` and a line that goes no further in: its value is missing, and the line stands for itself. */
static bool begins_anew(const struct lexer *lx, uint16_t last)
{
    return last == FGR_TOK_ASSIGN &&
           indent_at(lx, lex_at(lx, lx->token)) <= indent_at(lx, lx->tokens[lx->n_tokens - 1].span.a);
}

/* An operator at the end of a line, and a statement on the next: the value is missing, not the line break. */
static void end_dangling(struct lexer *lx, uint16_t kind)
{
    uint16_t last = lx->n_tokens > 0 ? lx->tokens[lx->n_tokens - 1].kind : (uint16_t)FGR_TOK_NL;
    bool dangles =
        lx->breaks > 0 && last != FGR_TOK_NL && last != FGR_TOK_LBRACE && last != FGR_TOK_COMMA && goes_on_behind(last);
    bool inside = lx->n_nest > 0 && lx->nest[lx->n_nest - 1] != '{';
    if (dangles && !inside &&
        (kind == FGR_TOK_RBRACE || begins_anew(lx, last) || (heads_a_line(kind) && !is_effect(kind)))) {
        lex_push_nl(lx, lx->tokens[lx->n_tokens - 1].span.b);
    }
}

/* A declaration at the start of a line stands in no bracket, whatever was left open above. */
static void leave_all(struct lexer *lx, uint16_t kind)
{
    if (fgr_token_class(kind) == FGR_CLASS_DECL && lx->n_texts == 0 && at_margin(lx)) {
        lx->n_nest = 0;
        lx->n_too_deep = 0;
    }
}

static inline void begin_token(struct lexer *lx, uint16_t kind)
{
    if (lx->breaks == 0 && lx->n_tokens > 0) {
        return; /* not the first of its line */
    }
    abandon_brackets(lx, kind);
    end_dangling(lx, kind);
    leave_all(lx, kind);
}

void lex_simple(struct lexer *lx, uint16_t kind)
{
    begin_token(lx, kind);
    lex_push(lx, kind, lex_span(lx));
}

bool lex_nest_push(struct lexer *lx, char bracket, uint32_t at)
{
    if (lx->n_nest == FGR_NEST_MAX) {
        return false;
    }
    lx->nest_at[lx->n_nest] = at;
    lx->nest[lx->n_nest++] = bracket;
    return true;
}

/* Past the limit an opening bracket is told once and dropped together with what closes it. */
static uint16_t nth_last(const struct lexer *lx, uint32_t n)
{
    return lx->n_tokens >= n ? lx->tokens[lx->n_tokens - n].kind : (uint16_t)FGR_TOK_NL;
}

/* `text((60)`: nothing of a type begins with a parenthesis. Told here, once, and left out. */
static bool opens_twice(const struct lexer *lx, uint16_t kind)
{
    return kind == FGR_TOK_LPAREN && last_kind(lx) == FGR_TOK_LPAREN && nth_last(lx, 2) == FGR_TOK_T_TEXT;
}

void lex_open(struct lexer *lx, uint16_t kind, char bracket)
{
    if (opens_twice(lx, kind)) {
        struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_SURPLUS, lex_span(lx));
        fn_diag_arg(d, "found", lex_slice(lx, lex_span(lx)));
        fn_diag_fix(d, FN_FIX_REVIEW, lex_span(lx), FN_STR_NULL);
        return;
    }
    bool bounds_type = bracket == '(' && (last_kind(lx) == FGR_TOK_T_TEXT || last_kind(lx) == FGR_TOK_RANGLE);
    if (lx->n_too_deep > 0 || !lex_nest_push(lx, bracket, lex_at(lx, lx->token))) {
        if (lx->n_too_deep++ == 0 && !lx->told_nested) {
            lx->told_nested = true;
            struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_TOO_NESTED, lex_span(lx));
            fn_diag_arg(d, "max", fn_arena_printf(lx->arena, "%d", FGR_NEST_MAX));
        }
        return;
    }
    lx->angles = bounds_type ? lx->angles : 0; /* list<text(40)>, list<list<int>(3)> */
    lex_push(lx, kind, lex_span(lx));
}

/* Nothing between the braces of a text: told, and a name put there so that the parser does not tell it again. */
static void report_empty(struct lexer *lx, struct fn_span braces)
{
    fn_diag_arg(fgr_diag_add(lx->diags, FGR_D_INTERPOLATION_EMPTY, braces), "example", FN_STR("{contact.nome}"));
    struct fgr_token *made = lex_push(lx, FGR_TOK_NAME, (struct fn_span){braces.a + 1, braces.a + 1});
    made->flags = FGR_TOKEN_MADE | FGR_TOKEN_DOUBTFUL;
}

static void close_interpolation(struct lexer *lx)
{
    const struct lex_text *t = &lx->texts[lx->n_texts - 1];
    if (lx->tokens[lx->n_tokens - 1].span.b == t->brace + 1) {
        report_empty(lx, (struct fn_span){t->brace, lex_at(lx, lx->cursor)});
    }
    lx->part = lex_at(lx, lx->token);
    lexer_enter_text(lx, t->is_long);
}

/* Pops to the bracket this one closes; a bracket of another kind in between is the parser's to tell. */
void lex_close(struct lexer *lx, uint16_t kind, char bracket)
{
    if (lx->n_too_deep > 0) {
        lx->n_too_deep--;
        return;
    }
    uint32_t floor = lx->n_texts > 0 ? lx->texts[lx->n_texts - 1].nest : 0;
    uint32_t n = lx->n_nest;
    while (n > floor && lx->nest[n - 1] != bracket && lx->nest[n - 1] != '"') {
        n--;
    }
    bool found = n > floor && lx->nest[n - 1] == bracket;
    bool interpolation = n > floor && lx->nest[n - 1] == '"' && bracket == '{';
    if (bracket == '{' && found) {
        begin_token(lx, kind);
    }
    if (found || interpolation) {
        lx->n_nest = n - 1;
    }
    if (interpolation) {
        close_interpolation(lx);
        return;
    }
    lex_push(lx, kind, lex_span(lx));
}

/* `list<` and `map<` where a type stands, without a space between: the angle brackets of a type. */
void lex_less(struct lexer *lx)
{
    uint16_t before = nth_last(lx, 2);
    bool opens_type =
        lx->n_tokens > 0 && lx->tokens[lx->n_tokens - 1].span.b == lex_at(lx, lx->token) &&
        (last_kind(lx) == FGR_TOK_T_LIST || last_kind(lx) == FGR_TOK_T_MAP) &&
        (before == FGR_TOK_COLON || before == FGR_TOK_ARROW || before == FGR_TOK_AS || before == FGR_TOK_LANGLE ||
         before == FGR_TOK_PERSONAL || before == FGR_TOK_SECRET || (before == FGR_TOK_COMMA && lx->angles > 0));
    lx->angles += opens_type ? 1 : 0;
    begin_token(lx, FGR_TOK_LT);
    lex_push(lx, opens_type ? FGR_TOK_LANGLE : FGR_TOK_LT, lex_span(lx));
}

void lex_greater(struct lexer *lx)
{
    bool closes_type = lx->angles > 0;
    lx->angles -= closes_type ? 1 : 0;
    begin_token(lx, FGR_TOK_GT);
    lex_push(lx, closes_type ? FGR_TOK_RANGLE : FGR_TOK_GT, lex_span(lx));
}

void lex_greater_equal(struct lexer *lx)
{
    if (lx->angles > 0) { /* list<int>= is a type and then an equals sign */
        lx->cursor--;
        lex_greater(lx);
        return;
    }
    lex_push(lx, FGR_TOK_GE, lex_span(lx));
}

static const struct fgr_word *find_word(struct lexer *lx, struct fn_str text)
{
    if (fn_utf8_ascii(text) == text.n) {
        return word_table_find(lx->words, text);
    }
    struct fn_buf nfc;
    fn_buf_init(&nfc, FGR_NAME_MAX * 4);
    fn_utf8_nfc(&nfc, text);
    const struct fgr_word *w = nfc.failed ? NULL : word_table_find(lx->words, fn_buf_view(&nfc));
    fn_buf_fini(&nfc);
    return w;
}

/* Capital letters of the alphabets whose names are common; enough to tell `Ícone` from `ícone`. */
static bool begins_upper(struct fn_str s)
{
    if (s.n == 0 || (unsigned char)s.p[0] < 0x80) {
        return s.n > 0 && s.p[0] >= 'A' && s.p[0] <= 'Z';
    }
    size_t at = 0;
    int32_t c = fn_utf8_next(s, &at);
    return (c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F) ||
           (c >= 0x100 && c < 0x138 && c % 2 == 0);
}

/* `else` stands on the line of its `}`: the break between is told and forgotten. */
static void join_else(struct lexer *lx)
{
    if (nth_last(lx, 1) != FGR_TOK_NL || nth_last(lx, 2) != FGR_TOK_RBRACE) {
        return;
    }
    uint32_t from = lx->tokens[lx->n_tokens - 2].span.b;
    bool comment = lx->n_comments > 0 && lx->comments[lx->n_comments - 1].span.a > from;
    struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_ELSE_ON_ITS_OWN, lex_span(lx));
    fn_diag_arg(d, "word", lex_slice(lx, lex_span(lx)));
    if (!comment) {
        fn_diag_fix(d, FN_FIX_SAFE, (struct fn_span){from, lex_at(lx, lx->token)}, FN_STR(" "));
    }
    lx->n_tokens--;
}

static void check_name_length(struct lexer *lx, size_t n)
{
    if (n > FGR_NAME_MAX) {
        struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_NAME_TOO_LONG, lex_span(lx));
        fn_diag_arg(d, "size", fn_arena_printf(lx->arena, "%zu", n));
        fn_diag_arg(d, "max", fn_arena_printf(lx->arena, "%d", FGR_NAME_MAX));
    }
}

/* Behind a dot every word is a name: `p.value`, `lista.limit`. */
static const struct fgr_word *word_here(struct lexer *lx, struct fn_str text)
{
    uint16_t before = last_kind(lx);
    if (before == FGR_TOK_DOT) {
        return NULL;
    }
    const struct fgr_word *w = before >= FGR_TOK_KEYWORDS ? word_follower(text, lx->portuguese, before) : NULL;
    return w != NULL ? w : find_word(lx, text);
}

/* `} else {` in a Portuguese file and the like: no name can stand behind a brace, so it is the other spelling's word. */
static const struct fgr_word *other_else(struct lexer *lx, struct fn_str text)
{
    uint16_t last = nth_last(lx, 1) == FGR_TOK_NL ? nth_last(lx, 2) : nth_last(lx, 1);
    if (last != FGR_TOK_RBRACE) {
        return NULL;
    }
    const struct fgr_word *w = fgr_word_of(FGR_TOK_ELSE);
    bool other = lx->portuguese ? fn_str_eq(text, w->en) : fn_str_eq(text, w->pt) || fn_str_eq(text, FN_STR("senao"));
    if (!other) {
        return NULL;
    }
    struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_OTHER_SPELLING, lex_span(lx));
    fn_diag_arg(d, "word", text);
    fn_diag_arg(d, "near", word_text(w, lx->portuguese));
    fn_diag_fix(d, FN_FIX_SAFE, lex_span(lx), word_text(w, lx->portuguese));
    return w;
}

void lex_word(struct lexer *lx)
{
    struct fn_str text = lex_slice(lx, lex_span(lx));
    const struct fgr_word *w = word_here(lx, text);
    w = w != NULL ? w : other_else(lx, text);
    if (w == NULL) {
        check_name_length(lx, text.n);
        lex_simple(lx, begins_upper(text) ? FGR_TOK_TNAME : FGR_TOK_NAME);
        return;
    }
    if (w->token == FGR_TOK_ELSE) {
        join_else(lx);
    }
    lex_simple(lx, w->token);
}

static bool is_name(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool digit = c >= '0' && c <= '9';
        if (!(c >= 0x80 || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (digit && i > 0))) {
            return false;
        }
    }
    return s.n > 0;
}

void lex_backtick(struct lexer *lx)
{
    struct fn_span span = lex_span(lx);
    struct fn_str text = lex_slice(lx, (struct fn_span){span.a + 1, span.b - 1});
    if (!is_name(text)) {
        fgr_diag_add(lx->diags, FGR_D_BAD_BACKTICK, span);
        lex_push(lx, FGR_TOK_NAME, span)->flags |= FGR_TOKEN_BACKTICK | FGR_TOKEN_DOUBTFUL;
        return;
    }
    check_name_length(lx, text.n);
    struct fgr_token *t = lex_push(lx, begins_upper(text) ? FGR_TOK_TNAME : FGR_TOK_NAME, span);
    t->flags |= FGR_TOKEN_BACKTICK;
}

static void push_comment(struct lexer *lx)
{
    if (lx->n_comments == lx->cap_comments) {
        uint32_t cap = lx->cap_comments == 0 ? 32 : lx->cap_comments * 2;
        struct fgr_comment *bigger = fn_arena_array(lx->arena, cap, sizeof *bigger);
        if (bigger == NULL) {
            return;
        }
        if (lx->n_comments > 0) {
            memcpy(bigger, lx->comments, lx->n_comments * sizeof *bigger);
        }
        lx->comments = bigger;
        lx->cap_comments = cap;
    }
    struct fn_span span = lex_span(lx);
    if (span.b > span.a && lx->start[span.b - 1] == '\r') {
        span.b--;
    }
    bool own_line = lx->breaks > 0 || lx->n_tokens == 0;
    lx->comments[lx->n_comments++] =
        (struct fgr_comment){.span = span, .before = lx->n_tokens, .own_line = own_line, .blank = lx->breaks > 1};
    lx->breaks = 0;
}

void lex_comment(struct lexer *lx)
{
    const unsigned char *end = memchr(lx->cursor, '\n', (size_t)(lx->limit - lx->cursor));
    lx->cursor = end != NULL ? end : lx->limit;
    push_comment(lx);
}

void lex_foreign_comment(struct lexer *lx)
{
    if (lex_reopen_address(lx)) {
        return;
    }
    uint32_t at = lex_at(lx, lx->token);
    struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_FOREIGN_COMMENT, (struct fn_span){at, at + 2});
    fn_diag_arg(d, "text", FN_STR("//"));
    fn_diag_fix(d, FN_FIX_SAFE, (struct fn_span){at, at + 2}, FN_STR("#"));
    lex_comment(lx);
}

/* `&&`, `→` and the like: told, with the way to write it here, and read as what was meant. */
void lex_foreign(struct lexer *lx, uint16_t kind)
{
    struct fn_span span = lex_span(lx);
    struct fn_str near = fn_str_c(fgr_token_spelling(kind, lx->portuguese));
    struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_FOREIGN_OPERATOR, span);
    fn_diag_arg(d, "text", lex_slice(lx, span));
    fn_diag_arg(d, "near", near);
    bool word = fgr_word_of(kind) != NULL;
    fn_diag_fix(d, FN_FIX_SAFE, span, word ? fn_arena_printf(lx->arena, " %s ", near.p) : near);
    lex_simple(lx, kind);
}

void lex_drop(struct lexer *lx, enum fgr_diag d)
{
    fn_diag_fix(fgr_diag_add(lx->diags, d, lex_span(lx)), FN_FIX_SAFE, lex_span(lx), FN_STR_NULL);
}

void lex_conflict(struct lexer *lx)
{
    fgr_diag_add(lx->diags, FGR_D_CONFLICT_MARK, lex_span(lx));
}

/* `name:` follows: a field or an argument. */
static bool field_follows(const struct lexer *lx)
{
    const unsigned char *p = lx->cursor;
    while (p < lx->limit && *p == ' ') {
        p++;
    }
    const unsigned char *name = p;
    while (p < lx->limit && (*p >= 0x80 || *p == '_' || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9'))) {
        p++;
    }
    return p > name && p < lx->limit && *p == ':';
}

static bool ends_line(const struct lexer *lx)
{
    const unsigned char *p = lx->cursor;
    while (p < lx->limit && (*p == ' ' || *p == '\t' || *p == '\r')) {
        p++;
    }
    return p == lx->limit || *p == '\n' || *p == '}' || *p == '#';
}

/* At the end of a line it is too much; between brackets or fields it is a comma; elsewhere two statements share a line. */
/* `RS 62,00`: an amount behind another sign is the amount, told once. */
void lex_other_money(struct lexer *lx)
{
    struct fn_span sign = lex_span(lx);
    struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_BAD_MONEY, sign);
    fn_diag_arg(d, "text", lex_slice(lx, sign));
    lex_push(lx, FGR_TOK_MONEY, sign)->flags |= FGR_TOKEN_DOUBTFUL;
    for (sign.b = sign.a; lx->start[sign.b] < '0' || lx->start[sign.b] > '9'; sign.b++) {
    }
    fn_diag_fix(d, FN_FIX_SAFE, sign, FN_STR("R$ "));
}

void lex_semicolon(struct lexer *lx)
{
    bool list = lx->n_nest > 0 && lx->nest[lx->n_nest - 1] != '{';
    if (!ends_line(lx) && (list || field_follows(lx))) {
        lex_foreign(lx, FGR_TOK_COMMA);
        return;
    }
    struct fn_diag *d = fgr_diag_add(lx->diags, FGR_D_SEMICOLON, lex_span(lx));
    bool last = ends_line(lx);
    fn_diag_fix(d, last ? FN_FIX_SAFE : FN_FIX_REVIEW, lex_span(lx), last ? FN_STR_NULL : FN_STR("\n"));
}

static void report_character(struct lexer *lx, enum fgr_diag code)
{
    struct fn_span span = lex_span(lx);
    struct fn_diag *d = fgr_diag_add(lx->diags, code, span);
    size_t at = 0;
    struct fn_str text = lex_slice(lx, span);
    int32_t cp = fn_utf8_next(text, &at);
    fn_diag_arg(d, "char", code == FGR_D_HIDDEN_CHARACTER ? fn_arena_printf(lx->arena, "U+%04X", (unsigned)cp) : text);
}

void lex_unknown(struct lexer *lx)
{
    report_character(lx, FGR_D_UNKNOWN_CHARACTER);
}

void lex_hidden(struct lexer *lx)
{
    report_character(lx, FGR_D_HIDDEN_CHARACTER);
}

void lex_report(struct lexer *lx, enum fgr_diag d, uint16_t kind)
{
    fn_diag_arg(fgr_diag_add(lx->diags, d, lex_span(lx)), "text", lex_slice(lx, lex_span(lx)));
    struct fgr_token *t = lex_push(lx, kind, lex_span(lx));
    t->flags |= FGR_TOKEN_DOUBTFUL;
}
