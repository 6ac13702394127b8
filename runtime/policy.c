/* policy.c: which requests of `http` may be repeated without harm.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_json.h"
#include "frt_provider.h"

static bool same_word(struct fn_str s, const char *lower)
{
    size_t n = strlen(lower);
    bool same = s.n == n;
    for (size_t i = 0; same && i < n; i++) {
        char c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
        same = c == lower[i];
    }
    return same;
}

bool frt_http_has_key(const struct fn_json *args)
{
    const struct fn_json *list = fn_json_get(args, "headers");
    const struct fn_json *name = list != NULL ? list->first : NULL;
    for (; name != NULL && name->next != NULL; name = name->next->next) {
        if (same_word(fn_json_str(name), "idempotency-key") && fn_json_str(name->next).n != 0) {
            return true;
        }
    }
    return false;
}

bool frt_http_is_idempotent(const struct fn_json *args)
{
    static const char *const methods[] = {"get", "head", "put", "delete"}; /* RFC 9110, 9.2.2 */
    struct fn_str method = fn_json_str(fn_json_get(args, "method"));
    bool found = frt_http_has_key(args);
    for (size_t i = 0; i < FN_COUNT(methods); i++) {
        found = found || same_word(method, methods[i]);
    }
    return found;
}
