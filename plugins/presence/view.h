/*
 * view - a user's presence as fields of an event, an answer, a body.
 *
 * status, and status_message, location and last_seen where there are any.
 * Whoever looks offline has no texts. last_seen is when an offline user was
 * last seen, else when it was last active.
 *
 * Thread:  logic
 */
#ifndef PLUGINS_PRESENCE_VIEW_H
#define PLUGINS_PRESENCE_VIEW_H

#include <stdbool.h>

#include <nexus/types.h>

struct nx_writer;
struct person;

// As others see it.
void view_put(const struct person *person, struct nx_writer *out);

// The same without the texts.
void view_put_short(const struct person *person, struct nx_writer *out);

// As the user sees itself: invisible is what it is.
void view_put_own(const struct person *person, struct nx_writer *out);

// For REST: every field, null where there is none.
void view_put_all(const struct person *person, struct nx_writer *out);

#endif
