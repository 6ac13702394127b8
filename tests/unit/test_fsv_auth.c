/* test_fsv_auth.c: bearer keys, hashing against published values, sealing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_auth.h"
#include "unit.h"

static void check_hex(const uint8_t *bytes, const char *want)
{
    struct fn_buf hex;
    fn_buf_init(&hex, 64);
    fn_buf_hex(&hex, bytes, 32);
    UNIT_ASSERT_STR(fn_buf_view(&hex), want);
    fn_buf_fini(&hex);
}

/* FIPS 180-4 examples; RFC 4231 test case 2. */
static void test_hashes(void)
{
    uint8_t out[FSV_SHA256_BYTES];
    fsv_sha256(FN_STR("abc"), out);
    check_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    fsv_sha256(FN_STR_NULL, out);
    check_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    fsv_derive(FN_STR("Jefe"), FN_STR("what do ya want for nothing?"), out);
    check_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void test_keys(void)
{
    char a[FSV_KEY_CHARS + 1], b[FSV_KEY_CHARS + 1];
    uint8_t hash[FSV_SHA256_BYTES];
    CU_ASSERT_EQUAL_FATAL(fsv_crypto_start(), FN_OK);
    fsv_key_make(a);
    fsv_key_make(b);
    CU_ASSERT_STRING_NOT_EQUAL(a, b);
    CU_ASSERT_EQUAL(strlen(a), FSV_KEY_CHARS);
    CU_ASSERT(fsv_key_formed(fn_str_c(a)));
    fsv_sha256(fn_str_c(a), hash);
    CU_ASSERT(fsv_key_matches(fn_str_c(a), hash));
    CU_ASSERT_FALSE(fsv_key_matches(fn_str_c(b), hash));
    for (size_t i = 0; i < FSV_KEY_CHARS; i++) { /* one wrong character anywhere is seen before any look-up */
        char c = a[i];
        a[i] = c == 'x' ? 'y' : 'x';
        CU_ASSERT_FALSE(fsv_key_formed(fn_str_c(a)));
        a[i] = c;
    }
    CU_ASSERT_FALSE(fsv_key_formed((struct fn_str){a, FSV_KEY_CHARS - 1}));
    CU_ASSERT_FALSE(fsv_key_formed(FN_STR_NULL));
}

static void test_bearer(void)
{
    UNIT_ASSERT_STR(fsv_bearer(FN_STR("Bearer abc")), "abc");
    UNIT_ASSERT_STR(fsv_bearer(FN_STR("bEARER   abc")), "abc");
    static const char *const none[] = {"", "Bearer", "Bearer ", "Basic abc", "Bearerabc", "xBearer abc"};
    for (size_t i = 0; i < FN_COUNT(none); i++) {
        CU_ASSERT_EQUAL(fsv_bearer(fn_str_c(none[i])).n, 0);
    }
}

static void test_seal(void)
{
    uint8_t key[FSV_SEAL_KEY_BYTES] = {1}, other[FSV_SEAL_KEY_BYTES] = {2};
    struct fn_buf sealed, plain;
    fn_buf_init(&sealed, 256);
    fn_buf_init(&plain, 256);
    fsv_seal(&sealed, key, FN_STR("row 1"), FN_STR("segredo"));
    CU_ASSERT_EQUAL(sealed.n, 7 + FSV_SEAL_OVERHEAD);
    CU_ASSERT_EQUAL(fsv_unseal(&plain, key, FN_STR("row 1"), fn_buf_view(&sealed)), FN_OK);
    UNIT_ASSERT_STR(fn_buf_view(&plain), "segredo");
    CU_ASSERT_EQUAL(fsv_unseal(&plain, other, FN_STR("row 1"), fn_buf_view(&sealed)), FN_INVALID);
    CU_ASSERT_EQUAL(fsv_unseal(&plain, key, FN_STR("row 2"), fn_buf_view(&sealed)), FN_INVALID);
    for (size_t i = 0; i < sealed.n; i++) {
        sealed.p[i] = (char)(sealed.p[i] ^ 1);
        CU_ASSERT_EQUAL(fsv_unseal(&plain, key, FN_STR("row 1"), fn_buf_view(&sealed)), FN_INVALID);
        CU_ASSERT_EQUAL(fsv_unseal(&plain, key, FN_STR("row 1"), (struct fn_str){sealed.p, i}), FN_INVALID);
        sealed.p[i] = (char)(sealed.p[i] ^ 1);
    }
    UNIT_ASSERT_STR(fn_buf_view(&plain), "segredo");
    fn_buf_fini(&sealed);
    fn_buf_fini(&plain);
}

UNIT_SUITE("fsv_auth", {"hashes", test_hashes}, {"keys", test_keys}, {"bearer", test_bearer}, {"seal", test_seal})
