/* test_fsl_show.c: values as people write them, in both languages.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsl_show.h"

#include "fsl_date.h"
#include "fsl_qr.h"
#include "fsl_text.h"
#include "unit.h"

static const struct fn_str pt = {"pt-BR", 5}, en = {"en", 2}, brl = {"BRL", 3}, sp = {"America/Sao_Paulo", 17};
static struct fn_buf b;

static struct fn_str shown(void)
{
    return fn_buf_view(&b);
}
#define SHOWS(call, text)               \
    do {                                \
        fn_buf_init(&b, 65536);         \
        call;                           \
        UNIT_ASSERT_STR(shown(), text); \
        fn_buf_fini(&b);                \
    } while (0)

static void test_numbers(void)
{
    SHOWS(fsl_show_int(&b, 1234567, pt), "1.234.567");
    SHOWS(fsl_show_int(&b, -1234, en), "-1,234");
    SHOWS(fsl_show_int(&b, INT64_MIN, pt), "-9.223.372.036.854.775.808");
    SHOWS(fsl_show_number(&b, 1234.5, pt), "1.234,5");
    SHOWS(fsl_show_number(&b, 0.1, pt), "0,1");
    SHOWS(fsl_show_number(&b, -0.0000001, pt), "0");
    SHOWS(fsl_show_number(&b, -0.5, en), "-0.5");
    SHOWS(fsl_show_number(&b, 3, pt), "3");
}

static void test_money(void)
{
    SHOWS(fsl_show_money(&b, 123456, brl, pt), "R$ 1.234,56");
    SHOWS(fsl_show_money(&b, 5, brl, pt), "R$ 0,05");
    SHOWS(fsl_show_money(&b, -100, brl, pt), "-R$ 1,00");
    SHOWS(fsl_show_money(&b, 123456, FN_STR("USD"), en), "US$ 1,234.56");
    SHOWS(fsl_show_money(&b, INT64_MIN, brl, pt), "-R$ 92.233.720.368.547.758,08");
}

static void test_phones(void)
{
    SHOWS(fsl_show_phone(&b, FN_STR("+5511987654321")), "(11) 98765-4321");
    SHOWS(fsl_show_phone(&b, FN_STR("+551132654321")), "(11) 3265-4321");
    SHOWS(fsl_show_phone(&b, FN_STR("+14155552671")), "+14155552671");
}

/* Monday 2026-03-02, 10:00 in Sao Paulo. */
static const int64_t monday = 1772456400000;
enum { HOUR = 3600000 };

static void test_moments(void)
{
    int64_t date = 0;
    CU_ASSERT(fsl_date_of(2026, 3, 2, &date));
    SHOWS(fsl_show_date(&b, date, pt), "02/03/2026");
    SHOWS(fsl_show_date(&b, date, en), "03/02/2026");
    SHOWS(fsl_show_datetime(&b, monday, sp, pt), "02/03/2026 10:00");
    SHOWS(fsl_show_datetime(&b, monday, sp, en), "03/02/2026 10:00 am");
    SHOWS(fsl_show_duration(&b, 2 * HOUR, pt), "2 horas");
    SHOWS(fsl_show_duration(&b, 25 * HOUR, pt), "1 dia e 1 hora");
    SHOWS(fsl_show_duration(&b, 0, en), "0 seconds");
    SHOWS(fsl_show_when(&b, monday + 4 * HOUR, monday, sp, pt), "hoje \xc3\xa0s 14h");
    SHOWS(fsl_show_when(&b, monday + 23 * HOUR, monday, sp, pt), "amanh\xc3\xa3 \xc3\xa0s 9h");
    SHOWS(fsl_show_when(&b, monday + 96 * HOUR + HOUR / 2, monday, sp, pt), "na sexta \xc3\xa0s 10h30");
    SHOWS(fsl_show_when(&b, monday + 240 * HOUR, monday, sp, en), "on 03/12 at 10:00 am");
    SHOWS(fsl_datetime_iso(&b, monday), "2026-03-02T13:00:00Z");
}

static void test_calendar(void)
{
    int64_t d = 0, utc = 0;
    CU_ASSERT_FALSE(fsl_date_of(2026, 2, 29, &d));
    CU_ASSERT(fsl_date_of(2024, 2, 29, &d));
    SHOWS(fsl_date_iso(&b, fsl_date_add_months(d, 12)), "2025-02-28");
    SHOWS(fsl_date_iso(&b, fsl_easter(2026)), "2026-04-05");
    SHOWS(fsl_date_iso(&b, fsl_easter(2024)), "2024-03-31");
    CU_ASSERT(fsl_date_parse(FN_STR("1970-01-01"), &d));
    CU_ASSERT_EQUAL(d, 0);
    CU_ASSERT_EQUAL(fsl_weekday(0), 3);
    CU_ASSERT(fsl_datetime_parse(FN_STR("2026-03-02T10:00:00-03:00"), FN_STR_NULL, &utc));
    CU_ASSERT_EQUAL(utc, monday);
    CU_ASSERT(fsl_datetime_parse(FN_STR("2026-03-02 10:00"), sp, &utc));
    CU_ASSERT_EQUAL(utc, monday);
    CU_ASSERT(fsl_datetime_parse(FN_STR("2026-07-01T00:00:00"), FN_STR("Europe/Lisbon"), &utc));
    SHOWS(fsl_datetime_iso(&b, utc), "2026-06-30T23:00:00Z");
    CU_ASSERT_FALSE(fsl_datetime_parse(FN_STR("2026-03-02T25:00:00Z"), sp, &utc));
    for (d = -800000; d < 3000000; d += 977) { /* split and join agree over all of time */
        struct fsl_ymd s = fsl_date_split(d);
        int64_t back = 0;
        CU_ASSERT(s.year < 1 || s.year > 9999 || (fsl_date_of(s.year, s.month, s.day, &back) && back == d));
    }
}

