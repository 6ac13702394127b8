/* bench_fairness.c: what a tenant who floods does to twenty quiet ones, with the real engine on a real store.
 *
 * bench_fairness STORE SECONDS. First what the store carries is measured, all 21 tenants writing as fast as they are answered. A share is a 21st
 * of half of that. Then windows of SECONDS take turns: all at their share; one at a hundred times its share, the others as before. The time
 * counted is the quiet tenants', from a message's arrival to the moment its reply is handed out: INGEST, the queue of the ready, LOAD, COMMIT
 * and the wait for a free connection to the provider, who takes PROVIDER_MS for each call. The engine is set up as in funneld. HTTP is not in it:
 * a funneld serves one tenant.
 *
 * The noisy one has NOISY_CONTACTS customers, each of whom waits for his reply before he writes again; what is offered beyond that is not counted.
 * Prints one line of name=value pairs for bench/fairness.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_format.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "fsv_crypto.h"
#include "fsv_http.h"

#include "bed.h"

enum {
    QUIET = 20,
    NOISY = QUIET, /* its index */
    TENANTS = QUIET + 1,
    QUIET_CONTACTS = 500,
    NOISY_CONTACTS = 10000,
    TIMES = 100,
    ANSWERS_MAX = 65536,
    SAMPLES_MAX = 1000000,
    PROVIDER_MS = 5,
    WINDOWS = 3,
    WARM_S = 1,
    PROBE_S = 3,
    PROBE_UNDER_WAY = 512
};

struct answer {
    frt_sent_fn done;
    void *ctx;
    int64_t at; /* ns */
};
struct series {
    float ms[SAMPLES_MAX];
    size_t n;
    uint64_t noisy; /* replies to the noisy one meanwhile */
    double seconds;
};
static struct {
    struct answer answers[ANSWERS_MAX]; /* ring; all take the same time, so they end in order */
    size_t first, n_answers;
    int64_t asked[TENANTS][NOISY_CONTACTS]; /* ns; 0: no message under way */
    uint32_t next[TENANTS], under_way;
    uint64_t numbers, sent, replies, refused;
    struct series *into; /* NULL: nobody counts */
} f;

/* -- the provider ---------------------------------------------------------------------------------------------------------------- */
static void replied(uint32_t tenant, uint32_t contact, int64_t now)
{
    int64_t asked = f.asked[tenant][contact];
    if (asked == 0) {
        return;
    }
    f.asked[tenant][contact] = 0;
    f.under_way--;
    f.replies++;
    if (f.into != NULL && tenant == NOISY) {
        f.into->noisy++;
    } else if (f.into != NULL && f.into->n < SAMPLES_MAX) {
        f.into->ms[f.into->n++] = (float)((double)(now - asked) / 1e6);
    }
}

static void on_send(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    (void)self;
    if (f.n_answers == ANSWERS_MAX) {
        die("too many sends at once");
    }
    int64_t now = now_ns();
    f.answers[(f.first + f.n_answers++) % ANSWERS_MAX] = (struct answer){done, ctx, now + PROVIDER_MS * 1000000};
    char name[32];
    snprintf(name, sizeof name, "%.*s", FN_STR_ARG(s->address));
    unsigned long contact = strtoul(name, NULL, 10);
    if (contact < NOISY_CONTACTS && s->tenant >= 1 && s->tenant <= TENANTS) {
        replied((uint32_t)s->tenant - 1, (uint32_t)contact, now);
    }
}

static void answer_due(void)
{
    int64_t now = now_ns();
    while (f.n_answers != 0 && f.answers[f.first].at <= now) {
        struct answer a = f.answers[f.first];
        f.first = (f.first + 1) % ANSWERS_MAX;
        f.n_answers--;
        char id[32];
        int size = snprintf(id, sizeof id, "3EB0%012llX", (unsigned long long)f.sent++);
        a.done(a.ctx, &(struct frt_sent){.outcome = FRT_SENT, .ext_id = {id, (size_t)size}});
    }
}

/* -- the contacts ---------------------------------------------------------------------------------------------------------------- */
static void accepted(void *ctx, const struct frt_accepted *a)
{
    int64_t *asked = ctx;
    if (a->code == FN_OK) {
        return;
    }
    if (asked < f.asked[NOISY]) {
        die("a quiet tenant's message was refused");
    }
    f.refused++;
    f.under_way -= *asked != 0;
    *asked = 0;
}

