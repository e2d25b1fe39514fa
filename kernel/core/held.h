/*
 * held - events of a session that has to wait, in the order they came.
 *
 * A session waits while its rooms are restored, and while a room.join is not
 * done: what its client sends behind that means the rooms as they will be.
 * With the first event that comes meanwhile the transport is told to hand over
 * no more, so there are few. When the wait is over they are handled as if they
 * had just come, in the next turn of the loop.
 *
 * Owner:   the session; NULL for one that has no such events
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

#define HELD_MAX 16u

struct core;
struct held;
struct session;

// Forgets the events. Accepts NULL.
void held_destroy(struct held *held);

// Lists the session's events, if there are any, among those that wait no more.
// True when they were not.
bool held_make_ready(struct session *session, struct nx_list *ready);

// Takes the first out of such a list: whose events they are. 0: it is empty.
nx_session_id held_take_ready(struct nx_list *ready);

// Copies an event, and stops reading from the session.
void held_keep(struct session *session, const char *data, size_t len);

// Handles the events until one of them makes the session wait again; after
// the last the transport reads on. The session may end meanwhile.
void held_handle(struct core *core, nx_session_id id);

#endif
