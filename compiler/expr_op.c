/* expr_op.c: operators. int and number mix (the int is taken as a number); money keeps to money; times keep their units.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

static const char *const op_names[] = {"+",  "-", "*",  "/",   "%",  "==",  "!=", "<",
                                       "<=", ">", ">=", "and", "or", "not", "-"};

static const struct fcc_type *bad_operands(struct ctx *c, struct fgr_node *n, const struct fcc_type *a,
                                           const struct fcc_type *b)
{
    if (!sema_is_error(a) && !sema_is_error(b)) {
        struct fn_diag *d = sema_diag(c, FGR_D_BAD_OPERANDS, n);
        sema_arg(d, "op", fn_str_c(n->aux < FN_COUNT(op_names) ? op_names[n->aux] : "?"));
        sema_arg_type(c, d, "left", a);
        sema_arg_type(c, d, "right", b);
    }
    return sema_error(n);
}

static bool is(const struct fcc_type *t, enum fgr_type b)
{
    return sema_is_basic(t, b);
}

static const struct fcc_type *concat(struct ctx *c, const struct fcc_type *a, const struct fcc_type *b)
{
    uint64_t x = sema_text_max(a), y = sema_text_max(b);
    return sema_type_text(c, x == 0 || y == 0 ? 0 : x + y);
}

/* a + b, a - b where one is a time or a span; NULL when it means nothing. */
static const struct fcc_type *clock_sum(const struct fcc_type *a, const struct fcc_type *b, bool minus)
{
    if (is(b, FGR_T_DURATION)) {
        bool shifts = is(a, FGR_T_DATETIME) || is(a, FGR_T_DATE) || is(a, FGR_T_TIME) || is(a, FGR_T_DURATION);
        return shifts ? a : NULL;
    }
    bool same = minus && fcc_same(a, b) && (is(a, FGR_T_DATETIME) || is(a, FGR_T_DATE) || is(a, FGR_T_TIME));
    return same ? &fcc_t_duration : NULL;
}

static const struct fcc_type *sum(struct ctx *c, const struct fcc_type *a, const struct fcc_type *b, bool minus)
{
    if (sema_is_numeric(a) && sema_is_numeric(b)) {
        return is(a, FGR_T_INT) && is(b, FGR_T_INT) ? &fcc_t_int : &fcc_t_number;
    }
    if (is(a, FGR_T_MONEY) && is(b, FGR_T_MONEY)) {
        return &fcc_t_money;
    }
    if (!minus && sema_is_textual(a) && sema_is_textual(b)) {
        return concat(c, a, b);
    }
    if (!minus && a->cls == FCC_C_LIST && fcc_same(a, b)) {
        return sema_widest(c, a, b);
    }
    return clock_sum(a, b, minus);
}

static const struct fcc_type *product(const struct fcc_type *a, const struct fcc_type *b, enum fgr_op op)
{
    if (sema_is_numeric(a) && sema_is_numeric(b)) {
        return is(a, FGR_T_INT) && is(b, FGR_T_INT) ? &fcc_t_int : &fcc_t_number;
    }
    if (op == FGR_OP_MOD) {
        return NULL;
    }
    bool a_scales = is(a, FGR_T_MONEY) || is(a, FGR_T_DURATION);
    if (a_scales && (is(b, FGR_T_INT) || (is(a, FGR_T_MONEY) && is(b, FGR_T_NUMBER)))) {
        return a;
    }
    if (op == FGR_OP_MUL && is(b, FGR_T_MONEY) && sema_is_numeric(a)) {
        return b;
    }
    if (op == FGR_OP_MUL && is(b, FGR_T_DURATION) && is(a, FGR_T_INT)) {
        return b;
    }
    return op == FGR_OP_DIV && is(a, FGR_T_MONEY) && is(b, FGR_T_MONEY) ? &fcc_t_number : NULL;
}

static const struct fcc_type *arithmetic(struct ctx *c, struct fgr_node *n, const struct fcc_type *want)
{
    bool number = want != NULL && is(sema_open(want), FGR_T_NUMBER);
    struct fgr_node *left = n->kid[FGR_BINARY_left], *right = n->kid[FGR_BINARY_right];
    const struct fcc_type *hint = number ? &fcc_t_number : NULL;
    const struct fcc_type *a = sema_expr_open(c, left, hint), *b = sema_expr_open(c, right, hint);
    if (sema_is_error(a) || sema_is_error(b)) {
        return sema_error(n);
    }
    bool sums = n->aux == FGR_OP_ADD || n->aux == FGR_OP_SUB;
    const struct fcc_type *t = sums ? sum(c, a, b, n->aux == FGR_OP_SUB) : product(a, b, (enum fgr_op)n->aux);
    bool zero = (n->aux == FGR_OP_DIV || n->aux == FGR_OP_MOD) && right->kind == FGR_INT && right->num == 0;
    if (zero) {
        sema_diag(c, FGR_D_DIVIDE_BY_ZERO, n);
    }
    return t != NULL ? t : bad_operands(c, n, a, b);
}

/* A bare name that is no variable may be an enum member: its type comes from the other side. */
static bool waits_for_type(struct ctx *c, const struct fgr_node *n)
{
    return n != NULL && ((n->kind == FGR_NAME && sema_lookup(c, NS_VALUE, n->text) == NULL) || n->kind == FGR_NONE ||
                         (n->kind == FGR_LIST_LIT) || (n->kind == FGR_INT));
}

static void both(struct ctx *c, struct fgr_node *n, const struct fcc_type **a, const struct fcc_type **b)
{
    struct fgr_node *left = n->kid[FGR_BINARY_left], *right = n->kid[FGR_BINARY_right];
    if (waits_for_type(c, left) && !waits_for_type(c, right)) {
        *b = sema_expr(c, right, NULL);
        *a = sema_expr(c, left, *b);
    } else {
        *a = sema_expr(c, left, NULL);
        *b = sema_expr(c, right, *a);
    }
}

