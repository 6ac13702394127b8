/* emit_wait.c: wait points: their rows, silence, wait for a time, a message, an event, the team.
 *
 * A wait's name is stable: the question's own, or the unit's with a number. An action of `always` may be written in several places; its
 * questions then get a number behind the name, because a name belongs to one AWAIT.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

enum { SETTLE_FACTOR = 4, SILENCE_MS = EMIT_MS_DAY /* what a question that says nothing waits before it ends */ };

static uint32_t constant_ms(const struct fgr_node *n)
{
    return n != NULL && n->kind == FGR_DURATION && n->num > 0 && n->num <= EMIT_MS_DAY ? (uint32_t)n->num : 0;
}

uint16_t emit_wait_row(struct emit *e, const struct emit_wait *w)
{
    uint32_t settle = constant_ms(w->settle), most = constant_ms(w->max);
    if (settle != 0 && most < settle) {
        most = settle > EMIT_MS_DAY / SETTLE_FACTOR ? (uint32_t)EMIT_MS_DAY : settle * SETTLE_FACTOR;
    }
    struct fbc_wait row = {w->name, (uint16_t)w->flags, w->event, settle, settle == 0 ? 0 : most};
    return fbc_build_wait(e->b, &row);
}

unsigned emit_await(struct emit *e, uint16_t wait, unsigned deadline)
{
    unsigned woke = emit_reg(e, e->t_int);
    emit_forget(e);
    emit_op(e, FBC_OP_AWAIT, woke, deadline, 0);
    uint32_t ext = fbc_word24(FBC_OP_EXT, wait);
    emit_op(e, FBC_OP_EXT, FBC_A(ext), FBC_B(ext), FBC_C(ext));
    return woke;
}

unsigned emit_deadline(struct emit *e, const struct fgr_node *time, int64_t otherwise)
{
    unsigned at = emit_reg(e, e->t_int);
    if (time == NULL && otherwise == 0) {
        emit_op(e, FBC_OP_ZERO, at, 0, 0);
        return at;
    }
    unsigned mark = emit_mark(e), ms = time != NULL ? emit_value(e, time, &fcc_t_duration) : emit_int(e, otherwise);
    emit_op(e, FBC_OP_NOW, at, 0, 0);
    emit_op(e, FBC_OP_ADDI, at, at, ms);
    emit_release(e, mark);
    return at;
}

const struct fcc_question *emit_question(struct emit *e, const struct fgr_node *n)
{
    const struct fcc_question *q = fcc_question_of(e->p, n);
    if (q == NULL) {
        emit_fail(e, FN_UNSUPPORTED, "a question has no answers");
    }
    return q;
}

struct fn_str emit_question_wait(struct emit *e, const struct fcc_question *q)
{
    uint32_t times = ++e->times[q - e->p->questions];
    return times == 1 ? q->name : fn_arena_printf(e->arena, "%.*s#%u", FN_STR_ARG(q->name), (unsigned)times);
}

void emit_question_row(struct emit *e, const struct fcc_question *q, uint16_t wait, const struct fn_str *options,
                       unsigned n)
{
    if (e->times[q - e->p->questions] > 1) {
        return;
    }
    struct fbc_question row = {q->name, e->unit.stage, wait, (uint16_t)n, options};
    fbc_build_question(e->b, &row);
}

const struct fgr_node *emit_branch(const struct fgr_node *branches, enum fgr_branch kind)
{
    for (uint32_t i = 0; branches != NULL && i < branches->n_items; i++) {
        if (branches->items[i]->kind == FGR_BRANCH && branches->items[i]->aux == kind) {
            return branches->items[i];
        }
    }
    return NULL;
}

static struct fn_str branch_name(struct emit *e, struct fn_str question, const char *branch)
{
    return fn_arena_printf(e->arena, "%.*s/%s", FN_STR_ARG(question), branch);
}

void emit_silence(struct emit *e, const struct fcc_question *q, uint32_t done)
{
    emit_count(e, FBC_COUNT_BRANCH, branch_name(e, q->name, "silence"));
    if (q->silence_action == NULL) {
        emit_op(e, FBC_OP_END, 0, 0, 0);
        return;
    }
    emit_action(e, q->silence_action);
    emit_jump(e, done);
}

