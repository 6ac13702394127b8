/* chart_svg.c: the drawing: boxes, curved ways, labels on them; light and dark by the reader's setting; no script, no font, no outside address.
 * SPDX-License-Identifier: Apache-2.0 */
#include "chart.h"

/* The colours of one setting. Written out, without custom properties: most viewers but browsers know none and paint black. */
#define COLOURS(ink, soft, box, rim, page, go, bad)                                                          \
    ".fg .page{fill:" page "}.fg text{fill:" ink "}.fg .says{fill:" soft "}.fg .label{stroke:" page "}"      \
    ".fg rect.box{fill:" box ";stroke:" rim "}.fg .start rect.box,.fg .always rect.box{stroke:" go "}"       \
    ".fg .unknown rect.box{stroke:" bad "}.fg path.way{stroke:" soft "}.fg .failed path.way{stroke:" bad "}" \
    ".fg marker path{fill:" soft "}"

static const char style[] =
    "<style>"
    ".fg{font:12px system-ui,sans-serif}.fg text{text-anchor:middle}.fg .title{font-weight:600;font-size:13px}"
    ".fg rect.box{stroke-width:1.2}.fg .hands rect.box{stroke-width:2.4}.fg .unknown rect.box{stroke-dasharray:5 3}"
    ".fg path.way{fill:none;stroke-width:1.3}.fg .back path.way{stroke-dasharray:5 3}"
    ".fg .label{font-size:11.5px;paint-order:stroke;stroke-width:4px;stroke-linejoin:round}" COLOURS(
        "#1c2733", "#5b6b7b", "#fff", "#9fb0c0", "#f7f9fb", "#0b7a53",
        "#b3261e") "@media(prefers-color-scheme:dark){" COLOURS("#e8eef4", "#9fb0c0", "#1e2832", "#4a5b6b", "#131a21",
                                                                "#4cc38a", "#ff8a80") "}"
                                                                                      "</style>\n";

static void put_escaped(struct fn_buf *out, struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '<': fn_buf_z(out, "&lt;"); break;
        case '>': fn_buf_z(out, "&gt;"); break;
        case '&': fn_buf_z(out, "&amp;"); break;
        case '"': fn_buf_z(out, "&quot;"); break;
        case '\n': fn_buf_char(out, ' '); break;
        default: fn_buf_char(out, s.p[i]); break;
        }
    }
}

/* printf's %f follows the locale's decimal sign; a drawing must not. */
static void put_number(struct fn_buf *out, double v)
{
    long tenths = (long)(v * 10 + (v < 0 ? -0.5 : 0.5));
    fn_buf_printf(out, "%s%ld", tenths < 0 ? "-" : "", (tenths < 0 ? -tenths : tenths) / 10);
    if (tenths % 10 != 0) {
        fn_buf_printf(out, ".%ld", (tenths < 0 ? -tenths : tenths) % 10);
    }
}

static void put_point(struct fn_buf *out, double x, double y)
{
    put_number(out, x);
    fn_buf_char(out, ' ');
    put_number(out, y);
    fn_buf_char(out, ' ');
}

void chart_path(struct fn_buf *out, const struct chart_line *l)
{
    for (int i = 0; i < l->n_points; i++) {
        struct chart_point b = l->points[i], a = l->points[i > 0 ? i - 1 : 0];
        bool loop = l->from == l->to, straight = i % 2 == 0;
        if (i == 0) {
            fn_buf_z(out, "M");
        } else if (loop ? i != 3 : straight) {
            if (loop) {
                fn_buf_z(out, i == 1 ? "C" : "");
            } else {
                fn_buf_z(out, "L");
            }
        } else if (!loop) { /* from one row to the next: leaves and arrives upright */
            fn_buf_z(out, "C");
            put_point(out, a.x, (a.y + b.y) / 2);
            put_point(out, b.x, (a.y + b.y) / 2);
        }
        put_point(out, b.x, b.y);
    }
}

static void put_attribute(struct fn_buf *out, const char *name, double v)
{
    fn_buf_printf(out, " %s=\"", name);
    put_number(out, v);
    fn_buf_char(out, '"');
}

static void put_text(struct fn_buf *out, const char *class, double x, double y, struct fn_str s)
{
    fn_buf_printf(out, "<text class=\"%s\"", class);
    put_attribute(out, "x", x);
    put_attribute(out, "y", y);
    fn_buf_char(out, '>');
    put_escaped(out, s);
    fn_buf_z(out, "</text>");
}

