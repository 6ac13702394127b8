/* sum.c: what a flow does to those who call it, and a tool to those who talk to its agent: the path it adds, the variables it may assign (what
 * was known of them is not any more) and those that are set on every way back. Which variables is kept by name up to SEMA_SOME of them;
 * beyond that, any may have been assigned. And the order of the walk: a flow before those who call it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

static bool has(const struct some_syms *s, const struct fcc_sym *sym)
{
    for (uint32_t i = 0; i < s->syms.n; i++) {
        if (SEMA_AT(s->syms, struct fcc_sym *, i) == sym) {
            return true;
        }
    }
    return false;
}

static void add(struct ctx *c, struct some_syms *s, struct fcc_sym *sym)
{
    if (s->many || has(s, sym)) {
        return;
    }
    struct fcc_sym **at = s->syms.n < SEMA_SOME ? sema_push(c, &s->syms, sizeof(struct fcc_sym *)) : NULL;
    s->many |= at == NULL;
    if (at != NULL) {
        *at = sym;
    }
}

static bool outlives(const struct fcc_sym *s)
{
    return s->kind == FCC_S_VAR || s->kind == FCC_S_CONTACT_FIELD;
}

void sema_sum_write(struct ctx *c, struct fcc_sym *root)
{
    if (outlives(root)) {
        add(c, &c->unit.writes, root);
    }
}

/* The first way back gives what is set; each other one takes away what is not set on it too. */
static void exit_sets(struct ctx *c)
{
    struct some_syms *sets = &c->unit.sets;
    if (c->unit.exits) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < sets->syms.n; i++) {
            struct fcc_sym *s = SEMA_AT(sets->syms, struct fcc_sym *, i);
            if (sema_sym(s)->place->set) {
                SEMA_AT(sets->syms, struct fcc_sym *, kept) = s;
                kept++;
            }
        }
        sets->syms.n = kept;
        return;
    }
    for (uint32_t i = c->unit_trail; i < c->trail.n; i++) {
        const struct place *p = SEMA_AT(c->trail, struct fact, i).place;
        if (p->set && p->field == NULL && outlives(p->root)) {
            add(c, sets, p->root);
        }
    }
}

void sema_exit(struct ctx *c)
{
    exit_sets(c);
    if (c->unit.exits) {
        sema_path_join(&c->unit.exit, &c->path);
    } else {
        c->unit.exit = c->path;
    }
    c->unit.exits = true;
}

void sema_sum_end(struct ctx *c, struct fcc_sym *unit)
{
    struct flow_sum *sum = sema_push(c, &c->sums, sizeof *sum);
    if (sum != NULL) {
        sema_sym(unit)->sum = c->sums.n - 1;
        *sum = (struct flow_sum){.path = c->unit.exits ? c->unit.exit : (struct path){.dead = true},
                                 .writes = c->unit.writes,
                                 .sets = c->unit.sets,
                                 .asks = c->models != c->unit.models,
                                 .sends = c->messages != c->unit.messages};
    }
}

static const struct flow_sum *sum_of(const struct ctx *c, const struct fcc_sym *unit)
{
    uint32_t at = sema_sym(unit)->sum;
    return at != SEMA_NO_INDEX ? &SEMA_AT(c->sums, struct flow_sum, at) : NULL;
}

void sema_sum_kill(struct ctx *c, const struct fcc_sym *unit)
{
    const struct flow_sum *sum = sum_of(c, unit);
    if (sum == NULL || sum->writes.many) {
        sema_kill_all(c);
        c->unit.writes.many = true;
        return;
    }
    for (uint32_t i = 0; i < sum->writes.syms.n; i++) {
        struct fcc_sym *s = SEMA_AT(sum->writes.syms, struct fcc_sym *, i);
        sema_kill(c, s);
        sema_sum_write(c, s);
    }
}

void sema_sum_call(struct ctx *c, const struct fcc_sym *flow)
{
    const struct flow_sum *sum = sum_of(c, flow);
    sema_sum_kill(c, flow);
    if (sum == NULL) {
        return;
    }
    c->path = sema_path_then(&c->path, &sum->path);
    sema_path_peak(c);
    c->models += sum->asks ? 1 : 0;
    c->messages += sum->sends ? 1 : 0;
    for (uint32_t i = 0; i < sum->sets.syms.n; i++) {
        sema_fact(c, sema_place_of(c, SEMA_AT(sum->sets.syms, struct fcc_sym *, i)), true);
    }
}

