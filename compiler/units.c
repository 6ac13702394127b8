/* units.c: the walk over everything that has a body: flows before those who call them, functions, tools, rules of `always`, stages.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

static void note_assigned(struct ctx *c, const struct fgr_node *n)
{
    if (n == NULL || (n->flags & FGR_ASSIGNS) == 0 || c->depth > SEMA_DEPTH) {
        return;
    }
    c->depth++;
    const struct fgr_node *target = n->kind == FGR_ASSIGN ? n->kid[FGR_ASSIGN_target] : NULL;
    if (target != NULL && target->kind == FGR_NAME) {
        sema_name(c, &c->assigned, target->text, true);
    }
    bool statement = n->kind < FGR_NAME;
    for (uint32_t i = 0; statement && i < n->n_items; i++) {
        note_assigned(c, n->items[i]);
    }
    for (unsigned i = 0; statement && i < n->n_kids; i++) {
        note_assigned(c, n->kid[i]);
    }
    c->depth--;
}

static uint32_t unit_begin(struct ctx *c, enum unit_kind kind, struct fgr_node *decl, const struct fgr_node *body,
                           uint32_t graph)
{
    c->unit = (struct unit){.kind = kind,
                            .sym = decl->sym,
                            .decl = decl,
                            .result = &fcc_t_void,
                            .graph = graph,
                            .models = c->models,
                            .messages = c->messages};
    c->unit.result = decl->sym != NULL && kind != UNIT_STAGE && kind != UNIT_ON ? decl->sym->type : &fcc_t_void;
    c->path = sema_path_start();
    c->unit_trail = sema_trail(c);
    c->unit_bytes = 0;
    c->last_wait = NULL;
    if (c->assigned.n > 0) {
        sema_names_end(c, &c->assigned);
    }
    note_assigned(c, body);
    return sema_scope(c);
}

static void unit_end(struct ctx *c, uint32_t scope)
{
    sema_scope_end(c, scope);
    sema_undo(c, c->unit_trail);
    if (c->unit.kind == UNIT_FLOW) {
        c->flows_bytes += c->unit_bytes;
    } else if (c->unit_bytes > c->unit_most && (c->unit.kind == UNIT_STAGE || c->unit.kind == UNIT_ON)) {
        c->unit_most = c->unit_bytes;
    }
}

/* The last statement's line, where the missing `->` would stand. */
static struct fn_span end_of(const struct fgr_node *body)
{
    return (struct fn_span){body->span.b > body->span.a ? body->span.b - 1 : body->span.a, body->span.b};
}

static void params_into_scope(struct ctx *c, const struct fgr_node *params)
{
    for (uint32_t i = 0; params != NULL && i < params->n_items; i++) {
        struct fgr_node *p = params->items[i];
        struct fcc_sym *s = p->sym;
        const struct name *n = sema_bind(c, p->text, s);
        if (n == NULL) {
            continue;
        }
        if (n->in[NS_VALUE] != NULL) {
            struct fn_diag *d = sema_name_diag(c, FGR_D_NAME_TAKEN, p);
            if (n->in[NS_VALUE]->decl != NULL) {
                fn_diag_label(d, n->in[NS_VALUE]->decl->text_span, FGR_L_FIRST_HERE);
            }
        }
        c->unit_bytes += 2 * sema_bytes_max(s->type); /* who called has the arguments too */
    }
}

static void walk_stage(struct ctx *c, struct fgr_node *n)
{
    if (n->sym == NULL) {
        return;
    }
    struct fgr_node *body = n->kid[FGR_STAGE_body];
    uint32_t scope = unit_begin(c, UNIT_STAGE, n, body, sema_sym(n->sym)->graph);
    sema_block(c, body);
    if (!c->path.dead && !c->full && !sema_misread(c, n)) {
        struct fn_diag *d = sema_diag_at(c, FGR_D_STAGE_FALLS_OFF, end_of(body));
        sema_arg(d, "name", n->text);
        fn_diag_label(d, n->text_span, FGR_L_THIS_STAGE);
        d->why = FGR_W_STUCK;
    }
    unit_end(c, scope);
}

