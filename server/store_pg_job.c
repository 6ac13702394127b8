/* store_pg_job.c: small helpers of the operations: answers into arenas, and items that must not meet in one statement.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store_pg_core.h"

#include <stdlib.h>
#include <time.h>

int64_t pg_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool pg_marks(struct pg_job *j, size_t n)
{
    if (j->mark == NULL) {
        j->mark = calloc(n == 0 ? 1 : n, sizeof *j->mark);
        j->code = j->mark == NULL ? FN_NO_MEMORY : j->code;
    }
    return j->mark != NULL;
}

struct fn_str pg_keep(struct pg_job *j, const struct pg_rows *rows, int row, int col)
{
    struct fn_str copy = fn_arena_dup(j->op->arena, pg_str(rows, row, col));
    if (copy.p == NULL) {
        j->code = FN_NO_MEMORY;
    }
    return copy;
}

void *pg_room(struct pg_job *j, int n, size_t size)
{
    void *p = fn_arena_array(j->op->arena, n > 0 ? (size_t)n : 1, size);
    if (p == NULL) {
        j->code = FN_NO_MEMORY;
    }
    return p;
}

uint64_t pg_mix(uint64_t a, uint64_t b)
{
    uint64_t x = a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2));
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Pairs of (hash, wave + 1), half full at most. A collision of hashes only puts an item into a later wave. */
bool pg_waves_init(struct pg_waves *w, size_t items, size_t keys_each)
{
    size_t cap = 64;
    while (cap < items * keys_each * 2) {
        cap *= 2;
    }
    *w = (struct pg_waves){.mask = cap - 1};
    w->slot = calloc(cap, 2 * sizeof *w->slot);
    w->wave = calloc(items == 0 ? 1 : items, sizeof *w->wave);
    return w->slot != NULL && w->wave != NULL;
}

void pg_waves_fini(struct pg_waves *w)
{
    free(w->slot);
    free(w->wave);
}

static uint64_t *slot_of(const struct pg_waves *w, uint64_t hash)
{
    hash = hash == 0 ? 1 : hash;
    size_t i = hash & w->mask;
    while (w->slot[2 * i] != 0 && w->slot[2 * i] != hash) {
        i = (i + 1) & w->mask;
    }
    w->slot[2 * i] = hash;
    return &w->slot[2 * i + 1];
}

void pg_waves_put(struct pg_waves *w, size_t item, const uint64_t *hashes, size_t n, bool alone)
{
    uint64_t wave = alone ? w->n : 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t used = *slot_of(w, hashes[i]);
        wave = used > wave ? used : wave;
    }
    for (size_t i = 0; i < n; i++) {
        *slot_of(w, hashes[i]) = wave + 1;
    }
    w->wave[item] = (uint32_t)wave;
    w->n = wave + 1 > w->n ? (uint32_t)wave + 1 : w->n;
}
