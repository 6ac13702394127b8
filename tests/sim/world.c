/* world.c: the simulated world. Every decision is drawn from the seed, so a run can be told again.
 *
 * Customers' webhooks are delivered until one is answered, and sometimes again. The receiver gets a message at the moment of the send; what the
 * engine learns of it comes later, wrong, or never. A crash comes before or behind any operation of the store.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "fbc_image.h"
#include "fsl_natives.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PUMP_MAX = 20000,
    HORIZON_MS = 300000,
    LATE_MS = 10000,
    CALM_MS = 1200000,
    LEASE_MS = 20000,
    STOP_MS = 3 * LEASE_MS,
    CLOCK_SLACK_MS = 1000
};

uint64_t sim_random(struct sim *s, uint64_t n)
{
    struct frt_entropy e = frt_entropy_seeded(&s->random);
    return e.ops->next(e.self) % n;
}

bool sim_chance(struct sim *s, uint32_t of_thousand)
{
    return sim_random(s, 1000) < of_thousand;
}

void sim_tell(struct sim *s, const char *format, ...)
{
    if (s->story) {
        va_list args;
        va_start(args, format);
        printf("%10lld ", (long long)(s->clock.now - 1700000000000));
        vprintf(format, args);
        printf("\n");
        va_end(args);
    }
}

void sim_break(struct sim *s, const char *format, ...)
{
    if (s->failure[0] == '\0') {
        va_list args;
        va_start(args, format);
        vsnprintf(s->failure, sizeof s->failure, format, args);
        va_end(args);
    }
}

struct sim_event *sim_schedule(struct sim *s, enum sim_event_kind kind, int64_t in_ms)
{
    if (s->n_events == SIM_EVENTS) {
        FN_BUG("the simulator has too few events");
    }
    struct sim_event *ev = &s->events[s->n_events++];
    *ev = (struct sim_event){.at = s->clock.now + in_ms, .kind = kind};
    return ev;
}

/* -- the provider ---------------------------------------------------------------------------------------------------------------------- */
static bool holds(struct fn_str text, struct fn_str part)
{
    for (size_t i = 0; i + part.n <= text.n; i++) {
        if (memcmp(text.p + i, part.p, part.n) == 0) {
            return true;
        }
    }
    return false;
}

static void receive(struct sim *s, const struct frt_send *send, const char *ext_id)
{
    if (s->n_sent == SIM_SENT) {
        sim_break(s, "I3: the engine does not stop sending");
        return;
    }
    struct sim_sent *x = &s->sent[s->n_sent++];
    unsigned policy = fbc_hosts[send->host].policy;
    s->counts[policy == FBC_POLICY_RECONCILE                       ? SIM_N_SENDS
              : policy == FBC_POLICY_AT_MOST_ONCE                  ? SIM_N_REACTIONS
              : holds(send->payload, FN_STR("\"method\":\"GET\"")) ? SIM_N_HARMLESS
                                                                   : SIM_N_CALLS]++;
    *x = (struct sim_sent){.conv = send->conv, .effect = send->effect, .host = send->host};
    snprintf(x->payload, sizeof x->payload, "%.*s", FN_STR_ARG(send->payload));
    snprintf(x->ext_id, sizeof x->ext_id, "%s", ext_id);
    bool committed = false; /* I5 */
    for (size_t i = 0; i < s->n_committed; i++) {
        committed = committed || (s->committed[i].conv == send->conv && s->committed[i].seq >= send->effect >> 8);
    }
    if (!committed) {
        sim_break(s, "I5: effect %llx left before its turn was committed", (unsigned long long)send->effect);
    }
}

static void answer_later(struct sim_node *node, frt_sent_fn done, void *ctx, enum frt_outcome outcome,
                         const char *ext_id, bool present)
{
    struct sim *s = node->sim;
    struct sim_event *ev =
        sim_schedule(s, SIM_EV_ANSWER, 1 + (int64_t)sim_random(s, s->faults ? s->rates.slow_ms : 50));
    ev->node = node;
    ev->life = node->life;
    ev->done = done;
    ev->ctx = ctx;
    ev->outcome = outcome;
    ev->present = present;
    snprintf(ev->ext_id, sizeof ev->ext_id, "%s", ext_id);
}

