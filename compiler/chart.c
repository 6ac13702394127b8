/* chart.c: the graph of a tree. Every stage is walked with the words that led to where the walk stands (an option's label, a branch, a
 * condition); at each jump they become the label of an edge. A flow is walked where it is called.
 * SPDX-License-Identifier: Apache-2.0 */
#include "chart.h"

#include "fn_utf8.h"

enum { WORDS_MAX = 24, WORDS_SHOWN = 2, FLOWS_MAX = 8, SAYS_POINTS = 30, SOURCE_POINTS = 40 };

enum word {
    W_START,
    W_ALWAYS,
    W_END,
    W_MESSAGE,
    W_CAMPAIGN,
    W_EVENT,
    W_SILENCE,
    W_ERROR,
    W_MEDIA,
    W_INVALID,
    W_FAILED,
    W_OTHER,
    W_DONE,
    W_LIMIT,
    W_CHOSEN,
    W_IF,
    W_ELSE,
    W_ON_FAILURE
};
static const char *const words[][2] = {
    {"início", "start"},      {"sempre", "always"},
    {"fim", "end"},           {"mensagem", "message"},
    {"campanha", "campaign"}, {"evento", "event"},
    {"silêncio", "silence"},  {"erro", "error"},
    {"mídia", "media"},       {"inválida", "invalid"},
    {"falhou", "failed"},     {"outra", "other"},
    {"pronto", "done"},       {"limite", "limit"},
    {"escolheu", "chosen"},   {"se", "if"},
    {"senão", "otherwise"},   {"se falhar", "when it fails"},
};

struct walk {
    struct chart *c;
    int lang;
    int from, end;
    struct fn_str words[WORDS_MAX];
    enum chart_edge_kind kinds[WORDS_MAX];
    int n_words;
    const struct fgr_node *flows[FLOWS_MAX];
    int n_flows;
};

static struct fn_str word(const struct walk *w, enum word which)
{
    return fn_str_c(words[which][w->lang]);
}

/* -- building blocks --------------------------------------------------------------------------------------------------------- */

static int add_node(struct chart *c, struct chart_node node)
{
    if (c->n_nodes == CHART_NODES_MAX) {
        c->over = true;
        return CHART_NONE;
    }
    c->nodes[c->n_nodes] = node;
    return c->n_nodes++;
}

static void add_edge(struct chart *c, struct chart_edge e)
{
    for (int i = c->n_edges; i > 0 && c->edges[i - 1].from == e.from; i--) {
        if (c->edges[i - 1].to == e.to && fn_str_eq(c->edges[i - 1].label, e.label)) {
            return;
        }
    }
    if (c->n_edges == CHART_EDGES_MAX || e.from == CHART_NONE || e.to == CHART_NONE) {
        c->over = true;
        return;
    }
    c->edges[c->n_edges++] = e;
}

static int stage_named(struct chart *c, struct fn_str name, uint32_t at)
{
    for (int i = 0; i < c->n_nodes; i++) {
        if ((c->nodes[i].kind == CHART_STAGE || c->nodes[i].kind == CHART_UNKNOWN) && fn_str_eq(c->nodes[i].id, name)) {
            return i;
        }
    }
    return add_node(c, (struct chart_node){.kind = CHART_UNKNOWN, .id = name, .title = name, .at = at});
}

struct fn_str chart_shown(struct fn_arena *arena, struct fn_str s, size_t points)
{
    const char *newline = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;
    size_t n = newline != NULL ? (size_t)(newline - s.p) : s.n;
    size_t cut = fn_utf8_cut((struct fn_str){s.p, n}, points);
    if (cut == s.n) {
        return s;
    }
    return fn_arena_printf(arena, "%.*s…", (int)cut, s.p);
}

static struct fn_str source_of(const struct walk *w, struct fn_span span, size_t points)
{
    struct fn_str all = w->c->tree->source.text;
    if (span.a >= span.b || span.b > all.n) {
        return FN_STR("");
    }
    return chart_shown(w->c->arena, (struct fn_str){all.p + span.a, span.b - span.a}, points);
}

