/* question.c: where a conversation stands and waits: ask, choose, wait message, wait event, talk, handoff. Each has an answer for everything
 * that can come (guarantee 3): its own branches, then those of `always`, then the defaults; what is in force is an fcc_question.
 *
 * In the walk a question is a fork: the turn ends, and each answer is a way of its own with what it knows (the answer is set, a message came,
 * so much time went by). A branch that does not leave goes on below, where the ways meet.
 * SPDX-License-Identifier: Apache-2.0 */
#include "question.h"

#include "fn_utf8.h"

static struct fgr_node *branches_of(const struct fgr_node *n)
{
    switch (n->kind) {
    case FGR_ASK: return n->kid[FGR_ASK_branches];
    case FGR_CHOOSE: return n->kid[FGR_CHOOSE_branches];
    case FGR_WAIT_MESSAGE: return n->kid[FGR_WAIT_MESSAGE_branches];
    case FGR_WAIT_EVENT: return n->kid[FGR_WAIT_EVENT_branches];
    case FGR_TALK: return n->kid[FGR_TALK_branches];
    default: return n->kid[FGR_HANDOFF_branches];
    }
}

/* -- name ------------------------------------------------------------------------------------------------------------------- */
static struct fn_str below(struct ctx *c, struct fn_str unit, struct fn_str own)
{
    struct fn_str name = {NULL, unit.n + 1 + own.n};
    char *p = fn_arena_alloc(c->arena, name.n);
    if (p == NULL) {
        c->full = true;
        return unit;
    }
    memcpy(p, unit.p, unit.n);
    p[unit.n] = '/';
    memcpy(p + unit.n + 1, own.p, own.n);
    name.p = p;
    return name;
}

/* "inicio/email", "inicio" for a choose without a name; what repeats in a stage gets "/2": stable under edits elsewhere. */
static struct fn_str question_name(struct ctx *c, const struct fgr_node *n)
{
    struct fn_str unit = c->unit.sym != NULL ? c->unit.sym->name : FN_STR("always");
    struct fn_str own = n->text;
    const struct fgr_node *target = n->kind == FGR_ASK ? n->kid[FGR_ASK_target] : NULL;
    if (target != NULL) {
        own = target->text;
    } else if (n->kind == FGR_TALK) {
        own = n->kid[FGR_TALK_agent] != NULL ? n->kid[FGR_TALK_agent]->text : FN_STR("talk");
    } else if (n->kind == FGR_WAIT_MESSAGE) {
        own = FN_STR("message");
    } else if (n->kind == FGR_HANDOFF) {
        own = FN_STR("handoff");
    }
    struct fn_str name = own.n == 0 ? unit : below(c, unit, own);
    struct name *seen = sema_name(c, &c->question_names, name, true);
    if (seen == NULL) {
        return name;
    }
    if (seen->times != 0 && n->kind == FGR_CHOOSE) {
        struct fn_diag *d =
            sema_diag_at(c, FGR_D_QUESTION_NAMELESS,
                         (struct fn_span){n->span.a, n->span.b < n->span.a + 6 ? n->span.b : n->span.a + 6});
        sema_arg(d, "name", name);
    }
    seen->times++;
    return seen->times == 1 ? name : fn_arena_printf(c->arena, "%.*s/%u", FN_STR_ARG(name), seen->times);
}

/* -- branches ------------------------------------------------------------------------------------------------------------------ */
static void own_branch(struct fcc_question *q, const struct fgr_node *b)
{
    const struct fgr_node *action = b->kid[FGR_BRANCH_action];
    switch ((enum fgr_branch)b->aux) {
    case FGR_BR_INVALID:
        q->invalid_text = b->kid[FGR_BRANCH_value];
        q->invalid_action = action;
        q->invalid_times = b->num > 0 && b->num < 100 ? (uint32_t)b->num : 2;
        break;
    case FGR_BR_FAILED: q->failed_action = action; break;
    case FGR_BR_SILENCE:
        q->silence_time = b->kid[FGR_BRANCH_value];
        q->silence_action = action;
        q->silence_ends = action == NULL;
        break;
    case FGR_BR_MEDIA:
        q->media_action = action;
        q->media_transcribe = (b->flags & FGR_TRANSCRIBE) != 0;
        break;
    case FGR_BR_SETTLE:
        q->settle = b->kid[FGR_BRANCH_value];
        q->settle_max = b->kid[FGR_BRANCH_value2];
        break;
    case FGR_BR_CHECK:
    case FGR_BR_OTHER:
    case FGR_BR_DONE:
    case FGR_BR_LIMIT:
    case FGR_BR_FROM_ACTION: break;
    }
}

