/* test_buf.c: the bounded buffer and the bounds-checked reader.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_buf.h"
#include "unit.h"

static void test_grows(void)
{
    struct fn_buf b;
    fn_buf_init(&b, 100000);
    for (int i = 0; i < 10000; i++) {
        fn_buf_char(&b, (char)('a' + i % 26));
    }
    CU_ASSERT_EQUAL(b.n, 10000);
    CU_ASSERT_EQUAL(b.p[b.n], '\0');
    CU_ASSERT_EQUAL(b.p[9999], 'a' + 9999 % 26);
    fn_buf_fini(&b);
}

static void test_stops_at_max(void)
{
    struct fn_buf b;
    fn_buf_init(&b, 5);
    fn_buf_z(&b, "abc");
    fn_buf_z(&b, "def");
    CU_ASSERT(b.failed);
    UNIT_ASSERT_STR(fn_buf_view(&b), "abc");
    fn_buf_z(&b, "d");
    UNIT_ASSERT_STR(fn_buf_view(&b), "abc");
    fn_buf_clear(&b);
    fn_buf_z(&b, "12345");
    CU_ASSERT_FALSE(b.failed);
    UNIT_ASSERT_STR(fn_buf_view(&b), "12345");
    CU_ASSERT_PTR_NULL(fn_buf_reserve(&b, SIZE_MAX));
    fn_buf_fini(&b);
}

static void test_zero_max(void)
{
    struct fn_buf b;
    fn_buf_init(&b, 0);
    fn_buf_put(&b, NULL, 0);
    CU_ASSERT_FALSE(b.failed);
    fn_buf_char(&b, 'x');
    CU_ASSERT(b.failed);
    fn_buf_fini(&b);
}

static void test_printf(void)
{
    struct fn_buf b;
    fn_buf_init(&b, 8);
    fn_buf_printf(&b, "%04d|", 42);
    fn_buf_printf(&b, "%s", "");
    UNIT_ASSERT_STR(fn_buf_view(&b), "0042|");
    fn_buf_printf(&b, "%d", 1234);
    CU_ASSERT(b.failed);
    UNIT_ASSERT_STR(fn_buf_view(&b), "0042|");
    fn_buf_fini(&b);
}

static void test_integers_both_ways(void)
{
    struct fn_buf b;
    fn_buf_init(&b, 64);
    fn_buf_u16(&b, 0xBEEF);
    fn_buf_u32(&b, 0xDEADBEEFu);
    fn_buf_u64(&b, 0x0123456789ABCDEFu);
    fn_buf_z(&b, "tail");
    CU_ASSERT_EQUAL((unsigned char)b.p[0], 0xEF);
    struct fn_reader r;
    fn_reader_init(&r, b.p, b.n);
    CU_ASSERT_EQUAL(fn_read_u16(&r), 0xBEEF);
    CU_ASSERT_EQUAL(fn_read_u32(&r), 0xDEADBEEFu);
    CU_ASSERT_EQUAL(fn_read_u64(&r), 0x0123456789ABCDEFu);
    CU_ASSERT_EQUAL(fn_read_u8(&r), 't');
    UNIT_ASSERT_STR(fn_read_bytes(&r, 3), "ail");
    CU_ASSERT_EQUAL(fn_reader_left(&r), 0);
    CU_ASSERT_FALSE(r.bad);
    fn_buf_fini(&b);
}

static void test_reader_stays_bad(void)
{
    struct fn_reader r;
    fn_reader_init(&r, "\1\2\3", 3);
    CU_ASSERT_EQUAL(fn_read_u32(&r), 0);
    CU_ASSERT(r.bad);
    CU_ASSERT_EQUAL(fn_read_u8(&r), 0);
    CU_ASSERT_EQUAL(fn_reader_left(&r), 0);
    fn_reader_init(&r, "abc", 3);
    CU_ASSERT_PTR_NULL(fn_read_bytes(&r, SIZE_MAX).p);
    CU_ASSERT(r.bad);
}

static void test_reuse(void)
{
    struct fn_buf b;
    fn_buf_init(&b, 1000);
    fn_buf_put(&b, "0123456789012345678901234567890123456789", 40);
    const char *p = b.p;
    fn_buf_reuse(&b, 10, 1000);
    CU_ASSERT(b.p == p && b.n == 0);
    for (int i = 0; i < 20; i++) {
        fn_buf_char(&b, 'x');
    }
    CU_ASSERT(b.failed && b.n == 10);
    fn_buf_reuse(&b, 100, 1000);
    CU_ASSERT_FALSE(b.failed);
    fn_buf_put(&b, "0123456789012345678901234567890123456789", 40);
    CU_ASSERT_EQUAL(b.n, 40);
    fn_buf_reuse(&b, 100, 8);
    CU_ASSERT_PTR_NULL(b.p);
    fn_buf_fini(&b);
}

UNIT_SUITE("fn_buf", {"reuse", test_reuse}, {"grows", test_grows}, {"stops at max", test_stops_at_max},
           {"zero max", test_zero_max}, {"printf", test_printf}, {"integers both ways", test_integers_both_ways},
           {"reader stays bad", test_reader_stays_bad})
