/* store_pg.c: operations to connections and back.
 *
 * submit puts a job into the queue of its connection and sends it when there is room; drain reads answers, reconnects with back-off, and runs
 * the callbacks. Everything is on the caller's thread. A job is in exactly one list: a link's queue, a link's flight, or `finished`.
 * Nothing waits without a deadline, and no operation is ever forgotten.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store_pg.h"
#include "resolve.h"
#include "store_pg_core.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    LINKS = 5,
    LINK_TURN = 0,
    LINK_TURN_2 = 1,
    LINK_IN = 2,
    LINK_READ = 3,
    LINK_PEOPLE = 4, /* what a connection is for */
    DEPTH_WRITE = 4,
    DEPTH_READ = 8,
    TRIES = 6,
    ALONE_AFTER = 2,
    BACKOFF_MIN_MS = 50,
    BACKOFF_MAX_MS = 5000,
    CONNECT_MS = 10000,
    GRACE_MS = 5000,
    CLOSE_MS = 1500,
    START_MS = 30000,
    REPLAN_MIN_MS = 500,
    REPLAN_MAX_MS = 60000,
    TELL_EVERY_MS = 50,
    TAG_EVENT = 100,
    TAG_TIMER = 101,
    EVENTS = 16
};

struct queue {
    struct pg_job *first, *last;
    unsigned n;
};
struct link {
    struct pg_conn conn;
    struct queue waiting, flight;
    int64_t retry_at; /* DOWN: when to try again */
    int64_t open_by;  /* OPENING: until when it must be up */
    int64_t backoff;
    int64_t replan_at, replan_every; /* doubles: tables that were small grow fast at first */
    bool looking_up;
};
struct pg_store {
    struct pg_target *target;
    struct fsv_resolver *resolver;
    struct link links[LINKS];
    struct queue finished;
    int epoll, event, timer;
    int64_t armed; /* when the timer comes; 0: it does not */
    bool closed, pooled, told_down;
    uint32_t queue_max;
    int64_t wait_ms, flight_ms;
    uint64_t seed;
    void (*log)(void *ctx, const char *event, const char *text);
    void (*woken)(void *ctx);
    bool telling; /* wants to NOTIFY */
    int64_t told_at;
    void *ctx;
};
static const struct pg_kind kinds[FRT_OPS] = {
#define FRT_OP(NAME, struct_name, mode, doc) {pg_build_##struct_name, pg_take_##struct_name},
#include "store_ops.def"
#undef FRT_OP
};

static void tell(const struct pg_store *s, const char *event, const char *text)
{
    if (s->log != NULL) {
        s->log(s->ctx, event, text);
    }
}

/* -- lists ----------------------------------------------------------------------------------------------------------------------- */
static void push(struct queue *q, struct pg_job *j)
{
    j->next = NULL;
    if (q->first == NULL) {
        q->first = j;
    } else {
        q->last->next = j;
    }
    q->last = j;
    q->n++;
}

static void push_front(struct queue *q, struct pg_job *j)
{
    j->next = q->first;
    q->first = j;
    q->last = q->last == NULL || j->next == NULL ? j : q->last;
    q->n++;
}

static struct pg_job *pop(struct queue *q)
{
    struct pg_job *j = q->first;
    if (j != NULL) {
        q->first = j->next;
        q->last = q->first == NULL ? NULL : q->last;
        q->n--;
    }
    return j;
}

static void wake(const struct pg_store *s)
{
    const uint64_t one = 1;
    ssize_t n = write(s->event, &one, sizeof one);
    (void)n; /* a full counter is readable, too */
}

static bool writes(const struct pg_job *j)
{
    return frt_op_infos[j->op->kind].mode == 'W';
}

/* Nothing of it happened, unless an earlier phase did. */
static void finish(struct pg_store *s, struct pg_job *j, enum fn_code code, const char *text)
{
    j->code = code == FN_UNAVAILABLE && j->wrote ? FN_TIMEOUT : code;
    if (code != FN_OK && text != NULL) {
        (void)fn_fail(&j->op->err, j->code, "%s", text);
    }
    push(&s->finished, j);
    wake(s);
}

/* -- sending ------------------------------------------------------------------------------------------------------------------------- */
static unsigned depth_of(const struct pg_store *s, const struct link *l)
{
    return l - s->links >= LINK_READ ? DEPTH_READ : DEPTH_WRITE;
}

