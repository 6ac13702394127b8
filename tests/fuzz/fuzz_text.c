/* fuzz_text.c: what must hold for any bytes a person, a provider or an attacker calls text.
 *
 * Repair and folding give valid UTF-8, and repair keeps valid text; a cut never splits a character; composing, folding
 * and phrase folding twice is the same as once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_OUTPUT = 1 << 20, ONE_WINDOW = 60 /* code points that fn_utf8_nfc never handles in pieces */ };

typedef void transform_fn(struct fn_buf *out, struct fn_str s);

static void require(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "fuzz_text: %s\n", what);
        abort();
    }
}

static void check_twice(transform_fn *transform, struct fn_str s, bool valid, const char *name)
{
    struct fn_buf once, twice;
    fn_buf_init(&once, MAX_OUTPUT);
    fn_buf_init(&twice, MAX_OUTPUT);
    transform(&once, s);
    transform(&twice, fn_buf_view(&once));
    require(once.failed || fn_str_eq(fn_buf_view(&once), fn_buf_view(&twice)), name);
    require(once.failed || !valid || fn_utf8_valid(fn_buf_view(&once)), name);
    fn_buf_fini(&once);
    fn_buf_fini(&twice);
}

static void check_repair(struct fn_str s, bool valid)
{
    struct fn_buf out;
    fn_buf_init(&out, MAX_OUTPUT);
    fn_utf8_repair(&out, s);
    struct fn_str repaired = fn_buf_view(&out);
    require(out.failed || fn_utf8_valid(repaired), "repaired text is not valid");
    require(out.failed || out.n == 0 || memchr(out.p, '\0', out.n) == NULL, "repaired text has a NUL");
    bool clean = valid && (s.n == 0 || memchr(s.p, '\0', s.n) == NULL);
    require(out.failed || !clean || fn_str_eq(s, repaired), "repair changed good text");
    fn_buf_fini(&out);
}

static void check_cut(struct fn_str s, bool valid)
{
    size_t points = fn_utf8_count(s);
    require(fn_utf8_cut(s, points) == s.n, "cutting behind the last character cuts");
    for (size_t i = 0; i < points && i < 64; i++) {
        struct fn_str part = {s.p, fn_utf8_cut(s, i)};
        require(fn_utf8_count(part) == i || !valid, "a cut has another length");
        require(fn_utf8_valid(part) || !valid, "a cut splits a character");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fn_str s = {(const char *)data, size};
    bool valid = fn_utf8_valid(s);
    check_repair(s, valid);
    check_cut(s, valid);
    check_twice(fn_fold, s, true, "folding");
    check_twice(fn_fold_phrase, s, true, "phrase folding");
    struct fn_str head = {s.p, fn_utf8_cut(s, ONE_WINDOW / 4)};
    check_twice(fn_utf8_nfc, head, valid, "composing");
    return 0;
}
