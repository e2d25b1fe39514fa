/*
 * device_book - which devices a user has, and since when.
 *
 * One fact for each user. A device in it has missed what was said in a
 * conversation that the user joined since, even if it never was there; a
 * device that is not starts where its user is. Holds as many as a member has
 * cursors, the most recently connected.
 *
 * Owner:   a visit owns itself until its function is called
 * Thread:  logic
 * Errors:  nx_status; after an error nothing was begun
 */
#ifndef PLUGINS_CHAT_DEVICE_BOOK_H
#define PLUGINS_CHAT_DEVICE_BOOK_H

#include <stdint.h>

#include <nexus/types.h>

struct chat;
struct device_ref;

// since is when the device was first seen, in milliseconds UTC.
typedef void (*device_book_fn)(void *user, nx_status status, int64_t since);

// Enters a device that has connected. fn is called once, never before this
// returns. The ref is copied and must have an id.
nx_status device_book_visit(struct chat *chat, const struct device_ref *device,
        device_book_fn fn, void *user);

#endif
