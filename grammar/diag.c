/* diag.c: the tables diags.def, labels.def and whys.def, and how a row and its arguments become one sentence.
 *
 * {name} is replaced by the argument, {n|one|many} chooses by an argument that is a number. The values "\n" and "" of a quoted
 * argument stand for the end of a line and of the file, which no quote marks should surround.
 * SPDX-License-Identifier: Apache-2.0 */
#include "diag_render.h"
#include "fn_json.h"
#include "words.h"

static const struct row {
    const char *code, *name;
    enum fn_level level;
    const char *text[2], *help[2]; /* by enum fn_lang */
} rows[] = {
#define FGR_DIAG(code, name, level, pt, en, help_pt, help_en) \
    {code, #name, FN_##level##_LEVEL, {pt, en}, {help_pt, help_en}},
#include "diags.def"
#undef FGR_DIAG
};
static_assert(FN_COUNT(rows) == FGR_DIAGS, "every code has a row");

static const char *const labels[][2] = {
#define FGR_LABEL(name, pt, en) {pt, en},
#include "labels.def"
#undef FGR_LABEL
};
static const char *const whys[][2] = {
#define FGR_WHY(name, pt, en) {pt, en},
#include "whys.def"
#undef FGR_WHY
};

const char *fgr_diag_code(enum fgr_diag d)
{
    return rows[d].code;
}

const char *diag_name(enum fgr_diag d)
{
    return rows[d].name;
}

enum fn_level fgr_diag_level(enum fgr_diag d)
{
    return rows[d].level;
}

const char *diag_template(enum fgr_diag d, enum fn_lang lang)
{
    return rows[d].text[lang];
}

const char *diag_help_template(enum fgr_diag d, enum fn_lang lang)
{
    return rows[d].help[lang];
}

/* What a customer would experience, where it is the same whatever the place; who tells a diagnostic may know better. */
static const uint8_t usual_why[FGR_DIAGS] = {
    [FGR_D_DIVIDE_BY_ZERO] = FGR_W_TRAP,           [FGR_D_UNREACHABLE_CODE] = FGR_W_NOBODY_COMES,
    [FGR_D_PHRASE_TWICE] = FGR_W_FIRST_ONLY,       [FGR_D_SPLIT_PERCENT] = FGR_W_SPLIT_REST,
    [FGR_D_HOURS_BACKWARDS] = FGR_W_ALWAYS_CLOSED, [FGR_D_TIME_ZERO] = FGR_W_NO_TIME,
    [FGR_D_NO_OPTIONS] = FGR_W_NO_ANSWER,          [FGR_D_AI_WITHOUT_BOUND] = FGR_W_AI_BILL,
    [FGR_D_ELSE_MUST_LEAVE] = FGR_W_NO_ELSE,
};

struct fn_diag *fgr_diag_add(struct fn_diag_list *l, enum fgr_diag d, struct fn_span at)
{
    struct fn_diag *out = fn_diag_add(l, (uint16_t)d, rows[d].level, at);
    out->why = usual_why[d];
    return out;
}

static const struct fn_diag_arg *find_arg(const struct fn_diag *d, struct fn_str name)
{
    for (unsigned i = 0; i < d->n_args; i++) {
        if (fn_str_eq(fn_str_c(d->args[i].name), name)) {
            return &d->args[i];
        }
    }
    return NULL;
}

static void drop_quote(struct fn_buf *out)
{
    if (out->n > 0 && !out->failed && out->p[out->n - 1] == '`') {
        out->p[--out->n] = '\0';
    }
}

/* Puts the value; true when the backtick behind it must be dropped as well. */
static bool put_value(struct fn_buf *out, struct fn_str value, enum fn_lang lang)
{
    static const char *const ends[2][2] = {{"o fim do arquivo", "the end of the file"},
                                           {"o fim da linha", "the end of the line"}};
    bool line = fn_str_eq(value, FN_STR("\n"));
    if (!line && value.n > 0) {
        fn_buf_str(out, value);
        return false;
    }
    bool quoted = out->n > 0 && !out->failed && out->p[out->n - 1] == '`';
    drop_quote(out);
    const char *words = ends[line ? 1 : 0][lang];
    if (lang == FN_PT && out->n >= 3 && !out->failed && memcmp(out->p + out->n - 3, "de ", 3) == 0) {
        out->n -= 2; /* de + o = do */
    }
    fn_buf_z(out, words);
    return quoted;
}

static void put_plural(struct fn_buf *out, struct fn_str value, struct fn_str forms)
{
    const char *bar = memchr(forms.p, '|', forms.n);
    size_t one = bar != NULL ? (size_t)(bar - forms.p) : forms.n;
    bool single = fn_str_eq(value, FN_STR("1"));
    size_t rest = bar != NULL ? one + 1 : forms.n;
    fn_buf_str(out, single ? (struct fn_str){forms.p, one} : (struct fn_str){forms.p + rest, forms.n - rest});
}

/* One {…}: returns true when the character behind it (a backtick) is to be skipped. */
static bool put_placeholder(struct fn_buf *out, const struct fn_diag *d, struct fn_str inside, enum fn_lang lang)
{
    const char *bar = memchr(inside.p, '|', inside.n);
    struct fn_str name = {inside.p, bar != NULL ? (size_t)(bar - inside.p) : inside.n};
    const struct fn_diag_arg *arg = d != NULL ? find_arg(d, name) : NULL;
    if (arg == NULL) {
        fn_buf_char(out, '{');
        fn_buf_str(out, inside);
        fn_buf_char(out, '}');
        return false;
    }
    if (bar != NULL) {
        put_plural(out, arg->value, (struct fn_str){bar + 1, inside.n - name.n - 1});
        return false;
    }
    return put_value(out, arg->value, lang);
}

/* -- what a template quotes of the language ------------------------------------------------------------------------------ */
/* Templates quote the language in its English spelling, between backticks; the reader gets the spelling of his file. */
struct quoting {
    bool code, text; /* inside `…`; inside a "…" of that */
    uint16_t before; /* the word before, for followers such as `on` of `start on` */
};

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

static size_t word_length(const char *p)
{
    size_t n = 0;
    while (is_word_char(p[n])) {
        n++;
    }
    return n;
}

/* Puts a quoted word of the language; returns its length in the template, 0 when p stands at none. */
static size_t put_word(struct fn_buf *out, struct quoting *q, const char *p)
{
    struct fn_str text = {p, word_length(p)};
    if (text.n == 0) {
        return 0;
    }
    const struct fgr_word *w = q->before != 0 ? word_follower(text, false, q->before) : NULL;
    w = w != NULL ? w : fgr_word_find(text, false, 0);
    q->before = w != NULL ? w->token : 0;
    fn_buf_str(out, w != NULL ? w->pt : text);
    return text.n;
}

static void put_char(struct fn_buf *out, struct quoting *q, char c)
{
    if (c == '`') {
        *q = (struct quoting){.code = !q->code};
    } else if (c == '"' && q->code) {
        q->text = !q->text;
    } else if (c != ' ') {
        q->before = 0;
    }
    fn_buf_char(out, c);
}

void diag_expand(struct fn_buf *out, const char *template, const struct fn_diag *d, enum fn_lang lang)
{
    struct quoting q = {0};
    for (const char *p = template; *p != '\0'; p++) {
        const char *end = *p == '{' && p[1] >= 'a' && p[1] <= 'z' ? strchr(p, '}') : NULL;
        if (end != NULL) {
            bool skip = put_placeholder(out, d, (struct fn_str){p + 1, (size_t)(end - p) - 1}, lang);
            p = end;
            if (skip && end[1] == '`') {
                p++;
                q.code = false;
            }
            continue;
        }
        size_t n = d != NULL && d->portuguese && q.code && !q.text ? put_word(out, &q, p) : 0;
        if (n != 0) {
            p += n - 1;
        } else {
            put_char(out, &q, *p);
        }
    }
}

void fgr_diag_message(struct fn_buf *out, const struct fn_diag *d, enum fn_lang lang)
{
    diag_expand(out, rows[d->code].text[lang], d, lang);
}

/* The name of an F02xx that only needs its right spelling; empty when the row's own advice stands. */
static struct fn_str respelt(const struct fn_diag *d)
{
    bool names = strncmp(rows[d->code].code, "F02", 3) == 0;
    bool fixed = d->n_fixes == 1 && d->fixes[0].kind == FN_FIX_SAFE && d->fixes[0].n_edits == 1;
    return names && fixed ? d->fixes[0].edits[0].text : FN_STR_NULL;
}

void fgr_diag_help(struct fn_buf *out, const struct fn_diag *d, enum fn_lang lang)
{
    static const char *const change[2] = {"troque por `", "change it to `"};
    struct fn_str near = respelt(d);
    if (near.n != 0) {
        fn_buf_z(out, change[lang]);
        fn_buf_str(out, near);
        fn_buf_char(out, '`');
        return;
    }
    diag_expand(out, rows[d->code].help[lang], d, lang);
}

const char *diag_label(uint16_t label, enum fn_lang lang)
{
    return label < FGR_LABELS ? labels[label][lang] : "";
}

void diag_put_why(struct fn_buf *out, const struct fn_diag *d, enum fn_lang lang)
{
    if (d->why == 0 || d->why >= FGR_WHYS) {
        return;
    }
    struct fn_diag with = {.n_args = 1, .args = {{"arg", d->why_arg}}, .portuguese = d->portuguese};
    diag_expand(out, whys[d->why][lang], &with, lang);
}

enum fn_lang fgr_lang_from(const char *value, enum fn_lang fallback)
{
    if (value == NULL || strlen(value) < 2) {
        return fallback;
    }
    int a = value[0] | 0x20, b = value[1] | 0x20; /* lower case */
    bool ends = value[2] == '\0' || value[2] == '_' || value[2] == '-' || value[2] == '.';
    if (ends && a == 'p' && b == 't') {
        return FN_PT;
    }
    return ends && a == 'e' && b == 'n' ? FN_EN : fallback;
}
