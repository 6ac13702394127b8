/* emit_talk.c: a conversation with an agent.
 *
 *     round: ask the agent (message, or results of tools); no answer -> failed
 *            it says something -> say
 *            it calls a tool   -> arguments checked against the tool's types, body runs, result goes back; at most four rounds a turn
 *            it is done        -> done, but not before the customer has answered once
 *     wait for the next message; after `limit` messages -> limit
 * The reply is JSON {say?, done?, call?{id, tool, args}} (hosts.def); only the tools the agent lists are known here.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit_call.h"

enum { ROUNDS_MAX = 4, REPLY_SAY = 0, REPLY_DONE, REPLY_CALL, CALL_ID = 0, CALL_TOOL, CALL_ARGS };

struct talk {
    const struct fgr_node *n, *branches;
    const struct fcc_question *q;
    const struct fcc_sym *agent;
    uint16_t t_call, t_some_call, t_reply, t_some_reply, t_some_bool, wait;
    unsigned message, results, messages, rounds, spoke, has;
    unsigned reply, call, args; /* of this round */
    uint32_t round, failed, done;
};

static void talk_types(struct emit *e, struct talk *t)
{
    const uint16_t some_json = fbc_build_type_of(e->b, FBC_T_OPTION, fbc_build_type(e->b, FBC_T_JSON, 0), 0);
    const struct fbc_field call[] = {
        {FN_STR("id"), e->t_some_text}, {FN_STR("tool"), e->t_some_text}, {FN_STR("args"), some_json}};
    t->t_call = fbc_build_record(e->b, FN_STR("talk_call"), call, 3);
    t->t_some_call = fbc_build_type_of(e->b, FBC_T_OPTION, t->t_call, 0);
    t->t_some_bool = fbc_build_type_of(e->b, FBC_T_OPTION, e->t_bool, 0);
    const struct fbc_field reply[] = {
        {FN_STR("say"), e->t_some_text}, {FN_STR("done"), t->t_some_bool}, {FN_STR("call"), t->t_some_call}};
    t->t_reply = fbc_build_record(e->b, FN_STR("talk_reply"), reply, 3);
    t->t_some_reply = fbc_build_type_of(e->b, FBC_T_OPTION, t->t_reply, 0);
}

/* Field `index` of a record, opened into dest; goes to `none` when it is absent. */
static void open_field(struct emit *e, const struct talk *t, unsigned record, unsigned index, uint16_t some,
                       unsigned dest, uint32_t none)
{
    unsigned mark = emit_mark(e), value = emit_reg(e, some);
    emit_op(e, FBC_OP_GETF, value, record, index);
    emit_unwrap(e, value, t->has, dest, none);
    emit_release(e, mark);
}

static unsigned ask_agent(struct emit *e, const struct talk *t)
{
    unsigned reply = emit_reg(e, t->t_reply), mark = emit_mark(e), some = emit_reg(e, t->t_some_reply),
             json = emit_reg(e, e->t_text);
    unsigned w = emit_host(e, FBC_HOST_talk, e->t_some_text);
    emit_load_text(e, w + 1, t->agent->name);
    emit_op(e, FBC_OP_MOV, w + 2, t->message, 0);
    emit_op(e, FBC_OP_MOV, w + 3, t->results, 0);
    emit_op(e, FBC_OP_ZERO, t->results, 0, 0); /* the call has it now: not worth saving while it is answered */
    emit_host_run(e, FBC_HOST_talk, w);
    emit_unwrap(e, w, t->has, json, t->failed);
    emit_op(e, FBC_OP_DECODE, some, json, 0);
    emit_unwrap(e, some, t->has, reply, t->failed);
    emit_release(e, mark);
    return reply;
}

static void say_reply(struct emit *e, const struct talk *t, unsigned reply)
{
    uint32_t none = emit_label(e);
    unsigned mark = emit_mark(e), w = emit_effect(e, FBC_HOST_say), empty = emit_text_const(e, FN_STR(""));
    open_field(e, t, reply, REPLY_SAY, e->t_some_text, w, none);
    emit_op(e, FBC_OP_EQT, t->has, w, empty);
    emit_jump_if(e, t->has, true, none);
    emit_effect_run(e, FBC_HOST_say, w);
    emit_place(e, none);
    emit_release(e, mark);
}

