#include "plugins/store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void place_init(struct place *place) {
    place->database = NULL;
    place->lock = -1;
}

char *place_path(const char *folder, const char *file) {
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, file) < 0 ? NULL : path;
}

bool place_sync(const char *folder) {
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool good = fsync(fd) == 0;
    (void)close(fd);
    return good;
}

// The entry of a new folder is written to disk with its parent.
static bool make_one(char *path) {
    if (mkdir(path, 0700) != 0) {
        return errno == EEXIST;
    }
    char *slash = strrchr(path, '/');
    if (!slash) {
        return place_sync(".");
    }
    *slash = '\0';
    bool synced = place_sync(slash == path ? "/" : path);
    *slash = '/';
    return synced;
}

static bool make_folders(char *path) {
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

static bool make_folder(const char *folder, struct problem *problem) {
    char *copy = strdup(folder);
    struct stat info;
    bool made = copy && copy[0] != '\0' && make_folders(copy)
            && stat(folder, &info) == 0;
    if (!made) {
        (void)problem_set_errno(problem, "create the folder", folder);
    } else if (!S_ISDIR(info.st_mode)) {
        errno = ENOTDIR;
        made = problem_set_errno(problem, "use", folder);
    }
    free(copy);
    return made;
}

static long read_pid(int fd) {
    char text[32];
    ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
    if (len <= 0) {
        return 0;
    }
    text[len] = '\0';
    return strtol(text, NULL, 10);
}

// For people and messages; the lock itself is flock's.
static bool write_pid(int fd) {
    char text[32];
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) == len;
}

static bool take_lock(int fd, const char *path, struct problem *problem) {
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return problem_set_errno(problem, "lock", path);
        }
        return problem_set(problem, PROBLEM_LOCKED,
                "another server (process %ld) uses the folder of %s",
                read_pid(fd), path);
    }
    return write_pid(fd) || problem_set_errno(problem, "write", path);
}

bool place_open(
        struct place *place, const char *folder, struct problem *problem) {
    if (!make_folder(folder, problem)) {
        return false;
    }
    char *path = place_path(folder, PLACE_LOCK);
    char *database = place_path(folder, PLACE_DATABASE);
    if (!path || !database) {
        free(path);
        free(database);
        return problem_set(problem, PROBLEM_MEMORY, "out of memory");
    }
    bool good = false;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        (void)problem_set_errno(problem, "open", path);
    } else {
        good = take_lock(fd, path, problem);
    }
    if (good) {
        place->lock = fd;
        place->database = database;
    } else {
        free(database);
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    free(path);
    return good;
}

void place_close(struct place *place) {
    if (place->lock >= 0) {
        (void)close(place->lock);
    }
    free(place->database);
    place_init(place);
}

bool place_is_locked(const char *folder, long *pid) {
    char *path = place_path(folder, PLACE_LOCK);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    free(path);
    if (fd < 0) {
        return false;
    }
    bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    *pid = locked ? read_pid(fd) : 0;
    (void)close(fd);
    return locked;
}
