/* consequence.c: one mistake is told once. What the parser could not read is missing from the tree, and then a name seems unknown or unused,
 * a stage unreached, a path without an end. Such a diagnostic goes when what it misses stands in a line that was told, or was lost.
 * Only files with a mistake of form come here. SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

#include "fn_utf8.h"

struct lost {
    struct names words,
        folded;        /* every word of the lines that were told or left out; the same without accents and case */
    struct vec told;   /* struct fn_span: those lines */
    struct vec braces; /* struct fn_span: diagnostics of braces */
};

static bool is_word_byte(unsigned char b)
{
    return b >= 0x80 || b == '_' || (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
}

static struct name *folded(struct ctx *c, struct lost *l, struct fn_str word, bool make)
{
    struct fn_buf b;
    fn_buf_init(&b, FGR_NAME_MAX * 4);
    fn_fold(&b, word);
    struct name *found = sema_name(c, &l->folded, fn_buf_view(&b), false);
    if (found == NULL && make && !b.failed) {
        found = sema_name(c, &l->folded, fn_arena_dup(c->arena, fn_buf_view(&b)), true);
    }
    fn_buf_fini(&b);
    return found;
}

static void add_words(struct ctx *c, struct lost *l, const struct fgr_source *s, struct fn_span span)
{
    const char *p = s->text.p;
    for (uint32_t at = span.a; at < span.b;) {
        uint32_t from = at;
        while (at < span.b && is_word_byte((unsigned char)p[at])) {
            at++;
        }
        if (at > from) {
            sema_name(c, &l->words, (struct fn_str){p + from, at - from}, true);
            folded(c, l, (struct fn_str){p + from, at - from}, true);
        }
        at += at == from ? 1 : 0;
    }
}

static struct fn_span whole_lines(const struct fgr_source *s, struct fn_span span)
{
    const char *p = s->text.p;
    uint32_t end = span.b > span.a ? span.b - 1 : span.b; /* a span that ends with its line is not of the next */
    while (span.a > 0 && p[span.a - 1] != '\n') {
        span.a--;
    }
    while (end < s->text.n && p[end] != '\n') {
        end++;
    }
    span.b = end;
    return span;
}

static bool is_form(const struct fn_diag *d)
{
    return d->code < FGR_D_NAME_UNKNOWN;
}

/* Told, and read as it was meant: nothing follows from it. */
static bool is_harmless(const struct fn_diag *d)
{
    static const enum fgr_diag codes[] = {FGR_D_FOREIGN_OPERATOR, FGR_D_FOREIGN_COMMENT, FGR_D_SEMICOLON,
                                          FGR_D_SINGLE_QUOTES,    FGR_D_CONTROL_BYTE,    FGR_D_OTHER_SPELLING,
                                          FGR_D_MISSPELT,         FGR_D_BAD_MEDIA,       FGR_D_ASSIGN_FOR_EQUAL,
                                          FGR_D_ELSE_ON_ITS_OWN,  FGR_D_TWO_ON_A_LINE};
    for (size_t i = 0; i < FN_COUNT(codes); i++) {
        if (d->code == codes[i]) {
            return true;
        }
    }
    return false;
}

/* A brace that is missing or too much: what stands in which block is a guess. */
static bool is_brace(const struct fn_diag *d)
{
    bool brace = d->code == FGR_D_BRACE_NOT_CLOSED;
    for (unsigned i = 0; (d->code == FGR_D_MISSING || d->code == FGR_D_SURPLUS) && i < d->n_args; i++) {
        brace |= d->args[i].value.n == 1 && (*d->args[i].value.p == '{' || *d->args[i].value.p == '}');
    }
    return brace;
}

static void collect(struct ctx *c, struct lost *l, uint16_t file)
{
    const struct fgr_tree *t = &c->p->trees[file];
    for (size_t i = 0; i < c->diags->n; i++) {
        const struct fn_diag *d = c->diags->items[i];
        if (d->file != file || !is_form(d) || is_harmless(d) || d->span.b > t->source.text.n) {
            continue;
        }
        struct fn_span *span = sema_push(c, &l->told, sizeof *span);
        if (span != NULL) {
            *span = whole_lines(&t->source, d->span);
            add_words(c, l, &t->source, *span);
        }
        span = is_brace(d) ? sema_push(c, &l->braces, sizeof *span) : NULL;
        if (span != NULL) {
            *span = d->span;
        }
    }
    for (uint32_t i = 0; i < t->n_lost; i++) {
        add_words(c, l, &t->source, t->lost[i]);
    }
}

static bool names_lost(struct ctx *c, struct lost *l, const struct fn_diag *d)
{
    bool twice = d->code == FGR_D_NAME_TAKEN || (d->code >= FGR_D_STAGE_TAKEN && d->code <= FGR_D_OPTION_TAKEN) ||
                 d->code == FGR_D_QUESTION_NAMELESS;
    bool by_name = (d->code >= FGR_D_NAME_UNKNOWN && d->code < FGR_D_TYPE_MISMATCH && !twice) ||
                   d->code == FGR_D_STAGE_UNREACHABLE || d->code == FGR_D_UNUSED || d->code == FGR_D_NOT_SET ||
                   d->code == FGR_D_TEST_OPTION || d->code == FGR_D_FIELD_MISSING || d->code == FGR_D_ARG_MISSING;
    for (unsigned i = 0; by_name && i < d->n_args; i++) {
        if (strcmp(d->args[i].name, "name") == 0) {
            return sema_name(c, &l->words, d->args[i].value, false) != NULL;
        }
    }
    return false;
}

/* A value that may be none, because the line that asks for it could not be read. */
static bool reads_lost(struct ctx *c, struct lost *l, const struct fn_diag *d)
{
    const char *p = c->p->trees[d->file].source.text.p;
    uint32_t b = d->span.b, a = b;
    while (a > d->span.a && is_word_byte((unsigned char)p[a - 1])) {
        a--;
    }
    return d->code == FGR_D_MAY_BE_NONE && a < b && folded(c, l, (struct fn_str){p + a, b - a}, false) != NULL;
}

static bool on_told_line(const struct lost *l, const struct fn_diag *d)
{
    for (uint32_t i = 0; i < l->told.n; i++) {
        struct fn_span span = SEMA_AT(l->told, struct fn_span, i);
        if (d->span.a >= span.a && d->span.a <= span.b) {
            return true;
        }
    }
    return false;
}

/* What the ways through the funnel, or a whole declaration, must hold. */
static bool needs_whole(const struct fn_diag *d)
{
    return (d->code >= FGR_D_STAGE_FALLS_OFF && d->code < FGR_D_ARM_TWICE) || d->code == FGR_D_NO_OPTIONS;
}

static bool of_whole_funnel(const struct fn_diag *d)
{
    return d->code == FGR_D_STAGE_UNREACHABLE || d->code == FGR_D_FLOOD_CYCLE || d->code == FGR_D_NO_START ||
           d->code == FGR_D_WINDOW_CLOSED || d->code == FGR_D_CAMPAIGN_TEMPLATE || d->code == FGR_D_NOT_SET;
}

/* Is something lost in the declaration a place is in? */
static bool in_hurt_declaration(const struct fgr_tree *t, const struct lost *l, uint32_t at)
{
    const struct fgr_node *decls = t->file->kid[FGR_FILE_decls];
    struct fn_span span = {0, 0};
    for (uint32_t i = 0; i < decls->n_items && decls->items[i]->span.a <= at; i++) {
        span = decls->items[i]->span;
    }
    for (uint32_t i = 0; i < t->n_lost; i++) {
        if (t->lost[i].a <= span.b && t->lost[i].b >= span.a) {
            return true;
        }
    }
    for (uint32_t i = 0; i < l->braces.n; i++) {
        struct fn_span brace = SEMA_AT(l->braces, struct fn_span, i);
        if (brace.a <= span.b && brace.b >= span.a) {
            return true;
        }
    }
    return false;
}

static bool follows(struct ctx *c, struct lost *l, const struct fn_diag *d)
{
    const struct fgr_tree *t = &c->p->trees[d->file];
    if (is_form(d)) {
        return false;
    }
    bool hurt = t->n_lost > 0 || l->braces.n > 0;
    return names_lost(c, l, d) || reads_lost(c, l, d) || on_told_line(l, d) || (of_whole_funnel(d) && hurt) ||
           (needs_whole(d) && in_hurt_declaration(t, l, d->span.a));
}

static void drop_of(struct ctx *c, uint16_t file)
{
    struct lost l = {.told = {0}};
    struct fn_diag_list *list = c->diags;
    size_t kept = 0;
    collect(c, &l, file);
    for (size_t i = 0; i < list->n; i++) {
        struct fn_diag *d = list->items[i];
        if (d->file == file && !c->full && follows(c, &l, d)) {
            list->errors -= d->level == FN_ERROR_LEVEL ? 1 : 0;
            list->warnings -= d->level == FN_WARNING_LEVEL ? 1 : 0;
        } else {
            list->items[kept++] = d;
        }
    }
    list->n = kept;
}

void sema_drop_consequences(struct ctx *c)
{
    for (uint32_t file = 0; file < c->p->n_trees; file++) {
        bool hurt = false;
        for (size_t i = 0; i < c->diags->n; i++) {
            hurt |= c->diags->items[i]->file == file && is_form(c->diags->items[i]);
        }
        if (hurt) {
            drop_of(c, (uint16_t)file);
        }
    }
}
