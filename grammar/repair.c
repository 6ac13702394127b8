/* repair.c: which one-token change makes the most of what follows parse, and how it is told. See settle.h.
 *
 * Score: four for each following token that parses, and a bonus for changes people need: a misspelt word, the other spelling's
 * word, a forgotten bracket or arrow. A score that only comes from deleting what was written loses against the others.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "settle.h"

enum { WORD_MAX = 48 };

/* Words of other tools for what the language has; both spellings' people type them. */
static const struct {
    const char *word;
    uint16_t token;
} foreign[] = {
    {"goto", FGR_TOK_ARROW}, {"go", FGR_TOK_ARROW},     {"ir", FGR_TOK_ARROW},      {"va", FGR_TOK_ARROW},
    {"jump", FGR_TOK_ARROW}, {"print", FGR_TOK_SAY},    {"echo", FGR_TOK_SAY},      {"fale", FGR_TOK_SAY},
    {"mande", FGR_TOK_SAY},  {"input", FGR_TOK_ASK},    {"stop", FGR_TOK_END},      {"exit", FGR_TOK_END},
    {"pare", FGR_TOK_END},   {"switch", FGR_TOK_MATCH}, {"case", FGR_TOK_MATCH},    {"const", FGR_TOK_LET},
    {"set", FGR_TOK_LET},    {"function", FGR_TOK_FN},  {"def", FGR_TOK_FN},        {"func", FGR_TOK_FN},
    {"null", FGR_TOK_NONE},  {"nil", FGR_TOK_NONE},     {"nulo", FGR_TOK_NONE},     {"import", FGR_TOK_USE},
    {"step", FGR_TOK_STAGE}, {"block", FGR_TOK_STAGE},  {"estagio", FGR_TOK_STAGE}, {"struct", FGR_TOK_RECORD},
    {"sleep", FGR_TOK_WAIT}, {"foreach", FGR_TOK_FOR},  {"elif", FGR_TOK_ELSE},     {"then", FGR_TOK_LBRACE},
    {"wenn", FGR_TOK_IF},
};

static struct fn_str slice(const struct settle *s, const struct fgr_token *t)
{
    return (struct fn_str){s->tree->source.text.p + t->span.a, t->span.b - t->span.a};
}

/* Damerau-Levenshtein (adjacent swaps count one), on folded ASCII; WORD_MAX bounds the table. */
LR_UNCOUNTED static int distance(struct fn_str a, struct fn_str b)
{
    int rows[3][WORD_MAX + 1] = {{0}};
    for (int j = 0; j <= (int)b.n; j++) {
        rows[0][j] = j;
    }
    int *before = rows[2], *last = rows[0], *row = rows[1];
    for (size_t i = 1; i <= a.n; i++) {
        row[0] = (int)i;
        for (size_t j = 1; j <= b.n; j++) {
            int cost = a.p[i - 1] == b.p[j - 1] ? 0 : 1;
            int best = last[j - 1] + cost;
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] && before[j - 2] + 1 < best) {
                best = before[j - 2] + 1;
            }
            row[j] = best;
        }
        int *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[b.n];
}

