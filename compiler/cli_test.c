/* cli_test.c: `funnelc test`: every test of every file, twice: the second time saved and resumed at each suspension. Then coverage, JUnit.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "cli_accept.h"
#include "cli_coverage.h"
#include "fsl_natives.h"

#include <stdlib.h>

enum { JUNIT_MAX = 64 << 20 };

struct tests {
    const struct cli *c;
    struct cli_source *s;
    const struct fbc_image *im;
    struct cli_covered *covered;
    struct cli_script *script;
    struct cli_accept *accept; /* NULL without --accept */
    struct fn_buf junit;
    unsigned passed, failed;
};

static void xml(struct fn_buf *b, struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '<': fn_buf_z(b, "&lt;"); break;
        case '>': fn_buf_z(b, "&gt;"); break;
        case '&': fn_buf_z(b, "&amp;"); break;
        case '"': fn_buf_z(b, "&quot;"); break;
        default: fn_buf_char(b, (unsigned char)s.p[i] < 0x20 && s.p[i] != '\n' && s.p[i] != '\t' ? ' ' : s.p[i]); break;
        }
    }
}

static void junit_case(struct tests *t, struct fn_str name, const struct fn_diag *why)
{
    struct fn_buf message;
    fn_buf_z(&t->junit, "    <testcase classname=\"");
    xml(&t->junit, fn_str_c(t->s->path));
    fn_buf_z(&t->junit, "\" name=\"");
    xml(&t->junit, name);
    if (why == NULL) {
        fn_buf_z(&t->junit, "\"/>\n");
        return;
    }
    fn_buf_init(&message, JUNIT_MAX);
    fgr_diag_message(&message, why, t->c->lang);
    fn_buf_z(&t->junit, "\">\n      <failure message=\"");
    xml(&t->junit, fn_buf_view(&message));
    fn_buf_z(&t->junit, "\"/>\n    </testcase>\n");
    fn_buf_fini(&message);
}

/* Twice: as it is, and with every suspension saved and taken up anew. Both must tell the same story. */
static bool run_test(struct tests *t, const struct fgr_node *test)
{
    struct cli_script *s = t->script;
    struct fn_buf told;
    struct cli_chat chat = {.out = &told, .lang = t->c->lang, .image = t->im};
    fn_buf_init(&told, JUNIT_MAX);
    if (cli_has(t->c, CLI_O_VERBOSE)) {
        fn_buf_printf(&told, "\n%.*s\n", FN_STR_ARG(test->text));
    }
    s->test = test;
    s->restart = false;
    s->chat = cli_has(t->c, CLI_O_VERBOSE) ? &chat : NULL;
    bool good = cli_script_run(s);
    s->chat = NULL;
    struct fn_buf first = s->log;
    fn_buf_fini(&s->snapshots);
    if (good) {
        s->restart = true;
        good = cli_script_run(s);
        if (!good || !fn_str_eq(fn_buf_view(&first), fn_buf_view(&s->log))) {
            s->at = test;
            (void)cli_script_fail(s, FGR_D_TEST_RESUMED);
            good = false;
        }
        if (cli_has(t->c, CLI_O_SNAPSHOTS)) {
            (void)fwrite(s->snapshots.p != NULL ? s->snapshots.p : "", 1, s->snapshots.n, stdout);
        }
        fn_buf_fini(&s->log);
        fn_buf_fini(&s->snapshots);
    }
    (void)fwrite(told.p != NULL ? told.p : "", 1, told.n, stdout);
    fn_buf_fini(&told);
    fn_buf_fini(&first);
    return good;
}

static void one_test(struct tests *t, const struct fgr_node *test)
{
    size_t before = t->s->diags.n;
    bool good = run_test(t, test);
    t->passed += good;
    t->failed += !good;
    printf("%s %.*s\n", good ? cli_say(t->c, "passou", "passed") : cli_say(t->c, "FALHOU", "FAILED"),
           FN_STR_ARG(test->text));
    junit_case(t, test->text, t->s->diags.n > before ? t->s->diags.items[before] : NULL);
}

