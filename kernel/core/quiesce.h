/*
 * quiesce - brings plugins to rest, so that they can be destroyed.
 *
 * A plugin at rest gets no event and fires no timer, and every completion it
 * waited for has come. Waiting is done by turning the core, so whoever calls
 * this must be prepared for anything a turn does.
 *
 * Owner:   nobody; state is in the plugins and the core
 * Thread:  logic, not from a callback
 * Errors:  none; what does not come to rest in time is logged
 */
#ifndef KERNEL_CORE_QUIESCE_H
#define KERNEL_CORE_QUIESCE_H

#include <stdbool.h>
#include <stdint.h>

struct core;
struct plugin;

struct quiesce {
    struct core *core;
    uint32_t reason;     // NX_QUIESCE_
    int64_t deadline_ns; // CLOCK_MONOTONIC
};

// deadline_ms is from now, in real time, for all plugins together.
void quiesce_init(struct quiesce *quiesce, struct core *core, uint32_t reason,
        int64_t deadline_ms);

// Calls quiesce() of the plugin as often as it asks for, and waits for its
// jobs and engine requests. False when the deadline came first.
bool quiesce_plugin(struct quiesce *quiesce, struct plugin *plugin);

// Whether completions of jobs or engine requests are still to come.
bool quiesce_waits(const struct plugin *plugin);

// Waits until no request of anybody waits for the engine.
bool quiesce_engine(struct quiesce *quiesce);

// Ends what a plugin at rest still has open: requests of clients are answered
// with an error, callbacks it waited for will not come.
void quiesce_cancel(struct core *core, struct plugin *plugin);

#endif
