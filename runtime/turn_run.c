/* turn_run.c: the program runs until it suspends. A few runs serve all conversations; one that uses up a slice keeps its run and goes to the
 * end of the queue, so that a long turn does not hold up the others.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

/* -- the machine ------------------------------------------------------------------------------------------------------------------- */
void turn_queue(struct turn *t, enum turn_phase phase)
{
    struct frt_engine *e = t->engine;
    t->phase = phase;
    t->next_turn = NULL;
    if (e->run_first == NULL) {
        e->run_first = t;
    } else {
        e->run_last->next_turn = t;
    }
    e->run_last = t;
}

static bool borrow(struct turn *t)
{
    struct frt_engine *e = t->engine;
    if (t->run != NULL) {
        return true;
    }
    if (e->free_runs == 0 && e->n_runs < RUNS_MAX) {
        struct fvm_run *run = fvm_run_new(&e->c.limits, e->c.natives);
        if (run != NULL) {
            e->n_runs++;
            e->runs[e->free_runs++] = run;
        }
    }
    if (e->free_runs == 0) {
        return false;
    }
    t->run = e->runs[--e->free_runs];
    return true;
}

void turn_return(struct turn *t)
{
    if (t->run != NULL) {
        t->engine->runs[t->engine->free_runs++] = t->run;
        t->run = NULL;
        t->vm = false;
    }
}

void turn_flush_runs(struct frt_engine *e)
{
    struct turn *t = e->run_first;
    e->run_first = e->run_last = NULL;
    while (t != NULL) {
        struct turn *next = t->next_turn;
        if (!borrow(t)) {
            turn_queue(t, t->phase);
        } else if (t->phase == TURN_ROWS) {
            turn_rows(t);
        } else if (t->phase == TURN_ANSWER) {
            table_answer(t);
        } else {
            turn_resume(t);
        }
        t = next;
    }
}

/* -- the conversation in it ---------------------------------------------------------------------------------------------------------- */
static void give_contact(struct turn *t)
{
    for (uint16_t i = 0; i < t->image->n_globals; i++) {
        const struct fbc_global *g = &t->image->globals[i];
        if ((g->flags & FBC_G_CONTACT) == 0) {
            continue;
        }
        struct fn_str value = FN_STR_NULL;
        for (size_t k = 0; k < t->in->n_pairs && value.n == 0; k++) {
            struct fn_str name = t->in->pairs[k].name;
            if (fn_str_starts(name, FN_STR("f:")) && fn_str_eq((struct fn_str){name.p + 2, name.n - 2}, g->name)) {
                value = t->in->pairs[k].value;
            }
        }
        if (value.n == 0 && fn_str_eq(g->name, FN_STR("phone")) && t->in->phone.n != 0) {
            fn_buf_clear(&t->scratch);
            fn_json_put_str(&t->scratch, t->in->phone);
            value = fn_buf_view(&t->scratch);
        }
        if (value.n != 0 && fvm_global_set(t->run, i, value) != FN_OK) {
            engine_log(t->engine, FRT_LOG_WARN, "contact.field", t->next.tenant, t->next.conv, g->name);
        }
    }
}

bool turn_vm(struct turn *t)
{
    struct fn_err err = {0};
    if (t->vm) {
        return true;
    }
    if (t->image == NULL) {
        turn_fault(t, "image", FN_STR_NULL);
        return false;
    }
    if (fvm_load(t->run, t->image, t->in->conv.snap, &err) != FN_OK) {
        turn_fault(t, "snapshot", fn_arena_dup(&t->arena, fn_str_c(err.text)));
        return false;
    }
    give_contact(t);
    fvm_turn(t->run, t->now);
    t->vm = true;
    return true;
}

