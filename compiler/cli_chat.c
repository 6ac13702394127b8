/* cli_chat.c: see cli_chat.h. One line a thing, who in the first column; the further lines of a text stand below its first.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli_chat.h"

#include "fgr_token.h"
#include "fn_utf8.h"
#include "fsl_date.h"
#include "fsl_show.h"

enum limit {
#define FCC_CHANNEL_LIMIT(NAME, value, what, source) LIMIT_##NAME = (value),
#include "channel_limits.def"
#undef FCC_CHANNEL_LIMIT
};
enum { WHO_COLUMNS = 10, SHOWN_MAX = 600, MINUTE = 60000 };
/* clang-format off */
enum word {
    CUSTOMER, FUNNEL, STAGE, AI, HTTP, EVENT, CLOCK, TEAM, GOAL, TAG, TABLE, STOPPED,
    BUTTON, ROW, NUMBER, TAPPED, REACTION, TYPING, TAKES, DELETED, FAILED, CALLS, LOST, WORDS
};
static const char *const words[WORDS][2] = {
    [CUSTOMER] = {"cliente", "customer"}, [FUNNEL] = {"funil", "funnel"},     [STAGE] = {"etapa", "stage"},
    [AI] = {"IA", "AI"},                  [HTTP] = {"http", "http"},          [EVENT] = {"evento", "event"},
    [CLOCK] = {"relógio", "clock"},       [TEAM] = {"equipe", "team"},        [GOAL] = {"meta", "goal"},
    [TAG] = {"etiqueta", "tag"},          [TABLE] = {"tabela", "table"},      [STOPPED] = {"erro", "error"},
    [BUTTON] = {"botão", "button"},       [ROW] = {"lista", "list"},          [NUMBER] = {"número", "number"},
    [TAPPED] = {"toca em", "taps"},       [REACTION] = {"reação", "reaction"}, [TYPING] = {"digitando", "typing"},
    [TAKES] = {"assume", "takes over"},   [DELETED] = {"apagada", "deleted"}, [FAILED] = {"falhou", "failed"},
    [CALLS] = {"chama", "calls"},         [LOST] = {"janela fechada, não sai", "window closed, not sent"},
};
/* clang-format on */

static const char *word(const struct cli_chat *c, enum word w)
{
    return words[w][c->lang];
}

static void put_who(struct cli_chat *c, enum word w)
{
    const char *who = word(c, w);
    size_t at = 0, columns = 0;
    struct fn_str s = fn_str_c(who);
    while (at < s.n) {
        (void)fn_utf8_next(s, &at);
        columns++;
    }
    fn_buf_printf(c->out, "  %s%*s", who, (int)(WHO_COLUMNS - columns), "");
}

/* Below the first line the text goes on where it began; what is very long ends in dots. */
static void put_text(struct cli_chat *c, struct fn_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (i >= SHOWN_MAX && ((unsigned char)text.p[i] & 0xC0) != 0x80) {
            fn_buf_z(c->out, "…");
            return;
        }
        fn_buf_char(c->out, text.p[i]);
        if (text.p[i] == '\n') {
            fn_buf_printf(c->out, "%*s", WHO_COLUMNS + 2, "");
        }
    }
}

static void put_field(struct cli_chat *c, const struct fn_json *v, const char *name)
{
    put_text(c, fn_json_str(fn_json_get(v, name)));
}

void cli_chat_clock(struct cli_chat *c, int64_t now)
{
    if (c->shown == 0 || now / MINUTE != c->shown / MINUTE) {
        put_who(c, CLOCK);
        fsl_show_datetime(c->out, now, c->image->timezone, c->lang == FN_PT ? FN_STR("pt-BR") : FN_STR("en"));
        fn_buf_char(c->out, '\n');
        c->shown = now;
    }
}

/* A word of the language as a reader of this language knows it. */
static struct fn_str known(const struct cli_chat *c, struct fn_str name)
{
    const struct fgr_word *w = fgr_word_find(name, false, 0);
    return w != NULL && c->lang == FN_PT ? w->pt : name;
}

static void put_kind(struct cli_chat *c, const struct fn_json *medium)
{
    fn_buf_printf(c->out, "(%.*s) ", FN_STR_ARG(known(c, fn_json_str(fn_json_get(medium, "kind")))));
}

