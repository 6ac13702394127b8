/* settle.c: decides for each word whether it is the language's or a name, and makes the token array parse. See settle.h.
 *
 * The states are the parser's, the actions are not run. A word of the language that may be a name is taken for itself where the
 * grammar accepts it and what follows fits; else it is a name. When no repair helps, the line is dropped as a whole: at the start
 * of a line the grammar accepts a line break, so that always works, and time stays linear.
 * SPDX-License-Identifier: Apache-2.0 */
#include "settle.h"

LR_UNCOUNTED void settle_copy(struct lr_stack *to, const struct lr_stack *from)
{
    memcpy(to->states, from->states, from->n * sizeof *to->states);
    to->n = from->n;
}

LR_UNCOUNTED static bool commit(struct lr_stack *stack, const struct lr_step *step)
{
    if (step->base + step->n + 1 > stack->cap) {
        return false;
    }
    memcpy(stack->states + step->base, step->top, step->n * sizeof *step->top);
    stack->n = step->base + step->n;
    stack->states[stack->n++] = step->shift;
    return true;
}

bool settle_push(struct lr_stack *stack, uint16_t kind)
{
    struct lr_step step;
    return lr_try(stack, kind, &step) != LR_REJECTED && commit(stack, &step);
}

static bool fits(const struct lr_stack *stack, uint16_t kind)
{
    struct lr_step step;
    return lr_try(stack, kind, &step) != LR_REJECTED;
}

static bool may_be_name(uint16_t kind)
{
    enum fgr_class class = fgr_token_class(kind);
    return class == FGR_CLASS_CONTEXT || class == FGR_CLASS_DECL || class == FGR_CLASS_TYPE ||
           class == FGR_CLASS_FOLLOWER;
}

/* Does the token behind fit once `kind` is read? */
static bool next_fits(struct settle *s, const struct lr_stack *stack, uint16_t kind, uint16_t next)
{
    settle_copy(&s->scratch2, stack);
    return settle_push(&s->scratch2, kind) &&
           (fits(&s->scratch2, next) || (may_be_name(next) && fits(&s->scratch2, FGR_TOK_NAME)));
}

uint32_t settle_indent(const struct settle *s, const struct fgr_token *t)
{
    const char *text = s->tree->source.text.p;
    uint32_t start = t->span.a, n = 0;
    while (start > 0 && text[start - 1] != '\n') {
        start--;
    }
    while (text[start + n] == ' ' || text[start + n] == '\t') {
        n++;
    }
    return n;
}

/* Looks like the head of a declaration: first on its line, with a name or a brace behind it, and at the margin; only stages
 * and tests, which nothing inside a block looks like, may be indented. */
bool settle_heads_decl(const struct settle *s, uint32_t i)
{
    const struct fgr_token *tokens = s->in;
    if (fgr_token_class(tokens[i].kind) != FGR_CLASS_DECL || !(tokens[i].flags & FGR_TOKEN_FIRST)) {
        return false;
    }
    uint16_t next = tokens[i + 1].kind;
    bool anywhere = tokens[i].kind == FGR_TOK_STAGE || tokens[i].kind == FGR_TOK_TEST;
    if (!anywhere && tokens[i].span.a > 0 && s->tree->source.text.p[tokens[i].span.a - 1] != '\n') {
        return false;
    }
    return next == FGR_TOK_NAME || next == FGR_TOK_TNAME || next == FGR_TOK_LBRACE || fgr_word_of(next) != NULL ||
           (next == FGR_TOK_TEXT && tokens[i].kind == FGR_TOK_TEST);
}

