/*
 * timers - hierarchical timing wheel: many timers, constant cost for each.
 *
 * A timer is embedded in the object it belongs to and fires once; setting it
 * again moves it. It never fires early, and late by one tick (10 ms) plus the
 * time until the next timers_advance at most. Delays count from the clock's
 * current time. A callback may set and cancel any timer, its own included,
 * and free the object its timer lives in.
 *
 * Owner:   whoever embeds the wheel or the timer; cancel before freeing
 * Thread:  that of the wheel's owner
 * Errors:  none; nothing is allocated
 */
#ifndef KERNEL_BASE_TIMERS_H
#define KERNEL_BASE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/util/list.h>

#include "kernel/base/clock.h"

#define TIMERS_TICK_MS 10
#define TIMERS_LEVELS  4
#define TIMERS_SLOTS   64

// Longer delays are cut to this: 100 years.
#define TIMERS_DELAY_MAX_MS (INT64_C(100) * 366 * 24 * 3600 * 1000)

typedef void (*timer_fn)(void *arg);

struct timer {
    struct nx_list link; // struct timers_level::slots
    int64_t deadline_ms; // monotonic
    timer_fn fn;
    void *arg;
};

struct timers_level {
    uint64_t used; // bit i clear: slots[i] is empty; set: look
    struct nx_list slots[TIMERS_SLOTS]; // struct timer::link
};

struct timers {
    const struct clock *clock; // borrowed as long as the wheel lives
    int64_t tick;              // everything due up to this tick has fired
    bool advancing;            // inside timers_advance
    struct timers_level levels[TIMERS_LEVELS];
};

void timers_init(struct timers *wheel, const struct clock *clock);

// Cancels every timer that is still armed. Not from a callback.
void timers_finish(struct timers *wheel);

void timer_init(struct timer *timer, timer_fn fn, void *arg);

// Calls the timer's function delay_ms from now; a negative delay counts as 0.
// Replaces the earlier deadline of an armed timer.
void timers_set(struct timers *wheel, struct timer *timer, int64_t delay_ms);

// Does nothing when the timer is not armed.
void timer_cancel(struct timer *timer);

bool timer_armed(const struct timer *timer);

// Fires what is due at the clock's current time, earlier ticks first. Not
// from a callback.
void timers_advance(struct timers *wheel);

// How long the loop may sleep from the clock's current time. False when no
// timer is armed. May be shorter than needed for a distant deadline, never
// longer.
bool timers_next_ms(struct timers *wheel, int64_t *sleep_ms);

#endif
