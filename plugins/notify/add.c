#include "plugins/notify/add.h"

#include <stdlib.h>

#include "plugins/notify/change.h"
#include "plugins/notify/live.h"
#include "plugins/notify/names.h"
#include "plugins/notify/notice.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/recipient.h"

#define EVICTED_BYTES ((size_t)256 << 10)

struct add {
    struct change change;
    struct notify *notify;
    struct notice *notice;
    add_fn fn;
    void *ctx;
    enum inbox_added what;
    uint64_t seq;
    size_t unread;
    struct nx_buf evicted; // names
};

static void free_add(struct add *add) {
    notice_unref(add->notice);
    nx_buf_finish(&add->evicted);
    free(add);
}

static void evicted(void *user, const struct entry *entry) {
    struct add *add = user;
    (void)names_add(&add->evicted, entry_id(entry));
}

static bool apply(struct change *change, struct inbox *inbox, int64_t now_ms) {
    struct add *add = nx_container_of(change, struct add, change);
    const struct notify_settings *settings = &add->notify->settings;
    const struct inbox_limits limits = {
            .count = settings->inbox_max, .bytes = settings->inbox_bytes};
    const struct arriving arriving = {
            .id = notice_id(add->notice),
            .body = notice_body(add->notice),
            .priority = add->notice->priority,
            .created_ms = add->notice->created_ms,
            .expires_ms = add->notice->expires_ms,
    };
    nx_buf_clear(&add->evicted);
    bool over = arriving.expires_ms != 0 && arriving.expires_ms <= now_ms;
    add->what = over
            ? INBOX_DROPPED
            : inbox_add(inbox, &arriving, &limits, &add->seq, evicted, add);
    add->unread = inbox_unread(inbox, now_ms);
    return add->what == INBOX_ADDED;
}

static void tell(const struct add *add) {
    struct notify *notify = add->notify;
    const struct live_item item = {
            .body = notice_body(add->notice),
            .priority = add->notice->priority,
            .seq = add->seq,
            .unread = add->unread,
            .evicted = &add->evicted,
    };
    switch (add->what) {
    case INBOX_ADDED:
        notify_count(notify, notify->metrics.stored, 1);
        notify_count(
                notify, notify->metrics.evicted, names_count(&add->evicted));
        live_add(add->change.recipient, &item);
        break;
    case INBOX_DUPLICATE:
        notify_count(notify, notify->metrics.duplicates, 1);
        break;
    case INBOX_DROPPED:
        notify_count(notify, notify->metrics.dropped, 1);
        break;
    case INBOX_FAILED:
        break;
    }
}

// Connected, as far as others may know.
static bool is_live(const struct notify *notify, struct nx_str user) {
    const struct nx_users_v1 *users = notify->sdk.users;
    return users->session_count(notify->host, user) > 0
            && !(NX_HAS(users, is_hidden)
                    && users->is_hidden(notify->host, user));
}

static void done(struct change *change, const struct change_result *given) {
    struct add *add = nx_container_of(change, struct add, change);
    struct notify *notify = add->notify;
    struct nx_str user = recipient_name(change->recipient);
    struct add_result result = {
            .status = given->status,
            .user = user,
            .what = add->what,
            .live = is_live(notify, user),
    };
    if (result.status == NX_OK && add->what == INBOX_FAILED) {
        result.status = NX_ERR_NO_MEMORY;
    }
    if (result.status == NX_OK) {
        tell(add);
    }
    if (add->fn) {
        add->fn(add->ctx, &result);
    }
    free_add(add);
}

static void drop(struct change *change) {
    free_add(nx_container_of(change, struct add, change));
}

nx_status add_submit(struct notify *notify, struct nx_str user,
        struct notice *notice, add_fn fn, void *ctx) {
    struct add *add = calloc(1, sizeof(*add));
    if (!add) {
        return NX_ERR_NO_MEMORY;
    }
    add->change.apply = apply;
    add->change.done = done;
    add->change.drop = drop;
    add->notify = notify;
    add->notice = notice_ref(notice);
    add->fn = fn;
    add->ctx = ctx;
    nx_buf_init(&add->evicted, EVICTED_BYTES);
    nx_status status = change_submit(notify, user, &add->change);
    if (status != NX_OK) {
        free_add(add);
    }
    return status;
}