/* -- tools ---------------------------------------------------------------------------------------------------------------------------- */

static struct fcc_sym *tool_named(const struct emit *e, struct fn_str name)
{
    for (uint32_t i = 0; i < e->p->n_syms; i++) {
        if (e->p->syms[i]->kind == FCC_S_TOOL && fn_str_eq(e->p->syms[i]->name, name)) {
            return e->p->syms[i];
        }
    }
    return NULL;
}

/* Calls the tool with the fields of `args`; its result as JSON into dest. */
static void run_tool(struct emit *e, const struct talk *t, struct fcc_sym *tool, unsigned args, unsigned dest)
{
    const struct fgr_node *params = tool->decl->kid[FGR_TOOL_params];
    bool has_result = tool->type != NULL && tool->type->cls != FCC_C_VOID;
    uint16_t types[FBC_FIELDS_MAX + 1];
    types[0] = has_result ? emit_type(e, tool->type) : e->t_bool;
    uint32_t n = params->n_items < EMIT_WINDOW_MAX ? params->n_items : EMIT_WINDOW_MAX;
    for (uint32_t i = 0; i < n; i++) {
        types[1 + i] = emit_type(e, emit_field_type(params->items[i]));
    }
    unsigned w = emit_window(e, types, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        emit_op(e, FBC_OP_GETF, w + 1 + i, args, i);
    }
    /* What the agent said and asked is of any size, and done with: a tool that waits saves its arguments. */
    const unsigned done[] = {t->message, t->reply, t->call, t->args, args};
    for (size_t i = 0; i < FN_COUNT(done); i++) {
        emit_op(e, FBC_OP_ZERO, done[i], 0, 0);
    }
    emit_call_waiting(e, w, emit_func(e, tool));
    if (has_result) {
        emit_op(e, FBC_OP_ENCODE, dest, w, 0);
    } else {
        emit_load_text(e, dest, FN_STR("null"));
    }
}

static void tool_arm(struct emit *e, struct talk *t, struct fcc_sym *tool, unsigned call, unsigned result, uint32_t bad)
{
    uint16_t record = emit_record_of(e, tool->name, tool->decl->kid[FGR_TOOL_params]);
    unsigned mark = emit_mark(e), some = emit_reg(e, fbc_build_type_of(e->b, FBC_T_OPTION, record, 0)),
             args = emit_reg(e, record), json = emit_reg(e, fbc_build_type(e->b, FBC_T_JSON, 0));
    uint16_t some_json = fbc_build_type_of(e->b, FBC_T_OPTION, fbc_build_type(e->b, FBC_T_JSON, 0), 0);
    open_field(e, t, call, CALL_ARGS, some_json, json, bad);
    emit_op(e, FBC_OP_DECODE, some, json, 0);
    emit_fits_params(e, some, record, tool->decl->kid[FGR_TOOL_params]);
    emit_unwrap(e, some, t->has, args, bad);
    t->args = json;
    run_tool(e, t, tool, args, result);
    emit_release(e, mark);
}

/* [{"id":ID,"result":RESULT}], where RESULT is JSON already. */
static void put_results(struct emit *e, const struct talk *t, unsigned id, unsigned result)
{
    const uint16_t five[] = {e->t_text, e->t_text, e->t_text, e->t_text, e->t_text};
    unsigned mark = emit_mark(e), w = emit_window(e, five, 5);
    emit_load_text(e, w, FN_STR("[{\"id\":"));
    emit_op(e, FBC_OP_ENCODE, w + 1, id, 0);
    emit_load_text(e, w + 2, FN_STR(",\"result\":"));
    emit_op(e, FBC_OP_MOV, w + 3, result, 0);
    emit_load_text(e, w + 4, FN_STR("}]"));
    emit_op(e, FBC_OP_CAT, t->results, w, 5);
    emit_release(e, mark);
}

