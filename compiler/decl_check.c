/* decl_check.c: declarations that name other declarations: agents, hours, starts, `allow`, `migrate`, the channel; and unused names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

#include "fn_utf8.h"

static bool is_tool(const struct fcc_sym *s)
{
    return s->kind == FCC_S_TOOL;
}

static void check_agent(struct ctx *c, struct fgr_node *n)
{
    const struct fgr_node *props = n->kid[FGR_AGENT_props];
    sema_props_once(c, props);
    for (uint32_t i = 0; i < props->n_items; i++) {
        struct fgr_node *p = props->items[i];
        if (p->aux == FGR_P_CAN) {
            p->sym = sema_find(c, NS_VALUE, p, p->text, FGR_D_TOOL_UNKNOWN, is_tool);
        } else if (p->kid[FGR_PROP_value] != NULL) {
            c->taint = 0;
            sema_expr_to(c, p->kid[FGR_PROP_value], &fcc_t_text);
            sema_taint_model(c, p->kid[FGR_PROP_value]);
        }
    }
    if (n->sym != NULL) {
        n->sym->type = &fcc_t_void;
    }
}

/* There is one calendar; one that is not known was told as such, and is not told again. */
static void check_hours_except(struct ctx *c, struct fgr_node *r, const struct fgr_node **calendar)
{
    const struct fgr_node *values = r->kid[FGR_HOURS_EXCEPT_values];
    for (uint32_t k = 0; values != NULL && k < values->n_items; k++) {
        sema_expr_to(c, values->items[k], &fcc_t_date);
    }
    if (r->text.n == 0) {
        return;
    }
    if (sema_is(r->text, "br", "br")) {
        sema_once(c, r, calendar);
    } else {
        sema_name_diag(c, FGR_D_CALENDAR_UNKNOWN, r);
    }
}

static void check_hours(struct ctx *c, struct fgr_node *n)
{
    const struct fgr_node *rules = n->kid[FGR_HOURS_rules], *calendar = NULL;
    for (uint32_t i = 0; i < rules->n_items; i++) {
        struct fgr_node *r = rules->items[i];
        if (r->kind == FGR_HOURS_EXCEPT) {
            check_hours_except(c, r, &calendar);
            continue;
        }
        const struct fgr_node *ranges = r->kid[FGR_HOURS_RULE_ranges];
        for (uint32_t k = 0; k < ranges->n_items; k++) {
            if (ranges->items[k]->low >= ranges->items[k]->high && !sema_misread(c, ranges->items[k])) {
                sema_diag(c, FGR_D_HOURS_BACKWARDS, ranges->items[k]);
            }
        }
    }
}

static void check_channel(struct ctx *c, const struct fgr_node *n)
{
    if (n->text.n != 0 && !sema_is(n->text, "whatsapp", "whatsapp") && !sema_is(n->text, "web", "web")) {
        sema_name_diag(c, FGR_D_CHANNEL_UNKNOWN, n);
    }
}

void sema_once(struct ctx *c, struct fgr_node *n, const struct fgr_node **first)
{
    if (*first != NULL) {
        fn_diag_label(sema_diag(c, FGR_D_SAID_TWICE, n), (*first)->span, FGR_L_FIRST_HERE);
    } else {
        *first = n;
    }
}

void sema_props_once(struct ctx *c, const struct fgr_node *props)
{
    const struct fgr_node *first[FGR_P_TIMEOUT + 1] = {NULL};
    for (uint32_t i = 0; i < props->n_items; i++) {
        struct fgr_node *p = props->items[i];
        const struct fgr_node *same = NULL;
        for (uint32_t k = 0; k < i && p->aux == FGR_P_CAN; k++) {
            bool again = props->items[k]->aux == FGR_P_CAN && fn_str_eq(props->items[k]->text, p->text);
            same = again && p->text.n != 0 ? props->items[k] : same;
        }
        if (p->aux == FGR_P_CAN && same != NULL) {
            sema_once(c, p, &same);
        } else if (p->aux != FGR_P_CAN && p->aux != FGR_P_HEADER) {
            sema_once(c, p, &first[p->aux]);
        }
    }
}

/* Of the whole file: a second rule for the same would never be asked. */
static void check_always(struct ctx *c, const struct fgr_node *always, const struct fgr_node **first)
{
    const struct fgr_node *ons = always->kid[FGR_ALWAYS_ons];
    for (uint32_t i = 0; i < ons->n_items; i++) {
        struct fgr_node *on = ons->items[i];
        if (on->aux != FGR_ON_PHRASE && on->aux != FGR_ON_EVENT) {
            sema_once(c, on, &first[on->aux]);
        }
    }
}

