/*
 * memory - the engine's provider that needs nothing but memory.
 *
 * Logs, facts and first results of dedupe keys live until the process ends
 * or a ceiling is met. A request is copied into a queue and returns at once;
 * memory_run executes the queue, so nothing is delivered or answered inside
 * a request. Old records make room for new ones; facts are never evicted.
 *
 * Owner:   the kernel; what the provider's sink gets is borrowed for the call
 * Thread:  logic
 * Errors:  requests: STATE before open, INVALID, TOO_LARGE, ENGINE_BUSY when
 *          the queue is full, NO_MEMORY; nothing was queued then
 */
#ifndef KERNEL_CORE_MEMORY_H
#define KERNEL_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/provider.h>

#include "kernel/base/clock.h"

// The queue ends at whichever comes first; bytes include bookkeeping.
#define MEMORY_QUEUE_REQUESTS 65536
#define MEMORY_QUEUE_BYTES    ((size_t)64 << 20)

#define MEMORY_RUN_MAX        1024   // requests executed by one memory_run
#define MEMORY_DEDUPE_MAX     262144 // dedupe keys remembered
#define MEMORY_BYTES_SMALLEST ((size_t)64 << 10)

struct memory;

struct memory_limits {
    // Everything stored, bookkeeping included, without the queue. Facts get
    // up to a half, dedupe keys up to a quarter, and records all that is
    // left. At least MEMORY_BYTES_SMALLEST.
    size_t bytes;
    size_t logs;  // rooms with a log; the one written longest ago is dropped
    size_t facts; // of all spaces together
};

struct memory_stats {
    size_t logs;
    size_t records;
    size_t bytes; // of logs, facts and dedupe keys
    size_t facts;
    size_t dedupe_keys;
    size_t queued; // requests
    size_t queued_bytes;
    uint64_t logs_dropped;     // whole logs, at a ceiling
    uint64_t records_evicted;  // at the ceiling of bytes, not by their age
    uint64_t dedupe_forgotten; // at a ceiling, before their ttl
};

// logs and facts are at least 1 and at most 2^30. NULL without memory.
struct memory *memory_create(
        const struct clock *clock, const struct memory_limits *limits);

// Accepts NULL. Requests still in the queue get no answer.
void memory_destroy(struct memory *memory);

// The table to give to the engine, borrowed as long as memory lives. Opening
// it again replaces the sink and drops what is queued for the former one.
const struct nx_engine_provider_v1 *memory_provider(struct memory *memory);

// Executes what is queued, and what the answers queue meanwhile, up to
// MEMORY_RUN_MAX requests. Returns whether more is waiting. Call it at the
// end of each turn of the loop; does nothing inside itself.
bool memory_run(struct memory *memory);

// The same for so many requests at most.
bool memory_run_some(struct memory *memory, size_t most);

// Whether requests are queued.
bool memory_waiting(const struct memory *memory);

void memory_stats(const struct memory *memory, struct memory_stats *stats);

#endif
