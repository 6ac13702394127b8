/* test_frt_engine.c: the engine on the memory store, a scripted provider and a clock that stands still until told.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_world.h"
#include "fbc_image.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "unit.h"

/* -- tests ---------------------------------------------------------------------------------------------------------------------------- */
static void test_talk(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "bom dia");
    CU_ASSERT_TRUE(said(&w, 0, "{\"text\":\"oi\"}"));
    say(&w, "dois");
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"dois\"}"));
    CU_ASSERT_EQUAL(w.n_said, 2);
    CU_ASSERT_EQUAL(w.accepted, 2);
    CU_ASSERT_EQUAL(metric(&w, "eco/enter/inicio"), 1);
    CU_ASSERT_EQUAL(metric(&w, "eco/enter/conta"), 2);
    CU_ASSERT_EQUAL(metric(&w, "eco/leave/inicio"), 1);
    say(&w, "fim");
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"tchau\"}"));
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    say(&w, "promo"); /* by keyword: no greeting */
    say(&w, "x");
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"x\"}"));
    teardown(&w);
}

static void test_dedupe(void)
{
    struct world w;
    setup(&w, 0);
    post(&w, FRT_IN_MESSAGE, "a", "same");
    post(&w, FRT_IN_MESSAGE, "a", "same");
    CU_ASSERT_EQUAL(w.accepted, 1);
    CU_ASSERT_EQUAL(w.duplicates, 1);
    CU_ASSERT_EQUAL(w.n_said, 1);
    teardown(&w);
}

static void test_silence(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    wait_ms(&w, 59000);
    CU_ASSERT_EQUAL(w.n_said, 1);
    wait_ms(&w, 1000);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"tchau\"}"));
    say(&w, "a");
    wait_ms(&w, 30000);
    say(&w, "b"); /* sets the clock anew */
    wait_ms(&w, 59000);
    CU_ASSERT_EQUAL(w.n_said, 4);
    wait_ms(&w, 1000);
    CU_ASSERT_EQUAL(w.n_said, 5);
    teardown(&w);
}

/* The turn of a row that nobody wants begins before the timer is due and runs behind it: the timer is the next turn's, not a row to be forgotten. */
static void test_timer_due_while_a_turn_waits(void)
{
    struct world w;
    struct frt_engine_stats stats = {0};
    setup(&w, 0);
    say(&w, "a");
    wait_ms(&w, 59999);
    struct frt_inbound in = {.tenant = 1, .channel = 7, .kind = FRT_IN_EVENT, .conv = w.conv};
    in.dedupe = FN_STR("event-1");
    in.payload.event_name = FN_STR("pago");
    in.payload.event = FN_STR("{\"numero\":\"7\"}");
    frt_engine_ingest(w.engine, &in, on_accepted, &w);
    while (stats.loading == 0) {
        (void)frt_engine_step(w.engine);
        frt_engine_stats(w.engine, &stats);
        (void)w.store.ops->drain(w.store.self);
    }
    wait_ms(&w, 2);
    wait_ms(&w, 2000);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"tchau\"}"));
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"oi\"}")); /* the event was kept, and starts the program again */
    teardown(&w);
}

static void test_timer_over_restart(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    crash(&w);
    w.clock.now += 61000;
    boot(&w);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"tchau\"}"));
    teardown(&w);
}

static void test_settle(void)
{
    struct world w;
    setup(&w, 4000);
    say(&w, "a");
    say(&w, "um");
    wait_ms(&w, 3000);
    say(&w, "dois");
    wait_ms(&w, 3999);
    CU_ASSERT_EQUAL(w.n_said, 1);
    crash(&w); /* the window is computed from the rows */
    boot(&w);
    CU_ASSERT_EQUAL(w.n_said, 1);
    wait_ms(&w, 1);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"um\\ndois\"}"));
    CU_ASSERT_EQUAL(w.n_said, 2);
    teardown(&w);
}

