/* cli_check.c: check, compat, build, disasm, dump, fmt.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "cli_diff.h"
#include "fcc_compat.h"
#include "fcc_explain.h"
#include "fcc_report.h"
#include "fgr_fmt.h"

#include <stdlib.h>

#define OUT_MAX     ((size_t)256 << 20)
#define SCRATCH_MAX ((size_t)1 << 30)

static enum cli_exit wants(const struct cli *c, int n, const char *what)
{
    if (c->n_args >= n) {
        return CLI_GOOD;
    }
    fprintf(stderr, "funnelc: %s %s\n", cli_say(c, "falta", "missing"), what);
    return CLI_USAGE;
}

static enum cli_exit put(struct fn_buf *out)
{
    bool good = !out->failed && fwrite(out->p != NULL ? out->p : "", 1, out->n, stdout) == out->n;
    fn_buf_fini(out);
    return good ? CLI_GOOD : CLI_IO;
}

static enum cli_exit worse(enum cli_exit a, enum cli_exit b)
{
    return a > b ? a : b;
}

/* -- check --------------------------------------------------------------------------------------------------------------------- */

static enum cli_exit report(const struct cli *c, const struct fcc_program *p)
{
    const char *format = c->options[CLI_O_FORMAT];
    struct fn_buf out;
    fn_buf_init(&out, OUT_MAX);
    if (format != NULL && strcmp(format, "json") == 0) {
        fcc_report_json(&out, p);
        fn_buf_char(&out, '\n');
    } else {
        fcc_report_print(&out, p, c->lang);
    }
    return put(&out);
}

struct edit {
    struct fn_span span;
    struct fn_str text;
};

static int by_place(const void *a, const void *b)
{
    const struct edit *x = a, *y = b;
    return (x->span.a > y->span.a) - (x->span.a < y->span.a);
}

/* The text with every safe fix of the main file applied; those that touch an earlier one are left for the next run. */
static size_t fixed_text(const struct cli_source *s, struct fn_buf *out)
{
    struct edit *edits = calloc(s->diags.n * FN_DIAG_EDITS + 1, sizeof *edits);
    size_t n = 0, at = 0, applied = 0;
    for (size_t i = 0; edits != NULL && i < s->diags.n; i++) {
        const struct fn_diag *d = s->diags.items[i];
        for (unsigned k = 0;
             d->file == 0 && d->n_fixes > 0 && d->fixes[0].kind == FN_FIX_SAFE && k < d->fixes[0].n_edits; k++) {
            edits[n++] = (struct edit){d->fixes[0].edits[k].span, d->fixes[0].edits[k].text};
        }
    }
    if (edits != NULL && n > 0) {
        qsort(edits, n, sizeof *edits, by_place);
    }
    for (size_t i = 0; i < n; i++) {
        if (edits[i].span.a < at || edits[i].span.b > s->text.n) {
            continue;
        }
        fn_buf_put(out, s->text.p + at, edits[i].span.a - at);
        fn_buf_str(out, edits[i].text);
        at = edits[i].span.b;
        applied++;
    }
    fn_buf_put(out, s->text.p + at, s->text.n - at);
    free(edits);
    return applied;
}

/* Writes the fixed text back and checks it again: what is told is what is left. */
static enum cli_exit fix(const struct cli *c, struct cli_source *s)
{
    struct fn_buf out;
    fn_buf_init(&out, OUT_MAX);
    size_t n = fixed_text(s, &out);
    enum cli_exit code = CLI_GOOD;
    if (n > 0 && !out.failed) {
        code = cli_write_file(c, s->path, fn_buf_view(&out)) ? CLI_GOOD : CLI_IO;
        fprintf(stderr, "%s: %zu %s\n", s->path, n,
                n == 1 ? cli_say(c, "conserto aplicado", "fix applied")
                       : cli_say(c, "consertos aplicados", "fixes applied"));
    }
    fn_buf_fini(&out);
    if (n > 0 && code == CLI_GOOD) {
        const char *path = s->path;
        cli_close(s);
        code = cli_open(c, s, path);
    }
    return code;
}

