/* expr_call.c: calls: functions and flows of the program and of its modules, functions and methods the language brings; their arguments.
 * SPDX-License-Identifier: Apache-2.0 */
#include "builtins.h"

/* -- arguments ---------------------------------------------------------------------------------------------------------------- */
static uint32_t param_named(const struct fgr_node *params, struct fn_str name)
{
    uint32_t i = 0;
    while (i < params->n_items && !fn_str_eq(params->items[i]->text, name)) {
        i++;
    }
    return i;
}

static void one_arg(struct ctx *c, struct fgr_node *arg, const struct fgr_node *param, bool acts)
{
    struct fgr_node *value = arg->kind == FGR_NAMED_ARG ? arg->kid[FGR_NAMED_ARG_value] : arg;
    unsigned outer = c->taint;
    c->taint = 0;
    sema_expr_to(c, value, param->type != NULL ? param->type : &fcc_t_error);
    arg->type = value != NULL ? value->type : &fcc_t_error;
    if (param->sym != NULL &&
        ((c->taint & TAINT_SECRET) != 0 || acts)) { /* a function only calculates: its value is made of it */
        sema_taint_into(c, arg, param->sym);
    }
    c->taint |= outer;
}

static bool is_named(const struct fgr_node *args, struct fn_str name)
{
    for (uint32_t i = 0; i < args->n_items; i++) {
        if (args->items[i]->kind == FGR_NAMED_ARG && fn_str_eq(args->items[i]->text, name)) {
            return true;
        }
    }
    return false;
}

static void told_unknown_arg(struct ctx *c, struct fgr_node *arg, const struct fgr_node *args,
                             const struct fgr_node *params)
{
    uint32_t by_place = 0;
    while (by_place < args->n_items && args->items[by_place]->kind != FGR_NAMED_ARG) {
        by_place++;
    }
    struct fn_diag *d = sema_name_diag(c, FGR_D_ARG_UNKNOWN, arg);
    struct suggest best;
    sema_suggest_begin(&best, c, arg->text);
    for (uint32_t i = by_place; i < params->n_items; i++) {
        if (!is_named(args, params->items[i]->text)) {
            sema_suggest_try(&best, params->items[i]->text, NULL);
        }
    }
    sema_suggest_end(&best, d, arg->text_span);
    sema_expr(c, arg->kid[FGR_NAMED_ARG_value], NULL);
}

/* Positional ones first, then by name; emission finds the parameter of a NAMED_ARG in its sym. */
void sema_args(struct ctx *c, struct fgr_node *call, struct fgr_node *args, struct fgr_node *params, bool acts)
{
    uint32_t n = params->n_items;
    uint8_t *given = fn_arena_array(c->arena, (size_t)n + 1, 1);
    if (given == NULL) {
        c->full = true;
        return;
    }
    for (uint32_t i = 0; i < args->n_items; i++) {
        struct fgr_node *arg = args->items[i];
        bool named = arg->kind == FGR_NAMED_ARG;
        uint32_t at = named ? param_named(params, arg->text) : i;
        if (at >= n) {
            if (named) {
                told_unknown_arg(c, arg, args, params);
            } else {
                sema_arg_num(c, sema_diag(c, FGR_D_ARG_EXTRA, arg), "max", n);
                sema_expr(c, arg, NULL);
            }
            continue;
        }
        if (named) {
            arg->sym = params->items[at]->sym;
        }
        if (given[at]) {
            sema_arg(sema_diag(c, FGR_D_ARG_TWICE, arg), "name", params->items[at]->text);
        }
        given[at] = 1;
        one_arg(c, arg, params->items[at], acts);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!given[i] && params->items[i]->kid[FGR_PARAM_init] == NULL) {
            sema_arg(sema_diag(c, FGR_D_ARG_MISSING, call), "name", params->items[i]->text);
        }
    }
}

/* -- what the language brings ----------------------------------------------------------------------------------------------------- */
static bool two_digits(const char *p, int lo, int hi)
{
    int v = (p[0] - '0') * 10 + p[1] - '0';
    return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' && v >= lo && v <= hi;
}

static bool iso_date(struct fn_str s)
{
    if (s.n < 10 || s.p[4] != '-' || s.p[7] != '-' || !two_digits(s.p, 0, 99) || !two_digits(s.p + 2, 0, 99) ||
        !two_digits(s.p + 5, 1, 12)) {
        return false;
    }
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = (s.p[0] - '0') * 1000 + (s.p[1] - '0') * 100 + (s.p[2] - '0') * 10 + (s.p[3] - '0');
    int month = (s.p[5] - '0') * 10 + s.p[6] - '0';
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return two_digits(s.p + 8, 1, days[month - 1] + (leap && month == 2 ? 1 : 0));
}

