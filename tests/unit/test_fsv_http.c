/* test_fsv_http.c: the address policy, spelling by spelling; and the HTTP client against a real loopback peer that reads a request whole and
 * then hangs up: the body must not be sent a second time behind our back, whether or not the connection was a reused one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_http.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* -- addresses ------------------------------------------------------------------------------------------------------------------- */

static bool allowed(const char *text, const char *list)
{
    struct sockaddr_storage a = {0};
    struct fsv_allow allow = {fn_str_c(list)};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&a;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a;
    a.ss_family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
    bool read = a.ss_family == AF_INET ? inet_pton(AF_INET, text, &v4->sin_addr) == 1
                                       : inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
    CU_ASSERT_TRUE_FATAL(read);
    return fsv_address_allowed((const struct sockaddr *)&a, &allow);
}

static void test_addresses(void)
{
    static const char *const refused[] = {"0.0.0.0",
                                          "0.1.2.3",
                                          "10.0.0.1",
                                          "10.255.255.255",
                                          "100.64.0.1",
                                          "100.127.255.255",
                                          "127.0.0.1",
                                          "127.255.255.254",
                                          "169.254.169.254",
                                          "172.16.0.1",
                                          "172.31.255.255",
                                          "192.0.0.1",
                                          "192.0.2.1",
                                          "192.88.99.1",
                                          "192.168.1.1",
                                          "198.18.0.1",
                                          "198.19.255.255",
                                          "198.51.100.1",
                                          "203.0.113.7",
                                          "224.0.0.1",
                                          "240.0.0.1",
                                          "255.255.255.255",
                                          "::",
                                          "::1",
                                          "::127.0.0.1",
                                          "::ffff:127.0.0.1",
                                          "::ffff:10.0.0.1",
                                          "::ffff:169.254.169.254",
                                          "64:ff9b::7f00:1",
                                          "64:ff9b:1::1",
                                          "100::1",
                                          "2001::1",
                                          "2001:db8::1",
                                          "2002:7f00:1::",
                                          "fc00::1",
                                          "fd12::1",
                                          "fe80::1",
                                          "fec0::1",
                                          "ff02::1"};
    static const char *const open[] = {"1.1.1.1",         "8.8.8.8",         "9.255.255.255",  "11.0.0.0",
                                       "100.63.255.255",  "100.128.0.0",     "172.15.255.255", "172.32.0.0",
                                       "192.167.255.255", "198.17.255.255",  "198.20.0.0",     "223.255.255.255",
                                       "::ffff:8.8.8.8",  "2606:4700::1111", "2a00::1",        "2001:200::1"};
    for (size_t i = 0; i < FN_COUNT(refused); i++) {
        CU_ASSERT_FALSE(allowed(refused[i], ""));
    }
    for (size_t i = 0; i < FN_COUNT(open); i++) {
        CU_ASSERT(allowed(open[i], ""));
    }
    CU_ASSERT(allowed("127.0.0.1", "10.0.0.9,127.0.0.1"));
    CU_ASSERT(allowed("::ffff:127.0.0.1", "127.0.0.1"));
    CU_ASSERT(allowed("::1", "::1"));
    CU_ASSERT_FALSE(allowed("127.0.0.2", "127.0.0.1"));
    CU_ASSERT_FALSE(allowed("127.0.0.1", "127.0.0.11,nonsense,,"));
    struct sockaddr unix_socket = {.sa_family = AF_UNIX};
    CU_ASSERT_FALSE(fsv_address_allowed(&unix_socket, &(struct fsv_allow){FN_STR_NULL}));
}

/* -- a peer ---------------------------------------------------------------------------------------------------------------------- */

/* Answers the first `polite` requests of each connection, reads the next one whole, and hangs up. A request is whole when the marker came:
 * in its body, or in a header of one without. */
struct peer {
    int fd;
    uint16_t port;
    int polite;
    int requests, parts; /* parts: in which they came */
    const char *answer;
    bool leaves;     /* answers the last request of a connection too, and closes it a moment later */
    int last;        /* errno of the last recv, 0 when the client closed in good order */
    char seen[4096]; /* the last request */
    pthread_t thread;
};
static const char marker[] = "corpo-do-pedido";

static bool read_request(struct peer *p, int fd)
{
    size_t n = 0;
    while (n < sizeof p->seen - 1) {
        ssize_t part = recv(fd, p->seen + n, sizeof p->seen - 1 - n, 0);
        if (part <= 0) {
            p->last = part < 0 ? errno : 0;
            return false;
        }
        n += (size_t)part;
        p->parts++;
        p->seen[n] = '\0';
        if (strstr(p->seen, marker) != NULL) {
            return true;
        }
    }
    return false;
}

