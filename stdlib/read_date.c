/* read_date.c: days, times and durations out of what a customer typed: "amanhã às 15h", "sexta", "dia 5", "05/03", "daqui a 2 dias".
 *
 * The text becomes folded words; a small reader takes them from the left: first every day expression, then every time expression, and words that
 * carry nothing ("às", "na", "pode ser", "de") are passed over. What is left over and unknown makes it no answer, and so do two days or two times.
 * A day without a year or month is the next one that is not past; a weekday is the next one after today.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "fsl_date.h"
#include "fsl_show.h"

enum { WORDS_MAX = 16, FOLD_MAX = 512, HOUR_MS = 3600000, MINUTE_MS = 60000 };

struct words {
    struct fn_buf folded;
    struct fn_str w[WORDS_MAX];
    size_t n, at;
    bool en;
    bool weekday; /* the day read last is one of the week */
};
struct reading {
    bool has_date, has_time;
    bool by_weekday; /* the day was told as one of the week: a figure beside it says which */
    int part;        /* of the day, as take_half; 0: not told */
    int64_t date, time;
};

static bool split_words(struct words *ws, struct fn_str text, struct fn_str loc)
{
    bool good = true;
    *ws = (struct words){.en = fsl_is_en(loc)};
    fn_buf_init(&ws->folded, FOLD_MAX);
    fn_fold(&ws->folded, text);
    good = !ws->folded.failed;
    for (size_t i = 0; good && i < ws->folded.n; i++) {
        char *p = ws->folded.p;
        bool inside = i > 0 && i + 1 < ws->folded.n;
        bool letters = inside && p[i - 1] >= 'a' && p[i - 1] <= 'z' && p[i + 1] >= 'a' && p[i + 1] <= 'z';
        if (strchr(",;!?()\t\n\r", p[i]) != NULL || (p[i] == '-' && letters) ||
            (p[i] == '.' && (!inside || p[i + 1] == ' '))) {
            p[i] = ' ';
        }
    }
    for (size_t i = 0; good && i < ws->folded.n;) {
        size_t a = i;
        while (i < ws->folded.n && ws->folded.p[i] != ' ') {
            i++;
        }
        if (i > a) {
            good = ws->n < WORDS_MAX;
            if (good) {
                ws->w[ws->n++] = (struct fn_str){ws->folded.p + a, i - a};
            }
        }
        i++;
    }
    return good && ws->n > 0;
}

static struct fn_str word(const struct words *ws, size_t ahead)
{
    return ws->at + ahead < ws->n ? ws->w[ws->at + ahead] : FN_STR_NULL;
}

static bool is(struct fn_str w, const char *z)
{
    return fn_str_eq(w, fn_str_c(z));
}

/* The words of a phrase at the cursor; takes them when they all stand there. */
static bool take(struct words *ws, const char *phrase)
{
    size_t n = 0;
    for (const char *p = phrase; *p != '\0'; n++) {
        size_t len = strcspn(p, " ");
        if (!fn_str_eq(word(ws, n), (struct fn_str){p, len})) {
            return false;
        }
        p += len + (p[len] == ' ');
    }
    ws->at += n;
    return true;
}

/* Digits only, at most four; -1 otherwise. */
static int64_t small_number(struct fn_str w)
{
    int64_t v = 0;
    for (size_t i = 0; i < w.n; i++) {
        if (w.p[i] < '0' || w.p[i] > '9' || i >= 4) {
            return -1;
        }
        v = v * 10 + (w.p[i] - '0');
    }
    return w.n > 0 ? v : -1;
}

