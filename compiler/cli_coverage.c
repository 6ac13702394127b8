/* cli_coverage.c: see cli_coverage.h. A transition is a jump as written: from the stage it stands in; those of `always` are
 * transitions of their own, taken by a phrase, an error, or a branch that the question itself does not have.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli_coverage.h"

enum { MISSING_MAX = 1 << 20 };

void cli_covered_add(struct cli_covered *c, struct fn_str name)
{
    if (c->n < CLI_COVERED_MAX && !cli_covered_has(c, name)) {
        c->names[c->n++] = fn_arena_dup(c->arena, name);
    }
}

bool cli_covered_has(const struct cli_covered *c, struct fn_str name)
{
    for (unsigned i = 0; i < c->n; i++) {
        if (fn_str_eq(c->names[i], name)) {
            return true;
        }
    }
    return false;
}

struct counting {
    struct cli_coverage *v;
    const struct fcc_program *p;
    const struct cli_covered *covered;
    struct cli_covered *known; /* transitions counted already */
};

static void count(struct counting *k, enum cli_cover what, struct fn_str name, bool seen)
{
    struct fn_buf *missing = &k->v->missing[what];
    k->v->all[what]++;
    k->v->seen[what] += seen;
    if (!seen) {
        fn_buf_printf(missing, "%s%.*s", missing->n > 0 ? ", " : "", FN_STR_ARG(name));
    }
}

static void transition(struct counting *k, struct fn_str from, struct fn_str to)
{
    struct fn_str pair = fn_arena_printf(k->known->arena, "%.*s>%.*s", FN_STR_ARG(from), FN_STR_ARG(to));
    if (!cli_covered_has(k->known, pair)) {
        cli_covered_add(k->known, pair);
        count(k, CLI_COVER_TRANSITIONS, pair, cli_covered_has(k->covered, pair));
    }
}

static void jumps(struct counting *k, const struct fgr_node *n, struct fn_str from)
{
    if (n == NULL) {
        return;
    }
    if (n->kind == FGR_JUMP) {
        transition(k, from, n->text);
    }
    for (unsigned i = 0; i < n->n_kids; i++) { /* depth: FGR_DEPTH_MAX, by the parser */
        jumps(k, n->kid[i], from);
    }
    for (uint32_t i = 0; i < n->n_items; i++) {
        jumps(k, n->items[i], from);
    }
}

static void always_jumps(struct counting *k, const struct fgr_node *ons)
{
    for (uint32_t i = 0; i < ons->n_items; i++) {
        const struct fgr_node *action = ons->items[i]->kid[FGR_ON_action];
        if (action == NULL || action->kind != FGR_JUMP) {
            continue;
        }
        struct fn_str name = fn_arena_printf(k->known->arena, "always>%.*s", FN_STR_ARG(action->text));
        if (!cli_covered_has(k->known, name)) {
            cli_covered_add(k->known, name);
            count(k, CLI_COVER_TRANSITIONS, name, cli_covered_has(k->covered, name));
        }
    }
}

static const struct fgr_node *branches_of(const struct fgr_node *n)
{
    switch (n->kind) {
    case FGR_ASK: return n->kid[FGR_ASK_branches];
    case FGR_CHOOSE: return n->kid[FGR_CHOOSE_branches];
    case FGR_TALK: return n->kid[FGR_TALK_branches];
    case FGR_WAIT_MESSAGE: return n->kid[FGR_WAIT_MESSAGE_branches];
    case FGR_WAIT_EVENT: return n->kid[FGR_WAIT_EVENT_branches];
    default: return NULL;
    }
}

