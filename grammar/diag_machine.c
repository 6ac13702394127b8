/* diag_machine.c: diagnostics for machines: json, jsonl, sarif 2.1.0, GitHub annotations, JUnit, checkstyle.
 *
 * The JSON record is a contract (docs/diagnostics): code, name, range, args, labels, fixes; `text` and `help` alone are in the
 * reader's language. GitHub shows ten annotations of a level per step, so the worst come first and one more counts the rest.
 * SPDX-License-Identifier: Apache-2.0 */
#include "diag_render.h"
#include "fn_json.h"

enum { GITHUB_SHOWN = 10 };

static void put_text(const struct render *r, const struct fn_diag *d,
                     void (*make)(struct fn_buf *, const struct fn_diag *, enum fn_lang))
{
    struct fn_buf text;
    fn_buf_init(&text, 1 << 16);
    make(&text, d, r->how.lang);
    fn_json_put_str(r->out, fn_buf_view(&text));
    fn_buf_fini(&text);
}

static void put_point(const struct render *r, const char *key, const struct fgr_source *s, uint32_t offset)
{
    uint32_t line = 1, column = 1;
    fgr_place(s, offset, &line, &column);
    fn_json_put_key(r->out, key);
    fn_buf_printf(r->out, "{\"line\":%u,\"col\":%u,\"byte\":%u}", line, column, offset);
}

static void put_range(const struct render *r, const struct fgr_source *s, struct fn_span span)
{
    fn_json_put_key(r->out, "range");
    fn_buf_char(r->out, '{');
    put_point(r, "start", s, span.a);
    put_point(r, "end", s, span.b);
    fn_buf_char(r->out, '}');
}

static void put_args(const struct render *r, const struct fn_diag *d)
{
    fn_json_put_key(r->out, "args");
    fn_buf_char(r->out, '{');
    for (unsigned i = 0; i < d->n_args; i++) {
        fn_json_put_key(r->out, d->args[i].name);
        fn_json_put_str(r->out, d->args[i].value);
    }
    fn_buf_char(r->out, '}');
}

static void put_labels(const struct render *r, const struct fgr_source *s, const struct fn_diag *d)
{
    fn_json_put_key(r->out, "labels");
    fn_buf_char(r->out, '[');
    for (unsigned i = 0; i < d->n_labels; i++) {
        fn_json_comma(r->out);
        fn_buf_char(r->out, '{');
        put_range(r, s, d->labels[i].span);
        fn_json_put_key(r->out, "text");
        fn_json_put_str(r->out, fn_str_c(diag_label(d->labels[i].text, r->how.lang)));
        fn_buf_char(r->out, '}');
    }
    fn_buf_char(r->out, ']');
}

static void put_fixes(const struct render *r, const struct fn_diag *d)
{
    static const char *const kinds[] = {"safe", "review", "placeholder"};
    fn_json_put_key(r->out, "fixes");
    fn_buf_char(r->out, '[');
    for (unsigned i = 0; i < d->n_fixes; i++) {
        fn_json_comma(r->out);
        fn_buf_printf(r->out, "{\"applicability\":\"%s\",\"edits\":[", kinds[d->fixes[i].kind]);
        for (unsigned j = 0; j < d->fixes[i].n_edits; j++) {
            const struct fn_diag_edit *e = &d->fixes[i].edits[j];
            fn_json_comma(r->out);
            fn_buf_printf(r->out, "{\"byte\":%u,\"len\":%u,\"text\":", e->span.a, e->span.b - e->span.a);
            fn_json_put_str(r->out, e->text);
            fn_buf_char(r->out, '}');
        }
        fn_buf_z(r->out, "]}");
    }
    fn_buf_char(r->out, ']');
}

