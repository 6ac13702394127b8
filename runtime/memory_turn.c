/* memory_turn.c: the memory store's mailbox side: INGEST, LOAD, COMMIT.
 * SPDX-License-Identifier: Apache-2.0 */
#include "memory.h"

#include <stdlib.h>

static bool row_before(const struct frt_row *a, const struct frt_row *b)
{
    return a->received_at != b->received_at ? a->received_at < b->received_at : a->id < b->id;
}

static struct frt_row *row_find(struct mem_conv *c, int64_t id)
{
    for (size_t i = 0; i < c->rows.n; i++) {
        if (c->rows.at[i].id == id) {
            return &c->rows.at[i];
        }
    }
    return NULL;
}

bool mem_row_add(struct mem_conv *c, const struct frt_row *row)
{
    if (row_find(c, row->id) != NULL) {
        return false;
    }
    struct frt_row copy = *row;
    copy.ref = mem_keep(row->ref);
    copy.payload = mem_keep(row->payload);
    (void)MEM_PUSH(&c->rows);
    size_t i = c->rows.n - 1;
    for (; i > 0 && row_before(&copy, &c->rows.at[i - 1]); i--) {
        c->rows.at[i] = c->rows.at[i - 1];
    }
    c->rows.at[i] = copy;
    return true;
}

static void row_drop(struct mem_conv *c, int64_t id)
{
    struct frt_row *r = row_find(c, id);
    if (r != NULL) {
        mem_forget(&r->ref);
        mem_forget(&r->payload);
        MEM_DROP(&c->rows, (size_t)(r - c->rows.at));
    }
}

void mem_pair_set(struct mem_contact *c, struct fn_str name, struct fn_str value)
{
    size_t i = 0;
    while (i < c->pairs.n && fn_str_cmp(c->pairs.at[i].name, name) < 0) {
        i++;
    }
    bool found = i < c->pairs.n && fn_str_eq(c->pairs.at[i].name, name);
    if (value.n == 0 && found) {
        mem_forget(&c->pairs.at[i].name);
        mem_forget(&c->pairs.at[i].value);
        MEM_DROP(&c->pairs, i);
    } else if (found) {
        mem_set(&c->pairs.at[i].value, value);
    } else if (value.n != 0) {
        (void)MEM_PUSH(&c->pairs);
        memmove(&c->pairs.at[i + 1], &c->pairs.at[i], (c->pairs.n - 1 - i) * sizeof c->pairs.at[0]);
        c->pairs.at[i] = (struct frt_pair){mem_keep(name), mem_keep(value)};
    }
}

/* -- INGEST ---------------------------------------------------------------------------------------------------------------------- */
static struct mem_alias *alias_find(const struct frt_memory *m, int64_t tenant, struct fn_str text)
{
    for (size_t i = 0; i < m->aliases.n; i++) {
        if (m->aliases.at[i].tenant == tenant && fn_str_eq(m->aliases.at[i].text, text)) {
            return &m->aliases.at[i];
        }
    }
    return NULL;
}

static int64_t contact_of(const struct frt_memory *m, const struct frt_ingest *in)
{
    for (unsigned i = 0; i < in->n_aliases; i++) {
        const struct mem_alias *a = alias_find(m, in->tenant, in->aliases[i]);
        if (a != NULL) {
            return a->contact;
        }
    }
    return 0;
}

static int64_t contact_make(struct frt_memory *m, const struct frt_ingest *in)
{
    int64_t id = contact_of(m, in);
    if (id == 0) {
        struct mem_contact *c = calloc(1, sizeof *c);
        if (c == NULL || !map_put(&m->contact_of, in->tenant, in->new_id, c)) {
            FN_BUG("the memory store has no memory");
        }
        c->tenant = in->tenant;
        c->id = id = in->new_id;
        *MEM_PUSH(&m->contacts) = c;
    }
    for (unsigned i = 0; i < in->n_aliases; i++) {
        if (alias_find(m, in->tenant, in->aliases[i]) == NULL) {
            *MEM_PUSH(&m->aliases) = (struct mem_alias){in->tenant, id, mem_keep(in->aliases[i])};
        }
    }
    return id;
}

