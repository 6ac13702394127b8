/* cli_coverage.h: what tests went through, against what the source has.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COVERAGE_H
#define CLI_COVERAGE_H
#include "cli_script.h"

enum cli_cover {
    CLI_COVER_STAGES,
    CLI_COVER_TRANSITIONS,
    CLI_COVER_OPTIONS,
    CLI_COVER_SILENCE,
    CLI_COVER_INVALID,
    CLI_COVERS
};
struct cli_coverage {
    unsigned all[CLI_COVERS], seen[CLI_COVERS];
    struct fn_buf missing[CLI_COVERS]; /* names, joined by ", " */
};
void cli_coverage_init(struct cli_coverage *v, const struct fcc_program *p, const struct fbc_image *im,
                       const struct cli_covered *covered);
void cli_coverage_fini(struct cli_coverage *v);
/* Is this count ("question/silence", "question/failed") of a branch that the question itself does not have? */
bool cli_coverage_of_always(const struct fcc_program *p, struct fn_str name);
unsigned cli_coverage_percent(const struct cli_coverage *v,
                              enum cli_cover what); /* 100 when there is nothing to cover */
const char *cli_coverage_name(enum cli_cover what, enum fn_lang lang);

#endif
