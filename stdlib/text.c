/* text.c: the text functions of the library.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsl_text.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct fn_str fsl_trim(struct fn_str s)
{
    while (s.n > 0 && is_blank(s.p[0])) {
        s = (struct fn_str){s.p + 1, s.n - 1};
    }
    while (s.n > 0 && is_blank(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

struct fn_str fsl_slice(struct fn_str s, int64_t from, int64_t count)
{
    size_t skip = fn_utf8_cut(s, from > 0 ? (size_t)from : 0);
    struct fn_str rest = {s.p + skip, s.n - skip};
    rest.n = fn_utf8_cut(rest, count > 0 ? (size_t)count : 0);
    return rest;
}

/* Only case: fn_fold also drops accents. Latin-1, Latin Extended-A, Greek and Cyrillic letters come in pairs that a rule tells. */
static int32_t upper_point(int32_t c)
{
    if (c >= 'a' && c <= 'z') {
        return c - 32;
    }
    if ((c >= 0xE0 && c <= 0xFE && c != 0xF7) || (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) ||
        (c >= 0x430 && c <= 0x44F)) {
        return c - 32;
    }
    if (c >= 0x450 && c <= 0x45F) {
        return c - 80;
    }
    if ((c >= 0x100 && c <= 0x137 && c != 0x131) || (c >= 0x14A && c <= 0x177)) {
        return c & ~1;
    }
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) {
        return (c & 1) != 0 ? c : c - 1;
    }
    return c == 0xFF ? 0x178 : c;
}

static int32_t lower_point(int32_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c + 32;
    }
    if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) ||
        (c >= 0x410 && c <= 0x42F)) {
        return c + 32;
    }
    if (c >= 0x400 && c <= 0x40F) {
        return c + 80;
    }
    if ((c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14A && c <= 0x177)) {
        return c | 1;
    }
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) {
        return (c & 1) != 0 ? c + 1 : c;
    }
    return c == 0x178 ? 0xFF : c;
}

static void put_point(struct fn_buf *out, int32_t c)
{
    char bytes[4];
    fn_buf_put(out, bytes, fn_utf8_encode(c < 0 ? 0xFFFD : c, bytes));
}

void fsl_upper(struct fn_buf *out, struct fn_str s)
{
    for (size_t at = 0; at < s.n;) {
        put_point(out, upper_point(fn_utf8_next(s, &at)));
    }
}

void fsl_lower(struct fn_buf *out, struct fn_str s)
{
    for (size_t at = 0; at < s.n;) {
        put_point(out, lower_point(fn_utf8_next(s, &at)));
    }
}

/* Byte index of needle in s from `from`, or s.n. memchr on the first byte keeps the common case linear. */
static size_t find_bytes(struct fn_str s, size_t from, struct fn_str needle)
{
    while (needle.n > 0 && s.n - from >= needle.n) {
        const char *hit = memchr(s.p + from, needle.p[0], s.n - from - needle.n + 1);
        if (hit == NULL) {
            break;
        }
        from = (size_t)(hit - s.p);
        if (memcmp(hit, needle.p, needle.n) == 0) {
            return from;
        }
        from++;
    }
    return s.n;
}

int64_t fsl_find(struct fn_str s, struct fn_str needle)
{
    size_t at = find_bytes(s, 0, needle);
    if (needle.n == 0) {
        return 0;
    }
    return at == s.n ? -1 : (int64_t)fn_utf8_count((struct fn_str){s.p, at});
}

void fsl_replace(struct fn_buf *out, struct fn_str s, struct fn_str what, struct fn_str with)
{
    size_t at = 0;
    while (what.n > 0 && at < s.n) {
        size_t hit = find_bytes(s, at, what);
        if (hit == s.n) {
            break;
        }
        fn_buf_put(out, s.p + at, hit - at);
        fn_buf_str(out, with);
        at = hit + what.n;
    }
    fn_buf_put(out, s.p + at, s.n - at);
}

static bool is_letter(int32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c != 0xD7 && c != 0xF7 && c < 0x250) ||
           (c >= 0x370 && c < 0x530);
}

static bool fits(int32_t mask, int32_t c)
{
    if (mask == '#') {
        return c >= '0' && c <= '9';
    }
    return mask == '@' ? is_letter(c) : mask == c;
}

/* Greedy with one place to go back to: the last star. A star never needs to be tried again once a later one matched. */
bool fsl_like(struct fn_str s, struct fn_str mask)
{
    size_t at = 0, m = 0, star = SIZE_MAX, star_at = 0;
    while (at < s.n) {
        size_t m2 = m, at2 = at;
        int32_t want = m < mask.n ? fn_utf8_next(mask, &m2) : -1;
        if (want == '*') {
            star = m2;
            star_at = at;
            m = m2;
        } else if (want >= 0 && fits(want, fn_utf8_next(s, &at2))) {
            m = m2;
            at = at2;
        } else if (star != SIZE_MAX) {
            (void)fn_utf8_next(s, &star_at);
            at = star_at;
            m = star;
        } else {
            return false;
        }
    }
    while (m < mask.n && mask.p[m] == '*') {
        m++;
    }
    return m == mask.n;
}

static void mask_word(struct fn_buf *out, struct fn_str w)
{
    size_t points = fn_utf8_count(w), first = fn_utf8_cut(w, 1);
    if (points < 3) {
        for (size_t i = 0; i < points; i++) {
            fn_buf_char(out, '*');
        }
        return;
    }
    size_t last = fn_utf8_cut(w, points - 1);
    fn_buf_put(out, w.p, first);
    fn_buf_z(out, "***");
    fn_buf_put(out, w.p + last, w.n - last);
}

void fsl_mask(struct fn_buf *out, struct fn_str s)
{
    for (size_t i = 0; i < s.n;) {
        size_t a = i;
        while (i < s.n && !is_blank(s.p[i])) {
            i++;
        }
        if (i > a) {
            mask_word(out, (struct fn_str){s.p + a, i - a});
        }
        for (; i < s.n && is_blank(s.p[i]); i++) {
            fn_buf_char(out, ' ');
        }
    }
}

void fsl_url_encode(struct fn_buf *out, struct fn_str s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c != 0 && strchr("-._~", c) != NULL);
        if (plain) {
            fn_buf_char(out, (char)c);
        } else {
            char code[3] = {'%', hex[c >> 4], hex[c & 15]};
            fn_buf_put(out, code, 3);
        }
    }
}
