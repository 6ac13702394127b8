/* cli_walker.c: see cli_walker.h. Invariants are watched while the moves run; the first that breaks is the finding.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli_walker.h"

#include "cli_accept.h"
#include "fn_json.h"
#include "fsl_natives.h"

enum { TEXT_MAX = 1 << 16, SAID_MAX = 1 << 20, FLOOD = CLI_AT_ONCE_MAX };
#define HOUR       INT64_C(3600000)
#define MONDAY_TEN INT64_C(1772456400000) /* 2026-03-02 10:00 in São Paulo: where a test begins */

/* -- what the host tells ----------------------------------------------------------------------------------------------------- */

static void find(struct cli_walker *w, enum cli_finding_kind kind)
{
    if (w->found.kind == CLI_FIND_NONE) {
        w->found = (struct cli_finding){.kind = kind, .stage = fn_arena_dup(w->arena, w->stage), .offset = UINT32_MAX};
    }
}

static bool window_open(const struct cli_walker *w)
{
    int64_t last = cli_host_window(w->host);
    return last != INT64_MIN && cli_host_now(w->host) - last < 24 * HOUR;
}

/* What a `<` line compares: the text, a template's name, what a medium says or where it is. */
static struct fn_str compared(const struct cli_walker *w, enum fbc_host host, const struct fn_json *v)
{
    bool template = host == FBC_HOST_template || (host == FBC_HOST_say_or_template && !window_open(w));
    struct fn_str caption = fn_json_str(fn_json_get(v, "caption"));
    const char *key = template ? "name" : host != FBC_HOST_media ? "text" : caption.n > 0 ? "caption" : "url";
    return fn_json_str(fn_json_get(v, key));
}

static void put_said(struct cli_walker *w, enum fbc_host host, struct fn_str json)
{
    const struct fn_json *v = NULL;
    if (fn_json_parse(w->arena, fn_arena_dup(w->arena, json), FN_JSON_REPAIR, &v, NULL) == FN_OK) {
        fn_buf_z(&w->said, "  < ");
        cli_accept_quote(&w->said, compared(w, host, v));
        fn_buf_char(&w->said, '\n');
    }
}

