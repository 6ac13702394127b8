/* natives.h: what the binding files of the natives share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef NATIVES_H
#define NATIVES_H
#include "fvm_run.h"

enum {
    FSL_TEXT_MAX = 65536,  /* bytes of a text in a run */
    FSL_OPTIONS_MAX = 200, /* options of one question: a list holds no more */
};

/* Every native of natives.def, by its name there. */
#define FBC_NATIVE(number, name, sig, fuel, doc) \
    enum fbc_trap fsl_native_##name(struct fvm_run *run, const union fvm_slot *args, union fvm_slot *out);
#include "natives.def"
#undef FBC_NATIVE
#define FSL_NATIVE(name) \
    enum fbc_trap fsl_native_##name(struct fvm_run *run, const union fvm_slot *args, union fvm_slot *out)
#define FSL_ARG_TEXT(i) fvm_text(run, args[i].ref)

/* Both take b over. */
enum fbc_trap fsl_give_text(struct fvm_run *run, struct fn_buf *b, union fvm_slot *out);
enum fbc_trap fsl_give_some_text(struct fvm_run *run, bool present, struct fn_buf *b, union fvm_slot *out);

#endif
