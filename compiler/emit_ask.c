/* emit_ask.c: ask and choose.
 *
 *     say the prompt
 *     again:  wait for a message until `silence`
 *             media that is not wanted -> media, or invalid
 *             read it as the type; does not fit -> invalid
 *             keep it; each check that fails puts the old value back -> invalid with its own text
 *     invalid: `times` sentences, then failed
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

enum { OPTIONS_MAX = 1000 };

struct ask {
    const struct fgr_node *n, *branches;
    const struct fcc_question *q;
    const struct fcc_type *type; /* of the answer; NULL in choose */
    struct emit_retry retry;
    uint32_t done, invalid;
    unsigned text; /* the answer as typed */
    uint16_t wait;
};

static bool is_personal(const struct fgr_node *question)
{
    return question->kind == FGR_ASK && (question->flags & FGR_PERSONAL) != 0;
}

static void branch_count(struct emit *e, const struct fcc_question *q, const char *branch)
{
    emit_count(e, FBC_COUNT_BRANCH, fn_arena_printf(e->arena, "%.*s/%s", FN_STR_ARG(q->name), branch));
}

enum { NOT_SHOWN = -1 };

/* `shown`: the register of the text when it is there already, or NOT_SHOWN. */
static void invalid(struct emit *e, const struct emit_retry *r, const struct fcc_type *t, bool choose,
                    const struct fgr_node *text, int shown)
{
    const struct fcc_question *q = r->q;
    unsigned mark = emit_mark(e), over = emit_reg(e, e->t_bool);
    emit_op(e, FBC_OP_ADDK, r->tries, r->tries, 1);
    emit_op(e, FBC_OP_LTI, over, emit_int(e, q->invalid_times), r->tries);
    emit_jump_if(e, over, true, r->failed);
    branch_count(e, q, "invalid");
    text = text != NULL ? text : q->invalid_text;
    if (text != NULL) {
        unsigned w = emit_effect(e, FBC_HOST_say);
        if (shown == NOT_SHOWN) {
            emit_show(e, text, w);
        } else {
            emit_op(e, FBC_OP_MOV, w, (unsigned)shown, 0);
        }
        emit_personal(e, text);
        emit_effect_run(e, FBC_HOST_say, w);
        if (shown != NOT_SHOWN) {
            emit_op(e, FBC_OP_ZERO, (unsigned)shown, 0, 0); /* nor is it saved while the question waits again */
        }
    } else if (q->invalid_action == NULL) {
        emit_say_text(e, emit_sentence(e, t, choose));
    }
    emit_action(e, q->invalid_action);
    emit_release(e, mark);
    emit_jump(e, r->again);
}

/* A wrong answer: the sentence while there are tries left, then again; else failed. */
void emit_invalid(struct emit *e, const struct emit_retry *r, const struct fcc_type *t, bool choose,
                  const struct fgr_node *text)
{
    invalid(e, r, t, choose, text, NOT_SHOWN);
}

static void failed(struct emit *e, const struct ask *a)
{
    emit_place(e, a->retry.failed);
    branch_count(e, a->q, "failed");
    if (a->q->failed_action == NULL) {
        emit_op(e, FBC_OP_FAIL, 1, 0, 0); /* the runtime goes to `on error` */
        return;
    }
    emit_action(e, a->q->failed_action);
    emit_jump(e, a->done);
}

/* AWAIT and the branch of silence; goes on where a message came. */
static void await_answer(struct emit *e, struct ask *a)
{
    uint32_t message = emit_label(e), silent = emit_label(e);
    unsigned mark = emit_mark(e);
    int64_t otherwise = a->q->silence_time == NULL ? EMIT_MS_DAY : 0;
    emit_op(e, FBC_OP_ZERO, a->text, 0, 0); /* a wrong answer is not worth saving with the conversation */
    unsigned woke = emit_await(e, a->wait, emit_deadline(e, a->q->silence_time, otherwise));
    emit_switch(e, woke, (const uint32_t[]){message, silent}, 2);
    emit_place(e, silent);
    emit_release(e, mark);
    emit_silence(e, a->q, a->done);
    emit_place(e, message);
    emit_input(e, a->text, FBC_IN_TEXT);
    emit_keep_message(e, a->text, is_personal(a->n));
}

