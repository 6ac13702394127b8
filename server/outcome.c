/* outcome.c: what a broken transport means. Nothing that may have left is ever called "not sent".
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_outcome.h"

const char *fsv_verdict_name(enum fsv_verdict verdict)
{
    static const char *const names[] = {"sent", "not sent", "refused", "unknown", "down"};
    return names[verdict];
}

enum fsv_verdict fsv_outcome_transport(const struct fsv_outcome *o)
{
    if (o->blocked) {
        return FSV_REFUSED;
    }
    if (o->answered) {
        return FSV_SENT;
    }
    return o->wrote ? FSV_UNKNOWN : FSV_NOT_SENT;
}
