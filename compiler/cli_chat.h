/* cli_chat.h: a conversation in memory as people read a chat: who, what, buttons and lists, the clock, stages, and the calls of models and
 * systems with what came back. For `funnelc test --verbose` and `funnelc run`. Appends to `out`; prints nothing itself.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CHAT_H
#define CLI_CHAT_H
#include "fbc_image.h"
#include "fn_buf.h"
#include "fn_diag.h"
#include "fn_json.h"

struct cli_chat {
    struct fn_buf *out;
    enum fn_lang lang;
    const struct fbc_image *image; /* time zone and locale */
    int64_t shown;                 /* the minute last written; 0 at first */
};
/* A line of its own whenever the clock moved by a minute or more. */
void cli_chat_clock(struct cli_chat *c, int64_t now);
/* The customer: a text, an option that was tapped, or a medium (JSON). */
void cli_chat_said(struct cli_chat *c, struct fn_str text, struct fn_str option, const struct fn_json *media);
/* An effect; `closed`: the 24-hour window is, and a say_or_template goes out as its template. */
void cli_chat_sent(struct cli_chat *c, enum fbc_host host, const struct fn_json *effect, bool closed);
void cli_chat_entered(struct cli_chat *c, struct fn_str stage);
void cli_chat_event(struct cli_chat *c, struct fn_str name, struct fn_str json);
void cli_chat_asked(struct cli_chat *c, enum fbc_host host, const struct fn_json *call);
void cli_chat_answered(struct cli_chat *c, bool present,
                       struct fn_str text); /* what came back to the call just asked */
void cli_chat_stopped(struct cli_chat *c, enum fbc_trap trap);

#endif
