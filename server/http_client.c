/* http_client.c: libcurl's multi interface on our loop; no other file names libcurl.
 *
 * On a dead reused connection libcurl sends a request again, whatever its method, and a WhatsApp message would go out twice: each attempt passes
 * `on_send`, and where anything but a read may have left, no second one does. There too is the last look at the clock and at the address.
 * A call keeps its handle, prepared, for the next one; what differs between calls is set each time. http_hooks.c keeps the sockets in the loop.
 * Transfers are never touched from inside a callback; asking what left is no more than a look.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_http.h"

#include "fn_buf.h"
#include "fsv_log.h"
#include "http_hooks.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECT_MS = 3000,
    TIMEOUT_MAX_MS = 120000,
    HEADERS_MAX_BYTES = 65536,
    HEADER_BYTES = 8192,
    METHOD_BYTES = 16,
    SPARE = 256,           /* calls kept for the next ones */
    KEPT_BYTES = 16 << 10, /* of their buffers; larger ones are given back */
    RECEIVE_BYTES =
        16 << 10, /* libcurl's buffers of one transfer; for sending its default is 64 KiB, made anew each time */
    SEND_BYTES = 16 << 10
};

/* What one call may leave to the next: the handle with what is the same for all, and the room of the texts. */
struct kept {
    struct fsv_http *http;
    CURL *easy;
    CURLU *parsed;                          /* of `url`; NULL: none yet */
    struct fn_buf url, lines, body, answer; /* lines: the headers, each with its NUL */
    struct curl_slist headers[FSV_HTTP_HEADERS + 1];
};
struct call {
    struct kept kept;
    size_t header_bytes;
    bool blocked, too_large, tenant, held, begun, read;
    int64_t retry_after_ms, send_by;
    char should_retry[8];
    fsv_http_done_fn *done;
    void *ctx;
    const char *early; /* why it never began */
    struct call *next, *prev;
};
struct fsv_http {
    struct fsv_loop *loop;
    struct fsv_allow allow;
    CURLM *multi;
    struct fsv_timer timer, reap;
    struct call *calls, *spare;
    size_t n_spare, running;
    struct fsv_hooks hooks;
};

/* -- what one call does ---------------------------------------------------------------------------------------------------------- */

static bool allowed(const struct call *call, const char *ip)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) {
        return fsv_address_allowed((const struct sockaddr *)&v4, &call->kept.http->allow);
    }
    return inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1 &&
           fsv_address_allowed((const struct sockaddr *)&v6, &call->kept.http->allow);
}

/* Whether a byte of the request may be on its way. What libcurl could not write at once and wrote later it counts only as a body's. */
static bool may_have_left(const struct call *call)
{
    long head = 0;
    curl_off_t body = 0;
    curl_easy_getinfo(call->kept.easy, CURLINFO_REQUEST_SIZE, &head);
    curl_easy_getinfo(call->kept.easy, CURLINFO_SIZE_UPLOAD_T, &body);
    return call->begun && (head > 0 || body > 0);
}

/* The last moment before a request leaves, on whatever connection: a process that was stopped on the way here must not go on where it was,
 * a connection somebody else opened may lead where this one may not go, and what may have left must not leave again. */
