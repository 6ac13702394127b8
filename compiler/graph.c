/* graph.c: stages, flows and rules of `always` as one graph, and the guarantees that need all of it at once. An edge is a way from the entry
 * of one node to the entry of another, with the numbers of that way (struct path) and the variables it sets. Hubs stand for "at any question":
 * every wait has an edge to them, they have one to each rule, so the edges are waits + rules and not waits times rules.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

uint32_t sema_graph_node(struct ctx *c, enum graph_kind kind, struct fcc_sym *sym, struct fgr_node *decl)
{
    uint32_t at = c->nodes.n;
    struct graph_node *g = sema_push(c, &c->nodes, sizeof *g);
    if (g == NULL) {
        return SEMA_NO_INDEX;
    }
    *g = (struct graph_node){.kind = kind, .sym = sym, .decl = decl, .first_out = SEMA_NO_INDEX};
    return at;
}

static bool tracked(const struct fcc_sym *s)
{
    return (s->kind == FCC_S_VAR || s->kind == FCC_S_CONTACT_FIELD) && sema_sym(s)->needs_set;
}

/* Variables without a value of their own that this way has set since the entry of the unit. */
static void edge_sets(struct ctx *c, struct graph_edge *e)
{
    uint32_t n = 0;
    for (uint32_t pass = 0; pass < 2; pass++) {
        n = 0;
        for (uint32_t i = c->unit_trail; i < c->trail.n; i++) {
            const struct place *p = SEMA_AT(c->trail, struct fact, i).place;
            if (p->set && p->field == NULL && tracked(p->root)) {
                if (pass == 1) {
                    e->set_syms[n] = p->root;
                }
                n++;
            }
        }
        if (n == 0) {
            break;
        }
        if (pass == 0) {
            e->set_syms = fn_arena_array(c->arena, n, sizeof(struct fcc_sym *));
            if (e->set_syms == NULL) {
                c->full = true;
                return;
            }
        }
    }
    e->n_sets = n;
}

void sema_graph_edge(struct ctx *c, uint32_t from, uint32_t to, struct fgr_node *at)
{
    if (from == SEMA_NO_INDEX || to == SEMA_NO_INDEX) {
        return;
    }
    uint32_t index = c->edges.n;
    struct graph_edge *e = sema_push(c, &c->edges, sizeof *e);
    if (e == NULL) {
        return;
    }
    struct graph_node *g = &SEMA_AT(c->nodes, struct graph_node, from);
    *e = (struct graph_edge){.from = from, .to = to, .next = g->first_out, .path = c->path, .at = at};
    g->first_out = index;
    edge_sets(c, e);
}

static struct graph_node *node(const struct ctx *c, uint32_t i)
{
    return &SEMA_AT(c->nodes, struct graph_node, i);
}

static struct graph_edge *edge(const struct ctx *c, uint32_t i)
{
    return &SEMA_AT(c->edges, struct graph_edge, i);
}

/* -- reachable ------------------------------------------------------------------------------------------------------------------ */
/* What stage `from` leads to is reached as soon as it is. */
static void reach_from(struct ctx *c, uint32_t *stack, uint32_t from)
{
    uint32_t n = 0;
    node(c, from)->reached = true;
    stack[n++] = from;
    while (n > 0) {
        const struct graph_node *g = node(c, stack[--n]);
        for (uint32_t e = g->first_out; e != SEMA_NO_INDEX; e = edge(c, e)->next) {
            struct graph_node *to = node(c, edge(c, e)->to);
            if (!to->reached) {
                to->reached = true;
                stack[n++] = edge(c, e)->to;
            }
        }
    }
}

static void reach_all(struct ctx *c)
{
    uint32_t *stack = fn_arena_array(c->arena, c->nodes.n, sizeof *stack);
    if (stack == NULL) {
        c->full = true;
        return;
    }
    reach_from(c, stack, 0);
}

static bool is_unreached(struct ctx *c, uint32_t i)
{
    struct graph_node *g = node(c, i);
    bool twice = g->sym != NULL && sema_lookup(c, NS_STAGE, g->sym->name) != g->sym; /* told as such */
    return g->kind == GRAPH_STAGE && !g->reached && g->decl != NULL && !twice;
}

