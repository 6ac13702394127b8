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

/* -- yes and no ---------------------------------------------------------------------------------------------------------------- */

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

/* The bytes of a picture at the start of s: 0 when there is none. */
static size_t picture(struct fn_str s)
{
    bool four = s.n >= 4 && memcmp(s.p, "\xf0\x9f", 2) == 0;
    bool three = s.n >= 3 && (memcmp(s.p, "\xef\xb8\x8f", 3) == 0 || memcmp(s.p, "\xe2\x9c", 2) == 0 ||
                              memcmp(s.p, "\xe2\x9d", 2) == 0);
    return four ? 4 : three ? 3 : 0;
}

/* Signs become blanks, and so do pictures, but for those that say something: "sim, por favor 🙏" is "sim por favor". */
static void plain_words(struct fn_buf *out, struct fn_str in)
{
    static const char *const saying[] = {"\xf0\x9f\x91\x8d", "\xf0\x9f\x91\x8c", "\xf0\x9f\x91\x8e", "\xf0\x9f\xa4\x94",
                                         "\xe2\x9c\x85",     "\xe2\x9c\x94",     "\xe2\x9d\x8c"};
    for (size_t i = 0; i < in.n; i++) {
        struct fn_str drawn = {in.p + i, picture((struct fn_str){in.p + i, in.n - i})};
        if (drawn.n == 0) {
            fn_buf_char(out, strchr(",.;!", in.p[i]) != NULL && in.p[i] != '\0' ? ' ' : in.p[i]);
            continue;
        }
        fn_buf_char(out, ' ');
        fn_buf_str(out, in_table(drawn, saying, FN_COUNT(saying)) ? drawn : FN_STR_NULL);
        fn_buf_char(out, ' ');
        i += drawn.n - 1;
    }
}

/* Whole answers. */
static bool whole_bool(struct fn_str w, bool *out)
{
    static const char *const yes[] = {"s",
                                      "ss",
                                      "pode",
                                      "pode ser",
                                      "okay",
                                      "certo",
                                      "beleza",
                                      "blz",
                                      "uhum",
                                      "aham",
                                      "verdadeiro",
                                      "y",
                                      "yep",
                                      "yeah",
                                      "true",
                                      "por favor",
                                      "ta",
                                      "ta bom",
                                      "bora",
                                      "of course",
                                      "1",
                                      "sure",
                                      "\xf0\x9f\x91\x8d",
                                      "\xf0\x9f\x91\x8c",
                                      "\xe2\x9c\x85",
                                      "\xe2\x9c\x94"};
    static const char *const no[] = {
        "nn", "nem pensar",      "deixa pra la",     "falso",       "nope", "false", "no thanks", "nada", "2",
        "0",  "de jeito nenhum", "\xf0\x9f\x91\x8e", "\xe2\x9d\x8c"};
    *out = in_table(w, yes, FN_COUNT(yes));
    return *out || in_table(w, no, FN_COUNT(no));
}

static bool holds(struct fn_str text, const char *phrase)
{
    size_t n = strlen(phrase);
    for (size_t i = 0; i + n <= text.n; i++) {
        if (memcmp(text.p + i, phrase, n) == 0) {
            return true;
        }
    }
    return false;
}

/* Several words, every one of them known: "acho que sim", "não, pode deixar", "claro que não". A no outweighs a yes that only leads to it;
 * next to a plain yes it makes no answer, and so does any word that may change the meaning: "sim, mas não agora". */
