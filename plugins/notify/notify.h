/*
 * notify - one instance of the plugin: its settings and everything it holds.
 *
 * What must last is in the engine: one fact for each user's inbox, one for
 * each Idempotency-Key, one for each broadcast under way. Here are only the
 * devices that are connected, and the work in hand.
 *
 * Owner:   plugin.c creates and destroys it
 * Thread:  logic
 */
#ifndef PLUGINS_NOTIFY_NOTIFY_H
#define PLUGINS_NOTIFY_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/sdk.h>
#include <nexus/util/list.h>
#include <nexus/util/strmap.h>

#include "plugins/notify/arrival.h"
#include "plugins/notify/rate.h"

#define NOTIFY_USER_MAX 128 // bytes of a user id
#define NOTIFY_ID_MAX   64  // of a notification id

// Tables that follow limits of the server; these are far above them.
#define NOTIFY_RECIPIENTS_MAX ((size_t)1 << 24)

// Changes of inboxes that may wait for storage at a time.
#define NOTIFY_CHANGES_MAX ((size_t)100000)

struct notify_settings {
    size_t inbox_max;   // notifications kept for a user
    size_t inbox_bytes; // and their size together
    uint64_t keep_ms;   // an inbox nobody changes goes; 0: never
    size_t title_bytes;
    size_t message_bytes;
    size_t data_bytes;
    size_t users_per_call;
    size_t calls_waiting;
    uint32_t calls_per_second; // 0: no limit
    uint64_t idempotency_ms;
    uint64_t low_queue_bytes; // more waiting, and low ones stay behind
    bool client_send;
    bool refuse_unknown;
};

struct notify_metrics {
    nx_metric_id stored;
    nx_metric_id duplicates;
    nx_metric_id dropped;
    nx_metric_id evicted;
    nx_metric_id expired;
    nx_metric_id read;
    nx_metric_id cleared;
    nx_metric_id sent;
    nx_metric_id backlog;
    nx_metric_id received;
    nx_metric_id deferred;
    nx_metric_id refused;
    nx_metric_id conflicts;
    nx_metric_id failures;
    nx_metric_id broadcasts;
    nx_metric_id devices;
    nx_metric_id waiting;
};

struct notify {
    const struct nx_host *host;
    struct nx_sdk sdk;
    struct notify_settings settings;
    struct notify_metrics metrics;
    struct nx_strmap *recipients; // name -> struct recipient
    struct nx_strmap *devices;    // 8 bytes of session id -> struct device
    struct arrivals arrivals;
    bool swept;              // every open session is a device
    struct nx_list dirty;    // struct recipient::dirty
    nx_timer_id flush_timer; // runs while somebody is dirty
    struct nx_list postings; // struct posting::link
    size_t posting_count;
    struct nx_list broadcasts; // struct broadcast::link
    struct rate rate;          // of the calls over HTTP
    size_t change_count;       // waiting or being written
    bool quiet;                // quiesced: no new timers
    bool finishing;            // destroy() has begun: nobody is answered
    struct nx_plugin plugin;
};

// Conveniences over the interfaces.
int64_t notify_now(const struct notify *notify);
void notify_count(
        const struct notify *notify, nx_metric_id metric, size_t number);
void notify_gauge(
        const struct notify *notify, nx_metric_id metric, size_t number);
uint64_t notify_random(void);

// Answers with an error that has a sentence of its own, absent for the usual
// one, and returns NX_DONE.
int32_t notify_refuse(const struct notify *notify, nx_op_id op,
        nx_status status, struct nx_str message);

#endif