static void *serve(void *self)
{
    struct peer *p = self;
    for (int fd = accept(p->fd, NULL, NULL); fd >= 0; fd = accept(p->fd, NULL, NULL)) {
        for (int i = 0; read_request(p, fd); i++) {
            p->requests++;
            if (i < p->polite || p->leaves) {
                (void)!send(fd, p->answer, strlen(p->answer), MSG_NOSIGNAL);
            }
            if (i == p->polite) {
                (void)nanosleep(&(struct timespec){0, p->leaves ? 5000000 : 0}, NULL);
                break;
            }
        }
        close(fd);
    }
    return NULL;
}

static void peer_start_with(struct peer *p, int polite, const char *answer)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *p = (struct peer){.fd = socket(AF_INET, SOCK_STREAM, 0), .polite = polite, .answer = answer};
    CU_ASSERT_EQUAL_FATAL(bind(p->fd, (struct sockaddr *)&at, sizeof at), 0);
    CU_ASSERT_EQUAL_FATAL(listen(p->fd, 8), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(p->fd, (struct sockaddr *)&at, &n), 0);
    p->port = ntohs(at.sin_port);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void peer_start(struct peer *p, int polite)
{
    peer_start_with(p, polite, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nRetry-After: 3\r\n\r\nok");
}

static void peer_stop(struct peer *p)
{
    shutdown(p->fd, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->fd);
}

struct run {
    struct fsv_loop *loop;
    struct fsv_http *http;
    struct fsv_http_request request;
    int left;
    struct fsv_outcome outcomes[8];
    char should_retry[8]; /* of the last */
    int n;
    int64_t pause_ms; /* before the next request */
    struct fsv_timer timer;
    void (*between)(struct run *r);
};

static void on_done(void *ctx, const struct fsv_outcome *outcome);

static void on_next(void *self)
{
    struct run *r = self;
    fsv_http_start(r->http, &r->request, on_done, r);
}

static void on_done(void *ctx, const struct fsv_outcome *outcome)
{
    struct run *r = ctx;
    r->outcomes[r->n] = *outcome;
    r->outcomes[r->n++].body = FN_STR_NULL;
    snprintf(r->should_retry, sizeof r->should_retry, "%.*s", FN_STR_ARG(outcome->should_retry));
    if (--r->left == 0) {
        fsv_loop_stop(r->loop);
        return;
    }
    if (r->between != NULL) {
        r->between(r);
    }
    if (r->pause_ms > 0) {
        fsv_loop_after(r->loop, &r->timer, r->pause_ms);
    } else {
        on_next(r);
    }
}

static int64_t send_by; /* of the requests */

static void prepare(struct run *r, uint16_t port, const char *scheme, enum fsv_http_policy policy, int times)
{
    static char url[128];
    snprintf(url, sizeof url, "%s://127.0.0.1:%u/x", scheme, (unsigned)port);
    *r = (struct run){.left = times, .timer = {.on = on_next, .self = r}};
    r->request = (struct fsv_http_request){
        .policy = policy, .method = FN_STR("POST"), .url = fn_str_c(url), .body = fn_str_c(marker)};
    r->request.timeout_ms = 5000;
    r->request.send_by = send_by;
    r->request.answer_max = 1024;
}

/* One request after the other. */
static void run(struct run *r, const char *allow)
{
    CU_ASSERT_EQUAL_FATAL(fsv_loop_new(&r->loop), FN_OK);
    CU_ASSERT_EQUAL_FATAL(fsv_http_new(r->loop, (struct fsv_allow){fn_str_c(allow)}, &r->http), FN_OK);
    fsv_http_start(r->http, &r->request, on_done, r);
    CU_ASSERT_EQUAL(r->n, 0); /* never inside start */
    CU_ASSERT_EQUAL(fsv_loop_run(r->loop), FN_OK);
    CU_ASSERT_EQUAL(fsv_http_running(r->http), 0);
    fsv_http_free(r->http);
    fsv_loop_free(r->loop);
}

static void post(struct run *r, uint16_t port, const char *scheme, enum fsv_http_policy policy, const char *allow,
                 int times)
{
    prepare(r, port, scheme, policy, times);
    run(r, allow);
}

static void without_body(struct run *r, const char *method)
{
    r->request.method = fn_str_c(method);
    r->request.body = FN_STR_NULL;
    r->request.headers[0] = FN_STR("X-Marca: corpo-do-pedido");
    r->request.n_headers = 1;
}

static void test_answer(void)
{
    struct peer p;
    struct run r;
    peer_start(&p, 9);
    post(&r, p.port, "http", FSV_HTTP_OPERATOR, "", 2);
    peer_stop(&p);
    CU_ASSERT(r.outcomes[0].answered && r.outcomes[0].wrote && r.outcomes[0].status == 200);
    CU_ASSERT_EQUAL(r.outcomes[0].retry_after_ms, 3000);
    CU_ASSERT_EQUAL(p.requests, 2);
    CU_ASSERT_EQUAL(p.parts, 2); /* head and body leave together */
}

/* What the next call of a handle finds of the one before: nothing. */
static void change(struct run *r)
{
    static const char *const methods[] = {"GET", "POST", "HEAD", "PATCH", "GET"};
    bool body = r->n == 2 || r->n == 4;
    without_body(r, methods[r->n - 1]);
    r->request.body = body ? fn_str_c(marker) : FN_STR_NULL;
    r->request.n_headers = !body;
}

static void test_calls_leave_nothing_to_each_other(void)
{
    static const char *const lines[] = {"POST", "GET", "POST", "HEAD", "PATCH", "GET"};
    for (int n = 1; n <= (int)FN_COUNT(lines); n++) {
        struct peer p;
        struct run r;
        peer_start_with(&p, 9, "HTTP/1.1 204 No Content\r\n\r\n");
        prepare(&r, p.port, "http", FSV_HTTP_OPERATOR, n);
        r.request.headers[0] = FN_STR("X-Primeiro: sim");
        r.request.n_headers = 1;
        r.between = change;
        run(&r, "");
        peer_stop(&p);
        const char *line = lines[n - 1];
        bool body = n == 1 || n == 3 || n == 5;
        CU_ASSERT(r.outcomes[n - 1].answered && p.requests == n);
        CU_ASSERT(strncmp(p.seen, line, strlen(line)) == 0 && p.seen[strlen(line)] == ' ');
        CU_ASSERT_EQUAL(strstr(p.seen, "X-Primeiro") != NULL, n == 1);
        CU_ASSERT_EQUAL(strstr(p.seen, "X-Marca") != NULL, !body);
        CU_ASSERT_EQUAL(strstr(p.seen, "\r\n\r\ncorpo-do-pedido") != NULL, body);
        CU_ASSERT_PTR_NULL(strstr(p.seen, "Expect"));
    }
}

/* A connection that ended while nobody used it is no failure. */
static void test_an_idle_connection_may_end(void)
{
    struct peer p;
    struct run r;
    peer_start_with(&p, 0, "");
    p.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    p.leaves = true;
    prepare(&r, p.port, "http", FSV_HTTP_OPERATOR, 4);
    r.pause_ms = 30;
    run(&r, "");
    peer_stop(&p);
    for (int i = 0; i < 4; i++) {
        CU_ASSERT(r.outcomes[i].answered);
    }
    CU_ASSERT_EQUAL(p.requests, 4);
}

static void test_hang_up_is_unknown_and_not_repeated(void)
{
    for (int polite = 0; polite < 3; polite++) {
        struct peer p;
        struct run r;
        peer_start(&p, polite);
        post(&r, p.port, "http", FSV_HTTP_OPERATOR, "", polite + 1);
        peer_stop(&p);
        const struct fsv_outcome *last = &r.outcomes[polite];
        CU_ASSERT_FALSE(last->answered);
        CU_ASSERT(last->wrote);
        CU_ASSERT_EQUAL(fsv_outcome_transport(last), FSV_UNKNOWN);
        CU_ASSERT_EQUAL(p.requests, polite + 1);
    }
}

static void test_hang_up_without_a_body(void)
{
    static const char *const methods[] = {"DELETE", "POST"};
    for (size_t i = 0; i < FN_COUNT(methods); i++) {
        struct peer p;
        struct run r;
        peer_start(&p, 0);
        prepare(&r, p.port, "http", FSV_HTTP_OPERATOR, 2);
        without_body(&r, methods[i]);
        run(&r, "");
        peer_stop(&p);
        CU_ASSERT_EQUAL(fsv_outcome_transport(&r.outcomes[1]), FSV_UNKNOWN);
        CU_ASSERT_EQUAL(p.requests, 2);
    }
}

/* A closed connection is reset, so nothing of it is sent again when the network comes back. */
static void test_an_end_takes_back_what_is_on_its_way(void)
{
    struct peer p;
    struct run r;
    peer_start(&p, 9);
    post(&r, p.port, "http", FSV_HTTP_OPERATOR, "", 1);
    peer_stop(&p);
    CU_ASSERT_EQUAL(p.requests, 1);
    CU_ASSERT_EQUAL(p.last, ECONNRESET);
}

/* Whoever was stopped between its decision and the write has no right to it any more. */
static void test_too_late_is_not_sent(void)
{
    struct peer p;
    struct run r;
    peer_start(&p, 9);
    send_by = fsv_monotonic_ms() - 1;
    post(&r, p.port, "http", FSV_HTTP_OPERATOR, "", 1);
    CU_ASSERT_EQUAL(fsv_outcome_transport(&r.outcomes[0]), FSV_NOT_SENT);
    CU_ASSERT(r.outcomes[0].late);
    prepare(&r, p.port, "http", FSV_HTTP_OPERATOR, 1);
    without_body(&r, "DELETE");
    run(&r, "");
    CU_ASSERT(r.outcomes[0].late);
    send_by = fsv_monotonic_ms() + 60000;
    post(&r, p.port, "http", FSV_HTTP_OPERATOR, "", 1);
    CU_ASSERT(r.outcomes[0].answered);
    send_by = 0;
    peer_stop(&p);
    CU_ASSERT_EQUAL(p.requests, 1);
}

static void test_nobody_there_is_not_sent(void)
{
    struct peer p;
    struct run r;
    peer_start(&p, 0);
    peer_stop(&p);
    post(&r, p.port, "http", FSV_HTTP_OPERATOR, "", 1);
    CU_ASSERT_EQUAL(fsv_outcome_transport(&r.outcomes[0]), FSV_NOT_SENT);
}

static char second_url[64];

static void somewhere_else(struct run *r)
{
    if (r->n == 3) {
        r->request.url = fn_str_c(second_url);
        r->request.timeout_ms = 5000;
    }
}

/* A door where nobody opens and the hall is full: who comes there waits for nothing. */
static uint16_t full_door(int fds[4])
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(bind(fds[0], (struct sockaddr *)&at, sizeof at), 0);
    CU_ASSERT_EQUAL_FATAL(listen(fds[0], 0), 0);
    CU_ASSERT_EQUAL_FATAL(getsockname(fds[0], (struct sockaddr *)&at, &n), 0);
    for (int i = 1; i < 4; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fds[i], (struct sockaddr *)&at, sizeof at);
    }
    return ntohs(at.sin_port);
}