static void put_record(const struct render *r, const struct fn_diag *d)
{
    const struct fgr_source *s = render_source(r, d);
    enum fgr_diag code = (enum fgr_diag)d->code;
    fn_buf_printf(r->out, "{\"v\":1,\"code\":\"%s\",\"name\":\"", fgr_diag_code(code));
    for (const char *p = diag_name(code); *p != '\0'; p++) {
        fn_buf_char(r->out, *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p);
    }
    fn_buf_printf(r->out, "\",\"level\":\"%s\",\"file\":", render_level(d->level));
    fn_json_put_str(r->out, render_path(s));
    put_range(r, s, d->span);
    put_args(r, d);
    put_labels(r, s, d);
    put_fixes(r, d);
    fn_buf_printf(r->out, ",\"lang\":\"%s\",\"text\":", r->how.lang == FN_PT ? "pt-BR" : "en");
    put_text(r, d, fgr_diag_message);
    fn_json_put_key(r->out, "help");
    put_text(r, d, fgr_diag_help);
    if (d->why != 0) {
        fn_json_put_key(r->out, "why");
        put_text(r, d, diag_put_why);
    }
    fn_buf_printf(r->out, ",\"url\":\"/docs/errors/%s\"}", fgr_diag_code(code));
}

void render_jsonl(const struct render *r)
{
    for (size_t i = 0; i < r->list->n; i++) {
        put_record(r, r->list->items[i]);
        fn_buf_char(r->out, '\n');
    }
}

void render_json(const struct render *r)
{
    fn_buf_printf(r->out, "{\"v\":1,\"errors\":%zu,\"warnings\":%zu,\"dropped\":%zu,\"diagnostics\":[", r->list->errors,
                  r->list->warnings, r->list->dropped);
    for (size_t i = 0; i < r->list->n; i++) {
        fn_buf_z(r->out, i > 0 ? "," : "");
        put_record(r, r->list->items[i]);
    }
    fn_buf_z(r->out, "]}\n");
}

/* -- SARIF ---------------------------------------------------------------------------------------------------------------- */

static bool seen_before(const struct fn_diag_list *l, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (l->items[j]->code == l->items[i]->code) {
            return true;
        }
    }
    return false;
}

/* A rule's text has no arguments: an ellipsis stands for each. */
static void put_general(struct fn_buf *out, const char *template)
{
    struct fn_buf text;
    fn_buf_init(&text, 1 << 12);
    for (const char *p = template; *p != '\0'; p++) {
        const char *end = *p == '{' && p[1] >= 'a' && p[1] <= 'z' ? strchr(p, '}') : NULL;
        if (end != NULL) {
            fn_buf_z(&text, "…");
            p = end;
        } else {
            fn_buf_char(&text, *p);
        }
    }
    fn_json_put_str(out, fn_buf_view(&text));
    fn_buf_fini(&text);
}

/* A path as a URI reference: what is no plain character is percent-encoded. */
static void put_uri(struct fn_buf *out, struct fn_str path)
{
    static const char plain[] = "-._~/!$&'()*+,;=@";
    struct fn_buf uri;
    fn_buf_init(&uri, 1 << 16);
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (alnum || (c != 0 && strchr(plain, c) != NULL)) {
            fn_buf_char(&uri, (char)c);
        } else {
            fn_buf_printf(&uri, "%%%02X", c);
        }
    }
    fn_json_put_str(out, fn_buf_view(&uri));
    fn_buf_fini(&uri);
}

static void put_rule(const struct render *r, enum fgr_diag code)
{
    fn_buf_printf(r->out, "{\"id\":\"%s\",\"name\":\"%s\",\"shortDescription\":{\"text\":", fgr_diag_code(code),
                  diag_name(code));
    put_general(r->out, diag_template(code, r->how.lang));
    fn_buf_z(r->out, "},\"fullDescription\":{\"text\":");
    put_general(r->out, diag_help_template(code, r->how.lang));
    fn_buf_printf(r->out, "},\"help\":{\"text\":\"funnelc explain %s\"},\"defaultConfiguration\":{\"level\":\"%s\"}}",
                  fgr_diag_code(code), render_level(fgr_diag_level(code)));
}

/* Of the line's text, not its number: an edit above does not make a new alert. */
static uint64_t line_hash(const struct fgr_source *s, uint32_t line)
{
    if (line > s->n_lines) {
        return 0;
    }
    uint32_t from = s->lines[line - 1], to = line < s->n_lines ? s->lines[line] : (uint32_t)s->text.n;
    while (from < to && (s->text.p[from] == ' ' || s->text.p[from] == '\t')) {
        from++;
    }
    return fn_hash(s->text.p + from, to - from);
}

