/* sqlite_db.h: the one door to SQLite: an open file with every statement of sqlite.def prepared. One thread uses it at a time.
 *
 * Failure is sticky until sq_clear: code says what the operation's answer is to be. Texts read are borrowed until the statement's next step.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SQLITE_DB_H
#define SQLITE_DB_H
#include "fn_base.h"

enum sq_stmt {
#define SQ(NAME, sql) SQ_##NAME,
#include "sqlite.def"
#undef SQ
    SQ_STMTS
};
struct sqlite3;
struct sqlite3_stmt;
struct sq {
    struct sqlite3 *db;
    struct sqlite3_stmt *stmts[SQ_STMTS];
    enum fn_code code; /* sticky */
    char text[160];    /* of the first failure */
    int64_t changes;   /* rows changed by the last sq_run */
    int wal_pages;     /* of the last commit */
};

/* Opens or makes the file with the settings of docs/storage.md and checks it; statements are prepared by sq_prepare, after the migrations. */
FN_MUST_USE enum fn_code sq_open(struct sq *q, const char *path, struct fn_err *err);
FN_MUST_USE enum fn_code sq_prepare(struct sq *q, struct fn_err *err);
void sq_close(struct sq *q);
void sq_clear(struct sq *q);
/* Several statements, for migrations; and PRAGMA user_version. */
FN_MUST_USE enum fn_code sq_script(struct sq *q, const char *sql, struct fn_err *err);
int64_t sq_version(struct sq *q);
/* Moves the log into the file. */
void sq_checkpoint(struct sq *q);

/* format: i int64_t, s struct fn_str as text, b struct fn_str as blob; one letter a parameter. sq_run is for statements without rows. */
bool sq_run(struct sq *q, enum sq_stmt s, const char *format, ...);
/* After sq_ask, sq_next steps: false at the end or on failure. A statement left early must be ended by sq_end. */
void sq_ask(struct sq *q, enum sq_stmt s, const char *format, ...);
bool sq_next(struct sq *q, enum sq_stmt s);
void sq_end(struct sq *q, enum sq_stmt s);
int64_t sq_int(struct sq *q, enum sq_stmt s, int column);
struct fn_str sq_str(struct sq *q, enum sq_stmt s, int column);
#endif
