/*
 * usernames - the name under which a session joined each of its rooms.
 *
 * What clients gave as `username` of room.join, told to the others again when
 * the session comes back. Kept among the session's bytes (blobs.h), so that
 * it is part of what is resumed, and costs nothing where nobody gives one.
 *
 * Owner:   the session
 * Thread:  logic
 * Errors:  none; what does not fit (BLOB_BYTES_MAX) is not kept
 */
#ifndef KERNEL_CORE_USERNAMES_H
#define KERNEL_CORE_USERNAMES_H

#include <nexus/types.h>

struct session;

// An absent or empty name: none, or not any more. Neither text has a NUL.
void usernames_set(
        struct session *session, struct nx_str room, struct nx_str username);

// Absent when there is none. Borrowed until the next usernames_set.
struct nx_str usernames_get(const struct session *session, struct nx_str room);

#endif
