/* chart_layout.c: where everything stands, in layers from top to bottom (after Sugiyama): ways that would close a circle are turned round;
 * each stage stands one layer below the deepest that leads to it; long ways pass through the layers between as items of no height, and every
 * way has one item as wide as its label, so labels never meet; rows are ordered by the mean place of their neighbours; then every row is
 * moved as near to those means as its widths allow, exactly (isotonic regression). Iterative throughout: the graph is tenant data.
 * SPDX-License-Identifier: Apache-2.0 */
#include "chart.h"

#include "fn_utf8.h"

#include <stdlib.h>

enum { ITEMS_MAX = 200000, SWEEPS = 12, MOVES = 16, MARGIN = 24, GAP = 22, ROW_GAP = 24, NODE_MIN = 96 };

struct item {
    double w, h, x, want;
    int layer, node, line; /* node or line is CHART_NONE */
    bool labels;           /* carries its line's label */
};
struct near { /* neighbours of every item, one row up or down */
    int *first, *all;
};
struct plan {
    struct chart *c;
    int *layer; /* of nodes */
    int n_layers;
    struct item *items;
    int n_items;
    int (*links)[2]; /* upper, lower */
    int n_links;
    struct near up, down;
    int *row, *row_first; /* items by layer */
    int *chain;           /* first dummy of each line */
    double *top;          /* of layers */
};

double chart_text_width(struct fn_str s)
{
    return 6.6 * (double)fn_utf8_count(s);
}

/* -- lines: all ways between two nodes --------------------------------------------------------------------------------------- */

static void make_lines(struct chart *c)
{
    c->lines = fn_arena_array(c->arena, (size_t)c->n_edges + 1, sizeof *c->lines);
    for (int i = 0; c->lines != NULL && i < c->n_edges; i++) {
        const struct chart_edge *e = &c->edges[i];
        int at = c->n_lines - 1;
        while (at >= 0 && c->lines[at].from == e->from && c->lines[at].to != e->to) {
            at--;
        }
        if (at < 0 || c->lines[at].from != e->from) {
            at = c->n_lines++;
            c->lines[at] = (struct chart_line){.from = e->from, .to = e->to};
            c->lines[at].edges = fn_arena_array(c->arena, (size_t)(c->n_edges - i), sizeof(int));
            if (c->lines[at].edges == NULL) {
                return;
            }
        }
        c->lines[at].edges[c->lines[at].n_edges++] = i;
    }
}

static int first_line(const struct chart *c, int node)
{
    for (int i = 0; i < c->n_lines; i++) {
        if (c->lines[i].from == node) {
            return i;
        }
    }
    return c->n_lines;
}

/* Depth first; a line to a node on the present path runs back. */
static void turn_round(struct chart *c, int root, int *next, char *state, int *stack)
{
    int n = 0;
    stack[n++] = root;
    state[root] = 1;
    while (n > 0) {
        int node = stack[n - 1], at = next[node];
        if (at >= c->n_lines || c->lines[at].from != node) {
            state[node] = 2;
            n--;
            continue;
        }
        struct chart_line *l = &c->lines[next[node]++];
        if (state[l->to] == 1) {
            l->back = true;
        } else if (state[l->to] == 0) {
            state[l->to] = 1;
            stack[n++] = l->to;
        }
    }
}

static void break_circles(struct chart *c)
{
    size_t n = (size_t)c->n_nodes + 1;
    int *next = fn_arena_array(c->arena, n, sizeof *next), *stack = fn_arena_array(c->arena, n, sizeof *stack);
    char *state = fn_arena_array(c->arena, n, 1);
    if (next == NULL || stack == NULL || state == NULL) {
        return;
    }
    for (int i = 0; i < c->n_nodes; i++) {
        next[i] = first_line(c, i);
    }
    for (int pass = 0; pass < 2; pass++) { /* what starts a conversation first */
        for (int i = 0; i < c->n_nodes; i++) {
            if (state[i] == 0 && (pass == 1 || c->nodes[i].kind == CHART_START)) {
                turn_round(c, i, next, state, stack);
            }
        }
    }
}

