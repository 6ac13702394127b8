/* privacy.c: guarantee 7. A value carries the modifiers of what it was made of (c->taint, gathered while an expression is read); here is where
 * it may not arrive. `mask(x)` takes `personal` off, `allow personal x` lets one name through; nothing takes `secret` off.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

static void leak(struct ctx *c, enum fgr_diag d, const struct fgr_node *at, enum fgr_why why)
{
    struct fn_diag *out = sema_diag(c, d, at);
    if (c->taint_by != NULL) {
        sema_arg(out, "name", c->taint_by->name);
        if (c->taint_by->decl != NULL && c->taint_by->file == c->file) {
            fn_diag_label(out, c->taint_by->decl->text_span, FGR_L_DECLARED_HERE);
        }
    }
    out->why = (uint16_t)why;
}

void sema_taint_into(struct ctx *c, const struct fgr_node *at, const struct fcc_sym *target)
{
    unsigned kept = sema_sym(target)->taint;
    if ((c->taint & TAINT_SECRET & ~kept) != 0) {
        leak(c, FGR_D_SECRET_LEAK, at, FGR_W_SECRET);
    } else if ((c->taint & TAINT_PERSONAL & ~kept) != 0) {
        leak(c, FGR_D_PERSONAL_LOST, at, FGR_W_PERSONAL);
    }
    c->taint &= kept; /* told: what it goes into is not told again */
}

void sema_taint_model(struct ctx *c, const struct fgr_node *at)
{
    if ((c->taint & TAINT_SECRET) != 0) {
        leak(c, FGR_D_SECRET_LEAK, at, FGR_W_SECRET);
    } else if ((c->taint & TAINT_PERSONAL) != 0) {
        leak(c, FGR_D_PERSONAL_TO_MODEL, at, FGR_W_PERSONAL);
    }
}

/* To the contact themself, but the log remembers it: emission marks the effect (emit_personal). */
void sema_taint_message(struct ctx *c, const struct fgr_node *at)
{
    if ((c->taint & TAINT_SECRET) != 0) {
        leak(c, FGR_D_SECRET_LEAK, at, FGR_W_SECRET);
    }
    if ((c->taint & TAINT_PERSONAL) != 0) {
        ((struct fgr_node *)(uintptr_t)at)->flags |= FGR_PERSONAL;
    }
}

void sema_taint_url(struct ctx *c, const struct fgr_node *at)
{
    if ((c->taint & TAINT_PERSONAL) != 0) {
        leak(c, FGR_D_PERSONAL_TO_URL, at, FGR_W_PERSONAL);
    }
}

/* In the machine a secret has no value: a mark stands for it until the call goes out (emit_host.c), so that cutting, comparing or keeping it would be
 * of the mark. It is named as it is, in what `http` sends. */
const struct fcc_type *sema_secret(struct ctx *c, struct fgr_node *n, struct fcc_sym *s)
{
    sema_taint_read(c, s);
    if ((n->flags & FGR_SECRET_FLAG) != 0) {
        return s->type;
    }
    leak(c, FGR_D_SECRET_LEAK, n, FGR_W_SECRET);
    c->taint &= ~(unsigned)TAINT_SECRET; /* told */
    n->type = &fcc_t_error;
    return &fcc_t_error;
}

/* A text in a text is put together before, so a secret stands in the outer one. */
static void secret_fits(struct fgr_node *n, bool in_text)
{
    if (n == NULL) {
        return;
    }
    bool holds = n->kind == FGR_LIST || (!in_text && (n->kind == FGR_TEXT || n->kind == FGR_LIST_LIT ||
                                                      n->kind == FGR_RECORD_LIT || n->kind == FGR_NAMED_ARG));
    n->flags |= n->kind == FGR_NAME ? FGR_SECRET_FLAG : 0;
    for (unsigned i = 0; holds && i < n->n_kids; i++) { /* depth: FGR_DEPTH_MAX, by the parser */
        secret_fits(n->kid[i], in_text || n->kind == FGR_TEXT);
    }
    for (uint32_t i = 0; holds && i < n->n_items; i++) {
        secret_fits(n->items[i], in_text || n->kind == FGR_TEXT);
    }
}

void sema_secret_fits(struct fgr_node *value)
{
    secret_fits(value, false);
}

/* -- loops ------------------------------------------------------------------------------------------------------------------------------ */
/* What a local is made of is learned along the walk, but what a round leaves in it the next one reads. So before a body is walked, what its
 * assignments may bring in is worked out from their form: the taint of an expression is at most that of the names in it. */
struct round {
    struct names inner; /* names the body declares: `times` is their taint */
    bool grew;
    unsigned all; /* what any of them may be, once following them one by one takes too long */
};

enum { ROUNDS_FOLLOWED = 8 };

static unsigned taint_of_name(struct ctx *c, const struct round *r, struct fn_str text, const struct names *table)
{
    const struct name *inner = table == NULL ? sema_name(c, (struct names *)(uintptr_t)&r->inner, text, false) : NULL;
    const struct name *field = table != NULL ? sema_name(c, (struct names *)(uintptr_t)table, text, false) : NULL;
    const struct fcc_sym *s =
        table != NULL ? (field != NULL ? field->in[NS_VALUE] : NULL) : sema_lookup(c, NS_VALUE, text);
    unsigned t = inner != NULL ? inner->times : 0;
    if (s != NULL) {
        t |= sema_sym(s)->taint & (sema_sym(s)->allowed != 0 ? ~(unsigned)TAINT_PERSONAL : ~0U);
    }
    return t;
}

