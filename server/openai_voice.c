/* openai_voice.c: a voice note to its text. Pure: Evolution's base64 answer -> multipart body -> the service's answer.
 * The service judges a file by its name, so it is always voice.ogg. A body that is not base64, empty or too large is "no result".
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_ai.h"

#include "fn_utf8.h"

static int sextet(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* False: not base64. */
static bool put_decoded(struct fn_buf *out, struct fn_str text)
{
    uint32_t bits = 0;
    unsigned held = 0;
    while (text.n > 0 && text.p[text.n - 1] == '=') {
        text.n--;
    }
    for (size_t i = 0; i < text.n; i++) {
        int six = sextet(text.p[i]);
        if (six < 0) {
            return false;
        }
        bits = (bits << 6 | (uint32_t)six) & 0xffffu;
        held += 6;
        if (held >= 8) {
            held -= 8;
            fn_buf_char(out, (char)(unsigned char)(bits >> held & 0xffu));
        }
    }
    return text.n > 0 && text.n % 4 != 1;
}

enum fn_code fsv_ai_voice_build(struct fn_buf *out, struct fn_arena *arena, struct fn_str media_answer,
                                struct fn_str boundary, struct fn_err *err)
{
    const struct fn_json *root = NULL;
    if (fn_json_parse(arena, media_answer, FN_JSON_REPAIR | FN_JSON_ALLOW_DUPLICATES, &root, NULL) != FN_OK) {
        return fn_fail(err, FN_INVALID, "the voice note is no JSON");
    }
    fn_buf_printf(out, "--%.*s\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n%s\r\n", FN_STR_ARG(boundary),
                  FSV_AI_VOICE_MODEL);
    fn_buf_printf(out,
                  "--%.*s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"voice.ogg\"\r\n"
                  "Content-Type: audio/ogg\r\n\r\n",
                  FN_STR_ARG(boundary));
    bool good = put_decoded(out, fn_json_str(fn_json_get(root, "base64")));
    fn_buf_printf(out, "\r\n--%.*s--\r\n", FN_STR_ARG(boundary));
    return !good         ? fn_fail(err, FN_INVALID, "the voice note is not there")
           : out->failed ? fn_fail(err, FN_LIMIT, "the voice note is too large")
                         : FN_OK;
}

void fsv_ai_voice_answer(const struct fn_json *root, struct fsv_ai_answer *out)
{
    struct fn_str text = fn_json_str(fn_json_get(root, "text"));
    text.n = fn_utf8_cut(text, FSV_AI_INPUT_POINTS);
    out->present = text.n > 0;
    out->result = text;
    out->why = out->present ? "answered" : "the transcription is empty";
}
