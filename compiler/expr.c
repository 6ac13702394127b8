/* expr.c: what an expression is: names, members, indexes. `want` is the type of the place it stands in (NULL: none known); it gives bare
 * enum members, empty lists and records without a name their type, and is not checked here: sema_expr_to does that.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

const struct fcc_type *sema_error(struct fgr_node *n)
{
    n->type = &fcc_t_error;
    return &fcc_t_error;
}

/* -- reading ---------------------------------------------------------------------------------------------------------------- */
void sema_taint_read(struct ctx *c, struct fcc_sym *sym)
{
    const struct sym *s = sema_sym(sym);
    unsigned t = s->taint;
    if (s->allowed != 0) {
        t &= ~(unsigned)TAINT_PERSONAL;
    }
    if (t != 0) {
        c->taint |= t;
        c->taint_by = sym;
    }
}

static void read_unset(struct ctx *c, struct fgr_node *n, struct fcc_sym *s)
{
    if (s->kind == FCC_S_LOCAL) {
        struct fn_diag *d = sema_name_diag(c, FGR_D_NOT_SET, n);
        fn_diag_label(d, s->decl->text_span, FGR_L_DECLARED_HERE);
        return;
    }
    if (c->unit.graph == SEMA_NO_INDEX) {
        return;
    }
    struct graph_read *r = sema_push(c, &c->reads, sizeof *r);
    if (r != NULL) {
        *r = (struct graph_read){c->unit.graph, s, n};
    }
}

static bool is_outer(const struct fcc_sym *s)
{
    return s->kind == FCC_S_VAR || s->kind == FCC_S_CONTACT_FIELD || s->kind == FCC_S_CONTACT;
}

/* The value of a variable, opened when it is known to be there. */
static const struct fcc_type *read_value(struct ctx *c, struct fgr_node *n, struct fcc_sym *s)
{
    if (is_outer(s) && (c->unit.kind == UNIT_FN || c->unit.kind == UNIT_CONST)) {
        sema_name_diag(c, c->unit.kind == UNIT_FN ? FGR_D_FN_NOT_PURE : FGR_D_NOT_CONSTANT, n);
        return sema_error(n);
    }
    const struct place *p = sema_sym(s)->place;
    bool set = p != NULL && p->set;
    if (!set && sema_sym(s)->needs_set && !c->writing) {
        read_unset(c, n, s);
    }
    sema_taint_read(c, s);
    return set ? sema_open(s->type) : s->type;
}

static const struct fcc_type *not_a_value(struct ctx *c, struct fgr_node *n, const struct fcc_sym *s)
{
    struct fn_diag *d = sema_name_diag(c, FGR_D_NOT_A_VALUE, n);
    if (s->decl != NULL && s->file == c->file) {
        fn_diag_label(d, s->decl->text_span, FGR_L_DECLARED_HERE);
    }
    return sema_error(n);
}

static struct fcc_sym *member_of_enum(const struct fcc_type *e, struct fn_str name)
{
    return e != NULL && e->cls == FCC_C_ENUM ? sema_part(e->decl, name) : NULL;
}

static const struct fcc_type *take_member(struct fgr_node *n, struct fcc_sym *m, const struct fcc_type *e)
{
    m->uses++;
    m->type = e;
    e->decl->uses++;
    n->sym = m;
    return n->type = e;
}

/* NAME that must be a member of e. */
const struct fcc_type *sema_enum_member(struct ctx *c, struct fgr_node *n, const struct fcc_type *e)
{
    struct fcc_sym *m = member_of_enum(e, n->text);
    if (m != NULL) {
        return take_member(n, m, e);
    }
    struct fn_diag *d = sema_name_diag(c, FGR_D_MEMBER_UNKNOWN, n);
    sema_arg(d, "owner", e->decl->name);
    struct suggest best;
    sema_suggest_begin(&best, c, n->text);
    const struct fgr_node *members = e->decl->decl->kid[FGR_ENUM_members];
    for (uint32_t i = 0; i < members->n_items; i++) {
        sema_suggest_try(&best, members->items[i]->text, members->items[i]->sym);
    }
    sema_suggest_end(&best, d, n->text_span.b > n->text_span.a ? n->text_span : n->span);
    return sema_error(n);
}

/* `now` for `now()`. */
static const struct fcc_type *call_needed(struct ctx *c, struct fgr_node *n, const struct fcc_builtin *b)
{
    struct fn_diag *d = sema_name_diag(c, FGR_D_CALL_NEEDED, n);
    if (fn_str_starts(fn_str_c(b->sig), FN_STR("()"))) {
        fn_diag_fix(d, FN_FIX_SAFE, (struct fn_span){n->text_span.b, n->text_span.b}, FN_STR("()"));
    }
    return sema_error(n);
}

