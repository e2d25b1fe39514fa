/*
 * behind - conversations whose backlog a session may not have received.
 *
 * A list kept in the session's own bytes, which outlive this instance and
 * come back with a session that is resumed. Such a session is in its rooms
 * again from where these were proved, which says nothing of what was sent
 * before it entered: in the conversations listed it has to begin again.
 *
 * Owner:   the session; a conversation is listed once for each proof awaited
 * Thread:  logic
 * Errors:  LIMIT: the list is full, until proofs have come
 */
#ifndef PLUGINS_CHAT_BEHIND_H
#define PLUGINS_CHAT_BEHIND_H

#include <stdbool.h>

#include <nexus/error.h>
#include <nexus/types.h>

struct chat;

nx_status behind_add(
        struct chat *chat, nx_session_id session, struct nx_str name);

// One of the proofs has come.
void behind_remove(
        struct chat *chat, nx_session_id session, struct nx_str name);

// Whether the session that this one resumes was listed: what it proves then
// leaves out what came before.
bool behind_is(
        const struct chat *chat, nx_session_id session, struct nx_str name);

// The same, and it is not any more.
bool behind_take(struct chat *chat, nx_session_id session, struct nx_str name);

// Each conversation in which the session that this one resumes was listed.
// The name is borrowed; fn must not change the list.
typedef void (*behind_fn)(void *user, struct nx_str name);

void behind_each(const struct chat *chat, nx_session_id session, behind_fn fn,
        void *user);

#endif
