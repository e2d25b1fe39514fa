/*
 * resume_record - what a session takes up again when its client comes back.
 *
 * The rooms it was in, each with the position its client is known to have
 * reached, and the bytes plugins kept on it. Taken from a session, and
 * written as bytes that outlive the server.
 *
 * Owner:   whoever embeds it
 * Thread:  logic
 * Errors:  false: no memory, or bytes that are no record; what was filled
 *          so far may be finished
 */
#ifndef KERNEL_CORE_RESUME_RECORD_H
#define KERNEL_CORE_RESUME_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/rooms.h>
#include <nexus/types.h>

#include "kernel/core/blobs.h"

struct nx_buf;
struct session;

struct resume_room {
    struct nx_str name; // owned, ends with a NUL
    struct nx_position at;
    bool has_position; // false: the room keeps no log, or it is not known
};

struct resume_record {
    struct resume_room *rooms;
    size_t room_count;
    struct blobs blobs;
};

// Frees the name.
void resume_room_finish(struct resume_room *room);

void resume_record_init(struct resume_record *record);
void resume_record_finish(struct resume_record *record);

// What the session is and has now. What it is still being restored to is a
// part of that. The record must be fresh.
bool resume_record_take(
        struct resume_record *record, const struct session *session);

// Adds a room; at NULL: without a position. The name is copied.
bool resume_record_add(struct resume_record *record, struct nx_str room,
        const struct nx_position *at);

// Takes a room out, if it is in.
bool resume_record_strike(struct resume_record *record, struct nx_str room);

// About how much memory it takes.
size_t resume_record_size(const struct resume_record *record);

// Appends the record; whether it did not fit is in buf->failed.
void resume_record_write(
        const struct resume_record *record, struct nx_buf *buf);

// Reads from the beginning of *bytes and moves it behind. The record must be
// fresh.
bool resume_record_read(struct resume_record *record, struct nx_bytes *bytes);

#endif
