/* parse.c: source -> tokens -> tree. See fgr_parse.h.
 *
 * scan.c reads the bytes and the Bison parser builds the tree from the tokens. At the first token that does not fit, settle.c makes the
 * whole array parse, telling each mistake, and the parser reads it from the start. A parse that still fails would be a
 * bug of ours; it yields an empty, broken tree and says so, because nobody's editor should go down for it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "build.h"
#include "fn_utf8.h"
#include "funnel.tab.h"
#include "lexer.h"
#include "settle.h"

void fgr_place(const struct fgr_source *s, uint32_t offset, uint32_t *line, uint32_t *column)
{
    uint32_t low = 0, high = s->n_lines;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (s->lines[mid] <= offset) {
            low = mid;
        } else {
            high = mid;
        }
    }
    uint32_t from = s->n_lines > 0 ? s->lines[low] : 0;
    uint32_t to = offset < s->text.n ? offset : (uint32_t)s->text.n;
    struct fn_str before = {s->text.p + from, to > from ? to - from : 0};
    *line = low + 1;
    *column = (uint32_t)fn_utf8_count(before) + 1;
}

/* Doubtful tokens before each index, so that a node asks its range in one step. NULL when there are none. */
static bool count_doubts(struct build *b)
{
    const struct fgr_tree *t = b->tree;
    uint32_t *sums = NULL;
    for (uint32_t i = 0, sum = 0; i < t->n_tokens; i++) {
        bool doubt = (t->tokens[i].flags & FGR_TOKEN_DOUBTFUL) != 0;
        if (doubt && sums == NULL) {
            sums = fn_arena_array(b->arena, (size_t)t->n_tokens + 1, sizeof *sums);
            if (sums == NULL) {
                return false;
            }
        }
        sum += doubt ? 1 : 0;
        if (sums != NULL) {
            sums[i + 1] = sum;
        }
    }
    b->doubts = sums;
    return true;
}

int build_next(struct build *b, struct fgr_loc *at, const struct lr_stack *parser)
{
    uint32_t i = b->next;
    struct fgr_token *t = &b->tree->tokens[i];
    *at = (struct fgr_loc){i, i};
    if (t->kind == FGR_TOK_EOF) {
        return FGR_TOK_EOF;
    }
    b->next++;
    if (t->kind < FGR_TOK_KEYWORDS) {
        return t->kind;
    }
    if (b->words != NULL && !settle_word(b->words, parser, i)) {
        return FGR_Y_FGR_YYUNDEF;
    }
    bool name = (t->flags & FGR_TOKEN_AS_NAME) != 0 || fgr_token_class(t->kind) == FGR_CLASS_TYPE;
    return name ? FGR_TOK_NAME : t->kind;
}

static enum fn_code build_tree(struct build *b)
{
    bool spent = fgr_yyparse(b) == 2 && b->words == NULL;
    return spent || b->arena->failed ? FN_NO_MEMORY : FN_OK;
}

/* Most files have no mistake, and need neither the tokens settled first nor a second copy of them: scanned tokens are parsed as
 * they are. The first that does not fit undoes it all but for the memory. */
static enum fn_code build_straight(struct build *b)
{
    struct settle words;
    struct build before = *b;
    struct fn_diag_list told = *b->diags;
    if (!settle_words(&words, b->arena, b->tree)) {
        return FN_NO_MEMORY;
    }
    b->words = &words;
    enum fn_code code = build_tree(b);
    b->words = NULL;
    if (code != FN_OK || (b->file != NULL && !b->broke)) {
        return code;
    }
    *b = before;
    *b->diags = told;
    for (uint32_t i = 0; i < b->tree->n_tokens; i++) {
        b->tree->tokens[i].flags &= (uint8_t) ~(unsigned)(FGR_TOKEN_AS_NAME | FGR_TOKEN_AS_TYPE);
    }
    return FN_OK;
}

static enum fn_code build_settled(struct build *b)
{
    enum fn_code code = settle_tokens(b->arena, b->diags, b->tree);
    if (code == FN_OK) {
        code = count_doubts(b) ? build_tree(b) : FN_NO_MEMORY;
    }
    return code;
}

