/* store_sqlite_turn.c: INGEST, LOAD and COMMIT on SQLite. It has no data-modifying CTEs, so a turn is its statements one after the other, all
 * behind the compare-and-set on conv.seq.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sqlite_ops.h"

#define I(x) ((int64_t)(x))

void sq_row_add(struct sq *q, int64_t tenant, int64_t conv, const struct frt_row *row)
{
    (void)sq_run(q, SQ_INBOX_ADD, "iiiiiiisb", tenant, conv, row->id, I(frt_shard(tenant, conv)), I(row->kind),
                 row->due_at, row->received_at, row->ref, row->payload);
}

void sq_message_add(struct sq *q, int64_t tenant, int64_t conv, const struct frt_message *m)
{
    (void)sq_run(q, SQ_MESSAGE_ADD, "iiiiiisss", tenant, conv, m->id, m->at, I(m->dir), I(m->delivery), m->kind,
                 m->body, m->ext_id);
}

/* One number, or 0. */
static int64_t ask_id(struct sq *q, enum sq_stmt s, int64_t tenant, int64_t a, int64_t b)
{
    if (s == SQ_CONV_OF) {
        sq_ask(q, s, "iii", tenant, a, b);
    } else {
        sq_ask(q, s, "ii", tenant, a);
    }
    int64_t id = sq_next(q, s) ? sq_int(q, s, 0) : 0;
    sq_end(q, s);
    return id;
}

static void pairs_read(struct sq *q, struct frt_op *op, int64_t tenant, int64_t contact, struct frt_pair **out,
                       size_t *n)
{
    size_t cap = 0;
    *out = NULL;
    *n = 0;
    sq_ask(q, SQ_PAIR_GET, "ii", tenant, contact);
    while (sq_next(q, SQ_PAIR_GET)) {
        *out = sq_more(op, *out, *n, &cap, sizeof **out);
        if (*out == NULL) {
            break;
        }
        (*out)[(*n)++] =
            (struct frt_pair){sq_give(op, sq_str(q, SQ_PAIR_GET, 0)), sq_give(op, sq_str(q, SQ_PAIR_GET, 1))};
    }
    sq_end(q, SQ_PAIR_GET);
    *n = *out != NULL ? *n : 0;
}

/* -- INGEST -------------------------------------------------------------------------------------------------------------------------- */
static int64_t contact_of(struct sq *q, const struct frt_ingest *in)
{
    int64_t contact = 0;
    for (unsigned i = 0; i < in->n_aliases && contact == 0; i++) {
        sq_ask(q, SQ_ALIAS_GET, "is", in->tenant, in->aliases[i]);
        contact = sq_next(q, SQ_ALIAS_GET) ? sq_int(q, SQ_ALIAS_GET, 0) : 0;
        sq_end(q, SQ_ALIAS_GET);
    }
    return contact;
}

static bool is_taken(struct sq *q, const struct frt_ingest *in)
{
    sq_ask(q, SQ_ID_TAKEN, "ii", in->tenant, in->new_id);
    bool taken = sq_next(q, SQ_ID_TAKEN);
    sq_end(q, SQ_ID_TAKEN);
    return taken;
}

/* False: somebody else has the id for whom was to be made; nothing was. */
static bool find_or_make(struct sq *q, struct frt_ingest *in)
{
    in->contact = contact_of(q, in);
    in->conv = in->contact != 0 ? ask_id(q, SQ_CONV_OF, in->tenant, in->channel, in->contact) : 0;
    if (in->conv == 0 && is_taken(q, in)) {
        return false;
    }
    if (in->contact == 0) {
        in->contact = in->new_id;
        (void)sq_run(q, SQ_CONTACT_ADD, "iii", in->tenant, in->contact, in->row.received_at);
    }
    for (unsigned i = 0; i < in->n_aliases; i++) {
        (void)sq_run(q, SQ_ALIAS_ADD, "isi", in->tenant, in->aliases[i], in->contact);
    }
    if (in->conv == 0 && q->code == FN_OK) {
        in->conv = in->new_id;
        in->created = true;
        (void)sq_run(q, SQ_CONV_ADD, "iiiiiis", in->tenant, in->conv, I(frt_shard(in->tenant, in->conv)), in->channel,
                     in->contact, in->row.received_at, in->address);
    }
    return true;
}

