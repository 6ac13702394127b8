/* natives_number.c: the number natives and the strict readings of program texts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "natives.h"

/* Every number that leaves a native is finite: NaN and infinities have no place in a program. */
static enum fbc_trap give_number(double v, union fvm_slot *out)
{
    out->f = isfinite(v) ? v : 0;
    return FBC_TRAP_NONE;
}

FSL_NATIVE(num_floor)
{
    (void)run;
    return give_number(floor(args[0].f), out);
}

FSL_NATIVE(num_ceil)
{
    (void)run;
    return give_number(ceil(args[0].f), out);
}

FSL_NATIVE(num_abs)
{
    (void)run;
    return give_number(fabs(args[0].f), out);
}

FSL_NATIVE(num_sqrt)
{
    (void)run;
    return give_number(args[0].f > 0 ? sqrt(args[0].f) : 0, out);
}

FSL_NATIVE(num_pow)
{
    (void)run;
    return give_number(pow(args[0].f, args[1].f), out);
}

FSL_NATIVE(num_round)
{
    (void)run;
    int64_t places = args[1].i < 0 ? 0 : args[1].i > 15 ? 15 : args[1].i;
    double scale = pow(10, (double)places), scaled = args[0].f * scale;
    return give_number(isfinite(scaled) ? round(scaled) / scale : args[0].f, out);
}

FSL_NATIVE(int_bits)
{
    (void)run;
    uint32_t a = (uint32_t)args[0].i, b = (uint32_t)args[1].i, r = 0;
    switch (args[2].i) {
    case 0: r = a & b; break;
    case 1: r = a | b; break;
    case 2: r = a ^ b; break;
    case 3: r = b < 32 ? a << b : 0; break;
    case 4: r = b < 32 ? a >> b : 0; break;
    default: return FBC_TRAP_BOUNDS;
    }
    out->i = r;
    return FBC_TRAP_NONE;
}

FSL_NATIVE(text_int)
{
    struct fn_str s = FSL_ARG_TEXT(0);
    bool negative = s.n > 0 && s.p[0] == '-', good = s.n > (size_t)negative && s.n <= 20;
    int64_t v = 0;
    for (size_t i = negative; good && i < s.n; i++) {
        good = s.p[i] >= '0' && s.p[i] <= '9' && !__builtin_mul_overflow(v, 10, &v) &&
               !__builtin_sub_overflow(v, s.p[i] - '0', &v);
    }
    good = good && (negative || v != INT64_MIN);
    out->ref = 0;
    return good ? fvm_make_some_int(run, negative ? v : -v, &out->ref) : FBC_TRAP_NONE;
}

FSL_NATIVE(text_number)
{
    struct fn_str s = FSL_ARG_TEXT(0);
    char copy[64], *end = copy;
    double v = 0;
    bool good = s.n > 0 && s.n < sizeof copy;
    for (size_t i = 0; good && i < s.n; i++) {
        good = (s.p[i] >= '0' && s.p[i] <= '9') || strchr("+-.eE", s.p[i]) != NULL;
        copy[i] = s.p[i];
    }
    if (good) {
        copy[s.n] = '\0';
        v = strtod(copy, &end);
        good = *end == '\0' && isfinite(v);
    }
    out->ref = 0;
    return good ? fvm_make_some_num(run, v, &out->ref) : FBC_TRAP_NONE;
}
