/* cli_table.c: see cli_table.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli_table.h"

#include "fn_json.h"

#include <stdlib.h>

enum { ROWS_MAX = 10000, ROWS_READ = 200, MEMORY_MAX = 64 << 20, CALL_MEMORY = 16 << 20 };

struct table_row {
    struct fn_str table, key, row; /* in the arena */
    bool deleted;
};
struct cli_table {
    struct fn_arena arena;
    struct table_row *rows;
    unsigned n;
};

struct cli_table *cli_table_new(void)
{
    struct cli_table *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return NULL;
    }
    t->rows = calloc(ROWS_MAX, sizeof *t->rows);
    fn_arena_init(&t->arena, MEMORY_MAX);
    if (t->rows == NULL) {
        free(t);
        return NULL;
    }
    return t;
}

void cli_table_free(struct cli_table *t)
{
    if (t == NULL) {
        return;
    }
    fn_arena_fini(&t->arena);
    free(t->rows);
    free(t);
}

static struct table_row *row_of(const struct cli_table *t, struct fn_str table, struct fn_str key)
{
    for (unsigned i = 0; i < t->n; i++) {
        if (fn_str_eq(t->rows[i].table, table) && fn_str_eq(t->rows[i].key, key)) {
            return &t->rows[i];
        }
    }
    return NULL;
}

void cli_table_put(struct cli_table *t, struct fn_str table, struct fn_str key, struct fn_str row)
{
    struct table_row *r = row_of(t, table, key);
    if (r == NULL && t->n < ROWS_MAX) {
        r = &t->rows[t->n++];
        r->table = fn_arena_dup(&t->arena, table);
        r->key = fn_arena_dup(&t->arena, key);
    }
    if (r != NULL) {
        r->row = fn_arena_dup(&t->arena, row);
        r->deleted = false;
    }
}

struct fn_str cli_table_get(const struct cli_table *t, struct fn_str table, struct fn_str key)
{
    const struct table_row *r = row_of(t, table, key);
    return r != NULL && !r->deleted ? r->row : FN_STR_NULL;
}

void cli_table_effect(struct cli_table *t, enum fbc_host host, struct fn_str json)
{
    struct fn_arena arena;
    const struct fn_json *v = NULL;
    fn_arena_init(&arena, CALL_MEMORY);
    if (fn_json_parse(&arena, json, 0, &v, NULL) == FN_OK) {
        struct fn_str table = fn_json_str(fn_json_get(v, "table")), key = fn_json_str(fn_json_get(v, "key"));
        if (host == FBC_HOST_save) {
            cli_table_put(t, table, key, fn_json_str(fn_json_get(v, "row")));
        } else {
            struct table_row *r = row_of(t, table, key);
            if (r != NULL) {
                r->deleted = true;
            }
        }
    }
    fn_arena_fini(&arena);
}

/* -- queries --------------------------------------------------------------------------------------------------------------------- */

struct sorted {
    const struct fn_json *value; /* what the order goes by */
    struct fn_str row;
};

static int compare(const struct fn_json *a, const struct fn_json *b)
{
    double x, y;
    if (fn_json_num(a, &x) && fn_json_num(b, &y)) {
        return (x > y) - (x < y);
    }
    return fn_str_cmp(fn_json_str(a), fn_json_str(b));
}

/* Insertion sort: stable, and a test has few rows. */
static void sort(struct sorted *rows, unsigned n, bool descending)
{
    for (unsigned i = 1; i < n; i++) {
        struct sorted row = rows[i];
        unsigned k = i;
        for (; k > 0; k--) {
            int order = compare(rows[k - 1].value, row.value);
            if (descending ? order >= 0 : order <= 0) {
                break;
            }
            rows[k] = rows[k - 1];
        }
        rows[k] = row;
    }
}

static void query(const struct cli_table *t, struct fn_arena *arena, const struct fn_json *call, struct fn_buf *out)
{
    struct fn_str table = fn_json_str(fn_json_get(call, "table")), order = fn_json_str(fn_json_get(call, "order"));
    bool descending = order.n > 0 && order.p[0] == '-';
    struct fn_str field = fn_arena_dup(arena, descending ? (struct fn_str){order.p + 1, order.n - 1} : order);
    struct sorted *rows = fn_arena_array(arena, t->n + 1u, sizeof *rows);
    unsigned n = 0;
    for (unsigned i = 0; rows != NULL && i < t->n; i++) {
        const struct fn_json *v = NULL;
        if (t->rows[i].deleted || !fn_str_eq(t->rows[i].table, table) ||
            fn_json_parse(arena, t->rows[i].row, 0, &v, NULL) != FN_OK) {
            continue;
        }
        rows[n++] = (struct sorted){field.n > 0 ? fn_json_get(v, field.p) : NULL, t->rows[i].row};
    }
    if (field.n > 0) {
        sort(rows, n, descending);
    }
    fn_buf_char(out, '[');
    for (unsigned i = 0; i < n && i < ROWS_READ; i++) { /* what the engine gives; more is no list of the program's */
        fn_json_comma(out);
        fn_buf_str(out, rows[i].row);
    }
    fn_buf_char(out, ']');
}

bool cli_table_call(const struct cli_table *t, enum fbc_host host, struct fn_str json, struct fn_buf *out)
{
    struct fn_arena arena;
    const struct fn_json *v = NULL;
    bool found = false;
    fn_arena_init(&arena, CALL_MEMORY);
    if (fn_json_parse(&arena, json, 0, &v, NULL) == FN_OK && host == FBC_HOST_query) {
        query(t, &arena, v, out);
        found = true;
    } else if (v != NULL) {
        struct fn_str row = cli_table_get(t, fn_json_str(fn_json_get(v, "table")), fn_json_str(fn_json_get(v, "key")));
        fn_buf_str(out, row);
        found = row.n > 0;
    }
    fn_arena_fini(&arena);
    return found;
}
