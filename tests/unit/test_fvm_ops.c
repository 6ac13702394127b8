/* test_fvm_ops.c: every instruction that computes, and every trap.
 * SPDX-License-Identifier: Apache-2.0 */
#include "vm_unit.h"

#include "fbc_build.h"
#include "fn_buf.h"
#include "fvm_run.h"

#define INT3()               \
    struct vm vm = vm_new(); \
    unsigned a = vm_reg(&vm, vm.integer), b = vm_reg(&vm, vm.integer), c = vm_reg(&vm, vm.integer)

static void int_case(enum fbc_op op, int64_t x, int64_t y, const char *json, enum fbc_trap trap)
{
    INT3();
    vm_int(&vm, b, x);
    vm_int(&vm, c, y);
    vm_emit(&vm, fbc_word(op, a, b, c));
    if (trap == FBC_TRAP_NONE) {
        vm_gives(&vm, a, json);
    } else {
        vm_traps(&vm, a, trap);
    }
}

static void test_ints(void)
{
    static const struct {
        enum fbc_op op;
        int64_t x, y;
        const char *json;
        enum fbc_trap trap;
    } cases[] = {
        {FBC_OP_ADDI, 2, 3, "5", FBC_TRAP_NONE},
        {FBC_OP_ADDI, INT64_MAX, 1, NULL, FBC_TRAP_OVERFLOW},
        {FBC_OP_SUBI, 2, 3, "-1", FBC_TRAP_NONE},
        {FBC_OP_SUBI, INT64_MIN, 1, NULL, FBC_TRAP_OVERFLOW},
        {FBC_OP_MULI, -4, 5, "-20", FBC_TRAP_NONE},
        {FBC_OP_MULI, INT64_MAX, 2, NULL, FBC_TRAP_OVERFLOW},
        {FBC_OP_DIVI, -7, 2, "-3", FBC_TRAP_NONE},
        {FBC_OP_DIVI, 7, 0, NULL, FBC_TRAP_DIVIDE},
        {FBC_OP_DIVI, INT64_MIN, -1, NULL, FBC_TRAP_OVERFLOW},
        {FBC_OP_MODI, -7, 2, "-1", FBC_TRAP_NONE},
        {FBC_OP_MODI, INT64_MIN, -1, "0", FBC_TRAP_NONE},
        {FBC_OP_MODI, 1, 0, NULL, FBC_TRAP_DIVIDE},
        {FBC_OP_DIVM, 5, 2, "3", FBC_TRAP_NONE},
        {FBC_OP_DIVM, -5, 2, "-3", FBC_TRAP_NONE},
        {FBC_OP_DIVM, 5, -2, "-3", FBC_TRAP_NONE},
        {FBC_OP_DIVM, 4, 3, "1", FBC_TRAP_NONE},
        {FBC_OP_DIVM, INT64_MAX, INT64_MIN, "-1", FBC_TRAP_NONE},
        {FBC_OP_DIVM, 1, INT64_MIN, "0", FBC_TRAP_NONE},
        {FBC_OP_DIVM, 1, 0, NULL, FBC_TRAP_DIVIDE},
    };
    for (size_t i = 0; i < FN_COUNT(cases); i++) {
        int_case(cases[i].op, cases[i].x, cases[i].y, cases[i].json, cases[i].trap);
    }
}

static void test_int_unary(void)
{
    {
        INT3();
        (void)c;
        vm_int(&vm, b, 9);
        W(NEGI, a, b, 0);
        vm_gives(&vm, a, "-9");
    }
    {
        INT3();
        (void)c;
        vm_int(&vm, b, INT64_MIN);
        W(NEGI, a, b, 0);
        vm_traps(&vm, a, FBC_TRAP_OVERFLOW);
    }
    {
        INT3();
        (void)c;
        W16(LOADI, b, 0xFFFE);
        W(ADDK, a, b, 0xFF);
        vm_gives(&vm, a, "-3");
    }
    {
        INT3();
        (void)c;
        vm_int(&vm, b, INT64_MAX);
        W(ADDK, a, b, 1);
        vm_traps(&vm, a, FBC_TRAP_OVERFLOW);
    }
}

static void num_case(enum fbc_op op, double x, double y, const char *json)
{
    struct vm vm = vm_new();
    unsigned a = vm_reg(&vm, vm.number), b = vm_reg(&vm, vm.number), c = vm_reg(&vm, vm.number);
    vm_num(&vm, b, x);
    vm_num(&vm, c, y);
    vm_emit(&vm, fbc_word(op, a, b, c));
    if (json != NULL) {
        vm_gives(&vm, a, json);
    } else {
        vm_traps(&vm, a, FBC_TRAP_DIVIDE);
    }
}

