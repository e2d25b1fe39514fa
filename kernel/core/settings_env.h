/*
 * settings_env - the layer "environment".
 *
 * A setting is read from NEXUS_<PATH>, else from the second name in its row.
 * A variable that is set to nothing counts as not set. Those of plugins are
 * kept, because only the plugin's table says which exist.
 *
 * Owner:   the settings, for everything that is kept
 * Thread:  that of the settings
 * Errors:  sentences; an unknown NEXUS_ name is a warning only
 */
#ifndef KERNEL_CORE_SETTINGS_ENV_H
#define KERNEL_CORE_SETTINGS_ENV_H

#include <stdbool.h>

#include <nexus/plugin.h>

#include "kernel/core/settings_store.h"

// env ends with NULL. After the file: which plugins exist must be known.
void settings_env_apply(struct settings *settings, const char *const *env,
        struct settings_errors *errors);

// The variable of plugins.<name>.<key>, if it was set.
bool settings_env_plugin(struct settings_store *store, const char *name,
        const char *key, struct raw_value *raw);

// Warns of variables of this plugin whose key is not in its table, which may
// be NULL.
void settings_env_check_plugin(const struct settings_store *store,
        const char *name, const struct nx_setting *table,
        struct settings_errors *errors);

#endif
