/* server.c: libmicrohttpd 0.9.75 in external epoll mode; no other file names it.
 *
 * Each request passes the gate on its first callback, before a byte of its body is read: MHD by itself accepts what two parsers read
 * differently. MHD parses headers in place, so their positions show whether every line ended in CRLF (see `framed`).
 * MHD's own time-out is of inactivity only: each connection has a timer of ours that shuts its socket, or answers while a request is held. Suspended connections do not time out
 * and do not notice a client that left: a held request has a deadline. After a resume MHD must run again at once.
 * Never: answer in the middle of an upload, stop the daemon with suspended connections, or touch a request without `peer`.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_server.h"

#include "fsv_crypto.h"
#include "fsv_log.h"
#include "fsv_metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static_assert(MHD_VERSION >= 0x00097500, "libmicrohttpd 0.9.75 or later");

enum {
    HEADERS_MS = 5000,
    REQUEST_MS = 30000,
    IDLE_MS = 20000,
    SENDING_MS = 30000,
    REQUESTS_MAX = 100,
    OVERFLOW_SLACK = 1 << 20,
    ANSWER_MAX = 32 << 20,
    CONNECTIONS_MAX = 2000,
    CONNECTION_MEMORY = 24576, /* the gate's 16 KiB of headers and their table; MHD clears it after each request */
    BACKLOG = 511,
    /* Each connection may hold a small body; large ones share a budget, so that 2,000 of them cannot take the machine's memory. What a
     * body becomes when it is read stands in the request's arena, several times its size. */
    SMALL_BODY = 64 << 10,
    LARGE_BODIES = 64 << 20,
    SPARE = 256,           /* requests kept for the next ones */
    KEPT_BYTES = 16 << 10, /* of their memory; what is larger is given back */
    RANDOM_IDS = 64
};

struct fsv_connection {
    struct fsv_server *server;
    int fd;
    unsigned requests;
    struct fsv_request *request; /* the one under way, or NULL */
    struct fsv_timer timer;
    struct fsv_connection *next, *prev;
};
struct fsv_server {
    struct fsv_server_config config;
    struct MHD_Daemon *daemon;
    struct fsv_watch watch;
    struct fsv_connection *connections;
    size_t open;  /* requests */
    size_t large; /* bytes of bodies above SMALL_BODY */
    struct fsv_request *spare;
    size_t n_spare;
    struct MHD_Response *taken; /* fsv_answer_taken's */
    uint64_t ids[RANDOM_IDS];   /* for the next requests */
    size_t n_ids;
    char label[256]; /* of the last answer's metric, which is most often the next one's */
    const struct fsv_route *label_route;
    int label_status;
    bool dirty, draining;
    uint16_t port;
};

static const char json_type[] = "application/json; charset=utf-8";
static const char api_policy[] = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/* -- connections ----------------------------------------------------------------------------------------------------------------- */

static void answer_late(struct fsv_request *r)
{
    if (r->on_deadline != NULL) {
        r->on_deadline(r);
    } else {
        fsv_problem(r, FSV_P_TIMEOUT, FN_STR_NULL);
    }
}

static void on_connection_late(void *self)
{
    struct fsv_connection *c = self;
    if (c->request != NULL && c->request->suspended) {
        answer_late(c->request);
        return;
    }
    fsv_metric_add(FSV_M_HTTP_SLOW_CLOSED, "", 1);
    shutdown(c->fd, SHUT_RDWR);
    c->server->dirty = true;
}

static void connection_open(struct fsv_server *server, struct MHD_Connection *peer, void **slot)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(peer, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct fsv_connection *c = calloc(1, sizeof *c);
    *slot = c;
    if (c == NULL || info == NULL) {
        return; /* its requests find no connection and are closed */
    }
    *c = (struct fsv_connection){
        server, info->connect_fd, 0, NULL, {on_connection_late, c, 0, 0, 0}, server->connections, NULL};
    if (server->connections != NULL) {
        server->connections->prev = c;
    }
    server->connections = c;
    fsv_loop_after(server->config.loop, &c->timer, HEADERS_MS);
}

static void connection_close(struct fsv_server *server, struct fsv_connection *c)
{
    if (c == NULL || c->server == NULL) {
        free(c);
        return;
    }
    fsv_loop_cancel(server->config.loop, &c->timer);
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        server->connections = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    free(c);
}

