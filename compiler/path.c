/* path.c: the numbers that are carried along every way through a stage, and how they change.
 *   quiet  the least time without a message or event (guarantee 2)      join: least
 *   age    the greatest time since the last inbound message (6)          join: greatest
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
    return (struct path){.bare = true, .age = PATH_NONE, .ai = PATH_NONE, .msg = PATH_NONE};
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
    a->age = most(a->age, b->age);
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
        .age = most(q->age, plus(p->age, q->age_in)),
        .ai_in = plus(p->ai_in, q->ai_in),
        .ai = most(q->ai, plus(p->ai, q->ai_in)),
        .msg_in = plus(p->msg_in, q->msg_in),
        .msg = most(q->msg, plus(p->msg, q->msg_in)),
    };
}

void sema_path_message(struct path *p)
{
    p->quiet = PATH_TAKEN;
    p->age_in = PATH_NONE;
    p->age = 0;
}

void sema_path_event(struct path *p)
{
    sema_path_wait(p, forever);
    p->quiet = PATH_TAKEN;
}

void sema_path_wait(struct path *p, int64_t ms)
{
    p->quiet = p->quiet == PATH_TAKEN ? PATH_TAKEN : plus(p->quiet, ms);
    p->age_in = plus(p->age_in, ms);
    p->age = plus(p->age, ms);
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
        *s = (struct graph_send){c->unit.graph, at, c->last_wait, p->age_in, p->age};
    }
}

void sema_path_ai(struct ctx *c, int64_t calls)
{
    c->models++;
    c->path.ai_in = plus(c->path.ai_in, calls);
    c->path.ai = plus(c->path.ai, calls);
}
