/*
 * session - one connected client: identity, rooms, outgoing frames, limits.
 *
 * Lives from the accepted connection until the transport reports its end.
 * Closing is two steps: session_close() marks it and nothing is queued any
 * more; at the end of the turn sessions_flush() writes what waits, takes the
 * session out of its rooms and its user, tells plugins, and asks the
 * transport to close. So nobody's list changes under a walk.
 *
 * Owner:   struct sessions, of the core; everyone else keeps the id
 * Thread:  logic
 * Errors:  session_open: NULL at the limit or without memory
 */
#ifndef KERNEL_CORE_SESSION_H
#define KERNEL_CORE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

#include "kernel/base/timers.h"
#include "kernel/core/blobs.h"
#include "kernel/core/outbox.h"
#include "kernel/core/quota.h"
#include "kernel/core/receipts.h"

struct core;
struct held;
struct link;
struct payload;
struct restore;
struct resume_entry;
struct sessions;
struct user;

enum session_state {
    SESSION_PENDING, // connected, identity not known yet
    SESSION_OPEN,
    SESSION_CLOSING, // session_close() was called
    SESSION_ENDED,   // out of rooms and user; waits for the transport
};

struct session {
    nx_session_id id;
    struct core *core;
    struct link *link;
    enum session_state state;
    uint16_t close_code;
    bool blocked : 1;   // the socket is full; session_io_writable() follows
    bool suspect : 1;   // silent past the heartbeat deadline, judged next time
    bool announced : 1; // plugins were told it opened
    bool resumed : 1;   // its client came back with a token
    bool device_made_up : 1;
    bool noticed : 1;         // plugins want to hear of its next event
    bool deflate : 1;         // its client decompresses: see packer.h
    char *close_reason;       // owned, NULL: none
    struct user *user;        // NULL unless OPEN or CLOSING
    struct nx_list user_link; // struct user::sessions
    struct nx_list members;   // struct member::session_link
    uint32_t member_count;
    uint32_t joining; // room.join requests that are not done
    struct outbox outbox;
    struct nx_list dirty_link; // struct sessions::dirty
    struct receipts receipts;
    struct quota quota;
    struct timer timer;          // PENDING: auth.timeout; OPEN: heartbeat
    int64_t seen_ms;             // last sign of life, monotonic
    int64_t opened_ms;           // UTC
    int64_t active_ms;           // last event that is no heartbeat, monotonic
    int64_t expires_ms;          // UTC, when its token ends; 0: never
    struct blobs blobs;          // bytes of plugins
    struct resume_entry *resume; // NULL: cannot be resumed
    struct restore *restore;     // its rooms are being restored, NULL: no
    struct held *held;           // events that wait for these, NULL: none
    char *device;                // owned
    char *address;               // owned
};

struct sessions *sessions_create(struct core *core);

// Frees all sessions without a word. Accepts NULL.
void sessions_destroy(struct sessions *sessions);

// A PENDING session on a fresh connection.
struct session *sessions_add(
        struct sessions *sessions, struct link *link, struct nx_str address);

// The session, or NULL when it is gone. Also returns sessions that close.
struct session *sessions_find(const struct sessions *sessions, uint64_t id);

// The session if it is OPEN, else NULL: for whoever wants to send.
struct session *sessions_open(const struct sessions *sessions, uint64_t id);

size_t sessions_count(const struct sessions *sessions);

// Walks sessions by id, safe against changes: start with *cursor = 0.
struct session *sessions_next(
        const struct sessions *sessions, uint64_t *cursor);

// Queues a frame (with a reference of its own) for the end of the turn. A
// session that is over its limit is closed 4507. key as in outbox_push().
// False when the session takes no more.
bool session_push(struct session *session, struct payload *payload,
        enum outbox_class cls, uint64_t key);

// Queues an event written by a writer, which is consumed.
struct nx_writer;
nx_status session_send(struct session *session, struct nx_writer *event,
        enum outbox_class cls);

// Queues an `error` event.
struct envelope_failure;
void session_error(
        struct session *session, const struct envelope_failure *failure);

// Closes the session at the end of the turn. The first call wins.
void session_close(struct session *session, uint16_t code, const char *reason);

// Puts the session on the list that sessions_flush() works off.
void session_mark_dirty(struct session *session);

// Writes for every dirty session what waits, and ends those that close.
void sessions_flush(struct sessions *sessions);

// Whether its events have to wait, see held.h; and that they need not longer,
// or not longer than until the end of a freeze.
bool session_waits(const struct session *session);
void session_waits_no_more(struct session *session);

// Handles the events of sessions that need not wait any more.
void sessions_release(struct sessions *sessions);

// Whether sessions wait for sessions_flush() or sessions_release().
bool sessions_dirty(const struct sessions *sessions);

// Leaves rooms and user and tells plugins, if that has not happened. Called
// by flush, and when the transport reports the end first.
void session_end(struct session *session);

// Frees the session: its link is dead.
void sessions_remove(struct sessions *sessions, struct session *session);

// The live limits of all sessions' quotas.
struct settings;
void session_quota_limits(
        const struct settings *settings, struct quota_limits *limits);

// Starts the heartbeat of an OPEN session (heartbeat.c).
void session_start_heartbeat(struct session *session);

#endif
