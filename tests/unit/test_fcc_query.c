/* test_fcc_query.c: the editor's queries: what they answer, that a renamed program is the same program, and that every prefix of every
 * example goes through every query. FUNNEL_PREFIXES=N takes N prefixes a file (all of them: a large N); 40 otherwise.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_query.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fgr_parse.h"
#include "fn_buf.h"
#include "fsl_natives.h"
#include "unit.h"

enum { MODULES_MAX = 16, SOURCE_MAX = 1 << 16, PREFIXES = 40, EXAMPLES_MAX = 32 };

static struct fcc_module modules[MODULES_MAX];
static struct fcc_options options = {.modules = modules};

struct checked {
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fcc_program *p;
    char *text; /* exactly as long as the source, so that a read behind its end is seen */
};

static void check(struct checked *c, const char *text, size_t n)
{
    for (size_t i = 0; options.n_modules == 0 && i < fsl_module_count() && i < MODULES_MAX; i++) {
        modules[i] = (struct fcc_module){fsl_module_at(i).name, fsl_module_at(i).text};
        options.n_modules += i + 1 == fsl_module_count() ? fsl_module_count() : 0;
    }
    fn_arena_init(&c->arena, (size_t)256 << 20);
    fn_diag_list_init(&c->diags, &c->arena, 200);
    c->text = malloc(n != 0 ? n : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c->text);
    memcpy(c->text, text, n);
    CU_ASSERT_EQUAL_FATAL(
        fcc_check(&c->arena, FN_STR("q.funnel"), (struct fn_str){c->text, n}, &options, &c->diags, &c->p), FN_OK);
}

static void done(struct checked *c)
{
    free(c->text);
    fn_arena_fini(&c->arena);
}

/* -- examples -------------------------------------------------------------------------------------------------------------------- */

static char source[SOURCE_MAX], names[EXAMPLES_MAX][64];

static size_t read_example(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/examples/%s", UNIT_ROOT, name);
    FILE *f = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t n = f != NULL ? fread(source, 1, sizeof source, f) : 0;
    fclose(f);
    return n;
}

