/* png.c: a QR code as a PNG in a data URL: what WhatsApp takes as an image (JPEG or PNG, 8 bits, RGB or RGBA; no SVG).
 *
 * One IDAT of one deflate block with the fixed codes, matches at distance 1 only: a row of modules is a few runs of one byte, its repetitions
 * are filter "up" and zeros. So the greatest code is 30 kB of text. Numbers in comments are clauses of RFC 1951 and of PNG (ISO/IEC 15948).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsl_qr.h"

enum { QUIET = 4, PIXELS_LEAST = 300, BYTES_MAX = 1 << 20, MATCH_LEAST = 3, MATCH_MOST = 258, ADLER = 65521 };
enum { FILTER_NONE = 0, FILTER_UP = 2 };

struct zlib {
    struct fn_buf *out;
    unsigned bits, n;
    uint32_t a, b; /* Adler-32 */
};

static void put_bit(struct zlib *z, unsigned bit)
{
    z->bits |= (bit & 1u) << z->n++;
    if (z->n == 8) {
        fn_buf_char(z->out, (char)z->bits);
        z->bits = z->n = 0;
    }
}

/* A Huffman code, its first bit first; and a number, its least bit first (RFC 1951, 3.1.1). */
static void put_code(struct zlib *z, unsigned code, int n)
{
    while (n-- > 0) {
        put_bit(z, code >> n);
    }
}

static void put_number(struct zlib *z, unsigned value, int n)
{
    for (int i = 0; i < n; i++) {
        put_bit(z, value >> i);
    }
}

static void put_literal(struct zlib *z, unsigned byte)
{
    put_code(z, byte < 144 ? 0x30 + byte : 0x190 + byte - 144, byte < 144 ? 8 : 9); /* 3.2.6 */
}

/* The byte before, n times more (3.2.5): four symbols share a number of further bits; the greatest length has a symbol of its own. */
static void put_match(struct zlib *z, unsigned n)
{
    unsigned more = 0, over = n - MATCH_LEAST;
    while (over >> more >= 8) {
        more++;
    }
    more = n == MATCH_MOST ? 0 : more;
    unsigned symbol = n == MATCH_MOST ? 285 : 257 + 4 * more + (over >> more);
    put_code(z, symbol < 280 ? symbol - 256 : 0xC0 + symbol - 280, symbol < 280 ? 7 : 8);
    put_number(z, over, (int)more);
    put_code(z, 0, 5); /* distance 1 */
}

static void put_run(struct zlib *z, unsigned byte, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        z->a = (z->a + byte) % ADLER;
        z->b = (z->b + z->a) % ADLER;
    }
    put_literal(z, byte);
    for (n--; n >= MATCH_LEAST;) {
        unsigned m = n < MATCH_MOST ? n : MATCH_MOST;
        put_match(z, m);
        n -= m;
    }
    for (; n > 0; n--) {
        put_literal(z, byte);
    }
}

static bool is_dark(const struct fsl_qr *qr, int x, int y)
{
    return x >= 0 && y >= 0 && x < qr->side && y < qr->side && qr->dark[y][x] != 0;
}

/* A row of modules, `scale` rows of pixels high; x and y count from the code's corner. */
static void put_row(struct zlib *z, const struct fsl_qr *qr, int y, unsigned scale)
{
    int end = qr->side + QUIET;
    put_run(z, FILTER_NONE, 1);
    for (int x = -QUIET; x < end;) {
        int from = x;
        while (x < end && is_dark(qr, x, y) == is_dark(qr, from, y)) {
            x++;
        }
        put_run(z, is_dark(qr, from, y) ? 0 : 255, (unsigned)(x - from) * scale * 3);
    }
    for (unsigned i = 1; i < scale; i++) {
        put_run(z, FILTER_UP, 1);
        put_run(z, 0, (unsigned)(qr->side + 2 * QUIET) * scale * 3);
    }
}

static void put_u32(struct fn_buf *b, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        fn_buf_char(b, (char)(v >> shift & 255u));
    }
}

static void put_pixels(struct fn_buf *out, const struct fsl_qr *qr, unsigned scale)
{
    struct zlib z = {.out = out, .a = 1};
    fn_buf_put(out, "\x78\x01", 2);
    put_number(&z, 1, 1); /* the last block */
    put_number(&z, 1, 2); /* of fixed codes */
    for (int y = -QUIET; y < qr->side + QUIET; y++) {
        put_row(&z, qr, y, scale);
    }
    put_code(&z, 0, 7); /* its end */
    while (z.n != 0) {
        put_bit(&z, 0);
    }
    put_u32(out, z.b << 16 | z.a);
}

/* CRC-32 of PNG (annex D), of a type and its data. */
static uint32_t crc_of(struct fn_str s)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < s.n; i++) {
        crc ^= (unsigned char)s.p[i];
        for (int k = 0; k < 8; k++) {
            crc = crc >> 1 ^ (crc & 1u) * 0xEDB88320u;
        }
    }
    return ~crc;
}

/* typed: four letters and the data. */
static void put_chunk(struct fn_buf *png, struct fn_str typed)
{
    put_u32(png, (uint32_t)typed.n - 4);
    fn_buf_str(png, typed);
    put_u32(png, crc_of(typed));
}

static void put_png(struct fn_buf *png, struct fn_buf *chunk, const struct fsl_qr *qr)
{
    unsigned size = (unsigned)qr->side + 2 * QUIET, scale = (PIXELS_LEAST + size - 1) / size;
    fn_buf_put(png, "\x89PNG\r\n\x1a\n", 8);
    fn_buf_z(chunk, "IHDR");
    put_u32(chunk, size * scale);
    put_u32(chunk, size * scale);
    fn_buf_put(chunk, "\x08\x02\0\0\0", 5); /* 8 bits, RGB */
    put_chunk(png, fn_buf_view(chunk));
    fn_buf_clear(chunk);
    fn_buf_z(chunk, "IDAT");
    put_pixels(chunk, qr, scale);
    put_chunk(png, fn_buf_view(chunk));
    put_chunk(png, FN_STR("IEND"));
}

static void put_base64(struct fn_buf *out, struct fn_str s)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t three = 0;
        for (size_t k = 0; k < 3; k++) {
            three = three << 8 | (i + k < s.n ? (unsigned char)s.p[i + k] : 0u);
        }
        for (size_t k = 0; k < 4; k++) {
            fn_buf_char(out, i + k > s.n ? '=' : letters[three >> (18 - 6 * k) & 63u]);
        }
    }
}

void fsl_qr_png_url(struct fn_buf *out, const struct fsl_qr *qr)
{
    struct fn_buf png, chunk;
    fn_buf_init(&png, BYTES_MAX);
    fn_buf_init(&chunk, BYTES_MAX);
    put_png(&png, &chunk, qr);
    fn_buf_z(out, "data:image/png;base64,");
    put_base64(out, fn_buf_view(&png));
    out->failed = out->failed || png.failed || chunk.failed;
    fn_buf_fini(&chunk);
    fn_buf_fini(&png);
}
