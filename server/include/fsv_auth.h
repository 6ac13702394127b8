/* fsv_auth.h: the bearer key of the API: fnl_live_ + 32 base-62 characters (190 bits) + 6 of a CRC-32C over what stands before.
 * Shown once, kept as SHA-256. The checksum lets secret scanners and typos be told apart from guesses without a look-up.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_AUTH_H
#define FSV_AUTH_H
#include "fsv_crypto.h"

enum { FSV_KEY_CHARS = 9 + 32 + 6 };

void fsv_key_make(char out[FSV_KEY_CHARS + 1]); /* NUL-terminated */
/* Form and checksum; says nothing about whether the key is known. */
bool fsv_key_formed(struct fn_str key);
/* The key of an `Authorization: Bearer KEY` header value; {NULL,0} when it is none. */
struct fn_str fsv_bearer(struct fn_str header);
/* Constant time in the content. */
bool fsv_key_matches(struct fn_str key, const uint8_t hash[FSV_SHA256_BYTES]);
/* n random base-62 characters and a NUL: keys in webhook and chat addresses. */
void fsv_random_word(char *out, size_t n);

#endif
