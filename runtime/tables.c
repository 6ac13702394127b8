/* tables.c: `find` and `query` on the tenant's tables. The conversation is saved at its call, the rows are read, what this very turn has
 * saved or deleted is laid over them, and the run goes on in the same turn.
 *
 * where is a JSON list of [field, operator, value] (compiler/emit_data.c), operators == != < <= > >=; all must hold. order is a field, "-" before it
 * for descending. Numbers compare as numbers, texts by bytes; no value is null; what cannot be compared is only !=. The program asks each row
 * again and drops one that does not fit the types it declares: so it counts the limit itself, and gets some more. The rows are one text of the run:
 * what is too much for one is left out, and told.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"
#include "fbc_format.h"

#include <stdlib.h>

enum { TABLE_MAX = 5000, ROWS_DEFAULT = 200, ROWS_SPARE = 20 };

/* -- rows ---------------------------------------------------------------------------------------------------------------------------- */
/* A moment without its Z: else one with a fraction of a second would come before the same without. */
static struct fn_str comparable(struct fn_str s)
{
    s.n -= s.n >= sizeof "2026-03-02T15:00:00Z" - 1 && s.p[10] == 'T' && s.p[s.n - 1] == 'Z';
    return s;
}

static bool compare(const struct fn_json *a, const struct fn_json *b, int *order)
{
    double x, y;
    int64_t i, k;
    if (a == NULL || b == NULL || (a->kind != b->kind && !(a->kind <= FN_JSON_TRUE && b->kind <= FN_JSON_TRUE))) {
        return false;
    }
    if (fn_json_int(a, &i) && fn_json_int(b, &k)) { /* a double would make neighbours equal */
        *order = (i > k) - (i < k);
    } else if (fn_json_num(a, &x) && fn_json_num(b, &y)) {
        *order = (x > y) - (x < y);
    } else if (a->kind == FN_JSON_STRING) {
        *order = fn_str_cmp(comparable(a->text), comparable(b->text));
    } else {
        *order = (int)a->kind - (int)b->kind;
    }
    return a->kind <= FN_JSON_STRING;
}

static bool holds(struct fn_str op, const struct fn_json *value, const struct fn_json *wanted)
{
    int order;
    if (!compare(value, wanted, &order)) {
        return fn_str_eq(op, FN_STR("!="));
    }
    return fn_str_eq(op, FN_STR("<"))    ? order < 0
           : fn_str_eq(op, FN_STR("<=")) ? order <= 0
           : fn_str_eq(op, FN_STR(">"))  ? order > 0
           : fn_str_eq(op, FN_STR(">=")) ? order >= 0
           : fn_str_eq(op, FN_STR("!=")) ? order != 0
                                         : order == 0;
}

static const struct fn_json *field(const struct fn_json *row, struct fn_str name)
{
    for (const struct fn_json *f = row != NULL && row->kind == FN_JSON_OBJECT ? row->first : NULL; f != NULL;
         f = f->next) {
        if (fn_str_eq(f->key, name)) {
            return f;
        }
    }
    return NULL;
}

static bool fits(const struct fn_json *row, const struct fn_json *where)
{
    static const struct fn_json null = {.kind = FN_JSON_NULL};
    for (const struct fn_json *w = where != NULL ? where->first : NULL; w != NULL; w = w->next) {
        if (w->kind != FN_JSON_ARRAY || w->n != 3) {
            return false;
        }
        const struct fn_json *value = field(row, fn_json_str(w->first)), *op = w->first->next;
        if (!holds(fn_json_str(op), value != NULL ? value : &null, op->next)) {
            return false;
        }
    }
    return true;
}

struct hit {
    const struct fn_json *row, *by;
    struct fn_str body;
    size_t place; /* equal ones stay in key order */
    bool down;
};

