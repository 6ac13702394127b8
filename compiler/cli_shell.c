/* cli_shell.c: funnelc completions bash|zsh|fish and funnelc man: both written from the tables of commands and options, so that they cannot lag.
 * What stands behind a command or an option follows from its arguments: `a|b` is one of these words, FILE a file, CODE and EXAMPLE one of ours.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "fcc_samples.h"
#include "fgr_diag.h"

struct word {
    const char *name, *args, *pt, *en;
    const char *only; /* of an option: the commands that take it; "" for all */
};
static const struct word commands[] = {
#define CLI_COMMAND(name, function, args, pt, en) {name, args, pt, en, ""},
#include "cli_commands.def"
#undef CLI_COMMAND
};
static const struct {
    struct word word;
    const char *short_name;
} options[] = {
#define CLI_OPTION(NAME, long_name, short_name, arg, only, pt, en) {{long_name, arg, pt, en, only}, short_name},
#include "cli_options.def"
#undef CLI_OPTION
};

static const char *meaning(const struct cli *c, const struct word *w)
{
    return cli_say(c, w->pt, w->en);
}

static void put_only(const struct word *w)
{
    if (w->only[0] != '\0') {
        printf(" (%s)", w->only);
    }
}

/* -- what may stand behind a word --------------------------------------------------------------------------------------------- */

static bool has_files(const struct word *w)
{
    return strstr(w->args, "FILE") != NULL || strstr(w->args, "OLD") != NULL;
}

/* Words in small letters with bars between; those in capitals are placeholders. */
static unsigned put_choices(const char *args)
{
    unsigned n = 0;
    for (const char *p = args; strchr(args, '|') != NULL && *p != '\0' && *p != ' ';) {
        size_t len = strcspn(p, "| ");
        if (p[0] >= 'a' && p[0] <= 'z') {
            printf("%s%.*s", n++ > 0 ? " " : "", (int)len, p);
        }
        p += len + (p[len] == '|');
    }
    return n;
}

/* The words that may stand behind w, blanks between; how many there were. */
static unsigned put_words(const struct word *w)
{
    unsigned n = put_choices(w->args);
    for (unsigned i = 0; strstr(w->args, "CODE...") != NULL && i < FGR_DIAGS; i++) {
        printf("%s%s", n++ > 0 ? " " : "", fgr_diag_code((enum fgr_diag)i));
    }
    for (size_t i = 0; strstr(w->args, "EXAMPLE") != NULL && i < fcc_sample_count(); i++) {
        printf("%s%.*s", n++ > 0 ? " " : "", FN_STR_ARG(fcc_sample_at(i).name));
    }
    for (size_t i = 0; strcmp(w->args, "NAME") == 0 && cli_format_name(i) != NULL; i++) {
        printf("%s%s", n++ > 0 ? " " : "", cli_format_name(i));
    }
    return n;
}

static void put_names(const char *between)
{
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        const char *comma = options[i].short_name[0] != '\0' ? between : "";
        printf("%s%s%s%s", i > 0 ? between : "", options[i].word.name, comma, options[i].short_name);
    }
}

/* -- bash -------------------------------------------------------------------------------------------------------------------------- */

/* The options that take a value. */
static void put_valued(const char *between)
{
    unsigned n = 0;
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        if (options[i].word.args[0] != '\0') {
            const char *bar = options[i].short_name[0] != '\0' ? between : "";
            printf("%s%s%s%s", n++ > 0 ? between : "", options[i].word.name, bar, options[i].short_name);
        }
    }
}

static void bash_option_values(void)
{
    printf("  case $before in\n");
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        const struct word *w = &options[i].word;
        const char *bar = options[i].short_name[0] != '\0' ? "|" : "";
        if (w->args[0] == '\0') {
            continue;
        }
        printf("    %s%s%s) ", w->name, bar, options[i].short_name);
        if (has_files(w)) {
            printf("mapfile -t COMPREPLY < <(compgen -f -- \"$word\")");
        } else {
            printf("mapfile -t COMPREPLY < <(compgen -W \"");
            (void)put_words(w);
            printf("\" -- \"$word\")");
        }
        printf("; return ;;\n");
    }
    printf("  esac\n");
}

