/*
 * device - one session of a user, and what it has been sent.
 *
 * A notification is in flight from its sending until the device is proved to
 * have received it. What could not be sent, or came while the device was
 * still being given what it had missed, is owed to it.
 *
 * Owner:   struct recipient; freed when the session closes
 * Thread:  logic
 * Errors:  as said; a device without memory for it gets no events, but its
 *          user keeps everything
 */
#ifndef PLUGINS_NOTIFY_DEVICE_H
#define PLUGINS_NOTIFY_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/router.h>
#include <nexus/types.h>
#include <nexus/util/list.h>

#include "plugins/notify/seqs.h"

struct live_item;
struct notify;
struct recipient;

// How far the device has been given what was missed.
enum device_state {
    DEVICE_NEW,      // not at all, by this instance
    DEVICE_ASKING,   // the inbox is being looked at
    DEVICE_WAITING,  // for the proof of a part, before the next one
    DEVICE_RETRYING, // storage did not answer
    DEVICE_LIVE,     // has it all, or is sent it now
};

struct flight {
    struct nx_list link; // struct device::flights
    uint64_t seq;
};

struct device {
    struct nx_list link; // struct recipient::devices
    struct nx_list line; // struct arrivals::line
    struct recipient *recipient;
    nx_session_id session;
    enum device_state state;
    bool caught_up;         // has once been given all that was missed
    unsigned tries;         // of storage, in a row
    uint64_t cursor;        // the parts up to here were sent
    uint64_t upto;          // everything up to here was sent, or is not wanted
    bool returns;           // its client was here before, and had received
    uint64_t since;         // all up to here
    struct nx_list flights; // struct flight::link, oldest first
    size_t flight_count;
    struct seqs owed;
    nx_timer_id timer; // for another try
};

enum device_sent {
    DEVICE_SENT,
    DEVICE_DEFERRED, // not now: the client is slow
    DEVICE_GONE,
};

// NULL when it is not known.
struct device *device_find(const struct notify *notify, nx_session_id session);

// The one of a session, made if need be; NULL without memory.
struct device *device_obtain(
        struct notify *notify, nx_session_id session, struct nx_str user);

void device_destroy(struct device *device);

// All of a recipient that is about to be freed.
void device_drop_all(struct recipient *recipient);

// The on_session function; user is the struct notify.
void device_session(void *user, const struct nx_session_event *ev);

// Keeps, as data of the session, up to where its client has received all. The
// data outlives this instance, and a connection that is resumed.
void device_keep_position(const struct device *device);

// Fills returns and since.
void device_find_position(struct device *device);

// The instance before this one has given the device all that was missed.
void device_carry_on(struct device *device);

// Notes a notification as sent and not proved; false without memory.
bool device_note_flight(struct device *device, uint64_t seq);
bool device_is_in_flight(const struct device *device, uint64_t seq);

// Sends one, whatever its state.
enum device_sent device_send(
        struct device *device, const struct live_item *item);

// A new one: sends it, or notes it as owed.
void device_live(struct device *device, const struct live_item *item);

#endif