static void walk_code(struct ctx *c, struct fgr_node *n, enum unit_kind kind, struct fgr_node *body, uint32_t graph)
{
    uint32_t scope = unit_begin(c, kind, n, body, graph);
    params_into_scope(c, n->kid[FGR_FN_params]);
    sema_block(c, body);
    bool needs = c->unit.result->cls != FCC_C_VOID && !sema_is_error(c->unit.result);
    if (kind == UNIT_FN && c->unit.result->cls == FCC_C_VOID && (n->flags & FGR_BROKEN) == 0) {
        sema_name_diag(c, FGR_D_FN_WITHOUT_RESULT, n);
    }
    if (needs && !c->path.dead && !sema_misread(c, n)) {
        struct fn_diag *d = sema_diag_at(c, FGR_D_RETURN_MISSING, end_of(body));
        sema_arg(d, "name", n->text);
    }
    if (kind == UNIT_TOOL && n->sym != NULL) {
        if (c->unit.exits) {
            sema_path_join(&c->path, &c->unit.exit);
        }
        bool calls = (c->unit.exits || !c->path.dead) && c->path.ai_in > 0;
        sema_sym(n->sym)->ai = calls && c->path.ai_in < UINT16_MAX ? (uint32_t)c->path.ai_in : calls ? UINT16_MAX : 0;
    }
    if (kind == UNIT_FLOW && !c->path.dead) {
        sema_exit(c);
    }
    if ((kind == UNIT_FLOW || kind == UNIT_TOOL) && n->sym != NULL) {
        sema_sum_end(c, n->sym);
    }
    unit_end(c, scope);
}

void sema_walk_flow(struct ctx *c, struct fcc_sym *flow)
{
    uint32_t graph = sema_graph_node(c, GRAPH_FLOW, flow, flow->decl);
    sema_sym(flow)->graph = graph;
    c->depth = 0;
    walk_code(c, flow->decl, UNIT_FLOW, flow->decl->kid[FGR_FLOW_body], graph);
}

/* -- always and start --------------------------------------------------------------------------------------------------------------- */
static uint32_t hub_of(const struct ctx *c, const struct fgr_node *on)
{
    return on->aux == FGR_ON_SILENCE                             ? c->hub_silence
           : on->aux == FGR_ON_ERROR || on->aux == FGR_ON_FAILED ? c->hub_error
                                                                 : c->hub_phrase;
}

static bool is_var(const struct fcc_sym *s)
{
    return s->kind == FCC_S_VAR;
}

/* `start on event E(a, b)`: the event's fields go into the variables of these names. */
static void bind_vars(struct ctx *c, struct fgr_node *n, const struct fgr_node *binds)
{
    const struct fcc_sym *e = n->sym;
    for (uint32_t i = 0; binds != NULL && i < binds->n_items; i++) {
        struct fgr_node *b = binds->items[i];
        bool known = e != NULL && i < e->n_params;
        if (e != NULL && !known) {
            sema_arg_num(c, sema_diag(c, FGR_D_ARG_EXTRA, b), "max", e->n_params);
        }
        b->sym = sema_find(c, NS_VALUE, b, b->text, FGR_D_BIND_UNKNOWN, is_var);
        b->type = b->sym != NULL ? b->sym->type : &fcc_t_error;
        if (b->sym == NULL) {
            continue;
        }
        if (known && !sema_is_error(b->type)) {
            sema_want(c, b, b->type, e->params[i]);
            c->taint = sema_sym(e->decl->kid[FGR_EVENT_params]->items[i]->sym)->taint;
            sema_taint_into(c, b, b->sym);
            c->taint = 0;
        }
        sema_fact(c, sema_place_of(c, b->sym), true);
    }
}

