/* recover.c: what this node owns and what is due in it: the lease, the effects of dead owners, the poll.
 *
 * No turn runs in a shard before the open effects of its earlier owners are in their lanes: what a new turn sends must not overtake them. They
 * are looked for whenever a shard is won, and once a lease besides: a late commit of the former owner may have come behind the first look.
 * A conversation whose last turn was another owner's is asked for them once more when it is loaded (ready.c), so its order needs no luck.
 *
 * A shard whose place is elsewhere now (a node came) is left in three steps: no new turns; what is under way ends; then it is given back, and
 * the other finds nothing in doubt. What takes longer than HANDOVER_MS is left to it by the policies.
 *
 * A node that was stopped may learn from an effect that its shard is another's before its lease tells it. From then on the shard is not held, and
 * it is given back, so that whatever LEASE says next, it comes with a new epoch and a new search: what is behind that effect must not go ahead.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum {
    DUE_LIMIT = 512,
    ARENA = 64 << 20,
    BUSY_POLL_MS = 20,
    HANDOVER_MS = 5000,
    LOOK_MS = 50,
    WORDS = FRT_SHARDS / 64
};

struct recovery {
    struct frt_engine *engine;
    struct frt_op_lease lease;
    struct frt_op_due due, orphans;
    struct fn_arena lease_arena, due_arena, orphan_arena;
    bool leasing, adopting, released;
    bool known;   /* the other nodes are */
    bool lacking; /* a shard that is ours is still held by another node */
    bool leaving; /* a shard that is another's is still held by us */
    bool doubting;
    int64_t next_lease, next_adopt, next_look, leave_by;
    int64_t asked_at;           /* monotonic */
    int64_t adopts[FRT_SHARDS]; /* epochs whose orphans are being looked for */
    int64_t asks[FRT_SHARDS];   /* running ones as of the question: the store may read them on its own thread */
    uint64_t want[WORDS], give[WORDS];
    uint64_t doubt[WORDS]; /* found to be another's */
    uint64_t crowd;        /* of whom `want` was reckoned */
};