static struct fn_str joined(const struct walk *w, struct fn_str a, struct fn_str b)
{
    return b.n == 0 ? a : fn_arena_printf(w->c->arena, "%.*s %.*s", FN_STR_ARG(a), FN_STR_ARG(b));
}

/* The innermost words, outermost first. */
static struct fn_str label(const struct walk *w)
{
    int first = w->n_words > WORDS_SHOWN ? w->n_words - WORDS_SHOWN : 0;
    struct fn_str out = w->n_words > 0 ? w->words[first] : FN_STR("");
    for (int i = first + 1; i < w->n_words; i++) {
        out = fn_arena_printf(w->c->arena, "%.*s · %.*s", FN_STR_ARG(out), FN_STR_ARG(w->words[i]));
    }
    return out;
}

static void goes(struct walk *w, int to, uint32_t at)
{
    enum chart_edge_kind kind = w->n_words > 0 ? w->kinds[w->n_words - 1] : CHART_GOES;
    add_edge(w->c, (struct chart_edge){w->from, to, kind, label(w), at});
}

static void ends(struct walk *w, uint32_t at)
{
    if (w->end == CHART_NONE) {
        w->end = add_node(
            w->c, (struct chart_node){.kind = CHART_END, .id = FN_STR("(end)"), .title = word(w, W_END), .at = at});
    }
    goes(w, w->end, at);
}

/* -- the walk ---------------------------------------------------------------------------------------------------------------- */

static void visit(struct walk *w, const struct fgr_node *n);

static void visit_as(struct walk *w, struct fn_str words_here, enum chart_edge_kind kind, const struct fgr_node *n)
{
    if (n == NULL || w->n_words == WORDS_MAX) {
        visit(w, n);
        return;
    }
    w->words[w->n_words] = words_here;
    w->kinds[w->n_words++] = kind;
    visit(w, n);
    w->n_words--;
}

static void visit_kids(struct walk *w, const struct fgr_node *n)
{
    for (unsigned i = 0; i < n->n_kids; i++) {
        visit(w, n->kid[i]);
    }
    for (uint32_t i = 0; i < n->n_items; i++) {
        visit(w, n->items[i]);
    }
}

static const struct fgr_node *inner_text(const struct fgr_node *n)
{
    return n != NULL && n->kind == FGR_TEXT ? n : NULL;
}

/* A text as its source says it, without the quotes. */
static struct fn_str text_of(const struct walk *w, const struct fgr_node *n, size_t points)
{
    if (inner_text(n) == NULL) {
        return n != NULL ? source_of(w, n->span, points) : FN_STR("");
    }
    if (n->text.n > 0) {
        return chart_shown(w->c->arena, n->text, points);
    }
    struct fn_span s = n->span;
    uint32_t quotes = (n->flags & FGR_LONG_TEXT) != 0 ? 3 : 1;
    return s.b - s.a > 2 * quotes ? source_of(w, (struct fn_span){s.a + quotes, s.b - quotes}, points) : FN_STR("");
}

static void visit_option(struct walk *w, const struct fgr_node *n)
{
    struct fn_str text = text_of(w, n->kid[FGR_OPTION_label], CHART_LABEL_POINTS);
    visit_as(w, text.n > 0 ? text : n->text, CHART_OPTION, n->kid[FGR_OPTION_action]);
}

static void visit_branch(struct walk *w, const struct fgr_node *n)
{
    static const struct {
        uint16_t branch;
        enum word word;
        enum chart_edge_kind kind;
    } rows[] = {{FGR_BR_INVALID, W_INVALID, CHART_FAILED}, {FGR_BR_FAILED, W_FAILED, CHART_FAILED},
                {FGR_BR_SILENCE, W_SILENCE, CHART_BRANCH}, {FGR_BR_MEDIA, W_MEDIA, CHART_BRANCH},
                {FGR_BR_OTHER, W_OTHER, CHART_BRANCH},     {FGR_BR_DONE, W_DONE, CHART_BRANCH},
                {FGR_BR_LIMIT, W_LIMIT, CHART_BRANCH},     {FGR_BR_FROM_ACTION, W_CHOSEN, CHART_OPTION}};
    const struct fgr_node *value = n->kid[FGR_BRANCH_value];
    for (size_t i = 0; i < FN_COUNT(rows); i++) {
        if (rows[i].branch == n->aux) {
            struct fn_str time =
                n->aux == FGR_BR_SILENCE && value != NULL ? source_of(w, value->span, SOURCE_POINTS) : FN_STR("");
            visit_as(w, joined(w, word(w, rows[i].word), time), rows[i].kind, n->kid[FGR_BRANCH_action]);
        }
    }
}

