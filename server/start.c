/* start.c: what must be there before the first request: the master key, the store, the API key, the channels.
 * The loop does not run yet, so each step waits for the store.
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
    fsv_hex(&hex, random, sizeof random);
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
    const struct fsv_app *app = ctx;
    if (app->engine != NULL) {
        frt_engine_nudge(app->engine);
    }
}

static void tell_others(void *ctx)
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
    c->elsewhere = tell_others;
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

/* -- documents --------------------------------------------------------------------------------------------------------------------- */

static enum fn_code get_docs(struct fsv_app *app, struct fn_arena *arena, struct frt_op_doc_get *get,
                             struct fn_str collection, struct fn_err *err)
{
    *get = (struct frt_op_doc_get){.tenant = FSV_TENANT, .collection = collection, .limit = FSV_CHANNELS_MAX};
    fsv_store_wait(app, &get->op, FRT_OP_DOC_GET, arena);
    return get->op.code == FN_OK || get->op.code == FN_NOT_FOUND
               ? FN_OK
               : fn_fail(err, get->op.code, "store: %s", get->op.err.text);
}

static enum fn_code put_doc(struct fsv_app *app, struct fn_arena *arena, struct frt_doc *doc, struct fn_err *err)
{
    struct frt_op_doc_put put = {.tenant = FSV_TENANT, .at = fsv_wall_ms(), .docs = doc, .n = 1};
    fsv_store_wait(app, &put.op, FRT_OP_DOC_PUT, arena);
    return put.op.code == FN_OK ? FN_OK : fn_fail(err, put.op.code, "store: %s", put.op.err.text);
}

/* -- the API key ------------------------------------------------------------------------------------------------------------------- */

static enum fn_code make_key(struct fsv_app *app, struct fn_arena *arena, char out_new[], struct fn_err *err)
{
    struct fn_buf body;
    fsv_key_make(out_new);
    fsv_sha256(fn_str_c(out_new), app->key_hash);
    fn_buf_init(&body, 256);
    fn_buf_z(&body, "{\"sha256\":\"");
    fsv_hex(&body, app->key_hash, sizeof app->key_hash);
    fn_buf_z(&body, "\"}");
    struct frt_doc doc = {FN_STR("key"), FN_STR("owner"), fn_buf_view(&body), -1};
    enum fn_code code = put_doc(app, arena, &doc, err);
    fn_buf_fini(&body);
    app->has_key = code == FN_OK;
    return code;
}

static bool read_hash(struct fn_str hex, uint8_t out[FSV_SHA256_BYTES])
{
    for (size_t i = 0; hex.n == 2 * FSV_SHA256_BYTES && i < hex.n; i++) {
        int digit = hex.p[i] >= '0' && hex.p[i] <= '9'   ? hex.p[i] - '0'
                    : hex.p[i] >= 'a' && hex.p[i] <= 'f' ? hex.p[i] - 'a' + 10
                                                         : -1;
        if (digit < 0) {
            return false;
        }
        out[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : out[i / 2] | digit);
    }
    return hex.n == 2 * FSV_SHA256_BYTES;
}

enum fn_code fsv_start_key(struct fsv_app *app, bool renew, char out_new[], struct fn_err *err)
{
    struct fn_arena arena;
    struct frt_op_doc_get get;
    const struct fn_json *doc;
    out_new[0] = '\0';
    fn_arena_init(&arena, START_ARENA);
    enum fn_code code = get_docs(app, &arena, &get, FN_STR("key"), err);
    if (code == FN_OK && get.n > 0 && !renew) {
        code = fn_json_parse(&arena, get.docs[0].body, 0, &doc, err);
        app->has_key = code == FN_OK && read_hash(fn_json_str(fn_json_get(doc, "sha256")), app->key_hash);
        code = app->has_key
                   ? FN_OK
                   : fn_fail(err, FN_INVALID, "the stored API key is damaged; make a new one with: funneld newkey");
    } else if (code == FN_OK) {
        code = make_key(app, &arena, out_new, err);
    }
    fn_arena_fini(&arena);
    return code;
}

int64_t fsv_authorize(struct fsv_app *app, struct fn_str header)
{
    struct fn_str key = fsv_bearer(header);
    return app->has_key && key.n > 0 && fsv_key_matches(key, app->key_hash) ? FSV_TENANT : 0;
}

/* -- the channels ------------------------------------------------------------------------------------------------------------------ */

enum fn_code fsv_start_channels(struct fsv_app *app, struct fn_err *err)
{
    struct fn_arena arena;
    struct frt_op_doc_get get;
    fn_arena_init(&arena, START_ARENA);
    enum fn_code code = get_docs(app, &arena, &get, FN_STR("channel"), err);
    for (size_t i = 0; code == FN_OK && i < get.n; i++) {
        code = fsv_channel_load(app, FSV_TENANT, get.docs[i].key, get.docs[i].body, err);
    }
    fn_arena_fini(&arena);
    return code;
}

/* -- the secrets of funnels ------------------------------------------------------------------------------------------ */

static enum fn_code load_secret(struct fsv_app *app, struct fn_arena *arena, const struct frt_doc *doc,
                                struct fn_err *err)
{
    const struct fn_json *root;
    struct fn_buf value;
    struct fn_str bound = fn_arena_printf(arena, "secret:%.*s", FN_STR_ARG(doc->key));
    fn_buf_init(&value, 8192);
    enum fn_code code = fn_json_parse(arena, doc->body, 0, &root, err);
    code = code == FN_OK ? fsv_sealed_get(app, fn_json_str(fn_json_get(root, "value")), bound, &value) : code;
    if (code == FN_OK && !fsv_secret_set(app, FSV_TENANT, doc->key, fn_buf_view(&value))) {
        code = FN_LIMIT;
    }
    fn_buf_fini(&value);
    return code == FN_OK
               ? FN_OK
               : fn_fail(err, code, "secret %.*s cannot be read: was SECRET_KEY changed?", FN_STR_ARG(doc->key));
}

enum fn_code fsv_start_secrets(struct fsv_app *app, struct fn_err *err)
{
    struct fn_arena arena;
    struct frt_op_doc_get get;
    fn_arena_init(&arena, START_ARENA);
    enum fn_code code = get_docs(app, &arena, &get, FN_STR("secret"), err);
    for (size_t i = 0; code == FN_OK && i < get.n; i++) {
        code = load_secret(app, &arena, &get.docs[i], err);
    }
    fn_arena_fini(&arena);
    return code;
}

/* -- the catalogue of templates --------------------------------------------------------------------------------------- */

enum fn_code fsv_start_templates(struct fsv_app *app, struct fn_err *err)
{
    struct fn_arena arena;
    struct frt_op_doc_get get;
    const struct fn_json *root;
    fn_arena_init(&arena, START_ARENA);
    enum fn_code code = get_docs(app, &arena, &get, FN_STR("template"), err);
    for (size_t i = 0; code == FN_OK && i < get.n; i++) {
        code = fn_json_parse(&arena, get.docs[i].body, 0, &root, err);
        if (code == FN_OK &&
            !fsv_template_set(app, FSV_TENANT, get.docs[i].key, fn_json_str(fn_json_get(root, "text")))) {
            code = fn_fail(err, FN_LIMIT, "too many templates");
        }
    }
    fn_arena_fini(&arena);
    return code;
}
