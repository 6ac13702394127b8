/* fsv_metrics.h: counters for Prometheus, by the table metrics.def. Loop thread only.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_METRICS_H
#define FSV_METRICS_H
#include "fn_buf.h"

enum fsv_metric {
#define FSV_METRIC(NAME, kind, name, help) FSV_M_##NAME,
#include "metrics.def"
#undef FSV_METRIC
    FSV_METRICS
};
/* label: "" or a whole label set (route="/x",code="200"), or a bare word, which becomes kind="word". */
void fsv_metric_add(enum fsv_metric metric, const char *label, int64_t n);
void fsv_metric_set(enum fsv_metric metric, const char *label, double value);
void fsv_metric_observe(enum fsv_metric metric, double seconds);
/* The exposition text. */
void fsv_metrics_write(struct fn_buf *out);
void fsv_metrics_reset(void); /* for tests */

#endif
