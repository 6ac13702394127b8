/* stmt.c: statements, one after the other along the way. Questions are in question.c, match and classify in match.c, loops in loop.c.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

enum { CACHE_LINE = 64, FETCH_MOST = 64 }; /* bytes, lines */

bool sema_may_act(struct ctx *c, const struct fgr_node *n)
{
    if (c->unit.kind != UNIT_FN && c->unit.kind != UNIT_CONST) {
        return true;
    }
    sema_diag(c, c->unit.kind == UNIT_FN ? FGR_D_FN_ACTS : FGR_D_NOT_CONSTANT, n);
    return false;
}

bool sema_may_wait(struct ctx *c, const struct fgr_node *n)
{
    if (!sema_may_act(c, n)) {
        return false;
    }
    if (c->unit.kind == UNIT_TOOL) {
        sema_diag(c, FGR_D_TOOL_WAITS, n);
        return false;
    }
    return true;
}

int64_t sema_constant_ms(const struct fgr_node *n, int64_t otherwise)
{
    if (n == NULL || n->kind == FGR_DURATION) {
        return n != NULL ? n->num : otherwise;
    }
    bool wrong = n->type != NULL && !sema_is_basic(sema_open(n->type), FGR_T_DURATION);
    return wrong ? 0 : otherwise; /* told already: no time follows from it */
}

static bool is_expr(const struct fgr_node *n)
{
    return (n->kind >= FGR_NAME && n->kind <= FGR_FIND) ||
           (n->kind == FGR_CLASSIFY && n->kid[FGR_CLASSIFY_arms]->n_items == 0);
}

/* The way on which the value was not there. Its own value, or it leaves. `void_ok`: nothing is needed of it. */
/* A name that is a stage and no value: its arrow is missing. */
static bool is_bare_stage(struct ctx *c, const struct fgr_node *n)
{
    return n != NULL && n->kind == FGR_NAME && n->text.n != 0 && sema_lookup(c, NS_VALUE, n->text) == NULL &&
           sema_lookup(c, NS_STAGE, n->text) != NULL;
}

static void bare_stage(struct ctx *c, struct fgr_node *n)
{
    struct fn_diag *d = sema_diag(c, FGR_D_MISSING, n);
    sema_arg(d, "token", FN_STR("->"));
    sema_arg(d, "found", n->text);
    fn_diag_fix(d, FN_FIX_SAFE, (struct fn_span){n->span.a, n->span.a}, FN_STR("-> "));
    sema_jump(c, n, n->text);
}

/* `endd` on a line of its own. */
static bool is_misspelt_end(struct ctx *c, struct fgr_node *n)
{
    if (n->kind != FGR_NAME || n->text.n == 0 || sema_lookup(c, NS_VALUE, n->text) != NULL) {
        return false;
    }
    struct suggest best;
    struct fn_str end = c->p->trees[c->file].spelling == FN_PT ? FN_STR("fim") : FN_STR("end");
    sema_suggest_begin(&best, c, n->text);
    sema_suggest_try(&best, end, NULL);
    if (best.name.n == 0) {
        return false;
    }
    struct fn_diag *d = sema_diag(c, FGR_D_MISSPELT, n);
    sema_arg(d, "word", n->text);
    sema_suggest_end(&best, d, n->span);
    n->type = &fcc_t_error;
    c->path.dead = true;
    return true;
}

static const struct fcc_type *otherwise(struct ctx *c, struct fgr_node *action, const struct fcc_type *want,
                                        bool void_ok)
{
    if (is_bare_stage(c, action)) {
        bare_stage(c, action);
        return NULL;
    }
    if (is_expr(action)) {
        c->effect_at = action;
        const struct fcc_type *t = sema_expr(c, action, want);
        return t;
    }
    sema_action(c, action);
    if (!c->path.dead && !void_ok) {
        sema_diag(c, FGR_D_ELSE_MUST_LEAVE, action);
    }
    return NULL;
}

static bool can_fail(const struct fgr_node *n)
{
    while (n->kind == FGR_AS) {
        n = n->kid[FGR_AS_value];
    }
    return sema_is_effect(n);
}

