/* cli_accept.c: see cli_accept.h. The lines of a group and the messages sent are laid beside one another so that as many as possible match in
 * order; what lies between two matches is what changed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli_accept.h"
#include "cli.h"
#include "fgr_fmt.h"

#include <stdlib.h>

enum { LINE_BYTES = 1 << 16, QUOTED_MAX = 2000 };

/* -- a message as a line ------------------------------------------------------------------------------------------------------ */

void cli_accept_quote(struct fn_buf *b, struct fn_str text)
{
    fn_buf_char(b, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (i >= QUOTED_MAX && (c & 0xC0) != 0x80) {
            fn_buf_char(b, '*');
            break;
        }
        switch (c) {
        case '\n': fn_buf_z(b, "\\n"); break;
        case '\t': fn_buf_z(b, "\\t"); break;
        case '"':
        case '\\':
        case '{': fn_buf_printf(b, "\\%c", c); break;
        default: fn_buf_char(b, c < 0x20 || c == 0x7F ? '*' : (char)c); break;
        }
    }
    fn_buf_char(b, '"');
}

static bool is_name(struct fn_str id)
{
    bool good = id.n > 0 && !(id.p[0] >= '0' && id.p[0] <= '9');
    for (size_t i = 0; i < id.n; i++) {
        unsigned char c = (unsigned char)id.p[i];
        good = good && (c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'));
    }
    return good;
}

/* ` [id]` of every option; rows of a list have ids that are no names, and then none is written. */
static void put_options(const struct cli_script *s, const struct fn_json *ids, struct fn_buf *b)
{
    for (uint32_t i = 0; ids != NULL && i < ids->n; i++) {
        if (!is_name(fn_json_str(fn_json_at(ids, i)))) {
            return;
        }
    }
    for (uint32_t i = 0; ids != NULL && i < ids->n; i++) {
        struct fn_str id = fn_json_str(fn_json_at(ids, i));
        const struct fgr_word *w = fgr_word_find(id, s->program->trees[0].spelling == FN_PT, 0);
        const char *tick = w != NULL && w->class <= FGR_CLASS_RESERVED ? "`" : "";
        fn_buf_printf(b, " [%s%.*s%s]", tick, FN_STR_ARG(id), tick);
    }
}

static struct fn_str line_of(const struct cli_script *s, const struct cli_sent *sent)
{
    struct fn_buf b;
    fn_buf_init(&b, LINE_BYTES);
    fn_buf_z(&b, "< ");
    if (sent->word.n > 0) {
        fn_buf_str(&b, cli_script_word(s, sent->word));
    }
    if (sent->text.n > 0 || sent->word.n == 0) {
        fn_buf_z(&b, sent->word.n > 0 ? " " : "");
        cli_accept_quote(&b, sent->text);
    }
    if (sent->host == FBC_HOST_choose) {
        put_options(s, fn_json_get(sent->json, "ids"), &b);
    }
    struct fn_str out = fn_arena_dup(s->arena, fn_buf_view(&b));
    fn_buf_fini(&b);
    return out;
}

/* -- edits ---------------------------------------------------------------------------------------------------------------------- */

static struct fn_str source_of(const struct cli_script *s)
{
    return s->program->trees[0].source.text;
}

static void add_edit(struct cli_script *s, uint32_t a, uint32_t b, struct fn_str text)
{
    struct cli_accept *to = s->accept;
    struct cli_accept_edit *last = to->n > 0 ? &to->edits[to->n - 1] : NULL;
    if (last != NULL && a == b && last->span.a == a && last->span.b == a) { /* one more line at the same place */
        last->text = fn_arena_printf(s->arena, "%.*s%.*s", FN_STR_ARG(last->text), FN_STR_ARG(text));
    } else if (to->n == CLI_ACCEPT_EDITS) {
        to->full = true;
    } else {
        to->edits[to->n++] = (struct cli_accept_edit){{a, b}, text};
    }
}

static uint32_t line_start(struct fn_str source, uint32_t at)
{
    while (at > 0 && source.p[at - 1] != '\n') {
        at--;
    }
    return at;
}

static uint32_t past_blanks(struct fn_str source, uint32_t at)
{
    while (at < source.n && (source.p[at] == ' ' || source.p[at] == '\t' || source.p[at] == '\r')) {
        at++;
    }
    return at;
}

/* Where a line below this step begins: behind its comment, before the line break. */
static uint32_t below(struct fn_str source, uint32_t at)
{
    uint32_t rest = past_blanks(source, at);
    if (rest < source.n && source.p[rest] != '#' && source.p[rest] != '\n') {
        return at; /* `}` stands on the same line */
    }
    while (at < source.n && source.p[at] != '\n' && source.p[at] != '\r') {
        at++;
    }
    return at;
}

static void insert_below(struct cli_script *s, const struct fgr_node *step, struct fn_str line)
{
    struct fn_str source = source_of(s);
    uint32_t from = line_start(source, step->span.a), at = below(source, step->span.b);
    uint32_t indent = past_blanks(source, from) - from;
    bool own = from + indent == step->span.a; /* else the step stands behind `{` */
    const char *stop = at < source.n && source.p[at] == '\r' ? "\r\n" : "\n";
    struct fn_str blanks = own ? (struct fn_str){source.p + from, indent} : FN_STR("  ");
    add_edit(s, at, at, fn_arena_printf(s->arena, "%s%.*s%.*s", stop, FN_STR_ARG(blanks), FN_STR_ARG(line)));
}

/* The whole line goes when nothing else stands on it. */
static void remove_step(struct cli_script *s, const struct fgr_node *step)
{
    struct fn_str source = source_of(s);
    uint32_t from = line_start(source, step->span.a), to = past_blanks(source, step->span.b);
    bool alone = past_blanks(source, from) == step->span.a && to < source.n && source.p[to] == '\n';
    add_edit(s, alone ? from : step->span.a, alone ? to + 1 : to, FN_STR(""));
}

/* -- a group ---------------------------------------------------------------------------------------------------------------------- */

/* Messages [from, to) in the place of the lines [at, until): `wanted` tells whether one that is no message counts. */
struct gap {
    uint32_t at, until;
    unsigned from, to;
};

static bool counts(const struct cli_script *s, const struct gap *g, const struct cli_sent *sent)
{
    const struct fgr_node *steps = s->test->kid[FGR_TEST_steps];
    bool asked = cli_script_is_message(sent);
    for (uint32_t i = g->at; i < g->until && !asked; i++) {
        asked = fn_str_eq(steps->items[i]->text, sent->word);
    }
    return asked || (s->accept->bare && sent->host == FBC_HOST_handoff);
}

static void fill(struct cli_script *s, const struct gap *g, const struct fgr_node *before)
{
    const struct fgr_node *steps = s->test->kid[FGR_TEST_steps];
    uint32_t line = g->at;
    for (unsigned i = g->from > s->accept->turn ? g->from : s->accept->turn; i < g->to; i++) {
        if (!counts(s, g, &s->sent[i])) {
            continue;
        }
        struct fn_str text = line_of(s, &s->sent[i]);
        if (line < g->until) {
            before = steps->items[line++];
            add_edit(s, before->span.a, before->span.b, text);
        } else {
            insert_below(s, before, text);
        }
    }
    for (; line < g->until; line++) {
        remove_step(s, steps->items[line]);
    }
}

/* best[i][j]: how many of the lines from i on match messages from j on, in order. */
static uint16_t *lay_out(const struct cli_script *s, uint32_t from, uint32_t lines, unsigned sent)
{
    const struct fgr_node *steps = s->test->kid[FGR_TEST_steps];
    uint16_t *best = calloc((size_t)(lines + 1) * (sent + 1), sizeof *best);
    for (uint32_t i = lines; best != NULL && i-- > 0;) {
        for (unsigned j = sent; j-- > 0;) {
            uint16_t *here = &best[i * (sent + 1) + j], down = here[sent + 1], right = here[1];
            *here = down > right ? down : right;
            if (cli_script_matches(&s->sent[s->next + j], steps->items[from + i]) && here[sent + 2] + 1 > *here) {
                *here = (uint16_t)(here[sent + 2] + 1);
            }
        }
    }
    return best;
}

/* The gap before line i and message j ends. A test that lists only some messages is left so where its lines match. */
static void close_gap(struct cli_script *s, struct gap *g, uint32_t i, unsigned j, const struct fgr_node *before)
{
    bool every = (s->test->flags & FGR_EXACT) != 0;
    g->until = i;
    g->to = j;
    if (g->at < g->until || every) {
        fill(s, g, before);
    }
}

void cli_accept_group(struct cli_script *s, uint32_t from, uint32_t to)
{
    const struct fgr_node *steps = s->test->kid[FGR_TEST_steps], *before = from > 0 ? steps->items[from - 1] : NULL;
    unsigned sent = s->n_sent - s->next, taken = s->next;
    uint32_t lines = to - from, i = 0;
    uint16_t *best = lay_out(s, from, lines, sent);
    struct gap g = {.at = from, .from = s->next};
    if (best == NULL || (best[0] < lines && cli_host_state(s->host) == CLI_CALLING)) {
        free(best);
        s->at = steps->items[from];
        cli_script_unanswered(s); /* the line that is missing may be one of an answer, not of a message */
        return;
    }
    for (unsigned j = 0; i < lines && j < sent;) {
        const uint16_t *here = &best[i * (sent + 1) + j];
        bool match = cli_script_matches(&s->sent[s->next + j], steps->items[from + i]) && *here == here[sent + 2] + 1;
        if (match) {
            close_gap(s, &g, from + i, s->next + j, before);
            before = steps->items[from + i++];
            taken = s->next + ++j;
            g = (struct gap){.at = from + i, .from = taken};
        } else if (*here == here[sent + 1]) {
            i++;
        } else {
            j++;
        }
    }
    free(best);
    bool rest = g.at < to || (s->test->flags & FGR_EXACT) != 0;
    close_gap(s, &g, to, s->n_sent, before);
    s->next = rest ? s->n_sent : taken;
}

void cli_accept_turn(struct cli_script *s, const struct fgr_node *last)
{
    struct gap g = {.from = s->next, .to = s->n_sent};
    if (last != NULL && (s->accept->bare || (s->test->flags & FGR_EXACT) != 0)) {
        fill(s, &g, last);
        s->next = s->n_sent;
    }
    s->accept->turn = s->n_sent;
}

/* -- the new source ------------------------------------------------------------------------------------------------------------- */

void cli_accept_apply(const struct cli_accept *a, struct fn_str source, struct fn_buf *out)
{
    uint32_t at = 0;
    for (unsigned i = 0; i < a->n_kept; i++) {
        fn_buf_put(out, source.p + at, a->edits[i].span.a - at);
        fn_buf_str(out, a->edits[i].text);
        at = a->edits[i].span.b;
    }
    fn_buf_put(out, source.p + at, source.n - at);
}

static enum fgr_fmt_result formatted(struct fn_str text, struct fn_buf *out)
{
    struct cli_parsed p;
    enum fgr_fmt_result result = FGR_FMT_REFUSED;
    bool good =
        cli_parse_text(&p, FN_STR(""), text) && fgr_fmt(out, &p.tree, FGR_FMT_KEEP, &p.scratch, &result) == FN_OK;
    cli_parse_end(&p);
    return good ? result : FGR_FMT_REFUSED;
}

void cli_accept_format(struct fn_str before, struct fn_str text, struct fn_buf *out)
{
    bool clean = formatted(before, out) == FGR_FMT_UNCHANGED;
    fn_buf_clear(out);
    if (!clean || formatted(text, out) == FGR_FMT_REFUSED) {
        fn_buf_clear(out);
        fn_buf_str(out, text);
    }
}

/* Takes the first line, without its break. */
static struct fn_str take_line(struct fn_str *text)
{
    size_t n = 0;
    while (n < text->n && text->p[n] != '\n') {
        n++;
    }
    struct fn_str line = {text->p, n};
    size_t whole = n < text->n ? n + 1 : n;
    *text = (struct fn_str){text->p + whole, text->n - whole};
    line.n -= line.n > 0 && line.p[line.n - 1] == '\r' ? 1 : 0;
    return line;
}

static void put_lines(struct fn_buf *out, char sign, struct fn_str text)
{
    while (text.n > 0) {
        struct fn_str line = take_line(&text);
        fn_buf_printf(out, "%c %.*s\n", sign, FN_STR_ARG(line));
    }
}

/* Whole lines of both sides, without those that both begin with. */
static void put_hunk(struct fn_buf *out, struct fn_str before, struct fn_str after, uint32_t line)
{
    for (;;) {
        struct fn_str x = before, y = after, a = take_line(&x), b = take_line(&y);
        if (before.n == 0 || after.n == 0 || !fn_str_eq(a, b)) {
            break;
        }
        before = x;
        after = y;
        line++;
    }
    fn_buf_printf(out, "@@ %u @@\n", (unsigned)line);
    put_lines(out, '-', before);
    put_lines(out, '+', after);
}

/* Past the break of the last line an edit touches; a line taken out whole ends there itself. */
static uint32_t line_end(struct fn_str source, struct fn_span edit)
{
    uint32_t at = edit.b;
    while (at < source.n && !(at > edit.a && source.p[at - 1] == '\n')) {
        at++;
    }
    return at;
}

void cli_accept_diff(const struct cli_accept *a, struct fn_str before, struct fn_str after, struct fn_buf *out)
{
    int64_t shift = 0; /* of the text behind the edits so far */
    uint32_t line = 1, counted = 0;
    for (unsigned i = 0; i < a->n_kept;) {
        uint32_t from = line_start(before, a->edits[i].span.a), to = from;
        int64_t then = shift;
        do { /* edits of this line, or of the next */
            to = line_end(before, a->edits[i].span);
            shift += (int64_t)a->edits[i].text.n - (int64_t)(a->edits[i].span.b - a->edits[i].span.a);
            i++;
        } while (i < a->n_kept && a->edits[i].span.a <= to);
        for (; counted < from; counted++) {
            line += before.p[counted] == '\n';
        }
        struct fn_str old = {before.p + from, to - from};
        struct fn_str new = {after.p + from + then, (size_t)((int64_t)to + shift - (int64_t)from - then)};
        put_hunk(out, old, new, line);
    }
}
