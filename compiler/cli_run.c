/* cli_run.c: `funnelc run`: a chat in the terminal with the machine in memory. What is typed is the customer's message; a line beginning with
 * `/` or `+` is for us: +2h moves the clock, /evento NAME JSON, /foto, /equipe (the team gives the conversation back), /sair.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "cli_chat.h"
#include "cli_host.h"
#include "fn_json.h"
#include "fsl_date.h"
#include "fsl_natives.h"

#include <stdlib.h>
#include <time.h>

enum { LINE_LENGTH = 8192, ARENA_MAX = 64 << 20 };

struct chat {
    const struct cli *c;
    const struct fbc_image *im;
    struct cli_host *host;
    struct fn_arena arena; /* of one turn */
    struct fn_buf told;
    struct cli_chat told_chat;
};

/* The chat as it reads, at the time it is in the conversation. */
static struct cli_chat *reading(struct chat *chat)
{
    fn_buf_clear(&chat->told);
    if (chat->host != NULL) {
        cli_chat_clock(&chat->told_chat, cli_host_now(chat->host));
    }
    return &chat->told_chat;
}

static void show(const struct chat *chat)
{
    (void)fwrite(chat->told.p != NULL ? chat->told.p : "", 1, chat->told.n, stdout);
}

static bool window_closed(const struct chat *chat)
{
    int64_t last = cli_host_window(chat->host);
    return last == INT64_MIN || cli_host_now(chat->host) - last >= INT64_C(24) * 3600 * 1000;
}

static void on_sent(void *self, enum fbc_host host, struct fn_str json)
{
    struct chat *chat = self;
    const struct fn_json *v = NULL;
    if (fn_json_parse(&chat->arena, fn_arena_dup(&chat->arena, json), FN_JSON_REPAIR, &v, NULL) != FN_OK) {
        return;
    }
    cli_chat_sent(reading(chat), host, v, window_closed(chat));
    show(chat);
}

static void on_counted(void *self, enum fbc_count kind, struct fn_str name)
{
    (void)self;
    (void)kind;
    (void)name;
}

static void on_entered(void *self, struct fn_str stage)
{
    struct chat *chat = self;
    cli_chat_entered(reading(chat), stage);
    show(chat);
}

static void on_trapped(void *self, enum fbc_trap trap, uint32_t offset)
{
    struct chat *chat = self;
    (void)offset;
    cli_chat_stopped(reading(chat), trap);
    show(chat);
}

