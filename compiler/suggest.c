/* suggest.c: "did you mean": accents and case are folded first, so that `orcamento` is `orçamento` at distance 0; then
 * Damerau-Levenshtein (a swap of neighbours is one mistake), at most a third of the length.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

#include "fn_utf8.h"

enum { LONGEST = 64 };

static struct fn_str fold(struct ctx *c, struct fn_str s)
{
    struct fn_buf b;
    fn_buf_init(&b, 1024);
    fn_fold(&b, s);
    struct fn_str out = fn_arena_dup(c->arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return out;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Distance of two folded names, by bytes (folded Latin is ASCII); more than `most` is told as most + 1. */
static size_t distance(struct fn_str a, struct fn_str b, size_t most)
{
    size_t row[3][LONGEST + 1];
    if (a.n > LONGEST || b.n > LONGEST || (a.n > b.n ? a.n - b.n : b.n - a.n) > most) {
        return most + 1;
    }
    for (size_t j = 0; j <= b.n; j++) {
        row[0][j] = j;
    }
    for (size_t i = 1; i <= a.n; i++) {
        size_t *now = row[i % 3];
        const size_t *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t change = up[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            now[j] = least(change, least(up[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1]) {
                now[j] = least(now[j], up2[j - 2] + 1);
            }
        }
    }
    return row[a.n % 3][b.n];
}

void sema_suggest_begin(struct suggest *s, struct ctx *c, struct fn_str wanted)
{
    *s = (struct suggest){.c = c, .wanted = fold(c, wanted), .written = wanted};
    s->best = s->wanted.n <= 2 ? 0 : s->wanted.n / 3; /* one letter is like any other */
    s->best++;
}

void sema_suggest_try(struct suggest *s, struct fn_str name, const struct fcc_sym *sym)
{
    struct fn_buf b;
    if (name.n > LONGEST || s->wanted.n == 0 || sema_full(s->c)) {
        return;
    }
    s->c->weighed++;
    fn_buf_init(&b, LONGEST * 4);
    fn_fold(&b, name);
    size_t d = distance(s->wanted, fn_buf_view(&b), s->best);
    /* As near as the one before: the first in the alphabet, whatever order they are tried in. */
    if (d < s->best || (d == s->best && s->name.n != 0 && fn_str_cmp(name, s->name) < 0)) {
        s->best = d;
        s->name = name;
        s->sym = sym;
    }
    fn_buf_fini(&b);
}

/* Names of types begin upper-case, all others lower-case: across that line the nearest name is a hint, no cure. */
static bool same_sort(struct fn_str a, struct fn_str b)
{
    bool upper_a = a.n > 0 && *a.p >= 'A' && *a.p <= 'Z', upper_b = b.n > 0 && *b.p >= 'A' && *b.p <= 'Z';
    return upper_a == upper_b;
}

void sema_suggest_end(struct suggest *s, struct fn_diag *d, struct fn_span span)
{
    if (s->name.n == 0) {
        return;
    }
    sema_arg(d, "near", s->name);
    if (s->sym != NULL) {
        sema_sym(s->sym)->pub.uses++; /* meant, as far as we know: not unused on top */
    }
    if (s->sym != NULL && s->sym->decl != NULL && s->sym->file == s->c->file) {
        fn_diag_label(d, s->sym->decl->text_span, s->sym->kind == FCC_S_STAGE ? FGR_L_NEAREST_STAGE : FGR_L_NEAREST);
    }
    fn_diag_fix(d, same_sort(s->name, s->written) ? FN_FIX_SAFE : FN_FIX_REVIEW, span, s->name);
}
