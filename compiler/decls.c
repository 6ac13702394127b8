/* decls.c: pass two: the types of everything declared, and what declarations promise (agents, hours, starts, budgets).
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

#include "fn_utf8.h"

static void set_flags(struct fcc_sym *s, uint32_t flags)
{
    s->personal |= (flags & FGR_PERSONAL) != 0;
    s->secret |= (flags & FGR_SECRET_FLAG) != 0;
    unsigned t = (s->personal ? TAINT_PERSONAL : 0) | (s->secret ? TAINT_SECRET : 0) | sema_type_taint(s->type);
    sema_sym(s)->taint |= (uint8_t)t;
}

/* FIELD or PARAM or VAR: its TYPE node gives the type and the modifiers. */
static void resolve_part(struct ctx *c, struct fgr_node *part, struct fgr_node *type)
{
    struct fcc_sym *s = part->sym;
    if (s == NULL) {
        return;
    }
    s->type = sema_type_node(c, type);
    part->type = s->type;
    set_flags(s, part->flags | (type != NULL ? type->flags : 0));
}

static void first_value(struct ctx *c, struct fgr_node *init, const struct fcc_sym *s)
{
    if (init != NULL) {
        c->taint = 0;
        sema_expr_to(c, init, s->type);
        sema_taint_into(c, init, s);
    }
}

static bool starts_alone(const struct fcc_type *t)
{
    return t->cls == FCC_C_OPTION || t->cls == FCC_C_LIST || t->cls == FCC_C_MAP || t->cls == FCC_C_ERROR;
}

static void resolve_record(struct ctx *c, struct fcc_sym *s, struct fgr_node *fields)
{
    struct sym *own = sema_sym(s);
    own->visit = 1;
    struct file_mark m = sema_file_enter(c, s->file);
    for (uint32_t i = 0; i < fields->n_items; i++) {
        struct fgr_node *f = fields->items[i];
        resolve_part(c, f, f->kid[FGR_FIELD_type]);
        if (f->sym != NULL) {
            own->taint |= sema_sym(f->sym)->taint;
        }
    }
    sema_file_leave(c, m);
    own->visit = 2;
}

const struct fcc_type *sema_type_of_decl(struct ctx *c, struct fcc_sym *s)
{
    struct sym *own = sema_sym(s);
    if (own->visit == 1) {
        struct file_mark m = sema_file_enter(c, s->file);
        sema_name_diag(c, FGR_D_RECURSIVE_TYPE, s->decl);
        sema_file_leave(c, m);
        own->visit = 2;
        return &fcc_t_error;
    }
    if (sema_is_error(s->type) && own->visit == 0) {
        struct fcc_type *t = fn_arena_alloc(c->arena, sizeof *t);
        if (t == NULL) {
            c->full = true;
            return &fcc_t_error;
        }
        *t = (struct fcc_type){.cls = s->kind == FCC_S_ENUM ? FCC_C_ENUM : FCC_C_RECORD, .decl = s};
        s->type = t;
        s->decl->type = t;
        if (s->kind != FCC_S_ENUM) {
            resolve_record(c, s, s->decl->kid[s->kind == FCC_S_TABLE ? FGR_TABLE_fields : FGR_RECORD_fields]);
        }
    }
    return s->type;
}

static void signature(struct ctx *c, struct fgr_node *decl, const struct fgr_node *params, struct fgr_node *result)
{
    struct fcc_sym *s = decl->sym;
    if (s == NULL) {
        return;
    }
    const struct fcc_type **types = fn_arena_array(c->arena, params->n_items, sizeof *types);
    if (types == NULL) {
        c->full = true;
        return;
    }
    for (uint32_t i = 0; i < params->n_items; i++) {
        struct fgr_node *p = params->items[i];
        resolve_part(c, p, p->kid[FGR_PARAM_type]);
        types[i] = p->sym != NULL ? p->sym->type : &fcc_t_error;
        if (p->sym != NULL) {
            first_value(c, p->kid[FGR_PARAM_init], p->sym);
        }
    }
    s->params = types;
    s->n_params = params->n_items;
    s->type = result != NULL ? sema_type_node(c, result) : &fcc_t_void;
    decl->type = s->type;
    if (result != NULL) {
        set_flags(s, result->flags);
    }
}

/* There may be facts of it, or of its fields, that an assignment undoes. */
static bool may_change(const struct fcc_type *t)
{
    return t->cls == FCC_C_OPTION || t->cls == FCC_C_RECORD;
}

