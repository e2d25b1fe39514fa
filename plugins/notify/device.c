#include "plugins/notify/device.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/notify/arrival.h"
#include "plugins/notify/live.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/receipt.h"
#include "plugins/notify/recipient.h"

// ---- life ----

struct device *device_find(const struct notify *notify, nx_session_id session) {
    return nx_strmap_get(
            notify->devices, (const char *)&session, sizeof(session));
}

static void free_device(struct device *device) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&device->flights)) != NULL) {
        free(nx_container_of(link, struct flight, link));
    }
    nx_list_remove(&device->link);
    nx_list_remove(&device->line);
    seqs_finish(&device->owed);
    free(device);
}

static void count_devices(const struct notify *notify) {
    notify_gauge(
            notify, notify->metrics.devices, nx_strmap_count(notify->devices));
}

static struct device *create(
        struct recipient *recipient, nx_session_id session) {
    struct notify *notify = recipient->notify;
    struct device *device = calloc(1, sizeof(*device));
    if (!device) {
        return NULL;
    }
    device->recipient = recipient;
    device->session = session;
    nx_list_init(&device->link);
    nx_list_init(&device->line);
    nx_list_init(&device->flights);
    seqs_init(&device->owed);
    if (!nx_strmap_put(notify->devices, (const char *)&session, sizeof(session),
                device)) {
        free_device(device);
        return NULL;
    }
    nx_list_append(&recipient->devices, &device->link);
    count_devices(notify);
    return device;
}

struct device *device_obtain(
        struct notify *notify, nx_session_id session, struct nx_str user) {
    struct device *device = device_find(notify, session);
    if (device) {
        return device;
    }
    struct recipient *recipient = recipient_obtain(notify, user);
    if (!recipient) {
        return NULL;
    }
    device = create(recipient, session);
    if (!device) {
        recipient_release(recipient);
    }
    return device;
}

void device_destroy(struct device *device) {
    struct recipient *recipient = device->recipient;
    struct notify *notify = recipient->notify;
    (void)nx_strmap_remove(notify->devices, (const char *)&device->session,
            sizeof(device->session));
    notify->sdk.timers->cancel(notify->host, device->timer);
    free_device(device);
    count_devices(notify);
    recipient_release(recipient);
}

void device_drop_all(struct recipient *recipient) {
    nx_list_for_each_safe (link, next, &recipient->devices) {
        free_device(nx_container_of(link, struct device, link));
    }
}

void device_session(void *user, const struct nx_session_event *ev) {
    struct notify *notify = user;
    if (ev->user.len > NOTIFY_USER_MAX) {
        return;
    }
    if (ev->what == NX_SESSION_OPENED) {
        struct device *device = device_obtain(notify, ev->session, ev->user);
        if (device) {
            arrival_begin(device);
        }
        return;
    }
    struct device *device = device_find(notify, ev->session);
    if (device) {
        device_destroy(device);
    }
}

// ---- how far its client has come ----

#define POSITION "position"

void device_keep_position(const struct device *device) {
    const struct notify *notify = device->recipient->notify;
    uint64_t position = device->upto;
    nx_list_for_each (link, &device->flights) {
        uint64_t seq = nx_container_of(link, struct flight, link)->seq;
        position = seq <= position ? seq - 1 : position;
    }
    if (device->owed.count > 0 && device->owed.numbers[0] <= position) {
        position = device->owed.numbers[0] - 1;
    }
    (void)notify->sdk.users->data_set(notify->host, device->session, POSITION,
            nx_bytes_n(&position, sizeof(position)));
}

void device_find_position(struct device *device) {
    const struct notify *notify = device->recipient->notify;
    struct nx_bytes found = notify->sdk.users->data_get(
            notify->host, device->session, POSITION);
    device->returns = found.len == sizeof(device->since);
    if (device->returns) {
        memcpy(&device->since, found.ptr, sizeof(device->since));
    }
}

void device_carry_on(struct device *device) {
    device_find_position(device);
    device->state = DEVICE_LIVE;
    device->caught_up = true;
    device->upto = device->since;
    nx_list_for_each (link, &device->flights) {
        uint64_t seq = nx_container_of(link, struct flight, link)->seq;
        device->upto = seq > device->upto ? seq : device->upto;
    }
}

// ---- in flight ----