static void on_connection(void *self, struct MHD_Connection *peer, void **slot,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection_open(self, peer, slot);
    } else {
        connection_close(self, *slot);
        *slot = NULL;
    }
}

/* -- requests -------------------------------------------------------------------------------------------------------------------- */

static void request_destroy(struct fsv_request *r)
{
    fn_buf_fini(&r->body);
    fn_buf_fini(&r->answer);
    fn_arena_fini(&r->arena);
    free(r);
}

static void request_free(struct fsv_request *r)
{
    struct fsv_server *server = r->server;
    server->large -= r->large;
    if (server->n_spare == SPARE) {
        request_destroy(r);
        return;
    }
    fn_buf_reuse(&r->body, SMALL_BODY, KEPT_BYTES);
    fn_buf_reuse(&r->answer, ANSWER_MAX, KEPT_BYTES);
    fn_arena_reuse(&r->arena, FSV_REQUEST_ARENA, KEPT_BYTES);
    r->next = server->spare;
    server->spare = r;
    server->n_spare++;
}

/* One that was used before: its memory is warm, and what it holds was cleared. */
static struct fsv_request *request_get(struct fsv_server *server)
{
    struct fsv_request *r = server->spare;
    if (r == NULL) {
        r = calloc(1, sizeof *r);
        if (r != NULL) {
            fn_arena_init(&r->arena, FSV_REQUEST_ARENA);
            fn_buf_init(&r->body, SMALL_BODY);
            fn_buf_init(&r->answer, ANSWER_MAX);
        }
        return r;
    }
    server->spare = r->next;
    server->n_spare--;
    struct fn_arena arena = r->arena;
    struct fn_buf body = r->body, answer = r->answer;
    *r = (struct fsv_request){.arena = arena, .body = body, .answer = answer};
    return r;
}

void fsv_hold(struct fsv_request *r)
{
    r->holds++;
}

void fsv_release(struct fsv_request *r)
{
    if (--r->holds == 0 && r->peer == NULL) {
        request_free(r);
    }
}

static void resume(struct fsv_request *r)
{
    if (r->suspended && r->peer != NULL) {
        r->suspended = false;
        MHD_resume_connection(r->peer);
        r->connection->server->dirty = true;
    }
}

void fsv_answer(struct fsv_request *r, int status, const char *content_type, struct fn_str body)
{
    if (r->answered) {
        return;
    }
    r->answered = true;
    r->status = status;
    r->content_type = content_type;
    fn_buf_str(&r->answer, body);
    if (r->answer.failed) {
        r->status = 500;
    }
    resume(r);
}

static const char taken[] = "{\"ok\":true}";

void fsv_answer_taken(struct fsv_request *r)
{
    r->taken = !r->answered;
    fsv_answer_json(r, 200, fn_str_c(taken));
}

struct fn_str fsv_header(const struct fsv_request *r, const char *name)
{
    return r->peer != NULL ? fn_str_c(MHD_lookup_connection_value(r->peer, MHD_HEADER_KIND, name)) : FN_STR_NULL;
}

static void make_id(struct fsv_server *server, char out[17])
{
    if (server->n_ids == 0) {
        fsv_random(server->ids, sizeof server->ids);
        server->n_ids = RANDOM_IDS;
    }
    uint64_t id = server->ids[--server->n_ids];
    for (int i = 0; i < 16; i++, id >>= 4) {
        out[i] = "0123456789abcdef"[id & 15];
    }
    out[16] = '\0';
}

