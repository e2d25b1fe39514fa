/*
 * server - the commands that ask a running server one thing.
 *
 * Owner:   nothing is kept
 * Thread:  one
 * Errors:  exit codes of command.h; the reason is on stderr
 */
#ifndef KERNEL_CTL_SERVER_H
#define KERNEL_CTL_SERVER_H

#include "kernel/ctl/options.h"

int server_status(const struct ctl_options *options);
int server_kick(const struct ctl_options *options);
int server_log_level(const struct ctl_options *options);
int server_reload(const struct ctl_options *options);
int server_release(const struct ctl_options *options);
int server_drain(const struct ctl_options *options);

#endif
