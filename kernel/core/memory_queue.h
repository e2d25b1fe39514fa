/*
 * memory_queue - requests to the memory provider that were not executed yet.
 *
 * A request owns copies of all its strings. Their number and bytes have
 * ceilings; what is taken out no longer counts.
 *
 * Owner:   struct memory
 * Thread:  that of the owner
 * Errors:  nx_status: ENGINE_BUSY, TOO_LARGE, NO_MEMORY; nothing was queued
 */
#ifndef KERNEL_CORE_MEMORY_QUEUE_H
#define KERNEL_CORE_MEMORY_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include <nexus/provider.h>
#include <nexus/util/list.h>

#include "kernel/core/memory_record.h"

enum memory_request_kind {
    MEMORY_PUBLISH,
    MEMORY_HISTORY,
    MEMORY_PUT,
    MEMORY_GET,
    MEMORY_REMOVE,
    MEMORY_SCAN,
};

// Text in a request, as its kind uses it.
#define MEMORY_TEXT_ROOM   0 // publish and history
#define MEMORY_TEXT_DEDUPE 1 // publish
#define MEMORY_TEXT_MEMO   2
#define MEMORY_TEXT_SPACE  0 // all about facts
#define MEMORY_TEXT_KEY    1 // put, get, remove; scan: the prefix
#define MEMORY_TEXT_VALUE  2 // put; scan: after
#define MEMORY_TEXTS       3

struct memory_request {
    struct nx_list link; // struct memory_queue::requests
    enum memory_request_kind kind;
    uint32_t flags;     // publish: NX_PUBLISH_
    uint32_t direction; // history
    uint32_t limit;     // history and scan
    uint64_t cookie;
    uint64_t offset; // history; publish: what is expected
    uint64_t tag;    // publish
    uint32_t keep_count;
    uint32_t dedupe_ttl_s;
    uint64_t keep_age_ms;
    uint64_t ttl_ms; // put
    uint64_t expect_revision;
    struct memory_record *record;     // publish; owned, NULL once handed over
    size_t bytes;                     // what it counts in the queue
    struct nx_str text[MEMORY_TEXTS]; // point into tail
    char tail[];
};

struct memory_queue {
    struct nx_list requests; // struct memory_request::link
    size_t count;
    size_t bytes;
    size_t max_count;
    size_t max_bytes;
};

void memory_queue_init(
        struct memory_queue *queue, size_t max_count, size_t max_bytes);

// Forgets what is in it.
void memory_queue_finish(struct memory_queue *queue);

// Copies the request with its texts and, unless its ptr is NULL, the payload.
nx_status memory_queue_push(struct memory_queue *queue,
        const struct memory_request *request, struct nx_str payload);

// The oldest request, owned by the caller, or NULL.
struct memory_request *memory_queue_take(struct memory_queue *queue);

// Accepts NULL. Frees the record, too, if it is still there.
void memory_request_destroy(struct memory_request *request);

#endif