void cli_chat_said(struct cli_chat *c, struct fn_str text, struct fn_str option, const struct fn_json *media)
{
    put_who(c, CUSTOMER);
    if (media != NULL) {
        put_kind(c, media);
        put_field(c, media, "url");
    } else if (option.n > 0) {
        fn_buf_printf(c->out, "(%s) ", word(c, TAPPED));
    }
    put_text(c, text);
    fn_buf_char(c->out, '\n');
}

/* As the channel draws them: buttons, the rows of a list, or numbers in the text. */
static void put_options(struct cli_chat *c, const struct fn_json *question)
{
    const struct fn_json *ids = fn_json_get(question, "ids"), *labels = fn_json_get(question, "labels");
    uint32_t n = ids != NULL ? ids->n : 0;
    enum word kind = n <= (uint32_t)LIMIT_BUTTONS ? BUTTON : n <= (uint32_t)LIMIT_ROWS ? ROW : NUMBER;
    for (uint32_t i = 0; i < n; i++) {
        struct fn_str label = fn_json_str(fn_json_at(labels, i)), id = fn_json_str(fn_json_at(ids, i));
        fn_buf_printf(c->out, "%*s(%s) ", WHO_COLUMNS + 2, "", word(c, kind));
        if (kind == NUMBER) {
            fn_buf_printf(c->out, "%u. ", (unsigned)i + 1);
        }
        fn_buf_printf(c->out, "%.*s  [%.*s]\n", FN_STR_ARG(label), FN_STR_ARG(id));
    }
}

static void put_template(struct cli_chat *c, const struct fn_json *v)
{
    const struct fn_json *args = fn_json_get(v, "args");
    fn_buf_printf(c->out, "(template %.*s, %.*s)", FN_STR_ARG(fn_json_str(fn_json_get(v, "name"))),
                  FN_STR_ARG(fn_json_str(fn_json_get(v, "language"))));
    for (uint32_t i = 0; args != NULL && i < args->n; i++) {
        fn_buf_z(c->out, i > 0 ? " | " : " ");
        put_text(c, fn_json_str(fn_json_at(args, i)));
    }
}

static void put_goal(struct cli_chat *c, const struct fn_json *v)
{
    struct fn_str currency = fn_json_str(fn_json_get(v, "currency"));
    struct fn_str locale = c->lang == FN_PT ? FN_STR("pt-BR") : FN_STR("en");
    double value = 0;
    put_field(c, v, "name");
    if (!fn_json_num(fn_json_get(v, "value"), &value) || value == 0) {
        return;
    }
    fn_buf_z(c->out, ", ");
    if (currency.n > 0) {
        fsl_show_money(c->out, (int64_t)(value * 100 + (value < 0 ? -0.5 : 0.5)), currency, locale);
    } else {
        fsl_show_number(c->out, value, locale);
    }
}

static void put_row(struct cli_chat *c, const struct fn_json *v, bool deleted)
{
    put_field(c, v, "table");
    fn_buf_char(c->out, '[');
    put_field(c, v, "key");
    fn_buf_z(c->out, "] ");
    if (deleted) {
        fn_buf_z(c->out, word(c, DELETED));
    } else {
        put_field(c, v, "row");
    }
}

static void put_message(struct cli_chat *c, enum fbc_host host, const struct fn_json *v)
{
    if (host == FBC_HOST_template) {
        put_template(c, v);
    } else if (host == FBC_HOST_media) {
        put_kind(c, v);
        put_field(c, v, "url");
        fn_buf_z(c->out, fn_json_str(fn_json_get(v, "caption")).n > 0 ? " | " : "");
        put_field(c, v, "caption");
    } else if (host == FBC_HOST_react) {
        fn_buf_printf(c->out, "(%s) ", word(c, REACTION));
        put_field(c, v, "emoji");
    } else if (host == FBC_HOST_typing) {
        fn_buf_printf(c->out, "(%s)", word(c, TYPING));
    } else {
        put_field(c, v, "text");
    }
}

