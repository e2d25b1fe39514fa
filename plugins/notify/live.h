/*
 * live - what the devices of a user are told as it happens.
 *
 * Always after it is stored.
 *
 * Thread:  logic
 * Errors:  none: who cannot be told now gets it when it connects, or asks
 */
#ifndef PLUGINS_NOTIFY_LIVE_H
#define PLUGINS_NOTIFY_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/types.h>

#include "plugins/notify/priority.h"

struct entry;
struct notify;
struct nx_buf;
struct recipient;

// One notification as a device sees it; borrowed for the call.
struct live_item {
    struct nx_str body; // a JSON object
    enum priority priority;
    uint64_t seq;
    size_t unread;
    const struct nx_buf *evicted; // names; may be NULL
};

// The event of a notification; NULL without memory.
struct nx_writer *live_event(
        const struct notify *notify, const struct live_item *item);

// Sends a new notification to every device.
void live_add(struct recipient *recipient, const struct live_item *item);

// What was done to notifications, for the devices that did not do it.
struct live_sync {
    const char *type; // "notification.read" or "notification.clear"
    const struct nx_buf *ids;
    size_t unread;
    bool all;           // the user asked for all
    const char *reason; // NULL: the user did it
    nx_session_id except;
    int64_t now_ms;
};

void live_tell(struct recipient *recipient, const struct live_sync *sync);

// Tells one device the count, behind everything that waits for it.
void live_count(
        struct recipient *recipient, nx_session_id session, size_t unread);

// Members that an answer and an event have in common.
void live_put_sync(const struct notify *notify, struct nx_writer *out,
        const struct live_sync *sync);

// Writes an array of names.
void live_put_names(const struct notify *notify, struct nx_writer *out,
        const char *key, const struct nx_buf *names);

#endif
