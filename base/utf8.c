/* utf8.c: strict UTF-8, as in table 3-7 of the Unicode standard: no surrogates, nothing overlong, nothing past U+10FFFF.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"

static bool is_tail(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Length of the sequence a first byte promises, 0 for a byte that cannot be first; *cp gets its bits. */
static size_t first_byte(unsigned char c, int32_t *cp)
{
    if (c < 0x80) {
        *cp = c;
        return 1;
    }
    if (c >= 0xC2 && c <= 0xDF) {
        *cp = c & 0x1F;
        return 2;
    }
    if (c >= 0xE0 && c <= 0xEF) {
        *cp = c & 0x0F;
        return 3;
    }
    if (c >= 0xF0 && c <= 0xF4) {
        *cp = c & 0x07;
        return 4;
    }
    return 0;
}

int32_t fn_utf8_next(struct fn_str s, size_t *at)
{
    static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const char *p = s.p + *at;
    if ((unsigned char)*p < 0x80) {
        ++*at;
        return *p;
    }
    int32_t cp = 0;
    size_t n = first_byte((unsigned char)*p, &cp);
    bool good = n != 0 && n <= s.n - *at;
    for (size_t i = 1; good && i < n; i++) {
        good = is_tail(p[i]);
        cp = cp << 6 | ((unsigned char)p[i] & 0x3F);
    }
    if (!good || cp < least[n] || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF)) {
        ++*at;
        return -1;
    }
    *at += n;
    return cp;
}

/* Bytes at the front that are ASCII, looked at eight at a time; 0 near the end. */
static size_t ascii_run(const char *p, size_t n)
{
    size_t at = 0;
    for (; n - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, p + at, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
    }
    return at;
}

bool fn_utf8_valid(struct fn_str s)
{
    size_t at = s.n >= 8 ? ascii_run(s.p, s.n) : 0;
    while (at < s.n) {
        if ((unsigned char)s.p[at] < 0x80) {
            at++;
        } else if (fn_utf8_next(s, &at) < 0) {
            return false;
        } else if (s.n - at >= 8) {
            at += ascii_run(s.p + at, s.n - at);
        }
    }
    return true;
}

size_t fn_utf8_ascii(struct fn_str s)
{
    size_t i = 0;
    for (uint64_t eight; i + sizeof eight <= s.n; i += sizeof eight) {
        memcpy(&eight, s.p + i, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080)) {
            break;
        }
    }
    while (i < s.n && (unsigned char)s.p[i] < 0x80) {
        i++;
    }
    return i;
}

size_t fn_utf8_count(struct fn_str s)
{
    size_t count = 0;
    for (size_t at = 0; at < s.n;) {
        size_t ascii = fn_utf8_ascii((struct fn_str){s.p + at, s.n - at});
        at += ascii;
        count += ascii;
        for (; at < s.n && (unsigned char)s.p[at] >= 0x80; count++) {
            fn_utf8_next(s, &at);
        }
    }
    return count;
}

size_t fn_utf8_cut(struct fn_str s, size_t points)
{
    size_t at = 0;
    for (; at < s.n && points > 0; points--) {
        fn_utf8_next(s, &at);
    }
    return at;
}

size_t fn_utf8_encode(int32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    static const int lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (cp & 0x3F));
        cp >>= 6;
    }
    out[0] = (char)(lead[n] | cp);
    return n;
}

void fn_utf8_repair(struct fn_buf *out, struct fn_str s)
{
    size_t from = 0; /* start of the good bytes not yet copied */
    for (size_t at = 0; at < s.n;) {
        size_t here = at;
        if (fn_utf8_next(s, &at) <= 0) {
            fn_buf_put(out, s.p + from, here - from);
            fn_buf_z(out, "\xEF\xBF\xBD");
            from = at;
        }
    }
    if (s.n != 0) {
        fn_buf_put(out, s.p + from, s.n - from);
    }
}
