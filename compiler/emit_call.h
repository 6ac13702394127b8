/* emit_call.h: the members of lists, maps and hours, which are more than one native.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EMIT_CALL_H
#define EMIT_CALL_H
#include "emit.h"

void emit_container(struct emit *e, const struct fgr_node *n, uint16_t row, const struct fgr_node *object,
                    const struct fgr_node *args, unsigned dest);
void emit_hours(struct emit *e, uint16_t row, const struct fgr_node *object, const struct fgr_node *args,
                unsigned dest);
/* Of a jump the checker did not bind (in `always`). */
uint16_t emit_stage_named(struct emit *e, struct fn_str name);
/* The function of FN, FLOW or TOOL; its body is written later (emit.c). */
uint16_t emit_func(struct emit *e, struct fcc_sym *sym);

#endif
