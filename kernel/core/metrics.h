/*
 * metrics - counters, gauges and histograms of one plugin.
 *
 * Defined on the logic thread, counted from any thread without a lock, read
 * by whoever renders them. A histogram has fixed buckets: seconds, or bytes
 * when its name ends in "_bytes", or counts when it ends in "_size".
 *
 * Owner:   struct plugin; a metric dies with it
 * Thread:  logic, but metrics_add and metrics_set
 * Errors:  INVALID, EXISTS, LIMIT, NO_MEMORY; nothing is defined then
 */
#ifndef KERNEL_CORE_METRICS_H
#define KERNEL_CORE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/metrics.h>

#define METRICS_MAX      256u // of one plugin
#define METRICS_NAME_MAX 64u
#define METRICS_HELP_MAX 256u
#define METRICS_BUCKETS  13u // without the last one, which has no bound

struct metrics;

// A copy of one metric's state. Strings are borrowed from the metrics.
struct metrics_view {
    uint32_t kind; // NX_METRIC_
    const char *name;
    const char *help;
    double value;                          // counter, gauge
    uint64_t count;                        // histogram: observations
    double sum;                            // histogram
    const double *bounds;                  // histogram: METRICS_BUCKETS
    uint64_t buckets[METRICS_BUCKETS + 1]; // histogram: not cumulative
};

struct metrics *metrics_create(void);

// Accepts NULL.
void metrics_destroy(struct metrics *metrics);

// name is [a-z0-9_]+; help may be NULL. Both are copied. Ids count from 1.
enum nx_err metrics_define(struct metrics *metrics, uint32_t kind,
        const char *name, const char *help, nx_metric_id *out);

// Counter: adds a value >= 0. Gauge: adds. Histogram: one observation. An
// unknown id and a value that does not fit the kind are ignored. [any]
void metrics_add(struct metrics *metrics, nx_metric_id id, double value);

// Gauge: sets. Anything else is ignored. [any]
void metrics_set(struct metrics *metrics, nx_metric_id id, double value);

size_t metrics_count(const struct metrics *metrics);

// The i-th metric, in the order of definition. i is below the count.
void metrics_read(struct metrics *metrics, size_t i, struct metrics_view *view);

#endif
