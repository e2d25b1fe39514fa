/*
 * send - events out, to one session, one user, the live members of a room.
 *
 * Nothing here is stored: what must survive goes through nexus.engine. Each
 * call encodes and frames the event once and shares it between receivers.
 * Sending only queues; a session's queue has a byte limit, beyond which its
 * client is closed as a slow consumer and catches up by recovery.
 *
 * Interface: "nexus.send" version 1
 * Owner:     every call consumes its writer, also on error
 * Thread:    [logic] R Q
 */
#ifndef NEXUS_SEND_H
#define NEXUS_SEND_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_SEND "nexus.send"

// Classes of outgoing events. Higher ones overtake lower ones; within one
// class order is kept. Droppable events are shed first when a client is
// slow, oldest first, and counted.
#define NX_CLASS_NORMAL    0u
#define NX_CLASS_DROPPABLE 1u
#define NX_CLASS_URGENT    2u
#define NX_CLASS_CONTROL   3u

// How to send. All zero is what nobody needs to say.
struct nx_send_opts {
    uint32_t struct_size;
    uint32_t cls;         // NX_CLASS_
    nx_session_id except; // leave this session out, 0: nobody
    // A newer droppable event with the same key replaces one that still
    // waits. Absent: no replacing. Borrowed.
    struct nx_str coalesce_key;
};

#define NX_TRACKED_RECEIVED 1u // the peer's WebSocket stack has it
#define NX_TRACKED_LOST     2u // the session ended before that was known

// What became of a tracked event. [logic] R Q. Since 1.0.
typedef void (*nx_tracked_fn)(
        void *user, nx_session_id session, uint64_t cookie, uint32_t outcome);

struct nx_send_v1 {
    NX_INTERFACE_HEAD;

    // Queues an event. opts may be NULL. GONE: no such session; TOO_LARGE,
    // INVALID: the writer had failed; NO_MEMORY. [logic] R Q. Since 1.0.
    nx_status (*to_session)(const struct nx_host *host, nx_session_id session,
            struct nx_writer *event, const struct nx_send_opts *opts);

    // To each session of a list; those that are gone are left out. ids are
    // borrowed; *count (may be NULL) tells how many it went to. [logic] R Q.
    // Since 1.0.
    nx_status (*to_sessions)(const struct nx_host *host,
            const nx_session_id *ids, size_t id_count, struct nx_writer *event,
            const struct nx_send_opts *opts, uint32_t *count);

    // To all sessions of a user. [logic] R Q. Since 1.0.
    nx_status (*to_user)(const struct nx_host *host, struct nx_str user,
            struct nx_writer *event, const struct nx_send_opts *opts,
            uint32_t *count);

    // To the members of a room on this node, without a record. GONE: no such
    // room. [logic] R Q. Since 1.0.
    nx_status (*to_room)(const struct nx_host *host, nx_room_id room,
            struct nx_writer *event, const struct nx_send_opts *opts,
            uint32_t *count);

    // To every session. O(all sessions), for operators' announcements only.
    // [logic] R Q. Since 1.0.
    nx_status (*to_all)(const struct nx_host *host, struct nx_writer *event,
            const struct nx_send_opts *opts, uint32_t *count);

    // To one session, with proof of receipt: fn is called once, with cookie,
    // when a Pong proves that the client's stack has received the event, or
    // when the session ends first. Never before tracked() returns; of what one
    // Pong proves, before on_received of rooms. Of opts only the class counts.
    // INVALID for DROPPABLE: what may be shed proves nothing; LIMIT when 1,024
    // wait on that session already. [logic] R Q. Since 1.0.
    nx_status (*tracked)(const struct nx_host *host, nx_session_id session,
            struct nx_writer *event, const struct nx_send_opts *opts,
            uint64_t cookie, nx_tracked_fn fn, void *user);

    // Closes a session after what is queued; code as in docs/protocol.md,
    // reason up to 123 bytes. [logic] R Q. Since 1.0.
    nx_status (*close)(const struct nx_host *host, nx_session_id session,
            uint16_t code, struct nx_str reason);

    // Bytes that wait for the session's socket; 0 when it is gone.
    // [logic] R Q. Since 1.0.
    uint64_t (*queued_bytes)(const struct nx_host *host, nx_session_id session);
};

#ifdef __cplusplus
}
#endif

#endif
