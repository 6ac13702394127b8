/* test_fsv_talk.c: a round of `talk` and a transcription as pure functions: what is asked of the model, and what its answers, which are as
 * hostile as any other input, are allowed to mean.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_ai.h"
#include "unit.h"

#include <stdio.h>

enum { ARENA = 16 << 20, BUF = 4 << 20, AT = 1790000000 };
#define WITH                                                                                          \
    "\"with\":{\"model\":\"grande\",\"instructions\":\"Seja breve.\",\"remember\":6,\"tools\":["      \
    "{\"name\":\"get_price\",\"doc\":\"O preço de um plano\",\"parameters\":{\"type\":\"object\"}}," \
    "{\"name\":\"ação\",\"doc\":\"\"}]}"
static const char first_args[] = "{\"message\":\"quanto custa?\"," WITH "}";

struct fixture {
    struct fn_arena arena;
    const struct fn_json *args;
};

static void begin(struct fixture *f, const char *args)
{
    fn_arena_init(&f->arena, ARENA);
    CU_ASSERT_EQUAL_FATAL(fn_json_parse(&f->arena, fn_str_c(args), 0, &f->args, NULL), FN_OK);
}

/* The request of the round that args call for, read back. */
static const struct fn_json *request(struct fixture *f, const struct fsv_ai_line *past, size_t n)
{
    struct fsv_ai_talk talk;
    struct fn_buf out;
    const struct fn_json *root = NULL;
    fn_buf_init(&out, BUF);
    fsv_ai_talk_read(&f->arena, f->args, &talk);
    CU_ASSERT_EQUAL(fsv_ai_talk_build(&out, &f->arena, FN_STR("pequeno"), &talk, past, n, NULL), FN_OK);
    CU_ASSERT_EQUAL(fn_json_parse(&f->arena, fn_arena_dup(&f->arena, fn_buf_view(&out)), 0, &root, NULL), FN_OK);
    fn_buf_fini(&out);
    return root;
}

/* choice: the object in choices[0]. */
static struct fsv_ai_answer answer(struct fixture *f, const char *host, const char *choice)
{
    struct fsv_ai_answer a;
    struct fsv_outcome o = {.wrote = true, .answered = true, .status = 200, .retry_after_ms = -1};
    o.body = fn_arena_printf(&f->arena, "{\"choices\":[%s]}", choice);
    fsv_ai_read(&f->arena, &o, fn_str_c(host), f->args, AT, &a);
    CU_ASSERT(a.present || a.result.n == 0);
    CU_ASSERT(a.why != NULL && a.why[0] != '\0');
    return a;
}

static const struct fn_json *read_back(struct fixture *f, struct fn_str text)
{
    const struct fn_json *root = NULL;
    CU_ASSERT_EQUAL(fn_json_parse(&f->arena, text, 0, &root, NULL), FN_OK);
    return root;
}

static struct fn_str text_at(const struct fn_json *root, const char *path)
{
    return fn_json_str(fn_json_path(root, path));
}

/* -- what is asked --------------------------------------------------------------------------------------------------------------------- */

static void test_first_round(void)
{
    static const struct fsv_ai_line past[] = {{false, {"oi", 2}}, {true, {"Olá!", 5}}};
    struct fixture f;
    begin(&f, first_args);
    const struct fn_json *root = request(&f, past, FN_COUNT(past)), *lines = fn_json_get(root, "messages");
    static const char *const roles[] = {"system", "user", "assistant", "user"};
    UNIT_ASSERT_STR(text_at(root, "model"), "grande");
    CU_ASSERT_EQUAL_FATAL(lines->n, FN_COUNT(roles));
    for (size_t i = 0; i < FN_COUNT(roles); i++) {
        UNIT_ASSERT_STR(text_at(fn_json_at(lines, i), "role"), roles[i]);
    }
    UNIT_ASSERT_STR(text_at(fn_json_at(lines, 3), "content"), "quanto custa?");
    const struct fn_json *tools = fn_json_get(root, "tools");
    static const char *const names[] = {"get_price", "tool_1",
                                        "done"}; /* a name OpenAI would refuse goes by its number */
    CU_ASSERT_EQUAL_FATAL(tools->n, FN_COUNT(names));
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        UNIT_ASSERT_STR(text_at(fn_json_at(tools, i), "function.name"), names[i]);
        CU_ASSERT_EQUAL(fn_json_path(fn_json_at(tools, i), "function.strict")->kind, FN_JSON_TRUE);
    }
    UNIT_ASSERT_STR(text_at(fn_json_at(tools, 1), "function.description"), "ação");
    CU_ASSERT_EQUAL(fn_json_get(root, "parallel_tool_calls")->kind, FN_JSON_FALSE);
    fn_arena_fini(&f.arena);
}