static void on_send(void *self, const struct frt_send *send, frt_sent_fn done, void *ctx)
{
    struct sim_node *node = self;
    struct sim *s = node->sim;
    char ext_id[24];
    enum frt_outcome outcome = FRT_SENT;
    bool arrives = true;
    snprintf(ext_id, sizeof ext_id, "ext-%u", s->ids++);
    if (s->faults && sim_chance(s, s->rates.not_sent)) {
        outcome = FRT_NOT_SENT;
        s->counts[SIM_N_NOT_SENT]++;
        arrives = false;
    } else if (s->faults && sim_chance(s, s->rates.rejected)) {
        outcome = FRT_REJECTED;
        s->counts[SIM_N_REJECTED]++;
        arrives = false;
    } else if (s->faults && sim_chance(s, s->rates.unknown)) {
        outcome = FRT_UNKNOWN;
        s->counts[SIM_N_UNKNOWN]++;
        arrives = sim_chance(s, 500);
    }
    sim_tell(s, "node %u: %04llx send %llx #%u %.*s -> %d%s", (unsigned)(node - s->nodes),
             (unsigned long long)(send->conv >> 10 & 0xffff), (unsigned long long)send->effect, (unsigned)send->attempt,
             FN_STR_ARG(send->payload), (int)outcome, arrives ? "" : " (did not arrive)");
    if (arrives) {
        receive(s, send, ext_id);
    }
    answer_later(node, done, ctx, outcome, outcome == FRT_SENT ? ext_id : "", send->host == FBC_HOST_http);
}

static void on_query(void *self, const struct frt_send *send, frt_sent_fn done, void *ctx)
{
    struct sim_node *node = self;
    struct sim *s = node->sim;
    const struct sim_sent *found = NULL;
    s->counts[SIM_N_QUERIES]++;
    for (size_t i = 0; i < s->n_sent; i++) {
        found = s->sent[i].conv == send->conv && s->sent[i].effect == send->effect ? &s->sent[i] : found;
    }
    enum frt_outcome outcome = found != NULL ? FRT_SENT : FRT_ABSENT;
    outcome = s->faults && sim_chance(s, s->rates.cannot_tell) ? FRT_UNKNOWN : outcome;
    sim_tell(s, "node %u: %04llx query %llx -> %d", (unsigned)(node - s->nodes),
             (unsigned long long)(send->conv >> 10 & 0xffff), (unsigned long long)send->effect, (int)outcome);
    answer_later(node, done, ctx, outcome, outcome == FRT_SENT ? found->ext_id : "", false);
}

/* -- the store -------------------------------------------------------------------------------------------------------------------------- */
static void note_commit(struct sim *s, const struct frt_op *op)
{
    const struct frt_op_commit *c = (const struct frt_op_commit *)op;
    for (size_t i = 0; op->kind == FRT_OP_COMMIT && i < c->n; i++) {
        size_t k = 0;
        while (k < s->n_committed && s->committed[k].conv != c->items[i].conv.conv) {
            k++;
        }
        s->n_committed += k == s->n_committed && k < FN_COUNT(s->committed);
        int64_t seq = c->items[i].conv.seq, before = s->committed[k].seq; /* the loser of a race comes late */
        if (s->kind != SIM_FORCED && c->items[i].conv.clock > s->clock.now + CLOCK_SLACK_MS) {
            sim_break(s, "a turn happens %lld ms before its time", (long long)(c->items[i].conv.clock - s->clock.now));
        }
        s->committed[k] = (struct map_seq){c->items[i].conv.conv, seq > before ? seq : before};
    }
}

/* A turn that the store refuses, because of what a customer typed. */
static bool is_poison(const struct frt_op *op)
{
    const struct frt_op_commit *c = (const struct frt_op_commit *)op;
    for (size_t i = 0; op->kind == FRT_OP_COMMIT && i < c->n; i++) {
        if (holds(c->items[i].record, FN_STR("veneno"))) {
            return true;
        }
    }
    return false;
}

