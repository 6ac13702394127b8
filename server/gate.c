/* gate.c: refuses every request two parsers could read differently. Rules in the order of gates.def; the first that is hurt decides.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_gate.h"

#include "fn_utf8.h"

#include <strings.h>

struct gate_row {
    int status;
    const char *name, *text[2];
};
static const struct gate_row rows[FSV_GATES] = {
    [FSV_GATE_PASS] = {200, "PASS", {"", ""}},
#define FSV_GATE(NAME, status, pt, en) [FSV_GATE_##NAME] = {(status), #NAME, {[FN_PT] = (pt), [FN_EN] = (en)}},
#include "gates.def"
#undef FSV_GATE
};

int fsv_gate_status(enum fsv_gate gate)
{
    return rows[gate].status;
}

const char *fsv_gate_name(enum fsv_gate gate)
{
    return rows[gate].name;
}

const char *fsv_gate_text(enum fsv_gate gate, enum fn_lang lang)
{
    return rows[gate].text[lang];
}

static bool is(struct fn_str s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* -- headers --------------------------------------------------------------------------------------------------------------------- */

static bool is_token(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
            return false;
        }
    }
    return s.n > 0;
}

static bool is_value(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_lookalike(struct fn_str name)
{
    static const char *const framers[] = {"content-length", "transfer-encoding", "host"};
    for (size_t i = 0; i < FN_COUNT(framers); i++) {
        size_t n = strlen(framers[i]);
        if (name.n > n && strncasecmp(name.p, framers[i], n) == 0) {
            return true;
        }
    }
    return false;
}

static enum fsv_gate check_headers(const struct fsv_gate_request *r)
{
    size_t bytes = 0;
    for (size_t i = 0; i < r->n_headers; i++) {
        const struct fsv_gate_header *h = &r->headers[i];
        if (!is_token(h->name)) {
            return FSV_GATE_NAME;
        }
        if (!is_value(h->value)) {
            return FSV_GATE_VALUE;
        }
        if (is_lookalike(h->name)) {
            return FSV_GATE_LOOKALIKE;
        }
        bytes += h->name.n + h->value.n;
    }
    return r->n_headers > FSV_GATE_HEADERS || bytes > FSV_GATE_HEADER_BYTES ? FSV_GATE_MANY : FSV_GATE_PASS;
}

/* The only header of this name: true with its value, {NULL,0} when there is none; false when there are two. */
static bool single(const struct fsv_gate_request *r, const char *name, struct fn_str *out)
{
    *out = FN_STR_NULL;
    for (size_t i = 0; i < r->n_headers; i++) {
        if (!is(r->headers[i].name, name)) {
            continue;
        }
        if (out->p != NULL) {
            return false;
        }
        *out = r->headers[i].value.p != NULL ? r->headers[i].value : FN_STR("");
    }
    return true;
}

/* -- host ------------------------------------------------------------------------------------------------------------------------ */

static bool is_port(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
    }
    return s.n >= 1 && s.n <= 5;
}

/* The name in NAME[:PORT] or [IPv6][:PORT]; {NULL,0} when it is malformed. */
static struct fn_str host_name(struct fn_str host)
{
    const char *end = host.n > 0 && host.p[0] == '[' ? memchr(host.p, ']', host.n) : NULL;
    const char *colon = memchr(host.p, ':', host.n);
    struct fn_str name = {host.p, end != NULL     ? (size_t)(end + 1 - host.p)
                                  : colon != NULL ? (size_t)(colon - host.p)
                                                  : host.n};
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '-' && c != '_' && !(end != NULL && (c == '[' || c == ']' || c == ':'))) {
            return FN_STR_NULL;
        }
    }
    struct fn_str rest = {host.p + name.n, host.n - name.n};
    bool good = name.n > 0 && (rest.n == 0 || (rest.p[0] == ':' && is_port((struct fn_str){rest.p + 1, rest.n - 1})));
    return good ? name : FN_STR_NULL;
}

static bool is_listed(struct fn_str name, struct fn_str list)
{
    while (list.n > 0) {
        const char *comma = memchr(list.p, ',', list.n);
        size_t n = comma != NULL ? (size_t)(comma - list.p) : list.n;
        if (n == name.n && strncasecmp(list.p, name.p, n) == 0) {
            return true;
        }
        size_t step = n + (comma != NULL);
        list = (struct fn_str){list.p + step, list.n - step};
    }
    return false;
}

static enum fsv_gate check_host(const struct fsv_gate_request *r, struct fn_str hosts)
{
    struct fn_str host;
    if (!single(r, "Host", &host) || host.n == 0) {
        return FSV_GATE_HOST;
    }
    struct fn_str name = host_name(host);
    return name.n > 0 && (hosts.n == 0 || is_listed(name, hosts)) ? FSV_GATE_PASS : FSV_GATE_HOST;
}

/* -- body ------------------------------------------------------------------------------------------------------------------------ */

static bool read_length(struct fn_str s, int64_t *out)
{
    int64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || v > (INT64_MAX - 9) / 10) {
            return false;
        }
        v = v * 10 + (s.p[i] - '0');
    }
    *out = v;
    return s.n > 0;
}

static bool takes_body(struct fn_str method)
{
    return fn_str_eq(method, FN_STR("POST")) || fn_str_eq(method, FN_STR("PUT")) || fn_str_eq(method, FN_STR("PATCH"));
}

