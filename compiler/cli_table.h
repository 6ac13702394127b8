/* cli_table.h: a tenant's tables in memory: rows by table and key, in the order of their first saving.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H
#include "fbc_op.h"
#include "fn_buf.h"

struct cli_table;
struct cli_table *cli_table_new(void); /* NULL: no memory */
void cli_table_free(struct cli_table *t);
void cli_table_put(struct cli_table *t, struct fn_str table, struct fn_str key,
                   struct fn_str row); /* inserts or replaces; copies */
struct fn_str cli_table_get(const struct cli_table *t, struct fn_str table,
                            struct fn_str key);                                     /* {NULL,0}: none; borrowed */
void cli_table_effect(struct cli_table *t, enum fbc_host host, struct fn_str json); /* save, delete */
/* find, query: the result text; false: none. A query is ordered; its conditions and limit are a hint that the program tests itself. */
bool cli_table_call(const struct cli_table *t, enum fbc_host host, struct fn_str json, struct fn_buf *out);

#endif