/* -- time ------------------------------------------------------------------------------------------------------------------------- */

static struct fn_str timer_name(struct emit *e)
{
    return fn_arena_printf(e->arena, "%.*s/wait:%u", FN_STR_ARG(e->unit.name), (unsigned)++e->unit.n_waits);
}

static void wait_time(struct emit *e, const struct fgr_node *n)
{
    unsigned at;
    if (n->kind == FGR_WAIT_FOR) {
        at = emit_deadline(e, n->kid[FGR_WAIT_FOR_time], 0);
    } else {
        at = emit_value(e, n->kid[FGR_WAIT_UNTIL_time], emit_open(n->kid[FGR_WAIT_UNTIL_time]->type));
        if (emit_is(n->kid[FGR_WAIT_UNTIL_time]->type, FGR_T_DATE)) { /* its first moment */
            unsigned w = emit_native(e, FBC_NATIVE_datetime_of, e->t_int);
            emit_op(e, FBC_OP_MOV, w + 1, at, 0);
            emit_op(e, FBC_OP_ZERO, w + 2, 0, 0);
            emit_load_text(e, w + 3, e->timezone);
            emit_native_run(e, FBC_NATIVE_datetime_of, w);
            at = w;
        }
    }
    struct emit_wait w = {.name = timer_name(e), .flags = FBC_WAIT_TIMER | FBC_WAIT_PHRASES, .event = FBC_NO_INDEX};
    (void)emit_await(e, emit_wait_row(e, &w), at);
}

/* -- message and event --------------------------------------------------------------------------------------------------------------- */

static int64_t silence_otherwise(const struct fcc_question *q)
{
    return q->silence_time == NULL ? (int64_t)SILENCE_MS : 0;
}

static void wait_message(struct emit *e, const struct fgr_node *n)
{
    const struct fcc_question *q = emit_question(e, n);
    if (q == NULL) {
        return;
    }
    struct emit_wait w = {.name = emit_question_wait(e, q),
                          .flags = FBC_WAIT_MESSAGE | FBC_WAIT_TIMER | FBC_WAIT_PHRASES,
                          .event = FBC_NO_INDEX,
                          .settle = q->settle,
                          .max = q->settle_max};
    uint32_t message = emit_label(e), silent = emit_label(e), done = emit_label(e);
    uint16_t row = emit_wait_row(e, &w);
    unsigned mark = emit_mark(e);
    emit_question_row(e, q, row, NULL, 0);
    unsigned woke = emit_await(e, row, emit_deadline(e, q->silence_time, silence_otherwise(q)));
    emit_switch(e, woke, (const uint32_t[]){message, silent}, 2);
    emit_place(e, silent);
    emit_release(e, mark);
    emit_silence(e, q, done);
    emit_place(e, message);
    unsigned text = emit_reg(e, e->t_text);
    emit_input(e, text, FBC_IN_TEXT);
    emit_keep_message(e, text, false);
    emit_release(e, mark);
    emit_count(e, FBC_COUNT_ANSWER, q->name);
    emit_place(e, done);
}

/* The fields of the event into the names it binds, locals or variables. To `again` when it is none. */
void emit_bind_event(struct emit *e, const struct fcc_sym *event, const struct fgr_node *binds, uint32_t again)
{
    const struct fgr_node *params = event->decl->kid[FGR_EVENT_params];
    uint16_t record = emit_record_of(e, event->name, params);
    unsigned some = emit_reg(e, fbc_build_type_of(e->b, FBC_T_OPTION, record, 0)), has = emit_reg(e, e->t_bool),
             row = emit_reg(e, record), json = emit_reg(e, e->t_text);
    uint32_t fits = emit_label(e);
    emit_input(e, json, FBC_IN_EVENT);
    emit_op(e, FBC_OP_DECODE, some, json, 0);
    emit_fits_params(e, some, record, params);
    emit_op(e, FBC_OP_HAS, has, some, 0);
    emit_jump_if(e, has, true, fits);
    emit_jump(e, again);
    emit_place(e, fits);
    emit_op(e, FBC_OP_OPEN, row, some, 0);
    for (uint32_t i = 0; binds != NULL && i < binds->n_items && i < params->n_items; i++) {
        if (binds->items[i]->sym != NULL) {
            const struct fcc_type *t = emit_field_type(params->items[i]);
            unsigned field = emit_reg(e, emit_type(e, t));
            emit_op(e, FBC_OP_GETF, field, row, i);
            emit_store(e, binds->items[i], field, t);
        }
    }
}

