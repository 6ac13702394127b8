/* fair.h: a queue that many tenants share: each stands in a ring with what is its own, and one item is taken from each in turn. So a tenant waits
 * for the others' number, never for their backlog. Items are linked by the caller's first member.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RUNTIME_FAIR_H
#define RUNTIME_FAIR_H
#include "fn_base.h"

struct fair_item {
    struct fair_item *next;
};
/* One tenant's part. */
struct fair_part {
    struct fair_item *first, *last;
    struct fair_part *next; /* ring of those that are not empty */
    size_t n;
};
struct fair {
    struct fair_part *last; /* of the ring; NULL: nothing waits */
    size_t n, parts;        /* items; tenants that have any */
};
static inline void fair_put(struct fair *f, struct fair_part *p, struct fair_item *item)
{
    item->next = NULL;
    f->n++;
    if (p->n++ != 0) {
        p->last->next = item;
        p->last = item;
        return;
    }
    f->parts++;
    p->first = p->last = item;
    p->next = f->last != NULL ? f->last->next : p;
    if (f->last != NULL) {
        f->last->next = p;
    }
    f->last = p;
}
/* In front of what its part has, whose place in the ring stays. */
static inline void fair_put_first(struct fair *f, struct fair_part *p, struct fair_item *item)
{
    if (p->n == 0) {
        fair_put(f, p, item);
        return;
    }
    item->next = p->first;
    p->first = item;
    p->n++;
    f->n++;
}
/* The part whose turn it is; NULL when the ring is empty. */
static inline struct fair_part *fair_turn(const struct fair *f)
{
    return f->last != NULL ? f->last->next : NULL;
}
/* The next part's turn, without taking anything of this one's. */
static inline void fair_pass(struct fair *f)
{
    f->last = f->last->next;
}
/* The first item of the part whose turn it is; then the next part's turn. */
static inline struct fair_item *fair_take(struct fair *f)
{
    struct fair_part *p = f->last->next;
    struct fair_item *item = p->first;
    p->first = item->next;
    f->n--;
    if (--p->n != 0) {
        f->last = p;
        return item;
    }
    f->parts--;
    if (p == f->last) {
        f->last = NULL;
    } else {
        f->last->next = p->next;
    }
    return item;
}
#endif
