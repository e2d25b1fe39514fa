/*
 * presence - one instance of the plugin: its settings and all it holds.
 *
 * Who is there is known to the server; what users have chosen and when they
 * were last seen is in the engine; who has subscribed to whom lies with each
 * session. This struct is what joins the three: a person for each user that
 * matters now, and a watcher for each session that wants to be told.
 *
 * Owner:   plugin.c creates and destroys it
 * Thread:  logic
 */
#ifndef PLUGINS_PRESENCE_PRESENCE_H
#define PLUGINS_PRESENCE_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/sdk.h>
#include <nexus/util/list.h>
#include <nexus/util/strmap.h>

#include "plugins/presence/agenda.h"
#include "plugins/presence/idset.h"
#include "plugins/presence/status.h"

#define PRESENCE_USER_MAX 128 // bytes of a user id

struct presence_settings {
    uint32_t grace_ms;
    uint32_t auto_away_ms; // 0: never
    bool rooms;            // users who share a room are told
    uint32_t room_limit;   // above, counts only
    uint32_t counts_ms;
    uint32_t subscriptions; // of one session
    size_t subscriptions_total;
    size_t message_bytes;
    size_t location_bytes;
    uint32_t updates_per_minute;
    uint64_t slow_bytes; // above, a client is told the newest state later
    size_t users;
    uint64_t keep_ms; // 0: facts are kept for ever
};

struct presence_metrics {
    nx_metric_id users;
    nx_metric_id subscriptions;
    nx_metric_id by_status[STATUS_COUNT]; // online, away, busy
    nx_metric_id behind;
    nx_metric_id changes;
    nx_metric_id events;
    nx_metric_id updates;
    nx_metric_id counts;
    nx_metric_id failed_writes;
    nx_metric_id untracked;
};

struct presence {
    const struct nx_host *host;
    struct nx_sdk sdk;
    struct presence_settings settings;
    struct presence_metrics metrics;

    struct nx_strmap *persons;  // user id -> struct person
    struct nx_strmap *watchers; // 8 bytes of its session id -> struct watcher
    size_t subscription_count;

    struct agenda agenda; // struct person::agenda
    nx_timer_id agenda_timer;
    uint64_t agenda_at; // when that fires

    struct nx_list news;    // struct person::news, changed, oldest first
    bool news_posted;       // a step is on its way
    struct idset receivers; // of the event being sent
    size_t told_count[STATUS_COUNT]; // persons by person::told

    struct nx_list behind; // struct watcher::behind_link
    size_t behind_count;   // of all users that are waiting to be told
    nx_timer_id behind_timer;

    struct nx_strmap *crowds; // 8 bytes of a large room's id -> itself
    nx_timer_id crowd_timer;

    struct nx_list unloaded; // struct person::load, their facts to be read
    size_t loads;            // being read
    nx_timer_id load_timer;  // storage failed: not before this
    struct nx_list unsaved;  // struct person::save
    size_t unsaved_count;
    size_t puts; // being written
    bool saving; // those unsaved go out as fast as storage takes them
    nx_timer_id save_timer;

    struct nx_list queries; // struct query::link, wait for facts
    bool starting;          // start() runs: nothing can be looked up
    bool restored;          // from the state of another instance
    bool quiet;             // quiesced: no timers
    bool finishing;         // destroy() has begun
    bool said_full;         // the log was told that there are too many users
    struct nx_plugin plugin;
};

// Conveniences over the interfaces.
uint64_t presence_now(const struct presence *presence);
int64_t presence_wall(const struct presence *presence);
void presence_count(
        const struct presence *presence, nx_metric_id metric, size_t n);
void presence_gauge(
        const struct presence *presence, nx_metric_id metric, size_t value);

// Starts a timer that does not run yet and that may: *timer is 0.
void presence_timer(struct presence *presence, uint64_t delay_ms,
        nx_timer_fn fn, nx_timer_id *timer);

#endif
