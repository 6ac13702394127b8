/* test_fcc_bounds.c: what is large and odd costs what its size costs: each source here is one that a loop over all of something inside a loop over
 * all of it would be seconds or minutes for. The limits are generous (a sanitizer, a busy machine: processor time is taken), the sizes
 * are such that a quadratic pass is far beyond them; the arena's limit bounds the memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_sema.h"
#include "fn_buf.h"
#include "unit.h"

#include <time.h>

enum { SECONDS_MOST = 8, DIAGS_MAX = 1000, MANY = 40000 };
#define MEMORY_MOST ((size_t)512 << 20)
#define TEXT_MOST   ((size_t)16 << 20)

static const char head[] = "funnel f \"F\"\n\nstart on message -> s0\n\nalways {\n  on error -> s0\n}\n\n";

static void in_bounds(struct fn_buf *text)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fcc_program *program = NULL;
    fn_arena_init(&arena, MEMORY_MOST);
    fn_diag_list_init(&diags, &arena, DIAGS_MAX);
    CU_ASSERT_FALSE(text->failed);
    clock_t start = clock();
    CU_ASSERT_EQUAL(fcc_check(&arena, FN_STR("f.funnel"), fn_buf_view(text), NULL, &diags, &program), FN_OK);
    CU_ASSERT((double)(clock() - start) / CLOCKS_PER_SEC < SECONDS_MOST);
    fn_arena_fini(&arena);
    fn_buf_fini(text);
}

static void begin(struct fn_buf *text)
{
    fn_buf_init(text, TEXT_MOST);
    fn_buf_z(text, head);
}

/* Each stage leads to the one written before it: what flows along the graph comes against the order of the file. */
static void test_backward_chain(void)
{
    struct fn_buf text;
    begin(&text);
    fn_buf_printf(&text, "stage s%d {\n  end\n}\n", MANY);
    for (int i = MANY - 1; i >= 0; i--) {
        fn_buf_printf(&text, "stage s%d {\n  say \"a\"\n  -> s%d\n}\n", i, i + 1);
    }
    in_bounds(&text);
}

static void test_backward_chain_of_waits(void)
{
    struct fn_buf text;
    begin(&text);
    for (int i = MANY; i >= 0; i--) {
        fn_buf_printf(&text, "stage s%d {\n  wait 1h\n  say \"a\"\n  -> s%d\n}\n", i, i < MANY ? i + 1 : 0);
    }
    in_bounds(&text);
}

static void test_many_checks(void)
{
    struct fn_buf text;
    begin(&text);
    fn_buf_z(&text, "stage s0 {\n  ask a: int \"q\" {\n");
    for (int i = 0; i < MANY; i++) {
        fn_buf_z(&text, "    check a > 0 else \"x\"\n");
    }
    fn_buf_z(&text, "  }\n  end\n}\n");
    in_bounds(&text);
}

static void test_flows_that_call_flows(void)
{
    struct fn_buf text;
    begin(&text);
    fn_buf_z(&text, "flow f0() {\n  say \"x\"\n}\n");
    for (int i = 1; i < MANY; i++) {
        fn_buf_printf(&text, "flow f%d() {\n  f%d()\n  f%d()\n}\n", i, i - 1, i / 2);
    }
    fn_buf_z(&text, "stage s0 {\n  end\n}\n");
    in_bounds(&text);
}

/* Each calls the one written after it: the first visit goes down through all of them. Told where it goes deeper than the machine does. */
static void test_deep_flows(void)
{
    enum { FLOWS = 100000 };
    struct fn_buf text;
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fcc_program *program = NULL;
    begin(&text);
    for (int i = 0; i < FLOWS; i++) {
        fn_buf_printf(&text, "flow f%d() {\n  f%d()\n}\n", i, i + 1);
    }
    fn_buf_printf(&text, "flow f%d() {\n  say \"x\"\n}\nstage s0 {\n  f0()\n  end\n}\n", FLOWS);
    CU_ASSERT_FALSE(text.failed);
    fn_arena_init(&arena, MEMORY_MOST);
    fn_diag_list_init(&diags, &arena, DIAGS_MAX);
    CU_ASSERT_EQUAL(fcc_check(&arena, FN_STR("f.funnel"), fn_buf_view(&text), NULL, &diags, &program), FN_OK);
    CU_ASSERT_EQUAL(diags.errors, 1);
    CU_ASSERT_EQUAL(diags.items[0]->code, FGR_D_FLOWS_TOO_DEEP);
    fn_arena_fini(&arena);
    fn_buf_fini(&text);
}

static void test_unknown_names(void)
{
    struct fn_buf text;
    begin(&text);
    for (int i = 0; i < MANY; i++) {
        fn_buf_printf(&text, "stage s%d {\n  -> there_is_no_%d\n}\n", i, i);
    }
    in_bounds(&text);
}

static void test_large_enum_declared(void)
{
    struct fn_buf text;
    begin(&text);
    fn_buf_z(&text, "enum E {\n");
    for (int i = 0; i < MANY; i++) {
        fn_buf_printf(&text, "  member_%d\n", i);
    }
    fn_buf_z(&text, "}\nstage s0 {\n  end\n}\n");
    in_bounds(&text);
}

static void test_quotes(void)
{
    struct fn_buf text;
    begin(&text);
    for (int i = 0; i < (1 << 20) + 1; i++) {
        fn_buf_char(&text, '"');
    }
    in_bounds(&text);
}

UNIT_SUITE("fcc_bounds", {"a chain written backwards", test_backward_chain},
           {"a chain of waits written backwards", test_backward_chain_of_waits},
           {"checks of one question", test_many_checks}, {"flows that call flows", test_flows_that_call_flows},
           {"a deep chain of flows", test_deep_flows}, {"unknown names", test_unknown_names},
           {"a large enum", test_large_enum_declared}, {"quotes", test_quotes})
