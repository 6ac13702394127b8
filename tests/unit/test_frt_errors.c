/* test_frt_errors.c: an error that repeats ends (guarantee 2): how often the customer hears of it, and when the conversation is parked.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_world.h"
#include "fbc_image.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "unit.h"

enum { MINUTE = 60000, HOUR = 3600000 };

/* `on error` says so and leads back to a stage that waits; the answer, or the silence, leads to where it goes wrong. */
static const char *const again =
    "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> f\n}\nvar n: int = 0\n"
    "stage a {\n  ask x: text(20) \"oi?\" {\n    silence 5min -> b\n  }\n  say \"{x}\"\n  -> b\n}\n"
    "stage b {\n  let y = 1 / n\n  say \"{y}\"\n  end\n}\n"
    "stage f {\n  say \"falhou\"\n  -> a\n}\n";

static unsigned heard_of(const struct world *w)
{
    unsigned n = 0;
    for (size_t i = 0; i < w->n_said; i++) {
        n += strcmp(w->said[i], "{\"text\":\"falhou\"}") == 0;
    }
    return n;
}

static void test_silence_leads_back(void)
{
    struct world w;
    setup(&w, 0);
    publish_source(&w, again);
    say(&w, "oi");
    for (int i = 0; i < 24; i++) {
        wait_ms(&w, 5 * MINUTE);
    }
    CU_ASSERT_EQUAL(heard_of(&w), 1);
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    teardown(&w);
}

static void test_answers_lead_back(void)
{
    struct world w;
    setup(&w, 0);
    publish_source(&w, again);
    say(&w, "oi");
    for (int i = 0; i < 8; i++) {
        say(&w, "x");
        wait_ms(&w, MINUTE);
    }
    CU_ASSERT_EQUAL(heard_of(&w), FBC_ERRORS_MAX);
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    teardown(&w);
}

/* The count is durable, a person's word sets it back, and an hour without errors does. */
static void test_count_is_kept_and_set_back(void)
{
    struct world w;
    setup(&w, 0);
    publish_source(&w, again);
    say(&w, "oi");
    for (unsigned i = 0; i < FBC_ERRORS_MAX; i++) {
        say(&w, "x");
    }
    crash(&w);
    boot(&w);
    say(&w, "x");
    CU_ASSERT_EQUAL(heard_of(&w), FBC_ERRORS_MAX);
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    post(&w, FRT_IN_RESUME, "", "resume-1"); /* takes the message that was kept, too */
    CU_ASSERT_EQUAL(heard_of(&w), FBC_ERRORS_MAX + 1);
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    teardown(&w);
}

static void test_an_hour_sets_it_back(void)
{
    struct world w;
    setup(&w, 0);
    publish_source(&w, "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> f\n}\nvar n: int = 0\n"
                       "stage a {\n  ask x: text(20) \"oi?\"\n  let y = 1 / n\n  say \"{x} {y}\"\n  end\n}\n"
                       "stage f {\n  say \"falhou\"\n  -> a\n}\n");
    say(&w, "oi");
    for (unsigned i = 0; i < 2 * FBC_ERRORS_MAX; i++) {
        say(&w, "x");
        wait_ms(&w, HOUR);
    }
    CU_ASSERT_EQUAL(heard_of(&w), 2 * FBC_ERRORS_MAX);
    CU_ASSERT_EQUAL(status_now(&w), FRT_RUNNING);
    teardown(&w);
}

/* Messages that fail one behind the other are one error, and its own message is another: then it is parked, nothing goes round. */
static void test_sends_that_fail(void)
{
    struct world w;
    setup(&w, 0);
    publish_source(
        &w,
        "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> f\n}\n"
        "stage a {\n  say \"um\"\n  say \"dois\"\n  say \"tres\"\n  ask x: text(20) \"oi?\"\n  say \"{x}\"\n  end\n}\n"
        "stage f {\n  say \"falhou\"\n  -> a\n}\n");
    w.outcome = FRT_REJECTED;
    say(&w, "oi");
    CU_ASSERT_EQUAL(heard_of(&w), 1);
    CU_ASSERT_EQUAL(status_now(&w), FRT_FAULTED);
    teardown(&w);
}

UNIT_SUITE("frt_errors", {"silence leads back", test_silence_leads_back}, {"answers lead back", test_answers_lead_back},
           {"count is kept and set back", test_count_is_kept_and_set_back},
           {"an hour sets it back", test_an_hour_sets_it_back}, {"sends that fail", test_sends_that_fail})
