/*
 * users - who is connected: sessions and the users they belong to.
 *
 * A user is the set of its live sessions and exists here while it has one;
 * nothing is known of users who are away. Users are named by the string the
 * authentication gave them.
 *
 * Interface: "nexus.users" version 1
 * Thread:    [logic]
 */
#ifndef NEXUS_USERS_H
#define NEXUS_USERS_H

#include <nexus/rooms.h>
#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_USERS "nexus.users"

// The client gave no device_id: this one means nothing after the session.
#define NX_DEVICE_MADE_UP (1u << 0)

// Facts about one session; strings are borrowed until the callback returns.
struct nx_session_info {
    uint32_t struct_size;
    uint32_t flags; // NX_DEVICE_ bits
    nx_session_id session;
    struct nx_str user;
    struct nx_str device;  // device_id
    struct nx_str address; // of the client, "192.0.2.1"
    int64_t connected_ms;  // UTC
    int64_t active_ms;     // UTC, when its last event arrived; heartbeats
                           // (ping, pong, system.ack) do not count
    uint64_t idle_ms;      // how long ago that was
};

struct nx_users_v1 {
    NX_INTERFACE_HEAD;

    // Fills *info (set struct_size first). GONE. [logic] R Q. Since 1.0.
    nx_status (*session_info)(const struct nx_host *host, nx_session_id session,
            struct nx_session_info *info);

    // Live sessions of a user, 0 when offline. [logic] R Q. Since 1.0.
    uint32_t (*session_count)(
            const struct nx_host *host, struct nx_str user_name);

    // Visits a user's sessions, oldest first. The callback may close them.
    // [logic] R Q. Since 1.0.
    void (*each_session)(const struct nx_host *host, struct nx_str user_name,
            nx_each_session_fn fn, void *user);

    // Visits every user online, in the order of their names' hashes. O(users):
    // not for the event path. [logic] R Q. Since 1.0.
    void (*each_user)(
            const struct nx_host *host, nx_each_user_fn fn, void *user);

    // Bytes of the plugin's own on a session, at most 64 KiB for each key;
    // they go with the session, survive a reload, and are there again in a
    // session that is resumed, as they were when its connection was lost. An
    // empty value removes the key. What get returns is borrowed until the
    // callback returns. GONE, LIMIT, NO_MEMORY. [logic] R Q. Since 1.0.
    nx_status (*data_set)(const struct nx_host *host, nx_session_id session,
            const char *key, struct nx_bytes value);
    struct nx_bytes (*data_get)(
            const struct nx_host *host, nx_session_id session, const char *key);

    // Tells of the session's next event that is no heartbeat, once, by
    // NX_SESSION_ACTIVE to all who hear of sessions in that way. GONE.
    // [logic] R Q. Since 1.0.
    nx_status (*notice)(const struct nx_host *host, nx_session_id session);

    // Lets a user with sessions look offline to others, or not any more: in
    // GET /api/ws/online, and among the members of rooms in their lists,
    // counts and announcements; hiding is announced as leaving, and the
    // opposite as joining. What the user sends and gets is not touched, and
    // plugins see who is there. Ends with the user's last session. GONE.
    // [logic] R Q. Since 1.0.
    nx_status (*hide)(const struct nx_host *host, struct nx_str user_name,
            int32_t hidden);

    // 1 or 0. [logic] R Q. Since 1.0.
    int32_t (*is_hidden)(const struct nx_host *host, struct nx_str user_name);
};

#ifdef __cplusplus
}
#endif

#endif
