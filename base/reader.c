/* reader.c: bounds-checked little-endian reading. Never looks at a byte it has not counted; once bad, stays bad.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_buf.h"

void fn_reader_init(struct fn_reader *r, const void *p, size_t n)
{
    *r = (struct fn_reader){.p = p, .n = n};
}

/* The next n bytes, or NULL and bad. */
static const uint8_t *take(struct fn_reader *r, size_t n)
{
    if (r->bad || n > r->n - r->at) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *p = r->p + r->at;
    r->at += n;
    return p;
}

static uint64_t read_little_endian(struct fn_reader *r, size_t n)
{
    const uint8_t *p = take(r, n);
    uint64_t v = 0;
    for (size_t i = 0; p != NULL && i < n; i++) {
        v |= (uint64_t)p[i] << (8 * i);
    }
    return v;
}

uint8_t fn_read_u8(struct fn_reader *r)
{
    return (uint8_t)read_little_endian(r, 1);
}

uint16_t fn_read_u16(struct fn_reader *r)
{
    return (uint16_t)read_little_endian(r, 2);
}

uint32_t fn_read_u32(struct fn_reader *r)
{
    return (uint32_t)read_little_endian(r, 4);
}

uint64_t fn_read_u64(struct fn_reader *r)
{
    return read_little_endian(r, 8);
}

struct fn_str fn_read_bytes(struct fn_reader *r, size_t n)
{
    if (n == 0) {
        return FN_STR_NULL;
    }
    const char *p = (const char *)take(r, n);
    return (struct fn_str){p, p != NULL ? n : 0};
}
