/* main.c: funneld: serve, help, version, health, newkey. Exit: 0 good, 1 failed, 2 wrong use or configuration.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_app.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { GOOD = 0, FAILED = 1, WRONG_USE = 2, COMPLAINTS_MAX = 1 << 16, HEALTH_SECONDS = 3 };

static const char *get(void *self, const char *name)
{
    (void)self;
    return getenv(name);
}

static int help(enum fn_lang lang, int code)
{
    static const char *const text[] = {
        [FN_PT] = "uso: funneld serve [--demo]   atende; --demo publica um exemplo e abre um chat na web\n"
                  "     funneld newkey           troca a chave da API e mostra a nova (com SQLite, só com o servidor "
                  "parado)\n"
                  "     funneld health           sai com 0 se o servidor local está vivo\n"
                  "     funneld version | help\n\n"
                  "Variáveis de ambiente [valor padrão]:\n",
        [FN_EN] = "usage: funneld serve [--demo]  serves; --demo publishes an example and opens a web chat\n"
                  "       funneld newkey          replaces the API key and prints the new one (with SQLite, only while "
                  "the server is stopped)\n"
                  "       funneld health          exits with 0 when the local server is alive\n"
                  "       funneld version | help\n\n"
                  "Environment variables [default]:\n",
    };
    struct fn_buf out;
    fn_buf_init(&out, COMPLAINTS_MAX);
    fn_buf_z(&out, text[lang]);
    fsv_config_help(&out, lang);
    fputs(out.p != NULL ? out.p : "", code == GOOD ? stdout : stderr);
    fn_buf_fini(&out);
    return code;
}

/* GET /livez on the local port. */
static int health(const struct fsv_config *config)
{
    char request[128], answer[64] = {0};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(config->port)};
    struct timeval limit = {HEALTH_SECONDS, 0};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int n = snprintf(request, sizeof request, "GET /livez HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n",
                     (unsigned)config->port);
    bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
                setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
                connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 &&
                send(fd, request, (size_t)n, MSG_NOSIGNAL) == n &&
                recv(fd, answer, sizeof answer - 1, MSG_WAITALL) > 12 && strncmp(answer + 9, "200", 3) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return good ? GOOD : FAILED;
}

/* Reads the configuration and does `what`; wrong values are all told at once. */
static int with_config(enum fn_lang lang, const char *what, enum fsv_serve how)
{
    struct fn_arena arena;
    struct fn_buf complaints;
    struct fsv_config config;
    struct fn_err err = {FN_OK, ""};
    int result = GOOD;
    fn_arena_init(&arena, 1 << 20);
    fn_buf_init(&complaints, COMPLAINTS_MAX);
    if (fsv_config_read(&arena, get, NULL, lang, &config, &complaints) != FN_OK) {
        fprintf(stderr, "funneld: %s\n%s", lang == FN_PT ? "configuração errada:" : "wrong configuration:",
                complaints.p != NULL ? complaints.p : "");
        result = WRONG_USE;
    } else if (strcmp(what, "health") == 0) {
        result = health(&config);
    } else if (fsv_app_run(&config, how, lang, &err) != FN_OK) {
        fprintf(stderr, "funneld: %s\n", err.text[0] != '\0' ? err.text : "failed");
        result = err.code == FN_UNSUPPORTED ? WRONG_USE : FAILED;
    }
    fn_buf_fini(&complaints);
    fn_arena_fini(&arena);
    return result;
}

int main(int argc, char **argv)
{
    enum fn_lang lang = fsv_config_lang(get, NULL);
    const char *what = argc > 1 ? argv[1] : "";
    bool demo = argc == 3 && strcmp(argv[2], "--demo") == 0;
    if (strcmp(what, "serve") == 0 && (argc == 2 || demo)) {
        return with_config(lang, what, demo ? FSV_SERVE_DEMO : FSV_SERVE);
    }
    if (argc != 2) {
        return help(lang, WRONG_USE);
    }
    if (strcmp(what, "newkey") == 0) {
        return with_config(lang, what, FSV_SERVE_NEW_KEY);
    }
    if (strcmp(what, "health") == 0) {
        return with_config(lang, what, FSV_SERVE);
    }
    if (strcmp(what, "version") == 0 || strcmp(what, "--version") == 0) {
        puts("funneld 0.1.0");
        return GOOD;
    }
    return help(lang, strcmp(what, "help") == 0 || strcmp(what, "--help") == 0 ? GOOD : WRONG_USE);
}
