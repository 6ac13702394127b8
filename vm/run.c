/* run.c: the life of a run: made once, started or loaded for one conversation after the other.
 *
 * All memory is taken here, at the sizes of the limits. A run that failed to start is EMPTY: every entry point says
 * so or does nothing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "heap.h"
#include "snapshot.h"

#include <stdlib.h>

enum { ARENA_MAX = 1024 * 1024, ARENA_MIN = 4096, STACK_MAX = 65536, FRAMES_MAX = 255, SAVE_MIN = 256 };

const struct fvm_limits fvm_limits_default = {.arena = 256 * 1024,
                                              .stack = 2048,
                                              .frames = 64,
                                              .fuel = 1000000,
                                              .slice = 50000,
                                              .effects = 32,
                                              .save = FBC_SAVE_DEFAULT};

static uint32_t clamp(uint32_t v, uint32_t least, uint32_t most)
{
    return v < least ? least : v > most ? most : v;
}

static void set_limits(struct fvm_run *run, const struct fvm_limits *limits)
{
    run->limits = *limits;
    run->limits.arena = clamp(limits->arena, ARENA_MIN, ARENA_MAX) & ~7u;
    run->limits.stack = clamp(limits->stack, FBC_REGS_MAX, STACK_MAX);
    run->limits.frames = clamp(limits->frames, 1, FRAMES_MAX);
    run->limits.slice = clamp(limits->slice, 1, limits->fuel > 1 ? limits->fuel : 1);
    run->limits.save = clamp(limits->save, SAVE_MIN, ARENA_MAX);
}

static bool take_memory(struct fvm_run *run)
{
    const struct fvm_limits *l = &run->limits;
    run->heap = malloc(l->arena);
    run->other = malloc(l->arena);
    run->globals = calloc(FBC_LIMIT_GLOBALS, sizeof *run->globals);
    run->changed = calloc(FBC_LIMIT_GLOBALS, 1);
    run->stack = calloc(l->stack, sizeof *run->stack);
    run->frames = calloc(l->frames, sizeof *run->frames);
    run->block = malloc(snapshot_block(l));
    run->starts = calloc(l->arena / 512 + 1, sizeof *run->starts);
    return run->heap != NULL && run->other != NULL && run->globals != NULL && run->changed != NULL &&
           run->stack != NULL && run->frames != NULL && run->block != NULL && run->starts != NULL;
}

struct fvm_run *fvm_run_new(const struct fvm_limits *limits, const fvm_native_fn *natives)
{
    struct fvm_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return NULL;
    }
    set_limits(run, limits);
    fn_buf_init(&run->text, FBC_LIMIT_TEXT);
    fn_arena_init(&run->json, RUN_JSON_MEMORY);
    if (natives != NULL) {
        memcpy(run->natives, natives, sizeof run->natives);
    }
    if (!take_memory(run)) {
        fvm_run_free(run);
        return NULL;
    }
    heap_reset(run);
    return run;
}

void fvm_run_free(struct fvm_run *run)
{
    if (run == NULL) {
        return;
    }
    free(run->heap);
    free(run->other);
    free(run->globals);
    free(run->changed);
    free(run->stack);
    free(run->frames);
    free(run->block);
    free(run->starts);
    fn_buf_fini(&run->text);
    fn_arena_fini(&run->json);
    free(run);
}

enum fn_code run_accept(const struct fvm_run *run, const struct fbc_image *image, struct fn_err *err)
{
    for (uint32_t i = 0; i < image->n_natives; i++) {
        if (run->natives[image->natives[i]] == NULL) {
            return fn_fail(err, FN_UNSUPPORTED, "native %u is not bound", (unsigned)image->natives[i]);
        }
    }
    return FN_OK;
}

void run_refuel(struct fvm_run *run)
{
    run->effects = 0;
    run->fuel = run->limits.slice;
    run->fuel_rest = (int64_t)run->limits.fuel - run->limits.slice;
}

static bool is_plain(const struct fbc_image *im, uint32_t func)
{
    return func < im->n_funcs && im->funcs[func].n_params == 0 && im->funcs[func].result == FBC_NO_TYPE &&
           im->funcs[func].may_await == 0;
}

enum fn_code run_plain(struct fvm_run *run, uint16_t func)
{
    if (!is_plain(run->image, func) || run_push(run, func) != FBC_TRAP_NONE) {
        return FN_INVALID;
    }
    enum fvm_stop stop;
    do {
        run->state = RUN_READY;
        stop = run_execute(run);
    } while (stop == FVM_FUEL);
    return stop == FVM_DONE ? FN_OK : FN_INVALID;
}

enum fn_code run_init(struct fvm_run *run)
{
    memset(run->globals, 0, run->image->n_globals * sizeof *run->globals);
    memset(run->changed, 0, run->image->n_globals);
    run->depth = 0;
    heap_reset(run);
    enum fn_code code = run_plain(run, 0);
    memset(run->changed, 0, run->image->n_globals);
    return code;
}

enum fn_code fvm_start(struct fvm_run *run, const struct fbc_image *image, uint16_t stage, int64_t now, uint64_t seed)
{
    run->state = RUN_EMPTY;
    enum fn_code code = run_accept(run, image, NULL);
    if (code != FN_OK) {
        return code;
    }
    if (stage >= image->n_stages) {
        return FN_NOT_FOUND;
    }
    run->image = image;
    run->now = now;
    run->random = seed;
    run->calls = 0;
    run->input = (struct fvm_input){.kind = FBC_WAKE_MESSAGE};
    run_refuel(run);
    code = run_init(run);
    if (code != FN_OK) {
        run->state = RUN_EMPTY;
        return code;
    }
    run_refuel(run);
    return fvm_enter(run, stage);
}

void fvm_turn(struct fvm_run *run, int64_t now)
{
    run->now = now > run->now ? now : run->now;
    run->input = (struct fvm_input){.kind = FBC_WAKE_MESSAGE};
    if (run->state != RUN_EMPTY) {
        memset(run->changed, 0, run->image->n_globals);
    }
    run_refuel(run);
}

enum fn_code fvm_enter(struct fvm_run *run, uint16_t stage)
{
    if (run->image == NULL || stage >= run->image->n_stages) {
        return FN_NOT_FOUND;
    }
    run->depth = 0;
    run->owned = NULL;
    run->stage = stage;
    run->state = RUN_ARRIVING;
    return FN_OK;
}

static enum fvm_stop enter_stage(struct fvm_run *run)
{
    run->state = RUN_READY;
    enum fbc_trap trap = run_push(run, run->image->stages[run->stage].func);
    if (trap == FBC_TRAP_NONE) {
        return run_execute(run);
    }
    run->trapped = (struct fvm_trapped){trap, run->image->funcs[run->image->stages[run->stage].func].code, run->stage};
    run->state = RUN_TRAPPED;
    return FVM_TRAP;
}

enum fvm_stop fvm_resume(struct fvm_run *run)
{
    switch (run->state) {
    case RUN_EMPTY: break;
    case RUN_ARRIVING: run->state = RUN_STAGE; return FVM_STAGE;
    case RUN_STAGE: return enter_stage(run);
    case RUN_READY: return run_execute(run);
    case RUN_WAIT: return FVM_WAIT;
    case RUN_CALL: return FVM_CALL;
    case RUN_TRAPPED: return FVM_TRAP;
    case RUN_DONE: return FVM_DONE;
    }
    FN_BUG("resumed a run that holds no conversation");
}

struct fvm_waiting fvm_waiting(const struct fvm_run *run)
{
    switch (run->state) {
    case RUN_WAIT: return (struct fvm_waiting){run->wait, run->deadline, 0};
    case RUN_CALL: return (struct fvm_waiting){FBC_NO_INDEX, 0, run->calls};
    case RUN_EMPTY:
    case RUN_ARRIVING:
    case RUN_STAGE:
    case RUN_READY:
    case RUN_TRAPPED:
    case RUN_DONE: break;
    }
    return (struct fvm_waiting){FBC_NO_INDEX, 0, 0};
}

struct fvm_counted fvm_counted(const struct fvm_run *run)
{
    return run->counted;
}

struct fvm_trapped fvm_trapped(const struct fvm_run *run)
{
    return run->trapped;
}

uint16_t fvm_stage(const struct fvm_run *run)
{
    return run->state == RUN_EMPTY ? FBC_NO_INDEX : run->stage;
}

bool fvm_global_changed(const struct fvm_run *run, uint16_t global)
{
    return (run->image->globals[global].flags & FBC_G_CONTACT) != 0 && run->changed[global] != 0;
}

bool fvm_errors_more(struct fvm_errors *e, int64_t now)
{
    bool lately = e->n != 0 && now - e->at < FBC_ERRORS_MS;
    if (lately && (e->n >= FBC_ERRORS_MAX || !e->heard)) {
        return false;
    }
    *e = (struct fvm_errors){.n = lately ? e->n + 1 : 1, .at = now};
    return true;
}