static bool said_bool(struct fn_str text, bool *out)
{
    static const char *const plain[] = {
        "sim", "s", "ss", "yes", "\xf0\x9f\x91\x8d", "\xf0\x9f\x91\x8c", "\xe2\x9c\x85", "\xe2\x9c\x94"};
    static const char *const yes[] = {"claro",    "certeza", "isso",  "quero",   "pode",   "ok",       "confirmo",
                                      "positivo", "aceito",  "tenho", "manda",   "mandar", "fechado",  "bora",
                                      "gostaria", "vamos",   "exato", "correto", "certo",  "perfeito", "confirmado",
                                      "concordo", "vou",     "ctz",   "moro",    "sou",    "posso",    "consigo"};
    static const char *const no[] = {
        "nao", "n", "naum", "nunca", "jamais", "negativo", "no", "discordo", "\xf0\x9f\x91\x8e", "\xe2\x9d\x8c"};
    static const char *const rest[] = {
        "acho",    "que",     "por",    "favor",  "pf",     "pfv",     "obrigado", "obrigada", "obg",     "vlw",
        "valeu",   "e",       "eu",     "com",    "mesmo",  "muito",   "ser",      "deixar",   "agora",   "ainda",
        "precisa", "preciso", "la",     "ta",     "bom",    "meu",     "minha",    "esse",     "tudo",    "bem",
        "brigado", "brigada", "please", "thanks", "senhor", "senhora", "ai",       "hoje",     "enquanto"};
    bool has_plain = false, has_yes = false, has_no = false;
    static const char *const doubts[] = {"por que", "ser que", "nao tenho certeza"};
    for (size_t i = 0; i < FN_COUNT(doubts); i++) {
        if (holds(text, doubts[i])) {
            return false;
        }
    }
    for (size_t i = 0, a = 0; i <= text.n; i++) {
        if (i < text.n && text.p[i] != ' ') {
            continue;
        }
        struct fn_str w = {text.p + a, i - a};
        a = i + 1;
        bool is_plain = in_table(w, plain, FN_COUNT(plain)), is_yes = in_table(w, yes, FN_COUNT(yes));
        bool is_no = in_table(w, no, FN_COUNT(no));
        if (w.n > 0 && !is_plain && !is_yes && !is_no && !in_table(w, rest, FN_COUNT(rest))) {
            return false;
        }
        has_plain = has_plain || is_plain;
        has_yes = has_yes || is_yes;
        has_no = has_no || is_no;
    }
    *out = !has_no;
    return has_no ? !has_plain : has_plain || has_yes;
}

bool fsl_read_bool(struct fn_str text, struct fn_str loc, bool *out)
{
    struct fn_buf folded, plain, words;
    (void)loc; /* the two languages do not contradict each other here */
    fn_buf_init(&folded, FOLD_MAX);
    fn_buf_init(&plain, FOLD_MAX);
    fn_buf_init(&words, FOLD_MAX);
    fn_fold_phrase(&folded, text);
    plain_words(&words, fn_buf_view(&folded));
    fn_fold_phrase(&plain, fn_buf_view(&words));
    struct fn_str w = fn_buf_view(&plain);
    bool good = whole_bool(w, out) || said_bool(w, out);
    if (!good) {
        collapse_runs(&plain);
        w = fn_buf_view(&plain);
        good = whole_bool(w, out) || said_bool(w, out);
    }
    bool asks = text.n > 0 && memchr(text.p, '?', text.n) != NULL; /* "posso?" */
    good = good && !asks && !folded.failed && !words.failed && !plain.failed;
    fn_buf_fini(&folded);
    fn_buf_fini(&words);
    fn_buf_fini(&plain);
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

/* -- e-mail ------------------------------------------------------------------------------------------------------------------------ */

enum { SPOKEN_MAX = 24 };

/* What a sign of an address is called; 0 for other words. */
static char sign_word(struct fn_str w)
{
    static const struct {
        const char *word;
        char sign;
    } table[] = {{"arroba", '@'}, {"(arroba)", '@'},  {"@", '@'},          {"ponto", '.'},      {"pto", '.'},
                 {".", '.'},      {"underline", '_'}, {"underscore", '_'}, {"sublinhado", '_'}, {"traco", '-'},
                 {"hifen", '-'},  {"tracinho", '-'},  {"at", '@'},         {"dot", '.'}};
    for (size_t i = 0; i < FN_COUNT(table); i++) {
        if (fn_str_eq(w, fn_str_c(table[i].word))) {
            return table[i].sign;
        }
    }
    return 0;
}

/* Cuts into words; a word with "(arroba)" or "@" inside is cut there too. */
static size_t spoken_words(struct fn_str s, struct fn_str *words)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n && n < SPOKEN_MAX;) {
        size_t a = i;
        bool sign = fn_str_starts((struct fn_str){s.p + i, s.n - i}, FN_STR("(arroba)"));
        i += sign ? 8 : s.p[i] == '@' ? 1 : 0;
        while (i == a || (!sign && s.p[a] != '@')) {
            struct fn_str rest = {s.p + i, s.n - i};
            if (rest.n == 0 || is_blank(rest.p[0]) || rest.p[0] == '@' || fn_str_starts(rest, FN_STR("(arroba)"))) {
                break;
            }
            i++;
        }
        if (i > a) {
            words[n++] = (struct fn_str){s.p + a, i - a};
        } else {
            i++;
        }
    }
    return n;
}