/* A name that is nothing here but a member of exactly some enum: the place gives no type. */
static bool member_somewhere(const struct ctx *c, struct fn_str name)
{
    for (uint32_t i = 0; i < c->syms.n; i++) {
        const struct fcc_sym *s = SEMA_AT(c->syms, struct fcc_sym *, i);
        if (s->kind == FCC_S_MEMBER && fn_str_eq(s->name, name)) {
            return true;
        }
    }
    return false;
}

const struct fcc_type *sema_name_expr(struct ctx *c, struct fgr_node *n, const struct fcc_type *want)
{
    const struct fcc_type *e = want != NULL ? sema_open(want) : NULL;
    struct fcc_sym *m = member_of_enum(e, n->text), *s = sema_lookup(c, NS_VALUE, n->text);
    if (m != NULL && (s == NULL || !fcc_same(sema_open(s->type), e))) {
        return take_member(n, m, e);
    }
    if (s == NULL && e != NULL && e->cls == FCC_C_ENUM && n->text.n != 0) {
        return sema_enum_member(c, n, e);
    }
    if (s == NULL && !sema_full(c) && member_somewhere(c, n->text)) {
        if (want != NULL && sema_is_error(want)) {
            return sema_error(n); /* its enum is what is unknown */
        }
        sema_name_diag(c, FGR_D_MEMBER_WITHOUT_TYPE, n);
        return sema_error(n);
    }
    const struct fcc_builtin *b = s == NULL && n->text.n != 0 ? sema_builtin("", n->text) : NULL;
    if (b != NULL) {
        return call_needed(c, n, b);
    }
    if (s == NULL) {
        s = sema_find(c, NS_VALUE, n, n->text, FGR_D_NAME_UNKNOWN, NULL);
    } else {
        s->uses++;
    }
    n->sym = s;
    if (s == NULL) {
        return sema_error(n);
    }
    switch (s->kind) {
    case FCC_S_VAR:
    case FCC_S_LOCAL:
    case FCC_S_PARAM: return read_value(c, n, s);
    case FCC_S_SECRET: return sema_secret(c, n, s);
    case FCC_S_CONTACT_FIELD:
    case FCC_S_STAGE:
    case FCC_S_FN:
    case FCC_S_FLOW:
    case FCC_S_TOOL:
    case FCC_S_AGENT:
    case FCC_S_ENUM:
    case FCC_S_MEMBER:
    case FCC_S_RECORD:
    case FCC_S_FIELD:
    case FCC_S_TABLE:
    case FCC_S_HOURS:
    case FCC_S_EVENT:
    case FCC_S_MODULE:
    case FCC_S_BUILTIN:
    case FCC_S_CONTACT: break;
    }
    return not_a_value(c, n, s);
}

/* -- members ------------------------------------------------------------------------------------------------------------------ */
static const struct fcc_type *contact_member(struct ctx *c, struct fgr_node *n)
{
    const struct name *f = sema_name(c, &c->fields, n->text, false);
    struct fcc_sym *s = f != NULL ? f->in[NS_VALUE] : NULL; /* none is named as the language's own are: declare.c */
    n->sym = s;
    if (s != NULL) {
        s->uses++;
        return read_value(c, n, s);
    }
    const struct fcc_builtin *own = sema_builtin("contact", n->text);
    if (own != NULL) {
        n->sym = sema_builtin_sym(c, own);
        return &fcc_t_phone;
    }
    if (n->text.n == 0) {
        return sema_error(n);
    }
    struct fn_diag *d = sema_name_diag(c, FGR_D_CONTACT_FIELD_UNKNOWN, n);
    struct suggest best;
    sema_suggest_begin(&best, c, n->text);
    for (uint32_t i = 0; i < c->fields.cap; i++) {
        const struct name *other = c->fields.slots[i];
        if (other != NULL) {
            sema_suggest_try(&best, other->text, other->in[NS_VALUE]);
        }
    }
    sema_suggest_end(&best, d, n->text_span);
    if (best.sym == NULL) {
        return sema_error(n);
    }
    n->sym = (struct fcc_sym *)(uintptr_t)best.sym; /* so that what is asked for counts as asked for */
    return read_value(c, n, n->sym);
}

static const struct fcc_type *record_member(struct ctx *c, struct fgr_node *n, const struct fcc_type *t)
{
    struct fcc_sym *f = sema_field(t, n->text);
    n->sym = f;
    if (f == NULL) {
        if (n->text.n == 0) {
            return sema_error(n);
        }
        struct fn_diag *d = sema_name_diag(c, FGR_D_FIELD_UNKNOWN, n);
        sema_arg(d, "owner", t->decl->name);
        struct suggest best;
        struct fgr_node **fields;
        uint32_t count = sema_n_fields(t, &fields);
        sema_suggest_begin(&best, c, n->text);
        for (uint32_t i = 0; i < count; i++) {
            sema_suggest_try(&best, fields[i]->text, fields[i]->sym);
        }
        sema_suggest_end(&best, d, n->text_span);
        return sema_error(n);
    }
    f->uses++;
    sema_taint_read(c, f);
    const struct place *p = sema_place(c, n);
    return p != NULL && p->set ? sema_open(f->type) : f->type;
}