uint16_t settle_kind(struct settle *s, const struct lr_stack *stack, const struct fgr_token *tokens, uint32_t i)
{
    uint16_t kind = tokens[i].kind;
    if (!may_be_name(kind)) {
        return kind;
    }
    if (fgr_token_class(kind) == FGR_CLASS_TYPE) {
        return FGR_TOK_NAME;
    }
    if (fits(stack, kind)) {
        uint16_t next = tokens[i + 1].kind;
        bool as_name =
            fits(stack, FGR_TOK_NAME) && !next_fits(s, stack, kind, next) && next_fits(s, stack, FGR_TOK_NAME, next);
        return as_name ? (uint16_t)FGR_TOK_NAME : kind;
    }
    return settle_heads_decl(s, i) || !fits(stack, FGR_TOK_NAME) ? kind : (uint16_t)FGR_TOK_NAME;
}

uint32_t settle_closers(struct settle *s, const struct lr_stack *stack, uint32_t i)
{
    if (s->in[i].kind != FGR_TOK_EOF && !settle_heads_decl(s, i)) {
        return 0;
    }
    settle_copy(&s->scratch2, stack);
    for (uint32_t n = 1; n <= SETTLE_CLOSERS && settle_push(&s->scratch2, FGR_TOK_RBRACE); n++) {
        bool broken_line = settle_push(&s->scratch2, FGR_TOK_NL);
        if (broken_line && fits(&s->scratch2, s->in[i].kind)) {
            return n;
        }
    }
    return 0;
}

int settle_run(struct settle *s, struct lr_stack *stack, uint32_t i)
{
    for (int n = 0; n < SETTLE_LOOK; n++, i++) {
        struct lr_step step;
        enum lr_result r = lr_try(stack, settle_kind(s, stack, s->in, i), &step);
        if (r == LR_ACCEPTED || (r == LR_REJECTED && settle_closers(s, stack, i) > 0)) {
            return SETTLE_LOOK;
        }
        if (r == LR_REJECTED || !commit(stack, &step)) {
            return n;
        }
    }
    return SETTLE_LOOK;
}

bool settle_before(const struct settle *s, struct lr_stack *to)
{
    const struct settle_undo *u = &s->undo;
    if (!u->valid || s->n_out == 0) {
        return false;
    }
    memcpy(to->states, s->stack.states, u->base * sizeof *to->states);
    memcpy(to->states + u->base, u->popped, u->n_popped * sizeof *to->states);
    to->n = u->base + u->n_popped;
    return true;
}

static void remember(struct settle *s, const struct lr_step *step)
{
    struct settle_undo *u = &s->undo;
    u->base = step->base;
    u->n_popped = s->stack.n - step->base;
    u->valid = u->n_popped <= SETTLE_POPPED;
    if (u->valid) {
        memcpy(u->popped, s->stack.states + step->base, u->n_popped * sizeof *u->popped);
    }
}

static void carry_comments(struct settle *s, uint32_t upto)
{
    while (s->n_comments < s->tree->n_comments && s->tree->comments[s->n_comments].before <= upto) {
        s->tree->comments[s->n_comments++].before = s->n_out;
    }
}

static bool has_room(struct settle *s)
{
    if (s->n_out < s->cap_out) {
        return true;
    }
    uint32_t cap = s->cap_out * 2;
    struct fgr_token *bigger = fn_arena_array(s->arena, cap, sizeof *bigger);
    if (bigger == NULL) {
        return false;
    }
    memcpy(bigger, s->out, s->n_out * sizeof *bigger);
    s->out = bigger;
    s->cap_out = cap;
    return true;
}

bool settle_at_top(const struct settle *s)
{
    return s->stack.n <= 4 && fits(&s->stack, FGR_TOK_EOF);
}

static void mark_line(struct settle *s)
{
    settle_copy(&s->line, &s->stack);
    s->line_out = s->n_out;
    s->line_at = s->at + 1;
    if (!settle_at_top(s)) {
        return;
    }
    if (s->n_out > s->top_out + 1) {
        settle_copy(&s->decl, &s->top);
        s->decl_out = s->top_out;
    }
    settle_copy(&s->top, &s->stack);
    s->top_out = s->n_out;
    s->open_bracket = s->open_brace = false;
}

