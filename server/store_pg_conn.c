/* store_pg_conn.c: libpq, and nobody else names it.
 *
 * Opening: PQconnectPoll, then the session's settings and every named statement in one pipeline. Up: segments are written whole, answers are
 * read as they come. Anything that goes wrong with the connection itself leaves it PG_DOWN with the reason in `fault`; the owner closes it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store_pg_conn.h"
#include "fn_embed.h"
#include "fsv_pg_sql.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { KEYS_MAX = 64, STEP_IDLE = 0, STEP_BEGIN, STEP_STATEMENT, STEP_END };

struct pg_target {
    PQconninfoOption *parsed;
    char statement_ms[16];
};
static const char *const names[PG_SQLS] = {
#define PG_SQL(name, kinds) #name,
#include "store_pg_sql.def"
#undef PG_SQL
};

static const char *text_of(enum pg_sql sql)
{
    char file[64];
    int n = snprintf(file, sizeof file, "%s.sql", names[sql]);
    const struct fn_embedded *e = fn_embedded_find(fsv_pg_sql, fsv_pg_sql_count, (struct fn_str){file, (size_t)n});
    if (e == NULL) {
        FN_BUG("a statement is not compiled in");
    }
    return e->bytes.p;
}

/* -- where to -------------------------------------------------------------------------------------------------------------------- */
static const char *setting(const struct pg_target *t, const char *key)
{
    for (const PQconninfoOption *o = t->parsed; o->keyword != NULL; o++) {
        if (strcmp(o->keyword, key) == 0) {
            return o->val != NULL && o->val[0] != '\0' ? o->val : NULL;
        }
    }
    return NULL;
}

struct pg_target *pg_target_new(const char *url, uint32_t statement_ms, struct fn_err *err)
{
    struct pg_target *t = calloc(1, sizeof *t);
    char *why = NULL;
    if (t == NULL) {
        (void)fn_fail(err, FN_NO_MEMORY, "no memory");
        return NULL;
    }
    snprintf(t->statement_ms, sizeof t->statement_ms, "%u", statement_ms);
    t->parsed = PQconninfoParse(url, &why);
    if (t->parsed == NULL) { /* why may quote the password */
        (void)fn_fail(err, FN_INVALID, "DATABASE_URL cannot be read");
        PQfreemem(why);
        free(t);
        return NULL;
    }
    return t;
}

void pg_target_free(struct pg_target *t)
{
    if (t != NULL) {
        PQconninfoFree(t->parsed);
        free(t);
    }
}

const char *pg_target_host(const struct pg_target *t)
{
    const char *host = setting(t, "host");
    bool name = host != NULL && host[0] != '/' && strchr(host, ',') == NULL && setting(t, "hostaddr") == NULL;
    return name ? host : NULL;
}

bool pg_target_port_is(const struct pg_target *t, const char *port)
{
    const char *mine = setting(t, "port");
    return mine != NULL && strcmp(mine, port) == 0;
}

struct keys {
    const char *key[KEYS_MAX], *value[KEYS_MAX];
    size_t n;
};

static void add_key(struct keys *k, const char *key, const char *value)
{
    if (k->n + 1 < KEYS_MAX) {
        k->key[k->n] = key;
        k->value[k->n++] = value;
    }
}

static void fill_keys(struct keys *k, const struct pg_target *t, const char *addresses)
{
    *k = (struct keys){.n = 0};
    for (const PQconninfoOption *o = t->parsed; o->keyword != NULL; o++) {
        if (o->val != NULL && o->val[0] != '\0') {
            add_key(k, o->keyword, o->val);
        }
    }
    if (addresses != NULL) {
        add_key(k, "hostaddr", addresses);
    }
    /* A later key wins, so what the address says about these stays below ours only where it must. */
    const char *const own[][2] = {{"client_encoding", "UTF8"},
                                  {"keepalives", "1"},
                                  {"keepalives_idle", "10"},
                                  {"keepalives_interval", "5"},
                                  {"keepalives_count", "3"},
                                  {"tcp_user_timeout", "5000"},
                                  {"fallback_application_name", "funneld"}};
    for (size_t i = 0; i < FN_COUNT(own); i++) {
        if (setting(t, own[i][0]) == NULL || i == 0) {
            add_key(k, own[i][0], own[i][1]);
        }
    }
}