static enum frt_fault draw(struct sim *s, const struct frt_op *op)
{
    const struct sim_rates *r = &s->rates;
    if (is_poison(op)) {
        return FRT_FAULT_POISON;
    }
    if (frt_op_infos[op->kind].mode == 'W' && s->clock.now < s->disk_full_until) {
        return FRT_FAULT_REFUSE;
    }
    if (sim_chance(s, r->crash)) {
        s->acting->crash_now = true;
        return sim_chance(s, 333) ? FRT_FAULT_LOSE : sim_chance(s, 500) ? FRT_FAULT_VANISH : FRT_FAULT_HOLD;
    }
    if (s->kind != SIM_ALONE && sim_chance(s, r->late)) { /* a file has no connections to lose */
        struct sim_late *late = sim_late_take(op);
        if (late != NULL) {
            sim_schedule(s, SIM_EV_LATE, (int64_t)sim_random(s, LATE_MS))->late = late;
            return FRT_FAULT_VANISH;
        }
    }
    return sim_chance(s, r->lose)     ? FRT_FAULT_LOSE
           : sim_chance(s, r->vanish) ? FRT_FAULT_VANISH
           : sim_chance(s, r->refuse) ? FRT_FAULT_REFUSE
           : sim_chance(s, r->hold)   ? FRT_FAULT_HOLD
                                      : FRT_FAULT_NONE;
}

/* What is carried out, as far as it says who has an effect. */
static void tell_op(struct sim *s, const struct frt_op *op)
{
    unsigned node = (unsigned)(s->acting - s->nodes);
    if (op->kind == FRT_OP_COMMIT) {
        const struct frt_op_commit *c = (const struct frt_op_commit *)op;
        for (size_t i = 0; i < c->n; i++) {
            sim_tell(s, "node %u: %04llx COMMIT %lld%s, %zu effects, epoch %lld", node,
                     (unsigned long long)(c->items[i].conv.conv >> 10 & 0xffff), (long long)c->items[i].conv.seq,
                     c->items[i].direct != NULL ? " with its message" : "", c->items[i].n_effects,
                     (long long)c->items[i].conv.epoch);
        }
    } else if (op->kind == FRT_OP_CLAIM) {
        const struct frt_op_claim *c = (const struct frt_op_claim *)op;
        for (size_t i = 0; i < c->n; i++) {
            sim_tell(s, "node %u: %04llx CLAIM %llx, epoch %lld", node,
                     (unsigned long long)(c->items[i].conv >> 10 & 0xffff), (unsigned long long)c->items[i].effect,
                     (long long)c->items[i].epoch);
        }
    } else if (op->kind == FRT_OP_DONE) {
        const struct frt_op_done *c = (const struct frt_op_done *)op;
        for (size_t i = 0; i < c->n; i++) {
            sim_tell(s, "node %u: %04llx DONE %llx, epoch %lld, verdict %d", node,
                     (unsigned long long)(c->items[i].conv >> 10 & 0xffff), (unsigned long long)c->items[i].effect,
                     (long long)c->items[i].epoch, (int)c->items[i].verdict);
        }
    }
}

static void stop(struct sim *s, struct sim_node *n)
{
    n->stop_soon = SIM_STOP_NO;
    if (n->engine != NULL && !n->stopped && s->faults) {
        n->stopped = true;
        s->counts[SIM_N_STOPS]++;
        sim_tell(s, "node %u: stopped", (unsigned)(n - s->nodes));
        int64_t for_ms = (int64_t)sim_random(s, STOP_MS);
        sim_schedule(s, SIM_EV_CONTINUE, for_ms)->node = n;
        sim_schedule(s, SIM_EV_CARRY, (int64_t)sim_random(s, (uint64_t)for_ms + 1))->node = n;
    }
}

