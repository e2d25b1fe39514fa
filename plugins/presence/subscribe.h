/*
 * subscribe - presence.subscribe, presence.unsubscribe and presence.get.
 *
 * Thread:  logic
 * Errors:  as event handlers
 */
#ifndef PLUGINS_PRESENCE_SUBSCRIBE_H
#define PLUGINS_PRESENCE_SUBSCRIBE_H

#include <stdint.h>

struct nx_event;
struct presence;
struct watcher;

int32_t subscribe_handle(struct presence *presence, const struct nx_event *ev);
int32_t unsubscribe_handle(
        struct presence *presence, const struct nx_event *ev);
int32_t get_handle(struct presence *presence, const struct nx_event *ev);

// Sends the present state of all a watcher has subscribed to, as an event
// presence.subscribe.
void subscribe_tell_all(struct watcher *watcher);

#endif