static void visit_arm(struct walk *w, const struct fgr_node *n)
{
    const struct fgr_node *patterns = n->kid[FGR_ARM_patterns];
    struct fn_str text =
        patterns != NULL && patterns->n_items > 0
            ? source_of(w, (struct fn_span){patterns->items[0]->span.a, patterns->items[patterns->n_items - 1]->span.b},
                        SOURCE_POINTS)
            : FN_STR("");
    bool fails = (n->flags & FGR_FAILED) != 0, other = (n->flags & FGR_ELSE) != 0;
    struct fn_str extra = fails ? word(w, W_FAILED) : other ? word(w, W_OTHER) : FN_STR("");
    visit_as(w,
             text.n == 0    ? extra
             : extra.n == 0 ? text
                            : fn_arena_printf(w->c->arena, "%.*s, %.*s", FN_STR_ARG(text), FN_STR_ARG(extra)),
             fails && text.n == 0 ? CHART_FAILED : CHART_CASE, n->kid[FGR_ARM_action]);
}

static void visit_if(struct walk *w, const struct fgr_node *n)
{
    const struct fgr_node *otherwise = n->kid[FGR_IF_otherwise], *cond = n->kid[FGR_IF_cond];
    struct fn_str text = cond != NULL ? source_of(w, cond->span, SOURCE_POINTS) : FN_STR("");
    visit(w, cond);
    visit_as(w, joined(w, word(w, W_IF), text), CHART_CASE, n->kid[FGR_IF_then]);
    if (otherwise != NULL && otherwise->kind == FGR_IF) {
        visit(w, otherwise);
    } else {
        visit_as(w, word(w, W_ELSE), CHART_CASE, otherwise);
    }
}

/* LET, ASSIGN, DO, RETURN, SEND_MEDIA: all but the last kid, then the last as what happens on failure. */
static void visit_fallible(struct walk *w, const struct fgr_node *n)
{
    for (unsigned i = 0; i + 1 < n->n_kids; i++) {
        visit(w, n->kid[i]);
    }
    visit_as(w, word(w, W_ON_FAILURE), CHART_FAILED, n->kid[n->n_kids - 1]);
}

static void visit_classify(struct walk *w, const struct fgr_node *n)
{
    visit(w, n->kid[FGR_CLASSIFY_arms]);
    visit_as(w, word(w, W_ON_FAILURE), CHART_FAILED, n->kid[FGR_CLASSIFY_else_action]);
}

static void visit_call(struct walk *w, const struct fgr_node *n)
{
    const struct fgr_node *callee = n->kid[FGR_CALL_callee], *decls = w->c->tree->file->kid[FGR_FILE_decls];
    visit(w, n->kid[FGR_CALL_args]);
    for (uint32_t i = 0; callee != NULL && callee->kind == FGR_NAME && i < decls->n_items; i++) {
        const struct fgr_node *flow = decls->items[i];
        bool known = w->n_flows == FLOWS_MAX;
        for (int k = 0; k < w->n_flows; k++) {
            known = known || w->flows[k] == flow;
        }
        if (flow->kind == FGR_FLOW && fn_str_eq(flow->text, callee->text) && !known) {
            w->flows[w->n_flows++] = flow;
            visit_as(w, flow->text, CHART_CASE, flow->kid[FGR_FLOW_body]);
            w->n_flows--;
        }
    }
}

