/*
 * admin - one client of the control socket: requests in, answers out.
 *
 * A request is a line with a JSON object, {"v":1,"command":"status"}; its
 * answer is {"v":1,"ok":true,"result":{...}} or {"v":1,"ok":false,
 * "code":...,"message":...}. Whoever asked for a tail gets events from then
 * on. The commands are a table, see admin_command.h.
 *
 * Owner:   the transport, net/control_peer.c
 * Thread:  logic
 * Errors:  admin_connect: NULL without memory; all others are answered
 */
#ifndef KERNEL_CORE_ADMIN_H
#define KERNEL_CORE_ADMIN_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/types.h>

#define ADMIN_VERSION     1
#define ADMIN_REQUEST_MAX 8192 // bytes of a line

struct admin_peer;
struct core;

// ready is called when output waits, also from within other calls and while
// the core takes its turn; it only takes note.
struct admin_peer *admin_connect(
        struct core *core, void (*ready)(void *ctx), void *ctx);

// Accepts NULL.
void admin_disconnect(struct admin_peer *peer);

// One line without its end. Call it when no output waits: then there is room
// for the answer.
void admin_request(struct admin_peer *peer, const char *text, size_t len);

// An answer to what was no request: code is a word, message a sentence.
void admin_refuse(
        struct admin_peer *peer, const char *code, const char *message);

// Output that waits, borrowed until the next call; and what of it was sent.
struct nx_str admin_waiting(const struct admin_peer *peer);
void admin_sent(struct admin_peer *peer, size_t len);

// Whether it asked for a tail: silence is then no sign of anything.
bool admin_tails(const struct admin_peer *peer);

// Whether an answer is still to come, which ready then tells of.
bool admin_pending(const struct admin_peer *peer);

#endif
