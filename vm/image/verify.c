/* verify.c: what every rule uses: faults, strings, and "no two are equal".
 *
 * The rules, by durability.md 8.6 (a fault names its rule, tests/verify/bad has an image for each way to break one):
 *   M1 container: magic, format, abi, length, checksum, sections in order and tiling the file, counts under their limits
 *   M2 types: parts below their user, depth, size, no two equal     M3 constants and strings: UTF-8, typed, canonical
 *   M4 imports: number, kind, policy and signature as in our tables, allowed to the tenant
 *   M5 functions: registers, types, code ranges that tile the code  M6 names unique, stages, waits, entries, tables' references
 *   F1 opcode and operands   F2 parts of polymorphic types   F3 constants, globals and other indices, reserved bits
 *   F4 calls and returns     F5 jumps                        F6 terminators, AWAIT and what only may_await functions do
 *   F7 register counts: M5 bounds them, the frame is their sum; nothing is left to check here.
 *
 * Nothing here recurses (but the comparison of a variable's bounds with its type, as deep as types are), and everything is linear in the bytes but the sorts (n log n, of bounded n).
 * SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include "fn_utf8.h"

#include <stdarg.h>
#include <stdio.h>

/* Writes "function NAME, word N OP: " or "SECTION row N: ". */
static size_t put_place(const struct verify *v, char *to, size_t max)
{
    int n = 0;
    if (v->func != NULL) {
        const struct fbc_op_info *op = &fbc_ops[v->words[v->at] & 255u];
        n = snprintf(to, max, "%.*s word %u %s: ", (int)(v->func->name.n < 40 ? v->func->name.n : 40), v->func->name.p,
                     (unsigned)v->at, op->name != NULL ? op->name : "?");
    } else if (v->section != 0) {
        n = snprintf(to, max, "%s row %u: ", fbc_sections[v->section].name, (unsigned)v->row);
    }
    return n < 0 ? 0 : (size_t)n < max ? (size_t)n : max - 1;
}

bool verify_fault(struct verify *v, const char *rule, const char *format, ...)
{
    if (v->code != FN_OK) {
        return false;
    }
    struct fbc_fault *fault = v->fault;
    v->code = FN_INVALID;
    fault->word = v->func != NULL ? v->at : (uint32_t)v->row_at;
    snprintf(fault->rule, sizeof fault->rule, "%s", rule);
    size_t n = put_place(v, fault->text, sizeof fault->text);
    va_list args;
    va_start(args, format);
    vsnprintf(fault->text + n, sizeof fault->text - n, format, args);
    va_end(args);
    return false;
}

bool verify_text(struct verify *v, struct fn_reader *r, enum fbc_limit max, struct fn_str *out)
{
    uint32_t n = fn_read_u32(r);
    if (n > (uint32_t)max) {
        return verify_fault(v, "M1", "a string of %u bytes; at most %d", (unsigned)n, (int)max);
    }
    struct fn_str s = fn_read_bytes(r, n);
    if (r->bad) {
        return false;
    }
    if (n != 0 && (!fn_utf8_valid(s) || memchr(s.p, 0, s.n) != NULL)) {
        return verify_fault(v, "M3", "a string that is not UTF-8 or holds a NUL");
    }
    *out = s;
    return true;
}

bool verify_name(struct verify *v, struct fn_reader *r, struct fn_str *out)
{
    if (!verify_text(v, r, FBC_LIMIT_NAME, out)) {
        return false;
    }
    for (size_t i = 0; i < out->n; i++) {
        if ((unsigned char)out->p[i] < ' ' || out->p[i] == 0x7f) {
            return verify_fault(v, "M6", "a control character in a name"); /* names go to logs and listings */
        }
    }
    return out->n != 0 || verify_fault(v, "M6", "an empty name");
}

bool verify_take(struct verify *v, enum fbc_section section, uint32_t n, uint32_t *first)
{
    uint32_t left = v->sections[section].n - v->taken[section];
    if (n > left) {
        return verify_fault(v, "M1", "wants %u rows of %s, %u are left", (unsigned)n, fbc_sections[section].name,
                            (unsigned)left);
    }
    *first = v->taken[section];
    v->taken[section] += n;
    return true;
}

/* Lets the element at `root` sink in the heap order[0..n). */
static void sink(const struct verify *v, uint32_t root, uint32_t n, verify_compare_fn compare)
{
    uint32_t *order = v->order;
    for (uint32_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
        if (child + 1 < n && compare(v, order[child], order[child + 1]) < 0) {
            child++;
        }
        if (compare(v, order[root], order[child]) >= 0) {
            return;
        }
        uint32_t moved = order[root];
        order[root] = order[child];
        order[child] = moved;
        root = child;
    }
}

static void heap_sort(const struct verify *v, uint32_t n, verify_compare_fn compare)
{
    for (uint32_t i = n / 2; i-- > 0;) {
        sink(v, i, n, compare);
    }
    for (uint32_t end = n; end-- > 1;) {
        uint32_t largest = v->order[0];
        v->order[0] = v->order[end];
        v->order[end] = largest;
        sink(v, 0, end, compare);
    }
}

bool verify_unique(struct verify *v, uint32_t first, uint32_t n, verify_compare_fn compare, const char *rule,
                   const char *what)
{
    for (uint32_t i = 0; i < n; i++) {
        v->order[i] = first + i;
    }
    heap_sort(v, n, compare);
    for (uint32_t i = 1; i < n; i++) {
        if (compare(v, v->order[i - 1], v->order[i]) == 0) {
            uint32_t a = v->order[i - 1] - first, b = v->order[i] - first;
            return verify_fault(v, rule, "%s %u and %u are the same", what, (unsigned)(a < b ? a : b),
                                (unsigned)(a < b ? b : a));
        }
    }
    return true;
}
