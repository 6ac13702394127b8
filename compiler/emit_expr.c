/* emit_expr.c: values: names, members, literals, and the way from the type they have to the type that is wanted.
 *
 * The checker leaves on a node the type after narrowing; a place (variable, field, local) may still hold the option it was declared as,
 * so places are read with their own type and opened.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

static bool same(struct emit *e, const struct fcc_type *a, const struct fcc_type *b)
{
    if (a == b) {
        return true;
    }
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a checked expression has a type */
    bool scalars = (a->cls == FCC_C_BASIC) && (b->cls == FCC_C_BASIC);
    if (scalars) {
        return emit_repr(a) == emit_repr(b) && (!emit_is(b, FGR_T_JSON) || emit_is(a, FGR_T_JSON));
    }
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the same */
    return a->cls == b->cls && emit_type(e, a) == emit_type(e, b);
}

static void convert_option(struct emit *e, unsigned from, const struct fcc_type *have, const struct fcc_type *want,
                           unsigned dest)
{
    uint32_t none = emit_label(e), done = emit_label(e);
    unsigned has = emit_reg(e, e->t_bool), value = emit_reg(e, emit_type(e, have->elem));
    emit_unwrap(e, from, has, value, none);
    emit_convert(e, value, have->elem, want, dest);
    emit_jump(e, done);
    emit_place(e, none);
    emit_op(e, FBC_OP_ZERO, dest, 0, 0);
    emit_place(e, done);
}

static void convert_to_some(struct emit *e, unsigned from, const struct fcc_type *have, const struct fcc_type *want,
                            unsigned dest)
{
    if (!same(e, have, want->elem)) {
        unsigned value = emit_reg(e, emit_type(e, want->elem));
        emit_convert(e, from, have, want->elem, value);
        from = value;
    }
    emit_op(e, FBC_OP_SOME, dest, from, 0);
}

static void convert_from_some(struct emit *e, unsigned from, const struct fcc_type *have, const struct fcc_type *want,
                              unsigned dest)
{
    if (same(e, have->elem, want)) {
        emit_op(e, FBC_OP_OPEN, dest, from, 0);
        return;
    }
    unsigned value = emit_reg(e, emit_type(e, have->elem));
    emit_op(e, FBC_OP_OPEN, value, from, 0);
    emit_convert(e, value, have->elem, want, dest);
}

void emit_convert(struct emit *e, unsigned from, const struct fcc_type *have, const struct fcc_type *want,
                  unsigned dest)
{
    if (same(e, have, want)) {
        if (from != dest) {
            emit_op(e, FBC_OP_MOV, dest, from, 0);
        }
    } else if (have->cls == FCC_C_NONE) {
        emit_op(e, FBC_OP_ZERO, dest, 0, 0);
    } else if (emit_is_option(want) && emit_is_option(have)) {
        convert_option(e, from, have, want, dest);
    } else if (emit_is_option(want)) {
        convert_to_some(e, from, have, want, dest);
    } else if (emit_is_option(have)) {
        convert_from_some(e, from, have, want, dest);
    } else if (emit_is(want, FGR_T_NUMBER) && emit_repr(have) == FBC_REPR_I) {
        emit_op(e, FBC_OP_I2F, dest, from, 0);
    } else if (emit_is(want, FGR_T_JSON)) {
        emit_op(e, FBC_OP_ENCODE, dest, from, 0);
    } else {
        emit_fail(e, FN_UNSUPPORTED, "no way from one type to another");
    }
}

/* -- places ------------------------------------------------------------------------------------------------------------------ */

static uint16_t global_of(struct emit *e, struct fcc_sym *sym)
{
    if (sym->decl == NULL && sym->slot == 0) { /* what the language brings: contact.phone */
        sym->slot = 1u + emit_global(e, sym->name, sym->type, FBC_G_CONTACT | FBC_G_PERSONAL);
    }
    return (uint16_t)(sym->slot - 1);
}

