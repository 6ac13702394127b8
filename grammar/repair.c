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

/* The rest of the line closes a brace it did not open. */
static bool closes_more(const struct settle *s)
{
    int depth = 0;
    for (uint32_t i = s->at; s->in[i].kind != FGR_TOK_NL && s->in[i].kind != FGR_TOK_EOF && depth >= 0; i++) {
        depth += s->in[i].kind == FGR_TOK_LBRACE ? 1 : s->in[i].kind == FGR_TOK_RBRACE ? -1 : 0;
    }
    return depth < 0;
}

static int insert_bonus(const struct settle *s, uint16_t token)
{
    switch (token) {
    case FGR_TOK_LBRACE: return s->in[s->at].kind != FGR_TOK_NL ? (closes_more(s) ? 4 : -5) : goes_in(s) ? 2 : -3;
    case FGR_TOK_LPAREN:
    case FGR_TOK_LBRACKET: return -1;
    case FGR_TOK_FUNNEL:
    case FGR_TOK_MODULE: return s->n_out == 0 ? -6 : -60;                 /* a file has one head */
    case FGR_TOK_NL: return s->in[s->at].flags & FGR_TOKEN_FIRST ? 6 : 1; /* an open bracket swallowed it */
    case FGR_TOK_NAME: return -1;
    case FGR_TOK_TEXT:
    case FGR_TOK_TNAME:
    case FGR_TOK_INT: return -2;
    case FGR_TOK_ARROW: return 3;
    case FGR_TOK_DOT: return s->n_out > 0 && s->out[s->n_out - 1].kind == FGR_TOK_CONTACT ? 6 : 0;
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
        struct settle_repair r = {
            .edit = SETTLE_INSERT, .before = false, .token = token, .gain = gain_of(s, &s->stack, token, 0, s->at)};
        if (r.gain > 0) {
            consider(best, r, insert_bonus(s, token));
        }
        r = (struct settle_repair){.edit = SETTLE_REPLACE, .before = false, .token = token};
        r.gain = !last && removable(t) ? gain_of(s, &s->stack, token, 0, s->at + 1) : 0;
        if (r.gain > 0) {
            consider(best, r, replace_bonus(s, t, token, s->in[s->at + 1].kind));
        }
    }
    struct settle_repair r = {.edit = SETTLE_DELETE};
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
        struct settle_repair r = {
            .edit = SETTLE_INSERT, .before = true, .token = token, .gain = gain_of(s, from, token, kind, s->at)};
        if (r.gain > 0) {
            consider(best, r, insert_bonus(s, token));
        }
        r = (struct settle_repair){
            .edit = SETTLE_REPLACE, .before = true, .token = token, .gain = gain_of(s, from, token, 0, s->at)};
        if (r.gain > 0) {
            consider(best, r, replace_bonus(s, t, token, s->in[s->at].kind));
        }
    }
    struct settle_repair r = {.edit = SETTLE_DELETE, .before = true, .token = 0, .gain = gain_of(s, from, 0, 0, s->at)};
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
    struct settle_repair r = {
        .edit = SETTLE_OPEN_ABOVE, .before = false, .token = FGR_TOK_LBRACE, .gain = settle_run(s, &s->scratch, i)};
    if (r.gain > 0) {
        consider(best, r, 6);
    }
}

/* The line above left a bracket open, which swallowed the line break: both are put there. */
static void try_close_line(struct settle *s, struct settle_repair *best)
{
    uint16_t closers[SETTLE_BRACKETS];
    uint32_t n = s->in[s->at].flags & FGR_TOKEN_FIRST ? settle_brackets(s, closers) : 0;
    if (n == 0 || !settle_push(&s->scratch2, FGR_TOK_NL)) {
        return;
    }
    settle_copy(&s->scratch, &s->scratch2);
    struct settle_repair r = {
        .edit = SETTLE_CLOSE_LINE, .before = false, .token = closers[0], .gain = settle_run(s, &s->scratch, s->at)};
    if (r.gain > 0) {
        consider(best, r, 4);
    }
}

static uint32_t line_start(const struct settle *s, const struct fgr_token *t)
{
    uint32_t at = t->span.a;
    while (at > 0 && s->tree->source.text.p[at - 1] != '\n') {
        at--;
    }
    return at;
}

/* The last brace in the settled tokens from..n_out that closes, behind something else on its line, a block opened on another. */
static uint32_t early_brace(const struct settle *s, uint32_t from)
{
    uint32_t open[FGR_NEST_MAX], depth = 0, found = 0;
    for (uint32_t i = from; i < s->n_out; i++) {
        const struct fgr_token *t = &s->out[i];
        if (t->kind == FGR_TOK_LBRACE && depth < FGR_NEST_MAX) {
            open[depth++] = i;
        } else if (t->kind == FGR_TOK_RBRACE && depth > 0) {
            depth--;
            bool wrong = !(t->flags & (FGR_TOKEN_FIRST | FGR_TOKEN_MADE)) &&
                         line_start(s, t) != line_start(s, &s->out[open[depth]]);
            found = wrong ? i : found;
        }
    }
    return found;
}