void emit_keep_message(struct emit *e, unsigned text, bool masked)
{
    if (e->message == FBC_NO_INDEX) {
        return;
    }
    unsigned mark = emit_mark(e), w = emit_native(e, FBC_NATIVE_text_slice, e->t_text);
    emit_op(e, FBC_OP_MOV, w + 1, text, 0);
    emit_load_int(e, w + 2, 0);
    emit_load_int(e, w + 3, FBC_MESSAGE_KEPT);
    emit_native_run(e, FBC_NATIVE_text_slice, w);
    if (masked) {
        unsigned m = emit_native(e, FBC_NATIVE_text_mask, e->t_text);
        emit_op(e, FBC_OP_MOV, m + 1, w, 0);
        emit_native_run(e, FBC_NATIVE_text_mask, m);
        w = m;
    }
    emit_op16(e, FBC_OP_SETG, w, e->message);
    emit_release(e, mark);
}

static void transcribed(struct emit *e, unsigned text, unsigned media, uint32_t invalid)
{
    unsigned w = emit_host(e, FBC_HOST_transcribe, e->t_some_text), has = emit_reg(e, e->t_bool);
    emit_op(e, FBC_OP_MOV, w + 1, media, 0);
    emit_host_run(e, FBC_HOST_transcribe, w);
    emit_unwrap(e, w, has, text, invalid);
}

/* Only a voice note can be transcribed; a photo under `media transcribe` goes to `other`. */
static void unless_voice(struct emit *e, unsigned media, uint32_t other)
{
    unsigned w = emit_native(e, FBC_NATIVE_read_media, e->t_some_text), has = emit_reg(e, e->t_bool);
    emit_op(e, FBC_OP_MOV, w + 1, media, 0);
    emit_load_text(e, w + 2, FN_STR("audio"));
    emit_native_run(e, FBC_NATIVE_read_media, w);
    emit_op(e, FBC_OP_HAS, has, w, 0);
    emit_jump_if(e, has, false, other);
}

void emit_media(struct emit *e, const struct fcc_question *q, unsigned text, uint32_t invalid, uint32_t done)
{
    uint32_t none = emit_label(e), other = emit_label(e);
    unsigned mark = emit_mark(e), media = emit_reg(e, e->t_text), empty = emit_reg(e, e->t_bool),
             nothing = emit_text_const(e, FN_STR(""));
    emit_input(e, media, FBC_IN_MEDIA);
    emit_op(e, FBC_OP_EQT, empty, media, nothing);
    emit_jump_if(e, empty, true, none);
    if (q->media_transcribe) {
        unless_voice(e, media, other);
        branch_count(e, q, "media");
        transcribed(e, text, media, invalid);
        emit_jump(e, none);
    } else if (q->media_action != NULL) {
        branch_count(e, q, "media");
        emit_action(e, q->media_action);
        emit_jump(e, done);
    }
    emit_place(e, other);
    emit_op(e, FBC_OP_EQT, empty, text, nothing); /* a caption answers like a text */
    emit_jump_if(e, empty, true, invalid);
    emit_place(e, none);
    emit_release(e, mark);
}

static void media_answer(struct emit *e, const struct ask *a)
{
    if (a->type == NULL || !emit_is_media(a->type)) {
        emit_media(e, a->q, a->text, a->invalid, a->done);
    }
}

static void begin(struct emit *e, struct ask *a)
{
    a->text = emit_reg(e, e->t_text);
    e->unit.message = a->text;
    e->unit.in_answer = true;
    a->retry = (struct emit_retry){a->q, emit_int(e, 0), emit_label(e), emit_label(e)};
    a->invalid = emit_label(e);
    struct emit_wait w = {.name = emit_question_wait(e, a->q),
                          .flags = FBC_WAIT_MESSAGE | FBC_WAIT_TIMER | FBC_WAIT_PHRASES |
                                   (is_personal(a->n) ? (unsigned)FBC_WAIT_PERSONAL : 0u),
                          .event = FBC_NO_INDEX,
                          .settle = a->q->settle,
                          .max = a->q->settle_max};
    a->wait = emit_wait_row(e, &w);
}

