/* emit_data.c: tables of the tenant (save, delete, find's key, for over a table) and loops over values.
 *
 * A row travels as JSON, its key as text: a text key as it is, any other as its JSON. A query's `where` is JSON too,
 * [["field","op",value],...], all of which must hold; what cannot be said so is tested here again for each row, so a store may
 * take the conditions as a hint. `order` is a field's name, with "-" before it when descending.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

enum { LIMIT_NONE = 0 };

static const struct fgr_node *table_of(const struct fgr_node *n)
{
    return n->sym != NULL ? n->sym->decl : NULL;
}

static unsigned one_key(struct emit *e, const struct fgr_node *value)
{
    const struct fcc_type *t = emit_open(value->type);
    if (emit_is_text(t)) {
        unsigned r = emit_reg(e, e->t_text);
        emit_into(e, value, t, r);
        return r;
    }
    return emit_encode(e, value);
}

unsigned emit_table_key(struct emit *e, const struct fgr_node *value)
{
    if (value->kind != FGR_LIST_LIT) {
        return one_key(e, value);
    }
    const struct fgr_node *keys = value->kid[FGR_LIST_LIT_values];
    const uint16_t three[] = {e->t_text, e->t_text, e->t_text};
    unsigned w = emit_window(e, three, 3);
    emit_load_text(e, w + 1, FN_STR("\x1f"));
    for (uint32_t i = 0; i < keys->n_items; i++) {
        unsigned mark = emit_mark(e), part = one_key(e, keys->items[i]);
        emit_op(e, FBC_OP_MOV, i == 0 ? w : w + 2, part, 0);
        if (i > 0) {
            emit_op(e, FBC_OP_CAT, w, w, 3);
        }
        emit_release(e, mark);
    }
    return w;
}

static unsigned field_key(struct emit *e, unsigned row, uint32_t index, const struct fcc_type *t)
{
    unsigned value = emit_reg(e, emit_type(e, t)), text = emit_reg(e, e->t_text);
    emit_op(e, FBC_OP_GETF, value, row, index);
    if (emit_is_text(t)) {
        emit_op(e, FBC_OP_MOV, text, value, 0);
    } else {
        emit_op(e, FBC_OP_ENCODE, text, value, 0);
    }
    return text;
}

/* The key of a row: its key fields, joined by U+001F when there are several. */
static void row_key(struct emit *e, const struct fgr_node *table, unsigned row, unsigned dest)
{
    const struct fgr_node *keys = table->kid[FGR_TABLE_keys], *fields = table->kid[FGR_TABLE_fields];
    const uint16_t three[] = {e->t_text, e->t_text, e->t_text};
    bool first = true;
    for (uint32_t k = 0; k < keys->n_items; k++) {
        for (uint32_t i = 0; i < fields->n_items; i++) {
            if (!fn_str_eq(fields->items[i]->text, keys->items[k]->text)) {
                continue;
            }
            unsigned mark = emit_mark(e), part = field_key(e, row, i, emit_field_type(fields->items[i]));
            if (first) {
                emit_op(e, FBC_OP_MOV, dest, part, 0);
            } else {
                unsigned w = emit_window(e, three, 3);
                emit_op(e, FBC_OP_MOV, w, dest, 0);
                emit_load_text(e, w + 1, FN_STR("\x1f"));
                emit_op(e, FBC_OP_MOV, w + 2, part, 0);
                emit_op(e, FBC_OP_CAT, dest, w, 3);
            }
            first = false;
            emit_release(e, mark);
        }
    }
}

void emit_save(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *value = n->kid[FGR_SAVE_value], *table = table_of(n);
    const struct fcc_type *t = emit_open(value->type);
    table = table != NULL && table->kind == FGR_TABLE ? table : t->decl->decl;
    unsigned w = emit_effect(e, FBC_HOST_save), row = emit_reg(e, emit_type(e, t));
    emit_into(e, value, t, row);
    emit_load_text(e, w, table->text);
    row_key(e, table, row, w + 1);
    emit_op(e, FBC_OP_ENCODE, w + 2, row, 0);
    emit_effect_run(e, FBC_HOST_save, w);
}

