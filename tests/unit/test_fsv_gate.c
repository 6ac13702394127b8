/* test_fsv_gate.c: the request gate, rule by rule, on what the HTTP adapter would have seen; addresses and queries.
 * (Over real sockets: tests/e2e/gate.py.)
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_gate.h"
#include "unit.h"

#include <stdio.h>

enum { ARENA = 1 << 20 };

struct probe {
    const char *method, *version, *uri;
    const char *headers[6]; /* "Name: value" */
    enum fsv_gate want;
};
#define H "Host: localhost:8080"
static const struct probe probes[] = {
    {"GET", "HTTP/1.1", "/livez", {H}, FSV_GATE_PASS},
    {"GET", "HTTP/1.0", "/livez", {H}, FSV_GATE_PASS},
    {"GET", "HTTP/1.1", "/livez", {"host: [::1]:80"}, FSV_GATE_PASS},
    {"POST", "HTTP/1.1", "/x", {H, "Content-Length: 12"}, FSV_GATE_PASS},
    {"POST", "HTTP/1.1", "/x", {H, "Transfer-Encoding: Chunked"}, FSV_GATE_PASS},
    {"POST", "HTTP/1.1", "/x", {H, "Content-Length: 0", "Content-Encoding: identity"}, FSV_GATE_PASS},
    {"GET", "HTTP/1.9", "/", {H}, FSV_GATE_VERSION},
    {"GET", "HTTP/2.0", "/", {H}, FSV_GATE_VERSION},
    {"get", "HTTP/1.1", "/", {H}, FSV_GATE_METHOD},
    {"CONNECT", "HTTP/1.1", "/", {H}, FSV_GATE_METHOD},
    {"GET", "HTTP/1.1", "/", {H, "A b: c"}, FSV_GATE_NAME},
    {"GET", "HTTP/1.1", "/", {H, ": c"}, FSV_GATE_NAME},
    {"POST", "HTTP/1.1", "/", {H, "Content-Length : 5"}, FSV_GATE_NAME},
    {"GET", "HTTP/1.1", "/", {H, "A: b\rC: d"}, FSV_GATE_VALUE},
    {"GET", "HTTP/1.1", "/", {H, "A: b\x7f"}, FSV_GATE_VALUE},
    {"GET", "HTTP/1.1", "/", {H, "Content-Length5: "}, FSV_GATE_LOOKALIKE},
    {"GET", "HTTP/1.1", "/", {H, "HOSTX: a"}, FSV_GATE_LOOKALIKE},
    {"GET", "HTTP/1.1", "/", {H, "transfer-encoding-x: a"}, FSV_GATE_LOOKALIKE},
    {"GET", "HTTP/1.1", "/", {"A: b"}, FSV_GATE_HOST},
    {"GET", "HTTP/1.1", "/", {H, H}, FSV_GATE_HOST},
    {"GET", "HTTP/1.1", "/", {"Host: evil.example"}, FSV_GATE_HOST},
    {"GET", "HTTP/1.1", "/", {"Host: localhost:80:80"}, FSV_GATE_HOST},
    {"GET", "HTTP/1.1", "/", {"Host: a@localhost"}, FSV_GATE_HOST},
    {"GET", "HTTP/1.1", "/", {"Host: localhost/"}, FSV_GATE_HOST},
    {"GET", "HTTP/1.1", "/", {"Host: "}, FSV_GATE_HOST},
    {"POST", "HTTP/1.1", "/", {H, "Content-Length: 5", "content-length: 5"}, FSV_GATE_LENGTH},
    {"POST", "HTTP/1.1", "/", {H, "Content-Length: +5"}, FSV_GATE_LENGTH},
    {"POST", "HTTP/1.1", "/", {H, "Content-Length: 0x5"}, FSV_GATE_LENGTH},
    {"POST", "HTTP/1.1", "/", {H, "Content-Length: 5 "}, FSV_GATE_LENGTH},
    {"POST", "HTTP/1.1", "/", {H, "Content-Length: "}, FSV_GATE_LENGTH},
    {"POST", "HTTP/1.1", "/", {H, "Content-Length: 99999999999999999999"}, FSV_GATE_LENGTH},
    {"POST", "HTTP/1.1", "/", {H, "Content-Length: 5", "Transfer-Encoding: chunked"}, FSV_GATE_CODING},
    {"POST", "HTTP/1.1", "/", {H, "Transfer-Encoding: xchunked"}, FSV_GATE_CODING},
    {"POST", "HTTP/1.1", "/", {H, "Transfer-Encoding: gzip, chunked"}, FSV_GATE_CODING},
    {"POST", "HTTP/1.1", "/", {H, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}, FSV_GATE_CODING},
    {"POST", "HTTP/1.0", "/", {H, "Transfer-Encoding: chunked"}, FSV_GATE_CODING},
    {"POST", "HTTP/1.1", "/", {H}, FSV_GATE_NEEDS},
    {"GET", "HTTP/1.1", "/", {H, "Content-Length: 0"}, FSV_GATE_BODY},
    {"DELETE", "HTTP/1.1", "/", {H, "Transfer-Encoding: chunked"}, FSV_GATE_BODY},
    {"POST", "HTTP/1.1", "/", {H, "Content-Length: 5", "Content-Encoding: gzip"}, FSV_GATE_ENCODED},
    {"GET", "HTTP/1.1", "", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "livez", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "*", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "http://localhost/", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/a%00b", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/a%", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/a%4", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/a%4g", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/a?x=%00", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/a/../b", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/a/%2e%2E", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/a\\..\\b", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/%c0%80", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/a b", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/a#b", {H}, FSV_GATE_URI},
    {"GET", "HTTP/1.1", "/a..b/...", {H}, FSV_GATE_PASS},
};

static enum fsv_gate check(const struct probe *p, bool framed, struct fn_arena *arena, struct fsv_gate_passed *out)
{
    struct fsv_gate_header headers[6];
    struct fsv_gate_request r = {fn_str_c(p->method), fn_str_c(p->version), fn_str_c(p->uri), headers, 0, framed};
    for (size_t i = 0; i < FN_COUNT(p->headers) && p->headers[i] != NULL; i++) {
        struct fn_str line = fn_str_c(p->headers[i]);
        const char *colon = strstr(line.p, ": ");
        size_t n = (size_t)(colon - line.p);
        headers[r.n_headers++] = (struct fsv_gate_header){{line.p, n}, {colon + 2, line.n - n - 2}};
    }
    return fsv_gate_check(arena, &r, FN_STR("localhost,[::1]"), out);
}

static void test_rules(void)
{
    for (size_t i = 0; i < FN_COUNT(probes); i++) {
        struct fn_arena arena;
        struct fsv_gate_passed out;
        fn_arena_init(&arena, ARENA);
        enum fsv_gate got = check(&probes[i], true, &arena, &out);
        if (got != probes[i].want) {
            printf("\nprobe %zu: %s, wanted %s\n", i, fsv_gate_name(got), fsv_gate_name(probes[i].want));
        }
        CU_ASSERT_EQUAL(got, probes[i].want);
        CU_ASSERT_EQUAL(check(&probes[0], false, &arena, &out), FSV_GATE_FRAMING);
        fn_arena_fini(&arena);
    }
}

/* Every rule but the two that need more than a row is hurt by some probe. */
static void test_every_rule_has_a_probe(void)
{
    for (int g = FSV_GATE_PASS; g < FSV_GATES; g++) {
        bool found = g == FSV_GATE_FRAMING || g == FSV_GATE_MANY || g == FSV_GATE_URI_LONG;
        for (size_t i = 0; i < FN_COUNT(probes); i++) {
            found = found || (int)probes[i].want == g;
        }
        CU_ASSERT(found);
        CU_ASSERT(fsv_gate_text((enum fsv_gate)g, FN_PT) != NULL && fsv_gate_text((enum fsv_gate)g, FN_EN) != NULL);
    }
}

static void test_limits(void)
{
    static struct fsv_gate_header headers[FSV_GATE_HEADERS + 1];
    static char long_uri[FSV_GATE_URI_BYTES + 2];
    struct fn_arena arena;
    struct fsv_gate_passed out;
    fn_arena_init(&arena, ARENA);
    headers[0] = (struct fsv_gate_header){FN_STR("Host"), FN_STR("localhost")};
    for (size_t i = 1; i < FN_COUNT(headers); i++) {
        headers[i] = (struct fsv_gate_header){FN_STR("A"), FN_STR("b")};
    }
    struct fsv_gate_request r = {FN_STR("GET"), FN_STR("HTTP/1.1"), FN_STR("/"), headers, FSV_GATE_HEADERS, true};
    CU_ASSERT_EQUAL(fsv_gate_check(&arena, &r, FN_STR("localhost"), &out), FSV_GATE_PASS);
    r.n_headers++;
    CU_ASSERT_EQUAL(fsv_gate_check(&arena, &r, FN_STR("localhost"), &out), FSV_GATE_MANY);
    memset(long_uri, 'a', sizeof long_uri - 1);
    long_uri[0] = '/';
    r.n_headers = 1;
    r.uri = (struct fn_str){long_uri, FSV_GATE_URI_BYTES};
    CU_ASSERT_EQUAL(fsv_gate_check(&arena, &r, FN_STR("localhost"), &out), FSV_GATE_PASS);
    r.uri.n++;
    CU_ASSERT_EQUAL(fsv_gate_check(&arena, &r, FN_STR("localhost"), &out), FSV_GATE_URI_LONG);
    r.uri = FN_STR("/");
    headers[0].value = FN_STR("anything.example:9");
    CU_ASSERT_EQUAL(fsv_gate_check(&arena, &r, FN_STR_NULL, &out), FSV_GATE_PASS);
    fn_arena_fini(&arena);
}

static void test_what_passes(void)
{
    const struct probe post = {
        "POST", "HTTP/1.1", "/a%2Fb/%C3%A7?x=1+2%2B&y=&x=9", {H, "Content-Length: 77"}, FSV_GATE_PASS};
    const struct probe chunked = {"POST", "HTTP/1.1", "/a", {H, "Transfer-Encoding: chunked"}, FSV_GATE_PASS};
    struct fn_arena arena;
    struct fsv_gate_passed out;
    fn_arena_init(&arena, ARENA);
    CU_ASSERT_EQUAL(check(&post, true, &arena, &out), FSV_GATE_PASS);
    CU_ASSERT_EQUAL(out.length, 77);
    UNIT_ASSERT_STR(out.path, "/a/b/ç");
    UNIT_ASSERT_STR(fsv_query_get(&arena, out.query, "x"), "1 2+");
    UNIT_ASSERT_STR(fsv_query_get(&arena, out.query, "y"), "");
    CU_ASSERT_PTR_NULL(fsv_query_get(&arena, out.query, "z").p);
    CU_ASSERT_EQUAL(check(&chunked, true, &arena, &out), FSV_GATE_PASS);
    CU_ASSERT_EQUAL(out.length, -1);
    fn_arena_fini(&arena);
}

UNIT_SUITE("fsv_gate", {"rules", test_rules}, {"every rule has a probe", test_every_rule_has_a_probe},
           {"limits", test_limits}, {"what passes", test_what_passes})
