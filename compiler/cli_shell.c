/* cli_shell.c: funnelc completions bash|zsh|fish and funnelc man: both written from the tables of commands and options, so that they cannot lag.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

struct word {
    const char *name, *args, *pt, *en;
};
static const struct word commands[] = {
#define CLI_COMMAND(name, function, args, pt, en) {name, args, pt, en},
#include "cli_commands.def"
#undef CLI_COMMAND
};
static const struct {
    struct word word;
    const char *short_name;
} options[] = {
#define CLI_OPTION(NAME, long_name, short_name, arg, pt, en) {{long_name, arg, pt, en}, short_name},
#include "cli_options.def"
#undef CLI_OPTION
};

static const char *meaning(const struct cli *c, const struct word *w)
{
    return cli_say(c, w->pt, w->en);
}

/* -- completions ------------------------------------------------------------------------------------------------------------- */

static void bash(const struct cli *c)
{
    (void)c;
    printf("# bash: source <(funnelc completions bash)\n_funnelc() {\n  local word=${COMP_WORDS[COMP_CWORD]}\n  if [[ "
           "$COMP_CWORD == 1 ]]; then\n"
           "    COMPREPLY=($(compgen -W \"");
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        printf("%s%s", i > 0 ? " " : "", commands[i].name);
    }
    printf("\" -- \"$word\"))\n  elif [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W \"");
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        printf("%s%s", i > 0 ? " " : "", options[i].word.name);
    }
    printf("\" -- \"$word\"))\n  else\n    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\ncomplete -o filenames -F "
           "_funnelc funnelc\n");
}

/* Between single quotes; a colon separates a word from its meaning. */
static void quoted(const char *s, bool colons)
{
    for (; *s != '\0'; s++) {
        if (*s == '\'') {
            printf("'\\''");
        } else if (*s == ':' && colons) {
            printf("\\:");
        } else if ((*s == '[' || *s == ']') && colons) {
            printf("\\%c", *s);
        } else {
            putchar(*s);
        }
    }
}

static void zsh(const struct cli *c)
{
    printf("#compdef funnelc\n_funnelc() {\n  local -a commands\n  commands=(\n");
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        printf("    '%s:", commands[i].name);
        quoted(meaning(c, &commands[i]), true);
        printf("'\n");
    }
    printf("  )\n  _arguments \\\n");
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        printf("    '%s[", options[i].word.name);
        quoted(meaning(c, &options[i].word), true);
        printf("]%s%s' \\\n", options[i].word.args[0] != '\0' ? ":" : "",
               options[i].word.args[0] != '\0' ? "value" : "");
    }
    printf("    '1: :{_describe command commands}' '*:file:_files'\n}\n_funnelc \"$@\"\n");
}

static void fish(const struct cli *c)
{
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        printf("complete -c funnelc -n __fish_use_subcommand -f -a %s -d '", commands[i].name);
        quoted(meaning(c, &commands[i]), false);
        printf("'\n");
    }
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        printf("complete -c funnelc -l %s%s%s%s -d '", options[i].word.name + 2,
               options[i].short_name[0] != '\0' ? " -s " : "",
               options[i].short_name[0] != '\0' ? options[i].short_name + 1 : "",
               options[i].word.args[0] != '\0' ? " -r" : "");
        quoted(meaning(c, &options[i].word), false);
        printf("'\n");
    }
}

enum cli_exit cli_completions(struct cli *c)
{
    static const struct {
        const char *shell;
        void (*print)(const struct cli *c);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; c->n_args == 1 && i < FN_COUNT(shells); i++) {
        if (strcmp(c->args[0], shells[i].shell) == 0) {
            shells[i].print(c);
            return CLI_GOOD;
        }
    }
    fprintf(stderr, "funnelc: completions bash|zsh|fish\n");
    return CLI_USAGE;
}

/* -- man --------------------------------------------------------------------------------------------------------------------- */

/* roff takes `-` for a hyphen, `\` for a command and a dot or quote at the start of a line for a request. */
static void roff(const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s == '-' || *s == '\\') {
            printf(*s == '-' ? "\\-" : "\\e");
        } else {
            putchar(*s);
        }
    }
}

static void man_words(const struct cli *c)
{
    printf(".SH %s\n", cli_say(c, "COMANDOS", "COMMANDS"));
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        printf(".TP\n.B %s\n", commands[i].name);
        printf("%s", commands[i].args[0] != '\0' ? "\\fI" : "");
        roff(commands[i].args);
        printf("%s", commands[i].args[0] != '\0' ? "\\fR\n.br\n" : "");
        roff(meaning(c, &commands[i]));
        printf("\n");
    }
    printf(".SH %s\n", cli_say(c, "OPÇÕES", "OPTIONS"));
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        printf(".TP\n.B ");
        roff(options[i].word.name);
        printf("%s", options[i].short_name[0] != '\0' ? ", " : "");
        roff(options[i].short_name);
        printf("%s", options[i].word.args[0] != '\0' ? " \\fI" : "");
        roff(options[i].word.args);
        printf("\\fR\n");
        roff(meaning(c, &options[i].word));
        printf("\n");
    }
}

enum cli_exit cli_man(struct cli *c)
{
    printf(".TH FUNNELC 1\n.SH %s\nfunnelc \\- %s\n", cli_say(c, "NOME", "NAME"),
           cli_say(c, "compilador e ferramentas da linguagem .funnel", "compiler and tools of the .funnel language"));
    printf(".SH %s\n.B funnelc\n.I %s\n", cli_say(c, "SINOPSE", "SYNOPSIS"),
           cli_say(c, "COMANDO [OPÇÕES] ARQUIVO...", "COMMAND [OPTIONS] FILE..."));
    man_words(c);
    printf(".SH %s\n", cli_say(c, "RESULTADO", "EXIT STATUS"));
    printf("%s\n",
           cli_say(c, "0: tudo certo; 1: há o que corrigir; 2: uso errado; 3: não deu para ler ou gravar.",
                   "0: all is well; 1: there is something to correct; 2: wrong usage; 3: could not read or write."));
    printf(".SH %s\n.TP\n.B FUNNEL_LANG\n%s\n.TP\n.B NO_COLOR\n%s\n", cli_say(c, "AMBIENTE", "ENVIRONMENT"),
           cli_say(c, "idioma das mensagens, pt ou en", "language of messages, pt or en"),
           cli_say(c, "sem cores", "no colours"));
    return CLI_GOOD;
}
