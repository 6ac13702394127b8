/* cli_host.c: see cli_host.h. One turn is: put rows of the inbox to the wait until none is wanted, or a call needs an answer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli_host.h"

#include "cli_table.h"
#include "fn_json.h"
#include "fn_utf8.h"

#include <stdlib.h>

enum { INBOX_MAX = 256, TEXT_MAX = 65536, SNAPSHOT_MAX = 1 << 20, TIMERS_MAX = 100000 };

struct row {
    enum fbc_wake kind;
    int64_t at;
    struct fn_buf text, option, media, event, name;
};
struct cli_host {
    struct cli_host_options o;
    struct fvm_run *run;
    struct cli_table *tables, *contact;
    enum cli_host_state state;
    bool ended, erring, jumped, silent; /* silent: the team has the conversation */
    struct fvm_errors errors;
    int64_t now, target, last_message;
    uint16_t stage;
    struct row inbox[INBOX_MAX];
    unsigned n_inbox;
    struct row last; /* what the machine woke by: it reads it until the next */
    struct fn_buf json, snapshot, answer;
    enum fbc_host call;
    uint32_t call_number;
    uint64_t starts, taken;
    size_t kept;
    uint32_t *spent; /* AI calls of this conversation: of the funnel, then of each agent */
};

/* -- inbox ------------------------------------------------------------------------------------------------------------------- */

static void row_fini(struct row *r)
{
    fn_buf_fini(&r->text);
    fn_buf_fini(&r->option);
    fn_buf_fini(&r->media);
    fn_buf_fini(&r->event);
    fn_buf_fini(&r->name);
}

static void keep(struct fn_buf *b, struct fn_str s)
{
    fn_buf_init(b, TEXT_MAX);
    fn_buf_str(b, s);
}

static struct row *inbox_add(struct cli_host *h, const struct fvm_input *in)
{
    if (h->n_inbox == INBOX_MAX) {
        return NULL;
    }
    struct row *r = &h->inbox[h->n_inbox++];
    *r = (struct row){.kind = in->kind, .at = h->now};
    keep(&r->text, in->text);
    keep(&r->option, in->option);
    keep(&r->media, in->media);
    keep(&r->event, in->event);
    keep(&r->name, in->event_name);
    return r;
}

static void inbox_drop(struct cli_host *h, unsigned i)
{
    row_fini(&h->inbox[i]);
    h->n_inbox--;
    memmove(&h->inbox[i], &h->inbox[i + 1], (h->n_inbox - i) * sizeof h->inbox[0]);
}

static struct fvm_input row_input(const struct row *r)
{
    return (struct fvm_input){r->kind,
                              fn_buf_view(&r->text),
                              fn_buf_view(&r->option),
                              fn_buf_view(&r->media),
                              fn_buf_view(&r->event),
                              fn_buf_view(&r->name)};
}

/* -- the contact ---------------------------------------------------------------------------------------------------------------- */

static void contact_into(struct cli_host *h)
{
    const struct fbc_image *im = h->o.image;
    for (uint32_t i = 0; i < im->n_globals; i++) {
        struct fn_str json = cli_table_get(h->contact, FN_STR("contact"), im->globals[i].name);
        bool kept = (im->globals[i].flags & FBC_G_CONTACT) != 0 && json.n > 0;
        if (kept && fvm_global_set(h->run, (uint16_t)i, json) != FN_OK) {
            continue; /* a value of another type is no value */
        }
    }
}

static void contact_from(struct cli_host *h)
{
    const struct fbc_image *im = h->o.image;
    for (uint32_t i = 0; i < im->n_globals; i++) {
        if ((im->globals[i].flags & FBC_G_CONTACT) != 0 && fvm_global_changed(h->run, (uint16_t)i)) {
            fn_buf_clear(&h->answer);
            fvm_global_json(h->run, (uint16_t)i, &h->answer);
            cli_table_put(h->contact, FN_STR("contact"), im->globals[i].name, fn_buf_view(&h->answer));
        }
    }
}

/* -- suspensions ------------------------------------------------------------------------------------------------------------------ */

