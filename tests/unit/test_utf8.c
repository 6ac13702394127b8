/* test_utf8.c: strict decoding, encoding, counting, repair.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "unit.h"

static void test_round_trip(void)
{
    int wrong = 0;
    for (int32_t cp = 0; cp <= 0x10FFFF; cp = cp == 0xD7FF ? 0xE000 : cp + 1) {
        char bytes[4];
        size_t at = 0, n = fn_utf8_encode(cp, bytes);
        wrong += fn_utf8_next((struct fn_str){bytes, n}, &at) != cp || at != n;
        at = 0;
        wrong += n > 1 && fn_utf8_next((struct fn_str){bytes, n - 1}, &at) != -1; /* cut short */
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* What yajl 2.1 lets through, and the other classics: overlong, surrogates, past the end, stray tails. */
static void test_invalid(void)
{
    static const char *const bad[] = {"\xC0\x80",
                                      "\xC1\xBF",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\x80",
                                      "\xBF",
                                      "\xE2\x82",
                                      "\xFE",
                                      "\xFF",
                                      "\xF8\x88\x80\x80\x80"};
    for (size_t i = 0; i < FN_COUNT(bad); i++) {
        size_t at = 0;
        CU_ASSERT_FALSE(fn_utf8_valid(fn_str_c(bad[i])));
        CU_ASSERT_EQUAL(fn_utf8_next(fn_str_c(bad[i]), &at), -1);
        CU_ASSERT_EQUAL(at, 1);
    }
    CU_ASSERT(fn_utf8_valid(FN_STR("a\xC2\x80\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xF0\x90\x80\x80\xF4\x8F\xBF\xBF")));
    CU_ASSERT(fn_utf8_valid(FN_STR_NULL));
}

static void test_count_and_cut(void)
{
    CU_ASSERT_EQUAL(fn_utf8_count(FN_STR("ação")), 4);
    CU_ASSERT_EQUAL(fn_utf8_count(FN_STR("a\xff\xff")), 3);
    CU_ASSERT_EQUAL(fn_utf8_cut(FN_STR("ação"), 2), 3);
    CU_ASSERT_EQUAL(fn_utf8_cut(FN_STR("ação"), 99), 6);
    CU_ASSERT_EQUAL(fn_utf8_cut(FN_STR("ação"), 0), 0);
}

static void test_repair(void)
{
    struct fn_buf b;
    fn_buf_init(&b, 100);
    fn_utf8_repair(&b, FN_STR("ol\xC3\xA1\xff\0\xC3!"));
    UNIT_ASSERT_STR(fn_buf_view(&b), "olá\uFFFD\uFFFD\uFFFD!");
    fn_buf_clear(&b);
    fn_utf8_repair(&b, FN_STR_NULL);
    CU_ASSERT_EQUAL(b.n, 0);
    fn_buf_fini(&b);
}

UNIT_SUITE("fn_utf8", {"round trip", test_round_trip}, {"invalid", test_invalid}, {"count and cut", test_count_and_cut},
           {"repair", test_repair})