static void test_numbers(void)
{
    num_case(FBC_OP_ADDF, 0.5, 0.25, "0.75");
    num_case(FBC_OP_SUBF, 0.5, 0.25, "0.25");
    num_case(FBC_OP_MULF, 3, 0.5, "1.5");
    num_case(FBC_OP_DIVF, 1, 4, "0.25");
    num_case(FBC_OP_DIVF, 1, 0, NULL);
    num_case(FBC_OP_DIVF, 1, -0.0, NULL);
    num_case(FBC_OP_MULF, 1e308, 1e308, "null");
    struct vm vm = vm_new();
    unsigned f = vm_reg(&vm, vm.number), g = vm_reg(&vm, vm.number), i = vm_reg(&vm, vm.integer);
    vm_int(&vm, i, 3);
    W(I2F, f, i, 0);
    W(NEGF, g, f, 0);
    vm_gives(&vm, g, "-3");
}

static void f2i_case(double x, const char *json)
{
    struct vm vm = vm_new();
    unsigned i = vm_reg(&vm, vm.integer), f = vm_reg(&vm, vm.number);
    vm_num(&vm, f, x);
    W(F2I, i, f, 0);
    if (json != NULL) {
        vm_gives(&vm, i, json);
    } else {
        vm_traps(&vm, i, FBC_TRAP_OVERFLOW);
    }
}

static void money_case(int64_t minor, double factor, const char *json)
{
    struct vm vm = vm_new();
    unsigned a = vm_reg(&vm, vm.money), b = vm_reg(&vm, vm.money), f = vm_reg(&vm, vm.number);
    vm_int(&vm, b, minor);
    vm_num(&vm, f, factor);
    W(MULMF, a, b, f);
    if (json != NULL) {
        vm_gives(&vm, a, json);
    } else {
        vm_traps(&vm, a, FBC_TRAP_OVERFLOW);
    }
}

static void test_between(void)
{
    f2i_case(-2.9, "-2");
    f2i_case(0x1p63, NULL);
    f2i_case(-0x1p63, "-9223372036854775808");
    money_case(1001, 0.5, "5.01"); /* half a cent away from zero */
    money_case(-1001, 0.5, "-5.01");
    money_case(INT64_MAX, 2, NULL);
}

static void compare_case(enum fbc_op op, uint16_t kind, int64_t x, int64_t y, const char *json)
{
    struct vm vm = vm_new();
    uint16_t type = kind == 0 ? vm.integer : kind == 1 ? vm.number : vm.boolean;
    unsigned a = vm_reg(&vm, vm.boolean), b = vm_reg(&vm, type), c = vm_reg(&vm, type);
    if (kind == 1) {
        vm_num(&vm, b, (double)x);
        vm_num(&vm, c, (double)y);
    } else if (kind == 0) {
        vm_int(&vm, b, x);
        vm_int(&vm, c, y);
    } else {
        W(LOADB, b, (unsigned)x, 0);
        W(LOADB, c, (unsigned)y, 0);
    }
    vm_emit(&vm, fbc_word(op, a, b, op == FBC_OP_NOT ? 0 : c));
    vm_gives(&vm, a, json);
}

static void test_comparison(void)
{
    compare_case(FBC_OP_EQI, 0, 4, 4, "true");
    compare_case(FBC_OP_EQI, 0, 4, 5, "false");
    compare_case(FBC_OP_LTI, 0, -4, 4, "true");
    compare_case(FBC_OP_LTI, 0, 4, 4, "false");
    compare_case(FBC_OP_LEI, 0, 4, 4, "true");
    compare_case(FBC_OP_LEI, 0, 5, 4, "false");
    compare_case(FBC_OP_EQF, 1, 4, 4, "true");
    compare_case(FBC_OP_EQF, 1, 4, 3, "false");
    compare_case(FBC_OP_LTF, 1, 3, 4, "true");
    compare_case(FBC_OP_LTF, 1, 4, 4, "false");
    compare_case(FBC_OP_LEF, 1, 4, 4, "true");
    compare_case(FBC_OP_LEF, 1, 5, 4, "false");
    compare_case(FBC_OP_EQB, 2, 1, 1, "true");
    compare_case(FBC_OP_EQB, 2, 1, 0, "false");
    compare_case(FBC_OP_NOT, 2, 1, 0, "false");
    compare_case(FBC_OP_NOT, 2, 0, 0, "true");
}

static void text_case(enum fbc_op op, const char *x, const char *y, const char *json)
{
    struct vm vm = vm_new();
    unsigned a = vm_reg(&vm, vm.boolean), b = vm_reg(&vm, vm.text), c = vm_reg(&vm, vm.text);
    vm_text(&vm, b, x);
    vm_text(&vm, c, y);
    vm_emit(&vm, fbc_word(op, a, b, c));
    vm_gives(&vm, a, json);
}

