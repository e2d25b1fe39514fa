/*
 * plugin_check - nexusctl plugin check: is a plugin fit for a server?
 *
 * First the file is looked at, then it is loaded in child processes and put
 * through everything a server and its clients may do to it.
 *
 * Owner:   nothing is kept
 * Thread:  the only one: it forks
 * Errors:  exit codes of command.h: FOUND when a check failed
 */
#ifndef KERNEL_CTL_CHECK_PLUGIN_CHECK_H
#define KERNEL_CTL_CHECK_PLUGIN_CHECK_H

#include "kernel/ctl/options.h"

int plugin_check(const struct ctl_options *options);

#endif
