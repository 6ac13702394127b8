/* check.c: the invariants, when everything has come to rest.
 *
 *     I1 every accepted message is taken in exactly one committed turn      I4 a lane is in order
 *     I2 the snapshot after a turn is a function of the one before and its rows (replay.c)
 *     I3 sends by policy: at most once; reconcile never twice when the receiver can tell, and repeated once when it cannot; none lost without a dead
 *        letter, and none closed by somebody who cannot know
 *     I5 nothing leaves before its commit (world.c, at the moment of the send)
 *     I6 metrics are those of the replay      I7 no effect without a turn
 * SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

/* I1, first half: one row for each accepted message. */
static void check_log(struct sim *s, struct fn_arena *arena, int64_t conv)
{
    struct frt_op_messages log = {.tenant = 1, .conv = conv, .limit = SIM_SENT};
    sim_op(s, FRT_OP_MESSAGES, &log.op, arena);
    for (size_t i = 0; i < log.n; i++) {
        for (size_t k = 0; k < s->n_messages && log.messages[i].dir == FRT_DIR_IN; k++) {
            struct sim_message *m = &s->messages[k];
            if (fn_str_eq(log.messages[i].ext_id, fn_str_c(m->id))) {
                if (m->row_seen != 0) {
                    sim_break(s, "I1: %s is in the mailbox twice", m->id);
                }
                m->row_seen = log.messages[i].id;
            }
        }
    }
}

/* I1, second half: each row in one turn. */
static void check_taken(struct sim *s, const struct sim_replay *r)
{
    for (size_t i = 0; i < r->n_rows; i++) {
        for (size_t k = i + 1; k < r->n_rows; k++) {
            if (r->rows[i] == r->rows[k]) {
                sim_break(s, "I1: row %lld was taken twice", (long long)r->rows[i]);
            }
        }
        for (size_t k = 0; k < s->n_messages; k++) {
            if (s->messages[k].row_seen == r->rows[i]) {
                s->messages[k].row_seen = -1;
            }
        }
    }
}

static void check_all_taken(struct sim *s)
{
    for (size_t k = 0; k < s->n_messages; k++) {
        const struct sim_message *m = &s->messages[k];
        if (!m->answered) {
            sim_break(s, "%s was never accepted", m->id);
        } else if (m->row_seen != -1) {
            sim_break(s, "I1: %s was accepted and %s", m->id, m->row_seen == 0 ? "is nowhere" : "taken in no turn");
        }
        if (m->accepted > 1) {
            sim_break(s, "I1: %s was accepted %u times", m->id, m->accepted);
        }
    }
}

static bool is_dead(struct sim *s, struct fn_arena *arena, int64_t conv, int64_t effect)
{
    struct frt_op_effects dead = {.tenant = 1, .conv = conv, .dead = true, .limit = SIM_SENT};
    sim_op(s, FRT_OP_EFFECTS, &dead.op, arena);
    for (size_t i = 0; i < dead.n; i++) {
        if (dead.effects[i].id == effect) {
            return true;
        }
    }
    return false;
}

/* How often somebody replayed this dead letter. */
static unsigned replays(const struct sim *s, int64_t conv, int64_t effect)
{
    for (size_t i = 0; i < s->n_replays; i++) {
        if (s->replays[i].conv == conv && s->replays[i].effect == effect) {
            return s->replays[i].times;
        }
    }
    return 0;
}

static enum frt_closer closer_of(struct sim *s, struct fn_arena *arena, int64_t conv, int64_t effect)
{
    struct frt_op_messages log = {.tenant = 1, .conv = conv, .limit = SIM_SENT};
    sim_op(s, FRT_OP_MESSAGES, &log.op, arena);
    for (size_t i = 0; i < log.n; i++) {
        if (log.messages[i].id == frt_result_row(effect)) {
            return log.messages[i].closed_by;
        }
    }
    return FRT_BY_NOBODY;
}

/* Who closed it knew that it had arrived. */
static void check_closer(struct sim *s, struct fn_arena *arena, int64_t conv, const struct sim_effect *e)
{
    enum frt_closer by = closer_of(s, arena, conv, e->id);
    s->counts[SIM_N_CLOSED_LATE] += by == FRT_BY_LATE;
    if (by != FRT_BY_ANSWER && by != FRT_BY_QUESTION && by != FRT_BY_LATE && !is_dead(s, arena, conv, e->id)) {
        sim_break(s, "I3: effect %llx was closed by '%s'", (unsigned long long)e->id, frt_closer_word(by));
    }
}

static bool is_answered(const struct sim_replay *r, int64_t effect)
{
    for (size_t i = 0; i < r->n_answered; i++) {
        if (r->answered[i] == frt_result_row(effect)) {
            return true;
        }
    }
    return false;
}

static void check_effect(struct sim *s, struct fn_arena *arena, int64_t conv, const struct sim_replay *r,
                         const struct sim_effect *e)
{
    unsigned times = 0;
    for (size_t i = 0; i < s->n_sent; i++) {
        times += s->sent[i].conv == conv && s->sent[i].effect == e->id;
    }
    bool call = fbc_hosts[e->host].kind == FBC_HOST_CALL;
    unsigned policy = fbc_hosts[e->host].policy, rounds = 1 + replays(s, conv, e->id),
             most = policy == FBC_POLICY_RECONCILE && s->rates.cannot_tell != 0 ? 2 : 1;
    if (policy != FBC_POLICY_AT_LEAST_ONCE && times > most * rounds) {
        sim_break(s, "I3: effect %llx (%s) arrived %u times", (unsigned long long)e->id, fbc_hosts[e->host].name,
                  times);
    }
    if (times == 0 && !call && !is_dead(s, arena, conv, e->id)) {
        sim_break(s, "I3: effect %llx was lost without a dead letter", (unsigned long long)e->id);
    }
    if (policy == FBC_POLICY_RECONCILE) {
        check_closer(s, arena, conv, e);
    }
    if (times == 0 && call && is_answered(r, e->id)) {
        sim_break(s, "I3: call %llx was answered but never made", (unsigned long long)e->id);
    }
}

