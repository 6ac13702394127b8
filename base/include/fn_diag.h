/* fn_diag.h: a diagnostic: something wrong in a tenant's source. Stores a code and arguments; text is made last, in the
 * reader's language, by grammar/ (fgr_diag.h), from the table diags.def.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FN_DIAG_H
#define FN_DIAG_H
#include "fn_arena.h"

enum fn_lang { FN_PT, FN_EN };
enum fn_level { FN_ERROR_LEVEL, FN_WARNING_LEVEL, FN_NOTE_LEVEL };
enum fn_fix_kind { FN_FIX_SAFE, FN_FIX_REVIEW, FN_FIX_PLACEHOLDER };

enum { FN_DIAG_ARGS = 6, FN_DIAG_LABELS = 4, FN_DIAG_FIXES = 3, FN_DIAG_EDITS = 4 };

struct fn_diag_arg {
    const char *name; /* placeholder, as in {name}; static */
    struct fn_str value;
};
struct fn_diag_label {
    struct fn_span span;
    uint16_t text; /* row of diags.def's label table */
};
struct fn_diag_edit {
    struct fn_span span; /* replaced by text; empty span inserts */
    struct fn_str text;
};
struct fn_diag_fix {
    enum fn_fix_kind kind;
    uint8_t n_edits;
    struct fn_diag_edit edits[FN_DIAG_EDITS];
};
struct fn_diag {
    uint16_t code; /* enum fgr_diag */
    enum fn_level level;
    uint16_t file;   /* index in the list's files */
    bool portuguese; /* the source is in the Portuguese spelling: what a text quotes of the language is then, too */
    struct fn_span span;
    uint8_t n_args, n_labels, n_fixes;
    struct fn_diag_arg args[FN_DIAG_ARGS];
    struct fn_diag_label labels[FN_DIAG_LABELS];
    struct fn_diag_fix fixes[FN_DIAG_FIXES];
    uint16_t why;          /* row of the "why it matters" table, 0 = none */
    struct fn_str why_arg; /* e.g. the label a customer would tap */
};

/* All diagnostics of one compile, in the compile's arena. Past max, only `dropped` counts on. */
struct fn_diag_list {
    struct fn_arena *arena;
    struct fn_diag **items;
    size_t n, cap, max;
    size_t errors, warnings, dropped;
    struct fn_diag scratch; /* what fn_diag_add gives when dropped */
};
void fn_diag_list_init(struct fn_diag_list *l, struct fn_arena *arena, size_t max);
/* Returns the new record to add arguments, labels and fixes to; never NULL (a scratch record when dropped). */
struct fn_diag *fn_diag_add(struct fn_diag_list *l, uint16_t code, enum fn_level level, struct fn_span span);
struct fn_diag *fn_diag_arg(struct fn_diag *d, const char *name, struct fn_str value);
struct fn_diag *fn_diag_label(struct fn_diag *d, struct fn_span span, uint16_t text);
struct fn_diag *fn_diag_fix(struct fn_diag *d, enum fn_fix_kind kind, struct fn_span span, struct fn_str text);
void fn_diag_sort(struct fn_diag_list *l); /* by file, then place, then code; stable */

#endif
