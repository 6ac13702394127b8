/* test_frt_direct.c: a message that goes into the store with the turn it makes, and what sends it the long way.
 * SPDX-License-Identifier: Apache-2.0 */
#include "../../runtime/engine.h"
#include "engine_world.h"
#include "fbc_image.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "unit.h"

static struct frt_engine_stats stats_of(const struct world *w)
{
    struct frt_engine_stats s;
    frt_engine_stats(w->engine, &s);
    return s;
}

/* Of COMMIT: how often each fault is drawn; of INGEST: how many came by. */
static struct script {
    enum frt_fault fault;
    unsigned times, ingests, commits;
} script;

static enum frt_fault on_op(void *ctx, const struct frt_op *op)
{
    (void)ctx;
    script.ingests += op->kind == FRT_OP_INGEST;
    script.commits += op->kind == FRT_OP_COMMIT;
    if (op->kind != FRT_OP_COMMIT || script.times == 0) {
        return FRT_FAULT_NONE;
    }
    script.times--;
    return script.fault;
}

/* A conversation that this node knows: two messages in, its clock a second old. */
static void known(struct world *w, uint32_t settle_ms)
{
    setup(w, settle_ms);
    say(w, "a");
    wait_ms(w, 5000);
    say(w, "b");
    wait_ms(w, 5000);
    script = (struct script){.fault = FRT_FAULT_NONE};
    frt_memory_faults(w->memory, on_op, NULL);
}

static void test_one_operation(void)
{
    struct world w;
    known(&w, 0);
    uint64_t before = stats_of(&w).direct;
    w.accepted_when_said = 0;
    say(&w, "c");
    CU_ASSERT_EQUAL(w.accepted_when_said, 3);
    CU_ASSERT_EQUAL(stats_of(&w).direct, before + 1);
    CU_ASSERT_EQUAL(script.ingests, 0);
    CU_ASSERT_EQUAL(script.commits, 1);
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    CU_ASSERT_EQUAL(w.accepted, 3);
    post(&w, FRT_IN_MESSAGE, "c", "in-2"); /* the provider says it again: the number that `say` gave it */
    wait_ms(&w, 1000);
    CU_ASSERT_EQUAL(w.n_said, 3);
    teardown(&w);
}

/* In the order in which they came, though the first is on its way in by another door. */
static void test_order(void)
{
    struct world w;
    known(&w, 0);
    struct frt_inbound in = {
        .tenant = 1, .channel = 7, .kind = FRT_IN_MESSAGE, .aliases = {FN_STR("phone:5511987654321")}, .n_aliases = 1};
    in.address = FN_STR("5511987654321@s.whatsapp.net");
    static const char *const texts[] = {"c", "d", "e", "f"};
    for (size_t i = 0; i < FN_COUNT(texts); i++) {
        in.dedupe = in.payload.text = fn_str_c(texts[i]);
        frt_engine_ingest(w.engine, &in, on_accepted, &w);
        w.clock.now++;
    }
    settle(&w);
    wait_ms(&w, 1000);
    for (size_t i = 0; i < FN_COUNT(texts); i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "{\"text\":\"%s\"}", texts[i]);
        CU_ASSERT_TRUE(said(&w, 2 + i, expected));
    }
    CU_ASSERT_EQUAL(w.accepted, 6);
    CU_ASSERT_TRUE(stats_of(&w).direct >= 1);
    teardown(&w);
}

/* Somebody was first: the message is stored, and read in its turn. */
static void test_lost_race(void)
{
    struct world w;
    known(&w, 0);
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    struct frt_ingest other = {.tenant = 1, .channel = 7, .conv = w.conv, .dedupe = FN_STR("other")};
    other.row = (struct frt_row){
        .id = 1, .kind = FRT_IN_MESSAGE, .received_at = w.clock.now, .due_at = w.clock.now, .payload = FN_STR_NULL};
    struct fn_buf payload;
    fn_buf_init(&payload, 1024);
    frt_payload_write(&payload, &(struct frt_payload){.text = FN_STR("outra")});
    other.row.payload = fn_buf_view(&payload);
    struct frt_op_ingest op = {.op = {.kind = FRT_OP_INGEST, .done = ignore, .arena = &arena}, .items = &other, .n = 1};
    frt_store_submit(w.store, &op.op); /* another node's */
    w.store.ops->drain(w.store.self);
    w.clock.now++;
    say(&w, "c");
    wait_ms(&w, 2000);
    CU_ASSERT_EQUAL(stats_of(&w).indirect, 1);
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"outra\"}"));
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"c\"}"));
    CU_ASSERT_EQUAL(w.n_said, 4);
    fn_buf_fini(&payload);
    fn_arena_fini(&arena);
    teardown(&w);
}