/* -- ask -------------------------------------------------------------------------------------------------------------------------------- */

static void target_into(struct emit *e, const struct fgr_node *target, unsigned dest)
{
    if (target->sym->kind == FCC_S_LOCAL) {
        emit_op(e, FBC_OP_MOV, dest, target->sym->slot, 0);
    } else {
        emit_op16(e, FBC_OP_GETG, dest, target->sym->slot - 1u);
    }
}

static void target_from(struct emit *e, const struct fgr_node *target, unsigned src)
{
    if (target->sym->kind == FCC_S_LOCAL) {
        emit_op(e, FBC_OP_MOV, target->sym->slot, src, 0);
    } else {
        emit_op16(e, FBC_OP_SETG, src, target->sym->slot - 1u);
    }
}

/* `once`: what is set already is not asked. */
static void skip_if_set(struct emit *e, const struct fgr_node *target, uint32_t done)
{
    const struct fcc_type *t = target->sym->type;
    unsigned mark = emit_mark(e), set = emit_reg(e, e->t_bool), value = emit_reg(e, emit_type(e, t));
    target_into(e, target, value);
    if (emit_is_option(t)) {
        emit_op(e, FBC_OP_HAS, set, value, 0);
    } else {
        unsigned zero = emit_reg(e, emit_type(e, t));
        emit_op(e, FBC_OP_ZERO, zero, 0, 0);
        emit_equal(e, set, value, zero, t);
        emit_op(e, FBC_OP_NOT, set, set, 0);
    }
    emit_jump_if(e, set, true, done);
    emit_release(e, mark);
}

static void checks(struct emit *e, const struct ask *a, const struct fgr_node *target, unsigned value, unsigned old)
{
    for (uint32_t i = 0; i < a->branches->n_items; i++) {
        const struct fgr_node *check = a->branches->items[i];
        if (check->aux != FGR_BR_CHECK) {
            continue;
        }
        uint32_t fits = emit_label(e);
        emit_cond(e, check->kid[FGR_BRANCH_value], true, fits);
        const struct fgr_node *text = check->kid[FGR_BRANCH_value2];
        unsigned mark = emit_mark(e);
        int shown = NOT_SHOWN;
        if (text != NULL) { /* it may say what was answered */
            shown = (int)emit_reg(e, e->t_text);
            emit_show(e, text, (unsigned)shown);
        }
        target_from(e, target, old);
        emit_op(e, FBC_OP_ZERO, value, 0, 0);
        emit_op(e, FBC_OP_ZERO, old, 0, 0);
        invalid(e, &a->retry, a->type, false, text, shown);
        emit_release(e, mark);
        emit_place(e, fits);
    }
}

static void ask_answer(struct emit *e, const struct ask *a, const struct fgr_node *target)
{
    bool checked = emit_branch(a->branches, FGR_BR_CHECK) != NULL;
    unsigned mark = emit_mark(e), old = 0, value = emit_reg(e, emit_type(e, a->type));
    if (checked) {
        old = emit_reg(e, emit_type(e, target->sym->type));
        target_into(e, target, old);
    }
    emit_read(e, a->type, a->text, value, a->invalid);
    emit_store(e, target, value, a->type);
    if (checked) {
        checks(e, a, target, value, old);
    }
    emit_count(e, FBC_COUNT_ANSWER, a->q->name);
    emit_jump(e, a->done);
    emit_release(e, mark);
}

