/* chart_text.c: the graph for other tools: Graphviz, Mermaid, JSON. Every way is an edge of its own there.
 * SPDX-License-Identifier: Apache-2.0 */
#include "chart.h"

#include "fn_json.h"

static const char *const node_kinds[] = {"start", "always", "stage", "unknown", "end"};
static const char *const edge_kinds[] = {"goes", "option", "branch", "phrase", "case", "failed"};

/* -- Graphviz ---------------------------------------------------------------------------------------------------------------- */

static void put_dot(struct fn_buf *out, struct fn_str s)
{
    fn_buf_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\') {
            fn_buf_char(out, '\\');
        }
        fn_buf_char(out, s.p[i] == '\n' ? ' ' : s.p[i]);
    }
    fn_buf_char(out, '"');
}

void chart_dot(struct fn_buf *out, const struct chart *c)
{
    static const char *const looks[] = {"shape=oval", "shape=oval, style=dashed", "shape=box, style=rounded",
                                        "shape=box, style=dashed", "shape=doublecircle"};
    fn_buf_z(out, "digraph ");
    put_dot(out, c->tree->file->text);
    fn_buf_z(out, " {\n  rankdir=TB;\n");
    for (int i = 0; i < c->n_nodes; i++) {
        fn_buf_z(out, "  ");
        put_dot(out, c->nodes[i].id);
        fn_buf_printf(out, " [%s, label=", looks[c->nodes[i].kind]);
        put_dot(out, c->nodes[i].title);
        fn_buf_z(out, "];\n");
    }
    for (int i = 0; i < c->n_edges; i++) {
        fn_buf_z(out, "  ");
        put_dot(out, c->nodes[c->edges[i].from].id);
        fn_buf_z(out, " -> ");
        put_dot(out, c->nodes[c->edges[i].to].id);
        if (c->edges[i].label.n > 0) {
            fn_buf_z(out, " [label=");
            put_dot(out, c->edges[i].label);
            fn_buf_char(out, ']');
        }
        fn_buf_z(out, ";\n");
    }
    fn_buf_z(out, "}\n");
}

/* -- Mermaid ----------------------------------------------------------------------------------------------------------------- */

static void put_mermaid(struct fn_buf *out, struct fn_str s)
{
    fn_buf_char(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '"': fn_buf_z(out, "#quot;"); break;
        case '#': fn_buf_z(out, "#35;"); break;
        case '<': fn_buf_z(out, "#lt;"); break;
        case '>': fn_buf_z(out, "#gt;"); break;
        case '\n': fn_buf_char(out, ' '); break;
        default: fn_buf_char(out, s.p[i]); break;
        }
    }
    fn_buf_char(out, '"');
}

void chart_mermaid(struct fn_buf *out, const struct chart *c)
{
    static const char *const open[] = {"([", "([", "[", "[", "(["}, *const close[] = {"])", "])", "]", "]", "])"};
    fn_buf_z(out, "flowchart TD\n");
    for (int i = 0; i < c->n_nodes; i++) {
        fn_buf_printf(out, "  n%d%s", i, open[c->nodes[i].kind]);
        put_mermaid(out, c->nodes[i].title);
        fn_buf_printf(out, "%s\n", close[c->nodes[i].kind]);
    }
    for (int i = 0; i < c->n_edges; i++) {
        const struct chart_edge *e = &c->edges[i];
        fn_buf_printf(out, "  n%d %s", e->from, c->nodes[e->from].kind == CHART_ALWAYS ? "-.->" : "-->");
        if (e->label.n > 0) {
            fn_buf_char(out, '|');
            put_mermaid(out, e->label);
            fn_buf_char(out, '|');
        }
        fn_buf_printf(out, " n%d\n", e->to);
    }
}

/* -- JSON -------------------------------------------------------------------------------------------------------------------- */

static void put_field(struct fn_buf *out, const char *key, struct fn_str value)
{
    fn_json_put_key(out, key);
    fn_json_put_str(out, value);
}

static void put_count(struct fn_buf *out, const char *key, double value)
{
    fn_json_put_key(out, key);
    fn_json_put_num(out, (double)(int64_t)(value * 10 + (value < 0 ? -0.5 : 0.5)) / 10);
}

static void put_line_number(struct fn_buf *out, const struct chart *c, uint32_t at)
{
    uint32_t line = 0, column = 0;
    fgr_place(&c->tree->source, at, &line, &column);
    put_count(out, "line", line);
}

static void put_node(struct fn_buf *out, const struct chart *c, const struct chart_node *n)
{
    static const char *const flags[] = {"asks", "talks", "waits", "hands_off"};
    fn_json_comma(out);
    fn_buf_char(out, '{');
    put_field(out, "id", n->id);
    put_field(out, "kind", fn_str_c(node_kinds[n->kind]));
    put_field(out, "title", n->title);
    if (n->says.n > 0) {
        put_field(out, "says", n->says);
    }
    fn_json_put_key(out, "flags");
    fn_buf_char(out, '[');
    for (unsigned i = 0; i < FN_COUNT(flags); i++) {
        if ((n->flags & 1u << i) != 0) {
            fn_json_comma(out);
            fn_json_put_str(out, fn_str_c(flags[i]));
        }
    }
    fn_buf_char(out, ']');
    put_line_number(out, c, n->at);
    put_count(out, "x", n->x);
    put_count(out, "y", n->y);
    put_count(out, "w", n->w);
    put_count(out, "h", n->h);
    fn_buf_z(out, "}");
}

static void put_ends(struct fn_buf *out, const struct chart *c, int from, int to)
{
    fn_json_comma(out);
    fn_buf_char(out, '{');
    put_field(out, "from", c->nodes[from].id);
    put_field(out, "to", c->nodes[to].id);
}

static void put_lines(struct fn_buf *out, const struct chart *c)
{
    for (int i = 0; i < c->n_lines; i++) {
        struct fn_buf path;
        fn_buf_init(&path, 1 << 20);
        chart_path(&path, &c->lines[i]);
        put_ends(out, c, c->lines[i].from, c->lines[i].to);
        fn_json_put_key(out, "back");
        fn_buf_z(out, c->lines[i].back ? "true" : "false");
        put_field(out, "path", fn_buf_view(&path));
        fn_buf_char(out, '}');
        fn_buf_fini(&path);
    }
}

void chart_json(struct fn_buf *out, const struct chart *c)
{
    fn_buf_z(out, "{\"v\":1");
    put_field(out, "funnel", c->tree->file->text);
    put_count(out, "width", c->width);
    put_count(out, "height", c->height);
    fn_json_put_key(out, "nodes");
    fn_buf_char(out, '[');
    for (int i = 0; i < c->n_nodes; i++) {
        put_node(out, c, &c->nodes[i]);
    }
    fn_buf_z(out, "],\"edges\":[");
    for (int i = 0; i < c->n_edges; i++) {
        put_ends(out, c, c->edges[i].from, c->edges[i].to);
        put_field(out, "kind", fn_str_c(edge_kinds[c->edges[i].kind]));
        put_field(out, "label", c->edges[i].label);
        put_line_number(out, c, c->edges[i].at);
        fn_buf_char(out, '}');
    }
    fn_buf_z(out, "],\"lines\":[");
    put_lines(out, c);
    fn_buf_z(out, "]}\n");
}