uint32_t settle_decl(const struct settle *s, uint32_t i, const struct lr_stack **stack)
{
    *stack = i < s->top_out ? &s->decl : &s->top;
    return i < s->top_out ? s->decl_out : s->top_out;
}

static bool push_line(struct lr_stack *stack, struct lr_stack *line, uint16_t kind)
{
    if (!settle_push(stack, kind)) {
        return false;
    }
    if (line != NULL && (kind == FGR_TOK_NL || kind == FGR_TOK_LBRACE)) {
        settle_copy(line, stack);
    }
    return true;
}

bool settle_replay(const struct settle *s, struct lr_stack *stack, struct lr_stack *line, uint32_t from,
                   const struct settle_repair *r)
{
    bool closes = r->edit == SETTLE_CLOSE_ABOVE;
    for (uint32_t i = from; i <= s->n_out; i++) {
        if (closes && i == r->at &&
            !(push_line(stack, line, FGR_TOK_RBRACE) && (!r->breaks || push_line(stack, line, FGR_TOK_NL)))) {
            return false;
        }
        if (i == s->n_out || (!closes && i == r->at)) {
            continue;
        }
        const struct fgr_token *t = &s->out[i];
        if (!push_line(stack, line, t->flags & FGR_TOKEN_AS_NAME ? (uint16_t)FGR_TOK_NAME : t->kind)) {
            return false;
        }
    }
    return true;
}

uint32_t settle_brackets(struct settle *s, uint16_t closers[SETTLE_BRACKETS])
{
    settle_copy(&s->scratch2, &s->stack);
    for (uint32_t n = 0; n < SETTLE_BRACKETS; n++) {
        uint16_t close = fits(&s->scratch2, FGR_TOK_RPAREN)     ? FGR_TOK_RPAREN
                         : fits(&s->scratch2, FGR_TOK_RBRACKET) ? FGR_TOK_RBRACKET
                                                                : 0;
        if (close == 0 || !settle_push(&s->scratch2, close)) {
            return 0;
        }
        closers[n] = close;
        if (fits(&s->scratch2, FGR_TOK_NL)) {
            return n + 1;
        }
    }
    return 0;
}

/* Settles one token as `kind`; the caller knows that it fits. False when the stack or memory is spent. */
static bool emit(struct settle *s, struct fgr_token t, uint16_t kind)
{
    struct lr_step step;
    if (lr_try(&s->stack, kind, &step) == LR_REJECTED || !has_room(s)) {
        return false;
    }
    remember(s, &step);
    if (kind == FGR_TOK_NL) {
        settle_copy(&s->above, &s->stack);
    }
    if (!commit(&s->stack, &step)) {
        return false;
    }
    bool as_name = kind == FGR_TOK_NAME && fgr_word_of(t.kind) != NULL;
    t.flags |= (uint8_t)((as_name ? FGR_TOKEN_AS_NAME : 0U) | (s->doubt ? FGR_TOKEN_DOUBTFUL : 0U));
    t.kind = (uint8_t)(as_name ? t.kind : kind);
    s->doubt = false;
    s->out[s->n_out++] = t;
    if (kind == FGR_TOK_NL || kind == FGR_TOK_LBRACE) {
        mark_line(s);
    }
    return true;
}

static struct fgr_token made(const struct settle *s, uint16_t kind, bool doubtful)
{
    uint32_t at = s->n_out > 0 ? s->out[s->n_out - 1].span.b : 0;
    unsigned flags = FGR_TOKEN_MADE | (doubtful ? FGR_TOKEN_DOUBTFUL : 0U);
    return (struct fgr_token){.kind = (uint8_t)kind, .flags = (uint8_t)flags, .span = {at, at}};
}

static bool invents(uint16_t kind)
{
    return fgr_token_class(kind) == FGR_CLASS_LITERAL;
}

static void take_back(struct settle *s)
{
    settle_before(s, &s->scratch);
    settle_copy(&s->stack, &s->scratch);
    s->undo.valid = false;
    s->n_out--;
}