/* -- what goes wrong ------------------------------------------------------------------------------------------------------------------- */
static void say(char *to, size_t size, const char *state, const char *text)
{
    snprintf(to, size, "%s%s%.150s", state, state[0] != '\0' ? " " : "", text != NULL ? text : "");
    for (char *p = to; *p != '\0'; p++) {
        *p = *p == '\n' || *p == '\t' ? ' ' : *p;
    }
}

static bool begins(const char *state, const char *with)
{
    return strncmp(state, with, strlen(with)) == 0;
}

static void judge(const PGresult *r, struct pg_fault *f)
{
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    state = state != NULL ? state : "";
    bool content = begins(state, "21") || begins(state, "22") || begins(state, "23") || begins(state, "54");
    *f = (struct pg_fault){.code = content ? FN_INVALID : FN_UNAVAILABLE};
    f->again = begins(state, "40") || begins(state, "55P03") || begins(state, "23505") || begins(state, "21000");
    f->pooled = begins(state, "26000") || begins(state, "42P05");
    say(f->text, sizeof f->text, state, PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
}

static void break_down(struct pg_conn *c, const char *text)
{
    if (c->state != PG_DOWN) {
        c->state = PG_DOWN;
        c->fault = (struct pg_fault){.code = FN_UNAVAILABLE};
        say(c->fault.text, sizeof c->fault.text, "", text != NULL ? text : PQerrorMessage(c->pq));
    }
}

/* -- opening ---------------------------------------------------------------------------------------------------------------------------- */
static void silent(void *arg, const PGresult *r)
{
    (void)arg;
    (void)r;
}

/* While it is being opened the descriptor may be another one after each step, also with the same number. */
static void listen_to(struct pg_conn *c, uint32_t events)
{
    if (c->state == PG_UP && c->events == events) {
        return;
    }
    int fd = PQsocket(c->pq);
    c->events = events;
    struct epoll_event e = {.events = events, .data.u32 = c->tag};
    if (fd >= 0 && epoll_ctl(c->epoll, EPOLL_CTL_MOD, fd, &e) != 0 && errno == ENOENT &&
        epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &e) != 0) {
        break_down(c, "epoll refuses the socket");
    }
}

void pg_conn_open(struct pg_conn *c, const struct pg_target *t, const char *addresses, bool pooled)
{
    struct keys k;
    fill_keys(&k, t, addresses);
    c->pooled = pooled;
    c->statement_ms = t->statement_ms;
    c->pending = 0;
    c->swallow = false;
    c->step = STEP_IDLE;
    c->state = PG_OPENING;
    c->pq = PQconnectStartParams(k.key, k.value, 0);
    if (c->pq == NULL || PQstatus(c->pq) == CONNECTION_BAD) {
        break_down(c, c->pq == NULL ? "no memory" : NULL);
        return;
    }
    PQsetNoticeReceiver(c->pq, silent, NULL);
    PQsetnonblocking(c->pq, 1);
    listen_to(c, EPOLLOUT);
}

void pg_conn_close(struct pg_conn *c)
{
    PQclear((PGresult *)(uintptr_t)c->result);
    c->result = NULL;
    if (c->pq != NULL) {
        int fd = PQsocket(c->pq);
        if (fd >= 0) {
            (void)epoll_ctl(c->epoll, EPOLL_CTL_DEL, fd, NULL);
        }
        PQfinish(c->pq);
    }
    c->pq = NULL;
    c->state = PG_DOWN;
    c->pending = 0;
    pg_seg_fini(&c->todo);
}

