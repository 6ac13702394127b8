/* heap.c: allocation and the copying collection.
 *
 * Allocation is a bump of run->top. When the half is full, everything the roots reach is copied to the other half.
 * The order is that of a snapshot: globals, then frames from the oldest, then what the copied objects refer to,
 * breadth first; so a snapshot is a collection followed by a memcpy. The half that was left keeps its texts until
 * the next collection: a text that is being copied may lie in it. Objects must be reached by exact types only:
 * nothing here guesses whether a slot is a reference.
 * SPDX-License-Identifier: Apache-2.0 */
#include "heap.h"

void heap_reset(struct fvm_run *run)
{
    run->top = HEAP_FIRST;
    run->owned = NULL;
}

static size_t heap_left(const struct fvm_run *run)
{
    return run->limits.arena - run->top;
}

enum fbc_trap heap_reserve(struct fvm_run *run, size_t size)
{
    if (size <= heap_left(run)) {
        return FBC_TRAP_NONE;
    }
    heap_collect(run);
    return size <= heap_left(run) ? FBC_TRAP_NONE : FBC_TRAP_HEAP;
}

static struct object *bump(struct fvm_run *run, size_t size, uint16_t type, uint32_t n)
{
    struct object *o = heap_object(run, run->top);
    run->top += (uint32_t)size;
    *o = (struct object){.type = type, .n = n};
    return o;
}

uint32_t heap_take_blank(struct fvm_run *run, uint32_t n)
{
    size_t size = text_size(n);
    if (size > heap_left(run)) {
        return 0;
    }
    uint32_t ref = run->top;
    struct object *o = bump(run, size, HEAP_TEXT, n);
    memset((char *)o + size - 8, 0, 8); /* the padding */
    return ref;
}

uint32_t heap_take_text(struct fvm_run *run, struct fn_str s)
{
    uint32_t ref = heap_take_blank(run, (uint32_t)s.n);
    if (ref != 0) {
        memcpy(object_bytes(heap_object(run, ref)), s.p, s.n);
    }
    return ref;
}

uint32_t heap_take(struct fvm_run *run, uint16_t type, uint32_t n)
{
    size_t size = object_size((enum fbc_type_kind)run->image->types[type].kind, n);
    if (size > heap_left(run)) {
        return 0;
    }
    uint32_t ref = run->top;
    struct object *o = bump(run, size, type, n);
    memset(object_slots(o), 0, size - sizeof *o);
    return ref;
}

enum fbc_trap heap_text(struct fvm_run *run, struct fn_str s, union fvm_slot *out)
{
    if (s.n == 0) {
        *out = slot_ref(0);
        return FBC_TRAP_NONE;
    }
    if (s.n > FBC_LIMIT_TEXT) {
        return FBC_TRAP_SIZE;
    }
    enum fbc_trap trap = heap_reserve(run, text_size(s.n));
    if (trap == FBC_TRAP_NONE) {
        *out = slot_ref(heap_take_text(run, s));
    }
    return trap;
}

/* -- collection ---------------------------------------------------------------------------------------------------- */

struct copier {
    const struct fbc_image *image;
    unsigned char *from, *to;
    uint32_t top;
};

static size_t copied_size(const struct copier *c, const struct object *o)
{
    return o->type == HEAP_TEXT ? text_size(o->n)
                                : object_size((enum fbc_type_kind)c->image->types[o->type].kind, o->n);
}

static inline void copy_ref(struct copier *c, union fvm_slot *slot)
{
    uint32_t ref = slot->ref;
    if (ref == 0 || (ref & FBC_CONST_REF) != 0) {
        return;
    }
    struct object *o = (struct object *)(void *)(c->from + ref);
    if (o->type != HEAP_MOVED) {
        size_t size = copied_size(c, o);
        memcpy(c->to + c->top, o, size);
        *o = (struct object){.type = HEAP_MOVED, .n = c->top};
        c->top += (uint32_t)size;
    }
    *slot = slot_ref(o->n);
}

