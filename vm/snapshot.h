/* snapshot.h: the bytes of a saved run, for save.c and load.c. See docs/snapshot.md.
 *
 *     header      struct snapshot_header, 68 bytes
 *     globals     slots
 *     frames      each: u16 function, u32 word to go on at, then its registers as slots
 *     heap        the objects, in the order heap_collect leaves them
 * slots: a bitmap, one bit per slot, least significant first; then the slots that are not zero: ints as zigzag in
 * groups of seven bits,
 * numbers in 8 bytes, bools and references in 4.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H
#include "heap.h"

enum { SNAPSHOT_FORMAT = 1, SNAPSHOT_CRC_FROM = 8 /* the CRC covers what follows it */, SNAPSHOT_FRAME = 6 };
#define SNAPSHOT_MAGIC 0x31534E46u /* "FNS1" */

enum snapshot_kind { SNAPSHOT_STAGE = 1, SNAPSHOT_WAIT = 2, SNAPSHOT_CALL = 3 };
struct snapshot_header {
    uint32_t magic, crc;
    uint16_t format, abi;
    uint8_t kind, frames;
    uint16_t stage;
    uint8_t image[16]; /* first half of its hash */
    int64_t now;
    uint64_t random;
    int64_t deadline; /* WAIT, else 0 */
    uint32_t calls;
    uint16_t wait; /* WAIT, else FBC_NO_INDEX */
    uint16_t zero;
    uint32_t heap; /* bytes */
    uint32_t pad;  /* not stored */
};
enum { SNAPSHOT_HEADER = 68 };
static_assert(offsetof(struct snapshot_header, pad) == SNAPSHOT_HEADER, "the header is stored without its padding");
static_assert(offsetof(struct snapshot_header, now) == 32, "no holes in the header");

enum { SNAPSHOT_INT_MAX = 10 /* bytes of an int */ };
/* Bytes a snapshot may need before its size is checked. */
static inline size_t snapshot_block(const struct fvm_limits *l)
{
    return SNAPSHOT_HEADER + ((size_t)FBC_LIMIT_GLOBALS + l->stack) * (SNAPSHOT_INT_MAX + 1) +
           (size_t)l->frames * (SNAPSHOT_FRAME + 1) + l->arena + 8;
}

#endif
