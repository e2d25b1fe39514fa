/*
 * frame - from an event or a record to the one frame all receivers share.
 *
 * Thread:  logic
 * Errors:  as said; nothing is made then
 */
#ifndef KERNEL_CORE_FRAME_H
#define KERNEL_CORE_FRAME_H

#include <nexus/rooms.h>
#include <nexus/types.h>

struct nx_writer;
struct payload;

// Frames what a writer has written and consumes the writer, also on error.
// *out is a reference the caller owns. What had failed in the writer, or
// NO_MEMORY.
nx_status frame_of_event(struct nx_writer *event, struct payload **out);

// Frames a record with its offset added under offset_field (NULL: without).
// Returns a reference owned by the caller, NULL without memory.
struct payload *frame_of_record(
        const struct nx_record *record, const char *offset_field);

#endif
