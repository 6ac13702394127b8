/* cli_doctor.c: funnelc doctor: does this build work here? The library and every example are checked, compiled, verified and listed; the
 * surroundings that change what funnelc says are shown. What it prints is what to send with a question.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "fcc_explain.h"
#include "fcc_samples.h"
#include "fsl_natives.h"

#include <stdlib.h>

enum { MODULES_MAX = 64, DIAGS_MAX = 100 };
#define MEMORY_MAX ((size_t)1 << 30)
#define IMAGE_MAX  ((size_t)64 << 20)

static bool told(const struct cli *c, bool good, const char *pt, const char *en, size_t n)
{
    printf("%-6s %s: %zu\n", good ? "ok" : cli_say(c, "FALHA", "FAILED"), cli_say(c, pt, en), n);
    return good;
}

static bool compiles(struct fn_str name, struct fn_str text)
{
    struct fcc_module modules[MODULES_MAX];
    size_t n = fsl_module_count() < MODULES_MAX ? fsl_module_count() : MODULES_MAX;
    for (size_t i = 0; i < n; i++) {
        modules[i] = (struct fcc_module){fsl_module_at(i).name, fsl_module_at(i).text};
    }
    const struct fcc_options options = {.modules = modules, .n_modules = n};
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fcc_program *program = NULL;
    struct fn_buf image;
    struct fn_err err;
    const struct fbc_image *im = NULL;
    struct fbc_fault fault;
    fn_arena_init(&arena, MEMORY_MAX);
    fn_diag_list_init(&diags, &arena, DIAGS_MAX);
    fn_buf_init(&image, IMAGE_MAX);
    bool good = fcc_compile(&arena, name, text, &options, &diags, &program, &image, &err) == FN_OK &&
                fbc_verify(fn_buf_view(&image), FBC_ALLOW_ALL, &im, &fault) == FN_OK;
    fbc_image_free(im);
    fn_buf_fini(&image);
    fn_arena_fini(&arena);
    return good;
}

static bool examples_compile(const struct cli *c)
{
    bool good = fcc_sample_count() > 0;
    for (size_t i = 0; i < fcc_sample_count(); i++) {
        struct fcc_sample s = fcc_sample_at(i);
        if (!compiles(s.name, s.text)) {
            printf("%-6s %.*s\n", cli_say(c, "FALHA", "FAILED"), FN_STR_ARG(s.name));
            good = false;
        }
    }
    return told(c, good, "exemplos que compilam e passam no verificador", "examples that compile and pass the verifier",
                fcc_sample_count());
}

static bool pages_whole(const struct cli *c)
{
    size_t n = 0;
    struct fcc_page page;
    for (unsigned i = 0; i < FGR_DIAGS; i++) {
        n += fcc_page_find(fn_str_c(fgr_diag_code((enum fgr_diag)i)), &page);
    }
    return told(c, n == (size_t)FGR_DIAGS, "páginas de erro", "error pages", n);
}

static bool natives_bound(const struct cli *c)
{
    size_t n = 0;
    for (size_t i = 0; i < FBC_NATIVE_MAX; i++) {
        n += fsl_natives[i] != NULL;
    }
    return told(c, n > 0 && fsl_module_count() > 0, "funções nativas da biblioteca", "native functions of the library",
                n);
}

enum cli_exit cli_doctor(struct cli *c)
{
    static const char *const names[] = {"FUNNEL_LANG", "LC_ALL", "LANG", "NO_COLOR", "GITHUB_ACTIONS"};
    (void)cli_version(c);
    bool good = natives_bound(c);
    good = pages_whole(c) && good;
    good = examples_compile(c) && good;
    printf("%-6s %s: %s\n", "", cli_say(c, "idioma das mensagens", "language of messages"),
           c->lang == FN_PT ? "pt" : "en");
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL) {
            printf("%-6s %s=%s\n", "", names[i], value);
        }
    }
    return good ? CLI_GOOD : CLI_FINDINGS;
}
