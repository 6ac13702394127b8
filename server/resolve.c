/* resolve.c: looks up a server's name on a thread, because libpq and hiredis would do it on ours. One name, one thread, one lookup at a time;
 * the answer is fetched by fsv_resolve_take.
 * SPDX-License-Identifier: Apache-2.0 */
#include "resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ADDRESSES_MAX = 256 };

struct fsv_resolver {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    int tell; /* eventfd, the store's */
    char *host;
    bool want, ready, stop;
    unsigned turn;                 /* the thread's */
    char addresses[ADDRESSES_MAX]; /* empty: not found */
};

/* One address, each time the next: a name is asked again when nobody answers there. `localhost` is ::1 and 127.0.0.1, and a server may listen on
 * one of them only. */
static void look_up(const char *host, unsigned turn, char *out, size_t size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list = NULL;
    out[0] = '\0';
    if (getaddrinfo(host, NULL, &hints, &list) == 0) {
        unsigned n = 0;
        for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
            n++;
        }
        const struct addrinfo *at = list;
        for (unsigned i = turn % n; i > 0; i--) {
            at = at->ai_next;
        }
        if (getnameinfo(at->ai_addr, at->ai_addrlen, out, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0) {
            out[0] = '\0';
        }
        freeaddrinfo(list);
    }
}

static void *run(void *arg)
{
    struct fsv_resolver *r = arg;
    char found[ADDRESSES_MAX];
    pthread_mutex_lock(&r->lock);
    while (!r->stop) {
        if (!r->want) {
            pthread_cond_wait(&r->wanted, &r->lock);
            continue;
        }
        r->want = false;
        pthread_mutex_unlock(&r->lock);
        look_up(r->host, r->turn++, found, sizeof found);
        pthread_mutex_lock(&r->lock);
        memcpy(r->addresses, found, sizeof found);
        r->ready = true;
        const uint64_t one = 1;
        ssize_t n = write(r->tell, &one, sizeof one);
        (void)n; /* a full counter is readable, too */
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

struct fsv_resolver *fsv_resolver_new(const char *host, int tell)
{
    struct fsv_resolver *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return NULL;
    }
    r->host = strdup(host);
    r->tell = tell;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->wanted, NULL);
    if (r->host == NULL || pthread_create(&r->thread, NULL, run, r) != 0) {
        free(r->host);
        free(r);
        return NULL;
    }
    return r;
}

void fsv_resolver_free(struct fsv_resolver *r)
{
    if (r == NULL) {
        return;
    }
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_cond_signal(&r->wanted);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->wanted);
    free(r->host);
    free(r);
}

void fsv_resolve(struct fsv_resolver *r)
{
    pthread_mutex_lock(&r->lock);
    r->want = true;
    pthread_cond_signal(&r->wanted);
    pthread_mutex_unlock(&r->lock);
}

bool fsv_resolve_take(struct fsv_resolver *r, char *out, size_t size)
{
    pthread_mutex_lock(&r->lock);
    bool ready = r->ready;
    r->ready = false;
    if (ready) {
        snprintf(out, size, "%s", r->addresses);
    }
    pthread_mutex_unlock(&r->lock);
    return ready;
}
