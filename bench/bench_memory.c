/* bench_memory.c: four hours of load on a virtual clock; what the engine holds in memory at the end of each must not grow.
 *
 * bench_memory STORE. The engine is the real one and so is the store, a PostgreSQL: nothing but the engine, libpq and this file allocates here.
 * Each TICK of virtual time AT_ONCE of CONTACTS customers of TENANTS tenants write, all are answered, and the clock moves on; so timers, sweeps,
 * windows and the quiet ten minutes of a tenant pass as they would. One tenant writes in the first half of each hour only. At the end of an hour,
 * with nothing under way, the bytes that are allocated are counted. Prints one line of name=value pairs for bench/memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_format.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "frt_env.h"
#include "fsl_natives.h"
#include "fsv_crypto.h"

#include "bed.h"

#include <malloc.h>

enum { CONTACTS = 20000, TENANTS = 8, AT_ONCE = 20, TICK_MS = 4000, HOURS = 4, HOUR_TICKS = 3600000 / TICK_MS };

static struct {
    struct frt_fake_clock clock;
    uint32_t next, under_way;
} m;

/* -- the store, but with the virtual clock: an engine tells time by its store's ---------------------------------------------------------- */
static struct frt_store real;
static void (*lease_done)(struct frt_op *op);

static void on_lease(struct frt_op *op)
{
    ((struct frt_op_lease *)op)->now = m.clock.now;
    lease_done(op);
}

static void submit(void *self, struct frt_op *op)
{
    (void)self;
    if (op->kind == FRT_OP_LEASE && op->done != on_lease) {
        lease_done = op->done;
        op->done = on_lease;
    }
    frt_store_submit(real, op);
}

static int poll_fd(void *self)
{
    (void)self;
    return real.ops->poll_fd(real.self);
}

static size_t drain(void *self)
{
    (void)self;
    return real.ops->drain(real.self);
}

static void close_store(void *self)
{
    (void)self;
    real.ops->close(real.self);
}

/* -- the load ------------------------------------------------------------------------------------------------------------------------ */
static void on_send(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    (void)self;
    (void)s;
    bed_answer(done, ctx, 0);
    m.under_way--;
}

static void accepted(void *ctx, const struct frt_accepted *a)
{
    (void)ctx;
    if (a->code != FN_OK || a->duplicate) {
        die("a message was not accepted");
    }
}

static void write_message(bool all)
{
    uint32_t c = m.next;
    m.next = (m.next + 1) % CONTACTS;
    if (c % TENANTS == 0 && !all) {
        return;
    }
    m.under_way++;
    bed_message(1 + c % TENANTS, c, accepted, NULL);
}

static void round_once(void)
{
    bed_round(1, false);
    bed_answer_due(0);
}

/* Until nothing is under way, the verdicts' way into the store included. Time passes meanwhile, as it does for whoever waits. */
static void settle(void)
{
    struct frt_engine_stats s;
    int64_t end = now_ns() + 30000000000;
    do {
        round_once();
        m.clock.now++;
        frt_engine_stats(bed.engine, &s);
    } while ((m.under_way != 0 || s.lanes != 0) && now_ns() < end);
    if (m.under_way != 0 || s.lanes != 0) {
        die("replies are missing");
    }
}

static void run_hour(void)
{
    for (int tick = 0; tick < HOUR_TICKS; tick++) {
        for (int i = 0; i < AT_ONCE; i++) {
            write_message(tick < HOUR_TICKS / 2);
        }
        settle();
        m.clock.now += TICK_MS;
    }
}

static void begin(const char *where)
{
    static const struct frt_provider_ops provider = {"sink", on_send, NULL, NULL};
    m.clock.now = frt_clock_system().ops->wall(NULL);
    bed_number();
    static const struct frt_store_ops virtual = {"virtual", submit, poll_fd, drain, close_store};
    open_store(where);
    real = bed.store;
    bed.store = (struct frt_store){&virtual, NULL};
    deploy(TENANTS);
    struct frt_engine_config c = bed_config(&provider);
    c.clock = frt_clock_fake(&m.clock);
    c.recent_bytes = 1 << 20; /* full in the first hour */
    start_engine(&c);
}

int main(int argc, char **argv)
{
    struct frt_engine_stats s;
    if (argc < 2) {
        die("usage: bench_memory STORE");
    }
    begin(argv[1]);
    for (int hour = 1; hour <= HOURS; hour++) {
        run_hour();
        printf("hour%d=%zu ", hour, mallinfo2().uordblks);
    }
    frt_engine_stats(bed.engine, &s);
    printf("turns=%llu mails=%u tenants=%u\n", (unsigned long long)s.turns, s.mails, s.tenants);
    bed_end(round_once);
    return 0;
}
