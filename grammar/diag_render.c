/* diag_render.c: picks the format, and the text that people read (LANGUAGE.md, "Errors read like this").
 *
 * The source is shown as written. Carets stand under characters as a terminal shows them: wide ones (emoji, CJK) take two columns,
 * marks and joiners none, a tab is shown as one blank.
 * SPDX-License-Identifier: Apache-2.0 */
#include "diag_render.h"
#include "fn_utf8.h"

enum { SHOWN_MAX = 160 }; /* columns of a source line that are shown */

static const struct fgr_source nowhere = {.n_lines = 0};

const struct fgr_source *render_source(const struct render *r, const struct fn_diag *d)
{
    return d->file < r->n_sources && r->sources[d->file] != NULL ? r->sources[d->file] : &nowhere;
}

struct fn_str render_path(const struct fgr_source *s)
{
    return s->path.n > 0 ? s->path : FN_STR("-");
}

const char *render_level(enum fn_level level)
{
    return level == FN_ERROR_LEVEL ? "error" : level == FN_WARNING_LEVEL ? "warning" : "note";
}

static const char *level_word(enum fn_level level, enum fn_lang lang)
{
    static const char *const words[2][3] = {{"erro", "aviso", "nota"}, {"error", "warning", "note"}};
    return words[lang][level];
}

static void paint(const struct render *r, const char *code)
{
    if (r->how.color) {
        fn_buf_z(r->out, code);
    }
}

static const char *level_color(enum fn_level level)
{
    return level == FN_ERROR_LEVEL ? "\x1b[1;31m" : level == FN_WARNING_LEVEL ? "\x1b[1;33m" : "\x1b[1;36m";
}

/* Columns a code point takes: enough of East Asian Width and Emoji_Presentation for what people type on WhatsApp. */
static unsigned width_of(int32_t c)
{
    if (c == 0x200D || (c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) || (c >= 0xFE00 && c <= 0xFE0F) ||
        (c >= 0x1F3FB && c <= 0x1F3FF)) {
        return 0;
    }
    bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                (c >= 0x1F300 && c <= 0x1F64F) || (c >= 0x1F680 && c <= 0x1F6FF) || (c >= 0x1F900 && c <= 0x1FAFF) ||
                c == 0x231A || c == 0x231B || c == 0x2705 || c == 0x2728 || c == 0x274C || c == 0x2753 || c == 0x2757 ||
                c == 0x2B50 || c == 0x2B55 || (c >= 0x23E9 && c <= 0x23EC) || c == 0x26A1 || c == 0x26BD;
    return wide ? 2 : 1;
}

static struct fn_str line_text(const struct fgr_source *s, uint32_t line)
{
    uint32_t from = s->lines[line - 1];
    uint32_t to = line < s->n_lines ? s->lines[line] - 1 : (uint32_t)s->text.n;
    while (to > from && (s->text.p[to - 1] == '\r' || s->text.p[to - 1] == '\n')) {
        to--;
    }
    return (struct fn_str){s->text.p + from, to - from};
}

/* Columns of the text before a byte; a joined emoji counts as its first. */
static unsigned columns(struct fn_str line, size_t upto)
{
    unsigned n = 0;
    bool joined = false;
    for (size_t at = 0; at < upto && at < line.n;) {
        int32_t c = fn_utf8_next(line, &at);
        n += joined ? 0 : width_of(c);
        joined = c == 0x200D;
    }
    return n;
}

static unsigned digits_of(uint32_t n)
{
    unsigned d = 1;
    for (; n >= 10; n /= 10) {
        d++;
    }
    return d;
}

/* A place to show: a span of one line, with its mark and text. */
struct mark {
    uint32_t line;
    struct fn_span span;
    char sign;
    const char *text;
};

