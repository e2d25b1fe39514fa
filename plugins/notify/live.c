#include "plugins/notify/live.h"

#include "plugins/notify/device.h"
#include "plugins/notify/names.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/recipient.h"
#include "plugins/notify/stamp.h"

void live_put_names(const struct notify *notify, struct nx_writer *out,
        const char *key, const struct nx_buf *names) {
    const struct nx_json_v1 *json = notify->sdk.json;
    size_t at = 0;
    struct nx_str name;
    json->begin_array(out, key);
    while ((name = names_next(names, &at)).ptr) {
        json->put_str(out, NULL, name);
    }
    json->end(out);
}

struct nx_writer *live_event(
        const struct notify *notify, const struct live_item *item) {
    const struct nx_json_v1 *json = notify->sdk.json;
    // The sender, if there is one, stands in the body.
    struct nx_writer *event =
            json->event(notify->host, "notification", nx_str_none());
    if (event) {
        json->put_members(event, json->parse(notify->host, item->body), NULL);
        json->put_u64(event, "seq", item->seq);
        json->put_u64(event, "unread", item->unread);
        if (item->evicted && item->evicted->len > 0) {
            live_put_names(notify, event, "evicted", item->evicted);
        }
    }
    return event;
}

void live_add(struct recipient *recipient, const struct live_item *item) {
    nx_list_for_each_safe (link, next, &recipient->devices) {
        device_live(nx_container_of(link, struct device, link), item);
    }
}

void live_put_sync(const struct notify *notify, struct nx_writer *out,
        const struct live_sync *sync) {
    const struct nx_json_v1 *json = notify->sdk.json;
    live_put_names(notify, out, "notification_ids", sync->ids);
    if (sync->all) {
        json->put_bool(out, "all", 1);
    }
    json->put_u64(out, "unread", sync->unread);
}

void live_count(
        struct recipient *recipient, nx_session_id session, size_t unread) {
    const struct notify *notify = recipient->notify;
    struct nx_buf none;
    nx_buf_init(&none, 0);
    const struct live_sync sync = {.ids = &none, .unread = unread};
    struct nx_writer *event = notify->sdk.json->event(
            notify->host, "notification.read", recipient_name(recipient));
    if (event) {
        live_put_sync(notify, event, &sync);
        (void)notify->sdk.send->to_session(notify->host, session, event, NULL);
    }
}

void live_tell(struct recipient *recipient, const struct live_sync *sync) {
    struct notify *notify = recipient->notify;
    const struct nx_json_v1 *json = notify->sdk.json;
    const struct nx_send_opts opts = {
            .struct_size = sizeof(opts),
            .cls = NX_CLASS_NORMAL,
            .except = sync->except,
    };
    if (nx_list_empty(&recipient->devices)) {
        return;
    }
    struct nx_writer *event =
            json->event(notify->host, sync->type, recipient_name(recipient));
    if (!event) {
        return;
    }
    char time[STAMP_SIZE];
    stamp_format(sync->now_ms, time);
    live_put_sync(notify, event, sync);
    if (sync->reason) {
        json->put_str(event, "reason", nx_str_c(sync->reason));
    } else {
        bool read = nx_str_is(nx_str_c(sync->type), "notification.read");
        json->put_str(event, read ? "read_at" : "cleared_at", nx_str_c(time));
    }
    (void)notify->sdk.send->to_user(
            notify->host, recipient_name(recipient), event, &opts, NULL);
}
