/* unit.c: the main program of every unit test: registers the file's one suite, runs it, counts.
 * The last line is "N passed, N failed", which ./dev test adds up. An assertion-free run fails: a test that asserts
 * nothing cannot fail.
 * SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <CUnit/Basic.h>
#include <stdio.h>

void unit_differ(const char *file, int line, const char *got, size_t n, const char *want)
{
    printf("\n%s:%d: got  \"%.*s\"\n%s:%d: want \"%s\"\n", file, line, (int)n, got != NULL ? got : "", file, line,
           want);
}

static int run(void)
{
    CU_SuiteInfo suites[] = {{unit_name, NULL, NULL, NULL, NULL, unit_tests}, CU_SUITE_INFO_NULL};
    if (CU_register_suites(suites) != CUE_SUCCESS) {
        fprintf(stderr, "unit: %s\n", CU_get_error_msg());
        return 2;
    }
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_tests_failed();
    unsigned ran = CU_get_number_of_tests_run();
    failed += CU_get_number_of_asserts() == 0;
    printf("\n%u passed, %u failed\n", ran > failed ? ran - failed : 0, failed);
    return failed != 0;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* a crash must not swallow what was printed before */
    if (CU_initialize_registry() != CUE_SUCCESS) {
        fprintf(stderr, "unit: %s\n", CU_get_error_msg());
        return 2;
    }
    int result = run();
    CU_cleanup_registry();
    return result;
}
