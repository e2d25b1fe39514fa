/*
 * dm - names of conversations between two users, "dm:<a>:<b>".
 *
 * The two ids are sorted by their bytes and ':' and '%' in them are escaped,
 * so no two pairs share a name: without that, "a" writing to "b:c" and "a:b"
 * writing to "c" would read each other.
 *
 * Thread:  any
 * Errors:  false when it is no such name or the result has no room
 */
#ifndef PLUGINS_CHAT_DM_H
#define PLUGINS_CHAT_DM_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/types.h>

#define DM_NAME_MAX 251 // "chat:" and this is the longest name of a room

// Whether names of this form are reserved for two users.
bool dm_is(struct nx_str conversation);

// The conversation of two users, who may be the same one.
bool dm_name(
        struct nx_str a, struct nx_str b, char *out, size_t size, size_t *len);

// The other one of the pair, for one that is part of it. False for a name
// that dm_name would not make, and for users who are not in it.
bool dm_peer(struct nx_str conversation, struct nx_str user, char *out,
        size_t size, size_t *len);

#endif
