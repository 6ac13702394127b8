/* map.c: linear probing with backward-shift deletion; at most three quarters full.
 * SPDX-License-Identifier: Apache-2.0 */
#include "map.h"

#include <stdlib.h>

static size_t home(const struct map *m, int64_t a, int64_t b)
{
    uint64_t h = (uint64_t)a * 0x9e3779b97f4a7c15u ^ (uint64_t)b * 0xc2b2ae3d27d4eb4fu;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9u;
    return (size_t)(h ^ (h >> 32)) & (m->cap - 1);
}

/* Where (a, b) is, or the free slot where it would be put. */
static size_t find(const struct map *m, int64_t a, int64_t b)
{
    size_t i = home(m, a, b);
    while (m->slots[i].value != NULL && (m->slots[i].a != a || m->slots[i].b != b)) {
        i = (i + 1) & (m->cap - 1);
    }
    return i;
}

void map_fini(struct map *m)
{
    free(m->slots);
    *m = (struct map){0};
}

void *map_get(const struct map *m, int64_t a, int64_t b)
{
    return m->cap == 0 ? NULL : m->slots[find(m, a, b)].value;
}

static bool grow(struct map *m)
{
    struct map bigger = {.cap = m->cap == 0 ? 16 : m->cap * 2};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (bigger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i].value != NULL) {
            bigger.slots[find(&bigger, m->slots[i].a, m->slots[i].b)] = m->slots[i];
        }
    }
    bigger.n = m->n;
    free(m->slots);
    *m = bigger;
    return true;
}

bool map_put(struct map *m, int64_t a, int64_t b, void *value)
{
    if (m->n + 1 > m->cap / 4 * 3 && !grow(m)) {
        return false;
    }
    size_t i = find(m, a, b);
    m->n += m->slots[i].value == NULL;
    m->slots[i] = (struct map_slot){a, b, value};
    return true;
}

void map_del(struct map *m, int64_t a, int64_t b)
{
    if (m->cap == 0) {
        return;
    }
    size_t hole = find(m, a, b);
    if (m->slots[hole].value == NULL) {
        return;
    }
    m->n--;
    for (size_t i = (hole + 1) & (m->cap - 1); m->slots[i].value != NULL; i = (i + 1) & (m->cap - 1)) {
        size_t want = home(m, m->slots[i].a, m->slots[i].b);
        if (((i - want) & (m->cap - 1)) >= ((i - hole) & (m->cap - 1))) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole].value = NULL;
}
