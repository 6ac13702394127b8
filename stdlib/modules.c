/* modules.c: the library's .funnel sources, as they are built in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsl_natives.h"
#include "fsl_sources.h"

static const struct fn_str extension = {".funnel", 7};

size_t fsl_module_count(void)
{
    return fsl_sources_count;
}

struct fsl_module fsl_module_at(size_t i)
{
    const struct fn_embedded *file = &fsl_sources[i];
    return (struct fsl_module){{file->name.p, file->name.n - extension.n}, file->bytes};
}
