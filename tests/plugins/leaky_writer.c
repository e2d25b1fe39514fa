// leaky_writer - opens three writers for each event leaky.* and forgets them.
#include "tests/plugins/bad.h"

static int32_t on_event(void *user, const struct nx_event *ev) {
    const struct bad *bad = user;
    for (int i = 0; i < 3; i++) {
        (void)bad->nx.json->object(bad->nx.host);
    }
    return NX_DONE;
}

static nx_status start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct bad *bad = bad_of(base);
    return bad->nx.router->handle(bad->nx.host, "leaky.", on_event, bad);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    nx_status status = bad_create(host, out);
    if (status == NX_OK) {
        (*out)->start = start;
    }
    return status;
}

NX_PLUGIN("leaky_writer", "1.0.0", "MIT", "forgets its writers", 0, 0,
        ("leaky."), ("nexus.router/1", "nexus.json/1"), NULL, create);
