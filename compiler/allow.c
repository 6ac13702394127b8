/* allow.c: warnings the author has seen and wants: a comment `# permitir: F0901` or `# allow: F0901` on the line of the warning, or alone on
 * the line above it. Errors cannot be allowed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

static bool names_code(struct fn_str text, const char *code)
{
    size_t n = strlen(code);
    for (size_t i = 0; i + n <= text.n; i++) {
        if (memcmp(text.p + i, code, n) == 0) {
            return true;
        }
    }
    return false;
}

/* What stands behind `# permitir:` or `# allow:`; empty for any other comment. */
static struct fn_str allowed(const struct fgr_source *s, struct fn_span span)
{
    static const struct fn_str words[] = {{"permitir:", 9}, {"allow:", 6}};
    struct fn_str text = {s->text.p + span.a, span.b - span.a};
    while (text.n != 0 && (*text.p == '#' || *text.p == ' ')) {
        text.p++;
        text.n--;
    }
    for (size_t i = 0; i < FN_COUNT(words); i++) {
        if (fn_str_starts(text, words[i])) {
            return text;
        }
    }
    return FN_STR_NULL;
}

static uint32_t line_of(const struct fgr_source *s, uint32_t offset)
{
    uint32_t line, column;
    fgr_place(s, offset, &line, &column);
    return line;
}

static bool is_allowed(const struct fgr_tree *t, const struct fn_diag *d)
{
    uint32_t line = line_of(&t->source, d->span.a);
    for (uint32_t i = 0; i < t->n_comments; i++) {
        const struct fgr_comment *m = &t->comments[i];
        struct fn_str text = allowed(&t->source, m->span);
        if (text.n == 0) {
            continue;
        }
        uint32_t at = line_of(&t->source, m->span.a);
        bool here = at == line || (m->own_line && at + 1 == line);
        if (here && names_code(text, fgr_diag_code((enum fgr_diag)d->code))) {
            return true;
        }
    }
    return false;
}

void sema_drop_allowed(struct ctx *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->diags->n; i++) {
        struct fn_diag *d = c->diags->items[i];
        if (d->level == FN_WARNING_LEVEL && d->file < c->p->n_trees && is_allowed(&c->p->trees[d->file], d)) {
            c->diags->warnings--;
        } else {
            c->diags->items[kept++] = d;
        }
    }
    c->diags->n = kept;
}
