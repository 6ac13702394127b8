/* test_fcc_sema.c: the checker by its header: what it finds, what it leaves on the tree, what it stays silent about.
 * One golden case for each diagnostic is in tests/golden/diagnostics; here is what those cannot say.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_sema.h"

#include "unit.h"

#include <stdio.h>

#define HEAD                                                                                                          \
    "funnel t \"T\"\nstart on message -> inicio\nalways {\n  on error -> falha\n  on silence 24h -> falha\n}\nstage " \
    "falha {\n  end\n}\n"

static struct fn_arena arena;
static struct fn_diag_list diags;
static struct fcc_program *program;

static void check_with(const char *source, const struct fcc_options *options)
{
    fn_arena_fini(&arena);
    fn_arena_init(&arena, (size_t)64 << 20);
    fn_diag_list_init(&diags, &arena, 100);
    program = NULL;
    CU_ASSERT_EQUAL_FATAL(fcc_check(&arena, FN_STR("t.funnel"), fn_str_c(source), options, &diags, &program), FN_OK);
}

/* The codes found, "F0302 F0901"; and the program is kept for the test. */
static struct fn_str codes(const char *source)
{
    check_with(source, NULL);
    struct fn_str out = FN_STR("");
    for (size_t i = 0; i < diags.n; i++) {
        out = fn_arena_printf(&arena, "%.*s%s%s", FN_STR_ARG(out), i != 0 ? " " : "",
                              fgr_diag_code((enum fgr_diag)diags.items[i]->code));
    }
    return out;
}