/* The next contact of the tenant who waits for nothing writes; false when all wait. */
static bool write_message(uint32_t tenant, int64_t at)
{
    uint32_t contacts = tenant == NOISY ? NOISY_CONTACTS : QUIET_CONTACTS, c = f.next[tenant];
    f.next[tenant] = (c + 1) % contacts;
    if (f.asked[tenant][c] != 0) {
        return false;
    }
    char alias[32], address[16], id[40];
    snprintf(alias, sizeof alias, "phone:5511%09u", c);
    snprintf(address, sizeof address, "%u", c);
    snprintf(id, sizeof id, "loja:false:%llx", (unsigned long long)++f.numbers);
    struct frt_inbound in = {.tenant = 1 + (int64_t)tenant, .channel = 1, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
    in.aliases[0] = fn_str_c(alias);
    in.address = fn_str_c(address);
    in.dedupe = in.ref = fn_str_c(id);
    in.payload.text = FN_STR("Quero duas camisetas azuis, tamanho M, por favor.");
    f.asked[tenant][c] = at;
    f.under_way++;
    frt_engine_ingest(bed.engine, &in, accepted, &f.asked[tenant][c]);
    return true;
}

/* -- running --------------------------------------------------------------------------------------------------------------------- */
static void round_once(void)
{
    bed_round(1, false);
    answer_due();
}

/* All write as soon as they are answered: what the store carries, in turns a second. */
static double probe(void)
{
    int64_t begin = 0;
    uint64_t before = 0;
    for (int64_t end = now_ns() + (int64_t)(PROBE_S + WARM_S) * 1000000000, now = now_ns(); now < end; now = now_ns()) {
        for (uint32_t i = 0; f.under_way < PROBE_UNDER_WAY && i < TENANTS * 4; i++) {
            (void)write_message((uint32_t)(f.numbers % TENANTS), now);
        }
        round_once();
        if (begin == 0 && now >= end - (int64_t)PROBE_S * 1000000000) {
            begin = now;
            before = f.replies;
        }
    }
    return (double)(f.replies - before) * 1e9 / (double)(now_ns() - begin);
}

static void drive(double seconds, double share, double times)
{
    int64_t begin = now_ns(), end = begin + (int64_t)(seconds * 1e9);
    double quiet = 0, noisy = 0;
    for (int64_t now = begin; now < end; now = now_ns()) {
        double passed = (double)(now - begin) / 1e9;
        for (; quiet < passed * share * QUIET; quiet++) {
            (void)write_message((uint32_t)((uint64_t)quiet % QUIET), begin + (int64_t)(quiet / (share * QUIET) * 1e9));
        }
        for (; noisy < passed * share * times; noisy++) {
            if (!write_message(NOISY, now)) {
                noisy = passed * share * times;
            }
        }
        round_once();
    }
}

static void settle(void)
{
    for (int64_t end = now_ns() + 60000000000; f.under_way != 0 && now_ns() < end;) {
        round_once();
    }
    if (f.under_way != 0) {
        die("replies are missing");
    }
}

static void window(struct series *into, double seconds, double share, double times)
{
    drive(WARM_S, share, times);
    f.into = into;
    drive(seconds, share, times);
    f.into = NULL;
    into->seconds += seconds;
    settle();
}

int main(int argc, char **argv)
{
    static const struct frt_provider_ops provider = {"sink", on_send, NULL, NULL};
    static struct series alone, beside;
    if (argc < 3) {
        die("usage: bench_fairness STORE SECONDS");
    }
    double seconds = strtod(argv[2], NULL);
    f.numbers = (uint64_t)frt_clock_system().ops->wall(NULL) << 20;
    open_store(argv[1]);
    deploy(TENANTS);
    struct frt_engine_config c = bed_config(&provider);
    start_engine(&c);
    double rate = probe();
    settle();
    for (int i = 0; i < WINDOWS; i++) {
        window(&alone, seconds, rate / 2 / TENANTS, 1);
        window(&beside, seconds, rate / 2 / TENANTS, TIMES);
    }
    qsort(alone.ms, alone.n, sizeof *alone.ms, by_value);
    qsort(beside.ms, beside.n, sizeof *beside.ms, by_value);
    printf("rate=%.0f share=%.1f alone=%zu alone_p50=%.2f alone_p99=%.2f beside=%zu beside_p50=%.2f beside_p99=%.2f "
           "noisy=%.0f refused=%llu\n",
           rate, rate / 2 / TENANTS, alone.n, percentile_of(alone.ms, alone.n, 0.5),
           percentile_of(alone.ms, alone.n, 0.99), beside.n, percentile_of(beside.ms, beside.n, 0.5),
           percentile_of(beside.ms, beside.n, 0.99), (double)beside.noisy / beside.seconds,
           (unsigned long long)f.refused);
    frt_engine_drain(bed.engine);
    for (int64_t end = now_ns() + 10000000000; !frt_engine_drained(bed.engine) && now_ns() < end;) {
        round_once();
    }
    bed_end();
    return 0;
}
