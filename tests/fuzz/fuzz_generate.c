/* fuzz_generate.c: programs made to be legal, run. Random bytes rarely pass the verifier with more than a few instructions changed; here each
 * group of four bytes is an instruction whose operands are picked by their kinds in ops.def, kept when the verifier takes it alone, so
 * the programs are long and mix everything.
 *
 * Property: the whole is legal too (a register's type does not depend on the place), and running it touches nothing but its own.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_build.h"
#include "fbc_format.h"
#include "fsl_natives.h"
#include "fvm_run.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    EACH = 3,
    TYPES = 11,
    REGS = EACH * TYPES,
    WORDS = 120,
    PADDING = 4,
    TAIL = 4,
    STOPS = 120,
    IMAGE_MAX = 1 << 16
};
static const int64_t clock_ms = 1772445600000;
static struct fvm_run *run;
static struct fbc_fault fault; /* of the last image refused */

struct program {
    struct fbc_build *b;
    uint16_t stage_func, loop_wait;
    uint16_t regs[REGS];
};

static void add_types(struct program *p, uint16_t *t)
{
    const struct fn_str members[] = {FN_STR("azul"), FN_STR("verde")};
    t[0] = fbc_build_type(p->b, FBC_T_TEXT, 0);
    t[1] = fbc_build_type(p->b, FBC_T_INT, 0);
    t[2] = fbc_build_type(p->b, FBC_T_NUMBER, 0);
    t[3] = fbc_build_type(p->b, FBC_T_BOOL, 0);
    t[4] = fbc_build_type_of(p->b, FBC_T_LIST, t[0], 0);
    t[5] = fbc_build_type_of(p->b, FBC_T_OPTION, t[0], 0);
    t[6] = fbc_build_type_of(p->b, FBC_T_MAP, t[0], 0);
    const struct fbc_field fields[] = {{FN_STR("a"), t[0]}, {FN_STR("b"), t[4]}};
    t[7] = fbc_build_record(p->b, FN_STR("par"), fields, 2);
    t[8] = fbc_build_enum(p->b, FN_STR("cor"), members, 2);
    t[9] = fbc_build_type_of(p->b, FBC_T_OPTION, t[7], 0);
    t[10] = fbc_build_type_of(p->b, FBC_T_LIST, t[7], 0);
}

static void add_rows(struct program *p, const uint16_t *t)
{
    static const uint32_t retv = FBC_OP_RETV;
    uint16_t k[] = {fbc_build_const_text(p->b, t[0], FN_STR("{\"a\":\"ã\",\"b\":[\"1\"]}")),
                    fbc_build_const_text(p->b, t[0], FN_STR("12,5"))};
    fbc_build_const_list(p->b, t[4], k, 2);
    fbc_build_const_int(p->b, t[1], INT64_MIN);
    fbc_build_const_num(p->b, t[2], 1e300);
    for (uint16_t i = 0; i < TYPES; i++) {
        char name = (char)('a' + i);
        fbc_build_global(p->b, (struct fn_str){&name, 1}, t[i], 0);
    }
    fbc_build_host(p->b, FBC_HOST_say);
    fbc_build_host(p->b, FBC_HOST_find);
    for (unsigned i = 0; i < FBC_NATIVE_MAX; i++) {
        if (fbc_natives[i].name != NULL) {
            fbc_build_native(p->b, (enum fbc_native)i);
        }
    }
    p->loop_wait = fbc_build_wait(p->b, &(struct fbc_wait){FN_STR("a/w"), FBC_WAIT_MESSAGE, FBC_NO_INDEX, 0, 0});
    fbc_build_body(p->b, fbc_build_func(p->b, FN_STR("init"), 0, NULL, FBC_NO_TYPE, 0), NULL, 0, &retv, 1, NULL, 0);
    p->stage_func = fbc_build_func(p->b, FN_STR("stage:a"), 0, NULL, FBC_NO_TYPE, 1);
    fbc_build_stage_func(p->b, fbc_build_stage(p->b, FN_STR("a")), p->stage_func);
}

