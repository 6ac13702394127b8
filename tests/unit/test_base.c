/* test_base.c: strings, errors, hashing, CRC-32C.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_base.h"
#include "unit.h"

static void test_compare(void)
{
    CU_ASSERT(fn_str_cmp(FN_STR("a"), FN_STR("b")) < 0);
    CU_ASSERT(fn_str_cmp(FN_STR("ab"), FN_STR("a")) > 0);
    CU_ASSERT(fn_str_cmp(FN_STR("\xff"), FN_STR("a")) > 0);
    CU_ASSERT_EQUAL(fn_str_cmp(FN_STR_NULL, FN_STR("")), 0);
    CU_ASSERT(fn_str_eq(FN_STR_NULL, FN_STR("")));
    CU_ASSERT_FALSE(fn_str_eq(FN_STR("ab"), FN_STR("ac")));
    CU_ASSERT(fn_str_starts(FN_STR("abc"), FN_STR("ab")));
    CU_ASSERT(fn_str_starts(FN_STR("abc"), FN_STR_NULL));
    CU_ASSERT_FALSE(fn_str_starts(FN_STR("a"), FN_STR("ab")));
}

static void test_errors(void)
{
    struct fn_err err = {FN_OK, ""};
    CU_ASSERT_EQUAL(fn_fail(&err, FN_IO, "disk %d", 7), FN_IO);
    CU_ASSERT_EQUAL(err.code, FN_IO);
    CU_ASSERT_STRING_EQUAL(err.text, "disk 7");
    CU_ASSERT_EQUAL(fn_fail(NULL, FN_LIMIT, "unheard"), FN_LIMIT);
    CU_ASSERT_EQUAL(FN_OK, 0);
    CU_ASSERT_STRING_EQUAL(fn_code_name(FN_NO_MEMORY), "NO_MEMORY");
    CU_ASSERT_STRING_EQUAL(fn_code_name((enum fn_code)9999), "UNKNOWN");
}

static void test_error_text_is_cut(void)
{
    struct fn_err err;
    char big[1000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    fn_fail(&err, FN_IO, "%s", big);
    CU_ASSERT_EQUAL(strlen(err.text), sizeof err.text - 1);
}

static void test_sizes(void)
{
    size_t out = 5;
    CU_ASSERT_FALSE(fn_add_size(SIZE_MAX, 1, &out));
    CU_ASSERT_FALSE(fn_mul_size(SIZE_MAX / 2, 3, &out));
    CU_ASSERT(fn_mul_size(6, 7, &out));
    CU_ASSERT_EQUAL(out, 42);
}

/* Published values of FNV-1a, 64 bits. */
static void test_hash(void)
{
    CU_ASSERT_EQUAL(fn_hash("", 0), 0xcbf29ce484222325u);
    CU_ASSERT_EQUAL(fn_hash("a", 1), 0xaf63dc4c8601ec8cu);
    CU_ASSERT_EQUAL(fn_hash("foobar", 6), 0x85944171f73967e8u);
}

static uint32_t crc_by_bits(const uint8_t *p, size_t n)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0x82F63B78u & (0u - (crc & 1)));
        }
    }
    return crc ^ 0xFFFFFFFFu;
}

/* RFC 3720 B.4 and the check value of the CRC catalogue; then every length and each table entry against bits. */
static void test_crc(void)
{
    uint8_t bytes[300];
    memset(bytes, 0, 32);
    CU_ASSERT_EQUAL(fn_crc32c("123456789", 9), 0xE3069283u);
    CU_ASSERT_EQUAL(fn_crc32c(bytes, 32), 0x8A9136AAu);
    memset(bytes, 0xff, 32);
    CU_ASSERT_EQUAL(fn_crc32c(bytes, 32), 0x62A8AB43u);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 197 + 13);
    }
    for (size_t n = 0; n < sizeof bytes; n++) {
        CU_ASSERT_EQUAL(fn_crc32c(bytes, n), crc_by_bits(bytes, n));
        CU_ASSERT_EQUAL(fn_crc32c_portable(bytes, n), crc_by_bits(bytes, n));
    }
    for (unsigned i = 0; i < 256 * 8; i++) {
        memset(bytes, 0, 16);
        bytes[i / 256] = (uint8_t)i;
        CU_ASSERT_EQUAL(fn_crc32c(bytes, 16), crc_by_bits(bytes, 16));
        CU_ASSERT_EQUAL(fn_crc32c_portable(bytes, 16), crc_by_bits(bytes, 16));
    }
}

UNIT_SUITE("fn_base", {"compare", test_compare}, {"errors", test_errors}, {"error text is cut", test_error_text_is_cut},
           {"sizes", test_sizes}, {"hash", test_hash}, {"crc32c", test_crc})
