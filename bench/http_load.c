/* http_load.c: both ends of the world around funneld, in one small process: it posts webhooks as Evolution does and is the Evolution that gets
 * the replies. One thread, one epoll, keep-alive on both sides, so that it takes little of the machine it shares with what is measured.
 *
 *     http_load PORT PATH SINK_PORT SECONDS UNDER_WAY [RATE [CONTACTS]]
 *
 * PORT and PATH are funneld's webhook; SINK_PORT is where its EVOLUTION_API_URL points. Without RATE the load is closed: UNDER_WAY contacts
 * wait for their reply at any time. With RATE it is open: so many messages a second, whatever happens; a message that finds no free
 * connection waits, and its time has begun. The time measured is from that instant to the reply's POST, its last byte. A contact writes again
 * when it has its reply. With CONTACTS there are so many, and the run ends as soon as there were as many replies, without a warm-up. Prints
 * one line of name=value pairs for bench/engine.
 * SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONTACTS_MAX = 200000,
    CONTACTS = 20000,
    CALLERS = 512,
    CONNS_MAX = 4096,
    IN_MAX = 8192,
    EVENTS = 256,
    SAMPLES_MAX = 4000000,
    WARM_MS = 2000,
    FIRST_CONTACT = 80000000
};

enum role { LISTENER, CALLER, SINK };
struct conn {
    enum role role;
    int fd;
    unsigned index;   /* CALLER: in l.callers */
    bool busy;        /* CALLER: a request is out */
    uint32_t contact; /* of that request */
    size_t n;         /* bytes in `in` */
    char in[IN_MAX];
};

static struct {
    int epoll;
    uint16_t port;
    const char *path;
    struct conn *callers[CALLERS];
    unsigned idle[CALLERS], n_idle;
    int64_t asked[CONTACTS_MAX];                /* ns; 0: no message under way */
    uint32_t queue[CONTACTS_MAX], q_first, q_n; /* wait for a connection */
    uint32_t contacts, next, under_way, skipped;
    uint64_t seed;
    uint64_t goal; /* replies at which to end; 0: none */
    uint64_t ids, posted, replies, refused, stray;
    float *samples; /* ms */
    size_t n_samples;
    bool counting;
} l;

static void die(const char *why)
{
    fprintf(stderr, "http_load: %s: %s\n", why, errno != 0 ? strerror(errno) : "");
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* -- sockets ------------------------------------------------------------------------------------------------------------------ */
static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void watch(struct conn *c, int fd)
{
    int one = 1;
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || epoll_ctl(l.epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
        die("socket");
    }
    c->fd = fd;
    c->n = 0;
}

static struct conn *conn_new(enum role role, int fd)
{
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL) {
        die("no memory");
    }
    c->role = role;
    watch(c, fd);
    return c;
}

static void listen_on(uint16_t port)
{
    struct sockaddr_in at = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1024) != 0) {
        die("the sink's port");
    }
    (void)conn_new(LISTENER, fd);
}

static int call(void)
{
    struct sockaddr_in to = loopback(l.port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        die("funneld's port");
    }
    return fd;
}

static void connect_callers(void)
{
    for (unsigned i = 0; i < CALLERS; i++) {
        l.callers[i] = conn_new(CALLER, call());
        l.callers[i]->index = i;
        l.idle[l.n_idle++] = CALLERS - 1 - i;
    }
}

/* funneld ends a connection after a hundred requests, or when it lay idle. */
static void call_again(struct conn *c)
{
    (void)close(c->fd);
    watch(c, call());
}

static void write_all(int fd, const char *p, size_t n)
{
    if (send(fd, p, n, MSG_NOSIGNAL) != (ssize_t)n) { /* small, and the buffer is empty: less means it is gone */
        die("send");
    }
}

/* -- HTTP, as much as the two ends need ------------------------------------------------------------------------------------------ */
struct message {
    size_t n; /* its length; 0 while it is not whole */
    const char *body;
    bool last; /* the connection ends with it */
};

static bool line_is(const char *line, const char *name)
{
    return (line[0] | 0x20) == name[0] && strncasecmp(line, name, strlen(name)) == 0;
}

/* The first message in c->in, line by line. */
static struct message whole(struct conn *c)
{
    struct message m = {0, NULL, false};
    size_t length = 0;
    c->in[c->n] = '\0';
    for (const char *line = c->in, *end; (end = memchr(line, '\n', c->n - (size_t)(line - c->in))) != NULL;
         line = end + 1) {
        if (line_is(line, "content-length:")) {
            length = strtoul(line + strlen("content-length:"), NULL, 10);
        } else if (line_is(line, "connection: close")) {
            m.last = true;
        } else if (line[0] == '\r') {
            size_t all = (size_t)(end + 1 - c->in) + length;
            m.body = end + 1;
            m.n = all <= c->n ? all : 0;
            break;
        }
    }
    return m;
}

