/* iso.h: dates and times as ISO 8601, for JSON. Proleptic Gregorian, years 1 to 9999, no leap seconds.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ISO_H
#define ISO_H
#include "fn_buf.h"

/* false, nothing written, when the value lies outside the years. date: days since 1970-01-01; time: ms of the day;
 * datetime: ms UTC. */
bool iso_put_date(struct fn_buf *out, int64_t days);
bool iso_put_time(struct fn_buf *out, int64_t ms);
bool iso_put_datetime(struct fn_buf *out, int64_t ms);
/* The whole of s must be one value. A datetime needs Z or an offset. */
bool iso_read_date(struct fn_str s, int64_t *days);
bool iso_read_time(struct fn_str s, int64_t *ms);
bool iso_read_datetime(struct fn_str s, int64_t *ms);
/* One without: the date, and the time of that day (none: midnight). "T" or a space stands between. */
bool iso_read_local(struct fn_str s, int64_t *days, int64_t *ms);

#endif
