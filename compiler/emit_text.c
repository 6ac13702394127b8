/* emit_text.c: texts: pieces and shown values joined.
 *
 * A value is shown by a native that gets the funnel's locale, currency and time zone as arguments: the machine knows none of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

enum { PIECES = 16, TEXTS_MAX = 1000 };

static void show_native(struct emit *e, enum fbc_native native, unsigned reg, unsigned dest)
{
    unsigned w = emit_native(e, native, e->t_text);
    const char *sig = fbc_natives[native].sig;
    emit_op(e, FBC_OP_MOV, w + 1, reg, 0);
    unsigned at = w + 2;
    if (native == FBC_NATIVE_show_money) {
        emit_load_text(e, at++, e->currency);
    }
    if (native == FBC_NATIVE_show_datetime) {
        emit_load_text(e, at++, e->timezone);
    }
    if (strchr(sig, '>') > sig + 1) {
        emit_load_text(e, at++, e->locale);
    }
    if (native == FBC_NATIVE_show_datetime) {
        emit_load_text(e, at++, FN_STR(""));
    }
    emit_native_run(e, native, w);
    emit_op(e, FBC_OP_MOV, dest, w, 0);
}

unsigned emit_enum_texts(const struct fcc_type *t, struct fn_str *ids, struct fn_str *labels, unsigned max)
{
    const struct fgr_node *members = t->decl->decl->kid[FGR_ENUM_members];
    unsigned n = members->n_items < max ? members->n_items : max;
    for (unsigned i = 0; i < n; i++) {
        const struct fgr_node *label = members->items[i]->kid[FGR_MEMBER_label];
        ids[i] = members->items[i]->text;
        labels[i] = label != NULL ? label->text : members->items[i]->text;
    }
    return n;
}

static void show_enum(struct emit *e, unsigned reg, const struct fcc_type *t, unsigned dest)
{
    struct fn_str *ids = fn_arena_array(e->arena, TEXTS_MAX, sizeof *ids),
                  *labels = fn_arena_array(e->arena, TEXTS_MAX, sizeof *labels);
    if (ids == NULL || labels == NULL) {
        emit_fail(e, FN_NO_MEMORY, "no memory");
        return;
    }
    unsigned n = emit_enum_texts(t, ids, labels, TEXTS_MAX);
    unsigned list = emit_reg(e, e->t_texts);
    emit_load_texts(e, list, labels, n);
    emit_op(e, FBC_OP_LISTGET, dest, list, reg);
}

static void show_option(struct emit *e, unsigned reg, const struct fcc_type *t, unsigned dest)
{
    uint32_t none = emit_label(e), done = emit_label(e);
    unsigned has = emit_reg(e, e->t_bool), value = emit_reg(e, emit_type(e, t->elem));
    emit_unwrap(e, reg, has, value, none);
    emit_show_reg(e, value, t->elem, dest);
    emit_jump(e, done);
    emit_place(e, none);
    emit_op(e, FBC_OP_ZERO, dest, 0, 0);
    emit_place(e, done);
}

static void show_basic(struct emit *e, unsigned reg, const struct fcc_type *t, unsigned dest)
{
    static const uint8_t natives[] = {
        [FGR_T_BOOL] = FBC_NATIVE_show_bool,         [FGR_T_INT] = FBC_NATIVE_show_int,
        [FGR_T_NUMBER] = FBC_NATIVE_show_number,     [FGR_T_MONEY] = FBC_NATIVE_show_money,
        [FGR_T_DATE] = FBC_NATIVE_show_date,         [FGR_T_TIME] = FBC_NATIVE_show_time,
        [FGR_T_DATETIME] = FBC_NATIVE_show_datetime, [FGR_T_PHONE] = FBC_NATIVE_show_phone,
        [FGR_T_DURATION] = FBC_NATIVE_show_duration, [FGR_T_MAP] = 0,
    };
    enum fbc_native native = (enum fbc_native)natives[t->basic];
    if (native == 0) {
        emit_op(e, FBC_OP_MOV, dest, reg, 0);
        return;
    }
    show_native(e, native, reg, dest);
}

void emit_show_reg(struct emit *e, unsigned reg, const struct fcc_type *t, unsigned dest)
{
    unsigned mark = emit_mark(e);
    if (emit_is_option(t)) {
        show_option(e, reg, t, dest);
    } else if (t->cls == FCC_C_ENUM) {
        show_enum(e, reg, t, dest);
    } else if (t->cls == FCC_C_BASIC) {
        show_basic(e, reg, t, dest);
    } else {
        emit_op(e, FBC_OP_ENCODE, dest, reg, 0);
    }
    emit_release(e, mark);
}

/* `{comercial.opens}` reads "amanhã às 9h", as a person would say it now. */
static void show_when(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    unsigned w = emit_native(e, FBC_NATIVE_show_when, e->t_text);
    emit_into(e, n, n->type, w + 1);
    emit_op(e, FBC_OP_NOW, w + 2, 0, 0);
    emit_load_text(e, w + 3, e->timezone);
    emit_load_text(e, w + 4, e->locale);
    emit_native_run(e, FBC_NATIVE_show_when, w);
    emit_op(e, FBC_OP_MOV, dest, w, 0);
}

void emit_show(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    unsigned mark = emit_mark(e);
    if (n->kind == FGR_TEXT_PART) {
        emit_load_text(e, dest, n->text);
    } else if (emit_is_text(n->type) && !emit_is(n->type, FGR_T_PHONE)) {
        emit_into(e, n, n->type, dest);
    } else if (n->sym != NULL && n->sym->kind == FCC_S_BUILTIN && n->sym->builtin->row == FCC_B_HOURS_OPENS) {
        show_when(e, n, dest);
    } else {
        emit_show_reg(e, emit_value(e, n, NULL), n->type, dest);
    }
    emit_release(e, mark);
}

/* Joins parts [from, to) behind what `dest` already holds (when with_dest). */
static void join(struct emit *e, const struct fgr_node *parts, uint32_t from, uint32_t to, unsigned dest)
{
    uint16_t types[PIECES + 1];
    unsigned n = 0, before = from > 0;
    for (uint32_t i = from; i < to + before; i++) {
        types[n++] = e->t_text;
    }
    unsigned mark = emit_mark(e), w = emit_window(e, types, n);
    if (before) {
        emit_op(e, FBC_OP_MOV, w, dest, 0);
    }
    for (uint32_t i = from; i < to; i++) {
        emit_show(e, parts->items[i], w + before + (i - from));
    }
    emit_op(e, FBC_OP_CAT, dest, w, n);
    emit_release(e, mark);
}

void emit_text(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    const struct fgr_node *parts = n->kid[FGR_TEXT_parts];
    bool plain = true;
    for (uint32_t i = 0; parts != NULL && i < parts->n_items; i++) {
        plain = plain && parts->items[i]->kind == FGR_TEXT_PART;
    }
    if (plain) {
        emit_load_text(e, dest, n->text);
        return;
    }
    if (parts->n_items == 1) {
        emit_show(e, parts->items[0], dest);
        return;
    }
    for (uint32_t i = 0; i < parts->n_items; i += PIECES) {
        uint32_t to = i + PIECES < parts->n_items ? i + PIECES : parts->n_items;
        join(e, parts, i, to, dest);
    }
}
