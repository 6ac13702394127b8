/* test_fsv_ai.c: requests to an OpenAI-compatible service, and every kind of answer it may give.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_ai.h"
#include "unit.h"

enum { MAX = 1 << 20 };
static const char classify_args[] =
    "{\"agent\":\"\",\"enum\":\"Opção\",\"subject\":\"quero comprar\",\"labels\":[\"compra\",\"outro\"]}";

static struct fn_str build(struct fn_arena *arena, const char *host, const char *json, enum fn_code want)
{
    const struct fn_json *args;
    struct fn_buf out;
    fn_buf_init(&out, MAX);
    CU_ASSERT_EQUAL_FATAL(fn_json_parse(arena, fn_str_c(json), 0, &args, NULL), FN_OK);
    CU_ASSERT_EQUAL(fsv_ai_build(&out, FN_STR("m"), fn_str_c(host), args, NULL), want);
    struct fn_str text = fn_arena_dup(arena, fn_buf_view(&out));
    fn_buf_fini(&out);
    return text;
}

static void test_classify_request(void)
{
    struct fn_arena arena;
    const struct fn_json *root;
    fn_arena_init(&arena, MAX);
    struct fn_str text = build(&arena, "classify", classify_args, FN_OK);
    CU_ASSERT_EQUAL_FATAL(fn_json_parse(&arena, text, 0, &root, NULL), FN_OK);
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(root, "model")), "m");
    const struct fn_json *form = fn_json_path(root, "response_format.json_schema");
    CU_ASSERT_EQUAL(fn_json_get(form, "strict")->kind, FN_JSON_TRUE);
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(form, "name")), "f_Op____o");
    const struct fn_json *schema = fn_json_get(form, "schema");
    CU_ASSERT_EQUAL(fn_json_get(schema, "additionalProperties")->kind, FN_JSON_FALSE);
    UNIT_ASSERT_STR(fn_json_str(fn_json_at(fn_json_path(schema, "properties.label.enum"), 1)), "outro");
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(fn_json_at(fn_json_get(root, "messages"), 1), "content")), "quero comprar");
    fn_arena_fini(&arena);
}

static void test_other_requests(void)
{
    struct fn_arena arena;
    const struct fn_json *root;
    fn_arena_init(&arena, MAX);
    struct fn_str text =
        build(&arena, "extract", "{\"name\":\"Pedido\",\"schema\":\"{\\\"type\\\":\\\"object\\\"}\",\"subject\":\"x\"}",
              FN_OK);
    CU_ASSERT_EQUAL_FATAL(fn_json_parse(&arena, text, 0, &root, NULL), FN_OK);
    UNIT_ASSERT_STR(fn_json_str(fn_json_path(root, "response_format.json_schema.schema.type")), "object");
    text = build(&arena, "write", "{\"prompt\":\"um verso\"}", FN_OK);
    CU_ASSERT_EQUAL_FATAL(fn_json_parse(&arena, text, 0, &root, NULL), FN_OK);
    CU_ASSERT_PTR_NULL(fn_json_get(root, "response_format"));
    (void)build(&arena, "classify", "{\"labels\":[]}", FN_INVALID);
    (void)build(&arena, "classify", "{\"labels\":\"x\"}", FN_INVALID);
    (void)build(&arena, "extract", "{}", FN_INVALID);
    (void)build(&arena, "talk", "{}", FN_UNSUPPORTED);
    fn_arena_fini(&arena);
}

#define CHOICE(finish, message)                                            \
    "{\"choices\":[{\"finish_reason\":\"" finish "\",\"message\":" message \
    "}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}"
#define ERROR(code, message) "{\"error\":{\"code\":\"" code "\",\"message\":\"" message "\"}}"
struct row {
    const char *host;
    bool wrote, answered;
    int status;
    const char *should_retry, *body;
    int64_t retry_after;
    enum fsv_verdict verdict;
    const char *result; /* NULL: none */
    int64_t want_after;
};
static const struct row rows[] = {
    {"classify", true, true, 200, "",
     CHOICE("stop", "{\"content\":\"{\\\"label\\\":\\\"outro\\\"}\",\"refusal\":null}"), -1, FSV_SENT, "1", 0},
    {"classify", true, true, 200, "", CHOICE("stop", "{\"content\":\"{\\\"label\\\":\\\"furto\\\"}\"}"), -1, FSV_SENT,
     NULL, 0},
    {"classify", true, true, 200, "", CHOICE("stop", "{\"content\":\"outro\"}"), -1, FSV_SENT, NULL, 0},
    {"classify", true, true, 200, "", CHOICE("stop", "{\"content\":null,\"refusal\":\"no\"}"), -1, FSV_SENT, NULL, 0},
    {"classify", true, true, 200, "", CHOICE("length", "{\"content\":\"{\\\"label\\\":\\\"outro\\\"}\"}"), -1, FSV_SENT,
     NULL, 0},
    {"classify", true, true, 200, "", CHOICE("content_filter", "{\"content\":\"\"}"), -1, FSV_SENT, NULL, 0},
    {"classify", true, true, 200, "", "{\"choices\":[]}", -1, FSV_SENT, NULL, 0},
    {"classify", true, true, 200, "", "<html>", -1, FSV_SENT, NULL, 0},
    {"extract", true, true, 200, "", CHOICE("stop", "{\"content\":\"{\\\"a\\\":1}\"}"), -1, FSV_SENT, "{\"a\":1}", 0},
    {"extract", true, true, 200, "", CHOICE("stop", "{\"content\":\"[1]\"}"), -1, FSV_SENT, NULL, 0},
    {"write", true, true, 200, "", CHOICE("stop", "{\"content\":\"Olá\"}"), -1, FSV_SENT, "Olá", 0},
    {"write", true, true, 200, "", CHOICE("stop", "{\"content\":\"\"}"), -1, FSV_SENT, NULL, 0},
    {"classify", true, true, 429, "", ERROR("rate_limit_exceeded", "slow"), 2000, FSV_NOT_SENT, NULL, 2000},
    {"classify", true, true, 429, "", ERROR("rate_limit_exceeded", "slow"), 999000, FSV_NOT_SENT, NULL, 0},
    {"classify", true, true, 429, "", ERROR("rate_limit_exceeded", "Request too large for m"), 2000, FSV_REFUSED, NULL,
     0},
    {"classify", true, true, 429, "", ERROR("insufficient_quota", "pay"), 2000, FSV_REFUSED, NULL, 0},
    {"classify", true, true, 429, "false", ERROR("rate_limit_exceeded", "slow"), -1, FSV_REFUSED, NULL, 0},
    {"classify", true, true, 400, "true", ERROR("x", "y"), -1, FSV_NOT_SENT, NULL, 0},
    {"classify", true, true, 400, "", ERROR("context_length_exceeded", "y"), -1, FSV_REFUSED, NULL, 0},
    {"classify", true, true, 401, "", ERROR("invalid_api_key", "y"), -1, FSV_REFUSED, NULL, 0},
    {"classify", true, true, 404, "", ERROR("model_not_found", "y"), -1, FSV_REFUSED, NULL, 0},
    {"classify", true, true, 408, "", "", -1, FSV_NOT_SENT, NULL, 0},
    {"classify", true, true, 409, "", "", -1, FSV_NOT_SENT, NULL, 0},
    {"classify", true, true, 500, "", "<html>", -1, FSV_NOT_SENT, NULL, 0},
    {"classify", true, true, 503, "", ERROR("server_is_overloaded", "y"), -1, FSV_NOT_SENT, NULL, 0},
    {"classify", true, true, 302, "", "", -1, FSV_REFUSED, NULL, 0},
    {"classify", false, false, 0, "", "", -1, FSV_NOT_SENT, NULL, 0},
    {"classify", true, false, 0, "", "", -1, FSV_UNKNOWN, NULL, 0},
};

