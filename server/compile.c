/* compile.c: a tenant's source -> image bytes, with its diagnostics as JSON. Bounded: the arena's maximum is the compile's memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "deploy.h"

#include "fbc_image.h"
#include "fcc_compile.h"
#include "fn_json.h"
#include "fsl_natives.h"

enum { DIAGS_MAX = 200, SOURCES_MAX = 64 };

/* The rows of the report as a JSON array. */
static void render(struct fn_arena *arena, const struct fcc_program *program, const struct fn_diag_list *diags,
                   enum fn_lang lang, struct fn_buf *out)
{
    const struct fgr_source *sources[SOURCES_MAX];
    const struct fn_json *report = NULL;
    size_t n = program != NULL && program->n_trees < SOURCES_MAX ? program->n_trees : 0;
    for (size_t i = 0; i < n; i++) {
        sources[i] = &program->trees[i].source;
    }
    if (n > 0) {
        fgr_diag_render(out, diags, sources, n, (struct fgr_render){lang, FGR_FORMAT_JSON, false});
    }
    bool good = fn_json_parse(arena, fn_buf_view(out), FN_JSON_REPAIR, &report, NULL) == FN_OK;
    fn_buf_clear(out);
    const struct fn_json *rows = good ? fn_json_get(report, "diagnostics") : NULL;
    if (rows != NULL) {
        fn_json_put_value(out, rows);
    } else {
        fn_buf_z(out, "[]");
    }
}

/* The standard library's modules, for `use`. */
size_t fsv_library(struct fcc_module modules[FSV_MODULES_MAX])
{
    size_t n = fsl_module_count() < FSV_MODULES_MAX ? fsl_module_count() : FSV_MODULES_MAX;
    for (size_t i = 0; i < n; i++) {
        struct fsl_module m = fsl_module_at(i);
        modules[i] = (struct fcc_module){m.name, m.text};
    }
    return n;
}

enum fn_code fsv_compile(const struct fsv_app *app, int64_t tenant, struct fn_arena *arena, struct fn_str path,
                         struct fn_str source, enum fn_lang lang, struct fn_buf *image, struct fn_str *out_name,
                         struct fn_buf *out_diags, struct fn_err *err)
{
    struct fn_diag_list diags;
    struct fcc_program *program = NULL;
    struct fcc_module modules[FSV_MODULES_MAX];
    struct fcc_options options = {modules, fsv_library(modules), NULL, 0};
    fsv_template_catalogue(app, tenant, arena, &options);
    fn_diag_list_init(&diags, arena, DIAGS_MAX);
    enum fn_code code = fcc_compile(arena, path, source, &options, &diags, &program, image, err);
    render(arena, program, &diags, lang, out_diags);
    const struct fbc_image *checked = NULL;
    struct fbc_fault fault;
    if (code == FN_OK && fbc_verify(fn_buf_view(image), FBC_ALLOW_ALL, &checked, &fault) != FN_OK) {
        FN_BUG("the compiler made an image the verifier refuses");
    }
    *out_name = checked != NULL ? fn_arena_dup(arena, checked->name) : FN_STR_NULL;
    fbc_image_free(checked);
    return code;
}
