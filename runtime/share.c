/* share.c: who floods, and what he may have while others are at work.
 *
 * A tenant presses when for PRESSES_MS without a break he has had more to do than his share of places between LOAD and COMMIT; a short burst is not
 * that. He floods when what he has to do is also OUTWEIGHS times what the others have on the average: where all press there is no flood, but a
 * machine that is too small. While others have something to do, one who floods gets twice as many turns as they get on the average, by credit,
 * and his messages go into the batches of INGEST that theirs begin, a few in each: every statement that is in the database for him alone is time
 * that their messages wait, also when a processor is free for it. In the gaps between he has his places. When nobody who does not press was
 * seen for ALONE_MS, all places are for those who do.
 *
 * Must never happen: that somebody waits for ever. Whoever has waited for PATIENCE_MS begins all the same.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

enum {
    PRESSES_MS = 100,
    OUTWEIGHS = 4,
    ALONE_MS = 1000,
    CENSUS_MS = 1000,
    PATIENCE_MS = 20,
    SAVED_TURNS = 2,
    TIMES_MEAN = 2
};

/* What it has to do, up to COMMIT. */
static size_t work_of(const struct tenant *t)
{
    return (size_t)t->arriving + t->ready + t->inflight;
}

static bool presses(const struct frt_engine *e, const struct tenant *t)
{
    return engine_now(e) - t->modest_at >= PRESSES_MS;
}

/* Tenants that had something to do: the second before stands for one that has just begun. */
static size_t tenants_at_work(const struct frt_engine *e)
{
    size_t n = e->seen_now > e->seen_before ? e->seen_now : e->seen_before;
    return n != 0 ? n : 1;
}

static bool floods(const struct frt_engine *e, const struct tenant *t)
{
    size_t all = e->arriving + e->stats.ready + e->turns, own = work_of(t);
    return own * (tenants_at_work(e) - 1) > OUTWEIGHS * (all - own) && presses(e, t);
}

void share_note(const struct frt_engine *e, struct tenant *t)
{
    if (work_of(t) <= e->c.tenant_inflight) {
        t->modest_at = engine_now(e);
    }
}

static void count(struct frt_engine *e, struct tenant *t, int64_t now)
{
    if (now - e->census_at >= CENSUS_MS) {
        e->seen_before = now - e->census_at < 2 * CENSUS_MS ? e->seen_now : 0;
        e->seen_now = 0;
        e->census_at = now;
        e->census++;
    }
    if (t->census != e->census) {
        t->census = e->census;
        e->seen_now++;
    }
}

bool share_modest(struct frt_engine *e, struct tenant *t)
{
    int64_t now = engine_now(e);
    count(e, t, now);
    share_note(e, t);
    if (presses(e, t)) {
        return false;
    }
    e->other_at = e->active != t->id ? e->active_at : e->other_at;
    e->active = t->id;
    e->active_at = now;
    return true;
}

void share_count(struct frt_engine *e, struct tenant *t, int by)
{
    e->modest_work += (uint32_t)by;
    t->modest_work += (uint32_t)by;
}

/* Others, who do not press, have something to do. Not its own from the time when it did not. */
static bool others_work(const struct frt_engine *e, const struct tenant *t)
{
    return e->modest_work != t->modest_work;
}

/* Somebody else who does not press had something to do lately. */
static bool has_others(const struct frt_engine *e, const struct tenant *t)
{
    int64_t at = e->active == t->id ? e->other_at : e->active_at;
    return at + ALONE_MS > engine_now(e);
}

/* In turns of the others, what a turn of one who floods costs. */
static uint64_t price(const struct frt_engine *e)
{
    uint64_t n = tenants_at_work(e) / TIMES_MEAN;
    return n != 0 ? n : 1;
}

static bool has_credit(const struct frt_engine *e, const struct tenant *t)
{
    return e->others_turns - t->paid >= price(e) || engine_now(e) - t->began_at >= PATIENCE_MS;
}

uint32_t share_places(const struct frt_engine *e, const struct tenant *t)
{
    if (!has_others(e, t)) {
        return 2 * e->c.batch_turns;
    }
    bool waits = others_work(e, t) && floods(e, t) && !has_credit(e, t);
    return waits ? 0 : e->c.tenant_inflight;
}

void share_began(struct frt_engine *e, struct tenant *t)
{
    uint64_t one = price(e), saved = SAVED_TURNS * one;
    t->began_at = engine_now(e);
    if (!floods(e, t)) {
        e->others_turns++;
        return;
    }
    t->paid = e->others_turns - t->paid > saved ? e->others_turns - saved : t->paid;
    t->paid = e->others_turns - t->paid > one ? t->paid + one : e->others_turns;
}

uint32_t share_messages(const struct frt_engine *e, const struct tenant *t)
{
    if (!has_others(e, t)) {
        return 2 * e->c.batch_turns;
    }
    size_t some = 1 + e->batch_modest / price(e);
    bool few = others_work(e, t) && some < e->c.tenant_inflight && floods(e, t);
    return few ? (uint32_t)some : e->c.tenant_inflight;
}

bool share_waits(const struct frt_engine *e, const struct tenant *t)
{
    return has_others(e, t) && e->modest_work != 0 && e->modest_waiting == 0 &&
           engine_now(e) - e->ingest_at < PATIENCE_MS;
}

int64_t share_next(const struct frt_engine *e, int64_t next, int64_t now)
{
    bool held = e->modest_work != 0 && (e->stats.ready != 0 || e->inbound.n != 0);
    return held && now + PATIENCE_MS < next ? now + PATIENCE_MS : next;
}

void share_shift(struct tenant *t, int64_t by)
{
    t->modest_at += by;
    t->began_at += by;
}
