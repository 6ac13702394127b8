/* cli_diff.c: the shortest way from one list of lines to the other (Myers 1986): row d holds how far d changes come on each diagonal, and the
 * rows are walked back from the end.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli_diff.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 1000, AROUND = 3 }; /* changes looked for; lines shown before and behind a change */

struct side {
    struct fn_str *lines; /* with their breaks */
    bool *changed;        /* taken out of the old side, put into the new one */
    int n;
};
struct range {
    int a, to_a, b, to_b; /* lines of the old side, and of the new one */
};

static bool split(struct side *s, struct fn_str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++) {
        n += text.p[i] == '\n';
    }
    s->lines = calloc(n, sizeof *s->lines);
    s->changed = calloc(n, sizeof *s->changed);
    for (size_t at = 0; s->lines != NULL && at < text.n;) {
        const char *end = memchr(text.p + at, '\n', text.n - at);
        size_t len = end != NULL ? (size_t)(end - text.p) + 1 - at : text.n - at;
        s->lines[s->n++] = (struct fn_str){text.p + at, len};
        at += len;
    }
    return s->lines != NULL && s->changed != NULL;
}

/* What is not equal at the start and at the end. */
static struct range middle(const struct side *a, const struct side *b)
{
    struct range r = {0, a->n, 0, b->n};
    while (r.a < r.to_a && r.b < r.to_b && fn_str_eq(a->lines[r.a], b->lines[r.b])) {
        r.a++;
        r.b++;
    }
    while (r.to_a > r.a && r.to_b > r.b && fn_str_eq(a->lines[r.to_a - 1], b->lines[r.to_b - 1])) {
        r.to_a--;
        r.to_b--;
    }
    return r;
}

/* The diagonal from which row d comes to diagonal k, one change before: k + 1 puts a line in, k - 1 takes one out. */
static int comes_from(const int *before, int d, int k)
{
    bool in = k == -d || (k != d && before[k - 1] < before[k + 1]);
    return in ? k + 1 : k - 1;
}

/* Row d of `rows`, which lie behind one another, from its diagonal 0. */
static int *row(int *rows, int d)
{
    return rows + (ptrdiff_t)d * d + d;
}

/* How many changes there are, their rows filled in; -1 when they are too many. */
static int forward(const struct side *a, const struct side *b, struct range r, int *rows)
{
    for (int d = 0; d <= MOST; d++) {
        for (int k = -d; k <= d; k += 2) {
            int from = d > 0 ? comes_from(row(rows, d - 1), d, k) : 0;
            int x = d > 0 ? row(rows, d - 1)[from] + (from < k) : 0;
            while (r.a + x < r.to_a && r.b + x - k < r.to_b && fn_str_eq(a->lines[r.a + x], b->lines[r.b + x - k])) {
                x++;
            }
            row(rows, d)[k] = x;
            if (r.a + x >= r.to_a && r.b + x - k >= r.to_b) {
                return d;
            }
        }
    }
    return -1;
}

static void backward(struct side *a, struct side *b, struct range r, int *rows, int d)
{
    for (int k = (r.to_a - r.a) - (r.to_b - r.b); d > 0; d--) {
        int from = comes_from(row(rows, d - 1), d, k), x = row(rows, d - 1)[from];
        if (from > k) {
            b->changed[r.b + x - from] = true;
        } else {
            a->changed[r.a + x] = true;
        }
        k = from;
    }
}

static void mark(struct side *a, struct side *b)
{
    struct range r = middle(a, b);
    int *rows = malloc((size_t)(MOST + 1) * (MOST + 1) * sizeof *rows);
    int d = rows != NULL ? forward(a, b, r, rows) : -1;
    if (d >= 0) {
        backward(a, b, r, rows, d);
    } else {
        memset(a->changed + r.a, 1, (size_t)(r.to_a - r.a) * sizeof *a->changed);
        memset(b->changed + r.b, 1, (size_t)(r.to_b - r.b) * sizeof *b->changed);
    }
    free(rows);
}

static void put_line(struct fn_buf *out, char sign, struct fn_str line)
{
    fn_buf_char(out, sign);
    fn_buf_str(out, line);
    if (line.p[line.n - 1] != '\n') {
        fn_buf_z(out, "\n\\ No newline at end of file\n");
    }
}

/* Goes over r, printing or not; stops where more than `equal` lines in a row did not change, and tells how many of these were the last. */
static int pass(struct fn_buf *out, const struct side *a, const struct side *b, struct range *r, int equal)
{
    int same = 0;
    while ((r->a < r->to_a || r->b < r->to_b) && same <= equal) {
        bool gone = r->a < r->to_a && a->changed[r->a], come = !gone && r->b < r->to_b && b->changed[r->b];
        if (out != NULL) {
            put_line(out, gone ? '-' : come ? '+' : ' ', come ? b->lines[r->b] : a->lines[r->a]);
        }
        same = gone || come ? 0 : same + 1;
        r->a += !come;
        r->b += !gone;
    }
    return same;
}

/* The hunk that begins at the next change behind `at`; false behind the last. */
static bool hunk(struct fn_buf *out, const struct side *a, const struct side *b, struct range *at)
{
    while (at->a < a->n && at->b < b->n && !a->changed[at->a] && !b->changed[at->b]) {
        at->a++;
        at->b++;
    }
    if (at->a >= a->n && at->b >= b->n) {
        return false;
    }
    int back = at->a < AROUND ? at->a : AROUND;
    struct range r = {at->a - back, a->n, at->b - back, b->n};
    int same = pass(NULL, a, b, at, 2 * AROUND), over = same > AROUND ? same - AROUND : 0;
    r.to_a = at->a - over;
    r.to_b = at->b - over;
    fn_buf_printf(out, "@@ -%d,%d +%d,%d @@\n", r.a + (r.to_a > r.a), r.to_a - r.a, r.b + (r.to_b > r.b), r.to_b - r.b);
    (void)pass(out, a, b, &r, a->n);
    return true;
}

void cli_diff(struct fn_buf *out, const char *path, struct fn_str before, struct fn_str after)
{
    struct side a = {.n = 0}, b = {.n = 0};
    if (split(&a, before) && split(&b, after) && !fn_str_eq(before, after)) {
        struct range at = {0, a.n, 0, b.n};
        mark(&a, &b);
        fn_buf_printf(out, "--- %s\n+++ %s\n", path, path);
        while (hunk(out, &a, &b, &at)) {
        }
    }
    free(a.lines);
    free(a.changed);
    free(b.lines);
    free(b.changed);
}
