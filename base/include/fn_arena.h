/* fn_arena.h: memory with one lifetime (a compile, a request, a turn). Nothing in it is freed alone.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FN_ARENA_H
#define FN_ARENA_H
#include "fn_base.h"

struct fn_arena_block;
struct fn_arena {
    struct fn_arena_block *head;
    char *next, *end;
    size_t used, max; /* bytes handed to blocks; hard limit */
    bool failed;      /* sticky: some allocation returned NULL */
};

void fn_arena_init(struct fn_arena *a, size_t max);
void fn_arena_fini(struct fn_arena *a);  /* frees all; safe twice */
void fn_arena_reset(struct fn_arena *a); /* frees all but one block, keeps max */
void fn_arena_reuse(struct fn_arena *a, size_t max,
                    size_t keep); /* reset, with another max; frees all when that block has more than keep */
/* Zeroed, 8-byte aligned: for pointers, 64-bit numbers and what is made of them. NULL past max or when malloc fails; sets failed. */
static inline void *fn_arena_alloc(struct fn_arena *a, size_t size);
/* n * size, checked for overflow. */
void *fn_arena_array(struct fn_arena *a, size_t n, size_t size);
/* A copy with a NUL behind it (not counted in n). {NULL,0} on failure. */
struct fn_str fn_arena_dup(struct fn_arena *a, struct fn_str s);
struct fn_str fn_arena_printf(struct fn_arena *a, const char *format, ...) FN_PRINTF(2, 3);

/* The parts one behind the other, as fn_arena_dup; a fifth of what printing them takes. FN_JOIN(arena, part, ...). */
struct fn_str fn_arena_join(struct fn_arena *a, const struct fn_str *parts, size_t n);
#define FN_JOIN(arena, ...)                                      \
    fn_arena_join((arena), (const struct fn_str[]){__VA_ARGS__}, \
                  sizeof((const struct fn_str[]){__VA_ARGS__}) / sizeof(struct fn_str))

/* fn_arena_alloc when the newest block has no room left. */
void *fn_arena_alloc_block(struct fn_arena *a, size_t size);

enum { FN_ARENA_ALIGN = 8 };
static inline void *fn_arena_alloc(struct fn_arena *a, size_t size)
{
    size_t room = (size_t)(a->end - a->next),
           padded = (size + (size == 0) + FN_ARENA_ALIGN - 1) & ~(size_t)(FN_ARENA_ALIGN - 1);
    if (size > room || padded > room) {
        return fn_arena_alloc_block(a, size);
    }
    char *out = a->next;
    a->next += padded;
    return out;
}

#endif