/* A replaced word that was only misspelt is as good as written. */
static bool trusted(const struct settle *s, const struct settle_repair *r, uint16_t old)
{
    (void)s;
    return r->edit == SETTLE_REPLACE && r->score > r->gain * 4 && !invents(r->token) && old != FGR_TOK_NL;
}

static void apply_before(struct settle *s, const struct settle_repair *r)
{
    struct fgr_token last = s->out[s->n_out - 1];
    uint16_t kind = last.flags & FGR_TOKEN_AS_NAME ? (uint16_t)FGR_TOK_NAME : last.kind;
    take_back(s);
    if (r->edit == SETTLE_INSERT) {
        emit(s, made(s, r->token, invents(r->token)), r->token);
        emit(s, last, kind);
        return;
    }
    if (r->edit == SETTLE_DELETE) {
        s->doubt = true;
        return;
    }
    last.flags |= (uint8_t)(FGR_TOKEN_MADE | (trusted(s, r, kind) ? 0 : FGR_TOKEN_DOUBTFUL));
    last.flags &= (uint8_t)~FGR_TOKEN_AS_NAME;
    last.kind = (uint8_t)r->token;
    emit(s, last, r->token);
}

static void apply_here(struct settle *s, const struct settle_repair *r)
{
    struct fgr_token t = s->in[s->at];
    if (r->edit == SETTLE_INSERT) {
        emit(s, made(s, r->token, invents(r->token)), r->token);
        return;
    }
    carry_comments(s, s->at);
    s->at++;
    if (r->edit == SETTLE_DELETE) {
        s->doubt = fgr_token_class(t.kind) != FGR_CLASS_PUNCT && t.kind != FGR_TOK_COMMA;
        return;
    }
    bool quoted = r->token == FGR_TOK_NAME || r->token == FGR_TOK_TNAME;
    t.flags |= (uint8_t)(quoted || trusted(s, r, t.kind) ? FGR_TOKEN_MADE : FGR_TOKEN_MADE | FGR_TOKEN_DOUBTFUL);
    t.kind = (uint8_t)r->token;
    emit(s, t, r->token);
}

static uint32_t line_of(const struct settle *s, uint32_t offset)
{
    uint32_t line = 0, column = 0;
    fgr_place(&s->tree->source, offset, &line, &column);
    return line;
}

/* The scanner told something of this line already: what does not fit now is most likely the same mistake. */
static bool scanner_told(const struct settle *s, uint32_t line)
{
    for (size_t i = 0; i < s->n_scanned; i++) {
        uint32_t offset = s->diags->items[i]->span.a;
        uint16_t code = s->diags->items[i]->code;
        bool swallowed =
            code == FGR_D_LONG_TEXT_NOT_CLOSED && s->in[s->at].kind == FGR_TOK_EOF; /* with all its braces */
        if (swallowed || (code != FGR_D_ELSE_ON_ITS_OWN && line_of(s, offset) == line)) {
            return true;
        }
    }
    return false;
}

/* A text of this line has no end: what stands behind it is a guess. */
static bool is_garbled(const struct settle *s)
{
    uint32_t line = line_of(s, s->in[s->at].span.a);
    for (size_t i = 0; i < s->n_scanned; i++) {
        const struct fn_diag *d = s->diags->items[i];
        if (d->code == FGR_D_TEXT_NOT_CLOSED && line_of(s, d->span.a) == line) {
            return true;
        }
    }
    return false;
}

/* One mistake is told once: not again close behind a repair on the same line. */
static bool tells(struct settle *s)
{
    uint32_t line = line_of(s, s->in[s->at].span.a);
    if (scanner_told(s, line)) {
        return false;
    }
    bool close = s->errors > 0 && s->n_out < s->repaired_at + 3 && line == s->repaired_line;
    s->repaired_line = line;
    if (close || s->gave_up) {
        return false;
    }
    if (s->errors == FGR_ERRORS_MAX) {
        repair_tell_too_many(s);
        s->gave_up = true;
        return false;
    }
    s->errors++;
    return true;
}

