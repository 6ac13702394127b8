/* graph_work.c: the order in which what flows along the graph is worked out. Nodes wait to be looked at (again); the first of them is taken, first
 * in the reverse postorder of the ways from the root: what comes before a node is known before the node is, so that a graph without cycles is
 * gone through once, and one with cycles once more for each.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

struct visit {
    uint32_t node, edge; /* the next way out to follow */
};

static void order_from(struct ctx *c, uint32_t start, struct visit *stack, uint32_t *left)
{
    uint32_t n = 0, *place = c->work_place;
    place[start] = 0;
    stack[n++] = (struct visit){start, SEMA_AT(c->nodes, struct graph_node, start).first_out};
    while (n > 0) {
        struct visit *v = &stack[n - 1];
        if (v->edge == SEMA_NO_INDEX) {
            place[v->node] = --*left;
            c->work_order[*left] = v->node;
            n--;
            continue;
        }
        const struct graph_edge *e = &SEMA_AT(c->edges, struct graph_edge, v->edge);
        v->edge = e->next;
        if (place[e->to] == SEMA_NO_INDEX) {
            place[e->to] = 0;
            stack[n++] = (struct visit){e->to, SEMA_AT(c->nodes, struct graph_node, e->to).first_out};
        }
    }
}

static bool make_order(struct ctx *c)
{
    uint32_t n = c->nodes.n, left = n;
    struct visit *stack = fn_arena_array(c->arena, n, sizeof *stack);
    c->work_order = fn_arena_array(c->arena, n, sizeof *c->work_order);
    c->work_place = fn_arena_array(c->arena, n, sizeof *c->work_place);
    if (c->work_order == NULL || c->work_place == NULL || stack == NULL) {
        c->full = true;
        return false;
    }
    memset(c->work_place, 0xFF, n * sizeof *c->work_place);
    for (uint32_t i = n; i > 0; i--) { /* the root last, so that it and what it leads to come first */
        if (c->work_place[i - 1] == SEMA_NO_INDEX && (i == 1 || !SEMA_AT(c->nodes, struct graph_node, i - 1).reached)) {
            order_from(c, i - 1, stack, &left);
        }
    }
    for (uint32_t i = 0; i < n; i++) { /* reached means more when there is no start */
        if (c->work_place[i] == SEMA_NO_INDEX) {
            order_from(c, i, stack, &left);
        }
    }
    return true;
}

bool sema_work_begin(struct ctx *c, struct graph_work *w)
{
    uint32_t n = c->nodes.n;
    if (c->work_order == NULL && !make_order(c)) {
        return false;
    }
    *w = (struct graph_work){
        .order = c->work_order, .place = c->work_place, .waiting = fn_arena_array(c->arena, n, 1), .n = n};
    if (w->waiting == NULL) {
        c->full = true;
        return false;
    }
    memset(w->waiting, 1, n);
    return true;
}

void sema_work_put(struct graph_work *w, uint32_t node)
{
    uint32_t at = w->place[node];
    w->waiting[at] = 1;
    w->at = at < w->at ? at : w->at;
}

bool sema_work_take(struct graph_work *w, uint32_t *node)
{
    const uint8_t *first = w->at < w->n ? memchr(w->waiting + w->at, 1, w->n - w->at) : NULL;
    if (first == NULL) {
        return false;
    }
    w->at = (uint32_t)(first - w->waiting);
    w->waiting[w->at] = 0;
    *node = w->order[w->at];
    return true;
}
