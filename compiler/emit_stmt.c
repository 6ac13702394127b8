/* emit_stmt.c: statements, blocks and actions. Temporaries live for one statement, locals to the end of their block.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit_call.h"

static void let_stmt(struct emit *e, const struct fgr_node *n)
{
    emit_local(e, n->sym);
    unsigned mark = emit_mark(e);
    if (n->kid[FGR_LET_value] == NULL) {
        emit_op(e, FBC_OP_ZERO, n->sym->slot, 0, 0);
    } else {
        emit_with_else(e, n->kid[FGR_LET_value], n->kid[FGR_LET_else_action], n->sym->type, n->sym->slot);
    }
    emit_release(e, mark);
}

/* -- targets -------------------------------------------------------------------------------------------------------------------- */

static void store_name(struct emit *e, const struct fcc_sym *sym, unsigned reg, const struct fcc_type *type)
{
    bool global = sym->kind == FCC_S_VAR || sym->kind == FCC_S_CONTACT_FIELD;
    unsigned to = global ? emit_reg(e, emit_type(e, sym->type)) : sym->slot;
    emit_convert(e, reg, type, sym->type, to);
    if (global) {
        emit_op16(e, FBC_OP_SETG, to, sym->slot - 1u);
    }
}

/* record.field = reg: a new record goes back where the old one stands, and so on up. */
static void store_field(struct emit *e, const struct fgr_node *target, unsigned reg, const struct fcc_type *type)
{
    const struct fgr_node *object = target->kid[FGR_MEMBER_OF_object];
    const struct fcc_type *t = emit_open(object->type), *held = emit_field_type(target->sym->decl);
    unsigned record = emit_reg(e, emit_type(e, t)), value = emit_reg(e, emit_type(e, held));
    emit_convert(e, reg, type, held, value);
    emit_into(e, object, t, record);
    emit_op(e, FBC_OP_SETF, record, target->sym->index, value);
    emit_store(e, object, record, t);
}

static void store_index(struct emit *e, const struct fgr_node *target, unsigned reg, const struct fcc_type *type)
{
    const struct fgr_node *object = target->kid[FGR_INDEX_object], *key = target->kid[FGR_INDEX_key];
    const struct fcc_type *t = emit_open(object->type);
    unsigned whole = emit_reg(e, emit_type(e, t)), value = emit_reg(e, emit_type(e, t->elem));
    emit_convert(e, reg, type, t->elem, value);
    unsigned k = emit_value(e, key, t->cls == FCC_C_MAP ? &fcc_t_text : &fcc_t_int);
    emit_into(e, object, t, whole);
    emit_op(e, t->cls == FCC_C_MAP ? FBC_OP_MAPSET : FBC_OP_LISTSET, whole, k, value);
    if (t->cls == FCC_C_MAP) {
        emit_grown(e, whole, t);
    }
    emit_store(e, object, whole, t);
}

void emit_store(struct emit *e, const struct fgr_node *target, unsigned reg, const struct fcc_type *type)
{
    unsigned mark = emit_mark(e);
    if (target->kind == FGR_INDEX) {
        store_index(e, target, reg, type);
    } else if (target->sym == NULL) {
        emit_fail(e, FN_UNSUPPORTED, "a target is not bound");
    } else if (target->sym->kind == FCC_S_FIELD) {
        store_field(e, target, reg, type);
    } else {
        store_name(e, target->sym, reg, type);
    }
    emit_release(e, mark);
}

static const struct fcc_type *target_type(const struct fgr_node *target)
{
    if (target->kind == FGR_INDEX) {
        return emit_open(target->kid[FGR_INDEX_object]->type)->elem;
    }
    if (target->sym != NULL && target->sym->kind == FCC_S_FIELD) {
        return emit_field_type(target->sym->decl);
    }
    return target->sym != NULL && target->sym->type != NULL ? target->sym->type : target->type;
}

static void assign_stmt(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *target = n->kid[FGR_ASSIGN_target];
    const struct fcc_type *t = target_type(target);
    unsigned value = emit_reg(e, emit_type(e, t)); /* apart: the value may read the target */
    emit_with_else(e, n->kid[FGR_ASSIGN_value], n->kid[FGR_ASSIGN_else_action], t, value);
    emit_store(e, target, value, t);
}

/* -- control -------------------------------------------------------------------------------------------------------------------- */

static void if_stmt(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *otherwise = n->kid[FGR_IF_otherwise];
    uint32_t no = emit_label(e), done = emit_label(e);
    emit_cond(e, n->kid[FGR_IF_cond], false, no);
    emit_action(e, n->kid[FGR_IF_then]);
    if (otherwise != NULL) {
        emit_jump(e, done);
    }
    emit_place(e, no);
    emit_action(e, otherwise);
    emit_place(e, done);
}

static void while_stmt(struct emit *e, const struct fgr_node *n)
{
    uint32_t again = emit_label(e), done = emit_label(e);
    emit_place(e, again);
    emit_cond(e, n->kid[FGR_WHILE_cond], false, done);
    emit_action(e, n->kid[FGR_WHILE_body]);
    emit_jump(e, again);
    emit_place(e, done);
}

static void return_stmt(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *value = n->kid[FGR_RETURN_value];
    const struct fcc_type *t = e->unit.result;
    if (value == NULL || t == NULL || t->cls == FCC_C_VOID) {
        emit_op(e, FBC_OP_RETV, 0, 0, 0);
        return;
    }
    unsigned r = emit_reg(e, emit_type(e, t));
    emit_with_else(e, value, n->kid[FGR_RETURN_else_action], t, r);
    emit_op(e, FBC_OP_RET, r, 0, 0);
}