static bool comparable(const struct fcc_type *a, const struct fcc_type *b)
{
    return fcc_same(a, b) || (sema_is_numeric(a) && sema_is_numeric(b)) || (sema_is_textual(a) && sema_is_textual(b));
}

static bool ordered(const struct fcc_type *t)
{
    return sema_is_numeric(t) || sema_is_textual(t) || is(t, FGR_T_MONEY) || is(t, FGR_T_DATE) || is(t, FGR_T_TIME) ||
           is(t, FGR_T_DATETIME) || is(t, FGR_T_DURATION);
}

static const struct fcc_type *equality(struct ctx *c, struct fgr_node *n)
{
    const struct fcc_type *a, *b;
    both(c, n, &a, &b);
    bool none = a->cls == FCC_C_NONE || b->cls == FCC_C_NONE;
    if (sema_is_error(a) || sema_is_error(b)) {
        return &fcc_t_bool;
    }
    bool good = none ? sema_is_option(a) || sema_is_option(b) || (a->cls == FCC_C_NONE && b->cls == FCC_C_NONE)
                     : a->cls != FCC_C_VOID && comparable(sema_open(a), sema_open(b));
    if (none && !good) {
        sema_diag(c, FGR_D_NEVER_NONE, n);
        return &fcc_t_bool;
    }
    return good ? &fcc_t_bool : bad_operands(c, n, a, b);
}

static const struct fcc_type *order(struct ctx *c, struct fgr_node *n)
{
    const struct fcc_type *a = sema_expr_open(c, n->kid[FGR_BINARY_left], NULL),
                          *b = sema_expr_open(c, n->kid[FGR_BINARY_right], NULL);
    if (sema_is_error(a) || sema_is_error(b)) {
        return &fcc_t_bool;
    }
    return comparable(a, b) && ordered(a) ? &fcc_t_bool : bad_operands(c, n, a, b);
}

/* `and`, and `or` of two truths: the right side runs only when the left one was true (false): it may rely on that. */
static const struct fcc_type *logic(struct ctx *c, struct fgr_node *n, bool truth)
{
    struct fgr_node *right = n->kid[FGR_BINARY_right];
    struct fork f;
    sema_fork(c, &f);
    sema_fork_next(c, &f);
    sema_assume(c, n->kid[FGR_BINARY_left], truth);
    sema_cond(c, right);
    sema_fork_next(c, &f);
    sema_fork_join(c, &f);
    return &fcc_t_bool;
}

static const struct fcc_type *or_else(struct ctx *c, struct fgr_node *n, const struct fcc_type *want)
{
    struct fgr_node *left = n->kid[FGR_BINARY_left], *right = n->kid[FGR_BINARY_right];
    if (c->effect_at == n) {
        c->effect_at = left;
    }
    const struct fcc_type *a = sema_expr(c, left, want);
    if (sema_is_error(a)) {
        sema_expr(c, right, want);
        return sema_error(n);
    }
    if (is(a, FGR_T_BOOL)) {
        return logic(c, n, false);
    }
    if (!sema_is_option(a) && a->cls != FCC_C_NONE) {
        sema_expr(c, right, a);
        sema_diag(c, FGR_D_NEVER_NONE, left);
        return a;
    }
    const struct fcc_type *open = sema_open(a), *b = sema_expr(c, right, open);
    if (sema_is_error(b) || b->cls == FCC_C_NONE) {
        return sema_is_error(b) ? sema_error(n) : a;
    }
    bool both_text = sema_is_textual(open) && sema_is_textual(sema_open(b));
    if (!both_text && !fcc_same(open, sema_open(b)) && !(sema_is_numeric(open) && sema_is_numeric(sema_open(b)))) {
        return bad_operands(c, n, a, b);
    }
    open = sema_widest(c, open, sema_open(b));
    return sema_is_option(b) ? sema_type_option(c, open) : open;
}

const struct fcc_type *sema_binary(struct ctx *c, struct fgr_node *n, const struct fcc_type *want)
{
    unsigned before = c->taint;
    const struct fcc_type *t = &fcc_t_error;
    switch ((enum fgr_op)n->aux) {
    case FGR_OP_ADD:
    case FGR_OP_SUB:
    case FGR_OP_MUL:
    case FGR_OP_DIV:
    case FGR_OP_MOD: return arithmetic(c, n, want);
    case FGR_OP_OR_ELSE: return or_else(c, n, want);
    case FGR_OP_AND:
        sema_cond(c, n->kid[FGR_BINARY_left]);
        t = logic(c, n, true);
        break;
    case FGR_OP_EQ:
    case FGR_OP_NE: t = equality(c, n); break;
    case FGR_OP_LT:
    case FGR_OP_LE:
    case FGR_OP_GT:
    case FGR_OP_GE: t = order(c, n); break;
    case FGR_OP_NOT:
    case FGR_OP_NEG: break;
    }
    c->taint = before; /* whether two values are alike says nothing of what they are */
    return t;
}

const struct fcc_type *sema_unary(struct ctx *c, struct fgr_node *n, const struct fcc_type *want)
{
    struct fgr_node *value = n->kid[FGR_UNARY_value];
    if (n->aux == FGR_OP_NOT) {
        sema_cond(c, value);
        return &fcc_t_bool;
    }
    const struct fcc_type *t = sema_expr_open(c, value, want);
    bool good = sema_is_error(t) || sema_is_numeric(t) || is(t, FGR_T_MONEY) || is(t, FGR_T_DURATION);
    return good ? t : bad_operands(c, n, t, t);
}