/* Which of the results with this rule on lines of this text it is: alerts must not share a fingerprint. */
static unsigned nth_alike(const struct render *r, const struct fn_diag *d, uint64_t hash)
{
    unsigned n = 1;
    for (size_t i = 0; i < r->list->n && r->list->items[i] != d; i++) {
        const struct fn_diag *other = r->list->items[i];
        uint32_t line = 1, column = 1;
        if (other->code == d->code && other->file == d->file) {
            fgr_place(render_source(r, other), other->span.a, &line, &column);
            n += line_hash(render_source(r, other), line) == hash ? 1 : 0;
        }
    }
    return n;
}

static void put_result(const struct render *r, const struct fn_diag *d)
{
    const struct fgr_source *s = render_source(r, d);
    uint32_t line = 1, column = 1, end_line = 1, end_column = 1;
    fgr_place(s, d->span.a, &line, &column);
    fgr_place(s, d->span.b, &end_line, &end_column);
    fn_buf_printf(r->out,
                  "{\"ruleId\":\"%s\",\"level\":\"%s\",\"message\":{\"text\":", fgr_diag_code((enum fgr_diag)d->code),
                  render_level(d->level));
    put_text(r, d, fgr_diag_message);
    fn_buf_z(r->out, "},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
    put_uri(r->out, render_path(s));
    fn_buf_printf(r->out, "},\"region\":{\"startLine\":%u,\"startColumn\":%u,\"endLine\":%u,\"endColumn\":%u}}}],",
                  line, column, end_line, end_column);
    fn_buf_printf(r->out, "\"partialFingerprints\":{\"primaryLocationLineHash\":\"%016llx:%u\"}}",
                  (unsigned long long)line_hash(s, line), nth_alike(r, d, line_hash(s, line)));
}

void render_sarif(const struct render *r)
{
    fn_buf_z(r->out,
             "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"tool\":"
             "{\"driver\":{\"name\":\"funnelc\",\"rules\":[");
    bool first = true;
    for (size_t i = 0; i < r->list->n; i++) {
        if (!seen_before(r->list, i)) {
            fn_buf_z(r->out, first ? "" : ",");
            put_rule(r, (enum fgr_diag)r->list->items[i]->code);
            first = false;
        }
    }
    fn_buf_z(r->out, "]}},\"columnKind\":\"unicodeCodePoints\",\"results\":[");
    for (size_t i = 0; i < r->list->n; i++) {
        fn_buf_z(r->out, i > 0 ? "," : "");
        put_result(r, r->list->items[i]);
    }
    fn_buf_z(r->out, "]}]}\n");
}

/* -- GitHub ------------------------------------------------------------------------------------------------------------------ */

static void put_escaped(struct fn_buf *out, struct fn_str s, bool property)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) {
            fn_buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
        } else {
            fn_buf_char(out, c);
        }
    }
}

static void put_annotation(const struct render *r, const struct fn_diag *d)
{
    const struct fgr_source *s = render_source(r, d);
    uint32_t line = 1, column = 1, end_line = 1, end_column = 1;
    fgr_place(s, d->span.a, &line, &column);
    fgr_place(s, d->span.b, &end_line, &end_column);
    fn_buf_printf(r->out, "::%s file=", d->level == FN_NOTE_LEVEL ? "notice" : render_level(d->level));
    put_escaped(r->out, render_path(s), true);
    fn_buf_printf(r->out, ",line=%u,endLine=%u,col=%u,endColumn=%u,title=%s::", line, end_line, column, end_column,
                  fgr_diag_code((enum fgr_diag)d->code));
    struct fn_buf text;
    fn_buf_init(&text, 1 << 16);
    fgr_diag_message(&text, d, r->how.lang);
    fn_buf_z(&text, "\n");
    fgr_diag_help(&text, d, r->how.lang);
    put_escaped(r->out, fn_buf_view(&text), false);
    fn_buf_fini(&text);
    fn_buf_char(r->out, '\n');
}