const struct fcc_type *sema_no_member(struct ctx *c, struct fgr_node *n, const struct fcc_type *t, const char *owner)
{
    if (n->text.n == 0) {
        return sema_error(n);
    }
    struct fn_diag *d = sema_name_diag(c, FGR_D_NO_MEMBER, n);
    bool pt = c->p->trees[c->file].spelling == FN_PT;
    if (t->cls == FCC_C_VOID) {
        sema_arg(d, "type", fn_str_c(fgr_token_spelling(FGR_TOK_HOURS, pt)));
    } else {
        sema_arg_type(c, d, "type", t);
    }
    struct suggest best;
    sema_suggest_begin(&best, c, n->text);
    for (size_t i = 0; i < FCC_BUILTINS; i++) {
        if (strcmp(fcc_builtins[i].owner, owner) == 0) {
            sema_suggest_try(&best, fn_str_c(pt ? fcc_builtins[i].pt : fcc_builtins[i].en), NULL);
        }
    }
    sema_suggest_end(&best, d, n->text_span);
    return sema_error(n);
}

bool sema_hours_object(struct ctx *c, struct fgr_node *object)
{
    struct fcc_sym *s = object->kind == FGR_NAME ? sema_lookup(c, NS_VALUE, object->text) : NULL;
    if (s == NULL || s->kind != FCC_S_HOURS) {
        return false;
    }
    s->uses++;
    object->sym = s;
    object->type = &fcc_t_void;
    return true;
}

static const struct fcc_type *property(struct ctx *c, struct fgr_node *n, const struct fcc_builtin *b,
                                       const struct fcc_type *owner)
{
    n->sym = sema_builtin_sym(c, b);
    if (!b->property) {
        return call_needed(c, n, b);
    }
    return sema_builtin_result(c, n, b, owner, NULL);
}

const struct fcc_type *sema_module_member(struct ctx *c, struct fgr_node *n, struct fcc_sym *m)
{
    m->uses++;
    n->kid[FGR_MEMBER_OF_object]->sym = m;
    n->kid[FGR_MEMBER_OF_object]->type = &fcc_t_void;
    if (m->index >= c->p->n_trees) {
        return sema_error(n); /* told where it is used */
    }
    struct file_mark mark = {c->file, c->names};
    c->names = &c->tables[m->index]; /* found there, told here */
    struct fcc_sym *s = sema_find(c, NS_VALUE, n, n->text, FGR_D_MODULE_NAME_UNKNOWN, NULL);
    c->names = mark.names;
    n->sym = s;
    return s != NULL ? s->type : sema_error(n);
}

const struct fcc_type *sema_member_expr(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *object = n->kid[FGR_MEMBER_OF_object];
    struct fcc_sym *s = object->kind == FGR_NAME ? sema_lookup(c, NS_VALUE, object->text) : NULL;
    if (s != NULL && s->kind == FCC_S_CONTACT) {
        object->sym = s;
        object->type = &fcc_t_void;
        return contact_member(c, n);
    }
    if (s != NULL && s->kind == FCC_S_MODULE) {
        sema_module_member(c, n, s);
        return n->sym != NULL ? not_a_value(c, n, n->sym) : sema_error(n);
    }
    if (s != NULL && s->kind == FCC_S_ENUM) {
        object->sym = s;
        object->type = s->type;
        return sema_enum_member(c, n, sema_type_of_decl(c, s));
    }
    if (sema_hours_object(c, object)) {
        const struct fcc_builtin *b = sema_builtin("hours", n->text);
        return b != NULL ? property(c, n, b, &fcc_t_void) : sema_no_member(c, n, &fcc_t_void, "hours");
    }
    const struct fcc_type *t = sema_expr_open(c, object, NULL);
    if (sema_is_error(t)) {
        return sema_error(n);
    }
    if (t->cls == FCC_C_RECORD) {
        return record_member(c, n, t);
    }
    const struct fcc_builtin *b = sema_builtin(sema_owner(t), n->text);
    return b != NULL ? property(c, n, b, t) : sema_no_member(c, n, t, sema_owner(t));
}

