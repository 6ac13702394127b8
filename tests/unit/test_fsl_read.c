/* test_fsl_read.c: the table read_table.tsv, row by row. A row that fails prints itself.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsl_read.h"

#include <stdio.h>
#include <stdlib.h>

#include "fn_json.h"
#include "fsl_br.h"
#include "fsl_date.h"
#include "fsl_show.h"
#include "unit.h"

static const int64_t now = 1772456400000; /* 2026-03-02T13:00:00Z */
static const struct fn_str tz = {"America/Sao_Paulo", 17};

static void put_clock(struct fn_buf *out, int64_t ms)
{
    fn_buf_printf(out, "%02d:%02d", (int)(ms / 3600000), (int)(ms / 60000 % 60));
}

static bool read_scalar(const char *type, struct fn_str text, struct fn_str loc, struct fn_buf *out)
{
    int64_t v = 0;
    double d = 0;
    bool b = false, ok;
    if (strcmp(type, "int") == 0) {
        ok = fsl_read_int(text, loc, &v);
    } else if (strcmp(type, "money") == 0) {
        ok = fsl_read_money(text, fsl_is_en(loc) ? FN_STR("USD") : FN_STR("BRL"), loc, &v);
    } else if (strcmp(type, "duration") == 0) {
        ok = fsl_read_duration(text, loc, &v);
    } else if (strcmp(type, "number") == 0) {
        ok = fsl_read_number(text, loc, &d);
        fn_json_put_num(out, d);
        return ok;
    } else {
        ok = fsl_read_bool(text, loc, &b);
        v = b;
    }
    fn_buf_printf(out, "%lld", (long long)v);
    return ok;
}

static bool read_moment(const char *type, struct fn_str text, struct fn_str loc, struct fn_buf *out)
{
    int64_t v = 0;
    bool ok;
    if (strcmp(type, "date") == 0) {
        ok = fsl_read_date(text, now, tz, loc, &v);
        fsl_date_iso(out, v);
    } else if (strcmp(type, "time") == 0) {
        ok = fsl_read_time(text, loc, &v);
        put_clock(out, v);
    } else {
        ok = fsl_read_datetime(text, now, tz, loc, &v);
        int64_t local = fsl_local_of(v, tz), date = fsl_floor_div(local, FSL_DAY_MS);
        fsl_date_iso(out, date);
        fn_buf_char(out, ' ');
        put_clock(out, local - date * FSL_DAY_MS);
    }
    return ok;
}

static bool read_option(struct fn_str text, struct fn_buf *out)
{
    static const struct fn_str ids[] = {{"a", 1}, {"b", 1}, {"c", 1}};
    static const struct fn_str labels[] = {
        {"Ver pre\xc3\xa7os", 11}, {"Falar com algu\xc3\xa9m", 17}, {"Rastrear pedido", 15}};
    fn_buf_printf(out, "%d", fsl_read_option(FN_STR_NULL, text, ids, labels, 3));
    return true;
}

static bool read_row(const char *type, struct fn_str text, struct fn_str loc, struct fn_buf *out)
{
    static const struct {
        const char *type;
        bool (*read)(struct fn_str, struct fn_buf *);
    } texts[] = {{"email", fsl_read_email}, {"url", fsl_read_url}, {"cpf", fsl_cpf},
                 {"cnpj", fsl_cnpj},        {"cep", fsl_cep},      {"option", read_option}};
    for (size_t i = 0; i < FN_COUNT(texts); i++) {
        if (strcmp(type, texts[i].type) == 0) {
            return texts[i].read(text, out);
        }
    }
    if (strcmp(type, "phone") == 0) {
        return fsl_read_phone(text, loc, out);
    }
    if (strcmp(type, "text") == 0) {
        return fsl_read_text(text, 40, out);
    }
    bool moment = strcmp(type, "date") == 0 || strcmp(type, "time") == 0 || strcmp(type, "datetime") == 0;
    return moment ? read_moment(type, text, loc, out) : read_scalar(type, text, loc, out);
}

/* Cuts the line at tabs, in place. */
static bool split_row(char *line, char *fields[4])
{
    line[strcspn(line, "\n")] = '\0';
    for (int i = 0; i < 4; i++) {
        fields[i] = line;
        char *tab = strchr(line, '\t');
        if ((tab == NULL) != (i == 3)) {
            return false;
        }
        if (tab != NULL) {
            *tab = '\0';
            line = tab + 1;
        }
    }
    return true;
}

static bool check_row(char *const fields[4])
{
    struct fn_buf got;
    fn_buf_init(&got, 4096);
    bool ok = read_row(fields[0], fn_str_c(fields[2]), fn_str_c(fields[1]), &got);
    struct fn_str result = ok ? fn_buf_view(&got) : FN_STR("-");
    bool good = fn_str_eq(result, fn_str_c(fields[3]));
    if (!good) {
        printf("  %s \"%s\": got %.*s, want %s\n", fields[0], fields[2], FN_STR_ARG(result), fields[3]);
    }
    fn_buf_fini(&got);
    return good;
}

static void test_table(void)
{
    char line[1024], *fields[4];
    size_t rows = 0, wrong = 0;
    FILE *f = fopen(UNIT_ROOT "/tests/unit/read_table.tsv", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (line[0] == '#') {
            continue;
        }
        bool whole = split_row(line, fields);
        CU_ASSERT(whole);
        rows++;
        wrong += !whole || !check_row(fields);
    }
    fclose(f);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(rows >= 1000);
}

/* Hostile text never crashes a reader, whatever its type. */
static void test_any_bytes(void)
{
    static const char *const types[] = {"int",    "number", "money", "bool", "text", "email", "url",      "phone",
                                        "option", "cpf",    "cnpj",  "cep",  "date", "time",  "datetime", "duration"};
    static const char alphabet[] = "0123456789.,-/:h aeid\xc3\xa7\xff\x00@+R$";
    char text[48];
    uint64_t x = 88172645463325252u;
    struct fn_buf out;
    fn_buf_init(&out, 4096);
    for (int round = 0; round < 20000; round++) {
        size_t n = 0;
        for (; n < sizeof text && (x % 29 != 0 || n == 0); n++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            text[n] = alphabet[x % (sizeof alphabet - 1)];
        }
        fn_buf_clear(&out);
        (void)read_row(types[round % (int)FN_COUNT(types)], (struct fn_str){text, n}, FN_STR("pt-BR"), &out);
        x += 1;
    }
    fn_buf_fini(&out);
}

UNIT_SUITE("fsl_read", {"the table of inputs", test_table}, {"any bytes", test_any_bytes})
