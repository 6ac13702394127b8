/* json_query.c: looking things up in a tree, and numbers in their exact value.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_json.h"

#include <math.h>
#include <stdlib.h>

static const struct fn_json *get(const struct fn_json *object, struct fn_str key)
{
    if (object == NULL || object->kind != FN_JSON_OBJECT) {
        return NULL;
    }
    for (const struct fn_json *child = object->first; child != NULL; child = child->next) {
        if (fn_str_eq(child->key, key)) {
            return child;
        }
    }
    return NULL;
}

const struct fn_json *fn_json_get(const struct fn_json *object, const char *key)
{
    return get(object, fn_str_c(key));
}

const struct fn_json *fn_json_path(const struct fn_json *object, const char *dotted)
{
    const char *dot = strchr(dotted, '.');
    for (; dot != NULL; dotted = dot + 1, dot = strchr(dotted, '.')) {
        object = get(object, (struct fn_str){dotted, (size_t)(dot - dotted)});
    }
    return get(object, fn_str_c(dotted));
}

const struct fn_json *fn_json_at(const struct fn_json *array, size_t index)
{
    if (array == NULL || array->kind != FN_JSON_ARRAY || index >= array->n) {
        return NULL;
    }
    const struct fn_json *child = array->first;
    for (; index > 0; index--) {
        child = child->next;
    }
    return child;
}

struct fn_str fn_json_str(const struct fn_json *v)
{
    return v != NULL && v->kind == FN_JSON_STRING ? v->text : FN_STR_NULL;
}

/* A number as digits and a power of ten. Trailing zeros are in the power: 1200 and 12.00e2 are both 12, 2. */
struct decimal {
    bool negative, overflow;
    uint64_t digits;
    int64_t power;
};

static void add_digit(struct decimal *d, char c, int64_t *zeros)
{
    if (c == '0') {
        ++*zeros;
        return;
    }
    for (int64_t i = 0; i <= *zeros && d->digits != 0; i++) { /* 0 stays 0: leading zeros cost nothing */
        d->overflow |= __builtin_mul_overflow(d->digits, 10, &d->digits);
        if (d->overflow) {
            return;
        }
    }
    *zeros = 0;
    d->overflow |= __builtin_add_overflow(d->digits, (uint64_t)(c - '0'), &d->digits);
}

/* The exponent behind "e"; clamped, since past 10^9 only zero is an integer in range. */
static int64_t exponent(const char *p, const char *end)
{
    bool negative = p < end && *p == '-';
    int64_t value = 0;
    for (p += p < end && (*p == '-' || *p == '+'); p < end; p++) {
        value = value < 1000000000 ? value * 10 + (*p - '0') : value;
    }
    return negative ? -value : value;
}

static struct decimal read_decimal(struct fn_str text)
{
    struct decimal d = {.negative = text.n != 0 && text.p[0] == '-'};
    const char *p = text.p + d.negative, *end = text.p + text.n;
    int64_t zeros = 0, fraction = 0;
    bool dot = false;
    for (; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            dot = true;
        } else {
            add_digit(&d, *p, &zeros);
            fraction += dot;
        }
    }
    d.power = zeros - fraction + (p < end ? exponent(p + 1, end) : 0);
    return d;
}

bool fn_json_int(const struct fn_json *v, int64_t *out)
{
    if (v == NULL || v->kind != FN_JSON_NUMBER) {
        return false;
    }
    struct decimal d = read_decimal(v->text);
    if (d.digits == 0 && !d.overflow) {
        *out = 0;
        return true;
    }
    if (d.overflow || d.power < 0 || d.power > 18) {
        return false;
    }
    for (; d.power > 0; d.power--) {
        if (__builtin_mul_overflow(d.digits, 10, &d.digits)) {
            return false;
        }
    }
    if (d.digits > (uint64_t)INT64_MAX + d.negative) {
        return false;
    }
    *out = d.negative ? (int64_t)(0 - d.digits) : (int64_t)d.digits;
    return true;
}

bool fn_json_num(const struct fn_json *v, double *out)
{
    if (v == NULL || v->kind != FN_JSON_NUMBER) {
        return false;
    }
    double value = strtod(v->text.p, NULL); /* a NUL stands behind every text of the tree */
    if (!isfinite(value)) {
        return false;
    }
    *out = value;
    return true;
}