static const struct fgr_node *on_rule(const struct ctx *c, enum fgr_on kind)
{
    for (uint32_t i = 0; i < c->ons.n; i++) {
        const struct fgr_node *on = SEMA_AT(c->ons, struct fgr_node *, i);
        if (on->aux == kind) {
            return on;
        }
    }
    return NULL;
}

static void from_always(struct ctx *c, struct asked *a)
{
    struct fcc_question *q = a->q;
    const struct fgr_node *silence = on_rule(c, FGR_ON_SILENCE), *error = on_rule(c, FGR_ON_ERROR),
                          *media = on_rule(c, FGR_ON_MEDIA);
    const struct fgr_node *failed = on_rule(c, FGR_ON_FAILED), *invalid = on_rule(c, FGR_ON_INVALID);
    if (q->silence_time == NULL && silence != NULL && a->node->kind != FGR_HANDOFF) {
        q->silence_time = silence->kid[FGR_ON_time];
        q->silence_action = silence->kid[FGR_ON_action];
        a->always_silence = true;
    }
    q->silence_ends |= q->silence_time == NULL;
    if (q->failed_action == NULL) {
        failed = failed != NULL ? failed : error;
        q->failed_action = failed != NULL ? failed->kid[FGR_ON_action] : NULL;
    }
    if (q->media_action == NULL && !q->media_transcribe && media != NULL) {
        q->media_action = media->kid[FGR_ON_action];
    }
    if (q->invalid_action == NULL && q->invalid_text == NULL && invalid != NULL) {
        q->invalid_action = invalid->kid[FGR_ON_action];
    }
}

static void check_times(struct ctx *c, struct fgr_node *b)
{
    struct fgr_node *value = b->kid[FGR_BRANCH_value], *value2 = b->kid[FGR_BRANCH_value2];
    bool duration = b->aux == FGR_BR_SILENCE || b->aux == FGR_BR_SETTLE;
    if (duration && value != NULL) {
        sema_expr_to(c, value, &fcc_t_duration);
        if (value->kind == FGR_DURATION && value->num <= 0) {
            sema_diag(c, FGR_D_TIME_ZERO, value);
        }
    }
    if (b->aux == FGR_BR_SETTLE && value2 != NULL) {
        sema_expr_to(c, value2, &fcc_t_duration);
        if (value != NULL && sema_constant_ms(value, 0) > sema_constant_ms(value2, INT64_MAX)) {
            sema_diag(c, FGR_D_SETTLE_BACKWARDS, b);
        }
    }
    if (b->aux == FGR_BR_INVALID && value != NULL) {
        c->taint = 0;
        sema_channel_text(c, value, sema_expr_open(c, value, NULL), LIMIT_TEXT, FGR_D_TEXT_OVER_LIMIT);
        sema_taint_message(c, value);
    }
}

static bool fits_kind(const struct fgr_node *n, enum fgr_branch b)
{
    bool question = n->kind == FGR_ASK || n->kind == FGR_CHOOSE;
    switch (b) {
    case FGR_BR_CHECK: return n->kind == FGR_ASK;
    case FGR_BR_INVALID: return question;
    case FGR_BR_FAILED: return question || n->kind == FGR_TALK;
    case FGR_BR_SILENCE: return true;
    case FGR_BR_MEDIA: return n->kind != FGR_WAIT_EVENT && n->kind != FGR_HANDOFF;
    case FGR_BR_SETTLE: return n->kind == FGR_ASK || n->kind == FGR_WAIT_MESSAGE || n->kind == FGR_TALK;
    case FGR_BR_OTHER:
    case FGR_BR_FROM_ACTION: return n->kind == FGR_CHOOSE;
    case FGR_BR_DONE: return n->kind == FGR_TALK || n->kind == FGR_HANDOFF;
    case FGR_BR_LIMIT: return n->kind == FGR_TALK;
    }
    return false;
}

