/* build_stmt.c: types, statements, expressions and test steps. See build.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

/* In the order of the TYPE words of keywords.def. */
static const uint8_t type_of_word[] = {
    FGR_T_TEXT,     FGR_T_INT,      FGR_T_NUMBER,   FGR_T_MONEY, FGR_T_BOOL, FGR_T_DATE,  FGR_T_TIME,
    FGR_T_DATETIME, FGR_T_DURATION, FGR_T_PHONE,    FGR_T_EMAIL, FGR_T_URL,  FGR_T_IMAGE, FGR_T_AUDIO,
    FGR_T_VIDEO,    FGR_T_DOCUMENT, FGR_T_LOCATION, FGR_T_JSON,  FGR_T_LIST, FGR_T_MAP,
};
static_assert(FN_COUNT(type_of_word) == FGR_TOK_T_MAP - FGR_TOK_T_TEXT + 1, "every TYPE word is a type");

static void tell_other_spelling(struct build *b, uint32_t token, const struct fgr_word *w)
{
    struct fn_str near = b->tree->spelling == FN_PT ? w->pt : w->en;
    struct fn_diag *d = fgr_diag_add(b->diags, FGR_D_OTHER_SPELLING, b->tree->tokens[token].span);
    fn_diag_arg(d, "word", literal_slice(b, token));
    fn_diag_arg(d, "near", near);
    fn_diag_fix(d, FN_FIX_SAFE, b->tree->tokens[token].span, near);
}

/* The built-in type a token says, in either spelling; NULL when it is a name of the program's. */
static const struct fgr_word *type_word(struct build *b, uint32_t token)
{
    struct fgr_token *t = &b->tree->tokens[token];
    if (t->flags & FGR_TOKEN_BACKTICK) {
        return NULL;
    }
    if (fgr_token_class(t->kind) == FGR_CLASS_TYPE) {
        t->flags |= FGR_TOKEN_AS_TYPE;
        return fgr_word_of(t->kind);
    }
    const struct fgr_word *other =
        t->kind == FGR_TOK_NAME ? fgr_word_find(literal_slice(b, token), b->tree->spelling != FN_PT, 0) : NULL;
    if (other == NULL || other->class != FGR_CLASS_TYPE) {
        return NULL;
    }
    tell_other_spelling(b, token, other);
    return other;
}

struct fgr_node *build_type(struct build *b, struct fgr_loc at, struct fgr_loc name, struct fgr_node *first,
                            struct fgr_node *second)
{
    struct fgr_node *args = build_add(b, build_add(b, build_list(b, at), first), second);
    struct fgr_node *n = build_node(b, FGR_TYPE, at, (struct fgr_node * [FGR_KIDS_MAX + 1]){args});
    build_named(b, n, name);
    const struct fgr_word *w = type_word(b, name.first);
    if (w != NULL) {
        n->text = w->en;
        n->aux = type_of_word[w->token - FGR_TOK_T_TEXT];
    }
    return n;
}

static void reach(const struct build *b, struct fgr_node *n, struct fgr_loc at)
{
    n->span = build_bytes(b, at);
    n->first_token = at.first;
}

struct fgr_node *build_type_flag(struct build *b, struct fgr_node *type, struct fgr_loc at, uint32_t flag)
{
    reach(b, type, at);
    return build_flag(type, flag);
}

struct fgr_node *build_type_bound(struct build *b, struct fgr_node *type, struct fgr_loc at, struct fgr_loc bound)
{
    reach(b, type, at);
    return build_num(b, type, bound);
}

/* What can be sent, in the file's spelling. */
static struct fn_str media_words(struct build *b)
{
    bool pt = b->tree->spelling == FN_PT;
    return fn_arena_printf(b->arena, "%s, %s, %s, %s, %s, %s", fgr_token_spelling(FGR_TOK_T_IMAGE, pt),
                           fgr_token_spelling(FGR_TOK_T_AUDIO, pt), fgr_token_spelling(FGR_TOK_T_VIDEO, pt),
                           fgr_token_spelling(FGR_TOK_T_DOCUMENT, pt), fgr_token_spelling(FGR_TOK_T_LOCATION, pt),
                           fgr_token_spelling(FGR_TOK_TEMPLATE, pt));
}