static int on_send(void *self, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct call *call = self;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    if (call->tenant && !allowed(call, remote_ip)) {
        call->blocked = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (!call->read && may_have_left(call)) {
        return CURL_PREREQFUNC_ABORT; /* libcurl's second attempt: what became of the first, nobody knows */
    }
    if (call->send_by != 0 && fsv_monotonic_ms() >= call->send_by) {
        call->held = true;
        return CURL_PREREQFUNC_ABORT;
    }
    call->begun = true;
    return CURL_PREREQFUNC_OK;
}

static size_t on_write(char *from, size_t size, size_t n, void *self)
{
    struct call *call = self;
    fn_buf_put(&call->kept.answer, from, size * n);
    call->too_large = call->kept.answer.failed;
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

/* -- sockets --------------------------------------------------------------------------------------------------------------------- */

/* Every new connection passes here with the address it really goes to.
 * Closing resets: what the kernel still holds of a request must not go out later, when the network comes back, after the engine or, when this
 * process was killed, its successor asked the provider and was told that nothing arrived. */
static curl_socket_t on_open(void *self, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct call *call = self;
    struct fsv_http *http = call->kept.http;
    if (purpose != CURLSOCKTYPE_IPCXN || (call->tenant && !fsv_address_allowed(&to->addr, &http->allow))) {
        call->blocked = true;
        return CURL_SOCKET_BAD;
    }
    int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (fd >= 0 &&
        (setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0 || !fsv_hooks_open(&http->hooks, fd))) {
        close(fd);
        fd = CURL_SOCKET_BAD;
    }
    return fd;
}

static int on_close(void *self, curl_socket_t fd)
{
    struct fsv_http *http = self;
    fsv_hooks_close(&http->hooks, fd);
    return close(fd);
}

/* -- ends ------------------------------------------------------------------------------------------------------------------------ */

static void call_destroy(struct call *call)
{
    curl_easy_cleanup(call->kept.easy);
    curl_url_cleanup(call->kept.parsed);
    fn_buf_fini(&call->kept.url);
    fn_buf_fini(&call->kept.lines);
    fn_buf_fini(&call->kept.body);
    fn_buf_fini(&call->kept.answer);
    free(call);
}

static void call_free(struct call *call)
{
    struct fsv_http *http = call->kept.http;
    if (call->prev != NULL) {
        call->prev->next = call->next;
    } else {
        http->calls = call->next;
    }
    if (call->next != NULL) {
        call->next->prev = call->prev;
    }
    http->running--;
    curl_multi_remove_handle(http->multi, call->kept.easy);
    if (http->n_spare == SPARE) {
        call_destroy(call);
        return;
    }
    fn_buf_reuse(&call->kept.lines, KEPT_BYTES, KEPT_BYTES);
    fn_buf_reuse(&call->kept.body, KEPT_BYTES, KEPT_BYTES);
    fn_buf_reuse(&call->kept.answer, KEPT_BYTES, KEPT_BYTES);
    call->next = http->spare;
    http->spare = call;
    http->n_spare++;
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
    long status = 0;
    curl_easy_getinfo(call->kept.easy, CURLINFO_RESPONSE_CODE, &status);
    bool answered = result == CURLE_OK && call->early == NULL, wrote = may_have_left(call);
    struct fsv_outcome outcome = {.blocked = call->blocked && !answered && !wrote,
                                  .late = call->held && !wrote,
                                  .wrote = wrote,
                                  .answered = answered,
                                  .too_large = call->too_large,
                                  .status = answered ? (int)status : 0,
                                  .body = fn_buf_view(&call->kept.answer),
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
    fsv_hooks_bury(&http->hooks);
}

/* -- libcurl's wishes ------------------------------------------------------------------------------------------------------------ */

static void on_ready(void *self, int fd, unsigned events)
{
    act(self, fd,
        ((events & FSV_READ) != 0 ? CURL_CSELECT_IN : 0) | ((events & FSV_WRITE) != 0 ? CURL_CSELECT_OUT : 0) |
            ((events & FSV_BROKEN) != 0 ? CURL_CSELECT_ERR : 0));
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *assigned)
{
    struct fsv_http *http = self;
    (void)easy;
    (void)assigned;
    if (what == CURL_POLL_REMOVE) {
        fsv_hooks_leave(&http->hooks, fd);
        return 0;
    }
    unsigned events = ((what & CURL_POLL_IN) != 0 ? FSV_READ : 0u) | ((what & CURL_POLL_OUT) != 0 ? FSV_WRITE : 0u);
    return fsv_hooks_want(&http->hooks, fd, events) ? 0 : -1;
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

/* The address, read once by libcurl's own parser, so that both see the same; the next call to the same one finds it read. Each is read from
 * nothing: beside an older one it might be a relative one. */
static bool set_url(struct call *call, struct fn_str url)
{
    struct kept *k = &call->kept;
    if (k->parsed != NULL && fn_str_eq(fn_buf_view(&k->url), url) && !call->tenant) {
        return true;
    }
    curl_url_cleanup(k->parsed);
    k->parsed = curl_url();
    fn_buf_reuse(&k->url, HEADER_BYTES - 1, HEADER_BYTES);
    fn_buf_str(&k->url, url);
    unsigned lenient = call->tenant ? 0u : CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME;
    bool good = url.n > 0 && memchr(url.p, '\0', url.n) == NULL && !k->url.failed && k->parsed != NULL &&
                curl_url_set(k->parsed, CURLUPART_URL, k->url.p, lenient) == CURLUE_OK &&
                curl_easy_setopt(k->easy, CURLOPT_URL, k->url.p) == CURLE_OK && /* for a second attempt */
                curl_easy_setopt(k->easy, CURLOPT_CURLU, k->parsed) == CURLE_OK;
    if (!good || call->tenant) {
        fn_buf_reuse(&k->url, HEADER_BYTES - 1, HEADER_BYTES); /* nobody takes it over */
    }
    return good;
}

/* Scheme, user and port of a tenant's address. */
static const char *refuse_url(const struct call *call)
{
    CURLU *u = call->kept.parsed;
    const struct fsv_allow *allow = &call->kept.http->allow;
    char *scheme = NULL, *user = NULL, *host = NULL, *port = NULL;
    const char *why = "bad address";
    if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
        bool listed = fsv_allow_names(allow, fn_str_c(host));
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
    return why;
}

static bool set_policy(CURL *e)
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
    return ok && curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, 60L) == CURLE_OK;
}

static bool set_callbacks(CURL *e, struct call *call)
{
    bool ok = curl_easy_setopt(e, CURLOPT_PRIVATE, call) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, call) == CURLE_OK;
    /* a connection outlives the call that opened it */
    ok = ok && curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close) == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, call->kept.http) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_send) == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_PREREQDATA, call) == CURLE_OK;
    ok = ok && curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write) == CURLE_OK &&
         curl_easy_setopt(e, CURLOPT_WRITEDATA, call) == CURLE_OK;
    return ok && curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HEADERDATA, call) == CURLE_OK;
}

