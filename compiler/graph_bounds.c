/* graph_bounds.c: guarantees 8 and 9: the figures of `check --report`, and a turn that would cost more than its budget.
 * The greatest cost of a turn is the longest way through the graph without a wait: such ways have no cycle, or there would be a flood.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

#include "fbc_format.h"
#include "fbc_image.h"

enum {
    TIMES_TAKEN = 40, /* a cost that still grows then goes around a flood, which is told */
    FRAME_BYTES = 64,
    CONVERSATION_BYTES = 128,
    TALK_CALLS = 5,
    TEXT_BYTES = 24 /* of a text, beside its bytes: its slot, what stands before it, what fills it up */
};

static int64_t through(int64_t in, int64_t plus, int64_t other)
{
    int64_t v = in >= 0 && plus >= 0 ? in + plus : PATH_NONE;
    return v > other ? v : other;
}

struct turn {
    int64_t *ai, *msg; /* greatest number before the entry, in the turn that comes there */
    uint8_t *taken;
};

static void spread(struct ctx *c, struct turn *t)
{
    struct graph_work w;
    if (!sema_work_begin(c, &w)) {
        return;
    }
    for (uint32_t i; sema_work_take(&w, &i);) {
        if (t->taken[i] == TIMES_TAKEN) {
            continue;
        }
        t->taken[i]++;
        for (uint32_t k = SEMA_AT(c->nodes, struct graph_node, i).first_out; k != SEMA_NO_INDEX;
             k = SEMA_AT(c->edges, struct graph_edge, k).next) {
            const struct graph_edge *e = &SEMA_AT(c->edges, struct graph_edge, k);
            if (e->to == c->hub_error) {
                continue;
            }
            int64_t ai = through(t->ai[i], e->path.ai_in, e->path.ai),
                    msg = through(t->msg[i], e->path.msg_in, e->path.msg);
            if (ai > t->ai[e->to] || msg > t->msg[e->to]) {
                t->ai[e->to] = ai > t->ai[e->to] ? ai : t->ai[e->to];
                t->msg[e->to] = msg > t->msg[e->to] ? msg : t->msg[e->to];
                sema_work_put(&w, e->to);
            }
        }
    }
}

/* An error may come at the dearest place, and the turn goes on in the stage of `on error`: once, for an error there, or a second one, parks
 * the conversation. */
static void spread_errors(struct ctx *c, struct turn *t)
{
    int64_t most = 0;
    for (uint32_t i = 1; i < c->nodes.n; i++) {
        const struct graph_node *g = &SEMA_AT(c->nodes, struct graph_node, i);
        bool tool = g->sym != NULL && g->sym->kind == FCC_S_TOOL; /* its calls are counted where its agent talks */
        int64_t here = tool || g->on_error ? 0 : through(t->ai[i], g->ai_most_in, g->ai_most);
        most = here > most ? here : most;
    }
    t->ai[c->hub_error] = most;
    memset(t->taken, 0, c->nodes.n);
    spread(c, t);
}

static uint32_t keep(uint32_t now, int64_t v)
{
    return v > (int64_t)now ? (v < UINT32_MAX ? (uint32_t)v : UINT32_MAX) : now;
}

static const struct fgr_node *funnel_budget(const struct ctx *c)
{
    const struct fgr_node *decls = c->p->trees[0].file->kid[FGR_FILE_decls];
    for (uint32_t i = 0; i < decls->n_items; i++) {
        if (decls->items[i]->kind == FGR_BUDGET) {
            return decls->items[i];
        }
    }
    return NULL;
}

static void over_budget(struct ctx *c, const struct fgr_node *budget, uint32_t turn)
{
    struct fn_diag *d = sema_diag(c, FGR_D_AI_OVER_BUDGET, budget);
    sema_arg_num(c, d, "calls", turn);
    sema_arg_num(c, d, "max", budget->num);
    if (c->worst_ai != NULL) {
        fn_diag_label(d, c->worst_ai->span, FGR_L_TURN_ENDS);
    }
    d->why = FGR_W_BUDGET;
}

static void check_agents(struct ctx *c)
{
    const struct fgr_node *decls = c->p->trees[0].file->kid[FGR_FILE_decls];
    for (uint32_t i = 0; i < decls->n_items; i++) {
        const struct fgr_node *a = decls->items[i];
        bool used = a->kind == FGR_AGENT && a->sym != NULL && sema_sym(a->sym)->visit != 0;
        for (uint32_t k = 0; used && k < a->kid[FGR_AGENT_props]->n_items; k++) {
            const struct fgr_node *p = a->kid[FGR_AGENT_props]->items[k];
            if (p->aux == FGR_P_BUDGET && p->num < TALK_CALLS) {
                over_budget(c, p, TALK_CALLS);
            }
        }
    }
}

static void bound_bytes(struct ctx *c)
{
    uint64_t sum = CONVERSATION_BYTES + c->unit_most + c->flows_bytes;
    uint64_t called = 0; /* while a tool runs: the id of its call, its name */
    sum += c->talks ? sema_bytes_max(sema_type_text(c, FBC_MESSAGE_KEPT)) : 0;
    for (uint32_t i = 0; i < c->syms.n; i++) {
        const struct fcc_sym *s = SEMA_AT(c->syms, struct fcc_sym *, i);
        if (s->kind == FCC_S_VAR || s->kind == FCC_S_CONTACT_FIELD) {
            sum += sema_bytes_max(s->type);
        }
        called = s->kind == FCC_S_TOOL ? 2 * TEXT_BYTES + FBC_CALL_ID_MAX + FBC_LIMIT_NAME : called;
    }
    c->p->suspended_bytes = sum + called + FRAME_BYTES;
}

void sema_graph_bounds(struct ctx *c)
{
    struct turn t = {fn_arena_array(c->arena, c->nodes.n, sizeof *t.ai),
                     fn_arena_array(c->arena, c->nodes.n, sizeof *t.msg),
                     fn_arena_array(c->arena, c->nodes.n, sizeof *t.taken)};
    if (t.ai == NULL || t.msg == NULL || t.taken == NULL) {
        c->full = true;
        return;
    }
    for (uint32_t i = 1; i < c->nodes.n; i++) {
        t.ai[i] = t.msg[i] = PATH_NONE;
    }
    spread(c, &t);
    if (c->hub_error != SEMA_NO_INDEX) {
        spread_errors(c, &t);
    }
    for (uint32_t i = 0; i < c->nodes.n; i++) {
        const struct graph_node *g = &SEMA_AT(c->nodes, struct graph_node, i);
        c->p->ai_calls_turn = keep(c->p->ai_calls_turn, through(t.ai[i], g->ai_first, 0));
        c->p->messages_turn = keep(c->p->messages_turn, through(t.msg[i], g->msg_first, 0));
    }
    const struct fgr_node *budget = funnel_budget(c);
    c->p->ai_calls_conversation = c->models == 0 ? 0 : budget != NULL ? keep(0, budget->num) : UINT32_MAX;
    if (budget != NULL && (int64_t)c->p->ai_calls_turn > budget->num) {
        over_budget(c, budget, c->p->ai_calls_turn);
    }
    check_agents(c);
    bound_bytes(c);
}
