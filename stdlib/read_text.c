/* read_text.c: texts, e-mails, URLs, phones, yes/no and the options of a question out of what a customer typed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "fsl_read.h"
#include "fsl_show.h"

enum { FOLD_MAX = 2048, EMAIL_MAX = 254, PHONE_DIGITS_MAX = 15 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct fn_str trim(struct fn_str s)
{
    while (s.n > 0 && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_blank(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

bool fsl_read_text(struct fn_str text, size_t max_points, struct fn_buf *out)
{
    struct fn_str s = trim(text);
    fn_buf_clear(out);
    if (s.n == 0 || (max_points > 0 && fn_utf8_count(s) > max_points)) {
        return false;
    }
    fn_buf_str(out, s);
    return !out->failed;
}

static bool in_table(struct fn_str word, const char *const *table, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fn_str_eq(word, fn_str_c(table[i]))) {
            return true;
        }
    }
    return false;
}

/* "sim, por favor" is "sim por favor". */
static void drop_commas(struct fn_buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (b->p[i] != ',') {
            b->p[n++] = b->p[i];
        }
    }
    b->n = n;
}

/* "simmm" is "sim": one of each run of equal letters. */
static void collapse_runs(struct fn_buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (n == 0 || b->p[i] != b->p[n - 1]) {
            b->p[n++] = b->p[i];
        }
    }
    b->n = n;
}

bool fsl_read_bool(struct fn_str text, struct fn_str loc, bool *out)
{
    static const char *const yes[] = {"sim",         "s",
                                      "ss",          "claro",
                                      "com certeza", "isso",
                                      "isso mesmo",  "quero",
                                      "pode",        "pode ser",
                                      "ok",          "okay",
                                      "certo",       "beleza",
                                      "blz",         "uhum",
                                      "aham",        "positivo",
                                      "confirmo",    "verdadeiro",
                                      "yes",         "y",
                                      "yep",         "yeah",
                                      "sure",        "true",
                                      "of course",   "sim por favor",
                                      "sim quero",   "claro que sim",
                                      "quero sim",   "por favor",
                                      "ta bom",      "ta",
                                      "fechado",     "bora",
                                      "1",           "\xf0\x9f\x91\x8d"};
    static const char *const no[] = {"nao",
                                     "n",
                                     "nn",
                                     "naum",
                                     "nem pensar",
                                     "nao quero",
                                     "nao obrigado",
                                     "nao obrigada",
                                     "negativo",
                                     "nunca",
                                     "jamais",
                                     "falso",
                                     "no",
                                     "nope",
                                     "false",
                                     "no thanks",
                                     "agora nao",
                                     "ainda nao",
                                     "nada",
                                     "de jeito nenhum",
                                     "2",
                                     "0",
                                     "\xf0\x9f\x91\x8e"};
    struct fn_buf folded;
    (void)loc; /* the two languages do not contradict each other here */
    fn_buf_init(&folded, FOLD_MAX);
    fn_fold_phrase(&folded, text);
    drop_commas(&folded);
    struct fn_str w = fn_buf_view(&folded);
    bool is_yes = in_table(w, yes, FN_COUNT(yes)), is_no = in_table(w, no, FN_COUNT(no));
    if (!is_yes && !is_no) {
        collapse_runs(&folded);
        w = fn_buf_view(&folded);
        is_yes = in_table(w, yes, FN_COUNT(yes));
        is_no = in_table(w, no, FN_COUNT(no));
    }
    bool good = !folded.failed && is_yes != is_no;
    fn_buf_fini(&folded);
    *out = is_yes;
    return good;
}

static bool is_atom(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Dots only between other characters. */
static bool good_local(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool dot = s.p[i] == '.';
        if (dot ? i == 0 || i + 1 == s.n || s.p[i - 1] == '.'
                : !is_atom(s.p[i]) && strchr("!#$%&'*+/=?^_`{|}~-", s.p[i]) == NULL) {
            return false;
        }
    }
    return s.n > 0 && s.n <= 64;
}

