#include "plugins/notify/routes.h"

#include <stdio.h>
#include <string.h>

#include <nexus/http.h>
#include <nexus/router.h>
#include <nexus/util/strmap.h>

#include "plugins/notify/names.h"
#include "plugins/notify/notice.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/posting.h"

#define UNKNOWN_KEPT 8
#define UNKNOWN_LEN  64

// What a call is made of besides the notification itself.
static const char *const common_fields[] = {"title", "message",
        "notification_type", "priority", "data", "expires_at", NULL};

struct call {
    const char *name;
    const char *const *fields; // its own
};

static const char *const send_fields[] = {"user_id", "user_ids", NULL};
static const char *const broadcast_fields[] = {"audience", NULL};
static const struct call send_call = {"send", send_fields};
static const struct call broadcast_call = {"broadcast", broadcast_fields};

// ---- who ----

static bool add_user(struct posting *posting, struct nx_str user,
        struct notice_problem *problem) {
    if (!notice_is_name(user, NOTIFY_USER_MAX)) {
        (void)snprintf(problem->text, sizeof(problem->text),
                "a user_id must be a string of 1 to %d bytes without control "
                "characters",
                NOTIFY_USER_MAX);
        return notice_fail(problem, NX_ERR_INVALID_FIELD, "user_id");
    }
    if (!names_add(&posting->spread.names, user)) {
        return notice_complain(
                problem, NX_ERR_NO_MEMORY, NULL, nx_err_text(NX_ERR_NO_MEMORY));
    }
    return true;
}

// Nobody is notified twice, however often they are listed.
static bool add_list(struct posting *posting, const struct nx_json *list,
        struct notice_problem *problem) {
    const struct nx_json_v1 *json = posting->notify->sdk.json;
    size_t count = json->count(list);
    struct nx_strmap *seen = nx_strmap_create(count);
    bool added = seen != NULL;
    for (size_t i = 0; i < count && added; i++) {
        struct nx_str user = json->str(json->at(list, i));
        if (!user.ptr || nx_strmap_put(seen, user.ptr, user.len, seen)) {
            added = add_user(posting, user, problem);
        }
    }
    nx_strmap_destroy(seen, NULL);
    return added;
}

static bool read_users(struct posting *posting, const struct nx_json *body,
        struct notice_problem *problem) {
    const struct nx_json_v1 *json = posting->notify->sdk.json;
    const struct nx_json *one = json->get(body, "user_id");
    const struct nx_json *list = json->get(body, "user_ids");
    size_t most = posting->notify->settings.users_per_call;
    if (!one && !list) {
        return notice_complain(problem, NX_ERR_MISSING_FIELD, "user_id",
                "user_id or user_ids is required");
    }
    if (one && list) {
        return notice_complain(problem, NX_ERR_INVALID_FIELD, "user_ids",
                "give user_id or user_ids, not both");
    }
    if (one) {
        return add_user(posting, json->str(one), problem);
    }
    if (json->kind(list) != NX_JSON_ARRAY || json->count(list) == 0
            || json->count(list) > most) {
        (void)snprintf(problem->text, sizeof(problem->text),
                "user_ids must be an array of 1 to %zu strings "
                "(plugins.notify.users_per_call)",
                most);
        return notice_fail(problem, NX_ERR_INVALID_FIELD, "user_ids");
    }
    return add_list(posting, list, problem);
}

static int32_t collect(void *user, struct nx_str name, uint32_t sessions) {
    struct posting *posting = user;
    (void)sessions;
    return names_add(&posting->spread.names, name) ? 0 : 1;
}

static bool read_audience(struct posting *posting, const struct nx_json *body,
        struct notice_problem *problem) {
    struct notify *notify = posting->notify;
    const struct nx_json *value = notify->sdk.json->get(body, "audience");
    struct nx_str word = notify->sdk.json->str(value);
    if (!value || nx_str_is(word, "online")) {
        posting->audience = AUDIENCE_ONLINE;
        notify->sdk.users->each_user(notify->host, collect, posting);
        return true;
    }
    posting->audience = AUDIENCE_KNOWN;
    return nx_str_is(word, "known")
            || notice_complain(problem, NX_ERR_INVALID_FIELD, "audience",
                    "audience must be online or known");
}

// ---- what ----

static bool is_listed(const char *const *list, struct nx_str name) {
    while (*list && !nx_str_is(name, *list)) {
        list++;
    }
    return *list != NULL;
}