static void test_trap_goes_to_error_stage(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "divide");
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"falha\"}"));
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    say(&w, "a");
    say(&w, "voltas"); /* out of fuel, over many slices */
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"falha\"}"));
    struct frt_engine_stats stats;
    frt_engine_stats(w.engine, &stats);
    CU_ASSERT_EQUAL(stats.traps, 2);
    CU_ASSERT_TRUE(stats.fuel_slices > 5);
    teardown(&w);
}

static void test_call(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "http");
    CU_ASSERT_TRUE(strstr(w.said[1], "\"method\":\"POST\"") != NULL);
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"corpo\"}"));
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"http\"}"));
    w.outcome = FRT_REJECTED;
    w.hold = true;
    say(&w, "http");
    answer(&w, FRT_REJECTED);
    w.hold = false;
    w.outcome = FRT_SENT;
    settle(&w);
    CU_ASSERT_TRUE(said(&w, 5, "{\"text\":\"nada\"}"));
    teardown(&w);
}

static void test_tables(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "tabela"); /* finds what the same turn saved */
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"{\\\"total\\\":80}\"}"));
    teardown(&w);
}

static void test_handoff(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "Humano!"); /* a phrase of `always` */
    size_t before = w.n_said;
    say(&w, "tem alguem?");
    CU_ASSERT_EQUAL(w.n_said, before);
    post(&w, FRT_IN_SAY, "oi, sou a Bia", "say-1");
    CU_ASSERT_TRUE(said(&w, before, "{\"text\":\"oi, sou a Bia\"}"));
    post(&w, FRT_IN_HANDBACK, "", "back-1");
    CU_ASSERT_TRUE(said(&w, before + 1, "{\"text\":\"voltei\"}"));
    say(&w, "x");
    CU_ASSERT_TRUE(said(&w, before + 2, "{\"text\":\"x\"}"));
    teardown(&w);
}

/* docs/decisions/0009: what a wait kept for over an hour answers no question; it is in the log. */
static void test_kept(void)
{
    struct world w;
    setup(&w, 0);
    publish_source(&w, "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> b\n}\nstage b {\n  end\n}\n"
                       "var x: text(60) = \"\"\n"
                       "stage a {\n  say \"um\"\n  wait 3h\n  ask x \"dois\"\n  say \"{x}\"\n  handoff \"vendas\" {\n"
                       "    silence 2h -> c\n  }\n  end\n}\nstage c {\n  send template \"ola\" () language \"pt_BR\"\n"
                       "  ask x\n  say \"ouvi {x}\"\n  end\n}\n");
    say(&w, "oi");
    CU_ASSERT_TRUE(said(&w, 0, "{\"text\":\"um\"}"));
    say(&w, "velha");
    wait_ms(&w, 2 * 3600000 + 1800000);
    say(&w, "nova");
    CU_ASSERT_EQUAL(w.n_said, 1);
    wait_ms(&w, 1800000);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"dois\"}"));
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"nova\"}"));
    say(&w, "tem alguem?"); /* people read it */
    CU_ASSERT_EQUAL(w.n_said, 3);
    wait_ms(&w, 2 * 3600000); /* nobody did: the funnel takes the conversation back */
    CU_ASSERT_EQUAL(w.n_said, 4);
    say(&w, "cheguei");
    CU_ASSERT_TRUE(said(&w, 4, "{\"text\":\"ouvi cheguei\"}"));
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    teardown(&w);
}

static void test_typed_on_the_phone(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    post(&w, FRT_IN_ECHO, "oi", "ext-1"); /* the echo of our own send: the script numbered it so */
    say(&w, "b");
    CU_ASSERT_EQUAL(w.n_said, 2);
    post(&w, FRT_IN_ECHO, "deixa comigo", "fone-1");
    say(&w, "c");
    CU_ASSERT_EQUAL(w.n_said, 2);
    teardown(&w);
}

