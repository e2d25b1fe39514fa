/*
 * plugin_timers - the timers behind "nexus.timers".
 *
 * A timer set before the plugin is live waits, and begins to run with
 * plugin_timers_start(). One that is due while the plugin is quiesced is held
 * and fires when it is resumed.
 *
 * Owner:   the plugin; ids are its own
 * Thread:  logic
 * Errors:  INVALID, LIMIT at quota.timers, NO_MEMORY; nothing is set
 */
#ifndef KERNEL_CORE_PLUGIN_TIMERS_H
#define KERNEL_CORE_PLUGIN_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/timers.h>

struct plugin;

// Calls fn(user, id) after delay_ms, then every repeat_ms unless that is 0,
// inside plugin_enter(). out may be NULL.
enum nx_err plugin_timer_set(struct plugin *plugin, uint64_t delay_ms,
        uint64_t repeat_ms, nx_timer_fn fn, void *user, nx_timer_id *out);

// A timer that fired, or 0, is no error.
void plugin_timer_cancel(struct plugin *plugin, nx_timer_id id);

// The plugin goes live or is resumed: timers that wait begin to run.
void plugin_timers_start(struct plugin *plugin);

// Cancels all.
void plugin_timers_finish(struct plugin *plugin);

size_t plugin_timers_count(const struct plugin *plugin);

#endif