/* First of all callbacks: the request line as it stood, before MHD decodes it. */
static void *on_uri(void *self, const char *uri, struct MHD_Connection *peer)
{
    struct fsv_server *server = self;
    struct fsv_request *r = request_get(server);
    if (r == NULL) {
        return NULL;
    }
    const union MHD_ConnectionInfo *slot = MHD_get_connection_info(peer, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    r->connection = slot != NULL ? slot->socket_context : NULL;
    if (r->connection != NULL) {
        r->connection->request = r;
    }
    r->peer = peer;
    r->server = server;
    r->app = server->config.app;
    r->started = fsv_monotonic_ms();
    r->deadline_ms = FSV_DEADLINE_MS;
    r->uri = fn_arena_dup(&r->arena, fn_str_c(uri));
    server->open++;
    make_id(server, r->id);
    return r;
}

static void log_request(const struct fsv_request *r)
{
    struct fsv_server *server = r->server;
    int64_t ms = fsv_monotonic_ms() - r->started;
    if (server->label[0] == '\0' || server->label_route != r->route || server->label_status != r->status) {
        snprintf(server->label, sizeof server->label, "route=\"%s\",method=\"%s\",code=\"%d\"",
                 r->route != NULL ? r->route->path : "none", r->route != NULL ? r->route->method : "none", r->status);
        server->label_route = r->route;
        server->label_status = r->status;
    }
    fsv_metric_add(FSV_M_HTTP_REQUESTS, server->label, 1);
    fsv_metric_observe(FSV_M_HTTP_SECONDS, (double)ms / 1000.0);
    FSV_LOG(DEBUG, "http.request", "answered", FSV_Z("request_id", r->id),
            FSV_Z("route", r->route != NULL ? r->route->path : "none"), FSV_INT("status", r->status),
            FSV_INT("dur_ms", ms));
}

static void on_completed(void *self, struct MHD_Connection *peer, void **slot, enum MHD_RequestTerminationCode why)
{
    struct fsv_server *server = self;
    struct fsv_request *r = *slot;
    (void)peer;
    (void)why;
    *slot = NULL;
    if (r == NULL) {
        return;
    }
    log_request(r);
    if (r->connection != NULL) {
        r->connection->request = NULL;
        fsv_loop_after(server->config.loop, &r->connection->timer, IDLE_MS);
    }
    server->open--;
    r->peer = NULL;
    r->answered = true;
    if (r->holds == 0) {
        request_free(r);
    }
}

/* -- the gate -------------------------------------------------------------------------------------------------------------------- */

struct collected {
    struct fsv_gate_header headers[FSV_GATE_HEADERS + 1];
    size_t n;
};

static enum MHD_Result collect(void *self, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value,
                               size_t value_n)
{
    struct collected *c = self;
    (void)kind;
    if (c->n < FN_COUNT(c->headers)) {
        c->headers[c->n++] = (struct fsv_gate_header){{name, name_n}, {value != NULL ? value : "", value_n}};
    }
    return MHD_YES;
}

/* The byte behind s and the next are the NULs MHD put over CR and LF. */
static bool ends_in_crlf(struct fn_str s)
{
    return s.p[s.n] == '\0' && s.p[s.n + 1] == '\0';
}

/* MHD cuts the lines where they lie: method, raw address and version on the first, then name, colon, blanks, value. When every piece begins
 * exactly two bytes behind the one before and the whole is as long as MHD counted, then each line ended in CRLF, none was folded, and no NUL
 * hides anything. */
static bool framed(struct MHD_Connection *peer, const struct fsv_gate_request *g, struct fn_str uri)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(peer, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    uintptr_t start = (uintptr_t)g->method.p, at = start + g->method.n + 1 + uri.n + 1;
    if (info == NULL || at != (uintptr_t)g->version.p || !ends_in_crlf(g->version)) {
        return false;
    }
    at += g->version.n + 2;
    for (size_t i = 0; i < g->n_headers; i++) {
        struct fn_str name = g->headers[i].name, value = g->headers[i].value;
        bool empty = value.n == 0;
        if ((uintptr_t)name.p != at || (uintptr_t)value.p <= at + name.n || !ends_in_crlf(value) ||
            (empty && value.p[-1] == '\n')) {
            return false;
        }
        at = (uintptr_t)value.p + value.n + 2;
    }
    return at + 2 - start == info->header_size;
}

static enum fn_lang language(struct fn_str accept)
{
    for (size_t i = 0; i + 1 < accept.n; i++) {
        char a = (char)(accept.p[i] | 0x20), b = (char)(accept.p[i + 1] | 0x20);
        if (a == 'p' && b == 't') {
            return FN_PT;
        }
        if (a == 'e' && b == 'n') {
            return FN_EN;
        }
    }
    return FN_PT;
}

static bool refuse_at_gate(struct fsv_server *server, struct fsv_request *r, const char *method, const char *version)
{
    struct collected *c = fn_arena_alloc(&r->arena, sizeof *c);
    if (c == NULL) {
        fsv_problem(r, FSV_P_INTERNAL, FN_STR_NULL);
        return true;
    }
    MHD_get_connection_values_n(r->peer, MHD_HEADER_KIND, collect, c);
    struct fsv_gate_request g = {fn_str_c(method), fn_str_c(version), r->uri, c->headers, c->n, false};
    g.framed = framed(r->peer, &g, r->uri);
    r->method = fn_arena_dup(&r->arena, g.method);
    enum fsv_gate gate = fsv_gate_check(&r->arena, &g, server->config.hosts, &r->passed);
    if (gate == FSV_GATE_PASS) {
        return false;
    }
    fsv_metric_add(FSV_M_HTTP_REFUSED, fsv_gate_name(gate), 1);
    r->close = true;
    fsv_problem(r, FSV_P_GATE, fn_str_c(fsv_gate_text(gate, r->lang)));
    r->status = fsv_gate_status(gate);
    return true;
}

static void refuse_route(struct fsv_server *server, struct fsv_request *r)
{
    bool other = false;
    r->route = fsv_route_find(r->method, r->passed.path, r->param, &other);
    if (r->route == NULL) {
        fsv_problem(r, other ? FSV_P_METHOD : FSV_P_NOT_FOUND, FN_STR_NULL);
        return;
    }
    r->tenant =
        r->route->access == FSV_ACCESS_KEY ? server->config.authorize(r->app, fsv_header(r, "Authorization")) : 0;
    if (r->route->access == FSV_ACCESS_KEY && r->tenant == 0) {
        fsv_problem(r, FSV_P_NO_KEY, FN_STR_NULL);
    } else if (r->passed.length > (int64_t)r->route->body_max) {
        fsv_problem(r, FSV_P_TOO_LARGE, FN_STR_NULL);
    } else if (server->draining) {
        fsv_problem(r, FSV_P_DRAINING, FN_STR_NULL);
    }
    fn_buf_reuse(&r->body, r->route->body_max, KEPT_BYTES);
}

/* -- answers --------------------------------------------------------------------------------------------------------------------- */

static void add_common(struct MHD_Response *m, const char *content_type, const char *policy)
{
    MHD_add_response_header(m, "Content-Type", content_type);
    MHD_add_response_header(m, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(m, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(m, "Cache-Control", "no-store");
    MHD_add_response_header(m, "Content-Security-Policy", policy);
}

static void add_headers(struct MHD_Response *m, const struct fsv_request *r, bool last)
{
    add_common(m, r->content_type, r->policy != NULL ? r->policy : api_policy);
    MHD_add_response_header(m, "X-Request-Id", r->id);
    if (r->location != NULL) {
        MHD_add_response_header(m, "Location", r->location);
    }
    if (r->status == 401) {
        MHD_add_response_header(m, "WWW-Authenticate", "Bearer");
    }
    if (r->status == 503 || r->status == 429) {
        MHD_add_response_header(m, "Retry-After", "1");
    }
    if (last) {
        MHD_add_response_header(m, "Connection", "close");
    }
}

static enum MHD_Result send_answer(struct fsv_server *server, struct fsv_request *r)
{
    if (r->queued) {
        return MHD_YES;
    }
    r->queued = true;
    fsv_loop_after(server->config.loop, &r->connection->timer, SENDING_MS);
    bool last = r->close || server->draining || r->connection->requests >= REQUESTS_MAX;
    if (r->taken && !last && server->taken != NULL) {
        return MHD_queue_response(r->peer, (unsigned)r->status, server->taken);
    }
    char nothing[1] = {0};
    struct MHD_Response *m = MHD_create_response_from_buffer(r->answer.n, r->answer.p != NULL ? r->answer.p : nothing,
                                                             MHD_RESPMEM_MUST_COPY);
    if (m == NULL) {
        return MHD_NO;
    }
    add_headers(m, r, last);
    enum MHD_Result queued = MHD_queue_response(r->peer, (unsigned)r->status, m);
    MHD_destroy_response(m);
    return queued;
}

/* Before the body: may be answered at once; then the connection ends with it, for the body would be taken for the next request. */
static enum MHD_Result on_head(struct fsv_server *server, struct fsv_request *r, const char *method,
                               const char *version)
{
    r->routed = true;
    r->connection->requests++;
    r->lang = language(fsv_header(r, "Accept-Language"));
    fsv_loop_after(server->config.loop, &r->connection->timer, REQUEST_MS);
    if (!refuse_at_gate(server, r, method, version)) {
        refuse_route(server, r);
    }
    if (r->answered) {
        r->close = r->close || r->passed.length != 0;
        return send_answer(server, r);
    }
    return MHD_YES;
}

static bool fits_budget(struct fsv_request *r, size_t n)
{
    size_t size = r->body.n + n, large = size > SMALL_BODY ? size : 0;
    if (large > r->large && large - r->large > LARGE_BODIES - r->server->large) {
        return false;
    }
    r->server->large += large - r->large;
    r->large = large;
    return true;
}

static enum MHD_Result on_body(struct fsv_request *r, const char *data, size_t *n)
{
    if (!r->overflow && !fits_budget(r, *n)) {
        r->overflow = r->crowded = true; /* the rest is read and dropped */
    } else if (!r->overflow) {
        fn_buf_put(&r->body, data, *n);
        r->overflow = r->body.failed;
    } else if (r->body.max > SIZE_MAX - OVERFLOW_SLACK || (r->body.max += *n) > r->route->body_max + OVERFLOW_SLACK) {
        return MHD_NO; /* a chunked body without end */
    }
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result on_whole(struct fsv_server *server, struct fsv_request *r)
{
    if (!r->answered && r->overflow) {
        r->close = true;
        fsv_problem(r, r->crowded ? FSV_P_BUSY : FSV_P_TOO_LARGE, FN_STR_NULL);
    } else if (!r->answered) {
        fsv_hold(r); /* a handler may lose the client while it runs */
        if (r->tenant < 0) {
            server->config.later(r->app, r);
        } else {
            r->route->handler(r->app, r);
        }
        bool gone = r->peer == NULL;
        fsv_release(r);
        if (gone) {
            return MHD_NO;
        }
    }
    if (r->answered) {
        return send_answer(server, r);
    }
    r->suspended = true;
    fsv_loop_after(server->config.loop, &r->connection->timer, r->deadline_ms);
    MHD_suspend_connection(r->peer);
    return MHD_YES;
}

static enum MHD_Result on_access(void *self, struct MHD_Connection *peer, const char *url, const char *method,
                                 const char *version, const char *data, size_t *data_n, void **slot)
{
    struct fsv_server *server = self;
    struct fsv_request *r = *slot;
    (void)peer;
    (void)url; /* decoded by MHD and cut at a NUL: never used */
    if (r == NULL || r->connection == NULL) {
        return MHD_NO;
    }
    if (!r->routed) {
        return on_head(server, r, method, version);
    }
    if (*data_n > 0) {
        return on_body(r, data, data_n);
    }
    return r->answered ? send_answer(server, r) : on_whole(server, r);
}

/* -- the daemon ------------------------------------------------------------------------------------------------------------------ */

static void on_ready(void *self, unsigned events)
{
    struct fsv_server *server = self;
    (void)events;
    server->dirty = true; /* runs once, at the end of the round */
}

int64_t fsv_server_step(struct fsv_server *server)
{
    MHD_UNSIGNED_LONG_LONG ms;
    /* A few times, because a resumed connection may produce the next one; then the loop gets its turn. */
    for (int i = 0; i < 8 && server->dirty; i++) {
        server->dirty = false;
        MHD_run(server->daemon);
        server->dirty = server->dirty || (MHD_get_timeout(server->daemon, &ms) == MHD_YES && ms == 0);
    }
    if (server->dirty) {
        return 0;
    }
    return MHD_get_timeout(server->daemon, &ms) == MHD_YES ? (ms < 60000 ? (int64_t)ms : 60000) : -1;
}

static void on_mhd_log(void *self, const char *format, va_list args)
{
    (void)self;
    (void)args; /* may quote the request; what matters is that it happened */
    FSV_LOG(DEBUG, "http.mhd", "libmicrohttpd complains", FSV_Z("format", format));
}

static struct MHD_Daemon *start(struct fsv_server *server, const struct sockaddr *address)
{
    const struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_mhd_log, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_uri, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, server},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, server},
        {MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, 60, NULL},
        {MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 0,
         NULL}, /* all it adds is a check of Host, and that answers twice; the gate has it */
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    flags |= address->sa_family == AF_INET6 ? (unsigned)MHD_USE_IPv6 : 0u;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_access, server, MHD_OPTION_ARRAY, options, MHD_OPTION_SOCK_ADDR,
                            address, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
}

/* Before any request: each that is answered with it holds it until its last byte left. */
static void make_taken(struct fsv_server *server)
{
    server->taken = MHD_create_response_from_buffer(strlen(taken), (void *)(uintptr_t)taken, MHD_RESPMEM_PERSISTENT);
    if (server->taken != NULL) {
        add_common(server->taken, json_type, api_policy);
    }
}

static enum fn_code listen_on(struct fsv_server *server, struct fn_err *err)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(server->config.port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(server->config.port)};
    const void *address = &v4;
    if (inet_pton(AF_INET, server->config.bind, &v4.sin_addr) != 1) {
        if (inet_pton(AF_INET6, server->config.bind, &v6.sin6_addr) != 1) {
            return fn_fail(err, FN_INVALID, "BIND: %s is no address", server->config.bind);
        }
        address = &v6;
    }
    errno = 0;
    server->daemon = start(server, address);
    if (server->daemon == NULL) {
        return fn_fail(err, FN_IO, "cannot listen on %s:%u%s", server->config.bind, (unsigned)server->config.port,
                       errno == EADDRINUSE ? ": it is in use" : "");
    }
    return FN_OK;
}

enum fn_code fsv_server_new(const struct fsv_server_config *config, struct fsv_server **out, struct fn_err *err)
{
    struct fsv_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return FN_NO_MEMORY;
    }
    server->config = *config;
    enum fn_code code = listen_on(server, err);
    if (code != FN_OK) {
        free(server);
        return code;
    }
    const union MHD_DaemonInfo *epoll = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    const union MHD_DaemonInfo *port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    server->port = port != NULL ? port->port : config->port;
    server->watch = (struct fsv_watch){epoll != NULL ? epoll->epoll_fd : -1, on_ready, server, false};
    server->dirty = true;
    if (fsv_loop_watch(config->loop, &server->watch, FSV_READ) != FN_OK) {
        MHD_stop_daemon(server->daemon);
        free(server);
        return fn_fail(err, FN_IO, "cannot watch the HTTP server");
    }
    make_taken(server);
    *out = server;
    return FN_OK;
}

