/* http_client.c: libcurl's multi interface on our loop; no other file names libcurl.
 *
 * Bodies go through a read callback without a seek callback: on a dead reused connection libcurl re-sends what it can rewind, any method, and
 * a WhatsApp message would go out twice. What has no body and is no read gets a connection of its own for the same reason.
 * libcurl is never called from inside its own callbacks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_http.h"

#include "fn_buf.h"
#include "fsv_log.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECT_MS = 3000,
    TIMEOUT_MAX_MS = 120000,
    HEADERS_MAX_BYTES = 65536,
    HEADER_BYTES = 8192,
    SPARE = 64, /* handles kept for the next calls */
    RECEIVE_BYTES =
        16 << 10, /* libcurl's buffers of one transfer; for sending its default is 64 KiB, made anew each time */
    SEND_BYTES = 16 << 10
};

struct call {
    struct fsv_http *http;
    CURL *easy;
    struct curl_slist *headers;
    struct fn_buf body, answer;
    size_t body_sent, header_bytes;
    bool blocked, too_large, tenant, held;
    int64_t retry_after_ms, send_by;
    char should_retry[8];
    fsv_http_done_fn *done;
    void *ctx;
    const char *early; /* why it never began */
    struct call *next, *prev;
};
/* A descriptor libcurl wants watched. */
struct hook {
    struct fsv_http *http;
    struct fsv_watch watch;
    struct hook *next_dead;
};
struct fsv_http {
    struct fsv_loop *loop;
    struct fsv_allow allow;
    CURLM *multi;
    struct fsv_timer timer, reap;
    struct call *calls;
    CURL *spare[SPARE]; /* reset, ready for a call */
    size_t n_spare, running;
    struct hook *dead; /* removed inside a callback; freed when the loop is outside */
};

/* -- what one call does ---------------------------------------------------------------------------------------------------------- */

/* The last moment before a body leaves: a process that was stopped on the way here must not go on where it was. */
static size_t on_read(char *to, size_t size, size_t n, void *self)
{
    struct call *call = self;
    if (call->send_by != 0 && call->body_sent == 0 && fsv_monotonic_ms() >= call->send_by) {
        call->held = true;
        return CURL_READFUNC_ABORT;
    }
    size_t left = call->body.n - call->body_sent, room = size * n;
    size_t take = left < room ? left : room;
    if (take > 0) {
        memcpy(to, call->body.p + call->body_sent, take);
    }
    call->body_sent += take;
    return take;
}

static size_t on_write(char *from, size_t size, size_t n, void *self)
{
    struct call *call = self;
    fn_buf_put(&call->answer, from, size * n);
    call->too_large = call->answer.failed;
    return call->too_large ? 0 : size * n;
}

/* The value of a header line when its name is this. */
static bool header_is(struct fn_str line, const char *name, struct fn_str *value)
{
    size_t n = strlen(name);
    if (line.n <= n || line.p[n] != ':' || strncasecmp(line.p, name, n) != 0) {
        return false;
    }
    *value = (struct fn_str){line.p + n + 1, line.n - n - 1};
    while (value->n > 0 && (value->p[0] == ' ' || value->p[0] == '\t')) {
        *value = (struct fn_str){value->p + 1, value->n - 1};
    }
    while (value->n > 0 && (unsigned char)value->p[value->n - 1] <= ' ') {
        value->n--;
    }
    return true;
}

/* Whole number, or -1. */
static int64_t read_number(struct fn_str s)
{
    int64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || v > 1000000000) {
            return -1;
        }
        v = v * 10 + (s.p[i] - '0');
    }
    return s.n > 0 ? v : -1;
}

/* Seconds or an HTTP date. */
static int64_t read_retry_after(struct fn_str s)
{
    int64_t seconds = read_number(s);
    if (seconds < 0 && s.n < 64) {
        char z[64];
        memcpy(z, s.p, s.n);
        z[s.n] = '\0';
        time_t at = curl_getdate(z, NULL);
        int64_t left = (int64_t)at * 1000 - fsv_wall_ms();
        return at < 0 ? -1 : left > 0 ? left : 0;
    }
    return seconds < 0 ? -1 : seconds * 1000;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): as libcurl declares it */
