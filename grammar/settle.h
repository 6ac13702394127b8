/* settle.h: between the scanner and the parser; private to grammar/.
 *
 * settle.c runs the tokens over the parser's tables (lr.h) and decides which words are names here. Where nothing fits, repair.c
 * tries every one-token insertion, deletion and replacement at the token and at the one before it, keeps what lets most of the
 * following tokens parse, and tells the mistake once. What comes out always parses.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SETTLE_H
#define SETTLE_H
#include "fgr_diag.h"
#include "lr.h"

enum { SETTLE_LOOK = 12, SETTLE_POPPED = 64, SETTLE_CLOSERS = 24, SETTLE_BRACKETS = 4 };

/* Takes back the last token. */
struct settle_undo {
    bool valid;
    uint32_t base, pushed, n_popped;
    int16_t popped[SETTLE_POPPED];
};
struct settle {
    struct fn_arena *arena;
    struct fn_diag_list *diags;
    struct fgr_tree *tree;
    bool portuguese;
    const struct fgr_token *in; /* scanned tokens; the last is EOF */
    uint32_t n_in, at;          /* at: the next to settle */
    struct fgr_token *out;
    uint32_t n_out, cap_out, n_comments;                        /* comments already carried over */
    struct lr_stack stack, line, above, top, scratch, scratch2; /* above: before the line break over this line */
    struct lr_stack decl;                 /* where the last declaration began; top: behind it, when it is over */
    uint32_t line_out, top_out, decl_out; /* tokens settled when the line, this and the last declaration began */
    uint32_t line_at;                     /* where the line began in `in` */
    struct settle_undo undo;
    size_t n_scanned;             /* diagnostics of the scanner */
    uint32_t errors, repaired_at; /* repaired_at: tokens settled when the last repair was made */
    uint32_t repaired_line;
    bool doubt; /* mark the next token */
    bool gave_up, garbled;
    bool open_bracket; /* one that is not closed was told: its line breaks are missing */
    bool open_brace;   /* one inside a bracket: line breaks stand where none belong */
};
enum settle_edit {
    SETTLE_INSERT,
    SETTLE_REPLACE,
    SETTLE_DELETE,
    SETTLE_OPEN_ABOVE,
    SETTLE_CLOSE_LINE,
    SETTLE_UNCLOSE,
    SETTLE_CLOSE_ABOVE
};
struct settle_repair {
    enum settle_edit edit;
    bool before; /* at the token before the one that does not fit */
    uint16_t token;
    int gain, score;
    uint32_t at; /* settled token: UNCLOSE the brace that is too much, CLOSE_ABOVE what a missing one stands before */
    bool breaks; /* CLOSE_ABOVE: with a line break */
};

/* For a parser that reads the scanned tokens as they are: the state to decide words with, and the decision for token i, left in its
 * flags. False: out of memory; too deep to tell. */
FN_MUST_USE bool settle_words(struct settle *s, struct fn_arena *arena, struct fgr_tree *tree);
bool settle_word(struct settle *s, const struct lr_stack *parser, uint32_t i);
FN_MUST_USE enum fn_code settle_tokens(struct fn_arena *arena, struct fn_diag_list *diags, struct fgr_tree *tree);

/* What token i is on this stack: itself, or NAME. */
uint16_t settle_kind(struct settle *s, const struct lr_stack *stack, const struct fgr_token *tokens, uint32_t i);
bool settle_push(struct lr_stack *stack, uint16_t kind);
void settle_copy(struct lr_stack *to, const struct lr_stack *from);
/* How many of the tokens from i on parse, at most SETTLE_LOOK; all of them when the file's end is reached. */
int settle_run(struct settle *s, struct lr_stack *stack, uint32_t i);
/* Closing braces that make a declaration or the end fit; 0 when none do. */
uint32_t settle_closers(struct settle *s, const struct lr_stack *stack, uint32_t i);
/* The stack before the last settled token; false when it cannot be had. */
bool settle_before(const struct settle *s, struct lr_stack *to);
bool settle_heads_decl(const struct settle *s, uint32_t i);
/* Columns of white space before the first token of the line a token stands on. */
uint32_t settle_indent(const struct settle *s, const struct fgr_token *t);

/* At the margin, between declarations. */
bool settle_at_top(const struct settle *s);
/* Runs the settled tokens from..n_out again on `stack`, changed as r says; `line` gets the stack where the last line began. */
bool settle_replay(const struct settle *s, struct lr_stack *stack, struct lr_stack *line, uint32_t from,
                   const struct settle_repair *r);
/* Where the declaration begins that the settled token i is in, and the stack there. */
uint32_t settle_decl(const struct settle *s, uint32_t i, const struct lr_stack **stack);
/* Brackets that close before a line break could stand here, written to `closers`; 0 when none do. */
uint32_t settle_brackets(struct settle *s, uint16_t closers[SETTLE_BRACKETS]);
struct settle_repair repair_find(struct settle *s);
/* The block that indentation shows to have ended, before a declaration or the end of the file; false where none does. */
bool repair_by_indent(struct settle *s, struct settle_repair *r);
void repair_tell(struct settle *s, const struct settle_repair *r);
void repair_tell_brace(struct settle *s);
void repair_tell_skipped(struct settle *s);
void repair_tell_head(struct settle *s);
void repair_tell_too_many(struct settle *s);

#endif