static enum frt_fault on_op(void *ctx, const struct frt_op *op)
{
    struct sim *s = ctx;
    if (s->acting == NULL) {
        return FRT_FAULT_NONE;
    }
    if (s->acting->crash_now || s->acting->stopped) {
        return FRT_FAULT_HOLD; /* dead: nothing more happens */
    }
    bool writes = op->kind == FRT_OP_COMMIT || op->kind == FRT_OP_CLAIM || op->kind == FRT_OP_DONE;
    bool loads = op->kind == FRT_OP_INGEST || op->kind == FRT_OP_LOAD || op->kind == FRT_OP_PUBS ||
                 op->kind == FRT_OP_IMAGE_GET; /* INGEST tells what LOAD would (recent.c) */
    if ((s->acting->stop_soon == SIM_STOP_WRITING && writes) || (s->acting->stop_soon == SIM_STOP_LOADED && loads)) {
        stop(s, s->acting);
        return writes ? FRT_FAULT_HOLD : FRT_FAULT_NONE;
    }
    enum frt_fault fault = s->faults ? draw(s, op) : FRT_FAULT_NONE;
    if (fault == FRT_FAULT_NONE || fault == FRT_FAULT_LOSE) {
        note_commit(s, op);
        tell_op(s, op);
        bool look = op->kind == FRT_OP_DUE && ((const struct frt_op_due *)op)->orphans;
        s->carry_now = s->carry_now || (look && s->faults && sim_chance(s, 300));
    }
    if (fault != FRT_FAULT_NONE) {
        bool full = frt_op_infos[op->kind].mode == 'W' && s->clock.now < s->disk_full_until;
        s->counts[fault == FRT_FAULT_POISON   ? SIM_N_POISON
                  : fault == FRT_FAULT_LOSE   ? SIM_N_LOST
                  : fault == FRT_FAULT_VANISH ? SIM_N_VANISHED
                  : fault == FRT_FAULT_HOLD   ? SIM_N_HELD
                  : full                      ? SIM_N_DISK_FULL
                                              : SIM_N_REFUSALS]++;
        sim_tell(s, "%s fault %d%s", frt_op_infos[op->kind].name, (int)fault, s->acting->crash_now ? " and crash" : "");
    }
    return fault;
}

/* -- clocks: the store's is the world's; a node's wall clock may be off ---------------------------------------------------------------- */
static int64_t node_wall(void *self)
{
    const struct sim_node *n = self;
    return n->sim->clock.now + n->skew;
}

static int64_t node_monotonic(void *self)
{
    const struct sim_node *n = self;
    return n->sim->clock.now;
}

static void jump(struct sim *s, struct sim_node *n)
{
    static const int64_t by[] = {-86400000, -3600000, -30000, -2000, 2000, 30000, 3600000, 86400000};
    n->skew = sim_chance(s, 200) ? 0 : by[sim_random(s, FN_COUNT(by))];
    s->counts[SIM_N_CLOCK_JUMPS]++;
    sim_tell(s, "node %u: its clock is off by %lld ms", (unsigned)(n - s->nodes), (long long)n->skew);
}

/* -- the engine ---------------------------------------------------------------------------------------------------------------------------- */
static void on_log(void *ctx, const struct frt_log *line)
{
    sim_tell(ctx, "log %s %.*s", line->event, FN_STR_ARG(line->text));
}

/* Two for each node, used in turn: what a dead one sent is still in the other. */
static unsigned queue_of(const struct sim_node *n)
{
    return (unsigned)(n - n->sim->nodes) * 2 + n->life % 2;
}

static void count_engine(struct sim *s, const struct frt_engine *e)
{
    struct frt_engine_stats x;
    frt_engine_stats(e, &x);
    s->counts[SIM_N_LATE_COMMITS] += x.late_commits;
    s->counts[SIM_N_FRESH] += x.fresh;
    s->counts[SIM_N_DIRECT] += x.direct;
    s->counts[SIM_N_INDIRECT] += x.indirect;
    s->counts[SIM_N_BEHIND] += x.behind;
    s->counts[SIM_N_SHARDS_LOST] += x.shards_lost;
    s->counts[SIM_N_CONFLICTS] += x.conflicts;
    s->counts[SIM_N_FAULTS] += x.faults;
}

/* Nothing is left of a dead node, in the database neither. */
static void bury(struct sim *s, struct sim_node *n)
{
    if (n->dead != NULL) {
        struct frt_store store = frt_memory_node(s->memory, queue_of(n) ^ 1);
        frt_memory_faults(s->memory, NULL, NULL);
        store.ops->close(store.self);
        frt_engine_free(n->dead);
        n->dead = NULL;
        frt_memory_faults(s->memory, on_op, s);
    }
}

static void boot(struct sim_node *n)
{
    static const struct frt_provider_ops provider = {"simulated", on_send, on_query, NULL};
    static const struct frt_clock_ops clock = {"node", node_wall, node_monotonic};
    struct sim *s = n->sim;
    unsigned index = (unsigned)(n - s->nodes);
    if (s->kind == SIM_ALONE) { /* a store of one process, a file: what the dead one sent ended with it */
        bury(s, n);
    }
    n->store = frt_memory_node(s->memory, queue_of(n));
    struct frt_engine_config c = {.store = n->store,
                                  .clock = {&clock, n},
                                  .entropy = frt_entropy_seeded(&s->entropy),
                                  .provider = {&provider, n},
                                  .natives = fsl_natives,
                                  .node = index == 0 ? FN_STR("um") : FN_STR("dois"),
                                  .node_id = index,
                                  .shared = s->kind != SIM_ALONE,
                                  .forced = s->kind == SIM_FORCED && !s->taken_over,
                                  .log = on_log,
                                  .ctx = s};
    struct fn_err err = {0};
    c.lease_ms = LEASE_MS;
    c.retry_cap_ms = 5000;
    c.reconcile_ms = 3000;
    c.tries = c.call_tries = 100;
    n->engine = frt_engine_new(&c, &err);
    if (n->engine == NULL) {
        FN_BUG("the engine does not start");
    }
    sim_tell(s, "node %u: boot %u", index, n->life);
    frt_engine_start(n->engine);
}

