/* keys.c: the bearer key of the API: made once, kept as its hash in the document ("key", "owner"), checked on every node.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "fn_json.h"
#include "fsv_auth.h"

static const struct fn_str owner = {"owner", 5};

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

enum fn_code fsv_key_load(struct fsv_app *app, const struct frt_doc *doc, struct fn_err *err)
{
    const struct fn_json *root;
    struct fn_arena arena;
    uint8_t hash[FSV_SHA256_BYTES];
    fn_arena_init(&arena, 1 << 16);
    enum fn_code code = fn_json_parse(&arena, doc->body, 0, &root, err);
    bool good = code == FN_OK && read_hash(fn_json_str(fn_json_get(root, "sha256")), hash);
    fn_arena_fini(&arena);
    if (!good) {
        return fn_fail(err, FN_INVALID, "the stored API key is damaged; make a new one with: funneld newkey");
    }
    memcpy(app->key_hash, hash, sizeof hash);
    app->has_key = true;
    return FN_OK;
}

/* rev: 0 when there must be none yet. Two nodes may start together on an empty database: one of them has made the key. */
static enum fn_code make_key(struct fsv_app *app, int64_t rev, char out_new[], struct fn_err *err)
{
    uint8_t hash[FSV_SHA256_BYTES];
    struct fn_buf body;
    fsv_key_make(out_new);
    fsv_sha256(fn_str_c(out_new), hash);
    fn_buf_init(&body, 256);
    fn_buf_z(&body, "{\"sha256\":\"");
    fn_buf_hex(&body, hash, sizeof hash);
    fn_buf_z(&body, "\"}");
    struct frt_doc doc = {.key = owner, .body = fn_buf_view(&body), .rev = rev};
    enum fn_code code = fsv_catalogue_store(app, FSV_COL_KEY, &doc, err);
    fn_buf_fini(&body);
    if (code == FN_CONFLICT) {
        out_new[0] = '\0';
    }
    return code == FN_CONFLICT ? FN_OK : code;
}

enum fn_code fsv_start_key(struct fsv_app *app, bool renew, char out_new[], struct fn_err *err)
{
    out_new[0] = '\0';
    if (renew) {
        return make_key(app, -1, out_new, err);
    }
    enum fn_code code = fsv_catalogue_load(app, err);
    if (code == FN_OK && !app->has_key) {
        code = make_key(app, 0, out_new, err);
        code = code == FN_OK ? fsv_catalogue_load(app, err) : code;
    }
    return code;
}

int64_t fsv_authorize(const struct fsv_app *app, struct fn_str header)
{
    struct fn_str key = fsv_bearer(header);
    if (!fsv_key_formed(key)) {
        return 0;
    }
    bool known = app->has_key && fsv_key_matches(key, app->key_hash);
    return known && fsv_catalogue_is_fresh(app) ? FSV_TENANT : FSV_TENANT_UNSURE;
}

static void on_asked(struct fsv_request *r)
{
    struct fn_str key = fsv_bearer(fsv_header(r, "Authorization"));
    if (r->app->has_key && fsv_key_matches(key, r->app->key_hash)) {
        r->tenant = FSV_TENANT;
        r->route->handler(r->app, r);
    } else {
        fsv_problem(r, FSV_P_NO_KEY, FN_STR_NULL);
    }
}

void fsv_authorize_later(struct fsv_app *app, struct fsv_request *r)
{
    (void)app;
    fsv_catalogue_then(r, on_asked);
}