/* Nothing of it is stored. */
static void refuse(struct sq *q, struct frt_ingest *in, enum fn_code code)
{
    in->code = code;
    if (in->dedupe.n != 0) {
        (void)sq_run(q, SQ_SEEN_DROP, "iis", in->tenant, in->day, in->dedupe);
    }
}

/* rows: of the mailbox, without the new one; all are derived. */
static void tell(struct sq *q, struct frt_op *op, struct frt_ingest *in, size_t rows)
{
    in->n_derived = rows < FRT_DERIVED_MOST ? rows : FRT_DERIVED_MOST;
    pairs_read(q, op, in->tenant, in->contact, &in->pairs, &in->n_pairs);
    size_t bytes = 0;
    for (size_t i = 0; i < in->n_pairs; i++) {
        bytes += in->pairs[i].name.n + in->pairs[i].value.n;
    }
    in->told = bytes <= FRT_TOLD_MAX;
}

static void append(struct sq *q, struct frt_op *op, struct frt_ingest *in, bool by_number)
{
    sq_ask(q, SQ_INBOX_STATE, "ii", in->tenant, in->conv);
    int64_t rows = 0, last = 0, last_at = 0;
    if (sq_next(q, SQ_INBOX_STATE)) {
        rows = sq_int(q, SQ_INBOX_STATE, 0);
        last = sq_int(q, SQ_INBOX_STATE, 1);
        last_at = sq_int(q, SQ_INBOX_STATE, 2);
    }
    sq_end(q, SQ_INBOX_STATE);
    if (rows >= FRT_BACKLOG_MAX && in->row.kind != FRT_IN_MESSAGE) {
        refuse(q, in, FN_LIMIT);
        return;
    }
    int64_t logged = ask_id(q, SQ_MESSAGE_LAST, in->tenant, in->conv, 0);
    last = logged > last ? logged : last;
    in->row.id = last >= in->row.id ? last + 1 : in->row.id;
    frt_row_behind(&in->row, last_at);
    sq_row_add(q, in->tenant, in->conv, &in->row);
    if (in->log.kind.n != 0) {
        in->log.id = in->row.id;
        sq_message_add(q, in->tenant, in->conv, &in->log);
    }
    if (in->address.n != 0 && !in->created) {
        (void)sq_run(q, SQ_CONV_ADDRESS, "iis", in->tenant, in->conv, in->address);
    }
    if (in->name.n != 0) {
        (void)sq_run(q, SQ_PAIR_SET, "iiss", in->tenant, in->contact, FN_STR("s:name"), in->name);
    }
    if (by_number && op->arena != NULL && in->row.kind == FRT_IN_MESSAGE && last_at == 0 &&
        op->arena->used < op->arena->max / 2) {
        tell(q, op, in, (size_t)rows);
    }
}

static void ingest_duplicate(struct sq *q, struct frt_ingest *in)
{
    in->duplicate = true;
    if (in->conv == 0) {
        in->contact = contact_of(q, in);
        in->conv = in->contact != 0 ? ask_id(q, SQ_CONV_OF, in->tenant, in->channel, in->contact) : 0;
    }
}

static void conv_by_number(struct sq *q, struct frt_ingest *in)
{
    in->contact = in->seq = 0;
    sq_ask(q, SQ_CONV_CONTACT, "ii", in->tenant, in->conv);
    if (sq_next(q, SQ_CONV_CONTACT)) {
        in->contact = sq_int(q, SQ_CONV_CONTACT, 0);
        in->seq = sq_int(q, SQ_CONV_CONTACT, 1);
    }
    sq_end(q, SQ_CONV_CONTACT);
}