/* Labels of letters, digits and inner hyphens; at least two; the last has two letters or more and no digit first. */
static bool good_domain(struct fn_str s)
{
    size_t label = 0, dots = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool edge = label == 0 || i + 1 == s.n || s.p[i + 1] == '.';
        if (c == '.' ? label == 0 : !is_atom(c) && (c != '-' || edge)) {
            return false;
        }
        dots += c == '.';
        label = c == '.' ? 0 : label + 1;
        if (label > 63) {
            return false;
        }
    }
    return dots > 0 && label >= 2 && !(s.p[s.n - label] >= '0' && s.p[s.n - label] <= '9');
}

static void put_lower(struct fn_buf *out, struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        fn_buf_char(out, s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i]);
    }
}

/* The one word with an @ in it, without the marks people put around: "é bia@example.com." */
bool fsl_read_email(struct fn_str text, struct fn_buf *out)
{
    struct fn_str s = trim(text), found = FN_STR_NULL;
    fn_buf_clear(out);
    for (size_t i = 0; i < s.n;) {
        size_t a = i;
        while (i < s.n && !is_blank(s.p[i])) {
            i++;
        }
        if (memchr(s.p + a, '@', i - a) != NULL) {
            if (found.n > 0) {
                return false;
            }
            found = (struct fn_str){s.p + a, i - a};
        }
        while (i < s.n && is_blank(s.p[i])) {
            i++;
        }
    }
    while (found.n > 0 && strchr(".,;:!?)>\"'", found.p[found.n - 1]) != NULL) {
        found.n--;
    }
    while (found.n > 0 && strchr("(<\"':", found.p[0]) != NULL) {
        found = (struct fn_str){found.p + 1, found.n - 1};
    }
    if (fn_str_starts(found, FN_STR("mailto:"))) {
        found = (struct fn_str){found.p + 7, found.n - 7};
    }
    const char *at = found.n > 0 ? memchr(found.p, '@', found.n) : NULL;
    if (at == NULL || found.n > EMAIL_MAX) {
        return false;
    }
    size_t local = (size_t)(at - found.p);
    struct fn_str domain = {at + 1, found.n - local - 1};
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): not empty, so it is somewhere */
    if (!good_local((struct fn_str){found.p, local}) || !good_domain(domain)) {
        return false;
    }
    put_lower(out, found);
    return !out->failed;
}

bool fsl_read_url(struct fn_str text, struct fn_buf *out)
{
    struct fn_str s = trim(text);
    struct fn_buf low;
    fn_buf_clear(out);
    fn_buf_init(&low, FOLD_MAX);
    put_lower(&low, s);
    size_t scheme = fn_str_starts(fn_buf_view(&low), FN_STR("https://"))  ? 8
                    : fn_str_starts(fn_buf_view(&low), FN_STR("http://")) ? 7
                                                                          : 0;
    size_t host = scheme;
    while (host < s.n && strchr("/?#:", s.p[host]) == NULL) {
        host++;
    }
    bool good = !low.failed && s.n > scheme && good_domain((struct fn_str){s.p + scheme, host - scheme});
    for (size_t i = 0; good && i < s.n; i++) {
        good = (unsigned char)s.p[i] > ' ' && s.p[i] != '"' && s.p[i] != '<' && s.p[i] != '>';
    }
    if (good) {
        fn_buf_z(out, scheme == 7 ? "http://" : "https://");
        put_lower(out, (struct fn_str){s.p + scheme, host - scheme});
        fn_buf_put(out, s.p + host, s.n - host);
    }
    fn_buf_fini(&low);
    return good && !out->failed;
}

