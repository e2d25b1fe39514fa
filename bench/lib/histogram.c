#include "bench/lib/histogram.h"

#include <string.h>

enum {
    PER_POWER = 1 << HISTOGRAM_BITS
};

static unsigned slot_of(uint64_t value) {
    unsigned shift = 0;

    if (value < PER_POWER) {
        return (unsigned)value;
    }
    shift = 63U - (unsigned)__builtin_clzll(value) - HISTOGRAM_BITS;
    if (shift >= HISTOGRAM_LARGEST - HISTOGRAM_BITS) {
        return HISTOGRAM_SLOTS - 1;
    }
    return ((shift + 1) << HISTOGRAM_BITS)
            + (unsigned)((value >> shift) - PER_POWER);
}

/* The largest value that falls into the slot. */
static uint64_t slot_end(unsigned slot) {
    unsigned shift = 0;

    if (slot < PER_POWER) {
        return slot;
    }
    shift = (slot >> HISTOGRAM_BITS) - 1;
    return (((uint64_t)(slot & (PER_POWER - 1)) + PER_POWER + 1) << shift) - 1;
}

void histogram_clear(struct histogram *histogram) {
    memset(histogram, 0, sizeof(*histogram));
}

void histogram_record(struct histogram *histogram, uint64_t value) {
    histogram->counts[slot_of(value)]++;
    histogram->total++;
    if (value > histogram->largest) {
        histogram->largest = value;
    }
}

uint64_t histogram_quantile(const struct histogram *histogram, double share) {
    double rank = share * (double)histogram->total;
    uint64_t seen = 0;

    for (unsigned slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
        seen += histogram->counts[slot];
        if (seen > 0 && (double)seen >= rank) {
            uint64_t end = slot_end(slot);
            return end < histogram->largest ? end : histogram->largest;
        }
    }
    return histogram->largest;
}
