/* fgr_token.h: the kinds of tokens, from tokens.def and keywords.def, and what is known about each word.
 * The numbers are Bison's as well (checked in funnel.y).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FGR_TOKEN_H
#define FGR_TOKEN_H
#include "fn_base.h"

enum fgr_tok {
    FGR_TOK_EOF = 0,
    FGR_TOK_BEFORE = 2, /* Bison counts from here: with api.token.raw its tokens are its symbols */
#define FGR_TOKEN(NAME, spelling, class) FGR_TOK_##NAME,
#include "tokens.def"
#undef FGR_TOKEN
    FGR_TOK_KEYWORDS, /* not a token: the words follow */
    FGR_TOK_KEYWORDS_BEFORE = FGR_TOK_KEYWORDS - 1,
#define FGR_KEYWORD(NAME, en, pt, class)  FGR_TOK_##NAME,
#define FGR_FOLLOWER(AFTER, NAME, en, pt) FGR_TOK_##NAME,
#include "keywords.def"
#undef FGR_KEYWORD
#undef FGR_FOLLOWER
    FGR_TOK_PAST
};
enum fgr_class {
    FGR_CLASS_LITERAL,
    FGR_CLASS_PUNCT,
    FGR_CLASS_OPERATOR,
    FGR_CLASS_CLOSE,
    FGR_CLASS_RESERVED,
    FGR_CLASS_DECL,
    FGR_CLASS_CONTEXT,
    FGR_CLASS_TYPE,
    FGR_CLASS_FOLLOWER
};
/* Flags of struct fgr_token. */
enum fgr_token_flag {
    FGR_TOKEN_MADE = 1,      /* recovery made it up; it has an empty span */
    FGR_TOKEN_FIRST = 2,     /* first on its line */
    FGR_TOKEN_BLANK = 4,     /* a blank line stands before it */
    FGR_TOKEN_AS_NAME = 8,   /* a word of the language that serves as a name here */
    FGR_TOKEN_BACKTICK = 16, /* a name in backticks */
    FGR_TOKEN_AS_TYPE = 32,  /* a TYPE word in its own sense: translated with the keywords */
    FGR_TOKEN_DOUBTFUL = 64, /* recovery guessed at or before this token: nodes over it are FGR_BROKEN */
    FGR_TOKEN_RAW = 128      /* a text without interpolation and escapes (the body of a test's http line) */
};

struct fgr_word {
    struct fn_str en, pt;
    uint16_t token, after; /* after: 0, or the word this one must follow */
    uint8_t class;
};
/* The words, in the order of keywords.def; *n gets their number. For docs, completion and highlighters. */
const struct fgr_word *fgr_words(size_t *n);
/* NULL unless token is a word. */
const struct fgr_word *fgr_word_of(uint16_t token);
/* "FAT_ARROW", "STAGE"; "EOF"; never NULL. */
const char *fgr_token_name(uint16_t token);
/* "=>", "stage"; how messages quote a token. */
const char *fgr_token_spelling(uint16_t token, bool portuguese);
extern const uint8_t fgr_token_classes[FGR_TOK_PAST - FGR_TOK_NL]; /* enum fgr_class */
static inline enum fgr_class fgr_token_class(uint16_t token)
{
    return token >= FGR_TOK_NL && token < FGR_TOK_PAST ? (enum fgr_class)fgr_token_classes[token - FGR_TOK_NL]
                                                       : FGR_CLASS_CLOSE;
}
/* The word a text is in a file of one spelling, accents optional; NULL when it is none. A follower needs `after`. */
const struct fgr_word *fgr_word_find(struct fn_str text, bool portuguese, uint16_t after);

#endif
