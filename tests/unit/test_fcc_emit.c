/* test_fcc_emit.c: programs to images: what comes out is accepted by the verifier, the same each time, and says what it should.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_image.h"
#include "fcc_compile.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD "funnel t\nstart on message -> a\nalways {\n  on \"parar\" -> z\n  on error -> z\n}\nstage z {\n  end\n}\n"

struct compiled {
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fcc_program *program;
    struct fn_buf bytes;
    struct fn_err err;
    const struct fbc_image *im;
    enum fn_code code;
};

static void compile(struct compiled *c, const char *source)
{
    *c = (struct compiled){.code = FN_OK};
    fn_arena_init(&c->arena, 256u << 20);
    fn_diag_list_init(&c->diags, &c->arena, 50);
    fn_buf_init(&c->bytes, 16u << 20);
    const struct fcc_options options = {.n_modules = 0};
    c->code = fcc_compile(&c->arena, FN_STR("t.funnel"), fn_str_c(source), &options, &c->diags, &c->program, &c->bytes,
                          &c->err);
    struct fbc_fault fault;
    if (c->code == FN_OK) {
        c->code = fbc_verify(fn_buf_view(&c->bytes), FBC_ALLOW_ALL, &c->im, &fault);
    }
}

static void release(struct compiled *c)
{
    fbc_image_free(c->im);
    fn_buf_fini(&c->bytes);
    fn_arena_fini(&c->arena);
}

static bool lists(const struct compiled *c, const char *what)
{
    struct fn_buf b;
    fn_buf_init(&b, 16u << 20);
    fbc_disasm(&b, c->im);
    bool found = b.p != NULL && strstr(b.p, what) != NULL;
    fn_buf_fini(&b);
    return found;
}

/* The body of stage a, or declarations and the stage. Each must compile without a mistake. */
static void must(const char *declarations, const char *body)
{
    static char source[8192];
    struct compiled c;
    (void)snprintf(source, sizeof source, HEAD "%s\nstage a {\n%s\n  end\n}\n", declarations, body);
    compile(&c, source);
    if (c.code != FN_OK) {
        printf("\n%s\n-> %s %s\n", source, fn_code_name(c.code), c.err.text);
        for (size_t i = 0; i < c.diags.n; i++) {
            printf("   %s at %u\n", fgr_diag_code((enum fgr_diag)c.diags.items[i]->code),
                   (unsigned)c.diags.items[i]->span.a);
        }
    }
    CU_ASSERT_EQUAL(c.code, FN_OK);
    release(&c);
}

static void test_statements(void)
{
    must("", "  say \"oi\"");
    must("", "  typing\n  react \"ok\"\n  tag \"vip\"\n  untag \"vip\"\n  goal g\n  notify \"time\" \"oi\"");
    must("", "  send image \"https://x.example/a.png\" \"foto\"\n  send template \"t\" (\"a\", \"b\") language \"en\"");
    must("var t: money = R$ 1,50", "  goal g value t\n  say \"{t}\" else template \"x\" (\"{t}\") language \"pt_BR\"");
    must("", "  wait 2h\n  wait until now() + 1d\n  wait message {\n    silence 1h { end }\n  }");
    must("event e(n: int, s: text(10))",
         "  let m = 1\n  wait event e(n, s) where n == m { silence 1h { end } }\n  say \"{n} {s}\"");
    must("", "  split s {\n    30% x { say \"x\" }\n    70% y { say \"y\" }\n  }");
    must("", "  handoff \"vendas\" note \"oi\" {\n    silence 3d { end }\n  }");
}

