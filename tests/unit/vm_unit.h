/* vm_unit.h: a small image made by hand and run, for the tests of the machine (test_fvm_*.c).
 *
 * One stage "s" whose body the test emits; global 0, "out", is where it leaves its result. vm_ready adds the end,
 * verifies, starts.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VM_UNIT_H
#define VM_UNIT_H
#include "fbc_build.h"
#include "fbc_format.h"
#include "fvm_run.h"
#include "unit.h"

#include <stdio.h>

#define W(op, a, b, c) vm_emit(&vm, fbc_word(FBC_OP_##op, (a), (b), (c)))
#define W16(op, a, i)  vm_emit(&vm, fbc_word16(FBC_OP_##op, (a), (unsigned)(i)))
#define W24(op, i)     vm_emit(&vm, fbc_word24(FBC_OP_##op, (i)))
#define VM_NOW         INT64_C(1700000000000)

struct vm {
    struct fbc_build *b;
    uint16_t integer, number, boolean, text, money, date, time, datetime, json, texts, ints, some_text, some_int,
        some_num, map;
    uint16_t regs[64], func;
    unsigned n_regs, n_words;
    uint32_t words[256];
    const struct fbc_image *image;
    struct fvm_run *run;
    struct fn_buf out;
};

static const struct fbc_build_info vm_info = {.name = {"t", 1},
                                              .title = {"T", 1},
                                              .timezone = {"UTC", 3},
                                              .locale = {"pt-BR", 5},
                                              .currency = {"BRL", 3},
                                              .language = {"pt", 2}};

static inline void vm_types(struct vm *vm)
{
    vm->integer = fbc_build_type(vm->b, FBC_T_INT, 0);
    vm->number = fbc_build_type(vm->b, FBC_T_NUMBER, 0);
    vm->boolean = fbc_build_type(vm->b, FBC_T_BOOL, 0);
    vm->text = fbc_build_type(vm->b, FBC_T_TEXT, 0);
    vm->money = fbc_build_type(vm->b, FBC_T_MONEY, 0);
    vm->date = fbc_build_type(vm->b, FBC_T_DATE, 0);
    vm->time = fbc_build_type(vm->b, FBC_T_TIME, 0);
    vm->datetime = fbc_build_type(vm->b, FBC_T_DATETIME, 0);
    vm->json = fbc_build_type(vm->b, FBC_T_JSON, 0);
    vm->texts = fbc_build_type_of(vm->b, FBC_T_LIST, vm->text, 0);
    vm->ints = fbc_build_type_of(vm->b, FBC_T_LIST, vm->integer, 0);
    vm->some_text = fbc_build_type_of(vm->b, FBC_T_OPTION, vm->text, 0);
    vm->some_int = fbc_build_type_of(vm->b, FBC_T_OPTION, vm->integer, 0);
    vm->some_num = fbc_build_type_of(vm->b, FBC_T_OPTION, vm->number, 0);
    vm->map = fbc_build_type_of(vm->b, FBC_T_MAP, vm->integer, 0);
}

static inline struct vm vm_new(void)
{
    struct vm vm = {.b = fbc_build_new()};
    const uint32_t retv = fbc_word(FBC_OP_RETV, 0, 0, 0);
    fbc_build_info(vm.b, &vm_info);
    vm_types(&vm);
    uint16_t init = fbc_build_func(vm.b, FN_STR("init"), 0, NULL, FBC_NO_TYPE, 0);
    fbc_build_body(vm.b, init, NULL, 0, &retv, 1, NULL, 0);
    vm.func = fbc_build_func(vm.b, FN_STR("stage:s"), 0, NULL, FBC_NO_TYPE, 1);
    fbc_build_stage_func(vm.b, fbc_build_stage(vm.b, FN_STR("s")), vm.func);
    fn_buf_init(&vm.out, 1 << 20);
    return vm;
}

static inline unsigned vm_reg(struct vm *vm, uint16_t type)
{
    vm->regs[vm->n_regs] = type;
    return vm->n_regs++;
}

static inline void vm_emit(struct vm *vm, uint32_t word)
{
    vm->words[vm->n_words++] = word;
}

static inline void vm_int(struct vm *vm, unsigned reg, int64_t v)
{
    vm_emit(vm, fbc_word16(FBC_OP_LOADK, reg, fbc_build_const_int(vm->b, vm->regs[reg], v)));
}

static inline void vm_num(struct vm *vm, unsigned reg, double v)
{
    vm_emit(vm, fbc_word16(FBC_OP_LOADK, reg, fbc_build_const_num(vm->b, vm->regs[reg], v)));
}

static inline void vm_text(struct vm *vm, unsigned reg, const char *z)
{
    vm_emit(vm, fbc_word16(FBC_OP_LOADK, reg, fbc_build_const_text(vm->b, vm->text, fn_str_c(z))));
}

static inline void vm_verify(struct vm *vm)
{
    struct fn_err err = {FN_OK, ""};
    struct fbc_fault fault = {"", 0, ""};
    fn_buf_clear(&vm->out);
    CU_ASSERT_EQUAL_FATAL(fbc_build_finish(vm->b, &vm->out, &err), FN_OK);
    if (fbc_verify(fn_buf_view(&vm->out), FBC_ALLOW_ALL, &vm->image, &fault) != FN_OK) {
        printf("%s at word %u: %s\n", fault.rule, (unsigned)fault.word, fault.text);
        CU_FAIL_FATAL("the image is refused");
    }
    fn_buf_clear(&vm->out);
}

static inline void vm_build(struct vm *vm)
{
    fbc_build_body(vm->b, vm->func, vm->regs, vm->n_regs, vm->words, vm->n_words, NULL, 0);
    vm_verify(vm);
}

static inline void vm_begin(struct vm *vm, const struct fvm_limits *limits, const fvm_native_fn *natives)
{
    vm->run = fvm_run_new(limits, natives);
    CU_ASSERT_PTR_NOT_NULL_FATAL(vm->run);
    CU_ASSERT_EQUAL_FATAL(fvm_start(vm->run, vm->image, 0, VM_NOW, 42), FN_OK);
    CU_ASSERT_EQUAL(fvm_resume(vm->run), FVM_STAGE);
}

/* The end: register `result` into global 0; build, start, and stand behind the stop STAGE. */
static inline void vm_ready(struct vm *vm, unsigned result)
{
    uint16_t global = fbc_build_global(vm->b, FN_STR("out"), vm->regs[result], 0);
    vm_emit(vm, fbc_word16(FBC_OP_SETG, result, global));
    vm_emit(vm, fbc_word(FBC_OP_END, 0, 0, 0));
    vm_build(vm);
    vm_begin(vm, &fvm_limits_default, NULL);
}

