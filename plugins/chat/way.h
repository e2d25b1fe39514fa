/*
 * way - finds out what a session that arrives has missed, and where.
 *
 * Reads the user's index and looks at each conversation: is the user a
 * member, where is the device, is the session in the room already. When more
 * was missed than is sent, the newest of it is chosen. The result is a list of
 * stops that are ready for their backlogs.
 *
 * Owner:   itself, until its function is called; the stops are the caller's
 * Thread:  logic
 * Errors:  nx_status; after an error nothing was begun
 */
#ifndef PLUGINS_CHAT_WAY_H
#define PLUGINS_CHAT_WAY_H

#include <stdbool.h>

#include <nexus/error.h>
#include <nexus/types.h>

struct chat;
struct stops;

typedef void (*way_fn)(void *user, nx_status status);

// All of it lives until fn is called.
struct way_order {
    nx_session_id session;
    struct nx_str user;
    struct nx_str device; // absent: one without a cursor
    int64_t used_at;      // when the session connected
    struct stops *stops;  // filled from the index if they are none
    way_fn fn;
    void *ctx;
};

#define WAY_FOUND NX_ERR_EXISTS

// fn is called once, never before this returns. FOUND: there was nothing to
// wait for, the stops are ready, and fn is not called.
nx_status way_find(struct chat *chat, const struct way_order *order);

#endif
