/* testblock.c: `test` blocks are checked as the rest: names, types of what is stubbed, stages, ids of options.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

struct test_names {
    struct names options;
    bool rows; /* some choose offers rows: their ids are not known here */
};

static void add_option(struct ctx *c, struct test_names *t, const struct fgr_node *o)
{
    struct name *n = o->text.n != 0 ? sema_name(c, &t->options, o->text, true) : NULL;
    if (n != NULL) {
        n->node = o;
    }
}

static void collect_options(struct ctx *c, struct test_names *t)
{
    for (uint32_t i = 0; i < c->questions.n; i++) {
        const struct fgr_node *q = SEMA_AT(c->questions, struct fcc_question, i).node;
        if (q == NULL || q->kind != FGR_CHOOSE) {
            continue;
        }
        const struct fgr_node *options = q->kid[FGR_CHOOSE_options];
        t->rows |= q->kid[FGR_CHOOSE_source] != NULL;
        for (uint32_t k = 0; k < options->n_items; k++) {
            add_option(c, t, options->items[k]);
        }
        const struct fcc_type *e = q->kid[FGR_CHOOSE_type] != NULL ? q->kid[FGR_CHOOSE_type]->type : NULL;
        for (uint32_t k = 0; e != NULL && e->cls == FCC_C_ENUM && k < e->decl->decl->kid[FGR_ENUM_members]->n_items;
             k++) {
            add_option(c, t, e->decl->decl->kid[FGR_ENUM_members]->items[k]);
        }
    }
}

static void check_option(struct ctx *c, const struct test_names *t, const struct fgr_node *n)
{
    struct names options = t->options;
    if (n->text.n == 0 || t->rows || sema_name(c, &options, n->text, false) != NULL) {
        return;
    }
    struct fn_span span = n->text_span.b > n->text_span.a ? n->text_span : n->span;
    struct fn_diag *d = sema_diag_at(c, FGR_D_TEST_OPTION, span);
    sema_arg(d, "name", n->text);
    struct suggest best;
    sema_suggest_begin(&best, c, n->text);
    for (uint32_t i = 0; i < options.cap; i++) {
        if (options.slots[i] != NULL) {
            sema_suggest_try(&best, options.slots[i]->text, NULL);
        }
    }
    sema_suggest_end(&best, d, span);
}

static void literal_text(struct fgr_node *n)
{
    if (n != NULL) {
        n->type = &fcc_t_text;
    }
}

static const struct fcc_type *enum_with(const struct ctx *c, struct fn_str member)
{
    for (uint32_t i = 0; i < c->syms.n; i++) {
        const struct fcc_sym *s = SEMA_AT(c->syms, struct fcc_sym *, i);
        if (s->kind == FCC_S_MEMBER && fn_str_eq(s->name, member) && s->owner != NULL) {
            return s->owner->type;
        }
    }
    return NULL;
}

/* `ai tool buscar(numero: "7")`: what the agent is made to call; here alone a tool stands in a call. */
static bool step_tool(struct ctx *c, const struct fgr_node *n, struct fgr_node *call)
{
    if (!sema_is(n->text, "tool", "ferramenta") || call->kind != FGR_CALL ||
        call->kid[FGR_CALL_callee]->kind != FGR_NAME) {
        return false;
    }
    struct fgr_node *callee = call->kid[FGR_CALL_callee];
    struct fcc_sym *tool = sema_find(c, NS_VALUE, callee, callee->text, FGR_D_TOOL_UNKNOWN, NULL);
    callee->type = call->type = &fcc_t_void;
    if (tool == NULL) {
        return true;
    }
    callee->sym = call->sym = tool;
    if (tool->kind != FCC_S_TOOL || tool->decl == NULL) {
        sema_name_diag(c, FGR_D_TOOL_UNKNOWN, callee);
        return true;
    }
    sema_args(c, call, call->kid[FGR_CALL_args], tool->decl->kid[FGR_TOOL_params], false);
    return true;
}

