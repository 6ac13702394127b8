/* expr_effect.c: expressions that ask the outside: http, extract, classify, write, find. Each may fail, so each gives T?; the statement it is
 * the whole right side of says what then. Inside a larger expression they are refused: what happens, happens line by line.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

bool sema_is_effect(const struct fgr_node *n)
{
    return n->kind == FGR_HTTP || n->kind == FGR_EXTRACT || n->kind == FGR_WRITE || n->kind == FGR_FIND ||
           n->kind == FGR_CLASSIFY;
}

static bool is_agent(const struct fcc_sym *s)
{
    return s->kind == FCC_S_AGENT;
}

static void by_agent(struct ctx *c, struct fgr_node *agent)
{
    if (agent != NULL) {
        agent->sym = sema_find(c, NS_VALUE, agent, agent->text, FGR_D_AGENT_UNKNOWN, is_agent);
        agent->type = &fcc_t_void;
    }
}

/* What a model is given to read. */
static void model_reads(struct ctx *c, struct fgr_node *n)
{
    if (n == NULL) {
        return;
    }
    unsigned outer = c->taint;
    c->taint = 0;
    const struct fcc_type *t = sema_expr_open(c, n, NULL);
    if (!sema_is_error(t) && (t->cls == FCC_C_VOID || sema_is_media(t))) {
        sema_arg_type(c, sema_diag(c, FGR_D_NOT_SHOWABLE, n), "type", t);
    }
    sema_taint_model(c, n);
    c->taint = outer;
}

static const struct fcc_type *http(struct ctx *c, struct fgr_node *n)
{
    const struct fgr_node *props = n->kid[FGR_HTTP_props];
    sema_props_once(c, props);
    unsigned outer = c->taint;
    c->taint = 0;
    sema_secret_fits(n->kid[FGR_HTTP_url]);
    sema_expr_to(c, n->kid[FGR_HTTP_url], &fcc_t_text);
    sema_taint_url(c, n->kid[FGR_HTTP_url]);
    for (uint32_t i = 0; i < props->n_items; i++) {
        struct fgr_node *p = props->items[i], *value = p->kid[FGR_PROP_value];
        c->taint = 0;
        if (value == NULL) {
            continue;
        }
        sema_secret_fits(value);
        if (p->aux == FGR_P_TIMEOUT) {
            sema_expr_to(c, value, &fcc_t_duration);
        } else if (p->aux == FGR_P_HEADER && value->kind == FGR_LIST_LIT) {
            for (uint32_t k = 0; k < value->kid[0]->n_items; k++) {
                sema_expr_to(c, value->kid[0]->items[k], &fcc_t_text);
            }
            value->type = sema_type_list(c, &fcc_t_text, 0);
        } else if (p->aux == FGR_P_HEADER) {
            sema_expr_to(c, value, &fcc_t_text);
        } else {
            sema_expr_open(c, value, NULL);
        }
        sema_taint_url(c, value);
    }
    c->taint = outer;
    sema_lint_http(c, n);
    return sema_type_option(c,
                            n->kid[FGR_HTTP_result] != NULL ? sema_type_node(c, n->kid[FGR_HTTP_result]) : &fcc_t_json);
}

static const struct fcc_type *extract(struct ctx *c, struct fgr_node *n)
{
    const struct fcc_type *t = sema_type_node(c, n->kid[FGR_EXTRACT_type]);
    if (!sema_is_error(t) && t->cls != FCC_C_RECORD) {
        sema_arg_type(c, sema_diag(c, FGR_D_EXTRACT_RECORD, n->kid[FGR_EXTRACT_type]), "type", t);
    }
    model_reads(c, n->kid[FGR_EXTRACT_source]);
    by_agent(c, n->kid[FGR_EXTRACT_agent]);
    sema_path_ai(c, 1);
    return sema_type_option(c, t);
}

static const struct fcc_type *classify(struct ctx *c, struct fgr_node *n)
{
    const struct fcc_type *t = sema_type_node(c, n->kid[FGR_CLASSIFY_type]);
    if (!sema_is_error(t) && t->cls != FCC_C_ENUM) {
        sema_arg_type(c, sema_diag(c, FGR_D_CLASSIFY_ENUM, n->kid[FGR_CLASSIFY_type]), "type", t);
        t = &fcc_t_error;
    }
    model_reads(c, n->kid[FGR_CLASSIFY_subject]);
    by_agent(c, n->kid[FGR_CLASSIFY_agent]);
    sema_path_ai(c, 1);
    return sema_type_option(c, t);
}

static const struct fcc_type *write_text(struct ctx *c, struct fgr_node *n)
{
    model_reads(c, n->kid[FGR_WRITE_value]);
    by_agent(c, n->kid[FGR_WRITE_agent]);
    sema_path_ai(c, 1);
    return sema_type_option(c, sema_type_text(c, LIMIT_WRITE));
}

struct fcc_sym *sema_table(struct ctx *c, const struct fgr_node *n)
{
    return sema_find(c, NS_VALUE, n, n->text, FGR_D_TABLE_UNKNOWN, sema_is_table);
}

bool sema_is_table(const struct fcc_sym *s)
{
    return s->kind == FCC_S_TABLE;
}

void sema_table_key(struct ctx *c, const struct fcc_sym *table, struct fgr_node *key)
{
    const struct fgr_node *keys = table != NULL && table->decl != NULL ? table->decl->kid[FGR_TABLE_keys] : NULL;
    bool one = keys != NULL && keys->n_items == 1;
    unsigned outer = c->taint;
    c->taint = 0;
    sema_expr_to(c, key, one && keys->items[0]->type != NULL ? keys->items[0]->type : &fcc_t_error);
    sema_taint_message(c, key);
    c->taint = outer;
}

static const struct fcc_type *find(struct ctx *c, struct fgr_node *n)
{
    n->sym = sema_table(c, n);
    sema_table_key(c, n->sym, n->kid[FGR_FIND_key]);
    return n->sym != NULL ? sema_type_option(c, sema_type_of_decl(c, n->sym)) : sema_error(n);
}

const struct fcc_type *sema_effect(struct ctx *c, struct fgr_node *n)
{
    if (c->effect_at != n && c->unit.kind != UNIT_TEST) {
        sema_diag(c, FGR_D_EFFECT_INSIDE, n);
    }
    c->effect_at = NULL;
    sema_may_act(c, n);
    switch (n->kind) {
    case FGR_HTTP: return http(c, n);
    case FGR_EXTRACT: return extract(c, n);
    case FGR_CLASSIFY: return classify(c, n);
    case FGR_WRITE: return write_text(c, n);
    default: return find(c, n);
    }
}