struct fcc_sym *sema_callee(struct ctx *c, const struct fgr_node *n)
{
    const struct fgr_node *callee = n->kind == FGR_CALL   ? n->kid[FGR_CALL_callee]
                                    : n->kind == FGR_TALK ? n->kid[FGR_TALK_agent]
                                                          : NULL;
    struct fcc_sym *s = NULL;
    if (callee != NULL && callee->kind == FGR_NAME) {
        s = sema_lookup(c, NS_VALUE, callee->text);
    } else if (callee != NULL && callee->kind == FGR_MEMBER_OF && callee->kid[0]->kind == FGR_NAME) {
        const struct fcc_sym *m = sema_lookup(c, NS_VALUE, callee->kid[0]->text);
        const struct name *in = m != NULL && m->kind == FCC_S_MODULE && m->index < c->p->n_trees
                                    ? sema_name(c, &c->tables[m->index], callee->text, false)
                                    : NULL;
        s = in != NULL ? in->in[NS_VALUE] : NULL;
    }
    bool runs = s != NULL && s->kind == (n->kind == FGR_CALL ? FCC_S_FLOW : FCC_S_AGENT);
    return runs ? s : NULL;
}

/* -- flows in the order of their calls ------------------------------------------------------------------------------------------- */

struct flow_call {
    struct fcc_sym *flow;
    const struct fgr_node *at;
};

struct flow_visit { /* a flow whose calls are being visited */
    struct fcc_sym *flow;
    struct file_mark mark;
    uint32_t first, next; /* its calls in order.calls, to the end */
};

struct order {
    struct vec calls, visits;
};

static void collect(struct ctx *c, struct order *o, const struct fgr_node *n)
{
    if (n == NULL || c->depth > SEMA_DEPTH) {
        return;
    }
    c->depth++;
    struct fcc_sym *s = n->kind == FGR_CALL ? sema_callee(c, n) : NULL;
    struct flow_call *call = s != NULL ? sema_push(c, &o->calls, sizeof *call) : NULL;
    if (call != NULL) {
        *call = (struct flow_call){s, n};
    }
    for (uint32_t i = 0; i < n->n_items; i++) {
        collect(c, o, n->items[i]);
    }
    for (unsigned i = 0; i < n->n_kids; i++) {
        collect(c, o, n->kid[i]);
    }
    c->depth--;
}

static void visit(struct ctx *c, struct order *o, struct fcc_sym *flow)
{
    struct flow_visit *v = sema_push(c, &o->visits, sizeof *v);
    if (v == NULL) {
        return;
    }
    sema_sym(flow)->visit = 1;
    *v = (struct flow_visit){flow, sema_file_enter(c, flow->file), o->calls.n, o->calls.n};
    c->depth = 0;
    collect(c, o, flow->decl->kid[FGR_FLOW_body]);
}

static void leave(struct ctx *c, struct order *o, const struct flow_visit *v)
{
    struct sym *own = sema_sym(v->flow);
    own->nested = 1;
    for (uint32_t i = v->first; i < o->calls.n; i++) {
        uint32_t inner = sema_sym(SEMA_AT(o->calls, struct flow_call, i).flow)->nested + 1;
        own->nested = inner > own->nested ? inner : own->nested;
    }
    if (own->nested == SEMA_FLOWS + 1) {
        sema_arg_num(c, sema_name_diag(c, FGR_D_FLOWS_TOO_DEEP, v->flow->decl), "max", SEMA_FLOWS);
    }
    sema_walk_flow(c, v->flow);
    own->visit = 2;
    o->calls.n = v->first;
    sema_file_leave(c, v->mark);
    o->visits.n--;
}

static void visit_all(struct ctx *c, struct order *o, struct fcc_sym *flow)
{
    if (sema_sym(flow)->visit == 0) {
        visit(c, o, flow);
    }
    while (o->visits.n > 0 && !c->full) {
        struct flow_visit *v = &SEMA_AT(o->visits, struct flow_visit, o->visits.n - 1);
        if (v->next == o->calls.n) {
            struct flow_visit done = *v;
            leave(c, o, &done);
            continue;
        }
        struct flow_call call = SEMA_AT(o->calls, struct flow_call, v->next);
        v->next++;
        if (sema_sym(call.flow)->visit == 1) {
            sema_arg(sema_diag(c, FGR_D_FLOW_RECURSIVE, call.at), "name", call.flow->name);
        } else if (sema_sym(call.flow)->visit == 0) {
            visit(c, o, call.flow);
        }
    }
}

void sema_order_flows(struct ctx *c)
{
    struct order o = {{0}, {0}};
    for (uint32_t i = 0; i < c->p->n_trees && !c->full; i++) {
        const struct fgr_node *decls = c->p->trees[i].file->kid[FGR_FILE_decls];
        for (uint32_t k = 0; k < decls->n_items; k++) {
            if (decls->items[k]->kind == FGR_FLOW && decls->items[k]->sym != NULL) {
                visit_all(c, &o, decls->items[k]->sym);
            }
        }
    }
}
