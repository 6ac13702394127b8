/* explain.c: the pages of docs/errors, found, printed, and turned back into programs. A page is lines: `pt: …`, `en: …`, `## bad` and
 * `## good` with an indented example each; whatever else stands there is for people who read the file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_explain.h"
#include "fcc_pages.h"
#include "fn_embed.h"
#include "fn_utf8.h"

enum { INDENT = 4, REPEAT_MAX = 10000000 };

static const char *const diag_names[] = {
#define FGR_DIAG(code, name, level, pt, en, help_pt, help_en) #name,
#include "diags.def"
#undef FGR_DIAG
};

/* -- the file ---------------------------------------------------------------------------------------------------------------- */

static struct fn_str line_at(struct fn_str text, size_t *at)
{
    const char *from = text.p + *at, *end = memchr(from, '\n', text.n - *at);
    size_t n = end != NULL ? (size_t)(end - from) : text.n - *at;
    *at += n + (end != NULL);
    return (struct fn_str){from, n};
}

static bool after(struct fn_str line, struct fn_str prefix, struct fn_str *out)
{
    if (!fn_str_starts(line, prefix)) {
        return false;
    }
    *out = (struct fn_str){line.p + prefix.n, line.n - prefix.n};
    return true;
}

static void take_line(struct fcc_page *page, struct fn_str **example, struct fn_str line)
{
    if (fn_str_eq(line, FN_STR("## bad"))) {
        *example = &page->bad;
    } else if (fn_str_eq(line, FN_STR("## good"))) {
        *example = &page->good;
    } else if (*example != NULL && fn_str_starts(line, FN_STR("    "))) {
        const char *from = (*example)->n > 0 ? (*example)->p : line.p;
        **example = (struct fn_str){from, (size_t)(line.p + line.n - from)};
    } else if (!after(line, FN_STR("pt: "), &page->pt)) {
        (void)after(line, FN_STR("en: "), &page->en);
    }
}

bool fcc_page_find(struct fn_str code, struct fcc_page *out)
{
    char name[16];
    *out = (struct fcc_page){.pt = FN_STR_NULL};
    if (code.n > sizeof name - 4) {
        return false;
    }
    memcpy(name, code.p, code.n);
    memcpy(name + code.n, ".md", 4);
    const struct fn_embedded *file = fn_embedded_find(fcc_pages, fcc_pages_count, fn_str_c(name));
    struct fn_str *example = NULL;
    for (size_t at = 0; file != NULL && at < file->bytes.n;) {
        take_line(out, &example, line_at(file->bytes, &at));
    }
    return file != NULL;
}

enum fgr_diag fcc_diag_named(struct fn_str what)
{
    for (unsigned i = 0; i < FGR_DIAGS; i++) {
        struct fn_str code = fn_str_c(fgr_diag_code((enum fgr_diag)i)), name = fn_str_c(diag_names[i]);
        struct fn_str of = what.n == code.n && what.p[what.n - 1] <= '9' ? code : name;
        bool same = what.n == of.n && what.n > 0;
        for (size_t k = 0; same && k < of.n; k++) {
            char c = what.p[k];
            same = (c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c) == of.p[k];
        }
        if (same) {
            return (enum fgr_diag)i;
        }
    }
    return FGR_DIAGS;
}

/* -- the page ---------------------------------------------------------------------------------------------------------------- */

/* Copies, with … for {placeholders}. */
static void put_open(struct fn_buf *out, struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        size_t end = i + 1;
        while (s.p[i] == '{' && end < s.n && ((s.p[end] >= 'a' && s.p[end] <= 'z') || s.p[end] == '_')) {
            end++;
        }
        if (s.p[i] == '{' && end < s.n && end > i + 1 && s.p[end] == '}') {
            fn_buf_z(out, "…");
            i = end;
        } else {
            fn_buf_char(out, s.p[i]);
        }
    }
}

static void put_text(struct fn_buf *out, enum fgr_diag d, enum fn_lang lang,
                     void (*write)(struct fn_buf *, const struct fn_diag *, enum fn_lang))
{
    struct fn_buf text;
    const struct fn_diag bare = {.code = (uint16_t)d, .level = fgr_diag_level(d)};
    fn_buf_init(&text, 4096);
    write(&text, &bare, lang);
    put_open(out, fn_buf_view(&text));
    fn_buf_fini(&text);
}

void fcc_diag_title(struct fn_buf *out, enum fgr_diag d, enum fn_lang lang)
{
    put_text(out, d, lang, fgr_diag_message);
}

