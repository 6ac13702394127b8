/* bench_engine.c: the durable engine in one process: a message in -> INGEST -> turn -> COMMIT -> the reply handed out -> DONE, on a real store.
 *
 * bench_engine STORE SECONDS [UNDER_WAY [RATE]]: STORE is postgresql://... or a folder for SQLite. Without RATE the load is closed: so many
 * contacts wait for their reply at any time, and the next message comes when one is answered. With RATE it is open: so many messages a
 * second, whatever happens. The time measured is from the message's arrival to the moment its reply is handed out, which is after the
 * commit. Prints one line of name=value pairs, for bench/engine.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_format.h"
#include "fbc_image.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "fsv_crypto.h"

#include "bed.h"

#include <sys/resource.h>

enum { CONTACTS = 20000, TENANTS = 8, ANSWERS_MAX = 65536, SAMPLES_MAX = 4000000, WARM_MS = 1000 };

struct answer {
    frt_sent_fn done;
    void *ctx;
};
struct bench {
    struct answer answers[ANSWERS_MAX]; /* ring */
    size_t first, n_answers;
    int64_t asked[CONTACTS]; /* ns; 0: no message under way */
    uint64_t seed;           /* of the order in which contacts write */
    uint32_t under_way;
    uint64_t numbers, sent;
    float *samples; /* ms */
    size_t n_samples;
    bool counting;
};
static struct bench b;

/* -- the provider: takes everything at once, answers in the next round ---------------------------------------------------------- */
static void on_send(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    (void)self;
    if (b.n_answers == ANSWERS_MAX) {
        die("too many sends at once");
    }
    b.answers[(b.first + b.n_answers++) % ANSWERS_MAX] = (struct answer){done, ctx};
    char name[32];
    snprintf(name, sizeof name, "%.*s", FN_STR_ARG(s->address));
    unsigned long contact = strtoul(name, NULL, 10);
    if (contact >= CONTACTS || b.asked[contact] == 0) {
        return;
    }
    if (b.counting && b.n_samples < SAMPLES_MAX) {
        b.samples[b.n_samples++] = (float)((double)(now_ns() - b.asked[contact]) / 1e6);
    }
    b.asked[contact] = 0;
    b.under_way--;
}

static bool answer_all(void)
{
    bool any = b.n_answers != 0;
    for (size_t n = b.n_answers; n != 0; n--) {
        struct answer a = b.answers[b.first];
        b.first = (b.first + 1) % ANSWERS_MAX;
        b.n_answers--;
        char id[32];
        int size = snprintf(id, sizeof id, "3EB0%012llX", (unsigned long long)b.sent++);
        a.done(a.ctx, &(struct frt_sent){.outcome = FRT_SENT, .ext_id = {id, (size_t)size}});
    }
    return any;
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
    char alias[32], address[16], id[40];
    snprintf(alias, sizeof alias, "phone:5511%09u", c);
    snprintf(address, sizeof address, "%u", c);
    snprintf(id, sizeof id, "loja:false:%llx", (unsigned long long)++b.numbers);
    struct frt_inbound in = {.tenant = 1 + c % TENANTS, .channel = 1, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
    in.aliases[0] = fn_str_c(alias);
    in.address = fn_str_c(address);
    in.dedupe = in.ref = fn_str_c(id);
    in.payload.text = FN_STR("Quero duas camisetas azuis, tamanho M, por favor.");
    b.asked[c] = now_ns();
    b.under_way++;
    frt_engine_ingest(bed.engine, &in, accepted, NULL);
    return true;
}

/* -- running ---------------------------------------------------------------------------------------------------------------------------- */
static void round_once(int64_t max_ms)
{
    bed_round(max_ms, b.n_answers != 0);
    (void)answer_all();
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
        round_once(rate > 0 ? 1 : 10);
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
    b.numbers = (uint64_t)frt_clock_system().ops->wall(NULL)
                << 20; /* a second run on the same store is not a repetition */
    open_store(argv[1]);
    deploy(TENANTS);
    struct frt_engine_config c = bed_config(&provider);
    c.tenant_inflight = 256;
    c.sends_max = 1000;
    start_engine(&c);
    measure(strtod(argv[2], NULL), argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 512,
            argc > 4 ? strtod(argv[4], NULL) : 0);
    frt_engine_drain(bed.engine);
    for (int64_t end = now_ns() + 10000000000; !frt_engine_drained(bed.engine) && now_ns() < end;) {
        round_once(10);
    }
    bed_end();
    free(b.samples);
    return 0;
}
