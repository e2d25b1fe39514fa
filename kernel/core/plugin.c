#include "kernel/core/plugin.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nexus/auth.h>
#include <nexus/service.h>
#include <nexus/types.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/jobs.h"
#include "kernel/core/loader.h"
#include "kernel/core/metrics.h"
#include "kernel/core/plugin_timers.h"
#include "kernel/core/session.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"
#include "kernel/core/writer.h"
#include "nexus_version.h"

#define MODULE   "plugins"
#define NS_IN_MS INT64_C(1000000)
#define NS_IN_S  INT64_C(1000000000)

static int64_t now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_IN_S + now.tv_nsec;
}

// At most one line each second; what is left out is in the sums.
static bool may_say(_Atomic int64_t *said_ns, int64_t now) {
    int64_t before = atomic_load(said_ns);
    return (before == 0 || now - before >= NS_IN_S)
            && atomic_compare_exchange_strong(said_ns, &before, now);
}

// --- life -----------------------------------------------------------------

static void init_host(struct plugin *plugin) {
    plugin->host.struct_size = sizeof(plugin->host);
    plugin->host.abi_major = NX_ABI_MAJOR;
    plugin->host.abi_minor = NX_ABI_MINOR;
    plugin->host.ctx = plugin;
    plugin->host.server_version = NEXUS_VERSION;
    plugin->host.get_interface = host_interface;
}

static void put(char *out, size_t size, const char *text) {
    (void)snprintf(out, size, "%s", text ? text : "");
}

static bool requires(const struct nx_plugin_info *info, const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; info->requires_ && info->requires_[i]; i++) {
        if (strncmp(info->requires_[i], name, len) == 0
                && info->requires_[i][len] == '/') {
            return true;
        }
    }
    return false;
}

// Until it runs nobody knows what it will be.
static uint32_t presumed(const struct nx_plugin_info *info) {
    return requires(info, NX_IFACE_AUTH) || requires(info, NX_IFACE_SERVICE)
            ? WHERE_UNTOLD
            : 0;
}

static void describe(struct plugin *plugin) {
    const struct nx_plugin_info *info = plugin->entry->info;
    struct where_plugin *about = &plugin->about;
    size_t used = 0;
    put(about->name, sizeof(about->name), plugin->name);
    put(about->path, sizeof(about->path), plugin->path);
    about->code = plugin->entry;
    if (!info) {
        return;
    }
    put(about->id, sizeof(about->id), info->id);
    put(about->version, sizeof(about->version), info->version);
    about->traits = presumed(info);
    for (size_t i = 0; info->prefixes && info->prefixes[i]; i++) {
        size_t room = sizeof(about->claims) - used;
        size_t len = strlen(info->prefixes[i]);
        if (len > 0 && len + 1 < room) {
            (void)snprintf(
                    about->claims + used, room, "%s,", info->prefixes[i]);
            used += len + 1;
        }
    }
}

struct plugin *plugin_create(struct core *core, const char *name,
        const char *path, const struct nx_plugin_entry *entry) {
    struct plugin *plugin = calloc(1, sizeof(*plugin));
    if (!plugin) {
        return NULL;
    }
    nx_list_init(&plugin->link);
    plugin_docs_init(&plugin->docs);
    plugin->core = core;
    plugin->settings = core->settings;
    plugin->entry = entry;
    plugin->phase = PHASE_CREATE;
    plugin->thread = pthread_self();
    init_host(plugin);
    plugin->name = strdup(name);
    plugin->path = strdup(path);
    plugin->metrics = metrics_create();
    if (!plugin->name || !plugin->path || !plugin->metrics) {
        plugin_destroy(plugin);
        return NULL;
    }
    describe(plugin);
    where_list(&plugin->about);
    return plugin;
}

void plugin_from(struct plugin *plugin, const struct image *image,
        const struct plugin_entry *line) {
    struct where_plugin *about = &plugin->about;
    memcpy(about->sha256, image->sha256, sizeof(about->sha256));
    about->settings = line->mark;
}

static void destroy_instance(struct plugin *plugin) {
    if (plugin->phase == PHASE_RUNNING) {
        plugin->phase = PHASE_QUIESCED;
    }
    plugin_timers_finish(plugin);
    if (plugin->core->jobs) {
        jobs_drop_owner(plugin->core->jobs, plugin);
    }
    plugin_enter(plugin, "destroy");
    plugin->instance->destroy(plugin->instance);
    plugin_leave(plugin);
    plugin->instance = NULL;
    if (plugin->core->jobs) {
        jobs_forget_owner(plugin->core->jobs, plugin);
    }
}

void plugin_destroy(struct plugin *plugin) {
    if (!plugin) {
        return;
    }
    assert(plugin->depth == 0);
    if (plugin->instance) {
        destroy_instance(plugin);
    }
    plugin_timers_finish(plugin);
    where_unlist(&plugin->about);
    nx_list_remove(&plugin->link);
    plugin_docs_finish(&plugin->docs);
    plugin_calls_finish(&plugin->spent);
    metrics_destroy(plugin->metrics);
    free(plugin->name);
    free(plugin->path);
    free(plugin);
}

// --- the bracket ----------------------------------------------------------

void plugin_enter(struct plugin *plugin, const char *name) {
    if (!plugin) {
        return;
    }
    int64_t entered_ns = now_ns();
    if (plugin->depth < PLUGIN_DEPTH_MAX) {
        struct plugin_frame *frame = &plugin->frames[plugin->depth];
        frame->callback = name;
        frame->mark = writers_mark(plugin->core->writers);
        frame->entered_ns = entered_ns;
    }
    plugin->depth++;
    plugin->callback = name;
    where_enter(&plugin->about, name, entered_ns);
}