static int64_t count_word(struct fn_str w)
{
    static const char *const names[] = {"um",   "dois", "tres", "quatro", "cinco", "seis",
                                        "sete", "oito", "nove", "dez",    "onze",  "doze"};
    static const char *const names_en[] = {"one",   "two",   "three", "four", "five",   "six",
                                           "seven", "eight", "nine",  "ten",  "eleven", "twelve"};
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        if (is(w, names[i]) || is(w, names_en[i])) {
            return (int64_t)i + 1;
        }
    }
    static const struct {
        const char *word;
        int64_t n;
    } more[] = {{"uma", 1},        {"a", 1},         {"an", 1},      {"duas", 2},       {"treze", 13},
                {"quatorze", 14},  {"catorze", 14},  {"quinze", 15}, {"dezesseis", 16}, {"dezessete", 17},
                {"dezoito", 18},   {"dezenove", 19}, {"vinte", 20},  {"trinta", 30},    {"quarenta", 40},
                {"cinquenta", 50}, {"fifteen", 15},  {"twenty", 20}, {"thirty", 30},    {"forty", 40},
                {"fifty", 50}};
    for (size_t i = 0; i < FN_COUNT(more); i++) {
        if (is(w, more[i].word)) {
            return more[i].n;
        }
    }
    return small_number(w);
}

/* "quinze", "vinte e cinco", "40": taken when it is a number of minutes, else -1. */
static int64_t take_minutes(struct words *ws)
{
    int64_t n = count_word(word(ws, 0));
    if (n < 1 || n > 59 || is(word(ws, 0), "a") || is(word(ws, 0), "an")) {
        return -1;
    }
    ws->at++;
    int64_t more =
        small_number(word(ws, 0)) < 0 && n >= 20 && n % 10 == 0 && is(word(ws, 0), "e") ? count_word(word(ws, 1)) : -1;
    if (more >= 1 && more <= 9) {
        ws->at += 2;
        n += more;
    }
    (void)(take(ws, "minutos") || take(ws, "min") || take(ws, "minutes"));
    return n;
}

static int weekday_word(struct fn_str w)
{
    static const char *const names[][4] = {{"segunda", "seg", "monday", "mon"},   {"terca", "ter", "tuesday", "tue"},
                                           {"quarta", "qua", "wednesday", "wed"}, {"quinta", "qui", "thursday", "thu"},
                                           {"sexta", "sex", "friday", "fri"},     {"sabado", "sab", "saturday", "sat"},
                                           {"domingo", "dom", "sunday", "sun"}};
    for (int i = 0; i < 7; i++) {
        for (int k = 0; k < 4; k++) {
            if (is(w, names[i][k])) {
                return i;
            }
        }
    }
    return -1;
}

static int month_word(struct fn_str w)
{
    static const char *const names[] = {"janeiro", "fevereiro", "marco",    "abril",   "maio",     "junho",
                                        "julho",   "agosto",    "setembro", "outubro", "novembro", "dezembro"};
    static const char *const names_en[] = {"january", "february", "march",     "april",   "may",      "june",
                                           "july",    "august",   "september", "october", "november", "december"};
    for (int i = 0; i < 12; i++) {
        bool shortened =
            w.n == 3 && (fn_str_eq(w, (struct fn_str){names[i], 3}) || fn_str_eq(w, (struct fn_str){names_en[i], 3}));
        if (is(w, names[i]) || is(w, names_en[i]) || shortened) {
            return i + 1;
        }
    }
    return 0;
}

/* -- days --------------------------------------------------------------------------------------------------------------------- */

/* A two-digit year is near today: up to ten years ahead, else the last century. */
static int64_t full_year(int64_t y, size_t digits, int64_t today)
{
    int64_t now = fsl_date_split(today).year;
    if (digits > 2) {
        return y;
    }
    int64_t year = now / 100 * 100 + y;
    return year > now + 10 ? year - 100 : year;
}

/* The next such day that is not past; 29 February waits for a leap year. */
static bool next_day(int64_t day, int64_t month, int64_t today, int64_t *out)
{
    struct fsl_ymd t = fsl_date_split(today);
    for (int64_t i = 0; i < 9; i++) {
        if (fsl_date_of(t.year + i, month, day, out) && *out >= today) {
            return true;
        }
    }
    return false;
}

static bool next_day_of_month(int64_t day, int64_t today, int64_t *out)
{
    struct fsl_ymd t = fsl_date_split(today);
    for (int64_t i = 0; i < 3; i++) {
        int64_t index = (int64_t)t.year * 12 + t.month - 1 + i;
        if (fsl_date_of(index / 12, index % 12 + 1, day, out) && *out >= today) {
            return true;
        }
    }
    return false;
}

