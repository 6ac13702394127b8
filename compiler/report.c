/* report.c: the figures of a checked program, told.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fcc_report.h"

#include "fbc_image.h"

#include "report_text.h"

static const char *const texts[TEXT_COUNT][2] = {
#define FCC_TEXT(NAME, pt, en) {pt, en},
#include "report_texts.def"
#undef FCC_TEXT
};

void report_text(struct fn_buf *out, enum report_text text, enum fn_lang lang, uint64_t n, struct fn_str a,
                 struct fn_str b)
{
    for (const char *p = texts[text][lang == FN_EN]; *p != '\0'; p++) {
        bool hole = p[0] == '{' && p[1] != '\0' && p[2] == '}';
        if (!hole) {
            fn_buf_char(out, *p);
            continue;
        }
        if (p[1] == 'n') {
            fn_buf_printf(out, "%llu", (unsigned long long)n);
        } else {
            fn_buf_str(out, p[1] == 'a' ? a : b);
        }
        p += 2;
    }
}

static void line(struct fn_buf *out, enum report_text text, enum fn_lang lang, uint64_t n)
{
    report_text(out, text, lang, n, FN_STR_NULL, FN_STR_NULL);
    fn_buf_char(out, '\n');
}

void fcc_report_print(struct fn_buf *out, const struct fcc_program *p, enum fn_lang lang)
{
    bool open = p->ai_calls_conversation == UINT32_MAX;
    line(out, TEXT_AI_TURN, lang, p->ai_calls_turn);
    line(out, open ? TEXT_AI_CONVERSATION_OPEN : TEXT_AI_CONVERSATION, lang, p->ai_calls_conversation);
    line(out, TEXT_MESSAGES_TURN, lang, p->messages_turn);
    line(out, TEXT_BYTES, lang, p->suspended_bytes);
    if (p->suspended_bytes > FBC_SAVE_DEFAULT) {
        line(out, TEXT_BYTES_OVER, lang, FBC_SAVE_DEFAULT);
    }
}

void fcc_report_json(struct fn_buf *out, const struct fcc_program *p)
{
    fn_buf_printf(out, "{\"ai_calls_turn\":%u,\"ai_calls_conversation\":", p->ai_calls_turn);
    if (p->ai_calls_conversation == UINT32_MAX) {
        fn_buf_z(out, "null");
    } else {
        fn_buf_printf(out, "%u", p->ai_calls_conversation);
    }
    fn_buf_printf(out, ",\"messages_turn\":%u,\"suspended_bytes\":%llu}", p->messages_turn,
                  (unsigned long long)p->suspended_bytes);
}
