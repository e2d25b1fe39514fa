#include "plugins/notify/notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/notify/stamp.h"

bool notice_fail(
        struct notice_problem *problem, nx_status status, const char *field) {
    problem->status = status;
    problem->field = field;
    return false;
}

bool notice_complain(struct notice_problem *problem, nx_status status,
        const char *field, const char *text) {
    (void)snprintf(problem->text, sizeof(problem->text), "%s", text);
    return notice_fail(problem, status, field);
}

// ---- texts ----

// C0, DEL and C1, the latter in their UTF-8 form.
static bool is_control(const char *at, const char *end) {
    unsigned char c = (unsigned char)*at;
    return c < 0x20 || c == 0x7f
            || (c == 0xc2 && at + 1 < end && (unsigned char)at[1] < 0xa0);
}

static bool has_control(struct nx_str text, const char *allowed) {
    const char *end = text.ptr + text.len;
    for (const char *at = text.ptr; at < end; at++) {
        if (is_control(at, end) && (*at == '\0' || !strchr(allowed, *at))) {
            return true;
        }
    }
    return false;
}

static bool is_blank(struct nx_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (!strchr(" \t\r\n", text.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool notice_is_name(struct nx_str text, size_t max) {
    return text.len > 0 && text.len <= max && !has_control(text, "");
}

struct text_rule {
    const char *field;
    size_t max;
    const char *allowed; // control characters
    const char *without; // how that is said
};

static bool check_text(const struct notify *notify, const struct nx_json *json,
        const struct text_rule *rule, struct notice_problem *problem) {
    const struct nx_json *value = notify->sdk.json->get(json, rule->field);
    struct nx_str text = notify->sdk.json->str(value);
    if (!value) {
        (void)snprintf(problem->text, sizeof(problem->text), "%s is required",
                rule->field);
        return notice_fail(problem, NX_ERR_MISSING_FIELD, rule->field);
    }
    if (!text.ptr || is_blank(text) || text.len > rule->max
            || has_control(text, rule->allowed)) {
        (void)snprintf(problem->text, sizeof(problem->text),
                "%s must be a string of 1 to %zu bytes, not blank and "
                "without control characters%s",
                rule->field, rule->max, rule->without);
        return notice_fail(problem, NX_ERR_INVALID_FIELD, rule->field);
    }
    return true;
}

// ---- the other fields ----

static bool is_absent(
        const struct notify *notify, const struct nx_json *value) {
    return !value || notify->sdk.json->kind(value) == NX_JSON_NULL;
}

static bool check_type(const struct notify *notify, const struct nx_json *json,
        struct notice_problem *problem) {
    const struct nx_json *value =
            notify->sdk.json->get(json, "notification_type");
    if (is_absent(notify, value)
            || notification_type_is(notify->sdk.json->str(value))) {
        return true;
    }
    return notice_complain(problem, NX_ERR_INVALID_FIELD, "notification_type",
            "notification_type must be info, success, warning, error or alert");
}

static bool read_priority(const struct notify *notify,
        const struct nx_json *json, enum priority *out,
        struct notice_problem *problem) {
    const struct nx_json *value = notify->sdk.json->get(json, "priority");
    *out = PRIORITY_NORMAL;
    if (is_absent(notify, value)
            || priority_find(notify->sdk.json->str(value), out)) {
        return true;
    }
    return notice_complain(problem, NX_ERR_INVALID_FIELD, "priority",
            "priority must be low, normal, high or urgent");
}

static bool check_data(const struct notify *notify, const struct nx_json *json,
        struct notice_problem *problem) {
    const struct nx_json *value = notify->sdk.json->get(json, "data");
    if (is_absent(notify, value)) {
        return true;
    }
    if (notify->sdk.json->kind(value) != NX_JSON_OBJECT) {
        return notice_complain(problem, NX_ERR_INVALID_FIELD, "data",
                "data must be an object");
    }
    if (notify->sdk.json->raw(notify->host, value).len
            > notify->settings.data_bytes) {
        (void)snprintf(problem->text, sizeof(problem->text),
                "data must have at most %zu bytes",
                notify->settings.data_bytes);
        return notice_fail(problem, NX_ERR_TOO_LARGE, "data");
    }
    return true;
}

static bool read_expiry(const struct notify *notify, const struct nx_json *json,
        int64_t *out, struct notice_problem *problem) {
    const struct nx_json *value = notify->sdk.json->get(json, "expires_at");
    struct nx_str text = notify->sdk.json->str(value);
    *out = 0;
    if (is_absent(notify, value)) {
        return true;
    }
    if (!text.ptr || !stamp_parse(text, out)) {
        return notice_complain(problem, NX_ERR_INVALID_FIELD, "expires_at",
                "expires_at must be a time such as 2026-01-31T12:00:00Z");
    }
    if (*out <= notify_now(notify)) {
        return notice_complain(problem, NX_ERR_INVALID_FIELD, "expires_at",
                "expires_at is in the past");
    }
    return true;
}

static bool check(const struct notify *notify, const struct nx_json *json,
        struct notice *out, struct notice_problem *problem) {
    const struct text_rule title = {
            "title", notify->settings.title_bytes, "", ""};
    const struct text_rule message = {"message", notify->settings.message_bytes,
            "\t\r\n", " other than tabs and line ends"};
    return check_text(notify, json, &title, problem)
            && check_text(notify, json, &message, problem)
            && check_type(notify, json, problem)
            && read_priority(notify, json, &out->priority, problem)
            && check_data(notify, json, problem)
            && read_expiry(notify, json, &out->expires_ms, problem);
}

// ---- writing ----

static void make_id(int64_t created_ms, char out[NOTICE_ID_SIZE]) {
    (void)snprintf(out, NOTICE_ID_SIZE, "n%012llx%016llx",
            (unsigned long long)created_ms & 0xffffffffffffULL,
            (unsigned long long)notify_random());
}

static void put_time(const struct notify *notify, struct nx_writer *out,
        const char *key, int64_t time_ms) {
    char text[STAMP_SIZE];
    stamp_format(time_ms, text);
    notify->sdk.json->put_str(out, key, nx_str_c(text));
}

static void put_word(const struct notify *notify, struct nx_writer *out,
        const struct nx_json *json, const char *key, const char *fallback) {
    struct nx_str word =
            notify->sdk.json->str(notify->sdk.json->get(json, key));
    notify->sdk.json->put_str(out, key, word.ptr ? word : nx_str_c(fallback));
}

static struct nx_writer *write_body(const struct notify *notify,
        const struct nx_json *json, const struct notice *from,
        struct nx_str sender) {
    const struct nx_json_v1 *api = notify->sdk.json;
    struct nx_writer *out = api->object(notify->host);
    if (!out) {
        return NULL;
    }
    api->put_str(out, "notification_id", nx_str_c(from->id));
    if (sender.len > 0) {
        api->put_str(out, "user_id", sender);
    }
    api->put_str(out, "title", api->str(api->get(json, "title")));
    api->put_str(out, "message", api->str(api->get(json, "message")));
    put_word(notify, out, json, "notification_type", "info");
    api->put_str(out, "priority", nx_str_c(priority_word(from->priority)));
    if (!is_absent(notify, api->get(json, "data"))) {
        api->put_json(out, "data", api->get(json, "data"));
    }
    put_time(notify, out, "created_at", from->created_ms);
    if (from->expires_ms != 0) {
        put_time(notify, out, "expires_at", from->expires_ms);
    }
    return out;
}

struct notice *notice_create(struct nx_str id, struct nx_str body) {
    struct notice *notice = calloc(1, sizeof(*notice) + body.len + 1);
    if (notice && id.len < sizeof(notice->id)) {
        notice->refs = 1;
        notice->body_len = body.len;
        memcpy(notice->id, id.ptr, id.len);
        memcpy(notice->body, body.ptr, body.len);
        return notice;
    }
    free(notice);
    return NULL;
}

static struct notice *write(const struct notify *notify,
        const struct nx_json *json, const struct notice *from,
        struct nx_str sender) {
    struct nx_writer *out = write_body(notify, json, from, sender);
    struct nx_str body = nx_str_none();
    if (out) {
        body = notify->sdk.json->text(out);
    }
    struct notice *notice =
            body.ptr ? notice_create(nx_str_c(from->id), body) : NULL;
    notify->sdk.json->discard(out);
    if (notice) {
        notice->priority = from->priority;
        notice->created_ms = from->created_ms;
        notice->expires_ms = from->expires_ms;
    }
    return notice;
}

struct notice *notice_read(const struct notify *notify,
        const struct nx_json *json, const struct notice_origin *origin,
        struct notice_problem *problem) {
    struct notice from = {.created_ms = origin->created_ms};
    if (!check(notify, json, &from, problem)) {
        return NULL;
    }
    if (origin->id.len > 0 && origin->id.len < sizeof(from.id)) {
        memcpy(from.id, origin->id.ptr, origin->id.len);
    } else {
        make_id(origin->created_ms, from.id);
    }
    struct notice *notice = write(notify, json, &from, origin->sender);
    if (!notice) {
        (void)notice_complain(
                problem, NX_ERR_NO_MEMORY, NULL, nx_err_text(NX_ERR_NO_MEMORY));
    }
    return notice;
}

// ---- life ----

struct notice *notice_ref(struct notice *notice) {
    notice->refs++;
    return notice;
}

void notice_unref(struct notice *notice) {
    if (notice && --notice->refs == 0) {
        free(notice);
    }
}

struct nx_str notice_id(const struct notice *notice) {
    return nx_str_c(notice->id);
}

struct nx_str notice_body(const struct notice *notice) {
    return nx_str_n(notice->body, notice->body_len);
}