static void test_done_beside_a_tool_of_that_name(void)
{
    struct fixture f;
    begin(&f, "{\"message\":\"oi\",\"with\":{\"tools\":[{\"name\":\"done\"}]}}");
    const struct fn_json *tools = fn_json_get(request(&f, NULL, 0), "tools");
    UNIT_ASSERT_STR(text_at(fn_json_at(tools, 1), "function.name"), "done-talking");
    struct fsv_ai_answer a = answer(&f, "talk",
                                    "{\"finish_reason\":\"tool_calls\",\"message\":{\"tool_calls\":[{\"id\":\"c\","
                                    "\"function\":{\"name\":\"done\",\"arguments\":\"{}\"}}]}}");
    UNIT_ASSERT_STR(text_at(read_back(&f, a.result), "call.tool"), "done"); /* the tool, not the end */
    fn_arena_fini(&f.arena);
}

static void test_what_is_remembered(void)
{
    static const struct {
        const char *with;
        size_t remember;
    } cases[] = {{"{}", FSV_AI_REMEMBER},
                 {"{\"remember\":6}", 6},
                 {"{\"remember\":0}", FSV_AI_REMEMBER},
                 {"{\"remember\":-1}", FSV_AI_REMEMBER},
                 {"{\"remember\":\"6\"}", FSV_AI_REMEMBER},
                 {"{\"remember\":99999}", FSV_AI_REMEMBER_MAX}};
    for (size_t i = 0; i < FN_COUNT(cases); i++) {
        struct fixture f;
        struct fsv_ai_talk talk;
        char args[256];
        snprintf(args, sizeof args, "{\"message\":\"oi\",\"with\":%s}", cases[i].with);
        begin(&f, args);
        fsv_ai_talk_read(&f.arena, f.args, &talk);
        CU_ASSERT_EQUAL(talk.remember, cases[i].remember);
        fn_arena_fini(&f.arena);
    }
}

/* -- a tool's way there and back --------------------------------------------------------------------------------------------------------- */

#define CALL(name, arguments)                                              \
    "{\"finish_reason\":\"tool_calls\",\"message\":{\"content\":\"Um "     \
    "momento.\",\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\"," \
    "\"function\":{\"name\":" name ",\"arguments\":" arguments "}}]}}"

/* What the program hands back after it ran the tool of this answer. */
static void next_round(struct fixture *f, struct fn_str result, const char *value)
{
    struct fn_buf inner, outer;
    const struct fn_json *call = fn_json_get(read_back(f, result), "call");
    fn_buf_init(&inner, BUF);
    fn_buf_init(&outer, BUF);
    fn_buf_z(&inner, "[{");
    fn_json_put_key(&inner, "id");
    fn_json_put_str(&inner, text_at(call, "id"));
    fn_buf_printf(&inner, ",\"result\":%s}]", value);
    fn_buf_z(&outer, "{\"message\":\"\"," WITH);
    fn_json_put_key(&outer, "results");
    fn_json_put_str(&outer, fn_buf_view(&inner));
    fn_buf_char(&outer, '}');
    CU_ASSERT_EQUAL_FATAL(fn_json_parse(&f->arena, fn_arena_dup(&f->arena, fn_buf_view(&outer)), 0, &f->args, NULL),
                          FN_OK);
    fn_buf_fini(&inner);
    fn_buf_fini(&outer);
}