static void send_job(struct pg_store *s, struct link *l, struct pg_job *j, int64_t now)
{
    struct pg_seg seg = {0};
    j->answered = 0;
    j->again = j->faulted = false;
    kinds[j->op->kind].build(j, &seg);
    if (!pg_seg_seal(&seg)) {
        pg_seg_fini(&seg);
        finish(s, j, FN_LIMIT, "too large for one statement");
        return;
    }
    if (seg.n == 0) {
        finish(s, j, j->code, NULL);
        return;
    }
    j->deadline = now + s->flight_ms;
    push(&l->flight, j);
    pg_conn_send(&l->conn, &seg);
    pg_seg_fini(&seg);
}

static void pump(struct pg_store *s, struct link *l, int64_t now)
{
    while (l->waiting.first != NULL && l->conn.pooled == s->pooled &&
           pg_conn_free(&l->conn, l->flight.n, depth_of(s, l))) {
        send_job(s, l, pop(&l->waiting), now);
    }
    if (l->conn.state == PG_DOWN && l->flight.first != NULL) {
        wake(s); /* it broke while sending: drain sees to it */
    }
}

static struct link *link_for(struct pg_store *s, enum frt_op_kind kind)
{
    struct link *a = &s->links[LINK_TURN], *b = &s->links[LINK_TURN_2];
    switch (kind) {
    case FRT_OP_INGEST: return &s->links[LINK_IN];
    case FRT_OP_COMMIT:
    case FRT_OP_CLAIM:
    case FRT_OP_DONE: return a->flight.n + a->waiting.n <= b->flight.n + b->waiting.n ? a : b;
    case FRT_OP_LOAD:
    case FRT_OP_DUE:
    case FRT_OP_LEASE:
    case FRT_OP_IMAGE_GET:
    case FRT_OP_PUBS: return &s->links[LINK_READ];
    case FRT_OP_IMAGE_PUT:
    case FRT_OP_PUBLISH:
    case FRT_OP_DOC_PUT:
    case FRT_OP_DOC_GET:
    case FRT_OP_RECEIPT:
    case FRT_OP_CONVS:
    case FRT_OP_MESSAGES:
    case FRT_OP_TURNS:
    case FRT_OP_METRICS:
    case FRT_OP_STANDING:
    case FRT_OP_EFFECTS:
    case FRT_OP_REPLAY:
    case FRT_OP_PURGE:
    case FRT_OPS: break;
    }
    return &s->links[LINK_PEOPLE];
}

static void submit(void *self, struct frt_op *op)
{
    struct pg_store *s = self;
    struct pg_job *j = calloc(1, sizeof *j);
    if (j == NULL) {
        FN_BUG("no memory: what is in memory can be lost, the store has it");
    }
    int64_t now = pg_now();
    j->op = op;
    j->code = FN_OK;
    j->deadline = now + s->wait_ms;
    struct link *l = link_for(s, op->kind);
    if (s->closed || l->waiting.n >= s->queue_max) {
        finish(s, j, FN_UNAVAILABLE, s->closed ? "the store is closed" : "too many operations wait");
        return;
    }
    push(&l->waiting, j);
    pump(s, l, now);
}

/* -- answers ------------------------------------------------------------------------------------------------------------------------------ */
static void conclude(struct pg_store *s, struct link *l, struct pg_job *j, int64_t now)
{
    if (j->faulted) {
        if (j->fault.again && j->tries < TRIES) {
            j->tries++;
            j->alone = j->alone || j->tries >= ALONE_AFTER;
            j->deadline = now + s->wait_ms;
            push_front(&l->waiting, j);
            return;
        }
        finish(s, j, j->fault.code, j->fault.text);
        return;
    }
    j->wrote = j->wrote || writes(j);
    if (j->again && j->code == FN_OK) {
        j->phase++;
        j->deadline = now + s->wait_ms;
        push_front(&l->waiting, j);
        return;
    }
    finish(s, j, j->code, j->code == FN_NO_MEMORY ? "the answer does not fit into its memory" : NULL);
}

static void read_answers(struct pg_store *s, struct link *l, int64_t now)
{
    struct pg_rows rows;
    struct pg_fault fault;
    for (;;) {
        enum pg_event e = l->conn.state == PG_UP ? pg_conn_next(&l->conn, &rows, &fault) : PG_EV_NONE;
        struct pg_job *j = l->flight.first;
        if (j == NULL) {
            return;
        }
        switch (e) {
        case PG_EV_ROWS: kinds[j->op->kind].take(j, j->answered++, &rows); break;
        case PG_EV_FAULT:
            j->faulted = true;
            j->fault = fault;
            if (fault.pooled && !s->pooled) {
                s->pooled = true;
                j->fault.again = true;
                tell(s, "store.pg.pooler", "named statements vanish: working as behind a transaction-mode pooler");
            }
            break;
        case PG_EV_END:
            (void)pop(&l->flight);
            conclude(s, l, j, now);
            break;
        case PG_EV_NONE: return;
        }
    }
}

