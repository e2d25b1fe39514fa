// queue - deliveries, from the event to the end of their last attempt.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "webhook.h"

#define BUSY_MS         100  // the pool of threads had no room
#define RETRY_AFTER_MAX 3600 // seconds, however long a receiver asks for

static uint64_t random_number(void) {
    uint64_t number = 0;
    (void)getrandom(&number, sizeof(number), 0);
    return number;
}

static void show_count(const struct webhook *webhook) {
    webhook->sdk.metrics->set(
            webhook->sdk.host, webhook->waiting, (double)webhook->count);
}

static void count(const struct webhook *webhook, nx_metric_id metric) {
    webhook->sdk.metrics->add(webhook->sdk.host, metric, 1);
}

// ---- in and out ----

static struct delivery *insert(
        struct webhook *webhook, const char *body, size_t len) {
    struct delivery *delivery = malloc(sizeof(*delivery) + len + 1);
    if (!delivery) {
        return NULL;
    }
    memset(delivery, 0, sizeof(*delivery));
    delivery->webhook = webhook;
    delivery->len = len;
    memcpy(delivery->body, body, len);
    delivery->body[len] = '\0';
    nx_list_init(&delivery->all);
    nx_list_init(&delivery->due);
    nx_list_append(&webhook->all, &delivery->all);
    nx_list_append(&webhook->due, &delivery->due);
    webhook->count++;
    webhook->bytes += (int64_t)len;
    show_count(webhook);
    return delivery;
}

static void destroy(struct delivery *delivery) {
    struct webhook *webhook = delivery->webhook;
    webhook->sdk.timers->cancel(webhook->sdk.host, delivery->timer);
    nx_list_remove(&delivery->all);
    nx_list_remove(&delivery->due);
    webhook->count--;
    webhook->bytes -= (int64_t)delivery->len;
    show_count(webhook);
    free(delivery);
}

void queue_clear(struct webhook *webhook) {
    struct nx_list *link;
    while ((link = nx_list_take_first(&webhook->all))) {
        destroy(nx_container_of(link, struct delivery, all));
    }
}

static bool has_room(const struct webhook *webhook, size_t len) {
    return webhook->count < webhook->settings.queue
            && webhook->bytes + (int64_t)len <= webhook->settings.queue_bytes;
}

void queue_add(struct webhook *webhook, const struct nx_event *ev) {
    const struct nx_sdk *sdk = &webhook->sdk;
    struct nx_writer *body = sdk->json->object(sdk->host);
    char id[WEBHOOK_ID_LEN + 1];
    (void)snprintf(
            id, sizeof(id), "%016llx", (unsigned long long)random_number());
    struct delivery *delivery = NULL;
    if (body) {
        sdk->json->put_str(body, "delivery_id", nx_str_c(id));
        sdk->json->put_str(body, "user_id", ev->user);
        sdk->json->put_i64(
                body, "received_ms", sdk->timers->wall_ms(sdk->host));
        sdk->json->put_raw(body, "event", ev->raw);
        struct nx_str text = sdk->json->text(body);
        if (text.ptr && has_room(webhook, text.len)) {
            delivery = insert(webhook, text.ptr, text.len);
        }
        sdk->json->discard(body);
    }
    if (!delivery) {
        count(webhook, webhook->dropped);
        return;
    }
    memcpy(delivery->id, id, sizeof(id));
    queue_pump(webhook);
}

// ---- attempts ----

static void due_again(void *user, nx_timer_id timer) {
    (void)timer;
    struct delivery *delivery = user;
    delivery->timer = 0;
    nx_list_append(&delivery->webhook->due, &delivery->due);
    queue_pump(delivery->webhook);
}

// Twice as long each time, up to a limit, and never for all at once.
static uint64_t backoff_ms(const struct delivery *delivery) {
    const struct settings *settings = &delivery->webhook->settings;
    int64_t ms = settings->backoff_ms;
    for (int64_t i = 1; i < delivery->attempts && ms < settings->backoff_max_ms;
            i++) {
        ms *= 2;
    }
    if (ms > settings->backoff_max_ms) {
        ms = settings->backoff_max_ms;
    }
    uint64_t half = (uint64_t)ms / 2;
    uint64_t wait = half + random_number() % (half + 1);
    long after = delivery->retry_after_s;
    after = after > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : after;
    return after > 0 && (uint64_t)after * 1000 > wait ? (uint64_t)after * 1000
                                                      : wait;
}

static bool is_temporary(long status) {
    return status == 0 || status == 408 || status == 429 || status >= 500;
}