static void note(struct walk *w, unsigned flag, const struct fgr_node *says)
{
    struct chart_node *node = &w->c->nodes[w->from];
    node->flags |= flag;
    if (node->says.n == 0 && says != NULL) {
        node->says = text_of(w, says, SAYS_POINTS);
    }
}

static void note_statement(struct walk *w, const struct fgr_node *n)
{
    switch ((int)n->kind) {
    case FGR_SAY: note(w, 0, n->kid[FGR_SAY_value]); break;
    case FGR_ASK: note(w, CHART_ASKS, n->kid[FGR_ASK_prompt]); break;
    case FGR_CHOOSE: note(w, CHART_ASKS, n->kid[FGR_CHOOSE_prompt]); break;
    case FGR_TALK: note(w, CHART_TALKS, NULL); break;
    case FGR_HANDOFF: note(w, CHART_HANDS_OFF, NULL); break;
    case FGR_WAIT_FOR:
    case FGR_WAIT_UNTIL:
    case FGR_WAIT_MESSAGE:
    case FGR_WAIT_EVENT: note(w, CHART_WAITS, NULL); break;
    default: break;
    }
}

static void visit(struct walk *w, const struct fgr_node *n)
{
    if (n == NULL || w->c->over) {
        return;
    }
    note_statement(w, n);
    switch ((int)n->kind) {
    case FGR_JUMP: goes(w, stage_named(w->c, n->text, n->span.a), n->span.a); break;
    case FGR_END: ends(w, n->span.a); break;
    case FGR_OPTION: visit_option(w, n); break;
    case FGR_BRANCH: visit_branch(w, n); break;
    case FGR_ARM: visit_arm(w, n); break;
    case FGR_IF: visit_if(w, n); break;
    case FGR_CLASSIFY: visit_classify(w, n); break;
    case FGR_CALL: visit_call(w, n); break;
    case FGR_LET:
    case FGR_ASSIGN:
    case FGR_DO:
    case FGR_RETURN:
    case FGR_SEND_MEDIA: visit_fallible(w, n); break;
    case FGR_SPLIT_ARM:
        visit_as(w, fn_arena_printf(w->c->arena, "%d%% %.*s", (int)n->num, FN_STR_ARG(n->text)), CHART_CASE,
                 n->kid[FGR_SPLIT_ARM_body]);
        break;
    default: visit_kids(w, n); break;
    }
}

/* -- declarations ------------------------------------------------------------------------------------------------------------ */

static struct fn_str phrases_of(const struct walk *w, const struct fgr_node *phrases)
{
    struct fn_str out = FN_STR("");
    for (uint32_t i = 0; phrases != NULL && i < phrases->n_items; i++) {
        struct fn_str p = text_of(w, phrases->items[i], CHART_LABEL_POINTS);
        out = fn_arena_printf(w->c->arena, "%.*s%s“%.*s”", FN_STR_ARG(out), i > 0 ? ", " : "", FN_STR_ARG(p));
    }
    return out;
}

static void add_start(struct walk *w, const struct fgr_node *n)
{
    static const enum word by_kind[] = {W_MESSAGE, W_MESSAGE, W_CAMPAIGN, W_EVENT};
    struct fn_str text = n->aux == FGR_START_KEYWORD
                             ? phrases_of(w, n->kid[FGR_START_phrases])
                             : joined(w, word(w, by_kind[n->aux]), n->aux == FGR_START_EVENT ? n->text : FN_STR(""));
    if (w->from == CHART_NONE) {
        w->from = add_node(
            w->c, (struct chart_node){
                      .kind = CHART_START, .id = FN_STR("(start)"), .title = word(w, W_START), .at = n->span.a});
    }
    visit_as(w, text, CHART_PHRASE, n->kid[FGR_START_action]);
}