static void dispatch(struct emit *e, struct talk *t, unsigned call)
{
    const struct fgr_node *props = t->agent->decl->kid[FGR_AGENT_props];
    uint32_t bad = emit_label(e), ready = emit_label(e);
    unsigned id = emit_reg(e, e->t_text), name = emit_reg(e, e->t_text), result = emit_reg(e, e->t_text);
    emit_op(e, FBC_OP_ZERO, id, 0, 0);
    open_field(e, t, call, CALL_ID, e->t_some_text, id, bad);
    open_field(e, t, call, CALL_TOOL, e->t_some_text, name, bad);
    for (uint32_t i = 0; i < props->n_items; i++) {
        struct fcc_sym *tool = props->items[i]->aux == FGR_P_CAN ? tool_named(e, props->items[i]->text) : NULL;
        if (tool == NULL) {
            continue;
        }
        uint32_t next = emit_label(e);
        unsigned mark = emit_mark(e);
        emit_op(e, FBC_OP_EQT, t->has, name, emit_text_const(e, tool->name));
        emit_release(e, mark);
        emit_jump_if(e, t->has, false, next);
        tool_arm(e, t, tool, call, result, bad);
        emit_jump(e, ready);
        emit_place(e, next);
    }
    emit_place(e, bad);
    emit_load_text(e, result, FN_STR("{\"error\":\"no such tool, or arguments of the wrong types\"}"));
    emit_place(e, ready);
    put_results(e, t, id, result);
}

static void tool_round(struct emit *e, struct talk *t, unsigned reply, uint32_t no_call)
{
    unsigned mark = emit_mark(e), call = emit_reg(e, t->t_call), over = emit_reg(e, e->t_bool);
    open_field(e, t, reply, REPLY_CALL, t->t_some_call, call, no_call);
    emit_op(e, FBC_OP_ADDK, t->rounds, t->rounds, 1);
    emit_op(e, FBC_OP_LTI, over, emit_int(e, ROUNDS_MAX), t->rounds);
    emit_jump_if(e, over, true, t->failed);
    t->reply = reply;
    t->call = call;
    dispatch(e, t, call);
    emit_op(e, FBC_OP_ZERO, t->message, 0, 0);
    emit_op(e, FBC_OP_ZERO, reply, 0, 0);
    emit_release(e, mark); /* before the jump, which forgets them: the next round does not save what this one had */
    emit_jump(e, t->round);
}

/* -- the loop --------------------------------------------------------------------------------------------------------------------------- */

static void branch(struct emit *e, const struct talk *t, enum fgr_branch kind, const char *name)
{
    const struct fgr_node *b = emit_branch(t->branches, kind);
    emit_count(e, FBC_COUNT_BRANCH, fn_arena_printf(e->arena, "%.*s/%s", FN_STR_ARG(t->q->name), name));
    emit_action(e, b != NULL ? b->kid[FGR_BRANCH_action] : NULL);
    emit_jump(e, t->done);
}

static void is_done(struct emit *e, const struct talk *t, unsigned reply, uint32_t go_on)
{
    unsigned mark = emit_mark(e), flag = emit_reg(e, e->t_bool);
    open_field(e, t, reply, REPLY_DONE, t->t_some_bool, flag, go_on);
    emit_jump_if(e, flag, false, go_on);
    emit_jump_if(e, t->spoke, false, go_on);
    emit_op(e, FBC_OP_ZERO, reply, 0, 0);
    branch(e, t, FGR_BR_DONE, "done");
    emit_release(e, mark);
}

