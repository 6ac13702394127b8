/* test_diag.c: the list of diagnostics: order, limit, details.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_diag.h"
#include "unit.h"

static void test_details(void)
{
    struct fn_arena a;
    struct fn_diag_list l;
    fn_arena_init(&a, 1 << 20);
    fn_diag_list_init(&l, &a, 10);
    struct fn_diag *d = fn_diag_add(&l, 7, FN_ERROR_LEVEL, (struct fn_span){3, 5});
    fn_diag_label(fn_diag_arg(d, "name", FN_STR("x")), (struct fn_span){1, 2}, 4);
    fn_diag_fix(d, FN_FIX_SAFE, (struct fn_span){3, 5}, FN_STR("y"));
    fn_diag_add(&l, 8, FN_WARNING_LEVEL, (struct fn_span){0, 1});
    CU_ASSERT_EQUAL(l.errors, 1);
    CU_ASSERT_EQUAL(l.warnings, 1);
    CU_ASSERT_EQUAL(d->n_args, 1);
    CU_ASSERT_EQUAL(d->labels[0].text, 4);
    UNIT_ASSERT_STR(d->fixes[0].edits[0].text, "y");
    for (int i = 0; i < 20; i++) {
        fn_diag_label(d, (struct fn_span){1, 2}, 4);
        fn_diag_fix(d, FN_FIX_SAFE, (struct fn_span){3, 5}, FN_STR("y"));
    }
    CU_ASSERT_EQUAL(d->n_labels, FN_DIAG_LABELS);
    CU_ASSERT_EQUAL(d->n_fixes, FN_DIAG_FIXES);
    fn_arena_fini(&a);
}

/* Past the list's maximum, and past the arena's, the caller still gets a record and the count goes on. */
static void test_dropped(void)
{
    struct fn_arena a;
    struct fn_diag_list l;
    fn_arena_init(&a, 1 << 20);
    fn_diag_list_init(&l, &a, 3);
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_PTR_NOT_NULL(
            fn_diag_arg(fn_diag_add(&l, 1, FN_ERROR_LEVEL, (struct fn_span){0, 0}), "n", FN_STR("v")));
    }
    CU_ASSERT(l.n == 3 && l.dropped == 2 && l.errors == 5);
    fn_arena_fini(&a);
    fn_arena_init(&a, 64);
    fn_diag_list_init(&l, &a, 3);
    CU_ASSERT_PTR_NOT_NULL(fn_diag_add(&l, 1, FN_ERROR_LEVEL, (struct fn_span){0, 0}));
    CU_ASSERT(l.n == 0 && l.dropped == 1);
    fn_diag_sort(&l);
    fn_arena_fini(&a);
}

static void check_sorted(size_t n)
{
    struct fn_arena a;
    struct fn_diag_list l;
    uint32_t seed = 12345;
    fn_arena_init(&a, 16 << 20);
    fn_diag_list_init(&l, &a, n);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1103515245u + 12345;
        struct fn_diag *d =
            fn_diag_add(&l, (uint16_t)(seed >> 20 & 1), FN_NOTE_LEVEL, (struct fn_span){seed >> 16 & 7, 9});
        d->file = (uint16_t)(seed >> 24 & 1);
        d->why = (uint16_t)i;
    }
    fn_diag_sort(&l);
    CU_ASSERT_EQUAL(l.n, n);
    for (size_t i = 1; i < n; i++) {
        const struct fn_diag *x = l.items[i - 1], *y = l.items[i];
        uint32_t kx = (uint32_t)x->file << 8 | x->span.a << 1 | x->code;
        uint32_t ky = (uint32_t)y->file << 8 | y->span.a << 1 | y->code;
        CU_ASSERT(kx < ky || (kx == ky && x->why < y->why));
    }
    fn_arena_fini(&a);
}

static void test_sort(void)
{
    for (size_t n = 0; n < 70; n++) {
        check_sorted(n);
    }
}

UNIT_SUITE("fn_diag", {"details", test_details}, {"dropped", test_dropped}, {"sort", test_sort})
