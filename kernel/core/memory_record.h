/*
 * memory_record - one record of a log, in one block of memory.
 *
 * Made when a publish is queued; the same block becomes the record in the
 * log, so the payload is copied once. The offset follows from its place.
 *
 * Owner:   the queue's request, then the log
 * Thread:  that of the owner
 * Errors:  NULL without memory
 */
#ifndef KERNEL_CORE_MEMORY_RECORD_H
#define KERNEL_CORE_MEMORY_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <nexus/types.h>

struct memory_record {
    int64_t time_ms;  // UTC, set by the append
    int64_t added_ms; // monotonic, set by the append
    size_t len;
    char payload[]; // and a NUL
};

static inline struct memory_record *memory_record_create(
        struct nx_str payload) {
    struct memory_record *record = NULL;
    if (payload.len > SIZE_MAX - sizeof(*record) - 1) {
        return NULL;
    }
    record = calloc(1, sizeof(*record) + payload.len + 1);
    if (record) {
        record->len = payload.len;
        memcpy(record->payload, payload.ptr, payload.len);
    }
    return record;
}

static inline size_t memory_record_bytes(const struct memory_record *record) {
    return sizeof(*record) + record->len + 1;
}

#endif