static void copy_slots(struct copier *c, union fvm_slot *slots, const uint16_t *types, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (slots[i].i != 0 && repr_is_ref(run_repr(c->image, types[i]))) {
            copy_ref(c, &slots[i]);
        }
    }
}

static void copy_roots(struct copier *c, struct fvm_run *run)
{
    for (uint32_t i = 0; i < c->image->n_globals; i++) {
        copy_slots(c, &run->globals[i], &c->image->globals[i].type, 1);
    }
    for (uint32_t i = 0; i < run->depth; i++) {
        const struct fbc_func *func = &c->image->funcs[run->frames[i].func];
        copy_slots(c, run->frames[i].regs, func->regs, func->n_regs);
    }
}

static void scan_map(struct copier *c, struct object *o, bool values)
{
    union fvm_slot *slots = object_slots(o);
    for (uint32_t i = 0; i < 2 * o->n; i += 2) {
        copy_ref(c, &slots[i]);
        if (values) {
            copy_ref(c, &slots[i + 1]);
        }
    }
}

static void scan_object(struct copier *c, struct object *o)
{
    const struct fbc_type *type = &c->image->types[o->type];
    union fvm_slot *slots = object_slots(o);
    if (type->kind == FBC_T_RECORD) {
        for (uint32_t i = 0; i < o->n; i++) {
            copy_slots(c, &slots[i], &type->fields[i].type, 1);
        }
        return;
    }
    bool refs = repr_is_ref(run_repr(c->image, type->elem));
    if (type->kind == FBC_T_MAP) {
        scan_map(c, o, refs);
        return;
    }
    for (uint32_t i = 0; refs && i < o->n; i++) {
        copy_ref(c, &slots[i]);
    }
}

void heap_collect(struct fvm_run *run)
{
    struct copier c = {run->image, run->heap, run->other, HEAP_FIRST};
    copy_roots(&c, run);
    for (uint32_t at = HEAP_FIRST; at < c.top;) {
        struct object *o = (struct object *)(void *)(c.to + at);
        at += (uint32_t)copied_size(&c, o);
        if (o->type != HEAP_TEXT) {
            scan_object(&c, o);
        }
    }
    run->heap = c.to;
    run->other = c.from;
    run->top = c.top;
    run->owned = NULL;
}

/* -- ownership ----------------------------------------------------------------------------------------------------- */

static void copy_items(const struct fvm_run *run, union fvm_slot *to, uint32_t ref, uint32_t slots)
{
    for (uint32_t i = 0; i < slots; i++) {
        to[i] = value_item(run, ref, i);
    }
}

enum fbc_trap heap_own(struct fvm_run *run, union fvm_slot *reg, uint16_t type, uint32_t n, struct object **out)
{
    enum fbc_type_kind kind = (enum fbc_type_kind)run->image->types[type].kind;
    if (run->owned == reg && run->owned_ref == reg->ref && n <= run->owned_room) {
        *out = heap_object(run, reg->ref);
        return FBC_TRAP_NONE;
    }
    uint32_t had = kind == FBC_T_RECORD ? n : value_count(run, reg->ref);
    uint32_t room = n > had && had >= 4 ? 2 * had : n; /* doubles, so that a loop of additions is linear */
    enum fbc_trap trap = run_charge(run, had);
    if (trap == FBC_TRAP_NONE) {
        trap = heap_reserve(run, object_size(kind, room));
    }
    if (trap == FBC_TRAP_HEAP) {
        room = n;
        trap = heap_reserve(run, object_size(kind, room));
    }
    if (trap != FBC_TRAP_NONE) {
        return trap;
    }
    uint32_t ref = heap_take(run, type, room);
    uint32_t keep = had < room ? had : room;
    *out = heap_object(run, ref);
    copy_items(run, object_slots(*out), reg->ref, kind == FBC_T_MAP ? 2 * keep : keep);
    (*out)->n = n;
    *reg = slot_ref(ref);
    run->owned = reg;
    run->owned_ref = ref;
    run->owned_room = room;
    return FBC_TRAP_NONE;
}
