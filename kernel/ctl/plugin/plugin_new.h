/*
 * plugin_new - nexusctl plugin new: the beginning of a plugin.
 *
 * Writes a folder with a complete plugin that can be built, tested and loaded
 * at once. Never writes where something is already.
 *
 * Owner:   nothing is kept
 * Thread:  one
 * Errors:  exit codes of command.h; the reason is on stderr, and what was
 *          begun is taken away again
 */
#ifndef KERNEL_CTL_PLUGIN_PLUGIN_NEW_H
#define KERNEL_CTL_PLUGIN_PLUGIN_NEW_H

#include <stdbool.h>

#include "kernel/ctl/options.h"

int plugin_new(const struct ctl_options *options);

// Whether a plugin may have this name, and own events with this prefix, which
// ends in '.'. If not, *why is the rule.
bool plugin_new_name_is_good(const char *name, const char **why);
bool plugin_new_prefix_is_good(const char *prefix, const char **why);

#endif
