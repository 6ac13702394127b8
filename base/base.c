/* base.c: strings, hashing, errors and the end of the line for bugs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int fn_str_cmp(struct fn_str a, struct fn_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n != 0 ? memcmp(a.p, b.p, n) : 0;
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

bool fn_str_starts(struct fn_str s, struct fn_str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

const char *fn_code_name(enum fn_code code)
{
    static const char *const names[] = {
#define FN_ERROR(name, text) #name,
#include "errors.def"
#undef FN_ERROR
    };
    return (size_t)code < FN_COUNT(names) ? names[code] : "UNKNOWN";
}

enum fn_code fn_fail(struct fn_err *err, enum fn_code code, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        err->code = code;
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return code;
}

void fn_bug(const char *file, int line, const char *why)
{
    fprintf(stderr, "%s:%d: bug: %s\n", file, line, why);
    abort();
}

uint64_t fn_hash(const void *p, size_t n)
{
    const uint8_t *bytes = p;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    }
    return hash;
}