/* Method and body: all of it each time, for the handle remembers. The body stays where it is and leaves with the head. */
static bool set_request(struct call *call, const char *method)
{
    CURL *e = call->kept.easy;
    const struct fn_buf *body = &call->kept.body;
    bool get = strcmp(method, "GET") == 0, head = strcmp(method, "HEAD") == 0, post = strcmp(method, "POST") == 0;
    call->read = get || head;
    bool ok = curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, call->read || post ? NULL : method) == CURLE_OK;
    /* a connection of its own for what has no body and is no read: nothing tells how much of it left */
    ok = ok && curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, body->n == 0 && !call->read ? 1L : 0L) == CURLE_OK;
    if (call->read) {
        return ok && curl_easy_setopt(e, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_NOBODY, head ? 1L : 0L) == CURLE_OK;
    }
    return ok && curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_POSTFIELDS, body->p != NULL ? body->p : "") == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->n) == CURLE_OK;
}

/* libcurl reads the list while the call lasts; its texts lie in `lines`. */
static bool set_headers(struct call *call, const struct fsv_http_request *r)
{
    static char no_expect[] = "Expect:";
    size_t at[FSV_HTTP_HEADERS];
    struct kept *k = &call->kept;
    for (size_t i = 0; i < r->n_headers; i++) {
        struct fn_str h = r->headers[i];
        if (h.n >= HEADER_BYTES || memchr(h.p, '\r', h.n) != NULL || memchr(h.p, '\n', h.n) != NULL ||
            memchr(h.p, '\0', h.n) != NULL) {
            return false;
        }
        at[i] = k->lines.n;
        fn_buf_put(&k->lines, h.p, h.n);
        fn_buf_char(&k->lines, '\0');
    }
    k->headers[0] = (struct curl_slist){no_expect, NULL};
    for (size_t i = 0; i < r->n_headers && !k->lines.failed; i++) {
        k->headers[i].next = &k->headers[i + 1];
        k->headers[i + 1] = (struct curl_slist){k->lines.p + at[i], NULL};
    }
    return !k->lines.failed && curl_easy_setopt(k->easy, CURLOPT_HTTPHEADER, k->headers) == CURLE_OK;
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
    char method[METHOD_BYTES];
    if (!set_url(call, r->url) || copy_z(r->method, method, sizeof method) == NULL) {
        call->blocked = true;
        return "bad address or method";
    }
    const char *why = call->tenant ? refuse_url(call) : NULL;
    if (why != NULL) {
        call->blocked = true;
        return why;
    }
    CURL *easy = call->kept.easy;
    fn_buf_str(&call->kept.body, r->body);
    int64_t ms = r->timeout_ms > 0 && r->timeout_ms < TIMEOUT_MAX_MS ? r->timeout_ms : TIMEOUT_MAX_MS;
    if (call->kept.body.failed || !set_request(call, method) || !set_headers(call, r) ||
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)ms) != CURLE_OK) {
        return "the request could not be made";
    }
    return curl_multi_add_handle(call->kept.http->multi, easy) == CURLM_OK ? NULL : "the request could not be queued";
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