/* A rule may come from any question: there is no place below it to go on at. Only after `on invalid`, which did not wait, the question is asked
 * again. */
static void rule_ends(struct ctx *c, struct fgr_node *on)
{
    const struct fgr_node *action = on->kid[FGR_ON_action];
    if (c->path.dead || c->full || action == NULL || sema_misread(c, on)) {
        return;
    }
    if (on->aux == FGR_ON_INVALID && c->last_wait == NULL) {
        sema_path_suspend(c, on);
        return;
    }
    struct fn_diag *d =
        sema_diag_at(c, FGR_D_RULE_FALLS_OFF, action->kind == FGR_BLOCK ? end_of(action) : action->span);
    d->why = FGR_W_STUCK;
}

static void walk_on(struct ctx *c, struct fgr_node *on)
{
    if (on->kid[FGR_ON_time] != NULL) {
        sema_expr_to(c, on->kid[FGR_ON_time], &fcc_t_duration);
    }
    if (on->aux == FGR_ON_EVENT) {
        on->sym = sema_find(c, NS_EVENT, on, on->text, FGR_D_EVENT_UNKNOWN, NULL);
    }
    uint32_t graph = sema_graph_node(c, GRAPH_ON, NULL, on);
    uint32_t scope = unit_begin(c, UNIT_ON, on, on->kid[FGR_ON_action], graph);
    c->unit.sym = NULL;
    if (on->aux == FGR_ON_SILENCE) {
        sema_path_wait(&c->path, sema_constant_ms(on->kid[FGR_ON_time], PATH_WINDOW));
        c->path.kept_in =
            0; /* whether messages were kept, the way to here knows: at a question none, at `wait event` some */
    } else if (on->aux == FGR_ON_EVENT) {
        sema_path_event(&c->path);
        bind_vars(c, on, on->kid[FGR_ON_binds]);
    } else if (on->aux == FGR_ON_ERROR || on->aux == FGR_ON_FAILED) {
        c->path.quiet = PATH_TAKEN;
        c->path.age_in = on->aux == FGR_ON_ERROR ? PATH_NONE : c->path.age_in;
    } else {
        sema_path_message(&c->path);
        if (on->aux == FGR_ON_PHRASE) { /* no wait keeps a phrase: it has just come */
            c->path.age_kept = PATH_NONE;
        }
    }
    sema_graph_edge(c, hub_of(c, on), graph, on);
    c->path = sema_path_start();
    struct fgr_node *action = on->kid[FGR_ON_action];
    sema_action(c, action);
    rule_ends(c, on);
    if (on->aux == FGR_ON_ERROR && graph != SEMA_NO_INDEX) {
        const struct fcc_sym *stage = action != NULL && action->kind == FGR_JUMP ? action->sym : NULL;
        SEMA_AT(c->nodes, struct graph_node, stage != NULL ? sema_sym(stage)->graph : graph).on_error = true;
    }
    unit_end(c, scope);
}

static void walk_start(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *action = n->kid[FGR_START_action];
    uint32_t scope = unit_begin(c, UNIT_ON, n, action, 0);
    c->unit.sym = NULL;
    bool closed = n->aux == FGR_START_CAMPAIGN || n->aux == FGR_START_EVENT;
    bind_vars(c, n, n->kid[FGR_START_binds]);
    sema_path_message(&c->path);
    c->path.age = closed ? PATH_WINDOW : 0;
    c->path.ai_in = c->path.msg_in = 0;
    if (action != NULL && action->kind == FGR_JUMP) {
        action->sym = sema_find(c, NS_STAGE, action, action->text, FGR_D_STAGE_UNKNOWN, NULL);
        action->type = &fcc_t_void;
        if (action->sym != NULL) {
            sema_graph_edge(c, 0, sema_sym(action->sym)->graph, n);
        }
    } else {
        sema_action(c, action);
    }
    unit_end(c, scope);
}

