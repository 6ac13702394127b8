/* words.h: the keyword table as the lexer reads it: one hash table for the spelling of a file; private to grammar/.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WORDS_H
#define WORDS_H
#include "fgr_token.h"
#include "fn_arena.h"

enum { WORD_SLOTS = 1024 };
struct word_table {
    bool portuguese;
    uint32_t
        lengths[256]; /* by first byte, a bit for each length of a word: most names are told apart without a hash */
    struct {
        struct fn_str text;
        const struct fgr_word *word;
    } slots[WORD_SLOTS];
};
/* NULL when the arena is spent. */
const struct word_table *word_table_new(struct fn_arena *arena, bool portuguese);
const struct fgr_word *word_table_find(const struct word_table *t, struct fn_str text);
/* The word behind `after` that is written so; NULL for none. */
const struct fgr_word *word_follower(struct fn_str text, bool portuguese, uint16_t after);
static inline struct fn_str word_text(const struct fgr_word *w, bool portuguese)
{
    return portuguese ? w->pt : w->en;
}

#endif