/* The first word of s without the marks around it, folded; *end is where the word ends. */
static void first_word(struct fn_str s, struct fn_buf *folded, size_t *end)
{
    size_t at = 0;
    while (at < s.n && (is_blank(s.p[at]) || s.p[at] == ':')) {
        at++;
    }
    size_t from = at;
    while (at < s.n && !is_blank(s.p[at]) && s.p[at] != ':') {
        at++;
    }
    *end = at;
    fn_buf_clear(folded);
    fn_fold_phrase(folded, (struct fn_str){s.p + from, at - from});
}

struct fn_str fsl_after_label(struct fn_str text)
{
    static const char *const words[] = {"cpf",      "cnpj",  "cep",    "rg",      "meu",   "minha", "o",     "a",
                                        "e",        "eh",    "is",     "my",      "num",   "n",     "no",    "numero",
                                        "telefone", "fone",  "tel",    "cel",     "zap",   "wpp",   "whats", "celular",
                                        "whatsapp", "phone", "number", "contato", "segue", "the"};
    struct fn_buf folded;
    struct fn_str rest = trim(text);
    fn_buf_init(&folded, FOLD_MAX);
    for (size_t end = 0; rest.n > 0; rest = (struct fn_str){rest.p + end, rest.n - end}) {
        first_word(rest, &folded, &end);
        if (folded.failed || (folded.n > 0 && !in_table(fn_buf_view(&folded), words, FN_COUNT(words)))) {
            break;
        }
    }
    fn_buf_fini(&folded);
    while (rest.n > 0 && (is_blank(rest.p[0]) || rest.p[0] == ':')) {
        rest = (struct fn_str){rest.p + 1, rest.n - 1};
    }
    return rest.n > 0 ? rest : text;
}

/* Only digits and what people put between them. Returns the count, 0 when something else is there. */
static size_t phone_digits(struct fn_str s, char *digits, bool *plus)
{
    size_t n = 0;
    *plus = s.n > 0 && s.p[0] == '+';
    for (size_t i = *plus ? 1 : 0; i < s.n; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9') {
            if (n == PHONE_DIGITS_MAX) {
                return 0;
            }
            digits[n++] = s.p[i];
        } else if (strchr(" ()-.\t", s.p[i]) == NULL) {
            return 0;
        }
    }
    return n;
}

/* Brazil: DDD 11..99 without zeros, mobile 9 + eight digits (the ninth digit is added when it is missing), landline eight from 2 to 5. */
static bool put_brazilian(struct fn_buf *out, const char *d, size_t n)
{
    bool mobile = n == 11 && d[2] == '9';
    bool old_mobile = n == 10 && d[2] >= '6' && d[2] <= '9';
    bool landline = n == 10 && d[2] >= '2' && d[2] <= '5';
    if (d[0] < '1' || d[1] < '1' || (!mobile && !old_mobile && !landline)) {
        return false;
    }
    fn_buf_printf(out, "+55%.2s%s%.*s", d, old_mobile ? "9" : "", (int)(n - 2), d + 2);
    return !out->failed;
}

bool fsl_read_phone(struct fn_str text, struct fn_str loc, struct fn_buf *out)
{
    char digits[PHONE_DIGITS_MAX + 1] = {0};
    bool plus;
    const char *d = digits;
    size_t n = phone_digits(fsl_after_label(text), digits, &plus);
    fn_buf_clear(out);
    if (plus && !(n >= 2 && d[0] == '5' && d[1] == '5')) {
        fn_buf_printf(out, "+%s", digits);
        return n >= 8 && digits[0] != '0' && !out->failed;
    }
    if (n > 0 && d[0] == '0' && !fsl_is_en(loc)) {
        d++; /* trunk prefix: 011 98765-4321 */
        n--;
    }
    if ((n == 12 || n == 13) && d[0] == '5' && d[1] == '5') {
        d += 2;
        n -= 2;
    }
    return (n == 10 || n == 11) && put_brazilian(out, d, n);
}

/* -- options ------------------------------------------------------------------------------------------------------------------ */

