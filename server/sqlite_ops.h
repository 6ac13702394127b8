/* sqlite_ops.h: the operations of the SQLite store, one function each, run on the writer's thread inside a savepoint.
 * A failure of the file shows in q->code, which the caller makes the operation's; op->code is for refusals.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SQLITE_OPS_H
#define SQLITE_OPS_H
#include "frt_store.h"
#include "sqlite_db.h"

#define FRT_OP(NAME, struct_name, mode, doc) void sq_do_##struct_name(struct sq *q, struct frt_op_##struct_name *op);
#include "store_ops.def"
#undef FRT_OP

/* A copy in the operation's arena; out of memory shows in op->code. */
struct fn_str sq_give(struct frt_op *op, struct fn_str s);
void *sq_answer(struct frt_op *op, size_t n, size_t size);
/* A growing answer in the arena: a zeroed element behind the last, NULL without memory. */
void *sq_more(struct frt_op *op, void *at, size_t n, size_t *cap, size_t size);
void sq_row_add(struct sq *q, int64_t tenant, int64_t conv, const struct frt_row *row);
void sq_message_add(struct sq *q, int64_t tenant, int64_t conv, const struct frt_message *m);
int64_t sq_doc_set(struct sq *q, int64_t tenant, int64_t at, const struct frt_doc *d); /* the new revision */
void sq_effect_read(struct sq *q, struct frt_op *op, enum sq_stmt s, struct frt_effect *out);
void sq_conv_read(struct sq *q, struct frt_op *op, enum sq_stmt s, int64_t tenant, struct frt_conv *out);
#endif