static void tell_unreached(struct ctx *c, uint32_t *stack, const bool *led_to)
{
    for (uint32_t i = 1; i < c->nodes.n; i++) {
        if (is_unreached(c, i) && !led_to[i]) {
            sema_name_diag(c, FGR_D_STAGE_UNREACHABLE, node(c, i)->decl)->why = FGR_W_NOBODY_COMES;
            reach_from(c, stack, i);
        }
    }
}

/* One missing way is one diagnostic: first the stages nothing at all leads to, with what they lead to; then those that only lead to each
 * other in a circle. */
static void tell_all_unreached(struct ctx *c)
{
    uint32_t *stack = fn_arena_array(c->arena, (size_t)c->nodes.n + 1, sizeof *stack);
    bool *led_to = fn_arena_array(c->arena, (size_t)c->nodes.n + 1, sizeof *led_to);
    if (stack == NULL || led_to == NULL) {
        c->full = true;
        return;
    }
    memset(led_to, 0, c->nodes.n);
    for (uint32_t i = 0; i < c->edges.n; i++) {
        led_to[edge(c, i)->to] |= edge(c, i)->from != edge(c, i)->to;
    }
    tell_unreached(c, stack, led_to);
    memset(led_to, 0, c->nodes.n);
    tell_unreached(c, stack, led_to);
}

static bool has_start(const struct ctx *c)
{
    return node(c, 0)->first_out != SEMA_NO_INDEX;
}

/* -- campaign ------------------------------------------------------------------------------------------------------------------------ */
/* Guarantee 10: from the campaign's stage on, a template goes out before the first wait. */
static void check_campaign(struct ctx *c)
{
    uint32_t *stack = fn_arena_array(c->arena, (size_t)c->nodes.n + 1, sizeof *stack), n = 0;
    bool *pending = fn_arena_array(c->arena, (size_t)c->nodes.n + 1, sizeof *pending);
    if (stack == NULL || pending == NULL) {
        c->full = true;
        return;
    }
    const struct fgr_node *start = NULL;
    for (uint32_t e = node(c, 0)->first_out; e != SEMA_NO_INDEX; e = edge(c, e)->next) {
        const struct fgr_node *at = edge(c, e)->at;
        if (at != NULL && at->kind == FGR_START && at->aux == FGR_START_CAMPAIGN && !pending[edge(c, e)->to]) {
            start = at;
            pending[edge(c, e)->to] = true;
            stack[n++] = edge(c, e)->to;
        }
    }
    while (n > 0) {
        const struct graph_node *g = node(c, stack[--n]);
        if (g->first_wait_bare != NULL && start != NULL) {
            struct fn_diag *d = sema_diag(c, FGR_D_CAMPAIGN_TEMPLATE, start);
            fn_diag_label(d, g->first_wait_bare->span, FGR_L_WAITS_HERE);
            d->why = FGR_W_WINDOW;
            return;
        }
        for (uint32_t e = g->first_out; e != SEMA_NO_INDEX; e = edge(c, e)->next) {
            const struct graph_edge *x = edge(c, e);
            if (x->path.bare && x->path.ai_in >= 0 && !pending[x->to]) {
                pending[x->to] = true;
                stack[n++] = x->to;
            }
        }
    }
}

/* -- flood -------------------------------------------------------------------------------------------------------------------------------- */
static bool idle(const struct ctx *c, const struct graph_edge *e)
{
    return e->path.quiet < PATH_HOUR && node(c, e->from)->reached && e->from != 0;
}

/* The nodes on cycles of idle ways, or between them: what is left when those with no idle way in or out are taken away again and again. */
struct peel {
    bool *left;
    uint32_t *in, *out;           /* idle ways from and to what is left */
    uint32_t *first_in, *next_in; /* idle ways by where they lead */
    uint32_t *doomed, n_doomed;   /* to be taken away */
};

static void doom(struct peel *p, uint32_t i)
{
    if (p->left[i]) {
        p->left[i] = false;
        p->doomed[p->n_doomed++] = i;
    }
}