/* Remembers what the tree goes without: what it names may be missed elsewhere. */
static void note_lost(struct settle *s, uint32_t a, uint32_t b)
{
    struct fgr_tree *t = s->tree;
    if (t->n_lost > 0 && t->lost[t->n_lost - 1].b >= a && t->lost[t->n_lost - 1].a <= b) {
        t->lost[t->n_lost - 1].b = t->lost[t->n_lost - 1].b > b ? t->lost[t->n_lost - 1].b : b;
        t->lost[t->n_lost - 1].a = t->lost[t->n_lost - 1].a < a ? t->lost[t->n_lost - 1].a : a;
        return;
    }
    if (t->n_lost == t->cap_lost) {
        uint32_t cap = t->cap_lost == 0 ? 16 : t->cap_lost * 2;
        struct fn_span *bigger = fn_arena_array(s->arena, cap, sizeof *bigger);
        if (bigger == NULL) {
            return;
        }
        if (t->n_lost > 0) {
            memcpy(bigger, t->lost, t->n_lost * sizeof *bigger);
        }
        t->lost = bigger;
        t->cap_lost = cap;
    }
    t->lost[t->n_lost++] = (struct fn_span){a, b};
}

/* Drops the line: what was read of it, and the rest up to its break, with the blocks it opens. */
static void drop_line(struct settle *s)
{
    uint32_t from = s->n_out > s->line_out ? s->out[s->line_out].span.a : s->in[s->at].span.a;
    settle_copy(&s->stack, &s->line);
    s->n_out = s->line_out;
    s->undo.valid = false;
    uint32_t depth = 0;
    for (; s->in[s->at].kind != FGR_TOK_EOF; s->at++) {
        uint16_t kind = s->in[s->at].kind;
        bool ends = depth == 0 && (kind == FGR_TOK_NL || kind == FGR_TOK_RBRACE);
        if (ends || settle_heads_decl(s, s->at)) {
            break;
        }
        depth += kind == FGR_TOK_LBRACE ? 1 : 0;
        depth -= kind == FGR_TOK_RBRACE ? 1 : 0;
        carry_comments(s, s->at);
    }
    note_lost(s, from, s->in[s->at].span.a);
    s->doubt = true;
}

static bool heads_statement(uint16_t kind)
{
    return kind == FGR_TOK_ARROW || (fgr_token_class(kind) == FGR_CLASS_RESERVED && kind != FGR_TOK_ELSE);
}

/* Statements without a head: a stage without a name is put there. */
static bool adopt_orphans(struct settle *s)
{
    static const uint16_t head[] = {FGR_TOK_STAGE, FGR_TOK_NAME, FGR_TOK_LBRACE};
    settle_copy(&s->scratch, &s->stack);
    for (size_t i = 0; i < FN_COUNT(head); i++) {
        if (!settle_push(&s->scratch, head[i])) {
            return false;
        }
    }
    if (!heads_statement(s->in[s->at].kind) || settle_run(s, &s->scratch, s->at) < SETTLE_LOOK / 2) {
        return false;
    }
    if (tells(s)) {
        repair_tell_head(s);
    }
    for (size_t i = 0; i < FN_COUNT(head); i++) {
        emit(s, made(s, head[i], head[i] == FGR_TOK_NAME), head[i]);
    }
    return true;
}

