/*
 * plugin_list - the lines of `plugins = ( ... )`.
 *
 * A line has the reserved keys name, path and sha256; all others belong to
 * the plugin and stay raw. Private to the settings files.
 *
 * Owner:   struct settings_store
 * Thread:  that of the store
 * Errors:  NULL or false, and one sentence
 */
#ifndef KERNEL_CORE_PLUGIN_LIST_H
#define KERNEL_CORE_PLUGIN_LIST_H

#include <stdbool.h>

#include "kernel/core/settings_store.h"

// The list without a settings file, and that of etc/nexus.conf.
#define PLUGIN_LIST_DEFAULTS(FIRST, NEXT) \
    FIRST("store") NEXT("chat") NEXT("presence") NEXT("notify")

// Adds a line; the name must be well-formed and new.
struct plugin_record *plugin_list_add(struct settings_store *store,
        const char *name, const char *origin, struct settings_errors *errors);

// Fills path and sha256 of every entry, when all layers have been read.
void plugin_list_finish(
        struct settings_store *store, struct settings_errors *errors);

// What the highest layer says about `plugins.<name>.<key>`; false when none
// says anything. *raw is borrowed from the store.
bool plugin_list_lookup(struct settings_store *store, const char *name,
        const char *key, struct raw_value *raw);

// Whether a key is one of name, path, sha256 and on_crash.
bool plugin_list_reserved(const char *key);

#endif
