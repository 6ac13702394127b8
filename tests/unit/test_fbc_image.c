/* test_fbc_image.c: build, verify, look up.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_build.h"
#include "fbc_format.h"
#include "fn_buf.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct fbc_build_info info = {
    .name = {"demo", 4},
    .title = {"Demo", 4},
    .timezone = {"America/Sao_Paulo", 17},
    .locale = {"pt-BR", 5},
    .currency = {"BRL", 3},
    .language = {"pt", 2},
    .budget = 7,
};

/* A program with init and one stage whose body is given. */
struct program {
    struct fbc_build *b;
    uint16_t text, integer, list, init, stage_func;
};

static struct program start_program(void)
{
    struct program p = {.b = fbc_build_new()};
    const uint32_t retv = fbc_word(FBC_OP_RETV, 0, 0, 0);
    fbc_build_info(p.b, &info);
    p.text = fbc_build_type(p.b, FBC_T_TEXT, 0);
    p.integer = fbc_build_type(p.b, FBC_T_INT, 0);
    p.list = fbc_build_type_of(p.b, FBC_T_LIST, p.text, 0);
    p.init = fbc_build_func(p.b, FN_STR("init"), 0, NULL, FBC_NO_TYPE, 0);
    fbc_build_body(p.b, p.init, NULL, 0, &retv, 1, NULL, 0);
    p.stage_func = fbc_build_func(p.b, FN_STR("stage:inicio"), 0, NULL, FBC_NO_TYPE, 1);
    fbc_build_stage_func(p.b, fbc_build_stage(p.b, FN_STR("inicio")), p.stage_func);
    return p;
}

static const struct fbc_image *finish(struct program *p, struct fbc_allow allow, struct fbc_fault *fault)
{
    struct fn_buf out;
    struct fn_err err = {FN_OK, ""};
    const struct fbc_image *im = NULL;
    fn_buf_init(&out, FBC_LIMIT_IMAGE);
    CU_ASSERT_EQUAL(fbc_build_finish(p->b, &out, &err), FN_OK);
    CU_ASSERT_STRING_EQUAL(err.text, "");
    enum fn_code code = fbc_verify(fn_buf_view(&out), allow, &im, fault);
    CU_ASSERT_EQUAL(code, im != NULL ? FN_OK : FN_INVALID);
    fbc_build_free(p->b);
    fn_buf_fini(&out);
    return im;
}

static void say_hello(struct program *p, uint32_t *words, uint16_t *n)
{
    words[0] = fbc_word16(FBC_OP_LOADK, 0, fbc_build_const_text(p->b, p->text, FN_STR("Oi!")));
    words[1] = fbc_word16(FBC_OP_EFFECT, 0, fbc_build_host(p->b, FBC_HOST_say));
    words[2] = fbc_word(FBC_OP_AWAIT, 1, 1, 0);
    words[3] = fbc_word24(FBC_OP_EXT, fbc_build_wait(p->b, &(struct fbc_wait){.name = FN_STR("inicio/email"),
                                                                              .flags = FBC_WAIT_MESSAGE,
                                                                              .event = FBC_NO_INDEX}));
    words[4] = fbc_word(FBC_OP_END, 0, 0, 0);
    *n = 5;
}

