/* fuzz_snapshot.c: any bytes as a snapshot of a real image, with the checksum put right.
 *
 * Property: fvm_load refuses it, or it is a state like any other: fvm_save gives the very same bytes back, and the
 * run goes on through waits, calls, effects, saves and loads without a fault. The first byte of the input chooses
 * what the rest is: raw bytes, or a list of changes to a real snapshot, which reaches deep states sooner.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../unit/vm_talk.h"

#include "fbc_build.h"
#include "fn_buf.h"
#include "fvm_run.h"

#include <stdlib.h>

enum { SEEDS = 8, ROOM = 65536 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fbc_image *image;
static struct fvm_run *run;
static struct fn_buf seeds[SEEDS], scratch;
static unsigned n_seeds;

/* The states a conversation passes through, as it is talked with. */
static void make_seeds(void)
{
    if (fvm_start(run, image, 0, TALK_NOW, 7) != FN_OK) {
        FN_BUG("the image does not start");
    }
    for (unsigned round = 0; n_seeds < SEEDS; round++) {
        enum fvm_stop stop = fvm_resume(run);
        if (stop == FVM_WAIT || stop == FVM_CALL || stop == FVM_STAGE) {
            fn_buf_init(&seeds[n_seeds], ROOM);
            if (fvm_save(run, &seeds[n_seeds++]) != FN_OK) {
                FN_BUG("a state is not saved");
            }
        }
        if (!talk_poke(run, stop, stop == FVM_CALL ? 1 : 0)) {
            return;
        }
    }
}

static void begin(void)
{
    struct fn_buf bytes;
    struct fbc_fault fault;
    fn_buf_init(&bytes, 1 << 20);
    fn_buf_init(&scratch, ROOM);
    run = fvm_run_new(&fvm_limits_default, NULL);
    if (run == NULL || !talk_bytes(&bytes, false) ||
        fbc_verify(fn_buf_view(&bytes), FBC_ALLOW_ALL, &image, &fault) != FN_OK) {
        FN_BUG("the image is refused");
    }
    fn_buf_fini(&bytes);
    make_seeds();
}

/* seed, then changes of three bytes: place (16 bits), value. */
static size_t change_seed(char *room, const uint8_t *data, size_t size)
{
    const struct fn_buf *seed = &seeds[data[0] % n_seeds];
    memcpy(room, seed->p, seed->n);
    for (size_t i = 1; i + 3 <= size; i += 3) {
        room[((size_t)data[i] | (size_t)data[i + 1] << 8) % seed->n] = (char)data[i + 2];
    }
    return seed->n;
}

/* The input on a block of its own size, so that AddressSanitizer sees a read past its end. */
static char *make_snapshot(const uint8_t *data, size_t size, size_t *n)
{
    char *room = malloc(ROOM);
    char *exact = NULL;
    if (room == NULL) {
        return NULL;
    }
    if (data[0] % 2 == 0) {
        *n = size - 1 < ROOM ? size - 1 : ROOM;
        memcpy(room, data + 1, *n);
    } else {
        *n = change_seed(room, data + 1, size - 1);
    }
    talk_fix_crc(room, *n);
    exact = malloc(*n + 1);
    if (exact != NULL) {
        memcpy(exact, room, *n);
    }
    free(room);
    return exact;
}

static bool is_saved_as(const char *bytes, size_t n)
{
    return fn_str_eq(fn_buf_view(&scratch), (struct fn_str){bytes, n});
}

/* A snapshot of old may hold what a pending call was asked with, which is not kept any more: saved once it stays as it is. */
static bool is_fixed(void)
{
    static char once[ROOM];
    size_t n = scratch.n;
    if (n > sizeof once) {
        return false;
    }
    memcpy(once, scratch.p, n);
    if (fvm_load(run, image, (struct fn_str){once, n}, NULL) != FN_OK) {
        return false;
    }
    fn_buf_clear(&scratch);
    return fvm_save(run, &scratch) == FN_OK && is_saved_as(once, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = 0;
    if (image == NULL) {
        begin();
    }
    char *bytes = size >= 2 ? make_snapshot(data, size, &n) : NULL;
    if (bytes != NULL && fvm_load(run, image, (struct fn_str){bytes, n}, NULL) == FN_OK) {
        bool calls = fvm_waiting(run).call != 0;
        fn_buf_clear(&scratch);
        if (fvm_save(run, &scratch) != FN_OK || (!calls && !is_saved_as(bytes, n))) {
            FN_BUG("an accepted snapshot is not what its state saves as");
        }
        if (calls && !is_fixed()) {
            FN_BUG("what was saved without the arguments of its call is saved otherwise when it is loaded");
        }
        talk_exercise(run, image, &scratch);
    }
    free(bytes);
    return 0;
}
