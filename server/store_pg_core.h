/* store_pg_core.h: what the PostgreSQL store's files share: operations under way, and the three functions of each kind.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_PG_CORE_H
#define STORE_PG_CORE_H
#include "frt_store.h"
#include "store_pg_conn.h"

/* An operation between submit and done. It goes through phases, each a segment: build writes its statements, take reads their answers, and
 * sets `again` when one more phase is needed. */
struct pg_job {
    struct frt_op *op;
    enum fn_code code; /* what op->code will be, unless a fault comes */
    unsigned phase, tries;
    bool again;        /* one more phase */
    bool wrote;        /* a phase was committed */
    bool alone;        /* items one by one: two of them met in one statement */
    unsigned answered; /* statements of this phase */
    bool faulted;
    struct pg_fault fault;
    int64_t deadline; /* monotonic ms */
    uint32_t *mark;   /* one an item, or NULL */
    struct pg_job *next;
};
/* calloc'd once; false without memory: j->code is set. */
bool pg_marks(struct pg_job *j, size_t n);
/* Copies into the operation's arena; out of memory shows in j->code. */
struct fn_str pg_keep(struct pg_job *j, const struct pg_rows *rows, int row, int col);
void *pg_room(struct pg_job *j, int n, size_t size);

/* Two items that touch the same thing must not share a statement: gives each item its wave, from 0. Returns how many waves. */
struct pg_waves {
    uint64_t *slot; /* hash -> wave + 1 */
    size_t mask;
    uint32_t *wave; /* of each item */
    uint32_t n;
};
bool pg_waves_init(struct pg_waves *w, size_t items, size_t keys_each);
void pg_waves_fini(struct pg_waves *w);
/* The first wave in which none of these hashes is used yet; takes them. */
void pg_waves_put(struct pg_waves *w, size_t item, const uint64_t *hashes, size_t n, bool alone);
int64_t pg_now(void); /* monotonic ms */
uint64_t pg_mix(uint64_t a, uint64_t b);

struct pg_kind {
    void (*build)(struct pg_job *j, struct pg_seg *seg);
    void (*take)(struct pg_job *j, unsigned statement, const struct pg_rows *rows);
};
#define FRT_OP(NAME, struct_name, mode, doc)                           \
    void pg_build_##struct_name(struct pg_job *j, struct pg_seg *seg); \
    void pg_take_##struct_name(struct pg_job *j, unsigned statement, const struct pg_rows *rows);
#include "store_ops.def"
#undef FRT_OP

void pg_read_conv(struct pg_job *j, const struct pg_rows *rows, int row, int col,
                  struct frt_conv *out); /* from channel_id on */
/* Names and values in turn, each behind its length (load_conv.sql). */
void pg_read_pairs(struct pg_job *j, struct fn_str all, struct frt_pair **out, size_t *n);
void pg_read_effects(struct pg_job *j, const struct pg_rows *rows, struct frt_effect **out, size_t *n);

FN_MUST_USE enum fn_code pg_migrate(void *plain, struct fn_err *err);
bool pg_is_pooled(const struct pg_target *t, void *plain);
#endif
