/* cli_graph.c: funnelc graph FILE --format svg|dot|mermaid|json [-o OUT]: the funnel as a picture. A broken file has one too.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "fcc_graph.h"

#define OUT_MAX ((size_t)64 << 20)

static const char *const names[] = {"svg", "dot", "mermaid", "json"};

const char *cli_graph_name(size_t i)
{
    return i < FN_COUNT(names) ? names[i] : NULL;
}

static bool format_named(const char *name, enum fcc_graph_format *out)
{
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum fcc_graph_format)i;
            return true;
        }
    }
    return false;
}

static enum cli_exit draw(const struct cli *c, const char *path, enum fcc_graph_format format)
{
    struct fn_buf out;
    struct cli_parsed p;
    enum cli_exit code = CLI_IO;
    fn_buf_init(&out, OUT_MAX);
    if (cli_parse_file(c, &p, path)) {
        enum fn_code drawn = fcc_graph_write(&out, &p.tree, &p.scratch, format, c->lang);
        if (drawn != FN_OK) {
            fprintf(stderr, "funnelc: %s: %s\n", path, cli_say(c, "o grafo é grande demais", "the graph is too large"));
        } else if (cli_write_file(c, cli_has(c, CLI_O_OUTPUT) ? c->options[CLI_O_OUTPUT] : "-", fn_buf_view(&out))) {
            code = p.diags.errors > 0 ? CLI_FINDINGS : CLI_GOOD;
        }
    }
    fn_buf_fini(&out);
    cli_parse_end(&p);
    return code;
}

enum cli_exit cli_graph(struct cli *c)
{
    enum fcc_graph_format format = FCC_GRAPH_SVG;
    if (c->n_args != 1) {
        fprintf(stderr, "funnelc: %s FILE\n", cli_say(c, "falta", "missing"));
        return CLI_USAGE;
    }
    if (cli_has(c, CLI_O_FORMAT) && !format_named(c->options[CLI_O_FORMAT], &format)) {
        fprintf(stderr, "funnelc: --format svg|dot|mermaid|json\n");
        return CLI_USAGE;
    }
    return draw(c, c->args[0], format);
}
