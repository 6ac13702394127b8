/* contract.h: what the contract's cases share. A case gets an empty store; what it says must hold for every implementation.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTRACT_H
#define CONTRACT_H
#include "frt_memory.h"
#include "frt_store.h"

struct contract {
    struct frt_store store;
    struct fn_arena arena; /* of the answers; emptied between cases */
    struct frt_fake_clock clock;
    struct frt_memory *memory;
    const char *dir;
    bool (*open)(struct contract *c);
    void (*wipe)(struct contract *c); /* closes and forgets everything */
    unsigned failed;                  /* checks of the present case */
};
struct contract_case {
    const char *name;
    void (*run)(struct contract *c);
};
extern const struct contract_case contract_turn_cases[], contract_effect_cases[], contract_list_cases[];
extern const struct contract_case contract_disk_cases[]; /* stores that live in files */
extern const struct contract_case contract_full_cases[]; /* ... where filling the file system harms nobody */

#define CHECK(c, condition) contract_check((c), (condition), #condition, __FILE__, __LINE__)
bool contract_check(struct contract *c, bool ok, const char *what, const char *file, int line);
/* Submits and waits until it is done. */
void contract_do(struct contract *c, enum frt_op_kind kind, struct frt_op *op);
#define DO(c, KIND, batch) contract_do((c), FRT_OP_##KIND, &(batch)->op)
/* The two halves of it: to have several under way. done: set by drain. */
void contract_submit(struct contract *c, enum frt_op_kind kind, struct frt_op *op, bool *done);
void contract_wait(struct contract *c, struct frt_op *op, const bool *done);
/* Closes and opens again: what was acknowledged is there. */
void contract_reopen(struct contract *c);

/* A message of `alias` on channel 7 of tenant 1, received at `at`; dedupe may be NULL. Gives the ingested item. */
struct frt_ingest contract_message(struct contract *c, const char *alias, const char *dedupe, int64_t at);
struct frt_loaded contract_load(struct contract *c, int64_t conv);
struct frt_loaded contract_load_as(struct contract *c, int64_t conv, int64_t epoch); /* by the owner of that epoch */
/* A turn of what was loaded that consumes its first row and sends one effect; token as given. */
struct frt_turn contract_turn(const struct frt_loaded *in, int64_t epoch, int64_t token);
enum fn_code contract_commit(struct contract *c, struct frt_turn *t);
enum fn_code contract_done(struct contract *c, struct frt_done *d);
#endif
