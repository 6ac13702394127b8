/* code.h: the rules of ops.def's column `rule`.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CODE_H
#define CODE_H
#include "verify.h"

/* The word's operands are good each by itself; are they good together? (v->func, v->at: where) */
bool code_rule(struct verify *v, const struct fbc_op_info *op, uint32_t w);

#endif
