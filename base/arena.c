/* arena.c: a chain of blocks; the newest is cut from until it is used up.
 *
 * `used` counts the room of all blocks, so the maximum bounds what the process holds, not what was asked for. A request
 * of more than half a fresh block gets a block of its own, and the head stays the one with the larger rest.
 * Blocks come zeroed, from calloc or, when large, as huge pages from the system; what is cut from them is not cleared again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, madvise */
#include "fn_arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = (4 << 20) - 64, HUGE_PAGE = 2 << 20 };

struct fn_arena_block {
    struct fn_arena_block *older;
    size_t room;
    _Alignas(FN_ARENA_ALIGN) char bytes[];
};

void fn_arena_init(struct fn_arena *a, size_t max)
{
    *a = (struct fn_arena){.max = max};
}

static bool is_mapped(size_t room)
{
    return (room + sizeof(struct fn_arena_block)) % HUGE_PAGE == 0;
}

static void free_chain(struct fn_arena_block *block)
{
    while (block != NULL) {
        struct fn_arena_block *older = block->older;
        if (is_mapped(block->room)) {
            munmap(block, sizeof *block + block->room);
        } else {
            free(block);
        }
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
    memset(a->head->bytes, 0, (size_t)(a->next - a->head->bytes));
    a->next = a->head->bytes;
    a->end = a->head->bytes + a->head->room;
}

void fn_arena_reuse(struct fn_arena *a, size_t max, size_t keep)
{
    if (a->head == NULL || a->head->room > keep || a->head->room > max) {
        fn_arena_fini(a);
    } else {
        fn_arena_reset(a);
    }
    a->max = max;
}

static void *fail(struct fn_arena *a)
{
    a->failed = true;
    return NULL;
}

/* What the next block should hold for a request of `size`: doubling, within the limit. 0 when the limit is in the way. */
static size_t block_room(const struct fn_arena *a, size_t size, bool *ret_own)
{
    size_t left = a->max - a->used;
    size_t room = a->used < FIRST_BLOCK ? FIRST_BLOCK : a->used;
    room = room > LARGEST_BLOCK ? LARGEST_BLOCK : room;
    *ret_own = size > room / 2 && a->head != NULL;
    room = size > room / 2 ? size : room;
    if (room >= HUGE_PAGE / 2 && room <= left - (left < HUGE_PAGE ? left : HUGE_PAGE)) {
        size_t whole = (room + sizeof(struct fn_arena_block) + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
        room = whole - sizeof(struct fn_arena_block);
    }
    room = room > left ? left : room;
    return room < size ? 0 : room;
}

/* Whole huge pages: a large compile spends half its time in page faults otherwise. The mapping is made too long to be aligned. */
static struct fn_arena_block *map_block(size_t size)
{
    size_t most;
    if (!fn_add_size(size, HUGE_PAGE, &most)) {
        return NULL;
    }
    char *p = mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        return NULL;
    }
    size_t before = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
    if (before > 0) {
        munmap(p, before);
    }
    munmap(p + before + size, HUGE_PAGE - before);
    (void)madvise(p + before, size, MADV_HUGEPAGE); /* only a wish */
    return (struct fn_arena_block *)(void *)(p + before);
}

/* A new zeroed block with room for `size`, linked in. NULL past the limit or when there is no memory. */
static struct fn_arena_block *add_block(struct fn_arena *a, size_t size)
{
    bool own;
    size_t room = block_room(a, size, &own);
    struct fn_arena_block *block = NULL;
    if (room != 0) {
        block = is_mapped(room) ? map_block(sizeof *block + room) : calloc(1, sizeof *block + room);
    }
    if (block == NULL) {
        return NULL;
    }
    block->room = room;
    a->used += room;
    if (own && room - size <= (size_t)(a->end - a->next)) {
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

void *fn_arena_alloc_block(struct fn_arena *a, size_t size)
{
    size_t padded;
    if (!fn_add_size(size == 0 ? 1 : size, FN_ARENA_ALIGN - 1, &padded)) {
        return fail(a);
    }
    padded &= ~(size_t)(FN_ARENA_ALIGN - 1);
    struct fn_arena_block *block = add_block(a, padded);
    if (block == NULL) {
        return fail(a);
    }
    if (block != a->head) {
        return block->bytes;
    }
    char *out = a->next;
    a->next += padded;
    return out;
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

struct fn_str fn_arena_join(struct fn_arena *a, const struct fn_str *parts, size_t n)
{
    size_t size = 1;
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        good = good && fn_add_size(size, parts[i].n, &size);
    }
    char *all = good ? fn_arena_alloc(a, size) : fail(a), *at = all;
    for (size_t i = 0; i < n && all != NULL; i++) {
        if (parts[i].n != 0) {
            memcpy(at, parts[i].p, parts[i].n);
            at += parts[i].n;
        }
    }
    return all != NULL ? (struct fn_str){all, size - 1} : FN_STR_NULL;
}

struct fn_str fn_arena_printf(struct fn_arena *a, const char *format, ...)
{
    /* Straight to where it will most likely lie; what did not fit is cleared again, for what comes there is to be zero. */
    va_list args;
    size_t room = (size_t)(a->end - a->next);
    va_start(args, format);
    int n = vsnprintf(a->next, room, format, args);
    va_end(args);
    bool fits = n >= 0 && (size_t)n < room;
    if (!fits && room > 0) {
        memset(a->next, 0, room);
    }
    char *out = n >= 0 ? fn_arena_alloc(a, (size_t)n + 1) : fail(a);
    if (out == NULL || fits) {
        return out != NULL ? (struct fn_str){out, (size_t)n} : FN_STR_NULL;
    }
    va_start(args, format);
    vsnprintf(out, (size_t)n + 1, format, args);
    va_end(args);
    return (struct fn_str){out, (size_t)n};
}
