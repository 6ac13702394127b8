/* json_keys.c: duplicate keys of an object, found by sorting: O(n log n) whatever an attacker writes.
 * Few keys are compared as they are.
 * SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdlib.h>

enum { FEW = 16 };

struct row {
    const struct fn_json *child;
    uint32_t place;
};

static int by_key(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = fn_str_cmp(x->child->key, y->child->key);
    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static int by_place(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

/* Keeps the last row of each key; gives how many are left. */
static uint32_t drop_earlier(struct row *rows, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i + 1 == n || !fn_str_eq(rows[i].child->key, rows[i + 1].child->key)) {
            rows[kept++] = rows[i];
        }
    }
    return kept;
}

/* Links the object's children anew, in their first order, as the rows tell. */
static void relink(struct fn_json *object, struct row *rows, uint32_t n)
{
    qsort(rows, n, sizeof *rows, by_place);
    const struct fn_json **link = &object->first;
    uint32_t at = 0;
    for (const struct fn_json *child = object->first; at < n; child = child->next) {
        if (child == rows[at].child) {
            struct fn_json *kept =
                (struct fn_json *)(uintptr_t)child; /* the reader made it: NOLINT(performance-no-int-to-ptr) */
            *link = kept;
            link = &kept->next;
            at++;
        }
    }
    *link = NULL;
    object->n = n;
}

/* Objects of people and programs are small: each key is held against each, which is nothing to whoever aims at it. */
static bool few_and_different(const struct fn_json *object)
{
    if (object->n > FEW) {
        return false;
    }
    for (const struct fn_json *a = object->first; a != NULL; a = a->next) {
        for (const struct fn_json *b = a->next; b != NULL; b = b->next) {
            if (a->key.n == b->key.n && memcmp(a->key.p, b->key.p, a->key.n) == 0) {
                return false;
            }
        }
    }
    return true;
}

enum fn_code fn_json_check_keys(struct fn_json *object, bool allow)
{
    if (few_and_different(object)) {
        return FN_OK;
    }
    struct row *rows = calloc(object->n, sizeof *rows);
    if (rows == NULL) {
        return FN_NO_MEMORY;
    }
    uint32_t n = 0;
    for (const struct fn_json *child = object->first; child != NULL; child = child->next) {
        rows[n] = (struct row){child, n};
        n++;
    }
    qsort(rows, n, sizeof *rows, by_key);
    uint32_t kept = drop_earlier(rows, n);
    if (kept != n && allow) {
        relink(object, rows, kept);
    }
    free(rows);
    return kept == n || allow ? FN_OK : FN_INVALID;
}
