/* store_pg_migrate.c: what happens once, before the store serves: tables of the right version, and what kind of server answers.
 *
 * All missing migrations are one transaction under a lock, so that nodes that start together do it once, and one that dies leaves nothing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_embed.h"
#include "fsv_pg_migrations.h"
#include "store_pg_core.h"

#include <stdio.h>

/* Any number that is only ours. */
#define LOCK "SELECT pg_advisory_xact_lock(7305799024166113379)"
#define BOOK                                                                                                       \
    "CREATE SCHEMA IF NOT EXISTS funnel;"                                                                          \
    "CREATE TABLE IF NOT EXISTS funnel.version (version int4 PRIMARY KEY, name text NOT NULL, at timestamptz NOT " \
    "NULL DEFAULT now())"

static enum fn_code apply(void *plain, size_t i, struct fn_err *err)
{
    char book[200];
    struct fn_str name = fsv_pg_migrations[i].name;
    snprintf(book, sizeof book, "INSERT INTO funnel.version (version, name) VALUES (%zu, '%.*s')", i + 1,
             FN_STR_ARG(name));
    enum fn_code code = pg_plain_run(plain, fsv_pg_migrations[i].bytes.p, err);
    return code != FN_OK ? code : pg_plain_run(plain, book, err);
}

static enum fn_code migrate_inside(void *plain, struct fn_err *err)
{
    int64_t have = 0;
    enum fn_code code = pg_plain_run(plain, LOCK, err);
    code = code != FN_OK ? code
                         : pg_plain_int(plain,
                                        "SELECT count(*) FROM pg_class WHERE relname = 'version' AND relnamespace ="
                                        " (SELECT oid FROM pg_namespace WHERE nspname = 'funnel')",
                                        &have, err);
    if (code == FN_OK && have == 0) { /* asked first: a role that may only use the tables must not need more */
        code = pg_plain_run(plain, BOOK, err);
    }
    code = code != FN_OK
               ? code
               : pg_plain_int(plain, "SELECT COALESCE(max(version), 0)::int8 FROM funnel.version", &have, err);
    if (code == FN_OK && have > (int64_t)fsv_pg_migrations_count) {
        return fn_fail(err, FN_INVALID, "the database has version %lld, this program knows %zu", (long long)have,
                       fsv_pg_migrations_count);
    }
    for (size_t i = (size_t)have; code == FN_OK && i < fsv_pg_migrations_count; i++) {
        code = apply(plain, i, err);
    }
    return code;
}

enum fn_code pg_migrate(void *plain, struct fn_err *err)
{
    enum fn_code code = pg_plain_run(plain, "BEGIN", err);
    code = code != FN_OK ? code
                         : pg_plain_run(plain, "SET LOCAL lock_timeout = 60000; SET LOCAL statement_timeout = 0", err);
    code = code != FN_OK ? code : migrate_inside(plain, err);
    if (code != FN_OK) {
        enum fn_code undone = pg_plain_run(plain, "ROLLBACK", NULL); /* closing the connection undoes it as well */
        (void)undone;
        return code;
    }
    return pg_plain_run(plain, "COMMIT", err);
}

/* Whether the session moved while another one held a server process: with a transaction-mode pooler it had the same, or gets another now. */
static bool moved(void *plain, void *second)
{
    static const char pid[] = "SELECT pg_backend_pid()::int8";
    int64_t before = 0, held = 0, after = 0;
    enum fn_code code = pg_plain_int(plain, pid, &before, NULL);
    code = code != FN_OK ? code : pg_plain_run(second, "BEGIN", NULL);
    code = code != FN_OK ? code : pg_plain_int(second, pid, &held, NULL);
    code =
        code != FN_OK || held == before ? code : pg_plain_int(plain, pid, &after, NULL); /* else it could wait for us */
    code = code != FN_OK ? code : pg_plain_run(second, "COMMIT", NULL);
    return code != FN_OK || held == before || after != before;
}

/* The handshake of a pooler names a process of its own making. A session that then moves between server processes has one by transaction only.
 * Other clients of the pooler may keep it where it is for once, hence the tries. */
bool pg_is_pooled(const struct pg_target *t, void *plain)
{
    enum { TRIES = 16 };
    int64_t real = 0;
    void *second = NULL;
    if (pg_target_port_is(t, "6543")) {
        return true;
    }
    if (pg_plain_int(plain, "SELECT pg_backend_pid()::int8", &real, NULL) != FN_OK || real == pg_plain_pid(plain)) {
        return false;
    }
    if (pg_plain_open(t, &second, NULL) != FN_OK) {
        return true; /* a pooler that has no second session for us */
    }
    bool pooled = false;
    for (int i = 0; i < TRIES && !pooled; i++) {
        pooled = moved(plain, second);
    }
    pg_plain_close(second);
    return pooled;
}
