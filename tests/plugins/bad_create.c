// bad_create - cannot make an instance.
#include "tests/plugins/bad.h"

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    return NX_ERR_IO;
}

NX_PLUGIN("bad_create", "1.0.0", "MIT", "is never born", 0, 0, (""),
        ("nexus.log/1"), NULL, create);
