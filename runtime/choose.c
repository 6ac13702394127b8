/* choose.c: a question whose rows, as numbered text, are longer than a message (guarantee 5; only `choose … from` can be). What comes first is
 * said in messages that are full, cut between rows; the question itself carries the rest, with `first`: how many rows were said before. Each is an
 * effect of its own, so order, repetition and doubt are the lane's as ever. Answers are matched by the program, against all rows.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"
#include "fn_utf8.h"

struct rows {
    struct fn_buf text; /* of the message being filled */
    size_t points;
    unsigned first; /* row it begins with */
};

/* With the line break before it: two behind the question. */
static size_t row_points(struct fn_str label, unsigned i)
{
    size_t digits = 1;
    for (unsigned n = i + 1; n >= 10; n /= 10) {
        digits++;
    }
    return fn_utf8_count(label) + digits + (i == 0 ? 4 : 3);
}

static bool is_long(struct fn_str text, const struct fn_json *labels)
{
    size_t points = fn_utf8_count(text);
    unsigned i = 0;
    for (const struct fn_json *l = labels->first; l != NULL; l = l->next) {
        points += row_points(fn_json_str(l), i++);
    }
    return points > FBC_TEXT_MOST;
}

static void put_row(struct turn *t, struct rows *r, struct fn_str label, unsigned i)
{
    size_t points = row_points(label, i);
    if (r->points + points > FBC_TEXT_MOST) {
        (void)turn_effect(t, FBC_HOST_say, turn_json(t, "text", fn_buf_view(&r->text)), 0, FRT_DIR_OUT);
        fn_buf_clear(&r->text);
        r->points = 0;
        r->first = i;
    }
    fn_buf_printf(&r->text, "%s%u. %.*s", r->text.n == 0 ? "" : i == 0 ? "\n\n" : "\n", i + 1, FN_STR_ARG(label));
    r->points += points;
}

static void put_rest(struct fn_buf *b, const char *key, const struct fn_json *list, unsigned first)
{
    const struct fn_json *item = list->first;
    fn_json_put_key(b, key);
    fn_buf_char(b, '[');
    for (; item != NULL && first > 0; item = item->next) {
        first--;
    }
    for (; item != NULL; item = item->next) {
        fn_json_comma(b);
        fn_json_put_str(b, fn_json_str(item));
    }
    fn_buf_char(b, ']');
}

static void put_question(struct turn *t, const struct fn_json *args, unsigned first)
{
    struct fn_buf b;
    fn_buf_init(&b, 1 << 20);
    fn_buf_char(&b, '{');
    fn_json_put_key(&b, "question");
    fn_json_put_str(&b, fn_json_str(fn_json_get(args, "question")));
    fn_json_put_key(&b, "first");
    fn_buf_printf(&b, "%u", first);
    fn_json_put_key(&b, "text");
    fn_json_put_str(&b, first == 0 ? fn_json_str(fn_json_get(args, "text")) : FN_STR(""));
    put_rest(&b, "ids", fn_json_get(args, "ids"), first);
    put_rest(&b, "labels", fn_json_get(args, "labels"), first);
    fn_buf_char(&b, '}');
    t->arena.failed = t->arena.failed || b.failed;
    (void)turn_effect(t, FBC_HOST_choose, fn_buf_view(&b), 0, FRT_DIR_OUT);
    fn_buf_fini(&b);
}

void turn_choose(struct turn *t, struct fn_str payload)
{
    const struct fn_json *args = NULL;
    if (payload.n <=
        FBC_TEXT_MOST) { /* an id with its quotes and commas takes more room than a number: no text is longer than its payload */
        (void)turn_effect(t, FBC_HOST_choose, payload, 0, FRT_DIR_OUT);
        return;
    }
    struct fn_str copy = fn_arena_dup(&t->arena, payload);
    bool good = fn_json_parse(&t->arena, copy, FN_JSON_REPAIR, &args, NULL) == FN_OK;
    const struct fn_json *labels = good ? fn_json_get(args, "labels") : NULL;
    struct fn_str text = fn_json_str(fn_json_get(args, "text"));
    if (labels == NULL || !is_long(text, labels)) {
        (void)turn_effect(t, FBC_HOST_choose, payload, 0, FRT_DIR_OUT);
        return;
    }
    struct rows r = {.points = fn_utf8_count(text)};
    unsigned i = 0;
    fn_buf_init(&r.text, 4 * FBC_TEXT_MOST + 64);
    fn_buf_str(&r.text, text);
    for (const struct fn_json *l = labels->first; l != NULL; l = l->next) {
        put_row(t, &r, fn_json_str(l), i++);
    }
    fn_buf_fini(&r.text);
    put_question(t, args, r.first);
}
