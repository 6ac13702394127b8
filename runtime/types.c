/* types.c: shards, the stored form of a mailbox row's content, names of the store's operations.
 *
 * A payload is the six texts, each u32 length and bytes, then u64 effect, u32 call, one byte present: read without allocation.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_buf.h"
#include "frt_store.h"

const struct frt_op_info frt_op_infos[FRT_OPS] = {
#define FRT_OP(NAME, struct_name, mode, doc) {#NAME, #mode[0]},
#include "store_ops.def"
#undef FRT_OP
};

const char *frt_closer_word(int64_t closer)
{
    static const char *const words[FRT_CLOSERS] = {
#define FRT_CLOSER(NAME, word, meaning) word,
#include "closers.def"
#undef FRT_CLOSER
    };
    return closer > 0 && closer < FRT_CLOSERS ? words[closer] : "";
}

uint16_t frt_shard(int64_t tenant, int64_t conv)
{
    int64_t both[2] = {tenant, conv};
    uint64_t hash = fn_hash(both, sizeof both);
    return (uint16_t)((hash ^ (hash >> 32)) % FRT_SHARDS);
}

static void put_text(struct fn_buf *out, struct fn_str s)
{
    fn_buf_u32(out, (uint32_t)s.n);
    fn_buf_str(out, s);
}

void frt_payload_write(struct fn_buf *out, const struct frt_payload *p)
{
    const struct fn_str parts[] = {p->text, p->option, p->media, p->event, p->event_name, p->funnel};
    for (size_t i = 0; i < FN_COUNT(parts); i++) {
        put_text(out, parts[i]);
    }
    fn_buf_u64(out, (uint64_t)p->effect);
    fn_buf_u32(out, p->call);
    fn_buf_char(out, p->present ? 1 : 0);
}

enum fn_code frt_payload_read(struct fn_str bytes, struct frt_payload *out)
{
    struct fn_reader r;
    fn_reader_init(&r, bytes.p, bytes.n);
    *out = (struct frt_payload){0};
    struct fn_str *parts[] = {&out->text, &out->option, &out->media, &out->event, &out->event_name, &out->funnel};
    for (size_t i = 0; i < FN_COUNT(parts); i++) {
        *parts[i] = fn_read_bytes(&r, fn_read_u32(&r));
    }
    out->effect = (int64_t)fn_read_u64(&r);
    out->call = fn_read_u32(&r);
    out->present = fn_read_u8(&r) != 0;
    return r.bad || fn_reader_left(&r) != 0 ? FN_INVALID : FN_OK;
}
