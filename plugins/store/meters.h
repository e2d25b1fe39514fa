/*
 * meters - what the store tells of itself in /metrics.
 *
 * Owner:   struct store embeds it
 * Thread:  defined on the logic thread, counted on any
 * Errors:  meters_define: what the server says
 */
#ifndef PLUGINS_STORE_METERS_H
#define PLUGINS_STORE_METERS_H

#include <nexus/sdk.h>

// X(name, kind, help)
#define METERS(X) \
    X(commits_total, COUNTER, "transactions committed") \
    X(requests_total, COUNTER, "requests executed") \
    X(refused_total, COUNTER, "requests refused because the queue was full") \
    X(failures_total, COUNTER, "transactions that failed") \
    X(failed_requests_total, COUNTER, \
            "requests that failed with a transaction, or while the database " \
            "did not work") \
    X(checkpoints_total, COUNTER, "times the log ahead was moved") \
    X(dedupe_forgotten_total, COUNTER, \
            "dedupe keys forgotten before their time because of dedupe_keys") \
    X(commit_seconds, HISTOGRAM, \
            "time of a transaction, from its first statement to the disk") \
    X(batch_size, HISTOGRAM, "requests in a transaction") \
    X(queue_requests, GAUGE, "requests that have no answer yet") \
    X(queue_bytes, GAUGE, "memory of those requests") \
    X(database_bytes, GAUGE, "size of the database file") \
    X(wal_bytes, GAUGE, "size of the log ahead of it") \
    X(rooms, GAUGE, "rooms that have or had a log") \
    X(facts, GAUGE, "facts of plugins") \
    X(dedupe_keys, GAUGE, "dedupe keys remembered") \
    X(working, GAUGE, "1 while the database works, else 0")

struct meters {
    const struct nx_host *host;
    const struct nx_metrics_v1 *metrics;
#define METERS_MEMBER_(name, kind, help) nx_metric_id name;
    METERS(METERS_MEMBER_)
#undef METERS_MEMBER_
};

nx_status meters_define(struct meters *meters, const struct nx_sdk *sdk);

static inline void meters_add(
        const struct meters *meters, nx_metric_id metric, double value) {
    meters->metrics->add(meters->host, metric, value);
}

static inline void meters_set(
        const struct meters *meters, nx_metric_id metric, double value) {
    meters->metrics->set(meters->host, metric, value);
}

#endif
