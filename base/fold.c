/* fold.c: "the same word": case folded, accents dropped, full-width forms and look-alikes brought back to the keyboard's
 * letters. What folds to what is decided in tools/unicode_tables.py; here it is only looked up. Folding twice changes
 * nothing, and folding a composed and a decomposed spelling gives the same bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "unicode_tables.h"

/* The run that could hold cp: the last one that starts at or before it. */
static const struct fold_run *find_run(uint32_t cp)
{
    size_t low = 0, high = FN_COUNT(fold_runs);
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (fold_runs[middle].first <= cp) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &fold_runs[low];
}

/* Not for ASCII, whose letters the caller handles. */
static uint32_t fold_target(uint32_t cp)
{
    const struct fold_run *run = find_run(cp);
    uint32_t offset = cp - run->first;
    if (offset % run->step != 0 || offset / run->step >= run->count) {
        return cp;
    }
    return run->target + offset / run->step * run->up;
}

static void put_folded(struct fn_buf *out, uint32_t cp)
{
    uint32_t target = fold_target(cp);
    if (target >= STRING) {
        fn_buf_z(out, fold_strings[target - STRING]);
    } else if (target != DROP) {
        char bytes[4];
        fn_buf_put(out, bytes, fn_utf8_encode((int32_t)target, bytes));
    }
}

/* An invalid byte becomes U+FFFD: left alone, two of them could meet where a mark was dropped, and form a letter. */
void fn_fold(struct fn_buf *out, struct fn_str s)
{
    for (size_t at = 0; at < s.n;) {
        int32_t cp = fn_utf8_next(s, &at);
        if (cp >= 0x80) {
            put_folded(out, (uint32_t)cp);
        } else if (cp >= 0) {
            fn_buf_char(out, (char)(cp >= 'A' && cp <= 'Z' ? cp + 0x20 : cp));
        } else {
            fn_buf_z(out, "\xEF\xBF\xBD");
        }
    }
}

static bool is_space(int32_t cp)
{
    if (cp > ' ' && cp < 0x85) { /* nearly always */
        return false;
    }
    return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0x85 || cp == 0xA0 || cp == 0x1680 ||
           (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F || cp == 0x205F;
}

/* What people put around an answer without meaning it, WhatsApp's *bold* and _italic_ included. Signs that carry
 * meaning at the end of a label stay: 50%, C++, #1, R$. */
static bool is_edge_punctuation(int32_t cp)
{
    if ((cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9')) { /* nearly always: it is folded already */
        return false;
    }
    return (cp > 0 && cp < 0x80 && strchr("!\"'()*,-./:;?[]_`{}~", (int)cp) != NULL) || cp == 0xA1 || cp == 0xBF ||
           cp == 0xB7 || cp == 0x2022 || (cp >= 0x3001 && cp <= 0x3002) || (cp >= 0x3008 && cp <= 0x3011);
}

/* Writes s to `to` (which may be s.p: the text only shrinks) with single spaces inside, none at the ends, and without
 * the selectors that make a character an emoji. Gives the length. */
static size_t squeeze(char *to, struct fn_str s)
{
    size_t n = 0;
    bool space = false;
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        int32_t cp = fn_utf8_next(s, &at);
        if (is_space(cp)) {
            space = n != 0;
        } else if (cp < 0xFE00 || cp > 0xFE0F) {
            if (space) {
                to[n++] = ' ';
            }
            space = false;
            if (at - from == 1) { /* nearly always; a call costs more than the byte */
                to[n] = s.p[from];
            } else {
                memmove(to + n, s.p + from, at - from);
            }
            n += at - from;
        }
    }
    return n;
}

/* s without spaces and edge punctuation at either end. */
static struct fn_str strip(struct fn_str s)
{
    size_t begin = 0, end = 0;
    bool inside = false;
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        int32_t cp = fn_utf8_next(s, &at);
        if (!is_space(cp) && !is_edge_punctuation(cp)) {
            begin = inside ? begin : from;
            inside = true;
            end = at;
        }
    }
    return inside ? (struct fn_str){s.p + begin, end - begin} : s; /* "?" alone is somebody's answer */
}

void fn_fold_phrase(struct fn_buf *out, struct fn_str s)
{
    size_t start = out->n;
    fn_fold(out, s);
    if (out->failed || out->n == start) {
        return;
    }
    char *p = out->p + start;
    size_t n = squeeze(p, (struct fn_str){p, out->n - start});
    struct fn_str core = strip((struct fn_str){p, n});
    memmove(p, core.p, core.n);
    out->n = start + core.n;
    out->p[out->n] = '\0';
}
