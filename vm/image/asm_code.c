/* asm_code.c: instructions. Operands are read by their form in operands.def; what they mean is the verifier's business.
 * SPDX-License-Identifier: Apache-2.0 */
#include "asm.h"

static uint32_t words_so_far(const struct asm_state *s)
{
    return (uint32_t)(s->words.n / sizeof(uint32_t));
}

/* A jump: @N counts from the function's begin, a number from the word behind this one. */
static uint32_t read_jump(struct asm_state *s, bool backward, int64_t max)
{
    if (!asm_more(s) || s->tokens[s->at].text.n < 2 || s->tokens[s->at].text.p[0] != '@') {
        return (uint32_t)asm_number(s, 0, max);
    }
    struct fn_str *text = &s->tokens[s->at].text;
    *text = (struct fn_str){text->p + 1, text->n - 1};
    int64_t to = asm_number(s, 0, FBC_LIMIT_CODE), next = (int64_t)words_so_far(s) + 1;
    int64_t distance = backward ? next - to : to - next;
    if (distance < 0 || distance > max) {
        asm_fail(s, "the jump goes the other way, or too far");
        return 0;
    }
    return (uint32_t)distance;
}

/* The bits of an operand, at its place in the word. */
static uint32_t read_operand(struct asm_state *s, enum fbc_operand kind, unsigned shift)
{
    const struct fbc_operand_info *o = &fbc_operands[kind];
    switch (o->form) {
    case FBC_FORM_NONE: return 0;
    case FBC_FORM_AHEAD:
    case FBC_FORM_BACK: return read_jump(s, o->form == FBC_FORM_BACK, (1 << o->bits) - 1) << (32u - o->bits);
    case FBC_FORM_SIGNED: return (uint32_t)(uint16_t)asm_number(s, INT16_MIN, UINT16_MAX) << 16;
    case FBC_FORM_INDEX: return (uint32_t)asm_index(s) << 16;
    case FBC_FORM_REG:
    case FBC_FORM_BYTE: return (uint32_t)(uint8_t)asm_number(s, INT8_MIN, UINT8_MAX) << shift;
    }
    FN_BUG("a form of operand nobody reads");
}

void asm_instruction(struct asm_state *s, struct fn_str name)
{
    uint32_t word = 0;
    if (asm_is(name, "word")) {
        word = (uint32_t)asm_number(s, 0, UINT32_MAX);
        fn_buf_put(&s->words, &word, sizeof word);
        return;
    }
    for (unsigned number = 0; number < FN_COUNT(fbc_ops); number++) {
        const struct fbc_op_info *op = &fbc_ops[number];
        if (op->name != NULL && asm_is(name, op->name)) {
            word = number | read_operand(s, (enum fbc_operand)op->a, 8);
            word |= read_operand(s, (enum fbc_operand)op->b, 16);
            word |= read_operand(s, (enum fbc_operand)op->c, 24);
            fn_buf_put(&s->words, &word, sizeof word);
            return;
        }
    }
    asm_fail(s, "no such directive or instruction");
}
