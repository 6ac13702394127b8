/* start.c: what must be there before the first request: the master key, the store, the way to the other nodes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "fn_json.h"
#include "fsv_auth.h"
#include "store_pg.h"
#include "store_sqlite.h"
#include "wake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_BYTES = 32, SECRET_HEX = SECRET_BYTES * 2, PATH_BYTES = 4096, START_ARENA = 32 << 20 };

/* -- the master key ---------------------------------------------------------------------------------------------------------------- */

static enum fn_code make_secret(const char *path, char out[SECRET_HEX], struct fn_err *err)
{
    uint8_t random[SECRET_BYTES];
    struct fn_buf hex;
    fsv_random(random, sizeof random);
    fn_buf_init(&hex, SECRET_HEX);
    fn_buf_hex(&hex, random, sizeof random);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, hex.p, hex.n) == (ssize_t)hex.n && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    memcpy(out, hex.p, SECRET_HEX);
    fn_buf_fini(&hex);
    return good ? FN_OK : fn_fail(err, FN_IO, "cannot write %s", path);
}

static enum fn_code read_secret(const char *path, char out[SECRET_HEX], struct fn_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return make_secret(path, out, err);
    }
    bool good = fd >= 0 && read(fd, out, SECRET_HEX) == SECRET_HEX;
    if (fd >= 0) {
        close(fd);
    }
    return good ? FN_OK : fn_fail(err, FN_IO, "%s cannot be read or is damaged", path);
}

enum fn_code fsv_start_secret(struct fsv_app *app, struct fn_err *err)
{
    struct fn_str given = app->config.value[FSV_SECRET_KEY];
    char path[PATH_BYTES], made[SECRET_HEX];
    if (given.n == 0) {
        int n = snprintf(path, sizeof path, "%.*s/secret.key", FN_STR_ARG(app->config.value[FSV_DATA_DIR]));
        enum fn_code code =
            n > 0 && n < PATH_BYTES ? read_secret(path, made, err) : fn_fail(err, FN_LIMIT, "DATA_DIR is too long");
        if (code != FN_OK) {
            return code;
        }
        given = (struct fn_str){made, sizeof made};
    }
    fsv_derive(given, FN_STR("funnel master key 1"), app->master);
    fsv_wipe(made, sizeof made);
    return FN_OK;
}

/* -- the store --------------------------------------------------------------------------------------------------------------------- */

static void log_wake(void *ctx, const char *event, const char *text)
{
    (void)ctx;
    FSV_LOG(WARN, event, text, FSV_Z("what", "Redis"));
}

static void log_store(void *ctx, const char *event, const char *text)
{
    (void)ctx;
    FSV_LOG(WARN, event, "the database", FSV_Z("detail", text));
}

void fsv_start_woken(void *ctx)
{
    struct fsv_app *app = ctx;
    if (app->engine != NULL) {
        frt_engine_nudge(app->engine);
        fsv_catalogue_nudge(app);
    }
}

void fsv_start_tell(void *ctx)
{
    const struct fsv_app *app = ctx;
    if (app->wake != NULL) {
        fsv_wake_tell(app->wake);
    } else if (app->config.value[FSV_DATABASE_URL].n > 0) {
        fsv_store_pg_tell(app->store);
    }
}

enum fn_code fsv_start_wake(struct fsv_app *app, struct frt_engine_config *c, struct fn_err *err)
{
    c->elsewhere = fsv_start_tell;
    if (app->config.value[FSV_REDIS_URL].n == 0) {
        return FN_OK;
    }
    struct fsv_wake_options o = {app->config.value[FSV_REDIS_URL], c->node, fsv_start_woken, log_wake, app};
    enum fn_code code = fsv_wake_redis(app->loop, &o, &app->wake);
    return code == FN_OK ? FN_OK : fn_fail(err, code, "REDIS_URL cannot be used");
}

enum fn_code fsv_start_store(struct fsv_app *app, struct fn_err *err)
{
    if (app->config.value[FSV_DATABASE_URL].n > 0) {
        struct fsv_pg_options pg = {.url = app->config.value[FSV_DATABASE_URL].p, .log = log_store, .ctx = app};
        pg.woken = app->config.value[FSV_REDIS_URL].n == 0 ? fsv_start_woken : NULL;
        return fsv_store_pg_open(&pg, &app->store, err);
    }
    struct fsv_sqlite_options options = {.dir = app->config.value[FSV_DATA_DIR].p};
    return fsv_store_sqlite_open(&options, &app->store, err);
}
