/* fgr_parse.h: source -> tokens -> tree, always a tree.
 *
 * Lexing is done once into an array, from which the Bison parser pulls. A syntax error is repaired by trying one-token
 * insertions, deletions and replacements and keeping the one that parses furthest (docs/decisions), so every mistake is
 * reported once and the tree is whole. Bounded: source size, nesting, errors, time (limits.def).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FGR_PARSE_H
#define FGR_PARSE_H
#include "fgr_ast.h"
#include "fgr_token.h"
#include "fn_diag.h"

struct fgr_token {
    uint8_t kind;   /* FGR_TOK_*; tokens.def */
    uint8_t flags;  /* enum fgr_token_flag */
    uint16_t value; /* parts of a long text: columns to drop from each line; else 0 */
    struct fn_span span;
};
struct fgr_comment {
    struct fn_span span; /* from # to the end of line, exclusive */
    uint32_t before;     /* index of the token it stands before */
    bool own_line;
    bool blank; /* a blank line stands before it */
};
struct fgr_source {
    struct fn_str path; /* for messages; may be empty */
    struct fn_str text; /* owned copy in the arena, NUL behind it */
    uint32_t *lines;    /* byte offset of each line's start */
    uint32_t n_lines;
};
struct fgr_tree {
    struct fgr_source source;
    struct fgr_token *tokens;
    uint32_t n_tokens;
    struct fgr_token *scanned; /* the same before recovery, with what the tree goes without */
    uint32_t n_scanned;
    struct fgr_comment *comments;
    uint32_t n_comments;
    struct fgr_node *file; /* never NULL after fgr_parse returned FN_OK */
    struct fn_span *lost;  /* what recovery left out of the tree, in order */
    uint32_t n_lost, cap_lost;
    enum fn_lang spelling; /* FN_PT when the file began with `funil` / `módulo` */
};

/* Only FN_NO_MEMORY / FN_LIMIT are errors; whatever the bytes, mistakes are diagnostics and *out has a tree. */
FN_MUST_USE enum fn_code fgr_parse(struct fn_arena *arena, struct fn_str path, struct fn_str text,
                                   struct fn_diag_list *diags, struct fgr_tree *out);
/* Everything a funnel may be: limits of one file, enforced by the lexer and the parser. */
enum {
    FGR_SOURCE_MAX = 8 << 20, /* bytes */
    FGR_LINE_MAX = 64 << 10,  /* bytes */
    FGR_NAME_MAX = 64,        /* bytes; also what the image format allows */
    FGR_NEST_MAX = 100,       /* brackets in brackets: what recursion on the tree may rely on */
    FGR_DEPTH_MAX = 400,      /* nodes in nodes */
    FGR_ERRORS_MAX = 50       /* syntax errors told of one file */
};
/* Line and column, both from 1; the column counts code points. */
void fgr_place(const struct fgr_source *s, uint32_t offset, uint32_t *line, uint32_t *column);
/* Token dump of golden files. */
struct fn_buf;
void fgr_dump_tokens(struct fn_buf *out, const struct fgr_tree *t);

#endif
