/* test_json.c: the JSON reader and writer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_json.h"
#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static struct fn_arena arena;

static enum fn_code parse(struct fn_str text, unsigned flags, const struct fn_json **out)
{
    struct fn_err err;
    fn_arena_fini(&arena);
    fn_arena_init(&arena, 32 << 20);
    *out = NULL;
    return fn_json_parse(&arena, text, flags, out, &err);
}

static enum fn_code code_of(const char *text, unsigned flags)
{
    const struct fn_json *v;
    return parse(fn_str_c(text), flags, &v);
}

static const struct fn_json *good(const char *text)
{
    const struct fn_json *v;
    CU_ASSERT_EQUAL(parse(fn_str_c(text), 0, &v), FN_OK);
    return v;
}

static void test_tree(void)
{
    const struct fn_json *v =
        good(" {\"a\": [1, \"x\\n\", null, true, false, {}], \"b\": {\"c\": {\"d\": \"deep\"}}} ");
    CU_ASSERT_EQUAL(v->n, 2);
    CU_ASSERT_EQUAL(fn_json_get(v, "a")->n, 6);
    UNIT_ASSERT_STR(fn_json_str(fn_json_at(fn_json_get(v, "a"), 1)), "x\n");
    CU_ASSERT_EQUAL(fn_json_at(fn_json_get(v, "a"), 3)->kind, FN_JSON_TRUE);
    UNIT_ASSERT_STR(fn_json_str(fn_json_path(v, "b.c.d")), "deep");
    CU_ASSERT_PTR_NULL(fn_json_path(v, "b.x.d"));
    CU_ASSERT_PTR_NULL(fn_json_path(v, "a.c"));
    CU_ASSERT_PTR_NULL(fn_json_at(fn_json_get(v, "a"), 6));
    CU_ASSERT_PTR_NULL(fn_json_get(NULL, "a"));
    CU_ASSERT_PTR_NULL(fn_json_str(fn_json_get(v, "a")).p);
}

/* In the spirit of the JSONTestSuite: each of these is one rule of RFC 8259. */
/* clang-format off */
static const char *const malformed[] = {
    "", " ", "nul", "nulll", "True", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "}", "{\"a\"", "{\"a\":",
    "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{\"a\" 1}", "{1:1}", "[1}", "{\"a\":1]",
    "01", "-", "+1", ".5", "1.", "1.e3", "1e", "1e+", "0x10", "1_000", "NaN", "Infinity", "-Infinity", "--1", "1 1",
    "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\n\"", "\"\t\"", "\"\x1f\"", "'a'",
    "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD800\\u0041\"", "\"\\u0000\"", "\"\xff\"", "\"\xED\xA0\x80\"",
    "\"\xC0\x80\"", "\xEF\xBB\xBF{}", "[1]//", "/**/1", "[1]\x01", "\"\\", "\"\\u", "{\"a\":1,\"a\":2}",
    "{\"\":1,\"b\":2,\"\":3}",
};
/* clang-format on */

static void test_rejects(void)
{
    for (size_t i = 0; i < FN_COUNT(malformed); i++) {
        enum fn_code code = code_of(malformed[i], 0);
        if (code != FN_INVALID) {
            printf("\naccepted: %s\n", malformed[i]);
        }
        CU_ASSERT_EQUAL(code, FN_INVALID);
    }
    const struct fn_json *v;
    CU_ASSERT_EQUAL(parse(FN_STR("1\0"), 0, &v), FN_INVALID);
    CU_ASSERT_EQUAL(parse(FN_STR("\"a\0b\""), 0, &v), FN_INVALID);
}

