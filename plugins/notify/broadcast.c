#include "plugins/notify/broadcast.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/notify/job.h"
#include "plugins/notify/names.h"
#include "plugins/notify/notice.h"
#include "plugins/notify/notify.h"

#define PAGE           32 // inboxes: each may be a megabyte
#define JOBS_MAX       100
#define RETRY_MS       1000
#define RETRY_MAX_MS   60000
#define RETRY_LATER_MS 5000
#define TRIES_MAX      10

static void next_page(struct broadcast *broadcast);

// ---- life ----

static struct broadcast *create(struct notify *notify, struct notice *notice) {
    struct broadcast *broadcast = calloc(1, sizeof(*broadcast));
    if (broadcast) {
        broadcast->notify = notify;
        broadcast->notice = notice_ref(notice);
        spread_init(&broadcast->page, notify);
        nx_list_init(&broadcast->link);
        nx_list_append(&notify->broadcasts, &broadcast->link);
    }
    return broadcast;
}

static void destroy(struct broadcast *broadcast) {
    nx_list_remove(&broadcast->link);
    spread_finish(&broadcast->page);
    notice_unref(broadcast->notice);
    free(broadcast);
}

static void tell(struct broadcast *broadcast, enum broadcast_news news) {
    if (broadcast->fn) {
        broadcast->fn(broadcast->ctx, broadcast, news);
    }
}

void broadcast_leave(struct broadcast *broadcast) {
    broadcast->fn = NULL;
    broadcast->ctx = NULL;
}

void broadcast_count(const struct broadcast *broadcast, struct spread *out) {
    out->users = broadcast->users;
    out->live = broadcast->live;
    out->queued = broadcast->queued;
    out->dropped = broadcast->dropped;
}

void broadcasts_finish(struct notify *notify) {
    nx_list_for_each_safe (link, next, &notify->broadcasts) {
        destroy(nx_container_of(link, struct broadcast, link));
    }
}

// ---- the end ----

static void ended(void *user, const struct nx_fact_result *result) {
    struct broadcast *broadcast = user;
    const struct notify *notify = broadcast->notify;
    // A job that stays is done again, and changes nothing.
    (void)result;
    notify_count(notify, notify->metrics.broadcasts, 1);
    tell(broadcast, BROADCAST_FINISHED);
    destroy(broadcast);
}

static void end(struct broadcast *broadcast) {
    struct notify *notify = broadcast->notify;
    struct key key;
    key_broadcast(&key, notice_id(broadcast->notice));
    nx_status status = notify->sdk.engine->remove(
            notify->host, key_text(&key), ended, broadcast);
    if (status != NX_OK) {
        const struct nx_fact_result nothing = {.status = status};
        ended(broadcast, &nothing);
    }
}

// ---- what goes wrong ----

static void retry(void *user, nx_timer_id timer) {
    (void)timer;
    struct broadcast *broadcast = user;
    broadcast->busy = false;
    next_page(broadcast);
}

// False when it was tried often enough.
static bool try_again(struct broadcast *broadcast) {
    struct notify *notify = broadcast->notify;
    uint64_t delay = (uint64_t)RETRY_MS << broadcast->tries;
    if (broadcast->tries >= TRIES_MAX) {
        return false;
    }
    broadcast->tries++;
    broadcast->busy = !notify->quiet
            && notify->sdk.timers->set(notify->host,
                       delay > RETRY_MAX_MS ? RETRY_MAX_MS : delay, 0, retry,
                       broadcast, NULL)
                    == NX_OK;
    return true;
}

static void give_up(struct broadcast *broadcast, nx_status status) {
    nx_logf(&broadcast->notify->sdk, NX_LOG_ERROR,
            "the broadcast %s is interrupted until the next start: %s",
            broadcast->notice->id, nx_err_word(status));
    tell(broadcast, BROADCAST_FINISHED);
    destroy(broadcast);
}

// ---- a page ----

static void progress_stored(void *user, const struct nx_fact_result *result) {
    struct broadcast *broadcast = user;
    broadcast->busy = false;
    if (result->status == NX_OK) {
        next_page(broadcast);
    } else if (!try_again(broadcast)) {
        give_up(broadcast, result->status);
    }
}

static nx_status store(struct broadcast *broadcast, nx_fact_fn done) {
    struct notify *notify = broadcast->notify;
    struct key key;
    key_broadcast(&key, notice_id(broadcast->notice));
    struct nx_writer *value = job_write(broadcast);
    struct nx_str text = value ? notify->sdk.json->text(value) : nx_str_none();
    nx_status status = NX_ERR_NO_MEMORY;
    if (text.ptr) {
        status = notify->sdk.engine->put(notify->host, key_text(&key),
                nx_bytes_n(text.ptr, text.len), 0, NX_PUT_ANY, done, broadcast);
    }
    notify->sdk.json->discard(value);
    return status;
}

static void log_left_out(const struct broadcast *broadcast) {
    nx_logf(&broadcast->notify->sdk, NX_LOG_ERROR,
            "the broadcast %s leaves %zu users out: %s", broadcast->notice->id,
            names_count(&broadcast->page.failed) / 2,
            nx_err_word(broadcast->page.status));
}

static void add_counts(struct broadcast *broadcast) {
    const struct spread *page = &broadcast->page;
    broadcast->users += page->users;
    broadcast->live += page->live;
    broadcast->queued += page->queued;
    broadcast->dropped += page->dropped;
    broadcast->after = broadcast->next;
    broadcast->tries = 0;
}