static const struct fcc_type *joined(struct ctx *c, struct fgr_node *action, const struct fcc_type *open,
                                     const struct fcc_type *other)
{
    if (other->cls == FCC_C_NONE) {
        return sema_type_option(c, open);
    }
    const struct fcc_type *b = sema_open(other);
    if (!sema_is_error(open) && !sema_fits(open, b)) {
        sema_want(c, action, open, b);
        return open;
    }
    open = sema_is_basic(open, FGR_T_TEXT) || open->elem != NULL ? sema_widest(c, open, b) : open;
    return sema_is_option(other) ? sema_type_option(c, open) : open;
}

/* VALUE [else ACTION], the right side of let, =, return and of an effect alone. */
static const struct fcc_type *value_else(struct ctx *c, struct fgr_node *value, struct fgr_node *action,
                                         const struct fcc_type *want, bool void_ok)
{
    c->taint = 0;
    c->taint_by = NULL;
    c->effect_at = value;
    const struct fcc_type *t = value != NULL ? sema_expr(c, value, want) : &fcc_t_void;
    c->effect_at = NULL;
    if (action == NULL) {
        if (value != NULL && can_fail(value) && !sema_is_error(t)) {
            struct fn_diag *d = sema_diag(c, FGR_D_ELSE_NEEDED, value);
            sema_why(c, d, FGR_W_NO_ELSE);
            return sema_open(t);
        }
        return t;
    }
    bool useless = value != NULL && !sema_is_error(t) && !sema_is_option(t) && !can_fail(value);
    if (useless) {
        sema_diag(c, FGR_D_ELSE_USELESS, action);
    }
    struct fork f;
    sema_fork(c, &f);
    const struct fcc_type *other = otherwise(c, action, want != NULL ? want : sema_open(t), void_ok);
    sema_fork_next(c, &f);
    sema_fork_next(c, &f);
    sema_fork_join(c, &f);
    return other != NULL && !sema_is_error(t) ? joined(c, action, sema_open(t), other) : sema_open(t);
}

static void taint_local(struct ctx *c, struct fcc_sym *s)
{
    if (s != NULL) {
        sema_sym(s)->taint |= (uint8_t)c->taint;
        s->personal |= (c->taint & TAINT_PERSONAL) != 0;
        s->secret |= (c->taint & TAINT_SECRET) != 0;
    }
}

static void stmt_let(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *type = n->kid[FGR_LET_type], *value = n->kid[FGR_LET_value];
    const struct fcc_type *want = type != NULL ? sema_type_node(c, type) : NULL;
    const struct fcc_type *t = value != NULL ? value_else(c, value, n->kid[FGR_LET_else_action], want, false) : want;
    if (t == NULL) {
        t = &fcc_t_error;
    }
    if (want != NULL && value != NULL) {
        sema_want(c, value, want, t);
    } else if (t->cls == FCC_C_VOID || t->cls == FCC_C_NONE) {
        sema_diag(c, t->cls == FCC_C_VOID ? FGR_D_NO_VALUE : FGR_D_TYPE_NEEDED_HERE, value);
        t = &fcc_t_error;
    } else if (want == NULL && sema_is_basic(t, FGR_T_TEXT) && sema_name(c, &c->assigned, n->text, false) != NULL) {
        t = &fcc_t_text; /* what it may become later is not what it is now */
    }
    struct fcc_sym *s = sema_local(c, FCC_S_LOCAL, n, n->text, want != NULL ? want : t);
    taint_local(c, s);
    if (s != NULL && value != NULL && sema_is_option(s->type) && t->cls != FCC_C_NONE && !sema_is_option(t)) {
        sema_fact(c, sema_place_of(c, s), true);
    }
}

static bool assignable(const struct fgr_node *target)
{
    while (target->kind == FGR_INDEX ||
           (target->kind == FGR_MEMBER_OF && target->sym != NULL && target->sym->kind == FCC_S_FIELD)) {
        target = target->kid[0];
    }
    const struct fcc_sym *s = target->sym;
    bool loop = s != NULL && s->kind == FCC_S_LOCAL && s->decl != NULL && s->decl->kind == FGR_FOR;
    return s != NULL && !loop && (s->kind == FCC_S_VAR || s->kind == FCC_S_LOCAL || s->kind == FCC_S_CONTACT_FIELD);
}

static bool is_contact(const struct fgr_node *n)
{
    const struct fgr_node *object = n->kind == FGR_MEMBER_OF ? n->kid[FGR_MEMBER_OF_object] : NULL;
    return object != NULL && object->kind == FGR_NAME && sema_is(object->text, "contact", "contato");
}