bool turn_begin(struct turn *t, const struct frt_pub *pub, const struct fbc_image *image, uint16_t stage)
{
    t->seed = t->engine->c.entropy.ops->next(t->engine->c.entropy.self);
    t->image = image;
    bool canary = catalogue_peek(t->engine, t->next.tenant, pub->hash) != image;
    t->next.funnel = fn_arena_dup(&t->arena, pub->funnel); /* the catalogue may be read anew before the commit */
    t->next.prog = fn_arena_dup(&t->arena, canary ? pub->canary : pub->hash);
    t->next.stage = FN_STR_NULL;
    t->next.status = FRT_RUNNING;
    t->next.run_seq = t->in->conv.seq;
    t->taken = t->began = true;
    if (fvm_start(t->run, image, stage, t->now, t->seed) != FN_OK) {
        turn_fault(t, "start", image->stages[stage].name);
        return true;
    }
    give_contact(t);
    fvm_turn(t->run, t->now);
    t->vm = true;
    turn_metric(t, "start", image->stages[stage].name, 1);
    canary_count(t, "start");
    return true;
}

/* -- trouble ---------------------------------------------------------------------------------------------------------------------------- */
bool turn_to_error(struct turn *t)
{
    const struct fbc_entry *entry = fbc_find_entry(t->image, FBC_ENTRY_ERROR, FN_STR_NULL, FBC_NO_INDEX);
    if (entry == NULL || entry->stage == fvm_stage(t->run) || t->errors++ != 0 || !errors_more(t)) {
        return false;
    }
    turn_contact_out(t);
    fvm_turn(t->run, t->now); /* fuel and effects for the stage of `on error` */
    return fvm_enter(t->run, entry->stage) == FN_OK;
}

/* Parked: the image before the turn, all rows kept, nothing sent. */
void turn_fault(struct turn *t, const char *what, struct fn_str where)
{
    struct fn_str funnel = t->next.funnel, prog = t->next.prog;
    int64_t last_in_at = t->next.last_in_at, epoch = t->next.epoch;
    t->faulted = true;
    t->consume.n = t->park.n = t->unpark.n = t->rows.n = t->effects.n = t->log.n = t->metrics.n = t->docs.n =
        t->pairs.n = 0;
    t->index = t->notes = 0;
    t->arena.failed = false;
    t->next = t->in->conv;
    t->next.epoch = epoch;
    t->next.funnel = funnel;
    t->next.prog = t->next.snap.n != 0 ? t->next.prog : prog;
    t->next.last_in_at = last_in_at;
    t->next.status = FRT_FAULTED;
    t->next.reason = fn_arena_printf(&t->arena, "%s %.*s", what, FN_STR_ARG(where));
    for (size_t i = 0; i < t->in->n_rows; i++) {
        const struct frt_row *row = &t->in->rows[i];
        if (row->kind == FRT_IN_RESUME && (turn_is_due(t, row) || row->due_at == FRT_NEVER)) {
            turn_consume(t, row->id); /* kept, it would resume what faults again and again by itself */
        } else if (turn_is_due(t, row)) {
            turn_park(t, row);
        }
    }
    turn_note(t, FRT_DIR_NOTE, "fault", turn_json(t, "reason", t->next.reason));
    turn_metric(t, "fault", fn_str_c(what), 1);
    canary_count(t, "fault");
    if (t->began) {
        canary_count(t, "start");
    }
    t->engine->stats.faults++;
    t->settle_at = FRT_NEVER;
    engine_log(t->engine, FRT_LOG_ERROR, "turn.fault", t->next.tenant, t->next.conv, t->next.reason);
}

static void on_trap(struct turn *t)
{
    struct fvm_trapped trapped = fvm_trapped(t->run);
    struct fn_str stage = trapped.stage < t->image->n_stages ? t->image->stages[trapped.stage].name : FN_STR_NULL;
    uint32_t offset = 0; /* of the statement in the source */
    for (uint32_t i = 0; i < t->image->n_lines && t->image->lines[i].word <= trapped.word; i++) {
        offset = t->image->lines[i].offset;
    }
    struct fn_str where = fn_arena_printf(&t->arena, "%s %.*s %u @%u", fbc_trap_name(trapped.trap), FN_STR_ARG(stage),
                                          (unsigned)trapped.word, (unsigned)offset);
    t->engine->stats.traps++;
    if (turn_to_error(t)) {
        turn_note(t, FRT_DIR_NOTE, "trap", turn_json(t, "reason", where));
        turn_metric(t, "trap", stage, 1);
        canary_count(t, "trap");
    } else {
        turn_fault(t, "trap", where);
    }
}