static bool read_line(char *line, const char *prompt)
{
    printf("%s", prompt);
    (void)fflush(stdout);
    if (fgets(line, LINE_LENGTH, stdin) == NULL) {
        putchar('\n');
        return false;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

/* The terminal is the world: whoever sits there answers for the model and for the tenant's systems. An empty line is failure. */
static bool answer_call(struct chat *chat)
{
    char line[LINE_LENGTH];
    enum fbc_host host = cli_host_call(chat->host);
    struct fn_str json = cli_host_call_json(chat->host);
    const struct fn_json *asked = NULL;
    if (fn_json_parse(&chat->arena, fn_arena_dup(&chat->arena, json), FN_JSON_REPAIR, &asked, NULL) == FN_OK) {
        cli_chat_asked(reading(chat), host, asked);
        show(chat);
    }
    if (!read_line(line, cli_say(chat->c, "  resposta (vazia = falhou): ", "  answer (empty = failed): "))) {
        return false;
    }
    struct fvm_answer answer = {.present = line[0] != '\0', .i = -1, .text = fn_str_c(line)};
    if (host == FBC_HOST_classify) {
        const struct fn_json *labels = fn_json_get(asked, "labels");
        for (uint32_t i = 0; labels != NULL && i < labels->n; i++) {
            answer.i = fn_str_eq(fn_json_str(fn_json_at(labels, i)), answer.text) ? (int64_t)i : answer.i;
        }
    }
    if (host == FBC_HOST_talk && line[0] != '\0' && line[0] != '{') {
        struct fn_buf b;
        fn_buf_init(&b, ARENA_MAX);
        fn_buf_z(&b, "{\"say\":");
        fn_json_put_str(&b, fn_str_c(line));
        fn_buf_char(&b, '}');
        answer.text = fn_arena_dup(&chat->arena, fn_buf_view(&b));
        fn_buf_fini(&b);
    }
    cli_host_answer(chat->host, &answer);
    return true;
}

static void event(struct chat *chat, char *rest)
{
    char *json = strchr(rest, ' ');
    if (json != NULL) {
        *json++ = '\0';
    }
    if (!cli_host_event(chat->host, fn_str_c(rest), json != NULL ? fn_str_c(json) : FN_STR("{}"))) {
        printf("  %s\n", cli_say(chat->c, "(nada começa com este evento)", "(nothing starts with this event)"));
    }
}

static void usage(const struct chat *chat)
{
    printf(
        "  %s\n",
        cli_say(chat->c, "+2h anda o relógio; /evento NOME JSON; /foto; /campanha; /equipe devolve a conversa; /sair",
                "+2h moves the clock; /event NAME JSON; /photo; /campaign; /team gives the conversation back; /quit"));
}

/* false: leave. */
static bool command(struct chat *chat, char *line)
{
    int64_t ms;
    if (line[0] == '+') {
        if (fsl_read_duration(fn_str_c(line + 1), FN_STR("pt-BR"), &ms)) {
            cli_host_advance(chat->host, cli_host_now(chat->host) + ms);
        } else {
            printf("  %s\n", cli_say(chat->c, "não é uma duração; por exemplo +2h, +30min, +3d",
                                     "that is no duration; for example +2h, +30min, +3d"));
        }
        return true;
    }
    if (strncmp(line, "/evento ", 8) == 0 || strncmp(line, "/event ", 7) == 0) {
        event(chat, strchr(line, ' ') + 1);
    } else if (strcmp(line, "/foto") == 0 || strcmp(line, "/photo") == 0) {
        (void)cli_host_message(
            chat->host, FN_STR(""), FN_STR(""),
            FN_STR(
                "{\"kind\":\"image\",\"url\":\"https://media.example/image\",\"mime\":\"image/jpeg\",\"name\":\"\"}"));
    } else if (strcmp(line, "/campanha") == 0 || strcmp(line, "/campaign") == 0) {
        (void)cli_host_campaign(chat->host);
    } else if (strcmp(line, "/equipe") == 0 || strcmp(line, "/team") == 0) {
        cli_host_handback(chat->host);
    } else if (strcmp(line, "/sair") == 0 || strcmp(line, "/quit") == 0) {
        return false;
    } else {
        usage(chat);
    }
    return true;
}

static void talk(struct chat *chat)
{
    char line[LINE_LENGTH];
    bool on = true, ended = false;
    printf("  %s\n", cli_say(chat->c, "Escreva como se fosse o cliente.", "Write as if you were the customer."));
    usage(chat);
    while (on) {
        fn_arena_reset(&chat->arena);
        if (cli_host_ended(chat->host) && !ended) {
            printf("  %s\n", cli_say(chat->c, "(a conversa acabou; a próxima mensagem começa outra)",
                                     "(the conversation is over; the next message begins another)"));
        }
        ended = cli_host_ended(chat->host);
        if (cli_host_state(chat->host) == CLI_CALLING) {
            on = answer_call(chat);
        } else if (!read_line(line, "> ")) {
            on = false;
        } else if (line[0] == '/' || line[0] == '+') {
            on = command(chat, line);
        } else if (!cli_host_message(chat->host, fn_str_c(line), FN_STR(""), FN_STR(""))) {
            printf("  %s\n", cli_say(chat->c, "(nada começa com esta mensagem)", "(nothing starts with this message)"));
        } else {
            cli_host_settle(chat->host);
        }
    }
}

static enum cli_exit run_image(const struct cli *c, const struct fbc_image *im)
{
    static const struct cli_host_ops ops = {on_sent, on_counted, on_entered, NULL, on_trapped};
    struct chat chat = {.c = c, .im = im, .told_chat = {.lang = c->lang, .image = im}};
    const struct cli_host_options options = {.image = im,
                                             .natives = fsl_natives,
                                             .ops = &ops,
                                             .self = &chat,
                                             .seed = (uint64_t)time(NULL),
                                             .now = (int64_t)time(NULL) * 1000};
    fn_arena_init(&chat.arena, ARENA_MAX);
    fn_buf_init(&chat.told, ARENA_MAX);
    chat.told_chat.out = &chat.told;
    chat.host = cli_host_new(&options);
    if (chat.host == NULL) {
        return CLI_IO;
    }
    talk(&chat);
    cli_host_free(chat.host);
    fn_arena_fini(&chat.arena);
    fn_buf_fini(&chat.told);
    return CLI_GOOD;
}

enum cli_exit cli_run(struct cli *c)
{
    struct cli_source s;
    struct fn_buf bytes;
    if (c->n_args < 1) {
        fprintf(stderr, "funnelc: %s\n", cli_say(c, "falta FILE", "missing FILE"));
        return CLI_USAGE;
    }
    enum cli_exit code = cli_open(c, &s, c->args[0]);
    if (code == CLI_GOOD && s.diags.errors > 0) {
        cli_tell(c, &s);
        code = CLI_FINDINGS;
    } else if (code == CLI_GOOD) {
        const struct fbc_image *im = cli_image(c, &s, &bytes);
        code = im != NULL ? run_image(c, im) : CLI_FINDINGS;
        fbc_image_free(im);
        fn_buf_fini(&bytes);
    }
    cli_close(&s);
    return code;
}
