/* dump.c: what checking found, one line a symbol and one an expression: the golden "types", also what the editor's hover shows.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_sema.h"

static const char *const kinds[] = {
    [FCC_S_CONTACT_FIELD] = "contact field",
    [FCC_S_VAR] = "var",
    [FCC_S_LOCAL] = "local",
    [FCC_S_PARAM] = "param",
    [FCC_S_STAGE] = "stage",
    [FCC_S_FN] = "fn",
    [FCC_S_FLOW] = "flow",
    [FCC_S_TOOL] = "tool",
    [FCC_S_AGENT] = "agent",
    [FCC_S_ENUM] = "enum",
    [FCC_S_MEMBER] = "member",
    [FCC_S_RECORD] = "record",
    [FCC_S_FIELD] = "field",
    [FCC_S_TABLE] = "table",
    [FCC_S_HOURS] = "hours",
    [FCC_S_SECRET] = "secret",
    [FCC_S_EVENT] = "event",
    [FCC_S_MODULE] = "module",
    [FCC_S_BUILTIN] = "builtin",
    [FCC_S_CONTACT] = "contact",
};

static bool has_type(const struct fcc_sym *s)
{
    return s->type != NULL && s->type->cls != FCC_C_VOID && s->kind != FCC_S_ENUM && s->kind != FCC_S_RECORD &&
           s->kind != FCC_S_TABLE && s->kind != FCC_S_AGENT && s->kind != FCC_S_HOURS && s->kind != FCC_S_MODULE;
}

static void dump_sym(struct fn_buf *out, const struct fcc_sym *s)
{
    fn_buf_printf(out, "%s ", kinds[s->kind]);
    if (s->owner != NULL && s->kind != FCC_S_CONTACT_FIELD) {
        fn_buf_printf(out, "%.*s.", FN_STR_ARG(s->owner->name));
    }
    fn_buf_str(out, s->name);
    if (has_type(s)) {
        fn_buf_z(out, ": ");
        fcc_type_name(out, s->type, FN_EN);
    }
    fn_buf_z(out, s->personal ? " personal" : "");
    fn_buf_z(out, s->secret ? " secret" : "");
    fn_buf_char(out, '\n');
}

static bool is_expr(const struct fgr_node *n)
{
    return n->kind >= FGR_NAME && n->kind <= FGR_FIND && n->kind != FGR_TEXT_PART && n->kind != FGR_NAMED_ARG;
}

static void dump_expr(struct fn_buf *out, const struct fgr_tree *tree, const struct fgr_node *n)
{
    uint32_t line, column;
    fgr_place(&tree->source, n->span.a, &line, &column);
    fn_buf_printf(out, "%u:%u %s", line, column, fgr_kind_name((enum fgr_kind)n->kind));
    if (n->text.n != 0 && n->kind != FGR_TEXT) {
        fn_buf_printf(out, " %.*s", FN_STR_ARG(n->text));
    }
    if (n->type != NULL && n->type->cls != FCC_C_VOID) {
        fn_buf_z(out, ": ");
        fcc_type_name(out, n->type, FN_EN);
    }
    if (n->sym != NULL && n->sym->kind != FCC_S_FIELD) {
        fn_buf_printf(out, " (%s)", kinds[n->sym->kind]);
    }
    fn_buf_char(out, '\n');
}

/* The parser bounds the depth of a tree, the walk bounds itself all the same. */
static void walk(struct fn_buf *out, const struct fgr_tree *tree, const struct fgr_node *n, unsigned depth)
{
    if (n == NULL || depth > 2000) {
        return;
    }
    if (is_expr(n)) {
        dump_expr(out, tree, n);
    }
    for (uint32_t i = 0; i < n->n_items; i++) {
        walk(out, tree, n->items[i], depth + 1);
    }
    for (unsigned i = 0; i < n->n_kids; i++) {
        walk(out, tree, n->kid[i], depth + 1);
    }
}

static void dump_question(struct fn_buf *out, const struct fcc_question *q)
{
    fn_buf_printf(out, "question %.*s: %s", FN_STR_ARG(q->name),
                  q->node != NULL ? fgr_kind_name((enum fgr_kind)q->node->kind) : "?");
    fn_buf_printf(out, " invalid %ux", q->invalid_times);
    fn_buf_z(out, q->failed_action != NULL ? " failed" : "");
    fn_buf_z(out, q->silence_time != NULL ? " silence" : q->silence_ends ? " silence-ends" : "");
    fn_buf_z(out, q->media_transcribe ? " transcribe" : q->media_action != NULL ? " media" : "");
    fn_buf_z(out, q->settle != NULL ? " settle" : "");
    fn_buf_char(out, '\n');
}

void fcc_dump_types(struct fn_buf *out, const struct fcc_program *p)
{
    for (uint32_t i = 0; i < p->n_syms; i++) {
        if (p->syms[i]->file == 0) {
            dump_sym(out, p->syms[i]);
        }
    }
    for (uint32_t i = 0; i < p->n_questions; i++) {
        dump_question(out, &p->questions[i]);
    }
    walk(out, &p->trees[0], p->trees[0].file, 0);
}
