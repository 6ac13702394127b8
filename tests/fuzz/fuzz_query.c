/* fuzz_query.c: any bytes, whole or broken, and what an editor asks about them; the last two bytes say where it asks.
 * Properties: no query crashes, leaks or reads behind the source; each answers; what it answers lies inside the source, names something and is
 * in order; the places of a name that may be renamed do not overlap; and a program without errors that is renamed has none either.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_query.h"
#include "fgr_diag.h"
#include "fn_buf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA = 256 << 20, TEXT = 1 << 20, WHERE = 2 };

struct asked {
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fcc_program *p;
};

static void check(struct asked *a, struct fn_str text)
{
    fn_arena_init(&a->arena, ARENA);
    fn_diag_list_init(&a->diags, &a->arena, 200);
    if (fcc_check(&a->arena, FN_STR("q.funnel"), text, NULL, &a->diags, &a->p) != FN_OK) {
        FN_BUG("no program");
    }
}

static void must(bool good, const char *why)
{
    if (!good) {
        FN_BUG(why);
    }
}

static bool inside(const struct fcc_program *p, struct fn_span span)
{
    return span.a <= span.b && span.b <= p->trees[0].source.text.n;
}

static void ask_shapes(struct asked *a)
{
    struct fcc_outlines outline;
    struct fcc_paints paint;
    struct fcc_folds folds;
    must(fcc_query_outline(&a->arena, a->p, &outline) == FN_OK && fcc_query_paint(&a->arena, a->p, &paint) == FN_OK &&
             fcc_query_folds(&a->arena, a->p, &folds) == FN_OK,
         "a query does not answer");
    for (uint32_t i = 0; i < outline.n; i++) {
        const struct fcc_outline *o = &outline.items[i];
        must(inside(a->p, o->span) && inside(a->p, o->at) && o->name.n > 0, "outline");
    }
    for (uint32_t i = 0; i < paint.n; i++) {
        must(inside(a->p, paint.items[i].span), "paint");
        must(i == 0 || paint.items[i - 1].span.b <= paint.items[i].span.a, "paint over paint");
    }
    for (uint32_t i = 0; i < folds.n; i++) {
        must(inside(a->p, folds.items[i]) && (i == 0 || folds.items[i - 1].a <= folds.items[i].a), "folds");
    }
}

static void ask_at(struct asked *a, uint32_t offset)
{
    struct fcc_places places;
    struct fcc_place place;
    struct fcc_items items;
    struct fn_span span = {0, 0};
    struct fn_buf hover;
    fn_buf_init(&hover, TEXT);
    must(fcc_query_references(&a->arena, a->p, offset, &places) == FN_OK &&
             fcc_query_complete(&a->arena, a->p, offset, &items) == FN_OK,
         "a query does not answer");
    must(inside(a->p, items.replace), "what a completion replaces");
    for (uint32_t i = 0; i < places.n; i++) {
        must(places.items[i].file == 0 && inside(a->p, places.items[i].span), "reference");
    }
    if (fcc_query_definition(a->p, offset, &place)) {
        must(place.file == 0 && inside(a->p, place.span), "definition");
    }
    if (fcc_query_hover(&hover, a->p, offset, &span)) {
        must(hover.n > 0 && inside(a->p, span), "hover");
    }
    fn_buf_fini(&hover);
}

/* Puts `text` at every place, and checks what comes out. */
static void renamed(const struct asked *a, const struct fcc_places *places, struct fn_str text)
{
    struct fn_str source = a->p->trees[0].source.text;
    struct fn_buf out;
    uint32_t at = 0;
    fn_buf_init(&out, TEXT);
    for (uint32_t i = 0; i < places->n; i++) {
        struct fn_span span = places->items[i].span;
        must(inside(a->p, span) && at <= span.a, "places of a name overlap");
        fn_buf_put(&out, source.p + at, span.a - at);
        fn_buf_str(&out, text);
        at = span.b;
    }
    fn_buf_put(&out, source.p + at, source.n - at);
    if (!out.failed && a->diags.errors == 0) {
        struct asked again;
        check(&again, fn_buf_view(&out));
        must(again.diags.errors == 0, "a renamed program has errors");
        fn_arena_fini(&again.arena);
    }
    fn_buf_fini(&out);
}

static void rename_at(struct asked *a, uint32_t offset, struct fn_str to)
{
    struct fcc_places places;
    struct fn_str text;
    enum fcc_rename result;
    must(fcc_query_rename(&a->arena, a->p, offset, to, &places, &text, &result) == FN_OK, "a query does not answer");
    if (result == FCC_RENAME_GOOD) {
        renamed(a, &places, text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct asked a;
    if (size < WHERE) {
        return 0;
    }
    size_t n = size - WHERE;
    uint32_t offset = (uint32_t)(((size_t)data[n] | (size_t)data[n + 1] << 8) % (n + 2)); /* behind the end too */
    char *text = malloc(n + (n == 0)); /* as long as the source: a read behind it is seen */
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, n);
    check(&a, (struct fn_str){text, n});
    ask_shapes(&a);
    ask_at(&a, offset);
    rename_at(&a, offset, FN_STR("outro"));
    rename_at(&a, offset, FN_STR("Outra"));
    rename_at(&a, offset, FN_STR("stage"));
    fn_arena_fini(&a.arena);
    free(text);
    return 0;
}
