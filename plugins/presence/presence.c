#include "plugins/presence/presence.h"

uint64_t presence_now(const struct presence *presence) {
    return presence->sdk.timers->now_ms(presence->host);
}

int64_t presence_wall(const struct presence *presence) {
    return presence->sdk.timers->wall_ms(presence->host);
}

void presence_count(
        const struct presence *presence, nx_metric_id metric, size_t n) {
    if (n > 0) {
        presence->sdk.metrics->add(presence->host, metric, (double)n);
    }
}

void presence_gauge(
        const struct presence *presence, nx_metric_id metric, size_t value) {
    presence->sdk.metrics->set(presence->host, metric, (double)value);
}

void presence_timer(struct presence *presence, uint64_t delay_ms,
        nx_timer_fn fn, nx_timer_id *timer) {
    if (*timer == 0 && !presence->quiet) {
        (void)presence->sdk.timers->set(
                presence->host, delay_ms, 0, fn, presence, timer);
    }
}
