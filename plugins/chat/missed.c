#include "plugins/chat/missed.h"

#include <nexus/util/str.h>
#include <nexus/util/strmap.h>

#include "plugins/chat/chat.h"
#include "plugins/chat/log_view.h"
#include "plugins/chat/stop.h"

// Changed messages of one log, as many as it can have records.
#define CHANGES_MAX 100000

nx_status missed_init(struct missed *missed, const struct stop *stop,
        uint64_t after, size_t max_bytes) {
    *missed = (struct missed){
            .stop = stop,
            .max_bytes = max_bytes,
            .after = after,
            .read = after,
            .end = after + 1,
            .changes = nx_strmap_create(CHANGES_MAX),
    };
    projection_init(&missed->view, true);
    projection_clear(&missed->view, after);
    return missed->changes ? NX_OK : NX_ERR_NO_MEMORY;
}

void missed_finish(struct missed *missed) {
    projection_finish(&missed->view);
    nx_strmap_destroy(missed->changes, NULL);
    missed->changes = NULL;
}

static bool in_view(const struct missed *missed, uint64_t seq) {
    size_t at = projection_rank(&missed->view, seq);
    return at < missed->view.count
            && projection_at(&missed->view, at)->seq == seq;
}

// Whether the device has a message, from earlier or from this replay. One in
// a gap is read in the history, where its changes are applied.
static bool device_has(const struct missed *missed, uint64_t seq) {
    const struct stop *stop = missed->stop;
    return seq <= stop->base || (seq >= stop->first && seq <= missed->after);
}

// A change of a message the device has: the last one replaces those before.
static nx_status add_change(struct missed *missed, struct chat *chat,
        const struct nx_record *record, uint64_t seq) {
    nx_status status = log_view_apply(chat, &missed->view, record, true);
    if (status != NX_OK) {
        return status;
    }
    struct projected *change =
            projection_at(&missed->view, missed->view.count - 1);
    void *older = NULL;
    if (!nx_strmap_set(missed->changes, (const char *)&seq, sizeof(seq), change,
                &older)) {
        return NX_ERR_NO_MEMORY;
    }
    if (older) {
        (void)projection_delete(&missed->view, older, nx_str_none());
    }
    return NX_OK;
}

static bool is_event(const struct missed *missed, enum record_kind kind,
        uint64_t message_seq) {
    return kind == RECORD_MESSAGE
            || (kind == RECORD_CHANGE && device_has(missed, message_seq));
}

nx_status missed_add(struct missed *missed, struct chat *chat,
        const struct nx_record *record) {
    if (record->offset <= missed->read) {
        return NX_OK;
    }
    uint64_t seq = 0;
    enum record_kind kind = log_view_kind(chat, record, &seq);
    bool event = is_event(missed, kind, seq);
    bool folds = kind == RECORD_CHANGE && !event && in_view(missed, seq);
    if (event && missed->view.bytes >= missed->max_bytes) {
        missed->full = true;
    }
    missed->read = record->offset;
    if (!missed->full) {
        missed->end = record->offset + 1;
    }
    if (folds || (kind == RECORD_MESSAGE && !missed->full)) {
        return log_view_apply(chat, &missed->view, record, false);
    }
    return event && !missed->full ? add_change(missed, chat, record, seq)
                                  : NX_OK;
}

size_t missed_count(const struct missed *missed) {
    size_t count = 0;
    for (size_t i = 0; i < missed->view.count; i++) {
        count += projection_at(&missed->view, i)->text ? 1 : 0;
    }
    return count;
}
