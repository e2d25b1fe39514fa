/*
 * clock - the time, read once per turn of the loop.
 *
 * Everything that happens in one turn happens at one time, and asking for it
 * costs nothing. Monotonic time is for durations, wall time for people. A
 * fake clock stands still until clock_advance moves both.
 *
 * Owner:   whoever embeds it
 * Thread:  that of the owner; clock_format_utc is free of state
 * Errors:  none
 */
#ifndef KERNEL_BASE_CLOCK_H
#define KERNEL_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

// "2026-01-31T12:00:00.123Z" and its NUL.
#define CLOCK_UTC_SIZE 25

struct clock {
    int64_t now_ns;  // monotonic, from an unspecified start
    int64_t wall_ms; // since 1970-01-01T00:00:00Z
    bool fake;

    // What clock_timestamp returns. The part up to the seconds belongs to
    // text_second (wall seconds) and is written again only when that changes.
    int64_t text_second;
    char text[CLOCK_UTC_SIZE];
};

// Reads the system's clocks.
void clock_init(struct clock *clock);

// Both times start at start_ms and change only by clock_advance.
void clock_init_fake(struct clock *clock, int64_t start_ms);

// Moves a fake clock forward.
void clock_advance(struct clock *clock, int64_t ms);

// Reads the system's clocks again; leaves a fake clock alone. Called by the
// loop when it wakes up and before it decides how long to sleep.
void clock_update(struct clock *clock);

int64_t clock_now_ms(const struct clock *clock);
int64_t clock_now_ns(const struct clock *clock);
int64_t clock_wall_ms(const struct clock *clock);

// Returns the wall time as clock_format_utc writes it, borrowed until the
// next call on this clock.
const char *clock_timestamp(struct clock *clock);

// Times outside the years 0000 to 9999 become the nearest end of that range.
void clock_format_utc(int64_t wall_ms, char out[CLOCK_UTC_SIZE]);

#endif
