#include "plugins/notify/receipt.h"

#include <stdlib.h>

#include "plugins/notify/change.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/recipient.h"

#define DELAY_MS 1000

struct receipts {
    struct change change;
    struct seqs seqs;
};

static void free_receipts(struct receipts *receipts) {
    seqs_finish(&receipts->seqs);
    free(receipts);
}

// One that is read is not sent again anyway.
static bool apply(struct change *change, struct inbox *inbox, int64_t now_ms) {
    (void)now_ms;
    const struct receipts *receipts =
            nx_container_of(change, struct receipts, change);
    bool changed = false;
    for (size_t i = 0; i < receipts->seqs.count; i++) {
        struct entry *entry = inbox_find_seq(inbox, receipts->seqs.numbers[i]);
        if (entry && !entry->received && entry->read_ms == 0) {
            entry->received = true;
            changed = true;
        }
    }
    return changed;
}

static void done(struct change *change, const struct change_result *result) {
    (void)result;
    free_receipts(nx_container_of(change, struct receipts, change));
}

static void drop(struct change *change) {
    free_receipts(nx_container_of(change, struct receipts, change));
}

static void store(struct recipient *recipient) {
    struct receipts *receipts = calloc(1, sizeof(*receipts));
    if (!receipts) {
        seqs_clear(&recipient->received);
        return;
    }
    receipts->change.apply = apply;
    receipts->change.done = done;
    receipts->change.drop = drop;
    receipts->seqs = recipient->received;
    seqs_init(&recipient->received);
    if (change_submit(
                recipient->notify, recipient_name(recipient), &receipts->change)
            != NX_OK) {
        free_receipts(receipts);
    }
}

bool receipt_flush(struct notify *notify) {
    struct nx_list *link;
    bool none = nx_list_empty(&notify->dirty);
    while ((link = nx_list_take_first(&notify->dirty)) != NULL) {
        struct recipient *recipient =
                nx_container_of(link, struct recipient, dirty);
        // Keeps the recipient until its change does.
        recipient->running = true;
        store(recipient);
        recipient->running = false;
        change_go_on(recipient);
    }
    return none;
}

static void flush(void *user, nx_timer_id timer) {
    (void)timer;
    struct notify *notify = user;
    notify->flush_timer = 0;
    (void)receipt_flush(notify);
}

void receipt_note(struct recipient *recipient, uint64_t seq) {
    struct notify *notify = recipient->notify;
    if (!seqs_add(&recipient->received, seq, notify->settings.inbox_max)) {
        return;
    }
    if (!nx_list_linked(&recipient->dirty)) {
        nx_list_append(&notify->dirty, &recipient->dirty);
    }
    if (notify->flush_timer == 0 && !notify->quiet) {
        (void)notify->sdk.timers->set(
                notify->host, DELAY_MS, 0, flush, notify, &notify->flush_timer);
    }
}
