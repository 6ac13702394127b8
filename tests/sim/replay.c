/* replay.c: the oracle. The turns of one conversation made again, with nothing but the VM and the turn log; each must end in the snapshot whose
 * checksum was logged. It shares no code with the engine.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "fbc_image.h"
#include "fn_json.h"
#include "fn_utf8.h"
#include "fsl_natives.h"

#include <stdio.h>
#include <stdlib.h>

struct oracle {
    struct sim *sim;
    struct sim_replay *out;
    const struct fbc_image *image; /* it stands on */
    struct fvm_run *run;
    struct fn_buf snap, name; /* name: JSON of the contact's field */
    char stage[32];           /* behind the last turn */
    char ref[24];             /* the message taken last: what a reaction is for */
    bool running;
    int64_t seq, clock, clock_before;
    unsigned index, reads;
    const struct fn_json *record;
};

static void effect(struct oracle *o)
{
    struct fvm_request q = fvm_request(o->run);
    if (fbc_hosts[q.host].policy == FBC_POLICY_LOCAL) {
        return;
    }
    struct fn_buf b;
    fn_buf_init(&b, 1 << 16);
    fvm_request_json(o->run, &b);
    if (q.host == FBC_HOST_react) {
        b.n--;
        fn_buf_printf(&b, ",\"message\":\"%s\"}", o->ref);
    }
    struct sim_effect *e = &o->out->effects[o->out->n_effects++];
    *e = (struct sim_effect){.id = frt_effect_id(o->seq, o->index++), .host = q.host};
    snprintf(e->payload, sizeof e->payload, "%.*s", FN_STR_ARG(fn_buf_view(&b)));
    fn_buf_fini(&b);
}

static void contact_out(struct oracle *o)
{
    uint16_t nome = fbc_find_global(o->image, FN_STR("nome"), 1);
    if (fvm_global_changed(o->run, nome)) {
        fn_buf_clear(&o->name);
        fvm_global_json(o->run, nome, &o->name);
    }
}

/* The version that the record names. */
static const struct fbc_image *recorded_image(const struct oracle *o)
{
    struct fn_str prog = fn_json_str(fn_json_get(o->record, "prog"));
    for (size_t v = 0; v < o->sim->n_versions; v++) {
        char hex[2 * SIM_HASH + 1];
        for (size_t i = 0; i < SIM_HASH; i++) {
            snprintf(hex + 2 * i, 3, "%02x", (unsigned)(unsigned char)o->sim->versions[v].hash[i]);
        }
        if (fn_str_eq(prog, fn_str_c(hex))) {
            return o->sim->versions[v].verified;
        }
    }
    return NULL;
}

/* At a stage's entry the conversation may have moved: it stands on what the record names. */
static void enter(struct oracle *o)
{
    const struct fbc_image *to = recorded_image(o);
    o->out->enters++;
    if (to == NULL || to == o->image) {
        return;
    }
    uint16_t stage = fbc_find_stage(to, o->image->stages[fvm_stage(o->run)].name);
    o->out->upgrades++;
    o->sim->counts[SIM_N_MOVED]++;
    contact_out(o);
    if (fvm_move(o->run, to, stage) != FN_OK) {
        sim_break(o->sim, "I2: turn %lld did not move", (long long)o->seq);
        return;
    }
    o->image = to;
}

static void turn(struct oracle *o)
{
    if (o->name.n != 0 &&
        fvm_global_set(o->run, fbc_find_global(o->image, FN_STR("nome"), 1), fn_buf_view(&o->name)) != FN_OK) {
        sim_break(o->sim, "replay: the contact's name does not fit");
    }
    fvm_turn(o->run, o->clock);
}

/* The next answer read from a table, as the record has it. */
static bool read_answer(struct oracle *o)
{
    unsigned n = 0;
    for (const struct fn_json *step = fn_json_get(o->record, "steps")->first; step != NULL; step = step->next) {
        const struct fn_json *read = fn_json_get(step, "read");
        if (read != NULL && n++ == o->reads) {
            struct fvm_answer a = {.present = read->kind == FN_JSON_TRUE,
                                   .text = fn_json_str(fn_json_get(step, "text"))};
            o->reads++;
            struct fvm_request q = fvm_request(o->run);
            fn_buf_clear(&o->snap);
            contact_out(o);
            bool ok =
                fvm_save(o->run, &o->snap) == FN_OK && fvm_load(o->run, o->image, fn_buf_view(&o->snap), NULL) == FN_OK;
            fvm_turn(o->run, o->clock);
            return ok && fvm_answer(o->run, q.call, &a) == FN_OK;
        }
    }
    return false;
}

