/* recent.c: conversations as this node's last commit left them, so that the next message needs no LOAD.
 *
 * What is kept here is never trusted by itself: INGEST tells, from the snapshot in which it appended the message, the conversation's seq, how
 * many derived rows its mailbox has, and what is known of the contact (frt_store.h, `told`). Only a turn changes a conversation, each raises
 * seq, and rows leave the mailbox in turns alone: with the same seq and the same number of rows, conversation and mailbox are the ones kept
 * here and the message. Anything else that happens to the conversation before its turn begins (a second message, an answer, another node's
 * nudge) sends it the long way, and what happens later meets the compare-and-set of COMMIT, as it does behind a LOAD.
 *
 * Bounded in bytes; the one used longest ago makes room.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum { ROWS = 2, TEXTS = 8 + 2 * ROWS, ENTRY_MAX = 1 << 20 };

struct recent {
    struct frt_conv c;
    struct frt_row rows[ROWS];
    size_t n_rows;
    struct fn_str phone;
    size_t bytes;
    struct recent *newer, *older;
    char text[]; /* all of the above point into it */
};

/* -- the list, newest first ------------------------------------------------------------------------------------------------------ */
static struct recent *unlink_entry(struct frt_engine *e, struct recent *r)
{
    *(r->newer != NULL ? &r->newer->older : &e->recent_first) = r->older;
    *(r->older != NULL ? &r->older->newer : &e->recent_last) = r->newer;
    e->recent_bytes -= r->bytes;
    return r;
}

static void push_first(struct frt_engine *e, struct recent *r)
{
    r->newer = NULL;
    r->older = e->recent_first;
    *(r->older != NULL ? &r->older->newer : &e->recent_last) = r;
    e->recent_first = r;
    e->recent_bytes += r->bytes;
}

static void forget(struct frt_engine *e, struct recent *r)
{
    (void)unlink_entry(e, r);
    map_del(&e->recents, r->c.tenant, r->c.conv);
    free(r);
}

static void add(struct frt_engine *e, struct recent *r)
{
    if (!map_put(&e->recents, r->c.tenant, r->c.conv, r)) {
        free(r); /* it is only slower without */
        return;
    }
    push_first(e, r);
    while (e->recent_bytes > e->c.recent_bytes && e->recent_last != NULL) {
        forget(e, e->recent_last);
    }
}

void recent_free(struct frt_engine *e)
{
    while (e->recent_last != NULL) {
        forget(e, e->recent_last);
    }
    map_fini(&e->recents);
}

/* Oldest first, by received_at and id. */
static void put_row(struct frt_row *rows, size_t *n, const struct frt_row *row)
{
    size_t at = (*n)++;
    while (at > 0 && (rows[at - 1].received_at > row->received_at ||
                      (rows[at - 1].received_at == row->received_at && rows[at - 1].id > row->id))) {
        rows[at] = rows[at - 1];
        at--;
    }
    rows[at] = *row;
}

/* -- behind a commit ---------------------------------------------------------------------------------------------------------------- */
/* What is in the mailbox behind this turn; false: it cannot be said in few rows. */
static bool rows_behind(const struct turn *t, struct recent *r)
{
    const struct frt_row *made = t->rows.at;
    for (size_t i = 0; i < t->in->n_rows + t->rows.n; i++) {
        bool old = i < t->in->n_rows;
        const struct frt_row *row = old ? &t->in->rows[i] : &made[i - t->in->n_rows];
        if (old && turn_consumes(t, row->id)) {
            continue;
        }
        if (r->n_rows == ROWS || row->id < FRT_DERIVED || row->due_at == FRT_NEVER) {
            return false;
        }
        struct frt_row copy = *row;
        if (old && row->id == t->in->conv.timer) { /* as the store has it, not as deadline_read saw it */
            copy.due_at = copy.received_at = t->timer_due;
        }
        put_row(r->rows, &r->n_rows, &copy);
    }
    return t->park.n + t->unpark.n == 0;
}

/* Every text of an entry, so that they can be counted, copied and moved together. */
static size_t texts_of(struct recent *r, struct fn_str *out[TEXTS])
{
    struct fn_str *const fixed[] = {&r->c.address, &r->c.funnel, &r->c.stage,  &r->c.prog,
                                    &r->c.snap,    &r->c.team,   &r->c.reason, &r->phone};
    size_t n = FN_COUNT(fixed);
    memcpy(out, fixed, sizeof fixed);
    for (size_t i = 0; i < r->n_rows; i++) {
        out[n++] = &r->rows[i].ref;
        out[n++] = &r->rows[i].payload;
    }
    return n;
}

