/* fcc_compile.h: source -> image, in one call; and the plan that tests need.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCC_COMPILE_H
#define FCC_COMPILE_H
#include "fcc_sema.h"

/* Emits a checked program without error diagnostics. The image bytes have passed fbc_verify before they are returned; a failure of that is a
 * bug of ours (FN_BUG). FN_LIMIT when the program is larger than an image may be (err says what, and where). */
FN_MUST_USE enum fn_code fcc_emit(const struct fcc_program *program, struct fn_buf *image, struct fn_err *err);
/* fcc_check then fcc_emit; FN_INVALID when there are error diagnostics. */
FN_MUST_USE enum fn_code fcc_compile(struct fn_arena *arena, struct fn_str path, struct fn_str text,
                                     const struct fcc_options *options, struct fn_diag_list *diags,
                                     struct fcc_program **program, struct fn_buf *image, struct fn_err *err);
/* What a test writes as a value: an image with the program's variables whose one stage says the JSON of the checked expression n, as
 * `want` (NULL: its own type), and ends. Same errors as fcc_emit. */
FN_MUST_USE enum fn_code fcc_emit_value(const struct fcc_program *program, const struct fgr_node *n,
                                        const struct fcc_type *want, struct fn_buf *image, struct fn_err *err);

#endif
