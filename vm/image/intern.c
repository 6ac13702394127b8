/* intern.c: see intern.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "intern.h"

enum { SLOTS_FIRST = 64 }; /* a power of two */

void intern_init(struct intern *set, struct fn_arena *arena)
{
    *set = (struct intern){.arena = arena};
}

/* The slot that holds the key, or the free slot where it belongs. */
static uint32_t find_slot(const struct intern *set, struct fn_str key, uint64_t hash)
{
    uint32_t mask = set->n_slots - 1;
    uint32_t at = (uint32_t)(hash ^ hash >> 32) & mask;
    while (set->slots[at] != 0) {
        const struct intern_key *there = &set->keys[set->slots[at] - 1];
        if (there->hash == hash && fn_str_eq(there->bytes, key)) {
            break;
        }
        at = (at + 1) & mask;
    }
    return at;
}

/* Twice the slots and keys; the old arrays stay in the arena, together smaller than the new ones. */
static bool grow(struct intern *set)
{
    uint32_t n_slots = set->n_slots == 0 ? SLOTS_FIRST : set->n_slots * 2;
    uint32_t *slots = fn_arena_array(set->arena, n_slots, sizeof *slots);
    struct intern_key *keys = fn_arena_array(set->arena, n_slots / 2, sizeof *keys);
    if (slots == NULL || keys == NULL) {
        return false;
    }
    if (set->n != 0) {
        memcpy(keys, set->keys, set->n * sizeof *keys);
    }
    set->keys = keys;
    set->slots = slots;
    set->n_slots = n_slots;
    for (uint32_t i = 0; i < set->n; i++) {
        slots[find_slot(set, keys[i].bytes, keys[i].hash)] = i + 1;
    }
    return true;
}

uint32_t intern_add(struct intern *set, struct fn_str key, bool *fresh)
{
    uint64_t hash = fn_hash(key.p, key.n);
    *fresh = false;
    if (set->n * 2 >= set->n_slots && !grow(set)) {
        return UINT32_MAX;
    }
    uint32_t at = find_slot(set, key, hash);
    if (set->slots[at] != 0) {
        return set->slots[at] - 1;
    }
    struct fn_str kept = fn_arena_dup(set->arena, key);
    if (kept.p == NULL) {
        return UINT32_MAX;
    }
    set->keys[set->n] = (struct intern_key){kept, hash};
    set->slots[at] = ++set->n;
    *fresh = true;
    return set->n - 1;
}
