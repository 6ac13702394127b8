/* cli.h: what the files of funnelc share. Exit codes: 0 good, 1 findings, 2 usage, 3 input or output failed.
 * Commands: cli_commands.def; options: cli_options.def. Only these files print.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_H
#define CLI_H
#include "fbc_image.h"
#include "fcc_compile.h"
#include "fgr_parse.h"

#include <stdio.h>

enum cli_exit { CLI_GOOD, CLI_FINDINGS, CLI_USAGE, CLI_IO };
enum cli_option {
#define CLI_OPTION(NAME, long_name, short_name, arg, only, pt, en) CLI_O_##NAME,
#include "cli_options.def"
#undef CLI_OPTION
    CLI_OPTIONS
};
struct cli {
    enum fn_lang lang;
    bool color;
    const char *options[CLI_OPTIONS]; /* argument, "" without one; NULL: not given */
    const char *const *args;          /* behind the command */
    int n_args;
};
static inline bool cli_has(const struct cli *c, enum cli_option o)
{
    return c->options[o] != NULL;
}
/* The sentence in the user's language. */
const char *cli_say(const struct cli *c, const char *pt, const char *en);

/* A file being compiled. */
struct cli_source {
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fn_buf text;
    const char *path;
    struct fcc_program *program;
    struct fcc_module *modules;
    size_t n_modules;
};
bool cli_read_file(const struct cli *c, const char *path,
                   struct fn_buf *out); /* "-" is the standard input; tells what failed */
bool cli_write_file(const struct cli *c, const char *path, struct fn_str bytes);
enum cli_exit cli_open(const struct cli *c, struct cli_source *s,
                       const char *path); /* read and checked; CLI_GOOD also with findings */
void cli_close(struct cli_source *s);
/* A source that is parsed and no more, and room for what is made of its tree. To be ended whether that went well or not. */
struct cli_parsed {
    struct fn_arena arena, scratch;
    struct fn_diag_list diags;
    struct fn_buf text; /* of the file; empty when the text is the caller's */
    struct fgr_tree tree;
};
bool cli_parse_file(const struct cli *c, struct cli_parsed *p, const char *path); /* tells when it cannot be read */
bool cli_parse_text(struct cli_parsed *p, struct fn_str path, struct fn_str text);
void cli_parse_end(struct cli_parsed *p);
/* Diagnostics, in the format asked for; of several sources as one report. */
void cli_tell(const struct cli *c, struct cli_source *s);
void cli_tell_all(const struct cli *c, struct cli_source *sources, size_t n);
/* What --format may be: of diagnostics, then of graphs; NULL behind the last. */
const char *cli_format_name(size_t i);
const char *cli_graph_name(size_t i);
/* Does --format name one for diagnostics? */
bool cli_format_known(const char *name);
/* The image of a checked source, verified; NULL after telling why. */
const struct fbc_image *cli_image(const struct cli *c, const struct cli_source *s, struct fn_buf *bytes);

enum cli_exit cli_check(struct cli *c);
enum cli_exit cli_compat(struct cli *c);
enum cli_exit cli_build(struct cli *c);
enum cli_exit cli_test(struct cli *c);
enum cli_exit cli_run(struct cli *c);
enum cli_exit cli_fmt(struct cli *c);
enum cli_exit cli_disasm(struct cli *c);
enum cli_exit cli_dump(struct cli *c);
enum cli_exit cli_explain(struct cli *c);
enum cli_exit cli_explore(struct cli *c);
enum cli_exit cli_new(struct cli *c);
enum cli_exit cli_doctor(struct cli *c);
enum cli_exit cli_completions(struct cli *c);
enum cli_exit cli_man(struct cli *c);
enum cli_exit cli_graph(struct cli *c);
enum cli_exit cli_help(struct cli *c);
enum cli_exit cli_version(struct cli *c);

#endif
