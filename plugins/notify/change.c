#include "plugins/notify/change.h"

#include <string.h>

#include "plugins/notify/expiry.h"
#include "plugins/notify/inbox_codec.h"
#include "plugins/notify/key.h"
#include "plugins/notify/names.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/recipient.h"
#include "plugins/notify/sweep.h"

#define BATCH_MAX     64
#define CONFLICTS_MAX 16

// ---- ending one ----

static void finish(struct change *change, nx_status status, int64_t now_ms) {
    const struct change_result result = {.status = status, .now_ms = now_ms};
    struct notify *notify = change->recipient->notify;
    notify->change_count--;
    notify_gauge(notify, notify->metrics.waiting, notify->change_count);
    change->done(change, &result);
}

static void finish_list(
        struct recipient *recipient, struct nx_list *list, nx_status status) {
    int64_t now_ms = notify_now(recipient->notify);
    struct nx_list mine;
    struct nx_list *link;
    // What is submitted meanwhile is none of these.
    nx_list_init(&mine);
    nx_list_splice(&mine, list);
    while ((link = nx_list_take_first(&mine)) != NULL) {
        finish(nx_container_of(link, struct change, link), status, now_ms);
    }
}

static void forget(struct recipient *recipient) {
    inbox_clear(&recipient->inbox);
    recipient->loaded = false;
    recipient->revision = 0;
}

static void fail_all(struct recipient *recipient, nx_status status) {
    struct notify *notify = recipient->notify;
    notify_count(notify, notify->metrics.failures, 1);
    forget(recipient);
    recipient->conflicts = 0;
    nx_list_splice(&recipient->batch, &recipient->waiting);
    finish_list(recipient, &recipient->batch, status);
}

// ---- reading ----

static nx_status load(
        struct recipient *recipient, const struct nx_fact_result *result) {
    forget(recipient);
    if (result->status == NX_ERR_NOT_FOUND
            || (result->status == NX_OK && result->count == 0)) {
        recipient->loaded = true;
        return NX_OK;
    }
    if (result->status != NX_OK) {
        return result->status;
    }
    if (!inbox_decode(&recipient->inbox, result->facts[0].value)) {
        // Not ours to throw away: an operator may still save it.
        nx_logf(&recipient->notify->sdk, NX_LOG_ERROR,
                "the stored inbox of a user is not readable (%zu bytes)",
                result->facts[0].value.len);
        forget(recipient);
        return NX_ERR_ENGINE_UNAVAILABLE;
    }
    recipient->revision = result->facts[0].revision;
    recipient->loaded = true;
    return NX_OK;
}

static void got(void *user, const struct nx_fact_result *result) {
    struct recipient *recipient = user;
    recipient->state = RECIPIENT_RESTING;
    nx_status status = load(recipient, result);
    if (status != NX_OK) {
        recipient->running = true;
        fail_all(recipient, status);
        recipient->running = false;
    }
    change_go_on(recipient);
}

// True when there is more to do at once.
static bool read_inbox(struct recipient *recipient) {
    struct notify *notify = recipient->notify;
    struct key key;
    key_inbox(&key, recipient_name(recipient));
    nx_status status = notify->sdk.engine->get(
            notify->host, key_text(&key), got, recipient);
    if (status != NX_OK) {
        fail_all(recipient, status);
        return true;
    }
    recipient->state = RECIPIENT_READING;
    return false;
}

// ---- writing ----

static void conflict(struct recipient *recipient) {
    struct notify *notify = recipient->notify;
    notify_count(notify, notify->metrics.conflicts, 1);
    if (++recipient->conflicts > CONFLICTS_MAX) {
        fail_all(recipient, NX_ERR_ENGINE_BUSY);
        return;
    }
    // In front of what came after them.
    nx_list_splice(&recipient->batch, &recipient->waiting);
    nx_list_splice(&recipient->waiting, &recipient->batch);
    forget(recipient);
}

static void stored(struct recipient *recipient) {
    recipient->conflicts = 0;
    expiry_tell(recipient);
    finish_list(recipient, &recipient->batch, NX_OK);
}