static struct mem_conv *conv_of(const struct frt_memory *m, int64_t tenant, int64_t channel, int64_t contact)
{
    for (size_t i = 0; i < m->convs.n; i++) {
        const struct frt_conv *c = &m->convs.at[i]->c;
        if (c->tenant == tenant && c->channel == channel && c->contact == contact) {
            return m->convs.at[i];
        }
    }
    return NULL;
}

static struct mem_conv *conv_make(struct frt_memory *m, struct frt_ingest *in)
{
    int64_t contact = contact_make(m, in);
    struct mem_conv *c = conv_of(m, in->tenant, in->channel, contact);
    if (c == NULL) {
        c = calloc(1, sizeof *c);
        if (c == NULL || !map_put(&m->conv_of, in->tenant, in->new_id, c)) {
            FN_BUG("the memory store has no memory");
        }
        c->c = (struct frt_conv){.tenant = in->tenant, .conv = in->new_id, .channel = in->channel, .contact = contact};
        c->c.created_at = c->c.updated_at = in->row.received_at;
        *MEM_PUSH(&m->convs) = c;
        in->created = true;
    }
    return c;
}

/* Whether someone has the id for whom would be made. */
static bool is_taken(const struct frt_memory *m, const struct frt_ingest *in)
{
    int64_t contact = contact_of(m, in);
    return (contact == 0 || conv_of(m, in->tenant, in->channel, contact) == NULL) &&
           (mem_conv_find(m, in->tenant, in->new_id) != NULL || mem_contact_find(m, in->tenant, in->new_id) != NULL);
}

static bool seen_find(const struct frt_memory *m, const struct frt_ingest *in)
{
    for (size_t i = 0; i < m->seen.n; i++) {
        const struct mem_seen *s = &m->seen.at[i];
        if (s->tenant == in->tenant && s->day == in->day && fn_str_eq(s->key, in->dedupe)) {
            return true;
        }
    }
    return false;
}

static void seen_add(struct frt_memory *m, const struct frt_ingest *in)
{
    *MEM_PUSH(&m->seen) = (struct mem_seen){in->tenant, in->day, mem_keep(in->dedupe)};
}

static void log_add(struct mem_conv *c, const struct frt_message *line)
{
    for (size_t i = 0; i < c->log.n; i++) {
        if (c->log.at[i].id == line->id) {
            return;
        }
    }
    struct frt_message *copy = MEM_PUSH(&c->log);
    *copy = *line;
    copy->conv = c->c.conv;
    copy->kind = mem_keep(line->kind);
    copy->body = mem_keep(line->body);
    copy->ext_id = mem_keep(line->ext_id);
}

static void log_arrival(struct mem_conv *c, const struct frt_ingest *in)
{
    if (in->log.kind.n != 0) {
        struct frt_message line = in->log;
        line.id = in->row.id;
        log_add(c, &line);
    }
}

static void pairs_give(struct frt_op *op, const struct mem_contact *c, struct frt_pair **out, size_t *n)
{
    *out = mem_answer(op, c->pairs.n, sizeof **out);
    for (size_t i = 0; i < c->pairs.n && *out != NULL; i++) {
        (*out)[i] = (struct frt_pair){mem_give(op, c->pairs.at[i].name), mem_give(op, c->pairs.at[i].value)};
        *n = i + 1;
    }
}