/* The declared type of what is assigned, whatever is known of its present value. Sets target->type to it. */
static const struct fcc_type *target_type(struct ctx *c, struct fgr_node *target, unsigned *key_taint)
{
    c->taint = 0;
    c->writing = target->kind == FGR_NAME || is_contact(target);
    const struct fcc_type *t = sema_expr(c, target, NULL);
    c->writing = false;
    *key_taint = target->kind == FGR_INDEX ? c->taint : 0; /* a map keeps its keys */
    if (sema_is_error(t)) {
        return t;
    }
    if (!assignable(target)) {
        sema_diag(c, FGR_D_NOT_ASSIGNABLE, target);
        return sema_error(target);
    }
    if (target->kind == FGR_INDEX) {
        target->type = sema_open(t);
    } else if (target->sym != NULL) {
        target->type = target->sym->type;
    }
    return target->type;
}

static void stmt_assign(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *target = n->kid[FGR_ASSIGN_target], *value = n->kid[FGR_ASSIGN_value];
    unsigned key_taint;
    const struct fcc_type *want = target_type(c, target, &key_taint);
    if (target->sym != NULL && target->sym->uses > 0 && target->kind == FGR_NAME) {
        target->sym->uses--; /* writing is no use */
    }
    const struct fcc_type *t = value_else(c, value, n->kid[FGR_ASSIGN_else_action], want, false);
    sema_want(c, value, want, t);
    const struct fgr_node *root = target;
    while (root->kind == FGR_INDEX ||
           (root->kind == FGR_MEMBER_OF && root->sym != NULL && root->sym->kind == FCC_S_FIELD)) {
        root = root->kid[0];
    }
    c->taint |= key_taint;
    if (root->sym != NULL) {
        sema_sum_write(c, root->sym);
    }
    if (root->sym != NULL && root->sym->kind == FCC_S_LOCAL) {
        taint_local(c, root->sym);
    } else if (root->sym != NULL && !sema_is_error(want)) {
        sema_taint_into(c, value, target->sym != NULL ? target->sym : root->sym);
    }
    if (target->kind != FGR_INDEX && !sema_is_error(want)) {
        bool there = !sema_is_option(t) && t->cls != FCC_C_NONE;
        sema_fact(c, sema_place(c, target), there || !sema_is_option(want));
    }
}

static void stmt_return(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *value = n->kid[FGR_RETURN_value];
    bool returns = c->unit.kind == UNIT_FN || c->unit.kind == UNIT_FLOW || c->unit.kind == UNIT_TOOL;
    const struct fcc_type *want = returns ? c->unit.result : &fcc_t_error;
    if (!returns) {
        sema_diag(c, FGR_D_RETURN_OUTSIDE, n);
    }
    if (value != NULL && want->cls == FCC_C_VOID) {
        sema_diag(c, FGR_D_RETURN_NOTHING, value);
        want = &fcc_t_error;
    }
    if (value == NULL && want->cls != FCC_C_VOID && !sema_is_error(want)) {
        sema_arg_type(c, sema_diag(c, FGR_D_RETURN_VALUE, n), "type", want);
    }
    if (value != NULL) {
        const struct fcc_type *t = value_else(c, value, n->kid[FGR_RETURN_else_action], want, false);
        sema_want(c, value, want, t);
        if (c->unit.kind == UNIT_TOOL) {
            sema_taint_model(c, value);
        } else if (c->unit.sym != NULL) {
            sema_sym(c->unit.sym)->taint |= (uint8_t)c->taint;
        }
    }
    if ((c->unit.kind == UNIT_FLOW || c->unit.kind == UNIT_TOOL) && !c->path.dead) {
        sema_exit(c);
    }
    c->path.dead = true;
}

static void stmt_if(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *other = n->kid[FGR_IF_otherwise];
    sema_cond(c, n->kid[FGR_IF_cond]);
    struct fork f;
    sema_fork(c, &f);
    sema_assume(c, n->kid[FGR_IF_cond], true);
    sema_block(c, n->kid[FGR_IF_then]);
    sema_fork_next(c, &f);
    sema_assume(c, n->kid[FGR_IF_cond], false);
    if (other != NULL) {
        sema_action(c, other);
    }
    sema_fork_next(c, &f);
    sema_fork_join(c, &f);
}