static void give_up(struct delivery *delivery) {
    struct webhook *webhook = delivery->webhook;
    nx_logf(&webhook->sdk, NX_LOG_WARN,
            "delivery %s was given up after %d attempts: status %ld %s",
            delivery->id, (int)delivery->attempts, delivery->status,
            delivery->status == 0 ? delivery->reason : "");
    count(webhook, webhook->failed);
    destroy(delivery);
}

static void judge(struct delivery *delivery) {
    struct webhook *webhook = delivery->webhook;
    const struct nx_sdk *sdk = &webhook->sdk;
    delivery->attempts++;
    sdk->metrics->add(sdk->host, webhook->seconds, delivery->seconds);
    if (delivery->status >= 200 && delivery->status < 300) {
        count(webhook, webhook->delivered);
        destroy(delivery);
        return;
    }
    if (!is_temporary(delivery->status)
            || delivery->attempts >= webhook->settings.attempts
            || sdk->timers->set(sdk->host, backoff_ms(delivery), 0, due_again,
                       delivery, &delivery->timer)
                    != NX_OK) {
        give_up(delivery);
        return;
    }
    count(webhook, webhook->retries);
}

static void done(void *user, void *arg, nx_status status) {
    struct webhook *webhook = user;
    struct delivery *delivery = arg;
    webhook->calls[webhook->free_calls++] = delivery->call;
    delivery->call = NULL;
    delivery->job = 0;
    if (status == NX_ERR_CANCELLED && delivery->status == 0) {
        // It may have arrived all the same: its delivery_id tells.
        nx_list_prepend(&webhook->due, &delivery->due);
    } else {
        judge(delivery);
    }
    if (!webhook->quiet) {
        queue_pump(webhook);
    }
}

static void pump_again(void *user, nx_timer_id timer) {
    (void)timer;
    queue_pump(user);
}

void queue_pump(struct webhook *webhook) {
    const struct nx_sdk *sdk = &webhook->sdk;
    while (!webhook->quiet && webhook->free_calls > 0
            && !nx_list_empty(&webhook->due)) {
        struct delivery *next =
                nx_container_of(webhook->due.next, struct delivery, due);
        next->call = webhook->calls[webhook->free_calls - 1];
        next->status = 0;
        next->retry_after_s = 0;
        nx_status status = sdk->jobs->submit(
                sdk->host, call_run, done, webhook, next, &next->job);
        if (status != NX_OK) {
            next->call = NULL;
            (void)sdk->timers->set(
                    sdk->host, BUSY_MS, 0, pump_again, webhook, NULL);
            return;
        }
        nx_list_remove(&next->due);
        webhook->free_calls--;
    }
}

void queue_interrupt(struct webhook *webhook) {
    nx_list_for_each (link, &webhook->all) {
        const struct delivery *delivery =
                nx_container_of(link, struct delivery, all);
        webhook->sdk.jobs->cancel(webhook->sdk.host, delivery->job);
    }
}

// ---- from one instance to the next ----

struct saved {
    uint32_t attempts;
    uint32_t len;
    char id[WEBHOOK_ID_LEN];
};

nx_status queue_save(
        const struct webhook *webhook, const struct nx_state_writer *writer) {
    nx_status status = NX_OK;
    nx_list_for_each (link, &webhook->all) {
        const struct delivery *delivery =
                nx_container_of(link, struct delivery, all);
        struct saved saved = {
                .attempts = (uint32_t)delivery->attempts,
                .len = (uint32_t)delivery->len,
        };
        memcpy(saved.id, delivery->id, WEBHOOK_ID_LEN);
        if (status == NX_OK) {
            status = writer->write(writer, &saved, sizeof(saved));
        }
        if (status == NX_OK) {
            status = writer->write(writer, delivery->body, delivery->len);
        }
    }
    return status;
}

nx_status queue_restore(
        struct webhook *webhook, const struct nx_state_reader *reader) {
    struct saved saved;
    while (nx_state_read(reader, &saved, sizeof(saved))) {
        char *body = saved.len < reader->total ? malloc(saved.len) : NULL;
        bool read = body && nx_state_read(reader, body, saved.len);
        struct delivery *delivery =
                read ? insert(webhook, body, saved.len) : NULL;
        free(body);
        if (!delivery) {
            return NX_ERR_NO_MEMORY;
        }
        delivery->attempts = saved.attempts;
        memcpy(delivery->id, saved.id, WEBHOOK_ID_LEN);
    }
    return NX_OK;
}
