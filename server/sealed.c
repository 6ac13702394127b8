/* sealed.c: credentials at rest: sealed under the master key, bound to the document they stand in, written as hexadecimal.
 * And the tenants' secrets, which a program names and never sees: they are put in right before its `http` request leaves.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "fn_json.h"

#include <stdlib.h>

enum { SECRET_MAX = 8192, MARK = 1 /* U+0001 on both sides of a name */ };

void fsv_sealed_put(const struct fsv_app *app, struct fn_buf *out, const char *key, struct fn_str bound,
                    struct fn_str secret)
{
    struct fn_buf sealed, text;
    fn_buf_init(&sealed, SECRET_MAX + FSV_SEAL_OVERHEAD);
    fn_buf_init(&text, 2 * (SECRET_MAX + FSV_SEAL_OVERHEAD));
    fsv_seal(&sealed, app->master, bound, secret);
    fn_buf_hex(&text, sealed.p, sealed.n);
    fn_json_put_key(out, key);
    fn_json_put_str(out, fn_buf_view(&text));
    fn_buf_fini(&sealed);
    fn_buf_fini(&text);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

enum fn_code fsv_sealed_get(const struct fsv_app *app, struct fn_str hex, struct fn_str bound, struct fn_buf *out)
{
    struct fn_buf sealed;
    bool good = hex.n % 2 == 0;
    fn_buf_init(&sealed, SECRET_MAX + FSV_SEAL_OVERHEAD);
    for (size_t i = 0; good && i + 1 < hex.n; i += 2) {
        int high = digit(hex.p[i]), low = digit(hex.p[i + 1]);
        good = high < 16 && low < 16;
        fn_buf_char(&sealed, (char)(good ? high * 16 + low : 0));
    }
    enum fn_code code = good ? fsv_unseal(out, app->master, bound, fn_buf_view(&sealed)) : FN_INVALID;
    fn_buf_fini(&sealed);
    return code;
}

/* -- secrets of funnels ---------------------------------------------------------------------------------------------- */

static struct fsv_secret *find(const struct fsv_app *app, int64_t tenant, struct fn_str name)
{
    struct fsv_secret *s = app->secrets;
    while (s != NULL && !(s->tenant == tenant && fn_str_eq(s->name, name))) {
        s = s->next;
    }
    return s;
}

bool fsv_secret_known(const struct fsv_app *app, int64_t tenant, struct fn_str name)
{
    return find(app, tenant, name) != NULL;
}

static void secret_free(struct fsv_secret *s)
{
    fsv_disown(&s->name);
    fsv_disown(&s->value);
    free(s);
}

void fsv_secrets_free(struct fsv_app *app)
{
    for (struct fsv_secret *s = app->secrets, *next; s != NULL; s = next) {
        next = s->next;
        secret_free(s);
    }
    app->secrets = NULL;
}

/* FN_NO_MEMORY leaves everything as it was. */
static enum fn_code keep(struct fsv_app *app, const struct frt_doc *doc, struct fn_str value)
{
    struct fsv_secret *s = find(app, FSV_TENANT, doc->key);
    bool old = s != NULL;
    s = old ? s : calloc(1, sizeof *s);
    if (s == NULL || (!old && !fsv_own(&s->name, doc->key)) || !fsv_own(&s->value, value)) {
        if (!old && s != NULL) {
            secret_free(s);
        }
        return FN_NO_MEMORY;
    }
    s->rev = doc->rev;
    if (!old) {
        s->tenant = FSV_TENANT;
        s->next = app->secrets;
        app->secrets = s;
        app->n_secrets++;
    }
    return FN_OK;
}

enum fn_code fsv_secret_load(struct fsv_app *app, const struct frt_doc *doc, struct fn_err *err)
{
    const struct fsv_secret *old = find(app, FSV_TENANT, doc->key);
    const struct fn_json *root;
    struct fn_arena arena;
    struct fn_buf value;
    if (old != NULL && old->rev == doc->rev) {
        return FN_OK;
    }
    fn_arena_init(&arena, 1 << 18);
    fn_buf_init(&value, SECRET_MAX);
    struct fn_str bound = fn_arena_printf(&arena, "secret:%.*s", FN_STR_ARG(doc->key));
    enum fn_code code = fn_json_parse(&arena, doc->body, 0, &root, err);
    code = code == FN_OK ? fsv_sealed_get(app, fn_json_str(fn_json_get(root, "value")), bound, &value) : code;
    code = code == FN_OK ? keep(app, doc, fn_buf_view(&value)) : code;
    if (value.p != NULL) {
        fsv_wipe(value.p, value.n);
    }
    fn_buf_fini(&value);
    fn_arena_fini(&arena);
    return code == FN_OK
               ? FN_OK
               : fn_fail(err, code, "secret %.*s cannot be read: was SECRET_KEY changed?", FN_STR_ARG(doc->key));
}

static void put_value(struct fn_buf *out, struct fn_str value, enum fsv_secret_place place)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.' || c == '~';
        if (place == FSV_IN_URL && !plain) {
            fn_buf_printf(out, "%%%02X", c);
        } else {
            fn_buf_char(out, (char)c);
        }
    }
}

enum fn_code fsv_secret_fill(const struct fsv_app *app, int64_t tenant, struct fn_str text, enum fsv_secret_place place,
                             struct fn_buf *out, struct fn_err *err)
{
    size_t at = 0;
    while (at < text.n) {
        const char *open = memchr(text.p + at, MARK, text.n - at);
        size_t start = open != NULL ? (size_t)(open - text.p) : text.n;
        fn_buf_put(out, text.p + at, start - at);
        if (open == NULL) {
            break;
        }
        const char *close = memchr(open + 1, MARK, text.n - start - 1);
        if (close == NULL) {
            return fn_fail(err, FN_INVALID, "a secret's mark without an end");
        }
        struct fn_str name = {open + 1, (size_t)(close - open) - 1};
        const struct fsv_secret *s = find(app, tenant, name);
        if (s == NULL) {
            return fn_fail(err, FN_NOT_FOUND, "the secret %.*s has no value", FN_STR_ARG(name));
        }
        put_value(out, s->value, place);
        at = (size_t)(close - text.p) + 1;
    }
    return out->failed ? fn_fail(err, FN_LIMIT, "the request is too large") : FN_OK;
}
