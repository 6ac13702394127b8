/* qr.c: makes a QR code: bits -> codewords -> Reed-Solomon blocks, interleaved -> modules -> the mask with the least penalty.
 *
 * Kept small on purpose: byte mode and level M only, which is what Pix readers expect. Numbers in comments are clauses of ISO/IEC 18004:2015.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsl_qr.h"

#include <stdlib.h>

enum { VERSION_MAX = 20, CODEWORDS_MAX = 1085, ECC_MAX = 30 };

/* Level M, table 9: error correction codewords per block, and blocks, by version. */
static const uint8_t ecc_per_block[VERSION_MAX + 1] = {0,  10, 16, 26, 18, 24, 16, 18, 22, 22, 26,
                                                       30, 22, 22, 24, 24, 28, 28, 26, 26, 26};
static const uint8_t block_count[VERSION_MAX + 1] = {0, 1, 1, 1, 2,  2,  4,  4,  4,  5, 5,
                                                     5, 8, 9, 9, 10, 10, 11, 13, 14, 16};

/* Modules left for data when all function patterns are drawn (6, annex). */
static int raw_modules(int v)
{
    int n = (16 * v + 128) * v + 64;
    if (v >= 2) {
        int align = v / 7 + 2;
        n -= (25 * align - 10) * align - 55;
        n -= v >= 7 ? 36 : 0;
    }
    return n;
}

static int data_codewords(int v)
{
    return raw_modules(v) / 8 - ecc_per_block[v] * block_count[v];
}

/* -- Reed-Solomon over GF(2^8), polynomial 0x11D -------------------------------------------------------------------------------- */

static uint8_t multiply(uint8_t x, uint8_t y)
{
    unsigned z = 0;
    for (int i = 7; i >= 0; i--) {
        z = (z << 1) ^ ((z >> 7) * 0x11D);
        z ^= ((unsigned)(y >> i) & 1) * x;
    }
    return (uint8_t)z;
}

static void divisor(int degree, uint8_t *out)
{
    uint8_t root = 1;
    memset(out, 0, (size_t)degree);
    out[degree - 1] = 1;
    for (int i = 0; i < degree; i++) {
        for (int j = 0; j < degree; j++) {
            out[j] = multiply(out[j], root);
            if (j + 1 < degree) {
                out[j] ^= out[j + 1];
            }
        }
        root = multiply(root, 2);
    }
}

static void remainder_of(const uint8_t *data, int n, const uint8_t *div, int degree, uint8_t *out)
{
    memset(out, 0, (size_t)degree);
    for (int i = 0; i < n; i++) {
        uint8_t factor = data[i] ^ out[0];
        memmove(out, out + 1, (size_t)degree - 1);
        out[degree - 1] = 0;
        for (int j = 0; j < degree; j++) {
            out[j] ^= multiply(div[j], factor);
        }
    }
}

/* -- codewords ------------------------------------------------------------------------------------------------------------------ */

struct bits {
    uint8_t *p;
    int n;
};

static void put_bits(struct bits *b, unsigned value, int count)
{
    for (int i = count - 1; i >= 0; i--, b->n++) {
        b->p[b->n >> 3] |= (uint8_t)(((value >> i) & 1u) << (7 - (b->n & 7)));
    }
}

/* Mode 0100, length, bytes, terminator, padding EC 11 (7.4). */
/* NOLINTNEXTLINE(readability-non-const-parameter): written through b */
static void make_data(struct fn_str text, int v, uint8_t *data)
{
    struct bits b = {data, 0};
    int capacity = data_codewords(v) * 8;
    put_bits(&b, 4, 4);
    put_bits(&b, (unsigned)text.n, v < 10 ? 8 : 16);
    for (size_t i = 0; i < text.n; i++) {
        put_bits(&b, (unsigned char)text.p[i], 8);
    }
    put_bits(&b, 0, capacity - b.n < 4 ? capacity - b.n : 4);
    put_bits(&b, 0, (8 - b.n % 8) % 8);
    for (unsigned pad = 0xEC; b.n < capacity; pad ^= 0xEC ^ 0x11) {
        put_bits(&b, pad, 8);
    }
}

