/* asm_change.c: changes to the finished bytes, so that what no builder would write can be written:
 *
 *     header OFFSET BYTES      overwrites in the header (16 bytes)
 *     patch SECTION OFFSET BYTES   overwrites in a section's rows
 *     section SECTION ROWS BYTES   other rows for a section, ROWS is the number its header tells
 *     append BYTES             behind the last section, the length fixed up
 *     cut N                    N bytes fewer at the end, the length as it was
 *     keep-crc                 the checksum is left wrong
 *
 * BYTES are words of hex digits, each with an optional *N: 00*300.
 * SPDX-License-Identifier: Apache-2.0 */
#include "asm.h"

static const char *const names[] = {"header", "patch", "section", "append", "cut", "keep-crc"};

bool asm_is_change(struct fn_str word)
{
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        if (asm_is(word, names[i])) {
            return true;
        }
    }
    return false;
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One word of bytes, with its repetition. */
static void read_hex(struct asm_state *s, struct fn_buf *to)
{
    struct fn_str word = asm_word(s);
    size_t from = to->n, at = 0;
    for (; at + 1 < word.n && word.p[at] != '*'; at += 2) {
        int high = nibble(word.p[at]), low = nibble(word.p[at + 1]);
        if (high < 0 || low < 0) {
            asm_fail(s, "hex digits are wanted, two a byte");
            return;
        }
        fn_buf_char(to, (char)(high * 16 + low));
    }
    size_t n = to->n - from, times = 1;
    if (at < word.n && word.p[at] == '*') {
        s->tokens[--s->at].text = (struct fn_str){word.p + at + 1, word.n - at - 1};
        times = (size_t)asm_number(s, 1, FBC_LIMIT_IMAGE);
    }
    for (size_t i = 1; i < times && !to->failed; i++) {
        char *more = fn_buf_reserve(to, n);
        if (more != NULL) {
            memcpy(more, to->p + from, n);
        }
    }
}

static void read_bytes(struct asm_state *s, struct fn_buf *to)
{
    fn_buf_clear(to);
    while (asm_more(s)) {
        read_hex(s, to);
    }
}

static uint32_t get_u32(const struct fn_buf *b, size_t at)
{
    struct fn_reader r;
    fn_reader_init(&r, b->p + at, b->n - at);
    return fn_read_u32(&r);
}

static void set_u32(struct fn_buf *b, size_t at, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++) {
        b->p[at + i] = (char)(v >> 8 * i);
    }
}

/* Where the section's header stands. */
static size_t find_section(struct asm_state *s, const struct fn_buf *image)
{
    struct fn_str name = asm_word(s);
    size_t at = FBC_HEADER;
    for (unsigned i = 1; i < FBC_SECTIONS && at + FBC_SECTION_HEADER <= image->n; i++) {
        if (asm_is(name, fbc_sections[i].name)) {
            return at;
        }
        at += 8 + (size_t)get_u32(image, at + 4);
    }
    asm_fail(s, "no such section");
    return FBC_HEADER;
}

static void overwrite(struct asm_state *s, struct fn_buf *image, size_t from, struct fn_buf *bytes)
{
    size_t at = from + (size_t)asm_number(s, 0, FBC_LIMIT_IMAGE);
    read_bytes(s, bytes);
    if (s->failed || at + bytes->n > image->n) {
        asm_fail(s, "outside the image");
    } else if (bytes->n != 0) {
        memcpy(image->p + at, bytes->p, bytes->n);
    }
}

static void replace_section(struct asm_state *s, struct fn_buf *image, struct fn_buf *bytes)
{
    size_t at = find_section(s, image);
    uint32_t rows = (uint32_t)asm_number(s, 0, UINT32_MAX);
    read_bytes(s, bytes);
    size_t end = at + 8 + get_u32(image, at + 4), rest = image->n - end, begin = at + FBC_SECTION_HEADER;
    fn_buf_reserve(image, bytes->n); /* more than needed; cut again below */
    if (s->failed || image->failed) {
        return;
    }
    memmove(image->p + begin + bytes->n, image->p + end, rest);
    if (bytes->n != 0) {
        memcpy(image->p + begin, bytes->p, bytes->n);
    }
    image->n = begin + bytes->n + rest;
    set_u32(image, at + 4, (uint32_t)bytes->n + 4);
    set_u32(image, at + 8, rows);
    set_u32(image, 8, (uint32_t)image->n);
}

static void apply(struct asm_state *s, struct fn_buf *image, struct fn_buf *bytes, bool *keep_crc)
{
    struct fn_str what = asm_word(s);
    if (asm_is(what, "header")) {
        overwrite(s, image, 0, bytes);
    } else if (asm_is(what, "patch")) {
        overwrite(s, image, find_section(s, image) + FBC_SECTION_HEADER, bytes);
    } else if (asm_is(what, "section")) {
        replace_section(s, image, bytes);
    } else if (asm_is(what, "append")) {
        read_bytes(s, bytes);
        fn_buf_str(image, fn_buf_view(bytes));
        set_u32(image, 8, (uint32_t)image->n);
    } else if (asm_is(what, "cut")) {
        size_t n = (size_t)asm_number(s, 0, FBC_LIMIT_IMAGE);
        image->n -= n < image->n ? n : image->n;
    } else {
        *keep_crc = true;
    }
}

void asm_change(struct asm_state *s, struct fn_buf *image, bool *keep_crc)
{
    struct fn_buf bytes;
    fn_buf_init(&bytes, FBC_LIMIT_IMAGE);
    apply(s, image, &bytes, keep_crc);
    if (bytes.failed || image->failed) {
        asm_fail(s, "too many bytes");
    }
    fn_buf_fini(&bytes);
    if (!*keep_crc && image->n >= FBC_HEADER) {
        set_u32(image, FBC_CRC_AT, fn_crc32c(image->p + FBC_HEADER, image->n - FBC_HEADER));
    }
}
