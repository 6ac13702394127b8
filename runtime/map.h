/* map.h: (int64, int64) -> pointer, open addressing. Pointers are the caller's; NULL is no value.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RUNTIME_MAP_H
#define RUNTIME_MAP_H
#include "fn_base.h"

struct map_slot {
    int64_t a, b;
    void *value;
};
struct map {
    struct map_slot *slots;
    size_t n, cap; /* cap is 0 or a power of two */
};
void map_fini(struct map *m);
void *map_get(const struct map *m, int64_t a, int64_t b);
/* Replaces. false: no memory. */
FN_MUST_USE bool map_put(struct map *m, int64_t a, int64_t b, void *value);
void map_del(struct map *m, int64_t a, int64_t b);
#endif
