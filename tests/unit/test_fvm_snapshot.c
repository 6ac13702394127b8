/* test_fvm_snapshot.c: stop, save, load, go on; and bytes that lie.
 * SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"
#include "vm_talk.h"

#include "fbc_build.h"
#include "fn_buf.h"
#include "fvm_run.h"

#include <stdio.h>
#include <stdlib.h>

enum { STOPS = 7 };
static const struct fbc_image *image, *newer;
static struct fn_buf saved[STOPS];
static struct fn_buf scratch;

static const struct fbc_image *make_image(bool extra)
{
    const struct fbc_image *im = NULL;
    struct fn_buf bytes;
    struct fbc_fault fault = {"", 0, ""};
    fn_buf_init(&bytes, 1 << 20);
    CU_ASSERT_FATAL(talk_bytes(&bytes, extra));
    if (fbc_verify(fn_buf_view(&bytes), FBC_ALLOW_ALL, &im, &fault) != FN_OK) {
        printf("%s at %u: %s\n", fault.rule, (unsigned)fault.word, fault.text);
        CU_FAIL_FATAL("the image is refused");
    }
    fn_buf_fini(&bytes);
    return im;
}

static struct fvm_run *new_run(void)
{
    struct fvm_run *run = fvm_run_new(&fvm_limits_default, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(run);
    return run;
}

static void wakes(struct fvm_run *run, const struct fvm_input *input)
{
    CU_ASSERT_EQUAL(fvm_wake(run, input), FVM_WOKEN);
}

static void says(struct fvm_run *run, const char *json)
{
    CU_ASSERT_EQUAL_FATAL(fvm_resume(run), FVM_EFFECT);
    fn_buf_clear(&scratch);
    fvm_request_json(run, &scratch);
    UNIT_ASSERT_STR(fn_buf_view(&scratch), json);
}

static void hears_and_calls(struct fvm_run *run, const struct fvm_input *input, uint32_t call, const char *json)
{
    wakes(run, input);
    CU_ASSERT_EQUAL_FATAL(fvm_resume(run), FVM_COUNT);
    CU_ASSERT_EQUAL(fvm_counted(run).kind, FBC_COUNT_ANSWER);
    UNIT_ASSERT_STR(fvm_counted(run).name, "menu/nome");
    CU_ASSERT_EQUAL_FATAL(fvm_resume(run), FVM_CALL);
    CU_ASSERT_EQUAL(fvm_request(run).call, call);
    fn_buf_clear(&scratch);
    fvm_request_json(run, &scratch);
    UNIT_ASSERT_STR(fn_buf_view(&scratch), json);
}

/* From one place where a run may be saved to the next. */
static void step(struct fvm_run *run, unsigned i)
{
    static const struct fvm_input ana = {.kind = FBC_WAKE_MESSAGE, .text = {"Ana", 3}};
    static const struct fvm_input timer = {.kind = FBC_WAKE_TIMER};
    fvm_turn(run, TALK_NOW + (int64_t)i * 60000);
    switch (i) {
    case 0: CU_ASSERT_EQUAL(fvm_resume(run), FVM_STAGE); break;
    case 1:
        says(run, "{\"text\":\"Qual é o seu nome?\"}");
        CU_ASSERT_EQUAL(fvm_resume(run), FVM_WAIT);
        break;
    case 2: hears_and_calls(run, &ana, 1, "{\"agent\":\"vendas\",\"prompt\":\"AnaQual é o seu nome?\"}"); break;
    case 3:
        CU_ASSERT_EQUAL(fvm_answer(run, 1, &(struct fvm_answer){.present = false}), FN_OK);
        says(run, "{\"text\":\"Qual é o seu nome?\"}");
        CU_ASSERT_EQUAL(fvm_resume(run), FVM_WAIT);
        break;
    case 4: hears_and_calls(run, &timer, 2, "{\"agent\":\"vendas\",\"prompt\":\"Qual é o seu nome?\"}"); break;
    case 5:
        CU_ASSERT_EQUAL(fvm_answer(run, 2, &(struct fvm_answer){.present = true, .text = FN_STR("Olá")}), FN_OK);
        CU_ASSERT_EQUAL(fvm_resume(run), FVM_STAGE);
        CU_ASSERT_EQUAL(fvm_stage(run), 1);
        break;
    default: CU_ASSERT_EQUAL(fvm_resume(run), FVM_WAIT); break;
    }
}

static void save(struct fvm_run *run, struct fn_buf *out)
{
    fn_buf_clear(out);
    CU_ASSERT_EQUAL_FATAL(fvm_save(run, out), FN_OK);
}

