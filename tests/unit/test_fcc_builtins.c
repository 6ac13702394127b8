/* test_fcc_builtins.c: the table of members: no name means two things, and the reference pages say what the table says.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_sema.h"

#include "unit.h"

#include <stdio.h>

static void test_names_are_unique(void)
{
    for (size_t i = 0; i < FCC_BUILTINS; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct fcc_builtin *a = &fcc_builtins[i], *b = &fcc_builtins[k];
            bool same = strcmp(a->en, b->en) == 0 || strcmp(a->pt, b->pt) == 0 || strcmp(a->en, b->pt) == 0 ||
                        strcmp(a->pt, b->en) == 0;
            CU_ASSERT_FALSE(strcmp(a->owner, b->owner) == 0 && same);
        }
    }
}

static void test_properties_have_results(void)
{
    for (size_t i = 0; i < FCC_BUILTINS; i++) {
        const struct fcc_builtin *b = &fcc_builtins[i];
        CU_ASSERT_EQUAL(b->row, i);
        CU_ASSERT_EQUAL(b->property, strncmp(b->sig, "-> ", 3) == 0);
        CU_ASSERT(b->property || b->sig[0] == '(');
    }
}

static void page_has_all(const char *path)
{
    static char text[65536];
    FILE *f = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    const char *at = text; /* in the order of the table */
    for (size_t i = 0; i < FCC_BUILTINS; i++) {
        char row[300];
        int size = snprintf(row, sizeof row, "| `%s` | `%s` | `%s` |\n", fcc_builtins[i].en, fcc_builtins[i].pt,
                            fcc_builtins[i].sig);
        CU_ASSERT_FATAL(size > 0 && (size_t)size < sizeof row);
        at = strstr(at, row);
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    }
}

static void test_pages(void)
{
    page_has_all(UNIT_ROOT "/docs/language/members.en.md");
    page_has_all(UNIT_ROOT "/docs/language/members.pt.md");
}

UNIT_SUITE("fcc_builtins", {"names are unique", test_names_are_unique},
           {"properties have results", test_properties_have_results}, {"pages", test_pages})
