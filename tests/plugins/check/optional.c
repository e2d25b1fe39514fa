// optional - uses an interface that it does not require.
#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    return NX_PASS;
}

static nx_status start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct bad *bad = bad_of(base);
    nx_metric_id id;
    nx_status status = bad->nx.metrics->define(
            bad->nx.host, NX_METRIC_COUNTER, "events_total", "Events.", &id);
    return status == NX_OK ? check_start(base, prev) : status;
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    nx_status status = check_create(host, out);
    if (status == NX_OK) {
        (*out)->start = start;
    }
    return status;
}

CHECK_PLUGIN(0, create);
