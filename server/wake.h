/* wake.h: telling the other nodes that there is work, so that they need not wait for their next poll. A hint and nothing more: it may be
 * lost, doubled or late, and nobody may rely on it.
 *
 * Redis carries it: a message on the channel "funnel:wake", the node's name as its text. Without Redis, or while it is away, telling does
 * nothing and polling remains. At most one message in 50 ms is sent; what is told in between is in the next.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WAKE_H
#define WAKE_H
#include "fsv_loop.h"

struct fsv_wake;
struct fsv_wake_options {
    struct fn_str url;                                           /* redis://[:password@]host[:port] or unix:///path */
    struct fn_str node;                                          /* unique; what this node tells does not wake itself */
    void (*woken)(void *ctx);                                    /* on the loop; another node told */
    void (*log)(void *ctx, const char *event, const char *text); /* "wake.redis.lost", "wake.redis.up"; NULL silent */
    void *ctx;
};
/* FN_INVALID: the address cannot be read. Redis need not be there. */
FN_MUST_USE enum fn_code fsv_wake_redis(struct fsv_loop *loop, const struct fsv_wake_options *options,
                                        struct fsv_wake **out);
void fsv_wake_tell(struct fsv_wake *w);
bool fsv_wake_connected(const struct fsv_wake *w); /* both ways */
void fsv_wake_free(struct fsv_wake *w);
#endif