static size_t list_examples(void)
{
    char path[512];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/examples", UNIT_ROOT);
    DIR *d = opendir(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    for (struct dirent *e; (e = readdir(d)) != NULL && n < EXAMPLES_MAX;) {
        if (strstr(e->d_name, ".funnel") != NULL && strlen(e->d_name) < sizeof names[0]) {
            memcpy(names[n++], e->d_name, strlen(e->d_name) + 1);
        }
    }
    closedir(d);
    CU_ASSERT(n >= 10);
    return n;
}

/* -- what they answer ------------------------------------------------------------------------------------------------------------- */

static const char small[] =
    "funil loja \"Loja\"\n"
    "contato {\n  nome: texto(40)?\n}\n"
    "opções Cor { azul, verde }\n"
    "registro Item {\n  produto: texto(20)\n  preço: dinheiro\n}\n"
    "var total: dinheiro = R$ 0,00\n"
    "função dobro(valor: dinheiro) -> dinheiro {\n  retorne valor + valor\n}\n"
    "comece com mensagem -> início\n"
    "sempre {\n  quando erro -> fim_da_linha\n}\n"
    "etapa início {\n"
    "  pergunte contato.nome \"Nome?\"\n"
    "  escolha cor: Cor \"Cor?\" {\n    azul \"Azul\" -> fim_da_linha\n    verde \"Verde\"\n  }\n"
    "  total = dobro(total)\n"
    "  diga \"{contato.nome}, deu {total}\"\n"
    "  -> fim_da_linha\n"
    "}\n"
    "etapa fim_da_linha {\n  fim\n}\n"
    "teste \"um\" {\n  > \"oi\"\n  > \"Bia\"\n  > [verde]\n  @ total == R$ 0,00\n}\n";

static uint32_t at(const char *text, const char *what)
{
    const char *p = strstr(text, what);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p != NULL ? (uint32_t)(p - text) : 0;
}

static void test_outline(void)
{
    struct checked c;
    struct fcc_outlines out;
    check(&c, small, sizeof small - 1);
    CU_ASSERT_EQUAL(c.diags.errors, 0);
    CU_ASSERT_EQUAL_FATAL(fcc_query_outline(&c.arena, c.p, &out), FN_OK);
    static const struct {
        enum fcc_outline_kind kind;
        unsigned depth;
        const char *name;
    } want[] = {
        {FCC_OUT_TYPE, 0, "contato"},         {FCC_OUT_FIELD, 1, "nome"},          {FCC_OUT_TYPE, 0, "Cor"},
        {FCC_OUT_FIELD, 1, "azul"},           {FCC_OUT_FIELD, 1, "verde"},         {FCC_OUT_TYPE, 0, "Item"},
        {FCC_OUT_FIELD, 1, "produto"},        {FCC_OUT_FIELD, 1, "preço"},         {FCC_OUT_VAR, 0, "total"},
        {FCC_OUT_FUNCTION, 0, "dobro"},       {FCC_OUT_ALWAYS, 0, "sempre"},       {FCC_OUT_STAGE, 0, "início"},
        {FCC_OUT_QUESTION, 1, "início/nome"}, {FCC_OUT_QUESTION, 1, "início/cor"}, {FCC_OUT_OPTION, 2, "azul"},
        {FCC_OUT_OPTION, 2, "verde"},         {FCC_OUT_STAGE, 0, "fim_da_linha"},  {FCC_OUT_TEST, 0, "um"},
    };
    CU_ASSERT_EQUAL_FATAL(out.n, FN_COUNT(want));
    for (uint32_t i = 0; i < out.n; i++) {
        CU_ASSERT_EQUAL(out.items[i].kind, want[i].kind);
        CU_ASSERT_EQUAL(out.items[i].depth, want[i].depth);
        CU_ASSERT(fn_str_eq(out.items[i].name, fn_str_c(want[i].name)));
    }
    done(&c);
}

static void expect_places(const char *what, uint32_t further, unsigned wanted, const char *declared)
{
    struct checked c;
    struct fcc_places out;
    struct fcc_place decl;
    check(&c, small, sizeof small - 1);
    CU_ASSERT_EQUAL_FATAL(fcc_query_references(&c.arena, c.p, at(small, what) + further, &out), FN_OK);
    CU_ASSERT_EQUAL(out.n, wanted);
    unsigned declares = 0;
    for (uint32_t i = 0; i < out.n; i++) {
        declares += out.items[i].declares ? 1 : 0;
        CU_ASSERT(i == 0 || out.items[i - 1].span.a < out.items[i].span.a);
    }
    CU_ASSERT_EQUAL(declares, 1);
    if (declared != NULL) {
        CU_ASSERT_TRUE(fcc_query_definition(c.p, at(small, what) + further, &decl));
        CU_ASSERT_EQUAL(decl.span.a, at(small, declared));
    }
    done(&c);
}

static void test_references(void)
{
    expect_places("-> início", 3, 2, "início {");
    expect_places("fim_da_linha {\n  fim", 0, 4, "fim_da_linha {\n  fim");
    expect_places("{total}", 1, 5, "total: dinheiro");
    expect_places("contato.nome}", 9, 3, "nome: texto");
    expect_places("valor + valor", 8, 3, "valor: dinheiro");
    expect_places("dobro(total)", 1, 2, "dobro(valor");
    expect_places("cor: Cor", 5, 2, "Cor {");
}

static void expect_rename(const char *what, uint32_t further, const char *to, enum fcc_rename wanted, const char *text)
{
    struct checked c;
    struct fcc_places out;
    struct fn_str put;
    enum fcc_rename result;
    check(&c, small, sizeof small - 1);
    CU_ASSERT_EQUAL_FATAL(fcc_query_rename(&c.arena, c.p, at(small, what) + further, fn_str_c(to), &out, &put, &result),
                          FN_OK);
    CU_ASSERT_EQUAL(result, wanted);
    CU_ASSERT_EQUAL(out.n > 0, wanted == FCC_RENAME_GOOD);
    CU_ASSERT(text == NULL || fn_str_eq(put, fn_str_c(text)));
    done(&c);
}

static void test_rename_refuses(void)
{
    expect_rename("total:", 0, "soma", FCC_RENAME_GOOD, "soma");
    expect_rename("total:", 0, "fim", FCC_RENAME_GOOD, "`fim`");
    expect_rename("total:", 0, "dobro", FCC_RENAME_TAKEN, NULL);
    expect_rename("início {", 0, "total", FCC_RENAME_GOOD, "total"); /* stages have names of their own */
    expect_rename("início {", 0, "fim_da_linha", FCC_RENAME_TAKEN, NULL);
    expect_rename("total:", 0, "Soma", FCC_RENAME_NO_NAME, NULL);
    expect_rename("Cor {", 0, "cor", FCC_RENAME_NO_NAME, NULL);
    expect_rename("total:", 0, "2x", FCC_RENAME_NO_NAME, NULL);
    expect_rename("total:", 0, "", FCC_RENAME_NO_NAME, NULL);
    expect_rename("\"Nome?\"", 2, "soma", FCC_RENAME_NOTHING, NULL);
    expect_rename("azul, verde", 0, "verde", FCC_RENAME_TAKEN, NULL);
}

static void expect_hover(const char *what, uint32_t further, const char *wanted)
{
    struct checked c;
    struct fn_buf out;
    struct fn_span span = {0, 0};
    check(&c, small, sizeof small - 1);
    fn_buf_init(&out, 4096);
    bool found = fcc_query_hover(&out, c.p, at(small, what) + further, &span);
    CU_ASSERT_EQUAL(found, wanted != NULL);
    CU_ASSERT(wanted == NULL || fn_str_eq(fn_buf_view(&out), fn_str_c(wanted)));
    if (wanted != NULL && !fn_str_eq(fn_buf_view(&out), fn_str_c(wanted))) {
        printf("got  %.*s\nwant %s\n", FN_STR_ARG(fn_buf_view(&out)), wanted);
    }
    fn_buf_fini(&out);
    done(&c);
}

static void test_hover(void)
{
    expect_hover("{total}", 2, "var total: dinheiro");
    expect_hover("dobro(total)", 1, "função dobro(valor: dinheiro) -> dinheiro");
    expect_hover("-> início", 4, "etapa início");
    expect_hover("cor: Cor", 5, "opções Cor { azul, verde }");
    expect_hover("contato.nome}", 10, "contato.nome: texto(40)"); /* it was asked for, so it is set */
    expect_hover("Item {", 1, "registro Item { produto: texto(20), preço: dinheiro }");
    expect_hover("\"Nome?\"", 2, NULL);
}

/* `text` has a | where the cursor is. */
static void expect_items(const char *text, const char *has, const char *hasnt)
{
    struct checked c;
    struct fcc_items out;
    char whole[4096];
    const char *bar = strchr(text, '|');
    CU_ASSERT_PTR_NOT_NULL_FATAL(bar);
    snprintf(whole, sizeof whole, "%s%.*s%s", small, (int)(bar - text), text, bar + 1);
    check(&c, whole, strlen(whole));
    uint32_t cursor = (uint32_t)(sizeof small - 1 + (size_t)(bar - text));
    CU_ASSERT_EQUAL_FATAL(fcc_query_complete(&c.arena, c.p, cursor, &out), FN_OK);
    bool found = has == NULL, wrong = false;
    for (uint32_t i = 0; i < out.n; i++) {
        found |= has != NULL && fn_str_eq(out.items[i].text, fn_str_c(has));
        wrong |= hasnt != NULL && fn_str_eq(out.items[i].text, fn_str_c(hasnt));
    }
    if (!found || wrong) {
        printf("%s: %u offered, %s%s\n", text, out.n, found ? "" : "missing ", found ? hasnt : has);
    }
    CU_ASSERT_TRUE(found);
    CU_ASSERT_FALSE(wrong);
    CU_ASSERT(has != NULL || hasnt != NULL || out.n == 0);
    CU_ASSERT_EQUAL(out.replace.b, cursor);
    done(&c);
}

static void test_complete(void)
{
    expect_items("etapa x {\n  -> |\n}\n", "início", "total");
    expect_items("etapa x {\n  -> ini|\n}\n", "início", "fim_da_linha"); /* accents are not needed */
    expect_items("etapa x {\n  -> |", "fim_da_linha", NULL);
    expect_items("etapa x {\n  |\n}\n", "diga", "etapa");
    expect_items("etapa x {\n  di|\n}\n", "diga", "pergunte");
    expect_items("|", "etapa", "diga");
    expect_items("eta|", "etapa", "teste");
    expect_items("etapa x {\n  diga contato.|\n}\n", "nome", "total");
    expect_items("etapa x {\n  diga contato.|\n}\n", "telefone", NULL);
    expect_items("etapa x {\n  diga \"{contato.no|}\"\n}\n", "nome", "telefone");
    expect_items("etapa x {\n  diga \"{to|}\"\n}\n", "total", NULL);
    expect_items("etapa x {\n  diga \"to|\"\n}\n", NULL, NULL); /* letters of a text */
    expect_items("# to|\n", NULL, NULL);
    expect_items("var y: |\n", "dinheiro", "total");
    expect_items("var y: |\n", "Cor", NULL);
    expect_items("etapa x {\n  seja i = Item { produto: \"a\", preço: total }\n  diga i.|\n}\n", "preço", "total");
    expect_items("etapa x {\n  seja i = Item { produto: \"a\", preço: total }\n  diga \"{i.pro|\n}\n", "produto",
                 "preço");
    expect_items("etapa x {\n  seja n = \"a\"\n  se n.|\n}\n", "maiúsculas", "total");
    expect_items("etapa x {\n  seja meu = 1\n  diga \"{m|}\"\n}\n", "meu", NULL);
    expect_items("etapa x {\n  diga \"{m|}\"\n  seja meu = 1\n}\n", NULL, "meu"); /* not yet declared */
    expect_items("etapa x {\n  seja meu = 1\n}\netapa y {\n  diga \"{m|}\"\n}\n", NULL, "meu");
    expect_items("teste \"dois\" {\n  > [|\n}\n", "verde", "total");
    expect_items("sempre {\n  |\n}\n", "quando", NULL);
    expect_items("etapa x {\n  total = do|\n}\n", "dobro", "início");
    expect_items("registro P {\n  cor: |\n}\n", "Cor", "total");
    expect_items("usa br\netapa x {\n  se cor == Cor.|\n}\n", "azul", "total");
}

/* -- paint and folds ---------------------------------------------------------------------------------------------------------------- */

static void test_paint(void)
{
    struct checked c;
    struct fcc_paints out;
    struct fcc_folds folds;
    check(&c, small, sizeof small - 1);
    CU_ASSERT_EQUAL_FATAL(fcc_query_paint(&c.arena, c.p, &out), FN_OK);
    static const struct {
        const char *what;
        uint32_t further;
        enum fcc_paint paint;
    } want[] = {
        {"funil", 0, FCC_PAINT_WORD},      {"\"Loja\"", 0, FCC_PAINT_TEXT},
        {"texto(40)", 0, FCC_PAINT_TYPE},  {"40)", 0, FCC_PAINT_NUMBER},
        {"-> início", 3, FCC_PAINT_STAGE}, {"dobro(total)", 0, FCC_PAINT_FUNCTION},
        {"Cor {", 0, FCC_PAINT_TYPE},      {"azul, verde", 0, FCC_PAINT_MEMBER},
        {"nome}", 0, FCC_PAINT_FIELD},     {"total: dinheiro", 0, FCC_PAINT_NAME},
        {"-> fim_da", 0, FCC_PAINT_SIGN},  {"R$ 0,00", 0, FCC_PAINT_NUMBER},
    };
    for (size_t w = 0; w < FN_COUNT(want); w++) {
        bool found = false;
        for (uint32_t i = 0; i < out.n; i++) {
            found |=
                out.items[i].span.a == at(small, want[w].what) + want[w].further && out.items[i].paint == want[w].paint;
        }
        if (!found) {
            printf("not painted so: %s\n", want[w].what);
        }
        CU_ASSERT_TRUE(found);
    }
    CU_ASSERT_EQUAL_FATAL(fcc_query_folds(&c.arena, c.p, &folds), FN_OK);
    CU_ASSERT_EQUAL(folds.n, 8);
    done(&c);
}

/* -- a renamed program is the same program ------------------------------------------------------------------------------------------- */

static size_t apply(char *out, const char *text, size_t n, const struct fcc_places *places, struct fn_str put)
{
    size_t from = 0, length = 0;
    for (uint32_t i = 0; i < places->n; i++) {
        struct fn_span span = places->items[i].span;
        CU_ASSERT_FATAL(places->items[i].file == 0 && span.a >= from && span.b <= n);
        memcpy(out + length, text + from, span.a - from);
        length += span.a - from;
        memcpy(out + length, put.p, put.n);
        length += put.n;
        from = span.b;
    }
    memcpy(out + length, text + from, n - from);
    return length + n - from;
}

static bool rename_one(const struct checked *c, const char *text, size_t n, const struct fcc_sym *s)
{
    static char renamed[SOURCE_MAX * 2];
    struct fn_arena arena;
    struct fcc_places places;
    struct fn_str put;
    enum fcc_rename result;
    struct checked again;
    const struct fgr_node *d = s->decl;
    bool upper = s->kind == FCC_S_ENUM || s->kind == FCC_S_RECORD;
    fn_arena_init(&arena, (size_t)16 << 20);
    enum fn_code code = fcc_query_rename(&arena, c->p, d->text_span.a, fn_str_c(upper ? "Novo_nome_9" : "novo_nome_9"),
                                         &places, &put, &result);
    bool good = code == FN_OK && result == FCC_RENAME_GOOD;
    if (good) {
        size_t length = apply(renamed, text, n, &places, put);
        check(&again, renamed, length);
        good = again.diags.n == 0;
        if (!good) {
            const struct fn_diag *told = again.diags.items[0];
            printf("renaming %.*s: %s at %u\n", FN_STR_ARG(s->name), fgr_diag_code((enum fgr_diag)told->code),
                   told->span.a);
        }
        done(&again);
    }
    fn_arena_fini(&arena);
    return good;
}

static void test_rename_examples(void)
{
    size_t n_names = list_examples();
    for (size_t k = 0; k < n_names; k++) {
        struct checked c;
        size_t n = read_example(names[k]), tried = 0, good = 0;
        check(&c, source, n);
        for (uint32_t i = 0; i < c.p->n_syms; i++) {
            const struct fcc_sym *s = c.p->syms[i];
            bool named = s->file == 0 && s->decl != NULL && s->decl->text_span.b > s->decl->text_span.a;
            if (named && s->kind != FCC_S_MODULE && i % 4 == k % 4) {
                tried++;
                good += rename_one(&c, source, n, s) ? 1 : 0;
            }
        }
        if (good != tried) {
            printf("%s: %zu of %zu renames left the program as it was\n", names[k], good, tried);
        }
        CU_ASSERT_EQUAL(good, tried);
        done(&c);
    }
}

/* -- every prefix through every query ------------------------------------------------------------------------------------------------- */

static bool inside(const struct fcc_program *p, uint16_t file, struct fn_span span)
{
    return file < p->n_trees && span.a <= span.b && span.b <= p->trees[file].source.text.n;
}

static bool shapes(struct checked *c)
{
    struct fcc_outlines outline;
    struct fcc_paints paint;
    struct fcc_folds folds;
    bool good = fcc_query_outline(&c->arena, c->p, &outline) == FN_OK &&
                fcc_query_paint(&c->arena, c->p, &paint) == FN_OK && fcc_query_folds(&c->arena, c->p, &folds) == FN_OK;
    for (uint32_t i = 0; good && i < outline.n; i++) {
        good = inside(c->p, 0, outline.items[i].span) && inside(c->p, 0, outline.items[i].at) &&
               outline.items[i].name.n > 0;
    }
    for (uint32_t i = 0; good && i < paint.n; i++) {
        good = inside(c->p, 0, paint.items[i].span) && (i == 0 || paint.items[i - 1].span.b <= paint.items[i].span.a);
    }
    for (uint32_t i = 0; good && i < folds.n; i++) {
        good = inside(c->p, 0, folds.items[i]) && (i == 0 || folds.items[i - 1].a <= folds.items[i].a);
    }
    return good;
}

static bool questions_at(struct checked *c, uint32_t offset)
{
    struct fcc_places places;
    struct fcc_place place;
    struct fcc_items items;
    struct fn_str put;
    enum fcc_rename result;
    struct fn_span span = {0, 0};
    struct fn_buf hover;
    fn_buf_init(&hover, 1 << 16);
    bool good = fcc_query_references(&c->arena, c->p, offset, &places) == FN_OK;
    for (uint32_t i = 0; good && i < places.n; i++) {
        good = inside(c->p, places.items[i].file, places.items[i].span);
    }
    good = good && (!fcc_query_definition(c->p, offset, &place) || inside(c->p, place.file, place.span));
    good = good && (!fcc_query_hover(&hover, c->p, offset, &span) || (hover.n > 0 && inside(c->p, 0, span)));
    good = good && fcc_query_rename(&c->arena, c->p, offset, FN_STR("outro"), &places, &put, &result) == FN_OK;
    good = good && fcc_query_complete(&c->arena, c->p, offset, &items) == FN_OK && inside(c->p, 0, items.replace);
    fn_buf_fini(&hover);
    return good;
}

static void test_prefixes(void)
{
    const char *asked = getenv("FUNNEL_PREFIXES");
    size_t n_names = list_examples(), most = asked != NULL ? strtoul(asked, NULL, 10) : PREFIXES;
    for (size_t k = 0; k < n_names; k++) {
        size_t n = read_example(names[k]), wrong = 0, count = most < n ? most : n;
        for (size_t i = 0; i <= count; i++) {
            struct checked c;
            uint32_t end = (uint32_t)(n * i / count);
            check(&c, source, end);
            wrong +=
                shapes(&c) && questions_at(&c, end) && questions_at(&c, end / 2) && questions_at(&c, end + 1) ? 0 : 1;
            done(&c);
        }
        CU_ASSERT_EQUAL(wrong, 0);
    }
}

UNIT_SUITE("fcc_query", {"outline", test_outline}, {"references", test_references},
           {"rename refuses", test_rename_refuses}, {"hover", test_hover}, {"complete", test_complete},
           {"paint and folds", test_paint}, {"renamed examples", test_rename_examples}, {"prefixes", test_prefixes})
