#include "plugins/notify/arrival.h"

#include <stdlib.h>

#include "plugins/notify/change.h"
#include "plugins/notify/device.h"
#include "plugins/notify/inbox.h"
#include "plugins/notify/live.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/recipient.h"
#include "plugins/notify/sweep.h"

#define RUNNING_MAX 64
#define PART_COUNT  100
#define PART_BYTES  ((size_t)256 << 10)
#define RETRY_MS    1000
#define TRIES_MAX   6
#define OWED_MS     5000

// One look at an inbox, for a device.
struct arrival {
    struct change change;
    struct notify *notify;
    nx_session_id session;
};

void arrivals_init(struct arrivals *arrivals) {
    nx_list_init(&arrivals->line);
    arrivals->running = 0;
}

static void set_timer(struct device *device, uint64_t delay_ms);

// ---- what it is given ----

// A client that comes back has missed what came meanwhile, whoever else has it.
// For another one, one that has it is enough.
static bool is_missed(const struct device *device, const struct entry *entry) {
    const struct recipient *recipient = device->recipient;
    if (device->caught_up) {
        return false;
    }
    // An inbox that was made anew knows nothing of the old numbers.
    if (device->returns && device->since <= recipient->inbox.last_seq) {
        return entry->seq > device->since;
    }
    return !entry->received && !seqs_has(&recipient->received, entry->seq);
}

static bool is_wanted(const struct device *device, const struct entry *entry,
        int64_t now_ms) {
    return entry->read_ms == 0 && !entry_is_over(entry, now_ms)
            && (seqs_has(&device->owed, entry->seq) || is_missed(device, entry))
            && !device_is_in_flight(device, entry->seq);
}

static enum device_sent send_entry(
        struct device *device, const struct entry *entry, size_t unread) {
    const struct notify *notify = device->recipient->notify;
    const struct live_item item = {
            .body = entry_body(entry),
            .priority = entry->priority,
            .seq = entry->seq,
            .unread = unread,
    };
    enum device_sent sent = device_send(device, &item);
    if (sent == DEVICE_SENT) {
        seqs_remove(&device->owed, entry->seq);
        notify_count(notify, notify->metrics.backlog, 1);
    } else if (sent == DEVICE_DEFERRED) {
        (void)seqs_add(&device->owed, entry->seq, notify->settings.inbox_max);
    }
    return sent;
}

// Sends from behind the cursor; false when a part is full.
static bool send_part(struct device *device, int64_t now_ms) {
    const struct inbox *inbox = &device->recipient->inbox;
    size_t unread = inbox_unread(inbox, now_ms);
    size_t count = 0;
    size_t bytes = 0;
    for (size_t i = inbox_above(inbox, device->cursor); i < inbox->count; i++) {
        const struct entry *entry = inbox->entries[i];
        if (count == PART_COUNT || bytes > PART_BYTES) {
            return false;
        }
        device->cursor = entry->seq;
        if (is_wanted(device, entry, now_ms)
                && send_entry(device, entry, unread) == DEVICE_SENT) {
            count++;
            bytes += entry_size(entry);
        }
    }
    return true;
}

// Nobody owes what is read or gone.
static void forgive(struct device *device, int64_t now_ms) {
    const struct inbox *inbox = &device->recipient->inbox;
    for (size_t i = device->owed.count; i > 0; i--) {
        uint64_t seq = device->owed.numbers[i - 1];
        const struct entry *entry = inbox_find_seq(inbox, seq);
        if (!entry || entry->read_ms != 0 || entry_is_over(entry, now_ms)) {
            seqs_remove(&device->owed, seq);
        }
    }
}

static void give(struct device *device, int64_t now_ms) {
    device->tries = 0;
    if (!send_part(device, now_ms)) {
        device->state = DEVICE_WAITING;
        return;
    }
    forgive(device, now_ms);
    device->caught_up = true;
    device->state = DEVICE_LIVE;
    device->upto = device->recipient->inbox.last_seq;
    device_keep_position(device);
    if (device->owed.count > 0) {
        arrival_owed(device);
    } else {
        sweep_mark(device, true);
    }
}

// ---- who has never been here is known from now on ----

static bool found(struct change *change, struct inbox *inbox, int64_t now_ms) {
    (void)inbox;
    (void)now_ms;
    return change->recipient->revision == 0;
}

