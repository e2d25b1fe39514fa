#include "kernel/core/image_dir.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kernel/base/folders.h"

#define SHA_DIGITS 12

__attribute__((format(printf, 2, 3))) static bool refuse(
        char *why, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, IMAGE_DIR_WHY_MAX, format, args);
    va_end(args);
    return false;
}

static bool refuse_errno(char *why, const char *path, const char *what) {
    char text[128];
    const char *message = strerror_r(errno, text, sizeof(text));
    return refuse(why, "image_dir %s cannot be %s: %s", path, what, message);
}

// Whoever can write to the folder can run code in this process.
static bool check_private(const char *path, char *why) {
    struct stat info;
    if (stat(path, &info) != 0) {
        return refuse_errno(why, path, "used");
    }
    if (!S_ISDIR(info.st_mode)) {
        return refuse(why, "image_dir %s is not a folder", path);
    }
    if (info.st_uid != geteuid()) {
        return refuse(why,
                "image_dir %s belongs to another user, who could change the "
                "code of plugins; choose another folder",
                path);
    }
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return refuse(why,
                "image_dir %s can be written by others, who could change the "
                "code of plugins; run chmod go-w on it",
                path);
    }
    return true;
}

char *image_dir_open(const char *path, char why[IMAGE_DIR_WHY_MAX]) {
    char *wanted = strdup(path);
    char *real = NULL;
    if (!wanted || path[0] == '\0') {
        refuse(why, wanted ? "image_dir is empty" : "out of memory");
    } else if (!folders_make(wanted)) {
        refuse_errno(why, path, "created");
    } else {
        // Absolute: dlopen() searches for a name without a slash.
        real = realpath(wanted, NULL);
        if (!real) {
            refuse_errno(why, path, "used");
        } else if (!check_private(real, why)) {
            free(real);
            real = NULL;
        }
    }
    free(wanted);
    return real;
}

static bool is_copy(const char *name) {
    size_t digits = strspn(name, "0123456789");
    if (digits == 0 || digits > 10 || name[digits] != '-') {
        return false;
    }
    const char *sha = name + digits + 1;
    if (strspn(sha, "0123456789abcdef") != SHA_DIGITS
            || sha[SHA_DIGITS] != '-') {
        return false;
    }
    const char *rest = sha + SHA_DIGITS + 1;
    size_t len = strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return len > 0 && strcmp(rest + len, ".so") == 0;
}

unsigned image_dir_sweep(const char *dir) {
    DIR *folder = opendir(dir);
    if (!folder) {
        return 0;
    }
    unsigned removed = 0;
    const struct dirent *item = NULL;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this function's own
    while ((item = readdir(folder)) != NULL) {
        if (is_copy(item->d_name)
                && unlinkat(dirfd(folder), item->d_name, 0) == 0) {
            removed++;
        }
    }
    (void)closedir(folder);
    return removed;
}

char *image_dir_name(const char *dir, uint32_t generation, const char *sha256,
        const char *name) {
    char *path = NULL;
    int len = asprintf(&path, "%s/%u-%.*s-%s.so", dir, (unsigned)generation,
            SHA_DIGITS, sha256, name);
    return len < 0 ? NULL : path;
}

bool image_dir_is_noexec(const char *dir) {
    struct statvfs info;
    return statvfs(dir, &info) == 0 && (info.f_flag & ST_NOEXEC) != 0;
}
