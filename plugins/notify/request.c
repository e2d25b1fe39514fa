#include "plugins/notify/request.h"

#include <stdlib.h>

#include "plugins/notify/add.h"
#include "plugins/notify/listing.h"
#include "plugins/notify/mark.h"
#include "plugins/notify/notice.h"
#include "plugins/notify/notify.h"

// A client that sends a notification, until it is stored.
struct sending {
    struct notify *notify;
    nx_op_id op;
    char id[NOTICE_ID_SIZE];
};

static int32_t complain(const struct notify *notify, nx_op_id op,
        const struct notice_problem *problem) {
    struct nx_failure failure = {
            .struct_size = sizeof(failure),
            .status = problem->status,
            .message = nx_str_c(problem->text),
    };
    if (problem->field) {
        failure.details = notify->sdk.json->object(notify->host);
        notify->sdk.json->put_str(
                failure.details, "field", nx_str_c(problem->field));
    }
    notify_count(notify, notify->metrics.refused, 1);
    (void)notify->sdk.router->fail(notify->host, op, &failure);
    return NX_DONE;
}

// ---- from a client ----

static void sent(void *ctx, const struct add_result *result) {
    struct sending *sending = ctx;
    const struct notify *notify = sending->notify;
    if (result->status != NX_OK) {
        (void)notify_refuse(notify, sending->op, result->status, nx_str_none());
    } else if (result->what == INBOX_DROPPED) {
        (void)notify_refuse(notify, sending->op, NX_ERR_LIMIT,
                nx_str_c("the inbox is full of what has a higher priority"));
    } else {
        struct nx_writer *out = notify->sdk.json->object(notify->host);
        if (out) {
            notify->sdk.json->put_str(
                    out, "notification_id", nx_str_c(sending->id));
        }
        (void)notify->sdk.router->reply(notify->host, sending->op, out, 0);
    }
    free(sending);
}

static int32_t submit(struct notify *notify, const struct nx_event *ev,
        struct nx_str recipient, struct notice *notice) {
    struct sending *sending = calloc(1, sizeof(*sending));
    if (!sending) {
        return NX_ERR_NO_MEMORY;
    }
    sending->notify = notify;
    sending->op = ev->op;
    memcpy(sending->id, notice->id, sizeof(sending->id));
    nx_status status = add_submit(notify, recipient, notice, sent, sending);
    if (status != NX_OK) {
        free(sending);
        return status;
    }
    return NX_LATER;
}

static int32_t send_notification(
        struct notify *notify, const struct nx_event *ev) {
    // The fields of a notification are checked by notice_read().
    static const struct nx_field fields[] = {
            {"recipient_id", NX_JSON_STRING, NX_FIELD_REQUIRED | NX_FIELD_NAME,
                    1, NOTIFY_USER_MAX},
            {"title", NX_JSON_ANY, 0, 0, 0},
            {"message", NX_JSON_ANY, 0, 0, 0},
            {"notification_type", NX_JSON_ANY, 0, 0, 0},
            {"priority", NX_JSON_ANY, 0, 0, 0},
            {"data", NX_JSON_ANY, 0, 0, 0},
            {"expires_at", NX_JSON_ANY, 0, 0, 0},
            {NULL, 0, 0, 0, 0},
    };
    const struct nx_json_v1 *json = notify->sdk.json;
    if (!notify->settings.client_send) {
        notify_count(notify, notify->metrics.refused, 1);
        return notify_refuse(notify, ev->op, NX_ERR_FORBIDDEN,
                nx_str_c("clients may not send notifications "
                         "(plugins.notify.client_send)"));
    }
    nx_status status = json->expect(notify->host, ev, fields);
    if (status != NX_OK) {
        return status;
    }
    const struct notice_origin origin = {
            .sender = ev->user, .created_ms = notify_now(notify)};
    struct notice_problem problem = {0};
    struct notice *notice = notice_read(notify, ev->json, &origin, &problem);
    if (!notice) {
        return complain(notify, ev->op, &problem);
    }
    int32_t result = submit(
            notify, ev, json->str(json->get(ev->json, "recipient_id")), notice);
    notice_unref(notice);
    return result;
}

// ---- from a plugin ----

static void ignore(const struct notify *notify, const char *why) {
    notify_count(notify, notify->metrics.refused, 1);
    nx_logf(&notify->sdk, NX_LOG_WARN,
            "a plugin raised what is no notification: %s", why);
}

static void raised(void *ctx, const struct add_result *result) {
    const struct notify *notify = ctx;
    if (result->status != NX_OK) {
        nx_logf(&notify->sdk, NX_LOG_WARN,
                "a notification that a plugin raised is lost: %s",
                nx_err_word(result->status));
    }
}

static int32_t raise_notification(
        struct notify *notify, const struct nx_event *ev) {
    if (ev->session != 0) {
        notify_count(notify, notify->metrics.refused, 1);
        return notify_refuse(notify, ev->op, NX_ERR_FORBIDDEN,
                nx_str_c("only plugins raise notifications"));
    }
    const struct nx_json_v1 *json = notify->sdk.json;
    struct nx_str recipient = json->str(json->get(ev->json, "user_id"));
    const struct notice_origin origin = {
            .sender = ev->user, .created_ms = notify_now(notify)};
    struct notice_problem problem = {0};
    struct notice *notice = notice_read(notify, ev->json, &origin, &problem);
    if (!notice || !notice_is_name(recipient, NOTIFY_USER_MAX)) {
        ignore(notify, notice ? "user_id is no user's id" : problem.text);
        notice_unref(notice);
        return NX_DONE;
    }
    nx_status status = add_submit(notify, recipient, notice, raised, notify);
    if (status != NX_OK) {
        ignore(notify, nx_err_word(status));
    }
    notice_unref(notice);
    return NX_DONE;
}

// ---- all ----

typedef int32_t (*request_fn)(struct notify *notify, const struct nx_event *ev);

struct request_kind {
    const char *type;
    request_fn handle;
};

static const struct request_kind kinds[] = {
        {"notification", send_notification},
        {"notification.raise", raise_notification},
        {"notification.read", mark_read},
        {"notification.clear", mark_clear},
        {"notification.list", listing_get},
};

int32_t request_event(void *user, const struct nx_event *ev) {
    struct notify *notify = user;
    request_fn handle = NULL;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (nx_str_is(ev->type, kinds[i].type)) {
            handle = kinds[i].handle;
        }
    }
    if (!handle) {
        return NX_PASS;
    }
    // Only what plugins raise may come from nobody.
    bool from_nobody = ev->user.len == 0 && handle != raise_notification;
    if (ev->kind != NX_EVENT_JSON || ev->user.len > NOTIFY_USER_MAX
            || from_nobody) {
        return NX_ERR_INVALID;
    }
    return handle(notify, ev);
}
