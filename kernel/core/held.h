/*
 * held - events that a client has sent before its session is ready for them.
 *
 * With the first of them the transport stops reading, so there are few; they
 * are handled in order, as if they had just come, when the session is ready.
 *
 * Owner:   whoever embeds it
 * Thread:  logic
 * Errors:  without memory, or when the transport does not stop, the session
 *          is closed 4503
 */
#ifndef KERNEL_CORE_HELD_H
#define KERNEL_CORE_HELD_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/types.h>
#include <nexus/util/list.h>

struct core;
struct session;

#define HELD_MAX 16u

struct held {
    struct nx_list events; // struct held_event::link
    size_t count;
};

void held_init(struct held *held);

// Forgets the events.
void held_finish(struct held *held);

// Copies an event, and stops reading from the session.
void held_keep(struct held *held, struct session *session, const char *data,
        size_t len);

bool held_any(const struct held *held);

// Handles the events, then lets the transport read on. The session may end
// meanwhile.
void held_release(struct held *held, struct core *core, nx_session_id id);

#endif