static void step_ai(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *value = n->kid[FGR_STEP_AI_value];
    bool known = sema_is(n->text, "extract", "extraia") || sema_is(n->text, "classify", "classifique") ||
                 sema_is(n->text, "write", "escreva") || sema_is(n->text, "talk", "converse") ||
                 sema_is(n->text, "tool", "ferramenta") || sema_is(n->text, "failed", "falhou") ||
                 sema_is(n->text, "done", "pronto") || sema_is(n->text, "transcribe", "transcreva");
    if (!known) {
        struct fcc_sym *tool = n->text.n != 0 ? sema_lookup(c, NS_VALUE, n->text) : NULL;
        if (tool == NULL || tool->kind != FCC_S_TOOL) {
            sema_name_diag(c, FGR_D_TEST_AI, n);
        }
    }
    if (value == NULL || step_tool(c, n, value)) {
        return;
    }
    const struct fcc_type *e = value->kind == FGR_NAME ? enum_with(c, value->text) : NULL;
    if (value->kind == FGR_NAME &&
        (sema_is(value->text, "failed", "falhou") || sema_is(value->text, "done", "pronto"))) {
        value->type = &fcc_t_void;
    } else if (e != NULL) {
        sema_enum_member(c, value, e);
    } else {
        sema_expr(c, value, NULL);
    }
}

static bool assert_stage(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *left = n->kind == FGR_BINARY ? n->kid[FGR_BINARY_left] : NULL;
    bool about = left != NULL && left->kind == FGR_NAME && sema_is(left->text, "stage", "etapa") &&
                 (n->aux == FGR_OP_EQ || n->aux == FGR_OP_NE);
    if (!about) {
        return false;
    }
    struct fgr_node *right = n->kid[FGR_BINARY_right];
    left->type = right->type = &fcc_t_void;
    n->type = &fcc_t_bool;
    right->sym = sema_find(c, NS_STAGE, right, right->text, FGR_D_STAGE_UNKNOWN, NULL);
    return true;
}

/* `ended` or `stage` inside a calculation, where they are no names: the parts of `@ ended and stage == x` are one mistake. */
static struct fgr_node *alone_in(struct ctx *c, struct fgr_node *n)
{
    if (n == NULL || (n->kind == FGR_NAME && sema_lookup(c, NS_VALUE, n->text) != NULL)) {
        return NULL;
    }
    if (n->kind == FGR_NAME) {
        return sema_is(n->text, "ended", "encerrada") || sema_is(n->text, "stage", "etapa") ? n : NULL;
    }
    struct fgr_node *found = NULL;
    for (unsigned i = 0; found == NULL && i < n->n_kids; i++) { /* depth: FGR_DEPTH_MAX, by the parser */
        found = alone_in(c, n->kid[i]);
    }
    return found;
}

static void assert_calculation(struct ctx *c, struct fgr_node *cond)
{
    struct fgr_node *alone = alone_in(c, cond);
    if (alone == NULL) {
        sema_cond(c, cond);
        return;
    }
    sema_arg(sema_diag(c, FGR_D_TEST_ALONE, alone), "name", alone->text);
    cond->type = &fcc_t_error;
}

static void step_assert(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *cond = n->kid[FGR_STEP_ASSERT_cond];
    if (cond == NULL) {
        return;
    }
    if (cond->kind == FGR_NAME && sema_is(cond->text, "ended", "encerrada")) {
        cond->type = &fcc_t_bool;
    } else if (!assert_stage(c, cond)) {
        assert_calculation(c, cond);
    }
}

static void step_given(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *target = n->kid[FGR_STEP_GIVEN_target];
    c->writing = true;
    sema_expr(c, target, NULL);
    c->writing = false;
    bool good = target->sym != NULL && (target->sym->kind == FCC_S_CONTACT_FIELD || target->sym->kind == FCC_S_BUILTIN);
    if (!good) {
        if (target->type != NULL && !sema_is_error(target->type)) {
            sema_diag(c, FGR_D_NOT_ASSIGNABLE, target);
        }
        return;
    }
    target->type = target->sym->kind == FCC_S_BUILTIN ? &fcc_t_text : target->sym->type;
    const struct fcc_type *t = sema_open(target->type);
    /* A phone, an e-mail or a link comes from a question or an API; only here one is written down. */
    bool written = sema_is_textual(t) && !sema_is_basic(t, FGR_T_TEXT) && n->kid[FGR_STEP_GIVEN_value] != NULL &&
                   n->kid[FGR_STEP_GIVEN_value]->kind == FGR_TEXT;
    sema_expr_to(c, n->kid[FGR_STEP_GIVEN_value], written ? &fcc_t_text : target->type);
}

