/* loop.c: for and while. The body is walked once, from what every round can rely on; what a round costs is multiplied by the number of rounds
 * a `for` can make, and a `while` that sends or asks a model without waiting is refused: its cost has no bound.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

enum { ROWS_MOST = 4096 /* the machine reads no more rows of a table at once */ };

static int64_t times(int64_t before, int64_t after, int64_t rounds)
{
    if (before < 0 || after < before) {
        return after;
    }
    int64_t delta = after - before;
    return delta > ((int64_t)1 << 40) / rounds ? (int64_t)1 << 40 : before + delta * rounds;
}

static void scale(struct path *p, const struct path *before, int64_t rounds)
{
    p->ai_in = times(before->ai_in, p->ai_in, rounds);
    p->msg_in = times(before->msg_in, p->msg_in, rounds);
    if (p->ai_in >= 0 || before->ai_in < 0) {
        p->ai = times(before->ai, p->ai, rounds);
        p->msg = times(before->msg, p->msg, rounds);
    }
}

/* Time that passes in a round passes again in the next: what is sent in the body may be sent that much later. */
static void age_sends(struct ctx *c, uint32_t first, const struct path *before)
{
    bool grows = !c->path.dead && (c->path.age_in > before->age_in || c->path.age > before->age) && c->path.age != 0;
    int64_t kept =
        !c->path.dead && c->path.kept > before->kept ? PATH_KEPT : 0; /* and what it kept, the next may take */
    for (uint32_t i = first; (grows || kept != 0) && i < c->sends.n; i++) {
        struct graph_send *s = &SEMA_AT(c->sends, struct graph_send, i);
        if (grows && s->age_in >= 0) {
            s->age_in = PATH_WINDOW;
        } else if (grows && before->age >= 0 && s->age >= before->age) {
            s->age = PATH_WINDOW;
        } else if (s->age >= 0) {
            s->age += kept;
        }
    }
    c->path.age += c->path.age >= 0 ? kept : 0;
}

static void body(struct ctx *c, struct fgr_node *n, struct fgr_node *block, int64_t rounds)
{
    struct path before = c->path;
    uint32_t sends = c->sends.n, asked = c->models, sent = c->messages;
    sema_block(c, block);
    bool back = !c->path.dead;
    bool idle = back && c->path.quiet != PATH_TAKEN && c->path.quiet - before.quiet < PATH_HOUR;
    bool same_turn = back && before.ai_in >= 0 ? c->path.ai_in >= 0 : back && c->path.ai >= before.ai && before.ai >= 0;
    if (rounds == 0 && idle && c->messages != sent) {
        struct fn_diag *d = sema_diag_at(c, FGR_D_FLOOD_LOOP, (struct fn_span){n->span.a, n->span.a + 5});
        d->why = FGR_W_FLOOD;
    } else if (rounds == 0 && same_turn && c->models != asked) {
        sema_diag_at(c, FGR_D_AI_WITHOUT_BOUND, (struct fn_span){n->span.a, n->span.a + 5});
    }
    age_sends(c, sends, &before);
    if (rounds > 0 && back) {
        scale(&c->path, &before, rounds);
    }
}

static void for_table(struct ctx *c, struct fgr_node *n, struct fcc_sym *table, int64_t *rounds)
{
    struct fgr_node *source = n->kid[FGR_FOR_source], *limit = n->kid[FGR_FOR_limit];
    *rounds = ROWS_MOST;
    table->uses++;
    source->sym = table;
    source->type = sema_type_list(c, sema_type_of_decl(c, table), 0);
    sema_may_act(c, n);
    sema_local(c, FCC_S_LOCAL, n, n->text, sema_type_of_decl(c, table));
    if (n->sym != NULL) {
        sema_sym(n->sym)->taint = sema_sym(table)->taint;
    }
    if (n->kid[FGR_FOR_where] != NULL) {
        sema_cond(c, n->kid[FGR_FOR_where]);
    }
    if (n->kid[FGR_FOR_order] != NULL) {
        sema_expr_open(c, n->kid[FGR_FOR_order], NULL);
    }
    if (limit != NULL) {
        sema_expr_to(c, limit, &fcc_t_int);
        *rounds = limit->kind == FGR_INT && limit->num > 0 && limit->num < ROWS_MOST ? limit->num : ROWS_MOST;
    }
    c->unit_bytes += sema_bytes_max(source->type); /* the engine gives 200 rows, a list without a bound */
}

