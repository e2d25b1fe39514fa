#include <nexus/metrics.h>

#include "kernel/core/host_tables.h"
#include "kernel/core/metrics.h"
#include "kernel/core/plugin.h"

#define COUNTING (PHASE_START | PHASE_RUNNING | PHASE_QUIESCED)

static nx_status define(const struct nx_host *host, uint32_t kind,
        const char *name, const char *help, nx_metric_id *out) {
    nx_status status;
    const struct plugin *plugin =
            host_enter(host, PHASE_START, "metrics.define", &status);
    if (!plugin) {
        return status;
    }
    return name && out ? metrics_define(plugin->metrics, kind, name, help, out)
                       : NX_ERR_INVALID;
}

static void add(const struct nx_host *host, nx_metric_id metric, double value) {
    const struct plugin *plugin =
            host_enter_any(host, COUNTING, "metrics.add", NULL);
    if (plugin) {
        metrics_add(plugin->metrics, metric, value);
    }
}

static void set(const struct nx_host *host, nx_metric_id metric, double value) {
    const struct plugin *plugin =
            host_enter_any(host, COUNTING, "metrics.set", NULL);
    if (plugin) {
        metrics_set(plugin->metrics, metric, value);
    }
}

const struct nx_metrics_v1 host_metrics_v1 = {
        .struct_size = sizeof(host_metrics_v1),
        .version = 1,
        .define = define,
        .add = add,
        .set = set,
};