static void check_allow(struct ctx *c, struct fgr_node *n)
{
    const struct name *f = sema_name(c, &c->fields, n->text, false);
    struct fcc_sym *s = f != NULL ? f->in[NS_VALUE] : sema_lookup(c, NS_VALUE, n->text);
    if (s == NULL) {
        sema_name_diag(c, FGR_D_NAME_UNKNOWN, n);
        return;
    }
    n->sym = s;
    sema_sym(s)->allowed++;
}

/* Two rules with one phrase: only the first would ever be heard. */
static void check_phrases(struct ctx *c, const struct fgr_node *phrases, struct names *seen)
{
    for (uint32_t i = 0; phrases != NULL && i < phrases->n_items; i++) {
        struct fgr_node *p = phrases->items[i];
        struct fn_buf b;
        fn_buf_init(&b, 1024);
        fn_fold_phrase(&b, p->text);
        struct name *n = b.n != 0 ? sema_name(c, seen, fn_arena_dup(c->arena, fn_buf_view(&b)), true) : NULL;
        fn_buf_fini(&b);
        p->type = &fcc_t_text;
        if (n == NULL) {
            sema_diag(c, FGR_D_PHRASE_EMPTY, p);
        } else if (n->node != NULL) {
            struct fn_diag *d = sema_diag(c, FGR_D_PHRASE_TWICE, p);
            sema_arg(d, "phrase", p->text);
            fn_diag_label(d, n->node->span, FGR_L_FIRST_HERE);
        } else {
            n->node = p;
        }
    }
}

static void check_starts(struct ctx *c, const struct fgr_node *decls)
{
    const struct fgr_node *message = NULL, *campaign = NULL;
    for (uint32_t i = 0; i < decls->n_items; i++) {
        struct fgr_node *n = decls->items[i];
        if (n->kind == FGR_START) {
            check_phrases(c, n->aux == FGR_START_KEYWORD ? n->kid[FGR_START_phrases] : NULL, &c->starts);
            const struct fgr_node **first = n->aux == FGR_START_MESSAGE    ? &message
                                            : n->aux == FGR_START_CAMPAIGN ? &campaign
                                                                           : NULL;
            if (first != NULL && *first != NULL) {
                fn_diag_label(sema_diag(c, FGR_D_START_TWICE, n), (*first)->span, FGR_L_FIRST_HERE);
            } else if (first != NULL) {
                *first = n;
            }
            if (n->aux == FGR_START_EVENT) {
                n->sym = sema_find(c, NS_EVENT, n, n->text, FGR_D_EVENT_UNKNOWN, NULL);
            }
        } else if (n->kind == FGR_ALWAYS) {
            for (uint32_t k = 0; k < n->kid[FGR_ALWAYS_ons]->n_items; k++) {
                const struct fgr_node *on = n->kid[FGR_ALWAYS_ons]->items[k];
                check_phrases(c, on->aux == FGR_ON_PHRASE ? on->kid[FGR_ON_phrases] : NULL, &c->phrases);
            }
        }
    }
}

/* Two rules for one name: nobody could say which one counts. */
static void check_moved_once(struct ctx *c, struct fgr_node *n)
{
    struct name *first = n->text.n != 0 ? sema_name(c, &c->moved[n->kind == FGR_MIGRATE_VAR], n->text, true) : NULL;
    if (first != NULL && first->node != NULL) {
        fn_diag_label(sema_name_diag(c, FGR_D_MIGRATE_TWICE, n), first->node->text_span, FGR_L_FIRST_HERE);
    } else if (first != NULL) {
        first->node = n;
    }
}

static void check_migrate(struct ctx *c, struct fgr_node *n)
{
    check_moved_once(c, n);
    if (n->kind == FGR_MIGRATE_STAGE) {
        struct fcc_sym *old = sema_lookup(c, NS_STAGE, n->text);
        if (old != NULL) {
            struct fn_diag *d = sema_name_diag(c, FGR_D_MIGRATE_STILL_THERE, n);
            fn_diag_label(d, old->decl->text_span, FGR_L_STILL_HERE);
        }
        n->sym = sema_lookup(c, NS_STAGE, *n->text2);
        if (n->sym == NULL && n->text2->n != 0) {
            sema_arg(sema_diag(c, FGR_D_STAGE_UNKNOWN, n), "name", *n->text2);
        }
        return;
    }
    struct fcc_sym *v = sema_lookup(c, NS_VALUE, n->text);
    n->sym = v != NULL && v->kind == FCC_S_VAR ? v : NULL;
    if (n->sym == NULL) {
        sema_name_diag(c, FGR_D_MIGRATE_VAR_UNKNOWN, n);
    }
    if (n->kid[FGR_MIGRATE_VAR_value] != NULL) {
        c->taint = 0;
        sema_expr_to(c, n->kid[FGR_MIGRATE_VAR_value], n->sym != NULL ? n->sym->type : &fcc_t_error);
        if (n->sym != NULL) {
            sema_taint_into(c, n->kid[FGR_MIGRATE_VAR_value], n->sym);
        }
    }
}

