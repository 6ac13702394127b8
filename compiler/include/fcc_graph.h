/* fcc_graph.h: a funnel as a picture: stages, and the ways between them labelled with what takes a customer there. Made from the tree alone,
 * so that a broken file has a graph too. No I/O, no dependency: `funnelc graph`, the editor and the server draw the same.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCC_GRAPH_H
#define FCC_GRAPH_H
#include "fgr_diag.h"

enum fcc_graph_format { FCC_GRAPH_SVG, FCC_GRAPH_DOT, FCC_GRAPH_MERMAID, FCC_GRAPH_JSON };
/* Appends the graph of a parsed file. JSON: {"v":1,"funnel","width","height","nodes":[{id,kind,title,says?,flags,line,x,y,w,h}],
 * "edges":[{from,to,kind,label,line}],"lines":[{from,to,path,back}]}; coordinates in pixels. Equal trees give equal bytes.
 * FN_LIMIT above 2,000 stages or 20,000 ways; FN_NO_MEMORY when scratch is full (about 200 bytes a way and layer it crosses). */
FN_MUST_USE enum fn_code fcc_graph_write(struct fn_buf *out, const struct fgr_tree *tree, struct fn_arena *scratch,
                                         enum fcc_graph_format format, enum fn_lang lang);

#endif
