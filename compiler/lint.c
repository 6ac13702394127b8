/* lint.c: traps authors meet that are no errors: warnings, which `# permitir: F09xx` allows (allow.c). A row here earns its place by what a
 * customer would experience, and gives no alarm on the examples.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

#include "fn_utf8.h"

struct fn_str sema_folded(struct ctx *c, struct fn_str text)
{
    struct fn_buf b;
    fn_buf_init(&b, 4096);
    fn_fold_phrase(&b, text);
    struct fn_str out = fn_arena_dup(c->arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return out;
}

/* 1 to 99, written as digits only; 0 for anything else. */
static uint32_t number_in(struct fn_str text)
{
    uint32_t value = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || text.n > 2) {
            return 0;
        }
        value = value * 10 + (uint32_t)(text.p[i] - '0');
    }
    return value;
}

static bool is_literal(const struct fgr_node *n)
{
    return n != NULL && n->kind == FGR_TEXT && (n->flags & FGR_BROKEN) == 0 && n->text.n != 0;
}

/* -- options ---------------------------------------------------------------------------------------------------------------------- */

static void phrase_first(struct ctx *c, const struct fgr_node *label, struct fn_str text)
{
    const struct name *phrase = sema_name(c, &c->phrases, text, false);
    phrase = phrase != NULL && phrase->node != NULL ? phrase : sema_name(c, &c->starts, text, false);
    if (phrase == NULL || phrase->node == NULL) {
        return;
    }
    struct fn_diag *d = sema_diag(c, FGR_D_OPTION_IS_PHRASE, label);
    sema_arg(d, "phrase", phrase->node->text);
    fn_diag_label(d, phrase->node->span, FGR_L_PHRASE_HERE);
    d->why = FGR_W_ELSEWHERE;
    d->why_arg = label->text;
}

/* The same label twice is told already (F0504), and goes with it. */
static bool is_repeated(const struct fn_str *folded_labels, uint32_t i, uint32_t other)
{
    for (uint32_t k = 0; k < i; k++) {
        if (fn_str_eq(folded_labels[k], folded_labels[i])) {
            return true;
        }
    }
    return fn_str_eq(folded_labels[other], folded_labels[i]);
}

static void other_number(struct ctx *c, const struct fgr_node *options, uint32_t i, const struct fn_str *folded_labels)
{
    uint32_t at = number_in(folded_labels[i]);
    if (at == 0 || at > options->n_items || at == i + 1 || is_repeated(folded_labels, i, at - 1)) {
        return;
    }
    const struct fgr_node *label = options->items[i]->kid[FGR_OPTION_label];
    struct fn_diag *d = sema_diag(c, FGR_D_LABEL_IS_NUMBER, label);
    sema_arg(d, "label", label->text);
    fn_diag_label(d, options->items[at - 1]->span, FGR_L_NUMBERED);
    d->why = FGR_W_OTHER_OPTION;
    d->why_arg = label->text;
}

void sema_lint_options(struct ctx *c, const struct fgr_node *choose, const struct fn_str *folded_labels)
{
    const struct fgr_node *options = choose->kid[FGR_CHOOSE_options];
    for (uint32_t i = 0; i < options->n_items && !sema_full(c); i++) {
        const struct fgr_node *label = options->items[i]->kid[FGR_OPTION_label];
        if (is_literal(label)) {
            phrase_first(c, label, folded_labels[i]);
            other_number(c, options, i, folded_labels);
        }
    }
}

/* -- phrases ---------------------------------------------------------------------------------------------------------------------- */

static bool is_yes_or_no(struct fn_str text)
{
    static const char *const words[] = {"sim", "nao", "s", "n", "yes", "no", "claro", "ok"};
    for (size_t i = 0; i < FN_COUNT(words); i++) {
        if (fn_str_eq(text, fn_str_c(words[i]))) {
            return true;
        }
    }
    return false;
}

/* Would a question take the phrase as its answer? Labels are told where they stand. */
static bool takes(const struct fgr_node *question, struct fn_str phrase)
{
    if (question->kind == FGR_CHOOSE) {
        uint32_t n = number_in(phrase);
        return n != 0 && n <= question->kid[FGR_CHOOSE_options]->n_items;
    }
    const struct fcc_type *t = question->kind == FGR_ASK ? question->kid[FGR_ASK_target]->type : NULL;
    return t != NULL && sema_is_basic(sema_open(t), FGR_T_BOOL) && is_yes_or_no(phrase);
}