static int upper(const struct chart_line *l)
{
    return l->back ? l->to : l->from;
}

static int lower(const struct chart_line *l)
{
    return l->back ? l->from : l->to;
}

/* -- layers ------------------------------------------------------------------------------------------------------------------ */

static void assign_layers(struct plan *p)
{
    const struct chart *c = p->c;
    bool moved = true;
    for (int round = 0; moved && round < c->n_nodes; round++) { /* longest ways; without circles this settles */
        moved = false;
        for (int i = 0; i < c->n_lines; i++) {
            int a = upper(&c->lines[i]), b = lower(&c->lines[i]);
            if (a != b && p->layer[b] < p->layer[a] + 1) {
                p->layer[b] = p->layer[a] + 1;
                moved = true;
            }
        }
    }
}

/* What nothing leads to stands just above what it leads to. */
static void pull_down(struct plan *p)
{
    const struct chart *c = p->c;
    for (int n = 0; n < c->n_nodes; n++) {
        int least = INT32_MAX;
        bool led = c->nodes[n].kind == CHART_START;
        for (int i = 0; i < c->n_lines; i++) {
            const struct chart_line *l = &c->lines[i];
            if (l->from != l->to) {
                led = led || lower(l) == n;
                least = upper(l) == n && p->layer[lower(l)] < least ? p->layer[lower(l)] : least;
            }
        }
        if (!led && least != INT32_MAX) {
            p->layer[n] = least - 1;
        }
    }
}

/* -- items ------------------------------------------------------------------------------------------------------------------- */

static void add_link(struct plan *p, int a, int b)
{
    p->links[p->n_links][0] = a;
    p->links[p->n_links++][1] = b;
}

static double label_width(const struct chart *c, const struct chart_line *l)
{
    double w = 0;
    for (int i = 0; i < l->n_edges; i++) {
        struct fn_str s = chart_shown(c->arena, c->edges[l->edges[i]].label, CHART_LABEL_POINTS);
        double one = chart_text_width(s);
        w = one > w ? one : w;
    }
    return w;
}

static double label_height(const struct chart_line *l)
{
    int n = l->n_edges < CHART_LABEL_LINES ? l->n_edges : CHART_LABEL_LINES;
    return (double)(n * CHART_LINE_HEIGHT);
}

static void make_chain(struct plan *p, int line)
{
    struct chart_line *l = &p->c->lines[line];
    int a = upper(l), b = lower(l), before = a;
    int label_at = l->back ? p->layer[b] - 1 : p->layer[a] + 1;
    p->chain[line] = p->n_items;
    for (int layer = p->layer[a] + 1; layer < p->layer[b]; layer++) {
        struct item *it = &p->items[p->n_items];
        *it = (struct item){.w = 4, .layer = layer, .node = CHART_NONE, .line = line, .labels = layer == label_at};
        if (it->labels) {
            it->w += label_width(p->c, l);
            it->h = label_height(l);
        }
        add_link(p, before, p->n_items);
        before = p->n_items++;
    }
    add_link(p, before, b);
}

static void size_node(struct chart *c, struct chart_node *n)
{
    double title = chart_text_width(n->title) * 1.12, says = chart_text_width(n->says);
    n->w = (title > says ? title : says) + 28;
    n->w = n->w < NODE_MIN ? NODE_MIN : n->w;
    n->h = n->says.n > 0 ? 50 : 34;
    for (int i = 0; i < c->n_lines; i++) { /* room for a way to itself, at the right */
        const struct chart_line *l = &c->lines[i];
        if (l->from == l->to && &c->nodes[l->from] == n) {
            n->w += 2 * (label_width(c, l) + 34);
        }
    }
}

