/* value.c: reading and making lists, maps, records, options and texts.
 *
 * The instructions here reserve room first, then read registers: a collection may move what they refer to. Work is
 * charged per item or byte before it is done.
 * SPDX-License-Identifier: Apache-2.0 */
#include "heap.h"

struct fn_str fvm_text(const struct fvm_run *run, uint32_t ref)
{
    if (ref == 0) {
        return FN_STR("");
    }
    if ((ref & FBC_CONST_REF) != 0) {
        return run->image->consts[ref & ~FBC_CONST_REF].text;
    }
    struct object *o = heap_object(run, ref);
    return (struct fn_str){object_bytes(o), o->n};
}

uint32_t value_count(const struct fvm_run *run, uint32_t ref)
{
    if (ref == 0) {
        return 0;
    }
    return (ref & FBC_CONST_REF) != 0 ? run->image->consts[ref & ~FBC_CONST_REF].n : heap_object(run, ref)->n;
}

union fvm_slot value_item(const struct fvm_run *run, uint32_t ref, uint32_t slot)
{
    if (ref == 0) {
        return slot_ref(0);
    }
    if ((ref & FBC_CONST_REF) != 0) {
        return slot_ref(FBC_CONST_REF | run->image->consts[ref & ~FBC_CONST_REF].items[slot]);
    }
    return object_slots(heap_object(run, ref))[slot];
}

int64_t value_find(const struct fvm_run *run, uint32_t map, struct fn_str key)
{
    uint32_t n = value_count(run, map);
    for (uint32_t i = 0; i < n; i++) {
        if (fn_str_eq(fvm_text(run, value_item(run, map, 2 * i).ref), key)) {
            return 2 * (int64_t)i;
        }
    }
    return -1;
}

static uint16_t reg_type(const struct fvm_run *run, unsigned reg)
{
    return run_func(run)->regs[reg];
}

static uint32_t item_limit(const struct fvm_run *run, uint16_t type)
{
    uint32_t bound = run->image->types[type].bound;
    return bound != 0 && bound < RUN_LIST_MAX ? bound : RUN_LIST_MAX;
}

/* -- equality: recursion is bounded by the depth of types, work by fuel -------------------------------------------- */

static enum fbc_trap equal_items(struct fvm_run *run, uint32_t a, uint32_t b, uint32_t n, uint16_t type, bool *out)
{
    enum fbc_trap trap = FBC_TRAP_NONE;
    *out = true;
    for (uint32_t i = 0; i < n && *out && trap == FBC_TRAP_NONE; i++) {
        trap = value_equal(run, value_item(run, a, i), value_item(run, b, i), type, out);
    }
    return trap;
}

static enum fbc_trap equal_fields(struct fvm_run *run, uint32_t a, uint32_t b, const struct fbc_type *type, bool *out)
{
    enum fbc_trap trap = FBC_TRAP_NONE;
    *out = true;
    for (uint32_t i = 0; i < type->n && *out && trap == FBC_TRAP_NONE; i++) {
        trap = value_equal(run, value_item(run, a, i), value_item(run, b, i), type->fields[i].type, out);
    }
    return trap;
}

/* The order of insertion does not count. */
static enum fbc_trap equal_maps(struct fvm_run *run, uint32_t a, uint32_t b, uint16_t elem, bool *out)
{
    uint32_t n = value_count(run, a);
    enum fbc_trap trap = FBC_TRAP_NONE;
    *out = true;
    for (uint32_t i = 0; i < n && *out && trap == FBC_TRAP_NONE; i++) {
        trap = run_charge(run, n);
        int64_t at = trap == FBC_TRAP_NONE ? value_find(run, b, fvm_text(run, value_item(run, a, 2 * i).ref)) : -1;
        *out = at >= 0;
        if (at >= 0) {
            trap = value_equal(run, value_item(run, a, 2 * i + 1), value_item(run, b, (uint32_t)at + 1), elem, out);
        }
    }
    return trap;
}

