/*
 * listing - notification.list: a page of the inbox, the newest first.
 *
 * Thread:  logic
 * Errors:  a status for the client
 */
#ifndef PLUGINS_NOTIFY_LISTING_H
#define PLUGINS_NOTIFY_LISTING_H

#include <stdint.h>

struct notify;
struct nx_event;

// As an event handler returns.
int32_t listing_get(struct notify *notify, const struct nx_event *ev);

#endif
