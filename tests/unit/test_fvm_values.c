/* test_fvm_values.c: records, lists and maps are values; the heap is collected; JSON in and out.
 * SPDX-License-Identifier: Apache-2.0 */
#include "vm_unit.h"

#include "fbc_build.h"
#include "fn_buf.h"
#include "fvm_run.h"

static void test_lists(void)
{
    struct vm vm = vm_new();
    unsigned l = vm_reg(&vm, vm.ints), a = vm_reg(&vm, vm.integer), b = vm_reg(&vm, vm.integer),
             m = vm_reg(&vm, vm.ints), n = vm_reg(&vm, vm.ints), i = vm_reg(&vm, vm.integer);
    W16(LOADI, a, 7);
    W16(LOADI, b, 8);
    W(NEWLIST, l, a, 2);
    W(MOV, m, l, 0);
    W(LISTADD, l, b, 0); /* 7 8 8 */
    W(LISTADD, l, a, 0); /* 7 8 8 7 */
    W(MOV, n, l, 0);
    W16(LOADI, i, 1);
    W(LISTSET, l, i, a); /* 7 7 8 7 */
    W(LISTDEL, n, i, 0); /* 7 8 7: n has its own */
    W(LISTCAT, l, l, n); /* 7 7 8 7 7 8 7 */
    W(LISTCAT, l, l, m); /* ... 7 8: m was never touched */
    W(LISTLEN, b, l, 0);
    W(LISTADD, l, b, 0);
    W16(LOADI, i, 2);
    W(LISTGET, a, l, i);
    W(LISTADD, l, a, 0);
    vm_gives(&vm, l, "[7,7,8,7,7,8,7,7,8,9,8]");
}

/* An owned list is changed in place only as long as nobody else has it. */
static void share_case(unsigned way, const char *json)
{
    struct vm vm = vm_new();
    uint16_t lists = fbc_build_type_of(vm.b, FBC_T_LIST, vm.ints, 0);
    uint16_t some = fbc_build_type_of(vm.b, FBC_T_OPTION, vm.ints, 0);
    unsigned l = vm_reg(&vm, vm.ints), a = vm_reg(&vm, vm.integer), kept = vm_reg(&vm, lists), o = vm_reg(&vm, some),
             copy = vm_reg(&vm, vm.ints), g = fbc_build_global(vm.b, FN_STR("g"), vm.ints, 0);
    W16(LOADI, a, 1);
    W(LISTADD, l, a, 0);
    W(LISTADD, l, a, 0);
    W(LISTADD, l, a, 0); /* room is left */
    if (way == 0) {
        W(LISTADD, kept, l, 0);
    } else if (way == 1) {
        W(NEWLIST, kept, l, 1);
    } else if (way == 2) {
        W(SOME, o, l, 0);
        W(OPEN, copy, o, 0);
        W(LISTADD, kept, copy, 0);
    } else {
        W16(SETG, l, g);
        W16(GETG, copy, g);
        W(LISTADD, kept, copy, 0);
    }
    W16(LOADI, a, 2);
    W(LISTADD, l, a, 0);
    W(LISTADD, l, a, 0);
    W(LISTADD, kept, l, 0);
    fbc_build_global(vm.b, FN_STR("out"), lists, 0);
    W16(SETG, kept, g + 1);
    W(END, 0, 0, 0);
    vm_build(&vm);
    vm_begin(&vm, &fvm_limits_default, NULL);
    CU_ASSERT_EQUAL(fvm_resume(vm.run), FVM_DONE);
    UNIT_ASSERT_STR(vm_json(&vm, (uint16_t)(g + 1)), json);
    vm_free(&vm);
}

static void test_sharing(void)
{
    for (unsigned way = 0; way < 4; way++) {
        share_case(way, "[[1,1,1],[1,1,1,2,2]]");
    }
}