/* Lines of a block whose head is missing: between declarations nothing is indented. What is no stage goes, to the next declaration. */
static bool drop_orphans(struct settle *s)
{
    const struct fgr_token *t = &s->in[s->at];
    if (!settle_at_top(s) || !(t->flags & FGR_TOKEN_FIRST) || t->kind == FGR_TOK_RBRACE || settle_indent(s, t) == 0) {
        return false;
    }
    if (adopt_orphans(s)) {
        return true;
    }
    if (tells(s)) {
        repair_tell_skipped(s);
    }
    uint32_t from = t->span.a;
    for (; s->in[s->at].kind != FGR_TOK_EOF && !settle_heads_decl(s, s->at); s->at++) {
        t = &s->in[s->at];
        bool margin = (t->flags & FGR_TOKEN_FIRST) && t->kind != FGR_TOK_NL && settle_indent(s, t) == 0;
        if (margin && t->kind != FGR_TOK_RBRACE) {
            break;
        }
        carry_comments(s, s->at);
    }
    note_lost(s, from, s->in[s->at].span.a);
    s->undo.valid = false;
    return true;
}

/* Dropping the line changed nothing: drop the token, or, where a declaration or the end must follow, the whole declaration. */
static void drop_stuck(struct settle *s)
{
    if (s->in[s->at].kind == FGR_TOK_EOF || settle_heads_decl(s, s->at)) {
        note_lost(s, s->top_out < s->n_out ? s->out[s->top_out].span.a : s->in[s->at].span.a, s->in[s->at].span.a);
        settle_copy(&s->stack, &s->top);
        s->n_out = s->top_out;
        s->undo.valid = false;
        if (fits(&s->stack, s->in[s->at].kind)) {
            mark_line(s);
            return;
        }
    }
    if (s->in[s->at].kind != FGR_TOK_EOF) {
        note_lost(s, s->in[s->at].span.a, s->in[s->at].span.b);
        carry_comments(s, s->at);
        s->at++;
    }
}

/* The line above forgot its brace: back to its end, open the block, and read this line again inside it. */
static void open_above(struct settle *s)
{
    uint32_t end = s->line_out - 1; /* the line break */
    settle_copy(&s->stack, &s->above);
    s->n_out = end;
    s->at = s->line_at - 1;
    s->undo.valid = false;
    for (uint32_t i = 0; i < s->n_comments; i++) {
        s->tree->comments[i].before += s->tree->comments[i].before >= end ? 1 : 0;
    }
    emit(s, made(s, FGR_TOK_LBRACE, false), FGR_TOK_LBRACE);
}

/* Brackets nobody closed, and the line break they swallowed. */
static void close_line(struct settle *s)
{
    uint16_t closers[SETTLE_BRACKETS];
    uint32_t n = settle_brackets(s, closers);
    for (uint32_t i = 0; i < n; i++) {
        emit(s, made(s, closers[i], false), closers[i]);
    }
    emit(s, made(s, FGR_TOK_NL, false), FGR_TOK_NL);
}

/* Takes a settled token out, or puts one there. */
static bool splice(struct settle *s, uint32_t at, const struct fgr_token *put)
{
    if (put != NULL && !has_room(s)) {
        return false;
    }
    struct fgr_token *here = s->out + at;
    if (put != NULL) {
        memmove(here + 1, here, (s->n_out++ - at) * sizeof *here);
        *here = *put;
    } else {
        memmove(here, here + 1, (s->n_out-- - at - 1) * sizeof *here);
    }
    for (uint32_t i = 0; i < s->n_comments; i++) {
        uint32_t *before = &s->tree->comments[i].before;
        if (*before > at) {
            *before = put != NULL ? *before + 1 : *before - 1;
        }
    }
    return true;
}

