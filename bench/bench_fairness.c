/* bench_fairness.c: what a tenant who floods does to twenty quiet ones, with the real engine on a real store.
 *
 * bench_fairness STORE SECONDS. First what the store carries is measured, all 21 tenants writing as fast as they are answered. A share is a 21st
 * of half of that. Then windows of SECONDS take turns: all at their share; one at a hundred times its share, the others as before. The time
 * counted is the quiet tenants', from the instant at which a message was due to the moment its reply is handed out: INGEST, the queue of the
 * ready, LOAD, COMMIT and the wait for a free connection to the provider, who takes PROVIDER_MS for each call. The engine is set up as in funneld.
 * HTTP is not in it: a funneld serves one tenant.
 *
 * The load is open: who was due to write writes, however slow the answers are. Messages come out of the engine's own thread, so the time in which
 * it does something else is in the figure, as it is for a webhook that waits in a socket; how much of it that is (`late`) and when the message was
 * stored (`stored`) is told apart. The noisy one has NOISY_CONTACTS customers, each of whom waits for his reply before he writes again; what is
 * offered beyond that is not counted. The rise is told of all windows together, and as the median of each window's against the one before it:
 * what else the machine does hits single windows.
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
    SAMPLES_MAX = 1000000,
    PROVIDER_MS = 5,
    WINDOWS = 5,
    WARM_S = 1,
    PROBE_S = 3,
    PROBE_UNDER_WAY = 512
};

/* Of the quiet ones' messages. */
struct series {
    float ms[SAMPLES_MAX], late[SAMPLES_MAX], stored[SAMPLES_MAX];
    size_t n, n_late, n_stored;
    uint64_t noisy; /* replies to the noisy one meanwhile */
    double seconds;
};
static struct {
    int64_t asked[TENANTS][NOISY_CONTACTS]; /* ns; 0: no message under way */
    uint32_t next[TENANTS], under_way;
    uint64_t replies, refused;
    struct series *into; /* NULL: nobody counts */
} f;

static void sample(float *to, size_t *n, int64_t ns)
{
    if (*n < SAMPLES_MAX) {
        to[(*n)++] = (float)((double)ns / 1e6);
    }
}

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
    } else if (f.into != NULL) {
        sample(f.into->ms, &f.into->n, now - asked);
    }
}

static void on_send(void *self, const struct frt_send *s, frt_sent_fn done, void *ctx)
{
    (void)self;
    int64_t now = now_ns();
    uint32_t contact = bed_contact(s, NOISY_CONTACTS);
    bed_answer(done, ctx, now + PROVIDER_MS * 1000000);
    if (contact < NOISY_CONTACTS && s->tenant >= 1 && s->tenant <= TENANTS) {
        replied((uint32_t)s->tenant - 1, contact, now);
    }
}

/* -- the contacts ---------------------------------------------------------------------------------------------------------------- */
static void accepted(void *ctx, const struct frt_accepted *a)
{
    int64_t *asked = ctx;
    bool quiet = asked < f.asked[NOISY];
    if (a->code == FN_OK) {
        if (f.into != NULL && quiet) {
            sample(f.into->stored, &f.into->n_stored, now_ns() - *asked);
        }
        return;
    }
    if (quiet) {
        die("a quiet tenant's message was refused");
    }
    f.refused++;
    f.under_way -= *asked != 0;
    *asked = 0;
}

/* The next contact of the tenant who waits for nothing writes; false when all wait. */
static bool write_message(uint32_t tenant, int64_t at, int64_t now)
{
    uint32_t contacts = tenant == NOISY ? NOISY_CONTACTS : QUIET_CONTACTS, c = f.next[tenant];
    f.next[tenant] = (c + 1) % contacts;
    if (f.asked[tenant][c] != 0) {
        return false;
    }
    if (f.into != NULL && tenant != NOISY) {
        sample(f.into->late, &f.into->n_late, now - at);
    }
    f.asked[tenant][c] = at;
    f.under_way++;
    bed_message(1 + (int64_t)tenant, c, accepted, &f.asked[tenant][c]);
    return true;
}

/* -- running --------------------------------------------------------------------------------------------------------------------- */
static void round_once(void)
{
    bed_round(1, false);
    bed_answer_due(now_ns());
}

/* All write as soon as they are answered: what the store carries, in turns a second. */
static double probe(void)
{
    int64_t begin = 0;
    uint64_t before = 0;
    for (int64_t end = now_ns() + (int64_t)(PROBE_S + WARM_S) * 1000000000, now = now_ns(); now < end; now = now_ns()) {
        for (uint32_t i = 0; f.under_way < PROBE_UNDER_WAY && i < TENANTS * 4; i++) {
            (void)write_message((uint32_t)(bed.numbers % TENANTS), now, now);
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
            (void)write_message((uint32_t)((uint64_t)quiet % QUIET), begin + (int64_t)(quiet / (share * QUIET) * 1e9),
                                now);
        }
        for (; noisy < passed * share * times; noisy++) {
            if (!write_message(NOISY, now, now)) {
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

/* This window's p99. */
static double window(struct series *into, double seconds, double share, double times)
{
    size_t from = into->n;
    drive(WARM_S, share, times);
    f.into = into;
    drive(seconds, share, times);
    f.into = NULL;
    into->seconds += seconds;
    settle();
    qsort(into->ms + from, into->n - from, sizeof *into->ms, by_value);
    return percentile_of(into->ms + from, into->n - from, 0.99);
}

static void print_series(const char *name, struct series *s)
{
    qsort(s->ms, s->n, sizeof *s->ms, by_value);
    qsort(s->late, s->n_late, sizeof *s->late, by_value);
    qsort(s->stored, s->n_stored, sizeof *s->stored, by_value);
    printf("%s=%zu %s_p50=%.2f %s_p99=%.2f %s_late=%.2f %s_stored=%.2f ", name, s->n, name,
           percentile_of(s->ms, s->n, 0.5), name, percentile_of(s->ms, s->n, 0.99), name,
           percentile_of(s->late, s->n_late, 0.99), name, percentile_of(s->stored, s->n_stored, 0.99));
}

int main(int argc, char **argv)
{
    static const struct frt_provider_ops provider = {"sink", on_send, NULL, NULL};
    static struct series alone, beside;
    float rises[WINDOWS];
    if (argc < 3) {
        die("usage: bench_fairness STORE SECONDS");
    }
    double seconds = strtod(argv[2], NULL);
    bed_number();
    open_store(argv[1]);
    deploy(TENANTS);
    struct frt_engine_config c = bed_config(&provider);
    start_engine(&c);
    double rate = probe(), share = rate / 2 / TENANTS;
    settle();
    for (int i = 0; i < WINDOWS; i++) {
        double before = window(&alone, seconds, share, 1);
        rises[i] = (float)(100 * (window(&beside, seconds, share, TIMES) / before - 1));
    }
    qsort(rises, WINDOWS, sizeof *rises, by_value);
    printf("rate=%.0f share=%.1f ", rate, share);
    print_series("alone", &alone);
    print_series("beside", &beside);
    printf("rise=%.1f noisy=%.0f refused=%llu\n", (double)rises[WINDOWS / 2], (double)beside.noisy / beside.seconds,
           (unsigned long long)f.refused);
    bed_end(round_once);
    return 0;
}