static void bounds_case(enum fbc_op op, int64_t index)
{
    struct vm vm = vm_new();
    unsigned l = vm_reg(&vm, vm.ints), a = vm_reg(&vm, vm.integer), i = vm_reg(&vm, vm.integer);
    vm_int(&vm, i, index);
    W(NEWLIST, l, a, 1);
    if (op == FBC_OP_LISTGET) {
        W(LISTGET, a, l, i);
    } else if (op == FBC_OP_LISTSET) {
        W(LISTSET, l, i, a);
    } else {
        W(LISTDEL, l, i, 0);
    }
    vm_traps(&vm, l, FBC_TRAP_BOUNDS);
}

static void test_bounds(void)
{
    static const enum fbc_op ops[] = {FBC_OP_LISTGET, FBC_OP_LISTSET, FBC_OP_LISTDEL};
    for (unsigned i = 0; i < FN_COUNT(ops); i++) {
        bounds_case(ops[i], 1);
        bounds_case(ops[i], -1);
        bounds_case(ops[i], INT64_MAX);
    }
    struct vm vm = vm_new();
    unsigned m = vm_reg(&vm, vm.map), i = vm_reg(&vm, vm.integer), t = vm_reg(&vm, vm.text);
    W(MAPKEY, t, m, i);
    vm_traps(&vm, t, FBC_TRAP_BOUNDS);
}

/* Loops that add go through collections and end at the limit, in time. */
static void test_list_limit(void)
{
    struct vm vm = vm_new();
    unsigned l = vm_reg(&vm, vm.ints), a = vm_reg(&vm, vm.integer);
    W(LISTADD, l, a, 0);
    W24(LOOP, 2);
    vm_traps(&vm, l, FBC_TRAP_SIZE);
    struct vm bounded = vm_new();
    uint16_t three = fbc_build_type_of(bounded.b, FBC_T_LIST, bounded.integer, 3);
    l = vm_reg(&bounded, three);
    a = vm_reg(&bounded, bounded.integer);
    for (unsigned i = 0; i < 4; i++) {
        vm_emit(&bounded, fbc_word(FBC_OP_LISTADD, l, a, 0));
    }
    vm_traps(&bounded, l, FBC_TRAP_SIZE);
}

static void test_collects(void)
{
    struct vm vm = vm_new();
    unsigned t = vm_reg(&vm, vm.text), u = vm_reg(&vm, vm.text), i = vm_reg(&vm, vm.integer),
             n = vm_reg(&vm, vm.integer), more = vm_reg(&vm, vm.boolean), l = vm_reg(&vm, vm.texts),
             big = vm_reg(&vm, vm.text), v = vm_reg(&vm, vm.text);
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = '\0';
    (void)v;
    vm_text(&vm, t, "ab");
    vm_text(&vm, u, "cd");
    vm_text(&vm, big, text);
    W(CAT, t, t, 2); /* "abcd", made in the heap */
    W(LISTADD, l, t, 0);
    vm_int(&vm, n, 900); /* 900 KB of texts through a heap of 256 */
    W(CAT, v, big, 1);
    W(ADDK, i, i, 1);
    W(LTI, more, i, n);
    W16(JF, more, 1);
    W24(LOOP, 5);
    W(LISTADD, l, t, 0);
    vm_gives(&vm, l, "[\"abcd\",\"abcd\"]");
}

static void test_heap_is_full(void)
{
    struct vm vm = vm_new();
    unsigned l = vm_reg(&vm, vm.texts), big = vm_reg(&vm, vm.text), t = vm_reg(&vm, vm.text);
    char text[2001];
    memset(text, 'x', 2000);
    text[2000] = '\0';
    vm_text(&vm, big, text);
    W(CAT, t, big, 1);
    W(LISTADD, l, t, 0);
    W24(LOOP, 3);
    vm_traps(&vm, l, FBC_TRAP_HEAP);
}

