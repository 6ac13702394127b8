/* store_sqlite.h: the embedded store: one file, one writer thread, one connection (SQLite 3.40.1 has the WAL-reset race, so no second one
 * may exist: the data directory is locked). Everything queued meanwhile is one transaction, so the price of a sync is shared.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H
#include "frt_store.h"

struct fsv_sqlite_options {
    const char *dir;    /* data directory; made when absent. The file is DIR/funnel.db, the lock DIR/lock */
    uint32_t queue_max; /* operations waiting; 0 = 10,000 */
    uint32_t wal_mib;   /* checkpoint when the WAL is larger; 0 = 16 */
};
/* Opens, checks (quick_check), migrates. FN_UNAVAILABLE: another process has the directory. FN_INVALID: damaged, or made by a newer
 * version. The store is closed by ops->close, which waits for the transaction under way. */
FN_MUST_USE enum fn_code fsv_store_sqlite_open(const struct fsv_sqlite_options *options, struct frt_store *out,
                                               struct fn_err *err);
#endif