bool device_note_flight(struct device *device, uint64_t seq) {
    struct flight *flight = calloc(1, sizeof(*flight));
    if (!flight) {
        return false;
    }
    flight->seq = seq;
    nx_list_append(&device->flights, &flight->link);
    device->flight_count++;
    return true;
}

static struct flight *find_flight(const struct device *device, uint64_t seq) {
    nx_list_for_each (link, &device->flights) {
        struct flight *flight = nx_container_of(link, struct flight, link);
        if (flight->seq == seq) {
            return flight;
        }
    }
    return NULL;
}

bool device_is_in_flight(const struct device *device, uint64_t seq) {
    return find_flight(device, seq) != NULL;
}

static void end_first_flight(struct device *device) {
    struct nx_list *link = nx_list_take_first(&device->flights);
    device->flight_count--;
    free(nx_container_of(link, struct flight, link));
}

// What was sent before has arrived before. That way those are proved, too, of
// which the proof would have come to the instance before this one.
static void land(struct device *device, const struct flight *flight) {
    const struct notify *notify = device->recipient->notify;
    bool last = false;
    while (!last) {
        const struct flight *first =
                nx_container_of(device->flights.next, struct flight, link);
        last = first == flight;
        receipt_note(device->recipient, first->seq);
        notify_count(notify, notify->metrics.received, 1);
        end_first_flight(device);
    }
    device_keep_position(device);
    arrival_landed(device);
}

// The session has ended: the inbox has it for whoever comes.
static void lose(struct device *device, struct flight *flight) {
    nx_list_remove(&flight->link);
    device->flight_count--;
    free(flight);
}

static void proved(
        void *user, nx_session_id session, uint64_t cookie, uint32_t outcome) {
    struct notify *notify = user;
    struct device *device = device_find(notify, session);
    struct flight *flight = device ? find_flight(device, cookie) : NULL;
    if (!flight) {
        return;
    }
    if (outcome == NX_TRACKED_RECEIVED) {
        land(device, flight);
        return;
    }
    lose(device, flight);
}

// ---- sending ----

static bool is_slow(const struct live_item *item, uint64_t queued_bytes,
        const struct notify *notify) {
    return item->priority == PRIORITY_LOW
            && queued_bytes > notify->settings.low_queue_bytes;
}

static nx_status send_tracked(
        const struct device *device, const struct live_item *item) {
    struct notify *notify = device->recipient->notify;
    const struct nx_send_opts opts = {
            .struct_size = sizeof(opts),
            .cls = item->priority == PRIORITY_URGENT ? NX_CLASS_URGENT
                                                     : NX_CLASS_NORMAL,
    };
    return notify->sdk.send->tracked(notify->host, device->session,
            live_event(notify, item), &opts, item->seq, proved, notify);
}

static void end_last_flight(struct device *device) {
    struct nx_list *link = device->flights.prev;
    nx_list_remove(link);
    device->flight_count--;
    free(nx_container_of(link, struct flight, link));
}

enum device_sent device_send(
        struct device *device, const struct live_item *item) {
    struct notify *notify = device->recipient->notify;
    uint64_t queued_bytes =
            notify->sdk.send->queued_bytes(notify->host, device->session);
    if (is_slow(item, queued_bytes, notify)
            || !device_note_flight(device, item->seq)) {
        return DEVICE_DEFERRED;
    }
    nx_status status = send_tracked(device, item);
    if (status != NX_OK) {
        end_last_flight(device);
        return status == NX_ERR_GONE ? DEVICE_GONE : DEVICE_DEFERRED;
    }
    notify_count(notify, notify->metrics.sent, 1);
    // What it overtakes has older counts: the newest one must come last.
    if (item->priority == PRIORITY_URGENT && queued_bytes > 0) {
        live_count(device->recipient, device->session, item->unread);
    }
    return DEVICE_SENT;
}

void device_live(struct device *device, const struct live_item *item) {
    struct notify *notify = device->recipient->notify;
    device->upto = device->caught_up ? item->seq : device->upto;
    bool now =
            device->state == DEVICE_LIVE || item->priority == PRIORITY_URGENT;
    enum device_sent sent = now ? device_send(device, item) : DEVICE_DEFERRED;
    if (sent != DEVICE_DEFERRED) {
        return;
    }
    (void)seqs_add(&device->owed, item->seq, notify->settings.inbox_max);
    if (now) {
        notify_count(notify, notify->metrics.deferred, 1);
        arrival_owed(device);
    }
}
