/*
 * settings_paths - places that follow from more than one setting.
 *
 * Owner:   the caller (free)
 * Thread:  any
 * Errors:  NULL without memory
 */
#ifndef KERNEL_CORE_SETTINGS_PATHS_H
#define KERNEL_CORE_SETTINGS_PATHS_H

struct settings;

// Where control.socket is, which may not be empty.
char *settings_control_path(const struct settings *settings);

#endif