static void drop(struct conn *c, size_t n)
{
    c->n -= n;
    if (c->n != 0) {
        memmove(c->in, c->in + n, c->n);
    }
}

/* -- what is sent: made once, but for fields of a fixed width -------------------------------------------------------------------- */
enum { ID_DIGITS = 18, CONTACT_DIGITS = 8 };
struct form {
    char text[2048];
    size_t n;
    char *id, *contact;
};
static struct form webhook, accepted;

static void form_make(struct form *f, const char *head, const char *body)
{
    f->n =
        (size_t)snprintf(f->text, sizeof f->text, "%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                         head, strlen(body), body);
    f->id = strstr(f->text, "iiiiiiiiiiiiiiiiii");
    f->contact = strstr(f->text, "cccccccc");
}

static void forms_make(void)
{
    char head[1024], body[1024];
    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: axios/1.7\r\n", l.path, l.port);
    snprintf(body, sizeof body,
             "{\"event\":\"messages.upsert\",\"instance\":\"carga\",\"data\":{\"key\":{\"remoteJid\":\"55119cccccccc@s."
             "whatsapp."
             "net\",\"fromMe\":false,\"id\":\"3Aiiiiiiiiiiiiiiiiii\"},\"pushName\":\"Maria "
             "Souza\",\"status\":\"DELIVERY_ACK\","
             "\"message\":{\"conversation\":\"Quero duas camisetas azuis, tamanho M, por favor.\"},\"messageType\":"
             "\"conversation\",\"messageTimestamp\":%lld,\"source\":\"android\"},\"sender\":\"5511912345678@s.whatsapp."
             "net\"}",
             (long long)time(NULL));
    form_make(&webhook, head, body);
    form_make(
        &accepted, "HTTP/1.1 201 Created\r\n",
        "{\"key\":{\"remoteJid\":\"5511980000000@s.whatsapp.net\",\"fromMe\":true,\"id\":\"3EB0iiiiiiiiiiiiiiiiii\"},"
        "\"status\":\"PENDING\",\"messageType\":\"conversation\"}");
}

static void put_id(struct form *f)
{
    uint64_t id = ++l.ids;
    for (int i = ID_DIGITS - 1; i >= 0; i--, id >>= 4) {
        f->id[i] = "0123456789ABCDEF"[id & 15];
    }
}

/* -- customers -------------------------------------------------------------------------------------------------------------------- */
static void post(uint32_t contact)
{
    struct conn *c = l.callers[l.idle[--l.n_idle]];
    put_id(&webhook);
    uint32_t number = FIRST_CONTACT + contact;
    for (int i = CONTACT_DIGITS - 1; i >= 0; i--, number /= 10) {
        webhook.contact[i] = (char)('0' + number % 10);
    }
    c->busy = true;
    c->contact = contact;
    l.posted++;
    write_all(c->fd, webhook.text, webhook.n);
}

/* People do not write in the order in which they first came, in which their rows lie; but each of a given number is wanted once. */
static uint32_t pick(void)
{
    if (l.goal != 0) {
        return l.next++ % l.contacts;
    }
    l.seed = l.seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(l.seed >> 33) % l.contacts;
}

/* A contact that waits for nothing writes; false when there seems to be none. */
static bool write_message(int64_t now)
{
    for (uint32_t tries = 0; tries < l.contacts; tries++) {
        uint32_t contact = pick();
        if (l.asked[contact] == 0) {
            l.asked[contact] = now;
            l.under_way++;
            l.queue[(l.q_first + l.q_n++) % l.contacts] = contact;
            return true;
        }
    }
    l.skipped++;
    return false;
}

static void post_waiting(void)
{
    while (l.q_n != 0 && l.n_idle != 0) {
        uint32_t contact = l.queue[l.q_first];
        l.q_first = (l.q_first + 1) % l.contacts;
        l.q_n--;
        post(contact);
    }
}

static void answered(struct conn *c)
{
    struct message m = whole(c);
    if (m.n == 0) {
        return;
    }
    if (strncmp(c->in, "HTTP/1.1 200", 12) != 0) { /* a provider would come again; here it is counted */
        l.refused++;
        l.asked[c->contact] = 0;
        l.under_way--;
    }
    if (m.last) {
        call_again(c);
    } else {
        drop(c, m.n);
    }
    c->busy = false;
    l.idle[l.n_idle++] = c->index;
}

/* -- the provider ---------------------------------------------------------------------------------------------------------------- */
static void reply_came(const char *body)
{
    const char *number = strstr(body, "\"number\":\"55119");
    unsigned long contact =
        number != NULL ? strtoul(number + strlen("\"number\":\"55119"), NULL, 10) - FIRST_CONTACT : l.contacts;
    if (contact >= l.contacts || l.asked[contact] == 0) {
        l.stray++; /* sent twice, or an answer to nothing */
        return;
    }
    if (l.counting && l.n_samples < SAMPLES_MAX) {
        l.samples[l.n_samples++] = (float)((double)(now_ns() - l.asked[contact]) / 1e6);
    }
    l.asked[contact] = 0;
    l.under_way--;
    l.replies++;
}

static void serve(struct conn *c)
{
    for (struct message m = whole(c); m.n != 0; m = whole(c)) {
        reply_came(m.body);
        put_id(&accepted);
        write_all(c->fd, accepted.text, accepted.n);
        drop(c, m.n);
    }
}

/* -- the loop -------------------------------------------------------------------------------------------------------------------- */
static void on_readable(struct conn *c)
{
    if (c->role == LISTENER) {
        int fd = accept(c->fd, NULL, NULL);
        if (fd >= 0) {
            (void)conn_new(SINK, fd);
        }
        return;
    }
    ssize_t n = recv(c->fd, c->in + c->n, sizeof c->in - 1 - c->n, 0);
    if (n <= 0 && c->role == CALLER) {
        if (c->busy) {
            die("funneld closed a connection without an answer");
        }
        call_again(c);
        return;
    }
    if (n <= 0) {
        (void)close(c->fd);
        free(c);
        return;
    }
    c->n += (size_t)n;
    if (c->role == CALLER) {
        answered(c);
    } else {
        serve(c);
    }
}

static void round_once(int ms)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(l.epoll, events, EVENTS, ms);
    for (int i = 0; i < n; i++) {
        on_readable(events[i].data.ptr);
    }
    post_waiting();
}