static void flush(struct pg_conn *c)
{
    int left = PQflush(c->pq);
    if (left < 0) {
        break_down(c, NULL);
    } else {
        listen_to(c, left > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

/* Keepalives of the server's side: when this machine is gone, half a batch of it must not hold its rows for the two hours of the default.
 * Plans: our tables are found by key, so one generic plan by index serves every size of batch, also before the first ANALYZE. */
static const char session[] =
    "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $1, false), set_config('jit', "
    "'off', false),"
    " set_config('idle_in_transaction_session_timeout', $1, false), set_config('plan_cache_mode', "
    "'force_generic_plan', false),"
    " set_config('enable_seqscan', 'off', false), set_config('enable_mergejoin', 'off', false),"
    " set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false),"
    " set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '10000', false),"
    " set_config('client_min_messages', 'error', false), set_config('search_path', 'pg_catalog', false),"
    " set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'"
    " ELSE current_setting('synchronous_commit') END, false)";

static void set_up(struct pg_conn *c)
{
    const char *statement_ms = c->statement_ms;
    c->state = PG_SETTING_UP;
    if (c->pooled) { /* nothing of a session lasts there */
        c->state = PG_UP;
        listen_to(c, EPOLLIN);
        return;
    }
    bool good = PQenterPipelineMode(c->pq) == 1 &&
                PQsendQueryParams(c->pq, session, 1, NULL, &statement_ms, NULL, NULL, 0) == 1;
    c->pending = 2;
    for (int i = 0; i < PG_SQLS && good; i++) {
        good = PQsendPrepare(c->pq, names[i], text_of((enum pg_sql)i), 0, NULL) == 1;
        c->pending++;
    }
    if (c->listens && good) {
        good = PQsendQueryParams(c->pq, "LISTEN funnel_wake", 0, NULL, NULL, NULL, NULL, 1) == 1;
        c->pending++;
    }
    if (!good || PQpipelineSync(c->pq) != 1) {
        break_down(c, NULL);
        return;
    }
    flush(c);
}

static void finish_set_up(struct pg_conn *c)
{
    struct pg_rows rows;
    struct pg_fault fault;
    for (enum pg_event e = pg_conn_next(c, &rows, &fault); e != PG_EV_NONE; e = pg_conn_next(c, &rows, &fault)) {
        if (e == PG_EV_FAULT) {
            break_down(c, fault.text);
            c->fault.pooled = fault.pooled;
        } else if (e == PG_EV_END && c->state == PG_SETTING_UP) {
            c->state = PG_UP;
        }
    }
}

static void open_step(struct pg_conn *c)
{
    switch (PQconnectPoll(c->pq)) {
    case PGRES_POLLING_READING: listen_to(c, EPOLLIN); break;
    case PGRES_POLLING_WRITING: listen_to(c, EPOLLOUT); break;
    case PGRES_POLLING_OK: set_up(c); break;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
    default: break_down(c, NULL); break;
    }
}

void pg_conn_io(struct pg_conn *c)
{
    if (c->state == PG_OPENING) {
        open_step(c);
        return;
    }
    bool ready = c->ready;
    c->ready = false;
    if (c->state == PG_DOWN || (c->state == PG_UP && !ready)) {
        return;
    }
    if (PQconsumeInput(c->pq) != 1) {
        break_down(c, NULL);
        return;
    }
    flush(c);
    if (c->state == PG_SETTING_UP) {
        finish_set_up(c);
    }
}

/* -- sending --------------------------------------------------------------------------------------------------------------------------------- */
static bool send_one(struct pg_conn *c, const struct pg_args *a)
{
    const char *values[PG_COLS_MAX];
    int lengths[PG_COLS_MAX], formats[PG_COLS_MAX];
    for (unsigned i = 0; i < a->n_cols; i++) {
        values[i] = a->cols[i].p != NULL ? a->cols[i].p : "";
        lengths[i] = (int)a->cols[i].n;
        formats[i] = 1;
    }
    if (c->pooled) {
        return PQsendQueryParams(c->pq, text_of(a->sql), (int)a->n_cols, NULL, values, lengths, formats, 1) == 1;
    }
    return PQsendQueryPrepared(c->pq, names[a->sql], (int)a->n_cols, values, lengths, formats, 1) == 1;
}

static void drop_first(struct pg_seg *seg)
{
    struct pg_seg one = {.first = seg->first, .last = seg->first, .n = 1};
    seg->first = seg->first->next;
    seg->last = seg->first == NULL ? NULL : seg->last;
    seg->n--;
    one.first->next = NULL;
    pg_seg_fini(&one);
}

bool pg_conn_free(const struct pg_conn *c, unsigned under_way, unsigned depth)
{
    return c->state == PG_UP && under_way < (c->pooled ? 1 : depth);
}

void pg_conn_send(struct pg_conn *c, struct pg_seg *seg)
{
    if (c->pooled) {
        c->todo = *seg;
        *seg = (struct pg_seg){0};
        c->step = STEP_BEGIN;
        if (PQsendQuery(
                c->pq,
                "BEGIN; SET LOCAL statement_timeout = 10000; SET LOCAL lock_timeout = 10000; SET LOCAL jit = off;"
                " SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off") != 1) {
            break_down(c, NULL);
            return;
        }
        flush(c);
        return;
    }
    bool good = true;
    for (; seg->first != NULL && good; drop_first(seg)) {
        good = send_one(c, seg->first);
        c->pending++;
    }
    c->pending++;
    if (!good || PQpipelineSync(c->pq) != 1) {
        break_down(c, NULL);
        return;
    }
    flush(c);
}

/* A command of our own between segments. */
static bool run_own(struct pg_conn *c, const char *sql)
{
    if (c->state != PG_UP || c->pooled || c->pending != 0) {
        return c->pooled;
    }
    c->swallow = true;
    c->pending = 2;
    if (PQsendQueryParams(c->pq, sql, 0, NULL, NULL, NULL, NULL, 1) != 1 || PQpipelineSync(c->pq) != 1) {
        break_down(c, NULL);
        return false;
    }
    flush(c);
    return true;
}

bool pg_conn_replan(struct pg_conn *c)
{
    return run_own(c, "DISCARD PLANS");
}

bool pg_conn_notify(struct pg_conn *c)
{
    return run_own(c, "NOTIFY funnel_wake");
}

bool pg_conn_notified(struct pg_conn *c, const struct pg_conn *teller)
{
    bool any = false;
    int own = teller->pq != NULL ? PQbackendPID(teller->pq) : 0;
    for (PGnotify *n = c->pq != NULL ? PQnotifies(c->pq) : NULL; n != NULL; n = PQnotifies(c->pq)) {
        any = any || n->be_pid != own;
        PQfreemem(n);
    }
    return any;
}

/* -- answers --------------------------------------------------------------------------------------------------------------------------------- */
int64_t pg_int(const struct pg_rows *rows, int row, int col)
{
    const unsigned char *p = (const unsigned char *)PQgetvalue(rows->result, row, col);
    int n = PQgetlength(rows->result, row, col);
    uint64_t v = n > 0 && (p[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (int i = 0; i < n && i < 8; i++) {
        v = v << 8 | p[i];
    }
    return (int64_t)v;
}

struct fn_str pg_str(const struct pg_rows *rows, int row, int col)
{
    return (struct fn_str){PQgetvalue(rows->result, row, col), (size_t)PQgetlength(rows->result, row, col)};
}

static enum pg_event pipeline_result(struct pg_conn *c, PGresult *r, struct pg_rows *rows, struct pg_fault *fault)
{
    c->result = r;
    switch (PQresultStatus(r)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
        c->pending--;
        *rows = (struct pg_rows){r, PQntuples(r)};
        return PG_EV_ROWS;
    case PGRES_PIPELINE_SYNC: c->pending--; return PG_EV_END;
    case PGRES_PIPELINE_ABORTED: c->pending--; return PG_EV_NONE;
    case PGRES_FATAL_ERROR:
        c->pending--;
        judge(r, fault);
        return PG_EV_FAULT;
    case PGRES_EMPTY_QUERY:
    case PGRES_COPY_OUT:
    case PGRES_COPY_IN:
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR:
    case PGRES_COPY_BOTH:
    case PGRES_SINGLE_TUPLE:
    default: break_down(c, "the server answered out of turn"); return PG_EV_NONE;
    }
}

static enum pg_event pipeline_next(struct pg_conn *c, struct pg_rows *rows, struct pg_fault *fault)
{
    while (c->state != PG_DOWN && c->pending != 0 && PQisBusy(c->pq) == 0) {
        PGresult *r = PQgetResult(c->pq);
        if (r == NULL) {
            if (PQstatus(c->pq) == CONNECTION_BAD) {
                break_down(c, NULL);
            }
            continue;
        }
        bool lost =
            PQstatus(c->pq) == CONNECTION_BAD; /* libpq makes up an error for what was under way: nobody knows */
        PQclear((PGresult *)(uintptr_t)c->result);
        enum pg_event e = pipeline_result(c, r, rows, fault);
        if (lost) {
            break_down(c, NULL);
            return PG_EV_NONE;
        }
        if (c->swallow) {
            c->swallow = e != PG_EV_END;
        } else if (e != PG_EV_NONE) {
            return e;
        }
    }
    return PG_EV_NONE;
}

/* Pooled: the last command is answered; send what follows. True: the segment is over. */
static bool pooled_go_on(struct pg_conn *c)
{
    bool good = true;
    if (c->step == STEP_END) {
        c->step = STEP_IDLE;
        return true;
    }
    if (c->todo.first != NULL) {
        c->step = STEP_STATEMENT;
        good = send_one(c, c->todo.first);
        drop_first(&c->todo);
    } else {
        c->step = STEP_END;
        good = PQsendQuery(c->pq, PQtransactionStatus(c->pq) == PQTRANS_INERROR ? "ROLLBACK" : "COMMIT") == 1;
    }
    if (!good) {
        break_down(c, NULL);
    } else {
        flush(c);
    }
    return false;
}

static enum pg_event pooled_next(struct pg_conn *c, struct pg_rows *rows, struct pg_fault *fault)
{
    while (c->state == PG_UP && c->step != STEP_IDLE && PQisBusy(c->pq) == 0) {
        PGresult *r = PQgetResult(c->pq);
        if (PQstatus(c->pq) == CONNECTION_BAD) {
            PQclear(r);
            break_down(c, NULL);
            return PG_EV_NONE;
        }
        if (r == NULL) {
            if (pooled_go_on(c)) {
                return PG_EV_END;
            }
            continue;
        }
        PQclear((PGresult *)(uintptr_t)c->result);
        c->result = r;
        if (PQresultStatus(r) == PGRES_FATAL_ERROR) {
            judge(r, fault);
            pg_seg_fini(&c->todo);
            return PG_EV_FAULT;
        }
        if (PQresultStatus(r) == PGRES_TUPLES_OK || c->step == STEP_STATEMENT) {
            *rows = (struct pg_rows){r, PQntuples(r)};
            return PG_EV_ROWS;
        }
    }
    return PG_EV_NONE;
}

enum pg_event pg_conn_next(struct pg_conn *c, struct pg_rows *rows, struct pg_fault *fault)
{
    if (c->pq == NULL || c->state == PG_DOWN) {
        return PG_EV_NONE;
    }
    return c->pooled ? pooled_next(c, rows, fault) : pipeline_next(c, rows, fault);
}

/* -- blocking, at start -------------------------------------------------------------------------------------------------------------------------- */
enum fn_code pg_plain_open(const struct pg_target *t, void **out, struct fn_err *err)
{
    struct keys k;
    fill_keys(&k, t, NULL);
    if (setting(t, "connect_timeout") == NULL) {
        add_key(&k, "connect_timeout", "5");
    }
    PGconn *pq = PQconnectdbParams(k.key, k.value, 0);
    if (pq == NULL || PQstatus(pq) != CONNECTION_OK) {
        const char *text = pq != NULL ? PQerrorMessage(pq) : "no memory";
        bool denied = strstr(text, "authentication failed") != NULL || strstr(text, "pg_hba.conf") != NULL;
        bool none = strstr(text, "does not exist") != NULL;
        enum fn_code code = denied ? FN_DENIED : none ? FN_INVALID : FN_UNAVAILABLE;
        (void)fn_fail(err, code, "PostgreSQL: %.200s", text);
        PQfinish(pq);
        return code;
    }
    PQsetNoticeReceiver(pq, silent, NULL);
    *out = pq;
    return FN_OK;
}

void pg_plain_close(void *plain)
{
    PQfinish(plain);
}

static enum fn_code plain_result(PGresult *r, ExecStatusType good, struct fn_err *err)
{
    enum fn_code code = FN_OK;
    if (PQresultStatus(r) != good) {
        struct pg_fault f;
        judge(r, &f);
        code = fn_fail(err, f.code, "PostgreSQL: %s", f.text);
    }
    return code;
}

enum fn_code pg_plain_run(void *plain, const char *script, struct fn_err *err)
{
    PGresult *r = PQexec(plain, script);
    enum fn_code code = PQresultStatus(r) == PGRES_TUPLES_OK ? FN_OK : plain_result(r, PGRES_COMMAND_OK, err);
    PQclear(r);
    return code;
}

enum fn_code pg_plain_int(void *plain, const char *query, int64_t *out, struct fn_err *err)
{
    PGresult *r = PQexecParams(plain, query, 0, NULL, NULL, NULL, NULL, 1);
    enum fn_code code = plain_result(r, PGRES_TUPLES_OK, err);
    if (code == FN_OK) {
        struct pg_rows rows = {r, PQntuples(r)};
        *out = rows.n > 0 ? pg_int(&rows, 0, 0) : 0;
    }
    PQclear(r);
    return code;
}

int64_t pg_plain_pid(const void *plain)
{
    return PQbackendPID(plain);
}