static void read_branches(struct ctx *c, struct asked *a)
{
    const struct fgr_node *first[FGR_BR_FROM_ACTION + 1] = {NULL};
    for (uint32_t i = 0; i < a->branches->n_items; i++) {
        struct fgr_node *b = a->branches->items[i];
        if (b->kind != FGR_BRANCH) {
            continue;
        }
        if (first[b->aux] != NULL && b->aux != FGR_BR_CHECK) {
            fn_diag_label(sema_diag(c, FGR_D_BRANCH_TWICE, b), first[b->aux]->span, FGR_L_FIRST_HERE);
        } else {
            first[b->aux] = b;
        }
        if (!fits_kind(a->node, (enum fgr_branch)b->aux)) {
            sema_diag(c, FGR_D_BRANCH_NOT_HERE, b);
        }
        own_branch(a->q, b);
        check_times(c, b);
    }
    from_always(c, a);
}

/* -- the ways out ------------------------------------------------------------------------------------------------------------------ */
void question_way_ends(struct ctx *c, struct asked *a)
{
    sema_fork_next(c, &a->fork);
}

/* A message was taken; with `settle`, all there were. */
static void question_taken(struct ctx *c, const struct asked *a)
{
    sema_path_message(&c->path);
    if (a->q->settle != NULL) {
        sema_path_none_kept(&c->path);
    }
}

enum { TALK_ROUNDS = 4 /* of tools; then the answer */ };

/* Calls of a model for one message: the rounds, the answer, and what the costliest tool calls itself in each round. */
static int64_t talk_calls(const struct fcc_sym *agent)
{
    const struct fgr_node *props = agent != NULL && agent->decl != NULL ? agent->decl->kid[FGR_AGENT_props] : NULL;
    int64_t tool = 0;
    for (uint32_t i = 0; props != NULL && i < props->n_items; i++) {
        const struct fcc_sym *s = props->items[i]->aux == FGR_P_CAN ? props->items[i]->sym : NULL;
        tool = s != NULL && sema_sym(s)->ai > tool ? sema_sym(s)->ai : tool;
    }
    return 1 + TALK_ROUNDS * (1 + tool);
}

static void to_hub(struct ctx *c, uint32_t hub, struct fgr_node *at)
{
    if (hub != SEMA_NO_INDEX && c->unit.graph != SEMA_NO_INDEX && !c->path.dead) {
        sema_graph_edge(c, c->unit.graph, hub, at);
    }
}

/* Where it waits, a rule of `always` may take over. */
static void question_to_hubs(struct ctx *c, const struct asked *a)
{
    struct path here = c->path;
    if (a->node->kind == FGR_WAIT_EVENT) {
        c->path.kept = PATH_KEPT;
    }
    to_hub(c, c->hub_phrase, a->node);
    if (a->node->kind != FGR_WAIT_EVENT) {
        sema_path_none_kept(&c->path); /* who falls silent has nothing unanswered */
    }
    if (a->always_silence) {
        to_hub(c, c->hub_silence, a->node);
    }
    c->path = here;
}

void question_transcribes(struct ctx *c, const struct asked *a)
{
    if (a->q->media_transcribe) {
        sema_path_ai(c, 1);
    }
}

static void ways_failed(struct ctx *c, struct asked *a, struct fgr_node *b)
{
    sema_path_message(&c->path);
    question_transcribes(c, a);
    if (b->aux == FGR_BR_FAILED && a->node->kind == FGR_TALK) {
        sema_path_ai(c, talk_calls(a->node->kid[FGR_TALK_agent]->sym));
    }
    if (b->aux == FGR_BR_FAILED && a->fails_at_once) {
        sema_path_join(&c->path, &a->before);
    }
    sema_action(c, b->kid[FGR_BRANCH_action]);
    question_way_ends(c, a);
}

/* What a wrong answer causes, and then the question is asked again: each other way may come behind it. */
static void way_invalid(struct ctx *c, struct asked *a, struct fgr_node *action)
{
    sema_path_message(&c->path);
    question_transcribes(c, a);
    sema_action(c, action);
    sema_path_suspend(c, a->node);
    struct path again = c->path;
    c->path.dead = true;
    question_way_ends(c, a);
    sema_path_join(&a->fork.start, &again);
    c->path = again;
    question_to_hubs(c, a);
    c->path = a->fork.start;
}

static void way_silence(struct ctx *c, struct asked *a, struct fgr_node *b)
{
    int64_t ms = sema_constant_ms(b->kid[FGR_BRANCH_value], PATH_WINDOW);
    if (a->node->kind == FGR_WAIT_EVENT) {
        sema_path_sleep(&c->path, ms);
    } else {
        sema_path_wait(&c->path, ms);
    }
    if (b->kid[FGR_BRANCH_action] == NULL) {
        c->path.dead = true;
    }
    sema_action(c, b->kid[FGR_BRANCH_action]);
    question_way_ends(c, a);
}

