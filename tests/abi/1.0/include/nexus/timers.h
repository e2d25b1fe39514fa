/*
 * timers - call me later, and what time it is.
 *
 * Timers are cheap (O(1)) and owned by the instance: the server cancels what
 * is left before destroy(). Precision is about 10 ms; they never fire early.
 *
 * Interface: "nexus.timers" version 1
 * Thread:    [logic]
 */
#ifndef NEXUS_TIMERS_H
#define NEXUS_TIMERS_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NX_IFACE_TIMERS "nexus.timers"

// Called when the time has come. [logic] R. Since 1.0.
typedef void (*nx_timer_fn)(void *user, nx_timer_id timer);

struct nx_timers_v1 {
    NX_INTERFACE_HEAD;

    // Calls fn after delay_ms, then every repeat_ms unless that is 0. *out
    // may be NULL. A timer set in start() begins to run when the plugin goes
    // live, one set while quiesced when it is resumed. LIMIT beyond
    // quota.timers of one plugin, NO_MEMORY. [logic] S R Q. Since 1.0.
    nx_status (*set)(const struct nx_host *host, uint64_t delay_ms,
            uint64_t repeat_ms, nx_timer_fn fn, void *user, nx_timer_id *out);

    // Stops a timer; a timer that fired, or 0, is no error. [logic] S R Q.
    // Since 1.0.
    void (*cancel)(const struct nx_host *host, nx_timer_id timer);

    // Monotonic time, constant during one callback. [logic] C K S R Q.
    // Since 1.0.
    uint64_t (*now_ms)(const struct nx_host *host);

    // UTC, milliseconds since 1970. [logic] C K S R Q. Since 1.0.
    int64_t (*wall_ms)(const struct nx_host *host);
};

#ifdef __cplusplus
}
#endif

#endif