static void test_a_call_and_its_result(void)
{
    static const char *const results[] = {"{\"preco\":99}", "\"nada\""};
    struct fixture f;
    struct fsv_ai_talk talk;
    begin(&f, first_args);
    struct fsv_ai_answer a = answer(&f, "talk", CALL("\"get_price\"", "\"{\\\"plan\\\":\\\"pro\\\"}\""));
    CU_ASSERT_TRUE_FATAL(a.present);
    const struct fn_json *said = read_back(&f, a.result);
    UNIT_ASSERT_STR(text_at(said, "say"), "Um momento.");
    UNIT_ASSERT_STR(text_at(said, "call.tool"), "get_price");
    UNIT_ASSERT_STR(text_at(said, "call.args.plan"), "pro");
    for (int round = 1; round <= 2; round++) { /* every call of the rounds before, each answered at once */
        next_round(&f, a.result, results[round - 1]);
        const struct fn_json *lines = fn_json_get(request(&f, NULL, 0), "messages");
        CU_ASSERT_EQUAL_FATAL(lines->n, 2u + 2u * (unsigned)round);
        UNIT_ASSERT_STR(text_at(fn_json_at(lines, 1), "content"), "quanto custa?");
        for (int i = 0; i < round; i++) {
            const struct fn_json *call = fn_json_at(lines, 2 + 2 * (size_t)i),
                                 *tool = fn_json_at(lines, 3 + 2 * (size_t)i);
            UNIT_ASSERT_STR(text_at(call, "role"), "assistant");
            UNIT_ASSERT_STR(text_at(fn_json_at(fn_json_get(call, "tool_calls"), 0), "function.arguments"),
                            "{\"plan\":\"pro\"}");
            UNIT_ASSERT_STR(text_at(tool, "role"), "tool");
            UNIT_ASSERT_STR(text_at(tool, "tool_call_id"), "call_1");
            UNIT_ASSERT_STR(text_at(tool, "content"), results[i]);
        }
        fsv_ai_talk_read(&f.arena, f.args, &talk);
        CU_ASSERT_EQUAL(talk.at, AT);
        a = answer(&f, "talk", CALL("\"get_price\"", "\"{\\\"plan\\\":\\\"pro\\\"}\""));
        CU_ASSERT_TRUE_FATAL(a.present);
    }
    a = answer(&f, "talk", "{\"finish_reason\":\"stop\",\"message\":{\"content\":\"Custa R$ 99.\"}}");
    UNIT_ASSERT_STR(a.result, "{\"say\":\"Custa R$ 99.\"}");
    fn_arena_fini(&f.arena);
}

/* A program that hands back what we never gave it starts a first round. */
static void test_results_that_are_none(void)
{
    static const char *const results[] = {
        "\"\"", "\"x\"", "\"[]\"", "\"[7]\"", "\"[{\\\"id\\\":7}]\"", "\"[{\\\"id\\\":\\\"{\\\"}]\"", "7", "[]"};
    for (size_t i = 0; i < FN_COUNT(results); i++) {
        struct fixture f;
        struct fsv_ai_talk talk;
        char args[512];
        snprintf(args, sizeof args, "{\"message\":\"oi\",\"results\":%s," WITH "}", results[i]);
        begin(&f, args);
        fsv_ai_talk_read(&f.arena, f.args, &talk);
        CU_ASSERT_PTR_NULL(talk.trail);
        CU_ASSERT_EQUAL(fn_json_get(request(&f, NULL, 0), "messages")->n, 2);
        fn_arena_fini(&f.arena);
    }
}