bool fsv_server_wants(const struct fsv_server *server)
{
    return server->dirty;
}

uint16_t fsv_server_port(const struct fsv_server *server)
{
    return server->port;
}

size_t fsv_server_open(const struct fsv_server *server)
{
    return server->open;
}

void fsv_server_drain(struct fsv_server *server)
{
    server->draining = true;
    MHD_socket listening = MHD_quiesce_daemon(server->daemon);
    if (listening != MHD_INVALID_SOCKET) {
        shutdown(listening, SHUT_RDWR);
        close(listening);
    }
    server->dirty = true;
}

void fsv_server_free(struct fsv_server *server)
{
    if (server == NULL) {
        return;
    }
    /* Stopping MHD with a suspended connection is not allowed: everybody gets an answer first. */
    for (struct fsv_connection *c = server->connections; c != NULL; c = c->next) {
        if (c->request != NULL && c->request->suspended) {
            fsv_problem(c->request, FSV_P_DRAINING, FN_STR_NULL);
        }
    }
    server->dirty = true;
    (void)fsv_server_step(server);
    fsv_loop_unwatch(server->config.loop, &server->watch);
    MHD_stop_daemon(server->daemon);
    while (server->connections != NULL) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the list lost it when it was freed */
        connection_close(server, server->connections);
    }
    if (server->taken != NULL) {
        MHD_destroy_response(server->taken);
    }
    while (server->spare != NULL) {
        struct fsv_request *r = server->spare;
        server->spare = r->next;
        request_destroy(r);
    }
    free(server);
}