static void test_round_trip(void)
{
    struct program p = start_program();
    struct fbc_fault fault;
    uint32_t words[8];
    uint16_t n, regs[] = {p.text, p.integer};
    say_hello(&p, words, &n);
    fbc_build_body(p.b, p.stage_func, regs, 2, words, n, &(struct fbc_line){0, 42}, 1);
    uint16_t var = fbc_build_global(p.b, FN_STR("nome"), p.text, 0);
    uint16_t contact = fbc_build_global(p.b, FN_STR("nome"), p.text, FBC_G_CONTACT | FBC_G_PERSONAL);
    fbc_build_entry(p.b, &(struct fbc_entry){.kind = FBC_ENTRY_KEYWORD, .event = FBC_NO_INDEX, .phrase = FN_STR("oi")});
    fbc_build_entry(p.b, &(struct fbc_entry){.kind = FBC_ENTRY_MESSAGE, .event = FBC_NO_INDEX});
    const struct fbc_image *im = finish(&p, FBC_ALLOW_ALL, &fault);
    CU_ASSERT_STRING_EQUAL(fault.text, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(im);
    UNIT_ASSERT_STR(im->name, "demo");
    UNIT_ASSERT_STR(im->timezone, "America/Sao_Paulo");
    CU_ASSERT_EQUAL(im->budget, 7);
    CU_ASSERT_EQUAL(im->n_code, 6);
    CU_ASSERT_EQUAL(im->code[2], words[1]);
    CU_ASSERT_EQUAL(im->lines[0].word, 1); /* behind init */
    CU_ASSERT_EQUAL(im->lines[0].offset, 42);
    CU_ASSERT_EQUAL(im->func_of_word[0], 0);
    CU_ASSERT_EQUAL(im->func_of_word[5], p.stage_func);
    static const uint8_t site[] = {1, 1, 1, 1, 0, 3};
    CU_ASSERT_EQUAL(memcmp(im->site, site, sizeof site), 0);
    CU_ASSERT_EQUAL(fbc_find_global(im, FN_STR("nome"), 0), var);
    CU_ASSERT_EQUAL(fbc_find_global(im, FN_STR("nome"), 1), contact);
    CU_ASSERT_EQUAL(fbc_find_stage(im, FN_STR("inicio")), 0);
    CU_ASSERT_EQUAL(fbc_find_stage(im, FN_STR("fim")), FBC_NO_INDEX);
    CU_ASSERT_EQUAL(fbc_find_wait(im, FN_STR("inicio/email")), 0);
    CU_ASSERT_PTR_EQUAL(fbc_find_entry(im, FBC_ENTRY_KEYWORD, FN_STR("oi"), FBC_NO_INDEX), &im->entries[0]);
    CU_ASSERT_PTR_EQUAL(fbc_find_entry(im, FBC_ENTRY_MESSAGE, FN_STR("oi"), FBC_NO_INDEX), &im->entries[1]);
    CU_ASSERT_PTR_NULL(fbc_find_entry(im, FBC_ENTRY_KEYWORD, FN_STR("tchau"), FBC_NO_INDEX));
    fbc_image_free(im);
}

static void test_allow(void)
{
    struct fbc_fault fault;
    uint32_t words[8];
    uint16_t n;
    for (unsigned allowed = 0; allowed < 2; allowed++) {
        struct program p = start_program();
        uint16_t regs[] = {p.text, p.integer};
        say_hello(&p, words, &n);
        fbc_build_body(p.b, p.stage_func, regs, 2, words, n, NULL, 0);
        const struct fbc_image *im = finish(&p, (struct fbc_allow){(uint64_t)allowed << FBC_HOST_say}, &fault);
        CU_ASSERT_EQUAL(im != NULL, allowed == 1);
        CU_ASSERT_STRING_EQUAL(fault.rule, allowed == 1 ? "" : "M4");
        fbc_image_free(im);
    }
}

static void test_interning(void)
{
    struct program p = start_program();
    const struct fbc_field fields[] = {{FN_STR("a"), p.text}, {FN_STR("b"), p.integer}};
    const struct fn_str members[] = {FN_STR("sim"), FN_STR("nao")};
    CU_ASSERT_EQUAL(fbc_build_type(p.b, FBC_T_TEXT, 0), p.text);
    CU_ASSERT_NOT_EQUAL(fbc_build_type(p.b, FBC_T_TEXT, 60), p.text);
    uint16_t record = fbc_build_record(p.b, FN_STR("par"), fields, 2);
    CU_ASSERT_EQUAL(fbc_build_record(p.b, FN_STR("par"), fields, 2), record);
    CU_ASSERT_NOT_EQUAL(fbc_build_record(p.b, FN_STR("par"), fields, 1), record);
    uint16_t answer = fbc_build_enum(p.b, FN_STR("resposta"), members, 2);
    CU_ASSERT_EQUAL(fbc_build_enum(p.b, FN_STR("resposta"), members, 2), answer);
    uint16_t one = fbc_build_const_text(p.b, p.text, FN_STR("um"));
    CU_ASSERT_EQUAL(fbc_build_const_text(p.b, p.text, FN_STR("um")), one);
    uint16_t items[] = {one, one};
    uint16_t list = fbc_build_const_list(p.b, p.list, items, 2);
    CU_ASSERT_EQUAL(fbc_build_const_list(p.b, p.list, items, 2), list);
    CU_ASSERT_NOT_EQUAL(fbc_build_const_list(p.b, p.list, items, 1), list);
    CU_ASSERT_EQUAL(fbc_build_host(p.b, FBC_HOST_say), fbc_build_host(p.b, FBC_HOST_say));
    CU_ASSERT_NOT_EQUAL(fbc_build_host(p.b, FBC_HOST_say), fbc_build_host(p.b, FBC_HOST_http));
    fbc_build_free(p.b);
}

/* Failure is remembered until the end, and told. */
static void test_sticky(void)
{
    struct fn_buf out;
    struct fn_err err = {FN_OK, ""};
    struct program p = start_program(); /* its stage's function gets no body */
    fn_buf_init(&out, FBC_LIMIT_IMAGE);
    CU_ASSERT_EQUAL(fbc_build_finish(p.b, &out, &err), FN_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "stage:inicio"));
    fbc_build_free(p.b);
    p = start_program();
    for (unsigned i = 0; i <= FBC_LIMIT_EVENTS; i++) {
        fbc_build_event(p.b, FN_STR("e"), 0);
    }
    CU_ASSERT_EQUAL(fbc_build_finish(p.b, &out, &err), FN_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "EVENTS"));
    CU_ASSERT_EQUAL(out.n, 0);
    fbc_build_free(p.b);
    fn_buf_fini(&out);
}