/* libcurl closes what did not connect behind our back; the number of that descriptor is the name lookup's next, then another connection's. */
static void test_behind_a_connection_that_failed(void)
{
    struct peer p;
    struct run r;
    int fds[4];
    uint16_t port = full_door(fds);
    peer_start(&p, 9);
    snprintf(second_url, sizeof second_url, "http://localhost:%u/x", (unsigned)p.port);
    prepare(&r, port, "http", FSV_HTTP_OPERATOR, 5);
    r.request.timeout_ms = 60;
    r.between = somewhere_else;
    run(&r, "");
    peer_stop(&p);
    for (size_t i = 0; i < FN_COUNT(fds); i++) {
        close(fds[i]);
    }
    CU_ASSERT_EQUAL(fsv_outcome_transport(&r.outcomes[2]), FSV_NOT_SENT);
    CU_ASSERT_STRING_EQUAL(r.outcomes[2].error, "timeout"); /* not cut because libcurl could not go on */
    CU_ASSERT(r.outcomes[3].answered && r.outcomes[4].answered);
}

static void test_tenant_policy(void)
{
    struct peer p;
    struct run r;
    peer_start(&p, 9);
    post(&r, p.port, "http", FSV_HTTP_TENANT, "", 1);
    CU_ASSERT(r.outcomes[0].blocked);
    post(&r, 443, "https", FSV_HTTP_TENANT, "", 1); /* a usual port: stopped when connecting */
    CU_ASSERT(r.outcomes[0].blocked);
    post(&r, p.port, "ftp", FSV_HTTP_OPERATOR, "", 1);
    CU_ASSERT_FALSE(r.outcomes[0].answered);
    CU_ASSERT_EQUAL(p.requests, 0);
    post(&r, p.port, "http", FSV_HTTP_TENANT, "127.0.0.1", 1);
    CU_ASSERT(r.outcomes[0].answered);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    post(&r, p.port, "http", FSV_HTTP_TENANT, "127.0.0.1", 1);
    CU_ASSERT(r.outcomes[0].answered); /* no proxy from the environment */
    unsetenv("http_proxy");
    peer_stop(&p);
}

