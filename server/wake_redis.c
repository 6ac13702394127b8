/* wake_redis.c: wake-ups over Redis, by hiredis on our loop; the one place that names it.
 *
 * Two connections, because one that subscribes may do nothing else. A context that had any error is closed and never used again; a new one is
 * opened with back-off. The server's name is looked up off the loop. Losing Redis costs speed, never data.
 * SPDX-License-Identifier: Apache-2.0 */
#include "resolve.h"
#include "wake.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TELL_EVERY_MS = 50, BACKOFF_MIN_MS = 100, BACKOFF_MAX_MS = 5000, SAID_MAX = 128, PORT_DEFAULT = 6379 };

struct end { /* of the two */
    struct fsv_wake *wake;
    redisAsyncContext *redis;
    struct fsv_watch watch;
    struct fsv_timer again;
    unsigned events;
    int64_t backoff;
    bool up, listens;
};
struct fsv_wake {
    struct fsv_loop *loop;
    struct fsv_wake_options o;
    char node[SAID_MAX], host[256], password[256], path[108], address[64];
    int port;
    struct fsv_resolver *resolver;
    struct fsv_watch found;
    struct end ends[2]; /* told by, listens */
    struct fsv_timer later;
    int64_t told_at;
    bool closing, told_lost;
};

static void report(const struct fsv_wake *w, const char *event, const char *text)
{
    if (w->o.log != NULL) {
        w->o.log(w->o.ctx, event, text);
    }
}

/* -- the address ------------------------------------------------------------------------------------------------------------------ */
static bool take(char *to, size_t size, struct fn_str s)
{
    if (s.n == 0 || s.n >= size || memchr(s.p, '\0', s.n) != NULL) {
        return false;
    }
    memcpy(to, s.p, s.n);
    to[s.n] = '\0';
    return true;
}

static bool read_port(struct fn_str s, int *out)
{
    int port = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || port > 65535) {
            return false;
        }
        port = port * 10 + (s.p[i] - '0');
    }
    *out = port;
    return s.n != 0 && port > 0 && port <= 65535;
}

/* The last of these bytes in s, or s.n. */
static size_t last_of(struct fn_str s, char c)
{
    for (size_t i = s.n; i > 0; i--) {
        if (s.p[i - 1] == c) {
            return i - 1;
        }
    }
    return s.n;
}

static bool read_host(struct fsv_wake *w, struct fn_str s)
{
    size_t slash = 0;
    while (slash < s.n && s.p[slash] != '/') {
        slash++;
    }
    s.n = slash; /* a database number means nothing to publish */
    size_t at = last_of(s, '@');
    if (at < s.n) {
        struct fn_str user = {s.p, at};
        size_t colon = last_of(user, ':');
        if (colon == user.n ||
            !take(w->password, sizeof w->password, (struct fn_str){user.p + colon + 1, user.n - colon - 1})) {
            return false;
        }
        s = (struct fn_str){s.p + at + 1, s.n - at - 1};
    }
    size_t colon = last_of(s, ':');
    w->port = PORT_DEFAULT;
    return (colon == s.n || read_port((struct fn_str){s.p + colon + 1, s.n - colon - 1}, &w->port)) &&
           take(w->host, sizeof w->host, (struct fn_str){s.p, colon});
}

static bool read_url(struct fsv_wake *w, struct fn_str url)
{
    const struct fn_str redis = FN_STR("redis://"), local = FN_STR("unix://");
    if (fn_str_starts(url, local)) {
        return take(w->path, sizeof w->path, (struct fn_str){url.p + local.n, url.n - local.n});
    }
    return fn_str_starts(url, redis) && read_host(w, (struct fn_str){url.p + redis.n, url.n - redis.n});
}

/* -- hiredis on our loop ------------------------------------------------------------------------------------------------------------ */
static void open_end(struct end *e);

static void want(struct end *e, unsigned events)
{
    e->events = events;
    if (e->redis != NULL && fsv_loop_watch(e->wake->loop, &e->watch, events) != FN_OK) {
        fsv_loop_after(e->wake->loop, &e->again, e->backoff);
    }
}
static void add_read(void *p)
{
    struct end *e = p;
    want(e, e->events | FSV_READ);
}
static void del_read(void *p)
{
    struct end *e = p;
    want(e, e->events & ~(unsigned)FSV_READ);
}
static void add_write(void *p)
{
    struct end *e = p;
    want(e, e->events | FSV_WRITE);
}
static void del_write(void *p)
{
    struct end *e = p;
    want(e, e->events & ~(unsigned)FSV_WRITE);
}