static struct call *call_create(struct fsv_http *http)
{
    struct call *call = calloc(1, sizeof *call);
    CURL *easy = curl_easy_init();
    if (call == NULL || easy == NULL) {
        FN_BUG("no memory for a request: its caller would wait for ever");
    }
    call->kept.http = http;
    call->kept.easy = easy;
    if (!set_policy(easy) || !set_callbacks(easy, call)) {
        FN_BUG("no memory for a request's policy: it would go without");
    }
    return call;
}

static struct call *call_get(struct fsv_http *http, const struct fsv_http_request *request)
{
    struct call *call = http->spare;
    if (call != NULL) {
        http->spare = call->next;
        http->n_spare--;
    } else {
        call = call_create(http);
    }
    struct kept kept = call->kept;
    *call = (struct call){.kept = kept, .retry_after_ms = -1};
    fn_buf_reuse(&call->kept.lines, (size_t)FSV_HTTP_HEADERS * HEADER_BYTES, KEPT_BYTES);
    fn_buf_reuse(&call->kept.body, request->body.n > KEPT_BYTES ? request->body.n : KEPT_BYTES, KEPT_BYTES);
    fn_buf_reuse(&call->kept.answer, request->answer_max, KEPT_BYTES);
    return call;
}

void fsv_http_start(struct fsv_http *http, const struct fsv_http_request *request, fsv_http_done_fn *done, void *ctx)
{
    struct call *call = call_get(http, request);
    call->tenant = request->policy == FSV_HTTP_TENANT;
    call->send_by = request->send_by;
    call->done = done;
    call->ctx = ctx;
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
    http->hooks = (struct fsv_hooks){.loop = loop, .ready = on_ready, .self = http};
    http->timer = (struct fsv_timer){.on = on_timeout, .self = http};
    http->reap = (struct fsv_timer){.on = on_reap, .self = http};
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
    while (http->spare != NULL) {
        struct call *call = http->spare;
        http->spare = call->next;
        call_destroy(call);
    }
    curl_multi_cleanup(http->multi);
    fsv_hooks_free(&http->hooks);
    fsv_loop_cancel(http->loop, &http->timer);
    fsv_loop_cancel(http->loop, &http->reap);
    free(http);
    curl_global_cleanup();
}
