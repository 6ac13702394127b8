/* emit_list.c: members of lists and maps, and of business hours.
 *
 * Values are immutable: a member that changes its owner makes a new value and stores it back where the owner stands.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit_call.h"

struct loop {
    unsigned i, n, more;
    uint32_t again, done;
};

/* for i in 0..n-1; emit_loop_next closes it. */
static struct loop loop_begin(struct emit *e, unsigned n)
{
    struct loop l = {emit_int(e, 0), n, emit_reg(e, e->t_bool), emit_label(e), emit_label(e)};
    emit_place(e, l.again);
    emit_op(e, FBC_OP_LTI, l.more, l.i, n);
    emit_jump_if(e, l.more, false, l.done);
    return l;
}

static void loop_end(struct emit *e, const struct loop *l)
{
    emit_op(e, FBC_OP_ADDK, l->i, l->i, 1);
    emit_jump(e, l->again);
    emit_place(e, l->done);
}

static void at_or_none(struct emit *e, const struct fcc_type *t, unsigned list, unsigned index, unsigned dest)
{
    uint32_t out = emit_label(e), done = emit_label(e);
    unsigned in = emit_reg(e, e->t_bool), limit = emit_int(e, 0), item = emit_reg(e, emit_type(e, t->elem));
    emit_op(e, FBC_OP_LEI, in, limit, index);
    emit_jump_if(e, in, false, out);
    emit_op(e, FBC_OP_LISTLEN, limit, list, 0);
    emit_op(e, FBC_OP_LTI, in, index, limit);
    emit_jump_if(e, in, false, out);
    emit_op(e, FBC_OP_LISTGET, item, list, index);
    emit_op(e, emit_is_option(t->elem) ? FBC_OP_MOV : FBC_OP_SOME, dest, item, 0);
    emit_jump(e, done);
    emit_place(e, out);
    emit_op(e, FBC_OP_ZERO, dest, 0, 0);
    emit_place(e, done);
}

static void list_has(struct emit *e, const struct fcc_type *t, unsigned list, const struct fgr_node *what,
                     unsigned dest)
{
    unsigned value = emit_value(e, what, t->elem), n = emit_reg(e, e->t_int), item = emit_reg(e, emit_type(e, t->elem));
    emit_op(e, FBC_OP_LOADB, dest, 0, 0);
    emit_op(e, FBC_OP_LISTLEN, n, list, 0);
    struct loop l = loop_begin(e, n);
    emit_op(e, FBC_OP_LISTGET, item, list, l.i);
    emit_equal(e, dest, item, value, t->elem);
    emit_jump_if(e, dest, true, l.done);
    loop_end(e, &l);
}

static void map_keys(struct emit *e, unsigned map, unsigned dest)
{
    unsigned n = emit_reg(e, e->t_int), key = emit_reg(e, e->t_text);
    emit_op(e, FBC_OP_ZERO, dest, 0, 0);
    emit_op(e, FBC_OP_MAPLEN, n, map, 0);
    struct loop l = loop_begin(e, n);
    emit_op(e, FBC_OP_MAPKEY, key, map, l.i);
    emit_op(e, FBC_OP_LISTADD, dest, key, 0);
    loop_end(e, &l);
}

static void change(struct emit *e, uint16_t row, const struct fgr_node *object, const struct fgr_node *args)
{
    const struct fcc_type *t = emit_open(object->type);
    unsigned copy = emit_reg(e, emit_type(e, t));
    if (row == FCC_B_LIST_CLEAR || row == FCC_B_MAP_CLEAR) {
        emit_op(e, FBC_OP_ZERO, copy, 0, 0);
    } else {
        bool is_add = row == FCC_B_LIST_ADD;
        unsigned arg = emit_value(e, args->items[0],
                                  is_add                    ? t->elem
                                  : row == FCC_B_MAP_REMOVE ? &fcc_t_text
                                                            : &fcc_t_int);
        emit_into(e, object, t, copy);
        emit_op(e, is_add ? FBC_OP_LISTADD : row == FCC_B_MAP_REMOVE ? FBC_OP_MAPDEL : FBC_OP_LISTDEL, copy, arg, 0);
    }
    if (row == FCC_B_LIST_ADD) {
        emit_grown(e, copy, t);
    }
    emit_store(e, object, copy, t);
}

static void map_has(struct emit *e, const struct fcc_type *t, unsigned map, const struct fgr_node *key, unsigned dest)
{
    unsigned some = emit_reg(e, emit_some(e, t->elem));
    emit_op(e, FBC_OP_MAPGET, some, map, emit_value(e, key, &fcc_t_text));
    emit_op(e, FBC_OP_HAS, dest, some, 0);
}

