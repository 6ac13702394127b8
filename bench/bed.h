/* bed.h: what the benchmarks of the engine in one process share: a store, an engine, the funnel they run, messages in, a provider that answers,
 * figures.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_BED_H
#define BENCH_BED_H
#include "fbc_format.h"
#include "fcc_compile.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "fsv_crypto.h"
#include "fsv_http.h"

#include "../server/store_pg.h"
#include "../server/store_sqlite.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BED_ANSWERS = 65536 };

struct bed_answer {
    frt_sent_fn done;
    void *ctx;
    int64_t at; /* ns */
};
static struct {
    struct frt_store store;
    struct frt_engine *engine;
    struct bed_answer answers[BED_ANSWERS]; /* ring; all take the same time, so they end in order */
    size_t first, n_answers;
    uint64_t numbers; /* of the last message */
} bed;

static inline void die(const char *why)
{
    fprintf(stderr, "bench: %s\n", why);
    exit(1);
}

static inline int64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void is_done(struct frt_op *op)
{
    *(bool *)op->owner = true;
}

static inline void ask(struct frt_op *op, enum frt_op_kind kind, struct fn_arena *arena)
{
    bool done = false;
    op->kind = kind;
    op->done = is_done;
    op->owner = &done;
    op->arena = arena;
    frt_store_submit(bed.store, op);
    while (!done) {
        struct pollfd p = {.fd = bed.store.ops->poll_fd(bed.store.self), .events = POLLIN};
        (void)poll(&p, 1, 100);
        (void)bed.store.ops->drain(bed.store.self);
    }
    if (op->code != FN_OK) {
        die(op->err.text);
    }
}

/* bench/engine.funnel for tenants 1 to n. */
static inline void deploy(int64_t tenants)
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
    for (int64_t tenant = 1; tenant <= tenants; tenant++) {
        struct frt_op_image_put put = {
            .tenant = tenant, .hash = {(const char *)hash, sizeof hash}, .bytes = fn_buf_view(&out)};
        struct frt_op_publish publish = {.tenant = tenant, .pub = {.funnel = FN_STR("eco"), .hash = put.hash}};
        ask(&put.op, FRT_OP_IMAGE_PUT, &arena);
        ask(&publish.op, FRT_OP_PUBLISH, &arena);
    }
    fn_buf_fini(&out);
    fn_arena_fini(&arena);
}

static inline void open_store(const char *where)
{
    struct fn_err err = {.text = "no store"};
    enum fn_code code;
    if (strncmp(where, "postgres", 8) == 0) {
        code = fsv_store_pg_open(&(struct fsv_pg_options){.url = where}, &bed.store, &err);
    } else {
        code = fsv_store_sqlite_open(&(struct fsv_sqlite_options){.dir = where}, &bed.store, &err);
    }
    if (code != FN_OK) {
        die(err.text);
    }
}

static inline void log_line(void *ctx, const struct frt_log *line)
{
    (void)ctx;
    if (line->level >= FRT_LOG_WARN) {
        fprintf(stderr, "%s %lld/%lld %.*s\n", line->event, (long long)line->tenant, (long long)line->conv,
                FN_STR_ARG(line->text));
    }
}

/* One round of store and engine; `busy`: do not wait. The caller's provider answers behind it. */
static inline void bed_round(int64_t max_ms, bool busy)
{
    int64_t wall = frt_clock_system().ops->wall(NULL), at = frt_engine_step(bed.engine);
    int64_t ms = at == FRT_NEVER || at - wall > max_ms ? max_ms : at - wall;
    struct pollfd p = {.fd = bed.store.ops->poll_fd(bed.store.self), .events = POLLIN};
    (void)poll(&p, 1, busy || ms < 0 ? 0 : (int)ms);
    (void)bed.store.ops->drain(bed.store.self);
}

/* With the defaults of funneld; the caller may change it. */
static inline struct frt_engine_config bed_config(const struct frt_provider_ops *provider)
{
    return (struct frt_engine_config){.store = bed.store,
                                      .clock = frt_clock_system(),
                                      .entropy = frt_entropy_system(),
                                      .provider = {provider, NULL},
                                      .natives = fsl_natives,
                                      .node = FN_STR("bench"),
                                      .log = log_line,
                                      .sends_max = FSV_HTTP_CONNECTIONS};
}