static void put_node(struct fn_buf *out, const struct chart_node *n)
{
    static const char *const classes[] = {"start", "always", "stage", "unknown", "end"};
    bool round = n->kind != CHART_STAGE && n->kind != CHART_UNKNOWN;
    fn_buf_printf(out, "<g class=\"%s%s\" data-id=\"", classes[n->kind],
                  (n->flags & CHART_HANDS_OFF) != 0 ? " hands" : "");
    put_escaped(out, n->id);
    fn_buf_z(out, "\"><rect class=\"box\"");
    put_attribute(out, "x", n->x - n->w / 2);
    put_attribute(out, "y", n->y - n->h / 2);
    put_attribute(out, "width", n->w);
    put_attribute(out, "height", n->h);
    put_attribute(out, "rx", round ? n->h / 2 : 8);
    fn_buf_z(out, "/>");
    put_text(out, "title", n->x, n->says.n > 0 ? n->y - 4 : n->y + 4.5, n->title);
    if (n->says.n > 0) {
        put_text(out, "says", n->x, n->y + 14, n->says);
    }
    fn_buf_z(out, "</g>\n");
}

static void put_labels(struct fn_buf *out, const struct chart *c, const struct chart_line *l)
{
    int shown = l->n_edges <= CHART_LABEL_LINES ? l->n_edges : CHART_LABEL_LINES - 1;
    int lines = l->n_edges <= CHART_LABEL_LINES ? shown : CHART_LABEL_LINES;
    double y = l->label_y - (lines - 1) * CHART_LINE_HEIGHT / 2.0 + 4;
    for (int i = 0; i < shown; i++) {
        struct fn_str s = chart_shown(c->arena, c->edges[l->edges[i]].label, CHART_LABEL_POINTS);
        if (s.n > 0) {
            put_text(out, "label", l->label_x, y + i * CHART_LINE_HEIGHT, s);
        }
    }
    if (lines > shown) {
        put_text(out, "label", l->label_x, y + shown * CHART_LINE_HEIGHT,
                 fn_arena_printf(c->arena, "… +%d", l->n_edges - shown));
    }
}

static void put_way(struct fn_buf *out, const struct chart *c, const struct chart_line *l)
{
    bool failed = true;
    for (int i = 0; i < l->n_edges; i++) {
        failed = failed && c->edges[l->edges[i]].kind == CHART_FAILED;
    }
    fn_buf_printf(out, "<g class=\"line%s%s\"><title>", l->back ? " back" : "", failed ? " failed" : "");
    put_escaped(out, c->nodes[l->from].title);
    fn_buf_z(out, " → ");
    put_escaped(out, c->nodes[l->to].title);
    for (int i = 0; i < l->n_edges; i++) {
        fn_buf_z(out, c->edges[l->edges[i]].label.n > 0 ? "; " : "");
        put_escaped(out, c->edges[l->edges[i]].label);
    }
    fn_buf_z(out, "</title><path class=\"way\" marker-end=\"url(#fg-tip)\" d=\"");
    chart_path(out, l);
    fn_buf_z(out, "\"/></g>\n");
}

void chart_svg(struct fn_buf *out, const struct chart *c, enum fn_lang lang)
{
    fn_buf_z(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"fg\" role=\"img\"");
    put_attribute(out, "width", c->width);
    put_attribute(out, "height", c->height);
    fn_buf_z(out, " viewBox=\"0 0 ");
    put_number(out, c->width);
    fn_buf_char(out, ' ');
    put_number(out, c->height);
    fn_buf_printf(out, "\"><title>%s ", lang == FN_PT ? "Grafo do funil" : "Graph of the funnel");
    put_escaped(out, c->tree->file->text);
    fn_buf_z(out, "</title>\n");
    fn_buf_z(out, style);
    fn_buf_z(out,
             "<defs><marker id=\"fg-tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" "
             "markerHeight=\"8\" orient=\"auto\">"
             "<path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n");
    for (int i = 0; i < c->n_lines; i++) {
        put_way(out, c, &c->lines[i]);
    }
    for (int i = 0; i < c->n_nodes; i++) {
        put_node(out, &c->nodes[i]);
    }
    for (int i = 0; i < c->n_lines; i++) { /* above the ways that pass */
        put_labels(out, c, &c->lines[i]);
    }
    fn_buf_z(out, "</svg>\n");
}
