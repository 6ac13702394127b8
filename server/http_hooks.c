/* http_hooks.c: see http_hooks.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http_hooks.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A descriptor the client wants watched, or may want again. */
struct fsv_hook {
    struct fsv_hooks *hooks;
    struct fsv_watch watch;
    unsigned events; /* watched for */
    bool wanted;     /* a transfer waits on it */
    bool socket;     /* of a connection: we opened it */
    ino_t inode;     /* of what the descriptor was when this was made */
    struct fsv_hook *next_dead;
};

static struct fsv_hook *hook_of(const struct fsv_hooks *h, int fd)
{
    return (size_t)fd < h->n ? h->at[fd] : NULL;
}

static void on_ready(void *self, unsigned events)
{
    struct fsv_hook *hook = self;
    struct fsv_hooks *h = hook->hooks;
    if (hook->wanted) {
        h->ready(h->self, hook->watch.fd, events);
    } else { /* an idle connection was closed by the other side: libcurl sees it when it looks for one */
        fsv_loop_unwatch(h->loop, &hook->watch);
    }
}

static bool hooks_reach(struct fsv_hooks *h, int fd)
{
    size_t n = h->n == 0 ? 64 : h->n;
    while (n <= (size_t)fd) {
        n *= 2;
    }
    if (n > h->n) {
        struct fsv_hook **at = realloc(h->at, n * sizeof(struct fsv_hook *));
        if (at == NULL) {
            return false;
        }
        memset(at + h->n, 0, (n - h->n) * sizeof(struct fsv_hook *));
        h->at = at;
        h->n = n;
    }
    return true;
}

static ino_t inode_of(int fd)
{
    struct stat s;
    return fstat(fd, &s) == 0 ? s.st_ino : 0;
}

/* libcurl closes a connection that did not come about without telling us, and its number may be something else's by now. */
static bool is_stale(const struct fsv_hook *hook)
{
    return hook->inode != inode_of(hook->watch.fd);
}

static void hook_drop(struct fsv_hooks *h, int fd)
{
    struct fsv_hook *hook = hook_of(h, fd);
    if (hook != NULL) {
        hook->watch.fd = is_stale(hook) ? -1 : fd; /* what is closed has left the loop by itself */
        fsv_loop_unwatch(h->loop, &hook->watch);
        h->at[fd] = NULL;
        hook->next_dead = h->dead;
        h->dead = hook;
    }
}

static struct fsv_hook *hook_new(struct fsv_hooks *h, int fd, bool is_socket)
{
    hook_drop(h, fd);
    struct fsv_hook *hook = hooks_reach(h, fd) ? calloc(1, sizeof *hook) : NULL;
    if (hook != NULL) {
        *hook = (struct fsv_hook){
            .hooks = h, .watch = {fd, on_ready, hook, false}, .socket = is_socket, .inode = inode_of(fd)};
        h->at[fd] = hook;
    }
    return hook;
}

static bool hook_watch(struct fsv_hook *hook, unsigned events)
{
    if (hook->watch.added && hook->events == events) {
        return true;
    }
    hook->events = events;
    return fsv_loop_watch(hook->hooks->loop, &hook->watch, events) == FN_OK;
}

bool fsv_hooks_open(struct fsv_hooks *h, int fd)
{
    return hook_new(h, fd, true) != NULL;
}

void fsv_hooks_close(struct fsv_hooks *h, int fd)
{
    hook_drop(h, fd);
}

bool fsv_hooks_want(struct fsv_hooks *h, int fd, unsigned events)
{
    struct fsv_hook *hook = hook_of(h, fd);
    if (hook == NULL || (!hook->wanted && is_stale(hook))) { /* the resolver's */
        hook = hook_new(h, fd, false);
    }
    if (hook == NULL) {
        return false;
    }
    hook->wanted = true;
    return hook_watch(hook, events);
}

void fsv_hooks_leave(struct fsv_hooks *h, int fd)
{
    struct fsv_hook *hook = hook_of(h, fd);
    if (hook != NULL && !hook->socket) { /* the resolver's: it closes them itself */
        hook_drop(h, fd);
    } else if (hook != NULL) {
        hook->wanted = false; /* writable it always is; closed already when it never connected */
        if (hook->events != FSV_READ && !hook_watch(hook, FSV_READ)) {
            hook_drop(h, fd);
        }
    }
}

void fsv_hooks_bury(struct fsv_hooks *h)
{
    while (h->dead != NULL) {
        struct fsv_hook *hook = h->dead;
        h->dead = hook->next_dead;
        free(hook);
    }
}

void fsv_hooks_free(struct fsv_hooks *h)
{
    for (size_t fd = 0; fd < h->n; fd++) {
        hook_drop(h, (int)fd);
    }
    fsv_hooks_bury(h);
    free(h->at);
}
