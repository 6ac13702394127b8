/* cli_moves.c: the moves that are possible where a conversation stands: what people type, buttons on the screen, silence, events, and the
 * answers of models and systems, good and bad.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli_walker.h"

#include "fn_json.h"

enum { LINE_MAX_BYTES = 1 << 16, SAMPLES = 2 };
#define HOUR INT64_C(3600000)

struct moves {
    struct cli_walker *w;
    struct cli_move *out;
    unsigned n;
};

static void add(struct moves *m, struct cli_move move)
{
    if (m->n < CLI_NEXT_MAX) {
        m->out[m->n++] = move;
    }
}

static struct fn_str written(struct moves *m, const char *before, struct fn_str text, const char *after)
{
    return fn_arena_printf(m->w->arena, "%s%.*s%s", before, FN_STR_ARG(text), after);
}

static void add_text(struct moves *m, struct fn_str text, enum cli_trait trait)
{
    add(m,
        (struct cli_move){.kind = CLI_MOVE_TEXT, .trait = trait, .text = text, .line = written(m, "> \"", text, "\"")});
}

static const struct fn_json *parsed(struct moves *m, struct fn_str json)
{
    const struct fn_json *v = NULL;
    return fn_json_parse(m->w->arena, fn_arena_dup(m->w->arena, json), FN_JSON_REPAIR, &v, NULL) == FN_OK ? v : NULL;
}

/* -- the customer ------------------------------------------------------------------------------------------------------------ */

static void add_options(struct moves *m)
{
    const struct fn_json *v = m->w->options.n > 0 ? parsed(m, fn_buf_view(&m->w->options)) : NULL;
    const struct fn_json *ids = fn_json_get(v, "ids"), *labels = fn_json_get(v, "labels");
    for (uint32_t i = 0; ids != NULL && i < ids->n; i++) {
        struct fn_str id = fn_json_str(fn_json_at(ids, i));
        add(m, (struct cli_move){.kind = CLI_MOVE_OPTION,
                                 .trait = CLI_TRAIT_RIGHT,
                                 .text = fn_json_str(fn_json_at(labels, i)),
                                 .option = id,
                                 .line = written(m, "> [", id, "]")});
    }
}

/* One of these fits whatever can be asked; the others are wrong answers. */
static void add_typed(struct moves *m)
{
    static const char *const right[] = {"Bia Souza",      "12",       "bia@example.com", "sim",
                                        "529.982.247-25", "R$ 50,00", "11 98765-4321",   "amanhã às 15h",
                                        "10:30",          "01310-100"};
    static const char *const wrong[] = {
        "asdf", "0", "-1", "😂", "9999999999999999999", "não sei te dizer agora, depois eu vejo isso com calma"};
    for (size_t i = 0; i < FN_COUNT(right); i++) {
        add_text(m, fn_str_c(right[i]), CLI_TRAIT_RIGHT);
    }
    for (size_t i = 0; i < FN_COUNT(wrong); i++) {
        add_text(m, fn_str_c(wrong[i]), CLI_TRAIT_WRONG);
    }
}

static void add_media(struct moves *m)
{
    static const char *const names[][3] = {{"image", "imagem"}, {"audio", "áudio"}};
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        struct fn_str json = fn_arena_printf(
            m->w->arena, "{\"kind\":\"%s\",\"url\":\"https://media.example/%s\",\"mime\":\"\",\"name\":\"\"}",
            names[i][0], names[i][0]);
        add(m, (struct cli_move){.kind = CLI_MOVE_MEDIA,
                                 .trait = CLI_TRAIT_MEDIA,
                                 .json = json,
                                 .line = written(m, "> ", fn_str_c(names[i][m->w->pt ? 1 : 0]), "")});
    }
}

static void add_clock(struct moves *m)
{
    static const struct {
        const char *line;
        int64_t hours;
    } waits[] = {{"+2h", 2}, {"+24h", 24}, {"+3d", 72}};
    for (size_t i = 0; i < FN_COUNT(waits); i++) {
        add(m, (struct cli_move){.kind = CLI_MOVE_CLOCK,
                                 .trait = CLI_TRAIT_SILENT,
                                 .n = waits[i].hours * HOUR,
                                 .line = fn_str_c(waits[i].line)});
    }
}

static void add_phrases(struct moves *m, unsigned kind)
{
    const struct fbc_image *im = m->w->image;
    for (uint32_t i = 0; i < im->n_entries; i++) {
        if (im->entries[i].kind == kind) {
            add_text(m, im->entries[i].phrase, CLI_TRAIT_HUMAN);
        }
    }
}

