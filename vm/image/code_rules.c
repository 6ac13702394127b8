/* code_rules.c: what the operands of an instruction must be to each other (rules F2, F3, F4, F6).
 *
 * Called with operands that are registers of the kinds ops.def names, or indices in range.
 * SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

static uint16_t reg_type(const struct verify *v, unsigned reg)
{
    return v->func->regs[reg];
}

static uint16_t elem_type(const struct verify *v, unsigned reg)
{
    return v->types[reg_type(v, reg)].elem;
}

static bool check_same(struct verify *v, uint16_t target, uint16_t source, const char *rule)
{
    if (verify_accepts(v, target, source)) {
        return true;
    }
    return verify_fault(v, rule, "%s (type %u) where %s (type %u) is wanted", fbc_kind_name(v->types[source].kind),
                        (unsigned)source, fbc_kind_name(v->types[target].kind), (unsigned)target);
}

static bool check_either(struct verify *v, uint16_t one, uint16_t other)
{
    return verify_accepts(v, one, other) || check_same(v, other, one, "F2");
}

/* Registers first..first+n-1 exist. */
static bool check_window(struct verify *v, unsigned first, unsigned n, const char *rule)
{
    if (first + n <= v->func->n_regs) {
        return true;
    }
    return verify_fault(v, rule, "registers %u to %u of %u", first, first + n - 1, (unsigned)v->func->n_regs);
}

/* The n registers from `first` on go where types with the given own numbers are wanted. */
static bool check_targets(struct verify *v, const uint16_t *targets, unsigned first, unsigned n, const char *rule)
{
    if (!check_window(v, first, n, rule)) {
        return false;
    }
    const uint16_t *own = v->reg_own + (v->func->regs - v->regs) + first,
                   *wide = v->reg_wide + (v->func->regs - v->regs) + first;
    for (unsigned i = 0; i < n; i++) {
        if (targets[i] != own[i] && targets[i] != wide[i]) {
            return verify_fault(v, rule, "register %u is %s", first + i,
                                fbc_kind_name(v->types[reg_type(v, first + i)].kind));
        }
    }
    return true;
}

/* The n registers from `first` on all go where one type is wanted, whose own number is given. */
static bool check_all(struct verify *v, uint16_t target, unsigned first, unsigned n)
{
    if (n == 0 || !check_window(v, first, n, "F2")) {
        return n == 0;
    }
    bool shared = target < VERIFY_SHARED;
    uint16_t type = reg_type(v, first);
    if ((shared ? v->wide : v->own)[type] == target && (shared ? v->run_wide : v->run_own)[first] >= n) {
        return true;
    }
    return verify_fault(v, "F2", "registers %u to %u are not all of the type wanted", first, first + n - 1);
}

static bool check_cat(struct verify *v, uint32_t w)
{
    return FBC_C(w) != 0 ? check_all(v, FBC_REPR_T, FBC_B(w), FBC_C(w)) : verify_fault(v, "F3", "nothing to join");
}

static bool check_newlist(struct verify *v, uint32_t w)
{
    return check_all(v, v->own[elem_type(v, FBC_A(w))], FBC_B(w), FBC_C(w));
}

static bool check_newrec(struct verify *v, uint32_t w)
{
    const struct fbc_type *t = &v->types[reg_type(v, FBC_A(w))];
    if (FBC_C(w) != t->n) {
        return verify_fault(v, "F2", "%u registers for %u fields", FBC_C(w), (unsigned)t->n);
    }
    return check_targets(v, v->field_own + (t->fields - v->fields), FBC_B(w), t->n, "F2");
}

static bool check_field(struct verify *v, unsigned record, unsigned field, uint16_t *type)
{
    const struct fbc_type *t = &v->types[reg_type(v, record)];
    if (field >= t->n) {
        return verify_fault(v, "F2", "field %u of %u", field, (unsigned)t->n);
    }
    *type = t->fields[field].type;
    return true;
}

static bool check_call(struct verify *v, uint32_t w)
{
    const struct fbc_func *callee = &v->funcs[FBC_IMM16(w)];
    if (!check_targets(v, v->reg_own + (callee->regs - v->regs), FBC_A(w) + 1, callee->n_params, "F4")) {
        return false;
    }
    if (callee->result != FBC_NO_TYPE && !check_same(v, reg_type(v, FBC_A(w)), callee->result, "F4")) {
        return false;
    }
    return callee->may_await <= v->func->may_await ||
           verify_fault(v, "F4", "calls one that may await, and may not itself");
}

/* Does a register of this type fit a signature's letter? */
static bool letter_fits(const struct verify *v, char letter, uint16_t type)
{
    const struct fbc_type *t = &v->types[type];
    enum fbc_repr elem = t->elem != FBC_NO_TYPE ? (enum fbc_repr)v->types[t->elem].repr : FBC_REPR_R;
    switch (letter) {
    case 'i': return t->repr == FBC_REPR_I;
    case 'n': return t->repr == FBC_REPR_F;
    case 'b': return t->repr == FBC_REPR_B;
    case 't': return t->repr == FBC_REPR_T;
    case 'T': return t->repr == FBC_REPR_L && elem == FBC_REPR_T;
    case 'o': return t->repr == FBC_REPR_O && elem == FBC_REPR_T;
    case 'I': return t->repr == FBC_REPR_O && elem == FBC_REPR_I;
    case 'N': return t->repr == FBC_REPR_O && elem == FBC_REPR_F;
    default: FN_BUG("a signature's letter that nobody checks");
    }
}

