/* move.c: a conversation changes to another version of its funnel, at a stage's entry.
 *
 * The old globals and heap are put aside; the new image's init runs; then each global whose stable name and
 * structural type are in both is copied over, and the others get what a `migrate var` rule says, with type indices translated and constants of the old image made into
 * objects. When anything fails, what was put aside comes back: the conversation stays where it was. Copied objects
 * leave a forwarding mark, so sharing survives and the copy is bounded. This is the one place outside fvm_run_new
 * that allocates: a move is rare.
 * SPDX-License-Identifier: Apache-2.0 */
#include "heap.h"

#include <stdlib.h>

struct mover {
    struct fvm_run *run;
    const struct fbc_image *from, *to;
    uint16_t *types;         /* of the old image -> of the new, FBC_NO_TYPE when it has none */
    union fvm_slot *globals; /* the old ones */
    unsigned char *heap;     /* the old one; marked while copying */
    unsigned char *saved;    /* the old one, untouched */
    uint32_t top;
    bool *kept; /* globals of the new image that were carried over */
};

/* -- which types are the same -------------------------------------------------------------------------------------- */

static bool same_fields(const struct mover *m, const struct fbc_type *a, const struct fbc_type *b)
{
    for (uint32_t i = 0; i < a->n; i++) {
        if (!fn_str_eq(a->fields[i].name, b->fields[i].name)) {
            return false;
        }
        if (a->kind == FBC_T_RECORD && m->types[a->fields[i].type] != b->fields[i].type) {
            return false;
        }
    }
    return true;
}

/* Elements have lower indices, so their translation is known. */
static bool same_type(const struct mover *m, const struct fbc_type *a, const struct fbc_type *b)
{
    if (a->kind != b->kind || a->bound != b->bound || a->n != b->n ||
        (a->elem == FBC_NO_TYPE) != (b->elem == FBC_NO_TYPE)) {
        return false;
    }
    if (a->elem != FBC_NO_TYPE && m->types[a->elem] != b->elem) {
        return false;
    }
    return a->n == 0 || same_fields(m, a, b);
}

static void translate_types(struct mover *m)
{
    for (uint32_t i = 0; i < m->from->n_types; i++) {
        m->types[i] = FBC_NO_TYPE;
        for (uint32_t j = 0; j < m->to->n_types && m->types[i] == FBC_NO_TYPE; j++) {
            if (same_type(m, &m->from->types[i], &m->to->types[j])) {
                m->types[i] = (uint16_t)j;
            }
        }
    }
}

/* -- copying ------------------------------------------------------------------------------------------------------- */

static bool copy_slot(struct mover *m, union fvm_slot v, uint16_t type, union fvm_slot *out);

static bool copy_text(struct mover *m, struct fn_str s, union fvm_slot *out)
{
    uint32_t ref = heap_take_text(m->run, s);
    *out = slot_ref(ref);
    return ref != 0;
}

static bool copy_constant(struct mover *m, uint32_t index, uint16_t type, union fvm_slot *out)
{
    const struct fbc_const *k = &m->from->consts[index];
    if (run_repr(m->from, type) == FBC_REPR_T) {
        return copy_text(m, k->text, out);
    }
    uint32_t ref = heap_take(m->run, m->types[type], k->n);
    *out = slot_ref(ref);
    for (uint32_t i = 0; ref != 0 && i < k->n; i++) {
        struct fn_str s = m->from->consts[k->items[i]].text;
        if (s.n != 0 && !copy_text(m, s, &object_slots(heap_object(m->run, ref))[i])) {
            return false;
        }
    }
    return ref != 0;
}

/* The items of a composite object; `from` has been read before it is marked. */
static bool copy_items(struct mover *m, const union fvm_slot *from, uint32_t n, const struct fbc_type *type,
                       uint32_t ref)
{
    bool map = type->kind == FBC_T_MAP;
    bool good = true;
    for (uint32_t i = 0; i < (map ? 2 * n : n) && good; i++) {
        union fvm_slot *to = &object_slots(heap_object(m->run, ref))[i];
        if (map && i % 2 == 0) {
            good = from[i].i == 0 || copy_slot(m, from[i], FBC_NO_TYPE, to);
        } else {
            good = copy_slot(m, from[i], type->kind == FBC_T_RECORD ? type->fields[i].type : type->elem, to);
        }
    }
    return good;
}

static bool copy_object(struct mover *m, uint32_t ref, uint16_t type, union fvm_slot *out)
{
    struct object *o = (struct object *)(void *)(m->heap + ref);
    uint32_t n = o->n;
    if (o->type == HEAP_MOVED) {
        *out = slot_ref(n);
        return true;
    }
    if (o->type == HEAP_TEXT) {
        if (!copy_text(m, (struct fn_str){object_bytes(o), n}, out)) {
            return false;
        }
    } else {
        *out = slot_ref(heap_take(m->run, m->types[type], n));
        if (out->ref == 0 || !copy_items(m, object_slots(o), n, &m->from->types[type], out->ref)) {
            return false;
        }
    }
    *o = (struct object){.type = HEAP_MOVED, .n = out->ref};
    return true;
}

/* type: of the old image; FBC_NO_TYPE for a map's key. Recursion follows the type, whose depth is bounded. */
static bool copy_slot(struct mover *m, union fvm_slot v, uint16_t type, union fvm_slot *out)
{
    enum fbc_repr repr = type == FBC_NO_TYPE ? FBC_REPR_T : run_repr(m->from, type);
    if (v.i == 0 || !repr_is_ref(repr)) {
        *out = v;
        return true;
    }
    if ((v.ref & FBC_CONST_REF) == 0) {
        return copy_object(m, v.ref, type, out);
    }
    uint32_t index = v.ref & ~FBC_CONST_REF;
    return copy_constant(m, index, type == FBC_NO_TYPE ? m->from->consts[index].type : type, out);
}

/* A text may have become longer: it is the same object. */
static bool fits(const struct mover *m, uint16_t from, uint16_t to)
{
    bool text = m->from->types[from].kind == FBC_T_TEXT;
    return text ? fbc_same_type(m->from, from, m->to, to) : m->types[from] == to;
}

static bool copy_globals(struct mover *m)
{
    for (uint32_t i = 0; i < m->to->n_globals; i++) {
        const struct fbc_global *g = &m->to->globals[i];
        uint16_t old = fbc_find_global(m->from, g->name, (g->flags & FBC_G_CONTACT) != 0);
        if (old == FBC_NO_INDEX || !fits(m, m->from->globals[old].type, g->type)) {
            continue;
        }
        if (!copy_slot(m, m->globals[old], m->from->globals[old].type, &m->run->globals[i])) {
            return false;
        }
        m->kept[i] = true;
    }
    return true;
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
    m->types = calloc((size_t)m->from->n_types + 1, sizeof *m->types);
    m->globals = calloc((size_t)m->from->n_globals + 1, sizeof *m->globals);
    m->kept = calloc((size_t)m->to->n_globals + 1, sizeof *m->kept);
    m->heap = malloc(m->top);
    m->saved = malloc(m->top);
    if (m->types == NULL || m->globals == NULL || m->kept == NULL || m->heap == NULL || m->saved == NULL) {
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
    translate_types(m);
    run->image = m->to;
    run_refuel(run);
    enum fn_code code = run_init(run);
    if (code == FN_OK) {
        heap_collect(run);
        code = copy_globals(m) ? migrate(m) : FN_LIMIT;
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
    free(m.types);
    free(m.globals);
    free(m.kept);
    free(m.heap);
    free(m.saved);
    return code;
}
