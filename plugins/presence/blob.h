/*
 * blob - the names a session has subscribed to, as bytes on the session.
 *
 * Each name is one byte of length and the name. A key of a session holds
 * 64 KiB at most, so the names are spread over several: "subs0", "subs1"...
 *
 * Owner:   the server; the bytes go with the session
 * Thread:  logic
 * Errors:  GONE, LIMIT, NO_MEMORY of the server: what is written is as before
 *          or, without memory, incomplete
 */
#ifndef PLUGINS_PRESENCE_BLOB_H
#define PLUGINS_PRESENCE_BLOB_H

#include <stdbool.h>

#include <nexus/types.h>

struct presence;
struct watcher;

// Return false to stop.
typedef bool (*blob_fn)(void *user, struct nx_str name);

bool blob_exists(const struct presence *presence, nx_session_id session);

void blob_read(const struct presence *presence, nx_session_id session,
        blob_fn fn, void *user);

// All subscriptions of the watcher.
nx_status blob_write(const struct watcher *watcher);

#endif