static void carried(void *ctx, const struct frt_op *op)
{
    struct sim *s = ctx;
    s->counts[SIM_N_CARRIED]++;
    note_commit(s, op);
    tell_op(s, op);
}

/* What a node sent before it was stopped or died is carried out although nobody waits for it. */
static void carry(struct sim *s, struct sim_node *n, unsigned queue)
{
    s->acting = n;
    (void)frt_memory_carry(s->memory, queue, 1 + (size_t)sim_random(s, 8), carried, s);
    s->acting = NULL;
}

static void crash(struct sim_node *n)
{
    struct sim *s = n->sim;
    sim_tell(s, "node %u: crash", (unsigned)(n - s->nodes));
    s->counts[SIM_N_CRASHES]++;
    bury(s, n);
    count_engine(s, n->engine);
    n->life++; /* answers to the dead are dropped */
    n->dead = n->engine;
    n->engine = NULL;
    n->crash_now = false;
    sim_schedule(s, SIM_EV_BOOT, (int64_t)sim_random(s, 5000))->node = n;
    sim_schedule(s, SIM_EV_BURY, (int64_t)sim_random(s, 2 * LEASE_MS))->node = n;
}

/* One round of a node; whether anything moved. */
static bool pump_node(struct sim_node *n)
{
    struct sim *s = n->sim;
    if (n->engine == NULL || n->stopped) {
        return false;
    }
    bool moved = frt_engine_step(n->engine) <= node_wall(n);
    s->acting = n;
    moved = n->store.ops->drain(n->store.self) != 0 || moved;
    s->acting = NULL;
    if (n->crash_now) {
        crash(n);
    }
    return moved;
}

/* What stopped and dead nodes have in the database becomes visible right behind a search for orphans. */
static void carry_all(struct sim *s)
{
    s->carry_now = false;
    for (unsigned i = 0; i < s->n_nodes; i++) {
        struct sim_node *n = &s->nodes[i];
        if (n->stopped) {
            carry(s, n, queue_of(n));
        }
        if (n->dead != NULL) {
            carry(s, n, queue_of(n) ^ 1);
        }
    }
}

static void pump(struct sim *s)
{
    for (int idle = 0, n = 0; idle < 3 && n < PUMP_MAX && s->failure[0] == '\0'; idle++, n++) {
        for (unsigned i = 0; i < s->n_nodes; i++) {
            idle = pump_node(&s->nodes[i]) ? -1 : idle;
            if (s->carry_now) {
                carry_all(s);
            }
        }
        if (n == PUMP_MAX - 1) {
            sim_break(s, "the engine spins");
        }
    }
}

/* -- customers ------------------------------------------------------------------------------------------------------------------------------- */
struct webhook {
    struct sim_node *node;
    size_t message;
};

static void on_accepted(void *ctx, const struct frt_accepted *a)
{
    struct webhook *w = ctx;
    struct sim *s = w->node->sim;
    struct sim_message *m = &s->messages[w->message];
    if (a->code == FN_OK && !w->node->crash_now) { /* a dead server's 200 goes nowhere */
        m->accepted += !a->duplicate;
        m->answered = true;
        if (s->faults && sim_chance(s, s->rates.redeliver)) {
            s->counts[SIM_N_REDELIVERED]++;
            sim_schedule(s, SIM_EV_DELIVER, (int64_t)sim_random(s, 20000))->message = w->message;
        }
    } else {
        s->counts[SIM_N_REFUSED]++;
        sim_schedule(s, SIM_EV_DELIVER, 500 + (int64_t)sim_random(s, 3000))->message = w->message;
    }
    sim_tell(s, "webhook %s %s", m->id, a->code == FN_OK ? (a->duplicate ? "duplicate" : "accepted") : "503");
    free(w);
}

