/* decode.c: JSON as a typed value (op DECODE, fvm_global_set). The reverse of encode.c, and kinder: unknown fields
 * are ignored, a missing optional field is none, numbers may come as strings.
 *
 * A value is built from the outside in by allocations that never collect. When the heap is full half-way, the whole
 * is given up, the heap collected, and the value built again: what was left behind is garbage.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_json.h"
#include "fn_utf8.h"
#include "heap.h"
#include "iso.h"

enum fit {
    FIT,
    MISFIT,  /* the JSON is no value of the type */
    NO_ROOM, /* collect and try again */
    TIRED    /* fuel */
};

/* What is wanted: a type as the machine has it, and the same with all bounds (struct fbc_global). */
struct want {
    uint16_t type, held;
};

static enum fit decode_value(struct fvm_run *run, const struct fn_json *v, struct want want, union fvm_slot *out);

/* -- numbers ------------------------------------------------------------------------------------------------------- */

static size_t skip_digits(struct fn_str s, size_t at)
{
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9') {
        at++;
    }
    return at;
}

/* -?digits(.digits)?; *point is where the fraction begins, or the end. */
static bool is_decimal(struct fn_str s, size_t *point)
{
    size_t from = s.n > 0 && s.p[0] == '-';
    size_t at = skip_digits(s, from);
    *point = at;
    if (at == from || at == s.n) {
        return at > from;
    }
    size_t end = s.p[at] == '.' ? skip_digits(s, at + 1) : at;
    return end == s.n && end > at + 1;
}

/* The number in a number or in a string that holds nothing but a plain decimal. */
static bool as_number(const struct fn_json *v, struct fn_json *out)
{
    size_t point = 0;
    *out = *v;
    out->kind = FN_JSON_NUMBER;
    return v->kind == FN_JSON_NUMBER || (v->kind == FN_JSON_STRING && v->text.n <= 32 && is_decimal(v->text, &point));
}

/* Two digits of a fraction; more than two must be zeros. */
static bool read_cents(struct fn_str s, size_t at, int64_t *out)
{
    int64_t unit = 10;
    *out = 0;
    for (; at < s.n; at++, unit /= 10) {
        if (unit == 0 && s.p[at] != '0') {
            return false;
        }
        *out += (s.p[at] - '0') * unit;
    }
    return true;
}

static bool read_money(const struct fn_json *number, int64_t *out)
{
    struct fn_str s = number->text;
    size_t point = 0;
    int64_t cents = 0;
    struct fn_json whole = *number;
    if (!is_decimal(s, &point)) {
        return fn_json_int(number, out) && !__builtin_mul_overflow(*out, 100, out); /* 1e3 */
    }
    whole.text.n = point;
    if (!read_cents(s, point < s.n ? point + 1 : s.n, &cents) || !fn_json_int(&whole, out) ||
        __builtin_mul_overflow(*out, 100, out)) {
        return false;
    }
    return !__builtin_add_overflow(*out, s.p[0] == '-' ? -cents : cents, out);
}

static bool read_member(struct fn_str name, const struct fbc_type *type, int64_t *out)
{
    for (uint32_t i = 0; i < type->n; i++) {
        if (fn_str_eq(type->fields[i].name, name)) {
            *out = i;
            return true;
        }
    }
    return false;
}

/* APIs of one country leave the zone out: then it is the funnel's. The zones are the library's; without it there is no such value. */
static bool read_datetime(struct fvm_run *run, struct fn_str s, int64_t *out)
{
    union fvm_slot args[3], utc = {.i = 0};
    if (iso_read_datetime(s, out)) {
        return true;
    }
    fvm_native_fn datetime_of = run->natives[FBC_NATIVE_datetime_of];
    bool good = datetime_of != NULL && iso_read_local(s, &args[0].i, &args[1].i) &&
                fvm_make_text(run, run->image->timezone, &args[2].ref) == FBC_TRAP_NONE &&
                datetime_of(run, args, &utc) == FBC_TRAP_NONE;
    *out = utc.i;
    return good;
}

static bool read_int(struct fvm_run *run, const struct fn_json *v, const struct fbc_type *type, int64_t *out)
{
    struct fn_json number;
    struct fn_str s = fn_json_str(v);
    switch ((int)type->kind) {
    case FBC_T_ENUM: return v->kind == FN_JSON_STRING && read_member(s, type, out);
    case FBC_T_DATE: return iso_read_date(s, out);
    case FBC_T_TIME: return iso_read_time(s, out);
    case FBC_T_DATETIME: return read_datetime(run, s, out);
    case FBC_T_MONEY: return as_number(v, &number) && read_money(&number, out);
    default: return as_number(v, &number) && fn_json_int(&number, out);
    }
}

