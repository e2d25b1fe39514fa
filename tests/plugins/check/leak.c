// leak - does not free what each instance has.
#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    return NX_PASS;
}

static void destroy(struct nx_plugin *base) {
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    nx_status status = check_create(host, out);
    if (status == NX_OK) {
        (*out)->destroy = destroy;
    }
    return status;
}

CHECK_PLUGIN(0, create);