static void deliver(struct sim *s, size_t message)
{
    struct sim_message *m = &s->messages[message];
    char alias[32];
    struct sim_node *n = &s->nodes[sim_random(s, s->n_nodes)];
    if (n->engine == NULL || n->stopped) {
        sim_schedule(s, SIM_EV_DELIVER, 500)->message = message;
        return;
    }
    struct webhook *w = malloc(sizeof *w);
    if (w == NULL) {
        FN_BUG("no memory");
    }
    *w = (struct webhook){n, message};
    snprintf(alias, sizeof alias, "phone:55119%u", m->contact);
    struct frt_inbound in = {
        .tenant = 1, .channel = 7, .kind = m->event ? FRT_IN_EVENT : FRT_IN_MESSAGE, .n_aliases = 1};
    in.aliases[0] = fn_str_c(alias);
    in.address = fn_str_c(alias + 6);
    in.dedupe = in.ref = fn_str_c(m->id);
    in.sent_at = 1700000000000;
    in.payload.text = m->event ? FN_STR_NULL : fn_str_c(m->text);
    in.payload.event_name = m->event ? fn_str_c(m->text) : FN_STR_NULL;
    in.payload.event = m->event ? FN_STR("{\"numero\":\"7\"}") : FN_STR_NULL;
    sim_tell(s, "deliver %s %s", m->id, m->text);
    frt_engine_ingest(n->engine, &in, on_accepted, w);
}

/* In one world of five most messages follow at once on another of the same customer: who writes in short pieces is heard while the turn of the
 * piece before is on its way into the store. By the seed, so that the other worlds stay what they are. */
static int64_t moment(struct sim *s, struct sim_message *m, int64_t before)
{
    if (s->hurried && s->n_messages > 1 && sim_chance(s, 600)) {
        m->contact = m[-1].contact;
        return before + (int64_t)sim_random(s, 2);
    }
    return (int64_t)sim_random(s, HORIZON_MS);
}

static void plan_customers(struct sim *s)
{
    static const char *const texts[] = {"a",     "b",      "http",  "tabela", "reage",  "divide", "fim",
                                        "promo", "espera", "busca", "http",   "veneno", "espera", "reage"};
    size_t n = 5 + sim_random(s, 30);
    int64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        struct sim_message *m = &s->messages[s->n_messages++];
        m->contact = (unsigned)sim_random(s, SIM_CONTACTS);
        m->event = sim_chance(s, 100);
        s->counts[SIM_N_EVENTS] += m->event;
        m->text = m->event ? "pago" : texts[sim_random(s, FN_COUNT(texts))];
        snprintf(m->id, sizeof m->id, "in-%zu", i);
        at = moment(s, m, at);
        sim_schedule(s, SIM_EV_DELIVER, at)->message = i;
    }
}

/* -- time ----------------------------------------------------------------------------------------------------------------------------------------- */
static void answer(struct sim *s, const struct sim_event *ev)
{
    if (ev->life != ev->node->life) {
        s->counts[SIM_N_LATE_ANSWERS]++;
        return;
    }
    if (ev->node->stopped) { /* it waits in the socket */
        struct sim_event again = *ev;
        again.at = s->clock.now + 500;
        *sim_schedule(s, SIM_EV_ANSWER, 0) = again;
        return;
    }
    struct frt_sent sent = {
        .outcome = ev->outcome, .ext_id = fn_str_c(ev->ext_id), .present = ev->present, .result = FN_STR("corpo")};
    sent.reason = FN_STR("simulated");
    sent.retry_after = ev->outcome == FRT_NOT_SENT && sim_chance(s, 300) ? 700 : 0;
    ev->done(ev->ctx, &sent);
}

