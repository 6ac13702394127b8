/* channels.c: the channels in memory and as documents ("channel", key "evolution:INSTANCE" or "web:NAME"). The secret word of an address is
 * compared in constant time; it and the instance's own key are sealed in the document, bound to the document's key.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "fn_json.h"
#include "fsv_auth.h"

#include <stdlib.h>

static const char *const kinds[] = {[FSV_CHANNEL_WEB] = "web", [FSV_CHANNEL_EVOLUTION] = "evolution"};
/* How long after the customer's last message each takes free text, ms; 0 always. Evolution drives a phone, which has no such window; Meta's own
 * API would have one of 24 hours. */
static const int64_t windows[] = {[FSV_CHANNEL_WEB] = 0, [FSV_CHANNEL_EVOLUTION] = 0};
enum { KEY_CHARS = 32, DOC_MAX = 8192 };

int64_t fsv_channel_window(enum fsv_channel_kind kind)
{
    return windows[kind];
}

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
    struct fsv_channel *found = NULL;
    for (struct fsv_channel *c = app->channels; c != NULL; c = c->next) {
        bool same = c->key.n == key.n && fsv_equal(key.p, c->key.p, key.n); /* all have one length */
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

/* The form of the keys fsv_channel_draft makes: another word is no channel's, and the store need not be asked about it. */
static bool is_key(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) {
            return false;
        }
    }
    return s.n == KEY_CHARS;
}

static void again(struct fsv_request *r)
{
    r->route->handler(r->app, r);
}

struct fsv_channel *fsv_channel_of(struct fsv_request *r, enum fsv_channel_kind kind)
{
    struct fsv_channel *c = fsv_channel_by_key(r->app, kind, r->param[0]);
    if (c == NULL && (r->asked || !is_key(r->param[0]))) {
        fsv_problem(r, FSV_P_NOT_FOUND, FN_STR_NULL);
    } else if (c == NULL) {
        r->asked = true;
        fsv_catalogue_then(r, again);
    }
    return c;
}

struct fsv_channel *fsv_channel_draft(struct fn_arena *arena, int64_t tenant, enum fsv_channel_kind kind,
                                      struct fn_str name)
{
    struct fsv_channel *c = fn_arena_alloc(arena, sizeof *c);
    if (c == NULL) {
        return NULL;
    }
    char key[KEY_CHARS + 1];
    uint64_t id = 0;
    fsv_random_word(key, KEY_CHARS);
    fsv_random(&id, sizeof id);
    *c = (struct fsv_channel){.tenant = tenant, .kind = kind, .name = name};
    c->id = (int64_t)(id >> 12) | 1; /* 52 bits: exact in every JSON reader */
    c->key = fn_arena_dup(arena, (struct fn_str){key, KEY_CHARS});
    fsv_wipe(key, sizeof key);
    return c;
}

/* -- documents ------------------------------------------------------------------------------------------------------------------- */

static void put(struct fn_buf *b, const char *key, struct fn_str s)
{
    fn_json_put_key(b, key);
    fn_json_put_str(b, s);
}

struct frt_doc fsv_channel_doc(const struct fsv_app *app, struct fn_arena *arena, const struct fsv_channel *c)
{
    struct fn_str bound = fn_arena_printf(arena, "%s:%.*s", kinds[c->kind], FN_STR_ARG(c->name));
    struct fn_buf out;
    fn_buf_init(&out, DOC_MAX);
    fn_buf_printf(&out, "{\"id\":%lld,\"kind\":\"%s\"", (long long)c->id, kinds[c->kind]);
    put(&out, "name", c->name);
    put(&out, "choose", c->buttons ? FN_STR("buttons") : FN_STR("text"));
    fsv_sealed_put(app, &out, "key", bound, c->key);
    if (c->api_key.n > 0) {
        fsv_sealed_put(app, &out, "api_key", bound, c->api_key);
    }
    fn_buf_char(&out, '}');
    struct frt_doc doc = {.key = bound, .body = fn_arena_dup(arena, fn_buf_view(&out)), .rev = c->rev};
    fn_buf_fini(&out);
    return doc;
}

