/* fsv_crypto.h: the little cryptography the server needs. libsodium is named in crypto.c alone.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_CRYPTO_H
#define FSV_CRYPTO_H
#include "fn_buf.h"

enum { FSV_SHA256_BYTES = 32, FSV_SEAL_KEY_BYTES = 32, FSV_SEAL_OVERHEAD = 40 };

/* Once per process, before any other call. FN_UNAVAILABLE when the system gives no randomness. */
FN_MUST_USE enum fn_code fsv_crypto_start(void);
void fsv_sha256(struct fn_str s, uint8_t out[FSV_SHA256_BYTES]);
/* HMAC-SHA-256 of s: derives a key for one purpose from a master secret. */
void fsv_derive(struct fn_str secret, struct fn_str purpose, uint8_t out[FSV_SHA256_BYTES]);
void fsv_random(void *p, size_t n);
/* Time depends on n only. */
bool fsv_equal(const void *a, const void *b, size_t n);
void fsv_wipe(void *p, size_t n);
/* Appends lower-case hexadecimal. */
/* Authenticated encryption (XChaCha20-Poly1305); bound is authenticated and not stored, so that a sealed value cannot be moved to another
 * row. Sealed bytes are n + FSV_SEAL_OVERHEAD. fsv_unseal: FN_INVALID when key, bound or bytes are not the ones sealed. */
void fsv_seal(struct fn_buf *out, const uint8_t key[FSV_SEAL_KEY_BYTES], struct fn_str bound, struct fn_str plain);
FN_MUST_USE enum fn_code fsv_unseal(struct fn_buf *out, const uint8_t key[FSV_SEAL_KEY_BYTES], struct fn_str bound,
                                    struct fn_str sealed);

#endif