/* hiredis is about to close the descriptor and free the context. */
static void clean_up(void *p)
{
    struct end *e = p;
    fsv_loop_unwatch(e->wake->loop, &e->watch);
    e->redis = NULL;
    e->events = 0;
    e->up = false;
    if (!e->wake->closing) {
        if (!e->wake->told_lost) {
            e->wake->told_lost = true;
            report(e->wake, "wake.redis.lost", "Redis is not there; the nodes poll");
        }
        e->backoff = e->backoff * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : e->backoff * 2;
        fsv_loop_after(e->wake->loop, &e->again, e->backoff);
    }
}

static void on_socket(void *self, unsigned events)
{
    struct end *e = self;
    if (e->redis != NULL && (events & (FSV_READ | FSV_BROKEN)) != 0) {
        redisAsyncHandleRead(e->redis);
    }
    if (e->redis != NULL && (events & FSV_WRITE) != 0) {
        redisAsyncHandleWrite(e->redis);
    }
}

static void command(struct end *e, redisCallbackFn *done, int n, const char *const *words)
{
    const char *argv[3];
    size_t lengths[3];
    for (int i = 0; i < n; i++) {
        argv[i] = words[i];
        lengths[i] = strlen(words[i]);
    }
    if (redisAsyncCommandArgv(e->redis, done, e, n, argv, lengths) != REDIS_OK) {
        redisAsyncDisconnect(e->redis);
    }
}

static void on_auth(redisAsyncContext *c, void *reply, void *data)
{
    const struct end *e = data;
    const redisReply *r = reply;
    if (r != NULL && r->type == REDIS_REPLY_ERROR) {
        report(e->wake, "wake.redis.refused", "Redis does not accept the password");
        redisAsyncDisconnect(c);
    }
}

/* [message, channel, node]; [subscribe, channel, 1] comes first. */
static void on_message(redisAsyncContext *c, void *reply, void *data)
{
    struct end *e = data;
    const redisReply *r = reply;
    (void)c;
    if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != 3 || r->element[0]->type != REDIS_REPLY_STRING) {
        return;
    }
    const redisReply *said = r->element[2];
    e->up = true;
    if (r->element[0]->len == 7 && memcmp(r->element[0]->str, "message", 7) == 0 && said->type == REDIS_REPLY_STRING &&
        !fn_str_eq((struct fn_str){said->str, (size_t)said->len}, fn_str_c(e->wake->node))) {
        e->wake->o.woken(e->wake->o.ctx);
    }
}

static void on_connect(const redisAsyncContext *c, int status)
{
    struct end *e = c->data;
    if (status != REDIS_OK) {
        return; /* clean_up follows */
    }
    e->backoff = BACKOFF_MIN_MS;
    e->up = !e->listens;
    if (e->wake->told_lost) {
        e->wake->told_lost = false;
        report(e->wake, "wake.redis.up", "connected");
    }
}

static void open_at(struct end *e)
{
    const struct fsv_wake *w = e->wake;
    redisAsyncContext *c = w->path[0] != '\0' ? redisAsyncConnectUnix(w->path) : redisAsyncConnect(w->address, w->port);
    if (c == NULL || c->err != 0) {
        if (c != NULL) {
            redisAsyncFree(c);
        }
        clean_up(e);
        return;
    }
    fsv_loop_cancel(w->loop, &e->again);
    e->redis = c;
    e->watch = (struct fsv_watch){.fd = c->c.fd, .on = on_socket, .self = e};
    c->data = c->ev.data = e;
    c->ev.addRead = add_read;
    c->ev.delRead = del_read;
    c->ev.addWrite = add_write;
    c->ev.delWrite = del_write;
    c->ev.cleanup = clean_up;
    redisAsyncSetConnectCallback(c, on_connect);
    if (w->password[0] != '\0') {
        command(e, on_auth, 2, (const char *const[]){"AUTH", w->password});
    }
    if (e->listens && e->redis != NULL) {
        command(e, on_message, 2, (const char *const[]){"SUBSCRIBE", "funnel:wake"});
    }
}

