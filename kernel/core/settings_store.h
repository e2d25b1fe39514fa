/*
 * settings_store - what struct settings keeps besides its values.
 *
 * The memory of all texts, the origin of each value, and the plugin list with
 * everything that was said about plugins, raw. Private to the settings files.
 *
 * Owner:   struct settings
 * Thread:  that of the settings
 * Errors:  NULL without memory
 */
#ifndef KERNEL_CORE_SETTINGS_STORE_H
#define KERNEL_CORE_SETTINGS_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include <nexus/util/list.h>

#include "kernel/core/setting.h"
#include "kernel/core/settings.h"

#define SETTINGS_PLUGINS_MAX 64

// Something said in the file, or by --set (RAW_TEXT).
struct raw_setting {
    struct nx_list link; // settings_store::file, plugin_record::raws
    const char *key;     // a dotted path, or the key within a plugin's group
    struct raw_value value;
};

struct plugin_record {
    struct plugin_entry entry;
    struct nx_list raws; // struct raw_setting::link
};

struct settings_store {
    struct nx_list memory;  // struct memory_block::link
    struct nx_list configs; // struct nx_config::link, newest last
    const char **origins;   // of each row of the table
    struct nx_list file;    // struct raw_setting::link, plugins left out
    struct plugin_record plugins[SETTINGS_PLUGINS_MAX];
    size_t plugin_count;
    const char **env; // variables of plugins, "NEXUS_PLUGINS_...=value"
    size_t env_count;
};

struct settings_store *settings_store_create(void);
void settings_store_destroy(struct settings_store *store);

// Zeroed memory that lives as long as the store.
void *settings_store_alloc(struct settings_store *store, size_t size);

// A copy of len bytes and a NUL that lives as long as the store.
const char *settings_store_text(
        struct settings_store *store, const char *text, size_t len);

// "nexus.conf:12".
const char *settings_store_place(
        struct settings_store *store, const char *file, unsigned line);

// Adds to a list of raw_setting; value is copied but for its origin, which
// must live as long as the store. False without memory.
bool settings_store_add(struct settings_store *store, struct nx_list *list,
        const char *key, const struct raw_value *value);

// Returns the last one of this key, or NULL.
const struct raw_setting *settings_store_last(
        const struct nx_list *list, const char *key);

// The record of a plugin in the list, or NULL.
struct plugin_record *settings_store_plugin(
        struct settings_store *store, const char *name, size_t len);

// Checks a value and stores it with its origin; on error the settings keep
// the one they had. In settings.c.
bool settings_assign(struct settings *settings, const struct setting *setting,
        const struct raw_value *raw, struct settings_errors *errors);

// The value of one setting. In settings.c.
void settings_value(const struct settings *settings,
        const struct setting *setting, struct setting_value *value);

// Adds "unknown setting", with the name that was probably meant.
void settings_unknown(
        const char *path, const char *origin, struct settings_errors *errors);

#endif
