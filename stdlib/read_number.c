/* read_number.c: ints, numbers and money out of what a customer typed.
 *
 * One scan: the text is split into words; exactly one of them (or one run of number words) must be a number, the rest must be few: "uns 20",
 * "2 mil", "R$ 1.234,56", "são 35 anos". Two numbers are no answer: guessing which one was meant would be worse than asking again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "fsl_read.h"
#include "fsl_show.h"

#include <math.h>

enum { WORDS_MAX = 12, DIGITS_MAX = 18 };

/* A decimal number in two ints: value = digits / 10^decimals. */
struct decimal {
    int64_t digits;
    int decimals;
    bool negative;
};

struct word_number {
    const char *word; /* folded */
    int64_t value;
};
static const struct word_number ones[] = {
    {"zero", 0},         {"um", 1},           {"uma", 1},          {"dois", 2},           {"duas", 2},
    {"tres", 3},         {"quatro", 4},       {"cinco", 5},        {"seis", 6},           {"meia", 6},
    {"sete", 7},         {"oito", 8},         {"nove", 9},         {"dez", 10},           {"onze", 11},
    {"doze", 12},        {"treze", 13},       {"quatorze", 14},    {"catorze", 14},       {"quinze", 15},
    {"dezesseis", 16},   {"dezessete", 17},   {"dezoito", 18},     {"dezenove", 19},      {"vinte", 20},
    {"trinta", 30},      {"quarenta", 40},    {"cinquenta", 50},   {"sessenta", 60},      {"setenta", 70},
    {"oitenta", 80},     {"noventa", 90},     {"cem", 100},        {"cento", 100},        {"duzentos", 200},
    {"duzentas", 200},   {"trezentos", 300},  {"trezentas", 300},  {"quatrocentos", 400}, {"quinhentos", 500},
    {"seiscentos", 600}, {"setecentos", 700}, {"oitocentos", 800}, {"novecentos", 900},   {"one", 1},
    {"two", 2},          {"three", 3},        {"four", 4},         {"five", 5},           {"six", 6},
    {"seven", 7},        {"eight", 8},        {"nine", 9},         {"ten", 10},           {"eleven", 11},
    {"twelve", 12},      {"thirteen", 13},    {"fourteen", 14},    {"fifteen", 15},       {"sixteen", 16},
    {"seventeen", 17},   {"eighteen", 18},    {"nineteen", 19},    {"twenty", 20},        {"thirty", 30},
    {"forty", 40},       {"fifty", 50},       {"sixty", 60},       {"seventy", 70},       {"eighty", 80},
    {"ninety", 90},      {"nenhum", 0},       {"nenhuma", 0},
};

