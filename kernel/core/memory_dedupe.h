/*
 * memory_dedupe - the first result of each dedupe key, for a while.
 *
 * Keys belong to a room; the same key in another room is another key. At a
 * ceiling the key remembered longest is forgotten, whatever its ttl, and
 * counted: from then on a repeat of it is taken for something new.
 *
 * Owner:   struct memory
 * Thread:  that of the owner
 * Errors:  NULL or false without memory; nothing else changed
 */
#ifndef KERNEL_CORE_MEMORY_DEDUPE_H
#define KERNEL_CORE_MEMORY_DEDUPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#include "kernel/base/clock.h"

#define MEMORY_DEDUPE_ROOM_MAX 512
#define MEMORY_DEDUPE_KEY_MAX  256

struct memory_dedupe;

struct memory_dedupe_key {
    struct nx_str room;  // 1 to MEMORY_DEDUPE_ROOM_MAX bytes
    struct nx_bytes key; // 1 to MEMORY_DEDUPE_KEY_MAX bytes
};

// What the first publish with a key came to.
struct memory_first {
    uint64_t epoch;
    uint64_t offset;
    int64_t time_ms;
    struct nx_bytes memo;
};

// max_keys is from 1 to 2^30. NULL without memory.
struct memory_dedupe *memory_dedupe_create(
        const struct clock *clock, size_t max_keys, size_t max_bytes);

// Accepts NULL.
void memory_dedupe_destroy(struct memory_dedupe *dedupe);

// The first result under a key, or NULL. Borrowed until the next call that is
// given dedupe.
const struct memory_first *memory_dedupe_find(
        struct memory_dedupe *dedupe, const struct memory_dedupe_key *key);

// Remembers a result under a key that find does not know, and copies both.
// False also when it alone is larger than the ceiling.
bool memory_dedupe_put(struct memory_dedupe *dedupe,
        const struct memory_dedupe_key *key, uint64_t ttl_ms,
        const struct memory_first *first);

// Frees up to `most` keys past their ttl. Returns how many.
size_t memory_dedupe_sweep(struct memory_dedupe *dedupe, size_t most);

// Both count keys past their ttl until they are swept.
size_t memory_dedupe_count(const struct memory_dedupe *dedupe);
size_t memory_dedupe_bytes(const struct memory_dedupe *dedupe);

// Keys forgotten at a ceiling, before their ttl.
uint64_t memory_dedupe_forgotten(const struct memory_dedupe *dedupe);

#endif