/* 5/3, 05/03/2026, 5-3-26, 5.3.2026, 2026-03-05 in one word. */
static bool numeric_date(struct fn_str w, bool en, int64_t today, int64_t *out)
{
    struct fn_str part[3];
    size_t n = 0, a = 0;
    for (size_t i = 0; i <= w.n; i++) {
        bool mark = i < w.n && (w.p[i] == '/' || w.p[i] == '-' || w.p[i] == '.');
        if (i < w.n && !mark) {
            continue;
        }
        if (n == 3) {
            return false;
        }
        part[n++] = (struct fn_str){w.p + a, i - a};
        a = i + 1;
    }
    int64_t x = small_number(part[0]), y = n > 1 ? small_number(part[1]) : -1;
    bool named = n > 1 && y < 0 && month_word(part[1]) > 0; /* 10-mai, 10/mai/2026 */
    y = named ? month_word(part[1]) : y;
    if (n < 2 || x < 0 || y < 0) {
        return false;
    }
    if (n == 3 && part[0].n == 4) {
        return fsl_date_of(x, y, small_number(part[2]), out);
    }
    int64_t day = en && !named ? y : x, month = en && !named ? x : y;
    if (n == 2) {
        return next_day(day, month, today, out);
    }
    int64_t year = small_number(part[2]);
    return year >= 0 && (part[2].n == 2 || part[2].n == 4) &&
           fsl_date_of(full_year(year, part[2].n, today), month, day, out);
}

/* The day of a month at the cursor, "5", "dez", "vinte e cinco", "1º": taken when there is one, else -1. */
static int64_t take_day(struct words *ws)
{
    int64_t day = small_number(word(ws, 0));
    if (day >= 0 || is(word(ws, 0), "primeiro") || is(word(ws, 0), "1o")) {
        ws->at++;
        return day >= 0 ? day : 1;
    }
    return take_minutes(ws);
}

/* "5 de março de 2026", "5 março", "march 5", "1º de maio" */
static bool written_date(struct words *ws, int64_t today, int64_t *out)
{
    size_t at = ws->at;
    struct fn_str first = word(ws, 0);
    int month = month_word(first);
    ws->at += month > 0 ? 1 : 0;
    int64_t day = take_day(ws);
    if (month == 0) {
        (void)take(ws, "de");
        month = month_word(word(ws, 0));
        ws->at++;
    }
    if (day < 1 || month == 0) {
        ws->at = at;
        return false;
    }
    bool of = take(ws, "de");
    struct fn_str y = word(ws, 0);
    int64_t year = y.n == 4 || (of && y.n == 2) ? small_number(y) : -1;
    if (year >= 0) {
        ws->at++;
        return fsl_date_of(full_year(year, y.n, today), month, day, out);
    }
    return next_day(day, month, today, out);
}

static bool relative_day(struct words *ws, int64_t today, int64_t *out)
{
    static const struct {
        const char *phrase;
        int days;
    } table[] = {{"depois de amanha", 2},
                 {"day after tomorrow", 2},
                 {"hoje", 0},
                 {"today", 0},
                 {"amanha", 1},
                 {"tomorrow", 1},
                 {"ontem", -1},
                 {"yesterday", -1},
                 {"anteontem", -2},
                 {"hj", 0},
                 {"amnh", 1}};
    for (size_t i = 0; i < FN_COUNT(table); i++) {
        if (take(ws, table[i].phrase)) {
            *out = today + table[i].days;
            return true;
        }
    }
    size_t at = ws->at;
    if (take(ws, "daqui a") || take(ws, "daqui") || take(ws, "em") || take(ws, "in")) {
        int64_t n = count_word(word(ws, 0));
        struct fn_str unit = word(ws, 1);
        bool days = is(unit, "dia") || is(unit, "dias") || is(unit, "day") || is(unit, "days");
        bool weeks = is(unit, "semana") || is(unit, "semanas") || is(unit, "week") || is(unit, "weeks");
        bool months = is(unit, "mes") || is(unit, "meses") || is(unit, "month") || is(unit, "months");
        if (n > 0 && (days || weeks || months)) {
            ws->at += 2;
            *out = months ? fsl_date_add_months(today, n) : today + n * (weeks ? 7 : 1);
            return true;
        }
        ws->at = at;
    }
    return false;
}

