/* recent.c: conversations as this node's last commit left them, so that the next message needs no LOAD.
 *
 * What is kept here is never trusted by itself: INGEST tells, from the snapshot in which it appended the message, the conversation's seq, how
 * many derived rows its mailbox has, and what is known of the contact (frt_store.h, `told`). Only a turn changes a conversation, each raises
 * seq, and rows leave the mailbox in turns alone: with the same seq and the same number of rows, conversation and mailbox are the ones kept
 * here and the message. A message that goes into the store with its turn (direct.c) was told nothing: there COMMIT looks whether it is so.
 * Anything else that happens to the conversation before its turn begins (a second message, an answer, another node's
 * nudge) sends it the long way, and what happens later meets the compare-and-set of COMMIT, as it does behind a LOAD.
 *
 * Bounded in bytes; the one used longest ago makes room.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum { ROWS = 2, PAIRS = 64, TEXTS = 8 + 2 * ROWS + 2 * PAIRS, ENTRY_MAX = 1 << 20 };

struct recent {
    struct frt_conv c;
    struct frt_row rows[ROWS];
    size_t n_rows;
    struct fn_str phone;
    struct frt_pair *pairs; /* of the contact, by name */
    size_t n_pairs;
    bool knows_pairs;
    size_t bytes;
    struct recent *newer, *older;
    _Alignas(struct frt_pair) char text[]; /* the pairs, and what all of the above point at */
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

/* What is known of the contact behind this turn, by name; false: too much. */
static bool pairs_behind(const struct turn *t, struct frt_pair pairs[PAIRS], size_t *n)
{
    const struct frt_pair *set = t->pairs.at;
    size_t bytes = 0;
    *n = 0;
    for (size_t i = 0; i < t->in->n_pairs + t->pairs.n; i++) {
        bool old = i < t->in->n_pairs;
        const struct frt_pair *pair = old ? &t->in->pairs[i] : &set[i - t->in->n_pairs];
        size_t at = *n;
        while (at > 0 && fn_str_cmp(pairs[at - 1].name, pair->name) > 0) {
            at--;
        }
        if (at > 0 && fn_str_eq(pairs[at - 1].name, pair->name)) {
            pairs[at - 1].value = pair->value;
            continue;
        }
        if (*n == PAIRS) {
            return false;
        }
        memmove(&pairs[at + 1], &pairs[at], (*n - at) * sizeof *pairs);
        pairs[at] = *pair;
        ++*n;
    }
    size_t left = 0;
    for (size_t i = 0; i < *n; i++) { /* an empty value removes it */
        pairs[left] = pairs[i];
        left += pairs[i].value.n != 0;
        bytes += pairs[i].name.n + pairs[i].value.n;
    }
    *n = left;
    return bytes <= FRT_TOLD_MAX;
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
    for (size_t i = 0; i < r->n_pairs; i++) {
        out[n++] = &r->pairs[i].name;
        out[n++] = &r->pairs[i].value;
    }
    return n;
}

static struct recent *entry_new(const struct recent *from)
{
    struct recent now = *from;
    struct fn_str *texts[TEXTS];
    size_t pairs = now.n_pairs * sizeof *now.pairs, n = texts_of(&now, texts), bytes = sizeof now + pairs;
    for (size_t i = 0; i < n; i++) {
        bytes += texts[i]->n;
    }
    struct recent *r = bytes <= ENTRY_MAX ? malloc(bytes) : NULL;
    if (r == NULL) {
        return NULL;
    }
    *r = now;
    r->bytes = bytes;
    r->pairs = (struct frt_pair *)(void *)r->text;
    if (pairs != 0) {
        memcpy(r->pairs, now.pairs, pairs);
    }
    char *to = r->text + pairs;
    n = texts_of(r, texts);
    for (size_t i = 0; i < n; i++) {
        if (texts[i]->n != 0) {
            memcpy(to, texts[i]->p, texts[i]->n);
        }
        texts[i]->p = to;
        to += texts[i]->n;
    }
    return r;
}

