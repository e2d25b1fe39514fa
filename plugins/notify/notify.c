#include "plugins/notify/notify.h"

#include <sys/random.h>

int64_t notify_now(const struct notify *notify) {
    return notify->sdk.timers->wall_ms(notify->host);
}

void notify_count(
        const struct notify *notify, nx_metric_id metric, size_t number) {
    if (number > 0) {
        notify->sdk.metrics->add(notify->host, metric, (double)number);
    }
}

void notify_gauge(
        const struct notify *notify, nx_metric_id metric, size_t number) {
    notify->sdk.metrics->set(notify->host, metric, (double)number);
}

uint64_t notify_random(void) {
    uint64_t number = 0;
    // Eight bytes come whole once the system has booted.
    while (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number)) {
    }
    return number;
}

int32_t notify_refuse(const struct notify *notify, nx_op_id op,
        nx_status status, struct nx_str message) {
    const struct nx_failure failure = {
            .struct_size = sizeof(failure),
            .status = status,
            .message = message,
    };
    (void)notify->sdk.router->fail(notify->host, op, &failure);
    return NX_DONE;
}
