/*
 * request - the events below notification, and who may send which.
 *
 * Clients read, clear and list what is theirs. `notification.raise` is for
 * plugins: it makes a notification of something that happened in them, such
 * as a mention. `notification` itself comes from clients only if the setting
 * client_send allows it.
 *
 * Thread:  logic
 */
#ifndef PLUGINS_NOTIFY_REQUEST_H
#define PLUGINS_NOTIFY_REQUEST_H

#include <nexus/router.h>

// The event handler; user is the struct notify.
int32_t request_event(void *user, const struct nx_event *ev);

#endif
