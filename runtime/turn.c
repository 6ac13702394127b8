/* turn.c: which rows of its mailbox a conversation takes. In order: each row is consumed, kept (parked) or taken; the first one taken wakes or
 * starts the program, and the turn ends at its next suspension. What is kept is looked at again in the next turn.
 *
 * Before any program: opt-out, ownership (bot or human), echoes of what the business itself sent.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"
#include "fn_utf8.h"

#include <stdio.h>

static bool runs_here(const struct turn *t)
{
    return t->next.status == FRT_RUNNING && t->next.owner == FRT_OWNER_BOT;
}

static void copy_text(char *to, size_t size, struct fn_str s)
{
    snprintf(to, size, "%.*s", FN_STR_ARG(s));
}

/* -- starting a program ----------------------------------------------------------------------------------------------------------- */
static const struct fbc_image *offered(const struct turn *t, const struct frt_pub *pub)
{
    bool canary = pub->canary.n != 0 && fn_hash(&t->next.contact, sizeof t->next.contact) % 100 < pub->percent;
    return catalogue_peek(t->engine, t->next.tenant, canary ? pub->canary : pub->hash);
}

/* Starts the first published funnel of the channel that has such an entry. funnel: only this one, when not empty. */
static bool start_by(struct turn *t, enum fbc_entry_kind kind, struct fn_str folded, struct fn_str event,
                     struct fn_str funnel)
{
    for (size_t i = 0; i < t->catalogue->n; i++) {
        const struct frt_pub *pub = &t->catalogue->pubs[i];
        const struct fbc_image *image = offered(t, pub);
        if (image == NULL || (pub->channel != 0 && pub->channel != t->next.channel) ||
            (funnel.n != 0 && !fn_str_eq(pub->funnel, funnel))) {
            continue;
        }
        uint16_t number = kind == FBC_ENTRY_EVENT ? fbc_find_event(image, event) : FBC_NO_INDEX;
        if (kind == FBC_ENTRY_EVENT && number == FBC_NO_INDEX) {
            continue;
        }
        const struct fbc_entry *entry = fbc_find_entry(image, kind, folded, number);
        if (entry != NULL) {
            return turn_begin(t, pub, image, entry->stage);
        }
    }
    return false;
}

static bool start_by_message(struct turn *t, struct fn_str text)
{
    struct fn_buf folded;
    fn_buf_init(&folded, 4096);
    fn_fold_phrase(&folded, (struct fn_str){text.p, text.n < 1024 ? text.n : 0});
    bool started =
        fn_buf_view(&folded).n != 0 && start_by(t, FBC_ENTRY_KEYWORD, fn_buf_view(&folded), FN_STR_NULL, FN_STR_NULL);
    fn_buf_fini(&folded);
    return started || start_by(t, FBC_ENTRY_MESSAGE, FN_STR_NULL, FN_STR_NULL, FN_STR_NULL);
}

static struct fn_str pair_value(const struct turn *t, struct fn_str name)
{
    for (size_t i = 0; i < t->in->n_pairs; i++) {
        if (fn_str_eq(t->in->pairs[i].name, name)) {
            return t->in->pairs[i].value;
        }
    }
    return FN_STR_NULL;
}

/* -- messages ------------------------------------------------------------------------------------------------------------------------ */
static void end_program(struct turn *t)
{
    deadline_end(t);
    t->next.status = FRT_ENDED;
    t->next.snap = FN_STR_NULL;
}

/* true when the message was about consent and is settled thereby. */
static bool take_consent(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    enum optout what = p->option.n != 0 ? OPTOUT_NO : optout_read(p->text);
    bool out = fn_str_eq(pair_value(t, FN_STR("s:consent")), FN_STR("out"));
    if (what == OPTOUT_NO || (what == OPTOUT_RETURN && !out)) {
        return false;
    }
    turn_pair(t, "s:", FN_STR("consent"), what == OPTOUT_LEAVE ? FN_STR("out") : FN_STR("in"));
    turn_note(t, FRT_DIR_NOTE, "consent", turn_json(t, what == OPTOUT_LEAVE ? "out" : "in", p->text));
    if (what == OPTOUT_LEAVE) {
        end_program(t);
    }
    if (what == OPTOUT_RETURN || !out) {
        struct fn_str text = turn_json(t, "text", optout_text(what, t->engine->c.english));
        (void)turn_effect(t, FBC_HOST_say, text, 0, FRT_DIR_OUT);
    }
    turn_consume(t, row->id);
    return true;
}

