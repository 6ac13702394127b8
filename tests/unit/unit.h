/* unit.h: what a unit test file needs. One file tests one module and ends in one UNIT_SUITE:
 *
 *     static void test_grows(void) { CU_ASSERT_EQUAL(...); }
 *     UNIT_SUITE("fn_buf", {"grows", test_grows}, {"stops at max", test_stops})
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_H
#define UNIT_H
#include <CUnit/CUnit.h>
#include <string.h>

extern const char unit_name[];
extern CU_TestInfo unit_tests[];

#define UNIT_SUITE(name, ...)      \
    const char unit_name[] = name; \
    CU_TestInfo unit_tests[] = {__VA_ARGS__, CU_TEST_INFO_NULL};

/* Compares a struct fn_str (fn_base.h) with a C string. */
#define UNIT_ASSERT_STR(s, z)                                            \
    do {                                                                 \
        struct fn_str unit_s = (s);                                      \
        const char *unit_z = (z);                                        \
        bool unit_same = fn_str_eq(unit_s, fn_str_c(unit_z));            \
        if (!unit_same) {                                                \
            unit_differ(__FILE__, __LINE__, unit_s.p, unit_s.n, unit_z); \
        }                                                                \
        CU_ASSERT(unit_same);                                            \
    } while (0)
/* Shows both strings; the assertion itself is the caller's. */
void unit_differ(const char *file, int line, const char *got, size_t n, const char *want);

#endif
