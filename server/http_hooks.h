/* http_hooks.h: the descriptors of the client's connections in our loop. A socket stays there while its connection is kept, whether or not a transfer
 * waits on it: adding and removing cost more than the transfer's own reading. Knows nothing of libcurl.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_HOOKS_H
#define HTTP_HOOKS_H
#include "fsv_loop.h"

struct fsv_hook;
struct fsv_hooks {
    struct fsv_loop *loop;
    void (*ready)(void *self, int fd, unsigned events); /* something came on what a transfer waits for */
    void *self;
    struct fsv_hook **at; /* by descriptor */
    size_t n;
    struct fsv_hook *dead; /* removed inside a callback; freed when the loop is outside */
};

/* A connection's socket, which we opened. False without memory. */
bool fsv_hooks_open(struct fsv_hooks *h, int fd);
/* It is about to be closed, by us. */
void fsv_hooks_close(struct fsv_hooks *h, int fd);
/* A transfer, or the resolver, waits on it for these events. False: it cannot be watched. */
bool fsv_hooks_want(struct fsv_hooks *h, int fd, unsigned events);
/* Nobody waits on it any more. */
void fsv_hooks_leave(struct fsv_hooks *h, int fd);
/* Outside of the loop's callbacks: frees what was removed. */
void fsv_hooks_bury(struct fsv_hooks *h);
void fsv_hooks_free(struct fsv_hooks *h);
#endif
