// bad_configure - does not like its settings, and says which.
#include "tests/plugins/bad.h"

static nx_status configure(struct nx_plugin *base, const struct nx_config *cfg,
        struct nx_diag *diag, uint32_t mode) {
    const struct bad *bad = bad_of(base);
    if (bad->nx.config->get_bool(cfg, "silent")) {
        return NX_ERR_INVALID;
    }
    bad->nx.config->problem(
            diag, "colour", nx_str_c("mauve is not in fashion"));
    return NX_ERR_INVALID;
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    nx_status status = bad_create(host, out);
    if (status == NX_OK) {
        (*out)->configure = configure;
    }
    return status;
}

static const struct nx_setting settings[] = {
        {"colour", NX_SETTING_STRING, 0, "mauve", NULL, "Colour."},
        {"silent", NX_SETTING_BOOL, 0, "false", NULL, "Say nothing."},
        {NULL, 0, 0, NULL, NULL, NULL},
};

NX_PLUGIN("bad_configure", "1.0.0", "MIT", "is hard to please", 0, 0, (""),
        ("nexus.config/1"), settings, create);