static void ingest_one(struct sq *q, struct frt_op *op, struct frt_ingest *in)
{
    bool by_number = in->conv != 0;
    in->code = FN_OK;
    in->duplicate = in->created = in->told = false;
    if (by_number) {
        conv_by_number(q, in);
        if (in->contact == 0) {
            in->code = FN_NOT_FOUND;
            return;
        }
    }
    if (in->dedupe.n != 0) {
        (void)sq_run(q, SQ_SEEN_ADD, "iis", in->tenant, in->day, in->dedupe);
        if (q->code == FN_OK && q->changes == 0) {
            ingest_duplicate(q, in);
            return;
        }
    }
    if (in->conv == 0 && !find_or_make(q, in)) {
        refuse(q, in, FN_UNAVAILABLE);
        return;
    }
    append(q, op, in, by_number);
}

/* conv is in and out: a repetition after a failure must start from what was asked. */
void sq_do_ingest(struct sq *q, struct frt_op_ingest *op)
{
    for (size_t i = 0; i < op->n && q->code == FN_OK; i++) {
        ingest_one(q, &op->op, &op->items[i]);
    }
    for (size_t i = 0; i < op->n && q->code != FN_OK; i++) {
        op->items[i].conv = op->items[i].created ? 0 : op->items[i].conv;
        op->items[i].created = false;
    }
}

/* -- LOAD ----------------------------------------------------------------------------------------------------------------------------- */
void sq_conv_read(struct sq *q, struct frt_op *op, enum sq_stmt s, int64_t tenant, struct frt_conv *out)
{
    int64_t *numbers[] = {&out->conv,       &out->channel,    &out->contact,   &out->seq,   &out->epoch,
                          &out->token,      &out->run_seq,    &out->clock,     &out->timer, &out->deadline,
                          &out->last_in_at, &out->created_at, &out->updated_at};
    struct fn_str *texts[] = {&out->address, &out->funnel, &out->stage, &out->prog,
                              &out->snap,    &out->team,   &out->reason};
    *out = (struct frt_conv){.tenant = tenant};
    int column = 0;
    for (size_t i = 0; i < FN_COUNT(numbers); i++) {
        *numbers[i] = sq_int(q, s, column++);
    }
    out->status = (enum frt_status)sq_int(q, s, column++);
    out->owner = (enum frt_owner)sq_int(q, s, column++);
    for (size_t i = 0; i < FN_COUNT(texts); i++) {
        *texts[i] = sq_give(op, sq_str(q, s, column++));
    }
}

static void load_rows(struct sq *q, struct frt_op *op, struct frt_loaded *out)
{
    size_t cap = 0;
    sq_ask(q, SQ_INBOX_GET, "iii", out->key.tenant, out->key.conv, I(FRT_BACKLOG_MAX + FRT_ROWS_MAX));
    while (sq_next(q, SQ_INBOX_GET)) {
        out->rows = sq_more(op, out->rows, out->n_rows, &cap, sizeof *out->rows);
        if (out->rows == NULL) {
            break;
        }
        struct frt_row *r = &out->rows[out->n_rows++];
        r->id = sq_int(q, SQ_INBOX_GET, 0);
        r->kind = (enum frt_in_kind)sq_int(q, SQ_INBOX_GET, 1);
        r->due_at = sq_int(q, SQ_INBOX_GET, 2);
        r->received_at = sq_int(q, SQ_INBOX_GET, 3);
        r->ref = sq_give(op, sq_str(q, SQ_INBOX_GET, 4));
        r->payload = sq_give(op, sq_str(q, SQ_INBOX_GET, 5));
    }
    sq_end(q, SQ_INBOX_GET);
    out->n_rows = out->rows != NULL ? out->n_rows : 0;
    for (size_t i = 0; i < out->n_rows; i++) {
        if (out->rows[i].kind == FRT_IN_ECHO) {
            sq_ask(q, SQ_MESSAGE_OURS, "is", out->key.tenant, out->rows[i].ref);
            out->rows[i].known = sq_next(q, SQ_MESSAGE_OURS);
            sq_end(q, SQ_MESSAGE_OURS);
        }
    }
}

static void load_contact(struct sq *q, struct frt_op *op, struct frt_loaded *out)
{
    pairs_read(q, op, out->key.tenant, out->conv.contact, &out->pairs, &out->n_pairs);
    sq_ask(q, SQ_ALIAS_PHONE, "ii", out->key.tenant, out->conv.contact);
    if (sq_next(q, SQ_ALIAS_PHONE)) {
        out->phone = sq_give(op, sq_str(q, SQ_ALIAS_PHONE, 0));
    }
    sq_end(q, SQ_ALIAS_PHONE);
}

