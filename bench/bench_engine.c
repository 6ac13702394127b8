/* bench_engine.c: the durable engine in one process: a message in -> INGEST -> turn -> COMMIT -> the reply handed out -> DONE, on a real store.
 *
 * bench_engine STORE SECONDS [UNDER_WAY [RATE]]: STORE is postgresql://... or a folder for SQLite. Without RATE the load is closed: so many
 * contacts wait for their reply at any time, and the next message comes when one is answered. With RATE it is open: so many messages a
 * second, whatever happens. The time measured is from the message's arrival to the moment its reply is handed out, which is after the
 * commit. Prints one line of name=value pairs, for bench/engine.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_format.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "fsv_crypto.h"

#include "bed.h"

#include <sys/resource.h>

enum { CONTACTS = 20000, TENANTS = 8, SAMPLES_MAX = 4000000, WARM_MS = 1000 };

struct bench {
    int64_t asked[CONTACTS]; /* ns; 0: no message under way */
    uint64_t seed;           /* of the order in which contacts write */
    uint32_t under_way;
    float *samples; /* ms */
    size_t n_samples;
    bool counting;
};
static struct bench b;

/* -- the provider: takes everything at once, answers in the next round ---------------------------------------------------------- */
static void on_send(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    (void)self;
    bed_answer(done, ctx, 0);
    uint32_t contact = bed_contact(s, CONTACTS);
    if (contact == CONTACTS || b.asked[contact] == 0) {
        return;
    }
    if (b.counting && b.n_samples < SAMPLES_MAX) {
        b.samples[b.n_samples++] = (float)((double)(now_ns() - b.asked[contact]) / 1e6);
    }
    b.asked[contact] = 0;
    b.under_way--;
}

/* -- the contacts ------------------------------------------------------------------------------------------------------------------ */
static void accepted(void *ctx, const struct frt_accepted *a)
{
    (void)ctx;
    if (a->code != FN_OK || a->duplicate) {
        die("a message was not accepted");
    }
}

/* Someone who waits for nothing; not in the order in which their rows lie. CONTACTS: none was found. */
static uint32_t pick(void)
{
    for (int tries = 0; tries < 64; tries++) {
        b.seed = b.seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t c = (uint32_t)(b.seed >> 33) % CONTACTS;
        if (b.asked[c] == 0) {
            return c;
        }
    }
    return CONTACTS;
}

static bool write_message(void)
{
    uint32_t c = pick();
    if (c == CONTACTS) {
        return false;
    }
    b.asked[c] = now_ns();
    b.under_way++;
    bed_message(1 + c % TENANTS, c, accepted, NULL);
    return true;
}

/* -- running ---------------------------------------------------------------------------------------------------------------------------- */
static void round_of(int64_t max_ms)
{
    bed_round(max_ms, bed.n_answers != 0);
    bed_answer_due(0);
}

static void round_once(void)
{
    round_of(10);
}

static void drive(int64_t until, uint32_t under_way, double rate)
{
    int64_t begin = now_ns();
    double written = 0;
    for (int64_t now = begin; now < until; now = now_ns()) {
        double want = rate > 0 ? rate * (double)(now - begin) / 1e9 : written + (double)under_way - (double)b.under_way;
        for (; written < want; written++) {
            if (!write_message() && rate <= 0) {
                break;
            }
        }
        round_of(rate > 0 ? 1 : 10);
    }
}

/* -- figures ------------------------------------------------------------------------------------------------------------------------------- */
static double percentile(double share)
{
    return percentile_of(b.samples, b.n_samples, share);
}

static double cpu_us(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void measure(double seconds, uint32_t under_way, double rate)
{
    struct frt_engine_stats before, after;
    drive(now_ns() + (int64_t)WARM_MS * 1000000, under_way, rate);
    frt_engine_stats(bed.engine, &before);
    double cpu = cpu_us();
    int64_t begin = now_ns();
    b.counting = true;
    drive(begin + (int64_t)(seconds * 1e9), under_way, rate);
    b.counting = false;
    double took = (double)(now_ns() - begin) / 1e9;
    frt_engine_stats(bed.engine, &after);
    double turns = (double)(after.turns - before.turns);
    cpu = cpu_us() - cpu;
    qsort(b.samples, b.n_samples, sizeof *b.samples, by_value);
    printf("turns=%.0f seconds=%.2f rate=%.0f replies=%zu p50=%.2f p99=%.2f max=%.2f cpu_us=%.1f batch=%.1f all=%llu "
           "conflicts=%llu dead=%llu\n",
           turns, took, turns / took, b.n_samples, percentile(0.5), percentile(0.99), percentile(1),
           cpu / (turns > 0 ? turns : 1), turns / (double)(after.commits - before.commits + 1),
           (unsigned long long)after.turns, (unsigned long long)after.conflicts, (unsigned long long)after.dead);
}

int main(int argc, char **argv)
{
    static const struct frt_provider_ops provider = {"sink", on_send, NULL, NULL};
    if (argc < 3) {
        die("usage: bench_engine STORE SECONDS [UNDER_WAY [RATE]]");
    }
    b.samples = calloc(SAMPLES_MAX, sizeof *b.samples);
    if (b.samples == NULL) {
        die("no memory");
    }
    bed_number();
    open_store(argv[1]);
    deploy(TENANTS);
    struct frt_engine_config c = bed_config(&provider);
    c.tenant_inflight = 256;
    c.sends_max = 1000;
    start_engine(&c);
    measure(strtod(argv[2], NULL), argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 512,
            argc > 4 ? strtod(argv[4], NULL) : 0);
    bed_end(round_once);
    free(b.samples);
    return 0;
}