static bool to_error(struct oracle *o)
{
    const struct fbc_entry *e = fbc_find_entry(o->image, FBC_ENTRY_ERROR, FN_STR_NULL, FBC_NO_INDEX);
    contact_out(o);
    fvm_turn(o->run, o->clock);
    return fvm_enter(o->run, e->stage) == FN_OK;
}

static void run(struct oracle *o)
{
    for (;;) {
        switch (fvm_resume(o->run)) {
        case FVM_EFFECT: effect(o); break;
        case FVM_COUNT:
        case FVM_FUEL: break;
        case FVM_STAGE: enter(o); break;
        case FVM_TRAP:
            o->sim->counts[SIM_N_TRAPS]++;
            if (!to_error(o)) {
                sim_break(o->sim, "replay: trapped twice");
                return;
            }
            break;
        case FVM_CALL:
            effect(o);
            if (fbc_hosts[fvm_request(o->run).host].policy == FBC_POLICY_LOCAL && read_answer(o)) {
                break;
            }
            o->running = true;
            contact_out(o);
            return;
        case FVM_WAIT:
            o->running = true;
            contact_out(o);
            return;
        case FVM_DONE:
            o->running = false;
            contact_out(o);
            return;
        }
    }
}

static uint16_t entry_stage(struct oracle *o, int64_t kind, struct fn_str text)
{
    struct fn_buf folded;
    fn_buf_init(&folded, 4096);
    fn_fold_phrase(&folded, text);
    const struct fbc_entry *e = kind == FRT_IN_EVENT
                                    ? fbc_find_entry(o->image, FBC_ENTRY_EVENT, FN_STR_NULL, 0)
                                    : fbc_find_entry(o->image, FBC_ENTRY_KEYWORD, fn_buf_view(&folded), FBC_NO_INDEX);
    e = e != NULL ? e : fbc_find_entry(o->image, FBC_ENTRY_MESSAGE, FN_STR_NULL, FBC_NO_INDEX);
    fn_buf_fini(&folded);
    return e->stage;
}

static bool wake(struct oracle *o, const struct fn_json *row, int64_t kind)
{
    struct fn_str text = fn_json_str(fn_json_get(row, "text"));
    struct fvm_input in = {.text = text};
    in.kind = kind == FRT_IN_TIMER ? FBC_WAKE_TIMER : kind == FRT_IN_EVENT ? FBC_WAKE_EVENT : FBC_WAKE_MESSAGE;
    in.event = fn_json_str(fn_json_get(row, "event"));
    in.event_name = fn_json_str(fn_json_get(row, "event_name"));
    if (fvm_load(o->run, o->image, fn_buf_view(&o->snap), NULL) != FN_OK) {
        return false;
    }
    turn(o);
    if (kind == FRT_IN_RESUME) {
        return fvm_enter(o->run, fbc_find_stage(o->image, fn_str_c(o->stage))) == FN_OK;
    }
    if (kind == FRT_IN_RESULT) {
        int64_t call = 0;
        struct fvm_answer a = {.present = fn_json_get(row, "present")->kind == FN_JSON_TRUE, .i = -1, .text = text};
        return fn_json_int(fn_json_get(row, "call"), &call) && fvm_answer(o->run, (uint32_t)call, &a) == FN_OK;
    }
    return kind == FRT_IN_FAILED ? to_error(o) : fvm_wake(o->run, &in) != FVM_NOT_WANTED;
}

static int64_t row_id(const struct fn_json *step, const char *key)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.*s", FN_STR_ARG(fn_json_str(fn_json_get(step, key))));
    return strtoll(digits, NULL, 10);
}

static void take_ref(struct oracle *o, int64_t row)
{
    for (size_t i = 0; i < o->sim->n_messages; i++) {
        const struct sim_message *m = &o->sim->messages[i];
        if (m->row_seen == row && !m->event) {
            snprintf(o->ref, sizeof o->ref, "%s", m->id);
        }
    }
}

static bool is_event(const struct sim *s, int64_t row)
{
    for (size_t i = 0; i < s->n_messages; i++) {
        if (s->messages[i].row_seen == row && s->messages[i].event) {
            return true;
        }
    }
    return false;
}

