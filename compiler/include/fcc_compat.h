/* fcc_compat.h: two versions of a funnel compared (guarantee 11): may conversations that stand in the old one go on in the new one?
 *
 * A conversation stays in its version until it enters a stage, and carries its variables over. So what must be settled is: every stage of the
 * old version has a successor (same name, or `migrate stage old -> new`), and every variable of the new one has a value (carried over with
 * an equal type, one of its own at the start, or `migrate var x = …`). What has no value at the start must be set by the old version wherever the
 * new one counts on it. Questions and options are told because their counts and stored
 * answers go by name; they never block.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCC_COMPAT_H
#define FCC_COMPAT_H
#include "fcc_sema.h"

enum fcc_compat_kind {
    FCC_COMPAT_STAGE,
    FCC_COMPAT_VAR,
    FCC_COMPAT_CONTACT,
    FCC_COMPAT_QUESTION,
    FCC_COMPAT_OPTION,
    FCC_COMPAT_KINDS
};
enum fcc_compat_state {
    FCC_COMPAT_SAME,
    FCC_COMPAT_RENAMED,
    FCC_COMPAT_ADDED,
    FCC_COMPAT_REMOVED,
    FCC_COMPAT_CHANGED,
    FCC_COMPAT_UNSET, /* in both, but who enters stage `to` from the old version may have no value, and the new one counts on it */
    FCC_COMPAT_STATES
};
struct fcc_compat_row {
    enum fcc_compat_kind kind;
    enum fcc_compat_state state;
    struct fn_str from,
        to; /* names in the old and the new version; empty when there is none. OPTION: "question#id"; UNSET: the value and a stage */
    bool settled;
};
struct fcc_compat {
    struct fcc_compat_row *rows; /* in the arena; by kind, then by name; UNSET behind all */
    size_t n, unsettled;
};
/* Both programs are without error diagnostics. FN_NO_MEMORY is the only error. Names are borrowed from the programs. */
FN_MUST_USE enum fn_code fcc_compat(struct fn_arena *arena, const struct fcc_program *from,
                                    const struct fcc_program *to, struct fcc_compat *out);
/* One line a row, what is the same left out unless `all`; last the verdict. */
enum fcc_compat_rows { FCC_COMPAT_DIFFERENCES, FCC_COMPAT_ALL };
void fcc_compat_print(struct fn_buf *out, const struct fcc_compat *table, enum fcc_compat_rows rows, enum fn_lang lang);

#endif
