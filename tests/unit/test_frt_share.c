/* test_frt_share.c: what one who floods does to twenty who do not, counted on a machine made of numbers.
 *
 * The engine is the real one, time is not: a machine of two processors, on which the engine's thread and the sessions of a database share what
 * there is. A statement takes a fixed time and some for each of its items (microseconds, read off a PostgreSQL in memory); a session takes its
 * statements one behind the other, as server/store_pg.c hands them out. So a p99 is the same number on every run. bench/fairness measures the same
 * with a real store; what is true here was true there within a few per cent.
 * SPDX-License-Identifier: Apache-2.0 */
#include "frt_engine.h"
#include "frt_memory.h"
#include "fsl_natives.h"
#include "publish.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    QUIET = 20,
    FLOODS = 2, /* tenants behind the quiet ones */
    TENANTS = QUIET + FLOODS,
    QUIET_CONTACTS = 100,
    FLOOD_CONTACTS = 1200,
    SESSIONS = 5,
    PROCESSORS = 2,
    PROVIDER_US = 5000,
    TICK_US = 1000,
    ANSWERS = 4096,
    SAMPLES = 100000
};
#define QUIET_RATE 6000.0 /* messages a second of all of them: half of what the machine carries */
#define SHARE      (QUIET_RATE / QUIET)

struct job {
    struct frt_op *op;
    double left;
    struct job *next;
};
struct queue {
    struct job *first, *last;
    unsigned n;
};
struct answer {
    frt_sent_fn done;
    void *ctx;
    double at;
};
static struct machine {
    struct frt_memory *memory;
    struct frt_store inner, store;
    struct frt_engine *engine;
    struct frt_fake_clock clock;
    struct frt_seeded seed;
    double now, thread, tick; /* us; what is left of the engine's round; when it looks again by itself */
    bool busy, closed;
    struct queue sessions[SESSIONS], finished;
    struct answer answers[ANSWERS];
    size_t first, n_answers;
    double asked[TENANTS][FLOOD_CONTACTS]; /* 0: waits for nothing */
    unsigned next[TENANTS];
    double *replied[ANSWERS]; /* in this round */
    size_t n_replied;
    double owed[1 + FLOODS], rate[1 + FLOODS]; /* of the quiet ones together; of each who floods */
    uint64_t numbers, replies[TENANTS];
    float ms[SAMPLES];
    size_t n_ms;
} m;

/* -- the store --------------------------------------------------------------------------------------------------------------------- */
static void append(struct queue *q, struct job *j)
{
    j->next = NULL;
    *(q->first == NULL ? &q->first : &q->last->next) = j;
    q->last = j;
    q->n++;
}

static struct job *take(struct queue *q)
{
    struct job *j = q->first;
    q->first = j->next;
    q->n--;
    return j;
}

static void on_submit(void *self, struct frt_op *op)
{
    (void)self;
    struct job *j = calloc(1, sizeof *j);
    CU_ASSERT_PTR_NOT_NULL_FATAL(j);
    size_t session = 4;
    double items = 0, fixed = 200, each = 0, thread = 4;
    if (op->kind == FRT_OP_INGEST) {
        session = 2, items = (double)((struct frt_op_ingest *)op)->n, fixed = 300, each = 22, thread = 6;
    } else if (op->kind == FRT_OP_COMMIT) {
        session = m.sessions[0].n > m.sessions[1].n;
        items = (double)((struct frt_op_commit *)op)->n, fixed = 380, each = 58, thread = 12;
    } else if (op->kind == FRT_OP_DONE) {
        session = m.sessions[0].n > m.sessions[1].n;
        items = (double)((struct frt_op_done *)op)->n, fixed = 150, each = 17;
    } else if (op->kind == FRT_OP_LOAD) {
        session = 3, items = (double)((struct frt_op_load *)op)->n, fixed = 150, each = 25;
    }
    *j = (struct job){op, fixed + each * items, NULL};
    m.thread += 25 + thread * items;
    append(&m.sessions[session], j);
}

static void carry_out(struct queue *q)
{
    while (q->first != NULL) {
        struct job *j = take(q);
        m.inner.ops->submit(m.inner.self, j->op);
        free(j);
    }
}

static size_t on_drain(void *self)
{
    (void)self;
    carry_out(&m.finished);
    return m.inner.ops->drain(m.inner.self);
}

static int on_fd(void *self)
{
    (void)self;
    return -1;
}

static void on_close(void *self)
{
    (void)self;
    for (size_t i = 0; i < SESSIONS; i++) {
        carry_out(&m.sessions[i]);
    }
    carry_out(&m.finished);
    m.inner.ops->close(m.inner.self);
}