static void test_optout(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    say(&w, "SAIR.");
    CU_ASSERT_TRUE(strstr(w.said[1], "Pronto") != NULL);
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    post(&w, FRT_IN_CAMPAIGN, "", "camp-1");
    wait_ms(&w, 120000);
    CU_ASSERT_EQUAL(w.n_said, 2);
    say(&w, "voltar");
    CU_ASSERT_EQUAL(w.n_said, 3);
    post(&w, FRT_IN_CAMPAIGN, "", "camp-2"); /* coming back is consent */
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"oi\"}"));
    teardown(&w);
}

static void test_event(void)
{
    struct world w;
    setup(&w, 0);
    post(&w, FRT_IN_EVENT, "outro", "ev-0");
    CU_ASSERT_EQUAL(w.n_said, 0);
    post(&w, FRT_IN_EVENT, "pago", "ev-1");
    CU_ASSERT_TRUE(said(&w, 0, "{\"text\":\"oi\"}"));
    post(&w, FRT_IN_EVENT, "pago", "ev-2"); /* early: kept, and starts the next one when this one ended */
    CU_ASSERT_EQUAL(w.n_said, 1);
    say(&w, "fim");
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"tchau\"}"));
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"oi\"}"));
    teardown(&w);
}

/* `start on event E(a)` and `always { on event E(a) }`: the fields are in the variables before the stage runs. */
static void test_event_fields(void)
{
    struct world w;
    setup(&w, 0);
    publish_source(
        &w, "funnel eco \"Eco\"\nevent pago(numero: text(20))\nevent some(numero: text(20))\n"
            "event quebrado(outro: text(20))\nvar n: text(20)?\n"
            "start on event pago(n) -> a\nstart on event quebrado(n) -> a\n"
            "always {\n  on event some(n) -> b\n  on error -> c\n}\n"
            "stage a {\n  send template \"pago\" (n or \"?\") language \"pt_BR\"\n  wait message\n  end\n}\n"
            "stage b {\n  send template \"some\" (n or \"?\") language \"pt_BR\"\n  end\n}\nstage c {\n  end\n}\n");
    post(&w, FRT_IN_EVENT, "quebrado", "ev-0"); /* its fields are not those it was declared with: nothing begins */
    CU_ASSERT_EQUAL(w.n_said, 0);
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    post(&w, FRT_IN_EVENT, "pago", "ev-1");
    CU_ASSERT_TRUE(w.n_said == 1 && strstr(w.said[0], "\"pago\"") != NULL && strstr(w.said[0], "[\"7\"]") != NULL);
    post(&w, FRT_IN_EVENT, "some", "ev-2");
    CU_ASSERT_TRUE(w.n_said == 2 && strstr(w.said[1], "\"some\"") != NULL && strstr(w.said[1], "[\"7\"]") != NULL);
    CU_ASSERT_EQUAL(status_now(&w), FRT_ENDED);
    teardown(&w);
}

/* -- policies ---------------------------------------------------------------------------------------------------------------------------- */
static void test_not_sent_is_retried(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    answer(&w, FRT_NOT_SENT);
    settle(&w);
    wait_ms(&w, 2000);
    CU_ASSERT_EQUAL(w.n_pending, 1);
    CU_ASSERT_EQUAL(w.pending[0].attempt, 2);
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_EQUAL(w.n_said, 2);
    teardown(&w);
}

static void test_lane_is_ordered(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    say(&w, "b");
    say(&w, "c");
    CU_ASSERT_EQUAL(w.n_pending, 1);
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_EQUAL(w.n_pending, 1);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"b\"}"));
    answer(&w, FRT_REJECTED); /* given up: the program goes to `on error` */
    settle(&w);
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    CU_ASSERT_TRUE(said(&w, 3, "{\"text\":\"falha\"}"));
    teardown(&w);
}