/* -- the rest ------------------------------------------------------------------------------------------------------------------ */
static const struct fcc_type *index_expr(struct ctx *c, struct fgr_node *n)
{
    const struct fcc_type *t = sema_expr_open(c, n->kid[FGR_INDEX_object], NULL);
    if (t->cls == FCC_C_LIST) {
        sema_expr_to(c, n->kid[FGR_INDEX_key], &fcc_t_int);
        return t->elem;
    }
    if (t->cls == FCC_C_MAP) {
        sema_expr_to(c, n->kid[FGR_INDEX_key], &fcc_t_text);
        return sema_type_option(c, t->elem);
    }
    sema_expr(c, n->kid[FGR_INDEX_key], NULL);
    if (!sema_is_error(t)) {
        sema_arg_type(c, sema_diag(c, FGR_D_NOT_INDEXABLE, n), "type", t);
    }
    return sema_error(n);
}

static const struct fcc_type *as_expr(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *value = n->kid[FGR_AS_value];
    if (c->effect_at == n) {
        c->effect_at = value;
    }
    const struct fcc_type *t = sema_open(sema_expr(c, value, NULL)), *to = sema_type_node(c, n->kid[FGR_AS_type]);
    if (!sema_is_error(t) && !sema_is_basic(t, FGR_T_JSON)) {
        sema_arg_type(c, sema_diag(c, FGR_D_AS_NEEDS_JSON, n), "type", t);
    }
    c->taint |= sema_type_taint(to);
    return sema_type_option(c, to);
}

static const struct fcc_type *other_expr(struct ctx *c, struct fgr_node *n, const struct fcc_type *want)
{
    switch (n->kind) {
    case FGR_NAME: return sema_name_expr(c, n, want);
    case FGR_MEMBER_OF: return sema_member_expr(c, n);
    case FGR_INDEX: return index_expr(c, n);
    case FGR_CALL: return sema_call(c, n);
    case FGR_INT: return want != NULL && sema_is_basic(sema_open(want), FGR_T_NUMBER) ? &fcc_t_number : &fcc_t_int;
    case FGR_NUMBER: return &fcc_t_number;
    case FGR_MONEY: return &fcc_t_money;
    case FGR_BOOL: return &fcc_t_bool;
    case FGR_NONE: return &fcc_t_none;
    case FGR_DURATION: return &fcc_t_duration;
    case FGR_TEXT: return sema_text(c, n);
    case FGR_UNARY: return sema_unary(c, n, want);
    case FGR_BINARY: return sema_binary(c, n, want);
    case FGR_LIST_LIT: return sema_list_lit(c, n, want);
    case FGR_RECORD_LIT: return sema_record_lit(c, n, want);
    case FGR_AS: return as_expr(c, n);
    case FGR_HTTP:
    case FGR_EXTRACT:
    case FGR_WRITE:
    case FGR_FIND:
    case FGR_CLASSIFY: return sema_effect(c, n);
    default: return sema_error(n);
    }
}

const struct fcc_type *sema_expr(struct ctx *c, struct fgr_node *n, const struct fcc_type *want)
{
    if (n == NULL) {
        return &fcc_t_error;
    }
    if (c->depth >= SEMA_DEPTH || c->full) {
        if (!c->full && !c->deep) {
            sema_diag(c, FGR_D_TOO_COMPLEX, n);
            c->deep = true;
        }
        return sema_error(n);
    }
    c->depth++;
    n->type = other_expr(c, n, want);
    c->depth--;
    return n->type;
}

const struct fcc_type *sema_expr_to(struct ctx *c, struct fgr_node *n, const struct fcc_type *want)
{
    const struct fcc_type *got = sema_expr(c, n, want);
    if (n != NULL) {
        sema_want(c, n, want, got);
    }
    return got;
}

const struct fcc_type *sema_expr_open(struct ctx *c, struct fgr_node *n, const struct fcc_type *want)
{
    const struct fcc_type *t = sema_expr(c, n, want);
    if (sema_is_option(t)) {
        struct fn_diag *d = sema_diag(c, FGR_D_MAY_BE_NONE, n);
        sema_arg_type(c, d, "type", t);
        d->why = c->in_text ? FGR_W_MAY_BE_NONE : FGR_W_NONE;
        return sema_error(n);
    }
    if (t->cls == FCC_C_VOID || t->cls == FCC_C_NONE) {
        sema_diag(c, FGR_D_NO_VALUE, n);
        return sema_error(n);
    }
    return t;
}

/* `if x`: true, or there. `bool?` would be read two ways, so it must say which. */
void sema_cond(struct ctx *c, struct fgr_node *n)
{
    unsigned before = c->taint;
    const struct fcc_type *t = sema_expr(c, n, &fcc_t_bool);
    c->taint = before;
    bool good =
        sema_is_error(t) || sema_is_basic(t, FGR_T_BOOL) || (sema_is_option(t) && !sema_is_basic(t->elem, FGR_T_BOOL));
    if (!good) {
        sema_arg_type(c, sema_diag(c, FGR_D_NOT_A_CONDITION, n), "type", t);
    }
}