/* -- stops -------------------------------------------------------------------------------------------------------------------------------- */
static uint16_t stage_in(const struct fbc_image *to, struct fn_str name)
{
    for (uint32_t i = 0; i < to->n_migrates; i++) {
        if (fn_str_eq(to->migrates[i].from, name)) {
            return fbc_find_stage(to, to->migrates[i].to);
        }
    }
    return fbc_find_stage(to, name);
}

static const struct frt_pub *pub_of(const struct turn *t, struct fn_str funnel)
{
    for (size_t i = 0; i < t->catalogue->n; i++) {
        if (fn_str_eq(t->catalogue->pubs[i].funnel, funnel)) {
            return &t->catalogue->pubs[i];
        }
    }
    return NULL;
}

bool turn_outdated(const struct turn *t)
{
    const struct frt_pub *pub = pub_of(t, t->next.funnel);
    return pub != NULL && pub->inflight == FRT_RESTART && !fn_str_eq(pub->hash, t->next.prog) &&
           !fn_str_eq(pub->canary, t->next.prog);
}

bool turn_restart(struct turn *t)
{
    const struct frt_pub *pub = pub_of(t, t->next.funnel);
    const struct fbc_image *to = catalogue_peek(t->engine, t->next.tenant, pub->hash);
    uint16_t stage = fbc_find_stage(t->image, t->next.stage);
    return to != NULL && stage_in(to, t->next.stage) != FBC_NO_INDEX && catalogue_fits(t->image, to) &&
           stage != FBC_NO_INDEX && fvm_enter(t->run, stage) == FN_OK;
}

static uint16_t target_in(const struct turn *t, const struct fbc_image *to, struct fn_str stage)
{
    uint16_t goal = t->goal.n != 0 ? fbc_find_stage(to, t->goal) : FBC_NO_INDEX;
    return goal != FBC_NO_INDEX ? goal : stage_in(to, stage);
}

/* At a stage's entry the state is the stage and the variables: here a conversation moves to the published version. */
static void upgrade(struct turn *t, struct fn_str stage)
{
    const struct frt_pub *pub = pub_of(t, t->next.funnel);
    bool canary = pub != NULL && pub->canary.n != 0 && fn_str_eq(pub->canary, t->next.prog);
    bool pinned = pub != NULL && pub->inflight == FRT_PIN && !t->must_move;
    if (pub == NULL || canary || pinned || fn_str_eq(pub->hash, t->next.prog)) {
        return;
    }
    const struct fbc_image *to = catalogue_peek(t->engine, t->next.tenant, pub->hash);
    uint16_t target = to != NULL ? target_in(t, to, stage) : FBC_NO_INDEX;
    t->goal = FN_STR_NULL;
    t->must_move = false;
    if (target == FBC_NO_INDEX || !catalogue_fits(t->image, to)) {
        return;
    }
    turn_contact_out(t);
    if (fvm_move(t->run, to, target) == FN_OK) {
        t->image = to;
        t->next.prog = fn_arena_dup(&t->arena, pub->hash);
        turn_metric(t, "upgrade", stage, 1);
    }
}

static void on_stage(struct turn *t)
{
    struct fn_str from = t->next.stage, to = t->image->stages[fvm_stage(t->run)].name;
    if (from.n != 0) {
        turn_metric(t, "leave", from, 1);
    }
    upgrade(t, to);
    t->next.stage = t->image->stages[fvm_stage(t->run)].name;
    turn_metric(t, "enter", t->next.stage, 1);
}