static enum fbc_trap equal_refs(struct fvm_run *run, uint32_t a, uint32_t b, const struct fbc_type *type, bool *out)
{
    if (a == b) {
        *out = true;
        return FBC_TRAP_NONE;
    }
    if (type->kind == FBC_T_RECORD) {
        return equal_fields(run, a, b, type, out);
    }
    uint32_t n = value_count(run, a);
    if (n != value_count(run, b)) {
        *out = false;
        return FBC_TRAP_NONE;
    }
    return type->kind == FBC_T_MAP ? equal_maps(run, a, b, type->elem, out)
                                   : equal_items(run, a, b, n, type->elem, out);
}

enum fbc_trap value_equal(struct fvm_run *run, union fvm_slot a, union fvm_slot b, uint16_t type, bool *out)
{
    const struct fbc_type *t = &run->image->types[type];
    enum fbc_trap trap = run_charge(run, 1);
    if (trap != FBC_TRAP_NONE) {
        return trap;
    }
    switch ((enum fbc_repr)t->repr) {
    case FBC_REPR_I:
    case FBC_REPR_B: *out = a.i == b.i; return FBC_TRAP_NONE;
    case FBC_REPR_F: *out = a.f >= b.f && a.f <= b.f; return FBC_TRAP_NONE;
    case FBC_REPR_T:
        *out = fn_str_eq(fvm_text(run, a.ref), fvm_text(run, b.ref));
        return run_charge(run, *out ? fvm_text(run, a.ref).n : 0);
    case FBC_REPR_L:
    case FBC_REPR_M:
    case FBC_REPR_R:
    case FBC_REPR_O: break;
    }
    return equal_refs(run, a.ref, b.ref, t, out);
}

/* -- texts --------------------------------------------------------------------------------------------------------- */

static void copy_pieces(const struct fvm_run *run, char *to, const union fvm_slot *from, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct fn_str s = fvm_text(run, from[i].ref);
        if (s.n != 0) {
            memcpy(to, s.p, s.n);
            to += s.n;
        }
    }
}

enum fbc_trap op_cat(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    union fvm_slot *from = &R[FBC_B(w)];
    uint32_t n = FBC_C(w);
    size_t size = 0; /* at most 250 texts of 64 KiB */
    for (uint32_t i = 0; i < n; i++) {
        size += fvm_text(run, from[i].ref).n;
    }
    if (size > FBC_LIMIT_TEXT) {
        return FBC_TRAP_SIZE;
    }
    if (size == 0) {
        R[FBC_A(w)] = slot_ref(0);
        return FBC_TRAP_NONE;
    }
    enum fbc_trap trap = run_charge(run, size);
    if (trap == FBC_TRAP_NONE) {
        trap = heap_reserve(run, text_size(size));
    }
    if (trap == FBC_TRAP_NONE) {
        uint32_t ref = heap_take_blank(run, (uint32_t)size);
        copy_pieces(run, object_bytes(heap_object(run, ref)), from, n);
        R[FBC_A(w)] = slot_ref(ref);
    }
    return trap;
}

/* -- options, records, lists --------------------------------------------------------------------------------------- */

enum fbc_trap op_some(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    heap_share(run, &R[FBC_B(w)]);
    enum fbc_trap trap = heap_reserve(run, object_size(FBC_T_OPTION, 1));
    if (trap == FBC_TRAP_NONE) {
        uint32_t ref = heap_take(run, reg_type(run, FBC_A(w)), 1);
        object_slots(heap_object(run, ref))[0] = R[FBC_B(w)];
        R[FBC_A(w)] = slot_ref(ref);
    }
    return trap;
}