static double verify_seconds(struct fn_str bytes, const struct fbc_image **im)
{
    struct timespec a, b;
    struct fbc_fault fault;
    clock_gettime(CLOCK_MONOTONIC, &a);
    CU_ASSERT_EQUAL(fbc_verify(bytes, FBC_ALLOW_ALL, im, &fault), FN_OK);
    clock_gettime(CLOCK_MONOTONIC, &b);
    CU_ASSERT_STRING_EQUAL(fault.text, "");
    return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/* One MiB of code, each word the dearest instruction there is: a call with 249 arguments, enums taken as ints. */
static void test_dearest(void)
{
    struct fn_buf out;
    const struct fbc_image *im = NULL;
    struct program p = start_program();
    const struct fn_str members[] = {FN_STR("sim"), FN_STR("nao")};
    uint16_t regs[FBC_REGS_MAX], answer = fbc_build_enum(p.b, FN_STR("resposta"), members, 2);
    uint32_t n = FBC_LIMIT_CODE - 2, *words = calloc(n, sizeof *words);
    CU_ASSERT_PTR_NOT_NULL_FATAL(words);
    for (unsigned i = 0; i < FBC_REGS_MAX; i++) {
        regs[i] = p.integer;
    }
    uint16_t callee = fbc_build_func(p.b, FN_STR("fn:muitos"), FBC_REGS_MAX - 1, regs, FBC_NO_TYPE, 0);
    fbc_build_body(p.b, callee, regs, FBC_REGS_MAX - 1, &(uint32_t){fbc_word(FBC_OP_RETV, 0, 0, 0)}, 1, NULL, 0);
    for (unsigned i = 0; i < FBC_REGS_MAX; i++) {
        regs[i] = answer;
    }
    for (uint32_t i = 0; i < n - 1; i++) {
        words[i] = fbc_word16(FBC_OP_CALL, 0, callee);
    }
    words[n - 1] = fbc_word(FBC_OP_END, 0, 0, 0);
    fbc_build_body(p.b, p.stage_func, regs, FBC_REGS_MAX, words, n, NULL, 0);
    fn_buf_init(&out, FBC_LIMIT_IMAGE);
    CU_ASSERT_EQUAL(fbc_build_finish(p.b, &out, NULL), FN_OK);
    double seconds = verify_seconds(fn_buf_view(&out), &im);
    printf(" %.1f ms for %zu bytes", seconds * 1e3, out.n);
    CU_ASSERT(seconds < 5); /* 50 ms is the figure of a release build; sanitizers and busy machines are slower */
    fbc_image_free(im);
    fbc_build_free(p.b);
    free(words);
    fn_buf_fini(&out);
}

/* As many names as fit, long and alike to the last bytes, in descending order: what sorting them may cost. */
static void test_names(void)
{
    struct fn_buf out;
    const struct fbc_image *im = NULL;
    struct program p = start_program();
    char name[FBC_LIMIT_NAME + 1];
    uint32_t n = FBC_LIMIT_WAITS, *words = calloc(2 * n + 1, sizeof *words);
    CU_ASSERT_PTR_NOT_NULL_FATAL(words);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%0*u", (int)FBC_LIMIT_NAME, (unsigned)(n - i));
        words[2 * i] = fbc_word(FBC_OP_AWAIT, 0, 0, 0);
        words[2 * i + 1] = fbc_word24(
            FBC_OP_EXT, fbc_build_wait(p.b, &(struct fbc_wait){fn_str_c(name), FBC_WAIT_MESSAGE, FBC_NO_INDEX, 0, 0}));
    }
    words[2 * n] = fbc_word(FBC_OP_END, 0, 0, 0);
    fbc_build_body(p.b, p.stage_func, &p.integer, 1, words, 2 * n + 1, NULL, 0);
    fn_buf_init(&out, FBC_LIMIT_IMAGE);
    CU_ASSERT_EQUAL(fbc_build_finish(p.b, &out, NULL), FN_OK);
    double seconds = verify_seconds(fn_buf_view(&out), &im);
    printf(" %.1f ms for %zu bytes", seconds * 1e3, out.n);
    CU_ASSERT(seconds < 5);
    fbc_image_free(im);
    fbc_build_free(p.b);
    free(words);
    fn_buf_fini(&out);
}