static int by_id(struct fn_str id, const struct fn_str *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fn_str_eq(ids[i], id)) {
            return (int)i;
        }
    }
    return -1;
}

static bool drop_lead(struct fn_str *s, const char *lead)
{
    size_t n = strlen(lead);
    bool there = s->n > n && memcmp(s->p, lead, n) == 0;
    if (there) {
        *s = (struct fn_str){s->p + n, s->n - n};
    }
    return there;
}

/* "primeira", "second", "última": index, or -1. */
static int by_ordinal(struct fn_str w, size_t n)
{
    static const char *const stems[] = {"primeir", "segund", "terceir", "quart", "quint",
                                        "sext",    "setim",  "oitav",   "non",   "decim"};
    static const char *const english[] = {"first", "second", "third", "fourth", "fifth"};
    for (size_t i = 0; i < FN_COUNT(stems) && i < n; i++) {
        size_t stem = strlen(stems[i]);
        bool portuguese = w.n == stem + 1 && memcmp(w.p, stems[i], stem) == 0 && (w.p[stem] == 'a' || w.p[stem] == 'o');
        if (portuguese || (i < FN_COUNT(english) && fn_str_eq(w, fn_str_c(english[i])))) {
            return (int)i;
        }
    }
    bool last = fn_str_eq(w, FN_STR("ultima")) || fn_str_eq(w, FN_STR("ultimo")) || fn_str_eq(w, FN_STR("last"));
    return last && n > 0 ? (int)n - 1 : -1;
}

/* "2", "2.", "opção 2", "a 2", "número 3", "a segunda": one of the n. */
static int by_number(struct fn_str folded, size_t n)
{
    size_t value = 0, digits = 0;
    (void)(drop_lead(&folded, "a ") || drop_lead(&folded, "o ") || drop_lead(&folded, "the "));
    (void)(drop_lead(&folded, "opcao ") || drop_lead(&folded, "option "));
    (void)(drop_lead(&folded, "numero ") || drop_lead(&folded, "number "));
    for (; digits < folded.n && digits < 4 && folded.p[digits] >= '0' && folded.p[digits] <= '9'; digits++) {
        value = value * 10 + (size_t)(folded.p[digits] - '0');
    }
    if (digits == 0) {
        return by_ordinal(folded, n);
    }
    return digits == folded.n && value >= 1 && value <= n ? (int)value - 1 : -1;
}

/* Whole label first; else a prefix of at least three code points that fits exactly one. */
static int by_label(struct fn_str folded, const struct fn_str *labels, size_t n)
{
    int prefix = -1;
    size_t fits = 0;
    struct fn_buf label;
    fn_buf_init(&label, FOLD_MAX);
    for (size_t i = 0; i < n; i++) {
        fn_buf_clear(&label);
        fn_fold_phrase(&label, labels[i]);
        if (fn_str_eq(fn_buf_view(&label), folded) && folded.n > 0) {
            fn_buf_fini(&label);
            return (int)i;
        }
        if (fn_utf8_count(folded) >= 3 && fn_str_starts(fn_buf_view(&label), folded)) {
            prefix = (int)i;
            fits++;
        }
    }
    fn_buf_fini(&label);
    return fits == 1 ? prefix : -1;
}

int fsl_read_option(struct fn_str tapped, struct fn_str text, const struct fn_str *ids, const struct fn_str *labels,
                    size_t n)
{
    int at = tapped.n > 0 ? by_id(tapped, ids, n) : -1;
    struct fn_buf folded;
    if (at >= 0) {
        return at;
    }
    fn_buf_init(&folded, FOLD_MAX);
    fn_fold_phrase(&folded, text);
    at = by_label(fn_buf_view(&folded), labels, n);
    if (at < 0) {
        at = by_number(fn_buf_view(&folded), n);
    }
    fn_buf_fini(&folded);
    return at;
}