/* `--deny warnings`, or codes with commas between: those warnings are errors here. */
static void deny(const struct cli *c, struct cli_source *s)
{
    const char *which = c->options[CLI_O_DENY];
    for (size_t i = 0; which != NULL && i < s->diags.n; i++) {
        struct fn_diag *d = s->diags.items[i];
        bool denied = strcmp(which, "warnings") == 0 || strstr(which, fgr_diag_code((enum fgr_diag)d->code)) != NULL;
        if (d->level == FN_WARNING_LEVEL && denied) {
            d->level = FN_ERROR_LEVEL;
            s->diags.warnings--;
            s->diags.errors++;
        }
    }
}

/* Is each word of --deny a warning's code, or `warnings`? */
static bool deny_known(const struct cli *c)
{
    const char *which = c->options[CLI_O_DENY];
    for (const char *p = which; p != NULL && strcmp(which, "warnings") != 0; p = *p == ',' ? p + 1 : NULL) {
        size_t n = strcspn(p, ",");
        enum fgr_diag d = fcc_diag_named((struct fn_str){p, n});
        if (d == FGR_DIAGS || fgr_diag_level(d) != FN_WARNING_LEVEL) {
            fprintf(stderr, "funnelc: --deny: %s `%.*s`\n", cli_say(c, "não há o aviso", "there is no warning"), (int)n,
                    p);
            return false;
        }
        p += n;
    }
    return true;
}

static enum cli_exit check_one(const struct cli *c, struct cli_source *s, const char *path)
{
    enum cli_exit code = cli_open(c, s, path);
    if (code == CLI_GOOD && cli_has(c, CLI_O_FIX)) {
        code = fix(c, s);
    }
    if (code != CLI_GOOD) {
        return code;
    }
    deny(c, s);
    return s->diags.errors > 0 ? CLI_FINDINGS : CLI_GOOD;
}

/* One report of all files, however many: a document in a machine's form holds together. */
enum cli_exit cli_check(struct cli *c)
{
    enum cli_exit code = deny_known(c) ? wants(c, 1, "FILE") : CLI_USAGE;
    struct cli_source *sources = code == CLI_GOOD ? calloc((size_t)c->n_args, sizeof *sources) : NULL;
    if (sources == NULL) {
        return code == CLI_GOOD ? CLI_IO : code;
    }
    size_t n = 0;
    for (int i = 0; i < c->n_args; i++) {
        enum cli_exit one = check_one(c, &sources[n], c->args[i]);
        code = worse(code, one);
        n += one == CLI_GOOD || one == CLI_FINDINGS ? 1 : 0;
    }
    if (n > 0) { /* of files that could not be read the errors are told, and "0 errors" is not true of them */
        cli_tell_all(c, sources, n);
    }
    for (size_t i = 0; i < n; i++) {
        if (cli_has(c, CLI_O_REPORT) && sources[i].diags.errors == 0) {
            code = worse(code, report(c, sources[i].program));
        }
        cli_close(&sources[i]);
    }
    free(sources);
    return code;
}

/* -- compat ----------------------------------------------------------------------------------------------------------- */

static enum cli_exit compare(const struct cli *c, struct cli_source *from, struct cli_source *to)
{
    struct fcc_compat table;
    struct fn_buf out;
    if (from->diags.errors > 0 || to->diags.errors > 0) {
        cli_tell(c, from->diags.errors > 0 ? from : to);
        return CLI_FINDINGS;
    }
    if (fcc_compat(&from->arena, from->program, to->program, &table) != FN_OK) {
        return CLI_IO;
    }
    fn_buf_init(&out, OUT_MAX);
    fcc_compat_print(&out, &table, cli_has(c, CLI_O_VERBOSE) ? FCC_COMPAT_ALL : FCC_COMPAT_DIFFERENCES, c->lang);
    return worse(put(&out), table.unsettled > 0 ? CLI_FINDINGS : CLI_GOOD);
}