/* "sexta", "sexta-feira", "próxima sexta", "segunda que vem", "na terça" */
static bool weekday_day(struct words *ws, int64_t today, int64_t *out)
{
    size_t at = ws->at;
    (void)(take(ws, "proxima") || take(ws, "proximo") || take(ws, "next") || take(ws, "esta") || take(ws, "este") ||
           take(ws, "essa") || take(ws, "esse") || take(ws, "nesta") || take(ws, "neste") || take(ws, "nessa") ||
           take(ws, "nesse") || take(ws, "this"));
    struct fn_str w = word(ws, 0);
    bool counted =
        w.n == 2 && w.p[0] >= '2' && w.p[0] <= '6' && w.p[1] == 'a' && is(word(ws, 1), "feira"); /* 2ª feira */
    int day = counted ? w.p[0] - '2' : weekday_word(w);
    if (day < 0) {
        ws->at = at;
        return false;
    }
    ws->at++;
    ws->weekday = true;
    (void)(take(ws, "feira"));
    (void)(take(ws, "que vem") || take(ws, "agora"));
    int64_t ahead = (day - fsl_weekday(today) + 7) % 7;
    *out = today + (ahead == 0 ? 7 : ahead);
    return true;
}

/* Behind "dia 15": "do mês que vem", "deste mês". *ahead is the number of months, -1 when the month is not said. */
static int64_t take_month(struct words *ws)
{
    if (take(ws, "do mes que vem") || take(ws, "do proximo mes") || take(ws, "no mes que vem") ||
        take(ws, "mes que vem") || take(ws, "next month")) {
        return 1;
    }
    bool this_one = take(ws, "deste mes") || take(ws, "desse mes") || take(ws, "neste mes") || take(ws, "nesse mes") ||
                    take(ws, "do mes") || take(ws, "este mes") || take(ws, "this month");
    return this_one ? 0 : -1;
}

static bool day_of_month(int64_t day, int64_t ahead, int64_t today, int64_t *out)
{
    struct fsl_ymd t = fsl_date_split(today);
    int64_t index = (int64_t)t.year * 12 + t.month - 1 + ahead;
    return fsl_date_of(index / 12, index % 12 + 1, day, out);
}

/* "05031990", "05 03 1990", "5 do 3 de 1990": with a whole year there is no doubt. */
static bool figures_date(struct words *ws, int64_t *out)
{
    struct fn_str w = word(ws, 0);
    if (w.n == 8) {
        int64_t day = small_number((struct fn_str){w.p, 2}), month = small_number((struct fn_str){w.p + 2, 2});
        int64_t year = small_number((struct fn_str){w.p + 4, 4});
        bool good = year >= 1900 && year <= 2100 && fsl_date_of(year, ws->en ? day : month, ws->en ? month : day, out);
        ws->at += good;
        return good;
    }
    size_t at = ws->at;
    int64_t first = w.n <= 2 ? small_number(w) : -1;
    ws->at++;
    (void)(take(ws, "do") || take(ws, "de"));
    int64_t second = word(ws, 0).n <= 2 ? small_number(word(ws, 0)) : -1;
    ws->at++;
    (void)(take(ws, "de") || take(ws, "do"));
    int64_t year = word(ws, 0).n == 4 ? small_number(word(ws, 0)) : -1;
    ws->at++;
    if (first > 0 && second > 0 && year >= 1900 && year <= 2100 &&
        fsl_date_of(year, ws->en ? first : second, ws->en ? second : first, out)) {
        return true;
    }
    ws->at = at;
    return false;
}