static int by_field(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    int order = 0;
    if (x->by != NULL && y->by != NULL) {
        (void)compare(x->by, y->by, &order);
        order = x->down ? -order : order;
    } else {
        order = (x->by == NULL) - (y->by == NULL); /* what has no value comes last */
    }
    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

/* The last word of this turn about a row: its document, or NULL. */
static const struct frt_doc *written(const struct turn *t, struct fn_str collection, struct fn_str key)
{
    const struct frt_doc *docs = t->docs.at, *last = NULL;
    for (size_t i = 0; i < t->docs.n; i++) {
        if (fn_str_eq(docs[i].collection, collection) && fn_str_eq(docs[i].key, key)) {
            last = &docs[i];
        }
    }
    return last;
}

static void add_hit(struct turn *t, struct engine_vec *hits, const struct fn_json *where, struct fn_str body)
{
    const struct fn_json *row;
    bool down = t->read_order.n != 0 && t->read_order.p[0] == '-';
    struct fn_str order = {t->read_order.p + (down ? 1 : 0), t->read_order.n - (down ? 1 : 0)};
    if (body.n == 0 ||
        fn_json_parse(&t->read_arena, body, FN_JSON_REPAIR | FN_JSON_ALLOW_DUPLICATES, &row, NULL) != FN_OK ||
        !fits(row, where)) {
        return;
    }
    struct hit *h = engine_push(&t->read_arena, hits, sizeof *h);
    if (h != NULL) {
        *h = (struct hit){row, order.n != 0 ? field(row, order) : NULL, body, hits->n, down};
    }
}

static void collect(struct turn *t, struct engine_vec *hits)
{
    const struct fn_json *where = NULL;
    if (t->read_where.n != 0 &&
        fn_json_parse(&t->read_arena, t->read_where, FN_JSON_ALLOW_DUPLICATES, &where, NULL) != FN_OK) {
        return;
    }
    for (size_t i = 0; i < t->read.n; i++) {
        if (written(t, t->read.collection, t->read.docs[i].key) == NULL) {
            add_hit(t, hits, where, t->read.docs[i].body);
        }
    }
    const struct frt_doc *docs = t->docs.at;
    for (size_t i = 0; i < t->docs.n; i++) {
        if (fn_str_eq(docs[i].collection, t->read.collection) &&
            written(t, docs[i].collection, docs[i].key) == &docs[i]) {
            add_hit(t, hits, where, docs[i].body);
        }
    }
}

static struct fn_str query(struct turn *t)
{
    struct engine_vec hits = {0};
    collect(t, &hits);
    struct hit *all = hits.at;
    if (t->read_order.n != 0 && hits.n > 1) {
        qsort(all, hits.n, sizeof *all, by_field);
    }
    size_t limit = t->read_limit > 0 && t->read_limit < ROWS_DEFAULT - ROWS_SPARE ? (size_t)t->read_limit + ROWS_SPARE
                                                                                  : ROWS_DEFAULT;
    bool left = false;
    fn_buf_clear(&t->scratch);
    fn_buf_char(&t->scratch, '[');
    for (size_t i = 0; i < hits.n && i < limit; i++) {
        if (t->scratch.n + all[i].body.n + 2 > FBC_LIMIT_TEXT) { /* its comma and the last bracket */
            left = true;
            continue;
        }
        fn_json_comma(&t->scratch);
        fn_buf_str(&t->scratch, all[i].body);
    }
    fn_buf_char(&t->scratch, ']');
    if (left) {
        turn_note(t, FRT_DIR_NOTE, "rows", FN_STR("{\"left\":true}"));
    }
    return fn_buf_view(&t->scratch);
}

/* -- the call ----------------------------------------------------------------------------------------------------------------------------- */
static void read_done(struct frt_op *op)
{
    struct turn *t = op->owner;
    if (t->direct != NULL && (op->code == FN_UNAVAILABLE || op->code == FN_TIMEOUT)) {
        t->engine->ops--;
        direct_drop(t); /* its sender waits: INGEST tells him whether the store works */
        return;
    }
    if (!engine_again(t->engine, op)) {
        turn_queue(t, TURN_ANSWER);
    }
}

void table_ask(struct turn *t, const struct fvm_request *q)
{
    bool find = q->host == FBC_HOST_find;
    if (++t->calls > CALLS_MAX) {
        turn_fault(t, "reads", t->next.stage);
        turn_finish(t);
        return;
    }
    fn_arena_reset(&t->read_arena);
    t->read_call = q->call;
    t->read_host = q->host;
    t->read = (struct frt_op_doc_get){.tenant = t->next.tenant, .limit = TABLE_MAX};
    t->read.collection = fn_arena_printf(&t->arena, "t:%.*s", FN_STR_ARG(fvm_text(t->run, q->args[0].ref)));
    t->read.key = find ? fn_arena_dup(&t->arena, fvm_text(t->run, q->args[1].ref)) : FN_STR_NULL;
    t->read_where = find ? FN_STR_NULL : fn_arena_dup(&t->arena, fvm_text(t->run, q->args[1].ref));
    t->read_order = find ? FN_STR_NULL : fn_arena_dup(&t->arena, fvm_text(t->run, q->args[2].ref));
    t->read_limit = find ? 1 : q->args[3].i;
    turn_contact_out(t);
    fn_buf_clear(&t->snap);
    if (fvm_save(t->run, &t->snap) != FN_OK || t->snap.failed || t->arena.failed) {
        turn_fault(t, "save", t->next.stage);
        turn_finish(t);
        return;
    }
    turn_return(t);
    t->mail->state = MAIL_READING;
    if (find && t->read.key.n == 0) { /* no row has an empty key */
        turn_queue(t, TURN_ANSWER);
        return;
    }
    t->read.op = (struct frt_op){.kind = FRT_OP_DOC_GET, .done = read_done, .owner = t, .arena = &t->read_arena};
    engine_submit(t->engine, &t->read.op);
}

void table_answer(struct turn *t)
{
    struct fvm_answer answer = {0};
    t->mail->state = MAIL_RUNNING;
    if (t->read_host == FBC_HOST_find) {
        const struct frt_doc *mine = written(t, t->read.collection, t->read.key);
        struct fn_str body = mine != NULL ? mine->body : t->read.n != 0 ? t->read.docs[0].body : FN_STR_NULL;
        answer = (struct fvm_answer){.present = body.n != 0, .text = body};
    } else {
        answer = (struct fvm_answer){.present = t->read.op.code == FN_OK, .text = query(t)};
    }
    if (fvm_load(t->run, t->image, fn_buf_view(&t->snap), NULL) != FN_OK) {
        FN_BUG("a snapshot made a moment ago does not load");
    }
    t->vm = true;
    fvm_turn(t->run, t->now);
    record_read(t, answer.present, answer.text);
    if (fvm_answer(t->run, t->read_call, &answer) != FN_OK) {
        answer = (struct fvm_answer){0};
        if (fvm_answer(t->run, t->read_call, &answer) != FN_OK) {
            FN_BUG("a pending call takes no answer");
        }
    }
    turn_resume(t);
}
