/* fvm_run.h: one conversation's program, running. A pure function of (image, snapshot, inputs, turn clock, seed):
 * no I/O, no wall clock, no locale, no globals; links libc only.
 *
 * The host pulls:
 *     fvm_start or fvm_load, then fvm_resume until it says WAIT or DONE, then fvm_save.
 * Effects are returned, not called. One struct fvm_run serves any number of conversations one after the other; it owns
 * its arena and
 * allocates nothing while running.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FVM_RUN_H
#define FVM_RUN_H
#include "fbc_image.h"

struct fvm_run;

/* Natives (natives.def): args are raw slots in signature order; the result slot goes to *out. A native makes texts
 * with fvm_make_text and reads them with fvm_text; it must charge fvm_charge for bulk work. Returns FBC_TRAP_NONE
 * or a trap. */
union fvm_slot {
    int64_t i;
    double f;
    uint32_t ref;
};
typedef enum fbc_trap (*fvm_native_fn)(struct fvm_run *run, const union fvm_slot *args, union fvm_slot *out);

struct fvm_limits {
    uint32_t arena;   /* bytes of heap in a turn; default 256 KiB, max 1 MiB */
    uint32_t stack;   /* registers; default 2,048 */
    uint32_t frames;  /* default 64 */
    uint32_t fuel;    /* of a turn; default 1,000,000 */
    uint32_t slice;   /* fuel between two FVM_FUEL stops; default 50,000 */
    uint32_t effects; /* of a turn; default 32 */
    uint32_t save;    /* bytes of a snapshot; default 64 KiB */
};
extern const struct fvm_limits fvm_limits_default;

/* natives: FBC_NATIVE_MAX entries, NULL where none is bound (an image that imports such a one is refused at
 * fvm_start/fvm_load with FN_UNSUPPORTED). NULL on failure of memory. */
struct fvm_run *fvm_run_new(const struct fvm_limits *limits, const fvm_native_fn *natives);
void fvm_run_free(struct fvm_run *run);

/* Begins at a stage with zero variables; the image's initial values are set by the hidden function "init" (function
 * 0: no parameters, no result, may not await), which runs here: FN_INVALID when it fails. Contact fields may be set
 * next, by fvm_global_set; the first stop is STAGE. now: ms UTC. The image must outlive the run's use of it. */
FN_MUST_USE enum fn_code fvm_start(struct fvm_run *run, const struct fbc_image *image, uint16_t stage, int64_t now,
                                   uint64_t seed);
/* Validates a snapshot linearly and takes it in place. FN_INVALID for any byte string that fvm_save of the same
 * image could not have made (CRC, bounds, types, references, frames); the run is then empty. */
FN_MUST_USE enum fn_code fvm_load(struct fvm_run *run, const struct fbc_image *image, struct fn_str snapshot,
                                  struct fn_err *err);
/* Only when the last stop was WAIT, STAGE or a pending CALL, else FN_CONFLICT; FN_LIMIT past limits.save.
 * Canonical: equal states give equal bytes. Appends to out. */
FN_MUST_USE enum fn_code fvm_save(struct fvm_run *run, struct fn_buf *out);

enum fvm_stop {
    FVM_WAIT,   /* suspended: save, come back with fvm_wake */
    FVM_CALL,   /* suspended in a host call: fvm_request has it; give fvm_answer now, or save and give it later */
    FVM_EFFECT, /* an effect: fvm_request has it; copy, resume */
    FVM_COUNT,  /* a metric: fvm_counted has it; resume */
    FVM_STAGE,  /* at the entry of a stage; state is {stage, globals}: may fvm_save and fvm_move here; resume */
    FVM_FUEL,   /* slice is used up; resume goes on */
    FVM_TRAP,   /* the program failed; fvm_trapped tells why and where. fvm_enter may go to the stage of `on error` */
    FVM_DONE    /* the conversation ended */
};
/* Runs until the next stop. */
enum fvm_stop fvm_resume(struct fvm_run *run);
/* The clock of this turn (ms UTC, never before the last one's) and a fresh fuel budget. Call once a turn after
 * fvm_load. */
void fvm_turn(struct fvm_run *run, int64_t now);

/* A row that may end the present wait. */
struct fvm_input {
    enum fbc_wake kind;
    struct fn_str text, option, media, event,
        event_name; /* fbc_input_part; borrowed until the next fvm_wake or fvm_load */
};
enum fvm_wake_result {
    FVM_WOKEN,     /* fvm_resume goes on behind the AWAIT */
    FVM_JUMPED,    /* a phrase or an event of `always` won: the run stands at the entry of that stage */
    FVM_NOT_WANTED /* this wait does not take such a row: keep it (events, messages) or drop it (stale timer) */
};
/* What began the program, behind fvm_start and fvm_turn, ahead of the first resume: an event whose fields its stage reads. */
void fvm_given(struct fvm_run *run, const struct fvm_input *input);
enum fvm_wake_result fvm_wake(struct fvm_run *run, const struct fvm_input *input);