static void test_maps(void)
{
    struct vm vm = vm_new();
    unsigned m = vm_reg(&vm, vm.map), k = vm_reg(&vm, vm.text), v = vm_reg(&vm, vm.integer),
             o = vm_reg(&vm, vm.some_int), keep = vm_reg(&vm, vm.map), n = vm_reg(&vm, vm.integer),
             t = vm_reg(&vm, vm.text);
    static const char *const keys[] = {"um", "dois", "três", "um"};
    for (unsigned i = 0; i < 4; i++) {
        vm_text(&vm, k, keys[i]);
        W16(LOADI, v, 10 * (i + 1));
        W(MAPSET, m, k, v);
    }
    W(MOV, keep, m, 0);
    vm_text(&vm, k, "dois");
    W(MAPDEL, m, k, 0);
    W(MAPGET, o, m, k); /* none */
    W(HAS, vm_reg(&vm, vm.boolean), o, 0);
    W(MAPGET, o, keep, k);
    W(OPEN, v, o, 0); /* 20 */
    W16(LOADI, n, 1);
    W(MAPKEY, t, m, n); /* três */
    W(MAPSET, m, k, v);
    W(MAPLEN, n, m, 0);
    W(MAPSET, m, t, n);
    vm_gives(&vm, m, "{\"um\":40,\"três\":3,\"dois\":20}");
}

static uint16_t person(struct vm *vm)
{
    const struct fn_str members[] = {FN_STR("ouro"), FN_STR("prata")};
    uint16_t level = fbc_build_enum(vm->b, FN_STR("nivel"), members, 2);
    const struct fbc_field fields[] = {{FN_STR("nome"), vm->text},       {FN_STR("nivel"), level},
                                       {FN_STR("saldo"), vm->money},     {FN_STR("apelido"), vm->some_text},
                                       {FN_STR("nascimento"), vm->date}, {FN_STR("notas"), vm->map}};
    return fbc_build_record(vm->b, FN_STR("pessoa"), fields, FN_COUNT(fields));
}

static void test_records(void)
{
    struct vm vm = vm_new();
    uint16_t type = person(&vm);
    unsigned r = vm_reg(&vm, type), s = vm_reg(&vm, type), name = vm_reg(&vm, vm.text), money = vm_reg(&vm, vm.money),
             same = vm_reg(&vm, vm.boolean), t = vm_reg(&vm, vm.text);
    vm_text(&vm, name, "Ana");
    vm_int(&vm, money, -1205);
    W(SETF, r, 0, name);
    W(MOV, s, r, 0);
    W(SETF, r, 2, money);
    W(EQX, same, r, s);
    W16(JT, same, 3);
    W(SETF, s, 2, money);
    W(EQX, same, r, s); /* equal by value */
    W16(JT, same, 1);
    W(FAIL, 1, 0, 0);
    W(GETF, t, s, 0);
    W(SETF, s, 0, t);
    vm_gives(&vm, s,
             "{\"nome\":\"Ana\",\"nivel\":\"ouro\",\"saldo\":-12.05,\"apelido\":null,\"nascimento\":\"1970-01-01\","
             "\"notas\":{}}");
}

static void test_newrec_and_equality(void)
{
    struct vm vm = vm_new();
    const struct fbc_field fields[] = {{FN_STR("a"), vm.integer}, {FN_STR("b"), vm.texts}, {FN_STR("c"), vm.map}};
    uint16_t type = fbc_build_record(vm.b, FN_STR("r"), fields, 3);
    unsigned a = vm_reg(&vm, vm.integer), b = vm_reg(&vm, vm.texts), c = vm_reg(&vm, vm.map), r = vm_reg(&vm, type),
             s = vm_reg(&vm, type), k = vm_reg(&vm, vm.text), j = vm_reg(&vm, vm.text), same = vm_reg(&vm, vm.boolean),
             zero = vm_reg(&vm, type);
    W(NEWREC, r, a, 3);
    W(EQX, same, r, zero); /* all fields zero is the empty record */
    W16(JT, same, 1);
    W(FAIL, 1, 0, 0);
    vm_text(&vm, k, "k");
    vm_text(&vm, j, "j");
    W(MAPSET, c, k, a);
    W(MAPSET, c, j, a);
    W(LISTADD, b, k, 0);
    W(NEWREC, r, a, 3);
    W(ZERO, c, 0, 0);
    W(MAPSET, c, j, a);
    W(MAPSET, c, k, a);
    W(NEWREC, s, a, 3);
    W(EQX, same, r, s); /* the order of keys does not count */
    vm_gives(&vm, same, "true");
}