static void load(struct fvm_run *run, struct fn_str bytes)
{
    struct fn_err err = {FN_OK, ""};
    CU_ASSERT_EQUAL(fvm_load(run, image, bytes, &err), FN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
}

static bool same_bytes(const struct fn_buf *a, const struct fn_buf *b)
{
    return fn_str_eq(fn_buf_view(a), fn_buf_view(b));
}

/* Without a restart. Fills saved[]. */
static void test_stops(void)
{
    struct fvm_run *run = new_run();
    CU_ASSERT_EQUAL_FATAL(fvm_start(run, image, 0, TALK_NOW, 7), FN_OK);
    for (unsigned i = 0; i < STOPS; i++) {
        step(run, i);
        save(run, &saved[i]);
        CU_ASSERT(saved[i].n < 512);
    }
    fvm_run_free(run);
}

/* With a restart at every stop: the same bytes. */
static void test_restarts(void)
{
    struct fn_buf again;
    fn_buf_init(&again, 65536);
    for (unsigned i = 1; i < STOPS; i++) {
        struct fvm_run *run = new_run();
        load(run, fn_buf_view(&saved[i - 1]));
        save(run, &again);
        CU_ASSERT(same_bytes(&again, &saved[i - 1]));
        step(run, i);
        save(run, &again);
        CU_ASSERT(same_bytes(&again, &saved[i]));
        fvm_run_free(run);
    }
    fn_buf_fini(&again);
}

static void put_hex(struct fn_buf *out)
{
    for (unsigned i = 0; i < STOPS; i++) {
        fn_buf_printf(out, "stop %u, %zu bytes\n", i, saved[i].n);
        for (size_t at = 0; at < saved[i].n; at++) {
            fn_buf_printf(out, "%02x%s", (unsigned char)saved[i].p[at],
                          at % 32 == 31 || at + 1 == saved[i].n ? "\n" : "");
        }
    }
}

/* The bytes are the same with every compiler and optimisation. FUNNEL_ACCEPT=1 rewrites them. */
static void test_golden(void)
{
    static const char path[] = UNIT_ROOT "/tests/golden/snapshot/talk.hex";
    struct fn_buf want, got;
    fn_buf_init(&want, 65536);
    fn_buf_init(&got, 65536);
    put_hex(&got);
    bool accept = getenv("FUNNEL_ACCEPT") != NULL;
    FILE *f = fopen(path, accept ? "w" : "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    if (accept) {
        fwrite(got.p, 1, got.n, f);
    } else {
        char room[256];
        for (size_t n; (n = fread(room, 1, sizeof room, f)) > 0;) {
            fn_buf_put(&want, room, n);
        }
        CU_ASSERT(same_bytes(&got, &want));
    }
    fclose(f);
    fn_buf_fini(&want);
    fn_buf_fini(&got);
}

static void test_globals(void)
{
    static const char *const want[] = {"[\"Ana\",\"\"]", "{\"Ana\":\"Ana\",\"\":\"\"}",
                                       "{\"nome\":\"\",\"vip\":true,\"nota\":9.5}", "\"\"", "9.5"};
    struct fvm_run *run = new_run();
    load(run, fn_buf_view(&saved[STOPS - 1]));
    for (uint16_t i = 0; i < 5; i++) {
        fn_buf_clear(&scratch);
        fvm_global_json(run, i, &scratch);
        UNIT_ASSERT_STR(fn_buf_view(&scratch), want[i]);
        CU_ASSERT_FALSE(fvm_global_changed(run, i));
    }
    static const struct fvm_input other = {.kind = FBC_WAKE_EVENT, .event_name = {"outro", 5}};
    static const struct fvm_input paid = {
        .kind = FBC_WAKE_EVENT, .event = {"{\"valor\":3}", 11}, .event_name = {"pago", 4}};
    CU_ASSERT_EQUAL(fvm_wake(run, &other), FVM_NOT_WANTED);
    wakes(run, &paid);
    CU_ASSERT_EQUAL(fvm_resume(run), FVM_DONE);
    CU_ASSERT_EQUAL(fvm_stage(run), FBC_NO_INDEX);
    CU_ASSERT(fvm_global_changed(run, 3)); /* the contact's field */
    CU_ASSERT_FALSE(fvm_global_changed(run, 0));
    fn_buf_clear(&scratch);
    CU_ASSERT_EQUAL(fvm_save(run, &scratch), FN_CONFLICT);
    fvm_run_free(run);
}

/* -- waits --------------------------------------------------------------------------------------------------------- */

static enum fvm_wake_result wake_with(enum fbc_wake kind, const char *text, int64_t later)
{
    struct fvm_run *run = new_run();
    struct fvm_input input = {.kind = kind, .text = fn_str_c(text)};
    load(run, fn_buf_view(&saved[1]));
    CU_ASSERT_EQUAL(fvm_waiting(run).deadline, TALK_NOW + 120000);
    fvm_turn(run, TALK_NOW + later);
    enum fvm_wake_result result = fvm_wake(run, &input);
    CU_ASSERT_EQUAL(fvm_stage(run), result == FVM_JUMPED ? 1 : 0);
    if (result == FVM_JUMPED) {
        CU_ASSERT_EQUAL(fvm_resume(run), FVM_STAGE);
        CU_ASSERT_EQUAL(fvm_resume(run), FVM_WAIT);
    }
    fvm_run_free(run);
    return result;
}

static void test_wakes(void)
{
    CU_ASSERT_EQUAL(wake_with(FBC_WAKE_MESSAGE, "oi", 0), FVM_WOKEN);
    CU_ASSERT_EQUAL(wake_with(FBC_WAKE_MESSAGE, "  SAIR! ", 0), FVM_JUMPED);
    CU_ASSERT_EQUAL(wake_with(FBC_WAKE_MESSAGE, "sair daqui", 0), FVM_WOKEN);
    CU_ASSERT_EQUAL(wake_with(FBC_WAKE_MESSAGE, "\xff\xfe", 0), FVM_WOKEN); /* read as empty */
    CU_ASSERT_EQUAL(wake_with(FBC_WAKE_TIMER, "", 119999), FVM_NOT_WANTED);
    CU_ASSERT_EQUAL(wake_with(FBC_WAKE_TIMER, "", 120000), FVM_WOKEN);
    CU_ASSERT_EQUAL(wake_with(FBC_WAKE_EVENT, "", 0), FVM_NOT_WANTED);
    CU_ASSERT_EQUAL(wake_with(FBC_WAKE_HANDBACK, "", 0), FVM_NOT_WANTED);
}

static void test_answers(void)
{
    struct fvm_run *run = new_run();
    struct fvm_answer answer = {.present = true, .text = FN_STR("\xff")};
    load(run, fn_buf_view(&saved[2]));
    CU_ASSERT_EQUAL(fvm_waiting(run).call, 1);
    CU_ASSERT_EQUAL(fvm_waiting(run).wait, FBC_NO_INDEX);
    CU_ASSERT_EQUAL(fvm_answer(run, 2, &answer), FN_CONFLICT);
    CU_ASSERT_EQUAL(fvm_answer(run, 1, &answer), FN_INVALID);
    CU_ASSERT_EQUAL(fvm_resume(run), FVM_CALL);
    answer.text = FN_STR("ok");
    CU_ASSERT_EQUAL(fvm_answer(run, 1, &answer), FN_OK);
    CU_ASSERT_EQUAL(fvm_answer(run, 1, &answer), FN_CONFLICT);
    fvm_run_free(run);
}

/* -- another version ----------------------------------------------------------------------------------------------- */

static void expect_global(struct fvm_run *run, const struct fbc_image *im, const char *name, unsigned contact,
                          const char *json)
{
    uint16_t index = fbc_find_global(im, fn_str_c(name), contact);
    CU_ASSERT_NOT_EQUAL_FATAL(index, FBC_NO_INDEX);
    fn_buf_clear(&scratch);
    fvm_global_json(run, index, &scratch);
    UNIT_ASSERT_STR(fn_buf_view(&scratch), json);
}

static void test_move(void)
{
    struct fvm_run *run = new_run();
    load(run, fn_buf_view(&saved[3]));
    CU_ASSERT_EQUAL(fvm_move(run, newer, 0), FN_CONFLICT); /* not at a stage's entry */
    load(run, fn_buf_view(&saved[5]));
    CU_ASSERT_EQUAL(fvm_move(run, newer, 1), FN_NOT_FOUND);
    CU_ASSERT_EQUAL_FATAL(fvm_move(run, newer, 0), FN_OK);
    expect_global(run, newer, "ouvido", 0, "[\"Ana\",\"\"]");
    expect_global(run, newer, "mapa", 0, "{\"Ana\":\"Ana\",\"\":\"\"}");
    expect_global(run, newer, "pessoa", 0, "{\"nome\":\"\",\"vip\":true,\"nota\":9.5}");
    expect_global(run, newer, "nome", 1, "\"\"");
    expect_global(run, newer, "nota", 0, "0"); /* another type: begins anew */
    expect_global(run, newer, "novo", 0, "[]");
    CU_ASSERT_EQUAL(fvm_resume(run), FVM_EFFECT);
    CU_ASSERT_EQUAL(fvm_resume(run), FVM_WAIT);
    fn_buf_clear(&scratch);
    CU_ASSERT_EQUAL(fvm_save(run, &scratch), FN_OK);
    CU_ASSERT_EQUAL(fvm_load(run, newer, fn_buf_view(&scratch), NULL), FN_OK);
    fvm_run_free(run);
}

/* -- lies ---------------------------------------------------------------------------------------------------------- */

static struct fn_str tampered(const struct fn_buf *b, size_t n, size_t bit, char *room)
{
    memcpy(room, b->p, n);
    if (bit / 8 < n) {
        room[bit / 8] = (char)(room[bit / 8] ^ (1 << bit % 8));
    }
    return (struct fn_str){room, n};
}

static void test_flips_with_old_crc(void)
{
    struct fvm_run *run = new_run();
    char *room = malloc(65536);
    for (unsigned i = 0; i < STOPS; i++) {
        for (size_t bit = 0; bit < 8 * saved[i].n; bit++) {
            CU_ASSERT_EQUAL(fvm_load(run, image, tampered(&saved[i], saved[i].n, bit, room), NULL), FN_INVALID);
        }
    }
    free(room);
    fvm_run_free(run);
}

/* Every flip behind a right checksum is refused, or is a state like any other: saved as the same bytes, and it runs. */
static void test_flips(void)
{
    struct fvm_run *run = new_run();
    char *room = malloc(65536);
    size_t accepted = 0, refused = 0;
    for (unsigned i = 0; i < STOPS; i++) {
        for (size_t bit = 0; bit < 8 * saved[i].n; bit++) {
            struct fn_str bytes = tampered(&saved[i], saved[i].n, bit, room);
            talk_fix_crc(room, bytes.n);
            if (fvm_load(run, image, bytes, NULL) != FN_OK) {
                refused++;
                continue;
            }
            accepted++;
            save(run, &scratch);
            CU_ASSERT(fn_str_eq(fn_buf_view(&scratch), bytes));
            talk_exercise(run, image, &scratch);
        }
    }
    CU_ASSERT(refused > 2 * accepted); /* accepted: clocks, seeds, letters of names */
    CU_ASSERT(accepted > 0);
    free(room);
    fvm_run_free(run);
}

static void test_truncations(void)
{
    struct fvm_run *run = new_run();
    char *room = malloc(65536);
    for (unsigned i = 0; i < STOPS; i++) {
        for (size_t n = 0; n < saved[i].n; n++) {
            char *exact = malloc(n + 1);
            struct fn_str bytes = tampered(&saved[i], n, SIZE_MAX, exact);
            talk_fix_crc(exact, n);
            CU_ASSERT_EQUAL(fvm_load(run, image, bytes, NULL), FN_INVALID);
            free(exact);
        }
        memcpy(room, saved[i].p, saved[i].n);
        memset(room + saved[i].n, 0, 8);
        talk_fix_crc(room, saved[i].n + 8);
        CU_ASSERT_EQUAL(fvm_load(run, image, (struct fn_str){room, saved[i].n + 8}, NULL), FN_INVALID);
    }
    free(room);
    fvm_run_free(run);
}

/* A snapshot of another image, and limits too small for it. */
static void test_refusals(void)
{
    struct fvm_limits small = fvm_limits_default;
    struct fn_err err;
    struct fvm_run *run = new_run();
    CU_ASSERT_EQUAL(fvm_load(run, newer, fn_buf_view(&saved[1]), &err), FN_INVALID);
    CU_ASSERT_EQUAL(fvm_load(run, image, FN_STR(""), &err), FN_INVALID);
    CU_ASSERT_EQUAL(fvm_stage(run), FBC_NO_INDEX);
    CU_ASSERT_EQUAL(fvm_start(run, image, 9, 0, 0), FN_NOT_FOUND);
    fvm_run_free(run);
    small.frames = 1;
    run = fvm_run_new(&small, NULL);
    CU_ASSERT_EQUAL(fvm_load(run, image, fn_buf_view(&saved[1]), &err), FN_INVALID);
    CU_ASSERT_EQUAL(fvm_load(run, image, fn_buf_view(&saved[5]), &err), FN_OK);
    fvm_run_free(run);
}

static void test_begin(void)
{
    image = make_image(false);
    newer = make_image(true);
    fn_buf_init(&scratch, 65536);
    for (unsigned i = 0; i < STOPS; i++) {
        fn_buf_init(&saved[i], 65536);
    }
}

static void test_end(void)
{
    for (unsigned i = 0; i < STOPS; i++) {
        fn_buf_fini(&saved[i]);
    }
    fn_buf_fini(&scratch);
    fbc_image_free(image);
    fbc_image_free(newer);
}

UNIT_SUITE("fvm snapshots", {"images", test_begin}, {"stops", test_stops}, {"restarts", test_restarts},
           {"golden bytes", test_golden}, {"globals", test_globals}, {"wakes", test_wakes}, {"answers", test_answers},
           {"move", test_move}, {"flips, old checksum", test_flips_with_old_crc}, {"flips", test_flips},
           {"truncations", test_truncations}, {"refusals", test_refusals}, {"the end", test_end})