static enum fsv_gate check_body(const struct fsv_gate_request *r, int64_t *length)
{
    struct fn_str cl, te, ce;
    *length = 0;
    if (!single(r, "Content-Length", &cl) || (cl.p != NULL && !read_length(cl, length))) {
        return FSV_GATE_LENGTH;
    }
    if (!single(r, "Transfer-Encoding", &te) ||
        (te.p != NULL && (cl.p != NULL || !is(te, "chunked") || is(r->version, "HTTP/1.0")))) {
        return FSV_GATE_CODING;
    }
    if (!single(r, "Content-Encoding", &ce) || (ce.p != NULL && !is(ce, "identity"))) {
        return FSV_GATE_ENCODED;
    }
    *length = te.p != NULL ? -1 : *length;
    if (takes_body(r->method)) {
        return cl.p == NULL && te.p == NULL ? FSV_GATE_NEEDS : FSV_GATE_PASS;
    }
    return cl.p != NULL || te.p != NULL ? FSV_GATE_BODY : FSV_GATE_PASS;
}

/* -- address --------------------------------------------------------------------------------------------------------------------- */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

struct fn_str fsv_percent_decode(struct fn_arena *arena, struct fn_str s, bool plus)
{
    char *out = fn_arena_alloc(arena, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; out != NULL && i < s.n; i++) {
        int c = (unsigned char)s.p[i];
        if (c == '%') {
            bool whole = s.n - i > 2;
            int high = whole ? hex(s.p[i + 1]) : -1, low = whole ? hex(s.p[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) {
                return FN_STR_NULL;
            }
            c = high * 16 + low;
            i += 2;
        } else if (plus && c == '+') {
            c = ' ';
        }
        out[n++] = (char)c;
    }
    return out != NULL ? (struct fn_str){out, n} : FN_STR_NULL;
}

static bool has_dot_segment(struct fn_str path)
{
    size_t start = 0;
    for (size_t i = 0; i <= path.n; i++) {
        if (i < path.n && path.p[i] != '/' && path.p[i] != '\\') {
            continue;
        }
        struct fn_str segment = {path.p + start, i - start};
        if (fn_str_eq(segment, FN_STR("..")) || fn_str_eq(segment, FN_STR("."))) {
            return true;
        }
        start = i + 1;
    }
    return false;
}

static bool is_uri(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '#') {
            return false;
        }
    }
    return s.n > 0 && s.p[0] == '/';
}

static enum fsv_gate check_uri(struct fn_arena *arena, struct fn_str uri, struct fsv_gate_passed *out)
{
    if (uri.n > FSV_GATE_URI_BYTES) {
        return FSV_GATE_URI_LONG;
    }
    if (!is_uri(uri)) {
        return FSV_GATE_URI;
    }
    const char *mark = memchr(uri.p, '?', uri.n);
    size_t n = mark != NULL ? (size_t)(mark - uri.p) : uri.n;
    out->path = fsv_percent_decode(arena, (struct fn_str){uri.p, n}, false);
    out->query = mark != NULL ? (struct fn_str){mark + 1, uri.n - n - 1} : FN_STR_NULL;
    bool query_good = out->query.n == 0 || fsv_percent_decode(arena, out->query, true).p != NULL;
    return out->path.n > 0 && query_good && fn_utf8_valid(out->path) && !has_dot_segment(out->path) ? FSV_GATE_PASS
                                                                                                    : FSV_GATE_URI;
}

struct fn_str fsv_query_get(struct fn_arena *arena, struct fn_str query, const char *name)
{
    while (query.n > 0) {
        const char *amp = memchr(query.p, '&', query.n);
        struct fn_str pair = {query.p, amp != NULL ? (size_t)(amp - query.p) : query.n};
        const char *eq = memchr(pair.p, '=', pair.n);
        size_t key = eq != NULL ? (size_t)(eq - pair.p) : pair.n;
        if (fn_str_eq((struct fn_str){pair.p, key}, fn_str_c(name))) {
            return eq != NULL ? fsv_percent_decode(arena, (struct fn_str){eq + 1, pair.n - key - 1}, true) : FN_STR("");
        }
        size_t step = pair.n + (amp != NULL);
        query = (struct fn_str){query.p + step, query.n - step};
    }
    return FN_STR_NULL;
}

/* -- all of it ------------------------------------------------------------------------------------------------------------------- */

static bool is_known_method(struct fn_str m)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < FN_COUNT(methods); i++) {
        if (fn_str_eq(m, fn_str_c(methods[i]))) {
            return true;
        }
    }
    return false;
}

enum fsv_gate fsv_gate_check(struct fn_arena *arena, const struct fsv_gate_request *request, struct fn_str hosts,
                             struct fsv_gate_passed *out)
{
    *out = (struct fsv_gate_passed){0, FN_STR_NULL, FN_STR_NULL};
    if (!fn_str_eq(request->version, FN_STR("HTTP/1.1")) && !fn_str_eq(request->version, FN_STR("HTTP/1.0"))) {
        return FSV_GATE_VERSION;
    }
    if (!is_known_method(request->method)) {
        return FSV_GATE_METHOD;
    }
    enum fsv_gate gate = check_headers(request);
    gate = gate == FSV_GATE_PASS && !request->framed ? FSV_GATE_FRAMING : gate;
    gate = gate == FSV_GATE_PASS ? check_host(request, hosts) : gate;
    gate = gate == FSV_GATE_PASS ? check_body(request, &out->length) : gate;
    return gate == FSV_GATE_PASS ? check_uri(arena, request->uri, out) : gate;
}
