/* emit_match.c: match and classify: one value, several arms. Enums go through a table, the rest arm by arm.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

static bool is_else(const struct fgr_node *arm)
{
    return (arm->flags & FGR_ELSE) != 0;
}

/* The arm of each member: labels[i]; members no arm names go to `rest`. */
static void enum_labels(const struct fgr_node *arms, const uint32_t *of_arm, uint32_t *labels)
{
    for (uint32_t i = 0; i < arms->n_items; i++) {
        const struct fgr_node *patterns = arms->items[i]->kid[FGR_ARM_patterns];
        for (uint32_t k = 0; k < patterns->n_items; k++) {
            const struct fcc_sym *sym = patterns->items[k]->sym;
            if (sym != NULL && sym->kind == FCC_S_MEMBER) {
                labels[sym->index] = of_arm[i];
            }
        }
    }
}

/* Goes to the arm of an index into the members; behind it: -1, which is failure, or nothing at all. */
static void enum_arms(struct emit *e, const struct fgr_node *arms, const struct fcc_type *t, unsigned index)
{
    uint32_t members = t->decl->decl->kid[FGR_ENUM_members]->n_items, done = emit_label(e), rest = done,
             failed = EMIT_NO_LABEL;
    uint32_t *of_arm = fn_arena_array(e->arena, arms->n_items + 1u, sizeof *of_arm),
             *labels = fn_arena_array(e->arena, members + 1u, sizeof *labels);
    if (of_arm == NULL || labels == NULL) {
        emit_fail(e, FN_NO_MEMORY, "no memory");
        return;
    }
    for (uint32_t i = 0; i < arms->n_items; i++) {
        of_arm[i] = emit_label(e);
        rest = is_else(arms->items[i]) ? of_arm[i] : rest;
        failed = (arms->items[i]->flags & FGR_FAILED) != 0 ? of_arm[i] : failed;
    }
    for (uint32_t i = 0; i < members; i++) {
        labels[i] = rest;
    }
    enum_labels(arms, of_arm, labels);
    emit_switch(e, index, labels, members);
    emit_jump(e, failed != EMIT_NO_LABEL ? failed : rest);
    for (uint32_t i = 0; i < arms->n_items; i++) {
        emit_place(e, of_arm[i]);
        emit_action(e, arms->items[i]->kid[FGR_ARM_action]);
        emit_jump(e, done);
    }
    emit_place(e, done);
}

void emit_classify_stmt(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *arms = n->kid[FGR_CLASSIFY_arms];
    const struct fcc_type *t = emit_open(n->kid[FGR_CLASSIFY_type]->type);
    unsigned mark = emit_mark(e), keep = emit_reg(e, e->t_int);
    unsigned inner = emit_mark(e);
    emit_op(e, FBC_OP_MOV, keep, emit_classify_call(e, n, t), 0);
    emit_release(e, inner);
    enum_arms(e, arms, t, keep);
    emit_release(e, mark);
}

/* -- match --------------------------------------------------------------------------------------------------------------------------- */

static void range_test(struct emit *e, const struct fgr_node *p, unsigned value, const struct fcc_type *t,
                       uint32_t label)
{
    unsigned low = emit_value(e, p->kid[FGR_RANGE_low], t), high = emit_value(e, p->kid[FGR_RANGE_high], t),
             in = emit_reg(e, e->t_bool);
    enum fbc_op op = emit_repr(t) == FBC_REPR_F ? FBC_OP_LEF : FBC_OP_LEI;
    uint32_t out = emit_label(e);
    emit_op(e, op, in, low, value);
    emit_jump_if(e, in, false, out);
    emit_op(e, op, in, value, high);
    emit_jump_if(e, in, true, label);
    emit_place(e, out);
}

/* Goes to label when the subject fits the pattern. */
static void test(struct emit *e, const struct fgr_node *p, unsigned subject, const struct fcc_type *t, uint32_t label)
{
    unsigned mark = emit_mark(e), ok = emit_reg(e, e->t_bool);
    uint32_t out = emit_label(e);
    const struct fcc_type *open = emit_open(t);
    unsigned value = subject;
    if (emit_is_option(t)) {
        emit_op(e, FBC_OP_HAS, ok, subject, 0);
        emit_jump_if(e, ok, false, p->kind == FGR_NONE ? label : out);
        if (p->kind != FGR_NONE) {
            value = emit_reg(e, emit_type(e, open));
            emit_op(e, FBC_OP_OPEN, value, subject, 0);
        }
    }
    if (p->kind == FGR_RANGE) {
        range_test(e, p, value, open, label);
    } else if (p->kind != FGR_NONE) {
        emit_equal(e, ok, value, emit_value(e, p, open), open);
        emit_jump_if(e, ok, true, label);
    }
    emit_place(e, out);
    emit_release(e, mark);
}

static void arm_by_arm(struct emit *e, const struct fgr_node *arms, unsigned subject, const struct fcc_type *t)
{
    uint32_t done = emit_label(e);
    const struct fgr_node *otherwise = NULL;
    for (uint32_t i = 0; i < arms->n_items; i++) {
        const struct fgr_node *arm = arms->items[i], *patterns = arm->kid[FGR_ARM_patterns];
        if (is_else(arm)) {
            otherwise = arm;
            continue;
        }
        uint32_t yes = emit_label(e), next = emit_label(e);
        for (uint32_t k = 0; k < patterns->n_items; k++) {
            test(e, patterns->items[k], subject, t, yes);
        }
        emit_jump(e, next);
        emit_place(e, yes);
        emit_action(e, arm->kid[FGR_ARM_action]);
        emit_jump(e, done);
        emit_place(e, next);
    }
    if (otherwise != NULL) {
        emit_action(e, otherwise->kid[FGR_ARM_action]);
    } else {
        emit_op(e, FBC_OP_FAIL, 3, 0, 0); /* exhaustive: the checker saw to it */
    }
    emit_place(e, done);
}

void emit_match(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *subject = n->kid[FGR_MATCH_subject], *arms = n->kid[FGR_MATCH_arms];
    unsigned mark = emit_mark(e), value = emit_reg(e, emit_type(e, subject->type));
    emit_into(e, subject, subject->type, value);
    if (subject->type->cls == FCC_C_ENUM) {
        enum_arms(e, arms, subject->type, value);
    } else {
        arm_by_arm(e, arms, value, subject->type);
    }
    emit_release(e, mark);
}
