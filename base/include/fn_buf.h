/* fn_buf.h: a growing byte buffer that cannot be made without a maximum. Failure is sticky: write on, ask once.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FN_BUF_H
#define FN_BUF_H
#include "fn_base.h"

struct fn_buf {
    char *p;  /* owned; NUL-terminated whenever p != NULL */
    size_t n; /* bytes written */
    size_t cap;
    size_t max; /* n never exceeds it */
    bool failed;
};

void fn_buf_init(struct fn_buf *b, size_t max);
void fn_buf_fini(struct fn_buf *b);
void fn_buf_clear(struct fn_buf *b); /* n = 0, failed = false, memory kept */
/* The same with another maximum; the memory is given back when it is more than `keep` bytes. */
void fn_buf_reuse(struct fn_buf *b, size_t max, size_t keep);
void fn_buf_put(struct fn_buf *b, const void *p, size_t n);
void fn_buf_str(struct fn_buf *b, struct fn_str s);
void fn_buf_z(struct fn_buf *b, const char *z);
void fn_buf_char(struct fn_buf *b, char c);
void fn_buf_u16(struct fn_buf *b, uint16_t v); /* little-endian */
void fn_buf_u32(struct fn_buf *b, uint32_t v);
void fn_buf_u64(struct fn_buf *b, uint64_t v);
void fn_buf_hex(struct fn_buf *b, const void *p, size_t n); /* two lower-case digits a byte */
void fn_buf_printf(struct fn_buf *b, const char *format, ...) FN_PRINTF(2, 3);
/* Room for n bytes at the end, already counted in b->n; NULL on failure. */
void *fn_buf_reserve(struct fn_buf *b, size_t n);
static inline struct fn_str fn_buf_view(const struct fn_buf *b)
{
    return (struct fn_str){b->p, b->n};
}

/* fn_reader: little-endian, bounds-checked reading; after the first short read, bad is set and all reads give 0. */
struct fn_reader {
    const uint8_t *p;
    size_t n, at;
    bool bad;
};
void fn_reader_init(struct fn_reader *r, const void *p, size_t n);
uint8_t fn_read_u8(struct fn_reader *r);
uint16_t fn_read_u16(struct fn_reader *r);
uint32_t fn_read_u32(struct fn_reader *r);
uint64_t fn_read_u64(struct fn_reader *r);
struct fn_str fn_read_bytes(struct fn_reader *r, size_t n); /* borrowed from the input */
static inline size_t fn_reader_left(const struct fn_reader *r)
{
    return r->bad ? 0 : r->n - r->at;
}

#endif
