/* engine.c: life of the engine, its clock, its operations at the store. One step does what can be done and says when to come again.
 *
 * An operation whose outcome is not known goes round again unchanged; all of them are made for that. Nothing here frees itself inside its own
 * callback, and no callback of the caller runs inside a call of his.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>

enum { TIME_SLACK_MS = 1000 };

static int64_t monotonic(const struct frt_engine *e)
{
    return e->c.clock.ops->monotonic(e->c.clock.self);
}

int64_t engine_now(const struct frt_engine *e)
{
    return e->time + monotonic(e) - e->time_at;
}

/* One clock for all nodes: the store's, as the last LEASE read it, carried on by the monotonic one. A machine's own may jump: nothing here reads
 * it twice. When the store's jumps (another server took over), what is planned in this process moves with it. */
void engine_set_time(struct frt_engine *e, int64_t now)
{
    int64_t by = now - engine_now(e);
    e->time = now;
    e->time_at = monotonic(e);
    e->clocked = true;
    if (by > -TIME_SLACK_MS && by < TIME_SLACK_MS) {
        return;
    }
    e->retry_at += by;
    e->next_poll += by;
    e->next_sweep += by;
    e->quiet_sweep += by;
    for (size_t i = 0; i < e->tenants.cap; i++) {
        struct tenant *t = e->tenants.slots[i].value;
        if (t != NULL) {
            t->watch_at += by;
            t->used_at += by;
            share_shift(t, by);
            catalogue_shift(t->catalogue, by);
        }
    }
    e->active_at += by;
    e->other_at += by;
    e->census_at += by;
    e->ingest_at += by;
    ingest_shift(e, by);
    engine_log(e, FRT_LOG_WARN, "clock.moved", 0, 0, FN_STR_NULL);
}

void *engine_alloc(size_t n, size_t size)
{
    void *p = calloc(n == 0 ? 1 : n, size);
    if (p == NULL) {
        FN_BUG("no memory: what is in memory can be lost, the store has it");
    }
    return p;
}

/* 41 bits of milliseconds, 10 of a counter, 10 of the node: increasing in a node, and unique among nodes that drew different numbers. */
int64_t engine_id(struct frt_engine *e)
{
    int64_t moment = engine_now(e) << 10, next = (e->last_id >> 10) + 1;
    e->last_id = (moment > next ? moment : next) << 10 | (int64_t)(e->c.node_id & 1023u);
    return e->last_id;
}

void engine_renumber(struct frt_engine *e)
{
    e->c.node_id = (uint32_t)(e->c.entropy.ops->next(e->c.entropy.self) & 1023u);
}

void engine_log(const struct frt_engine *e, enum frt_log_level level, const char *event, int64_t tenant, int64_t conv,
                struct fn_str text)
{
    if (e->c.log != NULL && !e->dying) {
        struct frt_log line = {level, event, tenant, conv, 0, text};
        e->c.log(e->c.ctx, &line);
    }
}

int64_t engine_epoch(const struct frt_engine *e, int64_t tenant, int64_t conv)
{
    return e->epochs[frt_shard(tenant, conv)];
}

bool engine_runs(const struct frt_engine *e, int64_t tenant, int64_t conv)
{
    return e->running[frt_shard(tenant, conv)] != 0;
}

void *engine_push(struct fn_arena *arena, struct engine_vec *v, size_t size)
{
    if (v->n == v->cap) {
        size_t cap = v->cap == 0 ? 4 : v->cap * 2;
        void *bigger = fn_arena_array(arena, cap, size);
        if (bigger == NULL) {
            return NULL;
        }
        if (v->n != 0) {
            memcpy(bigger, v->at, v->n * size);
        }
        v->at = bigger;
        v->cap = cap;
    }
    void *slot = (char *)v->at + v->n++ * size;
    memset(slot, 0, size);
    return slot;
}

/* -- operations ------------------------------------------------------------------------------------------------------------------- */
static void put_off(struct frt_engine *e, struct frt_op *op)
{
    op->next = e->retry;
    e->retry = op;
}

void engine_submit(struct frt_engine *e, struct frt_op *op)
{
    e->ops++;
    if (e->dying) {
        put_off(e, op);
    } else {
        frt_store_submit(e->c.store, op);
    }
}

bool engine_again(struct frt_engine *e, struct frt_op *op)
{
    e->ops--;
    if (e->dying) {
        return false;
    }
    if (op->code != FN_UNAVAILABLE && op->code != FN_TIMEOUT) {
        e->store_failures = 0;
        e->stats.store_ok = true;
        return false;
    }
    if (e->store_failures == 0) {
        engine_log(e, FRT_LOG_WARN, "store.down", 0, 0, fn_str_c(op->err.text));
    }
    int64_t shift = e->store_failures < 6 ? e->store_failures : 6;
    e->store_failures++;
    e->stats.store_ok = false;
    e->stats.store_retries++;
    if (op->kind != FRT_OP_COMMIT && op->kind != FRT_OP_DONE && op->kind != FRT_OP_CLAIM && op->arena != NULL) {
        fn_arena_reset(op->arena); /* the half of an answer */
    }
    put_off(e, op);
    e->retry_at = engine_now(e) + ((int64_t)25 << shift);
    return true;
}