static void fire(struct sim *s, struct sim_event ev)
{
    switch (ev.kind) {
    case SIM_EV_DELIVER: deliver(s, ev.message); break;
    case SIM_EV_BOOT: boot(ev.node); break;
    case SIM_EV_ANSWER: answer(s, &ev); break;
    case SIM_EV_STOP:
        ev.node->stop_soon = (enum sim_stop)sim_random(s, 3);
        if (ev.node->stop_soon == SIM_STOP_NO) {
            stop(s, ev.node);
        }
        break;
    case SIM_EV_CONTINUE:
        sim_tell(s, "node %u: goes on", (unsigned)(ev.node - s->nodes));
        ev.node->stopped = false;
        break;
    case SIM_EV_DISK_FULL:
        sim_tell(s, "disk full");
        s->disk_full_until = s->clock.now + (int64_t)sim_random(s, 20000);
        break;
    case SIM_EV_CARRY:
        if (ev.node->stopped) {
            carry(s, ev.node, queue_of(ev.node));
        }
        break;
    case SIM_EV_BURY:
        if (ev.node->dead != NULL) {
            carry(s, ev.node, queue_of(ev.node) ^ 1);
            bury(s, ev.node);
        }
        break;
    case SIM_EV_LATE: sim_late_run(s, ev.late); break;
    case SIM_EV_JUMP: jump(s, ev.node); break;
    case SIM_EV_DEPLOY: sim_deploy(s); break;
    case SIM_EV_OPERATE: sim_operate(s); break;
    }
}

static int64_t next_event(const struct sim *s, size_t *which)
{
    int64_t at = FRT_NEVER;
    for (size_t i = 0; i < s->n_events; i++) {
        if (s->events[i].at < at) {
            at = s->events[i].at;
            *which = i;
        }
    }
    return at;
}

static int64_t next_step(struct sim *s)
{
    int64_t at = FRT_NEVER;
    for (unsigned i = 0; i < s->n_nodes; i++) {
        struct sim_node *n = &s->nodes[i];
        int64_t want = n->engine != NULL && !n->stopped ? frt_engine_step(n->engine) : FRT_NEVER;
        want -= want != FRT_NEVER ? n->skew : 0;
        at = want < at ? want : at;
    }
    return at;
}

static void run_until(struct sim *s, int64_t end)
{
    while (s->clock.now < end && s->failure[0] == '\0') {
        size_t which = 0;
        int64_t event = next_event(s, &which), engine = next_step(s);
        int64_t at = event < engine ? event : engine;
        s->clock.now = at < end ? (at > s->clock.now ? at : s->clock.now) : end;
        while (event <= s->clock.now) {
            struct sim_event ev = s->events[which];
            s->events[which] = s->events[--s->n_events];
            fire(s, ev);
            event = s->hurried ? next_event(s, &which) : INT64_MAX; /* what comes at one moment is heard in one step */
        }
        pump(s);
    }
}

static void ignore(struct frt_op *op)
{
    (void)op;
}

void sim_op(struct sim *s, enum frt_op_kind kind, struct frt_op *op, struct fn_arena *arena)
{
    op->kind = kind;
    op->done = ignore;
    op->arena = arena;
    frt_store_submit(s->store, op);
    while (s->store.ops->drain(s->store.self) != 0) {
    }
}

static void plan_nodes(struct sim *s)
{
    s->n_nodes = s->kind == SIM_ALONE ? 1 : SIM_NODES;
    for (unsigned i = 0; i < s->n_nodes; i++) {
        s->nodes[i].sim = s;
        boot(&s->nodes[i]);
    }
}

static void plan(struct sim *s, enum sim_event_kind kind, uint64_t most)
{
    for (size_t n = sim_random(s, most + 1); n > 0; n--) {
        sim_schedule(s, kind, (int64_t)sim_random(s, HORIZON_MS))->node = &s->nodes[sim_random(s, s->n_nodes)];
    }
}

static void plan_faults(struct sim *s)
{
    plan(s, SIM_EV_STOP, s->kind != SIM_SHARED ? 2 : s->rates.crash == 0 ? 14 : 7);
    plan(s, SIM_EV_JUMP,
         s->kind != SIM_FORCED && sim_chance(s, 300) ? 4 : 0); /* a forced node never asks the store what time it is */
    plan(s, SIM_EV_DISK_FULL, sim_chance(s, 200));
    plan(s, SIM_EV_DEPLOY, sim_chance(s, 500) ? 3 : 0);
    plan(s, SIM_EV_OPERATE, 10);
}

/* Two that were forced send what they sent themselves; what is left of the one that died or lost a race is an ordinary node's, who comes when both
 * are gone. Its epoch is above theirs. */