static struct fn_str rule_words(const struct walk *w, const struct fgr_node *on)
{
    const struct fgr_node *time = on->kid[FGR_ON_time];
    switch ((enum fgr_on)on->aux) {
    case FGR_ON_PHRASE: return phrases_of(w, on->kid[FGR_ON_phrases]);
    case FGR_ON_SILENCE:
        return joined(w, word(w, W_SILENCE), time != NULL ? source_of(w, time->span, SOURCE_POINTS) : FN_STR(""));
    case FGR_ON_ERROR: return word(w, W_ERROR);
    case FGR_ON_EVENT: return joined(w, word(w, W_EVENT), on->text);
    case FGR_ON_MEDIA: return word(w, W_MEDIA);
    case FGR_ON_INVALID: return word(w, W_INVALID);
    case FGR_ON_FAILED: break;
    }
    return word(w, W_FAILED);
}

static void add_rules(struct walk *w, const struct fgr_node *n)
{
    const struct fgr_node *ons = n->kid[FGR_ALWAYS_ons];
    if (w->from == CHART_NONE) {
        w->from = add_node(
            w->c, (struct chart_node){
                      .kind = CHART_ALWAYS, .id = FN_STR("(always)"), .title = word(w, W_ALWAYS), .at = n->span.a});
    }
    for (uint32_t i = 0; i < ons->n_items; i++) {
        if (ons->items[i]->kind == FGR_ON) {
            visit_as(w, rule_words(w, ons->items[i]), CHART_PHRASE, ons->items[i]->kid[FGR_ON_action]);
        }
    }
}

static void walk_all(struct walk *w, const struct fgr_node *decls, enum fgr_kind kind,
                     void (*take)(struct walk *, const struct fgr_node *))
{
    w->from = CHART_NONE;
    for (uint32_t i = 0; i < decls->n_items && !w->c->over; i++) {
        if (decls->items[i]->kind == kind) {
            take(w, decls->items[i]);
        }
    }
}

static void add_stage(struct walk *w, const struct fgr_node *n)
{
    w->from =
        add_node(w->c, (struct chart_node){.kind = CHART_STAGE, .id = n->text, .title = n->text, .at = n->text_span.a});
}

static void walk_stage(struct walk *w, const struct fgr_node *n)
{
    w->from = stage_named(w->c, n->text, n->span.a);
    if (w->from != CHART_NONE) {
        visit(w, n->kid[FGR_STAGE_body]);
    }
}

void chart_make(struct chart *c, const struct fgr_tree *tree, struct fn_arena *arena, enum fn_lang lang)
{
    struct walk w = {.c = c, .lang = lang == FN_PT ? 0 : 1, .from = CHART_NONE, .end = CHART_NONE};
    const struct fgr_node *decls = tree->file->kid[FGR_FILE_decls];
    *c = (struct chart){.arena = arena, .tree = tree};
    c->nodes = fn_arena_array(arena, CHART_NODES_MAX, sizeof *c->nodes);
    c->edges = fn_arena_array(arena, CHART_EDGES_MAX, sizeof *c->edges);
    if (c->nodes == NULL || c->edges == NULL || decls == NULL) {
        return;
    }
    walk_all(&w, decls, FGR_STAGE, add_stage);
    walk_all(&w, decls, FGR_START, add_start);
    walk_all(&w, decls, FGR_ALWAYS, add_rules);
    walk_all(&w, decls, FGR_STAGE, walk_stage);
}

enum fn_code fcc_graph_write(struct fn_buf *out, const struct fgr_tree *tree, struct fn_arena *scratch,
                             enum fcc_graph_format format, enum fn_lang lang)
{
    struct chart c;
    chart_make(&c, tree, scratch, lang);
    if (c.over) {
        return FN_LIMIT;
    }
    if (!scratch->failed && (format == FCC_GRAPH_SVG || format == FCC_GRAPH_JSON)) {
        chart_layout(&c);
    }
    if (scratch->failed || c.over) {
        return c.over ? FN_LIMIT : FN_NO_MEMORY;
    }
    switch (format) {
    case FCC_GRAPH_SVG: chart_svg(out, &c, lang); break;
    case FCC_GRAPH_DOT: chart_dot(out, &c); break;
    case FCC_GRAPH_MERMAID: chart_mermaid(out, &c); break;
    case FCC_GRAPH_JSON: chart_json(out, &c); break;
    }
    return out->failed ? FN_NO_MEMORY : FN_OK;
}
