/* fsv_http.h: requests to other people's servers: providers the operator configured, and what tenants' funnels ask for. libcurl is named in
 * http_client.c alone. Policy: no proxies, no redirects, no cookies, addresses checked when connecting, sizes capped on decoded bytes, and a
 * body is never sent twice behind our back.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_HTTP_H
#define FSV_HTTP_H
#include "fsv_loop.h"
#include "fsv_outcome.h"

struct sockaddr;
struct fsv_http;

/* Addresses that tenants' requests may reach although they are not public: a comma-separated list of literal IPv4 and IPv6 addresses. */
struct fsv_allow {
    struct fn_str list;
};
/* Whether a tenant's request may connect there. Pure. */
bool fsv_address_allowed(const struct sockaddr *address, const struct fsv_allow *allow);
/* Whether `host` (a literal address, brackets allowed) is on the list. */
bool fsv_allow_names(const struct fsv_allow *allow, struct fn_str host);

enum fsv_http_policy {
    FSV_HTTP_OPERATOR, /* an address from the configuration: http and https, any address */
    FSV_HTTP_TENANT    /* an address from a funnel: https to public addresses only, but for the allow-list */
};
/* CONNECTIONS: of all calls at once, and of those to one host: libcurl lets the next wait in the order they came, whoever's they are. Who begins no
 * more than that many queues them himself, and fairly. */
enum { FSV_HTTP_HEADERS = 24, FSV_HTTP_CONNECTIONS = 256 };
struct fsv_http_request {
    enum fsv_http_policy policy;
    struct fn_str method; /* GET HEAD POST PUT PATCH DELETE */
    struct fn_str url;
    struct fn_str headers[FSV_HTTP_HEADERS]; /* "Name: value" */
    size_t n_headers;
    struct fn_str body;
    int64_t timeout_ms; /* whole exchange; at most 120,000 */
    size_t answer_max;  /* decoded bytes */
    int64_t send_by;    /* monotonic ms: a body that has not left by then does not leave; 0 no limit */
};
/* outcome and its texts are borrowed during the call. Called exactly once per request, never inside fsv_http_start. */
typedef void fsv_http_done_fn(void *ctx, const struct fsv_outcome *outcome);

FN_MUST_USE enum fn_code fsv_http_new(struct fsv_loop *loop, struct fsv_allow allow, struct fsv_http **out);
/* Requests under way are cut and never answered. */
void fsv_http_free(struct fsv_http *http);
/* Copies the request. A request that cannot even begin is answered too, as blocked or not sent. */
void fsv_http_start(struct fsv_http *http, const struct fsv_http_request *request, fsv_http_done_fn *done, void *ctx);
size_t fsv_http_running(const struct fsv_http *http);

#endif
