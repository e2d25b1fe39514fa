/*
 * siphash - SipHash-1-3, the keyed hash behind nx_strmap.
 *
 * With a secret key its values cannot be predicted from outside, so nobody
 * can choose strings that collide. The variant of Python, Ruby and Rust:
 * faster than 2-4 and enough for a hash table, not for authentication.
 *
 * Thread:  any
 * Errors:  none
 */
#ifndef NEXUS_SRC_SIPHASH_H
#define NEXUS_SRC_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct nx_siphash_key {
    uint64_t half[2]; // bytes 0 to 7 and 8 to 15, little-endian
};

// data may be NULL when len is 0.
uint64_t nx_siphash(
        const struct nx_siphash_key *key, const void *data, size_t len);

#endif