static void next_message(struct emit *e, const struct talk *t)
{
    const struct fgr_node *limit = emit_branch(t->branches, FGR_BR_LIMIT);
    uint32_t message = emit_label(e), silent = emit_label(e), more = emit_label(e), ready = emit_label(e);
    unsigned mark = emit_mark(e);
    int64_t otherwise = t->q->silence_time == NULL ? EMIT_MS_DAY : 0;
    emit_op(e, FBC_OP_ZERO, t->message, 0, 0); /* answered: not worth saving with the conversation */
    emit_op(e, FBC_OP_ZERO, t->reply, 0, 0);
    unsigned woke = emit_await(e, t->wait, emit_deadline(e, t->q->silence_time, otherwise));
    emit_switch(e, woke, (const uint32_t[]){message, silent}, 2);
    emit_place(e, silent);
    emit_silence(e, t->q, t->done);
    emit_place(e, message);
    if (limit != NULL) {
        unsigned over = emit_reg(e, e->t_bool);
        emit_op(e, FBC_OP_ADDK, t->messages, t->messages, 1);
        emit_op(e, FBC_OP_LTI, over, emit_int(e, limit->num), t->messages);
        emit_jump_if(e, over, false, more);
        branch(e, t, FGR_BR_LIMIT, "limit");
    }
    emit_place(e, more);
    emit_input(e, t->message, FBC_IN_TEXT);
    emit_media(e, t->q, t->message, ready, t->done);
    emit_place(e, ready);
    emit_keep_message(e, t->message, false);
    emit_op16(e, FBC_OP_GETG, t->message, e->message);
    emit_op(e, FBC_OP_ZERO, t->results, 0, 0);
    emit_op(e, FBC_OP_ZERO, t->rounds, 0, 0);
    emit_op(e, FBC_OP_LOADB, t->spoke, 1, 0);
    emit_jump(e, t->round);
    emit_release(e, mark);
}

static void talk_failed(struct emit *e, const struct talk *t)
{
    emit_place(e, t->failed);
    emit_op(e, FBC_OP_ZERO, t->reply, 0, 0);
    emit_count(e, FBC_COUNT_BRANCH, fn_arena_printf(e->arena, "%.*s/failed", FN_STR_ARG(t->q->name)));
    if (t->q->failed_action == NULL) {
        emit_op(e, FBC_OP_FAIL, 1, 0, 0);
    }
    emit_action(e, t->q->failed_action);
}

static bool talk_begin(struct emit *e, struct talk *t, const struct fgr_node *n)
{
    *t = (struct talk){
        .n = n, .branches = n->kid[FGR_TALK_branches], .q = emit_question(e, n), .agent = n->kid[FGR_TALK_agent]->sym};
    if (t->q == NULL || t->agent == NULL) {
        emit_fail(e, FN_UNSUPPORTED, "an agent is not bound");
        return false;
    }
    talk_types(e, t);
    t->message = emit_reg(e, e->t_text);
    t->results = emit_reg(e, e->t_text);
    t->messages = emit_int(e, 0);
    t->rounds = emit_int(e, 0);
    t->spoke = emit_reg(e, e->t_bool);
    t->has = emit_reg(e, e->t_bool);
    t->round = emit_label(e);
    t->failed = emit_label(e);
    t->done = emit_label(e);
    struct emit_wait w = {.name = emit_question_wait(e, t->q),
                          .flags = FBC_WAIT_MESSAGE | FBC_WAIT_TIMER | FBC_WAIT_PHRASES,
                          .event = FBC_NO_INDEX,
                          .settle = t->q->settle,
                          .max = t->q->settle_max};
    t->wait = emit_wait_row(e, &w);
    emit_question_row(e, t->q, t->wait, NULL, 0);
    return true;
}

void emit_talk(struct emit *e, const struct fgr_node *n)
{
    struct talk t;
    if (!talk_begin(e, &t, n)) {
        return;
    }
    uint32_t no_call = emit_label(e), go_on = emit_label(e);
    emit_op16(e, FBC_OP_GETG, t.message, e->message);
    emit_op(e, FBC_OP_ZERO, t.results, 0, 0);
    emit_op(e, FBC_OP_LOADB, t.spoke, 0, 0);
    emit_place(e, t.round);
    unsigned reply = ask_agent(e, &t);
    say_reply(e, &t, reply);
    tool_round(e, &t, reply, no_call);
    emit_place(e, no_call);
    is_done(e, &t, reply, go_on);
    emit_place(e, go_on);
    next_message(e, &t);
    talk_failed(e, &t);
    emit_place(e, t.done);
}