static void test_accepts(void)
{
    static const char *const fine[] = {"0",
                                       "-0",
                                       "1e5",
                                       "1E-5",
                                       "1.25e+10",
                                       "\"\"",
                                       "[]",
                                       "{}",
                                       "[[]]",
                                       "\"\\u00e9\"",
                                       "\"\\ud83d\\ude00\"",
                                       "\"/\\/\"",
                                       "\x20\t\r\n1\n",
                                       "\"\x7f\"",
                                       "{\"\":1}"};
    for (size_t i = 0; i < FN_COUNT(fine); i++) {
        CU_ASSERT_EQUAL(code_of(fine[i], 0), FN_OK);
    }
    UNIT_ASSERT_STR(fn_json_str(good("\"\\ud83d\\ude00 \\u00E9\\u0041\"")), "😀 éA");
}

/* A provider's body is never lost to one bad character. */
static void test_repair(void)
{
    const struct fn_json *v;
    CU_ASSERT_EQUAL(parse(FN_STR("\"a\\u0000b\\ud800c\\udc00\xff\xED\xA0\x80z\""), FN_JSON_REPAIR, &v), FN_OK);
    UNIT_ASSERT_STR(fn_json_str(v), "a\uFFFDb\uFFFDc\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDz");
    CU_ASSERT_EQUAL(parse(FN_STR("\"\\ud83d\\u0041\""), FN_JSON_REPAIR, &v), FN_OK);
    UNIT_ASSERT_STR(fn_json_str(v), "\uFFFDA");
    CU_ASSERT_EQUAL(code_of("\"\\x\"", FN_JSON_REPAIR), FN_INVALID);
}

static void test_duplicates(void)
{
    const struct fn_json *v;
    int64_t n = 0;
    struct fn_str text = FN_STR("{\"a\":1,\"b\":2,\"a\":3,\"c\":4,\"b\":5}");
    CU_ASSERT_EQUAL(parse(text, FN_JSON_ALLOW_DUPLICATES, &v), FN_OK);
    CU_ASSERT_EQUAL(v->n, 3);
    CU_ASSERT(fn_json_int(fn_json_get(v, "a"), &n) && n == 3);
    CU_ASSERT(fn_json_int(fn_json_get(v, "b"), &n) && n == 5);
    struct fn_buf b;
    fn_buf_init(&b, 100);
    fn_json_put_value(&b, v);
    UNIT_ASSERT_STR(fn_buf_view(&b), "{\"a\":3,\"c\":4,\"b\":5}");
    fn_buf_fini(&b);
    CU_ASSERT_EQUAL(code_of("[{\"a\":1},{\"a\":1}]", 0), FN_OK);
}

/* More keys than are held against each other: the last is the first again, or not. */
static void test_many_keys(void)
{
    for (int n = 2; n <= 40; n++) {
        for (int twice = 0; twice < 2; twice++) {
            struct fn_buf b;
            fn_buf_init(&b, 1000);
            fn_buf_char(&b, '{');
            for (int i = 0; i < n; i++) {
                fn_buf_printf(&b, "%s\"k%02d\":%d", i > 0 ? "," : "", i == n - 1 && twice ? 0 : i, i);
            }
            fn_buf_char(&b, '}');
            const struct fn_json *v;
            CU_ASSERT_EQUAL(parse(fn_buf_view(&b), 0, &v), twice ? FN_INVALID : FN_OK);
            CU_ASSERT_EQUAL(parse(fn_buf_view(&b), FN_JSON_ALLOW_DUPLICATES, &v), FN_OK);
            CU_ASSERT_EQUAL(v->n, (size_t)(n - twice));
            fn_buf_fini(&b);
        }
    }
}

/* Texts are looked at eight bytes at a time: what ends or spoils one is seen at each place of them. */
static void test_each_place(void)
{
    static const unsigned char odd[] = {'"', '\\', 0x01, 0x1f, 0x80, 0xff};
    for (size_t n = 1; n <= 24; n++) {
        for (size_t at = 0; at < n; at++) {
            for (size_t i = 0; i < FN_COUNT(odd); i++) {
                char text[32];
                const struct fn_json *v;
                memset(text, '~', sizeof text);
                text[0] = text[n + 1] = '"';
                struct fn_str whole = {text, n + 2};
                CU_ASSERT_EQUAL(parse(whole, 0, &v), FN_OK);
                CU_ASSERT_EQUAL(fn_json_str(v).n, n);
                text[1 + at] = (char)odd[i];
                CU_ASSERT_EQUAL(parse(whole, 0, &v), FN_INVALID);
            }
        }
    }
}