static void test_values(void)
{
    must("", "  let a = 1 + 2 * 3 - 4 / 5 % 6\n  let b = 1.5 * a - 2\n  say \"{a} {b}\"");
    must("", "  let m = R$ 10,00 * 3 / 4\n  let n = m * 0.5 + R$ 1,00 - m\n  let r = m / n\n  say \"{m} {n} {r}\"");
    must("", "  let d = date(\"2026-03-02\") + 2d\n  let q = d - date(\"2026-01-01\")\n  say \"{d} {q} {d.weekday}\"");
    must("", "  let t = \"a\" + \"b\"\n  let x = t < \"c\" and not (t == \"d\" or t >= \"e\")\n  say \"{x} {t.count} "
             "{t.upper} {cut(t, 1)}\"");
    must("var o: int?",
         "  let a = o or 3\n  if o == none { say \"nada\" }\n  if o != 4 { o = a }\n  say \"{a} {o or 0}\"");
    must("var l: list<int>\nvar m: map<text, int>",
         "  l.add(1)\n  l = l + [2, 3]\n  l[0] = 9\n  m[\"a\"] = l.count\n  m.remove(\"a\")\n  let f = l.first or 0\n  "
         "let h = l.has(2)\n"
         "  for x in l { say \"{x} {f} {h}\" }\n  for k in m.keys { say \"{cut(k, 9)} {m[k] or 0}\" }");
    must("record R {\n  a: int\n  b: S\n}\nrecord S {\n  c: text(9)\n  d: int?\n}\nvar r: R",
         "  r = R { a: 1, b: S { c: \"x\" } }\n  r.b.d = 4\n  r.b.c = \"y\"\n  let s = r.b\n  say \"{s.c} "
         "{r.a}{r.b.d}\"\n  if s == r.b { say \"=\" }");
    must("enum E { um \"Um\", dois }\nvar e: E?",
         "  let f = e or um\n  match f {\n    um { say \"{f}\" }\n    dois { say \"2\" }\n  }");
    must("", "  let n = 7\n  match n {\n    1..3 { say \"a\" }\n    4, 5 { say \"b\" }\n    other { say \"c\" }\n  }\n"
             "  let i = 0\n  while i < 3 { i = i + 1 }\n  say \"{abs(0 - i)} {min(n, i)} {max(n, i)}\"");
}

static void test_literals(void)
{
    must("record P {\n  y: number\n  z: number?\n}",
         "  let p = P { y: 1, z: 2 }\n  let l: list<number> = [1, 2.5]\n  say \"{p.y} {p.z or 0} {l.count}\"");
    must("var n: number = 3\nvar o: int? = 4", "  n = 5\n  if n > 2 or o == 4 { n = n + 1 }\n  say \"{n}\"");
}

static void test_questions(void)
{
    must("contact {\n  n: text(60)?\n  f: image?\n}",
         "  ask contact.n \"Nome?\" once settle 4s max 15s\n  ask contact.f \"Foto?\"\n  say \"{contact.n}\"");
    must("enum C { a, b }", "  ask c: C \"?\"\n  ask d: date \"?\"\n  ask m: money \"?\"\n  ask b: bool \"?\"\n  ask "
                            "p: phone \"?\" {\n    media transcribe\n  }\n"
                            "  say \"{c} {d} {m} {b} {p}\"");
    must("record R {\n  n: text(20)\n}\nvar l: list<R>", "  choose r from l label r.n \"Qual?\"\n  say \"{r.n}\"");
    must("enum C { a \"A\", b \"B\" }\nvar c: C?", "  choose x: C \"?\"\n  c = x\n  say \"{x}\"");
    must("enum I { sim, nao }", "  choose \"?\" {\n    s \"Sim\"\n    other classify as I {\n      sim { say \"s\" }\n "
                                "     nao, failed -> z\n    }\n  }");
}

static void test_outside(void)
{
    must("secret k\nrecord P {\n  n: int\n}",
         "  let p = http post \"https://x.example/{1 + 1}\" {\n    header \"A\" \"B {k}\"\n    body P { n: 3 }\n    "
         "timeout 3s\n  } as P else -> z\n  say \"{p.n}\"");
    must("record P {\n  n: int\n}", "  ask t: text(50) \"?\"\n  let p = extract P from t else { end }\n  let w = write "
                                    "\"Diga {p.n}\" else \"x\"\n  say w");
    must("table t key id {\n  id: text(9)\n  n: int\n  ok: bool = false\n}",
         "  save t { id: \"a\", n: 1 }\n  let r = find t[\"a\"] else -> z\n  say \"{r.n}\"\n"
         "  for x in t where x.n > 1 and x.ok order by x.n desc limit 3 { say \"{x.id}\" }\n  delete t[\"a\"]");
    must("agent g {\n  model \"m\"\n  can soma\n}\ntool soma(a: int, b: int) -> int \"soma\" {\n  return a + b\n}",
         "  talk to g {\n    done -> z\n    limit 5 messages -> z\n    silence 1h -> z\n    failed -> z\n  }");
    must("flow f(n: int) -> int {\n  ask x: int \"?\"\n  return x + n\n}\nfn g(n: int) -> int {\n  return n * 2\n}",
         "  let a = f(g(2))\n  say \"{a}\"");
    must("hours h {\n  mon..fri 09:00-18:00\n  except holidays br\n}", "  if h.open { say \"{h.opens} {h.closes}\" }");
}

