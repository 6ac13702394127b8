/* graph_flow.c: what flows along the graph: the time since the last inbound message (guarantee 6) and which variables are set (4).
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

enum {
    TIMES_GROWN = 40, /* then the time is taken as without limit: it grows around a cycle */
    ROUNDS_MOST = 64  /* then everything is taken as needed: only what no person writes has so many cycles in cycles */
};

static struct graph_node *node(const struct ctx *c, uint32_t i)
{
    return &SEMA_AT(c->nodes, struct graph_node, i);
}

static struct graph_edge *edge(const struct ctx *c, uint32_t i)
{
    return &SEMA_AT(c->edges, struct graph_edge, i);
}

struct window {
    int64_t *in;   /* greatest age at the entry; -1 nobody comes */
    int64_t *kept; /* greatest age there of a message not taken yet; -1 none */
    const struct graph_edge **by;
    int64_t *told; /* what `in` was when its ways were last followed */
    uint32_t *grown;
};

static int64_t through(int64_t in, int64_t plus, int64_t other)
{
    int64_t v = in >= 0 && plus >= 0 ? in + plus : PATH_NONE;
    return v > other ? v : other;
}

static int64_t age_after(const struct window *w, uint32_t from, int64_t age_in, int64_t age_kept, int64_t age)
{
    int64_t most = through(w->in[from], age_in, through(w->kept[from], age_kept, age));
    return most > PATH_WINDOW ? PATH_WINDOW : most;
}

static void spread(struct ctx *c, struct window *w)
{
    struct graph_work work;
    if (!sema_work_begin(c, &work)) {
        return;
    }
    for (uint32_t i; sema_work_take(&work, &i);) {
        if (w->in[i] > w->told[i] && ++w->grown[i] > TIMES_GROWN) {
            w->in[i] = PATH_WINDOW;
        }
        w->told[i] = w->in[i];
        for (uint32_t k = node(c, i)->reached ? node(c, i)->first_out : SEMA_NO_INDEX; k != SEMA_NO_INDEX;
             k = edge(c, k)->next) {
            const struct graph_edge *e = edge(c, k);
            int64_t v = age_after(w, i, e->path.age_in, e->path.age_kept, e->path.age);
            int64_t kept = sema_path_kept(through(w->kept[i], e->path.kept_in, e->path.kept));
            bool later = kept > w->kept[e->to] || v > w->in[e->to];
            w->kept[e->to] = kept > w->kept[e->to] ? kept : w->kept[e->to];
            if (v > w->in[e->to]) {
                w->in[e->to] = v;
                w->by[e->to] = e;
            }
            if (later) {
                sema_work_put(&work, e->to);
            }
        }
    }
}

/* Where the time went: before the stage was entered, or at a wait of its own. */
static void tell_closed(struct ctx *c, const struct graph_send *s, const struct window *w)
{
    struct fn_diag *d = sema_diag(c, FGR_D_WINDOW_CLOSED, s->at);
    const struct graph_edge *by = w->by[s->from];
    if (s->age_in >= 0 && w->in[s->from] >= PATH_WINDOW && by != NULL && by->at != NULL) {
        fn_diag_label(d, by->at->span, by->at->kind == FGR_START ? FGR_L_STARTS_CLOSED : FGR_L_COMES_LATE);
    } else if (s->wait != NULL) {
        fn_diag_label(d, s->wait->span, FGR_L_TIME_PASSES);
    }
    sema_why(c, d, FGR_W_WINDOW);
}

void sema_graph_window(struct ctx *c)
{
    uint32_t n = c->nodes.n;
    struct window w = {.in = fn_arena_array(c->arena, n, sizeof *w.in),
                       .kept = fn_arena_array(c->arena, n, sizeof *w.kept),
                       .by = fn_arena_array(c->arena, n, sizeof *w.by),
                       .told = fn_arena_array(c->arena, n, sizeof *w.told),
                       .grown = fn_arena_array(c->arena, n, sizeof *w.grown)};
    if (c->arena->failed) {
        c->full = true;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        w.in[i] = w.kept[i] = w.told[i] = PATH_NONE;
    }
    w.in[0] = 0;
    w.kept[0] = c->sleeps ? PATH_KEPT : PATH_NONE; /* the end of one conversation leaves what it kept to the next */
    spread(c, &w);
    for (uint32_t i = 0; i < c->sends.n; i++) {
        const struct graph_send *s = &SEMA_AT(c->sends, struct graph_send, i);
        if (node(c, s->from)->reached && age_after(&w, s->from, s->age_in, s->age_kept, s->age) >= PATH_WINDOW) {
            tell_closed(c, s, &w);
        }
    }
}

/* -- set before read -------------------------------------------------------------------------------------------------------------- */
struct sets {
    uint64_t *bits; /* nodes * words */
    uint32_t words;
};

static uint64_t *of(const struct sets *s, uint32_t i)
{
    return s->bits + (size_t)i * s->words;
}

/* What has no value of its own: what is read of it here, and what another version may count on (compat.c). */
static uint32_t number_unset(struct ctx *c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->syms.n; i++) {
        struct sym *s = sema_sym(SEMA_AT(c->syms, struct fcc_sym *, i));
        bool value = s->pub.kind == FCC_S_VAR || s->pub.kind == FCC_S_CONTACT_FIELD;
        if (value && s->needs_set && s->expose == SEMA_NO_INDEX) {
            s->expose = n++;
        }
    }
    return n;
}

