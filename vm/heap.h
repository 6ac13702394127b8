/* heap.h: objects in the run's heap.
 *
 * A reference is 0 (the type's empty value), FBC_CONST_REF | constant, or the offset of an object: a header of eight
 * bytes, then
 *     text    its bytes, zero-padded to eight                 n = bytes
 *     list    n slots        map  n times key slot, value slot
 *     record  n slots        option  one slot                 n = items, pairs, fields, 1
 * Slots of references have zero upper halves. Empty texts, lists and maps are always 0, never an object.
 *
 * Values are immutable. An update copies, unless the register it works on is run->owned: then its object was made
 * by an update of that very register and no other slot holds it. Whoever copies a reference out of a register says
 * so with heap_share.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HEAP_H
#define HEAP_H
#include "run.h"

enum { HEAP_FIRST = 8 /* offset of the first object */, HEAP_TEXT = 0xFFFF, HEAP_MOVED = 0xFFFE };

struct object {
    uint16_t type; /* index, HEAP_TEXT for everything represented as text, HEAP_MOVED in a half being left */
    uint16_t zero;
    uint32_t n; /* see above; of a moved object its new offset */
};
static_assert(sizeof(struct object) == 8, "the header is eight bytes");
static_assert((int)FBC_LIMIT_TYPES < (int)HEAP_MOVED, "type indices and marks do not meet");

static inline struct object *heap_object(const struct fvm_run *run, uint32_t ref)
{
    return (struct object *)(void *)(run->heap + ref);
}
static inline union fvm_slot *object_slots(struct object *o)
{
    return (union fvm_slot *)(void *)(o + 1);
}
static inline char *object_bytes(struct object *o)
{
    return (char *)(o + 1);
}
static inline union fvm_slot slot_ref(uint32_t ref)
{
    return (union fvm_slot){.i = (int64_t)ref};
}
/* Bytes of an object with its header. */
static inline size_t object_size(enum fbc_type_kind kind, uint32_t n)
{
    return sizeof(struct object) + (size_t)n * (kind == FBC_T_MAP ? 16u : 8u);
}
static inline size_t text_size(size_t n)
{
    return sizeof(struct object) + ((n + 7) & ~(size_t)7);
}

/* Room for `size` bytes without collecting any more; collects when needed. FBC_TRAP_HEAP when there is none. */
enum fbc_trap heap_reserve(struct fvm_run *run, size_t size);
/* Allocates within what was reserved; 0 when it is not there (callers that did not reserve retry after a
 * collection). */
uint32_t heap_take_blank(struct fvm_run *run, uint32_t n);          /* a text to be filled; n > 0 */
uint32_t heap_take_text(struct fvm_run *run, struct fn_str s);      /* s.n > 0, at most FBC_LIMIT_TEXT */
uint32_t heap_take(struct fvm_run *run, uint16_t type, uint32_t n); /* slots are zero */
/* Cheney's copy from globals, then frames: compact, in canonical order. */
void heap_collect(struct fvm_run *run);
/* Empty heap. The roots must hold no references. */
void heap_reset(struct fvm_run *run);

enum fbc_trap heap_text(struct fvm_run *run, struct fn_str s,
                        union fvm_slot *out); /* also s in the heap; FBC_TRAP_SIZE */
/* Makes the register own an object with room for `n` items; existing items are kept, header count is the caller's. */
enum fbc_trap heap_own(struct fvm_run *run, union fvm_slot *reg, uint16_t type, uint32_t n, struct object **out);
static inline void heap_share(struct fvm_run *run, const union fvm_slot *reg)
{
    if (reg == run->owned) {
        run->owned = NULL;
    }
}
static inline void heap_share_window(struct fvm_run *run, const union fvm_slot *from, uint32_t n)
{
    if (run->owned >= from && run->owned < from + n) {
        run->owned = NULL;
    }
}

/* Reading values; ref 0 and constants included. */
uint32_t value_count(const struct fvm_run *run, uint32_t ref); /* list or map */
union fvm_slot value_item(const struct fvm_run *run, uint32_t ref,
                          uint32_t slot); /* list item, record field, map key 2i / value 2i + 1 */
/* Slot index of the key, or -1. */
int64_t value_find(const struct fvm_run *run, uint32_t map, struct fn_str key);
enum fbc_trap value_equal(struct fvm_run *run, union fvm_slot a, union fvm_slot b, uint16_t type, bool *out);

/* Instructions with long bodies (value.c). R: registers of the running frame; w: the instruction. */
enum fbc_trap op_cat(struct fvm_run *run, union fvm_slot *R, uint32_t w);
enum fbc_trap op_some(struct fvm_run *run, union fvm_slot *R, uint32_t w);
enum fbc_trap op_gather(struct fvm_run *run, union fvm_slot *R, uint32_t w); /* NEWREC, NEWLIST */
enum fbc_trap op_setf(struct fvm_run *run, union fvm_slot *R, uint32_t w);
enum fbc_trap op_listadd(struct fvm_run *run, union fvm_slot *R, uint32_t w);
enum fbc_trap op_listset(struct fvm_run *run, union fvm_slot *R, uint32_t w);
enum fbc_trap op_listdel(struct fvm_run *run, union fvm_slot *R, uint32_t w);
enum fbc_trap op_listcat(struct fvm_run *run, union fvm_slot *R, uint32_t w);
enum fbc_trap op_mapget(struct fvm_run *run, union fvm_slot *R, uint32_t w);
enum fbc_trap op_mapset(struct fvm_run *run, union fvm_slot *R, uint32_t w);
enum fbc_trap op_mapdel(struct fvm_run *run, union fvm_slot *R, uint32_t w);

/* json.c */
enum fbc_trap op_encode(struct fvm_run *run, union fvm_slot *R, uint32_t w);
enum fbc_trap op_decode(struct fvm_run *run, union fvm_slot *R, uint32_t w);

#endif
