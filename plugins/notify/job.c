#include "plugins/notify/job.h"

#include <string.h>

#include "plugins/notify/broadcast.h"
#include "plugins/notify/notice.h"
#include "plugins/notify/notify.h"

struct nx_writer *job_write(const struct broadcast *broadcast) {
    const struct notify *notify = broadcast->notify;
    const struct notice *notice = broadcast->notice;
    const struct nx_json_v1 *json = notify->sdk.json;
    struct nx_writer *out = json->object(notify->host);
    if (!out) {
        return NULL;
    }
    json->put_str(out, "id", notice_id(notice));
    json->put_u64(out, "priority", (uint64_t)notice->priority);
    json->put_i64(out, "created", notice->created_ms);
    json->put_i64(out, "expires", notice->expires_ms);
    json->put_raw(out, "body", notice_body(notice));
    if (broadcast->after.len > 0) {
        json->put_str(out, "after", key_text(&broadcast->after));
    }
    json->put_u64(out, "users", broadcast->users);
    json->put_u64(out, "live", broadcast->live);
    json->put_u64(out, "queued", broadcast->queued);
    json->put_u64(out, "dropped", broadcast->dropped);
    return out;
}

static const struct nx_json *parse(
        const struct notify *notify, const struct nx_fact *fact) {
    return notify->sdk.json->parse(
            notify->host, nx_str_n(fact->value.ptr, fact->value.len));
}

static int64_t number(const struct notify *notify, const struct nx_json *value,
        const char *key) {
    int64_t found = 0;
    (void)notify->sdk.json->i64(notify->sdk.json->get(value, key), &found);
    return found > 0 ? found : 0;
}

struct notice *job_read_notice(
        const struct notify *notify, const struct nx_fact *fact) {
    const struct nx_json_v1 *json = notify->sdk.json;
    const struct nx_json *value = parse(notify, fact);
    const struct nx_json *body = json->get(value, "body");
    struct nx_str id = json->str(json->get(value, "id"));
    int64_t priority = number(notify, value, "priority");
    if (!body || !id.ptr || priority >= PRIORITY_COUNT) {
        return NULL;
    }
    struct notice *notice = notice_create(id, json->raw(notify->host, body));
    if (notice) {
        notice->priority = (enum priority)priority;
        notice->created_ms = number(notify, value, "created");
        notice->expires_ms = number(notify, value, "expires");
    }
    return notice;
}

void job_read_progress(
        struct broadcast *broadcast, const struct nx_fact *fact) {
    const struct notify *notify = broadcast->notify;
    const struct nx_json_v1 *json = notify->sdk.json;
    const struct nx_json *value = parse(notify, fact);
    struct nx_str after = json->str(json->get(value, "after"));
    if (after.len > 0 && after.len <= sizeof(broadcast->after.text)) {
        memcpy(broadcast->after.text, after.ptr, after.len);
        broadcast->after.len = after.len;
    }
    broadcast->users = (size_t)number(notify, value, "users");
    broadcast->live = (size_t)number(notify, value, "live");
    broadcast->queued = (size_t)number(notify, value, "queued");
    broadcast->dropped = (size_t)number(notify, value, "dropped");
}