static void on_count(struct turn *t)
{
    static const char *const kinds[] = {[FBC_COUNT_OPTION] = "option",
                                        [FBC_COUNT_BRANCH] = "branch",
                                        [FBC_COUNT_SPLIT] = "split",
                                        [FBC_COUNT_ANSWER] = "answer"};
    struct fvm_counted c = fvm_counted(t->run);
    if (c.kind == FBC_COUNT_PERSONAL) {
        t->personal = true;
        return;
    }
    turn_metric(t, (size_t)c.kind < FN_COUNT(kinds) ? kinds[c.kind] : "count", c.name, 1);
}

static void effect_of(struct turn *t)
{
    struct fvm_request q = fvm_request(t->run);
    if (fbc_hosts[q.host].policy == FBC_POLICY_LOCAL) {
        turn_local(t, &q);
        return;
    }
    fn_buf_clear(&t->scratch);
    fvm_request_json(t->run, &t->scratch);
    if (window_drops(t, q.host)) {
        turn_note(t, FRT_DIR_NOTE, "window", fn_arena_dup(&t->arena, fn_buf_view(&t->scratch)));
        return;
    }
    if (q.host == FBC_HOST_react) {
        turn_join_ref(t, &t->scratch);
    }
    if (q.host == FBC_HOST_choose) {
        turn_choose(t, fn_buf_view(&t->scratch));
    } else {
        (void)turn_effect(t, q.host, fn_buf_view(&t->scratch), 0, FRT_DIR_OUT);
    }
}

static void on_effect(struct turn *t)
{
    effect_of(t);
    t->personal = false;
}

static void suspend(struct turn *t, int64_t deadline)
{
    turn_contact_out(t);
    fn_buf_clear(&t->snap);
    if (fvm_save(t->run, &t->snap) != FN_OK || t->snap.failed) {
        turn_fault(t, "save", t->next.stage);
        return;
    }
    t->next.snap = fn_buf_view(&t->snap);
    turn_keep_ref(t);
    deadline_set(t, deadline);
    turn_unpark(t);
}

static void on_end(struct turn *t)
{
    turn_contact_out(t);
    deadline_end(t);
    turn_metric(t, "leave", t->next.stage, 1);
    turn_metric(t, "end", t->next.stage, 1);
    t->next.status = FRT_ENDED;
    t->next.snap = FN_STR_NULL;
    turn_unpark(t);
}

/* The turn is over then, or waits for the store. */
static void on_call(struct turn *t)
{
    struct fvm_request q = fvm_request(t->run);
    if (fbc_hosts[q.host].policy == FBC_POLICY_LOCAL) {
        table_ask(t, &q);
        return;
    }
    fn_buf_clear(&t->scratch);
    fvm_request_json(t->run, &t->scratch);
    agent_join(t, &q, &t->scratch);
    (void)turn_effect(t, q.host, fn_buf_view(&t->scratch), q.call, FRT_DIR_OUT);
    suspend(t, 0);
    turn_finish(t);
}

void turn_resume(struct turn *t)
{
    for (;;) {
        enum fvm_stop stop = fvm_resume(t->run);
        switch (stop) {
        case FVM_EFFECT: on_effect(t); break;
        case FVM_COUNT: on_count(t); break;
        case FVM_STAGE: on_stage(t); break;
        case FVM_TRAP: on_trap(t); break;
        case FVM_CALL: on_call(t); return;
        case FVM_FUEL:
            t->engine->stats.fuel_slices++;
            t->mail->t->deficit--;
            turn_queue(t, TURN_SLICE);
            return;
        case FVM_WAIT:
            suspend(t, fvm_waiting(t->run).deadline);
            turn_finish(t);
            return;
        case FVM_DONE:
            on_end(t);
            turn_finish(t);
            return;
        }
        if (!t->faulted && t->arena.failed) {
            turn_fault(t, "outputs", t->next.stage);
        }
        if (t->faulted) {
            turn_finish(t);
            return;
        }
    }
}
