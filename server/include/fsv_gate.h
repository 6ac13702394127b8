/* fsv_gate.h: the request gate in front of every handler, because libmicrohttpd 0.9.75 lets request smuggling through. Pure: it judges what
 * the HTTP adapter saw, so that it can be tested and fuzzed without a socket.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_GATE_H
#define FSV_GATE_H
#include "fn_arena.h"
#include "fn_diag.h"

enum fsv_gate {
    FSV_GATE_PASS,
#define FSV_GATE(NAME, status, pt, en) FSV_GATE_##NAME,
#include "gates.def"
#undef FSV_GATE
    FSV_GATES
};
enum { FSV_GATE_HEADERS = 64, FSV_GATE_HEADER_BYTES = 16384, FSV_GATE_URI_BYTES = 4096 };
struct fsv_gate_header {
    struct fn_str name, value;
};
struct fsv_gate_request {
    struct fn_str method, version, uri; /* uri: as it stood on the line, with the query */
    const struct fsv_gate_header *headers;
    size_t n_headers;
    bool framed; /* every line ended in CRLF and nothing was folded or hidden by a NUL */
};
/* What may be believed after the gate. */
struct fsv_gate_passed {
    int64_t length;            /* Content-Length; -1: chunked; 0: no body */
    struct fn_str path, query; /* path decoded and valid UTF-8, in the arena; query raw */
};
/* hosts: comma-separated names without ports that Host may say; empty: any well-formed one. */
enum fsv_gate fsv_gate_check(struct fn_arena *arena, const struct fsv_gate_request *request, struct fn_str hosts,
                             struct fsv_gate_passed *out);
int fsv_gate_status(enum fsv_gate gate);
const char *fsv_gate_name(enum fsv_gate gate); /* "LENGTH" */
const char *fsv_gate_text(enum fsv_gate gate, enum fn_lang lang);
/* Percent-decoding without a NUL; {NULL,0} when malformed. plus: '+' is a blank (queries). */
struct fn_str fsv_percent_decode(struct fn_arena *arena, struct fn_str s, bool plus);
/* Value of a query parameter, decoded; {NULL,0} when absent or malformed. */
struct fn_str fsv_query_get(struct fn_arena *arena, struct fn_str query, const char *name);

#endif