bool sema_iso_datetime(struct fn_str s)
{
    bool time = s.n >= 16 && (s.p[10] == ' ' || s.p[10] == 'T') && two_digits(s.p + 11, 0, 23) && s.p[13] == ':' &&
                two_digits(s.p + 14, 0, 59);
    bool seconds = s.n == 16 || (s.n == 19 && s.p[16] == ':' && two_digits(s.p + 17, 0, 59));
    return time && seconds && iso_date(s);
}

static const struct fgr_node *literal(const struct fgr_node *args)
{
    const struct fgr_node *a = args != NULL && args->n_items == 1 ? args->items[0] : NULL;
    bool whole = a != NULL && a->kind == FGR_TEXT && (a->kid[0] == NULL || a->kid[0]->n_items <= 1);
    for (uint32_t i = 0; whole && a->kid[0] != NULL && i < a->kid[0]->n_items; i++) {
        whole = a->kid[0]->items[i]->kind == FGR_TEXT_PART;
    }
    return whole ? a : NULL;
}

static const struct fcc_type *constant_date(struct ctx *c, struct fgr_node *args, bool time)
{
    const struct fcc_type *t = time ? &fcc_t_datetime : &fcc_t_date;
    const struct fgr_node *text = literal(args);
    if (text == NULL) {
        return sema_type_option(c, t);
    }
    if (!(time ? sema_iso_datetime(text->text) : text->text.n == 10 && iso_date(text->text))) {
        sema_arg(sema_diag(c, FGR_D_BAD_DATE, text), "text", text->text);
    }
    return t;
}

static uint64_t constant_int(const struct fgr_node *n)
{
    return n != NULL && n->kind == FGR_INT && n->num > 0 && n->num < 65536 ? (uint64_t)n->num : 0;
}

/* "abc" is masked as "a***c": each word of three letters grows by two, and they and the blank behind them fit once in four. */
static uint64_t masked_max(const struct fcc_type *t)
{
    uint64_t most = sema_text_max(t);
    return most + 2 * ((most + 1) / 4);
}

/* Refines the result of the signature: bounds of texts, dates written out. */
const struct fcc_type *sema_builtin_result(struct ctx *c, struct fgr_node *n, const struct fcc_builtin *b,
                                           const struct fcc_type *owner, struct fgr_node *args)
{
    struct sig sig;
    sema_sig_read(c, b, owner->elem, &sig);
    struct fgr_node *first = args != NULL && args->n_items > 0 ? args->items[0] : NULL;
    struct fgr_node *second = args != NULL && args->n_items > 1 ? args->items[1] : NULL;
    switch (b->row) {
    case FCC_B_TEXT_UPPER:
    case FCC_B_TEXT_LOWER: return sema_type_text(c, sema_text_max(owner) * 2);
    case FCC_B_TEXT_TRIM:
    case FCC_B_TEXT_DIGITS: return sema_type_text(c, sema_text_max(owner));
    case FCC_B_TEXT_FOLD: return sema_type_text(c, sema_text_max(owner) * 3);
    case FCC_B_TEXT_URL: return sema_type_text(c, sema_text_max(owner) * 12);
    case FCC_B_TEXT_SLICE:
        return sema_type_text(c, constant_int(second) != 0 ? constant_int(second) : sema_text_max(owner));
    case FCC_B_TEXT_PAD: {
        uint64_t own = sema_text_max(owner), to = constant_int(first);
        return sema_type_text(c, own == 0 || to == 0 ? 0 : own > to ? own : to);
    }
    case FCC_B_TEXT_REPEAT: return sema_type_text(c, sema_text_max(owner) * constant_int(first));
    case FCC_B_CUT: return sema_type_text(c, constant_int(second));
    case FCC_B_MASK:
        c->taint &= ~(unsigned)TAINT_PERSONAL;
        return sema_type_text(
            c, first != NULL && first->type != NULL && sema_is_textual(first->type) ? masked_max(first->type) : 0);
    case FCC_B_INT_TEXT:
    case FCC_B_NATIVE_TEXT_OF_INT: return sema_type_text(c, 20);
    case FCC_B_NUMBER_TEXT: return sema_type_text(c, 32);
    case FCC_B_DATE_ISO: return sema_type_text(c, 10);
    case FCC_B_DATETIME_ISO: return sema_type_text(c, 24);
    case FCC_B_CHAR: return sema_type_text(c, 1);
    case FCC_B_NATIVE_BR_HOLIDAY: return sema_type_option(c, sema_type_text(c, 60));
    case FCC_B_NATIVE_CPF_VALID:
    case FCC_B_NATIVE_CNPJ_VALID:
    case FCC_B_NATIVE_CEP_VALID:
    case FCC_B_NATIVE_READ_PHONE: return sema_type_option(c, sema_type_text(c, 20));
    case FCC_B_NATIVE_SHOW_PHONE: return sema_type_text(c, 24);
    case FCC_B_DATE: return constant_date(c, args, false);
    case FCC_B_DATETIME: return constant_date(c, args, true);
    default:
        (void)n;
        return sig.result != NULL ? sig.result : first != NULL && first->type != NULL ? first->type : &fcc_t_error;
    }
}

