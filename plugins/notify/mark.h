/*
 * mark - notification.read and notification.clear.
 *
 * Both name what they are about in the same way: one id, several, or all.
 * The devices of the user that did not ask are told what changed.
 *
 * Thread:  logic
 * Errors:  a status for the client; nothing was done then
 */
#ifndef PLUGINS_NOTIFY_MARK_H
#define PLUGINS_NOTIFY_MARK_H

#include <stdint.h>

struct notify;
struct nx_event;

// As an event handler returns.
int32_t mark_read(struct notify *notify, const struct nx_event *ev);
int32_t mark_clear(struct notify *notify, const struct nx_event *ev);

#endif
