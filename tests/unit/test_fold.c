/* test_fold.c: folding and composition: single cases by hand, then the whole behaviour by checksum. The checksums come
 * from Python's unicodedata (base/tools/unicode_tables.py --sums), which is the oracle, not from our tables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "unit.h"

typedef void transform_fn(struct fn_buf *out, struct fn_str s);

static void check(transform_fn *transform, const char *in, const char *want)
{
    struct fn_buf out;
    fn_buf_init(&out, 4096);
    transform(&out, fn_str_c(in));
    UNIT_ASSERT_STR(fn_buf_view(&out), want);
    fn_buf_fini(&out);
}

static void test_fold(void)
{
    check(fn_fold, "Orçamento", "orcamento");
    check(fn_fold, "Orc\u0327amento", "orcamento");
    check(fn_fold, "NÃO É AÇÃO", "nao e acao");
    check(fn_fold, "“d’água”", "\"d'agua\"");
    check(fn_fold, "Ｏｌá", "ola");
    check(fn_fold, "𝓞𝓲 Ⓞⓘ", "oi oi");
    check(fn_fold, "Straße ÆØŁĐ", "strasse aeold");
    check(fn_fold, "ΆΣΟΦΌΣ ς", "ασοφοσ σ");
    check(fn_fold, "Ёлка Й", "елка и");
    check(fn_fold, "İI ı", "ii i");
    check(fn_fold, "1º 2ª", "1o 2a");
    check(fn_fold, "한국 を が", "한국 を が");
    check(fn_fold, "\xC3\u0301\xA9", "\uFFFD\uFFFD");
    check(fn_fold, "", "");
}

static void test_phrase(void)
{
    check(fn_fold_phrase, "  Olá,   tudo\tbem?!  ", "ola, tudo bem");
    check(fn_fold_phrase, "*Sim*", "sim");
    check(fn_fold_phrase, "¿Sí?", "si");
    check(fn_fold_phrase, "…quero…", "quero");
    check(fn_fold_phrase, "❤️", "❤");
    check(fn_fold_phrase, "\u00a0oi\u2003\u3000gente\u200b", "oi gente");
    check(fn_fold_phrase, " ?! ", "?!");
    check(fn_fold_phrase, "50%", "50%");
    check(fn_fold_phrase, "C++", "c++");
    check(fn_fold_phrase, "R$ 10,00.", "r$ 10,00");
    check(fn_fold_phrase, "   ", "");
    check(fn_fold_phrase, "", "");
}

static void test_phrase_appends(void)
{
    struct fn_buf out;
    fn_buf_init(&out, 64);
    fn_buf_z(&out, "  .");
    fn_fold_phrase(&out, FN_STR(" .A. "));
    UNIT_ASSERT_STR(fn_buf_view(&out), "  .a");
    fn_buf_fini(&out);
}

static void test_nfc(void)
{
    check(fn_utf8_nfc, "Joa\u0303o", "João");
    check(fn_utf8_nfc, "João", "João");
    check(fn_utf8_nfc, "Viê\u0323t", "Việt");
    check(fn_utf8_nfc, "e\u0323\u0302 e\u0302\u0323", "ệ ệ");
    check(fn_utf8_nfc, "\u212b \u2126", "Å Ω");
    check(fn_utf8_nfc, "и\u0306", "й");
    check(fn_utf8_nfc, "\u0301a", "\u0301a");
    check(fn_utf8_nfc, "a\u0591\u0300", "à\u0591");
    check(fn_utf8_nfc,
          "\xff"
          "a\u0301",
          "\xff"
          "á");
}

/* A thousand marks on one letter: nothing lost, bounded work. */
static void test_nfc_many_marks(void)
{
    struct fn_buf in, out;
    fn_buf_init(&in, 4096);
    fn_buf_init(&out, 4096);
    fn_buf_z(&in, "q");
    for (int i = 0; i < 1000; i++) {
        fn_buf_z(&in, i % 2 != 0 ? "\u0301" : "\u0323");
    }
    fn_utf8_nfc(&out, fn_buf_view(&in));
    CU_ASSERT_EQUAL(out.n, in.n);
    CU_ASSERT(fn_utf8_valid(fn_buf_view(&out)));
    fn_buf_fini(&in);
    fn_buf_fini(&out);
}

static void put_cp(struct fn_buf *b, int32_t cp)
{
    char bytes[4];
    fn_buf_put(b, bytes, fn_utf8_encode(cp, bytes));
}

static void fold_again(const struct fn_buf *all)
{
    struct fn_buf again;
    fn_buf_init(&again, all->max);
    fn_fold(&again, fn_buf_view(all));
    CU_ASSERT(fn_str_eq(fn_buf_view(all), fn_buf_view(&again)));
    fn_buf_fini(&again);
}

static void test_fold_all(void)
{
    struct fn_buf one, all;
    fn_buf_init(&one, 16);
    fn_buf_init(&all, 16 << 20);
    for (int32_t cp = 1; cp <= 0x10FFFF; cp = cp == 0xD7FF ? 0xE000 : cp + 1) {
        fn_buf_clear(&one);
        put_cp(&one, cp);
        fn_fold(&all, fn_buf_view(&one));
        fn_buf_char(&all, '\n');
    }
    CU_ASSERT_FALSE(all.failed);
    CU_ASSERT_EQUAL(fn_crc32c(all.p, all.n), 0xD5DDD39Au);
    fold_again(&all);
    fn_buf_fini(&one);
    fn_buf_fini(&all);
}

static const int32_t marks[] = {0,     0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307, 0x308, 0x30C,
                                0x31B, 0x323, 0x327, 0x328, 0x32D, 0x340, 0x342, 0x344, 0x345};

static void nfc_all_marks(struct fn_buf *all, struct fn_buf *one, int32_t letter)
{
    for (size_t i = 0; i < FN_COUNT(marks); i++) {
        for (size_t j = 1; j < FN_COUNT(marks); j++) {
            fn_buf_clear(one);
            put_cp(one, letter);
            if (i != 0) {
                put_cp(one, marks[i]);
            }
            put_cp(one, marks[j]);
            fn_utf8_nfc(all, fn_buf_view(one));
            fn_buf_char(all, '\n');
        }
    }
}

static void test_nfc_all(void)
{
    struct fn_buf one, all;
    fn_buf_init(&one, 16);
    fn_buf_init(&all, 32 << 20);
    for (int32_t letter = 1; letter < 0x2000; letter = letter == 0x52F ? 0x1E00 : letter + 1) {
        nfc_all_marks(&all, &one, letter);
    }
    CU_ASSERT_FALSE(all.failed);
    CU_ASSERT_EQUAL(fn_crc32c(all.p, all.n), 0x1267B78Eu);
    fn_buf_fini(&one);
    fn_buf_fini(&all);
}

UNIT_SUITE("fold", {"fold", test_fold}, {"phrase", test_phrase}, {"phrase appends", test_phrase_appends},
           {"nfc", test_nfc}, {"nfc: many marks", test_nfc_many_marks}, {"fold: every code point", test_fold_all},
           {"nfc: letters and marks", test_nfc_all})