static void load_orphan(struct sq *q, struct frt_loaded *out)
{
    if (out->conv.epoch < out->epoch) {
        sq_ask(q, SQ_EFFECT_NEWEST, "iii", out->key.tenant, out->key.conv, out->epoch);
        out->orphan = sq_next(q, SQ_EFFECT_NEWEST) ? sq_int(q, SQ_EFFECT_NEWEST, 0) : -1;
        sq_end(q, SQ_EFFECT_NEWEST);
    }
}

void sq_do_load(struct sq *q, struct frt_op_load *op)
{
    for (size_t i = 0; i < op->n; i++) {
        struct frt_loaded *out = &op->items[i];
        *out = (struct frt_loaded){.key = out->key, .epoch = out->epoch, .code = FN_NOT_FOUND, .orphan = -1};
        sq_ask(q, SQ_CONV_GET, "ii", out->key.tenant, out->key.conv);
        if (sq_next(q, SQ_CONV_GET)) {
            out->code = FN_OK;
            sq_conv_read(q, &op->op, SQ_CONV_GET, out->key.tenant, &out->conv);
            sq_end(q, SQ_CONV_GET);
            load_orphan(q, out);
            load_rows(q, &op->op, out);
            load_contact(q, &op->op, out);
        }
    }
}

/* -- COMMIT ----------------------------------------------------------------------------------------------------------------------------- */
static void commit_rows(struct sq *q, const struct frt_turn *t)
{
    int64_t tenant = t->conv.tenant, conv = t->conv.conv;
    for (size_t i = 0; i < t->n_consume; i++) {
        (void)sq_run(q, SQ_INBOX_DROP, "iii", tenant, conv, t->consume[i]);
    }
    for (size_t i = 0; i < t->n_park; i++) {
        (void)sq_run(q, SQ_INBOX_PARK, "iii", tenant, conv, t->park[i]);
    }
    for (size_t i = 0; i < t->n_unpark; i++) {
        (void)sq_run(q, SQ_INBOX_UNPARK, "iii", tenant, conv, t->unpark[i]);
    }
    for (size_t i = 0; i < t->n_rows; i++) {
        sq_row_add(q, tenant, conv, &t->rows[i]);
    }
}

static void effect_add(struct sq *q, const struct frt_effect *e)
{
    (void)sq_run(q, SQ_EFFECT_ADD, "iiiiiiiiiiiiiiiissss", e->tenant, e->conv, e->id, I(frt_shard(e->tenant, e->conv)),
                 e->channel, e->contact, I(e->host), I(e->policy), I(e->lane), I(e->state), I(e->attempts),
                 I(e->resent), I(e->call), e->epoch, e->next_at, e->created_at, e->payload, e->funnel, e->ext_id,
                 e->reason);
}

static void commit_rest(struct sq *q, const struct frt_turn *t)
{
    int64_t tenant = t->conv.tenant, conv = t->conv.conv;
    for (size_t i = 0; i < t->n_effects; i++) {
        effect_add(q, &t->effects[i]);
    }
    for (size_t i = 0; i < t->n_log; i++) {
        sq_message_add(q, tenant, conv, &t->log[i]);
    }
    for (size_t i = 0; i < t->n_metrics; i++) {
        (void)sq_run(q, SQ_METRIC_ADD, "isii", tenant, t->metrics[i].key, t->metrics[i].bucket, t->metrics[i].n);
    }
    for (size_t i = 0; i < t->n_docs; i++) {
        (void)sq_doc_set(q, tenant, t->conv.clock, &t->docs[i]);
    }
    for (size_t i = 0; i < t->n_pairs; i++) {
        if (t->pairs[i].value.n != 0) {
            (void)sq_run(q, SQ_PAIR_SET, "iiss", tenant, t->conv.contact, t->pairs[i].name, t->pairs[i].value);
        } else {
            (void)sq_run(q, SQ_PAIR_DROP, "iis", tenant, t->conv.contact, t->pairs[i].name);
        }
    }
    if (t->record.n != 0) {
        (void)sq_run(q, SQ_TURN_ADD, "iiiis", tenant, conv, t->conv.seq, t->conv.clock, t->record);
    }
}

