/*
 * lists - the commands that show what a running server has many of.
 *
 * The server answers with pages; they are asked for until there is no next
 * one. As a table, each is shown as it comes; in JSON all are collected.
 *
 * Owner:   nothing is kept
 * Thread:  one
 * Errors:  exit codes of command.h; the reason is on stderr
 */
#ifndef KERNEL_CTL_LISTS_H
#define KERNEL_CTL_LISTS_H

#include "kernel/ctl/options.h"

int lists_sessions(const struct ctl_options *options);
int lists_rooms(const struct ctl_options *options);
int lists_plugins(const struct ctl_options *options);

#endif
