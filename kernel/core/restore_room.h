/*
 * restore_room - one room that is being restored for one session.
 *
 * Knows how far the client has come and what became of it: how many records
 * were sent, or how many are missing. Reads nothing itself; it is fed pages
 * of the log by restore.c.
 *
 * Owner:   struct restore
 * Thread:  logic
 * Errors:  in status, for the client
 */
#ifndef KERNEL_CORE_RESTORE_ROOM_H
#define KERNEL_CORE_RESTORE_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/engine.h>
#include <nexus/rooms.h>

#include "kernel/core/resume_record.h"

struct nx_writer;
struct session;

struct restore_room {
    struct resume_room want;
    bool begun;
    bool done;
    bool has_log;
    bool known;              // at is known
    bool recovered;          // no record is missing
    nx_status status;        // why the session is not in the room
    struct nx_position from; // what the client had
    struct nx_position at;   // what it has been sent, too
    uint64_t records;        // sent
};

enum restore_step {
    RESTORE_ROOM_DONE,
    RESTORE_ROOM_READ, // the next page, after room->at
    RESTORE_ROOM_FULL, // the same, once the session's queue has room
};

// May the session come back into the room? DONE: it cannot, or need not read.
enum restore_step restore_room_begin(
        struct restore_room *room, struct session *session);

// Sends what a page of the log has after room->at.
enum restore_step restore_room_feed(struct restore_room *room,
        struct session *session, const struct nx_history_result *page);

// Gives up: the session does not come back into the room.
void restore_room_fail(
        struct restore_room *room, struct session *session, nx_status status);

// What became of it, as an item of an array.
void restore_room_put(const struct restore_room *room, struct nx_writer *w);

#endif