static bool read_scalar(struct fvm_run *run, const struct fn_json *v, const struct fbc_type *type, union fvm_slot *out)
{
    struct fn_json number;
    if (type->repr == FBC_REPR_I) {
        return read_int(run, v, type, &out->i);
    }
    if (type->repr == FBC_REPR_F) {
        return as_number(v, &number) && fn_json_num(&number, &out->f);
    }
    out->i = v->kind == FN_JSON_TRUE;
    return v->kind == FN_JSON_TRUE || v->kind == FN_JSON_FALSE;
}

/* -- texts, lists, maps, records ----------------------------------------------------------------------------------- */

static enum fit make_text(struct fvm_run *run, struct fn_str s, union fvm_slot *out)
{
    if (s.n > FBC_LIMIT_TEXT) {
        return MISFIT;
    }
    uint32_t ref = s.n == 0 ? 0 : heap_take_text(run, s);
    *out = slot_ref(ref);
    return ref != 0 || s.n == 0 ? FIT : NO_ROOM;
}

static enum fit respell(struct fvm_run *run, const struct fn_json *v, union fvm_slot *out)
{
    fn_buf_clear(&run->text);
    fn_json_put_value(&run->text, v);
    return run->text.failed ? MISFIT : make_text(run, fn_buf_view(&run->text), out);
}

/* Models that fill a schema's "JSON text" put the JSON into a string. */
static bool is_wrapped(const struct fn_json *v)
{
    const struct fn_json *tree = NULL;
    struct fn_arena arena;
    fn_arena_init(&arena, RUN_JSON_MEMORY);
    bool wrapped = v->kind == FN_JSON_STRING && v->text.n > 1 && (v->text.p[0] == '{' || v->text.p[0] == '[') &&
                   fn_json_parse(&arena, v->text, FN_JSON_ALLOW_DUPLICATES, &tree, NULL) == FN_OK;
    fn_arena_fini(&arena);
    return wrapped;
}

static bool is_media(unsigned kind)
{
    return kind >= FBC_T_IMAGE && kind <= FBC_T_LOCATION;
}

static enum fit decode_text(struct fvm_run *run, const struct fn_json *v, const struct fbc_type *type,
                            union fvm_slot *out)
{
    if (type->kind == FBC_T_JSON && v->kind == FN_JSON_NULL) {
        return FIT; /* how the empty one is written */
    }
    if (type->kind == FBC_T_JSON && is_wrapped(v)) {
        return make_text(run, v->text, out);
    }
    if (type->kind == FBC_T_JSON || (is_media(type->kind) && v->kind == FN_JSON_OBJECT)) {
        return respell(run, v, out);
    }
    if (v->kind != FN_JSON_STRING || (type->bound != 0 && fn_utf8_count(v->text) > type->bound)) {
        return MISFIT;
    }
    return make_text(run, v->text, out);
}

static struct want elem_of(const struct fvm_run *run, struct want want)
{
    return (struct want){run->image->types[want.type].elem, run->image->types[want.held].elem};
}

static enum fit make_items(struct fvm_run *run, const struct fn_json *v, struct want want, uint32_t *ref)
{
    uint32_t bound = run->image->types[want.held].bound;
    if (v->n > RUN_LIST_MAX || (bound != 0 && v->n > bound)) {
        return MISFIT;
    }
    *ref = v->n == 0 ? 0 : heap_take(run, want.type, v->n);
    return *ref != 0 || v->n == 0 ? FIT : NO_ROOM;
}

static enum fit decode_list(struct fvm_run *run, const struct fn_json *v, struct want want, union fvm_slot *out)
{
    uint32_t ref = 0;
    uint32_t i = 0;
    enum fit fit = v->kind == FN_JSON_ARRAY ? make_items(run, v, want, &ref) : MISFIT;
    for (const struct fn_json *item = v->first; fit == FIT && item != NULL; item = item->next) {
        fit = decode_value(run, item, elem_of(run, want), &object_slots(heap_object(run, ref))[i++]);
    }
    *out = slot_ref(ref);
    return fit;
}

static enum fit decode_map(struct fvm_run *run, const struct fn_json *v, struct want want, union fvm_slot *out)
{
    uint32_t ref = 0;
    uint32_t i = 0;
    enum fit fit = v->kind == FN_JSON_OBJECT ? make_items(run, v, want, &ref) : MISFIT;
    for (const struct fn_json *item = v->first; fit == FIT && item != NULL; item = item->next) {
        union fvm_slot *slots = object_slots(heap_object(run, ref));
        fit = make_text(run, item->key, &slots[i]);
        if (fit == FIT) {
            fit = decode_value(run, item, elem_of(run, want), &slots[i + 1]);
        }
        i += 2;
    }
    *out = slot_ref(ref);
    return fit;
}

static const struct fn_json *find_field(const struct fn_json *object, struct fn_str name)
{
    for (const struct fn_json *v = object->first; v != NULL; v = v->next) {
        if (fn_str_eq(v->key, name)) {
            return v;
        }
    }
    return NULL;
}