static bool is_contact_name(const struct fgr_node *n)
{
    return n->kind == FGR_NAME && sema_is(n->text, "contact", "contato");
}

static unsigned taint_of(struct ctx *c, const struct round *r, const struct fgr_node *n)
{
    if (n == NULL || c->depth > SEMA_DEPTH) {
        return 0;
    }
    bool field = n->kind == FGR_MEMBER_OF && is_contact_name(n->kid[FGR_MEMBER_OF_object]);
    bool compares = n->kind == FGR_BINARY && n->aux >= FGR_OP_EQ && n->aux <= FGR_OP_AND;
    if (field || compares) { /* whether two values are alike says nothing of what they are */
        return field ? taint_of_name(c, r, n->text, &c->fields) : 0;
    }
    const struct fgr_node *callee = n->kind == FGR_CALL ? n->kid[FGR_CALL_callee] : NULL;
    bool mask = callee != NULL && callee->kind == FGR_NAME && sema_is(callee->text, "mask", "mascare");
    bool names = n->kind == FGR_NAME || n->kind == FGR_TYPE || n->kind == FGR_FIND || n->kind == FGR_RECORD_LIT;
    unsigned t = names && n->text.n != 0 ? taint_of_name(c, r, n->text, NULL) : 0;
    t |= n->kind == FGR_TYPE && (n->flags & FGR_PERSONAL) != 0 ? TAINT_PERSONAL : 0;
    c->depth++;
    for (uint32_t i = 0; i < n->n_items; i++) {
        t |= taint_of(c, r, n->items[i]);
    }
    for (unsigned i = 0; i < n->n_kids; i++) {
        t |= taint_of(c, r, n->kid[i]);
    }
    c->depth--;
    return mask ? t & ~(unsigned)TAINT_PERSONAL : t;
}

static void taint_name(struct ctx *c, struct round *r, struct fn_str text, unsigned taint)
{
    struct fcc_sym *s = sema_lookup(c, NS_VALUE, text);
    taint |= r->all;
    if (text.n == 0 || taint == 0) {
        return;
    }
    if (s != NULL) {
        r->grew |= s->kind == FCC_S_LOCAL && (taint & ~(unsigned)sema_sym(s)->taint) != 0;
        sema_sym(s)->taint |=
            s->kind == FCC_S_LOCAL ? (uint8_t)taint : 0; /* a variable takes no more than it is declared for */
        return;
    }
    struct name *inner = sema_name(c, &r->inner, text, true);
    if (inner != NULL) {
        r->grew |= (taint & ~inner->times) != 0;
        inner->times |= taint;
    }
}

static void taint_binds(struct ctx *c, struct round *r, const struct fgr_node *n)
{
    const struct fcc_sym *e = sema_lookup(c, NS_EVENT, n->text);
    const struct fgr_node *params = e != NULL ? e->decl->kid[FGR_EVENT_params] : NULL,
                          *binds = n->kid[FGR_WAIT_EVENT_binds];
    for (uint32_t i = 0; params != NULL && binds != NULL && i < binds->n_items && i < params->n_items; i++) {
        const struct fcc_sym *p = params->items[i]->sym;
        taint_name(c, r, binds->items[i]->text, p != NULL ? sema_sym(p)->taint : 0);
    }
}

static void one_round(struct ctx *c, struct round *r, const struct fgr_node *n)
{
    if (n == NULL || c->depth > SEMA_DEPTH) {
        return;
    }
    const struct fgr_node *target = n->kind == FGR_ASSIGN ? n->kid[FGR_ASSIGN_target]
                                    : n->kind == FGR_ASK  ? n->kid[FGR_ASK_target]
                                                          : NULL;
    while (target != NULL && (target->kind == FGR_INDEX || target->kind == FGR_MEMBER_OF)) {
        target = target->kid[0];
    }
    if (n->kind == FGR_LET || n->kind == FGR_FOR || n->kind == FGR_CHOOSE) {
        const struct fgr_node *from = n->kind == FGR_FOR      ? n->kid[FGR_FOR_source]
                                      : n->kind == FGR_CHOOSE ? n->kid[FGR_CHOOSE_source]
                                                              : n;
        taint_name(c, r, n->text, taint_of(c, r, from));
    } else if (n->kind == FGR_WAIT_EVENT) {
        taint_binds(c, r, n);
    } else if (target != NULL && !is_contact_name(target)) {
        taint_name(c, r, target->text, taint_of(c, r, n));
    }
    c->depth++;
    for (uint32_t i = 0; i < n->n_items; i++) {
        one_round(c, r, n->items[i]);
    }
    for (unsigned i = 0; i < n->n_kids; i++) {
        one_round(c, r, n->kid[i]);
    }
    c->depth--;
}

void sema_taint_rounds(struct ctx *c, const struct fgr_node *body)
{
    struct round r = {{0}, (body->flags & FGR_ASSIGNS) != 0, 0};
    for (uint32_t i = 0; r.grew && !c->full; i++) { /* each round taints one more name at least, or is the last */
        r.grew = false;
        r.all = i >= ROUNDS_FOLLOWED ? TAINT_SECRET | TAINT_PERSONAL : 0;
        one_round(c, &r, body);
    }
}
