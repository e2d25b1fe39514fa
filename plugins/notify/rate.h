/*
 * rate - so many calls a second, and a burst of twice as many.
 *
 * Owner:   whoever embeds it
 * Thread:  logic
 * Errors:  false when it is too soon
 */
#ifndef PLUGINS_NOTIFY_RATE_H
#define PLUGINS_NOTIFY_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
    uint64_t at_ms; // monotonic, of the last call
    uint64_t milli; // thousandths of calls that are free
    bool begun;
};

// Takes one call; per_second 0 allows any.
bool rate_take(struct rate *rate, uint32_t per_second, uint64_t now_ms);

#endif
