/*
 * resume - sessions that outlive their connection for resume.window seconds.
 *
 * Each open session has an entry with a name of its own and the hash of its
 * resume token. When a connection ends without a goodbye the entry keeps what
 * the session was (resume_record.h); a client that comes with the token gets
 * it back on a new connection, rooms and all (restore.h). With a durable
 * engine entries are written to it as well (resume_store.h), so they outlive
 * the server. Entries without a connection are limited, in all and for each
 * user; the oldest goes first.
 *
 * Owner:   core
 * Thread:  logic
 * Errors:  enum resume_outcome, told to the client
 */
#ifndef KERNEL_CORE_RESUME_H
#define KERNEL_CORE_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#include "kernel/core/resume_outcome.h"

struct core;
struct resume;
struct session;

#define RESUME_ID_SIZE      40  // "s-", 16 + 1 + 16 digits and a NUL
#define RESUME_SECRET_BYTES 20u // 160 bits
// The session's name, a dot, the secret in hexadecimal digits, and a NUL.
#define RESUME_TOKEN_SIZE (RESUME_ID_SIZE + 1 + 2 * RESUME_SECRET_BYTES)

// What a welcome says about it.
struct resume_ticket {
    char id[RESUME_ID_SIZE];
    char token[RESUME_TOKEN_SIZE]; // "": the session cannot be resumed
    bool asked;                    // the client came with a token
    enum resume_outcome outcome;   // of that
};

struct resume *resume_create(struct core *core);

// Accepts NULL. No session may be left.
void resume_destroy(struct resume *resume);

// Whether the token names a session that could come back now.
bool resume_awaits(const struct resume *resume, struct nx_str token);

// Its client was told to come later: its window begins anew.
void resume_prolong(struct resume *resume, struct nx_str token);

// Gives a session that is about to open what its token names: device, plugin
// data, and a restore of its rooms. A session that still has the token's
// connection is closed. Not for an empty token.
enum resume_outcome resume_take(struct resume *resume, struct session *session,
        struct nx_str user, struct nx_str token);

// The session has opened: an entry if it has none yet, a fresh token, and the
// ticket's id and token.
void resume_issue(struct resume *resume, struct session *session,
        struct resume_ticket *ticket);

// The session ends, still in its rooms: keeps its entry, or drops it after a
// goodbye.
void resume_keep(struct resume *resume, struct session *session);

// Rooms or plugin data of the session have changed; or a proof has come of
// what its client has.
void resume_changed(struct session *session);
void resume_proved(struct session *session);

// The client has got its welcome: the token it came with ends.
void resume_received(struct session *session);

// No session of the user that is away comes back into the room.
void resume_strike(
        struct resume *resume, struct nx_str user, struct nx_str room);

// Entries whose connection is gone.
size_t resume_away(const struct resume *resume);

#endif
