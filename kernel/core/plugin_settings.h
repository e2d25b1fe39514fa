/*
 * plugin_settings - the settings of one plugin, checked against its table.
 *
 * settings.c keeps what file, environment and --set say about a plugin as raw
 * text, because only the plugin's nx_setting table gives it a meaning. Once
 * the image is open, plugin_settings_resolve applies the table and gets the
 * struct nx_config that the host interface "nexus.config" reads from.
 *
 * Owner:   the settings own every nx_config resolved from them
 * Thread:  that of the settings (logic)
 * Errors:  sentences in struct settings_errors
 */
#ifndef KERNEL_CORE_PLUGIN_SETTINGS_H
#define KERNEL_CORE_PLUGIN_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <nexus/config.h>
#include <nexus/plugin.h>

#include "kernel/core/settings.h"

// Where problem() of "nexus.config" puts what configure() finds wrong. Made
// on the stack around the call.
struct nx_diag {
    const struct nx_config *config; // that configure() was given
    struct settings_errors *errors;
};

enum plugin_settings_change {
    PLUGIN_SETTINGS_SAME,
    PLUGIN_SETTINGS_LIVE,   // only keys flagged NX_SETTING_LIVE differ
    PLUGIN_SETTINGS_RESTART // needs a new instance
};

// Checks everything that was said about the plugin `name` and fills in the
// defaults; a plugin that is not in the list (one linked into a test) has its
// defaults and the environment. table ends with a NULL key and may be NULL;
// it is not kept. Returns NULL when errors were added, or without memory (an
// error, too). The result is borrowed until the settings are destroyed.
struct nx_config *plugin_settings_resolve(struct settings *settings,
        const char *name, const struct nx_setting *table,
        struct settings_errors *errors);

// What plugin_settings_resolve returned last for this plugin, or NULL.
struct nx_config *plugin_settings_find(
        const struct settings *settings, const char *name);

// The store has become that of this object; see settings_exchange().
void plugin_settings_moved(const struct settings *settings);

// The members of nx_config_v1. A key that the table does not declare with
// this kind reads as 0, "" and is logged as a mistake of the plugin.
int64_t plugin_settings_get_int(
        const struct nx_config *config, const char *key);
int32_t plugin_settings_get_bool(
        const struct nx_config *config, const char *key);
struct nx_str plugin_settings_get_str(
        const struct nx_config *config, const char *key);
int64_t plugin_settings_get_server_int(
        const struct nx_config *config, const char *path);
struct nx_str plugin_settings_data_dir(const struct nx_config *config);
void plugin_settings_problem(
        struct nx_diag *diag, const char *key, struct nx_str message);

// Writes one line for each setting, as in a file, with its origin; secrets as
// "***".
void plugin_settings_print(
        const struct nx_config *config, const char *indent, FILE *out);

// Which change leads from one configuration of a plugin to another. A key
// that only one of them has counts as a difference.
enum plugin_settings_change plugin_settings_compare(
        const struct nx_config *running, const struct nx_config *wanted);

#endif
