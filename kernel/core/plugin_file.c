#include "kernel/core/plugin_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel/core/elf_check.h"

#define NS_IN_S INT64_C(1000000000)
// Longer than the tick of any file system's clock; FAT has the longest.
#define TICK_NS (2 * NS_IN_S)

__attribute__((format(printf, 2, 3))) static bool refuse(
        char *why, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, PLUGIN_FILE_WHY_MAX, format, args);
    va_end(args);
    return false;
}

static bool refuse_errno(char *why) {
    char text[128];
    const char *message = strerror_r(errno, text, sizeof(text));
    return refuse(why, "cannot be read: %s", message);
}

// --- stamps ---------------------------------------------------------------

static int64_t in_ns(const struct timespec *time) {
    return (int64_t)time->tv_sec * NS_IN_S + time->tv_nsec;
}

static void stamp_from(struct plugin_stamp *stamp, const struct stat *info) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    *stamp = (struct plugin_stamp){
            .device = info->st_dev,
            .inode = info->st_ino,
            .size = info->st_size,
            .modified_ns = in_ns(&info->st_mtim),
            .changed_ns = in_ns(&info->st_ctim),
    };
    int64_t latest = stamp->changed_ns > stamp->modified_ns
            ? stamp->changed_ns
            : stamp->modified_ns;
    stamp->telling = in_ns(&now) - latest > TICK_NS;
}

static bool is_equal(
        const struct plugin_stamp *a, const struct plugin_stamp *b) {
    return a->device == b->device && a->inode == b->inode && a->size == b->size
            && a->modified_ns == b->modified_ns
            && a->changed_ns == b->changed_ns;
}

static bool is_still(const struct plugin_stamp *then, const struct stat *info) {
    struct plugin_stamp now;
    stamp_from(&now, info);
    return is_equal(then, &now);
}

bool plugin_stamp_take(const char *path, struct plugin_stamp *stamp) {
    struct stat info;
    if (stat(path, &info) != 0) {
        return false;
    }
    stamp_from(stamp, &info);
    return true;
}

bool plugin_stamp_same(
        const struct plugin_stamp *then, const struct plugin_stamp *now) {
    return then->telling && is_equal(then, now);
}

// --- reading and writing --------------------------------------------------

// Returns how many bytes came, up to size; -1 with errno.
static ssize_t read_all(int fd, char *data, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, data + done, size - done);
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)done;
}

static bool load(
        int fd, const char *path, struct plugin_file *file, char *why) {
    struct stat before;
    struct stat after;
    struct stat named;
    if (fstat(fd, &before) != 0) {
        return refuse_errno(why);
    }
    if (!S_ISREG(before.st_mode)) {
        return refuse(why, "is not a file");
    }
    if ((uint64_t)before.st_size > PLUGIN_FILE_MAX) {
        return refuse(why, "is larger than %zu MiB", PLUGIN_FILE_MAX >> 20);
    }
    stamp_from(&file->stamp, &before);
    file->size = (size_t)before.st_size;
    file->data = malloc(file->size > 0 ? file->size : 1);
    if (!file->data) {
        return refuse(why, "does not fit into memory");
    }
    ssize_t got = read_all(fd, file->data, file->size);
    if (got < 0 || fstat(fd, &after) != 0 || stat(path, &named) != 0) {
        return refuse_errno(why);
    }
    if ((size_t)got != file->size || !is_still(&file->stamp, &after)
            || !is_still(&file->stamp, &named)) {
        return refuse(why,
                "changed while it was read; install plugins by "
                "renaming them into place, then try again");
    }
    return true;
}

bool plugin_file_read(const char *path, struct plugin_file *file,
        char why[PLUGIN_FILE_WHY_MAX]) {
    *file = (struct plugin_file){0};
    // What is no file, as a pipe is not, must not be waited for.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return refuse_errno(why);
    }
    bool loaded = load(fd, path, file, why);
    (void)close(fd);
    if (loaded) {
        const char *wrong = elf_check(file->data, file->size);
        loaded = !wrong || refuse(why, "%s", wrong);
    }
    if (!loaded) {
        plugin_file_finish(file);
        return false;
    }
    sha256_hex(file->data, file->size, file->sha256);
    return true;
}

static bool write_all(int fd, const char *data, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t put = write(fd, data + done, size - done);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

bool plugin_file_write(const struct plugin_file *file, const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
    if (fd < 0) {
        return false;
    }
    bool written = write_all(fd, file->data, file->size);
    int error = written ? 0 : errno;
    if (close(fd) != 0 && written) {
        written = false;
        error = errno;
    }
    if (!written) {
        (void)unlink(path);
        errno = error;
    }
    return written;
}

void plugin_file_finish(struct plugin_file *file) {
    free(file->data);
    *file = (struct plugin_file){0};
}