/* Messages that come within settle of each other are one; computed from the rows, so that a successor computes the same instant. */
static bool is_settled(struct turn *t, size_t first)
{
    struct fvm_waiting w = fvm_waiting(t->run);
    if (w.wait == FBC_NO_INDEX || t->image->waits[w.wait].settle_ms == 0) {
        return true;
    }
    const struct fbc_wait *wait = &t->image->waits[w.wait];
    int64_t last = t->in->rows[first].received_at;
    for (size_t i = first; i < t->in->n_rows; i++) {
        last = t->in->rows[i].kind == FRT_IN_MESSAGE ? t->in->rows[i].received_at : last;
    }
    int64_t at = last + wait->settle_ms, most = t->in->rows[first].received_at + wait->max_ms;
    at = wait->max_ms != 0 && most < at ? most : at;
    t->settle_at = at > t->wall ? at : FRT_NEVER;
    return t->settle_at == FRT_NEVER;
}

/* A wait that takes no messages has ended at `at`: what was kept for more than FBC_KEPT_MS answers nothing any more. It is in the log. */
static void drop_late(struct turn *t, const struct fbc_wait *wait, int64_t at)
{
    for (size_t i = 0; (wait->flags & FBC_WAIT_MESSAGE) == 0 && i < t->in->n_rows; i++) {
        const struct frt_row *row = &t->in->rows[i];
        struct frt_payload p;
        if (row->kind != FRT_IN_MESSAGE || at - row->received_at <= FBC_KEPT_MS ||
            frt_payload_read(row->payload, &p) != FN_OK) {
            continue;
        }
        t->next.last_in_at = row->received_at > t->next.last_in_at ? row->received_at : t->next.last_in_at;
        turn_consume(t, row->id);
        turn_note(t, FRT_DIR_NOTE, "late", turn_json(t, "text", p.text));
    }
}

static const struct fbc_wait *wait_of(const struct turn *t)
{
    struct fvm_waiting w = fvm_waiting(t->run);
    return w.wait != FBC_NO_INDEX ? &t->image->waits[w.wait] : NULL;
}

/* The messages from `first` on as one payload; their number of rows is noted in *end. Without settle it is the first alone. */
static struct frt_payload join(struct turn *t, size_t first, const struct frt_payload *p, size_t *end)
{
    struct fvm_waiting w = fvm_waiting(t->run);
    struct frt_payload all = *p;
    *end = first + 1;
    if (w.wait == FBC_NO_INDEX || t->image->waits[w.wait].settle_ms == 0) {
        return all;
    }
    fn_buf_clear(&t->scratch);
    fn_buf_str(&t->scratch, p->text);
    for (size_t i = first + 1; i < t->in->n_rows; i++) {
        struct frt_payload more;
        if (t->in->rows[i].kind != FRT_IN_MESSAGE) {
            continue;
        }
        if (frt_payload_read(t->in->rows[i].payload, &more) != FN_OK ||
            (more.option.n == 0 && optout_read(more.text) != OPTOUT_NO)) {
            break;
        }
        if (more.text.n != 0 && t->scratch.n != 0) {
            fn_buf_char(&t->scratch, '\n');
        }
        fn_buf_str(&t->scratch, more.text);
        all.option = more.option.n != 0 ? more.option : all.option;
        all.media = more.media.n != 0 ? more.media : all.media;
        *end = i + 1;
    }
    all.text = t->scratch.failed ? all.text : fn_arena_dup(&t->arena, fn_buf_view(&t->scratch));
    return all;
}

static struct fvm_input input_of(enum fbc_wake kind, const struct frt_payload *p)
{
    return (struct fvm_input){kind, p->text, p->option, p->media, p->event, p->event_name};
}

static void give_message(struct turn *t, struct fn_str text);

/* Its version was replaced by one that restarts what runs: the stage begins anew in the new one, whatever the row was that came first. An event
 * is kept, the new stage may wait for it. False: it was not, or the new version has no such stage. */
static bool restarts(struct turn *t, const struct frt_row *row)
{
    if (!turn_outdated(t) || !turn_restart(t)) {
        return false;
    }
    struct frt_row as = *row;
    as.kind = FRT_IN_RESUME;
    if (row->kind == FRT_IN_EVENT) {
        as.id = 0;
        t->mail->again = true;
    } else {
        turn_consume(t, row->id);
    }
    t->taken = true;
    t->self = row->kind == FRT_IN_TIMER;
    record_row(t, &as, &(struct frt_payload){.funnel = FN_STR("restart")});
    return true;
}

