/* crypto.c: hashing, randomness, comparison in constant time and sealing, by libsodium, which no other file names.
 * Nothing here keeps a secret longer than the call.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_crypto.h"

#include <sodium.h>

static_assert(FSV_SHA256_BYTES == crypto_hash_sha256_BYTES, "sha256 size");
static_assert(FSV_SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");
static_assert(FSV_SEAL_OVERHEAD ==
                  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
              "nonce and tag");

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES };

static const unsigned char *bytes_of(struct fn_str s)
{
    return (const unsigned char *)(s.p != NULL ? s.p : "");
}

enum fn_code fsv_crypto_start(void)
{
    return sodium_init() < 0 ? FN_UNAVAILABLE : FN_OK;
}

void fsv_sha256(struct fn_str s, uint8_t out[FSV_SHA256_BYTES])
{
    crypto_hash_sha256(out, bytes_of(s), s.n);
}

void fsv_derive(struct fn_str secret, struct fn_str purpose, uint8_t out[FSV_SHA256_BYTES])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, bytes_of(secret), secret.n);
    crypto_auth_hmacsha256_update(&state, bytes_of(purpose), purpose.n);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

void fsv_random(void *p, size_t n)
{
    randombytes_buf(p, n);
}

bool fsv_equal(const void *a, const void *b, size_t n)
{
    return sodium_memcmp(a, b, n) == 0;
}

void fsv_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

void fsv_seal(struct fn_buf *out, const uint8_t key[FSV_SEAL_KEY_BYTES], struct fn_str bound, struct fn_str plain)
{
    unsigned char nonce[NONCE];
    randombytes_buf(nonce, sizeof nonce);
    fn_buf_put(out, nonce, sizeof nonce);
    unsigned char *sealed = fn_buf_reserve(out, plain.n + TAG);
    if (sealed != NULL) {
        crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, bytes_of(plain), plain.n, bytes_of(bound), bound.n,
                                                   NULL, nonce, key);
    }
}

enum fn_code fsv_unseal(struct fn_buf *out, const uint8_t key[FSV_SEAL_KEY_BYTES], struct fn_str bound,
                        struct fn_str sealed)
{
    if (sealed.n < FSV_SEAL_OVERHEAD) {
        return FN_INVALID;
    }
    const unsigned char *nonce = bytes_of(sealed);
    size_t before = out->n;
    unsigned char *plain = fn_buf_reserve(out, sealed.n - FSV_SEAL_OVERHEAD);
    if (out->failed) {
        return FN_NO_MEMORY;
    }
    unsigned char none;
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(plain != NULL ? plain : &none, NULL, NULL, nonce + NONCE,
                                                         sealed.n - NONCE, bytes_of(bound), bound.n, nonce, key);
    if (bad != 0) {
        out->n = before;
        return FN_INVALID;
    }
    return FN_OK;
}