void emit_ask(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *target = n->kid[FGR_ASK_target];
    struct ask a = {.n = n, .branches = n->kid[FGR_ASK_branches], .q = emit_question(e, n), .done = emit_label(e)};
    struct emit_unit outer = e->unit;
    if (a.q == NULL || target->sym == NULL) {
        emit_fail(e, FN_UNSUPPORTED, "a question has no target");
        return;
    }
    if (target->kind == FGR_LOCAL) {
        emit_local(e, target->sym);
        emit_op(e, FBC_OP_ZERO, target->sym->slot, 0, 0);
    }
    unsigned mark = emit_mark(e);
    a.type = emit_open(target->sym->type);
    if ((n->flags & FGR_ONCE) != 0) {
        skip_if_set(e, target, a.done);
    }
    begin(e, &a);
    if (n->kid[FGR_ASK_prompt] != NULL) {
        unsigned inner = emit_mark(e), w = emit_effect(e, FBC_HOST_say);
        emit_show(e, n->kid[FGR_ASK_prompt], w);
        emit_personal(e, n->kid[FGR_ASK_prompt]);
        emit_effect_run(e, FBC_HOST_say, w);
        emit_release(e, inner);
    }
    emit_question_row(e, a.q, a.wait, NULL, 0);
    emit_place(e, a.retry.again);
    await_answer(e, &a);
    media_answer(e, &a);
    ask_answer(e, &a, target);
    emit_place(e, a.invalid);
    emit_invalid(e, &a.retry, a.type, false, NULL);
    failed(e, &a);
    emit_place(e, a.done);
    emit_release(e, mark);
    e->unit.message = outer.message;
    e->unit.in_answer = outer.in_answer;
}

/* -- choose -------------------------------------------------------------------------------------------------------------------------------- */

struct choose {
    struct ask a;
    const struct fgr_node *options;
    const struct fcc_type *answer; /* `choose cor: Cor`; else NULL */
    struct fn_str *ids, *labels;
    unsigned n, r_ids, r_labels, r_list;
};

static bool is_plain(const struct fgr_node *text)
{
    const struct fgr_node *parts = text->kid[FGR_TEXT_parts];
    for (uint32_t i = 0; parts != NULL && i < parts->n_items; i++) {
        if (parts->items[i]->kind != FGR_TEXT_PART) {
            return false;
        }
    }
    return text->kind == FGR_TEXT;
}

static void option_labels(struct emit *e, struct choose *c)
{
    bool plain = true;
    for (unsigned i = 0; i < c->n; i++) {
        c->ids[i] = c->options->items[i]->text;
        c->labels[i] = c->options->items[i]->kid[FGR_OPTION_label]->text;
        plain = plain && is_plain(c->options->items[i]->kid[FGR_OPTION_label]);
    }
    emit_load_texts(e, c->r_ids, c->ids, c->n);
    if (plain) {
        emit_load_texts(e, c->r_labels, c->labels, c->n);
        return;
    }
    emit_op(e, FBC_OP_ZERO, c->r_labels, 0, 0);
    for (unsigned i = 0; i < c->n; i++) {
        unsigned mark = emit_mark(e), label = emit_reg(e, e->t_text);
        emit_show(e, c->options->items[i]->kid[FGR_OPTION_label], label);
        emit_op(e, FBC_OP_LISTADD, c->r_labels, label, 0);
        emit_release(e, mark);
    }
}

/* `choose r from list label ...`: one option for each item; the ids are their numbers. */
static void row_labels(struct emit *e, struct choose *c)
{
    const struct fgr_node *source = c->a.n->kid[FGR_CHOOSE_source];
    uint32_t again = emit_label(e), done = emit_label(e);
    unsigned i = emit_int(e, 0), n = emit_reg(e, e->t_int), more = emit_reg(e, e->t_bool),
             text = emit_reg(e, e->t_text);
    emit_into(e, source, emit_open(source->type), c->r_list);
    emit_op(e, FBC_OP_ZERO, c->r_ids, 0, 0);
    emit_op(e, FBC_OP_ZERO, c->r_labels, 0, 0);
    emit_op(e, FBC_OP_LISTLEN, n, c->r_list, 0);
    emit_op(e, FBC_OP_LTI, more, i, n);
    emit_jump_if(e, more, false, c->a.retry.failed); /* nothing to choose from */
    emit_place(e, again);
    emit_op(e, FBC_OP_LTI, more, i, n);
    emit_jump_if(e, more, false, done);
    emit_op(e, FBC_OP_LISTGET, c->a.n->sym->slot, c->r_list, i);
    emit_show(e, c->a.n->kid[FGR_CHOOSE_label], text);
    emit_op(e, FBC_OP_LISTADD, c->r_labels, text, 0);
    emit_op(e, FBC_OP_ADDK, i, i, 1);
    unsigned mark = emit_mark(e), w = emit_native(e, FBC_NATIVE_text_of_int, e->t_text);
    emit_op(e, FBC_OP_MOV, w + 1, i, 0);
    emit_native_run(e, FBC_NATIVE_text_of_int, w);
    emit_op(e, FBC_OP_LISTADD, c->r_ids, w, 0);
    emit_release(e, mark);
    emit_jump(e, again);
    emit_place(e, done);
}