/* An expression for its effect: its value is dropped. */
static void do_stmt(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *v = n->kid[FGR_DO_value];
    const struct fcc_type *t;
    if (n->kid[FGR_DO_else_action] == NULL && emit_is_fallible(v)) {
        (void)emit_fallible(e, v, &t);
        return;
    }
    unsigned r = emit_reg(e, emit_type(e, v->type->cls == FCC_C_VOID ? &fcc_t_bool : emit_open(v->type)));
    if (n->kid[FGR_DO_else_action] != NULL) {
        emit_with_else(e, v, n->kid[FGR_DO_else_action], emit_open(v->type), r);
    } else if (v->kind == FGR_CALL && (v->type->cls == FCC_C_VOID || !emit_is_option(v->type))) {
        emit_call(e, v, r);
    } else {
        (void)emit_value(e, v, NULL);
    }
}

static void jump_stmt(struct emit *e, const struct fgr_node *n)
{
    if (n->sym == NULL || n->sym->kind != FCC_S_STAGE) {
        uint16_t stage = emit_stage_named(e, n->text);
        emit_goto(e, stage);
        return;
    }
    emit_goto(e, (uint16_t)(n->sym->slot - 1));
}

static void split_stmt(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *arms = n->kid[FGR_SPLIT_arms];
    uint32_t done = emit_label(e);
    unsigned mark = emit_mark(e);
    unsigned hundred = emit_int(e, 100), dice = emit_reg(e, e->t_int), below = emit_reg(e, e->t_bool);
    int64_t sum = 0;
    emit_op(e, FBC_OP_RAND, dice, hundred, 0);
    for (uint32_t i = 0; i < arms->n_items; i++) {
        const struct fgr_node *arm = arms->items[i];
        uint32_t next = emit_label(e);
        sum += arm->num;
        if (i + 1 < arms->n_items) {
            emit_load_int(e, hundred, sum);
            emit_op(e, FBC_OP_LTI, below, dice, hundred);
            emit_jump_if(e, below, false, next);
        }
        emit_count(e, FBC_COUNT_SPLIT,
                   fn_arena_printf(e->arena, "%.*s/%.*s", FN_STR_ARG(n->text), FN_STR_ARG(arm->text)));
        emit_action(e, arm->kid[FGR_SPLIT_ARM_body]);
        emit_jump(e, done);
        emit_place(e, next);
    }
    emit_place(e, done);
    emit_release(e, mark);
}

void emit_block(struct emit *e, const struct fgr_node *block)
{
    const struct fgr_node *stmts = block->kid[FGR_BLOCK_stmts];
    unsigned mark = emit_mark(e);
    for (uint32_t i = 0; i < stmts->n_items && e->code == FN_OK; i++) {
        emit_stmt(e, stmts->items[i]);
    }
    emit_release(e, mark);
}

/* Statements whose locals outlive them: the others give back all they took. */
static bool declares(struct emit *e, const struct fgr_node *n)
{
    switch (n->kind) {
    case FGR_LET: let_stmt(e, n); return true;
    case FGR_ASK: emit_ask(e, n); return true;
    case FGR_CHOOSE: emit_choose(e, n); return true;
    case FGR_WAIT_EVENT: emit_wait_stmt(e, n); return true;
    default: return false;
    }
}

static bool control(struct emit *e, const struct fgr_node *n)
{
    switch (n->kind) {
    case FGR_BLOCK: emit_block(e, n); return true;
    case FGR_IF: if_stmt(e, n); return true;
    case FGR_WHILE: while_stmt(e, n); return true;
    case FGR_FOR: emit_for(e, n); return true;
    case FGR_MATCH: emit_match(e, n); return true;
    case FGR_CLASSIFY: emit_classify_stmt(e, n); return true;
    case FGR_SPLIT: split_stmt(e, n); return true;
    case FGR_JUMP: jump_stmt(e, n); return true;
    case FGR_END: emit_op(e, FBC_OP_END, 0, 0, 0); return true;
    case FGR_RETURN: return_stmt(e, n); return true;
    case FGR_ASSIGN: assign_stmt(e, n); return true;
    case FGR_DO: do_stmt(e, n); return true;
    case FGR_ALLOW: return true;
    default: return false;
    }
}

void emit_stmt(struct emit *e, const struct fgr_node *n)
{
    if (e->code != FN_OK || e->c->dead) {
        return; /* what nothing reaches was told by the checker */
    }
    emit_line(e, n);
    if (declares(e, n)) {
        return;
    }
    unsigned mark = emit_mark(e);
    if (control(e, n) || emit_send(e, n)) {
        emit_release(e, mark);
        return;
    }
    switch (n->kind) {
    case FGR_WAIT_FOR:
    case FGR_WAIT_UNTIL:
    case FGR_WAIT_MESSAGE: emit_wait_stmt(e, n); break;
    case FGR_TALK: emit_talk(e, n); break;
    case FGR_HANDOFF: emit_handoff(e, n); break;
    case FGR_SAVE: emit_save(e, n); break;
    case FGR_DELETE: emit_delete(e, n); break;
    default: emit_fail(e, FN_UNSUPPORTED, "no statement in %s", fgr_kind_name((enum fgr_kind)n->kind)); break;
    }
    emit_release(e, mark);
}

void emit_action(struct emit *e, const struct fgr_node *n)
{
    if (n == NULL) {
        return;
    }
    unsigned mark = emit_mark(e);
    emit_stmt(e, n);
    emit_release(e, mark);
}