/* What the engine could not save is parked here too, whatever the test is about. */
static bool save(struct cli_host *h)
{
    fn_buf_clear(&h->snapshot);
    if (fvm_save(h->run, &h->snapshot) == FN_OK) {
        h->kept = h->snapshot.n > h->kept ? h->snapshot.n : h->kept;
        return true;
    }
    h->state = CLI_PARKED;
    h->o.ops->trapped(h->o.self, FBC_TRAP_HEAP, UINT32_MAX);
    return false;
}

/* Saves; with `restart`, goes on in a machine that has seen nothing. */
static void suspend(struct cli_host *h)
{
    struct fn_err err;
    if (!save(h) || !h->o.restart) {
        return;
    }
    struct fvm_run *fresh = fvm_run_new(&fvm_limits_default, h->o.natives);
    if (h->o.ops->saved != NULL) {
        h->o.ops->saved(h->o.self, fn_buf_view(&h->snapshot));
    }
    if (fresh == NULL || fvm_load(fresh, h->o.image, fn_buf_view(&h->snapshot), &err) != FN_OK) {
        fvm_run_free(fresh);
        h->state = CLI_PARKED;
        return;
    }
    fvm_run_free(h->run);
    h->run = fresh;
    fvm_turn(h->run, h->now);
}

static const struct fbc_wait *waiting(const struct cli_host *h)
{
    struct fvm_waiting w = fvm_waiting(h->run);
    return h->state == CLI_WAITING && w.wait != FBC_NO_INDEX ? &h->o.image->waits[w.wait] : NULL;
}

/* When the messages of a settle window go in; 0: at once. */
static int64_t settled_at(const struct cli_host *h)
{
    const struct fbc_wait *w = waiting(h);
    int64_t first = 0, last = 0;
    if (w == NULL || w->settle_ms == 0) {
        return 0;
    }
    for (unsigned i = 0; i < h->n_inbox; i++) {
        if (h->inbox[i].kind == FBC_WAKE_MESSAGE) {
            first = first == 0 ? h->inbox[i].at : first;
            last = h->inbox[i].at;
        }
    }
    if (last == 0) {
        return 0;
    }
    return last + w->settle_ms < first + w->max_ms ? last + w->settle_ms : first + w->max_ms;
}

/* All messages of a settle window as one, lines in order. */
static void join_messages(struct cli_host *h)
{
    struct row *first = NULL;
    for (unsigned i = 0; i < h->n_inbox; i++) {
        if (h->inbox[i].kind != FBC_WAKE_MESSAGE) {
            continue;
        }
        if (first == NULL) {
            first = &h->inbox[i];
            continue;
        }
        fn_buf_char(&first->text, '\n');
        fn_buf_str(&first->text, fn_buf_view(&h->inbox[i].text));
        inbox_drop(h, i--);
    }
}

/* -- a turn ---------------------------------------------------------------------------------------------------------------------------- */

static void told_effect(struct cli_host *h)
{
    struct fvm_request r = fvm_request(h->run);
    fn_buf_clear(&h->json);
    fvm_request_json(h->run, &h->json);
    h->silent = h->silent || r.host == FBC_HOST_handoff;
    if (r.host == FBC_HOST_save || r.host == FBC_HOST_delete) {
        cli_table_effect(h->tables, (enum fbc_host)r.host, fn_buf_view(&h->json));
    }
    h->o.ops->sent(h->o.self, (enum fbc_host)r.host, fn_buf_view(&h->json));
}

/* One more call of the AI, as the engine counts them (runtime/agent.c); false: the budget was spent before. */
static bool in_budget(struct cli_host *h)
{
    const struct fbc_image *im = h->o.image;
    struct fvm_request r = fvm_request(h->run);
    bool step = r.host == FBC_HOST_classify || r.host == FBC_HOST_extract || r.host == FBC_HOST_write ||
                r.host == FBC_HOST_talk;
    struct fn_str name = step ? fvm_text(h->run, r.args[0].ref) : FN_STR("");
    uint32_t agent = 0;
    for (uint32_t i = 0; i < im->n_agents; i++) {
        agent = name.n > 0 && fn_str_eq(im->agents[i].name, name) ? i + 1 : agent;
    }
    if (step && h->spent[0]++ >= (im->budget != 0 ? im->budget : FBC_BUDGET_DEFAULT)) {
        return false;
    }
    uint32_t own = agent > 0 && im->agents[agent - 1].budget != 0 ? im->agents[agent - 1].budget : FBC_BUDGET_DEFAULT;
    return agent == 0 || h->spent[agent]++ < own;
}

