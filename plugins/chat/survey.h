/*
 * survey - which of the events that a session has missed are sent to it.
 *
 * Needed only when more was missed than is sent: reads the logs of all stops
 * from their ends until it has the newest so many events of all together. An
 * event is a message, or the last change of a message that the device has.
 * What is older is told as a gap: stop->next says where that ends.
 *
 * Owner:   itself, until its function is called; the stops are the caller's
 * Thread:  logic
 * Errors:  nx_status; after an error nothing was begun
 */
#ifndef PLUGINS_CHAT_SURVEY_H
#define PLUGINS_CHAT_SURVEY_H

#include <stdint.h>

#include <nexus/types.h>

struct chat;
struct stops;

typedef void (*survey_fn)(void *user, nx_status status);

// Sets next and dropped of all stops, so that at most budget events are sent.
// fn is called once, never before this returns.
nx_status survey_begin(struct chat *chat, struct stops *stops, uint32_t budget,
        survey_fn fn, void *user);

#endif
