/* cli_new.c: funnelc new NAME [EXAMPLE]: a funnel to begin with, in NAME.funnel: a small one, or one of the examples under a new name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "fcc_samples.h"
#include "fgr_fmt.h"
#include "fn_utf8.h"

enum { TEXT_MAX = 1 << 20 };

static const char small_pt[] = "funil novo \"Meu funil\"\n"
                               "\n"
                               "canal whatsapp\n"
                               "\n"
                               "contato {\n"
                               "  nome: texto(60)?\n"
                               "}\n"
                               "\n"
                               "comece com mensagem -> inicio\n"
                               "\n"
                               "sempre {\n"
                               "  quando \"humano\", \"atendente\" -> humano\n"
                               "  quando erro -> humano\n"
                               "}\n"
                               "\n"
                               "etapa inicio {\n"
                               "  diga \"Oi! Que bom falar com você 👋\"\n"
                               "  pergunte contato.nome \"Como posso te chamar?\"\n"
                               "  escolha \"Como posso ajudar, {contato.nome}?\" {\n"
                               "    comprar  \"Quero comprar\"    -> humano\n"
                               "    pessoa   \"Falar com alguém\" -> humano\n"
                               "  }\n"
                               "}\n"
                               "\n"
                               "etapa humano {\n"
                               "  transfira \"vendas\" recado \"Veio do funil\"\n"
                               "  fim\n"
                               "}\n"
                               "\n"
                               "teste \"pede uma pessoa\" {\n"
                               "  > \"oi\"\n"
                               "  < \"Oi!*\"\n"
                               "  > \"Bia\"\n"
                               "  < \"Como posso ajudar, Bia?\"\n"
                               "  > [pessoa]\n"
                               "  @ etapa == humano\n"
                               "}\n";
static const char small_en[] = "funnel novo \"My funnel\"\n"
                               "\n"
                               "channel whatsapp\n"
                               "\n"
                               "contact {\n"
                               "  name: text(60)?\n"
                               "}\n"
                               "\n"
                               "start on message -> welcome\n"
                               "\n"
                               "always {\n"
                               "  on \"human\", \"agent\" -> people\n"
                               "  on error -> people\n"
                               "}\n"
                               "\n"
                               "stage welcome {\n"
                               "  say \"Hi! Good to hear from you 👋\"\n"
                               "  ask contact.name \"What shall I call you?\"\n"
                               "  choose \"How can I help, {contact.name}?\" {\n"
                               "    buy     \"I want to buy\"   -> people\n"
                               "    person  \"Talk to someone\" -> people\n"
                               "  }\n"
                               "}\n"
                               "\n"
                               "stage people {\n"
                               "  handoff \"sales\" note \"From the funnel\"\n"
                               "  end\n"
                               "}\n"
                               "\n"
                               "test \"asks for a person\" {\n"
                               "  > \"hi\"\n"
                               "  < \"Hi!*\"\n"
                               "  > \"Bia\"\n"
                               "  < \"How can I help, Bia?\"\n"
                               "  > [person]\n"
                               "  @ stage == people\n"
                               "}\n";

static enum cli_exit list(const struct cli *c)
{
    fprintf(
        stderr, "funnelc: %s\n",
        cli_say(c, "funnelc new NOME [EXEMPLO]; os exemplos são:", "funnelc new NAME [EXAMPLE]; the examples are:"));
    for (size_t i = 0; i < fcc_sample_count(); i++) {
        struct fcc_sample s = fcc_sample_at(i);
        const char *head = strstr(s.text.p, "\nfun"), *open = strchr(head != NULL ? head : s.text.p, '"');
        size_t n = open != NULL ? strcspn(open + 1, "\"\n") : 0;
        fprintf(stderr, "  %-16.*s%.*s\n", FN_STR_ARG(s.name), (int)n, open != NULL ? open + 1 : "");
    }
    return CLI_USAGE;
}

static enum cli_exit no_example(const struct cli *c)
{
    fprintf(stderr, "funnelc: %s `%s`\n", cli_say(c, "não há o exemplo", "there is no example"), c->args[1]);
    return list(c);
}

static struct fn_str source_for(const struct cli *c)
{
    if (c->n_args < 2) {
        return fn_str_c(c->lang == FN_PT ? small_pt : small_en);
    }
    for (size_t i = 0; i < fcc_sample_count(); i++) {
        if (fn_str_eq(fcc_sample_at(i).name, fn_str_c(c->args[1]))) {
            return fcc_sample_at(i).text;
        }
    }
    return FN_STR_NULL;
}

/* The name is how conversations find their funnel, and that of a file: one of the language that needs no backticks. */
static bool is_name(const char *s)
{
    bool good = s[0] >= 'a' && s[0] <= 'z' && strlen(s) <= FGR_NAME_MAX &&
                fgr_word_find(fn_str_c(s), true, 0) == NULL && fgr_word_find(fn_str_c(s), false, 0) == NULL;
    for (size_t i = 0; good && s[i] != '\0'; i++) {
        good = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '_';
    }
    return good;
}