static bool make_items(struct plan *p)
{
    struct chart *c = p->c;
    size_t n = (size_t)c->n_nodes;
    for (int i = 0; i < c->n_lines; i++) {
        const struct chart_line *l = &c->lines[i];
        n += l->from == l->to ? 0 : (size_t)(p->layer[lower(l)] - p->layer[upper(l)]);
    }
    if (n > ITEMS_MAX) {
        c->over = true;
        return false;
    }
    p->items = fn_arena_array(c->arena, n + 1, sizeof *p->items);
    p->links = fn_arena_array(c->arena, n + (size_t)c->n_lines + 1, sizeof *p->links);
    p->chain = fn_arena_array(c->arena, (size_t)c->n_lines + 1, sizeof *p->chain);
    if (p->items == NULL || p->links == NULL || p->chain == NULL) {
        return false;
    }
    for (int i = 0; i < c->n_nodes; i++) {
        size_node(c, &c->nodes[i]);
        p->items[p->n_items++] =
            (struct item){.w = c->nodes[i].w, .h = c->nodes[i].h, .layer = p->layer[i], .node = i, .line = CHART_NONE};
        p->n_layers = p->layer[i] + 1 > p->n_layers ? p->layer[i] + 1 : p->n_layers;
    }
    for (int i = 0; i < c->n_lines; i++) {
        if (c->lines[i].from != c->lines[i].to) {
            make_chain(p, i);
        }
    }
    return !c->arena->failed;
}

/* Lists of the items with key 0..n_keys-1, in order: keys by counting. */
static bool make_near(struct plan *p, struct near *near, int side)
{
    struct fn_arena *arena = p->c->arena;
    near->first = fn_arena_array(arena, (size_t)p->n_items + 2, sizeof(int));
    near->all = fn_arena_array(arena, (size_t)p->n_links + 1, sizeof(int));
    int *at = fn_arena_array(arena, (size_t)p->n_items + 1, sizeof *at);
    if (near->first == NULL || near->all == NULL || at == NULL) {
        return false;
    }
    for (int i = 0; i < p->n_links; i++) {
        near->first[p->links[i][side] + 1]++;
    }
    for (int i = 0; i < p->n_items; i++) {
        near->first[i + 1] += near->first[i];
        at[i] = near->first[i];
    }
    for (int i = 0; i < p->n_links; i++) {
        near->all[at[p->links[i][side]]++] = p->links[i][1 - side];
    }
    return true;
}

static bool make_rows(struct plan *p)
{
    struct fn_arena *arena = p->c->arena;
    p->row = fn_arena_array(arena, (size_t)p->n_items + 1, sizeof *p->row);
    p->row_first = fn_arena_array(arena, (size_t)p->n_layers + 2, sizeof *p->row_first);
    p->top = fn_arena_array(arena, (size_t)p->n_layers + 1, sizeof *p->top);
    int *at = fn_arena_array(arena, (size_t)p->n_layers + 1, sizeof *at);
    if (p->row == NULL || p->row_first == NULL || p->top == NULL || at == NULL) {
        return false;
    }
    for (int i = 0; i < p->n_items; i++) {
        p->row_first[p->items[i].layer + 1]++;
    }
    for (int i = 0; i < p->n_layers; i++) {
        p->row_first[i + 1] += p->row_first[i];
        at[i] = p->row_first[i];
    }
    for (int i = 0; i < p->n_items; i++) {
        p->row[at[p->items[i].layer]++] = i;
    }
    return true;
}

/* -- order within rows ------------------------------------------------------------------------------------------------------- */

static void want_mean(struct plan *p, int item, const struct near *near)
{
    double sum = 0;
    int n = near->first[item + 1] - near->first[item];
    for (int i = 0; i < n; i++) {
        sum += p->items[near->all[near->first[item] + i]].x;
    }
    p->items[item].want = n > 0 ? sum / n : p->items[item].x;
}

/* Stable, by want. Rows are short or nearly in order after the first sweep. */
static void sort_row(struct plan *p, int layer)
{
    for (int i = p->row_first[layer] + 1; i < p->row_first[layer + 1]; i++) {
        int moving = p->row[i], k = i;
        for (; k > p->row_first[layer] && p->items[p->row[k - 1]].want > p->items[moving].want; k--) {
            p->row[k] = p->row[k - 1];
        }
        p->row[k] = moving;
    }
}

static void number_row(struct plan *p, int layer)
{
    int n = p->row_first[layer + 1] - p->row_first[layer];
    for (int i = 0; i < n; i++) {
        p->items[p->row[p->row_first[layer] + i]].x = (i + 0.5) / n;
    }
}

