/* main.c: funnelc: finds the command and its options, from two tables, and runs it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdlib.h>
#include <unistd.h>

struct command {
    const char *name;
    enum cli_exit (*run)(struct cli *c);
    const char *args, *pt, *en;
};
static const struct command commands[] = {
#define CLI_COMMAND(name, function, args, pt, en) {name, function, args, pt, en},
#include "cli_commands.def"
#undef CLI_COMMAND
};
struct option {
    const char *long_name, *short_name, *arg;
    const char *only; /* the commands that take it, blanks between; "" for all */
    const char *pt, *en;
};
static const struct option options[] = {
#define CLI_OPTION(NAME, long_name, short_name, arg, only, pt, en) {long_name, short_name, arg, only, pt, en},
#include "cli_options.def"
#undef CLI_OPTION
};
static_assert(FN_COUNT(options) == CLI_OPTIONS, "cli_options.def");

const char *cli_say(const struct cli *c, const char *pt, const char *en)
{
    return c->lang == FN_PT ? pt : en;
}

enum cli_exit cli_help(struct cli *c)
{
    printf("%s\n\n", cli_say(c, "funnelc COMANDO [OPÇÕES] ARQUIVO...", "funnelc COMMAND [OPTIONS] FILE..."));
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        printf("  %-8s %-22s %s\n", commands[i].name, commands[i].args, cli_say(c, commands[i].pt, commands[i].en));
    }
    printf("\n");
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        const struct option *o = &options[i];
        printf("  %-15s %-3s %-18s %s%s%s%s\n", o->long_name, o->short_name, o->arg, cli_say(c, o->pt, o->en),
               o->only[0] != '\0' ? " (" : "", o->only, o->only[0] != '\0' ? ")" : "");
    }
    return CLI_GOOD;
}

enum cli_exit cli_version(struct cli *c)
{
    (void)c;
    printf("funnelc 0.1.0 (image format %d, abi %d)\n", (int)FBC_FORMAT, (int)FBC_ABI);
    return CLI_GOOD;
}

/* Letters of one that are not in the other, in order: enough to tell a slip from another word. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[32];
    size_t n = strlen(b) < 31 ? strlen(b) : 31;
    for (size_t j = 0; j <= n; j++) {
        row[j] = (unsigned)j;
    }
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an unknown word is there */
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= n; j++) {
            unsigned up = row[j], best = corner + (a[i - 1] != b[j - 1]);
            best = up + 1 < best ? up + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            corner = up;
            row[j] = best;
        }
    }
    return row[n];
}

static enum cli_exit unknown(const struct cli *c, const char *what, const char *word, const char *near)
{
    fprintf(stderr, "funnelc: %s `%s`", what, word);
    if (near != NULL) {
        fprintf(stderr, "; %s `%s`?", cli_say(c, "você quis dizer", "did you mean"), near);
    }
    fprintf(stderr, "\n%s\n", cli_say(c, "`funnelc help` mostra o que existe", "`funnelc help` shows what there is"));
    return CLI_USAGE;
}

static enum cli_exit unknown_option(const struct cli *c, const char *word)
{
    const char *near = NULL;
    unsigned best = 4;
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        unsigned d = distance(word, options[i].long_name);
        near = d < best ? options[i].long_name : near;
        best = d < best ? d : best;
    }
    return unknown(c, cli_say(c, "não conheço a opção", "unknown option"), word, near);
}

static enum cli_exit unknown_command(const struct cli *c, const char *word)
{
    const char *near = NULL;
    unsigned best = 3;
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        unsigned d = distance(word, commands[i].name);
        near = d < best ? commands[i].name : near;
        best = d < best ? d : best;
    }
    return unknown(c, cli_say(c, "não conheço o comando", "unknown command"), word, near);
}

static int option_named(const char *word, size_t n)
{
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        bool is_long = strlen(options[i].long_name) == n && strncmp(options[i].long_name, word, n) == 0;
        bool is_short = options[i].short_name[0] != '\0' && strlen(options[i].short_name) == n &&
                        strncmp(options[i].short_name, word, n) == 0;
        if (is_long || is_short) {
            return (int)i;
        }
    }
    return -1;
}

