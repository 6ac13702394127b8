/* store_pg_conn.h: one connection to PostgreSQL, and the form in which statements travel. The only door to libpq.
 *
 * A segment is a list of statements that are one transaction. Its answers come back in order: ROWS for each statement, or a FAULT and no
 * more rows, then END. In pipeline mode several segments may be under way. Behind a pooler in transaction mode only one is, statement by
 * statement between BEGIN and COMMIT, unnamed: pipelining there can land in another client's transaction.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_PG_CONN_H
#define STORE_PG_CONN_H
#include "fn_buf.h"

enum pg_sql {
#define PG_SQL(name, kinds) PG_SQL_##name,
#include "store_pg_sql.def"
#undef PG_SQL
    PG_SQLS
};
enum { PG_COLS_MAX = 96, PG_GROUPS_MAX = 12 };

/* -- statements ------------------------------------------------------------------------------------------------------------------ */
/* Parameters of one statement in libpq's binary form, built row by row. */
struct pg_args {
    enum pg_sql sql;
    const char *kinds;
    struct fn_buf cols[PG_COLS_MAX];
    char kind[PG_COLS_MAX];
    unsigned first[PG_GROUPS_MAX]; /* column at which a group begins */
    unsigned n_cols, at;
    struct pg_args *next;
};
struct pg_seg {
    struct pg_args *first, *last;
    unsigned n;
    bool failed; /* no memory, or past the limit */
};
struct pg_args *pg_seg_add(struct pg_seg *seg,
                           enum pg_sql sql); /* never NULL: without memory a dummy, and seg->failed */
void pg_seg_fini(struct pg_seg *seg);
void pg_row(struct pg_args *a, unsigned group); /* the next values are a new row of this group */
void pg_put(struct pg_args *a, int64_t v);
void pg_put_str(struct pg_args *a, struct fn_str s);
/* Done with writing: array heads are filled in. False: a limit was exceeded. */
bool pg_seg_seal(struct pg_seg *seg);

/* -- answers ------------------------------------------------------------------------------------------------------------------------ */
struct pg_rows {
    const void *result;
    int n;
};
int64_t pg_int(const struct pg_rows *rows, int row, int col);
struct fn_str pg_str(const struct pg_rows *rows, int row, int col); /* until the next pg_conn_next */

struct pg_fault {
    enum fn_code code; /* FN_UNAVAILABLE or FN_INVALID */
    bool again;        /* deadlock, serialisation, unique violation: the same may work now */
    bool pooled;       /* a named statement vanished: there is a pooler in transaction mode */
    char text[200];    /* with SQLSTATE */
};
enum pg_event { PG_EV_NONE, PG_EV_ROWS, PG_EV_FAULT, PG_EV_END };

/* -- connections --------------------------------------------------------------------------------------------------------------------- */
struct pg_target; /* where to connect, and how */
struct pg_target *pg_target_new(const char *url, uint32_t statement_ms, struct fn_err *err);
void pg_target_free(struct pg_target *t);
const char *pg_target_host(const struct pg_target *t); /* NULL: no name to be looked up */
bool pg_target_port_is(const struct pg_target *t, const char *port);

enum pg_state { PG_DOWN, PG_OPENING, PG_SETTING_UP, PG_UP };
struct pg_conn {
    void *pq;
    enum pg_state state;
    bool pooled;
    const char *statement_ms; /* of the target */
    int epoll;
    uint32_t tag;
    uint32_t events;  /* watched for; 0: the next step says */
    bool ready;       /* one of them came: the owner's word, for pg_conn_io */
    unsigned pending; /* pipeline: answers not yet complete */
    bool listens;     /* wants to hear of NOTIFY funnel_wake; set before it is opened */
    bool swallow;     /* answers up to the next END are ours */
    const void *result;
    struct pg_seg todo;    /* pooled: not sent yet */
    unsigned step;         /* pooled: enum */
    struct pg_fault fault; /* why it went down last */
};
/* addresses: numeric, comma separated, or NULL to let libpq look it up. */
void pg_conn_open(struct pg_conn *c, const struct pg_target *t, const char *addresses, bool pooled);
void pg_conn_close(struct pg_conn *c);
/* Moves on what the socket allows. */
void pg_conn_io(struct pg_conn *c);
bool pg_conn_free(const struct pg_conn *c, unsigned under_way, unsigned depth); /* takes a segment */
void pg_conn_send(struct pg_conn *c, struct pg_seg *seg); /* takes seg's statements; failure shows as PG_DOWN */
/* Forgets the plans, when nothing is under way: they were made for the tables' size of then. False: not now. */
bool pg_conn_replan(struct pg_conn *c);
/* NOTIFY in a transaction of its own, when nothing is under way. False: not now. */
bool pg_conn_notify(struct pg_conn *c);
/* True when somebody else but `teller` notified since it was asked last. */
bool pg_conn_notified(struct pg_conn *c, const struct pg_conn *teller);
enum pg_event pg_conn_next(struct pg_conn *c, struct pg_rows *rows, struct pg_fault *fault);

/* -- at start only: blocking ------------------------------------------------------------------------------------------------------------- */
/* FN_UNAVAILABLE may be tried again. */
FN_MUST_USE enum fn_code pg_plain_open(const struct pg_target *t, void **out, struct fn_err *err);
void pg_plain_close(void *plain);
FN_MUST_USE enum fn_code pg_plain_run(void *plain, const char *script, struct fn_err *err);
FN_MUST_USE enum fn_code pg_plain_int(void *plain, const char *query, int64_t *out, struct fn_err *err);
int64_t pg_plain_pid(const void *plain); /* as the handshake said */
#endif
