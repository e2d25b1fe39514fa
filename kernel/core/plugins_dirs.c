#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/core/plugins.h"
#include "kernel/core/settings.h"

// Below the prefix it is installed to, which may be moved as a whole.
#ifndef NEXUS_PLUGIN_DIR
#define NEXUS_PLUGIN_DIR "lib/nexus/plugins"
#endif

#define PROGRAM_MAX 4096

// The folder the running program lies in; false when it cannot be told.
static bool program_dir(char path[PROGRAM_MAX]) {
    ssize_t len = readlink("/proc/self/exe", path, PROGRAM_MAX - 1);
    path[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash) {
        *slash = '\0';
    }
    return slash != NULL;
}

char *plugins_default_dirs(const struct settings *settings) {
    char program[PROGRAM_MAX];
    if (settings->plugin_dir[0] != '\0') {
        return strdup(settings->plugin_dir);
    }
    if (!program_dir(program)) {
        return strdup("/usr/" NEXUS_PLUGIN_DIR);
    }
    const char *slash = strrchr(program, '/');
    int prefix_len = slash ? (int)(slash - program) : 0;
    char *dirs = NULL;
    int len = asprintf(&dirs, "%s/plugins:%.*s/" NEXUS_PLUGIN_DIR, program,
            prefix_len, program);
    return len < 0 ? NULL : dirs;
}

char *plugins_default_image_dir(const struct settings *settings) {
    if (settings->image_dir[0] != '\0') {
        return strdup(settings->image_dir);
    }
    char *dir = NULL;
    int len = asprintf(&dir, "%s/images", settings->data_dir);
    return len < 0 ? NULL : dir;
}
