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

#include "../server/store_pg.h"
#include "../server/store_sqlite.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { CONTACTS = 20000, TENANTS = 8, ANSWERS_MAX = 65536, SAMPLES_MAX = 4000000, WARM_MS = 1000 };

struct answer {
    frt_sent_fn done;
    void *ctx;
};
struct bench {
    struct frt_store store;
    struct frt_engine *engine;
    struct answer answers[ANSWERS_MAX]; /* ring */
    size_t first, n_answers;
    int64_t asked[CONTACTS]; /* ns; 0: no message under way */
    uint32_t next;           /* contact whose turn it is */
    uint32_t under_way;
    uint64_t numbers, sent;
    float *samples; /* ms */
    size_t n_samples;
    bool counting;
};
static struct bench b;

static void die(const char *why)
{
    fprintf(stderr, "bench_engine: %s\n", why);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

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

static bool write_message(void)
{
    uint32_t c = b.next;
    b.next = (b.next + 1) % CONTACTS;
    if (b.asked[c] != 0) {
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
    frt_engine_ingest(b.engine, &in, accepted, NULL);
    return true;
}

/* -- running ---------------------------------------------------------------------------------------------------------------------------- */
static void round_once(int64_t max_ms)
{
    int64_t wall = frt_clock_system().ops->wall(NULL), at = frt_engine_step(b.engine);
    int64_t ms = at == FRT_NEVER || at - wall > max_ms ? max_ms : at - wall;
    struct pollfd p = {.fd = b.store.ops->poll_fd(b.store.self), .events = POLLIN};
    (void)poll(&p, 1, b.n_answers != 0 || ms < 0 ? 0 : (int)ms);
    (void)b.store.ops->drain(b.store.self);
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

static void is_done(struct frt_op *op)
{
    *(bool *)op->owner = true;
}

static void ask(struct frt_op *op, enum frt_op_kind kind, struct fn_arena *arena)
{
    bool done = false;
    op->kind = kind;
    op->done = is_done;
    op->owner = &done;
    op->arena = arena;
    frt_store_submit(b.store, op);
    while (!done) {
        struct pollfd p = {.fd = b.store.ops->poll_fd(b.store.self), .events = POLLIN};
        (void)poll(&p, 1, 100);
        (void)b.store.ops->drain(b.store.self);
    }
    if (op->code != FN_OK) {
        die(op->err.text);
    }
}

static void deploy(void)
{
    static char source[8192];
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fn_buf out;
    struct fcc_program *program = NULL;
    FILE *f = fopen(BENCH_ROOT "/bench/engine.funnel", "rb");
    size_t n = f != NULL ? fread(source, 1, sizeof source, f) : 0;
    fn_arena_init(&arena, 64u << 20);
    fn_diag_list_init(&diags, &arena, 100);
    fn_buf_init(&out, FBC_LIMIT_IMAGE);
    struct fcc_options options = {.modules = NULL};
    if (f == NULL || fcc_compile(&arena, FN_STR("engine.funnel"), (struct fn_str){source, n}, &options, &diags,
                                 &program, &out, NULL) != FN_OK) {
        die("bench/engine.funnel does not compile");
    }
    (void)fclose(f);
    uint8_t hash[FSV_SHA256_BYTES];
    fsv_sha256(fn_buf_view(&out), hash);
    for (int64_t tenant = 1; tenant <= TENANTS; tenant++) {
        struct frt_op_image_put put = {
            .tenant = tenant, .hash = {(const char *)hash, sizeof hash}, .bytes = fn_buf_view(&out)};
        struct frt_op_publish publish = {.tenant = tenant, .pub = {.funnel = FN_STR("eco"), .hash = put.hash}};
        ask(&put.op, FRT_OP_IMAGE_PUT, &arena);
        ask(&publish.op, FRT_OP_PUBLISH, &arena);
    }
    fn_buf_fini(&out);
    fn_arena_fini(&arena);
}

static void open_store(const char *where)
{
    struct fn_err err = {.text = "no store"};
    enum fn_code code;
    if (strncmp(where, "postgres", 8) == 0) {
        code = fsv_store_pg_open(&(struct fsv_pg_options){.url = where}, &b.store, &err);
    } else {
        code = fsv_store_sqlite_open(&(struct fsv_sqlite_options){.dir = where}, &b.store, &err);
    }
    if (code != FN_OK) {
        die(err.text);
    }
}

static void log_line(void *ctx, const struct frt_log *line)
{
    (void)ctx;
    if (line->level >= FRT_LOG_WARN) {
        fprintf(stderr, "%s %lld/%lld %.*s\n", line->event, (long long)line->tenant, (long long)line->conv,
                FN_STR_ARG(line->text));
    }
}

static void start_engine(void)
{
    static const struct frt_provider_ops provider = {"sink", on_send, NULL};
    struct fn_err err = {.text = ""};
    struct frt_engine_config c = {.store = b.store,
                                  .clock = frt_clock_system(),
                                  .entropy = frt_entropy_system(),
                                  .provider = {&provider, NULL},
                                  .natives = fsl_natives,
                                  .node = FN_STR("bench"),
                                  .log = log_line,
                                  .tenant_inflight = 256};
    b.engine = frt_engine_new(&c, &err);
    if (b.engine == NULL) {
        die(err.text);
    }
    frt_engine_start(b.engine);
    for (int64_t end = now_ns() + 20000000000; !frt_engine_ready(b.engine) && now_ns() < end;) {
        round_once(10);
    }
    if (!frt_engine_ready(b.engine)) {
        die("the engine does not get ready");
    }
}

/* -- figures ------------------------------------------------------------------------------------------------------------------------------- */
static int by_value(const void *x, const void *y)
{
    float a = *(const float *)x, c = *(const float *)y;
    return (a > c) - (a < c);
}

static double percentile(double share)
{
    return b.n_samples == 0 ? 0 : (double)b.samples[(size_t)((double)(b.n_samples - 1) * share)];
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
    frt_engine_stats(b.engine, &before);
    double cpu = cpu_us();
    int64_t begin = now_ns();
    b.counting = true;
    drive(begin + (int64_t)(seconds * 1e9), under_way, rate);
    b.counting = false;
    double took = (double)(now_ns() - begin) / 1e9;
    frt_engine_stats(b.engine, &after);
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
    deploy();
    start_engine();
    measure(strtod(argv[2], NULL), argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 512,
            argc > 4 ? strtod(argv[4], NULL) : 0);
    frt_engine_drain(b.engine);
    for (int64_t end = now_ns() + 10000000000; !frt_engine_drained(b.engine) && now_ns() < end;) {
        round_once(10);
    }
    b.store.ops->close(b.store.self);
    frt_engine_free(b.engine);
    free(b.samples);
    return 0;
}
