#include "plugins/notify/recipient.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/notify/change.h"
#include "plugins/notify/device.h"
#include "plugins/notify/notify.h"

#define EXPIRED_BYTES ((size_t)1 << 20)

struct nx_str recipient_name(const struct recipient *recipient) {
    return nx_str_n(recipient->name, recipient->name_len);
}

struct recipient *recipient_find(
        const struct notify *notify, struct nx_str name) {
    return nx_strmap_get(notify->recipients, name.ptr, name.len);
}

static void destroy(struct recipient *recipient) {
    struct notify *notify = recipient->notify;
    if (!notify->finishing) {
        notify->sdk.timers->cancel(notify->host, recipient->timer);
    }
    nx_list_remove(&recipient->dirty);
    inbox_finish(&recipient->inbox);
    nx_buf_finish(&recipient->expired);
    seqs_finish(&recipient->received);
    free(recipient);
}

static struct recipient *create(struct notify *notify, struct nx_str name) {
    struct recipient *recipient = calloc(1, sizeof(*recipient) + name.len + 1);
    if (!recipient) {
        return NULL;
    }
    recipient->notify = notify;
    nx_list_init(&recipient->devices);
    nx_list_init(&recipient->waiting);
    nx_list_init(&recipient->batch);
    nx_list_init(&recipient->dirty);
    inbox_init(&recipient->inbox);
    nx_buf_init(&recipient->expired, EXPIRED_BYTES);
    seqs_init(&recipient->received);
    recipient->name_len = name.len;
    memcpy(recipient->name, name.ptr, name.len);
    return recipient;
}

struct recipient *recipient_obtain(struct notify *notify, struct nx_str name) {
    struct recipient *recipient = recipient_find(notify, name);
    if (recipient) {
        return recipient;
    }
    recipient = create(notify, name);
    if (recipient
            && !nx_strmap_put(
                    notify->recipients, name.ptr, name.len, recipient)) {
        destroy(recipient);
        return NULL;
    }
    return recipient;
}

void recipient_release(struct recipient *recipient) {
    bool idle = recipient->state == RECIPIENT_RESTING && !recipient->running
            && nx_list_empty(&recipient->devices)
            && nx_list_empty(&recipient->waiting)
            && nx_list_empty(&recipient->batch)
            && !nx_list_linked(&recipient->dirty);
    if (idle) {
        (void)nx_strmap_remove(recipient->notify->recipients, recipient->name,
                recipient->name_len);
        destroy(recipient);
    }
}

static void free_recipient(void *value) {
    struct recipient *recipient = value;
    change_drop_all(recipient);
    device_drop_all(recipient);
    destroy(recipient);
}

void recipient_finish_all(struct notify *notify) {
    nx_strmap_destroy(notify->recipients, free_recipient);
    notify->recipients = NULL;
}