static void put_wrapped(struct fn_buf *out, struct fn_str s)
{
    enum { WIDTH = 90 };
    size_t column = 0;
    for (size_t at = 0; at < s.n;) {
        const char *blank = memchr(s.p + at, ' ', s.n - at);
        size_t n = blank != NULL ? (size_t)(blank - s.p) - at : s.n - at;
        size_t points = fn_utf8_count((struct fn_str){s.p + at, n});
        if (column > 0) {
            fn_buf_char(out, column + 1 + points > WIDTH ? '\n' : ' ');
            column = column + 1 + points > WIDTH ? 0 : column + 1;
        }
        fn_buf_put(out, s.p + at, n);
        column += points;
        at += n + 1;
    }
    fn_buf_char(out, '\n');
}

static void put_example(struct fn_buf *out, const char *title, struct fn_str example)
{
    if (example.n > 0) {
        fn_buf_printf(out, "\n%s\n\n", title);
        fn_buf_str(out, example);
        fn_buf_char(out, '\n');
    }
}

void fcc_explain(struct fn_buf *out, enum fgr_diag d, enum fn_lang lang)
{
    static const char *const levels[][2] = {{"erro", "error"}, {"aviso", "warning"}, {"nota", "note"}};
    struct fcc_page page;
    bool pt = lang == FN_PT;
    fn_buf_printf(out, "%s[%s]: ", levels[fgr_diag_level(d)][pt ? 0 : 1], fgr_diag_code(d));
    fcc_diag_title(out, d, lang);
    fn_buf_z(out, "\n\n");
    if (fcc_page_find(fn_str_c(fgr_diag_code(d)), &page)) {
        put_wrapped(out, pt ? page.pt : page.en);
        put_example(out, pt ? "Errado:" : "Wrong:", page.bad);
        put_example(out, pt ? "Certo:" : "Right:", page.good);
    }
    fn_buf_z(out, pt ? "\nComo corrigir: " : "\nHow to put it right: ");
    put_text(out, d, lang, fgr_diag_help);
    fn_buf_char(out, '\n');
}

/* -- back to a program ------------------------------------------------------------------------------------------------------- */

static bool has_header(struct fn_str s)
{
    static const char *const words[] = {"funnel ", "funil ", "module ", "#!"};
    for (size_t i = 0; i < FN_COUNT(words); i++) {
        if (fn_str_starts(s, fn_str_c(words[i]))) {
            return true;
        }
    }
    return false;
}

static unsigned hex(char c)
{
    return c >= 'A' ? (unsigned)(c - 'A') + 10 : (unsigned)(c - '0');
}

static void put_macro(struct fn_buf *out, struct fn_str in)
{
    static const char times[] = "×", newline[] = "⏎";
    size_t n = 0, at = 0;
    while (at < in.n && in.p[at] >= '0' && in.p[at] <= '9' && n < REPEAT_MAX) {
        n = n * 10 + (size_t)(in.p[at++] - '0');
    }
    struct fn_str rest = {in.p + at, in.n - at}, body;
    if (!after(rest, fn_str_c(times), &body)) {
        if (in.n == 2) {
            fn_buf_char(out, (char)(hex(in.p[0]) * 16 + hex(in.p[1])));
        }
        return;
    }
    struct fn_str line;
    bool ends = body.n >= 3 && memcmp(body.p + body.n - 3, newline, 3) == 0;
    line = (struct fn_str){body.p, ends ? body.n - 3 : body.n};
    for (size_t i = 0; i < n && !out->failed; i++) {
        fn_buf_str(out, line);
        fn_buf_z(out, ends ? "\n" : "");
    }
}

static void put_line(struct fn_buf *out, struct fn_str line)
{
    static const struct fn_str open = {"«", 2}, close = {"»", 2};
    for (size_t i = 0; i < line.n;) {
        struct fn_str rest = {line.p + i, line.n - i};
        size_t end = 2;
        if (fn_str_starts(rest, open)) {
            while (end < rest.n && !fn_str_starts((struct fn_str){rest.p + end, rest.n - end}, close)) {
                end++;
            }
            put_macro(out, (struct fn_str){rest.p + 2, end - 2});
            i += end + 2;
        } else {
            fn_buf_char(out, line.p[i++]);
        }
    }
}

void fcc_page_source(struct fn_buf *out, struct fn_str example)
{
    bool first = true;
    for (size_t at = 0; at < example.n;) {
        struct fn_str line = line_at(example, &at);
        line = line.n >= INDENT ? (struct fn_str){line.p + INDENT, line.n - INDENT} : FN_STR("");
        if (first && !has_header(line)) {
            fn_buf_z(out, FCC_PAGE_HEADER);
        }
        fn_buf_z(out, first ? "" : "\n");
        put_line(out, line);
        first = false;
    }
}