/* I4 and I7: what arrived, in order, and each of a turn. */
static void check_lane(struct sim *s, int64_t conv, const struct sim_replay *r)
{
    int64_t last = -1;
    for (size_t i = 0; i < s->n_sent; i++) {
        const struct sim_sent *x = &s->sent[i];
        bool known = false;
        if (x->conv != conv) {
            continue;
        }
        for (size_t k = 0; k < r->n_effects && !known; k++) {
            known = r->effects[k].id == x->effect && r->effects[k].host == x->host &&
                    strcmp(r->effects[k].payload, x->payload) == 0;
        }
        if (!known) {
            sim_break(s, "I7: %s %s is of no turn", fbc_hosts[x->host].name, x->payload);
        }
        if (fbc_hosts[x->host].kind == FBC_HOST_CALL || replays(s, conv, x->effect) != 0) {
            continue; /* calls have a lane of their own; what a person replays comes when it comes */
        }
        if (x->effect < last && s->kind != SIM_FORCED) {
            sim_break(s, "I4: effect %llx overtook %llx", (unsigned long long)last, (unsigned long long)x->effect);
        }
        last = x->effect;
    }
}

/* Nothing that was due stayed where it was: each timer fired, each result was taken. */
static void check_mailbox(struct sim *s, struct fn_arena *arena, int64_t conv)
{
    struct frt_loaded in = {.key = {1, conv}};
    struct frt_op_load load = {.items = &in, .n = 1};
    sim_op(s, FRT_OP_LOAD, &load.op, arena);
    for (size_t i = 0; i < in.n_rows; i++) {
        if (in.rows[i].due_at <= s->clock.now) {
            sim_break(s, "I1: row %lld of kind %d was due and nobody took it", (long long)in.rows[i].id,
                      (int)in.rows[i].kind);
        }
    }
}

static int64_t metric(struct sim *s, struct fn_arena *arena, const char *prefix)
{
    struct frt_op_metrics op = {.tenant = 1, .to = FRT_NEVER, .prefix = fn_str_c(prefix), .limit = 100};
    int64_t sum = 0;
    sim_op(s, FRT_OP_METRICS, &op.op, arena);
    for (size_t i = 0; i < op.n; i++) {
        sum += op.metrics[i].n;
    }
    return sum;
}

static void check_conv(struct sim *s, const struct frt_conv *conv, int64_t *enters, int64_t *upgrades)
{
    struct fn_arena arena;
    struct sim_replay *r = calloc(1, sizeof *r);
    if (r == NULL) {
        FN_BUG("no memory");
    }
    fn_arena_init(&arena, (size_t)256 << 20);
    struct frt_op_turns turns = {.tenant = 1, .conv = conv->conv, .after = -1, .limit = SIM_SENT};
    sim_op(s, FRT_OP_TURNS, &turns.op, &arena);
    check_log(s, &arena, conv->conv);
    sim_replay(s, &turns, r);
    check_taken(s, r);
    check_lane(s, conv->conv, r);
    for (size_t i = 0; i < r->n_effects && s->failure[0] == '\0'; i++) {
        check_effect(s, &arena, conv->conv, r, &r->effects[i]);
    }
    struct frt_op_effects open = {.tenant = 1, .conv = conv->conv, .limit = 10};
    sim_op(s, FRT_OP_EFFECTS, &open.op, &arena);
    if (open.n != 0) {
        sim_break(s, "effect %llx never came to an end", (unsigned long long)open.effects[0].id);
    }
    if (conv->status == FRT_RUNNING) { /* every wait of the funnel ends after a minute */
        sim_break(s, "I1: a conversation still waits in %.*s: its timer was lost", FN_STR_ARG(conv->stage));
    }
    if (conv->status == FRT_FAULTED) {
        sim_break(s, "a conversation faulted: %.*s", FN_STR_ARG(conv->reason));
    }
    check_mailbox(s, &arena, conv->conv);
    *enters += r->enters;
    *upgrades += r->upgrades;
    free(r);
    fn_arena_fini(&arena);
}

void sim_check(struct sim *s)
{
    struct fn_arena arena;
    int64_t enters = 0, upgrades = 0, counted, moved;
    fn_arena_init(&arena, (size_t)256 << 20);
    struct frt_op_convs convs = {.tenant = 1, .status = -1, .owner = -1, .limit = 100};
    sim_op(s, FRT_OP_CONVS, &convs.op, &arena);
    for (size_t i = 0; i < convs.n && s->failure[0] == '\0'; i++) {
        check_conv(s, &convs.convs[i], &enters, &upgrades);
    }
    counted = metric(s, &arena, "eco/enter/");
    moved = metric(s, &arena, "eco/upgrade/");
    if (s->failure[0] == '\0' && (counted != enters || moved != upgrades)) {
        sim_break(s, "I6: %lld stage entries and %lld moves counted, %lld and %lld made", (long long)counted,
                  (long long)moved, (long long)enters, (long long)upgrades);
    }
    check_all_taken(s);
    fn_arena_fini(&arena);
}