static inline void start_engine(const struct frt_engine_config *c)
{
    struct fn_err err = {.text = ""};
    bed.engine = frt_engine_new(c, &err);
    if (bed.engine == NULL) {
        die(err.text);
    }
    frt_engine_start(bed.engine);
    for (int64_t end = now_ns() + 20000000000; !frt_engine_ready(bed.engine) && now_ns() < end;) {
        bed_round(10, false);
    }
    if (!frt_engine_ready(bed.engine)) {
        die("the engine does not get ready");
    }
}

/* -- messages and answers ------------------------------------------------------------------------------------------------------------ */
/* Numbers of messages begin at the time, so that a second run on the same store is not a repetition. */
static inline void bed_number(void)
{
    bed.numbers = (uint64_t)frt_clock_system().ops->wall(NULL) << 20;
}

/* The customer's address is his number. */
static inline void bed_message(int64_t tenant, uint32_t contact, frt_accepted_fn accepted, void *ctx)
{
    char alias[32], address[16], id[40];
    snprintf(alias, sizeof alias, "phone:5511%09u", contact);
    snprintf(address, sizeof address, "%u", contact);
    snprintf(id, sizeof id, "loja:false:%llx", (unsigned long long)++bed.numbers);
    struct frt_inbound in = {.tenant = tenant, .channel = 1, .kind = FRT_IN_MESSAGE, .n_aliases = 1};
    in.aliases[0] = fn_str_c(alias);
    in.address = fn_str_c(address);
    in.dedupe = in.ref = fn_str_c(id);
    in.payload.text = FN_STR("Quero duas camisetas azuis, tamanho M, por favor.");
    frt_engine_ingest(bed.engine, &in, accepted, ctx);
}

/* The contact a reply is for; `most` when it is none of them. */
static inline uint32_t bed_contact(const struct frt_send *s, uint32_t most)
{
    char name[32];
    snprintf(name, sizeof name, "%.*s", FN_STR_ARG(s->address));
    unsigned long contact = strtoul(name, NULL, 10);
    return contact < most ? (uint32_t)contact : most;
}

static inline void bed_answer(frt_sent_fn done, void *ctx, int64_t at)
{
    if (bed.n_answers == BED_ANSWERS) {
        die("too many sends at once");
    }
    bed.answers[(bed.first + bed.n_answers++) % BED_ANSWERS] = (struct bed_answer){done, ctx, at};
}

/* The provider takes what is due by now; what that leads to waits for the next time. */
static inline void bed_answer_due(int64_t now)
{
    for (size_t n = bed.n_answers; n != 0 && bed.answers[bed.first].at <= now; n--) {
        struct bed_answer a = bed.answers[bed.first];
        bed.first = (bed.first + 1) % BED_ANSWERS;
        bed.n_answers--;
        char id[32];
        int size = snprintf(id, sizeof id, "3EB0%012llX", (unsigned long long)++bed.numbers);
        a.done(a.ctx, &(struct frt_sent){.outcome = FRT_SENT, .ext_id = {id, (size_t)size}});
    }
}

static inline void bed_end(void (*round)(void))
{
    frt_engine_drain(bed.engine);
    for (int64_t end = now_ns() + 10000000000; !frt_engine_drained(bed.engine) && now_ns() < end;) {
        round();
    }
    bed.store.ops->close(bed.store.self);
    frt_engine_free(bed.engine);
}

/* -- figures ------------------------------------------------------------------------------------------------------------------------ */
static inline int by_value(const void *x, const void *y)
{
    float a = *(const float *)x, c = *(const float *)y;
    return (a > c) - (a < c);
}

/* Of sorted samples. */
static inline double percentile_of(const float *samples, size_t n, double share)
{
    return n == 0 ? 0 : (double)samples[(size_t)((double)(n - 1) * share)];
}
#endif