static bool is_in(const struct fcc_program *p, const uint64_t *bits, const struct fcc_sym *stage,
                  const struct fcc_sym *value, bool otherwise)
{
    uint32_t bit = sema_sym(value)->expose, at = sema_sym(stage)->graph;
    return bits == NULL || bit == SEMA_NO_INDEX || at == SEMA_NO_INDEX
               ? otherwise
               : (bits[(size_t)at * p->set_words + bit / 64] >> bit % 64 & 1) != 0;
}

bool fcc_is_set_at(const struct fcc_program *p, const struct fcc_sym *stage, const struct fcc_sym *value)
{
    return is_in(p, p->set_bits, stage, value, true);
}

bool fcc_is_needed_at(const struct fcc_program *p, const struct fcc_sym *stage, const struct fcc_sym *value)
{
    return is_in(p, p->need_bits, stage, value, false);
}

/* What the edge sets, into `way` or out of it. */
static void put_sets(uint64_t *way, const struct graph_edge *e, bool in)
{
    for (uint32_t i = 0; i < e->n_sets; i++) {
        uint32_t bit = sema_sym(e->set_syms[i])->expose;
        if (bit != SEMA_NO_INDEX) {
            uint64_t one = (uint64_t)1 << (bit % 64);
            way[bit / 64] = in ? way[bit / 64] | one : way[bit / 64] & ~one;
        }
    }
}

static bool meet(struct sets *s, const struct graph_edge *e, uint64_t *way)
{
    uint64_t *to = of(s, e->to);
    bool changed = false;
    memcpy(way, of(s, e->from), s->words * sizeof *way);
    put_sets(way, e, true);
    for (uint32_t i = 0; i < s->words; i++) {
        uint64_t met = to[i] & way[i];
        changed |= met != to[i];
        to[i] = met;
    }
    return changed;
}

static bool need_over(struct sets *need, const struct graph_edge *e, uint64_t *way)
{
    uint64_t *from = of(need, e->from);
    bool changed = false;
    memcpy(way, of(need, e->to), need->words * sizeof *way);
    put_sets(way, e, false);
    for (uint32_t i = 0; i < need->words; i++) {
        changed |= (way[i] & ~from[i]) != 0;
        from[i] |= way[i];
    }
    return changed;
}

/* Against the ways: what is read from a stage on before it is set there. Each round goes from the end of the funnel to its beginning. */
static void spread_needs(struct ctx *c, struct sets *need, const struct graph_work *order, uint64_t *way)
{
    bool changed = true;
    for (uint32_t round = 0; changed; round++) {
        changed = false;
        for (uint32_t i = order->n; i > 0; i--) {
            for (uint32_t k = node(c, order->order[i - 1])->first_out; k != SEMA_NO_INDEX; k = edge(c, k)->next) {
                changed |= need_over(need, edge(c, k), way);
            }
        }
        if (changed && round == ROUNDS_MOST) {
            memset(need->bits, 0xFF, (size_t)c->nodes.n * need->words * sizeof *need->bits);
            changed = false;
        }
    }
}

static void needs(struct ctx *c, struct sets *need, const struct graph_work *order, uint64_t *way)
{
    for (uint32_t i = 0; i < c->reads.n; i++) {
        const struct graph_read *r = &SEMA_AT(c->reads, struct graph_read, i);
        uint32_t bit = sema_sym(r->sym)->expose;
        of(need, r->from)[bit / 64] |= (uint64_t)1 << (bit % 64);
    }
    spread_needs(c, need, order, way);
    c->p->need_bits = need->bits;
}

void sema_graph_reads(struct ctx *c)
{
    uint32_t n = number_unset(c);
    struct sets s = {.words = n / 64 + 1}, need = s;
    size_t size;
    if (n == 0 || !fn_mul_size(c->nodes.n, s.words, &size)) {
        return;
    }
    s.bits = fn_arena_array(c->arena, size, sizeof *s.bits);
    need.bits = fn_arena_array(c->arena, size, sizeof *need.bits);
    uint64_t *way = fn_arena_array(c->arena, s.words, sizeof *way);
    if (s.bits == NULL || need.bits == NULL || way == NULL) {
        c->full = true;
        return;
    }
    memset(of(&s, 1), 0xFF, (size - s.words) * sizeof *s.bits);
    struct graph_work work;
    if (!sema_work_begin(c, &work)) {
        return;
    }
    for (uint32_t i; sema_work_take(&work, &i);) {
        for (uint32_t k = node(c, i)->reached ? node(c, i)->first_out : SEMA_NO_INDEX; k != SEMA_NO_INDEX;
             k = edge(c, k)->next) {
            if (meet(&s, edge(c, k), way)) {
                sema_work_put(&work, edge(c, k)->to);
            }
        }
    }
    c->p->set_bits = s.bits;
    c->p->set_words = s.words;
    needs(c, &need, &work, way);
    for (uint32_t i = 0; i < c->reads.n; i++) {
        const struct graph_read *r = &SEMA_AT(c->reads, struct graph_read, i);
        uint32_t bit = sema_sym(r->sym)->expose;
        uint64_t *in = of(&s, r->from), mask = (uint64_t)1 << (bit % 64);
        if (node(c, r->from)->reached && (in[bit / 64] & mask) == 0) {
            struct fn_diag *d = sema_name_diag(c, FGR_D_NOT_SET, r->at);
            if (r->sym->decl != NULL && r->sym->file == c->file) {
                fn_diag_label(d, r->sym->decl->text_span, FGR_L_DECLARED_HERE);
            }
            d->why = FGR_W_EMPTY_TEXT;
            in[bit / 64] |= mask; /* told once a stage */
        }
    }
}