static void test_texts(void)
{
    text_case(FBC_OP_EQT, "ação", "ação", "true");
    text_case(FBC_OP_EQT, "a", "b", "false");
    text_case(FBC_OP_EQT, "", "", "true");
    text_case(FBC_OP_LTT, "a", "ab", "true");
    text_case(FBC_OP_LTT, "\xEF\xBF\xBD", "\xF0\x9F\x98\x80", "true"); /* U+FFFD before U+1F600, unlike in UTF-16 */
    text_case(FBC_OP_LTT, "b", "a", "false");
    text_case(FBC_OP_EQX, "sim", "sim", "true");
    struct vm vm = vm_new();
    unsigned a = vm_reg(&vm, vm.text), b = vm_reg(&vm, vm.text), c = vm_reg(&vm, vm.text), d = vm_reg(&vm, vm.text);
    vm_text(&vm, b, "Olá, ");
    vm_text(&vm, d, "Ana");
    (void)c;
    W(CAT, a, b, 3);
    W(CAT, b, a, 2); /* "Olá, Ana" + "Olá, " */
    vm_gives(&vm, b, "\"Olá, AnaOlá, \"");
}

static void test_text_too_large(void)
{
    struct vm vm = vm_new();
    unsigned a = vm_reg(&vm, vm.text), b = vm_reg(&vm, vm.text);
    vm_text(&vm, a, "1234567890");
    W(MOV, b, a, 0);
    W(CAT, a, a, 2);
    W24(LOOP, 3);
    vm_traps(&vm, a, FBC_TRAP_SIZE);
}

static void test_jumps(void)
{
    struct vm vm = vm_new();
    unsigned sum = vm_reg(&vm, vm.integer), i = vm_reg(&vm, vm.integer), n = vm_reg(&vm, vm.integer),
             t = vm_reg(&vm, vm.boolean);
    vm_int(&vm, n, 10);
    W(ADDK, i, i, 1);
    W(ADDI, sum, sum, i);
    W(LTI, t, i, n);
    W16(JF, t, 1);
    W24(LOOP, 5);
    W(NOP, 0, 0, 0);
    W16(JT, t, 2);
    W24(JMP, 1);
    W(ZERO, sum, 0, 0);
    W(MOV, sum, sum, 0);
    vm_gives(&vm, sum, "55");
}

static void switch_case(int64_t v, const char *json)
{
    INT3();
    (void)c;
    vm_int(&vm, b, v);
    W16(SWITCH, b, 2);
    W24(EXT, 2);
    W24(EXT, 4);
    W16(LOADI, a, 100);
    W24(JMP, 3);
    W16(LOADI, a, 200);
    W24(JMP, 1);
    W16(LOADI, a, 300);
    vm_gives(&vm, a, json);
}

static void test_switch(void)
{
    switch_case(0, "200");
    switch_case(1, "300");
    switch_case(2, "100");
    switch_case(-1, "100");
    switch_case(INT64_MIN, "100");
}

static void test_options(void)
{
    {
        struct vm vm = vm_new();
        unsigned o = vm_reg(&vm, vm.some_int), i = vm_reg(&vm, vm.integer), j = vm_reg(&vm, vm.integer),
                 h = vm_reg(&vm, vm.boolean);
        W(HAS, h, o, 0);
        W16(JT, h, 4);
        W16(LOADI, i, 0);
        W(SOME, o, i, 0); /* a present zero is not none */
        W(HAS, h, o, 0);
        W(OPEN, j, o, 0);
        vm_gives(&vm, o, "0");
    }
    struct vm vm = vm_new();
    unsigned o = vm_reg(&vm, vm.some_int), i = vm_reg(&vm, vm.integer);
    W(OPEN, i, o, 0);
    vm_traps(&vm, i, FBC_TRAP_NO_VALUE);
}

static void test_fail_and_random(void)
{
    {
        INT3();
        (void)b, (void)c;
        W(FAIL, 7, 0, 0);
        vm_traps(&vm, a, FBC_TRAP_USER);
    }
    {
        INT3();
        (void)c;
        W(RAND, a, b, 0);
        vm_traps(&vm, a, FBC_TRAP_BOUNDS);
    }
    {
        INT3();
        (void)c;
        W16(LOADI, b, 1);
        W(RAND, a, b, 0);
        vm_gives(&vm, a, "0");
    }
    struct vm vm = vm_new();
    unsigned a = vm_reg(&vm, vm.datetime);
    W(NOW, a, 0, 0);
    vm_gives(&vm, a, "\"2023-11-14T22:13:20Z\"");
}

