// bad_prefix - handles the prefix that its settings name; its info claims
// "probe." and "other.".
#include "tests/plugins/bad.h"

static int32_t on_event(void *user, const struct nx_event *ev) {
    return NX_DONE;
}

static nx_status configure(struct nx_plugin *base, const struct nx_config *cfg,
        struct nx_diag *diag, uint32_t mode) {
    struct bad *bad = bad_of(base);
    struct nx_str prefix = bad->nx.config->get_str(cfg, "prefix");
    (void)snprintf(bad->prefix, sizeof(bad->prefix), "%s", prefix.ptr);
    return NX_OK;
}

static nx_status start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct bad *bad = bad_of(base);
    return bad->nx.router->handle(bad->nx.host, bad->prefix, on_event, bad);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    nx_status status = bad_create(host, out);
    if (status == NX_OK) {
        (*out)->configure = configure;
        (*out)->start = start;
    }
    return status;
}

static const struct nx_setting settings[] = {
        {"prefix", NX_SETTING_STRING, 0, "chat.", NULL, "What to handle."},
        {NULL, 0, 0, NULL, NULL, NULL},
};

NX_PLUGIN("bad_prefix", "1.0.0", "MIT", "takes what is not its own", 0, 0,
        ("probe.", "other."), ("nexus.router/1"), settings, create);
