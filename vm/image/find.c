/* find.c: lookups by stable name. Linear: names are looked up when a conversation begins or moves, in tables of tens of rows.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_image.h"

static bool same_type(const struct fbc_image *a, uint16_t x, const struct fbc_image *b, uint16_t y, unsigned depth)
{
    const struct fbc_type *p = &a->types[x], *q = &b->types[y];
    if (depth > FBC_TYPE_DEPTH_MAX || p->kind != q->kind || p->n != q->n ||
        (q->bound != 0 && (p->bound == 0 || p->bound > q->bound))) {
        return false;
    }
    bool same = p->elem == FBC_NO_TYPE || same_type(a, p->elem, b, q->elem, depth + 1);
    for (uint16_t i = 0; i < p->n && same; i++) {
        same = fn_str_eq(p->fields[i].name, q->fields[i].name) &&
               (p->kind != FBC_T_RECORD || same_type(a, p->fields[i].type, b, q->fields[i].type, depth + 1));
    }
    return same;
}

bool fbc_same_type(const struct fbc_image *a, uint16_t x, const struct fbc_image *b, uint16_t y)
{
    return same_type(a, x, b, y, 0);
}

bool fbc_same_global(const struct fbc_image *a, const struct fbc_global *x, const struct fbc_image *b,
                     const struct fbc_global *y)
{
    return x->held == FBC_NO_TYPE ? same_type(a, x->type, b, y->type, 0) : same_type(a, x->held, b, fbc_held(y), 0);
}

uint16_t fbc_find_stage(const struct fbc_image *im, struct fn_str name)
{
    for (uint32_t i = 0; i < im->n_stages; i++) {
        if (fn_str_eq(im->stages[i].name, name)) {
            return (uint16_t)i;
        }
    }
    return FBC_NO_INDEX;
}

uint16_t fbc_find_global(const struct fbc_image *im, struct fn_str name, unsigned contact)
{
    for (uint32_t i = 0; i < im->n_globals; i++) {
        bool is_contact = (im->globals[i].flags & FBC_G_CONTACT) != 0;
        if (is_contact == (contact != 0) && fn_str_eq(im->globals[i].name, name)) {
            return (uint16_t)i;
        }
    }
    return FBC_NO_INDEX;
}

uint16_t fbc_find_event(const struct fbc_image *im, struct fn_str name)
{
    for (uint32_t i = 0; i < im->n_events; i++) {
        if (fn_str_eq(im->events[i].name, name)) {
            return (uint16_t)i;
        }
    }
    return FBC_NO_INDEX;
}

uint16_t fbc_find_wait(const struct fbc_image *im, struct fn_str name)
{
    for (uint32_t i = 0; i < im->n_waits; i++) {
        if (fn_str_eq(im->waits[i].name, name)) {
            return (uint16_t)i;
        }
    }
    return FBC_NO_INDEX;
}

const struct fbc_entry *fbc_find_entry(const struct fbc_image *im, enum fbc_entry_kind kind, struct fn_str folded,
                                       uint16_t event)
{
    bool by_phrase = kind == FBC_ENTRY_KEYWORD || kind == FBC_ENTRY_ALWAYS;
    bool by_event = kind == FBC_ENTRY_EVENT || kind == FBC_ENTRY_ON_EVENT;
    for (uint32_t i = 0; i < im->n_entries; i++) {
        const struct fbc_entry *e = &im->entries[i];
        if (e->kind == kind && (!by_phrase || fn_str_eq(e->phrase, folded)) && (!by_event || e->event == event)) {
            return e;
        }
    }
    return NULL;
}
