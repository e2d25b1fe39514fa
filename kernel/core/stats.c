#include "kernel/core/stats.h"

#include <math.h>
#include <stdlib.h>

#define SAMPLE_MS 1000
#define SMOOTHING 0.1 // weight of the newest second

static void sample(void *arg) {
    struct stats *stats = arg;
    double in = (double)(stats->events_in - stats->sampled_in);
    double out = (double)(stats->events_out - stats->sampled_out);
    stats->events_in_rate += SMOOTHING * (in - stats->events_in_rate);
    stats->events_out_rate += SMOOTHING * (out - stats->events_out_rate);
    stats->sampled_in = stats->events_in;
    stats->sampled_out = stats->events_out;
    timers_set(stats->timers, &stats->timer, SAMPLE_MS);
}

struct stats *stats_create(struct timers *timers, int64_t wall_ms) {
    struct stats *stats = calloc(1, sizeof(*stats));
    if (!stats) {
        return NULL;
    }
    stats->started_ms = wall_ms;
    stats->timers = timers;
    timer_init(&stats->timer, sample, stats);
    timers_set(timers, &stats->timer, SAMPLE_MS);
    return stats;
}

void stats_destroy(struct stats *stats) {
    if (!stats) {
        return;
    }
    timer_cancel(&stats->timer);
    free(stats);
}

static unsigned bucket_of(int64_t ns) {
    unsigned bucket = 0;
    while (bucket < STATS_LATENCY_BUCKETS - 1 && (ns >> bucket) > 0) {
        bucket++;
    }
    return bucket;
}

void stats_latency_add(struct stats_latency *latency, int64_t ns) {
    int64_t value = ns > 0 ? ns : 0;
    latency->count++;
    latency->sum_ns += (uint64_t)value;
    latency->buckets[bucket_of(value)]++;
}

double stats_latency_quantile(
        const struct stats_latency *latency, double part) {
    if (latency->count == 0) {
        return 0;
    }
    uint64_t wanted = (uint64_t)ceil(part * (double)latency->count);
    uint64_t seen = 0;
    unsigned bucket = 0;
    while (bucket < STATS_LATENCY_BUCKETS - 1) {
        seen += latency->buckets[bucket];
        if (seen >= wanted) {
            break;
        }
        bucket++;
    }
    return ldexp(1e-9, (int)bucket);
}
