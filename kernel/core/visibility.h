/*
 * visibility - users who are here and look offline to others.
 *
 * A mark on the user (users.h) and a number on each of its rooms. Whoever
 * lists or counts users for clients and back ends leaves the marked out; the
 * statistics of the server, and plugins, see everybody.
 *
 * Owner:   struct user has the mark, which goes with its last session
 * Thread:  logic
 * Errors:  none
 */
#ifndef KERNEL_CORE_VISIBILITY_H
#define KERNEL_CORE_VISIBILITY_H

#include <stdbool.h>

struct core;
struct user;

// Marks the user or takes the mark away, and tells the other members of its
// rooms that it left, or joined, as they are told of that.
void visibility_set(struct core *core, struct user *user, bool hidden);

// Plugins have heard of a session of the user. Until they have heard of the
// first one it is hidden: a session that is resumed is in its rooms by then,
// and whoever is invisible must not be seen coming.
void visibility_arrived(struct core *core, struct user *user);

#endif