/* Equal input, equal bytes, whatever the order of the bodies. */
static void test_same_bytes(void)
{
    struct fn_buf out[2];
    const uint32_t end = fbc_word(FBC_OP_END, 0, 0, 0), ret = fbc_word(FBC_OP_RETV, 0, 0, 0);
    for (unsigned i = 0; i < 2; i++) {
        struct program p = start_program();
        uint16_t f = fbc_build_func(p.b, FN_STR("fn:nada"), 0, NULL, FBC_NO_TYPE, 0);
        fbc_build_body(p.b, i == 0 ? f : p.stage_func, NULL, 0, i == 0 ? &ret : &end, 1, NULL, 0);
        fbc_build_body(p.b, i == 0 ? p.stage_func : f, NULL, 0, i == 0 ? &end : &ret, 1, NULL, 0);
        fn_buf_init(&out[i], FBC_LIMIT_IMAGE);
        CU_ASSERT_EQUAL(fbc_build_finish(p.b, &out[i], NULL), FN_OK);
        fbc_build_free(p.b);
    }
    CU_ASSERT(fn_str_eq(fn_buf_view(&out[0]), fn_buf_view(&out[1])));
    fn_buf_fini(&out[0]);
    fn_buf_fini(&out[1]);
}

static void check_schema(const struct fbc_image *im, uint16_t type, const char *want)
{
    struct fn_buf out;
    fn_buf_init(&out, FBC_LIMIT_IMAGE);
    fbc_json_schema(&out, im, type);
    UNIT_ASSERT_STR(fn_buf_view(&out), want);
    fn_buf_fini(&out);
}

