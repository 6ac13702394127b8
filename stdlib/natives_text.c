/* natives_text.c: the text natives: fsl_text.h behind slots.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "natives.h"

#include <math.h>
#include <stdio.h>

#include "fn_json.h"
#include "fsl_text.h"

/* A borrowed slice of an argument moves when the heap collects, so it is copied out before the new text is made. */
static enum fbc_trap give_slice(struct fvm_run *run, struct fn_str s, union fvm_slot *out)
{
    struct fn_buf b;
    fn_buf_init(&b, FSL_TEXT_MAX);
    fn_buf_str(&b, s);
    return fsl_give_text(run, &b, out);
}

static enum fbc_trap give_made(struct fvm_run *run, void (*make)(struct fn_buf *, struct fn_str), struct fn_str s,
                               union fvm_slot *out)
{
    struct fn_buf b;
    fn_buf_init(&b, FSL_TEXT_MAX);
    make(&b, s);
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(text_count)
{
    struct fn_str s = FSL_ARG_TEXT(0);
    out->i = (int64_t)fn_utf8_count(s);
    return fvm_charge(run, s.n / 8);
}

FSL_NATIVE(text_upper)
{
    return give_made(run, fsl_upper, FSL_ARG_TEXT(0), out);
}

FSL_NATIVE(text_lower)
{
    return give_made(run, fsl_lower, FSL_ARG_TEXT(0), out);
}

FSL_NATIVE(text_fold)
{
    return give_made(run, fn_fold, FSL_ARG_TEXT(0), out);
}

FSL_NATIVE(text_mask)
{
    return give_made(run, fsl_mask, FSL_ARG_TEXT(0), out);
}

FSL_NATIVE(text_url)
{
    return give_made(run, fsl_url_encode, FSL_ARG_TEXT(0), out);
}

FSL_NATIVE(text_trim)
{
    return give_slice(run, fsl_trim(FSL_ARG_TEXT(0)), out);
}

FSL_NATIVE(text_cut)
{
    return give_slice(run, fsl_slice(FSL_ARG_TEXT(0), 0, args[1].i), out);
}

FSL_NATIVE(text_slice)
{
    return give_slice(run, fsl_slice(FSL_ARG_TEXT(0), args[1].i, args[2].i), out);
}

/* Both folded, then compared as `how` says: 0 anywhere, 1 at the start, 2 at the end. */
static enum fbc_trap folded_has(struct fvm_run *run, struct fn_str s, struct fn_str part, int how, union fvm_slot *out)
{
    struct fn_buf a, b;
    fn_buf_init(&a, 2 * FSL_TEXT_MAX);
    fn_buf_init(&b, 2 * FSL_TEXT_MAX);
    fn_fold(&a, s);
    fn_fold(&b, part);
    struct fn_str x = fn_buf_view(&a), y = fn_buf_view(&b);
    if (how == 0) {
        out->i = fsl_find(x, y) >= 0;
    } else if (how == 1) {
        out->i = fn_str_starts(x, y);
    } else {
        out->i = x.n >= y.n && fn_str_eq((struct fn_str){x.p + x.n - y.n, y.n}, y);
    }
    fn_buf_fini(&a);
    fn_buf_fini(&b);
    return fvm_charge(run, s.n + part.n);
}

FSL_NATIVE(text_has)
{
    return folded_has(run, FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), 0, out);
}

FSL_NATIVE(text_starts)
{
    return folded_has(run, FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), 1, out);
}

FSL_NATIVE(text_ends)
{
    return folded_has(run, FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), 2, out);
}

FSL_NATIVE(text_find)
{
    struct fn_str s = FSL_ARG_TEXT(0);
    out->i = fsl_find(s, FSL_ARG_TEXT(1));
    return fvm_charge(run, s.n);
}

FSL_NATIVE(text_like)
{
    struct fn_str s = FSL_ARG_TEXT(0), mask = FSL_ARG_TEXT(1);
    out->i = fsl_like(s, mask);
    return fvm_charge(run, s.n + mask.n);
}

