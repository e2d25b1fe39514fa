/*
 * sweep - sessions that were open before this instance become devices.
 *
 * A session is marked once it has been given all it missed. After a reload,
 * only those without the mark are given it by the new instance.
 *
 * Thread:  logic
 * Errors:  none: a session without a device is not told anything
 */
#ifndef PLUGINS_NOTIFY_SWEEP_H
#define PLUGINS_NOTIFY_SWEEP_H

#include <stdbool.h>

#include <nexus/types.h>

struct device;
struct notify;

// Takes up all sessions soon: call in start().
nx_status sweep_start(struct notify *notify);

// The same now, after a reload that failed.
void sweep_all(struct notify *notify);

// Takes up those of one user, if that has not been done yet.
void sweep_user(struct notify *notify, struct nx_str user);

// Sets or removes the mark.
void sweep_mark(const struct device *device, bool done);

#endif
