#include <nexus/timers.h>

#include "kernel/core/core.h"
#include "kernel/core/host_tables.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugin_timers.h"

static nx_status set(const struct nx_host *host, uint64_t delay_ms,
        uint64_t repeat_ms, nx_timer_fn fn, void *user, nx_timer_id *out) {
    nx_status status;
    struct plugin *plugin =
            host_enter(host, PHASE_START | PHASE_RUNNING | PHASE_QUIESCED,
                    "timers.set", &status);
    if (!plugin) {
        return status;
    }
    return fn ? plugin_timer_set(plugin, delay_ms, repeat_ms, fn, user, out)
              : NX_ERR_INVALID;
}

static void cancel(const struct nx_host *host, nx_timer_id timer) {
    struct plugin *plugin =
            host_enter(host, PHASE_START | PHASE_RUNNING | PHASE_QUIESCED,
                    "timers.cancel", NULL);
    if (plugin) {
        plugin_timer_cancel(plugin, timer);
    }
}

static uint64_t now_ms(const struct nx_host *host) {
    const struct plugin *plugin =
            host_enter(host, PHASE_ANY, "timers.now_ms", NULL);
    return plugin ? (uint64_t)clock_now_ms(&plugin->core->clock) : 0;
}

static int64_t wall_ms(const struct nx_host *host) {
    const struct plugin *plugin =
            host_enter(host, PHASE_ANY, "timers.wall_ms", NULL);
    return plugin ? clock_wall_ms(&plugin->core->clock) : 0;
}

const struct nx_timers_v1 host_timers_v1 = {
        .struct_size = sizeof(host_timers_v1),
        .version = 1,
        .set = set,
        .cancel = cancel,
        .now_ms = now_ms,
        .wall_ms = wall_ms,
};
