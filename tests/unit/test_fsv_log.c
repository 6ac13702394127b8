/* test_fsv_log.c: what a log line and the metrics page look like, whatever is put in.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_json.h"
#include "fsv_log.h"
#include "fsv_metrics.h"
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

enum { MAX = 1 << 20 };
static char caught[MAX];

/* Writes with standard error in a file; what came there. */
static struct fn_str catch_line(enum fsv_level level, const char *msg, const struct fsv_field *fields)
{
    FILE *file = tmpfile();
    int old = dup(STDERR_FILENO);
    CU_ASSERT_FATAL(file != NULL && old >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    fsv_log_write(level, "test.event", msg, fields);
    dup2(old, STDERR_FILENO);
    close(old);
    rewind(file);
    size_t n = fread(caught, 1, sizeof caught, file);
    fclose(file);
    return (struct fn_str){caught, n};
}

static void test_line(void)
{
    static char huge[4000];
    memset(huge, '\x01', sizeof huge);
    const struct fsv_field fields[] = {FSV_TEXT("text", FN_STR("a\n\"b\"\x1b[31m\xff")), FSV_INT("n", -7),
                                       FSV_SECRET("apikey"), FSV_TEXT("huge", ((struct fn_str){huge, sizeof huge})),
                                       FSV_FIELD_END};
    struct fn_str line = catch_line(FSV_LOG_ERROR, "something", fields);
    struct fn_arena arena;
    const struct fn_json *root;
    fn_arena_init(&arena, MAX);
    CU_ASSERT_FATAL(line.n > 1 && line.p[line.n - 1] == '\n');
    CU_ASSERT_EQUAL(memchr(line.p, '\n', line.n - 1), NULL);
    CU_ASSERT_EQUAL_FATAL(fn_json_parse(&arena, (struct fn_str){line.p, line.n - 1}, 0, &root, NULL), FN_OK);
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(root, "level")), "error");
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(root, "event")), "test.event");
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(root, "msg")), "something");
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(root, "apikey")), "***");
    UNIT_ASSERT_STR(fn_json_str(fn_json_get(root, "text")), "a\n\"b\"\x1b[31m\xef\xbf\xbd");
    CU_ASSERT_EQUAL(fn_json_str(fn_json_get(root, "huge")).n, 2000);
    CU_ASSERT_EQUAL(fn_json_str(fn_json_get(root, "ts")).n, strlen("2026-01-01T00:00:00.000Z"));
    fn_arena_fini(&arena);
}

static void test_too_long_keeps_the_sentence(void)
{
    static char huge[2000];
    memset(huge, '\x01', sizeof huge);
    struct fn_str h = {huge, sizeof huge};
    const struct fsv_field fields[] = {FSV_TEXT("a", h), FSV_TEXT("b", h), FSV_TEXT("c", h), FSV_FIELD_END};
    struct fn_str line = catch_line(FSV_LOG_WARN, "kept", fields);
    CU_ASSERT(line.n > 0 && line.n < 300 && strstr(caught, "\"msg\":\"kept\"}\n") != NULL);
}

static void test_levels(void)
{
    const struct fsv_field none[] = {FSV_FIELD_END};
    enum fsv_level level;
    CU_ASSERT_EQUAL(fsv_level_read(FN_STR("warn"), &level), FN_OK);
    CU_ASSERT_EQUAL(level, FSV_LOG_WARN);
    CU_ASSERT_EQUAL(fsv_level_read(FN_STR("Warn"), &level), FN_INVALID);
    fsv_log_set_level(FSV_LOG_WARN);
    CU_ASSERT_EQUAL(catch_line(FSV_LOG_INFO, "quiet", none).n, 0);
    CU_ASSERT(catch_line(FSV_LOG_WARN, "loud", none).n > 0);
    fsv_log_set_level(FSV_LOG_INFO);
}

static void test_metrics(void)
{
    struct fn_buf page;
    fsv_metrics_reset();
    fn_buf_init(&page, MAX);
    fsv_metric_add(FSV_M_RECEIVED, "web", 2);
    fsv_metric_add(FSV_M_RECEIVED, "web", 1);
    fsv_metric_set(FSV_M_STORE_OK, "", 1);
    fsv_metric_observe(FSV_M_HTTP_SECONDS, 0.02);
    for (int i = 0; i < 1000; i++) { /* labels cannot grow the page for ever */
        char label[64];
        snprintf(label, sizeof label, "route=\"/%d\"", i);
        fsv_metric_add(FSV_M_HTTP_REQUESTS, label, 1);
    }
    fsv_metrics_write(&page);
    CU_ASSERT_PTR_NOT_NULL(strstr(page.p, "funnel_messages_received_total{kind=\"web\"} 3\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page.p, "funnel_store_ok 1\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page.p, "funnel_http_request_duration_seconds_bucket{le=\"0.025\"} 1\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page.p, "funnel_http_request_duration_seconds_bucket{le=\"0.01\"} 0\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page.p, "funnel_http_requests_total{kind=\"other\"} 801\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(page.p, "# TYPE funnel_turns_total counter\n"));
    fn_buf_fini(&page);
    fsv_metrics_reset();
}

UNIT_SUITE("fsv_log", {"line", test_line}, {"too long keeps the sentence", test_too_long_keeps_the_sentence},
           {"levels", test_levels}, {"metrics", test_metrics})