/* The same seed gives the same numbers, for ever: splitmix64 of seed 42. */
static void test_random_is_fixed(void)
{
    INT3();
    vm_int(&vm, b, 1000000);
    W(RAND, a, b, 0);
    W(RAND, c, b, 0);
    W(RAND, c, b, 0);
    W(SUBI, a, a, c);
    W(ADDI, a, a, c);
    vm_ready(&vm, a);
    CU_ASSERT_EQUAL(fvm_resume(vm.run), FVM_DONE);
    uint64_t z = 42 + UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    char want[24];
    snprintf(want, sizeof want, "%d", (int)((z ^ (z >> 31)) % 1000000));
    UNIT_ASSERT_STR(vm_json(&vm, 0), want);
    vm_free(&vm);
}

static void test_fuel(void)
{
    INT3();
    (void)b, (void)c;
    W(NOP, 0, 0, 0);
    W24(LOOP, 2);
    vm_ready(&vm, a);
    unsigned slices = 0;
    enum fvm_stop stop;
    while ((stop = fvm_resume(vm.run)) == FVM_FUEL) {
        slices++;
    }
    CU_ASSERT_EQUAL(stop, FVM_TRAP);
    CU_ASSERT_EQUAL(fvm_trapped(vm.run).trap, FBC_TRAP_FUEL);
    CU_ASSERT_EQUAL(slices, fvm_limits_default.fuel / fvm_limits_default.slice - 1);
    CU_ASSERT_EQUAL(fvm_enter(vm.run, 0), FN_OK);
    fvm_turn(vm.run, VM_NOW);
    CU_ASSERT_EQUAL(fvm_resume(vm.run), FVM_STAGE);
    CU_ASSERT_EQUAL(fvm_resume(vm.run), FVM_FUEL);
    vm_free(&vm);
}

static void test_effects_are_counted(void)
{
    struct vm vm = vm_new();
    unsigned t = vm_reg(&vm, vm.text);
    vm_text(&vm, t, "oi");
    W16(EFFECT, t, fbc_build_host(vm.b, FBC_HOST_say));
    W24(LOOP, 2);
    vm_traps(&vm, t, FBC_TRAP_EFFECTS);
}

/* fib(n), and a function without end. */
static void add_fib(struct vm *vm, uint16_t *func)
{
    const uint16_t types[] = {vm->integer, vm->integer, vm->boolean, vm->integer,
                              vm->integer, vm->integer, vm->integer};
    *func = fbc_build_func(vm->b, FN_STR("fn:fib"), 1, types, vm->integer, 0);
    const uint32_t body[] = {
        fbc_word16(FBC_OP_LOADI, 1, 2),    fbc_word(FBC_OP_LTI, 2, 0, 1),     fbc_word16(FBC_OP_JF, 2, 1),
        fbc_word(FBC_OP_RET, 0, 0, 0),     fbc_word(FBC_OP_ADDK, 4, 0, 0xFF), fbc_word16(FBC_OP_CALL, 3, *func),
        fbc_word(FBC_OP_ADDK, 6, 0, 0xFE), fbc_word16(FBC_OP_CALL, 5, *func), fbc_word(FBC_OP_ADDI, 3, 3, 5),
        fbc_word(FBC_OP_RET, 3, 0, 0),
    };
    fbc_build_body(vm->b, *func, types, FN_COUNT(types), body, FN_COUNT(body), NULL, 0);
}

static void test_calls(void)
{
    struct vm vm = vm_new();
    uint16_t fib = 0;
    add_fib(&vm, &fib);
    unsigned a = vm_reg(&vm, vm.integer), b = vm_reg(&vm, vm.integer);
    W16(LOADI, b, 15);
    W16(CALL, a, fib);
    vm_gives(&vm, a, "610");
}

static void test_too_deep(void)
{
    struct vm vm = vm_new();
    uint16_t func = fbc_build_func(vm.b, FN_STR("fn:deep"), 0, NULL, FBC_NO_TYPE, 0);
    const uint32_t body[] = {fbc_word16(FBC_OP_CALL, 0, func), fbc_word(FBC_OP_RETV, 0, 0, 0)};
    fbc_build_body(vm.b, func, &vm.integer, 1, body, 2, NULL, 0);
    unsigned a = vm_reg(&vm, vm.integer);
    W16(CALL, a, func);
    vm_traps(&vm, a, FBC_TRAP_STACK);
}

UNIT_SUITE("fvm instructions", {"ints", test_ints}, {"ints of one operand", test_int_unary}, {"numbers", test_numbers},
           {"int, number, money", test_between}, {"comparison", test_comparison}, {"texts", test_texts},
           {"a text too large", test_text_too_large}, {"jumps", test_jumps}, {"switch", test_switch},
           {"options", test_options}, {"fail, rand, now", test_fail_and_random},
           {"random numbers are fixed", test_random_is_fixed}, {"fuel", test_fuel},
           {"effects are counted", test_effects_are_counted}, {"calls", test_calls}, {"too many calls", test_too_deep})