static void retry_flush(struct frt_engine *e, int64_t now)
{
    if (e->retry == NULL || now < e->retry_at) {
        return;
    }
    struct frt_op *oldest = NULL; /* the list is newest first; order of submission is kept */
    while (e->retry != NULL) {
        struct frt_op *op = e->retry;
        e->retry = op->next;
        op->next = oldest;
        oldest = op;
    }
    while (oldest != NULL) {
        struct frt_op *op = oldest;
        oldest = op->next;
        engine_submit(e, op);
    }
}

/* -- timers: a heap of hints; what they wake looks at its own state ------------------------------------------------------------------ */
void engine_timer(struct frt_engine *e, int64_t at, int64_t tenant, int64_t conv)
{
    if (e->heap_n == e->heap_cap) {
        size_t cap = e->heap_cap == 0 ? 64 : e->heap_cap * 2;
        struct timer *bigger = realloc(e->heap, cap * sizeof *bigger);
        if (bigger == NULL) {
            FN_BUG("no memory: what is in memory can be lost, the store has it");
        }
        e->heap = bigger;
        e->heap_cap = cap;
    }
    size_t i = e->heap_n++;
    for (; i > 0 && e->heap[(i - 1) / 2].at > at; i = (i - 1) / 2) {
        e->heap[i] = e->heap[(i - 1) / 2];
    }
    e->heap[i] = (struct timer){at, tenant, conv};
}

static struct timer timer_pop(struct frt_engine *e)
{
    struct timer top = e->heap[0], last = e->heap[--e->heap_n];
    size_t i = 0;
    for (size_t child = 1; child < e->heap_n; child = 2 * i + 1) {
        child += child + 1 < e->heap_n && e->heap[child + 1].at < e->heap[child].at;
        if (e->heap[child].at >= last.at) {
            break;
        }
        e->heap[i] = e->heap[child];
        i = child;
    }
    e->heap[i] = last;
    return top;
}

void ready_fire(struct frt_engine *e, int64_t now)
{
    while (e->heap_n != 0 && e->heap[0].at <= now) {
        struct timer t = timer_pop(e);
        struct mail *m = map_get(&e->mails, t.tenant, t.conv);
        if (m == NULL) {
            continue;
        }
        outbox_pump(e, m);
        if (m->state == MAIL_SETTLING && m->wake_at <= now) {
            m->state = MAIL_IDLE;
            mail_wake(e, m);
        }
        mail_forget(e, m);
    }
}

/* -- life ------------------------------------------------------------------------------------------------------------------------------ */
static void set_default(uint32_t *slot, uint32_t value)
{
    *slot = *slot == 0 ? value : *slot;
}

static void set_defaults(struct frt_engine_config *c)
{
    set_default(&c->batch_turns, 256);
    set_default(&c->tenant_inflight, 8);
    set_default(&c->ingest_max, 10000);
    set_default(&c->sends_max, 1000);
    set_default(&c->tenant_sends, (c->sends_max + 3) / 4);
    set_default(&c->tries, 25);
    set_default(&c->patience_ms, 24 * 60 * 60 * 1000); /* behind WhatsApp's window of 24 hours nobody waits for it */
    set_default(&c->call_tries, 4);
    set_default(&c->retry_base_ms, 500);
    set_default(&c->retry_cap_ms, 300000);
    set_default(&c->reconcile_ms, 30000);
    set_default(&c->resends, 1);
    set_default(&c->poll_ms, 1000);
    set_default(&c->self_turns, 30);
    set_default(&c->lease_ms, 10000);
    c->recent_bytes = c->recent_bytes == 0 ? (size_t)16 << 20 : c->recent_bytes;
    c->image_bytes = c->image_bytes == 0 ? (size_t)64 << 20 : c->image_bytes;
    c->resends = c->resends == UINT32_MAX ? 0 : c->resends;
    if (c->limits.arena == 0) {
        c->limits = fvm_limits_default;
    }
}

