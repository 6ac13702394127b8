/* frt_memory.h: the store in memory: for tests and the simulator, and the plainest statement of what a store does. Deterministic: operations
 * are carried out by drain, in order. What it holds survives any number of engines.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FRT_MEMORY_H
#define FRT_MEMORY_H
#include "frt_env.h"
#include "frt_store.h"

struct frt_memory;
enum frt_fault {
    FRT_FAULT_NONE,
    FRT_FAULT_REFUSE, /* not carried out, FN_UNAVAILABLE */
    FRT_FAULT_LOSE,   /* carried out, answer lost: FN_TIMEOUT */
    FRT_FAULT_VANISH, /* not carried out, answer lost: FN_TIMEOUT */
    FRT_FAULT_HOLD,   /* not yet: stays first in the queue */
    FRT_FAULT_POISON  /* not carried out, FN_INVALID */
};
/* Asked before each operation. */
typedef enum frt_fault (*frt_fault_fn)(void *ctx, const struct frt_op *op);

struct frt_memory *frt_memory_new(struct frt_clock clock); /* clock: for leases */
void frt_memory_free(struct frt_memory *m);
void frt_memory_faults(struct frt_memory *m, frt_fault_fn fault, void *ctx);
/* The engine died: forget the operations that wait, without calling done. */
void frt_memory_forget(struct frt_memory *m);
/* close through this handle leaves the memory to frt_memory_free. */
struct frt_store frt_memory_store(struct frt_memory *m);
/* The same memory for one of several nodes, 0 .. FRT_MEMORY_NODES - 1, each with a queue of its own. frt_memory_store is node 0. */
enum { FRT_MEMORY_NODES = 8 };
struct frt_store frt_memory_node(struct frt_memory *m, unsigned node);
/* The node is stopped, or dead, but the database has what it sent: carries out up to `most` of the operations that wait, and tells `seen` of each.
 * Their answers come with the next drain; close gives them back as FN_UNAVAILABLE. Returns how many. */
size_t frt_memory_carry(struct frt_memory *m, unsigned node, size_t most,
                        void (*seen)(void *ctx, const struct frt_op *op), void *ctx);
#endif