static inline void vm_free(struct vm *vm)
{
    fvm_run_free(vm->run);
    fbc_image_free(vm->image);
    fbc_build_free(vm->b);
    fn_buf_fini(&vm->out);
}

static inline struct fn_str vm_json(struct vm *vm, uint16_t global)
{
    fn_buf_clear(&vm->out);
    fvm_global_json(vm->run, global, &vm->out);
    return fn_buf_view(&vm->out);
}

/* Runs to the end and compares the result; frees. */
static inline void vm_gives(struct vm *vm, unsigned result, const char *json)
{
    vm_ready(vm, result);
    enum fvm_stop stop = fvm_resume(vm->run);
    while (stop == FVM_FUEL) {
        stop = fvm_resume(vm->run);
    }
    CU_ASSERT_EQUAL(stop, FVM_DONE);
    UNIT_ASSERT_STR(vm_json(vm, 0), json);
    vm_free(vm);
}

static inline void vm_traps(struct vm *vm, unsigned result, enum fbc_trap trap)
{
    vm_ready(vm, result);
    enum fvm_stop stop = fvm_resume(vm->run);
    while (stop == FVM_FUEL || stop == FVM_EFFECT || stop == FVM_COUNT) {
        stop = fvm_resume(vm->run);
    }
    CU_ASSERT_EQUAL(stop, FVM_TRAP);
    CU_ASSERT_EQUAL(fvm_trapped(vm->run).trap, trap);
    CU_ASSERT_EQUAL(fvm_resume(vm->run), FVM_TRAP);
    vm_free(vm);
}

#endif
