/* test_embed.c: finding files built into a program.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_embed.h"
#include "unit.h"

static const struct fn_embedded table[] = {
    {{"a.css", 5}, {"1", 1}}, {{"a.html", 6}, {"22", 2}}, {{"b/a.js", 6}, {"333", 3}}};

static void test_find(void)
{
    for (size_t n = 0; n <= FN_COUNT(table); n++) {
        for (size_t i = 0; i < FN_COUNT(table); i++) {
            const struct fn_embedded *found = fn_embedded_find(table, n, table[i].name);
            CU_ASSERT_PTR_EQUAL(found, i < n ? &table[i] : NULL);
        }
    }
    CU_ASSERT_PTR_NULL(fn_embedded_find(table, FN_COUNT(table), FN_STR("")));
    CU_ASSERT_PTR_NULL(fn_embedded_find(table, FN_COUNT(table), FN_STR("a.htm")));
    CU_ASSERT_PTR_NULL(fn_embedded_find(table, FN_COUNT(table), FN_STR("z")));
}

UNIT_SUITE("fn_embed", {"find", test_find})