/* Strict: closed objects, all keys required, what may be missing a union with null. */
static void test_schema(void)
{
    struct program p = start_program();
    struct fbc_fault fault;
    const struct fn_str members[] = {FN_STR("sim"), FN_STR("n\"ão")};
    uint16_t choice = fbc_build_enum(p.b, FN_STR("escolha"), members, 2);
    uint16_t maybe = fbc_build_type_of(p.b, FBC_T_OPTION, p.text, 0);
    const struct fbc_field fields[] = {
        {FN_STR("nome"), p.text}, {FN_STR("itens"), p.list}, {FN_STR("obs"), maybe}, {FN_STR("q"), choice}};
    uint16_t record = fbc_build_record(p.b, FN_STR("pedido"), fields, 4),
             empty = fbc_build_record(p.b, FN_STR("vazio"), NULL, 0);
    uint16_t map = fbc_build_type_of(p.b, FBC_T_MAP, record, 0), date = fbc_build_type(p.b, FBC_T_DATE, 0);
    fbc_build_body(p.b, p.stage_func, NULL, 0, &(uint32_t){fbc_word(FBC_OP_END, 0, 0, 0)}, 1, NULL, 0);
    const struct fbc_image *im = finish(&p, FBC_ALLOW_ALL, &fault);
    CU_ASSERT_PTR_NOT_NULL_FATAL(im);
#define PEDIDO                                                                                                      \
    "{\"type\":\"object\",\"properties\":{\"nome\":{\"type\":\"string\"},\"itens\":{\"type\":\"array\",\"items\":{" \
    "\"type\":\"string\"}},"                                                                                        \
    "\"obs\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]},\"q\":{\"type\":\"string\",\"enum\":[\"sim\"," \
    "\"n\\\"ão\"]}},"                                                                                              \
    "\"required\":[\"nome\",\"itens\",\"obs\",\"q\"],\"additionalProperties\":false}"
    check_schema(im, record, PEDIDO);
    check_schema(im, empty, "{\"type\":\"object\",\"properties\":{},\"required\":[],\"additionalProperties\":false}");
    check_schema(im, map, "{\"type\":\"object\",\"additionalProperties\":" PEDIDO "}");
    check_schema(im, date, "{\"type\":\"string\",\"format\":\"date\"}");
    check_schema(im, p.integer, "{\"type\":\"integer\"}");
    check_schema(im, FBC_NO_TYPE, "");
    fbc_image_free(im);
}

/* The dearest that verifying can be made by bounds: records of long names, as large as a type may be, and as many variables with them as HELD_NODES lets
 * through; one more is refused before it is compared. */
enum { WIDE = FBC_FIELDS_MAX, OUTER = FBC_LIMIT_TYPE_NODES / WIDE, NODES = OUTER * (WIDE + 1) + 1, NAME = 255 };

static uint16_t wide_record(struct fbc_build *b, uint16_t inner, unsigned n)
{
    static char names[WIDE][NAME + 1];
    struct fbc_field fields[WIDE];
    for (unsigned i = 0; i < n; i++) {
        memset(names[i], 'n', NAME);
        names[i][NAME - 2] = (char)('0' + i / 16);
        names[i][NAME - 1] = (char)('a' + i % 16);
        fields[i] = (struct fbc_field){{names[i], NAME}, inner};
    }
    return fbc_build_record(b, FN_STR("r"), fields, n);
}

static void test_bounds_cost(void)
{
    for (unsigned more = 0; more <= 1; more++) {
        struct program p = start_program();
        struct fbc_fault fault;
        const uint32_t end = fbc_word(FBC_OP_END, 0, 0, 0);
        char name[16];
        fbc_build_body(p.b, p.stage_func, NULL, 0, &end, 1, NULL, 0);
        uint16_t type = wide_record(p.b, wide_record(p.b, p.text, WIDE), OUTER),
                 held = wide_record(p.b, wide_record(p.b, fbc_build_type(p.b, FBC_T_TEXT, 9), WIDE), OUTER);
        unsigned n = FBC_LIMIT_HELD_NODES / NODES + more;
        for (unsigned i = 0; i < n; i++) {
            snprintf(name, sizeof name, "v%u", i);
            fbc_build_global_held(p.b, fn_str_c(name), type, 0, held);
        }
        const struct fbc_image *im = finish(&p, FBC_ALLOW_ALL, &fault);
        CU_ASSERT_EQUAL(im == NULL, more == 1);
        CU_ASSERT_EQUAL(strstr(fault.text, "more than 262144 nodes of bounds") != NULL, more == 1);
        fbc_image_free(im);
    }
}

UNIT_SUITE("fbc_image", {"round trip", test_round_trip}, {"allow", test_allow}, {"interning", test_interning},
           {"sticky", test_sticky}, {"dearest", test_dearest}, {"names", test_names}, {"same bytes", test_same_bytes},
           {"schema", test_schema}, {"what bounds cost", test_bounds_cost})