/* Rules of `always` are known before the first question, which inherits from them. */
void sema_collect_always(struct ctx *c, const struct fgr_node *file)
{
    const struct fgr_node *decls = file->kid[FGR_FILE_decls];
    for (uint32_t i = 0; i < decls->n_items; i++) {
        const struct fgr_node *ons = decls->items[i]->kind == FGR_ALWAYS ? decls->items[i]->kid[FGR_ALWAYS_ons] : NULL;
        for (uint32_t k = 0; ons != NULL && k < ons->n_items; k++) {
            struct fgr_node *on = ons->items[k], **at = on->kind == FGR_ON ? sema_push(c, &c->ons, sizeof *at) : NULL;
            if (at == NULL) {
                continue;
            }
            *at = on;
            uint32_t *hub = on->aux == FGR_ON_SILENCE                             ? &c->hub_silence
                            : on->aux == FGR_ON_ERROR || on->aux == FGR_ON_FAILED ? &c->hub_error
                                                                                  : &c->hub_phrase;
            if (*hub == SEMA_NO_INDEX) {
                *hub = sema_graph_node(c,
                                       hub == &c->hub_silence ? GRAPH_HUB_SILENCE
                                       : hub == &c->hub_error ? GRAPH_HUB_ERROR
                                                              : GRAPH_HUB_PHRASE,
                                       NULL, NULL);
            }
        }
    }
}

/* An agent is a node between those who talk to it and its tools; what they assign, a talk may. */
static void join_tools(struct ctx *c, struct fgr_node *agent)
{
    const struct fgr_node *props = agent->kid[FGR_AGENT_props];
    uint32_t graph = sema_graph_node(c, GRAPH_FLOW, agent->sym, agent);
    unit_begin(c, UNIT_NONE, agent, NULL, graph);
    sema_sym(agent->sym)->graph = graph;
    for (uint32_t i = 0; i < props->n_items; i++) {
        const struct fcc_sym *tool = props->items[i]->aux == FGR_P_CAN ? props->items[i]->sym : NULL;
        if (tool != NULL) {
            sema_graph_edge(c, graph, sema_sym(tool)->graph, agent);
            sema_sum_kill(c, tool);
        }
    }
    sema_sum_end(c, agent->sym);
}

/* Tools before those who talk to their agents: a `talk` counts what they may call, and forgets what they may assign. */
void sema_walk_tools(struct ctx *c, struct fgr_node *file)
{
    const struct fgr_node *decls = file->kid[FGR_FILE_decls];
    for (uint32_t i = 0; i < decls->n_items && !c->full; i++) {
        struct fgr_node *n = decls->items[i];
        if (n->kind == FGR_TOOL && n->sym != NULL) {
            sema_sym(n->sym)->graph = sema_graph_node(c, GRAPH_FLOW, n->sym, n);
            walk_code(c, n, UNIT_TOOL, n->kid[FGR_TOOL_body], sema_sym(n->sym)->graph);
        }
    }
    for (uint32_t i = 0; i < decls->n_items && !c->full; i++) {
        if (decls->items[i]->kind == FGR_AGENT && decls->items[i]->sym != NULL) {
            join_tools(c, decls->items[i]);
        }
    }
}

void sema_walk_units(struct ctx *c, struct fgr_node *file)
{
    const struct fgr_node *decls = file->kid[FGR_FILE_decls];
    for (uint32_t i = 0; i < decls->n_items && !c->full; i++) {
        struct fgr_node *n = decls->items[i];
        switch (n->kind) {
        case FGR_STAGE: walk_stage(c, n); break;
        case FGR_FN: walk_code(c, n, UNIT_FN, n->kid[FGR_FN_body], SEMA_NO_INDEX); break;
        case FGR_START: walk_start(c, n); break;
        case FGR_ALWAYS:
            for (uint32_t k = 0; k < n->kid[FGR_ALWAYS_ons]->n_items; k++) {
                walk_on(c, n->kid[FGR_ALWAYS_ons]->items[k]);
            }
            break;
        default: break;
        }
    }
}
