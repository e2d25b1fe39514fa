#include <nexus/config.h>

#include "kernel/core/host_tables.h"
#include "kernel/core/plugin_settings.h"

static int64_t get_int(const struct nx_config *cfg, const char *key) {
    return cfg && key ? plugin_settings_get_int(cfg, key) : 0;
}

static int32_t get_bool(const struct nx_config *cfg, const char *key) {
    return cfg && key ? plugin_settings_get_bool(cfg, key) : 0;
}

static struct nx_str get_str(const struct nx_config *cfg, const char *key) {
    struct nx_str empty = {"", 0};
    return cfg && key ? plugin_settings_get_str(cfg, key) : empty;
}

static int64_t get_server_int(const struct nx_config *cfg, const char *path) {
    return cfg && path ? plugin_settings_get_server_int(cfg, path) : 0;
}

static void problem(
        struct nx_diag *diag, const char *key, struct nx_str message) {
    if (diag && host_text_sane(message)) {
        plugin_settings_problem(diag, key, message);
    }
}

static struct nx_str data_dir(const struct nx_config *cfg) {
    struct nx_str empty = {"", 0};
    return cfg ? plugin_settings_data_dir(cfg) : empty;
}

const struct nx_config_v1 host_config_v1 = {
        .struct_size = sizeof(host_config_v1),
        .version = 1,
        .get_int = get_int,
        .get_bool = get_bool,
        .get_str = get_str,
        .problem = problem,
        .get_server_int = get_server_int,
        .data_dir = data_dir,
};
