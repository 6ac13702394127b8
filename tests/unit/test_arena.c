/* test_arena.c: the arena's promises: zeroed, aligned, limited, sticky.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_arena.h"
#include "unit.h"

static bool is_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

static void test_zeroed_and_aligned(void)
{
    struct fn_arena a;
    fn_arena_init(&a, 1 << 20);
    for (size_t size = 0; size < 700; size++) {
        char *p = fn_arena_alloc(&a, size);
        CU_ASSERT_PTR_NOT_NULL_FATAL(p);
        CU_ASSERT_EQUAL((uintptr_t)p % FN_ARENA_ALIGN, 0);
        CU_ASSERT(is_zero(p, size));
        memset(p, 0xff, size);
    }
    fn_arena_reset(&a);
    CU_ASSERT(is_zero(fn_arena_alloc(&a, 2000), 2000));
    fn_arena_fini(&a);
    fn_arena_fini(&a);
}

static void test_limit(void)
{
    struct fn_arena a;
    fn_arena_init(&a, 1024);
    CU_ASSERT_PTR_NOT_NULL(fn_arena_alloc(&a, 1000));
    CU_ASSERT_PTR_NULL(fn_arena_alloc(&a, 1000));
    CU_ASSERT(a.failed);
    CU_ASSERT(a.used <= a.max);
    fn_arena_reset(&a);
    CU_ASSERT_FALSE(a.failed);
    CU_ASSERT_PTR_NOT_NULL(fn_arena_alloc(&a, 1000));
    CU_ASSERT_PTR_NULL(fn_arena_alloc(&a, SIZE_MAX));
    CU_ASSERT_PTR_NULL(fn_arena_array(&a, SIZE_MAX / 2, 3));
    fn_arena_fini(&a);
}

/* Whatever the sizes, what was given stays apart and whole. */
static void test_many_sizes(void)
{
    static unsigned char *parts[300];
    struct fn_arena a;
    fn_arena_init(&a, 8 << 20);
    for (size_t i = 0; i < FN_COUNT(parts); i++) {
        size_t size = i * i % 20011;
        parts[i] = fn_arena_alloc(&a, size + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(parts[i]);
        memset(parts[i], (int)(i & 255), size + 1);
    }
    for (size_t i = 0; i < FN_COUNT(parts); i++) {
        size_t size = i * i % 20011;
        CU_ASSERT(parts[i][0] == (i & 255) && parts[i][size] == (i & 255));
    }
    CU_ASSERT(a.used <= a.max);
    fn_arena_fini(&a);
}

static void test_texts(void)
{
    struct fn_arena a;
    fn_arena_init(&a, 4096);
    struct fn_str copy = fn_arena_dup(&a, FN_STR("ol\xC3\xA1"));
    UNIT_ASSERT_STR(copy, "olá");
    CU_ASSERT_EQUAL(copy.p[copy.n], '\0');
    CU_ASSERT_PTR_NOT_NULL(fn_arena_dup(&a, FN_STR_NULL).p);
    UNIT_ASSERT_STR(fn_arena_printf(&a, "%d-%s", 7, "x"), "7-x");
    UNIT_ASSERT_STR(FN_JOIN(&a, FN_STR("7"), FN_STR_NULL, FN_STR("-x")), "7-x");
    UNIT_ASSERT_STR(FN_JOIN(&a, FN_STR_NULL), "");
    CU_ASSERT_PTR_NULL(fn_arena_printf(&a, "%5000d", 1).p);
    CU_ASSERT(a.failed);
    fn_arena_fini(&a);
}

/* What a text tried in a block's rest leaves there is cleared: what comes there next is zero. */
static void test_text_that_did_not_fit(void)
{
    struct fn_arena a;
    fn_arena_init(&a, 1 << 16);
    CU_ASSERT_PTR_NOT_NULL(fn_arena_alloc(&a, 4000));
    struct fn_str text = fn_arena_printf(&a, "%0200d", 7);
    CU_ASSERT(text.n == 200 && text.p[199] == '7' && text.p[200] == '\0');
    for (size_t left = (size_t)(a.end - a.next); left >= 8; left -= 8) {
        const uint64_t *word = fn_arena_alloc(&a, 8);
        CU_ASSERT(word != NULL && *word == 0);
    }
    fn_arena_fini(&a);
}

static void test_reuse(void)
{
    struct fn_arena a;
    fn_arena_init(&a, 1 << 20);
    char *first = fn_arena_alloc(&a, 100);
    memset(first, 'x', 100);
    fn_arena_reuse(&a, 1 << 16, 4096);
    CU_ASSERT(a.head != NULL && a.max == 1 << 16);
    char *again = fn_arena_alloc(&a, 100);
    for (int i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL(again[i], 0);
    }
    CU_ASSERT_PTR_NOT_NULL(fn_arena_alloc(&a, 40000));
    CU_ASSERT_PTR_NULL(fn_arena_alloc(&a, 70000));
    fn_arena_reuse(&a, 1000, 1 << 20); /* its block holds more than it now may */
    CU_ASSERT_PTR_NULL(a.head);
    CU_ASSERT_FALSE(a.failed);
    fn_arena_fini(&a);
}

UNIT_SUITE("fn_arena", {"text that did not fit", test_text_that_did_not_fit}, {"reuse", test_reuse},
           {"zeroed and aligned", test_zeroed_and_aligned}, {"limit", test_limit}, {"many sizes", test_many_sizes},
           {"texts", test_texts})
