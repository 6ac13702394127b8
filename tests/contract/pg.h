/* pg.h: openers of the PostgreSQL store: plain, as behind a transaction-mode pooler, and behind what it has to find out.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTRACT_PG_H
#define CONTRACT_PG_H
#include "contract.h"

bool contract_pg_open(struct contract *c);
bool contract_pg_open_pooled(struct contract *c);
bool contract_pg_open_asked(struct contract *c);
void contract_pg_wipe(struct contract *c);
extern const struct contract_case contract_pg_cases[]; /* of a server: connections that die, refusals, NOTIFY */
#endif
