/* build.c: nodes, lists, the file and its declarations. See build.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

enum { NODE_KIDS = 0xF, NODE_DEPTH = 0xFFF }; /* what the bit fields hold */
static_assert((int)FGR_KIDS_MAX <= (int)NODE_KIDS && (int)FGR_DEPTH_MAX < (int)NODE_DEPTH, "struct fgr_node");

/* Spans what is there: a leading optional part that was not written does not move the start. */
struct fgr_loc build_location(const struct fgr_loc *of, int n)
{
    int first = 1, last = n;
    while (first <= n && of[first].first > of[first].last) {
        first++;
    }
    if (first > n) {
        return (struct fgr_loc){of[0].last + 1, of[0].last};
    }
    while (of[last].first > of[last].last) {
        last--;
    }
    return build_span(of[first], of[last]);
}

struct fgr_loc build_span(struct fgr_loc first, struct fgr_loc last)
{
    return (struct fgr_loc){first.first, last.last};
}

struct fgr_loc build_nowhere(void)
{
    return (struct fgr_loc){1, 0};
}

struct fn_span build_bytes(const struct build *b, struct fgr_loc at)
{
    const struct fgr_token *tokens = b->tree->tokens;
    if (at.first <= at.last) {
        return (struct fn_span){tokens[at.first].span.a, tokens[at.last].span.b};
    }
    uint32_t behind = at.last > 0 ? tokens[at.last].span.b : 0;
    return (struct fn_span){behind, behind};
}

void build_broke(struct build *b, struct fgr_loc at)
{
    if (!b->broke) {
        b->broke = true;
        b->broke_at = at;
    }
}

static uint32_t doubt_in(const struct build *b, struct fgr_loc at)
{
    if (b->doubts == NULL || at.first > at.last) {
        return 0;
    }
    return b->doubts[at.last + 1] > b->doubts[at.first] ? FGR_BROKEN : 0;
}

static size_t node_size(enum fgr_kind kind)
{
    return kind == FGR_LIST ? offsetof(struct fgr_node, text_span)
                            : offsetof(struct fgr_node, kid) + fgr_kind_kids(kind) * sizeof(struct fgr_node *);
}

static inline struct fgr_node *alloc_node(struct build *b, enum fgr_kind kind, struct fgr_loc at)
{
    struct fgr_node *n = fn_arena_alloc(b->arena, node_size(kind));
    if (n == NULL) {
        n = &b->spare;
        *n = (struct fgr_node){.flags = FGR_BROKEN};
    }
    n->kind = (uint8_t)kind;
    n->n_kids = fgr_kind_kids(kind) & NODE_KIDS;
    n->depth = 1;
    n->flags |= doubt_in(b, at);
    n->span = build_bytes(b, at);
    n->first_token = at.first;
    return n;
}

/* A tree too deep to walk is cut: the node stands alone, told once. */
static struct fgr_node *cut(struct build *b, struct fgr_node *n, struct fgr_loc at)
{
    if (!b->told_depth) {
        b->told_depth = true;
        fgr_diag_add(b->diags, FGR_D_TOO_COMPLEX, n->span);
    }
    bool expression = n->kind >= FGR_NAME && n->kind <= FGR_FIND;
    n = alloc_node(b, expression ? FGR_NAME : FGR_ERROR_STMT, at);
    n->flags |= FGR_BROKEN;
    return n;
}

/* The list of nothing, one for the whole tree: nobody adds to a list that was never written. */
static struct fgr_node *nothing(struct build *b)
{
    if (b->nothing == NULL) {
        b->nothing = build_list(b, build_nowhere());
    }
    return b->nothing;
}

struct fgr_node *build_node(struct build *b, enum fgr_kind kind, struct fgr_loc at, struct fgr_node **kids)
{
    struct fgr_node *n = alloc_node(b, kind, at);
    unsigned deepest = 0, n_kids = fgr_kind_kids(kind);
    uint32_t flags = kind == FGR_ASSIGN ? FGR_ASSIGNS : 0U;
    for (unsigned i = 0; i < n_kids; i++) {
        struct fgr_node *kid = kids != NULL ? kids[i] : NULL;
        if (kid == NULL && fgr_kid_is_list(kind, i)) {
            kid = nothing(b);
        }
        n->kid[i] = kid;
        if (kid != NULL) {
            deepest = kid->depth > deepest ? kid->depth : deepest;
            flags |= kid->flags & (FGR_BROKEN | FGR_ASSIGNS);
        }
    }
    n->flags |= flags;
    n->depth = (deepest + 1U) & NODE_DEPTH;
    return n->depth > FGR_DEPTH_MAX ? cut(b, n, at) : n;
}