static void order_rows(struct plan *p)
{
    for (int l = 0; l < p->n_layers; l++) {
        number_row(p, l);
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        bool down = sweep % 2 == 0;
        for (int k = 1; k < p->n_layers; k++) {
            int layer = down ? k : p->n_layers - 1 - k;
            for (int i = p->row_first[layer]; i < p->row_first[layer + 1]; i++) {
                want_mean(p, p->row[i], down ? &p->up : &p->down);
            }
            sort_row(p, layer);
            number_row(p, layer);
        }
    }
}

/* -- places ------------------------------------------------------------------------------------------------------------------ */

struct pool {
    double mean;
    int n;
};

/* The places nearest to what a row wants, in order and apart: blocks that would overlap are merged at their mean. */
static void place_row(struct plan *p, int layer, struct pool *pools)
{
    int first = p->row_first[layer], last = p->row_first[layer + 1], n = 0;
    double offset = 0;
    for (int i = first; i < last; i++) {
        struct item *it = &p->items[p->row[i]];
        offset += i > first ? (p->items[p->row[i - 1]].w + it->w) / 2 + GAP : 0;
        it->x = offset;
        pools[n++] = (struct pool){it->want - offset, 1};
        while (n > 1 && pools[n - 2].mean > pools[n - 1].mean) {
            struct pool *a = &pools[n - 2], *b = &pools[n - 1];
            a->mean = (a->mean * a->n + b->mean * b->n) / (a->n + b->n);
            a->n += b->n;
            n--;
        }
    }
    for (int k = 0, i = first; k < n; k++) {
        for (int j = 0; j < pools[k].n; j++) {
            p->items[p->row[i++]].x += pools[k].mean;
        }
    }
}

static void place_rows(struct plan *p)
{
    struct pool *pools = fn_arena_array(p->c->arena, (size_t)p->n_items + 1, sizeof *pools);
    for (int l = 0; pools != NULL && l < p->n_layers; l++) {
        for (int i = p->row_first[l]; i < p->row_first[l + 1]; i++) {
            p->items[p->row[i]].want = 0;
        }
        place_row(p, l, pools);
    }
    for (int move = 0; pools != NULL && move < MOVES; move++) {
        bool down = move % 2 == 0;
        for (int k = 0; k < p->n_layers; k++) {
            int layer = down ? k : p->n_layers - 1 - k;
            for (int i = p->row_first[layer]; i < p->row_first[layer + 1]; i++) {
                want_mean(p, p->row[i], down ? &p->up : &p->down);
            }
            place_row(p, layer, pools);
        }
    }
}

static void place_all(struct plan *p)
{
    struct chart *c = p->c;
    double left = 0, right = 0, y = MARGIN;
    for (int i = 0; i < p->n_items; i++) {
        const struct item *it = &p->items[i];
        left = i == 0 || it->x - it->w / 2 < left ? it->x - it->w / 2 : left;
        right = i == 0 || it->x + it->w / 2 > right ? it->x + it->w / 2 : right;
    }
    for (int l = 0; l < p->n_layers; l++) {
        double h = 0;
        for (int i = p->row_first[l]; i < p->row_first[l + 1]; i++) {
            h = p->items[p->row[i]].h > h ? p->items[p->row[i]].h : h;
        }
        p->top[l] = y;
        y += h + ROW_GAP;
        for (int i = p->row_first[l]; i < p->row_first[l + 1]; i++) {
            struct item *it = &p->items[p->row[i]];
            it->x += MARGIN - left;
            it->want = h; /* the row's height, from here on */
            if (it->node != CHART_NONE) {
                c->nodes[it->node].x = it->x;
                c->nodes[it->node].y = p->top[l] + h / 2;
            }
        }
    }
    c->width = right - left + 2 * MARGIN;
    c->height = y - ROW_GAP + MARGIN;
}

/* -- lines through their places ---------------------------------------------------------------------------------------------- */

/* Where the k-th of n ways meets a node's edge: spread over its middle. */
static double port(const struct chart_node *n, int k, int of)
{
    double width = n->w < 180 ? n->w : 180;
    return n->x + width * 0.7 * ((k + 1.0) / (of + 1.0) - 0.5);
}