/* -- connections ------------------------------------------------------------------------------------------------------------------------------ */
static void lose(struct pg_store *s, struct link *l, int64_t now)
{
    for (struct pg_job *j = pop(&l->flight); j != NULL; j = pop(&l->flight)) {
        finish(s, j, writes(j) ? FN_TIMEOUT : FN_UNAVAILABLE, "the connection was lost");
    }
    if (!s->told_down && !s->closed) {
        s->told_down = true;
        tell(s, "store.pg.lost", l->conn.fault.text);
    }
    s->pooled = s->pooled || l->conn.fault.pooled;
    pg_conn_close(&l->conn);
    l->backoff = l->backoff == 0 ? BACKOFF_MIN_MS : l->backoff * 2;
    l->backoff = l->backoff > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : l->backoff;
    s->seed = s->seed * 6364136223846793005u + 1442695040888963407u; /* only so that nodes do not come back in step */
    l->retry_at = now + l->backoff / 2 + (int64_t)((s->seed >> 33) % (uint64_t)(l->backoff / 2 + 1));
}

static void begin_open(struct pg_store *s, struct link *l, const char *addresses, int64_t now)
{
    l->looking_up = false;
    l->open_by = now + CONNECT_MS;
    pg_conn_open(&l->conn, s->target, addresses, s->pooled);
}

static void reopen(struct pg_store *s, struct link *l, int64_t now)
{
    if (s->resolver == NULL) {
        begin_open(s, l, NULL, now);
    } else if (!l->looking_up) {
        l->looking_up = true;
        l->open_by = now + CONNECT_MS;
        fsv_resolve(s->resolver);
    }
}

static void take_addresses(struct pg_store *s, int64_t now)
{
    char addresses[256];
    if (s->resolver == NULL || !fsv_resolve_take(s->resolver, addresses, sizeof addresses)) {
        return;
    }
    for (size_t i = 0; i < LINKS; i++) {
        struct link *l = &s->links[i];
        if (l->looking_up && addresses[0] != '\0') {
            begin_open(s, l, addresses, now);
        } else if (l->looking_up) {
            l->looking_up = false;
            l->conn.fault = (struct pg_fault){.text = "the server's name was not found"};
            lose(s, l, now);
        }
    }
}

static void give_up_waiting(struct pg_store *s, struct link *l, int64_t now)
{
    while (l->waiting.first != NULL && l->waiting.first->deadline <= now) {
        finish(s, pop(&l->waiting), FN_UNAVAILABLE,
               l->conn.state == PG_UP ? "the database is too slow" : "no connection to the database");
    }
}

static void overdue(struct link *l, int64_t now)
{
    bool late = (l->flight.first != NULL && l->flight.first->deadline <= now) ||
                ((l->conn.state == PG_OPENING || l->conn.state == PG_SETTING_UP) && l->open_by <= now);
    if (late && l->conn.state != PG_DOWN) {
        snprintf(l->conn.fault.text, sizeof l->conn.fault.text, "no answer in time");
        l->conn.state = PG_DOWN;
    }
}

static void step_link(struct pg_store *s, struct link *l, int64_t now)
{
    bool was_up = l->conn.state == PG_UP;
    if (l->conn.state != PG_DOWN) {
        pg_conn_io(&l->conn);
        read_answers(s, l, now);
        overdue(l, now);
    }
    if (l->conn.state == PG_UP && l->conn.pooled != s->pooled && l->flight.first == NULL) {
        pg_conn_close(&l->conn); /* found out meanwhile */
        l->retry_at = now;
    }
    if (l->conn.state == PG_UP && !was_up) {
        l->backoff = 0;
        l->replan_every = REPLAN_MIN_MS;
        l->replan_at = now + l->replan_every;
        if (s->told_down) {
            s->told_down = false;
            tell(s, "store.pg.up", "connected");
        }
    }
    if (l->conn.state == PG_DOWN && (l->conn.pq != NULL || l->flight.first != NULL)) {
        lose(s, l, now);
    }
    if (l->conn.state == PG_DOWN && !s->closed && now >= l->retry_at) {
        reopen(s, l, now);
    }
    if (l->conn.state == PG_UP && now >= l->replan_at && pg_conn_replan(&l->conn)) {
        l->replan_every = l->replan_every * 2 > REPLAN_MAX_MS ? REPLAN_MAX_MS : l->replan_every * 2;
        l->replan_at = now + l->replan_every;
    }
    give_up_waiting(s, l, now);
    pump(s, l, now);
}

