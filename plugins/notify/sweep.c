#include "plugins/notify/sweep.h"

#include "plugins/notify/arrival.h"
#include "plugins/notify/device.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/recipient.h"

#define MARK "arrived"

void sweep_mark(const struct device *device, bool done) {
    const struct notify *notify = device->recipient->notify;
    (void)notify->sdk.users->data_set(
            notify->host, device->session, MARK, nx_bytes_n("1", done ? 1 : 0));
}

static int32_t take_up(
        void *user, nx_session_id session, struct nx_str user_name) {
    struct notify *notify = user;
    struct device *device = user_name.len <= NOTIFY_USER_MAX
            ? device_obtain(notify, session, user_name)
            : NULL;
    bool known = device
            && (device->state != DEVICE_NEW || nx_list_linked(&device->line));
    if (!device || known) {
        return 0;
    }
    if (notify->sdk.users->data_get(notify->host, session, MARK).len > 0) {
        device_carry_on(device);
    } else {
        arrival_begin(device);
    }
    return 0;
}

static int32_t take_up_user(
        void *user, struct nx_str user_name, uint32_t sessions) {
    (void)sessions;
    struct notify *notify = user;
    notify->sdk.users->each_session(notify->host, user_name, take_up, notify);
    return 0;
}

// Devices that an instance before this one knew, and that left meanwhile.
static void forget_gone(struct notify *notify) {
    size_t cursor = 0;
    struct device *device;
    while ((device = nx_strmap_next(notify->devices, &cursor, NULL, NULL))) {
        struct nx_session_info info = {.struct_size = sizeof(info)};
        if (notify->sdk.users->session_info(
                    notify->host, device->session, &info)
                != NX_OK) {
            device_destroy(device);
        }
    }
}

void sweep_all(struct notify *notify) {
    forget_gone(notify);
    notify->sdk.users->each_user(notify->host, take_up_user, notify);
    notify->swept = true;
    arrivals_pump(notify);
}

void sweep_user(struct notify *notify, struct nx_str user) {
    if (!notify->swept) {
        notify->sdk.users->each_session(notify->host, user, take_up, notify);
    }
}

static void due(void *user, nx_timer_id timer) {
    (void)timer;
    sweep_all(user);
}

nx_status sweep_start(struct notify *notify) {
    return notify->sdk.timers->set(notify->host, 0, 0, due, notify, NULL);
}