static void open_end(struct end *e)
{
    struct fsv_wake *w = e->wake;
    if (w->path[0] == '\0') {
        fsv_resolve(w->resolver); /* goes on in on_found */
    } else if (e->redis == NULL) {
        open_at(e);
    }
}

static void on_found(void *self, unsigned events)
{
    struct fsv_wake *w = self;
    uint64_t count;
    (void)events;
    ssize_t n = read(w->found.fd, &count, sizeof count);
    (void)n; /* only to make it unreadable */
    if (!fsv_resolve_take(w->resolver, w->address, sizeof w->address)) {
        return;
    }
    for (size_t i = 0; i < FN_COUNT(w->ends); i++) {
        if (w->ends[i].redis == NULL) {
            fsv_loop_cancel(w->loop, &w->ends[i].again);
            open_at(&w->ends[i]); /* an unknown name, the empty address, fails as any other */
        }
    }
}

static void on_again(void *self)
{
    struct end *e = self;
    if (e->redis != NULL) {
        redisAsyncFree(e->redis);
    }
    open_end(e);
}

/* -- telling --------------------------------------------------------------------------------------------------------------------------- */
static void publish(void *self)
{
    struct fsv_wake *w = self;
    struct end *e = &w->ends[0];
    if (e->redis != NULL && e->up) {
        w->told_at = fsv_monotonic_ms();
        command(e, NULL, 3, (const char *const[]){"PUBLISH", "funnel:wake", w->node});
    }
}

void fsv_wake_tell(struct fsv_wake *w)
{
    int64_t ms = w->told_at + TELL_EVERY_MS - fsv_monotonic_ms();
    if (w->later.place == 0) {
        fsv_loop_after(w->loop, &w->later, ms > 0 ? ms : 0);
    }
}

bool fsv_wake_connected(const struct fsv_wake *w)
{
    return w->ends[0].up && w->ends[1].up;
}

/* -- life -------------------------------------------------------------------------------------------------------------------------------- */
void fsv_wake_free(struct fsv_wake *w)
{
    if (w == NULL) {
        return;
    }
    w->closing = true;
    fsv_loop_cancel(w->loop, &w->later);
    for (size_t i = 0; i < FN_COUNT(w->ends); i++) {
        fsv_loop_cancel(w->loop, &w->ends[i].again);
        if (w->ends[i].redis != NULL) {
            redisAsyncFree(w->ends[i].redis);
        }
    }
    fsv_resolver_free(w->resolver);
    if (w->found.fd >= 0) {
        fsv_loop_unwatch(w->loop, &w->found);
        (void)close(w->found.fd);
    }
    free(w);
}

static enum fn_code start(struct fsv_wake *w)
{
    if (w->path[0] == '\0') {
        w->found.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        w->resolver = w->found.fd >= 0 ? fsv_resolver_new(w->host, w->found.fd) : NULL;
        if (w->resolver == NULL || fsv_loop_watch(w->loop, &w->found, FSV_READ) != FN_OK) {
            return FN_NO_MEMORY;
        }
    }
    for (size_t i = 0; i < FN_COUNT(w->ends); i++) {
        w->ends[i].wake = w;
        w->ends[i].listens = i == 1;
        w->ends[i].backoff = BACKOFF_MIN_MS;
        w->ends[i].again = (struct fsv_timer){.on = on_again, .self = &w->ends[i]};
        open_end(&w->ends[i]);
    }
    return FN_OK;
}

enum fn_code fsv_wake_redis(struct fsv_loop *loop, const struct fsv_wake_options *options, struct fsv_wake **out)
{
    struct fsv_wake *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return FN_NO_MEMORY;
    }
    w->loop = loop;
    w->o = *options;
    w->found = (struct fsv_watch){.fd = -1, .on = on_found, .self = w};
    w->later = (struct fsv_timer){.on = publish, .self = w};
    enum fn_code code =
        read_url(w, options->url) && take(w->node, sizeof w->node, options->node) ? start(w) : FN_INVALID;
    if (code != FN_OK) {
        fsv_wake_free(w);
        return code;
    }
    *out = w;
    return FN_OK;
}