static void take_over(struct sim *s)
{
    static struct frt_op_lease lease;
    struct fn_arena arena;
    sim_tell(s, "the forced nodes end");
    for (unsigned i = 0; i < s->n_nodes; i++) {
        struct sim_node *n = &s->nodes[i];
        bury(s, n);
        n->store.ops->close(n->store.self);
        count_engine(s, n->engine);
        frt_engine_free(n->engine);
        n->engine = NULL;
        n->life++;
    }
    fn_arena_init(&arena, 1 << 20);
    for (int i = 0; i < 2; i++) {
        lease = (struct frt_op_lease){.node = FN_STR("before"), .ttl_ms = 1, .all = true, .release = i == 1};
        sim_op(s, FRT_OP_LEASE, &lease.op, &arena);
    }
    fn_arena_fini(&arena);
    s->taken_over = true;
    s->n_nodes = 1;
    boot(&s->nodes[0]);
    run_until(s, s->clock.now + CALM_MS);
}

/* Faults end; parked conversations are resumed until none is left, and everything comes to rest. */
static void calm(struct sim *s)
{
    s->faults = false;
    sim_tell(s, "calm");
    for (int i = 1; i <= 5; i++) {
        (void)sim_schedule(s, SIM_EV_OPERATE, i * 60000);
    }
    run_until(s, s->clock.now + CALM_MS);
    if (s->kind == SIM_FORCED && s->failure[0] == '\0') {
        take_over(s);
    }
}

static void end(struct sim *s)
{
    for (size_t i = 0; i < s->n_events; i++) {
        sim_late_free(s->events[i].late);
    }
    for (unsigned i = 0; i < s->n_nodes; i++) {
        bury(s, &s->nodes[i]);
        s->nodes[i].store.ops->close(s->nodes[i].store.self);
        if (s->nodes[i].engine != NULL) {
            count_engine(s, s->nodes[i].engine);
        }
        frt_engine_free(s->nodes[i].engine);
    }
    s->counts[SIM_N_MESSAGES] = s->n_messages;
    s->store.ops->close(s->store.self);
    frt_memory_free(s->memory);
    for (size_t i = 0; i < s->n_versions; i++) {
        fbc_image_free(s->versions[i].verified);
        fn_buf_fini(&s->versions[i].image);
    }
}

void sim_run(struct sim *s)
{
    s->kind = s->seed % 2 == 0 ? SIM_ALONE : s->seed % 8 == 7 ? SIM_FORCED : SIM_SHARED;
    s->random.state = s->seed;
    s->entropy.state = s->seed ^ 0x5bd1e995u;
    s->clock.now = 1700000000000;
    s->rates = (struct sim_rates){.crash = (uint32_t)sim_random(s, 30),
                                  .lose = (uint32_t)sim_random(s, 30),
                                  .vanish = (uint32_t)sim_random(s, 30),
                                  .refuse = (uint32_t)sim_random(s, 30),
                                  .hold = (uint32_t)sim_random(s, 50),
                                  .late = (uint32_t)sim_random(s, 60),
                                  .unknown = (uint32_t)sim_random(s, 200),
                                  .not_sent = (uint32_t)sim_random(s, 200),
                                  .rejected = (uint32_t)sim_random(s, 20),
                                  .redeliver = (uint32_t)sim_random(s, 300),
                                  .slow_ms = 3000};
    if (s->kind == SIM_SHARED &&
        sim_chance(s, 300)) { /* what a node that goes on still has in memory counts only where it lives that long */
        s->rates.crash = 0;
        s->rates.refuse *= 3;
        s->rates.unknown *= 2;
        s->rates.slow_ms += LEASE_MS; /* many are stopped while a send is out */
    }
    s->hurried = s->seed % 5 == 2;
    s->rates.hold += s->hurried ? 250 : 0; /* what comes meanwhile finds a turn that is not stored yet */
    s->rates.cannot_tell = sim_chance(s, 500) ? (sim_chance(s, 300) ? 1000 : (uint32_t)sim_random(s, 500)) : 0;
    s->memory = frt_memory_new(frt_clock_fake(&s->clock));
    s->store = frt_memory_node(s->memory, 2 * SIM_NODES);
    sim_publish_first(s);
    frt_memory_faults(s->memory, on_op, s);
    plan_customers(s);
    plan_nodes(s);
    plan_faults(s);
    s->faults = true;
    run_until(s, s->clock.now + HORIZON_MS);
    calm(s);
    if (s->failure[0] == '\0') {
        frt_memory_faults(s->memory, NULL, NULL);
        sim_check(s);
    }
    end(s);
}