struct frt_engine *frt_engine_new(const struct frt_engine_config *config, struct fn_err *err)
{
    if (config->store.ops == NULL || config->clock.ops == NULL || config->entropy.ops == NULL ||
        config->provider.ops == NULL || config->natives == NULL || config->node_id > 1023 || config->node.n > 64) {
        (void)fn_fail(err, FN_INVALID, "the engine lacks a store, clock, entropy, provider or natives");
        return NULL;
    }
    struct frt_engine *e = calloc(1, sizeof *e);
    if (e == NULL) {
        (void)fn_fail(err, FN_NO_MEMORY, "no memory for the engine");
        return NULL;
    }
    e->c = *config;
    set_defaults(&e->c);
    e->time = e->c.clock.ops->wall(e->c.clock.self);
    e->time_at = monotonic(e);
    e->stats.store_ok = true;
    uint64_t boot = e->c.entropy.ops->next(e->c.entropy.self);
    snprintf(e->node, sizeof e->node, "%.*s-%016llx", FN_STR_ARG(config->node), (unsigned long long)boot);
    e->c.node = fn_str_c(e->node);
    return e;
}

static void free_mails(struct frt_engine *e)
{
    for (size_t i = 0; i < e->mails.cap; i++) {
        struct mail *m = e->mails.slots[i].value;
        if (m != NULL) {
            if (m->turn != NULL) {
                turn_free(m->turn);
            }
            recent_drop(m->fresh);
            outbox_free(m);
            free(m);
        }
    }
    for (size_t i = 0; i < e->tenants.cap; i++) {
        struct tenant *t = e->tenants.slots[i].value;
        if (t != NULL) {
            catalogue_free(t->catalogue);
            free(t);
        }
    }
}

void frt_engine_free(struct frt_engine *e)
{
    if (e == NULL) {
        return;
    }
    e->dying = true; /* what is left of the operations ends in its owner's failure path, which frees it */
    while (e->retry != NULL) {
        struct frt_op *op = e->retry;
        e->retry = op->next;
        op->code = FN_UNAVAILABLE;
        op->done(op);
    }
    ingest_refuse(e);
    free_mails(e);
    catalogue_drop_images(e);
    recover_free(e);
    for (unsigned i = 0; i < e->free_runs; i++) { /* all are back: the turns are gone */
        fvm_run_free(e->runs[i]);
    }
    map_fini(&e->mails);
    map_fini(&e->tenants);
    map_fini(&e->images);
    free(e->known);
    recent_free(e);
    free(e->heap);
    free(e);
}

void frt_engine_start(struct frt_engine *e)
{
    if (!e->started) {
        e->started = true;
        recover_start(e);
    }
}

bool frt_engine_ready(const struct frt_engine *e)
{
    return e->ready;
}

void frt_engine_adopt(struct frt_engine *e)
{
    e->adopt = true;
}

void frt_engine_nudge(struct frt_engine *e)
{
    e->nudged = true;
}

void frt_engine_drain(struct frt_engine *e)
{
    e->draining = true;
}

bool frt_engine_drained(const struct frt_engine *e)
{
    bool idle = e->ops == 0 && e->turns == 0 && e->stats.sending == 0 && e->inbound.n == 0;
    return e->draining && idle && recover_released(e);
}

int64_t frt_engine_step(struct frt_engine *e)
{
    int64_t now = engine_now(e);
    retry_flush(e, now);
    ingest_flush(e);
    if (e->started) {
        recover_step(e, now);
    }
    if (e->ready && !e->draining) {
        ready_fire(e, now);
        ready_load(e);
    }
    turn_flush_runs(e);
    commit_flush(e);
    outbox_flush(e);
    cache_step(e, now);
    int64_t wall = e->c.clock.ops->wall(e->c.clock.self);
    if (e->run_first != NULL) {
        return wall; /* a slice is used up, others had theirs */
    }
    int64_t next = e->started && !e->draining ? e->next_poll : FRT_NEVER;
    next = e->started && recover_next(e) < next ? recover_next(e) : next;
    next = e->nudged && e->ready && !e->polling ? now : next;
    next = e->heap_n != 0 && e->heap[0].at < next ? e->heap[0].at : next;
    next = e->retry != NULL && e->retry_at < next ? e->retry_at : next;
    now = engine_now(e);
    next = e->draining ? next : share_next(e, next, now);
    return next == FRT_NEVER ? next : wall + (next > now ? next - now : 1);
}

void frt_engine_stats(const struct frt_engine *e, struct frt_engine_stats *out)
{
    *out = e->stats;
    out->mails = (uint32_t)e->mails.n;
    out->recent_bytes = e->recent_bytes;
    out->tenants = (uint32_t)e->tenants.n;
    out->waiting_ingest = (uint32_t)e->inbound.n;
    out->oldest_ready_at = 0;
    if (e->ring != NULL) {
        const struct tenant *t = e->ring;
        do {
            if (t->first != NULL && (out->oldest_ready_at == 0 || t->first->ready_at < out->oldest_ready_at)) {
                out->oldest_ready_at = t->first->ready_at;
            }
            t = t->next;
        } while (t != e->ring);
    }
    if (out->oldest_ready_at != 0) { /* told in the caller's time */
        out->oldest_ready_at += e->c.clock.ops->wall(e->c.clock.self) - engine_now(e);
    }
}