static bool has(const uint64_t *bits, size_t i)
{
    return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static void put(uint64_t *bits, size_t i)
{
    bits[i / 64] |= (uint64_t)1 << (i % 64);
}

/* -- effects whose owner died ------------------------------------------------------------------------------------------------------ */
static void adopt_submit(struct frt_engine *e)
{
    struct recovery *r = e->recovery;
    r->adopting = true;
    fn_arena_reset(&r->orphan_arena);
    r->orphans.epochs = r->adopts;
    r->orphans.orphans = true;
    r->orphans.limit = DUE_LIMIT;
    engine_submit(e, &r->orphans.op);
}

static void adopt_begin(struct frt_engine *e, int64_t now)
{
    struct recovery *r = e->recovery;
    e->adopt = false;
    r->next_adopt = now + (int64_t)e->c.lease_ms;
    r->orphans.after = (struct frt_key){0, 0};
    memcpy(r->adopts, e->epochs, sizeof r->adopts);
    adopt_submit(e);
}

static void adopt_one(struct frt_engine *e, const struct frt_effect *x)
{
    unsigned shard = frt_shard(x->tenant, x->conv);
    if (e->recovery->adopts[shard] != e->epochs[shard]) {
        return; /* lost meanwhile */
    }
    struct mail *m = mail_of(e, x->tenant, x->conv, x->channel);
    outbox_push(e, m, x, true);
    if (!m->known) {
        mail_wake(e, m);
    }
}

static void adopt_end(struct frt_engine *e)
{
    struct recovery *r = e->recovery;
    r->adopting = false;
    for (size_t i = 0; i < FRT_SHARDS; i++) {
        if (r->adopts[i] == e->epochs[i] && e->running[i] != e->epochs[i] && (!r->leaving || has(r->want, i))) {
            e->running[i] = e->epochs[i];
            e->nudged = true;
        }
    }
    e->ready = true;
}

static void orphans_done(struct frt_op *op)
{
    struct recovery *r = op->owner;
    struct frt_engine *e = r->engine;
    if (engine_again(e, op)) {
        return;
    }
    if (op->code != FN_OK) { /* without them no turn may run: again at the next step */
        r->adopting = false;
        e->adopt = true;
        return;
    }
    for (size_t i = 0; i < r->orphans.n_effects; i++) {
        const struct frt_effect *x = &r->orphans.effects[i];
        adopt_one(e, x);
        r->orphans.after = (struct frt_key){x->tenant, x->conv};
    }
    if (r->orphans.more && !e->draining) {
        adopt_submit(e);
        return;
    }
    adopt_end(e);
}

/* -- lease --------------------------------------------------------------------------------------------------------------------------- */
static void lease_submit(struct frt_engine *e)
{
    struct recovery *r = e->recovery;
    r->leasing = true;
    r->asked_at = e->c.clock.ops->monotonic(e->c.clock.self);
    fn_arena_reset(&r->lease_arena);
    r->lease.node = e->c.node;
    r->lease.ttl_ms = (int64_t)e->c.lease_ms;
    r->lease.all = !e->c.shared && !e->ready;
    r->lease.want = e->c.shared ? r->want : NULL; /* none while the others are not known */
    r->lease.give = e->c.shared ? r->give : NULL;
    engine_submit(e, &r->lease.op);
}

static void take_epochs(struct frt_engine *e, const int64_t *epochs)
{
    uint64_t lost[WORDS] = {0};
    bool any = false;
    e->stats.shards = 0;
    for (size_t i = 0; i < FRT_SHARDS; i++) {
        int64_t epoch = has(e->recovery->doubt, i) ? 0 : epochs[i]; /* an answer from before the doubt */
        bool gone = e->epochs[i] != 0 && epoch != e->epochs[i];
        if (gone) {
            put(lost, i);
            any = true;
            e->stats.shards_lost++;
        }
        e->adopt = e->adopt || epoch > e->epochs[i];
        e->running[i] = epoch == e->epochs[i] ? e->running[i] : 0;
        e->epochs[i] = epoch;
        e->stats.shards += epoch != 0;
    }
    if (any) {
        nodes_drop(e, lost);
    }
}

/* What is ours now, what is no longer. */
static void look_around(struct frt_engine *e, int64_t now)
{
    struct recovery *r = e->recovery;
    bool leaving = false;
    uint64_t crowd = nodes_crowd(r->lease.others, r->lease.n_others);
    if (!r->known || crowd != r->crowd) {
        nodes_share(e->c.node, r->lease.others, r->lease.n_others, r->want);
        r->crowd = crowd;
    }
    r->lacking = false;
    for (size_t i = 0; i < FRT_SHARDS; i++) {
        bool want = has(r->want, i);
        r->lacking = r->lacking || (want && e->epochs[i] == 0);
        leaving = leaving || (!want && e->epochs[i] != 0);
        if (want && e->epochs[i] != 0 && e->running[i] == 0) {
            e->adopt = true; /* new, or it was leaving and stays after all */
        }
        e->running[i] = want ? e->running[i] : 0;
    }
    r->leave_by = leaving && !r->leaving ? now + HANDOVER_MS : r->leave_by;
    r->leaving = leaving;
    r->known = true;
}

/* The store read its clock somewhere between question and answer, so by now it shows what it read or up to the trip more. A node that is in there
 * stays where it is: an answer that took long, as while a database begins, would move it by what it does not tell. The first time it takes the
 * earliest: who is ahead of the store lets timers fire too early. */
static void take_time(struct frt_engine *e)
{
    struct recovery *r = e->recovery;
    if (r->lease.now == 0) {
        e->clocked = true;
        return;
    }
    int64_t before = engine_now(e), trip = e->c.clock.ops->monotonic(e->c.clock.self) - r->asked_at;
    int64_t latest = r->lease.now + (e->clocked ? trip : 0);
    engine_set_time(e, before < r->lease.now ? r->lease.now : before > latest ? latest : before);
    int64_t by = engine_now(e) - before;
    r->next_adopt += by;
    r->next_look += by;
    r->leave_by += by;
}

static void lease_done(struct frt_op *op)
{
    struct recovery *r = op->owner;
    struct frt_engine *e = r->engine;
    if (engine_again(e, op)) {
        return;
    }
    if (op->code == FN_OK) {
        take_time(e);
    }
    int64_t now = engine_now(e), third = (int64_t)e->c.lease_ms / 3;
    bool knew = r->known;
    r->leasing = false;
    r->next_lease = now + third;
    if (op->code != FN_OK) {
        engine_log(e, FRT_LOG_ERROR, "lease.refused", 0, 0, fn_str_c(op->err.text));
        return;
    }
    if (r->lease.release) {
        r->released = true;
        return;
    }
    e->lease_until = r->asked_at + (int64_t)e->c.lease_ms;
    e->stats.nodes = r->lease.nodes;
    memset(r->give, 0, sizeof r->give);
    take_epochs(e, r->lease.epochs);
    if (e->c.shared) {
        look_around(e, now);
        r->next_lease = !knew || !nodes_hold(e) ? now : r->lacking ? now + third / 4 : r->next_lease;
        e->adopt = e->adopt || (knew && !e->ready);
    }
}

void recover_doubt(struct frt_engine *e, int64_t tenant, int64_t conv)
{
    struct recovery *r = e->recovery;
    unsigned shard = frt_shard(tenant, conv);
    if (e->c.shared && !e->c.forced && e->epochs[shard] != 0) {
        put(r->doubt, shard);
        r->doubting = true;
        e->epochs[shard] = e->running[shard] = 0;
        e->stats.shards_lost++;
    }
}

/* Gives back the shards that are quiet, and those in doubt. What is given is not held from this moment on. */
static void hand_over(struct frt_engine *e, int64_t now)
{
    struct recovery *r = e->recovery;
    uint64_t busy[WORDS];
    bool any = false;
    nodes_busy(e, busy);
    for (size_t i = 0; i < FRT_SHARDS; i++) {
        bool leaves = r->leaving && e->epochs[i] != 0 && !has(r->want, i) && (!has(busy, i) || now >= r->leave_by);
        if (leaves || has(r->doubt, i)) {
            put(r->give, i);
            e->epochs[i] = 0;
            any = true;
        }
    }
    memset(r->doubt, 0, sizeof r->doubt);
    r->doubting = false;
    r->next_look = now + LOOK_MS;
    if (any) {
        nodes_drop(e, r->give);
        lease_submit(e);
    }
}

static void lease_step(struct frt_engine *e, int64_t now)
{
    struct recovery *r = e->recovery;
    if (r->leasing || r->released || e->c.forced) {
        return;
    }
    bool quiet = e->turns == 0 && e->stats.sending == 0 && e->inbound.n == 0 && e->ops == 0;
    if (e->draining && e->c.shared && quiet) {
        r->lease.release = true;
        lease_submit(e);
    } else if (r->doubting && !e->draining) {
        hand_over(e, now);
    } else if (now >= r->next_lease && (e->c.shared || !e->draining)) {
        lease_submit(e);
    } else if (r->leaving && !e->draining && now >= r->next_look) {
        hand_over(e, now);
    }
}

bool recover_released(const struct frt_engine *e)
{
    return e->recovery == NULL || !e->c.shared || e->c.forced || e->recovery->released;
}

int64_t recover_next(const struct frt_engine *e)
{
    const struct recovery *r = e->recovery;
    if (r->leasing || !e->c.shared || e->c.forced || r->released) {
        return FRT_NEVER;
    }
    int64_t next = r->leaving && r->next_look < r->next_lease ? r->next_look : r->next_lease;
    return r->doubting && !e->draining ? engine_now(e) : next;
}

/* -- poll ------------------------------------------------------------------------------------------------------------------------------- */
/* Conversations that are busy find their rows by themselves. */
static void due_done(struct frt_op *op)
{
    struct recovery *r = op->owner;
    struct frt_engine *e = r->engine;
    if (engine_again(e, op)) {
        return;
    }
    e->polling = false;
    int64_t now = engine_now(e), next = now + (int64_t)e->c.poll_ms;
    if (op->code == FN_OK) {
        for (size_t i = 0; i < r->due.n_keys; i++) {
            struct mail *m = mail_of(e, r->due.keys[i].tenant, r->due.keys[i].conv, 0);
            if (m->state == MAIL_IDLE) {
                mail_wake(e, m);
            }
        }
        next = r->due.next_due < next ? r->due.next_due : next;
        next = r->due.n_keys == r->due.limit ? now + BUSY_POLL_MS : next;
    }
    e->next_poll = next < e->next_poll || e->next_poll <= now ? next : e->next_poll;
}

static void due_submit(struct frt_engine *e, int64_t now)
{
    struct recovery *r = e->recovery;
    e->polling = true;
    e->next_poll = now + (int64_t)e->c.poll_ms;
    fn_arena_reset(&r->due_arena);
    memcpy(r->asks, e->running, sizeof r->asks);
    r->due.epochs = r->asks;
    r->due.now = now;
    r->due.limit = DUE_LIMIT;
    engine_submit(e, &r->due.op);
}

void recover_start(struct frt_engine *e)
{
    struct recovery *r = engine_alloc(1, sizeof *r);
    e->recovery = r;
    r->engine = e;
    fn_arena_init(&r->lease_arena, ARENA);
    fn_arena_init(&r->due_arena, ARENA);
    fn_arena_init(&r->orphan_arena, ARENA);
    r->lease.op = (struct frt_op){.kind = FRT_OP_LEASE, .done = lease_done, .owner = r, .arena = &r->lease_arena};
    r->due.op = (struct frt_op){.kind = FRT_OP_DUE, .done = due_done, .owner = r, .arena = &r->due_arena};
    r->orphans.op = (struct frt_op){.kind = FRT_OP_DUE, .done = orphans_done, .owner = r, .arena = &r->orphan_arena};
    if (e->c.forced) {
        for (size_t i = 0; i < FRT_SHARDS; i++) {
            e->epochs[i] = e->running[i] = 1;
        }
        e->ready = true;
    } else {
        lease_submit(e);
    }
}

void recover_step(struct frt_engine *e, int64_t now)
{
    struct recovery *r = e->recovery;
    lease_step(e, now);
    if (e->draining) {
        return;
    }
    bool again = e->c.shared && !e->c.forced && e->ready && now >= r->next_adopt;
    if ((e->adopt || again) && !r->adopting && !r->leasing) {
        adopt_begin(e, now);
    }
    if (e->ready && !e->polling && (e->nudged || now >= e->next_poll)) {
        e->nudged = false;
        due_submit(e, now);
    }
}

void recover_free(struct frt_engine *e)
{
    struct recovery *r = e->recovery;
    if (r != NULL) {
        fn_arena_fini(&r->lease_arena);
        fn_arena_fini(&r->due_arena);
        fn_arena_fini(&r->orphan_arena);
        free(r);
    }
}
