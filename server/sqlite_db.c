/* sqlite_db.c: the only file that names SQLite.
 *
 * 3.40.1 has the WAL-reset race: two connections that write or checkpoint the same log at one instant can damage the file. So there is one
 * connection, checkpoints are never automatic, and only the writer makes them. Nothing in the file is trusted more than it must be.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sqlite_db.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const statements[] = {
#define SQ(NAME, sql) sql,
#include "sqlite.def"
#undef SQ
};

static const char settings[] = "PRAGMA journal_mode=WAL;"
                               "PRAGMA synchronous=FULL;"
                               "PRAGMA wal_autocheckpoint=0;"
                               "PRAGMA trusted_schema=OFF;"
                               "PRAGMA cell_size_check=ON;"
                               "PRAGMA mmap_size=0;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA secure_delete=OFF;"
                               "PRAGMA cache_size=-65536;";

/* -- failures ---------------------------------------------------------------------------------------------------------------------- */
static enum fn_code code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return FN_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL: return FN_UNAVAILABLE;
    case SQLITE_IOERR: return FN_TIMEOUT; /* whether it reached the disk is not known */
    case SQLITE_NOMEM: return FN_NO_MEMORY;
    case SQLITE_TOOBIG: return FN_LIMIT;
    default: return FN_INVALID;
    }
}

static void fail(struct sq *q, int rc)
{
    if (q->code == FN_OK) {
        q->code = code_of(rc);
        snprintf(q->text, sizeof q->text, "sqlite %d: %.120s", rc, sqlite3_errmsg(q->db));
    }
}

void sq_clear(struct sq *q)
{
    q->code = FN_OK;
    q->text[0] = '\0';
}

/* -- opening ------------------------------------------------------------------------------------------------------------------------- */
static int on_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct sq *q = ctx;
    (void)db;
    (void)name;
    q->wal_pages = pages;
    return SQLITE_OK;
}

static void harden(sqlite3 *db)
{
    static const struct {
        int what, most;
    } limits[] = {{SQLITE_LIMIT_LENGTH, 64 << 20}, {SQLITE_LIMIT_SQL_LENGTH, 100000}, {SQLITE_LIMIT_EXPR_DEPTH, 100},
                  {SQLITE_LIMIT_ATTACHED, 0},      {SQLITE_LIMIT_TRIGGER_DEPTH, 1},   {SQLITE_LIMIT_WORKER_THREADS, 0}};
    for (size_t i = 0; i < FN_COUNT(limits); i++) {
        sqlite3_limit(db, limits[i].what, limits[i].most);
    }
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
}

