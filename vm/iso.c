/* iso.c: ISO 8601 without the C library's calendar, which knows locales and time zones.
 *
 * Days and civil dates by Howard Hinnant's era arithmetic (chrono-compatible low-level date algorithms).
 * SPDX-License-Identifier: Apache-2.0 */
#include "iso.h"

static const int64_t MS_DAY = 86400000;

static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = y / 400; /* y >= 0 here */
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void civil_from_days(int64_t days, int *y, int *m, int *d)
{
    days += 719468; /* positive for every year from 1 on */
    int64_t era = days / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    *d = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    *m = (int)(month < 10 ? month + 3 : month - 9);
    *y = (int)(year_of_era + era * 400 + (*m <= 2));
}

bool iso_put_date(struct fn_buf *out, int64_t days)
{
    int y = 0;
    int m = 0;
    int d = 0;
    if (days < -719162 || days > 2932896) { /* 0001-01-01 to 9999-12-31 */
        return false;
    }
    civil_from_days(days, &y, &m, &d);
    fn_buf_printf(out, "%04d-%02d-%02d", y, m, d);
    return true;
}

bool iso_put_time(struct fn_buf *out, int64_t ms)
{
    if (ms < 0 || ms >= MS_DAY) {
        return false;
    }
    fn_buf_printf(out, "%02d:%02d:%02d", (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60));
    if (ms % 1000 != 0) {
        fn_buf_printf(out, ".%03d", (int)(ms % 1000));
    }
    return true;
}

bool iso_put_datetime(struct fn_buf *out, int64_t ms)
{
    int64_t day = ms / MS_DAY - (ms % MS_DAY < 0);
    if (!iso_put_date(out, day)) {
        return false;
    }
    fn_buf_char(out, 'T');
    iso_put_time(out, ms - day * MS_DAY);
    fn_buf_char(out, 'Z');
    return true;
}

/* Exactly n digits at *at. */
static bool digits(struct fn_str s, size_t *at, int n, int64_t *out)
{
    *out = 0;
    for (int i = 0; i < n; i++, ++*at) {
        if (*at >= s.n || s.p[*at] < '0' || s.p[*at] > '9') {
            return false;
        }
        *out = *out * 10 + (s.p[*at] - '0');
    }
    return true;
}

static bool mark(struct fn_str s, size_t *at, char c)
{
    bool there = *at < s.n && s.p[*at] == c;
    *at += there;
    return there;
}

static int64_t month_days(int64_t y, int64_t m)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return days[m - 1] + (m == 2 && leap);
}

static bool scan_date(struct fn_str s, size_t *at, int64_t *days)
{
    int64_t y = 0;
    int64_t m = 0;
    int64_t d = 0;
    if (!digits(s, at, 4, &y) || !mark(s, at, '-') || !digits(s, at, 2, &m) || !mark(s, at, '-') ||
        !digits(s, at, 2, &d)) {
        return false;
    }
    if (y < 1 || m < 1 || m > 12 || d < 1 || d > month_days(y, m)) {
        return false;
    }
    *days = days_from_civil(y, m, d);
    return true;
}

/* Fractions of a second: the first three digits count. */
static bool scan_fraction(struct fn_str s, size_t *at, int64_t *ms)
{
    int64_t unit = 100;
    size_t from = *at;
    for (; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; ++*at, unit /= 10) {
        *ms += (s.p[*at] - '0') * unit;
    }
    return *at > from && *at - from <= 9;
}

static bool scan_time(struct fn_str s, size_t *at, int64_t *ms)
{
    int64_t h = 0;
    int64_t m = 0;
    int64_t sec = 0;
    if (!digits(s, at, 2, &h) || !mark(s, at, ':') || !digits(s, at, 2, &m) || h > 23 || m > 59) {
        return false;
    }
    *ms = (h * 60 + m) * 60000;
    if (!mark(s, at, ':')) {
        return true;
    }
    if (!digits(s, at, 2, &sec) || sec > 59) {
        return false;
    }
    *ms += sec * 1000;
    return !mark(s, at, '.') || scan_fraction(s, at, ms);
}

static bool scan_offset(struct fn_str s, size_t *at, int64_t *ms)
{
    int64_t h = 0;
    int64_t m = 0;
    *ms = 0;
    if (mark(s, at, 'Z') || mark(s, at, 'z')) {
        return true;
    }
    bool minus = mark(s, at, '-');
    if ((!minus && !mark(s, at, '+')) || !digits(s, at, 2, &h)) {
        return false;
    }
    mark(s, at, ':');
    if (!digits(s, at, 2, &m) || h > 23 || m > 59) {
        return false;
    }
    *ms = (h * 60 + m) * (minus ? -60000 : 60000);
    return true;
}

bool iso_read_date(struct fn_str s, int64_t *days)
{
    size_t at = 0;
    return scan_date(s, &at, days) && at == s.n;
}

bool iso_read_time(struct fn_str s, int64_t *ms)
{
    size_t at = 0;
    return scan_time(s, &at, ms) && at == s.n;
}

bool iso_read_datetime(struct fn_str s, int64_t *ms)
{
    size_t at = 0;
    int64_t days = 0;
    int64_t time = 0;
    int64_t offset = 0;
    if (!scan_date(s, &at, &days) || !(mark(s, &at, 'T') || mark(s, &at, ' ')) || !scan_time(s, &at, &time) ||
        !scan_offset(s, &at, &offset) || at != s.n) {
        return false;
    }
    *ms = days * MS_DAY + time - offset;
    return true;
}

bool iso_read_local(struct fn_str s, int64_t *days, int64_t *ms)
{
    size_t at = 0;
    *ms = 0;
    if (!scan_date(s, &at, days)) {
        return false;
    }
    bool timed = mark(s, &at, 'T') || mark(s, &at, ' ');
    return (!timed || scan_time(s, &at, ms)) && at == s.n;
}