/* The row that the turn is about, and those that were joined to it. */
static void take_rows(struct oracle *o, const struct fn_json *row, int64_t kind)
{
    struct sim *s = o->sim;
    int64_t id = row_id(row, "row");
    bool anew = fn_str_eq(fn_json_str(fn_json_get(row, "funnel")), FN_STR("restart"));
    if (id != 0) { /* an event that began the stage anew is still to be taken */
        o->out->rows[o->out->n_rows++] = id;
    }
    if (anew && id != 0 && is_event(s, id)) {
        sim_break(s, "I1: row %lld, an event, was taken by a stage that began anew", (long long)id);
    }
    s->counts[SIM_N_TURNS]++;
    s->counts[SIM_N_TIMERS] += kind == FRT_IN_TIMER;
    s->counts[SIM_N_RESTARTED] += anew;
    s->counts[SIM_N_EARLY] += kind == FRT_IN_EVENT && o->running && id >> 20 < o->clock_before;
    if (kind == FRT_IN_MESSAGE) {
        take_ref(o, id);
    }
    if (kind == FRT_IN_RESULT && fn_json_get(row, "present")->kind == FN_JSON_TRUE) {
        o->out->answered[o->out->n_answered++] = id;
    }
    for (const struct fn_json *step = row->next; step != NULL; step = step->next) {
        if (fn_json_get(step, "joined") != NULL) {
            o->out->rows[o->out->n_rows++] = row_id(step, "joined");
            take_ref(o, row_id(step, "joined"));
            s->counts[SIM_N_SETTLED]++;
        }
    }
}

static void one_turn(struct oracle *o)
{
    const struct fn_json *row = fn_json_at(fn_json_get(o->record, "steps"), 0);
    int64_t kind = 0, snap = 0, status = 0;
    char digits[32];
    (void)fn_json_int(fn_json_get(row, "kind"), &kind);
    (void)fn_json_int(fn_json_get(o->record, "snap"), &snap);
    (void)fn_json_int(fn_json_get(o->record, "status"), &status);
    if (status == FRT_FAULTED) { /* parked: on error too often, say. Nothing of the turn counts, and its rows stay */
        if (o->running && (int64_t)fn_crc32c(o->snap.p, o->snap.n) != snap) {
            sim_break(o->sim, "I2: turn %lld parked the conversation, and changed it", (long long)o->seq);
        }
        return;
    }
    o->clock_before = o->clock;
    (void)fn_json_int(fn_json_get(o->record, "clock"), &o->clock);
    if (o->clock < o->clock_before) {
        sim_break(o->sim, "I2: the clock of turn %lld goes back", (long long)o->seq);
    }
    take_rows(o, row, kind);
    o->index = o->reads = 0;
    bool ok = true;
    if (o->running) {
        ok = wake(o, row, kind);
    } else {
        o->image = recorded_image(o);
        ok = o->image != NULL;
    }
    if (ok && !o->running) {
        snprintf(digits, sizeof digits, "%.*s", FN_STR_ARG(fn_json_str(fn_json_get(o->record, "seed"))));
        uint16_t stage = entry_stage(o, kind, fn_json_str(fn_json_get(row, "text")));
        struct fvm_input in = {.kind = FBC_WAKE_EVENT};
        in.event = fn_json_str(fn_json_get(row, "event"));
        in.event_name = fn_json_str(fn_json_get(row, "event_name"));
        ok = fvm_start(o->run, o->image, stage, o->clock, strtoull(digits, NULL, 16)) == FN_OK;
        turn(o);
        if (kind == FRT_IN_EVENT) {
            fvm_given(o->run, &in);
        }
    }
    if (!ok) {
        sim_break(o->sim, "I2: turn %lld cannot be made again", (long long)o->seq);
        return;
    }
    run(o);
    snprintf(o->stage, sizeof o->stage, "%.*s", FN_STR_ARG(fn_json_str(fn_json_get(o->record, "stage"))));
    fn_buf_clear(&o->snap);
    if (recorded_image(o) != o->image) {
        sim_break(o->sim, "I2: turn %lld ended on another version", (long long)o->seq);
    }
    if (o->running && fvm_save(o->run, &o->snap) != FN_OK) {
        sim_break(o->sim, "I2: turn %lld cannot be saved", (long long)o->seq);
    }
    if ((int64_t)fn_crc32c(o->snap.p, o->snap.n) != snap || o->running != (status == FRT_RUNNING)) {
        sim_break(o->sim, "I2: turn %lld made again is another one", (long long)o->seq);
    }
}

void sim_replay(struct sim *s, const struct frt_op_turns *turns, struct sim_replay *out)
{
    struct oracle o = {.sim = s, .out = out, .run = fvm_run_new(&fvm_limits_default, fsl_natives)};
    if (o.run == NULL) {
        FN_BUG("the oracle does not start");
    }
    fn_buf_init(&o.snap, 1 << 16);
    fn_buf_init(&o.name, 1 << 16);
    for (size_t i = 0; i < turns->n && s->failure[0] == '\0'; i++) {
        struct fn_arena arena;
        fn_arena_init(&arena, 1 << 20);
        o.seq = turns->turns[i].seq;
        if (fn_json_parse(&arena, turns->turns[i].record, 0, &o.record, NULL) != FN_OK) {
            sim_break(s, "record %lld is no JSON", (long long)o.seq);
        } else {
            one_turn(&o);
        }
        fn_arena_fini(&arena);
    }
    fn_buf_fini(&o.snap);
    fn_buf_fini(&o.name);
    fvm_run_free(o.run);
}
