/* test_frt_policy.c: which requests of `http` may be repeated without harm.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_json.h"
#include "frt_provider.h"
#include "unit.h"

static const struct {
    const char *args;
    bool idempotent, key;
} rows[] = {
    {"{\"method\":\"get\",\"headers\":[]}", true, false},
    {"{\"method\":\"PUT\",\"headers\":[\"X\",\"1\"]}", true, false},
    {"{\"method\":\"delete\",\"headers\":[]}", true, false},
    {"{\"method\":\"post\",\"headers\":[]}", false, false},
    {"{\"method\":\"patch\",\"headers\":[]}", false, false},
    {"{\"method\":\"post\",\"headers\":[\"X\",\"1\",\"idempotency-KEY\",\"a\"]}", true, true},
    {"{\"method\":\"post\",\"headers\":[\"Idempotency-Key\",\"\"]}", false, false},
    {"{\"method\":\"post\",\"headers\":[\"X\",\"Idempotency-Key\"]}", false, false}, /* a value, no name */
    {"{\"method\":\"post\",\"headers\":[\"Idempotency-Key\"]}", false, false},
    {"{\"method\":\"gets\"}", false, false},
    {"{}", false, false},
};

static void test_policy(void)
{
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < FN_COUNT(rows); i++) {
        const struct fn_json *args = NULL;
        CU_ASSERT_EQUAL_FATAL(fn_json_parse(&arena, fn_str_c(rows[i].args), 0, &args, NULL), FN_OK);
        CU_ASSERT_EQUAL(frt_http_is_idempotent(args), rows[i].idempotent);
        CU_ASSERT_EQUAL(frt_http_has_key(args), rows[i].key);
    }
    fn_arena_fini(&arena);
}

UNIT_SUITE("frt_policy", {"what may be repeated", test_policy})