static void send_choose(struct emit *e, const struct choose *c)
{
    const struct fgr_node *prompt = c->a.n->kid[FGR_CHOOSE_prompt];
    unsigned mark = emit_mark(e), w = emit_effect(e, FBC_HOST_choose);
    emit_load_text(e, w, c->a.q->name);
    if (prompt != NULL) {
        emit_show(e, prompt, w + 1);
    } else {
        emit_op(e, FBC_OP_ZERO, w + 1, 0, 0);
    }
    emit_op(e, FBC_OP_MOV, w + 2, c->r_ids, 0);
    emit_op(e, FBC_OP_MOV, w + 3, c->r_labels, 0);
    emit_personal(e, prompt);
    emit_personal(e, c->a.n->kid[FGR_CHOOSE_label]);
    for (uint32_t i = 0; i < c->options->n_items; i++) {
        emit_personal(e, c->options->items[i]->kid[FGR_OPTION_label]);
    }
    emit_effect_run(e, FBC_HOST_choose, w);
    emit_release(e, mark);
}

static unsigned read_option(struct emit *e, const struct choose *c)
{
    unsigned w = emit_native(e, FBC_NATIVE_read_option, e->t_int);
    emit_input(e, w + 1, FBC_IN_OPTION);
    emit_op(e, FBC_OP_MOV, w + 2, c->a.text, 0);
    emit_op(e, FBC_OP_MOV, w + 3, c->r_ids, 0);
    emit_op(e, FBC_OP_MOV, w + 4, c->r_labels, 0);
    emit_native_run(e, FBC_NATIVE_read_option, w);
    return w;
}

static void chosen_row(struct emit *e, const struct choose *c, unsigned index)
{
    const struct fgr_node *from = emit_branch(c->a.branches, FGR_BR_FROM_ACTION);
    uint32_t none = emit_label(e);
    unsigned bad = emit_reg(e, e->t_bool);
    emit_op(e, FBC_OP_LTI, bad, index, emit_int(e, 0));
    emit_jump_if(e, bad, true, none);
    emit_op(e, FBC_OP_LISTGET, c->a.n->sym->slot, c->r_list, index);
    emit_count(e, FBC_COUNT_ANSWER, c->a.q->name);
    emit_action(e, from != NULL ? from->kid[FGR_BRANCH_action] : NULL);
    emit_jump(e, c->a.done);
    emit_place(e, none);
}

static void keep_member(struct emit *e, const struct choose *c, unsigned i)
{
    if (c->answer == NULL || c->a.n->sym == NULL) {
        return;
    }
    const struct fgr_node *members = c->answer->decl->decl->kid[FGR_ENUM_members];
    for (uint32_t k = 0; k < members->n_items; k++) {
        if (fn_str_eq(members->items[k]->text, c->ids[i])) {
            unsigned mark = emit_mark(e), member = emit_reg(e, emit_type(e, c->answer));
            emit_op16(e, FBC_OP_LOADK, member, fbc_build_const_int(e->b, emit_type(e, c->answer), k));
            emit_store(e, c->a.n, member, c->answer);
            emit_release(e, mark);
        }
    }
}

static void chosen_option(struct emit *e, const struct choose *c, unsigned index)
{
    uint32_t *labels = fn_arena_array(e->arena, c->n + 1u, sizeof *labels), none = emit_label(e);
    if (labels == NULL) {
        emit_fail(e, FN_NO_MEMORY, "no memory");
        return;
    }
    for (unsigned i = 0; i < c->n; i++) {
        labels[i] = emit_label(e);
    }
    emit_switch(e, index, labels, c->n);
    emit_jump(e, none);
    for (unsigned i = 0; i < c->n; i++) {
        emit_place(e, labels[i]);
        keep_member(e, c, i);
        emit_count(e, FBC_COUNT_OPTION,
                   fn_arena_printf(e->arena, "%.*s/%.*s", FN_STR_ARG(c->a.q->name), FN_STR_ARG(c->ids[i])));
        if (c->options->n_items > 0) {
            emit_action(e, c->options->items[i]->kid[FGR_OPTION_action]);
        }
        emit_jump(e, c->a.done);
    }
    emit_place(e, none);
}

