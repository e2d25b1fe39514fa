/*
 * store - nexusctl store: what an operator asks of the database.
 *
 * Owner:   nothing is kept
 * Thread:  one
 * Errors:  exit codes of command.h; the reason is on stderr
 */
#ifndef KERNEL_CTL_STORE_H
#define KERNEL_CTL_STORE_H

#include "kernel/ctl/command.h"

int store_check(const struct ctl_options *options);
int store_stats(const struct ctl_options *options);
int store_export(const struct ctl_options *options);
int store_backup(const struct ctl_options *options);
int store_vacuum(const struct ctl_options *options);

#endif
