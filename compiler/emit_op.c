/* emit_op.c: operators and conditions.
 *
 * Operands are brought to one type first (int beside number becomes number, a date with a duration counts days); comparisons of options
 * compare the options. `and`, `or` and the fallback `or` evaluate their right side only when needed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

static const struct fcc_type *number_of(const struct fcc_type *a, const struct fcc_type *b)
{
    return emit_is(a, FGR_T_NUMBER) || emit_is(b, FGR_T_NUMBER) ? &fcc_t_number : a;
}

/* -- comparison -------------------------------------------------------------------------------------------------------------- */

void emit_equal(struct emit *e, unsigned dest, unsigned a, unsigned b, const struct fcc_type *t)
{
    switch (emit_repr(t)) {
    case FBC_REPR_I: emit_op(e, FBC_OP_EQI, dest, a, b); return;
    case FBC_REPR_F: emit_op(e, FBC_OP_EQF, dest, a, b); return;
    case FBC_REPR_B: emit_op(e, FBC_OP_EQB, dest, a, b); return;
    case FBC_REPR_T: emit_op(e, FBC_OP_EQT, dest, a, b); return;
    case FBC_REPR_L:
    case FBC_REPR_M:
    case FBC_REPR_R:
    case FBC_REPR_O: emit_op(e, FBC_OP_EQX, dest, a, b); return;
    }
}

static void none_test(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    if (!emit_is_option(n->type)) {
        emit_op(e, FBC_OP_LOADB, dest, 0, 0); /* known to be there */
        return;
    }
    unsigned has = emit_reg(e, e->t_bool);
    emit_op(e, FBC_OP_HAS, has, emit_value(e, n, NULL), 0);
    emit_op(e, FBC_OP_NOT, dest, has, 0);
}

static void equal(struct emit *e, const struct fgr_node *l, const struct fgr_node *r, unsigned dest)
{
    if (r->kind == FGR_NONE || l->kind == FGR_NONE) {
        none_test(e, r->kind == FGR_NONE ? l : r, dest);
        return;
    }
    const struct fcc_type *t = number_of(l->type, r->type);
    t = emit_is_option(r->type) ? r->type : t;
    t = emit_is_option(l->type) ? l->type : t;
    unsigned a = emit_value(e, l, t), b = emit_value(e, r, t);
    emit_equal(e, dest, a, b, t);
}

static void less(struct emit *e, const struct fgr_node *l, const struct fgr_node *r, bool or_equal, unsigned dest)
{
    const struct fcc_type *t = number_of(l->type, r->type);
    unsigned a = emit_value(e, l, t), b = emit_value(e, r, t);
    if (emit_repr(t) == FBC_REPR_F) {
        emit_op(e, or_equal ? FBC_OP_LEF : FBC_OP_LTF, dest, a, b);
    } else if (emit_repr(t) != FBC_REPR_T) {
        emit_op(e, or_equal ? FBC_OP_LEI : FBC_OP_LTI, dest, a, b);
    } else if (or_equal) {
        emit_op(e, FBC_OP_LTT, dest, b, a);
        emit_op(e, FBC_OP_NOT, dest, dest, 0);
    } else {
        emit_op(e, FBC_OP_LTT, dest, a, b);
    }
}

/* -- arithmetic --------------------------------------------------------------------------------------------------------------- */

static void plain(struct emit *e, const struct fgr_node *l, const struct fgr_node *r, const struct fcc_type *t,
                  enum fbc_op op, unsigned dest)
{
    unsigned a = emit_value(e, l, t), b = emit_value(e, r, t);
    emit_op(e, op, dest, a, b);
}

/* A duration as whole days, to add to a date. */
static unsigned as_days(struct emit *e, const struct fgr_node *n)
{
    unsigned days = emit_reg(e, e->t_int);
    unsigned ms = emit_value(e, n, n->type);
    emit_op(e, FBC_OP_DIVI, days, ms, emit_int(e, EMIT_MS_DAY));
    return days;
}

