/* fsv_outcome.h: how a request to somebody else's server ended, and what that means for the effect behind it. Both providers judge by it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_OUTCOME_H
#define FSV_OUTCOME_H
#include "fn_base.h"

struct fsv_outcome {
    bool blocked;   /* our own policy refused the address: nothing left */
    bool late;      /* our own right to send had run out: nothing left */
    bool wrote;     /* at least one byte of the request left on a connection that stood */
    bool answered;  /* a complete answer came, within its size limit */
    bool too_large; /* the answer was longer than allowed */
    int status;     /* HTTP status, 0 none */
    struct fn_str body;
    int64_t retry_after_ms;     /* -1: the answer did not say */
    struct fn_str should_retry; /* header x-should-retry: "true", "false" or empty */
    const char *error;          /* a few words when not answered; static */
};
enum fsv_verdict {
    FSV_SENT,     /* the receiver took it */
    FSV_NOT_SENT, /* certainly not taken, worth another try */
    FSV_REFUSED,  /* certainly not taken and never will be: the effect's own fault */
    FSV_UNKNOWN,  /* may have been taken */
    FSV_DOWN      /* not taken, the receiver as a whole does not work: pause it, do not burn attempts */
};
const char *fsv_verdict_name(enum fsv_verdict verdict);
/* What transport alone says: SENT means "answered, judge by the status". */
enum fsv_verdict fsv_outcome_transport(const struct fsv_outcome *o);

#endif