/* "fulano ponto silva arroba gmail ponto com": the words that signs hold together around the one "arroba". What stands before them may only
 * be what people put before an address, and nothing stands behind. */
static bool read_spoken(struct fn_str folded, struct fn_buf *out)
{
    static const char *const before[] = {"meu", "email", "e-mail", "mail",    "e",       "eh",
                                         "o",   "a",     "segue",  "anota",   "pode",    "ser",
                                         "my",  "is",    "email:", "e-mail:", "endereco"};
    struct fn_str words[SPOKEN_MAX];
    size_t n = spoken_words(folded, words), at = n, signs = 0;
    for (size_t i = 0; i < n; i++) {
        at = sign_word(words[i]) == '@' ? i : at;
        signs += sign_word(words[i]) == '@';
    }
    if (signs != 1 || at == 0 || at + 1 >= n || n == SPOKEN_MAX) {
        return false;
    }
    size_t from = at - 1;
    while (from >= 2 && sign_word(words[from - 1]) != 0) {
        from -= 2;
    }
    for (size_t i = 0; i < from; i++) {
        if (!in_table(words[i], before, FN_COUNT(before))) {
            return false;
        }
    }
    for (size_t i = from; i < n; i++) {
        char sign = sign_word(words[i]);
        bool place_of_sign = (i - from) % 2 == 1;
        if (place_of_sign != (sign != 0)) {
            return false;
        }
        if (sign != 0) {
            fn_buf_char(out, sign);
        } else {
            fn_buf_str(out, words[i]);
        }
    }
    return (n - from) % 2 == 1;
}

static bool written_email(struct fn_str text, struct fn_buf *out);

bool fsl_read_email(struct fn_str text, struct fn_buf *out)
{
    struct fn_buf folded, address;
    if (written_email(text, out)) {
        return true;
    }
    fn_buf_init(&folded, FOLD_MAX);
    fn_buf_init(&address, FOLD_MAX);
    fn_fold(&folded, trim(text));
    bool good = !folded.failed && read_spoken(fn_buf_view(&folded), &address) && !address.failed &&
                written_email(fn_buf_view(&address), out);
    fn_buf_fini(&folded);
    fn_buf_fini(&address);
    return good;
}

/* The one word with an @ in it, without the marks people put around: "é bia@example.com." */
static bool written_email(struct fn_str text, struct fn_buf *out)
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
    struct fn_str s = trim(fsl_after_label(text));
    struct fn_buf low;
    fn_buf_clear(out);
    fn_buf_init(&low, FOLD_MAX);
    while (s.n > 0 && strchr(".,;:!", s.p[s.n - 1]) != NULL) {
        s.n--; /* the end of a sentence is none of the address */
    }
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
    static const char *const words[] = {
        "cpf", "cnpj", "cep",   "rg",      "meu",      "minha",  "o",        "a",       "e",     "eh",
        "is",  "my",   "num",   "n",       "no",       "numero", "telefone", "fone",    "tel",   "cel",
        "zap", "wpp",  "whats", "celular", "whatsapp", "phone",  "number",   "contato", "segue", "the",
        "ddd", "da",   "do",    "empresa", "loja",     "com",    "site",     "link",    "pagina"};
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

static bool has_digit(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9') {
            return true;
        }
    }
    return false;
}

