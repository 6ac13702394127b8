/* fn_base.h: the vocabulary every layer shares.
 *
 * Four kinds of wrong, never mixed:
 *   diagnostic  the tenant's source is wrong          -> struct fn_diag  (fn_diag.h)
 *   trap        the tenant's program went wrong       -> enum fbc_trap   (vm/image)
 *   error       an operation failed                   -> enum fn_code + struct fn_err (here)
 *   bug         our own invariant broke               -> FN_BUG, aborts in every build
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FN_BASE_H
#define FN_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FN_MUST_USE     __attribute__((warn_unused_result))
#define FN_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define FN_NORETURN     __attribute__((noreturn))
#define FN_COUNT(a)     (sizeof(a) / sizeof((a)[0]))

/* A borrowed slice of bytes; not NUL-terminated. n == 0 allows p == NULL. */
struct fn_str {
    const char *p;
    size_t n;
};
#define FN_STR(literal) ((struct fn_str){(literal), sizeof(literal) - 1})
#define FN_STR_NULL     ((struct fn_str){NULL, 0})
/* For printf's "%.*s". */
#define FN_STR_ARG(s) (int)(s).n, ((s).p != NULL ? (s).p : "")

static inline struct fn_str fn_str_c(const char *z)
{
    return (struct fn_str){z, z != NULL ? strlen(z) : 0};
}
static inline bool fn_str_eq(struct fn_str a, struct fn_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
/* Orders by bytes, shorter first on a common prefix. */
int fn_str_cmp(struct fn_str a, struct fn_str b);
bool fn_str_starts(struct fn_str s, struct fn_str prefix);

/* Byte offsets into one source file, [a, b). */
struct fn_span {
    uint32_t a, b;
};

/* Result of an operation. FN_OK is 0. The rows are in errors.def. */
enum fn_code {
#define FN_ERROR(name, text) FN_##name,
#include "errors.def"
#undef FN_ERROR
};
const char *fn_code_name(enum fn_code code); /* "NO_MEMORY" */

/* Caller-owned detail of an error; needs no allocation so that running out of memory can be told. */
struct fn_err {
    enum fn_code code;
    char text[240];
};
/* Fills *err (which may be NULL) and returns code, so that `return fn_fail(err, FN_IO, "...")` reads well. */
enum fn_code fn_fail(struct fn_err *err, enum fn_code code, const char *format, ...) FN_PRINTF(3, 4);

FN_NORETURN void fn_bug(const char *file, int line, const char *why);
#define FN_BUG(why) fn_bug(__FILE__, __LINE__, (why))

/* Sizes: false on overflow, *out untouched. */
static inline bool fn_add_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}
static inline bool fn_mul_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

/* FNV-1a, for hash tables and shard numbers; never for security. */
uint64_t fn_hash(const void *p, size_t n);
/* CRC-32C (Castagnoli), reflected, initial and final xor 0xFFFFFFFF. */
uint32_t fn_crc32c(const void *p, size_t n);
uint32_t fn_crc32c_portable(const void *p, size_t n); /* the same without special instructions; for its test */

#endif
