/*
 * settings_flags - the layer "--set path=value".
 *
 * Owner:   the settings, for everything that is kept
 * Thread:  that of the settings
 * Errors:  sentences
 */
#ifndef KERNEL_CORE_SETTINGS_FLAGS_H
#define KERNEL_CORE_SETTINGS_FLAGS_H

#include "kernel/core/settings_store.h"

// In order, so that the later of two wins. After the file: which plugins
// exist must be known.
void settings_flags_apply(struct settings *settings, const char *const *sets,
        size_t count, struct settings_errors *errors);

#endif