/* Opens one sealed member into a text of the channel's own; absent: empty. */
static enum fn_code load_sealed(struct fsv_app *app, const struct fn_json *doc, const char *name, struct fn_str bound,
                                struct fn_str *at)
{
    struct fn_str hex = fn_json_str(fn_json_get(doc, name));
    struct fn_buf secret;
    fn_buf_init(&secret, DOC_MAX);
    enum fn_code code = hex.n > 0 ? fsv_sealed_get(app, hex, bound, &secret) : FN_OK;
    if (code == FN_OK && !fsv_own(at, fn_buf_view(&secret))) {
        code = FN_NO_MEMORY;
    }
    if (secret.p != NULL) {
        fsv_wipe(secret.p, secret.n);
    }
    fn_buf_fini(&secret);
    return code;
}

static enum fn_code take_document(struct fsv_app *app, struct fsv_channel *c, const struct fn_json *doc,
                                  const struct frt_doc *from)
{
    enum fn_code code = fn_json_int(fn_json_get(doc, "id"), &c->id) ? FN_OK : FN_INVALID;
    code = code == FN_OK ? load_sealed(app, doc, "key", from->key, &c->key) : code;
    code = code == FN_OK && c->key.n == 0 ? FN_INVALID : code;
    code = code == FN_OK ? load_sealed(app, doc, "api_key", from->key, &c->api_key) : code;
    if (code == FN_OK) {
        c->buttons = fn_str_eq(fn_json_str(fn_json_get(doc, "choose")), FN_STR("buttons"));
        c->rev = from->rev;
    }
    return code;
}

static void channel_free(struct fsv_channel *c)
{
    fsv_disown(&c->name);
    fsv_disown(&c->key);
    fsv_disown(&c->api_key);
    free(c);
}

void fsv_channels_free(struct fsv_app *app)
{
    for (struct fsv_channel *c = app->channels, *next; c != NULL; c = next) {
        next = c->next;
        channel_free(c);
    }
    app->channels = NULL;
}

static enum fn_code load_new(struct fsv_app *app, enum fsv_channel_kind kind, struct fn_str name,
                             const struct fn_json *doc, const struct frt_doc *from)
{
    struct fsv_channel *c = calloc(1, sizeof *c);
    enum fn_code code = c != NULL && fsv_own(&c->name, name) ? FN_OK : FN_NO_MEMORY;
    if (code == FN_OK) {
        c->tenant = FSV_TENANT;
        c->kind = kind;
        code = take_document(app, c, doc, from);
    }
    if (code == FN_OK) {
        c->next = app->channels;
        app->channels = c;
        app->n_channels++;
    } else if (c != NULL) {
        channel_free(c);
    }
    return code;
}

enum fn_code fsv_channel_load(struct fsv_app *app, const struct frt_doc *from, struct fn_err *err)
{
    const struct fn_json *doc;
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 18);
    enum fn_code code = fn_json_parse(&arena, from->body, 0, &doc, err);
    if (code == FN_OK) {
        bool web = fn_str_eq(fn_json_str(fn_json_get(doc, "kind")), FN_STR("web"));
        enum fsv_channel_kind kind = web ? FSV_CHANNEL_WEB : FSV_CHANNEL_EVOLUTION;
        struct fn_str name = fn_json_str(fn_json_get(doc, "name"));
        struct fsv_channel *c = fsv_channel_by_name(app, FSV_TENANT, kind, name);
        code = c == NULL             ? load_new(app, kind, name, doc, from)
               : c->rev == from->rev ? FN_OK
                                     : take_document(app, c, doc, from);
    }
    fn_arena_fini(&arena);
    return code == FN_OK
               ? FN_OK
               : fn_fail(err, code, "channel %.*s cannot be read: was SECRET_KEY changed?", FN_STR_ARG(from->key));
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
