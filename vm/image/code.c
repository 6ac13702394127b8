/* code.c: one pass over each function: opcodes, operands, jumps (rules F1, F3, F5, F6). What the operands' types must be to each other is
 * in code_rules.c. Everything is read off ops.def: the switches are over kinds of operands and rules, never over opcodes.
 *
 * A register's type holds for the whole function, so the order of execution does not matter and unreachable code is checked like any other.
 * SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

enum { SITE_START = 1, SITE_RETURN = 2, SITE_TARGET = 128 /* only while verifying */ };

/* Of DI..DO and SI..SO: which representation. */
static const uint8_t operand_repr[] = {
    [FBC_O_DI] = FBC_REPR_I, [FBC_O_DF] = FBC_REPR_F, [FBC_O_DB] = FBC_REPR_B, [FBC_O_DT] = FBC_REPR_T,
    [FBC_O_SI] = FBC_REPR_I, [FBC_O_SF] = FBC_REPR_F, [FBC_O_SB] = FBC_REPR_B, [FBC_O_ST] = FBC_REPR_T,
    [FBC_O_DL] = FBC_REPR_L, [FBC_O_DM] = FBC_REPR_M, [FBC_O_DR] = FBC_REPR_R, [FBC_O_DO] = FBC_REPR_O,
    [FBC_O_SL] = FBC_REPR_L, [FBC_O_SM] = FBC_REPR_M, [FBC_O_SR] = FBC_REPR_R, [FBC_O_SO] = FBC_REPR_O,
};

static bool check_register(struct verify *v, enum fbc_operand kind, unsigned reg)
{
    if (reg >= v->func->n_regs) {
        return verify_fault(v, "F1", "register %u of %u", reg, (unsigned)v->func->n_regs);
    }
    if (kind == FBC_O_DX || kind == FBC_O_SX || v->types[v->func->regs[reg]].repr == operand_repr[kind]) {
        return true;
    }
    return verify_fault(v, "F1", "register %u is %s", reg, fbc_kind_name(v->types[v->func->regs[reg]].kind));
}

static bool check_index(struct verify *v, unsigned index, uint32_t n, const char *what)
{
    return index < n || verify_fault(v, "F3", "no %s %u", what, index);
}

/* A jump to `target`, counted from the beginning of the code. That an instruction begins there is known when the function is through. */
static bool check_target(struct verify *v, uint64_t target)
{
    uint64_t begin = v->func->code, end = begin + v->func->code_n;
    if (target < begin || target >= end) {
        return verify_fault(v, "F5", "a jump out of the function");
    }
    v->im->site[target] |= SITE_TARGET;
    return true;
}

static bool check_backward(struct verify *v, uint32_t distance)
{
    if (distance == 0 || distance > v->at + 1 - v->func->code) {
        return verify_fault(v, "F5", "back by %u", (unsigned)distance);
    }
    return check_target(v, v->at + 1 - distance);
}

/* One operand; imm is what the operand would be if it took the rest of the word. */
static bool check_operand(struct verify *v, enum fbc_operand kind, unsigned byte, uint32_t imm)
{
    const struct fbc_image *im = v->im;
    switch (kind) {
    case FBC_O_NO: return byte == 0 || verify_fault(v, "F3", "reserved bits are not zero");
    case FBC_O_DI:
    case FBC_O_DF:
    case FBC_O_DB:
    case FBC_O_DT:
    case FBC_O_DL:
    case FBC_O_DM:
    case FBC_O_DR:
    case FBC_O_DO:
    case FBC_O_SI:
    case FBC_O_SF:
    case FBC_O_SB:
    case FBC_O_ST:
    case FBC_O_SL:
    case FBC_O_SM:
    case FBC_O_SR:
    case FBC_O_SO:
    case FBC_O_DX:
    case FBC_O_SX: return check_register(v, kind, byte);
    case FBC_O_K16: return check_index(v, imm, im->n_consts, "constant");
    case FBC_O_G16: return check_index(v, imm, im->n_globals, "variable");
    case FBC_O_F16: return check_index(v, imm, im->n_funcs, "function");
    case FBC_O_N16: return check_index(v, imm, im->n_natives, "native");
    case FBC_O_H16: return check_index(v, imm, im->n_hosts, "host");
    case FBC_O_S16: return check_index(v, imm, im->n_stages, "stage");
    case FBC_O_W16: return check_index(v, imm, im->n_waits, "wait");
    case FBC_O_J16:
    case FBC_O_J24: return check_target(v, (uint64_t)v->at + 1 + imm);
    case FBC_O_B24: return check_backward(v, imm);
    case FBC_O_N8:
    case FBC_O_I16:
    case FBC_O_X16:
    case FBC_O_WIDE: return true; /* any value, or seen to elsewhere */
    }
    FN_BUG("an operand kind nobody checks");
}

/* The n EXT words behind the instruction. */
static bool check_ext(struct verify *v, uint32_t n)
{
    const struct fbc_func *f = v->func;
    uint32_t left = f->code + f->code_n - v->at - 1;
    if (n == 0 || n > left) {
        return verify_fault(v, "F5", "%u EXT words, %u words are left", (unsigned)n, (unsigned)left);
    }
    for (uint32_t i = 1; i <= n; i++) {
        if (fbc_ops[v->words[v->at + i] & 255u].rule != FBC_R_EXT) {
            return verify_fault(v, "F5", "word %u is not an EXT word", (unsigned)(v->at + i));
        }
    }
    return true;
}