/* What is no option: `other`, else a wrong answer. */
static void no_option(struct emit *e, const struct choose *c)
{
    const struct fgr_node *other = emit_branch(c->a.branches, FGR_BR_OTHER);
    if (other == NULL) {
        emit_jump(e, c->a.invalid);
        return;
    }
    branch_count(e, c->a.q, "other");
    emit_action(e, other->kid[FGR_BRANCH_action]);
    emit_jump(e, c->a.done);
}

static void choose_options(struct emit *e, struct choose *c)
{
    const struct fgr_node *n = c->a.n;
    c->ids = fn_arena_array(e->arena, OPTIONS_MAX, sizeof *c->ids);
    c->labels = fn_arena_array(e->arena, OPTIONS_MAX, sizeof *c->labels);
    if (c->ids == NULL || c->labels == NULL) {
        emit_fail(e, FN_NO_MEMORY, "no memory");
        return;
    }
    if (n->kid[FGR_CHOOSE_source] != NULL) {
        row_labels(e, c);
    } else if (c->options->n_items > 0) {
        c->n = c->options->n_items < OPTIONS_MAX ? c->options->n_items : OPTIONS_MAX;
        option_labels(e, c);
    } else if (c->answer != NULL) {
        c->n = emit_enum_texts(c->answer, c->ids, c->labels, OPTIONS_MAX);
        emit_load_texts(e, c->r_ids, c->ids, c->n);
        emit_load_texts(e, c->r_labels, c->labels, c->n);
    }
}

static bool choose_begin(struct emit *e, struct choose *c, const struct fgr_node *n)
{
    c->a =
        (struct ask){.n = n, .branches = n->kid[FGR_CHOOSE_branches], .q = emit_question(e, n), .done = emit_label(e)};
    c->options = n->kid[FGR_CHOOSE_options];
    if (c->a.q == NULL) {
        return false;
    }
    if (n->kid[FGR_CHOOSE_type] != NULL && n->kid[FGR_CHOOSE_type]->type != NULL) {
        c->answer = emit_open(n->kid[FGR_CHOOSE_type]->type);
    }
    if (n->sym != NULL && n->sym->kind == FCC_S_LOCAL) {
        emit_local(e, n->sym);
        emit_op(e, FBC_OP_ZERO, n->sym->slot, 0, 0);
    }
    return true;
}

void emit_choose(struct emit *e, const struct fgr_node *n)
{
    struct choose c = {.n = 0};
    struct emit_unit outer = e->unit;
    if (!choose_begin(e, &c, n)) {
        return;
    }
    unsigned mark = emit_mark(e);
    begin(e, &c.a);
    c.r_ids = emit_reg(e, e->t_texts);
    c.r_labels = emit_reg(e, e->t_texts);
    const struct fgr_node *source = n->kid[FGR_CHOOSE_source];
    c.r_list = source != NULL ? emit_reg(e, emit_type(e, emit_open(source->type))) : 0;
    choose_options(e, &c);
    emit_question_row(e, c.a.q, c.a.wait, c.ids, c.n);
    send_choose(e, &c);
    emit_place(e, c.a.retry.again);
    await_answer(e, &c.a);
    media_answer(e, &c.a);
    unsigned inner = emit_mark(e), index = read_option(e, &c);
    if (source != NULL) {
        chosen_row(e, &c, index);
    } else {
        chosen_option(e, &c, index);
    }
    emit_release(e, inner);
    no_option(e, &c);
    emit_place(e, c.a.invalid);
    emit_invalid(e, &c.a.retry, NULL, true, NULL);
    failed(e, &c.a);
    emit_place(e, c.a.done);
    emit_release(e, mark);
    e->unit.message = outer.message;
    e->unit.in_answer = outer.in_answer;
}
