/* auth.c: makes and checks bearer keys. A key is never logged and never compared but by its hash.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_auth.h"

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char prefix[] = "fnl_live_";
enum { PREFIX = 9, SECRET = 32, CHECK = 6, BODY = PREFIX + SECRET };

static_assert(sizeof prefix == PREFIX + 1, "prefix length");
static_assert(BODY + CHECK == FSV_KEY_CHARS, "key length");

void fsv_random_word(char *out, size_t n)
{
    size_t at = 0;
    while (at < n) {
        uint8_t byte;
        fsv_random(&byte, 1);
        if (byte < 62 * 4) { /* the rest would favour the first letters */
            out[at++] = base62[byte % 62];
        }
    }
    out[n] = '\0';
}

static void put_check(const char *body, char out[CHECK])
{
    uint32_t crc = fn_crc32c(body, BODY);
    for (size_t i = CHECK; i > 0; i--) {
        out[i - 1] = base62[crc % 62];
        crc /= 62;
    }
}

void fsv_key_make(char out[FSV_KEY_CHARS + 1])
{
    memcpy(out, prefix, PREFIX);
    fsv_random_word(out + PREFIX, SECRET);
    put_check(out, out + BODY);
    out[FSV_KEY_CHARS] = '\0';
}

bool fsv_key_formed(struct fn_str key)
{
    if (key.n != FSV_KEY_CHARS || memcmp(key.p, prefix, PREFIX) != 0) {
        return false;
    }
    for (size_t i = PREFIX; i < BODY; i++) {
        if (key.p[i] == '\0' || strchr(base62, key.p[i]) == NULL) {
            return false;
        }
    }
    char check[CHECK];
    put_check(key.p, check);
    return memcmp(check, key.p + BODY, CHECK) == 0;
}

static bool is_bearer(struct fn_str s)
{
    static const char word[] = "bearer";
    for (size_t i = 0; i < 6; i++) {
        if ((s.p[i] | 0x20) != word[i]) {
            return false;
        }
    }
    return s.p[6] == ' ';
}

struct fn_str fsv_bearer(struct fn_str header)
{
    if (header.n < 8 || !is_bearer(header)) {
        return FN_STR_NULL;
    }
    struct fn_str key = {header.p + 7, header.n - 7};
    while (key.n > 0 && key.p[0] == ' ') {
        key.p++;
        key.n--;
    }
    return key;
}

bool fsv_key_matches(struct fn_str key, const uint8_t hash[FSV_SHA256_BYTES])
{
    uint8_t mine[FSV_SHA256_BYTES];
    fsv_sha256(key, mine);
    return fsv_key_formed(key) && fsv_equal(mine, hash, sizeof mine);
}