/* Enough of a long line to see the place: bytes [from, to). */
static struct fn_span window(struct fn_str line, size_t a)
{
    size_t from = 0;
    if (line.n > SHOWN_MAX && a > SHOWN_MAX / 2) {
        from = a - SHOWN_MAX / 2;
        while (from > 0 && ((unsigned char)line.p[from] & 0xC0) == 0x80) {
            from--;
        }
    }
    size_t to = line.n - from > SHOWN_MAX ? from + SHOWN_MAX : line.n;
    while (to < line.n && ((unsigned char)line.p[to] & 0xC0) == 0x80) {
        to++;
    }
    return (struct fn_span){(uint32_t)from, (uint32_t)to};
}

static void put_gutter(const struct render *r, unsigned width, const char *sign)
{
    paint(r, "\x1b[34m");
    fn_buf_printf(r->out, "%*s%s", (int)width, "", sign);
    paint(r, "\x1b[0m");
}

static void put_source_line(const struct render *r, unsigned width, uint32_t number, struct fn_str shown)
{
    paint(r, "\x1b[34m");
    fn_buf_printf(r->out, "%*u│", (int)width, number);
    paint(r, "\x1b[0m");
    fn_buf_char(r->out, ' ');
    for (size_t i = 0; i < shown.n; i++) {
        fn_buf_char(r->out, shown.p[i] == '\t' ? ' ' : shown.p[i]);
    }
    fn_buf_char(r->out, '\n');
}

static void put_mark(const struct render *r, const struct fgr_source *s, unsigned width, const struct mark *m,
                     enum fn_level level)
{
    struct fn_str line = line_text(s, m->line);
    uint32_t start = s->lines[m->line - 1];
    size_t a = m->span.a - start, b = m->span.b > start ? m->span.b - start : a;
    a = a > line.n ? line.n : a;
    b = b > line.n ? line.n : b;
    struct fn_span w = window(line, a);
    struct fn_str shown = {line.p + w.a, w.b - w.a};
    put_source_line(r, width, m->line, shown);
    unsigned before = columns(shown, a - w.a);
    unsigned marked = columns(shown, b > w.a ? b - w.a : 0);
    marked = marked > before ? marked - before : 1;
    put_gutter(r, width, "│");
    fn_buf_printf(r->out, " %*s", (int)before, "");
    paint(r, m->sign == '^' ? level_color(level) : "\x1b[34m");
    for (unsigned i = 0; i < marked; i++) {
        fn_buf_char(r->out, m->sign);
    }
    if (m->text[0] != '\0') {
        fn_buf_printf(r->out, " %s", m->text);
    }
    paint(r, "\x1b[0m");
    fn_buf_char(r->out, '\n');
}

static uint32_t line_at(const struct fgr_source *s, uint32_t offset)
{
    uint32_t line = 1, column = 1;
    fgr_place(s, offset, &line, &column);
    return line;
}

/* The diagnostic's own place first, then the labels: the first label with the own span is its text. */
static unsigned collect(const struct fgr_source *s, const struct fn_diag *d, enum fn_lang lang, struct mark *marks)
{
    unsigned n = 1;
    marks[0] = (struct mark){line_at(s, d->span.a), d->span, '^', ""};
    for (unsigned i = 0; i < d->n_labels; i++) {
        const struct fn_diag_label *l = &d->labels[i];
        bool own = l->span.a == d->span.a && l->span.b == d->span.b;
        if (own && marks[0].text[0] == '\0') {
            marks[0].text = diag_label(l->text, lang);
        } else {
            marks[n++] = (struct mark){line_at(s, l->span.a), l->span, '-', diag_label(l->text, lang)};
        }
    }
    return n;
}

static void put_marks(const struct render *r, const struct fgr_source *s, const struct fn_diag *d)
{
    struct mark marks[FN_DIAG_LABELS + 1];
    unsigned n = collect(s, d, r->how.lang, marks);
    uint32_t last = 0, column = 0, line = 0;
    for (unsigned i = 0; i < n; i++) {
        last = marks[i].line > last ? marks[i].line : last;
    }
    unsigned width = digits_of(last);
    fgr_place(s, d->span.a, &line, &column);
    put_gutter(r, width, "┌─ ");
    fn_buf_printf(r->out, "%.*s:%u:%u\n", FN_STR_ARG(render_path(s)), line, column);
    for (unsigned i = 0; i < n; i++) {
        put_mark(r, s, width, &marks[i], d->level);
    }
}

