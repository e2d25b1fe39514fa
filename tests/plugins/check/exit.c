// exit - ends the server for an event that it does not like.
#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    if (check_is_do(ev)) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): what is wrong here
        exit(3);
    }
    return NX_PASS;
}

CHECK_PLUGIN(0, check_create);
