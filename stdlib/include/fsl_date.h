/* fsl_date.h: the proleptic Gregorian calendar, time zones and opening hours. Pure.
 *
 * Units: date = days since 1970-01-01; time = ms since midnight; datetime = ms UTC; weekday 0 = Monday.
 * Zones: a table of IANA names with their present rules (Brazil has had no summer time since 2019: Decreto 9.772/2019); an unknown name is UTC.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSL_DATE_H
#define FSL_DATE_H
#include "fn_buf.h"

enum { FSL_DAY_MS = 86400000, FSL_YEAR_MIN = 1, FSL_YEAR_MAX = 9999 };
struct fsl_ymd {
    int year, month, day;
};

bool fsl_date_of(int64_t year, int64_t month, int64_t day, int64_t *out); /* false when there is no such day */
struct fsl_ymd fsl_date_split(int64_t date);
int fsl_weekday(int64_t date);
int64_t fsl_date_add_months(int64_t date, int64_t months); /* clipped to the month's end */
int64_t fsl_easter(int64_t year);

bool fsl_zone_known(struct fn_str tz);
int64_t fsl_zone_offset(struct fn_str tz, int64_t utc); /* ms to add to UTC for local time at that instant */
int64_t fsl_local_of(int64_t utc, struct fn_str tz);    /* local clock reading, as ms since 1970-01-01 local */
int64_t fsl_utc_of(int64_t date, int64_t time, struct fn_str tz);
static inline int64_t fsl_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Strict ISO 8601. */
bool fsl_date_parse(struct fn_str s, int64_t *out);
bool fsl_datetime_parse(struct fn_str s, struct fn_str tz, int64_t *out);
void fsl_date_iso(struct fn_buf *out, int64_t date);
void fsl_datetime_iso(struct fn_buf *out, int64_t utc);

/* As people write them. */
void fsl_show_date(struct fn_buf *out, int64_t date, struct fn_str loc);
void fsl_show_time(struct fn_buf *out, int64_t time, struct fn_str loc);
void fsl_show_datetime(struct fn_buf *out, int64_t utc, struct fn_str tz, struct fn_str loc);
void fsl_show_duration(struct fn_buf *out, int64_t ms, struct fn_str loc);
/* "hoje às 14h", "amanhã às 9h", "na segunda às 9h", "em 02/03 às 9h" */
void fsl_show_when(struct fn_buf *out, int64_t utc, int64_t now, struct fn_str tz, struct fn_str loc);

/* National holidays of Brazil (Lei 662/1949, 6.802/1980, 10.607/2002, 14.759/2023) and Good Friday; NULL when none. */
const char *fsl_br_holiday(int64_t date);

/* Opening hours. rules: "DAY FROM TO;..." with DAY 0..6 and minutes; calendar "br" or ""; closed: further closed dates in ISO. */
struct fsl_hours {
    struct fn_str tz, rules, calendar;
    const struct fn_str *closed;
    size_t n_closed;
};
bool fsl_hours_open(const struct fsl_hours *h, int64_t now);
int64_t fsl_hours_opens(const struct fsl_hours *h, int64_t now); /* now itself when open; now + 366 days when never */
int64_t fsl_hours_closes(const struct fsl_hours *h, int64_t now);

/* Reading what people type; now and tz say what "amanhã" is. */
bool fsl_read_date(struct fn_str text, int64_t now, struct fn_str tz, struct fn_str loc, int64_t *out);
bool fsl_read_time(struct fn_str text, struct fn_str loc, int64_t *out);
bool fsl_read_datetime(struct fn_str text, int64_t now, struct fn_str tz, struct fn_str loc, int64_t *out);
bool fsl_read_duration(struct fn_str text, struct fn_str loc, int64_t *out);

#endif