/* Splits into blocks, the short ones first, and interleaves data then correction (7.6). */
static void interleave(const uint8_t *data, int v, uint8_t *out)
{
    int blocks = block_count[v], ecc = ecc_per_block[v], raw = raw_modules(v) / 8;
    int shorts = blocks - raw % blocks, short_data = raw / blocks - ecc, at = 0, total = data_codewords(v);
    uint8_t div[ECC_MAX], rest[ECC_MAX];
    divisor(ecc, div);
    for (int i = 0; i < blocks; i++) {
        int n = short_data + (i >= shorts);
        for (int j = 0; j < n; j++) {
            int skipped = j == short_data ? shorts : 0; /* the long blocks' last byte stands behind all others */
            out[j * blocks + i - skipped] = data[at + j];
        }
        remainder_of(data + at, n, div, ecc, rest);
        for (int j = 0; j < ecc; j++) {
            out[total + j * blocks + i] = rest[j];
        }
        at += n;
    }
}

/* -- modules -------------------------------------------------------------------------------------------------------------------- */

struct canvas {
    struct fsl_qr *qr;
    uint8_t fixed[FSL_QR_SIDE_MAX][FSL_QR_SIDE_MAX]; /* function modules: never masked */
};

static void set_fixed(struct canvas *c, int x, int y, bool dark)
{
    if (x >= 0 && y >= 0 && x < c->qr->side && y < c->qr->side) {
        c->qr->dark[y][x] = dark;
        c->fixed[y][x] = 1;
    }
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void draw_finder(struct canvas *c, int cx, int cy)
{
    for (int dy = -4; dy <= 4; dy++) {
        for (int dx = -4; dx <= 4; dx++) {
            int d = larger(abs(dx), abs(dy));
            set_fixed(c, cx + dx, cy + dy, d != 2 && d != 4);
        }
    }
}

static void draw_alignments(struct canvas *c, int v)
{
    int n = v >= 2 ? v / 7 + 2 : 0, at[8], side = c->qr->side;
    int step = n > 1 ? (v * 8 + n * 3 + 5) / (n * 4 - 4) * 2 : 0;
    for (int i = n - 1, pos = side - 7; i >= 1; i--, pos -= step) {
        at[i] = pos;
    }
    at[0] = 6;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            bool corner = (i == 0 && j == 0) || (i == 0 && j == n - 1) || (i == n - 1 && j == 0);
            for (int dy = -2; !corner && dy <= 2; dy++) {
                for (int dx = -2; dx <= 2; dx++) {
                    set_fixed(c, at[i] + dx, at[j] + dy, larger(abs(dx), abs(dy)) != 1);
                }
            }
        }
    }
}

/* 15 bits: level M = 00, mask; BCH (15,5); xor 0x5412 (7.9). */
static void draw_format(struct canvas *c, int mask)
{
    unsigned rem = (unsigned)mask;
    int side = c->qr->side;
    for (int i = 0; i < 10; i++) {
        rem = (rem << 1) ^ ((rem >> 9) * 0x537);
    }
    unsigned bits = (((unsigned)mask << 10) | rem) ^ 0x5412;
    for (int i = 0; i < 15; i++) {
        bool dark = ((bits >> i) & 1u) != 0;
        int y = i < 6 ? i : i < 8 ? i + 1 : 8, x = i < 8 ? 8 : i == 8 ? 7 : 14 - i;
        set_fixed(c, x, y, dark);
        if (i < 8) {
            set_fixed(c, side - 1 - i, 8, dark);
        } else {
            set_fixed(c, 8, side - 15 + i, dark);
        }
    }
    set_fixed(c, 8, side - 8, true);
}

/* 18 bits from version 7 on, BCH (18,6) (7.10). */
static void draw_version(struct canvas *c, int v)
{
    unsigned rem = (unsigned)v;
    for (int i = 0; i < 12; i++) {
        rem = (rem << 1) ^ ((rem >> 11) * 0x1F25);
    }
    unsigned bits = ((unsigned)v << 12) | rem;
    for (int i = 0; v >= 7 && i < 18; i++) {
        int a = c->qr->side - 11 + i % 3, b = i / 3;
        set_fixed(c, a, b, ((bits >> i) & 1u) != 0);
        set_fixed(c, b, a, ((bits >> i) & 1u) != 0);
    }
}

static void draw_function_patterns(struct canvas *c, int v)
{
    int side = c->qr->side;
    for (int i = 0; i < side; i++) {
        set_fixed(c, 6, i, i % 2 == 0);
        set_fixed(c, i, 6, i % 2 == 0);
    }
    draw_finder(c, 3, 3);
    draw_finder(c, side - 4, 3);
    draw_finder(c, 3, side - 4);
    draw_alignments(c, v);
    draw_format(c, 0);
    draw_version(c, v);
}

