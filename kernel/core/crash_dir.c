#include "kernel/core/crash_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/base/folders.h"
#include "kernel/base/log.h"
#include "kernel/core/settings.h"

#define MODULE "crash"

char *crash_dir_path(const struct settings *settings) {
    char *path = NULL;
    if (settings->crash_dir[0] != '\0') {
        return strdup(settings->crash_dir);
    }
    int len = asprintf(&path, "%s/crash", settings->data_dir);
    return len < 0 ? NULL : path;
}

// The operator's other files are left alone.
static int is_report(const struct dirent *entry) {
    static const char begin[] = "crash-";
    static const char end[] = ".txt";
    size_t len = strlen(entry->d_name);
    return len > sizeof(begin) + sizeof(end)
            && strncmp(entry->d_name, begin, sizeof(begin) - 1) == 0
            && strcmp(entry->d_name + len - (sizeof(end) - 1), end) == 0;
}

// Names begin with the time, so the order of names is that of age.
static void remove_old(const char *path, int64_t keep) {
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_report, alphasort);
    int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < count; i++) {
        if (dir >= 0 && count - i > keep) {
            (void)unlinkat(dir, entries[i]->d_name, 0);
        }
        free(entries[i]);
    }
    if (dir >= 0) {
        (void)close(dir);
    }
    free(entries);
}

char *crash_dir_open(const struct settings *settings) {
    char *path = crash_dir_path(settings);
    if (!path) {
        return NULL;
    }
    if (!folders_make(path) || access(path, W_OK | X_OK) != 0) {
        log_warn(MODULE, "crashes cannot be kept in their folder",
                LOG_STR("folder", path), LOG_ERRNO(),
                LOG_STR("setting", "crash.dir"));
        free(path);
        return NULL;
    }
    remove_old(path, settings->crash_reports);
    return path;
}
