#include "plugins/notify/posting.h"

#include <stdlib.h>

#include <nexus/http.h>

#include "plugins/notify/broadcast.h"
#include "plugins/notify/names.h"
#include "plugins/notify/notice.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/report.h"

#define ANSWER_BYTES  ((size_t)1 << 20)
#define PATIENCE_MS   2000 // for a broadcast to come to its end
#define UNKNOWN_BYTES 4096

static const char json_type[] = "application/json";
static const char problem_type[] = "application/problem+json";

// ---- life ----

struct posting *posting_create(
        struct notify *notify, nx_op_id op, enum audience audience) {
    struct posting *posting = calloc(1, sizeof(*posting));
    if (posting) {
        posting->notify = notify;
        posting->op = op;
        posting->audience = audience;
        nx_list_init(&posting->link);
        spread_init(&posting->spread, notify);
        nx_buf_init(&posting->unknown, UNKNOWN_BYTES);
        nx_buf_init(&posting->answer, ANSWER_BYTES);
    }
    return posting;
}

static void free_posting(struct posting *posting) {
    nx_list_remove(&posting->link);
    spread_finish(&posting->spread);
    nx_buf_finish(&posting->unknown);
    nx_buf_finish(&posting->answer);
    notice_unref(posting->notice);
    free(posting);
}

void posting_destroy(struct posting *posting) {
    if (!posting) {
        return;
    }
    struct notify *notify = posting->notify;
    if (nx_list_linked(&posting->link)) {
        notify->posting_count--;
    }
    if (posting->broadcast) {
        broadcast_leave(posting->broadcast);
    }
    notify->sdk.timers->cancel(notify->host, posting->timer);
    free_posting(posting);
}

void postings_finish(struct notify *notify) {
    nx_list_for_each_safe (link, next, &notify->postings) {
        free_posting(nx_container_of(link, struct posting, link));
    }
}

// ---- answers ----

static void refuse(
        struct posting *posting, nx_status status, const char *detail) {
    struct notify *notify = posting->notify;
    (void)notify->sdk.http->problem(
            notify->host, posting->op, status, nx_str_c(detail));
    posting_destroy(posting);
}

static void respond(struct posting *posting, uint32_t http, const char *type,
        struct nx_str text) {
    struct notify *notify = posting->notify;
    (void)notify->sdk.http->respond_bytes(notify->host, posting->op, http, type,
            nx_bytes_n(text.ptr, text.len));
    posting_destroy(posting);
}

static void kept(struct idempotency *idem, nx_status status) {
    struct posting *posting =
            nx_container_of(idem, struct posting, idempotency);
    // Not kept: the same call again finds everybody served, and says so.
    (void)status;
    respond(posting, 202, json_type,
            nx_str_n(posting->answer.data, posting->answer.len));
}

// Everything is stored.
static void accept(struct posting *posting, bool complete) {
    struct notify *notify = posting->notify;
    const struct nx_json_v1 *json = notify->sdk.json;
    struct nx_writer *out = report_accepted(posting, complete);
    struct nx_str text = out ? json->text(out) : nx_str_none();
    bool copied =
            text.ptr && nx_buf_append(&posting->answer, text.ptr, text.len);
    json->discard(out);
    if (!copied) {
        refuse(posting, NX_ERR_NO_MEMORY, NULL);
    } else if (!posting->idempotency.used
            || idempotency_keep(&posting->idempotency, 202,
                       nx_str_n(posting->answer.data, posting->answer.len),
                       kept)
                    != NX_OK) {
        respond(posting, 202, json_type,
                nx_str_n(posting->answer.data, posting->answer.len));
    }
}

static void spread_out(struct spread *spread) {
    struct posting *posting = nx_container_of(spread, struct posting, spread);
    const struct nx_json_v1 *json = posting->notify->sdk.json;
    if (spread->status == NX_OK) {
        accept(posting, true);
        return;
    }
    struct nx_writer *out = report_failed(posting);
    struct nx_str text = out ? json->text(out) : nx_str_none();
    if (text.ptr) {
        respond(posting, nx_err_http(spread->status), problem_type, text);
    } else {
        refuse(posting, spread->status, NULL);
    }
    json->discard(out);
}

// ---- to every known user ----

static void give_up_waiting(struct posting *posting) {
    if (posting->broadcast) {
        broadcast_count(posting->broadcast, &posting->spread);
        broadcast_leave(posting->broadcast);
        posting->broadcast = NULL;
    }
    accept(posting, false);
}

static void impatient(void *user, nx_timer_id timer) {
    (void)timer;
    struct posting *posting = user;
    posting->timer = 0;
    give_up_waiting(posting);
}

