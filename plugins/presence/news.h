/*
 * news - tells those concerned that a user's presence has changed.
 *
 * Changes wait in line and go out at the end of the turn of the loop, some at
 * a time: what changes back meanwhile is not told at all, and what changes
 * twice is told once. Each change costs as much as there are people
 * concerned: subscribers, and members of the user's rooms.
 *
 * Events are of the normal class. They cannot be droppable, because a state
 * that was dropped would stay wrong; so that they do not pile up before a
 * client that reads slowly, they are held back (behind.h) and the newest
 * state is sent when it has caught up.
 *
 * Thread:  logic
 * Errors:  none; what there is no memory for is told with the next change
 */
#ifndef PLUGINS_PRESENCE_NEWS_H
#define PLUGINS_PRESENCE_NEWS_H

#include <stdbool.h>

struct nx_writer;
struct person;
struct presence;

// Something of the person may have changed for others.
void news_changed(struct person *person);

// Tells everything that waits, now.
void news_flush(struct presence *presence);

// What waits goes out soon.
void news_resume(struct presence *presence);

// An event with the person's state as others see it; NULL without memory.
struct nx_writer *news_event(const struct person *person, const char *type);

// Who was told of the present state is remembered from now on for a while.
void news_remember(struct person *person);

#endif
