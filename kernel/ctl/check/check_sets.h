/*
 * check_sets - the settings with which a plugin is checked.
 *
 * From --set, whose keys are the plugin's own unless they have a dot, and from
 * the line of the plugin in a server's configuration.
 *
 * Owner:   the caller, who calls check_sets_finish
 * Thread:  one
 * Errors:  false; the reason is on stderr
 */
#ifndef KERNEL_CTL_CHECK_CHECK_SETS_H
#define KERNEL_CTL_CHECK_CHECK_SETS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/ctl/options.h"

#define CHECK_SETS_MAX 192

struct plugin_facts;

struct check_sets {
    char *texts[CHECK_SETS_MAX]; // "plugins.chat.history=10"
    size_t count;
};

bool check_sets_init(struct check_sets *sets, const struct ctl_options *options,
        const struct plugin_facts *facts);
void check_sets_finish(struct check_sets *sets);

#endif
