/*
 * rooms - named sets of sessions, and the fan-out to them.
 *
 * A room exists while it has members; its log, if its kind keeps one, lives
 * in the engine. Every record the engine hands back is framed once, with its
 * offset spliced in under the kind's field name, and shared by all members.
 * Joining with a position fetches what was missed first, and completes only
 * when the history has caught up with what was delivered live.
 *
 * Owner:   core; rooms and memberships survive plugin reloads
 * Thread:  logic
 * Errors:  as nexus/rooms.h; unchanged after an error
 */
#ifndef KERNEL_CORE_ROOMS_H
#define KERNEL_CORE_ROOMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/rooms.h>
#include <nexus/util/list.h>

#include "kernel/core/blobs.h"
#include "kernel/core/outbox.h"

struct core;
struct payload;
struct plugin;
struct registry_kind;
struct rooms;
struct session;
struct user;

#define ROOM_NAME_MAX 256

struct room {
    nx_room_id id;
    struct nx_list members; // struct member::room_link, in order of joining
    uint32_t member_count;
    uint32_t user_count;
    uint32_t hidden_count; // of these users: look offline, visibility.h
    uint64_t epoch;        // of the last record delivered here, 0: none yet
    uint64_t offset;
    struct blobs blobs; // bytes of plugins
    size_t name_len;
    char name[]; // ends with a NUL that name_len does not count
};

// One session in one room.
struct member {
    struct room *room;
    struct session *session;
    struct nx_list room_link;    // struct room::members
    struct nx_list session_link; // struct session::members
    struct nx_list proof_link;   // struct receipts
    uint64_t epoch;              // of the offsets below
    uint64_t queued;             // newest record queued, for proof of receipt
    uint64_t pinged;             // newest before the Ping in flight
    uint64_t proved;             // newest known to be received
    bool first;                  // of its user's memberships in this room
    bool held;                   // records wait until a restore caught up
};

struct rooms *rooms_create(struct core *core);

// Accepts NULL. No member may be left.
void rooms_destroy(struct rooms *rooms);

struct room *rooms_find(const struct rooms *rooms, struct nx_str name);
struct room *rooms_get(const struct rooms *rooms, nx_room_id id);
size_t rooms_count(const struct rooms *rooms);

// Walks rooms by id, safe against changes: start with *cursor = 0.
struct room *rooms_next(const struct rooms *rooms, uint64_t *cursor);

// Tells storage that has just been opened which rooms have members here.
void rooms_attach_again(struct rooms *rooms);

// Who joins what. name and since are borrowed, since and done may be NULL;
// done is a callback of owner.
struct rooms_join {
    struct nx_str name;
    struct session *session;
    const struct nx_position *since;
    struct plugin *owner; // NULL: the kernel
    nx_join_fn done;
    void *user;
};

// As nexus.rooms join() and leave(). The auth chain is the caller's business.
nx_status rooms_join(struct rooms *rooms, const struct rooms_join *request);
nx_status rooms_leave(
        struct rooms *rooms, struct nx_str name, struct session *session);

// All sessions of a user leave the room, members or not yet.
void rooms_leave_user(
        struct rooms *rooms, struct nx_str name, const struct user *user);

// Forgets the callbacks of a plugin that goes away; its joins go on.
void rooms_drop_owner(struct rooms *rooms, const struct plugin *owner);

// The session leaves all its rooms.
void rooms_leave_all(struct rooms *rooms, struct session *session);

struct member *room_member(
        const struct room *room, const struct session *session);

// How many sessions of the session's user are members, itself included.
uint32_t room_user_sessions(
        const struct room *room, const struct session *session);

// Queues a frame for every member but one session (0: nobody). Returns how
// many took it.
uint32_t room_fan_out(struct room *room, struct payload *payload,
        enum outbox_class cls, uint64_t key, nx_session_id except);

// A record from the engine: shows it to the kind's owner and sends it to the
// members. Returns how many took it.
uint32_t rooms_deliver(struct rooms *rooms, struct nx_str name,
        const struct nx_record *record, uint32_t cls, nx_session_id except);

// A Pong proved records of a tracked room: tells the kind's owner.
void rooms_received(struct rooms *rooms, struct member *member, uint64_t after,
        uint64_t upto);

// Maps NX_CLASS_ to the outbox' order; unknown values are NORMAL.
enum outbox_class outbox_class_of(uint32_t cls);

// Distinct users that do not look offline.
static inline uint32_t room_visible_users(const struct room *room) {
    return room->user_count - room->hidden_count;
}

static inline struct nx_str room_name(const struct room *room) {
    struct nx_str name = {room->name, room->name_len};
    return name;
}

#endif
