/* fmt.h: the formatter's parts; private to grammar/.
 * fmt.c drives and checks, fmt_print.c lays out tokens and comments, fmt_words.c spells them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FMT_H
#define FMT_H
#include "fgr_fmt.h"

struct fmt {
    struct fn_buf *out;
    const struct fgr_tree *tree;
    bool portuguese;   /* the spelling to write */
    uint8_t *quoted;   /* by token: the name needs backticks here */
    uint32_t *match;   /* by token: of a { the index of its }, else 0 */
    uint32_t comment;  /* next to print */
    uint32_t *columns; /* by token: code points before it on its line, as last printed; 0 at the start of a line */
    uint32_t *pads;    /* by token: blanks to put before it on top of the usual ones */
};

/* Layout of tokens [from, to) and the comments before each. */
void fmt_print(struct fmt *f, uint32_t from, uint32_t to);
/* fmt_align.c: from the columns of one printing, the pads that line up options and arms in the next. */
void fmt_align(struct fmt *f, const struct fgr_node *n);
/* Comments that stand before token i, each on its own line, from column 0. */
void fmt_comments_before(struct fmt *f, uint32_t i, bool blank_first);
/* The token as it is to be written. */
void fmt_token(struct fmt *f, uint32_t i);
/* Does the name at i need backticks by itself, wherever it stands? */
bool fmt_always_quoted(const struct fmt *f, uint32_t i);
bool fmt_is_name(const struct fgr_token *t);
struct fn_str fmt_slice(const struct fgr_tree *t, struct fn_span span);
struct fn_str fmt_bare_name(const struct fgr_tree *t, const struct fgr_token *token);
/* A language's own name (contact, stage, ended) used as one. */
bool fmt_is_root(const struct fgr_token *t);

#endif