static void add(struct emit *e, const struct fgr_node *n, bool sub, unsigned dest)
{
    const struct fgr_node *l = n->kid[FGR_BINARY_left], *r = n->kid[FGR_BINARY_right];
    const struct fcc_type *lt = l->type, *rt = r->type;
    if (n->type->cls == FCC_C_LIST) {
        plain(e, l, r, n->type, FBC_OP_LISTCAT, dest);
        emit_grown(e, dest, n->type);
    } else if (emit_is_text(n->type)) {
        const uint16_t two[] = {e->t_text, e->t_text};
        unsigned w = emit_window(e, two, 2);
        emit_show(e, l, w);
        emit_show(e, r, w + 1);
        emit_op(e, FBC_OP_CAT, dest, w, 2);
    } else if (emit_is(n->type, FGR_T_NUMBER)) {
        plain(e, l, r, &fcc_t_number, sub ? FBC_OP_SUBF : FBC_OP_ADDF, dest);
    } else if (emit_is(lt, FGR_T_DATE) && emit_is(rt, FGR_T_DURATION)) {
        unsigned a = emit_value(e, l, lt);
        emit_op(e, sub ? FBC_OP_SUBI : FBC_OP_ADDI, dest, a, as_days(e, r));
    } else if (emit_is(rt, FGR_T_DATE) && emit_is(lt, FGR_T_DURATION)) {
        unsigned a = emit_value(e, r, rt);
        emit_op(e, FBC_OP_ADDI, dest, a, as_days(e, l));
    } else {
        unsigned a = emit_value(e, l, lt), b = emit_value(e, r, rt);
        emit_op(e, sub ? FBC_OP_SUBI : FBC_OP_ADDI, dest, a, b);
        if (emit_is(lt, FGR_T_DATE) && emit_is(n->type, FGR_T_DURATION)) {
            emit_op(e, FBC_OP_MULI, dest, dest, emit_int(e, EMIT_MS_DAY));
        }
    }
}

static void multiply(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    const struct fgr_node *l = n->kid[FGR_BINARY_left], *r = n->kid[FGR_BINARY_right];
    if (emit_is(n->type, FGR_T_NUMBER)) {
        plain(e, l, r, &fcc_t_number, FBC_OP_MULF, dest);
        return;
    }
    bool left_number = emit_is(l->type, FGR_T_NUMBER), right_number = emit_is(r->type, FGR_T_NUMBER);
    const struct fgr_node *whole = left_number ? r : l, *factor = left_number ? l : r;
    unsigned a = emit_value(e, whole, whole->type), b = emit_value(e, factor, factor->type);
    emit_op(e, left_number || right_number ? FBC_OP_MULMF : FBC_OP_MULI, dest, a, b);
}

static void divide(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    const struct fgr_node *l = n->kid[FGR_BINARY_left], *r = n->kid[FGR_BINARY_right];
    if (emit_is(n->type, FGR_T_NUMBER)) {
        unsigned a = emit_value(e, l, &fcc_t_number), b = emit_value(e, r, &fcc_t_number); /* money / money: a ratio */
        emit_op(e, FBC_OP_DIVF, dest, a, b);
    } else if (emit_is(r->type, FGR_T_NUMBER)) {
        unsigned a = emit_value(e, l, l->type), b = emit_value(e, r, r->type), one = emit_reg(e, e->t_number);
        emit_load_num(e, one, 1.0);
        emit_op(e, FBC_OP_DIVF, one, one, b);
        emit_op(e, FBC_OP_MULMF, dest, a, one);
    } else {
        unsigned a = emit_value(e, l, l->type), b = emit_value(e, r, r->type);
        emit_op(e, emit_is(l->type, FGR_T_MONEY) ? FBC_OP_DIVM : FBC_OP_DIVI, dest, a, b);
    }
}

/* -- logic ---------------------------------------------------------------------------------------------------------------------- */

static bool is_truth(const struct fgr_node *n)
{
    return emit_is(n->type, FGR_T_BOOL);
}

static void logic(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    uint32_t no = emit_label(e), done = emit_label(e);
    emit_cond(e, n, false, no);
    emit_op(e, FBC_OP_LOADB, dest, 1, 0);
    emit_jump(e, done);
    emit_place(e, no);
    emit_op(e, FBC_OP_LOADB, dest, 0, 0);
    emit_place(e, done);
}

static void fallback(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    const struct fgr_node *l = n->kid[FGR_BINARY_left], *r = n->kid[FGR_BINARY_right];
    if (!emit_is_option(l->type) && !emit_is_fallible(l)) {
        emit_into(e, l, n->type, dest);
        return;
    }
    uint32_t none = emit_label(e), done = emit_label(e);
    const struct fcc_type *t = l->type;
    unsigned some = emit_is_fallible(l) ? emit_fallible(e, l, &t) : emit_value(e, l, t);
    unsigned has = emit_reg(e, e->t_bool), value = emit_reg(e, emit_type(e, emit_open(t)));
    emit_unwrap(e, some, has, value, none);
    emit_convert(e, value, emit_open(t), n->type, dest);
    emit_jump(e, done);
    emit_place(e, none);
    emit_into(e, r, n->type, dest);
    emit_place(e, done);
}

