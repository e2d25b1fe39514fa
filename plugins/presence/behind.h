/*
 * behind - what clients that read too slowly have yet to be told.
 *
 * While more than slow_bytes wait for a session's socket, nothing is added to
 * them: it is noted which users have changed, each once, and when the client
 * has caught up it is told their state as it is then. So a slow client costs
 * a bounded amount of memory and yet ends up with the newest state of all.
 *
 * Owner:   struct watcher has the notes of its session
 * Thread:  logic
 * Errors:  beyond BEHIND_MAX notes, and without memory, sent at once
 */
#ifndef PLUGINS_PRESENCE_BEHIND_H
#define PLUGINS_PRESENCE_BEHIND_H

#include <stdbool.h>

#include <nexus/types.h>

struct idset;
struct person;
struct presence;
struct watcher;

#define BEHIND_MAX 100000

// Takes those out of the receivers of the person's news that are behind.
void behind_hold_back(struct person *person, struct idset *to);

// Notes one; false when it cannot be.
bool behind_note(struct presence *presence, nx_session_id session,
        struct person *person);

// Forgets what was noted for a session.
void behind_forget(struct watcher *watcher);

// The timer runs again.
void behind_resume(struct presence *presence);

#endif