/* A brace above closed too early, or is missing there: the declaration is settled again with that mended. */
static void apply_above(struct settle *s, const struct settle_repair *r)
{
    const struct lr_stack *decl;
    uint32_t from = settle_decl(s, r->at, &decl);
    if (decl == &s->decl) {
        settle_copy(&s->top, &s->decl);
        s->top_out = from;
    }
    settle_copy(&s->stack, &s->top);
    settle_copy(&s->line, &s->top);
    if (!settle_replay(s, &s->stack, &s->line, from, r)) {
        return;
    }
    uint32_t end = r->at > 0 ? s->out[r->at - 1].span.b : 0;
    struct fgr_token brace = {.kind = FGR_TOK_RBRACE, .flags = FGR_TOKEN_MADE, .span = {end, end}};
    struct fgr_token line = {.kind = FGR_TOK_NL, .flags = FGR_TOKEN_MADE, .span = {end, end}};
    if (r->edit == SETTLE_UNCLOSE) {
        splice(s, r->at, NULL);
    } else if (splice(s, r->at, &brace) && r->breaks) {
        splice(s, r->at + 1, &line);
    }
    s->open_brace |= r->edit == SETTLE_CLOSE_ABOVE;
    s->line_out = s->n_out;
    while (s->line_out > from && s->out[s->line_out - 1].kind != FGR_TOK_NL &&
           s->out[s->line_out - 1].kind != FGR_TOK_LBRACE) {
        s->line_out--;
    }
    settle_copy(&s->above, &s->line);
    s->line_at = s->at; /* nothing above is to be opened */
    s->undo.valid = false;
}

/* A declaration begins, or the file ends, inside open blocks. */
static bool close_blocks(struct settle *s)
{
    uint32_t n = settle_closers(s, &s->stack, s->at);
    if (n == 0) {
        return false;
    }
    if (tells(s)) {
        repair_tell_brace(s);
    }
    struct settle_repair r;
    if (repair_by_indent(s, &r)) {
        apply_above(s, &r);
        return true;
    }
    for (uint32_t i = 0; i < n; i++) {
        emit(s, made(s, FGR_TOK_RBRACE, false), FGR_TOK_RBRACE);
        emit(s, made(s, FGR_TOK_NL, false), FGR_TOK_NL);
    }
    return true;
}

static void apply(struct settle *s, const struct settle_repair *r)
{
    if (r->edit == SETTLE_OPEN_ABOVE) {
        open_above(s);
    } else if (r->edit == SETTLE_CLOSE_LINE) {
        close_line(s);
    } else if (r->edit == SETTLE_UNCLOSE || r->edit == SETTLE_CLOSE_ABOVE) {
        apply_above(s, r);
    } else if (r->before) {
        apply_before(s, r);
    } else {
        apply_here(s, r);
    }
}

/* The line break that an open bracket swallowed, or that an open brace left, which was told. */
static bool is_swallowed_break(const struct settle *s, const struct settle_repair *r)
{
    const struct fgr_token *t = r->before ? &s->out[s->n_out - 1] : &s->in[s->at];
    if (s->open_brace && r->edit == SETTLE_DELETE && t->kind == FGR_TOK_NL) {
        return true;
    }
    return s->open_bracket && r->edit == SETTLE_INSERT && r->token == FGR_TOK_NL && (t->flags & FGR_TOKEN_FIRST);
}

static void recover(struct settle *s)
{
    if (close_blocks(s)) {
        return;
    }
    struct settle_repair r = {.gain = 0};
    s->garbled = is_garbled(s);
    if (!s->gave_up) {
        r = repair_find(s);
    }
    if (r.edit != SETTLE_UNCLOSE && r.edit != SETTLE_CLOSE_ABOVE && drop_orphans(s)) {
        s->repaired_at = s->n_out;
        return;
    }
    bool told = !is_swallowed_break(s, &r) && tells(s);
    if (r.gain < (s->garbled ? SETTLE_LOOK : 2)) {
        uint32_t at = s->at, out = s->n_out;
        if (told) {
            repair_tell_skipped(s);
        }
        drop_line(s);
        if (s->at == at && s->n_out == out) {
            drop_stuck(s);
        }
    } else {
        if (told) {
            repair_tell(s, &r);
        }
        apply(s, &r);
    }
    s->repaired_at = s->n_out;
}

static bool make_stack(struct settle *s, struct lr_stack *stack)
{
    stack->cap = LR_DEPTH_MAX;
    stack->states = fn_arena_array(s->arena, stack->cap, sizeof *stack->states);
    stack->n = 1; /* state 0 */
    return stack->states != NULL;
}

