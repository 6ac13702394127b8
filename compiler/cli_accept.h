/* cli_accept.h: for `funnelc test --accept`: the `<` lines of a test made to say what the funnel really sent. What the author wrote besides them
 * (the customer, clocks, answers, conditions, comments) stays to the byte.
 *
 * A line that still matches stays, `*` and all. Lines that do not are replaced by the messages sent in their place; in a `test exact`, and in a
 * test without any `<` line, every message gets one. A test that fails for any other reason is left as it is.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_ACCEPT_H
#define CLI_ACCEPT_H
#include "cli_script.h"

enum { CLI_ACCEPT_EDITS = 4096 };

struct cli_accept_edit {
    struct fn_span span; /* replaced by text; empty: inserted */
    struct fn_str text;  /* in the script's arena */
};
struct cli_accept {
    struct cli_accept_edit edits[CLI_ACCEPT_EDITS]; /* in order, apart from one another */
    unsigned n;
    unsigned n_kept; /* those of tests that ended well: the next test begins here */
    unsigned turn;   /* the first message of this turn: a line is not replaced by those of turns that are over */
    bool bare;       /* the test has no `<` line */
    bool full;       /* more edits than there is room for: the test is left as it is */
};

/* A text as a `<` line writes it; what cannot be written, and the end of a very long one, is `*`. */
void cli_accept_quote(struct fn_buf *b, struct fn_str text);
/* The steps [from, to) are the `<` lines that stand together. */
void cli_accept_group(struct cli_script *s, uint32_t from, uint32_t to);
/* Nothing more is expected of this turn; `last` is its last step that is no condition. */
void cli_accept_turn(struct cli_script *s, const struct fgr_node *last);
/* The source with the edits made. */
void cli_accept_apply(const struct cli_accept *a, struct fn_str source, struct fn_buf *out);
/* `text`, formatted if `before` was: a file that somebody lays out by hand stays so. */
void cli_accept_format(struct fn_str before, struct fn_str text, struct fn_buf *out);
/* What changes, line by line, `-` and `+`, below the number of the first line. */
void cli_accept_diff(const struct cli_accept *a, struct fn_str before, struct fn_str after, struct fn_buf *out);

#endif