/* `send image x`, `> audio`: the word is a type of medium. */
struct fgr_node *build_media(struct build *b, struct fgr_node *n, struct fgr_loc word)
{
    const struct fgr_word *w = type_word(b, word.first);
    uint8_t type = w != NULL ? type_of_word[w->token - FGR_TOK_T_TEXT] : (uint8_t)FGR_T_NAMED;
    if (type < FGR_T_IMAGE || type > FGR_T_LOCATION) {
        if (!(b->tree->tokens[word.first].flags & FGR_TOKEN_MADE)) {
            struct fn_diag *d = fgr_diag_add(b->diags, FGR_D_BAD_MEDIA, build_bytes(b, word));
            fn_diag_arg(d, "word", literal_slice(b, word.first));
            fn_diag_arg(d, "words", media_words(b));
        }
        n->flags |= FGR_BROKEN;
        type = FGR_T_IMAGE;
    }
    return build_aux(n, type);
}

/* The clauses on the line of a question are branches like those in its block, and come first. */
struct fgr_node *build_ask(struct build *b, struct fgr_node *question, struct fgr_node *clauses)
{
    unsigned last = question->n_kids > 0 ? question->n_kids - 1U : 0;
    question->flags |= clauses->flags & (FGR_ONCE | FGR_BROKEN);
    if (clauses->n_items > 0 && question->n_kids > 0) {
        question->kid[last] = build_add_all(b, clauses, question->kid[last]);
    }
    return question;
}

/* A name alone on its line: `end` in a Portuguese file is the other spelling's word, not a name. */
struct fgr_node *build_do(struct build *b, struct fgr_node *n)
{
    const struct fgr_node *name = n->kid[FGR_DO_value];
    if (name == NULL || name->kind != FGR_NAME || b->tree->tokens[n->first_token].kind != FGR_TOK_NAME ||
        (b->tree->tokens[n->first_token].flags & (FGR_TOKEN_BACKTICK | FGR_TOKEN_MADE))) {
        return n;
    }
    const struct fgr_word *w = fgr_word_find(literal_slice(b, n->first_token), b->tree->spelling != FN_PT, 0);
    if (w == NULL || (w->token != FGR_TOK_END && w->token != FGR_TOK_RETURN && w->token != FGR_TOK_TYPING)) {
        return n;
    }
    tell_other_spelling(b, n->first_token, w);
    struct fgr_loc at = {n->first_token, n->first_token};
    enum fgr_kind kind = w->token == FGR_TOK_END ? FGR_END : w->token == FGR_TOK_RETURN ? FGR_RETURN : FGR_TYPING;
    struct fgr_node *leaves = build_node(b, kind, at, NULL);
    leaves->span = n->span;
    return leaves;
}

struct fgr_node *build_for(struct build *b, struct fgr_node *n, struct fgr_loc name, struct fgr_loc order)
{
    if (order.first <= order.last && b->tree->tokens[order.last].kind == FGR_TOK_DESC &&
        !(b->tree->tokens[order.last].flags & FGR_TOKEN_AS_NAME)) {
        n->flags |= FGR_DESC;
    }
    return build_named(b, n, name);
}

struct fgr_node *build_record(struct build *b, struct fgr_loc open, struct fgr_loc close, struct fgr_node *fields)
{
    return build_node(b, FGR_RECORD_LIT, build_span(open, close), (struct fgr_node * [FGR_KIDS_MAX + 1]){fields});
}

/* T[a] has a as its key, T[a, b] a list. */
struct fgr_node *build_key(struct build *b, struct fgr_loc at, struct fgr_node *exprs)
{
    if (exprs->n_items == 1) {
        return exprs->items[0];
    }
    return build_node(b, FGR_LIST_LIT, at, (struct fgr_node * [FGR_KIDS_MAX + 1]){exprs});
}

struct fgr_node *build_times(struct build *b, struct fgr_node *branch, enum fgr_branch kind, struct fgr_loc times)
{
    if (times.first <= times.last) {
        build_num(b, branch, times);
    }
    return build_aux(branch, (int)kind);
}

static void split_items(struct build *b, const struct fgr_node *items, struct fgr_node *options,
                        struct fgr_node *branches)
{
    for (uint32_t i = 0; i < items->n_items; i++) {
        build_add(b, items->items[i]->kind == FGR_OPTION ? options : branches, items->items[i]);
    }
}

