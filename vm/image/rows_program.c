/* rows_program.c: the rows of GLOBALS, EVENTS, REGS, FUNCS, STAGES, WAITS and ENTRIES (rules M5, M6).
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "verify.h"

/* The bounds are of the same type, and not wider than the type's own: so what keeps them is a value of it. Comparing is the one thing that is done
 * node by node for each row, so the nodes are counted. */
static bool check_held(struct verify *v, const struct fbc_global *g)
{
    if (g->held == g->type) {
        return true;
    }
    if (g->held >= v->im->n_types) {
        return verify_fault(v, "M6", "no type %u", (unsigned)g->held);
    }
    v->held_nodes += v->types[g->held].nodes; /* at most FBC_LIMIT_GLOBALS times a limited number */
    if (v->held_nodes > FBC_LIMIT_HELD_NODES) {
        return verify_fault(v, "M6", "more than %d nodes of bounds", (int)FBC_LIMIT_HELD_NODES);
    }
    return fbc_same_type(v->im, g->held, v->im, g->type) ||
           verify_fault(v, "M6", "type %u does not bound type %u", (unsigned)g->held, (unsigned)g->type);
}

bool verify_global(struct verify *v, struct fn_reader *r, uint32_t i)
{
    struct fbc_global *g = &v->globals[i];
    if (!verify_name(v, r, &g->name)) {
        return false;
    }
    g->type = fn_read_u16(r);
    g->flags = fn_read_u16(r);
    g->held = v->format > 1 ? fn_read_u16(r) : FBC_NO_TYPE;
    if (g->type >= v->im->n_types || (g->flags & ~(FBC_G_CONTACT | FBC_G_PERSONAL | FBC_G_SECRET)) != 0) {
        return verify_fault(v, "M6", "type %u, flags %u", (unsigned)g->type, (unsigned)g->flags);
    }
    return v->format == 1 || r->bad || check_held(v, g);
}

static int compare_globals(const struct verify *v, uint32_t i, uint32_t j)
{
    int a = v->globals[i].flags & FBC_G_CONTACT, b = v->globals[j].flags & FBC_G_CONTACT;
    return a != b ? a - b : fn_str_cmp(v->globals[i].name, v->globals[j].name);
}

bool verify_globals_end(struct verify *v)
{
    return verify_unique(v, 0, v->im->n_globals, compare_globals, "M6", "names of variables");
}

bool verify_event(struct verify *v, struct fn_reader *r, uint32_t i)
{
    struct fbc_event *e = &v->events[i];
    if (!verify_name(v, r, &e->name)) {
        return false;
    }
    e->record = fn_read_u16(r);
    if (e->record >= v->im->n_types || v->types[e->record].kind != FBC_T_RECORD) {
        return verify_fault(v, "M6", "type %u is no record", (unsigned)e->record);
    }
    return true;
}

static int compare_events(const struct verify *v, uint32_t i, uint32_t j)
{
    return fn_str_cmp(v->events[i].name, v->events[j].name);
}

bool verify_events_end(struct verify *v)
{
    return verify_unique(v, 0, v->im->n_events, compare_events, "M6", "names of events");
}

bool verify_reg(struct verify *v, struct fn_reader *r, uint32_t i)
{
    uint16_t type = v->regs[i] = fn_read_u16(r);
    if (type >= v->im->n_types) {
        return verify_fault(v, "M5", "no type %u", (unsigned)type);
    }
    v->reg_own[i] = v->own[type];
    v->reg_wide[i] = v->wide[type];
    return true;
}

static bool check_func(struct verify *v, struct fbc_func *f, uint32_t i)
{
    uint32_t first, end = i == 0 ? 0 : v->funcs[i - 1].code + v->funcs[i - 1].code_n;
    if (f->n_params > f->n_regs || f->n_regs > FBC_REGS_MAX) {
        return verify_fault(v, "M5", "%u parameters, %u registers", (unsigned)f->n_params, (unsigned)f->n_regs);
    }
    if ((f->result != FBC_NO_TYPE && f->result >= v->im->n_types) || f->may_await > 1) {
        return verify_fault(v, "M5", "result %u, may await %u", (unsigned)f->result, (unsigned)f->may_await);
    }
    if (f->code != end || f->code_n == 0 || f->code_n > v->im->n_code - end) {
        return verify_fault(v, "M5", "its code does not begin where the last one's ended, or has no end");
    }
    if (!verify_take(v, FBC_S_REGS, f->n_regs, &first)) {
        return false;
    }
    f->regs = v->regs + first;
    return true;
}

bool verify_func(struct verify *v, struct fn_reader *r, uint32_t i)
{
    struct fbc_func *f = &v->funcs[i];
    if (!verify_name(v, r, &f->name)) {
        return false;
    }
    f->n_params = fn_read_u16(r);
    f->n_regs = fn_read_u16(r);
    f->result = fn_read_u16(r);
    f->may_await = fn_read_u16(r);
    f->code = fn_read_u32(r);
    f->code_n = fn_read_u32(r);
    return check_func(v, f, i);
}

static int compare_funcs(const struct verify *v, uint32_t i, uint32_t j)
{
    return fn_str_cmp(v->funcs[i].name, v->funcs[j].name);
}