void render_github(const struct render *r)
{
    size_t hidden = 0;
    for (int level = FN_ERROR_LEVEL; level <= FN_NOTE_LEVEL; level++) {
        size_t shown = 0;
        for (size_t i = 0; i < r->list->n; i++) {
            if ((int)r->list->items[i]->level != level) {
                continue;
            }
            if (shown < GITHUB_SHOWN - 1U || level == FN_NOTE_LEVEL) {
                put_annotation(r, r->list->items[i]);
                shown++;
            } else {
                hidden++;
            }
        }
    }
    if (hidden > 0) {
        fn_buf_printf(r->out, "::error title=funnelc::+%zu\n", hidden);
    }
}

/* -- XML: JUnit and checkstyle ------------------------------------------------------------------------------------------------ */

static void put_xml(struct fn_buf *out, struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '<': fn_buf_z(out, "&lt;"); break;
        case '>': fn_buf_z(out, "&gt;"); break;
        case '&': fn_buf_z(out, "&amp;"); break;
        case '"': fn_buf_z(out, "&quot;"); break;
        case '\n': fn_buf_z(out, "&#10;"); break;
        case '\t': fn_buf_z(out, "&#9;"); break;
        default: /* other control characters cannot stand in XML at all */
            fn_buf_char(out, (unsigned char)s.p[i] < 0x20 ? '?' : s.p[i]);
            break;
        }
    }
}

static void put_xml_text(const struct render *r, const struct fn_diag *d)
{
    struct fn_buf text;
    fn_buf_init(&text, 1 << 16);
    fgr_diag_message(&text, d, r->how.lang);
    put_xml(r->out, fn_buf_view(&text));
    fn_buf_fini(&text);
}

static void put_case(const struct render *r, const struct fn_diag *d)
{
    const struct fgr_source *s = render_source(r, d);
    const char *code = fgr_diag_code((enum fgr_diag)d->code);
    uint32_t line = 1, column = 1;
    fgr_place(s, d->span.a, &line, &column);
    fn_buf_z(r->out, "  <testcase classname=\"");
    put_xml(r->out, render_path(s));
    fn_buf_printf(r->out, "\" name=\"%s:%u:%u\">", code, line, column);
    if (d->level == FN_ERROR_LEVEL) {
        fn_buf_printf(r->out, "<failure type=\"%s\" message=\"", code);
        put_xml_text(r, d);
        fn_buf_z(r->out, "\"/>");
    } else {
        fn_buf_z(r->out, "<system-out>");
        put_xml_text(r, d);
        fn_buf_z(r->out, "</system-out>");
    }
    fn_buf_z(r->out, "</testcase>\n");
}

void render_junit(const struct render *r)
{
    fn_buf_printf(
        r->out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"funnelc\" tests=\"%zu\" failures=\"%zu\">\n",
        r->list->n, r->list->errors);
    for (size_t i = 0; i < r->list->n; i++) {
        put_case(r, r->list->items[i]);
    }
    fn_buf_z(r->out, "</testsuite>\n");
}

void render_checkstyle(const struct render *r)
{
    fn_buf_z(r->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n");
    for (size_t i = 0; i < r->list->n; i++) {
        const struct fn_diag *d = r->list->items[i];
        const struct fgr_source *s = render_source(r, d);
        uint32_t line = 1, column = 1;
        fgr_place(s, d->span.a, &line, &column);
        if (i == 0 || r->list->items[i - 1]->file != d->file) {
            fn_buf_z(r->out, i == 0 ? "<file name=\"" : "</file>\n<file name=\"");
            put_xml(r->out, render_path(s));
            fn_buf_z(r->out, "\">\n");
        }
        fn_buf_printf(r->out, "  <error line=\"%u\" column=\"%u\" severity=\"%s\" source=\"funnelc.%s\" message=\"",
                      line, column, d->level == FN_NOTE_LEVEL ? "info" : render_level(d->level),
                      fgr_diag_code((enum fgr_diag)d->code));
        put_xml_text(r, d);
        fn_buf_z(r->out, "\"/>\n");
    }
    fn_buf_z(r->out, r->list->n > 0 ? "</file>\n</checkstyle>\n" : "</checkstyle>\n");
}