/* Branches of every kind of question; what is not here is of one kind and done by it. */
void question_common_ways(struct ctx *c, struct asked *a)
{
    for (uint32_t i = 0; i < a->branches->n_items; i++) {
        struct fgr_node *b = a->branches->items[i];
        struct fgr_node *action = b->kind == FGR_BRANCH ? b->kid[FGR_BRANCH_action] : NULL;
        if (b->kind == FGR_BRANCH && b->aux == FGR_BR_INVALID && action != NULL) {
            way_invalid(c, a, action);
        }
    }
    for (uint32_t i = 0; i < a->branches->n_items; i++) {
        struct fgr_node *b = a->branches->items[i];
        struct fgr_node *action = b->kind == FGR_BRANCH ? b->kid[FGR_BRANCH_action] : NULL;
        if (b->kind != FGR_BRANCH) {
            continue;
        }
        if (b->aux == FGR_BR_SILENCE) {
            way_silence(c, a, b);
        } else if (b->aux == FGR_BR_FAILED || b->aux == FGR_BR_LIMIT) {
            ways_failed(c, a, b);
        } else if (b->aux == FGR_BR_MEDIA && action != NULL) {
            ways_failed(c, a, b);
        }
    }
}

void question_begin_wait(struct ctx *c, struct asked *a)
{
    sema_path_suspend(c, a->node);
    question_to_hubs(c, a);
    sema_kill_assigned(c, a->q->invalid_action); /* a wrong answer may come before the right one */
    sema_fork(c, &a->fork);
}

void question_say_prompt(struct ctx *c, struct fgr_node *n, struct fgr_node *prompt)
{
    if (prompt == NULL) {
        return;
    }
    c->taint = 0;
    const struct fcc_type *t = sema_expr_open(c, prompt, NULL);
    sema_taint_message(c, prompt);
    sema_channel_text(c, prompt, t, LIMIT_TEXT, FGR_D_TEXT_OVER_LIMIT);
    sema_path_send(c, n, true, false);
}

bool question_has_branch(const struct asked *a, enum fgr_branch kind)
{
    for (uint32_t i = 0; i < a->branches->n_items; i++) {
        if (a->branches->items[i]->kind == FGR_BRANCH && a->branches->items[i]->aux == kind) {
            return true;
        }
    }
    return false;
}

/* Wrong answers lead to `failed`, that to `on error`: with neither the contact is left alone. Told once. */
void question_check_failed(struct ctx *c, const struct asked *a, bool can_fail)
{
    if (can_fail && a->q->failed_action == NULL && !c->told_on_error && c->file == 0 &&
        (c->p->trees[0].file->flags & FGR_MODULE) == 0) {
        struct fn_diag *d = sema_diag(c, FGR_D_NO_ON_ERROR, a->node);
        sema_why(c, d, FGR_W_STUCK);
        c->told_on_error = true;
    }
}

/* -- ask ------------------------------------------------------------------------------------------------------------------------------ */
static bool askable(const struct fcc_type *t)
{
    t = sema_open(t);
    return t->cls == FCC_C_ENUM || (t->cls == FCC_C_BASIC && t->basic != FGR_T_JSON);
}

static struct place *ask_target(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *target = n->kid[FGR_ASK_target];
    const struct fcc_type *t = &fcc_t_error;
    if (target->kind == FGR_LOCAL) {
        t = sema_type_node(c, target->kid[FGR_LOCAL_type]);
        struct fcc_sym *s = sema_local(c, FCC_S_LOCAL, target, target->text, t);
        if (s != NULL) {
            sema_sym(s)->needs_set = !sema_is_option(t);
            const struct fgr_node *type = target->kid[FGR_LOCAL_type];
            s->personal = type != NULL && (type->flags & FGR_PERSONAL) != 0;
            sema_sym(s)->taint = s->personal ? TAINT_PERSONAL : 0;
        }
    } else {
        unsigned taint = c->taint;
        c->writing = true;
        t = sema_expr(c, target, NULL);
        c->writing = false;
        c->taint = taint;
        bool good = target->sym != NULL && (target->sym->kind == FCC_S_VAR || target->sym->kind == FCC_S_LOCAL ||
                                            target->sym->kind == FCC_S_CONTACT_FIELD);
        if (!good && !sema_is_error(t)) {
            sema_diag(c, FGR_D_NOT_ASSIGNABLE, target);
            return NULL;
        }
        t = good ? target->sym->type : t;
        target->type = t;
    }
    if (!sema_is_error(t) && !askable(t)) {
        sema_arg_type(c, sema_diag(c, FGR_D_NOT_ASKABLE, target), "type", t);
    }
    return target->sym != NULL ? sema_place_of(c, target->sym) : NULL;
}