static void peel(struct ctx *c, struct peel *p)
{
    while (p->n_doomed > 0) {
        uint32_t at = p->doomed[--p->n_doomed];
        for (uint32_t i = node(c, at)->first_out; i != SEMA_NO_INDEX; i = edge(c, i)->next) {
            uint32_t to = edge(c, i)->to;
            if (idle(c, edge(c, i)) && --p->in[to] == 0) {
                doom(p, to);
            }
        }
        for (uint32_t i = p->first_in[at]; i != SEMA_NO_INDEX; i = p->next_in[i]) {
            uint32_t from = edge(c, i)->from;
            if (--p->out[from] == 0) {
                doom(p, from);
            }
        }
    }
}

static bool peel_begin(struct ctx *c, struct peel *p)
{
    uint32_t n = c->nodes.n;
    *p = (struct peel){.left = fn_arena_array(c->arena, n, sizeof *p->left),
                       .in = fn_arena_array(c->arena, n, sizeof *p->in),
                       .out = fn_arena_array(c->arena, n, sizeof *p->out),
                       .first_in = fn_arena_array(c->arena, n, sizeof *p->first_in),
                       .next_in = fn_arena_array(c->arena, c->edges.n, sizeof *p->next_in),
                       .doomed = fn_arena_array(c->arena, n, sizeof *p->doomed)};
    if (c->arena->failed) {
        c->full = true;
        return false;
    }
    memset(p->left, 1, n * sizeof *p->left);
    memset(p->first_in, 0xFF, n * sizeof *p->first_in);
    for (uint32_t i = 0; i < c->edges.n; i++) {
        const struct graph_edge *e = edge(c, i);
        if (idle(c, e)) {
            p->in[e->to]++;
            p->out[e->from]++;
            p->next_in[i] = p->first_in[e->to];
            p->first_in[e->to] = i;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        if (p->in[i] == 0 || p->out[i] == 0) {
            doom(p, i);
        }
    }
    peel(c, p);
    return true;
}

struct search {
    int64_t *dist; /* PATH_HOUR: not met */
    uint32_t *queue, *via, n;
};

/* The shortest idle way from `start` back to itself, in time; the edge that closes it, or NULL. */
static const struct graph_edge *closing_edge(struct ctx *c, uint32_t start, const bool *left, struct search *s)
{
    s->n = 0;
    s->dist[start] = 0;
    s->queue[s->n++] = start;
    for (uint32_t head = 0; head < s->n; head++) {
        uint32_t at = s->queue[head];
        for (uint32_t i = node(c, at)->first_out; i != SEMA_NO_INDEX; i = edge(c, i)->next) {
            const struct graph_edge *e = edge(c, i);
            if (!idle(c, e) || !left[e->to] || s->dist[at] + e->path.quiet >= PATH_HOUR) {
                continue;
            }
            if (e->to == start) {
                return e;
            }
            if (s->dist[e->to] == PATH_HOUR) { /* first time: few weights differ, and the first way found is a proof */
                s->dist[e->to] = s->dist[at] + e->path.quiet;
                s->via[e->to] = i;
                s->queue[s->n++] = e->to;
            }
        }
    }
    return NULL;
}

static void forget(struct search *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        s->dist[s->queue[i]] = PATH_HOUR;
        s->via[s->queue[i]] = SEMA_NO_INDEX;
    }
}

static void tell_flood(struct ctx *c, const struct graph_edge *last, uint32_t start, const uint32_t *via)
{
    const struct graph_edge *way[6];
    uint32_t n = 0, at = last->from;
    for (; at != start && n < FN_COUNT(way) && via[at] != SEMA_NO_INDEX; n++) {
        way[n] = edge(c, via[at]);
        at = way[n]->from;
    }
    struct fn_buf b;
    fn_buf_init(&b, 2000);
    fn_buf_str(&b, node(c, start)->sym != NULL ? node(c, start)->sym->name : FN_STR("always"));
    for (uint32_t i = n; i > 0; i--) {
        const struct fcc_sym *s = node(c, way[i - 1]->to)->sym;
        fn_buf_z(&b, " -> ");
        fn_buf_str(&b, s != NULL ? s->name : FN_STR("always"));
    }
    fn_buf_z(&b, " -> ");
    fn_buf_str(&b, node(c, start)->sym != NULL ? node(c, start)->sym->name : FN_STR("always"));
    struct fn_diag *d = sema_diag(c, FGR_D_FLOOD_CYCLE, last->at);
    sema_arg(d, "cycle", fn_arena_dup(c->arena, fn_buf_view(&b)));
    for (uint32_t i = n; i > 0 && i + 3 > n; i--) {
        fn_diag_label(d, way[i - 1]->at->span, FGR_L_THEN_HERE);
    }
    d->why = FGR_W_FLOOD;
    fn_buf_fini(&b);
}

