/*
 * metrics - counters, gauges and histograms of a plugin.
 *
 * They appear in /metrics as nexus_<plugin>_<name>, so use base units and
 * Prometheus' suffixes: `messages_total`, `delivery_seconds`. The buckets of
 * a histogram go with its suffix: _seconds, _bytes, or _size for counts.
 *
 * Interface: "nexus.metrics" version 1
 */
#ifndef NEXUS_METRICS_H
#define NEXUS_METRICS_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_METRICS "nexus.metrics"

// Kinds: only grows, goes up and down, distribution of values.
#define NX_METRIC_COUNTER   1u
#define NX_METRIC_GAUGE     2u
#define NX_METRIC_HISTOGRAM 3u

struct nx_metrics_v1 {
    NX_INTERFACE_HEAD;

    // Defines a metric; name is [a-z0-9_]+, both strings are copied. EXISTS,
    // INVALID, LIMIT beyond 256 for one plugin. [logic] S. Since 1.0.
    nx_status (*define)(const struct nx_host *host, uint32_t kind,
            const char *name, const char *help, nx_metric_id *out);

    // Counter: adds, value >= 0. Gauge: adds. Histogram: one observation.
    // Unknown ids are ignored. [any] S R Q. Since 1.0.
    void (*add)(const struct nx_host *host, nx_metric_id metric, double value);

    // Gauge: sets. [any] S R Q. Since 1.0.
    void (*set)(const struct nx_host *host, nx_metric_id metric, double value);
};

#ifdef __cplusplus
}
#endif

#endif