static void bash_arguments(void)
{
    printf("  case $command in\n    '') mapfile -t COMPREPLY < <(compgen -W \"");
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        printf("%s%s", i > 0 ? " " : "", commands[i].name);
    }
    printf("\" -- \"$word\") ;;\n");
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        printf("    %s) mapfile -t COMPREPLY < <(compgen -W \"", commands[i].name);
        (void)put_words(&commands[i]);
        printf("\" -- \"$word\"");
        if (has_files(&commands[i])) {
            printf("; compgen -f -X '!*.f[un]*' -- \"$word\"; compgen -d -- \"$word\"");
        }
        printf(") ;;\n");
    }
    printf("  esac\n");
}

static void bash(const struct cli *c)
{
    (void)c;
    printf("# bash: source <(funnelc completions bash)\n_funnelc() {\n  local word=${COMP_WORDS[COMP_CWORD]} "
           "before=${COMP_WORDS[COMP_CWORD-1]} command= i\n"
           "  if [[ $word == = ]]; then\n    word=\n  elif [[ $before == = ]]; then\n"
           "    before=${COMP_WORDS[COMP_CWORD-2]}\n  fi\n"
           "  for ((i = 1; i < COMP_CWORD; i++)); do\n    case ${COMP_WORDS[i]} in\n      ");
    put_valued("|");
    printf(") ((i++)); [[ ${COMP_WORDS[i]} == = ]] && ((i++)) ;;\n      -*|=) ;;\n"
           "      *) command=${COMP_WORDS[i]}; break ;;\n    esac\n  done\n");
    bash_option_values();
    printf("  if [[ $word == -* ]]; then\n    mapfile -t COMPREPLY < <(compgen -W \"");
    put_names(" ");
    printf("\" -- \"$word\")\n    return\n  fi\n");
    bash_arguments();
    printf("}\ncomplete -o filenames -F _funnelc funnelc\n");
}

/* -- zsh --------------------------------------------------------------------------------------------------------------------------- */

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

static void zsh_option(const struct cli *c, const struct word *w, const char *name)
{
    printf("    '%s[", name);
    quoted(meaning(c, w), true);
    put_only(w);
    putchar(']');
    if (has_files(w)) {
        printf(":%s:_files", w->args);
    } else if (w->args[0] != '\0') {
        printf(":%s:(", w->args);
        (void)put_words(w);
        putchar(')');
    }
    printf("' \\\n");
}

static void zsh_arguments(void)
{
    printf("  case $state in\n    command) _describe -t commands command commands ;;\n    argument)\n      case "
           "$words[1] in\n");
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        printf("        %s) ", commands[i].name);
        if (commands[i].args[0] != '\0') {
            printf("compadd -- ");
            (void)put_words(&commands[i]);
        }
        printf("%s ;;\n", has_files(&commands[i]) ? "; _files -g '*.(funnel|fnb)(-.)'" : "");
    }
    printf("      esac ;;\n  esac\n");
}

static void zsh(const struct cli *c)
{
    printf("#compdef funnelc\n# zsh: source <(funnelc completions zsh)\n_funnelc() {\n  local curcontext=$curcontext "
           "state line\n"
           "  local -a commands\n  commands=(\n");
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        printf("    '%s:", commands[i].name);
        quoted(meaning(c, &commands[i]), true);
        printf("'\n");
    }
    printf("  )\n  _arguments -C \\\n");
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        zsh_option(c, &options[i].word, options[i].word.name);
        if (options[i].short_name[0] != '\0') {
            zsh_option(c, &options[i].word, options[i].short_name);
        }
    }
    printf("    '1: :->command' '*:: :->argument'\n");
    zsh_arguments();
    printf("}\nif [[ $funcstack[1] == _funnelc ]]; then\n  _funnelc \"$@\"\nelse\n  compdef _funnelc funnelc\nfi\n");
}

/* -- fish -------------------------------------------------------------------------------------------------------------------------- */

