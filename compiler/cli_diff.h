/* cli_diff.h: what changes from one text to another, as `patch` reads it (unified, three lines around).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_DIFF_H
#define CLI_DIFF_H
#include "fn_buf.h"

/* Empty when they are equal. Texts that differ in very many lines are told as one block taken out and one put in. */
void cli_diff(struct fn_buf *out, const char *path, struct fn_str before, struct fn_str after);

#endif
