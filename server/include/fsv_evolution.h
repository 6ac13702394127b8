/* fsv_evolution.h: the Evolution API v2 (2.3.0 to 2.4) in both directions, as pure functions: webhook bodies to items, effects to requests,
 * answers to verdicts. No I/O, no clock. Facts and versions: docs/channels.md.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_EVOLUTION_H
#define FSV_EVOLUTION_H
#include "fn_arena.h"
#include "fn_buf.h"
#include "fn_json.h"
#include "fsv_outcome.h"

/* -- who: identities ------------------------------------------------------------------------------------------------------------- */
enum fsv_jid_kind { FSV_JID_BAD, FSV_JID_PHONE, FSV_JID_LID, FSV_JID_CROWD /* group, broadcast, newsletter */ };
/* Classifies a WhatsApp id; out_user gets what stands before the server, without a device suffix (borrowed). */
enum fsv_jid_kind fsv_jid_read(struct fn_str jid, struct fn_str *out_user);
/* The key under which a phone number is one contact: Brazilian mobiles with their ninth digit, which WhatsApp's record may lack, others as
 * they are. In the arena. */
struct fn_str fsv_phone_key(struct fn_arena *arena, struct fn_str digits);

/* -- in: webhook bodies ---------------------------------------------------------------------------------------------------------- */
enum fsv_evo_kind {
#define FSV_EVO(NAME, word, meaning) FSV_EVO_##NAME,
#include "evolution_kinds.def"
#undef FSV_EVO
    FSV_EVO_KINDS
};
enum fsv_evo_status {
    FSV_EVO_NO_STATUS,
    FSV_EVO_ERROR,
    FSV_EVO_PENDING,
    FSV_EVO_SERVER_ACK,
    FSV_EVO_DELIVERED,
    FSV_EVO_READ
};

struct fsv_evo_item {
    enum fsv_evo_kind kind;
    struct fn_str contact; /* canonical key: "55119...", or "lid:..." when no phone is known */
    struct fn_str phone;   /* digits as WhatsApp records them; may be empty */
    struct fn_str lid;     /* digits; may be empty */
    struct fn_str address; /* what to give sendText as number: phone digits or "...@lid" */
    struct fn_str name;    /* pushName; may be empty */
    struct fn_str id;      /* of the message; for STATUS the message it is about */
    struct fn_str dedupe;  /* instance|remoteJid|fromMe|id */
    int64_t at_ms;         /* the provider's time, 0 when it gave none */
    struct fn_str text;    /* what was written; the caption of media; the emoji of a reaction */
    struct fn_str option;  /* id of the button or row that was tapped */
    struct fn_str
        media; /* JSON {"kind","mime","url","name","voice"} or {"kind":"location","lat","lon",...}; empty: none */
    struct fn_str quoted; /* id of the message answered to */
    enum fsv_evo_status status;
    struct fn_str state; /* CONNECTION: open, connecting, close */
    int64_t reason;      /* CONNECTION: statusReason, 401 = logged out */
    const char *why;     /* IGNORED */
};
struct fsv_evo_batch {
    struct fn_str event, instance;
    struct fsv_evo_item *items;
    size_t n;
};
enum {
    FSV_EVO_ITEMS_MAX = 256,
    FSV_EVO_UNWRAP_MAX = 8,
    FSV_EVO_ID_MAX = 100,
    FSV_EVO_NAME_MAX = 100 /* code points */
};
/* All strings are in the arena, valid UTF-8 without NUL; the body's apikey is in none of them. FN_INVALID: not JSON, or no event and
 * instance in it. FN_LIMIT: more than FSV_EVO_ITEMS_MAX items of an event we use. FN_NO_MEMORY. */
FN_MUST_USE enum fn_code fsv_evo_parse(struct fn_arena *arena, struct fn_str body, struct fsv_evo_batch *out,
                                       struct fn_err *err);
const char *fsv_evo_kind_name(enum fsv_evo_kind kind);

/* -- out: effects ---------------------------------------------------------------------------------------------------------------- */
enum fsv_evo_choose { FSV_CHOOSE_TEXT, FSV_CHOOSE_BUTTONS /* buttons up to three, a list above */ };
struct fsv_evo_request {
    struct fn_buf path; /* "/message/sendText/INSTANCE", percent-encoded */
    struct fn_buf body; /* JSON */
};
void fsv_evo_request_init(struct fsv_evo_request *r);
void fsv_evo_request_fini(struct fsv_evo_request *r);
/* What is to be sent: `host` as hosts.def names it, `effect` the JSON of fvm_request_json. */
struct fsv_evo_effect {
    struct fn_str instance, address, host, last_ref;
    const struct fn_json *args;
    enum fsv_evo_choose choose;
};
/* FN_UNSUPPORTED: Evolution cannot do this; FN_INVALID: the effect is malformed. */
FN_MUST_USE enum fn_code fsv_evo_build(struct fsv_evo_request *out, const struct fsv_evo_effect *effect,
                                       struct fn_err *err);
/* Asks for the bytes of a media message, as {"base64"}. */
void fsv_evo_build_fetch(struct fsv_evo_request *out, const struct fsv_evo_effect *effect, struct fn_str id);
/* Whether an effect of unknown outcome arrived: asks for a page, from 1, of the business's own messages in the chat, newest first. */
void fsv_evo_build_query(struct fsv_evo_request *out, const struct fsv_evo_effect *effect, unsigned page);
struct fsv_evo_search {
    struct fn_str address, text;
    int64_t since_ms;           /* nothing before this, by the provider's clock, is ours */
    const struct fn_str *known; /* ids of other messages */
    size_t n_known;
    struct fn_str before; /* id of what was said last before it: nothing older is asked for. Empty: not known */
    struct fn_str id;     /* out: SENT */
    bool more;            /* out: not here, and the next page may have it */
};
/* Whether that answer holds our message: same text, from us, none of the known, not too old. SENT, REFUSED: it is not there, UNKNOWN: also when
 * it is not there under an @lid address, because Evolution files what went to one under the phone, or when it has
 * not kept what was told before either. NOT_SENT: nobody looked (no answer, 5xx of Evolution
 * or of the proxy before it, 408, 429): to be asked again. */
enum fsv_verdict fsv_evo_find(struct fn_arena *arena, const struct fsv_outcome *outcome, struct fsv_evo_search *search);
/* The text that goes out for an effect (choose as numbered text); empty when it is none of text. */
void fsv_evo_text(struct fn_buf *out, struct fn_str host, const struct fn_json *args);

/* Classifies by the body first, then by the status (protocols: Evolution's statuses are unreliable). out_id: the message's id on SENT, in the
 * arena. why: a few words for the log, static. */
enum fsv_verdict fsv_evo_classify(struct fn_arena *arena, const struct fsv_outcome *outcome, struct fn_str *out_id,
                                  const char **why);

#endif
