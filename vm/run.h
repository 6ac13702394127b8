/* run.h: the inside of struct fvm_run, shared by the files of vm/.
 *
 * State is one of enum run_state. While READY, the frames say where to go on; otherwise they are parked (WAIT,
 * CALL) or empty. Every register and global always holds a valid value of its static type: that is what makes the
 * roots exact and collection possible at any allocation. Nothing outside heap.c keeps a pointer into the heap over
 * an allocation.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RUN_H
#define RUN_H
#include "fbc_format.h"
#include "fn_arena.h"
#include "fvm_run.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "heap and snapshot are little-endian; there is no swapping");
static_assert(sizeof(union fvm_slot) == 8, "a slot is eight bytes");

enum run_state {
    RUN_EMPTY,
    RUN_ARRIVING, /* at a stage's entry, the stop STAGE not told yet */
    RUN_STAGE,    /* at a stage's entry, told */
    RUN_READY,    /* in the middle; fvm_resume goes on */
    RUN_WAIT,
    RUN_CALL,
    RUN_TRAPPED,
    RUN_DONE
};
enum {
    RUN_LIST_MAX = 4096,          /* items of a list, pairs of a map; a type's bound may be lower */
    RUN_PHRASE_MAX = 1024,        /* bytes of a message that is looked up among the phrases; a phrase has at most 256 */
    RUN_STOP_FUEL = 64,           /* what an effect, a call or a count costs: the host works for it */
    RUN_JSON_MEMORY = 1024 * 1024 /* of one DECODE or of one set global */
};

struct frame {
    uint32_t func;
    uint32_t pc; /* word to go on at, when the frame is not the running one */
    union fvm_slot *regs;
};

struct fvm_run {
    const struct fbc_image *image; /* borrowed */
    enum run_state state;
    uint16_t stage;
    uint16_t wait;
    int64_t deadline;
    int64_t now;
    uint64_t random; /* state of splitmix64 */
    uint32_t calls;  /* host calls made by this conversation; the pending one has this number */
    /* Fuel of the slice, and what the turn has beyond it. Bulk work may push fuel below zero. */
    int64_t fuel, fuel_rest;
    uint32_t effects;
    /* heap */
    unsigned char *heap, *other; /* two halves of limits.arena bytes; offset 0 is never an object */
    uint32_t top;                /* next free byte of heap */
    union fvm_slot *owned;       /* the register whose object nobody else refers to, or NULL; see heap.h */
    uint32_t owned_ref;          /* the object; another value in the register ends the ownership */
    uint32_t owned_room;         /* items that fit into that object */
    /* roots */
    union fvm_slot *globals;
    uint8_t *changed; /* a byte per global, since fvm_turn */
    union fvm_slot *stack;
    struct frame *frames;
    uint32_t depth; /* frames in use */
    /* the last stop */
    struct fvm_request request;
    struct fvm_counted counted;
    struct fvm_trapped trapped;
    struct fvm_input input;
    uint16_t native_type;              /* type of the register a running native fills */
    const union fvm_slot *native_text; /* its first argument when that is a text, else NULL */
    /* working memory, made by fvm_run_new */
    struct fn_buf text; /* JSON and folded phrases */
    struct fn_arena json;
    unsigned char *block; /* a snapshot in the making */
    uint64_t *starts;     /* a bit per 8 bytes of heap, for validation */
    struct fvm_limits limits;
    fvm_native_fn natives[FBC_NATIVE_MAX];
};

/* Interprets from the top frame until the next stop. (dispatch.c) */
enum fvm_stop run_execute(struct fvm_run *run);
/* Pushes a frame with zeroed registers. */
enum fbc_trap run_push(struct fvm_run *run, uint32_t func);
/* Sets all globals to zero and runs the image's init. FN_INVALID when it fails or does what init may not. */
/* A function without parameters, result or waiting, to its end. */
FN_MUST_USE enum fn_code run_plain(struct fvm_run *run, uint16_t func);
FN_MUST_USE enum fn_code run_init(struct fvm_run *run);
/* FN_UNSUPPORTED when the image imports a native that is not bound. */
FN_MUST_USE enum fn_code run_accept(const struct fvm_run *run, const struct fbc_image *image, struct fn_err *err);
void run_refuel(struct fvm_run *run);
/* Result of the instruction the top frame is parked behind. */
union fvm_slot *run_result(struct fvm_run *run);
void run_drop_request(struct fvm_run *run); /* CALL: nobody reads its arguments any more */

static inline enum fbc_trap run_charge(struct fvm_run *run, size_t units)
{
    run->fuel -= units < UINT32_MAX ? (int64_t)units : (int64_t)UINT32_MAX;
    return run->fuel >= 0 || run->fuel + run->fuel_rest >= 0 ? FBC_TRAP_NONE : FBC_TRAP_FUEL;
}
static inline enum fbc_repr run_repr(const struct fbc_image *im, uint16_t type)
{
    return (enum fbc_repr)im->types[type].repr;
}
static inline bool repr_is_ref(enum fbc_repr repr)
{
    return repr >= FBC_REPR_T;
}
static inline const struct fbc_func *run_func(const struct fvm_run *run)
{
    return &run->image->funcs[run->frames[run->depth - 1].func];
}
/* A double whose NaN has one bit pattern, so that equal states have equal bytes. */
static inline double canonical(double f)
{
    union fvm_slot nan = {.i = (int64_t)FBC_CANONICAL_NAN};
    return f == f ? f : nan.f;
}

#endif