static void repeat(struct fn_buf *b, const char *z, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        fn_buf_z(b, z);
    }
}

/* 300,000 nested arrays end yajl's tree with a stack overflow; here 64 is the end. */
static void test_limits(void)
{
    const struct fn_json *v;
    struct fn_buf b;
    fn_buf_init(&b, 4 << 20);
    repeat(&b, "[", 64);
    repeat(&b, "]", 64);
    CU_ASSERT_EQUAL(parse(fn_buf_view(&b), 0, &v), FN_OK);
    fn_buf_clear(&b);
    repeat(&b, "[", 300000);
    repeat(&b, "]", 300000);
    CU_ASSERT_EQUAL(parse(fn_buf_view(&b), 0, &v), FN_LIMIT);
    fn_buf_clear(&b);
    fn_buf_z(&b, "[0");
    repeat(&b, ",0", 99998);
    fn_buf_z(&b, "]");
    CU_ASSERT_EQUAL(parse(fn_buf_view(&b), 0, &v), FN_OK);
    b.n--;
    fn_buf_z(&b, ",0]");
    CU_ASSERT_EQUAL(parse(fn_buf_view(&b), 0, &v), FN_LIMIT);
    fn_buf_fini(&b);
}

static void test_no_memory(void)
{
    struct fn_arena small;
    struct fn_err err;
    const struct fn_json *v = NULL;
    for (size_t max = 0; max < 600; max += 16) {
        fn_arena_init(&small, max);
        enum fn_code code = fn_json_parse(&small, FN_STR("{\"a\":[1,2,\"b\"],\"c\":\"d\"}"), 0, &v, &err);
        CU_ASSERT(code == FN_OK || code == FN_NO_MEMORY);
        CU_ASSERT_EQUAL(code == FN_OK, v != NULL);
        v = NULL;
        fn_arena_fini(&small);
    }
}

static void expect_int(const char *text, bool is_int, int64_t want)
{
    int64_t got = 0;
    bool ok = fn_json_int(good(text), &got);
    if (ok != is_int || (ok && got != want)) {
        printf("\nfn_json_int(%s)\n", text);
    }
    CU_ASSERT_EQUAL(ok, is_int);
    CU_ASSERT(!ok || got == want);
}

static void test_int(void)
{
    expect_int("0", true, 0);
    expect_int("-0.0e5", true, 0);
    expect_int("0e99999999999999999999", true, 0);
    expect_int("12.0", true, 12);
    expect_int("1e3", true, 1000);
    expect_int("1.5e1", true, 15);
    expect_int("1200e-2", true, 12);
    expect_int("100000000000000000000000e-5", true, 1000000000000000000);
    expect_int("0.0000000000000000000000012e25", true, 12);
    expect_int("9223372036854775807", true, INT64_MAX);
    expect_int("-9223372036854775808", true, INT64_MIN);
    expect_int("9223372036854775808", false, 0);
    expect_int("-9223372036854775809", false, 0);
    expect_int("18446744073709551616", false, 0);
    expect_int("1e19", false, 0);
    expect_int("1e400", false, 0);
    expect_int("0.5", false, 0);
    expect_int("1e-1", false, 0);
    expect_int("\"1\"", false, 0);
}

static void test_num(void)
{
    double d = 0;
    CU_ASSERT(fn_json_num(good("0.1"), &d) && d == 0.1);
    CU_ASSERT(fn_json_num(good("-1e-400"), &d) && d == 0.0);
    CU_ASSERT_FALSE(fn_json_num(good("1e400"), &d));
    CU_ASSERT_FALSE(fn_json_num(good("true"), &d));
    CU_ASSERT_FALSE(fn_json_num(NULL, &d));
}

