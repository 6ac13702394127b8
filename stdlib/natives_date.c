/* natives_date.c: dates, hours and the documents of Brazil behind slots.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_json.h"
#include "fsl_br.h"
#include "fsl_date.h"
#include "fsl_qr.h"
#include "natives.h"

enum { SHORT_MAX = 256 };

/* A program's ints are hostile: what lies outside years 1 to 9999 is clipped to them before any arithmetic on it. */
static int64_t clip(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}
#define DATE_LOW        (-719162)
#define DATE_HIGH       2932896
#define ARG_DATE(k)     clip(args[k].i, DATE_LOW, DATE_HIGH)
#define ARG_TIME(k)     clip(args[k].i, 0, FSL_DAY_MS - 1)
#define ARG_DATETIME(k) clip(args[k].i, (int64_t)DATE_LOW *FSL_DAY_MS, (int64_t)DATE_HIGH *FSL_DAY_MS)

static enum fbc_trap give_some_int(struct fvm_run *run, bool present, int64_t v, union fvm_slot *out)
{
    out->ref = 0;
    return present ? fvm_make_some_int(run, v, &out->ref) : FBC_TRAP_NONE;
}

FSL_NATIVE(show_date)
{
    struct fn_buf b;
    fn_buf_init(&b, SHORT_MAX);
    fsl_show_date(&b, ARG_DATE(0), FSL_ARG_TEXT(1));
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(show_time)
{
    struct fn_buf b;
    fn_buf_init(&b, SHORT_MAX);
    fsl_show_time(&b, ARG_TIME(0), FSL_ARG_TEXT(1));
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(show_datetime)
{
    struct fn_buf b;
    fn_buf_init(&b, SHORT_MAX);
    fsl_show_datetime(&b, ARG_DATETIME(0), FSL_ARG_TEXT(1), FSL_ARG_TEXT(2));
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(show_duration)
{
    struct fn_buf b;
    fn_buf_init(&b, SHORT_MAX);
    fsl_show_duration(&b, args[0].i, FSL_ARG_TEXT(1));
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(show_when)
{
    struct fn_buf b;
    fn_buf_init(&b, SHORT_MAX);
    fsl_show_when(&b, ARG_DATETIME(0), ARG_DATETIME(1), FSL_ARG_TEXT(2), FSL_ARG_TEXT(3));
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(read_date)
{
    int64_t v = 0;
    bool ok = fsl_read_date(FSL_ARG_TEXT(0), ARG_DATETIME(1), FSL_ARG_TEXT(2), FSL_ARG_TEXT(3), &v);
    return give_some_int(run, ok, v, out);
}

FSL_NATIVE(read_time)
{
    int64_t v = 0;
    bool ok = fsl_read_time(FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), &v);
    return give_some_int(run, ok, v, out);
}

FSL_NATIVE(read_datetime)
{
    int64_t v = 0;
    bool ok = fsl_read_datetime(FSL_ARG_TEXT(0), ARG_DATETIME(1), FSL_ARG_TEXT(2), FSL_ARG_TEXT(3), &v);
    return give_some_int(run, ok, v, out);
}

FSL_NATIVE(read_duration)
{
    int64_t v = 0;
    bool ok = fsl_read_duration(FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), &v);
    return give_some_int(run, ok, v, out);
}

FSL_NATIVE(date_of)
{
    int64_t v = 0;
    bool ok = fsl_date_of(args[0].i, args[1].i, args[2].i, &v);
    return give_some_int(run, ok, v, out);
}

FSL_NATIVE(date_part)
{
    struct fsl_ymd d = fsl_date_split(ARG_DATE(0));
    int64_t first = 0;
    (void)run;
    switch (args[1].i) {
    case 0: out->i = d.year; break;
    case 1: out->i = d.month; break;
    case 2: out->i = d.day; break;
    case 3: out->i = fsl_weekday(ARG_DATE(0)); break;
    case 4: out->i = fsl_date_of(d.year, 1, 1, &first) ? ARG_DATE(0) - first + 1 : 0; break;
    default: return FBC_TRAP_BOUNDS;
    }
    return FBC_TRAP_NONE;
}

FSL_NATIVE(date_add_months)
{
    (void)run;
    out->i = fsl_date_add_months(ARG_DATE(0), args[1].i);
    return FBC_TRAP_NONE;
}

FSL_NATIVE(datetime_of)
{
    out->i = fsl_utc_of(ARG_DATE(0), ARG_TIME(1), FSL_ARG_TEXT(2));
    return FBC_TRAP_NONE;
}

FSL_NATIVE(datetime_date)
{
    out->i = fsl_floor_div(fsl_local_of(ARG_DATETIME(0), FSL_ARG_TEXT(1)), FSL_DAY_MS);
    return FBC_TRAP_NONE;
}

FSL_NATIVE(datetime_time)
{
    int64_t local = fsl_local_of(ARG_DATETIME(0), FSL_ARG_TEXT(1));
    out->i = local - fsl_floor_div(local, FSL_DAY_MS) * FSL_DAY_MS;
    return FBC_TRAP_NONE;
}

FSL_NATIVE(date_parse)
{
    int64_t v = 0;
    bool ok = fsl_date_parse(FSL_ARG_TEXT(0), &v);
    return give_some_int(run, ok, v, out);
}

FSL_NATIVE(datetime_parse)
{
    int64_t v = 0;
    bool ok = fsl_datetime_parse(FSL_ARG_TEXT(0), FSL_ARG_TEXT(1), &v);
    return give_some_int(run, ok, v, out);
}

FSL_NATIVE(date_iso)
{
    struct fn_buf b;
    fn_buf_init(&b, SHORT_MAX);
    fsl_date_iso(&b, ARG_DATE(0));
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(datetime_iso)
{
    struct fn_buf b;
    fn_buf_init(&b, SHORT_MAX);
    fsl_datetime_iso(&b, ARG_DATETIME(0));
    return fsl_give_text(run, &b, out);
}

FSL_NATIVE(easter)
{
    (void)run;
    if (args[0].i < 1583 || args[0].i > 4099) {
        return FBC_TRAP_BOUNDS;
    }
    out->i = fsl_easter(args[0].i);
    return FBC_TRAP_NONE;
}

/* The texts are borrowed from the run and stay valid: nothing is allocated while the hours are computed. */
struct hours_args {
    struct fsl_hours hours;
    struct fn_str closed[FSL_OPTIONS_MAX];
};

static enum fbc_trap take_hours(struct fvm_run *run, const union fvm_slot *args, struct hours_args *h)
{
    uint32_t n = fvm_list_count(run, args[4].ref);
    if (n > FSL_OPTIONS_MAX) {
        return FBC_TRAP_SIZE;
    }
    for (uint32_t i = 0; i < n; i++) {
        h->closed[i] = fvm_text(run, fvm_list_at(run, args[4].ref, i).ref);
    }
    h->hours = (struct fsl_hours){FSL_ARG_TEXT(1), FSL_ARG_TEXT(2), FSL_ARG_TEXT(3), h->closed, n};
    return fvm_charge(run, h->hours.rules.n * 4 + n);
}

FSL_NATIVE(hours_open)
{
    struct hours_args h;
    enum fbc_trap trap = take_hours(run, args, &h);
    out->i = trap == FBC_TRAP_NONE && fsl_hours_open(&h.hours, ARG_DATETIME(0));
    return trap;
}

FSL_NATIVE(hours_opens)
{
    struct hours_args h;
    enum fbc_trap trap = take_hours(run, args, &h);
    out->i = trap == FBC_TRAP_NONE ? fsl_hours_opens(&h.hours, ARG_DATETIME(0)) : 0;
    return trap;
}

FSL_NATIVE(hours_closes)
{
    struct hours_args h;
    enum fbc_trap trap = take_hours(run, args, &h);
    out->i = trap == FBC_TRAP_NONE ? fsl_hours_closes(&h.hours, ARG_DATETIME(0)) : 0;
    return trap;
}

FSL_NATIVE(crc16)
{
    struct fn_str s = FSL_ARG_TEXT(0);
    out->i = fsl_crc16(s);
    return fvm_charge(run, s.n);
}

FSL_NATIVE(br_holiday)
{
    const char *name = fsl_br_holiday(ARG_DATE(0));
    out->ref = 0;
    return name != NULL ? fvm_make_some_text(run, fn_str_c(name), &out->ref) : FBC_TRAP_NONE;
}

static enum fbc_trap give_document(struct fvm_run *run, bool (*check)(struct fn_str, struct fn_buf *), struct fn_str s,
                                   union fvm_slot *out)
{
    struct fn_buf b;
    fn_buf_init(&b, SHORT_MAX);
    bool ok = check(s, &b);
    return fsl_give_some_text(run, ok, &b, out);
}

FSL_NATIVE(cpf_valid)
{
    return give_document(run, fsl_cpf, FSL_ARG_TEXT(0), out);
}

FSL_NATIVE(cnpj_valid)
{
    return give_document(run, fsl_cnpj, FSL_ARG_TEXT(0), out);
}

FSL_NATIVE(cep_valid)
{
    return give_document(run, fsl_cep, FSL_ARG_TEXT(0), out);
}

/* The media part of an input is JSON {"kind":"image",...}; it is the answer when the kind is the one asked for. */
FSL_NATIVE(read_media)
{
    struct fn_arena arena;
    const struct fn_json *media = NULL;
    struct fn_buf b;
    struct fn_str s = FSL_ARG_TEXT(0), wanted = FSL_ARG_TEXT(1);
    fn_arena_init(&arena, (size_t)1 << 20);
    fn_buf_init(&b, FSL_TEXT_MAX);
    bool ok = s.n > 0 && fn_json_parse(&arena, s, FN_JSON_REPAIR, &media, NULL) == FN_OK &&
              fn_str_eq(fn_json_str(fn_json_get(media, "kind")), wanted);
    if (ok) {
        fn_buf_str(&b, s);
    }
    fn_arena_fini(&arena);
    return fsl_give_some_text(run, ok, &b, out);
}

FSL_NATIVE(qr_text)
{
    struct fsl_qr qr;
    struct fn_buf b;
    fn_buf_init(&b, FSL_TEXT_MAX);
    bool ok = fsl_qr_make(FSL_ARG_TEXT(0), &qr);
    if (ok) {
        fsl_qr_png_url(&b, &qr);
    }
    return fsl_give_some_text(run, ok && !b.failed, &b, out);
}