/* Takes argv[*at], and its argument, `--name value` or `--name=value`. */
static enum cli_exit take_option(struct cli *c, int argc, char *const *argv, int *at)
{
    const char *word = argv[*at], *equal = strchr(word, '=');
    int o = option_named(word, equal != NULL ? (size_t)(equal - word) : strlen(word));
    if (o < 0) {
        return unknown_option(c, word);
    }
    if (options[o].arg[0] == '\0' && equal != NULL) {
        fprintf(stderr, "funnelc: %s %s\n", options[o].long_name, cli_say(c, "não tem valor", "takes no value"));
        return CLI_USAGE;
    }
    c->options[o] = equal != NULL ? equal + 1 : "";
    if (options[o].arg[0] != '\0' && equal == NULL) {
        if (*at + 1 >= argc) {
            fprintf(stderr, "funnelc: %s %s %s\n", cli_say(c, "falta o valor de", "missing value of"),
                    options[o].long_name, options[o].arg);
            return CLI_USAGE;
        }
        c->options[o] = argv[++*at];
    }
    return CLI_GOOD;
}

/* Is `word` one of `words`, with `between` between them? */
static bool among(const char *word, const char *words, const char *between)
{
    size_t n = strlen(word);
    for (const char *p = words; n > 0 && *p != '\0';) {
        size_t len = strcspn(p, between);
        if (len == n && strncmp(p, word, n) == 0) {
            return true;
        }
        p += len + (p[len] != '\0');
    }
    return false;
}

/* `a|b` in small letters is one of these words, N a number, the NAME of a format one of ours (`graph` knows its own). */
static bool value_fits(enum cli_option o, const char *command, const char *value)
{
    const char *arg = options[o].arg;
    if (o == CLI_O_FORMAT) {
        return strcmp(command, "graph") == 0 || cli_format_known(value);
    }
    if (strcmp(arg, "N") == 0) {
        size_t n = strlen(value);
        return n > 0 && n < 10 && strspn(value, "0123456789") == n;
    }
    bool words = strchr(arg, '|') != NULL && strpbrk(arg, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
    return !words || among(value, arg, "|");
}

/* An option of another command, or a value that means nothing, would be ignored silently: neither is run. */
static enum cli_exit options_fit(const struct cli *c, const char *command)
{
    for (unsigned i = 0; i < CLI_OPTIONS; i++) {
        const struct option *o = &options[i];
        if (c->options[i] != NULL && o->only[0] != '\0' && !among(command, o->only, " ")) {
            fprintf(stderr, "funnelc: %s %s `%s`: %s\n", o->long_name, cli_say(c, "não serve a", "is not for"), command,
                    o->only);
            return CLI_USAGE;
        }
        if (c->options[i] != NULL && !value_fits((enum cli_option)i, command, c->options[i])) {
            fprintf(stderr, "funnelc: %s %s: `%s`\n", o->long_name, o->arg, c->options[i]);
            return CLI_USAGE;
        }
    }
    return CLI_GOOD;
}

static enum fn_lang language(const char *asked)
{
    static const char *const names[] = {"FUNNEL_LANG", "LC_ALL", "LANG"};
    enum fn_lang lang = FN_PT;
    for (size_t i = FN_COUNT(names); i > 0; i--) {
        const char *value = getenv(names[i - 1]);
        lang = value != NULL && value[0] != '\0' ? fgr_lang_from(value, lang) : lang;
    }
    return asked != NULL ? fgr_lang_from(asked, lang) : lang;
}

static const struct command *command_named(const char *name)
{
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct cli c = {.lang = language(NULL)};
    const char **args = calloc((size_t)argc + 1, sizeof *args);
    const char *command = NULL;
    enum cli_exit code = args == NULL ? CLI_IO : CLI_GOOD;
    for (int i = 1; i < argc && code == CLI_GOOD; i++) {
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            code = take_option(&c, argc, argv, &i);
        } else if (command == NULL) {
            command = argv[i];
        } else {
            args[c.n_args++] = argv[i];
        }
    }
    c.lang = language(c.options[CLI_O_LANG]);
    const char *color = c.options[CLI_O_COLOR];
    c.color = color != NULL ? strcmp(color, "always") == 0 : isatty(STDOUT_FILENO) != 0 && getenv("NO_COLOR") == NULL;
    c.args = args;
    const struct command *run = command != NULL ? command_named(command) : command_named("help");
    if (code == CLI_GOOD && cli_has(&c, CLI_O_HELP)) {
        code = cli_help(&c);
    } else if (code == CLI_GOOD) {
        code = run == NULL ? unknown_command(&c, command) : options_fit(&c, run->name);
        code = code == CLI_GOOD ? run->run(&c) : code;
        code = command == NULL ? CLI_USAGE : code;
    }
    free(args);
    return (int)code;
}