/* -- systems ----------------------------------------------------------------------------------------------------------------- */

static const struct fcc_sym *named(const struct moves *m, struct fn_str name, bool event)
{
    for (uint32_t i = 0; i < m->w->program->n_syms; i++) {
        const struct fcc_sym *s = m->w->program->syms[i];
        bool fits =
            event ? s->kind == FCC_S_EVENT : s->kind == FCC_S_RECORD || s->kind == FCC_S_ENUM || s->kind == FCC_S_TABLE;
        if (fits && fn_str_eq(s->name, name)) {
            return s;
        }
    }
    return NULL;
}

static void add_event(struct moves *m, struct fn_str name, unsigned which)
{
    const struct fcc_sym *s = named(m, name, true);
    struct fn_buf json, line;
    if (s == NULL) {
        return;
    }
    fn_buf_init(&json, LINE_MAX_BYTES);
    fn_buf_init(&line, LINE_MAX_BYTES);
    fn_buf_printf(&line, "%s %.*s(", m->w->pt ? "evento" : "event", FN_STR_ARG(name));
    fn_buf_char(&json, '{');
    for (uint32_t i = 0; i < s->n_params; i++) {
        fn_json_comma(&json);
        fn_json_put_str(&json, s->decl->kid[FGR_EVENT_params]->items[i]->text);
        fn_buf_char(&json, ':');
        fn_buf_z(&line, i > 0 ? ", " : "");
        cli_sample(s->params[i], which, &json, &line);
    }
    fn_buf_char(&json, '}');
    fn_buf_char(&line, ')');
    add(m, (struct cli_move){.kind = CLI_MOVE_EVENT,
                             .trait = CLI_TRAIT_RIGHT,
                             .text = name,
                             .json = fn_arena_dup(m->w->arena, fn_buf_view(&json)),
                             .line = fn_arena_dup(m->w->arena, fn_buf_view(&line))});
    fn_buf_fini(&json);
    fn_buf_fini(&line);
}

/* The record that the `as` of this call reads: the calls of a program are told apart by the text before the first {value} of the address. */
static const struct fcc_type *result_of(const struct fgr_node *n, struct fn_str url, unsigned depth)
{
    const struct fcc_type *t = NULL;
    if (n == NULL || depth > FGR_DEPTH_MAX) {
        return NULL;
    }
    if (n->kind == FGR_HTTP && n->kid[FGR_HTTP_result] != NULL && n->kid[FGR_HTTP_url] != NULL) {
        const struct fgr_node *address = n->kid[FGR_HTTP_url],
                              *parts = address->kind == FGR_TEXT ? address->kid[FGR_TEXT_parts] : NULL;
        struct fn_str head = address->text.n > 0                   ? address->text
                             : parts != NULL && parts->n_items > 0 ? parts->items[0]->text
                                                                   : FN_STR("");
        if (fn_str_starts(url, head)) {
            return n->kid[FGR_HTTP_result]->type;
        }
    }
    for (unsigned i = 0; i < n->n_kids && t == NULL; i++) {
        t = result_of(n->kid[i], url, depth + 1);
    }
    for (uint32_t i = 0; i < n->n_items && t == NULL; i++) {
        t = result_of(n->items[i], url, depth + 1);
    }
    return t;
}

static void add_answer(struct moves *m, bool present, int64_t n, struct fn_str json, struct fn_str line)
{
    add(m, (struct cli_move){.kind = CLI_MOVE_ANSWER,
                             .trait = present ? CLI_TRAIT_RIGHT : CLI_TRAIT_WRONG,
                             .present = present,
                             .n = n,
                             .host = cli_host_call(m->w->host),
                             .json = json,
                             .line = line});
}