enum cli_exit cli_compat(struct cli *c)
{
    struct cli_source from, to;
    enum cli_exit code = wants(c, 2, "OLD NEW");
    if (code != CLI_GOOD) {
        return code;
    }
    code = cli_open(c, &from, c->args[0]);
    if (code == CLI_GOOD) {
        code = cli_open(c, &to, c->args[1]);
        code = code == CLI_GOOD ? compare(c, &from, &to) : code;
        cli_close(&to);
    }
    cli_close(&from);
    return code;
}

/* -- build, disasm --------------------------------------------------------------------------------------------------------------- */

/* Runs `use` with the image of a source without errors. */
static enum cli_exit with_image(const struct cli *c, const char *path,
                                enum cli_exit (*use)(const struct cli *, const struct fbc_image *, struct fn_str))
{
    struct cli_source s;
    enum cli_exit code = cli_open(c, &s, path);
    if (code == CLI_GOOD && s.diags.errors > 0) {
        cli_tell(c, &s);
        code = CLI_FINDINGS;
    }
    if (code == CLI_GOOD) {
        struct fn_buf bytes;
        const struct fbc_image *im = cli_image(c, &s, &bytes);
        code = im != NULL ? use(c, im, fn_buf_view(&bytes)) : CLI_FINDINGS;
        fbc_image_free(im);
        fn_buf_fini(&bytes);
    }
    cli_close(&s);
    return code;
}

static enum cli_exit write_image(const struct cli *c, const struct fbc_image *im, struct fn_str bytes)
{
    struct fn_buf name;
    fn_buf_init(&name, 4096);
    fn_buf_str(&name, im->name);
    fn_buf_z(&name, ".fnb");
    const char *path = cli_has(c, CLI_O_OUTPUT) ? c->options[CLI_O_OUTPUT] : name.p;
    bool good = path != NULL && cli_write_file(c, path, bytes);
    if (good && strcmp(path, "-") != 0) {
        printf("%s: %zu bytes\n", path, bytes.n);
    }
    fn_buf_fini(&name);
    return good ? CLI_GOOD : CLI_IO;
}

enum cli_exit cli_build(struct cli *c)
{
    enum cli_exit code = wants(c, 1, "FILE");
    return code == CLI_GOOD ? with_image(c, c->args[0], write_image) : code;
}

static enum cli_exit list_image(const struct cli *c, const struct fbc_image *im, struct fn_str bytes)
{
    struct fn_buf out;
    (void)c;
    (void)bytes;
    fn_buf_init(&out, OUT_MAX);
    fbc_disasm(&out, im);
    return put(&out);
}

static enum cli_exit disasm_image(const struct cli *c, const char *path, struct fn_str bytes)
{
    const struct fbc_image *im = NULL;
    struct fbc_fault fault;
    if (fbc_verify(bytes, FBC_ALLOW_ALL, &im, &fault) != FN_OK) {
        printf("%s: %s %s\n", path, fault.rule, fault.text);
        return CLI_FINDINGS;
    }
    enum cli_exit code = list_image(c, im, bytes);
    fbc_image_free(im);
    return code;
}

enum cli_exit cli_disasm(struct cli *c)
{
    struct fn_buf bytes;
    enum cli_exit code = wants(c, 1, "FILE");
    if (code != CLI_GOOD) {
        return code;
    }
    if (!cli_read_file(c, c->args[0], &bytes)) {
        fn_buf_fini(&bytes);
        return CLI_IO;
    }
    bool is_image = fn_str_starts(fn_buf_view(&bytes), FN_STR("FNB")) || strstr(c->args[0], ".fnb") != NULL;
    code = is_image ? disasm_image(c, c->args[0], fn_buf_view(&bytes)) : CLI_GOOD;
    fn_buf_fini(&bytes);
    return is_image ? code : with_image(c, c->args[0], list_image);
}

/* -- dump -------------------------------------------------------------------------------------------------------------------------- */

static enum cli_exit dump_types(const struct cli *c, const char *path)
{
    struct cli_source s;
    struct fn_buf out;
    enum cli_exit code = cli_open(c, &s, path);
    if (code == CLI_GOOD) {
        fn_buf_init(&out, OUT_MAX);
        fcc_dump_types(&out, s.program);
        code = put(&out);
    }
    cli_close(&s);
    return code;
}