static unsigned gutter_of(const struct render *r, const struct fgr_source *s, const struct fn_diag *d)
{
    struct mark marks[FN_DIAG_LABELS + 1];
    unsigned n = collect(s, d, r->how.lang, marks);
    uint32_t last = 0;
    for (unsigned i = 0; i < n; i++) {
        last = marks[i].line > last ? marks[i].line : last;
    }
    return digits_of(last);
}

static bool has_safe_fix(const struct fn_diag *d)
{
    for (unsigned i = 0; i < d->n_fixes; i++) {
        if (d->fixes[i].kind == FN_FIX_SAFE) {
            return true;
        }
    }
    return false;
}

static void put_notes(const struct render *r, const struct fn_diag *d, unsigned width)
{
    static const char *const why[2] = {"por que importa: ", "why it matters: "};
    static const char *const help[2] = {"ajuda: ", "help: "};
    static const char *const safe[2] = {" (conserto seguro: funnelc check --fix)", " (safe fix: funnelc check --fix)"};
    bool has_help = diag_help_template((enum fgr_diag)d->code, r->how.lang)[0] != '\0';
    if (d->why != 0) {
        put_gutter(r, width, has_help ? "├ " : "└ ");
        fn_buf_z(r->out, why[r->how.lang]);
        diag_put_why(r->out, d, r->how.lang);
        fn_buf_char(r->out, '\n');
    }
    if (has_help) {
        put_gutter(r, width, "└ ");
        fn_buf_z(r->out, help[r->how.lang]);
        fgr_diag_help(r->out, d, r->how.lang);
        fn_buf_z(r->out, has_safe_fix(d) ? safe[r->how.lang] : "");
        fn_buf_char(r->out, '\n');
    }
}

static void put_diag(const struct render *r, const struct fn_diag *d)
{
    const struct fgr_source *s = render_source(r, d);
    paint(r, level_color(d->level));
    fn_buf_printf(r->out, "%s[%s]", level_word(d->level, r->how.lang), fgr_diag_code((enum fgr_diag)d->code));
    paint(r, "\x1b[0m\x1b[1m");
    fn_buf_z(r->out, ": ");
    fgr_diag_message(r->out, d, r->how.lang);
    paint(r, "\x1b[0m");
    fn_buf_char(r->out, '\n');
    unsigned width = 1;
    if (s->n_lines > 0) {
        put_marks(r, s, d);
        width = gutter_of(r, s, d);
    }
    put_notes(r, d, width);
    fn_buf_char(r->out, '\n');
}

static void put_summary(const struct render *r)
{
    size_t e = r->list->errors, w = r->list->warnings;
    if (r->how.lang == FN_PT) {
        fn_buf_printf(r->out, "%zu %s e %zu %s\n", e, e == 1 ? "erro" : "erros", w, w == 1 ? "aviso" : "avisos");
    } else {
        fn_buf_printf(r->out, "%zu %s and %zu %s\n", e, e == 1 ? "error" : "errors", w,
                      w == 1 ? "warning" : "warnings");
    }
}

void render_text(const struct render *r)
{
    for (size_t i = 0; i < r->list->n; i++) {
        put_diag(r, r->list->items[i]);
    }
    put_summary(r);
}

void fgr_diag_render(struct fn_buf *out, const struct fn_diag_list *l, const struct fgr_source *const *sources,
                     size_t n_sources, struct fgr_render how)
{
    struct render r = {out, l, sources, n_sources, how};
    switch (how.format) {
    case FGR_FORMAT_TEXT: render_text(&r); break;
    case FGR_FORMAT_JSON: render_json(&r); break;
    case FGR_FORMAT_JSONL: render_jsonl(&r); break;
    case FGR_FORMAT_SARIF: render_sarif(&r); break;
    case FGR_FORMAT_GITHUB: render_github(&r); break;
    case FGR_FORMAT_JUNIT: render_junit(&r); break;
    case FGR_FORMAT_CHECKSTYLE: render_checkstyle(&r); break;
    }
}
