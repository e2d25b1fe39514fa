#include "kernel/base/folders.h"

#include <errno.h>
#include <sys/stat.h>

static bool make_one(const char *path) {
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

bool folders_make(char *path) {
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at != '/') {
            continue;
        }
        *at = '\0';
        bool made = make_one(path);
        *at = '/';
        if (!made) {
            return false;
        }
    }
    return make_one(path);
}
