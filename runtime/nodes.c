/* nodes.c: several nodes on one store. Each runs a share of the 1,024 shards: a shard belongs to the living node with the highest hash of
 * (shard, name), so all come to the same answer without talking, and a node that comes or goes moves only its own share.
 *
 * A share holds as long as its lease, counted on the monotonic clock from before it was asked for. Near its end nothing new is sent, behind it
 * nothing is committed; whoever was stopped and wakes up late finds it run out, also with a request half made (send_by). What is in memory of a lost shard is dropped: the store has it.
 * Never: send for a shard without holding it, or wait for another node.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum { MARGIN = 5 /* a fifth of the lease */ };

static int64_t left(const struct frt_engine *e)
{
    return e->lease_until - e->c.clock.ops->monotonic(e->c.clock.self);
}

bool nodes_hold(const struct frt_engine *e)
{
    return !e->c.shared || e->c.forced || left(e) > 0;
}

bool nodes_may_send(const struct frt_engine *e)
{
    return !e->c.shared || e->c.forced || left(e) > (int64_t)e->c.lease_ms / MARGIN;
}

int64_t nodes_send_by(const struct frt_engine *e)
{
    return e->c.shared && !e->c.forced ? e->lease_until : 0;
}

/* FNV-1a over the name, then the mixing step of splitmix64 with the shard. */
static uint64_t name_hash(struct fn_str name)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < name.n; i++) {
        h = (h ^ (uint8_t)name.p[i]) * 0x100000001b3u;
    }
    return h;
}

static uint64_t score(uint64_t name, size_t shard)
{
    uint64_t h = name + (shard + 1) * 0x9e3779b97f4a7c15u;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
    return h ^ (h >> 31);
}

uint64_t nodes_crowd(const struct fn_str *others, size_t n)
{
    uint64_t sum = n;
    for (size_t i = 0; i < n; i++) { /* in any order */
        sum += score(name_hash(others[i]), 0);
    }
    return sum;
}

void nodes_share(struct fn_str self, const struct fn_str *others, size_t n, uint64_t want[FRT_SHARDS / 64])
{
    uint64_t mine = name_hash(self);
    memset(want, 0xff, sizeof(uint64_t) * (FRT_SHARDS / 64));
    for (size_t k = 0; k < n; k++) {
        uint64_t other = name_hash(others[k]);
        for (size_t i = 0; i < FRT_SHARDS; i++) {
            if (score(mine, i) <= score(other, i)) {
                want[i / 64] &= ~((uint64_t)1 << (i % 64));
            }
        }
    }
}

static bool is_in(const uint64_t *bits, const struct mail *m)
{
    unsigned shard = frt_shard(m->tenant, m->conv);
    return (bits[shard / 64] >> (shard % 64) & 1) != 0;
}

void nodes_drop(struct frt_engine *e, const uint64_t lost[FRT_SHARDS / 64])
{
    struct mail **all = engine_alloc(e->mails.n, sizeof(struct mail *));
    size_t n = 0;
    for (size_t i = 0; i < e->mails.cap; i++) { /* first collected: forgetting moves slots */
        struct mail *m = e->mails.slots[i].value;
        if (m != NULL && is_in(lost, m)) {
            all[n++] = m;
        }
    }
    for (size_t i = 0; i < n; i++) {
        all[i]->state = all[i]->state == MAIL_SETTLING ? MAIL_IDLE : all[i]->state;
        all[i]->self_turns = 0;
        outbox_pump(e, all[i]); /* which drops what is no longer this node's */
        mail_forget(e, all[i]);
    }
    free(all);
}

void nodes_busy(struct frt_engine *e, uint64_t busy[FRT_SHARDS / 64])
{
    memset(busy, 0, sizeof(uint64_t) * (FRT_SHARDS / 64));
    for (size_t i = 0; i < e->mails.cap; i++) {
        const struct mail *m = e->mails.slots[i].value;
        if (m != NULL && (m->turn != NULL || outbox_busy(m))) {
            unsigned shard = frt_shard(m->tenant, m->conv);
            busy[shard / 64] |= (uint64_t)1 << (shard % 64);
        }
    }
}
