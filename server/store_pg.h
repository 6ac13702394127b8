/* store_pg.h: the PostgreSQL store: any number of nodes on one database.
 *
 * Five connections, all non-blocking on the caller's thread: two for turns, one for what comes in, one for what the engine reads, one for
 * what people read. Each operation is one round trip: its statements and a Sync, which is one transaction. Operations that are under way at
 * the same time may be carried out in either order; an operation submitted after another's `done` sees it.
 *
 * A connection that dies takes its operations with it: reads come back FN_UNAVAILABLE, writes FN_TIMEOUT, for nobody knows whether the
 * commit happened. The same operation submitted again finds out by itself. What waits longer than wait_ms comes back FN_UNAVAILABLE.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_PG_H
#define STORE_PG_H
#include "frt_store.h"

enum fsv_pg_pooler { FSV_PG_POOLER_ASK, FSV_PG_POOLER_NONE, FSV_PG_POOLER_TRANSACTION };
struct fsv_pg_options {
    const char *url;           /* postgresql://... or key=value */
    enum fsv_pg_pooler pooler; /* ASK: found out at start */
    uint32_t queue_max;        /* operations waiting; 0 = 10,000 */
    uint32_t wait_ms;          /* an operation waits for a connection at most; 0 = 5,000 */
    uint32_t statement_ms;     /* the server gives up a statement; 0 = 10,000 */
    uint32_t start_ms;         /* open tries to reach the server this long; 0 = 30,000 */
    void (*log)(void *ctx, const char *event, const char *text); /* "store.pg.lost", "store.pg.up", ...; NULL silent */
    void (*woken)(
        void *
            ctx); /* another node told, by fsv_store_pg_tell, that there is work; inside drain. NULL: does not listen */
    void *ctx;
};
/* Connects, migrates, and is ready. Blocks; the only function that does. FN_UNAVAILABLE: not reached within start_ms. FN_DENIED: not let in.
 * FN_INVALID: no such database, or one made by a newer version. */
FN_MUST_USE enum fn_code fsv_store_pg_open(const struct fsv_pg_options *options, struct frt_store *out,
                                           struct fn_err *err);
/* Tells the other nodes of this database by NOTIFY, in a transaction of its own, at most 20 times a second; a hint that may
 * be lost. Behind a transaction-mode pooler nothing is told. */
void fsv_store_pg_tell(struct frt_store store);
#endif