/* true: answered from memory. */
static bool told_call(struct cli_host *h)
{
    struct fvm_request r = fvm_request(h->run);
    fn_buf_clear(&h->json);
    fvm_request_json(h->run, &h->json);
    h->call = (enum fbc_host)r.host;
    h->call_number = r.call;
    if (!in_budget(h)) {
        const struct fvm_answer failed = {.i = -1};
        return fvm_answer(h->run, r.call, &failed) == FN_OK;
    }
    if (r.host != FBC_HOST_find && r.host != FBC_HOST_query) {
        h->state = CLI_CALLING;
        suspend(h);
        return false;
    }
    fn_buf_clear(&h->answer);
    bool present = cli_table_call(h->tables, h->call, fn_buf_view(&h->json), &h->answer);
    struct fvm_answer answer = {.present = present, .text = fn_buf_view(&h->answer)};
    return fvm_answer(h->run, r.call, &answer) == FN_OK;
}

static uint32_t offset_of(const struct fbc_image *im, uint32_t word)
{
    uint32_t offset = UINT32_MAX;
    for (uint32_t i = 0; i < im->n_lines && im->lines[i].word <= word; i++) {
        offset = im->lines[i].offset;
    }
    return offset;
}

/* To the stage of `on error`; parked when there is none, it failed itself, or it was entered too often. */
static void told_trap(struct cli_host *h)
{
    struct fvm_trapped t = fvm_trapped(h->run);
    const struct fbc_entry *to = fbc_find_entry(h->o.image, FBC_ENTRY_ERROR, FN_STR(""), FBC_NO_INDEX);
    bool handled = to != NULL && !h->erring && to->stage != fvm_stage(h->run) && fvm_errors_more(&h->errors, h->now) &&
                   fvm_enter(h->run, to->stage) == FN_OK;
    h->erring = h->jumped = true;
    if (!handled) {
        h->state = CLI_PARKED;
        h->o.ops->trapped(h->o.self, t.trap, offset_of(h->o.image, t.word));
    }
}

static void told_stage(struct cli_host *h)
{
    h->stage = fvm_stage(h->run);
    h->o.ops->entered(h->o.self, cli_host_stage(h));
    h->jumped = false;
}

static void told_counted(struct cli_host *h)
{
    struct fvm_counted c = fvm_counted(h->run);
    if (c.kind == FBC_COUNT_PERSONAL) {
        return; /* of the engine's log: nothing happens here */
    }
    h->o.ops->counted(h->o.self, c.kind, c.name);
}

/* People have the conversation: what was kept for the funnel is theirs to answer. */
static void drop_messages(struct cli_host *h)
{
    for (unsigned i = 0; i < h->n_inbox; i++) {
        if (h->inbox[i].kind == FBC_WAKE_MESSAGE) {
            inbox_drop(h, i--);
        }
    }
}

/* Until the program waits, calls, ends or is parked. */
static void go_on(struct cli_host *h)
{
    for (;;) {
        switch (fvm_resume(h->run)) {
        case FVM_WAIT:
            h->state = CLI_WAITING;
            if (h->silent) {
                drop_messages(h);
            }
            contact_from(h);
            suspend(h);
            return;
        case FVM_DONE:
            h->state = CLI_IDLE;
            h->ended = true;
            h->silent = false;
            contact_from(h);
            return;
        case FVM_CALL:
            if (!told_call(h)) {
                return;
            }
            break;
        case FVM_EFFECT: told_effect(h); break;
        case FVM_COUNT: told_counted(h); break;
        case FVM_STAGE: told_stage(h); break;
        case FVM_FUEL: break;
        case FVM_TRAP:
            told_trap(h);
            if (h->state == CLI_PARKED) {
                return;
            }
            break;
        }
    }
}

