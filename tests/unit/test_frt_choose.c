/* test_frt_choose.c: a question whose numbered rows are longer than a message goes out in several (guarantee 5), and is answered like any.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine_world.h"
#include "fbc_image.h"
#include "fcc_compile.h"
#include "fn_json.h"
#include "fn_utf8.h"
#include "frt_engine.h"
#include "fsl_natives.h"
#include "unit.h"

enum { ROWS = 200 };

static const char *const funnel =
    "funnel eco \"Eco\"\nstart on message -> a\nalways {\n  on error -> f\n}\nvar l: list<text(24)>\n"
    "stage a {\n  let i = 0\n  while i < %d {\n    i = i + 1\n    l.add(cut(\"opção de número {i}\", 24))\n  }\n"
    "  choose r from l label r \"Qual?\"\n  say \"foi {r}\"\n  end\n}\n"
    "stage f {\n  say \"falhou\"\n  end\n}\n";

/* The messages of the turn, each no longer than a channel takes; how many. */
static unsigned messages_of(struct world *w, size_t *rows)
{
    struct fn_arena arena;
    fn_arena_init(&arena, 1 << 24);
    struct frt_op_messages op = {
        .op = {.kind = FRT_OP_MESSAGES, .done = ignore, .arena = &arena}, .tenant = 1, .conv = w->conv, .limit = 50};
    op.before_at = op.before_id = INT64_MAX;
    frt_store_submit(w->store, &op.op);
    w->store.ops->drain(w->store.self);
    unsigned n = 0;
    *rows = 0;
    for (size_t i = 0; i < op.n; i++) {
        const struct fn_json *body = NULL;
        if (op.messages[i].dir != FRT_DIR_OUT || fn_json_parse(&arena, op.messages[i].body, 0, &body, NULL) != FN_OK) {
            continue;
        }
        struct fn_str text = fn_json_str(fn_json_get(body, "text"));
        const struct fn_json *labels = fn_json_get(body, "labels");
        size_t points = fn_utf8_count(text) + 1;
        for (const struct fn_json *l = labels != NULL ? labels->first : NULL; l != NULL; l = l->next) {
            points += fn_utf8_count(fn_json_str(l)) + 6;
        }
        for (size_t k = 0; k < text.n; k++) {
            *rows += text.p[k] == '\n' && k + 1 < text.n && text.p[k + 1] != '\n';
        }
        *rows += labels != NULL ? labels->n : 0;
        *rows += labels == NULL && n != 0 && text.n != 0 && text.p[0] >= '0' && text.p[0] <= '9';
        CU_ASSERT_TRUE(points <= FBC_TEXT_MOST + 200);
        CU_ASSERT_TRUE(fn_utf8_count(text) <= FBC_TEXT_MOST);
        n++;
    }
    fn_arena_fini(&arena);
    return n;
}

static void test_many_rows(void)
{
    struct world w;
    char source[1024];
    size_t rows;
    setup(&w, 0);
    snprintf(source, sizeof source, funnel, ROWS);
    publish_source(&w, source);
    say(&w, "oi");
    CU_ASSERT_EQUAL(w.n_said, 2);
    CU_ASSERT_TRUE(strstr(w.said[0], "{\"text\":\"Qual?\\n\\n1. ") == w.said[0]);
    CU_ASSERT_TRUE(strstr(w.said[1], "\"first\":1") != NULL);
    CU_ASSERT_EQUAL(messages_of(&w, &rows), 2);
    CU_ASSERT_EQUAL(rows, ROWS);
    say(&w, "7"); /* of the first message */
    CU_ASSERT_TRUE(said(&w, 2, "{\"text\":\"foi opção de número 7\"}"));
    teardown(&w);
}

static void test_rows_that_fit(void)
{
    struct world w;
    char source[1024];
    setup(&w, 0);
    snprintf(source, sizeof source, funnel, 20);
    publish_source(&w, source);
    say(&w, "oi");
    CU_ASSERT_EQUAL(w.n_said, 1);
    CU_ASSERT_TRUE(strstr(w.said[0], "first") == NULL);
    say(&w, "20");
    CU_ASSERT_TRUE(said(&w, 1, "{\"text\":\"foi opção de número 20\"}"));
    teardown(&w);
}

UNIT_SUITE("frt_choose", {"many rows", test_many_rows}, {"rows that fit", test_rows_that_fit})
