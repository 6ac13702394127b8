/* samples.c: see fcc_samples.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_samples.h"

#include "fcc_examples.h"

size_t fcc_sample_count(void)
{
    return fcc_examples_count;
}

struct fcc_sample fcc_sample_at(size_t i)
{
    struct fn_str name = fcc_examples[i].name;
    return (struct fcc_sample){{name.p, name.n - (sizeof ".funnel" - 1)}, fcc_examples[i].bytes};
}
