/* query_hover.c: what stands under the pointer, as it would be declared, in the file's spelling. See fcc_query.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_buf.h"
#include "query.h"

struct hover {
    struct fn_buf *out;
    enum fn_lang lang;
};

static void put_word(const struct hover *h, uint16_t token)
{
    fn_buf_z(h->out, fgr_token_spelling(token, h->lang == FN_PT));
    fn_buf_char(h->out, ' ');
}

static void put_type(const struct hover *h, const char *before, const struct fcc_type *t)
{
    if (t != NULL && t->cls != FCC_C_ERROR && t->cls != FCC_C_VOID) {
        fn_buf_z(h->out, before);
        fcc_type_name(h->out, t, h->lang);
    }
}

static const struct fgr_node *params_of(const struct fgr_node *decl)
{
    switch (decl->kind) {
    case FGR_FN: return decl->kid[FGR_FN_params];
    case FGR_FLOW: return decl->kid[FGR_FLOW_params];
    case FGR_TOOL: return decl->kid[FGR_TOOL_params];
    case FGR_EVENT: return decl->kid[FGR_EVENT_params];
    default: return NULL;
    }
}

static void put_params(const struct hover *h, const struct fcc_sym *s)
{
    const struct fgr_node *params = s->decl != NULL ? params_of(s->decl) : NULL;
    fn_buf_char(h->out, '(');
    for (uint32_t i = 0; params != NULL && i < params->n_items; i++) {
        fn_buf_z(h->out, i > 0 ? ", " : "");
        fn_buf_str(h->out, params->items[i]->text);
        put_type(h, ": ", i < s->n_params ? s->params[i] : NULL);
    }
    fn_buf_char(h->out, ')');
}

static void put_parts(const struct hover *h, const struct fcc_sym *s)
{
    const struct fgr_node *decl = s->decl, *parts = NULL;
    if (decl != NULL) {
        parts = decl->kind == FGR_ENUM     ? decl->kid[FGR_ENUM_members]
                : decl->kind == FGR_RECORD ? decl->kid[FGR_RECORD_fields]
                : decl->kind == FGR_TABLE  ? decl->kid[FGR_TABLE_fields]
                                           : NULL;
    }
    fn_buf_z(h->out, " {");
    for (uint32_t i = 0; parts != NULL && i < parts->n_items; i++) {
        fn_buf_z(h->out, i > 0 ? ", " : " ");
        fn_buf_str(h->out, parts->items[i]->text);
        put_type(h, ": ", decl->kind != FGR_ENUM ? parts->items[i]->type : NULL);
    }
    fn_buf_z(h->out, " }");
}

/* The word a symbol is declared with, 0 for none. */
static uint16_t head_of(enum fcc_sym_kind kind)
{
    static const uint16_t heads[] = {
        [FCC_S_VAR] = FGR_TOK_VAR,     [FCC_S_LOCAL] = FGR_TOK_LET,   [FCC_S_STAGE] = FGR_TOK_STAGE,
        [FCC_S_FN] = FGR_TOK_FN,       [FCC_S_FLOW] = FGR_TOK_FLOW,   [FCC_S_TOOL] = FGR_TOK_TOOL,
        [FCC_S_AGENT] = FGR_TOK_AGENT, [FCC_S_ENUM] = FGR_TOK_ENUM,   [FCC_S_RECORD] = FGR_TOK_RECORD,
        [FCC_S_TABLE] = FGR_TOK_TABLE, [FCC_S_HOURS] = FGR_TOK_HOURS, [FCC_S_SECRET] = FGR_TOK_SECRET,
        [FCC_S_EVENT] = FGR_TOK_EVENT, [FCC_S_MODULE] = FGR_TOK_USE,  [FCC_S_CONTACT] = 0,
    };
    return heads[kind];
}

static void put_builtin(const struct hover *h, const struct fcc_builtin *b)
{
    fn_buf_z(h->out, b->owner);
    fn_buf_z(h->out, b->owner[0] != '\0' ? "." : "");
    fn_buf_z(h->out, h->lang == FN_PT ? b->pt : b->en);
    fn_buf_z(h->out, b->sig[0] == '-' ? " " : "");
    fn_buf_z(h->out, b->sig);
}

static void put_symbol(const struct hover *h, const struct fcc_sym *s, const struct fcc_type *here)
{
    if (s->kind == FCC_S_BUILTIN && s->builtin != NULL) {
        put_builtin(h, s->builtin);
        return;
    }
    if (head_of(s->kind) != 0) {
        put_word(h, head_of(s->kind));
    }
    if (s->kind == FCC_S_CONTACT_FIELD) {
        fn_buf_z(h->out, h->lang == FN_PT ? "contato." : "contact.");
    } else if (s->owner != NULL) {
        fn_buf_str(h->out, s->owner->name);
        fn_buf_char(h->out, '.');
    }
    fn_buf_str(h->out, s->name);
    bool called = s->kind == FCC_S_FN || s->kind == FCC_S_FLOW || s->kind == FCC_S_TOOL || s->kind == FCC_S_EVENT;
    if (called) {
        put_params(h, s);
        put_type(h, " -> ", s->type);
    } else if (s->kind == FCC_S_ENUM || s->kind == FCC_S_RECORD || s->kind == FCC_S_TABLE) {
        put_parts(h, s);
    } else if (s->kind != FCC_S_STAGE && s->kind != FCC_S_AGENT && s->kind != FCC_S_MODULE) {
        put_type(h, ": ", here != NULL && here->cls != FCC_C_ERROR ? here : s->type);
    }
}

bool fcc_query_hover(struct fn_buf *out, const struct fcc_program *p, uint32_t offset, struct fn_span *span)
{
    struct query_target t;
    if (!query_target(p, offset, &t)) {
        return false;
    }
    struct hover h = {out, p->trees[0].spelling};
    *span = t.span;
    if (t.sym != NULL) {
        bool value = t.node->kind == FGR_NAME || t.node->kind == FGR_MEMBER_OF;
        put_symbol(&h, t.sym, value ? t.node->type : NULL);
    } else {
        fn_buf_printf(out, "[%.*s]", FN_STR_ARG(t.option));
        const struct fgr_node *label = t.node->kind == FGR_OPTION ? t.node->kid[FGR_OPTION_label] : NULL;
        if (label != NULL && label->text.n != 0) {
            fn_buf_printf(out, " \"%.*s\"", FN_STR_ARG(label->text));
        }
    }
    return true;
}