static size_t on_header(char *from, size_t size, size_t n, void *self)
{
    struct call *call = self;
    struct fn_str line = {from, size * n}, v;
    call->header_bytes += line.n;
    if (header_is(line, "retry-after-ms", &v) && read_number(v) >= 0) {
        call->retry_after_ms = read_number(v);
    } else if (header_is(line, "retry-after", &v) && call->retry_after_ms < 0) {
        call->retry_after_ms = read_retry_after(v);
    } else if (header_is(line, "x-should-retry", &v) && v.n < sizeof call->should_retry) {
        memcpy(call->should_retry, v.p, v.n);
        call->should_retry[v.n] = '\0';
    }
    return call->header_bytes > HEADERS_MAX_BYTES ? 0 : line.n;
}

/* The last gate: every connection passes here with the address it really goes to.
 * Closing resets: what the kernel still holds of a request must not go out later, when the network comes back, after the engine or, when this
 * process was killed, its successor asked the provider and was told that nothing arrived. */
static curl_socket_t on_open(void *self, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct call *call = self;
    if (purpose != CURLSOCKTYPE_IPCXN || (call->tenant && !fsv_address_allowed(&to->addr, &call->http->allow))) {
        call->blocked = true;
        return CURL_SOCKET_BAD;
    }
    int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0) {
        close(fd);
        fd = CURL_SOCKET_BAD;
    }
    return fd;
}

/* -- ends ------------------------------------------------------------------------------------------------------------------------ */

static CURL *easy_get(struct fsv_http *http)
{
    return http->n_spare > 0 ? http->spare[--http->n_spare] : curl_easy_init();
}

static void easy_put(struct fsv_http *http, CURL *easy)
{
    curl_multi_remove_handle(http->multi, easy);
    if (http->n_spare == SPARE) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy); /* nothing of one call may reach the next */
    http->spare[http->n_spare++] = easy;
}

static void call_free(struct call *call)
{
    if (call->prev != NULL) {
        call->prev->next = call->next;
    } else {
        call->http->calls = call->next;
    }
    if (call->next != NULL) {
        call->next->prev = call->prev;
    }
    if (call->easy != NULL) {
        easy_put(call->http, call->easy);
    }
    curl_slist_free_all(call->headers);
    fn_buf_fini(&call->body);
    fn_buf_fini(&call->answer);
    call->http->running--;
    free(call);
}

static const char *result_text(const struct call *call, CURLcode result)
{
    if (call->early != NULL) {
        return call->early;
    }
    if (call->blocked) {
        return "address not allowed";
    }
    return call->too_large                      ? "answer too large"
           : result == CURLE_OPERATION_TIMEDOUT ? "timeout"
                                                : curl_easy_strerror(result);
}

static void finish(struct call *call, CURLcode result)
{
    long status = 0, sent = 0;
    if (call->easy != NULL) {
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &sent);
    }
    bool answered = result == CURLE_OK && call->early == NULL;
    struct fsv_outcome outcome = {.blocked = call->blocked && !answered && sent == 0,
                                  .late = call->held,
                                  .wrote = sent > 0 && !call->held,
                                  .answered = answered,
                                  .too_large = call->too_large,
                                  .status = answered ? (int)status : 0,
                                  .body = fn_buf_view(&call->answer),
                                  .retry_after_ms = call->retry_after_ms,
                                  .should_retry = fn_str_c(call->should_retry),
                                  .error = answered ? NULL : result_text(call, result)};
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the list lost it when it was freed */
    call->done(call->ctx, &outcome);
    call_free(call);
}

/* running_handles does not tell which transfer ended: the messages do. */
static void drain(struct fsv_http *http)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(http->multi, &left)) != NULL) {
        struct call *call = NULL;
        CURLcode result = msg->data.result;
        if (msg->msg == CURLMSG_DONE &&
            curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&call) == CURLE_OK) {
            finish(call, result);
        }
    }
}

static void bury(struct fsv_http *http)
{
    while (http->dead != NULL) {
        struct hook *hook = http->dead;
        http->dead = hook->next_dead;
        free(hook);
    }
}

/* After an error of the multi handle every transfer is uncertain: they end as such, and nothing hangs. */
static void abandon(struct fsv_http *http, CURLMcode code)
{
    FSV_LOG(ERROR, "http.client", "libcurl failed; requests under way are cut",
            FSV_Z("err", curl_multi_strerror(code)));
    while (http->calls != NULL) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the list lost it when it was freed */
        finish(http->calls, CURLE_RECV_ERROR);
    }
}

static void act(struct fsv_http *http, curl_socket_t fd, int what)
{
    int running;
    CURLMcode code = curl_multi_socket_action(http->multi, fd, what, &running);
    if (code != CURLM_OK) {
        abandon(http, code);
    }
    drain(http);
    bury(http);
}