static bool is_logic(const struct fgr_node *n)
{
    if (n->kind != FGR_BINARY) {
        return false;
    }
    return n->aux == FGR_OP_AND || (n->aux == FGR_OP_OR_ELSE && is_truth(n->kid[FGR_BINARY_left]) && is_truth(n));
}

void emit_cond(struct emit *e, const struct fgr_node *n, bool truth, uint32_t label)
{
    if (is_logic(n)) {
        bool is_and = n->aux == FGR_OP_AND;
        if (is_and != truth) { /* either side decides */
            emit_cond(e, n->kid[FGR_BINARY_left], truth, label);
            emit_cond(e, n->kid[FGR_BINARY_right], truth, label);
            return;
        }
        uint32_t skip = emit_label(e);
        emit_cond(e, n->kid[FGR_BINARY_left], !truth, skip);
        emit_cond(e, n->kid[FGR_BINARY_right], truth, label);
        emit_place(e, skip);
        return;
    }
    if (n->kind == FGR_UNARY && n->aux == FGR_OP_NOT) {
        emit_cond(e, n->kid[FGR_UNARY_value], !truth, label);
        return;
    }
    unsigned mark = emit_mark(e);
    if (emit_is_option(n->type)) { /* `if x`: x is there */
        unsigned has = emit_reg(e, e->t_bool);
        emit_op(e, FBC_OP_HAS, has, emit_value(e, n, NULL), 0);
        emit_jump_if(e, has, truth, label);
    } else if (is_truth(n)) {
        emit_jump_if(e, emit_value(e, n, NULL), truth, label);
    } else if (truth) {
        emit_jump(e, label); /* a T? already known to be there */
    }
    emit_release(e, mark);
}

void emit_unary(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    const struct fgr_node *v = n->kid[FGR_UNARY_value];
    if (n->aux == FGR_OP_NOT) {
        logic(e, n, dest);
        return;
    }
    unsigned mark = emit_mark(e);
    emit_op(e, emit_is(n->type, FGR_T_NUMBER) ? FBC_OP_NEGF : FBC_OP_NEGI, dest, emit_value(e, v, n->type), 0);
    emit_release(e, mark);
}

static void compare(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    const struct fgr_node *l = n->kid[FGR_BINARY_left], *r = n->kid[FGR_BINARY_right];
    if (n->aux == FGR_OP_EQ || n->aux == FGR_OP_NE) {
        equal(e, l, r, dest);
        if (n->aux == FGR_OP_NE) {
            emit_op(e, FBC_OP_NOT, dest, dest, 0);
        }
    } else if (n->aux == FGR_OP_LT || n->aux == FGR_OP_LE) {
        less(e, l, r, n->aux == FGR_OP_LE, dest);
    } else {
        less(e, r, l, n->aux == FGR_OP_GE, dest);
    }
}

void emit_binary(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    unsigned mark = emit_mark(e);
    switch ((enum fgr_op)n->aux) {
    case FGR_OP_ADD:
    case FGR_OP_SUB: add(e, n, n->aux == FGR_OP_SUB, dest); break;
    case FGR_OP_MUL: multiply(e, n, dest); break;
    case FGR_OP_DIV: divide(e, n, dest); break;
    case FGR_OP_MOD: plain(e, n->kid[FGR_BINARY_left], n->kid[FGR_BINARY_right], n->type, FBC_OP_MODI, dest); break;
    case FGR_OP_EQ:
    case FGR_OP_NE:
    case FGR_OP_LT:
    case FGR_OP_LE:
    case FGR_OP_GT:
    case FGR_OP_GE: compare(e, n, dest); break;
    case FGR_OP_OR_ELSE:
        if (!is_logic(n)) {
            fallback(e, n, dest);
            break;
        }
        logic(e, n, dest);
        break;
    case FGR_OP_AND: logic(e, n, dest); break;
    case FGR_OP_NOT:
    case FGR_OP_NEG: emit_unary(e, n, dest); break;
    }
    emit_release(e, mark);
}