void emit_delete(struct emit *e, const struct fgr_node *n)
{
    unsigned w = emit_effect(e, FBC_HOST_delete);
    emit_load_text(e, w, n->text);
    emit_op(e, FBC_OP_MOV, w + 1, emit_table_key(e, n->kid[FGR_DELETE_key]), 0);
    emit_effect_run(e, FBC_HOST_delete, w);
}

/* -- loops ------------------------------------------------------------------------------------------------------------------------- */

struct for_loop {
    const struct fgr_node *n;
    unsigned list, i, count, ok;
    uint32_t again, next, done;
};

static void for_begin(struct emit *e, struct for_loop *l, enum fbc_op length)
{
    l->i = emit_int(e, 0);
    l->count = emit_reg(e, e->t_int);
    l->ok = emit_reg(e, e->t_bool);
    l->again = emit_label(e);
    l->next = emit_label(e);
    l->done = emit_label(e);
    if (length != FBC_OP_NOP) {
        emit_op(e, length, l->count, l->list, 0);
    }
    emit_place(e, l->again);
    emit_op(e, FBC_OP_LTI, l->ok, l->i, l->count);
    emit_jump_if(e, l->ok, false, l->done);
}

static void for_end(struct emit *e, const struct for_loop *l)
{
    emit_place(e, l->next);
    emit_op(e, FBC_OP_ADDK, l->i, l->i, 1);
    emit_jump(e, l->again);
    emit_place(e, l->done);
}

static void for_values(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *source = n->kid[FGR_FOR_source];
    const struct fcc_type *t = emit_open(source->type);
    struct for_loop l = {.n = n, .list = emit_reg(e, emit_type(e, t))};
    emit_into(e, source, t, l.list);
    emit_local(e, n->sym);
    for_begin(e, &l, t->cls == FCC_C_MAP ? FBC_OP_MAPLEN : FBC_OP_LISTLEN);
    emit_op(e, t->cls == FCC_C_MAP ? FBC_OP_MAPKEY : FBC_OP_LISTGET, n->sym->slot, l.list, l.i);
    emit_action(e, n->kid[FGR_FOR_body]);
    for_end(e, &l);
}

void emit_for(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *source = n->kid[FGR_FOR_source];
    if (source->sym != NULL && source->sym->kind == FCC_S_TABLE) {
        emit_for_table(e, n);
    } else {
        for_values(e, n);
    }
}

/* -- for over a table ------------------------------------------------------------------------------------------------------------------ */