/* -- hostile answers ----------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *choice;
    const char *result; /* NULL: none; an ending "*" is the rest */
} hostile[] = {
    {"{\"finish_reason\":\"stop\",\"message\":{\"content\":\"Oi\",\"refusal\":null}}", "{\"say\":\"Oi\"}"},
    {"{\"finish_reason\":\"stop\",\"message\":{\"content\":null,\"refusal\":\"não posso\"}}", NULL},
    {"{\"finish_reason\":\"stop\",\"message\":{\"content\":\"\"}}", NULL},
    {"{\"finish_reason\":\"stop\",\"message\":{\"content\":7}}", NULL},
    {"{\"finish_reason\":\"stop\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}}", NULL},
    {"{\"finish_reason\":\"stop\",\"message\":null}", NULL},
    {"{\"finish_reason\":\"stop\"}", NULL},
    {"{\"finish_reason\":null,\"message\":{\"content\":\"Oi\"}}", NULL},
    {"{\"finish_reason\":\"length\",\"message\":{\"content\":\"Oi, o pre\"}}", NULL},
    {"{\"finish_reason\":\"content_filter\",\"message\":{\"content\":\"Oi\"}}", NULL},
    {"{\"finish_reason\":\"telepathy\",\"message\":{\"content\":\"Oi\"}}", NULL},
    {"7", NULL},
    {"", NULL},
    {"{\"finish_reason\":\"tool_calls\",\"message\":{\"tool_calls\":[]}}", NULL},
    {"{\"finish_reason\":\"tool_calls\",\"message\":{\"tool_calls\":\"get_price\"}}", NULL},
    {"{\"finish_reason\":\"tool_calls\",\"message\":{\"tool_calls\":{\"id\":\"c\"}}}", NULL},
    {CALL("\"done\"", "\"{}\""), "{\"say\":\"Um momento.\",\"done\":true}"},
    {CALL("\"done\"", "\"{\""), "{\"say\":\"Um momento.\",\"done\":true}"},
    {CALL("\"tool_1\"", "\"{}\""), "*\"tool\":\"ação\",\"args\":{}}}"},
    {CALL("\"ação\"", "\"{}\""), "*\"tool\":\"?\",\"args\":{}}}"}, /* only the name that was given calls it */
    {CALL("\"delete_all_leads\"", "\"{\\\"confirm\\\":true}\""), "*\"tool\":\"?\",\"args\":{\"confirm\":true}}}"},
    {CALL("\"get_price\"", "\"{\\\"plan\\\": \""),
     "*\"tool\":\"get_price\"}}"}, /* without args: an error for the model */
    {CALL("\"get_price\"", "\"\""), "*\"tool\":\"get_price\",\"args\":{}}}"},
    {CALL("\"get_price\"", "\"[1]\""), "*\"tool\":\"get_price\"}}"},
    {CALL("\"get_price\"", "\"null\""), "*\"tool\":\"get_price\"}}"},
    {CALL("\"get_price\"", "{\"plan\":\"pro\"}"),
     "*\"tool\":\"get_price\",\"args\":{}}}"}, /* an object where a text belongs */
    {CALL("\"get_price\"", "\"{\\\"a\\\":1,\\\"a\\\":2}\""),
     "*\"tool\":\"get_price\"}}"}, /* two readers could differ */
    {CALL("7", "\"{}\""), "*\"tool\":\"?\",\"args\":{}}}"},
    {CALL("null", "7"), "*\"tool\":\"?\",\"args\":{}}}"},
};

static bool is(struct fn_str got, const char *want)
{
    size_t n = want[0] == '*' ? strlen(want + 1) : 0;
    return n == 0 ? fn_str_eq(got, fn_str_c(want)) : got.n >= n && memcmp(got.p + got.n - n, want + 1, n) == 0;
}

static void test_hostile_answers(void)
{
    for (size_t i = 0; i < FN_COUNT(hostile); i++) {
        struct fixture f;
        begin(&f, first_args);
        struct fsv_ai_answer a = answer(&f, "talk", hostile[i].choice);
        bool good = a.verdict == FSV_SENT && a.present == (hostile[i].result != NULL) &&
                    (!a.present || is(a.result, hostile[i].result));
        if (!good) {
            printf("\n%s\n -> %.*s (%s)\n", hostile[i].choice, FN_STR_ARG(a.result), a.why);
        }
        CU_ASSERT(good);
        if (a.present) {
            (void)read_back(&f, a.result);
        }
        fn_arena_fini(&f.arena);
    }
}

/* Twice the model hears that there is no such tool; the third time the program takes its failed branch. */
static void test_a_model_that_insists(void)
{
    struct fixture f;
    begin(&f, first_args);
    for (int round = 0; round < 3; round++) {
        struct fsv_ai_answer a = answer(&f, "talk", CALL("\"nada\"", "\"{}\""));
        CU_ASSERT_EQUAL_FATAL(a.present, round < 2);
        if (a.present) {
            next_round(&f, a.result, "{\"error\":\"no such tool, or arguments of the wrong types\"}");
        }
    }
    fn_arena_fini(&f.arena);
}

/* The id of a call travels in the trail: no room there for one of any size. */
static void test_long_ids(void)
{
    for (int n = 256; n <= 257; n++) {
        struct fixture f;
        char id[258], choice[512];
        memset(id, 'i', sizeof id);
        begin(&f, first_args);
        snprintf(
            choice, sizeof choice,
            "{\"finish_reason\":\"tool_calls\",\"message\":{\"tool_calls\":[{\"id\":\"%.*s\",\"function\":{\"name\":"
            "\"get_price\",\"arguments\":\"{}\"}}]}}",
            n, id);
        struct fsv_ai_answer a = answer(&f, "talk", choice);
        CU_ASSERT_EQUAL(a.present, n == 256);
        CU_ASSERT_STRING_EQUAL(a.why, n == 256 ? "answered" : "the id of the call is too long");
        fn_arena_fini(&f.arena);
    }
}

