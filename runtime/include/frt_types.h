/* frt_types.h: the rows of durable execution, as the engine, the stores and the server speak of them.
 *
 * All times are milliseconds UTC. Texts are borrowed: from the caller inside an operation that is under way, from the operation's arena in
 * its answer. A conversation is the mailbox of one contact on one channel; it exists before any program runs in it, and at most one does.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FRT_TYPES_H
#define FRT_TYPES_H
#include "fbc_op.h"

#define FRT_NEVER INT64_MAX /* an instant that does not come: no timer, a parked row */
enum {
    FRT_SHARDS = 1024,
    FRT_ALIASES = 4,
    FRT_HASH = 32,
    FRT_DEDUPE_DAYS = 8,
    FRT_DEDUPE_MAX = 256,   /* bytes of a dedupe key or alias */
    FRT_ROWS_MAX = 64,      /* mailbox rows a turn looks at */
    FRT_BACKLOG_MAX = 1000, /* rows of a mailbox; beyond it events are shed, messages never */
    FRT_EFFECTS_MAX = 200   /* of a turn; index 255 is the wait's timer */
};

struct frt_key {
    int64_t tenant, conv;
};
uint16_t frt_shard(int64_t tenant, int64_t conv);
/* Ids derived from a turn: repeating the insert is a no-op, and cancelling names the row exactly. */
#define FRT_DERIVED ((int64_t)1 << 62)
static inline int64_t frt_effect_id(int64_t seq, unsigned index)
{
    return (int64_t)(((uint64_t)seq << 8) | (index & 255u));
}
static inline int64_t frt_timer_row(int64_t seq)
{
    return FRT_DERIVED | frt_effect_id(seq, 255);
}
static inline int64_t frt_result_row(int64_t effect)
{
    return FRT_DERIVED | effect;
}

/* -- mailbox ------------------------------------------------------------------------------------------------------------------- */
enum frt_in_kind {
    FRT_IN_MESSAGE = 1, /* the customer wrote */
    FRT_IN_ECHO, /* a message from the business's own number: our send, or a person typing on the phone (ownership -> human) */
    FRT_IN_EVENT,    /* an outside event, posted by the tenant's systems */
    FRT_IN_CAMPAIGN, /* enter funnel `funnel` at `start on campaign` */
    FRT_IN_TAKEOVER, /* an attendant takes the conversation */
    FRT_IN_HANDBACK, /* the team gives it back */
    FRT_IN_RESUME, /* a faulted conversation may go on (after a publish); funnel "restart" is a fresh start at its stage */
    FRT_IN_CANCEL, /* end the running program */
    FRT_IN_SAY,    /* an attendant's own message (text, media): goes out through the lane, ownership -> human */
    FRT_IN_TIMER,  /* made by a commit: the wait's deadline */
    FRT_IN_RESULT, /* made by DONE: answer of a call */
    FRT_IN_FAILED  /* made by DONE: an effect that is no call was given up; the program's `on error` */
};
/* What a row carries; unused parts are empty. frt_payload_write/read turn it into the stored bytes. */
struct frt_payload {
    struct fn_str text, option, media, event, event_name, funnel;
    int64_t effect; /* RESULT, FAILED */
    uint32_t call;  /* RESULT */
    bool present;   /* RESULT: there is a text */
};
struct fn_buf;
void frt_payload_write(struct fn_buf *out, const struct frt_payload *p);
FN_MUST_USE enum fn_code frt_payload_read(struct fn_str bytes, struct frt_payload *out); /* borrows from bytes */

struct frt_row {
    int64_t id; /* in_id: messages increase per node; timers and results are derived */
    enum frt_in_kind kind;
    int64_t due_at;      /* FRT_NEVER: parked, the present wait does not take it */
    int64_t received_at; /* order in a mailbox is (received_at, id) */
    struct fn_str ref;   /* the provider's message id */
    struct fn_str payload;
    bool known; /* LOAD: an ECHO whose ref is in the log as a message of ours */
};

/* -- conversation and contact ---------------------------------------------------------------------------------------------------- */
enum frt_status { FRT_IDLE = 0, FRT_RUNNING, FRT_FAULTED, FRT_ENDED };
enum frt_owner { FRT_OWNER_BOT = 0, FRT_OWNER_HUMAN };
struct frt_conv {
    int64_t tenant, conv, channel, contact;
    int64_t seq, epoch, token;
    int64_t run_seq;    /* seq at which the present program began: effects before it belong to an earlier one */
    int64_t clock;      /* of the last turn; the next is never earlier */
    int64_t timer;      /* id of the row that is due at the wait's deadline or before it, 0 none */
    int64_t deadline;   /* of the wait, 0 none */
    int64_t last_in_at; /* last message of the customer (24-hour window) */
    int64_t created_at, updated_at;
    enum frt_status status;
    enum frt_owner owner;
    struct fn_str address;       /* where the provider delivers */
    struct fn_str funnel, stage; /* of the running or last program */
    struct fn_str prog;          /* image hash, FRT_HASH bytes, or empty */
    struct fn_str snap;          /* fvm_save, or empty */
    struct fn_str team;          /* who was asked by handoff, or empty */
    struct fn_str reason;        /* FAULTED: "trap DIVIDE inicio" */
};
/* A contact's data: "f:nome" field (JSON value), "t:vip" tag, "s:consent" in|out, "s:name" profile name, "b:" AI budgets, "r:"
 * the message a program that reacts took last, "e:" how often it came to `on error`. Empty value = absent. */