struct unknown {
    struct posting *posting;
    const struct call *call;
    size_t count;
};

static int32_t find_unknown(
        void *user, struct nx_str key, const struct nx_json *value) {
    struct unknown *unknown = user;
    (void)value;
    if (is_listed(common_fields, key)
            || is_listed(unknown->call->fields, key)) {
        return 0;
    }
    if (unknown->count++ < UNKNOWN_KEPT) {
        while (key.len > UNKNOWN_LEN
                || (key.len > 0 && key.len == UNKNOWN_LEN
                        && ((unsigned char)key.ptr[key.len] & 0xc0) == 0x80)) {
            key.len--;
        }
        (void)names_add(&unknown->posting->unknown, key);
    }
    return 0;
}

static bool read_call(struct posting *posting, const struct call *call,
        const struct nx_http_request *request, struct notice_problem *problem) {
    struct notify *notify = posting->notify;
    const struct notice_origin origin = {
            .sender = request->user, .created_ms = notify_now(notify)};
    const struct idempotency_call idempotency = {
            .call = call->name,
            .user = request->user,
            .key = notify->sdk.http->header(request, "idempotency-key"),
            .body = request->body,
    };
    struct unknown unknown = {posting, call, 0};
    if (!idempotency_init(&posting->idempotency, notify, &idempotency)) {
        (void)snprintf(problem->text, sizeof(problem->text),
                "Idempotency-Key must be 1 to %d visible ASCII characters",
                KEY_IDEMPOTENCY_MAX);
        return notice_fail(problem, NX_ERR_INVALID, NULL);
    }
    posting->notice = notice_read(notify, request->json, &origin, problem);
    if (!posting->notice) {
        return false;
    }
    notify->sdk.json->each(request->json, find_unknown, &unknown);
    return call == &send_call ? read_users(posting, request->json, problem)
                              : read_audience(posting, request->json, problem);
}

// ---- the routes ----

static int32_t refuse(const struct notify *notify,
        const struct nx_http_request *request, nx_status status,
        const char *detail) {
    notify_count(notify, notify->metrics.refused, 1);
    (void)notify->sdk.http->problem(
            notify->host, request->op, status, nx_str_c(detail));
    return NX_DONE;
}

// Whether there is room for one more call; if not, it is refused.
static bool admit(
        struct notify *notify, const struct nx_http_request *request) {
    uint64_t now_ms = notify->sdk.timers->now_ms(notify->host);
    if (!rate_take(&notify->rate, notify->settings.calls_per_second, now_ms)) {
        (void)refuse(notify, request, NX_ERR_RATE_LIMITED,
                "too many calls (plugins.notify.calls_per_second)");
        return false;
    }
    if (notify->posting_count >= notify->settings.calls_waiting) {
        (void)refuse(notify, request, NX_ERR_OVERLOADED,
                "too many calls wait for storage "
                "(plugins.notify.calls_waiting)");
        return false;
    }
    return true;
}

static int32_t serve(struct notify *notify,
        const struct nx_http_request *request, const struct call *call) {
    struct notice_problem problem = {.status = NX_ERR_NO_MEMORY};
    if (!admit(notify, request)) {
        return NX_DONE;
    }
    if (notify->sdk.json->kind(request->json) != NX_JSON_OBJECT) {
        return refuse(notify, request, NX_ERR_BAD_REQUEST,
                "the body must be a JSON object");
    }
    struct posting *posting =
            posting_create(notify, request->op, AUDIENCE_LISTED);
    if (!posting || !read_call(posting, call, request, &problem)) {
        posting_destroy(posting);
        return refuse(notify, request, problem.status,
                problem.text[0] != '\0' ? problem.text : NULL);
    }
    return posting_begin(posting);
}

static int32_t send(void *user, const struct nx_http_request *request) {
    return serve(user, request, &send_call);
}

static int32_t broadcast(void *user, const struct nx_http_request *request) {
    return serve(user, request, &broadcast_call);
}

nx_status routes_register(struct notify *notify) {
    const struct nx_http_v1 *http = notify->sdk.http;
    nx_status status = http->route(
            notify->host, "POST", "/api/notifications/send", send, notify);
    if (status == NX_OK) {
        status = http->route(notify->host, "POST",
                "/api/notifications/broadcast", broadcast, notify);
    }
    return status;
}