/* A choice whose `what` is n letters long. */
static struct fsv_ai_answer long_answer(struct fixture *f, const char *before, size_t n, const char *after)
{
    struct fn_buf b;
    fn_buf_init(&b, BUF);
    fn_buf_z(&b, before);
    for (size_t i = 0; i < n; i++) {
        fn_buf_z(&b, "ç");
    }
    fn_buf_z(&b, after);
    fn_buf_char(&b, '\0');
    struct fsv_ai_answer a = answer(f, "talk", b.p);
    fn_buf_fini(&b);
    return a;
}

static void test_huge_answers(void)
{
    struct fixture f;
    begin(&f, first_args);
    struct fsv_ai_answer a = long_answer(&f, "{\"finish_reason\":\"stop\",\"message\":{\"content\":\"", 50000, "\"}}");
    CU_ASSERT_TRUE_FATAL(a.present); /* cut at whole letters */
    CU_ASSERT_EQUAL(text_at(read_back(&f, a.result), "say").n, 2 * FSV_AI_INPUT_POINTS);
    a = long_answer(&f, CALL("\"get_price\"", "\"{\\\"plan\\\":\\\""), 0, "");
    CU_ASSERT_FALSE(a.present);
    a = long_answer(
        &f,
        "{\"finish_reason\":\"tool_calls\",\"message\":{\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":"
        "\"get_price\",\"arguments\":\"{\\\"plan\\\":\\\"",
        2100, "\\\"}\"}}]}}");
    CU_ASSERT(a.present && is(a.result, "*\"tool\":\"get_price\"}}")); /* over 4,000 bytes: as bad as no JSON */
    a = long_answer(&f, "{\"finish_reason\":\"tool_calls\",\"message\":{\"tool_calls\":[{\"id\":\"", 20000,
                    "\",\"function\":{\"name\":\"get_price\",\"arguments\":\"{}\"}}]}}");
    CU_ASSERT_FALSE(a.present); /* what must travel to the next round has a limit */
    fn_arena_fini(&f.arena);
}

/* A tool may return anything: the model sees at most 4,000 letters, cut whole. */
static void test_huge_results(void)
{
    struct fixture f;
    struct fn_buf value;
    begin(&f, first_args);
    struct fsv_ai_answer a = answer(&f, "talk", CALL("\"get_price\"", "\"{}\""));
    fn_buf_init(&value, BUF);
    fn_buf_char(&value, '"');
    for (int i = 0; i < 30000; i++) {
        fn_buf_z(&value, "é");
    }
    fn_buf_z(&value, "\"");
    fn_buf_char(&value, '\0');
    next_round(&f, a.result, value.p);
    const struct fn_json *lines = fn_json_get(request(&f, NULL, 0), "messages");
    CU_ASSERT_EQUAL(text_at(fn_json_at(lines, 3), "content").n, 2 * 3999 + 1);
    fn_buf_fini(&value);
    fn_arena_fini(&f.arena);
}