static void page_done(struct spread *page) {
    struct broadcast *broadcast = nx_container_of(page, struct broadcast, page);
    if (page->status != NX_OK) {
        if (try_again(broadcast)) {
            return;
        }
        log_left_out(broadcast);
    }
    add_counts(broadcast);
    if (broadcast->last) {
        end(broadcast);
        return;
    }
    nx_status status = store(broadcast, progress_stored);
    if (status != NX_OK) {
        const struct nx_fact_result failed = {.status = status};
        progress_stored(broadcast, &failed);
    }
}

static void take_page(
        struct broadcast *broadcast, const struct nx_fact_result *result) {
    spread_finish(&broadcast->page);
    spread_init(&broadcast->page, broadcast->notify);
    broadcast->last = result->count < PAGE;
    broadcast->next = broadcast->after;
    for (size_t i = 0; i < result->count; i++) {
        struct nx_str key = result->facts[i].key;
        (void)names_add(&broadcast->page.names, key_inbox_user(key));
        memcpy(broadcast->next.text, key.ptr, key.len);
        broadcast->next.len = key.len;
    }
    spread_add(&broadcast->page, broadcast->notice, page_done);
}

static void page_read(void *user, const struct nx_fact_result *result) {
    struct broadcast *broadcast = user;
    if (result->status == NX_OK) {
        take_page(broadcast, result);
        return;
    }
    broadcast->busy = false;
    if (!try_again(broadcast)) {
        give_up(broadcast, result->status);
    }
}

static void next_page(struct broadcast *broadcast) {
    struct notify *notify = broadcast->notify;
    if (notify->quiet) {
        return; // broadcasts_resume(), or the next instance, goes on
    }
    broadcast->busy = true;
    nx_status status =
            notify->sdk.engine->scan(notify->host, nx_str_c(KEY_INBOXES),
                    broadcast->after.len > 0 ? key_text(&broadcast->after)
                                             : nx_str_none(),
                    PAGE, page_read, broadcast);
    if (status != NX_OK) {
        const struct nx_fact_result failed = {.status = status};
        page_read(broadcast, &failed);
    }
}

// ---- the beginning ----

static void job_stored(void *user, const struct nx_fact_result *result) {
    struct broadcast *broadcast = user;
    broadcast->busy = false;
    if (result->status != NX_OK) {
        broadcast->status = result->status;
        tell(broadcast, BROADCAST_REFUSED);
        destroy(broadcast);
        return;
    }
    broadcast->stored = true;
    tell(broadcast, BROADCAST_STORED);
    next_page(broadcast);
}

nx_status broadcast_begin(struct notify *notify, struct notice *notice,
        broadcast_fn fn, void *ctx, struct broadcast **out) {
    struct broadcast *broadcast = create(notify, notice);
    if (!broadcast) {
        return NX_ERR_NO_MEMORY;
    }
    nx_status status = store(broadcast, job_stored);
    if (status != NX_OK) {
        destroy(broadcast);
        return status;
    }
    broadcast->busy = true;
    broadcast->fn = fn;
    broadcast->ctx = ctx;
    *out = broadcast;
    return NX_OK;
}

static bool is_under_way(
        const struct notify *notify, const struct notice *notice) {
    nx_list_for_each (link, &notify->broadcasts) {
        const struct broadcast *broadcast =
                nx_container_of(link, struct broadcast, link);
        if (nx_str_eq(notice_id(broadcast->notice), notice_id(notice))) {
            return true;
        }
    }
    return false;
}

static void take_up(struct notify *notify, const struct nx_fact *fact) {
    struct notice *notice = job_read_notice(notify, fact);
    if (notice && is_under_way(notify, notice)) {
        notice_unref(notice); // begun a moment ago, by this instance
        return;
    }
    struct broadcast *broadcast = notice ? create(notify, notice) : NULL;
    notice_unref(notice);
    if (!broadcast) {
        nx_logf(&notify->sdk, NX_LOG_ERROR,
                "a stored broadcast is not readable and is left alone");
        return;
    }
    job_read_progress(broadcast, fact);
    broadcast->stored = true;
    next_page(broadcast);
}

static void read_jobs(void *user, nx_timer_id timer);

static void jobs_read(void *user, const struct nx_fact_result *result) {
    struct notify *notify = user;
    for (size_t i = 0; i < result->count; i++) {
        take_up(notify, &result->facts[i]);
    }
    if (result->status != NX_OK && !notify->quiet) {
        nx_logf(&notify->sdk, NX_LOG_WARN,
                "broadcasts that were under way are not known yet: %s",
                nx_err_word(result->status));
        (void)notify->sdk.timers->set(
                notify->host, RETRY_LATER_MS, 0, read_jobs, notify, NULL);
    }
}

static void read_jobs(void *user, nx_timer_id timer) {
    (void)timer;
    struct notify *notify = user;
    nx_status status =
            notify->sdk.engine->scan(notify->host, nx_str_c(KEY_BROADCASTS),
                    nx_str_none(), JOBS_MAX, jobs_read, notify);
    if (status != NX_OK) {
        const struct nx_fact_result failed = {.status = status};
        jobs_read(notify, &failed);
    }
}

nx_status broadcasts_start(struct notify *notify) {
    return notify->sdk.timers->set(notify->host, 0, 0, read_jobs, notify, NULL);
}

void broadcasts_resume(struct notify *notify) {
    nx_list_for_each_safe (link, next, &notify->broadcasts) {
        struct broadcast *broadcast =
                nx_container_of(link, struct broadcast, link);
        if (!broadcast->busy && broadcast->stored) {
            next_page(broadcast);
        }
    }
}
