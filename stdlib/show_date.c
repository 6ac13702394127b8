/* show_date.c: dates, times and durations as people write them in pt-BR and en.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsl_date.h"
#include "fsl_show.h"

void fsl_show_date(struct fn_buf *out, int64_t date, struct fn_str loc)
{
    struct fsl_ymd d = fsl_date_split(date);
    if (fsl_is_en(loc)) {
        fn_buf_printf(out, "%02d/%02d/%04d", d.month, d.day, d.year);
    } else {
        fn_buf_printf(out, "%02d/%02d/%04d", d.day, d.month, d.year);
    }
}

void fsl_show_time(struct fn_buf *out, int64_t time, struct fn_str loc)
{
    int h = (int)(time / 3600000), m = (int)(time / 60000 % 60);
    if (fsl_is_en(loc)) {
        fn_buf_printf(out, "%d:%02d %s", h % 12 == 0 ? 12 : h % 12, m, h < 12 ? "am" : "pm");
    } else {
        fn_buf_printf(out, "%02d:%02d", h, m);
    }
}

void fsl_show_datetime(struct fn_buf *out, int64_t utc, struct fn_str tz, struct fn_str loc)
{
    int64_t local = fsl_local_of(utc, tz), date = fsl_floor_div(local, FSL_DAY_MS);
    fsl_show_date(out, date, loc);
    fn_buf_char(out, ' ');
    fsl_show_time(out, local - date * FSL_DAY_MS, loc);
}

struct unit {
    int64_t ms;
    const char *one, *many, *one_en, *many_en;
};
static const struct unit units[] = {
    {FSL_DAY_MS, "dia", "dias", "day", "days"},
    {3600000, "hora", "horas", "hour", "hours"},
    {60000, "minuto", "minutos", "minute", "minutes"},
    {1000, "segundo", "segundos", "second", "seconds"},
};

/* The two largest units that are not zero: "2 dias e 3 horas". */
void fsl_show_duration(struct fn_buf *out, int64_t ms, struct fn_str loc)
{
    bool en = fsl_is_en(loc);
    uint64_t left = ms < 0 ? 0u - (uint64_t)ms : (uint64_t)ms;
    int parts = 0;
    if (ms < 0) {
        fn_buf_char(out, '-');
    }
    for (size_t i = 0; i < FN_COUNT(units) && parts < 2; i++) {
        uint64_t unit = (uint64_t)units[i].ms, n = left / unit;
        bool last = i + 1 == FN_COUNT(units);
        if (n == 0 && !(last && parts == 0)) {
            continue;
        }
        left -= n * unit;
        fn_buf_printf(out, "%s%llu %s",
                      parts == 0 ? ""
                      : en       ? " and "
                                 : " e ",
                      (unsigned long long)n,
                      n == 1 ? (en ? units[i].one_en : units[i].one) : (en ? units[i].many_en : units[i].many));
        parts++;
    }
}

static void put_hour(struct fn_buf *out, int64_t time, bool en)
{
    int h = (int)(time / 3600000), m = (int)(time / 60000 % 60);
    if (en) {
        fn_buf_z(out, " at ");
        fsl_show_time(out, time, FN_STR("en"));
        return;
    }
    fn_buf_printf(out, h == 1 ? " \xc3\xa0 %dh" : " \xc3\xa0s %dh", h);
    if (m != 0) {
        fn_buf_printf(out, "%02d", m);
    }
}

static void put_day(struct fn_buf *out, int64_t date, int64_t today, bool en)
{
    static const char *const names[] = {"na segunda",
                                        "na ter\xc3\xa7"
                                        "a",
                                        "na quarta",
                                        "na quinta",
                                        "na sexta",
                                        "no s\xc3\xa1"
                                        "bado",
                                        "no domingo"};
    static const char *const names_en[] = {"on Monday", "on Tuesday",  "on Wednesday", "on Thursday",
                                           "on Friday", "on Saturday", "on Sunday"};
    int64_t ahead = date - today;
    struct fsl_ymd d = fsl_date_split(date);
    if (ahead == 0) {
        fn_buf_z(out, en ? "today" : "hoje");
    } else if (ahead == 1) {
        fn_buf_z(out, en ? "tomorrow" : "amanh\xc3\xa3");
    } else if (ahead > 1 && ahead < 7) {
        fn_buf_z(out, (en ? names_en : names)[fsl_weekday(date)]);
    } else {
        fn_buf_printf(out, en ? "on %02d/%02d" : "em %02d/%02d", en ? d.month : d.day, en ? d.day : d.month);
    }
}

void fsl_show_when(struct fn_buf *out, int64_t utc, int64_t now, struct fn_str tz, struct fn_str loc)
{
    bool en = fsl_is_en(loc);
    int64_t local = fsl_local_of(utc, tz), date = fsl_floor_div(local, FSL_DAY_MS);
    put_day(out, date, fsl_floor_div(fsl_local_of(now, tz), FSL_DAY_MS), en);
    put_hour(out, local - date * FSL_DAY_MS, en);
}