static struct fgr_node *choose_node(struct build *b, struct fgr_loc at, struct fgr_loc name, struct fgr_node **kids,
                                    struct fgr_node *clauses, const struct fgr_node *items)
{
    struct fgr_loc none = {at.last + 1, at.last};
    kids[FGR_CHOOSE_options] = build_list(b, none);
    kids[FGR_CHOOSE_branches] = kids[FGR_CHOOSE_branches] != NULL ? kids[FGR_CHOOSE_branches] : build_list(b, none);
    build_add_all(b, kids[FGR_CHOOSE_branches], clauses);
    split_items(b, items, kids[FGR_CHOOSE_options], kids[FGR_CHOOSE_branches]);
    struct fgr_node *n = build_named(b, build_node(b, FGR_CHOOSE, at, kids), name);
    n->flags |= clauses->flags & FGR_ONCE;
    return n;
}

struct fgr_node *build_choose(struct build *b, struct fgr_loc at, struct fgr_loc name, struct fgr_node *type,
                              struct fgr_node *prompt, struct fgr_node *clauses, struct fgr_node *items)
{
    struct fgr_node *kids[FGR_KIDS_MAX + 1] = {[FGR_CHOOSE_type] = type, [FGR_CHOOSE_prompt] = prompt};
    return choose_node(b, at, name, kids, clauses, items);
}

/* NOLINTNEXTLINE(readability-function-size): called from one rule of the grammar, with all its parts */
struct fgr_node *build_rows(struct build *b, struct fgr_loc at, struct fgr_loc name, struct fgr_node *source,
                            struct fgr_node *label, struct fgr_node *prompt, struct fgr_node *late_prompt,
                            struct fgr_node *action, struct fgr_node *clauses, struct fgr_node *items)
{
    struct fgr_node *kids[FGR_KIDS_MAX + 1] = {[FGR_CHOOSE_source] = source,
                                               [FGR_CHOOSE_label] = label,
                                               [FGR_CHOOSE_prompt] = prompt != NULL ? prompt : late_prompt};
    kids[FGR_CHOOSE_branches] = build_add(b, build_list(b, build_nowhere()), action);
    return choose_node(b, at, name, kids, clauses, items);
}

struct fgr_node *build_arm(struct build *b, struct fgr_node *arm)
{
    (void)b;
    arm->flags |= arm->kid[FGR_ARM_patterns]->flags & (FGR_FAILED | FGR_ELSE);
    return arm;
}

/* `failed` and `other` among the patterns are flags of the list. */
struct fgr_node *build_pattern(struct build *b, struct fgr_node *list, struct fgr_node *pattern, struct fgr_loc at)
{
    if (pattern == NULL) {
        return build_flag(list, b->tree->tokens[at.first].kind == FGR_TOK_FAILED ? FGR_FAILED : FGR_ELSE);
    }
    return build_add(b, list, pattern);
}

struct fgr_node *build_method(struct fgr_node *n, const struct fgr_node *method)
{
    return build_aux(n, method->aux);
}

struct fgr_node *build_binary(struct build *b, struct fgr_loc at, enum fgr_op op, struct fgr_node *l,
                              struct fgr_node *r)
{
    return build_aux(build_node(b, FGR_BINARY, at, (struct fgr_node * [FGR_KIDS_MAX + 1]){l, r}), (int)op);
}

/* `data("2026-03-02")` in Portuguese is `date(…)`: a type's word before a parenthesis is the type's. */
struct fgr_node *build_callee(struct build *b, struct fgr_node *name)
{
    uint32_t token = name->first_token;
    while (b->tree->tokens[token].span.a < name->text_span.a) {
        token++;
    }
    struct fgr_token *t = &b->tree->tokens[token];
    if (fgr_token_class(t->kind) == FGR_CLASS_TYPE && !(t->flags & FGR_TOKEN_BACKTICK)) {
        t->flags |= FGR_TOKEN_AS_TYPE;
        name->text = fgr_word_of(t->kind)->en;
    }
    return name;
}

struct fgr_node *build_method_call(struct build *b, struct fgr_loc at, struct fgr_node *object,
                                   struct fgr_loc object_at, struct fgr_loc name, struct fgr_node *args)
{
    struct fgr_node *callee =
        build_node(b, FGR_MEMBER_OF, build_span(object_at, name), (struct fgr_node * [FGR_KIDS_MAX + 1]){object});
    build_named(b, callee, name);
    return build_node(b, FGR_CALL, at, (struct fgr_node * [FGR_KIDS_MAX + 1]){callee, args});
}

