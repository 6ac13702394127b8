/* app.c: makes the parts, wires them to one loop, runs it, and takes everything down in the one order that is safe: the store gives all its
 * operations back, then the engine goes, then HTTP (which answers whoever still waits), then the requests of ours, then the loop.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "purge.h"

#include "fsl_natives.h"
#include "fsv_app.h"
#include "fsv_auth.h"
#include "wake.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { APP_ARENA = 64 << 20, DRAIN_MS = 7500, DRAIN_TICK_MS = 20, TICK_MS = 1000, HOSTS_MAX = 4096 };

/* -- why it does not start ------------------------------------------------------------------------------------------------------- */

enum start_error {
#define FSV_START(NAME, code, pt, en) START_##NAME,
#include "start_errors.def"
#undef FSV_START
};
static const struct {
    const char *code, *text[2];
} start_errors[] = {
#define FSV_START(NAME, code, pt, en) {(code), {[FN_PT] = (pt), [FN_EN] = (en)}},
#include "start_errors.def"
#undef FSV_START
};

/* Says what failed to the person who started it, before what the system said about it. */
static enum fn_code told(const struct fsv_app *app, enum start_error what, enum fn_code code, const struct fn_err *why)
{
    if (code != FN_OK) {
        fprintf(stderr, "funneld: %s: %s.\n", start_errors[what].code, start_errors[what].text[app->lang]);
        FSV_LOG(ERROR, "server.not_started", start_errors[what].text[FN_EN], FSV_Z("code", start_errors[what].code),
                FSV_Z("err", why->text));
    }
    return code;
}

/* -- the engine's side ------------------------------------------------------------------------------------------------------------- */

static void on_engine_log(void *ctx, const struct frt_log *line)
{
    static const enum fsv_level of[] = {[FRT_LOG_DEBUG] = FSV_LOG_DEBUG,
                                        [FRT_LOG_INFO] = FSV_LOG_INFO,
                                        [FRT_LOG_WARN] = FSV_LOG_WARN,
                                        [FRT_LOG_ERROR] = FSV_LOG_ERROR};
    (void)ctx;
    const struct fsv_field fields[] = {FSV_INT("tenant", line->tenant), FSV_INT("conv", line->conv),
                                       FSV_INT("effect", line->effect), FSV_TEXT("err", line->text), FSV_FIELD_END};
    fsv_log_write(of[line->level], line->event, "engine", fields);
}

static void on_changed(void *ctx, int64_t tenant, int64_t channel, int64_t conv)
{
    (void)tenant;
    (void)channel;
    fsv_chat_changed(ctx, conv);
}

static enum fn_code make_engine(struct fsv_app *app, struct fn_err *err)
{
    uint64_t node = 0;
    fsv_random(&node, sizeof node);
    struct frt_engine_config c = {.store = app->store,
                                  .clock = frt_clock_system(),
                                  .entropy = frt_entropy_system(),
                                  .provider = fsv_provider(app),
                                  .natives = fsl_natives,
                                  .node = fn_arena_printf(&app->arena, "node-%016llx", (unsigned long long)node),
                                  /* several nodes share a PostgreSQL; ids must differ */
                                  .node_id = app->config.value[FSV_DATABASE_URL].n > 0 ? (uint32_t)(node & 1023) : 0,
                                  .log = on_engine_log,
                                  .changed = on_changed,
                                  .ctx = app,
                                  .english = app->lang == FN_EN};
    c.retry_base_ms = (uint32_t)fsv_config_number(&app->config, FSV_RETRY_BASE_MS);
    c.image_bytes = (size_t)fsv_config_number(&app->config, FSV_IMAGE_CACHE_MIB) << 20;
    c.recent_bytes = (size_t)fsv_config_number(&app->config, FSV_CONVERSATION_CACHE_MIB) << 20;
    c.sends_max = FSV_HTTP_CONNECTIONS; /* what is more waits in the engine, where tenants take turns */
    c.lease_ms = (uint32_t)fsv_config_number(&app->config, FSV_LEASE_MS);
    c.shared = app->config.value[FSV_DATABASE_URL].n > 0;
    c.forced = c.shared && fn_str_eq(app->config.value[FSV_NODE_SHARE], FN_STR("every"));
    c.reconcile_ms = (uint32_t)fsv_config_number(&app->config, FSV_RECONCILE_MS);
    c.patience_ms = (uint32_t)fsv_config_number(&app->config, FSV_PATIENCE_MS);
    enum fn_code code = told(app, START_WAKE, fsv_start_wake(app, &c, err), err);
    if (code != FN_OK) {
        return code;
    }
    app->engine = frt_engine_new(&c, err);
    return app->engine != NULL ? FN_OK : FN_INVALID;
}

static void on_store(void *self, unsigned events)
{
    struct fsv_app *app = self;
    (void)events;
    app->store.ops->drain(app->store.self);
}

/* -- rounds and signals ------------------------------------------------------------------------------------------------------------ */

