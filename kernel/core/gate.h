/*
 * gate - how a connection becomes a session.
 *
 * Takes token, user and device from the handshake, asks the authentication
 * chain, closes the oldest session of a user who has too many, and sends the
 * welcome. A connection whose identity is missing waits for a first `connect`
 * event until auth.timeout. Refusals are accepted connections that get an
 * `error` event and a close code, since browsers hide failed handshakes.
 *
 * Thread:  logic
 * Errors:  gate_admit: an HTTP status; gate_open: 0, drop the connection
 */
#ifndef KERNEL_CORE_GATE_H
#define KERNEL_CORE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/types.h>

struct core;
struct link;
struct session;

// What the handshake said; borrowed.
struct gate_request {
    struct nx_str query;         // "user_id=alice&token=…", still encoded
    struct nx_str authorization; // the header, absent without one
    struct nx_str bearer;        // from subprotocol "bearer.<token>"
    struct nx_str address;       // of the client
    bool deflate;                // permessage-deflate was agreed on
};

// Whether one more connection may be upgraded: 0, or the HTTP status (503)
// to refuse it with. Writes the reason for the client to *why.
uint32_t gate_admit(struct core *core, const char **why);

// Opens a session on an upgraded connection. Its id is what the transport
// reports events under; never 0 but without memory.
nx_session_id gate_open(struct core *core, struct link *link,
        const struct gate_request *request);

// Handles the first `connect` event {token?, user_id?, device_id?, resume?} of a
// session that waits for it; root is the event.
void gate_connect(struct session *session, const struct nx_json *root);

// The session is there, in all its rooms if it was resumed: tells plugins and
// the user's other sessions.
void gate_entered(struct session *session);

// The session has left its rooms and is about to leave its user: tells
// plugins and the user's other sessions.
void gate_left(struct core *core, struct session *session);

// Tells plugins what happened to a session, one NX_SESSION_ bit.
void gate_call_hooks(const struct session *session, uint32_t what);

#endif
