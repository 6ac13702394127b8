/* move.c: a conversation changes to another version of its funnel, at a stage's entry.
 *
 * The old globals and heap are put aside; the new image's init runs; then each global whose stable name is in both, and whose
 * new type holds what the old one does, is copied over as a value of the new type, constants of the old image made into objects; the others get
 * what a `migrate var` rule says. When anything fails, what was put aside comes back: the conversation stays where it was. Copied objects
 * leave a forwarding mark, so sharing survives and the copy is bounded. This is the one place outside fvm_run_new
 * that allocates: a move is rare.
 * SPDX-License-Identifier: Apache-2.0 */
#include "heap.h"

#include <stdlib.h>

enum { JSON_MOST = 1 << 20 /* bytes of one variable written out */ };

struct mover {
    struct fvm_run *run;
    const struct fbc_image *from, *to;
    union fvm_slot *globals; /* the old ones */
    unsigned char *heap;     /* the old one; marked while copying */
    unsigned char *saved;    /* the old one, untouched */
    uint32_t top;
    bool *kept; /* globals of the new image that were carried over */
};

/* -- copying ------------------------------------------------------------------------------------------------------- */

/* A type of the old image and the one of the new image that takes its values: fbc_same_global found their shapes to be one. */
struct pair {
    uint16_t from, to;
};
static const struct pair a_key = {FBC_NO_TYPE, FBC_NO_TYPE}; /* of a map */

static bool copy_slot(struct mover *m, union fvm_slot v, struct pair type, union fvm_slot *out);

/* Room for n items of the new type; 0 also when they are more than its bound, if it has one. */
static uint32_t take_items(struct mover *m, uint16_t type, uint32_t n)
{
    const struct fbc_type *t = &m->to->types[type];
    bool bounded = t->kind == FBC_T_LIST || t->kind == FBC_T_MAP;
    return bounded && t->bound != 0 && n > t->bound ? 0 : heap_take(m->run, type, n);
}

static bool copy_text(struct mover *m, struct fn_str s, union fvm_slot *out)
{
    uint32_t ref = heap_take_text(m->run, s);
    *out = slot_ref(ref);
    return ref != 0;
}

static bool copy_constant(struct mover *m, uint32_t index, struct pair type, union fvm_slot *out)
{
    const struct fbc_const *k = &m->from->consts[index];
    if (type.from == FBC_NO_TYPE || run_repr(m->from, type.from) == FBC_REPR_T) {
        return copy_text(m, k->text, out);
    }
    uint32_t ref = take_items(m, type.to, k->n);
    *out = slot_ref(ref);
    for (uint32_t i = 0; ref != 0 && i < k->n; i++) {
        struct fn_str s = m->from->consts[k->items[i]].text;
        if (s.n != 0 && !copy_text(m, s, &object_slots(heap_object(m->run, ref))[i])) {
            return false;
        }
    }
    return ref != 0;
}

static struct pair part_of(const struct mover *m, struct pair type, uint32_t i)
{
    const struct fbc_type *from = &m->from->types[type.from], *to = &m->to->types[type.to];
    if (from->kind == FBC_T_MAP && i % 2 == 0) {
        return a_key;
    }
    return from->kind == FBC_T_RECORD ? (struct pair){from->fields[i].type, to->fields[i].type}
                                      : (struct pair){from->elem, to->elem};
}

static bool copy_items(struct mover *m, const union fvm_slot *from, uint32_t n, struct pair type, uint32_t ref)
{
    bool good = true;
    for (uint32_t i = 0; i < (m->from->types[type.from].kind == FBC_T_MAP ? 2 * n : n) && good; i++) {
        good = copy_slot(m, from[i], part_of(m, type, i), &object_slots(heap_object(m->run, ref))[i]);
    }
    return good;
}

/* What was copied as another type of the new image is copied once more: its items still lie behind the mark. */
static bool copy_object(struct mover *m, uint32_t ref, struct pair type, union fvm_slot *out)
{
    struct object *o = (struct object *)(void *)(m->heap + ref);
    uint32_t n = o->n;
    if (o->type == HEAP_MOVED) {
        const struct object *copy = heap_object(m->run, n);
        if (copy->type == HEAP_TEXT || copy->type == type.to) {
            *out = slot_ref(n);
            return true;
        }
        n = copy->n;
    }
    if (o->type == HEAP_TEXT) {
        if (!copy_text(m, (struct fn_str){object_bytes(o), n}, out)) {
            return false;
        }
    } else {
        *out = slot_ref(take_items(m, type.to, n));
        if (out->ref == 0 || !copy_items(m, object_slots(o), n, type, out->ref)) {
            return false;
        }
    }
    *o = (struct object){.type = HEAP_MOVED, .n = out->ref};
    return true;
}

/* Recursion follows the type, whose depth is bounded. */
static bool copy_slot(struct mover *m, union fvm_slot v, struct pair type, union fvm_slot *out)
{
    enum fbc_repr repr = type.from == FBC_NO_TYPE ? FBC_REPR_T : run_repr(m->from, type.from);
    if (v.i == 0 || !repr_is_ref(repr)) {
        *out = v;
        return true;
    }
    if ((v.ref & FBC_CONST_REF) == 0) {
        return copy_object(m, v.ref, type, out);
    }
    return copy_constant(m, v.ref & ~FBC_CONST_REF, type, out);
}

