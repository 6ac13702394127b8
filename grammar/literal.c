/* literal.c: what a token says: names, numbers, money, durations, times and texts, decoded once, when its node is built.
 * SPDX-License-Identifier: Apache-2.0 */
#include "build.h"
#include "fn_utf8.h"

#include <stdlib.h>

static const struct fgr_token *token_at(const struct build *b, uint32_t token)
{
    return &b->tree->tokens[token];
}

struct fn_str literal_slice(const struct build *b, uint32_t token)
{
    struct fn_span s = token_at(b, token)->span;
    return (struct fn_str){b->tree->source.text.p + s.a, s.b - s.a};
}

static void report(struct build *b, uint32_t token, enum fgr_diag code)
{
    fn_diag_arg(fgr_diag_add(b->diags, code, token_at(b, token)->span), "text", literal_slice(b, token));
}

static struct fn_str normal(struct build *b, struct fn_str s)
{
    if (fn_utf8_ascii(s) == s.n) {
        return s;
    }
    struct fn_buf nfc;
    fn_buf_init(&nfc, s.n * 4);
    fn_utf8_nfc(&nfc, s);
    struct fn_str copy = fn_arena_dup(b->arena, nfc.failed ? s : fn_buf_view(&nfc));
    fn_buf_fini(&nfc);
    return copy;
}

/* `contact`, `stage` and `ended` are names the language gives; in either spelling they are one name. */
struct fn_str literal_name(struct build *b, uint32_t token)
{
    const struct fgr_token *t = token_at(b, token);
    struct fn_str s = literal_slice(b, token);
    if (t->flags & FGR_TOKEN_BACKTICK) {
        return s.n >= 2 ? normal(b, (struct fn_str){s.p + 1, s.n - 2}) : s;
    }
    if (t->kind == FGR_TOK_CONTACT || t->kind == FGR_TOK_STAGE || t->kind == FGR_TOK_ENDED) {
        return fgr_word_of(t->kind)->en;
    }
    return normal(b, s);
}

/* Digits at the start; false on overflow. */
static bool read_digits(struct fn_str s, size_t *at, int64_t *out)
{
    int64_t v = 0;
    bool good = true;
    while (*at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9') {
        good = good && !__builtin_mul_overflow(v, 10, &v) && !__builtin_add_overflow(v, s.p[*at] - '0', &v);
        ++*at;
    }
    *out = good ? v : INT64_MAX;
    return good;
}

int64_t literal_int(struct build *b, uint32_t token)
{
    size_t at = 0;
    int64_t v = 0;
    if (!read_digits(literal_slice(b, token), &at, &v)) {
        report(b, token, FGR_D_NUMBER_TOO_BIG);
    }
    return v;
}

/* The token is digits "." digits, so the locale's decimal point cannot matter but for setlocale, which nobody calls. */
double literal_number(struct build *b, uint32_t token)
{
    struct fn_str s = literal_slice(b, token);
    char text[64];
    if (s.n >= sizeof text) {
        report(b, token, FGR_D_NUMBER_TOO_BIG);
        return 0;
    }
    if (s.n > 0) {
        memcpy(text, s.p, s.n);
    }
    text[s.n] = '\0';
    return strtod(text, NULL);
}

static struct fn_str amount_of(struct fn_str s)
{
    size_t at = 0;
    while (at < s.n && (s.p[at] < '0' || s.p[at] > '9')) {
        at++;
    }
    return (struct fn_str){s.p + at, s.n - at};
}

/* 1.234,56 or 1234,56: groups of three behind the first dot, two decimals. */
static bool well_formed(struct fn_str s)
{
    size_t group = 0;
    bool dotted = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == ',') {
            return s.n - i == 3 && group > 0 && (!dotted || group == 3) && s.p[i + 1] != ',' && s.p[i + 2] != ',';
        }
        if (c == '.') {
            if (group == 0 || group > 3 || (dotted && group != 3)) {
                return false;
            }
            dotted = true;
            group = 0;
        } else {
            group++;
        }
    }
    return false;
}

static bool only_digits(struct fn_str s)
{
    size_t at = 0;
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9') {
        at++;
    }
    return at == s.n && s.n > 0;
}