/* The words, then NOPs for their jumps, then a wait and back to the beginning. */
static const struct fbc_image *make_image(const uint32_t *words, uint32_t n)
{
    struct program p = {.b = fbc_build_new()};
    uint32_t code[WORDS + PADDING + TAIL] = {0};
    uint16_t types[TYPES];
    struct fn_buf out;
    const struct fbc_image *im = NULL;
    if (p.b == NULL) {
        return NULL;
    }
    fbc_build_info(p.b, &(struct fbc_build_info){.name = FN_STR("g")});
    add_types(&p, types);
    add_rows(&p, types);
    for (unsigned i = 0; i < REGS; i++) {
        p.regs[i] = types[(i + i / TYPES * 4) % TYPES]; /* neighbours differ from one group to the next */
    }
    memcpy(code, words, n * sizeof *words);
    n += PADDING;
    code[n++] = fbc_word(FBC_OP_AWAIT, 1, 1, 0);
    code[n++] = fbc_word24(FBC_OP_EXT, p.loop_wait);
    code[n] = fbc_word24(FBC_OP_LOOP, n + 1);
    fbc_build_body(p.b, p.stage_func, p.regs, REGS, code, n + 1, NULL, 0);
    fn_buf_init(&out, IMAGE_MAX);
    if (fbc_build_finish(p.b, &out, NULL) != FN_OK ||
        fbc_verify(fn_buf_view(&out), FBC_ALLOW_ALL, &im, &fault) != FN_OK) {
        im = NULL;
    }
    fn_buf_fini(&out);
    fbc_build_free(p.b);
    return im;
}

/* A wide operand that is probably in range. */
static uint32_t pick_wide(enum fbc_operand kind, uint32_t imm)
{
    switch ((int)kind) {
    case FBC_O_K16: return imm % 5;
    case FBC_O_G16: return imm % TYPES;
    case FBC_O_F16: return 0;
    case FBC_O_N16: return imm % 80;
    case FBC_O_H16: return imm % 2;
    case FBC_O_J16: return imm % PADDING;
    default: return imm;
    }
}

static uint32_t pick_word(const uint8_t *four)
{
    const struct fbc_op_info *op = &fbc_ops[four[0] % 125];
    uint32_t number = (uint32_t)(op - fbc_ops);
    if (op->name == NULL || op->a == FBC_O_B24 || op->a == FBC_O_J24 || op->b == FBC_O_X16 || op->rule == FBC_R_AWAIT) {
        return FBC_OP_NOP;
    }
    unsigned a = op->a == FBC_O_NO ? 0 : four[1] % REGS, b = op->b == FBC_O_NO ? 0 : four[2] % REGS;
    unsigned c = op->c == FBC_O_NO ? 0 : op->c == FBC_O_N8 ? four[3] % 4u : four[3] % REGS;
    if (op->c == FBC_O_WIDE) {
        return number | a << 8 |
               (pick_wide((enum fbc_operand)op->b, (uint32_t)four[2] | (uint32_t)four[3] << 8) & 0xFFFFu) << 16;
    }
    return number | a << 8 | b << 16 | c << 24;
}

/* Does the verifier take the instruction? Asked once for each word, as far as the table goes. */
static bool is_legal(uint32_t word)
{
    enum { SLOTS = 1 << 16 };
    static uint32_t words[SLOTS];
    static uint8_t verdicts[SLOTS]; /* 0 unknown, 1 no, 2 yes */
    uint32_t slot = (word * 2654435761u) >> 16;
    if (verdicts[slot] == 0 || words[slot] != word) {
        const struct fbc_image *im = make_image(&word, 1);
        words[slot] = word;
        verdicts[slot] = im != NULL ? 2 : 1;
        fbc_image_free(im);
    }
    return verdicts[slot] == 2;
}

static void run_image(const struct fbc_image *im)
{
    const struct fvm_input input = {.kind = FBC_WAKE_MESSAGE, .text = FN_STR("sim, são 3")};
    const struct fvm_answer answer = {.present = true, .text = FN_STR("[\"x\"]")};
    if (fvm_start(run, im, 0, clock_ms, 1) != FN_OK) {
        FN_BUG("a legal program does not start");
    }
    for (unsigned round = 0; round < STOPS; round++) {
        enum fvm_stop stop = fvm_resume(run);
        if (stop == FVM_TRAP || stop == FVM_DONE || (stop == FVM_WAIT && fvm_wake(run, &input) == FVM_NOT_WANTED) ||
            (stop == FVM_CALL && fvm_answer(run, fvm_request(run).call, &answer) != FN_OK)) {
            return;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t words[WORDS];
    uint32_t n = 0;
    struct fvm_limits limits = fvm_limits_default;
    limits.fuel = 20000;
    run = run != NULL ? run : fvm_run_new(&limits, fsl_natives);
    for (size_t at = 0; run != NULL && at + 4 <= size && n < WORDS; at += 4) {
        words[n] = pick_word(data + at);
        n += words[n] != FBC_OP_NOP && is_legal(words[n]);
    }
    const struct fbc_image *im = make_image(words, n);
    if (im == NULL) {
        FN_BUG(fault.text); /* legal instructions make an illegal program */
    }
    run_image(im);
    fbc_image_free(im);
    return 0;
}