/* Nobody's row changed: was it this very turn, or somebody else's? */
static enum fn_code why_not(struct sq *q, const struct frt_turn *t)
{
    enum fn_code code = FN_NOT_FOUND;
    sq_ask(q, SQ_CONV_TOKEN, "ii", t->conv.tenant, t->conv.conv);
    if (sq_next(q, SQ_CONV_TOKEN)) {
        bool mine = sq_int(q, SQ_CONV_TOKEN, 0) == t->conv.seq + 1 && sq_int(q, SQ_CONV_TOKEN, 1) == t->token;
        code = mine ? FN_OK : FN_CONFLICT;
    }
    sq_end(q, SQ_CONV_TOKEN);
    return code;
}

static bool pairs_are(struct sq *q, int64_t contact, const struct frt_ingest *in)
{
    size_t n = 0;
    bool same = true;
    sq_ask(q, SQ_PAIR_GET, "ii", in->tenant, contact);
    while (sq_next(q, SQ_PAIR_GET)) {
        same = same && n < in->n_pairs && fn_str_eq(sq_str(q, SQ_PAIR_GET, 0), in->pairs[n].name) &&
               fn_str_eq(sq_str(q, SQ_PAIR_GET, 1), in->pairs[n].value);
        n++;
    }
    sq_end(q, SQ_PAIR_GET);
    return same && n == in->n_pairs;
}

/* Whether all is as the turn took it for granted when it was made from a message that is not here yet. */
static bool direct_holds(struct sq *q, const struct frt_conv *c, const struct frt_ingest *in)
{
    bool holds = false;
    sq_ask(q, SQ_INBOX_STATE, "ii", in->tenant, in->conv);
    if (sq_next(q, SQ_INBOX_STATE)) {
        holds = sq_int(q, SQ_INBOX_STATE, 0) == I(in->n_derived) && sq_int(q, SQ_INBOX_STATE, 1) == 0;
    }
    sq_end(q, SQ_INBOX_STATE);
    return holds && pairs_are(q, c->contact, in);
}

/* The message's key; false: the key is there, or the mailbox or the contact are not as they were. */
static bool direct_add(struct sq *q, const struct frt_conv *c, const struct frt_ingest *in)
{
    if (!direct_holds(q, c, in)) {
        return false;
    }
    (void)sq_run(q, SQ_SEEN_ADD, "iis", in->tenant, in->day, in->dedupe);
    return q->code != FN_OK || q->changes != 0;
}

static void commit_one(struct sq *q, struct frt_turn *t)
{
    const struct frt_conv *c = &t->conv;
    const struct frt_ingest *in = t->direct;
    if (in != NULL && !direct_add(q, c, in)) {
        t->code = why_not(q, t);
        return;
    }
    (void)sq_run(q, SQ_CONV_CAS, "iiiiiiiiiiiissbbssi", c->tenant, c->conv, c->seq, c->epoch, t->token, c->run_seq,
                 c->clock, c->timer, c->last_in_at, c->updated_at, I(c->status), I(c->owner), c->funnel, c->stage,
                 c->prog, c->snap, c->team, c->reason, c->deadline);
    if (q->code == FN_OK && q->changes == 0) {
        if (in != NULL) {
            (void)sq_run(q, SQ_SEEN_DROP, "iis", in->tenant, in->day, in->dedupe);
        }
        t->code = why_not(q, t);
        return;
    }
    if (in != NULL && in->log.kind.n != 0) {
        struct frt_message line = in->log;
        line.id = in->row.id;
        sq_message_add(q, in->tenant, in->conv, &line);
    }
    commit_rows(q, t);
    commit_rest(q, t);
    t->code = FN_OK;
}

void sq_do_commit(struct sq *q, struct frt_op_commit *op)
{
    for (size_t i = 0; i < op->n && q->code == FN_OK; i++) {
        commit_one(q, &op->items[i]);
    }
}