static void stmt_say(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *value = n->kid[FGR_SAY_value], *other = n->kid[FGR_SAY_else_template];
    sema_may_act(c, n);
    c->taint = 0;
    const struct fcc_type *t = sema_expr_open(c, value, NULL);
    sema_taint_message(c, value);
    sema_channel_text(c, value, t, LIMIT_TEXT, FGR_D_TEXT_OVER_LIMIT);
    if (other != NULL) {
        sema_channel_template(c, other);
    }
    sema_path_send(c, n, other == NULL, other != NULL);
}

void sema_jump(struct ctx *c, struct fgr_node *n, struct fn_str stage)
{
    n->sym = sema_find(c, NS_STAGE, n, stage, FGR_D_STAGE_UNKNOWN, NULL);
    n->type = &fcc_t_void;
    if (c->unit.kind == UNIT_FN || c->unit.kind == UNIT_TOOL) {
        sema_diag(c, FGR_D_JUMP_OUTSIDE, n);
    } else if (n->sym != NULL && !c->path.dead && c->unit.graph != SEMA_NO_INDEX) {
        sema_graph_edge(c, c->unit.graph, sema_sym(n->sym)->graph, n);
    }
    c->path.dead = true;
}

/* A value that people of the team or the counters read, never the contact. */
static void plain_value(struct ctx *c, struct fgr_node *n)
{
    if (n != NULL) {
        c->taint = 0;
        const struct fcc_type *t = sema_expr_open(c, n, NULL);
        if (!sema_is_error(t) && !sema_is_textual(t) && t->cls != FCC_C_BASIC && t->cls != FCC_C_ENUM) {
            sema_arg_type(c, sema_diag(c, FGR_D_NOT_SHOWABLE, n), "type", t);
        }
        sema_taint_message(c, n);
    }
}

static void stmt_goal(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *value = n->kid[FGR_GOAL_value];
    if (value != NULL) {
        c->taint = 0;
        const struct fcc_type *t = sema_expr_open(c, value, NULL);
        if (!sema_is_error(t) && !sema_is_numeric(t) && !sema_is_basic(t, FGR_T_MONEY)) {
            sema_arg_type(c, sema_diag(c, FGR_D_GOAL_VALUE, value), "type", t);
        }
        sema_taint_message(c, value);
    }
}

static void stmt_tag(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *value = n->kid[FGR_TAG_value];
    if (value == NULL) {
        return;
    }
    if (value->kind == FGR_NAME && sema_lookup(c, NS_VALUE, value->text) == NULL) {
        value->type = &fcc_t_text; /* `tag vip`: the name itself */
        return;
    }
    plain_value(c, value);
}

static void stmt_save(struct ctx *c, struct fgr_node *n)
{
    n->sym = sema_table(c, n);
    const struct fcc_type *row = n->sym != NULL ? sema_type_of_decl(c, n->sym) : &fcc_t_error;
    c->taint = 0;
    sema_expr_to(c, n->kid[FGR_SAVE_value], row);
    n->type = row;
}

static void stmt_media(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *value = n->kid[FGR_SEND_MEDIA_value], *caption = n->kid[FGR_SEND_MEDIA_caption],
                    *other = n->kid[FGR_SEND_MEDIA_else_action];
    c->taint = 0;
    const struct fcc_type *t = sema_expr_open(c, value, NULL);
    bool good = sema_is_error(t) || sema_is_textual(t) || (sema_is_media(t) && t->basic == n->aux);
    if (!good) {
        sema_arg_type(c, sema_diag(c, FGR_D_MEDIA_VALUE, value), "type", t);
    }
    sema_taint_message(c, value);
    if (sema_is_textual(t)) {
        sema_taint_url(c, value); /* where it lies is another system, and WhatsApp asks it */
    }
    if (caption != NULL) {
        c->taint = 0;
        sema_channel_text(c, caption, sema_expr_open(c, caption, NULL), LIMIT_CAPTION, FGR_D_CAPTION_TOO_LONG);
        sema_taint_message(c, caption);
    }
    sema_path_send(c, n, true, false);
    if (other != NULL) {
        struct fork f;
        sema_fork(c, &f);
        sema_action(c, other);
        sema_fork_next(c, &f);
        sema_fork_next(c, &f);
        sema_fork_join(c, &f);
    }
}

