/* crc32c.c: CRC-32C, eight bytes a step: by the processor's instruction where it has one (x86-64 with SSE 4.2, asked at run
 * time), else by tables ("slicing by 8").
 *
 * The remainder is linear: the table entry of a byte is the xor of the entries of its bits. So eight numbers per slice
 * say the whole table and the preprocessor spells it out; the unit test recomputes it bit by bit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_base.h"

#define BITS(i, a, b, c, d, e, f, g, h)                                                                   \
    (((i)&1 ? (a) : 0) ^ ((i)&2 ? (b) : 0) ^ ((i)&4 ? (c) : 0) ^ ((i)&8 ? (d) : 0) ^ ((i)&16 ? (e) : 0) ^ \
     ((i)&32 ? (f) : 0) ^ ((i)&64 ? (g) : 0) ^ ((i)&128 ? (h) : 0))
#define X4(B, i)  B(i), B((i) + 1), B((i) + 2), B((i) + 3)
#define X16(B, i) X4(B, i), X4(B, (i) + 4), X4(B, (i) + 8), X4(B, (i) + 12)
#define X64(B, i) X16(B, i), X16(B, (i) + 16), X16(B, (i) + 32), X16(B, (i) + 48)
#define X256(B)   X64(B, 0), X64(B, 64), X64(B, 128), X64(B, 192)

/* Bk: the entries of the bits 1, 2, 4, ... 128 with k zero bytes behind them; polynomial 0x82F63B78. */
#define B0(i) \
    BITS(i, 0xF26B8303u, 0xE13B70F7u, 0xC79A971Fu, 0x8AD958CFu, 0x105EC76Fu, 0x20BD8EDEu, 0x417B1DBCu, 0x82F63B78u)
#define B1(i) \
    BITS(i, 0x13A29877u, 0x274530EEu, 0x4E8A61DCu, 0x9D14C3B8u, 0x3FC5F181u, 0x7F8BE302u, 0xFF17C604u, 0xFBC3FAF9u)
#define B2(i) \
    BITS(i, 0xA541927Eu, 0x4F6F520Du, 0x9EDEA41Au, 0x38513EC5u, 0x70A27D8Au, 0xE144FB14u, 0xC76580D9u, 0x8B277743u)
#define B3(i) \
    BITS(i, 0xDD45AAB8u, 0xBF672381u, 0x7B2231F3u, 0xF64463E6u, 0xE964B13Du, 0xD725148Bu, 0xABA65FE7u, 0x52A0C93Fu)
#define B4(i) \
    BITS(i, 0x38116FACu, 0x7022DF58u, 0xE045BEB0u, 0xC5670B91u, 0x8F2261D3u, 0x1BA8B557u, 0x37516AAEu, 0x6EA2D55Cu)
#define B5(i) \
    BITS(i, 0xEF306B19u, 0xDB8CA0C3u, 0xB2F53777u, 0x6006181Fu, 0xC00C303Eu, 0x85F4168Du, 0x0E045BEBu, 0x1C08B7D6u)
#define B6(i) \
    BITS(i, 0x68032CC8u, 0xD0065990u, 0xA5E0C5D1u, 0x4E2DFD53u, 0x9C5BFAA6u, 0x3D5B83BDu, 0x7AB7077Au, 0xF56E0EF4u)
#define B7(i) \
    BITS(i, 0x493C7D27u, 0x9278FA4Eu, 0x211D826Du, 0x423B04DAu, 0x847609B4u, 0x0D006599u, 0x1A00CB32u, 0x34019664u)

static const uint32_t table[8][256] = {
    {X256(B0)}, {X256(B1)}, {X256(B2)}, {X256(B3)}, {X256(B4)}, {X256(B5)}, {X256(B6)}, {X256(B7)},
};

static uint32_t read32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t step8(uint32_t crc, const uint8_t *p)
{
    uint32_t a = crc ^ read32(p);
    uint32_t b = read32(p + 4);
    return table[7][a & 255] ^ table[6][a >> 8 & 255] ^ table[5][a >> 16 & 255] ^ table[4][a >> 24] ^
           table[3][b & 255] ^ table[2][b >> 8 & 255] ^ table[1][b >> 16 & 255] ^ table[0][b >> 24];
}

uint32_t fn_crc32c_portable(const void *p, size_t n)
{
    const uint8_t *at = p;
    uint32_t crc = 0xFFFFFFFFu;
    for (; n >= 8; n -= 8, at += 8) {
        crc = step8(crc, at);
    }
    for (; n > 0; n--, at++) {
        crc = crc >> 8 ^ table[0][(crc ^ *at) & 255];
    }
    return crc ^ 0xFFFFFFFFu;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(const void *data, size_t n)
{
    const uint8_t *p = data;
    uint64_t crc = 0xFFFFFFFFu;
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    uint32_t rest = (uint32_t)crc;
    for (; n > 0; n--, p++) {
        rest = __builtin_ia32_crc32qi(rest, *p);
    }
    return rest ^ 0xFFFFFFFFu;
}

uint32_t fn_crc32c(const void *p, size_t n)
{
    return __builtin_cpu_supports("sse4.2") ? by_instruction(p, n) : fn_crc32c_portable(p, n);
}
#else
uint32_t fn_crc32c(const void *p, size_t n)
{
    return fn_crc32c_portable(p, n);
}
#endif