/* -- libcurl's wishes ------------------------------------------------------------------------------------------------------------ */

static void on_ready(void *self, unsigned events)
{
    struct hook *hook = self;
    int what = ((events & FSV_READ) != 0 ? CURL_CSELECT_IN : 0) | ((events & FSV_WRITE) != 0 ? CURL_CSELECT_OUT : 0) |
               ((events & FSV_BROKEN) != 0 ? CURL_CSELECT_ERR : 0);
    act(hook->http, hook->watch.fd, what);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *assigned)
{
    struct fsv_http *http = self;
    struct hook *hook = assigned;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (hook != NULL) {
            fsv_loop_unwatch(http->loop, &hook->watch);
            hook->next_dead = http->dead;
            http->dead = hook;
            curl_multi_assign(http->multi, fd, NULL);
        }
        return 0;
    }
    if (hook == NULL) {
        hook = calloc(1, sizeof *hook);
        if (hook == NULL) {
            return -1;
        }
        *hook = (struct hook){http, {fd, on_ready, hook, false}, NULL};
        curl_multi_assign(http->multi, fd, hook);
    }
    unsigned events = ((what & CURL_POLL_IN) != 0 ? FSV_READ : 0u) | ((what & CURL_POLL_OUT) != 0 ? FSV_WRITE : 0u);
    return fsv_loop_watch(http->loop, &hook->watch, events) == FN_OK ? 0 : -1;
}

static void on_timeout(void *self)
{
    act(self, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long ms, void *self)
{
    struct fsv_http *http = self;
    (void)multi;
    if (ms < 0) {
        fsv_loop_cancel(http->loop, &http->timer);
    } else {
        fsv_loop_after(http->loop, &http->timer, ms);
    }
    return 0;
}

/* -- begins ---------------------------------------------------------------------------------------------------------------------- */

/* Scheme, user and port, read by libcurl's own parser so that both see the same URL. */
static const char *refuse_url(const struct fsv_http *http, const char *url)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *user = NULL, *host = NULL, *port = NULL;
    const char *why = "bad address";
    if (u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
        bool listed = fsv_allow_names(&http->allow, fn_str_c(host));
        bool tls = strcmp(scheme, "https") == 0;
        bool usual = strcmp(port, "443") == 0 || strcmp(port, "8443") == 0;
        why = curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK ? "user in the address"
              : !tls && !(listed && strcmp(scheme, "http") == 0)     ? "only https is allowed"
              : !usual && !listed                                    ? "port not allowed"
                                                                     : NULL;
    }
    curl_free(scheme);
    curl_free(user);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(u);
    return why;
}

static bool set_policy(CURL *e, bool tenant)
{
    bool ok = curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_NOPROXY, "*") == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK; /* http of tenants: refuse_url */
    ok = ok && curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "https") == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES) == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BYTES) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK;
    ok = ok && (!tenant || curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, 60L) == CURLE_OK);
    return ok;
}

static bool set_callbacks(CURL *e, struct call *call)
{
    bool ok = curl_easy_setopt(e, CURLOPT_PRIVATE, call) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, call) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read) == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_READDATA, call) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write) == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_WRITEDATA, call) == CURLE_OK;
    return ok && curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HEADERDATA, call) == CURLE_OK;
}

static bool set_method(CURL *e, const struct call *call, const char *method)
{
    if (strcmp(method, "GET") == 0) {
        return curl_easy_setopt(e, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    }
    if (strcmp(method, "HEAD") == 0) {
        return curl_easy_setopt(e, CURLOPT_NOBODY, 1L) == CURLE_OK;
    }
    bool ok = curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n) == CURLE_OK;
    return ok && (call->body.n > 0 || curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK);
}

static bool set_headers(struct call *call, const struct fsv_http_request *r)
{
    char line[HEADER_BYTES];
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    call->headers = list;
    for (size_t i = 0; list != NULL && i < r->n_headers; i++) {
        struct fn_str h = r->headers[i];
        if (h.n >= sizeof line || memchr(h.p, '\r', h.n) != NULL || memchr(h.p, '\n', h.n) != NULL ||
            memchr(h.p, '\0', h.n) != NULL) {
            return false;
        }
        memcpy(line, h.p, h.n);
        line[h.n] = '\0';
        list = curl_slist_append(call->headers, line);
    }
    return list != NULL && curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers) == CURLE_OK;
}

