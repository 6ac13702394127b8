/* fsv_ai.h: OpenAI-compatible chat completions as pure functions: a host call to a request body, an answer to a result. What the model says is
 * data: it is checked against what was asked for, and anything else is "no result", which the program meets in its `failed` branch.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_AI_H
#define FSV_AI_H
#include "fn_buf.h"
#include "fn_json.h"
#include "fsv_outcome.h"

enum { FSV_AI_INPUT_POINTS = 4000 };
/* host: classify, extract or write, with the arguments of hosts.def. FN_UNSUPPORTED: another host; FN_INVALID: malformed arguments. */
FN_MUST_USE enum fn_code fsv_ai_build(struct fn_buf *out, struct fn_str model, struct fn_str host,
                                      const struct fn_json *args, struct fn_err *err);
struct fsv_ai_answer {
    enum fsv_verdict verdict; /* SENT: the service answered for good, with or without a result */
    bool present;
    struct fn_str result;   /* classify: the index in digits; extract: JSON; write: text */
    int64_t retry_after_ms; /* 0: not said, or unreasonable */
    const char *why;        /* static */
    int64_t tokens_in, tokens_out;
};
void fsv_ai_read(struct fn_arena *arena, const struct fsv_outcome *outcome, struct fn_str host,
                 const struct fn_json *args, struct fsv_ai_answer *out);

#endif
