/* json_write.c: writing JSON. Output is always valid UTF-8 and safe inside a <script> element.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_json.h"
#include "fn_utf8.h"
#include "json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What a character is written as when not as itself; NULL for itself. */
static const char *escape_of(int32_t cp, char room[16])
{
    switch (cp) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case -1: return "\xEF\xBF\xBD";
    default: break;
    }
    if (cp >= 0x20 && cp != '<' && cp != 0x7F) {
        return NULL;
    }
    snprintf(room, 16, "\\u%04x", (unsigned)cp);
    return room;
}

void fn_json_put_str(struct fn_buf *b, struct fn_str s)
{
    size_t from = 0; /* start of what is written as it is */
    fn_buf_char(b, '"');
    for (size_t at = 0; at < s.n;) {
        char room[16];
        size_t here = at;
        const char *escape = escape_of(fn_utf8_next(s, &at), room);
        if (escape != NULL) {
            fn_buf_put(b, s.p + from, here - from);
            fn_buf_z(b, escape);
            from = at;
        }
    }
    if (s.n > from) {
        fn_buf_put(b, s.p + from, s.n - from);
    }
    fn_buf_char(b, '"');
}

void fn_json_comma(struct fn_buf *b)
{
    if (b->n != 0 && strchr("{[,:", b->p[b->n - 1]) == NULL) {
        fn_buf_char(b, ',');
    }
}

void fn_json_put_key(struct fn_buf *b, const char *key)
{
    fn_json_comma(b);
    fn_json_put_str(b, fn_str_c(key));
    fn_buf_char(b, ':');
}

/* Up to 15 digits a decimal survives the way through a double, so the shortest form is found there or at 16 or 17;
 * numbers below DBL_MIN hold less and are tried from one digit on. */
void fn_json_put_num(struct fn_buf *b, double v)
{
    char text[40];
    if (!isfinite(v)) {
        fn_buf_z(b, "null");
        return;
    }
    if (fabs(v) < 9007199254740992.0 && v == (double)(long long)v) {
        fn_buf_printf(b, "%lld", (long long)v);
        return;
    }
    for (int digits = fabs(v) < DBL_MIN ? 1 : DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v) {
            break;
        }
    }
    fn_buf_z(b, text);
}

static void put_scalar(struct fn_buf *b, const struct fn_json *v)
{
    switch (v->kind) {
    case FN_JSON_NULL: fn_buf_z(b, "null"); break;
    case FN_JSON_FALSE: fn_buf_z(b, "false"); break;
    case FN_JSON_TRUE: fn_buf_z(b, "true"); break;
    case FN_JSON_NUMBER: fn_buf_str(b, v->text); break;
    case FN_JSON_STRING: fn_json_put_str(b, v->text); break;
    case FN_JSON_ARRAY: fn_buf_z(b, v->n != 0 ? "[" : "[]"); break;
    case FN_JSON_OBJECT: fn_buf_z(b, v->n != 0 ? "{" : "{}"); break;
    }
}

/* v with its key and comma when it stands in `parent`. */
static void put_child(struct fn_buf *b, const struct fn_json *parent, const struct fn_json *v)
{
    if (parent != NULL) {
        fn_json_comma(b);
    }
    if (parent != NULL && parent->kind == FN_JSON_OBJECT) {
        fn_json_put_str(b, v->key);
        fn_buf_char(b, ':');
    }
    put_scalar(b, v);
}

void fn_json_put_value(struct fn_buf *b, const struct fn_json *v)
{
    const struct fn_json *open[FN_JSON_DEPTH];
    size_t depth = 0;
    if (v == NULL) {
        fn_buf_z(b, "null");
        return;
    }
    for (const struct fn_json *at = v; at != NULL;) {
        put_child(b, depth != 0 ? open[depth - 1] : NULL, at);
        if (at->n != 0) {
            if (depth == FN_JSON_DEPTH) {
                FN_BUG("a JSON tree is deeper than its reader allows");
            }
            open[depth++] = at;
            at = at->first;
            continue;
        }
        while (depth != 0 && at->next == NULL) {
            at = open[--depth];
            fn_buf_char(b, at->kind == FN_JSON_OBJECT ? '}' : ']');
        }
        at = depth != 0 ? at->next : NULL;
    }
}