struct frt_pair {
    struct fn_str name, value;
};

/* -- effects ------------------------------------------------------------------------------------------------------------------------ */
enum frt_effect_state {
    FRT_E_NONE = 0,  /* there is no such effect */
    FRT_E_READY = 1, /* must be claimed before it is sent (at_most_once, every repetition, replayed dead letters) */
    FRT_E_STARTED,   /* its owner may have sent it */
    FRT_E_UNKNOWN,   /* it or a former owner may have sent it, the outcome is not known; being settled by its policy */
    FRT_E_DEAD       /* given up; reason says why */
};
enum frt_closer {
#define FRT_CLOSER(NAME, word, meaning) FRT_BY_##NAME,
#include "closers.def"
#undef FRT_CLOSER
    FRT_CLOSERS
};
const char *frt_closer_word(int64_t closer); /* empty for a number that is none */
enum frt_lane {
    FRT_LANE_SEND = 0,
    FRT_LANE_CALL = 1
}; /* one in flight in each lane of a conversation, in order of id */
struct frt_effect {
    int64_t tenant, conv, id;
    int64_t channel, contact;
    uint16_t host;  /* hosts.def */
    uint8_t policy; /* enum fbc_policy */
    enum frt_lane lane;
    enum frt_effect_state state;
    uint32_t
        attempts; /* number of the present attempt: COMMIT begins the first, each CLAIM the next. What is late is told by it */
    uint32_t resent; /* sends repeated after an unknown outcome: stored before the repetition can be claimed */
    uint32_t call;   /* number of the call it answers, 0 none */
    int64_t epoch, next_at, created_at;
    struct fn_str payload;     /* fvm_request_json */
    struct fn_str funnel;      /* whose image and secrets the effect belongs to */
    struct fn_str ext_id;      /* provider's id once known */
    struct fn_str reason;      /* last failure */
    enum frt_closer closed_by; /* EFFECTS: of a dead letter */
};

/* -- log and metrics ------------------------------------------------------------------------------------------------------------------ */
enum frt_dir { FRT_DIR_IN = 1, FRT_DIR_OUT, FRT_DIR_HUMAN, FRT_DIR_NOTE };
enum frt_delivery { FRT_D_NONE = 0, FRT_D_QUEUED, FRT_D_SENT, FRT_D_DELIVERED, FRT_D_READ, FRT_D_FAILED };
struct frt_message {
    int64_t id; /* IN: row id; OUT: FRT_DERIVED | effect id; NOTE: FRT_DERIVED | effect-numbered */
    int64_t conv, at;
    enum frt_dir dir;
    enum frt_delivery delivery;
    struct fn_str kind; /* text, choose, template, media, event, notify, handoff, goal, consent, fault ... */
    struct fn_str body; /* JSON object, for people and for the web app */
    struct fn_str ext_id;
    enum frt_closer closed_by; /* MESSAGES: of one of ours that was sent */
};
struct frt_metric {
    struct fn_str
        key; /* funnel/enter/stage, funnel/leave/stage, funnel/option/name, funnel/goal/name, funnel/value/name/BRL (1/10000) */
    int64_t bucket; /* start of the hour, ms */
    int64_t n;
};
/* A document: row of a tenant's table ("t:pedidos"), a channel, a key, a setting. */
struct frt_doc {
    struct fn_str collection, key;
    struct fn_str body; /* JSON; empty deletes */
    int64_t rev;        /* of the present content, from 1; in a write: expected revision, 0 must be absent, -1 any */
};
enum frt_inflight { FRT_AT_STAGE = 0, FRT_PIN, FRT_RESTART };
struct frt_pub {
    struct fn_str funnel;
    struct fn_str hash;     /* empty withdraws */
    struct fn_str previous; /* for one-call rollback; set by the store */
    int64_t channel;        /* 0 every channel of the tenant */
    int64_t version, at;    /* version counts publishes of this funnel; set by the store */
    enum frt_inflight inflight;
    struct fn_str canary; /* hash offered to `percent` of the contacts, empty none */
    uint32_t percent;
};
#endif
