/*
 * room_events - room.join, room.leave and room.broadcast.
 *
 * The seed's rooms: room_id R is the room "room:R", whose log keeps what was
 * broadcast (history.max_records, rooms.history_age).
 *
 * Thread:  logic
 * Errors:  answered to the client
 */
#ifndef KERNEL_CORE_ROOM_EVENTS_H
#define KERNEL_CORE_ROOM_EVENTS_H

#include <nexus/types.h>

#define ROOM_EVENTS_PREFIX "room:"

// The room_id clients use, of a room's name; borrowed from it.
struct nx_str room_events_id(struct nx_str room_name);

// A session became a member of a room: tells the others if that is one of
// ours, and the first session of its user in it.
struct member;
void room_events_entered(const struct member *member);

#endif
