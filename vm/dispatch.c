/* dispatch.c: the interpreter. The one long function of the machine; a case is at most eight lines, the rest is in
 * named helpers.
 *
 * The image is verified: operands, jump targets, types and windows need no test here. What depends on values is
 * tested: division, overflow, bounds, sizes, room, fuel. A stop leaves the frame's pc behind the instruction, so
 * resuming is running on. The switch has no default: a new row of ops.def without a case does not build.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "heap.h"

enum fbc_trap run_push(struct fvm_run *run, uint32_t func)
{
    const struct fbc_func *f = &run->image->funcs[func];
    union fvm_slot *regs = run->stack;
    if (run->depth > 0) {
        regs = run->frames[run->depth - 1].regs + run_func(run)->n_regs;
    }
    if (run->depth == run->limits.frames || f->n_regs > run->limits.stack - (size_t)(regs - run->stack)) {
        return FBC_TRAP_STACK;
    }
    memset(regs, 0, f->n_regs * sizeof *regs);
    run->frames[run->depth++] = (struct frame){func, f->code, regs};
    return FBC_TRAP_NONE;
}

static enum fbc_trap op_call(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    const struct fbc_func *callee = &run->image->funcs[FBC_IMM16(w)];
    union fvm_slot *args = &R[FBC_A(w) + 1];
    enum fbc_trap trap = run_push(run, FBC_IMM16(w));
    if (trap == FBC_TRAP_NONE) {
        heap_share_window(run, args, callee->n_params);
        memcpy(run->frames[run->depth - 1].regs, args, callee->n_params * sizeof *args);
        run->fuel -= callee->code_n;
    }
    return trap;
}

/* Natives are ours, but what they leave behind must be a value of the register's type whatever they do. */
static enum fbc_trap op_native(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    uint16_t number = run->image->natives[FBC_IMM16(w)];
    union fvm_slot out = {.i = 0};
    run->native_type = run_func(run)->regs[FBC_A(w)];
    run->native_text = fbc_natives[number].sig[0] == 't' ? &R[FBC_A(w) + 1] : NULL;
    enum fbc_trap trap = run_charge(run, fbc_natives[number].fuel);
    if (trap == FBC_TRAP_NONE) {
        trap = run->natives[number](run, &R[FBC_A(w) + 1], &out);
    }
    run->native_text = NULL;
    if (trap != FBC_TRAP_NONE) {
        return trap;
    }
    switch (run_repr(run->image, run->native_type)) {
    case FBC_REPR_I: break;
    case FBC_REPR_F: out.f = canonical(out.f); break;
    case FBC_REPR_B: out.i = out.i != 0; break;
    case FBC_REPR_T:
    case FBC_REPR_L:
    case FBC_REPR_M:
    case FBC_REPR_R:
    case FBC_REPR_O: out = slot_ref(out.ref); break;
    }
    R[FBC_A(w)] = out;
    return FBC_TRAP_NONE;
}

static union fvm_slot constant(const struct fbc_image *im, uint32_t index)
{
    const struct fbc_const *k = &im->consts[index];
    switch (run_repr(im, k->type)) {
    case FBC_REPR_I:
    case FBC_REPR_B: return (union fvm_slot){.i = k->i};
    case FBC_REPR_F: return (union fvm_slot){.f = k->f};
    case FBC_REPR_T: return slot_ref(k->text.n == 0 ? 0 : FBC_CONST_REF | index);
    case FBC_REPR_L: return slot_ref(k->n == 0 ? 0 : FBC_CONST_REF | index);
    case FBC_REPR_M:
    case FBC_REPR_R:
    case FBC_REPR_O: break;
    }
    return slot_ref(0);
}

/* -- arithmetic with more than one test ---------------------------------------------------------------------------- */

static enum fbc_trap divide(int64_t a, int64_t b, int64_t *out)
{
    if (b == 0) {
        return FBC_TRAP_DIVIDE;
    }
    if (a == INT64_MIN && b == -1) {
        return FBC_TRAP_OVERFLOW;
    }
    *out = a / b;
    return FBC_TRAP_NONE;
}

