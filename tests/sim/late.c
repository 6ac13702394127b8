/* late.c: an operation of the outbox whose answer is lost is submitted again; the first may still lie in the database (its connection is gone, its
 * statement waits for a lock) and be carried out after its repetition, and after whatever followed. COMMIT has its compare-and-set for that.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include <stdlib.h>

enum { TEXTS = 4 };
struct sim_late {
    struct frt_op_claim claim;
    struct frt_op_done done;
};

static void *copy_of(const void *items, size_t n, size_t size)
{
    void *copy = malloc(n * size);
    if (copy == NULL) {
        FN_BUG("no memory");
    }
    memcpy(copy, items, n * size);
    return copy;
}

static void own(struct fn_str *s)
{
    *s = (struct fn_str){copy_of(s->n != 0 ? s->p : "", s->n + 1, 1), s->n};
}

static void texts_of(struct frt_done *d, struct fn_str *out[TEXTS])
{
    out[0] = &d->ext_id;
    out[1] = &d->reason;
    out[2] = &d->row.ref;
    out[3] = &d->row.payload;
}

static void own_texts(struct frt_done *d)
{
    struct fn_str *texts[TEXTS];
    texts_of(d, texts);
    for (size_t i = 0; i < TEXTS; i++) {
        own(texts[i]);
    }
}

struct sim_late *sim_late_take(const struct frt_op *op)
{
    if (op->kind != FRT_OP_CLAIM && op->kind != FRT_OP_DONE) {
        return NULL;
    }
    struct sim_late *late = calloc(1, sizeof *late);
    if (late == NULL) {
        FN_BUG("no memory");
    }
    if (op->kind == FRT_OP_CLAIM) {
        const struct frt_op_claim *from = (const struct frt_op_claim *)op;
        late->claim.n = from->n;
        late->claim.items = copy_of(from->items, from->n, sizeof *from->items);
        return late;
    }
    const struct frt_op_done *from = (const struct frt_op_done *)op;
    late->done.n = from->n;
    late->done.items = copy_of(from->items, from->n, sizeof *from->items);
    for (size_t i = 0; i < late->done.n; i++) {
        own_texts(&late->done.items[i]);
    }
    return late;
}

void sim_late_free(struct sim_late *late)
{
    for (size_t i = 0; late != NULL && i < late->done.n; i++) {
        struct fn_str *texts[TEXTS];
        texts_of(&late->done.items[i], texts);
        for (size_t k = 0; k < TEXTS; k++) {
            free((char *)(uintptr_t)texts[k]->p);
        }
    }
    if (late != NULL) {
        free(late->claim.items);
        free(late->done.items);
        free(late);
    }
}

void sim_late_run(struct sim *s, struct sim_late *late)
{
    struct fn_arena arena;
    bool claim = late->claim.n != 0;
    fn_arena_init(&arena, 1 << 20);
    sim_op(s, claim ? FRT_OP_CLAIM : FRT_OP_DONE, claim ? &late->claim.op : &late->done.op, &arena);
    for (size_t i = 0; i < late->claim.n; i++) {
        sim_tell(s, "late CLAIM %llx, epoch %lld: %d", (unsigned long long)late->claim.items[i].effect,
                 (long long)late->claim.items[i].epoch, (int)late->claim.items[i].code);
    }
    for (size_t i = 0; i < late->done.n; i++) {
        sim_tell(s, "late DONE %llx, epoch %lld, verdict %d: %d", (unsigned long long)late->done.items[i].effect,
                 (long long)late->done.items[i].epoch, (int)late->done.items[i].verdict, (int)late->done.items[i].code);
    }
    s->counts[SIM_N_LATE]++;
    fn_arena_fini(&arena);
    sim_late_free(late);
}
