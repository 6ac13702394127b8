/* memory.h: what the parts of the memory store share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RUNTIME_MEMORY_H
#define RUNTIME_MEMORY_H
#include "frt_memory.h"
#include "map.h"

/* A growing array of T. */
#define MEM_VEC(T)     \
    struct {           \
        T *at;         \
        size_t n, cap; \
    }
/* Zeroed new last element. */
#define MEM_PUSH(v)    (mem_room((void **)(void *)&(v)->at, (v)->n, &(v)->cap, sizeof *(v)->at), &(v)->at[(v)->n++])
#define MEM_DROP(v, i) mem_close((v)->at, &(v)->n, (i), sizeof *(v)->at)

struct mem_turn {
    int64_t seq, at;
    char *record;
    size_t n;
};
struct mem_conv {
    struct frt_conv c;                  /* texts owned */
    MEM_VEC(struct frt_row) rows;       /* by (received_at, id) */
    MEM_VEC(struct frt_effect) effects; /* by id */
    MEM_VEC(struct frt_message) log;
    MEM_VEC(struct mem_turn) turns;
};
struct mem_contact {
    int64_t tenant, id;
    MEM_VEC(struct frt_pair) pairs; /* by name */
};
struct mem_alias {
    int64_t tenant, contact;
    struct fn_str text;
};
struct mem_seen {
    int64_t tenant, day;
    struct fn_str key;
};
struct mem_image {
    int64_t tenant;
    struct fn_str hash, bytes;
};
struct mem_pub {
    int64_t tenant;
    struct frt_pub pub;
};
struct mem_doc {
    int64_t tenant;
    struct frt_doc doc;
};
struct mem_metric {
    int64_t tenant;
    struct frt_metric m;
};
struct mem_shard {
    int64_t epoch, expires_at;
    struct fn_str node;
};
struct mem_node {
    struct fn_str name;
    int64_t expires_at;
};
struct frt_memory {
    struct frt_clock clock;
    frt_fault_fn fault;
    void *fault_ctx;
    struct mem_queue {
        struct frt_memory *memory;
        struct frt_op *first, *last;
        bool closed;
        size_t carried; /* of the first ones: carried out already, their answers wait */
    } queues[FRT_MEMORY_NODES];
    struct map conv_of, contact_of; /* (tenant, conv) -> mem_conv; (tenant, contact) -> mem_contact */
    MEM_VEC(struct mem_conv *) convs;
    MEM_VEC(struct mem_contact *) contacts;
    MEM_VEC(struct mem_alias) aliases;
    MEM_VEC(struct mem_seen) seen;
    MEM_VEC(struct mem_image) images;
    MEM_VEC(struct mem_pub) pubs;       /* by (tenant, funnel) */
    MEM_VEC(struct mem_doc) docs;       /* by (tenant, collection, key) */
    MEM_VEC(struct mem_metric) metrics; /* by (tenant, key, bucket) */
    struct mem_shard shards[FRT_SHARDS];
    MEM_VEC(struct mem_node) nodes;
};

void mem_room(void **at, size_t n, size_t *cap, size_t size);
void mem_close(void *at, size_t *n, size_t i, size_t size);
struct fn_str mem_keep(struct fn_str s);            /* an owned copy */
void mem_set(struct fn_str *slot, struct fn_str s); /* frees the old one */
void mem_forget(struct fn_str *slot);
struct fn_str mem_give(struct frt_op *op,
                       struct fn_str s); /* a copy in the operation's arena; out of memory shows in op->code */
void *mem_answer(struct frt_op *op, size_t n, size_t size);
struct mem_conv *mem_conv_find(const struct frt_memory *m, int64_t tenant, int64_t conv);
struct mem_contact *mem_contact_find(const struct frt_memory *m, int64_t tenant, int64_t contact);
bool mem_row_add(struct mem_conv *c, const struct frt_row *row); /* false: the id exists */
void mem_pair_set(struct mem_contact *c, struct fn_str name, struct fn_str value);
void mem_doc_set(struct frt_memory *m, int64_t tenant, const struct frt_doc *doc, int64_t rev);
size_t mem_doc_at(const struct frt_memory *m, int64_t tenant, struct fn_str collection, struct fn_str key, bool *found);
void mem_metric_add(struct frt_memory *m, int64_t tenant, const struct frt_metric *x);
void mem_effect_give(struct frt_op *op, struct frt_effect *out, const struct frt_effect *in);
void mem_conv_give(struct frt_op *op, struct frt_conv *out, const struct frt_conv *in);

/* One function an operation; each sets items' codes, and op.code when it is not FN_OK. */
#define FRT_OP(NAME, struct_name, mode, doc) \
    void mem_do_##struct_name(struct frt_memory *m, struct frt_op_##struct_name *op);
#include "store_ops.def"
#undef FRT_OP
#endif
