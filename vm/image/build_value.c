/* build_value.c: types and constants, interned: the key of a row is what is written of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

/* Interns what stands in b->key. */
static uint16_t intern_key(struct fbc_build *b, struct intern *set, enum fbc_section section, bool *fresh)
{
    uint32_t index = b->key.failed ? UINT32_MAX : intern_add(set, fn_buf_view(&b->key), fresh);
    if (index == UINT32_MAX) {
        build_fail(b, FN_NO_MEMORY, "out of memory");
        *fresh = false;
        return 0;
    }
    return *fresh ? build_row(b, section) : (uint16_t)index;
}

static void put_type_row(struct fbc_build *b, enum fbc_type_kind kind, uint16_t elem, unsigned n, uint32_t bound,
                         struct fn_str name)
{
    fn_buf_clear(&b->key);
    fn_buf_char(&b->key, (char)kind);
    fn_buf_char(&b->key, 0);
    fn_buf_u16(&b->key, elem);
    fn_buf_u16(&b->key, (uint16_t)n);
    fn_buf_u32(&b->key, bound);
    build_str(b, &b->key, name, FBC_LIMIT_NAME);
}

/* The row is the key's first row_n bytes; its fields are the rest. */
static uint16_t add_type(struct fbc_build *b, size_t row_n, unsigned n_fields)
{
    bool fresh = false;
    uint16_t index = intern_key(b, &b->types, FBC_S_TYPES, &fresh);
    if (fresh) {
        fn_buf_put(&b->rows[FBC_S_TYPES], b->key.p, row_n);
        fn_buf_put(&b->rows[FBC_S_FIELDS], b->key.p + row_n, b->key.n - row_n);
        for (unsigned i = 0; i < n_fields && b->err.code == FN_OK; i++) {
            build_row(b, FBC_S_FIELDS);
        }
    }
    return index;
}

uint16_t fbc_build_type(struct fbc_build *b, enum fbc_type_kind scalar, uint32_t bound)
{
    return fbc_build_type_of(b, scalar, FBC_NO_TYPE, bound);
}

uint16_t fbc_build_type_of(struct fbc_build *b, enum fbc_type_kind kind, uint16_t elem, uint32_t bound)
{
    put_type_row(b, kind, elem, 0, bound, FN_STR_NULL);
    return add_type(b, b->key.n, 0);
}

uint16_t fbc_build_record(struct fbc_build *b, struct fn_str name, const struct fbc_field *fields, unsigned n)
{
    put_type_row(b, FBC_T_RECORD, FBC_NO_TYPE, n, 0, name);
    size_t row_n = b->key.n;
    for (unsigned i = 0; i < n; i++) {
        build_str(b, &b->key, fields[i].name, FBC_LIMIT_NAME);
        fn_buf_u16(&b->key, fields[i].type);
    }
    return add_type(b, row_n, n);
}

uint16_t fbc_build_enum(struct fbc_build *b, struct fn_str name, const struct fn_str *members, unsigned n)
{
    put_type_row(b, FBC_T_ENUM, FBC_NO_TYPE, n, 0, name);
    size_t row_n = b->key.n;
    for (unsigned i = 0; i < n; i++) {
        build_str(b, &b->key, members[i], FBC_LIMIT_NAME);
        fn_buf_u16(&b->key, FBC_NO_TYPE);
    }
    return add_type(b, row_n, n);
}

static uint16_t add_const(struct fbc_build *b, size_t row_n)
{
    bool fresh = false;
    uint16_t index = intern_key(b, &b->consts, FBC_S_CONSTS, &fresh);
    if (fresh) {
        fn_buf_put(&b->rows[FBC_S_CONSTS], b->key.p, row_n);
    }
    return index;
}

static void start_const(struct fbc_build *b, uint16_t type)
{
    fn_buf_clear(&b->key);
    fn_buf_u16(&b->key, type);
}

uint16_t fbc_build_const_int(struct fbc_build *b, uint16_t type, int64_t v)
{
    start_const(b, type);
    fn_buf_u64(&b->key, (uint64_t)v);
    return add_const(b, b->key.n);
}

uint16_t fbc_build_const_num(struct fbc_build *b, uint16_t type, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    start_const(b, type);
    fn_buf_u64(&b->key, v != v ? FBC_CANONICAL_NAN : bits);
    return add_const(b, b->key.n);
}

uint16_t fbc_build_const_text(struct fbc_build *b, uint16_t type, struct fn_str v)
{
    start_const(b, type);
    build_str(b, &b->key, v, FBC_LIMIT_TEXT);
    return add_const(b, b->key.n);
}

uint16_t fbc_build_const_list(struct fbc_build *b, uint16_t type, const uint16_t *text_consts, unsigned n)
{
    start_const(b, type);
    fn_buf_u32(&b->key, n);
    size_t row_n = b->key.n;
    for (unsigned i = 0; i < n; i++) {
        fn_buf_u32(&b->key, text_consts[i]);
    }
    uint32_t before = b->n[FBC_S_CONSTS];
    uint16_t index = add_const(b, row_n);
    if (b->n[FBC_S_CONSTS] == before) {
        return index;
    }
    fn_buf_put(&b->rows[FBC_S_ITEMS], b->key.p + row_n, b->key.n - row_n);
    for (unsigned i = 0; i < n && b->err.code == FN_OK; i++) {
        build_row(b, FBC_S_ITEMS);
    }
    return index;
}
