/* fcc_report.h: the figures of `funnelc check --report` (guarantees 8 and 9), from a checked program, as text or JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCC_REPORT_H
#define FCC_REPORT_H
#include "fcc_sema.h"

void fcc_report_print(struct fn_buf *out, const struct fcc_program *p, enum fn_lang lang);
/* {"ai_calls_turn":6,"ai_calls_conversation":null,"messages_turn":3,"suspended_bytes":123}; null = without bound */
void fcc_report_json(struct fn_buf *out, const struct fcc_program *p);

#endif
