/* pg.c: the PostgreSQL store for the contract's cases: the database of DATABASE_URL, emptied between them (tests/contract/with_pg gives one).
 * SPDX-License-Identifier: Apache-2.0 */
#include "pg.h"
#include "store_pg.h"
#include "store_pg_conn.h"

#include <stdio.h>
#include <stdlib.h>

static void say(void *ctx, const char *event, const char *text)
{
    (void)ctx;
    printf("  (%s: %s)\n", event, text);
}

static bool open_as(struct contract *c, enum fsv_pg_pooler pooler)
{
    struct fn_err err = {0};
    struct fsv_pg_options o = {.url = getenv("DATABASE_URL"), .pooler = pooler, .log = pooler == FSV_PG_POOLER_NONE ? say : NULL};
    if (o.url == NULL || fsv_store_pg_open(&o, &c->store, &err) != FN_OK) {
        printf("  postgresql: %s\n", o.url != NULL ? err.text : "DATABASE_URL is not set");
        return false;
    }
    return true;
}

bool contract_pg_open(struct contract *c)
{
    return open_as(c, FSV_PG_POOLER_NONE);
}

bool contract_pg_open_pooled(struct contract *c)
{
    return open_as(c, FSV_PG_POOLER_TRANSACTION);
}

void contract_pg_wipe(struct contract *c)
{
    struct fn_err err = {0};
    void *plain = NULL;
    c->store.ops->close(c->store.self);
    struct pg_target *t = pg_target_new(getenv("DATABASE_URL"), 0, &err);
    if (t == NULL || pg_plain_open(t, &plain, &err) != FN_OK || pg_plain_run(plain, "DROP SCHEMA funnel CASCADE", &err) != FN_OK) {
        printf("  postgresql: %s\n", err.text);
        c->failed++;
    }
    if (plain != NULL) {
        pg_plain_close(plain);
    }
    pg_target_free(t);
}