static unsigned greater(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/* Something came in since: another turn. */
static void see_turn(struct cli_walker *w)
{
    if (cli_host_taken(w->host) != w->taken) {
        w->taken = cli_host_taken(w->host);
        w->at_once = w->ai_turn = 0;
    }
}

static void on_sent(void *self, enum fbc_host host, struct fn_str json)
{
    struct cli_walker *w = self;
    bool free_form = host == FBC_HOST_say || host == FBC_HOST_choose || host == FBC_HOST_media;
    bool message = free_form || host == FBC_HOST_template || host == FBC_HOST_say_or_template;
    see_turn(w);
    w->stirred++;
    w->sent += message;
    w->at_once += message;
    w->most.messages_turn = greater(w->most.messages_turn, w->at_once);
    w->handed = w->handed || host == FBC_HOST_handoff;
    if (host == FBC_HOST_choose) {
        fn_buf_clear(&w->options);
        fn_buf_str(&w->options, json);
    }
    if (message) {
        fn_buf_clear(&w->last);
        fn_buf_str(&w->last, json);
    }
    if (message && w->telling && (!free_form || window_open(w))) {
        put_said(w, host, json);
    }
    if (free_form && !window_open(w)) {
        find(w, CLI_FIND_WINDOW);
    }
    if (w->at_once > FLOOD) {
        find(w, CLI_FIND_FLOOD);
    }
}

static void on_counted(void *self, enum fbc_count kind, struct fn_str name)
{
    struct cli_walker *w = self;
    (void)kind;
    (void)name;
    w->stirred++;
}

static void on_entered(void *self, struct fn_str stage)
{
    struct cli_walker *w = self;
    w->stage = stage;
    w->stirred++;
    w->handed = false;
    fn_buf_clear(&w->options); /* buttons of another stage are gone */
}

static void on_trapped(void *self, enum fbc_trap trap, uint32_t offset)
{
    struct cli_walker *w = self;
    find(w, CLI_FIND_TRAP);
    if (w->found.kind == CLI_FIND_TRAP) {
        w->found.trap = trap;
        w->found.offset = offset;
    }
}

/* -- moving ------------------------------------------------------------------------------------------------------------------ */

static bool begin(struct cli_walker *w)
{
    static const struct cli_host_ops ops = {on_sent, on_counted, on_entered, NULL, on_trapped};
    cli_walker_stop(w);
    const struct cli_host_options o = {
        .image = w->image, .natives = fsl_natives, .ops = &ops, .self = w, .seed = w->seed, .now = MONDAY_TEN};
    w->host = cli_host_new(&o);
    w->found = (struct cli_finding){CLI_FIND_NONE, FN_STR(""), FBC_TRAP_NONE, UINT32_MAX};
    w->stage = FN_STR("");
    w->handed = false;
    w->taken = 0;
    w->ai_turn = w->ai_conversation = 0;
    fn_buf_init(&w->last, TEXT_MAX);
    fn_buf_init(&w->options, TEXT_MAX);
    fn_buf_init(&w->said, SAID_MAX);
    return w->host != NULL;
}

void cli_walker_stop(struct cli_walker *w)
{
    cli_host_free(w->host);
    w->host = NULL;
    fn_buf_fini(&w->last);
    fn_buf_fini(&w->options);
    fn_buf_fini(&w->said);
}

static bool shows_option(const struct cli_walker *w, struct fn_str id)
{
    struct fn_buf wanted;
    fn_buf_init(&wanted, 1024);
    fn_json_put_str(&wanted, id);
    bool found = w->options.n > 0 && wanted.n > 0 && strstr(w->options.p, wanted.p) != NULL;
    fn_buf_fini(&wanted);
    return found;
}

static bool message(struct cli_walker *w, const struct cli_move *m)
{
    bool was_handed = w->handed, taken = cli_host_message(w->host, m->text, m->option, m->json);
    cli_host_settle(w->host);
    /* Stirred but mute: the funnel took the message and the customer reads nothing. People who took over answer by themselves. */
    bool mute =
        taken && w->stirred > 0 && w->sent == 0 && !w->handed && !was_handed && cli_host_state(w->host) != CLI_CALLING;
    if (mute && cli_host_state(w->host) != CLI_PARKED) {
        find(w, CLI_FIND_SILENCE);
    }
    return taken;
}

static bool answer(struct cli_walker *w, const struct cli_move *m)
{
    const struct fvm_answer a = {m->present, m->n, m->json};
    if (cli_host_state(w->host) != CLI_CALLING || cli_host_call(w->host) != m->host) {
        return false;
    }
    if (m->host != FBC_HOST_http) {
        see_turn(w);
        w->ai_conversation += m->host != FBC_HOST_transcribe; /* no budget counts a voice note */
        w->most.ai_turn = greater(w->most.ai_turn, ++w->ai_turn);
        w->most.ai_conversation = greater(w->most.ai_conversation, w->ai_conversation);
    }
    cli_host_answer(w->host, &a);
    return true;
}

static bool make(struct cli_walker *w, const struct cli_move *m)
{
    switch (m->kind) {
    case CLI_MOVE_TEXT:
    case CLI_MOVE_MEDIA: return message(w, m);
    case CLI_MOVE_OPTION: return shows_option(w, m->option) && message(w, m);
    case CLI_MOVE_CLOCK:
        if (cli_host_state(w->host) == CLI_WAITING) {
            cli_host_advance(w->host, cli_host_now(w->host) + m->n);
            return true;
        }
        return false;
    case CLI_MOVE_EVENT: return cli_host_event(w->host, m->text, m->json);
    case CLI_MOVE_CAMPAIGN: return cli_host_campaign(w->host);
    case CLI_MOVE_ANSWER: break;
    }
    return answer(w, m);
}

bool cli_walker_move(struct cli_walker *w, const struct cli_move *m)
{
    if ((cli_host_state(w->host) == CLI_CALLING) != (m->kind == CLI_MOVE_ANSWER)) {
        return false;
    }
    if (m->kind != CLI_MOVE_ANSWER) {
        w->sent = w->stirred = w->at_once = 0;
    }
    if (cli_host_state(w->host) == CLI_IDLE) {
        w->ai_conversation = 0; /* this move begins the next one */
    }
    bool done = make(w, m);
    w->most.bytes = cli_host_kept(w->host) > w->most.bytes ? cli_host_kept(w->host) : w->most.bytes;
    if (cli_host_state(w->host) == CLI_PARKED) {
        find(w, CLI_FIND_PARKED);
    }
    return done;
}

bool cli_walker_replay(struct cli_walker *w, const struct cli_move *moves, unsigned n)
{
    if (!begin(w)) {
        return false;
    }
    for (unsigned i = 0; i < n && w->found.kind == CLI_FIND_NONE; i++) {
        if (!cli_walker_move(w, &moves[i])) {
            return false;
        }
    }
    return true;
}

bool cli_walker_is_dead_end(struct cli_walker *w)
{
    static const struct cli_move tries[] = {{.kind = CLI_MOVE_TEXT, .text = {"oi", 2}},
                                            {.kind = CLI_MOVE_TEXT, .text = {"1", 1}},
                                            {.kind = CLI_MOVE_CLOCK, .n = 30 * 24 * HOUR}};
    if (cli_host_state(w->host) != CLI_WAITING || w->handed) {
        return false;
    }
    for (size_t i = 0; i < FN_COUNT(tries); i++) {
        (void)cli_walker_move(w, &tries[i]);
        if (w->stirred > 0 || cli_host_state(w->host) != CLI_WAITING) {
            return false;
        }
    }
    for (uint32_t i = 0; i < w->image->n_events; i++) { /* it may wait for an event */
        (void)cli_host_event(w->host, w->image->events[i].name, FN_STR("{}"));
        if (w->stirred > 0 || cli_host_state(w->host) != CLI_WAITING) {
            return false;
        }
    }
    return w->image->n_events == 0; /* an event with the right fields might still come */
}

uint64_t cli_walker_place(const struct cli_walker *w)
{
    struct fn_str stage = cli_host_stage(w->host), call = FN_STR("");
    if (cli_host_state(w->host) == CLI_CALLING) {
        call = cli_host_call_json(w->host);
    }
    uint64_t h = fn_hash(stage.p, stage.n) * 31 + (uint64_t)cli_host_state(w->host);
    h = h * 31 + fn_hash(w->last.p, w->last.n);
    h = h * 31 + fn_hash(call.p, call.n);
    return h * 31 + window_open(w);
}