/* -- a voice note ---------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *answer;
    enum fn_code code;
    const char *bytes;
} voices[] = {
    {"{\"base64\":\"T2dnUw==\"}", FN_OK, "OggS"},
    {"{\"base64\":\"T2dnUw\"}", FN_OK, "OggS"},
    {"{\"mediaType\":\"audioMessage\",\"mimetype\":\"audio/ogg\",\"base64\":\"T2dn\"}", FN_OK, "Ogg"},
    {"{\"base64\":\"\"}", FN_INVALID, NULL},
    {"{\"base64\":\"====\"}", FN_INVALID, NULL},
    {"{\"base64\":\"T\"}", FN_INVALID, NULL},
    {"{\"base64\":\"T2dnUw==T2dn\"}", FN_INVALID, NULL},
    {"{\"base64\":\"T2d-\"}", FN_INVALID, NULL},
    {"{\"base64\":\"data:audio/ogg;base64,T2dn\"}", FN_INVALID, NULL},
    {"{\"base64\":7}", FN_INVALID, NULL},
    {"{\"base64\":null}", FN_INVALID, NULL},
    {"{}", FN_INVALID, NULL},
    {"[]", FN_INVALID, NULL},
    {"<html>", FN_INVALID, NULL},
    {"", FN_INVALID, NULL},
};

static void test_voice_requests(void)
{
    for (size_t i = 0; i < FN_COUNT(voices); i++) {
        struct fn_arena arena;
        struct fn_buf out;
        fn_arena_init(&arena, ARENA);
        fn_buf_init(&out, BUF);
        enum fn_code code = fsv_ai_voice_build(&out, &arena, fn_str_c(voices[i].answer), FN_STR("LIMITE"), NULL);
        CU_ASSERT_EQUAL(code, voices[i].code);
        if (code == FN_OK) {
            struct fn_str want =
                fn_arena_printf(&arena,
                                "--LIMITE\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n%s\r\n"
                                "--LIMITE\r\nContent-Disposition: form-data; name=\"file\"; filename=\"voice.ogg\"\r\n"
                                "Content-Type: audio/ogg\r\n\r\n%s\r\n--LIMITE--\r\n",
                                FSV_AI_VOICE_MODEL, voices[i].bytes);
            CU_ASSERT(fn_str_eq(fn_buf_view(&out), want));
        }
        fn_buf_fini(&out);
        fn_arena_fini(&arena);
    }
}

static void test_a_voice_note_too_large(void)
{
    struct fn_arena arena;
    struct fn_buf out, media;
    fn_arena_init(&arena, ARENA);
    fn_buf_init(&out, 4096);
    fn_buf_init(&media, BUF);
    fn_buf_z(&media, "{\"base64\":\"");
    for (int i = 0; i < 2000; i++) {
        fn_buf_z(&media, "T2dn");
    }
    fn_buf_z(&media, "\"}");
    CU_ASSERT_EQUAL(fsv_ai_voice_build(&out, &arena, fn_buf_view(&media), FN_STR("LIMITE"), NULL), FN_LIMIT);
    fn_buf_fini(&out);
    fn_buf_fini(&media);
    fn_arena_fini(&arena);
}

static const struct {
    int status;
    const char *body;
    enum fsv_verdict verdict;
    const char *result; /* NULL: none */
} transcriptions[] = {
    {200, "{\"text\":\"Oi, quero o plano.\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":14}}", FSV_SENT,
     "Oi, quero o plano."},
    {200, "{\"text\":\"Oi\",\"usage\":{\"type\":\"duration\",\"seconds\":7}}", FSV_SENT, "Oi"},
    {200, "{\"text\":\"a\\u0000b\"}", FSV_SENT,
     "a\xef\xbf\xbd"
     "b"},
    {200, "{\"text\":\"\"}", FSV_SENT, NULL},
    {200, "{\"text\":7}", FSV_SENT, NULL},
    {200, "{\"text\":[\"Oi\"]}", FSV_SENT, NULL},
    {200, "{}", FSV_SENT, NULL},
    {200, "Oi", FSV_SENT, NULL},
    {400, "{\"error\":{\"message\":\"Unsupported file format oga\",\"code\":\"unsupported_value\"}}", FSV_REFUSED,
     NULL},
    {413, "<html>", FSV_REFUSED, NULL},
    {500, "", FSV_NOT_SENT, NULL},
};

static void test_transcriptions(void)
{
    for (size_t i = 0; i < FN_COUNT(transcriptions); i++) {
        struct fn_arena arena;
        struct fsv_ai_answer a;
        struct fsv_outcome o = {
            .wrote = true, .answered = true, .status = transcriptions[i].status, .retry_after_ms = -1};
        fn_arena_init(&arena, ARENA);
        o.body = fn_str_c(transcriptions[i].body);
        fsv_ai_read(&arena, &o, FN_STR("transcribe"), NULL, AT, &a);
        CU_ASSERT_EQUAL(a.verdict, transcriptions[i].verdict);
        CU_ASSERT_EQUAL(a.present, transcriptions[i].result != NULL);
        UNIT_ASSERT_STR(a.result, transcriptions[i].result != NULL ? transcriptions[i].result : "");
        fn_arena_fini(&arena);
    }
}

UNIT_SUITE("fsv_talk", {"first round", test_first_round},
           {"done beside a tool of that name", test_done_beside_a_tool_of_that_name},
           {"what is remembered", test_what_is_remembered}, {"a call and its result", test_a_call_and_its_result},
           {"results that are none", test_results_that_are_none}, {"hostile answers", test_hostile_answers},
           {"a model that insists", test_a_model_that_insists}, {"long ids", test_long_ids},
           {"huge answers", test_huge_answers}, {"huge results", test_huge_results},
           {"voice requests", test_voice_requests}, {"a voice note too large", test_a_voice_note_too_large},
           {"transcriptions", test_transcriptions})