/* Arguments from `first` on, then the result in `result`, against "ttT>o". */
static bool check_signature(struct verify *v, const struct fbc_import *row, unsigned first, unsigned result)
{
    const char *arrow = strchr(row->sig, '>');
    unsigned n = (unsigned)(arrow - row->sig);
    if (!check_window(v, first, n, "F4")) {
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!letter_fits(v, row->sig[i], reg_type(v, first + i))) {
            return verify_fault(v, "F4", "argument %u of %s %s is %s", i, row->name, row->sig,
                                fbc_kind_name(v->types[reg_type(v, first + i)].kind));
        }
    }
    if (arrow[1] != 'v' && !letter_fits(v, arrow[1], reg_type(v, result))) {
        return verify_fault(v, "F4", "the result of %s %s goes to %s", row->name, row->sig,
                            fbc_kind_name(v->types[reg_type(v, result)].kind));
    }
    return true;
}

static bool check_host(struct verify *v, uint32_t w, enum fbc_host_kind kind)
{
    const struct fbc_import *row = &fbc_hosts[v->hosts[FBC_IMM16(w)]];
    if (row->kind != kind) {
        return verify_fault(v, "F4", "host %s is asked the other way", row->name);
    }
    if (kind == FBC_HOST_EFFECT) {
        return check_signature(v, row, FBC_A(w), 0); /* no effect has a result */
    }
    if (v->func->may_await == 0) {
        return verify_fault(v, "F6", "the function may not await");
    }
    return check_signature(v, row, FBC_A(w) + 1, FBC_A(w));
}

static bool check_return(struct verify *v, uint32_t w)
{
    if (v->func->result == FBC_NO_TYPE) {
        return verify_fault(v, "F4", "the function has no result");
    }
    return check_same(v, v->func->result, reg_type(v, FBC_A(w)), "F4");
}

static bool check_const(struct verify *v, uint32_t w)
{
    return check_same(v, reg_type(v, FBC_A(w)), v->consts[FBC_IMM16(w)].type, "F3");
}

static bool check_global(struct verify *v, const struct fbc_op_info *op, uint32_t w)
{
    uint16_t reg = reg_type(v, FBC_A(w)), global = v->globals[FBC_IMM16(w)].type;
    return op->a == FBC_O_DX ? check_same(v, reg, global, "F3") : check_same(v, global, reg, "F3");
}

static bool check_count(struct verify *v, uint32_t w)
{
    if (FBC_A(w) > FBC_COUNT_PERSONAL) {
        return verify_fault(v, "F3", "no such count %u", FBC_A(w));
    }
    return v->types[v->consts[FBC_IMM16(w)].type].repr == FBC_REPR_T ||
           verify_fault(v, "F3", "constant %u is no text", FBC_IMM16(w));
}

bool code_rule(struct verify *v, const struct fbc_op_info *op, uint32_t w)
{
    unsigned a = FBC_A(w), b = FBC_B(w), c = FBC_C(w);
    uint16_t type = 0;
    switch ((enum fbc_rule)op->rule) {
    case FBC_R_NONE:
    case FBC_R_JUMP:
    case FBC_R_FAIL:
    case FBC_R_EXT: return true;
    case FBC_R_AWAIT: return true; /* with its data word */
    case FBC_R_SAME_AB: return check_same(v, reg_type(v, a), reg_type(v, b), "F2");
    case FBC_R_SAME_BC: return check_either(v, reg_type(v, b), reg_type(v, c));
    case FBC_R_SAME_ABC:
        return check_same(v, reg_type(v, a), reg_type(v, b), "F2") &&
               check_same(v, reg_type(v, a), reg_type(v, c), "F2");
    case FBC_R_BIT_B: return b <= 1 || verify_fault(v, "F3", "%u is no bit", b);
    case FBC_R_CONST: return check_const(v, w);
    case FBC_R_GLOBAL: return check_global(v, op, w);
    case FBC_R_OPT_AB:
    case FBC_R_LIST_AB: return check_same(v, elem_type(v, a), reg_type(v, b), "F2");
    case FBC_R_OPT_BA:
    case FBC_R_LIST_BA: return check_same(v, reg_type(v, a), elem_type(v, b), "F2");
    case FBC_R_LIST_AC:
    case FBC_R_MAP_AC: return check_same(v, elem_type(v, a), reg_type(v, c), "F2");
    case FBC_R_MAP_BA: return check_same(v, elem_type(v, a), elem_type(v, b), "F2");
    case FBC_R_CAT: return check_cat(v, w);
    case FBC_R_NEWREC: return check_newrec(v, w);
    case FBC_R_FIELD_GET: return check_field(v, b, c, &type) && check_same(v, reg_type(v, a), type, "F2");
    case FBC_R_FIELD_SET: return check_field(v, a, b, &type) && check_same(v, type, reg_type(v, c), "F2");
    case FBC_R_NEWLIST: return check_newlist(v, w);
    case FBC_R_CALL: return check_call(v, w);
    case FBC_R_NATIVE: return check_signature(v, &fbc_natives[v->natives[FBC_IMM16(w)]], a + 1, a);
    case FBC_R_RET: return check_return(v, w);
    case FBC_R_RETV: return v->func->result == FBC_NO_TYPE || verify_fault(v, "F4", "the function has a result");
    case FBC_R_EFFECT: return check_host(v, w, FBC_HOST_EFFECT);
    case FBC_R_HOST: return check_host(v, w, FBC_HOST_CALL);
    case FBC_R_INPUT: return b < FBC_IN_PARTS || verify_fault(v, "F3", "no such part %u", b);
    case FBC_R_TEXTK: return check_count(v, w);
    case FBC_R_END:
        return v->func->may_await != 0 || verify_fault(v, "F6", "the function may not end the conversation");
    }
    FN_BUG("a rule nobody checks");
}
