/* test_frt_window.c: the 24-hour window while it runs (guarantee 6): what the checker let through, and what grew old on its way.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_world.h"
#include "fbc_image.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "unit.h"

enum { HOUR = 3600000, DAY = 24 * HOUR };

static const char *const funnel =
    "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> f\n}\n"
    "stage a {\n  ask x: text(20) \"oi?\" {\n    silence 2h -> b\n  }\n  say \"{x}\"\n  end\n}\n"
    "stage b {\n  say \"ainda ai?\"\n  wait message {\n    silence 40h { end }\n  }\n  end\n}\n"
    "stage f {\n  say \"falhou\"\n  send template \"volte\" () language \"pt_BR\"\n  wait message\n  -> a\n}\n";

static bool spoke(const struct world *w, const char *text)
{
    for (size_t i = 0; i < w->n_said; i++) {
        if (strstr(w->said[i], text) != NULL) {
            return true;
        }
    }
    return false;
}

/* The reason of the only dead letter, or that there is none. */
static void dead_letter(struct world *w, const char *reason)
{
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 20);
    struct frt_op_effects op = {
        .op = {.kind = FRT_OP_EFFECTS, .done = ignore, .arena = &arena}, .tenant = 1, .dead = true, .limit = 10};
    frt_store_submit(w->store, &op.op);
    w->store.ops->drain(w->store.self);
    CU_ASSERT_EQUAL(op.n, reason != NULL);
    if (op.n == 1 && reason != NULL) {
        UNIT_ASSERT_STR(op.effects[0].reason, reason);
    }
    fn_arena_fini(&arena);
}

static void begin_chat(struct world *w, int64_t window)
{
    setup(w, 0);
    w->window = window;
    publish_source(w, funnel);
    say(w, "oi");
    CU_ASSERT_TRUE(spoke(w, "oi?"));
}

/* A node that was down for a day fires the timer late: its message is not sent, `on error` says nothing either, its template goes out. */
static void test_down_for_a_day(void)
{
    struct world w;
    begin_chat(&w, DAY);
    crash(&w);
    w.clock.now += 30 * (int64_t)HOUR;
    boot(&w);
    CU_ASSERT_FALSE(spoke(&w, "ainda ai?"));
    CU_ASSERT_FALSE(spoke(&w, "falhou"));
    CU_ASSERT_TRUE(spoke(&w, "volte"));
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    dead_letter(&w, FRT_WINDOW_CLOSED);
    say(&w, "cheguei"); /* the window is open again */
    CU_ASSERT_TRUE(said(&w, w.n_said - 1, "{\"text\":\"oi?\"}"));
    teardown(&w);
}

static void test_a_channel_without_a_window(void)
{
    struct world w;
    begin_chat(&w, 0);
    crash(&w);
    w.clock.now += 30 * (int64_t)HOUR;
    boot(&w);
    CU_ASSERT_TRUE(spoke(&w, "ainda ai?"));
    dead_letter(&w, NULL);
    teardown(&w);
}

/* The provider was away until the window closed. */
static void test_grows_old_in_the_outbox(void)
{
    struct world w;
    begin_chat(&w, DAY);
    w.outcome = FRT_NOT_SENT;
    wait_ms(&w, 2 * HOUR);
    size_t tried = w.n_said;
    CU_ASSERT_TRUE(spoke(&w, "ainda ai?"));
    w.clock.now += 22 * (int64_t)HOUR;
    w.outcome = FRT_SENT;
    settle(&w);
    CU_ASSERT_TRUE(said(&w, tried, "{\"name\":\"volte\",\"language\":\"pt_BR\",\"args\":[]}"));
    dead_letter(&w, FRT_WINDOW_CLOSED);
    teardown(&w);
}

/* What was parked is resumed a day later, by a person. */
static void test_resumed_late(void)
{
    struct world w;
    setup(&w, 0);
    w.window = DAY;
    publish_source(&w, "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> f\n}\nvar n: int = 0\n"
                       "stage a {\n  ask x: text(20) \"oi?\"\n  say \"{x}\"\n  let y = 1 / n\n  say \"{y}\"\n  end\n}\n"
                       "stage f {\n  let y = 1 / n\n  say \"{y}\"\n  end\n}\n");
    say(&w, "oi");
    say(&w, "abc");
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    size_t before = w.n_said;
    w.clock.now += 25 * (int64_t)HOUR;
    struct frt_inbound in = {.tenant = 1, .channel = 7, .kind = FRT_IN_RESUME, .conv = w.conv};
    in.dedupe = FN_STR("resume-1");
    in.payload.funnel = FN_STR("restart");
    frt_engine_ingest(w.engine, &in, on_accepted, &w);
    settle(&w);
    CU_ASSERT_EQUAL(w.n_said, before);
    dead_letter(&w, FRT_WINDOW_CLOSED);
    teardown(&w);
}

/* A person who answers by the API is under the same rule. */
static void test_a_person_too(void)
{
    struct world w;
    begin_chat(&w, DAY);
    post(&w, FRT_IN_TAKEOVER, "", "take-1");
    w.clock.now += 25 * (int64_t)HOUR;
    settle(&w);
    post(&w, FRT_IN_SAY, "oi, sou a Bia", "say-1");
    CU_ASSERT_FALSE(spoke(&w, "Bia"));
    dead_letter(&w, FRT_WINDOW_CLOSED);
    teardown(&w);
}

UNIT_SUITE("frt_window", {"down for a day", test_down_for_a_day},
           {"a channel without a window", test_a_channel_without_a_window},
           {"grows old in the outbox", test_grows_old_in_the_outbox}, {"resumed late", test_resumed_late},
           {"a person too", test_a_person_too})