static void test_answers(void)
{
    for (size_t i = 0; i < FN_COUNT(rows); i++) {
        const struct row *w = &rows[i];
        struct fn_arena arena;
        const struct fn_json *args;
        struct fsv_ai_answer a;
        struct fsv_outcome o = {
            .wrote = w->wrote, .answered = w->answered, .status = w->status, .body = fn_str_c(w->body)};
        o.retry_after_ms = w->retry_after;
        o.should_retry = fn_str_c(w->should_retry);
        fn_arena_init(&arena, MAX);
        CU_ASSERT_EQUAL_FATAL(fn_json_parse(&arena, fn_str_c(classify_args), 0, &args, NULL), FN_OK);
        fsv_ai_read(&arena, &o, fn_str_c(w->host), args, 1000, &a);
        CU_ASSERT_EQUAL(a.verdict, w->verdict);
        CU_ASSERT_EQUAL(a.present, w->result != NULL);
        UNIT_ASSERT_STR(a.result, w->result != NULL ? w->result : "");
        CU_ASSERT_EQUAL(a.retry_after_ms, w->want_after);
        CU_ASSERT(a.why != NULL && a.why[0] != '\0');
        fn_arena_fini(&arena);
    }
}

UNIT_SUITE("fsv_ai", {"classify request", test_classify_request}, {"other requests", test_other_requests},
           {"answers", test_answers})