static bool take_date(struct words *ws, int64_t today, int64_t *out)
{
    ws->weekday = false;
    if (figures_date(ws, out)) {
        return true;
    }
    if (relative_day(ws, today, out) || weekday_day(ws, today, out) || written_date(ws, today, out)) {
        return true;
    }
    size_t at = ws->at;
    if (take(ws, "dia")) {
        size_t before = ws->at;
        if (written_date(ws, today, out)) {
            return true;
        }
        if (ws->at != before) { /* "dia 31 de abril": there is none, and no other is meant */
            return false;
        }
        int64_t day = take_day(ws);
        if (day >= 1 && day <= 31) {
            int64_t ahead = take_month(ws);
            return ahead >= 0 ? day_of_month(day, ahead, today, out) : next_day_of_month(day, today, out);
        }
        ws->at = at;
        return ws->at + 1 < ws->n && numeric_date(word(ws, 1), ws->en, today, out) && (ws->at += 2, true);
    }
    if (numeric_date(word(ws, 0), ws->en, today, out)) {
        ws->at++;
        return true;
    }
    return false;
}

/* -- times -------------------------------------------------------------------------------------------------------------------- */

/* 15, 15h, 15h30, 15:30, 15:30h, 9am, 9:30pm. hour_only says whether only a bare number stood there. */
static bool clock_word(struct fn_str w, int64_t *hour, int64_t *minute, int *half, bool *bare)
{
    size_t i = 0;
    *hour = *minute = 0;
    *half = 0;
    while (i < w.n && i < 2 && w.p[i] >= '0' && w.p[i] <= '9') {
        *hour = *hour * 10 + (w.p[i++] - '0');
    }
    if (i == 0) {
        return false;
    }
    *bare = i == w.n;
    if (i < w.n && (w.p[i] == 'h' || w.p[i] == ':')) {
        i++;
        size_t a = i;
        while (i < w.n && i - a < 2 && w.p[i] >= '0' && w.p[i] <= '9') {
            *minute = *minute * 10 + (w.p[i++] - '0');
        }
        if ((w.p[a - 1] == ':' && i - a != 2) || i - a == 1) {
            return false;
        }
    }
    struct fn_str tail = {w.p + i, w.n - i};
    *half = is(tail, "am") ? 1 : is(tail, "pm") ? 2 : 0;
    return tail.n == 0 || *half != 0 || is(tail, "h") || is(tail, "hs") || is(tail, "hrs") || is(tail, "min") ||
           is(tail, "m") || is(tail, "oras") || is(tail, "s") || is(tail, "rs") || is(tail, "hs") || is(tail, "hrs");
}

static bool put_time(int64_t hour, int64_t minute, int half, int64_t *out)
{
    if (half != 0 && (hour < 1 || hour > 12)) {
        return false;
    }
    hour = half == 1 && hour == 12 ? 0 : half == 2 && hour < 12 ? hour + 12 : hour;
    *out = hour * HOUR_MS + minute * MINUTE_MS;
    return hour <= 23 && minute <= 59;
}

/* "da tarde" and its like: 1 morning, 2 afternoon or evening, 3 night, 0 nothing. */
static int take_half(struct words *ws)
{
    if (take(ws, "da manha") || take(ws, "de manha") || take(ws, "da madrugada") || take(ws, "am") ||
        take(ws, "in the morning")) {
        return 1;
    }
    if (take(ws, "da noite") || take(ws, "de noite") || take(ws, "at night")) {
        return 3;
    }
    if (take(ws, "da tarde") || take(ws, "de tarde") || take(ws, "pm") || take(ws, "in the afternoon") ||
        take(ws, "in the evening")) {
        return 2;
    }
    return 0;
}

static bool take_time(struct words *ws, bool marked, int64_t *out);

/* "dez para as três da tarde", "15 pras 8": so many minutes before. */
static bool minutes_to(struct words *ws, int64_t *out)
{
    size_t at = ws->at;
    int64_t minutes = take_minutes(ws);
    bool to =
        minutes > 0 && (take(ws, "para as") || take(ws, "pra as") || take(ws, "pras") || take(ws, "para a") ||
                        take(ws, "pra") || take(ws, "para o") || take(ws, "pro") || take(ws, "para") || take(ws, "to"));
    if (!to || !take_time(ws, true, out)) {
        ws->at = at;
        return false;
    }
    *out = (*out + FSL_DAY_MS - minutes * MINUTE_MS) % FSL_DAY_MS;
    return true;
}