static bool copy_globals(struct mover *m)
{
    for (uint32_t i = 0; i < m->to->n_globals; i++) {
        const struct fbc_global *g = &m->to->globals[i];
        uint16_t old = fbc_find_global(m->from, g->name, (g->flags & FBC_G_CONTACT) != 0);
        const struct fbc_global *was = old != FBC_NO_INDEX ? &m->from->globals[old] : NULL;
        if (was == NULL || !fbc_same_global(m->from, was, m->to, g)) {
            continue;
        }
        if (!copy_slot(m, m->globals[old], (struct pair){was->type, g->type}, &m->run->globals[i])) {
            return false;
        }
        m->kept[i] = true;
    }
    return true;
}

/* What an image of format 1 holds was never held to the bounds behind options and in lists. They judge it now, as they do what comes from
 * outside; a conversation with what does not fit stays with its image. */
static bool keeps_bounds(struct mover *m)
{
    bool told = m->from->n_globals == 0 || m->from->globals[0].held != FBC_NO_TYPE;
    struct fn_buf json;
    fn_buf_init(&json, JSON_MOST);
    bool good = true;
    for (uint16_t i = 0; i < m->to->n_globals && good && !told; i++) {
        const struct fbc_global *g = &m->to->globals[i];
        if (m->kept[i] && g->held != g->type) {
            fn_buf_clear(&json);
            fvm_global_json(m->run, i, &json);
            good = !json.failed && fvm_global_set(m->run, i, fn_buf_view(&json)) == FN_OK;
        }
    }
    fn_buf_fini(&json);
    return good;
}

/* `migrate var x = …` is the hidden function "migrate:x"; what could be carried over does not need it. */
static enum fn_code migrate(struct mover *m)
{
    enum fn_code code = FN_OK;
    for (uint32_t i = 0; i < m->to->n_funcs && code == FN_OK; i++) {
        const char *name = m->to->funcs[i].name.p;
        size_t n = m->to->funcs[i].name.n, skip = sizeof FVM_MIGRATE - 1;
        if (n <= skip || memcmp(name, FVM_MIGRATE, skip) != 0) {
            continue;
        }
        uint16_t global = fbc_find_global(m->to, (struct fn_str){name + skip, n - skip}, 0);
        if (global != FBC_NO_INDEX && !m->kept[global]) {
            code = run_plain(m->run, (uint16_t)i);
        }
    }
    memset(m->run->changed, 0, m->to->n_globals);
    return code;
}

/* -- the move ------------------------------------------------------------------------------------------------------ */

static bool put_aside(struct mover *m)
{
    struct fvm_run *run = m->run;
    run->depth = 0;
    heap_collect(run);
    m->top = run->top;
    m->globals = calloc((size_t)m->from->n_globals + 1, sizeof *m->globals);
    m->kept = calloc((size_t)m->to->n_globals + 1, sizeof *m->kept);
    m->heap = malloc(m->top);
    m->saved = malloc(m->top);
    if (m->globals == NULL || m->kept == NULL || m->heap == NULL || m->saved == NULL) {
        return false;
    }
    memcpy(m->globals, run->globals, m->from->n_globals * sizeof *m->globals);
    memcpy(m->heap + HEAP_FIRST, run->heap + HEAP_FIRST, m->top - HEAP_FIRST);
    memcpy(m->saved + HEAP_FIRST, run->heap + HEAP_FIRST, m->top - HEAP_FIRST);
    return true;
}

static void put_back(struct mover *m)
{
    struct fvm_run *run = m->run;
    run->image = m->from;
    run->depth = 0;
    heap_reset(run);
    memcpy(run->globals, m->globals, m->from->n_globals * sizeof *m->globals);
    memset(run->changed, 0, m->from->n_globals);
    memcpy(run->heap + HEAP_FIRST, m->saved + HEAP_FIRST, m->top - HEAP_FIRST);
    run->top = m->top;
}

static enum fn_code move(struct mover *m)
{
    struct fvm_run *run = m->run;
    int64_t fuel = run->fuel;
    int64_t rest = run->fuel_rest;
    run->image = m->to;
    run_refuel(run);
    enum fn_code code = run_init(run);
    if (code == FN_OK) {
        heap_collect(run);
        code = copy_globals(m) && keeps_bounds(m) ? migrate(m) : FN_LIMIT;
    }
    run->fuel = fuel;
    run->fuel_rest = rest;
    if (code != FN_OK) {
        put_back(m);
    }
    return code;
}

enum fn_code fvm_move(struct fvm_run *run, const struct fbc_image *to, uint16_t stage)
{
    enum run_state state = run->state;
    if (state != RUN_ARRIVING && state != RUN_STAGE) {
        return FN_CONFLICT;
    }
    if (stage >= to->n_stages) {
        return FN_NOT_FOUND;
    }
    struct mover m = {.run = run, .from = run->image, .to = to};
    uint16_t old_stage = run->stage;
    uint32_t effects = run->effects;
    enum fn_code code = run_accept(run, to, NULL);
    if (code == FN_OK) {
        code = put_aside(&m) ? move(&m) : FN_NO_MEMORY;
    }
    run->stage = code == FN_OK ? stage : old_stage;
    run->state = state;
    run->effects = effects;
    free(m.globals);
    free(m.kept);
    free(m.heap);
    free(m.saved);
    return code;
}