static void lint_phrase(struct ctx *c, const struct fgr_node *phrase)
{
    struct fn_str text = sema_folded(c, phrase->text);
    for (uint32_t i = 0; i < c->questions.n && (is_yes_or_no(text) || number_in(text) != 0); i++) {
        const struct fgr_node *q = SEMA_AT(c->questions, struct fcc_question, i).node;
        if (takes(q, text)) {
            struct fn_diag *d = sema_diag(c, FGR_D_PHRASE_IS_ANSWER, phrase);
            sema_arg(d, "phrase", phrase->text);
            fn_diag_label(d, q->span, FGR_L_ANSWERS);
            d->why = FGR_W_ELSEWHERE;
            d->why_arg = phrase->text;
            return;
        }
    }
}

static void lint_all(struct ctx *c, const struct fgr_node *phrases)
{
    for (uint32_t i = 0; phrases != NULL && i < phrases->n_items && !sema_full(c); i++) {
        lint_phrase(c, phrases->items[i]);
    }
}

void sema_lint_phrases(struct ctx *c)
{
    const struct fgr_node *decls = c->p->trees[0].file->kid[FGR_FILE_decls];
    for (uint32_t i = 0; i < c->ons.n; i++) {
        const struct fgr_node *on = SEMA_AT(c->ons, struct fgr_node *, i);
        lint_all(c, on->aux == FGR_ON_PHRASE ? on->kid[FGR_ON_phrases] : NULL);
    }
    for (uint32_t i = 0; i < decls->n_items; i++) {
        const struct fgr_node *n = decls->items[i];
        lint_all(c, n->kind == FGR_START && n->aux == FGR_START_KEYWORD ? n->kid[FGR_START_phrases] : NULL);
    }
}

/* -- http ------------------------------------------------------------------------------------------------------------------------- */

static bool begins(struct fn_str text, const char *with)
{
    struct fn_str w = fn_str_c(with);
    return text.n >= w.n && memcmp(text.p, w.p, w.n) == 0;
}

/* Out on the internet: a name with a dot that is no private address. Inside a network, names have none (`http://evolution:8080`). */
static bool is_far(struct fn_str host)
{
    static const char *const near[] = {"127.", "10.", "192.168.", "localhost"};
    for (size_t i = 0; i < FN_COUNT(near); i++) {
        if (begins(host, near[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < host.n && host.p[i] != '/' && host.p[i] != ':'; i++) {
        if (host.p[i] == '.') {
            return !(host.n >= i + 6 && memcmp(host.p + i, ".local", 6) == 0);
        }
    }
    return false;
}

/* What a text begins with, up to its first `{…}`. */
static struct fn_str beginning(const struct fgr_node *n)
{
    const struct fgr_node *parts = n != NULL && n->kind == FGR_TEXT ? n->kid[FGR_TEXT_parts] : NULL;
    bool first = parts != NULL && parts->n_items > 0 && parts->items[0]->kind == FGR_TEXT_PART;
    return first ? parts->items[0]->text : is_literal(n) ? n->text : FN_STR_NULL;
}

static void lint_address(struct ctx *c, const struct fgr_node *url)
{
    struct fn_str text = beginning(url);
    if (!begins(text, "http://") || !is_far((struct fn_str){text.p + 7, text.n - 7})) {
        return;
    }
    struct fn_diag *d = sema_diag(c, FGR_D_PLAIN_HTTP, url);
    d->why = FGR_W_OPEN_WIRE;
}

static bool is_credential(struct fn_str header)
{
    static const char *const names[] = {"authorization", "apikey", "api-key", "x-api-key", "x-auth-token", "token"};
    char space[32];
    for (size_t i = 0; i < header.n && i < sizeof space; i++) {
        char b = header.p[i];
        space[i] = b >= 'A' && b <= 'Z' ? (char)(b - 'A' + 'a') : b;
    }
    for (size_t i = 0; header.n < sizeof space && i < FN_COUNT(names); i++) {
        if (fn_str_eq((struct fn_str){space, header.n}, fn_str_c(names[i]))) {
            return true;
        }
    }
    return false;
}

void sema_lint_http(struct ctx *c, const struct fgr_node *http)
{
    const struct fgr_node *props = http->kid[FGR_HTTP_props];
    lint_address(c, http->kid[FGR_HTTP_url]);
    for (uint32_t i = 0; i < props->n_items; i++) {
        const struct fgr_node *pair = props->items[i]->kid[FGR_PROP_value];
        bool two = props->items[i]->aux == FGR_P_HEADER && pair != NULL && pair->kind == FGR_LIST_LIT &&
                   pair->kid[0]->n_items == 2;
        if (two && is_literal(pair->kid[0]->items[0]) && is_literal(pair->kid[0]->items[1]) &&
            is_credential(pair->kid[0]->items[0]->text) && pair->kid[0]->items[1]->text.n >= 8) {
            sema_diag(c, FGR_D_CREDENTIAL_IN_SOURCE, pair->kid[0]->items[1])->why = FGR_W_SECRET;
        }
    }
}