static void builtin_args(struct ctx *c, struct fgr_node *n, const struct fcc_builtin *b, const struct fcc_type *elem)
{
    struct sig sig;
    sema_sig_read(c, b, elem, &sig);
    struct fgr_node *args = n->kid[FGR_CALL_args];
    const struct fcc_type *any = NULL;
    for (uint32_t i = 0; i < args->n_items; i++) {
        struct fgr_node *a = args->items[i];
        if (a->kind == FGR_NAMED_ARG) {
            sema_name_diag(c, FGR_D_ARG_UNKNOWN, a);
            sema_expr(c, a->kid[FGR_NAMED_ARG_value], NULL);
        } else if (i >= sig.n) {
            sema_arg_num(c, sema_diag(c, FGR_D_ARG_EXTRA, a), "max", sig.n);
            sema_expr(c, a, NULL);
        } else if (sig.params[i] == NULL && any == NULL) {
            any = sema_expr_open(c, a, NULL);
        } else {
            sema_expr_to(c, a, sig.params[i] != NULL ? sig.params[i] : any);
        }
    }
    if (args->n_items < sig.n) {
        struct fn_diag *d = sema_diag(c, FGR_D_ARG_COUNT, n);
        sema_arg(d, "name", b->property ? fn_str_c(b->en) : n->kid[FGR_CALL_callee]->text);
        sema_arg(d, "signature", fn_str_c(b->sig));
    }
}

static bool impure(uint16_t row)
{
    return row == FCC_B_RANDOM || row == FCC_B_NOW || row == FCC_B_TODAY;
}

static const struct fcc_type *free_builtin(struct ctx *c, struct fgr_node *n, const struct fcc_builtin *b)
{
    struct fgr_node *callee = n->kid[FGR_CALL_callee];
    callee->sym = n->sym = sema_builtin_sym(c, b);
    callee->type = &fcc_t_void;
    if (impure(b->row) && (c->unit.kind == UNIT_CONST || (c->unit.kind == UNIT_FN && b->row == FCC_B_RANDOM))) {
        sema_name_diag(c, c->unit.kind == UNIT_FN ? FGR_D_FN_NOT_PURE : FGR_D_NOT_CONSTANT, callee);
    }
    unsigned outer = c->taint;
    c->taint = 0;
    builtin_args(c, n, b, NULL);
    const struct fcc_type *t = sema_builtin_result(c, n, b, &fcc_t_void, n->kid[FGR_CALL_args]);
    c->taint |= outer;
    return t;
}

/* `carrinho.add(p)` changes carrinho: it must be something that can be assigned. */
static void check_changed(struct ctx *c, struct fgr_node *callee)
{
    const struct fgr_node *object = callee->kid[FGR_MEMBER_OF_object];
    struct fcc_sym *s = object->sym;
    bool good = s != NULL && (s->kind == FCC_S_VAR || s->kind == FCC_S_LOCAL || s->kind == FCC_S_CONTACT_FIELD);
    if (!good && object->type != NULL && !sema_is_error(object->type)) {
        sema_name_diag(c, FGR_D_NOT_ASSIGNABLE, object);
    }
    if (good && s->kind == FCC_S_LOCAL && s->decl != NULL && s->decl->kind == FGR_FOR) {
        sema_name_diag(c, FGR_D_NOT_ASSIGNABLE, object);
    }
}

static const struct fcc_type *method(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *callee = n->kid[FGR_CALL_callee], *object = callee->kid[FGR_MEMBER_OF_object];
    bool hours = sema_hours_object(c, object);
    const struct fcc_type *t = hours ? &fcc_t_void : sema_expr_open(c, object, NULL);
    const char *owner = hours ? "hours" : sema_owner(t);
    const struct fcc_builtin *b = sema_is_error(t) ? NULL : sema_builtin(owner, callee->text);
    if (b == NULL || b->property) {
        for (uint32_t i = 0; i < n->kid[FGR_CALL_args]->n_items; i++) {
            struct fgr_node *a = n->kid[FGR_CALL_args]->items[i];
            sema_expr(c, a->kind == FGR_NAMED_ARG ? a->kid[0] : a, NULL);
        }
        if (b != NULL) {
            sema_name_diag(c, FGR_D_NO_PARENTHESES, callee);
        } else if (!sema_is_error(t)) {
            sema_no_member(c, callee, t, owner);
        }
        return sema_error(n);
    }
    callee->sym = n->sym = sema_builtin_sym(c, b);
    callee->type = &fcc_t_void;
    if (sema_builtin_mutates(b->row)) {
        check_changed(c, callee);
    }
    unsigned outer = c->taint;
    c->taint = 0;
    builtin_args(c, n, b, t->elem);
    if (sema_builtin_mutates(b->row) && object->sym != NULL) {
        sema_taint_into(c, n, object->sym);
    }
    c->taint |= outer;
    return sema_builtin_result(c, n, b, t, n->kid[FGR_CALL_args]);
}