static void test_same_bytes(void)
{
    const char *source =
        HEAD "var x: list<int>\nstage a {\n  ask n: int \"?\"\n  x.add(n)\n  say \"{x.count}\"\n  end\n}\n";
    struct compiled a, b;
    compile(&a, source);
    compile(&b, source);
    CU_ASSERT_EQUAL(a.code, FN_OK);
    CU_ASSERT(fn_str_eq(fn_buf_view(&a.bytes), fn_buf_view(&b.bytes)));
    release(&a);
    release(&b);
}

static void test_contents(void)
{
    struct compiled c;
    compile(&c, HEAD "secret k\ncontact {\n  vip: bool = true\n}\nvar n: int = 7\nfn unused() -> int {\n  return 1\n}\n"
                     "stage a {\n  if contact.vip { n = n + 1 }\n  let r = http get \"https://x.example\" { header "
                     "\"A\" \"{k}\" } else -> z\n  say \"{n}\"\n  end\n}\n");
    CU_ASSERT_EQUAL_FATAL(c.code, FN_OK);
    UNIT_ASSERT_STR(c.im->funcs[0].name, "init");
    CU_ASSERT_NOT_EQUAL(fbc_find_stage(c.im, FN_STR("a")), FBC_NO_INDEX);
    CU_ASSERT_NOT_EQUAL(fbc_find_global(c.im, FN_STR("vip"), 1), FBC_NO_INDEX);
    CU_ASSERT_NOT_EQUAL(fbc_find_global(c.im, FN_STR("n"), 0), FBC_NO_INDEX);
    CU_ASSERT_EQUAL(fbc_find_global(c.im, FN_STR("$message"), 0), FBC_NO_INDEX);
    CU_ASSERT_PTR_NOT_NULL(fbc_find_entry(c.im, FBC_ENTRY_ALWAYS, FN_STR("parar"), FBC_NO_INDEX));
    CU_ASSERT_PTR_NOT_NULL(fbc_find_entry(c.im, FBC_ENTRY_ERROR, FN_STR(""), FBC_NO_INDEX));
    CU_ASSERT_FALSE(lists(&c, "fn:unused"));
    bool marked = false;
    for (uint32_t i = 0; i < c.im->n_consts; i++) {
        marked = marked || fn_str_eq(c.im->consts[i].text, FN_STR("\x01k\x01"));
    }
    CU_ASSERT(marked);
    release(&c);
}

/* A program that is too large is told, not written. */
static void test_limit(void)
{
    struct fn_buf source;
    struct compiled c;
    fn_buf_init(&source, 1u << 20);
    fn_buf_z(&source, HEAD "stage a {\n");
    for (int i = 0; i < 260; i++) {
        fn_buf_printf(&source, "  let v%d = %d\n", i, i);
    }
    for (int i = 0; i < 260; i++) {
        fn_buf_printf(&source, "  if v%d > 1000 { say \"x\" }\n", i);
    }
    fn_buf_z(&source, "  end\n}\n");
    compile(&c, source.p);
    CU_ASSERT_EQUAL(c.code, FN_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(c.err.text, "registers"));
    release(&c);
    fn_buf_fini(&source);
}

static void test_mistakes(void)
{
    struct compiled c;
    compile(&c, "funnel t\nstart on message -> a\nstage a {\n  -> nowhere\n}\n");
    CU_ASSERT_EQUAL(c.code, FN_INVALID);
    CU_ASSERT_EQUAL(c.bytes.n, 0);
    release(&c);
}

/* A rule is a function of its own; two for one name are refused (F0703). */
static void test_migrations(void)
{
    struct compiled c;
    compile(&c, HEAD "var n: int = 1\nmigrate var n = 40 + 2\nmigrate stage velha -> a\n"
                     "stage a {\n  say \"{n}\"\n  end\n}\n");
    CU_ASSERT_EQUAL_FATAL(c.code, FN_OK);
    CU_ASSERT_TRUE(lists(&c, "migrate:n"));
    CU_ASSERT_EQUAL(c.im->n_migrates, 1);
    CU_ASSERT_EQUAL(c.im->migrates[0].to.p[0], 'a');
    release(&c);
    compile(&c, HEAD "migrate stage velha -> a\nmigrate stage velha -> z\nstage a {\n  end\n}\n");
    CU_ASSERT_EQUAL(c.code, FN_INVALID);
    release(&c);
}

UNIT_SUITE("fcc_emit", {"statements", test_statements}, {"values", test_values}, {"literals", test_literals},
           {"questions", test_questions}, {"the outside", test_outside}, {"same bytes", test_same_bytes},
           {"contents", test_contents}, {"migrations", test_migrations}, {"limit", test_limit},
           {"mistakes", test_mistakes})
