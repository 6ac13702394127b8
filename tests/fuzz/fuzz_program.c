/* fuzz_program.c: whatever the verifier lets through may be run: the claim on which tenants' images rest.
 *
 * Property: an accepted image, started at each of its stages and driven through waits, calls, effects, traps, saves and loads, touches no
 * memory that is not the run's and breaks no invariant (FN_BUG), and a state that was saved loads again and saves to the same bytes.
 *
 * Input as for fuzz_image: assembler text that begins with ';', or an image, whose length and checksum are put right.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_image.h"
#include "fsl_natives.h"
#include "fvm_run.h"
#include "image_input.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STOPS = 200, STAGES = 4, SAVED_MAX = 1 << 20 };
static const int64_t clock_ms = 1772445600000; /* a Monday in March 2026 */
static struct fvm_run *run, *other;

static void require(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "fuzz_program: %s\n", what);
        abort();
    }
}

/* Saves, loads into a second run, saves again. */
static void check_saved(const struct fbc_image *im)
{
    struct fn_buf first, second;
    struct fn_err err = {FN_OK, ""};
    fn_buf_init(&first, SAVED_MAX);
    fn_buf_init(&second, SAVED_MAX);
    if (fvm_save(run, &first) == FN_OK) { /* else it has grown past its limit */
        enum fn_code code = fvm_load(other, im, fn_buf_view(&first), &err);
        if (code != FN_OK) {
            fprintf(stderr, "fuzz_program: %s\n", err.text);
        }
        require(code == FN_OK, "a saved state is refused");
        require(fvm_save(other, &second) == FN_OK, "a loaded state is not saved");
        require(fn_str_eq(fn_buf_view(&first), fn_buf_view(&second)), "a loaded state is saved otherwise");
    }
    fn_buf_fini(&first);
    fn_buf_fini(&second);
}

static bool wake(unsigned round)
{
    const struct fvm_input input = {
        .kind = (enum fbc_wake)(round % 4),
        .text = round % 3 == 0 ? FN_STR("Olá, são 2 às 15h de amanhã") : FN_STR(""),
        .option = FN_STR("sim"),
        .media = FN_STR("{\"kind\":\"image\",\"url\":\"https://x/y.png\"}"),
        .event = FN_STR("{\"a\":\"x\",\"b\":2}"),
        .event_name = FN_STR("pago"),
    };
    for (unsigned kind = 0; kind < 4; kind++) {
        struct fvm_input turned = input;
        turned.kind = (enum fbc_wake)((round + kind) % 4);
        if (fvm_wake(run, &turned) != FVM_NOT_WANTED) {
            return true;
        }
    }
    return false;
}

static bool answer(unsigned round)
{
    const struct fvm_answer given = {
        .present = round % 3 != 0, .i = (int64_t)round - 2, .text = FN_STR("[1,\"dois\",null]")};
    struct fvm_request request = fvm_request(run);
    return fvm_answer(run, request.call, &given) == FN_OK;
}

static void show_request(void)
{
    struct fn_buf out;
    fn_buf_init(&out, SAVED_MAX);
    fvm_request_json(run, &out);
    fn_buf_fini(&out);
}

/* Goes on behind a stop; false: the conversation is over, or stands for good. */
static bool go_on(const struct fbc_image *im, enum fvm_stop stop, unsigned round)
{
    switch (stop) {
    case FVM_WAIT:
        check_saved(im);
        fvm_turn(run, clock_ms + round);
        return wake(round);
    case FVM_CALL:
        show_request();
        check_saved(im);
        return answer(round);
    case FVM_EFFECT: show_request(); return true;
    case FVM_COUNT: return fvm_counted(run).kind <= FBC_COUNT_ANSWER;
    case FVM_STAGE: check_saved(im); return true;
    case FVM_FUEL: return true;
    case FVM_TRAP: require(fvm_trapped(run).word < im->n_code, "a trap outside the code"); return false;
    case FVM_DONE: return false;
    }
    return false;
}

static void show_globals(const struct fbc_image *im)
{
    struct fn_buf out;
    fn_buf_init(&out, SAVED_MAX);
    for (uint32_t i = 0; i < im->n_globals; i++) {
        fn_buf_clear(&out);
        fvm_global_json(run, (uint16_t)i, &out);
    }
    fn_buf_fini(&out);
}

static void run_stage(const struct fbc_image *im, uint16_t stage)
{
    if (fvm_start(run, im, stage, clock_ms, 7) != FN_OK) {
        return; /* a native that is not bound */
    }
    for (unsigned round = 0; round < STOPS; round++) {
        enum fvm_stop stop = fvm_resume(run);
        if (!go_on(im, stop, round)) {
            break;
        }
    }
    show_globals(im);
}

static void run_image(const uint8_t *data, size_t size)
{
    struct fbc_fault fault;
    const struct fbc_image *im = NULL;
    if (fbc_verify((struct fn_str){(const char *)data, size}, FBC_ALLOW_ALL, &im, &fault) != FN_OK) {
        return;
    }
    for (uint16_t i = 0; i < im->n_stages && i < STAGES; i++) {
        run_stage(im, i);
    }
    fbc_image_free(im);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (run == NULL) {
        struct fvm_limits limits = fvm_limits_default;
        limits.fuel = 20000; /* many short programs find more than a few long ones */
        limits.slice = 5000;
        run = fvm_run_new(&limits, fsl_natives);
        other = fvm_run_new(&limits, fsl_natives);
        require(run != NULL && other != NULL, "out of memory");
    }
    if (!image_assembled(data, size, run_image)) {
        image_repaired(data, size, run_image);
    }
    return 0;
}