static enum fbc_trap modulo(int64_t a, int64_t b, int64_t *out)
{
    if (b == 0) {
        return FBC_TRAP_DIVIDE;
    }
    *out = b == -1 ? 0 : a % b; /* INT64_MIN % -1 is undefined in C */
    return FBC_TRAP_NONE;
}

static uint64_t magnitude(int64_t v)
{
    return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

static enum fbc_trap divide_money(int64_t a, int64_t b, int64_t *out)
{
    int64_t quotient = 0;
    enum fbc_trap trap = divide(a, b, &quotient);
    if (trap == FBC_TRAP_NONE) {
        uint64_t rest = magnitude(a % b);
        bool up = rest != 0 && rest >= magnitude(b) - rest;
        *out = quotient + (up ? ((a < 0) == (b < 0) ? 1 : -1) : 0);
    }
    return trap;
}

static enum fbc_trap to_int(double f, int64_t *out)
{
    if (!(f >= -0x1p63 && f < 0x1p63)) {
        return FBC_TRAP_OVERFLOW;
    }
    *out = (int64_t)f;
    return FBC_TRAP_NONE;
}

static enum fbc_trap multiply_money(int64_t a, double f, int64_t *out)
{
    double product = (double)a * f;
    int64_t whole = 0;
    enum fbc_trap trap = to_int(product, &whole);
    if (trap == FBC_TRAP_NONE) {
        double rest = product - (double)whole; /* exact; zero where whole could overflow */
        *out = whole + (rest >= 0.5 ? 1 : rest <= -0.5 ? -1 : 0);
    }
    return trap;
}

/* splitmix64: one word of state, any seed is good. */
static uint64_t next_random(struct fvm_run *run)
{
    uint64_t z = run->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static enum fbc_trap random_below(struct fvm_run *run, int64_t n, int64_t *out)
{
    if (n < 1) {
        return FBC_TRAP_BOUNDS;
    }
    uint64_t bound = (uint64_t)n;
    uint64_t skip = (0 - bound) % bound; /* 2^64 mod bound: these lowest values would favour some results */
    uint64_t v = next_random(run);
    while (v < skip) {
        v = next_random(run);
    }
    *out = (int64_t)(v % bound);
    return FBC_TRAP_NONE;
}

/* -- the outside --------------------------------------------------------------------------------------------------- */

static enum fbc_trap op_input(struct fvm_run *run, union fvm_slot *R, uint32_t w)
{
    const struct fvm_input *in = &run->input;
    const struct fn_str parts[FBC_IN_PARTS] = {in->text, in->option, in->media, in->event, in->event_name};
    struct fn_str s = parts[FBC_B(w) < FBC_IN_PARTS ? FBC_B(w) : FBC_IN_TEXT];
    enum fbc_trap trap = run_charge(run, s.n);
    return trap == FBC_TRAP_NONE ? heap_text(run, s, &R[FBC_A(w)]) : trap;
}

static uint16_t signature_args(const char *sig)
{
    return (uint16_t)strcspn(sig, ">");
}

static enum fbc_trap op_request(struct fvm_run *run, const union fvm_slot *args, uint16_t import, uint32_t call)
{
    uint16_t host = run->image->hosts[import];
    if (run->effects == run->limits.effects || run->calls == UINT32_MAX) { /* a call's number is never 0 */
        return FBC_TRAP_EFFECTS;
    }
    run->effects++;
    run->request = (struct fvm_request){host, signature_args(fbc_hosts[host].sig), args, call};
    return run_charge(run, RUN_STOP_FUEL);
}

static enum fbc_trap op_count(struct fvm_run *run, uint32_t w)
{
    run->counted = (struct fvm_counted){(enum fbc_count)FBC_A(w), run->image->consts[FBC_IMM16(w)].text};
    return run_charge(run, RUN_STOP_FUEL);
}

static void park_wait(struct fvm_run *run, uint32_t wait, int64_t deadline)
{
    run->wait = (uint16_t)wait;
    run->deadline = (run->image->waits[wait].flags & FBC_WAIT_TIMER) != 0 ? deadline : 0;
    run->state = RUN_WAIT;
}

static void arrive(struct fvm_run *run, uint16_t stage)
{
    run->depth = 0;
    run->stage = stage;
    run->owned = NULL;
    run->state = RUN_STAGE;
}

static void finish(struct fvm_run *run)
{
    run->depth = 0;
    run->stage = FBC_NO_INDEX;
    run->state = RUN_DONE;
}

/* The slice is used up: hands out the next one, or nothing when the turn's fuel is gone. */
static enum fbc_trap next_slice(struct fvm_run *run)
{
    int64_t give = run->fuel_rest < run->limits.slice ? run->fuel_rest : run->limits.slice;
    run->fuel += give;
    run->fuel_rest -= give;
    return give == 0 ? FBC_TRAP_FUEL : FBC_TRAP_NONE;
}

#define TRY(expression)              \
    do {                             \
        trap = (expression);         \
        if (trap != FBC_TRAP_NONE) { \
            goto trapped;            \
        }                            \
    } while (0)
#define A R[FBC_A(w)]
#define B R[FBC_B(w)]
#define C R[FBC_C(w)]
#define ENTER()                               \
    do {                                      \
        frame = &run->frames[run->depth - 1]; \
        R = frame->regs;                      \
        pc = code + frame->pc;                \
    } while (0)
#define LEAVE() (frame->pc = (uint32_t)(pc - code))

/* NOLINTNEXTLINE(readability-function-size,readability-function-cognitive-complexity): one case per opcode */
enum fvm_stop run_execute(struct fvm_run *run)
{
    const struct fbc_image *im = run->image;
    const uint32_t *const code = im->code;
    struct frame *frame;
    union fvm_slot *R;
    const uint32_t *pc;
    enum fbc_trap trap;
    uint32_t w;
    ENTER();
    for (;;) {
        w = *pc++;
        switch ((enum fbc_op)(w & 255u)) {
        case FBC_OP_NOP: continue;
        case FBC_OP_MOV:
            heap_share(run, &B);
            A = B;
            continue;
        case FBC_OP_LOADI: A.i = (int16_t)FBC_IMM16(w); continue;
        case FBC_OP_LOADB: A.i = FBC_B(w); continue;
        case FBC_OP_LOADK: A = constant(im, FBC_IMM16(w)); continue;
        case FBC_OP_ZERO: A.i = 0; continue;
        case FBC_OP_GETG: A = run->globals[FBC_IMM16(w)]; continue;
        case FBC_OP_SETG:
            heap_share(run, &A);
            run->globals[FBC_IMM16(w)] = A;
            run->changed[FBC_IMM16(w)] = 1;
            continue;
        case FBC_OP_ADDI:
            if (__builtin_add_overflow(B.i, C.i, &A.i)) {
                goto overflow;
            }
            continue;
        case FBC_OP_SUBI:
            if (__builtin_sub_overflow(B.i, C.i, &A.i)) {
                goto overflow;
            }
            continue;
        case FBC_OP_MULI:
            if (__builtin_mul_overflow(B.i, C.i, &A.i)) {
                goto overflow;
            }
            continue;
        case FBC_OP_DIVI: TRY(divide(B.i, C.i, &A.i)); continue;
        case FBC_OP_MODI: TRY(modulo(B.i, C.i, &A.i)); continue;
        case FBC_OP_NEGI:
            if (__builtin_sub_overflow((int64_t)0, B.i, &A.i)) {
                goto overflow;
            }
            continue;
        case FBC_OP_ADDK:
            if (__builtin_add_overflow(B.i, (int64_t)(int8_t)FBC_C(w), &A.i)) {
                goto overflow;
            }
            continue;
        case FBC_OP_DIVM: TRY(divide_money(B.i, C.i, &A.i)); continue;
        case FBC_OP_MULMF: TRY(multiply_money(B.i, C.f, &A.i)); continue;
        case FBC_OP_ADDF: A.f = canonical(B.f + C.f); continue;
        case FBC_OP_SUBF: A.f = canonical(B.f - C.f); continue;
        case FBC_OP_MULF: A.f = canonical(B.f * C.f); continue;
        case FBC_OP_DIVF:
            if (!(C.f < 0 || C.f > 0)) {
                trap = FBC_TRAP_DIVIDE;
                goto trapped;
            }
            A.f = canonical(B.f / C.f);
            continue;
        case FBC_OP_NEGF: A.f = canonical(-B.f); continue;
        case FBC_OP_I2F: A.f = (double)B.i; continue;
        case FBC_OP_F2I: TRY(to_int(B.f, &A.i)); continue;
        case FBC_OP_EQI: A.i = B.i == C.i; continue;
        case FBC_OP_LTI: A.i = B.i < C.i; continue;
        case FBC_OP_LEI: A.i = B.i <= C.i; continue;
        case FBC_OP_EQF: A.i = B.f >= C.f && B.f <= C.f; continue;
        case FBC_OP_LTF: A.i = B.f < C.f; continue;
        case FBC_OP_LEF: A.i = B.f <= C.f; continue;
        case FBC_OP_EQT: {
            struct fn_str s = fvm_text(run, B.ref);
            TRY(run_charge(run, s.n));
            A.i = fn_str_eq(s, fvm_text(run, C.ref));
            continue;
        }
        case FBC_OP_LTT: {
            struct fn_str s = fvm_text(run, B.ref);
            TRY(run_charge(run, s.n));
            A.i = fn_str_cmp(s, fvm_text(run, C.ref)) < 0; /* UTF-8 orders by bytes as by code points */
            continue;
        }
        case FBC_OP_EQX: {
            bool same = false;
            TRY(value_equal(run, B, C, im->funcs[frame->func].regs[FBC_B(w)], &same));
            A.i = same;
            continue;
        }
        case FBC_OP_NOT: A.i = B.i == 0; continue;
        case FBC_OP_EQB: A.i = B.i == C.i; continue;
        case FBC_OP_JMP: pc += FBC_IMM24(w); continue;
        case FBC_OP_LOOP:
            pc -= FBC_IMM24(w);
            run->fuel -= (int64_t)FBC_IMM24(w) + 1;
            if (run->fuel < 0) {
                goto tired;
            }
            continue;
        case FBC_OP_JF:
            if (A.i == 0) {
                pc += FBC_IMM16(w);
            }
            continue;
        case FBC_OP_JT:
            if (A.i != 0) {
                pc += FBC_IMM16(w);
            }
            continue;
        case FBC_OP_SWITCH: {
            const uint32_t *behind = pc + FBC_IMM16(w);
            bool in = A.i >= 0 && A.i < (int64_t)FBC_IMM16(w);
            pc = in ? behind + FBC_IMM24(pc[A.i]) : behind;
            continue;
        }
        case FBC_OP_SOME: TRY(op_some(run, R, w)); continue;
        case FBC_OP_HAS: A.i = B.ref != 0; continue;
        case FBC_OP_OPEN:
            if (B.ref == 0) {
                trap = FBC_TRAP_NO_VALUE;
                goto trapped;
            }
            A = value_item(run, B.ref, 0);
            continue;
        case FBC_OP_CAT: TRY(op_cat(run, R, w)); continue;
        case FBC_OP_NEWREC:
        case FBC_OP_NEWLIST: TRY(op_gather(run, R, w)); continue;
        case FBC_OP_GETF: A = value_item(run, B.ref, FBC_C(w)); continue;
        case FBC_OP_SETF: TRY(op_setf(run, R, w)); continue;
        case FBC_OP_LISTADD: TRY(op_listadd(run, R, w)); continue;
        case FBC_OP_LISTGET:
            if (C.i < 0 || C.i >= (int64_t)value_count(run, B.ref)) {
                goto bounds;
            }
            A = value_item(run, B.ref, (uint32_t)C.i);
            continue;
        case FBC_OP_LISTSET: TRY(op_listset(run, R, w)); continue;
        case FBC_OP_LISTDEL: TRY(op_listdel(run, R, w)); continue;
        case FBC_OP_LISTCAT: TRY(op_listcat(run, R, w)); continue;
        case FBC_OP_LISTLEN:
        case FBC_OP_MAPLEN: A.i = value_count(run, B.ref); continue;
        case FBC_OP_MAPGET: TRY(op_mapget(run, R, w)); continue;
        case FBC_OP_MAPSET: TRY(op_mapset(run, R, w)); continue;
        case FBC_OP_MAPDEL: TRY(op_mapdel(run, R, w)); continue;
        case FBC_OP_MAPKEY:
            if (C.i < 0 || C.i >= (int64_t)value_count(run, B.ref)) {
                goto bounds;
            }
            A = value_item(run, B.ref, 2 * (uint32_t)C.i);
            continue;
        case FBC_OP_ENCODE: TRY(op_encode(run, R, w)); continue;
        case FBC_OP_DECODE: TRY(op_decode(run, R, w)); continue;
        case FBC_OP_CALL:
            LEAVE();
            TRY(op_call(run, R, w));
            ENTER();
            if (run->fuel < 0) {
                goto tired;
            }
            continue;
        case FBC_OP_NATIVE: TRY(op_native(run, R, w)); continue;
        case FBC_OP_RET: {
            union fvm_slot value = A; /* the verifier lets only called functions have results */
            heap_share(run, &A);
            if (--run->depth == 0) {
                goto done;
            }
            ENTER();
            R[FBC_A(pc[-1])] = value;
            continue;
        }
        case FBC_OP_RETV:
            if (--run->depth == 0) {
                goto done;
            }
            ENTER();
            continue;
        case FBC_OP_EFFECT:
            TRY(op_request(run, &A, (uint16_t)FBC_IMM16(w), 0));
            LEAVE();
            return FVM_EFFECT;
        case FBC_OP_HOST:
            TRY(op_request(run, &A + 1, (uint16_t)FBC_IMM16(w), run->calls + 1));
            LEAVE();
            run->calls++;
            run->state = RUN_CALL;
            return FVM_CALL;
        case FBC_OP_AWAIT: {
            int64_t deadline = B.i;
            park_wait(run, FBC_IMM24(*pc++), deadline);
            LEAVE();
            return FVM_WAIT;
        }
        case FBC_OP_INPUT: TRY(op_input(run, R, w)); continue;
        case FBC_OP_NOW: A.i = run->now; continue;
        case FBC_OP_RAND: TRY(random_below(run, B.i, &A.i)); continue;
        case FBC_OP_COUNT:
            TRY(op_count(run, w));
            LEAVE();
            return FVM_COUNT;
        case FBC_OP_GOTO: arrive(run, (uint16_t)FBC_IMM16(w)); return FVM_STAGE;
        case FBC_OP_END: goto done;
        case FBC_OP_FAIL: trap = FBC_TRAP_USER; goto trapped;
        case FBC_OP_EXT: FN_BUG("a data word was executed");
        }
        FN_BUG("an unknown opcode passed the verifier");
    }
done:
    finish(run);
    return FVM_DONE;
tired:
    LEAVE();
    TRY(next_slice(run));
    return FVM_FUEL;
overflow:
    trap = FBC_TRAP_OVERFLOW;
    goto trapped;
bounds:
    trap = FBC_TRAP_BOUNDS;
trapped:
    run->trapped = (struct fvm_trapped){trap, (uint32_t)(pc - code) - 1, run->stage};
    run->state = RUN_TRAPPED;
    return FVM_TRAP;
}