void plugin_enter_room(
        struct plugin *plugin, const char *name, struct nx_str room) {
    plugin_enter(plugin, name);
    if (plugin) {
        where_room(room);
    }
}

// While the server starts or stops, a plugin may well open and close files.
static bool nobody_waits(const struct plugin *plugin) {
    return plugin->phase != PHASE_RUNNING
            && sessions_count(plugin->core->sessions) == 0;
}

static void judge_time(
        struct plugin *plugin, const struct plugin_frame *frame) {
    int64_t now = now_ns();
    int64_t spent = now - frame->entered_ns;
    plugin->calls++;
    plugin->busy_ns += (uint64_t)spent;
    plugin_calls_add(&plugin->spent, frame->callback, (uint64_t)spent);
    if (spent < plugin->core->settings->callbacks_slow_ms * NS_IN_MS
            || nobody_waits(plugin)) {
        return;
    }
    plugin->slow_calls++;
    plugin->core->stats->slow_callbacks++;
    if (may_say(&plugin->slow_said_ns, now)) {
        log_warn(MODULE, "a callback was slow", LOG_STR("plugin", plugin->name),
                LOG_STR("callback", frame->callback),
                LOG_INT("ms", spent / NS_IN_MS),
                LOG_INT("limit_ms", plugin->core->settings->callbacks_slow_ms),
                LOG_UINT("slow_so_far", plugin->slow_calls));
    }
}

static void reap_writers(
        struct plugin *plugin, const struct plugin_frame *frame) {
    size_t left = writers_reap(plugin->core->writers, frame->mark);
    if (left == 0) {
        return;
    }
    plugin->misuses += left;
    if (may_say(&plugin->misuse_said_ns, now_ns())) {
        log_warn(MODULE,
                "a callback left writers open, a mistake of the plugin",
                LOG_STR("plugin", plugin->name),
                LOG_STR("callback", frame->callback),
                LOG_UINT("writers", left));
    }
}

void plugin_leave(struct plugin *plugin) {
    if (!plugin) {
        return;
    }
    assert(plugin->depth > 0);
    where_leave();
    plugin->depth--;
    if (plugin->depth < PLUGIN_DEPTH_MAX) {
        const struct plugin_frame *frame = &plugin->frames[plugin->depth];
        judge_time(plugin, frame);
        reap_writers(plugin, frame);
    }
    if (plugin->depth > 0) {
        uint32_t outer = plugin->depth < PLUGIN_DEPTH_MAX ? plugin->depth
                                                          : PLUGIN_DEPTH_MAX;
        plugin->callback = plugin->frames[outer - 1].callback;
        return;
    }
    plugin->callback = NULL;
    plugin_docs_clear(&plugin->docs);
}

// --- what the host interfaces ask -----------------------------------------

struct plugin *plugin_of(const struct nx_host *host) {
    return host->ctx;
}

static const char *phase_name(uint32_t phase) {
    switch (phase) {
    case PHASE_CREATE:
        return "create";
    case PHASE_CONFIGURE:
        return "configure";
    case PHASE_START:
        return "start";
    case PHASE_RUNNING:
        return "running";
    default:
        return "quiesced";
    }
}

void plugin_misuse(struct plugin *plugin, const char *call, const char *what) {
    if (may_say(&plugin->misuse_said_ns, now_ns())) {
        log_warn(MODULE, what, LOG_STR("plugin", plugin->name),
                LOG_STR("call", call));
    }
}

nx_status plugin_may_any(
        struct plugin *plugin, uint32_t phases, const char *call) {
    uint32_t phase = plugin->phase;
    if ((phase & phases) != 0) {
        return NX_OK;
    }
    if (may_say(&plugin->misuse_said_ns, now_ns())) {
        log_warn(MODULE, "a call in the wrong phase, a mistake of the plugin",
                LOG_STR("plugin", plugin->name), LOG_STR("call", call),
                LOG_STR("phase", phase_name(phase)));
    }
    return NX_ERR_STATE;
}

nx_status plugin_may(struct plugin *plugin, uint32_t phases, const char *call) {
    if (pthread_equal(pthread_self(), plugin->thread)) {
        return plugin_may_any(plugin, phases, call);
    }
    plugin_misuse(plugin, call,
            "a call from a wrong thread, a mistake of the plugin");
    return NX_ERR_THREAD;
}

bool plugin_may_claim(const struct plugin *plugin, const char *prefix) {
    const struct nx_plugin_info *info = plugin->entry->info;
    if ((info->flags & NX_PLUGIN_OBSERVER) != 0) {
        return false;
    }
    for (size_t i = 0; info->prefixes && info->prefixes[i]; i++) {
        const char *own = info->prefixes[i];
        size_t len = strlen(own);
        bool group = len > 0 && own[len - 1] == '.';
        if (strcmp(own, prefix) == 0
                || (group && strncmp(own, prefix, len) == 0)) {
            return true;
        }
    }
    return false;
}

bool plugin_has_quota(
        struct plugin *plugin, enum limit quota, size_t used, int64_t most) {
    if (used < (size_t)most) {
        return true;
    }
    if (may_say(&plugin->quota_said_ns, now_ns())) {
        log_warn(MODULE, "a plugin has used up a quota",
                LOG_STR("plugin", plugin->name),
                LOG_STR("limit", limit_setting(quota)), LOG_UINT("used", used));
    }
    return false;
}

void plugin_note(struct plugin *plugin, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(plugin->note, sizeof(plugin->note), format, args);
    va_end(args);
}

enum nx_err plugin_parse(struct plugin *plugin, struct nx_str text,
        const struct nx_json **root) {
    return plugin_docs_parse(&plugin->docs, plugin->core->writers, text, root);
}