/* The wait the run is suspended at; valid after WAIT and after fvm_load of a snapshot saved at a WAIT. */
struct fvm_waiting {
    uint16_t wait;    /* image->waits index */
    int64_t deadline; /* ms UTC, 0 none */
    uint32_t call;    /* not 0: suspended in host call number `call` of this conversation; wait is then FBC_NO_INDEX */
};
struct fvm_waiting fvm_waiting(const struct fvm_run *run);

/* After EFFECT and CALL. */
struct fvm_request {
    uint16_t host;              /* hosts.def number */
    uint16_t n;                 /* arguments */
    const union fvm_slot *args; /* valid until the next call on the run; a save lets go of them */
    uint32_t call;              /* CALL: number of the call, from 1, stable across save and load */
};
struct fvm_request fvm_request(const struct fvm_run *run);
/* The request as a JSON object with the argument names of hosts.def: {"text":"Oi"}. The form in which effects are
 * stored. */
void fvm_request_json(const struct fvm_run *run, struct fn_buf *out);
/* Result of a CALL, by the import's signature: `i` from value.i; `o`/`t` from text (present = false gives none). */
struct fvm_answer {
    bool present;
    int64_t i;
    struct fn_str text;
};
FN_MUST_USE enum fn_code fvm_answer(struct fvm_run *run, uint32_t call, const struct fvm_answer *answer);

struct fvm_counted {
    enum fbc_count kind;
    struct fn_str name;
};
struct fvm_counted fvm_counted(const struct fvm_run *run);
struct fvm_trapped {
    enum fbc_trap trap;
    uint32_t word; /* code word; image->lines gives the source */
    uint16_t stage;
};
struct fvm_trapped fvm_trapped(const struct fvm_run *run);

uint16_t fvm_stage(const struct fvm_run *run); /* where the run stands; FBC_NO_INDEX when ended */
/* Drops all frames and stands at the entry of a stage (takeovers, `on error`, campaigns). */
FN_MUST_USE enum fn_code fvm_enter(struct fvm_run *run, uint16_t stage);
/* At a stage's entry only: carry the globals over to another image by stable name and equal structural type; others
 * start from its init, or from the function FVM_MIGRATE NAME (`migrate var`) when it has one. stage: of the new image. When it
 * fails, nothing has changed. */
#define FVM_MIGRATE "migrate:"
FN_MUST_USE enum fn_code fvm_move(struct fvm_run *run, const struct fbc_image *to, uint16_t stage);

/* Globals as JSON, for the contact's data, inspection and tests. Set returns FN_INVALID when the JSON does not fit
 * the type. */
void fvm_global_json(const struct fvm_run *run, uint16_t global, struct fn_buf *out);
FN_MUST_USE enum fn_code fvm_global_set(struct fvm_run *run, uint16_t global, struct fn_str json);
bool fvm_global_changed(const struct fvm_run *run, uint16_t global); /* contact fields, since fvm_turn */

/* -- for natives --------------------------------------------------------------------------------------------------- */
struct fn_str fvm_text(const struct fvm_run *run, uint32_t ref); /* borrowed until the next allocation */
enum fbc_trap fvm_make_text(struct fvm_run *run, struct fn_str s, uint32_t *out);
enum fbc_trap fvm_make_some_text(struct fvm_run *run, struct fn_str s,
                                 uint32_t *out); /* text? present; none is ref 0 */
enum fbc_trap fvm_make_some_int(struct fvm_run *run, int64_t v, uint32_t *out);
enum fbc_trap fvm_make_some_num(struct fvm_run *run, double v, uint32_t *out);
uint32_t fvm_list_count(const struct fvm_run *run, uint32_t ref);
union fvm_slot fvm_list_at(const struct fvm_run *run, uint32_t ref, uint32_t index); /* index < count */
enum fbc_trap fvm_make_text_list(struct fvm_run *run, const struct fn_str *items, uint32_t n, uint32_t *out);
enum fbc_trap fvm_charge(struct fvm_run *run, size_t units);

/* -- errors ------------------------------------------------------------------------------------------------------------------------
 * How often a conversation came to its stage of `on error` lately. The host keeps it with the conversation, over turns and programs; all zero: never. */
struct fvm_errors {
    uint32_t n;
    int64_t at; /* the last time */
    bool heard; /* a message, an event or a person came behind it */
};
/* Counts one more. False: too many (FBC_ERRORS_MAX), nothing is counted; the conversation is to be parked. */
bool fvm_errors_more(struct fvm_errors *e, int64_t now);
#endif