static void stmt_do(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *value = n->kid[FGR_DO_value];
    if (is_bare_stage(c, value)) {
        bare_stage(c, value);
        return;
    }
    if (n->kid[FGR_DO_else_action] == NULL && is_misspelt_end(c, value)) {
        return;
    }
    const struct fcc_type *t = value_else(c, value, n->kid[FGR_DO_else_action], NULL, true);
    bool effect = can_fail(value) || value->kind == FGR_CALL;
    if (!effect && !sema_is_error(t)) {
        sema_diag(c, FGR_D_NO_EFFECT, value);
    }
    bool flow = value->kind == FGR_CALL && value->sym != NULL && value->sym->kind == FCC_S_FLOW;
    if (value->kind == FGR_CALL && !flow && !sema_is_error(t) && t->cls != FCC_C_VOID) {
        sema_diag(c, FGR_D_NO_EFFECT, value);
    }
}

static void stmt_split(struct ctx *c, struct fgr_node *n)
{
    int64_t sum = 0;
    struct fork f;
    sema_fork(c, &f);
    for (uint32_t i = 0; i < n->kid[FGR_SPLIT_arms]->n_items; i++) {
        struct fgr_node *arm = n->kid[FGR_SPLIT_arms]->items[i];
        const struct fgr_node *same = NULL; /* its people would be counted with this one's */
        for (uint32_t k = 0; k < i; k++) {
            const struct fgr_node *before = n->kid[FGR_SPLIT_arms]->items[k];
            same = arm->text.n != 0 && fn_str_eq(arm->text, before->text) ? before : same;
        }
        sema_once(c, arm, &same);
        sum += arm->num;
        sema_action(c, arm->kid[FGR_SPLIT_ARM_body]);
        sema_fork_next(c, &f);
    }
    sema_fork_join(c, &f);
    if (sum != 100) {
        sema_arg_num(c, sema_diag(c, FGR_D_SPLIT_PERCENT, n), "sum", sum);
    }
}

static void stmt_wait(struct ctx *c, struct fgr_node *n)
{
    bool until = n->kind == FGR_WAIT_UNTIL;
    sema_may_wait(c, n);
    sema_expr_to(c, n->kid[0], until ? &fcc_t_datetime : &fcc_t_duration);
    if (n->kid[0]->kind == FGR_DURATION && n->kid[0]->num <= 0) {
        sema_diag(c, FGR_D_TIME_ZERO, n->kid[0]);
    }
    sema_path_suspend(c, n);
    int64_t quiet = c->path.quiet;
    c->sleeps = true;
    sema_path_sleep(&c->path, until ? INT64_MAX / 4 : sema_constant_ms(n->kid[0], INT64_MAX / 4));
    if (until || n->kid[0]->kind != FGR_DURATION) {
        c->path.quiet = quiet; /* the moment may be now */
    }
    if (c->hub_phrase != SEMA_NO_INDEX && c->unit.graph != SEMA_NO_INDEX) {
        sema_graph_edge(c, c->unit.graph, c->hub_phrase, n);
    }
}

static void stmt_allow(struct ctx *c, struct fgr_node *n)
{
    const struct name *f = sema_name(c, &c->fields, n->text, false);
    n->sym = f != NULL ? f->in[NS_VALUE] : NULL;
    n->sym = n->sym != NULL ? n->sym : sema_find(c, NS_VALUE, n, n->text, FGR_D_NAME_UNKNOWN, NULL);
    struct fcc_sym **at = n->sym != NULL ? sema_push(c, &c->allows, sizeof *at) : NULL;
    if (at != NULL) {
        *at = n->sym;
        sema_sym(n->sym)->allowed++;
    }
}

static void stmt_react(struct ctx *c, struct fgr_node *value)
{
    c->taint = 0;
    const struct fcc_type *t = sema_expr_to(c, value, &fcc_t_text);
    sema_taint_message(c, value);
    sema_channel_text(c, value, t, LIMIT_REACTION, FGR_D_TEXT_OVER_LIMIT);
    c->messages++;
}

