/*
 * room_position - where in a room's log each member is known to be.
 *
 * A member's position is the last record proved to have reached its client
 * (receipts.h). It begins with the end of the log when the member joined:
 * what the room has delivered here tells that, or else the engine does, which
 * is asked once for a room that had no members. Who comes back continues
 * behind its position (restore.h).
 *
 * Owner:   struct rooms holds the questions on their way
 * Thread:  logic
 * Errors:  none; a position that could not be learned is not known
 */
#ifndef KERNEL_CORE_ROOM_POSITION_H
#define KERNEL_CORE_ROOM_POSITION_H

#include <stdbool.h>

#include <nexus/rooms.h>

struct member;
struct room;
struct rooms;

// The member has just joined, with no position of its own.
void room_position_begin(struct rooms *rooms, struct member *member);

// The member has everything up to a position, the rest up to `upto` is queued
// for it and waits for proof.
void room_position_set(
        struct member *member, const struct nx_position *at, uint64_t upto);

// A record of another log than the one before is about to be delivered.
void room_position_new_log(struct room *room, const struct nx_position *record);

// Everything delivered so far was queued for the member: counts what has not
// been noted yet, since its room is not tracked, as waiting for proof.
void room_position_catch_up(struct member *member);

// False: not known, or the room keeps no log.
bool room_position_of(const struct member *member, struct nx_position *out);

// Whether the position of a member of a tracked room is not known yet. Who
// leaves before it is does not come back by itself: the room's owner knows
// what its client has, and lets it enter behind that.
bool room_position_is_awaited(const struct member *member);

// Whether the room keeps a log, so that there are positions in it.
bool room_position_kept(const struct rooms *rooms, struct nx_str room_name);

// Forgets the questions: the engine answers no more.
void room_position_drop(struct rooms *rooms);

#endif
