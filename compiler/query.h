/* query.h: what the files of the editor's queries share (fcc_query.h).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_H
#define QUERY_H
#include "fcc_query.h"
#include "fgr_parse.h"

struct query_list { /* grows in the arena; full when memory is out */
    struct fn_arena *arena;
    void *items;
    uint32_t n, cap;
    bool full;
};
void *query_push(struct query_list *l, size_t size); /* zeroed; NULL when full */

/* Every node of a tree, each before its kids. */
void query_walk(struct fgr_node *n, void (*visit)(void *, struct fgr_node *), void *with);
/* Where a node writes the name it is bound to; empty when it writes none. */
struct fn_span query_name_span(const struct fgr_node *n);
/* What stands at an offset: a symbol, or the id of an option. */
struct query_target {
    struct fcc_sym *sym;
    struct fn_str option;
    struct fn_span span;
    const struct fgr_node *node;
};
bool query_target(const struct fcc_program *p, uint32_t offset, struct query_target *out);
/* Index of the last token that begins before the offset, or -1. */
int64_t query_token_before(const struct fgr_tree *t, uint32_t offset);
/* What sort of thing a name is to somebody who reads: its colour, and the icon of what is offered, follow from it. */
enum fcc_paint query_paint(const struct fcc_sym *s);
static inline bool query_is_option(const struct fgr_node *n)
{
    return n->kind == FGR_OPTION || (n->kind == FGR_STEP_SAYS && (n->flags & FGR_BY_OPTION) != 0);
}

#endif
