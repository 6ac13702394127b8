/* metrics.c: the series in memory and their text. Labels are few and ours; no tenant's data is ever a label, and past 200 label sets of one
 * metric everything counts under "other", so that the page stays small whatever happens.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_metrics.h"

#include <stdio.h>

enum { SERIES = 200, LABEL = 160, BUCKETS = 12 };
enum metric_kind { COUNTER, GAUGE, SECONDS };

struct series {
    char label[LABEL];
    double value;
};
struct metric {
    size_t n;
    struct series series[SERIES];
};
struct histogram {
    uint64_t buckets[BUCKETS], count;
    double sum;
};
static const struct {
    enum metric_kind kind;
    const char *name, *help;
} rows[FSV_METRICS] = {
#define FSV_METRIC(NAME, kind, name, help) {kind, (name), (help)},
#include "metrics.def"
#undef FSV_METRIC
};
static const double bounds[BUCKETS] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 25, 60};
static struct metric metrics[FSV_METRICS];
static struct histogram histograms[FSV_METRICS];

/* A bare word was kept as kind="word"; compared without being written out, for this runs a dozen times a turn. */
static bool is_label(const char *kept, const char *label, bool bare)
{
    if (!bare) {
        return strcmp(kept, label) == 0;
    }
    size_t n = strlen(label);
    return strncmp(kept, "kind=\"", 6) == 0 && strncmp(kept + 6, label, n) == 0 && strcmp(kept + 6 + n, "\"") == 0;
}

static struct series *kept(struct metric *m, const char *label, bool bare)
{
    for (size_t i = 0; i < m->n; i++) {
        if (is_label(m->series[i].label, label, bare)) {
            return &m->series[i];
        }
    }
    return NULL;
}

static struct series *find(enum fsv_metric metric, const char *label)
{
    struct metric *m = &metrics[metric];
    char whole[LABEL];
    bool bare = label[0] != '\0' && strchr(label, '=') == NULL;
    struct series *known = kept(m, label, bare);
    if (known != NULL) {
        return known;
    }
    if (snprintf(whole, sizeof whole, bare ? "kind=\"%s\"" : "%s", label) >= (int)sizeof whole) {
        snprintf(whole, sizeof whole, "kind=\"other\"");
    }
    known = kept(m, whole, false); /* "other" */
    if (known != NULL || m->n == SERIES) {
        return known != NULL ? known : &m->series[SERIES - 1];
    }
    struct series *s = &m->series[m->n++];
    snprintf(s->label, sizeof s->label, "%s", m->n == SERIES ? "kind=\"other\"" : whole);
    return s;
}

void fsv_metric_add(enum fsv_metric metric, const char *label, int64_t n)
{
    find(metric, label)->value += (double)n;
}

void fsv_metric_set(enum fsv_metric metric, const char *label, double value)
{
    find(metric, label)->value = value;
}

void fsv_metric_observe(enum fsv_metric metric, double seconds)
{
    struct histogram *h = &histograms[metric];
    h->count++;
    h->sum += seconds;
    for (size_t i = 0; i < BUCKETS; i++) {
        h->buckets[i] += seconds <= bounds[i];
    }
}

static void put_histogram(struct fn_buf *out, const char *name, const struct histogram *h)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        fn_buf_printf(out, "%s_bucket{le=\"%g\"} %llu\n", name, bounds[i], (unsigned long long)h->buckets[i]);
    }
    fn_buf_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.6f\n%s_count %llu\n", name, (unsigned long long)h->count,
                  name, h->sum, name, (unsigned long long)h->count);
}

void fsv_metrics_write(struct fn_buf *out)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    for (size_t i = 0; i < FSV_METRICS; i++) {
        const char *name = rows[i].name;
        /* Totals kept by the engine are set here, but they are counters to those who read. */
        size_t n = strlen(name);
        bool total = n > 6 && strcmp(name + n - 6, "_total") == 0;
        fn_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, rows[i].help, name,
                      total ? "counter" : types[rows[i].kind]);
        if (rows[i].kind == SECONDS) {
            put_histogram(out, name, &histograms[i]);
            continue;
        }
        for (size_t j = 0; j < metrics[i].n; j++) {
            const struct series *s = &metrics[i].series[j];
            fn_buf_printf(out, s->label[0] != '\0' ? "%s{%s} %.15g\n" : "%s%s %.15g\n", name, s->label, s->value);
        }
        if (metrics[i].n == 0) {
            fn_buf_printf(out, "%s 0\n", name);
        }
    }
}

void fsv_metrics_reset(void)
{
    memset(metrics, 0, sizeof metrics);
    memset(histograms, 0, sizeof histograms);
}
