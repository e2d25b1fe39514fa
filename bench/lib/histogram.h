/*
 * histogram - how often each value occurred, log-linear like an HDR one.
 *
 * Values below 128 have a slot each; above, every power of two is cut into
 * 128 equal slots, so a quantile is at most 0.8 % too high. Values from 2^40
 * on (18 minutes in nanoseconds) share the last slot. The maximum is exact.
 *
 * Owner:   whoever embeds it; zeroed memory is an empty one
 * Thread:  main
 * Errors:  none
 */
#ifndef BENCH_LIB_HISTOGRAM_H
#define BENCH_LIB_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_BITS = 7,    // slots per power of two, as a power of two
    HISTOGRAM_LARGEST = 40 // values of this many bits and more are one
};

#define HISTOGRAM_SLOTS \
    ((HISTOGRAM_LARGEST - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS)

struct histogram {
    uint64_t counts[HISTOGRAM_SLOTS];
    uint64_t total;
    uint64_t largest;
};

void histogram_clear(struct histogram *histogram);

void histogram_record(struct histogram *histogram, uint64_t value);

/* The value that the given share (0 to 1) of all values does not exceed. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