static void add_http(struct moves *m, const struct fn_json *call)
{
    struct fn_str method = fn_json_str(fn_json_get(call, "method")), url = fn_json_str(fn_json_get(call, "url"));
    struct fn_buf head, json, unused;
    const struct fcc_type *t = result_of(m->w->program->trees[0].file, url, 0);
    fn_buf_init(&head, LINE_MAX_BYTES);
    fn_buf_z(&head, "http ");
    for (size_t i = 0; i < method.n; i++) {
        fn_buf_char(&head, (char)(method.p[i] | 0x20)); /* methods are letters */
    }
    fn_buf_printf(&head, " \"%.*s\" => ", FN_STR_ARG(url));
    for (unsigned which = 0; which < SAMPLES; which++) {
        fn_buf_init(&json, LINE_MAX_BYTES);
        fn_buf_init(&unused, LINE_MAX_BYTES);
        cli_sample(t != NULL ? t : &fcc_t_json, which, &json, &unused);
        struct fn_str body = fn_arena_dup(m->w->arena, fn_buf_view(&json));
        add_answer(m, true, 0, body, fn_arena_printf(m->w->arena, "%s200 \"\"\"%.*s\"\"\"", head.p, FN_STR_ARG(body)));
        fn_buf_fini(&json);
        fn_buf_fini(&unused);
    }
    add_answer(m, false, 0, FN_STR(""), written(m, head.p, FN_STR("500"), ""));
    fn_buf_fini(&head);
}

static void add_extract(struct moves *m, const struct fn_json *call, const char *verb)
{
    const struct fcc_sym *s = named(m, fn_json_str(fn_json_get(call, "name")), false);
    for (unsigned which = 0; s != NULL && which < SAMPLES; which++) {
        struct fn_buf json, line;
        fn_buf_init(&json, LINE_MAX_BYTES);
        fn_buf_init(&line, LINE_MAX_BYTES);
        cli_sample(s->type, which, &json, &line);
        add_answer(m, true, 0, fn_arena_dup(m->w->arena, fn_buf_view(&json)), written(m, verb, fn_buf_view(&line), ""));
        fn_buf_fini(&json);
        fn_buf_fini(&line);
    }
}

static void add_answers(struct moves *m)
{
    static const char *const verbs[][2] = {{"ai classify => ", "ia classifique => "},
                                           {"ai extract => ", "ia extraia => "},
                                           {"ai write => ", "ia escreva => "},
                                           {"ai talk => ", "ia converse => "},
                                           {"ai transcribe => ", "ia transcreva => "}};
    const struct fn_json *call = parsed(m, cli_host_call_json(m->w->host));
    enum fbc_host host = cli_host_call(m->w->host);
    if (host == FBC_HOST_http) {
        add_http(m, call);
        return;
    }
    const char *verb = verbs[host - FBC_HOST_classify][m->w->pt ? 1 : 0];
    if (host == FBC_HOST_extract) {
        add_extract(m, call, verb);
    } else if (host == FBC_HOST_classify) {
        const struct fn_json *labels = fn_json_get(call, "labels");
        for (uint32_t i = 0; labels != NULL && i < labels->n; i++) {
            add_answer(m, true, i, FN_STR(""), written(m, verb, fn_json_str(fn_json_at(labels, i)), ""));
        }
    } else if (host == FBC_HOST_talk) {
        add_answer(m, true, 0, FN_STR("{\"done\":true}"),
                   written(m, verb, m->w->pt ? FN_STR("pronto") : FN_STR("done"), ""));
        add_answer(m, true, 0, FN_STR("{\"say\":\"Claro!\"}"), written(m, verb, FN_STR("\"Claro!\""), ""));
    } else {
        add_answer(m, true, 0, FN_STR("Claro!"), written(m, verb, FN_STR("\"Claro!\""), ""));
    }
    add_answer(m, false, -1, FN_STR(""), written(m, verb, m->w->pt ? FN_STR("falhou") : FN_STR("failed"), ""));
}

unsigned cli_walker_next(struct cli_walker *w, struct cli_move *out)
{
    struct moves m = {.w = w, .out = out};
    enum cli_host_state state = cli_host_state(w->host);
    if (state == CLI_CALLING) {
        add_answers(&m);
        return m.n;
    }
    if (state == CLI_PARKED) {
        return 0;
    }
    for (uint32_t i = 0; i < w->image->n_events; i++) {
        for (unsigned which = 0; which < SAMPLES; which++) {
            add_event(&m, w->image->events[i].name, which);
        }
    }
    if (state == CLI_IDLE) {
        add_text(&m, FN_STR("oi"), CLI_TRAIT_RIGHT);
        add_phrases(&m, FBC_ENTRY_KEYWORD);
        add(&m, (struct cli_move){.kind = CLI_MOVE_CAMPAIGN, .line = w->pt ? FN_STR("campanha") : FN_STR("campaign")});
        return m.n;
    }
    add_options(&m);
    add_typed(&m);
    add_media(&m);
    add_clock(&m);
    add_phrases(&m, FBC_ENTRY_ALWAYS);
    add_phrases(&m, FBC_ENTRY_KEYWORD);
    return m.n;
}