/* Its version is gone with all that runs in it: the stage begins anew in the new one, or the program does. */
static void restart(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    if (restarts(t, row)) {
        return;
    }
    turn_consume(t, row->id);
    end_program(t);
    t->vm = false;
    if (start_by_message(t, p->text)) {
        give_message(t, p->text);
        t->ref = row->ref;
        record_row(t, row, p);
    }
}

static void wake_message(struct turn *t, size_t i, const struct frt_payload *p)
{
    if (!turn_vm(t) || !is_settled(t, i)) {
        return;
    }
    if (turn_outdated(t)) {
        restart(t, &t->in->rows[i], p);
        return;
    }
    size_t end;
    struct frt_payload all = join(t, i, p, &end);
    struct fvm_input input = input_of(FBC_WAKE_MESSAGE, &all);
    const struct fbc_wait *wait = wait_of(t);
    if (fvm_wake(t->run, &input) == FVM_NOT_WANTED) {
        turn_park(t, &t->in->rows[i]);
        return;
    }
    if (wait != NULL) {
        drop_late(t, wait, t->in->rows[i].received_at);
    }
    t->taken = true;
    record_row(t, &t->in->rows[i], &all);
    for (size_t k = i; k < end; k++) {
        if (t->in->rows[k].kind == FRT_IN_MESSAGE) {
            turn_consume(t, t->in->rows[k].id);
            t->ref = t->in->rows[k].ref;
            if (wait != NULL && (wait->flags & FBC_WAIT_PERSONAL) != 0) {
                turn_personal(t, t->in->rows[k].id);
            }
            if (k != i) {
                record_join(t, &t->in->rows[k]);
            }
        }
    }
}

/* `talk` answers the message that led there, and at the start of a program that is this one: docs/compiler.md, `$message`. */
static void give_message(struct turn *t, struct fn_str text)
{
    uint16_t global = t->vm ? fbc_find_global(t->image, FN_STR("$message"), 0) : FBC_NO_INDEX;
    if (global == FBC_NO_INDEX) {
        return;
    }
    text.n = fn_utf8_cut(text, FBC_MESSAGE_KEPT);
    fn_buf_clear(&t->scratch);
    fn_json_put_str(&t->scratch, text);
    if (t->scratch.failed || fvm_global_set(t->run, global, fn_buf_view(&t->scratch)) != FN_OK) {
        engine_log(t->engine, FRT_LOG_WARN, "turn.message", t->next.tenant, t->next.conv, FN_STR("$message"));
    }
}

static void take_message(struct turn *t, size_t i, const struct frt_payload *p)
{
    const struct frt_row *row = &t->in->rows[i];
    t->next.last_in_at = row->received_at > t->next.last_in_at ? row->received_at : t->next.last_in_at;
    if (take_consent(t, row, p)) {
        return;
    }
    if (t->next.owner == FRT_OWNER_HUMAN) {
        turn_consume(t, row->id); /* it is in the log; a person reads it */
    } else if (t->next.status == FRT_FAULTED) {
        turn_park(t, row);
    } else if (t->next.status == FRT_RUNNING) {
        wake_message(t, i, p);
    } else {
        turn_consume(t, row->id);
        if (start_by_message(t, p->text)) {
            give_message(t, p->text);
            t->ref = row->ref;
            record_row(t, row, p);
        }
    }
}

/* -- the other kinds ------------------------------------------------------------------------------------------------------------------- */
static void wake_by(struct turn *t, const struct frt_row *row, const struct frt_payload *p, enum fbc_wake kind,
                    bool keep)
{
    struct fvm_input input = input_of(kind, p);
    if (!turn_vm(t) ||
        (kind != FBC_WAKE_HANDBACK && restarts(t, row))) { /* the stage that hands over must not do so again */
        return;
    }
    const struct fbc_wait *wait = wait_of(t);
    if (fvm_wake(t->run, &input) != FVM_NOT_WANTED) {
        if (wait != NULL) {
            drop_late(t, wait, kind == FBC_WAKE_TIMER ? row->due_at : row->received_at);
        }
        t->taken = true;
        t->self = kind == FBC_WAKE_TIMER;
        turn_consume(t, row->id);
        if (kind == FBC_WAKE_TIMER) {
            t->next.timer = t->next.deadline = 0;
        }
        record_row(t, row, p);
    } else if (keep) {
        turn_park(t, row);
    } else {
        turn_consume(t, row->id);
    }
}

