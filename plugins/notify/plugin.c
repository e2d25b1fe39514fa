// notify - notifications for users: entry, settings, life of the instance.

#include <stdlib.h>

#include <nexus/sdk.h>

#include "plugins/notify/broadcast.h"
#include "plugins/notify/device.h"
#include "plugins/notify/notify.h"
#include "plugins/notify/posting.h"
#include "plugins/notify/receipt.h"
#include "plugins/notify/recipient.h"
#include "plugins/notify/request.h"
#include "plugins/notify/routes.h"
#include "plugins/notify/state.h"
#include "plugins/notify/sweep.h"

#define DAY_MS  UINT64_C(86400000)
#define HOUR_MS UINT64_C(3600000)

static const struct nx_setting settings[] = {
        {"inbox_max", NX_SETTING_INT, NX_SETTING_LIVE, "100", "1..1000",
                "notifications kept for a user; one more evicts the oldest of "
                "the lowest priority"},
        {"inbox_bytes", NX_SETTING_INT, NX_SETTING_LIVE, "524288",
                "262144..1000000", "their size together"},
        {"keep_days", NX_SETTING_INT, NX_SETTING_LIVE, "365", "0..36500",
                "days after the last change until an inbox goes, 0 for never"},
        {"title_bytes", NX_SETTING_INT, NX_SETTING_LIVE, "256", "1..1024",
                "longest title"},
        {"message_bytes", NX_SETTING_INT, NX_SETTING_LIVE, "4096", "1..65536",
                "longest message"},
        {"data_bytes", NX_SETTING_INT, NX_SETTING_LIVE, "4096", "2..65536",
                "longest data, as JSON text"},
        {"users_per_call", NX_SETTING_INT, NX_SETTING_LIVE, "1000", "1..10000",
                "users that one call over HTTP may name"},
        {"calls_per_second", NX_SETTING_INT, NX_SETTING_LIVE, "100",
                "0..1000000",
                "calls over HTTP in the long run, twice as many after a pause; "
                "0 for no limit"},
        {"calls_waiting", NX_SETTING_INT, NX_SETTING_LIVE, "1000", "1..100000",
                "calls over HTTP that may wait for storage"},
        {"idempotency_hours", NX_SETTING_INT, NX_SETTING_LIVE, "24", "1..720",
                "hours an Idempotency-Key is remembered"},
        {"low_queue_bytes", NX_SETTING_INT, NX_SETTING_LIVE, "65536",
                "0..1073741824",
                "bytes waiting for a device beyond which notifications of low "
                "priority are held back"},
        {"client_send", NX_SETTING_BOOL, NX_SETTING_LIVE, "false", NULL,
                "clients may send notifications to each other"},
        {"unknown_users", NX_SETTING_STRING, NX_SETTING_LIVE, "queue",
                "queue|refuse",
                "what happens to a notification for a user who has never been "
                "here"},
        {NULL, 0, 0, NULL, NULL, NULL},
};

static nx_status configure(struct nx_plugin *plugin,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    (void)diag;
    struct notify *notify = plugin->self;
    const struct nx_config_v1 *config = notify->sdk.config;
    struct notify_settings *to = &notify->settings;
    if (mode != NX_CONFIGURE_APPLY) {
        return NX_OK;
    }
    to->inbox_max = (size_t)config->get_int(cfg, "inbox_max");
    to->inbox_bytes = (size_t)config->get_int(cfg, "inbox_bytes");
    to->keep_ms = (uint64_t)config->get_int(cfg, "keep_days") * DAY_MS;
    to->title_bytes = (size_t)config->get_int(cfg, "title_bytes");
    to->message_bytes = (size_t)config->get_int(cfg, "message_bytes");
    to->data_bytes = (size_t)config->get_int(cfg, "data_bytes");
    to->users_per_call = (size_t)config->get_int(cfg, "users_per_call");
    to->calls_per_second = (uint32_t)config->get_int(cfg, "calls_per_second");
    to->calls_waiting = (size_t)config->get_int(cfg, "calls_waiting");
    to->idempotency_ms =
            (uint64_t)config->get_int(cfg, "idempotency_hours") * HOUR_MS;
    to->low_queue_bytes = (uint64_t)config->get_int(cfg, "low_queue_bytes");
    to->client_send = config->get_bool(cfg, "client_send") != 0;
    to->refuse_unknown =
            nx_str_is(config->get_str(cfg, "unknown_users"), "refuse");
    return NX_OK;
}