struct fn_str fsl_before_note(struct fn_str text)
{
    static const char *const turns[] = {"nao", "ou", "nem", "errado", "antigo", "era",
                                        "not", "or", "old", "mas",    "but"};
    struct fn_buf folded;
    struct fn_str rest = trim(text);
    fn_buf_init(&folded, FOLD_MAX);
    for (;;) {
        size_t a = rest.n;
        while (a > 0 && !is_blank(rest.p[a - 1])) {
            a--;
        }
        struct fn_str w = {rest.p + a, rest.n - a};
        fn_buf_clear(&folded);
        fn_fold_phrase(&folded, w);
        if (a == 0 || has_digit(w) || folded.failed || in_table(fn_buf_view(&folded), turns, FN_COUNT(turns))) {
            break;
        }
        rest = trim((struct fn_str){rest.p, a});
    }
    bool turned = in_table(fn_buf_view(&folded), turns, FN_COUNT(turns));
    fn_buf_fini(&folded);
    while (!turned && rest.n > 0 && strchr(",;!", rest.p[rest.n - 1]) != NULL) {
        rest.n--;
    }
    return turned ? text : rest;
}

size_t fsl_mark_bytes(struct fn_str s, size_t at)
{
    const unsigned char *p = (const unsigned char *)s.p + at;
    if (s.n - at >= 2 && p[0] == 0xC2 && p[1] == 0xA0) {
        return 2;
    }
    bool three = s.n - at >= 3 && p[0] == 0xE2;
    bool mark =
        three && ((p[1] == 0x80 && p[2] >= 0x8B && p[2] <= 0x95) || (p[1] == 0x80 && p[2] >= 0xAA && p[2] <= 0xAF) ||
                  (p[1] == 0x81 && p[2] >= 0xA0 && p[2] <= 0xA9) || (p[1] == 0x88 && p[2] == 0x92));
    return mark ? 3 : 0;
}

/* Only digits and what people put between them. Returns the count, 0 when something else is there. */
static size_t phone_digits(struct fn_str s, char *digits, bool *plus)
{
    size_t n = 0, from = 0;
    while (from < s.n && fsl_mark_bytes(s, from) > 0) {
        from += fsl_mark_bytes(s, from);
    }
    *plus = from < s.n && s.p[from] == '+';
    for (size_t i = from + (*plus ? 1 : 0); i < s.n; i++) {
        bool carrier = n == 1 && digits[0] == '0' && (s.p[i] == 'x' || s.p[i] == 'X'); /* 0xx11: whichever carrier */
        size_t mark = fsl_mark_bytes(s, i);
        if (mark > 0) {
            i += mark - 1;
            continue;
        }
        if (s.p[i] >= '0' && s.p[i] <= '9') {
            if (n == PHONE_DIGITS_MAX) {
                return 0;
            }
            digits[n++] = s.p[i];
        } else if (!carrier && strchr(" ()-.\t", s.p[i]) == NULL) {
            return 0;
        }
    }
    return n;
}