static void take_event(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    if (runs_here(t)) {
        wake_by(t, row, p, FBC_WAKE_EVENT, true);
    } else if (t->next.status == FRT_RUNNING || t->next.status == FRT_FAULTED) {
        turn_park(t, row);
    } else {
        turn_consume(t, row->id);
        bool out = fn_str_eq(pair_value(t, FN_STR("s:consent")), FN_STR("out"));
        if (!out && t->next.owner == FRT_OWNER_BOT &&
            start_by(t, FBC_ENTRY_EVENT, FN_STR_NULL, p->event_name, FN_STR_NULL)) {
            struct fvm_input input = input_of(FBC_WAKE_EVENT, p);
            fvm_given(t->run, &input);
            record_row(t, row, p);
        }
    }
}

static void take_campaign(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    bool consents = fn_str_eq(pair_value(t, FN_STR("s:consent")), FN_STR("in"));
    bool busy = t->next.status == FRT_RUNNING || t->next.status == FRT_FAULTED || t->next.owner == FRT_OWNER_HUMAN;
    turn_consume(t, row->id);
    if (!consents || busy || !start_by(t, FBC_ENTRY_CAMPAIGN, FN_STR_NULL, FN_STR_NULL, p->funnel)) {
        turn_note(t, FRT_DIR_NOTE, "campaign",
                  turn_json(t,
                            !consents ? "no_consent"
                            : busy    ? "busy"
                                      : "no_entry",
                            p->funnel));
        return;
    }
    record_row(t, row, p);
}

/* `handoff { silence 2d … }`: the team has not given the conversation back in time, and the funnel takes it. */
static bool takes_back(struct turn *t)
{
    if (t->next.status != FRT_RUNNING || !turn_vm(t)) {
        return false;
    }
    const struct fbc_wait *wait = wait_of(t);
    if (wait == NULL || (wait->flags & FBC_WAIT_HANDBACK) == 0) {
        return false;
    }
    t->next.owner = FRT_OWNER_BOT;
    t->next.team = FN_STR_NULL;
    return true;
}

static void take_timer(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    if (row->id != t->next.timer || (t->next.status != FRT_RUNNING && t->next.status != FRT_FAULTED)) {
        turn_consume(t, row->id); /* of a wait that is over */
    } else if (runs_here(t) || takes_back(t)) {
        wake_by(t, row, p, FBC_WAKE_TIMER, false);
    } else {
        turn_park(t, row);
    }
}

/* The answer of `classify` is the label's index in digits; anything else is no label. */
static int64_t index_of(const struct frt_payload *p)
{
    int64_t index = 0;
    for (size_t i = 0; i < p->text.n; i++) {
        char c = p->text.p[i];
        if (c < '0' || c > '9' || index > 1000000) {
            return -1;
        }
        index = index * 10 + (c - '0');
    }
    return p->present && p->text.n != 0 ? index : -1;
}

static void take_result(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    if ((p->effect >> 8) < t->next.run_seq || t->next.status == FRT_IDLE || t->next.status == FRT_ENDED) {
        turn_consume(t, row->id); /* of a program that is over */
        return;
    }
    if (!runs_here(t)) {
        turn_park(t, row);
        return;
    }
    if (!turn_vm(t)) {
        return;
    }
    if (fvm_waiting(t->run).call == p->call && restarts(t, row)) {
        return;
    }
    struct fvm_answer answer = {.present = p->present, .i = index_of(p), .text = p->text};
    turn_consume(t, row->id);
    if (fvm_waiting(t->run).call != p->call) {
        return;
    }
    enum fn_code code = fvm_answer(t->run, p->call, &answer);
    if (code != FN_OK) { /* a text that cannot be held: as good as none */
        answer = (struct fvm_answer){.i = -1};
        code = fvm_answer(t->run, p->call, &answer);
    }
    t->taken = t->self = code == FN_OK;
    if (code == FN_OK) {
        record_row(t, row, p);
    }
}

static void take_failed(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    if ((p->effect >> 8) < t->next.run_seq || (t->next.status != FRT_RUNNING && t->next.status != FRT_FAULTED)) {
        turn_consume(t, row->id);
    } else if (!runs_here(t)) {
        turn_park(t, row);
    } else if (errors_told(t, p->effect)) {
        turn_consume(t, row->id); /* it is a dead letter; the program knows that its messages fail */
    } else if (turn_vm(t)) {
        turn_consume(t, row->id);
        t->taken = t->self = turn_to_error(t);
        if (t->taken) {
            record_row(t, row, p);
        } else {
            turn_fault(t, "effect", p->text);
        }
    }
}