bool verify_funcs_end(struct verify *v)
{
    const struct fbc_image *im = v->im;
    const struct fbc_func *first = &v->funcs[0];
    if (im->n_funcs == 0) {
        return verify_fault(v, "M6", "no function");
    }
    if (!fn_str_eq(first->name, FN_STR("init")) || first->n_params != 0 || first->result != FBC_NO_TYPE ||
        first->may_await != 0) {
        return verify_fault(v, "M6", "function 0 is not init: no parameters, no result, never awaiting");
    }
    const struct fbc_func *last = &v->funcs[im->n_funcs - 1];
    if (last->code + last->code_n != im->n_code) {
        return verify_fault(v, "M5", "code behind the last function");
    }
    return verify_unique(v, 0, im->n_funcs, compare_funcs, "M6", "names of functions");
}

bool verify_stage(struct verify *v, struct fn_reader *r, uint32_t i)
{
    struct fbc_stage *s = &v->stages[i];
    if (!verify_name(v, r, &s->name)) {
        return false;
    }
    s->func = fn_read_u16(r);
    const struct fbc_func *f = s->func < v->im->n_funcs ? &v->funcs[s->func] : NULL;
    if (f == NULL || f->n_params != 0 || f->result != FBC_NO_TYPE || f->may_await == 0) {
        return verify_fault(v, "M6", "function %u is none of a stage: no parameters, no result, may await",
                            (unsigned)s->func);
    }
    return true;
}

static int compare_stages(const struct verify *v, uint32_t i, uint32_t j)
{
    return fn_str_cmp(v->stages[i].name, v->stages[j].name);
}

bool verify_stages_end(struct verify *v)
{
    return verify_unique(v, 0, v->im->n_stages, compare_stages, "M6", "names of stages");
}

static bool check_wait(struct verify *v, const struct fbc_wait *w)
{
    const unsigned ends = FBC_WAIT_MESSAGE | FBC_WAIT_EVENT | FBC_WAIT_TIMER | FBC_WAIT_HANDBACK;
    if ((w->flags & ends) == 0 || (w->flags & ~(ends | FBC_WAIT_PHRASES | FBC_WAIT_PERSONAL)) != 0) {
        return verify_fault(v, "M6", "flags %u", (unsigned)w->flags);
    }
    bool event = (w->flags & FBC_WAIT_EVENT) != 0;
    if (event ? w->event >= v->im->n_events : w->event != FBC_NO_INDEX) {
        return verify_fault(v, "M6", "event %u", (unsigned)w->event);
    }
    if (w->settle_ms > FBC_LIMIT_SETTLE_MS || w->max_ms > FBC_LIMIT_SETTLE_MS ||
        (w->max_ms != 0 && w->max_ms < w->settle_ms)) {
        return verify_fault(v, "M6", "settles in %u of at most %u ms", (unsigned)w->settle_ms, (unsigned)w->max_ms);
    }
    return true;
}

bool verify_wait(struct verify *v, struct fn_reader *r, uint32_t i)
{
    struct fbc_wait *w = &v->waits[i];
    if (!verify_name(v, r, &w->name)) {
        return false;
    }
    w->flags = fn_read_u16(r);
    w->event = fn_read_u16(r);
    w->settle_ms = fn_read_u32(r);
    w->max_ms = fn_read_u32(r);
    return check_wait(v, w);
}

static int compare_waits(const struct verify *v, uint32_t i, uint32_t j)
{
    return fn_str_cmp(v->waits[i].name, v->waits[j].name);
}

bool verify_waits_end(struct verify *v)
{
    return verify_unique(v, 0, v->im->n_waits, compare_waits, "M6", "names of waits");
}

/* Phrases are compared with folded text in the run, so one that is not folded would never be met. */
static bool check_phrase(struct verify *v, struct fn_str phrase)
{
    fn_buf_clear(&v->folded);
    fn_fold_phrase(&v->folded, phrase);
    if (v->folded.failed) {
        v->code = FN_NO_MEMORY;
        return false;
    }
    return (phrase.n != 0 && fn_str_eq(fn_buf_view(&v->folded), phrase)) ||
           verify_fault(v, "M6", "a phrase that is empty or not folded");
}

static bool check_entry(struct verify *v, const struct fbc_entry *e)
{
    if (e->kind > FBC_ENTRY_ON_EVENT || e->stage >= v->im->n_stages) {
        return verify_fault(v, "M6", "kind %u, stage %u", (unsigned)e->kind, (unsigned)e->stage);
    }
    bool by_event = e->kind == FBC_ENTRY_EVENT || e->kind == FBC_ENTRY_ON_EVENT;
    if (by_event ? e->event >= v->im->n_events : e->event != FBC_NO_INDEX) {
        return verify_fault(v, "M6", "event %u", (unsigned)e->event);
    }
    if (e->kind == FBC_ENTRY_KEYWORD || e->kind == FBC_ENTRY_ALWAYS) {
        return check_phrase(v, e->phrase);
    }
    return e->phrase.n == 0 || verify_fault(v, "M6", "a phrase that nothing compares");
}

bool verify_entry(struct verify *v, struct fn_reader *r, uint32_t i)
{
    struct fbc_entry *e = &v->entries[i];
    e->kind = fn_read_u8(r);
    uint8_t reserved = fn_read_u8(r);
    e->stage = fn_read_u16(r);
    e->event = fn_read_u16(r);
    if (!verify_text(v, r, FBC_LIMIT_NAME, &e->phrase)) {
        return false;
    }
    return reserved == 0 ? check_entry(v, e) : verify_fault(v, "M6", "a reserved byte is not zero");
}