/* The type a place was declared with; NULL when n is no place. */
static const struct fcc_type *place_type(const struct fgr_node *n)
{
    if ((n->kind != FGR_NAME && n->kind != FGR_MEMBER_OF) || n->sym == NULL) {
        return NULL;
    }
    switch (n->sym->kind) {
    case FCC_S_CONTACT_FIELD:
    case FCC_S_VAR:
    case FCC_S_LOCAL:
    case FCC_S_PARAM: return n->sym->type;
    case FCC_S_FIELD: return n->sym->type != NULL ? n->sym->type : emit_field_type(n->sym->decl);
    case FCC_S_STAGE:
    case FCC_S_FN:
    case FCC_S_FLOW:
    case FCC_S_TOOL:
    case FCC_S_AGENT:
    case FCC_S_ENUM:
    case FCC_S_MEMBER:
    case FCC_S_RECORD:
    case FCC_S_TABLE:
    case FCC_S_HOURS:
    case FCC_S_SECRET:
    case FCC_S_EVENT:
    case FCC_S_MODULE:
    case FCC_S_BUILTIN:
    case FCC_S_CONTACT: break;
    }
    return NULL;
}

static bool is_local(const struct fgr_node *n)
{
    return n->kind == FGR_NAME && n->sym != NULL && (n->sym->kind == FCC_S_LOCAL || n->sym->kind == FCC_S_PARAM);
}

static void field_into(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    const struct fgr_node *object = n->kid[FGR_MEMBER_OF_object];
    unsigned mark = emit_mark(e);
    unsigned record = emit_value(e, object, emit_open(object->type));
    emit_op(e, FBC_OP_GETF, dest, record, n->sym->index);
    emit_release(e, mark);
}

/* A secret never enters the machine: its name between two U+0001 stands for it, and the host puts the value in (docs/compiler.md). */
static void secret_into(struct emit *e, const struct fcc_sym *sym, unsigned dest)
{
    emit_load_text(e, dest, fn_arena_printf(e->arena, "\x01%.*s\x01", FN_STR_ARG(sym->name)));
}

static void name_into(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    struct fcc_sym *sym = n->sym;
    if (sym == NULL) {
        emit_fail(e, FN_UNSUPPORTED, "%.*s is not bound", FN_STR_ARG(n->text));
        return;
    }
    if (sym->kind == FCC_S_CONTACT_FIELD || sym->kind == FCC_S_VAR) {
        emit_op16(e, FBC_OP_GETG, dest, global_of(e, sym));
    } else if (sym->kind == FCC_S_LOCAL || sym->kind == FCC_S_PARAM) {
        emit_op(e, FBC_OP_MOV, dest, sym->slot, 0);
    } else if (sym->kind == FCC_S_MEMBER) {
        emit_op16(e, FBC_OP_LOADK, dest, fbc_build_const_int(e->b, emit_type(e, emit_open(n->type)), sym->index));
    } else if (sym->kind == FCC_S_SECRET) {
        secret_into(e, sym, dest);
    } else if (sym->kind == FCC_S_FIELD && n->kind == FGR_MEMBER_OF) {
        field_into(e, n, dest);
    } else if (sym->kind == FCC_S_BUILTIN) {
        emit_builtin(e, n, n->kind == FGR_MEMBER_OF ? n->kid[FGR_MEMBER_OF_object] : NULL, NULL, dest);
    } else {
        emit_fail(e, FN_UNSUPPORTED, "%.*s is not a value", FN_STR_ARG(n->text));
    }
}

/* -- literals ----------------------------------------------------------------------------------------------------------------- */

static void list_into(struct emit *e, const struct fgr_node *n, const struct fcc_type *want, unsigned dest)
{
    const struct fgr_node *values = n->kid[FGR_LIST_LIT_values];
    const struct fcc_type *elem = want->cls == FCC_C_LIST ? want->elem : n->type->elem;
    emit_op(e, FBC_OP_ZERO, dest, 0, 0);
    for (uint32_t i = 0; i < values->n_items; i++) {
        unsigned mark = emit_mark(e);
        unsigned item = emit_value(e, values->items[i], elem);
        emit_op(e, FBC_OP_LISTADD, dest, item, 0);
        emit_release(e, mark);
    }
}