static bool names(const struct fgr_node *n, const struct fcc_sym *sym)
{
    if (n == NULL) {
        return false;
    }
    if (n->kind == FGR_NAME && n->sym == sym) {
        return true;
    }
    for (unsigned i = 0; i < n->n_kids; i++) { /* depth: FGR_DEPTH_MAX, by the parser */
        if (names(n->kid[i], sym)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < n->n_items; i++) {
        if (names(n->items[i], sym)) {
            return true;
        }
    }
    return false;
}

/* row.field, as one side of a comparison. */
static const struct fgr_node *row_field(const struct fgr_node *n, const struct fcc_sym *row)
{
    if (n->kind != FGR_MEMBER_OF || n->sym == NULL || n->sym->kind != FCC_S_FIELD) {
        return NULL;
    }
    const struct fgr_node *object = n->kid[FGR_MEMBER_OF_object];
    return object->kind == FGR_NAME && object->sym == row ? n : NULL;
}

static const char *op_text(unsigned op, bool swapped)
{
    switch ((enum fgr_op)op) {
    case FGR_OP_EQ: return "==";
    case FGR_OP_NE: return "!=";
    case FGR_OP_LT: return swapped ? ">" : "<";
    case FGR_OP_LE: return swapped ? ">=" : "<=";
    case FGR_OP_GT: return swapped ? "<" : ">";
    case FGR_OP_GE: return swapped ? "<=" : ">=";
    case FGR_OP_ADD:
    case FGR_OP_SUB:
    case FGR_OP_MUL:
    case FGR_OP_DIV:
    case FGR_OP_MOD:
    case FGR_OP_AND:
    case FGR_OP_OR_ELSE:
    case FGR_OP_NOT:
    case FGR_OP_NEG: break;
    }
    return NULL;
}

/* One comparison appended to the JSON in `where`. false: cannot be said. */
static bool put_condition(struct emit *e, const struct fgr_node *cond, const struct fcc_sym *row, unsigned where,
                          bool *any)
{
    const char *op = cond->kind == FGR_BINARY ? op_text(cond->aux, false) : NULL;
    if (op == NULL) {
        return false;
    }
    const struct fgr_node *l = cond->kid[FGR_BINARY_left], *r = cond->kid[FGR_BINARY_right];
    const struct fgr_node *field = row_field(l, row), *value = r;
    if (field == NULL) {
        field = row_field(r, row);
        value = l;
        op = op_text(cond->aux, true);
    }
    if (field == NULL || value->kind == FGR_NONE || names(value, row)) {
        return false;
    }
    const uint16_t four[] = {e->t_text, e->t_text, e->t_text, e->t_text};
    unsigned w = emit_window(e, four, 4), v = emit_reg(e, emit_type(e, emit_open(field->sym->type)));
    emit_into(e, value, emit_open(field->sym->type), v);
    emit_op(e, FBC_OP_MOV, w, where, 0);
    emit_load_text(e, w + 1,
                   fn_arena_printf(e->arena, "%s[\"%.*s\",\"%s\",", *any ? "," : "", FN_STR_ARG(field->sym->name), op));
    emit_op(e, FBC_OP_ENCODE, w + 2, v, 0);
    emit_load_text(e, w + 3, FN_STR("]"));
    emit_op(e, FBC_OP_CAT, where, w, 4);
    *any = true;
    return true;
}

/* All conditions joined by `and`; true when all could be said. */
static bool put_conditions(struct emit *e, const struct fgr_node *cond, const struct fcc_sym *row, unsigned where,
                           bool *any)
{
    if (cond->kind == FGR_BINARY && cond->aux == FGR_OP_AND) {
        bool left = put_conditions(e, cond->kid[FGR_BINARY_left], row, where, any);
        return put_conditions(e, cond->kid[FGR_BINARY_right], row, where, any) && left;
    }
    unsigned mark = emit_mark(e);
    bool said = put_condition(e, cond, row, where, any);
    emit_release(e, mark);
    return said;
}

static bool where_into(struct emit *e, const struct fgr_node *cond, const struct fcc_sym *row, unsigned dest)
{
    const uint16_t two[] = {e->t_text, e->t_text};
    bool any = false;
    emit_load_text(e, dest, FN_STR("["));
    bool whole = cond == NULL || put_conditions(e, cond, row, dest, &any);
    unsigned mark = emit_mark(e), w = emit_window(e, two, 2);
    emit_op(e, FBC_OP_MOV, w, dest, 0);
    emit_load_text(e, w + 1, FN_STR("]"));
    emit_op(e, FBC_OP_CAT, dest, w, 2);
    emit_release(e, mark);
    return whole;
}

static struct fn_str order_text(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *order = n->kid[FGR_FOR_order];
    if (order == NULL) {
        return FN_STR("");
    }
    return fn_arena_printf(e->arena, "%s%.*s", (n->flags & FGR_DESC) != 0 ? "-" : "", FN_STR_ARG(order->text));
}

static unsigned query(struct emit *e, const struct fgr_node *n, bool *whole)
{
    unsigned w = emit_host(e, FBC_HOST_query, e->t_some_text);
    emit_load_text(e, w + 1, n->kid[FGR_FOR_source]->text);
    *whole = where_into(e, n->kid[FGR_FOR_where], n->sym, w + 2);
    emit_load_text(e, w + 3, order_text(e, n));
    emit_load_int(e, w + 4, LIMIT_NONE);
    if (n->kid[FGR_FOR_limit] != NULL && *whole) {
        emit_into(e, n->kid[FGR_FOR_limit], &fcc_t_int, w + 4);
    }
    emit_host_run(e, FBC_HOST_query, w);
    return w;
}

/* One row of `rows` at the end of `list`, where it fits its type: one of another version hides no other. */
static void row_into(struct emit *e, const struct fgr_node *n, const struct for_loop *rows, unsigned list)
{
    unsigned some = emit_reg(e, emit_some(e, n->sym->type)), json = emit_reg(e, emit_type(e, &fcc_t_json));
    emit_op(e, FBC_OP_LISTGET, json, rows->list, rows->i);
    emit_op(e, FBC_OP_DECODE, some, json, 0);
    emit_unwrap(e, some, rows->ok, n->sym->slot, rows->next);
    if (emit_is_bounded(n->sym->type)) {
        emit_fits_row(e, n->sym->slot, n->sym->type, rows->next);
    }
    emit_op(e, FBC_OP_LISTADD, list, n->sym->slot, 0);
}

/* The rows that fit, before a round waits with them. */
static void rows_into(struct emit *e, const struct fgr_node *n, unsigned answer, unsigned list)
{
    uint16_t jsons = fbc_build_type_of(e->b, FBC_T_LIST, emit_type(e, &fcc_t_json), e->list_bound);
    struct for_loop rows = {.n = n, .list = emit_reg(e, jsons)};
    unsigned some = emit_reg(e, fbc_build_type_of(e->b, FBC_T_OPTION, jsons, 0)), json = emit_reg(e, e->t_text),
             has = emit_reg(e, e->t_bool);
    uint32_t none = emit_label(e);
    emit_op(e, FBC_OP_ZERO, list, 0, 0);
    emit_unwrap(e, answer, has, json, none);
    emit_op(e, FBC_OP_DECODE, some, json, 0);
    emit_unwrap(e, some, has, rows.list, none);
    const unsigned spent[] = {answer, json, some}; /* 64 KiB each: the rows need the room */
    for (unsigned i = 0; i < FN_COUNT(spent); i++) {
        emit_op(e, FBC_OP_ZERO, spent[i], 0, 0);
    }
    for_begin(e, &rows, FBC_OP_LISTLEN);
    row_into(e, n, &rows, list);
    for_end(e, &rows);
    emit_place(e, none);
}

void emit_for_table(struct emit *e, const struct fgr_node *n)
{
    uint16_t list_type = fbc_build_type_of(e->b, FBC_T_LIST, emit_type(e, n->sym->type), e->list_bound);
    struct for_loop l = {.n = n, .list = emit_reg(e, list_type)};
    bool whole;
    emit_local(e, n->sym);
    unsigned taken = emit_int(e, 0), mark = emit_mark(e);
    rows_into(e, n, query(e, n, &whole), l.list);
    emit_release(e, mark);
    for_begin(e, &l, FBC_OP_LISTLEN);
    emit_op(e, FBC_OP_LISTGET, n->sym->slot, l.list, l.i);
    if (n->kid[FGR_FOR_where] != NULL) {
        emit_cond(e, n->kid[FGR_FOR_where], false, l.next);
    }
    if (n->kid[FGR_FOR_limit] != NULL) {
        unsigned limit = emit_value(e, n->kid[FGR_FOR_limit], &fcc_t_int);
        emit_op(e, FBC_OP_LTI, l.ok, taken, limit);
        emit_jump_if(e, l.ok, false, l.done);
        emit_op(e, FBC_OP_ADDK, taken, taken, 1);
    }
    emit_action(e, n->kid[FGR_FOR_body]);
    for_end(e, &l);
}