static bool is_plain(struct fn_str s)
{
    size_t i = 0;
    while (i < s.n && ((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '_')) {
        i++;
    }
    return i == s.n;
}

/* Most words are their own folding. */
static struct fn_str fold_into(struct fn_str s, char *space, size_t max)
{
    if (is_plain(s)) {
        return s;
    }
    struct fn_buf folded;
    fn_buf_init(&folded, max);
    fn_fold(&folded, s);
    size_t n = folded.failed ? 0 : folded.n;
    if (n > 0) {
        memcpy(space, folded.p, n);
    }
    fn_buf_fini(&folded);
    return (struct fn_str){space, n};
}

static bool is_word(const struct fgr_token *t)
{
    return (t->kind == FGR_TOK_NAME || t->kind == FGR_TOK_TNAME || fgr_word_of(t->kind) != NULL) &&
           !(t->flags & FGR_TOKEN_BACKTICK);
}

/* How near a written word is to a word of the language: 0 far .. 14 the same in the other spelling. */
static int likeness(const struct settle *s, const struct fgr_token *t, uint16_t token)
{
    const struct fgr_word *w = fgr_word_of(token);
    if (!is_word(t) || t->span.b - t->span.a > WORD_MAX) {
        return 0;
    }
    char space[WORD_MAX * 2], word_space[WORD_MAX * 2];
    struct fn_str text = fold_into(slice(s, t), space, WORD_MAX);
    for (size_t i = 0; i < FN_COUNT(foreign); i++) {
        if (foreign[i].token == token && fn_str_eq(text, fn_str_c(foreign[i].word))) {
            return 9;
        }
    }
    if (w == NULL || w->class == FGR_CLASS_TYPE) {
        return 0;
    }
    struct fn_str other = fold_into(s->portuguese ? w->en : w->pt, word_space, WORD_MAX);
    if (fn_str_eq(text, other)) {
        return 14;
    }
    struct fn_str own = fold_into(s->portuguese ? w->pt : w->en, word_space, WORD_MAX);
    int d = distance(text, own);
    int most = own.n <= 3 ? 1 : own.n <= 5 ? 2 : 3;
    return d == 0 ? 12 : d <= most ? 11 - 2 * d : 0;
}

/* A word that begins its line and is not followed by what follows a name heads a statement. */
static bool heads(const struct fgr_token *t, uint16_t next)
{
    return (t->flags & FGR_TOKEN_FIRST) && next != FGR_TOK_ASSIGN && next != FGR_TOK_COLON && next != FGR_TOK_COMMA &&
           next != FGR_TOK_DOT && next != FGR_TOK_LBRACKET && next != FGR_TOK_TEXT && next != FGR_TOK_LPAREN;
}

static int replace_bonus(const struct settle *s, const struct fgr_token *old, uint16_t token, uint16_t next)
{
    int like = likeness(s, old, token);
    if (like > 0) {
        return like;
    }
    enum fgr_class was = fgr_token_class(old->kind);
    bool name = token == FGR_TOK_NAME || token == FGR_TOK_TNAME;
    if (name && (old->kind == FGR_TOK_NAME || old->kind == FGR_TOK_TNAME)) {
        return 8;
    }
    if (token == FGR_TOK_NAME && old->kind == FGR_TOK_END) {
        return -6; /* `-> end` wants no name: its arrow is too much */
    }
    if (token == FGR_TOK_NAME && was == FGR_CLASS_RESERVED && !heads(old, next)) {
        return 5;
    }
    if (token == FGR_TOK_NAME && (was == FGR_CLASS_DECL || was == FGR_CLASS_CONTEXT) && !heads(old, next)) {
        return 3;
    }
    if ((token == FGR_TOK_EQ && old->kind == FGR_TOK_ASSIGN) || (token == FGR_TOK_ASSIGN && old->kind == FGR_TOK_EQ)) {
        return 5;
    }
    if ((token == FGR_TOK_ARROW || token == FGR_TOK_FAT_ARROW || token == FGR_TOK_COLON || token == FGR_TOK_ASSIGN) &&
        (old->kind == FGR_TOK_ARROW || old->kind == FGR_TOK_FAT_ARROW || old->kind == FGR_TOK_COLON ||
         old->kind == FGR_TOK_ASSIGN)) {
        return 3;
    }
    return old->kind == FGR_TOK_NL || old->kind == FGR_TOK_EOF ? -40 : -6;
}

/* The next line goes further in than the one the token is on: a block was meant to open. */
static bool goes_in(const struct settle *s)
{
    const struct fgr_token *t = &s->in[s->at];
    if (t->kind != FGR_TOK_NL || s->n_out == 0) {
        return true;
    }
    return settle_indent(s, &s->in[s->at + 1]) > settle_indent(s, &s->out[s->n_out - 1]);
}

static int insert_bonus(const struct settle *s, uint16_t token)
{
    switch (token) {
    case FGR_TOK_LBRACE: return s->in[s->at].kind != FGR_TOK_NL ? -5 : goes_in(s) ? 2 : -3;
    case FGR_TOK_LPAREN:
    case FGR_TOK_LBRACKET: return -1;
    case FGR_TOK_FUNNEL:
    case FGR_TOK_MODULE: return -6;
    case FGR_TOK_NL: return 1;
    case FGR_TOK_NAME: return -1;
    case FGR_TOK_TEXT:
    case FGR_TOK_TNAME:
    case FGR_TOK_INT: return -2;
    case FGR_TOK_ARROW: return 3;
    default: break;
    }
    enum fgr_class class = fgr_token_class(token);
    if ((token >= FGR_TOK_EQ && token <= FGR_TOK_PERCENT) || token == FGR_TOK_AND || token == FGR_TOK_OR ||
        token == FGR_TOK_AS) {
        return -7; /* two values side by side: which operation was meant is a guess */
    }
    return class == FGR_CLASS_LITERAL                                                    ? -8
           : class == FGR_CLASS_PUNCT || class == FGR_CLASS_CLOSE                        ? 2
           : token == FGR_TOK_COMMA || token == FGR_TOK_COLON || token == FGR_TOK_ASSIGN ? 2
           : class == FGR_CLASS_OPERATOR                                                 ? 0
                                                                                         : -1;
}

static int delete_bonus(const struct fgr_token *t)
{
    enum fgr_class class = fgr_token_class(t->kind);
    return t->kind == FGR_TOK_EOF ? -40 : t->kind == FGR_TOK_NL ? -1 : class == FGR_CLASS_LITERAL ? -4 : -2;
}

/* Parts of a text only make sense with their text. */
LR_UNCOUNTED static bool insertable(uint16_t token)
{
    return token != FGR_TOK_TEXT_HEAD && token != FGR_TOK_TEXT_MID && token != FGR_TOK_TEXT_TAIL &&
           fgr_token_class(token) != FGR_CLASS_TYPE;
}

static bool removable(const struct fgr_token *t)
{
    return t->kind != FGR_TOK_TEXT_HEAD && t->kind != FGR_TOK_TEXT_MID && t->kind != FGR_TOK_TEXT_TAIL;
}

static void consider(struct settle_repair *best, struct settle_repair r, int bonus)
{
    r.score = r.gain * 4 + bonus - (r.before ? 1 : 0);
    if (r.score > best->score) {
        *best = r;
    }
}

LR_UNCOUNTED static bool fits(const struct lr_stack *stack, uint16_t token)
{
    struct lr_step step;
    return lr_try(stack, token, &step) != LR_REJECTED;
}

/* Runs `first` (0 for nothing), then, for repairs at the token before, that token (0: none), then the rest from i. */
static int gain_of(struct settle *s, const struct lr_stack *from, uint16_t first, uint16_t second, uint32_t i)
{
    settle_copy(&s->scratch, from);
    if ((first != 0 && !settle_push(&s->scratch, first)) || (second != 0 && !settle_push(&s->scratch, second))) {
        return 0;
    }
    return settle_run(s, &s->scratch, i);
}

static void try_here(struct settle *s, struct settle_repair *best)
{
    const struct fgr_token *t = &s->in[s->at];
    bool last = t->kind == FGR_TOK_EOF;
    for (uint16_t token = FGR_TOK_NL; token < FGR_TOK_PAST; token++) {
        if (!insertable(token) || !fits(&s->stack, token)) {
            continue;
        }
        struct settle_repair r = {SETTLE_INSERT, false, token, gain_of(s, &s->stack, token, 0, s->at), 0};
        if (r.gain > 0) {
            consider(best, r, insert_bonus(s, token));
        }
        r = (struct settle_repair){SETTLE_REPLACE, false, token, 0, 0};
        r.gain = !last && removable(t) ? gain_of(s, &s->stack, token, 0, s->at + 1) : 0;
        if (r.gain > 0) {
            consider(best, r, replace_bonus(s, t, token, s->in[s->at + 1].kind));
        }
    }
    struct settle_repair r = {SETTLE_DELETE, false, 0, 0, 0};
    r.gain = !last && removable(t) ? gain_of(s, &s->stack, 0, 0, s->at + 1) : 0;
    if (r.gain > 0) {
        consider(best, r, delete_bonus(t));
    }
}

static void try_before(struct settle *s, struct settle_repair *best, const struct lr_stack *from)
{
    const struct fgr_token *t = &s->out[s->n_out - 1];
    uint16_t kind = t->flags & FGR_TOKEN_AS_NAME ? (uint16_t)FGR_TOK_NAME : t->kind;
    if (!removable(t) || (t->flags & FGR_TOKEN_MADE)) {
        return;
    }
    for (uint16_t token = FGR_TOK_NL; token < FGR_TOK_PAST; token++) {
        if (!insertable(token) || !fits(from, token)) {
            continue;
        }
        struct settle_repair r = {SETTLE_INSERT, true, token, gain_of(s, from, token, kind, s->at), 0};
        if (r.gain > 0) {
            consider(best, r, insert_bonus(s, token));
        }
        r = (struct settle_repair){SETTLE_REPLACE, true, token, gain_of(s, from, token, 0, s->at), 0};
        if (r.gain > 0) {
            consider(best, r, replace_bonus(s, t, token, s->in[s->at].kind));
        }
    }
    struct settle_repair r = {SETTLE_DELETE, true, 0, gain_of(s, from, 0, 0, s->at), 0};
    if (r.gain > 0) {
        consider(best, r, delete_bonus(t));
    }
}

/* `choose "…"` without its brace is whole; its first option is what does not fit, on a line that goes further in. */
static void try_above(struct settle *s, struct settle_repair *best)
{
    if (s->line_out < 2 || s->out[s->line_out - 1].kind != FGR_TOK_NL || s->line_at >= s->at + 1 ||
        settle_indent(s, &s->in[s->line_at]) <= settle_indent(s, &s->out[s->line_out - 2])) {
        return;
    }
    settle_copy(&s->scratch, &s->above);
    if (!settle_push(&s->scratch, FGR_TOK_LBRACE)) {
        return;
    }
    uint32_t i = s->line_at;
    for (; i < s->at; i++) {
        if (!settle_push(&s->scratch, settle_kind(s, &s->scratch, s->in, i))) {
            return;
        }
    }
    struct settle_repair r = {SETTLE_OPEN_ABOVE, false, FGR_TOK_LBRACE, settle_run(s, &s->scratch, i), 0};
    if (r.gain > 0) {
        consider(best, r, 6);
    }
}

struct settle_repair repair_find(struct settle *s)
{
    struct settle_repair best = {.score = -100};
    try_here(s, &best);
    try_above(s, &best);
    struct lr_stack from = {.cap = LR_DEPTH_MAX};
    from.states = fn_arena_array(s->arena, s->stack.n + SETTLE_POPPED + 1, sizeof *from.states);
    if (from.states != NULL && settle_before(s, &from)) {
        try_before(s, &best, &from);
    }
    return best;
}
