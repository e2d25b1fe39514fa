/*
 * memory_logs - all logs, by room, within a ceiling of number and bytes.
 *
 * At the ceiling of bytes the oldest record of the log written longest ago
 * goes. Logs without records follow when no records are left, or when logs
 * alone would take more than a quarter. At the ceiling of logs the one
 * written longest ago goes as a whole. A room whose log was dropped gets
 * another epoch with its next one.
 *
 * Owner:   struct memory
 * Thread:  that of the owner
 * Errors:  NULL or false without memory
 */
#ifndef KERNEL_CORE_MEMORY_LOGS_H
#define KERNEL_CORE_MEMORY_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

#include "kernel/base/clock.h"
#include "kernel/core/memory_log.h"

struct memory_logs;

// How a record is appended.
struct memory_keep {
    uint32_t count;  // at least 1
    uint64_t age_ms; // 0: no age limit
};

// max_logs is at most 2^30. NULL without memory.
struct memory_logs *memory_logs_create(
        const struct clock *clock, size_t max_logs);

// Accepts NULL.
void memory_logs_destroy(struct memory_logs *logs);

// The room's log without what is too old, or NULL. Borrowed until the next
// call that is given logs.
const struct memory_log *memory_logs_find(
        struct memory_logs *logs, struct nx_str room);

// The room's log, made if need be, ready for one append. The log written
// longest ago makes room for a new one. NULL without memory.
struct memory_log *memory_logs_prepare(
        struct memory_logs *logs, struct nx_str room);

// Appends to a log just prepared and owns the record. Evicts nothing.
void memory_logs_append(struct memory_logs *logs, struct memory_log *log,
        struct memory_record *record, const struct memory_keep *keep);

// Evicts until all logs together take at most so many bytes.
void memory_logs_shrink(struct memory_logs *logs, size_t most_bytes);

size_t memory_logs_count(const struct memory_logs *logs);
size_t memory_logs_records(const struct memory_logs *logs);
size_t memory_logs_bytes(const struct memory_logs *logs);
// The epoch a room without a log will have when it gets one: logs made later
// share it until one is dropped, so that a dropped one never comes back under
// its old epoch.
uint64_t memory_logs_next_epoch(const struct memory_logs *logs);

uint64_t memory_logs_dropped(const struct memory_logs *logs);
uint64_t memory_logs_evicted(const struct memory_logs *logs);

#endif