void recent_keep(struct frt_engine *e, const struct turn *t)
{
    struct recent *old = map_get(&e->recents, t->next.tenant, t->next.conv),
                  now = {.c = t->next, .phone = t->in->phone};
    if (old != NULL) {
        forget(e, old);
    }
    if (!rows_behind(t, &now)) {
        return;
    }
    now.c.seq = t->in->conv.seq + 1;
    now.c.clock = now.c.updated_at = t->now;
    struct fn_str *texts[TEXTS];
    size_t n = texts_of(&now, texts);
    now.bytes = sizeof now;
    for (size_t i = 0; i < n; i++) {
        now.bytes += texts[i]->n;
    }
    struct recent *r = now.bytes <= ENTRY_MAX ? malloc(now.bytes) : NULL;
    if (r == NULL) {
        return;
    }
    char *to = r->text;
    for (size_t i = 0; i < n; i++) {
        if (texts[i]->n != 0) {
            memcpy(to, texts[i]->p, texts[i]->n);
        }
        texts[i]->p = to;
        to += texts[i]->n;
    }
    *r = now;
    add(e, r);
}

/* -- in front of a turn --------------------------------------------------------------------------------------------------------------- */
static struct load_batch *batch_of_one(struct frt_engine *e)
{
    struct load_batch *b = engine_alloc(1, sizeof *b);
    b->engine = e;
    b->turns = engine_alloc(1, sizeof(struct turn *));
    b->op.items = engine_alloc(1, sizeof *b->op.items);
    b->refs = b->op.n = 1;
    fn_arena_init(&b->arena, TURN_ARENA);
    return b;
}

static void put_pairs(struct load_batch *b, const struct frt_ingest *from)
{
    struct frt_loaded *in = b->op.items;
    in->pairs = fn_arena_array(&b->arena, from->n_pairs, sizeof *in->pairs);
    for (size_t i = 0; i < from->n_pairs && in->pairs != NULL; i++) {
        in->pairs[i].name = fn_arena_dup(&b->arena, from->pairs[i].name);
        in->pairs[i].value = fn_arena_dup(&b->arena, from->pairs[i].value);
        in->n_pairs = i + 1;
    }
}

/* As LOAD would have answered. */
static void answer(struct load_batch *b, const struct recent *r, const struct frt_ingest *from)
{
    struct frt_loaded *in = b->op.items;
    struct recent now = *r;
    struct fn_str *texts[TEXTS];
    size_t bytes = r->bytes - sizeof *r, n = texts_of(&now, texts);
    char *to = fn_arena_alloc(&b->arena, bytes);
    *in = (struct frt_loaded){.key = {r->c.tenant, r->c.conv}, .epoch = r->c.epoch, .orphan = -1};
    in->rows = fn_arena_array(&b->arena, r->n_rows + 1, sizeof *in->rows);
    struct frt_row message = from->row;
    message.ref = fn_arena_dup(&b->arena, message.ref);
    message.payload = fn_arena_dup(&b->arena, message.payload);
    put_pairs(b, from);
    if (b->arena.failed) {
        return;
    }
    memcpy(to, r->text, bytes);
    for (size_t i = 0; i < n; i++) {
        texts[i]->p = to + (texts[i]->p - r->text);
    }
    in->conv = now.c;
    in->phone = now.phone;
    memcpy(in->rows, now.rows, now.n_rows * sizeof *in->rows);
    in->n_rows = now.n_rows;
    put_row(in->rows, &in->n_rows, &message);
}

struct load_batch *recent_use(struct frt_engine *e, const struct frt_ingest *from)
{
    struct recent *r = from->told ? map_get(&e->recents, from->tenant, from->conv) : NULL;
    if (r == NULL || r->c.seq != from->seq || r->n_rows != from->n_derived || r->c.channel != from->channel ||
        r->c.epoch != engine_epoch(e, from->tenant, from->conv) || !fn_str_eq(r->c.address, from->address) ||
        r->phone.n == 0) { /* it may have become known meanwhile, elsewhere */
        return NULL;
    }
    push_first(e, unlink_entry(e, r));
    struct load_batch *b = batch_of_one(e);
    answer(b, r, from);
    if (b->arena.failed) {
        recent_drop(b);
        return NULL;
    }
    return b;
}

void recent_drop(struct load_batch *b)
{
    if (b != NULL) {
        fn_arena_fini(&b->arena);
        free(b->op.items);
        free(b->turns);
        free(b);
    }
}
