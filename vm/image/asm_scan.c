/* asm_scan.c: lines to tokens, tokens to numbers and strings.
 * SPDX-License-Identifier: Apache-2.0 */
#include "asm.h"

#include <errno.h>
#include <stdlib.h>

bool asm_fail(struct asm_state *s, const char *why)
{
    if (!s->failed) {
        fn_fail(s->err, FN_INVALID, "line %u: %s", s->line, why);
    }
    s->failed = true;
    return false;
}

bool asm_is(struct fn_str word, const char *z)
{
    return fn_str_eq(word, fn_str_c(z));
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* The character behind a backslash at p[0]; *used counts what was read. -1: none such. */
static int unescape(const char *p, size_t left, size_t *used)
{
    *used = 1;
    if (left == 0) {
        return -1;
    }
    switch (p[0]) {
    case 'n': return '\n';
    case '"':
    case '\\': return p[0];
    case 'x': break;
    default: return -1;
    }
    *used = 3;
    int high = left >= 3 ? hex_digit(p[1]) : -1, low = left >= 3 ? hex_digit(p[2]) : -1;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* A string whose opening quote is line.p[*at - 1]. */
static bool scan_string(struct asm_state *s, struct fn_str line, size_t *at, struct fn_str *out)
{
    char *to = fn_arena_alloc(&s->arena, line.n + 1);
    size_t n = 0;
    while (to != NULL && *at < line.n && line.p[*at] != '"') {
        char c = line.p[(*at)++];
        if (c == '\\') {
            size_t used;
            int decoded = unescape(line.p + *at, line.n - *at, &used);
            if (decoded < 0) {
                return asm_fail(s, "an escape that is none of \\n \\\" \\\\ \\xNN");
            }
            *at += used;
            c = (char)decoded;
        }
        to[n++] = c;
    }
    if (to == NULL || *at >= line.n) {
        return asm_fail(s, "a string without end, or too much text");
    }
    (*at)++;
    *out = (struct fn_str){to, n};
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool asm_scan(struct asm_state *s, struct fn_str line)
{
    size_t at = 0;
    s->n = s->at = 0;
    while (at < line.n) {
        if (is_blank(line.p[at])) {
            at++;
            continue;
        }
        if (line.p[at] == ';') {
            break;
        }
        if (s->n == ASM_TOKENS_MAX) {
            return asm_fail(s, "too many words in a line");
        }
        struct asm_token *t = &s->tokens[s->n++];
        t->quoted = line.p[at] == '"';
        if (t->quoted) {
            at++;
            if (!scan_string(s, line, &at, &t->text)) {
                return false;
            }
            continue;
        }
        size_t from = at;
        while (at < line.n && !is_blank(line.p[at]) && line.p[at] != ';') {
            at++;
        }
        t->text = fn_arena_dup(&s->arena, (struct fn_str){line.p + from, at - from});
        if (t->text.p == NULL) {
            return asm_fail(s, "too much text");
        }
    }
    return true;
}

static struct fn_str take(struct asm_state *s, bool quoted, const char *wanted)
{
    if (!asm_more(s) || s->tokens[s->at].quoted != quoted) {
        asm_fail(s, wanted);
        return FN_STR("");
    }
    return s->tokens[s->at++].text;
}

struct fn_str asm_string(struct asm_state *s)
{
    return take(s, true, "a string is wanted");
}

struct fn_str asm_word(struct asm_state *s)
{
    return take(s, false, "a word is wanted");
}

int64_t asm_number(struct asm_state *s, int64_t min, int64_t max)
{
    struct fn_str word = asm_word(s);
    if (asm_is(word, "-")) {
        return FBC_NO_INDEX;
    }
    const char *digits = word.n > 1 && strchr("rkgfnhswt", word.p[0]) != NULL ? word.p + 1 : word.p;
    char *end = NULL;
    errno = 0;
    long long v = strtoll(digits, &end, 0); /* the arena's copies end in NUL */
    if (s->failed || end == digits || *end != '\0' || errno != 0 || v < min || v > max) {
        asm_fail(s, "a number is wanted, and in range");
        return 0;
    }
    return v;
}

uint16_t asm_index(struct asm_state *s)
{
    return (uint16_t)asm_number(s, 0, UINT16_MAX);
}