static void coverage(struct tests *t)
{
    struct cli_coverage v;
    const char *wanted = t->c->options[CLI_O_COVERAGE_MIN];
    unsigned min = wanted != NULL ? (unsigned)strtoul(wanted, NULL, 10) : 0;
    cli_coverage_init(&v, t->s->program, t->im, t->covered);
    for (unsigned i = 0; i < CLI_COVERS; i++) {
        unsigned percent = cli_coverage_percent(&v, (enum cli_cover)i);
        if (cli_has(t->c, CLI_O_COVERAGE) || wanted != NULL) {
            printf("%3u%% %s (%u/%u)%s%.*s\n", percent, cli_coverage_name((enum cli_cover)i, t->c->lang), v.seen[i],
                   v.all[i], v.missing[i].n > 0 ? ": " : "", FN_STR_ARG(fn_buf_view(&v.missing[i])));
        }
        if (i <= CLI_COVER_TRANSITIONS && percent < min) {
            struct fn_diag *d = fgr_diag_add(&t->s->diags, FGR_D_TEST_COVERAGE, (struct fn_span){0, 0});
            fn_diag_arg(d, "found", fn_arena_printf(&t->s->arena, "%u", percent));
            fn_diag_arg(d, "min", fn_arena_printf(&t->s->arena, "%u", min));
            fn_diag_arg(d, "what", fn_str_c(cli_coverage_name((enum cli_cover)i, t->c->lang)));
            fn_diag_arg(d, "missing", fn_arena_dup(&t->s->arena, fn_buf_view(&v.missing[i])));
        }
    }
    cli_coverage_fini(&v);
}

static void begin_script(struct tests *t)
{
    *t->script = (struct cli_script){.program = t->s->program,
                                     .image = t->im,
                                     .natives = fsl_natives,
                                     .arena = &t->s->arena,
                                     .diags = &t->s->diags,
                                     .covered = t->covered,
                                     .lang = t->c->lang};
    t->covered->arena = &t->s->arena;
    t->covered->n = 0;
}

/* Those of the file, or the one of --only. */
static void each_test(struct tests *t, void (*run)(struct tests *, const struct fgr_node *))
{
    const struct fgr_node *decls = t->s->program->trees[0].file->kid[FGR_FILE_decls];
    const char *only = t->c->options[CLI_O_ONLY];
    for (uint32_t i = 0; i < decls->n_items; i++) {
        const struct fgr_node *n = decls->items[i];
        if (n->kind == FGR_TEST && (only == NULL || fn_str_eq(n->text, fn_str_c(only)))) {
            run(t, n);
        }
    }
}

static enum cli_exit run_tests(struct tests *t)
{
    begin_script(t);
    each_test(t, one_test);
    coverage(t);
    if (t->s->diags.n > 0) {
        cli_tell(t->c, t->s);
    }
    return t->s->diags.errors > 0 ? CLI_FINDINGS : CLI_GOOD;
}

/* -- --accept ------------------------------------------------------------------------------------------------------------------- */

static void accept_test(struct tests *t, const struct fgr_node *test)
{
    struct cli_script *s = t->script;
    struct cli_accept *a = t->accept;
    const struct fgr_node *steps = test->kid[FGR_TEST_steps];
    a->n = a->n_kept;
    a->turn = 0;
    a->bare = true;
    a->full = false;
    for (uint32_t i = 0; i < steps->n_items; i++) {
        a->bare = a->bare && steps->items[i]->kind != FGR_STEP_EXPECTS;
    }
    s->test = test;
    s->accept = a;
    bool good = cli_script_run(s);
    a->n_kept = good && !a->full ? a->n : a->n_kept;
    s->accept = NULL;
    fn_buf_fini(&s->log);
    fn_buf_fini(&s->snapshots);
}

static enum cli_exit keep_accepted(const struct tests *t)
{
    struct fn_str before = fn_buf_view(&t->s->text);
    struct fn_buf after, laid, diff;
    fn_buf_init(&after, JUNIT_MAX);
    fn_buf_init(&laid, JUNIT_MAX);
    fn_buf_init(&diff, JUNIT_MAX);
    cli_accept_apply(t->accept, before, &after);
    cli_accept_diff(t->accept, before, fn_buf_view(&after), &diff);
    cli_accept_format(before, fn_buf_view(&after), &laid);
    bool good = !after.failed && !laid.failed && cli_write_file(t->c, t->s->path, fn_buf_view(&laid));
    if (good) {
        printf("%s: %s\n%.*s\n", t->s->path, cli_say(t->c, "reescrito", "rewritten"), FN_STR_ARG(fn_buf_view(&diff)));
    }
    fn_buf_fini(&after);
    fn_buf_fini(&laid);
    fn_buf_fini(&diff);
    return good ? CLI_GOOD : CLI_IO;
}

