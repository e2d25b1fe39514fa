#include "kernel/ctl/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/settings.h"
#include "kernel/core/settings_paths.h"

#define CONFIG_FILE    "/etc/nexus/nexus.conf" // as nexusd
#define CONTROL_SOCKET "control.sock"          // the default

static char *join(const char *folder, const char *name) {
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

// NULL: the reason is on stderr.
static struct settings *read_settings(const struct ctl_options *options) {
    const char *config = options->config;
    if (!config && access(CONFIG_FILE, F_OK) == 0) {
        config = CONFIG_FILE;
    }
    const struct settings_source source = {
            .file = config,
            .env = (const char *const *)environ,
    };
    struct settings_errors errors;
    settings_errors_init(&errors);
    struct settings *settings = settings_create(&source, &errors);
    settings_errors_print(&errors, stderr);
    settings_errors_finish(&errors);
    return settings;
}

char *target_store_folder(const struct ctl_options *options) {
    if (options->data_dir) {
        return join(options->data_dir, "store");
    }
    struct settings *settings = read_settings(options);
    char *folder = NULL;
    if (settings) {
        const char *own = settings_plugin_value(settings, "store", "folder");
        folder = own && own[0] != '\0' ? strdup(own)
                                       : join(settings->data_dir, "store");
    }
    settings_destroy(settings);
    return folder;
}

char *target_socket(const struct ctl_options *options) {
    if (options->socket) {
        return strdup(options->socket);
    }
    if (options->data_dir) {
        return join(options->data_dir, CONTROL_SOCKET);
    }
    struct settings *settings = read_settings(options);
    char *path = NULL;
    if (settings && settings->control_socket[0] == '\0') {
        (void)fputs("nexusctl: control.socket is empty in the settings, so "
                    "the server has none\n",
                stderr);
    } else if (settings) {
        path = settings_control_path(settings);
    }
    settings_destroy(settings);
    return path;
}