struct fgr_node *build_named(struct build *b, struct fgr_node *n, struct fgr_loc name)
{
    if (name.first <= name.last) {
        n->text = literal_name(b, name.first);
        n->text_span = build_bytes(b, name);
    }
    return n;
}

struct fgr_node *build_text2(struct build *b, struct fgr_node *n, struct fgr_loc name)
{
    static const struct fn_str none;
    struct fn_str *text = fn_arena_alloc(b->arena, sizeof *text);
    if (text != NULL) {
        *text = literal_name(b, name.first);
    }
    n->text2 = text != NULL ? text : &none;
    return n;
}

struct fgr_node *build_aux(struct fgr_node *n, int aux)
{
    n->aux = (uint8_t)aux;
    return n;
}

struct fgr_node *build_flag(struct fgr_node *n, uint32_t flag)
{
    n->flags |= flag;
    return n;
}

struct fgr_node *build_kind(struct build *b, struct fgr_node *n, enum fgr_kind kind)
{
    (void)b;
    n->kind = (uint8_t)kind; /* has no more kids than n was made with */
    n->n_kids = fgr_kind_kids(kind) & NODE_KIDS;
    n->aux = 0;
    return n;
}

struct fgr_node *build_num(struct build *b, struct fgr_node *n, struct fgr_loc number)
{
    n->num = literal_int(b, number.first);
    return n;
}

struct fgr_node *build_list(struct build *b, struct fgr_loc at)
{
    return alloc_node(b, FGR_LIST, at);
}

/* Room for 2^power items: an array that another list has outgrown, or a new one. */
static struct fgr_node **take_items(struct build *b, unsigned power)
{
    struct fgr_node **items = b->outgrown[power];
    if (items == NULL) {
        return fn_arena_array(b->arena, (size_t)1 << power, sizeof(struct fgr_node *));
    }
    b->outgrown[power] = (struct fgr_node **)(void *)items[0];
    return items;
}

/* For the next list that grows this far: its first item says which is behind it. */
static void leave_items(struct build *b, unsigned power, struct fgr_node **items)
{
    items[0] = (struct fgr_node *)(void *)b->outgrown[power];
    b->outgrown[power] = items;
}

/* The array doubles whenever its count is a power of two, so no capacity is kept. */
static bool has_room(struct build *b, struct fgr_node *list)
{
    uint32_t n = list->n_items;
    if (n != 0 && (n & (n - 1)) != 0) {
        return true;
    }
    unsigned power = n == 0 ? 0 : (unsigned)__builtin_ctz(n) + 1;
    struct fgr_node **bigger = power < BUILD_POWERS ? take_items(b, power) : NULL;
    if (bigger == NULL) {
        return false;
    }
    if (n > 0) {
        memcpy(bigger, list->items, n * sizeof(struct fgr_node *));
        leave_items(b, power - 1, list->items);
    }
    list->items = bigger;
    return true;
}

static void widen(struct fgr_node *list, const struct fgr_node *item)
{
    if (list->n_items == 0) {
        list->span.a = item->span.a;
        list->first_token = item->first_token;
    }
    list->span.b = item->span.b;
    list->flags |= item->flags & (FGR_BROKEN | FGR_ASSIGNS);
    list->depth = item->depth >= list->depth ? (item->depth + 1U) & NODE_DEPTH : list->depth;
}

struct fgr_node *build_add(struct build *b, struct fgr_node *list, struct fgr_node *item)
{
    if (item != NULL && list != &b->spare && has_room(b, list)) {
        widen(list, item);
        list->items[list->n_items++] = item;
    }
    return list;
}

struct fgr_node *build_add_all(struct build *b, struct fgr_node *list, struct fgr_node *items)
{
    if (items != NULL && items->kind != FGR_LIST) {
        return build_add(b, list, items);
    }
    for (uint32_t i = 0; items != NULL && i < items->n_items; i++) {
        build_add(b, list, items->items[i]);
    }
    return list;
}

struct fgr_node *build_prepend(struct build *b, struct fgr_node *item, struct fgr_node *list)
{
    struct fgr_node *all = build_list(b, build_nowhere());
    build_add(b, all, item);
    return build_add_all(b, all, list);
}

static void tell_no_header(struct build *b)
{
    bool portuguese = b->tree->spelling == FN_PT;
    struct fn_diag *d = fgr_diag_add(b->diags, FGR_D_NO_HEADER, (struct fn_span){0, 0});
    fn_diag_arg(d, "example", portuguese ? FN_STR("funil loja \"Loja\"") : FN_STR("funnel loja \"Loja\""));
    fn_diag_fix(d, FN_FIX_PLACEHOLDER, (struct fn_span){0, 0},
                portuguese ? FN_STR("funil nome \"Nome\"\n\n") : FN_STR("funnel name \"Name\"\n\n"));
}