/* Rewrites the file where what the funnel says is all that differs; the tests run after that, and tell what is left. */
static enum cli_exit accept_file(struct tests *t, const char *path)
{
    struct cli_source s;
    struct fn_buf bytes;
    if (strcmp(path, "-") == 0) {
        fprintf(stderr, "funnelc: %s\n", cli_say(t->c, "--accept precisa de um arquivo", "--accept needs a file"));
        return CLI_USAGE;
    }
    enum cli_exit code = cli_open(t->c, &s, path);
    t->s = &s;
    if (code == CLI_GOOD && s.diags.errors == 0 && (t->im = cli_image(t->c, &s, &bytes)) != NULL) {
        t->accept->n_kept = 0;
        begin_script(t);
        each_test(t, accept_test);
        code = t->accept->n_kept > 0 ? keep_accepted(t) : CLI_GOOD;
        fbc_image_free(t->im);
        fn_buf_fini(&bytes);
    }
    cli_close(&s);
    t->s = NULL;
    return code;
}

static const struct fn_diag *first_error(const struct fn_diag_list *l)
{
    size_t i = 0;
    while (i + 1 < l->n && l->items[i]->level != FN_ERROR_LEVEL) {
        i++;
    }
    return l->items[i];
}

static enum cli_exit test_file(struct tests *t, const char *path)
{
    struct cli_source s;
    struct fn_buf bytes;
    enum cli_exit code = t->accept != NULL ? accept_file(t, path) : CLI_GOOD;
    if (code != CLI_GOOD) {
        return code;
    }
    code = cli_open(t->c, &s, path);
    t->s = &s;
    if (code == CLI_GOOD && s.diags.errors > 0) {
        cli_tell(t->c, &s);
        t->failed++;
        junit_case(t, fn_str_c("check"), first_error(&s.diags)); /* a report of failures tells why */
        code = CLI_FINDINGS;
    } else if (code == CLI_GOOD) {
        s.diags.n = 0; /* warnings are for `check` */
        t->im = cli_image(t->c, &s, &bytes);
        t->failed += t->im == NULL;
        code = t->im != NULL ? run_tests(t) : CLI_FINDINGS;
        fbc_image_free(t->im);
        fn_buf_fini(&bytes);
    }
    cli_close(&s);
    t->s = NULL;
    return code;
}

static enum cli_exit write_junit(const struct cli *c, const struct tests *t)
{
    struct fn_buf out;
    if (!cli_has(c, CLI_O_JUNIT)) {
        return CLI_GOOD;
    }
    fn_buf_init(&out, JUNIT_MAX);
    fn_buf_printf(&out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"funnelc\" "
                  "tests=\"%u\" failures=\"%u\">\n",
                  t->passed + t->failed, t->failed);
    fn_buf_str(&out, fn_buf_view(&t->junit));
    fn_buf_z(&out, "  </testsuite>\n</testsuites>\n");
    enum cli_exit code =
        !out.failed && cli_write_file(c, c->options[CLI_O_JUNIT], fn_buf_view(&out)) ? CLI_GOOD : CLI_IO;
    fn_buf_fini(&out);
    return code;
}

/* A title that no test has is a slip: nothing was tested, and that is not good. */
static enum cli_exit worst_of_only(const struct tests *t, enum cli_exit code)
{
    const char *only = t->c->options[CLI_O_ONLY];
    if (only == NULL || t->passed + t->failed > 0 || code != CLI_GOOD) {
        return code;
    }
    fprintf(stderr, "funnelc: %s `%s`\n", cli_say(t->c, "nenhum teste se chama", "no test is called"), only);
    return CLI_USAGE;
}

enum cli_exit cli_test(struct cli *c)
{
    struct tests t = {.c = c, .covered = calloc(1, sizeof *t.covered), .script = calloc(1, sizeof *t.script)};
    bool accept = cli_has(c, CLI_O_ACCEPT);
    t.accept = accept ? calloc(1, sizeof *t.accept) : NULL;
    bool room = t.covered != NULL && t.script != NULL && (t.accept != NULL || !accept);
    enum cli_exit code = c->n_args == 0 ? CLI_USAGE : room ? CLI_GOOD : CLI_IO;
    fn_buf_init(&t.junit, JUNIT_MAX);
    for (int i = 0; i < c->n_args && room; i++) {
        enum cli_exit one = test_file(&t, c->args[i]);
        code = one > code ? one : code;
    }
    if (c->n_args == 0) {
        fprintf(stderr, "funnelc: %s\n", cli_say(c, "falta FILE", "missing FILE"));
    } else {
        enum cli_exit written = write_junit(c, &t);
        code = written > code ? written : code;
        code = worst_of_only(&t, code);
        printf("%u %s, %u %s\n", t.passed, cli_say(c, "passaram", "passed"), t.failed,
               cli_say(c, "falharam", "failed"));
    }
    fn_buf_fini(&t.junit);
    free(t.covered);
    free(t.script);
    free(t.accept);
    return code;
}
