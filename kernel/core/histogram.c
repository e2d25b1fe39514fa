#include "kernel/core/histogram.h"

#include <math.h>

#define FIRST_DECADE 100u // buckets of exact values
#define PER_DECADE   90u  // two digits: 10 to 99

static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000,
        10000000, 100000000, 1000000000, 10000000000};

// The power of ten that leaves two digits of the largest value with this
// highest bit. Smaller ones of that bit may need the power below.
static const uint8_t scale_by_bit[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3,
        3, 3, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 9, 10,
        10, 10, 10};

// value is from FIRST_DECADE to below HISTOGRAM_MAX.
static unsigned scale_of(uint64_t value) {
    unsigned bit = 63u - (unsigned)__builtin_clzll(value);
    unsigned scale = scale_by_bit[bit];
    return value < 10 * powers[scale] ? scale - 1 : scale;
}

// One less than the value decides, so that a bound is in its own bucket.
static unsigned bucket_of(uint64_t value) {
    uint64_t below = value > 0 ? value - 1 : 0;
    if (below < FIRST_DECADE) {
        return (unsigned)below;
    }
    if (below >= HISTOGRAM_MAX) {
        return HISTOGRAM_BUCKETS - 1;
    }
    unsigned scale = scale_of(below);
    return PER_DECADE * scale + (unsigned)(below / powers[scale]);
}

static unsigned scale_of_bucket(unsigned bucket) {
    return bucket < FIRST_DECADE ? 0 : (bucket - FIRST_DECADE) / PER_DECADE + 1;
}

// The largest value of a bucket.
static uint64_t bound_of(unsigned bucket) {
    unsigned scale = scale_of_bucket(bucket);
    return (bucket - PER_DECADE * scale + 1) * powers[scale];
}

void histogram_add(struct histogram *histogram, uint64_t value) {
    histogram->sum += value;
    histogram->buckets[bucket_of(value)]++;
}

uint64_t histogram_count(const struct histogram *histogram) {
    uint64_t count = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        count += histogram->buckets[i];
    }
    return count;
}

static double middle_of(unsigned bucket) {
    uint64_t width = powers[scale_of_bucket(bucket)];
    return (double)bound_of(bucket) - (double)(width - 1) / 2;
}

double histogram_quantile(const struct histogram *histogram, double part) {
    uint64_t count = histogram_count(histogram);
    if (count == 0) {
        return 0;
    }
    uint64_t wanted = (uint64_t)ceil(part * (double)count);
    uint64_t seen = histogram->buckets[0];
    unsigned bucket = 0;
    while (bucket < HISTOGRAM_BUCKETS - 1 && (seen < wanted || seen == 0)) {
        bucket++;
        seen += histogram->buckets[bucket];
    }
    return middle_of(bucket);
}

void histogram_cumulate(const struct histogram *histogram,
        const uint64_t *bounds, size_t count, uint64_t *counts) {
    uint64_t seen = 0;
    unsigned bucket = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned last = bucket_of(bounds[i]);
        while (bucket <= last) {
            seen += histogram->buckets[bucket++];
        }
        counts[i] = seen;
    }
}

void histogram_merge(struct histogram *into, const struct histogram *from) {
    into->sum += from->sum;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        into->buckets[i] += from->buckets[i];
    }
}

void histogram_subtract(
        struct histogram *from, const struct histogram *earlier) {
    from->sum -= earlier->sum;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        from->buckets[i] -= earlier->buckets[i];
    }
}