/* -- JSON ---------------------------------------------------------------------------------------------------------- */

static void decode_case(uint16_t (*make)(struct vm *), const char *json, const char *want)
{
    struct vm vm = vm_new();
    uint16_t some = fbc_build_type_of(vm.b, FBC_T_OPTION, make(&vm), 0);
    unsigned o = vm_reg(&vm, some), t = vm_reg(&vm, vm.text), again = vm_reg(&vm, vm.text), p = vm_reg(&vm, some);
    vm_text(&vm, t, json);
    W(DECODE, o, t, 0);
    W(ENCODE, again, o, 0);
    W(DECODE, p, again, 0);
    vm_ready(&vm, p);
    CU_ASSERT_EQUAL(fvm_resume(vm.run), FVM_DONE);
    UNIT_ASSERT_STR(vm_json(&vm, 0), want);
    vm_free(&vm);
}

static uint16_t make_int(struct vm *vm)
{
    return vm->integer;
}
static uint16_t make_num(struct vm *vm)
{
    return vm->number;
}
static uint16_t make_bool(struct vm *vm)
{
    return vm->boolean;
}
static uint16_t make_money(struct vm *vm)
{
    return vm->money;
}
static uint16_t make_date(struct vm *vm)
{
    return vm->date;
}
static uint16_t make_time(struct vm *vm)
{
    return vm->time;
}
static uint16_t make_datetime(struct vm *vm)
{
    return vm->datetime;
}
static uint16_t make_json(struct vm *vm)
{
    return vm->json;
}
static uint16_t make_texts(struct vm *vm)
{
    return vm->texts;
}
static uint16_t make_short(struct vm *vm)
{
    return fbc_build_type(vm->b, FBC_T_TEXT, 3);
}

static void test_json_scalars(void)
{
    decode_case(make_int, "12", "12");
    decode_case(make_int, "\"-12\"", "-12");
    decode_case(make_int, "12.5", "null");
    decode_case(make_int, "\"1 2\"", "null");
    decode_case(make_int, "\"0x10\"", "null");
    decode_case(make_int, "9223372036854775808", "null");
    decode_case(make_int, "true", "null");
    decode_case(make_int, "{", "null");
    decode_case(make_num, "0.1", "0.1");
    decode_case(make_num, "\"2.50\"", "2.5");
    decode_case(make_num, "\"nan\"", "null");
    decode_case(make_bool, "true", "true");
    decode_case(make_bool, "1", "null");
    decode_case(make_money, "12.5", "12.50");
    decode_case(make_money, "\"-0.05\"", "-0.05");
    decode_case(make_money, "1.230", "1.23");
    decode_case(make_money, "1.234", "null");
    decode_case(make_money, "1e3", "1000.00");
    decode_case(make_money, "92233720368547758.07", "92233720368547758.07");
    decode_case(make_money, "92233720368547758.08", "null");
    decode_case(make_date, "\"2024-02-29\"", "\"2024-02-29\"");
    decode_case(make_date, "\"2023-02-29\"", "null");
    decode_case(make_date, "\"0001-01-01\"", "\"0001-01-01\"");
    decode_case(make_date, "\"9999-12-31\"", "\"9999-12-31\"");
    decode_case(make_time, "\"15:04\"", "\"15:04:00\"");
    decode_case(make_time, "\"24:00\"", "null");
    decode_case(make_datetime, "\"2026-03-02T10:00:00-03:00\"", "\"2026-03-02T13:00:00Z\"");
    decode_case(make_datetime, "\"1969-12-31T23:59:59.5Z\"", "\"1969-12-31T23:59:59.500Z\"");
    decode_case(make_datetime, "\"2026-03-02T10:00:00\"", "null");
    decode_case(make_short, "\"ação\"", "null");
    decode_case(make_short, "\"açã\"", "\"açã\"");
}

