/* cli_script.c: the steps of a test, in order. A call of the outside stops the conversation; the `ai` or `http` line below answers it, and any
 * step that would need the conversation to have gone on fails instead, with the line to paste.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli_accept.h"
#include "cli_coverage.h"

#include "fsl_date.h"

enum { LOG_MAX = 16 << 20, VALUE_MAX = 1 << 20, LISTED_MAX = 4 };
#define MONDAY_TEN INT64_C(1772456400000) /* 2026-03-02 10:00 in São Paulo: a working day, nothing special */

/* -- telling --------------------------------------------------------------------------------------------------------------------- */

struct fn_diag *cli_script_fail(struct cli_script *s, enum fgr_diag d)
{
    s->failed = true;
    struct fn_diag *out = fgr_diag_add(s->diags, d, s->at->span);
    out->portuguese = s->program->trees[0].spelling == FN_PT;
    return out;
}

void cli_script_arg(struct cli_script *s, struct fn_diag *d, const char *name, struct fn_str value)
{
    fn_diag_arg(d, name, fn_arena_dup(s->arena, value));
}

/* A word of the language as this file spells it. */
struct fn_str cli_script_word(const struct cli_script *s, struct fn_str word)
{
    const struct fgr_word *w = fgr_word_find(word, false, 0);
    return w != NULL && s->program->trees[0].spelling == FN_PT ? w->pt : word;
}

struct fn_str cli_script_nothing(const struct cli_script *s)
{
    return s->lang == FN_PT ? FN_STR("nada") : FN_STR("nothing");
}

