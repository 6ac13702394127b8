/* fbc_asm.h: text to image. For tests, fuzzers and people who look at bytecode; what fbc_disasm writes it reads back to the same bytes.
 *
 * One directive or instruction a line, `;` begins a comment, strings are "..." with \" \\ \n \xNN. Operands and indices are numbers, with an
 * optional letter in front for the reader (r3, k0, w12); a jump is a number of words or @N, the N-th word of the function; - is no index.
 * The directives are described in docs/bytecode.md. `patch`, `section`, `header`, `append`, `cut` and `keep-crc` change the finished bytes, so
 * every illegal image can be written.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FBC_ASM_H
#define FBC_ASM_H
#include "fn_buf.h"

/* Appends the image's bytes. FN_INVALID with "line N: ..." in err; nothing is judged but the text itself (see fbc_verify). */
FN_MUST_USE enum fn_code fbc_assemble(struct fn_str source, struct fn_buf *out, struct fn_err *err);

#endif
