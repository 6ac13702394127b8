/* date.c: the calendar, zones and ISO forms. Day arithmetic after Howard Hinnant's "chrono-compatible low-level date algorithms".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsl_date.h"

#include <stdio.h>

static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = fsl_floor_div(y, 400);
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct fsl_ymd fsl_date_split(int64_t date)
{
    int64_t z = date + 719468, era = fsl_floor_div(z, 146097), doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    return (struct fsl_ymd){(int)(yoe + era * 400 + (month <= 2)), month, (int)(doy - (153 * mp + 2) / 5 + 1)};
}

static int month_days(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

bool fsl_date_of(int64_t year, int64_t month, int64_t day, int64_t *out)
{
    if (year < FSL_YEAR_MIN || year > FSL_YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month)) {
        return false;
    }
    *out = days_from_civil(year, month, day);
    return true;
}

int fsl_weekday(int64_t date)
{
    int64_t w = (date + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(w < 0 ? w + 7 : w);
}

int64_t fsl_date_add_months(int64_t date, int64_t months)
{
    struct fsl_ymd d = fsl_date_split(date);
    if (months < -120000 || months > 120000) {
        return date;
    }
    int64_t index = (int64_t)d.year * 12 + d.month - 1 + months;
    int64_t year = fsl_floor_div(index, 12), month = index - year * 12 + 1;
    int last = month_days(year, month);
    return days_from_civil(year, month, d.day < last ? d.day : last);
}

/* The anonymous Gregorian algorithm (Meeus, Jones, Butcher). */
int64_t fsl_easter(int64_t y)
{
    int64_t a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
    int64_t h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
    int64_t m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;
    return days_from_civil(y, n / 31, n % 31 + 1);
}

enum zone_rule { FIXED, EUROPE, UNITED_STATES };
struct zone {
    const char *name;
    int minutes;
    enum zone_rule rule;
};
static const struct zone zones[] = {
#define FN_ZONE(name, minutes, rule) {name, minutes, rule},
#include "zones.def"
#undef FN_ZONE
};

static const struct zone *find_zone(struct fn_str tz)
{
    for (size_t i = 0; i < FN_COUNT(zones); i++) {
        if (fn_str_eq(tz, fn_str_c(zones[i].name))) {
            return &zones[i];
        }
    }
    return NULL;
}

bool fsl_zone_known(struct fn_str tz)
{
    return find_zone(tz) != NULL;
}

/* Date of the n-th Sunday of a month, n = 0 for the last. */
static int64_t nth_sunday(int year, int month, int n)
{
    int64_t first = days_from_civil(year, month, 1);
    int64_t sunday = first + (6 - fsl_weekday(first));
    if (n > 0) {
        return sunday + 7 * (n - 1);
    }
    int64_t last = first + month_days(year, month) - 1;
    return last - (fsl_weekday(last) + 1) % 7;
}

/* Directive 2000/84/EC: last Sundays of March and October at 01:00 UTC. Energy Policy Act of 2005: second Sunday of March and first of
 * November at 02:00 local. */
static bool summer(const struct zone *z, int64_t utc)
{
    int year = fsl_date_split(fsl_floor_div(utc, FSL_DAY_MS)).year;
    int64_t hour = 3600000, standard = (int64_t)z->minutes * 60000;
    if (z->rule == EUROPE) {
        return utc >= nth_sunday(year, 3, 0) * FSL_DAY_MS + hour && utc < nth_sunday(year, 10, 0) * FSL_DAY_MS + hour;
    }
    return utc >= nth_sunday(year, 3, 2) * FSL_DAY_MS + 2 * hour - standard &&
           utc < nth_sunday(year, 11, 1) * FSL_DAY_MS + hour - standard;
}

int64_t fsl_zone_offset(struct fn_str tz, int64_t utc)
{
    const struct zone *z = find_zone(tz);
    if (z == NULL) {
        return 0;
    }
    return (int64_t)z->minutes * 60000 + (z->rule != FIXED && summer(z, utc) ? 3600000 : 0);
}

int64_t fsl_local_of(int64_t utc, struct fn_str tz)
{
    return utc + fsl_zone_offset(tz, utc);
}

/* A local time that does not exist (spring) or exists twice (autumn) takes the offset in force just before. */
int64_t fsl_utc_of(int64_t date, int64_t time, struct fn_str tz)
{
    int64_t local = date * FSL_DAY_MS + time;
    int64_t guess = local - fsl_zone_offset(tz, local);
    return local - fsl_zone_offset(tz, guess);
}

