#include "kernel/core/settings_paths.h"

#include <stdio.h>
#include <string.h>

#include "kernel/core/settings.h"

char *settings_control_path(const struct settings *settings) {
    const char *name = settings->control_socket;
    char *path = NULL;
    if (name[0] == '/') {
        return strdup(name);
    }
    return asprintf(&path, "%s/%s", settings->data_dir, name) < 0 ? NULL : path;
}
