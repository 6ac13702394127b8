/* chart.h: what the files behind fcc_graph.h share: the graph (chart.c), where everything stands (chart_layout.c), and its forms
 * (chart_svg.c, chart_text.c).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CHART_H
#define CHART_H
#include "fcc_graph.h"

enum { CHART_NODES_MAX = 2000, CHART_EDGES_MAX = 20000, CHART_NONE = -1 };
enum chart_node_kind { CHART_START, CHART_ALWAYS, CHART_STAGE, CHART_UNKNOWN, CHART_END };
enum chart_edge_kind { CHART_GOES, CHART_OPTION, CHART_BRANCH, CHART_PHRASE, CHART_CASE, CHART_FAILED };
enum chart_flag { CHART_ASKS = 1, CHART_TALKS = 2, CHART_WAITS = 4, CHART_HANDS_OFF = 8 };

struct chart_node {
    enum chart_node_kind kind;
    struct fn_str id, title, says; /* says: the first words the customer reads */
    uint32_t at;                   /* offset in the source */
    unsigned flags;
    double x, y, w, h; /* x, y: centre */
};
struct chart_edge {
    int from, to;
    enum chart_edge_kind kind;
    struct fn_str label;
    uint32_t at;
};
struct chart_point {
    double x, y;
};
/* All ways between two nodes, as one line. */
struct chart_line {
    int from, to;
    bool back; /* runs against the order of layers */
    int *edges;
    int n_edges;
    struct chart_point *points; /* from source to target; two a layer crossed */
    int n_points;
    double label_x, label_y;
};
struct chart {
    struct fn_arena *arena;
    const struct fgr_tree *tree;
    struct chart_node *nodes;
    struct chart_edge *edges;
    struct chart_line *lines;
    int n_nodes, n_edges, n_lines;
    double width, height;
    bool over; /* a limit was met */
};

enum { CHART_LINE_HEIGHT = 15, CHART_LABEL_LINES = 4, CHART_LABEL_POINTS = 34 };
double chart_text_width(struct fn_str s);
/* The label of a way as it is drawn: cut, with … */
struct fn_str chart_shown(struct fn_arena *arena, struct fn_str s, size_t points);
void chart_make(struct chart *c, const struct fgr_tree *tree, struct fn_arena *arena, enum fn_lang lang);
void chart_layout(struct chart *c);
void chart_path(struct fn_buf *out, const struct chart_line *l); /* the d of an SVG path */
void chart_svg(struct fn_buf *out, const struct chart *c, enum fn_lang lang);
void chart_dot(struct fn_buf *out, const struct chart *c);
void chart_mermaid(struct fn_buf *out, const struct chart *c);
void chart_json(struct fn_buf *out, const struct chart *c);

#endif
