/* native.c: what natives may do with a run: read texts and lists, make values, pay.
 *
 * A native that makes a value of several objects reserves all of it first, so that nothing moves half-way.
 * SPDX-License-Identifier: Apache-2.0 */
#include "heap.h"

enum fbc_trap fvm_charge(struct fvm_run *run, size_t units)
{
    return run_charge(run, units);
}

/* What is read is mostly what was typed: then the result is the argument itself, not a copy that lies in every
 * snapshot. */
static uint32_t same_as_argument(const struct fvm_run *run, struct fn_str s)
{
    uint32_t ref = run->native_text != NULL ? run->native_text->ref : 0;
    return ref != 0 && fn_str_eq(fvm_text(run, ref), s) ? ref : 0;
}

enum fbc_trap fvm_make_text(struct fvm_run *run, struct fn_str s, uint32_t *out)
{
    union fvm_slot slot = {.i = 0};
    *out = same_as_argument(run, s);
    if (*out != 0) {
        return FBC_TRAP_NONE;
    }
    enum fbc_trap trap = heap_text(run, s, &slot);
    if (trap == FBC_TRAP_NONE) {
        *out = slot.ref;
    }
    return trap;
}

/* An option of the type the native's result register has. The room is reserved. */
static uint32_t take_some(struct fvm_run *run, union fvm_slot value)
{
    uint32_t ref = heap_take(run, run->native_type, 1);
    object_slots(heap_object(run, ref))[0] = value;
    return ref;
}

enum fbc_trap fvm_make_some_text(struct fvm_run *run, struct fn_str s, uint32_t *out)
{
    size_t size = object_size(FBC_T_OPTION, 1) + text_size(s.n);
    enum fbc_trap trap = s.n > FBC_LIMIT_TEXT ? FBC_TRAP_SIZE : heap_reserve(run, size);
    if (trap == FBC_TRAP_NONE) {
        uint32_t text = same_as_argument(run, s);
        if (text == 0 && s.n != 0) {
            text = heap_take_text(run, s);
        }
        *out = take_some(run, slot_ref(text));
    }
    return trap;
}

enum fbc_trap fvm_make_some_int(struct fvm_run *run, int64_t v, uint32_t *out)
{
    enum fbc_trap trap = heap_reserve(run, object_size(FBC_T_OPTION, 1));
    if (trap == FBC_TRAP_NONE) {
        *out = take_some(run, (union fvm_slot){.i = v});
    }
    return trap;
}

enum fbc_trap fvm_make_some_num(struct fvm_run *run, double v, uint32_t *out)
{
    enum fbc_trap trap = heap_reserve(run, object_size(FBC_T_OPTION, 1));
    if (trap == FBC_TRAP_NONE) {
        *out = take_some(run, (union fvm_slot){.f = canonical(v)});
    }
    return trap;
}

uint32_t fvm_list_count(const struct fvm_run *run, uint32_t ref)
{
    return value_count(run, ref);
}

union fvm_slot fvm_list_at(const struct fvm_run *run, uint32_t ref, uint32_t index)
{
    return value_item(run, ref, index);
}

static enum fbc_trap reserve_texts(struct fvm_run *run, const struct fn_str *items, uint32_t n)
{
    size_t size = object_size(FBC_T_LIST, n);
    for (uint32_t i = 0; i < n; i++) {
        if (items[i].n > FBC_LIMIT_TEXT) {
            return FBC_TRAP_SIZE;
        }
        size += text_size(items[i].n);
    }
    return heap_reserve(run, size);
}

enum fbc_trap fvm_make_text_list(struct fvm_run *run, const struct fn_str *items, uint32_t n, uint32_t *out)
{
    if (n > RUN_LIST_MAX) {
        return FBC_TRAP_SIZE;
    }
    enum fbc_trap trap = n != 0 ? reserve_texts(run, items, n) : FBC_TRAP_NONE;
    if (trap != FBC_TRAP_NONE || n == 0) {
        *out = 0;
        return trap;
    }
    uint32_t list = heap_take(run, run->native_type, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t text = items[i].n == 0 ? 0 : heap_take_text(run, items[i]);
        object_slots(heap_object(run, list))[i] = slot_ref(text);
    }
    *out = list;
    return FBC_TRAP_NONE;
}
