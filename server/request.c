/* request.c: answers and problems, the same for every handler.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_request.h"

#include "fn_json.h"

struct problem_row {
    int status;
    const char *code, *title[2];
};
static const struct problem_row rows[FSV_PROBLEMS] = {
#define FSV_PROBLEM(NAME, status, code, pt, en) [FSV_P_##NAME] = {(status), (code), {[FN_PT] = (pt), [FN_EN] = (en)}},
#include "problems.def"
#undef FSV_PROBLEM
};

void fsv_answer_json(struct fsv_request *r, int status, struct fn_str json)
{
    fsv_answer(r, status, "application/json; charset=utf-8", json);
}

void fsv_problem(struct fsv_request *r, enum fsv_problem problem, struct fn_str detail)
{
    fsv_problem_with(r, problem, detail, FN_STR_NULL);
}

static void put(struct fn_buf *b, const char *key, struct fn_str s)
{
    fn_json_put_key(b, key);
    fn_json_put_str(b, s);
}

void fsv_problem_with(struct fsv_request *r, enum fsv_problem problem, struct fn_str detail, struct fn_str extra)
{
    const struct problem_row *row = &rows[problem];
    struct fn_buf b;
    fn_buf_init(&b, extra.n + detail.n * 6 + 4096);
    fn_buf_char(&b, '{');
    put(&b, "type", FN_STR("about:blank"));
    put(&b, "title", fn_str_c(row->title[r->lang]));
    fn_buf_printf(&b, ",\"status\":%d", row->status);
    put(&b, "code", fn_str_c(row->code));
    if (detail.n > 0) {
        put(&b, "detail", detail);
    }
    put(&b, "request_id", fn_str_c(r->id));
    if (extra.n > 0) {
        fn_buf_char(&b, ',');
        fn_buf_str(&b, extra);
    }
    fn_buf_char(&b, '}');
    fsv_answer(r, row->status, "application/problem+json; charset=utf-8", fn_buf_view(&b));
    fn_buf_fini(&b);
}

struct fn_str fsv_query(struct fsv_request *r, const char *name)
{
    return fsv_query_get(&r->arena, r->passed.query, name);
}

int64_t fsv_query_int(struct fsv_request *r, const char *name, int64_t low, int64_t high, int64_t otherwise)
{
    struct fn_json number = {.kind = FN_JSON_NUMBER, .text = fsv_query(r, name)};
    int64_t v;
    return number.text.n > 0 && fn_json_int(&number, &v) && v >= low && v <= high ? v : otherwise;
}