static void other_stmt(struct ctx *c, struct fgr_node *n)
{
    switch (n->kind) {
    case FGR_ALLOW: stmt_allow(c, n); break;
    case FGR_GOAL: stmt_goal(c, n); break;
    case FGR_TAG: stmt_tag(c, n); break;
    case FGR_SAVE: stmt_save(c, n); break;
    case FGR_DELETE:
        n->sym = sema_table(c, n);
        sema_table_key(c, n->sym, n->kid[FGR_DELETE_key]);
        break;
    case FGR_NOTIFY:
        plain_value(c, n->kid[FGR_NOTIFY_team]);
        plain_value(c, n->kid[FGR_NOTIFY_value]);
        c->messages++; /* to the team: no loop sends it those without end either */
        break;
    case FGR_REACT: stmt_react(c, n->kid[FGR_REACT_value]); break;
    case FGR_TYPING:
        if (n->kid[FGR_TYPING_time] != NULL) {
            sema_expr_to(c, n->kid[FGR_TYPING_time], &fcc_t_duration);
        }
        break;
    case FGR_SEND_TEMPLATE:
        sema_channel_template(c, n);
        sema_path_send(c, n, false, true);
        break;
    case FGR_SEND_MEDIA: stmt_media(c, n); break;
    default: break;
    }
    sema_may_act(c, n);
}

void sema_stmt(struct ctx *c, struct fgr_node *n)
{
    switch (n->kind) {
    case FGR_BLOCK: sema_block(c, n); break;
    case FGR_SAY: stmt_say(c, n); break;
    case FGR_ASK:
    case FGR_CHOOSE:
    case FGR_WAIT_MESSAGE:
    case FGR_WAIT_EVENT:
    case FGR_TALK:
    case FGR_HANDOFF: sema_question(c, n); break;
    case FGR_CLASSIFY: sema_classify(c, n); break;
    case FGR_WAIT_FOR:
    case FGR_WAIT_UNTIL: stmt_wait(c, n); break;
    case FGR_JUMP: sema_jump(c, n, n->text); break;
    case FGR_END:
        if (c->unit.kind == UNIT_FN || c->unit.kind == UNIT_TOOL) {
            sema_diag(c, FGR_D_JUMP_OUTSIDE, n);
        }
        sema_path_suspend(c, n);
        c->path.dead = true;
        break;
    case FGR_RETURN: stmt_return(c, n); break;
    case FGR_IF: stmt_if(c, n); break;
    case FGR_MATCH: sema_match(c, n); break;
    case FGR_FOR:
    case FGR_WHILE: sema_loop(c, n); break;
    case FGR_LET: stmt_let(c, n); break;
    case FGR_ASSIGN: stmt_assign(c, n); break;
    case FGR_DO: stmt_do(c, n); break;
    case FGR_SPLIT: stmt_split(c, n); break;
    default: other_stmt(c, n); break;
    }
}

void sema_action(struct ctx *c, struct fgr_node *n)
{
    if (n == NULL) {
        return;
    }
    if (c->depth >= SEMA_DEPTH) {
        if (!c->deep) {
            sema_diag(c, FGR_D_TOO_COMPLEX, n);
            c->deep = true;
        }
        return;
    }
    c->depth++;
    sema_stmt(c, n);
    c->depth--;
}

/* The parser makes a tree from its leaves up and in the order of the source, so that the whole next statement lies between this one's node and
 * its own. In a large source it has left the cache by now; it comes back while this one is checked (docs/decisions/0020). */
static void fetch_next(const struct fgr_node *now, const struct fgr_node *next)
{
    size_t lines = ((uintptr_t)next - (uintptr_t)now) / CACHE_LINE + 1;
    lines = lines < FETCH_MOST ? lines : FETCH_MOST;
    for (size_t i = 0; i < lines; i++) {
        __builtin_prefetch((const char *)next - i * CACHE_LINE);
    }
}

void sema_block(struct ctx *c, struct fgr_node *block)
{
    if (block == NULL) {
        return;
    }
    if (block->kind != FGR_BLOCK) {
        sema_action(c, block);
        return;
    }
    uint32_t mark = sema_scope(c), allows = c->allows.n;
    const struct fgr_node *stmts = block->kid[FGR_BLOCK_stmts];
    bool told = c->path.dead;
    for (uint32_t i = 0; i < stmts->n_items && !c->full; i++) {
        if (c->path.dead && !told) {
            fn_diag_label(sema_diag(c, FGR_D_UNREACHABLE_CODE, stmts->items[i]), stmts->items[i - 1]->span,
                          FGR_L_LEAVES_HERE);
            told = true;
        }
        if (i + 1 < stmts->n_items) {
            fetch_next(stmts->items[i], stmts->items[i + 1]);
        }
        sema_action(c, stmts->items[i]);
    }
    for (; c->allows.n > allows; c->allows.n--) {
        sema_sym(SEMA_AT(c->allows, struct fcc_sym *, c->allows.n - 1))->allowed--;
    }
    sema_scope_end(c, mark);
}
