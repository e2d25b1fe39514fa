// presence - who is online: entry, settings, life of the instance.

#include <stdlib.h>

#include <nexus/sdk.h>

#include "plugins/presence/attendance.h"
#include "plugins/presence/behind.h"
#include "plugins/presence/crowd.h"
#include "plugins/presence/facts.h"
#include "plugins/presence/news.h"
#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"
#include "plugins/presence/query.h"
#include "plugins/presence/rest.h"
#include "plugins/presence/state.h"
#include "plugins/presence/subscribe.h"
#include "plugins/presence/update.h"
#include "plugins/presence/watcher.h"

#define DAY_MS      UINT64_C(86400000)
#define PERSONS_MAX ((size_t)1 << 24)

static const struct nx_setting settings[] = {
        {"grace", NX_SETTING_INT, 0, "15", "0..3600",
                "seconds without a session after which a user is offline"},
        {"auto_away", NX_SETTING_INT, 0, "300", "0..86400",
                "seconds without an event from any of its sessions after which "
                "a user is away, 0 for never"},
        {"room_events", NX_SETTING_BOOL, NX_SETTING_LIVE, "true", NULL,
                "tell users of those they share a room with; if false, only of "
                "those they have subscribed to"},
        {"room_limit", NX_SETTING_INT, NX_SETTING_LIVE, "100", "0..10000",
                "rooms with more sessions are told numbers only"},
        {"counts_interval", NX_SETTING_INT, NX_SETTING_LIVE, "5", "1..3600",
                "seconds between two of these numbers for one room"},
        {"subscriptions", NX_SETTING_INT, NX_SETTING_LIVE, "1000", "1..10000",
                "subscriptions of one session, and users in one request, at "
                "most"},
        {"subscriptions_total", NX_SETTING_INT, NX_SETTING_LIVE, "1000000",
                "1..100000000", "subscriptions of all sessions together"},
        {"message_bytes", NX_SETTING_INT, NX_SETTING_LIVE, "256", "1..4096",
                "longest status_message in bytes"},
        {"location_bytes", NX_SETTING_INT, NX_SETTING_LIVE, "128", "1..4096",
                "longest location in bytes"},
        {"updates_per_minute", NX_SETTING_INT, NX_SETTING_LIVE, "60", "0..6000",
                "presence.update events of one user in a minute, 0 for no "
                "limit"},
        {"slow_bytes", NX_SETTING_INT, NX_SETTING_LIVE, "65536",
                "1024..1073741824",
                "a client with more bytes waiting for it is told changes when "
                "it has caught up, and then the newest"},
        {"users", NX_SETTING_INT, NX_SETTING_LIVE, "1000000", "10..16000000",
                "users kept in memory: those online, and those somebody has "
                "subscribed to"},
        {"keep_days", NX_SETTING_INT, NX_SETTING_LIVE, "365", "0..36500",
                "days after which a user who was not seen is forgotten, 0 for "
                "never"},
        {NULL, 0, 0, NULL, NULL, NULL},
};

static nx_status configure(struct nx_plugin *plugin,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    (void)diag;
    struct presence *presence = plugin->self;
    const struct nx_config_v1 *config = presence->sdk.config;
    struct presence_settings *to = &presence->settings;
    if (mode != NX_CONFIGURE_APPLY) {
        return NX_OK;
    }
    to->grace_ms = (uint32_t)config->get_int(cfg, "grace") * 1000;
    to->auto_away_ms = (uint32_t)config->get_int(cfg, "auto_away") * 1000;
    to->rooms = config->get_bool(cfg, "room_events") != 0;
    to->room_limit = (uint32_t)config->get_int(cfg, "room_limit");
    to->counts_ms = (uint32_t)config->get_int(cfg, "counts_interval") * 1000;
    to->subscriptions = (uint32_t)config->get_int(cfg, "subscriptions");
    to->subscriptions_total =
            (size_t)config->get_int(cfg, "subscriptions_total");
    to->message_bytes = (size_t)config->get_int(cfg, "message_bytes");
    to->location_bytes = (size_t)config->get_int(cfg, "location_bytes");
    to->updates_per_minute =
            (uint32_t)config->get_int(cfg, "updates_per_minute");
    to->slow_bytes = (uint64_t)config->get_int(cfg, "slow_bytes");
    to->users = (size_t)config->get_int(cfg, "users");
    to->keep_ms = (uint64_t)config->get_int(cfg, "keep_days") * DAY_MS;
    return NX_OK;
}

