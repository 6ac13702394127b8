/* disasm_code.c: functions and instructions. Operands by their form in operands.def; no opcode is named here.
 * SPDX-License-Identifier: Apache-2.0 */
#include "disasm.h"

enum { NAME_COLUMN = 9, SHOWN_MAX = 48 };

/* Where the listing is. */
struct cursor {
    const struct fbc_image *im;
    const struct fbc_func *f;
    uint32_t at, line; /* word of the code; next row of lines */
};

static void put_jump(struct fn_buf *out, const struct cursor *c, uint32_t to)
{
    fn_buf_printf(out, " @%u", (unsigned)(to - c->f->code));
}

static void put_operand(struct fn_buf *out, const struct cursor *c, enum fbc_operand kind, unsigned byte, uint32_t imm)
{
    const struct fbc_operand_info *o = &fbc_operands[kind];
    uint32_t value = imm;
    switch (o->form) {
    case FBC_FORM_NONE: return;
    case FBC_FORM_AHEAD: put_jump(out, c, c->at + 1 + imm); return;
    case FBC_FORM_BACK: put_jump(out, c, c->at + 1 - imm); return;
    case FBC_FORM_SIGNED: fn_buf_printf(out, " %d", (int)(int16_t)(uint16_t)imm); return;
    case FBC_FORM_REG:
    case FBC_FORM_BYTE: value = byte; break;
    case FBC_FORM_INDEX: break;
    }
    fn_buf_char(out, ' ');
    if (o->letter != 0) {
        fn_buf_char(out, o->letter);
    }
    fn_buf_printf(out, "%u", (unsigned)value);
}

/* The beginning of a text constant, cut between code points. */
static void put_const_note(struct fn_buf *out, const struct fbc_image *im, uint32_t index)
{
    const struct fbc_const *c = &im->consts[index];
    if (im->types[c->type].repr != FBC_REPR_T) {
        return;
    }
    struct fn_str shown = c->text;
    while (shown.n > SHOWN_MAX || (shown.n < c->text.n && ((unsigned char)c->text.p[shown.n] & 0xC0) == 0x80)) {
        shown.n = shown.n > SHOWN_MAX ? SHOWN_MAX : shown.n - 1;
    }
    fn_buf_z(out, " ;");
    disasm_str(out, shown);
}

static void put_name_note(struct fn_buf *out, struct fn_str name)
{
    fn_buf_printf(out, " ; %.*s", FN_STR_ARG(name));
}

/* What the index in the operand names. */
static void put_note(struct fn_buf *out, const struct fbc_image *im, enum fbc_operand kind, uint32_t imm)
{
    if (kind == FBC_O_K16) {
        put_const_note(out, im, imm);
    } else if (kind == FBC_O_G16) {
        put_name_note(out, im->globals[imm].name);
    } else if (kind == FBC_O_F16) {
        put_name_note(out, im->funcs[imm].name);
    } else if (kind == FBC_O_S16) {
        put_name_note(out, im->stages[imm].name);
    } else if (kind == FBC_O_N16) {
        put_name_note(out, fn_str_c(fbc_natives[im->natives[imm]].name));
    } else if (kind == FBC_O_H16) {
        put_name_note(out, fn_str_c(fbc_hosts[im->hosts[imm]].name));
    }
}

/* Data words: plain numbers, with what they mean behind them. */
static void put_data(struct fn_buf *out, struct cursor *c, uint32_t n, bool jumps)
{
    uint32_t behind = c->at + n;
    for (uint32_t i = 0; i < n; i++, c->at++) {
        uint32_t data = FBC_IMM24(c->im->code[c->at]);
        fn_buf_printf(out, "  EXT       %u ;", (unsigned)data);
        if (jumps) {
            put_jump(out, c, behind + data);
        } else {
            fn_buf_printf(out, " %.*s", FN_STR_ARG(c->im->waits[data].name));
        }
        fn_buf_char(out, '\n');
    }
}

static void put_source(struct fn_buf *out, struct cursor *c)
{
    const struct fbc_image *im = c->im;
    while (c->line < im->n_lines && im->lines[c->line].word == c->at) {
        fn_buf_printf(out, "  line %u\n", (unsigned)im->lines[c->line++].offset);
    }
}

static void put_instruction(struct fn_buf *out, struct cursor *c)
{
    uint32_t w = c->im->code[c->at];
    const struct fbc_op_info *op = &fbc_ops[w & 255u];
    put_source(out, c);
    fn_buf_printf(out, "  %-*s", NAME_COLUMN, op->name);
    put_operand(out, c, (enum fbc_operand)op->a, FBC_A(w), FBC_IMM24(w));
    put_operand(out, c, (enum fbc_operand)op->b, FBC_B(w), FBC_IMM16(w));
    put_operand(out, c, (enum fbc_operand)op->c, FBC_C(w), FBC_C(w));
    fn_buf_printf(out, " ; @%u", (unsigned)(c->at - c->f->code));
    put_note(out, c->im, (enum fbc_operand)op->b, FBC_IMM16(w));
    fn_buf_char(out, '\n');
    c->at++;
    if (op->b == FBC_O_X16) {
        put_data(out, c, FBC_IMM16(w), true);
    } else if (op->rule == FBC_R_AWAIT) {
        put_data(out, c, 1, false);
    }
}

static void put_func(struct fn_buf *out, struct cursor *c, uint32_t index)
{
    const struct fbc_func *f = c->f = &c->im->funcs[index];
    fn_buf_z(out, "\nfunc");
    disasm_str(out, f->name);
    fn_buf_printf(out, " %u", (unsigned)f->n_params);
    disasm_index(out, f->result);
    fn_buf_printf(out, " %u", (unsigned)f->may_await);
    for (unsigned i = 0; i < f->n_regs; i++) {
        fn_buf_printf(out, " t%u", (unsigned)f->regs[i]);
    }
    fn_buf_printf(out, " ; f%u\n", (unsigned)index);
    while (c->at < f->code + f->code_n && !out->failed) {
        put_instruction(out, c);
    }
}

void disasm_funcs(struct fn_buf *out, const struct fbc_image *im)
{
    struct cursor c = {.im = im};
    for (uint32_t i = 0; i < im->n_funcs && !out->failed; i++) {
        put_func(out, &c, i);
    }
}
