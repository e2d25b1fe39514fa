// phase - registers a handler while it runs.
#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    struct bad *bad = user;
    (void)bad->nx.router->handle(bad->nx.host, "check.more", check_event, bad);
    return NX_DONE;
}

CHECK_PLUGIN(0, check_create);