/* -- the provider, the contacts -------------------------------------------------------------------------------------------------------- */
static void on_send(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    (void)self;
    CU_ASSERT_TRUE_FATAL(m.n_answers < ANSWERS && m.n_replied < ANSWERS);
    m.answers[(m.first + m.n_answers++) % ANSWERS] = (struct answer){done, ctx, m.now + PROVIDER_US};
    char name[32];
    snprintf(name, sizeof name, "%.*s", FN_STR_ARG(s->address));
    m.replied[m.n_replied++] = &m.asked[s->tenant - 1][strtoul(name, NULL, 10)];
}

static void on_accepted(void *ctx, const struct frt_accepted *a)
{
    (void)ctx;
    CU_ASSERT_TRUE(a->code == FN_OK || m.closed);
}

static void write_message(unsigned tenant)
{
    unsigned contact = m.next[tenant];
    m.next[tenant] = (contact + 1) % (tenant < QUIET ? QUIET_CONTACTS : FLOOD_CONTACTS);
    if (m.asked[tenant][contact] != 0) {
        return;
    }
    char alias[32], address[16];
    snprintf(alias, sizeof alias, "phone:5511%09u", contact);
    snprintf(address, sizeof address, "%u", contact);
    struct frt_inbound in = {.tenant = 1 + (int64_t)tenant, .channel = 7, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
    in.aliases[0] = fn_str_c(alias);
    in.address = fn_str_c(address);
    in.payload.text = FN_STR("azul");
    m.asked[tenant][contact] = m.now;
    m.thread += 3;
    frt_engine_ingest(m.engine, &in, on_accepted, NULL);
}

static void write_messages(double us)
{
    for (size_t i = 0; i <= FLOODS; i++) {
        for (m.owed[i] += us * m.rate[i] / 1e6; m.owed[i] >= 1; m.owed[i]--) {
            write_message(i == 0 ? (unsigned)(m.numbers++ % QUIET) : QUIET + (unsigned)i - 1);
        }
    }
}

/* -- the machine ----------------------------------------------------------------------------------------------------------------------- */
/* All that the engine's thread does in a round happens at its beginning, but what goes out of it, at its end. */
static void begin_round(void)
{
    m.busy = true;
    m.thread = 10;
    m.clock.now = 1700000000000 + (int64_t)(m.now / 1000);
    write_messages(m.now - (m.tick - TICK_US));
    (void)on_drain(NULL);
    for (; m.n_answers != 0 && m.answers[m.first].at <= m.now; m.n_answers--) {
        struct answer a = m.answers[m.first];
        m.first = (m.first + 1) % ANSWERS;
        a.done(a.ctx, &(struct frt_sent){.outcome = FRT_SENT, .ext_id = FN_STR("x")});
        m.thread += 3;
    }
    (void)frt_engine_step(m.engine);
    m.tick = m.now + TICK_US;
}

static void end_round(void)
{
    m.busy = false;
    for (size_t i = 0; i < m.n_replied; i++) {
        size_t tenant = (size_t)(m.replied[i] - &m.asked[0][0]) / FLOOD_CONTACTS;
        if (*m.replied[i] == 0) {
            continue;
        }
        m.replies[tenant]++;
        if (tenant < QUIET && m.n_ms < SAMPLES) {
            m.ms[m.n_ms++] = (float)((m.now - *m.replied[i]) / 1000);
        }
        *m.replied[i] = 0;
    }
    m.n_replied = 0;
}

/* Until the first of what is under way is done. */
static void pass_time(double until)
{
    unsigned n = m.busy;
    double least = m.busy ? m.thread : until - m.now;
    for (size_t i = 0; i < SESSIONS; i++) {
        const struct job *j = m.sessions[i].first;
        n += j != NULL;
        least = j != NULL && j->left < least ? j->left : least;
    }
    double speed = n > PROCESSORS ? (double)PROCESSORS / n : 1;
    double work = least < (until - m.now) * speed ? least : (until - m.now) * speed;
    m.now += work / speed;
    m.thread -= m.busy ? work : 0;
    for (size_t i = 0; i < SESSIONS; i++) {
        struct job *j = m.sessions[i].first;
        if (j != NULL && (j->left -= work) < 1e-6) {
            append(&m.finished, take(&m.sessions[i]));
        }
    }
}

static int by_value(const void *x, const void *y)
{
    float a = *(const float *)x, b = *(const float *)y;
    return (a > b) - (a < b);
}

/* The quiet ones' p99 over so many seconds; m.replies counts them. */
static double run(double seconds)
{
    m.n_ms = 0;
    memset(m.replies, 0, sizeof m.replies);
    for (double end = m.now + seconds * 1e6; m.now < end;) {
        if (m.busy && m.thread < 1e-6) {
            end_round();
        } else if (!m.busy && (m.finished.first != NULL || m.now >= m.tick)) {
            begin_round();
        } else {
            pass_time(m.busy || m.tick > end ? end : m.tick);
        }
    }
    qsort(m.ms, m.n_ms, sizeof *m.ms, by_value);
    return m.n_ms != 0 ? (double)m.ms[m.n_ms * 99 / 100] : 0;
}

static void setup(void)
{
    static const struct frt_provider_ops provider = {"slow", on_send, NULL, NULL};
    static const struct frt_store_ops ops = {"numbers", on_submit, on_fd, on_drain, on_close};
    memset(&m, 0, sizeof m);
    m.clock.now = 1700000000000;
    m.seed.state = 1;
    m.memory = frt_memory_new(frt_clock_fake(&m.clock));
    m.inner = frt_memory_store(m.memory);
    m.store.ops = &ops;
    for (int64_t tenant = 1; tenant <= TENANTS; tenant++) {
        publish_fixture(m.inner, tenant, NULL);
    }
    struct frt_engine_config c = {.store = m.store,
                                  .clock = frt_clock_fake(&m.clock),
                                  .entropy = frt_entropy_seeded(&m.seed),
                                  .provider = {&provider, NULL},
                                  .natives = fsl_natives,
                                  .node = FN_STR("test")};
    struct fn_err err = {0};
    m.engine = frt_engine_new(&c, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m.engine);
    frt_engine_start(m.engine);
    (void)run(0.1);
}

static void teardown(void)
{
    m.closed = true;
    m.store.ops->close(NULL);
    frt_engine_free(m.engine);
    frt_memory_free(m.memory);
}

/* -- the tests ------------------------------------------------------------------------------------------------------------------------- */
/* The requirement: at a hundred times a share, the others' p99 rises by at most a fifth; and the one who floods gets his share at least. */
static void test_who_floods_is_hardly_felt(void)
{
    setup();
    m.rate[0] = QUIET_RATE;
    m.rate[1] = SHARE;
    (void)run(0.8);
    double alone = run(0.8);
    CU_ASSERT_TRUE(m.n_ms > 4500);
    m.rate[1] = 100 * SHARE;
    (void)run(0.5);
    double beside = run(0.8);
    CU_ASSERT_TRUE(m.n_ms > 4500);
    CU_ASSERT_TRUE(beside <= 1.2 * alone);
    CU_ASSERT_TRUE((double)m.replies[QUIET] >= 0.8 * SHARE);
    if (beside > 1.2 * alone || getenv("FRT_SHARE_SHOW") != NULL) {
        printf("p99 alone %.2f ms, beside %.2f ms, %.0f turns/s of who floods\n", alone, beside,
               (double)m.replies[QUIET] / 0.8);
    }
    teardown();
}

/* With nobody else about, those who flood have the machine, and the same of it. */
static void test_two_who_flood_have_it_all(void)
{
    setup();
    m.rate[0] = 100;
    m.rate[1] = m.rate[2] = 20000;
    (void)run(0.3);
    m.rate[0] = 0;
    (void)run(1.2);
    (void)run(0.4);
    double one = (double)m.replies[QUIET], other = (double)m.replies[QUIET + 1];
    CU_ASSERT_TRUE((one + other) / 0.4 >= 9000);
    CU_ASSERT_TRUE(one < 1.2 * other && other < 1.2 * one);
    if (getenv("FRT_SHARE_SHOW") != NULL) {
        printf("%.0f and %.0f turns/s\n", one / 0.4, other / 0.4);
    }
    teardown();
}

/* Few others: what they leave free is used, and each of them is served about as fast as on an empty machine. */
static void test_gaps_are_used(void)
{
    setup();
    m.rate[0] = QUIET_RATE / 20;
    (void)run(1);
    double alone = run(1);
    m.rate[1] = 20000;
    (void)run(0.3);
    double beside = run(1);
    if (getenv("FRT_SHARE_SHOW") != NULL) {
        printf("p99 alone %.2f ms, beside %.2f ms, %.0f turns/s of who floods\n", alone, beside,
               (double)m.replies[QUIET]);
    }
    CU_ASSERT_TRUE(m.replies[QUIET] >= 2000);
    CU_ASSERT_TRUE(beside <= 2.5 * alone);
    teardown();
}

/* Somebody who seldom writes, then many at once, does not flood: he is not held back for the others. */
static void test_a_burst_is_no_flood(void)
{
    setup();
    m.rate[0] = QUIET_RATE;
    (void)run(0.5);
    for (unsigned i = 0; i < 100; i++) {
        write_message(QUIET + 1);
    }
    (void)run(0.1);
    if (getenv("FRT_SHARE_SHOW") != NULL) {
        printf("%.0f of a burst of 100 after 100 ms\n", (double)m.replies[QUIET + 1]);
    }
    CU_ASSERT_TRUE(m.replies[QUIET + 1] >= 90);
    teardown();
}

UNIT_SUITE("frt_share", {"who floods is hardly felt", test_who_floods_is_hardly_felt},
           {"two who flood have it all", test_two_who_flood_have_it_all}, {"gaps are used", test_gaps_are_used},
           {"a burst is no flood", test_a_burst_is_no_flood})
