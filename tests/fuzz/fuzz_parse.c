/* fuzz_parse.c: any bytes through the scanner, the repair, the parser, the dumps, the renderer and the formatter.
 * Properties: nothing crashes or leaks; there is always a tree within its depth; the formatter's result is a fixed point, and a
 * file without errors is never refused.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fgr_diag.h"
#include "fgr_fmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA = 256 << 20, OUT = 64 << 20 };

static void check_depth(const struct fgr_node *n)
{
    if (n->depth > FGR_DEPTH_MAX + 1) {
        FN_BUG("the tree is deeper than its limit");
    }
}

static enum fgr_fmt_result format(struct fn_str text, enum fgr_fmt_lang lang, struct fn_buf *out)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fgr_tree tree;
    enum fgr_fmt_result result = FGR_FMT_REFUSED;
    fn_arena_init(&arena, ARENA);
    fn_diag_list_init(&diags, &arena, 200);
    if (fgr_parse(&arena, FN_STR_NULL, text, &diags, &tree) != FN_OK || fgr_fmt(out, &tree, lang, &arena, &result) != FN_OK) {
        FN_BUG("out of limits on a small input");
    }
    if (result == FGR_FMT_REFUSED && diags.errors == 0) {
        FN_BUG("the formatter refused a file without errors");
    }
    fn_arena_fini(&arena);
    return result;
}

static void check_formatting(struct fn_str text)
{
    struct fn_buf once, twice, back;
    fn_buf_init(&once, OUT);
    fn_buf_init(&twice, OUT);
    fn_buf_init(&back, OUT);
    if (format(text, FGR_FMT_KEEP, &once) <= FGR_FMT_UNCHANGED) {
        format(fn_buf_view(&once), FGR_FMT_KEEP, &twice);
        if (!fn_str_eq(fn_buf_view(&once), fn_buf_view(&twice))) {
            FN_BUG("formatting is not idempotent");
        }
    }
    format(text, FGR_FMT_PT, &back);
    fn_buf_fini(&once);
    fn_buf_fini(&twice);
    fn_buf_fini(&back);
}

static void check_parsing(struct fn_str text)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fgr_tree tree;
    struct fn_buf out;
    fn_arena_init(&arena, ARENA);
    fn_diag_list_init(&diags, &arena, 200);
    fn_buf_init(&out, OUT);
    if (fgr_parse(&arena, FN_STR("f.funnel"), text, &diags, &tree) != FN_OK || tree.file == NULL) {
        FN_BUG("no tree");
    }
    check_depth(tree.file);
    fgr_dump(&out, tree.file);
    fgr_dump_tokens(&out, &tree);
    const struct fgr_source *sources[] = {&tree.source};
    for (int format_no = FGR_FORMAT_TEXT; format_no <= FGR_FORMAT_CHECKSTYLE; format_no++) {
        fgr_diag_render(&out, &diags, sources, 1, (struct fgr_render){FN_EN, (enum fgr_format)format_no, false});
    }
    fn_buf_fini(&out);
    fn_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fn_str text = {(const char *)data, size};
    check_parsing(text);
    check_formatting(text);
    return 0;
}
