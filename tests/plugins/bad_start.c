// bad_start - registers everything it can, and then fails.
#include "tests/plugins/bad.h"

static int32_t on_event(void *user, const struct nx_event *ev) {
    abort();
}

static void on_timer(void *user, nx_timer_id timer) {
    abort();
}

static nx_status start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct bad *bad = bad_of(base);
    const struct nx_sdk *nx = &bad->nx;
    nx_metric_id metric;
    (void)nx->router->handle(nx->host, "bad.", on_event, bad);
    (void)nx->router->observe(nx->host, "", on_event, bad);
    (void)nx->timers->set(nx->host, 0, 10, on_timer, bad, NULL);
    (void)nx->metrics->define(
            nx->host, NX_METRIC_GAUGE, "regrets", NULL, &metric);
    return NX_ERR_IO;
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    nx_status status = bad_create(host, out);
    if (status == NX_OK) {
        (*out)->start = start;
    }
    return status;
}

NX_PLUGIN("bad_start", "1.0.0", "MIT", "gives up", 0, 0, ("bad."),
        ("nexus.router/1"), NULL, create);