/* Before the row is there. */
static void tell_mailbox(const struct mem_conv *c, const struct mem_contact *contact, struct frt_ingest *in)
{
    size_t bytes = 0;
    for (size_t i = 0; i < contact->pairs.n; i++) {
        bytes += contact->pairs.at[i].name.n + contact->pairs.at[i].value.n;
    }
    in->told = in->row.kind == FRT_IN_MESSAGE && bytes + in->name.n <= FRT_TOLD_MAX;
    for (size_t i = 0; i < c->rows.n; i++) {
        in->told = in->told && c->rows.at[i].id >= FRT_DERIVED;
    }
    in->seq = c->c.seq;
    in->n_derived = c->rows.n < FRT_DERIVED_MOST ? c->rows.n : FRT_DERIVED_MOST;
}

static void ingest_into(struct frt_memory *m, struct mem_conv *c, struct frt_ingest *in)
{
    for (size_t i = 0; i < c->rows.n; i++) {
        int64_t id = c->rows.at[i].id;
        in->row.id = id < FRT_DERIVED && id >= in->row.id ? id + 1 : in->row.id;
        frt_row_behind(&in->row, id < FRT_DERIVED ? c->rows.at[i].received_at : 0);
    }
    for (size_t i = 0; i < c->log.n; i++) { /* the log keeps what was consumed */
        int64_t id = c->log.at[i].id;
        in->row.id = id < FRT_DERIVED && id >= in->row.id ? id + 1 : in->row.id;
    }
    if (in->address.n != 0) {
        mem_set(&c->c.address, in->address);
    }
    if (in->name.n != 0) {
        mem_pair_set(mem_contact_find(m, in->tenant, c->c.contact), FN_STR("s:name"), in->name);
    }
    if (in->dedupe.n != 0) {
        seen_add(m, in);
    }
    (void)mem_row_add(c, &in->row);
    log_arrival(c, in);
}

static void ingest_one(struct frt_memory *m, struct frt_op *op, struct frt_ingest *in)
{
    bool by_number = in->conv != 0;
    in->code = FN_OK;
    in->told = false;
    in->n_pairs = 0;
    in->duplicate = in->dedupe.n != 0 && seen_find(m, in);
    struct mem_conv *c = in->conv != 0 ? mem_conv_find(m, in->tenant, in->conv) : NULL;
    if (c == NULL && in->conv == 0 && !in->duplicate && is_taken(m, in)) {
        in->code = FN_UNAVAILABLE;
        return;
    }
    if (c == NULL && in->conv == 0) {
        c = in->duplicate ? conv_of(m, in->tenant, in->channel, contact_of(m, in)) : conv_make(m, in);
    }
    if (c == NULL) {
        in->code = in->duplicate ? FN_OK : FN_NOT_FOUND;
        return;
    }
    in->conv = c->c.conv;
    in->contact = c->c.contact;
    if (in->duplicate) {
        return;
    }
    if (c->rows.n >= FRT_BACKLOG_MAX && in->row.kind != FRT_IN_MESSAGE) {
        in->code = FN_LIMIT;
        return;
    }
    struct mem_contact *contact = mem_contact_find(m, in->tenant, c->c.contact);
    if (by_number && op->arena != NULL) {
        tell_mailbox(c, contact, in);
    }
    ingest_into(m, c, in);
    if (in->told) {
        pairs_give(op, contact, &in->pairs, &in->n_pairs);
    }
}

void mem_do_ingest(struct frt_memory *m, struct frt_op_ingest *op)
{
    for (size_t i = 0; i < op->n; i++) {
        ingest_one(m, &op->op, &op->items[i]);
    }
}

/* -- LOAD ------------------------------------------------------------------------------------------------------------------------- */
void mem_conv_give(struct frt_op *op, struct frt_conv *out, const struct frt_conv *in)
{
    *out = *in;
    struct fn_str *texts[] = {&out->address, &out->funnel, &out->stage, &out->prog,
                              &out->snap,    &out->team,   &out->reason};
    for (size_t i = 0; i < FN_COUNT(texts); i++) {
        *texts[i] = mem_give(op, *texts[i]);
    }
}