/* What is not in the table would be taken for UTC, or for Brazil, without a word. */
static void check_known(struct ctx *c, const struct fgr_node *n, const struct fn_str *known, size_t n_known)
{
    const struct fgr_node *text = n->kid[0];
    struct suggest best;
    bool found = text == NULL || (text->flags & FGR_BROKEN) != 0;
    for (size_t i = 0; i < n_known && !found; i++) {
        found = fn_str_eq(text->text, known[i]);
    }
    struct fn_diag *d =
        found ? NULL : sema_diag(c, n->kind == FGR_LOCALE ? FGR_D_LOCALE_UNKNOWN : FGR_D_ZONE_UNKNOWN, text);
    if (d == NULL) {
        return;
    }
    sema_arg(d, "name", text->text);
    sema_suggest_begin(&best, c, text->text);
    for (size_t i = 0; i < n_known; i++) {
        sema_suggest_try(&best, known[i], NULL);
    }
    bool plain = text->span.b - text->span.a == text->text.n + 2; /* between its quotes */
    sema_suggest_end(&best, d, plain ? (struct fn_span){text->span.a + 1, text->span.b - 1} : text->span);
}

static void check_zone(struct ctx *c, const struct fgr_node *n)
{
    static const struct fn_str known[] = {
#define FN_ZONE(name, minutes, rule) {name, sizeof name - 1},
#include "zones.def"
#undef FN_ZONE
    };
    check_known(c, n, known, FN_COUNT(known));
}

static void check_locale(struct ctx *c, const struct fgr_node *n)
{
    static const struct fn_str known[] = {
#define FN_LOCALE(name, currency) {name, sizeof name - 1},
#include "locales.def"
#undef FN_LOCALE
    };
    check_known(c, n, known, FN_COUNT(known));
}

void sema_check_decls(struct ctx *c, struct fgr_node *file)
{
    const struct fgr_node *decls = file->kid[FGR_FILE_decls];
    const struct fgr_node *channel = NULL, *zone = NULL, *locale = NULL, *budget = NULL,
                          *rules[FGR_ON_FAILED + 1] = {NULL};
    c->unit = (struct unit){.kind = UNIT_CONST, .graph = SEMA_NO_INDEX};
    for (uint32_t i = 0; i < decls->n_items && !c->full; i++) {
        struct fgr_node *n = decls->items[i];
        switch (n->kind) {
        case FGR_AGENT: check_agent(c, n); break;
        case FGR_HOURS: check_hours(c, n); break;
        case FGR_CHANNEL:
            check_channel(c, n);
            if (channel == NULL || fn_str_eq(channel->text, n->text)) {
                sema_once(c, n, &channel);
            }
            break;
        case FGR_BUDGET: sema_once(c, n, &budget); break;
        case FGR_ALWAYS: check_always(c, n, rules); break;
        case FGR_ALLOW: check_allow(c, n); break;
        case FGR_MIGRATE_STAGE:
        case FGR_MIGRATE_VAR: check_migrate(c, n); break;
        case FGR_TIMEZONE:
        case FGR_LOCALE:
            sema_expr_to(c, n->kid[0], &fcc_t_text);
            sema_once(c, n, n->kind == FGR_LOCALE ? &locale : &zone);
            (n->kind == FGR_LOCALE ? check_locale : check_zone)(c, n);
            break;
        default: break;
        }
    }
    check_starts(c, decls);
}

void sema_check_unused(struct ctx *c)
{
    for (uint32_t i = 0; i < c->syms.n; i++) {
        const struct fcc_sym *s = SEMA_AT(c->syms, struct fcc_sym *, i);
        bool own = s->file == 0 && s->uses == 0 && s->decl != NULL;
        bool told = s->kind == FCC_S_VAR || s->kind == FCC_S_FN || s->kind == FCC_S_FLOW || s->kind == FCC_S_TOOL ||
                    s->kind == FCC_S_AGENT || s->kind == FCC_S_ENUM || s->kind == FCC_S_RECORD ||
                    s->kind == FCC_S_HOURS || s->kind == FCC_S_SECRET || s->kind == FCC_S_MODULE;
        bool library = (c->p->trees[0].file->flags & FGR_MODULE) != 0 && s->kind != FCC_S_MODULE;
        bool missing = s->kind == FCC_S_MODULE && s->index == SEMA_NO_INDEX;
        if (own && told && !missing && !library && (s->decl->flags & FGR_BROKEN) == 0) {
            sema_name_diag(c, FGR_D_UNUSED, s->decl);
        }
    }
}
