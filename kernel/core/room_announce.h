/*
 * room_announce - tells a room's members who came and who left.
 *
 * room.join and room.leave once for each user, not for each tab. In rooms
 * with more members than rooms.announce_limit only their number is told, in
 * a room.members event at most once a second.
 *
 * Owner:   core
 * Thread:  logic
 * Errors:  none; what cannot be told for lack of memory is not
 */
#ifndef KERNEL_CORE_ROOM_ANNOUNCE_H
#define KERNEL_CORE_ROOM_ANNOUNCE_H

#include <nexus/types.h>

struct core;
struct room;
struct room_announce;
struct session;

struct room_announce *room_announce_create(struct core *core);

// Accepts NULL.
void room_announce_destroy(struct room_announce *announce);

// Tells all members but one session (0: nobody). type is "room.join" or
// "room.leave"; username may be absent.
void room_announce_tell(struct room_announce *announce, struct room *room,
        const char *type, struct nx_str user, struct nx_str username,
        nx_session_id except);

// The user of this member has come to look offline, or no longer does: tells
// all others as if it had left, or joined.
void room_announce_visibility(struct room_announce *announce,
        const struct room *room, const struct session *session);

#endif