static void drive(int64_t until, uint32_t under_way, double rate)
{
    int64_t begin = now_ns();
    double written = 0;
    for (int64_t now = begin; now < until && (l.goal == 0 || l.replies < l.goal); now = now_ns()) {
        double want = rate > 0 ? rate * (double)(now - begin) / 1e9 : written + (double)under_way - (double)l.under_way;
        while (written < want && write_message(rate > 0 ? begin + (int64_t)(written / rate * 1e9) : now)) {
            written++;
        }
        post_waiting();
        round_once(rate > 0 ? 1 : 10);
    }
}

/* -- figures ------------------------------------------------------------------------------------------------------------------------ */
static int by_value(const void *x, const void *y)
{
    float a = *(const float *)x, b = *(const float *)y;
    return (a > b) - (a < b);
}

static double percentile(double share)
{
    return l.n_samples == 0 ? 0 : (double)l.samples[(size_t)((double)(l.n_samples - 1) * share)];
}

static double cpu_us(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void measure(double seconds, uint32_t under_way, double rate)
{
    drive(now_ns() + (l.goal != 0 ? 0 : (int64_t)WARM_MS * 1000000), under_way, rate);
    uint64_t before = l.replies;
    double cpu = cpu_us();
    int64_t begin = now_ns();
    l.counting = true;
    drive(begin + (int64_t)(seconds * 1e9), under_way, rate);
    l.counting = false;
    double took = (double)(now_ns() - begin) / 1e9, replies = (double)(l.replies - before);
    cpu = cpu_us() - cpu;
    for (int64_t end = now_ns() + 10000000000; l.under_way != 0 && now_ns() < end;) {
        round_once(10); /* who is owed a reply gets it */
    }
    qsort(l.samples, l.n_samples, sizeof *l.samples, by_value);
    printf(
        "replies=%.0f seconds=%.2f rate=%.0f p50=%.2f p99=%.2f max=%.2f load_us=%.1f all=%llu refused=%llu stray=%llu "
        "left=%u skipped=%u\n",
        replies, took, replies / took, percentile(0.5), percentile(0.99), percentile(1),
        cpu / (replies > 0 ? replies : 1), (unsigned long long)l.replies, (unsigned long long)l.refused,
        (unsigned long long)l.stray, l.under_way, l.skipped);
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: http_load PORT PATH SINK_PORT SECONDS UNDER_WAY [RATE [CONTACTS]]\n");
        return 2;
    }
    l.samples = calloc(SAMPLES_MAX, sizeof *l.samples);
    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l.samples == NULL || l.epoll < 0) {
        die("no memory");
    }
    l.port = (uint16_t)strtoul(argv[1], NULL, 10);
    l.path = argv[2];
    l.contacts = CONTACTS;
    if (argc > 7) {
        l.goal = l.contacts = (uint32_t)strtoul(argv[7], NULL, 10);
        if (l.contacts == 0 || l.contacts > CONTACTS_MAX) {
            die("CONTACTS");
        }
    }
    l.ids = (uint64_t)time(NULL) << 24; /* a second run on the same store is not a repetition */
    forms_make();
    listen_on((uint16_t)strtoul(argv[3], NULL, 10));
    connect_callers();
    measure(strtod(argv[4], NULL), (uint32_t)strtoul(argv[5], NULL, 10), argc > 6 ? strtod(argv[6], NULL) : 0);
    return 0;
}
