/* lexer.h: what lexer.re (the patterns) and lex*.c (what each match does) share; private to grammar/.
 *
 * The scanner runs once over the whole source and appends to one array. Texts with {interpolation} suspend: a frame on a
 * bounded stack remembers the text to go back to at the closing brace. Brackets are counted on another bounded stack: inside
 * ( and [ a line break is white space. Nothing here fails but for memory: every mistake is a diagnostic and scanning goes on.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LEXER_H
#define LEXER_H
#include "fgr_diag.h"
#include "words.h"

enum { LEX_TEXTS_MAX = 16, LEX_RETREATS_MAX = 4 };

struct lex_text {
    uint32_t open;                            /* offset of the opening quote */
    uint32_t brace;                           /* offset of the `{` of the interpolation that is open */
    uint32_t first;                           /* index of its first token */
    uint32_t nest;                            /* brackets open when it began */
    uint32_t brace_token, n_comments, n_told; /* tokens, comments, diagnostics before that `{` */
    bool is_long, curly;
    bool literal, inner; /* braces are text here, one was not closed; inside quotes within such a text */
    bool joined;         /* goes on behind a line break that was told */
};

struct lexer {
    struct fn_arena *arena;
    struct fn_diag_list *diags;
    struct fgr_tree *tree;
    const struct word_table *words; /* of this file's spelling */
    const unsigned char *start, *cursor, *limit, *token;
    int cond;
    struct fgr_token *tokens;
    uint32_t n_tokens, cap_tokens;
    struct fgr_comment *comments;
    uint32_t n_comments, cap_comments;
    struct lex_text texts[LEX_TEXTS_MAX];
    uint32_t n_texts;
    uint32_t part;                  /* where the part of a text now being read begins */
    char nest[FGR_NEST_MAX];        /* open brackets: ( [ { and " for an interpolation */
    uint32_t nest_at[FGR_NEST_MAX]; /* their offsets */
    uint32_t n_nest, n_too_deep;
    uint32_t angles;   /* list< that wait for > */
    uint32_t breaks;   /* line breaks since the last token */
    uint32_t retreats; /* texts of this line that were read again */
    bool held_break;   /* one of them was swallowed by an open ( or [ */
    bool portuguese, told_nested;
};

/* lexer.re: reads one lexeme; false at the end of the source. */
bool lexer_step(struct lexer *lx);
void lexer_enter_text(struct lexer *lx, bool is_long);
void lexer_enter_code(struct lexer *lx);

/* lex.c and lex_text.c: what a match does. The lexeme is [token, cursor). */
void lex_simple(struct lexer *lx, uint16_t kind);
void lex_open(struct lexer *lx, uint16_t kind, char bracket);
void lex_close(struct lexer *lx, uint16_t kind, char bracket);
void lex_less(struct lexer *lx);
void lex_greater(struct lexer *lx);
void lex_greater_equal(struct lexer *lx);
void lex_word(struct lexer *lx);
void lex_backtick(struct lexer *lx);
void lex_newline(struct lexer *lx);
void lex_comment(struct lexer *lx);
void lex_foreign_comment(struct lexer *lx);
void lex_foreign(struct lexer *lx, uint16_t kind);
void lex_drop(struct lexer *lx, enum fgr_diag d);
void lex_semicolon(struct lexer *lx);
void lex_other_money(struct lexer *lx);
void lex_conflict(struct lexer *lx);
void lex_unknown(struct lexer *lx);
void lex_hidden(struct lexer *lx);
void lex_report(struct lexer *lx, enum fgr_diag d, uint16_t kind);
void lex_quote(struct lexer *lx, bool is_long);
void lex_single_quotes(struct lexer *lx);
enum { LEX_STOPS_TEXT = 1, LEX_STOPS_LONG = 2 };
const unsigned char *lex_text_plain(const unsigned char *at, uint8_t stop);
void lex_text_quote(struct lexer *lx, bool is_long);
void lex_text_brace(struct lexer *lx);
void lex_text_break(struct lexer *lx);
void lex_text_end(struct lexer *lx);
void lex_text_finish(struct lexer *lx, uint32_t end);
void lex_bad_escape(struct lexer *lx);

/* lex_mend.c: texts and interpolations that nothing closes. */
struct fn_diag *lex_unclosed(struct lexer *lx, struct fn_span span, bool is_long, bool curly);
void lex_abandon_text(struct lexer *lx, uint32_t at);
bool lex_mend_retreat(struct lexer *lx);
bool lex_mend_block(struct lexer *lx);
bool lex_mend_inner(struct lexer *lx, struct lex_text *t);
void lex_forget_told(struct fn_diag_list *l, uint32_t n); /* all but the first n */
/* Behind the curly quote that closes a text begun with a straight one at span.a; 0 when there is none in it. */
uint32_t lex_other_quote(const struct lexer *lx, struct fn_span text);
/* lex_reopen.c: the quote at `quote`, outside of interpolations, closes a text that nothing opened: told, and that text is read again. False
 * when there is no place for it on the line. */
bool lex_reopen(struct lexer *lx, uint32_t quote);
/* The two strokes just read belong to an address in such a text. */
bool lex_reopen_address(struct lexer *lx);

/* Helpers between lex.c and lex_text.c. */
struct fgr_token *lex_push(struct lexer *lx, uint16_t kind, struct fn_span span);
void lex_push_nl(struct lexer *lx, uint32_t at);
bool lex_nest_push(struct lexer *lx, char bracket, uint32_t at);
struct fn_str lex_slice(const struct lexer *lx, struct fn_span span);
static inline uint32_t lex_at(const struct lexer *lx, const unsigned char *p)
{
    return (uint32_t)(p - lx->start);
}
static inline struct fn_span lex_span(const struct lexer *lx)
{
    return (struct fn_span){lex_at(lx, lx->token), lex_at(lx, lx->cursor)};
}

/* scan.c: fills tree's tokens and comments from its source. */
FN_MUST_USE enum fn_code scan_source(struct fn_arena *arena, struct fn_diag_list *diags, struct fgr_tree *tree);

#endif
