/* direct.c: a message that goes into the store together with the turn that it makes.
 *
 * What most conversations hear finds them idle, and this node knows how its last turn left them (recent.c). Then the turn is made first, from the
 * message as it came, and COMMIT stores both in one transaction, behind the compare-and-set: that the message was not seen before, that nothing
 * else lies in the mailbox and that the contact is as it was, the store looks itself. The sender is answered when that is durable. A row in the
 * mailbox would have lived for some milliseconds; it is never written, nor deleted, and the disk is asked once and not twice.
 *
 * A turn has no effect before its commit, so it can be thrown away at any point: then the message goes by INGEST, as one for which nothing was
 * known. That happens when the program does not take it at once (a settle window, a trap, what is kept), when the conversation is not as it was, and
 * when the store does not work: INGEST then says so to the sender.
 *
 * Order: what comes into the conversation meanwhile is held until that is decided, and then goes first in its tenant's queue.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

/* Its turn is under way, and nobody was told yet what became of the message. */
static bool is_pending(const struct mail *m)
{
    return m != NULL && m->turn != NULL && m->turn->direct != NULL && !m->turn->direct->told;
}

static bool may_begin(const struct frt_engine *e, const struct inbound *in, const struct mail *m)
{
    const struct frt_ingest *x = &in->item;
    return !in->plain && x->conv != 0 && x->row.kind == FRT_IN_MESSAGE && (m == NULL || m->state == MAIL_IDLE) &&
           e->ready && !e->draining && e->store_failures == 0 && nodes_hold(e) && engine_runs(e, x->tenant, x->conv) &&
           catalogue_serves(in->t) && e->turns < 2 * (size_t)e->c.batch_turns &&
           in->t->inflight < share_places(e, in->t);
}

bool direct_take(struct frt_engine *e, struct inbound *in)
{
    struct mail *m = map_get(&e->mails, in->item.tenant, in->item.conv);
    if (is_pending(m)) {
        in->held = m->held;
        m->held = in;
        e->stats.behind++;
        return true;
    }
    struct load_batch *b = may_begin(e, in, m) ? recent_direct(e, &in->item) : NULL;
    if (b == NULL) {
        return false;
    }
    ingest_leave(e, in);
    m = mail_of(e, in->item.tenant, in->item.conv, in->item.channel);
    m->fresh = b;
    m->modest = in->modest;
    ready_begin(e, m)->direct = in;
    return true;
}

/* The program took the message, and nothing that lies in the mailbox was looked at. */
bool direct_fits(const struct turn *t)
{
    return !t->faulted && t->settle_at == FRT_NEVER && turn_consumes(t, t->direct->item.row.id) &&
           t->park.n + t->unpark.n == 0;
}

void direct_drop(struct turn *t)
{
    struct frt_engine *e = t->engine;
    struct mail *m = t->mail;
    turn_free(t);
    mail_rest(e, m);
}

static void release(struct frt_engine *e, struct mail *m)
{
    while (m->held != NULL) {
        struct inbound *in = m->held;
        m->held = in->held;
        if (e->dying) {
            ingest_leave(e, in);
            ingest_tell(e, in, FN_UNAVAILABLE);
            ingest_free(in);
        } else {
            ingest_put_first(e, in);
        }
    }
}

void direct_leave(struct turn *t)
{
    struct frt_engine *e = t->engine;
    struct inbound *in = t->direct;
    t->direct = NULL;
    release(e, t->mail);
    if (e->dying) {
        ingest_tell(e, in, FN_UNAVAILABLE);
    }
    if (in->told) {
        ingest_free(in);
        return;
    }
    e->stats.indirect++;
    in->plain = true;
    in->item.pairs = NULL;
    in->item.n_pairs = in->item.n_derived = 0;
    ingest_enter(e, in);
    ingest_put_first(e, in);
}

void direct_stored(struct turn *t)
{
    struct inbound *in = t->direct;
    if (in == NULL) {
        return;
    }
    t->direct = NULL;
    release(t->engine, t->mail);
    t->engine->stats.direct++;
    ingest_tell(t->engine, in, FN_OK);
    ingest_free(in);
}

void direct_doubt(struct turn *t)
{
    if (t->direct != NULL && !t->direct->told) {
        ingest_tell(t->engine, t->direct, FN_UNAVAILABLE);
        release(t->engine, t->mail);
    }
}