static nx_status define_metrics(struct presence *presence) {
    struct presence_metrics *to = &presence->metrics;
    const struct {
        uint32_t kind;
        const char *name;
        const char *help;
        nx_metric_id *out;
    } all[] = {
            {NX_METRIC_GAUGE, "users", "users in memory", &to->users},
            {NX_METRIC_GAUGE, "online", "users that others see online",
                    &to->by_status[STATUS_ONLINE]},
            {NX_METRIC_GAUGE, "away", "users that others see away",
                    &to->by_status[STATUS_AWAY]},
            {NX_METRIC_GAUGE, "busy", "users that others see busy",
                    &to->by_status[STATUS_BUSY]},
            {NX_METRIC_GAUGE, "subscriptions", "subscriptions of all sessions",
                    &to->subscriptions},
            {NX_METRIC_GAUGE, "behind",
                    "changes that wait for clients to catch up", &to->behind},
            {NX_METRIC_COUNTER, "changes_total",
                    "changes of users that others could see", &to->changes},
            {NX_METRIC_COUNTER, "events_total",
                    "events about users, one for each receiver", &to->events},
            {NX_METRIC_COUNTER, "counts_total",
                    "presence.counts events, one for each receiver",
                    &to->counts},
            {NX_METRIC_COUNTER, "updates_total",
                    "presence.update events accepted", &to->updates},
            {NX_METRIC_COUNTER, "failed_writes_total",
                    "times that last_seen was not stored", &to->failed_writes},
            {NX_METRIC_COUNTER, "untracked_total",
                    "users not followed because there were too many",
                    &to->untracked},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        nx_status status = presence->sdk.metrics->define(presence->host,
                all[i].kind, all[i].name, all[i].help, all[i].out);
        if (status != NX_OK) {
            return status;
        }
    }
    return NX_OK;
}

static int32_t handle(void *user, const struct nx_event *ev) {
    static const struct {
        const char *type;
        int32_t (*fn)(struct presence *presence, const struct nx_event *ev);
    } handlers[] = {
            {"presence.update", update_handle},
            {"presence.subscribe", subscribe_handle},
            {"presence.unsubscribe", unsubscribe_handle},
            {"presence.get", get_handle},
    };
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (nx_str_is(ev->type, handlers[i].type)) {
            return handlers[i].fn(user, ev);
        }
    }
    return NX_PASS;
}

static nx_status register_all(struct presence *presence) {
    const struct nx_host *host = presence->host;
    const struct nx_sdk *sdk = &presence->sdk;
    nx_status status = sdk->router->handle(host, "presence.", handle, presence);
    if (status == NX_OK) {
        status = sdk->router->on_session(host,
                NX_SESSION_OPENED | NX_SESSION_CLOSED | NX_SESSION_ACTIVE,
                attendance_session, presence);
    }
    if (status == NX_OK) {
        status = sdk->rooms->observe(host, attendance_member, presence);
    }
    if (status == NX_OK) {
        status = sdk->http->route(
                host, "GET", "/api/presence/{user_id}", rest_get, presence);
    }
    return status;
}

// Sessions can be looked at only when the plugin has gone live.
static void adopt(void *user, nx_timer_id timer) {
    (void)timer;
    attendance_adopt(user);
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct presence *presence = plugin->self;
    nx_status status = define_metrics(presence);
    if (status == NX_OK) {
        status = register_all(presence);
    }
    if (status == NX_OK) {
        status = presence->sdk.timers->set(
                presence->host, 0, 0, adopt, presence, NULL);
    }
    if (status == NX_OK && prev) {
        presence->starting = true;
        presence->restored = true;
        status = state_restore(presence, prev);
        presence->starting = false;
    }
    return status;
}

