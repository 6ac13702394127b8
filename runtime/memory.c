/* memory.c: the memory store's queue, faults and plumbing. The operations are in memory_turn.c, memory_effect.c and memory_list.c.
 *
 * Memory is never short here: a test machine that has none ends the test.
 * SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdlib.h>

void mem_room(void **at, size_t n, size_t *cap, size_t size)
{
    if (n == *cap) {
        *cap = *cap == 0 ? 8 : *cap * 2;
        *at = realloc(*at, *cap * size);
        if (*at == NULL) {
            FN_BUG("the memory store has no memory");
        }
    }
    memset((char *)*at + n * size, 0, size);
}

void mem_close(void *at, size_t *n, size_t i, size_t size)
{
    char *p = at;
    memmove(p + i * size, p + (i + 1) * size, (*n - i - 1) * size);
    --*n;
}

struct fn_str mem_keep(struct fn_str s)
{
    char *p = malloc(s.n + 1);
    if (p == NULL) {
        FN_BUG("the memory store has no memory");
    }
    if (s.n != 0) {
        memcpy(p, s.p, s.n);
    }
    p[s.n] = '\0';
    return (struct fn_str){p, s.n};
}

void mem_forget(struct fn_str *slot)
{
    free((void *)(uintptr_t)slot->p);
    *slot = FN_STR_NULL;
}

void mem_set(struct fn_str *slot, struct fn_str s)
{
    struct fn_str copy = mem_keep(s); /* first: s may be *slot */
    mem_forget(slot);
    *slot = copy;
}

struct fn_str mem_give(struct frt_op *op, struct fn_str s)
{
    struct fn_str copy = fn_arena_dup(op->arena, s);
    if (copy.p == NULL) {
        op->code = FN_NO_MEMORY;
    }
    return copy;
}

void *mem_answer(struct frt_op *op, size_t n, size_t size)
{
    void *p = fn_arena_array(op->arena, n == 0 ? 1 : n, size);
    if (p == NULL) {
        op->code = FN_NO_MEMORY;
    }
    return p;
}

struct mem_conv *mem_conv_find(const struct frt_memory *m, int64_t tenant, int64_t conv)
{
    return map_get(&m->conv_of, tenant, conv);
}

struct mem_contact *mem_contact_find(const struct frt_memory *m, int64_t tenant, int64_t contact)
{
    return map_get(&m->contact_of, tenant, contact);
}

static void carry_out(struct frt_memory *m, struct frt_op *op)
{
    op->code = FN_OK;
    switch (op->kind) {
#define FRT_OP(NAME, struct_name, mode, doc)                        \
    case FRT_OP_##NAME:                                             \
        mem_do_##struct_name(m, (struct frt_op_##struct_name *)op); \
        break;
#include "store_ops.def"
#undef FRT_OP
    case FRT_OPS: FN_BUG("no such operation");
    }
}

static void submit(void *self, struct frt_op *op)
{
    struct mem_queue *q = self;
    op->next = NULL;
    op->code = FN_UNAVAILABLE;
    if (q->first == NULL) {
        q->first = op;
    } else {
        q->last->next = op;
    }
    q->last = op;
}

static int poll_fd(void *self)
{
    (void)self;
    return -1;
}

static void answer(struct frt_memory *m, struct frt_op *op, enum frt_fault fault)
{
    if (fault == FRT_FAULT_NONE || fault == FRT_FAULT_LOSE) {
        carry_out(m, op);
    }
    switch (fault) {
    case FRT_FAULT_NONE: break;
    case FRT_FAULT_LOSE:
    case FRT_FAULT_VANISH: op->code = FN_TIMEOUT; break;
    case FRT_FAULT_POISON: op->code = FN_INVALID; break;
    case FRT_FAULT_REFUSE:
    case FRT_FAULT_HOLD: op->code = FN_UNAVAILABLE; break;
    }
    op->done(op);
}

/* Only what was there at the call: an operation submitted by a callback waits for the next drain. */
static size_t drain(void *self)
{
    struct mem_queue *q = self;
    struct frt_memory *m = q->memory;
    struct frt_op *end = q->last;
    size_t n = 0;
    while (q->first != NULL) {
        struct frt_op *op = q->first;
        enum frt_fault fault = q->closed ? FRT_FAULT_REFUSE : FRT_FAULT_NONE;
        if (q->carried != 0) {
            q->carried--;
            q->first = op->next;
            op->code = q->closed ? FN_UNAVAILABLE : op->code;
            op->done(op);
            n++;
            if (op == end) {
                break;
            }
            continue;
        }
        if (!q->closed && m->fault != NULL) {
            fault = m->fault(m->fault_ctx, op);
        }
        if (fault == FRT_FAULT_HOLD || q->first != op) { /* the fault may have been a crash that emptied the queue */
            break;
        }
        q->first = op->next;
        answer(m, op, fault);
        n++;
        if (op == end) {
            break;
        }
    }
    return n;
}

size_t frt_memory_carry(struct frt_memory *m, unsigned node, size_t most,
                        void (*seen)(void *ctx, const struct frt_op *op), void *ctx)
{
    struct mem_queue *q = &m->queues[node % FRT_MEMORY_NODES];
    size_t at = 0, n = 0;
    for (struct frt_op *op = q->first; op != NULL && n < most; op = op->next, at++) {
        if (at >= q->carried) {
            carry_out(m, op);
            seen(ctx, op);
            n++;
        }
    }
    q->carried += n;
    return n;
}