/* -- the loop's side ------------------------------------------------------------------------------------------------------------------------------ */
static int64_t next_deadline(const struct pg_store *s, int64_t now)
{
    int64_t next = now + 1000;
    for (size_t i = 0; i < LINKS; i++) {
        const struct link *l = &s->links[i];
        int64_t at = next;
        if (l->conn.state == PG_DOWN && !l->looking_up) {
            at = l->retry_at;
        } else if (l->conn.state != PG_UP) {
            at = l->open_by;
        } else if (l->flight.first != NULL) {
            at = l->flight.first->deadline;
        }
        next = at < next ? at : next;
        next = l->waiting.first != NULL && l->waiting.first->deadline < next ? l->waiting.first->deadline : next;
    }
    next = s->telling && s->told_at + TELL_EVERY_MS < next ? s->told_at + TELL_EVERY_MS : next;
    return next > now ? next : now + 1;
}

/* Coming early does no harm: what is set stays until it comes, unless something is due before. */
static void arm(struct pg_store *s, int64_t now)
{
    int64_t next = next_deadline(s, now), ms = next - now;
    if (s->armed != 0 && s->armed <= next) {
        return;
    }
    s->armed = next;
    struct itimerspec t = {.it_value = {ms / 1000, ms % 1000 * 1000000}};
    (void)timerfd_settime(s->timer, 0, &t, NULL);
}

static size_t deliver(struct pg_store *s)
{
    struct queue now = s->finished; /* what callbacks submit and finish waits for the next drain */
    s->finished = (struct queue){0};
    size_t n = 0;
    for (struct pg_job *j = pop(&now); j != NULL; j = pop(&now), n++) {
        struct frt_op *op = j->op;
        op->code = j->code;
        free(j->mark);
        free(j);
        op->done(op);
    }
    return n;
}

static void clear_events(struct pg_store *s)
{
    struct epoll_event events[EVENTS];
    uint64_t count;
    int n = epoll_wait(s->epoll, events, EVENTS, 0);
    for (int i = 0; i < n; i++) {
        if (events[i].data.u32 == TAG_EVENT || events[i].data.u32 == TAG_TIMER) {
            ssize_t got = read(events[i].data.u32 == TAG_EVENT ? s->event : s->timer, &count, sizeof count);
            (void)got; /* only to make it unreadable */
            s->armed = events[i].data.u32 == TAG_TIMER ? 0 : s->armed;
        } else if (events[i].data.u32 < LINKS) {
            s->links[events[i].data.u32].conn.ready = true;
        }
    }
}

/* One connection hears, another tells: what this node told is known by its process number. */
static void pass_on(struct pg_store *s, int64_t now)
{
    struct link *hears = &s->links[LINK_READ], *tells = &s->links[LINK_PEOPLE];
    if (hears->conn.listens && pg_conn_notified(&hears->conn, &tells->conn)) {
        s->woken(s->ctx);
    }
    if (s->telling && now >= s->told_at + TELL_EVERY_MS && pg_conn_notify(&tells->conn)) {
        s->telling = false;
        s->told_at = now;
    }
}

void fsv_store_pg_tell(struct frt_store store)
{
    struct pg_store *s = store.self;
    s->telling = true;
    wake(s);
}

static size_t drain(void *self)
{
    struct pg_store *s = self;
    int64_t now = pg_now();
    clear_events(s);
    take_addresses(s, now);
    for (size_t i = 0; i < LINKS; i++) {
        step_link(s, &s->links[i], now);
    }
    pass_on(s, now);
    size_t n = deliver(s);
    arm(s, now);
    return n;
}

static int poll_fd(void *self)
{
    const struct pg_store *s = self;
    return s->epoll;
}

