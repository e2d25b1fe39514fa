// files - leaves a file open with each instance.
#include <fcntl.h>

#include "tests/plugins/check/check.h"

static int32_t check_event(void *user, const struct nx_event *ev) {
    return NX_PASS;
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    return open("/dev/null", O_RDONLY | O_CLOEXEC) < 0
            ? NX_ERR_IO
            : check_create(host, out);
}

CHECK_PLUGIN(0, create);