static void test_json_composites(void)
{
    decode_case(make_texts, "[\"a\",\"\",\"c\\\"d\"]", "[\"a\",\"\",\"c\\\"d\"]");
    decode_case(make_texts, "[\"a\",1]", "null");
    decode_case(make_json, "{\"a\": [1, null]}", "{\"a\":[1,null]}");
    decode_case(make_json, "\"[1]\"", "[1]");
    decode_case(person,
                "{\"extra\":1,\"nome\":\"Ana\",\"nivel\":\"prata\",\"saldo\":\"3\",\"nascimento\":\"2000-01-01\","
                "\"notas\":{\"x\":1,\"y\":2}}",
                "{\"nome\":\"Ana\",\"nivel\":\"prata\",\"saldo\":3.00,\"apelido\":null,\"nascimento\":\"2000-01-01\","
                "\"notas\":{\"x\":1,"
                "\"y\":2}}");
    decode_case(person, "{\"nome\":\"Ana\"}", "null");
    decode_case(person,
                "{\"nome\":\"Ana\",\"nivel\":\"bronze\",\"saldo\":3,\"nascimento\":\"2000-01-01\",\"notas\":{}}",
                "null");
}

static void test_encode_too_large(void)
{
    struct vm vm = vm_new();
    unsigned l = vm_reg(&vm, vm.texts), t = vm_reg(&vm, vm.text), i = vm_reg(&vm, vm.integer),
             n = vm_reg(&vm, vm.integer), more = vm_reg(&vm, vm.boolean);
    vm_text(&vm, t, "uma linha que se repete muitas vezes na mesma lista");
    vm_int(&vm, n, 2000);
    W(LISTADD, l, t, 0);
    W(ADDK, i, i, 1);
    W(LTI, more, i, n);
    W16(JF, more, 1);
    W24(LOOP, 5);
    W(ENCODE, t, l, 0);
    vm_traps(&vm, t, FBC_TRAP_SIZE);
}

static void test_set_globals(void)
{
    struct vm vm = vm_new();
    unsigned r = vm_reg(&vm, vm.texts);
    vm_ready(&vm, r);
    CU_ASSERT_EQUAL(fvm_global_set(vm.run, 0, FN_STR("[\"a\",\"b\"]")), FN_OK);
    UNIT_ASSERT_STR(vm_json(&vm, 0), "[\"a\",\"b\"]");
    CU_ASSERT_EQUAL(fvm_global_set(vm.run, 0, FN_STR("[1]")), FN_INVALID);
    CU_ASSERT_EQUAL(fvm_global_set(vm.run, 0, FN_STR("[\"a\"")), FN_INVALID);
    CU_ASSERT_EQUAL(fvm_global_set(vm.run, 9, FN_STR("[]")), FN_NOT_FOUND);
    UNIT_ASSERT_STR(vm_json(&vm, 0), "[\"a\",\"b\"]");
    vm_free(&vm);
}

UNIT_SUITE("fvm values", {"lists", test_lists}, {"values are not shared", test_sharing}, {"bounds", test_bounds},
           {"list limit", test_list_limit}, {"the heap is collected", test_collects},
           {"the heap is full", test_heap_is_full}, {"maps", test_maps}, {"records", test_records},
           {"records and equality", test_newrec_and_equality}, {"JSON scalars", test_json_scalars},
           {"JSON composites", test_json_composites}, {"JSON too large", test_encode_too_large},
           {"globals from JSON", test_set_globals})