/* Interesse.compra */
struct fgr_node *build_of_type(struct build *b, struct fgr_loc at, struct fgr_loc type, struct fgr_loc name)
{
    struct fgr_node *object = build_named(b, build_node(b, FGR_NAME, type, NULL), type);
    return build_named(b, build_node(b, FGR_MEMBER_OF, at, (struct fgr_node * [FGR_KIDS_MAX + 1]){object}), name);
}

/* The word of a test's line, in English whatever the file's spelling. */
struct fgr_node *build_step_word(struct build *b, struct fgr_node *n, struct fgr_loc word)
{
    struct fgr_token *t = &b->tree->tokens[word.first];
    const struct fgr_word *w = fgr_word_of(t->kind);
    build_named(b, n, word);
    if (w != NULL && w->class == FGR_CLASS_TYPE) {
        t->flags |= FGR_TOKEN_AS_TYPE;
        n->text = w->en;
    } else if (w != NULL && !(t->flags & FGR_TOKEN_AS_NAME)) {
        n->text = w->en;
    }
    return n;
}

struct fgr_node *build_int(struct build *b, struct fgr_loc at)
{
    return build_num(b, build_node(b, FGR_INT, at, NULL), at);
}

struct fgr_node *build_number(struct build *b, struct fgr_loc at)
{
    struct fgr_node *n = build_node(b, FGR_NUMBER, at, NULL);
    n->real = literal_number(b, at.first);
    return n;
}

struct fgr_node *build_money(struct build *b, struct fgr_loc at)
{
    struct fgr_node *n = build_node(b, FGR_MONEY, at, NULL);
    n->num = literal_money(b, at.first);
    n->text = FN_STR("R$");
    return n;
}

struct fgr_node *build_duration(struct build *b, struct fgr_loc at)
{
    struct fgr_node *n = build_node(b, FGR_DURATION, at, NULL);
    n->num = literal_duration(b, at.first);
    return n;
}

struct fgr_node *build_bool(struct build *b, struct fgr_loc at, int value)
{
    struct fgr_node *n = build_node(b, FGR_BOOL, at, NULL);
    n->num = value;
    return n;
}

static uint32_t long_flag(const struct build *b, uint32_t token)
{
    return fn_str_starts(literal_slice(b, token), FN_STR("\"\"\"")) ? FGR_LONG_TEXT : 0;
}

struct fgr_node *build_text(struct build *b, struct fgr_loc at)
{
    struct fgr_node *n = build_node(b, FGR_TEXT, at, NULL);
    n->text = literal_text(b, at.first);
    n->text_span = n->span;
    return build_flag(n, long_flag(b, at.first));
}

/* While its parts are read, a text is the list of them. */
static struct fgr_node *add_part(struct build *b, struct fgr_node *list, struct fgr_loc at, struct fgr_node *value)
{
    struct fn_str text = literal_text(b, at.first);
    if (text.n > 0) {
        struct fgr_node *part = build_node(b, FGR_TEXT_PART, at, NULL);
        part->text = text;
        part->text_span = part->span;
        build_add(b, list, part);
    }
    return build_add(b, list, value);
}

struct fgr_node *build_text_start(struct build *b, struct fgr_loc head, struct fgr_node *value)
{
    struct fgr_node *list = build_list(b, head);
    build_flag(list, long_flag(b, head.first));
    return add_part(b, list, head, value);
}

struct fgr_node *build_text_more(struct build *b, struct fgr_node *text, struct fgr_loc mid, struct fgr_node *value)
{
    return add_part(b, text, mid, value);
}

struct fgr_node *build_text_end(struct build *b, struct fgr_loc at, struct fgr_node *text, struct fgr_loc tail)
{
    add_part(b, text, tail, NULL);
    struct fgr_node *n = build_node(b, FGR_TEXT, at, (struct fgr_node * [FGR_KIDS_MAX + 1]){text});
    n->flags |= text->flags & FGR_LONG_TEXT;
    text->flags &= ~(uint32_t)FGR_LONG_TEXT;
    n->text_span = n->span;
    return n;
}
