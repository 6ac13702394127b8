/* fuzz_parse.c: any bytes through the scanner, the repair, the parser, the dumps and one renderer, chosen by the bytes.
 * Properties: nothing crashes or leaks; there is always a tree within its depth.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fgr_diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA = 256 << 20, OUT = 64 << 20 };

static void check_depth(const struct fgr_node *n)
{
    if (n->depth > FGR_DEPTH_MAX + 1) {
        FN_BUG("the tree is deeper than its limit");
    }
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
    uint64_t chosen = fn_hash(text.p, text.n) % (2 * (FGR_FORMAT_CHECKSTYLE + 1));
    struct fgr_render how = {(enum fn_lang)(chosen % 2), (enum fgr_format)(chosen / 2), false};
    fgr_diag_render(&out, &diags, sources, 1, how);
    fn_buf_fini(&out);
    fn_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fn_str text = {(const char *)data, size};
    check_parsing(text);
    return 0;
}