/* "Loja da Ana" is loja_da_ana; empty when nothing is left. */
static void near_name(struct fn_buf *out, const char *s)
{
    struct fn_buf folded;
    fn_buf_init(&folded, 4096);
    fn_fold(&folded, fn_str_c(s));
    for (size_t i = 0; i < folded.n && out->n < FGR_NAME_MAX; i++) {
        char c = folded.p[i];
        bool letter = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
        if (letter || (digit && out->n > 0)) {
            fn_buf_char(out, c);
        } else if (out->n > 0 && out->p[out->n - 1] != '_') {
            fn_buf_char(out, '_');
        }
    }
    out->n -= out->n > 0 && out->p[out->n - 1] == '_';
    fn_buf_fini(&folded);
}

static enum cli_exit bad_name(const struct cli *c)
{
    struct fn_buf near;
    fn_buf_init(&near, 4096);
    near_name(&near, c->args[0]);
    fn_buf_char(&near, '\0');
    fprintf(stderr, "funnelc: `%s`: %s", c->args[0],
            cli_say(c, "o nome leva letras minúsculas sem acento, números e _, e não pode ser palavra da linguagem",
                    "the name takes small letters, digits and _, and is no word of the language"));
    if (!near.failed && is_name(near.p)) {
        fprintf(stderr, "; %s `%s`", cli_say(c, "por exemplo", "for example"), near.p);
    }
    fputc('\n', stderr);
    fn_buf_fini(&near);
    return CLI_USAGE;
}

/* In the spelling of whoever asks; what cannot be translated stays as it is. */
static void spelled(const struct cli *c, struct fn_str text, struct fn_buf *out)
{
    struct cli_parsed p;
    enum fgr_fmt_result result;
    if (!cli_parse_text(&p, FN_STR(""), text) ||
        fgr_fmt(out, &p.tree, c->lang == FN_PT ? FGR_FMT_PT : FGR_FMT_EN, &p.scratch, &result) != FN_OK) {
        fn_buf_clear(out);
        fn_buf_str(out, text);
    }
    cli_parse_end(&p);
}

static enum cli_exit write_named(const struct cli *c, struct fn_str text, const char *name)
{
    struct cli_parsed p;
    struct fn_buf out, path, own;
    enum cli_exit code = CLI_IO;
    fn_buf_init(&out, TEXT_MAX);
    fn_buf_init(&path, 4096);
    fn_buf_init(&own, TEXT_MAX);
    fn_buf_printf(&path, "%s.funnel", name);
    if (cli_parse_text(&p, fn_buf_view(&path), text)) {
        struct fn_span at = p.tree.file->text_span;
        fn_buf_put(&out, text.p, at.a);
        fn_buf_z(&out, name);
        fn_buf_put(&out, text.p + at.b, text.n - at.b);
        spelled(c, fn_buf_view(&out), &own);
        FILE *there = fopen(path.p, "rb");
        if (there != NULL) {
            (void)fclose(there);
            fprintf(stderr, "funnelc: %s: %s\n", path.p, cli_say(c, "já existe", "is already there"));
        } else if (cli_write_file(c, path.p, fn_buf_view(&own))) {
            printf("%s\n%s: funnelc test %s, funnelc run %s\n", path.p, cli_say(c, "agora experimente", "now try"),
                   path.p, path.p);
            code = CLI_GOOD;
        }
    }
    fn_buf_fini(&out);
    fn_buf_fini(&path);
    fn_buf_fini(&own);
    cli_parse_end(&p);
    return code;
}

enum cli_exit cli_new(struct cli *c)
{
    if (c->n_args < 1 || c->n_args > 2) {
        return list(c);
    }
    if (!is_name(c->args[0])) {
        return bad_name(c);
    }
    struct fn_str text = source_for(c);
    return text.n > 0 ? write_named(c, text, c->args[0]) : no_example(c);
}
