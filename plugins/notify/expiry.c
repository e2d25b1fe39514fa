#include "plugins/notify/expiry.h"

#include <stdlib.h>

#include "plugins/notify/change.h"
#include "plugins/notify/live.h"
#include "plugins/notify/names.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/recipient.h"

#define DELAY_MIN_MS 10
#define RETRY_MS     5000
#define DELAY_MAX_MS 86400000 // then it is looked at again

static void remember(void *user, const struct entry *entry) {
    (void)names_add(user, entry_id(entry));
}

bool expiry_apply(struct recipient *recipient, int64_t now_ms) {
    nx_buf_clear(&recipient->expired);
    size_t count = inbox_expire(
            &recipient->inbox, now_ms, remember, &recipient->expired);
    recipient->expired_unread = inbox_unread(&recipient->inbox, now_ms);
    return count > 0;
}

void expiry_tell(struct recipient *recipient) {
    struct notify *notify = recipient->notify;
    const struct live_sync sync = {
            .type = "notification.clear",
            .ids = &recipient->expired,
            .unread = recipient->expired_unread,
            .reason = "expired",
            .now_ms = notify_now(notify),
    };
    if (recipient->expired.len > 0) {
        notify_count(notify, notify->metrics.expired,
                names_count(&recipient->expired));
        live_tell(recipient, &sync);
        nx_buf_clear(&recipient->expired);
    }
}

// ---- the timer ----

static bool apply(struct change *change, struct inbox *inbox, int64_t now_ms) {
    (void)change;
    (void)inbox;
    (void)now_ms;
    return false; // each batch begins with what is over
}

static void done(struct change *change, const struct change_result *result) {
    struct recipient *recipient = change->recipient;
    if (result->status != NX_OK) {
        expiry_set(recipient, notify_now(recipient->notify) + RETRY_MS);
    }
    free(change);
}

static void drop(struct change *change) {
    free(change);
}

static void due(void *user, nx_timer_id timer) {
    (void)timer;
    struct recipient *recipient = user;
    struct notify *notify = recipient->notify;
    struct change *change = calloc(1, sizeof(*change));
    recipient->timer = 0;
    if (!change) {
        return;
    }
    change->apply = apply;
    change->done = done;
    change->drop = drop;
    if (change_submit(notify, recipient_name(recipient), change) != NX_OK) {
        free(change);
    }
}

void expiry_set(struct recipient *recipient, int64_t at_ms) {
    struct notify *notify = recipient->notify;
    int64_t delay = at_ms - notify_now(notify);
    delay = delay < DELAY_MIN_MS ? DELAY_MIN_MS : delay;
    delay = delay > DELAY_MAX_MS ? DELAY_MAX_MS : delay;
    if (!notify->quiet && recipient->timer == 0
            && notify->sdk.timers->set(notify->host, (uint64_t)delay, 0, due,
                       recipient, &recipient->timer)
                    == NX_OK) {
        recipient->timer_ms = at_ms;
    }
}

void expiry_watch(struct recipient *recipient) {
    struct notify *notify = recipient->notify;
    if (!recipient->loaded || notify->quiet) {
        return;
    }
    notify->sdk.timers->cancel(notify->host, recipient->timer);
    recipient->timer = 0;
    int64_t at_ms = inbox_next_expiry(&recipient->inbox);
    if (at_ms != 0 && !nx_list_empty(&recipient->devices)) {
        expiry_set(recipient, at_ms);
    }
}
