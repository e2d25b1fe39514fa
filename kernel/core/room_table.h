/*
 * room_table - what rooms.c and room_join.c share of struct rooms.
 *
 * Thread:  logic
 * Errors:  as said
 */
#ifndef KERNEL_CORE_ROOM_TABLE_H
#define KERNEL_CORE_ROOM_TABLE_H

#include <stddef.h>

#include <nexus/rooms.h>
#include <nexus/types.h>
#include <nexus/util/list.h>

struct core;
struct idmap;
struct nx_strmap;
struct rooms;
struct session;

struct rooms {
    struct core *core;
    struct nx_strmap *by_name; // struct room
    struct idmap *by_id;       // struct room
    struct nx_list joins;      // struct room_join::link, not complete yet
    struct nx_list questions;  // of room_position.c
};

// Whether the session may become a member: INVALID (no kind has such rooms,
// or the name is too long), EXISTS, LIMIT.
nx_status rooms_may_join(const struct rooms *rooms, struct nx_str name,
        const struct session *session);

// Forgets the joins that are not complete: the engine answers no more.
void rooms_drop_joins(struct rooms *rooms);

// Makes it one, and the room if needed; returns the room, 0 without memory.
// at is the position the member has, NULL: the end of the log. A member that a
// restore is about to bring back is held. What the room's owner does when it
// is told may have ended the membership already.
nx_room_id rooms_add_member(struct rooms *rooms, struct nx_str name,
        struct session *session, const struct nx_position *at);

#endif