static int64_t after_round(void *self)
{
    struct fsv_app *app = self;
    app->last_tick = fsv_monotonic_ms();
    if (app->store_watch.fd < 0 && app->store.ops->drain(app->store.self) > 0) {
        (void)frt_engine_step(app->engine);
    }
    int64_t http = fsv_server_step(app->server);
    int64_t at = frt_engine_step(app->engine);
    if (fsv_server_wants(app->server)) {
        return 0;
    }
    int64_t engine = at == FRT_NEVER ? TICK_MS : at - fsv_wall_ms();
    engine = engine < 0 ? 0 : engine < TICK_MS ? engine : TICK_MS; /* the clock may jump: look once a second */
    return http >= 0 && http < engine ? http : engine;
}

static void on_drain(void *self)
{
    struct fsv_app *app = self;
    bool done = frt_engine_drained(app->engine) && fsv_server_open(app->server) == 0;
    if (done || fsv_monotonic_ms() >= app->drain_deadline) {
        FSV_LOG(INFO, "server.stopped", "stopping", FSV_INT("requests_open", fsv_server_open(app->server)));
        fsv_loop_stop(app->loop);
        return;
    }
    fsv_loop_after(app->loop, &app->drain_timer, DRAIN_TICK_MS);
}

static void on_signal(void *self, unsigned events)
{
    struct fsv_app *app = self;
    struct signalfd_siginfo info;
    (void)events;
    while (read(app->signal_watch.fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (app->drain_deadline != 0) { /* a second one means now */
            fsv_loop_stop(app->loop);
            continue;
        }
        FSV_LOG(INFO, "server.draining", "signal: answering what is under way", FSV_INT("signal", info.ssi_signo));
        app->drain_deadline = fsv_monotonic_ms() + DRAIN_MS;
        fsv_chat_close(app);
        frt_engine_drain(app->engine);
        fsv_server_drain(app->server);
        fsv_loop_after(app->loop, &app->drain_timer, DRAIN_TICK_MS);
    }
}

/* Blocked before any thread begins, so that they come by the descriptor only. */
static enum fn_code block_signals(struct fsv_app *app)
{
    sigset_t set;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    /* XFSZ: a file that may not grow is a full disk, answered 503, and no reason to die */
    if (sigaction(SIGPIPE, &ignore, NULL) != 0 || sigaction(SIGHUP, &ignore, NULL) != 0 ||
        sigaction(SIGXFSZ, &ignore, NULL) != 0 || sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return FN_IO;
    }
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    app->signal_watch = (struct fsv_watch){fd, on_signal, app, false};
    return fd >= 0 ? FN_OK : FN_IO;
}

/* -- making ------------------------------------------------------------------------------------------------------------------------- */

/* The names Host may carry: those we print, and what the operator adds. A server that listens to the world without a BASE_URL takes any. */
static struct fn_str hosts_of(struct fsv_app *app)
{
    struct fn_str url = app->config.base_url;
    bool local = fn_str_eq(app->config.value[FSV_BIND], FN_STR("127.0.0.1")) ||
                 fn_str_eq(app->config.value[FSV_BIND], FN_STR("::1"));
    if (!local && !app->config.given[FSV_BASE_URL] && !app->config.given[FSV_ALLOWED_HOSTS]) {
        return FN_STR_NULL;
    }
    const char *at = strstr(url.p, "://");
    const char *name = at != NULL ? at + 3 : url.p;
    size_t n = name[0] == '[' ? strcspn(name, "]") + 1 : strcspn(name, ":/");
    return fn_arena_printf(&app->arena, "localhost,127.0.0.1,[::1],%.*s,%.*s", (int)n, name,
                           FN_STR_ARG(app->config.value[FSV_ALLOWED_HOSTS]));
}

static enum fn_code make_server(struct fsv_app *app, struct fn_err *err)
{
    struct fsv_server_config c = {app->loop,          app,           app->config.value[FSV_BIND].p,
                                  app->config.port,   hosts_of(app), fsv_authorize,
                                  fsv_authorize_later};
    enum fn_code code = fsv_server_new(&c, &app->server, err);
    if (code != FN_OK) {
        return code;
    }
    app->store_watch = (struct fsv_watch){app->store.ops->poll_fd(app->store.self), on_store, app, false};
    bool deaf = app->store_watch.fd < 0; /* a store without a descriptor is drained every round */
    if ((!deaf && fsv_loop_watch(app->loop, &app->store_watch, FSV_READ) != FN_OK) ||
        fsv_loop_watch(app->loop, &app->signal_watch, FSV_READ) != FN_OK) {
        return fn_fail(err, FN_IO, "the event loop cannot watch");
    }
    fsv_loop_after_round(app->loop, after_round, app);
    return FN_OK;
}

static enum fn_code make_parts(struct fsv_app *app, struct fn_err *err)
{
    struct fsv_allow allow = {app->config.value[FSV_HTTP_ALLOW]};
    enum fn_code code = fsv_http_new(app->loop, allow, &app->http);
    if (code != FN_OK) {
        return fn_fail(err, code, "no HTTP client");
    }
    code = make_engine(app, err);
    return code == FN_OK ? told(app, START_LISTEN, make_server(app, err), err) : code;
}

static enum fn_code make_base(struct fsv_app *app, struct fn_err *err)
{
    enum fsv_level level = FSV_LOG_INFO;
    if (fsv_level_read(app->config.value[FSV_LOG_LEVEL], &level) == FN_OK) {
        fsv_log_set_level(level);
    }
    if (fsv_crypto_start() != FN_OK || block_signals(app) != FN_OK || fsv_loop_new(&app->loop) != FN_OK) {
        return told(app, START_SYSTEM, fn_fail(err, FN_UNAVAILABLE, "randomness, signalfd or epoll"), err);
    }
    app->drain_timer = (struct fsv_timer){.on = on_drain, .self = app};
    enum fn_code code = told(app, START_SECRET, fsv_start_secret(app, err), err);
    code = code == FN_OK ? told(app, START_STORE, fsv_start_store(app, err), err) : code;
    return code == FN_OK ? fsv_purge_start(app) : code;
}

static void take_down(struct fsv_app *app)
{
    if (app->loop != NULL) {
        fsv_chat_close(app);
        fsv_catalogue_close(app);
        fsv_loop_unwatch(app->loop, &app->store_watch);
        fsv_loop_unwatch(app->loop, &app->signal_watch);
    }
    if (app->store.ops != NULL) {
        app->store.ops->close(app->store.self);
    }
    fsv_wake_free(app->wake);
    frt_engine_free(app->engine);
    fsv_server_free(app->server);
    fsv_http_free(app->http);
    fsv_provider_close(app);
    if (app->signal_watch.fd > 0) {
        close(app->signal_watch.fd);
    }
    fsv_loop_free(app->loop);
    fsv_catalogue_free(app);
    fn_arena_fini(&app->arena);
    fsv_wipe(app->master, sizeof app->master);
    free(app);
}

/* -- what the person who started it reads ------------------------------------------------------------------------------------------- */

static void print_start(const struct fsv_app *app, const char *new_key, const struct fsv_channel *chat)
{
    bool pt = app->lang == FN_PT;
    printf("\n  Funnel  %.*s\n", FN_STR_ARG(app->config.base_url));
    if (chat != NULL) {
        printf("  %s %.*s/chat/%.*s\n", pt ? "chat de demonstração:" : "demo chat:", FN_STR_ARG(app->config.base_url),
               FN_STR_ARG(chat->key));
    }
    if (new_key[0] != '\0') {
        printf("  %s %s\n", pt ? "chave da API (mostrada só agora):" : "API key (shown only now):", new_key);
        printf("  %s %.*s/#key=%s\n", pt ? "primeiro acesso:" : "first login:", FN_STR_ARG(app->config.base_url),
               new_key);
    } else {
        puts(pt ? "  a chave da API foi mostrada no primeiro início; outra: funneld newkey"
                : "  the API key was shown at the first start; another one: funneld newkey");
    }
    puts("");
    fflush(stdout);
}

static enum fn_code run(struct fsv_app *app, enum fsv_serve how, struct fn_err *err)
{
    char key[FSV_KEY_CHARS + 1];
    struct fsv_channel *chat = NULL;
    enum fn_code code = make_base(app, err);
    code =
        code == FN_OK ? told(app, START_DOCUMENTS, fsv_start_key(app, how == FSV_SERVE_NEW_KEY, key, err), err) : code;
    if (code == FN_OK && how == FSV_SERVE_NEW_KEY) {
        puts(key);
        return FN_OK;
    }
    code = code == FN_OK && how == FSV_SERVE_DEMO ? told(app, START_DEMO, fsv_demo(app, &chat, err), err) : code;
    code = code == FN_OK ? make_parts(app, err) : code;
    if (code != FN_OK) {
        return code;
    }
    fsv_metric_set(FSV_M_BUILD_INFO, "version=\"0.1.0\"", 1);
    fsv_metric_set(FSV_M_START_TIME, "", (double)fsv_wall_ms() / 1000.0);
    frt_engine_start(app->engine);
    fsv_catalogue_start(app);
    print_start(app, key, chat);
    fsv_wipe(key, sizeof key);
    FSV_LOG(INFO, "server.started", "listening", FSV_TEXT("bind", app->config.value[FSV_BIND]),
            FSV_INT("port", fsv_server_port(app->server)), FSV_Z("store", app->store.ops->name));
    return fsv_loop_run(app->loop);
}

enum fn_code fsv_app_run(const struct fsv_config *config, enum fsv_serve how, enum fn_lang lang, struct fn_err *err)
{
    struct fsv_app *app = calloc(1, sizeof *app);
    if (app == NULL) {
        return FN_NO_MEMORY;
    }
    app->config = *config;
    app->lang = lang;
    fn_arena_init(&app->arena, APP_ARENA);
    fsv_catalogue_init(app);
    enum fn_code code = run(app, how, err);
    take_down(app);
    return code;
}
