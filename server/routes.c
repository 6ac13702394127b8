/* routes.c: the route table and its readers: finding a route, and the OpenAPI text.
 * SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

#include "fn_json.h"

const struct fsv_route fsv_routes[] = {
#define FSV_ROUTE(NAME, method, path, access, handler, cap, pt, en) \
    {#NAME, (method), (path), FSV_ACCESS_##access, handler, (cap), {[FN_PT] = (pt), [FN_EN] = (en)}},
#include "routes.def"
#undef FSV_ROUTE
};
const size_t fsv_routes_count = FN_COUNT(fsv_routes);

static size_t segment(struct fn_str s, size_t at)
{
    size_t n = 0;
    while (at + n < s.n && s.p[at + n] != '/') {
        n++;
    }
    return n;
}

static bool matches(const char *pattern, struct fn_str path, struct fn_str params[FSV_PARAMS])
{
    struct fn_str p = fn_str_c(pattern);
    size_t i = 0, j = 0, found = 0;
    while (i < p.n && j < path.n) {
        if (p.p[i] == '{') {
            size_t n = segment(path, j);
            if (n == 0 || found == FSV_PARAMS) {
                return false;
            }
            params[found++] = (struct fn_str){path.p + j, n};
            i += segment(p, i);
            j += n;
        } else if (p.p[i++] != path.p[j++]) {
            return false;
        }
    }
    return i == p.n && j == path.n;
}

const struct fsv_route *fsv_route_find(struct fn_str method, struct fn_str path, struct fn_str params[FSV_PARAMS],
                                       bool *out_other_method)
{
    struct fn_str wanted = fn_str_eq(method, FN_STR("HEAD")) ? FN_STR("GET") : method;
    *out_other_method = false;
    for (size_t i = 0; i < fsv_routes_count; i++) {
        if (!matches(fsv_routes[i].path, path, params)) {
            continue;
        }
        if (fn_str_eq(wanted, fn_str_c(fsv_routes[i].method))) {
            return &fsv_routes[i];
        }
        *out_other_method = true;
    }
    return NULL;
}

/* -- OpenAPI --------------------------------------------------------------------------------------------------------------------- */

static void put_parameters(struct fn_buf *out, const char *path)
{
    fn_buf_z(out, ",\"parameters\":[");
    for (const char *open = strchr(path, '{'); open != NULL; open = strchr(open + 1, '{')) {
        size_t n = strcspn(open + 1, "}");
        fn_json_comma(out);
        fn_buf_printf(out, "{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}",
                      (int)n, open + 1);
    }
    fn_buf_char(out, ']');
}

static void put_operation(struct fn_buf *out, const struct fsv_route *route)
{
    fn_json_put_key(out, strcmp(route->method, "GET") == 0 ? "get" : "post");
    fn_buf_printf(out, "{\"operationId\":\"%s\"", route->name);
    fn_json_put_key(out, "summary");
    fn_json_put_str(out, fn_str_c(route->doc[FN_EN]));
    fn_json_put_key(out, "x-summary-pt");
    fn_json_put_str(out, fn_str_c(route->doc[FN_PT]));
    put_parameters(out, route->path);
    if (route->body_max > 0) {
        fn_buf_printf(out,
                      ",\"requestBody\":{\"required\":true,\"description\":\"at most %zu "
                      "bytes\",\"content\":{\"application/json\":{}}}",
                      route->body_max);
    }
    fn_buf_z(out, route->access == FSV_ACCESS_KEY ? ",\"security\":[{\"key\":[]}]" : ",\"security\":[]");
    fn_buf_z(out, ",\"responses\":{\"200\":{\"description\":\"done\"},\"default\":{\"description\":\"problem\","
                  "\"content\":{\"application/problem+json\":{}}}}}");
}

void fsv_openapi(struct fn_buf *out, struct fn_str base_url)
{
    fn_buf_z(out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Funnel\",\"version\":\"1\"},\"servers\":[{\"url\":");
    fn_json_put_str(out, base_url);
    fn_buf_z(out,
             "}],\"components\":{\"securitySchemes\":{\"key\":{\"type\":\"http\",\"scheme\":\"bearer\"}}},\"paths\":{");
    for (size_t i = 0; i < fsv_routes_count; i++) {
        bool first = true;
        for (size_t j = 0; j < i; j++) {
            first = first && strcmp(fsv_routes[j].path, fsv_routes[i].path) != 0;
        }
        if (!first) {
            continue;
        }
        fn_json_put_key(out, fsv_routes[i].path);
        fn_buf_char(out, '{');
        for (size_t j = i; j < fsv_routes_count; j++) {
            if (strcmp(fsv_routes[j].path, fsv_routes[i].path) == 0) {
                put_operation(out, &fsv_routes[j]);
            }
        }
        fn_buf_char(out, '}');
    }
    fn_buf_z(out, "}}");
}
