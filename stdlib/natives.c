/* natives.c: binds natives.def to the pure functions: takes the slots apart, puts the result back, charges fuel by the byte.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "natives.h"
#include "fsl_natives.h"
#include "fsl_read.h"
#include "fsl_show.h"

/* Most natives make one text of bounded size. */
enum fbc_trap fsl_give_text(struct fvm_run *run, struct fn_buf *b, union fvm_slot *out)
{
    enum fbc_trap trap = b->failed ? FBC_TRAP_SIZE : fvm_charge(run, b->n);
    if (trap == FBC_TRAP_NONE) {
        trap = fvm_make_text(run, fn_buf_view(b), &out->ref);
    }
    fn_buf_fini(b);
    return trap;
}

enum fbc_trap fsl_give_some_text(struct fvm_run *run, bool present, struct fn_buf *b, union fvm_slot *out)
{
    enum fbc_trap trap = fvm_charge(run, b->n);
    out->ref = 0;
    if (trap == FBC_TRAP_NONE && present) {
        trap = fvm_make_some_text(run, fn_buf_view(b), &out->ref);
    }
    fn_buf_fini(b);
    return trap;
}

FSL_NATIVE(show_int)
{
    struct fn_buf b;
    fn_buf_init(&b, 64);
    fsl_show_int(&b, args[0].i, FSL_ARG_TEXT(1));
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(show_number)
{
    struct fn_buf b;
    fn_buf_init(&b, 64);
    fsl_show_number(&b, args[0].f, FSL_ARG_TEXT(1));
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(show_money)
{
    struct fn_buf b;
    fn_buf_init(&b, 128);
    fsl_show_money(&b, args[0].i, FSL_ARG_TEXT(1), FSL_ARG_TEXT(2));
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(show_bool)
{
    bool en = fsl_is_en(FSL_ARG_TEXT(1));
    struct fn_str s =
        args[0].i != 0 ? (en ? FN_STR("yes") : FN_STR("sim")) : (en ? FN_STR("no") : FN_STR("n\xc3\xa3o"));
    return fvm_make_text(run, s, &out->ref);
}

FSL_NATIVE(show_phone)
{
    struct fn_buf b;
    fn_buf_init(&b, 256);
    fsl_show_phone(&b, FSL_ARG_TEXT(0));
    return fsl_give_text(run, &b, out);
}

static enum fbc_trap give_some_int(struct fvm_run *run, bool present, int64_t v, union fvm_slot *out)
{
    out->ref = 0;
    return present ? fvm_make_some_int(run, v, &out->ref) : FBC_TRAP_NONE;
}

FSL_NATIVE(read_int)
{
    int64_t v = 0;
    bool ok = fsl_read_int(FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), &v);
    return give_some_int(run, ok, v, out);
}

FSL_NATIVE(read_number)
{
    double v = 0;
    out->ref = 0;
    return fsl_read_number(FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), &v) ? fvm_make_some_num(run, v, &out->ref) : FBC_TRAP_NONE;
}

FSL_NATIVE(read_money)
{
    int64_t v = 0;
    bool ok = fsl_read_money(FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), FSL_ARG_TEXT(2), &v);
    return give_some_int(run, ok, v, out);
}

FSL_NATIVE(read_bool)
{
    bool v = false;
    bool ok = fsl_read_bool(FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), &v);
    return give_some_int(run, ok, v, out);
}

FSL_NATIVE(read_text)
{
    struct fn_buf b;
    fn_buf_init(&b, FSL_TEXT_MAX);
    bool ok = fsl_read_text(FSL_ARG_TEXT(0), args[1].i > 0 ? (size_t)args[1].i : 0, &b);
    return fsl_give_some_text(run, ok, &b, out);
}

FSL_NATIVE(read_email)
{
    struct fn_buf b;
    fn_buf_init(&b, 512);
    bool ok = fsl_read_email(FSL_ARG_TEXT(0), &b);
    return fsl_give_some_text(run, ok, &b, out);
}

FSL_NATIVE(read_url)
{
    struct fn_buf b;
    fn_buf_init(&b, 4096);
    bool ok = fsl_read_url(FSL_ARG_TEXT(0), &b);
    return fsl_give_some_text(run, ok, &b, out);
}

FSL_NATIVE(read_phone)
{
    struct fn_buf b;
    fn_buf_init(&b, 64);
    bool ok = fsl_read_phone(FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), &b);
    return fsl_give_some_text(run, ok, &b, out);
}

FSL_NATIVE(read_option)
{
    struct fn_str ids[FSL_OPTIONS_MAX], labels[FSL_OPTIONS_MAX];
    uint32_t n = fvm_list_count(run, args[2].ref);
    if (n > FSL_OPTIONS_MAX || n != fvm_list_count(run, args[3].ref)) {
        return FBC_TRAP_SIZE;
    }
    for (uint32_t i = 0; i < n; i++) {
        ids[i] = fvm_text(run, fvm_list_at(run, args[2].ref, i).ref);
        labels[i] = fvm_text(run, fvm_list_at(run, args[3].ref, i).ref);
    }
    out->i = fsl_read_option(FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), ids, labels, n);
    return fvm_charge(run, (size_t)n * 16);
}

/* The natives behind slots are all here or in the natives_*.c beside this file; what natives.def lists and nobody wrote does not link. */
const fvm_native_fn fsl_natives[FBC_NATIVE_MAX] = {
#define FBC_NATIVE(number, name, sig, fuel, doc) [number] = fsl_native_##name,
#include "natives.def"
#undef FBC_NATIVE
};
