/* fsv_request.h: one HTTP request under way, as handlers see it. A handler answers at once, or holds the request and answers later from the
 * loop; until then the connection is suspended, and a deadline of our own answers for a handler that never does.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_REQUEST_H
#define FSV_REQUEST_H
#include "fn_buf.h"
#include "fsv_gate.h"
#include "fsv_loop.h"

struct fsv_app;
struct fsv_request;
struct fsv_connection;
struct fsv_server;

enum fsv_access { FSV_ACCESS_PUBLIC, FSV_ACCESS_KEY };
typedef void fsv_handler_fn(struct fsv_app *app, struct fsv_request *r);
struct fsv_route {
    const char *name, *method, *path;
    enum fsv_access access;
    fsv_handler_fn *handler;
    size_t body_max;
    const char *doc[2];
};
extern const struct fsv_route fsv_routes[];
extern const size_t fsv_routes_count;
enum { FSV_PARAMS = 2, FSV_REQUEST_ARENA = 16 << 20, FSV_DEADLINE_MS = 25000 };
/* NULL: none; *out_other_method tells that the path exists for another method. params are borrowed from path. */
const struct fsv_route *fsv_route_find(struct fn_str method, struct fn_str path, struct fn_str params[FSV_PARAMS],
                                       bool *out_other_method);
void fsv_openapi(struct fn_buf *out, struct fn_str base_url);

enum fsv_problem {
#define FSV_PROBLEM(NAME, status, code, pt, en) FSV_P_##NAME,
#include "problems.def"
#undef FSV_PROBLEM
    FSV_PROBLEMS
};

struct fsv_request {
    struct fn_arena arena; /* lives as long as the request */
    struct fn_str uri, method;
    struct fsv_gate_passed passed;
    const struct fsv_route *route;
    struct fn_str param[FSV_PARAMS];
    struct fn_buf body;
    enum fn_lang lang;
    char id[17];         /* request id, in the answer, the log and problems */
    int64_t tenant;      /* of the key; 0: nobody */
    int64_t started;     /* monotonic ms */
    int64_t deadline_ms; /* of a held request; FSV_DEADLINE_MS unless the handler says otherwise */
    void (*on_deadline)(struct fsv_request *r); /* instead of a TIMEOUT problem; must answer */
    void *state;                                /* the handler's */
    bool asked;                                 /* the store was asked for what this request names */
    /* the adapter's */
    struct fsv_app *app;
    struct fsv_connection *connection;
    void *peer; /* MHD's connection; NULL once it is gone */
    int status;
    struct fn_buf answer;
    const char *content_type;
    const char *location; /* header Location, or NULL */
    const char *policy;   /* Content-Security-Policy, or NULL for the API's */
    unsigned holds;
    bool answered, queued, suspended, close, overflow, crowded, routed;
    bool taken;   /* its answer is fsv_answer_taken's */
    size_t large; /* bytes of its body that count against the server's budget */
    struct fsv_server *server;
    struct fsv_request *next; /* of the spare ones */
};

/* Between hold and release the request stays, even when the client is gone or the deadline answered. */
void fsv_hold(struct fsv_request *r);
void fsv_release(struct fsv_request *r);
/* The first answer counts; later ones are dropped. body is copied. */
void fsv_answer(struct fsv_request *r, int status, const char *content_type, struct fn_str body);
/* 200 {"ok":true}, to a webhook: what all of them get is made once, and has no request id. */
void fsv_answer_taken(struct fsv_request *r);
void fsv_answer_json(struct fsv_request *r, int status, struct fn_str json);
/* RFC 9457 problem+json in the client's language. detail may be empty. */
void fsv_problem(struct fsv_request *r, enum fsv_problem problem, struct fn_str detail);
/* The same with members of its own: `extra` is JSON text behind a comma, such as "\"diagnostics\":[]". */
void fsv_problem_with(struct fsv_request *r, enum fsv_problem problem, struct fn_str detail, struct fn_str extra);
/* A request header, or {NULL,0}. Valid as long as the client is there. */
struct fn_str fsv_header(const struct fsv_request *r, const char *name);
struct fn_str fsv_query(struct fsv_request *r, const char *name);
/* A whole number of the query, `otherwise` when absent or not within [low, high]. */
int64_t fsv_query_int(struct fsv_request *r, const char *name, int64_t low, int64_t high, int64_t otherwise);

#endif
