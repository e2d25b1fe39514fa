/*
 * histogram - how values are spread, in buckets of two decimal digits.
 *
 * 1, 2 ... 99, 100, 110 ... 990, 1000, 1100 ... up to HISTOGRAM_MAX: each
 * bucket holds the values above the one before and up to its own bound. So
 * a value is known to a tenth at worst, and round bounds (1, 2, 5, 10 ...)
 * are met exactly. Adding is two increments.
 *
 * Owner:   whoever embeds it; zeroed memory is an empty one
 * Thread:  that of the owner
 * Errors:  none
 */
#ifndef KERNEL_CORE_HISTOGRAM_H
#define KERNEL_CORE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 1000u
#define HISTOGRAM_MAX     UINT64_C(1000000000000) // more counts as this

struct histogram {
    uint64_t sum; // of the values as they came
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

// 0 counts as 1 in the buckets.
void histogram_add(struct histogram *histogram, uint64_t value);

uint64_t histogram_count(const struct histogram *histogram);

// The value below or at which `part` (0..1) of all lie, at most 5 % off; 0
// without values.
double histogram_quantile(const struct histogram *histogram, double part);

// counts[i] becomes the number of values up to bounds[i]. Bounds ascend and
// have at most two digits other than 0 at their beginning.
void histogram_cumulate(const struct histogram *histogram,
        const uint64_t *bounds, size_t count, uint64_t *counts);

void histogram_merge(struct histogram *into, const struct histogram *from);

// Takes away what an earlier copy of the same histogram held.
void histogram_subtract(
        struct histogram *from, const struct histogram *earlier);

#endif