void sema_graph_flood(struct ctx *c)
{
    uint32_t n = c->nodes.n;
    struct peel p;
    struct search s = {.dist = fn_arena_array(c->arena, n, sizeof *s.dist),
                       .queue = fn_arena_array(c->arena, n, sizeof *s.queue),
                       .via = fn_arena_array(c->arena, n, sizeof *s.via)};
    if (!peel_begin(c, &p)) {
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        s.dist[i] = PATH_HOUR;
        s.via[i] = SEMA_NO_INDEX;
    }
    for (uint32_t i = 1; i < n && !c->full; i++) {
        const struct graph_edge *last = p.left[i] ? closing_edge(c, i, p.left, &s) : NULL;
        if (last != NULL) {
            tell_flood(c, last, i, s.via);
            doom(&p, i);
            peel(c, &p);
        }
        forget(&s);
        s.n = 0;
    }
}

static void on_error_edges(struct ctx *c)
{
    if (c->hub_error == SEMA_NO_INDEX) {
        return;
    }
    c->unit_trail = c->trail.n;
    c->path = sema_path_start();
    c->path.age_in = c->path.age = PATH_NONE; /* a `say` there is dropped when the window is closed */
    c->path.quiet = PATH_TAKEN;
    c->path.ai_in = c->path.msg_in = PATH_NONE; /* what the turn cost until then: graph_bounds.c */
    c->path.ai = c->path.msg = 0;
    for (uint32_t i = 1; i < c->nodes.n; i++) {
        if (node(c, i)->kind == GRAPH_STAGE) {
            sema_graph_edge(c, i, c->hub_error, node(c, i)->decl);
        }
    }
}

void sema_graph_check(struct ctx *c)
{
    struct fgr_node *file = c->p->trees[0].file;
    if ((file->flags & FGR_MODULE) != 0 || c->full) {
        return;
    }
    on_error_edges(c);
    bool whole = (file->flags & FGR_BROKEN) == 0;
    bool starts = has_start(c);
    bool unread = sema_was_told(c, (struct fn_span){0, 1}, FGR_D_SOURCE_TOO_LONG, FGR_D_SOURCE_TOO_LONG);
    if (!starts && whole && !unread) {
        sema_diag_at(c, FGR_D_NO_START, file->text_span)->why = FGR_W_NO_START;
    }
    reach_all(c);
    struct fn_span all = {0, UINT32_MAX};
    bool lost = sema_was_told(c, all, FGR_D_STAGE_UNKNOWN, FGR_D_STAGE_UNKNOWN) ||
                sema_was_told(c, all, FGR_D_STAGE_FALLS_OFF, FGR_D_STAGE_FALLS_OFF) ||
                sema_was_told(c, all, FGR_D_STAGE_TAKEN, FGR_D_STAGE_TAKEN);
    if (starts && whole && !lost) { /* a way that is missing may have been the way to these */
        tell_all_unreached(c);
    }
    for (uint32_t i = 1; i < c->nodes.n; i++) {
        node(c, i)->reached |= !starts || !whole || lost;
    }
    if (c->full) {
        return;
    }
    size_t told = c->diags->errors;
    sema_graph_flood(c);
    check_campaign(c);
    if (told == c->diags->errors) { /* around a flood, time grows as well: that is told already */
        sema_graph_window(c);
    }
    sema_graph_reads(c);
    sema_graph_bounds(c);
}