static bool check_switch(struct verify *v, uint32_t n)
{
    if (!check_ext(v, n)) {
        return false;
    }
    for (uint32_t i = 1; i <= n; i++) {
        if (!check_target(v, (uint64_t)v->at + 1 + n + FBC_IMM24(v->words[v->at + i]))) {
            return false;
        }
    }
    return true;
}

static bool check_await(struct verify *v)
{
    if (!check_ext(v, 1)) {
        return false;
    }
    uint32_t wait = FBC_IMM24(v->words[v->at + 1]);
    if (!check_index(v, wait, v->im->n_waits, "wait")) {
        return false;
    }
    if (v->wait_used[wait] != 0) {
        return verify_fault(v, "F6", "wait %u is used before", (unsigned)wait);
    }
    v->wait_used[wait] = 1;
    return v->func->may_await != 0 || verify_fault(v, "F6", "the function may not await");
}

/* Words of data behind the instruction; UINT32_MAX after a fault. */
static uint32_t check_data(struct verify *v, const struct fbc_op_info *op, uint32_t w)
{
    if (op->b == FBC_O_X16) {
        return check_switch(v, FBC_IMM16(w)) ? FBC_IMM16(w) : UINT32_MAX;
    }
    if (op->rule == FBC_R_AWAIT) {
        return check_await(v) ? 1 : UINT32_MAX;
    }
    return 0;
}

static bool returns_here(enum fbc_rule rule)
{
    return rule == FBC_R_CALL || rule == FBC_R_HOST || rule == FBC_R_AWAIT;
}

static bool ends_function(enum fbc_rule rule)
{
    return rule == FBC_R_RET || rule == FBC_R_RETV || rule == FBC_R_JUMP || rule == FBC_R_END || rule == FBC_R_FAIL;
}

/* The instruction at v->at; gives the word behind it and its data. */
static bool check_instruction(struct verify *v, uint32_t *next)
{
    uint32_t w = v->words[v->at];
    const struct fbc_op_info *op = &fbc_ops[w & 255u];
    if (op->name == NULL || op->rule == FBC_R_EXT) {
        return verify_fault(v, "F1", "opcode %u", (unsigned)(w & 255u));
    }
    if (!check_operand(v, (enum fbc_operand)op->a, FBC_A(w), FBC_IMM24(w)) ||
        !check_operand(v, (enum fbc_operand)op->b, FBC_B(w), FBC_IMM16(w)) ||
        !check_operand(v, (enum fbc_operand)op->c, FBC_C(w), FBC_C(w)) || !code_rule(v, op, w)) {
        return false;
    }
    uint32_t data = check_data(v, op, w), end = v->func->code + v->func->code_n;
    if (data == UINT32_MAX) {
        return false;
    }
    v->im->site[v->at] |= SITE_START;
    *next = v->at + 1 + data;
    if (*next == end) {
        return ends_function((enum fbc_rule)op->rule) || verify_fault(v, "F6", "the function's end is reached");
    }
    v->im->site[*next] |= returns_here((enum fbc_rule)op->rule) ? SITE_RETURN : 0;
    return true;
}

/* How many registers from each one on are alike, so that a window of them is checked in one step. */
static void measure_runs(struct verify *v)
{
    size_t first = (size_t)(v->func->regs - v->regs);
    const uint16_t *own = v->reg_own + first, *wide = v->reg_wide + first;
    for (unsigned i = v->func->n_regs; i-- > 0;) {
        bool more = i + 1 < v->func->n_regs;
        v->run_own[i] = more && own[i] == own[i + 1] ? (uint8_t)(v->run_own[i + 1] + 1) : 1;
        v->run_wide[i] = more && wide[i] == wide[i + 1] ? (uint8_t)(v->run_wide[i + 1] + 1) : 1;
    }
}

static bool check_function(struct verify *v, uint32_t index)
{
    const struct fbc_func *f = v->func = &v->funcs[index];
    uint32_t end = f->code + f->code_n;
    measure_runs(v);
    for (v->at = f->code; v->at < end;) {
        if (!check_instruction(v, &v->at)) {
            return false;
        }
    }
    for (v->at = f->code; v->at < end; v->at++) {
        v->im->func_of_word[v->at] = (uint16_t)index;
        if ((v->im->site[v->at] & (SITE_TARGET | SITE_START)) == SITE_TARGET) {
            return verify_fault(v, "F5", "a jump comes here, and no instruction begins");
        }
        v->im->site[v->at] &= SITE_START | SITE_RETURN;
    }
    return true;
}

bool verify_code(struct verify *v)
{
    for (uint32_t i = 0; i < v->im->n_funcs; i++) {
        if (!check_function(v, i)) {
            return false;
        }
    }
    v->func = NULL;
    v->section = FBC_S_WAITS;
    v->row_at = v->sections[FBC_S_WAITS].at;
    for (v->row = 0; v->row < v->im->n_waits; v->row++) {
        if (v->wait_used[v->row] == 0) {
            return verify_fault(v, "F6", "no AWAIT uses it");
        }
    }
    return true;
}