/* What is answered is personal, unless that is allowed here: masked where an agent remembers it. A voice note goes to a model as it is. */
static void ask_personal(struct ctx *c, struct asked *a)
{
    const struct fcc_sym *s = a->node->kid[FGR_ASK_target]->sym;
    if (s == NULL || (sema_sym(s)->taint & TAINT_PERSONAL) == 0 || sema_sym(s)->allowed != 0) {
        return;
    }
    a->node->flags |= FGR_PERSONAL;
    if (a->q->media_transcribe) {
        c->taint = TAINT_PERSONAL;
        c->taint_by = (struct fcc_sym *)(uintptr_t)s;
        sema_taint_model(c, a->node->kid[FGR_ASK_target]);
    }
}

static void ask_answer(struct ctx *c, struct asked *a, struct place *place)
{
    question_taken(c, a);
    sema_fact(c, place, true);
    question_transcribes(c, a);
    for (uint32_t i = 0; i < a->branches->n_items; i++) {
        struct fgr_node *b = a->branches->items[i];
        if (b->kind == FGR_BRANCH && b->aux == FGR_BR_CHECK) {
            struct fgr_node *text = b->kid[FGR_BRANCH_value2];
            sema_cond(c, b->kid[FGR_BRANCH_value]);
            if (text != NULL) {
                c->taint = 0;
                sema_channel_text(c, text, sema_expr_open(c, text, NULL), LIMIT_TEXT, FGR_D_TEXT_OVER_LIMIT);
                sema_taint_message(c, text);
            }
        }
    }
    question_way_ends(c, a);
}

static void ask(struct ctx *c, struct asked *a)
{
    struct fgr_node *n = a->node;
    struct place *place = ask_target(c, n);
    ask_personal(c, a);
    struct fork once;
    bool skips = (n->flags & FGR_ONCE) != 0;
    if (skips) {
        sema_fork(c, &once);
        sema_fact(c, place, true);
        sema_fork_next(c, &once);
    }
    question_say_prompt(c, n, n->kid[FGR_ASK_prompt]);
    const struct fcc_type *t = n->kid[FGR_ASK_target]->type;
    bool any = t != NULL && sema_is_basic(sema_open(t), FGR_T_TEXT) && sema_open(t)->bound == 0; /* but a medium */
    bool refuses = question_has_branch(a, FGR_BR_CHECK) || a->q->media_action == NULL;
    question_check_failed(c, a, !any || (refuses && !sema_misread(c, n)));
    question_begin_wait(c, a);
    question_common_ways(c, a);
    ask_answer(c, a, place);
    sema_fork_join(c, &a->fork);
    if (skips) {
        sema_fork_next(c, &once);
        sema_fork_join(c, &once);
    }
}

/* -- waits -------------------------------------------------------------------------------------------------------------------------------- */
static void wait_message(struct ctx *c, struct asked *a)
{
    question_begin_wait(c, a);
    question_common_ways(c, a);
    question_taken(c, a);
    question_transcribes(c, a);
    question_way_ends(c, a);
    sema_fork_join(c, &a->fork);
}

