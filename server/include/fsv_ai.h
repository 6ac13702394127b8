/* fsv_ai.h: OpenAI-compatible chat completions as pure functions: a host call to a request body, an answer to a result. What the model says is
 * data: it is checked against what was asked for, and anything else is "no result", which the program meets in its `failed` branch.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_AI_H
#define FSV_AI_H
#include "fn_buf.h"
#include "fn_json.h"
#include "fsv_outcome.h"

enum { FSV_AI_INPUT_POINTS = 4000, FSV_AI_REMEMBER = 20, FSV_AI_REMEMBER_MAX = 40 };
/* host: classify, extract or write, with the arguments of hosts.def and, when an agent does it, "with": its model and instructions. FN_UNSUPPORTED: another host; FN_INVALID: malformed arguments. */
FN_MUST_USE enum fn_code fsv_ai_build(struct fn_buf *out, struct fn_str model, struct fn_str host,
                                      const struct fn_json *args, struct fn_err *err);
struct fsv_ai_answer {
    enum fsv_verdict verdict; /* SENT: the service answered for good, with or without a result */
    bool present;
    struct fn_str result;   /* classify: the index in digits; extract: JSON; write: text */
    int64_t retry_after_ms; /* 0: not said, or unreasonable */
    const char *why;        /* static */
    int64_t tokens_in, tokens_out;
    bool account; /* the account cannot pay or is refused: people must look */
};
/* at: when the effect was made (talk). */
void fsv_ai_read(struct fn_arena *arena, const struct fsv_outcome *outcome, struct fn_str host,
                 const struct fn_json *args, int64_t at, struct fsv_ai_answer *out);

/* -- one round of `talk` ---------------------------------------------------------------------------------------------------------- */
struct fsv_ai_talk {
    const struct fn_json *args, *with;    /* the call and its agent */
    const struct fn_json *trail, *result; /* of the rounds before in this turn; NULL: the first */
    struct fn_str message;
    int64_t at;      /* when the first round began, 0: this is it; what was logged later is in the trail */
    size_t remember; /* messages of the past the model is to see */
};
struct fsv_ai_line { /* of the past, oldest first */
    bool own;        /* the business said it */
    struct fn_str text;
};
void fsv_ai_talk_read(struct fn_arena *arena, const struct fn_json *args, struct fsv_ai_talk *out);
FN_MUST_USE enum fn_code fsv_ai_talk_build(struct fn_buf *out, struct fn_arena *arena, struct fn_str model,
                                           const struct fsv_ai_talk *talk, const struct fsv_ai_line *history, size_t n,
                                           struct fn_err *err);
/* From the message of a choice that ended well. at: when this round's effect was made. Fills in present, result, why. */
void fsv_ai_talk_answer(struct fn_arena *arena, const struct fn_json *message, const struct fsv_ai_talk *talk,
                        int64_t at, struct fsv_ai_answer *out);

/* -- transcribe --------------------------------------------------------------------------------------------------------------------- */
#define FSV_AI_VOICE_MODEL "gpt-4o-mini-transcribe"
/* The multipart body, from Evolution's answer with "base64". FN_INVALID: no media in it; FN_LIMIT: too large for out. */
FN_MUST_USE enum fn_code fsv_ai_voice_build(struct fn_buf *out, struct fn_arena *arena, struct fn_str media_answer,
                                            struct fn_str boundary, struct fn_err *err);
void fsv_ai_voice_answer(const struct fn_json *root, struct fsv_ai_answer *out);

#endif
