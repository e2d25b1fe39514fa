/*
 * tail - nexusctl tail: events of a running server as they come and go.
 *
 * Owner:   nothing is kept
 * Thread:  one
 * Errors:  exit codes of command.h; the reason is on stderr
 */
#ifndef KERNEL_CTL_TAIL_H
#define KERNEL_CTL_TAIL_H

#include "kernel/ctl/options.h"

int tail(const struct ctl_options *options);

#endif