/* What the customer wrote, for a `talk` that answers it (docs/compiler.md). */
static void message_into(struct cli_host *h, struct fn_str message)
{
    uint16_t global = fbc_find_global(h->o.image, FN_STR("$message"), 0);
    message.n = fn_utf8_cut(message, FBC_MESSAGE_KEPT);
    fn_buf_clear(&h->answer);
    fn_json_put_str(&h->answer, message);
    if (global != FBC_NO_INDEX && fvm_global_set(h->run, global, fn_buf_view(&h->answer)) != FN_OK) {
        h->state = CLI_PARKED;
    }
}

static bool begin(struct cli_host *h, uint16_t stage, const struct fvm_input *in)
{
    h->ended = false;
    h->erring = false;
    h->errors.heard = true;
    h->silent = false;
    h->taken++;
    memset(h->spent, 0, (h->o.image->n_agents + 1) * sizeof *h->spent);
    if (fvm_start(h->run, h->o.image, stage, h->now, h->o.seed + h->starts++) != FN_OK) {
        h->state = CLI_PARKED;
        return false;
    }
    contact_into(h);
    message_into(h, in->text);
    fvm_turn(h->run, h->now);
    if (in->kind == FBC_WAKE_EVENT) {
        fvm_given(h->run, in);
    }
    go_on(h);
    return true;
}

/* As the engine does when a wait that takes no messages is over. A message a phrase jumped by is of now, never late. */
static void drop_late(struct cli_host *h, const struct fbc_wait *wait)
{
    for (unsigned i = 0; wait != NULL && (wait->flags & FBC_WAIT_MESSAGE) == 0 && i < h->n_inbox; i++) {
        if (h->inbox[i].kind == FBC_WAKE_MESSAGE && h->now - h->inbox[i].at > FBC_KEPT_MS) {
            inbox_drop(h, i--);
        }
    }
}

/* A row that the present wait takes: true, and the turn has run. */
static bool wake(struct cli_host *h, const struct fvm_input *in)
{
    const struct fbc_wait *wait = waiting(h);
    fvm_turn(h->run, h->now);
    if (fvm_wake(h->run, in) == FVM_NOT_WANTED) {
        return false;
    }
    drop_late(h, wait);
    h->taken++;
    h->erring = false;
    h->errors.heard = h->errors.heard || in->kind != FBC_WAKE_TIMER;
    go_on(h);
    return true;
}

static bool take_row(struct cli_host *h, unsigned i)
{
    const struct row row = h->inbox[i];
    const struct fvm_input in = row_input(&row);
    const struct fbc_wait *wait = waiting(h);
    fvm_turn(h->run, h->now);
    enum fvm_wake_result woken = fvm_wake(h->run, &in);
    if (woken == FVM_NOT_WANTED) {
        return false;
    }
    h->jumped = woken == FVM_JUMPED;
    h->erring = false;
    h->errors.heard = true;
    row_fini(&h->last);
    h->last = row;
    h->n_inbox--; /* out of the inbox before the turn runs: what comes in then stands behind */
    memmove(&h->inbox[i], &h->inbox[i + 1], (h->n_inbox - i) * sizeof h->inbox[0]);
    drop_late(h, wait);
    h->taken++;
    go_on(h);
    return true;
}

static const struct fbc_entry *first_entry(struct cli_host *h, struct fn_str text)
{
    const struct fbc_image *im = h->o.image;
    struct fn_buf folded;
    fn_buf_init(&folded, TEXT_MAX);
    fn_fold_phrase(&folded, text);
    const struct fbc_entry *e = fbc_find_entry(im, FBC_ENTRY_KEYWORD, fn_buf_view(&folded), FBC_NO_INDEX);
    e = e != NULL ? e : fbc_find_entry(im, FBC_ENTRY_ALWAYS, fn_buf_view(&folded), FBC_NO_INDEX);
    e = e != NULL ? e : fbc_find_entry(im, FBC_ENTRY_MESSAGE, FN_STR(""), FBC_NO_INDEX);
    fn_buf_fini(&folded);
    return e;
}

