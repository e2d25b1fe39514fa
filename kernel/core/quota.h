/*
 * quota - token buckets: how fast one session may send.
 *
 * One bucket counts messages, one bytes; both refill with time and hold at
 * most their burst. Repeated refusals are counted so that abuse can end the
 * session.
 *
 * Owner:   the session that embeds it
 * Thread:  logic
 * Errors:  none
 */
#ifndef KERNEL_CORE_QUOTA_H
#define KERNEL_CORE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct quota_limits {
    int64_t messages_per_second; // 0: no limit
    int64_t burst;               // messages
    int64_t bytes_per_second;    // 0: no limit; burst is 4 seconds' worth
    int64_t violations;          // refusals within 10 s that are abuse; 0: any
};

struct quota {
    int64_t messages_milli; // tokens, thousandths of a message
    int64_t bytes_milli;    // tokens, thousandths of a byte
    int64_t refilled_ms;    // monotonic
    int64_t window_ms;      // when the refusals below began to count
    int64_t refusals;
};

// Full buckets.
void quota_init(
        struct quota *quota, const struct quota_limits *limits, int64_t now_ms);

// Takes one message of len bytes and returns 0, or the milliseconds until it
// would be accepted, with nothing taken.
int64_t quota_take(struct quota *quota, const struct quota_limits *limits,
        size_t len, int64_t now_ms);

// Whether the refusals so far are abuse.
bool quota_abused(const struct quota *quota, const struct quota_limits *limits);

#endif
