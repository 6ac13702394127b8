/* encode.c: a typed value as JSON (op ENCODE, fvm_global_json).
 *
 * Records are objects by field name, enums their member's name, money a decimal number in major units, dates and
 * times ISO 8601, durations milliseconds, none is null, maps are objects. Recursion follows the type, whose depth
 * the verifier bounds; a value that is shared many times is written many times, so everything stops as soon as the
 * buffer is full.
 * SPDX-License-Identifier: Apache-2.0 */
#include "encode.h"
#include "fn_json.h"
#include "iso.h"

static void put_money(struct fn_buf *out, int64_t minor)
{
    uint64_t v = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    fn_buf_printf(out, "%s%llu.%02u", minor < 0 ? "-" : "", (unsigned long long)(v / 100), (unsigned)(v % 100));
}

typedef bool (*iso_put_fn)(struct fn_buf *out, int64_t v);

/* A moment outside ISO's years has no spelling: null. */
static void put_iso(struct fn_buf *out, int64_t v, iso_put_fn put)
{
    size_t at = out->n;
    fn_buf_char(out, '"');
    if (put(out, v)) {
        fn_buf_char(out, '"');
    } else if (!out->failed) {
        out->n = at;
        fn_buf_z(out, "null");
    }
}

static void put_int(struct fn_buf *out, int64_t v, const struct fbc_type *type)
{
    if (type->kind == FBC_T_MONEY) {
        put_money(out, v);
    } else if (type->kind == FBC_T_DATE) {
        put_iso(out, v, iso_put_date);
    } else if (type->kind == FBC_T_TIME) {
        put_iso(out, v, iso_put_time);
    } else if (type->kind == FBC_T_DATETIME) {
        put_iso(out, v, iso_put_datetime);
    } else if (type->kind != FBC_T_ENUM) {
        fn_buf_printf(out, "%lld", (long long)v);
    } else if (v >= 0 && v < type->n) {
        fn_json_put_str(out, type->fields[v].name);
    } else {
        fn_buf_z(out, "null"); /* arithmetic can leave an enum's range */
    }
}

/* JSON texts go in as they are when they are JSON; else as a string. */
static void put_json(struct fn_buf *out, struct fn_str s)
{
    const struct fn_json *tree = NULL;
    struct fn_arena arena;
    fn_arena_init(&arena, RUN_JSON_MEMORY);
    if (s.n == 0) {
        fn_buf_z(out, "null");
    } else if (fn_json_parse(&arena, s, FN_JSON_ALLOW_DUPLICATES, &tree, NULL) == FN_OK) {
        fn_json_put_value(out, tree);
    } else {
        fn_json_put_str(out, s);
    }
    fn_arena_fini(&arena);
}

static void put_record(const struct fvm_run *run, struct fn_buf *out, uint32_t ref, const struct fbc_type *type)
{
    fn_buf_char(out, '{');
    for (uint32_t i = 0; i < type->n && !out->failed; i++) {
        fn_json_comma(out);
        fn_json_put_str(out, type->fields[i].name);
        fn_buf_char(out, ':');
        encode_value(run, out, value_item(run, ref, i), type->fields[i].type);
    }
    fn_buf_char(out, '}');
}

static void put_list(const struct fvm_run *run, struct fn_buf *out, uint32_t ref, const struct fbc_type *type)
{
    uint32_t n = value_count(run, ref);
    fn_buf_char(out, '[');
    for (uint32_t i = 0; i < n && !out->failed; i++) {
        if (i != 0) {
            fn_buf_char(out, ',');
        }
        encode_value(run, out, value_item(run, ref, i), type->elem);
    }
    fn_buf_char(out, ']');
}

static void put_map(const struct fvm_run *run, struct fn_buf *out, uint32_t ref, const struct fbc_type *type)
{
    uint32_t n = value_count(run, ref);
    fn_buf_char(out, '{');
    for (uint32_t i = 0; i < n && !out->failed; i++) {
        fn_json_comma(out);
        fn_json_put_str(out, fvm_text(run, value_item(run, ref, 2 * i).ref));
        fn_buf_char(out, ':');
        encode_value(run, out, value_item(run, ref, 2 * i + 1), type->elem);
    }
    fn_buf_char(out, '}');
}

void encode_value(const struct fvm_run *run, struct fn_buf *out, union fvm_slot v, uint16_t type)
{
    const struct fbc_type *t = &run->image->types[type];
    switch ((enum fbc_repr)t->repr) {
    case FBC_REPR_I: put_int(out, v.i, t); break;
    case FBC_REPR_F: fn_json_put_num(out, v.f); break;
    case FBC_REPR_B: fn_buf_z(out, v.i != 0 ? "true" : "false"); break;
    case FBC_REPR_T:
        if (t->kind == FBC_T_JSON) {
            put_json(out, fvm_text(run, v.ref));
        } else {
            fn_json_put_str(out, fvm_text(run, v.ref));
        }
        break;
    case FBC_REPR_L: put_list(run, out, v.ref, t); break;
    case FBC_REPR_M: put_map(run, out, v.ref, t); break;
    case FBC_REPR_R: put_record(run, out, v.ref, t); break;
    case FBC_REPR_O:
        if (v.ref == 0) {
            fn_buf_z(out, "null");
        } else {
            encode_value(run, out, value_item(run, v.ref, 0), t->elem);
        }
        break;
    }
}

enum fbc_trap op_encode(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    fn_buf_clear(&run->text);
    encode_value(run, &run->text, R[FBC_B(w)], run_func(run)->regs[FBC_B(w)]);
    enum fbc_trap trap = run->text.failed ? FBC_TRAP_SIZE : run_charge(run, run->text.n);
    return trap == FBC_TRAP_NONE ? heap_text(run, fn_buf_view(&run->text), &R[FBC_A(w)]) : trap;
}

void fvm_global_json(const struct fvm_run *run, uint16_t global, struct fn_buf *out)
{
    encode_value(run, out, run->globals[global], run->image->globals[global].type);
}