static const struct fgr_node *find_node(const struct fgr_node *n, enum fgr_kind kind, const char *text)
{
    if (n == NULL || (n->kind == kind && fn_str_eq(n->text, fn_str_c(text)))) {
        return n;
    }
    for (uint32_t i = 0; i < n->n_items; i++) {
        const struct fgr_node *found = find_node(n->items[i], kind, text);
        if (found != NULL) {
            return found;
        }
    }
    for (unsigned i = 0; i < n->n_kids; i++) {
        const struct fgr_node *found = find_node(n->kid[i], kind, text);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

static const struct fcc_question *question(const char *name)
{
    for (uint32_t i = 0; i < program->n_questions; i++) {
        if (fn_str_eq(program->questions[i].name, fn_str_c(name))) {
            return &program->questions[i];
        }
    }
    return NULL;
}

#define NAME "contact {\n  nome: text(60)?\n  vip: bool = false\n}\n"
static void test_narrows(void)
{
    UNIT_ASSERT_STR(codes(HEAD NAME "stage inicio {\n  ask contact.nome \"?\"\n  say contact.nome\n  end\n}\n"), "");
    UNIT_ASSERT_STR(codes(HEAD NAME "stage inicio {\n  if contact.nome {\n    say contact.nome\n  }\n  end\n}\n"), "");
    UNIT_ASSERT_STR(
        codes(HEAD NAME "stage inicio {\n  if contact.nome == none {\n    end\n  }\n  say contact.nome\n  end\n}\n"),
        "");
    UNIT_ASSERT_STR(codes(HEAD NAME "stage inicio {\n  if not contact.nome or contact.nome == \"x\" {\n    end\n  }\n  "
                                    "say contact.nome\n  end\n}\n"),
                    "");
    UNIT_ASSERT_STR(
        codes(HEAD NAME
              "stage inicio {\n  if contact.vip {\n    ask contact.nome \"?\"\n  }\n  say contact.nome\n  end\n}\n"),
        "F0302");
    UNIT_ASSERT_STR(codes(HEAD NAME "stage inicio {\n  if contact.vip {\n    ask contact.nome \"?\"\n  } else {\n    "
                                    "-> falha\n  }\n  say contact.nome\n  end\n}\n"),
                    "");
    UNIT_ASSERT_STR(
        codes(HEAD NAME
              "stage inicio {\n  ask contact.nome \"?\"\n  contact.nome = none\n  say contact.nome\n  end\n}\n"),
        "F0302");
    UNIT_ASSERT_STR(codes(HEAD NAME "stage inicio {\n  ask contact.nome \"?\" {\n    failed {\n      say \"ops\"\n    "
                                    "}\n  }\n  say contact.nome\n  end\n}\n"),
                    "F0302");
    UNIT_ASSERT_STR(
        codes(HEAD NAME
              "var n: int = 0\nstage inicio {\n  ask contact.nome \"?\"\n  while n < 3 {\n    say \"{cut(contact.nome, "
              "5)} {n}\"\n    contact.nome = none\n    n = n + 1\n    ask contact.vip \"?\"\n  }\n  end\n}\n"),
        "F0302");
}

static void test_leaves_types(void)
{
    UNIT_ASSERT_STR(
        codes(HEAD NAME "stage inicio {\n  ask contact.nome \"?\"\n  let n = contact.nome\n  say n\n  end\n}\n"), "");
    const struct fgr_node *let = find_node(program->trees[0].file, FGR_LET, "n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(let);
    CU_ASSERT(fcc_same(let->type, &fcc_t_text));
    CU_ASSERT_EQUAL(let->type->bound, 60);
    const struct fgr_node *value = let->kid[FGR_LET_value];
    CU_ASSERT(fcc_same(value->type, &fcc_t_text));        /* opened where it stands */
    CU_ASSERT_EQUAL(value->sym->type->cls, FCC_C_OPTION); /* declared as it was */
}

static void test_questions_are_total(void)
{
    const char *source = HEAD
        "var n: int = 0\nstage inicio {\n  ask n \"?\" {\n    invalid 3x \"Um número\"\n    silence 1h -> falha\n  }\n"
        "  choose \"Qual?\" {\n    a \"A\"\n    b \"B\"\n  }\n  wait message\n  end\n}\n";
    UNIT_ASSERT_STR(codes(source), "");
    const struct fcc_question *ask = question("inicio/n"), *choose = question("inicio"),
                              *wait = question("inicio/message");
    CU_ASSERT_FATAL(ask != NULL && choose != NULL && wait != NULL);
    CU_ASSERT_EQUAL(ask->invalid_times, 3);
    CU_ASSERT_EQUAL(ask->silence_time->num, 3600000);
    CU_ASSERT_EQUAL(choose->invalid_times, 2);
    CU_ASSERT_EQUAL(choose->silence_time->num, 86400000); /* from always */
    CU_ASSERT_PTR_NOT_NULL(choose->failed_action);        /* on error */
    CU_ASSERT_PTR_EQUAL(fcc_question_of(program, wait->node), wait);
}

static void test_named_arguments_are_bound(void)
{
    UNIT_ASSERT_STR(codes(HEAD "fn f(a: int, b: int = 2) -> int {\n  return a - b\n}\nstage inicio {\n  say \"{f(b: 1, "
                               "a: 3)} {f(4)}\"\n  end\n}\n"),
                    "");
    const struct fgr_node *arg = find_node(program->trees[0].file, FGR_NAMED_ARG, "b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(arg);
    CU_ASSERT_EQUAL(arg->sym->kind, FCC_S_PARAM);
    CU_ASSERT_EQUAL(arg->sym->index, 1);
}

static void test_sets_flow_between_stages(void)
{
    const char *good =
        HEAD "var n: int\nstage inicio {\n  ask n \"?\"\n  -> b\n}\nstage b {\n  say \"{n}\"\n  end\n}\n";
    const char *bad = HEAD "var n: int\nstart on keyword \"b\" -> b\nstage inicio {\n  ask n \"?\"\n  -> b\n}\nstage b "
                           "{\n  say \"{n}\"\n  end\n}\n";
    UNIT_ASSERT_STR(codes(good), "");
    UNIT_ASSERT_STR(codes(bad), "F0406");
}

static void test_window(void)
{
    const char *template_ =
        HEAD "stage inicio {\n  wait 30h\n  say \"Oi\" else template \"oi\" () language \"pt_BR\"\n  end\n}\n";
    const char *reset = HEAD "stage inicio {\n  wait 30h\n  send template \"oi\" () language \"pt_BR\"\n  wait "
                             "message\n  say \"Oi\"\n  end\n}\n";
    const char *adds = HEAD "stage inicio {\n  wait 12h\n  -> b\n}\nstage b {\n  wait 12h\n  say \"Oi\"\n  end\n}\n";
    const char *loops = HEAD
        "var n: int = 0\nstage inicio {\n  while n < 9 {\n    say \"{n}\"\n    n = n + 1\n    wait 3h\n  }\n  end\n}\n";
    const char *error = "funnel t \"T\"\nstart on message -> inicio\nalways {\n  on error -> falha\n}\nstage falha {\n "
                        " say \"Desculpe\"\n  end\n}\n"
                        "stage inicio {\n  wait 30h\n  end\n}\n";
    UNIT_ASSERT_STR(codes(template_), "");
    UNIT_ASSERT_STR(codes(reset), "");
    UNIT_ASSERT_STR(codes(adds), "F0411");
    UNIT_ASSERT_STR(codes(loops), "F0411");
    UNIT_ASSERT_STR(codes(error), ""); /* a say there is dropped when the window is closed */
}

static void test_floods(void)
{
    const char *waits = HEAD "stage inicio {\n  wait 40min\n  -> b\n}\nstage b {\n  wait 30min\n  -> inicio\n}\n";
    const char *soon = HEAD "stage inicio {\n  wait 10min\n  -> b\n}\nstage b {\n  wait 30min\n  -> inicio\n}\n";
    const char *silence =
        HEAD "stage inicio {\n  choose \"?\" {\n    a \"A\" -> falha\n    silence 10min -> inicio\n  }\n}\n";
    UNIT_ASSERT_STR(codes(waits), "");
    UNIT_ASSERT_STR(codes(soon), "F0404");
    UNIT_ASSERT_STR(codes(silence), "F0404");
}

static void test_bounds(void)
{
    UNIT_ASSERT_STR(codes(HEAD "var t: text(40) = \"\"\nstage inicio {\n  for i in [1, 2, 3] {\n    say \"{i}\"\n    t "
                               "= cut(t, 20)\n  }\n  -> b\n}\n"
                               "stage b {\n  let x = write \"oi\" else -> falha\n  say x\n  ask t \"?\"\n  end\n}\n"),
                    "");
    CU_ASSERT_EQUAL(program->messages_turn, 5);
    CU_ASSERT_EQUAL(program->ai_calls_turn, 1);
    CU_ASSERT_EQUAL(program->ai_calls_conversation, UINT32_MAX);
    CU_ASSERT(program->suspended_bytes > 40 && program->suspended_bytes < 65536);
}

static void test_tools_count(void)
{
    UNIT_ASSERT_STR(codes(HEAD "tool t(x: text(20)) -> text {\n  let y = write \"{x}\" else \"\"\n  return y\n}\n"
                               "agent a {\n  model \"m\"\n  instructions \"Oi\"\n  can t\n}\n"
                               "stage inicio {\n  talk to a {\n    done -> falha\n  }\n}\n"),
                    "");
    CU_ASSERT_EQUAL(program->ai_calls_turn, 9); /* an answer, four rounds, and in each the tool's own call */
}

static void test_templates(void)
{
    const struct fcc_template catalogue[] = {{FN_STR("lembrete"), FN_STR("pt_BR"), 1}};
    const struct fcc_options options = {.templates = catalogue, .n_templates = 1};
    static const struct {
        const char *send;
        enum fgr_diag code;
    } rows[] = {{"\"lembrete\" (\"Bia\", \"2\") language \"pt_BR\"", FGR_D_TEMPLATE_ARGS},
                {"\"lembrete\" (\"Bia\") language \"en_US\"", FGR_D_TEMPLATE_LANGUAGE},
                {"\"lembret\" (\"Bia\") language \"pt_BR\"", FGR_D_TEMPLATE_UNKNOWN}};
    for (size_t i = 0; i < FN_COUNT(rows); i++) {
        char source[600];
        CU_ASSERT_FATAL((size_t)snprintf(source, sizeof source, HEAD "stage inicio {\n  send template %s\n  end\n}\n",
                                         rows[i].send) < sizeof source);
        check_with(source, &options);
        CU_ASSERT_EQUAL_FATAL(diags.n, 1);
        CU_ASSERT_EQUAL(diags.items[0]->code, rows[i].code);
    }
    check_with(HEAD "stage inicio {\n  send template \"lembrete\" (\"Bia\") language \"pt_BR\"\n  end\n}\n", &options);
    CU_ASSERT_EQUAL(diags.n, 0);
}

static void test_modules(void)
{
    const struct fcc_module modules[] = {
        {FN_STR("util"),
         FN_STR("module util\n\nfn dobro(x: int) -> int {\n  return x + x\n}\n\nfn mal() -> int {\n  return y\n}\n")}};
    const struct fcc_options options = {.modules = modules, .n_modules = 1};
    check_with(
        "funnel t \"T\"\nuse util\nstart on message -> inicio\nstage inicio {\n  say \"{util.dobro(2)}\"\n  end\n}\n",
        &options);
    CU_ASSERT_EQUAL_FATAL(diags.n, 1);
    CU_ASSERT_EQUAL(diags.items[0]->code, FGR_D_NAME_UNKNOWN);
    CU_ASSERT_EQUAL(diags.items[0]->file, 1); /* told in the module */
}

static void test_allowed_lints(void)
{
    UNIT_ASSERT_STR(codes(HEAD "stage inicio {\n  let x = 1\n  end\n}\n"), "F0901");
    UNIT_ASSERT_STR(codes(HEAD "stage inicio {\n  let x = 1 # permitir: F0901\n  end\n}\n"), "");
    UNIT_ASSERT_STR(codes(HEAD "stage inicio {\n  # allow: F0901 kept for the next version\n  let x = 1\n  end\n}\n"),
                    "");
    UNIT_ASSERT_STR(codes(HEAD "stage inicio {\n  # allow: F0902\n  let x = 1\n  end\n}\n"), "F0901");
    UNIT_ASSERT_STR(codes(HEAD "stage inicio {\n  say \"{x}\" # allow: F0201\n  end\n}\n"), "F0201");
}

static void test_no_cascade(void)
{
    UNIT_ASSERT_STR(codes(HEAD "stage inicio {\n  let a = nada_disso + 1\n  let b = a.x.y(1) + a\n  say \"{b} {a}\"\n  "
                               "for r in a {\n    say r.nome\n  }\n  match a {\n    1 { say \"um\" }\n  }\n  end\n}\n"),
                    "F0201");
}

static void test_privacy_follows_values(void)
{
    struct fn_str via =
        codes(HEAD "contact {\n  cpf: personal text(14)?\n}\nstage inicio {\n  ask contact.cpf \"?\"\n  let x = \"CPF "
                   "{contact.cpf}\"\n  let t = write \"{x}\" else -> falha\n  say t\n  end\n}\n");
    UNIT_ASSERT_STR(via, "F0602");
    UNIT_ASSERT_STR(codes(HEAD "contact {\n  cpf: personal text(14)?\n}\nstage inicio {\n  ask contact.cpf \"?\"\n  "
                               "let t = write \"{mask(contact.cpf)}\" else -> falha\n  say t\n  end\n}\n"),
                    "");
    UNIT_ASSERT_STR(
        codes(HEAD "contact {\n  cpf: personal text(14)?\n}\nstage inicio {\n  ask contact.cpf \"?\"\n  allow personal "
                   "cpf\n  let t = write \"{contact.cpf}\" else -> falha\n  say t\n  end\n}\n"),
        "");
    UNIT_ASSERT_STR(codes(HEAD "secret s\nstage inicio {\n  let x = \"k {s}\"\n  http get \"https://a.example\" {\n    "
                               "header \"X\" \"{x}\"\n  } else -> falha\n  say x\n  end\n}\n"),
                    "F0601");
}

/* `choose cor: Cor` of a var leaves the var the value of its declaration on the paths that do not ask. */
static void test_choose_var(void)
{
    UNIT_ASSERT_STR(codes(HEAD "enum Cor { azul, verde }\nvar cor: Cor = azul\nstart on keyword \"x\" -> ultima\n"
                               "stage inicio {\n  choose cor: Cor \"?\"\n  -> ultima\n}\n"
                               "stage ultima {\n  say \"{cor}\"\n  end\n}\n"),
                    "");
}

/* `given` sets what the contact had before; a var begins with the conversation. */
static void test_given(void)
{
    UNIT_ASSERT_STR(codes(HEAD NAME "var n: int = 0\nstage inicio {\n  say \"{n}\"\n  end\n}\n"
                                    "test \"a\" {\n  given contact.nome = \"B\"\n  given n = 2\n}\n"),
                    "F0329");
    UNIT_ASSERT_STR(codes(HEAD "contact {\n  email: email?\n}\nstage inicio {\n  end\n}\n"
                               "test \"a\" {\n  given contact.email = \"b@x.example\"\n}\n"),
                    "");
}

#define TOOL  "tool soma(x: int) -> int \"s\" {\n  return x\n}\nagent bia {\n  model \"m\"\n  can soma\n}\n"
#define TALKS "stage inicio {\n  talk to bia {\n    done -> falha\n  }\n}\n"
/* A test may name a tool in a call: it says what the agent does; its arguments are checked. */
static void test_tool_step(void)
{
    UNIT_ASSERT_STR(codes(HEAD TOOL TALKS "test \"a\" {\n  > \"oi\"\n  ai tool soma(x: 2)\n}\n"), "");
    UNIT_ASSERT_STR(codes(HEAD TOOL TALKS "test \"a\" {\n  > \"oi\"\n  ai tool soma(x: \"a\")\n}\n"), "F0301");
    UNIT_ASSERT_STR(codes(HEAD TOOL TALKS "test \"a\" {\n  > \"oi\"\n  ai tool some(x: 2)\n}\n"), "F0207");
}

UNIT_SUITE("fcc_sema", {"tool in a test", test_tool_step}, {"choose keeps a var set", test_choose_var},
           {"given", test_given}, {"narrows", test_narrows}, {"leaves types", test_leaves_types},
           {"questions are total", test_questions_are_total},
           {"named arguments are bound", test_named_arguments_are_bound},
           {"sets flow between stages", test_sets_flow_between_stages}, {"window", test_window},
           {"floods", test_floods}, {"bounds", test_bounds}, {"tools count", test_tools_count},
           {"templates", test_templates}, {"modules", test_modules}, {"allowed lints", test_allowed_lints},
           {"no cascade", test_no_cascade}, {"privacy follows values", test_privacy_follows_values})
