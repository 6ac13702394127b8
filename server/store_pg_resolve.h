/* store_pg_resolve.h: names to addresses, off the loop.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_PG_RESOLVE_H
#define STORE_PG_RESOLVE_H
#include "fn_base.h"

struct pg_resolver;
/* tell: an eventfd that is written when an answer is there. NULL: no memory or no thread. */
struct pg_resolver *pg_resolver_new(const char *host, int tell);
void pg_resolver_free(struct pg_resolver *r); /* waits for a lookup under way */
void pg_resolve(struct pg_resolver *r);       /* begins */
/* True once for each answer; out is empty when the name was not found. */
bool pg_resolve_take(struct pg_resolver *r, char *out, size_t size);
#endif
