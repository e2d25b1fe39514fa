#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/core/image_dir.h"
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

static bool is_mine(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && info.st_uid == geteuid();
}

// A new folder in there from which code may be mapped, or NULL.
static char *make_within(const char *folder) {
    char *path = NULL;
    if (image_dir_is_noexec(folder)
            || asprintf(&path, "%s/nexusd-check-XXXXXX", folder) < 0) {
        return NULL;
    }
    if (!mkdtemp(path)) {
        free(path);
        return NULL;
    }
    return path;
}

char *plugins_check_image_dir(
        const struct settings *settings, bool *temporary) {
    char *dir = plugins_default_image_dir(settings);
    const char *const places[] = {"/tmp", "/var/tmp", settings->data_dir};
    *temporary = false;
    if (!dir || is_mine(dir)) {
        return dir;
    }
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char *made = make_within(places[i]);
        if (made) {
            free(dir);
            *temporary = true;
            return made;
        }
    }
    return dir;
}
