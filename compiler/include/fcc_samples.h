/* fcc_samples.h: the funnels of examples/, built in: what `funnelc new` and the web editor begin from.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCC_SAMPLES_H
#define FCC_SAMPLES_H
#include "fn_base.h"

struct fcc_sample {
    struct fn_str name, text; /* "pizzaria"; the source. Static */
};
size_t fcc_sample_count(void);
struct fcc_sample fcc_sample_at(size_t i); /* i < count; by name */

#endif
