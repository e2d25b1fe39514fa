#include "kernel/core/quota.h"

#define BYTE_BURST_SECONDS  4
#define VIOLATION_WINDOW_MS 10000

static int64_t at_most(int64_t value, int64_t max) {
    return value < max ? value : max;
}

static int64_t message_cap(const struct quota_limits *limits) {
    return limits->burst * 1000;
}

static int64_t byte_cap(const struct quota_limits *limits) {
    return limits->bytes_per_second * BYTE_BURST_SECONDS * 1000;
}

static void refill(struct quota *quota, const struct quota_limits *limits,
        int64_t now_ms) {
    // An hour refills any bucket; more would only overflow.
    int64_t elapsed =
            at_most(now_ms - quota->refilled_ms, INT64_C(3600) * 1000);
    if (elapsed <= 0) {
        return;
    }
    quota->refilled_ms = now_ms;
    quota->messages_milli = at_most(
            quota->messages_milli + elapsed * limits->messages_per_second,
            message_cap(limits));
    quota->bytes_milli =
            at_most(quota->bytes_milli + elapsed * limits->bytes_per_second,
                    byte_cap(limits));
}

// Milliseconds until `missing` thousandths have come at `rate` per second.
static int64_t wait_ms(int64_t missing, int64_t rate) {
    return (missing + rate - 1) / rate;
}

static void count_refusal(struct quota *quota, int64_t now_ms) {
    if (now_ms - quota->window_ms >= VIOLATION_WINDOW_MS) {
        quota->window_ms = now_ms;
        quota->refusals = 0;
    }
    quota->refusals++;
}

void quota_init(struct quota *quota, const struct quota_limits *limits,
        int64_t now_ms) {
    quota->messages_milli = message_cap(limits);
    quota->bytes_milli = byte_cap(limits);
    quota->refilled_ms = now_ms;
    quota->window_ms = now_ms;
    quota->refusals = 0;
}

int64_t quota_take(struct quota *quota, const struct quota_limits *limits,
        size_t len, int64_t now_ms) {
    refill(quota, limits, now_ms);
    bool count = limits->messages_per_second > 0;
    if (count && quota->messages_milli < 1000) {
        count_refusal(quota, now_ms);
        return wait_ms(
                1000 - quota->messages_milli, limits->messages_per_second);
    }
    // A message larger than the whole bucket is let through when the bucket
    // is full, and leaves it in debt.
    int64_t size = (int64_t)len * 1000;
    int64_t need = at_most(size, byte_cap(limits));
    if (limits->bytes_per_second > 0 && quota->bytes_milli < need) {
        count_refusal(quota, now_ms);
        return wait_ms(need - quota->bytes_milli, limits->bytes_per_second);
    }
    quota->messages_milli -= count ? 1000 : 0;
    quota->bytes_milli -= limits->bytes_per_second > 0 ? size : 0;
    return 0;
}

bool quota_abused(
        const struct quota *quota, const struct quota_limits *limits) {
    return limits->violations > 0 && quota->refusals >= limits->violations;
}
