/*
 * outbox - bounded queues of frames waiting for one session's socket.
 *
 * One queue for each class; higher classes leave first, and within one class
 * order is kept. Never grows past its byte limit: droppable frames are shed,
 * oldest first, to make room for others, and counted. What to do with a
 * client that does not keep up is policy and lives in session.c.
 *
 * Owner:   the session that embeds it
 * Thread:  logic
 * Errors:  LIMIT, NO_MEMORY; after any error the outbox is as it was before
 */
#ifndef KERNEL_CORE_OUTBOX_H
#define KERNEL_CORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>

struct payload;

// Droppable frames that may wait at once; an older one is worth nothing.
#define OUTBOX_DROPPABLE_MAX 128u

// In the order in which they leave.
enum outbox_class {
    OUTBOX_CONTROL,
    OUTBOX_URGENT,
    OUTBOX_NORMAL,
    OUTBOX_DROPPABLE,
    OUTBOX_CLASSES,
};

// Why droppable frames were not sent. X(NAME, word)
#define OUTBOX_SHEDS(X) \
    X(REPLACED, "replaced")  /* by a newer one of the same key */ \
    X(CROWDED, "crowded")    /* more than OUTBOX_DROPPABLE_MAX waited */ \
    X(FULL, "outbox_bytes")  /* the outbox was at its limit */ \
    X(TOTAL, "queued_bytes") /* all outboxes together were */

enum outbox_shed {
#define OUTBOX_SHED_ENUM_(name, word) OUTBOX_SHED_##name,
    OUTBOX_SHEDS(OUTBOX_SHED_ENUM_)
#undef OUTBOX_SHED_ENUM_
    OUTBOX_SHED_REASONS,
};

struct outbox_frame {
    struct payload *payload; // one reference is ours
    uint64_t key;            // coalescing key, 0: none
};

struct outbox_ring;

struct outbox {
    struct outbox_ring *rings[OUTBOX_CLASSES]; // NULL: nothing waits
    size_t bytes;                              // of all frames queued
    uint64_t *shed; // OUTBOX_SHED_REASONS counters of droppable frames lost
};

// The counters are borrowed, and may be those of many outboxes.
void outbox_init(struct outbox *box, uint64_t *shed);

// Drops whatever is still queued.
void outbox_finish(struct outbox *box);

// Queues a frame with a reference of its own. A droppable frame replaces a
// waiting one of the same key (not 0); one that does not fit below limit is
// shed itself, which is no error.
enum nx_err outbox_push(struct outbox *box, size_t limit,
        struct payload *payload, enum outbox_class cls, uint64_t key);

// Drops the droppable frames that wait: OUTBOX_SHED_TOTAL.
void outbox_shed_droppable(struct outbox *box);

bool outbox_empty(const struct outbox *box);

// What one write may send: some frames of each queue, in their order.
struct outbox_batch {
    const unsigned char *bytes; // borrowed until the next call
    size_t len;                 // 0: nothing waits
    uint32_t counts[OUTBOX_CLASSES];
};

// Looks at the next frames, up to len bytes of them, without removing them.
// Several are gathered in scratch; one that is alone, or larger than len, is
// borrowed from its payload and not copied.
void outbox_gather(const struct outbox *box, unsigned char *scratch, size_t len,
        struct outbox_batch *batch);

// Removes the frames of a batch that was written.
void outbox_commit(struct outbox *box, const struct outbox_batch *batch);

// Frees the memory of queues in which nothing waits.
void outbox_trim(struct outbox *box);

#endif