enum fbc_trap op_gather(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    uint16_t type = reg_type(run, FBC_A(w));
    uint32_t n = FBC_C(w);
    if (n == 0 || (run->image->types[type].kind == FBC_T_LIST && n > item_limit(run, type))) {
        R[FBC_A(w)] = slot_ref(0);
        return n == 0 ? FBC_TRAP_NONE : FBC_TRAP_SIZE;
    }
    heap_share_window(run, &R[FBC_B(w)], n);
    enum fbc_trap trap = heap_reserve(run, object_size(FBC_T_LIST, n));
    if (trap == FBC_TRAP_NONE) {
        uint32_t ref = heap_take(run, type, n);
        memcpy(object_slots(heap_object(run, ref)), &R[FBC_B(w)], n * sizeof R[0]);
        R[FBC_A(w)] = slot_ref(ref);
    }
    return trap;
}

enum fbc_trap op_setf(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    uint16_t type = reg_type(run, FBC_A(w));
    struct object *o = NULL;
    heap_share(run, &R[FBC_C(w)]);
    enum fbc_trap trap = heap_own(run, &R[FBC_A(w)], type, run->image->types[type].n, &o);
    if (trap == FBC_TRAP_NONE) {
        object_slots(o)[FBC_B(w)] = R[FBC_C(w)];
    }
    return trap;
}

enum fbc_trap op_listadd(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    uint16_t type = reg_type(run, FBC_A(w));
    uint32_t n = value_count(run, R[FBC_A(w)].ref);
    struct object *o = NULL;
    if (n >= item_limit(run, type)) {
        return FBC_TRAP_SIZE;
    }
    heap_share(run, &R[FBC_B(w)]);
    enum fbc_trap trap = heap_own(run, &R[FBC_A(w)], type, n + 1, &o);
    if (trap == FBC_TRAP_NONE) {
        object_slots(o)[n] = R[FBC_B(w)];
        o->n = n + 1;
    }
    return trap;
}

static bool outside(const struct fvm_run *run, uint32_t list, int64_t index)
{
    return index < 0 || index >= (int64_t)value_count(run, list);
}

enum fbc_trap op_listset(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    union fvm_slot *list = &R[FBC_A(w)];
    int64_t at = R[FBC_B(w)].i;
    struct object *o = NULL;
    if (outside(run, list->ref, at)) {
        return FBC_TRAP_BOUNDS;
    }
    heap_share(run, &R[FBC_C(w)]);
    enum fbc_trap trap = heap_own(run, list, reg_type(run, FBC_A(w)), value_count(run, list->ref), &o);
    if (trap == FBC_TRAP_NONE) {
        object_slots(o)[at] = R[FBC_C(w)];
    }
    return trap;
}

/* Takes `width` slots at `at` out of an object of `slots` slots. */
static void close_gap(struct object *o, uint32_t at, uint32_t width, uint32_t slots)
{
    union fvm_slot *s = object_slots(o);
    memmove(s + at, s + at + width, (slots - at - width) * sizeof *s);
    o->n--;
}

static enum fbc_trap remove_item(struct fvm_run *run, union fvm_slot *reg, uint16_t type, uint32_t at, uint32_t width)
{
    uint32_t n = value_count(run, reg->ref);
    if (n == 1) {
        heap_share(run, reg);
        *reg = slot_ref(0);
        return FBC_TRAP_NONE;
    }
    struct object *o = NULL;
    enum fbc_trap trap = run_charge(run, n);
    if (trap == FBC_TRAP_NONE) {
        trap = heap_own(run, reg, type, n, &o);
    }
    if (trap == FBC_TRAP_NONE) {
        close_gap(o, at, width, n * width);
    }
    return trap;
}

enum fbc_trap op_listdel(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    int64_t at = R[FBC_B(w)].i;
    if (outside(run, R[FBC_A(w)].ref, at)) {
        return FBC_TRAP_BOUNDS;
    }
    return remove_item(run, &R[FBC_A(w)], reg_type(run, FBC_A(w)), (uint32_t)at, 1);
}