static nx_status define_metrics(struct notify *notify) {
    struct notify_metrics *to = &notify->metrics;
    const struct {
        uint32_t kind;
        const char *name;
        const char *help;
        nx_metric_id *out;
    } all[] = {
            {NX_METRIC_COUNTER, "stored_total",
                    "notifications added to inboxes", &to->stored},
            {NX_METRIC_COUNTER, "duplicates_total",
                    "notifications that were there already", &to->duplicates},
            {NX_METRIC_COUNTER, "dropped_total",
                    "notifications not kept: expired, or the inbox is full of "
                    "higher priorities",
                    &to->dropped},
            {NX_METRIC_COUNTER, "evicted_total",
                    "notifications that made room in full inboxes",
                    &to->evicted},
            {NX_METRIC_COUNTER, "expired_total",
                    "notifications whose time was over", &to->expired},
            {NX_METRIC_COUNTER, "read_total", "notifications read", &to->read},
            {NX_METRIC_COUNTER, "cleared_total", "notifications cleared",
                    &to->cleared},
            {NX_METRIC_COUNTER, "sent_total", "notifications sent to devices",
                    &to->sent},
            {NX_METRIC_COUNTER, "backlog_total",
                    "those of them that were missed when they came",
                    &to->backlog},
            {NX_METRIC_COUNTER, "received_total",
                    "notifications proved to have reached a device",
                    &to->received},
            {NX_METRIC_COUNTER, "deferred_total",
                    "notifications held back from slow devices", &to->deferred},
            {NX_METRIC_COUNTER, "refused_total",
                    "calls and events refused as wrong or not allowed",
                    &to->refused},
            {NX_METRIC_COUNTER, "conflicts_total",
                    "changes done again after somebody else's", &to->conflicts},
            {NX_METRIC_COUNTER, "failures_total",
                    "times the engine did not read or store an inbox",
                    &to->failures},
            {NX_METRIC_COUNTER, "broadcasts_total",
                    "broadcasts to all known users finished", &to->broadcasts},
            {NX_METRIC_GAUGE, "devices", "sessions looked after", &to->devices},
            {NX_METRIC_GAUGE, "waiting", "changes that wait for the engine",
                    &to->waiting},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        nx_status status = notify->sdk.metrics->define(notify->host,
                all[i].kind, all[i].name, all[i].help, all[i].out);
        if (status != NX_OK) {
            return status;
        }
    }
    return NX_OK;
}

static nx_status register_all(struct notify *notify) {
    const struct nx_router_v1 *router = notify->sdk.router;
    nx_status status =
            router->handle(notify->host, "notification", request_event, notify);
    if (status == NX_OK) {
        status = router->handle(
                notify->host, "notification.", request_event, notify);
    }
    if (status == NX_OK) {
        status = router->on_session(notify->host,
                NX_SESSION_OPENED | NX_SESSION_CLOSED, device_session, notify);
    }
    return status == NX_OK ? routes_register(notify) : status;
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct notify *notify = plugin->self;
    nx_status status = define_metrics(notify);
    if (status == NX_OK) {
        status = register_all(notify);
    }
    if (status == NX_OK && prev) {
        status = state_restore(notify, prev);
    }
    if (status == NX_OK) {
        status = sweep_start(notify);
    }
    return status == NX_OK ? broadcasts_start(notify) : status;
}

static nx_status quiesce(struct nx_plugin *plugin, uint32_t reason) {
    (void)reason;
    struct notify *notify = plugin->self;
    notify->quiet = true;
    postings_hurry(notify);
    bool flushed = receipt_flush(notify);
    return flushed && notify->change_count == 0 && notify->posting_count == 0
            ? NX_OK
            : NX_ERR_AGAIN;
}

static nx_status save_state(
        const struct nx_plugin *plugin, const struct nx_state_writer *writer) {
    return state_save(plugin->self, writer);
}

static void resume(struct nx_plugin *plugin) {
    struct notify *notify = plugin->self;
    notify->quiet = false;
    sweep_all(notify);
    broadcasts_resume(notify);
}

static void destroy(struct nx_plugin *plugin) {
    struct notify *notify = plugin->self;
    notify->finishing = true;
    broadcasts_finish(notify);
    postings_finish(notify);
    recipient_finish_all(notify);
    nx_strmap_destroy(notify->devices, NULL);
    free(notify);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct notify *notify = calloc(1, sizeof(*notify));
    if (!notify) {
        return NX_ERR_NO_MEMORY;
    }
    notify->host = host;
    nx_sdk_load(&notify->sdk, host);
    nx_list_init(&notify->dirty);
    nx_list_init(&notify->postings);
    nx_list_init(&notify->broadcasts);
    arrivals_init(&notify->arrivals);
    notify->recipients = nx_strmap_create(NOTIFY_RECIPIENTS_MAX);
    notify->devices = nx_strmap_create(NOTIFY_RECIPIENTS_MAX);
    notify->plugin = (struct nx_plugin){
            .struct_size = sizeof(notify->plugin),
            .self = notify,
            .configure = configure,
            .start = start,
            .quiesce = quiesce,
            .save_state = save_state,
            .resume = resume,
            .destroy = destroy,
    };
    if (!notify->recipients || !notify->devices) {
        destroy(&notify->plugin);
        return NX_ERR_NO_MEMORY;
    }
    *out = &notify->plugin;
    return NX_OK;
}

NX_PLUGIN("notify", "1.0.0", "MIT", "notifications for users", 1, 1,
        ("notification", "notification."),
        ("nexus.log/1", "nexus.config/1", "nexus.json/1", "nexus.router/1",
                "nexus.send/1", "nexus.users/1", "nexus.timers/1",
                "nexus.http/1", "nexus.engine/1", "nexus.metrics/1"),
        settings, create);
