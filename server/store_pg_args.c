/* store_pg_args.c: statement parameters in PostgreSQL's binary form. An array is: dimensions, a flag, the element type, then length and
 * first index of the dimension, then each element with its length. Integers travel big-endian.
 * SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* htobe64 */
#include "store_pg_conn.h"

#include <endian.h>
#include <stdlib.h>

enum { OID_BYTEA = 17, OID_INT8 = 20, HEAD = 20, EMPTY_HEAD = 12, COUNT_AT = 12, COLUMN_MAX = 64 << 20 };

static const char *const kinds_of[PG_SQLS] = {
#define PG_SQL(name, kinds) kinds,
#include "store_pg_sql.def"
#undef PG_SQL
};

static void put_be32(char *p, uint32_t v)
{
    v = htobe32(v);
    memcpy(p, &v, sizeof v);
}

static void put_be64(char *p, uint64_t v)
{
    v = htobe64(v);
    memcpy(p, &v, sizeof v);
}

static uint32_t get_be32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return be32toh(v);
}

/* A turn has a hundred and fifty values: most of them find room. The NUL behind the last one is not needed here. */
static char *room(struct fn_buf *col, size_t n)
{
    if (n >= col->cap - col->n) {
        return fn_buf_reserve(col, n);
    }
    char *at = col->p + col->n;
    col->n += n;
    return at;
}

static bool is_array(char kind)
{
    return kind == 'i' || kind == 'b';
}

static void begin_column(struct pg_args *a, char kind)
{
    struct fn_buf *col = &a->cols[a->n_cols];
    a->kind[a->n_cols++] = kind;
    fn_buf_init(col, COLUMN_MAX);
    if (is_array(kind)) {
        char *head = fn_buf_reserve(col, HEAD);
        if (head != NULL) {
            put_be32(head, 1);
            put_be32(head + 4, 0);
            put_be32(head + 8, kind == 'i' ? OID_INT8 : OID_BYTEA);
            put_be32(head + COUNT_AT, 0);
            put_be32(head + 16, 1);
        }
    }
}

struct pg_args *pg_seg_add(struct pg_seg *seg, enum pg_sql sql)
{
    static struct pg_args dummy; /* swallows what is written when there is no memory: its buffers hold nothing */
    struct pg_args *a = calloc(1, sizeof *a);
    if (a == NULL) {
        seg->failed = true;
        return &dummy;
    }
    a->sql = sql;
    a->kinds = kinds_of[sql];
    unsigned group = 0;
    for (const char *k = a->kinds; *k != '\0'; k++) {
        if (*k == '|') {
            a->first[++group] = a->n_cols;
        } else {
            begin_column(a, *k);
        }
    }
    if (seg->first == NULL) {
        seg->first = a;
    } else {
        seg->last->next = a;
    }
    seg->last = a;
    seg->n++;
    return a;
}

static void args_free(struct pg_args *a)
{
    for (unsigned i = 0; i < a->n_cols; i++) {
        fn_buf_fini(&a->cols[i]);
    }
    free(a);
}

void pg_seg_fini(struct pg_seg *seg)
{
    while (seg->first != NULL) {
        struct pg_args *a = seg->first;
        seg->first = a->next;
        args_free(a);
    }
    *seg = (struct pg_seg){0};
}

void pg_row(struct pg_args *a, unsigned group)
{
    a->at = a->first[group];
}

/* Room for a value of n bytes; counts it in an array. */
static char *value(struct pg_args *a, size_t n)
{
    if (a->n_cols == 0) {
        return NULL;
    }
    struct fn_buf *col = &a->cols[a->at];
    bool array = is_array(a->kind[a->at++]);
    char *p = room(col, n + (array ? 4 : 0));
    if (p == NULL || !array) {
        return p;
    }
    put_be32(p, (uint32_t)n);
    put_be32(col->p + COUNT_AT, get_be32(col->p + COUNT_AT) + 1);
    return p + 4;
}

void pg_put(struct pg_args *a, int64_t v)
{
    char *p = value(a, 8);
    if (p != NULL) {
        put_be64(p, (uint64_t)v);
    }
}

void pg_put_str(struct pg_args *a, struct fn_str s)
{
    char *p = s.n <= COLUMN_MAX ? value(a, s.n) : NULL;
    if (p != NULL && s.n != 0) {
        memcpy(p, s.p, s.n);
    } else if (p == NULL && a->n_cols != 0) {
        a->cols[0].failed = true;
    }
}

bool pg_seg_seal(struct pg_seg *seg)
{
    bool good = !seg->failed;
    for (struct pg_args *a = seg->first; a != NULL; a = a->next) {
        for (unsigned i = 0; i < a->n_cols; i++) {
            struct fn_buf *col = &a->cols[i];
            good = good && !col->failed;
            if (is_array(a->kind[i]) && col->p != NULL && get_be32(col->p + COUNT_AT) == 0) {
                put_be32(col->p, 0); /* no dimension: that is how an empty array looks */
                col->n = EMPTY_HEAD;
            }
        }
    }
    return good;
}
