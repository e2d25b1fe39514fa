// bad_requires - needs what no server has; its create() must never run.
#include "tests/plugins/bad.h"

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    abort();
}

NX_PLUGIN("bad_requires", "1.0.0", "MIT", "reads thoughts", 0, 0, (""),
        ("nexus.log/1", "nexus.telepathy/1"), NULL, create);
