/* disasm.h: what the listing's two halves share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DISASM_H
#define DISASM_H
#include "fbc_image.h"

void disasm_str(struct fn_buf *out, struct fn_str s);  /* a space, then the string as the assembler reads it */
void disasm_index(struct fn_buf *out, uint16_t index); /* a space, then the number or - */
void disasm_funcs(struct fn_buf *out, const struct fbc_image *im);

#endif
