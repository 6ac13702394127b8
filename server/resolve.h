/* resolve.h: names to addresses, off the loop.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVE_H
#define RESOLVE_H
#include "fn_base.h"

struct fsv_resolver;
/* tell: an eventfd that is written when an answer is there. NULL: no memory or no thread. */
struct fsv_resolver *fsv_resolver_new(const char *host, int tell);
void fsv_resolver_free(struct fsv_resolver *r); /* waits for a lookup under way */
void fsv_resolve(struct fsv_resolver *r);       /* begins */
/* True once for each answer; out is empty when the name was not found. */
bool fsv_resolve_take(struct fsv_resolver *r, char *out, size_t size);
#endif