static void store_free(struct pg_store *s)
{
    for (size_t i = 0; i < LINKS; i++) {
        pg_conn_close(&s->links[i].conn);
    }
    fsv_resolver_free(s->resolver);
    pg_target_free(s->target);
    const int fds[] = {s->epoll, s->event, s->timer};
    for (size_t i = 0; i < FN_COUNT(fds); i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    free(s);
}

static bool busy(const struct pg_store *s)
{
    bool any = s->finished.first != NULL;
    for (size_t i = 0; i < LINKS; i++) {
        any = any || s->links[i].flight.first != NULL;
    }
    return any;
}

/* What is under way may still tell its true code. */
static void close_store(void *self)
{
    struct pg_store *s = self;
    s->closed = true;
    for (size_t i = 0; i < LINKS; i++) {
        for (struct pg_job *j = pop(&s->links[i].waiting); j != NULL; j = pop(&s->links[i].waiting)) {
            finish(s, j, FN_UNAVAILABLE, "the store is closed");
        }
    }
    int64_t end = pg_now() + CLOSE_MS;
    while (busy(s) && pg_now() < end) {
        struct epoll_event e;
        (void)epoll_wait(s->epoll, &e, 1, 20);
        (void)drain(s);
    }
    for (size_t i = 0; i < LINKS; i++) {
        lose(s, &s->links[i], 0);
    }
    while (deliver(s) != 0) {
    }
    store_free(s);
}

/* -- opening ------------------------------------------------------------------------------------------------------------------------------------------- */
/* Signals to end are blocked for the loop, which does not run yet. */
static bool told_to_end(void)
{
    sigset_t set;
    return sigpending(&set) == 0 && (sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1);
}

/* A database that starts beside us may need a while. */
static enum fn_code await(struct pg_store *s, int64_t end, void **out, struct fn_err *err)
{
    enum fn_code code = pg_plain_open(s->target, out, err);
    if (code == FN_UNAVAILABLE) {
        tell(s, "store.pg.waiting", err != NULL ? err->text : "not reached");
    }
    while (code == FN_UNAVAILABLE && pg_now() < end && !told_to_end()) {
        const struct timespec pause = {.tv_nsec = 200000000};
        (void)nanosleep(&pause, NULL);
        code = pg_plain_open(s->target, out, err);
    }
    return code;
}

static enum fn_code prepare(struct pg_store *s, const struct fsv_pg_options *o, struct fn_err *err)
{
    void *plain = NULL;
    int64_t end = pg_now() + (o->start_ms != 0 ? o->start_ms : START_MS);
    enum fn_code code = await(s, end, &plain, err);
    if (code != FN_OK) {
        return code;
    }
    code = pg_migrate(plain, err);
    s->pooled =
        o->pooler == FSV_PG_POOLER_TRANSACTION || (o->pooler == FSV_PG_POOLER_ASK && pg_is_pooled(s->target, plain));
    if (code == FN_OK && s->pooled) {
        tell(s, "store.pg.pooler",
             "a transaction-mode pooler: no pipeline, no named statements, one operation at a time");
    }
    pg_plain_close(plain);
    return code;
}

static bool watch(const struct pg_store *s, int fd, uint32_t tag)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = tag};
    return fd >= 0 && epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static enum fn_code make(struct pg_store *s, struct fn_err *err)
{
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (s->epoll < 0 || !watch(s, s->event, TAG_EVENT) || !watch(s, s->timer, TAG_TIMER)) {
        return fn_fail(err, FN_IO, "no file descriptors for the store");
    }
    const char *host = pg_target_host(s->target);
    s->resolver = host != NULL ? fsv_resolver_new(host, s->event) : NULL;
    if (host != NULL && s->resolver == NULL) {
        return fn_fail(err, FN_NO_MEMORY, "no thread for the store's name lookups");
    }
    for (uint32_t i = 0; i < LINKS; i++) {
        s->links[i].conn.epoll = s->epoll;
        s->links[i].conn.tag = i;
    }
    wake(s); /* the first drain opens the connections */
    return FN_OK;
}

enum fn_code fsv_store_pg_open(const struct fsv_pg_options *o, struct frt_store *out, struct fn_err *err)
{
    static const struct frt_store_ops ops = {"postgresql", submit, poll_fd, drain, close_store};
    struct pg_store *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return fn_fail(err, FN_NO_MEMORY, "no memory");
    }
    uint32_t statement_ms = o->statement_ms != 0 ? o->statement_ms : 10000;
    s->epoll = s->event = s->timer = -1;
    s->queue_max = o->queue_max != 0 ? o->queue_max : 10000;
    s->wait_ms = o->wait_ms != 0 ? o->wait_ms : 5000;
    s->flight_ms = (int64_t)statement_ms + GRACE_MS;
    s->log = o->log;
    s->woken = o->woken;
    s->links[LINK_READ].conn.listens = o->woken != NULL;
    s->ctx = o->ctx;
    s->seed = (uint64_t)pg_now() ^ (uint64_t)getpid() << 32;
    s->target = pg_target_new(o->url, statement_ms, err);
    enum fn_code code = s->target == NULL ? (err != NULL ? err->code : FN_INVALID) : make(s, err);
    code = code != FN_OK ? code : prepare(s, o, err);
    if (code != FN_OK) {
        store_free(s);
        return code;
    }
    *out = (struct frt_store){&ops, s};
    return FN_OK;
}