static void fish_command(const struct cli *c, const struct word *w)
{
    printf("complete -c funnelc -n 'test -z (__funnelc_command)' -a %s -d '", w->name);
    quoted(meaning(c, w), false);
    printf("'\n");
    if (w->args[0] == '\0') {
        return;
    }
    printf("complete -c funnelc -n 'contains -- %s (__funnelc_command)' -a '", w->name);
    (void)put_words(w);
    printf("'\n");
    if (has_files(w)) {
        printf("complete -c funnelc -n 'contains -- %s (__funnelc_command)' -k -a '(__fish_complete_suffix .funnel)'\n",
               w->name);
    }
}

static void fish(const struct cli *c)
{
    printf("# fish: funnelc completions fish | source\n"
           "function __funnelc_command\n  set -l valued 0\n  for word in (commandline -opc)[2..]\n    switch $word\n   "
           "   case ");
    put_valued(" ");
    printf("\n        set valued 1\n        continue\n      case '-*'\n      case '*'\n        if test $valued = 0\n"
           "          echo $word\n          return\n        end\n    end\n    set valued 0\n  end\nend\n"
           "complete -c funnelc -f\n");
    for (size_t i = 0; i < FN_COUNT(commands); i++) {
        fish_command(c, &commands[i]);
    }
    for (size_t i = 0; i < FN_COUNT(options); i++) {
        const struct word *w = &options[i].word;
        const char *brief = options[i].short_name;
        printf("complete -c funnelc -l %s%s%s", w->name + 2, brief[0] != '\0' ? " -s " : "",
               brief[0] != '\0' ? brief + 1 : "");
        if (w->args[0] != '\0') {
            printf(has_files(w) ? " -r -F" : " -x -a '");
            (void)(has_files(w) || put_words(w));
            printf("%s", has_files(w) ? "" : "'");
        }
        printf(" -d '");
        quoted(meaning(c, w), false);
        put_only(w);
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
        put_only(&options[i].word);
        printf("\n");
    }
}

static void man_examples(const struct cli *c)
{
    static const struct word examples[] = {
        {"funnelc new minha_loja loja", "", "começa um funil a partir de um exemplo", "begins a funnel from an example",
         ""},
        {"funnelc check \\-\\-fix minha_loja.funnel", "", "confere e conserta o que é seguro consertar",
         "checks, and mends what is safe to mend", ""},
        {"funnelc run minha_loja.funnel", "", "conversa com ele", "talks with it", ""},
        {"funnelc test \\-\\-accept minha_loja.funnel", "", "escreve nos testes o que o funil diz agora",
         "writes into the tests what the funnel says now", ""},
        {"funnelc explore minha_loja.funnel", "", "procura o que dá errado", "looks for what goes wrong", ""}};
    printf(".SH %s\n", cli_say(c, "EXEMPLOS", "EXAMPLES"));
    for (size_t i = 0; i < FN_COUNT(examples); i++) {
        printf(".TP\n.B %s\n%s\n", examples[i].name, meaning(c, &examples[i]));
    }
}

enum cli_exit cli_man(struct cli *c)
{
    printf(".TH FUNNELC 1 \"\" \"funnelc\" \"Funnel\"\n.SH %s\nfunnelc \\- %s\n", cli_say(c, "NOME", "NAME"),
           cli_say(c, "compilador e ferramentas da linguagem .funnel", "compiler and tools of the .funnel language"));
    printf(".SH %s\n.B funnelc\n.I %s\n", cli_say(c, "SINOPSE", "SYNOPSIS"),
           cli_say(c, "COMANDO [OPÇÕES] ARQUIVO...", "COMMAND [OPTIONS] FILE..."));
    man_words(c);
    printf(".SH %s\n", cli_say(c, "RESULTADO", "EXIT STATUS"));
    printf("%s\n",
           cli_say(c, "0: tudo certo; 1: há o que corrigir; 2: uso errado; 3: não deu para ler ou gravar.",
                   "0: all is well; 1: there is something to correct; 2: wrong usage; 3: could not read or write."));
    man_examples(c);
    printf(".SH %s\n.TP\n.B FUNNEL_LANG\n%s\n.TP\n.B NO_COLOR\n%s\n", cli_say(c, "AMBIENTE", "ENVIRONMENT"),
           cli_say(c, "idioma das mensagens, pt ou en", "language of messages, pt or en"),
           cli_say(c, "sem cores", "no colours"));
    return CLI_GOOD;
}
