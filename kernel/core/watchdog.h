/*
 * watchdog - sees when the loop does not come to the end of a turn.
 *
 * A thread that looks now and then whether the loop is still in the turn it
 * was in. It counts the time it has lived through itself, so a machine that
 * slept, or a process that was stopped, does not count. First it has the
 * loop's thread write where it is, later it ends the server.
 *
 * Owner:   kernel.c
 * Thread:  logic, but for its own
 * Errors:  watchdog_create: NULL without memory; without a thread it never
 *          sees anything, and says so
 */
#ifndef KERNEL_CORE_WATCHDOG_H
#define KERNEL_CORE_WATCHDOG_H

#include <stdint.h>

struct settings;
struct watchdog;

// Begins to watch the calling thread. settings is borrowed.
struct watchdog *watchdog_create(const struct settings *settings);

// Stops watching. Accepts NULL.
void watchdog_destroy(struct watchdog *watchdog);

// A turn of the loop begins with waking up, and ends before it sleeps. Both
// accept NULL.
void watchdog_awake(struct watchdog *watchdog);
void watchdog_asleep(struct watchdog *watchdog);

// Turns that took longer than callbacks.stuck_warn_ms; NULL: 0.
uint64_t watchdog_stuck(const struct watchdog *watchdog);

#endif