/* What the tenant's own people and records get; false: it is a message. */
static bool put_record(struct cli_chat *c, enum fbc_host host, const struct fn_json *v)
{
    if (host == FBC_HOST_notify || host == FBC_HOST_handoff) {
        put_who(c, TEAM);
        put_field(c, v, "team");
        fn_buf_printf(c->out, "%s%s: ", host == FBC_HOST_handoff ? " " : "",
                      host == FBC_HOST_handoff ? word(c, TAKES) : "");
        put_field(c, v, host == FBC_HOST_handoff ? "note" : "text");
    } else if (host == FBC_HOST_goal) {
        put_who(c, GOAL);
        put_goal(c, v);
    } else if (host == FBC_HOST_tag) {
        const struct fn_json *on = fn_json_get(v, "on");
        put_who(c, TAG);
        fn_buf_char(c->out, on != NULL && on->kind == FN_JSON_FALSE ? '-' : '+');
        put_field(c, v, "tag");
    } else if (host == FBC_HOST_save || host == FBC_HOST_delete) {
        put_who(c, TABLE);
        put_row(c, v, host == FBC_HOST_delete);
    } else {
        return false;
    }
    return true;
}

void cli_chat_sent(struct cli_chat *c, enum fbc_host host, const struct fn_json *effect, bool closed)
{
    if (!put_record(c, host, effect)) {
        bool free_form = host == FBC_HOST_say || host == FBC_HOST_choose || host == FBC_HOST_media;
        put_who(c, FUNNEL);
        if (free_form && closed) {
            fn_buf_printf(c->out, "(%s) ", word(c, LOST));
        }
        put_message(c, host == FBC_HOST_say_or_template && closed ? FBC_HOST_template : host, effect);
    }
    fn_buf_char(c->out, '\n');
    if (host == FBC_HOST_choose) {
        put_options(c, effect);
    }
}

void cli_chat_entered(struct cli_chat *c, struct fn_str stage)
{
    put_who(c, STAGE);
    fn_buf_printf(c->out, "%.*s\n", FN_STR_ARG(stage));
}

void cli_chat_event(struct cli_chat *c, struct fn_str name, struct fn_str json)
{
    put_who(c, EVENT);
    fn_buf_printf(c->out, "%.*s%s", FN_STR_ARG(name), json.n > 0 ? " " : "");
    put_text(c, json);
    fn_buf_char(c->out, '\n');
}

void cli_chat_asked(struct cli_chat *c, enum fbc_host host, const struct fn_json *call)
{
    static const char *const fields[][3] = {{"enum", "subject", ""},
                                            {"name", "subject", ""},
                                            {"agent", "prompt", ""},
                                            {"agent", "message", "results"},
                                            {"media", "", ""}};
    if (host == FBC_HOST_http) {
        put_who(c, HTTP);
        put_field(c, call, "method");
        fn_buf_char(c->out, ' ');
        put_field(c, call, "url");
        fn_buf_z(c->out, fn_json_str(fn_json_get(call, "body")).n > 0 ? " " : "");
        put_field(c, call, "body");
    } else {
        put_who(c, AI);
        fn_buf_str(c->out, known(c, fn_str_c(fbc_hosts[host].name)));
        for (size_t i = 0; host >= FBC_HOST_classify && host <= FBC_HOST_transcribe && i < 3; i++) {
            const char *field = fields[host - FBC_HOST_classify][i];
            struct fn_str value = field[0] != '\0' ? fn_json_str(fn_json_get(call, field)) : FN_STR("");
            fn_buf_z(c->out, value.n > 0 ? i == 0 ? " " : ": " : "");
            put_text(c, value);
        }
    }
    fn_buf_char(c->out, '\n');
}

void cli_chat_answered(struct cli_chat *c, bool present, struct fn_str text)
{
    fn_buf_printf(c->out, "%*s=> ", WHO_COLUMNS + 2, "");
    put_text(c, present ? text : fn_str_c(word(c, FAILED)));
    fn_buf_char(c->out, '\n');
}

void cli_chat_stopped(struct cli_chat *c, enum fbc_trap trap)
{
    put_who(c, STOPPED);
    fn_buf_printf(c->out, "%s\n", fbc_trap_text(trap, c->lang == FN_EN));
}