static int rank_among(const struct plan *p, const struct near *near, int node, int item)
{
    int rank = 0;
    for (int i = near->first[node]; i < near->first[node + 1]; i++) {
        int other = near->all[i];
        rank += p->items[other].x < p->items[item].x || (!(p->items[other].x > p->items[item].x) && other < item);
    }
    return rank;
}

static double port_of(const struct plan *p, const struct near *near, int node, int item)
{
    return port(&p->c->nodes[node], rank_among(p, near, node, item), near->first[node + 1] - near->first[node]);
}

static void turn_points(struct chart_line *l)
{
    for (int i = 0, k = l->n_points - 1; i < k; i++, k--) {
        struct chart_point keep = l->points[i];
        l->points[i] = l->points[k];
        l->points[k] = keep;
    }
}

static void draw_line(struct plan *p, int line)
{
    struct chart_line *l = &p->c->lines[line];
    int a = upper(l), b = lower(l), n = p->layer[b] - p->layer[a] - 1, first = p->chain[line];
    l->points = fn_arena_array(p->c->arena, 2 * (size_t)n + 2, sizeof *l->points);
    if (l->points == NULL || n < 1) {
        return;
    }
    const struct chart_node *top = &p->c->nodes[a], *bottom = &p->c->nodes[b];
    l->points[l->n_points++] = (struct chart_point){port_of(p, &p->down, a, first), top->y + top->h / 2};
    for (int i = 0; i < n; i++) {
        const struct item *it = &p->items[first + i];
        double y = p->top[it->layer];
        l->points[l->n_points++] = (struct chart_point){it->x, y};
        l->points[l->n_points++] = (struct chart_point){it->x, y + it->want};
        if (it->labels) {
            l->label_x = it->x;
            l->label_y = y + it->want / 2;
        }
    }
    l->points[l->n_points++] = (struct chart_point){port_of(p, &p->up, b, first + n - 1), bottom->y - bottom->h / 2};
    if (l->back) {
        turn_points(l);
    }
}

/* A way to itself: out of the right side and back. The node was made wide enough; its box is drawn without that room. */
static void draw_loop(struct chart *c, struct chart_line *l)
{
    struct chart_node *n = &c->nodes[l->from];
    double room = label_width(c, l) + 34, right = n->x + n->w / 2 - room;
    n->w -= 2 * room;
    l->points = fn_arena_array(c->arena, 4, sizeof *l->points);
    if (l->points == NULL) {
        return;
    }
    l->n_points = 4;
    l->points[0] = (struct chart_point){right, n->y - 9};
    l->points[1] = (struct chart_point){right + 26, n->y - 9};
    l->points[2] = (struct chart_point){right + 26, n->y + 9};
    l->points[3] = (struct chart_point){right, n->y + 9};
    l->label_x = right + 34 + label_width(c, l) / 2;
    l->label_y = n->y;
}

void chart_layout(struct chart *c)
{
    struct plan p = {.c = c};
    make_lines(c);
    p.layer = fn_arena_array(c->arena, (size_t)c->n_nodes + 1, sizeof *p.layer);
    if (p.layer == NULL || c->arena->failed || c->n_nodes == 0) {
        c->width = c->height = 2 * MARGIN;
        return;
    }
    break_circles(c);
    assign_layers(&p);
    pull_down(&p);
    for (int i = 0; i < c->n_nodes; i++) {
        p.layer[i] *= 2; /* labels stand in the odd ones */
    }
    if (!make_items(&p) || !make_near(&p, &p.down, 0) || !make_near(&p, &p.up, 1) || !make_rows(&p)) {
        return;
    }
    order_rows(&p);
    place_rows(&p);
    place_all(&p);
    for (int i = 0; i < c->n_lines; i++) {
        if (c->lines[i].from != c->lines[i].to) {
            draw_line(&p, i);
        }
    }
    for (int i = 0; i < c->n_lines; i++) {
        if (c->lines[i].from == c->lines[i].to) {
            draw_loop(c, &c->lines[i]);
        }
    }
}