static void founded(struct change *change, const struct change_result *result) {
    (void)result; // the next arrival or notification does it
    free(change);
}

static void drop_founding(struct change *change) {
    free(change);
}

static void found_inbox(struct recipient *recipient) {
    struct change *change = calloc(1, sizeof(*change));
    if (!change) {
        return;
    }
    change->apply = found;
    change->done = founded;
    change->drop = drop_founding;
    if (change_submit(recipient->notify, recipient_name(recipient), change)
            != NX_OK) {
        free(change);
    }
}

// ---- looking ----

static void try_again(struct device *device, nx_status status) {
    const struct notify *notify = device->recipient->notify;
    device->state = DEVICE_RETRYING;
    if (device->tries >= TRIES_MAX) {
        nx_logf(&notify->sdk, NX_LOG_WARN,
                "a device could not be given its notifications: %s",
                nx_err_word(status));
        device->state = DEVICE_LIVE;
        return;
    }
    set_timer(device, (uint64_t)RETRY_MS << device->tries++);
}

static void looked(struct change *change, const struct change_result *result) {
    struct arrival *arrival = nx_container_of(change, struct arrival, change);
    struct notify *notify = arrival->notify;
    struct device *device = device_find(notify, arrival->session);
    notify->arrivals.running--;
    if (device && result->status == NX_OK) {
        if (change->recipient->revision == 0) {
            found_inbox(change->recipient);
        }
        give(device, result->now_ms);
    } else if (device) {
        try_again(device, result->status);
    }
    free(arrival);
    arrivals_pump(notify);
}

static void drop(struct change *change) {
    free(nx_container_of(change, struct arrival, change));
}

static void look(struct device *device) {
    struct notify *notify = device->recipient->notify;
    struct arrival *arrival = calloc(1, sizeof(*arrival));
    if (!arrival) {
        try_again(device, NX_ERR_NO_MEMORY);
        return;
    }
    arrival->change.done = looked;
    arrival->change.drop = drop;
    arrival->notify = notify;
    arrival->session = device->session;
    device->state = DEVICE_ASKING;
    notify->arrivals.running++;
    nx_status status = change_submit(
            notify, recipient_name(device->recipient), &arrival->change);
    if (status != NX_OK) {
        notify->arrivals.running--;
        free(arrival);
        try_again(device, status);
    }
}

void arrivals_pump(struct notify *notify) {
    struct arrivals *arrivals = &notify->arrivals;
    while (!notify->quiet && arrivals->running < RUNNING_MAX
            && !nx_list_empty(&arrivals->line)) {
        struct nx_list *link = nx_list_take_first(&arrivals->line);
        look(nx_container_of(link, struct device, line));
    }
}

// ---- beginning and going on ----

static void enter_line(struct device *device) {
    struct notify *notify = device->recipient->notify;
    device->state = DEVICE_NEW;
    sweep_mark(device, false);
    nx_list_remove(&device->line);
    nx_list_append(&notify->arrivals.line, &device->line);
    arrivals_pump(notify);
}

void arrival_begin(struct device *device) {
    device->cursor = 0;
    device->caught_up = false;
    device_find_position(device);
    enter_line(device);
}

static void pay(struct device *device) {
    if (device->state == DEVICE_LIVE && device->owed.count > 0) {
        device->cursor = 0;
        enter_line(device);
    }
}

void arrival_landed(struct device *device) {
    if (!nx_list_empty(&device->flights)) {
        return;
    }
    if (device->state == DEVICE_WAITING) {
        enter_line(device);
    } else {
        pay(device);
    }
}

static void due(void *user, nx_timer_id timer) {
    (void)timer;
    struct device *device = user;
    device->timer = 0;
    if (device->state == DEVICE_RETRYING) {
        enter_line(device);
    } else {
        pay(device);
    }
}

static void set_timer(struct device *device, uint64_t delay_ms) {
    struct notify *notify = device->recipient->notify;
    if (!notify->quiet && device->timer == 0) {
        (void)notify->sdk.timers->set(
                notify->host, delay_ms, 0, due, device, &device->timer);
    }
}

void arrival_owed(struct device *device) {
    sweep_mark(device, false);
    set_timer(device, OWED_MS);
}
