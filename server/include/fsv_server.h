/* fsv_server.h: the HTTP server: libmicrohttpd (named in server.c alone) on our loop, behind the request gate.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_SERVER_H
#define FSV_SERVER_H
#include "fsv_request.h"

struct fsv_server;
struct fsv_server_config {
    struct fsv_loop *loop;
    struct fsv_app *app;
    const char *bind;
    uint16_t port;       /* 0: any free one */
    struct fn_str hosts; /* see fsv_gate_check; kept by the caller */
    /* The tenant of an Authorization header; 0: it names no key; below 0: not known before `later`, which is called when the request is
     * whole, and runs its handler or answers. */
    int64_t (*authorize)(const struct fsv_app *app, struct fn_str header);
    void (*later)(struct fsv_app *app, struct fsv_request *r);
};
FN_MUST_USE enum fn_code fsv_server_new(const struct fsv_server_config *config, struct fsv_server **out,
                                        struct fn_err *err);
uint16_t fsv_server_port(const struct fsv_server *server);
/* To be called after every round of the loop; the longest time to sleep in ms, -1 none. */
int64_t fsv_server_step(struct fsv_server *server);
/* Whether something happened since the last step that the next must not wait for. */
bool fsv_server_wants(const struct fsv_server *server);
/* Draining: no new connections; requests that come on old ones are told to come again. */
void fsv_server_drain(struct fsv_server *server);
size_t fsv_server_open(const struct fsv_server *server); /* requests under way */
/* Answers what is suspended, then closes everything. Handlers must not hold requests any more. */
void fsv_server_free(struct fsv_server *server);

#endif