static bool sent_by_us(const struct mem_conv *c, struct fn_str ref)
{
    for (size_t i = 0; i < c->log.n; i++) {
        const struct frt_message *x = &c->log.at[i];
        if ((x->dir == FRT_DIR_OUT || x->dir == FRT_DIR_HUMAN) && ref.n != 0 && fn_str_eq(x->ext_id, ref)) {
            return true;
        }
    }
    return false;
}

static void load_rows(struct frt_op *op, const struct mem_conv *c, struct frt_loaded *out)
{
    size_t n = c->rows.n < FRT_BACKLOG_MAX + FRT_ROWS_MAX ? c->rows.n : FRT_BACKLOG_MAX + FRT_ROWS_MAX;
    out->rows = mem_answer(op, n, sizeof *out->rows);
    for (size_t i = 0; i < n && out->rows != NULL; i++) {
        struct frt_row *r = &out->rows[i];
        *r = c->rows.at[i];
        r->ref = mem_give(op, r->ref);
        r->payload = mem_give(op, r->payload);
        r->known = r->kind == FRT_IN_ECHO && sent_by_us(c, r->ref);
        out->n_rows = i + 1;
    }
}

static void load_contact(struct frt_memory *m, struct frt_op *op, struct frt_loaded *out)
{
    const struct mem_contact *c = mem_contact_find(m, out->key.tenant, out->conv.contact);
    pairs_give(op, c, &out->pairs, &out->n_pairs);
    for (size_t i = 0; i < m->aliases.n; i++) {
        const struct mem_alias *a = &m->aliases.at[i];
        if (a->tenant == c->tenant && a->contact == c->id && fn_str_starts(a->text, FN_STR("phone:"))) {
            out->phone = mem_give(op, (struct fn_str){a->text.p + 6, a->text.n - 6});
            return;
        }
    }
}

static int64_t newest_orphan(const struct mem_conv *c, int64_t epoch)
{
    int64_t newest = -1;
    for (size_t i = 0; c->c.epoch < epoch && i < c->effects.n; i++) {
        const struct frt_effect *e = &c->effects.at[i];
        newest = e->state != FRT_E_DEAD && e->epoch < epoch && e->id > newest ? e->id : newest;
    }
    return newest;
}

void mem_do_load(struct frt_memory *m, struct frt_op_load *op)
{
    for (size_t i = 0; i < op->n; i++) {
        struct frt_loaded *out = &op->items[i];
        *out = (struct frt_loaded){.key = out->key, .epoch = out->epoch, .code = FN_NOT_FOUND, .orphan = -1};
        struct frt_key key = out->key;
        const struct mem_conv *c = mem_conv_find(m, key.tenant, key.conv);
        if (c != NULL) {
            out->code = FN_OK;
            mem_conv_give(&op->op, &out->conv, &c->c);
            out->orphan = newest_orphan(c, out->epoch);
            load_rows(&op->op, c, out);
            load_contact(m, &op->op, out);
        }
    }
}

/* -- COMMIT ------------------------------------------------------------------------------------------------------------------------ */
static void effect_add(struct mem_conv *c, const struct frt_effect *in)
{
    struct frt_effect *e = MEM_PUSH(&c->effects);
    *e = *in;
    e->payload = mem_keep(in->payload);
    e->funnel = mem_keep(in->funnel);
    e->ext_id = mem_keep(in->ext_id);
    e->reason = mem_keep(in->reason);
}

static void conv_set(struct mem_conv *c, const struct frt_turn *t)
{
    struct frt_conv *to = &c->c;
    const struct frt_conv *from = &t->conv;
    to->seq = from->seq + 1;
    to->epoch = from->epoch;
    to->token = t->token;
    to->run_seq = from->run_seq;
    to->clock = from->clock;
    to->timer = from->timer;
    to->deadline = from->deadline;
    to->last_in_at = from->last_in_at;
    to->updated_at = from->updated_at;
    to->status = from->status;
    to->owner = from->owner;
    mem_set(&to->funnel, from->funnel);
    mem_set(&to->stage, from->stage);
    mem_set(&to->prog, from->prog);
    mem_set(&to->snap, from->snap);
    mem_set(&to->team, from->team);
    mem_set(&to->reason, from->reason);
}

