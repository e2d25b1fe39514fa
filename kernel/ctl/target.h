/*
 * target - which server's files a command is about.
 *
 * From --data-dir, or from the same settings that nexusd would read: file,
 * environment, defaults.
 *
 * Owner:   the caller (free)
 * Thread:  one
 * Errors:  NULL; the reason is on stderr
 */
#ifndef KERNEL_CTL_TARGET_H
#define KERNEL_CTL_TARGET_H

#include "kernel/ctl/options.h"

// The folder of the store.
char *target_store_folder(const struct ctl_options *options);

// The control socket; also from --socket.
char *target_socket(const struct ctl_options *options);

#endif