/* "15h", "15h 30", and where an hour is looked for "1530" and "três": taken when there is one. */
static bool take_hour(struct words *ws, bool marked, int64_t *hour, int64_t *minute, int *half, bool *bare)
{
    struct fn_str w = word(ws, 0);
    int64_t figures = marked && w.n == 4 ? small_number(w) : -1, named = marked ? count_word(w) : -1;
    if (figures < 0 && clock_word(w, hour, minute, half, bare)) {
        struct fn_str next = word(ws, 1), behind = word(ws, 2);
        bool apart = w.p[w.n - 1] == 'h' && *minute == 0 && next.n == 2 && small_number(next) >= 0 &&
                     (behind.n == 0 || is(behind, "min") || is(behind, "minutos"));
        *minute = apart ? small_number(next) : *minute;
        ws->at += !apart ? 1 : behind.n > 0 ? 3 : 2;
        return true;
    }
    if (figures < 0 && named < 1) {
        return false;
    }
    *hour = figures >= 0 ? figures / 100 : named;
    *minute = figures >= 0 ? figures % 100 : 0;
    *half = 0;
    *bare = figures < 0;
    ws->at++;
    return true;
}

/* marked: "às" stood before, so a bare number is an hour. */
static bool take_time(struct words *ws, bool marked, int64_t *out)
{
    size_t at = ws->at;
    int64_t hour, minute;
    int half;
    bool bare = false;
    if (minutes_to(ws, out)) {
        return true;
    }
    if (take(ws, "meio dia") || take(ws, "meiodia") || take(ws, "noon") || take(ws, "midday")) {
        *out = (take(ws, "e meia") ? 12 * 60 + 30 : 12 * 60) * (int64_t)MINUTE_MS;
        return true;
    }
    if (take(ws, "meia noite") || take(ws, "midnight")) {
        *out = take(ws, "e meia") ? 30 * (int64_t)MINUTE_MS : 0;
        return true;
    }
    if (!take_hour(ws, marked, &hour, &minute, &half, &bare) || (half != 0 && hour > 12)) {
        ws->at = at;
        return false;
    }
    bool hours = take(ws, "horas") || take(ws, "hora") || take(ws, "hs") || take(ws, "hrs") || take(ws, "h") ||
                 take(ws, "hours") || take(ws, "o clock");
    if (take(ws, "e meia")) {
        minute = 30;
    } else if ((hours || marked) && minute == 0 && is(word(ws, 0), "e")) {
        ws->at++;
        minute = take_minutes(ws);
        ws->at -= minute < 0; /* the "e" of something else */
        minute = minute < 0 ? 0 : minute;
    }
    int said = take_half(ws);
    if (said == 3 && hour >= 1 && hour <= 4) { /* "uma da noite": of which end of it? */
        ws->at = at;
        return false;
    }
    hour = said == 3 && hour == 12 ? 24 : hour;
    said = said == 3 ? 2 : said;
    half = said != 0 ? said : half;
    if (half == 2 && hour > 12) {
        half = 0; /* "15h da tarde" */
    }
    hour = hour == 24 && said == 2 ? 0 : hour; /* "12 da noite" */
    if ((bare && !hours && half == 0 && minute == 0 && !marked) || !put_time(hour, minute, half, out)) {
        ws->at = at;
        return false;
    }
    return true;
}

/* -- the whole ---------------------------------------------------------------------------------------------------------------- */

static bool take_filler(struct words *ws)
{
    static const char *const fillers[] = {
        "pode ser", "por favor", "acho que", "no",  "na",    "em",     "de",    "do",    "da",      "para",
        "pra",      "pro",       "ao",       "uns", "o",     "a",      "e",     "la",    "pelas",   "umas",
        "on",       "the",       "of",       "at",  "for",   "please", "quero", "seria", "vai ser", "entao",
        "feira",    "nasci",     "eh",       "um",  "perto", "sera",   "mesmo", "cedo"};
    for (size_t i = 0; i < FN_COUNT(fillers); i++) {
        if (take(ws, fillers[i])) {
            return true;
        }
    }
    return false;
}

