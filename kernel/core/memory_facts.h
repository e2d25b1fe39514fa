/*
 * memory_facts - small facts in spaces, in order of their keys' bytes.
 *
 * A skip list over space and key together finds one fact or walks a prefix
 * in about log n steps, and its shape depends on no key. A fact past its ttl
 * is not there for anybody; its memory goes at the next sweep, or when a put
 * needs the room.
 *
 * Owner:   struct memory
 * Thread:  that of the owner
 * Errors:  nx_status: CONFLICT, NOT_FOUND, LIMIT, NO_MEMORY; nothing changed
 */
#ifndef KERNEL_CORE_MEMORY_FACTS_H
#define KERNEL_CORE_MEMORY_FACTS_H

#include <stddef.h>
#include <stdint.h>

#include <nexus/engine.h>

#include "kernel/base/clock.h"

#define MEMORY_FACTS_SPACE_MAX 128
#define MEMORY_FACTS_KEY_MAX   512

struct memory_facts;

struct memory_put {
    struct nx_str space; // 1 to MEMORY_FACTS_SPACE_MAX bytes
    struct nx_str key;   // 1 to MEMORY_FACTS_KEY_MAX bytes
    struct nx_bytes value;
    uint64_t ttl_ms;          // 0: for ever
    uint64_t expect_revision; // or NX_PUT_ANY, NX_PUT_NEW
};

// The ceilings are of all spaces together; bytes include bookkeeping. NULL
// without memory.
struct memory_facts *memory_facts_create(
        const struct clock *clock, size_t max_facts, size_t max_bytes);

// Accepts NULL.
void memory_facts_destroy(struct memory_facts *facts);

// Copies the value. *revision becomes the new one, larger than any before in
// any space; on CONFLICT the current one, 0 without such a key.
nx_status memory_facts_put(struct memory_facts *facts,
        const struct memory_put *put, uint64_t *revision);

// *fact is borrowed until the next put, remove or sweep.
nx_status memory_facts_get(struct memory_facts *facts, struct nx_str space,
        struct nx_str key, struct nx_fact *fact);

nx_status memory_facts_remove(
        struct memory_facts *facts, struct nx_str space, struct nx_str key);

// Where a scan reads: keys that begin with prefix and come behind after,
// either of them possibly empty.
struct memory_range {
    struct nx_str space;
    struct nx_str prefix;
    struct nx_str after;
};

// Writes up to limit facts, borrowed as by get. Returns how many.
size_t memory_facts_scan(struct memory_facts *facts,
        const struct memory_range *range, struct nx_fact *out, size_t limit);

// Frees up to `most` facts past their ttl. Returns how many.
size_t memory_facts_sweep(struct memory_facts *facts, size_t most);

// Both count facts past their ttl until they are swept.
size_t memory_facts_count(const struct memory_facts *facts);
size_t memory_facts_bytes(const struct memory_facts *facts);

#endif