static bool find_word(struct fn_str w, int64_t *out)
{
    for (size_t i = 0; i < FN_COUNT(ones); i++) {
        if (fn_str_eq(w, fn_str_c(ones[i].word))) {
            *out = ones[i].value;
            return true;
        }
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Counts the separators and looks at the last group: what decides whether a mark is decimal or groups thousands. */
struct shape {
    int dots, commas, last_group, first_group;
    bool grouped; /* every group after the first has three digits */
    char last_mark;
};

static bool scan_shape(struct fn_str w, struct shape *s)
{
    int group = 0;
    *s = (struct shape){.grouped = true, .first_group = -1};
    for (size_t i = 0; i < w.n; i++) {
        if (is_digit(w.p[i])) {
            group++;
            continue;
        }
        if ((w.p[i] != '.' && w.p[i] != ',') || group == 0) {
            return false;
        }
        if (s->first_group < 0) {
            s->first_group = group;
        } else if (group != 3) {
            s->grouped = false;
        }
        s->dots += w.p[i] == '.';
        s->commas += w.p[i] == ',';
        s->last_mark = w.p[i];
        group = 0;
    }
    s->last_group = group;
    return group > 0;
}

/* The decimal mark of the word, 0 for none. */
static char decimal_mark(const struct shape *s, bool en)
{
    if (s->dots > 0 && s->commas > 0) {
        return s->last_mark;
    }
    int marks = s->dots + s->commas;
    if (marks != 1) {
        return 0;
    }
    bool thousands_here = (s->dots == 1) != en; /* the mark that groups in this locale */
    bool could_group = s->last_group == 3 && s->first_group <= 3;
    return thousands_here && could_group ? 0 : s->last_mark;
}

static bool parse_digits(struct fn_str w, bool en, struct decimal *out)
{
    struct shape s;
    if (!scan_shape(w, &s)) {
        return false;
    }
    char mark = decimal_mark(&s, en);
    bool after = false;
    int digits = 0;
    *out = (struct decimal){0};
    if (mark == 0 && s.dots + s.commas > 0 && (!s.grouped || s.last_group != 3 || s.first_group > 3)) {
        return false;
    }
    for (size_t i = 0; i < w.n; i++) {
        if (is_digit(w.p[i])) {
            digits += out->digits != 0 || w.p[i] != '0';
            if (digits > DIGITS_MAX) {
                return false;
            }
            out->digits = out->digits * 10 + (w.p[i] - '0');
            out->decimals += after;
        } else if (w.p[i] == mark) {
            if (after) {
                return false;
            }
            after = true;
        }
    }
    return true;
}

static bool scale_up(struct decimal *d, int64_t by)
{
    return !__builtin_mul_overflow(d->digits, by, &d->digits);
}

/* Words that multiply the number before them. */
static int64_t multiplier(struct fn_str w)
{
    static const struct word_number table[] = {{"mil", 1000},        {"k", 1000},          {"thousand", 1000},
                                               {"milhao", 1000000},  {"milhoes", 1000000}, {"mi", 1000000},
                                               {"million", 1000000}, {"duzia", 12},        {"duzias", 12},
                                               {"dozen", 12},        {"par", 2},           {"pares", 2}};
    for (size_t i = 0; i < FN_COUNT(table); i++) {
        if (fn_str_eq(w, fn_str_c(table[i].word))) {
            return table[i].value;
        }
    }
    return 0;
}

/* What a scan over the words has found so far. */
struct scan {
    struct decimal value;
    bool found, closed;  /* closed: a later number is a second one */
    bool words;          /* the number is being built of words: "trinta e cinco" */
    bool half;           /* "meia", "meio" was just said: "meia dúzia", "meio milhão" */
    int64_t scale, rest; /* behind "mil": what is still added, "mil e duzentos" */
    int others;
    bool en;
};

/* "mil e duzentos e dez": words below the scale that was said, each below the one before it. */
static bool take_rest(struct scan *s, int64_t v)
{
    if (s->value.decimals != 0 || v >= s->scale || (s->rest != 0 && (s->rest % 10 != 0 || v >= s->rest))) {
        return false;
    }
    s->rest += v;
    return true;
}

static bool take_number_word(struct scan *s, int64_t v)
{
    if (s->scale != 0) {
        return take_rest(s, v);
    }
    if (s->found && (!s->words || s->closed || s->value.digits % 10 != 0 || v >= s->value.digits)) {
        return false;
    }
    s->value.digits += v;
    s->found = s->words = true;
    return true;
}

/* Signs of currency and the marks around a word do not count: "R$50!" is 50. */
static struct fn_str strip_word(struct fn_str w)
{
    static const char *const signs[] = {"r$", "us$", "$", "\xe2\x82\xac"};
    while (w.n > 0 && strchr("(\"'", w.p[0]) != NULL) {
        w = (struct fn_str){w.p + 1, w.n - 1};
    }
    for (size_t i = 0; i < FN_COUNT(signs); i++) {
        struct fn_str sign = fn_str_c(signs[i]);
        if (fn_str_starts(w, sign)) {
            w = (struct fn_str){w.p + sign.n, w.n - sign.n};
            break;
        }
    }
    while (w.n > 0 && strchr("!?.,;:()\"'", w.p[w.n - 1]) != NULL) {
        w.n--;
    }
    return w;
}

static bool take_word(struct scan *s, struct fn_str w)
{
    int64_t v;
    struct decimal d;
    bool negative = w.n > 1 && w.p[0] == '-';
    struct fn_str body = negative ? (struct fn_str){w.p + 1, w.n - 1} : w;
    if (w.n == 0 || fn_str_eq(w, FN_STR("e")) || fn_str_eq(w, FN_STR("and"))) {
        return true;
    }
    int64_t by = multiplier(w);
    if (by != 0 && !(s->found && s->closed)) {
        if (!s->found || s->half) {
            s->value.digits = 1;
        }
        s->found = s->closed = true;
        s->scale = by >= 1000 ? by : 0;
        return scale_up(&s->value, s->half ? by / 2 : by);
    }
    s->half = !s->found && (fn_str_eq(w, FN_STR("meia")) || fn_str_eq(w, FN_STR("meio")));
    if (fn_str_eq(w, FN_STR("meio"))) {
        return true;
    }
    size_t tail = body.n;
    while (tail > 0 && !is_digit(body.p[tail - 1])) {
        tail--; /* "10k", "35anos" */
    }
    if (body.n > 0 && is_digit(body.p[0]) && parse_digits((struct fn_str){body.p, tail}, s->en, &d)) {
        if (s->found) {
            return false;
        }
        s->value = d;
        s->value.negative = negative;
        s->found = true;
        return tail == body.n || take_word(s, (struct fn_str){body.p + tail, body.n - tail});
    }
    if (find_word(w, &v)) {
        return take_number_word(s, v);
    }
    s->closed = s->found;
    s->scale = 0;
    s->others++;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool scan_number(struct fn_str text, struct fn_str loc, struct decimal *out)
{
    struct fn_buf folded;
    struct scan s = {.en = fsl_is_en(loc)};
    bool good = true;
    fn_buf_init(&folded, 400);
    fn_fold(&folded, text);
    for (size_t i = 0, words = 0; good && i < folded.n; words++) {
        size_t a = i;
        while (i < folded.n && !is_space(folded.p[i])) {
            i++;
        }
        good = words < WORDS_MAX && take_word(&s, strip_word((struct fn_str){folded.p + a, i - a}));
        while (i < folded.n && is_space(folded.p[i])) {
            i++;
        }
    }
    good = good && !folded.failed && s.found && s.others <= 5;
    good = good && !__builtin_add_overflow(s.value.digits, s.rest, &s.value.digits);
    fn_buf_fini(&folded);
    *out = s.value;
    return good;
}

bool fsl_read_int(struct fn_str text, struct fn_str loc, int64_t *out)
{
    struct decimal d;
    if (!scan_number(text, loc, &d)) {
        return false;
    }
    for (; d.decimals > 0; d.decimals--) {
        if (d.digits % 10 != 0) {
            return false; /* 2,5 is no whole number */
        }
        d.digits /= 10;
    }
    *out = d.negative ? -d.digits : d.digits;
    return true;
}

bool fsl_read_number(struct fn_str text, struct fn_str loc, double *out)
{
    struct decimal d;
    if (!scan_number(text, loc, &d)) {
        return false;
    }
    double v = (double)d.digits / pow(10, d.decimals);
    *out = d.negative ? -v : v;
    return true;
}

static size_t index_of(struct fn_str text, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; n <= text.n && i <= text.n - n; i++) {
        if (memcmp(text.p + i, word, n) == 0) {
            return i;
        }
    }
    return text.n;
}

/* "80 centavos", "30 reais e 50 centavos": the parts before and behind the name of the whole. */
static bool read_cents(struct fn_str folded, struct fn_str loc, int64_t *out)
{
    size_t cents = index_of(folded, "centavo"), whole = index_of(folded, "rea");
    int64_t reais = 0, small;
    if (whole < cents && !fsl_read_int((struct fn_str){folded.p, whole}, loc, &reais)) {
        return false;
    }
    size_t from = 0;
    for (size_t i = whole < cents ? whole : cents; i < cents; i++) {
        from = folded.p[i] == ' ' && from == 0 ? i : from;
    }
    return fsl_read_int((struct fn_str){folded.p + from, cents - from}, loc, &small) && small >= 0 && small < 100 &&
           !__builtin_mul_overflow(reais, 100, &reais) && !__builtin_add_overflow(reais, small, out);
}

bool fsl_read_money(struct fn_str text, struct fn_str currency, struct fn_str loc, int64_t *out)
{
    struct decimal d;
    (void)currency; /* every currency of the table has two decimals */
    struct fn_buf folded;
    fn_buf_init(&folded, 400);
    fn_fold(&folded, text);
    struct fn_str said = fn_buf_view(&folded);
    bool has_cents = !folded.failed && said.n > 0 && index_of(said, "centavo") < said.n;
    bool good = has_cents && read_cents(said, loc, out);
    fn_buf_fini(&folded);
    if (has_cents) {
        return good;
    }
    if (!scan_number(text, loc, &d)) {
        return false;
    }
    for (; d.decimals > 2; d.decimals--) {
        if (d.digits % 10 != 0) {
            return false;
        }
        d.digits /= 10;
    }
    for (; d.decimals < 2; d.decimals++) {
        if (!scale_up(&d, 10)) {
            return false;
        }
    }
    *out = d.negative ? -d.digits : d.digits;
    return true;
}
