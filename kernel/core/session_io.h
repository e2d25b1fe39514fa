/*
 * session_io - what the transport reports about a session's connection.
 *
 * Every call names the session by id: it may have ended in the meantime,
 * which is not an error.
 *
 * Thread:  logic
 * Errors:  none; what goes wrong is answered to the client
 */
#ifndef KERNEL_CORE_SESSION_IO_H
#define KERNEL_CORE_SESSION_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

struct core;
struct session;

// How long a message of the session may be at this time: for one that is not
// open yet limits.message_bytes, then that of the largest type of event.
size_t session_io_message_max(const struct core *core, nx_session_id id);

// A whole message: size and, for text, UTF-8 are checked. Borrowed.
void session_io_message(struct core *core, nx_session_id id, const char *data,
        size_t len, bool binary);

// A text message that has waited, see held.h.
void session_io_handle(struct session *session, const char *data, size_t len);

// A Pong, with its payload.
void session_io_pong(
        struct core *core, nx_session_id id, const void *data, size_t len);

// Bytes arrived, though no whole message yet: a sign of life.
void session_io_alive(struct core *core, nx_session_id id);

// The transport can take frames again after TRANSPORT_BUSY.
void session_io_writable(struct core *core, nx_session_id id);

// The message cannot be accepted; closes with 1003, 1007, 1009, 4503 or 4508
// and says why in an `error` event before.
void session_io_refuse(
        struct core *core, nx_session_id id, uint16_t code, const char *reason);

// The connection has ended; the link is dead. code: 1005 without Close frame,
// 1006 without closing handshake.
void session_io_closed(struct core *core, nx_session_id id, uint16_t code);

#endif