static const struct fbc_entry *event_entry(const struct cli_host *h, struct fn_str name)
{
    return fbc_find_entry(h->o.image, FBC_ENTRY_EVENT, FN_STR(""), fbc_find_event(h->o.image, name));
}

/* What was kept when a conversation ends may begin the next one; what begins nothing is gone. */
static void begin_by_kept(struct cli_host *h)
{
    while (h->n_inbox > 0 && h->state == CLI_IDLE) {
        const struct row row = h->inbox[0];
        h->n_inbox--;
        memmove(&h->inbox[0], &h->inbox[1], h->n_inbox * sizeof h->inbox[0]);
        const struct fvm_input in = row_input(&row);
        const struct fbc_entry *e =
            row.kind == FBC_WAKE_EVENT ? event_entry(h, in.event_name) : first_entry(h, in.text);
        row_fini(&h->last);
        h->last = row; /* the program reads it until the next */
        if (e != NULL) {
            (void)begin(h, e->stage, &in);
        }
    }
}

/* Rows in order, to a wait that wants them, until none does. */
static void drain(struct cli_host *h)
{
    bool took = true;
    while (took && (h->state == CLI_WAITING || (h->state == CLI_IDLE && h->n_inbox > 0))) {
        begin_by_kept(h);
        if (h->state != CLI_WAITING) {
            return;
        }
        int64_t settled = settled_at(h);
        took = false;
        if (settled != 0 && settled <= h->now) {
            join_messages(h);
        }
        for (unsigned i = 0; i < h->n_inbox && !took; i++) {
            bool held = settled != 0 && settled > h->now && h->inbox[i].kind == FBC_WAKE_MESSAGE;
            took = !held && take_row(h, i);
        }
    }
}

/* -- the clock ---------------------------------------------------------------------------------------------------------------------------- */

static int64_t next_due(const struct cli_host *h)
{
    int64_t settled = settled_at(h), deadline = fvm_waiting(h->run).deadline;
    if (settled != 0 && (deadline == 0 || settled < deadline)) {
        return settled;
    }
    return deadline;
}

static void catch_up(struct cli_host *h)
{
    for (unsigned i = 0; i < TIMERS_MAX && h->state == CLI_WAITING; i++) {
        int64_t due = next_due(h);
        if (due == 0 || due > h->target) {
            break;
        }
        h->now = due > h->now ? due : h->now;
        if (due == settled_at(h)) {
            drain(h);
            continue;
        }
        const struct fvm_input timer = {.kind = FBC_WAKE_TIMER};
        h->silent = false; /* of `handoff`: the team did not give it back in time */
        if (!wake(h, &timer)) {
            break;
        }
        drain(h);
    }
    if (h->state != CLI_CALLING && h->now < h->target) {
        h->now = h->target;
    }
}

void cli_host_advance(struct cli_host *h, int64_t to)
{
    h->target = to > h->target ? to : h->target;
    catch_up(h);
}

void cli_host_settle(struct cli_host *h)
{
    int64_t settled = settled_at(h);
    if (settled > h->now) {
        cli_host_advance(h, settled);
    }
}

/* -- what comes in -------------------------------------------------------------------------------------------------------------------------- */

bool cli_host_message(struct cli_host *h, struct fn_str text, struct fn_str option, struct fn_str media)
{
    const struct fvm_input in = {.kind = FBC_WAKE_MESSAGE, .text = text, .option = option, .media = media};
    h->last_message = h->now;
    if (h->state == CLI_IDLE) {
        const struct fbc_entry *e = first_entry(h, text);
        if (e != NULL && begin(h, e->stage, &in)) {
            drain(h);
        }
        return e != NULL;
    }
    if (h->silent && h->state == CLI_WAITING) {
        return true; /* people answer it */
    }
    (void)inbox_add(h, &in);
    drain(h);
    return true;
}

bool cli_host_event(struct cli_host *h, struct fn_str name, struct fn_str json)
{
    const struct fvm_input in = {.kind = FBC_WAKE_EVENT, .event = json, .event_name = name};
    if (h->state == CLI_IDLE && event_entry(h, name) == NULL) {
        return false;
    }
    (void)inbox_add(h, &in);
    drain(h);
    return true;
}