bool settle_words(struct settle *s, struct fn_arena *arena, struct fgr_tree *tree)
{
    *s = (struct settle){.arena = arena, .tree = tree, .in = tree->tokens, .n_in = tree->n_tokens};
    return make_stack(s, &s->scratch2);
}

bool settle_word(struct settle *s, const struct lr_stack *parser, uint32_t i)
{
    struct fgr_token *t = &s->tree->tokens[i];
    if (!may_be_name(t->kind)) {
        return true;
    }
    if (parser->n + LR_STEP_MAX > LR_DEPTH_MAX) {
        return false;
    }
    t->flags |= settle_kind(s, parser, s->in, i) == FGR_TOK_NAME ? FGR_TOKEN_AS_NAME : 0;
    return true;
}

static bool start(struct settle *s)
{
    s->in = s->tree->tokens;
    s->n_in = s->tree->n_tokens;
    s->cap_out = s->n_in + 64;
    s->out = fn_arena_array(s->arena, s->cap_out, sizeof *s->out);
    return s->out != NULL && make_stack(s, &s->stack) && make_stack(s, &s->line) && make_stack(s, &s->above) &&
           make_stack(s, &s->top) && make_stack(s, &s->decl) && make_stack(s, &s->scratch) &&
           make_stack(s, &s->scratch2);
}

static void finish(struct settle *s)
{
    if (has_room(s)) {
        s->out[s->n_out] = s->in[s->at];
        s->out[s->n_out++].flags |= (uint8_t)(s->doubt ? FGR_TOKEN_DOUBTFUL : 0U);
    }
    s->at++;
}

/* How far what follows parses when the token here is a `kind`. */
static int run_as(struct settle *s, uint16_t kind)
{
    settle_copy(&s->scratch, &s->stack);
    return settle_push(&s->scratch, kind) ? settle_run(s, &s->scratch, s->at + 1) : -1;
}

/* `if x == Pedido {`: a name with a capital before a block reads as a record, and only the block's first line shows that it is none. */
static bool lower_name(struct settle *s)
{
    const struct fgr_token *t = &s->in[s->at];
    if (t->kind != FGR_TOK_TNAME || t[1].kind != FGR_TOK_LBRACE || s->gave_up) {
        return false;
    }
    int as_type = run_as(s, FGR_TOK_TNAME), as_name = as_type < SETTLE_LOOK ? run_as(s, FGR_TOK_NAME) : -1;
    if (as_name <= as_type) {
        return false;
    }
    struct settle_repair r = {.edit = SETTLE_REPLACE, .token = FGR_TOK_NAME, .gain = as_name, .score = as_name * 4 + 8};
    if (tells(s)) {
        repair_tell(s, &r);
    }
    apply_here(s, &r);
    s->repaired_at = s->n_out;
    return true;
}

enum fn_code settle_tokens(struct fn_arena *arena, struct fn_diag_list *diags, struct fgr_tree *tree)
{
    struct settle s = {.arena = arena, .diags = diags, .tree = tree, .portuguese = tree->spelling == FN_PT};
    s.n_scanned = diags->n;
    if (!start(&s)) {
        return FN_NO_MEMORY;
    }
    while (!arena->failed && s.at < s.n_in) {
        uint16_t kind = settle_kind(&s, &s.stack, s.in, s.at);
        carry_comments(&s, s.at);
        if (kind == FGR_TOK_EOF && fits(&s.stack, kind)) {
            finish(&s);
        } else if (lower_name(&s)) {
            continue;
        } else if (emit(&s, s.in[s.at], kind)) {
            s.at++;
        } else {
            recover(&s);
        }
    }
    tree->tokens = s.out;
    tree->n_tokens = s.n_out;
    return arena->failed ? FN_NO_MEMORY : FN_OK;
}
