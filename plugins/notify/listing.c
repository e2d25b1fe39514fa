#include "plugins/notify/listing.h"

#include <stdlib.h>

#include <nexus/router.h>

#include "plugins/notify/change.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/recipient.h"
#include "plugins/notify/stamp.h"

#define LIMIT_DEFAULT 20
#define LIMIT_MAX     100

// A page ends before it grows beyond this.
#define ANSWER_BYTES ((size_t)256 << 10)

struct listing {
    struct change change;
    struct notify *notify;
    nx_op_id op;
    uint64_t before; // UINT64_MAX: from the newest
    size_t limit;
    bool unread_only;
    int64_t now_ms;
};

static void put_entry(const struct notify *notify, struct nx_writer *out,
        const struct entry *entry) {
    const struct nx_json_v1 *json = notify->sdk.json;
    char time[STAMP_SIZE];
    json->begin_object(out, NULL);
    json->put_members(out, json->parse(notify->host, entry_body(entry)), NULL);
    json->put_u64(out, "seq", entry->seq);
    json->put_bool(out, "read", entry->read_ms != 0);
    if (entry->read_ms != 0) {
        stamp_format(entry->read_ms, time);
        json->put_str(out, "read_at", nx_str_c(time));
    }
    json->end(out);
}

static bool is_shown(const struct listing *listing, const struct entry *entry) {
    return !entry_is_over(entry, listing->now_ms)
            && !(listing->unread_only && entry->read_ms != 0);
}

// Writes the page; returns whether there is more behind it.
static bool put_page(const struct listing *listing, struct nx_writer *out) {
    const struct inbox *inbox = &listing->change.recipient->inbox;
    size_t count = 0;
    size_t bytes = 0;
    for (size_t i = inbox_above(inbox, listing->before - 1); i > 0; i--) {
        const struct entry *entry = inbox->entries[i - 1];
        if (!is_shown(listing, entry)) {
            continue;
        }
        bytes += entry_size(entry);
        if (count == listing->limit || (count > 0 && bytes > ANSWER_BYTES)) {
            return true;
        }
        put_entry(listing->notify, out, entry);
        count++;
    }
    return false;
}

static void answer(const struct listing *listing) {
    struct notify *notify = listing->notify;
    const struct nx_json_v1 *json = notify->sdk.json;
    const struct inbox *inbox = &listing->change.recipient->inbox;
    struct nx_writer *out = json->object(notify->host);
    if (out) {
        json->begin_array(out, "notifications");
        bool more = put_page(listing, out);
        json->end(out);
        json->put_u64(out, "unread", inbox_unread(inbox, listing->now_ms));
        json->put_u64(out, "total", inbox_total(inbox, listing->now_ms));
        json->put_bool(out, "has_more", more);
    }
    (void)notify->sdk.router->reply(
            notify->host, listing->op, out, NX_REPLY_RESULT);
}

static void done(struct change *change, const struct change_result *result) {
    struct listing *listing = nx_container_of(change, struct listing, change);
    listing->now_ms = result->now_ms;
    if (result->status == NX_OK) {
        answer(listing);
    } else {
        (void)notify_refuse(
                listing->notify, listing->op, result->status, nx_str_none());
    }
    free(listing);
}

static void drop(struct change *change) {
    free(nx_container_of(change, struct listing, change));
}

static void read_request(struct listing *listing, const struct nx_json *from) {
    const struct nx_json_v1 *json = listing->notify->sdk.json;
    int64_t before = INT64_MAX;
    int64_t limit = LIMIT_DEFAULT;
    int32_t unread_only = 0;
    (void)json->i64(json->get(from, "before"), &before);
    (void)json->i64(json->get(from, "limit"), &limit);
    (void)json->boolean(json->get(from, "unread_only"), &unread_only);
    listing->before = (uint64_t)before;
    listing->limit = (size_t)limit;
    listing->unread_only = unread_only != 0;
}

int32_t listing_get(struct notify *notify, const struct nx_event *ev) {
    static const struct nx_field fields[] = {
            {"before", NX_JSON_INT, 0, 1, INT64_MAX},
            {"limit", NX_JSON_INT, 0, 1, LIMIT_MAX},
            {"unread_only", NX_JSON_BOOL, 0, 0, 0},
            {NULL, 0, 0, 0, 0},
    };
    nx_status status = notify->sdk.json->expect(notify->host, ev, fields);
    if (status != NX_OK) {
        return status;
    }
    struct listing *listing = calloc(1, sizeof(*listing));
    if (!listing) {
        return NX_ERR_NO_MEMORY;
    }
    listing->change.done = done;
    listing->change.drop = drop;
    listing->notify = notify;
    listing->op = ev->op;
    read_request(listing, ev->json);
    status = change_submit(notify, ev->user, &listing->change);
    if (status != NX_OK) {
        free(listing);
    }
    return status == NX_OK ? NX_LATER : status;
}