static void wait_event(struct ctx *c, struct asked *a)
{
    struct fgr_node *n = a->node, *binds = n->kid[FGR_WAIT_EVENT_binds];
    n->sym = sema_find(c, NS_EVENT, n, n->text, FGR_D_EVENT_UNKNOWN, NULL);
    const struct fcc_sym *e = n->sym;
    for (uint32_t i = 0; i < binds->n_items; i++) {
        struct fgr_node *b = binds->items[i];
        bool known = e != NULL && i < e->n_params;
        if (e != NULL && !known) {
            sema_arg_num(c, sema_diag(c, FGR_D_ARG_EXTRA, b), "max", e->n_params);
        }
        struct fcc_sym *s = sema_local(c, FCC_S_LOCAL, b, b->text, known ? e->params[i] : &fcc_t_error);
        if (s != NULL && known) {
            sema_sym(s)->taint = sema_sym(e->decl->kid[FGR_EVENT_params]->items[i]->sym)->taint;
        }
    }
    if (n->kid[FGR_WAIT_EVENT_where] != NULL) {
        sema_cond(c, n->kid[FGR_WAIT_EVENT_where]);
    }
    question_begin_wait(c, a);
    for (uint32_t i = 0; i < binds->n_items; i++) {
        if (binds->items[i]->sym != NULL) {
            sema_sym(binds->items[i]->sym)->needs_set = true;
        }
    }
    question_common_ways(c, a);
    for (uint32_t i = 0; i < binds->n_items; i++) {
        if (binds->items[i]->sym != NULL) {
            sema_fact(c, sema_place_of(c, binds->items[i]->sym), true);
        }
    }
    c->sleeps = true;
    sema_path_sleep(&c->path,
                    sema_constant_ms(a->q->silence_time, PATH_WINDOW)); /* it comes before the silence is over */
    c->path.quiet = PATH_TAKEN;
    question_way_ends(c, a);
    sema_fork_join(c, &a->fork);
}

static bool is_agent(const struct fcc_sym *s)
{
    return s->kind == FCC_S_AGENT;
}

static void branch_done(struct ctx *c, struct asked *a)
{
    for (uint32_t i = 0; i < a->branches->n_items; i++) {
        struct fgr_node *b = a->branches->items[i];
        if (b->kind == FGR_BRANCH && b->aux == FGR_BR_DONE) {
            sema_action(c, b->kid[FGR_BRANCH_action]);
        }
    }
    question_way_ends(c, a);
    sema_fork_join(c, &a->fork);
}

static void talk(struct ctx *c, struct asked *a)
{
    struct fgr_node *agent = a->node->kid[FGR_TALK_agent];
    agent->sym = sema_find(c, NS_VALUE, agent, agent->text, FGR_D_AGENT_UNKNOWN, is_agent);
    c->talks = true;
    sema_path_ai(c, talk_calls(agent->sym));
    sema_path_send(c, a->node, true, false);
    if (agent->sym != NULL) {
        sema_sym(agent->sym)->visit = 1;
        sema_graph_edge(c, c->unit.graph, sema_sym(agent->sym)->graph, a->node);
        sema_sum_kill(c, agent->sym);
    }
    a->before = c->path;
    a->fails_at_once = true;
    question_check_failed(c, a, true);
    question_begin_wait(c, a);
    question_common_ways(c, a);
    sema_path_message(&c->path);
    question_transcribes(c, a);
    sema_path_ai(c, talk_calls(agent->sym));
    branch_done(c, a);
}

static void handoff(struct ctx *c, struct asked *a)
{
    struct fgr_node *n = a->node;
    for (unsigned i = FGR_HANDOFF_team; i <= FGR_HANDOFF_note; i++) {
        if (n->kid[i] != NULL) {
            c->taint = 0;
            sema_expr_to(c, n->kid[i], &fcc_t_text);
            sema_taint_message(c, n->kid[i]);
        }
    }
    sema_path_suspend(c, n);
    sema_fork(c, &a->fork);
    question_common_ways(c, a);
    sema_path_event(&c->path);
    sema_path_none_kept(&c->path); /* people answered it */
    branch_done(c, a);
}

void sema_question(struct ctx *c, struct fgr_node *n)
{
    uint32_t at = c->questions.n;
    struct fcc_question *q = sema_push(c, &c->questions, sizeof *q);
    if (q == NULL) {
        return;
    }
    sema_may_wait(c, n);
    struct fcc_question own = {.node = n, .name = question_name(c, n), .invalid_times = 2};
    struct asked a = {.node = n, .branches = branches_of(n), .q = &own};
    static struct fgr_node nothing = {.kind = FGR_LIST};
    a.branches = a.branches != NULL ? a.branches : &nothing;
    n->question = at;
    n->type = n->type != NULL ? n->type : &fcc_t_void;
    read_branches(c, &a);
    SEMA_AT(c->questions, struct fcc_question, at) = own;
    switch (n->kind) {
    case FGR_ASK: ask(c, &a); break;
    case FGR_CHOOSE: question_choose(c, &a); break;
    case FGR_WAIT_MESSAGE: wait_message(c, &a); break;
    case FGR_WAIT_EVENT: wait_event(c, &a); break;
    case FGR_TALK: talk(c, &a); break;
    default: handoff(c, &a); break;
    }
}