static void test_reconcile(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    wait_ms(&w, 29000);
    CU_ASSERT_EQUAL(w.n_pending, 0);
    wait_ms(&w, 1000);
    CU_ASSERT_TRUE(w.n_pending == 1 && w.pending[0].query);
    answer(&w, FRT_UNKNOWN); /* cannot tell: once more */
    settle(&w);
    CU_ASSERT_TRUE(w.n_pending == 1 && !w.pending[0].query);
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    wait_ms(&w, 30000);
    answer(&w, FRT_UNKNOWN); /* and given up */
    settle(&w);
    struct frt_engine_stats stats;
    frt_engine_stats(w.engine, &stats);
    CU_ASSERT_EQUAL(stats.dead, 1);
    CU_ASSERT_EQUAL(stats.resent, 1);
    teardown(&w);
}

static void test_reconcile_asks_again_when_not_reached(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    wait_ms(&w, 30000);
    for (int i = 0; i < 3; i++) { /* not to be reached is no answer: nothing is sent for it */
        CU_ASSERT_TRUE_FATAL(w.n_pending == 1 && w.pending[0].query);
        answer(&w, FRT_NOT_SENT);
        settle(&w);
        wait_ms(&w, 5000);
    }
    CU_ASSERT_TRUE_FATAL(w.n_pending == 1 && w.pending[0].query);
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_EQUAL(w.n_said, 1);
    CU_ASSERT_EQUAL(w.n_pending, 0);
    teardown(&w);
}

static void test_reconcile_by_echo(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    post(&w, FRT_IN_ECHO, "oi", "fone-9");
    wait_ms(&w, 31000);
    CU_ASSERT_EQUAL(w.n_pending, 0);
    say(&w, "b"); /* still the bot's */
    CU_ASSERT_EQUAL(w.n_pending, 1);
    struct frt_engine_stats stats;
    frt_engine_stats(w.engine, &stats);
    CU_ASSERT_EQUAL(stats.reconciled, 1);
    teardown(&w);
}

/* The owner died with a send out. Its echo is no person who typed. */
static void test_echo_of_a_dead_owners_send(void)
{
    struct world w;
    struct fn_arena arena;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    crash(&w);
    boot(&w);
    CU_ASSERT_TRUE_FATAL(w.n_pending == 1 && w.pending[0].query);
    post(&w, FRT_IN_ECHO, "oi", "fone-9");
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    CU_ASSERT_EQUAL(w.n_pending, 0);
    fn_arena_init(&arena, 1 << 20);
    CU_ASSERT_EQUAL(conv_now(&w, &arena).owner, FRT_OWNER_BOT);
    fn_arena_fini(&arena);
    teardown(&w);
}

/* An echo was loaded before the log knew the id of what it is of, and is looked at when the next effect is out, with the same text. */
static void test_a_late_echo_is_not_of_the_next(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    answer(&w, FRT_SENT);
    settle(&w);
    say(&w, "b");
    say(&w, "b");
    CU_ASSERT_EQUAL_FATAL(w.n_pending, 1);
    char id[32];
    snprintf(id, sizeof id, "ext-%u", w.ids); /* that the answer will give */
    struct frt_inbound in = {.tenant = 1, .channel = 7, .kind = FRT_IN_ECHO, .conv = w.conv};
    in.payload.text = FN_STR("b");
    in.dedupe = in.ref = fn_str_c(id);
    frt_engine_ingest(w.engine, &in, NULL, NULL);
    (void)frt_engine_step(w.engine);
    w.store.ops->drain(w.store.self);
    answer(&w, FRT_SENT);
    settle(&w); /* LOAD and DONE go together, in this order */
    CU_ASSERT_EQUAL_FATAL(w.n_pending, 1);
    CU_ASSERT_EQUAL(w.n_said, 3);
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    wait_ms(&w, 30000);
    CU_ASSERT_TRUE_FATAL(w.n_pending == 1 && w.pending[0].query); /* in doubt, and not taken for sent */
    teardown(&w);
}

/* A person types what begins like the message in doubt. */
static void test_an_echo_is_the_whole_text(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    answer(&w, FRT_UNKNOWN);
    settle(&w);
    post(&w, FRT_IN_ECHO, "oi, aqui é a Ana", "fone-9");
    wait_ms(&w, 30000);
    CU_ASSERT_TRUE(w.n_pending == 1 && w.pending[0].query);
    teardown(&w);
}