/* -- the program's own ---------------------------------------------------------------------------------------------------------------- */
static void call_flow(struct ctx *c, struct fgr_node *n, const struct fcc_sym *s)
{
    if (c->effect_at != n) {
        sema_diag(c, FGR_D_EFFECT_INSIDE, n);
    }
    if (!sema_may_wait(c, n)) {
        return;
    }
    if (c->unit.graph != SEMA_NO_INDEX && sema_sym(s)->graph != SEMA_NO_INDEX && sema_sym(s)->visit == 2) {
        sema_graph_edge(c, c->unit.graph, sema_sym(s)->graph, n);
    }
    sema_sum_call(c, s);
}

static const struct fcc_type *call_sym(struct ctx *c, struct fgr_node *n, struct fcc_sym *s)
{
    struct fgr_node *callee = n->kid[FGR_CALL_callee];
    callee->sym = n->sym = s;
    callee->type = &fcc_t_void;
    if ((s->kind != FCC_S_FN && s->kind != FCC_S_FLOW) || s->decl == NULL) {
        struct fn_diag *d = sema_name_diag(c, s->kind == FCC_S_TOOL ? FGR_D_TOOL_CALLED : FGR_D_NOT_CALLABLE, callee);
        if (s->decl != NULL && s->file == c->file) {
            fn_diag_label(d, s->decl->text_span, FGR_L_DECLARED_HERE);
        }
        for (uint32_t i = 0; i < n->kid[FGR_CALL_args]->n_items; i++) {
            struct fgr_node *a = n->kid[FGR_CALL_args]->items[i];
            sema_expr(c, a->kind == FGR_NAMED_ARG ? a->kid[0] : a, NULL);
        }
        return sema_error(n);
    }
    sema_args(c, n, n->kid[FGR_CALL_args], s->decl->kid[FGR_FN_params], s->kind == FCC_S_FLOW);
    if (s->kind == FCC_S_FLOW) {
        call_flow(c, n, s);
    }
    c->taint |= sema_sym(s)->taint;
    return s->type;
}

static bool is_function(const struct fcc_sym *s)
{
    return s->kind == FCC_S_FN || s->kind == FCC_S_FLOW || s->kind == FCC_S_TOOL;
}

const struct fcc_type *sema_call(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *callee = n->kid[FGR_CALL_callee];
    if (callee->kind == FGR_MEMBER_OF) {
        struct fgr_node *object = callee->kid[FGR_MEMBER_OF_object];
        struct fcc_sym *m = object->kind == FGR_NAME ? sema_lookup(c, NS_VALUE, object->text) : NULL;
        bool library = (c->p->trees[c->file].file->flags & FGR_MODULE) != 0;
        if (m == NULL && library && object->kind == FGR_NAME && sema_is(object->text, "native", "native")) {
            const struct fcc_builtin *b = sema_builtin("native", callee->text);
            object->type = &fcc_t_void;
            if (b != NULL) {
                return free_builtin(c, n, b);
            }
        }
        if (m == NULL || m->kind != FCC_S_MODULE) {
            return method(c, n);
        }
        sema_module_member(c, callee, m);
        if (callee->sym != NULL) {
            return call_sym(c, n, callee->sym);
        }
    } else if (callee->kind == FGR_NAME) {
        struct fcc_sym *s = sema_lookup(c, NS_VALUE, callee->text);
        bool plain = s == NULL || s->kind == FCC_S_MODULE; /* after `use money`, money(1.5) is what it was */
        const struct fcc_builtin *b = plain ? sema_builtin("", callee->text) : NULL;
        if (b != NULL) {
            return free_builtin(c, n, b);
        }
        s = s != NULL ? s : sema_find(c, NS_VALUE, callee, callee->text, FGR_D_FUNCTION_UNKNOWN, is_function);
        if (s != NULL) {
            s->uses++;
            return call_sym(c, n, s);
        }
    }
    for (uint32_t i = 0; i < n->kid[FGR_CALL_args]->n_items; i++) {
        struct fgr_node *a = n->kid[FGR_CALL_args]->items[i];
        sema_expr(c, a->kind == FGR_NAMED_ARG ? a->kid[0] : a, NULL);
    }
    return sema_error(n);
}
