#include "kernel/core/lifecycle.h"

#include <stdarg.h>
#include <stdio.h>

#include <nexus/error.h>
#include <nexus/plugin.h>

#include "kernel/base/log.h"
#include "kernel/core/core.h"
#include "kernel/core/descriptor.h"
#include "kernel/core/plugin.h"
#include "kernel/core/plugin_settings.h"
#include "kernel/core/plugin_timers.h"

#define MODULE "plugins"

void lifecycle_error_init(struct lifecycle_error *error) {
    error->name[0] = '\0';
    error->path[0] = '\0';
    error->reason[0] = '\0';
    settings_errors_init(&error->settings);
}

void lifecycle_error_finish(struct lifecycle_error *error) {
    settings_errors_finish(&error->settings);
}

void lifecycle_error_set(
        struct lifecycle_error *error, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(error->reason, sizeof(error->reason), format, args);
    va_end(args);
}

void lifecycle_error_blame(
        struct lifecycle_error *error, const char *name, const char *path) {
    (void)snprintf(error->name, sizeof(error->name), "%s", name);
    (void)snprintf(error->path, sizeof(error->path), "%s", path);
}

static void log_reason(
        const struct lifecycle_error *error, const char *reason) {
    if (error->name[0] == '\0') {
        log_error(MODULE, "cannot start plugins", LOG_STR("reason", reason));
    } else {
        log_error(MODULE, "cannot start a plugin",
                LOG_STR("plugin", error->name), LOG_STR("file", error->path),
                LOG_STR("reason", reason));
    }
}

void lifecycle_error_log(const struct lifecycle_error *error) {
    if (error->reason[0] != '\0') {
        log_reason(error, error->reason);
    }
    for (size_t i = 0; i < SETTINGS_ERRORS_MAX; i++) {
        if (error->settings.texts[i]) {
            log_reason(error, error->settings.texts[i]);
        }
        if (error->settings.warnings[i]) {
            log_warn(MODULE, "settings of a plugin",
                    LOG_STR("reason", error->settings.warnings[i]));
        }
    }
}

void lifecycle_error_collect(const struct lifecycle_error *error,
        const char *origin, struct settings_errors *errors) {
    if (error->reason[0] != '\0') {
        settings_errors_add(errors, "%s: plugin %s: %s", origin, error->name,
                error->reason);
    }
    for (size_t i = 0; i < SETTINGS_ERRORS_MAX; i++) {
        if (error->settings.texts[i]) {
            settings_errors_add(errors, "%s", error->settings.texts[i]);
        }
        if (error->settings.warnings[i]) {
            settings_errors_warn(errors, "%s", error->settings.warnings[i]);
        }
    }
}

static void fail(struct lifecycle_error *error, const struct plugin *plugin,
        const char *step, nx_status status) {
    const char *note = plugin->note[0] != '\0' ? plugin->note : NULL;
    lifecycle_error_set(error, "its %s() failed with %s: %s", step,
            nx_err_word(status), note ? note : nx_err_text(status));
}

bool lifecycle_check(struct plugin *plugin, struct lifecycle_error *error) {
    char why[DESCRIPTOR_WHY_MAX];
    const struct nx_plugin_entry *entry = plugin->entry;
    if (!descriptor_check(entry, why)
            || !descriptor_check_requires(entry->info, &plugin->host, why)) {
        lifecycle_error_set(error, "it %s", why);
        return false;
    }
    return true;
}

bool lifecycle_create(struct plugin *plugin, struct lifecycle_error *error) {
    char why[DESCRIPTOR_WHY_MAX];
    struct nx_plugin *instance = NULL;
    plugin_enter(plugin, "create");
    nx_status status = plugin->entry->create(&plugin->host, &instance);
    plugin_leave(plugin);
    if (status != NX_OK) {
        fail(error, plugin, "create", status);
        return false;
    }
    // A wrong instance is not asked to destroy itself.
    if (!descriptor_check_instance(instance, why)) {
        lifecycle_error_set(error, "it %s", why);
        return false;
    }
    plugin->instance = instance;
    plugin->phase = PHASE_CONFIGURE;
    return true;
}

static bool resolve(struct plugin *plugin, struct lifecycle_error *error) {
    plugin->config = plugin_settings_resolve(plugin->settings, plugin->name,
            plugin->entry->info->settings, &error->settings);
    return plugin->config != NULL;
}

bool lifecycle_configure(
        struct plugin *plugin, uint32_t mode, struct lifecycle_error *error) {
    return (mode != NX_CONFIGURE_CHECK || resolve(plugin, error))
            && lifecycle_reconfigure(plugin, plugin->config, mode, error);
}

bool lifecycle_reconfigure(struct plugin *plugin,
        const struct nx_config *config, uint32_t mode,
        struct lifecycle_error *error) {
    struct nx_plugin *instance = plugin->instance;
    if (!instance->configure) {
        return true;
    }
    size_t problems = error->settings.count;
    struct nx_diag diag = {.config = config, .errors = &error->settings};
    plugin_enter(plugin, "configure");
    nx_status status = instance->configure(instance, config, &diag, mode);
    plugin_leave(plugin);
    if (status != NX_OK && error->settings.count == problems) {
        fail(error, plugin, "configure", status);
    }
    return status == NX_OK;
}

bool lifecycle_start(struct plugin *plugin, const struct nx_state_reader *prev,
        struct lifecycle_error *error) {
    struct nx_plugin *instance = plugin->instance;
    plugin->phase = PHASE_START;
    plugin->note[0] = '\0';
    plugin_enter(plugin, "start");
    nx_status status = instance->start(instance, prev);
    plugin_leave(plugin);
    if (status != NX_OK) {
        fail(error, plugin, "start", status);
    }
    return status == NX_OK;
}

void lifecycle_run(struct plugin *plugin) {
    plugin->phase = PHASE_RUNNING;
    plugin->about.traits &= ~WHERE_UNTOLD;
    plugin_timers_start(plugin);
    log_info(MODULE, "started", LOG_STR("plugin", plugin->name),
            LOG_STR("version", plugin->entry->info->version));
}

nx_status lifecycle_quiesce(struct plugin *plugin, uint32_t reason) {
    struct nx_plugin *instance = plugin->instance;
    plugin->phase = PHASE_QUIESCED;
    if (!instance->quiesce) {
        return NX_OK;
    }
    plugin_enter(plugin, "quiesce");
    nx_status status = instance->quiesce(instance, reason);
    plugin_leave(plugin);
    if (status != NX_OK && status != NX_ERR_AGAIN) {
        log_warn(MODULE, "quiesce() failed", LOG_STR("plugin", plugin->name),
                LOG_STR("reason", nx_err_word(status)));
    }
    return status;
}

void lifecycle_resume(struct plugin *plugin) {
    struct nx_plugin *instance = plugin->instance;
    if (instance->resume) {
        plugin_enter(plugin, "resume");
        instance->resume(instance);
        plugin_leave(plugin);
    }
    plugin->phase = PHASE_RUNNING;
    plugin_timers_start(plugin);
}
