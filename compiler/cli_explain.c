/* cli_explain.c: funnelc explain CODE: the page of a diagnostic; without a code, the list of them all.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "fcc_explain.h"

#define OUT_MAX ((size_t)4 << 20)

static void list_all(struct fn_buf *out, enum fn_lang lang)
{
    for (unsigned i = 0; i < FGR_DIAGS; i++) {
        fn_buf_printf(out, "%s  ", fgr_diag_code((enum fgr_diag)i));
        fcc_diag_title(out, (enum fgr_diag)i, lang);
        fn_buf_char(out, '\n');
    }
}

static enum cli_exit explain_one(const struct cli *c, struct fn_buf *out, const char *what)
{
    enum fgr_diag d = fcc_diag_named(fn_str_c(what));
    if (d == FGR_DIAGS) {
        fprintf(stderr, "funnelc: %s `%s`\n%s\n", cli_say(c, "não existe o código", "there is no code"), what,
                cli_say(c, "`funnelc explain` mostra todos", "`funnelc explain` lists them all"));
        return CLI_USAGE;
    }
    fn_buf_z(out, out->n > 0 ? "\n" : "");
    fcc_explain(out, d, c->lang);
    return CLI_GOOD;
}

enum cli_exit cli_explain(struct cli *c)
{
    struct fn_buf out;
    enum cli_exit code = CLI_GOOD;
    fn_buf_init(&out, OUT_MAX);
    if (c->n_args == 0) {
        list_all(&out, c->lang);
    }
    for (int i = 0; i < c->n_args && code == CLI_GOOD; i++) {
        code = explain_one(c, &out, c->args[i]);
    }
    bool good = !out.failed && fwrite(out.p != NULL ? out.p : "", 1, out.n, stdout) == out.n;
    fn_buf_fini(&out);
    return good ? code : CLI_IO;
}