static void close_store(void *self)
{
    struct mem_queue *q = self;
    q->closed = true;
    while (drain(q) != 0) {
    }
    q->closed = false;
}

struct frt_store frt_memory_node(struct frt_memory *m, unsigned node)
{
    static const struct frt_store_ops ops = {"memory", submit, poll_fd, drain, close_store};
    return (struct frt_store){&ops, &m->queues[node % FRT_MEMORY_NODES]};
}

struct frt_store frt_memory_store(struct frt_memory *m)
{
    return frt_memory_node(m, 0);
}

struct frt_memory *frt_memory_new(struct frt_clock clock)
{
    struct frt_memory *m = calloc(1, sizeof *m);
    if (m != NULL) {
        m->clock = clock;
        for (size_t i = 0; i < FRT_MEMORY_NODES; i++) {
            m->queues[i].memory = m;
        }
    }
    return m;
}

void frt_memory_faults(struct frt_memory *m, frt_fault_fn fault, void *ctx)
{
    m->fault = fault;
    m->fault_ctx = ctx;
}

void frt_memory_forget(struct frt_memory *m)
{
    for (size_t i = 0; i < FRT_MEMORY_NODES; i++) {
        m->queues[i].first = m->queues[i].last = NULL;
        m->queues[i].carried = 0;
    }
}

static void free_effect(struct frt_effect *e)
{
    mem_forget(&e->payload);
    mem_forget(&e->funnel);
    mem_forget(&e->ext_id);
    mem_forget(&e->reason);
}

static void free_conv(struct mem_conv *c)
{
    struct fn_str *texts[] = {&c->c.address, &c->c.funnel, &c->c.stage, &c->c.prog,
                              &c->c.snap,    &c->c.team,   &c->c.reason};
    for (size_t i = 0; i < FN_COUNT(texts); i++) {
        mem_forget(texts[i]);
    }
    for (size_t i = 0; i < c->rows.n; i++) {
        mem_forget(&c->rows.at[i].ref);
        mem_forget(&c->rows.at[i].payload);
    }
    for (size_t i = 0; i < c->effects.n; i++) {
        free_effect(&c->effects.at[i]);
    }
    for (size_t i = 0; i < c->log.n; i++) {
        mem_forget(&c->log.at[i].kind);
        mem_forget(&c->log.at[i].body);
        mem_forget(&c->log.at[i].ext_id);
    }
    for (size_t i = 0; i < c->turns.n; i++) {
        free(c->turns.at[i].record);
    }
    free(c->rows.at);
    free(c->effects.at);
    free(c->log.at);
    free(c->turns.at);
    free(c);
}

static void free_contact(struct mem_contact *c)
{
    for (size_t i = 0; i < c->pairs.n; i++) {
        mem_forget(&c->pairs.at[i].name);
        mem_forget(&c->pairs.at[i].value);
    }
    free(c->pairs.at);
    free(c);
}

static void free_catalogue(struct frt_memory *m)
{
    for (size_t i = 0; i < m->images.n; i++) {
        mem_forget(&m->images.at[i].hash);
        mem_forget(&m->images.at[i].bytes);
    }
    for (size_t i = 0; i < m->pubs.n; i++) {
        struct frt_pub *p = &m->pubs.at[i].pub;
        mem_forget(&p->funnel);
        mem_forget(&p->hash);
        mem_forget(&p->previous);
        mem_forget(&p->canary);
    }
    for (size_t i = 0; i < m->docs.n; i++) {
        mem_forget(&m->docs.at[i].doc.collection);
        mem_forget(&m->docs.at[i].doc.key);
        mem_forget(&m->docs.at[i].doc.body);
    }
    for (size_t i = 0; i < m->metrics.n; i++) {
        mem_forget(&m->metrics.at[i].m.key);
    }
    free(m->images.at);
    free(m->pubs.at);
    free(m->docs.at);
    free(m->metrics.at);
}

void frt_memory_free(struct frt_memory *m)
{
    if (m == NULL) {
        return;
    }
    for (size_t i = 0; i < m->convs.n; i++) {
        free_conv(m->convs.at[i]);
    }
    for (size_t i = 0; i < m->contacts.n; i++) {
        free_contact(m->contacts.at[i]);
    }
    for (size_t i = 0; i < m->aliases.n; i++) {
        mem_forget(&m->aliases.at[i].text);
    }
    for (size_t i = 0; i < m->seen.n; i++) {
        mem_forget(&m->seen.at[i].key);
    }
    for (size_t i = 0; i < FRT_SHARDS; i++) {
        mem_forget(&m->shards[i].node);
    }
    for (size_t i = 0; i < m->nodes.n; i++) {
        mem_forget(&m->nodes.at[i].name);
    }
    free(m->nodes.at);
    free(m->convs.at);
    free(m->contacts.at);
    free(m->aliases.at);
    free(m->seen.at);
    free_catalogue(m);
    map_fini(&m->conv_of);
    map_fini(&m->contact_of);
    free(m);
}
