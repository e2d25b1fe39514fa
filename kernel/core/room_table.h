/*
 * room_table - what rooms.c and room_join.c share of struct rooms.
 *
 * Thread:  logic
 * Errors:  as said
 */
#ifndef KERNEL_CORE_ROOM_TABLE_H
#define KERNEL_CORE_ROOM_TABLE_H

#include <stddef.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

struct core;
struct idmap;
struct member;
struct nx_strmap;
struct rooms;
struct session;

struct rooms {
    struct core *core;
    struct nx_strmap *by_name; // struct room
    struct idmap *by_id;       // struct room
    struct nx_list joins;      // struct room_join::link, not complete yet
};

// Whether the session may become a member: INVALID (no kind has such rooms,
// or the name is too long), EXISTS, LIMIT.
nx_status rooms_may_join(const struct rooms *rooms, struct nx_str name,
        const struct session *session);

// Forgets the joins that are not complete: the engine answers no more.
void rooms_drop_joins(struct rooms *rooms);

// Makes it one, and the room if needed; NULL without memory.
struct member *rooms_add_member(
        struct rooms *rooms, struct nx_str name, struct session *session);

#endif
