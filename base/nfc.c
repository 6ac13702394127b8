/* nfc.c: canonical composition (Unicode annex 15) for Latin, Greek and Cyrillic.
 *
 * The text is cut into clusters: a starter and the marks behind it. A cluster is decomposed, its marks sorted by
 * combining class, and composed again. Text without marks or letters beyond Latin-1 is copied as it is. A cluster of
 * more than WINDOW marks (nobody's name) is handled in pieces, as in annex 15's stream-safe format, so the work per
 * byte is bounded.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "unicode_tables.h"

enum { WINDOW = 64, DECOMPOSED = 4 /* the longest full decomposition in the table */ };

struct cluster {
    uint32_t cp[WINDOW];
    uint8_t class[WINDOW];
    size_t n;
};

static uint8_t combining_class(uint32_t cp)
{
    size_t low = 0, high = FN_COUNT(class_runs);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cp > class_runs[middle].last) {
            low = middle + 1;
        } else if (cp < class_runs[middle].first) {
            high = middle;
        } else {
            return class_runs[middle].value;
        }
    }
    return 0;
}

static const struct canonical_pair *find_whole(uint32_t cp)
{
    size_t low = 0, high = FN_COUNT(canonical_pairs);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct canonical_pair *pair = &canonical_pairs[middle];
        if (cp == pair->whole) {
            return pair;
        }
        if (cp < pair->whole) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* The composition of a and b, 0 when there is none. */
static uint32_t compose_pair(uint32_t a, uint32_t b)
{
    size_t low = 0, high = FN_COUNT(canonical_by_parts);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct canonical_pair *pair = &canonical_pairs[canonical_by_parts[middle]];
        if (a == pair->first && b == pair->second) {
            return pair->whole;
        }
        if (a < pair->first || (a == pair->first && b < pair->second)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return 0;
}

/* Canonical order: stable, by class; a starter is a wall, and only the first place holds one. */
static void sort_marks(struct cluster *c)
{
    for (size_t i = 1; i < c->n; i++) {
        uint32_t cp = c->cp[i];
        uint8_t class = c->class[i];
        size_t j = i;
        for (; j > 0 && c->class[j - 1] > class; j--) {
            c->cp[j] = c->cp[j - 1];
            c->class[j] = c->class[j - 1];
        }
        c->cp[j] = cp;
        c->class[j] = class;
    }
}

/* Joins each mark with the starter unless a mark of the same class, left standing, is between. */
static void compose(struct cluster *c)
{
    if (c->n == 0 || c->class[0] != 0) {
        return;
    }
    size_t kept = 1;
    uint8_t last = 0;
    for (size_t i = 1; i < c->n; i++) {
        uint32_t joined = last < c->class[i] ? compose_pair(c->cp[0], c->cp[i]) : 0;
        if (joined != 0) {
            c->cp[0] = joined;
            continue;
        }
        last = c->class[i];
        c->cp[kept] = c->cp[i];
        c->class[kept++] = last;
    }
    c->n = kept;
}

static void flush(struct fn_buf *out, struct cluster *c)
{
    sort_marks(c);
    compose(c);
    for (size_t i = 0; i < c->n; i++) {
        char bytes[4];
        fn_buf_put(out, bytes, fn_utf8_encode((int32_t)c->cp[i], bytes));
    }
    c->n = 0;
}

static void add(struct fn_buf *out, struct cluster *c, uint32_t cp)
{
    uint8_t class = combining_class(cp);
    if (class == 0 || c->n == WINDOW) {
        flush(out, c);
    }
    c->cp[c->n] = cp;
    c->class[c->n++] = class;
}

static void add_decomposed(struct fn_buf *out, struct cluster *c, uint32_t cp)
{
    uint32_t tail[DECOMPOSED];
    size_t n = 0;
    for (const struct canonical_pair *pair = find_whole(cp); pair != NULL; pair = find_whole(cp)) {
        if (pair->second != 0) {
            if (n == DECOMPOSED) {
                FN_BUG("a decomposition is longer than the table promises");
            }
            tail[n++] = pair->second;
        }
        cp = pair->first;
    }
    add(out, c, cp);
    while (n > 0) {
        add(out, c, tail[--n]);
    }
}

void fn_utf8_nfc(struct fn_buf *out, struct fn_str s)
{
    struct cluster cluster = {.n = 0};
    for (size_t at = 0; at < s.n;) {
        char byte = s.p[at];
        int32_t cp = fn_utf8_next(s, &at);
        if (cp >= 0) {
            add_decomposed(out, &cluster, (uint32_t)cp);
        } else {
            flush(out, &cluster);
            fn_buf_char(out, byte);
        }
    }
    flush(out, &cluster);
}
