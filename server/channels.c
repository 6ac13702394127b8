/* channels.c: the channels in memory and as documents ("channel", key "evolution:INSTANCE" or "web:NAME"). The secret word of an address is
 * looked up by its hash in constant time; it and the instance's own key are sealed in the document, bound to the document's key.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "fn_json.h"
#include "fsv_auth.h"

static const char *const kinds[] = {[FSV_CHANNEL_WEB] = "web", [FSV_CHANNEL_EVOLUTION] = "evolution"};
enum { KEY_CHARS = 32, DOC_MAX = 8192 };

struct fsv_channel *fsv_channel_by_id(const struct fsv_app *app, int64_t tenant, int64_t id)
{
    for (struct fsv_channel *c = app->channels; c != NULL; c = c->next) {
        if (c->tenant == tenant && c->id == id) {
            return c;
        }
    }
    return NULL;
}

struct fsv_channel *fsv_channel_by_key(const struct fsv_app *app, enum fsv_channel_kind kind, struct fn_str key)
{
    uint8_t hash[FSV_SHA256_BYTES];
    struct fsv_channel *found = NULL;
    fsv_sha256(key, hash);
    for (struct fsv_channel *c = app->channels; c != NULL; c = c->next) {
        bool same = fsv_equal(hash, c->key_hash, sizeof hash);
        found = same && c->kind == kind ? c : found;
    }
    return found;
}

struct fsv_channel *fsv_channel_by_name(const struct fsv_app *app, int64_t tenant, enum fsv_channel_kind kind,
                                        struct fn_str name)
{
    for (struct fsv_channel *c = app->channels; c != NULL; c = c->next) {
        if (c->tenant == tenant && c->kind == kind && fn_str_eq(c->name, name)) {
            return c;
        }
    }
    return NULL;
}

static void set_key(struct fsv_app *app, struct fsv_channel *c, struct fn_str key)
{
    c->key = fn_arena_dup(&app->arena, key);
    fsv_sha256(c->key, c->key_hash);
}

struct fsv_channel *fsv_channel_make(struct fsv_app *app, int64_t tenant, enum fsv_channel_kind kind,
                                     struct fn_str name)
{
    struct fsv_channel *c = app->n_channels < FSV_CHANNELS_MAX ? fn_arena_alloc(&app->arena, sizeof *c) : NULL;
    if (c == NULL) {
        return NULL;
    }
    char key[KEY_CHARS + 1];
    uint64_t id = 0;
    fsv_random_word(key, KEY_CHARS);
    fsv_random(&id, sizeof id);
    c->tenant = tenant;
    c->id = (int64_t)(id >> 12) | 1; /* 52 bits: exact in every JSON reader */
    c->kind = kind;
    c->name = fn_arena_dup(&app->arena, name);
    set_key(app, c, fn_str_c(key));
    c->next = app->channels;
    app->channels = c;
    app->n_channels++;
    return c;
}

struct fn_str fsv_channel_doc_key(struct fn_arena *arena, const struct fsv_channel *c)
{
    return fn_arena_printf(arena, "%s:%.*s", kinds[c->kind], FN_STR_ARG(c->name));
}

/* -- documents ------------------------------------------------------------------------------------------------------------------- */

static void put(struct fn_buf *b, const char *key, struct fn_str s)
{
    fn_json_put_key(b, key);
    fn_json_put_str(b, s);
}

void fsv_channel_write(const struct fsv_app *app, const struct fsv_channel *c, struct fn_buf *out)
{
    struct fn_arena arena;
    fn_arena_init(&arena, DOC_MAX);
    struct fn_str bound = fsv_channel_doc_key(&arena, c);
    fn_buf_printf(out, "{\"id\":%lld,\"kind\":\"%s\"", (long long)c->id, kinds[c->kind]);
    put(out, "name", c->name);
    put(out, "choose", c->buttons ? FN_STR("buttons") : FN_STR("text"));
    fsv_sealed_put(app, out, "key", bound, c->key);
    if (c->api_key.n > 0) {
        fsv_sealed_put(app, out, "api_key", bound, c->api_key);
    }
    fn_buf_char(out, '}');
    fn_arena_fini(&arena);
}

static enum fn_code load_secrets(struct fsv_app *app, struct fsv_channel *c, const struct fn_json *doc,
                                 struct fn_str bound)
{
    struct fn_buf secret;
    fn_buf_init(&secret, DOC_MAX);
    enum fn_code code = fsv_sealed_get(app, fn_json_str(fn_json_get(doc, "key")), bound, &secret);
    if (code == FN_OK) {
        set_key(app, c, fn_buf_view(&secret));
    }
    fn_buf_clear(&secret);
    struct fn_str own = fn_json_str(fn_json_get(doc, "api_key"));
    if (code == FN_OK && own.n > 0) {
        code = fsv_sealed_get(app, own, bound, &secret);
        c->api_key = code == FN_OK ? fn_arena_dup(&app->arena, fn_buf_view(&secret)) : FN_STR_NULL;
    }
    fn_buf_fini(&secret);
    return code;
}

enum fn_code fsv_channel_load(struct fsv_app *app, int64_t tenant, struct fn_str key, struct fn_str body,
                              struct fn_err *err)
{
    const struct fn_json *doc;
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 18);
    enum fn_code code = fn_json_parse(&arena, body, 0, &doc, err);
    bool web = code == FN_OK && fn_str_eq(fn_json_str(fn_json_get(doc, "kind")), FN_STR("web"));
    struct fsv_channel *c = NULL;
    if (code == FN_OK) {
        c = fsv_channel_make(app, tenant, web ? FSV_CHANNEL_WEB : FSV_CHANNEL_EVOLUTION,
                             fn_json_str(fn_json_get(doc, "name")));
        code = c == NULL                                     ? FN_LIMIT
               : fn_json_int(fn_json_get(doc, "id"), &c->id) ? load_secrets(app, c, doc, key)
                                                             : FN_INVALID;
    }
    if (code == FN_OK) {
        c->stored = true;
        c->buttons = fn_str_eq(fn_json_str(fn_json_get(doc, "choose")), FN_STR("buttons"));
    }
    fn_arena_fini(&arena);
    return code == FN_OK ? FN_OK
                         : fn_fail(err, code, "channel %.*s cannot be read: was SECRET_KEY changed?", FN_STR_ARG(key));
}

/* For the API: with its address, which is a secret, and without the instance's key. */
void fsv_channel_json(const struct fsv_app *app, const struct fsv_channel *c, struct fn_buf *out)
{
    struct fn_buf url;
    fn_buf_init(&url, 4096);
    fn_buf_printf(&url, "%.*s%s%.*s", FN_STR_ARG(app->config.base_url),
                  c->kind == FSV_CHANNEL_WEB ? "/chat/" : "/webhooks/evolution/", FN_STR_ARG(c->key));
    fn_buf_printf(out, "{\"id\":%lld,\"kind\":\"%s\"", (long long)c->id, kinds[c->kind]);
    put(out, c->kind == FSV_CHANNEL_WEB ? "name" : "instance", c->name);
    put(out, "choose", c->buttons ? FN_STR("buttons") : FN_STR("text"));
    put(out, c->kind == FSV_CHANNEL_WEB ? "chat_url" : "webhook_url", fn_buf_view(&url));
    if (c->kind == FSV_CHANNEL_EVOLUTION) {
        put(out, "state", c->state[0] != '\0' ? fn_str_c(c->state) : FN_STR("unknown"));
    }
    fn_buf_char(out, '}');
    fn_buf_fini(&url);
}