FSL_NATIVE(text_replace)
{
    struct fn_buf b;
    fn_buf_init(&b, FSL_TEXT_MAX);
    fsl_replace(&b, FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), FSL_ARG_TEXT(2));
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(text_digits)
{
    struct fn_buf b;
    struct fn_str s = FSL_ARG_TEXT(0);
    fn_buf_init(&b, FSL_TEXT_MAX);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9') {
            fn_buf_char(&b, s.p[i]);
        }
    }
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(text_pad)
{
    struct fn_buf b;
    struct fn_str s = FSL_ARG_TEXT(0), fill = FSL_ARG_TEXT(2);
    int64_t have = (int64_t)fn_utf8_count(s), want = args[1].i;
    fn_buf_init(&b, FSL_TEXT_MAX);
    fill.n = fn_utf8_cut(fill, 1);
    for (; fill.n > 0 && have < want && !b.failed; have++) {
        fn_buf_str(&b, fill);
    }
    fn_buf_str(&b, s);
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(text_repeat)
{
    struct fn_buf b;
    struct fn_str s = FSL_ARG_TEXT(0);
    fn_buf_init(&b, FSL_TEXT_MAX);
    for (int64_t i = 0; s.n > 0 && i < args[1].i && !b.failed; i++) {
        fn_buf_str(&b, s);
    }
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(text_code)
{
    struct fn_str s = args[1].i < 0 ? FN_STR_NULL : fsl_slice(FSL_ARG_TEXT(0), args[1].i, 1);
    size_t at = 0;
    out->i = s.n > 0 ? fn_utf8_next(s, &at) : -1;
    return fvm_charge(run, (size_t)(args[1].i > 0 ? args[1].i : 0));
}

FSL_NATIVE(text_char)
{
    char bytes[4];
    bool scalar = args[0].i > 0 && args[0].i <= 0x10FFFF && (args[0].i < 0xD800 || args[0].i > 0xDFFF);
    size_t n = scalar ? fn_utf8_encode((int32_t)args[0].i, bytes) : 0;
    return fvm_make_text(run, (struct fn_str){bytes, n}, &out->ref);
}

FSL_NATIVE(text_of_int)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)args[0].i);
    return fvm_make_text(run, (struct fn_str){digits, (size_t)n}, &out->ref);
}

FSL_NATIVE(text_of_number)
{
    struct fn_buf b;
    fn_buf_init(&b, 64);
    fn_json_put_num(&b, args[0].f);
    return fsl_give_text(run, &b, out);
}

/* Pieces are copied first: the source text moves while the list is made. */
FSL_NATIVE(text_split)
{
    struct fn_str parts[FSL_OPTIONS_MAX];
    struct fn_str s = FSL_ARG_TEXT(0), by = FSL_ARG_TEXT(1);
    struct fn_buf copy;
    uint32_t n = 0;
    size_t at = 0;
    fn_buf_init(&copy, FSL_TEXT_MAX);
    fn_buf_str(&copy, s);
    fn_buf_str(&copy, by);
    struct fn_str text = {copy.p, s.n}, mark = {copy.p != NULL ? copy.p + s.n : NULL, by.n};
    enum fbc_trap trap = copy.failed ? FBC_TRAP_SIZE : fvm_charge(run, s.n);
    for (bool more = trap == FBC_TRAP_NONE; more;) {
        struct fn_str rest = {text.p + at, text.n - at};
        int64_t points = by.n > 0 ? fsl_find(rest, mark) : -1;
        more = points >= 0 && n + 1 < FSL_OPTIONS_MAX;
        parts[n++] = more ? (struct fn_str){rest.p, fn_utf8_cut(rest, (size_t)points)} : rest;
        at += more ? parts[n - 1].n + mark.n : 0;
    }
    if (trap == FBC_TRAP_NONE) {
        trap = fvm_make_text_list(run, parts, n, &out->ref);
    }
    fn_buf_fini(&copy);
    return trap;
}

FSL_NATIVE(text_join)
{
    struct fn_buf b;
    uint32_t n = fvm_list_count(run, args[0].ref);
    struct fn_str by = FSL_ARG_TEXT(1);
    fn_buf_init(&b, FSL_TEXT_MAX);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) {
            fn_buf_str(&b, by);
        }
        fn_buf_str(&b, fvm_text(run, fvm_list_at(run, args[0].ref, i).ref));
    }
    return fsl_give_text(run, &b, out);
}