static void report_money(struct build *b, uint32_t token, struct fn_str amount)
{
    struct fn_span span = token_at(b, token)->span;
    struct fn_diag *d = fgr_diag_add(b->diags, FGR_D_BAD_MONEY, span);
    fn_diag_arg(d, "text", literal_slice(b, token));
    if (only_digits(amount)) {
        fn_diag_fix(d, FN_FIX_SAFE, (struct fn_span){span.b, span.b}, FN_STR(",00"));
    } else if (amount.n > 3 && amount.p[amount.n - 3] == '.' && memchr(amount.p, ',', amount.n) == NULL) {
        fn_diag_fix(d, FN_FIX_REVIEW, (struct fn_span){span.b - 3, span.b - 2}, FN_STR(","));
    }
}

int64_t literal_money(struct build *b, uint32_t token)
{
    struct fn_str amount = amount_of(literal_slice(b, token));
    if (!well_formed(amount)) {
        if (amount.n > 0) { /* a bare `R$` was told by the lexer */
            report_money(b, token, amount);
        }
        return 0;
    }
    int64_t v = 0;
    for (size_t i = 0; i < amount.n; i++) {
        bool digit = amount.p[i] >= '0' && amount.p[i] <= '9';
        if (digit && (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, amount.p[i] - '0', &v))) {
            report(b, token, FGR_D_NUMBER_TOO_BIG);
            return INT64_MAX;
        }
    }
    return v;
}

static int64_t unit_ms(struct fn_str s, size_t *at)
{
    char c = *at < s.n ? s.p[*at] : 's';
    *at += c == 'm' ? 3 : 1;
    return c == 'd' ? 86400000 : c == 'h' ? 3600000 : c == 'm' ? 60000 : 1000;
}

int64_t literal_duration(struct build *b, uint32_t token)
{
    static const int64_t most = INT64_C(3650) * 86400000;
    struct fn_str s = literal_slice(b, token);
    int64_t sum = 0;
    for (size_t at = 0; at < s.n;) {
        int64_t v = 0, part = 0;
        bool good = read_digits(s, &at, &v);
        good = good && !__builtin_mul_overflow(v, unit_ms(s, &at), &part) && !__builtin_add_overflow(sum, part, &sum);
        if (!good || sum > most) {
            report(b, token, FGR_D_DURATION_TOO_BIG);
            return most;
        }
        at += at < s.n && s.p[at] == ' ' ? 1 : 0;
    }
    return sum;
}

int32_t literal_clock(struct build *b, uint32_t token)
{
    struct fn_str s = literal_slice(b, token);
    size_t at = 0;
    int64_t hours = 0, minutes = 0;
    read_digits(s, &at, &hours);
    at++;
    read_digits(s, &at, &minutes);
    if (hours > 24 || minutes > 59 || (hours == 24 && minutes > 0)) {
        report(b, token, FGR_D_BAD_CLOCK);
        return 0;
    }
    return (int32_t)(hours * 60 + minutes);
}

/* -- texts -------------------------------------------------------------------------------------------------------------- */

static size_t quote_width(struct fn_str s, bool at_end)
{
    static const char curly[][4] = {"“", "”", "„", "‟", "″", "‘", "’"};
    char c = s.n == 0 ? 0 : at_end ? s.p[s.n - 1] : s.p[0];
    const char *three = s.n < 3 ? "" : at_end ? s.p + s.n - 3 : s.p;
    if (c == '"' || c == '\'') {
        return *three != '\0' && memcmp(three, "\"\"\"", 3) == 0 ? 3 : 1;
    }
    for (size_t i = 0; *three != '\0' && i < FN_COUNT(curly); i++) {
        if (memcmp(three, curly[i], 3) == 0) {
            return 3;
        }
    }
    return 0;
}

