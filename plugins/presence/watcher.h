/*
 * watcher - one session that is told of users: its subscriptions.
 *
 * They are kept as bytes on the session as well, which survive a reload and
 * a resumed session; from there they are taken up again. A session that has
 * none has no watcher, unless it reads too slowly (behind.h).
 *
 * Owner:   struct presence, by session id; goes with the session
 * Thread:  logic
 * Errors:  NO_MEMORY, LIMIT; after an error the subscriptions are as before
 */
#ifndef PLUGINS_PRESENCE_WATCHER_H
#define PLUGINS_PRESENCE_WATCHER_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

struct idset;
struct nx_strmap;
struct person;
struct presence;

struct subscription {
    struct nx_list person_link; // struct person::subscribers
    struct person *person;
    struct watcher *watcher;
    bool fresh; // of the request being handled
};

struct watcher {
    struct presence *presence;
    nx_session_id session;
    struct nx_strmap *subscriptions; // struct person_key -> subscription
    struct nx_strmap *behind;        // the same -> person, held; may be NULL
    struct nx_list behind_link;      // struct presence::behind
};

struct watcher *watcher_find(
        const struct presence *presence, nx_session_id session);

// Found or made, with what lies on the session. NULL without memory.
struct watcher *watcher_take(struct presence *presence, nx_session_id session);

// Frees it if it has nothing to do.
void watcher_release_if_idle(struct watcher *watcher);

// The session has closed.
void watcher_close(struct presence *presence, nx_session_id session);

// Takes up what lies on a session, silently; or with an event
// presence.subscribe that tells the present state of all.
void watcher_adopt(struct presence *presence, nx_session_id session);
void watcher_resume(struct presence *presence, nx_session_id session);

// Closes those whose sessions are no longer there.
void watcher_drop_gone(struct presence *presence);

// Frees all: the instance ends.
void watcher_destroy_all(struct presence *presence);

size_t watcher_count(const struct watcher *watcher);
bool watcher_has(const struct watcher *watcher, const struct person *person);

// All of these persons or none; those there are already stay.
nx_status watcher_subscribe(
        struct watcher *watcher, struct person *const *persons, size_t count);

// Whoever is not subscribed to is no error.
nx_status watcher_unsubscribe(
        struct watcher *watcher, struct person *const *persons, size_t count);

// Adds the sessions that have subscribed to the person.
void watcher_collect(const struct person *person, struct idset *to);

// The next of its persons: start with *cursor = 0.
struct person *watcher_next(const struct watcher *watcher, size_t *cursor);

#endif
