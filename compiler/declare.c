/* declare.c: pass one: every name a file declares, before anything is looked up. Members and fields belong to their owner, not to the table.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

enum { SECRET_MOST = 1024 /* code points: a token or a key, not a file */ };

struct file_mark sema_file_enter(struct ctx *c, uint16_t file)
{
    struct file_mark m = {c->file, c->names};
    c->file = file;
    c->names = &c->tables[file];
    return m;
}

void sema_file_leave(struct ctx *c, struct file_mark m)
{
    c->file = m.file;
    c->names = m.names;
}

/* Members of an enum, fields of a record or table, parameters: symbols of their own, told apart by position. */
static void declare_parts(struct ctx *c, struct fgr_node *list, enum fcc_sym_kind kind, struct fcc_sym *owner,
                          enum fgr_diag twice)
{
    struct names none = {0}, *taken = owner != NULL ? &sema_sym(owner)->parts : &none;
    for (uint32_t i = 0; list != NULL && i < list->n_items; i++) {
        struct fgr_node *part = list->items[i];
        struct fcc_sym *s = sema_new_sym(c, kind, part, part->text);
        if (s == NULL) {
            return;
        }
        s->owner = owner;
        s->index = i;
        struct name *n = part->text.n != 0 ? sema_name(c, taken, part->text, true) : NULL;
        if (n != NULL && n->node != NULL) {
            fn_diag_label(sema_name_diag(c, twice, part), n->node->text_span, FGR_L_FIRST_HERE);
        } else if (n != NULL) {
            n->node = part;
        }
    }
}

static void declare_contact(struct ctx *c, struct fgr_node *decl)
{
    struct fgr_node *fields = decl->kid[FGR_CONTACT_fields];
    for (uint32_t i = 0; i < fields->n_items; i++) {
        struct fgr_node *f = fields->items[i];
        struct fcc_sym *s = sema_new_sym(c, FCC_S_CONTACT_FIELD, f, f->text);
        struct name *n = s != NULL && f->text.n != 0 ? sema_name(c, &c->fields, f->text, true) : NULL;
        if (n == NULL) {
            continue;
        }
        const struct fcc_builtin *own = sema_builtin("contact", f->text);
        if (n->in[NS_VALUE] != NULL || own != NULL) {
            struct fn_diag *d = sema_name_diag(c, FGR_D_FIELD_TAKEN, f);
            if (own == NULL) {
                fn_diag_label(d, n->in[NS_VALUE]->decl->text_span, FGR_L_FIRST_HERE);
            }
            continue;
        }
        s->owner = c->contact;
        n->in[NS_VALUE] = s;
    }
}

static void declare_use(struct ctx *c, struct fgr_node *decl)
{
    struct fcc_sym *s = sema_declare(c, NS_VALUE, FCC_S_MODULE, decl, decl->text);
    if (s == NULL) {
        return;
    }
    s->type = &fcc_t_void;
    s->index = SEMA_NO_INDEX;
    for (uint32_t i = 1; i < c->p->n_trees; i++) {
        if (fn_str_eq(c->p->trees[i].file->text, decl->text) || fn_str_eq(c->p->trees[i].source.path, decl->text)) {
            s->index = i;
        }
    }
}

static void declare_owner(struct ctx *c, struct fgr_node *n)
{
    static const struct {
        uint8_t kind;
        enum fcc_sym_kind sym, part;
        unsigned kid;
        enum fgr_diag twice;
    } rows[] = {
        {FGR_ENUM, FCC_S_ENUM, FCC_S_MEMBER, FGR_ENUM_members, FGR_D_MEMBER_TAKEN},
        {FGR_RECORD, FCC_S_RECORD, FCC_S_FIELD, FGR_RECORD_fields, FGR_D_FIELD_TAKEN},
        {FGR_TABLE, FCC_S_TABLE, FCC_S_FIELD, FGR_TABLE_fields, FGR_D_FIELD_TAKEN},
        {FGR_TOOL, FCC_S_TOOL, FCC_S_PARAM, FGR_TOOL_params, FGR_D_PARAM_TAKEN},
        {FGR_FN, FCC_S_FN, FCC_S_PARAM, FGR_FN_params, FGR_D_PARAM_TAKEN},
        {FGR_FLOW, FCC_S_FLOW, FCC_S_PARAM, FGR_FLOW_params, FGR_D_PARAM_TAKEN},
        {FGR_EVENT, FCC_S_EVENT, FCC_S_PARAM, FGR_EVENT_params, FGR_D_PARAM_TAKEN},
    };
    for (size_t i = 0; i < FN_COUNT(rows); i++) {
        if (rows[i].kind == n->kind) {
            enum name_space ns = n->kind == FGR_EVENT ? NS_EVENT : NS_VALUE;
            struct fcc_sym *s = sema_declare(c, ns, rows[i].sym, n, n->text);
            declare_parts(c, n->kid[rows[i].kid], rows[i].part, s, rows[i].twice);
        }
    }
}

static void declare_simple(struct ctx *c, struct fgr_node *n)
{
    switch (n->kind) {
    case FGR_SECRET: {
        struct fcc_sym *s = sema_declare(c, NS_VALUE, FCC_S_SECRET, n, n->text);
        if (s != NULL) {
            s->secret = true;
            s->type = sema_type_text(c, SECRET_MOST);
            sema_sym(s)->taint = TAINT_SECRET;
        }
        break;
    }
    case FGR_HOURS: sema_declare(c, NS_VALUE, FCC_S_HOURS, n, n->text); break;
    case FGR_AGENT: sema_declare(c, NS_VALUE, FCC_S_AGENT, n, n->text); break;
    case FGR_VAR: sema_declare(c, NS_VALUE, FCC_S_VAR, n, n->text); break;
    case FGR_USE: declare_use(c, n); break;
    case FGR_CONTACT: declare_contact(c, n); break;
    case FGR_STAGE: {
        struct fcc_sym *s = sema_declare(c, NS_STAGE, FCC_S_STAGE, n, n->text);
        if (s != NULL) {
            s->type = &fcc_t_void;
            sema_sym(s)->graph = sema_graph_node(c, GRAPH_STAGE, s, n);
        }
        break;
    }
    default: declare_owner(c, n); break;
    }
}

static bool fits_module(const struct fgr_node *n)
{
    switch (n->kind) {
    case FGR_USE:
    case FGR_ENUM:
    case FGR_RECORD:
    case FGR_FN:
    case FGR_FLOW:
    case FGR_TEST:
    case FGR_ERROR_STMT: return true;
    default: return false;
    }
}

void sema_declare_file(struct ctx *c, struct fgr_node *file)
{
    const struct fgr_node *decls = file->kid[FGR_FILE_decls];
    if ((file->flags & FGR_MODULE) == 0 && c->file == 0) {
        c->contact = sema_new_sym(c, FCC_S_CONTACT, NULL, FN_STR("contact"));
        struct name *en = sema_name(c, c->names, FN_STR("contact"), true),
                    *pt = sema_name(c, c->names, FN_STR("contato"), true);
        if (c->contact == NULL || en == NULL || pt == NULL) {
            return;
        }
        en->in[NS_VALUE] = pt->in[NS_VALUE] = c->contact;
        c->contact->type = &fcc_t_void;
    }
    for (uint32_t i = 0; i < decls->n_items && !c->full; i++) {
        struct fgr_node *n = decls->items[i];
        if ((file->flags & FGR_MODULE) != 0 && !fits_module(n)) {
            sema_diag(c, FGR_D_NOT_IN_MODULE, n);
            continue;
        }
        declare_simple(c, n);
    }
}
