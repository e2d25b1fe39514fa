/*
 * rooms - named sets of sessions, the only thing that fans out.
 *
 * A plugin defines a kind of room by name prefix ("chat:"); every room whose
 * name begins with it follows the kind's rules: whether the engine keeps a
 * log, under which field clients see a record's offset, whom to tell of
 * joins, records and receipts. A room exists on this node while it has
 * members; its log lives in the engine and does not depend on that.
 *
 * Interface: "nexus.rooms" version 1
 * Owner:     rooms and memberships belong to the server and survive reloads
 * Thread:    [logic]
 */
#ifndef NEXUS_ROOMS_H
#define NEXUS_ROOMS_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_ROOMS "nexus.rooms"

// What has happened to a membership.
#define NX_MEMBER_JOINED 1u
#define NX_MEMBER_LEFT   2u

// A session entered or left a room. One that is resumed enters its rooms
// before the hooks of nexus.router on_session() are told that it opened. A
// tracked room is not among them if the session left it before the server
// knew where its log ends, the moment after a join() without done: the owner
// of the room joins it again, behind what it knows to be received.
struct nx_member_event {
    uint32_t struct_size;
    uint32_t what; // NX_MEMBER_
    nx_room_id room;
    nx_session_id session;
    struct nx_str room_name; // "chat:conv_123"
    struct nx_str user;
    uint32_t user_sessions; // sessions of that user in the room afterwards
    uint32_t members;       // sessions in the room afterwards
};

// A record of a room's log, as stored: without the offset field.
struct nx_record {
    uint32_t struct_size;
    uint32_t reserved0;
    uint64_t epoch;
    uint64_t offset;
    int64_t time_ms;       // UTC, when it was appended
    struct nx_str payload; // the event, a JSON object
};

// A Pong proved that a session has received the room's records up to an
// offset; the ones from `after` (exclusive) to `upto` (inclusive) are new.
struct nx_received_event {
    uint32_t struct_size;
    uint32_t reserved0;
    nx_room_id room;
    nx_session_id session;
    struct nx_str room_name;
    struct nx_str user;
    uint64_t epoch;
    uint64_t after;
    uint64_t upto;
};

#define NX_ROOM_TRACKED (1u << 0) // prove receipt of records, on_received

// The rules of all rooms whose names begin with a prefix.
struct nx_room_kind {
    uint32_t struct_size;
    uint32_t flags;           // NX_ROOM_ bits
    const char *prefix;       // "chat:"; copied
    const char *offset_field; // "seq"; NULL: clients do not see offsets
    uint32_t keep_count;      // records kept in a room's log, 0: no log
    uint32_t reserved0;
    uint64_t keep_age_ms; // and no older than this, 0: no age limit
    void *user;           // first argument of the functions below
    // Each may be NULL. [logic] R Q. Since 1.0.
    void (*on_member)(void *user, const struct nx_member_event *ev);
    void (*on_record)(void *user, nx_room_id room, struct nx_str room_name,
            const struct nx_record *record);
    void (*on_received)(void *user, const struct nx_received_event *ev);
};

// Where a client was when it left.
struct nx_position {
    uint64_t epoch;
    uint64_t offset;
};

// What became of a join.
struct nx_join_result {
    uint32_t struct_size;
    nx_status status; // NX_OK: the session is a member from now on
    nx_room_id room;
    uint64_t epoch; // position of the log now; 0, 0: the room has no log
    uint64_t offset;
    int32_t recovered; // all missed records follow this callback
    uint32_t records;  // how many
};

// Ends a join that waited for the log. [logic] R Q. Since 1.0.
typedef void (*nx_join_fn)(void *user, const struct nx_join_result *result);
// Hears of members. [logic] R Q. Since 1.0.
typedef void (*nx_member_fn)(void *user, const struct nx_member_event *ev);

// Visit one; return non-zero to stop. [logic] R Q. Since 1.0.
typedef int32_t (*nx_each_session_fn)(
        void *user, nx_session_id session, struct nx_str user_name);
typedef int32_t (*nx_each_user_fn)(
        void *user, struct nx_str user_name, uint32_t sessions);
typedef int32_t (*nx_each_room_fn)(
        void *user, nx_room_id room, struct nx_str room_name);

struct nx_rooms_v1 {
    NX_INTERFACE_HEAD;

    // Defines a kind of room. EXISTS when its prefix is taken. The struct is
    // copied. [logic] S. Since 1.0.
    nx_status (*define)(
            const struct nx_host *host, const struct nx_room_kind *kind);

    // Hears of every session that enters or leaves any room, whoever defined
    // its kind, after the kind's own on_member. A session that ends leaves
    // its rooms before NX_SESSION_CLOSED. [logic] S. Since 1.0.
    nx_status (*observe)(
            const struct nx_host *host, nx_member_fn fn, void *user);

    // Makes a session a member. With done, the position of the log (and with
    // since, every missed record or none) is fetched first: done is called
    // once, never before join() returns; right after it the missed records
    // are queued, then live ones follow without a hole. Without done the
    // session is a member when join() returns. since may be NULL, both are
    // borrowed. EXISTS: is a member; LIMIT: limits.rooms_per_session;
    // FORBIDDEN; GONE. [logic] R. Since 1.0.
    nx_status (*join)(const struct nx_host *host, struct nx_str room_name,
            nx_session_id session, const struct nx_position *since,
            nx_join_fn done, void *user);

    // NOT_MEMBER, GONE. [logic] R Q. Since 1.0.
    nx_status (*leave)(const struct nx_host *host, struct nx_str room_name,
            nx_session_id session);

    // All sessions of a user leave the room, and none of those whose client
    // is away comes back into it: what leave() does for one session, for a
    // user who may not be in the room any more. [logic] R Q. Since 1.0.
    nx_status (*expel)(const struct nx_host *host, struct nx_str room_name,
            struct nx_str user_name);

    // The room of that name, 0 when it has no members here. [logic] R Q.
    // Since 1.0.
    nx_room_id (*find)(const struct nx_host *host, struct nx_str room_name);

    // The room's name, borrowed until the callback returns. [logic] R Q.
    // Since 1.0.
    struct nx_str (*name)(const struct nx_host *host, nx_room_id room);

    // 1 or 0. [logic] R Q. Since 1.0.
    int32_t (*is_member)(
            const struct nx_host *host, nx_room_id room, nx_session_id session);

    // Sessions, and distinct users, in the room. [logic] R Q. Since 1.0.
    uint32_t (*count)(const struct nx_host *host, nx_room_id room);
    uint32_t (*user_count)(const struct nx_host *host, nx_room_id room);

    // Visit members, distinct users, or the rooms of one session. The
    // callback must not join or leave. [logic] R Q. Since 1.0.
    void (*each_session)(const struct nx_host *host, nx_room_id room,
            nx_each_session_fn fn, void *user);
    void (*each_user)(const struct nx_host *host, nx_room_id room,
            nx_each_user_fn fn, void *user);
    void (*each_room_of)(const struct nx_host *host, nx_session_id session,
            nx_each_room_fn fn, void *user);

    // Bytes of the plugin's own on a room, at most 64 KiB for each key; they
    // go with the room. An empty value removes the key. What get returns is
    // borrowed until the callback returns. [logic] R Q. Since 1.0.
    nx_status (*data_set)(const struct nx_host *host, nx_room_id room,
            const char *key, struct nx_bytes value);
    struct nx_bytes (*data_get)(
            const struct nx_host *host, nx_room_id room, const char *key);
};

#ifdef __cplusplus
}
#endif

#endif
