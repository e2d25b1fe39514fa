/*
 * userlist - the users that a request names, checked before anything is done.
 *
 * Reads user_ids, or user_id where that is allowed, into a query: strings of
 * 1 to 128 bytes without control characters, none twice. What is wrong is
 * answered, naming the item: "user_ids.3".
 *
 * Thread:  logic
 * Errors:  NULL: the request has been answered with an error
 */
#ifndef PLUGINS_PRESENCE_USERLIST_H
#define PLUGINS_PRESENCE_USERLIST_H

#include <stdbool.h>

#include <nexus/types.h>

#include "plugins/presence/query.h"

struct nx_event;

#define USERLIST_ONE   (1u << 0) // user_id may take the place of user_ids
#define USERLIST_OTHER (1u << 1) // whoever asks may not be among them

struct query *userlist_read(struct presence *presence,
        const struct nx_event *ev, uint32_t flags, query_fn done);

// Whether the bytes can be the name of a user.
bool userlist_is_name(struct nx_str name);

#endif