bool cli_coverage_of_always(const struct fcc_program *p, struct fn_str name)
{
    for (uint32_t i = 0; i < p->n_questions; i++) {
        const struct fcc_question *q = &p->questions[i];
        struct fn_str branch = {name.p + q->name.n + 1, name.n > q->name.n ? name.n - q->name.n - 1 : 0};
        bool silence = fn_str_eq(branch, FN_STR("silence")), failed = fn_str_eq(branch, FN_STR("failed"));
        if ((!silence && !failed) || !fn_str_starts(name, q->name) || q->node == NULL) {
            continue;
        }
        const struct fgr_node *list = branches_of(q->node);
        bool own = false;
        for (uint32_t b = 0; list != NULL && b < list->n_items; b++) {
            own = own || list->items[b]->aux == (silence ? FGR_BR_SILENCE : FGR_BR_FAILED);
        }
        return !own;
    }
    return false;
}

static void branches(struct counting *k)
{
    for (uint32_t i = 0; i < k->p->n_questions; i++) {
        const struct fcc_question *q = &k->p->questions[i];
        const struct fgr_node *list = q->node != NULL ? branches_of(q->node) : NULL;
        for (uint32_t b = 0; list != NULL && b < list->n_items; b++) {
            bool silence = list->items[b]->aux == FGR_BR_SILENCE, invalid = list->items[b]->aux == FGR_BR_INVALID;
            if (!silence && !invalid) {
                continue;
            }
            struct fn_str name =
                fn_arena_printf(k->known->arena, "%.*s/%s", FN_STR_ARG(q->name), silence ? "silence" : "invalid");
            count(k, silence ? CLI_COVER_SILENCE : CLI_COVER_INVALID, name, cli_covered_has(k->covered, name));
        }
    }
}

static void options(struct counting *k, const struct fbc_image *im)
{
    for (uint32_t i = 0; i < im->n_questions; i++) {
        for (uint16_t o = 0; o < im->questions[i].n_options; o++) {
            struct fn_str name = fn_arena_printf(k->known->arena, "%.*s/%.*s", FN_STR_ARG(im->questions[i].name),
                                                 FN_STR_ARG(im->questions[i].options[o]));
            count(k, CLI_COVER_OPTIONS, name, cli_covered_has(k->covered, name));
        }
    }
}

void cli_coverage_init(struct cli_coverage *v, const struct fcc_program *p, const struct fbc_image *im,
                       const struct cli_covered *covered)
{
    const struct fgr_node *decls = p->trees[0].file->kid[FGR_FILE_decls];
    *v = (struct cli_coverage){.all = {0}};
    for (unsigned i = 0; i < CLI_COVERS; i++) {
        fn_buf_init(&v->missing[i], MISSING_MAX);
    }
    struct cli_covered *known = fn_arena_alloc(p->arena, sizeof *known);
    if (known == NULL) {
        return;
    }
    known->arena = p->arena;
    struct counting k = {v, p, covered, known};
    for (uint32_t i = 0; i < decls->n_items; i++) {
        const struct fgr_node *d = decls->items[i];
        if (d->kind == FGR_STAGE) {
            count(&k, CLI_COVER_STAGES, d->text, cli_covered_has(covered, d->text));
            jumps(&k, d->kid[FGR_STAGE_body], d->text);
        }
    }
    for (uint32_t i = 0; i < decls->n_items; i++) {
        if (decls->items[i]->kind == FGR_ALWAYS) {
            always_jumps(&k, decls->items[i]->kid[FGR_ALWAYS_ons]);
        }
    }
    options(&k, im);
    branches(&k);
}

void cli_coverage_fini(struct cli_coverage *v)
{
    for (unsigned i = 0; i < CLI_COVERS; i++) {
        fn_buf_fini(&v->missing[i]);
    }
}

unsigned cli_coverage_percent(const struct cli_coverage *v, enum cli_cover what)
{
    return v->all[what] == 0 ? 100 : v->seen[what] * 100 / v->all[what];
}

const char *cli_coverage_name(enum cli_cover what, enum fn_lang lang)
{
    static const struct {
        const char *pt, *en;
    } names[] = {{"etapas", "stages"},
                 {"transições", "transitions"},
                 {"opções", "options"},
                 {"ramos de silêncio", "silence branches"},
                 {"ramos de resposta inválida", "invalid branches"}};
    return lang == FN_PT ? names[what].pt : names[what].en;
}