static const struct fgr_node *named(const struct fgr_node *list, struct fn_str name)
{
    for (uint32_t i = 0; i < list->n_items; i++) {
        if (fn_str_eq(list->items[i]->text, name)) {
            return list->items[i]->kid[FGR_NAMED_ARG_value];
        }
    }
    return NULL;
}

/* A record is made whole: what is not written takes the field's own value, else its zero. */
static void record_into(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    const struct fgr_node *fields = emit_fields(n->type), *given = n->kid[FGR_RECORD_LIT_fields];
    unsigned mark = emit_mark(e);
    emit_op(e, FBC_OP_ZERO, dest, 0, 0);
    for (uint32_t i = 0; i < fields->n_items; i++) {
        const struct fgr_node *field = fields->items[i], *value = named(given, field->text);
        value = value == NULL && field->kind == FGR_FIELD ? field->kid[FGR_FIELD_init] : value;
        if (value != NULL) {
            unsigned r = emit_value(e, value, emit_field_type(field));
            emit_op(e, FBC_OP_SETF, dest, i, r);
        }
        emit_release(e, mark);
    }
}

static void index_into(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    const struct fgr_node *object = n->kid[FGR_INDEX_object], *key = n->kid[FGR_INDEX_key];
    const struct fcc_type *t = emit_open(object->type);
    unsigned mark = emit_mark(e);
    unsigned o = emit_value(e, object, t);
    if (t->cls == FCC_C_MAP) {
        unsigned k = emit_value(e, key, &fcc_t_text);
        if (emit_is_option(n->type)) {
            emit_op(e, FBC_OP_MAPGET, dest, o, k);
        } else {
            unsigned some = emit_reg(e, emit_some(e, t->elem));
            emit_op(e, FBC_OP_MAPGET, some, o, k);
            emit_op(e, FBC_OP_OPEN, dest, some, 0);
        }
        emit_release(e, mark);
        return;
    }
    unsigned k = emit_value(e, key, &fcc_t_int);
    if (!emit_is_option(n->type) || emit_is_option(t->elem)) {
        emit_op(e, FBC_OP_LISTGET, dest, o, k);
        emit_release(e, mark);
        return;
    }
    /* list[i] as an option: none outside */
    uint32_t out = emit_label(e), done = emit_label(e);
    unsigned in = emit_reg(e, e->t_bool), limit = emit_int(e, 0), item = emit_reg(e, emit_type(e, t->elem));
    emit_op(e, FBC_OP_LEI, in, limit, k);
    emit_jump_if(e, in, false, out);
    emit_op(e, FBC_OP_LISTLEN, limit, o, 0);
    emit_op(e, FBC_OP_LTI, in, k, limit);
    emit_jump_if(e, in, false, out);
    emit_op(e, FBC_OP_LISTGET, item, o, k);
    emit_op(e, FBC_OP_SOME, dest, item, 0);
    emit_jump(e, done);
    emit_place(e, out);
    emit_op(e, FBC_OP_ZERO, dest, 0, 0);
    emit_place(e, done);
    emit_release(e, mark);
}

static void produce_effect(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    const struct fcc_type *got;
    unsigned mark = emit_mark(e);
    unsigned some = emit_fallible(e, n, &got);
    emit_op(e, emit_is_option(n->type) ? FBC_OP_MOV : FBC_OP_OPEN, dest, some, 0);
    emit_release(e, mark);
}

