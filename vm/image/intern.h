/* intern.h: byte strings to small numbers, the same bytes to the same number, in the order of first sight.
 *
 * Open addressing in the builder's arena; the full hash is compared before the bytes. Never used on an image, only while one is written.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef INTERN_H
#define INTERN_H
#include "fn_arena.h"

struct intern_key {
    struct fn_str bytes; /* in the arena */
    uint64_t hash;
};
struct intern {
    struct fn_arena *arena;
    struct intern_key *keys;
    uint32_t *slots; /* number + 1; 0 free */
    uint32_t n, n_slots;
};

void intern_init(struct intern *set, struct fn_arena *arena);
/* The key's number; *fresh tells that it is new (set->n grew by one). UINT32_MAX when memory ran out. */
uint32_t intern_add(struct intern *set, struct fn_str key, bool *fresh);

#endif