void build_file(struct build *b, struct fgr_loc at, struct fgr_node *decls)
{
    struct fgr_node *kids[FGR_KIDS_MAX + 1] = {decls};
    struct fgr_node *n = build_node(b, FGR_FILE, at, kids);
    n->text = b->name;
    n->text_span = b->name_span;
    n->flags |= b->header_flags | (b->tree->spelling == FN_PT ? FGR_PT : 0U);
    if (!b->has_header) {
        tell_no_header(b);
    }
    b->file = n;
}

struct fgr_node *build_header(struct build *b, struct fgr_loc at, struct fgr_loc name, struct fgr_node *title,
                              uint32_t flags)
{
    if (b->has_header) {
        fgr_diag_add(b->diags, FGR_D_TWO_HEADERS, build_bytes(b, at));
        return NULL;
    }
    b->has_header = true;
    b->name = literal_name(b, name.first);
    b->name_span = build_bytes(b, name);
    b->header_flags = flags;
    struct fgr_node *kids[FGR_KIDS_MAX + 1] = {title};
    return title != NULL ? build_node(b, FGR_TITLE, at, kids) : NULL;
}

struct fgr_node *build_field(struct build *b, struct fgr_node *field)
{
    (void)b;
    field->flags |= field->kid[FGR_FIELD_type]->flags & FGR_PERSONAL;
    return field;
}

struct fgr_node *build_days(struct build *b, struct fgr_loc at, struct fgr_loc low, struct fgr_loc high)
{
    struct fgr_node *n = build_node(b, FGR_DAY_RANGE, at, NULL);
    n->low = b->tree->tokens[low.first].kind - FGR_TOK_MON;
    n->high = b->tree->tokens[high.first].kind - FGR_TOK_MON;
    return n;
}

struct fgr_node *build_clocks(struct build *b, struct fgr_loc at, struct fgr_loc low, struct fgr_loc high)
{
    struct fgr_node *n = build_node(b, FGR_CLOCK_RANGE, at, NULL);
    n->low = literal_clock(b, low.first);
    n->high = literal_clock(b, high.first);
    return n;
}

struct fgr_node *build_prop(struct build *b, struct fgr_loc at, enum fgr_prop prop, struct fgr_node *value,
                            struct fgr_loc number)
{
    struct fgr_node *kids[FGR_KIDS_MAX + 1] = {value};
    struct fgr_node *n = build_aux(build_node(b, FGR_PROP, at, kids), (int)prop);
    return value == NULL ? build_num(b, n, number) : n;
}

struct fgr_node *build_header_prop(struct build *b, struct fgr_loc at, struct fgr_node *name, struct fgr_node *value)
{
    struct fgr_node *pair = build_add(b, build_add(b, build_list(b, at), name), value);
    struct fgr_node *list = build_node(b, FGR_LIST_LIT, at, (struct fgr_node * [FGR_KIDS_MAX + 1]){pair});
    return build_prop(b, at, FGR_P_HEADER, list, at);
}

/* `can a, b`: one property for each tool. */
struct fgr_node *build_cans(struct build *b, struct fgr_node *names)
{
    struct fgr_node *all = build_list(b, build_nowhere());
    for (uint32_t i = 0; i < names->n_items; i++) {
        const struct fgr_node *name = names->items[i];
        struct fgr_loc at = {name->first_token, name->first_token};
        struct fgr_node *can = build_aux(build_node(b, FGR_PROP, at, NULL), FGR_P_CAN);
        can->text = name->text;
        can->text_span = name->text_span;
        build_add(b, all, can);
    }
    return all;
}

struct fgr_node *build_start(struct build *b, struct fgr_loc at, struct fgr_node *start, struct fgr_node *jump)
{
    start->kid[FGR_START_action] = jump;
    start->flags |= jump->flags & FGR_BROKEN;
    start->span = build_bytes(b, at);
    start->first_token = at.first;
    return start;
}

struct fgr_node *build_allow(struct build *b, struct fgr_loc at, struct fgr_loc path)
{
    struct fgr_node *n = build_node(b, FGR_ALLOW, at, NULL);
    n->text = literal_name(b, path.last);
    n->text_span = b->tree->tokens[path.last].span;
    return n;
}

struct fgr_node *build_titled(struct build *b, struct fgr_node *n, struct fgr_node *title, uint32_t flags)
{
    (void)b;
    n->text = title->text;
    n->text_span = title->span;
    n->flags |= flags | (title->flags & FGR_BROKEN);
    return n;
}
