/* fn_json.h: JSON in both directions, for every layer (also in WebAssembly, where yajl is not; yajl is the
 * differential oracle of its fuzzer, see docs/decisions/0003-one-json-reader.md).
 *
 * Reading is strict RFC 8259 into a read-only tree in the caller's arena: depth, node and size limits, no duplicate keys
 * unless allowed, no recursion in parse or walk. Strings come out as valid UTF-8: lone surrogates and NUL become
 * U+FFFD under FN_JSON_REPAIR (provider bodies: never lose a customer's message) and are an error otherwise.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FN_JSON_H
#define FN_JSON_H
#include "fn_arena.h"
#include "fn_buf.h"

enum fn_json_kind {
    FN_JSON_NULL,
    FN_JSON_FALSE,
    FN_JSON_TRUE,
    FN_JSON_NUMBER,
    FN_JSON_STRING,
    FN_JSON_ARRAY,
    FN_JSON_OBJECT
};
enum { FN_JSON_REPAIR = 1, FN_JSON_ALLOW_DUPLICATES = 2 /* the last wins */ };

struct fn_json {
    enum fn_json_kind kind;
    uint32_t n;                  /* children of an array or object */
    struct fn_str text;          /* STRING: decoded; NUMBER: as spelled */
    struct fn_str key;           /* when the parent is an object */
    const struct fn_json *first; /* children, linked by next */
    const struct fn_json *next;
};

/* Limits: depth 64, 100,000 nodes, the arena's max. The whole input must be one value. */
FN_MUST_USE enum fn_code fn_json_parse(struct fn_arena *arena, struct fn_str text, unsigned flags,
                                       const struct fn_json **out, struct fn_err *err);
/* Lookups accept NULL and the wrong kind, and give NULL / the default: a chain needs one check at its end. */
const struct fn_json *fn_json_get(const struct fn_json *object, const char *key);
const struct fn_json *fn_json_path(const struct fn_json *object, const char *dotted); /* "data.key.id" */
const struct fn_json *fn_json_at(const struct fn_json *array, size_t index);
struct fn_str fn_json_str(const struct fn_json *v);      /* {NULL,0} unless a string */
bool fn_json_int(const struct fn_json *v, int64_t *out); /* integral and in range; also 1e3, 12.0 */
bool fn_json_num(const struct fn_json *v, double *out);

/* Writing: the caller keeps the structure right; strings are escaped (control bytes, ", \, and < as \u003c). */
void fn_json_put_str(struct fn_buf *b, struct fn_str s); /* with quotes; invalid UTF-8 as U+FFFD */
void fn_json_put_key(struct fn_buf *b, const char *key); /* "key": with a comma before it when needed */
void fn_json_put_num(struct fn_buf *b, double v);        /* shortest that reads back equal; no inf/nan: null */
void fn_json_put_value(struct fn_buf *b, const struct fn_json *v);
void fn_json_comma(struct fn_buf *b); /* a comma unless b is empty or ends in { [ , or : */

#endif