/* The first column of the first row of a fixed statement; "" when there is none. */
static void ask_word(struct sq *q, const char *sql, char *out, size_t size)
{
    sqlite3_stmt *s = NULL;
    out[0] = '\0';
    if (sqlite3_prepare_v2(q->db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
        snprintf(out, size, "%s", (const char *)sqlite3_column_text(s, 0));
    }
    sqlite3_finalize(s);
}

enum fn_code sq_open(struct sq *q, const char *path, struct fn_err *err)
{
    char word[80];
    *q = (struct sq){0};
    int rc = sqlite3_open_v2(
        path, &q->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc != SQLITE_OK) {
        enum fn_code code =
            fn_fail(err, FN_IO, "cannot open %s: %s", path, q->db != NULL ? sqlite3_errmsg(q->db) : "no memory");
        sq_close(q);
        return code;
    }
    harden(q->db);
    rc = sqlite3_exec(q->db, settings, NULL, NULL, NULL);
    ask_word(q, "PRAGMA journal_mode", word, sizeof word);
    if (rc != SQLITE_OK || strcmp(word, "wal") != 0) {
        enum fn_code code = fn_fail(err, FN_INVALID, "%s is no database of ours: %s", path, sqlite3_errmsg(q->db));
        sq_close(q);
        return code;
    }
    ask_word(q, "PRAGMA quick_check(1)", word, sizeof word);
    if (strcmp(word, "ok") != 0) {
        enum fn_code code = fn_fail(err, FN_INVALID, "%s is damaged: %s", path, word);
        sq_close(q);
        return code;
    }
    sqlite3_wal_hook(q->db, on_wal, q);
    return FN_OK;
}

enum fn_code sq_prepare(struct sq *q, struct fn_err *err)
{
    for (size_t i = 0; i < SQ_STMTS; i++) {
        if (sqlite3_prepare_v3(q->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &q->stmts[i], NULL) != SQLITE_OK) {
            return fn_fail(err, FN_INVALID, "statement %zu: %s", i, sqlite3_errmsg(q->db));
        }
    }
    return FN_OK;
}

void sq_close(struct sq *q)
{
    for (size_t i = 0; i < SQ_STMTS; i++) {
        sqlite3_finalize(q->stmts[i]);
        q->stmts[i] = NULL;
    }
    if (q->db != NULL) {
        (void)sqlite3_wal_checkpoint_v2(q->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    }
    sqlite3_close(q->db);
    q->db = NULL;
}

enum fn_code sq_script(struct sq *q, const char *sql, struct fn_err *err)
{
    char *text = NULL;
    int rc = sqlite3_exec(q->db, sql, NULL, NULL, &text);
    enum fn_code code = rc == SQLITE_OK ? FN_OK : fn_fail(err, code_of(rc), "%s", text != NULL ? text : "sqlite");
    sqlite3_free(text);
    return code;
}

int64_t sq_version(struct sq *q)
{
    char word[32];
    int64_t version = 0;
    ask_word(q, "PRAGMA user_version", word, sizeof word);
    for (const char *p = word; *p >= '0' && *p <= '9'; p++) {
        version = version * 10 + (*p - '0');
    }
    return version;
}

void sq_checkpoint(struct sq *q)
{
    (void)sqlite3_wal_checkpoint_v2(q->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    q->wal_pages = 0;
}

/* -- statements ------------------------------------------------------------------------------------------------------------------------ */
static void bind(struct sq *q, enum sq_stmt s, const char *format, va_list args)
{
    sqlite3_stmt *st = q->stmts[s];
    for (int i = 1; format[i - 1] != '\0'; i++) {
        int rc;
        if (format[i - 1] == 'i') {
            rc = sqlite3_bind_int64(st, i, va_arg(args, int64_t));
        } else {
            struct fn_str v = va_arg(args, struct fn_str);
            const char *p = v.p != NULL ? v.p : "";
            rc = format[i - 1] == 's' ? sqlite3_bind_text64(st, i, p, v.n, SQLITE_STATIC, SQLITE_UTF8)
                                      : sqlite3_bind_blob64(st, i, p, v.n, SQLITE_STATIC);
        }
        if (rc != SQLITE_OK) {
            fail(q, rc);
        }
    }
}

bool sq_run(struct sq *q, enum sq_stmt s, const char *format, ...)
{
    if (q->code != FN_OK) {
        return false;
    }
    va_list args;
    va_start(args, format);
    bind(q, s, format, args);
    va_end(args);
    int rc = q->code == FN_OK ? sqlite3_step(q->stmts[s]) : SQLITE_ERROR;
    if (rc != SQLITE_DONE) {
        fail(q, rc);
    }
    q->changes = sqlite3_changes64(q->db);
    sqlite3_reset(q->stmts[s]);
    sqlite3_clear_bindings(q->stmts[s]);
    return q->code == FN_OK;
}

void sq_ask(struct sq *q, enum sq_stmt s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    sqlite3_reset(q->stmts[s]);
    bind(q, s, format, args);
    va_end(args);
}

bool sq_next(struct sq *q, enum sq_stmt s)
{
    int rc = q->code == FN_OK ? sqlite3_step(q->stmts[s]) : SQLITE_DONE;
    if (rc == SQLITE_ROW) {
        return true;
    }
    if (rc != SQLITE_DONE) {
        fail(q, rc);
    }
    sq_end(q, s);
    return false;
}

void sq_end(struct sq *q, enum sq_stmt s)
{
    sqlite3_reset(q->stmts[s]);
    sqlite3_clear_bindings(q->stmts[s]);
}

int64_t sq_int(struct sq *q, enum sq_stmt s, int column)
{
    return sqlite3_column_int64(q->stmts[s], column);
}

struct fn_str sq_str(struct sq *q, enum sq_stmt s, int column)
{
    const char *p = sqlite3_column_blob(q->stmts[s], column);
    return (struct fn_str){p != NULL ? p : "", (size_t)sqlite3_column_bytes(q->stmts[s], column)};
}