static const char *copy_z(struct fn_str s, char *to, size_t size)
{
    if (s.n == 0 || s.n >= size || memchr(s.p, '\0', s.n) != NULL) {
        return NULL;
    }
    memcpy(to, s.p, s.n);
    to[s.n] = '\0';
    return to;
}

/* Why the call cannot begin, or NULL when it is under way. */
static const char *begin(struct call *call, const struct fsv_http_request *r)
{
    char url[HEADER_BYTES], method[16];
    if (copy_z(r->url, url, sizeof url) == NULL || copy_z(r->method, method, sizeof method) == NULL) {
        call->blocked = true;
        return "bad address or method";
    }
    const char *why = call->tenant ? refuse_url(call->http, url) : NULL;
    if (why != NULL) {
        call->blocked = true;
        return why;
    }
    call->easy = easy_get(call->http);
    fn_buf_str(&call->body, r->body);
    int64_t ms = r->timeout_ms > 0 && r->timeout_ms < TIMEOUT_MAX_MS ? r->timeout_ms : TIMEOUT_MAX_MS;
    if (call->easy == NULL || call->body.failed || !set_policy(call->easy, call->tenant) ||
        !set_callbacks(call->easy, call) || !set_method(call->easy, call, method) || !set_headers(call, r) ||
        curl_easy_setopt(call->easy, CURLOPT_URL, url) != CURLE_OK ||
        curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)ms) != CURLE_OK) {
        return "the request could not be made";
    }
    return curl_multi_add_handle(call->http->multi, call->easy) == CURLM_OK ? NULL : "the request could not be queued";
}

/* Calls that never began are answered from the loop, so that `done` never runs inside fsv_http_start. */
static void on_reap(void *self)
{
    struct fsv_http *http = self;
    struct call *call = http->calls;
    while (call != NULL) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the list lost it when it was freed */
        struct call *next = call->next;
        if (call->early != NULL) {
            finish(call, CURLE_FAILED_INIT);
            next = http->calls; /* done may have changed the list */
        }
        call = next;
    }
}

void fsv_http_start(struct fsv_http *http, const struct fsv_http_request *request, fsv_http_done_fn *done, void *ctx)
{
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        FN_BUG("no memory for a request: its caller would wait for ever");
    }
    call->http = http;
    call->tenant = request->policy == FSV_HTTP_TENANT;
    call->retry_after_ms = -1;
    call->send_by = request->send_by;
    call->done = done;
    call->ctx = ctx;
    fn_buf_init(&call->body, request->body.n);
    fn_buf_init(&call->answer, request->answer_max);
    call->next = http->calls;
    if (http->calls != NULL) {
        http->calls->prev = call;
    }
    http->calls = call;
    http->running++;
    call->early = begin(call, request);
    if (call->early != NULL) {
        fsv_loop_after(http->loop, &http->reap, 0);
    }
}

size_t fsv_http_running(const struct fsv_http *http)
{
    return http->running;
}

enum fn_code fsv_http_new(struct fsv_loop *loop, struct fsv_allow allow, struct fsv_http **out)
{
    struct fsv_http *http = calloc(1, sizeof *http);
    if (http == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(http);
        return FN_NO_MEMORY;
    }
    http->loop = loop;
    http->allow = allow;
    http->timer = (struct fsv_timer){on_timeout, http, 0, 0};
    http->reap = (struct fsv_timer){on_reap, http, 0, 0};
    http->multi = curl_multi_init();
    bool ok = http->multi != NULL && curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
              curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) == CURLM_OK &&
              curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
              curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http) == CURLM_OK &&
              curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)FSV_HTTP_CONNECTIONS) == CURLM_OK &&
              curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)FSV_HTTP_CONNECTIONS) == CURLM_OK &&
              curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)FSV_HTTP_CONNECTIONS) == CURLM_OK;
    if (!ok) {
        fsv_http_free(http);
        return FN_NO_MEMORY;
    }
    *out = http;
    return FN_OK;
}

void fsv_http_free(struct fsv_http *http)
{
    if (http == NULL) {
        return;
    }
    while (http->calls != NULL) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the list lost it when it was freed */
        call_free(http->calls);
    }
    while (http->n_spare > 0) {
        curl_easy_cleanup(http->spare[--http->n_spare]);
    }
    curl_multi_cleanup(http->multi);
    bury(http);
    fsv_loop_cancel(http->loop, &http->timer);
    fsv_loop_cancel(http->loop, &http->reap);
    free(http);
    curl_global_cleanup();
}