/* The net under everything: a tree there always is. */
static enum fn_code empty_tree(struct build *b)
{
    if (b->file == NULL) {
        if (b->broke) {
            fn_diag_arg(fgr_diag_add(b->diags, FGR_D_SKIPPED, build_bytes(b, b->broke_at)), "found", FN_STR("?"));
        }
        b->has_header = true;
        build_file(b, build_nowhere(), build_list(b, build_nowhere()));
        b->file->flags |= FGR_BROKEN;
    }
    b->tree->file = b->file;
    return b->arena->failed ? FN_NO_MEMORY : FN_OK;
}

static void tell_too_long(struct fn_diag_list *diags, struct fn_arena *arena, size_t n)
{
    struct fn_diag *d = fgr_diag_add(diags, FGR_D_SOURCE_TOO_LONG, (struct fn_span){0, 0});
    fn_diag_arg(d, "size", fn_arena_printf(arena, "%zu", n));
    fn_diag_arg(d, "max", fn_arena_printf(arena, "%d", FGR_SOURCE_MAX));
}

enum fn_code fgr_parse(struct fn_arena *arena, struct fn_str path, struct fn_str text, struct fn_diag_list *diags,
                       struct fgr_tree *out)
{
    if (text.n > FGR_SOURCE_MAX) {
        tell_too_long(diags, arena, text.n);
        text.n = 0;
    }
    *out = (struct fgr_tree){.source = {.path = fn_arena_dup(arena, path), .text = text}};
    struct build b = {.arena = arena, .diags = diags, .tree = out};
    b.has_header = text.n == 0 && diags->errors > 0;
    size_t n_told = diags->n;
    enum fn_code code = scan_source(arena, diags, out);
    if (code == FN_OK && (diags->n == n_told || count_doubts(&b))) {
        code = build_straight(&b);
    }
    if (code == FN_OK && b.file == NULL) {
        code = build_settled(&b);
    }
    code = code == FN_OK ? empty_tree(&b) : code;
    for (size_t i = n_told; i < diags->n; i++) {
        diags->items[i]->portuguese = out->spelling == FN_PT;
    }
    return code;
}

static void dump_text(struct fn_buf *out, struct fn_str s)
{
    fn_buf_char(out, ' ');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\n') {
            fn_buf_z(out, "\\n");
        } else {
            fn_buf_char(out, s.p[i]);
        }
    }
}

/* Where the last one was told. Only what lies between two places is counted: a line takes time that grows with its length, not with the square. */
struct walk {
    const struct fgr_source *source;
    uint32_t at, line, column; /* from 1, as fgr_place tells them */
};

static void dump_place(struct fn_buf *out, struct walk *w, uint32_t offset)
{
    const struct fgr_source *s = w->source;
    if (w->line == 0 || offset < w->at || (w->line < s->n_lines && s->lines[w->line] <= offset)) {
        fgr_place(s, offset, &w->line, &w->column);
    } else {
        uint32_t to = offset < s->text.n ? offset : (uint32_t)s->text.n;
        w->column += (uint32_t)fn_utf8_count((struct fn_str){s->text.p + w->at, to > w->at ? to - w->at : 0});
    }
    w->at = offset;
    fn_buf_printf(out, "%u:%u ", w->line, w->column);
}

void fgr_dump_tokens(struct fn_buf *out, const struct fgr_tree *t)
{
    struct walk walk = {.source = &t->source};
    uint32_t comment = 0;
    for (uint32_t i = 0; i < t->n_tokens; i++) {
        const struct fgr_token *token = &t->tokens[i];
        for (; comment < t->n_comments && t->comments[comment].before <= i; comment++) {
            const struct fgr_comment *c = &t->comments[comment];
            dump_place(out, &walk, c->span.a);
            fn_buf_z(out, "comment");
            dump_text(out, (struct fn_str){t->source.text.p + c->span.a, c->span.b - c->span.a});
            fn_buf_char(out, '\n');
        }
        dump_place(out, &walk, token->span.a);
        fn_buf_z(out, fgr_token_name(token->kind));
        fn_buf_z(out, token->flags & FGR_TOKEN_AS_NAME ? " as-name" : "");
        fn_buf_z(out, token->flags & FGR_TOKEN_AS_TYPE ? " as-type" : "");
        fn_buf_z(out, token->flags & FGR_TOKEN_MADE ? " made" : "");
        if (token->kind != FGR_TOK_NL && token->span.b > token->span.a) {
            dump_text(out, (struct fn_str){t->source.text.p + token->span.a, token->span.b - token->span.a});
        }
        fn_buf_char(out, '\n');
    }
}
