/* read_number.c: ints, numbers and money out of what a customer typed.
 *
 * One scan: the text is split into words; exactly one of them (or one run of number words) must be a number, the rest must be few: "uns 20",
 * "2 mil", "R$ 1.234,56", "são 35 anos". Two numbers are no answer: guessing which one was meant would be worse than asking again. Nor is what
 * only sounds like one: "um monte", "mais de 10", "10+", "quase 30", "20 e poucos", or what is added to others: "eu e mais 3", "minha mãe e 2 filhos".
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
    int64_t unit;        /* what "e meia" halves: a dozen, a thousand; 0: one */
    bool and;            /* the word before was "e" */
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

/* "um e meio", "duas dúzias e meia", "um milhão e meio" */
static bool take_half_more(struct scan *s)
{
    if (s->unit > 1 && s->rest == 0) {
        s->rest = s->unit / 2;
        return s->unit % 2 == 0;
    }
    if (s->unit > 1 || s->value.decimals != 0 || s->value.digits >= INT64_MAX / 10 - 1) {
        return false;
    }
    s->value.digits = s->value.digits * 10 + 5;
    s->value.decimals = 1;
    s->closed = true;
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
    while (w.n > 0 && strchr("(\"'#", w.p[0]) != NULL) {
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
    if (w.n == 0) {
        return true;
    }
    bool and = s->and;
    s->and = fn_str_eq(w, FN_STR("e")) || fn_str_eq(w, FN_STR("and"));
    if (s->and) {
        return true;
    }
    if (and&&s->found &&
        (fn_str_eq(w, FN_STR("meia")) || fn_str_eq(w, FN_STR("meio")) || fn_str_eq(w, FN_STR("half")))) {
        return take_half_more(s);
    }
    bool added = and&&!s->found && s->others > 0; /* "eu e 3 amigos" are four */
    int64_t by = multiplier(w);
    if (by != 0 && !(s->found && s->closed)) {
        if (!s->found || s->half) {
            s->value.digits = 1;
        }
        s->found = s->closed = true;
        s->scale = by >= 1000 ? by : 0;
        s->unit = by;
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
        if (s->found && s->scale != 0 && !negative && d.decimals == 0 && tail == body.n) {
            return take_rest(s, d.digits); /* "2 mil e 500" */
        }
        if (s->found || added) {
            return false;
        }
        s->value = d;
        s->value.negative = negative;
        s->found = true;
        return tail == body.n || take_word(s, (struct fn_str){body.p + tail, body.n - tail});
    }
    if (find_word(w, &v)) {
        return !added && take_number_word(s, v);
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

/* The words of a text without the marks around them; more than there is room for: -1. */
static int split_words(struct fn_str text, struct fn_str *words)
{
    int n = 0;
    for (size_t i = 0; i < text.n;) {
        size_t a = i;
        while (i < text.n && !is_space(text.p[i])) {
            i++;
        }
        if (i > a && n == WORDS_MAX) {
            return -1;
        }
        if (i > a) {
            words[n++] = strip_word((struct fn_str){text.p + a, i - a});
        }
        i++;
    }
    return n;
}

static bool is_one_of(struct fn_str w, const char *const *table, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fn_str_eq(w, fn_str_c(table[i]))) {
            return true;
        }
    }
    return false;
}

/* "mais ou menos" says only that it is about so many. */
static bool is_about(const struct fn_str *w, int left)
{
    return left > 2 && fn_str_eq(w[0], FN_STR("mais")) && fn_str_eq(w[1], FN_STR("ou")) &&
           fn_str_eq(w[2], FN_STR("menos"));
}

/* A number that is said not to be the number: a bound, a range, or a crowd. */
static bool is_vague(const struct fn_str *w, int at, int n)
{
    static const char *const crowd[] = {"monte",  "montao", "bocado", "pouco", "pouca", "poucos",  "poucas", "punhado",
                                        "tantos", "tantas", "tanto",  "casal", "quase", "nem",     "entre",  "almost",
                                        "nearly", "few",    "lot",    "lots",  "bunch", "between", "several"};
    static const char *const bound[] = {"mais", "menos", "more", "less", "fewer"};
    static const char *const than[] = {"de", "do", "que", "than"};
    bool bounded = is_one_of(w[at], bound, FN_COUNT(bound)) &&
                   ((at + 1 < n && is_one_of(w[at + 1], than, FN_COUNT(than))) ||
                    (at > 0 && (fn_str_eq(w[at - 1], FN_STR("ou")) || fn_str_eq(w[at - 1], FN_STR("or")))));
    bool plus = w[at].n > 0 && w[at].p[w[at].n - 1] == '+'; /* "10+", "+ de 10" */
    bool added = at > 0 && fn_str_eq(w[at - 1], FN_STR("e")) && fn_str_eq(w[at], FN_STR("mais"));
    return bounded || plus || added || is_one_of(w[at], crowd, FN_COUNT(crowd));
}

static bool scan_number(struct fn_str text, struct fn_str loc, struct decimal *out)
{
    struct fn_buf folded;
    struct fn_str words[WORDS_MAX];
    struct scan s = {.en = fsl_is_en(loc)};
    fn_buf_init(&folded, 400);
    fn_fold(&folded, text);
    int n = split_words(fn_buf_view(&folded), words);
    bool good = n >= 0;
    for (int i = 0; good && i < n; i++) {
        if (is_about(words + i, n - i)) {
            i += 2;
            continue;
        }
        good = !is_vague(words, i, n) && take_word(&s, words[i]);
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

/* Reais said before [a, b) and cents said in it; both ends are of the same text. */
static bool join_cents(struct fn_str folded, size_t whole, size_t a, size_t b, struct fn_str loc, int64_t *out)
{
    int64_t reais, small;
    return a <= b && fsl_read_int((struct fn_str){folded.p, whole}, loc, &reais) && reais >= 0 &&
           fsl_read_int((struct fn_str){folded.p + a, b - a}, loc, &small) && small >= 0 && small < 100 &&
           !__builtin_mul_overflow(reais, 100, &reais) && !__builtin_add_overflow(reais, small, out);
}

/* Where the word "real", "reais" stands; text.n when nowhere. */
static size_t whole_word(struct fn_str text, size_t *end)
{
    size_t at = index_of(text, "reais"), one = index_of(text, "real");
    *end = at < text.n ? at + 5 : one + 4;
    return at < text.n ? at : one;
}

/* "80 centavos", "30 reais e 50 centavos", "R$ 10 e 50 centavos". A single run of words is cents alone: "vinte e cinco centavos". */
static bool read_cents(struct fn_str folded, struct fn_str loc, int64_t *out)
{
    size_t cents = index_of(folded, "centavo"), end, whole = whole_word(folded, &end), last = folded.n;
    if (whole < cents) {
        return join_cents(folded, whole, end, cents, loc, out);
    }
    if (fsl_read_int((struct fn_str){folded.p, cents}, loc, out) && *out >= 0 && *out < 100) {
        return true;
    }
    for (size_t i = 0; i + 3 <= cents; i++) {
        last = memcmp(folded.p + i, " e ", 3) == 0 ? i : last;
    }
    return last < cents && join_cents(folded, last, last + 3, cents, loc, out);
}

/* "dois reais e cinquenta": two figures of cents, so that nobody takes "2 reais e 5" for the wrong one. */
static bool read_spoken(struct fn_str folded, struct fn_str loc, int64_t *out)
{
    size_t end, whole = whole_word(folded, &end);
    int64_t small;
    bool spoken = whole < folded.n && folded.n > end + 3 && memcmp(folded.p + end, " e ", 3) == 0;
    return spoken && fsl_read_int((struct fn_str){folded.p + end, folded.n - end}, loc, &small) && small >= 10 &&
           join_cents(folded, whole, end, folded.n, loc, out);
}

/* A sum in another currency than the one that is asked for is none in it. */
static bool names_other(struct fn_str folded, struct fn_str currency)
{
    static const struct {
        const char *sign, *code;
    } table[] = {{"us$", "USD"},  {"dolar", "USD"}, {"dollar", "USD"},   {"usd", "USD"}, {"\xe2\x82\xac", "EUR"},
                 {"euro", "EUR"}, {"libra", "GBP"}, {"\xc2\xa3", "GBP"}, {"r$", "BRL"},  {"reais", "BRL"}};
    for (size_t i = 0; i < FN_COUNT(table); i++) {
        if (!fn_str_eq(currency, fn_str_c(table[i].code)) && index_of(folded, table[i].sign) < folded.n) {
            return true;
        }
    }
    return false;
}

bool fsl_read_money(struct fn_str text, struct fn_str currency, struct fn_str loc, int64_t *out)
{
    struct decimal d;
    struct fn_buf folded;
    fn_buf_init(&folded, 400);
    fn_fold(&folded, text);
    struct fn_str said = fn_buf_view(&folded);
    bool other = folded.failed || said.n == 0 || names_other(said, currency);
    bool has_cents = !other && index_of(said, "centavo") < said.n;
    bool good = !other && (has_cents ? read_cents(said, loc, out) : read_spoken(said, loc, out));
    fn_buf_fini(&folded);
    if (good || has_cents || other) {
        return good; /* every currency of the table has two decimals */
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