static bool take_marker(struct words *ws)
{
    return take(ws, "as") || take(ws, "a partir das") || take(ws, "pelas") || take(ws, "por volta das") ||
           take(ws, "at") || take(ws, "around") || take(ws, "umas");
}

/* "de manhã", "à tarde", "à noite": a part of the day that stands apart from the hour. As take_half; 0 for none. */
static int take_part(struct words *ws)
{
    if (take(ws, "de manha") || take(ws, "pela manha") || take(ws, "a manha")) {
        return 1;
    }
    if (take(ws, "de tarde") || take(ws, "a tarde") || take(ws, "pela tarde")) {
        return 2;
    }
    return take(ws, "de noite") || take(ws, "a noite") ? 3 : 0;
}

/* A day; a second one only where it is the same, or says which of the weekdays is meant: "sexta, dia 13". */
static bool one_more_date(struct words *ws, int64_t today, struct reading *r)
{
    int64_t date;
    size_t at = ws->at;
    if (!take_date(ws, today, &date)) {
        ws->at = at;
        return false;
    }
    bool same_weekday = r->has_date && fsl_weekday(date) == fsl_weekday(r->date);
    bool fits = !r->has_date || date == r->date || (same_weekday && ws->weekday != r->by_weekday);
    if (fits && (!r->has_date || r->by_weekday)) {
        r->date = date;
        r->by_weekday = ws->weekday;
    }
    r->has_date = true;
    ws->at = fits ? ws->at : at;
    return fits;
}

/* The hour in its part of the day: "à tarde às 3" is 15:00. */
static bool settle_part(struct reading *r)
{
    int64_t hour = r->time / HOUR_MS;
    if (!r->has_time || r->part == 0 || (r->part != 1 && hour >= 12)) {
        return true;
    }
    if (r->part == 1 || hour == 0 || (r->part == 3 && hour < 5)) {
        return r->part == 1 && hour < 12;
    }
    r->time += 12 * (int64_t)HOUR_MS;
    return true;
}

static bool read_words(struct words *ws, int64_t today, bool lone_hour, struct reading *r)
{
    *r = (struct reading){0};
    while (ws->at < ws->n) {
        int part = take_part(ws);
        if (part != 0) {
            if (r->part != 0) {
                return false;
            }
            r->part = part;
            continue;
        }
        bool marked = take_marker(ws);
        if (!marked && one_more_date(ws, today, r)) {
            continue;
        }
        if (!r->has_time && take_time(ws, marked || lone_hour, &r->time)) {
            r->has_time = true;
        } else if (!marked && !take_filler(ws)) {
            return false;
        }
    }
    return settle_part(r);
}

static int64_t today_of(int64_t now, struct fn_str tz)
{
    return fsl_floor_div(fsl_local_of(now, tz), FSL_DAY_MS);
}

bool fsl_read_date(struct fn_str text, int64_t now, struct fn_str tz, struct fn_str loc, int64_t *out)
{
    struct words ws;
    struct reading r = {0};
    bool good =
        split_words(&ws, text, loc) && read_words(&ws, today_of(now, tz), false, &r) && r.has_date && !r.has_time;
    if (!good && ws.n == 1) { /* a lone "5" answers "que dia?" */
        int64_t day = small_number(ws.w[0]);
        good = day >= 1 && day <= 31 && next_day_of_month(day, today_of(now, tz), &r.date);
    }
    fn_buf_fini(&ws.folded);
    *out = r.date;
    return good;
}

bool fsl_read_time(struct fn_str text, struct fn_str loc, int64_t *out)
{
    struct words ws;
    struct reading r = {0};
    bool good = split_words(&ws, text, loc) && read_words(&ws, 0, true, &r) && r.has_time && !r.has_date;
    fn_buf_fini(&ws.folded);
    *out = r.time;
    return good;
}

