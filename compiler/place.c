/* place.c: what is known to be set. A fact is about a place: a variable, or a field of a place. Facts change along the walk; each change
 * goes on the trail, so that a branch can be undone and the ways that meet can be compared by what they changed: the cost is that of the
 * changes, not of the number of variables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

static struct place *make_place(struct ctx *c, struct fcc_sym *root, struct fcc_sym *field, struct place *parent)
{
    struct place *p = fn_arena_alloc(c->arena, sizeof *p);
    if (p == NULL) {
        c->full = true;
        return NULL;
    }
    *p = (struct place){.root = root, .field = field, .parent = parent};
    if (parent != NULL) {
        p->next = parent->kids;
        parent->kids = p;
    }
    return p;
}

struct place *sema_place_of(struct ctx *c, struct fcc_sym *sym)
{
    struct sym *s = sema_sym(sym);
    if (s->place == NULL) {
        s->place = make_place(c, sym, NULL, NULL);
    }
    return s->place;
}

static bool holds_value(const struct fcc_sym *s)
{
    return s->kind == FCC_S_VAR || s->kind == FCC_S_LOCAL || s->kind == FCC_S_PARAM || s->kind == FCC_S_CONTACT_FIELD;
}

struct place *sema_place(struct ctx *c, const struct fgr_node *n)
{
    if (n == NULL || n->sym == NULL) {
        return NULL;
    }
    if (holds_value(n->sym)) {
        return sema_place_of(c, n->sym);
    }
    struct place *object =
        n->kind == FGR_MEMBER_OF && n->sym->kind == FCC_S_FIELD ? sema_place(c, n->kid[FGR_MEMBER_OF_object]) : NULL;
    if (object == NULL) {
        return NULL;
    }
    for (struct place *p = object->kids; p != NULL; p = p->next) {
        if (p->field == n->sym) {
            return p;
        }
    }
    return make_place(c, object->root, n->sym, object);
}

static void set_one(struct ctx *c, struct place *p, bool set)
{
    if (p->set == set) {
        return;
    }
    struct fact *f = sema_push(c, &c->trail, sizeof *f);
    if (f != NULL) {
        *f = (struct fact){p, p->set};
        p->set = set;
    }
}

/* A new value in a place makes what was known of its fields unknown. */
void sema_fact(struct ctx *c, struct place *p, bool set)
{
    if (p == NULL) {
        return;
    }
    for (struct place *k = p->kids; k != NULL; k = k->next) {
        sema_fact(c, k, false);
    }
    set_one(c, p, set);
}

uint32_t sema_trail(const struct ctx *c)
{
    return c->trail.n;
}

void sema_undo(struct ctx *c, uint32_t mark)
{
    for (uint32_t i = c->trail.n; i > mark; i--) {
        const struct fact *f = &SEMA_AT(c->trail, struct fact, i - 1);
        f->place->set = f->before;
    }
    c->trail.n = mark;
}

/* Only an option can become unset again; what must be set once stays so. */
void sema_kill(struct ctx *c, const struct fcc_sym *s)
{
    struct place *p = sema_sym(s)->place;
    if (p == NULL) {
        return;
    }
    for (struct place *k = p->kids; k != NULL; k = k->next) {
        sema_fact(c, k, false);
    }
    if (sema_is_option(s->type)) {
        set_one(c, p, false);
    }
}

void sema_kill_all(struct ctx *c)
{
    for (uint32_t i = 0; i < c->globals.n; i++) {
        sema_kill(c, SEMA_AT(c->globals, struct fcc_sym *, i));
    }
}

static struct fcc_sym *root_of(struct ctx *c, const struct fgr_node *target)
{
    while (target != NULL && (target->kind == FGR_MEMBER_OF || target->kind == FGR_INDEX)) {
        const struct fgr_node *object = target->kid[0];
        bool contact = object != NULL && object->kind == FGR_NAME && sema_is(object->text, "contact", "contato");
        if (contact && target->kind == FGR_MEMBER_OF) {
            const struct name *n = sema_name(c, &c->fields, target->text, false);
            return n != NULL ? n->in[NS_VALUE] : NULL;
        }
        target = object;
    }
    return target != NULL && target->kind == FGR_NAME ? sema_lookup(c, NS_VALUE, target->text) : NULL;
}