static void test_crash_while_sending(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    CU_ASSERT_EQUAL(w.n_pending, 1);
    crash(&w);
    boot(&w);
    CU_ASSERT_TRUE(w.n_pending == 1 && w.pending[0].query); /* asked before it is sent again */
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_EQUAL(w.n_pending, 0);
    say(&w, "reage"); /* at most once: claimed, sent, in doubt, never again */
    CU_ASSERT_EQUAL(w.n_pending, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.pending[0].payload, ",\"message\":\"in-")); /* it knows what it is for */
    CU_ASSERT_EQUAL(w.pending[0].host, FBC_HOST_react);
    crash(&w);
    boot(&w);
    CU_ASSERT_TRUE(w.n_pending == 1 && w.pending[0].host == FBC_HOST_say && w.pending[0].query);
    answer(&w, FRT_ABSENT);
    settle(&w);
    CU_ASSERT_TRUE(w.n_pending == 1 && w.pending[0].host == FBC_HOST_say && !w.pending[0].query);
    teardown(&w);
}

/* Each life claims it and asks; what is certainly not there does not wait longer for every process that died meanwhile. */
static void test_absent_is_sent_at_once(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    for (int life = 0; life < 15; life++) {
        crash(&w);
        boot(&w);
        CU_ASSERT_TRUE_FATAL(w.n_pending == 1 && w.pending[0].query);
        answer(&w, FRT_ABSENT);
        settle(&w);
        CU_ASSERT_TRUE_FATAL(w.n_pending == 1 && !w.pending[0].query);
    }
    teardown(&w);
}

/* -- the store ------------------------------------------------------------------------------------------------------------------------------- */
struct plan {
    enum frt_op_kind kind;
    enum frt_fault fault;
    unsigned times;
};
static enum frt_fault by_plan(void *ctx, const struct frt_op *op)
{
    struct plan *p = ctx;
    if (p->times != 0 && op->kind == p->kind) {
        p->times--;
        return p->fault;
    }
    return FRT_FAULT_NONE;
}

static void test_lost_commit_answer(void)
{
    static const enum frt_fault faults[] = {FRT_FAULT_LOSE, FRT_FAULT_VANISH, FRT_FAULT_REFUSE};
    static const enum frt_op_kind kinds[] = {FRT_OP_INGEST, FRT_OP_LOAD,      FRT_OP_COMMIT, FRT_OP_DONE,
                                             FRT_OP_PUBS,   FRT_OP_IMAGE_GET, FRT_OP_CLAIM};
    for (size_t i = 0; i < FN_COUNT(faults) * FN_COUNT(kinds); i++) {
        struct world w;
        setup(&w, 0);
        struct plan plan = {kinds[i / FN_COUNT(faults)], faults[i % FN_COUNT(faults)], 1};
        frt_memory_faults(w.memory, by_plan, &plan);
        say(&w, "a");
        if (w.last_code == FN_UNAVAILABLE) { /* not stored: the provider sends it again */
            say(&w, "a");
        }
        for (int k = 0; k < 5; k++) {
            wait_ms(&w, 100);
        }
        say(&w, "reage");
        for (int k = 0; k < 5; k++) {
            wait_ms(&w, 100);
        }
        CU_ASSERT_EQUAL(plan.times, 0);
        CU_ASSERT_EQUAL(w.n_said, 3);
        CU_ASSERT_TRUE(said(&w, 0, "{\"text\":\"oi\"}"));
        teardown(&w);
    }
}

static void test_poison_is_bisected(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    struct plan plan = {FRT_OP_COMMIT, FRT_FAULT_POISON, 1};
    frt_memory_faults(w.memory, by_plan, &plan);
    say(&w, "b");
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    CU_ASSERT_EQUAL(w.n_said, 1);
    say(&w, "c"); /* kept */
    post(&w, FRT_IN_RESUME, "", "resume-1");
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"b\"}"));
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    teardown(&w);
}