bool cli_host_campaign(struct cli_host *h)
{
    const struct fbc_entry *e = fbc_find_entry(h->o.image, FBC_ENTRY_CAMPAIGN, FN_STR(""), FBC_NO_INDEX);
    if (e == NULL || h->state != CLI_IDLE) {
        return false;
    }
    return begin(h, e->stage, &(struct fvm_input){.kind = FBC_WAKE_MESSAGE});
}

void cli_host_handback(struct cli_host *h)
{
    const struct fvm_input in = {.kind = FBC_WAKE_HANDBACK};
    if (h->state == CLI_WAITING && wake(h, &in)) {
        h->silent = false;
        drain(h);
    }
}

void cli_host_answer(struct cli_host *h, const struct fvm_answer *answer)
{
    if (h->state != CLI_CALLING || fvm_answer(h->run, h->call_number, answer) != FN_OK) {
        return;
    }
    go_on(h);
    drain(h);
    catch_up(h);
}

void cli_host_contact(struct cli_host *h, struct fn_str field, struct fn_str json)
{
    cli_table_put(h->contact, FN_STR("contact"), field, json);
}

/* -- looking ---------------------------------------------------------------------------------------------------------------------------------- */

enum cli_host_state cli_host_state(const struct cli_host *h)
{
    return h->state;
}

bool cli_host_jumped(const struct cli_host *h)
{
    return h->jumped;
}

bool cli_host_ended(const struct cli_host *h)
{
    return h->ended;
}

struct fn_str cli_host_stage(const struct cli_host *h)
{
    return h->stage < h->o.image->n_stages ? h->o.image->stages[h->stage].name : FN_STR("");
}

int64_t cli_host_now(const struct cli_host *h)
{
    return h->now;
}

size_t cli_host_kept(const struct cli_host *h)
{
    return h->kept;
}

uint64_t cli_host_taken(const struct cli_host *h)
{
    return h->taken;
}

int64_t cli_host_window(const struct cli_host *h)
{
    return h->last_message;
}

enum fbc_host cli_host_call(const struct cli_host *h)
{
    return h->call;
}

struct fn_str cli_host_call_json(const struct cli_host *h)
{
    return fn_buf_view(&h->json);
}

bool cli_host_global(const struct cli_host *h, uint16_t global, struct fn_buf *out)
{
    if (h->starts == 0) {
        return false;
    }
    fvm_global_json(h->run, global, out);
    return true;
}

struct cli_host *cli_host_new(const struct cli_host_options *options)
{
    struct cli_host *h = calloc(1, sizeof *h);
    if (h == NULL) {
        return NULL;
    }
    h->o = *options;
    h->now = h->target = options->now;
    h->last_message = INT64_MIN;
    h->stage = FBC_NO_INDEX;
    fn_buf_init(&h->json, SNAPSHOT_MAX);
    fn_buf_init(&h->snapshot, SNAPSHOT_MAX);
    fn_buf_init(&h->answer, SNAPSHOT_MAX);
    h->run = fvm_run_new(&fvm_limits_default, options->natives);
    h->spent = calloc(options->image->n_agents + 1u, sizeof *h->spent);
    h->tables = cli_table_new();
    h->contact = cli_table_new();
    if (h->run == NULL || h->spent == NULL || h->tables == NULL || h->contact == NULL) {
        cli_host_free(h);
        return NULL;
    }
    cli_host_contact(h, FN_STR("phone"), FN_STR("\"+5511987654321\""));
    return h;
}

void cli_host_free(struct cli_host *h)
{
    if (h == NULL) {
        return;
    }
    while (h->n_inbox > 0) {
        inbox_drop(h, h->n_inbox - 1);
    }
    row_fini(&h->last);
    fvm_run_free(h->run);
    free(h->spent);
    cli_table_free(h->tables);
    cli_table_free(h->contact);
    fn_buf_fini(&h->json);
    fn_buf_fini(&h->snapshot);
    fn_buf_fini(&h->answer);
    free(h);
}