static void fill_items(const struct fvm_run *run, union fvm_slot *to, uint32_t list, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        to[i] = value_item(run, list, i);
    }
}

enum fbc_trap op_listcat(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    uint16_t type = reg_type(run, FBC_A(w));
    uint32_t b = value_count(run, R[FBC_B(w)].ref);
    uint32_t c = value_count(run, R[FBC_C(w)].ref);
    if (b == 0 || c == 0) {
        union fvm_slot *from = &R[b == 0 ? FBC_C(w) : FBC_B(w)];
        heap_share(run, from);
        R[FBC_A(w)] = *from;
        return FBC_TRAP_NONE;
    }
    enum fbc_trap trap = b + c > item_limit(run, type) ? FBC_TRAP_SIZE : run_charge(run, b + c);
    if (trap == FBC_TRAP_NONE) {
        trap = heap_reserve(run, object_size(FBC_T_LIST, b + c));
    }
    if (trap == FBC_TRAP_NONE) {
        uint32_t ref = heap_take(run, type, b + c);
        union fvm_slot *to = object_slots(heap_object(run, ref));
        fill_items(run, to, R[FBC_B(w)].ref, b);
        fill_items(run, to + b, R[FBC_C(w)].ref, c);
        R[FBC_A(w)] = slot_ref(ref);
    }
    return trap;
}

/* -- maps ---------------------------------------------------------------------------------------------------------- */

static enum fbc_trap find_key(struct fvm_run *run, uint32_t map, uint32_t key, int64_t *at)
{
    *at = value_find(run, map, fvm_text(run, key));
    return run_charge(run, value_count(run, map));
}

enum fbc_trap op_mapget(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    int64_t at = -1;
    enum fbc_trap trap = heap_reserve(run, object_size(FBC_T_OPTION, 1));
    if (trap == FBC_TRAP_NONE) {
        trap = find_key(run, R[FBC_B(w)].ref, R[FBC_C(w)].ref, &at);
    }
    if (trap == FBC_TRAP_NONE) {
        uint32_t ref = at < 0 ? 0 : heap_take(run, reg_type(run, FBC_A(w)), 1);
        if (ref != 0) {
            object_slots(heap_object(run, ref))[0] = value_item(run, R[FBC_B(w)].ref, (uint32_t)at + 1);
        }
        R[FBC_A(w)] = slot_ref(ref);
    }
    return trap;
}

enum fbc_trap op_mapset(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    union fvm_slot *map = &R[FBC_A(w)];
    uint16_t type = reg_type(run, FBC_A(w));
    uint32_t n = value_count(run, map->ref);
    int64_t at = -1;
    struct object *o = NULL;
    enum fbc_trap trap = find_key(run, map->ref, R[FBC_B(w)].ref, &at);
    if (trap == FBC_TRAP_NONE && at < 0 && n >= item_limit(run, type)) {
        trap = FBC_TRAP_SIZE;
    }
    heap_share(run, &R[FBC_C(w)]);
    if (trap == FBC_TRAP_NONE) {
        trap = heap_own(run, map, type, at < 0 ? n + 1 : n, &o);
    }
    if (trap != FBC_TRAP_NONE) {
        return trap;
    }
    if (at < 0) {
        at = 2 * (int64_t)n;
        object_slots(o)[at] = R[FBC_B(w)];
        o->n = n + 1;
    }
    object_slots(o)[at + 1] = R[FBC_C(w)];
    return FBC_TRAP_NONE;
}

enum fbc_trap op_mapdel(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    int64_t at = -1;
    enum fbc_trap trap = find_key(run, R[FBC_A(w)].ref, R[FBC_B(w)].ref, &at);
    if (trap != FBC_TRAP_NONE || at < 0) {
        return trap;
    }
    return remove_item(run, &R[FBC_A(w)], reg_type(run, FBC_A(w)), (uint32_t)at, 2);
}