static void resolve_var(struct ctx *c, struct fgr_node *n)
{
    struct fcc_sym *s = n->sym;
    struct fgr_node *type = n->kid[FGR_VAR_type], *init = n->kid[FGR_VAR_init];
    if (s == NULL) {
        return;
    }
    if (type != NULL) {
        resolve_part(c, n, type);
        first_value(c, init, s);
    } else if (init != NULL) {
        c->taint = 0;
        const struct fcc_type *t = sema_expr(c, init, NULL);
        sema_taint_into(c, init, s);
        bool vague = t->cls == FCC_C_NONE || t->cls == FCC_C_VOID;
        if (vague) {
            sema_name_diag(c, FGR_D_TYPE_NEEDED, n);
        }
        s->type = vague ? &fcc_t_error : sema_is_basic(t, FGR_T_TEXT) ? &fcc_t_text : t;
        n->type = s->type;
        set_flags(s, n->flags);
    }
    sema_sym(s)->needs_set = init == NULL && !starts_alone(s->type);
    struct fcc_sym **at = may_change(s->type) ? sema_push(c, &c->globals, sizeof *at) : NULL;
    if (at != NULL) {
        *at = s;
    }
}

static void resolve_contact(struct ctx *c, const struct fgr_node *decl)
{
    const struct fgr_node *fields = decl->kid[FGR_CONTACT_fields];
    for (uint32_t i = 0; i < fields->n_items; i++) {
        struct fgr_node *f = fields->items[i], *init = f->kid[FGR_FIELD_init];
        resolve_part(c, f, f->kid[FGR_FIELD_type]);
        if (f->sym == NULL) {
            continue;
        }
        first_value(c, init, f->sym);
        sema_sym(f->sym)->needs_set = init == NULL && !starts_alone(f->sym->type);
        struct fcc_sym **at = may_change(f->sym->type) ? sema_push(c, &c->globals, sizeof *at) : NULL;
        if (at != NULL) {
            *at = f->sym;
        }
    }
}

static void resolve_inits(struct ctx *c, const struct fgr_node *fields)
{
    for (uint32_t i = 0; i < fields->n_items; i++) {
        struct fgr_node *f = fields->items[i];
        if (f->sym != NULL) {
            first_value(c, f->kid[FGR_FIELD_init], f->sym);
        }
    }
}

static void resolve_table(struct ctx *c, struct fgr_node *n)
{
    const struct fcc_type *t = sema_type_of_decl(c, n->sym);
    const struct fgr_node *keys = n->kid[FGR_TABLE_keys];
    resolve_inits(c, n->kid[FGR_TABLE_fields]);
    for (uint32_t i = 0; i < keys->n_items; i++) {
        struct fgr_node *k = keys->items[i];
        k->sym = sema_field(t, k->text);
        if (k->sym == NULL) {
            struct fn_diag *d = sema_name_diag(c, FGR_D_FIELD_UNKNOWN, k);
            sema_arg(d, "owner", n->text);
            continue;
        }
        k->type = k->sym->type;
        if (!sema_is_error(k->type) && k->type->cls != FCC_C_BASIC) {
            sema_name_diag(c, FGR_D_KEY_TYPE, k);
        }
    }
}

static void resolve_one(struct ctx *c, struct fgr_node *n)
{
    switch (n->kind) {
    case FGR_CONTACT: resolve_contact(c, n); break;
    case FGR_ENUM: sema_type_of_decl(c, n->sym); break;
    case FGR_RECORD:
        sema_type_of_decl(c, n->sym);
        resolve_inits(c, n->kid[FGR_RECORD_fields]);
        break;
    case FGR_TABLE: resolve_table(c, n); break;
    case FGR_VAR: resolve_var(c, n); break;
    case FGR_TOOL: signature(c, n, n->kid[FGR_TOOL_params], n->kid[FGR_TOOL_result]); break;
    case FGR_FN: signature(c, n, n->kid[FGR_FN_params], n->kid[FGR_FN_result]); break;
    case FGR_FLOW: signature(c, n, n->kid[FGR_FLOW_params], n->kid[FGR_FLOW_result]); break;
    case FGR_EVENT: signature(c, n, n->kid[FGR_EVENT_params], NULL); break;
    default: break;
    }
}

void sema_resolve_file(struct ctx *c, struct fgr_node *file)
{
    const struct fgr_node *decls = file->kid[FGR_FILE_decls];
    c->unit = (struct unit){.kind = UNIT_CONST, .graph = SEMA_NO_INDEX};
    for (uint32_t i = 0; i < decls->n_items && !c->full; i++) {
        struct fgr_node *n = decls->items[i];
        bool has_sym = n->sym != NULL || n->kind == FGR_CONTACT;
        if (has_sym) {
            resolve_one(c, n);
        }
    }
}