static void step(struct ctx *c, const struct test_names *t, struct fgr_node *n)
{
    switch (n->kind) {
    case FGR_STEP_SAYS:
        if ((n->flags & FGR_BY_OPTION) != 0) {
            check_option(c, t, n);
        }
        literal_text(n->kid[FGR_STEP_SAYS_value]);
        break;
    case FGR_STEP_EXPECTS:
        literal_text(n->kid[FGR_STEP_EXPECTS_value]);
        for (uint32_t i = 0; n->kid[FGR_STEP_EXPECTS_options] != NULL && i < n->kid[FGR_STEP_EXPECTS_options]->n_items;
             i++) {
            check_option(c, t, n->kid[FGR_STEP_EXPECTS_options]->items[i]);
        }
        break;
    case FGR_STEP_CLOCK: sema_expr_to(c, n->kid[FGR_STEP_CLOCK_time], &fcc_t_duration); break;
    case FGR_STEP_AT: {
        struct fgr_node *value = n->kid[FGR_STEP_AT_value];
        literal_text(value);
        if (value != NULL && !sema_iso_datetime(value->text)) {
            sema_arg(sema_diag(c, FGR_D_BAD_DATE, value), "text", value->text);
        }
        break;
    }
    case FGR_STEP_GIVEN: step_given(c, n); break;
    case FGR_STEP_EVENT:
        if (sema_is(n->text, "campaign", "campanha") && sema_lookup(c, NS_EVENT, n->text) == NULL) {
            break; /* the tenant's campaign reaches this contact */
        }
        n->sym = sema_find(c, NS_EVENT, n, n->text, FGR_D_EVENT_UNKNOWN, NULL);
        if (n->sym != NULL && n->sym->decl != NULL) {
            sema_args(c, n, n->kid[FGR_STEP_EVENT_args], n->sym->decl->kid[FGR_EVENT_params], false);
        }
        break;
    case FGR_STEP_AI: step_ai(c, n); break;
    case FGR_STEP_HTTP:
        literal_text(n->kid[FGR_STEP_HTTP_url]);
        literal_text(n->kid[FGR_STEP_HTTP_body]);
        break;
    case FGR_STEP_ASSERT: step_assert(c, n); break;
    default: break;
    }
}

void sema_check_tests(struct ctx *c, struct fgr_node *file)
{
    const struct fgr_node *decls = file->kid[FGR_FILE_decls];
    struct test_names t = {0};
    struct names titles = {0};
    bool collected = false;
    for (uint32_t i = 0; i < decls->n_items && !c->full; i++) {
        struct fgr_node *n = decls->items[i];
        if (n->kind != FGR_TEST) {
            continue;
        }
        if (!collected) {
            collect_options(c, &t);
            collected = true;
        }
        struct name *title = n->text.n != 0 ? sema_name(c, &titles, n->text, true) : NULL;
        if (title != NULL && title->node != NULL) {
            fn_diag_label(sema_name_diag(c, FGR_D_TEST_TWICE, n), title->node->text_span, FGR_L_FIRST_HERE);
        } else if (title != NULL) {
            title->node = n;
        }
        c->unit = (struct unit){.kind = UNIT_TEST, .decl = n, .result = &fcc_t_void, .graph = SEMA_NO_INDEX};
        for (uint32_t k = 0; k < n->kid[FGR_TEST_steps]->n_items; k++) {
            step(c, &t, n->kid[FGR_TEST_steps]->items[k]);
        }
    }
}