static enum cli_exit dump_syntax(const struct cli *c, const char *path, bool tokens)
{
    struct fn_buf out;
    struct cli_parsed p;
    enum cli_exit code = CLI_IO;
    fn_buf_init(&out, OUT_MAX);
    if (cli_parse_file(c, &p, path)) {
        if (tokens) {
            fgr_dump_tokens(&out, &p.tree);
        } else {
            fgr_dump(&out, p.tree.file);
        }
        code = CLI_GOOD;
    }
    code = worse(code, put(&out));
    cli_parse_end(&p);
    return code;
}

enum cli_exit cli_dump(struct cli *c)
{
    enum cli_exit code = wants(c, 2, "tokens|ast|types FILE");
    if (code != CLI_GOOD) {
        return code;
    }
    if (strcmp(c->args[0], "types") == 0) {
        return dump_types(c, c->args[1]);
    }
    if (strcmp(c->args[0], "tokens") != 0 && strcmp(c->args[0], "ast") != 0) {
        fprintf(stderr, "funnelc: dump tokens|ast|types\n");
        return CLI_USAGE;
    }
    return dump_syntax(c, c->args[1], strcmp(c->args[0], "tokens") == 0);
}

/* -- fmt --------------------------------------------------------------------------------------------------------------------------- */

/* Tells what would change, and changes nothing. */
static enum cli_exit show_change(const char *path, struct fn_str before, struct fn_str after)
{
    struct fn_buf diff;
    fn_buf_init(&diff, OUT_MAX);
    cli_diff(&diff, path, before, after);
    return put(&diff);
}

static enum cli_exit keep_formatted(const struct cli *c, const char *path, struct fn_str before, struct fn_str out,
                                    enum fgr_fmt_result result)
{
    bool changed = result == FGR_FMT_DONE || result == FGR_FMT_BROKEN;
    if (cli_has(c, CLI_O_DIFF)) {
        enum cli_exit shown = changed ? show_change(path, before, out) : CLI_GOOD;
        return worse(shown, result == FGR_FMT_UNCHANGED ? CLI_GOOD : CLI_FINDINGS);
    }
    if (cli_has(c, CLI_O_CHECK)) {
        if (result == FGR_FMT_DONE) {
            printf("%s\n", path);
        }
        return result == FGR_FMT_UNCHANGED ? CLI_GOOD : CLI_FINDINGS;
    }
    if (cli_has(c, CLI_O_STDOUT) || strcmp(path, "-") == 0) {
        return cli_write_file(c, "-", out) ? CLI_GOOD : CLI_IO;
    }
    if (changed && !cli_write_file(c, path, out)) {
        return CLI_IO;
    }
    return result == FGR_FMT_DONE || result == FGR_FMT_UNCHANGED ? CLI_GOOD : CLI_FINDINGS;
}

static enum cli_exit fmt_one(const struct cli *c, const char *path, enum fgr_fmt_lang lang)
{
    struct fn_buf out;
    struct cli_parsed p;
    enum fgr_fmt_result result;
    enum cli_exit code = CLI_IO;
    fn_buf_init(&out, OUT_MAX);
    if (cli_parse_file(c, &p, path) && fgr_fmt(&out, &p.tree, lang, &p.scratch, &result) == FN_OK) {
        code = keep_formatted(c, path, p.tree.source.text, fn_buf_view(&out), result);
    }
    fn_buf_fini(&out);
    cli_parse_end(&p);
    return code;
}

enum cli_exit cli_fmt(struct cli *c)
{
    enum fgr_fmt_lang lang = !cli_has(c, CLI_O_LANG) ? FGR_FMT_KEEP : c->lang == FN_PT ? FGR_FMT_PT : FGR_FMT_EN;
    enum cli_exit code = wants(c, 1, "FILE");
    for (int i = 0; i < c->n_args; i++) {
        code = worse(code, fmt_one(c, c->args[i], lang));
    }
    return code;
}