static void expect_num(double v, const char *want)
{
    struct fn_buf b;
    fn_buf_init(&b, 64);
    fn_json_put_num(&b, v);
    UNIT_ASSERT_STR(fn_buf_view(&b), want);
    fn_buf_fini(&b);
}

static void test_put_num(void)
{
    expect_num(0.1, "0.1");
    expect_num(1.0 / 3, "0.3333333333333333");
    expect_num(-12, "-12");
    expect_num(9007199254740991, "9007199254740991");
    expect_num(1e300, "1e+300");
    expect_num(5e-324, "5e-324");
    expect_num(DBL_MAX, "1.7976931348623157e+308");
    expect_num(-0.0, "0");
    expect_num((double)INFINITY, "null");
    expect_num((double)NAN, "null");
}

static void test_put_str(void)
{
    struct fn_buf b;
    fn_buf_init(&b, 200);
    fn_json_put_str(&b, FN_STR("a\"\\\n\t\r\b\f\x01</script>\x7f\xff é"));
    UNIT_ASSERT_STR(fn_buf_view(&b), "\"a\\\"\\\\\\n\\t\\r\\b\\f\\u0001\\u003c/script>\\u007f\uFFFD é\"");
    fn_buf_clear(&b);
    fn_json_put_str(&b, FN_STR_NULL);
    UNIT_ASSERT_STR(fn_buf_view(&b), "\"\"");
    fn_buf_fini(&b);
}

static void test_commas(void)
{
    struct fn_buf b;
    fn_buf_init(&b, 200);
    fn_buf_char(&b, '{');
    fn_json_put_key(&b, "a");
    fn_buf_char(&b, '[');
    for (int i = 0; i < 3; i++) {
        fn_json_comma(&b);
        fn_json_put_num(&b, i);
    }
    fn_buf_char(&b, ']');
    fn_json_put_key(&b, "b");
    fn_json_put_str(&b, FN_STR(","));
    fn_json_put_key(&b, "c");
    fn_buf_z(&b, "{}}");
    UNIT_ASSERT_STR(fn_buf_view(&b), "{\"a\":[0,1,2],\"b\":\",\",\"c\":{}}");
    fn_buf_fini(&b);
}

static void test_put_value(void)
{
    static const char *const same[] = {"null",
                                       "[]",
                                       "{}",
                                       "[[],[{}],[[1]]]",
                                       "{\"a\":{\"b\":[1,{\"c\":null}]},\"d\":\"e\"}",
                                       "[1.50,-0,1e5]",
                                       "[{\"x\":[]},{\"y\":{}}]"};
    struct fn_buf b;
    fn_buf_init(&b, 1000);
    for (size_t i = 0; i < FN_COUNT(same); i++) {
        fn_buf_clear(&b);
        fn_json_put_value(&b, good(same[i]));
        UNIT_ASSERT_STR(fn_buf_view(&b), same[i]);
    }
    fn_buf_clear(&b);
    fn_json_put_value(&b, fn_json_get(good("{\"a\":[1,2],\"b\":3}"), "a")); /* a part, not what follows it */
    UNIT_ASSERT_STR(fn_buf_view(&b), "[1,2]");
    fn_buf_fini(&b);
    fn_arena_fini(&arena);
}

UNIT_SUITE("fn_json", {"tree", test_tree}, {"rejects", test_rejects}, {"accepts", test_accepts},
           {"repair", test_repair}, {"duplicates", test_duplicates}, {"many keys", test_many_keys},
           {"each place", test_each_place}, {"limits", test_limits}, {"no memory", test_no_memory}, {"int", test_int},
           {"num", test_num}, {"put_num", test_put_num}, {"put_str", test_put_str}, {"commas", test_commas},
           {"put_value", test_put_value})
