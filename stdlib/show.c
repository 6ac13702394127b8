/* show.c: numbers, money and phones as people write them. Grouping is done on the decimal text, so no locale is asked.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsl_show.h"

#include <math.h>
#include <stdio.h>

bool fsl_is_en(struct fn_str loc)
{
    return fn_str_starts(loc, FN_STR("en"));
}

/* Digits with a separator before every third from the right. */
static void put_grouped(struct fn_buf *out, const char *digits, size_t n, char separator)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) {
            fn_buf_char(out, separator);
        }
        fn_buf_char(out, digits[i]);
    }
}

static uint64_t magnitude(int64_t v)
{
    return v < 0 ? 0u - (uint64_t)v : (uint64_t)v;
}

void fsl_show_int(struct fn_buf *out, int64_t v, struct fn_str loc)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)magnitude(v));
    if (v < 0) {
        fn_buf_char(out, '-');
    }
    put_grouped(out, digits, (size_t)n, fsl_is_en(loc) ? ',' : '.');
}

void fsl_show_number(struct fn_buf *out, double v, struct fn_str loc)
{
    char text[64];
    if (!isfinite(v) || fabs(v) >= 1e15) {
        int n = snprintf(text, sizeof text, "%.15g", v);
        fn_buf_put(out, text, (size_t)n);
        return;
    }
    int n = snprintf(text, sizeof text, "%.6f", fabs(v));
    size_t end = (size_t)n, point = end - 7;
    while (text[end - 1] == '0') {
        end--;
    }
    if (v < 0 && (point + 1 < end || text[0] != '0' || point > 1)) {
        fn_buf_char(out, '-');
    }
    put_grouped(out, text, point, fsl_is_en(loc) ? ',' : '.');
    if (end > point + 1) {
        fn_buf_char(out, fsl_is_en(loc) ? '.' : ',');
        fn_buf_put(out, text + point + 1, end - point - 1);
    }
}

struct currency {
    struct fn_str code;
    const char *sign;
};
static const struct currency currencies[] = {
    {{"BRL", 3}, "R$ "},
    {{"USD", 3}, "US$ "},
    {{"EUR", 3}, "\xe2\x82\xac "},
};

static void put_sign(struct fn_buf *out, struct fn_str currency)
{
    for (size_t i = 0; i < FN_COUNT(currencies); i++) {
        if (fn_str_eq(currencies[i].code, currency)) {
            fn_buf_z(out, currencies[i].sign);
            return;
        }
    }
    fn_buf_str(out, currency);
    fn_buf_char(out, ' ');
}

void fsl_show_money(struct fn_buf *out, int64_t minor, struct fn_str currency, struct fn_str loc)
{
    char digits[24];
    uint64_t m = magnitude(minor);
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)(m / 100));
    if (minor < 0) {
        fn_buf_char(out, '-');
    }
    put_sign(out, currency);
    put_grouped(out, digits, (size_t)n, fsl_is_en(loc) ? ',' : '.');
    fn_buf_printf(out, "%c%02u", fsl_is_en(loc) ? '.' : ',', (unsigned)(m % 100));
}

/* +5511987654321 -> (11) 98765-4321; other countries stay as they are. */
void fsl_show_phone(struct fn_buf *out, struct fn_str canonical)
{
    bool brazil = fn_str_starts(canonical, FN_STR("+55")) && (canonical.n == 14 || canonical.n == 13);
    if (!brazil) {
        fn_buf_str(out, canonical);
        return;
    }
    const char *p = canonical.p + 3;
    size_t local = canonical.n - 5;
    fn_buf_printf(out, "(%.2s) %.*s-%.4s", p, (int)(local - 4), p + 2, p + 2 + local - 4);
}