/* The messages no line has taken, quoted; the first few. */
static struct fn_str untaken(const struct cli_script *s)
{
    struct fn_buf b;
    fn_buf_init(&b, VALUE_MAX);
    for (unsigned i = s->next; i < s->n_sent && i < s->next + LISTED_MAX; i++) {
        fn_buf_printf(&b, "%s%.*s%s\"%.*s\"", b.n > 0 ? ", " : "", FN_STR_ARG(cli_script_word(s, s->sent[i].word)),
                      s->sent[i].word.n > 0 ? " " : "", FN_STR_ARG(s->sent[i].text));
    }
    if (b.n == 0) {
        fn_buf_str(&b, cli_script_nothing(s));
    } else if (s->n_sent > s->next + LISTED_MAX) {
        fn_buf_z(&b, ", ...");
    }
    struct fn_str out = fn_arena_dup(s->arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return out;
}

/* -- what the host tells ------------------------------------------------------------------------------------------------------------ */

static const char *word_of(enum fbc_host host)
{
    switch (host) {
    case FBC_HOST_choose: return "choose";
    case FBC_HOST_template: return "template";
    case FBC_HOST_react: return "react";
    case FBC_HOST_typing: return "typing";
    case FBC_HOST_notify: return "notify";
    case FBC_HOST_handoff: return "handoff";
    case FBC_HOST_goal: return "goal";
    case FBC_HOST_tag: return "tag";
    case FBC_HOST_save: return "save";
    case FBC_HOST_delete: return "delete";
    case FBC_HOST_media:
    case FBC_HOST_say:
    case FBC_HOST_say_or_template:
    case FBC_HOST_http:
    case FBC_HOST_classify:
    case FBC_HOST_extract:
    case FBC_HOST_write:
    case FBC_HOST_talk:
    case FBC_HOST_transcribe:
    case FBC_HOST_find:
    case FBC_HOST_query: break;
    }
    return "";
}

static const char *text_key(enum fbc_host host)
{
    switch (host) {
    case FBC_HOST_template:
    case FBC_HOST_goal: return "name";
    case FBC_HOST_react: return "emoji";
    case FBC_HOST_handoff: return "team";
    case FBC_HOST_tag: return "tag";
    case FBC_HOST_save:
    case FBC_HOST_delete: return "table";
    case FBC_HOST_say:
    case FBC_HOST_choose:
    case FBC_HOST_media:
    case FBC_HOST_typing:
    case FBC_HOST_notify:
    case FBC_HOST_say_or_template:
    case FBC_HOST_http:
    case FBC_HOST_classify:
    case FBC_HOST_extract:
    case FBC_HOST_write:
    case FBC_HOST_talk:
    case FBC_HOST_transcribe:
    case FBC_HOST_find:
    case FBC_HOST_query: break;
    }
    return "text";
}

static bool window_open(const struct cli_script *s)
{
    int64_t last = cli_host_window(s->host);
    return last != INT64_MIN && cli_host_now(s->host) - last < INT64_C(24) * 3600 * 1000;
}

/* The chat of whoever reads along, at the time it is now; NULL when nobody does. */
static struct cli_chat *chat_now(struct cli_script *s)
{
    if (s->chat != NULL && s->host != NULL) {
        cli_chat_clock(s->chat, cli_host_now(s->host));
    }
    return s->chat;
}

static void on_sent(void *self, enum fbc_host host, struct fn_str json)
{
    struct cli_script *s = self;
    const struct fn_json *v = NULL;
    fn_buf_printf(&s->log, "%lld %d %.*s\n", (long long)cli_host_now(s->host), (int)host, FN_STR_ARG(json));
    if (s->n_sent == CLI_SENT_MAX ||
        fn_json_parse(s->arena, fn_arena_dup(s->arena, json), FN_JSON_REPAIR, &v, NULL) != FN_OK) {
        return;
    }
    bool free_form = host == FBC_HOST_say || host == FBC_HOST_choose || host == FBC_HOST_media;
    bool lost = free_form && !window_open(s); /* only where an error is told (F0411): nobody reads it */
    if (chat_now(s) != NULL) {
        cli_chat_sent(s->chat, host, v, !window_open(s));
    }
    if (lost) {
        return;
    }
    struct cli_sent *sent = &s->sent[s->n_sent++];
    *sent = (struct cli_sent){
        .host = host, .word = fn_str_c(word_of(host)), .text = fn_json_str(fn_json_get(v, text_key(host))), .json = v};
    if (host == FBC_HOST_say_or_template && !window_open(s)) {
        *sent = (struct cli_sent){FBC_HOST_template, fn_json_str(fn_json_get(v, "name")), FN_STR("template"), v};
    } else if (host == FBC_HOST_media) {
        sent->word = fn_json_str(fn_json_get(v, "kind"));
        struct fn_str caption = fn_json_str(fn_json_get(v, "caption"));
        sent->text = caption.n > 0 ? caption : fn_json_str(fn_json_get(v, "url"));
    }
}

static void on_counted(void *self, enum fbc_count kind, struct fn_str name)
{
    struct cli_script *s = self;
    fn_buf_printf(&s->log, "count %d %.*s\n", (int)kind, FN_STR_ARG(name));
    cli_covered_add(s->covered, name);
    s->by_always = kind == FBC_COUNT_BRANCH && cli_coverage_of_always(s->program, name);
}

static void on_entered(void *self, struct fn_str stage)
{
    struct cli_script *s = self;
    fn_buf_printf(&s->log, "stage %.*s\n", FN_STR_ARG(stage));
    if (chat_now(s) != NULL) {
        cli_chat_entered(s->chat, stage);
    }
    cli_covered_add(s->covered, stage);
    cli_covered_add(s->covered, fn_arena_printf(s->arena, "%.*s>%.*s", FN_STR_ARG(s->stage), FN_STR_ARG(stage)));
    if (s->by_always || cli_host_jumped(s->host)) {
        cli_covered_add(s->covered, fn_arena_printf(s->arena, "always>%.*s", FN_STR_ARG(stage)));
    }
    s->by_always = false;
    s->stage = stage;
}

static void on_saved(void *self, struct fn_str snapshot)
{
    struct cli_script *s = self;
    fn_buf_printf(&s->snapshots, "%.*s, %zu bytes", FN_STR_ARG(cli_host_stage(s->host)), snapshot.n);
    for (size_t i = 0; i < snapshot.n; i++) {
        fn_buf_printf(&s->snapshots, "%s%02x", i % 32 == 0 ? "\n" : "", (unsigned)(unsigned char)snapshot.p[i]);
    }
    fn_buf_z(&s->snapshots, "\n");
}

static void on_trapped(void *self, enum fbc_trap trap, uint32_t offset)
{
    struct cli_script *s = self;
    fn_buf_printf(&s->log, "trap %d\n", (int)trap);
    if (chat_now(s) != NULL) {
        cli_chat_stopped(s->chat, trap);
    }
    if (s->failed) {
        return;
    }
    struct fn_diag *d = cli_script_fail(s, FGR_D_TEST_STOPPED);
    cli_script_arg(s, d, "reason", fn_str_c(fbc_trap_text(trap, s->lang == FN_EN)));
    if (offset != UINT32_MAX) {
        fn_diag_label(d, (struct fn_span){offset, offset + 1}, FGR_L_NONE);
    }
}

const struct cli_host_ops *cli_script_ops(void)
{
    static const struct cli_host_ops ops = {on_sent, on_counted, on_entered, on_saved, on_trapped};
    return &ops;
}

/* -- customer and clock --------------------------------------------------------------------------------------------------------------- */

static const struct cli_sent *last_choose(const struct cli_script *s)
{
    for (unsigned i = s->n_sent; i > 0; i--) {
        if (s->sent[i - 1].host == FBC_HOST_choose) {
            return &s->sent[i - 1];
        }
    }
    return NULL;
}

static struct fn_str option_label(const struct cli_script *s, struct fn_str id, bool *found)
{
    const struct cli_sent *choose = last_choose(s);
    const struct fn_json *ids = choose != NULL ? fn_json_get(choose->json, "ids") : NULL;
    *found = false;
    for (uint32_t i = 0; ids != NULL && i < ids->n; i++) {
        if (fn_str_eq(fn_json_str(fn_json_at(ids, i)), id)) {
            *found = true;
            return fn_json_str(fn_json_at(fn_json_get(choose->json, "labels"), i));
        }
    }
    return FN_STR("");
}

static void no_option(struct cli_script *s, struct fn_str id)
{
    struct fn_buf b;
    const struct cli_sent *choose = last_choose(s);
    const struct fn_json *ids = choose != NULL ? fn_json_get(choose->json, "ids") : NULL;
    fn_buf_init(&b, VALUE_MAX);
    for (uint32_t i = 0; ids != NULL && i < ids->n; i++) {
        fn_buf_printf(&b, "%s[%.*s]", i > 0 ? " " : "", FN_STR_ARG(fn_json_str(fn_json_at(ids, i))));
    }
    struct fn_diag *d = cli_script_fail(s, FGR_D_TEST_NO_OPTION);
    cli_script_arg(s, d, "id", id);
    cli_script_arg(s, d, "options", b.n > 0 ? fn_buf_view(&b) : cli_script_nothing(s));
    fn_buf_fini(&b);
}

static struct fn_str media_json(struct cli_script *s, unsigned type)
{
    static const char *const kinds[] = {[FGR_T_IMAGE] = "image",
                                        [FGR_T_AUDIO] = "audio",
                                        [FGR_T_VIDEO] = "video",
                                        [FGR_T_DOCUMENT] = "document",
                                        [FGR_T_LOCATION] = "location"};
    const char *kind = type < FN_COUNT(kinds) && kinds[type] != NULL ? kinds[type] : "image";
    if (type == FGR_T_LOCATION) {
        return FN_STR(
            "{\"kind\":\"location\",\"latitude\":-23.55052,\"longitude\":-46.633308,\"url\":\"-23.55052,-46.633308\"}");
    }
    return fn_arena_printf(
        s->arena, "{\"kind\":\"%s\",\"url\":\"https://media.example/%s\",\"mime\":\"\",\"name\":\"\"}", kind, kind);
}

static void step_says(struct cli_script *s, const struct fgr_node *n)
{
    struct fn_str text = n->kid[FGR_STEP_SAYS_value] != NULL ? n->kid[FGR_STEP_SAYS_value]->text : FN_STR("");
    struct fn_str option = FN_STR(""), media = FN_STR("");
    if ((n->flags & FGR_BY_OPTION) != 0) {
        bool found;
        option = n->text;
        text = option_label(s, option, &found);
        if (!found) {
            no_option(s, option);
            return;
        }
    } else if (n->aux != 0) {
        media = media_json(s, n->aux);
    }
    fn_buf_printf(&s->log, "> %.*s %.*s %.*s\n", FN_STR_ARG(text), FN_STR_ARG(option), FN_STR_ARG(media));
    if (chat_now(s) != NULL) {
        const struct fn_json *medium = NULL;
        (void)(media.n > 0 && fn_json_parse(s->arena, fn_arena_dup(s->arena, media), 0, &medium, NULL) == FN_OK);
        cli_chat_said(s->chat, text, option, medium);
    }
    if (!cli_host_message(s->host, text, option, media)) {
        (void)cli_script_fail(s, FGR_D_TEST_NO_START);
    }
}

static int64_t json_int(struct cli_script *s, struct fn_str json)
{
    const struct fn_json *v = NULL;
    int64_t i = 0;
    if (fn_json_parse(s->arena, json, 0, &v, NULL) == FN_OK) {
        (void)fn_json_int(v, &i);
    }
    return i;
}

static void step_clock(struct cli_script *s, const struct fgr_node *n)
{
    struct fn_buf b;
    fn_buf_init(&b, VALUE_MAX);
    if (cli_script_value(s, n->kid[FGR_STEP_CLOCK_time], &fcc_t_int, &b)) {
        cli_host_advance(s->host, cli_host_now(s->host) + json_int(s, fn_buf_view(&b)));
    }
    fn_buf_fini(&b);
}

static void step_at(struct cli_script *s, const struct fgr_node *n)
{
    int64_t at;
    if (fsl_datetime_parse(n->kid[FGR_STEP_AT_value]->text, s->image->timezone, &at)) {
        cli_host_advance(s->host, at);
    }
}

static void step_given(struct cli_script *s, const struct fgr_node *n)
{
    const struct fgr_node *target = n->kid[FGR_STEP_GIVEN_target];
    struct fn_buf b;
    fn_buf_init(&b, VALUE_MAX);
    if (cli_script_value(s, n->kid[FGR_STEP_GIVEN_value], target->type, &b)) {
        bool phone = target->sym != NULL && target->sym->kind == FCC_S_BUILTIN;
        cli_host_contact(s->host, phone ? FN_STR("phone") : target->text, fn_buf_view(&b));
    }
    fn_buf_fini(&b);
}

static void step_event(struct cli_script *s, const struct fgr_node *n)
{
    const struct fgr_node *args = n->kid[FGR_STEP_EVENT_args];
    const struct fcc_sym *event = n->sym;
    struct fn_buf b, value;
    if (event == NULL) {
        if (chat_now(s) != NULL) {
            cli_chat_event(s->chat, n->text, FN_STR(""));
        }
        if (!cli_host_campaign(s->host)) {
            (void)cli_script_fail(s, FGR_D_TEST_NO_START);
        }
        return;
    }
    fn_buf_init(&b, VALUE_MAX);
    fn_buf_init(&value, VALUE_MAX);
    fn_buf_char(&b, '{');
    for (uint32_t i = 0; args != NULL && i < args->n_items; i++) {
        const struct fgr_node *arg = args->items[i], *params = event->decl->kid[FGR_EVENT_params];
        struct fn_str name = arg->kind == FGR_NAMED_ARG ? arg->text
                             : i < params->n_items      ? params->items[i]->text
                                                        : FN_STR("");
        fn_buf_clear(&value);
        if (!cli_script_value(s, arg->kind == FGR_NAMED_ARG ? arg->kid[0] : arg,
                              i < event->n_params ? event->params[i] : NULL, &value)) {
            break;
        }
        fn_json_comma(&b);
        fn_json_put_str(&b, name);
        fn_buf_char(&b, ':');
        fn_buf_str(&b, fn_buf_view(&value));
    }
    fn_buf_char(&b, '}');
    if (chat_now(s) != NULL) {
        cli_chat_event(s->chat, n->text, fn_buf_view(&b));
    }
    if (!s->failed && !cli_host_event(s->host, n->text, fn_buf_view(&b))) {
        (void)cli_script_fail(s, FGR_D_TEST_NO_START);
    }
    fn_buf_fini(&b);
    fn_buf_fini(&value);
}

/* -- what is expected ---------------------------------------------------------------------------------------------------------------------- */

bool cli_script_match(struct fn_str pattern, struct fn_str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.n && pattern.p[p] == text.p[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*') {
        p++;
    }
    return p == pattern.n;
}

static bool options_match(const struct cli_sent *sent, const struct fgr_node *options)
{
    const struct fn_json *ids = fn_json_get(sent->json, "ids");
    if (options == NULL || options->n_items == 0) {
        return true;
    }
    if (sent->host != FBC_HOST_choose || ids == NULL || ids->n != options->n_items) {
        return false;
    }
    for (uint32_t i = 0; i < ids->n; i++) {
        if (!fn_str_eq(fn_json_str(fn_json_at(ids, i)), options->items[i]->text)) {
            return false;
        }
    }
    return true;
}

bool cli_script_is_message(const struct cli_sent *sent)
{
    return sent->host == FBC_HOST_say || sent->host == FBC_HOST_choose || sent->host == FBC_HOST_template ||
           sent->host == FBC_HOST_media || sent->host == FBC_HOST_say_or_template;
}

bool cli_script_matches(const struct cli_sent *sent, const struct fgr_node *n)
{
    const struct fgr_node *value = n->kid[FGR_STEP_EXPECTS_value];
    bool word = n->text.n == 0 ? cli_script_is_message(sent) : fn_str_eq(n->text, sent->word);
    return word && options_match(sent, n->kid[FGR_STEP_EXPECTS_options]) &&
           (value == NULL || cli_script_match(value->text, sent->text));
}

static void step_expects(struct cli_script *s, const struct fgr_node *n)
{
    bool exact = (s->test->flags & FGR_EXACT) != 0;
    for (unsigned i = s->next; i < s->n_sent; i++) {
        if (cli_script_matches(&s->sent[i], n)) {
            s->next = i + 1;
            return;
        }
        if (exact && cli_script_is_message(&s->sent[i])) {
            break;
        }
    }
    if (cli_host_state(s->host) == CLI_CALLING) {
        cli_script_unanswered(s);
        return;
    }
    cli_script_arg(s, cli_script_fail(s, FGR_D_TEST_NOT_SENT), "sent", untaken(s));
}

static bool stage_is(const struct cli_script *s, const struct fgr_node *cond, bool *truth)
{
    const struct fgr_node *left = cond->kind == FGR_BINARY ? cond->kid[FGR_BINARY_left] : NULL;
    if (left == NULL || left->kind != FGR_NAME || left->type == NULL || left->type->cls != FCC_C_VOID) {
        return false;
    }
    bool same = !cli_host_ended(s->host) && fn_str_eq(cond->kid[FGR_BINARY_right]->text, cli_host_stage(s->host));
    *truth = (cond->aux == FGR_OP_EQ) == same;
    return true;
}

/* Where the conversation stands, as a condition would say it. */
static void put_stage(const struct cli_script *s, struct fn_buf *b)
{
    struct fn_str at = cli_host_stage(s->host);
    if (at.n == 0) {
        fn_buf_str(b, cli_script_nothing(s));
        return;
    }
    fn_buf_printf(b, "%.*s == %.*s", FN_STR_ARG(cli_script_word(s, FN_STR("stage"))), FN_STR_ARG(at));
    if (cli_host_ended(s->host)) {
        fn_buf_printf(b, ", %.*s", FN_STR_ARG(cli_script_word(s, FN_STR("ended"))));
    }
}

static void step_assert(struct cli_script *s, const struct fgr_node *n)
{
    const struct fgr_node *cond = n->kid[FGR_STEP_ASSERT_cond];
    struct fn_buf b;
    bool truth = false;
    fn_buf_init(&b, VALUE_MAX);
    if (cond->kind == FGR_NAME && cond->sym == NULL) {
        truth = cli_host_ended(s->host); /* `ended`: the only condition that is a bare word */
        put_stage(s, &b);
    } else if (stage_is(s, cond, &truth)) {
        put_stage(s, &b);
    } else if (cli_script_value(s, cond, &fcc_t_bool, &b)) {
        truth = fn_str_eq(fn_buf_view(&b), FN_STR("true"));
        fn_buf_clear(&b);
        if (!truth && cond->kind == FGR_BINARY && cond->kid[FGR_BINARY_left]->type != NULL) {
            (void)cli_script_value(s, cond->kid[FGR_BINARY_left], NULL, &b);
        }
    }
    if (!truth && !s->failed) {
        struct fn_str found = b.n > 0 ? fn_buf_view(&b) : cli_script_word(s, FN_STR("false"));
        cli_script_arg(s, cli_script_fail(s, FGR_D_TEST_FALSE), "found", found);
    }
    fn_buf_fini(&b);
}

/* -- the run ---------------------------------------------------------------------------------------------------------------------------------- */

static bool moves(const struct fgr_node *n)
{
    return n->kind == FGR_STEP_SAYS || n->kind == FGR_STEP_CLOCK || n->kind == FGR_STEP_AT || n->kind == FGR_STEP_EVENT;
}

/* An exact test lists every message before the customer goes on. */
static bool exact_left(struct cli_script *s)
{
    bool left = false;
    for (unsigned i = s->next; (s->test->flags & FGR_EXACT) != 0 && i < s->n_sent; i++) {
        left = left || cli_script_is_message(&s->sent[i]);
    }
    if (left) {
        cli_script_arg(s, cli_script_fail(s, FGR_D_TEST_SURPLUS), "sent", untaken(s));
    }
    return left;
}

static void step(struct cli_script *s, const struct fgr_node *n)
{
    if (n->kind != FGR_STEP_SAYS && n->kind != FGR_STEP_AI && n->kind != FGR_STEP_HTTP) {
        cli_host_settle(s->host);
    }
    switch (n->kind) {
    case FGR_STEP_SAYS: step_says(s, n); break;
    case FGR_STEP_EXPECTS: step_expects(s, n); break;
    case FGR_STEP_CLOCK: step_clock(s, n); break;
    case FGR_STEP_AT: step_at(s, n); break;
    case FGR_STEP_GIVEN: step_given(s, n); break;
    case FGR_STEP_EVENT: step_event(s, n); break;
    case FGR_STEP_AI:
    case FGR_STEP_HTTP:
        if (cli_host_state(s->host) != CLI_CALLING) {
            cli_host_settle(s->host);
        }
        (void)cli_script_answer(s, n);
        break;
    case FGR_STEP_ASSERT: step_assert(s, n); break;
    default: break;
    }
}

/* Before the customer goes on, or at the end: true, and the test has failed. */
static bool turn_over(struct cli_script *s, const struct fgr_node *last, const struct fgr_node *next)
{
    if (s->accept == NULL) {
        return exact_left(s);
    }
    if (s->accept->bare && (next == NULL || next->kind != FGR_STEP_SAYS)) {
        cli_host_settle(s->host); /* as the line that comes to stand here will */
    }
    cli_accept_turn(s, last);
    return false;
}

/* One step, or with --accept the `<` lines that stand together: the last of them. */
static uint32_t run_step(struct cli_script *s, uint32_t i)
{
    const struct fgr_node *steps = s->test->kid[FGR_TEST_steps], *n = steps->items[i];
    if (s->accept == NULL || n->kind != FGR_STEP_EXPECTS) {
        step(s, n);
        return i;
    }
    uint32_t end = i;
    while (end < steps->n_items && steps->items[end]->kind == FGR_STEP_EXPECTS) {
        end++;
    }
    cli_host_settle(s->host);
    cli_accept_group(s, i, end);
    return end - 1;
}

static void run_steps(struct cli_script *s)
{
    const struct fgr_node *steps = s->test->kid[FGR_TEST_steps], *last = NULL;
    for (uint32_t i = 0; i < steps->n_items && !s->failed; i++) {
        const struct fgr_node *n = steps->items[i];
        s->at = n;
        if (moves(n) && cli_host_state(s->host) == CLI_CALLING) {
            cli_script_unanswered(s);
            break;
        }
        if (moves(n) && turn_over(s, last, n)) {
            break;
        }
        s->cause = moves(n) ? n : s->cause;
        i = run_step(s, i);
        last = n->kind != FGR_STEP_ASSERT && n->kind != FGR_STEP_GIVEN ? steps->items[i] : last;
        if (cli_host_state(s->host) == CLI_PARKED && !s->failed) {
            cli_script_arg(s, cli_script_fail(s, FGR_D_TEST_STOPPED), "reason", cli_script_nothing(s));
        }
    }
    if (!s->failed && cli_host_state(s->host) == CLI_CALLING) {
        cli_script_unanswered(s);
    }
    if (!s->failed) {
        (void)turn_over(s, last, NULL);
    }
}

bool cli_script_run(struct cli_script *s)
{
    s->n_sent = s->next = 0;
    s->failed = s->by_always = false;
    s->stage = FN_STR("");
    s->at = s->cause = s->test;
    fn_buf_init(&s->log, LOG_MAX);
    fn_buf_init(&s->snapshots, LOG_MAX);
    const struct cli_host_options options = {.image = s->image,
                                             .natives = s->natives,
                                             .ops = cli_script_ops(),
                                             .self = s,
                                             .seed = 1,
                                             .now = MONDAY_TEN,
                                             .restart = s->restart};
    s->host = cli_host_new(&options);
    if (s->host == NULL) {
        cli_script_arg(s, cli_script_fail(s, FGR_D_TEST_STOPPED), "reason", FN_STR("out of memory"));
        return false;
    }
    run_steps(s);
    cli_host_free(s->host);
    s->host = NULL;
    return !s->failed;
}