static void broadcast_news(
        void *ctx, struct broadcast *broadcast, enum broadcast_news news) {
    struct posting *posting = ctx;
    struct notify *notify = posting->notify;
    if (news == BROADCAST_STORED) {
        if (notify->quiet
                || notify->sdk.timers->set(notify->host, PATIENCE_MS, 0,
                           impatient, posting, &posting->timer)
                        != NX_OK) {
            give_up_waiting(posting);
        }
        return;
    }
    posting->broadcast = NULL;
    if (news == BROADCAST_REFUSED) {
        refuse(posting, broadcast->status, NULL);
        return;
    }
    broadcast_count(broadcast, &posting->spread);
    accept(posting, true);
}

static void begin_broadcast(struct posting *posting) {
    nx_status status = broadcast_begin(posting->notify, posting->notice,
            broadcast_news, posting, &posting->broadcast);
    if (status != NX_OK) {
        refuse(posting, status, NULL);
    }
}

void postings_hurry(struct notify *notify) {
    nx_list_for_each_safe (link, next, &notify->postings) {
        struct posting *posting = nx_container_of(link, struct posting, link);
        if (posting->broadcast && posting->broadcast->stored) {
            give_up_waiting(posting);
        }
    }
}

// ---- to some ----

static void refuse_strangers(struct posting *posting) {
    struct nx_buf text;
    size_t at = 0;
    struct nx_str name;
    nx_buf_init(&text, 512);
    nx_buf_append_cstr(&text, "not known:");
    while ((name = names_next(&posting->spread.strangers, &at)).ptr
            && !text.failed) {
        size_t before = text.len;
        nx_buf_append_char(&text, ' ');
        if (!nx_buf_append(&text, name.ptr, name.len)) {
            text.len = before;
            text.data[before] = '\0';
        }
    }
    refuse(posting, NX_ERR_NOT_FOUND, text.data);
    nx_buf_finish(&text);
}

static void looked(struct spread *spread) {
    struct posting *posting = nx_container_of(spread, struct posting, spread);
    if (spread->status != NX_OK) {
        refuse(posting, spread->status, NULL);
    } else if (spread->strangers.len > 0) {
        refuse_strangers(posting);
    } else {
        spread_add(spread, posting->notice, spread_out);
    }
}

static void proceed(struct posting *posting) {
    if (posting->audience == AUDIENCE_KNOWN) {
        begin_broadcast(posting);
    } else if (posting->audience == AUDIENCE_LISTED
            && posting->notify->settings.refuse_unknown) {
        spread_look(&posting->spread, looked);
    } else {
        spread_add(&posting->spread, posting->notice, spread_out);
    }
}

// ---- with an Idempotency-Key ----

// The same notification under the id it had when it was begun.
static void proceed_again(
        struct posting *posting, const struct idempotency_found *found) {
    struct notify *notify = posting->notify;
    const struct nx_json_v1 *json = notify->sdk.json;
    const struct nx_json *body =
            json->parse(notify->host, notice_body(posting->notice));
    const struct notice_origin origin = {
            .sender = json->str(json->get(body, "user_id")),
            .id = found->id,
            .created_ms = found->created_ms,
    };
    struct notice_problem problem = {.status = NX_OK};
    struct notice *notice = notice_read(notify, body, &origin, &problem);
    if (!notice) {
        refuse(posting, problem.status, problem.text);
        return;
    }
    notice_unref(posting->notice);
    posting->notice = notice;
    proceed(posting);
}

static void found_key(
        struct idempotency *idem, const struct idempotency_found *found) {
    struct posting *posting =
            nx_container_of(idem, struct posting, idempotency);
    switch (found->what) {
    case IDEMPOTENCY_NEW:
        proceed(posting);
        break;
    case IDEMPOTENCY_AGAIN:
        proceed_again(posting, found);
        break;
    case IDEMPOTENCY_ANSWERED:
        respond(posting, found->http, json_type, found->answer);
        break;
    case IDEMPOTENCY_MISUSED:
        refuse(posting, NX_ERR_CONFLICT,
                "this Idempotency-Key was used for another body");
        break;
    case IDEMPOTENCY_FAILED:
        refuse(posting, found->status, NULL);
        break;
    }
}

static bool is_under_way(const struct posting *posting) {
    struct nx_str key = key_text(&posting->idempotency.key);
    nx_list_for_each (link, &posting->notify->postings) {
        const struct posting *other =
                nx_container_of(link, struct posting, link);
        if (other != posting && other->idempotency.used
                && nx_str_eq(key_text(&other->idempotency.key), key)) {
            return true;
        }
    }
    return false;
}

int32_t posting_begin(struct posting *posting) {
    struct notify *notify = posting->notify;
    nx_list_append(&notify->postings, &posting->link);
    notify->posting_count++;
    if (!posting->idempotency.used) {
        proceed(posting);
        return NX_LATER;
    }
    if (is_under_way(posting)) {
        refuse(posting, NX_ERR_STATE,
                "a call with this Idempotency-Key is under way");
        return NX_DONE;
    }
    nx_status status = idempotency_begin(&posting->idempotency,
            notice_id(posting->notice), posting->notice->created_ms, found_key);
    if (status != NX_OK) {
        refuse(posting, status, NULL);
        return NX_DONE;
    }
    return NX_LATER;
}
