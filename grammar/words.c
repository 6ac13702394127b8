/* words.c: keywords.def and tokens.def as tables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "words.h"
#include "fn_utf8.h"

/* The order of the two tables is the order of the tokens: no tool may sort them. */
/* clang-format off */
#define LITERAL(s) {s, sizeof(s) - 1}
static const struct fgr_word words[] = {
#define FGR_KEYWORD(NAME, en, pt, class) {LITERAL(en), LITERAL(pt), FGR_TOK_##NAME, 0, FGR_CLASS_##class},
#define FGR_FOLLOWER(AFTER, NAME, en, pt) {LITERAL(en), LITERAL(pt), FGR_TOK_##NAME, FGR_TOK_##AFTER, FGR_CLASS_FOLLOWER},
#include "keywords.def"
#undef FGR_KEYWORD
#undef FGR_FOLLOWER
};
static_assert(FN_COUNT(words) == FGR_TOK_PAST - FGR_TOK_KEYWORDS, "every word is one token");

static const struct {
    const char *name, *spelling;
} tokens[] = {
#define FGR_TOKEN(NAME, spelling, class) {#NAME, spelling},
#define FGR_KEYWORD(NAME, en, pt, class) {#NAME, en},
#define FGR_FOLLOWER(AFTER, NAME, en, pt) {#NAME, en},
#include "tokens.def"
#include "keywords.def"
#undef FGR_TOKEN
#undef FGR_KEYWORD
#undef FGR_FOLLOWER
};

const uint8_t fgr_token_classes[] = {
#define FGR_TOKEN(NAME, spelling, class) FGR_CLASS_##class,
#define FGR_KEYWORD(NAME, en, pt, class) FGR_CLASS_##class,
#define FGR_FOLLOWER(AFTER, NAME, en, pt) FGR_CLASS_FOLLOWER,
#include "tokens.def"
#include "keywords.def"
#undef FGR_TOKEN
#undef FGR_KEYWORD
#undef FGR_FOLLOWER
};
/* clang-format on */
static_assert(FN_COUNT(tokens) == FGR_TOK_PAST - FGR_TOK_NL, "every token has a row");
static_assert(FGR_TOK_PAST <= UINT8_MAX, "a token's kind is a byte");

const struct fgr_word *fgr_words(size_t *n)
{
    *n = FN_COUNT(words);
    return words;
}

const struct fgr_word *fgr_word_of(uint16_t token)
{
    return token >= FGR_TOK_KEYWORDS && token < FGR_TOK_PAST ? &words[token - FGR_TOK_KEYWORDS] : NULL;
}

static bool is_token(uint16_t token)
{
    return token >= FGR_TOK_NL && token < FGR_TOK_PAST;
}

const char *fgr_token_name(uint16_t token)
{
    return is_token(token) ? tokens[token - FGR_TOK_NL].name : "EOF";
}

const char *fgr_token_spelling(uint16_t token, bool portuguese)
{
    const struct fgr_word *w = fgr_word_of(token);
    if (w != NULL) {
        return portuguese ? w->pt.p : w->en.p;
    }
    return is_token(token) ? tokens[token - FGR_TOK_NL].spelling : "";
}

static bool is_ascii(struct fn_str s)
{
    return fn_utf8_ascii(s) == s.n;
}

static bool same_word(struct fn_str text, struct fn_str word)
{
    if (is_ascii(word) || fn_str_eq(text, word)) {
        return fn_str_eq(text, word);
    }
    struct fn_buf bare;
    fn_buf_init(&bare, 64);
    fn_fold(&bare, word);
    bool same = !bare.failed && fn_str_eq(text, fn_buf_view(&bare));
    fn_buf_fini(&bare);
    return same;
}

const struct fgr_word *fgr_word_find(struct fn_str text, bool portuguese, uint16_t after)
{
    for (size_t i = 0; i < FN_COUNT(words); i++) {
        if (words[i].after == after && same_word(text, word_text(&words[i], portuguese))) {
            return &words[i];
        }
    }
    return NULL;
}

/* Is there a word that must follow this one? */
static bool has_followers(uint16_t token)
{
    return
#define FGR_KEYWORD(NAME, en, pt, class)
#define FGR_FOLLOWER(AFTER, NAME, en, pt) token == FGR_TOK_##AFTER ||
#include "keywords.def"
#undef FGR_KEYWORD
#undef FGR_FOLLOWER
        false;
}

const struct fgr_word *word_follower(struct fn_str text, bool portuguese, uint16_t after)
{
    for (size_t i = has_followers(after) ? FN_COUNT(words) : 0; i-- > 0 && words[i].after != 0;) {
        if (words[i].after == after && same_word(text, word_text(&words[i], portuguese))) {
            return &words[i];
        }
    }
    return NULL;
}

static uint32_t length_bit(size_t n)
{
    return n < 32 ? UINT32_C(1) << n : 0;
}

static size_t slot_of(const struct word_table *t, struct fn_str text)
{
    size_t i = fn_hash(text.p, text.n) % WORD_SLOTS;
    while (t->slots[i].word != NULL && !fn_str_eq(t->slots[i].text, text)) {
        i = (i + 1) % WORD_SLOTS;
    }
    return i;
}

static void table_add(struct word_table *t, struct fn_str text, const struct fgr_word *w)
{
    size_t i = slot_of(t, text);
    t->lengths[(unsigned char)text.p[0]] |= length_bit(text.n);
    if (t->slots[i].word == NULL) {
        t->slots[i].text = text;
        t->slots[i].word = w;
    }
}

static bool table_fill(struct word_table *t, struct fn_arena *arena)
{
    struct fn_buf bare;
    fn_buf_init(&bare, 64);
    bool good = true;
    for (size_t i = 0; good && i < FN_COUNT(words) && words[i].after == 0; i++) {
        struct fn_str text = word_text(&words[i], t->portuguese);
        table_add(t, text, &words[i]);
        if (is_ascii(text)) {
            continue;
        }
        fn_buf_clear(&bare);
        fn_fold(&bare, text);
        struct fn_str copy = fn_arena_dup(arena, fn_buf_view(&bare));
        good = copy.p != NULL && !bare.failed;
        if (good) {
            table_add(t, copy, &words[i]);
        }
    }
    fn_buf_fini(&bare);
    return good;
}

const struct word_table *word_table_new(struct fn_arena *arena, bool portuguese)
{
    struct word_table *t = fn_arena_alloc(arena, sizeof *t);
    if (t == NULL) {
        return NULL;
    }
    t->portuguese = portuguese;
    return table_fill(t, arena) ? t : NULL;
}

const struct fgr_word *word_table_find(const struct word_table *t, struct fn_str text)
{
    bool may_be = text.n > 0 && (t->lengths[(unsigned char)text.p[0]] & length_bit(text.n)) != 0;
    return may_be ? t->slots[slot_of(t, text)].word : NULL;
}