/* n digits at s.p[at]; -1 when they are not digits. */
static int64_t digits_at(struct fn_str s, size_t at, size_t n)
{
    int64_t v = 0;
    if (at + n > s.n) {
        return -1;
    }
    for (size_t i = at; i < at + n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return -1;
        }
        v = v * 10 + (s.p[i] - '0');
    }
    return v;
}

bool fsl_date_parse(struct fn_str s, int64_t *out)
{
    return s.n == 10 && s.p[4] == '-' && s.p[7] == '-' &&
           fsl_date_of(digits_at(s, 0, 4), digits_at(s, 5, 2), digits_at(s, 8, 2), out);
}

/* "Z", "+03:00", "-0300" or nothing (tz decides). ms to subtract; false when malformed. */
static bool parse_zone(struct fn_str s, bool *named, int64_t *offset)
{
    *named = s.n > 0;
    *offset = 0;
    if (s.n == 0 || (s.n == 1 && s.p[0] == 'Z')) {
        return true;
    }
    size_t minutes_at = s.n == 6 && s.p[3] == ':' ? 4 : 3;
    int64_t h = digits_at(s, 1, 2), m = digits_at(s, minutes_at, 2);
    if ((s.p[0] != '+' && s.p[0] != '-') || s.n != minutes_at + 2 || h < 0 || h > 18 || m < 0 || m > 59) {
        return false;
    }
    *offset = (h * 60 + m) * 60000 * (s.p[0] == '-' ? -1 : 1);
    return true;
}

/* Seconds with up to nine decimals, cut to ms; *used = bytes. */
static int64_t parse_seconds(struct fn_str s, size_t *used)
{
    int64_t sec = digits_at(s, 1, 2), scale = 100, ms = 0;
    *used = 0;
    if (s.n == 0 || s.p[0] != ':') {
        return 0;
    }
    if (sec < 0 || sec > 59) {
        return -1;
    }
    *used = 3;
    if (s.n > 3 && s.p[3] == '.') {
        for (*used = 4; *used < s.n && s.p[*used] >= '0' && s.p[*used] <= '9' && *used < 13; ++*used, scale /= 10) {
            ms += (s.p[*used] - '0') * scale;
        }
    }
    return sec * 1000 + ms;
}

bool fsl_datetime_parse(struct fn_str s, struct fn_str tz, int64_t *out)
{
    int64_t date, offset;
    size_t used;
    bool named;
    if (s.n == 10) {
        if (!fsl_date_parse(s, &date)) {
            return false;
        }
        *out = fsl_utc_of(date, 0, tz);
        return true;
    }
    int64_t h = digits_at(s, 11, 2), m = digits_at(s, 14, 2);
    if (s.n < 16 || !fsl_date_parse((struct fn_str){s.p, 10}, &date) || (s.p[10] != 'T' && s.p[10] != ' ') ||
        s.p[13] != ':' || h < 0 || h > 23 || m < 0 || m > 59) {
        return false;
    }
    int64_t ms = parse_seconds((struct fn_str){s.p + 16, s.n - 16}, &used);
    if (ms < 0 || !parse_zone((struct fn_str){s.p + 16 + used, s.n - 16 - used}, &named, &offset)) {
        return false;
    }
    int64_t time = (h * 60 + m) * 60000 + ms;
    *out = named ? date * FSL_DAY_MS + time - offset : fsl_utc_of(date, time, tz);
    return true;
}

void fsl_date_iso(struct fn_buf *out, int64_t date)
{
    struct fsl_ymd d = fsl_date_split(date);
    fn_buf_printf(out, "%04d-%02d-%02d", d.year, d.month, d.day);
}

void fsl_datetime_iso(struct fn_buf *out, int64_t utc)
{
    int64_t date = fsl_floor_div(utc, FSL_DAY_MS), t = utc - date * FSL_DAY_MS;
    fsl_date_iso(out, date);
    fn_buf_printf(out, "T%02d:%02d:%02d", (int)(t / 3600000), (int)(t / 60000 % 60), (int)(t / 1000 % 60));
    if (t % 1000 != 0) {
        fn_buf_printf(out, ".%03d", (int)(t % 1000));
    }
    fn_buf_char(out, 'Z');
}