static void written(void *user, const struct nx_fact_result *result) {
    struct recipient *recipient = user;
    recipient->state = RECIPIENT_RESTING;
    recipient->running = true;
    if (result->status == NX_OK) {
        recipient->revision = result->revision;
        stored(recipient);
    } else if (result->status == NX_ERR_CONFLICT) {
        conflict(recipient);
    } else {
        fail_all(recipient, result->status);
    }
    recipient->running = false;
    change_go_on(recipient);
}

static nx_status write_inbox(struct recipient *recipient) {
    struct notify *notify = recipient->notify;
    struct nx_buf value;
    struct key key;
    nx_buf_init(&value, INBOX_CODEC_MAX);
    key_inbox(&key, recipient_name(recipient));
    nx_status status = NX_ERR_NO_MEMORY;
    if (inbox_encode(&recipient->inbox, &value)) {
        status = notify->sdk.engine->put(notify->host, key_text(&key),
                nx_bytes_n(value.data, value.len), notify->settings.keep_ms,
                recipient->revision, written, recipient);
    }
    nx_buf_finish(&value);
    if (status == NX_OK) {
        recipient->state = RECIPIENT_WRITING;
    }
    return status;
}

// ---- applying ----

static struct change *first_of(const struct nx_list *list) {
    return nx_container_of(list->next, struct change, link);
}

static void take_batch(struct recipient *recipient) {
    size_t count = 0;
    while (count < BATCH_MAX && !nx_list_empty(&recipient->waiting)
            && first_of(&recipient->waiting)->apply) {
        nx_list_append(
                &recipient->batch, nx_list_take_first(&recipient->waiting));
        count++;
    }
}

// True when there is more to do at once.
static bool apply_batch(struct recipient *recipient) {
    int64_t now_ms = notify_now(recipient->notify);
    take_batch(recipient);
    bool changed = expiry_apply(recipient, now_ms);
    nx_list_for_each (link, &recipient->batch) {
        struct change *change = nx_container_of(link, struct change, link);
        changed = change->apply(change, &recipient->inbox, now_ms) || changed;
    }
    if (!changed) {
        finish_list(recipient, &recipient->batch, NX_OK);
        return true;
    }
    nx_status status = write_inbox(recipient);
    if (status != NX_OK) {
        fail_all(recipient, status);
        return true;
    }
    return false;
}

static void look(struct recipient *recipient) {
    struct nx_list *link = nx_list_take_first(&recipient->waiting);
    finish(nx_container_of(link, struct change, link), NX_OK,
            notify_now(recipient->notify));
}

// Does the next thing; false when there is nothing more to do now.
static bool step(struct recipient *recipient) {
    if (nx_list_empty(&recipient->waiting)) {
        return false;
    }
    if (!recipient->loaded) {
        return read_inbox(recipient);
    }
    if (!first_of(&recipient->waiting)->apply) {
        look(recipient);
        return true;
    }
    return apply_batch(recipient);
}

void change_go_on(struct recipient *recipient) {
    if (recipient->running || recipient->state != RECIPIENT_RESTING) {
        return;
    }
    recipient->running = true;
    while (step(recipient)) {
    }
    recipient->running = false;
    if (recipient->state == RECIPIENT_RESTING) {
        expiry_watch(recipient);
        forget(recipient);
        recipient_release(recipient);
    }
}

nx_status change_submit(
        struct notify *notify, struct nx_str user, struct change *change) {
    if (notify->change_count >= NOTIFY_CHANGES_MAX) {
        return NX_ERR_OVERLOADED;
    }
    sweep_user(notify, user); // so that all devices are there to be told
    struct recipient *recipient = recipient_obtain(notify, user);
    if (!recipient) {
        return NX_ERR_NO_MEMORY;
    }
    change->recipient = recipient;
    nx_list_init(&change->link);
    nx_list_append(&recipient->waiting, &change->link);
    notify->change_count++;
    change_go_on(recipient);
    return NX_OK;
}

void change_drop_all(struct recipient *recipient) {
    struct nx_list *link;
    nx_list_splice(&recipient->batch, &recipient->waiting);
    while ((link = nx_list_take_first(&recipient->batch)) != NULL) {
        struct change *change = nx_container_of(link, struct change, link);
        change->drop(change);
    }
}
