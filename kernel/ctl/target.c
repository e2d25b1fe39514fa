#include "kernel/ctl/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/settings.h"

#define CONFIG_FILE "/etc/nexus/nexus.conf" // as nexusd

static char *in_data_dir(const char *data_dir) {
    char *folder = NULL;
    return asprintf(&folder, "%s/store", data_dir) < 0 ? NULL : folder;
}

static char *from_settings(const char *config) {
    const struct settings_source source = {
            .file = config,
            .env = (const char *const *)environ,
    };
    struct settings_errors errors;
    settings_errors_init(&errors);
    struct settings *settings = settings_create(&source, &errors);
    settings_errors_print(&errors, stderr);
    char *folder = NULL;
    if (settings) {
        const char *own = settings_plugin_value(settings, "store", "folder");
        folder = own && own[0] != '\0' ? strdup(own)
                                       : in_data_dir(settings->data_dir);
    }
    settings_destroy(settings);
    settings_errors_finish(&errors);
    return folder;
}

char *target_store_folder(const struct ctl_options *options) {
    if (options->data_dir) {
        return in_data_dir(options->data_dir);
    }
    const char *config = options->config;
    if (!config && access(CONFIG_FILE, F_OK) == 0) {
        config = CONFIG_FILE;
    }
    return from_settings(config);
}
