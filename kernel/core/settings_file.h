/*
 * settings_file - the layer "file": from libconfig's tree to raw settings.
 *
 * Knows the syntax and the shape of the plugin list, and nothing of the
 * table: every value becomes a raw setting under its dotted path, and every
 * line of the plugin list a plugin record with its keys.
 *
 * Owner:   the store, for everything that is read
 * Thread:  that of the store
 * Errors:  sentences; what could be read is in the store nevertheless
 */
#ifndef KERNEL_CORE_SETTINGS_FILE_H
#define KERNEL_CORE_SETTINGS_FILE_H

#include "kernel/core/settings_store.h"

void settings_file_read(struct settings_store *store, const char *file,
        struct settings_errors *errors);

#endif