static void commit_rows(struct mem_conv *c, const struct frt_turn *t)
{
    for (size_t i = 0; i < t->n_consume; i++) {
        row_drop(c, t->consume[i]);
    }
    for (size_t i = 0; i < t->n_park + t->n_unpark; i++) {
        bool park = i < t->n_park;
        struct frt_row *r = row_find(c, park ? t->park[i] : t->unpark[i - t->n_park]);
        if (r != NULL) {
            r->due_at = park ? FRT_NEVER : r->received_at;
        }
    }
    for (size_t i = 0; i < t->n_rows; i++) {
        (void)mem_row_add(c, &t->rows[i]);
    }
}

static void commit_rest(struct frt_memory *m, struct mem_conv *c, const struct frt_turn *t)
{
    for (size_t i = 0; i < t->n_effects; i++) {
        effect_add(c, &t->effects[i]);
    }
    for (size_t i = 0; i < t->n_log; i++) {
        log_add(c, &t->log[i]);
    }
    for (size_t i = 0; i < t->n_metrics; i++) {
        mem_metric_add(m, c->c.tenant, &t->metrics[i]);
    }
    for (size_t i = 0; i < t->n_docs; i++) {
        mem_doc_set(m, c->c.tenant, &t->docs[i], -1);
    }
    for (size_t i = 0; i < t->n_pairs; i++) {
        mem_pair_set(mem_contact_find(m, c->c.tenant, c->c.contact), t->pairs[i].name, t->pairs[i].value);
    }
    if (t->record.n != 0) {
        struct fn_str record = mem_keep(t->record);
        *MEM_PUSH(&c->turns) = (struct mem_turn){t->conv.seq, t->conv.clock, (char *)(uintptr_t)record.p, record.n};
    }
}

/* Whether all is as the turn took it for granted when it was made from a message that is not here yet. */
static bool direct_holds(const struct frt_memory *m, const struct mem_conv *c, const struct frt_ingest *in)
{
    const struct mem_contact *contact = mem_contact_find(m, in->tenant, c->c.contact);
    bool holds = !seen_find(m, in) && c->rows.n == in->n_derived && contact->pairs.n == in->n_pairs;
    for (size_t i = 0; holds && i < c->rows.n; i++) {
        holds = c->rows.at[i].id >= FRT_DERIVED;
    }
    for (size_t i = 0; holds && i < in->n_pairs; i++) {
        const struct frt_pair *pair = &contact->pairs.at[i];
        holds = fn_str_eq(pair->name, in->pairs[i].name) && fn_str_eq(pair->value, in->pairs[i].value);
    }
    return holds;
}

static void direct_add(struct frt_memory *m, struct mem_conv *c, const struct frt_ingest *in)
{
    seen_add(m, in);
    log_arrival(c, in);
}

static void commit_one(struct frt_memory *m, struct frt_turn *t)
{
    struct mem_conv *c = mem_conv_find(m, t->conv.tenant, t->conv.conv);
    if (c == NULL) {
        t->code = FN_NOT_FOUND;
    } else if (c->c.seq == t->conv.seq && c->c.epoch <= t->conv.epoch &&
               (t->direct == NULL || direct_holds(m, c, t->direct))) {
        if (t->direct != NULL) {
            direct_add(m, c, t->direct);
        }
        conv_set(c, t);
        commit_rows(c, t);
        commit_rest(m, c, t);
        t->code = FN_OK;
    } else {
        t->code = c->c.seq == t->conv.seq + 1 && c->c.token == t->token ? FN_OK : FN_CONFLICT;
    }
}

void mem_do_commit(struct frt_memory *m, struct frt_op_commit *op)
{
    for (size_t i = 0; i < op->n; i++) {
        commit_one(m, &op->items[i]);
    }
}