static void take_echo(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    turn_consume(t, row->id);
    bool api = fn_str_eq(p->option, FN_STR("api")); /* the channel says that a program sent it, so nobody typed */
    if (row->known || outbox_echo(t->mail, p->text, row->ref) || api) {
        return;
    }
    t->next.owner = FRT_OWNER_HUMAN; /* typed on the phone itself */
    struct frt_message *line =
        turn_note(t, FRT_DIR_HUMAN, p->media.n != 0 ? "media" : "text", turn_json(t, "text", p->text));
    if (line != NULL) {
        line->ext_id = row->ref;
        line->delivery = FRT_D_SENT;
    }
}

static void take_say(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    turn_consume(t, row->id);
    t->next.owner = FRT_OWNER_HUMAN;
    if (p->media.n != 0) {
        (void)turn_effect(t, FBC_HOST_media, p->media, 0, FRT_DIR_HUMAN);
    } else {
        (void)turn_effect(t, FBC_HOST_say, turn_json(t, "text", p->text), 0, FRT_DIR_HUMAN);
    }
}

static void take_handback(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    t->next.owner = FRT_OWNER_BOT;
    t->next.team = FN_STR_NULL;
    if (t->next.status == FRT_RUNNING) {
        wake_by(t, row, p, FBC_WAKE_HANDBACK, false);
    } else {
        turn_consume(t, row->id);
    }
    if (!t->taken && !t->faulted) {
        turn_unpark(t);
    }
}

/* A faulted conversation goes on where it waits; or, when there is a newer version or payload.funnel says "restart", at the entry of its stage;
 * payload.option names another stage. */
static void take_resume(struct turn *t, const struct frt_row *row, const struct frt_payload *p)
{
    turn_consume(t, row->id);
    if (t->next.status != FRT_FAULTED) {
        return;
    }
    errors_forget(t);
    t->next.reason = FN_STR_NULL;
    t->next.status = t->next.snap.n != 0 ? FRT_RUNNING : FRT_IDLE;
    turn_unpark(t);
    t->mail->again = true;
    if (t->next.status == FRT_IDLE || !turn_vm(t)) {
        return;
    }
    const struct fbc_image *now = NULL;
    for (size_t i = 0; i < t->catalogue->n; i++) {
        now = fn_str_eq(t->catalogue->pubs[i].funnel, t->next.funnel) ? offered(t, &t->catalogue->pubs[i]) : now;
    }
    bool newer = now != NULL && now != t->image;
    if (newer || p->option.n != 0 || fn_str_eq(p->funnel, FN_STR("restart"))) {
        uint16_t stage = p->option.n != 0 ? fbc_find_stage(t->image, p->option) : FBC_NO_INDEX;
        stage = stage != FBC_NO_INDEX ? stage : fbc_find_stage(t->image, t->next.stage);
        t->goal = p->option;
        t->must_move = true;
        t->taken = fvm_enter(t->run, stage) == FN_OK;
        record_row(t, row, p);
    }
}

static void take_row(struct turn *t, size_t i, const struct frt_payload *p)
{
    const struct frt_row *row = &t->in->rows[i];
    switch (row->kind) {
    case FRT_IN_MESSAGE: take_message(t, i, p); break;
    case FRT_IN_ECHO: take_echo(t, row, p); break;
    case FRT_IN_EVENT: take_event(t, row, p); break;
    case FRT_IN_CAMPAIGN: take_campaign(t, row, p); break;
    case FRT_IN_TAKEOVER:
        t->next.owner = FRT_OWNER_HUMAN;
        turn_consume(t, row->id);
        break;
    case FRT_IN_HANDBACK: take_handback(t, row, p); break;
    case FRT_IN_RESUME: take_resume(t, row, p); break;
    case FRT_IN_CANCEL:
        end_program(t);
        turn_consume(t, row->id);
        turn_unpark(t);
        break;
    case FRT_IN_SAY: take_say(t, row, p); break;
    case FRT_IN_TIMER: take_timer(t, row, p); break;
    case FRT_IN_RESULT: take_result(t, row, p); break;
    case FRT_IN_FAILED: take_failed(t, row, p); break;
    }
}

/* -- the turn ------------------------------------------------------------------------------------------------------------------------------ */
/* What came from outside was there before it was read, whatever the clock says now: it was received by another node's, or by the store's before
 * that was set back. */
