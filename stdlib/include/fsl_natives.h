/* fsl_natives.h: what the standard library brings: pure natives behind natives.def, and the modules written in .funnel.
 *
 * The natives are thin: they take texts and numbers out of the run's slots, call a pure function of fsl_read.h, fsl_show.h, fsl_text.h,
 * fsl_date.h ..., and put the result back. The pure functions know nothing of the VM, so that tests, the engine and tools call them too.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSL_NATIVES_H
#define FSL_NATIVES_H
#include "fvm_run.h"

/* Indexed by native number; NULL where natives.def has no row. Pass to fvm_run_new. */
extern const fvm_native_fn fsl_natives[FBC_NATIVE_MAX];

/* Library modules (`use br`): name and source, embedded at build time; the compiler's caller hands them to fcc_check. */
struct fsl_module {
    struct fn_str name, text;
};
size_t fsl_module_count(void);
struct fsl_module fsl_module_at(size_t i); /* i < count */

#endif
