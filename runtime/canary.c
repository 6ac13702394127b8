/* canary.c: a version offered to some of the contacts first, and taken back by itself when it does worse than the one beside it.
 *
 * While a publication has a canary, every start, fault, trap and hand-off of its funnel is counted for its side, in the turn's own commit:
 * `funnel/canary/<hash of the canary, 16 digits>:<side>:<event>`. Whoever runs turns of the tenant looks at the sums now and then; what is past a
 * rule of canary.def publishes the funnel without the canary. Right before, the publication is read again: another canary than the
 * one that was measured is never touched. Conversations of a canary that was taken back move to the live version at their next stage.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum { WATCH_MS = 10000, WATCH_ARENA = 1 << 20, NAME_DIGITS = 16, METRICS_MAX = 64 };

enum canary_rule {
#define CANARY_RULE(NAME, event, least, points) RULE_##NAME,
#include "canary.def"
#undef CANARY_RULE
    RULES
};
static const struct {
    const char *event;
    int64_t least, points;
} rules[RULES] = {
#define CANARY_RULE(NAME, event, least, points) {event, least, points},
#include "canary.def"
#undef CANARY_RULE
};

struct watch {
    struct frt_engine *engine;
    struct tenant *tenant;
    struct fn_arena arena;
    struct fn_str funnel, canary;
    struct frt_op_metrics metrics;
    struct frt_op_pubs pubs;
    struct frt_op_publish publish;
};

static struct fn_str canary_name(struct fn_arena *arena, struct fn_str hash)
{
    static const char digits[] = "0123456789abcdef";
    char name[NAME_DIGITS];
    for (size_t i = 0; i < sizeof name; i++) {
        unsigned char byte = i / 2 < hash.n ? (unsigned char)hash.p[i / 2] : 0;
        name[i] = digits[i % 2 == 0 ? byte >> 4 : byte & 15];
    }
    return fn_arena_dup(arena, (struct fn_str){name, sizeof name});
}

/* -- counting ------------------------------------------------------------------------------------------------------------------------- */
void canary_count(struct turn *t, const char *event)
{
    const struct frt_pub *pub = NULL;
    for (size_t i = 0; t->catalogue != NULL && i < t->catalogue->n && pub == NULL; i++) {
        pub = fn_str_eq(t->catalogue->pubs[i].funnel, t->next.funnel) ? &t->catalogue->pubs[i] : NULL;
    }
    bool canary = pub != NULL && pub->canary.n != 0 && fn_str_eq(pub->canary, t->next.prog);
    if (pub == NULL || pub->canary.n == 0 || (!canary && !fn_str_eq(pub->hash, t->next.prog))) {
        return;
    }
    struct fn_str name = canary_name(&t->arena, pub->canary);
    turn_metric(t, "canary",
                fn_arena_printf(&t->arena, "%.*s:%s:%s", FN_STR_ARG(name), canary ? "canary" : "live", event), 1);
}

/* -- watching --------------------------------------------------------------------------------------------------------------------------- */
static void forget(struct watch *w)
{
    w->tenant->watching--;
    fn_arena_fini(&w->arena);
    free(w);
}

static void submit(struct watch *w, struct frt_op *op, enum frt_op_kind kind, void (*done)(struct frt_op *op))
{
    *op = (struct frt_op){.kind = kind, .done = done, .owner = w, .arena = &w->arena};
    engine_submit(w->engine, op);
}

static void published(struct frt_op *op)
{
    struct watch *w = op->owner;
    struct frt_engine *e = w->engine;
    if (engine_again(e, op)) {
        return;
    }
    if (op->code == FN_OK) {
        frt_engine_reload(e, w->tenant->id);
        engine_log(e, FRT_LOG_ERROR, "canary.rolled_back", w->tenant->id, 0, w->funnel);
    }
    forget(w);
}

static void listed(struct frt_op *op)
{
    struct watch *w = op->owner;
    struct frt_engine *e = w->engine;
    if (engine_again(e, op)) {
        return;
    }
    for (size_t i = 0; op->code == FN_OK && i < w->pubs.n; i++) {
        const struct frt_pub *p = &w->pubs.pubs[i];
        if (fn_str_eq(p->funnel, w->funnel) && fn_str_eq(p->canary, w->canary)) {
            w->publish.tenant = w->tenant->id;
            w->publish.pub = *p;
            w->publish.pub.canary = FN_STR_NULL;
            w->publish.pub.percent = 0;
            w->publish.pub.at = engine_now(e);
            submit(w, &w->publish.op, FRT_OP_PUBLISH, published);
            return;
        }
    }
    forget(w);
}

static int64_t sum(struct watch *w, const char *side, const char *event)
{
    struct fn_str end = fn_arena_printf(&w->arena, ":%s:%s", side, event);
    for (size_t i = 0; i < w->metrics.n; i++) {
        struct fn_str key = w->metrics.metrics[i].key;
        if (key.n > end.n && memcmp(key.p + key.n - end.n, end.p, end.n) == 0) {
            return w->metrics.metrics[i].n;
        }
    }
    return 0;
}

/* The rule that is broken, RULES none. */
static size_t broken(struct watch *w)
{
    int64_t starts = sum(w, "canary", "start"), live = sum(w, "live", "start");
    for (size_t i = 0; i < RULES; i++) {
        int64_t bad = sum(w, "canary", rules[i].event) * 100;
        int64_t usual = live != 0 ? sum(w, "live", rules[i].event) * 100 / live : 0;
        if (starts >= rules[i].least && bad > (usual + rules[i].points) * starts) {
            return i;
        }
    }
    return RULES;
}

static void measured(struct frt_op *op)
{
    struct watch *w = op->owner;
    struct frt_engine *e = w->engine;
    if (engine_again(e, op)) {
        return;
    }
    size_t rule = op->code == FN_OK ? broken(w) : RULES;
    if (rule == RULES) {
        forget(w);
        return;
    }
    engine_log(e, FRT_LOG_WARN, "canary.failed", w->tenant->id, 0,
               fn_arena_printf(&w->arena, "%.*s: %s", FN_STR_ARG(w->funnel), rules[rule].event));
    w->pubs.tenant = w->tenant->id;
    submit(w, &w->pubs.op, FRT_OP_PUBS, listed);
}

static void begin(struct frt_engine *e, struct tenant *t, const struct frt_pub *pub)
{
    struct watch *w = engine_alloc(1, sizeof *w);
    w->engine = e;
    w->tenant = t;
    t->watching++;
    fn_arena_init(&w->arena, WATCH_ARENA);
    w->funnel = fn_arena_dup(&w->arena, pub->funnel);
    w->canary = fn_arena_dup(&w->arena, pub->canary);
    struct fn_str name = canary_name(&w->arena, pub->canary);
    w->metrics.tenant = t->id;
    w->metrics.to = FRT_NEVER;
    w->metrics.limit = METRICS_MAX;
    w->metrics.prefix = fn_arena_printf(&w->arena, "%.*s/canary/%.*s:", FN_STR_ARG(pub->funnel), FN_STR_ARG(name));
    submit(w, &w->metrics.op, FRT_OP_METRICS, measured);
}

void canary_watch(struct frt_engine *e, struct tenant *t)
{
    int64_t now = engine_now(e);
    if (t->watching != 0 || now < t->watch_at) {
        return;
    }
    t->watch_at = now + WATCH_MS;
    for (size_t i = 0; i < t->catalogue->n; i++) {
        if (t->catalogue->pubs[i].canary.n != 0) {
            begin(e, t, &t->catalogue->pubs[i]);
        }
    }
}
