/* check.c: the passes in their order (see sema.h), from a source to a struct fcc_program.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

enum { TREES_MOST = 64 };

static const struct fcc_module *module_named(const struct fcc_options *o, struct fn_str name)
{
    for (size_t i = 0; i < o->n_modules; i++) {
        if (fn_str_eq(o->modules[i].name, name)) {
            return &o->modules[i];
        }
    }
    return NULL;
}

static bool loaded(const struct fcc_program *p, struct fn_str name)
{
    for (uint32_t i = 1; i < p->n_trees; i++) {
        if (fn_str_eq(p->trees[i].source.path, name)) {
            return true;
        }
    }
    return false;
}

/* Diagnostics of the parser belong to the file just parsed. */
static enum fn_code parse_one(struct ctx *c, struct fn_str path, struct fn_str text)
{
    struct fcc_program *p = c->p;
    size_t first = c->diags->n;
    enum fn_code code = fgr_parse(c->arena, path, text, c->diags, &p->trees[p->n_trees]);
    if (code != FN_OK) {
        return code;
    }
    for (size_t i = first; i < c->diags->n; i++) {
        c->diags->items[i]->file = (uint16_t)p->n_trees;
    }
    p->trees[p->n_trees].source.path = path;
    p->n_trees++;
    return FN_OK;
}

static void unknown_module(struct ctx *c, const struct fgr_node *use)
{
    struct fn_diag *d = sema_name_diag(c, FGR_D_MODULE_UNKNOWN, use);
    struct suggest best;
    sema_suggest_begin(&best, c, use->text);
    for (size_t i = 0; i < c->options->n_modules; i++) {
        sema_suggest_try(&best, c->options->modules[i].name, NULL);
    }
    sema_suggest_end(&best, d, use->text_span);
}

static enum fn_code load_modules(struct ctx *c)
{
    for (uint32_t t = 0; t < c->p->n_trees; t++) {
        const struct fgr_node *decls = c->p->trees[t].file->kid[FGR_FILE_decls];
        c->file = (uint16_t)t;
        for (uint32_t i = 0; i < decls->n_items; i++) {
            const struct fgr_node *n = decls->items[i];
            if (n->kind != FGR_USE || n->text.n == 0 || loaded(c->p, n->text)) {
                continue;
            }
            const struct fcc_module *m = module_named(c->options, n->text);
            if (m == NULL || c->p->n_trees >= TREES_MOST) {
                unknown_module(c, n);
                continue;
            }
            enum fn_code code = parse_one(c, m->name, m->text);
            if (code != FN_OK) {
                return code;
            }
        }
    }
    return FN_OK;
}

static void each_file(struct ctx *c, void (*pass)(struct ctx *, struct fgr_node *))
{
    for (uint32_t i = 0; i < c->p->n_trees && !c->full; i++) {
        struct file_mark m = sema_file_enter(c, (uint16_t)i);
        pass(c, c->p->trees[i].file);
        sema_file_leave(c, m);
    }
}

static void check_all(struct ctx *c)
{
    sema_graph_node(c, GRAPH_ROOT, NULL, NULL);
    c->hub_phrase = c->hub_silence = c->hub_error = SEMA_NO_INDEX;
    each_file(c, sema_declare_file);
    each_file(c, sema_resolve_file);
    sema_file_enter(c, 0);
    sema_collect_always(c, c->p->trees[0].file);
    each_file(c, sema_check_decls);
    each_file(c, sema_walk_tools);
    sema_order_flows(c);
    each_file(c, sema_walk_units);
    sema_file_enter(c, 0);
    sema_graph_check(c);
    each_file(c, sema_check_tests);
    sema_file_enter(c, 0);
    sema_check_unused(c);
    sema_lint_phrases(c);
}

static void hand_over(struct ctx *c)
{
    struct fcc_program *p = c->p;
    p->syms = sema_flat(c, &c->syms, sizeof(struct fcc_sym *));
    p->n_syms = p->syms != NULL ? c->syms.n : 0;
    p->questions = sema_flat(c, &c->questions, sizeof(struct fcc_question));
    p->n_questions = p->questions != NULL ? c->questions.n : 0;
    sema_drop_consequences(c);
    sema_drop_allowed(c);
    fn_diag_sort(c->diags);
}

enum fn_code fcc_check(struct fn_arena *arena, struct fn_str path, struct fn_str text,
                       const struct fcc_options *options, struct fn_diag_list *diags, struct fcc_program **out)
{
    static const struct fcc_options none;
    struct ctx *c = fn_arena_alloc(arena, sizeof *c);
    struct fcc_program *p = fn_arena_alloc(arena, sizeof *p);
    struct fgr_tree *trees = fn_arena_array(arena, TREES_MOST, sizeof *trees);
    struct names *tables = fn_arena_array(arena, TREES_MOST, sizeof *tables);
    if (c == NULL || p == NULL || trees == NULL || tables == NULL) {
        return FN_NO_MEMORY;
    }
    *p = (struct fcc_program){.arena = arena, .diags = diags, .trees = trees};
    c->p = p;
    c->arena = arena;
    c->diags = diags;
    c->options = options != NULL ? options : &none;
    c->tables = tables;
    enum fn_code code = parse_one(c, path, text);
    code = code == FN_OK ? load_modules(c) : code;
    if (code != FN_OK) {
        return code;
    }
    check_all(c);
    hand_over(c);
    if (c->full || arena->failed) {
        return FN_NO_MEMORY;
    }
    *out = p;
    return FN_OK;
}

struct fn_str fcc_locale(const struct fcc_program *p)
{
    const struct fgr_node *decls = p->trees[0].file->kid[FGR_FILE_decls];
    for (uint32_t i = 0; i < decls->n_items; i++) {
        const struct fgr_node *text = decls->items[i]->kind == FGR_LOCALE ? decls->items[i]->kid[0] : NULL;
        if (text != NULL && text->text.n > 0) {
            return text->text;
        }
    }
    return FN_STR("pt-BR");
}

struct fn_str fcc_currency(const struct fcc_program *p)
{
    struct fn_str locale = fcc_locale(p);
#define FN_LOCALE(name, currency)          \
    if (fn_str_eq(locale, FN_STR(name))) { \
        return FN_STR(currency);           \
    }
#include "locales.def"
#undef FN_LOCALE
    return FN_STR("BRL");
}

const struct fcc_question *fcc_question_of(const struct fcc_program *p, const struct fgr_node *n)
{
    return n->question < p->n_questions && p->questions[n->question].node == n ? &p->questions[n->question] : NULL;
}