static enum fit decode_field(struct fvm_run *run, const struct fn_json *object, struct fn_str name, struct want want,
                             union fvm_slot *out)
{
    if (run_charge(run, object->n + 1) != FBC_TRAP_NONE) {
        return TIRED;
    }
    const struct fn_json *v = find_field(object, name);
    if (v == NULL) {
        return run_repr(run->image, want.type) == FBC_REPR_O ? FIT : MISFIT;
    }
    return decode_value(run, v, want, out);
}

static enum fit decode_record(struct fvm_run *run, const struct fn_json *v, struct want want, union fvm_slot *out)
{
    const struct fbc_type *t = &run->image->types[want.type], *held = &run->image->types[want.held];
    if (v->kind != FN_JSON_OBJECT) {
        return MISFIT;
    }
    uint32_t ref = t->n == 0 ? 0 : heap_take(run, want.type, t->n);
    if (ref == 0) {
        return t->n == 0 ? FIT : NO_ROOM;
    }
    enum fit fit = FIT;
    for (uint32_t i = 0; i < t->n && fit == FIT; i++) {
        struct want part = {t->fields[i].type, held->fields[i].type};
        fit = decode_field(run, v, t->fields[i].name, part, &object_slots(heap_object(run, ref))[i]);
    }
    *out = slot_ref(ref);
    return fit;
}

static enum fit decode_option(struct fvm_run *run, const struct fn_json *v, struct want want, union fvm_slot *out)
{
    if (v->kind == FN_JSON_NULL) {
        return FIT;
    }
    uint32_t ref = heap_take(run, want.type, 1);
    *out = slot_ref(ref);
    return ref == 0 ? NO_ROOM : decode_value(run, v, elem_of(run, want), object_slots(heap_object(run, ref)));
}

/* out holds zero. Recursion follows the type. */
static enum fit decode_value(struct fvm_run *run, const struct fn_json *v, struct want want, union fvm_slot *out)
{
    const struct fbc_type *t = &run->image->types[want.type];
    switch ((enum fbc_repr)t->repr) {
    case FBC_REPR_I:
    case FBC_REPR_F:
    case FBC_REPR_B: break;
    case FBC_REPR_T: return decode_text(run, v, &run->image->types[want.held], out);
    case FBC_REPR_L: return decode_list(run, v, want, out);
    case FBC_REPR_M: return decode_map(run, v, want, out);
    case FBC_REPR_R: return decode_record(run, v, want, out);
    case FBC_REPR_O: return decode_option(run, v, want, out);
    }
    union fvm_slot scalar = {.i = 0};
    if (!read_scalar(run, v, t, &scalar)) {
        return MISFIT;
    }
    *out = scalar;
    return FIT;
}

static enum fit decode_tree(struct fvm_run *run, const struct fn_json *tree, struct want want, union fvm_slot *out)
{
    *out = slot_ref(0);
    enum fit fit = decode_value(run, tree, want, out);
    if (fit == NO_ROOM) {
        heap_collect(run);
        *out = slot_ref(0);
        fit = decode_value(run, tree, want, out);
    }
    return fit;
}

static enum fit decode_json(struct fvm_run *run, struct fn_str json, struct want want, union fvm_slot *out)
{
    const struct fn_json *tree = NULL;
    fn_arena_reset(&run->json);
    if (fn_json_parse(&run->json, json, FN_JSON_REPAIR | FN_JSON_ALLOW_DUPLICATES, &tree, NULL) != FN_OK) {
        return MISFIT;
    }
    return decode_tree(run, tree, want, out);
}

enum fbc_trap op_decode(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    struct fn_str json = fvm_text(run, R[FBC_B(w)].ref);
    union fvm_slot out = {.i = 0};
    enum fbc_trap trap = run_charge(run, json.n);
    if (trap != FBC_TRAP_NONE) {
        return trap;
    }
    uint16_t type = run_func(run)->regs[FBC_A(w)];
    switch (decode_json(run, json, (struct want){type, type}, &out)) {
    case FIT: R[FBC_A(w)] = out; return FBC_TRAP_NONE;
    case MISFIT: R[FBC_A(w)] = slot_ref(0); return FBC_TRAP_NONE;
    case NO_ROOM: return FBC_TRAP_HEAP;
    case TIRED: return FBC_TRAP_FUEL;
    }
    FN_BUG("a fit nobody knows");
}

enum fn_code fvm_global_set(struct fvm_run *run, uint16_t global, struct fn_str json)
{
    union fvm_slot out = {.i = 0};
    if (run->state == RUN_EMPTY || global >= run->image->n_globals) {
        return FN_NOT_FOUND;
    }
    const struct fbc_global *g = &run->image->globals[global];
    switch (decode_json(run, json, (struct want){g->type, fbc_held(g)}, &out)) {
    case FIT: run->globals[global] = out; return FN_OK;
    case MISFIT: return FN_INVALID;
    case NO_ROOM:
    case TIRED: break;
    }
    return FN_LIMIT;
}
