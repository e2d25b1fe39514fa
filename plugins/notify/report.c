#include "plugins/notify/report.h"

#include <stdio.h>

#include "plugins/notify/names.h"
#include "plugins/notify/notice.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/posting.h"

static const char *const audience_words[] = {"listed", "online", "known"};

static void put_counts(const struct posting *posting, struct nx_writer *out) {
    const struct nx_json_v1 *json = posting->notify->sdk.json;
    const struct spread *spread = &posting->spread;
    json->put_str(out, "notification_id", notice_id(posting->notice));
    if (posting->audience != AUDIENCE_LISTED) {
        json->put_str(
                out, "audience", nx_str_c(audience_words[posting->audience]));
    }
    json->put_u64(out, "recipients", spread->users);
    json->put_u64(out, "live", spread->live);
    json->put_u64(out, "queued", spread->queued);
    if (spread->dropped > 0) {
        json->put_u64(out, "dropped", spread->dropped);
    }
}

static void put_warnings(const struct posting *posting, struct nx_writer *out) {
    const struct nx_json_v1 *json = posting->notify->sdk.json;
    size_t at = 0;
    struct nx_str name = names_next(&posting->unknown, &at);
    if (!name.ptr) {
        return;
    }
    json->begin_array(out, "warnings");
    for (; name.ptr; name = names_next(&posting->unknown, &at)) {
        json->begin_object(out, NULL);
        json->put_str(out, "code", nx_str_c(nx_err_word(NX_ERR_UNKNOWN_FIELD)));
        json->put_str(out, "field", name);
        json->end(out);
    }
    json->end(out);
}

struct nx_writer *report_accepted(
        const struct posting *posting, bool complete) {
    const struct nx_json_v1 *json = posting->notify->sdk.json;
    struct nx_writer *out = json->object(posting->notify->host);
    if (out) {
        put_counts(posting, out);
        if (posting->audience == AUDIENCE_KNOWN) {
            json->put_bool(out, "complete", complete ? 1 : 0);
        }
        put_warnings(posting, out);
    }
    return out;
}

static void put_failed(const struct posting *posting, struct nx_writer *out) {
    const struct nx_json_v1 *json = posting->notify->sdk.json;
    const struct nx_buf *failed = &posting->spread.failed;
    size_t at = 0;
    struct nx_str name;
    json->begin_array(out, "failed");
    while ((name = names_next(failed, &at)).ptr) {
        json->begin_object(out, NULL);
        json->put_str(out, "user_id", name);
        json->put_str(out, "code", names_next(failed, &at));
        json->end(out);
    }
    json->end(out);
}

struct nx_writer *report_failed(const struct posting *posting) {
    const struct nx_json_v1 *json = posting->notify->sdk.json;
    const struct spread *spread = &posting->spread;
    struct nx_writer *out = json->object(posting->notify->host);
    char detail[160];
    if (!out) {
        return NULL;
    }
    (void)snprintf(detail, sizeof(detail),
            "not stored for %zu of %zu users; %s",
            names_count(&spread->failed) / 2, spread->users,
            posting->idempotency.used
                    ? "the same call with the same Idempotency-Key completes it"
                    : "call again for those in failed");
    json->put_str(out, "type", nx_str_c("about:blank"));
    json->put_str(out, "title", nx_str_c("Not Stored For All"));
    json->put_u64(out, "status", nx_err_http(spread->status));
    json->put_str(out, "code", nx_str_c(nx_err_word(spread->status)));
    json->put_str(out, "detail", nx_str_c(detail));
    put_counts(posting, out);
    put_failed(posting, out);
    put_warnings(posting, out);
    return out;
}
