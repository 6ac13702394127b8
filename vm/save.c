/* save.c: writes a snapshot: a collection, then globals, frames and heap in one pass.
 *
 * Equal states give equal bytes: the order is the collection's, every padding byte is zero, zero slots are not
 * written, nothing depends on addresses or on what the run did before.
 * SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"

/* Small ints of both signs are short. */
static unsigned char *put_int(unsigned char *p, int64_t v)
{
    uint64_t zigzag = (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
    for (; zigzag >= 128; zigzag >>= 7) {
        *p++ = (unsigned char)(zigzag | 128);
    }
    *p++ = (unsigned char)zigzag;
    return p;
}

static unsigned char *put_slot(unsigned char *p, union fvm_slot slot, enum fbc_repr repr)
{
    if (repr == FBC_REPR_I) {
        return put_int(p, slot.i);
    }
    size_t size = repr == FBC_REPR_F ? 8 : 4;
    memcpy(p, &slot, size); /* little-endian: four bytes are the lower half */
    return p + size;
}

static unsigned char *put_globals(const struct fvm_run *run, unsigned char *p)
{
    const struct fbc_image *im = run->image;
    unsigned char *map = p;
    size_t bytes = (im->n_globals + 7) / 8;
    memset(map, 0, bytes);
    p += bytes;
    for (uint32_t i = 0; i < im->n_globals; i++) {
        if (run->globals[i].i != 0) {
            map[i / 8] |= (unsigned char)(1u << i % 8);
            p = put_slot(p, run->globals[i], run_repr(im, im->globals[i].type));
        }
    }
    return p;
}

static unsigned char *put_frame(const struct fvm_run *run, const struct frame *f, unsigned char *p)
{
    const struct fbc_func *func = &run->image->funcs[f->func];
    uint16_t number = (uint16_t)f->func;
    memcpy(p, &number, 2);
    memcpy(p + 2, &f->pc, 4);
    unsigned char *map = p + SNAPSHOT_FRAME;
    size_t bytes = (func->n_regs + 7u) / 8;
    memset(map, 0, bytes);
    p = map + bytes;
    for (uint32_t i = 0; i < func->n_regs; i++) {
        if (f->regs[i].i != 0) {
            map[i / 8] |= (unsigned char)(1u << i % 8);
            p = put_slot(p, f->regs[i], run_repr(run->image, func->regs[i]));
        }
    }
    return p;
}

static enum snapshot_kind kind_of(enum run_state state)
{
    return state == RUN_WAIT ? SNAPSHOT_WAIT : state == RUN_CALL ? SNAPSHOT_CALL : SNAPSHOT_STAGE;
}

static void put_header(const struct fvm_run *run, unsigned char *p, size_t size)
{
    bool waits = run->state == RUN_WAIT;
    struct snapshot_header h = {.magic = SNAPSHOT_MAGIC,
                                .format = SNAPSHOT_FORMAT,
                                .abi = FBC_ABI,
                                .kind = (uint8_t)kind_of(run->state),
                                .frames = (uint8_t)run->depth,
                                .stage = run->stage,
                                .now = run->now,
                                .random = run->random,
                                .deadline = waits ? run->deadline : 0,
                                .calls = run->calls,
                                .wait = waits ? run->wait : FBC_NO_INDEX,
                                .heap = run->top - HEAP_FIRST};
    memcpy(h.image, run->image->hash, sizeof h.image);
    memcpy(p, &h, SNAPSHOT_HEADER);
    h.crc = fn_crc32c(p + SNAPSHOT_CRC_FROM, size - SNAPSHOT_CRC_FROM);
    memcpy(p + offsetof(struct snapshot_header, crc), &h.crc, sizeof h.crc);
}

static bool can_save(enum run_state state)
{
    return state == RUN_ARRIVING || state == RUN_STAGE || state == RUN_WAIT || state == RUN_CALL;
}

enum fn_code fvm_save(struct fvm_run *run, struct fn_buf *out)
{
    if (!can_save(run->state)) {
        return FN_CONFLICT;
    }
    if (run->state == RUN_CALL) {
        run_drop_request(run);
        *run_result(run) = (union fvm_slot){.i = 0}; /* the answer of this place's last round */
    }
    heap_collect(run);
    unsigned char *p = put_globals(run, run->block + SNAPSHOT_HEADER);
    for (uint32_t i = 0; i < run->depth; i++) {
        p = put_frame(run, &run->frames[i], p);
    }
    size_t heap = run->top - HEAP_FIRST;
    memcpy(p, run->heap + HEAP_FIRST, heap);
    size_t size = (size_t)(p - run->block) + heap;
    if (size > run->limits.save) {
        return FN_LIMIT;
    }
    put_header(run, run->block, size);
    fn_buf_put(out, run->block, size);
    return out->failed ? FN_NO_MEMORY : FN_OK;
}
