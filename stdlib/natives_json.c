/* natives_json.c: looking into the JSON an API gave, for the module `json`. The text is parsed for each question, so its bytes are paid first.
 * SPDX-License-Identifier: Apache-2.0 */
#include "natives.h"

#include "fn_json.h"

enum { ARENA_MAX = 4 << 20 };

/* The child a step of the path names: a key of an object, a number in a list. */
static const struct fn_json *step(const struct fn_json *v, struct fn_str name)
{
    if (v->kind == FN_JSON_ARRAY) {
        size_t index = 0;
        for (size_t i = 0; i < name.n; i++) {
            if (name.p[i] < '0' || name.p[i] > '9' || index > v->n) {
                return NULL;
            }
            index = index * 10 + (size_t)(name.p[i] - '0');
        }
        return name.n > 0 ? fn_json_at(v, index) : NULL;
    }
    const struct fn_json *kid = v->kind == FN_JSON_OBJECT ? v->first : NULL;
    while (kid != NULL && !fn_str_eq(kid->key, name)) {
        kid = kid->next;
    }
    return kid;
}

static const struct fn_json *walk(const struct fn_json *v, struct fn_str path)
{
    while (v != NULL && path.n > 0) {
        size_t n = 0;
        while (n < path.n && path.p[n] != '.') {
            n++;
        }
        v = step(v, (struct fn_str){path.p, n});
        n += n < path.n;
        path.p += n;
        path.n -= n;
    }
    return v;
}

FSL_NATIVE(json_at)
{
    struct fn_str text = FSL_ARG_TEXT(0), path = FSL_ARG_TEXT(1);
    enum fbc_trap trap = fvm_charge(run, 4 * text.n + path.n);
    if (trap != FBC_TRAP_NONE) {
        return trap;
    }
    struct fn_arena arena;
    struct fn_buf b;
    const struct fn_json *v = NULL;
    fn_arena_init(&arena, ARENA_MAX);
    fn_buf_init(&b, FSL_TEXT_MAX);
    bool good = fn_json_parse(&arena, text, FN_JSON_ALLOW_DUPLICATES, &v, NULL) == FN_OK;
    v = good ? walk(v, path) : NULL;
    bool present = v != NULL && v->kind != FN_JSON_NULL;
    if (present && v->kind == FN_JSON_STRING) {
        fn_buf_str(&b, fn_json_str(v));
    } else if (present) {
        fn_json_put_value(&b, v);
    }
    fn_arena_fini(&arena);
    return fsl_give_some_text(run, present && !b.failed, &b, out);
}
