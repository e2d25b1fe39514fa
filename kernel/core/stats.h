/*
 * stats - what the server has done, in plain counters.
 *
 * Parts count by incrementing members; once a second the rates are sampled.
 * rest.c renders them for GET /api/ws/stats.
 *
 * Owner:   core
 * Thread:  logic
 * Errors:  none
 */
#ifndef KERNEL_CORE_STATS_H
#define KERNEL_CORE_STATS_H

#include <stdint.h>

#include "kernel/base/timers.h"

#define STATS_LATENCY_BUCKETS 40

// Counts of values by powers of two; see stats_latency_quantile().
struct stats_latency {
    uint64_t count;
    uint64_t sum_ns;
    uint64_t buckets[STATS_LATENCY_BUCKETS]; // [i]: below 2^i ns
};

struct stats {
    int64_t started_ms; // UTC
    uint64_t sessions_opened;
    uint64_t sessions_closed;
    uint64_t sessions_refused;
    uint64_t closed_slow;      // 4507
    uint64_t closed_heartbeat; // 4508
    uint64_t events_in;
    uint64_t bytes_in;
    uint64_t events_out; // frames queued for clients, for each receiver
    uint64_t bytes_out;
    uint64_t writes; // handed to the transport, each one system call
    uint64_t shed;   // droppable frames that slow clients did not get
    uint64_t errors; // `error` events sent
    uint64_t rate_limited;
    uint64_t unknown_fields;
    uint64_t records; // delivered by the engine
    uint64_t http_requests;
    uint64_t http_errors;
    uint64_t slow_callbacks;
    struct stats_latency handling; // from an event's arrival to its handler's
                                   // return
    double events_in_rate;         // per second, smoothed over about 10 s
    double events_out_rate;
    uint64_t sampled_in;
    uint64_t sampled_out;
    struct timers *timers;
    struct timer timer;
};

struct stats *stats_create(struct timers *timers, int64_t wall_ms);

// Accepts NULL.
void stats_destroy(struct stats *stats);

void stats_latency_add(struct stats_latency *latency, int64_t ns);

// The value below which `part` (0..1) of all lie, in seconds; an upper bound
// within a factor of two. 0 without values.
double stats_latency_quantile(const struct stats_latency *latency, double part);

#endif
