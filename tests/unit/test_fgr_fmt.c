/* test_fgr_fmt.c: one style; comments and texts kept; broken parts untouched; there and back between the spellings.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fgr_diag.h"
#include "fgr_fmt.h"
#include "unit.h"

#include <stdio.h>

static enum fgr_fmt_result format(struct fn_buf *out, struct fn_str source, enum fgr_fmt_lang lang)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fgr_tree tree;
    enum fgr_fmt_result result = FGR_FMT_REFUSED;
    fn_arena_init(&arena, 64 << 20);
    fn_diag_list_init(&diags, &arena, 100);
    fn_buf_init(out, 4 << 20);
    CU_ASSERT_EQUAL_FATAL(fgr_parse(&arena, FN_STR_NULL, source, &diags, &tree), FN_OK);
    CU_ASSERT_EQUAL_FATAL(fgr_fmt(out, &tree, lang, &arena, &result), FN_OK);
    fn_arena_fini(&arena);
    return result;
}

static void check(const char *source, const char *want, enum fgr_fmt_result result)
{
    struct fn_buf out;
    CU_ASSERT_EQUAL(format(&out, fn_str_c(source), FGR_FMT_KEEP), result);
    UNIT_ASSERT_STR(fn_buf_view(&out), want);
    fn_buf_fini(&out);
}

static void test_style(void)
{
    check("funnel a\nstage b{\nsay   \"x  y\"\n\n\n\n-> c }\nstage c{ end }\n",
          "funnel a\n\nstage b {\n  say \"x  y\"\n\n  -> c\n}\n\nstage c { end }\n", FGR_FMT_DONE);
    check("funnel a\nfn f(a:int,b:list<int>)->int{return (a+ -b [0])*2}\n",
          "funnel a\nfn f(a: int, b: list<int>) -> int { return (a + -b[0]) * 2 }\n", FGR_FMT_DONE);
    check("funil a\nregiao \"pt\"\nopcoes Cor{a,b}\n", "funil a\nregião \"pt\"\nopções Cor { a, b }\n", FGR_FMT_DONE);
    check("funnel a\nstage b {\n  say “oi”\n  end\n}\n", "funnel a\n\nstage b {\n  say \"oi\"\n  end\n}\n",
          FGR_FMT_DONE);
}

static void test_comments(void)
{
    check("# um\nfunnel a # dois\n# três\nstage b { # quatro\n# cinco\n  end # seis\n  # sete\n}\n# oito\n",
          "# um\nfunnel a  # dois\n\n# três\nstage b {  # quatro\n  # cinco\n  end  # seis\n  # sete\n}\n# oito\n",
          FGR_FMT_DONE);
}

static void test_alignment(void)
{
    check("funnel a\n\nstage b {\n  choose \"?\" {\n    um \"Um\" -> b\n    dezoito \"Ação\" -> b\n\n    z \"Z\" -> "
          "b\n  }\n}\n",
          "funnel a\n\nstage b {\n  choose \"?\" {\n    um       \"Um\"   -> b\n    dezoito  \"Ação\" -> b\n\n    z "
          "\"Z\" -> b\n  }\n}\n",
          FGR_FMT_DONE);
}

static void test_broken(void)
{
    check("funnel a\nstage b{\n  say   )\n}\n\n\nstage c{\nend\n}\n",
          "funnel a\nstage b{\n  say   )\n}\n\n\nstage c {\n  end\n}\n", FGR_FMT_BROKEN);
}

/* A line that recovery dropped has no token but its line break: it stays, wherever it stands. */
static void test_dropped_lines(void)
{
    check("module m\nfunM(a: in%iro, b(3\nvar x:int=1\n", "module m\nfunM(a: in%iro, b(3\nvar x: int = 1\n",
          FGR_FMT_BROKEN);
    check("funM(a: in%iro, b(3\nmodule m\nvar x:int=1\n", "funM(a: in%iro, b(3\nmodule m\nvar x: int = 1\n",
          FGR_FMT_BROKEN);
    check("module m\nvar x:int=1\nfunM(a: in%iro, b(3 # c\n\nvar y:int=2\n",
          "module m\nvar x: int = 1\nfunM(a: in%iro, b(3 # c\n\nvar y: int = 2\n", FGR_FMT_BROKEN);
    check("module m\nvar x:int=1\nfunM(a: in%iro, b(3\n", "module m\nvar x: int = 1\nfunM(a: in%iro, b(3\n",
          FGR_FMT_BROKEN);
}

static void test_backticks(void)
{
    struct fn_buf pt, en;
    static const char source[] = "funnel a\n\nstage b {\n  let meta = 1\n  let etapa = meta\n  let limite = 2\n"
                                 "  goal x value meta\n  let `end` = p.para\n  -> b\n}\n";
    CU_ASSERT_EQUAL(format(&pt, fn_str_c(source), FGR_FMT_PT), FGR_FMT_DONE);
    UNIT_ASSERT_STR(fn_buf_view(&pt),
                    "funil a\n\netapa b {\n  seja `meta` = 1\n  seja `etapa` = `meta`\n  seja limite = 2\n"
                    "  meta x valor `meta`\n  seja end = p.para\n  -> b\n}\n");
    CU_ASSERT_EQUAL(format(&en, fn_buf_view(&pt), FGR_FMT_EN), FGR_FMT_DONE);
    UNIT_ASSERT_STR(fn_buf_view(&en), source);
    fn_buf_fini(&pt);
    fn_buf_fini(&en);
}

static struct fn_str read_file(char *space, size_t max, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/tests/golden/ast/%s", UNIT_ROOT, name);
    FILE *f = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t n = fread(space, 1, max, f);
    (void)fclose(f);
    return (struct fn_str){space, n};
}

static void check_there_and_back(const char *en_name, const char *pt_name)
{
    static char en_space[64 << 10], pt_space[64 << 10];
    struct fn_str en = read_file(en_space, sizeof en_space, en_name),
                  pt = read_file(pt_space, sizeof pt_space, pt_name);
    struct fn_buf out;
    CU_ASSERT_EQUAL(format(&out, en, FGR_FMT_KEEP), FGR_FMT_UNCHANGED);
    fn_buf_fini(&out);
    CU_ASSERT_EQUAL(format(&out, en, FGR_FMT_PT), FGR_FMT_DONE);
    CU_ASSERT(fn_str_eq(fn_buf_view(&out), pt));
    fn_buf_fini(&out);
    CU_ASSERT_EQUAL(format(&out, pt, FGR_FMT_EN), FGR_FMT_DONE);
    CU_ASSERT(fn_str_eq(fn_buf_view(&out), en));
    fn_buf_fini(&out);
}

static void test_whole_programs(void)
{
    check_there_and_back("loja_whole.funnel", "loja_whole_pt.funnel");
    check_there_and_back("constructs.funnel", "constructs_pt.funnel");
}

UNIT_SUITE("fgr_fmt", {"style", test_style}, {"comments", test_comments}, {"alignment", test_alignment},
           {"broken parts", test_broken}, {"dropped lines", test_dropped_lines}, {"backticks", test_backticks},
           {"whole programs", test_whole_programs})
