/* channel.c: guarantee 5: what the channel can carry, from channel_limits.def. Texts know their greatest length by their type.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

#include "fn_utf8.h"

void sema_channel_text(struct ctx *c, struct fgr_node *n, const struct fcc_type *t, uint32_t limit, enum fgr_diag over)
{
    if (sema_is_error(t)) {
        return;
    }
    if (!sema_is_textual(t)) {
        bool shown = t->cls == FCC_C_BASIC && !sema_is_media(t) && t->basic != FGR_T_JSON;
        if (!shown && t->cls != FCC_C_ENUM) {
            sema_arg_type(c, sema_diag(c, sema_is_option(t) ? FGR_D_MAY_BE_NONE : FGR_D_NOT_SHOWABLE, n), "type", t);
        }
        return;
    }
    uint64_t size = sema_text_max(t);
    if (size != 0 && size <= limit) {
        return;
    }
    struct fn_diag *d = sema_diag(c, size == 0 ? FGR_D_TEXT_UNBOUNDED : over, n);
    if (size != 0) {
        sema_arg_num(c, d, "size", (int64_t)size);
    }
    sema_arg_num(c, d, "max", limit);
    d->why = FGR_W_NOT_DELIVERED;
}

void sema_channel_label(struct ctx *c, struct fgr_node *n, const struct fcc_type *t)
{
    sema_channel_text(c, n, t, LIMIT_ROW_TITLE, FGR_D_LABEL_TOO_LONG);
}

uint32_t fcc_template_variables(struct fn_str text)
{
    uint32_t most = 0;
    for (size_t i = 0; i + 5 <= text.n; i++) {
        const char *p = text.p + i;
        bool place = p[0] == '{' && p[1] == '{' && p[2] >= '1' && p[2] <= '9' && p[3] == '}' && p[4] == '}';
        uint32_t n = place ? (uint32_t)(p[2] - '0') : 0;
        most = n > most ? n : most;
    }
    return most;
}

static const struct fcc_template *in_catalogue(const struct ctx *c, struct fn_str name, struct fn_str language,
                                               bool *named)
{
    *named = false;
    for (size_t i = 0; i < c->options->n_templates; i++) {
        const struct fcc_template *t = &c->options->templates[i];
        if (fn_str_eq(t->name, name)) {
            *named = true;
            if (language.n == 0 || fn_str_eq(t->language, language)) {
                return t;
            }
        }
    }
    return NULL;
}

/* `pt_BR`, `en_US`: what a template is approved for. */
static struct fn_str languages_of(const struct ctx *c, struct fn_str name)
{
    struct fn_buf b;
    fn_buf_init(&b, 4096);
    for (size_t i = 0; i < c->options->n_templates; i++) {
        const struct fcc_template *t = &c->options->templates[i];
        if (fn_str_eq(t->name, name)) {
            fn_buf_printf(&b, "%s`%.*s`", b.n > 0 ? ", " : "", FN_STR_ARG(t->language));
        }
    }
    struct fn_str out = fn_arena_dup(c->arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return out;
}

/* Name, language and number of variables against the catalogue, where there is one. */
static void check_catalogue(struct ctx *c, struct fgr_node *n)
{
    const struct fgr_node *name = n->kid[FGR_SEND_TEMPLATE_name], *language = n->kid[FGR_SEND_TEMPLATE_language];
    bool fixed = name != NULL && name->kind == FGR_TEXT && name->text.n > 0; /* else it is known when it is sent */
    if (c->options->templates == NULL || !fixed || (n->flags & FGR_BROKEN) != 0) {
        return;
    }
    bool named;
    const struct fcc_template *t = in_catalogue(c, name->text, language != NULL ? language->text : FN_STR_NULL, &named);
    uint32_t given = n->kid[FGR_SEND_TEMPLATE_args]->n_items;
    if (t == NULL) {
        struct fn_diag *d = sema_diag(c, named ? FGR_D_TEMPLATE_LANGUAGE : FGR_D_TEMPLATE_UNKNOWN,
                                      named && language != NULL ? language : name);
        sema_arg(d, "name", name->text);
        d->why = FGR_W_NOT_DELIVERED;
        if (named) {
            sema_arg(d, "languages", languages_of(c, name->text));
        } else {
            struct suggest best;
            sema_suggest_begin(&best, c, name->text);
            for (size_t i = 0; i < c->options->n_templates; i++) {
                sema_suggest_try(&best, c->options->templates[i].name, NULL);
            }
            if (best.name.n != 0) {
                sema_arg(d, "near", best.name);
            }
        }
    } else if (t->variables != given) {
        struct fn_diag *d = sema_diag(c, FGR_D_TEMPLATE_ARGS, n);
        sema_arg(d, "name", name->text);
        sema_arg_num(c, d, "want", t->variables);
        sema_arg_num(c, d, "got", given);
        d->why = FGR_W_NOT_DELIVERED;
    }
}

void sema_channel_template(struct ctx *c, struct fgr_node *n)
{
    const struct fgr_node *args = n->kid[FGR_SEND_TEMPLATE_args];
    struct fgr_node *words[] = {n->kid[FGR_SEND_TEMPLATE_name], n->kid[FGR_SEND_TEMPLATE_language]};
    for (size_t i = 0; i < FN_COUNT(words); i++) {
        c->taint = 0;
        if (words[i] != NULL) {
            sema_expr_to(c, words[i], &fcc_t_text);
            sema_taint_message(c, words[i]);
        }
    }
    for (uint32_t i = 0; i < args->n_items; i++) {
        struct fgr_node *a = args->items[i];
        struct fgr_node *value = a->kind == FGR_NAMED_ARG ? a->kid[FGR_NAMED_ARG_value] : a;
        c->taint = 0;
        const struct fcc_type *t = sema_expr_open(c, value, NULL);
        a->type = t;
        sema_taint_message(c, value);
        sema_channel_text(c, value, t, LIMIT_TEMPLATE_ARG, FGR_D_TEXT_OVER_LIMIT);
    }
    n->type = &fcc_t_void;
    check_catalogue(c, n);
}