/* The last brace that opens a block behind which its line goes on, and that the line does not close: where its own would stand. */
static bool open_inline(const struct settle *s, uint32_t from, uint32_t *at)
{
    uint32_t open[FGR_NEST_MAX], depth = 0;
    for (uint32_t i = from; i < s->n_out; i++) {
        const struct fgr_token *t = &s->out[i];
        bool alone = i + 1 < s->n_out && s->out[i + 1].kind != FGR_TOK_NL && !(s->out[i + 1].flags & FGR_TOKEN_FIRST);
        if (t->kind == FGR_TOK_LBRACE && depth < FGR_NEST_MAX) {
            open[depth++] = alone && !(t->flags & FGR_TOKEN_MADE) ? i : 0;
        } else if (t->kind == FGR_TOK_RBRACE && depth > 0) {
            depth--;
        }
        bool ends = i + 1 == s->n_out || t->kind == FGR_TOK_NL || (s->out[i + 1].flags & FGR_TOKEN_FIRST);
        if (ends && depth > 0 && open[depth - 1] != 0 &&
            (i + 1 < s->n_out || t->kind == FGR_TOK_NL || (s->in[s->at].flags & FGR_TOKEN_FIRST))) {
            *at = t->kind == FGR_TOK_NL || t->kind == FGR_TOK_COMMA ? i : i + 1;
            return true;
        }
    }
    return false;
}

static void try_above_at(struct settle *s, struct settle_repair *best, struct settle_repair r, int bonus)
{
    const struct lr_stack *stack;
    uint32_t from = settle_decl(s, r.at, &stack);
    settle_copy(&s->scratch, stack);
    if (settle_replay(s, &s->scratch, NULL, from, &r)) {
        r.gain = settle_run(s, &s->scratch, s->at);
        if (r.gain > 0) {
            consider(best, r, bonus);
        }
    }
}

/* A block above that closed too early, or did not close on its line: what follows does not fit where it stands, and would then. */
static void try_braces(struct settle *s, struct settle_repair *best)
{
    bool over = settle_at_top(s) && s->n_out <= s->top_out + 1;
    uint32_t from = over ? s->decl_out : s->top_out, at = early_brace(s, from);
    if (at != 0) {
        try_above_at(s, best, (struct settle_repair){.edit = SETTLE_UNCLOSE, .token = FGR_TOK_RBRACE, .at = at}, 7);
    }
    if (open_inline(s, from, &at)) {
        try_above_at(s, best, (struct settle_repair){.edit = SETTLE_CLOSE_ABOVE, .token = FGR_TOK_RBRACE, .at = at}, 7);
    }
}

bool repair_by_indent(struct settle *s, struct settle_repair *r)
{
    uint32_t stack[FGR_NEST_MAX], depth = 0;
    for (uint32_t i = s->top_out; i < s->n_out; i++) {
        const struct fgr_token *t = &s->out[i];
        if (depth > 0 && (t->flags & FGR_TOKEN_FIRST) && t->kind != FGR_TOK_NL) {
            uint32_t indent = settle_indent(s, t), opener = settle_indent(s, &s->out[stack[depth - 1]]);
            if (t->kind == FGR_TOK_RBRACE ? indent < opener : indent <= opener) {
                *r = (struct settle_repair){
                    .edit = SETTLE_CLOSE_ABOVE, .token = FGR_TOK_RBRACE, .at = i, .breaks = true};
                settle_copy(&s->scratch, &s->top);
                return settle_replay(s, &s->scratch, NULL, s->top_out, r);
            }
        }
        if (t->kind == FGR_TOK_LBRACE && depth < FGR_NEST_MAX) {
            stack[depth++] = i;
        } else if (t->kind == FGR_TOK_RBRACE && depth > 0) {
            depth--;
        }
    }
    return false;
}

struct settle_repair repair_find(struct settle *s)
{
    struct settle_repair best = {.score = -100};
    try_here(s, &best);
    try_above(s, &best);
    try_close_line(s, &best);
    try_braces(s, &best);
    struct lr_stack from = {.cap = LR_DEPTH_MAX};
    from.states = fn_arena_array(s->arena, s->stack.n + SETTLE_POPPED + 1, sizeof *from.states);
    if (from.states != NULL && settle_before(s, &from)) {
        try_before(s, &best, &from);
    }
    return best;
}