void recent_keep(struct frt_engine *e, const struct turn *t)
{
    struct frt_pair pairs[PAIRS];
    struct recent *old = map_get(&e->recents, t->next.tenant, t->next.conv),
                  now = {.c = t->next, .phone = t->in->phone, .pairs = pairs};
    if (old != NULL) {
        forget(e, old);
    }
    if (!rows_behind(t, &now)) {
        return;
    }
    now.c.seq = t->in->conv.seq + 1;
    now.c.clock = now.c.updated_at = t->now;
    now.knows_pairs = pairs_behind(t, pairs, &now.n_pairs);
    now.n_pairs = now.knows_pairs ? now.n_pairs : 0;
    struct recent *r = entry_new(&now);
    if (r != NULL) {
        add(e, r);
    }
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

static void put_pairs(struct load_batch *b, const struct frt_pair *pairs, size_t n)
{
    struct frt_loaded *in = b->op.items;
    in->pairs = fn_arena_array(&b->arena, n, sizeof *in->pairs);
    for (size_t i = 0; i < n && in->pairs != NULL; i++) {
        in->pairs[i].name = fn_arena_dup(&b->arena, pairs[i].name);
        in->pairs[i].value = fn_arena_dup(&b->arena, pairs[i].value);
        in->n_pairs = i + 1;
    }
}

/* As LOAD would have answered, with these pairs. */
static void answer(struct load_batch *b, const struct recent *r, const struct frt_row *row)
{
    struct frt_loaded *in = b->op.items;
    struct recent now = *r;
    struct fn_str *texts[TEXTS];
    size_t pairs = r->n_pairs * sizeof *r->pairs, bytes = r->bytes - sizeof *r - pairs;
    const char *from = r->text + pairs;
    char *to = fn_arena_alloc(&b->arena, bytes);
    now.n_pairs = 0;
    size_t n = texts_of(&now, texts);
    *in = (struct frt_loaded){.key = {r->c.tenant, r->c.conv}, .epoch = r->c.epoch, .orphan = -1};
    in->rows = fn_arena_array(&b->arena, r->n_rows + 1, sizeof *in->rows);
    struct frt_row message = *row;
    message.ref = fn_arena_dup(&b->arena, message.ref);
    message.payload = fn_arena_dup(&b->arena, message.payload);
    if (b->arena.failed) {
        return;
    }
    memcpy(to, from, bytes);
    for (size_t i = 0; i < n; i++) {
        texts[i]->p = to + (texts[i]->p - from);
    }
    in->conv = now.c;
    in->phone = now.phone;
    memcpy(in->rows, now.rows, now.n_rows * sizeof *in->rows);
    in->n_rows = now.n_rows;
    put_row(in->rows, &in->n_rows, &message);
}

/* Its phone may have become known meanwhile, elsewhere. */
static bool is_last(const struct frt_engine *e, const struct recent *r, const struct frt_ingest *from)
{
    return r->c.channel == from->channel && r->c.epoch == engine_epoch(e, from->tenant, from->conv) &&
           fn_str_eq(r->c.address, from->address) && r->phone.n != 0;
}

static struct load_batch *use(struct frt_engine *e, struct recent *r, const struct frt_ingest *from,
                              const struct frt_pair *pairs, size_t n_pairs)
{
    push_first(e, unlink_entry(e, r));
    struct load_batch *b = batch_of_one(e);
    answer(b, r, &from->row);
    put_pairs(b, pairs, n_pairs);
    if (b->arena.failed) {
        recent_drop(b);
        return NULL;
    }
    return b;
}

struct load_batch *recent_use(struct frt_engine *e, const struct frt_ingest *from)
{
    struct recent *r = from->told ? map_get(&e->recents, from->tenant, from->conv) : NULL;
    if (r == NULL || r->c.seq != from->seq || r->n_rows != from->n_derived || !is_last(e, r, from)) {
        return NULL;
    }
    return use(e, r, from, from->pairs, from->n_pairs);
}

static bool is_named(const struct recent *r, struct fn_str name)
{
    bool named = name.n == 0;
    for (size_t i = 0; i < r->n_pairs; i++) {
        named = named || (fn_str_eq(r->pairs[i].name, FN_STR("s:name")) && fn_str_eq(r->pairs[i].value, name));
    }
    return named;
}

/* Its id is new, and in order, when its time is: ids of a conversation are as old as what raised its clock. */
struct load_batch *recent_direct(struct frt_engine *e, struct frt_ingest *from)
{
    struct recent *r = map_get(&e->recents, from->tenant, from->conv);
    if (r == NULL || !r->knows_pairs || from->row.received_at <= r->c.clock || !is_named(r, from->name) ||
        !is_last(e, r, from) || (r->c.prog.n != 0 && catalogue_peek(e, r->c.tenant, r->c.prog) == NULL)) {
        return NULL;
    }
    struct load_batch *b = use(e, r, from, r->pairs, r->n_pairs);
    if (b != NULL) {
        from->n_derived = r->n_rows;
        from->pairs = b->op.items->pairs;
        from->n_pairs = b->op.items->n_pairs;
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