/* A message whose row's id is another's is refused like bad content, but its second id is good; bad content stays bad. */
static void test_a_refused_message_gets_another_id(void)
{
    struct world w;
    setup(&w, 0);
    struct plan plan = {FRT_OP_INGEST, FRT_FAULT_POISON, 1};
    frt_memory_faults(w.memory, by_plan, &plan);
    say(&w, "a");
    CU_ASSERT_TRUE(w.last_code == FN_OK && w.accepted == 1 && plan.times == 0);
    CU_ASSERT_TRUE(said(&w, 0, "{\"text\":\"oi\"}"));
    plan.times = 2;
    post(&w, FRT_IN_EVENT, "e", "event-1");
    CU_ASSERT_TRUE(w.last_code == FN_INVALID && plan.times == 0);
    teardown(&w);
}

/* A resume and a message that faults in the same turn: the resume is spent, and does not bring the fault back by itself. */
static void test_resume_is_spent(void)
{
    struct world w;
    setup(&w, 0);
    say(&w, "a");
    struct plan plan = {FRT_OP_COMMIT, FRT_FAULT_POISON, 1};
    frt_memory_faults(w.memory, by_plan, &plan);
    say(&w, "b");
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    plan.times = 1;
    struct frt_inbound in = {.tenant = 1, .kind = FRT_IN_RESUME, .conv = w.conv};
    frt_engine_ingest(w.engine, &in, NULL, NULL);
    say(&w, "c");
    CU_ASSERT_EQUAL(plan.times, 0);
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    wait_ms(&w, 120000);
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    post(&w, FRT_IN_RESUME, "", "resume-2");
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"b\"}"));
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    teardown(&w);
}

/* The machine's clock is a day ahead, behind, or jumps: messages are taken and timers fire by the store's. */
static void test_clock_is_the_stores(void)
{
    static const int64_t off[] = {86400000, -86400000};
    for (size_t i = 0; i < FN_COUNT(off); i++) {
        struct world w;
        setup(&w, 0);
        say(&w, "a"); /* silence after 60 s */
        w.skew = off[i];
        say(&w, "b");
        CU_ASSERT_EQUAL(w.n_said, 2);
        for (int k = 0; k < 59; k++) {
            wait_ms(&w, 1000);
        }
        CU_ASSERT_EQUAL(w.n_said, 2);
        crash(&w);
        boot(&w); /* with the wrong clock from its first moment */
        wait_ms(&w, 2000);
        CU_ASSERT_EQUAL(w.n_said, 3);
        CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"tchau\"}"));
        say(&w, "c");
        CU_ASSERT_EQUAL(w.n_said, 4);
        CU_ASSERT_EQUAL(w.last_code, FN_OK);
        teardown(&w);
    }
}

