#include "kernel/core/plugin_exposition.h"

#include <stdbool.h>
#include <stdio.h>

#include "kernel/core/core.h"
#include "kernel/core/exposition.h"
#include "kernel/core/metrics.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugin_timers.h"
#include "kernel/core/plugins.h"
#include "kernel/core/quarantine.h"
#include "kernel/core/settings.h"

// ---- what the server knows of each ----

// The name as a label, for one sample of one plugin.
static void put_each(struct exposition *text, const struct plugins *plugins,
        void (*put)(struct exposition *text, const struct plugin *plugin,
                const struct exposition_label *labels)) {
    for (size_t i = 0; i < plugins_count(plugins); i++) {
        const struct plugin *plugin = plugins_get(plugins, i);
        const struct exposition_label labels[] = {
                {"plugin", plugin->name}, {NULL, NULL}};
        put(text, plugin, labels);
    }
}

static void put_info(struct exposition *text, const struct plugin *plugin,
        const struct exposition_label *labels) {
    const struct exposition_label both[] = {
            labels[0], {"version", plugin->entry->info->version}, {NULL, NULL}};
    exposition_u64(text, both, 1);
}

static void put_spent(struct exposition *text, const struct plugin *plugin,
        const struct exposition_label *labels) {
    for (size_t i = 0; i < plugin->spent.count; i++) {
        const struct exposition_label both[] = {
                labels[0], {"callback", plugin->spent.names[i]}, {NULL, NULL}};
        exposition_seconds(text, both, plugin->spent.spent[i]);
    }
}

static void put_slow(struct exposition *text, const struct plugin *plugin,
        const struct exposition_label *labels) {
    exposition_u64(text, labels, plugin->slow_calls);
}

static void put_misuses(struct exposition *text, const struct plugin *plugin,
        const struct exposition_label *labels) {
    exposition_u64(text, labels, plugin->misuses);
}

static void put_timers(struct exposition *text, const struct plugin *plugin,
        const struct exposition_label *labels) {
    exposition_u64(text, labels, plugin_timers_count(plugin));
}

static void put_jobs(struct exposition *text, const struct plugin *plugin,
        const struct exposition_label *labels) {
    exposition_u64(text, labels, plugin->jobs);
}

static void put_requests(struct exposition *text, const struct plugin *plugin,
        const struct exposition_label *labels) {
    exposition_u64(text, labels, plugin->requests);
}

static void put_quotas(struct exposition *text, const struct plugins *plugins) {
    if (exposition_gauge(text, "nexus_plugin_timers",
                "Timers a plugin has set; see quota.timers.")) {
        put_each(text, plugins, put_timers);
    }
    if (exposition_gauge(text, "nexus_plugin_jobs",
                "Jobs of a plugin not delivered yet; see quota.jobs.")) {
        put_each(text, plugins, put_jobs);
    }
    if (exposition_gauge(text, "nexus_plugin_requests",
                "Requests a plugin has not answered; see quota.requests.")) {
        put_each(text, plugins, put_requests);
    }
}

static void put_kernels(
        struct exposition *text, const struct plugins *plugins) {
    if (exposition_gauge(text, "nexus_plugin_info",
                "Always 1; the labels say which plugins run.")) {
        put_each(text, plugins, put_info);
    }
    if (exposition_histogram(text, "nexus_plugin_callback_seconds",
                "Time in callbacks of a plugin, with what they call.")) {
        put_each(text, plugins, put_spent);
    }
    if (exposition_counter(text, "nexus_plugin_slow_callbacks_total",
                "Callbacks that took longer than callbacks.slow_ms.")) {
        put_each(text, plugins, put_slow);
    }
    if (exposition_counter(text, "nexus_plugin_misuses_total",
                "Mistakes of a plugin that the server made good.")) {
        put_each(text, plugins, put_misuses);
    }
    put_quotas(text, plugins);
    if (exposition_gauge(text, "nexus_plugin_images",
                "Files of plugins mapped since the start, old ones "
                "included.")) {
        exposition_u64(text, NULL, plugins_image_count(plugins));
    }
}

// ---- what they count themselves ----

static void put_histogram(
        struct exposition *text, const struct metrics_view *view) {
    uint64_t counts[METRICS_BUCKETS];
    uint64_t seen = 0;
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        seen += view->buckets[i];
        counts[i] = seen;
    }
    const struct exposition_buckets buckets = {
            .bounds = view->bounds,
            .counts = counts,
            .size = METRICS_BUCKETS,
            .total = view->count,
            .sum = view->sum,
    };
    exposition_buckets(text, NULL, &buckets);
}

static bool put_metric(struct exposition *text, const char *name,
        const struct metrics_view *view) {
    const char *help = view->help[0] != '\0' ? view->help : "Of a plugin.";
    if (view->kind == NX_METRIC_HISTOGRAM) {
        bool free = exposition_histogram(text, name, help);
        if (free) {
            put_histogram(text, view);
        }
        return free;
    }
    bool free = view->kind == NX_METRIC_COUNTER
            ? exposition_counter(text, name, help)
            : exposition_gauge(text, name, help);
    if (free) {
        exposition_f64(text, NULL, view->value);
    }
    return free;
}

// Returns how many were left out.
static uint64_t put_own(struct exposition *text, const struct plugin *plugin) {
    char name[EXPOSITION_NAME_MAX + 1];
    uint64_t hidden = 0;
    for (size_t i = 0; i < metrics_count(plugin->metrics); i++) {
        struct metrics_view view;
        metrics_read(plugin->metrics, i, &view);
        int len = snprintf(
                name, sizeof(name), "nexus_%s_%s", plugin->name, view.name);
        for (char *c = name; *c != '\0'; c++) {
            *c = *c == '-' ? '_' : *c;
        }
        bool fits = len > 0 && (size_t)len < sizeof(name);
        hidden += fits && put_metric(text, name, &view) ? 0 : 1;
    }
    return hidden;
}

// ---- those that have crashed the server ----

static void put_crash_samples(
        struct exposition *text, const struct core *core, bool out) {
    const struct settings *settings = core->settings;
    for (size_t i = 0; i < settings_plugin_count(settings); i++) {
        const char *name = settings_plugin(settings, i)->name;
        const struct exposition_label labels[] = {
                {"plugin", name}, {NULL, NULL}};
        exposition_u64(text, labels,
                out ? quarantine_holds(core->quarantine, name)
                    : quarantine_crashes(core->quarantine, core, name));
    }
}

static void put_crashes(struct exposition *text, const struct core *core) {
    if (exposition_gauge(text, "nexus_plugin_quarantined",
                "1 while a plugin is left out because it crashes the server, "
                "else 0.")) {
        put_crash_samples(text, core, true);
    }
    if (exposition_gauge(text, "nexus_plugin_crashes",
                "Crashes of the server by a plugin within crash.window.")) {
        put_crash_samples(text, core, false);
    }
}

void plugin_exposition(struct exposition *text, const struct core *core) {
    const struct plugins *plugins = core->plugins;
    uint64_t hidden = 0;
    // The server's own come first: their names are theirs.
    put_kernels(text, plugins);
    put_crashes(text, core);
    for (size_t i = 0; i < plugins_count(plugins); i++) {
        hidden += put_own(text, plugins_get(plugins, i));
    }
    if (exposition_gauge(text, "nexus_plugin_hidden_metrics",
                "Metrics of plugins left out because their name is taken.")) {
        exposition_u64(text, NULL, hidden);
    }
}