static nx_status quiesce(struct nx_plugin *plugin, uint32_t reason) {
    struct presence *presence = plugin->self;
    bool first = !presence->quiet;
    presence->quiet = true;
    if (first && reason != NX_QUIESCE_RELOAD) {
        attendance_save_all(presence);
    }
    if (first && reason == NX_QUIESCE_REMOVED) {
        attendance_show_all(presence);
    }
    news_flush(presence);
    bool flushed = facts_flush(presence);
    return flushed && nx_list_empty(&presence->queries) ? NX_OK : NX_ERR_AGAIN;
}

static nx_status save_state(
        const struct nx_plugin *plugin, const struct nx_state_writer *writer) {
    return state_save(plugin->self, writer);
}

static void resumed(void *user, void *arg, nx_status status) {
    (void)arg;
    (void)status;
    struct presence *presence = user;
    presence->quiet = false;
    presence->restored = true;
    attendance_adopt(presence);
    attendance_resume(presence);
    news_resume(presence);
    behind_resume(presence);
    crowd_resume(presence);
    facts_resume(presence);
}

// Timers can be set when this has returned.
static void resume(struct nx_plugin *plugin) {
    struct presence *presence = plugin->self;
    nx_status status =
            presence->sdk.jobs->post(presence->host, resumed, presence, NULL);
    presence->quiet = status == NX_OK;
}

static void destroy_persons(struct presence *presence) {
    size_t cursor = 0;
    struct person *person;
    while ((person = nx_strmap_next(presence->persons, &cursor, NULL, NULL))) {
        person_destroy(person);
    }
}

static void destroy(struct nx_plugin *plugin) {
    struct presence *presence = plugin->self;
    presence->finishing = true;
    struct nx_list *link;
    while ((link = nx_list_take_first(&presence->queries))) {
        query_destroy(nx_container_of(link, struct query, link));
    }
    if (presence->watchers) {
        watcher_destroy_all(presence);
    }
    if (presence->persons) {
        destroy_persons(presence);
    }
    nx_strmap_destroy(presence->watchers, NULL);
    nx_strmap_destroy(presence->persons, NULL);
    nx_strmap_destroy(presence->crowds, NULL);
    agenda_finish(&presence->agenda);
    idset_finish(&presence->receivers);
    free(presence);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct presence *presence = calloc(1, sizeof(*presence));
    if (!presence) {
        return NX_ERR_NO_MEMORY;
    }
    presence->host = host;
    nx_sdk_load(&presence->sdk, host);
    nx_list_init(&presence->news);
    nx_list_init(&presence->behind);
    nx_list_init(&presence->unloaded);
    nx_list_init(&presence->unsaved);
    nx_list_init(&presence->queries);
    presence->persons = nx_strmap_create(PERSONS_MAX);
    presence->watchers = nx_strmap_create(PERSONS_MAX);
    presence->crowds = nx_strmap_create(PERSONS_MAX);
    presence->plugin = (struct nx_plugin){
            .struct_size = sizeof(presence->plugin),
            .self = presence,
            .configure = configure,
            .start = start,
            .quiesce = quiesce,
            .save_state = save_state,
            .resume = resume,
            .destroy = destroy,
    };
    if (!presence->persons || !presence->watchers || !presence->crowds) {
        destroy(&presence->plugin);
        return NX_ERR_NO_MEMORY;
    }
    *out = &presence->plugin;
    return NX_OK;
}

NX_PLUGIN("presence", "1.0.0", "MIT", "who is online, away, busy or gone", 1, 1,
        ("presence."),
        ("nexus.log/1", "nexus.config/1", "nexus.json/1", "nexus.router/1",
                "nexus.send/1", "nexus.rooms/1", "nexus.users/1",
                "nexus.timers/1", "nexus.engine/1", "nexus.metrics/1",
                "nexus.http/1", "nexus.jobs/1"),
        settings, create);
