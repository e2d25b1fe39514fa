/*
 * memory_log - the records of one room, as long as they are kept.
 *
 * Offsets count up from 1 without holes for as long as the log lives; the
 * epoch, a random number, tells one life of a log from another. The oldest
 * records go when there are too many or they are too old, by the rules of
 * the latest append. Age runs on the monotonic clock, so that setting the
 * wall clock loses nothing.
 *
 * Owner:   whoever embeds it; records belong to the log
 * Thread:  that of the owner
 * Errors:  only memory_log_reserve can fail; log unchanged
 */
#ifndef KERNEL_CORE_MEMORY_LOG_H
#define KERNEL_CORE_MEMORY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/rooms.h>

#include "kernel/base/clock.h"
#include "kernel/core/memory_record.h"

struct memory_log {
    uint64_t epoch;              // never 0
    uint64_t last;               // newest offset ever given, 0: none yet
    struct memory_record **ring; // cap of them, NULL when cap is 0
    size_t cap;                  // 0 or a power of two
    size_t head;                 // where the oldest record is
    size_t count;                // records kept
    size_t bytes;                // of the records and the ring
    uint64_t keep_age_ms;        // 0: no age limit
};

void memory_log_init(struct memory_log *log, uint64_t epoch);
void memory_log_finish(struct memory_log *log);

// Makes sure that the next append finds a place.
bool memory_log_reserve(struct memory_log *log);

// Stamps the record, gives it offset last + 1 and owns it from now on; then
// drops what the rules do not keep. keep_count is at least 1, and a place
// was reserved.
void memory_log_append(struct memory_log *log, struct memory_record *record,
        const struct clock *clock, uint32_t keep_count, uint64_t keep_age_ms);

// Drops what is too old by now.
void memory_log_expire(struct memory_log *log, const struct clock *clock);

// Drops the oldest record. There must be one.
void memory_log_drop_first(struct memory_log *log);

// The oldest offset kept, 0: none.
uint64_t memory_log_first(const struct memory_log *log);

// Writes up to limit records, oldest first, from the one after `offset`.
// They are borrowed until the log changes. Returns how many.
size_t memory_log_after(const struct memory_log *log, uint64_t offset,
        struct nx_record *records, size_t limit);

// The same, newest first, from the one before `offset` (0: from the end).
size_t memory_log_before(const struct memory_log *log, uint64_t offset,
        struct nx_record *records, size_t limit);

#endif