bool turn_is_due(const struct turn *t, const struct frt_row *row)
{
    return row->due_at != FRT_NEVER && (row->id < FRT_DERIVED || row->due_at <= t->wall);
}

static void set_clock(struct turn *t)
{
    t->wall = engine_now(t->engine);
    t->now = t->in->conv.clock;
    for (size_t i = 0; i < t->in->n_rows; i++) {
        const struct frt_row *r = &t->in->rows[i];
        if (turn_is_due(t, r)) {
            int64_t at = r->kind == FRT_IN_TIMER ? r->due_at : r->received_at;
            at = at < t->wall ? at : t->wall;
            t->now = at > t->now ? at : t->now;
        }
    }
}

void turn_start(struct turn *t)
{
    struct mail *m = t->mail;
    m->channel = t->in->conv.channel;
    m->last_in_at = t->in->conv.last_in_at;
    copy_text(m->address, sizeof m->address, t->in->conv.address);
    if (!m->known) { /* effects of a dead owner waited to know where the contact is */
        m->known = true;
        outbox_pump(t->engine, m);
    }
    t->catalogue = catalogue_get(t->engine, m);
    if (t->catalogue == NULL) {
        return;
    }
    if (t->in->conv.prog.n != 0 && t->in->conv.snap.n != 0 &&
        catalogue_image(t->engine, m, t->in->conv.prog, &t->image) == FN_UNAVAILABLE) {
        return;
    }
    m->state = MAIL_RUNNING;
    deadline_read(t);
    t->next = t->in->conv;
    t->next.epoch = t->in->epoch; /* the shard may have been lost and won again while the catalogue was read */
    t->settle_at = FRT_NEVER;
    set_clock(t);
    turn_queue(t, TURN_ROWS);
}

void turn_rows(struct turn *t)
{
    unsigned looked = 0;
    for (size_t i = 0; i < t->in->n_rows && !t->taken && !t->faulted && t->settle_at == FRT_NEVER; i++) {
        const struct frt_row *row = &t->in->rows[i];
        struct frt_payload p;
        if (row->due_at != FRT_NEVER && !turn_is_due(t, row)) {
            continue;
        }
        if (row->due_at != FRT_NEVER && looked++ == FRT_ROWS_MAX) {
            t->mail->again = true;
            break;
        }
        if (frt_payload_read(row->payload, &p) != FN_OK) {
            engine_log(t->engine, FRT_LOG_ERROR, "row.unreadable", t->next.tenant, t->next.conv, FN_STR_NULL);
            turn_consume(t, row->id);
            continue;
        }
        take_row(t, i, &p);
    }
    if (t->taken && !t->faulted) {
        if (!t->self) {
            errors_heard(t);
        }
        turn_resume(t);
    } else {
        turn_finish(t);
    }
}

/* Deliberately before the commit: a runaway loop must not be committed as one more round. */
static bool runs_away(struct turn *t)
{
    struct mail *m = t->mail;
    int64_t now = engine_now(t->engine);
    if (!t->self) {
        m->self_turns = 0;
        return false;
    }
    if (now - m->self_since >= 60000) {
        m->self_since = now;
        m->self_turns = 0;
    }
    return ++m->self_turns > t->engine->c.self_turns;
}

void turn_finish(struct turn *t)
{
    struct frt_engine *e = t->engine;
    struct mail *m = t->mail;
    if (t->taken && !t->faulted && runs_away(t)) {
        turn_fault(t, "runaway", FN_STR_NULL);
    }
    if (t->arena.failed && !t->faulted) {
        turn_fault(t, "outputs", t->next.stage);
    }
    turn_return(t);
    deadline_renew(t);
    if (t->direct != NULL && !direct_fits(t)) {
        direct_drop(t);
        return;
    }
    bool changed =
        t->taken || t->faulted || t->consume.n + t->park.n + t->unpark.n + t->effects.n + t->log.n + t->pairs.n != 0;
    if (changed) {
        record_close(t);
        m->again = m->again || t->settle_at != FRT_NEVER;
        commit_queue(t);
        return;
    }
    int64_t settle_at = t->settle_at;
    turn_free(t);
    if (settle_at != FRT_NEVER && !m->again) {
        m->state = MAIL_SETTLING;
        m->wake_at = settle_at;
        engine_timer(e, settle_at, m->tenant, m->conv);
        return;
    }
    mail_rest(e, m);
}