/* "daqui a 2 horas", "em 30 minutos": to the minute. Days alone say no hour. */
static bool read_ahead(struct fn_str text, int64_t now, struct fn_str loc, int64_t *out)
{
    static const char *const leads[] = {"daqui a ", "daqui ", "em ", "dentro de ", "in "};
    struct fn_buf folded;
    bool good = false;
    fn_buf_init(&folded, FOLD_MAX);
    fn_fold_phrase(&folded, text);
    for (size_t i = 0; !folded.failed && !good && i < FN_COUNT(leads); i++) {
        size_t n = strlen(leads[i]);
        int64_t ahead;
        good = fn_str_starts(fn_buf_view(&folded), fn_str_c(leads[i])) &&
               fsl_read_duration((struct fn_str){folded.p + n, folded.n - n}, loc, &ahead) && ahead % FSL_DAY_MS != 0;
        *out = good ? (now + ahead) / MINUTE_MS * MINUTE_MS : *out;
    }
    fn_buf_fini(&folded);
    return good;
}

/* A time alone is today, or tomorrow when it has passed. */
bool fsl_read_datetime(struct fn_str text, int64_t now, struct fn_str tz, struct fn_str loc, int64_t *out)
{
    struct words ws;
    struct reading r = {0};
    int64_t today = today_of(now, tz);
    bool good = split_words(&ws, text, loc) && read_words(&ws, today, false, &r) && r.has_time;
    fn_buf_fini(&ws.folded);
    if (!good) {
        return read_ahead(text, now, loc, out);
    }
    *out = fsl_utc_of(r.has_date ? r.date : today, r.time, tz);
    if (!r.has_date && *out <= now) {
        *out = fsl_utc_of(today + 1, r.time, tz);
    }
    return true;
}

static int64_t unit_ms(struct fn_str w)
{
    static const struct {
        int64_t ms;
        const char *names[7];
    } table[] = {{1000, {"s", "seg", "segundo", "segundos", "second", "seconds"}},
                 {MINUTE_MS, {"m", "min", "mins", "minuto", "minutos", "minute", "minutes"}},
                 {HOUR_MS, {"h", "hr", "hora", "horas", "hour", "hours"}},
                 {FSL_DAY_MS, {"d", "dia", "dias", "day", "days"}},
                 {7 * (int64_t)FSL_DAY_MS, {"semana", "semanas", "week", "weeks"}}};
    for (size_t i = 0; i < FN_COUNT(table); i++) {
        for (size_t k = 0; k < FN_COUNT(table[i].names) && table[i].names[k] != NULL; k++) {
            if (is(w, table[i].names[k])) {
                return table[i].ms;
            }
        }
    }
    return 0;
}

/* "2h", "90 min", "1 hora e meia", "1h30", "2 dias e 3 horas" */
bool fsl_read_duration(struct fn_str text, struct fn_str loc, int64_t *out)
{
    struct words ws;
    int64_t total = 0, last = 0;
    bool good = split_words(&ws, text, loc), any = false;
    while (good && ws.at < ws.n) {
        struct fn_str w = word(&ws, 0);
        size_t digits = 0;
        while (digits < w.n && digits < 4 && w.p[digits] >= '0' && w.p[digits] <= '9') {
            digits++;
        }
        int64_t n = digits > 0 ? small_number((struct fn_str){w.p, digits}) : count_word(w);
        struct fn_str unit = digits > 0 && digits < w.n ? (struct fn_str){w.p + digits, w.n - digits} : word(&ws, 1);
        if (any && (is(w, "meia") || is(w, "meio") || is(w, "half"))) {
            total += last / 2;
            ws.at++;
        } else if (n < 0 && is(w, "meia") && unit_ms(word(&ws, 1)) > 0) {
            total += unit_ms(word(&ws, 1)) / 2;
            any = true;
            ws.at += 2;
        } else if (n >= 0 && unit.n > 1 && unit.p[0] == 'h' &&
                   small_number((struct fn_str){unit.p + 1, unit.n - 1}) >= 0) {
            total += n * HOUR_MS + small_number((struct fn_str){unit.p + 1, unit.n - 1}) * MINUTE_MS;
            any = true;
            ws.at++;
        } else if (n >= 0 && unit_ms(unit) > 0) {
            last = unit_ms(unit);
            total += n * last;
            any = true;
            ws.at += digits > 0 && digits < w.n ? 1 : 2;
        } else if (!take_filler(&ws)) {
            good = false;
        }
    }
    fn_buf_fini(&ws.folded);
    *out = total;
    return good && any;
}
