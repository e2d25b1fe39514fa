/*
 * arrival - a device is given what its user has missed.
 *
 * What is unread and has reached no device of the user, in order, before
 * anything new. In parts: the next one goes when the one before is proved to
 * have arrived, so that a full inbox does not overrun a slow client. Later the
 * same way brings what the device is owed.
 *
 * Owner:   struct notify embeds the line
 * Thread:  logic
 * Errors:  storage that does not answer is asked again, some seconds later
 */
#ifndef PLUGINS_NOTIFY_ARRIVAL_H
#define PLUGINS_NOTIFY_ARRIVAL_H

#include <stddef.h>

#include <nexus/util/list.h>

struct device;
struct notify;

struct arrivals {
    struct nx_list line; // struct device::line
    size_t running;
};

void arrivals_init(struct arrivals *arrivals);

// Takes up who waits in line.
void arrivals_pump(struct notify *notify);

// Puts a device in line, to be given all that was missed.
void arrival_begin(struct device *device);

// A proof came: goes on with the next part, or with what is owed.
void arrival_landed(struct device *device);

// The device is owed something: it gets it when it reads again.
void arrival_owed(struct device *device);

#endif