/* `""` begins and ends with one quote, not with three of something. */
static struct fn_str without_ends(struct fn_str s, uint16_t kind)
{
    bool head = kind == FGR_TOK_TEXT || kind == FGR_TOK_TEXT_HEAD;
    bool tail = kind == FGR_TOK_TEXT || kind == FGR_TOK_TEXT_TAIL;
    bool is_long = fn_str_starts(s, FN_STR("\"\"\""));
    size_t open = head ? quote_width(s, false) : s.n > 0 ? 1 : 0;
    s.p += open;
    s.n -= open;
    size_t close = tail ? quote_width(s, true) : s.n > 0 ? 1 : 0;
    if (head && tail && close == 3 && !is_long && s.p[s.n - 1] == '"') {
        close = 1; /* "a""" cannot be: the text ended at its first quote */
    }
    s.n -= close <= s.n ? close : s.n;
    return s;
}

/* A text in three quotes drops the line break behind its opening quotes. */
static void drop_first_break(struct fn_str *s)
{
    size_t at = 0;
    while (at < s->n && (s->p[at] == ' ' || s->p[at] == '\t' || s->p[at] == '\r')) {
        at++;
    }
    if (at < s->n && s->p[at] == '\n') {
        s->p += at + 1;
        s->n -= at + 1;
    }
}

/* Closing quotes that stand alone on their line close the text at the end of the line before: nobody means a message to end in an empty line. */
static void drop_last_break(struct fn_str *s)
{
    size_t n = s->n;
    while (n > 0 && (s->p[n - 1] == ' ' || s->p[n - 1] == '\t')) {
        n--;
    }
    if (n > 0 && s->p[n - 1] == '\n') {
        s->n = n - 1 - (n > 1 && s->p[n - 2] == '\r');
    }
}

static size_t margin_at(struct fn_str s, size_t at, uint32_t margin)
{
    size_t n = 0;
    while (n < margin && at + n < s.n && (s.p[at + n] == ' ' || s.p[at + n] == '\t')) {
        n++;
    }
    return n;
}

/* One escape; anything unknown was told by the lexer and stays as written. */
static size_t unescape(struct fn_buf *out, struct fn_str s, size_t at)
{
    char c = at + 1 < s.n ? s.p[at + 1] : '\0';
    if (c == 'n' || c == 't') {
        fn_buf_char(out, c == 'n' ? '\n' : '\t');
        return 2;
    }
    if (c == '"' || c == '\\' || c == '{' || c == '}') {
        fn_buf_char(out, c);
        return 2;
    }
    if ((unsigned char)c >= 0x80) { /* an escaped curly quote: the quote follows as text */
        return 1;
    }
    fn_buf_char(out, '\\');
    return 1;
}

static void decode(struct fn_buf *out, struct fn_str s, bool raw, uint32_t margin, bool line_start)
{
    for (size_t at = line_start ? margin_at(s, 0, margin) : 0; at < s.n;) {
        char c = s.p[at];
        if (c == '\\' && !raw) {
            at += unescape(out, s, at);
        } else if (c == '\r' && at + 1 < s.n && s.p[at + 1] == '\n') {
            at++;
        } else {
            fn_buf_char(out, c);
            at++;
            at += c == '\n' ? margin_at(s, at, margin) : 0;
        }
    }
}

struct fn_str literal_text(struct build *b, uint32_t token)
{
    const struct fgr_token *t = token_at(b, token);
    struct fn_str whole = literal_slice(b, token);
    struct fn_str s = without_ends(whole, t->kind);
    bool line_start = false;
    if (fn_str_starts(whole, FN_STR("\"\"\""))) {
        size_t n = s.n;
        drop_first_break(&s);
        line_start = s.n < n;
    }
    bool closes = t->kind == FGR_TOK_TEXT || t->kind == FGR_TOK_TEXT_TAIL;
    if (closes && whole.n > 3 && fn_str_eq((struct fn_str){whole.p + whole.n - 3, 3}, FN_STR("\"\"\""))) {
        drop_last_break(&s);
    }
    if (s.n == 0 || (t->value == 0 && memchr(s.p, '\\', s.n) == NULL && memchr(s.p, '\r', s.n) == NULL)) {
        return s;
    }
    struct fn_buf out;
    fn_buf_init(&out, s.n);
    decode(&out, s, (t->flags & FGR_TOKEN_RAW) != 0, t->value, line_start);
    struct fn_str copy = fn_arena_dup(b->arena, fn_buf_view(&out));
    fn_buf_fini(&out);
    return copy;
}
