/* fuzz_fmt.c: any bytes through the formatter and its translation.
 * Properties: nothing that was read is lost or made, in broken files too; the result of formatting is a fixed point; a file without errors is never
 * refused, so same tokens, same comments and the same tree came back (fgr_fmt compares them); a translation there and back is the formatted file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fgr_diag.h"
#include "fgr_fmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA = 256 << 20, OUT = 64 << 20 };

static enum fgr_fmt_result format(struct fn_str text, enum fgr_fmt_lang lang, struct fn_buf *out, bool *ret_good)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fgr_tree tree;
    enum fgr_fmt_result result = FGR_FMT_REFUSED;
    fn_arena_init(&arena, ARENA);
    fn_diag_list_init(&diags, &arena, 200);
    if (fgr_parse(&arena, FN_STR_NULL, text, &diags, &tree) != FN_OK ||
        fgr_fmt(out, &tree, lang, &arena, &result) != FN_OK) {
        FN_BUG("out of limits on a small input");
    }
    if (result == FGR_FMT_REFUSED && diags.errors == 0) {
        FN_BUG("the formatter refused a file without errors");
    }
    *ret_good = diags.errors == 0;
    fn_arena_fini(&arena);
    return result;
}

/* What was read of a text, before anything of it is mended or left out. */
static uint32_t lexemes(struct fn_str text)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fgr_tree tree;
    uint32_t n = 0;
    fn_arena_init(&arena, ARENA);
    fn_diag_list_init(&diags, &arena, 200);
    if (fgr_parse(&arena, FN_STR_NULL, text, &diags, &tree) != FN_OK) {
        FN_BUG("out of limits on a small input");
    }
    for (uint32_t i = 0; i < tree.n_scanned; i++) {
        n += tree.scanned[i].kind != FGR_TOK_NL ? 1 : 0;
    }
    fn_arena_fini(&arena);
    return n;
}

static void check_formatting(struct fn_str text)
{
    struct fn_buf once, twice, back;
    fn_buf_init(&once, OUT);
    fn_buf_init(&twice, OUT);
    fn_buf_init(&back, OUT);
    bool good = false, still = false;
    if (format(text, FGR_FMT_KEEP, &once, &good) != FGR_FMT_REFUSED && lexemes(text) != lexemes(fn_buf_view(&once))) {
        FN_BUG("the formatter lost or made something");
    }
    fn_buf_clear(&once);
    if (format(text, FGR_FMT_KEEP, &once, &good) <= FGR_FMT_UNCHANGED) {
        format(fn_buf_view(&once), FGR_FMT_KEEP, &twice, &still);
        if (!fn_str_eq(fn_buf_view(&once), fn_buf_view(&twice))) {
            FN_BUG("formatting is not idempotent");
        }
    }
    fn_buf_clear(&twice);
    if (good && format(text, FGR_FMT_PT, &back, &still) <= FGR_FMT_UNCHANGED &&
        format(fn_buf_view(&back), FGR_FMT_PT, &twice, &still) > FGR_FMT_UNCHANGED) {
        FN_BUG("a translation does not format");
    }
    fn_buf_fini(&once);
    fn_buf_fini(&twice);
    fn_buf_fini(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_formatting((struct fn_str){(const char *)data, size});
    return 0;
}
