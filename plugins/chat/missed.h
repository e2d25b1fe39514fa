/*
 * missed - what a device has missed in a log, as it is now, ready to be sent.
 *
 * Takes records in the order of the log, all up to its end. Messages come out
 * with later edits and deletes applied; of a message that the device has
 * already, the last change comes out. Texts are kept up to a number of bytes:
 * what comes behind is left for another round, which begins at end.
 *
 * Owner:   whoever embeds it
 * Thread:  logic
 * Errors:  nx_status; after an error only missed_finish may be called
 */
#ifndef PLUGINS_CHAT_MISSED_H
#define PLUGINS_CHAT_MISSED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#include "plugins/chat/projection.h"

struct chat;
struct nx_record;
struct nx_strmap;
struct stop;

struct missed {
    const struct stop *stop; // what the device has, and what is skipped
    struct projection view;
    struct nx_strmap *changes; // seq of a message -> its change in view
    size_t max_bytes;
    uint64_t after;
    uint64_t read; // all records up to this were taken
    uint64_t end;  // events before this are in the view
    bool full;     // end is not the end of the log
};

// Begins behind a record. stop is borrowed. NO_MEMORY.
nx_status missed_init(struct missed *missed, const struct stop *stop,
        uint64_t after, size_t max_bytes);
void missed_finish(struct missed *missed);

// The next record; those it knows or that lie before the beginning are passed.
nx_status missed_add(struct missed *missed, struct chat *chat,
        const struct nx_record *record);

// The events, oldest first. Without text: nothing to send.
static inline const struct projected *missed_at(
        const struct missed *missed, size_t i) {
    return projection_at(&missed->view, i);
}

// How many events have a text.
size_t missed_count(const struct missed *missed);

#endif
