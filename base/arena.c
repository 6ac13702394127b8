/* arena.c: a chain of blocks; the newest is cut from until it is used up.
 *
 * `used` counts the room of all blocks, so the maximum bounds what the process holds, not what was asked for. A request
 * of more than half a fresh block gets a block of its own behind the head, so that the head's rest is not wasted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ALIGN = 16, FIRST_BLOCK = 4096, LARGEST_BLOCK = 256 * 1024 };

struct fn_arena_block {
    struct fn_arena_block *older;
    size_t room;
    _Alignas(ALIGN) char bytes[];
};

void fn_arena_init(struct fn_arena *a, size_t max)
{
    *a = (struct fn_arena){.max = max};
}

static void free_chain(struct fn_arena_block *block)
{
    while (block != NULL) {
        struct fn_arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void fn_arena_fini(struct fn_arena *a)
{
    free_chain(a->head);
    fn_arena_init(a, a->max);
}

void fn_arena_reset(struct fn_arena *a)
{
    a->failed = false;
    if (a->head == NULL) {
        return;
    }
    free_chain(a->head->older);
    a->head->older = NULL;
    a->used = a->head->room;
    a->next = a->head->bytes;
    a->end = a->head->bytes + a->head->room;
}

static void *fail(struct fn_arena *a)
{
    a->failed = true;
    return NULL;
}

/* What the next block should hold for a request of `size`: doubling, within the limit. 0 when the limit is in the way. */
static size_t block_room(const struct fn_arena *a, size_t size)
{
    size_t left = a->max - a->used;
    size_t room = a->used < FIRST_BLOCK ? FIRST_BLOCK : a->used;
    room = room > LARGEST_BLOCK ? LARGEST_BLOCK : room;
    room = size > room / 2 ? size : room;
    room = room > left ? left : room;
    return room < size ? 0 : room;
}

/* A new block with room for `size`, linked in. NULL past the limit or when malloc fails. */
static struct fn_arena_block *add_block(struct fn_arena *a, size_t size)
{
    size_t room = block_room(a, size);
    struct fn_arena_block *block = room != 0 ? malloc(sizeof *block + room) : NULL;
    if (block == NULL) {
        return NULL;
    }
    block->room = room;
    a->used += room;
    bool own = room == size && a->head != NULL;
    if (own) {
        block->older = a->head->older;
        a->head->older = block;
    } else {
        block->older = a->head;
        a->head = block;
        a->next = block->bytes;
        a->end = block->bytes + room;
    }
    return block;
}

void *fn_arena_alloc(struct fn_arena *a, size_t size)
{
    size_t padded;
    if (!fn_add_size(size == 0 ? 1 : size, ALIGN - 1, &padded)) {
        return fail(a);
    }
    padded &= ~(size_t)(ALIGN - 1);
    if (a->head == NULL || (size_t)(a->end - a->next) < padded) {
        struct fn_arena_block *block = add_block(a, padded);
        if (block == NULL) {
            return fail(a);
        }
        if (block != a->head) {
            return memset(block->bytes, 0, padded);
        }
    }
    char *out = a->next;
    a->next += padded;
    return memset(out, 0, padded);
}

void *fn_arena_array(struct fn_arena *a, size_t n, size_t size)
{
    size_t total;
    return fn_mul_size(n, size, &total) ? fn_arena_alloc(a, total) : fail(a);
}

struct fn_str fn_arena_dup(struct fn_arena *a, struct fn_str s)
{
    size_t size;
    char *copy = fn_add_size(s.n, 1, &size) ? fn_arena_alloc(a, size) : fail(a);
    if (copy == NULL) {
        return FN_STR_NULL;
    }
    if (s.n != 0) {
        memcpy(copy, s.p, s.n);
    }
    return (struct fn_str){copy, s.n};
}

struct fn_str fn_arena_printf(struct fn_arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *out = n >= 0 ? fn_arena_alloc(a, (size_t)n + 1) : fail(a);
    if (out == NULL) {
        return FN_STR_NULL;
    }
    va_start(args, format);
    vsnprintf(out, (size_t)n + 1, format, args);
    va_end(args);
    return (struct fn_str){out, (size_t)n};
}
