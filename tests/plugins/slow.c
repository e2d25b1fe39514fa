// slow - takes 50 ms for each event slow.*.
#include <time.h>

#include "tests/plugins/bad.h"

static int32_t on_event(void *user, const struct nx_event *ev) {
    const struct timespec while_all_wait = {.tv_nsec = 50000000};
    (void)nanosleep(&while_all_wait, NULL);
    return NX_DONE;
}

static nx_status start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct bad *bad = bad_of(base);
    return bad->nx.router->handle(bad->nx.host, "slow.", on_event, bad);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    nx_status status = bad_create(host, out);
    if (status == NX_OK) {
        (*out)->start = start;
    }
    return status;
}

NX_PLUGIN("slow", "1.0.0", "MIT", "takes its time", 0, 0, ("slow."),
        ("nexus.router/1"), NULL, create);
