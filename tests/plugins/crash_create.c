// crash_create - does not survive its own creation.
#include "tests/plugins/bad.h"

static volatile uintptr_t nowhere = 8;

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): that is the mistake
    *(volatile int *)nowhere = 1;
    return bad_create(host, out);
}

NX_PLUGIN("crash_create", "1.0.0", "MIT", "crashes in create()", 0, 0,
        ("create."), ("nexus.log/1"), NULL, create);
