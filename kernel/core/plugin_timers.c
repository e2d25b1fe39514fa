#include "kernel/core/plugin_timers.h"

#include <stdlib.h>

#include "kernel/base/idmap.h"
#include "kernel/base/timers.h"
#include "kernel/core/core.h"
#include "kernel/core/plugin.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"

#define TIMERS_MAX 1000000u // the highest quota.timers

struct host_timer {
    struct timer timer;
    struct plugin *owner;
    nx_timer_id id;
    nx_timer_fn fn;
    void *user;
    int64_t delay_ms; // what is left to wait when the plugin goes live
    int64_t repeat_ms;
};

static int64_t to_delay(uint64_t ms) {
    return ms < TIMERS_DELAY_MAX_MS ? (int64_t)ms : TIMERS_DELAY_MAX_MS;
}

static void arm(struct host_timer *timer, int64_t delay_ms) {
    timers_set(&timer->owner->core->timers, &timer->timer, delay_ms);
}

static void fire(void *arg) {
    struct host_timer *timer = arg;
    struct plugin *owner = timer->owner;
    nx_timer_fn fn = timer->fn;
    nx_timer_id id = timer->id;
    void *user = timer->user;
    if (owner->phase != PHASE_RUNNING) {
        timer->delay_ms = 0; // held until the plugin is resumed
        return;
    }
    if (timer->repeat_ms > 0) {
        arm(timer, timer->repeat_ms);
    } else {
        (void)idmap_remove(owner->timers, id);
        free(timer);
    }
    // The callback may cancel its own timer.
    plugin_enter(owner, "timer");
    fn(user, id);
    plugin_leave(owner);
}

enum nx_err plugin_timer_set(struct plugin *plugin, uint64_t delay_ms,
        uint64_t repeat_ms, nx_timer_fn fn, void *user, nx_timer_id *out) {
    if (!fn) {
        return NX_ERR_INVALID;
    }
    struct core *core = plugin->core;
    if (!plugin->timers) {
        plugin->timers = idmap_create(TIMERS_MAX);
    }
    if (!plugin->timers) {
        return NX_ERR_NO_MEMORY;
    }
    if (!plugin_has_quota(plugin, LIMIT_QUOTA_TIMERS,
                plugin_timers_count(plugin), core->settings->quota_timers)) {
        stats_refused(core->stats, LIMIT_QUOTA_TIMERS);
        return NX_ERR_LIMIT;
    }
    struct host_timer *timer = calloc(1, sizeof(*timer));
    if (!timer) {
        return NX_ERR_NO_MEMORY;
    }
    timer_init(&timer->timer, fire, timer);
    timer->owner = plugin;
    timer->fn = fn;
    timer->user = user;
    timer->delay_ms = to_delay(delay_ms);
    timer->repeat_ms = to_delay(repeat_ms);
    timer->id = idmap_add(plugin->timers, timer);
    if (timer->id == 0) {
        free(timer);
        return NX_ERR_NO_MEMORY;
    }
    if (plugin->phase == PHASE_RUNNING) {
        arm(timer, timer->delay_ms);
    }
    if (out) {
        *out = timer->id;
    }
    return NX_OK;
}

void plugin_timer_cancel(struct plugin *plugin, nx_timer_id id) {
    struct host_timer *timer =
            plugin->timers ? idmap_remove(plugin->timers, id) : NULL;
    if (timer) {
        timer_cancel(&timer->timer);
        free(timer);
    }
}

void plugin_timers_start(struct plugin *plugin) {
    uint64_t cursor = 0;
    struct host_timer *timer = NULL;
    while (plugin->timers
            && (timer = idmap_next(plugin->timers, &cursor)) != NULL) {
        if (!timer_armed(&timer->timer)) {
            arm(timer, timer->delay_ms);
        }
    }
}

void plugin_timers_finish(struct plugin *plugin) {
    uint64_t cursor = 0;
    struct host_timer *timer = NULL;
    while (plugin->timers
            && (timer = idmap_next(plugin->timers, &cursor)) != NULL) {
        plugin_timer_cancel(plugin, timer->id);
    }
    idmap_destroy(plugin->timers);
    plugin->timers = NULL;
}

size_t plugin_timers_count(const struct plugin *plugin) {
    return plugin->timers ? idmap_count(plugin->timers) : 0;
}
