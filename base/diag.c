/* diag.c: the list of diagnostics of one compile.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_diag.h"

enum { FIRST_ITEMS = 16 };

void fn_diag_list_init(struct fn_diag_list *l, struct fn_arena *arena, size_t max)
{
    *l = (struct fn_diag_list){.arena = arena, .max = max};
}

/* The array has two halves: the items, and the room fn_diag_sort merges into. */
static bool grow(struct fn_diag_list *l)
{
    size_t cap = l->cap == 0 ? FIRST_ITEMS : l->cap * 2;
    struct fn_diag **items = fn_arena_array(l->arena, cap, 2 * sizeof *items);
    if (items == NULL) {
        return false;
    }
    if (l->n != 0) {
        memcpy(items, l->items, l->n * sizeof *items);
    }
    l->items = items;
    l->cap = cap;
    return true;
}

static struct fn_diag *new_item(struct fn_diag_list *l)
{
    if (l->n >= l->max || (l->n == l->cap && !grow(l))) {
        return NULL;
    }
    struct fn_diag *d = fn_arena_alloc(l->arena, sizeof *d);
    if (d != NULL) {
        l->items[l->n++] = d;
    }
    return d;
}

struct fn_diag *fn_diag_add(struct fn_diag_list *l, uint16_t code, enum fn_level level, struct fn_span span)
{
    struct fn_diag *d = new_item(l);
    if (d == NULL) {
        l->dropped++;
        d = &l->scratch;
    }
    *d = (struct fn_diag){.code = code, .level = level, .span = span};
    l->errors += level == FN_ERROR_LEVEL;
    l->warnings += level == FN_WARNING_LEVEL;
    return d;
}

struct fn_diag *fn_diag_arg(struct fn_diag *d, const char *name, struct fn_str value)
{
    if (d->n_args == FN_DIAG_ARGS) {
        FN_BUG("a diagnostic has more arguments than FN_DIAG_ARGS");
    }
    d->args[d->n_args++] = (struct fn_diag_arg){name, value};
    return d;
}

/* Labels past the limit are left out: the first ones tell the story. */
struct fn_diag *fn_diag_label(struct fn_diag *d, struct fn_span span, uint16_t text)
{
    if (d->n_labels < FN_DIAG_LABELS) {
        d->labels[d->n_labels++] = (struct fn_diag_label){span, text};
    }
    return d;
}

struct fn_diag *fn_diag_fix(struct fn_diag *d, enum fn_fix_kind kind, struct fn_span span, struct fn_str text)
{
    if (d->n_fixes < FN_DIAG_FIXES) {
        d->fixes[d->n_fixes++] = (struct fn_diag_fix){kind, 1, {{span, text}}};
    }
    return d;
}

static bool is_after(const struct fn_diag *a, const struct fn_diag *b)
{
    if (a->file != b->file) {
        return a->file > b->file;
    }
    if (a->span.a != b->span.a) {
        return a->span.a > b->span.a;
    }
    return a->span.b != b->span.b ? a->span.b > b->span.b : a->code > b->code;
}

/* Merges the sorted runs [a, middle) and [middle, b) into `to`. */
static void merge(struct fn_diag **from, struct fn_diag **to, size_t a, size_t middle, size_t b)
{
    size_t left = a, right = middle;
    for (size_t i = a; i < b; i++) {
        bool take_right = left == middle || (right < b && is_after(from[left], from[right]));
        to[i] = take_right ? from[right++] : from[left++];
    }
}

void fn_diag_sort(struct fn_diag_list *l)
{
    struct fn_diag **from = l->items, **to = l->n != 0 ? l->items + l->cap : NULL;
    for (size_t run = 1; run < l->n; run *= 2) {
        for (size_t a = 0; a < l->n; a += 2 * run) {
            size_t middle = l->n - a > run ? a + run : l->n;
            size_t b = l->n - a > 2 * run ? a + 2 * run : l->n;
            merge(from, to, a, middle, b);
        }
        struct fn_diag **swap = from;
        from = to;
        to = swap;
    }
    if (from != l->items) {
        memcpy(l->items, from, l->n * sizeof *from);
    }
}