/* Its answer is lost: it is asked again, and found. */
static void test_lost_answer(void)
{
    struct world w;
    known(&w, 0);
    script = (struct script){.fault = FRT_FAULT_LOSE, .times = 2};
    say(&w, "c");
    CU_ASSERT_EQUAL(w.accepted, 2);
    wait_ms(&w, 500);
    wait_ms(&w, 500);
    CU_ASSERT_EQUAL(w.accepted, 3);
    CU_ASSERT_EQUAL(stats_of(&w).indirect, 0);
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    CU_ASSERT_EQUAL(w.n_said, 3);
    teardown(&w);
}

/* For ever: whoever sent it does not wait for ever, and what he sends again is not taken twice. */
static void test_no_answer(void)
{
    struct world w;
    known(&w, 0);
    script = (struct script){.fault = FRT_FAULT_LOSE, .times = 8};
    say(&w, "c");
    for (int i = 0; i < 5; i++) {
        wait_ms(&w, 1000);
    }
    CU_ASSERT_EQUAL(w.last_code, FN_UNAVAILABLE);
    post(&w, FRT_IN_MESSAGE, "c", "in-2");
    for (int i = 0; i < 10; i++) {
        wait_ms(&w, 1000);
    }
    CU_ASSERT_EQUAL(w.n_said, 3);
    teardown(&w);
}

/* No COMMIT is answered, and as many as may be are under way: who comes behind them is not made to wait for that. */
static void test_behind_no_answer(void)
{
    static const char *const people[] = {"551", "552", "553", "554"};
    struct world w;
    setup(&w, 0);
    for (int i = 0; i < 2; i++) {
        for (size_t k = 0; k < FN_COUNT(people); k++) {
            say_as(&w, people[k], "a");
        }
        wait_ms(&w, 5000);
    }
    script = (struct script){.fault = FRT_FAULT_HOLD, .times = UINT32_MAX};
    frt_memory_faults(w.memory, on_op, NULL);
    unsigned before = w.accepted;
    for (size_t k = 0; k < FN_COUNT(people); k++) {
        say_as(&w, people[k], "b");
        w.clock.now++;
    }
    CU_ASSERT_EQUAL(w.accepted, before);
    script.fault = FRT_FAULT_LOSE;
    wait_ms(&w, 100);
    CU_ASSERT_EQUAL(w.accepted, before + FN_COUNT(people) - 2);
    CU_ASSERT_TRUE(script.ingests > 0);
    teardown(&w);
}

/* The store refuses: the sender is told, as by INGEST; nothing was taken. */
static void test_refused(void)
{
    struct world w;
    known(&w, 0);
    script = (struct script){.fault = FRT_FAULT_REFUSE, .times = 1};
    say(&w, "c");
    wait_ms(&w, 1000);
    CU_ASSERT_EQUAL(script.ingests, 1);
    CU_ASSERT_EQUAL(w.accepted, 3);
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    script = (struct script){.fault = FRT_FAULT_POISON, .times = 1};
    wait_ms(&w, 5000);
    say(&w, "d");
    wait_ms(&w, 1000);
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"d\"}"));
    CU_ASSERT_EQUAL(stats_of(&w).faults, 0);
    teardown(&w);
}

/* A settle window is reckoned from rows: such a message lies in the mailbox. */
static void test_settle(void)
{
    struct world w;
    known(&w, 2000);
    say(&w, "c");
    CU_ASSERT_EQUAL(w.accepted, 3);
    CU_ASSERT_EQUAL(w.n_said, 2);
    CU_ASSERT_EQUAL(script.ingests, 1);
    wait_ms(&w, 1000);
    say(&w, "d");
    wait_ms(&w, 3000);
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\\nd\"}"));
    teardown(&w);
}

/* The process ends while the answer is out: nobody waits for ever, nothing leaks. */
static void test_end(void)
{
    struct world w;
    known(&w, 0);
    script = (struct script){.fault = FRT_FAULT_HOLD, .times = 1000};
    say(&w, "c");
    CU_ASSERT_EQUAL(w.accepted, 2);
    w.clock.now++;
    post(&w, FRT_IN_MESSAGE, "d", "behind");
    CU_ASSERT_EQUAL(w.accepted, 2);
    teardown(&w);
    CU_ASSERT_EQUAL(w.last_code, FN_UNAVAILABLE);
    CU_ASSERT_EQUAL(w.accepted, 2);
}

UNIT_SUITE("frt_direct", {"one operation", test_one_operation}, {"order", test_order}, {"a lost race", test_lost_race},
           {"a lost answer", test_lost_answer}, {"no answer", test_no_answer},
           {"behind no answer", test_behind_no_answer}, {"refused", test_refused}, {"settle", test_settle},
           {"the end", test_end})
