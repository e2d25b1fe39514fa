/*
 * crash_dir - the folder with crash reports.
 *
 * Thread:  logic
 * Errors:  crash_dir_open: NULL, and a warning: the server works without
 */
#ifndef KERNEL_CORE_CRASH_DIR_H
#define KERNEL_CORE_CRASH_DIR_H

struct settings;

// Its path, owned by the caller (free); NULL without memory.
char *crash_dir_path(const struct settings *settings);

// Creates the folder (0700) where missing, removes the oldest reports beyond
// crash.reports, and returns its path, owned by the caller (free).
char *crash_dir_open(const struct settings *settings);

#endif