static const struct fcc_type *for_elem(struct ctx *c, struct fgr_node *source, int64_t *rounds)
{
    if (source->kind == FGR_RANGE) {
        struct fgr_node *low = source->kid[FGR_RANGE_low], *high = source->kid[FGR_RANGE_high];
        sema_expr_to(c, low, &fcc_t_int);
        sema_expr_to(c, high, &fcc_t_int);
        source->type = sema_type_list(c, &fcc_t_int, 0);
        bool fixed =
            low->kind == FGR_INT && high->kind == FGR_INT && high->num >= low->num && high->num - low->num < 100000;
        *rounds = fixed ? high->num - low->num + 1 : 100000;
        return &fcc_t_int;
    }
    const struct fcc_type *t = sema_expr_open(c, source, NULL);
    if (t->cls == FCC_C_LIST && source->kind == FGR_LIST_LIT) {
        *rounds = source->kid[FGR_LIST_LIT_values]->n_items > 0 ? source->kid[FGR_LIST_LIT_values]->n_items : 1;
        return t->elem;
    }
    if (t->cls == FCC_C_LIST) {
        c->unit_bytes +=
            sema_bytes_max(t); /* also of a variable: the body may give it another while the loop goes on */
        *rounds = t->bound != 0 ? t->bound : SEMA_LIST;
        return t->elem;
    }
    if (!sema_is_error(t)) {
        sema_arg_type(c, sema_diag(c, FGR_D_NOT_ITERABLE, source), "type", t);
    }
    return &fcc_t_error;
}

static void loop_for(struct ctx *c, struct fgr_node *n)
{
    struct fgr_node *source = n->kid[FGR_FOR_source];
    struct fcc_sym *s = source->kind == FGR_NAME ? sema_lookup(c, NS_VALUE, source->text) : NULL;
    uint32_t mark = sema_scope(c);
    int64_t rounds = SEMA_LIST;
    if (s != NULL && s->kind == FCC_S_TABLE) {
        for_table(c, n, s, &rounds);
    } else {
        c->taint = 0;
        const struct fcc_type *elem = for_elem(c, source, &rounds);
        unsigned taint = c->taint;
        sema_local(c, FCC_S_LOCAL, n, n->text, elem);
        if (n->sym != NULL) {
            sema_sym(n->sym)->taint = (uint8_t)(taint | sema_type_taint(elem));
        }
        struct fgr_node *query = n->kid[FGR_FOR_where] != NULL ? n->kid[FGR_FOR_where] : n->kid[FGR_FOR_order];
        if (query != NULL || n->kid[FGR_FOR_limit] != NULL) {
            sema_diag(c, FGR_D_QUERY_NEEDS_TABLE, query != NULL ? query : n->kid[FGR_FOR_limit]);
        }
    }
    struct fork f;
    sema_kill_assigned(c, n->kid[FGR_FOR_body]);
    sema_taint_rounds(c, n->kid[FGR_FOR_body]);
    sema_fork(c, &f);
    body(c, n, n->kid[FGR_FOR_body], rounds);
    sema_fork_next(c, &f);
    sema_fork_next(c, &f);
    sema_fork_join(c, &f);
    sema_scope_end(c, mark);
}

void sema_loop(struct ctx *c, struct fgr_node *n)
{
    if (n->kind == FGR_FOR) {
        loop_for(c, n);
        return;
    }
    struct fgr_node *cond = n->kid[FGR_WHILE_cond];
    bool always = cond != NULL && cond->kind == FGR_BOOL && cond->num != 0;
    struct fork f;
    sema_kill_assigned(c, n->kid[FGR_WHILE_body]);
    sema_taint_rounds(c, n->kid[FGR_WHILE_body]);
    sema_cond(c, cond);
    sema_fork(c, &f);
    sema_assume(c, cond, true);
    body(c, n, n->kid[FGR_WHILE_body], 0);
    if (always) {
        c->path.dead = true;
    }
    sema_fork_next(c, &f);
    sema_assume(c, cond, false);
    c->path.dead |= always;
    sema_fork_next(c, &f);
    sema_fork_join(c, &f);
}