static void wait_event(struct emit *e, const struct fgr_node *n)
{
    const struct fcc_question *q = emit_question(e, n);
    const struct fgr_node *binds = n->kid[FGR_WAIT_EVENT_binds];
    if (q == NULL || n->sym == NULL) {
        emit_fail(e, FN_UNSUPPORTED, "an event is not bound");
        return;
    }
    for (uint32_t i = 0; binds != NULL && i < binds->n_items; i++) {
        if (binds->items[i]->sym != NULL) {
            emit_local(e, binds->items[i]->sym);
        }
    }
    struct emit_wait w = {.name = emit_question_wait(e, q),
                          .flags = FBC_WAIT_EVENT | FBC_WAIT_TIMER | FBC_WAIT_PHRASES,
                          .event = (uint16_t)(n->sym->slot - 1)};
    uint32_t again = emit_label(e), event = emit_label(e), silent = emit_label(e), done = emit_label(e);
    uint16_t row = emit_wait_row(e, &w);
    unsigned mark = emit_mark(e);
    emit_question_row(e, q, row, NULL, 0);
    unsigned deadline =
        emit_deadline(e, q->silence_time, silence_otherwise(q)); /* events that do not fit do not move it */
    emit_place(e, again);
    unsigned woke = emit_await(e, row, deadline);
    emit_switch(e, woke, (const uint32_t[]){event, silent, event}, 3);
    emit_place(e, silent);
    emit_silence(e, q, done);
    emit_place(e, event);
    emit_bind_event(e, n->sym, binds, again);
    if (n->kid[FGR_WAIT_EVENT_where] != NULL) {
        uint32_t fits = emit_label(e);
        emit_cond(e, n->kid[FGR_WAIT_EVENT_where], true, fits);
        emit_jump(e, again);
        emit_place(e, fits);
    }
    emit_count(e, FBC_COUNT_ANSWER, q->name);
    emit_place(e, done);
    emit_release(e, mark);
}

void emit_wait_stmt(struct emit *e, const struct fgr_node *n)
{
    if (n->kind == FGR_WAIT_MESSAGE) {
        wait_message(e, n);
    } else if (n->kind == FGR_WAIT_EVENT) {
        wait_event(e, n);
    } else {
        wait_time(e, n);
    }
}

/* -- the team ------------------------------------------------------------------------------------------------------------------------- */

void emit_handoff(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *note = n->kid[FGR_HANDOFF_note], *team = n->kid[FGR_HANDOFF_team];
    const struct fcc_question *q = fcc_question_of(e->p, n);
    const struct fgr_node *silence = emit_branch(n->kid[FGR_HANDOFF_branches], FGR_BR_SILENCE);
    uint32_t back = emit_label(e), silent = emit_label(e);
    unsigned w = emit_effect(e, FBC_HOST_handoff);
    if (team != NULL) {
        emit_show(e, team, w);
    } else {
        emit_op(e, FBC_OP_ZERO, w, 0, 0);
    }
    if (note != NULL) {
        emit_show(e, note, w + 1);
    } else {
        emit_op(e, FBC_OP_ZERO, w + 1, 0, 0);
    }
    emit_effect_run(e, FBC_HOST_handoff, w);
    struct emit_wait wait = {.name = q != NULL ? emit_question_wait(e, q) : timer_name(e),
                             .flags = FBC_WAIT_HANDBACK | (silence != NULL ? (unsigned)FBC_WAIT_TIMER : 0u),
                             .event = FBC_NO_INDEX};
    uint16_t row = emit_wait_row(e, &wait);
    unsigned woke = emit_await(e, row, emit_deadline(e, silence != NULL ? silence->kid[FGR_BRANCH_value] : NULL, 0));
    emit_switch(e, woke, (const uint32_t[]){back, silent}, 2);
    emit_jump(e, back);
    emit_place(e, silent);
    if (silence != NULL) {
        emit_action(e, silence->kid[FGR_BRANCH_action]);
    }
    emit_place(e, back);
}