static void test_hours(void)
{
    static const struct fn_str closed[] = {{"2026-03-03", 10}};
    struct fsl_hours h = {sp, FN_STR("0 540 1080;1 540 1080;2 540 1080;3 540 1080;4 540 1080;5 540 780"), FN_STR("br"),
                          closed, 1};
    int64_t d = 0;
    CU_ASSERT(fsl_hours_open(&h, monday));
    CU_ASSERT_EQUAL(fsl_hours_opens(&h, monday), monday);
    CU_ASSERT_EQUAL(fsl_hours_closes(&h, monday), monday + 8 * HOUR);
    CU_ASSERT_FALSE(fsl_hours_open(&h, monday + 8 * HOUR));
    CU_ASSERT_EQUAL(fsl_hours_opens(&h, monday + 8 * HOUR),
                    monday + 47 * HOUR); /* Tuesday is closed: Wednesday at nine */
    CU_ASSERT(fsl_date_of(2026, 11, 20, &d));
    CU_ASSERT_PTR_NOT_NULL(fsl_br_holiday(d));
    CU_ASSERT(fsl_date_of(2023, 11, 20, &d));
    CU_ASSERT_PTR_NULL(fsl_br_holiday(d));
    h.rules = FN_STR_NULL;
    CU_ASSERT(fsl_hours_opens(&h, monday) > monday + 365LL * 24 * HOUR);
}

static void test_texts(void)
{
    SHOWS(fsl_upper(&b, FN_STR("a\xc3\xa7\xc3\xa3o")), "A\xc3\x87\xc3\x83O");
    SHOWS(fsl_lower(&b, FN_STR("\xc3\x81GUA")), "\xc3\xa1gua");
    SHOWS(fsl_replace(&b, FN_STR("a-b-c"), FN_STR("-"), FN_STR("--")), "a--b--c");
    SHOWS(fsl_mask(&b, FN_STR("Maria Souza")), "M***a S***a");
    SHOWS(fsl_url_encode(&b, FN_STR("a b/\xc3\xa7?")), "a%20b%2F%C3%A7%3F");
    CU_ASSERT(fsl_like(FN_STR("123.456.789-09"), FN_STR("###.###.###-##")));
    CU_ASSERT_FALSE(fsl_like(FN_STR("123.456.789-0"), FN_STR("###.###.###-##")));
    CU_ASSERT(fsl_like(FN_STR("pedido 12 de maio"), FN_STR("pedido*#*")));
    CU_ASSERT(fsl_like(FN_STR(""), FN_STR("*")));
    CU_ASSERT_EQUAL(fsl_find(FN_STR("a\xc3\xa7"
                                    "b"),
                             FN_STR("b")),
                    2);
    CU_ASSERT_EQUAL(fsl_find(FN_STR("abc"), FN_STR("x")), -1);
    UNIT_ASSERT_STR(fsl_slice(FN_STR("\xc3\xa7"
                                     "bcd"),
                              1, 2),
                    "bc");
}

/* The matrix of "01234567" at version 1: finder corners, dark module and a checksum that zbarimg has read (docs/evidence is not needed: any
 * reader of level M shows the text). */
static void test_qr(void)
{
    struct fsl_qr qr;
    char longest[FSL_QR_BYTES_MAX + 1];
    memset(longest, 'a', sizeof longest);
    CU_ASSERT(fsl_qr_make(FN_STR("01234567"), &qr));
    CU_ASSERT_EQUAL(qr.side, 21);
    CU_ASSERT(qr.dark[0][0] && qr.dark[0][20] && qr.dark[20][0] && qr.dark[13][8] && !qr.dark[7][7]);
    CU_ASSERT(fsl_qr_make((struct fn_str){longest, FSL_QR_BYTES_MAX}, &qr));
    CU_ASSERT_EQUAL(qr.side, 97);
    CU_ASSERT_FALSE(fsl_qr_make((struct fn_str){longest, FSL_QR_BYTES_MAX + 1}, &qr));
}

/* The same bytes everywhere and always; that they are a PNG of the code, tests/library reads. The longest fits into a text of the run. */
static void test_png(void)
{
    struct fsl_qr qr;
    struct fn_buf url;
    char longest[FSL_QR_BYTES_MAX];
    fn_buf_init(&url, 1 << 20);
    CU_ASSERT(fsl_qr_make(FN_STR("01234567"), &qr));
    fsl_qr_png_url(&url, &qr);
    CU_ASSERT_EQUAL(url.n, 4758);
    CU_ASSERT_EQUAL(fn_crc32c(url.p, url.n), 0xd09dd9a6);
    fn_buf_clear(&url);
    for (size_t i = 0; i < sizeof longest; i++) {
        longest[i] = (char)(i * 7 % 251);
    }
    CU_ASSERT(fsl_qr_make((struct fn_str){longest, sizeof longest}, &qr));
    fsl_qr_png_url(&url, &qr);
    CU_ASSERT(!url.failed && url.n < 40000);

    fn_buf_fini(&url);
}

UNIT_SUITE("fsl_show", {"numbers", test_numbers}, {"money", test_money}, {"phones", test_phones},
           {"moments", test_moments}, {"calendar", test_calendar}, {"opening hours", test_hours}, {"texts", test_texts},
           {"qr", test_qr}, {"png", test_png})