/* Brazil: DDD 11..99 without zeros, mobile 9 + eight digits (the ninth digit is added when it is missing), landline eight from 2 to 5. */
static bool put_brazilian(struct fn_buf *out, const char *d, size_t n)
{
    bool mobile = n == 11 && d[2] == '9';
    bool old_mobile = n == 10 && d[2] >= '6' && d[2] <= '8'; /* with a 9 it more likely lacks a digit */
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
    size_t n = phone_digits(fsl_before_note(fsl_after_label(text)), digits, &plus);
    fn_buf_clear(out);
    if (!plus && n > 12 && memcmp(d, "0055", 4) == 0) {
        plus = true; /* 00 is how + is dialled */
        d += 2;
        n -= 2;
    }
    if (plus && !(n >= 2 && d[0] == '5' && d[1] == '5')) {
        fn_buf_printf(out, "+%s", d);
        return n >= 8 && d[0] != '0' && !out->failed;
    }
    if (n > 0 && d[0] == '0' && !fsl_is_en(loc)) {
        bool carrier = n == 14 && d[1] != '0'; /* 0 15 11 98765-4321 */
        d += carrier ? 3 : 1;                  /* trunk prefix: 011 98765-4321 */
        n -= carrier ? 3 : 1;
    } else if ((n == 12 || n == 13) && d[0] == '5' && d[1] == '5') {
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

/* "um", "dois", … "dez": the number, or 0. */
static size_t small_word(struct fn_str w)
{
    static const char *const names[][3] = {{"um", "uma", "one"},   {"dois", "duas", "two"}, {"tres", "", "three"},
                                           {"quatro", "", "four"}, {"cinco", "", "five"},   {"seis", "", "six"},
                                           {"sete", "", "seven"},  {"oito", "", "eight"},   {"nove", "", "nine"},
                                           {"dez", "", "ten"}};
    for (size_t i = 0; w.n > 0 && i < FN_COUNT(names); i++) {
        if (in_table(w, names[i], 3)) {
            return i + 1;
        }
    }
    return 0;
}

/* "2", "2.", "opção 2", "a 2", "número 3", "a segunda": one of the n. */
static int by_number(struct fn_str folded, size_t n)
{
    size_t value = 0, digits = 0;
    (void)(drop_lead(&folded, "a ") || drop_lead(&folded, "o ") || drop_lead(&folded, "the "));
    (void)(drop_lead(&folded, "opcao ") || drop_lead(&folded, "opcao: ") || drop_lead(&folded, "option "));
    (void)(drop_lead(&folded, "numero ") || drop_lead(&folded, "no ") || drop_lead(&folded, "number "));
    for (; digits < folded.n && digits < 4 && folded.p[digits] >= '0' && folded.p[digits] <= '9'; digits++) {
        value = value * 10 + (size_t)(folded.p[digits] - '0');
    }
    if (digits == 0) {
        size_t said = small_word(folded);
        return said == 0 ? by_ordinal(folded, n) : said <= n ? (int)said - 1 : -1;
    }
    bool ordinal = digits + 1 == folded.n && (folded.p[digits] == 'a' || folded.p[digits] == 'o'); /* "a 1ª" */
    return (digits == folded.n || ordinal) && value >= 1 && value <= n ? (int)value - 1 : -1;
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

static int by_words(struct fn_str folded, const struct fn_str *labels, size_t n)
{
    int at = by_label(folded, labels, n);
    return at >= 0 ? at : by_number(folded, n);
}

static bool drop_tail(struct fn_str *s, const char *tail)
{
    size_t n = strlen(tail);
    bool there = s->n > n && memcmp(s->p + s->n - n, tail, n) == 0;
    s->n -= there ? n : 0;
    return there;
}

/* Takes one of the words people put around a choice away: "quero …", "… por favor". A word that might change it ("não quero …") is none. */
static bool drop_around(struct fn_str *s)
{
    static const char *const leads[] = {"quero ",  "queria ", "prefiro ", "escolho ",  "gostaria de ", "vou querer ",
                                        "vou de ", "eu ",     "sim ",     "acho que ", "pode ser ",    "fico com ",
                                        "oi ",     "i want ", "a opcao ", "seria ",    "vou com ",     "opcao "};
    static const char *const tails[] = {" por favor", " pf",     " pfv",   " obrigado", " obrigada", " obg",
                                        " mesmo",     " please", " opcao", " option",   ","};
    for (size_t i = 0; i < FN_COUNT(leads); i++) {
        if (drop_lead(s, leads[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < FN_COUNT(tails); i++) {
        if (drop_tail(s, tails[i])) {
            return true;
        }
    }
    return false;
}

/* "1 - Ver preços": a number and its own label. */
static int by_both(struct fn_str folded, const struct fn_str *labels, size_t n)
{
    size_t digits = 0;
    while (digits < folded.n && digits < 3 && folded.p[digits] >= '0' && folded.p[digits] <= '9') {
        digits++;
    }
    size_t behind = digits;
    while (behind < folded.n && strchr(" -.):", folded.p[behind]) != NULL) {
        behind++;
    }
    if (digits == 0 || behind == digits || behind == folded.n) {
        return -1;
    }
    int number = by_number((struct fn_str){folded.p, digits}, n);
    return number == by_label((struct fn_str){folded.p + behind, folded.n - behind}, labels, n) ? number : -1;
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
    struct fn_str said = fn_buf_view(&folded);
    at = by_words(said, labels, n);
    at = at < 0 ? by_both(said, labels, n) : at;
    while (at < 0 && drop_around(&said)) {
        at = by_words(said, labels, n);
    }
    fn_buf_fini(&folded);
    return at;
}
