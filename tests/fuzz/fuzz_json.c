/* fuzz_json.c: our JSON reader against yajl (docs/decisions/0003-one-json-reader.md).
 *
 * Each reader's view of the input is written as one line of events. What ours accepts strictly, yajl accepts with the
 * same events. What yajl accepts, ours accepts with repair and duplicates, unless a limit of ours is in the way. What we
 * write, we read back the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <yajl/yajl_parse.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_EVENTS = 8 << 20, MAX_TREE = 64 << 20 };

static void event(struct fn_buf *b, char kind, const void *p, size_t n)
{
    fn_buf_char(b, kind);
    fn_buf_u32(b, (uint32_t)n);
    fn_buf_put(b, p, n);
}

/* yajl takes "1 and then an unfinished token" for a complete text. So the input is shown to it between brackets, where
 * nothing may be left over; `values` counts what stood there, which must be one. */
struct view {
    struct fn_buf *events;
    size_t depth, values;
};

static int on_value(struct view *view, char kind, const void *p, size_t n)
{
    view->values += view->depth == 1;
    if (view->depth > 0) {
        event(view->events, kind, p, n);
    }
    return 1;
}
static int on_open(struct view *view, char kind)
{
    on_value(view, kind, "", 0);
    view->depth++;
    return 1;
}
static int on_close(struct view *view, char kind)
{
    view->depth--;
    if (view->depth > 0) {
        event(view->events, kind, "", 0);
    }
    return 1;
}
static int on_null(void *view)
{
    return on_value(view, 'n', "", 0);
}
static int on_boolean(void *view, int value)
{
    return on_value(view, value != 0 ? 't' : 'f', "", 0);
}
static int on_number(void *view, const char *p, size_t n)
{
    return on_value(view, '#', p, n);
}
static int on_string(void *view, const unsigned char *p, size_t n)
{
    return on_value(view, '"', p, n);
}
static int on_key(void *view, const unsigned char *p, size_t n)
{
    event(((struct view *)view)->events, ':', p, n);
    return 1;
}
static int on_open_object(void *view)
{
    return on_open(view, '{');
}
static int on_close_object(void *view)
{
    return on_close(view, '}');
}
static int on_open_array(void *view)
{
    return on_open(view, '[');
}
static int on_close_array(void *view)
{
    return on_close(view, ']');
}

static bool read_with_yajl(const uint8_t *data, size_t size, struct fn_buf *events)
{
    static const yajl_callbacks callbacks = {.yajl_null = on_null,
                                             .yajl_boolean = on_boolean,
                                             .yajl_number = on_number,
                                             .yajl_string = on_string,
                                             .yajl_start_map = on_open_object,
                                             .yajl_map_key = on_key,
                                             .yajl_end_map = on_close_object,
                                             .yajl_start_array = on_open_array,
                                             .yajl_end_array = on_close_array};
    static const unsigned char open[] = "[", close[] = "]";
    struct view view = {.events = events};
    yajl_handle yajl = yajl_alloc(&callbacks, NULL, &view);
    bool good = yajl_parse(yajl, open, 1) == yajl_status_ok && yajl_parse(yajl, data, size) == yajl_status_ok &&
                view.depth == 1 && yajl_parse(yajl, close, 1) == yajl_status_ok &&
                yajl_complete_parse(yajl) == yajl_status_ok;
    yajl_free(yajl);
    return good && view.depth == 0 && view.values == 1;
}

/* Our tree as events; recursion is bounded by the reader's depth limit. */
static void walk(const struct fn_json *v, struct fn_buf *b)
{
    static const char kinds[] = {'n', 'f', 't', '#', '"', '[', '{'};
    event(b, kinds[v->kind], v->text.p != NULL ? v->text.p : "", v->text.n);
    for (const struct fn_json *child = v->first; child != NULL; child = child->next) {
        if (v->kind == FN_JSON_OBJECT) {
            event(b, ':', child->key.p, child->key.n);
        }
        walk(child, b);
    }
    if (v->kind == FN_JSON_ARRAY || v->kind == FN_JSON_OBJECT) {
        event(b, v->kind == FN_JSON_ARRAY ? ']' : '}', "", 0);
    }
}

static void require(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "fuzz_json: %s\n", what);
        abort();
    }
}

static enum fn_code read_ours(struct fn_arena *arena, struct fn_str text, unsigned flags, const struct fn_json **out)
{
    struct fn_err err = {FN_OK, ""};
    enum fn_code code = fn_json_parse(arena, text, flags, out, &err);
    require(code == FN_OK || (err.code == code && err.text[0] != '\0'), "a failure without a reason");
    return code;
}

static void check_round_trip(struct fn_arena *arena, const struct fn_json *v)
{
    struct fn_buf once, twice;
    const struct fn_json *again = NULL;
    fn_buf_init(&once, MAX_EVENTS);
    fn_buf_init(&twice, MAX_EVENTS);
    fn_json_put_value(&once, v);
    if (!once.failed) {
        require(read_ours(arena, fn_buf_view(&once), 0, &again) == FN_OK, "cannot read what it wrote");
        fn_json_put_value(&twice, again);
        require(fn_str_eq(fn_buf_view(&once), fn_buf_view(&twice)), "writes the same tree in two ways");
    }
    fn_buf_fini(&once);
    fn_buf_fini(&twice);
}

/* yajl takes vertical tab and form feed for white space; RFC 8259 does not. */
static bool has_odd_space(struct fn_str text)
{
    return text.n != 0 && (memchr(text.p, '\v', text.n) != NULL || memchr(text.p, '\f', text.n) != NULL);
}

static void compare(struct fn_arena *arena, struct fn_str text, bool yajl_good, const struct fn_buf *theirs)
{
    const struct fn_json *v = NULL;
    struct fn_buf ours;
    fn_buf_init(&ours, MAX_EVENTS);
    if (read_ours(arena, text, 0, &v) == FN_OK) {
        require(yajl_good, "accepts what yajl rejects");
        walk(v, &ours);
        require(fn_str_eq(fn_buf_view(&ours), fn_buf_view(theirs)), "reads something else than yajl");
    }
    fn_buf_fini(&ours);
    enum fn_code code = read_ours(arena, text, FN_JSON_REPAIR | FN_JSON_ALLOW_DUPLICATES, &v);
    require(code != FN_INVALID || !yajl_good || has_odd_space(text), "rejects what yajl accepts");
    if (code == FN_OK) {
        check_round_trip(arena, v);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fn_arena arena;
    struct fn_buf theirs;
    fn_arena_init(&arena, MAX_TREE);
    fn_buf_init(&theirs, MAX_EVENTS);
    bool yajl_good = read_with_yajl(data, size, &theirs);
    compare(&arena, (struct fn_str){(const char *)data, size}, yajl_good, &theirs);
    fn_buf_fini(&theirs);
    fn_arena_fini(&arena);
    return 0;
}
