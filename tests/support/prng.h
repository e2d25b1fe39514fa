/*
 * prng - repeatable numbers for property tests (SplitMix64).
 *
 * The same seed gives the same test, everywhere.
 *
 * Owner:   the test, which holds the state
 * Thread:  that of the state
 * Errors:  none
 */
#ifndef TESTS_SUPPORT_PRNG_H
#define TESTS_SUPPORT_PRNG_H

#include <stdint.h>

static inline uint64_t prng_next(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

// A number from 0 to below - 1.
static inline uint64_t prng_below(uint64_t *state, uint64_t below) {
    return prng_next(state) % below;
}

#endif
