/* frt_provider.h: the outside, as the outbox sees it: channels, HTTP calls, AI. One provider serves all hosts; it looks at send->host and
 * send->channel. The engine hands over at most one effect per lane of a conversation, and only after the commit that recorded it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FRT_PROVIDER_H
#define FRT_PROVIDER_H
#include "frt_types.h"

struct frt_send {
    int64_t tenant, channel, contact, conv, effect;
    uint16_t host;         /* hosts.def */
    uint32_t attempt;      /* from 1 */
    uint32_t asked;        /* of a query: how often it was asked in vain in this life */
    struct fn_str address; /* of the contact on the channel */
    struct fn_str payload; /* JSON object with the argument names of hosts.def */
    struct fn_str funnel;
    struct fn_str
        key; /* stable over attempts: Idempotency-Key, biz_opaque_callback_data: "f-<tenant>-<conv>-<effect>" in hex */
    int64_t last_in_at; /* the customer's last message, for the 24-hour window; 0 none */
    int64_t created_at;
    int64_t
        send_by; /* monotonic ms of the engine's clock: later nothing may leave, it is somebody else's by then; 0 no limit */
};
enum frt_outcome {
    FRT_SENT,     /* the receiver took it */
    FRT_REJECTED, /* the receiver said no, and would again: 4xx */
    FRT_NOT_SENT, /* certainly not taken, may be tried again: resolve, connect, TLS, 429, breaker open; query: ask again */
    FRT_UNKNOWN, /* bytes left, no answer that tells: timeout, reset, 502, 504 */
    FRT_ABSENT   /* query only: the receiver has no such message */
};
struct frt_sent {
    enum frt_outcome outcome;
    struct fn_str ext_id; /* the provider's message id */
    bool present;         /* CALL: there is a result */
    struct fn_str result; /* CALL: the answer's text (classify: the index in digits) */
    int64_t retry_after;  /* ms, 0 none given */
    struct fn_str reason; /* short, for logs and the dead letter: "http 403" */
};
/* Texts are borrowed during the call. */
typedef void (*frt_sent_fn)(void *ctx, const struct frt_sent *sent);

struct frt_provider_ops {
    const char *name;
    /* Begins; `done` is called exactly once, later, never inside send. send's texts are borrowed until then. A deadline is the provider's
     * duty: no call may stay open longer than 120 s. */
    void (*send)(void *self, const struct frt_send *send, frt_sent_fn done, void *ctx);
    /* Asks the receiver whether it has this effect (after an unknown outcome): FRT_SENT with ext_id, FRT_ABSENT, FRT_UNKNOWN when it
     * cannot tell, or FRT_NOT_SENT when it was not reached. NULL: never can. Same rules as send. */
    void (*query)(void *self, const struct frt_send *send, frt_sent_fn done, void *ctx);
    /* For how long after the customer's last message this channel takes what is no template, in ms; 0: always. What comes later is not handed to
     * send, but given up with the reason FRT_WINDOW_CLOSED. NULL: no channel of this provider has such a window. */
    int64_t (*window)(void *self, int64_t tenant, int64_t channel);
};
#define FRT_WINDOW_CLOSED "F0411: the 24-hour window is closed"
struct frt_provider {
    const struct frt_provider_ops *ops;
    void *self;
};

/* Arguments of `http`: whether its author gave an Idempotency-Key, and whether it may be repeated without harm: by its method (RFC 9110) or
 * by that key. Such a request has the policy IDEMPOTENT instead of the table's. */
struct fn_json;
bool frt_http_has_key(const struct fn_json *args);
bool frt_http_is_idempotent(const struct fn_json *args);
#endif
