/* test_fcc_prefix.c: what an editor does all day: every prefix of a real funnel through the checker. Whatever is missing, it returns, there
 * is a tree, and the diagnostics lie inside the text.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_sema.h"

#include <stdio.h>
#include <stdlib.h>

#include "fsl_natives.h"
#include "unit.h"

enum { MODULES_MAX = 16, SOURCE_MAX = 1 << 16, PREFIXES = 250 };

static char source[SOURCE_MAX];

static size_t read_source(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/examples/%s.funnel", UNIT_ROOT, name);
    FILE *f = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t n = f != NULL ? fread(source, 1, sizeof source, f) : 0;
    fclose(f);
    return n;
}

static bool check_prefix(size_t n, const struct fcc_options *options)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fcc_program *program = NULL;
    fn_arena_init(&arena, (size_t)64 << 20);
    fn_diag_list_init(&diags, &arena, 100);
    char *exact = malloc(n != 0 ? n : 1); /* so that a read behind the end is seen */
    CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
    memcpy(exact, source, n);
    bool good = fcc_check(&arena, FN_STR("p.funnel"), (struct fn_str){exact, n}, options, &diags, &program) == FN_OK &&
                program != NULL && program->trees[0].file != NULL;
    for (size_t i = 0; good && i < diags.n; i++) {
        const struct fn_diag *d = diags.items[i];
        good = d->file != 0 || (d->span.a <= d->span.b && d->span.b <= program->trees[0].source.text.n);
    }
    free(exact);
    fn_arena_fini(&arena);
    return good;
}

static void check_prefixes(const char *name)
{
    struct fcc_module modules[MODULES_MAX];
    struct fcc_options options = {.modules = modules};
    for (size_t i = 0; i < fsl_module_count() && i < MODULES_MAX; i++) {
        struct fsl_module m = fsl_module_at(i);
        modules[options.n_modules++] = (struct fcc_module){m.name, m.text};
    }
    size_t n = read_source(name), wrong = 0;
    for (size_t k = 0; k <= PREFIXES; k++) {
        wrong += !check_prefix(n * k / PREFIXES, &options);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_english(void)
{
    check_prefixes("loja_completa");
    check_prefixes("suporte_ia");
}

static void test_portuguese(void)
{
    check_prefixes("loja");
    check_prefixes("clinica");
}

UNIT_SUITE("fcc_prefix", {"English", test_english}, {"Portuguese", test_portuguese})
