/* emit_fits.c: bounds that only the value tells. A text(n) of a field is held by DECODE itself; what stands in an option, a list or a map is of a
 * type without bounds to the machine (emit_type.c), so code looks at it: behind every DECODE, for what came from a tenant's API, an event, a
 * model or a row, and behind every step that makes a list or map longer. What does not fit is none there, as JSON that does not fit is;
 * here it is an error, which takes `on error`.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

#include "sema.h"

enum { FULL = 2 /* code of FAIL */ };

uint32_t emit_items_most(const struct fcc_type *t)
{
    uint64_t most = t->cls == FCC_C_LIST && t->bound != 0 ? t->bound : FCC_LIST_ITEMS;
    return most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

/* Something in it has a bound that DECODE does not know. */
static bool is_bounded(const struct fcc_type *t, bool field)
{
    if (t->cls == FCC_C_RECORD) {
        const struct fgr_node *fields = emit_fields(t);
        for (uint32_t i = 0; i < fields->n_items; i++) {
            if (is_bounded(emit_field_type(fields->items[i]), true)) {
                return true;
            }
        }
        return false;
    }
    return t->cls == FCC_C_LIST || t->cls == FCC_C_MAP || (emit_is_option(t) && is_bounded(t->elem, false)) ||
           (emit_is_text(t) && sema_text_max(t) != 0 && !(field && emit_is(t, FGR_T_TEXT)));
}

static void check(struct emit *e, unsigned value, const struct fcc_type *t, uint32_t misfit);

/* More than `most`: to misfit. */
static void at_most(struct emit *e, unsigned n, uint64_t most, uint32_t misfit)
{
    unsigned mark = emit_mark(e), over = emit_reg(e, e->t_bool);
    emit_op(e, FBC_OP_LTI, over, emit_int(e, (int64_t)most), n);
    emit_jump_if(e, over, true, misfit);
    emit_release(e, mark);
}

static void check_text(struct emit *e, unsigned value, uint64_t most, uint32_t misfit)
{
    unsigned mark = emit_mark(e), w = emit_native(e, FBC_NATIVE_text_count, e->t_int);
    emit_op(e, FBC_OP_MOV, w + 1, value, 0);
    emit_native_run(e, FBC_NATIVE_text_count, w);
    at_most(e, w, most, misfit);
    emit_release(e, mark);
}

static void check_option(struct emit *e, unsigned value, const struct fcc_type *t, uint32_t misfit)
{
    uint32_t none = emit_label(e);
    unsigned has = emit_reg(e, e->t_bool), inner = emit_reg(e, emit_type(e, t->elem));
    emit_unwrap(e, value, has, inner, none);
    check(e, inner, t->elem, misfit);
    emit_place(e, none);
}

static void item_at(struct emit *e, unsigned item, unsigned value, const struct fcc_type *t, unsigned i)
{
    if (t->cls == FCC_C_LIST) {
        emit_op(e, FBC_OP_LISTGET, item, value, i);
        return;
    }
    unsigned key = emit_reg(e, e->t_text), some = emit_reg(e, emit_some(e, t->elem));
    emit_op(e, FBC_OP_MAPKEY, key, value, i);
    emit_op(e, FBC_OP_MAPGET, some, value, key);
    emit_op(e, emit_is_option(t->elem) ? FBC_OP_MOV : FBC_OP_OPEN, item, some, 0);
}

static void check_each(struct emit *e, unsigned value, const struct fcc_type *t, unsigned n, uint32_t misfit)
{
    uint32_t again = emit_label(e), done = emit_label(e);
    unsigned i = emit_int(e, 0), more = emit_reg(e, e->t_bool), item = emit_reg(e, emit_type(e, t->elem));
    emit_place(e, again);
    emit_op(e, FBC_OP_LTI, more, i, n);
    emit_jump_if(e, more, false, done);
    item_at(e, item, value, t, i);
    check(e, item, t->elem, misfit);
    emit_op(e, FBC_OP_ADDK, i, i, 1);
    emit_jump(e, again);
    emit_place(e, done);
}

static void check_items(struct emit *e, unsigned value, const struct fcc_type *t, uint64_t most, uint32_t misfit)
{
    unsigned n = emit_reg(e, e->t_int);
    emit_op(e, t->cls == FCC_C_LIST ? FBC_OP_LISTLEN : FBC_OP_MAPLEN, n, value, 0);
    if (most != 0) {
        at_most(e, n, most, misfit);
    }
    if (is_bounded(t->elem, false)) {
        check_each(e, value, t, n, misfit);
    }
}

static void check_fields(struct emit *e, unsigned value, const struct fgr_node *fields, uint32_t misfit)
{
    for (uint32_t i = 0; i < fields->n_items; i++) {
        const struct fcc_type *t = emit_field_type(fields->items[i]);
        if (is_bounded(t, true)) {
            unsigned mark = emit_mark(e), field = emit_reg(e, emit_type(e, t));
            emit_op(e, FBC_OP_GETF, field, value, i);
            check(e, field, t, misfit);
            emit_release(e, mark);
        }
    }
}

static void check(struct emit *e, unsigned value, const struct fcc_type *t, uint32_t misfit)
{
    unsigned mark = emit_mark(e);
    if (t->cls == FCC_C_RECORD) {
        check_fields(e, value, emit_fields(t), misfit);
    } else if (emit_is_option(t)) {
        check_option(e, value, t, misfit);
    } else if (t->cls == FCC_C_LIST || t->cls == FCC_C_MAP) {
        check_items(e, value, t, emit_items_most(t), misfit);
    } else if (is_bounded(t, false)) {
        check_text(e, value, sema_text_max(t), misfit);
    }
    emit_release(e, mark);
}

/* some = none where the checks of its value, written by then, lead to misfit. */
struct fits {
    unsigned mark, value, some;
    uint32_t misfit, done;
};

static struct fits open_some(struct emit *e, unsigned some, uint16_t type)
{
    struct fits f = {emit_mark(e), emit_reg(e, type), some, emit_label(e), emit_label(e)};
    unsigned has = emit_reg(e, e->t_bool);
    emit_unwrap(e, some, has, f.value, f.done);
    return f;
}

static void close_some(struct emit *e, const struct fits *f)
{
    emit_jump(e, f->done);
    emit_place(e, f->misfit);
    emit_op(e, FBC_OP_ZERO, f->some, 0, 0);
    emit_place(e, f->done);
    emit_release(e, f->mark);
}

void emit_fits(struct emit *e, unsigned some, const struct fcc_type *t)
{
    t = emit_open(t);
    if (is_bounded(t, false)) {
        struct fits f = open_some(e, some, emit_type(e, t));
        check(e, f.value, t, f.misfit);
        close_some(e, &f);
    }
}

void emit_fits_params(struct emit *e, unsigned some, uint16_t record, const struct fgr_node *params)
{
    bool bounded = false;
    for (uint32_t i = 0; i < params->n_items; i++) {
        bounded = bounded || is_bounded(emit_field_type(params->items[i]), true);
    }
    if (bounded) {
        struct fits f = open_some(e, some, record);
        check_fields(e, f.value, params, f.misfit);
        close_some(e, &f);
    }
}

bool emit_is_bounded(const struct fcc_type *t)
{
    return is_bounded(t, false);
}

void emit_fits_row(struct emit *e, unsigned row, const struct fcc_type *t, uint32_t misfit)
{
    check(e, row, t, misfit);
}

void emit_grown(struct emit *e, unsigned value, const struct fcc_type *t)
{
    uint32_t full = emit_label(e), fits = emit_label(e);
    unsigned mark = emit_mark(e), n = emit_reg(e, e->t_int);
    emit_op(e, t->cls == FCC_C_LIST ? FBC_OP_LISTLEN : FBC_OP_MAPLEN, n, value, 0);
    at_most(e, n, emit_items_most(t), full);
    emit_jump(e, fits);
    emit_place(e, full);
    emit_op(e, FBC_OP_FAIL, FULL, 0, 0);
    emit_place(e, fits);
    emit_release(e, mark);
}
