/*
 * log_view - turns records of a conversation's log into its projection.
 *
 * Every record that passes by goes into conv->log, first as a mere index of
 * who sent what. When somebody needs the messages themselves the whole log
 * is read once, and kept up to date by what passes by from then on, as long
 * as this node has members in the room.
 *
 * Thread:  logic
 * Errors:  nx_status; after an error the log is as it was before
 */
#ifndef PLUGINS_CHAT_LOG_VIEW_H
#define PLUGINS_CHAT_LOG_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

struct chat;
struct conversation;
struct nx_buf;
struct nx_record;
struct projected;
struct projection;

// A record passes by.
void log_view_record(struct conversation *conv, const struct nx_record *record);

// Facts were loaded: an empty index begins at the end of the log.
void log_view_loaded(struct conversation *conv);

// Whether conv->log has all messages there are, as they are now.
bool log_view_is_current(const struct conversation *conv);

// Reads the whole log; conversation_pump is called afterwards.
nx_status log_view_load(struct conversation *conv);

// Forgets the log: an empty index that begins after position.
void log_view_reset(struct conversation *conv, uint64_t position);

// What a record is: a message, or a change of the one that has message_seq.
enum record_kind {
    RECORD_OTHER,
    RECORD_MESSAGE,
    RECORD_CHANGE,
};

enum record_kind log_view_kind(const struct chat *chat,
        const struct nx_record *record, uint64_t *message_seq);

// Adds one record to a projection. Records at or below its end are passed
// over; those that change a message it does not have, too, unless keep_loose
// is set: then they are kept like messages, without an id.
nx_status log_view_apply(struct chat *chat, struct projection *view,
        const struct nx_record *record, bool keep_loose);

// Forgets what the rules of the room no longer keep.
void log_view_trim(struct chat *chat, struct projection *view);

// Appends a message as clients see it: with its seq. False without memory.
bool log_view_write(const struct projected *message, struct nx_buf *out);

#endif