static char listed[] = "127.0.0.1";

static void unlist(struct run *r)
{
    r->request.policy = FSV_HTTP_TENANT; /* begins while the address is listed; by then it is not */
    listed[8] = '1';
    fsv_loop_after(r->loop, &r->timer, 0);
}

/* A connection the operator opened leads where a tenant may not go. */
static void on_unlisted(void *self)
{
    (void)self;
    listed[8] = '9';
}

static void test_an_open_connection_is_no_way_in(void)
{
    struct peer p;
    struct run r;
    peer_start(&p, 9);
    prepare(&r, p.port, "http", FSV_HTTP_OPERATOR, 2);
    r.timer = (struct fsv_timer){.on = on_unlisted, .self = &r};
    r.between = unlist;
    run(&r, listed);
    peer_stop(&p);
    CU_ASSERT(r.outcomes[0].answered);
    CU_ASSERT(r.outcomes[1].blocked);
    CU_ASSERT_EQUAL(p.requests, 1);
}

/* How long a 429 asks to wait: seconds, milliseconds, a date, or nothing one could believe. */
static void test_retry_after(void)
{
    static const struct {
        const char *headers;
        int64_t low, high;
        const char *should_retry;
    } cases[] = {
        {"", -1, -1, ""},
        {"Retry-After: 20\r\n", 20000, 20000, ""},
        {"retry-after:0\r\n", 0, 0, ""},
        {"Retry-After-Ms: 644\r\nRetry-After: 1\r\n", 644, 644, ""},
        {"Retry-After: 1\r\nretry-after-ms: 644\r\n", 644, 644, ""},
        {"Retry-After-Ms: soon\r\nRetry-After: 2\r\n", 2000, 2000, ""},
        {"Retry-After: %s\r\n", 28000, 31000, ""}, /* a date, half a minute from now */
        {"Retry-After: Mon, 23 Nov 2015 20:10:30 GMT\r\n", 0, 0, ""},
        {"Retry-After: amanhã\r\n", -1, -1, ""},
        {"Retry-After: -5\r\n", -1, -1, ""},
        {"Retry-After: 99999999999999999999\r\n", -1, -1, ""},
        {"Retry-After:\r\nx-should-retry: false\r\n", -1, -1, "false"},
        {"X-Should-Retry: true\r\n", -1, -1, "true"},
        {"x-should-retry: of course\r\n", -1, -1, ""},
    };
    for (size_t i = 0; i < FN_COUNT(cases); i++) {
        struct peer p;
        struct run r;
        char answer[512], date[64], headers[256];
        time_t at = time(NULL) + 30;
        struct tm tm;
        const char *dated = strstr(cases[i].headers, "%s");
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&at, &tm));
        snprintf(headers, sizeof headers, "%.*s%s%s", dated != NULL ? (int)(dated - cases[i].headers) : 255,
                 cases[i].headers, dated != NULL ? date : "", dated != NULL ? dated + 2 : "");
        snprintf(answer, sizeof answer, "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n%s\r\n{}", headers);
        peer_start_with(&p, 9, answer);
        post(&r, p.port, "http", FSV_HTTP_OPERATOR, "", 1);
        peer_stop(&p);
        CU_ASSERT_EQUAL(r.outcomes[0].status, 429);
        bool good = r.outcomes[0].retry_after_ms >= cases[i].low && r.outcomes[0].retry_after_ms <= cases[i].high;
        if (!good) {
            printf("\n%s: %lld\n", headers, (long long)r.outcomes[0].retry_after_ms);
        }
        CU_ASSERT(good);
        CU_ASSERT_STRING_EQUAL(r.should_retry, cases[i].should_retry);
    }
}

UNIT_SUITE("fsv_http", {"retry after", test_retry_after}, {"addresses", test_addresses}, {"answer", test_answer},
           {"calls leave nothing to each other", test_calls_leave_nothing_to_each_other},
           {"an idle connection may end", test_an_idle_connection_may_end},
           {"hang-up without a body", test_hang_up_without_a_body},
           {"an open connection is no way in", test_an_open_connection_is_no_way_in},
           {"hang-up is unknown, not repeated", test_hang_up_is_unknown_and_not_repeated},
           {"an end takes back what is on its way", test_an_end_takes_back_what_is_on_its_way},
           {"too late is not sent", test_too_late_is_not_sent},
           {"behind a connection that failed", test_behind_a_connection_that_failed},
           {"nobody there is not sent", test_nobody_there_is_not_sent}, {"tenant policy", test_tenant_policy})