void emit_container(struct emit *e, const struct fgr_node *n, uint16_t row, const struct fgr_node *object,
                    const struct fgr_node *args, unsigned dest)
{
    (void)n;
    switch (row) {
    case FCC_B_LIST_ADD:
    case FCC_B_LIST_REMOVE:
    case FCC_B_LIST_CLEAR:
    case FCC_B_MAP_REMOVE:
    case FCC_B_MAP_CLEAR: change(e, row, object, args); return;
    default: break;
    }
    const struct fcc_type *t = emit_open(object->type);
    unsigned owner = emit_value(e, object, t), at;
    switch (row) {
    case FCC_B_LIST_COUNT: emit_op(e, FBC_OP_LISTLEN, dest, owner, 0); return;
    case FCC_B_MAP_COUNT: emit_op(e, FBC_OP_MAPLEN, dest, owner, 0); return;
    case FCC_B_LIST_FIRST: at_or_none(e, t, owner, emit_int(e, 0), dest); return;
    case FCC_B_LIST_LAST:
        at = emit_reg(e, e->t_int);
        emit_op(e, FBC_OP_LISTLEN, at, owner, 0);
        emit_op(e, FBC_OP_ADDK, at, at, 255); /* - 1 */
        at_or_none(e, t, owner, at, dest);
        return;
    case FCC_B_LIST_AT: at_or_none(e, t, owner, emit_value(e, args->items[0], &fcc_t_int), dest); return;
    case FCC_B_LIST_HAS: list_has(e, t, owner, args->items[0], dest); return;
    case FCC_B_MAP_HAS: map_has(e, t, owner, args->items[0], dest); return;
    case FCC_B_MAP_KEYS: map_keys(e, owner, dest); return;
    default: emit_fail(e, FN_UNSUPPORTED, "builtin %u", (unsigned)row); return;
    }
}

/* -- hours ------------------------------------------------------------------------------------------------------------------------- */

/* "0 540 1080;5 540 780": day, from and to in minutes; the days of a range written out. */
static struct fn_str packed_rules(struct emit *e, const struct fgr_node *rules)
{
    struct fn_buf b;
    fn_buf_init(&b, EMIT_TEXT_MAX);
    for (uint32_t i = 0; i < rules->n_items; i++) {
        const struct fgr_node *rule = rules->items[i];
        for (uint32_t d = 0; rule->kind == FGR_HOURS_RULE && d < rule->kid[FGR_HOURS_RULE_days]->n_items; d++) {
            const struct fgr_node *days = rule->kid[FGR_HOURS_RULE_days]->items[d],
                                  *ranges = rule->kid[FGR_HOURS_RULE_ranges];
            int32_t span = (days->high - days->low + 7) % 7; /* sat..mon goes over Sunday */
            for (int32_t k = 0; k <= span; k++) {
                for (uint32_t r = 0; r < ranges->n_items; r++) {
                    fn_buf_printf(&b, "%s%d %d %d", b.n > 0 ? ";" : "", (days->low + k) % 7, ranges->items[r]->low,
                                  ranges->items[r]->high);
                }
            }
        }
    }
    struct fn_str out = b.failed ? FN_STR_NULL : fn_arena_dup(e->arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return out;
}

static void closed_dates(struct emit *e, const struct fgr_node *values, unsigned list)
{
    for (uint32_t i = 0; i < values->n_items; i++) {
        unsigned mark = emit_mark(e);
        unsigned w = emit_native(e, FBC_NATIVE_date_iso, e->t_text);
        emit_into(e, values->items[i], &fcc_t_date, w + 1);
        emit_native_run(e, FBC_NATIVE_date_iso, w);
        emit_op(e, FBC_OP_LISTADD, list, w, 0);
        emit_release(e, mark);
    }
}

/* args: the time asked about; NULL or empty: now. */
void emit_hours(struct emit *e, uint16_t row, const struct fgr_node *object, const struct fgr_node *args, unsigned dest)
{
    enum fbc_native native = row == FCC_B_HOURS_OPENS    ? FBC_NATIVE_hours_opens
                             : row == FCC_B_HOURS_CLOSES ? FBC_NATIVE_hours_closes
                                                         : FBC_NATIVE_hours_open;
    const struct fgr_node *rules = object->sym->decl->kid[FGR_HOURS_rules];
    struct fn_str calendar = FN_STR("");
    unsigned w = emit_native(e, native, native == FBC_NATIVE_hours_open ? e->t_bool : e->t_int);
    if (args != NULL && args->n_items > 0) {
        emit_into(e, args->items[0], &fcc_t_datetime, w + 1);
    } else {
        emit_op(e, FBC_OP_NOW, w + 1, 0, 0);
    }
    emit_load_text(e, w + 2, e->timezone);
    emit_load_text(e, w + 3, packed_rules(e, rules));
    emit_op(e, FBC_OP_ZERO, w + 5, 0, 0);
    for (uint32_t i = 0; i < rules->n_items; i++) {
        if (rules->items[i]->kind == FGR_HOURS_EXCEPT) {
            calendar = rules->items[i]->text.n > 0 ? rules->items[i]->text : calendar;
            closed_dates(e, rules->items[i]->kid[FGR_HOURS_EXCEPT_values], w + 5);
        }
    }
    emit_load_text(e, w + 4, calendar);
    emit_native_run(e, native, w);
    emit_op(e, FBC_OP_MOV, dest, w, 0);
}
