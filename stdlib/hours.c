/* hours.c: opening hours and the national holidays of Brazil. Walks days, at most a year and a day.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsl_date.h"

enum { SEARCH_DAYS = 366, MINUTE_MS = 60000 };

struct fixed_holiday {
    int month, day, since;
    const char *name;
};
static const struct fixed_holiday fixed[] = {
    {1, 1, 1, "Confraterniza\xc3\xa7\xc3\xa3o Universal"},
    {4, 21, 1, "Tiradentes"},
    {5, 1, 1, "Dia do Trabalho"},
    {9, 7, 1, "Independ\xc3\xaancia do Brasil"},
    {10, 12, 1980, "Nossa Senhora Aparecida"},
    {11, 2, 1, "Finados"},
    {11, 15, 1,
     "Proclama\xc3\xa7\xc3\xa3o da Rep\xc3\xba"
     "blica"},
    {11, 20, 2024, "Dia da Consci\xc3\xaancia Negra"},
    {12, 25, 1, "Natal"},
};

const char *fsl_br_holiday(int64_t date)
{
    struct fsl_ymd d = fsl_date_split(date);
    for (size_t i = 0; i < FN_COUNT(fixed); i++) {
        if (fixed[i].month == d.month && fixed[i].day == d.day && d.year >= fixed[i].since) {
            return fixed[i].name;
        }
    }
    return d.year >= 1583 && date == fsl_easter(d.year) - 2 ? "Sexta-feira Santa" : NULL;
}

static bool closed_on(const struct fsl_hours *h, int64_t date)
{
    int64_t day;
    for (size_t i = 0; i < h->n_closed; i++) {
        if (fsl_date_parse(h->closed[i], &day) && day == date) {
            return true;
        }
    }
    return fn_str_eq(h->calendar, FN_STR("br")) && fsl_br_holiday(date) != NULL;
}

static int64_t read_number(struct fn_str s, size_t *at)
{
    int64_t v = 0;
    while (*at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9' && v < 10000) {
        v = v * 10 + (s.p[(*at)++] - '0');
    }
    if (*at < s.n) {
        ++*at; /* the separator */
    }
    return v;
}

struct span {
    int64_t from, to; /* UTC */
};

/* The first span of the date that ends after `after` and starts earliest; false when there is none. */
static bool span_on(const struct fsl_hours *h, int64_t date, int64_t after, struct span *out)
{
    bool found = false;
    if (closed_on(h, date)) {
        return false;
    }
    for (size_t at = 0; at < h->rules.n;) {
        int64_t day = read_number(h->rules, &at), from = read_number(h->rules, &at), to = read_number(h->rules, &at);
        struct span s = {fsl_utc_of(date, from * MINUTE_MS, h->tz), fsl_utc_of(date, to * MINUTE_MS, h->tz)};
        if (day == fsl_weekday(date) && s.to > after && s.to > s.from && (!found || s.from < out->from)) {
            *out = s;
            found = true;
        }
    }
    return found;
}

static bool next_span(const struct fsl_hours *h, int64_t now, struct span *out)
{
    int64_t today = fsl_floor_div(fsl_local_of(now, h->tz), FSL_DAY_MS);
    for (int64_t d = 0; d <= SEARCH_DAYS; d++) {
        if (span_on(h, today + d, now, out)) {
            return true;
        }
    }
    return false;
}

bool fsl_hours_open(const struct fsl_hours *h, int64_t now)
{
    struct span s;
    int64_t today = fsl_floor_div(fsl_local_of(now, h->tz), FSL_DAY_MS);
    return span_on(h, today, now, &s) && s.from <= now;
}

int64_t fsl_hours_opens(const struct fsl_hours *h, int64_t now)
{
    struct span s;
    if (!next_span(h, now, &s)) {
        return now + (int64_t)SEARCH_DAYS * FSL_DAY_MS;
    }
    return s.from > now ? s.from : now;
}

int64_t fsl_hours_closes(const struct fsl_hours *h, int64_t now)
{
    struct span s;
    return next_span(h, now, &s) ? s.to : now + (int64_t)SEARCH_DAYS * FSL_DAY_MS;
}