/* Two columns at a time, upward then downward, from the right; the timing column is stepped over (7.7.3). */
static void draw_codewords(struct canvas *c, const uint8_t *words, int n_bits)
{
    int side = c->qr->side, i = 0;
    for (int right = side - 1; right >= 1; right -= 2) {
        right = right == 6 ? 5 : right;
        for (int step = 0; step < side; step++) {
            for (int k = 0; k < 2; k++) {
                int x = right - k, y = ((right + 1) & 2) == 0 ? side - 1 - step : step;
                if (c->fixed[y][x] == 0 && i < n_bits) {
                    c->qr->dark[y][x] = (words[i >> 3] >> (7 - (i & 7))) & 1;
                    i++;
                }
            }
        }
    }
}

static bool mask_bit(int mask, int x, int y)
{
    switch (mask) {
    case 0: return (x + y) % 2 == 0;
    case 1: return y % 2 == 0;
    case 2: return x % 3 == 0;
    case 3: return (x + y) % 3 == 0;
    case 4: return (x / 3 + y / 2) % 2 == 0;
    case 5: return x * y % 2 + x * y % 3 == 0;
    case 6: return (x * y % 2 + x * y % 3) % 2 == 0;
    default: return ((x + y) % 2 + x * y % 3) % 2 == 0;
    }
}

static void apply_mask(struct canvas *c, int mask)
{
    for (int y = 0; y < c->qr->side; y++) {
        for (int x = 0; x < c->qr->side; x++) {
            c->qr->dark[y][x] ^= c->fixed[y][x] == 0 && mask_bit(mask, x, y);
        }
    }
}

static uint8_t module_at(const struct fsl_qr *qr, bool across, int line, int i)
{
    return across ? qr->dark[line][i] : qr->dark[i][line];
}

/* Runs of five and more (N1), and the finder-like 1011101 with four light modules at a side (N3), along one line (7.8.3). */
static int line_penalty(const struct fsl_qr *qr, bool across, int line)
{
    int penalty = 0, run = 0;
    unsigned window = 0;
    for (int i = 0; i < qr->side; i++) {
        uint8_t m = module_at(qr, across, line, i);
        run = i > 0 && m == module_at(qr, across, line, i - 1) ? run + 1 : 1;
        penalty += run == 5 ? 3 : run > 5 ? 1 : 0;
        window = ((window << 1) | m) & 0x7FF;
        penalty += i >= 10 && (window == 0x05D || window == 0x5D0) ? 40 : 0;
    }
    return penalty;
}

static int penalty_of(const struct fsl_qr *qr)
{
    int penalty = 0, dark = 0, side = qr->side;
    for (int y = 0; y < side; y++) {
        penalty += line_penalty(qr, true, y) + line_penalty(qr, false, y);
        for (int x = 0; x < side; x++) {
            dark += qr->dark[y][x];
            if (x > 0 && y > 0) {
                int sum = qr->dark[y][x] + qr->dark[y - 1][x] + qr->dark[y][x - 1] + qr->dark[y - 1][x - 1];
                penalty += sum == 0 || sum == 4 ? 3 : 0;
            }
        }
    }
    int off = abs(dark * 20 - side * side * 10);
    return penalty + (off + side * side - 1) / (side * side) * 10;
}

static void choose_mask(struct canvas *c)
{
    int best = 0, least = 0;
    for (int mask = 0; mask < 8; mask++) {
        draw_format(c, mask);
        apply_mask(c, mask);
        int p = penalty_of(c->qr);
        if (mask == 0 || p < least) {
            best = mask;
            least = p;
        }
        apply_mask(c, mask); /* the same again takes it off */
    }
    draw_format(c, best);
    apply_mask(c, best);
}

bool fsl_qr_make(struct fn_str text, struct fsl_qr *out)
{
    uint8_t data[CODEWORDS_MAX] = {0}, words[CODEWORDS_MAX] = {0};
    struct canvas c = {.qr = out};
    int v = 1;
    while (v <= VERSION_MAX && (int64_t)text.n > data_codewords(v) - (v < 10 ? 2 : 3)) {
        v++;
    }
    if (v > VERSION_MAX) {
        return false;
    }
    memset(out, 0, sizeof *out);
    out->side = v * 4 + 17;
    draw_function_patterns(&c, v);
    make_data(text, v, data);
    interleave(data, v, words);
    draw_codewords(&c, words, raw_modules(v) / 8 * 8);
    choose_mask(&c);
    return true;
}
