#include "plugins/notify/mark.h"

#include <stdlib.h>

#include <nexus/router.h>

#include "plugins/notify/change.h"
#include "plugins/notify/live.h"
#include "plugins/notify/names.h"
#include "plugins/notify/notice.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/recipient.h"

#define IDS_MAX   1000
#define IDS_BYTES ((size_t)IDS_MAX * (NOTIFY_ID_MAX + 1))

struct mark {
    struct change change;
    struct notify *notify;
    nx_op_id op;
    nx_session_id session;
    bool clears; // else it reads
    bool all;
    bool single;           // one id, of which it is an error not to be there
    struct nx_buf ids;     // names: what is asked for
    struct nx_buf changed; // those for which it made a difference
    struct nx_buf missing; // those that are not there
    size_t unread;         // afterwards
};

static void free_mark(struct mark *mark) {
    nx_buf_finish(&mark->ids);
    nx_buf_finish(&mark->changed);
    nx_buf_finish(&mark->missing);
    free(mark);
}

// ---- doing it ----

static void mark_entry(struct mark *mark, struct inbox *inbox,
        struct entry *entry, int64_t now_ms) {
    if (mark->clears) {
        (void)names_add(&mark->changed, entry_id(entry));
        inbox_remove(inbox, entry);
    } else if (entry->read_ms == 0) {
        (void)names_add(&mark->changed, entry_id(entry));
        entry->read_ms = now_ms;
    }
}

static void mark_named(struct mark *mark, struct inbox *inbox, int64_t now_ms) {
    size_t at = 0;
    struct nx_str id;
    while ((id = names_next(&mark->ids, &at)).ptr) {
        struct entry *entry = inbox_find(inbox, id);
        if (entry) {
            mark_entry(mark, inbox, entry, now_ms);
        } else {
            (void)names_add(&mark->missing, id);
        }
    }
}

static bool apply(struct change *change, struct inbox *inbox, int64_t now_ms) {
    struct mark *mark = nx_container_of(change, struct mark, change);
    nx_buf_clear(&mark->changed);
    nx_buf_clear(&mark->missing);
    if (mark->all) {
        for (size_t i = inbox->count; i > 0; i--) {
            mark_entry(mark, inbox, inbox->entries[i - 1], now_ms);
        }
    } else {
        mark_named(mark, inbox, now_ms);
    }
    mark->unread = inbox_unread(inbox, now_ms);
    return mark->changed.len > 0;
}

// ---- telling ----

static void answer(const struct mark *mark, const struct live_sync *sync) {
    struct notify *notify = mark->notify;
    if (mark->single && mark->missing.len > 0) {
        (void)notify_refuse(notify, mark->op, NX_ERR_NOT_FOUND,
                nx_str_c("there is no such notification"));
        return;
    }
    struct nx_writer *out = notify->sdk.json->object(notify->host);
    if (out) {
        live_put_sync(notify, out, sync);
        if (mark->missing.len > 0) {
            live_put_names(notify, out, "not_found", &mark->missing);
        }
    }
    (void)notify->sdk.router->reply(
            notify->host, mark->op, out, NX_REPLY_RESULT);
}

static void succeed(const struct mark *mark, int64_t now_ms) {
    struct notify *notify = mark->notify;
    const struct live_sync sync = {
            .type = mark->clears ? "notification.clear" : "notification.read",
            .ids = &mark->changed,
            .unread = mark->unread,
            .all = mark->all,
            .except = mark->session,
            .now_ms = now_ms,
    };
    answer(mark, &sync);
    if (mark->changed.len > 0) {
        notify_count(notify,
                mark->clears ? notify->metrics.cleared : notify->metrics.read,
                names_count(&mark->changed));
        live_tell(mark->change.recipient, &sync);
    }
}

static void done(struct change *change, const struct change_result *result) {
    struct mark *mark = nx_container_of(change, struct mark, change);
    if (result->status == NX_OK) {
        succeed(mark, result->now_ms);
    } else {
        (void)notify_refuse(
                mark->notify, mark->op, result->status, nx_str_none());
    }
    free_mark(mark);
}

static void drop(struct change *change) {
    free_mark(nx_container_of(change, struct mark, change));
}

// ---- the request ----

static bool add_id(struct mark *mark, struct nx_str id) {
    return notice_is_name(id, NOTIFY_ID_MAX) && names_add(&mark->ids, id);
}

static bool add_ids(struct mark *mark, const struct nx_json *list) {
    const struct nx_json_v1 *json = mark->notify->sdk.json;
    size_t count = json->count(list);
    for (size_t i = 0; i < count; i++) {
        if (!add_id(mark, json->str(json->at(list, i)))) {
            return false;
        }
    }
    return true;
}

// What the request names, in exactly one of three ways.
static bool select_ids(
        struct mark *mark, const struct nx_event *ev, const char **why) {
    const struct nx_json_v1 *json = mark->notify->sdk.json;
    const struct nx_json *one = json->get(ev->json, "notification_id");
    const struct nx_json *some = json->get(ev->json, "notification_ids");
    int32_t all = 0;
    (void)json->boolean(json->get(ev->json, "all"), &all);
    if ((one ? 1 : 0) + (some ? 1 : 0) + (all ? 1 : 0) != 1) {
        *why = "give notification_id, notification_ids, or all: true";
        return false;
    }
    *why = "notification_ids must be strings of 1 to 64 bytes without control "
           "characters";
    mark->all = all != 0;
    mark->single = one != NULL;
    return one ? add_id(mark, json->str(one)) : add_ids(mark, some);
}

static struct mark *create(
        struct notify *notify, const struct nx_event *ev, bool clears) {
    struct mark *mark = calloc(1, sizeof(*mark));
    if (mark) {
        mark->change.apply = apply;
        mark->change.done = done;
        mark->change.drop = drop;
        mark->notify = notify;
        mark->op = ev->op;
        mark->session = ev->session;
        mark->clears = clears;
        nx_buf_init(&mark->ids, IDS_BYTES);
        nx_buf_init(&mark->changed, IDS_BYTES);
        nx_buf_init(&mark->missing, IDS_BYTES);
    }
    return mark;
}

static int32_t handle(
        struct notify *notify, const struct nx_event *ev, bool clears) {
    static const struct nx_field fields[] = {
            {"notification_id", NX_JSON_STRING, NX_FIELD_NAME, 1,
                    NOTIFY_ID_MAX},
            {"notification_ids", NX_JSON_ARRAY, 0, 1, IDS_MAX},
            {"all", NX_JSON_BOOL, 0, 0, 0},
            {NULL, 0, 0, 0, 0},
    };
    const char *why = NULL;
    nx_status status = notify->sdk.json->expect(notify->host, ev, fields);
    if (status != NX_OK) {
        return status;
    }
    struct mark *mark = create(notify, ev, clears);
    if (!mark) {
        return NX_ERR_NO_MEMORY;
    }
    if (!select_ids(mark, ev, &why)) {
        free_mark(mark);
        return notify_refuse(
                notify, ev->op, NX_ERR_INVALID_FIELD, nx_str_c(why));
    }
    status = change_submit(notify, ev->user, &mark->change);
    if (status != NX_OK) {
        free_mark(mark);
    }
    return status == NX_OK ? NX_LATER : status;
}

int32_t mark_read(struct notify *notify, const struct nx_event *ev) {
    return handle(notify, ev, false);
}

int32_t mark_clear(struct notify *notify, const struct nx_event *ev) {
    return handle(notify, ev, true);
}
