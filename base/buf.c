/* buf.c: the growing buffer. It doubles, keeps a byte for the NUL, and never holds more than `max` bytes of content.
 * After a failure the content stays what it was before the write that failed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAP = 64 };

void fn_buf_init(struct fn_buf *b, size_t max)
{
    *b = (struct fn_buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
}

void fn_buf_fini(struct fn_buf *b)
{
    free(b->p);
    fn_buf_init(b, b->max);
}

void fn_buf_clear(struct fn_buf *b)
{
    b->n = 0;
    b->failed = false;
    if (b->p != NULL) {
        b->p[0] = '\0';
    }
}

void fn_buf_reuse(struct fn_buf *b, size_t max, size_t keep)
{
    if (b->cap > keep) {
        fn_buf_fini(b);
    }
    fn_buf_clear(b);
    b->max = max < SIZE_MAX ? max : SIZE_MAX - 1;
    b->cap = b->cap <= b->max ? b->cap : b->max + 1; /* realloc knows what is really there */
}

static bool grow(struct fn_buf *b, size_t n)
{
    size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;
    while (cap <= n && cap <= SIZE_MAX / 2) {
        cap *= 2;
    }
    cap = cap <= n || cap > b->max + 1 ? b->max + 1 : cap;
    char *p = realloc(b->p, cap);
    if (p == NULL) {
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void *fn_buf_reserve(struct fn_buf *b, size_t n)
{
    if (b->failed || n > b->max - b->n || (b->n + n >= b->cap && !grow(b, b->n + n))) {
        b->failed = true;
        return NULL;
    }
    char *at = b->p + b->n;
    b->n += n;
    b->p[b->n] = '\0';
    return at;
}

void fn_buf_put(struct fn_buf *b, const void *p, size_t n)
{
    void *at = fn_buf_reserve(b, n);
    if (at != NULL && n != 0) {
        memcpy(at, p, n);
    }
}

void fn_buf_str(struct fn_buf *b, struct fn_str s)
{
    fn_buf_put(b, s.p, s.n);
}

void fn_buf_z(struct fn_buf *b, const char *z)
{
    fn_buf_put(b, z, strlen(z));
}

void fn_buf_char(struct fn_buf *b, char c)
{
    if (!b->failed && b->n + 1 < b->cap) { /* cap is at most max + 1 */
        b->p[b->n++] = c;
        b->p[b->n] = '\0';
        return;
    }
    fn_buf_put(b, &c, 1);
}

static void put_little_endian(struct fn_buf *b, uint64_t v, size_t n)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (uint8_t)(v >> (8 * i));
    }
    fn_buf_put(b, bytes, n);
}

void fn_buf_u16(struct fn_buf *b, uint16_t v)
{
    put_little_endian(b, v, 2);
}

void fn_buf_u32(struct fn_buf *b, uint32_t v)
{
    put_little_endian(b, v, 4);
}

void fn_buf_u64(struct fn_buf *b, uint64_t v)
{
    put_little_endian(b, v, 8);
}

void fn_buf_hex(struct fn_buf *b, const void *p, size_t n)
{
    const unsigned char *bytes = p;
    for (size_t i = 0; i < n; i++) {
        const char two[] = {"0123456789abcdef"[bytes[i] >> 4], "0123456789abcdef"[bytes[i] & 15]};
        fn_buf_put(b, two, sizeof two);
    }
}

void fn_buf_printf(struct fn_buf *b, const char *format, ...)
{
    char most[256]; /* enough for nearly all: formatted once */
    va_list args;
    va_start(args, format);
    int n = vsnprintf(most, sizeof most, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof most) {
        fn_buf_put(b, most, (size_t)n);
        return;
    }
    char *at = n >= 0 ? fn_buf_reserve(b, (size_t)n) : NULL;
    if (at == NULL) {
        b->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(at, (size_t)n + 1, format, args); /* the byte for the NUL is there */
    va_end(args);
}