/* The next LEASE, whose answer takes this long and was read at its end; what the engine's clock is ahead of the store's then: somebody new tells. */
static int64_t ahead_after_lease(struct world *w, int64_t trip)
{
    struct fn_arena arena;
    char alias[32];
    w->clock.now += 10000;
    (void)frt_engine_step(w->engine);
    w->clock.now += trip;
    settle(w);
    snprintf(alias, sizeof alias, "phone:%u", w->ids++);
    struct frt_inbound in = {.tenant = 1, .channel = 7, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
    in.aliases[0] = in.address = in.dedupe = in.payload.text = fn_str_c(alias);
    frt_engine_ingest(w->engine, &in, on_accepted, w);
    settle(w);
    fn_arena_init(&arena, 1 << 20);
    int64_t ahead = conv_now(w, &arena).created_at - w->clock.now;
    fn_arena_fini(&arena);
    return ahead;
}

/* An answer that took long, as while a database begins, tells an interval: who is in it stays where he is. */
static void test_clock_of_a_slow_answer(void)
{
    struct world w;
    setup(&w, 0);
    CU_ASSERT_EQUAL(ahead_after_lease(&w, 4), 0);
    CU_ASSERT_EQUAL(ahead_after_lease(&w, 900), 0);
    CU_ASSERT_EQUAL(ahead_after_lease(&w, 9000), 0);
    w.clock.now += 3600000; /* another server took over */
    w.jumped += 3600000;
    CU_ASSERT_EQUAL(ahead_after_lease(&w, 900), 0);
    w.clock.now -= 7200000;
    w.jumped -= 7200000;
    CU_ASSERT_EQUAL(ahead_after_lease(&w, 900), 900);
    CU_ASSERT_EQUAL(ahead_after_lease(&w, 4), 4);
    CU_ASSERT_EQUAL(ahead_after_lease(&w, 0), 0);
    teardown(&w);
}

/* A message was received by a clock that was an hour ahead, and is set right since: it and what comes behind it wait for nobody. */
static void test_clock_set_back(void)
{
    struct world w;
    struct fn_buf payload;
    setup(&w, 0);
    say(&w, "a");
    fn_buf_init(&payload, 256);
    frt_payload_write(&payload, &(struct frt_payload){.text = FN_STR("b")});
    int64_t ahead = w.clock.now + 3600000;
    struct frt_ingest in = {.tenant = 1, .channel = 7, .conv = w.conv, .dedupe = FN_STR("ahead")};
    in.row = (struct frt_row){.id = ahead << 20, .kind = FRT_IN_MESSAGE, .due_at = ahead, .received_at = ahead};
    in.row.payload = fn_buf_view(&payload);
    struct frt_op_ingest op = {.op = {.kind = FRT_OP_INGEST, .done = ignore}, .items = &in, .n = 1};
    frt_store_submit(w.store, &op.op);
    (void)w.store.ops->drain(w.store.self);
    CU_ASSERT_EQUAL(in.code, FN_OK);
    say(&w, "c");
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"b\"}"));
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"b\"}"));
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"c\"}"));
    fn_buf_fini(&payload);
    teardown(&w);
}

static void test_drain(void)
{
    struct world w;
    setup(&w, 0);
    w.hold = true;
    say(&w, "a");
    frt_engine_drain(w.engine);
    settle(&w);
    CU_ASSERT_FALSE(frt_engine_drained(w.engine));
    answer(&w, FRT_SENT);
    settle(&w);
    CU_ASSERT_TRUE(frt_engine_drained(w.engine));
    teardown(&w);
}

UNIT_SUITE("frt_engine", {"absent is sent at once", test_absent_is_sent_at_once}, {"talk", test_talk},
           {"dedupe", test_dedupe}, {"silence", test_silence},
           {"timer due while a turn waits", test_timer_due_while_a_turn_waits},
           {"timer over restart", test_timer_over_restart}, {"settle", test_settle},
           {"trap to on error", test_trap_goes_to_error_stage}, {"call", test_call}, {"tables", test_tables},
           {"handoff", test_handoff}, {"kept", test_kept}, {"typed on the phone", test_typed_on_the_phone},
           {"opt-out", test_optout}, {"event", test_event}, {"event fields", test_event_fields},
           {"a resume is spent", test_resume_is_spent}, {"clock", test_clock_is_the_stores},
           {"clock set back", test_clock_set_back}, {"clock of a slow answer", test_clock_of_a_slow_answer},
           {"not sent is retried", test_not_sent_is_retried}, {"lane is ordered", test_lane_is_ordered},
           {"reconcile", test_reconcile}, {"reconcile by echo", test_reconcile_by_echo},
           {"echo of a dead owner's send", test_echo_of_a_dead_owners_send},
           {"a late echo is not of the next", test_a_late_echo_is_not_of_the_next},
           {"an echo is the whole text", test_an_echo_is_the_whole_text},
           {"not reached is no answer", test_reconcile_asks_again_when_not_reached},
           {"crash while sending", test_crash_while_sending}, {"faults of the store", test_lost_commit_answer},
           {"poison", test_poison_is_bisected},
           {"a refused message gets another id", test_a_refused_message_gets_another_id}, {"drain", test_drain})
