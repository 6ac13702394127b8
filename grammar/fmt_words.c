/* fmt_words.c: how a token is spelled: keywords in the target's canonical form, names as they are, backticks only where needed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fmt.h"

struct fn_str fmt_slice(const struct fgr_tree *t, struct fn_span span)
{
    return (struct fn_str){t->source.text.p + span.a, span.b - span.a};
}

struct fn_str fmt_bare_name(const struct fgr_tree *t, const struct fgr_token *token)
{
    struct fn_str s = fmt_slice(t, token->span);
    bool ticks = (token->flags & FGR_TOKEN_BACKTICK) && s.n >= 2;
    return ticks ? (struct fn_str){s.p + 1, s.n - 2} : s;
}

bool fmt_is_root(const struct fgr_token *t)
{
    return (t->kind == FGR_TOK_CONTACT || t->kind == FGR_TOK_STAGE || t->kind == FGR_TOK_ENDED) &&
           (t->flags & FGR_TOKEN_AS_NAME);
}

bool fmt_is_name(const struct fgr_token *t)
{
    if (fgr_word_of(t->kind) == NULL) {
        return t->kind == FGR_TOK_NAME || t->kind == FGR_TOK_TNAME;
    }
    bool type = fgr_token_class(t->kind) == FGR_CLASS_TYPE;
    return type ? !(t->flags & FGR_TOKEN_AS_TYPE) : (t->flags & FGR_TOKEN_AS_NAME) && !fmt_is_root(t);
}

static bool behind_dot(const struct fmt *f, uint32_t i)
{
    return i > 0 && f->tree->tokens[i - 1].kind == FGR_TOK_DOT;
}

static bool is_root_word(const struct fgr_word *w)
{
    return w->token == FGR_TOK_CONTACT || w->token == FGR_TOK_STAGE || w->token == FGR_TOK_ENDED;
}

/* Reserved words, the roots, and the types' words before a parenthesis; the rest depends on the place (fmt.c finds out). */
bool fmt_always_quoted(const struct fmt *f, uint32_t i)
{
    const struct fgr_token *t = &f->tree->tokens[i];
    if (!fmt_is_name(t) || behind_dot(f, i)) {
        return false;
    }
    const struct fgr_word *w = fgr_word_find(fmt_bare_name(f->tree, t), f->portuguese, 0);
    bool call = i + 1 < f->tree->n_tokens && f->tree->tokens[i + 1].kind == FGR_TOK_LPAREN;
    return w != NULL && (w->class == FGR_CLASS_RESERVED || is_root_word(w) || (w->class == FGR_CLASS_TYPE && call));
}

/* “…” becomes "…" where that changes nothing inside. */
static bool straighten(struct fmt *f, struct fn_str s, uint16_t kind)
{
    bool curly = s.n >= 6 && (unsigned char)s.p[0] == 0xE2 && (unsigned char)s.p[s.n - 3] == 0xE2;
    if (kind != FGR_TOK_TEXT || !curly || memchr(s.p, '"', s.n) != NULL) {
        return false;
    }
    fn_buf_char(f->out, '"');
    fn_buf_put(f->out, s.p + 3, s.n - 6);
    fn_buf_char(f->out, '"');
    return true;
}

void fmt_token(struct fmt *f, uint32_t i)
{
    const struct fgr_token *t = &f->tree->tokens[i];
    struct fn_str s = fmt_slice(f->tree, t->span);
    const struct fgr_word *w = fgr_word_of(t->kind);
    if (s.n == 0 || (t->flags & FGR_TOKEN_MADE)) {
        fn_buf_str(f->out, s);
    } else if (fmt_is_name(t)) {
        struct fn_str name = fmt_bare_name(f->tree, t);
        const char *tick = f->quoted[i] ? "`" : "";
        fn_buf_printf(f->out, "%s%.*s%s", tick, FN_STR_ARG(name), tick);
    } else if (w != NULL) {
        fn_buf_str(f->out, f->portuguese ? w->pt : w->en);
    } else if (t->kind == FGR_TOK_MINUS) {
        fn_buf_char(f->out, '-');
    } else if (!straighten(f, s, t->kind)) {
        fn_buf_str(f->out, s);
    }
}