static void produce(struct emit *e, const struct fgr_node *n, const struct fcc_type *want, unsigned dest)
{
    if (emit_is_fallible(n)) {
        produce_effect(e, n, dest);
        return;
    }
    switch (n->kind) {
    case FGR_NAME:
    case FGR_MEMBER_OF: name_into(e, n, dest); return;
    case FGR_INDEX: index_into(e, n, dest); return;
    case FGR_CALL: emit_call(e, n, dest); return;
    case FGR_INT:
        if (emit_is(emit_open(n->type), FGR_T_NUMBER)) { /* `1` where a number is wanted */
            emit_load_num(e, dest, (double)n->num);
            return;
        }
        emit_load_int(e, dest, n->num);
        return;
    case FGR_MONEY:
    case FGR_DURATION: emit_load_int(e, dest, n->num); return;
    case FGR_NUMBER: emit_load_num(e, dest, n->real); return;
    case FGR_BOOL: emit_op(e, FBC_OP_LOADB, dest, n->num != 0, 0); return;
    case FGR_NONE: emit_op(e, FBC_OP_ZERO, dest, 0, 0); return;
    case FGR_TEXT: emit_text(e, n, dest); return;
    case FGR_UNARY: emit_unary(e, n, dest); return;
    case FGR_BINARY: emit_binary(e, n, dest); return;
    case FGR_LIST_LIT: list_into(e, n, want, dest); return;
    case FGR_RECORD_LIT: record_into(e, n, dest); return;
    default: break; /* statements and declarations are no values */
    }
    emit_fail(e, FN_UNSUPPORTED, "no value in %s", fgr_kind_name((enum fgr_kind)n->kind));
}

/* The type produce() leaves, which for places is the declared one. */
static const struct fcc_type *produced(const struct fgr_node *n, const struct fcc_type *want)
{
    const struct fcc_type *place = place_type(n);
    if (place != NULL) {
        return place;
    }
    if (n->kind == FGR_NONE) {
        return &fcc_t_none;
    }
    if (n->kind == FGR_LIST_LIT) {
        const struct fcc_type *open = emit_open(want);
        return open->cls == FCC_C_LIST ? open : n->type;
    }
    return n->type;
}

void emit_into(struct emit *e, const struct fgr_node *n, const struct fcc_type *want, unsigned dest)
{
    if (e->code != FN_OK || ++e->depth > FGR_DEPTH_MAX) {
        emit_fail(e, FN_LIMIT, "an expression is too deep");
        return;
    }
    want = want != NULL ? want : n->type;
    const struct fcc_type *have = produced(n, want);
    if (have->cls == FCC_C_NONE) {
        emit_op(e, FBC_OP_ZERO, dest, 0, 0);
    } else if (same(e, have, want)) {
        produce(e, n, want, dest);
    } else {
        unsigned mark = emit_mark(e);
        unsigned from = is_local(n) ? n->sym->slot : emit_reg(e, emit_type(e, have));
        if (!is_local(n)) {
            produce(e, n, have, from);
        }
        emit_convert(e, from, have, want, dest);
        emit_release(e, mark);
    }
    e->depth--;
}

unsigned emit_value(struct emit *e, const struct fgr_node *n, const struct fcc_type *want)
{
    want = want != NULL ? want : n->type;
    if (is_local(n) && same(e, n->sym->type, want)) {
        return n->sym->slot;
    }
    unsigned r = emit_reg(e, emit_type(e, want));
    emit_into(e, n, want, r);
    return r;
}

void emit_local(struct emit *e, struct fcc_sym *sym)
{
    sym->slot = emit_reg(e, emit_type(e, sym->type));
}

unsigned emit_encode(struct emit *e, const struct fgr_node *n)
{
    unsigned json = emit_reg(e, e->t_text);
    unsigned value = emit_reg(e, emit_type(e, n->type));
    emit_into(e, n, n->type, value);
    if (emit_is(n->type, FGR_T_JSON)) {
        emit_op(e, FBC_OP_MOV, json, value, 0);
    } else {
        emit_op(e, FBC_OP_ENCODE, json, value, 0);
    }
    return json;
}