void sema_kill_assigned(struct ctx *c, const struct fgr_node *n)
{
    if (n == NULL || c->depth > SEMA_DEPTH) {
        return;
    }
    c->depth++;
    const struct fcc_sym *target = n->kind == FGR_ASSIGN ? root_of(c, n->kid[FGR_ASSIGN_target]) : NULL,
                         *callee = sema_callee(c, n);
    if (target != NULL) {
        sema_kill(c, target);
    }
    if (callee != NULL) {
        sema_sum_kill(c, callee);
    }
    for (uint32_t i = 0; i < n->n_items; i++) {
        sema_kill_assigned(c, n->items[i]);
    }
    for (unsigned i = 0; i < n->n_kids; i++) {
        sema_kill_assigned(c, n->kid[i]);
    }
    c->depth--;
}

static bool is_none(const struct fgr_node *n)
{
    return n != NULL && n->kind == FGR_NONE;
}

static void assume_binary(struct ctx *c, const struct fgr_node *n, bool truth)
{
    const struct fgr_node *left = n->kid[FGR_BINARY_left], *right = n->kid[FGR_BINARY_right];
    bool both =
        (n->aux == FGR_OP_AND && truth) || (n->aux == FGR_OP_OR_ELSE && !truth && sema_is_basic(n->type, FGR_T_BOOL));
    if (both) {
        sema_assume(c, left, truth);
        sema_assume(c, right, truth);
    } else if ((n->aux == FGR_OP_NE && truth) || (n->aux == FGR_OP_EQ && !truth)) {
        const struct fgr_node *value = is_none(right) ? left : is_none(left) ? right : NULL;
        sema_fact(c, sema_place(c, value), true);
    } else if (n->aux == FGR_OP_EQ && truth && !is_none(left) && !is_none(right)) {
        /* equal to something that is there */
        const struct fgr_node *open =
            right != NULL && right->type != NULL && !sema_is_option(right->type) ? left : NULL;
        open = left != NULL && left->type != NULL && !sema_is_option(left->type) ? right : open;
        struct place *p = open != NULL && open->type != NULL && sema_is_option(open->type) ? sema_place(c, open) : NULL;
        sema_fact(c, p, true);
    }
}

void sema_assume(struct ctx *c, const struct fgr_node *cond, bool truth)
{
    if (cond == NULL || cond->type == NULL || c->depth > SEMA_DEPTH) {
        return;
    }
    c->depth++;
    if (cond->kind == FGR_BINARY) {
        assume_binary(c, cond, truth);
    } else if (cond->kind == FGR_UNARY && cond->aux == FGR_OP_NOT) {
        sema_assume(c, cond->kid[FGR_UNARY_value], !truth);
    } else if (truth && sema_is_option(cond->type)) {
        struct place *p = sema_place(c, cond);
        if (p != NULL) {
            set_one(c, p, true);
        }
    }
    c->depth--;
}

void sema_fork(struct ctx *c, struct fork *f)
{
    *f = (struct fork){.start = c->path, .joined = {.dead = true}, .mark = sema_trail(c)};
}

/* Joins what this way leaves of every place that it or an earlier way changed: set only when set on all of them. A place the earlier ways
 * did not touch has for them the value it had at the fork, which the trail's first entry for it tells. */
static void meet_facts(struct ctx *c, struct fork *f)
{
    uint32_t n = c->trail.n - f->mark;
    if (n + f->n_facts == 0) {
        return;
    }
    struct fact *facts = fn_arena_array(c->arena, (size_t)n + f->n_facts, sizeof *facts);
    if (facts == NULL) {
        c->full = true;
        return;
    }
    for (uint32_t i = 0; i < f->n_facts; i++) {
        facts[i] = (struct fact){f->facts[i].place, f->facts[i].before && f->facts[i].place->set};
    }
    uint32_t kept = f->n_facts;
    for (uint32_t i = 0; i < n; i++) {
        const struct fact *t = &SEMA_AT(c->trail, struct fact, f->mark + i);
        /* Lost here: lost. Gained here: only when there was no other way, for the others' gains are in the list already. */
        if (!t->place->set || !f->any) {
            facts[kept++] = (struct fact){t->place, t->place->set};
        }
    }
    f->facts = facts;
    f->n_facts = kept;
}

void sema_fork_next(struct ctx *c, struct fork *f)
{
    if (!c->path.dead) {
        meet_facts(c, f);
        sema_path_join(&f->joined, &c->path);
        f->any = true;
    }
    sema_undo(c, f->mark);
    c->path = f->start;
}

void sema_fork_join(struct ctx *c, struct fork *f)
{
    sema_undo(c, f->mark);
    for (uint32_t i = 0; i < f->n_facts; i++) {
        set_one(c, f->facts[i].place, f->facts[i].before);
    }
    c->path = f->joined;
}
