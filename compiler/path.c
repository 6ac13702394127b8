/* path.c: the numbers that are carried along every way through a stage, and how they change.
 *   quiet  the least time without a message or event (guarantee 2)      join: least
 *   age    the greatest time since the last inbound message (6)          join: greatest
 *   kept   the greatest age of a message no question has taken yet (6)   join: greatest
 *   ai,msg the greatest number of AI calls and messages in a turn (8)    join: greatest
 *   bare   some way has sent no template (10)                            join: or
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

static const int64_t forever = (int64_t)1 << 50;

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t plus(int64_t a, int64_t b)
{
    return a < 0 || b < 0 ? PATH_NONE : a + b > forever ? forever : a + b;
}

struct path sema_path_start(void)
{
    return (struct path){
        .bare = true, .age_kept = PATH_NONE, .age = PATH_NONE, .kept = PATH_NONE, .ai = PATH_NONE, .msg = PATH_NONE};
}

void sema_path_join(struct path *a, const struct path *b)
{
    if (b->dead) {
        return;
    }
    if (a->dead) {
        *a = *b;
        return;
    }
    a->bare |= b->bare;
    a->quiet = a->quiet < b->quiet ? a->quiet : b->quiet;
    a->age_in = most(a->age_in, b->age_in);
    a->age_kept = most(a->age_kept, b->age_kept);
    a->age = most(a->age, b->age);
    a->kept_in = most(a->kept_in, b->kept_in);
    a->kept = most(a->kept, b->kept);
    a->ai_in = most(a->ai_in, b->ai_in);
    a->ai = most(a->ai, b->ai);
    a->msg_in = most(a->msg_in, b->msg_in);
    a->msg = most(a->msg, b->msg);
}

/* First p, then q. */
struct path sema_path_then(const struct path *p, const struct path *q)
{
    if (p->dead || q->dead) {
        return (struct path){.dead = true};
    }
    return (struct path){
        .bare = p->bare && q->bare,
        .quiet = p->quiet == PATH_TAKEN || q->quiet == PATH_TAKEN ? PATH_TAKEN : plus(p->quiet, q->quiet),
        .age_in = plus(p->age_in, q->age_in),
        .age_kept = most(plus(p->age_kept, q->age_in), plus(p->kept_in, q->age_kept)),
        .age = most(q->age, most(plus(p->age, q->age_in), plus(p->kept, q->age_kept))),
        .kept_in = sema_path_kept(plus(p->kept_in, q->kept_in)),
        .kept = sema_path_kept(most(q->kept, plus(p->kept, q->kept_in))),
        .ai_in = plus(p->ai_in, q->ai_in),
        .ai = most(q->ai, plus(p->ai, q->ai_in)),
        .msg_in = plus(p->msg_in, q->msg_in),
        .msg = most(q->msg, plus(p->msg, q->msg_in)),
    };
}

int64_t sema_path_kept(int64_t age)
{
    return age < PATH_KEPT ? age : PATH_KEPT;
}

/* It has just come, or it was kept by a wait before: then it is as old as that wait lets it be. More may be left of what was kept. */
void sema_path_message(struct path *p)
{
    p->quiet = PATH_TAKEN;
    p->age_in = PATH_NONE;
    p->age_kept = p->kept_in;
    p->age = most(p->kept, 0);
}

void sema_path_event(struct path *p)
{
    sema_path_sleep(p, forever);
    p->quiet = PATH_TAKEN;
}

static void pass(struct path *p, int64_t ms)
{
    p->quiet = p->quiet == PATH_TAKEN ? PATH_TAKEN : plus(p->quiet, ms);
    p->age_in = plus(p->age_in, ms);
    p->age_kept = plus(p->age_kept, ms);
    p->age = plus(p->age, ms);
}

void sema_path_none_kept(struct path *p)
{
    p->kept_in = p->kept = PATH_NONE;
}

void sema_path_wait(struct path *p, int64_t ms)
{
    pass(p, ms);
    sema_path_none_kept(p);
}

void sema_path_sleep(struct path *p, int64_t ms)
{
    pass(p, ms);
    p->kept = sema_path_kept(plus(most(p->kept, 0), ms));
    p->kept_in = p->kept == PATH_KEPT ? PATH_NONE : plus(p->kept_in, ms); /* no older than the greatest age either */
}

static void keep_most(int64_t *kept, int64_t v)
{
    *kept = most(*kept, v);
}

/* The turn ends: what it could have cost is kept, and the next one begins at nothing. */
void sema_path_suspend(struct ctx *c, struct fgr_node *at)
{
    struct path *p = &c->path;
    c->last_wait = at;
    if (p->dead) {
        return;
    }
    if (c->unit.graph != SEMA_NO_INDEX) {
        struct graph_node *g = &SEMA_AT(c->nodes, struct graph_node, c->unit.graph);
        keep_most(&g->ai_first, p->ai_in);
        keep_most(&g->msg_first, p->msg_in);
        if (p->bare && g->first_wait_bare == NULL) {
            g->first_wait_bare = at;
        }
    }
    if (p->ai > (int64_t)c->p->ai_calls_turn) {
        c->p->ai_calls_turn = p->ai < UINT32_MAX ? (uint32_t)p->ai : UINT32_MAX;
        c->worst_ai = at;
    }
    if (p->msg > (int64_t)c->p->messages_turn) {
        c->p->messages_turn = p->msg < UINT32_MAX ? (uint32_t)p->msg : UINT32_MAX;
    }
    p->ai_in = p->msg_in = PATH_NONE;
    p->ai = p->msg = 0;
}

void sema_path_send(struct ctx *c, struct fgr_node *at, bool needs_window, bool is_template)
{
    struct path *p = &c->path;
    c->messages++;
    p->msg_in = plus(p->msg_in, 1);
    p->msg = plus(p->msg, 1);
    if (is_template) {
        p->bare = false;
    }
    if (!needs_window || p->dead || c->unit.graph == SEMA_NO_INDEX) {
        return;
    }
    struct graph_send *s = sema_push(c, &c->sends, sizeof *s);
    if (s != NULL) {
        *s = (struct graph_send){c->unit.graph, at, c->last_wait, p->age_in, p->age_kept, p->age};
    }
}

void sema_path_more(struct ctx *c, int64_t messages)
{
    c->path.msg_in = plus(c->path.msg_in, messages);
    c->path.msg = plus(c->path.msg, messages);
}

void sema_path_ai(struct ctx *c, int64_t calls)
{
    c->models++;
    c->path.ai_in = plus(c->path.ai_in, calls);
    c->path.ai = plus(c->path.ai, calls);
    sema_path_peak(c);
}

void sema_path_peak(struct ctx *c)
{
    if (!c->path.dead && c->unit.graph != SEMA_NO_INDEX) {
        struct graph_node *g = &SEMA_AT(c->nodes, struct graph_node, c->unit.graph);
        keep_most(&g->ai_most_in, c->path.ai_in);
        keep_most(&g->ai_most, c->path.ai);
    }
}
